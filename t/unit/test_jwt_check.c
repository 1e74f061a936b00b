/* The policy: what api_jwt_check refuses, each at its edge. */

#include "jwt_expect.h"
#include "ut.h"

#include <inttypes.h>
#include <stdio.h>


#define HS "{\"alg\":\"HS256\"}"


/* Claims of the right issuer and audience; the first @ stands for NOW + a,
   the second for NOW + b. */

static const char *
times(const char *claims, int64_t a, int64_t b)
{
    const char *p, *q;

    p = strchr(claims, '@');

    if (p) {
        q = times(p + 1, b, 0);
        claims = sign_text(
            "%.*s%" PRId64 "%s", (int) (p - claims), claims, JWT_NOW + a, q);
    }

    return claims;
}


/* ... between braces. */

static const char *
at_times(const char *claims, int64_t a, int64_t b)
{
    return sign_text("{\"iss\":\"https://idp.example\",\"aud\":\"orders\","
                     "%s}",
        times(claims, a, b));
}


/* R5 */

static void
test_algorithms(void)
{
    api_jwt_policy_t policy = jwt_policy();

    policy.algorithms = API_JWS_BIT(API_JWS_HS256);
    jwt_expect_policy(
        &policy, HS, jwt_claims(""), API_JWT_OK, "the one allowed");

    policy.algorithms = ~API_JWS_BIT(API_JWS_HS256);
    jwt_expect_policy(&policy, HS, jwt_claims(""), API_JWT_ALG_NOT_ALLOWED,
        "all but this one");

    policy.algorithms = 0;
    jwt_expect_policy(&policy, HS, jwt_claims(""), API_JWT_ALG_NOT_ALLOWED,
        "no algorithm at all");

    policy.algorithms = API_JWS_BIT(API_JWS_UNKNOWN);
    jwt_expect_policy(&policy, "{\"alg\":\"none\"}", jwt_claims(""),
        API_JWT_ALG_NOT_ALLOWED, "none is not the algorithm of bit 0");
}


/* R21 */

static void
test_typ(void)
{
    size_t           i;
    api_jwt_policy_t policy = jwt_policy();
    const api_span_t at[] = { API_SPAN("at+jwt") };
    const api_span_t two[] = { API_SPAN("application/secevent+jwt"),
        API_SPAN("x") };

    static const struct {
        const char *typ; /* NULL: absent */
        int         any, at, two;
    } v[] = {
        { NULL, API_JWT_OK, API_JWT_TYP, API_JWT_TYP },
        { "JWT", API_JWT_OK, API_JWT_TYP, API_JWT_TYP },
        { "jwt", API_JWT_OK, API_JWT_TYP, API_JWT_TYP },
        { "application/jwt", API_JWT_OK, API_JWT_TYP, API_JWT_TYP },
        { "at+jwt", API_JWT_OK, API_JWT_OK, API_JWT_TYP },
        { "AT+JWT", API_JWT_OK, API_JWT_OK, API_JWT_TYP },
        { "application/at+jwt", API_JWT_OK, API_JWT_OK, API_JWT_TYP },
        { "Application/AT+jwt", API_JWT_OK, API_JWT_OK, API_JWT_TYP },
        { "application/application/at+jwt", API_JWT_TYP, API_JWT_TYP,
            API_JWT_TYP },
        { "application/", API_JWT_TYP, API_JWT_TYP, API_JWT_TYP },
        { "application", API_JWT_TYP, API_JWT_TYP, API_JWT_TYP },
        { "", API_JWT_TYP, API_JWT_TYP, API_JWT_TYP },
        { "at+jwt ", API_JWT_TYP, API_JWT_TYP, API_JWT_TYP },
        { "text/at+jwt", API_JWT_TYP, API_JWT_TYP, API_JWT_TYP },
        { "dpop+jwt", API_JWT_TYP, API_JWT_TYP, API_JWT_TYP },
        { "logout+jwt", API_JWT_TYP, API_JWT_TYP, API_JWT_TYP },
        { "secevent+jwt", API_JWT_TYP, API_JWT_TYP, API_JWT_OK },
        { "application/x", API_JWT_TYP, API_JWT_TYP, API_JWT_OK },
    };

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        const char *typ = v[i].typ ? v[i].typ : "absent";
        const char *header =
            v[i].typ ? sign_text("{\"alg\":\"HS256\",\"typ\":\"%s\"}", typ)
                     : HS;

        policy.ntyp = 0;
        jwt_expect_policy(&policy, header, jwt_claims(""), v[i].any,
            sign_text("typ %s, nothing asked", typ));
        policy.typ = at;
        policy.ntyp = 1;
        jwt_expect_policy(&policy, header, jwt_claims(""), v[i].at,
            sign_text("typ %s, at+jwt asked", typ));
        policy.typ = two;
        policy.ntyp = 2;
        jwt_expect_policy(&policy, header, jwt_claims(""), v[i].two,
            sign_text("typ %s, one of two asked", typ));
    }
}


/* R19, R20 */

static void
test_iss_aud(void)
{
    size_t           i;
    api_jwt_policy_t policy = jwt_policy();
    const api_span_t two[] = { API_SPAN("a"), API_SPAN("b") };

    static const struct {
        const char *iss;
        int         code;
    } iss[] = {
        { "\"https://idp.example\"", API_JWT_OK },
        { "\"https:\\/\\/idp.example\"", API_JWT_OK },
        { "\"https://idp.example/\"", API_JWT_ISSUER },
        { "\"https://idp.exampl\"", API_JWT_ISSUER },
        { "\"https://idp.example.evil.example\"", API_JWT_ISSUER },
        { "\"HTTPS://idp.example\"", API_JWT_ISSUER },
        { "\"https://idp.example \"", API_JWT_ISSUER },
        { "\"\"", API_JWT_ISSUER },
    };

    static const struct {
        const char *aud;
        int         code;
    } aud[] = {
        { ",\"aud\":\"a\"", API_JWT_OK },
        { ",\"aud\":\"\\u0062\"", API_JWT_OK },
        { ",\"aud\":[\"x\",\"b\"]", API_JWT_OK },
        { ",\"aud\":[\"x\",\"y\",\"\\u0061\"]", API_JWT_OK },
        { "", API_JWT_AUDIENCE },
        { ",\"aud\":\"\"", API_JWT_AUDIENCE },
        { ",\"aud\":\"c\"", API_JWT_AUDIENCE },
        { ",\"aud\":\"ab\"", API_JWT_AUDIENCE },
        { ",\"aud\":\"a b\"", API_JWT_AUDIENCE },
        { ",\"aud\":\"A\"", API_JWT_AUDIENCE },
        { ",\"aud\":[]", API_JWT_AUDIENCE },
        { ",\"aud\":[\"x\"]", API_JWT_AUDIENCE },
        { ",\"aud\":[\"ab\",\"\"]", API_JWT_AUDIENCE },
        { ",\"aud\":[],\"x\":\"a\"", API_JWT_AUDIENCE },
        { ",\"aud\":[\"x\"],\"y\":[\"a\"]", API_JWT_AUDIENCE },
    };

    for (i = 0; i < sizeof(iss) / sizeof(iss[0]); i++) {
        jwt_expect(HS,
            sign_text("{\"iss\":%s,\"aud\":\"orders\",\"exp\":1700000060}",
                iss[i].iss),
            iss[i].code, iss[i].iss);
    }

    jwt_expect(HS, "{\"aud\":\"orders\",\"exp\":1700000060}", API_JWT_ISSUER,
        "no iss");
    policy.issuer = api_span(NULL, 0);
    jwt_expect_policy(&policy, HS, jwt_claims(""), API_JWT_ISSUER,
        "no issuer configured: nobody passes");
    jwt_expect_policy(&policy, HS, "{\"iss\":\"\",\"exp\":1700000060}",
        API_JWT_ISSUER, "... nor does an empty iss");
    jwt_expect_policy(
        &policy, HS, "{\"exp\":1700000060}", API_JWT_ISSUER, "... nor none");

    policy = jwt_policy();
    policy.audience = two;
    policy.naudience = 2;

    for (i = 0; i < sizeof(aud) / sizeof(aud[0]); i++) {
        jwt_expect_policy(&policy, HS,
            sign_text("{\"iss\":\"https://idp.example\",\"exp\":1700000060%s}",
                aud[i].aud),
            aud[i].code, *aud[i].aud ? aud[i].aud : "no aud");
    }

    policy.naudience = 0;
    jwt_expect_policy(&policy, HS,
        "{\"iss\":\"https://idp.example\",\"exp\":1700000060}", API_JWT_OK,
        "no aud, none asked");
}


/* R17, R18: each date a second before, at and behind its edge. */

static void
test_dates(void)
{
    size_t           i;
    api_jwt_policy_t policy = jwt_policy();

    static const struct {
        const char *claims;
        int64_t     a;
        int         code[2]; /* with a leeway of 0, of 30 */
    } v[] = {
        { "\"exp\":@", 1, { API_JWT_OK, API_JWT_OK } },
        { "\"exp\":@", 0, { API_JWT_EXPIRED, API_JWT_OK } },
        { "\"exp\":@", -1, { API_JWT_EXPIRED, API_JWT_OK } },
        { "\"exp\":@", -29, { API_JWT_EXPIRED, API_JWT_OK } },
        { "\"exp\":@", -30, { API_JWT_EXPIRED, API_JWT_EXPIRED } },
        { "\"exp\":@.9", 0, { API_JWT_EXPIRED, API_JWT_OK } },
        { "\"exp\":@.9", -30, { API_JWT_EXPIRED, API_JWT_EXPIRED } },
        { "\"exp\":@.0", 1, { API_JWT_OK, API_JWT_OK } },
        { "\"exp\":@e0", 1, { API_JWT_OK, API_JWT_OK } },
        { "\"exp\":0", 0, { API_JWT_EXPIRED, API_JWT_EXPIRED } },
        { "\"exp\":-1", 0, { API_JWT_EXPIRED, API_JWT_EXPIRED } },
        { "\"exp\":-62167219200", 0, { API_JWT_EXPIRED, API_JWT_EXPIRED } },
        { "\"exp\":253402300799", 0, { API_JWT_OK, API_JWT_OK } },
        { "\"exp\":1e99", 0,
            { API_JWT_CLAIM_INVALID, API_JWT_CLAIM_INVALID } },
        { "\"x\":1", 0, { API_JWT_CLAIM_MISSING, API_JWT_CLAIM_MISSING } },
        { "\"exp\":2e9,\"nbf\":@", -1, { API_JWT_OK, API_JWT_OK } },
        { "\"exp\":2e9,\"nbf\":@", 0, { API_JWT_OK, API_JWT_OK } },
        { "\"exp\":2e9,\"nbf\":@", 1, { API_JWT_NOT_YET_VALID, API_JWT_OK } },
        { "\"exp\":2e9,\"nbf\":@", 30, { API_JWT_NOT_YET_VALID, API_JWT_OK } },
        { "\"exp\":2e9,\"nbf\":@", 31,
            { API_JWT_NOT_YET_VALID, API_JWT_NOT_YET_VALID } },
        { "\"exp\":2e9,\"iat\":@", 0, { API_JWT_OK, API_JWT_OK } },
        { "\"exp\":2e9,\"iat\":@", 1,
            { API_JWT_ISSUED_IN_FUTURE, API_JWT_OK } },
        { "\"exp\":2e9,\"iat\":@", 30,
            { API_JWT_ISSUED_IN_FUTURE, API_JWT_OK } },
        { "\"exp\":2e9,\"iat\":@", 31,
            { API_JWT_ISSUED_IN_FUTURE, API_JWT_ISSUED_IN_FUTURE } },
        { "\"exp\":2e9,\"iat\":-5", 0, { API_JWT_OK, API_JWT_OK } },
    };

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        const char *claims = at_times(v[i].claims, v[i].a, 0);

        policy.leeway = 0;
        jwt_expect_policy(&policy, HS, claims, v[i].code[0],
            sign_text("%s at %" PRId64, v[i].claims, v[i].a));
        policy.leeway = 30;
        jwt_expect_policy(&policy, HS, claims, v[i].code[1],
            sign_text("%s at %" PRId64 ", leeway 30", v[i].claims, v[i].a));
    }

    policy.leeway = INT64_MAX;
    jwt_expect_policy(&policy, HS, at_times("\"exp\":@,\"nbf\":@", -1, 5),
        API_JWT_OK, "a leeway without end overflows nothing");

    policy = jwt_policy();
    policy.exp_optional = 1;
    jwt_expect_policy(&policy, HS, at_times("\"x\":1", 0, 0), API_JWT_OK,
        "no exp where it is optional");
    jwt_expect_policy(&policy, HS, at_times("\"exp\":@", 0, 0),
        API_JWT_EXPIRED, "an exp that has passed where it is optional");
}


static void
test_ages(void)
{
    size_t           i;
    api_jwt_policy_t policy = jwt_policy();

    static const struct {
        const char *claims;
        int64_t     a, b;
        int64_t     max_age, max_lifetime, leeway;
        int         code;
    } v[] = {
        { "\"exp\":2e9,\"iat\":@", -60, 0, 60, 0, 0, API_JWT_OK },
        { "\"exp\":2e9,\"iat\":@", -61, 0, 60, 0, 0, API_JWT_TOO_OLD },
        { "\"exp\":2e9,\"iat\":@", -61, 0, 60, 0, 1, API_JWT_OK },
        { "\"exp\":2e9,\"iat\":@", -62, 0, 60, 0, 1, API_JWT_TOO_OLD },
        { "\"exp\":2e9,\"iat\":-9", 0, 0, 60, 0, 0, API_JWT_TOO_OLD },
        { "\"exp\":2e9", 0, 0, 60, 0, 0, API_JWT_CLAIM_MISSING },
        { "\"exp\":2e9", 0, 0, 0, 60, 0, API_JWT_CLAIM_MISSING },
        { "\"exp\":2e9,\"iat\":@", -9, 0, INT64_MAX, 0, 5, API_JWT_OK },
        { "\"iat\":@,\"exp\":@", -10, 50, 0, 60, 0, API_JWT_OK },
        { "\"iat\":@,\"exp\":@", -10, 51, 0, 60, 0, API_JWT_LIFETIME },
        { "\"iat\":@,\"exp\":@", -10, 51, 0, 60, 9, API_JWT_LIFETIME },
        { "\"iat\":@,\"exp\":@", -10, 51, 0, INT64_MAX, 0, API_JWT_OK },
        { "\"iat\":@", -10, 0, 0, 60, 0, API_JWT_CLAIM_MISSING },
    };

    policy.exp_optional = 1;

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        policy.max_age = v[i].max_age;
        policy.max_lifetime = v[i].max_lifetime;
        policy.leeway = v[i].leeway;
        jwt_expect_policy(&policy, HS, at_times(v[i].claims, v[i].a, v[i].b),
            v[i].code,
            sign_text("%s at %" PRId64 ", %" PRId64 ", age %" PRId64
                      ", lifetime %" PRId64,
                v[i].claims, v[i].a, v[i].b, v[i].max_age, v[i].max_lifetime));
    }
}


/* R22 */

static void
test_require(void)
{
    size_t           i;
    api_jwt_policy_t policy = jwt_policy();
    const api_span_t names[] = { API_SPAN("sub"), API_SPAN("a/b") };

    static const struct {
        const char *more;
        int         code;
    } v[] = {
        { ",\"sub\":\"me\",\"a/b\":false", API_JWT_OK },
        { ",\"s\\u0075b\":\"me\",\"a\\/b\":{}", API_JWT_OK },
        { ",\"sub\":\"me\",\"a/b\":null", API_JWT_CLAIM_MISSING },
        { ",\"sub\":\"me\"", API_JWT_CLAIM_MISSING },
        { ",\"a/b\":1", API_JWT_CLAIM_MISSING },
        { ",\"Sub\":\"me\",\"a/b\":1", API_JWT_CLAIM_MISSING },
        { ",\"x\":{\"sub\":\"me\",\"a/b\":1}", API_JWT_CLAIM_MISSING },
        { ",\"sub\":\"\",\"a/b\":1", API_JWT_CLAIM_INVALID },
        { "", API_JWT_CLAIM_MISSING },
    };

    policy.require = names;
    policy.nrequire = 2;

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        jwt_expect_policy(&policy, HS, jwt_claims(v[i].more), v[i].code,
            *v[i].more ? v[i].more : "nothing of it");
    }
}


/* The line for the operator: names and times, no bytes of the token. */

static void
test_texts(void)
{
    jwt_expect(
        HS, at_times("\"exp\":@", -500, 0), API_JWT_EXPIRED, "its text");
    ut_span(sign_span(jwt_text()),
        API_SPAN("exp 1699999500, now 1700000000, leeway 0"),
        "... has the times");
    jwt_expect(HS, "{\"iss\":\"S3CRET\"}", API_JWT_ISSUER, "its text");
    ut_ok(strstr(jwt_text(), "S3CRET") == NULL, "... not the value");
    jwt_expect("{\"alg\":\"S3CRET\"}", jwt_claims(""), API_JWT_ALG_NOT_ALLOWED,
        "its text");
    ut_ok(strstr(jwt_text(), "S3CRET") == NULL, "... not the value");
    jwt_expect(HS, "{\"S3CRET\":S3CRET", API_JWT_MALFORMED, "its text");
    ut_ok(strstr(jwt_text(), "S3CRET") == NULL, "... not the value: %s",
        jwt_text());
    jwt_expect(
        HS, "{\"aud\":{\"S3CRET\":1}}", API_JWT_CLAIM_INVALID, "its text");
    ut_span(sign_span(jwt_text()),
        API_SPAN("aud is object, not a string or an array"), "... says so");
}


int
main(void)
{
    test_algorithms();
    test_typ();
    test_iss_aud();
    test_dates();
    test_ages();
    test_require();
    test_texts();
    sign_reset();

    return ut_done();
}
