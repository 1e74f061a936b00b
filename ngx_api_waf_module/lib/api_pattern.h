/*
 * What a regular expression of PCRE2 at least contains: a tree without
 * captures, greediness or assertions about what stands around.
 *
 * The promise: each subject that PCRE2 (10.30 or later, 8-bit, no UTF, no
 * UCP, the C locale, newline LF; options DOTALL and MULTILINE) matches, a
 * search for the tree finds something in, too.  The tree may find more:
 *
 *     lookahead, lookbehind        left out
 *     \K, \G                       left out
 *     back references, recursion   any string
 *     atomic, possessive           as if they could give back
 *     (?(condition)yes|no)         either
 *     \A \z \Z, and ^ $ under (?-m)   as ^ and $ of a line
 *
 * What is refused (API_UNSUPPORTED): verbs (*NAME), \N{...}, quantifiers that
 * newer versions read in another way ({,3}, { 1}), nesting deeper than 250;
 * and whatever PCRE2 refuses, as far as it is noticed (API_SYNTAX).
 *
 * Trees come from an arena, are read-only once made, and need no freeing.
 */

#ifndef API_PATTERN_H
#define API_PATTERN_H

#include "api_arena.h"
#include "api_byteset.h"


#define API_PATTERN_INF UINT32_MAX
#define API_PATTERN_DEPTH 250
#define API_PATTERN_NODES 200000

typedef enum {
    API_PATTERN_SET = 0, /* one byte of a set */
    API_PATTERN_CAT,     /* children, one behind the other; none: "" */
    API_PATTERN_ALT,     /* one of the children; at least one */
    API_PATTERN_REP,     /* the child, min to max times */
    API_PATTERN_BOL,     /* the start, or behind a \n */
    API_PATTERN_EOL,     /* the end, or before a \n */
    API_PATTERN_WORD,    /* \b */
    API_PATTERN_INNER    /* \B */
} api_pattern_kind_t;

typedef struct api_pattern_s api_pattern_t;

struct api_pattern_s {
    api_pattern_kind_t kind;
    uint32_t           min;
    uint32_t           max;
    api_byteset_t      set;
    api_pattern_t     *first;
    api_pattern_t     *next; /* sibling */
};

#define API_PATTERN_CASELESS 1 /* as with PCRE2_CASELESS */
#define API_PATTERN_LOWERCASE                                                 \
    2 /* the subject is lower-cased before PCRE2 sees
                                   it, but not before the tree does */
/* The subject has byte 0xfe wherever PCRE2 sees 0xff or 0xfe. */
#define API_PATTERN_NOFF 4

/*
 * err->pos is an offset in text.  API_OK, API_SYNTAX, API_UNSUPPORTED,
 * API_LIMIT (nodes), API_NOMEM.
 */

int api_pattern_parse(api_pattern_t **tree, api_span_t text, unsigned flags,
    api_arena_t *arena, api_err_t *err);

/* The tree of a phrase; the same flags. */

int api_pattern_phrase(api_pattern_t **tree, api_span_t phrase, unsigned flags,
    api_arena_t *arena);

/* Bytes that a match has at least, saturating. */

uint32_t api_pattern_min(const api_pattern_t *tree);

/* It cannot match, whatever the subject (lower case has left nothing). */

bool api_pattern_never(const api_pattern_t *tree);

/* SETs with all bounded repeats written out, saturating. */

uint32_t api_pattern_size(const api_pattern_t *tree);

/*
 * The same search with less: repeats at either end as short as they may be.
 * Beyond `size` SETs bounded repeats become unbounded, then what is at the
 * ends of the longest alternatives goes; so it may find more, never less.
 */

int api_pattern_trim(api_pattern_t **tree, uint32_t size, api_arena_t *arena);

/*
 * The tree as an expression: letters, digits, \xNN, [...] of these, (?:), |,
 * quantifiers, ^, $, \b, \B and nothing else, to be compiled with MULTILINE.
 * NUL-terminated.
 */

int api_pattern_write(
    const api_pattern_t *tree, api_arena_t *arena, api_span_t *text);


#endif /* API_PATTERN_H */
