/*
 * JSON Web Token (RFC 7519) checked as RFC 8725 (BCP 225) and RFC 9068 ask,
 * cheap steps before dear ones:
 *
 *   api_jwt_parse   size, three segments, canonical base64url, strict JSON,
 *                   types of the registered names, crit, b64
 *   api_jwt_check   alg allowed, typ, iss, aud, exp, nbf, iat, lifetime,
 *                   required claims          (nothing is trusted yet)
 *   api_jwt_verify  candidates by alg and kid, then the signature
 *
 * Only after all three have said API_JWT_OK may a claim be believed.  The
 * issuer's policy and its keys are one: the caller picks the policy by `iss`
 * and hands the keys of that policy, no others.
 */

#ifndef API_JWT_H
#define API_JWT_H

#include "api_jwk.h"


/* The verdict: stable names (api_jwt_code_name), one a reason. */

typedef enum {
    API_JWT_OK = 0,
    API_JWT_MALFORMED, /* segments, base64url, JSON */
    API_JWT_TOO_LARGE,
    API_JWT_ENCRYPTED,      /* five segments, or enc: a JWE */
    API_JWT_HEADER_INVALID, /* type of a header parameter, jwk/jku/x5u/x5c */
    API_JWT_CLAIM_INVALID,  /* type or range of a registered claim */
    API_JWT_CRIT,           /* crit or b64: nothing of it is implemented */
    API_JWT_ALG_NOT_ALLOWED,
    API_JWT_TYP,
    API_JWT_ISSUER,
    API_JWT_AUDIENCE,
    API_JWT_CLAIM_MISSING, /* of `require`, or exp */
    API_JWT_EXPIRED,
    API_JWT_NOT_YET_VALID, /* nbf */
    API_JWT_ISSUED_IN_FUTURE,
    API_JWT_TOO_OLD,  /* max_age */
    API_JWT_LIFETIME, /* max_lifetime */
    API_JWT_KEY_UNKNOWN,
    API_JWT_SIGNATURE,
    API_JWT_NOMEM,
    API_JWT_INTERNAL,
    API_JWT_NCODES
} api_jwt_code_t;

const char *api_jwt_code_name(int code);


typedef struct {
    size_t            token;  /* bytes of the whole; 0: 16 KiB */
    size_t            header; /* bytes of the decoded header; 0: 8 KiB */
    api_json_limits_t json;   /* tokens 0: depth 10, 1024 tokens, 256 members,
                                 256-byte names, 8 KiB strings */
} api_jwt_limits_t;

/* What an issuer's tokens must be.  Spans outlive the use. */

typedef struct {
    api_span_t        issuer;     /* exact */
    const api_span_t *audience;   /* one of them must be in aud */
    size_t            naudience;  /* 0: not checked */
    uint32_t          algorithms; /* mask of API_JWS_BIT */
    const api_span_t *typ;        /* "at+jwt": application/ is implied, case
                                     ignored (RFC 7515 4.1.9) */
    size_t            ntyp;       /* 0: absent, "JWT" and "at+jwt" pass */
    const api_span_t *require;    /* claims that must be there, not null */
    size_t            nrequire;
    int64_t           leeway;       /* seconds, on exp, nbf and iat */
    int64_t           max_age;      /* now - iat; 0: none; wants iat */
    int64_t           max_lifetime; /* exp - iat; 0: none; wants iat */
    unsigned          exp_optional : 1;
} api_jwt_policy_t;

typedef struct {
    api_jws_t     jws;
    api_span_t    signature;     /* decoded */
    api_jws_alg_t alg;           /* API_JWS_UNKNOWN: none of ours; parse passes
                                it, check and verify refuse it */
    api_span_t    kid;           /* data NULL: none */
    api_span_t    typ;           /* likewise, without application/ */
    api_span_t    iss, sub, jti; /* data NULL: absent */
    api_json_t    header;
    api_json_t    claims;
    uint32_t      aud;           /* token of claims, API_JSON_NONE: absent */
    int64_t       exp, nbf, iat; /* floored seconds, years 0000 to 9999 */
    unsigned      has_alg : 1;
    unsigned      has_exp : 1;
    unsigned      has_nbf : 1;
    unsigned      has_iat : 1;
} api_jwt_t;


/*
 * All memory (decoded segments, tapes) comes from arena and lives as long;
 * jwt also points into token.  Each returns an api_jwt_code_t; err (may be
 * NULL) gets the code and a line for the operator.  `now` is in seconds since
 * the epoch.
 */

int
api_jwt_parse(api_jwt_t *jwt, api_span_t token, const api_jwt_limits_t *limits,
    api_sipkey_t seed, api_arena_t *arena, api_err_t *err);

int api_jwt_check(const api_jwt_t *jwt, const api_jwt_policy_t *policy,
    int64_t now, api_err_t *err);

/* At most API_JWT_MAX_TRIES candidate keys are tried. */

#define API_JWT_MAX_TRIES 4

int
api_jwt_verify(const api_jwt_t *jwt, const api_jwks_t *keys, api_err_t *err);

/*
 * NumericDate (RFC 7519 section 2): any JSON number, in seconds, floored
 * exactly from its decimal digits.
 *
 * Only the years 0000 to 9999 are dates: beyond them lie milliseconds taken
 * for seconds and tokens that never expire.
 */

#define API_JWT_DATE_MIN (-62167219200)
#define API_JWT_DATE_MAX 253402300799

/* text is a valid JSON number; false when it is out of range. */

bool api_jwt_date(api_span_t text, int64_t *date);


#endif /* API_JWT_H */
