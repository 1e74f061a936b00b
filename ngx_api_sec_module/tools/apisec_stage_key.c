/*
 * The keys of a stage.  Each stands in for one that nobody should hand out.
 */

#include "apisec_stage.h"
#include "apisec_store.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>


static EVP_PKEY *
make(api_stage_key_t key)
{
    switch (key) {
    case API_STAGE_RSA:
        return EVP_RSA_gen(2048);
    case API_STAGE_P384:
        return EVP_EC_gen("P-384");
    case API_STAGE_P521:
        return EVP_EC_gen("P-521");
    case API_STAGE_SECP256K1:
        return EVP_EC_gen("secp256k1");
    case API_STAGE_ED25519:
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    default:
        return EVP_EC_gen("P-256");
    }
}


static int
put_pair(const apisec_stage_t *stage, const char *name, EVP_PKEY *key)
{
    int rc;

    rc = apisec_folder_put(stage, apisec_text("keys/%s.key", name),
        apisec_key_private_pem(key), 0600);

    return rc == APISEC_OK
               ? apisec_folder_put(stage, apisec_text("keys/%s.pem", name),
                   apisec_key_public_pem(key), 0644)
               : rc;
}


/* 64 bytes: enough for HS512.  The same twice, so that a forged token has a key
   of the same kind, which nobody takes. */

static int
make_secret(const apisec_stage_t *stage, const char *name)
{
    char pepper[APISEC_PEPPER_LEN + 1];

    apisec_pepper(pepper);

    return apisec_folder_put(
        stage, name, api_span(pepper, APISEC_PEPPER_LEN), 0600);
}


static int
make_pair(const apisec_stage_t *stage, api_stage_key_t kind, const char *name)
{
    int       rc;
    EVP_PKEY *key = make(kind);

    ERR_clear_error();
    rc = key ? put_pair(stage, name, key)
             : apisec_fail(APISEC_FAILED, "OpenSSL made no key");
    EVP_PKEY_free(key);

    return rc;
}


int
apisec_stage_pair(
    const apisec_stage_t *stage, api_stage_key_t kind, const char *name)
{
    const char *file = apisec_text("%s/keys/%s.key", stage->dir, name);

    return access(file, F_OK) == 0 ? APISEC_OK : make_pair(stage, kind, name);
}


static int
put_cert(const apisec_stage_t *stage, const char *name, X509 *cert)
{
    int   rc;
    BIO  *bio = BIO_new(BIO_s_mem());
    char *data;
    long  len;

    if (cert == NULL || bio == NULL || PEM_write_bio_X509(bio, cert) != 1) {
        BIO_free(bio);
        return apisec_fail(APISEC_FAILED, "OpenSSL made no certificate");
    }

    len = BIO_get_mem_data(bio, &data);
    rc = apisec_folder_put(stage, name, api_span(data, (size_t) len), 0644);
    BIO_free(bio);
    X509_free(cert);

    return rc;
}


/* A CA for clients, and the certificate of the servers. */

static int
make_certs(apisec_stage_t *stage)
{
    int       rc;
    int64_t   now = (int64_t) time(NULL);
    EVP_PKEY *key = EVP_EC_gen("P-256");

    stage->ca = EVP_EC_gen("P-256");

    if (stage->ca == NULL || key == NULL) {
        return apisec_fail(APISEC_FAILED, "OpenSSL made no key");
    }

    rc = put_pair(stage, "tls", key);
    rc = rc == APISEC_OK ? put_cert(stage, "keys/tls.pem",
             apisec_cert(key, "CN=stage", NULL, stage->ca, now))
                         : rc;
    EVP_PKEY_free(key);

    return rc == APISEC_OK ? put_cert(stage, "keys/ca.pem",
               apisec_cert(stage->ca, "CN=apisec stage", NULL, NULL, now))
                           : rc;
}


int
apisec_stage_keys(apisec_stage_t *stage)
{
    int         rc = make_secret(stage, "keys/pepper");
    unsigned    k;
    const char *name;

    for (k = 0; rc == APISEC_OK && k < API_STAGE_NKEYS; k++) {
        if (!(stage->plan.keys & 1U << k)) {
            continue;
        }

        name = api_stage_key_name(k);

        if (k == API_STAGE_SECRET) {
            rc = make_secret(stage, apisec_text("keys/%s.key", name));
            rc = rc == APISEC_OK ? make_secret(
                     stage, apisec_text("keys/forged-%s.key", name))
                                 : rc;
        } else {
            rc = make_pair(stage, k, name);
            rc = rc == APISEC_OK
                     ? make_pair(stage, k, apisec_text("forged-%s", name))
                     : rc;
        }
    }

    stage->stores = apisec_sure(cJSON_CreateArray());

    for (k = 0; k < stage->plan.nstores; k++) {
        cJSON_AddItemToArray(stage->stores, apisec_sure(cJSON_CreateArray()));
    }

    stage->answers = "";

    return rc == APISEC_OK ? make_certs(stage) : rc;
}


int
apisec_stage_files(apisec_stage_t *stage)
{
    int         rc;
    uint32_t    i;
    cJSON      *root;
    const char *map;

    map = apisec_text("map $request_body $api_stage_answer {\n"
                      "    default '{\"active\":false}';\n%s}\n",
        stage->answers);
    rc = apisec_folder_put(stage, "answers.conf", apisec_span(map), 0644);

    for (i = 0; rc == APISEC_OK && i < stage->plan.nstores; i++) {
        root = apisec_sure(cJSON_CreateObject());
        cJSON_AddItemToObject(root, "keys",
            apisec_sure(cJSON_Duplicate(
                cJSON_GetArrayItem(stage->stores, (int) i), 1)));
        rc = apisec_folder_put(stage,
            apisec_text("keys/store%02u.json", (unsigned) i),
            apisec_json(root), 0600);
    }

    return rc;
}


const api_conf_dir_t *
apisec_stage_named(
    const apisec_stage_t *stage, const char *directive, const char *name)
{
    const api_conf_dir_t *d;

    for (d = api_conf_child(stage->site->http, directive); d;
         d = api_conf_more(d)) {
        if (api_conf_arg_is(d, 1, name)) {
            return d;
        }
    }

    return NULL;
}


SSL_CTX *
apisec_stage_client(
    apisec_stage_t *stage, const char *subject, const char *san)
{
    X509     *cert = NULL;
    SSL_CTX  *tls = SSL_CTX_new(TLS_client_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");

    if (tls && key && subject) {
        cert = apisec_cert(key, subject, san, stage->ca, (int64_t) time(NULL));
    }

    /* whose server it is, nobody needs to be told */

    if (tls) {
        SSL_CTX_set_verify(tls, SSL_VERIFY_NONE, NULL);
    }

    if (tls == NULL || key == NULL
        || (subject
            && (cert == NULL || SSL_CTX_use_certificate(tls, cert) != 1
                || SSL_CTX_use_PrivateKey(tls, key) != 1)))
    {
        SSL_CTX_free(tls);
        tls = NULL;
    }

    X509_free(cert);
    EVP_PKEY_free(key);
    ERR_clear_error();

    return tls;
}
