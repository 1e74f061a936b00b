#include "api_gcra.h"


int
api_gcra_init(api_gcra_t *g, const api_rate_t *rate, uint64_t burst)
{
    if (burst == 0 || burst > API_GCRA_TAU_MAX / rate->step) {
        return API_LIMIT;
    }

    g->rate = *rate;
    g->burst = burst;
    g->tau = burst * rate->step;
    g->cap = g->tau;

    return API_OK;
}


void
api_gcra_overdraft(api_gcra_t *g, uint64_t ns)
{
    if (ns > API_GCRA_TAU_MAX) {
        ns = API_GCRA_TAU_MAX;
    }

    g->cap = g->tau + api_rate_units(&g->rate, ns);
}


/* The debt on record in units, from `at` on; at most the cap. */

static uint64_t
api_gcra_base(const api_gcra_t *g, uint64_t tat, uint64_t now, uint64_t at)
{
    uint64_t base;

    if (tat <= now) {
        return at;
    }

    base = api_rate_units(&g->rate, tat);

    return base - at > g->cap ? at + g->cap : base;
}


uint64_t
api_gcra_charge(const api_gcra_t *g, uint64_t tat, uint64_t now, uint64_t cost)
{
    uint64_t at, base;

    at = api_rate_units(&g->rate, now);
    base = api_gcra_base(g, tat, now, at);

    if (cost > (at + g->cap - base) / g->rate.step) {
        base = at + g->cap;

    } else {
        base += cost * g->rate.step;
    }

    return api_rate_ns(&g->rate, base);
}


uint64_t
api_gcra_refund(const api_gcra_t *g, uint64_t tat, uint64_t cost)
{
    uint64_t base;

    base = api_rate_units(&g->rate, tat);

    if (cost > base / g->rate.step) {
        return 0;
    }

    return api_rate_ns(&g->rate, base - cost * g->rate.step);
}


void
api_gcra_report(
    const api_gcra_t *g, uint64_t tat, uint64_t now, api_gcra_report_t *report)
{
    uint64_t at, base, room, part;

    at = api_rate_units(&g->rate, now);
    base = api_gcra_base(g, tat, now, at);

    if (base - at >= g->tau) {
        report->left = 0;
        part = base - at - g->tau + g->rate.step;

    } else {
        room = g->tau - (base - at);
        report->left = room / g->rate.step;
        part = g->rate.step - room % g->rate.step;
    }

    report->full = api_rate_ns(&g->rate, base) - now;
    report->next = api_rate_ns(&g->rate, at + part) - now;

    if (base == at) {
        report->full = 0;
        report->next = 0;
    }
}


uint64_t
api_gcra_wait(const api_gcra_t *g, uint64_t tat, uint64_t now, uint64_t cost)
{
    uint64_t at, base;

    if (cost > g->burst) {
        return UINT64_MAX;
    }

    at = api_rate_units(&g->rate, now);
    base = api_gcra_base(g, tat, now, at) + cost * g->rate.step;

    return base - at > g->tau ? api_rate_ns(&g->rate, base - g->tau) - now : 0;
}
