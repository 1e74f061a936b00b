/*
 * The operators of SecLang rules: compiled once at load, then matched against
 * one value at a time.
 *
 * A compiled operator is const and may be used by many threads at once, each
 * with a scratch of its own.  Matching takes no memory but what PCRE2 needs
 * beyond its JIT stack, which is bounded by the heap limit.  One thread at a
 * time compiles and frees: patterns of @rx are one in the process, whoever has
 * them, so that rules read again share what JIT made of them.
 *
 * Verdicts are those of ModSecurity 3.0.9.  Where its code cannot be what its
 * authors meant, ours is stricter:
 * - @pm and @pmFromFile: phrases with bytes >= 0x80 match, and no match is
 *   lost where one phrase is the inner part of another;
 * - @validateByteRange: a range that is no range is an error, not ignored;
 * - @ipMatch: an entry that is no address or network is an error.
 *
 * @geoLookup, @rbl, @gsbLookup and @inspectFile need what a proxy's worker
 * must not do (block on a name server, run a program) or data that is not
 * there: they load and never match, api_operator_inert says so.
 *
 * A pattern of @rx with macros in it is compiled when it is matched; the
 * last few are kept in the scratch.  One that is then longer than 512 bytes
 * is API_LIMIT.
 *
 * The negation of a rule ("!@rx") is the caller's.
 */

#ifndef API_OPERATOR_H
#define API_OPERATOR_H

#include "api_arena.h"
#include "api_transform.h"


typedef enum {
    API_OPERATOR_RX = 0,
    API_OPERATOR_RX_GLOBAL,
    API_OPERATOR_PM, /* also @pmf, @pmFromFile */
    API_OPERATOR_CONTAINS,
    API_OPERATOR_CONTAINS_WORD,
    API_OPERATOR_BEGINS_WITH,
    API_OPERATOR_ENDS_WITH,
    API_OPERATOR_STREQ,
    API_OPERATOR_STRMATCH,
    API_OPERATOR_WITHIN,
    API_OPERATOR_EQ,
    API_OPERATOR_GE,
    API_OPERATOR_GT,
    API_OPERATOR_LE,
    API_OPERATOR_LT,
    API_OPERATOR_IP_MATCH, /* also @ipMatchF, @ipMatchFromFile */
    API_OPERATOR_BYTE_RANGE,
    API_OPERATOR_URL_ENCODING,
    API_OPERATOR_UTF8_ENCODING,
    API_OPERATOR_SQLI,
    API_OPERATOR_XSS,
    API_OPERATOR_VERIFY_CC,
    API_OPERATOR_NO_MATCH,
    API_OPERATOR_UNCONDITIONAL,
    API_OPERATOR_INERT, /* @geoLookup, @rbl, ... */
    API_OPERATOR_NOPS
} api_operator_id_t;

typedef enum {
    API_OPERATOR_E_NONE = 0,
    API_OPERATOR_E_NAME,     /* no operator of that name */
    API_OPERATOR_E_ARGUMENT, /* none, or one it cannot take */
    API_OPERATOR_E_MACRO,    /* a macro where only a constant can be */
    API_OPERATOR_E_PATTERN,  /* PCRE2 says no; err->pos within the pattern */
    API_OPERATOR_E_PHRASE,   /* of @pm: a |, an escape */
    API_OPERATOR_E_RANGE,    /* of @validateByteRange */
    API_OPERATOR_E_ADDRESS,  /* of @ipMatch */
    API_OPERATOR_E_FILE,     /* cannot be read */
    API_OPERATOR_E_SIZE,     /* more phrases or bytes than anybody needs */
    API_OPERATOR_E_NOMEM,
    API_OPERATOR_NERRORS
} api_operator_error_t;

const char *api_operator_error_name(int code);
const char *api_operator_name(api_operator_id_t id); /* "rx", "pm", ... */

/* What compiling needs from outside. */

typedef struct {
    /* The text of the file that a rule names (as written; relative to the
       file of the rule).  It stays as long as the operator is used.  API_OK,
       or an error with the cause in err->text. */
    int (*read)(void *ctx, api_span_t name, api_span_t *text, api_err_t *err);
    void    *ctx;
    uint32_t match_limit; /* SecPcreMatchLimit; 0: PCRE2's own */
    uint32_t depth_limit; /* SecPcreMatchLimitRecursion; 0: PCRE2's own */
} api_operator_env_t;

typedef struct api_operator_s api_operator_t;

/*
 * name is without @ and !, case counts as in ModSecurity: not at all.  arg is
 * as the rule has it, after the parser took its quotes and escapes.  With
 * macros in it (%{...}) and an operator that takes them, the caller expands
 * them and gives the text at each match.
 *
 * The object and all it points to come from arena, but compiled patterns,
 * which api_operator_free gives back; arg must stay.  Returns API_OK,
 * API_UNSUPPORTED (name), API_INVALID or API_SYNTAX (argument), API_LIMIT,
 * API_NOMEM, or what env->read returned.
 */

int api_operator_compile(api_operator_t **op, api_span_t name, api_span_t arg,
    const api_operator_env_t *env, api_arena_t *arena, api_err_t *err);

void api_operator_free(api_operator_t *op); /* NULL is fine */

api_operator_id_t api_operator_id(const api_operator_t *op);
api_span_t        api_operator_arg(const api_operator_t *op);

/* The argument has macros: give api_operator_match the expanded text. */

bool api_operator_macro(const api_operator_t *op);

/* Why it can never match; NULL: it can. */

const char *api_operator_inert(const api_operator_t *op);

/* A value with none of these triggers (api_transform.h) does not match, and
   leaves nothing in captures.  The arena is as before. */

api_trigger_t
api_operator_triggers(const api_operator_t *op, api_arena_t *arena);

/* Phrase n (from 0) of a @pm, as it is matched; false: no more. */

bool
api_operator_phrase(const api_operator_t *op, uint32_t n, api_span_t *phrase);

#define API_OPERATOR_CAPTURES 10

/* TX.0 to TX.9.  A group that took no part has data NULL and is not to be
   stored, as in ModSecurity: what an earlier rule left there stays. */

typedef struct {
    api_span_t text[API_OPERATOR_CAPTURES];
    uint32_t   n;
} api_captures_t;

/*
 * Work that a request may cause, in bytes looked at.  Every match charges its
 * value's length, weighted by what the operator can cost at most a byte,
 * before it runs; with nothing left it is not run and answers API_LIMIT.
 */

typedef struct {
    uint64_t left;
} api_budget_t;

typedef struct api_scratch_s api_scratch_t;

/* Memory that matching works in; one for each thread.  NULL: no memory. */

api_scratch_t *api_scratch_create(const api_alloc_t *alloc);
void           api_scratch_free(api_scratch_t *scratch); /* NULL is fine */

/*
 * Nanoseconds of some clock that goes on; NULL, as at first: none.  With one,
 * @rx on a long value goes in pieces and charges the budget what each has
 * taken: some patterns take time in the square of what an attacker sends, and
 * PCRE2 does not say what it has done.
 */

void api_scratch_clock(api_scratch_t *scratch, uint64_t (*clock)(void));

/*
 * 1: matches, 0: does not.  API_LIMIT: budget, match, depth or heap limit
 * (ModSecurity sets MSC_PCRE_LIMITS_EXCEEDED and takes it as no match; rule
 * 200005 then denies).  API_INTERNAL: PCRE2 failed otherwise.
 *
 * arg is looked at only if api_operator_macro.  captures, when not NULL, is
 * filled on a match (@rx: groups; @pm: the phrase as the rule has it;
 * @detectSQLi: the fingerprint; ...); texts point into the value, the
 * operator or the scratch, and hold until its next match.
 */

int
api_operator_match(const api_operator_t *op, api_span_t value, api_span_t arg,
    api_captures_t *captures, api_budget_t *budget, api_scratch_t *scratch);


#endif /* API_OPERATOR_H */
