/* What a known rule has done, when the engine has run it. */

#include "api_waf_plan_int.h"


#define PLAN_KEPT 64 /* texts that are looked at for one that is equal */


/* Equal texts of one place are equal at a glance when a phase begins. */

api_span_t
api_waf_plan_keep(api_waf_plan_make_t *m, api_span_t s)
{
    uint32_t    i;
    api_span_t *kept;

    if (s.data == NULL) {
        return s;
    }

    for (i = m->kept.n; i > 0 && i + PLAN_KEPT > m->kept.n; i--) {
        kept = API_VEC(api_span_t, m->kept, i - 1);

        if (api_span_eq(*kept, s)) {
            return *kept;
        }
    }

    kept = api_vec_push(&m->work, &m->kept, sizeof(*kept));
    s = api_arena_dup(m->arena, s);

    if (kept == NULL || s.data == NULL) {
        m->nomem = true;
        return s;
    }

    *kept = s;

    return s;
}


/* A member that is written and stays what it was is not written again: that is
   as good as read. */

void
api_waf_plan_writes(api_waf_plan_make_t *m, api_waf_fold_t *fold)
{
    uint32_t         i, n;
    api_waf_known_t *write;

    for (i = 0, n = 0; i < m->p->nslots; i++) {
        if (!api_waf_plan_same(m->now[i], m->tx->slot[i].value)) {
            n++;
        } else {
            m->reads[i / 64] |=
                m->tx->wrote[i / 64] & (UINT64_C(1) << (i % 64));
        }
    }

    if (n == 0) {
        return;
    }

    write = api_arena_calloc(m->arena, n, sizeof(*write));

    if (write == NULL) {
        m->nomem = true;
        return;
    }

    fold->write = write;
    fold->nwrites = n;

    for (i = 0; i < m->p->nslots; i++) {
        if (!api_waf_plan_same(m->now[i], m->tx->slot[i].value)) {
            write->slot = i;
            write->value = api_waf_plan_keep(m, m->tx->slot[i].value);
            m->now[i] = write->value;
            write++;
        }
    }
}


static void
plan_items(api_waf_plan_make_t *m, api_waf_fold_t *fold)
{
    uint32_t        i;
    api_waf_item_t *item;

    fold->nitems = m->tx->matches.n;
    fold->item = item =
        api_arena_calloc(&m->work, fold->nitems + 1, sizeof(*item));

    if (item == NULL) {
        m->nomem = true;
        return;
    }

    for (i = 0; i < fold->nitems; i++) {
        item[i] = *API_WAF_AT(api_waf_item_t, m->tx->matches, i);
    }
}


void
api_waf_plan_matched(
    api_waf_plan_make_t *m, api_waf_fold_t *fold, const api_waf_rule_t *rule)
{
    uint32_t         i;
    api_waf_match_t *match;

    match = api_arena_calloc(m->arena, 1, sizeof(*match));

    if (match == NULL) {
        m->nomem = true;
        return;
    }

    *match = *api_waf_tx_match(m->tx, 0);
    match->msg = api_waf_plan_keep(m, match->msg);
    match->logdata = api_waf_plan_keep(m, match->logdata);
    match->var_name = api_waf_plan_keep(m, match->var_name);
    match->value = api_waf_plan_keep(m, match->value);

    fold->match = match;
    fold->severity = m->tx->highest;

    for (i = 0; i <= rule->links; i++) {
        fold->pass |= rule[i].disrupt == API_WAF_DIS_PASS;
    }

    plan_items(m, fold);
}
