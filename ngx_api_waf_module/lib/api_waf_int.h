/*
 * A transaction, for api_waf_*.c alone.
 */

#ifndef API_WAF_INT_H
#define API_WAF_INT_H

#include "api_waf_prog.h"


#define API_WAF_LOG_TEXT 2048         /* bytes of msg and logdata */
#define API_WAF_SET_TEXT (256 * 1024) /* bytes of what setvar makes */
#define API_WAF_TX_NAMES 20000        /* that are in no rule */

/* One value that a rule looks at. */

typedef struct {
    api_waf_var_t var;
    api_span_t    name;
    api_span_t    value;
    uint64_t      bits; /* triggers; 0: not known */
    uint32_t      ref;  /* of a stored value, seq * 2 + is a name; or NONE */

    /* Of one that has matched: what the value was made of by which chain (NONE:
       by steps of one); and is it to be made again, from that? */

    api_span_t of;
    uint32_t   chain;
    bool       gone;
} api_waf_item_t;

/* A member of TX: of a slot, or of a name that a rule made up. */

typedef struct {
    api_span_t name;
    api_span_t value; /* data NULL: not set */
} api_waf_cell_t;

/* What is said about the rule that runs now, chain and all. */

typedef struct {
    bool       log;
    uint8_t    severity;
    api_span_t msg;
    api_span_t logdata;
} api_waf_words_t;

/* A target taken out of a rule that runs. */

typedef struct {
    const api_waf_pick_t *pick;
} api_waf_active_t;

/* A target taken out at run time. */

typedef struct {
    const api_waf_action_t *action;
} api_waf_drop_t;

typedef struct {
    void    *items;
    uint32_t n;
    uint32_t room;
} api_waf_vec_t;

/* api_waf_spare.h */

typedef struct api_waf_block_s api_waf_block_t;

#define API_WAF_AT(type, v, i) (&((type *) (v).items)[i])

/* A rule that looks at many values, left between two of them: what it has done
   is done, and it goes on behind those that it has tried. */

typedef struct {
    const api_waf_rule_t *rule;  /* the link; NULL: none is left */
    uint64_t              until; /* of the budget, in this turn; 0: no bound */
    uint32_t              tried; /* values of the link, in the turns before */
    uint32_t              n;     /* ... met in this turn */
    bool                  matched;
} api_waf_rest_t;

struct api_waf_tx_s {
    const api_waf_view_t    *view;
    const api_waf_program_t *p;
    api_waf_values_t        *values;
    const api_waf_env_t     *env;
    api_arena_t             *arena;
    api_arena_t              texts; /* of blocks of arena: api_waf_spare.h */
    api_alloc_t              spare;
    api_waf_block_t         *blocks;
    api_waf_settings_t       settings;
    api_budget_t             budget;
    uint64_t                 spend; /* of the budget at the beginning */
    const char              *failure;

    /* The phase that runs, where it is, and what skip: left over */

    uint8_t           phase;   /* 0: none */
    uint8_t           ended;   /* the last one that ran to its end */
    bool              stop;    /* a disruptive action ends the phase */
    bool              planned; /* the plan of the phase holds */
    bool              hopes;   /* and the one that hopes */
    uint32_t          pos;
    uint32_t          skip;
    api_waf_disrupt_t allow;
    api_waf_words_t   words;

    api_waf_verdict_t verdict;
    uint16_t          status; /* 200: nobody said one */
    uint8_t           highest;

    api_waf_cell_t *slot;
    uint64_t       *slot_fixed; /* set by the view: rules cannot */
    uint64_t       *wrote;      /* while plans are made: slots, a bit each */
    api_waf_vec_t   extra;      /* api_waf_cell_t */
    uint32_t       *extra_table;
    uint32_t        extra_mask;

    api_waf_vec_t env_vars; /* api_waf_cell_t */
    api_span_t    key[5];   /* of IP, GLOBAL, RESOURCE, SESSION, USER */

    uint64_t     *removed; /* a bit a rule; NULL: none */
    api_waf_vec_t drops;   /* api_waf_drop_t */
    api_waf_vec_t active;  /* api_waf_active_t, of the links that run */

    api_waf_item_t matched; /* MATCHED_VAR; value.data NULL: none */
    api_waf_vec_t  matches; /* api_waf_item_t, MATCHED_VARS */

    api_waf_vec_t kept; /* const api_waf_match_t * */
    uint64_t      nmatched;

    struct api_waf_scan_run_s *scan; /* of this phase; NULL: none */
    bool unsure;                     /* a try met a limit: nothing is known */

    struct api_waf_long_s *longs;   /* of the rule that is next; NULL: none */
    bool                   looking; /* ... at its values, for long ones */
    api_waf_rest_t         rest;
};

/* Room for n more items behind those of a list, which is not longer by that;
   NULL: no memory, the tx has failed. */

void *
api_waf_more(api_waf_tx_t *tx, api_waf_vec_t *v, uint32_t n, size_t size);

/* A zeroed item at the end of a list; NULL: no memory, the tx has failed. */

void *api_waf_push(api_waf_tx_t *tx, api_waf_vec_t *v, size_t size);

/* The transaction cannot go on; why is const text. */

void api_waf_failed(api_waf_tx_t *tx, const char *why);

static inline bool
api_waf_work(api_waf_tx_t *tx, uint64_t units)
{
    if (tx->budget.left < units) {
        tx->budget.left = 0;
        api_waf_failed(tx, "the request costs more work than it may");
        return false;
    }

    tx->budget.left -= units;

    return true;
}


/* api_waf_item.c: each value of a target, as long as fn says true. */

typedef bool (*api_waf_each_pt)(
    api_waf_tx_t *tx, const api_waf_item_t *item, void *ctx);

void api_waf_each(api_waf_tx_t *tx, const api_waf_rule_t *rule,
    const api_waf_target_t *target, api_waf_each_pt fn, void *ctx);

/* api_waf_macro.c: the first value of a variable; data NULL: none. */

api_span_t api_waf_first(api_waf_tx_t *tx, const api_waf_rule_t *rule,
    const api_waf_piece_t *piece);

/* Text, expanded, at most max bytes of it. */

api_span_t api_waf_expand(api_waf_tx_t *tx, const api_waf_rule_t *rule,
    const api_waf_text_t *text, size_t max);

/* The same, to be looked at at once: a macro alone is no copy. */

api_span_t api_waf_expand_now(api_waf_tx_t *tx, const api_waf_rule_t *rule,
    const api_waf_text_t *text, size_t max);

/* "ARGS:name"; of the arena */

api_span_t
api_waf_full_name(api_waf_tx_t *tx, api_waf_var_t var, api_span_t name);

api_span_t api_waf_number(api_waf_tx_t *tx, int64_t n);

/* api_waf_cell.c: TX, and collections of the store */

const api_waf_cell_t      *
api_waf_cell(const api_waf_tx_t *tx, uint32_t slot, api_span_t name);
void api_waf_cell_set(
    api_waf_tx_t *tx, uint32_t slot, api_span_t name, api_span_t value);
api_span_t
     api_waf_stored(api_waf_tx_t *tx, api_waf_var_t var, api_span_t name);
void api_waf_setvar(
    api_waf_tx_t *tx, const api_waf_rule_t *rule, const api_waf_setvar_t *set);
void api_waf_expire(api_waf_tx_t *tx, const api_waf_rule_t *rule,
    const api_waf_action_t *action);

/* api_waf_do.c: actions of a whole match */

void api_waf_do(api_waf_tx_t *tx, const api_waf_rule_t *rule);
void api_waf_say(api_waf_tx_t *tx, const api_waf_rule_t *rule);

/* api_waf_try.c */

/* One rule, or link, and how far it has come. */

typedef struct {
    const api_waf_rule_t *rule;
    const api_waf_item_t *item; /* NULL: SecAction */
    bool                  matched;
    uint32_t              base; /* of its picks among tx->active */
} api_waf_try_t;

/* A value of the rule; ctx is an api_waf_try_t.  The count of a target. */

bool api_waf_try(api_waf_tx_t *tx, const api_waf_item_t *item, void *ctx);
void api_waf_try_count(
    api_waf_tx_t *tx, api_waf_try_t *t, const api_waf_target_t *target);

/* What each match does at once, also in a chain that then breaks. */

void api_waf_hit(api_waf_tx_t *tx, api_waf_try_t *t, api_span_t value);
void api_waf_trace(
    api_waf_tx_t *tx, const api_waf_try_t *t, api_span_t value, bool whole);

/* api_waf_eval.c: a rule with its chain, one rule of it; true: it matched */

bool api_waf_eval(api_waf_tx_t *tx, const api_waf_rule_t *rule);
bool api_waf_link(api_waf_tx_t *tx, const api_waf_rule_t *rule);


#endif /* API_WAF_INT_H */
