#include "api_lanes.h"


/*
 * head.tag is the key's fingerprint.  head.val is the guard: in its low half
 * the holder's lane + 1 or 0, above it a number that changes with every
 * release, so that a line looked at can be known to be untouched.
 */

typedef struct {
    api_slot_t head;
    uint16_t   count[24]; /* and more, up to the stride */
} api_lanes_line_t;

#define API_LANES_NEAR 2 /* lines at each of two places */

/* Looks at a guard before its holder is given up: some 30 ms, longer than the
   living are kept from the processor for.  Taken over, it is free. */

#define API_LANES_PATIENCE (1U << 22)

#define API_LANES_HOLDER UINT64_C(0xffffffff)
#define API_LANES_RELEASE (UINT64_C(1) << 32)

__extension__ typedef unsigned __int128 api_lanes_wide_t;


static size_t
api_lanes_front(void)
{
    return (sizeof(api_lanes_t) + 63) / 64 * 64;
}


static uint32_t
api_lanes_stride(uint32_t lanes)
{
    return lanes <= 24 ? 64 : 64 + (lanes - 24 + 31) / 32 * 64;
}


api_lanes_t *
api_lanes_make(
    void *mem, size_t size, uint32_t lanes, const uint8_t random[16])
{
    api_lanes_t *t;

    if (lanes > API_LANES_MAX
        || size < api_lanes_front() + 4 * (size_t) api_lanes_stride(lanes))
    {
        return NULL;
    }

    t = mem;
    t->abi = API_LANES_ABI;
    t->stride = api_lanes_stride(lanes);
    t->lanes = (t->stride - (uint32_t) sizeof(api_slot_t)) / 2;
    t->lines = (size - api_lanes_front()) / t->stride;
    t->key = api_sipkey(random);

    __atomic_store_n(&t->magic, API_LANES_MAGIC, __ATOMIC_SEQ_CST);

    return t;
}


bool
api_lanes_is(const void *mem, size_t size)
{
    const api_lanes_t *t = mem;

    return size >= api_lanes_front() && t->magic == API_LANES_MAGIC
           && t->abi == API_LANES_ABI
           && t->stride == api_lanes_stride(t->lanes)
           && t->lines == (size - api_lanes_front()) / t->stride;
}


uint64_t
api_lanes_tag(const api_lanes_t *t, uint64_t policy, api_span_t key)
{
    uint64_t     tag;
    api_sipkey_t sip;

    sip.k0 = t->key.k0 ^ policy;
    sip.k1 = t->key.k1;

    tag = api_siphash13(sip, key);

    return tag ? tag : 1;
}


static api_lanes_line_t *
api_lanes_line(const api_lanes_t *t, uint64_t i)
{
    uint8_t *lines = (uint8_t *) (uintptr_t) t + api_lanes_front();

    return (api_lanes_line_t *) (void *) (lines + i % t->lines * t->stride);
}


/* The n-th place of a key. */

static api_lanes_line_t *
api_lanes_place(const api_lanes_t *t, uint64_t tag, unsigned n)
{
    if (n >= API_LANES_NEAR) {
        tag = (tag ^ tag >> 31) * UINT64_C(0x9e3779b97f4a7c15);
        n -= API_LANES_NEAR;
    }

    return api_lanes_line(
        t, (uint64_t) ((api_lanes_wide_t) tag * t->lines >> 64) + n);
}


static uint64_t
api_lanes_sum(const api_lanes_t *t, const api_lanes_line_t *line)
{
    uint32_t        i;
    uint64_t        sum;
    const uint16_t *count = line->count;

    for (i = 0, sum = 0; i < t->lanes; i++) {
        sum += __atomic_load_n(&count[i], __ATOMIC_RELAXED);
    }

    return sum;
}


static api_slot_t
api_lanes_head(const api_lanes_line_t *line)
{
    api_slot_t head;

    head.tag = __atomic_load_n(&line->head.tag, __ATOMIC_SEQ_CST);
    head.val = __atomic_load_n(&line->head.val, __ATOMIC_SEQ_CST);

    return head;
}


/*
 * Hold the line of this key.  False: it has become that of another key.  A
 * holder that does not let go is dead, or stopped for longer than it has any
 * right to: the line is taken over, and it will not notice.
 */

static bool
api_lanes_lock(api_lanes_t *t, api_lanes_line_t *line, uint64_t tag, int lane)
{
    uint32_t   n;
    api_slot_t old, mine;

    for (n = 0;; n++) {
        old = api_lanes_head(line);

        if (old.tag != tag) {
            return false;
        }

        if ((old.val & API_LANES_HOLDER) && n < API_LANES_PATIENCE) {
            continue;
        }

        mine.tag = tag;
        mine.val = ((old.val & ~API_LANES_HOLDER) + API_LANES_RELEASE)
                   | ((uint64_t) lane + 1);

        if (api_cas128(&line->head, &old, mine, t->locks)) {
            if (n >= API_LANES_PATIENCE) {
                __atomic_fetch_add(&t->broken, 1, __ATOMIC_RELAXED);
            }

            return true;
        }
    }
}


static void
api_lanes_unlock(
    api_lanes_t *t, api_lanes_line_t *line, uint64_t tag, int lane)
{
    api_slot_t old, next;

    old = api_lanes_head(line);

    if ((old.val & API_LANES_HOLDER) != (uint64_t) lane + 1) {
        return; /* taken over */
    }

    next.tag = tag;
    next.val = (old.val & ~API_LANES_HOLDER) + API_LANES_RELEASE;

    (void) api_cas128(&line->head, &old, next, t->locks);
}


static api_lanes_line_t *
api_lanes_find(
    const api_lanes_t *t, uint64_t tag, const api_lanes_line_t *except)
{
    unsigned          n;
    api_lanes_line_t *line;

    for (n = 0; n < 2 * API_LANES_NEAR; n++) {
        line = api_lanes_place(t, tag, n);

        if (line != except
            && __atomic_load_n(&line->head.tag, __ATOMIC_SEQ_CST) == tag)
        {
            return line;
        }
    }

    return NULL;
}


/*
 * A free line for a new key, held.  The guard's number shows that nobody has
 * counted in it since the sum was made.  NULL with *again: somebody else was
 * faster; without: all are in use.
 */

static api_lanes_line_t *
api_lanes_claim(api_lanes_t *t, uint64_t tag, int lane, bool *again)
{
    unsigned          n;
    api_slot_t        old, mine;
    api_lanes_line_t *line;

    *again = false;

    for (n = 0; n < 2 * API_LANES_NEAR; n++) {
        line = api_lanes_place(t, tag, n);
        old = api_lanes_head(line);

        if ((old.val & API_LANES_HOLDER) || api_lanes_sum(t, line)) {
            continue;
        }

        mine.tag = tag;
        mine.val = (old.val + API_LANES_RELEASE) | ((uint64_t) lane + 1);

        if (!api_cas128(&line->head, &old, mine, t->locks)) {
            *again = true;
            return NULL;
        }

        if (api_lanes_find(t, tag, line)) {

            /* two of us: both give way and look again */

            api_lanes_unlock(t, line, 0, lane);
            *again = true;
            return NULL;
        }

        return line;
    }

    return NULL;
}


api_lanes_rc_t
api_lanes_take(api_lanes_t *t, int lane, uint64_t tag, uint64_t limit,
    uint64_t *used, void **hold)
{
    bool              again;
    uint16_t         *count;
    api_lanes_line_t *line;

    for (;;) {
        line = api_lanes_find(t, tag, NULL);

        if (line) {
            if (api_lanes_lock(t, line, tag, lane)) {
                break;
            }

            continue;
        }

        line = api_lanes_claim(t, tag, lane, &again);

        if (line) {
            break;
        }

        if (!again) {
            __atomic_fetch_add(&t->full, 1, __ATOMIC_RELAXED);
            *used = 0;
            return API_LANES_FULL;
        }
    }

    *used = api_lanes_sum(t, line);
    count = &line->count[0] + lane;

    if (*used >= limit || *count >= API_LANE_COUNT_MAX) {
        api_lanes_unlock(t, line, tag, lane);
        return API_LANES_OVER;
    }

    __atomic_fetch_add(count, 1, __ATOMIC_SEQ_CST);
    api_lanes_unlock(t, line, tag, lane);

    ++*used;
    *hold = line;

    return API_LANES_HELD;
}


void
api_lanes_drop(api_lanes_t *t, int lane, void *hold)
{
    api_lanes_line_t *line = hold;

    (void) t;

    __atomic_fetch_sub(&line->count[0] + lane, 1, __ATOMIC_SEQ_CST);
}


/* Nobody counts in this lane any more. */

static void
api_lanes_sweep(api_lanes_t *t, int lane)
{
    uint64_t          i;
    api_lanes_line_t *line;

    for (i = 0; i < t->lines; i++) {
        line = api_lanes_line(t, i);

        if (__atomic_load_n(&line->count[0] + lane, __ATOMIC_RELAXED)) {
            __atomic_store_n(&line->count[0] + lane, 0, __ATOMIC_SEQ_CST);
        }

        if ((api_lanes_head(line).val & API_LANES_HOLDER)
            == (uint64_t) lane + 1) {
            api_lanes_unlock(t, line, api_lanes_head(line).tag, lane);
        }
    }
}


static bool
api_lanes_own(api_lanes_t *t, uint32_t lane, uint64_t from, uint64_t to)
{
    return __atomic_compare_exchange_n(
        &t->owner[lane], &from, to, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}


int
api_lanes_reap(
    api_lanes_t *t, uint64_t name, api_lanes_alive_t alive, void *ctx)
{
    int      dead;
    uint32_t i;
    uint64_t owner;

    dead = 0;

    for (i = 0; i < t->lanes; i++) {
        owner = __atomic_load_n(&t->owner[i], __ATOMIC_SEQ_CST);

        if (owner == 0 || owner == name || alive(ctx, owner)
            || !api_lanes_own(t, i, owner, name))
        {
            continue;
        }

        api_lanes_sweep(t, (int) i);
        (void) api_lanes_own(t, i, name, 0);
        dead++;
    }

    return dead;
}


int
api_lanes_join(
    api_lanes_t *t, uint64_t name, api_lanes_alive_t alive, void *ctx)
{
    uint32_t i;

    (void) api_lanes_reap(t, name, alive, ctx);

    for (i = 0; i < t->lanes; i++) {
        if (__atomic_load_n(&t->owner[i], __ATOMIC_SEQ_CST) == 0
            && api_lanes_own(t, i, 0, name))
        {
            return (int) i;
        }
    }

    return -1;
}


void
api_lanes_leave(api_lanes_t *t, int lane)
{
    api_lanes_sweep(t, lane);
    __atomic_store_n(&t->owner[lane], 0, __ATOMIC_SEQ_CST);
}


uint64_t
api_lanes_used(const api_lanes_t *t, uint64_t tag)
{
    const api_lanes_line_t *line;

    line = api_lanes_find(t, tag, NULL);

    return line ? api_lanes_sum(t, line) : 0;
}


uint64_t
api_lanes_live(const api_lanes_t *t)
{
    uint64_t i, live;

    for (i = 0, live = 0; i < t->lines; i++) {
        live += api_lanes_sum(t, api_lanes_line(t, i)) != 0;
    }

    return live;
}
