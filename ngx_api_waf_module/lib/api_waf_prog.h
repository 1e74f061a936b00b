/*
 * A program of rules, as the loader makes it and the engine runs it: flat,
 * const, shared.  For api_seclang*.c and api_waf*.c alone.
 */

#ifndef API_WAF_PROG_H
#define API_WAF_PROG_H

#include "api_operator.h"
#include "api_transform.h"
#include "api_waf.h"


#define API_WAF_NONE UINT32_MAX /* no slot, no rule, no position */

/* Bytes of a name or value that a rule makes; more is cut. */

#define API_WAF_TEXT_MAX 8192

#define API_WAF_PIECES 64 /* of a text */

/* A text with macros: "score %{tx.anomaly_score}". */

typedef struct {
    api_waf_var_t var;  /* API_WAF_NVARS: text stands as it is */
    api_span_t    text; /* or the name of a member */
    uint32_t      slot; /* of TX */
} api_waf_piece_t;

typedef struct {
    api_span_t             text; /* as written */
    const api_waf_piece_t *piece;
    uint32_t               n; /* 0: no macro, text is all */
} api_waf_text_t;

/* What part of a collection: all, a member, or those a pattern fits. */

typedef enum {
    API_WAF_SEL_ALL = 0,
    API_WAF_SEL_NAME,
    API_WAF_SEL_RX
} api_waf_selector_t;

typedef struct {
    uint16_t        var;
    uint8_t         sel;
    bool            count;
    api_span_t      name; /* or the pattern */
    api_span_t      full; /* "ARGS:name", for exclusions of a whole target */
    api_operator_t *rx;
    uint32_t        slot;  /* NAME of TX */
    const uint32_t *slots; /* RX of TX: slots whose names fit */
    uint32_t        nslots;
} api_waf_pick_t;

typedef struct {
    api_waf_pick_t  pick;
    const uint32_t *except; /* !ARGS:x of the same rule: indexes of picks */
    uint32_t        nexcept;
} api_waf_target_t;

typedef enum {
    API_WAF_SET = 0,
    API_WAF_SET_ADD,
    API_WAF_SET_SUB,
    API_WAF_SET_UNSET
} api_waf_set_op_t;

typedef struct {
    api_waf_set_op_t op;
    api_waf_var_t    var;
    api_waf_text_t   name;
    uint32_t         slot; /* of TX, name without macros */
    api_waf_text_t   value;
    int64_t          number; /* of a value without macros, for ADD and SUB */
} api_waf_setvar_t;

/* Actions that run at a match, in the order they are written. */

typedef enum {
    API_WAF_DO_LOG = 0,
    API_WAF_DO_NOLOG,
    API_WAF_DO_STATUS,
    API_WAF_DO_SKIP,
    API_WAF_DO_SKIP_AFTER,
    API_WAF_DO_INITCOL,
    API_WAF_DO_SETSID,
    API_WAF_DO_SETUID,
    API_WAF_DO_SETRSC,
    API_WAF_DO_SETENV,
    API_WAF_DO_EXPIREVAR,
    API_WAF_DO_BLOCK,
    API_WAF_DO_AUDIT,
    API_WAF_DO_ENGINE,
    API_WAF_DO_BODY_ACCESS,
    API_WAF_DO_BODY_FORCE,
    API_WAF_DO_BODY_PROCESSOR,
    API_WAF_DO_REMOVE,       /* rules */
    API_WAF_DO_REMOVE_TARGET /* a target of rules */
} api_waf_do_t;

typedef struct {
    uint8_t         what;
    uint16_t        var;    /* INITCOL, EXPIREVAR */
    uint32_t        number; /* STATUS, SKIP, ENGINE, BODY_*; index of a pick */
    api_waf_text_t  text;   /* INITCOL, SETENV: value; EXPIREVAR: seconds */
    api_waf_text_t  name;   /* SETENV, EXPIREVAR; SKIP_AFTER: of the marker */
    uint32_t        by;     /* REMOVE*: api_waf_by_t */
    const uint32_t *rules;  /* REMOVE*: of which, sorted */
    uint32_t        nrules;
} api_waf_action_t;

typedef enum {
    API_WAF_DIS_NONE = 0,
    API_WAF_DIS_PASS,
    API_WAF_DIS_DENY,
    API_WAF_DIS_DROP,
    API_WAF_DIS_REDIRECT,
    API_WAF_DIS_ALLOW,
    API_WAF_DIS_ALLOW_PHASE,
    API_WAF_DIS_ALLOW_REQUEST
} api_waf_disrupt_t;

/* A chain of transformations; many rules share one. */

typedef struct {
    const uint8_t *ids;
    uint32_t       n;
    api_trigger_t  mask;
    api_span_t     name; /* "urlDecodeUni,lowercase" */
} api_waf_chain_t;

/* A rule, or a link of a chain.  Links follow their rule in the array. */

typedef struct {
    uint32_t    id; /* 0: a link */
    uint32_t    line;
    const char *file;
    uint32_t    head; /* index of the rule whose link this is */
    uint8_t     phase;
    uint8_t     links;    /* behind this one in its chain */
    uint8_t     severity; /* 255: none */
    uint8_t     disrupt;
    bool        capture;
    bool        multi;
    uint8_t     level; /* of paranoia, from which on it runs; 0: always */
    bool        negate;
    bool        has_next; /* while it is read: chain */
    bool        removed;
    bool        none; /* while it is read: t:none was there */
    uint32_t    chain;

    api_operator_t *op;       /* NULL: SecAction */
    api_trigger_t   triggers; /* a value without any does not match */
    api_span_t      op_name;
    api_waf_text_t  arg;

    const api_waf_target_t *target;
    uint32_t                ntargets;
    const uint32_t         *drop; /* picks taken out at load */
    uint32_t                ndrops;

    const api_waf_setvar_t *set;
    uint32_t                nsets;
    api_waf_action_t       *action;
    uint32_t                nactions;
    api_waf_text_t          location; /* redirect */

    api_waf_text_t        msg;
    api_waf_text_t        logdata;
    api_span_t            rev;
    const api_waf_text_t *tag;
    uint32_t              ntags;

    uint32_t bit; /* of the prefilter; API_WAF_NONE: none */
} api_waf_rule_t;

/* What a phase runs, in order. */

typedef struct {
    uint32_t   rule;   /* API_WAF_NONE: a marker */
    api_span_t marker; /* its name */
} api_waf_step_t;

typedef struct {
    const api_waf_step_t *step;
    uint32_t              n;

    /* SecDefaultAction of the phase */

    const api_waf_action_t *action;
    uint32_t                nactions;
    uint8_t                 disrupt;
    api_waf_text_t          location;
} api_waf_phase_prog_t;

/* TX names that rules spell out have a slot each; TX.0 to TX.9 the first, then
   those that the engine itself knows. */

typedef struct {
    api_span_t name; /* as first written */
    uint32_t   hash;
} api_waf_slot_t;

enum {
    API_WAF_SLOT_IN = 10,        /* names of the whole inbound score */
    API_WAF_SLOT_IN_PARTS = 14,  /* of its part at each level, CRS 3, CRS 4 */
    API_WAF_SLOT_OUT = 22,       /* and of the outbound one */
    API_WAF_SLOT_OUT_PARTS = 25, /* CRS 3 and 4 alike */
    API_WAF_SLOT_LEVELS = 29
};

struct api_waf_scan_s;

struct api_waf_program_s {
    const api_waf_rule_t *rule;
    uint32_t              nrules; /* with links */
    const uint32_t       *head;   /* rules that are no links */
    uint32_t              nheads;
    api_waf_phase_prog_t  phase[API_WAF_NPHASES];
    unsigned              phases;

    const api_waf_chain_t *chain;
    uint32_t               nchains;
    const api_waf_pick_t  *pick; /* of exclusions */
    uint32_t               npicks;

    const api_waf_slot_t *slot;
    uint32_t              nslots;
    const uint32_t       *table; /* slot + 1, open addressing */
    uint32_t              mask;
    uint8_t               level; /* of paranoia, that the files ask for */
    uint8_t               most;  /* that somebody asks for */

    api_waf_settings_t  settings;
    api_span_t          webappid;
    api_transform_env_t transform;

    const struct api_waf_scan_s *scan; /* the prefilter; NULL: none */
};

/* Hash of a name without regard to case; of constant names alone. */

uint32_t api_waf_name_hash(api_span_t name);

/* The slot of a name, or API_WAF_NONE. */

uint32_t api_waf_slot_find(const api_waf_program_t *p, api_span_t name);

/* std::stoi: blanks, a sign, digits; 0 when there are none or it is no int. */

int64_t api_waf_stoi(api_span_t s);

/* Rules that (by, what) means, as sorted indexes; links by tag or msg alone.
   API_OK; API_INVALID when what is no number and no range; API_NOMEM. */

int
api_waf_select(const api_waf_rule_t *rule, uint32_t nrules, api_waf_by_t by,
    api_span_t what, api_arena_t *arena, const uint32_t **rules, uint32_t *n);

/* Exclusions: does the pick take (var, name) out?  Names of ARGS and cookies
   are compared byte by byte, those of headers in any case. */

bool api_waf_pick_takes(const api_waf_pick_t *pick, api_waf_var_t var,
    api_span_t name, api_budget_t *budget, api_scratch_t *scratch);


struct api_waf_view_s {
    const api_waf_program_t *program;
    const api_alloc_t       *alloc;
    api_arena_t              arena;

    const uint64_t *removed; /* a bit a rule; NULL: none */

    /* Targets taken out, sorted by rule */

    const struct api_waf_view_drop_s *drop;
    uint32_t                          ndrops;

    /* TX that the location sets */

    const struct api_waf_view_tx_s *tx;
    uint32_t                        ntx;

    api_operator_t **pattern; /* of exclusions, NULL among them */
    uint32_t         npatterns;
    void            *self;

    const struct api_waf_plan_s *plan; /* a phase each; NULL: none */
    const struct api_waf_plan_s *hope; /* the same */
};

typedef struct api_waf_view_drop_s {
    uint32_t       rule;
    api_waf_pick_t pick;
} api_waf_view_drop_t;

typedef struct api_waf_view_tx_s {
    uint32_t   slot;
    api_span_t value;
} api_waf_view_tx_t;


#endif /* API_WAF_PROG_H */
