/* Nodes of the tree of segments: where they hang, and which may go. */

#include "api_inventory_int.h"


#define API_INV_SCAN 64 /* nodes that are looked at to evict one */


uint32_t
api_inv_hash(api_span_t s)
{
    size_t   i;
    uint32_t h;

    for (h = 2166136261U, i = 0; i < s.len; i++) {
        h = (h ^ s.data[i]) * 16777619U;
    }

    return h;
}


/* What a child adds to the shape of its parent: a sum, so that it can be taken
   away again. */

static uint32_t
api_inv_shape(const api_inv_node_t *n)
{
    uint32_t h;

    h = n->flags & API_INV_N_WILD ? 0x7b7d : n->hash | 1;

    return h * 2654435761U ^ h >> 15;
}


static bool
api_inv_is(const api_inv_node_t *n, api_span_t key, uint32_t hash)
{
    return n->hash == hash && !(n->flags & API_INV_N_WILD)
           && api_span_eq(api_span(n->key, n->len), key);
}


/* Among the children of parent: the word, and the parameter. */

uint32_t
api_inv_child(const api_inventory_t *inv, uint32_t parent, api_span_t key,
    uint32_t *wild)
{
    uint32_t              at, hash, steps;
    const api_inv_node_t *n;

    hash = api_inv_hash(key);
    at = api_inv_node(inv, parent)->child;
    *wild = 0;

    for (steps = 0; at && steps <= API_INV_CHILDREN; steps++) {
        n = api_inv_node(inv, at);

        if (n->flags & API_INV_N_WILD) {
            *wild = at;

        } else if (api_inv_is(n, key, hash)) {
            return at;
        }

        at = n->next;
    }

    return 0;
}


void
api_inv_unlink(api_inventory_t *inv, uint32_t at)
{
    api_inv_node_t *n, *parent;

    n = api_inv_node(inv, at);
    parent = api_inv_node(inv, n->parent);

    if (n->prev) {
        api_inv_node(inv, n->prev)->next = n->next;

    } else if (parent->child == at) {
        parent->child = n->next;
    }

    if (n->next) {
        api_inv_node(inv, n->next)->prev = n->prev;
    }

    parent->shape -= api_inv_shape(n);
    parent->children--;
    n->prev = 0;
    n->next = 0;
}


void
api_inv_link(api_inventory_t *inv, uint32_t parent, uint32_t at)
{
    api_inv_node_t *n, *p;

    n = api_inv_node(inv, at);
    p = api_inv_node(inv, parent);

    n->parent = parent;
    n->prev = 0;
    n->next = p->child;

    if (p->child) {
        api_inv_node(inv, p->child)->prev = at;
    }

    p->child = at;
    p->shape += api_inv_shape(n);
    p->children++;
}


void
api_inv_free(api_inventory_t *inv, uint32_t at)
{
    api_inv_node_t *n;

    n = api_inv_node(inv, at);

    memset(n, 0, sizeof(api_inv_node_t));
    n->parent = inv->free_node;
    inv->free_node = at;
    inv->nnodes--;
}


static bool
api_inv_has_op(const api_inv_node_t *n)
{
    unsigned m;

    for (m = 0; m < API_INV_METHODS; m++) {
        if (n->slot[m] & API_INV_N_OP) {
            return true;
        }
    }

    return false;
}


/* A leaf that is no operation and was not used lately: the clock. */

static bool
api_inv_evict(api_inventory_t *inv, uint32_t but)
{
    unsigned        i;
    api_inv_node_t *n;

    for (i = 0; i < API_INV_SCAN; i++) {
        inv->hand = inv->hand < inv->top_node ? inv->hand + 1 : 1;
        n = api_inv_node(inv, inv->hand);

        if (!(n->flags & API_INV_N_USED) || (n->flags & API_INV_N_PINNED)
            || n->child || n->parent == 0 || inv->hand == but
            || api_inv_has_op(n))
        {
            continue;
        }

        if (n->flags & API_INV_N_TOUCHED) {
            n->flags &= (uint8_t) ~API_INV_N_TOUCHED;
            continue;
        }

        api_inv_unlink(inv, inv->hand);
        api_inv_free(inv, inv->hand);
        inv->evicted++;

        return true;
    }

    return false;
}


/* but: a node that may not go for it. */

static uint32_t
api_inv_make(api_inventory_t *inv, uint32_t but)
{
    uint32_t at;

    if (inv->free_node == 0 && inv->top_node + 1 < inv->max_nodes) {
        at = ++inv->top_node;

    } else {
        if (inv->free_node == 0 && !api_inv_evict(inv, but)) {
            inv->overflow++;
            return 0;
        }

        at = inv->free_node;

        if (at == 0 || at >= inv->max_nodes) {
            inv->free_node = 0;
            return 0;
        }

        inv->free_node = api_inv_node(inv, at)->parent;
    }

    memset(api_inv_node(inv, at), 0, sizeof(api_inv_node_t));
    inv->nnodes++;

    return at;
}


/* A child; parameters have no key. */

uint32_t
api_inv_grow(api_inventory_t *inv, uint32_t parent, api_span_t key,
    unsigned flags, int64_t now)
{
    uint32_t        at;
    api_inv_node_t *n;

    if (api_inv_node(inv, parent)->children >= API_INV_CHILDREN) {
        inv->overflow++;
        return 0;
    }

    at = api_inv_make(inv, parent);

    if (at == 0) {
        return 0;
    }

    n = api_inv_node(inv, at);
    n->flags = (uint8_t) (API_INV_N_USED | flags);
    n->born = (uint32_t) now;

    if (!(flags & API_INV_N_WILD)) {
        n->len =
            (uint8_t) (key.len > API_INV_KEY ? (size_t) API_INV_KEY : key.len);

        if (n->len) {
            memcpy(n->key, key.data, n->len);
        }

        n->hash = api_inv_hash(key);
    }

    api_inv_link(inv, parent, at);

    return at;
}


void
api_inv_forget_tree(api_inventory_t *inv)
{
    inv->top_node = 0;
    inv->free_node = 0;
    inv->nnodes = 0;
    inv->hand = 0;

    memset(api_inv_node(inv, 1), 0, sizeof(api_inv_node_t));
}
