/* How plans are made, for api_waf_plan*.c alone. */

#ifndef API_WAF_PLAN_INT_H
#define API_WAF_PLAN_INT_H

#include "api_seclang_int.h"
#include "api_waf_plan.h"


/*
 * One walk over the steps of each phase, in order: jumps go forward only.  At
 * each step it is known of each member of TX that it is not set, what it is,
 * or that it is not known.
 */

typedef struct {
    api_waf_view_t          *view;
    const api_waf_program_t *p;
    api_arena_t             *arena; /* of the view */
    api_arena_t              work;
    api_waf_env_t            env;
    api_waf_values_t         values;
    api_waf_tx_t            *tx; /* the engine that runs known rules */
    uint8_t                  phase;
    api_span_t              *now; /* of each slot */
    bool                     reached;
    bool                     nomem;
    bool                     lost;  /* the phase cannot be planned */
    api_span_t             **later; /* at steps that are jumped to */
    api_span_t              *entry; /* of the phase */
    uint64_t                *reads; /* slots that known rules read */
    api_waf_plan_step_t     *step;
    api_vec_t                folds;  /* api_waf_fold_t */
    uint32_t                 limits; /* slot of MSC_PCRE_LIMITS_EXCEEDED */
} api_waf_plan_make_t;

/* Stands for what is not known; compared by address. */

extern const uint8_t api_waf_plan_unknown[1];

/* The same, and known or unknown both. */

bool api_waf_plan_same(api_span_t a, api_span_t b);

/* Is all known that a rule of a chain compares; all that a chain does? */

bool
api_waf_plan_test_known(api_waf_plan_make_t *m, const api_waf_rule_t *link);
bool
api_waf_plan_effects_known(api_waf_plan_make_t *m, const api_waf_rule_t *rule);

/* A member of TX is not known from here on; what setvar may write is not. */

void api_waf_plan_forget(api_waf_plan_make_t *m, uint32_t slot);
void
api_waf_plan_forget_set(api_waf_plan_make_t *m, const api_waf_setvar_t *set);


#endif /* API_WAF_PLAN_INT_H */
