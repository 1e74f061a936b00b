/*
 * How many requests of a key are under way, counted so that a process that
 * dies takes its counts with it.
 *
 * The table is in memory that processes share.  Each has a lane of its own;
 * a key has a line with a count for each lane, and only the sum over the
 * lanes is compared with a limit.  When a process is gone, whoever notices
 * sweeps its lane.  A line is changed under a guard that names its holder's
 * lane: it is held for a few instructions, and taken over from a holder that
 * was killed just then.  What it guards is a single count, so nothing is ever
 * half done.
 *
 * The sum never exceeds the limit; it is exact but for holds that a process
 * took in the instant it was killed, which end with the sweep.
 */

#ifndef API_LANES_H
#define API_LANES_H

#include "api_cas128.h"
#include "api_siphash.h"


#define API_LANES_MAGIC 0x454e414cU
#define API_LANES_ABI 1

/* Of one key in one process. */

#define API_LANE_COUNT_MAX 65000

#define API_LANES_MAX 504

typedef struct {
    uint32_t     magic;
    uint32_t     abi;
    uint32_t     lanes;
    uint32_t     stride; /* bytes of a line */
    uint64_t     lines;
    api_sipkey_t key;
    uint32_t     locks[API_CAS_LOCKS];
    uint64_t     full;   /* requests that found no line */
    uint64_t     broken; /* guards taken over from the dead */

    /* who has a lane: 0 nobody, else what names a process for good: its
       number and when it began */

    uint64_t owner[API_LANES_MAX];
} api_lanes_t;


/*
 * A table for at least `lanes` processes at a time, in zeroed memory aligned to
 * 64 bytes; more lanes cost 2 bytes a line each, in steps of 64 bytes.  NULL when
 * there is no room for 4 lines.
 */

api_lanes_t *api_lanes_make(
    void *mem, size_t size, uint32_t lanes, const uint8_t random[16]);
bool api_lanes_is(const void *mem, size_t size);

uint64_t api_lanes_tag(const api_lanes_t *t, uint64_t policy, api_span_t key);


/* Is the process of that name still there? */

typedef bool (*api_lanes_alive_t)(void *ctx, uint64_t name);

/*
 * A lane for the process `name` (not 0), and sweep those of the dead; -1 when
 * all are taken by the living.
 */

int api_lanes_join(
    api_lanes_t *t, uint64_t name, api_lanes_alive_t alive, void *ctx);

/* Sweep the lanes of the dead; returns how many there were. */

int api_lanes_reap(
    api_lanes_t *t, uint64_t name, api_lanes_alive_t alive, void *ctx);

/* The process ends: all that it holds is given back. */

void api_lanes_leave(api_lanes_t *t, int lane);


typedef enum {
    API_LANES_HELD = 0,
    API_LANES_OVER,
    API_LANES_FULL
} api_lanes_rc_t;

/*
 * One more for the key, unless there are `limit` already.  *used is the sum
 * afterwards; *hold is for api_lanes_drop.
 */

api_lanes_rc_t api_lanes_take(api_lanes_t *t, int lane, uint64_t tag,
    uint64_t limit, uint64_t *used, void **hold);
void           api_lanes_drop(api_lanes_t *t, int lane, void *hold);

/* How many there are now. */

uint64_t api_lanes_used(const api_lanes_t *t, uint64_t tag);

/* Keys with a count, from a walk over all lines; lines there are. */

uint64_t api_lanes_live(const api_lanes_t *t);


#endif /* API_LANES_H */
