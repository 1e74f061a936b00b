#include "api_waf_long.h"
#include "api_waf_spare.h"

/* A value, and how far its chain has come. */

typedef struct long_value_s {
    struct long_value_s *next;
    api_span_t           value;
    api_span_t           text; /* behind the first i transformations */
    api_trigger_t        bits;
    uint32_t             i;
    bool                 asked; /* what the operator says of the text */
    bool                 done;
    api_span_t          *step; /* with multiMatch: behind each; NULL: no */
} long_value_t;

typedef struct long_job_s {
    struct long_job_s  *next;
    api_operator_job_t *job;
    bool                done;
} long_job_t;

struct api_waf_long_s {
    const api_waf_rule_t *rule;
    long_value_t         *values;
    long_job_t           *jobs; /* newest first; the others are done */
    uint64_t              room; /* units, in this turn */
    bool                  waits;
};


static bool
long_nomem(api_waf_tx_t *tx)
{
    api_waf_failed(tx, "no memory");

    return false;
}


static void
long_spend(api_waf_long_t *l, uint64_t units)
{
    l->room -= units < l->room ? units : l->room;
}


/* All of it is of the rule that is next, and goes with its texts. */

static api_arena_t *
long_arena(api_waf_tx_t *tx)
{
    return api_waf_spare_texts(tx);
}


/* Only of rules that the files make long work for: an operator that goes in
   parts, or transformations. */

static bool
long_begin(api_waf_tx_t *tx, const api_waf_rule_t *rule)
{
    tx->longs = api_arena_calloc(long_arena(tx), 1, sizeof(*tx->longs));

    if (tx->longs == NULL) {
        return long_nomem(tx);
    }

    tx->longs->rule = rule;

    return true;
}


bool
api_waf_long_more(api_waf_tx_t *tx, const api_waf_rule_t *rule, uint64_t until)
{
    api_waf_long_t *l;

    if (rule->op == NULL
        || (!api_operator_in_parts(rule->op)
            && tx->p->chain[rule->chain].n == 0))
    {
        return false;
    }

    l = tx->longs;

    if (l != NULL && l->rule != rule) { /* of a phase that was given up */
        tx->longs = l = NULL;
    }

    if (l == NULL && !long_begin(tx, rule)) {
        return true;
    }

    l = tx->longs;
    l->room = tx->budget.left > until ? tx->budget.left - until : 0;
    l->waits = false;

    tx->looking = true;
    (void) api_waf_link(tx, rule);
    tx->looking = false;

    return l->waits || tx->failure != NULL;
}


static long_value_t *
long_find(const api_waf_tx_t *tx, const api_waf_rule_t *rule, api_span_t value)
{
    long_value_t *v;

    if (tx->longs == NULL || tx->longs->rule != rule) {
        return NULL;
    }

    for (v = tx->longs->values; v != NULL; v = v->next) {
        if (v->value.data == value.data && v->value.len == value.len) {
            return v;
        }
    }

    return NULL;
}


static long_value_t *
long_value(
    api_waf_tx_t *tx, const api_waf_rule_t *rule, const api_waf_item_t *item)
{
    uint32_t      n;
    long_value_t *v;

    v = long_find(tx, rule, item->value);

    if (v != NULL) {
        return v;
    }

    v = api_arena_calloc(long_arena(tx), 1, sizeof(*v));
    n = tx->p->chain[rule->chain].n;

    if (v != NULL && rule->multi && n > 0) {
        v->step = api_arena_calloc(long_arena(tx), n, sizeof(*v->step));
    }

    if (v == NULL || (rule->multi && n > 0 && v->step == NULL)) {
        (void) long_nomem(tx);
        return NULL;
    }

    v->value = item->value;
    v->text = item->value;
    v->bits = item->bits ? item->bits : api_transform_triggers(item->value);
    v->next = tx->longs->values;
    tx->longs->values = v;

    return v;
}


/* What the operator says of the text is to be found. */

static bool
long_ask(api_waf_tx_t *tx, const api_waf_rule_t *rule, long_value_t *v)
{
    long_job_t *j;

    v->asked = true;

    if (!api_operator_in_parts(rule->op) || v->text.len < API_WAF_LONG_PART
        || (rule->multi && !(v->bits & rule->triggers)))
    {
        return true;
    }

    j = api_arena_calloc(long_arena(tx), 1, sizeof(*j));

    if (j != NULL) {
        j->job = api_operator_job(rule->op, v->text, long_arena(tx));
    }

    if (j == NULL || j->job == NULL) {
        return long_nomem(tx);
    }

    j->next = tx->longs->jobs;
    tx->longs->jobs = j;

    return true;
}


/* The whole chain; with multiMatch one transformation, if it changes the text
   the operator is to be asked again. */

static bool
long_transform(api_waf_tx_t *tx, const api_waf_chain_t *chain, long_value_t *v)
{
    uint32_t   n;
    api_span_t out;

    n = v->step != NULL ? 1 : chain->n;

    if (v->step == NULL
        || (v->bits & api_transform_mask((api_transform_t) chain->ids[v->i])))
    {
        if (api_transform_chain_known(&chain->ids[v->i], n, &tx->p->transform,
                v->text, v->bits, long_arena(tx), &out)
            != API_OK)
        {
            return long_nomem(tx);
        }

        long_spend(tx->longs, (uint64_t) v->text.len * n);

        if (v->step != NULL) {
            v->step[v->i] = out;
        }

        if (!api_span_eq(out, v->text)) {
            v->bits = api_transform_triggers(out);
            v->asked = false;
        }

        v->text = out;
    }

    v->i += n;

    return true;
}


/* The next piece of work for a value. */

static bool
long_go(api_waf_tx_t *tx, const api_waf_rule_t *rule, long_value_t *v)
{
    uint64_t               units;
    long_job_t            *j;
    const api_waf_chain_t *chain;

    chain = &tx->p->chain[rule->chain];
    j = tx->longs->jobs;

    if (j != NULL && !j->done) {
        j->done = !api_operator_job_more(j->job, API_WAF_LONG_PART, &units);
        long_spend(tx->longs, units);

        return true;
    }

    if (!v->asked && (rule->multi || v->i == chain->n)) {
        return long_ask(tx, rule, v);
    }

    if (v->i < chain->n) {
        return long_transform(tx, chain, v);
    }

    v->done = true;

    return true;
}


bool
api_waf_long_look(
    api_waf_tx_t *tx, const api_waf_rule_t *rule, const api_waf_item_t *item)
{
    long_value_t *v;

    if (item->value.len < API_WAF_LONG) {
        return true;
    }

    v = long_value(tx, rule, item);

    while (v != NULL && !v->done) {
        if (tx->longs->room == 0) {
            tx->longs->waits = true;
            return false;
        }

        if (!long_go(tx, rule, v)) {
            return false;
        }
    }

    return v != NULL;
}


bool
api_waf_long_waits(const api_waf_tx_t *tx)
{
    return tx->longs->waits;
}


bool
api_waf_long_text(const api_waf_tx_t *tx, const api_waf_rule_t *rule,
    api_span_t value, api_span_t *text)
{
    const long_value_t *v;

    v = value.len < API_WAF_LONG ? NULL : long_find(tx, rule, value);

    if (v == NULL || !v->done) {
        return false;
    }

    *text = v->text;

    return true;
}


bool
api_waf_long_step(const api_waf_tx_t *tx, const api_waf_rule_t *rule,
    api_span_t value, uint32_t i, api_span_t *text)
{
    const long_value_t *v;

    v = value.len < API_WAF_LONG ? NULL : long_find(tx, rule, value);

    if (v == NULL || !v->done || v->step == NULL || v->step[i].data == NULL) {
        return false;
    }

    *text = v->step[i];

    return true;
}


const api_operator_job_t *
api_waf_long_job(
    const api_waf_tx_t *tx, const api_waf_rule_t *rule, api_span_t text)
{
    const long_job_t *j;

    if (tx->longs == NULL || tx->longs->rule != rule) {
        return NULL;
    }

    for (j = tx->longs->jobs; j != NULL; j = j->next) {
        if (j->done && api_operator_job_is(j->job, rule->op, text)) {
            return j->job;
        }
    }

    return NULL;
}
