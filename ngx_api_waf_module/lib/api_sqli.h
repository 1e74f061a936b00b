/*
 * @detectSQLi: is the value, put into a statement where a value belongs, more
 * than a value?
 *
 * The value is read as SQL would read it behind three beginnings (bare, inside
 * '...', inside "..."), with comments as ANSI has them and as MySQL has them.
 * Tokens are folded while they come (strings next to strings, arithmetic,
 * casts, names with dots), and a small automaton looks for what no value needs:
 * a tail of boolean logic, UNION, a stacked statement, a comment that cuts
 * off, calls of functions that wait, read or tell.
 *
 * No memory is taken, every byte is looked at a bounded number of times, and
 * nothing is kept: callable from any thread.
 */

#ifndef API_SQLI_H
#define API_SQLI_H

#include "api_arena.h"
#include "api_transform.h"


#define API_SQLI_FINGERPRINT 12

typedef enum {
    API_SQLI_BARE = 0,
    API_SQLI_SINGLE, /* behind ' */
    API_SQLI_DOUBLE  /* behind " */
} api_sqli_context_t;

typedef struct {
    api_sqli_context_t context;
    bool               mysql; /* read with MySQL's comments */
    const char        *form;  /* "boolean", "union", ...: const text */

    /* the folded tokens up to the decision, one letter each (docs) */

    char fingerprint[API_SQLI_FINGERPRINT + 1];

    uint32_t tokens; /* read, in all readings: what it cost */
} api_sqli_t;

/* True when value is an injection; *how (may be NULL) is set then only, but for
   its tokens. */

bool api_sqli_detect(api_span_t value, api_sqli_t *how);

/*
 * The same of a long value in parts, with others served in between.  The value
 * and the arena are there until the end; NULL: no memory.
 */

#define API_SQLI_MORE 2

typedef struct api_sqli_job_s api_sqli_job_t;

api_sqli_job_t *api_sqli_job(api_span_t value, api_arena_t *arena);

/* Goes on for about that many bytes (a string or comment is read to its end).
   1: an injection, 0: none, API_SQLI_MORE: there is more. */

int api_sqli_job_more(api_sqli_job_t *job, size_t bytes);

/* What api_sqli_detect says, at the end. */

const api_sqli_t *api_sqli_job_how(const api_sqli_job_t *job);

/*
 * A value none of whose triggers is among these is never an injection: what
 * has letters, digits, dots and underscores alone need not be looked at.
 */

#define API_SQLI_TRIGGERS                                                     \
    (~(API_TRIG_ALWAYS | API_TRIG_BYTES | API_TRIG_UPPER | API_TRIG_LOWER     \
        | API_TRIG_DIGIT | API_TRIG_DOT | API_TRIG_DOT_END | API_TRIG_DOTS    \
        | API_TRIG_UNDER))


#endif /* API_SQLI_H */
