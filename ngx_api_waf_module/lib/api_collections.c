#include "api_collections.h"

#include <stdio.h>


#define WAYS 8
#define MAGIC 0x4c4f4341

typedef struct {
    uint64_t hash;    /* 0: free */
    int64_t  expires; /* seconds */
    uint64_t used;    /* ticks of the table */
    uint16_t keylen;
    uint16_t namelen;
    uint16_t valuelen;
    uint16_t var;
    uint8_t  data[API_COLLECTIONS_MEMBER]; /* key, name, value */
} member_t;

struct api_collections_s {
    uint32_t     magic;
    uint32_t     nsets;
    api_sipkey_t seed;
    uint64_t     tick;
    uint64_t     used;
    uint64_t     evicted;
    uint64_t     refused;
    uint64_t     pad;
};


static member_t *
members(api_collections_t *c)
{
    return (member_t *) (void *) (c + 1);
}


api_collections_t *
api_collections_make(void *memory, size_t size, api_sipkey_t seed)
{
    size_t             n;
    api_collections_t *c = memory;

    if (size < sizeof(*c) + WAYS * sizeof(member_t)) {
        return NULL;
    }

    n = (size - sizeof(*c)) / (WAYS * sizeof(member_t));
    c->nsets = n > UINT32_MAX ? UINT32_MAX : (uint32_t) n;
    c->seed = seed;
    c->magic = MAGIC;

    return c;
}


static uint64_t
hash_of(const api_collections_t *c, api_waf_var_t var, api_span_t key,
    api_span_t name)
{
    uint64_t h[3];

    h[0] = api_siphash24(c->seed, key);
    h[1] = api_siphash24(c->seed, name);
    h[2] = (uint64_t) var;

    h[0] = api_siphash24(c->seed, api_span(h, sizeof(h)));

    return h[0] ? h[0] : 1;
}


static bool
is(const member_t *m, uint64_t hash, api_waf_var_t var, api_span_t key,
    api_span_t name)
{
    return m->hash == hash && m->var == (uint16_t) var
           && api_span_eq(api_span(m->data, m->keylen), key)
           && api_span_eq(api_span(m->data + m->keylen, m->namelen), name);
}


static member_t *
set_of(api_collections_t *c, uint64_t hash)
{
    return members(c) + (hash % c->nsets) * WAYS;
}


/* The member, if it is there and has not expired. */

static member_t *
find(api_collections_t *c, int64_t now, uint64_t hash, api_waf_var_t var,
    api_span_t key, api_span_t name)
{
    size_t    i;
    member_t *m = set_of(c, hash);

    for (i = 0; i < WAYS; i++, m++) {
        if (is(m, hash, var, key, name)) {
            if (m->expires <= now) {
                return NULL;
            }

            m->used = ++c->tick;

            return m;
        }
    }

    return NULL;
}


/* Where it goes: where it is or was, a free one, an expired one, the one that
   has not been used for longest. */

static member_t *
place(api_collections_t *c, int64_t now, uint64_t hash, api_waf_var_t var,
    api_span_t key, api_span_t name)
{
    size_t    i;
    member_t *set = set_of(c, hash), *best = set;

    for (i = 0; i < WAYS; i++) {
        if (is(&set[i], hash, var, key, name)) {
            return &set[i];
        }
    }

    for (i = 0; i < WAYS; i++) {
        if (set[i].hash == 0) {
            c->used++;
            return &set[i];
        }

        if (set[i].expires <= now) {
            return &set[i];
        }

        if (set[i].used < best->used) {
            best = &set[i];
        }
    }

    c->evicted++;

    return best;
}


int
api_collections_get(api_collections_t *c, int64_t now, api_waf_var_t var,
    api_span_t key, api_span_t name, char *buf, size_t *len)
{
    member_t *m;

    m = find(c, now, hash_of(c, var, key, name), var, key, name);

    if (m == NULL || m->valuelen > *len) {
        return API_INVALID;
    }

    memcpy(buf, m->data + m->keylen + m->namelen, m->valuelen);
    *len = m->valuelen;

    return API_OK;
}


static int
store(api_collections_t *c, int64_t now, int64_t expires, api_waf_var_t var,
    api_span_t key, api_span_t name, api_span_t value)
{
    uint64_t  hash;
    member_t *m;

    if (value.len > API_WAF_STORE_VALUE
        || key.len > API_COLLECTIONS_MEMBER - API_WAF_STORE_VALUE
        || name.len > API_COLLECTIONS_MEMBER - API_WAF_STORE_VALUE - key.len)
    {
        c->refused++;
        return API_LIMIT;
    }

    hash = hash_of(c, var, key, name);
    m = place(c, now, hash, var, key, name);

    /* a reader of a member that is half written would have to hold the lock */

    m->hash = hash;
    m->expires = expires;
    m->used = ++c->tick;
    m->var = (uint16_t) var;
    m->keylen = (uint16_t) key.len;
    m->namelen = (uint16_t) name.len;
    m->valuelen = (uint16_t) value.len;

    if (key.len) {
        memcpy(m->data, key.data, key.len);
    }

    if (name.len) {
        memcpy(m->data + key.len, name.data, name.len);
    }

    if (value.len) {
        memcpy(m->data + key.len + name.len, value.data, value.len);
    }

    return API_OK;
}


int
api_collections_set(api_collections_t *c, int64_t now, int64_t timeout,
    api_waf_var_t var, api_span_t key, api_span_t name, api_span_t value)
{
    member_t *m;

    m = find(c, now, hash_of(c, var, key, name), var, key, name);

    if (value.data == NULL) {
        if (m != NULL) {
            memset(m, 0, sizeof(*m));
            c->used--;
        }

        return API_OK;
    }

    return store(
        c, now, m ? m->expires : now + timeout, var, key, name, value);
}


static int64_t
number(const uint8_t *s, size_t n)
{
    bool    minus = n > 0 && s[0] == '-';
    size_t  i;
    int64_t v = 0;

    for (i = minus;
         i < n && s[i] >= '0' && s[i] <= '9' && v < INT64_MAX / 10 - 10; i++)
    {
        v = v * 10 + (s[i] - '0');
    }

    return minus ? -v : v;
}


int
api_collections_add(api_collections_t *c, int64_t now, int64_t timeout,
    api_waf_var_t var, api_span_t key, api_span_t name, int64_t delta,
    int64_t *sum)
{
    int       n;
    char      text[24];
    int64_t   v = 0, expires = now + timeout;
    member_t *m;

    m = find(c, now, hash_of(c, var, key, name), var, key, name);

    if (m != NULL) {
        v = number(m->data + m->keylen + m->namelen, m->valuelen);
        expires = m->expires;
    }

    if (__builtin_add_overflow(v, delta, &v)) {
        v = delta < 0 ? INT64_MIN : INT64_MAX;
    }

    n = snprintf(text, sizeof(text), "%lld", (long long) v);
    *sum = v;

    return store(c, now, expires, var, key, name, api_span(text, (size_t) n));
}


int
api_collections_touch(api_collections_t *c, int64_t now, api_waf_var_t var,
    api_span_t key, api_span_t name, int64_t expires)
{
    member_t *m;

    m = find(c, now, hash_of(c, var, key, name), var, key, name);

    if (m == NULL) {
        return API_INVALID;
    }

    m->expires = expires;

    return API_OK;
}


api_collections_stat_t
api_collections_stat(const api_collections_t *c)
{
    api_collections_stat_t s;

    s.room = (uint64_t) c->nsets * WAYS;
    s.used = c->used;
    s.evicted = c->evicted;
    s.refused = c->refused;

    return s;
}
