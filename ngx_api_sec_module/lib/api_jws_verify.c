#include "api_jwk_key.h"

#include <openssl/err.h>


/* The widest coordinate (P-521), and DER around two of them. */

#define API_JWS_MAX_COORD 66
#define API_JWS_MAX_DER (3 + 2 * (2 + 1 + API_JWS_MAX_COORD))

typedef int (*api_jws_verify_pt)(
    api_jwk_slot_t *slot, size_t hash_len, api_span_t input, api_span_t sig);


/* Digest of input by the slot's context, which keeps its hash. */

static int
api_jws_digest(
    api_jwk_slot_t *slot, api_span_t input, uint8_t out[EVP_MAX_MD_SIZE])
{
    if (EVP_DigestInit_ex2(slot->md, NULL, NULL) != 1
        || EVP_DigestUpdate(slot->md, input.data, input.len) != 1
        || EVP_DigestFinal_ex(slot->md, out, NULL) != 1)
    {
        return API_INTERNAL;
    }

    return API_OK;
}


static int
api_jws_verify_hmac(
    api_jwk_slot_t *slot, size_t hash_len, api_span_t input, api_span_t sig)
{
    size_t  len;
    uint8_t out[EVP_MAX_MD_SIZE];

    (void) hash_len;

    if (EVP_MAC_init(slot->mac, NULL, 0, NULL) != 1
        || EVP_MAC_update(slot->mac, input.data, input.len) != 1
        || EVP_MAC_final(slot->mac, out, &len, sizeof(out)) != 1)
    {
        return API_INTERNAL;
    }

    return api_span_eq_secret(sig, api_span(out, len)) ? API_OK : API_DENIED;
}


/* 1 and 0 are verdicts of OpenSSL; anything else is a failure of its own. */

static int
api_jws_verdict(int rc)
{
    return rc == 1 ? API_OK : rc == 0 ? API_DENIED : API_INTERNAL;
}


static int
api_jws_verify_rsa(
    api_jwk_slot_t *slot, size_t hash_len, api_span_t input, api_span_t sig)
{
    uint8_t hash[EVP_MAX_MD_SIZE];

    if (api_jws_digest(slot, input, hash) != API_OK) {
        return API_INTERNAL;
    }

    return api_jws_verdict(
        EVP_PKEY_verify(slot->verify, sig.data, sig.len, hash, hash_len));
}


/* A non-negative INTEGER from len big-endian bytes; returns its end. */

static uint8_t *
api_jws_der_integer(uint8_t *out, const uint8_t *p, size_t len)
{
    unsigned pad;

    while (len > 1 && *p == 0) {
        p++;
        len--;
    }

    pad = *p >> 7;

    *out++ = 0x02;
    *out++ = (uint8_t) (len + pad);

    if (pad) {
        *out++ = 0;
    }

    memcpy(out, p, len);

    return out + len;
}


/* SEQUENCE { r, s } of r || s, as OpenSSL wants it.  Returns where it begins
   in der, which is filled from its fourth byte on. */

static api_span_t
api_jws_der(uint8_t der[API_JWS_MAX_DER], api_span_t rs)
{
    size_t   half, body;
    uint8_t *end, *begin;

    half = rs.len / 2;
    end = api_jws_der_integer(der + 3, rs.data, half);
    end = api_jws_der_integer(end, rs.data + half, half);

    body = (size_t) (end - der) - 3;
    begin = der + 3;
    *--begin = (uint8_t) body;

    if (body > 0x7f) {
        *--begin = 0x81;
    }

    *--begin = 0x30;

    return api_span(begin, (size_t) (end - begin));
}


static int
api_jws_verify_ec(
    api_jwk_slot_t *slot, size_t hash_len, api_span_t input, api_span_t sig)
{
    uint8_t der[API_JWS_MAX_DER];

    return api_jws_verify_rsa(slot, hash_len, input, api_jws_der(der, sig));
}


/*
 * The context begins again with the key it has: with the key given, OpenSSL
 * would look for the algorithm anew, a tenth of the price.  In some versions a
 * verification in one go ends a context for good, and whatever is verified
 * with it then is said to be wrong.
 */

static int
api_jws_verify_okp(
    api_jwk_slot_t *slot, size_t hash_len, api_span_t input, api_span_t sig)
{
    int           rc;
    unsigned long error;

    (void) hash_len;

    if (EVP_DigestVerifyInit(slot->md, NULL, NULL, NULL, NULL) != 1) {
        return API_INTERNAL;
    }

    rc = EVP_DigestVerify(slot->md, sig.data, sig.len, input.data, input.len);
    error = rc == 0 ? ERR_peek_last_error() : 0;

    if (ERR_GET_LIB(error) == ERR_LIB_EVP
        && ERR_GET_REASON(error) == EVP_R_FINAL_ERROR)
    {
        return API_INTERNAL;
    }

    return api_jws_verdict(rc);
}


static const api_jws_verify_pt api_jws_verifiers[] = {
    [API_JWK_OCT] = api_jws_verify_hmac,
    [API_JWK_RSA] = api_jws_verify_rsa,
    [API_JWK_EC] = api_jws_verify_ec,
    [API_JWK_OKP] = api_jws_verify_okp,
};


static int
api_jws_try(
    api_jwk_t *key, api_jws_alg_t alg, api_span_t input, api_span_t signature)
{
    int             rc;
    api_jwk_slot_t *slot = api_jwk_ready(key, alg);

    if (slot == NULL) {
        return API_INTERNAL;
    }

    rc = api_jws_verifiers[key->type](
        slot, api_jws_info[alg].hash_len, input, signature);

    /* whatever has become of a context that failed is not used again */

    if (rc == API_INTERNAL && key->type != API_JWK_OCT) {
        api_jwk_unready(slot);
    }

    return rc;
}


int
api_jws_verify(
    api_jwk_t *key, api_jws_alg_t alg, api_span_t input, api_span_t signature)
{
    int    rc;
    size_t len;

    /* a key has bits of its own type and curve alone, and never bit 0 */

    if ((unsigned) alg >= API_JWS_NALGS || (key->algs & API_JWS_BIT(alg)) == 0)
    {
        return API_DENIED;
    }

    len = key->signature ? key->signature : api_jws_info[alg].hash_len;

    if (signature.len != len) {
        return API_DENIED;
    }

    rc = api_jws_try(key, alg, input, signature);

    if (rc == API_INTERNAL && key->type == API_JWK_OKP) {
        /* once more, with a new context */
        rc = api_jws_try(key, alg, input, signature);
    }

    if (ERR_peek_error() != 0) {
        ERR_clear_error();
    }

    return rc;
}
