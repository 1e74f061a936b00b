#include "api_revoked.h"

#include <stdatomic.h>


#define API_REVOKED_TABLE_MAGIC 0x31564552u
#define API_REVOKED_WAYS 8

typedef struct {
    _Atomic uint64_t tag; /* 0: empty; written last, and taken away first */
    _Atomic int64_t  before;
    uint32_t         kind; /* from here on for writers alone */
    uint32_t         value_len;
    uint32_t         issuer_len;
    uint8_t          value[API_REVOKED_VALUE];
    uint8_t          issuer[API_REVOKED_ISSUER];
} api_revoked_place_t;

struct api_revoked_table_s {
    uint32_t            magic;
    uint32_t            ngroups;
    api_sipkey_t        seed;
    _Atomic uint64_t    count;
    api_revoked_place_t places[];
};


static uint32_t
api_revoked_groups(size_t size)
{
    return (uint32_t) ((size - sizeof(api_revoked_table_t))
                       / (API_REVOKED_WAYS * sizeof(api_revoked_place_t)));
}


api_revoked_table_t *
api_revoked_table_init(void *mem, size_t size, api_sipkey_t seed)
{
    api_revoked_table_t *table = mem;

    if (size < API_REVOKED_TABLE_MIN) {
        return NULL;
    }

    table->ngroups = api_revoked_groups(size);
    table->seed = seed;
    table->magic = API_REVOKED_TABLE_MAGIC;

    return table;
}


api_revoked_table_t *
api_revoked_table_at(void *mem, size_t size)
{
    api_revoked_table_t *table = mem;

    return size >= API_REVOKED_TABLE_MIN
                   && table->magic == API_REVOKED_TABLE_MAGIC
                   && table->ngroups == api_revoked_groups(size)
               ? table
               : NULL;
}


/* Of kind, issuer and value; never 0. */

static uint64_t
api_revoked_tag(const api_revoked_table_t *table, api_revoked_kind_t kind,
    api_span_t issuer, api_span_t value)
{
    uint64_t     tag;
    api_sipkey_t key = table->seed;

    /* the issuer has a key of its own, so that no two pairs run together */

    if (issuer.len) {
        key.k0 ^= api_siphash24(table->seed, issuer);
    }

    key.k1 ^= (uint64_t) kind + 1;
    tag = api_siphash24(key, value);

    return tag ? tag : 1;
}


static api_revoked_place_t *
api_revoked_group(const api_revoked_table_t *table, uint64_t tag)
{
    size_t group;

    group = (size_t) (((tag >> 32) * table->ngroups) >> 32);

    return (api_revoked_place_t *) (uintptr_t) &table
        ->places[group * API_REVOKED_WAYS];
}


static api_revoked_place_t *
api_revoked_place(const api_revoked_table_t *table, uint64_t tag)
{
    int                  i;
    api_revoked_place_t *p = api_revoked_group(table, tag);

    for (i = 0; i < API_REVOKED_WAYS; i++) {
        if (atomic_load_explicit(&p[i].tag, memory_order_acquire) == tag) {
            return &p[i];
        }
    }

    return NULL;
}


static bool
api_revoked_is(const api_revoked_table_t *table, api_revoked_kind_t kind,
    api_span_t issuer, api_span_t value, int64_t iat)
{
    const api_revoked_place_t *p;

    p = api_revoked_place(table, api_revoked_tag(table, kind, issuer, value));

    return p && iat < atomic_load_explicit(&p->before, memory_order_relaxed);
}


api_revoked_kind_t
api_revoked_table_find(
    const api_revoked_table_t *table, const api_revoked_of_t *of)
{
    int        kind;
    api_span_t value, any = { NULL, 0 };

    if (atomic_load_explicit(&table->count, memory_order_acquire) == 0) {
        return API_REVOKED_NKINDS;
    }

    for (kind = 0; kind < API_REVOKED_NKINDS; kind++) {
        value = of->values[kind];

        if (value.data
            && (api_revoked_is(
                    table, (api_revoked_kind_t) kind, any, value, of->iat)
                || (of->issuer.len
                    && api_revoked_is(table, (api_revoked_kind_t) kind,
                        of->issuer, value, of->iat))))
        {
            return (api_revoked_kind_t) kind;
        }
    }

    return API_REVOKED_NKINDS;
}


int
api_revoked_table_put(
    api_revoked_table_t *table, const api_revoked_entry_t *entry)
{
    int                  i;
    uint64_t             tag;
    api_revoked_place_t *p;

    if (entry->value.len > API_REVOKED_VALUE
        || entry->issuer.len > API_REVOKED_ISSUER || entry->value.len == 0)
    {
        return API_LIMIT;
    }

    tag = api_revoked_tag(table, entry->kind, entry->issuer, entry->value);
    p = api_revoked_place(table, tag);

    if (p) {
        atomic_store(&p->before, entry->before);
        return API_OK;
    }

    p = api_revoked_group(table, tag);

    for (i = 0; i < API_REVOKED_WAYS; i++, p++) {
        if (atomic_load(&p->tag) != 0) {
            continue;
        }

        p->kind = entry->kind;
        p->value_len = (uint32_t) entry->value.len;
        p->issuer_len = (uint32_t) entry->issuer.len;
        memcpy(p->value, entry->value.data, entry->value.len);

        if (entry->issuer.len) {
            memcpy(p->issuer, entry->issuer.data, entry->issuer.len);
        }

        atomic_store(&p->before, entry->before);
        atomic_store_explicit(&p->tag, tag, memory_order_release);
        atomic_fetch_add(&table->count, 1);

        return API_OK;
    }

    return API_LIMIT;
}


int
api_revoked_table_add(
    api_revoked_table_t *table, const api_revoked_entry_t *entry)
{
    const api_revoked_place_t *p;

    p = api_revoked_place(table,
        api_revoked_tag(table, entry->kind, entry->issuer, entry->value));

    return p && atomic_load(&p->before) >= entry->before
               ? API_OK
               : api_revoked_table_put(table, entry);
}


int
api_revoked_table_take(
    api_revoked_table_t *table, const api_revoked_entry_t *entry)
{
    api_revoked_place_t *p;

    p = api_revoked_place(table,
        api_revoked_tag(table, entry->kind, entry->issuer, entry->value));

    if (p == NULL) {
        return API_DENIED;
    }

    atomic_store_explicit(&p->tag, 0, memory_order_release);
    atomic_fetch_sub(&table->count, 1);

    return API_OK;
}


bool
api_revoked_table_next(
    const api_revoked_table_t *table, size_t *i, api_revoked_entry_t *entry)
{
    const api_revoked_place_t *p;

    for (; *i < api_revoked_table_places(table); (*i)++) {
        p = &table->places[*i];

        if (atomic_load(&p->tag) == 0) {
            continue;
        }

        entry->kind = (api_revoked_kind_t) p->kind;
        entry->value = api_span(p->value, p->value_len);
        entry->issuer = api_span(p->issuer, p->issuer_len);
        entry->before = atomic_load(&p->before);
        (*i)++;

        return true;
    }

    return false;
}


size_t
api_revoked_table_places(const api_revoked_table_t *table)
{
    return (size_t) table->ngroups * API_REVOKED_WAYS;
}


size_t
api_revoked_table_count(const api_revoked_table_t *table)
{
    return (size_t) atomic_load(&table->count);
}
