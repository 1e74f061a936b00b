#include "api_waf_plan.h"
#include "api_waf_scan_int.h"


#define PLAN_EXTRA 32 /* names that are looked at when a phase begins */


static bool
plan_as(api_span_t a, api_span_t b)
{
    if (a.data == b.data && a.len == b.len) {
        return true;
    }

    return a.data != NULL && b.data != NULL && api_span_eq(a, b);
}


static bool
plan_assumed(const api_waf_tx_t *tx, const api_waf_plan_t *plan)
{
    uint32_t               i;
    const api_waf_known_t *a;

    for (i = 0; i < plan->nassume; i++) {
        a = &plan->assume[i];

        if (!plan_as(tx->slot[a->slot].value, a->value)) {
            return false;
        }
    }

    return true;
}


static bool
plan_has(api_span_t name, api_span_t within)
{
    size_t  i;
    uint8_t first;

    first = within.data[0] | 0x20;

    for (i = 0; i + within.len <= name.len; i++) {
        if ((name.data[i] | 0x20) == first
            && api_span_eq_nocase(api_span(name.data + i, within.len), within))
        {
            return true;
        }
    }

    return false;
}


static bool
plan_is_apart(const api_waf_plan_t *hope, api_span_t name)
{
    uint32_t i;

    for (i = 0; i < hope->napart; i++) {
        if (plan_has(name, hope->apart[i])) {
            return false;
        }
    }

    return true;
}


static bool
plan_are_apart(const api_waf_tx_t *tx, const api_waf_plan_t *hope)
{
    uint32_t i;

    if (hope->napart == 0) {
        return true;
    }

    if (tx->extra.n > PLAN_EXTRA) {
        return false;
    }

    for (i = 0; i < tx->extra.n; i++) {
        if (!plan_is_apart(
                hope, API_WAF_AT(api_waf_cell_t, tx->extra, i)->name)) {
            return false;
        }
    }

    return true;
}


void
api_waf_plan_begin(api_waf_tx_t *tx)
{
    const api_waf_plan_t *plan, *hope;

    tx->planned = false;
    tx->hopes = false;

    if (tx->view->plan == NULL || tx->env->scan == NULL
        || tx->env->trace != NULL || tx->removed != NULL || tx->drops.n > 0
        || tx->skip > 0 || tx->allow != API_WAF_DIS_NONE)
    {
        return;
    }

    plan = &tx->view->plan[tx->phase];
    hope = &tx->view->hope[tx->phase];

    tx->hopes = hope->step != NULL && plan_assumed(tx, hope)
                && plan_are_apart(tx, hope);
    tx->planned = (tx->hopes && hope->alone)
                  || (plan->step != NULL && plan_assumed(tx, plan));
    tx->hopes = tx->hopes && tx->planned;
}


void
api_waf_plan_written(api_waf_tx_t *tx, uint32_t slot, api_span_t value)
{
    const api_waf_plan_t *hope;

    hope = &tx->view->hope[tx->phase];

    tx->hopes = (hope->reads[slot / 64] >> (slot % 64) & 1) == 0
                || plan_as(tx->slot[slot].value, value);
}


void
api_waf_plan_named(api_waf_tx_t *tx, api_span_t name)
{
    tx->hopes = plan_is_apart(&tx->view->hope[tx->phase], name);
}


static void
plan_matches(api_waf_tx_t *tx, const api_waf_way_t *way)
{
    void    *to;
    uint32_t n;

    tx->nmatched += way->nmatches;

    if (way->severity < tx->highest) {
        tx->highest = way->severity;
    }

    if (way->pass && tx->settings.engine == API_WAF_ENGINE_ON) {
        tx->status = 200;
    }

    n = way->nmatches < API_WAF_MATCHES - tx->kept.n
            ? way->nmatches
            : API_WAF_MATCHES - tx->kept.n;
    to = n ? api_waf_more(tx, &tx->kept, n, sizeof(void *)) : NULL;

    if (to != NULL) {
        memcpy(to, way->match, n * sizeof(void *));
        tx->kept.n += n;
    }
}


static void
plan_forget(api_waf_tx_t *tx)
{
    tx->matched.value = (api_span_t){ NULL, 0 };
    tx->matches.n = 0;
}


static void
plan_matched(api_waf_tx_t *tx, const api_waf_way_t *way)
{
    void *to;

    if (way->reset) {
        plan_forget(tx);
    }

    if (way->matched != NULL) {
        tx->matched = *way->matched;
    }

    to = way->nitems
             ? api_waf_more(tx, &tx->matches, way->nitems, sizeof(*way->item))
             : NULL;

    if (to != NULL) {
        memcpy(to, way->item, way->nitems * sizeof(*way->item));
        tx->matches.n += way->nitems;
    }
}


static void
plan_way(api_waf_tx_t *tx, const api_waf_way_t *way)
{
    uint32_t               i;
    const api_waf_known_t *w;

    for (i = 0; i < way->nwrites; i++) {
        w = &way->write[i];
        tx->slot[w->slot].name = tx->p->slot[w->slot].name;
        tx->slot[w->slot].value = w->value;
    }

    if (way->nmatches) {
        plan_matches(tx, way);
    }

    plan_matched(tx, way);
}


/* How many bits from one on are clear, at most n. */

static uint32_t
plan_clear(const uint64_t *live, uint32_t bit, uint32_t n)
{
    uint32_t i;
    uint64_t word;

    for (i = 0; i < n; i += 64 - (bit + i) % 64) {
        word = live[(bit + i) / 64] >> ((bit + i) % 64);

        if (word != 0) {
            i += (uint32_t) __builtin_ctzll(word);
            break;
        }
    }

    return i < n ? i : n;
}


/* Past rules that look at nothing that can match. */

static uint32_t
plan_idle(const uint64_t *live, const api_waf_plan_step_t *step, uint32_t pos,
    uint32_t n)
{
    uint32_t clear;

    while (live != NULL && pos < n && step[pos].idle > 0) {
        clear = plan_clear(live, step[pos].bit, step[pos].idle);

        if (clear < step[pos].idle) {
            return pos + clear;
        }

        pos += clear;
    }

    return pos;
}


void
api_waf_plan_go(api_waf_tx_t *tx)
{
    uint32_t                   n, pos, from;
    const uint64_t            *live;
    const api_waf_plan_t      *plan;
    const api_waf_plan_step_t *step;

    plan = tx->hopes ? &tx->view->hope[tx->phase] : &tx->view->plan[tx->phase];
    live = tx->scan != NULL ? tx->scan->live : NULL;
    n = tx->p->phase[tx->phase].n;

    for (pos = tx->pos; pos < n; pos = step->next) {
        from = pos;
        pos = plan_idle(live, plan->step, from, n);

        if (pos != from) {
            plan_forget(tx);
        }

        step = &plan->step[pos];

        if (pos == n || step->next == pos) {
            break;
        }

        if (step->way != API_WAF_NONE) {
            plan_way(tx, &plan->way[step->way]);
        }
    }

    tx->pos = pos;
}
