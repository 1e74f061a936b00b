/*
 * What one node of several admitted, on its way to the store they share.
 *
 * GCRA keeps one time for a key, the theoretical arrival time (TAT); to admit
 * something at time t that costs c is the map
 *
 *     TAT  ->  max(TAT, t) + c
 *
 * and any number of such maps is again one with two numbers,
 *
 *     TAT  ->  max(TAT + n, d)
 *
 * n is the sum of the costs, d where the TAT would be had it been idle.  So a
 * node decides alone, at once, and tells the store n and d for a key now and
 * then; the store's TAT is exactly what it would be had it seen each request
 * of this node in its place.  What nodes cannot know of each other is what
 * others admitted since they last heard: with N nodes, rate R, burst B, a
 * flush each D and round trips of L at most (N - 1) (B + R (D + L)) requests
 * more than B + R t, and the debt is paid back: the long-run rate is R.
 *
 * Times and costs are nanoseconds of the node's clock, d goes to the store
 * relative to now, so clocks of nodes need not agree.
 *
 * A table of what is to be told, of fixed size, for one process.  Not
 * thread-safe.
 */

#ifndef API_MERGE_H
#define API_MERGE_H

#include "api_base.h"


typedef struct {
    int64_t n;
    int64_t d;
} api_merge_t;

#define API_MERGE_NONE ((api_merge_t){ 0, INT64_MIN })

/* Costs and times are below this (146 years); sums stop there. */

#define API_MERGE_MAX (INT64_MAX / 2)

/* First what m says, then to admit cost at now. */

void api_merge_admit(api_merge_t *m, int64_t now, int64_t cost);

/* First what m says, then to take cost back. */

void api_merge_refund(api_merge_t *m, int64_t cost);

/* First what m says, then what next says. */

void api_merge_then(api_merge_t *m, const api_merge_t *next);

/*
 * What m says and what other says, both of the same time: two processes noted
 * them.  The sum of costs is exact; d is not below what it would be had one
 * noted all in their order, and above it by the lesser n at most.
 */

void api_merge_beside(api_merge_t *m, const api_merge_t *other);

/* Where m takes a TAT. */

int64_t api_merge_apply(const api_merge_t *m, int64_t tat);


#define API_MERGE_NAME 32

/* What is to be told about a key. */

typedef struct {
    api_merge_t m;
    uint64_t    key;                  /* of the local table */
    int64_t     cap;                  /* how far ahead of now its TAT may be */
    int64_t     limit;                /* the caller's: not looked at here */
    uint64_t    policy;               /* the caller's number */
    uint32_t    next;                 /* private */
    uint32_t    newer;                /* private */
    uint32_t    older;                /* private */
    uint8_t     name[API_MERGE_NAME]; /* in the store */
} api_merge_entry_t;

typedef struct {
    api_merge_entry_t *entries;
    uint32_t          *heads;
    uint32_t           mask;
    uint32_t           free;
    uint32_t           oldest; /* of those that wait */
    uint32_t           newest;
    uint32_t           n;
    uint32_t           room;
    uint64_t           dropped; /* what found no room */
} api_merge_table_t;

/* Room for about room keys (a power of two, 16 - 2^20).  API_OK, API_INVALID,
   API_NOMEM. */

int api_merge_table_init(
    api_merge_table_t *t, uint32_t room, const api_alloc_t *alloc);

/* The entry of a key, or NULL. */

api_merge_entry_t *
api_merge_find(const api_merge_table_t *t, uint64_t policy, uint64_t key);

/*
 * The entry of a key, made when there is none (then m is API_MERGE_NONE and
 * name zero, and *made is set).  NULL, and counted, when there is no room: the
 * store hears nothing of it, the local decision stands.
 */

api_merge_entry_t *api_merge_entry(
    api_merge_table_t *t, uint64_t policy, uint64_t key, bool *made);

/*
 * Take up to max entries of one policy, that of the entry that waits longest,
 * in the order they were made.  Returns the number of them.
 */

uint32_t
api_merge_take(api_merge_table_t *t, api_merge_entry_t *out, uint32_t max);

/* What was taken and not told comes back, before what was admitted since. */

void
api_merge_back(api_merge_table_t *t, const api_merge_entry_t *e, uint32_t n);


/*
 * The TAT of a key here, after the store has answered that its own is `ahead`
 * of now: what was admitted since it was told (m, or NULL for nothing) comes
 * on top.  Never before `tat`, so that a store that forgot sets nobody free.
 */

int64_t
api_merge_adopt(int64_t tat, const api_merge_t *m, int64_t now, int64_t ahead);


#endif /* API_MERGE_H */
