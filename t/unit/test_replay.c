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
use_of(api_replay_t *table, const char *principal, const char *id,
    int64_t made, int64_t now)
{
    api_replay_use_t what = {
        .owner = API_SPAN("owner"),
        .id = api_span(id, strlen(id)),
        .realm = API_SPAN("realm"),
        .principal = api_span(principal, strlen(principal)),
        .made = made,
        .until = made + AGE,
    };

    return api_replay_use(table, &what, AGE, now);
}


/* Each id of a principal of its own, so that shares do not matter. */

static int
use(api_replay_t *table, const char *id, int64_t made, int64_t now)
{
    return use_of(table, id, id, made, now);
}


static void
test_once(void)
{
    api_replay_t    *table = make(API_REPLAY_MIN, NOW);
    api_replay_use_t other = {
        .owner = API_SPAN("other"),
        .id = API_SPAN("a"),
        .made = NOW,
        .until = NOW + AGE,
    };

    ut_int(use(table, "a", NOW, NOW), API_OK, "the first use");
    ut_int(use(table, "a", NOW, NOW), API_DUPLICATE, "the second");
    ut_int(use(table, "a", NOW, NOW + AGE), API_DUPLICATE,
        "a use in its last second");
    ut_int(use(table, "b", NOW, NOW), API_OK, "another id");
    ut_int(api_replay_use(table, &other, AGE, NOW), API_OK,
        "the same id of another owner");
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

    ut_ok(stat.room > 57000, "1 MiB remembers %zu uses", stat.room);

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

        /* two counters tell nobody apart */

        ut_int(use(new, "fresh", NOW + 1, NOW + 1),
            sizes[size] == API_REPLAY_MIN ? API_DENIED : API_OK,
            "and what is new does, but in the smallest");

        free(old);
        free(new);
    }
}


/* n proofs of a principal, of this second; how many pass? */

static size_t
flood(api_replay_t *table, const char *principal, size_t n, int64_t now)
{
    char   id[48];
    size_t i, ok = 0;

    for (i = 0; i < n; i++) {
        snprintf(id, sizeof(id), "%s-%lld-%zu", principal, (long long) now, i);
        ok += use_of(table, principal, id, now, now) == API_OK;
    }

    return ok;
}


/*
 * The property: what one floods, others pass.  For many lives, so that slices
 * turn; alice has a few, mallory what he can.
 */

static void
test_share(void)
{
    int64_t           now;
    size_t            ok = 0, alice = 0, most = 0, got;
    api_replay_t     *table = make(64 * 1024, NOW);
    api_replay_stat_t stat = api_replay_stat(table);

    for (now = NOW + 1; now < NOW + 10 * AGE; now++) {
        got = flood(table, "mallory", 2000, now);
        ok += got;
        most = got > most ? got : most;
        alice += flood(table, "alice", 5, now);
    }

    ut_int(alice, 5 * (10 * AGE - 1), "of the others each one passes");
    ut_int(most, stat.room / 4, "the flood gets a quarter of %zu places",
        stat.room);
    ut_ok(ok >= 7 * (stat.room / 4) && ok <= 11 * (stat.room / 4),
        "and again in each life and a third: %zu in ten", ok);
    ut_int(api_replay_stat(table).dropped, 0, "nothing was pushed out");
    ut_ok(api_replay_stat(table).over > 1000000, "what did not pass is told");
    ut_int(use_of(table, "mallory", "mallory-1", NOW, NOW + 10 * AGE),
        API_DENIED, "his next one is refused as his");
    ut_int(flood(table, "mallory", 1, NOW + 12 * AGE), 1,
        "who was quiet for a while is let in");

    free(table);
}


/* A share is a principal's of a realm, and survives another size. */

static void
test_share_migrate(void)
{
    size_t        i;
    api_replay_t *old, *new;

    static const size_t sizes[] = { 16 * 1024, 32 * 1024, 256 * 1024 };

    api_replay_use_t other = {
        .owner = API_SPAN("owner"),
        .id = API_SPAN("id"),
        .realm = API_SPAN("other"),
        .principal = API_SPAN("mallory"),
        .made = NOW + 1,
        .until = NOW + 1 + AGE,
    };

    for (i = 0; i < 3; i++) {
        old = make(32 * 1024, NOW);
        new = make(sizes[i], NOW);

        flood(old, "mallory", 2000, NOW);
        api_replay_migrate(new, old);

        ut_int(use_of(new, "mallory", "next", NOW + 1, NOW + 1),
            sizes[i] > 32 * 1024 ? API_OK : API_DENIED,
            "into %zu bytes: what he has is known", sizes[i]);
        ut_int(api_replay_use(new, &other, AGE, NOW + 1), API_OK,
            "his namesake of another realm is another");

        free(old);
        free(new);
    }
}


static void
test_dates(void)
{
    api_replay_t    *table = make(API_REPLAY_MIN, NOW);
    api_replay_use_t what = {
        .owner = API_SPAN("o"),
        .id = API_SPAN("i"),
        .made = INT64_MAX,
        .until = INT64_MAX,
    };

    ut_int(api_replay_use(table, &what, AGE, NOW), API_OK,
        "a date without an end");
    ut_int(api_replay_use(table, &what, AGE, NOW), API_DUPLICATE,
        "is remembered");

    what.id = API_SPAN("j");
    what.made = INT64_MIN;
    what.until = 0;

    ut_int(api_replay_use(table, &what, AGE, NOW), API_LIMIT,
        "one without a beginning cannot be told");

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
    test_share();
    test_share_migrate();
    test_dates();

    return ut_done();
}
