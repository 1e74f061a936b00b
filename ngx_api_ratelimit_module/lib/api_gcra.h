/*
 * The generic cell rate algorithm (ITU-T I.371; a leaky bucket as a meter)
 * with exact rates: one number a key, the time at which its bucket is empty
 * of debt again.
 *
 * A bucket of `burst` requests fills at the rate; a request of cost c passes
 * when c are in it.  In any interval of length t at most burst + rate * t
 * pass.  Decisions equal those of an exact token bucket at every nanosecond.
 *
 * Pure; `now` and what is stored are nanoseconds of one monotonic clock.
 */

#ifndef API_GCRA_H
#define API_GCRA_H

#include "api_rate.h"


typedef struct {
    api_rate_t rate;
    uint64_t   burst;
    uint64_t   tau; /* burst, in units of the rate */
    uint64_t   cap; /* debt that counts at most, likewise; tau at least */
} api_gcra_t;

/* burst * period / count stays below 73 years, so that no sum here wraps. */

#define API_GCRA_TAU_MAX (UINT64_C(1) << 61)

/* burst from 1 on.  API_LIMIT when burst at this rate lasts too long. */

int api_gcra_init(api_gcra_t *g, const api_rate_t *rate, uint64_t burst);

/* Debt may run so many nanoseconds over the burst: charges that come after
   the request has passed, and merges with other machines. */

void api_gcra_overdraft(api_gcra_t *g, uint64_t ns);


/*
 * May cost pass now, with *tat on record (0: none)?  When it may, *tat is
 * what has to be stored, else *tat stays, or is lowered to the cap: a clock
 * that was set back, or a burst that was lowered, locks nobody out for longer
 * than a full bucket takes.
 */

static inline bool
api_gcra_admit(const api_gcra_t *g, uint64_t *tat, uint64_t now, uint64_t cost)
{
    uint64_t at, base;

    at = api_rate_units(&g->rate, now);
    base = at;

    if (*tat > now) {
        base = api_rate_units(&g->rate, *tat);

        if (base - at > g->cap) {
            base = at + g->cap;
            *tat = api_rate_ns(&g->rate, base);
        }
    }

    if (cost > g->burst) {
        return false;
    }

    base += cost * g->rate.step;

    if (base - at > g->tau) {
        return false;
    }

    if (cost) {
        *tat = api_rate_ns(&g->rate, base);
    }

    return true;
}


/* What a charge without a question, and a refund, make of tat. */

uint64_t api_gcra_charge(
    const api_gcra_t *g, uint64_t tat, uint64_t now, uint64_t cost);
uint64_t api_gcra_refund(const api_gcra_t *g, uint64_t tat, uint64_t cost);


/* For the answer: all in nanoseconds from now on, or requests. */

typedef struct {
    uint64_t left; /* that would pass at once */
    uint64_t next; /* until one more is left; 0 when the bucket is full */
    uint64_t full; /* until the bucket is full */
} api_gcra_report_t;

void api_gcra_report(const api_gcra_t *g, uint64_t tat, uint64_t now,
    api_gcra_report_t *report);

/*
 * How long until cost passes: exact, one nanosecond less is too early.  0
 * when it passes now, UINT64_MAX when it never does (cost > burst).
 */

uint64_t
api_gcra_wait(const api_gcra_t *g, uint64_t tat, uint64_t now, uint64_t cost);


#endif /* API_GCRA_H */
