/*
 * API keys, as api_key_store will read them: the store has no key in it, only
 * what a key that is presented hashes to.
 *
 *     key     ak_<id>_<secret>_<crc>: 8 and 32 characters of 0-9 A-Z a-z, and
 *             the CRC-32 (ISO 3309) of all before its underscore in 8 digits
 *             of lower-case hex, so that a mistyped key is told from a wrong
 *             one, and a scanner of source code can recognise a leaked one
 *     hash    hmac-sha256:<hex>, of the whole key under the pepper
 *     pepper  the bytes of a file that only nginx reads
 *
 * The secret has 190 random bits: one HMAC is enough, and is cheap enough to
 * be done for every request.
 */

#ifndef APISEC_STORE_H
#define APISEC_STORE_H

#include "apisec.h"


#define APISEC_PEPPER_LEN 64

typedef struct {
    const char *principal;
    const char *plan;
    const char *scope;
    const char *owner;
    int64_t     nbf;
    int64_t     exp;
} apisec_grant_t;

/* 64 characters of hex, no newline. */

void apisec_pepper(char pepper[APISEC_PEPPER_LEN + 1]);

/* A new key, and the text of a store that knows it alone. */

api_span_t
apisec_store(const apisec_grant_t *grant, const char *pepper, char **key);


#endif /* APISEC_STORE_H */
