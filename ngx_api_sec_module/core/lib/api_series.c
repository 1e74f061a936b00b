#include "api_series.h"


#define API_SERIES_MAGIC 0x73726553

/* States of a slot. */

#define API_SERIES_FREE 0
#define API_SERIES_BUSY 1
#define API_SERIES_READY 2


typedef struct {
    uint32_t state;
    uint32_t len;
    uint64_t count;
    uint8_t  name[API_SERIES_NAME];
} api_series_slot_t;

struct api_series_s {
    uint32_t          magic;
    uint32_t          n;
    uint64_t          other; /* counted under no name */
    api_series_slot_t slot[];
};


size_t
api_series_size(uint32_t n)
{
    return sizeof(api_series_t) + (size_t) n * sizeof(api_series_slot_t);
}


int
api_series_init(void *mem, size_t size)
{
    size_t        n;
    api_series_t *s = mem;

    if (size < api_series_size(1)) {
        return API_LIMIT;
    }

    n = (size - sizeof(api_series_t)) / sizeof(api_series_slot_t);

    if (n > API_SERIES_MAX) {
        n = API_SERIES_MAX;
    }

    memset(mem, 0, api_series_size((uint32_t) n));

    s->n = (uint32_t) n;
    s->magic = API_SERIES_MAGIC;

    return API_OK;
}


api_series_t *
api_series_at(void *mem)
{
    api_series_t *s = mem;

    return s && s->magic == API_SERIES_MAGIC ? s : NULL;
}


/* FNV-1a: names are those of our own checks, nobody chooses them. */

static uint32_t
api_series_hash(api_span_t name)
{
    size_t   i;
    uint32_t h;

    for (h = 2166136261U, i = 0; i < name.len; i++) {
        h = (h ^ name.data[i]) * 16777619U;
    }

    return h;
}


static bool
api_series_is(const api_series_slot_t *slot, api_span_t name)
{
    return api_span_eq(api_span(slot->name, slot->len), name);
}


/* The slot is ours when it was free. */

static bool
api_series_new(api_series_slot_t *slot, api_span_t name)
{
    uint32_t was;

    was = API_SERIES_FREE;

    if (!__atomic_compare_exchange_n(&slot->state, &was, API_SERIES_BUSY,
            false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
    {
        return false;
    }

    memcpy(slot->name, name.data, name.len);
    slot->len = (uint32_t) name.len;

    __atomic_store_n(&slot->state, API_SERIES_READY, __ATOMIC_RELEASE);

    return true;
}


void
api_series_add(api_series_t *s, api_span_t name, uint64_t n)
{
    uint32_t           i, at, state;
    uint64_t          *count;
    api_series_slot_t *slot;

    if (name.len > API_SERIES_NAME) {
        name.len = API_SERIES_NAME;
    }

    count = &s->other;
    at = api_series_hash(name) % s->n;

    for (i = 0; name.len && i < s->n; i++, at = at + 1 == s->n ? 0 : at + 1) {
        slot = &s->slot[at];
        state = __atomic_load_n(&slot->state, __ATOMIC_ACQUIRE);

        if ((state == API_SERIES_READY && api_series_is(slot, name))
            || (state == API_SERIES_FREE && api_series_new(slot, name)))
        {
            count = &slot->count;
            break;
        }
    }

    (void) __atomic_fetch_add(count, n, __ATOMIC_RELAXED);
}


uint32_t
api_series_count(const api_series_t *s)
{
    return s->n + 1;
}


/* Slots that have the name of slot i: the first of them speaks for all. */

static bool
api_series_sum(const api_series_t *s, uint32_t i, uint64_t *n)
{
    uint32_t                 k;
    api_span_t               name;
    const api_series_slot_t *slot;

    name = api_span(s->slot[i].name, s->slot[i].len);

    for (*n = 0, k = 0; k < s->n; k++) {
        slot = &s->slot[k];

        if (__atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) != API_SERIES_READY
            || !api_series_is(slot, name))
        {
            continue;
        }

        if (k < i) {
            return false;
        }

        *n += __atomic_load_n(&slot->count, __ATOMIC_RELAXED);
    }

    return true;
}


bool
api_series_get(
    const api_series_t *s, uint32_t i, api_span_t *name, uint64_t *n)
{
    const api_series_slot_t *slot;

    if (i == s->n) {
        *name = api_span(NULL, 0);
        *n = __atomic_load_n(&s->other, __ATOMIC_RELAXED);
        return *n != 0;
    }

    if (i > s->n) {
        return false;
    }

    slot = &s->slot[i];

    if (__atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) != API_SERIES_READY) {
        return false;
    }

    *name = api_span(slot->name, slot->len);

    return api_series_sum(s, i, n);
}


void
api_series_take(api_series_t *s, const api_series_t *from)
{
    uint32_t   i;
    uint64_t   n;
    api_span_t name;

    if (from->magic != API_SERIES_MAGIC) {
        return;
    }

    for (i = 0; i < api_series_count(from); i++) {
        if (api_series_get(from, i, &name, &n)) {
            api_series_add(s, name, n);
        }
    }
}
