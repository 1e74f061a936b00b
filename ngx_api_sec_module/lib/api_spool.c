#include "api_spool.h"


#define USED_BITS 24
#define USED_MASK (((uint64_t) 1 << USED_BITS) - 1)

const char *const api_spool_causes[API_SPOOL_NCAUSES] = {
    "overflow",
    "degraded",
    "oversize",
    "crash",
    "memory",
};


static inline uint64_t
load(const uint64_t *p)
{
    return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}


static inline void
store(uint64_t *p, uint64_t v)
{
    __atomic_store_n(p, v, __ATOMIC_RELEASE);
}


static inline size_t
used(const api_spool_half_t *h)
{
    return (size_t) (load(&h->filled) & USED_MASK);
}


static inline size_t
pending(const api_spool_half_t *h)
{
    size_t bytes = used(h), done = (size_t) load(&h->done);

    return done < bytes ? bytes - done : 0;
}


static inline char *
bytes_of(api_spool_t *s, uint64_t half)
{
    return (char *) (s + 1) + half * s->size;
}


size_t
api_spool_bytes(size_t half)
{
    return sizeof(api_spool_t) + 2 * half;
}


void
api_spool_init(api_spool_t *s, size_t half)
{
    memset(s, 0, sizeof(*s));
    s->size = half;
}


bool
api_spool_claim(api_spool_t *s, uint64_t from, uint64_t to)
{
    return __atomic_compare_exchange_n(
        &s->owner, &from, to, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}


uint64_t
api_spool_owner(const api_spool_t *s)
{
    return load(&s->owner);
}


uint64_t
api_spool_process(int64_t pid, uint64_t born)
{
    return born << API_SPOOL_PID_BITS
           | ((uint64_t) pid & (((uint64_t) 1 << API_SPOOL_PID_BITS) - 1));
}


int64_t
api_spool_pid(uint64_t owner)
{
    return (int64_t) (owner & (((uint64_t) 1 << API_SPOOL_PID_BITS) - 1));
}


uint64_t
api_spool_born(uint64_t owner)
{
    return owner >> API_SPOOL_PID_BITS;
}


/* In this order, an owner that dies between leaves nothing that was begun and
   nothing to be told. */

void
api_spool_reset(api_spool_t *s)
{
    int i;

    store(&s->begun, 0);

    for (i = 0; i < API_SPOOL_NCAUSES; i++) {
        store(&s->lost[i], 0);
    }

    store(&s->told, 0);

    for (i = 0; i < 2; i++) {
        store(&s->half[i].filled, 0);
        store(&s->half[i].done, 0);
    }

    store(&s->fill, 0);
    s->aside = 0;
}


const api_spool_place_t *
api_spool_place(const api_spool_t *s)
{
    return &s->place[load(&s->turn) & 1];
}


void
api_spool_move(api_spool_t *s, const api_spool_place_t *to)
{
    uint64_t turn = load(&s->turn) + 1;

    s->place[turn & 1] = *to;
    store(&s->turn, turn);
}


/* A place is written anew at the second move behind the one that it is of. */

bool
api_spool_look(const api_spool_t *s, api_spool_place_t *place)
{
    uint64_t turn = load(&s->turn);

    *place = s->place[turn & 1];
    __atomic_thread_fence(__ATOMIC_ACQUIRE);

    return turn == __atomic_load_n(&s->turn, __ATOMIC_RELAXED);
}


void
api_spool_begins(api_spool_t *s, const api_spool_place_t *at)
{
    store(&s->upto, 0);
    store(&s->out, 0);
    api_spool_move(s, at);
}


/* Behind place and before the second look it was of that chain. */

uint64_t
api_spool_out(const api_spool_t *s, const api_spool_place_t *place)
{
    int               i;
    uint64_t          out = load(&s->out);
    api_spool_place_t now;

    for (i = 0; i < 1000; i++) {
        if (api_spool_look(s, &now)) {
            return memcmp(now.chain, place->chain, sizeof(now.chain)) != 0 ? 0
                   : out < place->seq ? out
                                      : place->seq;
        }
    }

    return 0;
}


void
api_spool_release(api_spool_t *s)
{
    store(&s->leaving, 0);
    store(&s->owner, 0);
}


bool
api_spool_untold(const api_spool_t *s)
{
    return api_spool_lost(s) > load(&s->told);
}


/* The other half begins anew, when the sink has all of it.  Who dies between
   leaves an `out` that is less than the sink has. */

static bool
turn(api_spool_t *s)
{
    api_spool_half_t *other = &s->half[s->fill ^ 1];

    if (pending(other)) {
        return false;
    }

    store(&s->out, s->upto);

    /* in this order, an owner that dies between leaves an empty half */

    store(&other->filled, load(&s->half[s->fill].filled) & ~USED_MASK);
    store(&other->done, 0);
    store(&s->fill, s->fill ^ 1);
    store(&s->upto, api_spool_place(s)->seq);

    return true;
}


char *
api_spool_begin(api_spool_t *s, api_spool_kind_t kind, size_t max)
{
    size_t wanted = max;

    if (kind == API_SPOOL_COUNT) {
        store(&s->begun, s->begun + 1);
        wanted += API_SPOOL_EVENT;
    }

    if (used(&s->half[s->fill]) + wanted > s->size && !turn(s)) {
        return NULL;
    }

    return bytes_of(s, s->fill) + used(&s->half[s->fill]);
}


/* Bytes and their count in one store: an owner dies before it or behind. */

void
api_spool_commit(api_spool_t *s, api_spool_kind_t kind, size_t len)
{
    api_spool_half_t *h = &s->half[s->fill];
    uint64_t          one = kind == API_SPOOL_COUNT;

    store(&h->filled, h->filled + (one << USED_BITS) + len);

    s->aside += !one;
}


void
api_spool_lose(api_spool_t *s, api_spool_cause_t cause)
{
    store(&s->lost[cause], s->lost[cause] + 1);
}


uint64_t
api_spool_kept(const api_spool_t *s)
{
    uint64_t a = load(&s->half[0].filled) >> USED_BITS;
    uint64_t b = load(&s->half[1].filled) >> USED_BITS;

    return a > b ? a : b;
}


uint64_t
api_spool_lost(const api_spool_t *s)
{
    int      i;
    uint64_t n = 0;

    for (i = 0; i < API_SPOOL_NCAUSES; i++) {
        n += load(&s->lost[i]);
    }

    return n;
}


void
api_spool_bury(api_spool_t *s)
{
    uint64_t known = api_spool_kept(s) + api_spool_lost(s);

    if (s->begun > known) {
        store(&s->lost[API_SPOOL_CRASH],
            s->lost[API_SPOOL_CRASH] + s->begun - known);
    }
}


size_t
api_spool_pending(const api_spool_t *s)
{
    return pending(&s->half[0]) + pending(&s->half[1]);
}


bool
api_spool_pressed(const api_spool_t *s)
{
    return api_spool_pending(s) > s->size;
}


bool
api_spool_next(api_spool_t *s, api_span_t *bytes)
{
    size_t            done;
    uint64_t          i = s->fill ^ 1;
    api_spool_half_t *h = &s->half[i];

    if (pending(h) == 0) {
        if (pending(&s->half[s->fill]) == 0) {
            return false;
        }

        (void) turn(s);
        i = s->fill ^ 1;
        h = &s->half[i];
    }

    done = (size_t) load(&h->done);
    *bytes = api_span(bytes_of(s, i) + done, used(h) - done);

    return true;
}


void
api_spool_wrote(api_spool_t *s, size_t n)
{
    api_spool_half_t *h = &s->half[s->fill ^ 1];

    store(&h->done, h->done + n);

    if (pending(h) == 0) {
        store(&s->out, s->upto);
    }
}
