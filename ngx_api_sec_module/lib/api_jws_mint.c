#include "api_jws_mint.h"
#include "api_base64.h"
#include "api_jwk.h"

#include <jwt.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>


#define API_MINT_MIN_RSA 2048
#define API_MINT_MAX_RSA 8192


struct api_minter_s {
    const api_alloc_t *alloc;
    const char        *alg;
    jwt_alg_t          jwt_alg;
    char               kid[API_JWS_MINT_KID + 1];
    char               jwk[API_JWS_MINT_JWK];
    size_t             jwk_len;
    size_t             pem_len;
    uint8_t            pem[];
};


/* What can be signed with, by the group of the key. */

static const struct {
    const char *group; /* NULL: RSA */
    const char *crv;
    const char *alg;
    jwt_alg_t   jwt_alg;
    int         width; /* bytes of a coordinate */
} api_mint_algs[] = {
    { NULL, NULL, "RS256", JWT_ALG_RS256, 0 },
    { "prime256v1", "P-256", "ES256", JWT_ALG_ES256, 32 },
    { "secp384r1", "P-384", "ES384", JWT_ALG_ES384, 48 },
    { "secp521r1", "P-521", "ES512", JWT_ALG_ES512, 66 },
};

#define API_MINT_NALGS (sizeof(api_mint_algs) / sizeof(api_mint_algs[0]))


static int
api_mint_fail(api_err_t *err, int rc, const char *text)
{
    ERR_clear_error();

    return api_fail(err, rc, rc, 0, "%s", text);
}


/* No terminal is asked for a passphrase. */

static int
api_mint_no_passphrase(char *buf, int size, int rw, void *data)
{
    (void) buf;
    (void) size;
    (void) rw;
    (void) data;

    return -1;
}


static EVP_PKEY *
api_mint_key(api_span_t pem)
{
    BIO      *bio;
    EVP_PKEY *key;

    if (pem.len > 1 << 20) {
        return NULL;
    }

    bio = BIO_new_mem_buf(pem.data, (int) pem.len);
    if (bio == NULL) {
        return NULL;
    }

    key = PEM_read_bio_PrivateKey(bio, NULL, api_mint_no_passphrase, NULL);

    BIO_free(bio);

    return key;
}


/* The row for this key; API_MINT_NALGS: none. */

static size_t
api_mint_row(const EVP_PKEY *key)
{
    char   group[64];
    size_t row, len;

    if (EVP_PKEY_is_a(key, "RSA")) {
        return 0;
    }

    if (!EVP_PKEY_is_a(key, "EC")
        || EVP_PKEY_get_utf8_string_param(
               key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group), &len)
               != 1)
    {
        return API_MINT_NALGS;
    }

    for (row = 1; row < API_MINT_NALGS; row++) {
        if (strcmp(group, api_mint_algs[row].group) == 0) {
            break;
        }
    }

    return row;
}


/* A number of the key as base64url; width 0: as many bytes as it has. */

static bool
api_mint_number(const EVP_PKEY *key, const char *param, int width, char *out)
{
    int     len;
    bool    ok;
    BIGNUM *bn;
    uint8_t bytes[API_MINT_MAX_RSA / 8];

    bn = NULL;

    if (EVP_PKEY_get_bn_param(key, param, &bn) != 1) {
        return false;
    }

    len = width ? width : BN_num_bytes(bn);
    ok = len <= (int) sizeof(bytes) && BN_bn2binpad(bn, bytes, len) == len;

    if (ok) {
        out[api_base64url_encode(api_span(bytes, (size_t) len), out)] = '\0';
    }

    BN_free(bn);

    return ok;
}


/* The members that are the public key, without braces. */

static bool
api_mint_public(const EVP_PKEY *key, size_t row, char *out, size_t size)
{
    int  n;
    char x[2048], y[2048];

    if (row == 0) {
        if (!api_mint_number(key, OSSL_PKEY_PARAM_RSA_N, 0, x)
            || !api_mint_number(key, OSSL_PKEY_PARAM_RSA_E, 0, y))
        {
            return false;
        }

        n = snprintf(
            out, size, "\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"", x, y);

    } else {
        if (!api_mint_number(
                key, OSSL_PKEY_PARAM_EC_PUB_X, api_mint_algs[row].width, x)
            || !api_mint_number(
                key, OSSL_PKEY_PARAM_EC_PUB_Y, api_mint_algs[row].width, y))
        {
            return false;
        }

        n = snprintf(out, size,
            "\"kty\":\"EC\",\"crv\":\"%s\",\"x\":\"%s\",\"y\":\"%s\"",
            api_mint_algs[row].crv, x, y);
    }

    return n > 0 && (size_t) n < size;
}


static int
api_mint_name(api_minter_t *m, const char *members, api_err_t *err)
{
    int         rc, n;
    char        text[API_JWS_MINT_JWK];
    uint8_t     print[32];
    api_json_t  doc;
    api_arena_t arena;

    static const api_sipkey_t seed = { 0, 0 }; /* the text is our own */

    n = snprintf(text, sizeof(text), "{%s}", members);

    api_arena_init(&arena, m->alloc, 0, 0);

    rc = api_json_parse(
        &doc, api_span(text, (size_t) n), NULL, 0, seed, &arena, err);

    if (rc == API_OK) {
        rc = api_jwk_thumbprint(&doc, 0, &arena, print);
    }

    api_arena_free(&arena);

    if (rc != API_OK) {
        return rc;
    }

    m->kid[api_base64url_encode(api_span(print, sizeof(print)), m->kid)] =
        '\0';

    n = snprintf(m->jwk, sizeof(m->jwk),
        "{%s,\"kid\":\"%s\",\"alg\":\"%s\",\"use\":\"sig\"}", members, m->kid,
        m->alg);

    if (n < 0 || (size_t) n >= sizeof(m->jwk)) {
        return api_mint_fail(err, API_INTERNAL, "the public key is too long");
    }

    m->jwk_len = (size_t) n;

    return API_OK;
}


static int
api_mint_check(const EVP_PKEY *key, size_t row, api_err_t *err)
{
    int bits;

    if (row == API_MINT_NALGS) {
        return api_mint_fail(err, API_UNSUPPORTED,
            "a key to sign with is RSA, or EC on P-256, P-384 or P-521");
    }

    bits = EVP_PKEY_get_bits(key);

    if (row == 0 && (bits < API_MINT_MIN_RSA || bits > API_MINT_MAX_RSA)) {
        return api_mint_fail(
            err, API_DENIED, "an RSA key to sign with has 2048 to 8192 bits");
    }

    return API_OK;
}


static int
api_mint_make(api_minter_t **minter, const EVP_PKEY *key, api_span_t pem,
    const api_alloc_t *alloc, api_err_t *err)
{
    int           rc;
    char          members[API_JWS_MINT_JWK / 2];
    size_t        row;
    api_minter_t *m;

    row = api_mint_row(key);

    rc = api_mint_check(key, row, err);
    if (rc != API_OK) {
        return rc;
    }

    if (!api_mint_public(key, row, members, sizeof(members))) {
        return api_mint_fail(
            err, API_INTERNAL, "OpenSSL does not tell the public key");
    }

    m = alloc->alloc(alloc->ctx, sizeof(*m) + pem.len);
    if (m == NULL) {
        return api_mint_fail(err, API_NOMEM, "no memory");
    }

    m->alloc = alloc;
    m->alg = api_mint_algs[row].alg;
    m->jwt_alg = api_mint_algs[row].jwt_alg;
    m->pem_len = pem.len;
    memcpy(m->pem, pem.data, pem.len);

    rc = api_mint_name(m, members, err);

    if (rc != API_OK) {
        api_minter_free(m);
        return rc;
    }

    *minter = m;

    return API_OK;
}


int
api_minter_create(api_minter_t **minter, api_span_t pem,
    const api_alloc_t *alloc, api_err_t *err)
{
    int       rc;
    EVP_PKEY *key;

    *minter = NULL;
    ERR_clear_error();

    key = api_mint_key(pem);

    rc = key ? api_mint_make(minter, key, pem, alloc, err)
             : api_mint_fail(err, API_INVALID,
                 "no private key in PEM without a passphrase");

    EVP_PKEY_free(key);
    ERR_clear_error();

    return rc;
}


void
api_minter_free(api_minter_t *m)
{
    if (m == NULL) {
        return;
    }

    OPENSSL_cleanse(m->pem, m->pem_len);

    if (m->alloc->free) {
        m->alloc->free(m->alloc->ctx, m);
    }
}


api_span_t
api_minter_kid(const api_minter_t *m)
{
    return api_span(m->kid, strlen(m->kid));
}


api_span_t
api_minter_alg(const api_minter_t *m)
{
    return api_span(m->alg, strlen(m->alg));
}


api_span_t
api_minter_jwk(const api_minter_t *m)
{
    return api_span(m->jwk, m->jwk_len);
}


static int
api_mint_encode(const api_minter_t *m, jwt_t *jwt, const char *claims,
    char *out, size_t size, size_t *len, api_err_t *err)
{
    int   rc;
    char *text;

    if (jwt_add_header(jwt, "kid", m->kid) != 0
        || jwt_set_alg(jwt, m->jwt_alg, m->pem, (int) m->pem_len) != 0)
    {
        return api_mint_fail(err, API_NOMEM, "no memory");
    }

    if (jwt_add_grants_json(jwt, claims) != 0) {
        return api_mint_fail(
            err, API_INVALID, "libjwt does not take the claims");
    }

    text = jwt_encode_str(jwt);
    if (text == NULL) {
        return api_mint_fail(err, API_INTERNAL, "libjwt could not sign");
    }

    *len = strlen(text);

    if (*len > size) {
        rc = api_mint_fail(err, API_LIMIT, "the token is too long");

    } else {
        memcpy(out, text, *len);
        rc = API_OK;
    }

    free(text); /* libjwt 1.10 has no function for it */

    return rc;
}


int
api_minter_sign(const api_minter_t *m, const char *claims, char *out,
    size_t size, size_t *len, api_err_t *err)
{
    int    rc;
    jwt_t *jwt;

    ERR_clear_error();

    if (jwt_new(&jwt) != 0) {
        return api_mint_fail(err, API_NOMEM, "no memory");
    }

    rc = api_mint_encode(m, jwt, claims, out, size, len, err);

    jwt_free(jwt);
    ERR_clear_error();

    return rc;
}
