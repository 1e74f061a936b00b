/* Answers under a digest: ends, sizes, torn slots, races. */

#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "api_answers.h"
#include "ut.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>


#define SIZE 65536

static uint8_t buf[API_ANSWERS_MAX];


static void
digest_of(uint64_t n, uint8_t digest[32])
{
    int       i;
    uint64_t  w;
    ut_rand_t r = { n * 2 + 1 };

    for (i = 0; i < 4; i++) {
        w = ut_rand(&r);
        memcpy(digest + 8 * i, &w, 8);
    }
}


static bool
finds(api_answers_t *a, uint64_t n, int64_t now, api_span_t text)
{
    size_t  len;
    uint8_t digest[32];

    digest_of(n, digest);

    return api_answers_find(a, digest, now, buf, &len)
           && api_span_eq(api_span(buf, len), text);
}


static void
add(api_answers_t *a, uint64_t n, api_span_t text, int64_t until, int64_t now)
{
    uint8_t digest[32];

    digest_of(n, digest);
    api_answers_add(a, digest, text, until, now);
}


static void
test_ends(void)
{
    size_t              len, i;
    uint8_t             big[API_ANSWERS_MAX + 1], digest[32];
    void               *mem = calloc(1, SIZE);
    api_answers_t      *a;
    api_answers_stats_t stats;

    ut_ok(api_answers_init(mem, 100) == NULL, "too small");
    ut_ok(api_answers_at(mem, SIZE) == NULL, "not made yet");
    a = api_answers_init(mem, SIZE);
    ut_ok(a && api_answers_at(mem, SIZE) == a, "made and found");

    digest_of(1, digest);
    ut_ok(!api_answers_find(a, digest, 100, buf, &len), "nothing known");
    add(a, 1, API_SPAN("one"), 160, 100);
    ut_ok(finds(a, 1, 159, API_SPAN("one")), "known until its end");
    ut_ok(!api_answers_find(a, digest, 160, buf, &len), "... not at it");
    add(a, 1, API_SPAN("another text"), 200, 100);
    ut_ok(finds(a, 1, 199, API_SPAN("another text")), "replaced");
    add(a, 2, API_SPAN("x"), 100, 100);
    digest_of(2, digest);
    ut_ok(!api_answers_find(a, digest, 99, buf, &len), "ended: not added");
    add(a, 3, API_SPAN(""), 200, 100);
    ut_ok(finds(a, 3, 100, API_SPAN("")), "an empty one");

    memset(big, 'b', sizeof(big));
    add(a, 4, api_span(big, API_ANSWERS_MAX), 200, 100);
    ut_ok(finds(a, 4, 100, api_span(big, API_ANSWERS_MAX)), "the largest");
    add(a, 5, api_span(big, sizeof(big)), 200, 100);
    digest_of(5, digest);
    ut_ok(!api_answers_find(a, digest, 100, buf, &len), "one byte more: not");

    for (i = 0; i < 1000; i++) {
        add(a, 100 + i, API_SPAN("text"), 300, 100);
    }

    ut_ok(finds(a, 1099, 100, API_SPAN("text")), "a full table takes the new");

    api_answers_stats(a, &stats);
    ut_ok(stats.too_large == 1 && stats.evicted > 900 && stats.entries < 40,
        "and counts");

    free(mem);
}


/* Any byte of a slot changed: not that answer any more. */

static void
test_torn(void)
{
    size_t         i, len, lies;
    uint8_t       *mem = calloc(1, SIZE), *copy = calloc(1, SIZE), digest[32];
    api_answers_t *a;

    a = api_answers_init(mem, SIZE);
    add(a, 1, API_SPAN("{\"active\":true,\"sub\":\"alice\"}"), 160, 100);
    digest_of(1, digest);
    lies = 0;

    for (i = 64; i < SIZE; i++) {
        memcpy(copy, mem, SIZE);
        copy[i] ^= 1;

        if (mem[i] != 0
            && api_answers_find(
                api_answers_at(copy, SIZE), digest, 100, buf, &len))
        {
            lies += !(len == 29
                      && memcmp(buf,
                             "{\"active\":true,\"sub\":"
                             "\"alice\"}",
                             29)
                             == 0);
        }
    }

    ut_int(lies, 0, "a slot that was touched answers nothing");

    free(mem);
    free(copy);
}


static void
test_race(void)
{
    int            i, child, status, bad;
    char           text[400];
    size_t         len, k;
    uint8_t        digest[32];
    void          *mem;
    api_answers_t *a;

    mem = mmap(NULL, API_ANSWERS_MIN_SIZE, PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    a = api_answers_init(mem, API_ANSWERS_MIN_SIZE);

    for (child = 0; child < 3; child++) {
        if (fork() != 0) {
            continue;
        }

        for (i = 0; i < 50000; i++) {
            memset(text, 'a' + child, sizeof(text));
            digest_of((uint64_t) (i % 5), digest);
            api_answers_add(a, digest,
                api_span(text, (size_t) (100 + child * 100)), 1000, 100);

            if (api_answers_find(a, digest, 100, buf, &len)) {
                if (len != (size_t) (100 + (buf[0] - 'a') * 100)) {
                    _exit(1);
                }

                for (k = 0; k < len; k++) {
                    if (buf[k] != buf[0]) {
                        _exit(1);
                    }
                }
            }
        }

        _exit(0);
    }

    for (child = 0, bad = 0; child < 3; child++) {
        wait(&status);
        bad += status != 0;
    }

    ut_int(bad, 0, "what is found is what one process wrote");
}


int
main(void)
{
    test_ends();
    test_torn();
    test_race();

    return ut_done();
}
