/*
 * Input: '0' and a token, or '1', a header, a line feed and a payload, which
 * are then signed.  What passes parse, check and verify is held against a
 * second, simple look at the same token.
 */

#include "api_base64.h"
#include "api_jwt.h"
#include "fuzz.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define NOW 1700000000


static const char secret[] = "0123456789abcdef0123456789abcdef";

static const api_span_t audience[] = { { (const uint8_t *) "orders", 6 } };


static api_jwks_t *
the_keys(void)
{
    static api_jwks_t *keys;

    if (keys == NULL) {
        MUST(api_jwks_create(&keys, &api_alloc_libc) == API_OK);
        MUST(api_jwks_add_secret(keys, api_span(secret, 32), API_SPAN("1"),
                 API_JWS_HS256, NULL)
             == API_OK);
    }

    return keys;
}


static api_jwt_policy_t
the_policy(void)
{
    return (api_jwt_policy_t){
        .issuer = API_SPAN("idp"),
        .audience = audience,
        .naudience = 1,
        .algorithms = API_JWS_BIT(API_JWS_HS256),
        .leeway = 10,
        .max_lifetime = 3600,
    };
}


static bool
is_mac(api_span_t input, api_span_t mac)
{
    unsigned len = 0;
    uint8_t  out[EVP_MAX_MD_SIZE];

    HMAC(EVP_sha256(), secret, 32, input.data, input.len, out, &len);

    return api_span_eq(mac, api_span(out, len));
}


/* A token of header, '\n', payload; NULL when there is no '\n'. */

static char *
sign(const uint8_t *data, size_t size, size_t *len)
{
    char          *token;
    size_t         n;
    unsigned       mac_len;
    uint8_t        mac[EVP_MAX_MD_SIZE];
    const uint8_t *lf = size ? memchr(data, '\n', size) : NULL;

    if (lf == NULL) {
        return NULL;
    }

    token = malloc(size * 2 + 64);
    MUST(token);

    n = api_base64url_encode(api_span(data, (size_t) (lf - data)), token);
    token[n++] = '.';
    n += api_base64url_encode(
        api_span(lf + 1, size - (size_t) (lf + 1 - data)), token + n);

    HMAC(EVP_sha256(), secret, 32, (uint8_t *) token, n, mac, &mac_len);
    token[n++] = '.';
    n += api_base64url_encode(api_span(mac, mac_len), token + n);
    *len = n;

    return token;
}


/* What holds for every token that parses. */

static void
check_parsed(const api_jwt_t *jwt, api_span_t token)
{
    uint32_t          tok;
    const api_jws_t  *jws = &jwt->jws;
    const api_json_t *doc = &jwt->claims;

    MUST(token.len <= 16384);
    MUST(jws->header.len + jws->payload.len + jws->signature.len + 2
         == token.len);
    MUST(jws->input.data == token.data
         && jws->input.data + jws->input.len + 1 == jws->signature.data);
    MUST(jwt->signature.len == api_base64url_decoded_len(jws->signature.len));
    MUST(jwt->kid.len <= 256);
    MUST(jwt->sub.data == NULL || jwt->sub.len > 0);
    MUST(jwt->header.tok[0].type == API_JSON_OBJECT);
    MUST(doc->tok[0].type == API_JSON_OBJECT);
    MUST(api_json_get(&jwt->header, 0, API_SPAN("crit")) == API_JSON_NONE);
    MUST(api_json_get(&jwt->header, 0, API_SPAN("b64")) == API_JSON_NONE);
    MUST(api_json_get(&jwt->header, 0, API_SPAN("jwk")) == API_JSON_NONE);
    MUST(api_json_get(doc, 0, API_SPAN("aud")) == jwt->aud);

    tok = api_json_get(doc, 0, API_SPAN("exp"));
    MUST((tok != API_JSON_NONE) == jwt->has_exp);
    MUST(tok == API_JSON_NONE || doc->tok[tok].type == API_JSON_INT
         || doc->tok[tok].type == API_JSON_REAL);

    tok = api_json_get(doc, 0, API_SPAN("iss"));
    MUST((tok != API_JSON_NONE) == (jwt->iss.data != NULL));
    MUST(tok == API_JSON_NONE || api_json_string_eq(doc, tok, jwt->iss));
}


/* What holds for every token that is let in. */

static void
check_accepted(const api_jwt_t *jwt)
{
    int64_t exp, iat;

    MUST(jwt->alg == API_JWS_HS256);
    MUST(is_mac(jwt->jws.input, jwt->signature));
    MUST(api_span_eq(jwt->iss, API_SPAN("idp")));
    MUST(jwt->has_exp && jwt->exp + 10 > NOW);
    MUST(jwt->has_iat && jwt->iat <= NOW + 10);
    MUST(!jwt->has_nbf || jwt->nbf <= NOW + 10);
    MUST(jwt->exp - jwt->iat <= 3600);
    MUST(jwt->aud != API_JSON_NONE);
    MUST(jwt->kid.data == NULL || api_span_eq(jwt->kid, API_SPAN("1")));

    if (api_json_int64(
            &jwt->claims, api_json_get(&jwt->claims, 0, API_SPAN("exp")), &exp)
        && api_json_int64(&jwt->claims,
            api_json_get(&jwt->claims, 0, API_SPAN("iat")), &iat))
    {
        MUST(exp == jwt->exp && iat == jwt->iat);
    }
}


static void
check_text(const api_err_t *err, int code)
{
    size_t i;

    MUST(code > API_JWT_OK && code < API_JWT_NCODES && err->code == code);
    MUST(code != API_JWT_NOMEM && code != API_JWT_INTERNAL);
    MUST(err->text[0] != '\0');

    for (i = 0; err->text[i]; i++) {
        MUST(err->text[i] >= 0x20 && err->text[i] < 0x7f);
    }
}


static void
look(api_span_t token)
{
    int                    code;
    api_jwt_t              jwt;
    api_err_t              err = { 0, 0, "" };
    api_arena_t            arena;
    const api_sipkey_t     seed = { 1, 2 };
    const api_jwt_policy_t policy = the_policy();

    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    code = api_jwt_parse(&jwt, token, NULL, seed, &arena, &err);

    if (code == API_JWT_OK) {
        check_parsed(&jwt, token);

        if (is_mac(jwt.jws.input, jwt.signature) && jwt.alg == API_JWS_HS256
            && (jwt.kid.data == NULL || api_span_eq(jwt.kid, API_SPAN("1"))))
        {
            MUST(api_jwt_verify(&jwt, the_keys(), &err) == API_JWT_OK);
        }

        code = api_jwt_check(&jwt, &policy, NOW, &err);

        if (code == API_JWT_OK) {
            code = api_jwt_verify(&jwt, the_keys(), &err);
        }
    }

    if (code == API_JWT_OK) {
        check_accepted(&jwt);
    } else {
        check_text(&err, code);
    }

    MUST(ERR_peek_error() == 0);
    api_arena_free(&arena);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char  *token;
    size_t len;

    if (size == 0) {
        return 0;
    }

    if (data[0] == '0') {
        look(api_span(data + 1, size - 1));

    } else if (data[0] == '1') {
        token = sign(data + 1, size - 1, &len);

        if (token) {
            look(api_span(token, len));
            free(token);
        }
    }

    return 0;
}
