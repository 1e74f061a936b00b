/*
 * What has been verified before: a set of SHA-256 digests in memory of fixed
 * size that several processes share, each with an end.
 *
 * There is no lock.  An entry is a few words; the first of them is mixed with
 * the others, so that an entry of which only a part was written (by a process
 * that was killed, or that races with another one) matches no digest.  The
 * worst that a race can do is to forget.
 *
 * Entries stand in groups of eight, chosen by the digest.  A full group gives
 * up what has ended, else what was not looked up for longest; but one subject
 * never holds more than a quarter of a group while others are in it, so
 * whoever has many good tokens pushes out his own first.
 *
 * Digests are keyed by the caller; only who passed verification is added.
 */

#ifndef API_SEEN_H
#define API_SEEN_H

#include "api_base.h"


typedef struct api_seen_s api_seen_t;

/* Live counters; sums over all processes since the memory was made. */

typedef struct {
    uint64_t entries; /* places there are */
    uint64_t hits;
    uint64_t misses;
    uint64_t added;
    uint64_t evicted; /* of those pushed out, what had not ended yet */
    uint64_t own;     /* of these, pushed out by the same subject */
} api_seen_stats_t;

#define API_SEEN_MIN_SIZE 1024

/*
 * Make an empty set of size bytes at mem (aligned to 8, API_SEEN_MIN_SIZE at
 * least; NULL when smaller).  api_seen_at finds it again in another process;
 * NULL when there is none of that layout.
 */

api_seen_t *api_seen_init(void *mem, size_t size);
api_seen_t *api_seen_at(void *mem, size_t size);

/* Was it added, and has not ended at `now` (seconds)? */

bool api_seen_find(api_seen_t *seen, const uint8_t digest[32], int64_t now);

/*
 * Remember it until `until` (excluded; a time beyond 2^40 counts as that).
 * subject: a hash of whom it stands for, of which 23 bits are kept.
 */

void api_seen_add(api_seen_t *seen, const uint8_t digest[32], uint64_t subject,
    int64_t until, int64_t now);

void api_seen_stats(const api_seen_t *seen, api_seen_stats_t *stats);


#endif /* API_SEEN_H */
