/*
 * DPoP proofs (RFC 9449): does who presents a token hold the key it is bound
 * to?  Cheap steps before dear ones, and nothing dear for a stranger:
 *
 *   api_dpop_parse    size, three segments, canonical base64url, strict JSON,
 *                     typ, alg, that there is a jwk, types of the claims
 *   api_dpop_check    alg allowed, key that of the token (by its thumbprint),
 *                     method, URI, age, token   (nothing is trusted yet)
 *   api_dpop_verify   the signature, under the key that is in the proof
 *
 * Only then its jti may be remembered (api_replay.h), and only when that is
 * fresh too has the proof been given.
 */

#ifndef API_DPOP_H
#define API_DPOP_H

#include "api_htu.h"
#include "api_jwk.h"


/* The verdict: stable names (api_dpop_code_name), one a reason. */

typedef enum {
    API_DPOP_OK = 0,
    API_DPOP_MALFORMED, /* segments, base64url, JSON, type of a member */
    API_DPOP_TOO_LARGE,
    API_DPOP_TYP,  /* not dpop+jwt */
    API_DPOP_CRIT, /* crit or b64: nothing of it is implemented */
    API_DPOP_ALG_NOT_ALLOWED,
    API_DPOP_KEY, /* missing, private, a secret, too weak, off its curve */
    API_DPOP_CLAIM_MISSING,
    API_DPOP_BINDING, /* not the key of the token */
    API_DPOP_METHOD,  /* htm */
    API_DPOP_URI,     /* htu */
    API_DPOP_TOKEN,   /* ath */
    API_DPOP_TOO_OLD,
    API_DPOP_IN_FUTURE,
    API_DPOP_NONCE, /* none, not ours or out of date: use_dpop_nonce */
    API_DPOP_SIGNATURE,
    API_DPOP_REPLAYED, /* of the caller's, as the next */
    API_DPOP_REPLAY_UNKNOWN,
    API_DPOP_SHARE,
    API_DPOP_NOMEM,
    API_DPOP_INTERNAL,
    API_DPOP_NCODES
} api_dpop_code_t;

const char *api_dpop_code_name(int code);


#define API_DPOP_MAX_PROOF 8192
#define API_DPOP_MAX_JTI 256

/* Signatures that make sense here: those of public keys (RFC 9449 4.2). */

#define API_DPOP_ALGS                                                         \
    (API_JWS_BIT(API_JWS_NALGS) - 1                                           \
        - (API_JWS_BIT(API_JWS_UNKNOWN) | API_JWS_BIT(API_JWS_HS256)          \
            | API_JWS_BIT(API_JWS_HS384) | API_JWS_BIT(API_JWS_HS512)))

typedef struct {
    api_jws_t     jws;
    api_span_t    signature; /* decoded */
    api_json_t    header;
    api_json_t    claims;
    api_jws_alg_t alg;
    uint32_t      jwk; /* token of header */
    api_span_t    htm, htu, jti;
    api_span_t    ath, nonce; /* data NULL: absent */
    int64_t       iat;
    api_jwk_t    *key;                     /* NULL: not known yet */
    uint8_t       jkt[API_JWS_SHA256_LEN]; /* set by api_dpop_check */
} api_dpop_t;

typedef struct {
    uint32_t algorithms; /* mask of API_JWS_BIT */
    int64_t  max_age;    /* seconds that iat may lie back */
    int64_t  leeway;     /* ahead, and added to max_age */
} api_dpop_policy_t;

/* What the proof has to be about. */

typedef struct {
    api_span_t method;
    api_htu_t  uri;
    api_span_t token; /* the access token, as presented */
    api_span_t jkt;   /* what it is bound to, in base64url */
} api_dpop_request_t;


/*
 * Keys that have verified a proof, made ready for the next one: a client uses
 * its key for every request, and to make it costs a quarter of a verification.
 * Known by the very bytes of their JWK: another spelling is another key that
 * has to be looked at.  256 of them; the least recently used of four goes.
 * State of one process, for one thread.
 */

typedef struct api_dpop_keys_s api_dpop_keys_t;

int api_dpop_keys_create(
    api_dpop_keys_t **keys, api_sipkey_t seed, const api_alloc_t *alloc);
void api_dpop_keys_free(api_dpop_keys_t *keys); /* NULL is fine */

/*
 * All memory comes from arena; dpop also points into proof.  Each returns an
 * api_dpop_code_t; err (may be NULL) gets the code and a line for the
 * operator.  The nonce is checked by the caller, who knows how.
 */

int api_dpop_parse(api_dpop_t *dpop, api_span_t proof, api_sipkey_t seed,
    api_arena_t *arena, api_err_t *err);

int api_dpop_check(api_dpop_t *dpop, api_dpop_keys_t *keys,
    const api_dpop_policy_t *policy, const api_dpop_request_t *request,
    int64_t now, api_arena_t *arena, api_err_t *err);

/* To be called after check, at once: a key is kept that a verified token
   vouches for. */

int api_dpop_verify(api_dpop_t *dpop, api_dpop_keys_t *keys, api_err_t *err);


#endif /* API_DPOP_H */
