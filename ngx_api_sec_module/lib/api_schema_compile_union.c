#include "api_schema_build.h"


#define COMPONENTS "#/components/schemas/"


/* The discriminator of OpenAPI: a member whose value names the schema. */

typedef struct {
    api_schema_build_t  *b;
    const api_compile_t *c;
    api_node_t           at; /* of the discriminator object */
    api_discriminator_t  d;
} union_t;


/* The last segment of a reference, which is the name of the schema. */

static api_span_t
union_schema_name(api_span_t ref)
{
    size_t i;

    for (i = ref.len; i && ref.data[i - 1] != '/'; i--) {
        /* void */
    }

    return api_span(ref.data + i, ref.len - i);
}


static bool
union_has(const union_t *u, api_span_t value)
{
    uint32_t          i;
    const api_case_t *k;

    for (i = 0; i < u->d.n; i++) {
        k = API_VEC(u->b->cases, api_case_t, u->d.first + i);

        if (api_span_eq(*API_VEC(u->b->names, api_span_t, k->value), value)) {
            return true;
        }
    }

    return false;
}


static void
union_case(union_t *u, api_span_t value, uint32_t node)
{
    api_case_t k;

    if (u->b->rc != API_OK || union_has(u, value)) {
        return;
    }

    k.value = api_build_name(u->b, value);
    k.node = node;
    api_build_push(u->b, &u->b->cases, &k);
    u->d.n++;
}


/* A target of mapping: the name of a component, or a reference. */

static api_span_t
union_target(union_t *u, api_span_t s)
{
    uint8_t *p;

    if (s.len == 0 || memchr(s.data, '/', s.len) || memchr(s.data, '#', s.len)
        || memchr(s.data, '.', s.len))
    {
        return s;
    }

    p = api_arena_alloc(&u->b->arena, sizeof(COMPONENTS) - 1 + s.len);

    if (p == NULL) {
        u->b->rc = API_NOMEM;
        return s;
    }

    memcpy(p, COMPONENTS, sizeof(COMPONENTS) - 1);
    memcpy(p + sizeof(COMPONENTS) - 1, s.data, s.len);

    return api_span(p, sizeof(COMPONENTS) - 1 + s.len);
}


static void
union_mapping(union_t *u)
{
    uint32_t           node;
    api_node_t         v, mapping;
    api_span_t         value;
    api_node_iter_t    it;
    const api_named_t *named;

    mapping = api_node_get(u->at, API_SPAN("mapping"));

    for (it = api_node_iter(mapping); api_node_next(&it, &value, &v);) {
        if (api_ref_resolve(u->b, u->c->resource, v,
                union_target(u, api_node_string(v)), &node, &named))
        {
            union_case(u, value, node);
        }
    }
}


/* The branches of oneOf or anyOf, which have to be references. */

static bool
union_branches(union_t *u, api_node_t list)
{
    uint32_t           node;
    api_node_t         v, ref;
    api_node_iter_t    it;
    const api_named_t *named;

    for (it = api_node_iter(list); api_node_next(&it, NULL, &v);) {
        ref = api_node_get(v, API_SPAN("$ref"));

        if (!api_node_is(ref, API_JSON_STRING)) {
            api_problem_warning(u->b->problems, v,
                "a schema without a name: the discriminator cannot choose it "
                "and has no effect; all are tried");
            return false;
        }

        if (api_ref_resolve(u->b, u->c->resource, ref, api_node_string(ref),
                &node, &named))
        {
            union_case(u, union_schema_name(api_node_string(ref)), node);
        }
    }

    return true;
}


/* Does the schema at n extend the one with that node, by allOf? */

static bool
union_extends(union_t *u, api_node_t n, uint32_t parent)
{
    uint32_t           node;
    api_node_t         v, ref, all;
    api_node_iter_t    it;
    const api_named_t *named;

    all = api_node_get(n, API_SPAN("allOf"));

    for (it = api_node_iter(all); api_node_next(&it, NULL, &v);) {
        ref = api_node_get(v, API_SPAN("$ref"));

        if (api_node_is(ref, API_JSON_STRING)
            && api_ref_resolve(
                u->b, u->c->resource, ref, api_node_string(ref), &node, &named)
            && node == parent)
        {
            return true;
        }
    }

    return false;
}


/* Those of the components that extend the schema at n, and those that extend
   these. */

static void
union_children(union_t *u, uint32_t parent)
{
    api_node_t      v, all;
    api_span_t      name;
    api_node_iter_t it;

    all = api_node_find(
        api_doc_root(u->at.doc), API_SPAN("/components/schemas"));

    for (it = api_node_iter(all); api_node_next(&it, &name, &v);) {
        if (api_node_ok(api_node_get(v, API_SPAN("allOf")))
            && !union_has(u, name) && union_extends(u, v, parent))
        {
            union_case(u, name, api_build_node(u->b, v, u->c->resource));
        }
    }
}


static void
union_base(union_t *u)
{
    uint32_t   i, node;
    api_node_t self;

    u->d.base = true;
    self = API_VEC(u->b->sources, api_source_t, u->c->node)->node;
    union_children(u, u->c->node);

    for (i = 0; u->b->rc == API_OK && i < u->d.n; i++) {
        node = API_VEC(u->b->cases, api_case_t, u->d.first + i)->node;
        union_children(u, node);
    }

    /* by its own name it is itself and no more */

    if (u->d.n) {
        union_case(u, api_node_name(self), API_BUILD_NONE);
    }
}


bool
api_compile_discriminator(api_schema_build_t *b, const api_compile_t *c)
{
    bool       alone;
    union_t    u;
    api_op_t   op;
    api_node_t list, name;

    memset(&u, 0, sizeof(u));
    u.b = b;
    u.c = c;
    u.at = c->k->v[KW_DISCRIMINATOR];

    if (!api_node_ok(u.at)) {
        return false;
    }

    name = api_node_get(u.at, API_SPAN("propertyName"));

    if (!api_node_is(name, API_JSON_STRING)) {
        api_problem_error(b->problems, u.at,
            "a discriminator has to be an object with a propertyName");
        return false;
    }

    list = c->k->v[KW_ONE_OF];
    list = api_node_ok(list) ? list : c->k->v[KW_ANY_OF];
    alone = !api_node_ok(list);

    u.d.name = api_build_name(b, api_node_string(name));
    u.d.first = b->cases.n;
    union_mapping(&u);

    if (alone) {
        union_base(&u);

    } else if (!union_branches(&u, list)) {
        return false;
    }

    if (u.d.n == 0) {
        return false;
    }

    memset(&op, 0, sizeof(op));
    op.code = API_OP_DISCRIMINATOR;
    op.types = API_SCHEMA_T_ANY;
    op.keyword = API_SCHEMA_K_DISCRIMINATOR;
    op.a = api_build_push(b, &b->discriminators, &u.d);
    api_build_op(b, c->node, &op);

    return !alone;
}
