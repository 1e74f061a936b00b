/*
 * A keyed hash of a value of at most 64 KB and of a number, of 128 bits: who
 * does not know the key cannot make two of them meet, nor tell the outcome from
 * one that was drawn.
 *
 * AES-128 (FIPS 197) in a chain of blocks, where the processor has instructions
 * for it.  The number, the length and the first twelve bytes are the first
 * block, so that no input is the beginning of another's: of such ones a CBC-MAC
 * is a pseudo-random function (Bellare, Kilian, Rogaway 2000).  Elsewhere
 * SipHash-2-4 with a double output.  The two have nothing in common: an outcome
 * is of the process that made it.
 */

#ifndef API_WAF_HASH_H
#define API_WAF_HASH_H

#include "api_siphash.h"


#define API_WAF_HASH_ROUNDS 10
#define API_WAF_HASH_MAX 65535 /* bytes of a value */

typedef struct {
    api_sipkey_t sip;
    bool         aes; /* false: SipHash */
    uint8_t      round[API_WAF_HASH_ROUNDS + 1][16];
} api_waf_hash_t;

/* key is random and secret: 16 bytes of it are those of AES. */

void api_waf_hash_init(api_waf_hash_t *hash, api_sipkey_t key);

/* value.len is API_WAF_HASH_MAX at most, who below 65536. */

api_sip128_t
api_waf_hash(const api_waf_hash_t *hash, api_span_t value, uint32_t who);


#endif /* API_WAF_HASH_H */
