/* The engine: views, slices, budgets, stores, what it tells, no memory. */

#include "waf_ut.h"

#include <stdio.h>


#define R(targets, op, actions)                                               \
    "SecRule " targets " \"" op "\" \"" actions "\"\n"
#define DENY(id) "phase:2,deny,id:" #id


/* A program, and a view of it. */

static api_seclang_t *
make(const char *rules, const api_waf_view_conf_t *conf,
    const api_waf_view_t **view)
{
    api_err_t                err;
    api_seclang_t           *s;
    const api_waf_program_t *p;

    p = waf_load(&s, rules, NULL, &api_alloc_libc, &err);

    if (p == NULL
        || api_waf_view_create(view, p, conf, &api_alloc_libc, &err) != API_OK)
    {
        ut_ok(false, "%s", err.text);
        *view = NULL;
    }

    return s;
}


static void
test_words(void)
{
    waf_run_t              r;
    api_seclang_t         *s;
    api_waf_verdict_t      v;
    const api_waf_view_t  *view;
    const api_waf_match_t *m;

    s = make(R("ARGS", "@rx (e.)il",
                 DENY(7) ",capture,severity:CRITICAL,msg:'Found %{tx.1}',"
                         "logdata:'%{MATCHED_VAR_NAME}=%{MATCHED_VAR}'")
                 R("ARGS", "x", "id:8,phase:5,pass,nolog"),
        NULL, &view);
    waf_begin(&r, view, "ARGS_GET:a=x evil", &api_alloc_libc);
    waf_go(&r, 2);

    m = api_waf_tx_match(r.tx, 0);
    ut_int(m->id, 7, "id");
    ut_int(m->phase, 2, "phase");
    ut_int(m->severity, 2, "severity");
    ut_ok(m->log, "log");
    ut_span(m->msg, API_SPAN("Found ev"), "msg");
    ut_span(m->logdata, API_SPAN("ARGS:a=x evil"), "logdata");
    ut_span(m->var_name, API_SPAN("ARGS:a"), "variable");
    ut_span(m->value, API_SPAN("x evil"), "value");
    ut_ok(!api_waf_tx_match(r.tx, 1)->log, "nolog");
    ut_int(api_waf_tx_matched(r.tx), 2, "number");

    api_waf_tx_verdict(r.tx, &v);
    ut_ok(v.rc == API_WAF_DENY && v.status == 403 && v.id == 7 && v.phase == 2
              && v.location.data == NULL && !v.would,
        "verdict");
    ut_span(v.msg, API_SPAN("Found ev"), "its words");

    waf_end(&r);
    api_waf_view_free(view);
    api_seclang_free(s);
}


static const char scored[] = R("&TX:paranoia_level", "@eq 0",
    "id:1,phase:1,pass,nolog,setvar:tx.paranoia_level=1") "SecAction "
                                                          "id:2,phase:1,pass,"
                                                          "nolog,setvar:tx."
                                                          "inbound_anomaly_"
                                                          "score_threshold="
                                                          "5\n" R("ARGS",
                                                              "evil",
                                                              "id:3,phase:2,"
                                                              "pass,tag:"
                                                              "attack,msg:'m',"
                                                              "setvar:tx."
                                                              "anomaly_score_"
                                                              "pl1=+3") R("TX:"
                                                                          "PAR"
                                                                          "ANO"
                                                                          "IA_"
                                                                          "LEV"
                                                                          "EL",
                                                              "@lt 2",
                                                              "id:4,phase:"
                                                              "2,pass,"
                                                              "nolog,"
                                                              "skipAfter:"
                                                              "END") R("AR"
                                                                       "G"
                                                                       "S",
                                                              "evil|ill",
                                                              "id:5,phase:"
                                                              "2,pass,"
                                                              "setvar:tx."
                                                              "anomaly_"
                                                              "score_pl2=+"
                                                              "3") "SecMar"
                                                                   "ker "
                                                                   "END\n"
                                                                   "SecAct"
                                                                   "ion "
                                                                   "\"id:"
                                                                   "6,"
                                                                   "phase:"
                                                                   "2,"
                                                                   "pass,"
                                                                   "nolog,"
                                                                   "setvar"
                                                                   ":tx."
                                                                   "anomal"
                                                                   "y_"
                                                                   "score="
                                                                   "%{tx."
                                                                   "anomal"
                                                                   "y_"
                                                                   "score_"
                                                                   "pl1},"
                                                                   "setvar"
                                                                   ":tx."
                                                                   "anomal"
                                                                   "y_"
                                                                   "score="
                                                                   "+%{tx."
                                                                   "anomal"
                                                                   "y_"
                                                                   "score_"
                                                                   "pl2}"
                                                                   "\""
                                                                   "\n" R("TX"
                                                                          ":A"
                                                                          "NO"
                                                                          "MA"
                                                                          "LY"
                                                                          "_S"
                                                                          "CO"
                                                                          "R"
                                                                          "E",
                                                                       "@g"
                                                                       "e "
                                                                       "%{"
                                                                       "tx"
                                                                       ".i"
                                                                       "nb"
                                                                       "ou"
                                                                       "nd"
                                                                       "_a"
                                                                       "no"
                                                                       "ma"
                                                                       "ly"
                                                                       "_s"
                                                                       "co"
                                                                       "re"
                                                                       "_t"
                                                                       "hr"
                                                                       "es"
                                                                       "ho"
                                                                       "ld"
                                                                       "}",
                                                                       DENY(
                                                                           9));

typedef struct {
    const char         *what;
    api_waf_view_conf_t conf;
    const char         *request;
    const char         *ids;
    int64_t             score;
} view_case_t;

static const api_waf_exclude_t by_id = { API_WAF_BY_ID, { NULL, 0 },
    { NULL, 0 } };


static void
test_views(void)
{
    size_t                i, k;
    waf_run_t             r;
    api_seclang_t        *s;
    const api_waf_view_t *view[8];
    api_waf_exclude_t     x[4] = { by_id, by_id, by_id, by_id };
    view_case_t           c[] = {
                  { "as it is", { 0 }, "ARGS_GET:a=evil", "1 2 3 4 6", 3 },
                  { "paranoia", { .paranoia = 2 }, "ARGS_GET:a=evil", "2 3 5 6 9", 6 },
                  { "threshold", { .in = 3 }, "ARGS_GET:a=evil", "1 2 3 4 6 9", 3 },
                  { "both, and no attack", { .in = 3, .paranoia = 4 }, "ARGS_GET:a=ok",
                      "2 6", 0 },
                  { "excluded rule", { .exclude = &x[0], .nexclude = 1 },
                      "ARGS_GET:a=evil", "1 2 4 6", 0 },
                  { "excluded target", { .exclude = &x[1], .nexclude = 1 },
                      "ARGS_GET:a=evil", "1 2 4 6", 0 },
                  { "of one name", { .exclude = &x[1], .nexclude = 1 },
                      "ARGS_GET:b=evil", "1 2 3 4 6", 3 },
                  { "by message and pattern",
                      { .exclude = &x[2], .nexclude = 2, .paranoia = 2 },
                      "ARGS_GET:abc=evil", "2 6", 0 },
    };

    x[0].what = API_SPAN("3-4000");
    x[0].what = API_SPAN("3");
    x[1].by = API_WAF_BY_TAG;
    x[1].what = API_SPAN("attack");
    x[1].target = API_SPAN("ARGS:a");
    x[2].by = API_WAF_BY_MSG;
    x[2].what = API_SPAN("m");
    x[2].target = API_SPAN("ARGS:/^ab/");
    x[3].what = API_SPAN("5");

    s = make(scored, &c[0].conf, &view[0]);

    for (i = 1; i < 8; i++) {
        ut_int(api_waf_view_create(&view[i], api_waf_view_program(view[0]),
                   &c[i].conf, &api_alloc_libc, NULL),
            API_OK, "a view");
    }

    /* One program serves them all, in any order. */

    for (k = 0; k < 16; k++) {
        i = k % 8;
        waf_begin(&r, view[i], c[i].request, &api_alloc_libc);
        waf_go(&r, 2);
        ut_ok(strcmp(r.ids, c[i].ids) == 0
                  && api_waf_tx_score(r.tx, false) == c[i].score,
            "%s: %s, score %d", c[i].what, r.ids,
            (int) api_waf_tx_score(r.tx, false));
        waf_end(&r);
    }

    for (i = 0; i < 8; i++) {
        api_waf_view_free(view[i]);
    }

    api_seclang_free(s);
}


static void
test_wrong_views(void)
{
    size_t                i;
    api_err_t             err;
    api_seclang_t        *s;
    const api_waf_view_t *view, *wrong;
    api_waf_exclude_t     x[] = {
            { API_WAF_BY_ID, API_SPAN("77"), { NULL, 0 } },
            { API_WAF_BY_ID, API_SPAN("a"), { NULL, 0 } },
            { API_WAF_BY_TAG, API_SPAN("none"), { NULL, 0 } },
            { API_WAF_BY_ID, API_SPAN("3"), API_SPAN("FOO:x") },
            { API_WAF_BY_ID, API_SPAN("3"), API_SPAN("ARGS:/(/") },
    };
    api_waf_view_conf_t conf = { .paranoia = 5 };

    s = make(scored, NULL, &view);

    ut_int(api_waf_view_create(&wrong, api_waf_view_program(view), &conf,
               &api_alloc_libc, &err),
        API_INVALID, "paranoia 5: %s", err.text);

    for (i = 0; i < sizeof(x) / sizeof(x[0]); i++) {
        conf = (api_waf_view_conf_t){ .exclude = &x[i], .nexclude = 1 };
        ut_ok(api_waf_view_create(&wrong, api_waf_view_program(view), &conf,
                  &api_alloc_libc, &err)
                      != API_OK
                  && err.text[0],
            "wrong exclusion: %s", err.text);
    }

    api_waf_view_free(view);
    api_seclang_free(s);
}


/* A run in slices says what a run at once says. */

static void
test_slices(void)
{
    int                   p, slices;
    waf_run_t             r;
    api_seclang_t        *s;
    const api_waf_view_t *view;

    s = make(scored, NULL, &view);
    waf_begin(&r, view, "ARGS_GET:a=evil", &api_alloc_libc);
    slices = 0;

    for (p = 1; p <= 2; p++) {
        while (api_waf_tx_run(r.tx, (api_waf_phase_t) p, 1) == API_WAF_AGAIN) {
            slices++;
        }
    }

    ut_ok(slices >= 3, "%d slices", slices);
    ut_int(api_waf_tx_matches(r.tx), 5, "and every rule once");
    ut_ok(api_waf_tx_work(r.tx) > 0, "work is told");

    waf_end(&r);
    api_waf_view_free(view);
    api_seclang_free(s);
}


static void
test_detect(void)
{
    waf_run_t             r;
    api_seclang_t        *s;
    api_waf_verdict_t     v;
    const api_waf_view_t *view;

    s = make(R("ARGS", "a", DENY(1)) R("ARGS", "a", DENY(2))
                 R("ARGS", "a", "id:3,phase:2,pass,ctl:ruleEngine=On"),
        NULL, &view);
    waf_begin(&r, view, "ARGS_GET:x=a", &api_alloc_libc);
    r.env.engine = API_WAF_ENGINE_DETECT;
    r.tx = api_waf_tx_create(view, &r.values, &r.env, &r.arena);
    waf_go(&r, 2);
    api_waf_tx_verdict(r.tx, &v);

    ut_ok(v.would && v.id == 1 && v.status == 403 && v.rc == API_WAF_PASS,
        "monitor: what would have been is told, of the first rule");
    ut_ok(strcmp(r.ids, "1 2 3") == 0, "and all rules are tried: %s", r.ids);
    ut_int(api_waf_tx_settings(r.tx)->engine, API_WAF_ENGINE_DETECT,
        "no ctl makes it refuse");

    waf_end(&r);
    api_waf_view_free(view);
    api_seclang_free(s);
}


/* A store of one member. */

typedef struct {
    char    name[64];
    char    value[64];
    int64_t expires;
} one_t;


static int
one_get(void *ctx, api_waf_var_t var, api_span_t key, api_span_t name,
    char *buf, size_t *len)
{
    char   full[64];
    one_t *one = ctx;

    snprintf(full, sizeof(full), "%d/%.*s/%.*s", (int) var, (int) key.len,
        key.data, (int) name.len, name.data);

    if (strcmp(full, one->name) != 0 || one->value[0] == '\0') {
        return API_INVALID;
    }

    *len = strlen(one->value);
    memcpy(buf, one->value, *len);

    return API_OK;
}


static int
one_set(void *ctx, api_waf_var_t var, api_span_t key, api_span_t name,
    api_span_t value)
{
    one_t *one = ctx;

    snprintf(one->name, sizeof(one->name), "%d/%.*s/%.*s", (int) var,
        (int) key.len, key.data, (int) name.len, name.data);
    snprintf(one->value, sizeof(one->value), "%.*s", (int) value.len,
        value.data ? (const char *) value.data : "");

    return API_OK;
}


static int
one_add(void *ctx, api_waf_var_t var, api_span_t key, api_span_t name,
    int64_t delta, int64_t *sum)
{
    char   text[24];
    size_t len;

    len = 0;
    *sum =
        delta
        + (one_get(ctx, var, key, name, text, &len) == API_OK ? text[0] - '0'
                                                              : 0);
    snprintf(text, sizeof(text), "%d", (int) *sum);

    return one_set(ctx, var, key, name, api_span(text, strlen(text)));
}


static int
one_touch(void *ctx, api_waf_var_t var, api_span_t key, api_span_t name,
    int64_t expires)
{
    (void) var;
    (void) key;
    (void) name;
    ((one_t *) ctx)->expires = expires;

    return API_OK;
}


static void
test_store(void)
{
    int                   i;
    one_t                 one = { "", "", 0 };
    waf_run_t             r;
    api_seclang_t        *s;
    const api_waf_view_t *view;
    api_waf_store_t store = { one_get, one_set, one_add, one_touch, &one };

    s = make("SecAction \"id:1,phase:1,pass,initcol:ip=%{REMOTE_ADDR}\"\n"
             "SecAction \"id:2,phase:2,pass,setvar:ip.Hits=+1,"
             "expirevar:ip.hits=60\"\n" R("IP:HITS", "@ge 3", DENY(3)),
        NULL, &view);

    for (i = 1; i <= 3; i++) {
        waf_begin(&r, view, "REMOTE_ADDR=192.0.2.1", &api_alloc_libc);
        r.env.store = &store;
        waf_go(&r, 2);
        ut_int(r.rc, i < 3 ? API_WAF_PASS : API_WAF_DENY,
            "hit %d of an address: %s", i, one.value);
        waf_end(&r);
    }

    ut_int(one.expires, 1000000060, "expirevar");

    waf_begin(&r, view, "REMOTE_ADDR=192.0.2.2", &api_alloc_libc);
    waf_go(&r, 2);
    ut_int(r.rc, API_WAF_PASS, "without a store such rules match nothing");
    waf_end(&r);

    api_waf_view_free(view);
    api_seclang_free(s);
}


static const char busy[] =
    "SecAction \"id:1,phase:1,pass,setvar:tx.a=1,setvar:'tx.b=%{tx.a}x'\"\n"
    "SecRule ARGS \"@rx ^(a)\" \"id:2,phase:2,capture,pass,t:urlDecode,"
    "msg:'%{tx.1} %{MATCHED_VAR_NAME}',setvar:tx.c_%{MATCHED_VAR_NAME}=+1,"
    "setenv:a=%{tx.a},ctl:ruleRemoveById=9,"
    "ctl:ruleRemoveTargetById=3;ARGS:y\"\n"
    "SecRule TX:/^c_/|ARGS \"@ge 0\" \"id:3,phase:2,multiMatch,t:trim,"
    "t:lowercase,pass\"\n";


static void
test_no_memory(void)
{
    size_t                n;
    waf_run_t             r;
    ut_alloc_t            u;
    api_seclang_t        *s;
    const api_waf_view_t *view;

    s = make(busy, NULL, &view);

    for (n = 1;; n++) {
        ut_arm(&u, n);
        waf_begin(&r, view, "", &u.alloc);
        (void) api_waf_values_add(
            &r.values, API_WAF_ARGS_GET, API_SPAN("x"), API_SPAN("a%41 "));
        (void) api_waf_values_add(
            &r.values, API_WAF_ARGS_POST, API_SPAN("y"), API_SPAN("a b"));

        if (r.tx) {
            waf_go(&r, 2);
        }

        waf_end(&r);

        if (u.live != 0 || u.calls < n) {
            break;
        }

        if (r.tx && r.rc == API_WAF_PASS && r.ids[0] == '\0') {
            break; /* failed, and nobody was told */
        }
    }

    ut_ok(u.live == 0 && u.calls < n && strcmp(r.ids, "1 2 3") == 0,
        "each of %zu allocations failed once", n - 1);

    api_waf_view_free(view);
    api_seclang_free(s);
}


/* That a pattern has met a limit stays noted, whatever is tried next. */

static void
test_limit(void)
{
    size_t      n;
    char        request[8192];
    const char *said;

    n = (size_t) snprintf(request, sizeof(request), "ARGS_GET:a=AA");

    for (; n < 5000; n += 2) {
        memcpy(request + n, "aa", 2);
    }

    (void) snprintf(
        request + n, sizeof(request) - n, "bc\nARGS_GET:b=%0900d", 1);

    said = waf_says("SecPcreMatchLimit 1000\n"
                    "SecRule ARGS \"@rx (a+)+\\1c\" \"id:1,phase:2,pass,"
                    "t:lowercase\"\n"
                    "SecRule ARGS:b \"@rx zz\" \"id:2,phase:2,pass,"
                    "multiMatch,t:hexEncode\"\n"
                    "SecRule TX:/^MSC_/ \"!@streq 0\" \"id:3,phase:2,pass\"\n",
        request);

    ut_span(api_span(said, strlen(said)), API_SPAN("3"),
        "a limit of PCRE2 that is met stays noted");
}


int
main(void)
{
    test_words();
    test_limit();
    test_views();
    test_wrong_views();
    test_slices();
    test_detect();
    test_store();
    test_no_memory();

    return ut_done();
}
