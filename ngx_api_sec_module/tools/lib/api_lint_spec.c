/*
 * Walks over OpenAPI documents, and from their operations to locations.
 */

#include "api_lint_int.h"

#include "api_path.h"


#define VISITS 2000
#define DEPTH 24


api_node_t
api_lint_deref(const api_lint_spec_t *spec, api_node_t n)
{
    unsigned   i;
    api_err_t  err;
    api_node_t ref, to;

    for (i = 0; i < 16; i++) {
        ref = api_node_get(n, API_SPAN("$ref"));

        if (!api_node_ok(ref)
            || api_docs_resolve(
                   spec->docs, ref, api_node_string(ref), &to, &err)
                   != API_OK)
        {
            break;
        }

        n = to;
    }

    return n;
}


api_node_t
api_lint_op_node(const api_lint_spec_t *spec, const api_operation_t *op)
{
    size_t     i, n = 0;
    char       name[16];
    api_node_t item;
    api_span_t method = api_method_name(op->method);

    for (i = 0; i < method.len && n < sizeof(name); i++) {
        name[n++] = (char) (method.data[i] | 0x20);
    }

    item = api_node_get(api_node_get(spec->root, API_SPAN("paths")), op->path);

    return api_node_get(api_lint_deref(spec, item), api_span(name, n));
}


/* Templates made to a path: each {parameter} is a 1. */

static api_span_t
sample(const api_lint_t *lint, api_span_t route)
{
    bool     in = false;
    size_t   i, n = 0;
    uint8_t *out = api_arena_alloc(lint->arena, route.len + 1);

    for (i = 0; out && i < route.len; i++) {
        if (route.data[i] == '{') {
            in = true;
            out[n++] = '1';

        } else if (in) {
            in = route.data[i] != '}';

        } else {
            out[n++] = route.data[i];
        }
    }

    return api_span(out, n);
}


/* Does a server have to do with the document. */

static bool
enforces(
    const api_lint_t *lint, const api_server_t *s, const api_lint_spec_t *spec)
{
    const api_loc_t *l;

    if (api_lint_spec_of(lint, s->dir) == spec) {
        return true;
    }

    for (l = api_site_next(s, NULL); l; l = api_site_next(s, l)) {
        if (api_lint_spec_of(lint, l->dir) == spec) {
            return true;
        }
    }

    return false;
}


static bool
serves(const api_server_t *s)
{
    const api_loc_t *l;

    for (l = api_site_next(s, NULL); l; l = api_site_next(s, l)) {
        if (api_lint_upstream(l->dir)) {
            return true;
        }
    }

    return false;
}


static bool
anyone(const api_lint_t *lint, const api_lint_spec_t *spec)
{
    const api_server_t *s;

    for (s = lint->site->first; s; s = s->next) {
        if (enforces(lint, s, spec)) {
            return true;
        }
    }

    return false;
}


bool
api_lint_route(const api_lint_t *lint, const api_lint_spec_t *spec,
    const api_operation_t *op, api_lint_at_t *at)
{
    bool                some = anyone(lint, spec);
    api_where_t         where;
    const api_server_t *s;

    s = at->server ? at->server->next : lint->site->first;

    while (s && !(some ? enforces(lint, s, spec) : serves(s))) {
        s = s->next;
    }

    if (s == NULL) {
        return false;
    }

    api_site_locate(s, sample(lint, op->route), &where);

    at->server = s;
    at->loc = where.loc;
    at->block = where.loc ? where.loc->dir : s->dir;

    return true;
}


typedef struct {
    api_lint_t            *lint;
    const api_lint_spec_t *spec;
    const api_operation_t *op;
    api_lint_visit_pt      visit;
    void                  *data;
    api_node_t             seen[VISITS];
    unsigned               n;
} walk_t;


static bool
is_new(walk_t *w, api_node_t n)
{
    unsigned i;

    for (i = 0; i < w->n; i++) {
        if (w->seen[i].doc == n.doc && w->seen[i].at == n.at) {
            return false;
        }
    }

    if (w->n == VISITS) {
        return false;
    }

    w->seen[w->n++] = n;

    return true;
}


static void walk(walk_t *w, api_node_t n, api_span_t name, unsigned depth);


static void
walk_list(walk_t *w, api_node_t list, unsigned depth)
{
    api_span_t      name;
    api_node_t      value;
    api_node_iter_t it = api_node_iter(list);

    while (api_node_next(&it, &name, &value)) {
        walk(w, value, name, depth);
    }
}


static void
walk(walk_t *w, api_node_t n, api_span_t name, unsigned depth)
{
    n = api_lint_deref(w->spec, n);

    if (depth == DEPTH || !api_node_is(n, API_JSON_OBJECT) || !is_new(w, n)) {
        return;
    }

    w->visit(w->lint, w->spec, w->op, n, name, w->data);

    walk_list(w, api_node_get(n, API_SPAN("properties")), depth + 1);
    walk_list(w, api_node_get(n, API_SPAN("allOf")), depth + 1);
    walk_list(w, api_node_get(n, API_SPAN("anyOf")), depth + 1);
    walk_list(w, api_node_get(n, API_SPAN("oneOf")), depth + 1);
    walk(w, api_node_get(n, API_SPAN("items")), name, depth + 1);
    walk(
        w, api_node_get(n, API_SPAN("additionalProperties")), name, depth + 1);
}


void
api_lint_schemas(api_lint_t *lint, const api_lint_spec_t *spec,
    const api_operation_t *op, api_node_t schema, api_lint_visit_pt visit,
    void *data)
{
    walk_t *w;

    if (lint->scratch == NULL) {
        lint->scratch = api_arena_calloc(lint->arena, 1, sizeof(*w));
    }

    w = lint->scratch;

    if (w == NULL) {
        lint->nomem = true;
        return;
    }

    w->n = 0;

    w->lint = lint;
    w->spec = spec;
    w->op = op;
    w->visit = visit;
    w->data = data;

    walk(w, schema, API_SPAN(""), 0);
}


/* Schemas of the JSON among media types. */

static void
of_content(api_lint_t *lint, const api_lint_spec_t *spec,
    const api_operation_t *op, api_node_t holder, api_lint_visit_pt visit,
    void *data)
{
    api_span_t      name;
    api_node_t      media;
    api_node_iter_t it;

    holder = api_lint_deref(spec, holder);
    it = api_node_iter(api_node_get(holder, API_SPAN("content")));

    while (api_node_next(&it, &name, &media)) {
        if (api_lint_contains_nocase(name, "json")) {
            api_lint_schemas(lint, spec, op,
                api_node_get(media, API_SPAN("schema")), visit, data);
        }
    }
}


void
api_lint_request(api_lint_t *lint, const api_lint_spec_t *spec,
    const api_operation_t *op, api_lint_visit_pt visit, void *data)
{
    of_content(lint, spec, op,
        api_node_get(api_lint_op_node(spec, op), API_SPAN("requestBody")),
        visit, data);
}


void
api_lint_response(api_lint_t *lint, const api_lint_spec_t *spec,
    const api_operation_t *op, api_lint_visit_pt visit, void *data)
{
    api_span_t      name;
    api_node_t      response;
    api_node_iter_t it = api_node_iter(
        api_node_get(api_lint_op_node(spec, op), API_SPAN("responses")));

    while (api_node_next(&it, &name, &response)) {
        if (name.len == 3 && name.data[0] == '2') {
            of_content(lint, spec, op, response, visit, data);
        }
    }
}
