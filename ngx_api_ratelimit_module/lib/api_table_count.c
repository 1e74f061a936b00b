#include "api_table_int.h"


typedef struct {
    api_term_t term;
    uint64_t   limit;
    uint64_t   cost;
    uint64_t   used;
    bool       pass;
} api_table_quota_t;


static uint64_t
api_count_add(uint64_t count, uint64_t cost)
{
    return cost > API_COUNT_MAX - count ? API_COUNT_MAX : count + cost;
}


/* The count of this period, or of a later one; *end is that one's. */

API_TABLE_HINT uint64_t
api_quota_used(api_slot_t slot, const api_term_t *term, uint64_t *end)
{
    *end = api_count_end(slot);

    if (*end < term->end || *end > term->later) {
        *end = term->end;
        return 0;
    }

    return api_count_get(slot);
}


API_TABLE_HINT bool
api_table_step_quota(void *ctx, api_slot_t old, api_slot_t *next)
{
    uint64_t           end;
    api_table_quota_t *c = ctx;

    c->used = api_quota_used(old, &c->term, &end);
    c->pass = c->used <= c->limit && c->cost <= c->limit - c->used;

    if (!c->pass || c->cost == 0) {
        return false;
    }

    c->used += c->cost;
    *next = api_count_set(old, end, c->used);

    return true;
}


static int
api_table_quota_answer(const api_table_quota_t *c)
{
    if (c->pass) {
        return API_LIMIT_PASS;
    }

    return c->cost > c->limit ? API_LIMIT_NEVER : API_LIMIT_OVER;
}


int
api_table_quota(api_table_t *t, uint64_t tag, const api_term_t *term,
    uint64_t limit, uint64_t cost, const api_now_t *now, api_full_t full,
    uint64_t *used)
{
    int               rc;
    uint64_t          until;
    api_table_quota_t c;

    c.term = *term;
    c.limit = limit;
    c.cost = cost;
    c.used = 0;
    c.pass = false;

    rc = api_table_update(t, tag, now, full, api_table_step_quota, &c, &until);

    *used = c.used;

    return rc == API_LIMIT_PASS ? api_table_quota_answer(&c) : rc;
}


/* Also a counter whose time is over, by a clock that was set forward. */

static api_slot_t
api_table_look(const api_table_t *t, uint64_t tag)
{
    api_slot_t        slot;
    const api_slot_t *s;

    do {
        s = api_table_find(t, tag);

        if (s == NULL) {
            slot.tag = tag;
            slot.val = 0;
            return slot;
        }

        slot = api_slot_load(s);

    } while ((slot.tag & t->mask) != tag);

    return slot;
}


int
api_table_quota_peek(const api_table_t *t, uint64_t tag,
    const api_term_t *term, uint64_t limit, uint64_t cost, uint64_t *used)
{
    api_slot_t        next;
    api_table_quota_t c;

    c.term = *term;
    c.limit = limit;
    c.cost = cost;

    (void) api_table_step_quota(&c, api_table_look(t, tag), &next);

    *used = c.pass ? c.used - cost : c.used;

    return api_table_quota_answer(&c);
}


static bool
api_table_step_more(void *ctx, api_slot_t old, api_slot_t *next)
{
    uint64_t                 end, used;
    const api_table_quota_t *c = ctx;

    used = api_quota_used(old, &c->term, &end);
    *next = api_count_set(old, end, api_count_add(used, c->cost));

    return c->cost != 0;
}


void
api_table_quota_charge(api_table_t *t, uint64_t tag, const api_term_t *term,
    uint64_t cost, const api_now_t *now, api_full_t full)
{
    uint64_t          until;
    api_table_quota_t c;

    c.term = *term;
    c.cost = cost;

    (void) api_table_update(
        t, tag, now, full, api_table_step_more, &c, &until);
}


static bool
api_table_step_less(void *ctx, api_slot_t old, api_slot_t *next)
{
    uint64_t                 used;
    const api_table_quota_t *c = ctx;

    if (api_count_end(old) != c->term.end) {
        return false; /* that period is over */
    }

    used = api_count_get(old);
    *next = api_count_set(
        old, api_count_end(old), c->cost > used ? 0 : used - c->cost);

    return used != 0;
}


void
api_table_quota_refund(
    api_table_t *t, uint64_t tag, uint64_t end, uint64_t cost)
{
    api_slot_t       *slot;
    api_table_quota_t c;

    c.term.end = end;
    c.cost = cost;

    do {
        slot = api_table_find(t, tag);
    } while (slot && !api_table_on(t, slot, tag, api_table_step_less, &c));
}


/*
 * Windows.  Their clock is mono, moved by what wall was ahead of it when the
 * table was made: it never jumps, and still compares with wall.
 */

typedef struct {
    const api_window_t *w;
    uint64_t            cost;
    uint64_t            end;    /* s: of the window after this one */
    uint64_t            passed; /* ns of this window */
    uint64_t            whole;  /* ns of a window */
    uint64_t            last;   /* counted in the last window */
    uint64_t            here; /* and in this one, with our cost if it passed */
    bool                pass;
} api_table_window_t;


static void
api_window_begin(api_table_window_t *c, const api_table_t *t,
    const api_window_t *w, uint64_t cost, const api_now_t *now)
{
    uint64_t s;

    s = api_table_steady(t, now);

    c->w = w;
    c->cost = cost;
    c->whole = w->length * API_NS;
    c->passed = s % w->length * API_NS + now->mono % API_NS;
    c->end = (s / w->length + 2) * w->length;
    c->pass = false;
    c->last = 0;
    c->here = 0;
}


/* What of the last window's count still counts, rounded up. */

static uint64_t
api_window_rest(const api_table_window_t *c)
{
    return (uint64_t) (((api_u128_t) c->last * (c->whole - c->passed)
                           + c->whole - 1)
                       / c->whole);
}


API_TABLE_HINT bool
api_table_step_window(void *ctx, api_slot_t old, api_slot_t *next)
{
    uint64_t            end, used;
    api_table_window_t *c = ctx;

    end = api_count_end(old);
    c->here = api_count_get(old) & API_WINDOW_MAX;
    c->last = api_count_get(old) >> API_WINDOW_BITS;

    if (end + c->w->length == c->end) {
        c->last = c->here;
        c->here = 0;

    } else if (end < c->end) {
        c->last = 0;
        c->here = 0;
    }

    used = c->here + api_window_rest(c);
    c->pass = used <= c->w->limit && c->cost <= c->w->limit - used;

    if (!c->pass || c->cost == 0) {
        return false;
    }

    c->here += c->cost;
    *next = api_count_set(old, c->end, c->last << API_WINDOW_BITS | c->here);

    return true;
}


/* ns until no more than `used` count. */

static uint64_t
api_window_until(const api_table_window_t *c, uint64_t used)
{
    uint64_t at;

    if (c->here <= used) {
        if (c->last == 0) {
            return 0;
        }

        at = (uint64_t) ((api_u128_t) (used - c->here) * c->whole / c->last);
        at = at > c->whole ? 0 : c->whole - at;

        return at > c->passed ? at - c->passed : 0;
    }

    at = (uint64_t) ((api_u128_t) used * c->whole / c->here);

    return c->whole - c->passed + c->whole - at;
}


static int
api_window_answer(const api_table_window_t *c, api_window_report_t *report)
{
    report->used = c->here + api_window_rest(c);
    report->next = report->used ? api_window_until(c, report->used - 1) : 0;
    report->wait = 0;

    if (c->pass) {
        return API_LIMIT_PASS;
    }

    if (c->cost > c->w->limit) {
        return API_LIMIT_NEVER;
    }

    report->wait = api_window_until(c, c->w->limit - c->cost);

    return API_LIMIT_OVER;
}


int
api_table_window(api_table_t *t, uint64_t tag, const api_window_t *w,
    uint64_t cost, const api_now_t *now, api_full_t full,
    api_window_report_t *report)
{
    int                rc;
    uint64_t           until;
    api_table_window_t c;

    api_window_begin(&c, t, w, cost, now);

    rc =
        api_table_update(t, tag, now, full, api_table_step_window, &c, &until);

    if (rc != API_LIMIT_PASS) {
        (void) api_window_answer(&c, report);
        return rc;
    }

    return api_window_answer(&c, report);
}


int
api_table_window_peek(const api_table_t *t, uint64_t tag,
    const api_window_t *w, uint64_t cost, const api_now_t *now,
    api_window_report_t *report)
{
    api_slot_t         next;
    api_table_window_t c;

    api_window_begin(&c, t, w, cost, now);

    if (api_table_step_window(&c, api_table_look(t, tag), &next)) {
        c.here -= cost;
    }

    return api_window_answer(&c, report);
}


static bool
api_table_step_back(void *ctx, api_slot_t old, api_slot_t *next)
{
    uint64_t                  here, last;
    const api_table_window_t *c = ctx;

    here = api_count_get(old) & API_WINDOW_MAX;
    last = api_count_get(old) >> API_WINDOW_BITS;

    if (api_count_end(old) == c->end) {
        here = c->cost > here ? 0 : here - c->cost;

    } else if (api_count_end(old) == c->end + c->w->length) {
        last = c->cost > last ? 0 : last - c->cost;

    } else {
        return false;
    }

    *next =
        api_count_set(old, api_count_end(old), last << API_WINDOW_BITS | here);

    return true;
}


void
api_table_window_refund(api_table_t *t, uint64_t tag, const api_window_t *w,
    uint64_t cost, const api_now_t *then)
{
    api_slot_t        *slot;
    api_table_window_t c;

    api_window_begin(&c, t, w, cost, then);

    do {
        slot = api_table_find(t, tag);
    } while (slot && !api_table_on(t, slot, tag, api_table_step_back, &c));
}
