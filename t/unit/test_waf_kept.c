/* Which values a worker keeps, and which it does not. */

#include "api_waf_scan_int.h"
#include "ut.h"
#include "waf_ut.h"


/*
 * What is kept, told by the work that a request takes: the second time it is
 * less where the value is known, and the same where it is not kept.
 */

static const char kept_rules[] =
    "SecRuleEngine On\n"
    "SecRule ARGS|ARGS_UNPACKED|REQUEST_COOKIES|REQUEST_HEADERS|QUERY_STRING|"
    "REQUEST_URI|REQUEST_URI_RAW|REQUEST_LINE|XML:/*|REQUEST_BODY|"
    "FULL_REQUEST|FILES_TMP_CONTENT \"@rx (?i)attack[ +]now\" "
    "\"id:1,phase:2,pass,t:urlDecodeUni,t:lowercase\"\n"
    "SecRule RESPONSE_HEADERS|RESPONSE_BODY \"@rx (?i)attack[ +]now\" "
    "\"id:2,phase:4,pass,t:urlDecodeUni,t:lowercase\"\n";

static const struct {
    api_waf_var_t var;
    const char   *name;
    const char   *value;
    bool          kept;
} kept[] = {
    { API_WAF_ARGS_GET, "city", "Old%20attack", true },
    { API_WAF_ARGS_GET, "password", "Old%20attack", false },
    { API_WAF_REQUEST_HEADERS, "User-Agent", "Old%20attack", true },
    { API_WAF_REQUEST_HEADERS, "Authorization", "Old%20attack", false },
    { API_WAF_REQUEST_HEADERS, "Referer", "https://a/%20attack", true },
    { API_WAF_REQUEST_HEADERS, "Referer", "https://a/?t=%20attack", false },
    { API_WAF_REQUEST_COOKIES, "theme", "Old%20attack", false },
    { API_WAF_ARGS_UNPACKED, "sid", "Old%20attack", false },
    { API_WAF_FILES_TMP_CONTENT, "file", "Old%20attack", false },
    { API_WAF_XML, "/*", "Old%20attack", false },
    { API_WAF_QUERY_STRING, NULL, "q=Old%20attack", false },
    { API_WAF_REQUEST_URI, NULL, "/Old%20attack", true },
    { API_WAF_REQUEST_URI, NULL, "/a?q=Old%20attack", false },
    { API_WAF_REQUEST_URI_RAW, NULL, "/Old%20attack", true },
    { API_WAF_REQUEST_URI_RAW, NULL, "/a?q=Old%20attack", false },
    { API_WAF_REQUEST_LINE, NULL, "GET /Old%20attack HTTP/1.1", true },
    { API_WAF_REQUEST_LINE, NULL, "GET /?a=%20attack HTTP/1.1", false },
    { API_WAF_REQUEST_BODY, NULL, "Old%20attack", false },
    { API_WAF_FULL_REQUEST, NULL, "Old%20attack", false },
    { API_WAF_RESPONSE_HEADERS, "Location", "/Old%20attack", true },
    { API_WAF_RESPONSE_HEADERS, "Location", "/a?q=Old%20attack", false },
    { API_WAF_RESPONSE_HEADERS, "Set-Cookie", "Old%20attack", false },
    { API_WAF_RESPONSE_BODY, NULL, "Old%20attack", false },
};


static uint64_t
work_of(const api_waf_view_t *view, api_waf_scan_scratch_t *scan,
    api_scratch_t *scratch, size_t i)
{
    int              phase;
    uint64_t         work;
    api_span_t       value;
    api_arena_t      arena;
    api_waf_tx_t    *tx;
    api_waf_env_t    env;
    api_waf_values_t values;

    memset(&env, 0, sizeof(env));
    env.engine = API_WAF_ENGINE_ON;
    env.scratch = scratch;
    env.scan = scan;

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    api_waf_values_init(&values, &arena, 0);
    tx = api_waf_tx_create(view, &values, &env, &arena);
    value = api_span(kept[i].value, strlen(kept[i].value));

    (void) (kept[i].name == NULL
                ? api_waf_values_set(&values, kept[i].var, value)
                : api_waf_values_add(&values, kept[i].var,
                    api_span(kept[i].name, strlen(kept[i].name)), value));

    for (phase = 1; phase <= 4; phase++) {
        (void) api_waf_tx_run(tx, (api_waf_phase_t) phase, 0);
    }

    work = api_waf_tx_work(tx);
    api_arena_free(&arena);

    return work;
}


static void
test_kept(void)
{
    size_t                   i;
    uint64_t                 first, second;
    api_err_t                err;
    api_scratch_t           *scratch;
    api_seclang_t           *s;
    const api_waf_view_t    *view;
    const api_waf_program_t *program;
    api_waf_scan_scratch_t  *memo;

    scratch = api_scratch_create(&api_alloc_libc);
    program = waf_load(&s, kept_rules, NULL, &api_alloc_libc, &err);

    if (!ut_ok(program != NULL
                   && api_waf_view_create(
                          &view, program, NULL, &api_alloc_libc, NULL)
                          == API_OK,
            "rules that look everywhere"))
    {
        return;
    }

    for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        (void) api_waf_scan_scratch_create(&memo, program, &api_alloc_libc);
        (void) api_waf_scan_remember(memo, 64, (api_sipkey_t){ 1, 2 });

        first = work_of(view, memo, scratch, i);
        second = work_of(view, memo, scratch, i);

        ut_ok(kept[i].kept ? second < first / 2 : second == first,
            "%s: %s is %s: %u, then %u",
            kept[i].name ? kept[i].name : "no name", kept[i].value,
            kept[i].kept ? "kept" : "not kept", (unsigned) first,
            (unsigned) second);
        api_waf_scan_scratch_free(memo);
    }

    api_waf_view_free(view);
    api_scratch_free(scratch);
    api_seclang_free(s);
}


/* What the files leave out by the name of a header is known with that name: the
   same value under another name is tried, and so is what ctl or a location left
   out once. */

static const char header_rules[] =
    "SecRuleEngine On\n"
    "SecRule REQUEST_HEADERS:X-Mode \"@streq trust\" "
    "\"id:9,phase:1,pass,nolog,"
    "ctl:ruleRemoveTargetById=1;REQUEST_HEADERS:X-Ctl\"\n"
    "SecRule REQUEST_HEADERS \"@rx (?i)attack[ +]now\" "
    "\"id:1,phase:2,pass,t:urlDecodeUni,t:lowercase,tag:t\"\n"
    "SecRule REQUEST_HEADERS \"@detectSQLi\" \"id:2,phase:2,pass,tag:t\"\n"
    "SecRuleUpdateTargetByTag t \"!REQUEST_HEADERS:/^x-safe$/\"\n";

static const struct {
    const char *request;
    const char *ids;    /* of a location that leaves out nothing, */
    const char *others; /* and of one that leaves out X-Loc of rule 1 */
} headers[] = {
    { "REQUEST_HEADERS:X-Safe=attack%20now", "", "" },
    { "REQUEST_HEADERS:x-safe=1' or '1'='1", "", "" },
    { "REQUEST_HEADERS:X-Other=attack%20now", "1", "1" },
    { "REQUEST_HEADERS:X-Other=1' or '1'='1", "2", "2" },
    { "REQUEST_HEADERS:attack%20now=X-Safe", "", "" },
    { "REQUEST_HEADERS:X-Mode=trust\nREQUEST_HEADERS:X-Ctl=attack%20now", "9",
        "9" },
    { "REQUEST_HEADERS:X-Ctl=attack%20now", "1", "1" },
    { "REQUEST_HEADERS:X-Loc=attack%20now", "1", "" },
};

#define NHEADERS (sizeof(headers) / sizeof(headers[0]))


static unsigned
headers_wrong(
    const api_waf_view_t *view, api_waf_scan_scratch_t *memo, bool loc)
{
    size_t    i;
    unsigned  wrong;
    waf_run_t r;

    for (i = 0, wrong = 0; i < NHEADERS; i++) {
        waf_begin(&r, view, headers[i].request, &api_alloc_libc);
        r.env.scan = memo;
        waf_go(&r, API_WAF_REQUEST_BODY_PHASE);
        wrong += strcmp(r.ids, loc ? headers[i].others : headers[i].ids) != 0;
        waf_end(&r);
    }

    return wrong;
}


static void
test_headers(void)
{
    unsigned                 i, wrong;
    api_err_t                err;
    api_seclang_t           *s;
    const api_waf_view_t    *view, *other;
    const api_waf_exclude_t  out = { API_WAF_BY_ID, API_SPAN("1"),
         API_SPAN("REQUEST_HEADERS:X-Loc") };
    api_waf_view_conf_t      conf = { .exclude = &out, .nexclude = 1 };
    api_waf_scan_scratch_t  *memo;
    const api_waf_program_t *program;

    program = waf_load(&s, header_rules, NULL, &api_alloc_libc, &err);

    if (!ut_ok(
            program != NULL
                && api_waf_view_create(
                       &view, program, NULL, &api_alloc_libc, NULL)
                       == API_OK
                && api_waf_view_create(
                       &other, program, &conf, &api_alloc_libc, NULL)
                       == API_OK
                && api_waf_scan_scratch_create(&memo, program, &api_alloc_libc)
                       == API_OK
                && api_waf_scan_remember(memo, 64, (api_sipkey_t){ 1, 2 })
                       == API_OK,
            "rules that leave out headers"))
    {
        return;
    }

    for (i = 0, wrong = 0; i < 4; i++) {
        wrong += headers_wrong(view, memo, false);
        wrong += headers_wrong(other, memo, true);
    }

    ut_int(wrong, 0, "a header that was left out is tried where it is not");

    api_waf_scan_scratch_free(memo);
    api_waf_view_free(other);
    api_waf_view_free(view);
    api_seclang_free(s);
}


int
main(void)
{
    test_kept();
    test_headers();

    return ut_done();
}
