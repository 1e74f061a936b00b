/* Digests seen before: ends, groups, shares, torn entries, races. */

#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "api_seen.h"
#include "ut.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>


#define SIZE 65536


static void
digest_of(uint64_t n, uint8_t digest[32])
{
    int       i;
    ut_rand_t r = { n * 2 + 1 };
    uint64_t  w;

    for (i = 0; i < 4; i++) {
        w = ut_rand(&r);
        memcpy(digest + 8 * i, &w, 8);
    }
}


static bool
finds(api_seen_t *seen, uint64_t n, int64_t now)
{
    uint8_t digest[32];

    digest_of(n, digest);
    return api_seen_find(seen, digest, now);
}


static void
add(api_seen_t *seen, uint64_t n, uint64_t subject, int64_t until, int64_t now)
{
    uint8_t digest[32];

    digest_of(n, digest);
    api_seen_add(seen, digest, subject, until, now);
}


static void
test_ends(void)
{
    int         bit, wrong;
    void       *mem = malloc(SIZE);
    uint8_t     digest[32];
    api_seen_t *seen;

    ut_ok(api_seen_init(mem, API_SEEN_MIN_SIZE - 1) == NULL, "too small");
    seen = api_seen_init(mem, SIZE);
    ut_ok(seen != NULL, "made");
    ut_ok(api_seen_at(mem, SIZE) == seen, "found again");
    ut_ok(api_seen_at(mem, SIZE / 2) == NULL, "not with another size");

    ut_ok(!finds(seen, 1, 100), "nothing was seen");
    add(seen, 1, 7, 160, 100);
    ut_ok(finds(seen, 1, 100), "now it was");
    ut_ok(finds(seen, 1, 159), "... until its end");
    ut_ok(!finds(seen, 1, 160), "... and not at it");
    ut_ok(!finds(seen, 2, 100), "another digest was not");

    digest_of(1, digest);
    wrong = 0;

    for (bit = 0; bit < 256; bit++) {
        digest[bit / 8] ^= (uint8_t) (1 << bit % 8);
        wrong += api_seen_find(seen, digest, 100);
        digest[bit / 8] ^= (uint8_t) (1 << bit % 8);
    }

    ut_int(wrong, 0, "nor is any digest that differs in a bit");

    add(seen, 1, 7, 200, 150);
    ut_ok(finds(seen, 1, 199), "added again: a new end");

    add(seen, 3, 7, 100, 100);
    ut_ok(!finds(seen, 3, 99), "what has ended is not added");
    add(seen, 4, 7, INT64_MAX, 100);
    ut_ok(finds(seen, 4, 1000000000), "an end far away");
    add(seen, 5, 7, 10, -5);
    ut_ok(!finds(seen, 5, -5), "a clock before 1970 adds nothing");

    free(mem);
}


/* One subject floods: what others have stays, but for the share. */

static void
test_share(void)
{
    int              i, left;
    void            *mem = malloc(SIZE);
    api_seen_t      *seen = api_seen_init(mem, SIZE);
    api_seen_stats_t stats;

    api_seen_stats(seen, &stats);

    for (i = 0; i < (int) stats.entries / 2; i++) {
        add(seen, (uint64_t) i, 1000 + (uint64_t) i, 10000, 100);
    }

    /* all are in use, or their group was full of others */

    left = 0;

    for (i = 0; i < (int) stats.entries / 2; i++) {
        left += finds(seen, (uint64_t) i, 100);
    }

    ut_ok(left > (int) stats.entries * 45 / 100, "%d of half are in", left);

    for (i = 0; i < (int) stats.entries * 20; i++) {
        add(seen, 1000000 + (uint64_t) i, 1, 10000, 200);
    }

    i = left;
    left = 0;

    for (int n = 0; n < (int) stats.entries / 2; n++) {
        left += finds(seen, (uint64_t) n, 200);
    }

    ut_ok(left >= i * 9 / 10,
        "a flood of one subject leaves %d of %d of the others", left, i);

    /* many subjects: there the oldest go */

    for (i = 0; i < (int) stats.entries * 20; i++) {
        add(seen, 9000000 + (uint64_t) i, 5000 + (uint64_t) i, 10000, 300);
    }

    left = 0;

    for (int n = 0; n < (int) stats.entries / 2; n++) {
        left += finds(seen, (uint64_t) n, 300);
    }

    ut_ok(left < i, "a flood of many subjects leaves fewer: %d", left);

    api_seen_stats(seen, &stats);
    ut_ok(stats.own > 0 && stats.evicted > stats.own, "and all is counted");

    free(mem);
}


/* Any mixture of two entries, word by word, is nobody's. */

static void
test_torn(void)
{
    int            mask, wrong, i;
    uint8_t        a[32], b[32], mixed[SIZE];
    uint64_t       wa[6], wb[6], *w, *found;
    api_seen_t    *seen;
    static uint8_t one[SIZE], two[SIZE];

    /* of one group */

    digest_of(1, a);
    digest_of(2, b);
    memcpy(b + 24, a + 24, 8);

    seen = api_seen_init(one, SIZE);
    api_seen_add(seen, a, 1, 1000, 100);
    seen = api_seen_init(two, SIZE);
    api_seen_add(seen, b, 2, 2000, 101);

    found = NULL;

    for (w = (uint64_t *) (void *) one; w < (uint64_t *) (void *) (one + SIZE);
         w++)
    {
        if (memcmp(w, a + 8, 8) == 0) {
            found = w - 1;
        }
    }

    ut_ok(found != NULL, "the entry lies there");

    memcpy(wa, found, sizeof(wa));
    memcpy(wb, two + ((uint8_t *) found - one), sizeof(wb));

    wrong = 0;

    /* words 0 to 4 from either; word 3 is equal in both */

    for (mask = 1; mask < 31; mask++) {
        memcpy(mixed, one, SIZE);
        w = (uint64_t *) (void *) (mixed + ((uint8_t *) found - one));

        for (i = 0; i < 5; i++) {
            w[i] = mask & (1 << i) ? wb[i] : wa[i];
        }

        if (memcmp(w, wa, 40) == 0 || memcmp(w, wb, 40) == 0) {
            continue;
        }

        seen = api_seen_at(mixed, SIZE);
        wrong += api_seen_find(seen, a, 100);
        wrong += api_seen_find(seen, b, 100);
    }

    ut_int(wrong, 0, "an entry of which a part was written matches nothing");
}


/* Processes that add and look up at once: what is found was added. */

static void
test_race(void)
{
    int         i, child, status, bad;
    void       *mem;
    api_seen_t *seen;

    mem = mmap(NULL, API_SEEN_MIN_SIZE * 2, PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    seen = api_seen_init(mem, API_SEEN_MIN_SIZE * 2);
    bad = 0;

    for (child = 0; child < 3; child++) {
        if (fork() == 0) {

            /* even numbers are added, odd ones never */

            for (i = 0; i < 200000; i++) {
                add(seen, (uint64_t) (i * 2 % 512), (uint64_t) child, 1000,
                    100);

                if (finds(seen, (uint64_t) (i * 2 % 512) + 1, 100)) {
                    _exit(1);
                }
            }

            _exit(0);
        }
    }

    for (child = 0; child < 3; child++) {
        wait(&status);
        bad += status != 0;
    }

    ut_int(bad, 0, "nothing is found that was not added");

    for (i = 0, bad = 0; i < 512; i += 2) {
        add(seen, (uint64_t) i, 1, 2000, 1000);
        bad += !finds(seen, (uint64_t) i, 1000);
    }

    ut_int(bad, 0, "and the table is as good as new");
}


int
main(void)
{
    test_ends();
    test_share();
    test_torn();
    test_race();

    return ut_done();
}
