/*
 * Counters in shared memory that many processes add to without a lock.
 *
 * Each process has a lane of its own, all counters once, on cache lines that
 * nobody else writes; the value of a counter is the sum of all lanes.  Lane 0
 * belongs to everybody and is added to atomically: whoever finds no other lane
 * free uses it, so nothing is ever lost for want of a lane.
 *
 * A lane is never cleared.  When its owner ends, or is killed, what it counted
 * stays and the next owner adds to it: sums only grow.
 *
 * The memory is the caller's, zeroed at first and 64-byte aligned, and has no
 * pointers in it.  Readers may be anywhere at any time.
 */

#ifndef API_COUNTERS_H
#define API_COUNTERS_H

#include "api_base.h"


#define API_COUNTERS_MAX 4096  /* counters in a lane */
#define API_COUNTERS_LANES 512 /* that are ever made, with room for more */

typedef struct api_counters_s api_counters_t;

/* A lane while its owner has it; zeroed: none, and adding does nothing. */

typedef struct {
    uint64_t *v;
    uint32_t *owner; /* NULL: lane 0 */
} api_lane_t;


/* Bytes for n counters in that many lanes, lane 0 among them. */

size_t api_counters_size(uint32_t n, uint32_t lanes);

/*
 * As many lanes as fit into size bytes at mem.  API_OK; API_LIMIT when there
 * is no room for one, API_INVALID when n is 0 or too large.
 */

int api_counters_init(void *mem, size_t size, uint32_t n);

/* The counters at mem when they are n, else NULL. */

api_counters_t *api_counters_at(void *mem, uint32_t n);

uint32_t api_counters_lanes(const api_counters_t *c);

/*
 * A lane for the process pid (not 0): one that is free, or whose owner is
 * gone, else lane 0.  alive answers for a pid.
 */

void api_counters_claim(api_counters_t *c, uint32_t pid,
    bool (*alive)(uint32_t pid), api_lane_t        *lane);

/* The owner ends: somebody else may have the lane. */

void api_counters_release(api_lane_t *lane);

/* What all lanes have of counter i; 0 when there is none. */

uint64_t api_counters_sum(const api_counters_t *c, uint32_t i);

/* Add what `from` has to lane 0 of c: it has been made anew in another size.
   Counters that both have. */

void api_counters_take(api_counters_t *c, const api_counters_t *from);


static inline void
api_lane_add(const api_lane_t *lane, uint32_t i, uint64_t n)
{
    if (lane->v == NULL) {
        return;
    }

    if (lane->owner == NULL) {
        (void) __atomic_fetch_add(&lane->v[i], n, __ATOMIC_RELAXED);

    } else {
        __atomic_store_n(&lane->v[i],
            __atomic_load_n(&lane->v[i], __ATOMIC_RELAXED) + n,
            __ATOMIC_RELAXED);
    }
}


/*
 * A histogram is n + 2 counters from `at` on: n buckets by upper bound, the
 * bucket above, the sum.
 */

#define API_LANE_HISTOGRAM(n) ((n) + 2)

static inline void
api_lane_observe(const api_lane_t *lane, uint32_t at, const int64_t *bounds,
    uint32_t n, int64_t v)
{
    uint32_t i;

    for (i = 0; i < n && v > bounds[i]; i++) {
        /* short */
    }

    api_lane_add(lane, at + i, 1);
    api_lane_add(lane, at + n + 1, v > 0 ? (uint64_t) v : 0);
}


#endif /* API_COUNTERS_H */
