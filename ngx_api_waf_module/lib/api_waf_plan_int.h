/* How plans are made, for api_waf_plan*.c alone. */

#ifndef API_WAF_PLAN_INT_H
#define API_WAF_PLAN_INT_H

#include "api_seclang_int.h"
#include "api_waf_plan.h"


/* What one known rule does. */

typedef struct {
    const api_waf_known_t *write;
    uint32_t               nwrites;
    const api_waf_item_t  *item; /* added to MATCHED_VARS */
    uint32_t               nitems;
    const api_waf_match_t *match;    /* NULL: a part of its chain matches */
    uint8_t                severity; /* 255: none */
    bool                   pass;
} api_waf_fold_t;

/* What is known of a step. */

typedef struct {
    uint32_t next;  /* step to go on with; this one: run the rule */
    uint32_t fold;  /* what is done before; API_WAF_NONE: nothing */
    bool     reset; /* its rule does not match */
    bool     head;  /* a rule that is run may go on with it */
} api_waf_found_t;

typedef struct {
    api_waf_found_t *step;  /* NULL: the phase has no plan */
    api_vec_t        folds; /* api_waf_fold_t */
    bool *asked; /* a step: somebody may ask for what matched before */
} api_waf_found_phase_t;

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
    bool                     hope;
    api_span_t              *now; /* of each slot */
    bool                     reached;
    bool                     nomem;
    bool                     lost;   /* the phase cannot be planned */
    api_span_t             **later;  /* at steps that are jumped to */
    api_span_t              *entry;  /* of the phase */
    uint64_t                *reads;  /* slots that known rules read */
    uint32_t                 limits; /* slot of MSC_PCRE_LIMITS_EXCEEDED */
    api_waf_found_phase_t   *found;  /* the phase, as it is walked over */

    /* With the plans that hope, which are made after the others */

    api_waf_found_phase_t phases[2][API_WAF_NPHASES];

    api_vec_t apart; /* api_span_t, of the phase */
    api_vec_t kept;  /* api_span_t, in the memory of the view */
    bool     *asks;  /* a rule: it asks for MATCHED_VARS */
    bool     *loose; /* a rule: others may take it out */
    uint32_t *put;   /* a slot: index + 1 of what is written to it */
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

/* s in the memory of the view, where equal texts are mostly one. */

api_span_t api_waf_plan_keep(api_waf_plan_make_t *m, api_span_t s);

/* api_waf_plan_fold.c: what the engine has written since m->now, and what else
   it did when a whole rule matched. */

void api_waf_plan_writes(api_waf_plan_make_t *m, api_waf_fold_t *fold);
void api_waf_plan_matched(
    api_waf_plan_make_t *m, api_waf_fold_t *fold, const api_waf_rule_t *rule);

/* api_waf_plan_way.c: what is to be known of rules first, and then the steps of
   a phase that was walked over, and what is done between them. */

void api_waf_plan_asks(api_waf_plan_make_t *m);
void api_waf_plan_ways(api_waf_plan_make_t *m, api_waf_plan_t *plan);


#endif /* API_WAF_PLAN_INT_H */
