/* Thumbprints of public keys: those of the RFCs, and what has none. */

#include "api_jwk.h"
#include "sign.h"
#include "ut.h"

static const api_sipkey_t seed = { 1, 2 };

static api_arena_t arena;


static api_span_t
span(const char *s)
{
    return api_span(s, strlen(s));
}


static const char *
jkt_of(const char *jwk)
{
    uint8_t    digest[API_JWS_SHA256_LEN];
    api_json_t doc;

    if (api_json_parse(&doc, span(jwk), NULL, 0, seed, &arena, NULL) != API_OK
        || api_jwk_thumbprint(&doc, 0, &arena, digest) != API_OK)
    {
        return "none";
    }

    return sign_b64(api_span(digest, sizeof(digest)));
}


/* RFC 7638 3.1, RFC 8037 A.3. */

static void
test_thumbprints(void)
{
    ut_span(
        span(jkt_of(
            "{\"kty\":\"RSA\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiA"
            "FbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiF"
            "V4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65"
            "YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajr"
            "n1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHa"
            "Q-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw\",\"e\":\"AQAB\","
            "\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}")),
        API_SPAN("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"), "RFC 7638");

    ut_span(
        span(jkt_of("{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
                    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}")),
        API_SPAN("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"), "RFC 8037");

    ut_span(span(jkt_of("{\"kty\":\"oct\",\"k\":\"AAAA\"}")), API_SPAN("none"),
        "a secret has none");
    ut_span(
        span(jkt_of("{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AAAA\"}")),
        API_SPAN("none"), "a curve that does not sign");
    ut_span(
        span(jkt_of("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAA=\"}")),
        API_SPAN("none"), "padding");
    ut_span(span(jkt_of(
                "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\\u0041A\"}")),
        API_SPAN("none"), "an escape");
    ut_span(span(jkt_of("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":1}")),
        API_SPAN("none"), "a number");
    ut_span(span(jkt_of("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\"}")),
        API_SPAN("none"), "half a point");
    ut_span(span(jkt_of("{\"kty\":1}")), API_SPAN("none"), "no kty");
}


static void
test_nomem(void)
{
    int         rc;
    size_t      n;
    uint8_t     digest[API_JWS_SHA256_LEN];
    api_json_t  doc;
    ut_alloc_t  u;
    api_arena_t a;

    api_json_parse(&doc,
        API_SPAN("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\","
                 "\"y\":\"AAAA\"}"),
        NULL, 0, seed, &arena, NULL);

    for (n = 1;; n++) {
        ut_arm(&u, n);
        api_arena_init(&a, &u.alloc, 16, 0);
        rc = api_jwk_thumbprint(&doc, 0, &a, digest);
        api_arena_free(&a);
        ut_int(u.live, 0, "allocation %zu: nothing is left", n);

        if (u.calls < n) {
            break;
        }

        ut_int(rc, API_NOMEM, "allocation %zu fails", n);
    }

    ut_int(rc, API_OK, "then it gets through");
}


int
main(void)
{
    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    test_thumbprints();
    test_nomem();

    api_arena_free(&arena);
    sign_reset();

    return ut_done();
}
