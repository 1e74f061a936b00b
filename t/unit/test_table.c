/* The table of limits by one process: rates, quotas and windows against
   plain arithmetic, full lines, floods, migration. */

#include "api_table.h"
#include "flood.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>


static const uint8_t random16[16] = "a key of 16 byte";
static api_now_t     now = { 1000 * API_NS, 1800000000 };


static void *
zeroes(size_t size)
{
    void *mem;

    size = (size + 63) / 64 * 64;
    mem = aligned_alloc(64, size);

    return mem ? memset(mem, 0, size) : NULL;
}


static api_table_t *
table(void **mem, size_t size, api_table_kind_t kind)
{
    *mem = zeroes(size);

    return *mem ? api_table_make(*mem, size, kind, random16, &now) : NULL;
}


static uint64_t
tag(const api_table_t *t, uint64_t n)
{
    return api_table_tag(t, 7, api_span(&n, sizeof(n)));
}


static void
test_make(void)
{
    void        *mem;
    api_table_t *t;

    t = table(&mem, API_TABLE_MIN - 1, API_TABLE_RATE);
    ut_ok(t == NULL, "a table needs room for a line");
    free(mem);

    t = table(&mem, API_TABLE_MIN + 63, API_TABLE_RATE);
    ut_ok(t != NULL && api_table_slots(t) == 4, "which is four slots");
    ut_ok(api_table_is(mem, API_TABLE_MIN, API_TABLE_RATE), "known again");
    ut_ok(!api_table_is(mem, API_TABLE_MIN, API_TABLE_COUNT), "by its kind");
    ut_ok(!api_table_is(mem, API_TABLE_MIN + 64, API_TABLE_RATE), "and size");
    ut_ok(tag(t, 1) != tag(t, 2), "keys differ");
    ut_ok(api_table_tag(t, 1, API_SPAN("a"))
              != api_table_tag(t, 2, API_SPAN("a")),
        "a key under two policies too");
    ut_ok(api_table_policy(API_SPAN("a"), 1)
              != api_table_policy(API_SPAN("a"), 2),
        "a policy and what it was before too");
    free(mem);
}


/* What else can be done to a key. */

static void
test_one(api_table_t *t, const api_gcra_t *g, const api_now_t *at)
{
    uint64_t   got;
    api_slot_t slot;

    api_table_rate_charge(t, tag(t, 1), g, 1000, at, API_FULL_EVICT);
    ut_ok(api_table_get(t, tag(t, 1), at, &slot), "a charge is on record");
    ut_int(api_table_rate(t, tag(t, 1), g, 1, at, API_FULL_EVICT, &got),
        API_LIMIT_OVER, "and counts");
    ut_int(api_table_debt(t, slot, at), slot.val - at->mono, "its debt");

    api_table_reset(t, tag(t, 1));
    ut_ok(!api_table_get(t, tag(t, 1), at, &slot), "forgotten");

    (void) api_table_rate(t, tag(t, 1), g, 5, at, API_FULL_EVICT, &got);
    api_table_rate_refund(t, tag(t, 1), g, UINT64_MAX);
    api_table_reset(t, tag(t, 1));
    api_table_reset(t, 0);
    ut_ok(true, "forgetting ends, also without debt or without a key");

    ut_int(api_table_rate(t, tag(t, 1), g, 5, at, API_FULL_EVICT, &got),
        API_LIMIT_PASS, "begins anew");

    api_table_rate_raise(
        t, tag(t, 1), at->mono + 3 * API_NS, at, API_FULL_EVICT);
    (void) api_table_get(t, tag(t, 1), at, &slot);
    ut_int(slot.val, at->mono + 3 * API_NS, "others' debt is taken over");
    api_table_rate_raise(
        t, tag(t, 1), at->mono + 2 * API_NS, at, API_FULL_EVICT);
    (void) api_table_get(t, tag(t, 1), at, &slot);
    ut_int(slot.val, at->mono + 3 * API_NS, "unless it is less");
}


/* Many keys in a table with room for all, each against a meter of its own. */

#define KEYS 500

static void
test_rate(void)
{
    int          rc;
    void        *mem;
    bool         want;
    size_t       i, wrong, peeked, passed;
    uint64_t     tat[KEYS] = { 0 }, k, cost, got, before;
    api_now_t    at = now;
    ut_rand_t    r = { 3 };
    api_gcra_t   g;
    api_rate_t   rate;
    api_table_t *t;

    t = table(&mem, sizeof(api_table_t) + 64 * 4 * KEYS, API_TABLE_RATE);
    (void) api_rate_parse(API_SPAN("7r/s"), &rate, NULL);
    (void) api_gcra_init(&g, &rate, 5);

    wrong = peeked = passed = 0;

    for (i = 0; i < 1000000; i++) {
        at.mono += ut_below(&r, 2000000);
        k = ut_below(&r, KEYS);
        cost = 1 + ut_below(&r, 6);

        before = tat[k];
        rc = api_table_rate_peek(t, tag(t, k), &g, cost, &at, &got);
        want = api_gcra_admit(&g, &tat[k], at.mono, cost);
        peeked += (rc == API_LIMIT_PASS) != want
                  || (before > at.mono && got != before);

        rc = api_table_rate(t, tag(t, k), &g, cost, &at, API_FULL_EVICT, &got);
        wrong += (rc == API_LIMIT_PASS) != want
                 || (rc == API_LIMIT_NEVER) != (cost > 5)
                 || (got > at.mono && got != tat[k]);
        passed += want;

        if (want && ut_below(&r, 8) == 0) {
            api_table_rate_refund(t, tag(t, k), &g, cost);
            tat[k] = api_gcra_refund(&g, tat[k], cost);
        }
    }

    ut_int(
        wrong, 0, "1000000 steps on %d keys, as on meters of their own", KEYS);
    ut_int(peeked, 0, "a look says the same and changes nothing");
    ut_ok(passed > 10000 && passed < 900000, "%zu passed", passed);
    ut_ok(api_table_live(t, 0, &at) <= KEYS, "no key has two slots");

    test_one(t, &g, &at);
    free(mem);
}


static const api_term_t *
term(uint64_t end)
{
    static api_term_t to;

    to.end = end;
    to.later = end + 3600;

    return &to;
}


static void
test_ends(api_table_t *t, uint64_t end, uint64_t limit, uint64_t used)
{
    uint64_t   got;
    api_now_t  at = now;
    api_slot_t slot;

    at.wall = end - 1;

    api_table_quota_refund(t, tag(t, 0), end - 3600, used);
    (void) api_table_quota_peek(t, tag(t, 0), term(end), limit, 0, &got);
    ut_int(got, used, "no refund from a period that is over");

    ut_int(api_table_quota(t, tag(t, 0), term(end), limit, limit + 1, &at,
               API_FULL_EVICT, &got),
        API_LIMIT_NEVER, "more than the whole");

    api_table_quota_charge(
        t, tag(t, 0), term(end), API_COUNT_MAX, &at, API_FULL_EVICT);
    ut_int(api_table_quota(
               t, tag(t, 0), term(end), limit, 1, &at, API_FULL_EVICT, &got),
        API_LIMIT_OVER, "a charge without a question");
    ut_int(got, API_COUNT_MAX, "does not wrap");

    ut_ok(api_table_get(t, tag(t, 0), &at, &slot)
              && api_table_id(t, slot) == tag(t, 0),
        "a count in the tag is no part of the key's id");

    /* the clock goes back into the last period, and forth again */

    (void) api_table_quota(
        t, tag(t, 9999), term(end), 10, 10, &at, API_FULL_EVICT, &got);
    at.wall = end - 3601;
    ut_int(api_table_quota(t, tag(t, 9999), term(end - 3600), 10, 1, &at,
               API_FULL_EVICT, &got),
        API_LIMIT_OVER, "a clock set back gives no second quota");
    at.wall = end - 1;
    ut_int(api_table_quota(
               t, tag(t, 9999), term(end), 10, 1, &at, API_FULL_EVICT, &got),
        API_LIMIT_OVER, "and set forth again neither");
}


static void
test_quota(void)
{
    int          rc;
    void        *mem;
    size_t       i, wrong;
    uint64_t     used[KEYS] = { 0 }, end, k, cost, got, limit, room;
    api_now_t    at = now;
    ut_rand_t    r = { 4 };
    api_table_t *t;

    t = table(&mem, sizeof(api_table_t) + 64 * 4 * KEYS, API_TABLE_COUNT);
    wrong = 0;
    limit = UINT64_C(1) << 40;
    end = at.wall + 3600;

    for (i = 0; i < 1000000; i++) {
        if (ut_below(&r, 20000) == 0) {
            memset(used, 0, sizeof(used));
            at.wall = end;
            end += 3600;
        }

        k = ut_below(&r, KEYS);
        cost = ut_below(&r, limit / 30);
        room = limit - used[k];

        rc = api_table_quota_peek(t, tag(t, k), term(end), limit, cost, &got);
        wrong += (rc == API_LIMIT_PASS) != (cost <= room) || got != used[k];

        rc = api_table_quota(
            t, tag(t, k), term(end), limit, cost, &at, API_FULL_EVICT, &got);
        wrong += (rc == API_LIMIT_PASS) != (cost <= room);
        used[k] += rc == API_LIMIT_PASS ? cost : 0;
        wrong += got != used[k];

        if (rc == API_LIMIT_PASS && ut_below(&r, 5) == 0) {
            api_table_quota_refund(t, tag(t, k), end, cost / 2);
            used[k] -= cost / 2;
        }
    }

    ut_int(wrong, 0, "1000000 steps of quotas, to the last unit");

    test_ends(t, end, limit, used[0]);
    free(mem);
}


/* The window as the textbook has it, in whole numbers. */

typedef struct {
    uint64_t index, last, here;
} window_t;

static bool
window_take(window_t *w, const api_window_t *win, uint64_t ns, uint64_t cost)
{
    uint64_t   index, whole, passed;
    api_u128_t used;

    whole = win->length * API_NS;
    index = ns / whole;
    passed = ns % whole;

    if (index != w->index) {
        w->last = index == w->index + 1 ? w->here : 0;
        w->here = 0;
        w->index = index;
    }

    /* used * whole, so that nothing is rounded */

    used =
        (api_u128_t) w->here * whole + (api_u128_t) w->last * (whole - passed);

    if (used + (api_u128_t) cost * whole > (api_u128_t) win->limit * whole) {
        return false;
    }

    w->here += cost;

    return true;
}


static void
test_window(void)
{
    int                 rc;
    bool                want;
    void               *mem;
    size_t              i, wrong, early, late;
    uint64_t            k, cost;
    window_t            w[KEYS] = { { 0, 0, 0 } };
    api_now_t           at = now, then;
    ut_rand_t           r = { 8 };
    api_table_t        *t;
    api_window_t        win = { 60, 100 };
    api_window_report_t report, later;

    t = table(&mem, sizeof(api_table_t) + 64 * 4 * KEYS, API_TABLE_WINDOW);
    wrong = early = late = 0;

    for (i = 0; i < 300000; i++) {
        at.mono += ut_below(&r, 3000000);
        at.wall = now.wall + (at.mono - now.mono) / API_NS;
        k = ut_below(&r, 20);
        cost = 1 + ut_below(&r, 9);

        want = window_take(&w[k], &win,
            (t->born + at.mono / API_NS) * API_NS + at.mono % API_NS, cost);

        rc = api_table_window_peek(t, tag(t, k), &win, cost, &at, &report);
        wrong += (rc == API_LIMIT_PASS) != want;

        rc = api_table_window(
            t, tag(t, k), &win, cost, &at, API_FULL_EVICT, &report);
        wrong += (rc == API_LIMIT_PASS) != want || report.used > win.limit;

        if (rc == API_LIMIT_OVER) {
            then = at;
            then.mono += report.wait;
            late +=
                api_table_window_peek(t, tag(t, k), &win, cost, &then, &later)
                != API_LIMIT_PASS;
            then.mono--;
            early +=
                api_table_window_peek(t, tag(t, k), &win, cost, &then, &later)
                == API_LIMIT_PASS;

        } else if (ut_below(&r, 9) == 0) {
            then = at;
            at.mono += ut_below(&r, 2) * win.length / 2 * API_NS;
            at.wall = now.wall + (at.mono - now.mono) / API_NS;
            api_table_window_refund(t, tag(t, k), &win, cost, &then);
            w[k].here -= cost;
        }
    }

    ut_int(wrong, 0, "300000 steps of sliding windows");
    ut_int(late, 0, "a wait is long enough");
    ut_int(early, 0, "and not a nanosecond too long");
    ut_int(api_table_window(
               t, tag(t, 0), &win, 101, &at, API_FULL_EVICT, &report),
        API_LIMIT_NEVER, "more than the whole");

    free(mem);
}


/* One line of four, five keys. */

static void
test_full(void)
{
    int              i, rc;
    void            *mem;
    uint64_t         tat;
    api_now_t        at = now;
    api_gcra_t       g;
    api_rate_t       rate;
    api_table_t     *t;
    api_slot_t       slot;
    api_table_stat_t stat;

    (void) api_rate_parse(API_SPAN("1r/s"), &rate, NULL);
    (void) api_gcra_init(&g, &rate, 10);

    t = table(&mem, API_TABLE_MIN, API_TABLE_RATE);

    for (i = 0; i < 4; i++) {
        (void) api_table_rate(t, tag(t, (uint64_t) i), &g, (uint64_t) i + 2,
            &at, API_FULL_EVICT, &tat);
    }

    rc = api_table_rate(t, tag(t, 9), &g, 1, &at, API_FULL_DENY, &tat);
    ut_int(rc, API_LIMIT_FULL, "deny: no room, no answer");
    ut_int(tat - at.mono, 2 * API_NS, "until the least debt is paid");

    rc = api_table_rate(t, tag(t, 9), &g, 1, &at, API_FULL_EVICT, &tat);
    ut_int(rc, API_LIMIT_PASS, "evict: it passes");
    ut_ok(!api_table_get(t, tag(t, 0), &at, &slot), "the least debt went");
    ut_ok(api_table_get(t, tag(t, 3), &at, &slot), "the largest stayed");

    /* 9 owes one second, 1 three, 2 four, 3 five */

    rc = api_table_rate(t, tag(t, 10), &g, 8, &at, API_FULL_SHARE, &tat);
    ut_int(rc, API_LIMIT_PASS, "share: it passes");
    ut_int(tat - at.mono, 9 * API_NS, "with the debt that was there");
    rc = api_table_rate(t, tag(t, 9), &g, 2, &at, API_FULL_SHARE, &tat);
    ut_int(rc, API_LIMIT_OVER, "whoever lost the slot finds it as well");
    rc = api_table_rate(t, tag(t, 11), &g, 1, &at, API_FULL_SHARE, &tat);
    ut_int(rc, API_LIMIT_PASS, "strangers share it");
    rc = api_table_rate(t, tag(t, 12), &g, 1, &at, API_FULL_SHARE, &tat);
    ut_int(rc, API_LIMIT_OVER, "until it is used up");
    rc = api_table_rate(t, tag(t, 3), &g, 5, &at, API_FULL_SHARE, &tat);
    ut_int(rc, API_LIMIT_PASS, "who has a slot of its own is not touched");

    at.mono += 6 * API_NS;
    rc = api_table_rate(t, tag(t, 12), &g, 7, &at, API_FULL_SHARE, &tat);
    ut_int(rc, API_LIMIT_OVER, "though there is room again");
    at.mono += 4 * API_NS;
    rc = api_table_rate(t, tag(t, 12), &g, 10, &at, API_FULL_SHARE, &tat);
    ut_int(rc, API_LIMIT_PASS, "until the shared debt is paid");

    api_table_stat(t, &stat);
    ut_int(stat.evicted, 1, "one eviction was counted");
    ut_int(stat.denied, 1, "one refusal");
    ut_ok(stat.shared >= 5, "and the shared decisions");
    free(mem);
}


static bool
count(void *ctx, api_slot_t slot)
{
    (void) slot;

    return ++*(int *) ctx < 50;
}


static void
test_migrate(void)
{
    int          seen;
    void        *mem, *larger, *smaller;
    size_t       i, wrong, kept, worst;
    uint64_t     tat, cost;
    api_gcra_t   g;
    api_rate_t   rate;
    api_slot_t   a, b;
    api_table_t *t, *l, *s;

    static const uint8_t other[16] = "another 16 bytes";

    (void) api_rate_parse(API_SPAN("1r/s"), &rate, NULL);
    (void) api_gcra_init(&g, &rate, 1000);

    t = table(&mem, sizeof(api_table_t) + 64 * 1000, API_TABLE_RATE);
    larger = zeroes(sizeof(api_table_t) + 64 * 1733);
    smaller = zeroes(sizeof(api_table_t) + 64 * 100);
    l = api_table_make(
        larger, sizeof(api_table_t) + 64 * 1733, API_TABLE_RATE, other, &now);
    s = api_table_make(
        smaller, sizeof(api_table_t) + 64 * 100, API_TABLE_RATE, other, &now);

    for (i = 0; i < 1500; i++) {
        cost = i < 200 ? 900 : 1 + i % 10;
        (void) api_table_rate(
            t, tag(t, i), &g, cost, &now, API_FULL_EVICT, &tat);
    }

    seen = 0;
    ut_ok(api_table_walk(t, 0, 1000, &now, count, &seen) < 1000 && seen == 50,
        "a walk ends when it is told to");
    ut_ok(llabs((long long) api_table_live(t, 300, &now) - 1500) < 150,
        "a sample knows about how many there are");

    api_table_migrate(l, t, &now);
    api_table_migrate(s, t, &now);

    wrong = kept = worst = 0;

    for (i = 0; i < 1500; i++) {
        if (!api_table_get(t, tag(t, i), &now, &a)) {
            continue;
        }

        wrong += !api_table_get(l, tag(l, i), &now, &b) || a.val != b.val;

        if (api_table_get(s, tag(s, i), &now, &b)) {
            kept++;
            worst += i < 200;
            wrong += a.val != b.val;
        }
    }

    ut_int(wrong, 0, "all of it in a larger table, and as it was");
    ut_ok(kept > 380 && kept <= 400, "%zu of 1500 in one of 400", kept);
    ut_ok(worst >= 198, "with the largest debts: %zu of 200", worst);

    free(mem);
    free(larger);
    free(smaller);
}


static const struct {
    const char *what;
    flood_t     f;
} floods[] = {
    { "5r/m burst 5, attacker asks on",
        { "5r/m", 5, 81500, 100000, 10 << 20, API_FULL_EVICT, false } },
    { "5r/m burst 5, attacker rests",
        { "5r/m", 5, 81500, 100000, 10 << 20, API_FULL_EVICT, true } },
    { "a table of 1 MB, attacker rests",
        { "5r/m", 5, 1000000, 100000, 1 << 20, API_FULL_EVICT, true } },
    { "1r/s burst 10, 1 MB",
        { "1r/s", 10, 1000000, 50000, 1 << 20, API_FULL_EVICT, true } },
    { "1r/m burst 1, shared",
        { "1r/m", 1, 1000000, 20000, 1 << 20, API_FULL_SHARE, true } },
};


static void
test_floods(void)
{
    bool           ran;
    size_t         i;
    flood_result_t r;

    for (i = 0; i < sizeof(floods) / sizeof(floods[0]); i++) {
        ran = flood(&floods[i].f, &r);
        ut_ok(ran && r.attacker > 0 && r.attacker <= r.nominal,
            "%s: %llu passed, %llu may; %llu of %llu honest refused",
            floods[i].what, (unsigned long long) r.attacker,
            (unsigned long long) r.nominal, (unsigned long long) r.refused,
            (unsigned long long) r.honest);
    }
}


int
main(void)
{
    test_make();
    test_rate();
    test_quota();
    test_window();
    test_full();
    test_migrate();
    test_floods();

    return ut_done();
}
