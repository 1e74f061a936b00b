#include "api_dpop.h"


#define KEYS_SETS 64
#define KEYS_WAYS 4

/* A JWK that is spelt otherwise (with another "use", say) has been checked for
   itself: text is a hash of what it looked like. */

typedef struct {
    api_jwks_t   *set; /* with one key; NULL: free */
    api_jws_alg_t alg;
    uint64_t      used;
    uint64_t      text;
    uint8_t       jkt[API_JWS_SHA256_LEN];
} dpop_key_t;

struct api_dpop_keys_s {
    const api_alloc_t *alloc;
    api_sipkey_t       seed;
    uint64_t           clock; /* of uses */
    dpop_key_t         keys[KEYS_SETS][KEYS_WAYS];
};


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


void
api_dpop_keys_free(api_dpop_keys_t *keys)
{
    size_t set, way;

    if (keys == NULL) {
        return;
    }

    for (set = 0; set < KEYS_SETS; set++) {
        for (way = 0; way < KEYS_WAYS; way++) {
            api_jwks_free(keys->keys[set][way].set);
        }
    }

    if (keys->alloc->free) {
        keys->alloc->free(keys->alloc->ctx, keys);
    }
}


static uint64_t
spelling(const api_dpop_keys_t *keys, const api_dpop_t *dpop)
{
    return api_siphash13(keys->seed, api_json_raw(&dpop->header, dpop->jwk));
}


/* The entry of this key, or the one to be replaced by it. */

static dpop_key_t *
find(api_dpop_keys_t *keys, const api_dpop_t *dpop, bool *found)
{
    size_t      way;
    uint64_t    text = spelling(keys, dpop);
    dpop_key_t *set, *oldest;

    oldest = set = keys->keys[dpop->jkt[0] % KEYS_SETS];

    for (way = 0; way < KEYS_WAYS; way++) {
        if (set[way].set && set[way].alg == dpop->alg && set[way].text == text
            && memcmp(set[way].jkt, dpop->jkt, sizeof(dpop->jkt)) == 0)
        {
            *found = true;
            return &set[way];
        }

        if (set[way].used < oldest->used) {
            oldest = &set[way];
        }
    }

    *found = false;

    return oldest;
}


static void
keep(api_dpop_keys_t *keys, dpop_key_t *entry, const api_dpop_t *dpop,
    api_jwks_t *set)
{
    api_jwks_free(entry->set);

    entry->set = set;
    entry->alg = dpop->alg;
    entry->text = spelling(keys, dpop);
    entry->used = ++keys->clock;
    memcpy(entry->jkt, dpop->jkt, sizeof(dpop->jkt));
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
verify(const api_dpop_t *dpop, api_jwks_t *set, api_err_t *err)
{
    switch (api_jws_verify(
        api_jwks_key(set, 0), dpop->alg, dpop->jws.input, dpop->signature))
    {

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
api_dpop_verify(const api_dpop_t *dpop, api_dpop_keys_t *keys, api_err_t *err)
{
    int         rc;
    bool        found;
    api_jwks_t *set;
    dpop_key_t *entry = find(keys, dpop, &found);

    if (found) {
        entry->used = ++keys->clock;
        return verify(dpop, entry->set, err);
    }

    rc = make(dpop, keys, &set, err);
    if (rc != API_DPOP_OK) {
        return rc;
    }

    rc = verify(dpop, set, err);

    if (rc == API_DPOP_OK) {
        keep(keys, entry, dpop, set);
    } else {
        api_jwks_free(set);
    }

    return rc;
}
