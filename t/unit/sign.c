#include "sign.h"
#include "api_base64.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>


/* What sign_reset gives back. */

typedef struct sign_block_s sign_block_t;

struct sign_block_s {
    sign_block_t *next;
    EVP_PKEY     *pkey;
};

static sign_block_t *sign_blocks;

#define sign_must(cond)                                                       \
    do {                                                                      \
        if (!(cond)) {                                                        \
            printf("Bail out! %s:%d: %s\n", __FILE__, __LINE__, #cond);       \
            exit(2);                                                          \
        }                                                                     \
    } while (0)


static void *
sign_block(size_t n, EVP_PKEY *pkey)
{
    sign_block_t *b;

    b = calloc(1, sizeof(sign_block_t) + n);
    sign_must(b != NULL);

    b->pkey = pkey;
    b->next = sign_blocks;
    sign_blocks = b;

    return b + 1;
}


void *
sign_alloc(size_t n)
{
    return sign_block(n, NULL);
}


void
sign_reset(void)
{
    sign_block_t *b;

    while (sign_blocks) {
        b = sign_blocks;
        sign_blocks = b->next;
        EVP_PKEY_free(b->pkey);
        free(b);
    }
}


const char *
sign_text(const char *fmt, ...)
{
    int     n;
    char   *p;
    va_list ap;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);

    sign_must(n >= 0);
    p = sign_alloc((size_t) n + 1);

    va_start(ap, fmt);
    vsnprintf(p, (size_t) n + 1, fmt, ap);
    va_end(ap);

    return p;
}


api_span_t
sign_span(const char *s)
{
    return api_span(s, strlen(s));
}


const char *
sign_b64(api_span_t s)
{
    char *p;

    p = sign_alloc(api_base64url_encoded_len(s.len) + 1);
    api_base64url_encode(s, p);

    return p;
}


api_span_t
sign_unb64(const char *s)
{
    size_t   len;
    uint8_t *p;

    p = sign_alloc(strlen(s) + 1);
    sign_must(api_base64url_decode(sign_span(s), p, &len) == API_OK);

    return api_span(p, len);
}


api_span_t
sign_hex(const char *s)
{
    size_t   i, n;
    uint8_t *p;
    unsigned v;

    n = strlen(s) / 2;
    p = sign_alloc(n);

    for (i = 0; i < n; i++) {
        sign_must(sscanf(s + 2 * i, "%2x", &v) == 1);
        p[i] = (uint8_t) v;
    }

    return api_span(p, n);
}


sign_key_t
sign_new(const char *type)
{
    EVP_PKEY *pkey;

    if (strcmp(type, "RSA") == 0) {
        pkey = EVP_RSA_gen(2048);

    } else if (strncmp(type, "RSA", 3) == 0) {
        pkey = EVP_RSA_gen((unsigned) atoi(type + 3));

    } else if (strncmp(type, "ED", 2) == 0) {
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, type);

    } else {
        pkey = EVP_EC_gen(type);
    }

    sign_must(pkey != NULL);
    sign_block(0, pkey);

    return (sign_key_t){ .pkey = pkey };
}


sign_key_t
sign_secret(const void *data, size_t len)
{
    uint8_t *p = sign_alloc(len + 1);

    memcpy(p, data, len);

    return (sign_key_t){ .secret = api_span(p, len) };
}


sign_key_t
sign_new_for(api_jws_alg_t alg)
{
    uint8_t secret[64];

    switch (alg) {
    case API_JWS_HS256:
    case API_JWS_HS384:
    case API_JWS_HS512:
        sign_must(RAND_bytes(secret, sizeof(secret)) == 1);
        return sign_secret(secret, sizeof(secret));
    case API_JWS_ES256:
        return sign_new("P-256");
    case API_JWS_ES384:
        return sign_new("P-384");
    case API_JWS_ES512:
        return sign_new("P-521");
    case API_JWS_ES256K:
        return sign_new("secp256k1");
    case API_JWS_EDDSA:
        return sign_new("ED25519");
    default:
        return sign_new("RSA");
    }
}


static const EVP_MD *
sign_hash(api_jws_alg_t alg)
{
    const char *name = api_jws_alg_name(alg);

    if (strcmp(name, "EdDSA") == 0) {
        return NULL;
    }

    name += 2;

    return strncmp(name, "256", 3) == 0   ? EVP_sha256()
           : strncmp(name, "384", 3) == 0 ? EVP_sha384()
                                          : EVP_sha512();
}


/* OpenSSL's ECDSA signature, which is DER, as r || s. */

static size_t
sign_unwrap(const sign_key_t *key, uint8_t *sig, size_t len)
{
    int            half;
    ECDSA_SIG     *ec;
    const uint8_t *p = sig;

    half = (EVP_PKEY_get_bits(key->pkey) + 7) / 8;
    ec = d2i_ECDSA_SIG(NULL, &p, (long) len);
    sign_must(ec != NULL);

    sign_must(BN_bn2binpad(ECDSA_SIG_get0_r(ec), sig, half) == half);
    sign_must(BN_bn2binpad(ECDSA_SIG_get0_s(ec), sig + half, half) == half);
    ECDSA_SIG_free(ec);

    return (size_t) half * 2;
}


size_t
sign_raw(const sign_key_t *key, api_jws_alg_t alg, api_span_t input,
    uint8_t out[SIGN_MAX])
{
    size_t        len = SIGN_MAX;
    unsigned      n = 0;
    EVP_MD_CTX   *ctx;
    EVP_PKEY_CTX *pctx;

    if (key->pkey == NULL) {
        sign_must(HMAC(sign_hash(alg), key->secret.data, (int) key->secret.len,
            input.data, input.len, out, &n));
        return n;
    }

    ctx = EVP_MD_CTX_new();
    sign_must(
        EVP_DigestSignInit(ctx, &pctx, sign_hash(alg), NULL, key->pkey) == 1);

    if (api_jws_alg_name(alg)[0] == 'P') {
        sign_must(
            EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1);
        sign_must(
            EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST)
            == 1);
    }

    sign_must(EVP_DigestSign(ctx, out, &len, input.data, input.len) == 1);
    EVP_MD_CTX_free(ctx);

    return EVP_PKEY_is_a(key->pkey, "EC") ? sign_unwrap(key, out, len) : len;
}


const char *
sign_segments(const sign_key_t *key, api_jws_alg_t alg, const char *header,
    const char *payload)
{
    size_t      len;
    uint8_t     sig[SIGN_MAX];
    const char *input;

    input = sign_text("%s.%s", header, payload);
    len = sign_raw(key, alg, sign_span(input), sig);

    return sign_text("%s.%s", input, sign_b64(api_span(sig, len)));
}


const char *
sign_token(const sign_key_t *key, api_jws_alg_t alg, const char *header,
    const char *payload)
{
    return sign_segments(
        key, alg, sign_b64(sign_span(header)), sign_b64(sign_span(payload)));
}


/* A number of the key in base64url; len 0: as short as it is. */

static const char *
sign_number(const sign_key_t *key, const char *name, int len)
{
    BIGNUM *bn = NULL;
    uint8_t bytes[SIGN_MAX];

    sign_must(EVP_PKEY_get_bn_param(key->pkey, name, &bn) == 1);

    if (len == 0) {
        len = BN_num_bytes(bn);
    }

    sign_must(BN_bn2binpad(bn, bytes, len) == len);
    BN_free(bn);

    return sign_b64(api_span(bytes, (size_t) len));
}


static const char *
sign_curve(const sign_key_t *key)
{
    int  bits = EVP_PKEY_get_bits(key->pkey);
    char name[64];

    sign_must(
        EVP_PKEY_get_group_name(key->pkey, name, sizeof(name), NULL) == 1);

    return strcmp(name, "secp256k1") == 0 ? "secp256k1"
           : bits == 256                  ? "P-256"
           : bits == 384                  ? "P-384"
                                          : "P-521";
}


const char *
sign_jwk(const sign_key_t *key, const char *more)
{
    int     len;
    size_t  n;
    uint8_t raw[64];

    if (key->pkey == NULL) {
        return sign_text(
            "{\"kty\":\"oct\",\"k\":\"%s\"%s}", sign_b64(key->secret), more);
    }

    if (EVP_PKEY_is_a(key->pkey, "RSA")) {
        return sign_text("{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"%s}",
            sign_number(key, OSSL_PKEY_PARAM_RSA_N, 0),
            sign_number(key, OSSL_PKEY_PARAM_RSA_E, 0), more);
    }

    if (EVP_PKEY_is_a(key->pkey, "EC")) {
        len = (EVP_PKEY_get_bits(key->pkey) + 7) / 8;

        return sign_text("{\"kty\":\"EC\",\"crv\":\"%s\",\"x\":\"%s\","
                         "\"y\":\"%s\"%s}",
            sign_curve(key), sign_number(key, OSSL_PKEY_PARAM_EC_PUB_X, len),
            sign_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, len), more);
    }

    n = sizeof(raw);
    sign_must(EVP_PKEY_get_raw_public_key(key->pkey, raw, &n) == 1);

    return sign_text("{\"kty\":\"OKP\",\"crv\":\"%s\",\"x\":\"%s\"%s}",
        n == 32 ? "Ed25519" : "Ed448", sign_b64(api_span(raw, n)), more);
}


const char *
sign_pem(const sign_key_t *key)
{
    long        len;
    BIO        *bio;
    char       *data;
    const char *pem;

    bio = BIO_new(BIO_s_mem());
    sign_must(bio && PEM_write_bio_PUBKEY(bio, key->pkey) == 1);
    len = BIO_get_mem_data(bio, &data);
    pem = sign_text("%.*s", (int) len, data);
    BIO_free(bio);

    return pem;
}
