/* What the files of api_pattern share. */

#ifndef API_PATTERN_INT_H
#define API_PATTERN_INT_H

#include "api_pattern.h"


/* The options that an expression can switch. */

#define API_PATTERN_I 1
#define API_PATTERN_S 2
#define API_PATTERN_X 4
#define API_PATTERN_XX 8

typedef struct {
    const uint8_t *start;
    const uint8_t *pos;
    const uint8_t *end;
    api_arena_t   *arena;
    api_err_t     *err;
    uint32_t       nodes;
    uint32_t       depth;
    unsigned       options;
    bool           quoted; /* within \Q...\E */
} api_pattern_reader_t;

#define api_pattern_bad(p, rc, ...)                                           \
    api_fail((p)->err, rc, 0, (size_t) ((p)->pos - (p)->start), __VA_ARGS__)

static inline int
api_pattern_peek(const api_pattern_reader_t *p, size_t i)
{
    return (size_t) (p->end - p->pos) > i ? p->pos[i] : -1;
}

/* NULL: no memory, or one node too many. */

api_pattern_t *
api_pattern_node(api_pattern_reader_t *p, api_pattern_kind_t kind);

/*
 * api_pattern_class.c: behind a `[`, a class up to behind its `]`; behind a
 * backslash, a set of bytes.  An escape that is no set: API_INVALID, and
 * nothing was read.
 */

int api_pattern_class(api_pattern_reader_t *p, api_byteset_t *set);
int
api_pattern_escape(api_pattern_reader_t *p, bool in_class, api_byteset_t *set);

/* Ranges, two characters each, up to a NUL. */

void api_pattern_ranges(api_byteset_t *set, const char *ranges);

/* api_pattern_parse.c: an empty node of a kind; any string; up to behind
   `end`; alternatives up to a ) or the end. */

int api_pattern_kind(
    api_pattern_reader_t *p, api_pattern_kind_t kind, api_pattern_t **node);
int api_pattern_anything(api_pattern_reader_t *p, api_pattern_t **node);
int api_pattern_skip(api_pattern_reader_t *p, uint8_t end);
int api_pattern_alternatives(api_pattern_reader_t *p, api_pattern_t **node);

/* api_pattern_quantifier.c: over what counts for nothing; a quantifier with its
   ? or +.  API_INVALID: there is none, nothing was read. */

int api_pattern_blank(api_pattern_reader_t *p);
int
api_pattern_quantifier(api_pattern_reader_t *p, uint32_t *min, uint32_t *max);

/* api_pattern_group.c: behind a ( */

int api_pattern_open(api_pattern_reader_t *p, api_pattern_t **node);


#endif /* API_PATTERN_INT_H */
