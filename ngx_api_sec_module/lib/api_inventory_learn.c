/*
 * Learning: a tree of segments.  The children of the root are hosts.
 *
 * A segment that is an identifier by its characters goes to the one parameter
 * among its siblings.  A word gets a node of its own.  When `group` words in
 * one place are alike (the same methods, the same names below them), they were
 * identifiers too: they become the parameter, with all that is below.  Words
 * that three callers and more have used are names rather than identifiers: of
 * these it takes four times as many.
 *
 * A path that is used often enough becomes an operation.
 */

#include "api_inventory_int.h"

#include <stdio.h>


typedef struct {
    api_span_t    seg[API_INV_SEGMENTS];
    api_segment_t type[API_INV_SEGMENTS];
    unsigned      n;
} api_inv_segments_t;


/* False: no path that is learned. */

static bool
api_inv_cut(api_span_t path, api_inv_segments_t *s)
{
    size_t i, from;

    s->n = 0;

    if (path.len == 0 || path.data[0] != '/'
        || path.len > API_INV_TEMPLATE / 2) {
        return false;
    }

    for (from = 1, i = 1; i <= path.len; i++) {
        if (i < path.len && path.data[i] != '/') {
            continue;
        }

        if (s->n == API_INV_SEGMENTS) {
            return false;
        }

        s->seg[s->n] = api_span(path.data + from, i - from);
        s->type[s->n] = api_segment_of_path(s->seg[s->n]);

        if (s->type[s->n] == API_SEGMENT_WORD
            && s->seg[s->n].len > API_INV_KEY) {
            s->type[s->n] = API_SEGMENT_OTHER;
        }

        s->n++;
        from = i + 1;
    }

    return true;
}


/* The root is node 1.  A host is known by the hash of its name too. */

static uint32_t
api_inv_host(api_inventory_t *inv, api_span_t host, bool make)
{
    uint32_t        at, wild;
    api_span_t      key;
    uint8_t         text[API_INV_KEY];
    api_inv_node_t *root;

    root = api_inv_node(inv, 1);

    if (!(root->flags & API_INV_N_USED)) {
        if (!make) {
            return 0;
        }

        inv->top_node = inv->top_node ? inv->top_node : 1;
        root->flags = API_INV_N_USED | API_INV_N_PINNED;
        inv->nnodes++;
    }

    key = host;

    if (host.len > API_INV_KEY) {
        (void) snprintf((char *) text, sizeof(text), "%08x.%.*s",
            api_inv_hash(host), API_INV_KEY - 10, (const char *) host.data);
        key = api_span(text, API_INV_KEY - 1);
    }

    at = api_inv_child(inv, 1, key, &wild);

    return at || !make ? at : api_inv_grow(inv, 1, key, API_INV_N_PINNED, 0);
}


/* The node of a segment below parent; 0: none, and none could be made. */

static uint32_t
api_inv_step(api_inventory_t *inv, uint32_t parent, api_span_t seg,
    api_segment_t type, bool make, int64_t now)
{
    uint32_t        at, wild;
    api_inv_node_t *n;

    at = api_inv_child(inv, parent, seg, &wild);

    if (at) {
        return at;
    }

    n = api_inv_node(inv, wild);

    if (wild && seg.len
        && (type != API_SEGMENT_WORD
            || (n->flags & (API_INV_N_FREE | API_INV_N_PINNED))))
    {
        if (make) {
            n->types |= (uint16_t) (1U << type);
        }

        return wild;
    }

    if (!make) {
        return 0;
    }

    if (type == API_SEGMENT_WORD) {
        return api_inv_grow(inv, parent, seg, 0, now);
    }

    at = api_inv_grow(inv, parent, seg, API_INV_N_WILD, now);

    if (at) {
        api_inv_node(inv, at)->types = (uint16_t) (1U << type);
    }

    return at;
}


/* Who has used it: two that are told apart, then it is known. */

static void
api_inv_used_by(api_inv_node_t *n, uint64_t who)
{
    uint32_t w;

    w = (uint32_t) (who >> 32) ^ (uint32_t) who;

    n->flags |= API_INV_N_TOUCHED;
    n->hits++;

    if (w == 0 || n->who[0] == w || n->who[1] == w) {
        return;
    }

    if (n->who[0] == 0) {
        n->who[0] = w;

    } else if (n->who[1] == 0) {
        n->who[1] = w;

    } else {
        n->flags |= API_INV_N_KNOWN;
    }
}


/* The shape of a node counts its methods in the low bits of its sum. */

static uint32_t
api_inv_hit(api_inventory_t *inv, uint32_t at, const api_inv_path_t *path,
    const api_inv_rules_t *rules)
{
    int64_t         age;
    uint32_t        hits;
    api_inv_node_t *n;

    n = api_inv_node(inv, at);

    if (n->slot[path->method] & API_INV_N_OP) {
        return n->slot[path->method] & ~API_INV_N_OP;
    }

    if (n->slot[path->method] == 0) {
        n->shape += 1U << path->method;
    }

    hits = ++n->slot[path->method];
    age = path->now - (int64_t) n->born;

    if (hits >= rules->min_hits && (n->who[1] || age >= rules->min_span)) {
        return api_inv_name(inv, at, path->method, path->host, path->now);
    }

    return API_INV_OTHER;
}


/* Nodes of the path, made when it is served; 0: not to be had. */

static uint32_t
api_inv_walk(api_inventory_t *inv, const api_inv_path_t *path, uint32_t *nodes,
    unsigned *n)
{
    unsigned           i;
    uint32_t           at;
    api_inv_segments_t s;

    *n = 0;

    if (!api_inv_cut(path->path, &s)) {
        return 0;
    }

    at = api_inv_host(inv, path->host, path->served);

    for (i = 0; at && i < s.n; i++) {
        at = api_inv_step(
            inv, at, s.seg[i], s.type[i], path->served, path->now);
        nodes[(*n)++] = at;
    }

    return at;
}


/* To look at all siblings is dear: it is done when a node is new, and then ever
   less often, for those that stand beside it go on to change. */

static bool
api_inv_due(const api_inv_node_t *n)
{
    return (n->flags & API_INV_N_USED)
           && ((n->hits & (n->hits - 1)) == 0 || n->hits % 64 == 0);
}


/* A path that is served: its nodes are used, and may be alike now. */

static api_inv_op_t
api_inv_served(api_inventory_t *inv, uint32_t at, const api_inv_path_t *path,
    const api_inv_rules_t *rules, uint32_t *nodes, unsigned n)
{
    bool     changed;
    unsigned i;
    uint32_t op;

    for (i = 0; i < n; i++) {
        api_inv_used_by(api_inv_node(inv, nodes[i]), path->who);
    }

    op = api_inv_hit(inv, at, path, rules);

    for (changed = false, i = 0; i < n; i++) {
        if (api_inv_due(api_inv_node(inv, nodes[i]))) {
            changed |= api_inv_group(inv, nodes[i], rules, path->now);
        }
    }

    if (!changed) {
        return op;
    }

    /* other nodes, and perhaps another operation */

    at = api_inv_walk(inv, path, nodes, &n);

    return at ? api_inv_hit(inv, at, path, rules) : API_INV_OTHER;
}


api_inv_op_t
api_inventory_learn(api_inventory_t *inv, const api_inv_path_t *path,
    const api_inv_rules_t *rules)
{
    uint32_t at, op, nodes[API_INV_SEGMENTS];
    unsigned n;

    if (path->method >= API_INV_METHODS) {
        return API_INV_OTHER;
    }

    api_inv_begin(inv);

    at = api_inv_walk(inv, path, nodes, &n);
    op = API_INV_OTHER;

    if (at && path->served) {
        op = api_inv_served(inv, at, path, rules, nodes, n);

    } else if (at) {
        op = api_inv_node(inv, at)->slot[path->method];
        op = op & API_INV_N_OP ? op & ~API_INV_N_OP : API_INV_OTHER;
    }

    api_inv_end(inv);

    return op;
}


/* {name} is a parameter; a segment with braces in it is one too. */

void
api_inv_pin(api_inventory_t *inv, uint32_t op, bool contract)
{
    unsigned           i, flags;
    uint32_t           at, next, wild;
    api_inv_node_t    *n;
    api_inv_entry_t   *e;
    api_inv_segments_t s;

    e = api_inv_entry(inv, op);

    if (!api_inv_cut(api_inv_string(inv, e->template), &s)) {
        return;
    }

    at = api_inv_host(inv, api_inv_string(inv, e->host), true);
    flags = contract ? API_INV_N_PINNED : 0;

    for (i = 0; at && i < s.n; i++, at = next) {
        next = api_inv_child(inv, at, s.seg[i], &wild);

        if (s.seg[i].len && memchr(s.seg[i].data, '{', s.seg[i].len)) {
            next = wild ? wild
                        : api_inv_grow(inv, at, s.seg[i], API_INV_N_WILD, 0);

            n = api_inv_node(inv, next);
            n->types |= e->segment[i];
            n->flags |= (uint8_t) (e->segment[i] & 1U << API_SEGMENT_WORD
                                       ? API_INV_N_FREE
                                       : 0);

        } else if (next == 0) {
            next = api_inv_grow(inv, at, s.seg[i], 0, 0);
        }

        if (next) {
            api_inv_node(inv, next)->flags |= (uint8_t) flags;
        }
    }

    if (at && e->method < API_INV_METHODS) {
        n = api_inv_node(inv, at);
        n->shape += n->slot[e->method] ? 0 : 1U << e->method;
        n->slot[e->method] = API_INV_N_OP | op;
    }
}
