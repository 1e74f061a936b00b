/* Keys by hand: PEM, secrets, and the search for candidates. */

#include "api_jwk.h"
#include "sign.h"
#include "ut.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>


static const api_span_t NONE = { NULL, 0 };

#define PEM_OF(bio_write)                                                     \
    do {                                                                      \
        BIO *bio_ = BIO_new(BIO_s_mem());                                     \
        (void) (bio_write);                                                   \
        n = BIO_get_mem_data(bio_, &data);                                    \
        pem = sign_text("%.*s", (int) n, data);                               \
        BIO_free(bio_);                                                       \
    } while (0)


static int
add_pem(const char *pem, const char *kid, api_jws_alg_t alg, uint32_t *algs,
    api_err_t *err)
{
    int         rc;
    api_jwks_t *jwks;

    memset(err, 0, sizeof(*err));

    if (api_jwks_create(&jwks, &api_alloc_libc) != API_OK) {
        return API_NOMEM;
    }

    rc = api_jwks_add_pem(
        jwks, ut_guard(sign_span(pem)), sign_span(kid), alg, err);

    *algs = api_jwks_count(jwks) ? api_jwk_algs(api_jwks_key(jwks, 0)) : 0;
    api_jwks_free(jwks);

    return rc;
}


static void
pem_refused(const char *pem, api_jws_alg_t alg, int rc, const char *says,
    const char *name)
{
    uint32_t  algs;
    api_err_t err;

    ut_int(add_pem(pem, "", alg, &algs, &err), rc, "refused: %s", name);

    if (!ut_ok(strstr(err.text, says) != NULL, "... and says why")) {
        printf("#   %s\n", err.text);
    }

    ut_int(algs, 0, "... and leaves nothing");
    ut_int(ERR_peek_error(), 0, "... nor an error in OpenSSL's queue");
}


static void
pem_taken(const char *pem, api_jws_alg_t alg, uint32_t want, const char *name)
{
    uint32_t  algs;
    api_err_t err;

    if (!ut_ok(add_pem(pem, "k", alg, &algs, &err) == API_OK, "taken: %s",
            name)) {
        printf("#   %s\n", err.text);
    }

    ut_int(algs, want, "... for its algorithms");
    ut_int(ERR_peek_error(), 0, "... no error in OpenSSL's queue");
}


static const char *
certificate(EVP_PKEY *pkey)
{
    long        n;
    char       *data;
    X509       *cert;
    const char *pem;

    cert = X509_new();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
        (const unsigned char *) "t", -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    X509_set_pubkey(cert, pkey);
    X509_sign(
        cert, pkey, EVP_PKEY_is_a(pkey, "ED25519") ? NULL : EVP_sha256());
    PEM_OF(PEM_write_bio_X509(bio_, cert));
    X509_free(cert);

    return pem;
}


static void
test_pem(void)
{
    long        n;
    char       *data;
    size_t      i;
    sign_key_t  key;
    const char *pem;

    static const struct {
        const char *type;
        uint32_t    algs;
    } v[] = {
        { "RSA", 0x3fu << API_JWS_RS256 },
        { "RSA3072", 0x3fu << API_JWS_RS256 },
        { "P-256", API_JWS_BIT(API_JWS_ES256) },
        { "P-384", API_JWS_BIT(API_JWS_ES384) },
        { "P-521", API_JWS_BIT(API_JWS_ES512) },
        { "secp256k1", API_JWS_BIT(API_JWS_ES256K) },
        { "ED25519", API_JWS_BIT(API_JWS_EDDSA) },
        { "ED448", API_JWS_BIT(API_JWS_EDDSA) },
    };

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        key = sign_new(v[i].type);
        pem_taken(sign_pem(&key), API_JWS_UNKNOWN, v[i].algs, v[i].type);
        pem_refused(
            sign_pem(&key), API_JWS_HS256, API_INVALID, "fit", "as a secret");

        if (v[i].algs != API_JWS_BIT(API_JWS_EDDSA)) {
            pem_taken(certificate(key.pkey), API_JWS_UNKNOWN, v[i].algs,
                "its certificate");
        }

        PEM_OF(PEM_write_bio_PKCS8PrivateKey(
            bio_, key.pkey, NULL, NULL, 0, NULL, NULL));
        pem_refused(
            pem, API_JWS_UNKNOWN, API_INVALID, "private", "its private key");
    }

    key = sign_new("RSA");
    pem = sign_pem(&key);
    pem_taken(pem, API_JWS_PS256, API_JWS_BIT(API_JWS_PS256), "RSA for PS256");
    pem_taken(sign_text("a comment\n\n%s\n", pem), API_JWS_UNKNOWN, v[0].algs,
        "text around it");
    pem_refused(sign_text("%s%s", pem, pem), API_JWS_UNKNOWN, API_INVALID,
        "more than one", "two blocks");
    pem_refused(sign_text("%.*s", (int) strlen(pem) / 2, pem), API_JWS_UNKNOWN,
        API_INVALID, "no PEM", "half of it");
    pem_refused("", API_JWS_UNKNOWN, API_INVALID, "no PEM", "nothing");
    pem_refused("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        API_JWS_UNKNOWN, API_INVALID, "cannot be read", "no key in it");
    pem_refused("-----BEGIN X-----\nAAAA\n-----END X-----\n", API_JWS_UNKNOWN,
        API_UNSUPPORTED, "neither", "another label");

    PEM_OF(PEM_write_bio_PrivateKey_traditional(
        bio_, key.pkey, NULL, NULL, 0, NULL, NULL));
    pem_refused(pem, API_JWS_UNKNOWN, API_INVALID, "private",
        "a private key of the old form");

    key = sign_new("RSA1024");
    pem_refused(sign_pem(&key), API_JWS_UNKNOWN, API_INVALID, "1024 bits",
        "RSA of 1024 bits");
    pem_refused(certificate(key.pkey), API_JWS_UNKNOWN, API_INVALID,
        "1024 bits", "... in a certificate");
}


/* Types that sign nothing of ours. */

static void
test_pem_types(void)
{
    long          n;
    char         *data;
    size_t        i;
    EVP_PKEY     *pkey;
    const char   *pem;
    EVP_PKEY_CTX *ctx;

    static const char *const types[] = { "X25519", "X448" };
    static const char *const groups[] = { "P-224", "brainpoolP256r1" };

    for (i = 0; i < 2; i++) {
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, types[i]);
        PEM_OF(PEM_write_bio_PUBKEY(bio_, pkey));
        pem_refused(
            pem, API_JWS_UNKNOWN, API_UNSUPPORTED, "not known", types[i]);
        EVP_PKEY_free(pkey);

        pkey = EVP_EC_gen(groups[i]);
        PEM_OF(PEM_write_bio_PUBKEY(bio_, pkey));
        pem_refused(
            pem, API_JWS_UNKNOWN, API_UNSUPPORTED, "not known", groups[i]);
        EVP_PKEY_free(pkey);
    }

    pkey = NULL;
    ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
    EVP_PKEY_keygen_init(ctx);
    EVP_PKEY_keygen(ctx, &pkey);
    PEM_OF(PEM_write_bio_PUBKEY(bio_, pkey));
    pem_refused(pem, API_JWS_UNKNOWN, API_UNSUPPORTED, "not known", "RSA-PSS");
    EVP_PKEY_free(pkey);
    EVP_PKEY_CTX_free(ctx);

    /* compressed point: another spelling of a good key */

    pkey = EVP_EC_gen("P-256");
    EVP_PKEY_set_utf8_string_param(pkey, "point-format", "compressed");
    PEM_OF(PEM_write_bio_PUBKEY(bio_, pkey));
    pem_taken(pem, API_JWS_UNKNOWN, API_JWS_BIT(API_JWS_ES256),
        "a compressed point");
    EVP_PKEY_free(pkey);
}


static void
test_secret(void)
{
    api_err_t   err;
    api_jwks_t *jwks;
    sign_key_t  key;
    api_span_t  secret;

    secret = api_span(sign_alloc(64), 64);

    api_jwks_create(&jwks, &api_alloc_libc);

    ut_int(api_jwks_add_secret(
               jwks, api_span(secret.data, 31), NONE, API_JWS_UNKNOWN, &err),
        API_INVALID, "a secret of 31 bytes");
    ut_int(api_jwks_add_secret(jwks, NONE, NONE, API_JWS_HS256, &err),
        API_INVALID, "an empty secret");
    ut_int(api_jwks_add_secret(jwks, api_span(secret.data, 47), API_SPAN("a"),
               API_JWS_HS384, &err),
        API_INVALID, "47 bytes for HS384");
    ut_int(
        api_jwks_add_secret(jwks, secret, API_SPAN("a"), API_JWS_RS256, &err),
        API_INVALID, "a secret for RS256");
    ut_int(
        api_jwks_add_secret(jwks, secret, API_SPAN("a"), API_JWS_HS256, &err),
        API_OK, "64 bytes");
    ut_int(
        api_jwks_add_secret(jwks, secret, API_SPAN("a"), API_JWS_HS256, &err),
        API_DUPLICATE, "the same kid");
    ut_int(
        api_jwks_add_secret(jwks, secret, API_SPAN(""), API_JWS_HS256, NULL),
        API_OK, "an empty kid is none");
    ut_ok(api_jwk_kid(api_jwks_key(jwks, 1)).data == NULL, "... indeed");

    key = sign_new("P-256");
    ut_int(api_jwks_add_pem(jwks, sign_span(sign_pem(&key)), API_SPAN("b"),
               API_JWS_UNKNOWN, &err),
        API_INVALID, "a public key next to secrets");
    ut_int(api_jwks_count(jwks), 2, "two keys are in");

    api_jwks_free(jwks);
    api_jwks_free(NULL);
}


/* The candidates for alg and kid, as a string of their places in the set. */

static void
candidates(const api_jwks_t *jwks, api_jws_alg_t alg, const char *kid,
    const char *want)
{
    char       got[16];
    size_t     i, n, it;
    api_jwk_t *key;
    api_span_t name = kid ? sign_span(kid) : NONE;

    n = it = 0;

    while ((key = api_jwks_find(jwks, alg, name, &it)) != NULL && n < 15) {
        for (i = 0; api_jwks_key(jwks, i) != key; i++) {
        }

        got[n++] = (char) ('0' + i);
    }

    ut_span(api_span(got, n), sign_span(want), "%s, kid %s: \"%s\"",
        api_jws_alg_name(alg), kid ? kid : "absent", want);
    ut_ok(api_jwks_find(jwks, alg, name, &it) == NULL, "... and no more");
}


static void
test_find(void)
{
    api_err_t             err;
    api_jwks_t           *jwks;
    sign_key_t            rsa = sign_new("RSA"), ec = sign_new("P-256");
    const api_jwks_opts_t opts = { 0 };

    api_jwks_parse(&jwks,
        sign_span(sign_text("{\"keys\":[%s,%s,%s,%s,%s,%s]}",
            sign_jwk(&rsa, ",\"kid\":\"a\""), sign_jwk(&rsa, ""),
            sign_jwk(&ec, ",\"kid\":\"b\""), sign_jwk(&ec, ""),
            sign_jwk(&rsa, ",\"alg\":\"PS256\""),
            sign_jwk(&rsa, ",\"kid\":\"c\",\"alg\":\"RS256\""))),
        &opts, &api_alloc_libc, &err);

    candidates(jwks, API_JWS_RS256, "a", "0");
    candidates(jwks, API_JWS_RS256, "b", "");
    candidates(jwks, API_JWS_RS256, "c", "5");
    candidates(jwks, API_JWS_PS256, "c", "");
    candidates(jwks, API_JWS_RS256, "x", "1");
    candidates(jwks, API_JWS_PS256, "x", "14");
    candidates(jwks, API_JWS_RS256, "", "1");
    candidates(jwks, API_JWS_RS256, NULL, "015");
    candidates(jwks, API_JWS_PS256, NULL, "014");
    candidates(jwks, API_JWS_ES256, "b", "2");
    candidates(jwks, API_JWS_ES256, "x", "3");
    candidates(jwks, API_JWS_ES256, NULL, "23");
    candidates(jwks, API_JWS_ES384, NULL, "");
    candidates(jwks, API_JWS_HS256, NULL, "");
    candidates(jwks, API_JWS_UNKNOWN, NULL, "");
    candidates(jwks, API_JWS_NALGS, NULL, "");
    candidates(jwks, API_JWS_RS256, "aa", "1");
    candidates(jwks, API_JWS_RS256, "A", "1");

    api_jwks_free(jwks);
}


static void
test_oom(void)
{
    int         rc = API_NOMEM;
    size_t      n, i, wrong = 0;
    sign_key_t  key = sign_new("P-256");
    ut_alloc_t  u;
    api_jwks_t *jwks;

    for (n = 1; n < 100; n++) {
        ut_arm(&u, n);
        jwks = NULL;
        rc = api_jwks_create(&jwks, &u.alloc);

        for (i = 0; rc == API_OK && i < 6; i++) {
            rc = api_jwks_add_pem(jwks, sign_span(sign_pem(&key)),
                sign_span(sign_text("%zu", i)), API_JWS_UNKNOWN, NULL);
        }

        api_jwks_free(jwks);
        wrong += u.live != 0;

        if (u.calls < n) {
            break;
        }

        wrong += rc != API_NOMEM;
    }

    ut_int(rc, API_OK, "six keys at last");
    ut_ok(n > 8, "... after %zu allocations", n);
    ut_int(wrong, 0, "... each of which could fail");
}


int
main(void)
{
    test_pem();
    test_pem_types();
    test_secret();
    test_find();
    test_oom();
    sign_reset();

    return ut_done();
}
