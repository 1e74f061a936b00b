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
 * Of each phase there are two plans.  The second hopes that no rule that looks
 * at the request matches, but for those that always do, and so knows much more:
 * what counts scores, and what compares them.  The first write to a member that
 * it has read, and the first jump, end it for the phase: the other goes on.
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

/* What known rules do to each request, on the way from a step to its next. */

typedef struct {
    const api_waf_known_t        *write;
    uint32_t                      nwrites;
    const api_waf_match_t *const *match;
    uint32_t                      nmatches;

    /* MATCHED_VARS: emptied or not, then these, if a rule may ask for them */

    const api_waf_item_t *item;
    uint32_t              nitems;
    const api_waf_item_t *matched;  /* MATCHED_VAR; NULL: as reset says */
    uint8_t               severity; /* 255: none */
    bool                  pass;
    bool                  reset;
} api_waf_way_t;

typedef struct {
    uint32_t next; /* step to go on with; this one: run the rule */
    uint32_t way;  /* API_WAF_NONE: nothing is done */
    uint32_t bit;  /* a rule to run that needs a candidate of the prefilter */
    uint32_t idle; /* such rules from here on whose bits are in a row */
} api_waf_plan_step_t;

typedef struct api_waf_plan_s {
    const api_waf_plan_step_t *step; /* as many as the phase has; NULL: none */
    const api_waf_way_t       *way;
    const api_waf_known_t     *assume; /* when the phase begins */
    uint32_t                   nassume;
    const uint64_t            *reads; /* a bit a slot: known rules read it */
    bool                       alone; /* who hopes assumes all that the other
                                         plan does */
    uint32_t                   known; /* rules; for tests */

    /* No member of TX without a slot has one of these in its name. */

    const api_span_t *apart;
    uint32_t          napart;
} api_waf_plan_t;

/* The plans of all phases, in view->plan and view->hope.  API_OK or
   API_NOMEM. */

int api_waf_plan_make(api_waf_view_t *view, api_arena_t *arena);

/* A phase begins: tx->planned, does its plan hold for this request, and
   tx->hopes. */

void api_waf_plan_begin(api_waf_tx_t *tx);

/* A slot is about to be written by a rule that was run. */

void api_waf_plan_written(api_waf_tx_t *tx, uint32_t slot, api_span_t value);

/* The same for a member that has no slot. */

void api_waf_plan_named(api_waf_tx_t *tx, api_span_t name);

/* Goes from tx->pos as far as everything is known. */

void api_waf_plan_go(api_waf_tx_t *tx);


#endif /* API_WAF_PLAN_H */
