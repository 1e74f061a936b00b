/*
 * The loader's own: one struct that all of api_seclang*.c works on.
 */

#ifndef API_SECLANG_INT_H
#define API_SECLANG_INT_H

#include "api_seclang.h"
#include "api_waf_prog.h"
#include "api_waf_scan_int.h"


#define API_SECLANG_WORDS 256 /* of a directive */

/* A list that grows in the loader's arena; items move when it does. */

typedef struct {
    void    *items;
    uint32_t n;
    uint32_t room;
} api_vec_t;

/* A zeroed item of `size` bytes at the end; NULL: no memory. */

void *api_vec_push(api_arena_t *arena, api_vec_t *v, size_t size);

#define API_VEC(type, v, i) (&((type *) (v).items)[i])


/* What waits until all rules are known: SecRuleRemove*, SecRuleUpdate*. */

typedef enum {
    API_SECLANG_REMOVE = 0,
    API_SECLANG_TARGET,
    API_SECLANG_ACTION
} api_seclang_late_kind_t;

typedef struct {
    api_seclang_late_kind_t kind;
    api_waf_by_t            by;
    api_span_t              what;
    api_span_t              text; /* targets or actions */
    const char             *file;
    uint32_t                line;
} api_seclang_late_t;

typedef struct {
    bool           set;
    const char    *file;
    uint32_t       line;
    api_span_t     actions;
    api_waf_rule_t rule; /* what they came to */
} api_seclang_default_t;

struct api_seclang_s {
    const api_alloc_t   *alloc;
    api_seclang_io_t     io;
    api_seclang_limits_t limits;
    api_arena_t          arena;

    api_err_t  *err;  /* of the call that runs */
    const char *file; /* where we are */
    uint32_t    line;
    uint32_t    depth;
    uint32_t    files;
    bool        failed;
    bool        finished;

    api_vec_t rules;   /* api_waf_rule_t */
    api_vec_t markers; /* api_seclang_marker_t */
    api_vec_t chains;  /* api_waf_chain_t */
    api_vec_t picks;   /* api_waf_pick_t */
    api_vec_t slots;   /* api_waf_slot_t */
    api_vec_t late;    /* api_seclang_late_t */
    api_vec_t notes;   /* api_seclang_note_t */

    uint32_t *slot_table; /* slot + 1 */
    uint32_t  slot_mask;
    uint32_t *id_table; /* rule + 1 */
    uint32_t  id_mask;
    uint32_t  nids;

    uint32_t open; /* head of the chain that waits for a link, or NONE */

    api_seclang_default_t defaults[API_WAF_NPHASES];
    api_waf_settings_t    settings;
    api_span_t            webappid;
    uint32_t              match_limit;
    uint32_t              depth_limit;

    uint8_t paranoia; /* that locations ask for at most */

    struct api_waf_program_s program;
    struct api_waf_scan_s   *scan;
};

/* A SecMarker: it stands in every phase, behind the rules before it. */

typedef struct {
    api_span_t name;
    uint32_t   before; /* index of the rule that comes after it */
} api_seclang_marker_t;


/* Fills the error: "FILE:LINE: " and the text.  Returns rc. */

int api_seclang_fail(api_seclang_t *s, int rc, int code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
int api_seclang_nomem(api_seclang_t *s);

/* Adds a note; memory that is not there is no error. */

void api_seclang_say(api_seclang_t *s, uint32_t id, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* For messages: a span as "%.*s", cut to what is worth showing. */

#define API_SECLANG_SHOW(s) (int) ((s).len > 48 ? 48 : (s).len), (s).data


/* api_seclang_lex.c: the next directive.  API_OK with *n words (0: the end),
   each a copy in the arena without quotes and continuations. */

typedef struct {
    const uint8_t *pos;
    const uint8_t *end;
    uint32_t       line; /* of pos */
    uint8_t       *out;  /* words are written here: as many bytes as the text
                            has, and one; a word is shorter than what it was */
} api_seclang_lex_t;

int api_seclang_next(
    api_seclang_t *s, api_seclang_lex_t *lex, api_span_t *word, uint32_t *n);

/* Pieces of text, also for other files of the loader. */

bool       api_seclang_is(api_span_t s, const char *word); /* any case */
bool       api_seclang_number(api_span_t s, uint64_t max, uint64_t *n);
api_span_t api_seclang_trim(api_span_t s);

/* Cuts the first part of *rest off, up to the byte; false when it is empty. */

bool api_seclang_cut(api_span_t *rest, uint8_t separator, api_span_t *part);


/* api_seclang_directive.c: one directive with its words. */

int
api_seclang_directive(api_seclang_t *s, const api_span_t *word, uint32_t n);

/* api_seclang.c: Include */

int api_seclang_include(api_seclang_t *s, api_span_t path, bool optional);

/* The whole text of a file named in a rule file; api_operator_env_t.read. */

int
api_seclang_read(void *ctx, api_span_t name, api_span_t *text, api_err_t *err);


/* api_seclang_text.c: macros, names of TX */

int api_seclang_macro(api_seclang_t *s, api_span_t text, api_waf_text_t *out);
int api_seclang_slot(api_seclang_t *s, api_span_t name, uint32_t *slot);
int api_seclang_known_slots(api_seclang_t *s); /* before any other */

/* A variable with its member, as "TX.a" or "ARGS:a". */

int api_seclang_member(
    api_seclang_t *s, api_span_t text, api_waf_var_t *var, api_span_t *name);


/* api_seclang_target.c: "ARGS|!ARGS:x|&TX:y" */

/* Parsed targets: those to look at, and those with "!". */

typedef struct {
    api_vec_t add;  /* api_waf_target_t */
    api_vec_t drop; /* uint32_t, picks */
} api_seclang_targets_t;

int api_seclang_targets(
    api_seclang_t *s, api_span_t text, api_seclang_targets_t *out);

/* One selection, to take out; its index among the picks. */

int api_seclang_pick(api_seclang_t *s, api_span_t text, uint32_t *pick);

/* Like it, into *pick, for views: only the arena of s is used. */

int
api_seclang_pick_make(api_seclang_t *s, api_span_t text, api_waf_pick_t *pick);


/* api_seclang_action.c: "id:1,phase:2,..." into a rule */

/* What a list of actions is read for. */

typedef enum {
    API_SECLANG_IN_RULE = 0,
    API_SECLANG_IN_LINK,
    API_SECLANG_IN_DEFAULT,
    API_SECLANG_IN_UPDATE
} api_seclang_place_t;

/* The actions of one rule while they are read. */

typedef struct {
    api_seclang_place_t place;
    api_waf_rule_t     *rule;
    api_vec_t           sets;    /* api_waf_setvar_t */
    api_vec_t           actions; /* api_waf_action_t */
    api_vec_t           tags;    /* api_waf_text_t */
    api_vec_t           chain;   /* uint8_t, transformations */
    bool                phase;   /* was said */
    int                 number;  /* from the table, for the action read now */
} api_seclang_actions_t;

int api_seclang_actions(
    api_seclang_t *s, api_span_t text, api_seclang_actions_t *out);

/* api_seclang_ctl.c, api_seclang_setvar.c */

int
api_seclang_ctl(api_seclang_t *s, api_seclang_actions_t *a, api_span_t value);
int api_seclang_setvar(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value);
int api_seclang_expirevar(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value);
int api_seclang_initcol(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value);

/* The chain with these transformations, new or shared. */

int api_seclang_chain(
    api_seclang_t *s, const uint8_t *ids, uint32_t n, uint32_t *chain);


/* api_seclang_rule.c: SecRule, SecAction, SecMarker */

int api_seclang_rule(api_seclang_t *s, const api_span_t *word, uint32_t n);
int api_seclang_action(api_seclang_t *s, const api_span_t *word, uint32_t n);
int api_seclang_marker(api_seclang_t *s, const api_span_t *word, uint32_t n);
int api_seclang_default(api_seclang_t *s, const api_span_t *word, uint32_t n);

/* The rule of an id, no link; NULL: none. */

api_waf_rule_t *api_seclang_find(api_seclang_t *s, uint32_t id);


/* api_seclang_level.c: which rules run at which paranoia level; when phases
   have their steps and jumps */

void api_seclang_level(api_seclang_t *s);


/* api_seclang_late.c: SecRuleRemove*, SecRuleUpdate* when all are known */

int api_seclang_late(api_seclang_t *s);


#endif /* API_SECLANG_INT_H */
