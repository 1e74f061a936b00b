#include "api_schema_build.h"


static bool
array_is_said(const api_compile_t *c)
{
    unsigned              i;
    static const api_kw_t kws[] = { KW_ITEMS, KW_PREFIX_ITEMS, KW_MAX_ITEMS,
        KW_MIN_ITEMS, KW_UNIQUE_ITEMS, KW_CONTAINS };

    for (i = 0; i < sizeof(kws) / sizeof(kws[0]); i++) {
        if (api_node_ok(c->k->v[kws[i]])) {
            return true;
        }
    }

    return false;
}


/* items as a list, with additionalItems behind it, or prefixItems with items
   behind it. */

static void
array_items(api_schema_build_t *b, const api_compile_t *c, api_array_t *a)
{
    api_node_t items;

    items = c->k->v[KW_ITEMS];
    a->items = API_BUILD_NONE;

    if (api_dialect_in(c->dialect, API_SCHEMA_DRAFT4, API_SCHEMA_2019_09)
        && api_node_is(items, API_JSON_ARRAY))
    {
        if (api_node_count(items)) {
            a->prefix = api_compile_subs(b, c, KW_ITEMS, &a->nprefix);
        }

        a->items = api_compile_sub(b, c, KW_ADDITIONAL_ITEMS);
        return;
    }

    a->prefix = api_compile_subs(b, c, KW_PREFIX_ITEMS, &a->nprefix);
    a->items = api_compile_sub(b, c, KW_ITEMS);
}


static void
array_unique(api_schema_build_t *b, const api_compile_t *c, api_array_t *a)
{
    if (api_node_ok(c->k->v[KW_UNIQUE_ITEMS])
        && !api_node_bool(c->k->v[KW_UNIQUE_ITEMS], &a->unique))
    {
        api_compile_bad(b, c, KW_UNIQUE_ITEMS, "true or false");
    }
}


void
api_compile_array(api_schema_build_t *b, const api_compile_t *c)
{
    api_op_t    op;
    api_array_t a;

    if (!array_is_said(c)) {
        return;
    }

    memset(&a, 0, sizeof(a));
    array_items(b, c, &a);
    array_unique(b, c, &a);

    a.contains = api_compile_sub(b, c, KW_CONTAINS);
    a.min_contains = api_compile_count(b, c, KW_MIN_CONTAINS, 1);
    a.max_contains = api_compile_count(b, c, KW_MAX_CONTAINS, UINT32_MAX);
    a.marks = c->dialect->dialect == API_SCHEMA_2020_12
              || c->dialect->dialect == API_SCHEMA_OAS31;
    a.min = api_compile_count(b, c, KW_MIN_ITEMS, 0);
    a.max = api_compile_count(b, c, KW_MAX_ITEMS, UINT32_MAX);

    memset(&op, 0, sizeof(op));
    op.code = API_OP_ARRAY;
    op.types = API_SCHEMA_T_ARRAY;
    op.a = api_build_push(b, &b->arrays, &a);
    api_build_op(b, c->node, &op);
}
