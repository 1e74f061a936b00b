#include "api_schema_build.h"


/* Rounds in which types and flags spread along references. */

#define LINK_ROUNDS 8

/* States of the search for loops. */

#define LINK_NEW 0
#define LINK_OPEN 1
#define LINK_DONE 2


static api_node_prog_t *
link_node(const api_schema_build_t *b, uint32_t i)
{
    return API_VEC(b->nodes, api_node_prog_t, i);
}


static api_op_t *
link_op(const api_schema_build_t *b, uint32_t i)
{
    return API_VEC(b->ops, api_op_t, i);
}


/* The n-th of those of `a` that are there. */

static uint32_t
link_nth(const uint32_t *a, uint32_t count, uint32_t n)
{
    uint32_t i;

    for (i = 0; i < count; i++) {
        if (a[i] != API_BUILD_NONE && n-- == 0) {
            return a[i];
        }
    }

    return API_BUILD_NONE;
}


uint32_t
api_link_edge(const api_schema_build_t *b, const api_op_t *op, uint32_t n)
{
    uint32_t                   sub[3];
    const api_discriminator_t *d;

    switch (op->code) {

    case API_OP_ALL:
    case API_OP_ANY:
    case API_OP_ONE:
        return n < op->b ? *API_VEC(b->list, uint32_t, op->a + n)
                         : API_BUILD_NONE;

    case API_OP_REF:
    case API_OP_NOT:
        return n == 0 ? op->a : API_BUILD_NONE;

    case API_OP_DYNAMIC:
        return n == 0 ? op->c : API_BUILD_NONE;

    case API_OP_DEPENDENT:
        return n == 0 ? op->b : API_BUILD_NONE;

    case API_OP_IF:
        sub[0] = op->a;
        sub[1] = op->b;
        sub[2] = op->c;
        return link_nth(sub, 3, n);

    case API_OP_DISCRIMINATOR:
        d = API_VEC(b->discriminators, api_discriminator_t, op->a);
        return !d->base && n < d->n
                   ? API_VEC(b->cases, api_case_t, d->first + n)->node
                   : API_BUILD_NONE;

    default:
        return API_BUILD_NONE;
    }
}


/* Who is meant by a dynamic reference: all that bear its name. */

static bool
link_is_meant(
    const api_schema_build_t *b, const api_named_t *n, const api_op_t *op)
{
    return n->dynamic && op->a != API_BUILD_NONE
           && api_span_eq(n->name, *API_VEC(b->names, api_span_t, op->a));
}


static void
link_anchor(api_schema_build_t *b, uint32_t *count, api_node_t n,
    uint32_t resource, bool keep)
{
    api_anchor_t a;

    a.node = api_build_node(b, n, resource);
    a.resource = resource;

    if (keep) {
        api_build_push(b, &b->anchors, &a);
        ++*count;
    }
}


/* The candidates of one operation; `keep` when all have been compiled. */

static void
link_dynamic_op(api_schema_build_t *b, uint32_t i, bool keep)
{
    uint32_t              k, count, first;
    api_named_t           n;
    api_op_t              op;
    const api_resource_t *r;

    op = *link_op(b, i);
    first = b->anchors.n;
    count = 0;

    for (k = 0; b->rc == API_OK && k < b->named.n; k++) {
        n = *API_VEC(b->named, api_named_t, k);

        if (link_is_meant(b, &n, &op)) {
            link_anchor(b, &count, n.node, n.resource, keep);
        }
    }

    for (k = 0; b->rc == API_OK && k < b->resources.n; k++) {
        r = API_VEC(b->resources, api_resource_t, k);

        if (r->recursive && op.a == API_BUILD_NONE) {
            link_anchor(b, &count, r->root, k, keep);
        }
    }

    if (keep && b->rc == API_OK) {
        link_op(b, i)->a = first;
        link_op(b, i)->b = count;
    }
}


static void
link_dynamic_ops(api_schema_build_t *b, bool keep)
{
    uint32_t i;

    for (i = 0; b->rc == API_OK && i < b->ops.n; i++) {
        if (link_op(b, i)->code == API_OP_DYNAMIC) {
            link_dynamic_op(b, i, keep);
        }
    }
}


/* What they may lead to is compiled too, which may bring more of them. */

static void
link_dynamic(api_schema_build_t *b)
{
    uint32_t n;

    if (!b->dynamic) {
        return;
    }

    do {
        n = b->sources.n;
        link_dynamic_ops(b, false);
        api_build_work(b);
    } while (b->rc == API_OK && n != b->sources.n);

    link_dynamic_ops(b, true);
}


/* A way through edges in place that is being looked at. */

typedef struct {
    uint32_t node;
    uint32_t op;   /* of the node's */
    uint32_t edge; /* of the operation's */
} link_step_t;


/* The next edge of the step, or NONE. */

static uint32_t
link_next(const api_schema_build_t *b, link_step_t *s)
{
    uint32_t               to;
    const api_node_prog_t *n;

    n = link_node(b, s->node);

    while (s->op < n->nops) {
        to = api_link_edge(b, link_op(b, n->ops + s->op), s->edge++);

        if (to != API_BUILD_NONE) {
            return to;
        }

        s->op++;
        s->edge = 0;
    }

    return API_BUILD_NONE;
}


/* Depth-first from one node; a way back into itself is a schema that never
   gets to look at anything. */

static void
link_walk(
    api_schema_build_t *b, uint32_t from, uint8_t *state, link_step_t *stack)
{
    uint32_t n, to;

    n = 0;
    stack[n++] = (link_step_t){ from, 0, 0 };
    state[from] = LINK_OPEN;

    while (n) {
        to = link_next(b, &stack[n - 1]);

        if (to == API_BUILD_NONE) {
            state[stack[--n].node] = LINK_DONE;
            continue;
        }

        if (state[to] == LINK_OPEN) {
            api_problem_error(b->problems,
                API_VEC(b->sources, api_source_t, stack[n - 1].node)->node,
                "the schema refers to itself without a step into the value: "
                "it would never end");

        } else if (state[to] == LINK_NEW) {
            state[to] = LINK_OPEN;
            stack[n++] = (link_step_t){ to, 0, 0 };
        }
    }
}


static void
link_loops(api_schema_build_t *b)
{
    uint32_t     i;
    uint8_t     *state;
    link_step_t *stack;

    state = api_arena_calloc(&b->arena, b->nodes.n + (size_t) 1, 1);
    stack =
        api_arena_calloc(&b->arena, b->nodes.n + (size_t) 1, sizeof(*stack));

    if (state == NULL || stack == NULL) {
        b->rc = API_NOMEM;
        return;
    }

    for (i = 0; i < b->nodes.n; i++) {
        if (state[i] == LINK_NEW) {
            link_walk(b, i, state, stack);
        }
    }
}


/* What the operation says of the types and flags of its schema. */

static void
link_spread_op(const api_schema_build_t *b, const api_op_t *op,
    unsigned *types, unsigned *flags)
{
    uint32_t i, to;
    unsigned any, inherited;

    any = 0;
    inherited = API_NODE_F_NAMES;

    if (op->code == API_OP_ALL || op->code == API_OP_REF) {
        inherited |= API_NODE_F_READ | API_NODE_F_WRITE;
    }

    for (i = 0; (to = api_link_edge(b, op, i)) != API_BUILD_NONE; i++) {
        any |= link_node(b, to)->types;

        if (op->code != API_OP_NOT) {
            *flags |= link_node(b, to)->flags & inherited;
        }

        if (op->code == API_OP_ALL || op->code == API_OP_REF) {
            *types &= link_node(b, to)->types;
        }
    }

    if (i && (op->code == API_OP_ANY || op->code == API_OP_ONE)) {
        *types &= any;
    }
}


static bool
link_spread_node(api_schema_build_t *b, uint32_t i)
{
    uint32_t         k;
    unsigned         types, flags;
    api_node_prog_t *n;

    n = link_node(b, i);
    types = n->types;
    flags = n->flags;

    for (k = 0; k < n->nops; k++) {
        link_spread_op(b, link_op(b, n->ops + k), &types, &flags);
    }

    if (types == n->types && flags == n->flags) {
        return false;
    }

    n->types = (uint8_t) types;
    n->flags = (uint8_t) flags;

    return true;
}


static void
link_spread(api_schema_build_t *b)
{
    bool     changed;
    uint32_t i;
    unsigned round;

    for (round = 0, changed = true; changed && round < LINK_ROUNDS; round++) {
        changed = false;

        for (i = b->nodes.n; i-- > 0; /* void */) {
            changed |= link_spread_node(b, i);
        }
    }
}


static void
link_kind(api_schema_build_t *b, uint32_t i)
{
    uint32_t         k;
    api_op_t        *op;
    api_node_prog_t *n;

    n = link_node(b, i);
    n->flags |= API_NODE_F_SCALAR | API_NODE_F_PLAIN;

    for (k = 0; k < n->nops; k++) {
        op = link_op(b, n->ops + k);

        if (op->code >= API_OP_SCALAR) {
            n->flags &= (uint8_t) ~API_NODE_F_SCALAR;
        }

        if (op->code > API_OP_ARRAY) {
            n->flags &= (uint8_t) ~API_NODE_F_PLAIN;
        }
    }

    if (n->nops == 0 && n->types == API_SCHEMA_T_ANY) {
        n->flags |= API_NODE_F_ANYTHING;
    }
}


/* Members that may not be sent need not be. */

static void
link_required(api_schema_build_t *b, const api_object_t *o)
{
    uint32_t          i, nwords;
    unsigned          flags;
    uint64_t         *w, bit;
    const api_prop_t *p;

    nwords = (o->nbits + 63) / 64;

    if (nwords == 0) {
        return;
    }

    w = API_VEC(b->words, uint64_t, o->required);
    memcpy(w + nwords, w, nwords * sizeof(*w));
    memcpy(w + 2 * nwords, w, nwords * sizeof(*w));

    for (i = 0; i < o->nprops; i++) {
        p = API_VEC(b->props, api_prop_t, o->props + i);

        if (p->bit == API_PROP_NONE || p->node == API_BUILD_NONE) {
            continue;
        }

        flags = link_node(b, p->node)->flags;
        bit = UINT64_C(1) << (p->bit & 63);

        if (flags & API_NODE_F_READ) {
            w[nwords + p->bit / 64] &= ~bit;
        }

        if (flags & API_NODE_F_WRITE) {
            w[2 * nwords + p->bit / 64] &= ~bit;
        }
    }
}


void
api_link(api_schema_build_t *b)
{
    uint32_t i;

    link_dynamic(b);
    api_link_aliases(b);

    if (b->rc == API_OK) {
        link_loops(b);
    }

    if (b->rc != API_OK) {
        return;
    }

    link_spread(b);

    for (i = 0; i < b->nodes.n; i++) {
        link_kind(b, i);
    }

    for (i = 0; i < b->objects.n; i++) {
        link_required(b, API_VEC(b->objects, api_object_t, i));
    }
}
