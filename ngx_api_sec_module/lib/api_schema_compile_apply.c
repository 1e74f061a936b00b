#include "api_schema_build.h"


static void
apply_list(api_schema_build_t *b, const api_compile_t *c, api_kw_t kw,
    api_op_code_t code, api_schema_keyword_t keyword)
{
    api_op_t op;

    memset(&op, 0, sizeof(op));
    op.code = (uint8_t) code;
    op.types = API_SCHEMA_T_ANY;
    op.keyword = (uint16_t) keyword;
    op.a = api_compile_subs(b, c, kw, &op.b);

    if (op.b) {
        api_build_op(b, c->node, &op);
    }
}


static void
apply_not(api_schema_build_t *b, const api_compile_t *c)
{
    api_op_t op;

    memset(&op, 0, sizeof(op));
    op.code = API_OP_NOT;
    op.types = API_SCHEMA_T_ANY;
    op.keyword = API_SCHEMA_K_NOT;
    op.a = api_compile_sub(b, c, KW_NOT);

    if (op.a != API_BUILD_NONE) {
        api_build_op(b, c->node, &op);
    }
}


/* then and else say nothing without if. */

static void
apply_if(api_schema_build_t *b, const api_compile_t *c)
{
    api_op_t op;

    memset(&op, 0, sizeof(op));
    op.code = API_OP_IF;
    op.types = API_SCHEMA_T_ANY;
    op.a = api_compile_sub(b, c, KW_IF);
    op.b = api_compile_sub(b, c, KW_THEN);
    op.c = api_compile_sub(b, c, KW_ELSE);

    if (op.a != API_BUILD_NONE) {
        api_build_op(b, c->node, &op);
    }
}


/* Schemas that apply when a member is there. */

static void
apply_dependent(api_schema_build_t *b, const api_compile_t *c, api_kw_t kw)
{
    api_op_t        op;
    api_node_t      v;
    api_span_t      name;
    api_node_iter_t it;

    if (api_node_ok(c->k->v[kw]) && !api_node_is(c->k->v[kw], API_JSON_OBJECT))
    {
        api_compile_bad(b, c, kw, "an object");
        return;
    }

    for (it = api_node_iter(c->k->v[kw]); api_node_next(&it, &name, &v);) {
        if (api_node_is(v, API_JSON_ARRAY)) {
            continue;
        }

        memset(&op, 0, sizeof(op));
        op.code = API_OP_DEPENDENT;
        op.types = API_SCHEMA_T_OBJECT;
        op.a = api_build_name(b, name);
        op.b = api_build_node(b, v, c->resource);
        api_build_op(b, c->node, &op);
    }
}


static void
apply_dynamic_ref(api_schema_build_t *b, const api_compile_t *c)
{
    api_op_t           op;
    api_node_t         n;
    const api_named_t *named;

    n = c->k->v[KW_DYNAMIC_REF];

    if (!api_node_ok(n)) {
        return;
    }

    memset(&op, 0, sizeof(op));
    op.code = API_OP_DYNAMIC;
    op.types = API_SCHEMA_T_ANY;

    if (!api_ref_resolve(b, c->resource, n, api_node_string(n), &op.c, &named))
    {
        return;
    }

    /* what it would mean as a $ref says whether it is anything more */

    if (named && named->dynamic) {
        op.a = api_build_name(b, named->name);
        b->dynamic = true;

    } else {
        op.code = API_OP_REF;
        op.a = op.c;
    }

    api_build_op(b, c->node, &op);
}


static void
apply_recursive_ref(api_schema_build_t *b, const api_compile_t *c)
{
    uint32_t           target;
    api_op_t           op;
    api_node_t         n;
    const api_named_t *named;

    n = c->k->v[KW_RECURSIVE_REF];

    if (!api_node_ok(n)) {
        return;
    }

    memset(&op, 0, sizeof(op));
    op.code = API_OP_DYNAMIC;
    op.types = API_SCHEMA_T_ANY;
    op.a = API_BUILD_NONE;

    if (!api_ref_resolve(b, c->resource, n, api_node_string(n), &op.c, &named))
    {
        return;
    }

    target = API_VEC(b->sources, api_source_t, op.c)->resource;

    if (API_VEC(b->resources, api_resource_t, target)->recursive) {
        b->dynamic = true;

    } else {
        op.code = API_OP_REF;
        op.a = op.c;
    }

    api_build_op(b, c->node, &op);
}


static void
apply_unevaluated(api_schema_build_t *b, const api_compile_t *c)
{
    api_op_t op;

    memset(&op, 0, sizeof(op));
    op.code = API_OP_UNEVALUATED;
    op.types = API_SCHEMA_T_OBJECT | API_SCHEMA_T_ARRAY;
    op.a = api_compile_sub(b, c, KW_UNEVALUATED_PROPERTIES);
    op.b = api_compile_sub(b, c, KW_UNEVALUATED_ITEMS);

    if (op.a != API_BUILD_NONE || op.b != API_BUILD_NONE) {
        API_VEC(b->nodes, api_node_prog_t, c->node)->flags |=
            API_NODE_F_EVALUATES;
        api_build_op(b, c->node, &op);
    }
}


void
api_compile_apply(api_schema_build_t *b, const api_compile_t *c)
{
    apply_dynamic_ref(b, c);
    apply_recursive_ref(b, c);
    apply_list(b, c, KW_ALL_OF, API_OP_ALL, API_SCHEMA_K_FALSE);

    if (!api_compile_discriminator(b, c)) {
        apply_list(b, c, KW_ANY_OF, API_OP_ANY, API_SCHEMA_K_ANY_OF);
        apply_list(b, c, KW_ONE_OF, API_OP_ONE, API_SCHEMA_K_ONE_OF);
    }

    apply_not(b, c);
    apply_if(b, c);
    apply_dependent(b, c, KW_DEPENDENCIES);
    apply_dependent(b, c, KW_DEPENDENT_SCHEMAS);
    apply_unevaluated(b, c);
}
