#include "api_waf_plan.h"


bool
api_waf_plan_holds(const api_waf_tx_t *tx)
{
    uint32_t               i;
    api_span_t             is;
    const api_waf_plan_t  *plan;
    const api_waf_known_t *a;

    plan = tx->view->plan ? &tx->view->plan[tx->phase] : NULL;

    if (plan == NULL || plan->step == NULL || tx->env->scan == NULL
        || tx->env->trace != NULL || tx->removed != NULL || tx->drops.n > 0
        || tx->skip > 0 || tx->allow != API_WAF_DIS_NONE)
    {
        return false;
    }

    for (i = 0; i < plan->nassume; i++) {
        a = &plan->assume[i];
        is = tx->slot[a->slot].value;

        if (is.data == NULL || a->value.data == NULL) {
            if (is.data != a->value.data) {
                return false;
            }

        } else if (!api_span_eq(is, a->value)) {
            return false;
        }
    }

    return true;
}


static void
plan_match(api_waf_tx_t *tx, const api_waf_fold_t *fold)
{
    uint32_t                i;
    api_waf_item_t         *item;
    const api_waf_match_t **kept;

    tx->nmatched++;

    if (fold->severity < tx->highest) {
        tx->highest = fold->severity;
    }

    if (fold->pass && tx->settings.engine == API_WAF_ENGINE_ON) {
        tx->status = 200;
    }

    for (i = 0; i < fold->nitems; i++) {
        item = api_waf_push(tx, &tx->matches, sizeof(*item));

        if (item == NULL) {
            return;
        }

        *item = fold->item[i];
        tx->matched = *item;
    }

    if (tx->kept.n < API_WAF_MATCHES) {
        kept = api_waf_push(tx, &tx->kept, sizeof(void *));

        if (kept != NULL) {
            *kept = fold->match;
        }
    }
}


static void
plan_fold(api_waf_tx_t *tx, const api_waf_fold_t *fold)
{
    uint32_t               i;
    const api_waf_known_t *w;

    for (i = 0; i < fold->nwrites; i++) {
        w = &fold->write[i];
        tx->slot[w->slot].name = tx->p->slot[w->slot].name;
        tx->slot[w->slot].value = w->value;
    }

    if (fold->match != NULL) {
        plan_match(tx, fold);
    }
}


void
api_waf_plan_go(api_waf_tx_t *tx)
{
    uint32_t                   n;
    const api_waf_plan_t      *plan;
    const api_waf_plan_step_t *step;

    plan = &tx->view->plan[tx->phase];
    n = tx->p->phase[tx->phase].n;

    while (tx->pos < n) {
        step = &plan->step[tx->pos];

        if (step->next == tx->pos) {
            return;
        }

        if (step->fold != API_WAF_NONE) {
            plan_fold(tx, &plan->fold[step->fold]);
        }

        if (step->reset) {
            tx->matched.value = (api_span_t){ NULL, 0 };
            tx->matches.n = 0;
        }

        tx->pos = step->next;
    }
}
