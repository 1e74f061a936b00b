/*
 * SipHash (Aumasson, Bernstein 2012): a keyed hash for tables that strangers
 * fill.  64 bits are never an identity: they choose buckets, bytes decide
 * equality.  128 bits are one, to who does not know the key: whoever would make
 * two inputs meet has to try 2^64 of them against a table that answers nothing.
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

/* The variant with a double output; lo is its first 8 bytes, little-endian. */

typedef struct {
    uint64_t lo, hi;
} api_sip128_t;

api_sip128_t api_siphash24_128(api_sipkey_t key, api_span_t s);


#endif /* API_SIPHASH_H */
