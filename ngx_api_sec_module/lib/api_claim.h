/*
 * Claim paths and tests on them: the language of api_require.
 *
 *   PATH   name[.name|[index]]...      a.b[0].c
 *          a name with other characters stands in quotes: ["https://x/roles"]
 *   TEST   OPERAND eq|ne|in|any|contains|prefix|exists|gt|ge|lt|le VALUE...
 *
 * Everything is case-sensitive and typed by the claim.  VALUE is text in a
 * configuration, so it is read as the claim's type asks:
 *
 *   claim is   equals VALUE when
 *   string     the decoded bytes are the same: "5" eq 5, "true" eq true
 *   number     VALUE is a JSON number of the same exact decimal value:
 *              5 eq 5.0; 5 is not equal to "05", "5 " or "five"
 *   boolean    VALUE is true or false
 *   null       never: a null claim is as absent
 *   array      never: any and contains look into arrays
 *   object     never
 *
 * A test that makes no sense for the claim's type is false, ne included: what
 * cannot be compared is not let through.
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

typedef enum {
    API_CLAIM_E_NONE = 0,
    API_CLAIM_E_EMPTY, /* no text, or nothing where a name must stand */
    API_CLAIM_E_UTF8,
    API_CLAIM_E_CHARACTER, /* not without quotes */
    API_CLAIM_E_INDEX,     /* [ without a number or quote, first in a path */
    API_CLAIM_E_QUOTE,     /* not closed by "] */
    API_CLAIM_E_ESCAPE,    /* \ in quotes not before \ or " */
    API_CLAIM_E_STEPS,
    API_CLAIM_E_NOMEM,
    API_CLAIM_NERRORS
} api_claim_error_t;

const char *api_claim_error_name(int code);

/*
 * Compile text into path; names are copied into arena (config time).  A bare
 * name is any UTF-8 without . [ ] " blanks and control characters; in quotes
 * everything may stand, \" for " and \\ for \.  The first step is a name.
 * API_OK, API_SYNTAX, API_LIMIT (steps), API_NOMEM; err->pos is the offset in
 * text.
 */

int api_claim_path_parse(api_claim_path_t *path, api_span_t text,
    api_arena_t *arena, api_err_t *err);

/*
 * The token that path leads to below the object at root, or API_JSON_NONE.
 * When the whole text of a path is itself the name of a member of root, that
 * member wins ("https://example.com/roles", "a.b").
 */

uint32_t api_claim_find(
    const api_json_t *doc, uint32_t root, const api_claim_path_t *path);


/*
 * A "word" of a string claim is what stands between spaces (U+0020), as in a
 * scope (RFC 6749 section 3.3); a VALUE that is empty or has a space in it is
 * never one.
 */

typedef enum {
    API_CLAIM_EQ,       /* scalar equal to the value (to one, if several) */
    API_CLAIM_NE,       /* scalar equal to none of the values */
    API_CLAIM_IN,       /* scalar equal to one of the values */
    API_CLAIM_ANY,      /* array with an element, or string with a word, equal
                           to one of the values */
    API_CLAIM_CONTAINS, /* the same for every value */
    API_CLAIM_PREFIX,   /* string that begins with one of the values; an empty
                           value is none */
    API_CLAIM_MATCH,    /* "~": string claim; the caller runs the regex */
    API_CLAIM_EXISTS,   /* there and not null; values are not looked at */
    API_CLAIM_GT,       /* number above the value, of which there is one and */
    API_CLAIM_GE,       /* which is a JSON number; exact */
    API_CLAIM_LT,
    API_CLAIM_LE,
    API_CLAIM_NOPS
} api_claim_op_t;

/* "eq", ..., "~"; API_CLAIM_NOPS when it is none. */

api_claim_op_t api_claim_op(api_span_t name);
const char    *api_claim_op_name(api_claim_op_t op); /* NULL for no op */

/*
 * May values stand behind op?  API_CLAIM_EXISTS takes none, the orders and
 * eq, ne and ~ one, the others one or more; values of the orders are JSON
 * numbers, prefixes are not empty.  For configuration time: what this refuses
 * could never pass.
 */

bool api_claim_values_ok(
    api_claim_op_t op, const api_span_t *values, size_t nvalues);

/*
 * Does the value at tok (API_JSON_NONE: absent) pass?  An absent or null
 * claim fails every test, and so does every test but exists without a value.
 * API_CLAIM_MATCH always answers false here.  No memory is taken.
 */

bool api_claim_test(const api_json_t *doc, uint32_t tok, api_claim_op_t op,
    const api_span_t *values, size_t nvalues);

/*
 * The value at tok as text for a variable or header: string decoded, number
 * and boolean as written, null (and API_JSON_NONE) empty, an array of scalars
 * joined with "," unless one of them has a comma in it, anything else as
 * JSON.  The text may hold any byte that a string can, CR and LF too: whoever
 * writes it to a header looks first.  API_OK, API_NOMEM.
 */

int api_claim_text(
    const api_json_t *doc, uint32_t tok, api_arena_t *arena, api_span_t *out);

/*
 * Scopes (RFC 8693 4.2, RFC 9068): "scope", else "scp"; the first that is
 * there and not null counts.  Either is a space-separated string or, as some
 * issuers have it, an array of strings.  all: every wanted scope must be
 * granted; otherwise one is enough.  Nothing wanted is nothing granted.
 */

bool api_claim_scopes(const api_json_t *doc, uint32_t root,
    const api_span_t *wanted, size_t n, bool all);


#endif /* API_CLAIM_H */
