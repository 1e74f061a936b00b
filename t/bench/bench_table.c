/*
 * The table of limits: nanoseconds a decision, keys in 10 MB, and what a
 * flood of junk keys does to a throttled key and to honest ones.
 *
 * The status is 1 when an attacker's key got more than its limit where that
 * is promised: limits from 5r/m burst=5 on.
 */

#define _DEFAULT_SOURCE

#include "flood.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>


#define MB (1024 * 1024)

static const uint8_t random16[16] = "sixteen of these";


static uint64_t
clock_ns(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);

    return (uint64_t) ts.tv_sec * API_NS + (uint64_t) ts.tv_nsec;
}


typedef struct {
    api_table_t *t;
    api_gcra_t   g;
    api_now_t    now;
    uint64_t     keys;
    uint64_t     ops;
} load_t;


static void
work(load_t *l, uint64_t seed)
{
    uint64_t  i, key, tat;
    ut_rand_t r = { seed };

    for (i = 0; i < l->ops; i++) {
        key = l->keys > 1 ? ut_below(&r, l->keys) : 7;

        if (i % 64 == 0) {
            l->now.mono = clock_ns(CLOCK_MONOTONIC);
        }

        (void) api_table_rate(l->t,
            api_table_tag(l->t, 1, api_span(&key, sizeof(key))), &l->g, 1,
            &l->now, API_FULL_EVICT, &tat);
    }
}


/* CPU of all processes for one decision. */

static double
cost(load_t *l, int processes)
{
    int       i;
    uint64_t *spent, sum;

    spent = mmap(
        NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    for (i = 0; i < processes; i++) {
        if (fork() == 0) {
            spent[i] = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
            work(l, (uint64_t) i + 1);
            spent[i] = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - spent[i];
            _exit(0);
        }
    }

    while (wait(NULL) > 0) {
        /* void */
    }

    for (i = 0, sum = 0; i < processes; i++) {
        sum += spent[i];
    }

    munmap(spent, 4096);

    return (double) sum / (double) (l->ops * (uint64_t) processes);
}


static void
speed(const char *what, const char *rate, uint64_t burst, uint64_t keys)
{
    void      *mem;
    load_t     l;
    size_t     size = 64 * MB;
    api_rate_t r;

    mem = mmap(
        NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    l.now.mono = clock_ns(CLOCK_MONOTONIC);
    l.now.wall = 1800000000;
    l.keys = keys;
    l.ops = 4 * 1000 * 1000;
    l.t = api_table_make(mem, size, API_TABLE_RATE, random16, &l.now);

    (void) api_rate_parse(api_span(rate, strlen(rate)), &r, NULL);
    (void) api_gcra_init(&l.g, &r, burst);

    work(&l, 1); /* fill it */
    printf("%-34s %8.1f %8.1f\n", what, cost(&l, 1), cost(&l, 2));
    munmap(mem, size);
}


/* How many keys 10 MB remember before one that owes something must go. */

static void
room(void)
{
    void            *mem;
    uint64_t         key, tat;
    api_now_t        now = { API_NS, 1800000000 };
    api_rate_t       r;
    api_gcra_t       g;
    api_table_t     *t;
    api_table_stat_t stat;
    bool             half = false;

    mem = aligned_alloc(64, 10 * MB);
    memset(mem, 0, 10 * MB);
    t = api_table_make(mem, 10 * MB, API_TABLE_RATE, random16, &now);

    (void) api_rate_parse(API_SPAN("1r/d"), &r, NULL);
    (void) api_gcra_init(&g, &r, 1);

    printf("\n10 MB have %llu slots; of keys that owe something\n",
        (unsigned long long) api_table_slots(t));

    for (key = 0; key < api_table_slots(t); key++) {
        (void) api_table_rate(t,
            api_table_tag(t, 1, api_span(&key, sizeof(key))), &g, 1, &now,
            API_FULL_EVICT, &tat);
        api_table_stat(t, &stat);

        if (!half && key + 1 == api_table_slots(t) / 2) {
            half = true;
            printf("    the first %llu (32 bytes each) push out %llu: "
                   "%.3f %%; limit_req has room for 81375 in all\n",
                (unsigned long long) key + 1,
                (unsigned long long) stat.evicted,
                100.0 * (double) stat.evicted / (double) (key + 1));
        }
    }

    printf("    as many as there are slots (16 bytes each) push out %llu: "
           "%.1f %%\n",
        (unsigned long long) stat.evicted,
        100.0 * (double) stat.evicted / (double) key);
    free(mem);
}


static const struct {
    flood_t f;
    bool    promised;
} floods[] = {
    { { "10r/s", 20, 0, 100000, 10 * MB, API_FULL_EVICT, true }, true },
    { { "1r/s", 10, 0, 100000, 10 * MB, API_FULL_EVICT, true }, true },
    { { "5r/m", 5, 0, 100000, 10 * MB, API_FULL_EVICT, true }, true },
    { { "5r/m", 5, 0, 100000, 10 * MB, API_FULL_EVICT, false }, true },
    { { "1r/m", 1, 0, 100000, 10 * MB, API_FULL_EVICT, true }, false },
    { { "1r/m", 1, 0, 100000, 10 * MB, API_FULL_SHARE, true }, true },
    { { "5r/m", 5, 0, 100000, 10 * MB, API_FULL_SHARE, true }, true },
};

static bool
flooded(void)
{
    bool           met = true;
    size_t         i, j;
    flood_t        f;
    flood_result_t r;

    static const uint64_t junk[] = { 81500, 1000000, 10000000 };

    printf("\nA flood of 100000 new keys a second, 10 MB: the attacker's "
           "own key, which rests\nbetween its bursts or asks on; honest "
           "keys ask at two thirds of the limit\n\n");
    printf("%-8s %-6s %-6s %-6s %9s %7s %7s %9s %s\n", "rate", "burst", "full",
        "", "junk", "passed", "may", "refused", "of honest");

    for (i = 0; i < sizeof(floods) / sizeof(floods[0]); i++) {
        for (j = 0; j < 3; j++) {
            f = floods[i].f;
            f.junk = junk[j];

            if (!flood(&f, &r)) {
                return false;
            }

            printf("%-8s %-6llu %-6s %-6s %9llu %7llu %7llu %8.1f%% %s\n",
                f.rate, (unsigned long long) f.burst,
                f.full == API_FULL_SHARE ? "share" : "evict",
                f.idle ? "rests" : "asks", (unsigned long long) f.junk,
                (unsigned long long) r.attacker,
                (unsigned long long) r.nominal,
                r.honest ? 100.0 * (double) r.refused / (double) r.honest
                         : 0.0,
                r.attacker <= r.nominal ? ""
                : floods[i].promised    ? "MISSED"
                                        : "(not promised: burst=1)");
            met = met && (r.attacker <= r.nominal || !floods[i].promised);
        }
    }

    return met;
}


int
main(void)
{
    printf("%-34s %8s %8s\n", "ns of CPU a decision", "1 proc.", "2 proc.");
    speed("one key, passes", "1000000r/s", 1000000000, 1);
    speed("one key, rate not a whole ns", "999983r/s", 1000000000, 1);
    speed("one key, refused", "1r/d", 1, 1);
    speed("1000000 keys, pass", "1000000r/s", 1000000000, 1000000);
    room();

    return flooded() ? 0 : 1;
}
