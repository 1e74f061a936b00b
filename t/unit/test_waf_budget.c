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

    if (api_waf_scan_scratch_create(
            &scan, api_waf_view_program(view), &api_alloc_libc)
        != API_OK)
    {
        exit(1);
    }

    r.env.scan = scan;
    r.tx = api_waf_tx_create(view, &r.values, &r.env, &r.arena);
    (void) api_waf_tx_run(r.tx, API_WAF_REQUEST_HEADERS_PHASE, 0);
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


int
main(void)
{
    api_seclang_t        *s;
    const api_waf_view_t *view;

    test_budget();
    test_grant();
    test_turns("", 0);
    test_turns("f%69rst1 &#x73;econd2", 12);

    s = make(scored, &view);
    test_memory(view);
    api_waf_view_free(view);
    api_seclang_free(s);

    return ut_done();
}
