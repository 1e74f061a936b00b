/* What the files of api_regex share; nobody else includes this. */

#ifndef API_REGEX_INT_H
#define API_REGEX_INT_H

#include "api_regex.h"


/* The translation, and what it says about cost. */

typedef struct {
    api_span_t p; /* the pattern */
    size_t     at;

    uint8_t *out;
    size_t   len, cap;
    bool     nomem;

    const api_alloc_t *alloc;
    api_err_t         *err;
    int                rc;

    unsigned depth;       /* open groups */
    unsigned unbounded;   /* * + {n,} {n,large}, but for one at the end */
    unsigned warnings;    /* API_REGEX_W_* */
    bool     anchored;    /* begins with ^, in no alternative */
    bool     alternative; /* | outside of groups */
    bool     backref;

    /* Groups, innermost last: does one hold an unbounded repetition? */

    uint64_t repeats; /* bit d: of the group at depth d */
    bool     atom;    /* what stands before may be repeated */
    bool     group;   /* ... and is a group with a repetition in it */
} api_ecma_t;

#define API_ECMA_MAX_DEPTH 60

/* PCRE2 source in t->out, t->len bytes. t->rc otherwise. */

int api_ecma_translate(api_ecma_t *t);

/* What the parts of the translation use. */

int  api_ecma_fail(api_ecma_t *t, int rc, const char *text);
void api_ecma_put(api_ecma_t *t, const char *s);
void api_ecma_put_bytes(api_ecma_t *t, api_span_t s);
void api_ecma_put_cp(api_ecma_t *t, uint32_t cp);

/* The byte n places on; 0 behind the end (NUL itself is no syntax). */

static inline uint8_t
api_ecma_peek(const api_ecma_t *t, size_t n)
{
    return t->at + n < t->p.len ? t->p.data[t->at + n] : 0;
}

/* The class at t->at, on its [. */

int api_ecma_class(api_ecma_t *t);

/*
 * The escape at t->at, on its backslash.  `set` tells that it stood for more
 * than one character (\d, \p{L}); `*cp` is the character if not.
 */

#define API_ECMA_NO_CHAR UINT32_MAX /* a lone surrogate: matches nothing */

int api_ecma_escape(api_ecma_t *t, bool in_class, bool *set, uint32_t *cp);


/* A row of classes. */

#define API_ROW_MAX 16

typedef struct {
    uint32_t set[4]; /* ASCII characters */
    bool     other;  /* and all others */
    uint32_t min, max;
} api_row_item_t;

typedef struct {
    api_row_item_t item[API_ROW_MAX];
    unsigned       n;
    bool           end; /* $ behind the last */
} api_row_t;

/* Is the pattern of that kind, and can it be matched without going back? */

bool api_row_parse(api_span_t pattern, api_row_t *row);

bool api_row_match(const api_row_t *row, api_span_t s);


#endif /* API_REGEX_INT_H */
