/* DPoP proofs: RFC 9449's own, good ones of every algorithm, and bad ones. */

#include "api_base64.h"
#include "api_dpop.h"
#include "sign.h"
#include "ut.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

#define NOW 1700000000

static const api_sipkey_t seed = { 1, 2 };
static const char         token[] = "ey.the.token";

static api_err_t        err;
static api_arena_t      arena;
static api_dpop_t       dpop;
static api_dpop_keys_t *keys;

static const api_dpop_policy_t policy = { API_DPOP_ALGS, 60, 5 };


static api_span_t
span(const char *s)
{
    return api_span(s, strlen(s));
}


static const char *
ath_of(const char *text)
{
    uint8_t digest[API_JWS_SHA256_LEN];

    api_jws_sha256(span(text), digest);

    return sign_b64(api_span(digest, sizeof(digest)));
}


static api_dpop_request_t
the_request(const char *jkt)
{
    return (api_dpop_request_t){
        .method = API_SPAN("GET"),
        .uri = { API_SPAN("https"), API_SPAN("api.example"),
            API_SPAN("/v1/orders?x=1") },
        .token = span(token),
        .jkt = span(jkt),
    };
}


/* All three steps, against the end of a page. */

static int
give(const char *proof, const api_dpop_request_t *request, int64_t now)
{
    int        code;
    api_span_t text = ut_guard(span(proof));

    err.text[0] = '\0';
    code = api_dpop_parse(&dpop, text, seed, &arena, &err);

    if (code == API_DPOP_OK) {
        code =
            api_dpop_check(&dpop, keys, &policy, request, now, &arena, &err);
    }

    if (code == API_DPOP_OK) {
        code = api_dpop_verify(&dpop, keys, &err);
    }

    ut_ok((code == API_DPOP_OK) == (err.text[0] == '\0')
              && ERR_peek_error() == 0,
        "%s: says so%s%s", api_dpop_code_name(code), err.text[0] ? ": " : "",
        err.text);
    ut_guard_reset();

    return code;
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


static const char *
make(const sign_key_t *key, api_jws_alg_t alg, const char *jwk,
    const char *claims)
{
    return sign_token(key, alg,
        sign_text("{\"typ\":\"dpop+jwt\",\"alg\":\"%s\",\"jwk\":%s}",
            api_jws_alg_name(alg), jwk),
        claims);
}


static const char *
claims_of(const char *method, const char *uri, int64_t iat, const char *more)
{
    return sign_text(
        "{\"jti\":\"j1\",\"htm\":\"%s\",\"htu\":\"%s\",\"iat\":%lld%s}",
        method, uri, (long long) iat, more);
}

#define GOOD_URI "https://api.example/v1/orders"


static const char *
good_claims(void)
{
    return claims_of(
        "GET", GOOD_URI, NOW, sign_text(",\"ath\":\"%s\"", ath_of(token)));
}


/* RFC 9449: figures 2 and 12; its tokens are those of sections 6.1 and 7.1. */

#define RFC_HEADER                                                            \
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI" \
    "6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOV" \
    "ZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtM" \
    "jU2In19"

static void
test_rfc(void)
{
    api_dpop_request_t request = {
        .method = API_SPAN("GET"),
        .uri = { API_SPAN("https"), API_SPAN("resource.example.org"),
            API_SPAN("/protectedresource") },
        .token = API_SPAN("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"),
        .jkt = API_SPAN("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"),
    };

    const char *figure2 = RFC_HEADER
        ".eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBz"
        "Oi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ"
        ".2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FN"
        "yJK70nfbV37xRZT3Lg";

    const char *figure12 = RFC_HEADER
        ".eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6"
        "Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2M"
        "jI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcW"
        "tzbVFFbyJ9"
        ".2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1d"
        "qd-jfxSYoMxhAJpLjA";

    ut_int(give(figure12, &request, 1562262618), API_DPOP_OK,
        "the proof of figure 12 for its token");
    ut_span(dpop.jti, API_SPAN("e1j3V_bKic8-LAEB"), "its jti");
    ut_int(
        give(figure12, &request, 1562262618 + 65), API_DPOP_OK, "65 s later");
    ut_int(give(figure12, &request, 1562262618 + 66), API_DPOP_TOO_OLD,
        "66 s later");
    ut_int(give(figure12, &request, 1562262618 - 6), API_DPOP_IN_FUTURE,
        "6 s early");

    ut_int(give(figure2, &request, 1562262616), API_DPOP_METHOD,
        "figure 2 is for POST");
    api_dpop_parse(&dpop, span(figure2), seed, &arena, NULL);
    ut_int(api_dpop_verify(&dpop, keys, NULL), API_DPOP_OK,
        "and its signature is good");
}


static void
test_algorithms(void)
{
    unsigned           alg;
    sign_key_t         key;
    const char        *jwk;
    api_dpop_request_t request;

    for (alg = API_JWS_HS256; alg < API_JWS_NALGS; alg++) {
        key = sign_new_for((api_jws_alg_t) alg);
        jwk = sign_jwk(&key, "");
        request = the_request(jkt_of(jwk));

        ut_int(give(make(&key, (api_jws_alg_t) alg, jwk, good_claims()),
                   &request, NOW),
            alg <= API_JWS_HS512 ? API_DPOP_ALG_NOT_ALLOWED : API_DPOP_OK,
            "%s", api_jws_alg_name((api_jws_alg_t) alg));
    }
}


/* A header's or a payload's member changed, one at a time. */

typedef struct {
    const char *text; /* %s: the public JWK, or ath */
    int         code;
} case_t;

static void
test_headers(const sign_key_t *key, const char *jwk)
{
    static const case_t cases[] = {
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":%s}", API_DPOP_OK },
        { "{\"typ\":\"DPoP+JWT\",\"alg\":\"ES256\",\"jwk\":%s}", API_DPOP_OK },
        { "{\"typ\":\"application/dpop+jwt\",\"alg\":\"ES256\",\"jwk\":%s}",
            API_DPOP_OK },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":%s,\"kid\":1}",
            API_DPOP_OK },
        { "{\"alg\":\"ES256\",\"jwk\":%s}", API_DPOP_TYP },
        { "{\"typ\":\"JWT\",\"alg\":\"ES256\",\"jwk\":%s}", API_DPOP_TYP },
        { "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"jwk\":%s}", API_DPOP_TYP },
        { "{\"typ\":1,\"alg\":\"ES256\",\"jwk\":%s}", API_DPOP_TYP },
        { "{\"typ\":\"dpop+jwt\",\"jwk\":%s}", API_DPOP_MALFORMED },
        { "{\"typ\":\"dpop+jwt\",\"alg\":7,\"jwk\":%s}", API_DPOP_MALFORMED },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"none\",\"jwk\":%s}",
            API_DPOP_ALG_NOT_ALLOWED },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"HS256\",\"jwk\":%s}",
            API_DPOP_ALG_NOT_ALLOWED },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"es256\",\"jwk\":%s}",
            API_DPOP_ALG_NOT_ALLOWED },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"RS256\",\"jwk\":%s}",
            API_DPOP_KEY },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\"}", API_DPOP_KEY },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":[%s]}",
            API_DPOP_KEY },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":{\"keys\":[%s]}}",
            API_DPOP_KEY },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":%s,\"crit\":[]}",
            API_DPOP_CRIT },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":%s,\"b64\":false}",
            API_DPOP_CRIT },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":%s,"
          "\"alg\":\"ES256\"}",
            API_DPOP_MALFORMED },
        { "[%s]", API_DPOP_MALFORMED },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":%s",
            API_DPOP_MALFORMED },
    };

    size_t             i;
    char               header[1024];
    api_dpop_request_t request = the_request(jkt_of(jwk));

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *at = strstr(cases[i].text, "%s");
        size_t      before =
            at ? (size_t) (at - cases[i].text) : strlen(cases[i].text);

        snprintf(header, sizeof(header), "%.*s%s%s", (int) before,
            cases[i].text, at ? jwk : "", at ? at + 2 : "");
        ut_int(give(sign_token(key, API_JWS_ES256, header, good_claims()),
                   &request, NOW),
            cases[i].code, "%s", cases[i].text);
    }
}


static void
test_claims(const sign_key_t *key, const char *jwk)
{
    const char *ath = sign_text(",\"ath\":\"%s\"", ath_of(token));
    const struct {
        const char *claims;
        int         code;
    } cases[] = {
        { claims_of("GET", GOOD_URI, NOW, ath), API_DPOP_OK },
        { claims_of("GET", GOOD_URI "?q#f", NOW, ath), API_DPOP_OK },
        { claims_of("GET", "https://API.example:443/v1/./orders", NOW, ath),
            API_DPOP_OK },
        { claims_of("GET", GOOD_URI, NOW + 5, ath), API_DPOP_OK },
        { claims_of("GET", GOOD_URI, NOW - 65, ath), API_DPOP_OK },
        { claims_of("GET", GOOD_URI, NOW + 6, ath), API_DPOP_IN_FUTURE },
        { claims_of("GET", GOOD_URI, NOW - 66, ath), API_DPOP_TOO_OLD },
        { claims_of("GET", GOOD_URI, NOW * 1000ll, ath), API_DPOP_MALFORMED },
        { claims_of("get", GOOD_URI, NOW, ath), API_DPOP_METHOD },
        { claims_of("POST", GOOD_URI, NOW, ath), API_DPOP_METHOD },
        { claims_of("", GOOD_URI, NOW, ath), API_DPOP_METHOD },
        { claims_of("GET", "https://evil.example/v1/orders", NOW, ath),
            API_DPOP_URI },
        { claims_of("GET", "https://api.example/v1/order", NOW, ath),
            API_DPOP_URI },
        { claims_of("GET", "/v1/orders", NOW, ath), API_DPOP_URI },
        { claims_of("GET", "", NOW, ath), API_DPOP_URI },
        { claims_of("GET", GOOD_URI, NOW, ""), API_DPOP_CLAIM_MISSING },
        { claims_of("GET", GOOD_URI, NOW,
              sign_text(",\"ath\":\"%s\"", ath_of("another"))),
            API_DPOP_TOKEN },
        { claims_of("GET", GOOD_URI, NOW, ",\"ath\":\"\""), API_DPOP_TOKEN },
        { claims_of("GET", GOOD_URI, NOW, ",\"ath\":null"),
            API_DPOP_MALFORMED },
        { claims_of("GET", GOOD_URI, NOW, sign_text("%s,\"nonce\":7", ath)),
            API_DPOP_MALFORMED },
        { sign_text("{\"jti\":\"\",\"htm\":\"GET\",\"htu\":\"" GOOD_URI
                    "\",\"iat\":%d%s}",
              NOW, ath),
            API_DPOP_MALFORMED },
        { sign_text("{\"jti\":\"%0256d\",\"htm\":\"GET\",\"htu\":\"" GOOD_URI
                    "\",\"iat\":%d%s}",
              7, NOW, ath),
            API_DPOP_OK },
        { sign_text("{\"jti\":\"%0257d\",\"htm\":\"GET\",\"htu\":\"" GOOD_URI
                    "\",\"iat\":%d%s}",
              7, NOW, ath),
            API_DPOP_MALFORMED },
        { sign_text("{\"jti\":1,\"htm\":\"GET\",\"htu\":\"" GOOD_URI
                    "\",\"iat\":%d%s}",
              NOW, ath),
            API_DPOP_MALFORMED },
        { sign_text("{\"htm\":\"GET\",\"htu\":\"" GOOD_URI "\",\"iat\":%d%s}",
              NOW, ath),
            API_DPOP_CLAIM_MISSING },
        { sign_text("{\"jti\":\"j\",\"htu\":\"" GOOD_URI "\",\"iat\":%d%s}",
              NOW, ath),
            API_DPOP_CLAIM_MISSING },
        { sign_text("{\"jti\":\"j\",\"htm\":\"GET\",\"iat\":%d%s}", NOW, ath),
            API_DPOP_CLAIM_MISSING },
        { sign_text("{\"jti\":\"j\",\"htm\":\"GET\",\"htu\":\"" GOOD_URI
                    "\"%s}",
              ath),
            API_DPOP_CLAIM_MISSING },
        { sign_text("{\"jti\":\"j\",\"htm\":\"GET\",\"htu\":\"" GOOD_URI
                    "\",\"iat\":\"%d\"%s}",
              NOW, ath),
            API_DPOP_MALFORMED },
        { sign_text("{\"jti\":\"j\",\"htm\":\"POST\",\"htu\":\"" GOOD_URI
                    "\",\"iat\":%d,\"ht\\u006d\":\"GET\"%s}",
              NOW, ath),
            API_DPOP_MALFORMED },
        { "[]", API_DPOP_MALFORMED },
        { "{}", API_DPOP_CLAIM_MISSING },
    };

    size_t             i;
    api_dpop_request_t request = the_request(jkt_of(jwk));

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ut_int(give(make(key, API_JWS_ES256, jwk, cases[i].claims), &request,
                   NOW),
            cases[i].code, "%.70s", cases[i].claims);
    }
}


/* The key: another than the token's, a private one, a weak one. */

static void
test_keys(const sign_key_t *key, const char *jwk)
{
    sign_key_t         other = sign_new("P-256"), weak = sign_new("RSA1024");
    const char        *text, *other_jwk = sign_jwk(&other, "");
    api_dpop_request_t request = the_request(jkt_of(jwk));

    ut_int(give(make(&other, API_JWS_ES256, other_jwk, good_claims()),
               &request, NOW),
        API_DPOP_BINDING, "a proof of somebody else's");
    ut_int(
        give(make(&other, API_JWS_ES256, jwk, good_claims()), &request, NOW),
        API_DPOP_SIGNATURE, "the right jwk, signed by somebody else");

    /* the same key was good a moment ago, and is known */

    ut_int(give(make(key, API_JWS_ES256, jwk, good_claims()), &request, NOW),
        API_DPOP_OK, "the key itself");
    ut_int(
        give(make(key, API_JWS_ES256,
                 sign_text("%.*s,\"d\":\"AAAA\"}", (int) strlen(jwk) - 1, jwk),
                 good_claims()),
            &request, NOW),
        API_DPOP_KEY, "its private half in the proof");
    ut_int(give(make(key, API_JWS_ES256, sign_jwk(key, ",\"use\":\"enc\""),
                    good_claims()),
               &request, NOW),
        API_DPOP_KEY, "a key for encryption");
    ut_int(give(make(key, API_JWS_ES256,
                    sign_jwk(key, ",\"key_ops\":[\"sign\"]"), good_claims()),
               &request, NOW),
        API_DPOP_KEY, "a key that may not verify");
    ut_int(give(make(key, API_JWS_ES256, sign_jwk(key, ",\"alg\":\"ES384\""),
                    good_claims()),
               &request, NOW),
        API_DPOP_KEY, "a key for another algorithm");
    ut_int(give(make(key, API_JWS_ES256, sign_jwk(key, ",\"alg\":\"ES256\""),
                    good_claims()),
               &request, NOW),
        API_DPOP_OK, "a key for this one");

    text = sign_jwk(&weak, "");
    request = the_request(jkt_of(text));
    ut_int(
        give(make(&weak, API_JWS_RS256, text, good_claims()), &request, NOW),
        API_DPOP_KEY, "an RSA key of 1024 bits");

    text = "{\"kty\":\"EC\",\"crv\":\"P-256\","
           "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
           "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a1\"}";
    request = the_request(jkt_of(text));
    ut_int(give(make(key, API_JWS_ES256, text, good_claims()), &request, NOW),
        API_DPOP_KEY, "a point beside its curve");

    request = the_request("");
    ut_int(give(make(key, API_JWS_ES256, jwk, good_claims()), &request, NOW),
        API_DPOP_BINDING, "a token that is bound to nothing");
}


/* More keys than are kept: each still verifies, old ones again too. */

static void
test_many_keys(void)
{
    enum { N = 600 };

    int                i, ok = 0;
    sign_key_t         key;
    const char        *jwk, *proofs[N], *jkts[N];
    api_dpop_request_t request;

    for (i = 0; i < N; i++) {
        key = sign_new("ED25519");
        jwk = sign_jwk(&key, "");
        jkts[i] = jkt_of(jwk);
        proofs[i] = make(&key, API_JWS_EDDSA, jwk, good_claims());
    }

    for (i = 0; i < 2 * N; i++) {
        request = the_request(jkts[i % N]);
        ok += api_dpop_parse(&dpop, span(proofs[i % N]), seed, &arena, &err)
                  == API_DPOP_OK
              && api_dpop_check(
                     &dpop, keys, &policy, &request, NOW, &arena, &err)
                     == API_DPOP_OK
              && api_dpop_verify(&dpop, keys, &err) == API_DPOP_OK;
    }

    ut_int(ok, 2 * N, "%d keys, each twice", N);
}


static void
test_flips(const sign_key_t *key, const char *jwk)
{
    int                code;
    char              *proof;
    size_t             i, len, passed = 0;
    const char        *good;
    api_dpop_request_t request = the_request(jkt_of(jwk));

    good = make(key, API_JWS_ES256, jwk, good_claims());
    len = strlen(good);
    proof = malloc(len);
    memcpy(proof, good, len);

    for (i = 0; i < 8 * len; i++) {
        proof[i / 8] = (char) (proof[i / 8] ^ (1 << i % 8));

        code = api_dpop_parse(&dpop, api_span(proof, len), seed, &arena, &err);

        if (code == API_DPOP_OK) {
            code = api_dpop_check(
                &dpop, keys, &policy, &request, NOW, &arena, &err);
        }

        if (code == API_DPOP_OK) {
            code = api_dpop_verify(&dpop, keys, &err);
        }

        passed += code == API_DPOP_OK;
        proof[i / 8] = (char) (proof[i / 8] ^ (1 << i % 8));
    }

    ut_int(passed, 0, "no flipped bit of %zu passes", 8 * len);
    free(proof);
}


static void
test_forms(const sign_key_t *key, const char *jwk)
{
    char              *large = sign_alloc(API_DPOP_MAX_PROOF + 2);
    const char        *good = make(key, API_JWS_ES256, jwk, good_claims());
    api_dpop_request_t request = the_request(jkt_of(jwk));

    memset(large, 'a', API_DPOP_MAX_PROOF + 1);
    large[API_DPOP_MAX_PROOF + 1] = '\0';

    ut_int(give(large, &request, NOW), API_DPOP_TOO_LARGE, "8193 bytes");
    ut_int(give(large + 1, &request, NOW), API_DPOP_MALFORMED, "8192 bytes");
    ut_int(give("", &request, NOW), API_DPOP_MALFORMED, "nothing");
    ut_int(give("..", &request, NOW), API_DPOP_MALFORMED, "two dots");
    ut_int(give(sign_text("%s.a", good), &request, NOW), API_DPOP_MALFORMED,
        "a fourth segment");
    ut_int(give(sign_text("%s,%s", good, good), &request, NOW),
        API_DPOP_MALFORMED, "two proofs in one header");
    ut_int(give(sign_text("%s=", good), &request, NOW), API_DPOP_MALFORMED,
        "padding");
    ut_int(give(sign_text(" %s", good), &request, NOW), API_DPOP_MALFORMED,
        "a space");
}


static void
test_nomem(const sign_key_t *key, const char *jwk)
{
    int                code;
    size_t             n;
    ut_alloc_t         u;
    api_arena_t        a;
    const char        *proof = make(key, API_JWS_ES256, jwk, good_claims());
    api_dpop_keys_t   *own;
    api_dpop_request_t request = the_request(jkt_of(jwk));

    for (n = 1;; n++) {
        ut_arm(&u, n);
        api_arena_init(&a, &u.alloc, 64, 0);
        own = NULL;

        code = api_dpop_keys_create(&own, seed, &u.alloc) == API_OK
                   ? API_DPOP_OK
                   : API_DPOP_NOMEM;

        if (code == API_DPOP_OK) {
            code = api_dpop_parse(&dpop, span(proof), seed, &a, &err);
        }

        if (code == API_DPOP_OK) {
            code =
                api_dpop_check(&dpop, own, &policy, &request, NOW, &a, &err);
        }

        if (code == API_DPOP_OK) {
            code = api_dpop_verify(&dpop, own, &err);
        }

        api_dpop_keys_free(own);
        api_arena_free(&a);
        ut_int(u.live, 0, "allocation %zu: nothing is left", n);

        if (u.calls < n) {
            break;
        }

        ut_int(code, API_DPOP_NOMEM, "allocation %zu fails", n);
    }

    ut_int(code, API_DPOP_OK, "then it gets through");
}


int
main(void)
{
    sign_key_t  key;
    const char *jwk;

    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    if (api_dpop_keys_create(&keys, seed, &api_alloc_libc) != API_OK) {
        return 1;
    }

    key = sign_new("P-256");
    jwk = sign_jwk(&key, "");

    test_rfc();
    test_algorithms();
    test_headers(&key, jwk);
    test_claims(&key, jwk);
    test_keys(&key, jwk);
    test_flips(&key, jwk);
    test_forms(&key, jwk);
    test_nomem(&key, jwk);
    test_many_keys();

    api_dpop_keys_free(keys);
    api_arena_free(&arena);
    sign_reset();

    return ut_done();
}
