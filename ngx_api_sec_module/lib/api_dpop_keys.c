#include "api_dpop_int.h"


#define KEYS_SETS 64
#define KEYS_WAYS 4

typedef struct {
    api_jwks_t   *set; /* with one key; NULL: free */
    api_jws_alg_t alg;
    uint64_t      used;
    uint8_t      *jwk; /* as it stood in the proof */
    size_t        len;
    uint8_t       jkt[API_JWS_SHA256_LEN];
} dpop_key_t;

struct api_dpop_keys_s {
    const api_alloc_t *alloc;
    api_sipkey_t       seed;
    uint64_t           clock; /* of uses */
    dpop_key_t         keys[KEYS_SETS][KEYS_WAYS];
};


static void
release(const api_alloc_t *alloc, void *p)
{
    if (p && alloc->free) {
        alloc->free(alloc->ctx, p);
    }
}


int
api_dpop_keys_create(
    api_dpop_keys_t **out, api_sipkey_t seed, const api_alloc_t *alloc)
{
    api_dpop_keys_t *keys;

    keys = alloc->alloc(alloc->ctx, sizeof(*keys));
    if (keys == NULL) {
        return API_NOMEM;
    }

    memset(keys, 0, sizeof(*keys));
    keys->alloc = alloc;
    keys->seed = seed;
    *out = keys;

    return API_OK;
}


static void
forget(const api_alloc_t *alloc, dpop_key_t *entry)
{
    api_jwks_free(entry->set);
    release(alloc, entry->jwk);
    memset(entry, 0, sizeof(*entry));
}


void
api_dpop_keys_free(api_dpop_keys_t *keys)
{
    size_t set, way;

    if (keys == NULL) {
        return;
    }

    for (set = 0; set < KEYS_SETS; set++) {
        for (way = 0; way < KEYS_WAYS; way++) {
            forget(keys->alloc, &keys->keys[set][way]);
        }
    }

    release(keys->alloc, keys);
}


static dpop_key_t *
set_of(api_dpop_keys_t *keys, api_span_t jwk)
{
    return keys->keys[api_siphash13(keys->seed, jwk) % KEYS_SETS];
}


bool
api_dpop_keys_find(api_dpop_keys_t *keys, api_dpop_t *dpop)
{
    size_t      way;
    api_span_t  jwk = api_json_raw(&dpop->header, dpop->jwk);
    dpop_key_t *entry = set_of(keys, jwk);

    for (way = 0; way < KEYS_WAYS; way++, entry++) {
        if (entry->set && entry->alg == dpop->alg
            && api_span_eq(api_span(entry->jwk, entry->len), jwk))
        {
            entry->used = ++keys->clock;
            dpop->key = api_jwks_key(entry->set, 0);
            memcpy(dpop->jkt, entry->jkt, sizeof(dpop->jkt));
            return true;
        }
    }

    return false;
}


/* In place of the one that was not used for longest. */

static int
keep(api_dpop_keys_t *keys, const api_dpop_t *dpop, api_jwks_t *set)
{
    size_t      way;
    uint8_t    *copy;
    api_span_t  jwk = api_json_raw(&dpop->header, dpop->jwk);
    dpop_key_t *first = set_of(keys, jwk), *entry = first;

    copy = keys->alloc->alloc(keys->alloc->ctx, jwk.len);

    if (copy == NULL) {
        return API_NOMEM;
    }

    for (way = 1; way < KEYS_WAYS; way++) {
        if (first[way].used < entry->used) {
            entry = &first[way];
        }
    }

    forget(keys->alloc, entry);

    memcpy(copy, jwk.data, jwk.len);
    entry->jwk = copy;
    entry->len = jwk.len;
    entry->set = set;
    entry->alg = dpop->alg;
    entry->used = ++keys->clock;
    memcpy(entry->jkt, dpop->jkt, sizeof(entry->jkt));

    return API_OK;
}


/* All that is asked of a key of an issuer is asked of this one. */

static int
make(const api_dpop_t *dpop, const api_dpop_keys_t *keys, api_jwks_t **set,
    api_err_t *err)
{
    int             rc;
    api_err_t       why;
    api_jwks_opts_t opts = { .max_bytes = API_DPOP_MAX_PROOF,
        .max_keys = 1,
        .alg = dpop->alg,
        .seed = keys->seed };

    rc = api_jwks_parse(
        set, api_json_raw(&dpop->header, dpop->jwk), &opts, keys->alloc, &why);

    switch (rc) {

    case API_OK:
        return API_DPOP_OK;

    case API_NOMEM:
        return api_fail(err, API_DPOP_NOMEM, API_DPOP_NOMEM, 0, "no memory");

    case API_INTERNAL:
        return api_fail(
            err, API_DPOP_INTERNAL, API_DPOP_INTERNAL, 0, "%s", why.text);

    default:
        return api_fail(err, API_DPOP_KEY, API_DPOP_KEY, 0,
            "the jwk of the proof: %s", why.text);
    }
}


static int
verify(const api_dpop_t *dpop, api_jwk_t *key, api_err_t *err)
{
    switch (api_jws_verify(key, dpop->alg, dpop->jws.input, dpop->signature)) {

    case API_OK:
        return API_DPOP_OK;

    case API_DENIED:
        return api_fail(err, API_DPOP_SIGNATURE, API_DPOP_SIGNATURE, 0,
            "the signature of the proof is wrong");

    default:
        return api_fail(err, API_DPOP_INTERNAL, API_DPOP_INTERNAL, 0,
            "OpenSSL failed to verify the proof");
    }
}


int
api_dpop_verify(api_dpop_t *dpop, api_dpop_keys_t *keys, api_err_t *err)
{
    int         rc;
    api_jwks_t *set;

    if (dpop->key) {
        return verify(dpop, dpop->key, err);
    }

    rc = make(dpop, keys, &set, err);
    if (rc != API_DPOP_OK) {
        return rc;
    }

    rc = verify(dpop, api_jwks_key(set, 0), err);

    if (rc == API_DPOP_OK && keep(keys, dpop, set) != API_OK) {
        rc = api_fail(err, API_DPOP_NOMEM, API_DPOP_NOMEM, 0, "no memory");
    }

    if (rc != API_DPOP_OK) {
        api_jwks_free(set);
    }

    return rc;
}
