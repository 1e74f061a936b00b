#include "api_jwk_key.h"

#include <openssl/sha.h>


/* clang-format off */

const api_jws_info_t api_jws_info[API_JWS_NALGS] = {
    /*                     name              type         slot  hash      len */
    [API_JWS_HS256]  = { API_JOSE("HS256"),  API_JWK_OCT, 0, "SHA2-256",  32 },
    [API_JWS_HS384]  = { API_JOSE("HS384"),  API_JWK_OCT, 1, "SHA2-384",  48 },
    [API_JWS_HS512]  = { API_JOSE("HS512"),  API_JWK_OCT, 2, "SHA2-512",  64 },
    [API_JWS_RS256]  = { API_JOSE("RS256"),  API_JWK_RSA, 0, "SHA2-256",  32 },
    [API_JWS_RS384]  = { API_JOSE("RS384"),  API_JWK_RSA, 1, "SHA2-384",  48 },
    [API_JWS_RS512]  = { API_JOSE("RS512"),  API_JWK_RSA, 2, "SHA2-512",  64 },
    [API_JWS_PS256]  = { API_JOSE("PS256"),  API_JWK_RSA, 3, "SHA2-256",  32 },
    [API_JWS_PS384]  = { API_JOSE("PS384"),  API_JWK_RSA, 4, "SHA2-384",  48 },
    [API_JWS_PS512]  = { API_JOSE("PS512"),  API_JWK_RSA, 5, "SHA2-512",  64 },
    [API_JWS_ES256]  = { API_JOSE("ES256"),  API_JWK_EC,  0, "SHA2-256",  32 },
    [API_JWS_ES384]  = { API_JOSE("ES384"),  API_JWK_EC,  0, "SHA2-384",  48 },
    [API_JWS_ES512]  = { API_JOSE("ES512"),  API_JWK_EC,  0, "SHA2-512",  64 },
    [API_JWS_ES256K] = { API_JOSE("ES256K"), API_JWK_EC,  0, "SHA2-256",  32 },
    [API_JWS_EDDSA]  = { API_JOSE("EdDSA"),  API_JWK_OKP, 0, NULL,         0 }
};

/* clang-format on */


api_jws_alg_t
api_jws_alg(api_span_t name)
{
    unsigned i;

    for (i = API_JWS_UNKNOWN + 1; i < API_JWS_NALGS; i++) {
        if (api_span_eq(name, api_jws_info[i].name)) {
            return (api_jws_alg_t) i;
        }
    }

    return API_JWS_UNKNOWN;
}


const char *
api_jws_alg_name(api_jws_alg_t alg)
{
    if ((unsigned) alg - 1 >= API_JWS_NALGS - 1) {
        return "unknown";
    }

    return (const char *) api_jws_info[alg].name.data;
}


/* The next dot at or behind p; NULL when there is none. */

static const uint8_t *
api_jws_dot(const uint8_t *p, const uint8_t *end)
{
    return p < end ? memchr(p, '.', (size_t) (end - p)) : NULL;
}


/* There is a third dot at p: a JWE when there are four in all. */

static int
api_jws_split_more(const uint8_t *p, api_span_t token, api_err_t *err)
{
    size_t         n, pos;
    const uint8_t *end = token.data + token.len;

    pos = (size_t) (p - token.data);

    for (n = 3; n < 6; n++) {
        p = api_jws_dot(p + 1, end);
        if (p == NULL) {
            break;
        }
    }

    if (n == 4) {
        return api_fail(err, API_UNSUPPORTED, API_UNSUPPORTED, pos,
            "five segments: an encrypted token (JWE)");
    }

    return api_fail(
        err, API_SYNTAX, API_SYNTAX, pos, "more than three segments");
}


int
api_jws_split(api_jws_t *jws, api_span_t token, api_err_t *err)
{
    const uint8_t *a, *b, *c, *end;

    end = token.data ? token.data + token.len : NULL;

    a = api_jws_dot(token.data, end);
    b = a ? api_jws_dot(a + 1, end) : NULL;

    if (b == NULL) {
        return api_fail(err, API_SYNTAX, API_SYNTAX, token.len,
            "fewer than three segments");
    }

    c = api_jws_dot(b + 1, end);
    if (c) {
        return api_jws_split_more(c, token, err);
    }

    jws->header = api_span(token.data, (size_t) (a - token.data));
    jws->payload = api_span(a + 1, (size_t) (b - a - 1));
    jws->signature = api_span(b + 1, (size_t) (end - b - 1));
    jws->input = api_span(token.data, (size_t) (b - token.data));

    if (jws->header.len == 0 || jws->payload.len == 0
        || jws->signature.len == 0) {
        return api_fail(err, API_SYNTAX, API_SYNTAX,
            jws->header.len == 0 ? 0 : (size_t) (a + 1 - token.data),
            "an empty segment");
    }

    return API_OK;
}


void
api_jws_sha256(api_span_t s, uint8_t out[API_JWS_SHA256_LEN])
{
    SHA256(s.len ? s.data : (const uint8_t *) "", s.len, out);
}
