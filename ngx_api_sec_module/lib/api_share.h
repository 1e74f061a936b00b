/*
 * How much each of many has had lately, in memory of fixed size that several
 * processes share: so that what has room for all is not taken by one.
 *
 * A sketch (Cormode and Muthukrishnan, "An improved data stream summary: the
 * count-min sketch", 2005): two rows of counters, two of which are of each
 * who; the lower one counts.  It never says too little.  It says too much of
 * one who shares both with others: hardly ever, and nobody can seek it who
 * does not know how `who` was hashed.
 *
 * Time passes in slices, a third of a life each; the last four are counted.
 * So what is counted is of a life at least, and of a third more at most.
 *
 * Not locked: the caller lets one process in at a time.  A process that dies
 * inside leaves counters that are still counters.  Reads no clock.
 */

#ifndef API_SHARE_H
#define API_SHARE_H

#include "api_base.h"


typedef struct api_share_s api_share_t;

/* Bytes of one with that many counters a row, a power of two. */

size_t api_share_size(size_t cells);

/* The zeroed memory at mem, aligned to 8. */

api_share_t *api_share_init(void *mem, size_t cells);

/*
 * To be called before the next two: forget what is older than a life.  Seconds;
 * another life than the last time holds from the next slice on.
 */

void api_share_turn(api_share_t *share, int64_t life, int64_t now);

/* who: a keyed hash. */

uint64_t api_share_of(const api_share_t *share, uint64_t who);
void     api_share_add(api_share_t *share, uint64_t who);

/* Add what another one has counted, of whatever size. */

void api_share_merge(api_share_t *share, const api_share_t *from);


#endif /* API_SHARE_H */
