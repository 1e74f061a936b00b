/* Input: rules, a NUL, arguments a line each.  What does not load says where;
   what loads runs within its budget, and in slices with the prefilter as it
   does at once without. */

#include "api_operator.h"
#include "api_seclang.h"
#include "api_waf_scan.h"
#include "fuzz.h"


#define BUDGET 2000000


static int
no_file(void *ctx, const char *path, api_span_t *text, api_err_t *err)
{
    (void) ctx;
    (void) path;
    (void) text;

    return api_fail(err, API_INVALID, 0, 0, "no files here");
}


static int
no_glob(void *ctx, const char *pattern, size_t index, const char **path)
{
    (void) ctx;
    (void) pattern;
    (void) index;
    (void) path;

    return API_INVALID;
}


typedef struct {
    api_arena_t      arena;
    api_waf_values_t values;
    api_waf_env_t    env;
    api_waf_tx_t    *tx;
} run_t;


static void
arguments(run_t *r, api_span_t text)
{
    size_t         i;
    const uint8_t *end;
    api_span_t     line, name;

    for (i = 0; text.len && i < 100; i++) {
        end = memchr(text.data, '\n', text.len);
        line =
            api_span(text.data, end ? (size_t) (end - text.data) : text.len);
        text.data += line.len + (end != NULL);
        text.len -= line.len + (end != NULL);

        name = api_span(line.data, line.len < 3 ? line.len : 3);
        MUST(
            api_waf_values_add(&r->values,
                i % 3 ? API_WAF_ARGS_GET : API_WAF_REQUEST_HEADERS, name, line)
            == API_OK);
    }
}


static void
run(run_t *r, const api_waf_view_t *view, api_span_t text, uint64_t slice)
{
    int                      phase;
    const api_waf_program_t *program;

    memset(r, 0, sizeof(*r));
    api_arena_init(&r->arena, &api_alloc_libc, 0, 64 << 20);
    api_waf_values_init(&r->values, &r->arena, 0);
    arguments(r, text);

    r->env.engine = API_WAF_ENGINE_ON;
    r->env.budget = BUDGET;
    r->env.scratch = api_scratch_create(&api_alloc_libc);
    program = api_waf_view_program(view);

    if (slice) {
        MUST(
            api_waf_scan_scratch_create(&r->env.scan, program, &api_alloc_libc)
            == API_OK);
    }

    r->tx = api_waf_tx_create(view, &r->values, &r->env, &r->arena);
    MUST(r->tx);

    for (phase = 1; phase <= 5; phase++) {
        while (api_waf_tx_run(r->tx, (api_waf_phase_t) phase, slice)
               == API_WAF_AGAIN) {
            MUST(slice);
        }
    }

    MUST(api_waf_tx_work(r->tx) <= BUDGET);
    MUST(api_waf_tx_matches(r->tx) <= API_WAF_MATCHES);
}


static void
end(run_t *r)
{
    api_waf_scan_scratch_free(r->env.scan);
    api_scratch_free(r->env.scratch);
    api_arena_free(&r->arena);
}


static void
compare(const api_waf_program_t *program, api_span_t text)
{
    size_t                i;
    run_t                 a, b;
    api_waf_verdict_t     va, vb;
    const api_waf_view_t *view;

    MUST(api_waf_view_create(&view, program, NULL, &api_alloc_libc, NULL)
         == API_OK);

    run(&a, view, text, 0);
    run(&b, view, text, 50);

    /* Without the prefilter it may cost more than the budget. */

    api_waf_tx_verdict(a.tx, &va);
    api_waf_tx_verdict(b.tx, &vb);

    if (va.failure || vb.failure) {
        goto done;
    }

    MUST(api_waf_tx_matched(a.tx) == api_waf_tx_matched(b.tx));
    MUST(va.rc == vb.rc && va.id == vb.id && va.status == vb.status);

    for (i = 0; i < api_waf_tx_matches(a.tx); i++) {
        MUST(api_waf_tx_match(a.tx, i)->id == api_waf_tx_match(b.tx, i)->id);
        MUST(api_span_eq(api_waf_tx_match(a.tx, i)->logdata,
            api_waf_tx_match(b.tx, i)->logdata));
    }

done:

    end(&a);
    end(&b);
    api_waf_view_free(view);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                      rc;
    api_err_t                err;
    api_span_t               rules, text;
    const uint8_t           *nul;
    api_seclang_t           *s;
    api_seclang_io_t         io = { no_file, no_glob, NULL };
    const api_waf_program_t *program;

    nul = size ? memchr(data, '\0', size) : NULL;
    rules = api_span(data, nul ? (size_t) (nul - data) : size);
    text = nul ? api_span(nul + 1, size - rules.len - 1)
               : (api_span_t){ NULL, 0 };

    s = api_seclang_create(&api_alloc_libc, &io, NULL);
    MUST(s);

    rc = api_seclang_text(s, "rules", rules, &err);

    if (rc == API_OK) {
        rc = api_seclang_finish(s, &program, &err);
    }

    if (rc == API_OK) {
        compare(program, text);
    } else {
        MUST(strncmp(err.text, "rules:", 6) == 0 && err.code > 0);
    }

    api_seclang_free(s);

    return 0;
}
