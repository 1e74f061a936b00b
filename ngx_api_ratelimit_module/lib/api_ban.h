/*
 * Bans: who broke the rules so often that he is turned away for a while.
 *
 * A table in memory of fixed size, given by the caller and shared by
 * processes.  Two parts that cannot starve each other: strikes (many, fed by
 * strangers) and bans (few, precious).
 *
 *   strike  N of them within a window ban.  A window is counted in sevenths:
 *           N strikes within `window` always ban, N strikes that need more
 *           than 8/7 of it never do.  When there is no room the counter with
 *           the fewest strikes is dropped (stat.strikes_dropped).
 *   ban     lasts `ban` the first time, twice as long each time after, at
 *           most `max`.  How often is forgotten `max` after the end of the
 *           last one.  A ban in force is never dropped for another: when all
 *           places are taken, the new one is lost and counted
 *           (stat.bans_lost), so that no flood can set anybody free.
 *
 * Times are milliseconds of one clock that does not go back (now).  A key is
 * known by a 64-bit keyed fingerprint; its first bytes are kept to be shown.
 *
 * Threads and processes: api_ban_find and api_ban_key take no lock and may run
 * beside anything.  Everything else that takes an api_ban_t that is not const
 * needs the caller's lock.  A process that is killed while it holds the lock
 * leaves a table in which at worst its own last change is missing.
 */

#ifndef API_BAN_H
#define API_BAN_H

#include "api_siphash.h"


#define API_BAN_TEXT 80        /* bytes of a key that are kept */
#define API_BAN_SIZE_MIN 32768 /* bytes of a table */
#define API_BAN_LEVEL_MAX 63   /* bans of one key that are told apart */
#define API_BAN_TIME_MAX (INT64_C(3660) * 86400 * 1000)

typedef struct api_ban_s api_ban_t;

/* Make a table of the size bytes at mem, which are zero and 64-aligned; seed
   is random.  NULL when size is below the minimum. */

api_ban_t *api_ban_init(void *mem, size_t size, api_sipkey_t seed);

/* What lies at mem when a process finds a table that another one made; NULL
   when it is none. */

api_ban_t *api_ban_open(void *mem, size_t size);

api_sipkey_t api_ban_seed(const api_ban_t *t);


/*
 * The fingerprint of a key within a space: bans of one kind of key (addresses,
 * principals) share a space, which is a number the caller makes up.
 */

uint64_t api_ban_key(const api_ban_t *t, uint64_t space, api_span_t key);

/* Milliseconds that the key is still banned; 0: it is not.  One refused
   request more is counted for it. */

uint64_t api_ban_find(api_ban_t *t, uint64_t key, uint64_t now);


typedef struct {
    uint32_t strikes; /* 1-65535 */
    uint64_t window;  /* ms, from 7 on */
    uint64_t ban;     /* ms, the first one */
    uint64_t max;     /* ms, not below ban */
} api_ban_rule_t;

typedef struct {
    uint64_t   rule;  /* number of the rule, for its counter of strikes */
    uint64_t   key;   /* api_ban_key */
    uint64_t   space; /* kept with the ban, to be shown */
    uint32_t   cause; /* the same */
    api_span_t text;  /* of the key */
} api_ban_strike_t;

typedef enum {
    API_BAN_COUNTED = 0,
    API_BAN_BANNED,  /* just now; *ms is how long */
    API_BAN_ALREADY, /* banned before; not counted */
    API_BAN_LOST     /* enough strikes, and no room for the ban */
} api_ban_verdict_t;

api_ban_verdict_t api_ban_strike(api_ban_t *t, const api_ban_rule_t *rule,
    const api_ban_strike_t *strike, uint64_t now, uint64_t *ms);


/* One ban as it is shown, saved and set. */

typedef struct {
    uint64_t key;
    uint64_t space;
    uint64_t since;
    uint64_t until;  /* may be past: the level is still remembered */
    uint64_t forget; /* when it is not any more; not before until */
    uint32_t cause;
    uint32_t hits;  /* requests refused */
    uint32_t level; /* bans so far */
    uint32_t text_len;
    uint8_t  text[API_BAN_TEXT];
} api_ban_entry_t;

/*
 * Put an entry there: by hand, from a snapshot, from another table.  The later
 * until, forget and the higher level of the two win, so to put an entry twice
 * changes nothing.  API_OK; API_LIMIT when there is no room; API_INVALID for
 * an entry that cannot be (times in disorder or too far ahead of now).
 */

int api_ban_put(api_ban_t *t, const api_ban_entry_t *e, uint64_t now);

/* Forget the key's ban and level.  Was there one? */

bool api_ban_lift(api_ban_t *t, uint64_t key);

/*
 * The next entry that is remembered, from place *at on (0 at first); false
 * when there is none.  A ban that is made or lifted meanwhile may be missed,
 * the others are not.
 */

bool
api_ban_next(const api_ban_t *t, uint64_t now, size_t *at, api_ban_entry_t *e);

/* Put all that `from`, another table with the same clock, remembers into t,
   and take over its seed: t must be fresh. */

void api_ban_migrate(api_ban_t *t, const api_ban_t *from, uint64_t now);

/* Take over the seed of a snapshot: t must be fresh. */

void api_ban_reseed(api_ban_t *t, api_sipkey_t seed);


typedef struct {
    uint64_t bans_room; /* places */
    uint64_t strikes_room;
    uint64_t bans; /* in force */
    uint64_t remembered;
    uint64_t banned; /* since the table was made */
    uint64_t strikes;
    uint64_t bans_lost;
    uint64_t strikes_dropped;
    uint64_t changes; /* differs whenever a snapshot would */
} api_ban_stat_t;

/* bans and remembered are counted by a walk over the table. */

void     api_ban_stat(const api_ban_t *t, uint64_t now, api_ban_stat_t *stat);
uint64_t api_ban_changes(const api_ban_t *t);


#endif /* API_BAN_H */
