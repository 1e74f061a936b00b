/*
 * Nonces of a server (RFC 9449 section 8) that need no memory: the time they
 * were made, under a tag that only who has the key can make.  Every process
 * that has the key knows every nonce.
 *
 *     base64url(time, 8 bytes big-endian, tag, 16 bytes)
 *
 * The tag is SipHash-2-4 of the time under two keys.  Pure; no memory, no
 * clock; time in seconds.
 */

#ifndef API_NONCE_H
#define API_NONCE_H

#include "api_siphash.h"


#define API_NONCE_LEN 32

typedef struct {
    api_sipkey_t half[2]; /* 32 random bytes */
} api_nonce_key_t;

void api_nonce_make(
    const api_nonce_key_t *key, int64_t now, char out[API_NONCE_LEN]);

/*
 * API_OK: ours, and made no longer than life ago; *renew tells that more than
 * half of that is over, so that a new one should be handed out.  API_DENIED
 * otherwise.
 */

int api_nonce_check(const api_nonce_key_t *key, api_span_t nonce, int64_t now,
    int64_t life, bool *renew);


#endif /* API_NONCE_H */
