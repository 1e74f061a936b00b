#include "api_schema_prog.h"


/* Schemas in place that are looked through for a member or an element: so many
   in each other, and so many in all. */

#define QUERY_DEPTH 16
#define QUERY_NODES 512


unsigned
api_schema_types(const api_schema_t *schema, uint32_t entry)
{
    return entry < schema->nnodes ? schema->nodes[entry].types
                                  : API_SCHEMA_T_ANY;
}


/* What is asked of each node on the way. */

typedef struct {
    const api_schema_t *s;
    api_span_t          name;
    uint32_t            n; /* of an element */
    bool                element;
    api_regex_work_t   *work; /* NULL: patterns are not looked at */
    unsigned            left; /* nodes to look at */
} query_t;


/* The first pattern that the name matches; one that takes too long does not. */

static uint32_t
query_pattern(query_t *q, const api_object_t *o)
{
    uint32_t                  i;
    const api_pattern_prop_t *p;

    for (i = 0; q->work && i < o->npatterns; i++) {
        p = &q->s->patterns[o->patterns + i];

        if (api_regex_match(q->s->regexes[p->regex], q->name, q->work)
            == API_OK) {
            return p->node;
        }
    }

    return API_SCHEMA_NONE;
}


static uint32_t
query_member(query_t *q, const api_op_t *op)
{
    uint32_t            i, found;
    const api_prop_t   *p;
    const api_object_t *o;

    o = &q->s->objects[op->a];

    for (i = 0; i < o->nprops; i++) {
        p = &q->s->props[o->props + i];

        if (p->node != API_SCHEMA_NONE
            && api_span_eq(q->s->names[p->name], q->name)) {
            return p->node;
        }
    }

    found = query_pattern(q, o);

    return found != API_SCHEMA_NONE ? found : o->additional;
}


static uint32_t
query_element(query_t *q, const api_op_t *op)
{
    const api_array_t *a;

    a = &q->s->arrays[op->a];

    return q->n < a->nprefix ? q->s->list[a->prefix + q->n] : a->items;
}


static uint32_t query_node(query_t *q, uint32_t node, unsigned depth);


static uint32_t
query_list(query_t *q, const api_op_t *op, unsigned depth)
{
    uint32_t i, found;

    for (i = 0; i < op->b; i++) {
        found = query_node(q, q->s->list[op->a + i], depth);

        if (found != API_SCHEMA_NONE) {
            return found;
        }
    }

    return API_SCHEMA_NONE;
}


static uint32_t
query_cases(query_t *q, const api_op_t *op, unsigned depth)
{
    uint32_t                   i, found;
    const api_discriminator_t *d;

    d = &q->s->discriminators[op->a];

    for (i = 0; i < d->n && !d->base; i++) {
        found = query_node(q, q->s->cases[d->first + i].node, depth);

        if (found != API_SCHEMA_NONE) {
            return found;
        }
    }

    return API_SCHEMA_NONE;
}


static uint32_t
query_op(query_t *q, const api_op_t *op, unsigned depth)
{
    switch (op->code) {
    case API_OP_OBJECT:
        return q->element ? API_SCHEMA_NONE : query_member(q, op);
    case API_OP_ARRAY:
        return q->element ? query_element(q, op) : API_SCHEMA_NONE;
    case API_OP_REF:
        return query_node(q, op->a, depth);
    case API_OP_ALL:
    case API_OP_ANY:
    case API_OP_ONE:
        return query_list(q, op, depth);
    case API_OP_DISCRIMINATOR:
        return query_cases(q, op, depth);
    default:
        return API_SCHEMA_NONE;
    }
}


/* Recursion is bounded: schemas in place are few levels deep, and of more
   nothing is said. */

static uint32_t
query_node(query_t *q, uint32_t node, unsigned depth)
{
    uint32_t               i, found;
    const api_node_prog_t *n;

    if (depth == 0 || q->left == 0 || node >= q->s->nnodes) {
        return API_SCHEMA_NONE;
    }

    q->left--;

    n = &q->s->nodes[node];

    for (i = 0; i < n->nops; i++) {
        found = query_op(q, &q->s->ops[n->ops + i], depth - 1);

        if (found != API_SCHEMA_NONE) {
            return found;
        }
    }

    return API_SCHEMA_NONE;
}


uint32_t
api_schema_member(const api_schema_t *schema, uint32_t entry, api_span_t name)
{
    query_t q = { schema, name, 0, false, NULL, QUERY_NODES };

    return query_node(&q, entry, QUERY_DEPTH);
}


uint32_t
api_schema_named(const api_schema_t *schema, uint32_t entry, api_span_t name,
    api_regex_work_t *work)
{
    query_t q = { schema, name, 0, false, work, QUERY_NODES };

    return query_node(&q, entry, QUERY_DEPTH);
}


uint32_t
api_schema_element(const api_schema_t *schema, uint32_t entry, uint32_t n)
{
    query_t q = { schema, { NULL, 0 }, n, true, NULL, QUERY_NODES };

    return query_node(&q, entry, QUERY_DEPTH);
}
