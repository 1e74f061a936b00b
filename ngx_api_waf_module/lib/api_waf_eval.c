#include "api_waf_scan_int.h"


/* Work units of a value that a rule looks at, of a match and of what it
   says. */

#define EVAL_TRY 20
#define EVAL_HIT 200
#define EVAL_SAY 1000

/* One rule, or link, and how far it has come. */

typedef struct {
    const api_waf_rule_t *rule;
    const api_waf_item_t *item; /* NULL: SecAction */
    bool                  matched;
    uint32_t              base; /* of its picks among tx->active */
} api_waf_try_t;


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
api_waf_dropped(
    api_waf_tx_t *tx, const api_waf_try_t *t, const api_waf_item_t *item)
{
    uint32_t i;

    for (i = t->base; i < tx->active.n; i++) {
        if (api_waf_pick_takes(
                API_WAF_AT(api_waf_active_t, tx->active, i)->pick, item->var,
                item->name, &tx->budget, tx->env->scratch))
        {
            return true;
        }
    }

    return false;
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


static void
api_waf_keep_captures(api_waf_tx_t *tx, const api_captures_t *c)
{
    uint32_t   i;
    api_span_t copy;

    for (i = 0; i < c->n && i < API_OPERATOR_CAPTURES; i++) {
        if (c->text[i].data == NULL) {
            continue;
        }

        copy = api_arena_dup(tx->arena, c->text[i]);

        if (copy.data == NULL) {
            api_waf_failed(tx, "no memory");
            return;
        }

        api_waf_cell_set(tx, i, tx->p->slot[i].name, copy);
    }
}


/* Does the operator say yes to the value, negation and all? */

static bool
api_waf_test(api_waf_tx_t *tx, const api_waf_rule_t *rule, api_span_t value)
{
    int            rc;
    api_span_t     arg;
    api_captures_t captures;

    captures.n = 0;
    arg = rule->arg.n ? api_waf_expand(tx, rule, &rule->arg, API_WAF_SET_TEXT)
                      : rule->arg.text;

    rc = api_operator_match(rule->op, value, arg,
        rule->capture ? &captures : NULL, &tx->budget, tx->env->scratch);

    if (tx->budget.left == 0) {
        (void) api_waf_work(tx, 1);
        return false;
    }

    if (rc == API_LIMIT) {
        api_waf_cell_set(tx, API_WAF_NONE,
            API_SPAN("MSC_PCRE_LIMITS_EXCEEDED"), API_SPAN("1"));
        rc = 0;

    } else if (rc < 0) {
        api_waf_failed(tx, "an operator failed");
        return false;
    }

    if (rc == 1 && rule->capture) {
        api_waf_keep_captures(tx, &captures);
    }

    return (rc == 1) != rule->negate;
}


static void
api_waf_trace(
    api_waf_tx_t *tx, const api_waf_try_t *t, api_span_t value, bool whole)
{
    api_waf_trace_t trace;

    if (tx->env->trace == NULL) {
        return;
    }

    memset(&trace, 0, sizeof(trace));

    trace.rule = t->rule->head;
    trace.id = tx->p->rule[t->rule->head].id;
    trace.link = (uint8_t) (t->rule - &tx->p->rule[t->rule->head]);
    trace.phase = tx->phase;
    trace.whole = whole;
    trace.log = tx->words.log;
    trace.msg = tx->words.msg;
    trace.logdata = tx->words.logdata;
    trace.severity = tx->words.severity;
    trace.op = t->rule->op ? t->rule->op_name : API_SPAN("SecAction");
    trace.chain = tx->p->chain[t->rule->chain].name;
    trace.score = api_waf_tx_score(tx, false);

    if (t->item) {
        trace.var_name = api_waf_full_name(tx, t->item->var, t->item->name);
        trace.value = t->item->value;
        trace.transformed = value;
    }

    tx->env->trace(tx->env->trace_ctx, &trace);
}


/* What each match does at once, also in a chain that then breaks. */

static void
api_waf_hit(api_waf_tx_t *tx, api_waf_try_t *t, api_span_t value)
{
    uint32_t        i;
    api_waf_item_t *item;

    t->matched = true;

    if (!api_waf_work(tx, EVAL_HIT)) {
        return;
    }

    if (t->item) {
        item = api_waf_push(tx, &tx->matches, sizeof(*item));

        if (item == NULL) {
            return;
        }

        *item = *t->item;
        item->value = value.data ? value : API_SPAN("");
        tx->matched = *item;
    }

    for (i = 0; i < t->rule->nsets && !tx->failure; i++) {
        api_waf_setvar(tx, t->rule, &t->rule->set[i]);
    }

    api_waf_trace(tx, t, value, false);
}


/* multiMatch: the value as it came, and after each transformation that
   changes it. */

static void
api_waf_try_multi(
    api_waf_tx_t *tx, api_waf_try_t *t, const api_waf_chain_t *chain)
{
    uint32_t      i;
    api_span_t    value, next;
    api_trigger_t bits;

    value = t->item->value;
    bits = t->item->bits ? t->item->bits : api_transform_triggers(value);

    if ((bits & t->rule->triggers) && api_waf_test(tx, t->rule, value)) {
        api_waf_hit(tx, t, value);
    }

    for (i = 0; i < chain->n && !tx->failure; i++) {
        if ((bits & api_transform_mask(chain->ids[i])) == 0) {
            continue;
        }

        if (!api_waf_work(tx, value.len)) {
            return;
        }

        if (api_transform_chain_known(&chain->ids[i], 1, &tx->p->transform,
                value, bits, tx->arena, &next)
            != API_OK)
        {
            api_waf_failed(tx, "no memory");
            return;
        }

        if (api_span_eq(next, value)) {
            continue;
        }

        value = next;
        bits = api_transform_triggers(value);

        if ((bits & t->rule->triggers) && api_waf_test(tx, t->rule, value)) {
            api_waf_hit(tx, t, value);
        }
    }
}


static bool
api_waf_try(api_waf_tx_t *tx, const api_waf_item_t *item, void *ctx)
{
    api_waf_try_t         *t;
    api_span_t             value;
    api_arena_mark_t       mark;
    const api_waf_chain_t *chain;

    t = ctx;

    if (t->base < tx->active.n && api_waf_dropped(tx, t, item)) {
        return !tx->failure;
    }

    t->item = item;
    chain = &tx->p->chain[t->rule->chain];

    if (!api_waf_work(tx, EVAL_TRY)) {
        return false;
    }

    /* Nothing changes the value, and as it is it cannot match. */

    if (item->bits && !(item->bits & (chain->mask | t->rule->triggers))) {
        return true;
    }

    if (t->rule->multi) {
        api_waf_try_multi(tx, t, chain);
        return !tx->failure;
    }

    value = item->value;
    mark = api_arena_mark(tx->arena);

    if (chain->n && (item->bits == 0 || (item->bits & chain->mask))) {
        if (!api_waf_work(tx, value.len * chain->n)) {
            return false;
        }

        if (api_transform_chain_known(chain->ids, chain->n, &tx->p->transform,
                value, item->bits ? item->bits : api_transform_triggers(value),
                tx->arena, &value)
            != API_OK)
        {
            api_waf_failed(tx, "no memory");
            return false;
        }
    }

    if (api_waf_test(tx, t->rule, value)) {
        api_waf_hit(tx, t, value);

    } else if (!t->rule->capture && !t->rule->arg.n) {
        api_arena_rewind(tx->arena, mark);
    }

    return !tx->failure;
}


/* A count is one value. */

typedef struct {
    api_waf_try_t *t;
    int64_t        n;
} api_waf_count_t;

static bool
api_waf_count(api_waf_tx_t *tx, const api_waf_item_t *item, void *ctx)
{
    api_waf_count_t *c;

    (void) tx;
    (void) item;
    c = ctx;
    c->n++;

    return true;
}


static void
api_waf_try_count(
    api_waf_tx_t *tx, api_waf_try_t *t, const api_waf_target_t *target)
{
    api_waf_item_t  item;
    api_waf_count_t c = { t, 0 };

    api_waf_each(tx, t->rule, target, api_waf_count, &c);

    memset(&item, 0, sizeof(item));
    item.var = (api_waf_var_t) target->pick.var;
    item.ref = API_WAF_NONE;
    item.value = api_waf_number(tx, c.n);

    if (target->pick.sel != API_WAF_SEL_ALL) {
        item.name = target->pick.name;
    }

    if (!tx->failure) {
        (void) api_waf_try(tx, &item, t);
    }

    t->item = NULL;
}


/* One rule of a chain, without the others. */

bool
api_waf_link(api_waf_tx_t *tx, const api_waf_rule_t *rule)
{
    uint32_t                i;
    api_waf_try_t           t = { rule, NULL, false, tx->active.n };
    const api_waf_target_t *target;

    if (rule->op == NULL) {
        api_waf_hit(tx, &t, (api_span_t){ NULL, 0 });
        return !tx->failure;
    }

    if (rule->ndrops || tx->drops.n || tx->view->ndrops) {
        api_waf_activate_all(tx, rule);
    }

    api_waf_scan_begin(tx, rule);

    for (i = 0; i < rule->ntargets && !tx->failure; i++) {
        target = &rule->target[i];

        if (t.base < tx->active.n
            && api_waf_target_dropped(tx, &t, &target->pick)) {
            continue;
        }

        if (target->pick.count) {
            api_waf_try_count(tx, &t, target);
        } else {
            api_waf_each(tx, rule, target, api_waf_try, &t);
        }
    }

    api_waf_scan_begin(tx, NULL);
    tx->active.n = t.base;

    if (!t.matched) {
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
        m->value = tx->matched.value;
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

    for (i = 0; i <= links; i++) {
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
