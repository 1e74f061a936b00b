/* Lanes of counters: sums, owners that come and go, sizes; names beside them;
   and threads that add at the same time. */

#include "api_counters.h"
#include "api_series.h"
#include "ut.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>


#define N 40

static uint32_t living; /* bit n: process n + 1 is alive */


static bool
alive(uint32_t pid)
{
    return pid <= 32 && (living >> (pid - 1) & 1);
}


static void *
memory(size_t size)
{
    void *p;

    p = aligned_alloc(64, (size + 63) / 64 * 64);
    if (p == NULL) {
        abort();
    }

    return p;
}


static void
test_sizes(void)
{
    size_t size;
    void  *mem;

    size = api_counters_size(N, 3);
    mem = memory(size);

    ut_int(api_counters_init(mem, size, N), API_OK, "three lanes fit");
    ut_int(api_counters_lanes(api_counters_at(mem, N)), 3, "... and are made");
    ut_ok(api_counters_at(mem, N + 1) == NULL, "another layout is no table");
    ut_int(api_counters_init(mem, size - 1, N), API_OK, "a byte less");
    ut_int(api_counters_lanes(api_counters_at(mem, N)), 2, "is a lane less");
    ut_int(api_counters_init(mem, api_counters_size(N, 1) - 1, N), API_LIMIT,
        "no lane at all");
    ut_int(api_counters_init(mem, size, 0), API_INVALID, "no counters");
    ut_int(api_counters_init(mem, size, API_COUNTERS_MAX + 1), API_INVALID,
        "too many");

    free(mem);
}


static void
test_owners(void)
{
    size_t          size;
    void           *mem;
    api_lane_t      a, b, c, none = { 0 };
    api_counters_t *t;

    size = api_counters_size(N, 3);
    mem = memory(size);
    ut_int(api_counters_init(mem, size, N), API_OK, "made");
    t = api_counters_at(mem, N);

    living = 7;
    api_counters_claim(t, 1, alive, &a);
    api_counters_claim(t, 2, alive, &b);
    api_counters_claim(t, 3, alive, &c);

    ut_ok(a.owner && b.owner && a.v != b.v, "two have lanes of their own");
    ut_ok(c.owner == NULL && c.v != a.v && c.v != b.v,
        "the third shares lane 0");

    api_lane_add(&a, 5, 10);
    api_lane_add(&b, 5, 20);
    api_lane_add(&c, 5, 40);
    api_lane_add(&none, 5, 80);

    ut_int(api_counters_sum(t, 5), 70, "the sum is that of all lanes");
    ut_int(api_counters_sum(t, 4), 0, "nothing beside it");
    ut_int(api_counters_sum(t, N), 0, "nothing behind the last");

    living = 6; /* 1 was killed */
    api_counters_claim(t, 4, alive, &c);
    ut_ok(c.owner && c.v == a.v, "the lane of one who is gone is taken over");
    ut_int(api_counters_sum(t, 5), 70, "... with what it had counted");

    api_counters_release(&b);
    ut_ok(b.v == NULL, "released");
    api_counters_claim(t, 3, alive, &b);
    ut_ok(b.owner != NULL, "... and claimed by another");

    free(mem);
}


static void
test_histogram(void)
{
    size_t          size, i;
    void           *mem;
    api_lane_t      lane;
    api_counters_t *t;

    static const int64_t bounds[] = { 10, 100 };
    static const int64_t values[] = { -5, 0, 10, 11, 100, 101, 1 << 20 };
    static const int     want[] = { 3, 2, 2 };

    size = api_counters_size(N, 1);
    mem = memory(size);
    ut_int(api_counters_init(mem, size, N), API_OK, "made");
    t = api_counters_at(mem, N);
    api_counters_claim(t, 1, alive, &lane);

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        api_lane_observe(&lane, 7, bounds, 2, values[i]);
    }

    for (i = 0; i < 3; i++) {
        ut_int(
            api_counters_sum(t, (uint32_t) (7 + i)), want[i], "bucket %zu", i);
    }

    ut_int(api_counters_sum(t, 10), 10 + 11 + 100 + 101 + (1 << 20),
        "the sum, nothing below 0");
    ut_int(api_counters_sum(t, 11), 0, "and no more");

    free(mem);
}


static void
test_take(void)
{
    size_t          size;
    void           *mem, *bigger;
    api_lane_t      lane;
    api_counters_t *t;

    living = 1;
    size = api_counters_size(N, 2);
    mem = memory(size);
    ut_int(api_counters_init(mem, size, N), API_OK, "made");
    api_counters_claim(api_counters_at(mem, N), 1, alive, &lane);
    api_lane_add(&lane, 0, 3);
    api_lane_add(&lane, N - 1, 4);

    size = api_counters_size(N, 9);
    bigger = memory(size);
    ut_int(api_counters_init(bigger, size, N), API_OK, "a larger one");
    t = api_counters_at(bigger, N);
    api_counters_take(t, api_counters_at(mem, N));

    ut_int(api_counters_sum(t, 0), 3, "the first is brought over");
    ut_int(api_counters_sum(t, N - 1), 4, "and the last");

    memset(mem, 0, 64);
    api_counters_take(t, mem);
    ut_int(api_counters_sum(t, 0), 3, "what is no table brings nothing");

    free(mem);
    free(bigger);
}


#define THREADS 8
#define ROUNDS 20000

static api_series_t   *shared_names;
static api_counters_t *shared_counters;


static void *
work(void *arg)
{
    int        i;
    char       name[16];
    uint32_t   pid;
    api_lane_t lane;

    pid = (uint32_t) (uintptr_t) arg;
    api_counters_claim(shared_counters, pid, alive, &lane);

    for (i = 0; i < ROUNDS; i++) {
        api_lane_add(&lane, 1, 1);
        api_series_add(shared_names,
            api_span(name, (size_t) snprintf(name, 16, "n%d", i % 20)), 1);
    }

    return NULL;
}


static void
test_threads(void)
{
    int        i, got;
    size_t     size;
    void      *mem, *names;
    uint32_t   k, found;
    uint64_t   n, sum;
    pthread_t  id[THREADS];
    api_span_t name;

    living = 255;
    size = api_counters_size(N, 4); /* most share lane 0 */
    mem = memory(size);
    ut_int(api_counters_init(mem, size, N), API_OK, "made");
    shared_counters = api_counters_at(mem, N);

    size = api_series_size(200);
    names = memory(size);
    ut_int(api_series_init(names, size), API_OK, "a table of names");
    shared_names = api_series_at(names);

    for (got = 0, i = 0; i < THREADS; i++) {
        got += pthread_create(&id[i], NULL, work, (void *) (uintptr_t) (i + 1))
               == 0;
    }

    for (i = 0; i < got; i++) {
        (void) pthread_join(id[i], NULL);
    }

    ut_int(got, THREADS, "all threads ran");
    ut_int(api_counters_sum(shared_counters, 1), THREADS * ROUNDS,
        "no addition is lost");

    for (found = 0, sum = 0, k = 0; k < api_series_count(shared_names); k++) {
        if (api_series_get(shared_names, k, &name, &n)) {
            found++;
            sum += n;
        }
    }

    ut_int(found, 20, "each name comes once");
    ut_int(sum, THREADS * ROUNDS, "and none is lost");

    free(mem);
    free(names);
}


static void
test_names(void)
{
    size_t        size, i;
    void         *mem, *other;
    uint64_t      n;
    api_span_t    name;
    api_series_t *s, *to;

    static const char *const few[] = { "a", "b", "a", "c", "d", "a" };

    size = api_series_size(3);
    mem = memory(size);

    ut_int(api_series_init(mem, api_series_size(1) - 1), API_LIMIT, "no room");
    ut_int(api_series_init(mem, size), API_OK, "three names");
    s = api_series_at(mem);

    for (i = 0; i < sizeof(few) / sizeof(few[0]); i++) {
        api_series_add(s, api_span(few[i], 1), 1);
    }

    for (i = 0; i < 3; i++) {
        ut_ok(api_series_get(s, (uint32_t) i, &name, &n), "name %zu", i);
        ut_int(n, name.data[0] == 'a' ? 3 : 1, "what it counts");
    }

    ut_ok(api_series_get(s, 3, &name, &n) && name.len == 0 && n == 1,
        "the fourth name is counted under none");
    ut_ok(!api_series_get(s, 4, &name, &n), "there are no more");

    other = memory(api_series_size(8));
    ut_int(api_series_init(other, api_series_size(8)), API_OK, "a larger one");
    to = api_series_at(other);
    api_series_add(to, API_SPAN("a"), 5);
    api_series_take(to, s);

    for (i = 0; i < api_series_count(to); i++) {
        if (api_series_get(to, (uint32_t) i, &name, &n) && name.len
            && name.data[0] == 'a')
        {
            ut_int(n, 8, "counts are added to those that are there");
        }
    }

    ut_ok(api_series_get(to, 8, &name, &n) && n == 1,
        "and those without a name");

    free(mem);
    free(other);
}


static void
test_long_name(void)
{
    char          text[API_SERIES_NAME + 10];
    size_t        size;
    void         *mem;
    uint32_t      i, found;
    uint64_t      n;
    api_span_t    name;
    api_series_t *s;

    size = api_series_size(4);
    mem = memory(size);
    ut_int(api_series_init(mem, size), API_OK, "made");
    s = api_series_at(mem);

    memset(text, 'x', sizeof(text));
    api_series_add(s, ut_guard(api_span(text, sizeof(text))), 1);
    api_series_add(s, api_span(text, API_SERIES_NAME), 1);
    api_series_add(s, api_span(NULL, 0), 1);

    for (found = 0, i = 0; i < 4; i++) {
        found += api_series_get(s, i, &name, &n) && n == 2
                 && name.len == API_SERIES_NAME;
    }

    ut_int(found, 1, "a long name is cut");
    ut_ok(api_series_get(s, 4, &name, &n) && n == 1, "an empty one is none");

    ut_guard_reset();
    free(mem);
}


int
main(void)
{
    test_sizes();
    test_owners();
    test_histogram();
    test_take();
    test_names();
    test_long_name();
    test_threads();

    return ut_done();
}
