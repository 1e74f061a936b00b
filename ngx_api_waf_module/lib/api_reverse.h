/*
 * Where matches of a pattern can begin, found in one pass over a text.
 *
 * A search by backtracking tries at each place, and some patterns look at all
 * that follows from there: a text of quotes or brackets then costs its square.
 * Here the pattern is read backwards, from the end of the text to its
 * beginning, by an automaton whose states are made when they are first
 * needed: each byte costs the same, and after it is known whether a match
 * begins there.  PCRE2 has the last word at those places alone.
 *
 * Patterns are trees (api_pattern.h), which find at least what PCRE2 finds:
 * no place is missed.  Where a tree is wider than its pattern (lookaround,
 * back references, repeats of which there are too many to be counted) places
 * are found where no match begins.
 *
 * Programs are const and shared; a cache, which holds the states of many
 * programs, belongs to one thread.
 */

#ifndef API_REVERSE_H
#define API_REVERSE_H

#include "api_arena.h"


typedef struct api_reverse_s       api_reverse_t;
typedef struct api_reverse_cache_s api_reverse_cache_t;

#define API_REVERSE_NODES 8000 /* of a program, at most */

/*
 * The program of a PCRE2 pattern, from the arena, which is as before but for
 * that.  API_OK with *r NULL: it cannot be read, or is too large.  API_NOMEM.
 */

int api_reverse_make(
    const api_reverse_t **r, api_span_t pattern, api_arena_t *arena);

/*
 * A cache of about `bytes`, taken at once; 64 KB at least.  When it is full all
 * states are forgotten.  NULL: no memory.
 */

api_reverse_cache_t      *
api_reverse_cache_create(const api_alloc_t *alloc, size_t bytes);
void api_reverse_cache_free(api_reverse_cache_t *cache); /* NULL is fine */

/*
 * Places from `from` on, the first `room` of them in ascending order, into
 * `at`; place text.len is behind the last byte.  What making states costs is
 * taken off *left, in nanoseconds or so; SIZE_MAX: nothing is left of it.
 */

size_t api_reverse_find(const api_reverse_t *r, api_reverse_cache_t *cache,
    api_span_t text, size_t from, size_t *at, size_t room, uint64_t *left);

/*
 * The same for places that are known to be few: a program that reads ahead from
 * one, and stops where it is clear that no match begins there.  `at` is within
 * text or its end.  What is read, and what states cost, is taken off *left.
 */

int api_reverse_make_ahead(
    const api_reverse_t **r, api_span_t pattern, api_arena_t *arena);

typedef enum {
    API_REVERSE_NO = 0,
    API_REVERSE_MAYBE,
    API_REVERSE_SPENT /* nothing is left */
} api_reverse_answer_t;

api_reverse_answer_t api_reverse_ahead(const api_reverse_t *r,
    api_reverse_cache_t *cache, api_span_t text, size_t at, uint64_t *left);


#endif /* API_REVERSE_H */
