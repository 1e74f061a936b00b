#include "api_table_int.h"


typedef struct {
    const api_gcra_t *g;
    uint64_t          now;
    uint64_t          cost;
    uint64_t          tat;
    bool              pass;
} api_table_gcra_t;


API_TABLE_HINT bool
api_table_step_gcra(void *ctx, api_slot_t old, api_slot_t *next)
{
    api_table_gcra_t *c = ctx;

    c->tat = old.val;
    c->pass = api_gcra_admit(c->g, &c->tat, c->now, c->cost);

    next->tag = old.tag;
    next->val = c->tat;

    return c->tat != old.val;
}


static int
api_table_rate_answer(const api_table_gcra_t *c)
{
    if (c->pass) {
        return API_LIMIT_PASS;
    }

    return c->cost > c->g->burst ? API_LIMIT_NEVER : API_LIMIT_OVER;
}


int
api_table_rate(api_table_t *t, uint64_t tag, const api_gcra_t *g,
    uint64_t cost, const api_now_t *now, api_full_t full, uint64_t *tat)
{
    int              rc;
    api_table_gcra_t c;

    c.g = g;
    c.now = now->mono;
    c.cost = cost;
    c.tat = 0;
    c.pass = false;

    rc = api_table_update(t, tag, now, full, api_table_step_gcra, &c, tat);

    if (rc != API_LIMIT_PASS) {
        return rc;
    }

    *tat = c.tat;

    return api_table_rate_answer(&c);
}


int
api_table_rate_peek(const api_table_t *t, uint64_t tag, const api_gcra_t *g,
    uint64_t cost, const api_now_t *now, uint64_t *tat)
{
    api_slot_t       slot, next;
    api_table_gcra_t c;

    if (!api_table_get(t, tag, now, &slot)) {
        slot.tag = tag;
        slot.val = 0;
    }

    c.g = g;
    c.now = now->mono;
    c.cost = cost;

    (void) api_table_step_gcra(&c, slot, &next);

    *tat = c.pass ? slot.val : c.tat;

    return api_table_rate_answer(&c);
}


static bool
api_table_step_charge(void *ctx, api_slot_t old, api_slot_t *next)
{
    const api_table_gcra_t *c = ctx;

    next->tag = old.tag;
    next->val = api_gcra_charge(c->g, old.val, c->now, c->cost);

    return next->val != old.val;
}


void
api_table_rate_charge(api_table_t *t, uint64_t tag, const api_gcra_t *g,
    uint64_t cost, const api_now_t *now, api_full_t full)
{
    uint64_t         until;
    api_table_gcra_t c;

    c.g = g;
    c.now = now->mono;
    c.cost = cost;

    (void) api_table_update(
        t, tag, now, full, api_table_step_charge, &c, &until);
}


static bool
api_table_step_refund(void *ctx, api_slot_t old, api_slot_t *next)
{
    const api_table_gcra_t *c = ctx;

    next->tag = old.tag;
    next->val = api_gcra_refund(c->g, old.val, c->cost);

    return next->val != old.val;
}


void
api_table_rate_refund(
    api_table_t *t, uint64_t tag, const api_gcra_t *g, uint64_t cost)
{
    api_slot_t      *slot;
    api_table_gcra_t c;

    c.g = g;
    c.cost = cost;

    do {
        slot = api_table_find(t, tag);
    } while (slot && !api_table_on(t, slot, tag, api_table_step_refund, &c));
}


static bool
api_table_step_raise(void *ctx, api_slot_t old, api_slot_t *next)
{
    const api_table_gcra_t *c = ctx;

    next->tag = old.tag;
    next->val = c->tat;

    return c->tat > old.val;
}


void
api_table_rate_raise(api_table_t *t, uint64_t tag, uint64_t tat,
    const api_now_t *now, api_full_t full)
{
    uint64_t         until;
    api_table_gcra_t c;

    if (tat <= now->mono) {
        return;
    }

    c.tat = tat;

    (void) api_table_update(
        t, tag, now, full, api_table_step_raise, &c, &until);
}
