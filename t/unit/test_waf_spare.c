/* What rules say, set and ask of long texts, whose memory is used again. */

#include "api_waf_scan.h"
#include "waf_ut.h"

#include <stdio.h>
#include <stdlib.h>


/* A text of 100 KB as a request has it. */

#define STAYS ((size_t) 100000)
#define STAYS_NAME "ARGS_GET:a="

static char *
stays_text(void)
{
    char  *text;
    size_t i;

    text = malloc(STAYS + 1);
    (void) snprintf(text, STAYS, STAYS_NAME "One Needle AND ");

    for (i = strlen(text); i < STAYS; i++) {
        text[i] = "No Words "[i % 9];
    }

    text[STAYS] = '\0';

    return text;
}


/* What the engine holds when a rule has told a text of 100 KB to all of these. */

static size_t
held_by(const char *actions)
{
    char                 *text, set[400];
    size_t                held;
    waf_run_t             r;
    api_err_t             err;
    api_seclang_t        *s;
    const api_waf_view_t *view;

    (void) snprintf(set, sizeof(set),
        "SecRule ARGS \"@rx needle\" \"id:1,phase:2,pass,t:lowercase%s\"\n",
        actions);

    if (api_waf_view_create(&view,
            waf_load(&s, set, NULL, &api_alloc_libc, &err), NULL,
            &api_alloc_libc, &err)
        != API_OK)
    {
        exit(1);
    }

    text = stays_text();
    waf_begin(&r, view, text, &api_alloc_libc);
    waf_go(&r, API_WAF_REQUEST_BODY_PHASE);
    ut_ok(strcmp(r.ids, "1") == 0, "a text of 100 KB, told%s", actions);
    held = r.arena.held;

    waf_end(&r);
    free(text);
    api_waf_view_free(view);
    api_seclang_free(s);

    return held;
}


static void
test_copies(void)
{
    size_t once, often;

    once = held_by(",msg:'%{MATCHED_VAR}'");
    often =
        held_by(",msg:'%{MATCHED_VAR}',logdata:'%{MATCHED_VAR}',"
                "setvar:'tx.a=%{MATCHED_VAR}',setvar:'tx.b=%{MATCHED_VAR}',"
                "setenv:'c=%{MATCHED_VAR}'");
    ut_ok(often < once + STAYS, "... is copied once: %zu and %zu KB",
        once / 1024, often / 1024);
}


/* An operator that asks for a text with each value it looks at takes no copy of
   it each time. */

#define ASKS 400

static void
test_asks(void)
{
    char                  *text;
    size_t                 i;
    waf_run_t              r;
    api_err_t              err;
    api_seclang_t         *s;
    const api_waf_view_t  *view;
    const api_waf_match_t *m;

    static const char rules[] =
        "SecRule ARGS:a \"@contains needle\" \"id:1,phase:2,pass,chain,"
        "t:lowercase\"\n"
        "SecRule ARGS_POST|ARGS:a \"@streq %{MATCHED_VAR}\" \"t:lowercase\"\n";

    if (api_waf_view_create(&view,
            waf_load(&s, rules, NULL, &api_alloc_libc, &err), NULL,
            &api_alloc_libc, &err)
        != API_OK)
    {
        exit(1);
    }

    text = stays_text();
    waf_begin(&r, view, text, &api_alloc_libc);
    r.arena.limit = 8 << 20;

    for (i = 0; i < ASKS; i++) {
        if (api_waf_values_add(&r.values, API_WAF_ARGS_POST, API_SPAN("b"),
                API_SPAN("another"))
            != API_OK)
        {
            exit(1);
        }
    }

    waf_go(&r, API_WAF_REQUEST_BODY_PHASE);
    m = api_waf_tx_match(r.tx, 0);
    ut_int(r.rc, API_WAF_PASS,
        "a text of 100 KB that an operator compares with 400 values");
    ut_ok(m != NULL && api_span_eq(m->var_name, API_SPAN("ARGS:a")),
        "... and one is it");

    waf_end(&r);
    free(text);
    api_waf_view_free(view);
    api_seclang_free(s);
}


/* A phase is given up while its values are looked at; values come, and another
   phase: what nobody has looked at is tried. */

static void
test_given_up(void)
{
    char                   *text;
    waf_run_t               r;
    api_err_t               err;
    api_seclang_t          *s;
    const api_waf_view_t   *view;
    api_waf_scan_scratch_t *scan;

    static const char rules[] =
        "SecRule ARGS \"@rx needle\" \"id:1,phase:2,pass,t:hexEncode\"\n"
        "SecRule ARGS \"@rx (?i)needle and\" \"id:2,phase:5,pass,t:cmdLine\"\n"
        "SecRule ARGS \"@detectSQLi\" \"id:3,phase:5,pass,t:lowercase\"\n"
        "SecRule ARGS \"!@streq no\" \"id:4,phase:5,pass\"\n"
        "SecRule RESPONSE_STATUS \"@rx ^5\" \"id:5,phase:5,pass\"\n";

    if (api_waf_view_create(&view,
            waf_load(&s, rules, NULL, &api_alloc_libc, &err), NULL,
            &api_alloc_libc, &err)
            != API_OK
        || api_waf_scan_scratch_create(
               &scan, api_waf_view_program(view), &api_alloc_libc)
               != API_OK)
    {
        exit(1);
    }

    text = stays_text();
    waf_begin(&r, view, "ARGS_GET:b=x' or 1=1 -- -", &api_alloc_libc);

    if (api_waf_values_add(&r.values, API_WAF_ARGS_POST, API_SPAN("a"),
            api_span(text + sizeof(STAYS_NAME) - 1,
                STAYS - (sizeof(STAYS_NAME) - 1)))
        != API_OK)
    {
        exit(1);
    }

    r.env.scan = scan;
    ut_int(api_waf_tx_run(r.tx, API_WAF_REQUEST_BODY_PHASE, 1), API_WAF_AGAIN,
        "a phase is left amid a long value");

    if (api_waf_values_set(&r.values, API_WAF_RESPONSE_STATUS, API_SPAN("503"))
        != API_OK)
    {
        exit(1);
    }

    ut_int(api_waf_tx_run(r.tx, API_WAF_LOGGING_PHASE, 0), API_WAF_PASS,
        "... and the last one runs");
    ut_int(api_waf_tx_matches(r.tx), 4, "... with all that it has to find");

    waf_end(&r);
    free(text);
    api_waf_scan_scratch_free(scan);
    api_waf_view_free(view);
    api_seclang_free(s);
}


int
main(void)
{
    test_copies();
    test_asks();
    test_given_up();

    return ut_done();
}
