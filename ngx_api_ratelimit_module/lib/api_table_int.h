/*
 * The one operation on the table, inlined into each use: find the slot of a
 * key, or room for it, and take one step.  Private to api_table*.c.
 */

#ifndef API_TABLE_INT_H
#define API_TABLE_INT_H

#include "api_table.h"


#define API_TABLE_WAYS 4
#define API_TABLE_HINT __attribute__((always_inline)) static inline

#define API_WINDOW_BITS 24

typedef struct {
    api_slot_t slot[API_TABLE_WAYS];
} api_line_t;

/* The debt that keys without a slot share; no key has this tag. */

#define API_TAG_SHARED UINT64_C(0x10000)
#define API_TAG_FIRST UINT64_C(0x20000)

/*
 * What to do with a slot.  `old` is what is there, or a fresh one with val 0;
 * true: store *next.  The answer is kept in ctx, and may be asked for again
 * when another process was faster.
 */

typedef bool (*api_table_step_t)(void *ctx, api_slot_t old, api_slot_t *next);


API_TABLE_HINT api_line_t *
api_table_lines(const api_table_t *t)
{
    return (api_line_t *) (uintptr_t) (t + 1);
}


API_TABLE_HINT api_line_t *
api_table_line1(const api_table_t *t, uint64_t tag)
{
    return api_table_lines(t) + (uint64_t) ((api_u128_t) tag * t->lines >> 64);
}


API_TABLE_HINT api_line_t *
api_table_line2(const api_table_t *t, uint64_t tag)
{
    tag = (tag ^ tag >> 31) * UINT64_C(0x9e3779b97f4a7c15);

    return api_table_lines(t) + (uint64_t) ((api_u128_t) tag * t->lines >> 64);
}


API_TABLE_HINT uint64_t
api_slot_tag(const api_slot_t *slot)
{
    return __atomic_load_n(&slot->tag, __ATOMIC_ACQUIRE);
}


/* Two loads: what the pair is worth is known when it is compared as a whole,
   or when the tag has not changed since. */

API_TABLE_HINT api_slot_t
api_slot_load(const api_slot_t *slot)
{
    api_slot_t s;

    s.tag = __atomic_load_n(&slot->tag, __ATOMIC_ACQUIRE);
    s.val = __atomic_load_n(&slot->val, __ATOMIC_ACQUIRE);

    return s;
}


/* 80 bits of a counter: the second at which it ends, and 48 bits of count. */

API_TABLE_HINT uint64_t
api_count_end(api_slot_t s)
{
    return s.val >> 32;
}


API_TABLE_HINT uint64_t
api_count_get(api_slot_t s)
{
    return (s.tag & 0xffff) << 32 | (s.val & 0xffffffff);
}


API_TABLE_HINT api_slot_t
api_count_set(api_slot_t s, uint64_t end, uint64_t count)
{
    s.tag = (s.tag & ~UINT64_C(0xffff)) | count >> 32;
    s.val = end << 32 | (count & 0xffffffff);

    return s;
}


/* 0: free; the least is the first to go. */

API_TABLE_HINT uint64_t
api_table_order(const api_table_t *t, api_slot_t s, const api_now_t *now)
{
    if (t->kind == API_TABLE_RATE) {
        return s.val <= now->mono ? 0 : s.val;
    }

    if (t->kind == API_TABLE_WINDOW) {
        return api_count_end(s) <= t->born + now->mono / API_NS
                   ? 0
                   : (api_count_get(s) & API_WINDOW_MAX)
                         + (api_count_get(s) >> API_WINDOW_BITS) + 1;
    }

    return api_count_end(s) <= now->wall ? 0 : api_count_get(s) + 1;
}


API_TABLE_HINT api_slot_t *
api_line_find(const api_table_t *t, api_line_t *line, uint64_t tag)
{
    int i;

    for (i = 0; i < API_TABLE_WAYS; i++) {
        if ((api_slot_tag(&line->slot[i]) & t->mask) == tag) {
            return &line->slot[i];
        }
    }

    return NULL;
}


API_TABLE_HINT api_slot_t *
api_table_find(const api_table_t *t, uint64_t tag)
{
    api_slot_t *slot;

    slot = api_line_find(t, api_table_line1(t, tag), tag);

    return slot ? slot : api_line_find(t, api_table_line2(t, tag), tag);
}


/* The slot to take for a new key: free, or with the least debt. */

typedef struct {
    api_slot_t *slot;
    api_slot_t  seen;
    uint64_t    order;
} api_victim_t;

API_TABLE_HINT void
api_line_victim(const api_table_t *t, api_line_t *line, const api_now_t *now,
    api_victim_t *victim)
{
    int        i;
    uint64_t   order;
    api_slot_t s;

    for (i = 0; i < API_TABLE_WAYS; i++) {
        s = api_slot_load(&line->slot[i]);
        order = api_table_order(t, s, now);

        if (i == 0 || order < victim->order) {
            victim->slot = &line->slot[i];
            victim->seen = s;
            victim->order = order;
        }
    }
}


static inline void
api_table_count_event(uint64_t *event)
{
    __atomic_fetch_add(event, 1, __ATOMIC_RELAXED);
}


/* The step on a slot that is there.  False: it is no longer this key's. */

API_TABLE_HINT bool
api_table_on(api_table_t *t, api_slot_t *slot, uint64_t tag,
    api_table_step_t step, void *ctx)
{
    api_slot_t old, next;

    old = api_slot_load(slot);

    for (;;) {
        if ((old.tag & t->mask) != tag) {
            return false;
        }

        if (!step(ctx, old, &next)) {
            if (api_slot_tag(slot) == old.tag) {
                return true;
            }

            old = api_slot_load(slot);
            continue;
        }

        if (api_cas128(slot, &old, next, t->locks)) {
            return true;
        }

        api_table_count_event(&t->stat.retries);
    }
}


/* Room for a key that has none: api_table.c.  0: try again. */

typedef enum { API_ROOM_AGAIN = 0, API_ROOM_DONE, API_ROOM_FULL } api_room_t;

api_room_t api_table_room(api_table_t *t, uint64_t tag, const api_now_t *now,
    api_full_t full, api_table_step_t step, void *ctx, uint64_t *until);


/* API_LIMIT_PASS when the step was taken (whatever it decided), or
   API_LIMIT_FULL and when room is expected. */

API_TABLE_HINT int
api_table_update(api_table_t *t, uint64_t tag, const api_now_t *now,
    api_full_t full, api_table_step_t step, void *ctx, uint64_t *until)
{
    api_room_t  room;
    api_slot_t *slot;

    for (;;) {
        slot = api_table_find(t, tag);

        if (slot) {
            if (api_table_on(t, slot, tag, step, ctx)) {
                return API_LIMIT_PASS;
            }

            continue;
        }

        room = api_table_room(t, tag, now, full, step, ctx, until);

        if (room != API_ROOM_AGAIN) {
            return room == API_ROOM_DONE ? API_LIMIT_PASS : API_LIMIT_FULL;
        }
    }
}


#endif /* API_TABLE_INT_H */
