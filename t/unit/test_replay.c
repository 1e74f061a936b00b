/* What has been used once, under floods, over reloads and restarts. */

#include "api_replay.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>

#define NOW 1700000000
#define AGE 60

static const api_sipkey_t seed = { 1, 2 };


static api_replay_t *
make(size_t size, int64_t now)
{
    void *mem = calloc(1, size);

    return api_replay_init(mem, size, seed, now);
}


static int
use(api_replay_t *table, const char *id, int64_t made, int64_t now)
{
    return api_replay_use(table, API_SPAN("owner"), api_span(id, strlen(id)),
        made, made + AGE, now);
}


static void
test_once(void)
{
    api_replay_t *table = make(API_REPLAY_MIN, NOW);

    ut_int(use(table, "a", NOW, NOW), API_OK, "the first use");
    ut_int(use(table, "a", NOW, NOW), API_DUPLICATE, "the second");
    ut_int(use(table, "a", NOW, NOW + AGE), API_DUPLICATE,
        "a use in its last second");
    ut_int(use(table, "b", NOW, NOW), API_OK, "another id");
    ut_int(api_replay_use(
               table, API_SPAN("other"), API_SPAN("a"), NOW, NOW + AGE, NOW),
        API_OK, "the same id of another owner");
    ut_int(use(table, "a", NOW + AGE + 1, NOW + AGE + 1), API_OK,
        "an id that comes back when its time is over");
    ut_int(api_replay_stat(table).repeated, 2, "two were counted");

    free(table);
}


/* A proof from before a restart may have been used before it. */

static void
test_restart(void)
{
    api_replay_t *table = make(API_REPLAY_MIN, NOW);

    ut_int(
        use(table, "a", NOW - 1, NOW), API_LIMIT, "made before the table was");
    ut_int(use(table, "a", NOW, NOW), API_OK, "made with it");
    ut_int(api_replay_stat(table).refused, 1, "one was counted");

    free(table);
}


/*
 * The property: whatever comes, nothing passes twice within its time.  A
 * stream of new ids, each tried again later at random, into a table that is
 * far too small for them.
 */

static void
test_flood(void)
{
    enum { N = 1 << 16 };

    struct {
        int64_t  made;
        unsigned passed;
    } *proofs = calloc(N, sizeof(*proofs));

    char          id[24];
    size_t        i, n, known = 0, twice = 0, ok = 0;
    int64_t       now = NOW;
    ut_rand_t     r = { 7 };
    api_replay_t *table = make(64 * 1024, NOW);

    for (n = 0; n < 6 * N; n++) {
        now += ut_below(&r, 2000) == 0;

        if (known < N && ut_below(&r, 4) == 0) {
            proofs[known++].made = now - (int64_t) ut_below(&r, 20) + 5;
        }

        if (known == 0) {
            continue;
        }

        i = known - 1 - (size_t) ut_below(&r, known < 4000 ? known : 4000);

        if (now > proofs[i].made + AGE) {
            continue;
        }

        snprintf(id, sizeof(id), "%zu", i);

        if (use(table, id, proofs[i].made, now) == API_OK) {
            ok++;
            twice += proofs[i].passed++;
        }
    }

    ut_int(twice, 0, "a flood lets nothing pass twice");
    ut_ok(ok > 10000, "and does not stop everything: %zu passed", ok);
    ut_ok(api_replay_stat(table).dropped > 1000, "the table was full");

    free(proofs);
    free(table);
}


/* A flood of one second hurts nobody who comes in the next. */

static void
test_recovers(void)
{
    char          id[24];
    size_t        i, ok = 0;
    api_replay_t *table = make(64 * 1024, NOW);

    for (i = 0; i < 100000; i++) {
        snprintf(id, sizeof(id), "flood%zu", i);
        use(table, id, NOW, NOW);
    }

    for (i = 0; i < 100; i++) {
        snprintf(id, sizeof(id), "%zu", i);
        ok += use(table, id, NOW + 1, NOW + 1) == API_OK;
    }

    ut_int(ok, 100, "a second later proofs pass");

    free(table);
}


static void
test_room(void)
{
    char              id[24];
    size_t            i, n, ok = 0;
    api_replay_t     *table = make(1 << 20, NOW);
    api_replay_stat_t stat = api_replay_stat(table);

    ut_ok(stat.room > 60000, "1 MiB remembers %zu uses", stat.room);

    n = stat.room / 2;

    for (i = 0; i < n; i++) {
        snprintf(id, sizeof(id), "%zu", i);
        ok += use(table, id, NOW, NOW) == API_OK;
    }

    ut_ok(ok > n - n / 1000, "half of that pass in one second: %zu of %zu", ok,
        n);

    for (i = 0, ok = 0; i < n; i++) {
        snprintf(id, sizeof(id), "%zu", i);
        ok += use(table, id, NOW, NOW) == API_OK;
    }

    ut_int(ok, 0, "and none passes again");
    ut_ok(api_replay_stat(table).dropped < n / 50,
        "few were pushed out of a half-full table: %llu",
        (unsigned long long) api_replay_stat(table).dropped);

    free(table);
}


static void
test_migrate(void)
{
    char          id[24];
    size_t        i, size, twice;
    api_replay_t *old, *new;

    static const size_t sizes[] = { API_REPLAY_MIN, 16 * 1024, 256 * 1024 };

    for (size = 0; size < 3; size++) {
        old = make(16 * 1024, NOW);
        new = make(sizes[size], NOW);
        twice = 0;

        for (i = 0; i < 500; i++) {
            snprintf(id, sizeof(id), "%zu", i);
            use(old, id, NOW, NOW);
        }

        api_replay_migrate(new, old);

        for (i = 0; i < 500; i++) {
            snprintf(id, sizeof(id), "%zu", i);
            twice += use(new, id, NOW, NOW) == API_OK;
        }

        ut_int(twice, 0, "into %zu bytes: nothing passes again", sizes[size]);
        ut_int(use(new, "fresh", NOW + 1, NOW + 1), API_OK,
            "and what is new does");

        free(old);
        free(new);
    }
}


static void
test_dates(void)
{
    api_replay_t *table = make(API_REPLAY_MIN, NOW);

    ut_int(api_replay_use(
               table, API_SPAN("o"), API_SPAN("i"), INT64_MAX, INT64_MAX, NOW),
        API_OK, "a date without an end");
    ut_int(api_replay_use(
               table, API_SPAN("o"), API_SPAN("i"), INT64_MAX, INT64_MAX, NOW),
        API_DUPLICATE, "is remembered");
    ut_int(
        api_replay_use(table, API_SPAN("o"), API_SPAN("j"), INT64_MIN, 0, NOW),
        API_LIMIT, "one without a beginning cannot be told");

    free(table);
}


int
main(void)
{
    test_once();
    test_restart();
    test_flood();
    test_recovers();
    test_room();
    test_migrate();
    test_dates();

    return ut_done();
}
