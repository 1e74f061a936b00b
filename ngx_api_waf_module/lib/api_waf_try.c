/* Values of a rule, tried one by one. */

#include "api_waf_long.h"
#include "api_waf_scan_int.h"
#include "api_waf_spare.h"


/* Work units of a value that a rule looks at, and of a match. */

#define EVAL_TRY 20
#define EVAL_HIT 200

/* What the program itself leaves out of a rule by the name of a header does so
   each time: such a value is known with its name. */

static void
try_left_out(api_waf_tx_t *tx, const api_waf_try_t *t,
    const api_waf_item_t *item, uint32_t drop)
{
    if (drop < t->rule->ndrops && item->var == API_WAF_REQUEST_HEADERS
        && item->ref != API_WAF_NONE && tx->scan != NULL
        && tx->scan->rule == t->rule && !tx->looking && !tx->failure)
    {
        api_waf_scan_learn(tx);
    }
}


/* Left out by what the files say, which stands first, the location, or ctl. */

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
            try_left_out(tx, t, item, i - t->base);
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
    int                       rc;
    api_span_t                arg;
    api_captures_t            captures, *kept;
    const api_operator_job_t *job;

    captures.n = 0;
    kept = rule->capture ? &captures : NULL;
    job = api_waf_long_job(tx, rule, value);
    arg = rule->arg.n
              ? api_waf_expand_now(tx, rule, &rule->arg, API_WAF_SET_TEXT)
              : rule->arg.text;

    rc = job ? api_operator_job_match(job, kept, &tx->budget)
             : api_operator_match(
                 rule->op, value, arg, kept, &tx->budget, tx->env->scratch);

    if (tx->budget.left == 0) {
        (void) api_waf_work(tx, 1);
        return false;
    }

    if (rc == API_LIMIT) {
        tx->unsure = true;
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


void
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

void
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
        item->of = t->item->value;
        item->chain = t->rule->multi ? API_WAF_NONE : t->rule->chain;
        item->gone = false;
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
    api_arena_t  *arena;
    api_trigger_t bits;

    value = t->item->value;
    arena = api_waf_spare(tx, value.len);
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

        if (!api_waf_long_step(tx, t->rule, t->item->value, i, &next)
            && api_transform_chain_known(&chain->ids[i], 1, &tx->p->transform,
                   value, bits, arena, &next)
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


/* Might something else stay that was made while a value was tried that does not
   match?  What is captured is, of a negated rule; a limit is noted. */

static bool
try_keeps(const api_waf_tx_t *tx, const api_waf_rule_t *rule)
{
    return rule->arg.n > 0 || (rule->capture && rule->negate) || tx->unsure;
}


static void
api_waf_try_once(
    api_waf_tx_t *tx, api_waf_try_t *t, const api_waf_chain_t *chain)
{
    api_span_t            value;
    api_arena_t          *arena;
    api_arena_mark_t      mark;
    const api_waf_item_t *item;

    item = t->item;
    value = item->value;
    arena = api_waf_spare(tx, value.len);
    mark = api_arena_mark(arena);

    if (chain->n && (item->bits == 0 || (item->bits & chain->mask))) {
        if (!api_waf_work(tx, value.len * chain->n)) {
            return;
        }

        if (!api_waf_long_text(tx, t->rule, item->value, &value)
            && api_transform_chain_known(chain->ids, chain->n,
                   &tx->p->transform, value,
                   item->bits ? item->bits : api_transform_triggers(value),
                   arena, &value)
                   != API_OK)
        {
            api_waf_failed(tx, "no memory");
            return;
        }
    }

    if (api_waf_test(tx, t->rule, value)) {
        api_waf_hit(tx, t, value);

    } else if (!try_keeps(tx, t->rule)) {
        api_arena_rewind(arena, mark);
    }
}


/* Values of stored collections stay what they are while a rule runs: it may be
   left between two of them. */

static bool
try_stored(const api_waf_rule_t *rule)
{
    uint32_t i;
    unsigned var;

    for (i = 0; i < rule->ntargets; i++) {
        var = rule->target[i].pick.var;

        if (rule->target[i].pick.count
            || (var >= API_WAF_NSTORED
                && (var < API_WAF_ARGS
                    || var > API_WAF_RESPONSE_HEADERS_NAMES)))
        {
            return false;
        }
    }

    return true;
}


/* Is the value not to be tried now?  *done: it was, in a turn before; else it
   waits, with all behind it, for the next. */

static bool
try_later(api_waf_tx_t *tx, const api_waf_try_t *t, bool *done)
{
    api_waf_rest_t *rest;

    rest = &tx->rest;

    if (rest->n < rest->tried) {
        rest->n++;
        *done = true;
        return true;
    }

    if (rest->until > 0 && tx->budget.left < rest->until
        && rest->n > rest->tried && try_stored(t->rule))
    {
        rest->rule = t->rule;
        *done = false;
        return true;
    }

    rest->n++;

    return false;
}


/* What does not match, for all that the rule has made of it, is known. */

bool
api_waf_try(api_waf_tx_t *tx, const api_waf_item_t *item, void *ctx)
{
    bool                   idle, done;
    uint32_t               matches;
    api_waf_try_t         *t;
    const api_waf_chain_t *chain;

    t = ctx;

    if (t->base < tx->active.n && api_waf_dropped(tx, t, item)) {
        return !tx->failure;
    }

    if (!tx->looking && try_later(tx, t, &done)) {
        return done;
    }

    t->item = item;
    chain = &tx->p->chain[t->rule->chain];

    if (!api_waf_work(tx, EVAL_TRY)) {
        return false;
    }

    /* nothing changes the value, and as it is it cannot match */

    idle = item->bits && !(item->bits & (chain->mask | t->rule->triggers));

    if (tx->looking) {
        return idle || api_waf_long_look(tx, t->rule, item);
    }

    matches = tx->matches.n;
    tx->unsure = false;

    if (!idle && t->rule->multi) {
        api_waf_try_multi(tx, t, chain);

    } else if (!idle) {
        api_waf_try_once(tx, t, chain);
    }

    if (tx->failure) {
        return false;
    }

    if (tx->matches.n == matches && !tx->unsure && item->ref != API_WAF_NONE
        && tx->scan != NULL && tx->scan->rule == t->rule)
    {
        api_waf_scan_learn(tx);
    }

    return true;
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


/* Of a name, or all, of a stored collection; false: it is something else. */

static bool
try_count_stored(api_waf_tx_t *tx, const api_waf_target_t *target, int64_t *n)
{
    uint32_t              i;
    api_span_t            name;
    const api_waf_set_t  *set;
    const api_waf_pick_t *pick;

    pick = &target->pick;

    if (pick->var >= API_WAF_NSTORED || pick->sel == API_WAF_SEL_RX
        || target->nexcept > 0)
    {
        return false;
    }

    set = &tx->values->set[pick->var];
    (void) api_waf_work(tx, set->count);

    if (pick->sel == API_WAF_SEL_ALL) {
        *n = set->count;
        return true;
    }

    for (i = 0; i < set->count; i++) {
        name = set->items[i].name;
        *n +=
            name.len == pick->name.len && api_span_eq_nocase(pick->name, name);
    }

    return true;
}


void
api_waf_try_count(
    api_waf_tx_t *tx, api_waf_try_t *t, const api_waf_target_t *target)
{
    api_waf_item_t  item;
    api_waf_count_t c = { t, 0 };

    if (!try_count_stored(tx, target, &c.n)) {
        api_waf_each(tx, t->rule, target, api_waf_count, &c);
    }

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
