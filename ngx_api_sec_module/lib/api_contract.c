#include "api_contract_int.h"

#include "api_text.h"
#include "api_utf8.h"

#include <stdarg.h>
#include <stdio.h>

#define API_CONTRACT_ERRORS 8
#define API_CONTRACT_MAX_ERRORS 64
#define API_CONTRACT_POINTER 256 /* bytes; longer ones are cut */
#define API_CONTRACT_NAME 128


static api_span_t
api_contract_keep(api_contract_run_t *run, api_span_t s)
{
    s = api_arena_dup(run->arena, s);

    if (s.data == NULL) {
        run->rc = API_NOMEM;
        s.len = 0;
    }

    return s;
}


static api_fault_t *
api_contract_add(api_contract_run_t *run, unsigned status, const char *code,
    api_in_t in, api_span_t name, const char *keyword)
{
    api_fault_t *f;

    if (run->verdict->status == 0) {
        run->verdict->status = status;
        run->verdict->code = code;
    }

    if (run->nfaults == run->max) {
        run->verdict->more = true;
        return NULL;
    }

    if (run->faults == NULL) {
        run->faults =
            api_arena_calloc(run->arena, run->max, sizeof(*run->faults));
    }

    if (run->faults == NULL) {
        run->rc = API_NOMEM;
        return NULL;
    }

    f = &run->faults[run->nfaults++];
    f->in = in;
    f->name = api_contract_keep(run, api_utf8_cut(name, API_CONTRACT_NAME));
    f->keyword = keyword;
    f->pointer = API_SPAN("");
    f->detail = API_SPAN("");

    return f;
}


void
api_contract_fault(api_contract_run_t *run, unsigned status, const char *code,
    api_in_t in, api_span_t name, const char *keyword, const char *fmt, ...)
{
    int          n;
    char         text[API_ERR_TEXT];
    va_list      ap;
    api_fault_t *f;

    f = api_contract_add(run, status, code, in, name, keyword);

    if (f == NULL) {
        return;
    }

    va_start(ap, fmt);
    n = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);

    if (n > 0) {
        n = n < (int) sizeof(text) ? n : (int) sizeof(text) - 1;
        f->detail = api_contract_keep(run, api_span(text, (size_t) n));
    }
}


/* A pointer is written while the tape is walked down to its token. */

typedef struct {
    char   text[API_CONTRACT_POINTER];
    size_t len;
} api_pointer_t;


static void
api_pointer_step(api_pointer_t *p, api_span_t name)
{
    size_t i;

    if (p->len < sizeof(p->text)) {
        p->text[p->len++] = '/';
    }

    for (i = 0; i < name.len && p->len + 2 < sizeof(p->text); i++) {
        if (name.data[i] == '~' || name.data[i] == '/') {
            p->text[p->len++] = '~';
            p->text[p->len++] = name.data[i] == '~' ? '0' : '1';

        } else {
            p->text[p->len++] = (char) name.data[i];
        }
    }
}


/* The child of the container at `at` that has the token in it. */

static uint32_t
api_contract_child(api_contract_run_t *run, const api_json_t *json,
    uint32_t at, uint32_t tok, api_pointer_t *p)
{
    int        n;
    char       digits[16];
    uint32_t   i, child;
    api_span_t name;

    for (i = 0, child = at + 1; child < json->tok[at].u.next; i++) {
        if (tok < api_json_next(json, child)) {
            break;
        }

        child = api_json_next(json, child);
    }

    if (json->tok[at].type == API_JSON_ARRAY) {
        n = snprintf(digits, sizeof(digits), "%u", i);
        api_pointer_step(p, api_span(digits, (size_t) n));
        return child;
    }

    name = API_SPAN("");

    if (api_json_string(json, child, run->arena, &name) != API_OK) {
        run->rc = API_NOMEM;
    }

    api_pointer_step(p, name);

    return child + 1; /* its value */
}


static api_span_t
api_contract_pointer(
    api_contract_run_t *run, const api_json_t *json, uint32_t tok)
{
    uint32_t      at;
    api_pointer_t p;

    p.len = 0;

    for (at = 0; at < tok && json->tok[at].type >= API_JSON_ARRAY;) {
        at = api_contract_child(run, json, at, tok, &p);
    }

    return api_contract_keep(
        run, api_utf8_cut(api_span(p.text, p.len), sizeof(p.text) - 2));
}


void
api_contract_validate(api_contract_run_t *run, unsigned status,
    const char *code, api_in_t in, api_span_t name, uint32_t entry,
    const api_json_t *json)
{
    int                       rc;
    char                      text[API_ERR_TEXT];
    size_t                    n;
    uint32_t                  i;
    api_fault_t              *f;
    api_schema_limits_t       limits = { 0 };
    api_schema_result_t       result;
    api_schema_run_opts_t     opts;
    const api_schema_error_t *e;

    if (entry == API_SCHEMA_NONE || run->rc != API_OK) {
        return;
    }

    if (run->opts->schema) {
        limits = *run->opts->schema;
    }

    limits.errors = run->max;
    opts.direction = run->direction;
    opts.limits = &limits;
    rc = api_schema_run(
        run->spec->schema, entry, json, 0, &opts, run->arena, &result);

    if (rc == API_OK) {
        return;
    }

    if (rc == API_NOMEM) {
        run->rc = rc;
        return;
    }

    for (i = 0; i < result.nerrors; i++) {
        e = &result.errors[i];
        f = api_contract_add(
            run, status, code, in, name, api_schema_keyword_name(e->keyword));

        if (f == NULL) {
            return;
        }

        n = api_schema_error_text(run->spec->schema, e, text, sizeof(text));
        f->detail = api_contract_keep(run, api_span(text, n));
        f->pointer = api_contract_pointer(run, json, e->tok);
    }

    run->verdict->more |= result.more;

    if (result.nerrors == 0) {
        api_contract_fault(run, status, code, in, name, "limit",
            "it takes too long to check");
    }
}


void
api_contract_init(api_contract_run_t *run, const api_openapi_t *spec,
    const api_contract_opts_t *opts, api_arena_t *arena,
    api_verdict_t *verdict)
{
    static const api_contract_opts_t defaults = { 0 };

    memset(run, 0, sizeof(*run));
    memset(verdict, 0, sizeof(*verdict));
    verdict->code = "";
    run->spec = spec;
    run->opts = opts ? opts : &defaults;
    run->arena = arena;
    run->verdict = verdict;
    run->max =
        run->opts->max_errors ? run->opts->max_errors : API_CONTRACT_ERRORS;

    if (run->max > API_CONTRACT_MAX_ERRORS) {
        run->max = API_CONTRACT_MAX_ERRORS;
    }
}


int
api_contract_done(api_contract_run_t *run)
{
    run->verdict->faults = run->faults;
    run->verdict->nfaults = run->nfaults;

    if (run->rc != API_OK) {
        run->verdict->status = 500;
        run->verdict->code = "memory";
    }

    return run->rc;
}


static void
api_contract_request_body(api_contract_run_t *run, const api_request_t *r)
{
    bool                   there;
    const api_body_rule_t *body;

    body = run->rules->body;
    there = r->has_body && (r->body.len > 0 || r->skip_body);

    if (there && body == NULL) {
        api_contract_fault(run, 400, "body", API_IN_BODY, API_SPAN(""), "body",
            "the operation has no body");
        return;
    }

    if (!there) {
        if (body && body->required && !r->skip_body) {
            api_contract_fault(run, 400, "body", API_IN_BODY, API_SPAN(""),
                "required", "the body is missing");
        }

        return;
    }

    if (!r->skip_body) {
        api_contract_body(run, body->media, body->nmedia, r->body, r->json);
    }
}


int
api_contract_request(const api_openapi_t *spec, const api_request_t *request,
    const api_contract_opts_t *opts, api_arena_t *arena,
    api_verdict_t *verdict)
{
    int                rc;
    api_contract_run_t run;

    api_contract_init(&run, spec, opts, arena, verdict);
    run.direction = API_SCHEMA_REQUEST;

    if (request->route) {
        verdict->route = *request->route;
        rc = verdict->route.op          ? API_OK
             : verdict->route.route.len ? API_DENIED
                                        : API_INVALID;

    } else {
        rc = api_openapi_route(spec, request->method, request->path,
            run.opts->route_flags, &verdict->route);
    }

    if (rc != API_OK) {
        verdict->status = rc == API_DENIED ? 405 : 404;
        verdict->code = rc == API_DENIED ? "method" : "path";
        return API_OK;
    }

    verdict->op = verdict->route.op;
    run.rules = verdict->op->rules;
    run.fields = request->fields;
    run.nfields = request->nfields;
    run.decoded = request->path->flags & API_PATH_F_DECODED;

    api_contract_params(&run, request->path);

    if (api_contract_goes_on(&run)) {
        api_contract_request_body(&run, request);
    }

    return api_contract_done(&run);
}


bool
api_contract_reads_body(const api_operation_t *op)
{
    return op->has_body && !op->streams_request;
}


size_t
api_fault_print(const api_fault_t *fault, char *buf, size_t size)
{
    int    n;
    char   name[API_CONTRACT_NAME * 4 + 1], pointer[API_CONTRACT_POINTER * 4];
    size_t len;

    if (size == 0) {
        return 0;
    }

    len = api_text_log(fault->name, name, sizeof(name) - 1, NULL);
    name[len] = '\0';
    len = api_text_log(fault->pointer, pointer, sizeof(pointer) - 1, NULL);
    pointer[len] = '\0';

    n = snprintf(buf, size, "%s%s%s%s%s: %s: %.*s", api_in_name(fault->in),
        name[0] ? " " : "", name, pointer[0] ? " " : "", pointer,
        fault->keyword, (int) fault->detail.len,
        (const char *) fault->detail.data);

    return n < 0 ? 0 : (size_t) n >= size ? size - 1 : (size_t) n;
}
