/*
 * The work a request may cost: what a stranger sends cannot make us do more.
 *
 * A unit is about a nanosecond, or one byte looked at once.  Whoever is about
 * to look at bytes charges for it first, and does nothing when the answer is
 * no; the engine then ends the request as API_WAF_FAILED.
 */

#ifndef API_WAF_WORK_H
#define API_WAF_WORK_H

#include "api_base.h"


typedef struct {
    uint64_t left;
    bool     out; /* a charge was refused */
} api_waf_work_t;

static inline bool
api_waf_charge(api_waf_work_t *w, uint64_t units)
{
    if (units > w->left) {
        w->left = 0;
        w->out = true;
        return false;
    }

    w->left -= units;

    return true;
}


#endif /* API_WAF_WORK_H */
