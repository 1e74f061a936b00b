/*
 * Which literals a match must contain: sets, of each of which at least one
 * member stands in every match.
 *
 * Literals are in lower case and hold for subjects folded to lower case
 * (ASCII).  After R. Cox, Regular Expression Matching with a Trigram Index
 * (2012): exact strings of small parts are joined as far as they stay few,
 * and the set that should turn up most rarely in requests is kept.
 */

#ifndef API_LITERALS_H
#define API_LITERALS_H

#include "api_pattern.h"


#define API_LITERALS_LEN 16   /* bytes of a literal, at most */
#define API_LITERALS_SET 4096 /* literals of a set, at most */
#define API_LITERALS_SETS 2   /* of a pattern, at most */

typedef struct {
    api_span_t *items; /* none is empty */
    uint32_t    n;
    double      cost; /* hits expected for each byte of a request */
} api_literals_t;

/*
 * The best sets of a tree, best first; *nsets 0: nothing is required that
 * helps (cost below `most`).  Memory comes from the arena, also what is not
 * needed afterwards: mark and rewind.  API_OK or API_NOMEM.
 */

int
api_literals_find(const api_pattern_t *tree, double most, api_arena_t *arena,
    api_literals_t sets[API_LITERALS_SETS], uint32_t *nsets);

/* The part of at most `len` bytes of a literal that should be rarest. */

api_span_t api_literals_rarest(api_span_t literal, size_t len);

/* The chance of it at one place of a request. */

double api_literals_chance(api_span_t literal);


#endif /* API_LITERALS_H */
