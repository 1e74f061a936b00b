/*
 * Tokens that we sign are good for our own verifier, under the public key that
 * we publish; keys that are no good are refused; memory that is not there.
 */

#include "api_jws_mint.h"
#include "api_jwt.h"
#include "ut.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>


static const api_sipkey_t seed = { 71, 72 };


/* A key of its own for each run, as PEM with libc's malloc. */

static api_span_t
private_pem(EVP_PKEY *key)
{
    BIO  *bio = BIO_new(BIO_s_mem());
    char *text, *copy;
    long  len;

    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    len = BIO_get_mem_data(bio, &text);
    copy = malloc((size_t) len);
    memcpy(copy, text, (size_t) len);

    BIO_free(bio);
    EVP_PKEY_free(key);

    return api_span(copy, (size_t) len);
}


static void
give(api_span_t s)
{
    free((void *) (uintptr_t) s.data);
}


/* Our own verifier, with the JWK Set that a verifier would fetch. */

static int
verified(const api_minter_t *m, api_span_t token, const char *sub)
{
    int             rc;
    char            set[API_JWS_MINT_JWK + 32];
    api_jwt_t       jwt;
    api_jwks_t     *jwks;
    api_arena_t     arena;
    api_jwks_opts_t opts = { .seed = seed };

    snprintf(set, sizeof(set), "{\"keys\":[%.*s]}",
        (int) api_minter_jwk(m).len, (const char *) api_minter_jwk(m).data);

    rc = api_jwks_parse(
        &jwks, api_span(set, strlen(set)), &opts, &api_alloc_libc, NULL);
    if (rc != API_OK) {
        return rc;
    }

    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    rc = api_jwt_parse(&jwt, token, NULL, seed, &arena, NULL);

    if (rc == API_JWT_OK) {
        rc = api_jwt_verify(&jwt, jwks, NULL);
    }

    if (rc == API_JWT_OK && !api_span_eq(jwt.sub, api_span(sub, strlen(sub))))
    {
        rc = -100;
    }

    api_arena_free(&arena);
    api_jwks_free(jwks);

    return rc;
}


static void
test_sign(EVP_PKEY *key, const char *alg)
{
    char          out[4096];
    size_t        len, n;
    api_err_t     err;
    api_span_t    pem;
    api_minter_t *m;

    pem = private_pem(key);

    ut_int(api_minter_create(&m, pem, &api_alloc_libc, &err), API_OK,
        "a key for %s", alg);
    ut_span(api_minter_alg(m), api_span(alg, strlen(alg)), "its algorithm");
    ut_int(api_minter_kid(m).len, API_JWS_MINT_KID, "its name");

    ut_int(api_minter_sign(m, "{\"sub\":\"\\u00e4lice\",\"exp\":1}", out,
               sizeof(out), &len, &err),
        API_OK, "a token");
    ut_int(verified(m, api_span(out, len), "\xc3\xa4lice"), API_OK,
        "is good under the published key");

    n = len / 2;
    out[n] = out[n] == 'A' ? 'B' : 'A';
    ut_ok(verified(m, api_span(out, len), "\xc3\xa4lice") != API_OK,
        "and not any more with one letter changed");

    ut_int(api_minter_sign(m, "{\"sub\":\"x\"}", out, 100, &len, &err),
        API_LIMIT, "no room");
    ut_int(api_minter_sign(m, "{\"sub\":", out, sizeof(out), &len, &err),
        API_INVALID, "claims that are no JSON");
    ut_int(api_minter_sign(m, "[]", out, sizeof(out), &len, &err), API_INVALID,
        "claims that are no object");

    ut_ok(strstr((const char *) api_minter_jwk(m).data, "\"d\"") == NULL,
        "no private member in what is published");

    api_minter_free(m);
    give(pem);
}


static void
refuse(api_span_t pem, int want, const char *what)
{
    api_err_t     err;
    api_minter_t *m;

    ut_int(
        api_minter_create(&m, pem, &api_alloc_libc, &err), want, "%s", what);
    ut_ok(m == NULL && err.text[0], "and is told why: %s", err.text);
}


static void
test_refused(void)
{
    EVP_PKEY  *key;
    BIO       *bio;
    api_span_t pem, cut;
    char      *text;
    long       len;

    refuse(API_SPAN(""), API_INVALID, "nothing");
    refuse(API_SPAN("secret"), API_INVALID, "no PEM");

    pem = private_pem(EVP_RSA_gen(1024));
    refuse(pem, API_DENIED, "a short RSA key");
    give(pem);

    pem = private_pem(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
    refuse(pem, API_UNSUPPORTED, "a type that libjwt does not know");
    give(pem);

    pem = private_pem(EVP_EC_gen("secp256k1"));
    refuse(pem, API_UNSUPPORTED, "a curve that has no algorithm");

    cut = api_span(pem.data, pem.len / 2);
    refuse(cut, API_INVALID, "half a key");
    give(pem);

    key = EVP_EC_gen("P-256");
    bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(bio, key);
    len = BIO_get_mem_data(bio, &text);
    refuse(api_span(text, (size_t) len), API_INVALID, "a public key");
    BIO_free(bio);

    bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(
        bio, key, EVP_aes_128_cbc(), NULL, 0, NULL, (void *) "pass");
    len = BIO_get_mem_data(bio, &text);
    refuse(api_span(text, (size_t) len), API_INVALID,
        "a key with a passphrase, and nobody is asked for it");
    BIO_free(bio);
    EVP_PKEY_free(key);
}


static void
test_nomem(void)
{
    int           rc;
    size_t        n;
    api_err_t     err;
    api_span_t    pem;
    ut_alloc_t    u;
    api_minter_t *m;

    pem = private_pem(EVP_EC_gen("P-256"));

    for (n = 1; n < 100; n++) {
        ut_arm(&u, n);
        rc = api_minter_create(&m, pem, &u.alloc, &err);
        api_minter_free(m);

        if (u.live != 0 || u.calls < n) {
            break;
        }

        ut_int(rc, API_NOMEM, "allocation %d fails", (int) n);
    }

    ut_int(u.live, 0, "nothing is left behind");
    ut_int(rc, API_OK, "and at last it works");

    give(pem);
}


int
main(void)
{
    test_sign(EVP_RSA_gen(2048), "RS256");
    test_sign(EVP_EC_gen("P-256"), "ES256");
    test_sign(EVP_EC_gen("P-384"), "ES384");
    test_sign(EVP_EC_gen("P-521"), "ES512");
    test_refused();
    test_nomem();

    return ut_done();
}
