#include "api_schema_build.h"
#include "api_uri.h"


/* Levels of schemas in schemas; a document has no more. */

#define SCAN_DEPTH 256


static api_resource_t *
scan_at(const api_schema_build_t *b, uint32_t i)
{
    return API_VEC(b->resources, api_resource_t, i);
}


uint32_t
api_scan_own(const api_schema_build_t *b, api_node_t n, uint32_t around)
{
    uint32_t i;

    if (!api_node_ok(api_node_get(n, API_SPAN("$id")))
        && !api_node_ok(api_node_get(n, API_SPAN("id"))))
    {
        return around;
    }

    for (i = 0; i < b->resources.n; i++) {
        if (scan_at(b, i)->root.doc == n.doc && scan_at(b, i)->root.at == n.at)
        {
            return i;
        }
    }

    return around;
}


uint32_t
api_scan_innermost(const api_schema_build_t *b, api_node_t n)
{
    uint32_t          i, best;
    api_node_t        root;
    const api_json_t *json;

    json = api_doc_json(n.doc);
    best = API_BUILD_NONE;

    for (i = 0; i < b->resources.n; i++) {
        root = scan_at(b, i)->root;

        if (root.doc == n.doc && root.at <= n.at
            && api_json_next(json, root.at) > n.at
            && (best == API_BUILD_NONE
                || root.at >= scan_at(b, best)->root.at))
        {
            best = i;
        }
    }

    return best;
}


static void
scan_name(api_schema_build_t *b, uint32_t resource, api_node_t n,
    api_span_t name, bool dynamic)
{
    uint32_t           i;
    const api_named_t *old;
    api_named_t        named = { resource, name, n, dynamic };

    for (i = 0; i < b->named.n; i++) {
        old = API_VEC(b->named, api_named_t, i);

        if (old->resource != resource || !api_span_eq(old->name, name)) {
            continue;
        }

        if (old->node.doc != n.doc || old->node.at != n.at) {
            api_problem_error(
                b->problems, n, "another schema has this anchor too");
            return;
        }

        if (old->dynamic == dynamic) {
            return;
        }
    }

    api_build_push(b, &b->named, &named);
}


/* A new resource at n, with the uri of its identifier resolved. */

static uint32_t
scan_new(api_schema_build_t *b, api_node_t n, uint32_t around, api_span_t id,
    const api_dialect_t *dialect)
{
    uint32_t       i;
    api_resource_t r;

    memset(&r, 0, sizeof(r));
    r.root = n;
    r.dialect = *dialect;

    if (api_uri_resolve(scan_at(b, around)->uri, id, &b->arena, &r.uri)
        != API_OK) {
        b->rc = API_NOMEM;
        return around;
    }

    for (i = 0; i < b->resources.n; i++) {
        if (scan_at(b, i)->root.doc == n.doc && scan_at(b, i)->root.at == n.at)
        {
            /* the root of a document, which had its name so far */

            scan_at(b, i)->uri = r.uri;
            scan_at(b, i)->dialect = r.dialect;
            return i;
        }

        if (api_span_eq(scan_at(b, i)->uri, r.uri)) {
            api_problem_error(
                b->problems, n, "another schema has this identifier too");
            return around;
        }
    }

    i = api_build_push(b, &b->resources, &r);

    return b->rc == API_OK ? i : around;
}


/* The resource that a schema with these keywords begins, or stays in. */

static uint32_t
scan_id(
    api_schema_build_t *b, api_node_t n, const api_kws_t *k, uint32_t resource)
{
    api_span_t    id, fragment;
    api_node_t    v;
    api_dialect_t d;

    d = scan_at(b, resource)->dialect;

    if (api_node_ok(k->v[KW_REF]) && api_dialect_ref_alone(&d)) {
        return resource;
    }

    v = api_node_ok(k->v[KW_ID]) ? k->v[KW_ID] : k->v[KW_ID4];

    if (!api_node_is(v, API_JSON_STRING)) {
        return resource;
    }

    id = api_uri_defragment(api_node_string(v), &fragment);

    if (id.len) {
        if (api_node_is(k->v[KW_SCHEMA], API_JSON_STRING)) {
            api_ref_dialect(b, resource, k->v[KW_SCHEMA],
                api_node_string(k->v[KW_SCHEMA]), &d);
        }

        resource = scan_new(b, n, resource, id, &d);
    }

    if (fragment.len && d.dialect <= API_SCHEMA_DRAFT7) {
        scan_name(b, resource, n, fragment, false);
    }

    return resource;
}


static void
scan_anchors(
    api_schema_build_t *b, api_node_t n, const api_kws_t *k, uint32_t resource)
{
    bool v;

    if (api_node_is(k->v[KW_ANCHOR], API_JSON_STRING)) {
        scan_name(b, resource, n, api_node_string(k->v[KW_ANCHOR]), false);
    }

    if (api_node_is(k->v[KW_DYNAMIC_ANCHOR], API_JSON_STRING)) {
        scan_name(
            b, resource, n, api_node_string(k->v[KW_DYNAMIC_ANCHOR]), true);
    }

    if (api_node_bool(k->v[KW_RECURSIVE_ANCHOR], &v) && v
        && scan_at(b, resource)->root.at == n.at)
    {
        scan_at(b, resource)->recursive = true;
    }
}


/* Schemas in schemas, not yet looked at. */

typedef struct {
    api_node_t node;
    uint32_t   resource;
} scan_todo_t;

typedef struct {
    scan_todo_t *p;
    uint32_t     n, cap;
} scan_stack_t;


static void
scan_push(
    api_schema_build_t *b, scan_stack_t *s, api_node_t n, uint32_t resource)
{
    uint32_t     cap;
    scan_todo_t *p;

    if (!api_node_is(n, API_JSON_OBJECT) || b->rc != API_OK) {
        return;
    }

    if (s->n == s->cap) {
        cap = s->cap ? 2 * s->cap : SCAN_DEPTH;
        p = api_arena_grow(
            &b->arena, s->p, s->n * sizeof(*p), cap * sizeof(*p));

        if (p == NULL) {
            b->rc = API_NOMEM;
            return;
        }

        s->p = p;
        s->cap = cap;
    }

    s->p[s->n++] = (scan_todo_t){ n, resource };
}


static void
scan_value(api_schema_build_t *b, scan_stack_t *s, api_kw_shape_t shape,
    api_node_t v, uint32_t resource)
{
    api_node_t      sub;
    api_node_iter_t it;

    if (shape == KW_SUB
        || (shape == KW_EITHER && api_node_is(v, API_JSON_OBJECT))) {
        scan_push(b, s, v, resource);
    }

    /* `items` may be a schema: its members are none, unless it is an array;
       `dependencies` is a map */

    if (shape == KW_MAP || shape == KW_LIST
        || (shape == KW_EITHER && api_node_is(v, API_JSON_ARRAY)))
    {
        for (it = api_node_iter(v); api_node_next(&it, NULL, &sub);) {
            scan_push(b, s, sub, resource);
        }
    }
}


static void
scan_one(api_schema_build_t *b, scan_stack_t *s, scan_todo_t t)
{
    unsigned      kw;
    uint32_t      resource;
    api_kws_t     k;
    api_dialect_t d;

    d = scan_at(b, t.resource)->dialect;
    api_kw_collect(b, t.node, &d, &k);

    resource = scan_id(b, t.node, &k, t.resource);
    scan_anchors(b, t.node, &k, resource);

    for (kw = 0; kw < KW_N; kw++) {
        if (!api_node_ok(k.v[kw]) || api_kw_shape((api_kw_t) kw) == KW_PLAIN) {
            continue;
        }

        scan_value(b, s,
            kw == KW_DEPENDENCIES ? KW_MAP : api_kw_shape((api_kw_t) kw),
            k.v[kw], resource);
    }
}


void
api_scan(api_schema_build_t *b, api_node_t n, uint32_t resource)
{
    scan_stack_t s;

    memset(&s, 0, sizeof(s));
    scan_push(b, &s, n, resource);

    while (s.n && b->rc == API_OK) {
        scan_one(b, &s, s.p[--s.n]);
    }
}


/* What an OpenAPI document keeps for use by name. */

static void
scan_components(api_schema_build_t *b, api_node_t root, uint32_t resource)
{
    api_node_t      v, all;
    api_node_iter_t it;

    all = api_node_find(root, API_SPAN("/components/schemas"));

    for (it = api_node_iter(all); api_node_next(&it, NULL, &v);) {
        api_scan(b, v, resource);
    }
}


/* A document that is a schema says of which dialect it is. */

static void
scan_root(api_schema_build_t *b, uint32_t i)
{
    api_node_t v;

    v = api_node_get(scan_at(b, i)->root, API_SPAN("$schema"));

    if (api_node_is(v, API_JSON_STRING)) {
        api_ref_dialect(b, i, v, api_node_string(v), &scan_at(b, i)->dialect);
    }
}


static bool
scan_is_openapi(api_node_t root)
{
    return api_node_is(
        api_node_get(root, API_SPAN("openapi")), API_JSON_STRING);
}


uint32_t
api_scan_resource(
    api_schema_build_t *b, api_node_t n, api_schema_dialect_t dialect)
{
    uint32_t       i;
    api_node_t     root;
    api_resource_t r;

    root = api_doc_root(n.doc);

    for (i = 0; i < b->scanned.n; i++) {
        if (*API_VEC(b->scanned, const api_doc_t *, i) == n.doc) {
            return api_scan_innermost(b, n);
        }
    }

    memset(&r, 0, sizeof(r));
    r.root = root;
    r.uri = api_doc_name(n.doc);
    r.dialect = (api_dialect_t){ dialect, API_VOCAB_ALL };

    api_build_push(b, &b->scanned, &n.doc);
    i = api_build_push(b, &b->resources, &r);

    if (b->rc != API_OK) {
        return 0;
    }

    if (scan_is_openapi(root)) {
        scan_components(b, root, i);

    } else {
        scan_root(b, i);
        api_scan(b, root, i);
    }

    return b->rc == API_OK ? api_scan_innermost(b, n) : 0;
}
