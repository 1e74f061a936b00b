#include "api_jwt_int.h"

#include <inttypes.h>


typedef struct {
    const api_jwt_t        *jwt;
    const api_jwt_policy_t *policy;
    int64_t                 now;
    api_err_t              *err;
} api_jwt_checker_t;

#define api_jwt_no(c, code, ...) api_fail((c)->err, code, code, 0, __VA_ARGS__)


/* Sums of times saturate: a leeway may be any number. */

static int64_t
api_jwt_add(int64_t a, int64_t b)
{
    int64_t sum;

    if (__builtin_add_overflow(a, b, &sum)) {
        return b < 0 ? INT64_MIN : INT64_MAX;
    }

    return sum;
}


static int
api_jwt_check_alg(const api_jwt_checker_t *c)
{
    api_jws_alg_t alg = c->jwt->alg;

    if (alg == API_JWS_UNKNOWN
        || (c->policy->algorithms & API_JWS_BIT(alg)) == 0) {
        return api_jwt_no(c, API_JWT_ALG_NOT_ALLOWED, "alg %s is not allowed",
            api_jws_alg_name(alg));
    }

    return API_JWT_OK;
}


static bool
api_jwt_is_typ(api_span_t typ, api_span_t want)
{
    return api_span_eq_nocase(typ, api_jwt_media_type(want));
}


static int
api_jwt_check_typ(const api_jwt_checker_t *c)
{
    size_t     i;
    api_span_t typ = c->jwt->typ;

    if (c->policy->ntyp == 0
        && (typ.data == NULL || api_jwt_is_typ(typ, API_SPAN("JWT"))
            || api_jwt_is_typ(typ, API_SPAN("at+jwt"))))
    {
        return API_JWT_OK;
    }

    for (i = 0; typ.data && i < c->policy->ntyp; i++) {
        if (api_jwt_is_typ(typ, c->policy->typ[i])) {
            return API_JWT_OK;
        }
    }

    return api_jwt_no(c, API_JWT_TYP, "typ is %s",
        typ.data ? "not one that is accepted" : "missing");
}


static int
api_jwt_check_iss(const api_jwt_checker_t *c)
{
    api_span_t iss = c->jwt->iss;

    if (iss.len == 0 || !api_span_eq(iss, c->policy->issuer)) {
        return api_jwt_no(c, API_JWT_ISSUER, "iss is %s",
            iss.data ? "not the issuer configured" : "missing");
    }

    return API_JWT_OK;
}


static bool
api_jwt_is_audience(const api_jwt_checker_t *c, uint32_t tok)
{
    size_t i;

    for (i = 0; i < c->policy->naudience; i++) {
        if (api_json_string_eq(&c->jwt->claims, tok, c->policy->audience[i])) {
            return true;
        }
    }

    return false;
}


static int
api_jwt_check_aud(const api_jwt_checker_t *c)
{
    uint32_t          i, n, tok;
    const api_json_t *doc = &c->jwt->claims;

    if (c->policy->naudience == 0) {
        return API_JWT_OK;
    }

    tok = c->jwt->aud;

    if (tok == API_JSON_NONE) {
        return api_jwt_no(c, API_JWT_AUDIENCE, "aud is missing");
    }

    n = 1;

    if (doc->tok[tok].type == API_JSON_ARRAY) {
        n = doc->tok[tok++].len;
    }

    for (i = 0; i < n; i++, tok = api_json_next(doc, tok)) {
        if (api_jwt_is_audience(c, tok)) {
            return API_JWT_OK;
        }
    }

    return api_jwt_no(c, API_JWT_AUDIENCE, "aud does not name this service");
}


static int
api_jwt_check_exp(const api_jwt_checker_t *c)
{
    int64_t exp = c->jwt->exp;

    if (!c->jwt->has_exp) {
        return c->policy->exp_optional
                   ? API_JWT_OK
                   : api_jwt_no(c, API_JWT_CLAIM_MISSING, "exp is missing");
    }

    if (c->now >= api_jwt_add(exp, c->policy->leeway)) {
        return api_jwt_no(c, API_JWT_EXPIRED,
            "exp %" PRId64 ", now %" PRId64 ", leeway %" PRId64, exp, c->now,
            c->policy->leeway);
    }

    return API_JWT_OK;
}


static int
api_jwt_check_nbf(const api_jwt_checker_t *c)
{
    int64_t nbf = c->jwt->nbf;

    if (c->jwt->has_nbf && nbf > api_jwt_add(c->now, c->policy->leeway)) {
        return api_jwt_no(c, API_JWT_NOT_YET_VALID,
            "not valid yet: nbf %" PRId64 ", now %" PRId64 ", leeway %" PRId64,
            nbf, c->now, c->policy->leeway);
    }

    return API_JWT_OK;
}


static int
api_jwt_check_iat(const api_jwt_checker_t *c)
{
    int64_t                 iat = c->jwt->iat;
    const api_jwt_policy_t *policy = c->policy;

    if (!c->jwt->has_iat) {
        return policy->max_age || policy->max_lifetime
                   ? api_jwt_no(c, API_JWT_CLAIM_MISSING, "iat is missing")
                   : API_JWT_OK;
    }

    if (iat > api_jwt_add(c->now, policy->leeway)) {
        return api_jwt_no(c, API_JWT_ISSUED_IN_FUTURE,
            "issued in the future: iat %" PRId64 ", now %" PRId64
            ", leeway %" PRId64,
            iat, c->now, policy->leeway);
    }

    if (policy->max_age
        && c->now > api_jwt_add(
               api_jwt_add(iat, policy->max_age), policy->leeway))
    {
        return api_jwt_no(c, API_JWT_TOO_OLD,
            "too old: iat %" PRId64 ", now %" PRId64 ", max_age %" PRId64, iat,
            c->now, policy->max_age);
    }

    return API_JWT_OK;
}


/* Without exp there is no end to the lifetime. */

static int
api_jwt_check_lifetime(const api_jwt_checker_t *c)
{
    const api_jwt_t *jwt = c->jwt;

    if (c->policy->max_lifetime == 0) {
        return API_JWT_OK;
    }

    if (!jwt->has_exp) {
        return api_jwt_no(c, API_JWT_CLAIM_MISSING, "exp is missing");
    }

    if (jwt->exp > api_jwt_add(jwt->iat, c->policy->max_lifetime)) {
        return api_jwt_no(c, API_JWT_LIFETIME,
            "lives too long: iat %" PRId64 ", exp %" PRId64
            ", max_lifetime %" PRId64,
            jwt->iat, jwt->exp, c->policy->max_lifetime);
    }

    return API_JWT_OK;
}


static int
api_jwt_check_require(const api_jwt_checker_t *c)
{
    size_t            i;
    uint32_t          tok;
    api_span_t        name;
    const api_json_t *doc = &c->jwt->claims;

    for (i = 0; i < c->policy->nrequire; i++) {
        name = c->policy->require[i];
        tok = api_json_get(doc, 0, name);

        if (tok == API_JSON_NONE || doc->tok[tok].type == API_JSON_NULL) {
            return api_jwt_no(c, API_JWT_CLAIM_MISSING, "%.*s is missing",
                (int) (name.len < 64 ? name.len : 64),
                (const char *) name.data);
        }
    }

    return API_JWT_OK;
}


int
api_jwt_check(const api_jwt_t *jwt, const api_jwt_policy_t *policy,
    int64_t now, api_err_t *err)
{
    int                     rc;
    size_t                  i;
    const api_jwt_checker_t c = { jwt, policy, now, err };

    static int (*const checks[])(const api_jwt_checker_t *c) = {
        api_jwt_check_alg,
        api_jwt_check_typ,
        api_jwt_check_iss,
        api_jwt_check_aud,
        api_jwt_check_exp,
        api_jwt_check_nbf,
        api_jwt_check_iat,
        api_jwt_check_lifetime,
        api_jwt_check_require,
    };

    for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        rc = checks[i](&c);
        if (rc != API_JWT_OK) {
            return rc;
        }
    }

    return API_JWT_OK;
}


int
api_jwt_verify(const api_jwt_t *jwt, const api_jwks_t *keys, api_err_t *err)
{
    int        rc, code;
    size_t     it;
    unsigned   tries;
    api_jwk_t *key;

    it = 0;
    code = API_JWT_KEY_UNKNOWN;

    for (tries = 0; tries < API_JWT_MAX_TRIES; tries++) {

        key = api_jwks_find(keys, jwt->alg, jwt->kid, &it);
        if (key == NULL) {
            break;
        }

        rc = api_jws_verify(key, jwt->alg, jwt->jws.input, jwt->signature);

        if (rc == API_OK) {
            return API_JWT_OK;
        }

        if (rc == API_INTERNAL || code == API_JWT_KEY_UNKNOWN) {
            code = rc == API_INTERNAL ? API_JWT_INTERNAL : API_JWT_SIGNATURE;
        }
    }

    switch (code) {

    case API_JWT_KEY_UNKNOWN:
        return api_fail(err, code, code, 0, "no key for this kid and %s",
            api_jws_alg_name(jwt->alg));

    case API_JWT_SIGNATURE:
        return api_fail(err, code, code, 0,
            "the signature is wrong (%u key%s tried)", tries,
            tries == 1 ? "" : "s");

    default:
        return api_fail(err, code, code, 0, "OpenSSL failed to verify");
    }
}
