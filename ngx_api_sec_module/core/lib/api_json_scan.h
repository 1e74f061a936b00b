/*
 * The inner loops of the JSON parser: find the next byte that matters.  With
 * SSE2 sixteen bytes at a time, otherwise eight in a word; API_SCALAR forces
 * the latter.  Nothing here reads at or behind `e`.
 */

#ifndef API_JSON_SCAN_H
#define API_JSON_SCAN_H

#include "api_json_hash.h"

#if defined(__SSE2__) && !defined(API_SCALAR)
#include <emmintrin.h>
#define API_JSON_SSE2 1
#endif


/* A byte that stands for itself in a string: ASCII, no control, " or \. */

static inline bool
api_json_is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}


static inline bool
api_json_is_digit(uint8_t c)
{
    return (uint8_t) (c - '0') < 10;
}


static inline bool
api_json_is_blank(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}


static inline const uint8_t *
api_json_blank(const uint8_t *p, const uint8_t *e)
{
    while (p < e && *p <= ' ' && api_json_is_blank(*p)) {
        p++;
    }

    return p;
}


#if defined(API_JSON_SSE2)

static inline __m128i
api_json_load(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *) p);
}


/* One bit for each byte that is not plain. */

static inline unsigned
api_json_special(__m128i v)
{
    __m128i m;

    /* compared with sign: bytes from 0x80 on are less than a space too */

    m = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20));
    m = _mm_or_si128(m, _mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
    m = _mm_or_si128(m, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));

    return (unsigned) _mm_movemask_epi8(m);
}


static inline const uint8_t *
api_json_plain(const uint8_t *p, const uint8_t *e)
{
    unsigned m;

    for (; e - p >= 16; p += 16) {
        m = api_json_special(api_json_load(p));
        if (m) {
            return p + __builtin_ctz(m);
        }
    }

    while (p < e && api_json_is_plain(*p)) {
        p++;
    }

    return p;
}

#else

/*
 * The high bit of each byte of the result is set if the byte is not plain.
 * A borrow can also set it for a plain byte above a special one, never for
 * one below the lowest special, and a zero result is exact.
 */

static inline uint64_t
api_json_special8(uint64_t v)
{
    uint64_t ones, q, b;

    ones = 0x0101010101010101u;
    q = v ^ ones * '"';
    b = v ^ ones * '\\';

    return (v | (v - ones * 0x20) | (q - ones) | (b - ones)) & (ones * 0x80);
}


static inline const uint8_t *
api_json_plain(const uint8_t *p, const uint8_t *e)
{
    uint64_t v;

    for (; e - p >= 8; p += 8) {
        memcpy(&v, p, 8);
        if (api_json_special8(v)) {
            break;
        }
    }

    while (p < e && api_json_is_plain(*p)) {
        p++;
    }

    return p;
}

#endif


/* The hash of len plain bytes at p. */

static inline uint32_t
api_json_hash_plain(api_sipkey_t seed, const uint8_t *p, size_t len)
{
    size_t   n;
    uint64_t acc, w[2];

    acc = 0;

    for (n = len; n > 16; n -= 16, p += 16) {
        memcpy(w, p, 16);
        acc = api_json_hash_block(seed, acc, w[0], w[1]);
    }

    w[0] = 0;
    w[1] = 0;

    if (n) {
        memcpy(w, p, n);
    }

    return api_json_hash_last(seed, acc, w[0], w[1], len);
}


#endif /* API_JSON_SCAN_H */
