/*
 * The seeded hash of a member name.
 *
 * A name of up to 16 bytes, filled with zeros, is two words x and y:
 *
 *     h = fold((x ^ (k0 + len * k1)) * (y ^ k1)),  fold(hi, lo) = hi ^ lo
 *
 * a full 64 x 64 bit product under two secret words, 32 bits of which remain.
 * Longer names chain one product per 16 bytes.  Whoever does not know the
 * seed knows neither factor of the product and is left with guessing which
 * names collide; unlike a sum or a CRC there is no difference between two
 * names that cancels under every key.  The length keeps trailing NULs apart.
 *
 * The hash is not a MAC and need not be: it leaves the process nowhere, and
 * when collisions come all the same (a leaked seed) the parser falls back to
 * sorting, so that the key decides speed, never correctness or the bound.
 *
 * The words are read in the byte order of the machine: a hash means nothing
 * outside the process.
 */

#ifndef API_JSON_HASH_H
#define API_JSON_HASH_H

#include "api_json_int.h"


/* Not zero for the zero seed of a careless caller. */

#define API_JSON_K0 0x9e3779b97f4a7c15u
#define API_JSON_K1 0xd1b54a32d192ed03u


static inline uint64_t
api_json_fold(uint64_t a, uint64_t b)
{
#if defined(__SIZEOF_INT128__)
    __extension__ typedef unsigned __int128 u128;

    u128 p;

    p = (u128) a * b;

    return (uint64_t) (p >> 64) ^ (uint64_t) p;
#else
    uint64_t al, ah, bl, bh, m0, m1, lo, hi;

    al = (uint32_t) a;
    ah = a >> 32;
    bl = (uint32_t) b;
    bh = b >> 32;

    m0 = ah * bl + (al * bl >> 32);
    m1 = al * bh + (uint32_t) m0;
    lo = m1 << 32 | (uint32_t) (al * bl);
    hi = ah * bh + (m0 >> 32) + (m1 >> 32);

    return hi ^ lo;
#endif
}


/* The two secret words; all below take these in place of the seed. */

static inline api_sipkey_t
api_json_hash_key(api_sipkey_t seed)
{
    return (api_sipkey_t){ seed.k0 ^ API_JSON_K0, seed.k1 ^ API_JSON_K1 };
}


/* A block of 16 bytes that is not the last. */

static inline uint64_t
api_json_hash_block(api_sipkey_t key, uint64_t acc, uint64_t x, uint64_t y)
{
    return api_json_fold(x ^ acc ^ key.k0, y ^ key.k1);
}


/* The last block, 0 to 16 bytes filled up with zeros. */

static inline uint32_t
api_json_hash_last(
    api_sipkey_t key, uint64_t acc, uint64_t x, uint64_t y, size_t len)
{
    return (uint32_t) api_json_fold(
        x ^ acc ^ (key.k0 + len * key.k1), y ^ key.k1);
}


/* The hash of len bytes at p. */

static inline uint32_t
api_json_hash_bytes(api_sipkey_t key, const uint8_t *p, size_t len)
{
    size_t   n;
    uint64_t acc, w[2];

    acc = 0;

    for (n = len; n > 16; n -= 16, p += 16) {
        memcpy(w, p, 16);
        acc = api_json_hash_block(key, acc, w[0], w[1]);
    }

    w[0] = 0;
    w[1] = 0;

    if (n) {
        memcpy(w, p, n);
    }

    return api_json_hash_last(key, acc, w[0], w[1], len);
}


#endif /* API_JSON_HASH_H */
