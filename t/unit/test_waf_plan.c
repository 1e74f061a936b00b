/*
 * What is known before there is a request: programs made at random, of which
 * much is known and some is not, say the same with their plans and rule by
 * rule.  A plan holds only while what it assumes does.
 */

#include "api_waf_plan.h"
#include "api_waf_scan.h"
#include "waf_ut.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define PROGRAMS 800
#define REQUESTS 6

typedef struct {
    char   text[32768];
    size_t len;
} text_t;

static const char *const names[] = { "a", "b", "paranoia_level", "c",
    "executing_paranoia_level", "score", "1" };

#define NAMES (sizeof(names) / sizeof(names[0]))


static unsigned
below(ut_rand_t *r, unsigned n)
{
    return (unsigned) ut_below(r, n);
}


static const char *
name(ut_rand_t *r)
{
    return names[below(r, NAMES)];
}


#define ADD(t, ...)                                                           \
    ((t)->len += (size_t) snprintf(                                           \
         (t)->text + (t)->len, sizeof((t)->text) - (t)->len, __VA_ARGS__))


/* What a rule does when it matches. */

static void
actions(text_t *t, ut_rand_t *r)
{
    unsigned n;

    for (n = below(r, 3); n > 0; n--) {
        switch (below(r, 9)) {
        case 0:
            ADD(t, ",setvar:tx.%s=%u", name(r), below(r, 4));
            break;
        case 1:
            ADD(t, ",setvar:tx.%s=+%u", name(r), below(r, 3));
            break;
        case 2:
            ADD(t, ",setvar:tx.%s=%%{TX.%s}", name(r), name(r));
            break;
        case 3:
            ADD(t, ",setvar:!tx.%s", name(r));
            break;
        case 4:
            ADD(t, ",setvar:tx.%s=%%{MATCHED_VAR}", name(r));
            break;
        case 5:
            ADD(t, ",setvar:tx.%s%%{TX.%s}=%u", below(r, 2) ? "made_up_" : "",
                name(r), below(r, 3));
            break;
        case 6:
            ADD(t, ",capture");
            break;
        case 7:
            ADD(t, ",logdata:'%%{TX.%s} %%{MATCHED_VAR_NAME}'", name(r));
            break;
        default:
            ADD(t, ",t:lowercase");
            break;
        }
    }
}


/* Where it goes on, and what is taken out. */

static void
detour(text_t *t, ut_rand_t *r, unsigned marker)
{
    switch (below(r, 24)) {
    case 0:
        ADD(t, ",ctl:ruleRemoveById=%u", 1 + below(r, 40));
        break;
    case 1:
        ADD(t, ",ctl:ruleRemoveTargetById=%u;TX:%s", 1 + below(r, 40),
            name(r));
        break;
    case 2: /* a phase with one has no plan */
        if (below(r, 12) == 0) {
            ADD(t, ",skip:%u", below(r, 3) + 1);
        }
        break;
    case 3:
        ADD(t, ",allow:phase");
        break;
    case 4:
        ADD(t, ",ctl:ruleEngine=DetectionOnly");
        break;
    case 5:
    case 6:
    case 7:
    case 8:
    case 9:
    case 10:
        ADD(t, ",skipAfter:M%u", marker + below(r, 2));
        break;
    }
}


static void
target(text_t *t, ut_rand_t *r)
{
    static const char *const ops[] = { "@eq 0", "@eq 1", "@lt 2", "@ge 1",
        "!@eq 2", "@streq 1", "@rx ^(.)", "!@rx 1", "@within 1 2",
        "@eq %{TX.a}" };
    static const char *const fits[] = { "^[a02]", "e", "^made_*up",
        "PARANOIA_l?evel" };

    switch (below(r, 9)) {
    case 0:
        ADD(t, "ARGS");
        break;
    case 1:
        ADD(t, "REQUEST_METHOD");
        break;
    case 2:
        ADD(t, "TX:%s|TX:%s", name(r), name(r));
        break;
    case 3:
        ADD(t, "MATCHED_VARS");
        break;
    case 4:
    case 5:
        ADD(t, "&TX:%s", name(r));
        break;
    case 6:
        ADD(t, "%sTX:/%s/", below(r, 2) ? "&" : "", fits[below(r, 4)]);
        break;
    default:
        ADD(t, "TX:%s", name(r));
        break;
    }

    ADD(t, " \"%s\" ", ops[below(r, sizeof(ops) / sizeof(ops[0]))]);
}


static void
program(text_t *t, ut_rand_t *r)
{
    unsigned i, links, marker;

    t->len = 0;
    marker = 0;
    ADD(t, "SecRuleEngine On\n");

    for (i = 1; i <= 40; i++) {
        if (below(r, 5) == 0) {
            ADD(t, "SecMarker M%u\n", marker++);
        }

        if (below(r, 4) == 0) {
            ADD(t, "SecAction \"id:%u,phase:%u,%s", i, 1 + below(r, 3) / 2,
                below(r, 4) ? "pass,nolog" : "pass");
            actions(t, r);
            detour(t, r, marker);
            ADD(t, "\"\n");
            continue;
        }

        links = below(r, 5) == 0 ? 1 + below(r, 2) : 0;
        ADD(t, "SecRule ");
        target(t, r);
        ADD(t, "\"id:%u,phase:%u,%s%s", i, 1 + below(r, 3) / 2,
            below(r, 30) == 0 ? "deny"
            : below(r, 2)     ? "pass,nolog"
                              : "pass,status:404",
            links ? ",chain" : "");
        actions(t, r);
        detour(t, r, marker);
        ADD(t, "\"\n");

        for (; links > 0; links--) {
            ADD(t, "SecRule ");
            target(t, r);
            ADD(t, "\"%s", links > 1 ? "chain,t:none" : "t:none");
            actions(t, r);
            ADD(t, "\"\n");
        }
    }

    ADD(t, "SecMarker M%u\nSecMarker M%u\n", marker, marker + 1);
}


static void
say(text_t *t, const char *what, api_span_t s)
{
    ADD(t, " %s=%.*s", what, (int) s.len,
        s.len ? (const char *) s.data : (s.data ? "" : "-"));
}


/* All that a run leaves behind. */

static void
outcome(const api_waf_view_t *view, const char *request,
    api_waf_scan_scratch_t *scan, text_t *t)
{
    size_t                 i;
    waf_run_t              run;
    api_waf_verdict_t      v;
    const api_waf_match_t *m;

    t->len = 0;
    waf_begin(&run, view, request, &api_alloc_libc);
    run.env.scan = scan;
    waf_go(&run, API_WAF_REQUEST_BODY_PHASE);
    api_waf_tx_verdict(run.tx, &v);

    ADD(t, "%d %d %u %u %s highest %u status %u;", (int) run.rc, (int) v.rc,
        v.status, v.id, v.failure ? v.failure : "", run.tx->highest,
        run.tx->status);
    say(t, "matched", run.tx->matched.value);

    for (i = 0; i < NAMES; i++) {
        say(t, names[i],
            api_waf_tx_get(run.tx, api_span(names[i], strlen(names[i]))));
    }

    for (i = 0; i < api_waf_tx_matches(run.tx); i++) {
        m = api_waf_tx_match(run.tx, i);
        ADD(t, "\n%u %u %d", m->id, m->phase, m->log);
        say(t, "name", m->var_name);
        say(t, "value", m->value);
        say(t, "logdata", m->logdata);
    }

    waf_end(&run);
}


/* Rules that are known before, by the plans that hope or by the others. */

static unsigned
folded(const api_waf_view_t *view, bool hope)
{
    unsigned phase, n;

    for (phase = 1, n = 0; phase < API_WAF_NPHASES; phase++) {
        n += (hope ? view->hope : view->plan)[phase].known;
    }

    return n;
}


static const api_waf_view_t *
view_of(const api_waf_program_t *p, unsigned paranoia, unsigned exclude)
{
    char                  id[12];
    api_err_t             err;
    api_waf_exclude_t     e[2];
    const api_waf_view_t *view;
    api_waf_view_conf_t   conf = { 0 };

    snprintf(id, sizeof(id), "%u", exclude);
    e[0] = (api_waf_exclude_t){ API_WAF_BY_ID, api_span(id, strlen(id)),
        { NULL, 0 } };
    e[1] =
        (api_waf_exclude_t){ API_WAF_BY_ID, API_SPAN("7"), API_SPAN("TX:a") };
    conf.paranoia = paranoia;
    conf.exclude = e;
    conf.nexclude = exclude ? 2 : 0;

    if (api_waf_view_create(&view, p, &conf, &api_alloc_libc, &err) != API_OK)
    {
        fprintf(stderr, "# %s\n", err.text);
        exit(1);
    }

    return view;
}


/* True: the same with the plan and without, for some requests. */

static bool
same(const api_waf_program_t *p, const text_t *rules, ut_rand_t *r,
    unsigned *folds, unsigned *hopes)
{
    bool                    ok;
    unsigned                i, k;
    static text_t           plain, fast;
    const api_waf_view_t   *view;
    api_waf_scan_scratch_t *scan, *memo;

    static const char *const requests[] = { "", "REQUEST_METHOD=GET",
        "ARGS_GET:x=1", "ARGS_GET:x=1\nARGS_GET:y=2\nREQUEST_METHOD=1",
        "ARGS_POST:q=paranoia_level\nREQUEST_METHOD=2", "ARGS_GET:a=0" };

    view = view_of(p, below(r, 3), below(r, 2) * (1 + below(r, 40)));
    *folds += folded(view, false);
    *hopes += folded(view, true);
    ok = api_waf_scan_scratch_create(&scan, p, &api_alloc_libc) == API_OK
         && api_waf_scan_scratch_create(&memo, p, &api_alloc_libc) == API_OK
         && api_waf_scan_remember(memo, 64, (api_sipkey_t){ 1, 2 }) == API_OK;

    /* by plan; then with what is known of values that came before, too */

    for (i = 0; i < REQUESTS && ok; i++) {
        outcome(view, requests[i], NULL, &plain);

        for (k = 0; k < 3 && ok; k++) {
            outcome(view, requests[i], k == 0 ? scan : memo, &fast);
            ok = plain.len == fast.len && strcmp(plain.text, fast.text) == 0;
        }

        if (!ok) {
            fprintf(stderr, "%s\nrequest %u:\n%s\nby plan, %u:\n%s\n",
                rules->text, i, plain.text, k, fast.text);
        }
    }

    api_waf_scan_scratch_free(scan);
    api_waf_scan_scratch_free(memo);
    api_waf_view_free(view);

    return ok;
}


static void
random_programs(void)
{
    bool                     ok;
    unsigned                 i, folds, hopes;
    ut_rand_t                r = { 20261126 };
    api_err_t                err;
    static text_t            rules;
    api_seclang_t           *s;
    const api_waf_program_t *p;

    for (i = 0, folds = 0, hopes = 0, ok = true; i < PROGRAMS && ok; i++) {
        program(&rules, &r);
        p = waf_load(&s, rules.text, NULL, &api_alloc_libc, &err);
        ok = p != NULL && same(p, &rules, &r, &folds, &hopes);

        if (p == NULL) {
            fprintf(stderr, "%s\n%s\n", rules.text, err.text);
        }

        api_seclang_free(s);
    }

    ut_ok(ok, "%u programs of 40 rules say the same with their plans", i);
    ut_ok(folds > PROGRAMS * 4, "%u rules are known before", folds);
    ut_ok(hopes > folds * 5 / 4, "%u with hope", hopes);
}


/* By hand: what is known, and what is not. */

static const struct {
    const char *what;
    const char *rules;
    unsigned    known;
    unsigned    hoped;
} counts[] = {
    { "a default, its rule, and a gate",
        "SecRule &TX:a \"@eq 0\" \"id:1,phase:1,pass,nolog,setvar:tx.a=1\"\n"
        "SecRule TX:a \"@lt 2\" \"id:2,phase:1,pass,nolog,skipAfter:E\"\n"
        "SecAction \"id:3,phase:1,pass\"\n"
        "SecMarker E\n",
        2, 2 },
    { "it is so in the next phase",
        "SecAction \"id:1,phase:1,pass,nolog,setvar:tx.a=1\"\n"
        "SecRule TX:a \"@lt 2\" \"id:2,phase:2,pass,nolog\"\n",
        2, 2 },
    { "what the request may change is not known behind it",
        "SecRule ARGS \"x\" \"id:1,phase:1,pass,nolog,setvar:tx.a=1\"\n"
        "SecRule TX:a \"@lt 2\" \"id:2,phase:1,pass,nolog\"\n"
        "SecRule &TX:b \"@eq 0\" \"id:3,phase:1,pass,nolog\"\n",
        1, 2 },
    { "nor what it may jump over",
        "SecRule ARGS \"x\" \"id:1,phase:1,pass,nolog,skipAfter:E\"\n"
        "SecAction \"id:2,phase:1,pass,nolog,setvar:tx.a=1\"\n"
        "SecMarker E\n"
        "SecRule TX:a \"@eq 1\" \"id:3,phase:1,pass,nolog\"\n",
        1, 2 },
    { "nor a name that a macro makes",
        "SecRule ARGS \"x\" "
        "\"id:1,phase:1,pass,nolog,setvar:tx.n_%{MATCHED_VAR}=1\"\n"
        "SecRule TX:n_a \"@eq 1\" \"id:2,phase:1,pass,nolog\"\n"
        "SecRule TX:b \"@eq 1\" \"id:3,phase:1,pass,nolog\"\n",
        1, 2 },
    { "what a rule always writes is not hoped away",
        "SecAction \"id:1,phase:1,pass,nolog,setvar:tx.a=%{REMOTE_ADDR}\"\n"
        "SecRule TX:a \"@streq x\" \"id:2,phase:1,pass,nolog\"\n",
        0, 0 },
    { "nor names that it may make up, among those a pattern fits",
        "SecRule ARGS \"x\" "
        "\"id:1,phase:1,pass,nolog,setvar:tx.n_%{MATCHED_VAR}=1\"\n"
        "SecRule &TX:/^n_/ \"@ge 1\" \"id:2,phase:1,pass,nolog\"\n"
        "SecRule &TX:/^other_/ \"@ge 1\" \"id:3,phase:1,pass,nolog\"\n",
        0, 1 },
    { "what refuses is left to the engine",
        "SecAction \"id:1,phase:1,deny\"\n", 0, 0 },
};


/* What matched is there for whoever asks, though what would have put it away was
   known: rule 5 matches. */

static const struct {
    const char *what;
    const char *rules;
} asked[] = {
    { "the rule that would not match was taken out",
        "SecAction \"id:1,phase:1,pass,nolog,setvar:tx.a=7\"\n"
        "SecRule TX:a \"@eq 7\" \"id:2,phase:1,pass,nolog\"\n"
        "SecRule ARGS \"x\" "
        "\"id:3,phase:1,pass,nolog,ctl:ruleRemoveById=4\"\n"
        "SecRule TX:a \"@eq 2\" \"id:4,phase:1,pass,nolog\"\n"
        "SecRule MATCHED_VARS \"@streq 7\" \"id:5,phase:1,pass,nolog\"\n" },
    { "it matches, against all hope",
        "SecAction \"id:1,phase:1,pass,nolog,setvar:tx.a=7,setvar:tx.b=0\"\n"
        "SecRule TX:a \"@eq 7\" \"id:2,phase:1,pass,nolog\"\n"
        "SecRule ARGS \"x\" \"id:3,phase:1,pass,nolog,setvar:tx.b=1\"\n"
        "SecRule TX:b \"@eq 1\" \"id:4,phase:1,pass,nolog\"\n"
        "SecRule MATCHED_VARS \"@streq 7\" \"id:5,phase:1,pass,nolog\"\n" },
};


static void
asked_for(const api_waf_program_t *p, const char *what)
{
    static text_t           plain, fast;
    const api_waf_view_t   *view;
    api_waf_scan_scratch_t *scan;

    view = view_of(p, 0, 0);
    ut_int(api_waf_scan_scratch_create(&scan, p, &api_alloc_libc), API_OK,
        "%s: scratch", what);
    outcome(view, "ARGS_GET:q=x", NULL, &plain);
    outcome(view, "ARGS_GET:q=x", scan, &fast);
    ut_ok(strcmp(plain.text, fast.text) == 0
              && strstr(fast.text, "\n5 1 ") != NULL,
        "%s", what);
    api_waf_scan_scratch_free(scan);
    api_waf_view_free(view);
}


int
main(void)
{
    size_t                   i;
    api_err_t                err;
    api_seclang_t           *s;
    const api_waf_view_t    *view;
    const api_waf_program_t *p;

    for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        p = waf_load(&s, counts[i].rules, NULL, &api_alloc_libc, &err);

        if (p == NULL) {
            fprintf(stderr, "# %s\n", err.text);
            return 1;
        }

        view = view_of(p, 0, 0);
        ut_int(folded(view, false), counts[i].known, "%s", counts[i].what);
        ut_int(folded(view, true), counts[i].hoped, "%s: with hope",
            counts[i].what);
        api_waf_view_free(view);
        api_seclang_free(s);
    }

    for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        p = waf_load(&s, asked[i].rules, NULL, &api_alloc_libc, &err);

        if (p != NULL) {
            asked_for(p, asked[i].what);
        }

        api_seclang_free(s);
    }

    random_programs();

    return ut_done();
}
