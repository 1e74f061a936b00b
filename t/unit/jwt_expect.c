#include "jwt_expect.h"
#include "ut.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>


static api_err_t jwt_err;

static const api_span_t jwt_audience[] = { { (const uint8_t *) "orders", 6 } };


api_jwt_policy_t
jwt_policy(void)
{
    return (api_jwt_policy_t){
        .issuer = API_SPAN("https://idp.example"),
        .audience = jwt_audience,
        .naudience = 1,
        .algorithms = ~0u,
    };
}


const char *
jwt_claims(const char *more)
{
    return sign_text("{\"iss\":\"https://idp.example\",\"aud\":\"orders\","
                     "\"exp\":%d%s}",
        JWT_NOW + 60, more);
}


sign_key_t
jwt_secret(void)
{
    return sign_secret(
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        64);
}


api_jwks_t *
jwt_set(const sign_key_t *key)
{
    int                   rc;
    api_err_t             err;
    api_jwks_t           *jwks;
    const api_jwks_opts_t opts = { 0 };

    rc = api_jwks_parse(&jwks, sign_span(sign_jwk(key, ",\"kid\":\"1\"")),
        &opts, &api_alloc_libc, &err);

    if (rc != API_OK) {
        printf("Bail out! %s\n", err.text);
        exit(2);
    }

    return jwks;
}


const char *
jwt_text(void)
{
    return jwt_err.text;
}


/* What every failure owes its caller. */

static int
jwt_failed(int code)
{
    if (code != API_JWT_OK
        && (jwt_err.code != code || jwt_err.text[0] == '\0'
            || ERR_peek_error() != 0))
    {
        printf("# code %d, err.code %d, \"%s\"\n", code, jwt_err.code,
            jwt_err.text);
        return -1;
    }

    return code;
}


int
jwt_parse(const char *token, const api_jwt_limits_t *limits)
{
    int          code;
    api_jwt_t    jwt;
    api_arena_t  arena;
    api_sipkey_t seed = { 1, 2 };

    memset(&jwt_err, 0, sizeof(jwt_err));
    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    code = jwt_failed(api_jwt_parse(
        &jwt, ut_guard(sign_span(token)), limits, seed, &arena, &jwt_err));

    api_arena_free(&arena);
    ut_guard_reset();

    return code;
}


int
jwt_verdict(
    const char *token, const api_jwt_policy_t *policy, const api_jwks_t *keys)
{
    int          code;
    api_jwt_t    jwt;
    api_arena_t  arena;
    api_sipkey_t seed = { 1, 2 };

    memset(&jwt_err, 0, sizeof(jwt_err));
    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    code = api_jwt_parse(
        &jwt, ut_guard(sign_span(token)), NULL, seed, &arena, &jwt_err);

    if (code == API_JWT_OK) {
        code = api_jwt_check(&jwt, policy, JWT_NOW, &jwt_err);
    }

    if (code == API_JWT_OK) {
        code = api_jwt_verify(&jwt, keys, &jwt_err);
    }

    code = jwt_failed(code);
    api_arena_free(&arena);
    ut_guard_reset();

    return code;
}


void
jwt_expect_policy(const api_jwt_policy_t *policy, const char *header,
    const char *payload, int code, const char *name)
{
    int         got;
    sign_key_t  key = jwt_secret();
    api_jwks_t *keys = jwt_set(&key);

    got = jwt_verdict(
        sign_token(&key, API_JWS_HS256, header, payload), policy, keys);

    if (!ut_ok(got == code, "%s: %s", api_jwt_code_name(code), name)) {
        printf("#   got %s: %s\n", api_jwt_code_name(got), jwt_err.text);
    }

    api_jwks_free(keys);
}


void
jwt_expect(const char *header, const char *payload, int code, const char *name)
{
    api_jwt_policy_t policy = jwt_policy();

    jwt_expect_policy(&policy, header, payload, code, name);
}
