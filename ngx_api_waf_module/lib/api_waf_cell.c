#include "api_waf_plan.h"

#define API_WAF_EXTRA_FIRST 64


static uint64_t
api_waf_extra_hash(const api_waf_tx_t *tx, api_span_t name)
{
    uint8_t  low[256];
    size_t   i, n;
    uint64_t h;

    /* In any case, as names of TX are; what is longer differs early enough. */

    n = name.len < sizeof(low) ? name.len : sizeof(low);

    for (i = 0; i < n; i++) {
        low[i] = name.data[i] >= 'A' && name.data[i] <= 'Z'
                     ? (uint8_t) (name.data[i] | 0x20)
                     : name.data[i];
    }

    h = api_siphash13(tx->env->seed, api_span(low, n));

    return h ^ name.len;
}


/* The cell of a name that no rule spells out, or where it belongs. */

static uint32_t *
api_waf_extra(const api_waf_tx_t *tx, api_span_t name)
{
    uint32_t        i;
    api_waf_cell_t *cell;

    for (i = (uint32_t) api_waf_extra_hash(tx, name) & tx->extra_mask;
         tx->extra_table[i]; i = (i + 1) & tx->extra_mask)
    {
        cell = API_WAF_AT(api_waf_cell_t, tx->extra, tx->extra_table[i] - 1);

        if (api_span_eq_nocase(cell->name, name)) {
            break;
        }
    }

    return &tx->extra_table[i];
}


static bool
api_waf_extra_grow(api_waf_tx_t *tx)
{
    uint32_t  i, mask;
    uint32_t *table;

    mask = tx->extra_table ? tx->extra_mask * 2 + 1 : API_WAF_EXTRA_FIRST - 1;
    table = api_arena_calloc(tx->arena, (size_t) mask + 1, sizeof(*table));

    if (table == NULL) {
        api_waf_failed(tx, "no memory");
        return false;
    }

    tx->extra_table = table;
    tx->extra_mask = mask;

    for (i = 0; i < tx->extra.n; i++) {
        *api_waf_extra(tx, API_WAF_AT(api_waf_cell_t, tx->extra, i)->name) =
            i + 1;
    }

    return true;
}


const api_waf_cell_t *
api_waf_cell(const api_waf_tx_t *tx, uint32_t slot, api_span_t name)
{
    uint32_t              at;
    const api_waf_cell_t *cell;

    if (slot == API_WAF_NONE) {
        slot = api_waf_slot_find(tx->p, name);
    }

    if (slot != API_WAF_NONE) {
        cell = &tx->slot[slot];

    } else {
        at = tx->extra_table ? *api_waf_extra(tx, name) : 0;

        if (at == 0) {
            return NULL;
        }

        cell = API_WAF_AT(api_waf_cell_t, tx->extra, at - 1);
    }

    return cell->value.data ? cell : NULL;
}


static void
api_waf_extra_set(api_waf_tx_t *tx, api_span_t name, api_span_t value)
{
    uint32_t       *at;
    api_waf_cell_t *cell;

    if ((tx->extra_table == NULL || tx->extra.n * 2 > tx->extra_mask)
        && !api_waf_extra_grow(tx))
    {
        return;
    }

    at = api_waf_extra(tx, name);

    if (*at) {
        API_WAF_AT(api_waf_cell_t, tx->extra, *at - 1)->value = value;
        return;
    }

    if (tx->extra.n == API_WAF_TX_NAMES) {
        api_waf_failed(tx, "rules made more than 20000 names of TX");
        return;
    }

    cell = api_waf_push(tx, &tx->extra, sizeof(*cell));

    if (cell) {
        cell->name = name;
        cell->value = value;
        *at = tx->extra.n;
    }
}


void
api_waf_cell_set(
    api_waf_tx_t *tx, uint32_t slot, api_span_t name, api_span_t value)
{
    if (slot == API_WAF_NONE) {
        slot = api_waf_slot_find(tx->p, name);
    }

    if (slot == API_WAF_NONE) {
        api_waf_extra_set(tx, name, value);

        if (tx->hopes) {
            api_waf_plan_named(tx, name);
        }

        return;
    }

    if (tx->slot_fixed && (tx->slot_fixed[slot / 64] >> (slot % 64) & 1)) {
        return;
    }

    if (tx->hopes) {
        api_waf_plan_written(tx, slot, value);
    }

    if (tx->wrote != NULL) {
        tx->wrote[slot / 64] |= UINT64_C(1) << (slot % 64);
    }

    tx->slot[slot].name = tx->p->slot[slot].name;
    tx->slot[slot].value = value;
}


static api_span_t
api_waf_lower_name(api_waf_tx_t *tx, api_span_t name)
{
    size_t   i;
    uint8_t *out;

    out = api_arena_alloc(tx->arena, name.len + 1);

    if (out == NULL) {
        api_waf_failed(tx, "no memory");
        return (api_span_t){ NULL, 0 };
    }

    for (i = 0; i < name.len; i++) {
        out[i] = name.data[i] >= 'A' && name.data[i] <= 'Z'
                     ? (uint8_t) (name.data[i] | 0x20)
                     : name.data[i];
    }

    return api_span(out, name.len);
}


api_span_t
api_waf_stored(api_waf_tx_t *tx, api_waf_var_t var, api_span_t name)
{
    char       buf[API_WAF_STORE_VALUE + 1];
    size_t     len;
    api_span_t key, value;

    key = tx->key[var - API_WAF_IP];

    if (tx->env->store == NULL || key.data == NULL) {
        return (api_span_t){ NULL, 0 };
    }

    len = sizeof(buf);
    name = api_waf_lower_name(tx, name);

    if (name.data == NULL
        || tx->env->store->get(tx->env->store->ctx, var, key, name, buf, &len)
               != API_OK)
    {
        return (api_span_t){ NULL, 0 };
    }

    value = api_arena_dup(tx->arena, api_span(buf, len));

    if (value.data == NULL) {
        api_waf_failed(tx, "no memory");
    }

    return value;
}


static void
api_waf_store_set(api_waf_tx_t *tx, const api_waf_setvar_t *set,
    api_span_t name, api_span_t value, int64_t number)
{
    int64_t                sum;
    api_span_t             key;
    const api_waf_store_t *store;

    store = tx->env->store;
    key = tx->key[set->var - API_WAF_IP];
    name = store && key.data ? api_waf_lower_name(tx, name) : name;

    if (store == NULL || key.data == NULL || name.data == NULL) {
        return;
    }

    /* A full store is the store's to count. */

    if (set->op == API_WAF_SET || set->op == API_WAF_SET_UNSET) {
        (void) store->set(store->ctx, set->var, key, name, value);
    } else {
        (void) store->add(store->ctx, set->var, key, name,
            set->op == API_WAF_SET_ADD ? number : -number, &sum);
    }
}


static int64_t
api_waf_setvar_number(
    api_waf_tx_t *tx, const api_waf_rule_t *rule, const api_waf_setvar_t *set)
{
    return set->value.n == 0 ? set->number
                             : api_waf_stoi(api_waf_expand(
                                 tx, rule, &set->value, API_WAF_SET_TEXT));
}


void
api_waf_setvar(
    api_waf_tx_t *tx, const api_waf_rule_t *rule, const api_waf_setvar_t *set)
{
    int64_t               n, old;
    api_span_t            name, value;
    const api_waf_cell_t *cell;

    n = 0;
    value = (api_span_t){ NULL, 0 };
    name = set->slot == API_WAF_NONE
               ? api_waf_expand(tx, rule, &set->name, API_WAF_TEXT_MAX)
               : set->name.text;

    if (set->op == API_WAF_SET) {
        value = api_waf_expand(tx, rule, &set->value, API_WAF_SET_TEXT);

    } else if (set->op != API_WAF_SET_UNSET) {
        n = api_waf_setvar_number(tx, rule, set);
    }

    if (tx->failure) {
        return;
    }

    if (set->var != API_WAF_TX) {
        api_waf_store_set(tx, set, name, value, n);
        return;
    }

    if (set->op == API_WAF_SET_ADD || set->op == API_WAF_SET_SUB) {
        cell = api_waf_cell(tx, set->slot, name);
        old = cell ? api_waf_stoi(cell->value) : 0;
        value =
            api_waf_number(tx, set->op == API_WAF_SET_ADD ? old + n : old - n);
    }

    if (!tx->failure) {
        api_waf_cell_set(tx, set->slot, name, value);
    }
}


void
api_waf_expire(api_waf_tx_t *tx, const api_waf_rule_t *rule,
    const api_waf_action_t *action)
{
    int64_t                seconds;
    api_span_t             key, name;
    const api_waf_store_t *store;

    store = tx->env->store;
    key = tx->key[action->var - API_WAF_IP];

    if (store == NULL || key.data == NULL) {
        return;
    }

    name = api_waf_lower_name(
        tx, api_waf_expand(tx, rule, &action->name, API_WAF_TEXT_MAX));
    seconds = api_waf_stoi(
        api_waf_expand(tx, rule, &action->text, API_WAF_TEXT_MAX));

    if (name.data && !tx->failure) {
        (void) store->touch(store->ctx, (api_waf_var_t) action->var, key, name,
            tx->env->now + seconds);
    }
}
