/*
 * Counters by name in shared memory: a table of a fixed number of short names
 * that come up as a program runs.  What comes when it is full is counted under
 * no name, so the sum is right and the number of names has a bound.
 *
 * No lock: a slot is taken by compare-and-swap and never given back.  Two
 * processes that bring a new name at the same time may take a slot each; the
 * reader adds them up.  A process that is killed while it writes a name costs
 * that slot.
 *
 * The memory is the caller's, 8-byte aligned and without pointers.
 */

#ifndef API_SERIES_H
#define API_SERIES_H

#include "api_base.h"


#define API_SERIES_NAME 48   /* bytes of a name; more is cut */
#define API_SERIES_MAX 65536 /* names */

typedef struct api_series_s api_series_t;


size_t api_series_size(uint32_t n);

/* For as many names as fit.  API_OK, or API_LIMIT when none does. */

int api_series_init(void *mem, size_t size);

/* The table at mem, or NULL when there is none. */

api_series_t *api_series_at(void *mem);

void api_series_add(api_series_t *s, api_span_t name, uint64_t n);

/*
 * Name number i and what it counts, each name once; len 0: what was counted
 * under none.  False when slot i has nothing to tell; up to api_series_count.
 */

uint32_t api_series_count(const api_series_t *s);
bool     api_series_get(
        const api_series_t *s, uint32_t i, api_span_t *name, uint64_t *n);

/* Add what `from` has: the table has been made anew in another size. */

void api_series_take(api_series_t *s, const api_series_t *from);


#endif /* API_SERIES_H */
