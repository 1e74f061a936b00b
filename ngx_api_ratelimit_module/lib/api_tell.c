#include "api_tell.h"


/* Looks at an owner who is inside: he leaves after some tens of instructions,
   unless he has lost the processor. */

#define API_TELL_PATIENCE 1000

#define API_TELL_UNTIL ((UINT64_C(1) << 48) - 1)


size_t
api_tell_size(uint32_t lanes)
{
    return sizeof(api_tell_t) + lanes * sizeof(api_tell_lane_t);
}


api_tell_t *
api_tell_make(void *mem, uint32_t lanes)
{
    api_tell_t *t = mem;

    if (lanes == 0 || lanes > API_TELL_LANES_MAX) {
        return NULL;
    }

    t->abi = API_TELL_ABI;
    t->lanes = lanes;

    __atomic_store_n(&t->magic, API_TELL_MAGIC, __ATOMIC_SEQ_CST);

    return t;
}


bool
api_tell_is(const void *mem, size_t size)
{
    const api_tell_t *t = mem;

    return size >= sizeof(api_tell_t) && t->magic == API_TELL_MAGIC
           && t->abi == API_TELL_ABI && t->lanes > 0
           && t->lanes <= API_TELL_LANES_MAX
           && size >= api_tell_size(t->lanes);
}


static bool
api_tell_cas(uint64_t *word, uint64_t old, uint64_t next)
{
    return __atomic_compare_exchange_n(
        word, &old, next, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}


/* Lanes of the dead become free; the first of them is ours. */

int
api_tell_join(api_tell_t *t, const api_tell_who_t *who)
{
    int              lane;
    uint32_t         i;
    uint64_t         owner;
    api_tell_lane_t *l;

    lane = -1;

    for (i = 0; i < t->lanes; i++) {
        l = &t->lane[i];
        owner = __atomic_load_n(&l->owner, __ATOMIC_SEQ_CST);

        if (owner == 0 || who->alive(who->ctx, owner)
            || !api_tell_cas(&l->owner, owner, who->name))
        {
            continue;
        }

        __atomic_store_n(&l->busy, 0, __ATOMIC_SEQ_CST);

        if (lane < 0) {
            lane = (int) i;
        } else {
            __atomic_store_n(&l->owner, 0, __ATOMIC_SEQ_CST);
        }
    }

    for (i = 0; i < t->lanes && lane < 0; i++) {
        if (api_tell_cas(&t->lane[i].owner, 0, who->name)) {
            lane = (int) i;
        }
    }

    return lane;
}


void
api_tell_leave(api_tell_t *t, int lane)
{
    __atomic_store_n(&t->lane[lane].busy, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&t->lane[lane].owner, 0, __ATOMIC_SEQ_CST);
}


/* Keys are keyed hashes already. */

static inline uint32_t
api_tell_bucket(uint64_t policy, uint64_t key)
{
    return (uint32_t) ((key + policy) & (API_TELL_ROOM - 1));
}


/*
 * The newest entry of a bucket, + 1, or 0.  A bag is emptied by n = 0 alone:
 * what its heads say holds for entries below n, of that bucket.
 */

static inline uint32_t
api_tell_first(const api_tell_bag_t *bag, uint32_t bucket)
{
    uint32_t                 i;
    const api_merge_entry_t *e;

    i = bag->heads[bucket];

    if (i == 0 || i > bag->n) {
        return 0;
    }

    e = &bag->entries[i - 1];

    return api_tell_bucket(e->policy, e->key) == bucket ? i : 0;
}


api_merge_entry_t *
api_tell_open(api_tell_t *t, int lane, uint64_t policy, uint64_t key,
    api_tell_note_t *note)
{
    uint32_t           i, first;
    api_tell_bag_t    *bag;
    api_tell_lane_t   *l;
    api_merge_entry_t *e;

    l = &t->lane[lane];

    /* first inside, then which bag: who empties looks the other way round */

    __atomic_store_n(&l->busy, 1, __ATOMIC_SEQ_CST);
    bag = &l->bags[__atomic_load_n(&l->active, __ATOMIC_SEQ_CST) & 1];

    note->lane = l;
    note->bag = bag;
    note->bucket = api_tell_bucket(policy, key);
    note->made = false;

    first = api_tell_first(bag, note->bucket);

    for (i = first; i > 0; i = e->next) {
        e = &bag->entries[i - 1];

        if (e->key == key && e->policy == policy) {
            return e;
        }
    }

    if (bag->n == API_TELL_ROOM) {
        return NULL;
    }

    e = &bag->entries[bag->n];
    memset(e, 0, sizeof(*e));

    e->m = API_MERGE_NONE;
    e->key = key;
    e->policy = policy;
    e->next = first;
    note->made = true;

    return e;
}


void
api_tell_close(const api_tell_note_t *note)
{
    api_tell_bag_t *bag;

    bag = note->bag;

    if (note->made) {
        bag->heads[note->bucket] = (uint16_t) (bag->n + 1);
        __atomic_store_n(&bag->n, bag->n + 1, __ATOMIC_RELEASE);
    }

    __atomic_store_n(&note->lane->busy, 0, __ATOMIC_RELEASE);
}


static uint32_t
api_tell_count(const api_tell_lane_t *l)
{
    return __atomic_load_n(&l->bags[0].n, __ATOMIC_RELAXED)
           + __atomic_load_n(&l->bags[1].n, __ATOMIC_RELAXED);
}


uint32_t
api_tell_waiting(const api_tell_t *t, int lane)
{
    return api_tell_count(&t->lane[lane]);
}


uint64_t
api_tell_waiting_all(const api_tell_t *t)
{
    uint32_t i;
    uint64_t n;

    for (i = 0, n = 0; i < t->lanes; i++) {
        n += api_tell_count(&t->lane[i]);
    }

    return n;
}


static inline uint64_t
api_tell_word(int lane, uint64_t until)
{
    return ((uint64_t) lane + 1) << 48 | (until & API_TELL_UNTIL);
}


/* May this lane take the word? */

static bool
api_tell_turn_look(
    uint64_t turn, int lane, uint64_t now, uint64_t grace, uint64_t *wait)
{
    uint64_t until;

    until = turn & API_TELL_UNTIL;
    *wait = 0;

    /* further ahead than anybody says: from another boot, or no word */

    if (turn == 0 || turn >> 48 == (uint64_t) lane + 1
        || until > now + API_TELL_PERIOD_MAX)
    {
        return true;
    }

    if (now >= until + grace) {
        return true;
    }

    *wait = until + grace - now;

    return false;
}


bool
api_tell_turn_free(const api_tell_t *t, int lane, uint64_t now, uint64_t grace,
    uint64_t *wait)
{
    return api_tell_turn_look(
        __atomic_load_n(&t->turn, __ATOMIC_SEQ_CST), lane, now, grace, wait);
}


bool
api_tell_turn(api_tell_t *t, int lane, uint64_t now, uint64_t period,
    uint64_t grace, uint64_t *wait)
{
    uint64_t turn;

    turn = __atomic_load_n(&t->turn, __ATOMIC_SEQ_CST);

    if (!api_tell_turn_look(turn, lane, now, grace, wait)) {
        return false;
    }

    if (api_tell_cas(&t->turn, turn, api_tell_word(lane, now + period))) {
        return true;
    }

    *wait = period + grace; /* somebody else was quicker */

    return false;
}


void
api_tell_turn_take(api_tell_t *t, int lane, uint64_t now, uint64_t period)
{
    __atomic_store_n(
        &t->turn, api_tell_word(lane, now + period), __ATOMIC_SEQ_CST);
}


/*
 * The bag of a lane that its owner does not touch, or NULL.  When the places
 * have been changed and he is seen outside, he will find the other when he
 * comes again.
 */

static api_tell_bag_t *
api_tell_settled(api_tell_lane_t *l)
{
    uint32_t active, i;

    active = __atomic_load_n(&l->active, __ATOMIC_SEQ_CST) & 1;

    if (__atomic_load_n(&l->bags[active ^ 1].n, __ATOMIC_ACQUIRE) == 0) {
        if (__atomic_load_n(&l->bags[active].n, __ATOMIC_RELAXED) == 0) {
            return NULL;
        }

        active ^= 1;
        __atomic_store_n(&l->active, active, __ATOMIC_SEQ_CST);
    }

    for (i = 0; i < API_TELL_PATIENCE; i++) {
        if (__atomic_load_n(&l->busy, __ATOMIC_SEQ_CST) == 0) {
            return &l->bags[active ^ 1];
        }
    }

    return NULL;
}


static uint32_t
api_tell_empty(api_tell_lane_t *l, api_merge_table_t *to)
{
    bool                     made;
    uint32_t                 i, n;
    api_tell_bag_t          *bag;
    api_merge_entry_t       *dst;
    const api_merge_entry_t *e;

    bag = api_tell_settled(l);

    if (bag == NULL || to->room - to->n < bag->n) {
        return 0;
    }

    n = bag->n;

    for (i = 0; i < n; i++) {
        e = &bag->entries[i];
        dst = api_merge_entry(to, e->policy, e->key, &made);

        if (dst == NULL) {
            break; /* there was room for all */
        }

        if (made) {
            dst->cap = e->cap;
            dst->limit = e->limit;
            memcpy(dst->name, e->name, API_MERGE_NAME);
        }

        api_merge_beside(&dst->m, &e->m);
    }

    /* a drainer that is killed before this has told nobody */

    __atomic_store_n(&bag->n, 0, __ATOMIC_RELEASE);

    return n;
}


uint32_t
api_tell_drain(
    api_tell_t *t, const api_tell_who_t *who, int lane, api_merge_table_t *to)
{
    uint32_t i, n;
    uint64_t drainer;

    drainer = __atomic_load_n(&t->drainer, __ATOMIC_SEQ_CST);

    if ((drainer && drainer != who->name && who->alive(who->ctx, drainer))
        || !api_tell_cas(&t->drainer, drainer, who->name))
    {
        return 0;
    }

    if (lane >= 0) {
        n = api_tell_empty(&t->lane[lane], to);

    } else {
        /* each is the first in turn: there may be no room for the last */

        t->first = (t->first + 1) % t->lanes;

        for (i = 0, n = 0; i < t->lanes; i++) {
            n += api_tell_empty(&t->lane[(t->first + i) % t->lanes], to);
        }
    }

    __atomic_store_n(&t->drainer, 0, __ATOMIC_SEQ_CST);

    return n;
}
