/* What was learned goes when nobody has called it for long. */

#include "api_inventory_int.h"


static bool
api_inv_is_old(const api_inv_entry_t *e, int64_t before)
{
    int64_t last;

    last = e->last_seen ? e->last_seen : e->first_seen;

    return (e->flags & API_INV_F_USED) && !(e->flags & API_INV_F_DOCUMENTED)
           && last < before;
}


void
api_inv_prune(api_inventory_t *inv, uint32_t at)
{
    unsigned        m, depth;
    uint32_t        parent;
    api_inv_node_t *n;

    for (depth = 0; at && depth <= API_INV_SEGMENTS + 1; depth++) {
        n = api_inv_node(inv, at);

        if (!(n->flags & API_INV_N_USED) || (n->flags & API_INV_N_PINNED)
            || n->child || n->parent == 0)
        {
            return;
        }

        for (m = 0; m < API_INV_METHODS; m++) {
            if (n->slot[m]) {
                return;
            }
        }

        parent = n->parent;
        api_inv_unlink(inv, at);
        api_inv_free(inv, at);
        at = parent;
    }
}


/* Nodes that lead to an operation that has gone: none of its slots is old. */

static void
api_inv_forget_nodes(api_inventory_t *inv)
{
    bool            freed;
    unsigned        m;
    uint32_t        at, op;
    api_inv_node_t *n;

    for (at = 1; at <= inv->top_node && at < inv->max_nodes; at++) {
        n = api_inv_node(inv, at);

        if (!(n->flags & API_INV_N_USED)) {
            continue;
        }

        for (freed = false, m = 0; m < API_INV_METHODS; m++) {
            op = n->slot[m] & ~API_INV_N_OP;

            if ((n->slot[m] & API_INV_N_OP)
                && !(api_inv_entry(inv, op)->flags & API_INV_F_USED))
            {
                n->slot[m] = 0;
                n->shape -= 1U << m;
                freed = true;
            }
        }

        if (freed) {
            api_inv_prune(inv, at);
        }
    }
}


uint32_t
api_inventory_forget(api_inventory_t *inv, int64_t before)
{
    uint32_t op, n;

    for (n = 0, op = 1; op <= inv->top_op && op < inv->max_ops; op++) {
        n += api_inv_is_old(api_inv_entry(inv, op), before);
    }

    if (n == 0) {
        return 0;
    }

    api_inv_begin(inv);

    for (op = 1; op <= inv->top_op && op < inv->max_ops; op++) {
        if (api_inv_is_old(api_inv_entry(inv, op), before)) {
            api_inv_drop(inv, op);
        }
    }

    api_inv_forget_nodes(inv);
    inv->forgotten += n;
    api_inv_end(inv);

    return n;
}
