/*
 * What of a program is known before there is a request.
 *
 * The Core Rule Set begins with rules that look at nothing but what rules
 * before them have set: its defaults, the gates of paranoia levels, switches
 * of exclusions for products that are not used.  Their outcome is the same
 * for all requests.  A view has them run once, by the engine itself, when it
 * is made, and keeps what they did: values of TX, an entry in the list of
 * matches, where to go on.
 *
 * A rule is known when all it reads is: members of TX by name, whose values
 * follow from the rules before it on every way that leads to it.  What any
 * other rule may write is not known behind it.  Values that a phase takes over
 * from the one before are assumed, and compared when the phase begins.
 *
 * A request for which rules or targets were taken out by ctl, or with a trace,
 * is run rule by rule from there on.
 *
 * For api_waf*.c and api_seclang*.c alone.
 */

#ifndef API_WAF_PLAN_H
#define API_WAF_PLAN_H

#include "api_waf_int.h"


/* A member of TX, and what it is; data NULL: not set. */

typedef struct {
    uint32_t   slot;
    api_span_t value;
} api_waf_known_t;

/* What a rule does to each request. */

typedef struct {
    const api_waf_known_t *write;
    uint32_t               nwrites;
    const api_waf_item_t  *item; /* added to MATCHED_VARS */
    uint32_t               nitems;
    const api_waf_match_t *match;    /* NULL: a part of its chain matches */
    uint8_t                severity; /* 255: none */
    bool                   pass;
} api_waf_fold_t;

typedef struct {
    uint32_t next;  /* step to go on with; this one: run the rule */
    uint32_t fold;  /* what is done before; API_WAF_NONE: nothing */
    bool     reset; /* a rule that does not match was passed then */
} api_waf_plan_step_t;

typedef struct api_waf_plan_s {
    const api_waf_plan_step_t *step; /* as many as the phase has; NULL: none */
    const api_waf_fold_t      *fold;
    const api_waf_known_t     *assume; /* when the phase begins */
    uint32_t                   nassume;
} api_waf_plan_t;

/* The plans of all phases, in view->plan.  API_OK or API_NOMEM. */

int api_waf_plan_make(api_waf_view_t *view, api_arena_t *arena);

/* A phase begins: does its plan hold for this request? */

bool api_waf_plan_holds(const api_waf_tx_t *tx);

/* Goes from tx->pos as far as everything is known. */

void api_waf_plan_go(api_waf_tx_t *tx);


#endif /* API_WAF_PLAN_H */
