/*
 * apisec waf bench: what the rules cost for a request, with the prefilter and
 * rule by rule; and that both say the same.
 */

#include "apisec_waf.h"
#include "api_operator.h"
#include "api_waf_scan.h"

#include <stdlib.h>
#include <time.h>


#define BENCH_SECONDS 0.5
#define BENCH_DIGITS 6

typedef struct {
    const api_waf_view_t *view;
    apisec_waf_message_t *in;
    api_values_request_t  request;
    api_values_conf_t     conf;
    api_waf_env_t         env;
    unsigned long         runs;
    bool                  numbered; /* a # is a number */
} bench_t;

/* What must not depend on how rules are found. */

typedef struct {
    uint64_t     matched;
    uint64_t     ids; /* a hash of them, in order */
    int64_t      score;
    api_waf_rc_t rc;
    size_t       memory;
} outcome_t;


static double
seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);

    return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}


/* What rules cost on long values is charged by the time it takes. */

static uint64_t
nanoseconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);

    return (uint64_t) t.tv_sec * 1000000000 + (uint64_t) t.tv_nsec;
}


static void
take_outcome(const api_waf_tx_t *tx, const api_arena_t *arena, outcome_t *o)
{
    size_t            i;
    api_waf_verdict_t v;

    api_waf_tx_verdict(tx, &v);
    memset(o, 0, sizeof(*o));
    o->matched = api_waf_tx_matched(tx);
    o->score = api_waf_tx_score(tx, false);
    o->rc = v.rc;
    o->memory = arena->held;

    for (i = 0; i < api_waf_tx_matches(tx); i++) {
        o->ids = o->ids * UINT64_C(0x9e3779b97f4a7c15)
                 + api_waf_tx_match(tx, i)->id;
    }
}


/* A # in the target or the body is another six digits each time. */

static api_span_t
numbered(api_span_t s, unsigned long n, api_arena_t *arena)
{
    size_t   i, k, len;
    uint8_t *text;
    unsigned digit;

    if (s.len == 0 || memchr(s.data, '#', s.len) == NULL) {
        return s;
    }

    text = api_arena_alloc(arena, s.len * BENCH_DIGITS);

    for (i = 0, len = 0; text != NULL && i < s.len; i++) {
        if (s.data[i] != '#') {
            text[len++] = s.data[i];
            continue;
        }

        for (k = 0; k < BENCH_DIGITS; k++, n = n * 31 + 7) {
            digit = (unsigned) (n >> 3) % (k > 0 ? 10 : 9);
            text[len++] = (uint8_t) ('0' + digit + (k == 0));
        }
    }

    return api_span(text, len);
}


/* One request, from its bytes to the verdict. */

static bool
run_once(bench_t *b, outcome_t *o)
{
    bool                      ok;
    api_arena_t               arena;
    api_values_t              values;
    api_waf_tx_t             *tx;
    api_span_t                body;
    api_waf_values_t          store;
    api_values_request_t      request;
    const api_waf_settings_t *set;

    api_arena_init(&arena, &api_alloc_libc, 65536, API_VALUES_MEMORY);
    request = b->request;
    b->runs++;
    body = b->in->body;

    if (b->numbered) {
        request.uri = numbered(request.uri, b->runs, &arena);
        body = numbered(body, b->runs, &arena);
    }

    api_waf_values_init(&store, &arena, 0);
    api_values_init(&values, &store, &b->conf, b->env.seed, &arena);
    tx = api_waf_tx_create(b->view, &store, &b->env, &arena);
    ok = tx != NULL && api_values_request(&values, &request) == API_OK;

    if (ok
        && api_waf_tx_run(tx, API_WAF_REQUEST_HEADERS_PHASE, 0)
               == API_WAF_PASS) {
        set = api_waf_tx_settings(tx);
        ok =
            api_values_body(&values,
                set->request_body ? body : (api_span_t){ 0 }, set->body, false)
            == API_OK;

        if (ok) {
            (void) api_waf_tx_run(tx, API_WAF_REQUEST_BODY_PHASE, 0);
        }
    }

    if (ok) {
        take_outcome(tx, &arena, o);
    }

    api_arena_free(&arena);

    return ok;
}


/* *o is of the first run, whose numbers are the same whoever runs it. */

static bool
measure(bench_t *b, const char *name, outcome_t *o)
{
    double    start, spent;
    unsigned  n;
    outcome_t other;

    b->runs = 0;
    start = seconds();

    for (n = 0, spent = 0; n < 3 || spent < BENCH_SECONDS; n++) {
        if (!run_once(b, n == 0 ? o : &other)) {
            return false;
        }

        spent = seconds() - start;
    }

    printf("%-24s %10.1f us  %6zu KB  %3llu rules  score %lld\n", name,
        spent * 1e6 / n, o->memory / 1024, (unsigned long long) o->matched,
        (long long) o->score);

    return true;
}


static bool
same(const outcome_t *a, const outcome_t *b)
{
    return a->matched == b->matched && a->ids == b->ids && a->score == b->score
           && a->rc == b->rc;
}


static int
compare(bench_t *b, api_waf_scan_scratch_t *scan, const char *engine)
{
    outcome_t plain, fast;

    b->env.scan = scan;

    if (!measure(b, engine, &fast)) {
        return apisec_fail(APISEC_FAILED, "no memory");
    }

    b->env.scan = NULL;

    if (!measure(b, "rule by rule", &plain)) {
        return apisec_fail(APISEC_FAILED, "no memory");
    }

    return same(&plain, &fast)
               ? APISEC_OK
               : apisec_fail(APISEC_NO, "the two do not say the same");
}


static int
repeat(bench_t *b, api_waf_scan_scratch_t *scan, unsigned long n)
{
    outcome_t o;

    b->env.scan = scan;

    for (; n > 0; n--) {
        if (!run_once(b, &o)) {
            return apisec_fail(APISEC_FAILED, "no memory");
        }
    }

    return APISEC_OK;
}


int
apisec_waf_bench(
    const api_waf_program_t *program, const apisec_waf_values_t *values)
{
    int                     rc;
    bench_t                 b = { 0 };
    api_err_t               err;
    api_waf_view_conf_t     conf = { 0 };
    api_prefilter_stat_t    stat;
    api_waf_scan_scratch_t *scan;

    if (values->request == NULL) {
        return apisec_fail(APISEC_USAGE, "bench needs --request FILE");
    }

    b.in = apisec_alloc(sizeof(*b.in));
    rc = apisec_waf_message(values->request, b.in);

    if (rc != APISEC_OK) {
        return rc;
    }

    conf.paranoia =
        values->paranoia ? (uint32_t) strtoul(values->paranoia, NULL, 10) : 0;

    if (api_waf_view_create(&b.view, program, &conf, &api_alloc_libc, &err)
        != API_OK)
    {
        return apisec_fail(APISEC_USAGE, "%s", err.text);
    }

    apisec_waf_request(&b.request, b.in, values);
    api_values_conf(&b.conf, api_waf_program_settings(program));
    b.env.now = (int64_t) time(NULL);
    b.env.engine = API_WAF_ENGINE_DETECT;
    b.env.scratch = api_scratch_create(&api_alloc_libc);

    if (b.env.scratch == NULL
        || api_waf_scan_scratch_create(&scan, program, &api_alloc_libc)
               != API_OK)
    {
        return apisec_fail(APISEC_FAILED, "no memory");
    }

    api_scratch_clock(b.env.scratch, nanoseconds);
    stat = api_prefilter_stat(api_waf_program_prefilter(program));
    b.numbered = values->seen;

    if (values->seen
        && api_waf_scan_remember(
               scan, API_WAF_MEMO_ENTRIES, (api_sipkey_t){ 1, 2 })
               != API_OK)
    {
        return apisec_fail(APISEC_FAILED, "no memory");
    }

    rc = values->count ? repeat(&b, scan, strtoul(values->count, NULL, 10))
                       : compare(&b, scan, stat.engine);

    api_waf_scan_scratch_free(scan);
    api_scratch_free(b.env.scratch);
    api_waf_view_free(b.view);

    return rc;
}
