#include "api_table_int.h"


api_table_t *
api_table_make(void *mem, size_t size, api_table_kind_t kind,
    const uint8_t random[16], const api_now_t *now)
{
    api_table_t *t;

    if (size < API_TABLE_MIN) {
        return NULL;
    }

    t = mem;
    t->abi = API_TABLE_ABI;
    t->kind = kind;
    t->lines = (size - sizeof(api_table_t)) / sizeof(api_line_t);
    t->mask = kind == API_TABLE_RATE ? UINT64_MAX : ~UINT64_C(0xffff);
    t->key = api_sipkey(random);
    t->born = now->wall - now->mono / API_NS;

    __atomic_store_n(&t->magic, API_TABLE_MAGIC, __ATOMIC_SEQ_CST);

    return t;
}


uint64_t
api_table_steady(const api_table_t *t, const api_now_t *now)
{
    return t->born + now->mono / API_NS;
}


bool
api_table_is(const void *mem, size_t size, api_table_kind_t kind)
{
    const api_table_t *t = mem;

    return size >= API_TABLE_MIN && t->magic == API_TABLE_MAGIC
           && t->abi == API_TABLE_ABI && t->kind == (uint32_t) kind
           && t->lines == (size - sizeof(api_table_t)) / sizeof(api_line_t);
}


uint64_t
api_table_tag(const api_table_t *t, uint64_t policy, api_span_t key)
{
    uint64_t     tag;
    api_sipkey_t sip;

    sip.k0 = t->key.k0 ^ policy;
    sip.k1 = t->key.k1;

    tag = api_siphash13(sip, key) & t->mask;

    return tag < API_TAG_FIRST ? tag + API_TAG_FIRST : tag;
}


uint64_t
api_table_policy(api_span_t name, uint64_t also)
{
    return api_siphash24((api_sipkey_t){ also, API_TABLE_MAGIC }, name);
}


/*
 * Two processes may see the same new key at once and take two slots for it.
 * Both have stored theirs before they look again, so one of them at least
 * sees the other's, takes its own back and joins it.
 */

static bool
api_table_twin(const api_table_t *t, uint64_t tag, const api_slot_t *mine)
{
    int         i, j;
    api_line_t *line;

    for (i = 0; i < 2; i++) {
        line = i ? api_table_line2(t, tag) : api_table_line1(t, tag);

        for (j = 0; j < API_TABLE_WAYS; j++) {
            if (&line->slot[j] != mine
                && (__atomic_load_n(&line->slot[j].tag, __ATOMIC_SEQ_CST)
                       & t->mask)
                       == tag)
            {
                return true;
            }
        }
    }

    return false;
}


static api_room_t
api_table_take(api_table_t *t, uint64_t tag, api_victim_t *victim,
    api_table_step_t step, void *ctx)
{
    api_slot_t next, fresh;

    fresh.tag = tag;
    fresh.val = 0;

    if (!step(ctx, fresh, &next)) {
        return API_ROOM_DONE; /* nothing to remember */
    }

    if (!api_cas128(victim->slot, &victim->seen, next, t->locks)) {
        api_table_count_event(&t->stat.retries);
        return API_ROOM_AGAIN;
    }

    if (api_table_twin(t, tag, victim->slot)) {
        fresh.tag = 0;

        /* when it fails, somebody has charged ours since: then it stays, and
           both debts count on their own until one ends */

        if (api_cas128(victim->slot, &next, fresh, t->locks)) {
            api_table_count_event(&t->stat.retries);
            return API_ROOM_AGAIN;
        }
    }

    if (victim->order) {
        api_table_count_event(&t->stat.evicted);
    }

    return API_ROOM_DONE;
}


/*
 * The least debt of the first line becomes the shared one, and keeps what it
 * had: whoever lost the slot finds at least as much debt as before.
 */

static api_room_t
api_table_share(
    api_table_t *t, api_victim_t *victim, api_table_step_t step, void *ctx)
{
    api_slot_t old, next;

    old = victim->seen;

    old.tag = API_TAG_SHARED | (old.tag & ~t->mask);

    if (!step(ctx, old, &next)) {
        return API_ROOM_DONE; /* refused: nothing to remember */
    }

    if (!api_cas128(victim->slot, &victim->seen, next, t->locks)) {
        api_table_count_event(&t->stat.retries);
        return API_ROOM_AGAIN;
    }

    api_table_count_event(&t->stat.shared);

    return API_ROOM_DONE;
}


/* Until the shared debt is paid, new keys join it even if there is room: they
   may have part in it. */

static bool
api_table_shared(api_table_t *t, uint64_t tag, const api_now_t *now,
    api_table_step_t step, void *ctx)
{
    api_slot_t *slot;

    slot = api_line_find(t, api_table_line1(t, tag), API_TAG_SHARED);

    if (slot == NULL || api_table_order(t, api_slot_load(slot), now) == 0
        || !api_table_on(t, slot, API_TAG_SHARED, step, ctx))
    {
        return false;
    }

    api_table_count_event(&t->stat.shared);

    return true;
}


api_room_t
api_table_room(api_table_t *t, uint64_t tag, const api_now_t *now,
    api_full_t full, api_table_step_t step, void *ctx, uint64_t *until)
{
    api_line_t  *line1, *line2;
    api_victim_t victim, other;

    if (full == API_FULL_SHARE && api_table_shared(t, tag, now, step, ctx)) {
        return API_ROOM_DONE;
    }

    line1 = api_table_line1(t, tag);
    line2 = api_table_line2(t, tag);

    api_line_victim(t, line1, now, &victim);

    if (victim.order) {
        api_line_victim(t, line2, now, &other);

        /* a shared debt stands where its keys look first */

        if (other.order == 0
            || (other.order < victim.order && full != API_FULL_SHARE)) {
            victim = other;
        }
    }

    if (victim.order && full == API_FULL_DENY) {
        api_table_count_event(&t->stat.denied);
        *until = victim.seen.val;
        return API_ROOM_FULL;
    }

    if (victim.order && full == API_FULL_SHARE) {
        return api_table_share(t, &victim, step, ctx);
    }

    return api_table_take(t, tag, &victim, step, ctx);
}


bool
api_table_get(
    const api_table_t *t, uint64_t tag, const api_now_t *now, api_slot_t *slot)
{
    const api_slot_t *s;

    do {
        s = api_table_find(t, tag);

        if (s == NULL) {
            return false;
        }

        *slot = api_slot_load(s);

    } while ((slot->tag & t->mask) != tag);

    return api_table_order(t, *slot, now) != 0;
}


static bool
api_table_step_reset(void *ctx, api_slot_t old, api_slot_t *next)
{
    (void) ctx;
    (void) old;

    next->tag = 0;
    next->val = 0;

    return true; /* also without debt, or it would be found for ever */
}


uint64_t
api_table_id(const api_table_t *t, api_slot_t slot)
{
    return slot.tag & t->mask;
}


void
api_table_reset(api_table_t *t, uint64_t tag)
{
    api_slot_t *slot;

    if (tag < API_TAG_FIRST || (tag & ~t->mask)) {
        return; /* free slots bear 0 */
    }

    for (slot = api_table_find(t, tag); slot; slot = api_table_find(t, tag)) {
        (void) api_table_on(t, slot, tag, api_table_step_reset, NULL);
    }
}


typedef struct {
    const api_table_t *t;
    const api_now_t   *now;
    api_slot_t         slot;
} api_table_put_t;

static bool
api_table_step_put(void *ctx, api_slot_t old, api_slot_t *next)
{
    const api_table_put_t *put = ctx;

    *next = put->slot;

    if (put->t->kind == API_TABLE_RATE) {
        return put->slot.val > old.val;
    }

    if (api_count_end(put->slot) != api_count_end(old)) {
        return api_count_end(put->slot) > api_count_end(old);
    }

    return api_count_get(put->slot) > api_count_get(old);
}


void
api_table_put(api_table_t *t, api_slot_t slot, const api_now_t *now)
{
    uint64_t        tag, until, order;
    api_victim_t    victim, other;
    api_table_put_t put;

    tag = slot.tag & t->mask;

    order = api_table_order(t, slot, now);

    if (tag < API_TAG_FIRST || order == 0) {
        return; /* shared debts stand in lines of the old size */
    }

    if (api_table_find(t, tag) == NULL) {
        api_line_victim(t, api_table_line1(t, tag), now, &victim);
        api_line_victim(t, api_table_line2(t, tag), now, &other);

        if (victim.order >= order && other.order >= order) {
            api_table_count_event(&t->stat.evicted);
            return; /* ours is the least */
        }
    }

    put.t = t;
    put.now = now;
    put.slot = slot;

    (void) api_table_update(
        t, tag, now, API_FULL_EVICT, api_table_step_put, &put, &until);
}


static bool
api_table_migrate_slot(void *ctx, api_slot_t slot)
{
    api_table_put_t *put = ctx;

    api_table_put((api_table_t *) (uintptr_t) put->t, slot, put->now);

    return true;
}


void
api_table_migrate(
    api_table_t *to, const api_table_t *from, const api_now_t *now)
{
    api_table_put_t put;

    to->key = from->key;
    to->born = from->born;

    put.t = to;
    put.now = now;
    put.slot.tag = 0;
    put.slot.val = 0;

    (void) api_table_walk(
        from, 0, from->lines, now, api_table_migrate_slot, &put);
}


uint64_t
api_table_walk(const api_table_t *t, uint64_t first, uint64_t n,
    const api_now_t *now, api_table_visit_t fn, void *ctx)
{
    int         j;
    uint64_t    i;
    api_line_t *line;
    api_slot_t  s;

    for (i = 0; i < n && first + i < t->lines; i++) {
        line = api_table_lines(t) + first + i;

        for (j = 0; j < API_TABLE_WAYS; j++) {
            s = api_slot_load(&line->slot[j]);

            if (api_table_order(t, s, now)
                && api_slot_tag(&line->slot[j]) == s.tag && !fn(ctx, s))
            {
                return i + 1;
            }
        }
    }

    return i;
}


uint64_t
api_table_slots(const api_table_t *t)
{
    return t->lines * API_TABLE_WAYS;
}


static bool
api_table_live_slot(void *ctx, api_slot_t slot)
{
    uint64_t *live = ctx;

    (void) slot;
    ++*live;

    return true;
}


uint64_t
api_table_live(const api_table_t *t, uint64_t sample, const api_now_t *now)
{
    uint64_t i, live;

    live = 0;

    if (sample == 0 || sample >= t->lines) {
        (void) api_table_walk(t, 0, t->lines, now, api_table_live_slot, &live);
        return live;
    }

    for (i = 0; i < sample; i++) {
        (void) api_table_walk(t,
            (uint64_t) ((api_u128_t) i * t->lines / sample), 1, now,
            api_table_live_slot, &live);
    }

    return (uint64_t) ((api_u128_t) live * t->lines / sample);
}


uint64_t
api_table_debt(const api_table_t *t, api_slot_t slot, const api_now_t *now)
{
    uint64_t order;

    order = api_table_order(t, slot, now);

    if (order == 0) {
        return 0;
    }

    return t->kind == API_TABLE_RATE ? slot.val - now->mono : order - 1;
}


void
api_table_stat(const api_table_t *t, api_table_stat_t *stat)
{
    stat->evicted = __atomic_load_n(&t->stat.evicted, __ATOMIC_RELAXED);
    stat->shared = __atomic_load_n(&t->stat.shared, __ATOMIC_RELAXED);
    stat->denied = __atomic_load_n(&t->stat.denied, __ATOMIC_RELAXED);
    stat->retries = __atomic_load_n(&t->stat.retries, __ATOMIC_RELAXED);
}
