/*
 * SHA-256 of pieces, with a context that is made once: what names a token or
 * a key set where the thing itself must not stand.
 *
 * One thread at a time per object.  OpenSSL's error queue is left empty.
 */

#ifndef API_JWS_SHA_H
#define API_JWS_SHA_H

#include "api_base.h"


#define API_JWS_SHA_LEN 32

typedef struct api_jws_sha_s api_jws_sha_t;

/* NULL without memory, or when OpenSSL has no SHA-256. */

api_jws_sha_t *api_jws_sha_create(const api_alloc_t *alloc);
void           api_jws_sha_free(api_jws_sha_t *hash); /* NULL is fine */

/*
 * The digest of the n pieces as if they were one.  Whoever needs to tell
 * ("ab", "c") from ("a", "bc") gives pieces of fixed length first, or lengths
 * between them.  API_OK or API_INTERNAL.
 */

int api_jws_sha(api_jws_sha_t *hash, const api_span_t *pieces, size_t n,
    uint8_t out[API_JWS_SHA_LEN]);


#endif /* API_JWS_SHA_H */
