#include "api_behave.h"


#define API_BEHAVE_MAGIC 0x31766862
#define API_BEHAVE_WAYS 8
#define API_BEHAVE_MOST 0xf000

typedef struct {
    uint64_t  subject;
    uint32_t  window; /* number of the current one */
    uint32_t  marked; /* Unix time */
    uint32_t  seen;   /* Unix time */
    uint16_t  acts, bad;
    uint16_t  last_acts, last_bad; /* of the window before */
    uint16_t  last_things;
    uint16_t  spare;
    api_hll_t things;
} api_behave_slot_t;

struct api_behave_s {
    uint32_t          magic;
    uint32_t          sets; /* of API_BEHAVE_WAYS each */
    uint64_t          evicted;
    api_behave_slot_t slot[];
};


size_t
api_behave_size(uint32_t subjects)
{
    return sizeof(api_behave_t)
           + ((size_t) subjects + API_BEHAVE_WAYS - 1) / API_BEHAVE_WAYS
                 * API_BEHAVE_WAYS * sizeof(api_behave_slot_t);
}


int
api_behave_init(void *mem, size_t size)
{
    size_t        sets;
    api_behave_t *t = mem;

    if (size < api_behave_size(API_BEHAVE_WAYS)) {
        return API_LIMIT;
    }

    sets = (size - sizeof(api_behave_t))
           / (API_BEHAVE_WAYS * sizeof(api_behave_slot_t));

    if (sets > 1 << 24) {
        sets = 1 << 24;
    }

    memset(mem, 0, api_behave_size((uint32_t) sets * API_BEHAVE_WAYS));

    t->sets = (uint32_t) sets;
    __atomic_store_n(&t->magic, API_BEHAVE_MAGIC, __ATOMIC_RELEASE);

    return API_OK;
}


api_behave_t *
api_behave_at(void *mem)
{
    api_behave_t *t = mem;

    return t && t->magic == API_BEHAVE_MAGIC && t->sets ? t : NULL;
}


static api_behave_slot_t *
api_behave_set(const api_behave_t *t, uint64_t subject)
{
    return (api_behave_slot_t *) (uintptr_t) &t
        ->slot[(subject >> 8) % t->sets * API_BEHAVE_WAYS];
}


static api_behave_slot_t *
api_behave_find(const api_behave_t *t, uint64_t subject)
{
    unsigned           i;
    api_behave_slot_t *s;

    s = api_behave_set(t, subject);

    for (i = 0; i < API_BEHAVE_WAYS; i++) {
        if (__atomic_load_n(&s[i].subject, __ATOMIC_ACQUIRE) == subject) {
            return &s[i];
        }
    }

    return NULL;
}


/* Those that are marked stay as long as others can go. */

static uint64_t
api_behave_age(const api_behave_slot_t *s, int64_t now)
{
    if (s->subject == 0) {
        return UINT64_MAX;
    }

    return (uint64_t) (now > (int64_t) s->seen ? now - (int64_t) s->seen : 0)
           + ((int64_t) s->marked > now ? 0 : UINT64_C(1) << 32);
}


static api_behave_slot_t *
api_behave_take(api_behave_t *t, uint64_t subject, int64_t now)
{
    unsigned           i;
    uint64_t           was;
    api_behave_slot_t *s, *old;

    s = api_behave_set(t, subject);

    for (old = s, i = 1; i < API_BEHAVE_WAYS; i++) {
        if (api_behave_age(&s[i], now) > api_behave_age(old, now)) {
            old = &s[i];
        }
    }

    was = old->subject;

    if (!__atomic_compare_exchange_n(&old->subject, &was, subject, false,
            __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
    {
        return was == subject ? old : NULL; /* somebody was faster */
    }

    if (was) {
        (void) __atomic_fetch_add(&t->evicted, 1, __ATOMIC_RELAXED);
    }

    memset((uint8_t *) old + sizeof(old->subject), 0,
        sizeof(api_behave_slot_t) - sizeof(old->subject));

    return old;
}


/* The window that is over becomes the one before. */

static void
api_behave_turn(api_behave_slot_t *s, uint32_t window)
{
    bool     next;
    uint32_t was;

    was = __atomic_load_n(&s->window, __ATOMIC_ACQUIRE);

    if (was == window
        || !__atomic_compare_exchange_n(&s->window, &was, window, false,
            __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
    {
        return;
    }

    next = was + 1 == window;

    s->last_acts = next ? s->acts : 0;
    s->last_bad = next ? s->bad : 0;
    s->last_things = next ? (uint16_t) api_hll_count(&s->things) : 0;
    s->acts = 0;
    s->bad = 0;
    memset(&s->things, 0, sizeof(s->things));
}


/* Stops short of the end: many may be between the look and the addition, and
   none of them may begin anew at 0. */

static void
api_behave_count(uint16_t *n)
{
    if (__atomic_load_n(n, __ATOMIC_RELAXED) < API_BEHAVE_MOST) {
        (void) __atomic_fetch_add(n, 1, __ATOMIC_RELAXED);
    }
}


void
api_behave_note(
    api_behave_t *t, const api_behave_act_t *act, api_behave_state_t *state)
{
    uint32_t           things;
    api_behave_slot_t *s;

    memset(state, 0, sizeof(api_behave_state_t));

    s = api_behave_find(t, act->subject);
    s = s ? s : api_behave_take(t, act->subject, act->now);

    if (s == NULL) {
        return;
    }

    api_behave_turn(
        s, (uint32_t) (act->now / (act->window ? act->window : 1)));

    s->seen = (uint32_t) act->now;
    api_behave_count(&s->acts);

    if (act->bad) {
        api_behave_count(&s->bad);
    }

    if (act->thing) {
        api_hll_add(&s->things, act->thing);
    }

    things = api_hll_count(&s->things);

    state->acts = (uint32_t) s->acts + s->last_acts;
    state->bad = (uint32_t) s->bad + s->last_bad;
    state->things = things > s->last_things ? things : s->last_things;
    state->marked = (int64_t) s->marked > act->now ? (int64_t) s->marked : 0;
}


int64_t
api_behave_marked(const api_behave_t *t, uint64_t subject, int64_t now)
{
    const api_behave_slot_t *s;

    s = api_behave_find(t, subject);

    return s && (int64_t) s->marked > now ? (int64_t) s->marked : 0;
}


bool
api_behave_mark(api_behave_t *t, uint64_t subject, int64_t now, int64_t until)
{
    uint32_t           was;
    api_behave_slot_t *s;

    s = api_behave_find(t, subject);
    s = s ? s : api_behave_take(t, subject, now);

    if (s == NULL) {
        return false;
    }

    s->seen = (uint32_t) now;
    was = __atomic_load_n(&s->marked, __ATOMIC_RELAXED);

    return (int64_t) was <= now
           && __atomic_compare_exchange_n(&s->marked, &was, (uint32_t) until,
               false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}


uint32_t
api_behave_room(const api_behave_t *t)
{
    return t->sets * API_BEHAVE_WAYS;
}


uint64_t
api_behave_evicted(const api_behave_t *t)
{
    return __atomic_load_n(&t->evicted, __ATOMIC_RELAXED);
}
