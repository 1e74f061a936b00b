/* What a request may cost: budgets, grants, and what a benign one costs. */

#include "waf_ut.h"
#include "api_waf_scan.h"

#include <stdio.h>
#include <stdlib.h>


/* A program, and a view of it. */

static api_seclang_t *
make(const char *rules, const api_waf_view_t **view)
{
    api_err_t                err;
    api_seclang_t           *s;
    const api_waf_program_t *p;

    p = waf_load(&s, rules, NULL, &api_alloc_libc, &err);

    if (p == NULL
        || api_waf_view_create(view, p, NULL, &api_alloc_libc, &err) != API_OK)
    {
        ut_ok(false, "%s", err.text);
        exit(1);
    }

    return s;
}


static const char scored[] =
    "SecAction \"id:1,phase:1,pass,nolog,setvar:tx.threshold=5\"\n"
    "SecRule ARGS \"@rx evil\" \"id:2,phase:2,pass,setvar:tx.score=+5\"\n"
    "SecRule TX:score \"@ge %{tx.threshold}\" \"id:3,phase:2,deny\"\n";


static void
test_budget(void)
{
    uint64_t              n, whole;
    waf_run_t             r;
    api_seclang_t        *s;
    api_waf_verdict_t     v;
    const api_waf_view_t *view;

    s = make(scored, &view);
    waf_begin(&r, view, "ARGS_GET:a=evil", &api_alloc_libc);
    waf_go(&r, 2);
    whole = api_waf_tx_work(r.tx);
    waf_end(&r);

    for (n = 1; n < whole; n += whole / 50 + 1) {
        waf_begin(&r, view, "ARGS_GET:a=evil", &api_alloc_libc);
        api_waf_tx_create(view, &r.values, &r.env, &r.arena);
        r.env.budget = n;
        r.tx = api_waf_tx_create(view, &r.values, &r.env, &r.arena);
        waf_go(&r, 2);
        api_waf_tx_verdict(r.tx, &v);

        if (r.rc != API_WAF_FAILED || v.failure == NULL
            || api_waf_tx_run(r.tx, API_WAF_REQUEST_BODY_PHASE, 0)
                   != API_WAF_FAILED)
        {
            break;
        }

        waf_end(&r);
    }

    ut_ok(n >= whole, "less than %d units: the request fails, and stays so",
        (int) whole);

    api_waf_view_free(view);
    api_seclang_free(s);
}


/* What a request may cost grows with it, and what a benign one costs is known. */

static void
test_grant(void)
{
    int                   rc;
    uint64_t              whole, few, many;
    waf_run_t             r;
    api_seclang_t        *s;
    api_waf_verdict_t     v;
    const api_waf_view_t *view;

    s = make(scored, &view);
    waf_begin(&r, view, "ARGS_GET:a=evil", &api_alloc_libc);
    waf_go(&r, 2);
    whole = api_waf_tx_work(r.tx);
    waf_end(&r);

    waf_begin(&r, view, "ARGS_GET:a=evil", &api_alloc_libc);
    r.env.budget = 1;
    r.tx = api_waf_tx_create(view, &r.values, &r.env, &r.arena);
    api_waf_tx_grant(r.tx, whole);
    waf_go(&r, 2);
    api_waf_tx_verdict(r.tx, &v);
    ut_ok(r.rc == API_WAF_DENY && !v.over, "what was granted is enough");
    ut_int((long long) api_waf_tx_work(r.tx), (long long) whole,
        "and work is counted as before");
    waf_end(&r);

    waf_begin(&r, view, "ARGS_GET:a=evil", &api_alloc_libc);
    r.env.budget = 1;
    r.tx = api_waf_tx_create(view, &r.values, &r.env, &r.arena);
    api_waf_tx_grant(r.tx, whole / 2);
    waf_go(&r, 2);
    api_waf_tx_verdict(r.tx, &v);
    ut_ok(r.rc == API_WAF_FAILED && v.over, "half of it is not, and that is"
                                            " said");
    waf_end(&r);

    rc = api_waf_view_gauge(view, &api_alloc_libc, &few);
    api_waf_view_free(view);
    api_seclang_free(s);
    ut_int(rc, API_OK, "what a benign document costs");

    s = make("SecRule ARGS|ARGS_NAMES \"@rx a(?=b)|[e-z]+\" \"id:1,phase:2,"
             "pass\"\nSecRule ARGS|ARGS_NAMES \"!@rx ^[a-z]+$\" "
             "\"id:2,phase:2,pass,chain\"\nSecRule ARGS \"@detectSQLi\"\n",
        &view);
    rc = api_waf_view_gauge(view, &api_alloc_libc, &many);
    ut_ok(rc == API_OK && few > 0 && many > few,
        "a kilobyte: %llu units, and %llu where rules look at each value",
        (unsigned long long) few, (unsigned long long) many);
    api_waf_view_free(view);
    api_seclang_free(s);
}


/* Each allocation fails once. */

static void
test_memory(const api_waf_view_t *view)
{
    int        rc;
    size_t     n;
    uint64_t   units;
    ut_alloc_t u;

    for (n = 1;; n++) {
        ut_arm(&u, n);
        rc = api_waf_view_gauge(view, &u.alloc, &units);

        if (u.live != 0 || u.calls < n || rc != API_NOMEM) {
            break;
        }
    }

    ut_ok(u.live == 0 && u.calls < n && rc == API_OK,
        "memory may end at each of %zu calls", n - 1);
}


/*
 * One long value: chains are run on it, and what they leave is scanned, with
 * other requests in between.  Counted in turns, and in the work of the longest:
 * a chain of three, or a scan.
 */

/* With a prefilter, up to the body. */

static api_waf_scan_scratch_t *
begin_scanned(waf_run_t *r, const api_waf_view_t *view)
{
    api_waf_scan_scratch_t *scan;

    if (api_waf_scan_scratch_create(
            &scan, api_waf_view_program(view), &api_alloc_libc)
        != API_OK)
    {
        exit(1);
    }

    r->env.scan = scan;
    r->tx = api_waf_tx_create(view, &r->values, &r->env, &r->arena);
    (void) api_waf_tx_run(r->tx, API_WAF_REQUEST_HEADERS_PHASE, 0);

    return scan;
}


#define LONG ((size_t) 1 << 20)

static const char chained[] =
    "SecRule ARGS \"@rx first\\d\" \"id:1,phase:2,pass,t:urlDecodeUni\"\n"
    "SecRule ARGS \"@rx second\\d\" \"id:2,phase:2,pass,t:urlDecodeUni,"
    "t:htmlEntityDecode\"\n"
    "SecRule ARGS \"@rx third\\d\" \"id:3,phase:2,pass,t:jsDecode,"
    "t:htmlEntityDecode\"\n"
    "SecRule ARGS \"@rx fourth\\d\" \"id:4,phase:2,pass,t:cssDecode\"\n"
    "SecRule ARGS \"@rx fifth\\d\" \"id:5,phase:2,pass,t:cmdLine\"\n"
    "SecRule ARGS \"@rx z{3}\" \"id:6,phase:2,pass,t:replaceComments\"\n";

static void
test_turns(const char *end, long long ids)
{
    char                   *request;
    size_t                  i, n;
    uint64_t                before, most;
    waf_run_t               r;
    unsigned                turns;
    api_waf_rc_t            rc;
    api_seclang_t          *s;
    const api_waf_view_t   *view;
    api_waf_scan_scratch_t *scan;

    s = make(chained, &view);
    request = malloc(LONG + 64);
    n = (size_t) snprintf(request, 64, "ARGS_GET:a=");

    for (i = 0; i < LONG; i++) {
        request[n + i] = "a%41&lt;\\n/* */ ^b"[i % 18];
    }

    (void) snprintf(request + n + LONG, 64 - n, "%s", end);
    waf_begin(&r, view, request, &api_alloc_libc);
    free(request);

    scan = begin_scanned(&r, view);
    most = 0;
    turns = 0;

    do {
        before = api_waf_tx_work(r.tx);
        rc = api_waf_tx_run(r.tx, API_WAF_REQUEST_BODY_PHASE, 1);
        before = api_waf_tx_work(r.tx) - before;
        most = before > most ? before : most;
        turns++;
    } while (rc == API_WAF_AGAIN);

    for (i = 0, n = 0; i < api_waf_tx_matches(r.tx); i++) {
        n = n * 10 + api_waf_tx_match(r.tx, i)->id;
    }

    ut_int((long long) n, ids, "a value of a megabyte: who matches is found");
    ut_ok(rc == API_WAF_PASS && turns >= 10 && most <= 8 * LONG,
        "... in %u turns, %u units at most in one", turns, (unsigned) most);

    waf_end(&r);
    api_waf_scan_scratch_free(scan);
    api_waf_view_free(view);
    api_seclang_free(s);
}


/*
 * Operators on a long value go in parts, of 16 KB each, before the rule is run:
 * who matches, what is captured and where is as in one go.
 */

#define PARTED (LONG / 4)

static const char parted[] =
    "SecAction \"id:9,phase:1,pass,nolog,ctl:ruleRemoveTargetById=1;ARGS:d,"
    "ctl:ruleRemoveTargetById=2;ARGS:d,ctl:ruleRemoveTargetById=3;ARGS:d\"\n"
    "SecRule ARGS \"@detectSQLi\" \"id:1,phase:2,pass,capture,multiMatch,"
    "t:urlDecodeUni,t:removeNulls,setvar:'tx.score=%{TX.0}'\"\n"
    "SecRule ARGS|!ARGS:b \"@detectXSS\" \"id:2,phase:2,pass,t:lowercase\"\n"
    "SecRule ARGS \"@pm needle pin\" \"id:3,phase:2,pass,capture,"
    "setvar:'tx.threshold=%{TX.0}'\"\n"
    "SecRule ARGS \"!@pm haystack\" \"id:4,phase:2,pass,t:urlDecodeUni\"\n"
    "SecRule ARGS \"@pm straw\" \"id:5,phase:2,pass,chain\"\n"
    "SecRule MATCHED_VAR \"@detectSQLi\" \"t:urlDecodeUni\"\n"
    "SecRule ARGS \"@rx e%n\\d\" \"id:6,phase:2,pass,t:lowercase\"\n"
    "SecRule ARGS:c \"@detectSQLi\" \"id:7,phase:2,pass\"\n"

    /* what a link has set of its text stays, though the chain breaks */

    "SecRule ARGS \"@rx b=c\" \"id:8,phase:2,pass,chain,t:lowercase,"
    "setvar:'tx.kept=%{MATCHED_VAR}'\"\n"
    "SecRule ARGS:z \"@rx never\" \"\"\n"
    "SecRule TX:kept \"@rx b=c\" \"id:10,phase:2,pass\"\n";

/* What two ways of running must agree in. */

typedef struct {
    unsigned turns;
    size_t   n;
    uint64_t ids[16];
    char     score[16];
    char     threshold[16];
} parted_t;

static void
copy(char *out, size_t size, api_span_t text)
{
    (void) snprintf(out, size, "%.*s", (int) text.len,
        text.data ? (char *) text.data : "");
}


static void
run_parted(
    const api_waf_view_t *view, const char *end, uint64_t slice, parted_t *out)
{
    char                   *request;
    size_t                  i, n;
    waf_run_t               r;
    api_waf_rc_t            rc;
    api_waf_scan_scratch_t *scan;

    memset(out, 0, sizeof(*out));
    request = malloc(PARTED + 256);
    n = (size_t) snprintf(request, 64, "ARGS_GET:a=");

    for (i = 0; i < PARTED; i++) {
        request[n + i] = "it's 2 of %27 b=c, <p d='e'> or f. "[i % 35];
    }

    (void) snprintf(request + n + PARTED, 256 - n,
        "%s\nARGS_GET:d=needle <script> x' or 1=1-- straw", end);
    waf_begin(&r, view, request, &api_alloc_libc);
    free(request);

    scan = begin_scanned(&r, view);

    do {
        rc = api_waf_tx_run(r.tx, API_WAF_REQUEST_BODY_PHASE, slice);
        out->turns++;
    } while (rc == API_WAF_AGAIN);

    out->n = api_waf_tx_matches(r.tx);

    for (i = 0; i < out->n && i < 16; i++) {
        out->ids[i] = api_waf_tx_match(r.tx, i)->id;
    }

    copy(out->score, 16, api_waf_tx_get(r.tx, API_SPAN("score")));
    copy(out->threshold, 16, api_waf_tx_get(r.tx, API_SPAN("threshold")));

    waf_end(&r);
    api_waf_scan_scratch_free(scan);
}


static void
test_parted(void)
{
    size_t                   i;
    parted_t                 whole, parts;
    api_seclang_t           *s;
    const api_waf_view_t    *view;
    static const char *const ends[] = { "", " x' or 1=1--", "<script>",
        "Needle", "%27 straw %27 union select 1,2--", "pin <svg> 'x=x",
        "haystack e%25n1 e%n1" };

    s = make(parted, &view);

    for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        run_parted(view, ends[i], 0, &whole);
        run_parted(view, ends[i], 1, &parts);

        ut_ok(whole.n == parts.n
                  && memcmp(whole.ids, parts.ids, sizeof(parts.ids)) == 0,
            "\"%s\" at the end of 256 KB: the same %zu match", ends[i],
            parts.n);
        ut_ok(strcmp(whole.score, parts.score) == 0
                  && strcmp(whole.threshold, parts.threshold) == 0,
            "... the same is captured: \"%s\", \"%s\"", parts.score,
            parts.threshold);
        ut_ok(whole.turns == 1 && parts.turns > 3 * PARTED / 16384,
            "... in %u turns", parts.turns);
    }

    api_waf_view_free(view);
    api_seclang_free(s);
}


int
main(void)
{
    api_seclang_t        *s;
    const api_waf_view_t *view;

    test_budget();
    test_grant();
    test_turns("", 0);
    test_turns("f%69rst1 &#x73;econd2", 12);
    test_parted();

    s = make(scored, &view);
    test_memory(view);
    api_waf_view_free(view);
    api_seclang_free(s);

    return ut_done();
}
