/* The prefilter of a program, for api_waf*.c and api_seclang*.c alone. */

#ifndef API_WAF_SCAN_INT_H
#define API_WAF_SCAN_INT_H

#include "api_prefilter_gate.h"
#include "api_waf_int.h"
#include "api_waf_scan.h"
#include "api_waf_size.h"


#define API_WAF_SCAN_CHAINS 64
#define API_WAF_SCAN_BATCHES 8

/* A chain without the t:lowercase at its end, which the patterns know of.  A
   rule with multiMatch has one for each transformation of its chain. */

typedef struct {
    const uint8_t *ids;
    uint32_t       n;
    api_trigger_t  mask;
} api_waf_scan_chain_t;

/* Who looks at a value: chains, and patterns as a mask; and rules that have no
   pattern, as a mask of tries.  NULL: nobody. */

typedef struct {
    uint64_t  chains;
    uint64_t *only;
    uint64_t *tries;
    uint32_t  who; /* its number */

    /* No rule wants anything of a long text that has neither % nor NUL, and
       finds this closed; NULL: there is none */

    const api_prefilter_gate_t *gate;
} api_waf_scan_need_t;

typedef struct {
    uint32_t            var;
    api_span_t          name;
    api_waf_scan_need_t need; /* with those that look at all of them */
} api_waf_scan_named_t;

typedef struct api_waf_scan_s {
    const api_alloc_t  *alloc;
    api_prefilter_t    *pf;
    api_prefilter_set_t set;

    /* Bits of rules: of the set, then those of rules without a pattern.  Of
       these the triggers without which no value matches.  Of a rule the bit
       without which it need not be run, or NONE */

    uint32_t       bits;
    api_trigger_t *tries;
    uint32_t      *without;

    uint32_t             nchains;
    api_waf_scan_chain_t chain[API_WAF_SCAN_CHAINS];

    /* Chains by length have ranks: masks of `need` and here are of ranks.  Of
       each trigger those that it concerns; of each rank the patterns that see
       what it leaves, and those that see nothing else */

    uint8_t       ranked[API_WAF_SCAN_CHAINS];
    uint64_t      by_trigger[64];
    api_trigger_t triggers; /* of all of them */
    uint64_t     *sees[API_WAF_SCAN_CHAINS];
    uint64_t     *only[API_WAF_SCAN_CHAINS];

    /* Who looks at values [0] or names [1] of a variable; at values of one
     name alone; and whether anybody does */

    api_waf_scan_need_t         need[API_WAF_NSTORED][2];
    const api_waf_scan_named_t *named; /* by variable */
    uint32_t                    first[API_WAF_NSTORED + 1];
    uint64_t                    lens[API_WAF_NSTORED]; /* of named, mod 64 */
    bool                        any[API_WAF_NSTORED][2];
    uint8_t                     look[API_WAF_NSTORED]; /* variables with any */
    uint32_t                    nlook;
} api_waf_scan_t;

struct api_waf_scan_scratch_s {
    const api_alloc_t       *alloc;
    api_prefilter_scratch_t *pf;
    api_waf_memo_t          *memo;  /* NULL: none */
    uint32_t                 owner; /* of the batch that began last */
};

/*
 * Texts that are scanned together: values as they came, and what chains make
 * of them.  Each is looked at for the patterns whose rules see it that way
 * alone: what several chains leave alike is one text.
 */

typedef struct api_waf_scan_part_s {
    struct api_waf_scan_part_s *next;
    api_prefilter_text_t        text;
    api_prefilter_hits_t        hits;
    uint32_t                   *value; /* of a text: number in the batch */
    uint32_t                    room;
    bool                        scanned;
} api_waf_scan_part_t;

/* Masks of patterns that were made, by what they were made of. */

#define API_WAF_SCAN_MASKS 16

typedef struct {
    const uint64_t *of;
    uint64_t        ranks;
    const uint64_t *mask; /* NULL: none yet */
} api_waf_scan_mask_t;

/* A candidate that no part knows of: a rule without a pattern might match, or
   what is known of the value says so. */

typedef struct {
    uint32_t value;
    uint32_t bit;
    uint32_t next; /* of this bit; NONE: no more */
} api_waf_scan_pair_t;

/* A value and its entry in the memo; NULL: it has none.  By the time that it is
   used the entry may be another one's. */

typedef struct {
    api_sip128_t          key;
    api_waf_memo_entry_t *entry;
    bool                  open;   /* what the scan finds is put there */
    bool                  asked;  /* of a name: `secret` is known */
    bool                  secret; /* of a name: of a credential */
} api_waf_scan_seen_t;

/* Names of a set, one behind the other, that an entry of their own may say of
   that no rule wants anything of them; `end` is behind the last. */

typedef struct {
    api_sip128_t          key;
    api_waf_memo_entry_t *entry; /* open */
    uint64_t              secret;
    uint32_t              end;
    uint32_t              n;
    bool                  clean; /* none of those so far is of any interest */
} api_waf_scan_names_t;

#define API_WAF_SCAN_NAMES 64
#define API_WAF_SCAN_NAMES_LEAST 8
#define API_WAF_SCAN_NAMES_BYTES 4096 /* of them and of their lengths */

#define API_WAF_SCAN_SEEN 2048 /* values of a batch; more are not kept */

/* What was stored between two phases, looked at together. */

typedef struct {
    uint32_t             from; /* seq */
    uint32_t             to;
    uint32_t             first[API_WAF_NSTORED];   /* item of the set */
    uint32_t             base[API_WAF_NSTORED][2]; /* number, or NONE */
    uint32_t             count[API_WAF_NSTORED];
    uint32_t             n;     /* values */
    api_waf_scan_part_t *parts; /* newest first */
    api_waf_scan_mask_t  masks[API_WAF_SCAN_MASKS];
    uint64_t            *row; /* candidates of the rule that runs */
    uint32_t             words;
    bool                 all; /* nothing is known: all are */
    bool                 none;

    uint32_t            *head; /* of each bit: a pair, or NONE */
    api_waf_scan_pair_t *pair;
    uint32_t             npairs;
    uint32_t             pairs_room;
    api_waf_scan_seen_t *seen; /* by number */
    uint32_t             seen_room;
    uint32_t             owner;
    api_waf_scan_names_t names;

    /* Where looking is: names, then values, of a set */

    uint32_t nlook;
    uint32_t var;
    uint32_t i;
    uint32_t total;
    bool     begun;
    bool     midway; /* chains are left to be run on this value */
    bool     empty;  /* all parts are to be scanned, and their texts to go */

    api_arena_mark_t mark; /* of tx->texts: from here on they are of this */

    struct api_waf_scan_long_s *last; /* long value */
} api_waf_scan_batch_t;

typedef struct api_waf_scan_run_s {
    api_waf_scan_batch_t *batch[API_WAF_SCAN_BATCHES];
    uint32_t              nbatches;
    uint32_t              seq;  /* all before are in a batch */
    api_waf_scan_batch_t *busy; /* not looked at to the end; NULL: none */
    uint64_t             *live; /* bits with a candidate */
    const api_waf_rule_t *rule; /* whose rows they are */
    api_waf_scan_batch_t *at; /* where api_waf_scan_next was; NULL: nowhere */
    uint32_t              number;
} api_waf_scan_run_t;

/* At load: gives rules their bits, but those of a paranoia level above `most`.
   API_OK or API_NOMEM. */

int api_waf_scan_make(api_waf_scan_t **scan, api_waf_rule_t *rules, uint32_t n,
    const api_waf_chain_t *chains, uint32_t most, const api_alloc_t *alloc,
    api_arena_t *arena);
void api_waf_scan_free(api_waf_scan_t *scan);

/* Of that: what is to be looked at, and is a target stored? */

int api_waf_scan_needs(api_waf_scan_t *scan, api_waf_rule_t *rules, uint32_t n,
    const api_waf_chain_t *chain, const uint64_t *chains, uint32_t most,
    api_arena_t *arena);
bool api_waf_scan_stored(const api_waf_pick_t *pick);

/* What was stored since the last time is to be looked at. */

void api_waf_scan_phase(api_waf_tx_t *tx);

/* Looks at it until the budget is below `until`.  True: there is more. */

bool api_waf_scan_more(api_waf_tx_t *tx, uint64_t until);

/* Scans parts that are full, or all.  True: there is more, or the tx has
   failed.  When all are scanned nobody needs what chains have made. */

bool api_waf_scan_parts(
    api_waf_tx_t *tx, api_waf_scan_batch_t *b, bool all, uint64_t until);
void api_waf_scan_spare(api_waf_tx_t *tx, const api_waf_scan_batch_t *b);

/* api_waf_scan_text.c: a value as it came, and as chains leave it, to be
   scanned with the part that is filled; false: the tx has failed.  Of a long one
   it goes on with the next call while b->midway. */

bool api_waf_scan_add(api_waf_tx_t *tx, api_waf_scan_batch_t *b,
    const api_waf_scan_need_t *need, api_span_t value, api_trigger_t bits,
    uint64_t until);

/* api_waf_scan_seen.c: room for what is known of n more values. */

void api_waf_scan_room(api_waf_tx_t *tx, api_waf_scan_batch_t *b, uint32_t n);

/* Is what is to be known of the value known?  Then its triggers are in *bits,
   and its candidates are noted. */

bool api_waf_scan_known(api_waf_tx_t *tx, api_waf_scan_batch_t *b,
    const api_waf_scan_need_t *need, const api_waf_value_t *v, bool names,
    uint64_t *bits);

/* Names from the one that is looked at on of which it is known that no rule
   wants anything of them, as many as there are together; 0: it is not. */

uint32_t api_waf_scan_names(api_waf_tx_t *tx, api_waf_scan_batch_t *b,
    const api_waf_scan_need_t *need);

/* The name that is looked at is known, or not. */

void api_waf_scan_named(api_waf_scan_batch_t *b, bool known);

/* The value of this batch that is looked at is a candidate for a bit. */

bool
api_waf_scan_pair(api_waf_tx_t *tx, api_waf_scan_batch_t *b, uint32_t bit);

/* A batch is scanned: what was found of its new values is kept. */

void api_waf_scan_keep(const api_waf_tx_t *tx, const api_waf_scan_batch_t *b);

/* The rule that runs was tried on the value where api_waf_scan_next was, all of
   it, and does not match. */

void api_waf_scan_learn(const api_waf_tx_t *tx);

/* The tx has no memory; false. */

bool api_waf_scan_nomem(api_waf_tx_t *tx);

/* No value of the rule can match: it need not be run. */

static inline bool
api_waf_scan_skips(const api_waf_tx_t *tx, uint32_t rule)
{
    uint32_t bit;

    if (tx->scan == NULL) {
        return false;
    }

    bit = tx->p->scan->without[rule];

    return bit != API_WAF_NONE
           && (tx->scan->live[bit / 64] >> (bit % 64) & 1) == 0;
}


/* The rule, or link, runs now: its rows are made.  NULL: none does. */

void api_waf_scan_begin(api_waf_tx_t *tx, const api_waf_rule_t *rule);

/* The next item of a set, from i on, that could match; count: there is none. */

uint32_t api_waf_scan_next(
    const api_waf_tx_t *tx, api_waf_var_t stored, bool names, uint32_t i);


#endif /* API_WAF_SCAN_INT_H */
