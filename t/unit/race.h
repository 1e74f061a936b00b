/*
 * The races of a table of limits, for each way to compare and swap.  Compiled
 * into the test that includes it, with the table that it has.
 */

#ifndef RACE_H
#define RACE_H

#include "api_table.h"
#include "ut.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>


#define RACE_MAX 8
#define RACE_SIZE (1U << 20)

typedef struct {
    uint64_t round[RACE_MAX]; /* that a process is in */
    uint64_t passed[RACE_MAX];
    uint64_t start;
} race_shared_t;

typedef struct {
    race_shared_t *sh;
    api_table_t   *t;
    api_gcra_t     g;
    api_now_t      now;
    int            n;
    uint64_t       steps;
} race_t;

typedef uint64_t (*race_fn_t)(race_t *race, int me);


static inline void *
race_map(size_t size)
{
    return mmap(
        NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}


static inline uint64_t
race_tag(const race_t *race, uint64_t n)
{
    return api_table_tag(race->t, 1, api_span(&n, sizeof(n)));
}


static inline void
race_make(race_t *race, int n, const char *text, uint64_t burst, size_t size)
{
    void      *mem;
    api_rate_t rate;

    static const uint8_t random[16] = "sixteen of these";

    memset(race, 0, sizeof(*race));
    mem = race_map(size);
    race->sh = race_map(sizeof(race_shared_t));
    race->n = n;
    race->now.mono = 1000 * API_NS;
    race->now.wall = 1800000000;
    race->t = api_table_make(mem, size, API_TABLE_RATE, random, &race->now);

    (void) api_rate_parse(api_span(text, strlen(text)), &rate, NULL);
    (void) api_gcra_init(&race->g, &rate, burst);
}


static inline uint64_t
race_run(race_t *race, race_fn_t fn)
{
    int      i;
    uint64_t sum;

    for (i = 0; i < race->n; i++) {
        if (fork() == 0) {
            while (__atomic_load_n(&race->sh->start, __ATOMIC_SEQ_CST) == 0) {
                sched_yield();
            }

            race->sh->passed[i] = fn(race, i);
            _exit(0);
        }
    }

    __atomic_store_n(&race->sh->start, 1, __ATOMIC_SEQ_CST);

    while (wait(NULL) > 0) {
        /* void */
    }

    for (i = 0, sum = 0; i < race->n; i++) {
        sum += race->sh->passed[i];
    }

    return sum;
}


/* A frozen clock and one key: as many pass as fit, whoever asks. */

static inline uint64_t
race_hot(race_t *race, int me)
{
    uint64_t i, tat, passed;

    (void) me;

    for (i = 0, passed = 0; i < race->steps; i++) {
        passed += api_table_rate(race->t, race_tag(race, 1), &race->g, 1,
                      &race->now, API_FULL_EVICT, &tat)
                  == API_LIMIT_PASS;
    }

    return passed;
}


/* Half of what passes is given back. */

static inline uint64_t
race_refund(race_t *race, int me)
{
    uint64_t i, tat, passed;

    (void) me;

    for (i = 0, passed = 0; i < race->steps; i++) {
        if (api_table_rate(race->t, race_tag(race, 1), &race->g, 1, &race->now,
                API_FULL_EVICT, &tat)
            != API_LIMIT_PASS)
        {
            continue;
        }

        if (i % 2) {
            api_table_rate_refund(race->t, race_tag(race, 1), &race->g, 1);

        } else {
            passed++;
        }
    }

    return passed;
}


/* All meet before each new key, and ask at once. */

static inline uint64_t
race_first(race_t *race, int me)
{
    int      j;
    uint64_t i, tat, passed;

    for (i = 0, passed = 0; i < race->steps; i++) {
        __atomic_store_n(&race->sh->round[me], i + 1, __ATOMIC_SEQ_CST);

        for (j = 0; j < race->n; j++) {
            while (__atomic_load_n(&race->sh->round[j], __ATOMIC_SEQ_CST) <= i)
            {
                sched_yield();
            }
        }

        passed += api_table_rate(race->t, race_tag(race, i), &race->g, 1,
                      &race->now, API_FULL_EVICT, &tat)
                  == API_LIMIT_PASS;
    }

    return passed;
}


/* Few lines and many keys, so that everything is evicted all the time. */

static inline uint64_t
race_churn(race_t *race, int me)
{
    uint64_t  i, tat;
    ut_rand_t r = { (uint64_t) me + 1 };

    for (i = 0; race->steps == 0 || i < race->steps; i++) {
        (void) api_table_rate(race->t, race_tag(race, ut_below(&r, 64)),
            &race->g, 1, &race->now, (api_full_t) ut_below(&r, 3), &tat);
    }

    return 0;
}


static inline void
race_counts(int n)
{
    race_t   race;
    uint64_t passed;

    race_make(&race, n, "1000r/s", 100000, RACE_SIZE);
    race.steps = 400000 / (uint64_t) n;
    passed = race_run(&race, race_hot);
    ut_int(passed, 100000, "%d processes, one key: as many as fit pass", n);

    race_make(&race, n, "1000r/s", 1000000, RACE_SIZE);
    race.steps = 200000 / (uint64_t) n;
    passed = race_run(&race, race_refund);
    race.steps = 1000000;
    passed += race_hot(&race, 0);
    ut_int(passed, 1000000, "%d processes: every refund counts, once", n);
}


static inline void
race_firsts(int n, uint64_t keys)
{
    race_t   race;
    uint64_t passed;

    race_make(&race, n, "1r/h", 1, 64U << 20);
    race.steps = keys;
    passed = race_run(&race, race_first);
    ut_int(passed, (long long) keys, "%d processes and %llu new keys", n,
        (unsigned long long) keys);
}


static inline void
race_killed(void)
{
    int      i, status;
    pid_t    pid;
    race_t   race;
    uint64_t tat;
    bool     sane = true;

    race_make(&race, 1, "1r/s", 3, API_TABLE_MIN + 64);

    for (i = 0; i < 200; i++) {
        pid = fork();

        if (pid == 0) {
            (void) race_churn(&race, i);
            _exit(0);
        }

        usleep((useconds_t) (i % 20) * 100);
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
    }

    race.now.mono += 3 * API_NS;

    for (i = 0; i < 6; i++) {
        sane = sane
               && api_table_rate(race.t, race_tag(&race, 1000 + (uint64_t) i),
                      &race.g, 1, &race.now, API_FULL_DENY, &tat)
                      == API_LIMIT_PASS;
    }

    ut_ok(sane, "200 killed processes leave a table that works");
    ut_ok(api_table_live(race.t, 0, &race.now) <= 6, "and nothing that stays");
}


/*
 * The last process forgets the key as long as the others charge it: each time
 * one bucket more at most, and never two slots.
 */

static inline uint64_t
race_forget(race_t *race, int me)
{
    int      busy;
    uint64_t i, n, tat, tag = race_tag(race, 1);

    if (me == race->n - 1) {
        for (n = 0, busy = me; busy; n++) {
            api_table_reset(race->t, tag);

            for (i = 0, busy = 0; i < (uint64_t) me; i++) {
                busy += __atomic_load_n(&race->sh->round[i], __ATOMIC_SEQ_CST)
                        == 0;
            }
        }

        return n;
    }

    for (i = 0, n = 0; i < race->steps; i++) {
        n += api_table_rate(
                 race->t, tag, &race->g, 1, &race->now, API_FULL_EVICT, &tat)
             == API_LIMIT_PASS;
    }

    __atomic_store_n(&race->sh->round[me], 1, __ATOMIC_SEQ_CST);

    return n;
}


static inline void
race_resets(void)
{
    race_t   race;
    uint64_t passed, times;

    race_make(&race, 3, "1r/h", 5, RACE_SIZE);
    race.steps = 300000;
    passed = race_run(&race, race_forget);
    times = race.sh->passed[2];
    passed -= times;

    ut_ok(api_table_live(race.t, 0, &race.now) <= 1,
        "forgotten while it is charged: one slot or none");
    ut_ok(passed >= 5 && passed <= 5 * (times + 1),
        "%zu passed, forgotten %zu times: no more than that allows", passed,
        times);
}


static inline void
race_all(void)
{
    race_t race;

    race_counts(2);
    race_counts(8);
    race_firsts(2, 200000);
    race_firsts(4, 20000);

    race_make(&race, 4, "1r/s", 3, API_TABLE_MIN + 64);
    race.steps = 100000;
    (void) race_run(&race, race_churn);
    ut_ok(api_table_live(race.t, 0, &race.now) <= 8, "4 processes, two lines");

    race_resets();
    race_killed();
}


#endif /* RACE_H */
