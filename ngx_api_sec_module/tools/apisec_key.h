/*
 * Keys of the commands: OpenSSL's objects from and to PEM and JWK.
 *
 * JSON that is written for people to read is built with cJSON; what is read
 * goes through the strict parser.
 */

#ifndef APISEC_KEY_H
#define APISEC_KEY_H

#include "apisec.h"

#include <cjson/cJSON.h>
#include <openssl/evp.h>


#define APISEC_KEY_MAX (64 * 1024)
#define APISEC_KID_LEN 43 /* SHA-256 in base64url */

/* What stands in a PEM file; wrong, or several, count as none. */

EVP_PKEY *apisec_key_private(api_span_t pem);
EVP_PKEY *apisec_key_public(api_span_t pem);

/* A new EC key on P-256.  NULL: OpenSSL refused. */

EVP_PKEY *apisec_key_make(void);

/* PKCS #8 and SubjectPublicKeyInfo in PEM. */

api_span_t apisec_key_private_pem(EVP_PKEY *key);
api_span_t apisec_key_public_pem(EVP_PKEY *key);

/*
 * The algorithm that is usual for the key ("ES256", "RS256"); NULL: no JWS
 * algorithm has such keys.
 */

const char *apisec_key_alg(EVP_PKEY *key);

/* The public half as a JWK with use, kid (the thumbprint of RFC 7638) and,
   unless NULL, alg.  NULL: not a key that JOSE knows. */

cJSON *apisec_key_jwk(EVP_PKEY *key, const char *alg);

bool apisec_key_thumbprint(EVP_PKEY *key, char kid[APISEC_KID_LEN + 1]);

/* {"keys": [...]} as text, and gone is the array. */

api_span_t apisec_key_set(cJSON *keys);

/* The text of a document, indented, with a newline; takes the document. */

api_span_t apisec_json(cJSON *document);


#endif /* APISEC_KEY_H */
