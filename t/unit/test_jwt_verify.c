/* Whole tokens of every algorithm: signatures, candidates, and what a change
   of any bit does. */

#include "jwt_expect.h"
#include "ut.h"

#include <openssl/x509.h>
#include <stdio.h>


static const char *
header_of(api_jws_alg_t alg)
{
    return sign_text("{\"alg\":\"%s\"}", api_jws_alg_name(alg));
}


/* Every bit of the token, every prefix, one byte more. */

static void
test_changes(const sign_key_t *key, api_jws_alg_t alg, const char *name)
{
    size_t           i, n, passed, shorter;
    char            *copy;
    api_jwks_t      *keys = jwt_set(key);
    const char      *token;
    api_jwt_policy_t policy = jwt_policy();

    token = sign_token(key, alg, header_of(alg), jwt_claims(""));
    n = strlen(token);
    copy = sign_alloc(n + 2);
    memcpy(copy, token, n);

    ut_int(jwt_verdict(copy, &policy, keys), API_JWT_OK, "%s", name);

    passed = 0;

    for (i = 0; i < n * 8; i++) {
        copy[i / 8] = (char) (copy[i / 8] ^ 1 << i % 8);

        if (copy[i / 8] != '\0') {
            passed += jwt_verdict(copy, &policy, keys) == API_JWT_OK;
        }

        copy[i / 8] = (char) (copy[i / 8] ^ 1 << i % 8);
    }

    ut_int(passed, 0, "%s: no token with a bit changed, of %zu", name, n * 8);

    copy[n] = 'A';
    ut_ok(jwt_verdict(copy, &policy, keys) != API_JWT_OK, "... or longer");

    shorter = 0;

    while (n-- > 0) {
        copy[n] = '\0';
        shorter += jwt_verdict(copy, &policy, keys) == API_JWT_OK;
    }

    ut_int(shorter, 0, "%s: no prefix of it", name);
    ut_int(jwt_verdict(token, &policy, keys), API_JWT_OK,
        "%s: itself again after all of them", name);

    api_jwks_free(keys);
}


static void
test_all_changes(void)
{
    unsigned   alg;
    sign_key_t key;

    for (alg = 1; alg < API_JWS_NALGS; alg++) {
        key = sign_new_for((api_jws_alg_t) alg);
        test_changes(
            &key, (api_jws_alg_t) alg, api_jws_alg_name((api_jws_alg_t) alg));
    }

    key = sign_new("ED448");
    test_changes(&key, API_JWS_EDDSA, "EdDSA with Ed448");
}


/* The verdict on a token by `signer` as alg against the keys of `owner`. */

static void
cross(const sign_key_t *signer, api_jws_alg_t alg, const sign_key_t *owner,
    int code, const char *name)
{
    api_jwks_t      *keys = jwt_set(owner);
    api_jwt_policy_t policy = jwt_policy();

    ut_int(jwt_verdict(sign_token(signer, alg, header_of(alg), jwt_claims("")),
               &policy, keys),
        code, "%s", name);

    api_jwks_free(keys);
}


/* R2: whatever form of the public key serves as secret. */

static void
test_confusion(void)
{
    size_t      i, k;
    int         len;
    uint8_t    *der;
    sign_key_t  mac, key;
    const char *pem, *jwk;

    static const char *const types[] = { "RSA", "P-256", "ED25519" };

    for (i = 0; i < 3; i++) {
        api_span_t secrets[10];

        key = sign_new(types[i]);
        pem = sign_pem(&key);
        jwk = sign_jwk(&key, "");
        der = NULL;
        len = i2d_PUBKEY(key.pkey, &der);

        secrets[0] = sign_span(pem);
        secrets[1] = api_span(pem, strlen(pem) - 1);
        secrets[2] = sign_span(sign_text("%s\n", pem));
        secrets[3] = api_span(der, (size_t) len);
        secrets[4] = api_span("", 0);
        secrets[5] = api_span("", 1);
        secrets[6] = sign_span(jwk);

        /* the first long member, n or x: its text, and its bytes */

        jwk = strstr(jwk, i ? "\"x\":\"" : "\"n\":\"") + 5;
        jwk = sign_text("%.*s", (int) strcspn(jwk, "\""), jwk);
        secrets[7] = sign_span(jwk);
        secrets[8] = sign_unb64(jwk);
        secrets[9] = sign_span("1"); /* its kid */

        for (k = 0; k < 10; k++) {
            mac = sign_secret(secrets[k].data, secrets[k].len);
            cross(&mac, API_JWS_HS256, &key, API_JWT_KEY_UNKNOWN,
                sign_text("%s: HS256 by its public form %zu", types[i], k));
        }

        OPENSSL_free(der);
    }
}


/* R3, R7, R19 */

static void
test_other_keys(void)
{
    sign_key_t a, b;

    a = sign_new("RSA");
    b = sign_new("RSA");
    cross(&a, API_JWS_RS256, &a, API_JWT_OK, "its own key");
    cross(&b, API_JWS_RS256, &a, API_JWT_SIGNATURE, "another issuer's key");
    cross(&b, API_JWS_PS256, &a, API_JWT_SIGNATURE, "... with PS256");

    a = sign_new("P-256");
    b = sign_new("P-384");
    cross(&a, API_JWS_ES256, &a, API_JWT_OK, "P-256");
    cross(&b, API_JWS_ES256, &b, API_JWT_KEY_UNKNOWN, "ES256 by P-384");
    cross(&a, API_JWS_ES384, &a, API_JWT_KEY_UNKNOWN, "ES384 by P-256");
    b = sign_new("secp256k1");
    cross(&b, API_JWS_ES256, &b, API_JWT_KEY_UNKNOWN, "ES256 by secp256k1");
    cross(&a, API_JWS_ES256K, &a, API_JWT_KEY_UNKNOWN, "ES256K by P-256");
    cross(&b, API_JWS_ES256, &a, API_JWT_SIGNATURE,
        "a secp256k1 signature for a P-256 key");

    a = sign_secret("", 0);
    b = jwt_secret();
    cross(&a, API_JWS_HS256, &b, API_JWT_SIGNATURE, "an empty secret");
    a = sign_secret("", 1);
    cross(&a, API_JWS_HS256, &b, API_JWT_SIGNATURE, "a secret of one NUL");
}


/* Keys without a kid are tried in turn, but not without end. */

static void
test_tries(void)
{
    size_t                i;
    api_err_t             err;
    sign_key_t            keys[6];
    api_jwks_t           *jwks;
    const char           *set = "";
    api_jwt_policy_t      policy = jwt_policy();
    const api_jwks_opts_t opts = { 0 };

    for (i = 0; i < 6; i++) {
        keys[i] = sign_new("P-256");
        set = sign_text("%s%s%s", set, i ? "," : "", sign_jwk(&keys[i], ""));
    }

    api_jwks_parse(&jwks, sign_span(sign_text("{\"keys\":[%s]}", set)), &opts,
        &api_alloc_libc, &err);

    for (i = 0; i < 6; i++) {
        ut_int(jwt_verdict(sign_token(&keys[i], API_JWS_ES256,
                               "{\"alg\":\"ES256\"}", jwt_claims("")),
                   &policy, jwks),
            i < API_JWT_MAX_TRIES ? API_JWT_OK : API_JWT_SIGNATURE,
            "candidate %zu of six, no kid", i + 1);
        ut_int(jwt_verdict(
                   sign_token(&keys[i], API_JWS_ES256,
                       "{\"alg\":\"ES256\",\"kid\":\"x\"}", jwt_claims("")),
                   &policy, jwks),
            i < API_JWT_MAX_TRIES ? API_JWT_OK : API_JWT_SIGNATURE,
            "candidate %zu of six, a kid of nobody", i + 1);
    }

    ut_ok(strstr(jwt_text(), "4 keys tried") != NULL, "... and says how many");
    api_jwks_free(jwks);

    api_jwks_create(&jwks, &api_alloc_libc);
    ut_int(jwt_verdict(sign_token(&keys[0], API_JWS_ES256,
                           "{\"alg\":\"ES256\"}", jwt_claims("")),
               &policy, jwks),
        API_JWT_KEY_UNKNOWN, "a set without keys");
    api_jwks_free(jwks);
}


/* A kid picks its key alone, even when another would do. */

static void
test_kid(void)
{
    size_t                i;
    api_err_t             err;
    sign_key_t            a = sign_new("P-256"), b = sign_new("P-256");
    api_jwks_t           *jwks;
    api_jwt_policy_t      policy = jwt_policy();
    const api_jwks_opts_t opts = { 0 };

    static const struct {
        const char *header;
        int         a, b;
    } v[] = {
        { "{\"alg\":\"ES256\",\"kid\":\"a\"}", API_JWT_OK, API_JWT_SIGNATURE },
        { "{\"alg\":\"ES256\",\"kid\":\"\\u0061\"}", API_JWT_OK,
            API_JWT_SIGNATURE },
        { "{\"alg\":\"ES256\",\"kid\":\"b\"}", API_JWT_SIGNATURE, API_JWT_OK },
        { "{\"alg\":\"ES256\",\"kid\":\"A\"}", API_JWT_KEY_UNKNOWN,
            API_JWT_KEY_UNKNOWN },
        { "{\"alg\":\"ES256\",\"kid\":\"ab\"}", API_JWT_KEY_UNKNOWN,
            API_JWT_KEY_UNKNOWN },
        { "{\"alg\":\"ES256\"}", API_JWT_OK, API_JWT_OK },
    };

    api_jwks_parse(&jwks,
        sign_span(sign_text("{\"keys\":[%s,%s]}",
            sign_jwk(&a, ",\"kid\":\"a\""), sign_jwk(&b, ",\"kid\":\"b\""))),
        &opts, &api_alloc_libc, &err);

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        ut_int(jwt_verdict(
                   sign_token(&a, API_JWS_ES256, v[i].header, jwt_claims("")),
                   &policy, jwks),
            v[i].a, "signed by a: %s", v[i].header);
        ut_int(jwt_verdict(
                   sign_token(&b, API_JWS_ES256, v[i].header, jwt_claims("")),
                   &policy, jwks),
            v[i].b, "signed by b: %s", v[i].header);
    }

    api_jwks_free(jwks);
}


/* The signature is over the text, not over what it decodes to: JSON that
   means the same under an old signature does not pass. */

static void
test_transplant(void)
{
    sign_key_t       key = jwt_secret();
    api_jwks_t      *keys = jwt_set(&key);
    const char      *good, *sig;
    api_jwt_policy_t policy = jwt_policy();

    good = sign_token(
        &key, API_JWS_HS256, header_of(API_JWS_HS256), jwt_claims(""));
    sig = strrchr(good, '.') + 1;

    ut_int(jwt_verdict(sign_text("%s.%s.%s",
                           sign_b64(sign_span("{\"alg\": \"HS256\"}")),
                           sign_b64(sign_span(jwt_claims(""))), sig),
               &policy, keys),
        API_JWT_SIGNATURE, "the same header with a space");
    ut_int(jwt_verdict(
               sign_text("%s.%s.%s",
                   sign_b64(sign_span(header_of(API_JWS_HS256))),
                   sign_b64(sign_span(jwt_claims(",\"sub\":\"root\""))), sig),
               &policy, keys),
        API_JWT_SIGNATURE, "another payload");
    ut_int(jwt_verdict(good, &policy, keys), API_JWT_OK, "the token itself");

    api_jwks_free(keys);
}


static void
test_oom(void)
{
    int          code = API_JWT_NOMEM;
    size_t       n, wrong = 0;
    api_jwt_t    jwt;
    api_err_t    err;
    ut_alloc_t   u;
    sign_key_t   key = jwt_secret();
    api_arena_t  arena;
    api_sipkey_t seed = { 5, 6 };
    const char  *token;

    token = sign_token(&key, API_JWS_HS256,
        "{\"alg\":\"\\u0048S256\",\"kid\":\"\\u0031\",\"typ\":\"\\u004aWT\"}",
        jwt_claims(",\"sub\":\"\\u0031\",\"jti\":\"\\u0031\",\"a\":[1,2,3]"));

    for (n = 1; n < 1000; n++) {
        ut_arm(&u, n);
        api_arena_init(&arena, &u.alloc, 16, 0);
        code = api_jwt_parse(&jwt, sign_span(token), NULL, seed, &arena, &err);
        api_arena_free(&arena);
        wrong += u.live != 0;

        if (u.calls < n) {
            break;
        }

        wrong += code != API_JWT_NOMEM || err.code != API_JWT_NOMEM;
    }

    ut_int(code, API_JWT_OK, "parsed at last");
    ut_ok(n > 8 && n < 1000, "... after %zu allocations", n);
    ut_int(wrong, 0, "... each of which could fail");

    /* a cap on the arena instead */

    for (n = 1; n < 100000; n += 64) {
        api_arena_init(&arena, &api_alloc_libc, 16, n);
        code = api_jwt_parse(&jwt, sign_span(token), NULL, seed, &arena, NULL);
        api_arena_free(&arena);

        if (code == API_JWT_OK) {
            break;
        }

        wrong += code != API_JWT_NOMEM;
    }

    ut_int(code, API_JWT_OK, "parsed under a cap of %zu bytes", n);
    ut_int(wrong, 0, "... and out of memory under less");
}


int
main(void)
{
    test_confusion();
    test_other_keys();
    test_tries();
    test_kid();
    test_transplant();
    test_oom();
    test_all_changes();
    sign_reset();

    return ut_done();
}
