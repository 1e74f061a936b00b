/*
 * A budget for each of many spenders, in memory of fixed size: so much at
 * once, and so much in a time.  One process, no lock.
 *
 * A spender is a 64-bit hash, keyed by the caller.  Who is not there has
 * spent nothing.  A full group of the table gives up who has the most left,
 * so nobody gets a new budget while others have spent less.
 */

#ifndef API_SPEND_H
#define API_SPEND_H

#include "api_base.h"


typedef struct api_spend_s api_spend_t;

/* nentries is rounded up to a power of two. */

api_spend_t *api_spend_create(const api_alloc_t *alloc, size_t nentries);
void         api_spend_free(api_spend_t *s); /* NULL is fine */

/*
 * Spend one of `count` per `period` (any unit of time, as now; count may be
 * spent at once).  False: there is none left.  When it was spent for nothing,
 * give it back.
 */

bool api_spend_take(api_spend_t *s, uint64_t who, uint64_t count,
    uint64_t period, uint64_t now);
void api_spend_give(api_spend_t *s, uint64_t who, uint64_t count,
    uint64_t period, uint64_t now);


#endif /* API_SPEND_H */
