/* What the files of api_operator share; nobody else includes this. */

#ifndef API_OPERATOR_INT_H
#define API_OPERATOR_INT_H

#define PCRE2_CODE_UNIT_WIDTH 8

#include "api_addr.h"
#include "api_operator.h"
#include "api_reverse.h"

#include <pcre2.h>


/* @pm: a trie in breadth-first order with failure links; the children of a
   node stand next to each other, in order of their byte. */

typedef struct {
    uint32_t child; /* the first */
    uint32_t fail;
    uint32_t phrase; /* that ends here or in a suffix: index + 1; 0: none */
    uint16_t nchild;
    uint8_t  ch;
} api_pm_node_t;

typedef struct {
    api_pm_node_t *node; /* [0] is the root */
    uint32_t       nnode;
    api_span_t    *phrase; /* as the rule has them, in order of lower case */
    uint32_t       nphrase;
    uint32_t       root[256]; /* child of the root by byte; 0: none */
} api_pm_t;

typedef struct api_operator_def_s  api_operator_def_t;
typedef struct api_operator_code_s api_operator_code_t;

struct api_operator_s {
    const api_operator_def_t *def;
    api_operator_id_t         id;
    bool                      macro;
    bool                      jit;
    api_span_t                arg;
    int64_t                   number; /* eq: as stoi, others as atoll */
    const char               *inert;
    api_operator_code_t      *shared;
    const pcre2_code         *code;    /* of shared */
    const uint8_t            *starts;  /* api_operator_starts.c */
    const api_reverse_t      *reverse; /* NULL: there is none */
    const api_reverse_t      *ahead;   /* from the places of starts */
    uint32_t                  match_limit;
    uint32_t                  depth_limit;
    api_pm_t                 *pm;
    api_net_t                *net;
    uint32_t                  nnet;
    uint32_t                  bytes[8]; /* validateByteRange: allowed */
};

/* Patterns that macros have made: the last ones, for they rarely change. */

#define API_OPERATOR_CACHE 8
#define API_OPERATOR_CACHE_TEXT 512

typedef struct {
    pcre2_code *code;
    size_t      len;
    uint8_t     text[API_OPERATOR_CACHE_TEXT];
} api_operator_cache_t;

struct api_scratch_s {
    const api_alloc_t   *alloc;
    pcre2_match_data    *data;
    pcre2_match_context *context;
    pcre2_jit_stack     *stack;
    uint64_t (*clock)(void);
    api_reverse_cache_t *reverse;
    char                 note[32]; /* a capture that is not in the value */
    uint32_t             next;     /* of the cache, to be given up */
    api_operator_cache_t cache[API_OPERATOR_CACHE];
};

/* What compiling is given, in one. */

typedef struct {
    const api_operator_env_t *env;
    api_arena_t              *arena;
    api_err_t                *err;
} api_operator_make_t;

int api_operator_make_rx(api_operator_t *op, const api_operator_make_t *m);
int api_operator_make_pm(api_operator_t *op, const api_operator_make_t *m);
int
api_operator_make_pm_file(api_operator_t *op, const api_operator_make_t *m);
int api_operator_make_ip(api_operator_t *op, const api_operator_make_t *m);
int
api_operator_make_ip_file(api_operator_t *op, const api_operator_make_t *m);
int api_operator_make_range(api_operator_t *op, const api_operator_make_t *m);

/*
 * The compiled pattern that the process has of these bytes; NULL: why not, as
 * pcre2_compile says it.  It lives until each that took it has released it.
 */

api_operator_code_t *
api_operator_code_take(api_span_t pattern, int *error, size_t *at);
const pcre2_code *api_operator_code(const api_operator_code_t *c, bool *jit);
void              api_operator_code_release(api_operator_code_t *c);

pcre2_code *api_operator_rx_compile(
    api_span_t pattern, uint32_t flags, int *code, size_t *at);

/* What a match is given, in one. */

typedef struct {
    const api_operator_t *op;
    api_span_t            value;
    api_span_t            arg; /* expanded */
    api_captures_t       *captures;
    api_budget_t         *budget;
    api_scratch_t        *scratch;
} api_operator_run_t;

/* What a match costs before it runs, and tokens of @detectSQLi after it; false:
   that is more than there is. */

bool api_operator_charge(
    const api_operator_t *op, size_t len, api_budget_t *budget);
void api_operator_charge_tokens(uint32_t tokens, api_budget_t *budget);

/* @pm, from a node on, 0 at first; 1: it ends at one where a phrase does. */

int api_operator_pm_walk(
    const api_operator_t *op, api_span_t text, uint32_t *node);
api_span_t api_operator_pm_phrase(const api_operator_t *op, uint32_t node);

int api_operator_run_rx(const api_operator_run_t *run);
int api_operator_run_pm(const api_operator_run_t *run);
int api_operator_run_cc(const api_operator_run_t *run);
int api_operator_run_contains(const api_operator_run_t *run);
int api_operator_run_word(const api_operator_run_t *run);
int api_operator_run_begins(const api_operator_run_t *run);
int api_operator_run_ends(const api_operator_run_t *run);
int api_operator_run_streq(const api_operator_run_t *run);
int api_operator_run_within(const api_operator_run_t *run);
int api_operator_run_number(const api_operator_run_t *run);
int api_operator_run_ip(const api_operator_run_t *run);
int api_operator_run_range(const api_operator_run_t *run);
int api_operator_run_url(const api_operator_run_t *run);
int api_operator_run_utf8(const api_operator_run_t *run);

/*
 * Where a match of a pattern can begin, when that is rare: at bytes of a set,
 * and maybe where a line begins.  A table of what each byte is; NULL: it may
 * be anywhere, or PCRE2 finds it as fast.  The arena is as before but for the
 * table.
 */

#define API_OPERATOR_START 1 /* a match may begin with the byte */
#define API_OPERATOR_LINE 2  /* of \n: it may begin behind one, and first */
#define API_OPERATOR_FOUND (API_OPERATOR_START | API_OPERATOR_LINE)
#define API_OPERATOR_WORDS                                                    \
    4 /* of a blank: letters, digits, blanks are there */

int api_operator_starts(
    const uint8_t **starts, api_span_t pattern, api_arena_t *arena);

/* Blanks around s as isspace has them. */

api_span_t api_operator_trim(api_span_t s);

/* Capture 0 alone. */

void api_operator_capture(api_captures_t *captures, api_span_t text);

/* The text of the file that op names. */

int api_operator_read(
    api_operator_t *op, const api_operator_make_t *m, api_span_t *text);

/* As atoll and as std::stoi with 0 for its exceptions. */

int64_t api_operator_atoll(api_span_t s);
int64_t api_operator_stoi(api_span_t s);


#endif /* API_OPERATOR_INT_H */
