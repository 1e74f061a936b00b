#include "api_ban_int.h"


api_ban_t *
api_ban_init(void *mem, size_t size, api_sipkey_t seed)
{
    size_t     strikes;
    api_ban_t *t;

    if (size < API_BAN_SIZE_MIN) {
        return NULL;
    }

    t = mem;
    strikes = (size - API_BAN_HEAD) / API_BAN_STRIKES_PART;

    t->size = size;
    t->seed = seed;
    t->nstrikes = strikes / (sizeof(api_strike_t) * API_STRIKE_WAYS);
    t->nsets = (size - API_BAN_HEAD - strikes) / sizeof(api_ban_set_t);
    t->layout = API_BAN_LAYOUT;
    t->magic = API_BAN_MAGIC;

    return t;
}


api_ban_t *
api_ban_open(void *mem, size_t size)
{
    api_ban_t *t;

    t = mem;

    return size >= API_BAN_SIZE_MIN && t->magic == API_BAN_MAGIC
                   && t->layout == API_BAN_LAYOUT && t->size == size
               ? t
               : NULL;
}


api_sipkey_t
api_ban_seed(const api_ban_t *t)
{
    return t->seed;
}


void
api_ban_reseed(api_ban_t *t, api_sipkey_t seed)
{
    t->seed = seed;
}


uint64_t
api_ban_key(const api_ban_t *t, uint64_t space, api_span_t key)
{
    uint64_t     h;
    api_sipkey_t seed;

    seed = t->seed;
    seed.k0 ^= space * UINT64_C(0x9e3779b97f4a7c15);

    h = api_siphash24(seed, key);

    return h ? h : 1;
}


api_ban_place_t *
api_ban_lookup(const api_ban_t *t, uint64_t key, _Atomic uint64_t **where)
{
    unsigned       i, n;
    uint64_t       at[2];
    api_ban_set_t *set;

    api_ban_choices(key, t->nsets, at);

    for (n = 0; n < 2; n++) {
        set = &api_ban_sets(t)[at[n]];

        for (i = 0; i < API_BAN_WAYS; i++) {
            if (atomic_load_explicit(&set->key[i], memory_order_acquire)
                == key) {
                *where = &set->key[i];
                return &set->place[i];
            }
        }
    }

    return NULL;
}


uint64_t
api_ban_find(api_ban_t *t, uint64_t key, uint64_t now)
{
    uint64_t          until;
    api_ban_place_t  *p;
    _Atomic uint64_t *where;

    if (atomic_load_explicit(&t->places, memory_order_relaxed) == 0) {
        return 0;
    }

    p = api_ban_lookup(t, key, &where);
    if (p == NULL) {
        return 0;
    }

    until = atomic_load_explicit(&p->until, memory_order_acquire);

    if (until <= now
        || atomic_load_explicit(where, memory_order_acquire) != key) {
        return 0;
    }

    atomic_fetch_add_explicit(&p->hits, 1, memory_order_relaxed);

    return until - now;
}


static void
api_ban_clear(api_ban_t *t, api_ban_place_t *p, _Atomic uint64_t *where)
{
    atomic_store_explicit(where, 0, memory_order_release);
    atomic_store_explicit(&p->until, 0, memory_order_release);
    atomic_store_explicit(&p->forget, 0, memory_order_release);
    atomic_fetch_sub_explicit(&t->places, 1, memory_order_relaxed);
}


api_ban_place_t *
api_ban_take(
    api_ban_t *t, uint64_t key, uint64_t now, _Atomic uint64_t **where)
{
    unsigned          i, n;
    uint64_t          at[2], forget, best;
    api_ban_set_t    *set;
    api_ban_place_t  *p, *found;
    _Atomic uint64_t *k;

    api_ban_choices(key, t->nsets, at);
    found = NULL;
    best = UINT64_MAX;

    for (n = 0; n < 2; n++) {
        set = &api_ban_sets(t)[at[n]];

        for (i = 0; i < API_BAN_WAYS; i++) {
            p = &set->place[i];
            k = &set->key[i];
            forget = atomic_load(k) == 0 ? 0 : atomic_load(&p->forget);

            if (forget < best
                && (forget == 0 || atomic_load(&p->until) <= now)) {
                best = forget;
                found = p;
                *where = k;
            }
        }
    }

    if (found && atomic_load(*where) != 0) {
        api_ban_clear(t, found, *where);
    }

    return found;
}


void
api_ban_write(api_ban_t *t, api_ban_place_t *p, _Atomic uint64_t *where,
    const api_ban_entry_t *e)
{
    p->space = e->space;
    p->since = e->since;
    p->cause = e->cause;
    p->level = e->level;
    p->text_len = e->text_len;
    memcpy(p->text, e->text, e->text_len);

    atomic_store_explicit(&p->hits, e->hits, memory_order_relaxed);
    atomic_store_explicit(&p->forget, e->forget, memory_order_release);
    atomic_store_explicit(&p->until, e->until, memory_order_release);

    if (atomic_load(where) == 0) {
        atomic_fetch_add_explicit(&t->places, 1, memory_order_relaxed);
        atomic_store_explicit(where, e->key, memory_order_release);
    }

    atomic_fetch_add_explicit(&t->changes, 1, memory_order_relaxed);
}


void
api_ban_read(const api_ban_place_t *p, uint64_t key, api_ban_entry_t *e)
{
    memset(e, 0, sizeof(*e));

    e->key = key;
    e->space = p->space;
    e->since = p->since;
    e->until = atomic_load_explicit(&p->until, memory_order_acquire);
    e->forget = atomic_load_explicit(&p->forget, memory_order_acquire);
    e->cause = p->cause;
    e->hits = atomic_load_explicit(&p->hits, memory_order_relaxed);
    e->level = p->level;
    e->text_len = p->text_len <= API_BAN_TEXT ? p->text_len : API_BAN_TEXT;
    memcpy(e->text, p->text, e->text_len);
}


static bool
api_ban_sound(const api_ban_entry_t *e, uint64_t now)
{
    return e->key != 0 && e->text_len <= API_BAN_TEXT
           && e->level <= API_BAN_LEVEL_MAX && e->since <= now
           && e->since <= e->until && e->until <= e->forget
           && (e->forget <= now || e->forget - now <= 2 * API_BAN_TIME_MAX);
}


int
api_ban_put(api_ban_t *t, const api_ban_entry_t *e, uint64_t now)
{
    api_ban_entry_t   old;
    api_ban_place_t  *p;
    _Atomic uint64_t *where;

    if (!api_ban_sound(e, now)) {
        return API_INVALID;
    }

    if (e->forget <= now) {
        return API_OK;
    }

    p = api_ban_lookup(t, e->key, &where);

    if (p == NULL) {
        p = api_ban_take(t, e->key, now, &where);

        if (p == NULL) {
            atomic_fetch_add(&t->bans_lost, 1);
            return API_LIMIT;
        }

        api_ban_write(t, p, where, e);
        return API_OK;
    }

    api_ban_read(p, e->key, &old);

    if (e->until <= old.until && e->forget <= old.forget
        && e->level <= old.level) {
        return API_OK;
    }

    if (e->until > old.until) {
        old.until = e->until;
        old.since = e->since;
        old.cause = e->cause;
    }

    old.forget = e->forget > old.forget ? e->forget : old.forget;
    old.level = e->level > old.level ? e->level : old.level;

    api_ban_write(t, p, where, &old);

    return API_OK;
}


bool
api_ban_lift(api_ban_t *t, uint64_t key)
{
    api_ban_place_t  *p;
    _Atomic uint64_t *where;

    p = api_ban_lookup(t, key, &where);
    if (p == NULL) {
        return false;
    }

    api_ban_clear(t, p, where);
    atomic_fetch_add_explicit(&t->changes, 1, memory_order_relaxed);

    return true;
}


bool
api_ban_next(const api_ban_t *t, uint64_t now, size_t *at, api_ban_entry_t *e)
{
    uint64_t             key;
    const api_ban_set_t *set;

    for (; *at < t->nsets * API_BAN_WAYS; (*at)++) {
        set = &api_ban_sets(t)[*at / API_BAN_WAYS];
        key = atomic_load_explicit(
            &set->key[*at % API_BAN_WAYS], memory_order_acquire);

        if (key == 0) {
            continue;
        }

        api_ban_read(&set->place[*at % API_BAN_WAYS], key, e);

        if (e->forget > now) {
            (*at)++;
            return true;
        }
    }

    return false;
}


void
api_ban_migrate(api_ban_t *t, const api_ban_t *from, uint64_t now)
{
    size_t          at;
    api_ban_entry_t e;

    t->seed = from->seed;
    at = 0;

    while (api_ban_next(from, now, &at, &e)) {
        (void) api_ban_put(t, &e, now);
    }
}


uint64_t
api_ban_changes(const api_ban_t *t)
{
    return atomic_load_explicit(&t->changes, memory_order_acquire);
}


void
api_ban_stat(const api_ban_t *t, uint64_t now, api_ban_stat_t *stat)
{
    size_t          at;
    api_ban_entry_t e;

    memset(stat, 0, sizeof(*stat));

    stat->bans_room = t->nsets * API_BAN_WAYS;
    stat->strikes_room = t->nstrikes * API_STRIKE_WAYS;
    stat->banned = atomic_load(&t->banned);
    stat->strikes = atomic_load(&t->strikes);
    stat->bans_lost = atomic_load(&t->bans_lost);
    stat->strikes_dropped = atomic_load(&t->strikes_dropped);
    stat->changes = atomic_load(&t->changes);

    at = 0;

    while (api_ban_next(t, now, &at, &e)) {
        stat->remembered++;
        stat->bans += e.until > now;
    }
}
