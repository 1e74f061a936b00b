#include "apisec_key.h"
#include "api_base64.h"

#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>


#define KEY_MAX_NUMBER 2048

typedef struct {
    const char *type;  /* OpenSSL's name */
    const char *group; /* of an EC key; otherwise NULL */
    const char *kty;
    const char *crv;
    const char *alg;
    size_t      width; /* bytes of a coordinate */
} key_kind_t;

static const key_kind_t kinds[] = {
    { "RSA", NULL, "RSA", NULL, "RS256", 0 },
    { "EC", "prime256v1", "EC", "P-256", "ES256", 32 },
    { "EC", "secp384r1", "EC", "P-384", "ES384", 48 },
    { "EC", "secp521r1", "EC", "P-521", "ES512", 66 },
    { "EC", "secp256k1", "EC", "secp256k1", "ES256K", 32 },
    { "ED25519", NULL, "OKP", "Ed25519", "EdDSA", 32 },
    { "ED448", NULL, "OKP", "Ed448", "EdDSA", 57 },
};


static const key_kind_t *
kind_of(EVP_PKEY *key)
{
    char   group[64];
    size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!EVP_PKEY_is_a(key, kinds[i].type)) {
            continue;
        }

        if (kinds[i].group == NULL
            || (EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1
                && strcmp(group, kinds[i].group) == 0))
        {
            return &kinds[i];
        }
    }

    return NULL;
}


static BIO *
reader(api_span_t text)
{
    return BIO_new_mem_buf(text.data, (int) text.len);
}


/* A file with a passphrase must not make a batch job wait at a prompt. */

static int
no_passphrase(char *buf, int size, int writing, void *ctx)
{
    (void) buf;
    (void) size;
    (void) writing;
    (void) ctx;

    return -1;
}


EVP_PKEY *
apisec_key_private(api_span_t pem)
{
    BIO      *bio = reader(pem);
    EVP_PKEY *key;

    key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    BIO_free(bio);
    ERR_clear_error();

    return key;
}


EVP_PKEY *
apisec_key_public(api_span_t pem)
{
    BIO      *bio = reader(pem);
    X509     *cert;
    EVP_PKEY *key;

    key = PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
    BIO_free(bio);

    if (key == NULL) {
        bio = reader(pem);
        cert = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
        key = cert ? X509_get_pubkey(cert) : NULL;
        X509_free(cert);
        BIO_free(bio);
    }

    ERR_clear_error();

    return key;
}


EVP_PKEY *
apisec_key_make(void)
{
    return EVP_EC_gen("P-256");
}


static api_span_t
written(BIO *bio, int ok)
{
    long  len;
    char *data, *copy;

    len = ok == 1 ? BIO_get_mem_data(bio, &data) : 0;
    copy = apisec_alloc((size_t) len + 1);

    if (len) {
        memcpy(copy, data, (size_t) len);
    }

    BIO_free(bio);

    return api_span(copy, (size_t) len);
}


api_span_t
apisec_key_private_pem(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_secmem());

    return written(bio,
        PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL));
}


api_span_t
apisec_key_public_pem(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());

    return written(bio, PEM_write_bio_PUBKEY(bio, key));
}


const char *
apisec_key_alg(EVP_PKEY *key)
{
    const key_kind_t *kind = kind_of(key);

    return kind ? kind->alg : NULL;
}


static bool
add_bytes(cJSON *jwk, const char *name, const uint8_t *bytes, size_t len)
{
    char text[api_base64url_encoded_len(KEY_MAX_NUMBER) + 1];

    text[api_base64url_encode(api_span(bytes, len), text)] = '\0';

    return cJSON_AddStringToObject(jwk, name, text) != NULL;
}


/* A number of the key, padded to width unless that is 0. */

static bool
add_number(cJSON *jwk, const char *name, EVP_PKEY *key, const char *param,
    size_t width)
{
    int     len;
    BIGNUM *n = NULL;
    uint8_t bytes[KEY_MAX_NUMBER];

    if (EVP_PKEY_get_bn_param(key, param, &n) != 1) {
        return false;
    }

    len = width ? (int) width : BN_num_bytes(n);
    len = len <= KEY_MAX_NUMBER ? BN_bn2binpad(n, bytes, len) : -1;
    BN_free(n);

    return len > 0 && add_bytes(jwk, name, bytes, (size_t) len);
}


static bool
add_public(cJSON *jwk, EVP_PKEY *key, const key_kind_t *kind)
{
    size_t  len = KEY_MAX_NUMBER;
    uint8_t bytes[KEY_MAX_NUMBER];

    if (strcmp(kind->kty, "RSA") == 0) {
        return add_number(jwk, "n", key, OSSL_PKEY_PARAM_RSA_N, 0)
               && add_number(jwk, "e", key, OSSL_PKEY_PARAM_RSA_E, 0);
    }

    if (strcmp(kind->kty, "EC") == 0) {
        return add_number(jwk, "x", key, OSSL_PKEY_PARAM_EC_PUB_X, kind->width)
               && add_number(
                   jwk, "y", key, OSSL_PKEY_PARAM_EC_PUB_Y, kind->width);
    }

    return EVP_PKEY_get_raw_public_key(key, bytes, &len) == 1
           && add_bytes(jwk, "x", bytes, len);
}


/* The members RFC 7638 wants, of any type of key, in its order; no value of
   theirs needs an escape. */

static void
thumbprint(const cJSON *jwk, char kid[APISEC_KID_LEN + 1])
{
    static const char *const names[] = { "crv", "e", "kty", "n", "x", "y" };

    size_t       i;
    uint8_t      digest[SHA256_DIGEST_LENGTH];
    const char  *text = "";
    const cJSON *value;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        value = cJSON_GetObjectItemCaseSensitive(jwk, names[i]);

        if (value) {
            text = apisec_text("%s%s\"%s\":\"%s\"", text, *text ? "," : "",
                names[i], value->valuestring);
        }
    }

    text = apisec_text("{%s}", text);
    SHA256((const uint8_t *) text, strlen(text), digest);
    kid[api_base64url_encode(api_span(digest, sizeof(digest)), kid)] = '\0';
}


cJSON *
apisec_key_jwk(EVP_PKEY *key, const char *alg)
{
    char              kid[APISEC_KID_LEN + 1];
    cJSON            *jwk = cJSON_CreateObject();
    const key_kind_t *kind = kind_of(key);

    if (jwk == NULL || kind == NULL
        || !cJSON_AddStringToObject(jwk, "kty", kind->kty)
        || (kind->crv && !cJSON_AddStringToObject(jwk, "crv", kind->crv))
        || !add_public(jwk, key, kind))
    {
        cJSON_Delete(jwk);
        ERR_clear_error();
        return NULL;
    }

    thumbprint(jwk, kid);

    cJSON_AddStringToObject(jwk, "kid", kid);
    cJSON_AddStringToObject(jwk, "use", "sig");

    if (alg) {
        cJSON_AddStringToObject(jwk, "alg", alg);
    }

    return jwk;
}


bool
apisec_key_thumbprint(EVP_PKEY *key, char kid[APISEC_KID_LEN + 1])
{
    cJSON *jwk = apisec_key_jwk(key, NULL);

    if (jwk) {
        thumbprint(jwk, kid);
        cJSON_Delete(jwk);
    }

    return jwk != NULL;
}


api_span_t
apisec_key_set(cJSON *keys)
{
    cJSON *set = cJSON_CreateObject();

    cJSON_AddItemToObject(set, "keys", keys);

    return apisec_json(set);
}


api_span_t
apisec_json(cJSON *document)
{
    char *text, *copy;

    text = cJSON_Print(document);
    copy = apisec_text("%s\n", text ? text : "");
    cJSON_free(text);
    cJSON_Delete(document);

    return api_span(copy, strlen(copy));
}
