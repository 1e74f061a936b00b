/*
 * Input: a byte of options (bit 0: lenient), the number of the allocation that
 * fails (0: none), then a JWK set.  A set that is taken keeps what api_jwk.h
 * promises of every key in it; one that is refused leaves nothing behind.
 */

#include "api_jwk.h"
#include "fuzz.h"

#include <openssl/err.h>

#define MAX_KEYS 8


/* A key fits what it says, and nothing signed by chance passes. */

static void
check_key(const api_jwks_t *jwks, size_t i, bool lenient)
{
    size_t     it, n;
    unsigned   alg;
    api_jwk_t *key = api_jwks_key(jwks, i), *found;
    uint32_t   algs = api_jwk_algs(key);
    api_span_t kid = api_jwk_kid(key);

    static const uint8_t  zeros[2048];
    static const unsigned lens[] = { 0, 32, 48, 64, 96, 114, 132, 256, 2048 };

    static const uint32_t fit[] = {
        [API_JWK_OCT] = 7u << API_JWS_HS256,
        [API_JWK_RSA] = 63u << API_JWS_RS256,
        [API_JWK_EC] = 15u << API_JWS_ES256,
        [API_JWK_OKP] = API_JWS_BIT(API_JWS_EDDSA),
    };

    MUST(algs != 0 && (algs & ~fit[api_jwk_type(key)]) == 0);
    MUST(kid.data == NULL || (kid.len > 0 && kid.len <= 256));
    MUST((api_jwk_type(key) == API_JWK_OCT)
         == (api_jwk_type(api_jwks_key(jwks, 0)) == API_JWK_OCT));
    MUST(!lenient || api_jwk_type(key) != API_JWK_OCT);

    for (alg = 0; alg <= API_JWS_NALGS; alg++) {
        for (n = 0; n < sizeof(lens) / sizeof(lens[0]); n++) {
            MUST(api_jws_verify(key, (api_jws_alg_t) alg, api_span(zeros, 3),
                     api_span(zeros, lens[n]))
                 == API_DENIED);
        }

        it = 0;
        found = api_jwks_find(jwks, (api_jws_alg_t) alg, kid, &it);

        if (kid.data) {
            MUST(found
                 == (alg < API_JWS_NALGS && (algs & API_JWS_BIT(alg)) ? key
                                                                      : NULL));
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int             rc;
    size_t          i;
    bool            lenient;
    fuzz_counter_t  c = { 0, 0, 0 };
    api_err_t       err = { 0, 0, "" };
    api_jwks_t     *jwks;
    api_alloc_t     alloc = { fuzz_alloc, fuzz_free, &c };
    api_jwks_opts_t opts = { .max_keys = MAX_KEYS };

    if (size < 2) {
        return 0;
    }

    lenient = data[0] & 1;
    opts.lenient = lenient;
    c.fail_at = data[1];

    rc = api_jwks_parse(
        &jwks, api_span(data + 2, size - 2), &opts, &alloc, &err);

    MUST(ERR_peek_error() == 0);
    MUST((rc == API_OK) == (jwks != NULL));

    if (rc == API_OK) {
        MUST(c.fail_at == 0 || c.calls < c.fail_at);
        MUST(api_jwks_count(jwks) > 0 && api_jwks_count(jwks) <= MAX_KEYS);
        MUST(lenient || api_jwks_skipped(jwks) == 0);

        for (i = 0; i < api_jwks_count(jwks); i++) {
            check_key(jwks, i, lenient);
        }

        MUST(ERR_peek_error() == 0);
    } else {
        MUST(rc != API_INTERNAL);
        MUST((rc == API_NOMEM) == (c.fail_at != 0 && c.calls >= c.fail_at));
        MUST(err.code == rc);
        fuzz_text(&err);
    }

    api_jwks_free(jwks);
    MUST(c.live == 0);

    return 0;
}
