/*
 * A text that one process of many fetches and all read: a key set from
 * elsewhere, in memory that they share.
 *
 * Who fetches is settled by a lease: one word with an end and a holder, so
 * that a holder who was killed, or forgot, holds up nobody for long.  What the
 * holder brings is published under a new number; a reader compares the number
 * with the one he has and copies the text only when it differs.  A copy is
 * good when the number was even and the same before and after; a publisher
 * that died half-way leaves an odd one, which the next publisher repairs, and
 * readers stay with what they have.
 *
 * Times are seconds of one clock.  Nothing blocks.
 */

#ifndef API_BULLETIN_H
#define API_BULLETIN_H

#include "api_base.h"


typedef struct api_bulletin_s api_bulletin_t;

/* Bytes to give for texts of max bytes; mem is zeroed and aligned to 8. */

size_t api_bulletin_size(size_t max);
void   api_bulletin_init(api_bulletin_t *b, size_t max);

/* Is a process alive?  For a lease whose holder is gone. */

typedef bool (*api_bulletin_alive_pt)(uint32_t pid);

#define API_BULLETIN_MAX_PID 0xffffff /* of a pid 24 bits are kept */

/*
 * Take the lease until `now + seconds`.  0: another one holds it; else the
 * lease, to be given to the others.
 */

uint64_t api_bulletin_lease(api_bulletin_t *b, uint32_t pid, int64_t now,
    int64_t seconds, api_bulletin_alive_pt alive);

/* Does somebody hold it? */

bool api_bulletin_leased(
    const api_bulletin_t *b, int64_t now, api_bulletin_alive_pt alive);

/*
 * The holder is done.  Each returns false when the lease was lost meanwhile;
 * then nothing has happened.
 *
 *   publish  a new text, at most max bytes: readers will see a new number
 *            (fetched = now)
 *   confirm  the text is what it was (fetched = now)
 *   fail     there is none; reason is for the operator
 *   give_up  as if nothing had been tried
 *
 * After all but give_up no one should try before `next`.
 */

bool api_bulletin_publish(api_bulletin_t *b, uint64_t lease, api_span_t text,
    int64_t now, int64_t next);
bool api_bulletin_confirm(
    api_bulletin_t *b, uint64_t lease, int64_t now, int64_t next);
bool api_bulletin_fail(
    api_bulletin_t *b, uint64_t lease, uint32_t reason, int64_t next);
bool api_bulletin_give_up(api_bulletin_t *b, uint64_t lease);

/* 0: nothing was ever published; odd: is being written. */

uint64_t api_bulletin_number(const api_bulletin_t *b);

/*
 * Copy the text to buf (of max bytes).  True, with its length and number, or
 * false: try another time.
 */

bool api_bulletin_read(
    const api_bulletin_t *b, uint8_t *buf, size_t *len, uint64_t *number);

typedef struct {
    int64_t  fetched;  /* when it was last good; 0: never */
    int64_t  next;     /* not before */
    uint64_t attempts; /* that came to an end */
    uint32_t failures; /* since it was last good */
    uint32_t reason;   /* of the last */
} api_bulletin_state_t;

void api_bulletin_state(const api_bulletin_t *b, api_bulletin_state_t *state);

/* Bring over what another one holds: for a new zone. */

void api_bulletin_copy(api_bulletin_t *to, const api_bulletin_t *from);


#endif /* API_BULLETIN_H */
