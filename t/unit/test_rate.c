/* Rates as fractions, and GCRA against a token bucket in exact integers: a
   million random steps, costs, waits, clocks that jump. */

#include "api_gcra.h"
#include "ut.h"

#include <stdio.h>


static const struct {
    const char *text;
    uint64_t    count, period;
    bool        bytes;
} rates[] = {
    { "100r/s", 1, 10000000, false },
    { "3r/s", 3, 1000000000, false },
    { "1r/d", 1, UINT64_C(86400000000000), false },
    { "1r/h", 1, UINT64_C(3600000000000), false },
    { "1000000r/s", 1, 1000, false },
    { "999983r/s", 999983, 1000000000, false },
    { "5r/10m", 1, UINT64_C(120000000000), false },
    { "7r/1h30m", 7, UINT64_C(5400000000000), false },
    { "60r/m", 1, 1000000000, false },
    { "1r/366d", 1, UINT64_C(31622400000000000), false },
    { "512k/s", 1024, 1953125, true },
    { "1b/s", 1, 1000000000, true },
    { "1000000000r/s", 1, 1, false },
};

static const struct {
    const char *text;
    int         rc, code;
} bad[] = {
    { "", API_SYNTAX, API_RATE_E_COUNT },
    { "r/s", API_SYNTAX, API_RATE_E_COUNT },
    { "0r/s", API_SYNTAX, API_RATE_E_COUNT },
    { "-1r/s", API_SYNTAX, API_RATE_E_COUNT },
    { "9999999999999r/s", API_SYNTAX, API_RATE_E_COUNT },
    { "10", API_SYNTAX, API_RATE_E_UNIT },
    { "10/s", API_SYNTAX, API_RATE_E_UNIT },
    { "10r", API_SYNTAX, API_RATE_E_UNIT },
    { "10x/s", API_SYNTAX, API_RATE_E_UNIT },
    { "1.5r/s", API_SYNTAX, API_RATE_E_UNIT },
    { "10r/", API_SYNTAX, API_RATE_E_PERIOD },
    { "10r/w", API_SYNTAX, API_RATE_E_PERIOD },
    { "10r/10", API_SYNTAX, API_RATE_E_PERIOD },
    { "10r/0s", API_SYNTAX, API_RATE_E_PERIOD },
    { "10r/s ", API_SYNTAX, API_RATE_E_PERIOD },
    { "10r/367d", API_SYNTAX, API_RATE_E_PERIOD },
    { "10r/200d200d", API_SYNTAX, API_RATE_E_PERIOD },
    { "1000000001r/s", API_LIMIT, API_RATE_E_FAST },
    { "1g/s", API_LIMIT, API_RATE_E_FAST },
};


static void
test_parse(void)
{
    int        rc;
    size_t     i;
    api_err_t  err;
    api_rate_t r;

    for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        rc = api_rate_parse(
            ut_guard(api_span(rates[i].text, strlen(rates[i].text))), &r,
            &err);
        ut_ok(rc == API_OK && r.count == rates[i].count
                  && r.period == rates[i].period && r.bytes == rates[i].bytes,
            "%s is %llu in %llu ns", rates[i].text,
            (unsigned long long) r.count, (unsigned long long) r.period);
        ut_guard_reset();
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        err.code = 0;
        rc = api_rate_parse(
            ut_guard(api_span(bad[i].text, strlen(bad[i].text))), &r, &err);
        ut_ok(rc == bad[i].rc && err.code == bad[i].code, "\"%s\" is none: %s",
            bad[i].text, err.text);
        ut_guard_reset();
    }
}


/* A point of the grid survives being stored as a nanosecond. */

static void
test_grid(void)
{
    size_t     i, n, wrong;
    uint64_t   unit;
    ut_rand_t  r = { 5 };
    api_rate_t rate;

    wrong = 0;

    for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        (void) api_rate_parse(
            api_span(rates[i].text, strlen(rates[i].text)), &rate, NULL);

        for (n = 0; n < 20000; n++) {
            unit = ut_rand(&r) >> (2 + ut_below(&r, 60));
            wrong += api_rate_units(&rate, api_rate_ns(&rate, unit)) != unit;
        }

        wrong += api_rate_units(&rate, rate.period) != rate.scale;
    }

    ut_int(wrong, 0, "no point of any grid is lost");
}


/*
 * The oracle: tokens in 1/period parts, of which a nanosecond adds `count`,
 * so that nothing is ever rounded.  It follows every decision; what a
 * decision may be off by is the part of a unit that the clock does not see:
 * nothing where units are nanoseconds, less than 2 ns elsewhere, and it must
 * not add up.
 */

__extension__ typedef __int128 parts_t;

typedef struct {
    parts_t    tokens, most;
    uint64_t   time;
    api_rate_t rate;
} bucket_t;


static void
bucket_to(bucket_t *b, uint64_t now)
{
    b->tokens += (parts_t) (now - b->time) * (parts_t) b->rate.count;
    b->tokens = b->tokens > b->most ? b->most : b->tokens;
    b->time = now;
}


static parts_t
parts(const bucket_t *b, uint64_t cost)
{
    return (parts_t) cost * (parts_t) b->rate.period;
}


typedef struct {
    api_gcra_t g;
    bucket_t   b;
    parts_t    slack;
    uint64_t   tat, now, burst;
    size_t     wrong, early, late, left, steps, passed;
} run_t;


static void
check_wait(run_t *run, uint64_t cost)
{
    uint64_t tat, wait;

    wait = api_gcra_wait(&run->g, run->tat, run->now, cost);

    if (cost > run->burst) {
        run->late += wait != UINT64_MAX;
        return;
    }

    tat = run->tat;
    run->late += !api_gcra_admit(&run->g, &tat, run->now + wait, cost);
    tat = run->tat;
    run->early += api_gcra_admit(&run->g, &tat, run->now + wait - 1, cost);
}


static uint64_t
pause_of(const run_t *run, ut_rand_t *r)
{
    uint64_t T = run->g.rate.period / run->g.rate.count;

    switch (ut_below(r, 6)) {
    case 0:
        return 0;
    case 1:
        return 1;
    case 2:
        return T;
    case 3:
        return ut_below(r, 5 * T + 1);
    case 4:
        return T / 3;
    default:
        return ut_below(r, ut_below(r, 20) ? T + 1 : run->burst * T + 1);
    }
}


static void
step(run_t *run, ut_rand_t *r)
{
    uint64_t          cost;
    api_gcra_report_t report;

    cost = ut_below(r, 10) ? 1 + ut_below(r, 3) : run->burst + ut_below(r, 2);

    run->now += pause_of(run, r);
    run->steps++;

    bucket_to(&run->b, run->now);
    api_gcra_report(&run->g, run->tat, run->now, &report);

    run->left +=
        parts(&run->b, report.left) > run->b.tokens + run->slack
        || parts(&run->b, report.left + 1) <= run->b.tokens - run->slack;

    if (api_gcra_admit(&run->g, &run->tat, run->now, cost)) {
        run->wrong += parts(&run->b, cost) > run->b.tokens + run->slack;
        run->b.tokens -= parts(&run->b, cost);
        run->passed++;

    } else {
        run->wrong += parts(&run->b, cost) <= run->b.tokens - run->slack;
        check_wait(run, cost);
    }
}


static void
test_oracle(void)
{
    size_t     i, n;
    run_t      run;
    ut_rand_t  r = { 2026 };
    api_rate_t rate;

    static const char *const texts[] = { "100r/s", "3r/s", "7r/m", "1r/d",
        "1000000r/s", "999983r/s", "5r/10m", "11r/1h30m", "300000007r/s" };

    memset(&run, 0, sizeof(run));

    for (i = 0; i < 3000; i++) {
        (void) api_rate_parse(
            api_span(texts[i % 9], strlen(texts[i % 9])), &rate, NULL);

        run.burst = 1 + ut_below(&r, 50);
        run.now = 1 + (ut_rand(&r) >> 10);
        run.tat = 0;
        (void) api_gcra_init(&run.g, &rate, run.burst);

        run.b.rate = rate;
        run.b.most = parts(&run.b, run.burst);
        run.b.tokens = run.b.most;
        run.b.time = run.now;
        run.slack = rate.scale == rate.period ? 0 : 2 * (parts_t) rate.count;

        for (n = 0; n < 400; n++) {
            step(&run, &r);
        }
    }

    ut_int(run.wrong, 0, "%zu decisions like those of an exact bucket",
        run.steps);
    ut_int(run.left, 0, "what is left is what the bucket holds");
    ut_int(run.late, 0, "a wait is long enough");
    ut_int(run.early, 0, "and not a nanosecond too long");
    ut_ok(run.passed > run.steps / 10 && run.passed < run.steps,
        "%zu of them passed", run.passed);
}


/* Rounding 1000.017 ns to 1000 would let 170 more pass. */

static void
test_long_run(void)
{
    size_t     i, passed;
    uint64_t   tat, now;
    api_gcra_t g;
    api_rate_t rate;

    (void) api_rate_parse(API_SPAN("999983r/s"), &rate, NULL);
    (void) api_gcra_init(&g, &rate, 2);

    tat = 0;
    passed = 0;

    for (i = 0; i < 40000000; i++) {
        now = 1000000 + i * 250;
        passed += api_gcra_admit(&g, &tat, now, 1);
    }

    ut_int(passed, 9999831, "10 s of 999983r/s: 9999829, and a burst of 2");
}


static void
test_clock(void)
{
    size_t     i, k, passed, step;
    uint64_t   tat, now, wall;
    api_gcra_t g;
    api_rate_t rate;

    static const uint64_t back[] = { 5000000, 100000000, 2000000000,
        UINT64_C(3600000000000) };

    (void) api_rate_parse(API_SPAN("1000r/s"), &rate, NULL);
    (void) api_gcra_init(&g, &rate, 10);

    for (k = 0; k < 4; k++) {
        tat = 0;
        passed = 0;
        wall = UINT64_C(5000000000000);

        for (step = 0; step < 20000; step++) {
            wall += 500000;
            now = step < 10000 ? wall : wall - back[k];
            passed += api_gcra_admit(&g, &tat, now, 1);
        }

        ut_ok(passed >= 10000 && passed <= 10020,
            "a clock set back by %llu ms costs nobody anything: %zu of 10010",
            (unsigned long long) back[k] / 1000000, passed);
    }

    /* a lowered burst: what was owed before is cut to the new one */

    tat = UINT64_C(1000000000000);
    (void) api_gcra_admit(&g, &tat, UINT64_C(5000000000), 1);
    ut_int(tat, UINT64_C(5000000000) + g.tau, "debt is cut to the burst");

    for (i = 0, passed = 0; i < 100; i++) {
        passed += api_gcra_admit(&g, &tat, UINT64_C(5000000000), 0);
    }

    ut_int(passed, 100, "what costs nothing passes");
}


static void
test_charges(void)
{
    size_t            i, wrong;
    uint64_t          tat, now, cost, after;
    ut_rand_t         r = { 9 };
    api_gcra_t        g;
    api_rate_t        rate;
    api_gcra_report_t report;

    (void) api_rate_parse(API_SPAN("7r/s"), &rate, NULL);
    (void) api_gcra_init(&g, &rate, 20);

    wrong = 0;

    for (i = 0; i < 100000; i++) {
        now = 1 + (ut_rand(&r) >> 12);
        tat = now + ut_below(&r, 2000000000);
        after = tat = api_gcra_charge(&g, tat, now, 0);
        cost = 1 + ut_below(&r, 5);

        if (api_gcra_admit(&g, &after, now, cost)) {
            wrong += api_gcra_refund(&g, after, cost) > tat
                     || tat - api_gcra_refund(&g, after, cost) > 1;
        }
    }

    ut_int(wrong, 0, "a refund takes back exactly what was charged");
    ut_int(api_gcra_refund(&g, 5, 1), 0, "and never more than there is");

    now = API_NS;
    tat = api_gcra_charge(&g, 0, now, 1000);
    ut_int(tat - now <= api_rate_ns(&g.rate, g.cap) + 1, 1,
        "charges end at the cap");

    api_gcra_overdraft(&g, 3600 * API_NS);
    tat = api_gcra_charge(&g, 0, now, 100);
    api_gcra_report(&g, tat, now, &report);
    ut_int(report.left, 0, "overdrawn: nothing is left");
    ut_int(report.next, (81 * API_NS + 6) / 7, "until one more is");
    ut_ok(api_gcra_init(&g, &rate, 0) == API_LIMIT
              && api_gcra_init(&g, &rate, UINT64_MAX) == API_LIMIT,
        "bursts out of range");
}


int
main(void)
{
    test_parse();
    test_grid();
    test_oracle();
    test_long_run();
    test_clock();
    test_charges();

    return ut_done();
}
