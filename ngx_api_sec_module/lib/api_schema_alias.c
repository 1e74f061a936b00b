#include "api_schema_build.h"


/*
 * A schema that is nothing but a reference is left out: whoever names it names
 * its target instead.  Where there are dynamic references this is not done,
 * for they ask through which resources the way went.
 */

static api_node_prog_t *
alias_node(const api_schema_build_t *b, uint32_t i)
{
    return API_VEC(b->nodes, api_node_prog_t, i);
}


/* The target of a node that is but a reference; itself if it is more. */

static uint32_t
alias_step(const api_schema_build_t *b, uint32_t i)
{
    const api_op_t        *op;
    const api_node_prog_t *n;

    n = alias_node(b, i);

    if (n->nops != 1 || n->types != API_SCHEMA_T_ANY
        || (n->flags & (API_NODE_F_READ | API_NODE_F_WRITE)))
    {
        return i;
    }

    op = API_VEC(b->ops, api_op_t, n->ops);

    return op->code == API_OP_REF ? op->a : i;
}


#define ALIAS_OPEN (API_BUILD_NONE - 1) /* on the way that is being gone */


/* The end of the chain from `from`, for all on the way.  A loop, which is a
   problem of its own, ends where it is closed. */

static void
alias_chain(const api_schema_build_t *b, uint32_t from, uint32_t *to)
{
    uint32_t i, next, end;

    i = from;
    to[i] = ALIAS_OPEN;

    while ((next = alias_step(b, i)) != i && to[next] == API_BUILD_NONE) {
        i = next;
        to[i] = ALIAS_OPEN;
    }

    end = next != i && to[next] != ALIAS_OPEN ? to[next] : i;

    for (i = from; to[i] == ALIAS_OPEN; i = next) {
        next = alias_step(b, i);
        to[i] = end;
    }
}


static void
alias_set(const uint32_t *to, uint32_t *node)
{
    if (*node != API_BUILD_NONE) {
        *node = to[*node];
    }
}


static void
alias_op(api_op_t *op, const uint32_t *to)
{
    switch (op->code) {

    case API_OP_REF:
    case API_OP_NOT:
        alias_set(to, &op->a);
        break;

    case API_OP_DEPENDENT:
        alias_set(to, &op->b);
        break;

    case API_OP_IF:
        alias_set(to, &op->a);
        alias_set(to, &op->b);
        alias_set(to, &op->c);
        break;

    case API_OP_UNEVALUATED:
        alias_set(to, &op->a);
        alias_set(to, &op->b);
        break;

    default:
        break;
    }
}


static void
alias_tables(api_schema_build_t *b, const uint32_t *to)
{
    uint32_t i;

    for (i = 0; i < b->list.n; i++) {
        alias_set(to, API_VEC(b->list, uint32_t, i));
    }

    for (i = 0; i < b->props.n; i++) {
        alias_set(to, &API_VEC(b->props, api_prop_t, i)->node);
    }

    for (i = 0; i < b->patterns.n; i++) {
        alias_set(to, &API_VEC(b->patterns, api_pattern_prop_t, i)->node);
    }

    for (i = 0; i < b->objects.n; i++) {
        alias_set(to, &API_VEC(b->objects, api_object_t, i)->additional);
        alias_set(to, &API_VEC(b->objects, api_object_t, i)->names);
    }

    for (i = 0; i < b->arrays.n; i++) {
        alias_set(to, &API_VEC(b->arrays, api_array_t, i)->items);
        alias_set(to, &API_VEC(b->arrays, api_array_t, i)->contains);
    }

    for (i = 0; i < b->cases.n; i++) {
        alias_set(to, &API_VEC(b->cases, api_case_t, i)->node);
    }
}


void
api_link_aliases(api_schema_build_t *b)
{
    uint32_t i, *to;

    if (b->dynamic || b->nodes.n == 0) {
        return;
    }

    to = api_arena_alloc(&b->arena, b->nodes.n * sizeof(*to));

    if (to == NULL) {
        b->rc = API_NOMEM;
        return;
    }

    memset(to, 0xff, b->nodes.n * sizeof(*to));

    for (i = 0; i < b->nodes.n; i++) {
        if (to[i] == API_BUILD_NONE) {
            alias_chain(b, i, to);
        }
    }

    for (i = 0; i < b->ops.n; i++) {
        alias_op(API_VEC(b->ops, api_op_t, i), to);
    }

    alias_tables(b, to);
}
