/* Tokens as text: what api_jwt_parse refuses, each next to a good twin. */

#include "api_base64.h"
#include "jwt_expect.h"
#include "ut.h"

#include <stdio.h>


#define HS "{\"alg\":\"HS256\"}"


/* A header that is HS256 with `more` in it. */

static const char *
hs(const char *more)
{
    return sign_text("{\"alg\":\"HS256\"%s}", more);
}


/* R1, R4, R10, R11, R12, R23: one member of the header. */

static void
test_header(void)
{
    size_t i;

    static const struct {
        const char *more;
        int         code;
    } v[] = {
        { "", API_JWT_OK },
        { ",\"typ\":\"JWT\"", API_JWT_OK },
        { ",\"typ\":null", API_JWT_HEADER_INVALID },
        { ",\"typ\":[\"JWT\"]", API_JWT_HEADER_INVALID },
        { ",\"typ\":1", API_JWT_HEADER_INVALID },
        { ",\"kid\":\"1\"", API_JWT_OK },
        { ",\"kid\":\"\\u0031\"", API_JWT_OK },
        { ",\"kid\":1", API_JWT_HEADER_INVALID },
        { ",\"kid\":[\"1\"]", API_JWT_HEADER_INVALID },
        { ",\"kid\":null", API_JWT_HEADER_INVALID },
        { ",\"kid\":true", API_JWT_HEADER_INVALID },
        { ",\"kid\":{}", API_JWT_HEADER_INVALID },
        { ",\"kid\":\"1\\u0000\"", API_JWT_MALFORMED },
        { ",\"kid\":\"../../../../dev/null\"", API_JWT_KEY_UNKNOWN },
        { ",\"kid\":\"1' OR '1'='1\"", API_JWT_KEY_UNKNOWN },
        { ",\"kid\":\"2\"", API_JWT_KEY_UNKNOWN },
        { ",\"kid\":\"\"", API_JWT_KEY_UNKNOWN },
        { ",\"crit\":[\"exp\"],\"exp\":1", API_JWT_CRIT },
        { ",\"crit\":[]", API_JWT_CRIT },
        { ",\"crit\":[\"alg\"]", API_JWT_CRIT },
        { ",\"crit\":[\"missing\"]", API_JWT_CRIT },
        { ",\"crit\":\"exp\"", API_JWT_CRIT },
        { ",\"crit\":null", API_JWT_CRIT },
        { ",\"cr\\u0069t\":[\"x\"],\"x\":1", API_JWT_CRIT },
        { ",\"crit\":[\"b64\"],\"b64\":false", API_JWT_CRIT },
        { ",\"b64\":false", API_JWT_CRIT },
        { ",\"b64\":true", API_JWT_CRIT },
        { ",\"CRIT\":[\"x\"]", API_JWT_OK },
        { ",\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"}", API_JWT_HEADER_INVALID },
        { ",\"jku\":\"https://evil.example/\"", API_JWT_HEADER_INVALID },
        { ",\"x5u\":\"https://evil.example/\"", API_JWT_HEADER_INVALID },
        { ",\"x5c\":[\"MII\"]", API_JWT_HEADER_INVALID },
        { ",\"j\\u0077k\":{}", API_JWT_HEADER_INVALID },
        { ",\"x5t\":\"AAAA\"", API_JWT_OK },
        { ",\"x5t#S256\":\"AAAA\"", API_JWT_OK },
        { ",\"zip\":\"DEF\"", API_JWT_ENCRYPTED },
        { ",\"enc\":\"A128GCM\"", API_JWT_ENCRYPTED },
        { ",\"cty\":\"JWT\"", API_JWT_HEADER_INVALID },
        { ",\"cty\":\"jwt\"", API_JWT_HEADER_INVALID },
        { ",\"cty\":\"application/jwt\"", API_JWT_HEADER_INVALID },
        { ",\"cty\":1", API_JWT_HEADER_INVALID },
        { ",\"cty\":\"json\"", API_JWT_OK },
        { ",\"x\":{\"alg\":\"none\",\"crit\":[]}", API_JWT_OK },
        { ",\"alg\":\"none\"", API_JWT_MALFORMED },
        { ",\"a\\u006cg\":\"HS256\"", API_JWT_MALFORMED },
    };

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        jwt_expect(hs(v[i].more), jwt_claims(""), v[i].code,
            *v[i].more ? v[i].more : "the plain header");
    }

    jwt_expect(hs(sign_text(",\"kid\":\"%0256d\"", 1)), jwt_claims(""),
        API_JWT_KEY_UNKNOWN, "a kid of 256 bytes");
    jwt_expect(hs(sign_text(",\"kid\":\"%0257d\"", 1)), jwt_claims(""),
        API_JWT_HEADER_INVALID, "a kid of 257 bytes");
    jwt_expect(hs(sign_text(",\"kid\":\"%04096d\"", 1)), jwt_claims(""),
        API_JWT_HEADER_INVALID, "a kid of 4 KiB");
}


static void
test_alg(void)
{
    size_t i;

    static const struct {
        const char *header;
        int         code;
    } v[] = {
        { HS, API_JWT_OK },
        { "{\"alg\":\"\\u0048S256\"}", API_JWT_OK },
        { "{\"alg\":\"none\"}", API_JWT_ALG_NOT_ALLOWED },
        { "{\"alg\":\"None\"}", API_JWT_ALG_NOT_ALLOWED },
        { "{\"alg\":\"NONE\"}", API_JWT_ALG_NOT_ALLOWED },
        { "{\"alg\":\"NoNe\"}", API_JWT_ALG_NOT_ALLOWED },
        { "{\"alg\":\"\"}", API_JWT_ALG_NOT_ALLOWED },
        { "{\"alg\":\"hs256\"}", API_JWT_ALG_NOT_ALLOWED },
        { "{\"alg\":\"Hs256\"}", API_JWT_ALG_NOT_ALLOWED },
        { "{\"alg\":\"HS256 \"}", API_JWT_ALG_NOT_ALLOWED },
        { "{\"alg\":\"HS25\"}", API_JWT_ALG_NOT_ALLOWED },
        { "{\"alg\":\"unknown\"}", API_JWT_ALG_NOT_ALLOWED },
        { "{\"alg\":\"A128KW\"}", API_JWT_ALG_NOT_ALLOWED },
        { "{\"alg\":\"RS256\"}", API_JWT_KEY_UNKNOWN },
        { "{\"alg\":\"HS512\"}", API_JWT_SIGNATURE },
        { "{\"alg\":256}", API_JWT_HEADER_INVALID },
        { "{\"alg\":0}", API_JWT_HEADER_INVALID },
        { "{\"alg\":null}", API_JWT_HEADER_INVALID },
        { "{\"alg\":true}", API_JWT_HEADER_INVALID },
        { "{\"alg\":[\"HS256\"]}", API_JWT_HEADER_INVALID },
        { "{\"alg\":{}}", API_JWT_HEADER_INVALID },
        { "{\"ALG\":\"HS256\"}", API_JWT_HEADER_INVALID },
        { "{\"typ\":\"JWT\"}", API_JWT_HEADER_INVALID },
        { "{}", API_JWT_HEADER_INVALID },
    };

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        jwt_expect(v[i].header, jwt_claims(""), v[i].code, v[i].header);
    }
}


/* R15, R16: both parts are strict JSON objects. */

static void
test_json(void)
{
    size_t i;
    char   name[64];

    static const struct {
        const char *text;
        int         code;
    } v[] = {
        { "[]", API_JWT_MALFORMED },
        { "\"alg\"", API_JWT_MALFORMED },
        { "null", API_JWT_MALFORMED },
        { "1", API_JWT_MALFORMED },
        { " ", API_JWT_MALFORMED },
        { "{", API_JWT_MALFORMED },
        { "{}x", API_JWT_MALFORMED },
        { "{}{}", API_JWT_MALFORMED },
        { "{'a':1}", API_JWT_MALFORMED },
        { "{\"a\":1,}", API_JWT_MALFORMED },
        { "{\"a\":01}", API_JWT_MALFORMED },
        { "{\"a\":NaN}", API_JWT_MALFORMED },
        { "{\"a\":1}//", API_JWT_MALFORMED },
        { "\xef\xbb\xbf{}", API_JWT_MALFORMED },
        { "{\"a\":\"\\ud800\"}", API_JWT_MALFORMED },
        { "{\"a\":\"\\udc00\\ud800\"}", API_JWT_MALFORMED },
        { "{\"a\":\"\xff\"}", API_JWT_MALFORMED },
        { "{\"a\":\"\xc0\x80\"}", API_JWT_MALFORMED },
        { "{\"a\":\"\xed\xa0\x80\"}", API_JWT_MALFORMED },
        { "{\"a\":\"\\u0000\"}", API_JWT_MALFORMED },
        { "{\"a\\u0000\":1}", API_JWT_MALFORMED },
        { "{\"a\":\"\t\"}", API_JWT_MALFORMED },
        { "{\"a\":1,\"a\":1}", API_JWT_MALFORMED },
        { "{\"sub\":\"x\",\"su\\u0062\":\"y\"}", API_JWT_MALFORMED },
        { "{\"a\":{\"b\":1,\"b\":2}}", API_JWT_MALFORMED },
    };

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        snprintf(name, sizeof(name), "header %.40s", v[i].text);
        jwt_expect(v[i].text, jwt_claims(""), v[i].code, name);
        snprintf(name, sizeof(name), "payload %.40s", v[i].text);
        jwt_expect(HS, v[i].text, v[i].code, name);
    }

    jwt_expect(sign_text(" %s\r\n", HS), sign_text("\t%s ", jwt_claims("")),
        API_JWT_OK, "white space around both");
    jwt_expect(hs(",\"a\":\"\\ud83d\\ude00\""),
        jwt_claims(",\"n\":{\"a\":1,\"b\":{\"a\":1}},\"\xc3\xa9\":\"\xe2\x82"
                   "\xac\""),
        API_JWT_OK, "pairs of surrogates, UTF-8, one name at two depths");
}


/* A NUL in the decoded bytes is not the end of them. */

static void
test_nul_bytes(void)
{
    size_t      len;
    char       *text;
    sign_key_t  key = jwt_secret();
    const char *claims = jwt_claims("");

    text = sign_alloc(512);
    len = strlen(claims);
    memcpy(text, claims, len);
    memcpy(text + len + 1, ",\"x\":1}", 7);

    ut_int(
        jwt_parse(sign_segments(&key, API_JWS_HS256, sign_b64(sign_span(HS)),
                      sign_b64(api_span(text, len + 8))),
            NULL),
        API_JWT_MALFORMED, "a NUL behind the payload");
    ut_int(
        jwt_parse(sign_segments(&key, API_JWS_HS256, sign_b64(sign_span(HS)),
                      sign_b64(api_span(text, len + 1))),
            NULL),
        API_JWT_MALFORMED, "a NUL at the end of the payload");
    ut_int(
        jwt_parse(sign_segments(&key, API_JWS_HS256, sign_b64(sign_span(HS)),
                      sign_b64(api_span(text, len))),
            NULL),
        API_JWT_OK, "the same without");
}


/* R17, R20, R22: types of the registered claims. */

static void
test_claims(void)
{
    size_t i;

    static const struct {
        const char *claims;
        int         code;
    } v[] = {
        { "{\"iss\":1}", API_JWT_CLAIM_INVALID },
        { "{\"iss\":null}", API_JWT_CLAIM_INVALID },
        { "{\"iss\":[\"https://idp.example\"]}", API_JWT_CLAIM_INVALID },
        { "{\"iss\":{}}", API_JWT_CLAIM_INVALID },
        { "{\"\\u0069ss\":1}", API_JWT_CLAIM_INVALID },
        { "{\"iss\":\"\"}", API_JWT_OK },
        { "{\"iss\":\"a\\u0000\"}", API_JWT_MALFORMED },
        { "{\"sub\":\"me\"}", API_JWT_OK },
        { "{\"sub\":\"\"}", API_JWT_CLAIM_INVALID },
        { "{\"sub\":1}", API_JWT_CLAIM_INVALID },
        { "{\"sub\":null}", API_JWT_CLAIM_INVALID },
        { "{\"sub\":[]}", API_JWT_CLAIM_INVALID },
        { "{\"sub\":\"a\\u0000b\"}", API_JWT_MALFORMED },
        { "{\"jti\":\"x\"}", API_JWT_OK },
        { "{\"jti\":1}", API_JWT_CLAIM_INVALID },
        { "{\"jti\":null}", API_JWT_CLAIM_INVALID },
        { "{\"aud\":\"x\"}", API_JWT_OK },
        { "{\"aud\":[\"x\",\"y\"]}", API_JWT_OK },
        { "{\"aud\":[]}", API_JWT_OK },
        { "{\"aud\":1}", API_JWT_CLAIM_INVALID },
        { "{\"aud\":null}", API_JWT_CLAIM_INVALID },
        { "{\"aud\":{}}", API_JWT_CLAIM_INVALID },
        { "{\"aud\":[1]}", API_JWT_CLAIM_INVALID },
        { "{\"aud\":[\"x\",null]}", API_JWT_CLAIM_INVALID },
        { "{\"aud\":[[\"x\"]]}", API_JWT_CLAIM_INVALID },
        { "{\"exp\":1}", API_JWT_OK },
        { "{\"exp\":0}", API_JWT_OK },
        { "{\"exp\":-1}", API_JWT_OK },
        { "{\"exp\":1.5}", API_JWT_OK },
        { "{\"exp\":253402300799}", API_JWT_OK },
        { "{\"exp\":253402300800}", API_JWT_CLAIM_INVALID },
        { "{\"exp\":1700000000000}", API_JWT_CLAIM_INVALID },
        { "{\"exp\":9223372036854775807}", API_JWT_CLAIM_INVALID },
        { "{\"exp\":9223372036854775808}", API_JWT_CLAIM_INVALID },
        { "{\"exp\":18446744073709551617}", API_JWT_CLAIM_INVALID },
        { "{\"exp\":1e400}", API_JWT_CLAIM_INVALID },
        { "{\"exp\":-1e400}", API_JWT_CLAIM_INVALID },
        { "{\"exp\":1e-400}", API_JWT_OK },
        { "{\"exp\":\"1700000060\"}", API_JWT_CLAIM_INVALID },
        { "{\"exp\":null}", API_JWT_CLAIM_INVALID },
        { "{\"exp\":true}", API_JWT_CLAIM_INVALID },
        { "{\"exp\":[1]}", API_JWT_CLAIM_INVALID },
        { "{\"nbf\":\"1\"}", API_JWT_CLAIM_INVALID },
        { "{\"nbf\":null}", API_JWT_CLAIM_INVALID },
        { "{\"nbf\":1e99}", API_JWT_CLAIM_INVALID },
        { "{\"iat\":\"1\"}", API_JWT_CLAIM_INVALID },
        { "{\"iat\":null}", API_JWT_CLAIM_INVALID },
        { "{\"iat\":{}}", API_JWT_CLAIM_INVALID },
        { "{\"Exp\":null,\"EXP\":\"x\",\"issuer\":1,\"is\":2}", API_JWT_OK },
        { "{\"x\":{\"exp\":null,\"aud\":1}}", API_JWT_OK },
        { "{}", API_JWT_OK },
    };

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        ut_int(jwt_parse(sign_text("%s.%s.AAAA", sign_b64(sign_span(HS)),
                             sign_b64(sign_span(v[i].claims))),
                   NULL),
            v[i].code, "%s: %s", api_jwt_code_name(v[i].code), v[i].claims);
    }
}


/* R13, R14, R23: the shape of the whole. */

static void
test_shape(void)
{
    size_t      i;
    const char *h = sign_b64(sign_span(HS));
    const char *p = sign_b64(sign_span("{\"exp\":1}"));

    const struct {
        const char *token;
        int         code;
    } v[] = {
        { sign_text("%s.%s.AAAA", h, p), API_JWT_OK },
        { sign_text("%s.%s.AA", h, p), API_JWT_OK },
        { "", API_JWT_MALFORMED },
        { ".", API_JWT_MALFORMED },
        { "..", API_JWT_MALFORMED },
        { "X", API_JWT_MALFORMED },
        { h, API_JWT_MALFORMED },
        { sign_text("%s.%s", h, p), API_JWT_MALFORMED },
        { sign_text("%s.%s.", h, p), API_JWT_MALFORMED },
        { sign_text("%s..AAAA", h), API_JWT_MALFORMED },
        { sign_text(".%s.AAAA", p), API_JWT_MALFORMED },
        { sign_text("%s.%s.AAAA.AAAA", h, p), API_JWT_MALFORMED },
        { sign_text("%s.%s.AAAA.", h, p), API_JWT_MALFORMED },
        { sign_text("%s.%s.AAAA.AAAA.AAAA", h, p), API_JWT_ENCRYPTED },
        { sign_text("%s..AAAA.AAAA.AAAA", h), API_JWT_ENCRYPTED },
        { sign_text("%s.%s.A.A.A.A", h, p), API_JWT_MALFORMED },
        { sign_text(" %s.%s.AAAA", h, p), API_JWT_MALFORMED },
        { sign_text("%s.%s.AAAA ", h, p), API_JWT_MALFORMED },
        { sign_text("%s.%s.AAAA\n", h, p), API_JWT_MALFORMED },
        { sign_text("%s. %s.AAAA", h, p), API_JWT_MALFORMED },
        { sign_text("%s.\n%s.AAAA", h, p), API_JWT_MALFORMED },
        { sign_text("%s.%s.AAAA=", h, p), API_JWT_MALFORMED },
        { sign_text("%s.%s.AA==", h, p), API_JWT_MALFORMED },
        { sign_text("%s=.%s.AAAA", h, p), API_JWT_MALFORMED },
        { sign_text("%s.%s=.AAAA", h, p), API_JWT_MALFORMED },
        { sign_text("%s.%s.AB", h, p), API_JWT_MALFORMED },
        { sign_text("%s.%s.AAB", h, p), API_JWT_MALFORMED },
        { sign_text("%s.%s.A", h, p), API_JWT_MALFORMED },
        { sign_text("%s.%s.AAAAA", h, p), API_JWT_MALFORMED },
        { sign_text("%s.%s.AA+A", h, p), API_JWT_MALFORMED },
        { sign_text("%s.%s.AA/A", h, p), API_JWT_MALFORMED },
        { sign_text("%s.%s.AAAA!", h, p), API_JWT_MALFORMED },
        { sign_text("%s,%s.%s.AAAA", h, h, p), API_JWT_MALFORMED },
        { sign_text("Bearer %s.%s.AAAA", h, p), API_JWT_MALFORMED },
    };

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        ut_int(jwt_parse(v[i].token, NULL), v[i].code, "%s: shape %zu",
            api_jwt_code_name(v[i].code), i);
    }
}


/* n times the text s. */

static const char *
repeat(const char *s, size_t n)
{
    size_t i, len = strlen(s);
    char  *p = sign_alloc(n * len + 1);

    for (i = 0; i < n; i++) {
        memcpy(p + i * len, s, len);
    }

    return p;
}


static int
parse_payload(const char *payload, const api_jwt_limits_t *limits)
{
    return jwt_parse(sign_text("%s.%s.AAAA", sign_b64(sign_span(HS)),
                         sign_b64(sign_span(payload))),
        limits);
}


/* R15, R29 */

static void
test_limits(void)
{
    const char      *h;
    api_jwt_limits_t limits = { .token = 64, .header = 15 };

    h = sign_text("%s.e30.AAAA", sign_b64(sign_span(HS)));
    limits.token = strlen(h);

    ut_int(jwt_parse(h, &limits), API_JWT_OK, "just within both limits");
    limits.token--;
    ut_int(jwt_parse(h, &limits), API_JWT_TOO_LARGE, "a token too long");
    limits.token = 0;
    limits.header--;
    ut_int(jwt_parse(h, &limits), API_JWT_TOO_LARGE, "a header too long");

    ut_int(jwt_parse(sign_text("%s.e30.%s", sign_b64(sign_span(HS)),
                         repeat("A", 16384 - 25)),
               NULL),
        API_JWT_OK, "16 KiB");
    ut_int(jwt_parse(sign_text("%s.e30.%s", sign_b64(sign_span(HS)),
                         repeat("A", 16384 - 24)),
               NULL),
        API_JWT_TOO_LARGE, "16 KiB and one");
    ut_int(jwt_parse(sign_text("%s.e30.%s", sign_b64(sign_span(HS)),
                         repeat("A", 65536)),
               NULL),
        API_JWT_TOO_LARGE, "a signature of 64 KiB");
    ut_int(jwt_parse(sign_text("%s.e30.AAAA",
                         sign_b64(sign_span(hs(
                             sign_text(",\"x\":\"%s\"", repeat("a", 8200)))))),
               NULL),
        API_JWT_TOO_LARGE, "a header of over 8 KiB");
}


static void
test_json_limits(void)
{
    size_t           i;
    const char      *many;
    api_jwt_limits_t limits;

    ut_int(
        parse_payload(
            sign_text("{\"a\":%s%s}", repeat("[", 9), repeat("]", 9)), NULL),
        API_JWT_OK, "10 levels");
    ut_int(
        parse_payload(
            sign_text("{\"a\":%s%s}", repeat("[", 10), repeat("]", 10)), NULL),
        API_JWT_TOO_LARGE, "11 levels");
    ut_int(parse_payload(
               sign_text("{\"a\":%s%s}", repeat("[", 500), repeat("]", 500)),
               NULL),
        API_JWT_TOO_LARGE, "501 levels");
    ut_int(parse_payload(sign_text("{\"a\":[%s1]}", repeat("1,", 255)), NULL),
        API_JWT_OK, "256 elements");
    ut_int(parse_payload(sign_text("{\"a\":[%s1]}", repeat("1,", 256)), NULL),
        API_JWT_TOO_LARGE, "257 elements");
    ut_int(parse_payload(sign_text("{\"%s\":1}", repeat("a", 256)), NULL),
        API_JWT_OK, "a name of 256 bytes");
    ut_int(parse_payload(sign_text("{\"%s\":1}", repeat("a", 257)), NULL),
        API_JWT_TOO_LARGE, "a name of 257 bytes");
    ut_int(parse_payload(sign_text("{\"a\":\"%s\"}", repeat("a", 8192)), NULL),
        API_JWT_OK, "a string of 8 KiB");
    ut_int(parse_payload(sign_text("{\"a\":\"%s\"}", repeat("a", 8193)), NULL),
        API_JWT_TOO_LARGE, "a string of 8 KiB and one");
    ut_int(parse_payload(sign_text("{\"exp\":%s}", repeat("1", 101)), NULL),
        API_JWT_TOO_LARGE, "a number of 101 digits");

    many = "{";
    for (i = 0; i < 257; i++) {
        many = sign_text("%s%s\"m%zu\":1", many, i ? "," : "", i);
    }
    ut_int(parse_payload(sign_text("%s}", many), NULL), API_JWT_TOO_LARGE,
        "257 claims");

    limits = (api_jwt_limits_t){ .json = { .depth = 1,
                                     .tokens = 3,
                                     .members = 1,
                                     .name = 3,
                                     .string = 5,
                                     .number = 3 } };
    ut_int(parse_payload("{\"exp\":123}", &limits), API_JWT_OK,
        "the caller's limits hold");
    ut_int(parse_payload("{\"exp\":1234}", &limits), API_JWT_TOO_LARGE,
        "... and refuse");
}


/* What a caller gets. */

static void
test_fields(void)
{
    api_jwt_t    jwt;
    api_err_t    err;
    api_arena_t  arena;
    sign_key_t   key = jwt_secret();
    api_sipkey_t seed = { 3, 4 };
    const char  *token;

    token = sign_token(&key, API_JWS_HS256,
        hs(",\"typ\":\"application/at+jwt\",\"kid\":\"k\\u0031\""),
        "{\"iss\":\"i\\u0031\",\"sub\":\"s\",\"jti\":\"j\",\"aud\":[\"a\"],"
        "\"exp\":1.9,\"nbf\":-0.5,\"iat\":12e1,\"x\":7}");

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    ut_int(api_jwt_parse(&jwt, sign_span(token), NULL, seed, &arena, &err),
        API_JWT_OK, "a token with everything");
    ut_int(jwt.alg, API_JWS_HS256, "alg");
    ut_span(jwt.kid, API_SPAN("k1"), "kid");
    ut_span(jwt.typ, API_SPAN("at+jwt"), "typ");
    ut_span(jwt.iss, API_SPAN("i1"), "iss");
    ut_span(jwt.sub, API_SPAN("s"), "sub");
    ut_span(jwt.jti, API_SPAN("j"), "jti");
    ut_ok(jwt.has_exp && jwt.has_nbf && jwt.has_iat, "three dates");
    ut_int(jwt.exp, 1, "exp is floored");
    ut_int(jwt.nbf, -1, "nbf is floored, below zero too");
    ut_int(jwt.iat, 120, "iat has an exponent");
    ut_int(jwt.claims.tok[jwt.aud].type, API_JSON_ARRAY, "aud");
    ut_int(jwt.signature.len, 32, "the signature is decoded");
    ut_ok(api_json_get(&jwt.claims, 0, API_SPAN("x")) != API_JSON_NONE,
        "other claims are on the tape");

    token = sign_text("%s.e30.AAAA", sign_b64(sign_span(HS)));
    ut_int(api_jwt_parse(&jwt, sign_span(token), NULL, seed, &arena, NULL),
        API_JWT_OK, "a token with nothing");
    ut_ok(jwt.kid.data == NULL && jwt.typ.data == NULL && jwt.iss.data == NULL
              && jwt.sub.data == NULL && jwt.jti.data == NULL
              && jwt.aud == API_JSON_NONE && !jwt.has_exp && !jwt.has_nbf
              && !jwt.has_iat,
        "... has nothing");
    ut_int(api_jwt_parse(&jwt, API_SPAN("a.b"), NULL, seed, &arena, NULL),
        API_JWT_MALFORMED, "err may be NULL");
    api_arena_free(&arena);
}


static void
test_names(void)
{
    int code;

    for (code = 0; code < API_JWT_NCODES; code++) {
        ut_ok(api_jwt_code_name(code)[0] != '\0'
                  && strcmp(api_jwt_code_name(code), "unknown") != 0,
            "code %d is %s", code, api_jwt_code_name(code));
    }

    ut_span(sign_span(api_jwt_code_name(-1)), API_SPAN("unknown"), "-1");
    ut_span(sign_span(api_jwt_code_name(API_JWT_NCODES)), API_SPAN("unknown"),
        "one past the last");
}


int
main(void)
{
    test_header();
    test_alg();
    test_json();
    test_nul_bytes();
    test_claims();
    test_shape();
    test_limits();
    test_json_limits();
    test_fields();
    test_names();
    sign_reset();

    return ut_done();
}
