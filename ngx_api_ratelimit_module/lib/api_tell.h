/*
 * What the processes of a machine have to tell a store, told by one of them.
 *
 * In memory that they share each process has a lane, where it notes what it
 * admitted (api_merge.h), waiting for nobody:
 *
 *     e = api_tell_open(t, lane, policy, key, &note);
 *     if (e) { fill it if note.made, api_merge_admit(&e->m, ...); }
 *     api_tell_close(&note);
 *
 * Now and then one of them, the teller, takes what stands in all lanes, key by
 * key merged, and tells it.  So commands to the store do not grow with the
 * number of processes.  Who is the teller is a word with a time: it stays with
 * him while he renews it, and is anybody's when he does not, whether he died,
 * has lost the store, or has nothing to do.  Nothing depends on there being
 * one only: two would tell different things.
 *
 * A lane has two bags, one that its owner fills and one for the teller, who
 * changes their places and reads only after he has seen the owner outside.
 * A process that is killed loses at most the request it was at; a teller that
 * is killed, what it took and had not told.  Nothing is told twice.
 *
 * Time is milliseconds of a clock that all processes share and that does not
 * go back.
 */

#ifndef API_TELL_H
#define API_TELL_H

#include "api_merge.h"


#define API_TELL_MAGIC 0x4c4c4554U
#define API_TELL_ABI 1

#define API_TELL_LANES_MAX 512

/* Keys in a bag; a power of two below 2^16. */

#define API_TELL_ROOM 4096

typedef struct {
    uint32_t          n;
    uint16_t          heads[API_TELL_ROOM]; /* index + 1; may be stale */
    api_merge_entry_t entries[API_TELL_ROOM];
} api_tell_bag_t;

typedef struct {
    _Alignas(64) uint64_t owner; /* a process's name, 0: nobody */
    uint32_t busy;               /* the owner is inside */
    uint32_t active;             /* the bag that is being filled */
    _Alignas(64) api_tell_bag_t bags[2];
} api_tell_lane_t;

typedef struct {
    uint32_t magic;
    uint32_t abi;
    uint32_t lanes;
    _Alignas(64) uint64_t turn; /* of the teller: lane + 1, and until when */
    _Alignas(64) uint64_t drainer; /* who empties bags just now */
    uint32_t first;                /* that he began with */
    _Alignas(64) api_tell_lane_t lane[];
} api_tell_t;


/* The size for so many lanes, and a table of that size in zeroed memory that
   is aligned to 64 bytes.  Memory that is not used is not touched. */

size_t      api_tell_size(uint32_t lanes);
api_tell_t *api_tell_make(void *mem, uint32_t lanes);
bool        api_tell_is(const void *mem, size_t size);


/* Is the process of that name (not 0) still there?  As in api_lanes.h. */

typedef struct {
    uint64_t name; /* who asks */
    bool (*alive)(void *ctx, uint64_t name);
    void *ctx;
} api_tell_who_t;

/*
 * A lane for a process, -1 when all belong to the living.  What stood in it
 * stays there: it is told as anything else.
 */

int api_tell_join(api_tell_t *t, const api_tell_who_t *who);

/* The process ends; what stands in its lane stays. */

void api_tell_leave(api_tell_t *t, int lane);


/* An entry that is open. */

typedef struct {
    api_tell_lane_t *lane;
    api_tell_bag_t  *bag;
    uint32_t         bucket;
    bool             made;
} api_tell_note_t;

/*
 * The entry of a key in a lane, or NULL when there is no room (then the store
 * hears nothing of it).  note->made: it is new, m is API_MERGE_NONE, and cap,
 * limit and name are the caller's to fill.  To be closed in any case, soon.
 */

api_merge_entry_t *api_tell_open(api_tell_t *t, int lane, uint64_t policy,
    uint64_t key, api_tell_note_t *note);
void               api_tell_close(const api_tell_note_t *note);

/* Keys that wait: in a lane, in all. */

uint32_t api_tell_waiting(const api_tell_t *t, int lane);
uint64_t api_tell_waiting_all(const api_tell_t *t);


/*
 * Is the one with this lane the teller now?  If so he is until now + period,
 * and a grace longer.  If not, *wait is when to ask again.  api_tell_turn_free
 * asks without taking it.  Periods are below API_TELL_PERIOD_MAX.
 */

#define API_TELL_PERIOD_MAX 60000


bool api_tell_turn(api_tell_t *t, int lane, uint64_t now, uint64_t period,
    uint64_t grace, uint64_t *wait);
bool api_tell_turn_free(const api_tell_t *t, int lane, uint64_t now,
    uint64_t grace, uint64_t *wait);

/* Be the teller at once, whoever was. */

void
api_tell_turn_take(api_tell_t *t, int lane, uint64_t now, uint64_t period);


/*
 * Move what waits, in one lane or in all (-1), to a table of the caller's.
 * What finds no room there, whose owner is just inside, or that somebody else
 * is emptying, waits for the next time.  Returns the number of entries moved.
 */

uint32_t api_tell_drain(
    api_tell_t *t, const api_tell_who_t *who, int lane, api_merge_table_t *to);


#endif /* API_TELL_H */
