/*
 * Claim paths and tests on them: the language of api_require.
 *
 *   PATH   name[.name|[index]]...      a.b[0].c
 *          a name with other characters stands in quotes: ["https://x/roles"]
 *   TEST   OPERAND eq|ne|in|any|contains|prefix|exists|gt|ge|lt|le VALUE...
 *
 * Everything is case-sensitive and typed by the claim: a string never equals
 * a number that looks the same, except that VALUE, which is text in a
 * configuration, is read as a number against a number and as true/false
 * against a boolean.
 */

#ifndef API_CLAIM_H
#define API_CLAIM_H

#include "api_json.h"


#define API_CLAIM_MAX_STEPS 16

typedef struct {
    api_span_t name; /* data NULL: an index */
    uint32_t   index;
} api_claim_step_t;

typedef struct {
    api_span_t        whole; /* the text as written */
    api_claim_step_t *steps;
    uint32_t          nsteps;
} api_claim_path_t;

/* Compile text into path; names are copied into arena (config time). */

int api_claim_path_parse(api_claim_path_t *path, api_span_t text,
    api_arena_t *arena, api_err_t *err);

/*
 * The token that path leads to below the object at root, or API_JSON_NONE.
 * When the whole text of a path is itself the name of a member of root, that
 * member wins ("https://example.com/roles", "a.b").
 */

uint32_t api_claim_find(
    const api_json_t *doc, uint32_t root, const api_claim_path_t *path);


typedef enum {
    API_CLAIM_EQ,       /* equal to the value */
    API_CLAIM_NE,       /* there, and not equal */
    API_CLAIM_IN,       /* scalar claim equal to one of the values */
    API_CLAIM_ANY,      /* array claim (or space-separated string) has one */
    API_CLAIM_CONTAINS, /* array claim (or space-separated string) has all */
    API_CLAIM_PREFIX,   /* string claim begins with one of the values */
    API_CLAIM_MATCH,    /* "~": string claim; the caller runs the regex */
    API_CLAIM_EXISTS,   /* there and not null */
    API_CLAIM_GT,
    API_CLAIM_GE,
    API_CLAIM_LT,
    API_CLAIM_LE,
    API_CLAIM_NOPS
} api_claim_op_t;

/* "eq", ..., "~"; API_CLAIM_NOPS when it is none. */

api_claim_op_t api_claim_op(api_span_t name);
const char    *api_claim_op_name(api_claim_op_t op);

/*
 * Does the value at tok (API_JSON_NONE: absent) pass?  An absent or null
 * claim fails every test.  API_CLAIM_MATCH always answers false here.
 */

bool api_claim_test(const api_json_t *doc, uint32_t tok, api_claim_op_t op,
    const api_span_t *values, size_t nvalues);

/*
 * The value at tok as text for a variable or header: string decoded, number
 * and boolean as written, null empty, an array of scalars joined with ",",
 * anything else as JSON.  API_OK, API_NOMEM.
 */

int api_claim_text(
    const api_json_t *doc, uint32_t tok, api_arena_t *arena, api_span_t *out);

/*
 * Scopes (RFC 8693 4.2, RFC 9068): "scope" as a space-separated string, or
 * "scp" as a string or an array of strings; the first that is there counts.
 * all: every wanted scope must be granted; otherwise one is enough.
 */

bool api_claim_scopes(const api_json_t *doc, uint32_t root,
    const api_span_t *wanted, size_t n, bool all);


#endif /* API_CLAIM_H */
