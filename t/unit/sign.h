/*
 * Signing side of JOSE, for tests alone: keys, tokens, JWKs and PEM.  Written
 * against OpenSSL directly and apart from the code under test, except for
 * base64url, which has tests of its own.
 *
 * Everything returned stays valid until sign_reset(); a failure ends the
 * program.
 */

#ifndef SIGN_H
#define SIGN_H

#include "api_jws.h"

#include <openssl/evp.h>


typedef struct {
    EVP_PKEY  *pkey;   /* NULL: an HMAC key */
    api_span_t secret; /* of HMAC */
} sign_key_t;

#define SIGN_MAX 2048 /* bytes of any signature */


/* "RSA" (2048), "RSA1024", "RSA3072", "P-256", "P-384", "P-521", "secp256k1",
   "ED25519", "ED448"; a fresh key each time. */

sign_key_t sign_new(const char *type);
sign_key_t sign_secret(const void *data, size_t len);

/* A fresh key for alg; 64 bytes for HMAC. */

sign_key_t sign_new_for(api_jws_alg_t alg);

/* The signature of input as JWS has it; returns its length. */

size_t sign_raw(const sign_key_t *key, api_jws_alg_t alg, api_span_t input,
    uint8_t out[SIGN_MAX]);

/* header.payload.signature, in compact form; the two are JSON texts. */

const char *sign_token(const sign_key_t *key, api_jws_alg_t alg,
    const char *header, const char *payload);

/* The same over segments that may be no base64url at all. */

const char *sign_segments(const sign_key_t *key, api_jws_alg_t alg,
    const char *header, const char *payload);

/* The public key (or secret) as JWK; more is "" or ",\"kid\":\"a\"". */

const char *sign_jwk(const sign_key_t *key, const char *more);
const char *sign_pem(const sign_key_t *key);

const char *sign_b64(api_span_t s);
api_span_t  sign_unb64(const char *s);
api_span_t  sign_hex(const char *s);

/* printf to memory of ours. */

const char *
sign_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
api_span_t sign_span(const char *s);

void *sign_alloc(size_t n);
void  sign_reset(void);


#endif /* SIGN_H */
