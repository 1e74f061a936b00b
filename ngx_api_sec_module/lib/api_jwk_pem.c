#include "api_jwk_key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>


/* The widest number: a modulus of 16384 bits. */

#define API_JWK_MAX_NUMBER 2048

typedef struct {
    uint8_t n[API_JWK_MAX_NUMBER], e[API_JWK_MAX_NUMBER];
    uint8_t x[66], y[66];
} api_jwk_numbers_t;


#define api_jwk_pem_bad(err, ...)                                             \
    api_fail(err, API_INVALID, API_INVALID, 0, __VA_ARGS__)


static EVP_PKEY *
api_jwk_der_spki(const uint8_t *p, long len)
{
    EVP_PKEY      *pkey;
    const uint8_t *end = p + len;

    pkey = d2i_PUBKEY(NULL, &p, len);

    if (pkey && p != end) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }

    return pkey;
}


static EVP_PKEY *
api_jwk_der_cert(const uint8_t *p, long len)
{
    X509     *cert;
    EVP_PKEY *pkey;

    cert = d2i_X509(NULL, &p, len);
    pkey = cert ? X509_get_pubkey(cert) : NULL;
    X509_free(cert);

    return pkey;
}


static const struct {
    const char *label;
    EVP_PKEY *(*read)(const uint8_t *p, long len);
} api_jwk_labels[] = {
    { PEM_STRING_PUBLIC, api_jwk_der_spki },
    { PEM_STRING_X509, api_jwk_der_cert },
};


/* The key in a block with this label. */

static int
api_jwk_read_block(EVP_PKEY **pkey, const char *label, const uint8_t *der,
    long len, api_err_t *err)
{
    size_t i, n = sizeof(api_jwk_labels) / sizeof(api_jwk_labels[0]);

    if (strstr(label, "PRIVATE")) {
        return api_jwk_pem_bad(
            err, "a private key: give the public one, it is enough");
    }

    for (i = 0; i < n; i++) {
        if (strcmp(label, api_jwk_labels[i].label) == 0) {
            *pkey = api_jwk_labels[i].read(der, len);

            return *pkey ? API_OK
                         : api_jwk_pem_bad(err, "the %s cannot be read",
                             api_jwk_labels[i].label);
        }
    }

    return api_fail(err, API_UNSUPPORTED, API_UNSUPPORTED, 0,
        "neither PUBLIC KEY nor CERTIFICATE");
}


/* Exactly one block. */

static int
api_jwk_read_pem(EVP_PKEY **pkey, api_span_t pem, api_err_t *err)
{
    int      rc;
    BIO     *bio;
    long     len, more;
    char    *label, *header, *label2, *header2;
    uint8_t *der, *der2;

    if (pem.len == 0 || pem.len > 1024 * 1024) {
        return api_jwk_pem_bad(err, "no PEM block");
    }

    bio = BIO_new_mem_buf(pem.data, (int) pem.len);
    if (bio == NULL) {
        return api_fail(err, API_NOMEM, API_NOMEM, 0, "no memory");
    }

    if (PEM_read_bio(bio, &label, &header, &der, &len) != 1) {
        BIO_free(bio);
        return api_jwk_pem_bad(err, "no PEM block");
    }

    rc = api_jwk_read_block(pkey, label, der, len, err);

    if (rc == API_OK
        && PEM_read_bio(bio, &label2, &header2, &der2, &more) == 1) {
        rc = api_jwk_pem_bad(err, "more than one PEM block");

        OPENSSL_free(label2);
        OPENSSL_free(header2);
        OPENSSL_clear_free(der2, (size_t) more);
    }

    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_clear_free(der, (size_t) len);
    BIO_free(bio);

    return rc;
}


/* A number of the key into room, at least len bytes wide. */

static int
api_jwk_number(EVP_PKEY *pkey, const char *name, uint8_t *room, size_t size,
    size_t len, api_span_t *out)
{
    int     n;
    BIGNUM *bn;

    bn = NULL;

    if (EVP_PKEY_get_bn_param(pkey, name, &bn) != 1) {
        return API_INVALID;
    }

    if (len == 0) {
        len = (size_t) BN_num_bytes(bn);
    }

    n = len <= size ? BN_bn2binpad(bn, room, (int) len) : -1;
    BN_free(bn);

    if (n < 0) {
        return API_INVALID;
    }

    *out = api_span(room, len);

    return API_OK;
}


static int
api_jwk_pem_rsa(
    api_jwk_parts_t *parts, EVP_PKEY *pkey, api_jwk_numbers_t *room)
{
    parts->type = API_JWK_RSA;

    if (api_jwk_number(pkey, OSSL_PKEY_PARAM_RSA_N, room->n, sizeof(room->n),
            0, &parts->n)
        != API_OK)
    {
        return API_INVALID;
    }

    return api_jwk_number(
        pkey, OSSL_PKEY_PARAM_RSA_E, room->e, sizeof(room->e), 0, &parts->e);
}


/* A curve with its parameters written out has no name here unless they are
   those of a known one. */

static int
api_jwk_pem_ec(api_jwk_parts_t *parts, EVP_PKEY *pkey, api_jwk_numbers_t *room)
{
    char     name[64];
    size_t   len;
    unsigned i;

    parts->type = API_JWK_EC;

    if (EVP_PKEY_get_group_name(pkey, name, sizeof(name), NULL) != 1) {
        return API_UNSUPPORTED;
    }

    for (i = API_JWK_NO_CURVE + 1; i < API_JWK_NCURVES; i++) {
        if (strcmp(name, api_jwk_curves[i].name) == 0) {
            break;
        }
    }

    if (i == API_JWK_NCURVES) {
        return API_UNSUPPORTED;
    }

    parts->curve = (api_jwk_curve_t) i;
    len = api_jwk_curves[i].len;

    if (api_jwk_number(pkey, OSSL_PKEY_PARAM_EC_PUB_X, room->x,
            sizeof(room->x), len, &parts->x)
        != API_OK)
    {
        return API_INVALID;
    }

    return api_jwk_number(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, room->y,
        sizeof(room->y), len, &parts->y);
}


static int
api_jwk_pem_okp(
    api_jwk_parts_t *parts, EVP_PKEY *pkey, api_jwk_numbers_t *room)
{
    size_t len = sizeof(room->x);

    parts->type = API_JWK_OKP;
    parts->curve =
        EVP_PKEY_is_a(pkey, "ED448") ? API_JWK_ED448 : API_JWK_ED25519;

    if (EVP_PKEY_get_raw_public_key(pkey, room->x, &len) != 1) {
        return API_INVALID;
    }

    parts->x = api_span(room->x, len);

    return API_OK;
}


static const struct {
    const char *name;
    int (*read)(
        api_jwk_parts_t *parts, EVP_PKEY *pkey, api_jwk_numbers_t *room);
} api_jwk_pem_types[] = {
    { "RSA", api_jwk_pem_rsa },
    { "EC", api_jwk_pem_ec },
    { "ED25519", api_jwk_pem_okp },
    { "ED448", api_jwk_pem_okp },
};


static int
api_jwk_pem_parts(api_jwk_parts_t *parts, EVP_PKEY *pkey,
    api_jwk_numbers_t *room, api_err_t *err)
{
    int    rc;
    size_t i, n = sizeof(api_jwk_pem_types) / sizeof(api_jwk_pem_types[0]);

    rc = API_UNSUPPORTED;

    for (i = 0; i < n; i++) {
        if (EVP_PKEY_is_a(pkey, api_jwk_pem_types[i].name)) {
            rc = api_jwk_pem_types[i].read(parts, pkey, room);
            break;
        }
    }

    if (rc == API_UNSUPPORTED) {
        return api_fail(err, rc, rc, 0, "a type of key or curve not known");
    }

    if (rc != API_OK) {
        return api_fail(err, rc, rc, 0, "the key has no usable numbers");
    }

    return API_OK;
}


int
api_jwks_add_pem(api_jwks_t *jwks, api_span_t pem, api_span_t kid,
    api_jws_alg_t alg, api_err_t *err)
{
    int               rc;
    EVP_PKEY         *pkey;
    api_jwk_parts_t   parts = { .alg = alg };
    api_jwk_numbers_t room;

    if (kid.len) {
        parts.kid = kid;
    }

    pkey = NULL;
    rc = api_jwk_read_pem(&pkey, pem, err);

    if (rc == API_OK) {
        rc = api_jwk_pem_parts(&parts, pkey, &room, err);
    }

    if (rc == API_OK) {
        rc = api_jwks_add(jwks, &parts, err);
    }

    EVP_PKEY_free(pkey);
    ERR_clear_error();

    return rc;
}
