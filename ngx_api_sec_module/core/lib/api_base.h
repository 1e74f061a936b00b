/*
 * What every pure file starts from: spans, return codes, errors, the
 * allocator door.
 *
 * Pure C11: nothing here or in any file of a lib directory knows nginx, reads
 * a clock, a file or a random source, or keeps mutable globals.  Time,
 * randomness and memory are parameters.
 */

#ifndef API_BASE_H
#define API_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>


/* Bytes that somebody else owns.  Not NUL-terminated; may hold NULs. */

typedef struct {
    const uint8_t *data;
    size_t         len;
} api_span_t;

#define API_SPAN(literal)                                                     \
    ((api_span_t){ (const uint8_t *) (literal), sizeof(literal) - 1 })

static inline api_span_t
api_span(const void *data, size_t len)
{
    return (api_span_t){ (const uint8_t *) data, len };
}

static inline bool
api_span_eq(api_span_t a, api_span_t b)
{
    return a.len == b.len
           && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* ASCII case-insensitive; for scheme names, media types, header names. */

bool api_span_eq_nocase(api_span_t a, api_span_t b);

/*
 * Equality in time that depends on a.len alone, for secrets and MACs.
 * Unequal lengths answer false at once: lengths are not secret here.
 */

bool api_span_eq_secret(api_span_t a, api_span_t b);


/* Return code of every function that can fail: 0, or one of these classes. */

typedef enum {
    API_OK = 0,
    API_NOMEM = -1,       /* the allocator or an arena's cap said no */
    API_SYNTAX = -2,      /* the input breaks its grammar */
    API_LIMIT = -3,       /* well-formed as far as read, but over a limit */
    API_DUPLICATE = -4,   /* a name that must be unique stands twice */
    API_UNSUPPORTED = -5, /* legal, and refused because not implemented */
    API_INVALID = -6,     /* well-formed, but a value makes no sense here */
    API_DENIED = -7,      /* a check said no */
    API_INTERNAL = -8     /* a library failed where it should not */
} api_rc_t;


/*
 * Where and why something failed.  `code` is from the enum of the library
 * that sets it (each has a code-to-name table), `pos` is the byte offset in
 * the input, `text` one line for an operator, without the offending bytes
 * unless they are printable.
 */

#define API_ERR_TEXT 192

typedef struct {
    int    code;
    size_t pos;
    char   text[API_ERR_TEXT];
} api_err_t;

/*
 * Fill *err (which may be NULL) and return rc, so that a failure reads
 * `return api_fail(err, API_SYNTAX, CODE, pos, "...", ...)`.
 */

int api_fail(api_err_t *err, int rc, int code, size_t pos, const char *fmt,
    ...) __attribute__((format(printf, 5, 6)));


/*
 * The allocator door.  `alloc` returns memory aligned for any type or NULL;
 * `free` may be NULL or do nothing (pools).  The object outlives all that was
 * allocated through it.
 */

typedef struct {
    void *(*alloc)(void *ctx, size_t size);
    void (*free)(void *ctx, void *p);
    void *ctx;
} api_alloc_t;

extern const api_alloc_t api_alloc_libc;


#endif /* API_BASE_H */
