/*
 * JSON Web Signature, compact form (RFC 7515), verification only; algorithms
 * of RFC 7518, RFC 8037 (EdDSA) and RFC 8812 (ES256K).
 *
 * "none" is no algorithm here: it parses as API_JWS_UNKNOWN.  Signing is not
 * offered.  OpenSSL (3.0 and newer) is called through EVP alone; every entry
 * point leaves the error queue empty, so that nothing of ours is blamed on a
 * TLS connection.
 */

#ifndef API_JWS_H
#define API_JWS_H

#include "api_base.h"


typedef enum {
    API_JWS_UNKNOWN = 0,
    API_JWS_HS256,
    API_JWS_HS384,
    API_JWS_HS512,
    API_JWS_RS256,
    API_JWS_RS384,
    API_JWS_RS512,
    API_JWS_PS256,
    API_JWS_PS384,
    API_JWS_PS512,
    API_JWS_ES256,
    API_JWS_ES384,
    API_JWS_ES512,
    API_JWS_ES256K,
    API_JWS_EDDSA,
    API_JWS_NALGS
} api_jws_alg_t;

#define API_JWS_BIT(alg) (1u << (alg))

/* Case-sensitive, as RFC 7515 4.1.1 wants; API_JWS_UNKNOWN for the rest. */

api_jws_alg_t api_jws_alg(api_span_t name);
const char   *api_jws_alg_name(api_jws_alg_t alg);


/* The five views of header.payload.signature, all into the token. */

typedef struct {
    api_span_t header; /* still base64url, as the next two */
    api_span_t payload;
    api_span_t signature;
    api_span_t input; /* header "." payload: what was signed */
} api_jws_t;

/*
 * Split at the dots into exactly three non-empty segments; their letters are
 * for api_base64url_decode to judge.  API_SYNTAX otherwise, API_UNSUPPORTED
 * when there are five (a JWE); the code is in err->code too, the offset in
 * err->pos.
 */

int api_jws_split(api_jws_t *jws, api_span_t token, api_err_t *err);


typedef struct api_jwk_s api_jwk_t;

/*
 * Is `signature` (raw bytes, as RFC 7518 writes it: r || s for ECDSA) that of
 * `input` under key and alg?  API_OK; API_DENIED when it is not, or when the
 * key may not be used with alg (type, curve, "alg", "use", "key_ops");
 * API_INTERNAL when OpenSSL failed.  Contexts inside the key are reused: one
 * thread at a time per key.
 */

int api_jws_verify(
    api_jwk_t *key, api_jws_alg_t alg, api_span_t input, api_span_t signature);

/* SHA-256 of s (FIPS 180-4): the digest of ath, x5t#S256 and thumbprints. */

#define API_JWS_SHA256_LEN 32

void api_jws_sha256(api_span_t s, uint8_t out[API_JWS_SHA256_LEN]);


#endif /* API_JWS_H */
