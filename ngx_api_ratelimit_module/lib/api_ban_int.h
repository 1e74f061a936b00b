/*
 * Inside api_ban.c and api_ban_strike.c.
 */

#ifndef API_BAN_INT_H
#define API_BAN_INT_H

#include "api_ban.h"

#include <stdatomic.h>


#define API_BAN_MAGIC UINT32_C(0x314e4142)
#define API_BAN_LAYOUT 2

#define API_BAN_WAYS 8  /* of a set of bans; their keys fill one line */
#define API_BAN_PARTS 8 /* of a window, and the one that is running */
#define API_STRIKE_WAYS 4
#define API_BAN_PLACE 128 /* bytes */


/*
 * A place of a ban.  Its key stands apart (api_ban_set_t), for look-ups go
 * over the keys alone; it is written last and cleared first, so that who finds
 * it before and after reading `until` has read what belongs to it.
 */

typedef struct {
    _Atomic uint64_t until;
    _Atomic uint64_t forget;
    uint64_t         space;
    uint64_t         since;
    uint32_t         cause;
    _Atomic uint32_t hits;
    uint32_t         level;
    uint32_t         text_len;
    uint8_t          text[API_BAN_TEXT];
} api_ban_place_t;

typedef struct {
    _Atomic uint64_t key[API_BAN_WAYS]; /* 0: free */
    api_ban_place_t  place[API_BAN_WAYS];
} api_ban_set_t;


/* Strikes of one key under one rule; counts[part % 8], part is the seventh of
   the window that was running at the last strike.  When no count of it can
   matter any more the slot is as good as free: were it not, counters of long
   ago that stand high would hold their slots against those of today. */

typedef struct {
    uint64_t key;  /* 0: free */
    uint32_t part; /* modulo 2^32 */
    uint32_t dies; /* seconds, modulo 2^32 */
    uint16_t counts[API_BAN_PARTS];
} api_strike_t;


struct api_ban_s {
    uint32_t         magic;
    uint32_t         layout;
    uint64_t         size;
    api_sipkey_t     seed;
    uint64_t         nsets;
    uint64_t         nstrikes; /* sets of API_STRIKE_WAYS */
    _Atomic uint64_t places;   /* taken at any time: 0 spares the look-up */
    _Atomic uint64_t changes;
    _Atomic uint64_t banned;
    _Atomic uint64_t strikes;
    _Atomic uint64_t bans_lost;
    _Atomic uint64_t strikes_dropped;
};

_Static_assert(sizeof(api_ban_place_t) == API_BAN_PLACE, "a place's size");
_Static_assert(sizeof(api_strike_t) == 32, "a strike's size");
_Static_assert(sizeof(struct api_ban_s) <= 128, "room for the head");


#define API_BAN_HEAD 128

/* A quarter of the memory holds strikes, 32 bytes each, the rest bans, 136
   bytes each: 4 strikes for 3 bans. */

#define API_BAN_STRIKES_PART 4


static inline api_ban_set_t *
api_ban_sets(const api_ban_t *t)
{
    return (api_ban_set_t *) ((uintptr_t) t + API_BAN_HEAD);
}


static inline api_strike_t *
api_ban_strikes(const api_ban_t *t)
{
    return (api_strike_t *) (api_ban_sets(t) + t->nsets);
}


/* The two sets a key may stand in. */

static inline void
api_ban_choices(uint64_t key, uint64_t n, uint64_t at[2])
{
    at[0] = key % n;
    at[1] = ((key >> 32 | key << 32) * UINT64_C(0xff51afd7ed558ccd)) % n;
}


/* The place of a key and where the key itself stands, or NULL. */

api_ban_place_t *
api_ban_lookup(const api_ban_t *t, uint64_t key, _Atomic uint64_t **where);

/*
 * A place for a new key: free, or of a key whose ban is over (the one that is
 * to be forgotten first).  NULL: all bans are in force.
 */

api_ban_place_t *api_ban_take(
    api_ban_t *t, uint64_t key, uint64_t now, _Atomic uint64_t **where);

void api_ban_write(api_ban_t *t, api_ban_place_t *p, _Atomic uint64_t *where,
    const api_ban_entry_t *e);
void api_ban_read(const api_ban_place_t *p, uint64_t key, api_ban_entry_t *e);


#endif /* API_BAN_INT_H */
