#include "api_waf_long.h"
#include "api_waf_scan_int.h"
#include "api_waf_spare.h"


#define EVAL_SAY 1000 /* work units of what a match says */

bool
api_waf_pick_takes(const api_waf_pick_t *pick, api_waf_var_t var,
    api_span_t name, api_budget_t *budget, api_scratch_t *scratch)
{
    if (pick->var != var) {
        return false;
    }

    switch (pick->sel) {
    case API_WAF_SEL_ALL:
        return true;

    case API_WAF_SEL_RX:
        return api_operator_match(pick->rx, name, (api_span_t){ NULL, 0 },
                   NULL, budget, scratch)
               == 1;

    default:
        return var == API_WAF_REQUEST_HEADERS
                       || var == API_WAF_RESPONSE_HEADERS
                       || var == API_WAF_REQUEST_HEADERS_NAMES
                       || var == API_WAF_RESPONSE_HEADERS_NAMES
                   ? api_span_eq_nocase(pick->name, name)
                   : api_span_eq(pick->name, name);
    }
}


static void
api_waf_activate(api_waf_tx_t *tx, const api_waf_pick_t *pick)
{
    api_waf_active_t *at;

    at = api_waf_push(tx, &tx->active, sizeof(*at));

    if (at) {
        at->pick = pick;
    }
}


static bool
api_waf_in(const uint32_t *sorted, uint32_t n, uint32_t x)
{
    uint32_t low, high, mid;

    for (low = 0, high = n; low < high;) {
        mid = low + (high - low) / 2;

        if (sorted[mid] == x) {
            return true;
        }

        if (sorted[mid] < x) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }

    return false;
}


/* The targets that are taken out of this rule: in the files, by the location,
   by ctl. */

static void
api_waf_activate_all(api_waf_tx_t *tx, const api_waf_rule_t *rule)
{
    uint32_t                   i, index, low, high, mid;
    const api_waf_action_t    *action;
    const api_waf_view_drop_t *drop;

    index = (uint32_t) (rule - tx->p->rule);

    for (i = 0; i < rule->ndrops; i++) {
        api_waf_activate(tx, &tx->p->pick[rule->drop[i]]);
    }

    drop = tx->view->drop;

    for (low = 0, high = tx->view->ndrops; low < high;) {
        mid = low + (high - low) / 2;

        if (drop[mid].rule < index) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }

    for (; low < tx->view->ndrops && drop[low].rule == index; low++) {
        api_waf_activate(tx, &drop[low].pick);
    }

    for (i = 0; i < tx->drops.n; i++) {
        action = API_WAF_AT(api_waf_drop_t, tx->drops, i)->action;

        if (api_waf_in(action->rules, action->nrules, index)) {
            api_waf_activate(tx, &tx->p->pick[action->number]);
        }
    }
}


static bool
api_waf_target_dropped(
    const api_waf_tx_t *tx, const api_waf_try_t *t, const api_waf_pick_t *pick)
{
    uint32_t i;

    for (i = t->base; i < tx->active.n; i++) {
        if (api_span_eq_nocase(
                API_WAF_AT(api_waf_active_t, tx->active, i)->pick->full,
                pick->full))
        {
            return true;
        }
    }

    return false;
}


/* A scalar that no scan knows of, or a member of TX: there is one value, or
   none.  False: it is something else. */

static bool
api_waf_link_one(
    api_waf_tx_t *tx, api_waf_try_t *t, const api_waf_target_t *target)
{
    api_waf_item_t        item;
    const api_waf_set_t  *set;
    const api_waf_cell_t *cell;
    const api_waf_pick_t *pick;

    pick = &target->pick;
    item.var = (api_waf_var_t) pick->var;
    item.ref = API_WAF_NONE;
    item.bits = 0;

    if (pick->var == API_WAF_TX && pick->sel == API_WAF_SEL_NAME) {
        cell = api_waf_cell(tx, pick->slot, pick->name);

        if (cell == NULL) {
            return true;
        }

        item.name = cell->name;
        item.value = cell->value;

    } else if (pick->var >= API_WAF_SCALARS && pick->var < API_WAF_NSTORED
               && pick->sel == API_WAF_SEL_ALL
               && (t->rule->bit == API_WAF_NONE || tx->scan == NULL))
    {
        set = &tx->values->set[pick->var];

        if (set->count != 1) {
            return set->count == 0;
        }

        item.name = set->items->name;
        item.value = set->items->value;
        item.bits = set->items->value_bits;
        item.ref = set->items->seq * 2;

    } else {
        return false;
    }

    (void) api_waf_try(tx, &item, t);
    t->item = NULL; /* it is gone */

    return true;
}


static void
api_waf_link_target(
    api_waf_tx_t *tx, api_waf_try_t *t, const api_waf_target_t *target)
{
    if ((tx->looking && (target->pick.count || api_waf_long_waits(tx)))
        || (t->base < tx->active.n
            && api_waf_target_dropped(tx, t, &target->pick)))
    {
        return;
    }

    if (target->pick.count) {
        api_waf_try_count(tx, t, target);

    } else if (target->nexcept > 0 || !api_waf_link_one(tx, t, target)) {
        api_waf_each(tx, t->rule, target, api_waf_try, t);
    }
}


/* It goes on where it was left. */

static void
api_waf_link_begin(
    api_waf_tx_t *tx, const api_waf_rule_t *rule, api_waf_try_t *t)
{
    if (tx->looking) {
        return;
    }

    if (tx->rest.rule == rule) {
        t->matched = tx->rest.matched;
    } else {
        tx->rest.tried = 0;
    }

    tx->rest.rule = NULL;
    tx->rest.n = 0;
}


/* One rule of a chain, without the others. */

bool
api_waf_link(api_waf_tx_t *tx, const api_waf_rule_t *rule)
{
    uint32_t      i;
    api_waf_try_t t = { rule, NULL, false, tx->active.n };

    api_waf_link_begin(tx, rule, &t);

    if (rule->op == NULL) {
        api_waf_hit(tx, &t, (api_span_t){ NULL, 0 });
        return !tx->failure;
    }

    if (rule->ndrops || tx->drops.n || tx->view->ndrops) {
        api_waf_activate_all(tx, rule);
    }

    if (rule->bit != API_WAF_NONE) {
        api_waf_scan_begin(tx, rule);
    }

    for (i = 0; i < rule->ntargets && !tx->failure && tx->rest.rule == NULL;
         i++) {
        api_waf_link_target(tx, &t, &rule->target[i]);
    }

    if (rule->bit != API_WAF_NONE) {
        api_waf_scan_begin(tx, NULL);
    }

    tx->active.n = t.base;

    if (tx->rest.rule != NULL) {
        tx->rest.tried = tx->rest.n;
        tx->rest.matched = t.matched;
        return false;
    }

    tx->rest.tried = 0;

    if (!t.matched && !tx->looking) {
        tx->matched.value = (api_span_t){ NULL, 0 };
        tx->matches.n = 0;
    }

    return t.matched && !tx->failure;
}


static void
api_waf_keep(api_waf_tx_t *tx, const api_waf_rule_t *rule)
{
    api_waf_match_t        *m;
    const api_waf_match_t **kept;

    tx->nmatched++;

    if (tx->kept.n == API_WAF_MATCHES) {
        return;
    }

    m = api_arena_calloc(tx->arena, 1, sizeof(*m));

    if (m == NULL) {
        api_waf_failed(tx, "no memory");
        return;
    }

    kept = api_waf_push(tx, &tx->kept, sizeof(void *));

    if (kept == NULL) {
        return;
    }

    *kept = m;
    m->rule = rule->head;
    m->id = rule->id;
    m->phase = tx->phase;
    m->severity = tx->words.severity;
    m->log = tx->words.log;
    m->msg = tx->words.msg;
    m->logdata = tx->words.logdata;

    if (rule->op && tx->matched.value.data) {
        m->var_name = api_waf_full_name(tx, tx->matched.var, tx->matched.name);
        m->value = api_waf_spare_keep(
            tx, api_waf_spare_value(tx, &tx->matched), API_WAF_LOG_TEXT);
    }
}


/*
 * The links one behind the other, then the actions of a whole match: those of
 * the last link first, those of the rule last.
 */

bool
api_waf_eval(api_waf_tx_t *tx, const api_waf_rule_t *rule)
{
    int           i, links;
    api_waf_try_t t = { rule, NULL, true, 0 };

    links = rule->links;
    tx->words = (api_waf_words_t){ true, 255, { NULL, 0 }, { NULL, 0 } };
    i = tx->rest.rule != NULL ? (int) (tx->rest.rule - rule) : 0;

    for (; i <= links; i++) {
        if (!api_waf_link(tx, rule + i)) {
            return false;
        }
    }

    for (i = links; i >= 0 && !tx->failure; i--) {
        api_waf_do(tx, rule + i);
    }

    if (tx->failure) {
        return false;
    }

    if (!api_waf_work(tx, EVAL_SAY)) {
        return false;
    }

    api_waf_keep(tx, rule);
    api_waf_trace(tx, &t, (api_span_t){ NULL, 0 }, true);

    return true;
}
