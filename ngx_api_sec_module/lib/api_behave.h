/*
 * Who does what, lately: for a subject (a principal, an address, as a keyed
 * hash) how often, how often badly, and with how many different things, in the
 * current window of time and the one before.
 *
 * A table of a fixed number of subjects in shared memory; when it is full the
 * one of those it could stand beside that was not seen for longest goes.  No
 * lock: counters are added to atomically, a place is taken by compare-and-swap.
 * Two processes that turn the same window at the same moment may lose a few
 * counts, never add any.
 *
 * A subject can be marked until a time: what was found about it holds for all
 * processes.
 *
 * 96 bytes a subject.  The memory is the caller's, without pointers in it.
 */

#ifndef API_BEHAVE_H
#define API_BEHAVE_H

#include "api_hll.h"


typedef struct api_behave_s api_behave_t;

size_t api_behave_size(uint32_t subjects);

/* As many subjects as fit.  API_OK, or API_LIMIT below 8. */

int api_behave_init(void *mem, size_t size);

/* The table at mem, NULL when there is none. */

api_behave_t *api_behave_at(void *mem);

typedef struct {
    uint64_t subject; /* not 0 */
    uint64_t thing;   /* 0: none */
    bool     bad;
    int64_t  now;
    uint32_t window; /* seconds */
} api_behave_act_t;

/* acts, bad: of this window and the last, each up to 61440 */

typedef struct {
    uint32_t acts, bad;
    uint32_t things; /* about */
    int64_t  marked; /* until then; 0: is not */
} api_behave_state_t;

/* Count it, and what that makes. */

void api_behave_note(
    api_behave_t *t, const api_behave_act_t *act, api_behave_state_t *state);

/* Until when the subject is marked, 0 when it is not; counts nothing. */

int64_t
api_behave_marked(const api_behave_t *t, uint64_t subject, int64_t now);

/*
 * Mark it, known or not.  False when it was marked already: then it is not
 * news.
 */

bool
api_behave_mark(api_behave_t *t, uint64_t subject, int64_t now, int64_t until);

uint32_t api_behave_room(const api_behave_t *t);
uint64_t api_behave_evicted(const api_behave_t *t);


#endif /* API_BEHAVE_H */
