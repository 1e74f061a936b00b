/*
 * Tokens that a process has verified, parsed and ready: for those that come
 * again and again.
 *
 * A token is found by its bytes, all of which are compared.  (The comparison
 * stops at the first difference, and tells nobody anything: it is only made
 * when a keyed hash of the token's end, its signature, is that of the entry.)
 * What is found is the token as it was parsed, and a word of the caller's
 * that says what it was verified against; whether that still holds, and every
 * rule about claims and times, is for the caller to look at each time.
 *
 * Memory is bounded in number and in bytes.  An entry that is pushed out
 * lives on until the last who holds it lets go.  One thread.
 */

#ifndef API_MEMO_H
#define API_MEMO_H

#include "api_jwt.h"


typedef struct api_memo_s api_memo_t;

typedef struct {
    api_jwt_t   jwt; /* points into memory of the entry */
    const void *owner;
    uint64_t    epoch;
    int64_t     until; /* seconds; for the caller to compare */
} api_memo_entry_t;

typedef struct {
    uint64_t hits;
    uint64_t misses;
    uint64_t added;
    size_t   held; /* entries now */
    size_t   bytes;
} api_memo_stats_t;

#define API_MEMO_MAX_ENTRY 8192 /* bytes, beyond which none is made */

/* alloc must be able to free; nentries is rounded up to a power of two. */

api_memo_t *
api_memo_create(const api_alloc_t *alloc, size_t nentries, api_sipkey_t seed);
void api_memo_free(api_memo_t *memo); /* nobody holds an entry any more */

/* NULL, or an entry to be given to api_memo_release. */

const api_memo_entry_t *api_memo_find(api_memo_t *memo, api_span_t token);
void api_memo_release(api_memo_t *memo, const api_memo_entry_t *entry);

/* Copies token and jwt.  Without memory, or when too large: nothing. */

void api_memo_add(api_memo_t *memo, api_span_t token, const api_jwt_t *jwt,
    const void *owner, uint64_t epoch, int64_t until);

void api_memo_stats(const api_memo_t *memo, api_memo_stats_t *stats);


#endif /* API_MEMO_H */
