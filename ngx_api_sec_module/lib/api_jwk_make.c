#include "api_jwk_key.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>


static int
api_jwk_failed(api_err_t *err, const char *what)
{
    return api_fail(err, API_INTERNAL, API_INTERNAL, 0, "OpenSSL: %s", what);
}


/* A public key of this type from what was pushed. */

static EVP_PKEY *
api_jwk_fromdata(const char *type, OSSL_PARAM_BLD *bld)
{
    EVP_PKEY     *pkey;
    OSSL_PARAM   *params;
    EVP_PKEY_CTX *ctx;

    pkey = NULL;
    params = OSSL_PARAM_BLD_to_param(bld);
    ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

    if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
    {
        pkey = NULL;
    }

    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);

    return pkey;
}


static EVP_PKEY *
api_jwk_rsa(const api_jwk_parts_t *parts)
{
    BIGNUM         *n, *e;
    EVP_PKEY       *pkey;
    OSSL_PARAM_BLD *bld;

    pkey = NULL;
    bld = OSSL_PARAM_BLD_new();
    n = BN_bin2bn(parts->n.data, (int) parts->n.len, NULL);
    e = BN_bin2bn(parts->e.data, (int) parts->e.len, NULL);

    if (bld && n && e && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n)
        && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e))
    {
        pkey = api_jwk_fromdata("RSA", bld);
    }

    BN_free(n);
    BN_free(e);
    OSSL_PARAM_BLD_free(bld);

    return pkey;
}


/* OpenSSL refuses coordinates that are not on the curve; infinity has none. */

static EVP_PKEY *
api_jwk_ec(const api_jwk_parts_t *parts)
{
    size_t          len;
    uint8_t         point[1 + 2 * 66];
    EVP_PKEY       *pkey;
    OSSL_PARAM_BLD *bld;

    len = parts->x.len;

    point[0] = 4; /* uncompressed */
    memcpy(point + 1, parts->x.data, len);
    memcpy(point + 1 + len, parts->y.data, len);

    pkey = NULL;
    bld = OSSL_PARAM_BLD_new();

    if (bld
        && OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
            api_jwk_curves[parts->curve].name, 0)
        && OSSL_PARAM_BLD_push_octet_string(
            bld, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * len))
    {
        pkey = api_jwk_fromdata("EC", bld);
    }

    OSSL_PARAM_BLD_free(bld);

    return pkey;
}


static EVP_MD_CTX *
api_jwk_digest(const char *hash)
{
    EVP_MD     *md;
    EVP_MD_CTX *ctx;

    md = EVP_MD_fetch(NULL, hash, NULL);
    ctx = EVP_MD_CTX_new();

    if (md == NULL || ctx == NULL || EVP_DigestInit_ex2(ctx, md, NULL) != 1) {
        EVP_MD_CTX_free(ctx);
        ctx = NULL;
    }

    EVP_MD_free(md); /* the context has a reference of its own */

    return ctx;
}


/* A context that verifies digests; its hash and padding stay. */

static EVP_PKEY_CTX *
api_jwk_verifier(EVP_PKEY *pkey, const api_jws_info_t *info)
{
    char          hash[16];
    OSSL_PARAM    params[4], *p = params;
    EVP_PKEY_CTX *ctx;

    static char pss[] = OSSL_PKEY_RSA_PAD_MODE_PSS;
    static char pkcs1[] = OSSL_PKEY_RSA_PAD_MODE_PKCSV15;
    static char salt[] = OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST;

    memcpy(hash, info->hash, strlen(info->hash) + 1);

    *p++ =
        OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, hash, 0);

    if (info->type == API_JWK_RSA) {
        *p++ = OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE,
            info->slot >= API_JWK_PSS_SLOT ? pss : pkcs1, 0);
    }

    if (info->type == API_JWK_RSA && info->slot >= API_JWK_PSS_SLOT) {
        *p++ = OSSL_PARAM_construct_utf8_string(
            OSSL_SIGNATURE_PARAM_PSS_SALTLEN, salt, 0);
    }

    *p = OSSL_PARAM_construct_end();

    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

    if (ctx == NULL || EVP_PKEY_verify_init_ex(ctx, params) != 1) {
        EVP_PKEY_CTX_free(ctx);
        return NULL;
    }

    return ctx;
}


/* Keyed for good; the context keeps the only copy of the secret. */

static EVP_MAC_CTX *
api_jwk_mac(api_span_t secret, const char *hash)
{
    char         digest[16];
    EVP_MAC     *mac;
    OSSL_PARAM   params[2];
    EVP_MAC_CTX *ctx;

    memcpy(digest, hash, strlen(hash) + 1);

    params[0] =
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0);
    params[1] = OSSL_PARAM_construct_end();

    mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;

    if (ctx && EVP_MAC_init(ctx, secret.data, secret.len, params) != 1) {
        EVP_MAC_CTX_free(ctx);
        ctx = NULL;
    }

    EVP_MAC_free(mac);

    return ctx;
}


static int
api_jwk_make_slot(
    api_jwk_t *key, const api_jwk_parts_t *parts, const api_jws_info_t *info)
{
    api_jwk_slot_t *slot = &key->slots[info->slot];

    switch (info->type) {

    case API_JWK_OCT:
        slot->mac = api_jwk_mac(parts->k, info->hash);
        return slot->mac ? API_OK : API_INTERNAL;

    case API_JWK_OKP:
        slot->md = EVP_MD_CTX_new();
        return slot->md ? API_OK : API_INTERNAL;

    default:
        slot->md = api_jwk_digest(info->hash);
        slot->verify = api_jwk_verifier(key->pkey, info);
        return slot->md && slot->verify ? API_OK : API_INTERNAL;
    }
}


static int
api_jwk_make_pkey(api_jwk_t *key, const api_jwk_parts_t *parts, api_err_t *err)
{
    const api_jwk_curve_info_t *curve = &api_jwk_curves[parts->curve];

    switch (parts->type) {

    case API_JWK_OCT:
        return API_OK;

    case API_JWK_RSA:
        key->signature = parts->n.len;
        key->pkey = api_jwk_rsa(parts);
        break;

    case API_JWK_EC:
        key->signature = curve->signature;
        key->pkey = api_jwk_ec(parts);

        if (key->pkey == NULL) {
            return api_fail(err, API_INVALID, API_INVALID, 0,
                "the point is not on the curve");
        }

        break;

    case API_JWK_OKP:
        key->signature = curve->signature;
        key->pkey = EVP_PKEY_new_raw_public_key_ex(
            NULL, curve->name, NULL, parts->x.data, parts->x.len);
        break;
    }

    if (key->pkey == NULL) {
        return api_jwk_failed(err, "no key of these numbers");
    }

    return API_OK;
}


int
api_jwk_make(api_jwk_t *key, const api_jwk_parts_t *parts, uint32_t algs,
    api_err_t *err)
{
    int      rc;
    unsigned i;

    key->type = parts->type;
    key->curve = parts->curve;
    key->algs = algs;

    rc = api_jwk_make_pkey(key, parts, err);
    if (rc != API_OK) {
        return rc;
    }

    for (i = API_JWS_UNKNOWN + 1; i < API_JWS_NALGS; i++) {
        if ((algs & API_JWS_BIT(i))
            && api_jwk_make_slot(key, parts, &api_jws_info[i]) != API_OK)
        {
            return api_jwk_failed(err, "no context for this algorithm");
        }
    }

    return API_OK;
}


void
api_jwk_unmake(api_jwk_t *key)
{
    unsigned i;

    for (i = 0; i < API_JWK_SLOTS; i++) {
        EVP_MD_CTX_free(key->slots[i].md);
        EVP_PKEY_CTX_free(key->slots[i].verify);
        EVP_MAC_CTX_free(key->slots[i].mac);
    }

    EVP_PKEY_free(key->pkey);
    memset(key, 0, sizeof(*key));
}
