/*
 * What has been used once: a table of fixed size in memory that several
 * processes share, for the jti of DPoP proofs (RFC 9449 11.1).
 *
 * A use is remembered as a keyed 64-bit hash of owner and id: two that collide
 * by chance (2^-64) refuse one honest use, and none can be made to without the
 * key.  It is never the other way round: within its time no use passes twice,
 * whatever the load.  When a bucket is full of uses that are still alive, the
 * oldest is dropped and the bucket remembers its date: from then on everything
 * as old as that is refused there (API_LIMIT), seen before or not.  So a flood
 * shortens the time in which an id may be used, down to a second, and refuses
 * what it can no longer tell; it does not forget.
 *
 * And nobody can flood it alone: a principal has a quarter of the places
 * (api_share.h), and is refused beyond (API_DENIED).  A use counts for as long
 * as a use can live, and up to a third longer.
 *
 * Not locked: the caller lets one process in at a time.  A process that dies
 * inside leaves a table that is still valid.  Takes no memory, reads no clock.
 * Seconds are those since the epoch, to the year 2106.
 */

#ifndef API_REPLAY_H
#define API_REPLAY_H

#include "api_share.h"
#include "api_siphash.h"


#define API_REPLAY_MIN 1024 /* bytes of the smallest table */

typedef struct api_replay_s api_replay_t;

typedef struct {
    uint64_t used;     /* uses remembered, since init */
    uint64_t repeated; /* refused: seen before */
    uint64_t dropped;  /* alive, and pushed out by others */
    uint64_t refused;  /* older than what the bucket still tells */
    uint64_t over;     /* refused: the principal has its share */
    size_t   room;     /* uses that fit at a time */
} api_replay_stat_t;

typedef struct {
    api_span_t owner; /* whose id: two owners may use the same one */
    api_span_t id;
    api_span_t realm; /* whose share: the principal's, of that realm */
    api_span_t principal;
    int64_t    made;
    int64_t    until; /* it is refused for its age after that */
} api_replay_use_t;


/*
 * Make the zeroed memory at mem a table.  seed is random and secret.  What was
 * made before the second `now` cannot be told: it may have been used before
 * the table was there (a restart).
 */

api_replay_t *
api_replay_init(void *mem, size_t size, api_sipkey_t seed, int64_t now);

/* Bring over what an older table of another size holds; it is not changed. */

void api_replay_migrate(api_replay_t *table, const api_replay_t *old);

/*
 * May it be used?  API_OK: yes, and it has been remembered; API_DUPLICATE: it
 * was used before; API_LIMIT: the table cannot tell; API_DENIED: its principal
 * has too many there.  life: the longest time from a use to its `until`, of
 * all callers.
 */

int api_replay_use(api_replay_t *table, const api_replay_use_t *what,
    int64_t life, int64_t now);

api_replay_stat_t api_replay_stat(const api_replay_t *table);


#endif /* API_REPLAY_H */
