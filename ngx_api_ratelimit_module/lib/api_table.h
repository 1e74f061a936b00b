/*
 * A table of limits in memory that all workers share, without a lock.
 *
 * A line of 64 bytes holds four slots; a slot is a fingerprint of the key and
 * what is known about it, and changes as a whole (api_cas128.h).  A key may
 * lie in one of two lines.  The fingerprint is a SipHash under a key that was
 * drawn when the table was made and lives in it: nobody outside can choose
 * keys that meet.  Two keys that do share a limit; with a full table of 10 MB
 * one new key in 10^13 does (2^64 fingerprints; counters have 2^48: one in
 * 10^8).
 *
 * Nothing is ever deleted: a slot whose time is over is free.  When no slot
 * of a key's lines is, `full` decides:
 *
 *   API_FULL_EVICT  the one with the least debt goes.  A flood of new keys
 *                   evicts itself, not those who are over their limit
 *   API_FULL_SHARE  nobody goes: keys without a slot share one debt for each
 *                   line, so that no flood admits more than the limit
 *   API_FULL_DENY   the request is refused
 *
 * A table holds one kind of thing, for debts must be comparable:
 *
 *   API_TABLE_RATE   api_gcra.h: the time at which the debt is paid, in ns of
 *                    `mono`
 *   API_TABLE_COUNT  a count that ends at a second of `wall`: quotas
 *   API_TABLE_WINDOW two counts, likewise: sliding windows
 *
 * A process that is killed leaves at worst a slot that ends by its own time.
 * All functions may run in several processes at once, but for those that say
 * otherwise.
 */

#ifndef API_TABLE_H
#define API_TABLE_H

#include "api_cas128.h"
#include "api_gcra.h"
#include "api_siphash.h"


#define API_TABLE_MAGIC 0x4c424154U
#define API_TABLE_ABI 1

typedef enum {
    API_TABLE_RATE = 1,
    API_TABLE_COUNT = 2,
    API_TABLE_WINDOW = 3
} api_table_kind_t;

typedef enum { API_FULL_EVICT = 0, API_FULL_SHARE, API_FULL_DENY } api_full_t;

/* Both clocks, read once a request.  mono 1 at least. */

typedef struct {
    uint64_t mono; /* CLOCK_MONOTONIC, ns */
    uint64_t wall; /* seconds since 1970 */
} api_now_t;

typedef struct {
    uint64_t evicted; /* slots with debt that had to go */
    uint64_t shared;  /* decisions on a shared debt */
    uint64_t denied;  /* refused because of a full line */
    uint64_t retries; /* lost races */
} api_table_stat_t;

/* Lies at the front of the memory; the lines follow.  Hands off. */

typedef struct {
    uint32_t     magic;
    uint32_t     abi;
    uint32_t     kind;
    uint32_t     locks[API_CAS_LOCKS];
    uint64_t     lines;
    uint64_t     mask; /* of the fingerprint in a tag */
    api_sipkey_t key;
    uint64_t     born; /* wall - mono at the start, in s: see window */
    _Alignas(64) api_table_stat_t stat;
} api_table_t;

/* Answers of the operations below. */

typedef enum {
    API_LIMIT_PASS = 0,
    API_LIMIT_OVER,  /* not now */
    API_LIMIT_NEVER, /* costs more than the whole limit */
    API_LIMIT_FULL   /* API_FULL_DENY, or no room at all */
} api_limit_rc_t;


/*
 * A table in `size` bytes of zeroes at mem, which is aligned to 64 bytes; NULL
 * when there is no room for one line (API_TABLE_MIN).  Nobody else may use the
 * memory yet.  Lines are not touched: fresh memory of the system is zeroed
 * when it is used first.
 */

#define API_TABLE_MIN (sizeof(api_table_t) + 64)

api_table_t *api_table_make(void *mem, size_t size, api_table_kind_t kind,
    const uint8_t random[16], const api_now_t *now);

/* Seconds since 1970 by a clock that nobody sets: `wall` of when the table was
   made, and what has gone by since. */

uint64_t api_table_steady(const api_table_t *t, const api_now_t *now);

/* What api_table_make made, in a release that this one understands? */

bool api_table_is(const void *mem, size_t size, api_table_kind_t kind);

/*
 * All that lives in `from` (same kind) into `to`, which nobody uses yet, with
 * its key: afterwards both give the same answers.  from may be in use and is
 * not changed.  When to is smaller, least debts give way.
 */

void api_table_migrate(
    api_table_t *to, const api_table_t *from, const api_now_t *now);


/* The fingerprint of a key under a policy, whose number stays the same over
   reloads.  Never 0. */

uint64_t api_table_tag(const api_table_t *t, uint64_t policy, api_span_t key);

/* A policy's number: from its name, and all that must not be mixed up when it
   changes. */

uint64_t api_table_policy(api_span_t name, uint64_t also);


/*
 * Rates.  *tat is set to what is on record afterwards (for api_gcra_report
 * and api_gcra_wait), with API_LIMIT_FULL to when a slot becomes free.
 * api_table_rate charges when it passes; peek never does.
 */

int api_table_rate(api_table_t *t, uint64_t tag, const api_gcra_t *g,
    uint64_t cost, const api_now_t *now, api_full_t full, uint64_t *tat);
int api_table_rate_peek(const api_table_t *t, uint64_t tag,
    const api_gcra_t *g, uint64_t cost, const api_now_t *now, uint64_t *tat);

/* Charge without a question, after the fact. */

void api_table_rate_charge(api_table_t *t, uint64_t tag, const api_gcra_t *g,
    uint64_t cost, const api_now_t *now, api_full_t full);

/* Give back what was charged, also when others have been charged since. */

void api_table_rate_refund(
    api_table_t *t, uint64_t tag, const api_gcra_t *g, uint64_t cost);

/* Others know of more debt: on record is at least tat from now on. */

void api_table_rate_raise(api_table_t *t, uint64_t tag, uint64_t tat,
    const api_now_t *now, api_full_t full);


/*
 * Counters.  A quota counts up to `limit` until the second `end` and begins
 * anew then; *used is the count afterwards.  When the clock is set back over
 * an end, the count of the later period goes on, if that ends by `later`: one
 * that ends behind it was counted while the clock was ahead of the time, and
 * nobody is held to it.
 */

#define API_COUNT_MAX ((UINT64_C(1) << 48) - 1)

typedef struct {
    uint64_t end;
    uint64_t later; /* end at least */
} api_term_t;

int api_table_quota(api_table_t *t, uint64_t tag, const api_term_t *term,
    uint64_t limit, uint64_t cost, const api_now_t *now, api_full_t full,
    uint64_t *used);
int api_table_quota_peek(const api_table_t *t, uint64_t tag,
    const api_term_t *term, uint64_t limit, uint64_t cost, uint64_t *used);
void
api_table_quota_charge(api_table_t *t, uint64_t tag, const api_term_t *term,
    uint64_t cost, const api_now_t *now, api_full_t full);
void api_table_quota_refund(
    api_table_t *t, uint64_t tag, uint64_t end, uint64_t cost);


/*
 * Sliding windows: what was counted in this window of `length` seconds, and
 * the part of the last one's count that the sliding window still covers, are
 * `limit` together at most.  Exact when the last window's requests were
 * spread evenly; never more than 2 * limit in any `length`.
 */

#define API_WINDOW_MAX ((UINT64_C(1) << 24) - 1)      /* limit */
#define API_WINDOW_LENGTH_MAX (UINT64_C(366) * 86400) /* seconds */

typedef struct {
    uint64_t length; /* seconds */
    uint64_t limit;
} api_window_t;

typedef struct {
    uint64_t used; /* rounded up */
    uint64_t next; /* ns until one more is left */
    uint64_t wait; /* ns until the cost passes; 0 when it did */
} api_window_report_t;

int  api_table_window(api_table_t *t, uint64_t tag, const api_window_t *w,
     uint64_t cost, const api_now_t *now, api_full_t full,
     api_window_report_t *report);
int  api_table_window_peek(const api_table_t *t, uint64_t tag,
     const api_window_t *w, uint64_t cost, const api_now_t *now,
     api_window_report_t *report);
void api_table_window_refund(api_table_t *t, uint64_t tag,
    const api_window_t *w, uint64_t cost, const api_now_t *then);


/* What is on record; false: nothing that lives. */

bool api_table_get(const api_table_t *t, uint64_t tag, const api_now_t *now,
    api_slot_t *slot);

/* The tag of the key that it is of. */

uint64_t api_table_id(const api_table_t *t, api_slot_t slot);

/* Forget it.  A tag that no key has is ignored. */

void api_table_reset(api_table_t *t, uint64_t tag);

/*
 * Put a slot that was got from here, or from a snapshot of this table: what
 * is on record already stays if it is worse.
 */

void api_table_put(api_table_t *t, api_slot_t slot, const api_now_t *now);

/*
 * Every living slot of `n` lines from line `first` on, as far as there are
 * so many: fn may stop the walk by returning false.  Returns the number of
 * lines seen.
 */

typedef bool (*api_table_visit_t)(void *ctx, api_slot_t slot);

uint64_t api_table_walk(const api_table_t *t, uint64_t first, uint64_t n,
    const api_now_t *now, api_table_visit_t fn, void *ctx);

/* Slots there are, and about how many of them live: from `sample` lines,
   evenly spread (0: all). */

uint64_t api_table_slots(const api_table_t *t);
uint64_t
api_table_live(const api_table_t *t, uint64_t sample, const api_now_t *now);

/* The debt of a slot, for "who is worst": ns of mono, or a count. */

uint64_t
api_table_debt(const api_table_t *t, api_slot_t slot, const api_now_t *now);

void api_table_stat(const api_table_t *t, api_table_stat_t *stat);


#endif /* API_TABLE_H */
