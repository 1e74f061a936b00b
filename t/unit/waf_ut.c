#include "waf_ut.h"
#include "api_waf_scan.h"

#include <stdio.h>
#include <stdlib.h>


static int
waf_read(void *ctx, const char *path, api_span_t *text, api_err_t *err)
{
    const waf_files_t *f = ctx;
    const char *const *p;

    for (p = f->file; p && *p; p += 2) {
        if (strcmp(*p, path) == 0) {
            *text = api_span(p[1], strlen(p[1]));
            return API_OK;
        }
    }

    return api_fail(err, API_INVALID, 0, 0, "no such file");
}


/* A * at the end of a pattern is all that is needed. */

static int
waf_glob(void *ctx, const char *pattern, size_t index, const char **path)
{
    size_t             len = strlen(pattern);
    bool               star = len && pattern[len - 1] == '*';
    const waf_files_t *f = ctx;
    const char *const *p;

    for (p = f->file; p && *p; p += 2) {
        if ((star ? strncmp(*p, pattern, len - 1) : strcmp(*p, pattern)) == 0
            && index-- == 0)
        {
            *path = *p;
            return API_OK;
        }
    }

    return API_INVALID;
}


const api_waf_program_t *
waf_load(api_seclang_t **s, const char *text, const char *const *files,
    const api_alloc_t *alloc, api_err_t *err)
{
    int                      rc;
    waf_files_t              f = { files };
    api_seclang_io_t         io = { waf_read, waf_glob, &f };
    const api_waf_program_t *program;

    *s = api_seclang_create(alloc, &io, NULL);

    if (*s == NULL) {
        err->code = API_SECLANG_E_NOMEM;
        return NULL;
    }

    rc = api_seclang_text(
        *s, "rules", ut_guard(api_span(text, strlen(text))), err);

    if (rc == API_OK) {
        rc = api_seclang_finish(*s, &program, err);
    }

    return rc == API_OK ? program : NULL;
}


static void
waf_value(waf_run_t *r, api_span_t line)
{
    size_t        i, name;
    api_span_t    value, member = { NULL, 0 };
    api_waf_var_t var;

    for (i = 0; i < line.len && line.data[i] != '='; i++) {
        /* void */
    }

    for (name = 0; name < i && line.data[name] != ':'; name++) {
        /* void */
    }

    if (name < i) {
        member = api_span(line.data + name + 1, i - name - 1);
    }

    /* each at the end of a page of its own: a byte too far is seen */

    value = ut_guard(api_span(line.data + i + 1, line.len - i - 1));
    member = member.data ? ut_guard(member) : member;
    var = api_waf_var_find(api_span(line.data, name));

    if (var >= API_WAF_NSTORED) {
        fprintf(stderr, "no stored variable: %.*s\n", (int) name, line.data);
        exit(1);
    }

    if (api_waf_var_kind(var) == API_WAF_K_SCALAR) {
        (void) api_waf_values_set(&r->values, var, value);
    } else {
        (void) api_waf_values_add(&r->values, var, member, value);
    }
}


void
waf_begin(waf_run_t *r, const api_waf_view_t *view, const char *request,
    const api_alloc_t *alloc)
{
    const char *end;

    memset(r, 0, sizeof(*r));
    api_arena_init(&r->arena, alloc, 0, 64 << 20);
    api_waf_values_init(&r->values, &r->arena, 0);

    r->env.now = 1000000000; /* 2001-09-09 01:46:40, a Sunday */
    r->env.duration = 12345;
    r->env.engine = API_WAF_ENGINE_ON;
    r->env.scratch = api_scratch_create(alloc);

    for (; *request; request = *end ? end + 1 : end) {
        end = strchr(request, '\n');
        end = end ? end : request + strlen(request);
        waf_value(r, api_span(request, (size_t) (end - request)));
    }

    r->tx = r->env.scratch
                ? api_waf_tx_create(view, &r->values, &r->env, &r->arena)
                : NULL;
}


void
waf_go(waf_run_t *r, int phase)
{
    int    p;
    size_t i, n;

    for (p = 1; p <= phase; p++) {
        r->rc = api_waf_tx_run(r->tx, (api_waf_phase_t) p, 0);

        if (r->rc != API_WAF_PASS) {
            break;
        }
    }

    if (phase < API_WAF_LOGGING_PHASE) {
        (void) api_waf_tx_run(r->tx, API_WAF_LOGGING_PHASE, 0);
    }

    n = 0;

    for (i = 0; i < api_waf_tx_matches(r->tx); i++) {
        n += (size_t) snprintf(r->ids + n, sizeof(r->ids) - n, "%s%u",
            i ? " " : "", (unsigned) api_waf_tx_match(r->tx, i)->id);

        if (n >= sizeof(r->ids)) {
            return;
        }
    }
}


void
waf_end(waf_run_t *r)
{
    api_scratch_free(r->env.scratch);
    api_arena_free(&r->arena);
    ut_guard_reset();
}


/* What a run says, with the prefilter when scan is not NULL. */

static void
waf_outcome(const api_waf_view_t *view, const char *request,
    api_waf_scan_scratch_t *scan, char *out, size_t size)
{
    waf_run_t         r;
    api_waf_verdict_t v;

    waf_begin(&r, view, request, &api_alloc_libc);
    r.env.scan = scan;
    waf_go(&r, API_WAF_REQUEST_BODY_PHASE);
    api_waf_tx_verdict(r.tx, &v);

    if (r.rc == API_WAF_PASS) {
        snprintf(out, size, "%s%s", v.would ? "would: " : "", r.ids);
    } else if (v.failure) {
        snprintf(out, size, "failed: %s", v.failure);
    } else {
        snprintf(out, size, "%s%u: %s", r.rc == API_WAF_DROP ? "drop " : "",
            v.status, r.ids);
    }

    waf_end(&r);
}


const char *
waf_says(const char *rules, const char *request)
{
    api_err_t                err;
    api_seclang_t           *s;
    const api_waf_view_t    *view;
    api_waf_scan_scratch_t  *scan;
    const api_waf_program_t *program;

    static char out[600], scanned[600];

    program = waf_load(&s, rules, NULL, &api_alloc_libc, &err);

    if (program == NULL) {
        snprintf(out, sizeof(out), "error: %s", err.text);
        api_seclang_free(s);
        return out;
    }

    if (api_waf_view_create(&view, program, NULL, &api_alloc_libc, &err)
            != API_OK
        || api_waf_scan_scratch_create(&scan, program, &api_alloc_libc)
               != API_OK)
    {
        exit(1);
    }

    waf_outcome(view, request, NULL, out, sizeof(out));
    waf_outcome(view, request, scan, scanned, sizeof(scanned));

    if (strcmp(out, scanned) != 0) {
        snprintf(out, sizeof(out), "with the prefilter: %.500s", scanned);
    }

    api_waf_scan_scratch_free(scan);
    api_waf_view_free(view);
    api_seclang_free(s);

    return out;
}
