#include "api_merge.h"


#define API_MERGE_NIL UINT32_MAX


static inline int64_t
api_merge_clamp(int64_t v)
{
    return v > API_MERGE_MAX    ? API_MERGE_MAX
           : v < -API_MERGE_MAX ? -API_MERGE_MAX
                                : v;
}


/* Both within API_MERGE_MAX, so that the sum does not overflow. */

static inline int64_t
api_merge_sum(int64_t a, int64_t b)
{
    return api_merge_clamp(api_merge_clamp(a) + api_merge_clamp(b));
}


void
api_merge_admit(api_merge_t *m, int64_t now, int64_t cost)
{
    m->n = api_merge_sum(m->n, cost);
    m->d = api_merge_sum(m->d > now ? m->d : now, cost);
}


void
api_merge_refund(api_merge_t *m, int64_t cost)
{
    m->n = api_merge_sum(m->n, -cost);

    if (m->d != INT64_MIN) {
        m->d = api_merge_sum(m->d, -cost);
    }
}


void
api_merge_then(api_merge_t *m, const api_merge_t *next)
{
    int64_t d;

    d = m->d == INT64_MIN ? INT64_MIN : api_merge_sum(m->d, next->n);

    m->n = api_merge_sum(m->n, next->n);
    m->d = d > next->d ? d : next->d;
}


/* In the order in which they reach least far: that is not below the order in
   which it was, for whoever came later in it is in both. */

void
api_merge_beside(api_merge_t *m, const api_merge_t *other)
{
    api_merge_t first, last;

    first = *m;
    api_merge_then(&first, other);

    last = *other;
    api_merge_then(&last, m);

    *m = first.d < last.d ? first : last;
}


int64_t
api_merge_apply(const api_merge_t *m, int64_t tat)
{
    tat = api_merge_sum(tat, m->n);

    return tat > m->d ? tat : m->d;
}


int64_t
api_merge_adopt(int64_t tat, const api_merge_t *m, int64_t now, int64_t ahead)
{
    int64_t v;

    v = api_merge_sum(now, ahead);

    if (m) {
        v = api_merge_apply(m, v);
    }

    return v > tat ? v : tat;
}


int
api_merge_table_init(
    api_merge_table_t *t, uint32_t room, const api_alloc_t *alloc)
{
    uint32_t i;

    memset(t, 0, sizeof(*t));

    if (room < 16 || room > 1 << 20 || (room & (room - 1)) != 0) {
        return API_INVALID;
    }

    t->entries = alloc->alloc(alloc->ctx, room * sizeof(*t->entries));
    if (t->entries == NULL) {
        return API_NOMEM;
    }

    t->heads = alloc->alloc(alloc->ctx, room * sizeof(*t->heads));
    if (t->heads == NULL) {
        if (alloc->free) {
            alloc->free(alloc->ctx, t->entries);
        }

        return API_NOMEM;
    }

    for (i = 0; i < room; i++) {
        t->heads[i] = API_MERGE_NIL;
        t->entries[i].next = i + 1 < room ? i + 1 : API_MERGE_NIL;
    }

    t->mask = room - 1;
    t->room = room;
    t->oldest = API_MERGE_NIL;
    t->newest = API_MERGE_NIL;

    return API_OK;
}


/* Keys are keyed hashes already. */

static inline uint32_t *
api_merge_head(const api_merge_table_t *t, uint64_t policy, uint64_t key)
{
    return &t->heads[(key + policy * UINT64_C(0x9e3779b1)) & t->mask];
}


api_merge_entry_t *
api_merge_find(const api_merge_table_t *t, uint64_t policy, uint64_t key)
{
    uint32_t           i;
    api_merge_entry_t *e;

    for (i = *api_merge_head(t, policy, key); i != API_MERGE_NIL; i = e->next)
    {
        e = &t->entries[i];

        if (e->key == key && e->policy == policy) {
            return e;
        }
    }

    return NULL;
}


api_merge_entry_t *
api_merge_entry(
    api_merge_table_t *t, uint64_t policy, uint64_t key, bool *made)
{
    uint32_t           i, *head;
    api_merge_entry_t *e;

    e = api_merge_find(t, policy, key);
    *made = e == NULL;

    if (e) {
        return e;
    }

    i = t->free;

    if (i == API_MERGE_NIL) {
        t->dropped++;
        return NULL;
    }

    e = &t->entries[i];
    t->free = e->next;
    t->n++;

    memset(e, 0, sizeof(*e));
    e->m = API_MERGE_NONE;
    e->key = key;
    e->policy = policy;

    head = api_merge_head(t, policy, key);
    e->next = *head;
    *head = i;

    e->older = t->newest;
    e->newer = API_MERGE_NIL;

    if (t->newest != API_MERGE_NIL) {
        t->entries[t->newest].newer = i;
    } else {
        t->oldest = i;
    }

    t->newest = i;

    return e;
}


static void
api_merge_remove(api_merge_table_t *t, uint32_t i)
{
    uint32_t          *link;
    api_merge_entry_t *e;

    e = &t->entries[i];

    for (link = api_merge_head(t, e->policy, e->key); *link != i;
         link = &t->entries[*link].next)
    {
        /* void */
    }

    *link = e->next;

    if (e->older != API_MERGE_NIL) {
        t->entries[e->older].newer = e->newer;
    } else {
        t->oldest = e->newer;
    }

    if (e->newer != API_MERGE_NIL) {
        t->entries[e->newer].older = e->older;
    } else {
        t->newest = e->older;
    }

    e->next = t->free;
    t->free = i;
    t->n--;
}


uint32_t
api_merge_take(api_merge_table_t *t, api_merge_entry_t *out, uint32_t max)
{
    uint32_t i, n, next;
    uint64_t policy;

    i = t->oldest;

    if (i == API_MERGE_NIL) {
        return 0;
    }

    policy = t->entries[i].policy;

    for (n = 0; n < max && i != API_MERGE_NIL; i = next) {
        next = t->entries[i].newer;

        if (t->entries[i].policy == policy) {
            out[n++] = t->entries[i];
            api_merge_remove(t, i);
        }
    }

    return n;
}


void
api_merge_back(api_merge_table_t *t, const api_merge_entry_t *e, uint32_t n)
{
    bool               made;
    uint32_t           i;
    api_merge_t        m;
    api_merge_entry_t *to;

    for (i = 0; i < n; i++) {
        to = api_merge_entry(t, e[i].policy, e[i].key, &made);

        if (to == NULL) {
            continue;
        }

        m = e[i].m;
        api_merge_then(&m, &to->m);

        to->m = m;
        to->cap = e[i].cap;
        to->limit = e[i].limit;
        memcpy(to->name, e[i].name, API_MERGE_NAME);
    }
}
