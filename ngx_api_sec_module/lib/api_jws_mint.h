/*
 * Signing of short tokens about a caller, for the upstream: a private key made
 * ready, its public half as a JWK (RFC 7517) under its thumbprint (RFC 7638),
 * and compact JWS by libjwt.
 *
 * Not thread-safe; each process has its own.
 */

#ifndef API_JWS_MINT_H
#define API_JWS_MINT_H

#include "api_base.h"


#define API_JWS_MINT_KID 43   /* base64url of SHA-256 */
#define API_JWS_MINT_JWK 4096 /* bytes of a public JWK, at most */

typedef struct api_minter_s api_minter_t;

/*
 * pem: an RSA key of 2048 to 8192 bits (signs RS256), or one on P-256, P-384 or
 * P-521 (ES256, ES384, ES512), without a passphrase.  The text is copied.
 * API_OK, API_UNSUPPORTED (another type or curve), API_INVALID (no private
 * key), API_DENIED (too short or too long), API_NOMEM, API_INTERNAL.
 */

int api_minter_create(api_minter_t **minter, api_span_t pem,
    const api_alloc_t *alloc, api_err_t *err);

/* Wipes the key.  NULL is fine. */

void api_minter_free(api_minter_t *minter);

api_span_t api_minter_kid(const api_minter_t *minter);
api_span_t api_minter_alg(const api_minter_t *minter);

/* {"kty":...,"kid":...,"alg":...,"use":"sig",...}: nothing secret. */

api_span_t api_minter_jwk(const api_minter_t *minter);

/*
 * Sign claims, the text of a JSON object with a NUL behind it, in which no
 * name stands twice.  The token goes to out.  API_OK; API_LIMIT when it has
 * more than size bytes; API_INVALID when libjwt does not take the claims (a
 * number of more than 64 bits, a NUL in a text); API_NOMEM, API_INTERNAL.
 *
 * libjwt 1.10 reads the PEM for each signature, some 0.4 ms: callers keep
 * what they get.
 */

int api_minter_sign(const api_minter_t *minter, const char *claims, char *out,
    size_t size, size_t *len, api_err_t *err);


#endif /* API_JWS_MINT_H */
