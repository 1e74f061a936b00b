#include "api_spend.h"


#define API_SPEND_WAYS 4

/* The time at which all is there again, in fractions of the unit, so that a
   count of many per unit is exact enough. */

#define API_SPEND_SHIFT 16

typedef struct {
    uint64_t who;
    uint64_t until;
} api_spend_entry_t;

struct api_spend_s {
    const api_alloc_t *alloc;
    size_t             mask; /* of groups */
    api_spend_entry_t  entries[];
};


api_spend_t *
api_spend_create(const api_alloc_t *alloc, size_t nentries)
{
    size_t       groups, size;
    api_spend_t *s;

    for (groups = 1; groups * API_SPEND_WAYS < nentries; groups *= 2) {
    }

    size = sizeof(api_spend_t)
           + groups * API_SPEND_WAYS * sizeof(api_spend_entry_t);

    s = alloc->alloc(alloc->ctx, size);
    if (s == NULL) {
        return NULL;
    }

    memset(s, 0, size);
    s->alloc = alloc;
    s->mask = groups - 1;

    return s;
}


void
api_spend_free(api_spend_t *s)
{
    if (s && s->alloc->free) {
        s->alloc->free(s->alloc->ctx, s);
    }
}


/* That spender's entry, or the one whose loss favours nobody most. */

static api_spend_entry_t *
api_spend_entry(api_spend_t *s, uint64_t who)
{
    int                i;
    api_spend_entry_t *e, *least;

    e = &s->entries[(who & s->mask) * API_SPEND_WAYS];
    least = e;

    for (i = 0; i < API_SPEND_WAYS; i++) {
        if (e[i].who == who) {
            return &e[i];
        }

        if (e[i].until < least->until) {
            least = &e[i];
        }
    }

    return least;
}


bool
api_spend_take(api_spend_t *s, uint64_t who, uint64_t count, uint64_t period,
    uint64_t now)
{
    uint64_t           one, until;
    api_spend_entry_t *e;

    now <<= API_SPEND_SHIFT;
    period <<= API_SPEND_SHIFT;
    one = period / count;

    e = api_spend_entry(s, who);
    until = e->who == who && e->until > now ? e->until : now;

    if (until + one > now + period) {
        return false;
    }

    e->who = who;
    e->until = until + one;

    return true;
}


void
api_spend_give(api_spend_t *s, uint64_t who, uint64_t count, uint64_t period,
    uint64_t now)
{
    uint64_t           one;
    api_spend_entry_t *e;

    one = (period << API_SPEND_SHIFT) / count;
    e = api_spend_entry(s, who);

    if (e->who == who && e->until >= (now << API_SPEND_SHIFT)) {
        e->until -= one < e->until ? one : e->until;
    }
}
