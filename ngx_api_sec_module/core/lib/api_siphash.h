/*
 * SipHash (Aumasson, Bernstein 2012): a keyed hash for tables that strangers
 * fill.  Never an identity: it chooses buckets, bytes decide equality.
 */

#ifndef API_SIPHASH_H
#define API_SIPHASH_H

#include "api_base.h"


typedef struct {
    uint64_t k0, k1;
} api_sipkey_t;

/* Key from 16 random bytes, little-endian as in the paper. */

api_sipkey_t api_sipkey(const uint8_t bytes[16]);

uint64_t api_siphash24(api_sipkey_t key, api_span_t s);
uint64_t api_siphash13(api_sipkey_t key, api_span_t s);


#endif /* API_SIPHASH_H */
