/*
 * Raw JWS signatures (RFC 7518, 8037, 8812) of every algorithm nginx takes.
 */

#ifndef APISEC_SIGN_H
#define APISEC_SIGN_H

#include "apisec_key.h"


typedef enum {
    APISEC_HS,
    APISEC_RS,
    APISEC_PS,
    APISEC_ES,
    APISEC_ED
} apisec_family_t;

typedef struct {
    const char     *name;
    apisec_family_t family;
    const char     *digest; /* NULL: the key does its own hashing */
    size_t          least;  /* bytes of a secret, RFC 7518 3.2 */
    bool            libjwt; /* can sign with it */
} apisec_alg_t;

typedef struct {
    const apisec_alg_t *alg;
    EVP_PKEY           *key; /* NULL: text is a secret */
    api_span_t          text;
} apisec_signer_t;

/* NULL: no algorithm.  Names are case-sensitive. */

const apisec_alg_t *apisec_alg(const char *name);

/* False when OpenSSL refuses; the key must be one of alg. */

bool
apisec_sign(const apisec_signer_t *s, api_span_t input, api_span_t *signature);


#endif /* APISEC_SIGN_H */
