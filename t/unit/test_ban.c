/* Bans: windows of strikes, escalation, floods, readers beside writers, a
   writer that is killed, copies. */

#define _DEFAULT_SOURCE

#include "api_ban.h"
#include "ut.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>


static const api_sipkey_t seed = { 21, 22 };


static api_ban_t *
table(size_t size)
{
    void      *p;
    api_ban_t *t;

    p = mmap(
        NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        abort();
    }

    t = api_ban_init(p, size, seed);
    if (t == NULL) {
        abort();
    }

    return t;
}


static uint64_t
key_of(const api_ban_t *t, unsigned long n)
{
    char buf[32];
    int  len;

    len = snprintf(buf, sizeof(buf), "client-%lu", n);

    return api_ban_key(t, 1, api_span(buf, (size_t) len));
}


static api_ban_verdict_t
strike(api_ban_t *t, const api_ban_rule_t *rule, unsigned long n, uint64_t now,
    uint64_t *ms)
{
    api_ban_strike_t s;

    memset(&s, 0, sizeof(s));
    s.rule = 7;
    s.space = 1;
    s.key = key_of(t, n);
    s.cause = 3;
    s.text = API_SPAN("198.51.100.7");

    return api_ban_strike(t, rule, &s, now, ms);
}


static void
test_basics(void)
{
    size_t          at;
    uint64_t        ms, now;
    api_ban_t      *t;
    api_ban_entry_t e;
    api_ban_rule_t  rule = { 3, 60000, 10000, 40000 };

    t = table(65536);
    now = 1000000;
    ms = 0;

    ut_ok(api_ban_find(t, key_of(t, 1), now) == 0, "nobody is banned");
    ut_int(strike(t, &rule, 1, now, &ms), API_BAN_COUNTED, "one strike");
    ut_int(strike(t, &rule, 1, now + 5, &ms), API_BAN_COUNTED, "two");
    ut_int(strike(t, &rule, 2, now + 5, &ms), API_BAN_COUNTED, "another's");
    ut_int(strike(t, &rule, 1, now + 9, &ms), API_BAN_BANNED, "three: banned");
    ut_int(ms, 10000, "for the first time");
    ut_int(api_ban_find(t, key_of(t, 1), now + 9), 10000, "in force");
    ut_int(api_ban_find(t, key_of(t, 1), now + 10008), 1, "to the last ms");
    ut_int(api_ban_find(t, key_of(t, 1), now + 10009), 0, "not longer");
    ut_int(api_ban_find(t, key_of(t, 2), now + 9), 0, "the other is not");
    ut_int(api_ban_find(t, api_ban_key(t, 2, API_SPAN("client-1")), now + 9),
        0, "nor the same text in another space");
    ut_int(strike(t, &rule, 1, now + 10, &ms), API_BAN_ALREADY,
        "who is banned collects no strikes");

    at = 0;
    ut_ok(api_ban_next(t, now + 10, &at, &e), "it is listed");
    ut_span(api_span(e.text, e.text_len), API_SPAN("198.51.100.7"), "by name");
    ut_int(e.cause, 3, "with its cause");
    ut_int(e.level, 1, "and level");
    ut_int(e.hits, 2, "and how often it was refused");
    ut_ok(!api_ban_next(t, now + 10, &at, &e), "alone");

    ut_ok(api_ban_lift(t, key_of(t, 1)), "lifted");
    ut_ok(!api_ban_lift(t, key_of(t, 1)), "once");
    ut_int(api_ban_find(t, key_of(t, 1), now + 10), 0, "and free");

    ut_ok(api_ban_open(t, 65536) == t, "another process finds it");
    ut_ok(api_ban_open(t, 65535) == NULL, "not with another size");
    ut_ok(api_ban_init(t, API_BAN_SIZE_MIN - 1, seed) == NULL, "too small");
}


static void
test_escalation(void)
{
    unsigned       i;
    uint64_t       ms, now;
    api_ban_t     *t;
    api_ban_rule_t rule = { 1, 7, 1000, 6000 };

    static const uint64_t want[] = { 1000, 2000, 4000, 6000, 6000 };

    t = table(65536);
    now = 50;

    for (i = 0; i < 5; i++) {
        ms = 0;
        ut_int(strike(t, &rule, 1, now, &ms), API_BAN_BANNED, "ban %u", i + 1);
        ut_int(ms, want[i], "lasts %u ms", (unsigned) want[i]);
        now += ms;
    }

    now += 5999;
    ut_int(strike(t, &rule, 1, now, &ms), API_BAN_BANNED, "before max");
    ut_int(ms, 6000, "it is remembered");
    now += 6000 + 6000;
    ut_int(strike(t, &rule, 1, now, &ms), API_BAN_BANNED, "after max");
    ut_int(ms, 1000, "it is forgotten");

    for (i = 0; i < 200; i++) {
        now += ms;
        (void) strike(t, &rule, 1, now, &ms);
    }

    ut_int(ms, 6000, "two hundred bans do not wrap around");
}


/*
 * Random strikes against the exact list of them: the ban must come when the
 * last N are within the window, and must not come while they need more than
 * 8/7 of it.
 */

static void
test_window(void)
{
    bool           must, may;
    size_t         n, bad, bans, round;
    uint64_t       ms, now, at[64], limit;
    ut_rand_t      r = { 5 };
    api_ban_t     *t;
    api_ban_rule_t rule;

    t = table(65536);
    bad = bans = 0;
    now = 1;

    for (round = 0; round < 400; round++) {
        rule.strikes = (uint32_t) (1 + ut_below(&r, 20));
        rule.window = 7 + ut_below(&r, 100000);
        rule.ban = rule.max = 1;
        n = 0;

        while (n < 60) {
            now += ut_below(&r, 2 * rule.window / rule.strikes + 2);
            at[n++] = now;

            must =
                n >= rule.strikes && now - at[n - rule.strikes] < rule.window;
            limit = (rule.window + 6) / 7 * 8;
            may = n >= rule.strikes && now - at[n - rule.strikes] < limit;

            switch (strike(t, &rule, 1000 + round, now, &ms)) {
            case API_BAN_BANNED:
                bad += !may;
                bans++;
                n = 60;
                break;
            case API_BAN_COUNTED:
                bad += must;
                break;
            default:
                bad++;
            }
        }

        now += 10 * rule.window;
    }

    ut_int(bad, 0, "no window too short or too long");
    ut_ok(bans > 100, "%zu bans", bans);
}


/* The clock of a process lags: strikes still count, nothing is lost. */

static void
test_lag(void)
{
    uint64_t       ms;
    api_ban_t     *t;
    api_ban_rule_t rule = { 3, 700, 1000, 1000 };

    t = table(65536);

    (void) strike(t, &rule, 1, 10000, &ms);
    (void) strike(t, &rule, 1, 9700, &ms);
    ut_int(strike(t, &rule, 1, 10000, &ms), API_BAN_BANNED, "counted");
}


/* Bans in force are never dropped, however many others come. */

static void
test_flood(void)
{
    size_t          i, kept, lost, at;
    uint64_t        ms, now;
    api_ban_t      *t;
    api_ban_stat_t  stat;
    api_ban_entry_t e;
    api_ban_rule_t  one = { 1, 1000, 60000, 60000 };
    api_ban_rule_t  five = { 5, 60000, 60000, 60000 };

    t = table(65536);
    now = 1000;

    for (i = 0; i < 100; i++) {
        (void) strike(t, &one, i, now, &ms);
    }

    for (i = 0, lost = 0; i < 100000; i++) {
        lost += strike(t, &one, 1000 + i, now, &ms) == API_BAN_LOST;
        (void) strike(t, &five, 1000000 + i, now, &ms);
    }

    for (i = 0, kept = 0; i < 100; i++) {
        kept += api_ban_find(t, key_of(t, i), now) > 0;
    }

    api_ban_stat(t, now, &stat);
    ut_int(kept, 100, "a flood of bans frees nobody");
    ut_ok(lost > 0 && stat.bans_lost == lost, "those without room: %zu", lost);
    ut_ok(stat.bans * 100 >= stat.bans_room * 95, "%zu of %zu places used",
        (size_t) stat.bans, (size_t) stat.bans_room);
    ut_ok(stat.strikes_dropped > 0, "strikes made room for strikes");

    now += 60001;
    ut_int(strike(t, &one, 5000000, now, &ms), API_BAN_BANNED,
        "what is only remembered makes room");

    for (at = 0, i = 0; api_ban_next(t, now + 1000000, &at, &e); i++) {
        /* void */
    }

    ut_int(i, 0, "and in the end all is forgotten");
}


/* An offender's counter outlives a flood of keys with one strike each. */

static void
test_strike_flood(void)
{
    size_t         i;
    uint64_t       ms, now;
    api_ban_t     *t;
    api_ban_rule_t rule = { 5, 600000, 60000, 60000 };

    t = table(65536);
    now = 1000;

    for (i = 0; i < 3; i++) {
        (void) strike(t, &rule, 1, now, &ms);
    }

    for (i = 0; i < 50000; i++) {
        (void) strike(t, &rule, 100 + i, now, &ms);
    }

    (void) strike(t, &rule, 1, now, &ms);
    ut_int(strike(t, &rule, 1, now, &ms), API_BAN_BANNED,
        "the offender's strikes are still there");
}


/*
 * A table full of counters just below the ban, all of long ago: they count no
 * more, so they must not crowd out those of today either.
 */

static void
test_strike_stale(void)
{
    size_t         i, n;
    uint64_t       ms, now, dropped;
    api_ban_t     *t;
    api_ban_stat_t stat;
    api_ban_rule_t rule = { 5, 60000, 60000, 60000 };

    t = table(65536);
    now = 1000;

    for (i = 0; i < 20000; i++) {
        for (n = 0; n < 4; n++) {
            (void) strike(t, &rule, 100 + i, now, &ms);
        }
    }

    api_ban_stat(t, now, &stat);
    dropped = stat.strikes_dropped;
    now += 2 * rule.window;

    /* few of today, one after another: each has its room */

    for (n = 0; n < 4; n++) {
        for (i = 0; i < 100; i++) {
            (void) strike(t, &rule, 1000000 + i, now + n, &ms);
        }
    }

    for (i = 0, n = 0; i < 100; i++) {
        n += strike(t, &rule, 1000000 + i, now + 9, &ms) == API_BAN_BANNED;
    }

    api_ban_stat(t, now, &stat);
    ut_int(n, 100, "counters of long ago hold no room");
    ut_int(stat.strikes_dropped, dropped, "and are no loss");
    ut_int(strike(t, &rule, 101, now + 9, &ms), API_BAN_COUNTED,
        "what they had counted is over");
}


static int
model_put(
    api_ban_t *t, api_ban_entry_t *model, size_t k, uint64_t now, ut_rand_t *r)
{
    api_ban_entry_t e;

    memset(&e, 0, sizeof(e));
    e.key = key_of(t, k);
    e.since = now;
    e.until = now + ut_below(r, 200);
    e.forget = e.until + ut_below(r, 200);
    e.level = (uint32_t) (1 + ut_below(r, 9));

    if (model->forget <= now) {
        memset(model, 0, sizeof(*model));
    }

    if (e.forget > now) {
        model->until = e.until > model->until ? e.until : model->until;
        model->forget = e.forget > model->forget ? e.forget : model->forget;
    }

    return api_ban_put(t, &e, now);
}


/* Against a plain array: put, lift, find, next in random order. */

static void
test_model(void)
{
    enum { KEYS = 64 };

    size_t          i, k, at, bad, seen, live;
    uint64_t        now;
    ut_rand_t       r = { 9 };
    api_ban_t      *t;
    api_ban_entry_t e, model[KEYS];

    t = table(65536);
    memset(model, 0, sizeof(model));
    now = 100000;
    bad = 0;

    for (i = 0; i < 200000; i++) {
        k = ut_below(&r, KEYS);
        now += ut_below(&r, 3);

        switch (ut_below(&r, 3)) {
        case 0:
            bad += model_put(t, &model[k], k, now, &r) != API_OK;
            break;

        case 1:
            if (ut_below(&r, 4) == 0) {
                (void) api_ban_lift(t, key_of(t, k));
                memset(&model[k], 0, sizeof(e));
            }
            break;

        default:
            bad += api_ban_find(t, key_of(t, k), now)
                   != (model[k].until > now ? model[k].until - now : 0);
        }

        if (i % 1000 == 0) {
            for (at = 0, seen = 0; api_ban_next(t, now, &at, &e); seen++) {
                /* void */
            }

            for (k = 0, live = 0; k < KEYS; k++) {
                live += model[k].forget > now;
            }

            bad += seen != live;
        }
    }

    ut_int(bad, 0, "200000 steps as the model");
}


static void
test_unsound(void)
{
    size_t          i;
    api_ban_t      *t;
    api_ban_entry_t e;

    static const struct {
        uint64_t    key, since, until, forget;
        uint32_t    level, len;
        const char *what;
    } bad[] = {
        { 0, 1, 2000, 3000, 1, 0, "no key" },
        { 1, 1001, 2000, 3000, 1, 0, "begun in the future" },
        { 1, 900, 800, 3000, 1, 0, "ended before it began" },
        { 1, 900, 2000, 1999, 1, 0, "forgotten before it ends" },
        { 1, 900, 2000, UINT64_MAX, 1, 0, "for ever" },
        { 1, 900, 2000, 3000, 64, 0, "level" },
        { 1, 900, 2000, 3000, 1, API_BAN_TEXT + 1, "text too long" },
        { 1, 900, 2000, 3000, 1, UINT32_MAX, "text very long" },
    };

    t = table(65536);

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        memset(&e, 0, sizeof(e));
        e.key = bad[i].key;
        e.since = bad[i].since;
        e.until = bad[i].until;
        e.forget = bad[i].forget;
        e.level = bad[i].level;
        e.text_len = bad[i].len;
        ut_int(api_ban_put(t, &e, 1000), API_INVALID, "%s", bad[i].what);
    }

    ut_int(api_ban_changes(t), 0, "and nothing has changed");
}


static void
test_migrate(void)
{
    size_t     i, missing;
    uint64_t   ms, now;
    api_ban_t *t, *to;

    api_ban_rule_t rule = { 1, 1000, 60000, 120000 };

    t = table(65536);
    now = 1000;

    for (i = 0; i < 200; i++) {
        (void) strike(t, &rule, i, now, &ms);
    }

    to = table(262144);
    api_ban_migrate(to, t, now + 500);

    for (i = 0, missing = 0; i < 200; i++) {
        missing += api_ban_find(to, key_of(to, i), now + 500) != 59500;
    }

    ut_int(missing, 0, "a larger table has all of them");

    (void) strike(to, &rule, 3, now + 60000, &ms);
    ut_int(ms, 120000, "and their levels");
}


/*
 * A reader beside a writer that takes places away and gives them to others:
 * keys that are never banned are never found, bans in force always are.
 */

static void
test_readers(void)
{
    int            status;
    long           wrong;
    pid_t          pid;
    size_t         i;
    uint64_t       ms;
    api_ban_t     *t;
    api_ban_rule_t rule = { 1, 1000, 10, 10 };
    api_ban_rule_t hold = { 1, 1000, 1 << 30, 1 << 30 };

    t = table(API_BAN_SIZE_MIN);
    (void) strike(t, &hold, 0, 1, &ms);

    pid = fork();
    if (pid == 0) {
        for (i = 0;; i++) {
            (void) strike(t, &rule, 1000 + i % 3000, 10 + i * 11, &ms);
        }
    }

    for (i = 0, wrong = 0; i < 3000000; i++) {
        wrong += api_ban_find(t, key_of(t, 100 + i % 100), 20) != 0;

        if (i % 16 == 0) {
            wrong += api_ban_find(t, key_of(t, 0), 20) == 0;
        }
    }

    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);

    ut_int(wrong, 0, "3000000 look-ups beside a writer");
}


/* A writer killed anywhere leaves a table that works. */

static void
test_killed(void)
{
    int            status, bad;
    pid_t          pid;
    size_t         i, round;
    uint64_t       ms;
    ut_rand_t      r = { 3 };
    api_ban_t     *t;
    api_ban_rule_t rule = { 1, 1000, 10, 10 };
    api_ban_rule_t hold = { 1, 1000, 1 << 30, 1 << 30 };

    t = table(API_BAN_SIZE_MIN);
    (void) strike(t, &hold, 0, 1, &ms);

    for (round = 0, bad = 0; round < 100; round++) {
        pid = fork();
        if (pid == 0) {
            for (i = 0;; i++) {
                (void) strike(t, &rule, 1000 + i % 3000, 10 + i * 11, &ms);
            }
        }

        usleep((useconds_t) (200 + ut_below(&r, 2000)));
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);

        bad += api_ban_find(t, key_of(t, 0), 20) == 0;
        bad += strike(t, &hold, 10 + round, UINT64_C(1) << 50, &ms)
               != API_BAN_BANNED;
        bad += !api_ban_lift(t, key_of(t, 10 + round));
    }

    ut_int(bad, 0, "100 writers killed");
}


int
main(void)
{
    test_basics();
    test_escalation();
    test_window();
    test_lag();
    test_flood();
    test_strike_flood();
    test_strike_stale();
    test_model();
    test_unsound();
    test_migrate();
    test_readers();
    test_killed();

    return ut_done();
}
