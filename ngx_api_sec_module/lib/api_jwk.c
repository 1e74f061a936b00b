#include "api_jwk_key.h"

#include <openssl/err.h>


struct api_jwks_s {
    const api_alloc_t *alloc;
    api_jwk_t        **keys;
    size_t             count;
    size_t             room;
    size_t             skipped;
};


/* clang-format off */

const api_jwk_curve_info_t api_jwk_curves[API_JWK_NCURVES] = {
    [API_JWK_P256] = { API_JOSE("P-256"), "prime256v1",
                       API_JWK_EC, API_JWS_ES256, 32, 64 },
    [API_JWK_P384] = { API_JOSE("P-384"), "secp384r1",
                       API_JWK_EC, API_JWS_ES384, 48, 96 },
    [API_JWK_P521] = { API_JOSE("P-521"), "secp521r1",
                       API_JWK_EC, API_JWS_ES512, 66, 132 },
    [API_JWK_SECP256K1] = { API_JOSE("secp256k1"), "secp256k1",
                            API_JWK_EC, API_JWS_ES256K, 32, 64 },
    [API_JWK_ED25519] = { API_JOSE("Ed25519"), "ED25519",
                          API_JWK_OKP, API_JWS_EDDSA, 32, 64 },
    [API_JWK_ED448] = { API_JOSE("Ed448"), "ED448",
                        API_JWK_OKP, API_JWS_EDDSA, 57, 114 }
};

/* clang-format on */


static void
api_jwks_release(const api_alloc_t *alloc, void *p)
{
    if (p && alloc->free) {
        alloc->free(alloc->ctx, p);
    }
}


int
api_jwks_create(api_jwks_t **out, const api_alloc_t *alloc)
{
    api_jwks_t *jwks;

    jwks = alloc->alloc(alloc->ctx, sizeof(api_jwks_t));
    if (jwks == NULL) {
        return API_NOMEM;
    }

    memset(jwks, 0, sizeof(api_jwks_t));
    jwks->alloc = alloc;
    *out = jwks;

    return API_OK;
}


void
api_jwks_free(api_jwks_t *jwks)
{
    size_t i;

    if (jwks == NULL) {
        return;
    }

    for (i = 0; i < jwks->count; i++) {
        api_jwk_unmake(jwks->keys[i]);
        api_jwks_release(jwks->alloc, jwks->keys[i]);
    }

    api_jwks_release(jwks->alloc, jwks->keys);
    api_jwks_release(jwks->alloc, jwks);
}


/* Room for one more key. */

static int
api_jwks_grow(api_jwks_t *jwks)
{
    size_t      room;
    api_jwk_t **keys;

    if (jwks->count < jwks->room) {
        return API_OK;
    }

    room = jwks->room ? jwks->room * 2 : 4;

    keys = jwks->alloc->alloc(jwks->alloc->ctx, room * sizeof(api_jwk_t *));
    if (keys == NULL) {
        return API_NOMEM;
    }

    if (jwks->count) {
        memcpy(keys, jwks->keys, jwks->count * sizeof(api_jwk_t *));
    }

    api_jwks_release(jwks->alloc, jwks->keys);
    jwks->keys = keys;
    jwks->room = room;

    return API_OK;
}


/* A zeroed key with its kid behind it. */

static api_jwk_t *
api_jwks_new_key(api_jwks_t *jwks, api_span_t kid)
{
    uint8_t   *p;
    api_jwk_t *key;

    key = jwks->alloc->alloc(jwks->alloc->ctx, sizeof(api_jwk_t) + kid.len);
    if (key == NULL) {
        return NULL;
    }

    memset(key, 0, sizeof(api_jwk_t));

    if (kid.data) {
        p = (uint8_t *) (key + 1);
        memcpy(p, kid.data, kid.len);
        key->kid = api_span(p, kid.len);
    }

    return key;
}


/* What two keys of one set may not do. */

static int
api_jwks_fits(
    const api_jwks_t *jwks, const api_jwk_parts_t *parts, api_err_t *err)
{
    size_t           i;
    const api_jwk_t *key;

    for (i = 0; i < jwks->count; i++) {
        key = jwks->keys[i];

        if (parts->kid.data && key->kid.data
            && api_span_eq(parts->kid, key->kid)) {
            return api_fail(err, API_DUPLICATE, API_DUPLICATE, 0,
                "another key has this kid");
        }

        if ((parts->type == API_JWK_OCT) != (key->type == API_JWK_OCT)) {
            return api_fail(err, API_INVALID, API_INVALID, 0,
                "an HMAC secret and public keys in one set");
        }
    }

    return API_OK;
}


int
api_jwks_add(api_jwks_t *jwks, api_jwk_parts_t *parts, api_err_t *err)
{
    int        rc;
    uint32_t   algs;
    api_jwk_t *key;

    rc = api_jwk_check(parts, &algs, err);

    if (rc == API_OK) {
        rc = api_jwks_fits(jwks, parts, err);
    }

    if (rc != API_OK) {
        goto done;
    }

    key = api_jwks_grow(jwks) == API_OK ? api_jwks_new_key(jwks, parts->kid)
                                        : NULL;
    if (key == NULL) {
        rc = api_fail(err, API_NOMEM, API_NOMEM, 0, "no memory");
        goto done;
    }

    rc = api_jwk_make(key, parts, algs, err);

    if (rc == API_OK) {
        jwks->keys[jwks->count++] = key;

    } else {
        api_jwk_unmake(key);
        api_jwks_release(jwks->alloc, key);
    }

done:

    ERR_clear_error();

    return rc;
}


int
api_jwks_add_secret(api_jwks_t *jwks, api_span_t secret, api_span_t kid,
    api_jws_alg_t alg, api_err_t *err)
{
    api_jwk_parts_t parts = { .type = API_JWK_OCT, .alg = alg, .k = secret };

    if (kid.len) {
        parts.kid = kid;
    }

    return api_jwks_add(jwks, &parts, err);
}


void
api_jwks_skip(api_jwks_t *jwks)
{
    jwks->skipped++;
}


size_t
api_jwks_count(const api_jwks_t *jwks)
{
    return jwks ? jwks->count : 0;
}


size_t
api_jwks_skipped(const api_jwks_t *jwks)
{
    return jwks ? jwks->skipped : 0;
}


api_jwk_t *
api_jwks_key(const api_jwks_t *jwks, size_t i)
{
    return i < jwks->count ? jwks->keys[i] : NULL;
}


/* The key of this name; names are unique in a set. */

static api_jwk_t *
api_jwks_named(const api_jwks_t *jwks, api_span_t kid)
{
    size_t i;

    for (i = 0; i < jwks->count; i++) {
        if (jwks->keys[i]->kid.data && api_span_eq(jwks->keys[i]->kid, kid)) {
            return jwks->keys[i];
        }
    }

    return NULL;
}


api_jwk_t *
api_jwks_find(
    const api_jwks_t *jwks, api_jws_alg_t alg, api_span_t kid, size_t *it)
{
    uint32_t   bit;
    api_jwk_t *key;

    if (alg == API_JWS_UNKNOWN || (unsigned) alg >= API_JWS_NALGS) {
        return NULL;
    }

    bit = API_JWS_BIT(alg);

    if (*it == 0 && kid.data) {
        key = api_jwks_named(jwks, kid);

        if (key) {
            *it = jwks->count;
            return key->algs & bit ? key : NULL;
        }
    }

    while (*it < jwks->count) {
        key = jwks->keys[(*it)++];

        if ((key->algs & bit) && (kid.data == NULL || key->kid.data == NULL)) {
            return key;
        }
    }

    return NULL;
}


api_jwk_type_t
api_jwk_type(const api_jwk_t *key)
{
    return key->type;
}


api_span_t
api_jwk_kid(const api_jwk_t *key)
{
    return key->kid;
}


uint32_t
api_jwk_algs(const api_jwk_t *key)
{
    return key->algs;
}
