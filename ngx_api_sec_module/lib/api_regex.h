/*
 * Patterns of JSON Schema: ECMA-262 regular expressions, by code points (the
 * u flag), with the identity escapes that engines take without it where they
 * cannot be misread.  A match may begin anywhere.
 *
 * A pattern is translated to PCRE2, which compiles it to machine code; what
 * is a row of character classes anchored at its start, such as
 * ^[A-Z]{3}-\d{6}$, is matched by code of our own, in one pass.
 *
 * A match is charged to a budget beforehand, by what a hostile subject could
 * make of it: a unit a call and for each 16 bytes; more where the pattern
 * can be led to try again from every place.  What PCRE2 gives up within its
 * limit is no match.
 */

#ifndef API_REGEX_H
#define API_REGEX_H

#include "api_arena.h"


typedef struct api_regex_s api_regex_t;

/* What is worth a warning when a pattern is read. */

#define API_REGEX_W_NESTED 0x01  /* a repetition in a repetition: (a+)+ */
#define API_REGEX_W_SLASHES 0x02 /* written as /.../, which are characters */

/* The match of a row that PCRE2 gave up costs so much. */

#define API_REGEX_GIVEN_UP 20000

/* Longest subject of a pattern with back references. */

#define API_REGEX_BACKREF_SUBJECT 512


/*
 * pattern (UTF-8) as *re; err->text says what is wrong, err->pos the byte.
 * API_SYNTAX: not ECMA-262; API_UNSUPPORTED: legal, or taken by some engines,
 * and ambiguous or too large here; API_NOMEM.  Freed by api_regex_free; alloc
 * outlives it.
 */

int api_regex_compile(api_regex_t **re, api_span_t pattern,
    const api_alloc_t *alloc, api_err_t *err);

void api_regex_free(api_regex_t *re);

/* Is it a pattern by its grammar?  Nothing is compiled, time is linear: for
   patterns of strangers.  Names of properties and numbers of groups are not
   looked up.  False also without memory. */

bool api_regex_syntax(api_span_t pattern, const api_alloc_t *alloc);

/* API_REGEX_W_*. */

unsigned api_regex_warnings(const api_regex_t *re);


/* Of one request; zeroed before the first match but for left and arena. */

typedef struct {
    uint64_t     left;
    api_arena_t *arena; /* for match data, taken once */
    void        *match; /* of the first pattern that needed PCRE2 */
} api_regex_work_t;

/* Take what matches need out of the arena now: before a mark of the arena that
   is rewound to while there are matches to come.  API_OK, API_NOMEM. */

int api_regex_ready(api_regex_work_t *w);

/*
 * Does the pattern match somewhere in s, which is UTF-8?  API_OK; API_DENIED;
 * API_LIMIT when the budget does not suffice or PCRE2 gave up; API_NOMEM.
 */

int api_regex_match(const api_regex_t *re, api_span_t s, api_regex_work_t *w);


#endif /* API_REGEX_H */
