/* Words that turn out to be identifiers: their nodes become one, and what was
   counted for each is counted for it. */

#include "api_inventory_int.h"

#include <stdio.h>


#define API_INV_KNOWN_TIMES 4
#define API_INV_PART 4 /* more than one in so many */


/* Free words are a parameter by their number; above that one, at most one
   more. */

static unsigned
api_inv_free_above(const api_inventory_t *inv, uint32_t at)
{
    unsigned n, steps;

    for (n = 0, steps = 0; at > 1 && steps < API_INV_SEGMENTS + 2; steps++) {
        n += (api_inv_node(inv, at)->flags & API_INV_N_FREE) != 0;
        at = api_inv_node(inv, at)->parent;
    }

    return n;
}


/* The template of a node, from the end of the buffer; the first parameter is
   {id}, the second {id2}. */

typedef struct {
    char       text[API_INV_TEMPLATE + 1];
    uint16_t   types[API_INV_SEGMENTS];
    unsigned   nwild;
    api_span_t span;
} api_inv_template_t;


static bool
api_inv_template(
    const api_inventory_t *inv, uint32_t at, api_inv_template_t *t)
{
    size_t                len;
    unsigned              i, n, k;
    uint32_t              path[API_INV_SEGMENTS + 2];
    const api_inv_node_t *node;

    for (n = 0; at > 1 && n < API_INV_SEGMENTS + 2; n++) {
        path[n] = at;
        at = api_inv_node(inv, at)->parent;
    }

    memset(t->types, 0, sizeof(t->types));
    t->nwild = 0;

    for (len = 0, i = n - 1, k = 0; n && i-- > 0; k++) {
        node = api_inv_node(inv, path[i]);

        if (len + API_INV_KEY + 2 > API_INV_TEMPLATE) {
            return false;
        }

        if (node->flags & API_INV_N_WILD) {
            t->nwild++;
            t->types[k < API_INV_SEGMENTS ? k : 0] = node->types;
            len += (size_t) snprintf(t->text + len, API_INV_TEMPLATE - len,
                t->nwild == 1 ? "/{id}" : "/{id%u}", t->nwild);
            continue;
        }

        t->text[len++] = '/';
        memcpy(t->text + len, node->key, node->len);
        len += node->len;
    }

    t->span = api_span(t->text, len);

    return len != 0;
}


/* The operation of a node and a method: made, or found under the name that it
   has now. */

uint32_t
api_inv_name(api_inventory_t *inv, uint32_t at, unsigned method,
    api_span_t host, int64_t now)
{
    uint32_t           op;
    unsigned           i;
    api_inv_what_t     what;
    api_inv_entry_t   *e;
    api_inv_template_t t;

    if (!api_inv_template(inv, at, &t)) {
        return 0;
    }

    what.host = host;
    what.template = t.span;
    what.method = method;

    op = api_inventory_find(inv, &what);

    if (op == API_INV_NONE) {
        op = api_inv_new(inv, &what, now);
    }

    if (op) {
        e = api_inv_entry(inv, op);

        for (i = 0; i < API_INV_SEGMENTS; i++) {
            e->segment[i] |= t.types[i];
        }

        api_inv_node(inv, at)->slot[method] = API_INV_N_OP | op;
    }

    return op;
}


/* The name of what is below a node has changed. */

static void
api_inv_rename(api_inventory_t *inv, uint32_t at, unsigned depth)
{
    unsigned        m;
    uint32_t        child, was, op;
    api_span_t      host;
    api_inv_node_t *n;

    n = api_inv_node(inv, at);

    for (m = 0; m < API_INV_METHODS; m++) {
        if (!(n->slot[m] & API_INV_N_OP)) {
            continue;
        }

        was = n->slot[m] & ~API_INV_N_OP;

        if (api_inv_entry(inv, was)->flags & API_INV_F_DOCUMENTED) {
            continue; /* the contract names it */
        }

        host = api_inv_string(inv, api_inv_entry(inv, was)->host);
        op = api_inv_name(
            inv, at, m, host, (int64_t) api_inv_entry(inv, was)->first_seen);

        if (op && op != was) {
            api_inv_add(api_inv_entry(inv, op), api_inv_entry(inv, was));
            api_inv_drop(inv, was);
        }
    }

    for (child = n->child; child && depth < API_INV_SEGMENTS;) {
        n = api_inv_node(inv, child);
        api_inv_rename(inv, child, depth + 1);
        child = n->next;
    }
}


static void
api_inv_join_slots(
    api_inventory_t *inv, api_inv_node_t *to, const api_inv_node_t *from)
{
    uint32_t a, b;
    unsigned m;

    for (m = 0; m < API_INV_METHODS; m++) {
        a = to->slot[m];
        b = from->slot[m];

        if (b == 0) {
            continue;
        }

        if (a == 0) {
            to->shape += 1U << m;
            to->slot[m] = b;

        } else if ((a & API_INV_N_OP) && (b & API_INV_N_OP)) {
            if (a != b) {
                api_inv_add(api_inv_entry(inv, a & ~API_INV_N_OP),
                    api_inv_entry(inv, b & ~API_INV_N_OP));
                api_inv_drop(inv, b & ~API_INV_N_OP);
            }

        } else if (b & API_INV_N_OP) {
            to->slot[m] = b;

        } else if (!(a & API_INV_N_OP)) {
            to->slot[m] = a + b;
        }
    }
}


/* All of `from` becomes part of `to`; from is gone.  As deep as a path. */

static void
api_inv_join(api_inventory_t *inv, uint32_t to, uint32_t from, unsigned depth)
{
    uint32_t        child, same, wild;
    api_inv_node_t *n, *c;

    n = api_inv_node(inv, from);
    api_inv_unlink(inv, from);
    api_inv_join_slots(inv, api_inv_node(inv, to), n);

    while (n->child && depth <= API_INV_SEGMENTS) {
        child = n->child;
        c = api_inv_node(inv, child);
        same = api_inv_child(inv, to, api_span(c->key, c->len), &wild);

        if (c->flags & API_INV_N_WILD) {
            same = wild;
        }

        if (same) {
            api_inv_node(inv, same)->types |= c->types;
            api_inv_join(inv, same, child, depth + 1);

        } else {
            api_inv_unlink(inv, child);
            api_inv_link(inv, to, child);
        }
    }

    if (n->who[0] != api_inv_node(inv, to)->who[0]) {
        api_inv_node(inv, to)->who[1] = n->who[0];
    }

    api_inv_node(inv, to)->hits += n->hits;

    if (n->born < api_inv_node(inv, to)->born) {
        api_inv_node(inv, to)->born = n->born;
    }

    api_inv_free(inv, from);
}


/*
 * How siblings are alike: the same methods and names below; or no parameter
 * below, and a name in common: what a tenant has, and a collection has not.
 */

typedef enum {
    API_INV_ALIKE_FEW, /* those that are no names yet */
    API_INV_ALIKE_ALL, /* names too */
    API_INV_ALIKE_SHARE
} api_inv_alike_t;


/* Is a word below `a` below `b` too, and no parameter below a? */

static bool
api_inv_share(const api_inventory_t *inv, uint32_t a, uint32_t b)
{
    bool                  share;
    uint32_t              child, wild, steps;
    const api_inv_node_t *c;

    child = api_inv_node(inv, a)->child;

    for (share = false, steps = 0; child && steps <= API_INV_CHILDREN; steps++)
    {
        c = api_inv_node(inv, child);

        if (c->flags & API_INV_N_WILD) {
            return false;
        }

        share = share
                || (c->len
                    && api_inv_child(inv, b, api_span(c->key, c->len), &wild)
                           != 0);
        child = c->next;
    }

    return share;
}


/* A name that a good part of all paths at this place have is no identifier. */

static bool
api_inv_rules(const api_inventory_t *inv, const api_inv_node_t *n)
{
    return (n->flags & API_INV_N_KNOWN)
           && n->hits > api_inv_node(inv, n->parent)->hits / API_INV_PART;
}


static bool
api_inv_like(const api_inventory_t *inv, uint32_t at, uint32_t model,
    uint32_t shape, api_inv_alike_t how)
{
    const api_inv_node_t *n;

    n = api_inv_node(inv, at);

    if ((n->flags & (API_INV_N_WILD | API_INV_N_PINNED))
        || api_inv_rules(inv, n)) {
        return false;
    }

    if (how == API_INV_ALIKE_SHARE) {
        return api_inv_share(inv, at, model);
    }

    return n->shape == shape
           && (how == API_INV_ALIKE_ALL || !(n->flags & API_INV_N_KNOWN));
}


static void
api_inv_collapse(
    api_inventory_t *inv, uint32_t at, api_inv_alike_t how, int64_t now)
{
    uint32_t        parent, child, next, wild, shape, steps;
    api_inv_node_t *w;

    parent = api_inv_node(inv, at)->parent;
    shape = api_inv_node(inv, at)->shape;

    (void) api_inv_child(inv, parent, api_span("\xff", 1), &wild);

    if (wild == 0) {
        wild =
            api_inv_grow(inv, parent, api_span(NULL, 0), API_INV_N_WILD, now);
    }

    if (wild == 0) {
        return;
    }

    w = api_inv_node(inv, wild);
    w->flags |= API_INV_N_FREE;
    w->types |= 1U << API_SEGMENT_WORD;

    if (how != API_INV_ALIKE_FEW) {
        w->flags |= API_INV_N_ALL;
    }

    child = api_inv_node(inv, parent)->child;

    for (steps = 0; child && steps <= API_INV_CHILDREN; steps++) {
        next = api_inv_node(inv, child)->next;

        if (child != wild && child != at
            && api_inv_like(inv, child, at, shape, how)) {
            api_inv_join(inv, wild, child, 0);
        }

        child = next;
    }

    api_inv_join(inv, wild, at, 0);
    api_inv_rename(inv, wild, 0);
}


/* Has the parameter all that this word has? */

static bool
api_inv_part_of(const api_inventory_t *inv, const api_inv_node_t *n,
    const api_inv_node_t *wild, uint32_t wild_at)
{
    unsigned              m, steps;
    uint32_t              child, same, other;
    const api_inv_node_t *c;

    for (m = 0; m < API_INV_METHODS; m++) {
        if (n->slot[m] && !wild->slot[m]) {
            return false;
        }
    }

    child = n->child;

    for (steps = 0; child && steps <= API_INV_CHILDREN; steps++) {
        c = api_inv_node(inv, child);
        same = api_inv_child(inv, wild_at, api_span(c->key, c->len), &other);

        if (c->flags & API_INV_N_WILD ? other == 0 : same == 0) {
            return false;
        }

        child = c->next;
    }

    return true;
}


/* A word beside the parameter that its like became: it had less below it when
   they did. */

static bool
api_inv_follow(api_inventory_t *inv, uint32_t at)
{
    uint32_t              wild;
    const api_inv_node_t *n, *w;

    n = api_inv_node(inv, at);
    (void) api_inv_child(inv, n->parent, api_span("\xff", 1), &wild);
    w = api_inv_node(inv, wild);

    if (wild == 0 || !(w->flags & API_INV_N_FREE)
        || ((n->flags & API_INV_N_KNOWN) && !(w->flags & API_INV_N_ALL)))
    {
        return false;
    }

    if (!api_inv_part_of(inv, n, w, wild)
        && !((w->flags & API_INV_N_ALL) && api_inv_share(inv, at, wild)))
    {
        return false;
    }

    api_inv_join(inv, wild, at, 0);
    api_inv_rename(inv, wild, 0);

    return true;
}


static uint32_t
api_inv_alike(const api_inventory_t *inv, uint32_t at, api_inv_alike_t how)
{
    uint32_t              child, count, steps;
    const api_inv_node_t *n;

    n = api_inv_node(inv, at);
    child = api_inv_node(inv, n->parent)->child;

    for (count = 0, steps = 0; child && steps <= API_INV_CHILDREN; steps++) {
        count += api_inv_like(inv, child, at, n->shape, how);
        child = api_inv_node(inv, child)->next;
    }

    return count;
}


/* Are there so many like this one? */

bool
api_inv_group(api_inventory_t *inv, uint32_t at, const api_inv_rules_t *rules,
    int64_t now)
{
    uint32_t              need;
    api_inv_alike_t       how;
    const api_inv_node_t *n;

    n = api_inv_node(inv, at);

    if ((n->flags & (API_INV_N_WILD | API_INV_N_PINNED)) || n->parent <= 1
        || n->len == 0 || api_inv_rules(inv, n)
        || api_inv_free_above(inv, n->parent) > 1)
    {
        return false;
    }

    if (api_inv_follow(inv, at)) {
        return true;
    }

    how = API_INV_ALIKE_FEW;
    need = rules->group;

    if (n->flags & API_INV_N_KNOWN) {
        how = API_INV_ALIKE_ALL;
        need *= API_INV_KNOWN_TIMES;
    }

    if (api_inv_alike(inv, at, how) >= need) {
        api_inv_collapse(inv, at, how, now);
        return true;
    }

    if (n->child
        && api_inv_alike(inv, at, API_INV_ALIKE_SHARE) >= rules->group) {
        api_inv_collapse(inv, at, API_INV_ALIKE_SHARE, now);
        return true;
    }

    return false;
}
