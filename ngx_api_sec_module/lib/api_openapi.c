#include "api_openapi_int.h"

#include "api_percent.h"
#include "api_utf8.h"

#include <stdlib.h>


static int
api_openapi_id_order(const void *a, const void *b)
{
    size_t                 n;
    int                    cmp;
    const api_operation_t *p = *(const api_operation_t *const *) a;
    const api_operation_t *q = *(const api_operation_t *const *) b;

    n = p->id.len < q->id.len ? p->id.len : q->id.len;
    cmp = memcmp(p->id.data, q->id.data, n);

    return cmp ? cmp : (p->id.len > q->id.len) - (p->id.len < q->id.len);
}


static void
api_openapi_ids(api_openapi_load_t *load)
{
    char                    quoted[API_PROBLEM_QUOTE];
    uint32_t                i, n;
    const api_operation_t **list;

    n = load->spec->nops;

    if (n == 0 || load->rc != API_OK) {
        return;
    }

    list = api_arena_alloc(&load->tmp, n * sizeof(void *));

    if (list == NULL) {
        load->rc = API_NOMEM;
        return;
    }

    memcpy(list, load->spec->ops, n * sizeof(void *));
    qsort(list, n, sizeof(void *), api_openapi_id_order);

    for (i = 1; i < n; i++) {
        if (api_span_eq(list[i - 1]->id, list[i]->id)) {
            api_problem_error(load->problems, load->root,
                "two operations have the operationId \"%s\" (lines %u and "
                "%u); it names one",
                api_problem_quote(list[i]->id, quoted), list[i - 1]->line,
                list[i]->line);
        }
    }
}


static bool
api_openapi_starts(api_span_t s, const char *word)
{
    return s.len >= strlen(word) && memcmp(s.data, word, strlen(word)) == 0;
}


static bool
api_openapi_dialect(api_openapi_load_t *load)
{
    api_span_t v;

    v = api_openapi_text(load, load->root, "openapi");

    if (api_openapi_starts(v, "3.0.")) {
        load->dialect = API_SCHEMA_OAS30;
        return true;
    }

    if (api_openapi_starts(v, "3.1.")) {
        load->dialect = API_SCHEMA_OAS31;
        v = api_openapi_text(load, load->root, "jsonSchemaDialect");

        if (v.len
            && !api_openapi_starts(v, "https://spec.openapis.org/oas/3.1/")
            && !api_schema_dialect(v, &load->dialect))
        {
            api_problem_error(load->problems, load->root,
                "this \"jsonSchemaDialect\" is not known; leave it out for "
                "that of OpenAPI 3.1");
        }

        return true;
    }

    if (api_node_ok(api_node_get(load->root, API_SPAN("swagger")))) {
        api_problem_error(load->problems, load->root,
            "Swagger 2.0: turn it into OpenAPI 3 by \"apisec schema "
            "upgrade\"");
        return false;
    }

    api_problem_error(load->problems, load->root,
        "no OpenAPI description of version 3.0 or 3.1: \"openapi\": \"3.1.0\" "
        "is missing, or is of another version");

    return false;
}


static bool
api_openapi_root(api_openapi_load_t *load)
{
    api_node_t info;

    static const api_span_t none = { (const uint8_t *) "", 0 };

    api_openapi_known(load, load->root,
        " openapi info jsonSchemaDialect servers paths webhooks components "
        "security tags externalDocs ");
    info = api_openapi_object(load, load->root, "info");
    load->spec->title =
        api_openapi_copy(load, api_openapi_text(load, info, "title"));
    load->spec->version =
        api_openapi_copy(load, api_openapi_text(load, info, "version"));
    api_openapi_schemes(load);
    api_openapi_security(load, load->root, &load->security, &load->nsecurity);

    if (load->opts.base.len
        && (load->opts.base.data[0] != '/'
            || memchr(load->opts.base.data, '{', load->opts.base.len)
            || memchr(load->opts.base.data, '}', load->opts.base.len)))
    {
        api_problem_error(load->problems, load->root,
            "base= is a path: it begins with \"/\" and has no parameters");
        return false;
    }

    while (load->opts.base.len
           && load->opts.base.data[load->opts.base.len - 1] == '/')
    {
        load->opts.base.len--;
    }

    return api_openapi_servers(load, load->root,
        load->opts.base.data ? &load->opts.base : &none, 1, &load->bases,
        &load->nbases);
}


static void
api_openapi_finish_router(api_openapi_load_t *load)
{
    int       rc;
    uint32_t  clash;
    api_err_t err;

    rc = api_router_finish(load->spec->router, &clash, &err);

    if (rc == API_NOMEM) {
        load->rc = rc;

    } else if (rc != API_OK && clash != API_ROUTER_NONE
               && err.pos < load->spec->nroutes)
    {
        api_problem_error(load->problems, load->root,
            "\"%.120s\" and \"%.120s\" may take the same request, and "
            "neither is more concrete than the other",
            (const char *) load->spec->routes[err.pos]->tmpl.data,
            (const char *) load->spec->routes[clash]->tmpl.data);
    }
}


static int
api_openapi_load(api_openapi_load_t *load)
{
    int rc;

    rc = api_schema_build(&load->build, load->docs,
        &(api_schema_opts_t){ .strict = load->opts.strict }, load->problems,
        load->spec->alloc);

    if (rc != API_OK) {
        return rc;
    }

    if (api_openapi_dialect(load) && api_openapi_root(load)) {
        api_openapi_paths(load);
        api_openapi_ids(load);

        if (load->spec->nops == 0 && load->problems->errors == 0) {
            api_problem_warning(load->problems, load->root,
                "no operation is described: every request is refused");
        }

        api_openapi_finish_router(load);
    }

    if (load->rc != API_OK) {
        api_schema_drop(load->build);
        return load->rc;
    }

    rc = api_schema_finish(load->build, &load->spec->schema);

    if (rc != API_OK) {
        return rc;
    }

    api_openapi_fit(load);

    return load->rc != API_OK       ? load->rc
           : load->problems->errors ? API_INVALID
           : load->problems->nomem  ? API_NOMEM
                                    : API_OK;
}


int
api_openapi_compile(api_openapi_t **out, api_docs_t *docs,
    const api_doc_t *doc, const api_openapi_opts_t *opts,
    api_problems_t *problems, const api_alloc_t *alloc)
{
    int                rc;
    api_openapi_t     *spec;
    api_openapi_load_t load;

    spec = alloc->alloc(alloc->ctx, sizeof(*spec));

    if (spec == NULL) {
        return API_NOMEM;
    }

    memset(spec, 0, sizeof(*spec));
    memset(&load, 0, sizeof(load));
    spec->alloc = alloc;
    spec->seed = api_docs_seed(docs);
    api_arena_init(&spec->arena, alloc, 65536, 0);
    api_arena_init(&load.tmp, alloc, 65536, 0);

    load.spec = spec;
    load.docs = docs;
    load.problems = problems;
    load.root = api_doc_root(doc);

    if (opts) {
        load.opts = *opts;
    }

    rc = api_router_create(&spec->router, alloc);
    rc = rc == API_OK ? api_openapi_load(&load) : rc;
    rc = rc == API_OK ? api_openapi_index(spec) : rc;
    api_arena_free(&load.tmp);

    if (rc != API_OK) {
        api_openapi_free(spec);
        return rc;
    }

    *out = spec;

    return API_OK;
}


void
api_openapi_free(api_openapi_t *spec)
{
    const api_alloc_t *alloc;

    if (spec == NULL) {
        return;
    }

    alloc = spec->alloc;
    api_router_free(spec->router);

    if (spec->schema) {
        api_schema_free(spec->schema);
    }

    api_arena_free(&spec->arena);

    if (alloc->free) {
        alloc->free(alloc->ctx, spec);
    }
}


api_span_t
api_openapi_title(const api_openapi_t *spec)
{
    return spec->title;
}


api_span_t
api_openapi_version(const api_openapi_t *spec)
{
    return spec->version;
}


size_t
api_openapi_memory(const api_openapi_t *spec)
{
    return sizeof(*spec) + spec->arena.held
           + api_router_stat(spec->router).bytes
           + api_schema_memory(spec->schema);
}


uint32_t
api_openapi_count(const api_openapi_t *spec)
{
    return spec->nops;
}


const api_operation_t *
api_openapi_at(const api_openapi_t *spec, uint32_t n)
{
    return n < spec->nops ? spec->ops[n] : NULL;
}


const api_operation_t *
api_openapi_find(const api_openapi_t *spec, api_span_t id)
{
    uint32_t i;

    for (i = 0; i < spec->nops; i++) {
        if (api_span_eq(spec->ops[i]->id, id)) {
            return spec->ops[i];
        }
    }

    return NULL;
}


const api_scheme_t *
api_openapi_scheme(const api_openapi_t *spec, uint32_t n)
{
    return n < spec->nschemes ? &spec->schemes[n] : NULL;
}


bool
api_openapi_has_path_param(const api_openapi_t *spec, api_span_t name)
{
    uint32_t   i, k, n;
    api_span_t names[API_ROUTER_MAX_PARAMS];

    for (i = 0; i < spec->nops; i++) {
        n = api_router_names(spec->ops[i]->path, names);

        for (k = 0; k < n; k++) {
            if (api_span_eq(names[k], name)) {
                return true;
            }
        }
    }

    return false;
}


/* The operation of the most concrete path that has the method; what methods
   the paths have that were passed over is remembered. */

typedef struct {
    const api_openapi_t *spec;
    unsigned             method;
    unsigned             seen; /* bits */
} api_choice_t;


static bool
api_openapi_accept(void *ctx, uint32_t n)
{
    unsigned                   m;
    api_choice_t              *choice = ctx;
    const api_openapi_route_t *r;

    r = choice->spec->routes[n];

    for (m = 0; m < API_NMETHODS; m++) {
        choice->seen |= r->op[m] ? 1u << m : 0;
    }

    return choice->method < API_NMETHODS && r->op[choice->method];
}


static void
api_openapi_allow(unsigned seen, unsigned flags, api_route_t *route)
{
    unsigned   m;
    api_span_t name;

    if ((flags & API_ROUTE_HEAD_AS_GET) && (seen & 1u << API_METHOD_GET)) {
        seen |= 1u << API_METHOD_HEAD;
    }

    for (m = 0; m < API_NMETHODS; m++) {
        if (!(seen & 1u << m)) {
            continue;
        }

        if (route->allow_len) {
            route->allow[route->allow_len++] = ',';
            route->allow[route->allow_len++] = ' ';
        }

        name = api_method_name(m);
        memcpy(route->allow + route->allow_len, name.data, name.len);
        route->allow_len += name.len;
    }
}


int
api_openapi_route(const api_openapi_t *spec, api_span_t method,
    const api_path_t *path, unsigned flags, api_route_t *route)
{
    bool                       found;
    api_choice_t               choice = { spec, 0, 0 };
    const api_openapi_route_t *r;

    route->op = NULL;
    route->route = API_SPAN("");
    route->allow_len = 0;

    while (choice.method < API_NMETHODS
           && !api_span_eq(method, api_method_name(choice.method)))
    {
        choice.method++;
    }

    found = api_router_choose(
        spec->router, path, api_openapi_accept, &choice, &route->match);
    route->head = !found && choice.method == API_METHOD_HEAD
                  && (flags & API_ROUTE_HEAD_AS_GET)
                  && (choice.seen & 1u << API_METHOD_GET);

    if (route->head) {
        choice.method = API_METHOD_GET;
        found = api_router_choose(
            spec->router, path, api_openapi_accept, &choice, &route->match);
    }

    if (route->match.route == API_ROUTER_NONE) {
        return API_INVALID;
    }

    r = spec->routes[route->match.route];

    if (!found) {
        route->route = r->tmpl;
        api_openapi_allow(choice.seen, flags, route);
        return API_DENIED;
    }

    route->op = r->op[choice.method];
    route->route = r->named[choice.method];

    return API_OK;
}


int
api_openapi_path_value(const api_route_t *route, uint32_t n, bool decoded,
    api_arena_t *arena, api_span_t *name, api_span_t *value)
{
    uint8_t   *p;
    unsigned   flags;
    api_span_t names[API_ROUTER_MAX_PARAMS], raw;

    if (route->route.len == 0 || n >= route->match.nvalues
        || n >= api_router_names(route->route, names))
    {
        return API_INVALID;
    }

    *name = names[n];
    raw = route->match.value[n];

    if (!decoded && api_percent_has(raw, 0)) {
        p = api_arena_alloc(arena, raw.len);

        if (p == NULL) {
            return API_NOMEM;
        }

        flags = 0;
        raw = api_span(p, api_percent_decode(raw, 0, p, &flags));
    }

    *value = raw;

    return api_utf8_valid(raw) == raw.len ? API_OK : API_SYNTAX;
}
