/* Counting what each of many has had lately. */

#include "api_share.h"
#include "ut.h"

#include <stdlib.h>

#define NOW 1700000000
#define LIFE 60


static api_share_t *
make(size_t cells)
{
    return api_share_init(calloc(1, api_share_size(cells)), cells);
}


static uint64_t
of(api_share_t *share, uint64_t who, int64_t now)
{
    api_share_turn(share, LIFE, now);
    return api_share_of(share, who);
}


static void
add(api_share_t *share, uint64_t who, int64_t now)
{
    api_share_turn(share, LIFE, now);
    api_share_add(share, who);
}


/*
 * Against a list of all that was added: never less than what is younger than a
 * life, and of one who is alone in his counters never more than what is
 * younger than a life and a third.
 */

static void
test_model(void)
{
    enum { WHO = 4, N = 4096 };

    struct {
        uint64_t who;
        int64_t  at;
    } *all = calloc(N, sizeof(*all));

    size_t       i, n = 0, less = 0, more = 0, asked = 0;
    int64_t      now = NOW;
    uint64_t     got, least, most, who;
    ut_rand_t    r = { 3 };
    api_share_t *share = make(64);

    /* no two in one counter of either row */

    static const uint64_t ids[WHO] = { 1, 2 | UINT64_C(7) << 32,
        3 | UINT64_C(8) << 32, 63 | UINT64_C(63) << 32 };

    while (n < N) {
        now += (int64_t) ut_below(&r, 3) == 0;

        if (ut_below(&r, 300) == 0) {
            now += (int64_t) ut_below(&r, 3 * LIFE);
        }

        who = ids[ut_below(&r, WHO)];
        all[n].who = who;
        all[n++].at = now;
        add(share, who, now);

        who = ids[ut_below(&r, WHO)];
        got = of(share, who, now);

        for (i = 0, least = 0, most = 0; i < n; i++) {
            if (all[i].who == who) {
                least += all[i].at > now - LIFE;
                most += all[i].at > now - LIFE - LIFE / 3;
            }
        }

        less += got < least;
        more += got > most;
        asked++;
    }

    ut_int(less, 0, "never too little, asked %zu times", asked);
    ut_int(more, 0, "never more than is of a life and a third");

    free(all);
    free(share);
}


static void
test_rows(void)
{
    int          i;
    api_share_t *share = make(16);

    for (i = 0; i < 10; i++) {
        add(share, 5, NOW);
    }

    ut_int(of(share, 5, NOW), 10, "what was added");
    ut_int(of(share, 5 | UINT64_C(1) << 32, NOW), 0,
        "one who shares a counter of one row has his own in the other");
    ut_int(of(share, 5 + 16, NOW), 10, "who shares both has the same");

    free(share);
}


static void
test_clock(void)
{
    api_share_t *share = make(16);

    add(share, 1, NOW);
    ut_int(of(share, 1, NOW + LIFE), 1, "a life later it is there");
    ut_int(of(share, 1, NOW + LIFE + LIFE / 3 + 1), 0, "and then not");

    add(share, 1, NOW);
    ut_int(of(share, 1, NOW), 1, "a clock that was set back");
    ut_int(of(share, 1, NOW + 2 * LIFE), 0, "stops nothing");

    add(share, 1, NOW + 3 * LIFE);
    ut_int(of(share, 1, NOW + 100000000), 0, "a clock that jumps");
    add(share, 1, INT64_MAX / 2);
    ut_int(of(share, 1, INT64_MAX / 2), 1, "far away");

    api_share_turn(share, 0, NOW);
    api_share_add(share, 2);
    api_share_turn(share, 0, NOW);
    ut_int(api_share_of(share, 2), 1, "a life of nothing");
    api_share_turn(share, 0, NOW + 5);
    ut_int(api_share_of(share, 2), 0, "is over soon");

    free(share);
}


static void
test_merge(void)
{
    size_t       i;
    uint64_t     who;
    api_share_t *from, *to;

    static const size_t cells[] = { 1, 8, 16, 64 };

    for (i = 0; i < 4; i++) {
        from = make(16);
        to = make(cells[i]);
        who = 13 | UINT64_C(9) << 32;

        add(from, who, NOW - LIFE / 2);
        add(from, who, NOW);
        add(from, who, NOW);
        api_share_merge(to, from);

        ut_int(of(to, who, NOW), 3, "of 16 in %zu", cells[i]);
        ut_int(of(to, who, NOW + LIFE - 1), 2, "with its age");

        free(from);
        free(to);
    }
}


int
main(void)
{
    test_model();
    test_rows();
    test_clock();
    test_merge();

    return ut_done();
}
