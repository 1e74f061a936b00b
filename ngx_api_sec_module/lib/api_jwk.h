/*
 * JSON Web Keys (RFC 7517, 7518 section 6, 8037) made ready once: sets of
 * verification keys as EVP objects, checked for what would make them forgeable.
 *
 * Refused, each with the key named in the error: RSA under 2048 or over 16384
 * bits, e even or under 3 or over 2^32, a modulus with ROCA's fingerprint
 * (CVE-2017-15361), a point not on its curve or at infinity, a curve or type
 * not known, an oct key shorter than the hash of every algorithm it may serve
 * (RFC 7518 3.2), "use" other than "sig", "key_ops" without "verify", "alg"
 * that does not fit the type, two keys with one kid, oct keys next to public
 * ones in one set, private members in a set that should be public, names that
 * stand twice.
 */

#ifndef API_JWK_H
#define API_JWK_H

#include "api_jws.h"
#include "api_json.h"


typedef enum {
    API_JWK_OCT,
    API_JWK_RSA,
    API_JWK_EC,
    API_JWK_OKP
} api_jwk_type_t;

typedef struct api_jwks_s api_jwks_t;

typedef struct {
    size_t        max_bytes;   /* of the document; 0: 256 KiB */
    size_t        max_keys;    /* 0: 64 */
    unsigned      lenient : 1; /* skip and count a bad key instead of refusing
                               the set: for sets fetched from elsewhere,
                               where oct keys are bad too */
    api_jws_alg_t alg;  /* of keys that do not name one; API_JWS_UNKNOWN:
                               every algorithm that fits */
    api_sipkey_t  seed; /* for the JSON parser */
} api_jwks_opts_t;

/*
 * Parse a JWK set, or a single JWK.  On success *jwks holds copies of all it
 * needs, made through alloc (which outlives it), and OpenSSL objects: give it
 * to api_jwks_free.  A set without one usable key is API_INVALID.  err->code is
 * what is returned; after a success with keys skipped, *err tells about the
 * last of them.
 */

int api_jwks_parse(api_jwks_t **jwks, api_span_t json,
    const api_jwks_opts_t *opts, const api_alloc_t *alloc, api_err_t *err);

/* An empty set, to add single keys to. */

int api_jwks_create(api_jwks_t **jwks, const api_alloc_t *alloc);

/*
 * Add a public key in PEM (SubjectPublicKeyInfo, or an X.509 certificate; a
 * private key is refused), or an HMAC secret (raw bytes).  kid may be empty:
 * such a key is a candidate for a token of any kid that names no other key.
 * alg API_JWS_UNKNOWN means every algorithm that fits the type and length.
 */

int api_jwks_add_pem(api_jwks_t *jwks, api_span_t pem, api_span_t kid,
    api_jws_alg_t alg, api_err_t *err);
int api_jwks_add_secret(api_jwks_t *jwks, api_span_t secret, api_span_t kid,
    api_jws_alg_t alg, api_err_t *err);

/* Frees the OpenSSL objects, wipes secrets, returns memory to alloc. NULL is
   fine. */

void api_jwks_free(api_jwks_t *jwks);


/* NULL is an empty set to these two. */

size_t     api_jwks_count(const api_jwks_t *jwks);
size_t     api_jwks_skipped(const api_jwks_t *jwks);
api_jwk_t *api_jwks_key(const api_jwks_t *jwks, size_t i);

/*
 * Candidates for a token with this alg and kid (data NULL: the token has
 * none), next after *it, which starts at 0; NULL when there are no more.
 * Keys with that kid come alone; only when there is none, keys without a kid.
 * A token without kid gets every key that fits alg.
 */

api_jwk_t *api_jwks_find(
    const api_jwks_t *jwks, api_jws_alg_t alg, api_span_t kid, size_t *it);

api_jwk_type_t api_jwk_type(const api_jwk_t *key);
api_span_t     api_jwk_kid(const api_jwk_t *key);
uint32_t       api_jwk_algs(const api_jwk_t *key); /* mask of API_JWS_BIT */

/*
 * Thumbprint (RFC 7638) with SHA-256 of the public JWK that is the object at
 * tok of doc: a name for the key that depends on the key alone.  API_OK;
 * API_UNSUPPORTED (kty, crv), API_INVALID (a member is missing, no string or
 * no base64url; a secret key has no public name), API_NOMEM.  Says nothing
 * about whether the key is a good one.
 */

int api_jwk_thumbprint(const api_json_t *doc, uint32_t tok, api_arena_t *arena,
    uint8_t out[API_JWS_SHA256_LEN]);


#endif /* API_JWK_H */
