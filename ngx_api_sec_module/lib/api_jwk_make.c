#include "api_jwk_key.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rsa.h>


static int
api_jwk_failed(api_err_t *err, const char *what)
{
    return api_fail(err, API_INTERNAL, API_INTERNAL, 0, "OpenSSL: %s", what);
}


static EVP_PKEY *
api_jwk_fromdata(const char *type, OSSL_PARAM *params)
{
    EVP_PKEY     *pkey;
    EVP_PKEY_CTX *ctx;

    pkey = NULL;
    ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
    {
        pkey = NULL;
    }

    EVP_PKEY_CTX_free(ctx);

    return pkey;
}


/* A number as OpenSSL takes it, in the byte order of the machine. */

static OSSL_PARAM
api_jwk_number(const char *name, api_span_t n, uint8_t *out)
{
    size_t i;

    for (i = 0; i < n.len; i++) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        out[i] = n.data[n.len - 1 - i];
#else
        out[i] = n.data[i];
#endif
    }

    return OSSL_PARAM_construct_BN(name, out, n.len);
}


static EVP_PKEY *
api_jwk_rsa(const api_jwk_parts_t *parts)
{
    uint8_t    n[API_JWK_RSA_MAX_BITS / 8], e[8];
    OSSL_PARAM params[3];

    params[0] = api_jwk_number(OSSL_PKEY_PARAM_RSA_N, parts->n, n);
    params[1] = api_jwk_number(OSSL_PKEY_PARAM_RSA_E, parts->e, e);
    params[2] = OSSL_PARAM_construct_end();

    return api_jwk_fromdata("RSA", params);
}


/* OpenSSL refuses coordinates that are not on the curve; infinity has none. */

static EVP_PKEY *
api_jwk_ec(const api_jwk_parts_t *parts)
{
    char       group[16];
    size_t     len;
    uint8_t    point[1 + 2 * 66];
    OSSL_PARAM params[3];

    len = parts->x.len;

    point[0] = 4; /* uncompressed */
    memcpy(point + 1, parts->x.data, len);
    memcpy(point + 1 + len, parts->y.data, len);

    memcpy(group, api_jwk_curves[parts->curve].name,
        strlen(api_jwk_curves[parts->curve].name) + 1);

    params[0] =
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
    params[1] = OSSL_PARAM_construct_octet_string(
        OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * len);
    params[2] = OSSL_PARAM_construct_end();

    return api_jwk_fromdata("EC", params);
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


/*
 * A context costs as much as the key itself, an RSA key serves six algorithms,
 * and an issuer signs with one of them: so those of public keys are made when
 * they are needed first.
 */

api_jwk_slot_t *
api_jwk_ready(api_jwk_t *key, api_jws_alg_t alg)
{
    const api_jws_info_t *info = &api_jws_info[alg];
    api_jwk_slot_t       *slot = &key->slots[info->slot];

    if (slot->ready) {
        return slot;
    }

    if (info->type == API_JWK_OKP) {
        slot->md = EVP_MD_CTX_new();
        slot->ready =
            slot->md
            && EVP_DigestVerifyInit(slot->md, NULL, NULL, NULL, key->pkey)
                   == 1;

    } else {
        slot->md = api_jwk_digest(info->hash);
        slot->verify = api_jwk_verifier(key->pkey, info);
        slot->ready = slot->md && slot->verify;
    }

    if (!slot->ready) {
        api_jwk_unready(slot);
        return NULL;
    }

    return slot;
}


void
api_jwk_unready(api_jwk_slot_t *slot)
{
    EVP_MD_CTX_free(slot->md);
    EVP_PKEY_CTX_free(slot->verify);
    EVP_MAC_CTX_free(slot->mac);
    memset(slot, 0, sizeof(*slot));
}


/* A secret is in its contexts alone. */

static int
api_jwk_make_macs(api_jwk_t *key, const api_jwk_parts_t *parts, api_err_t *err)
{
    unsigned        i;
    api_jwk_slot_t *slot;

    for (i = API_JWS_UNKNOWN + 1; i < API_JWS_NALGS; i++) {
        if ((key->algs & API_JWS_BIT(i)) == 0) {
            continue;
        }

        slot = &key->slots[api_jws_info[i].slot];
        slot->mac = api_jwk_mac(parts->k, api_jws_info[i].hash);

        if (slot->mac == NULL) {
            return api_jwk_failed(err, "no context for this algorithm");
        }

        slot->ready = true;
    }

    return API_OK;
}


static int
api_jwk_make_pkey(api_jwk_t *key, const api_jwk_parts_t *parts, api_err_t *err)
{
    const api_jwk_curve_info_t *curve = &api_jwk_curves[parts->curve];

    switch (parts->type) {

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

    default: /* API_JWK_OKP */
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
    key->type = parts->type;
    key->curve = parts->curve;
    key->algs = algs;

    return parts->type == API_JWK_OCT ? api_jwk_make_macs(key, parts, err)
                                      : api_jwk_make_pkey(key, parts, err);
}


void
api_jwk_unmake(api_jwk_t *key)
{
    unsigned i;

    for (i = 0; i < API_JWK_SLOTS; i++) {
        api_jwk_unready(&key->slots[i]);
    }

    EVP_PKEY_free(key->pkey);
    memset(key, 0, sizeof(*key));
}
