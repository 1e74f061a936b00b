/*
 * Values of tapes compared as JSON Schema compares them: numbers by value
 * (1 == 1.0), objects without regard to order, strings by what they decode
 * to.
 *
 * Tapes that are compared have the same seed.  The token of a name stands for
 * the name as a string.
 *
 * Hashes are keyed: whoever does not know the key cannot choose values that
 * collide.  They decide which values are compared, never that they are equal.
 *
 * Work is counted in tokens and bytes; a call that would go over what is left
 * of a budget stops and answers API_LIMIT.
 */

#ifndef API_VALUE_H
#define API_VALUE_H

#include "api_arena.h"
#include "api_json.h"


typedef struct {
    uint64_t     key;   /* random, of the process */
    uint64_t     left;  /* units: a token, or 16 bytes of a text */
    api_arena_t *arena; /* scratch; rewound before a call returns */
} api_value_work_t;


/* API_OK with *hash, API_LIMIT, API_NOMEM. */

int api_value_hash(
    api_value_work_t *w, const api_json_t *json, uint32_t at, uint64_t *hash);

/* API_OK with *equal, API_LIMIT, API_NOMEM.  O(n log n) of the larger one. */

int api_value_equal(api_value_work_t *w, const api_json_t *a, uint32_t at,
    const api_json_t *b, uint32_t bt, bool *equal);

/*
 * Are the elements of the array at `at` all different?  API_OK with *later
 * API_JSON_NONE or the token of one that is equal to one before it;
 * API_LIMIT, API_NOMEM.  O(n log n) expected.
 */

int api_value_unique(
    api_value_work_t *w, const api_json_t *json, uint32_t at, uint32_t *later);


#endif /* API_VALUE_H */
