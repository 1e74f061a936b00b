/*
 * The inner loops of the JSON parser: find the next byte that matters.  With
 * SSE2 sixteen bytes at a time, otherwise eight in a word; API_SCALAR forces
 * the latter.  Nothing here reads at or behind `e`.
 */

#ifndef API_JSON_SCAN_H
#define API_JSON_SCAN_H

#include "api_json_hash.h"

#if defined(__SSE2__) && defined(__x86_64__) && !defined(API_SCALAR)
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


/* The first byte from p on that is no white space, or e. */

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

    /* only the top bit of each byte counts: subtracting with sign and
       saturation sets it below a space and keeps it from 0x80 on */

    m = _mm_subs_epi8(v, _mm_set1_epi8(0x20));
    m = _mm_or_si128(m, _mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
    m = _mm_or_si128(m, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));

    return (unsigned) _mm_movemask_epi8(m);
}


/* One bit for each byte that is a digit. */

static inline unsigned
api_json_digit_bits(__m128i v)
{
    v = _mm_sub_epi8(v, _mm_set1_epi8('0'));
    v = _mm_cmpeq_epi8(v, _mm_min_epu8(v, _mm_set1_epi8(9)));

    return (unsigned) _mm_movemask_epi8(v);
}


/* The hash of the len < 16 bytes that v begins with. */

static inline uint32_t
api_json_hash_short(api_sipkey_t key, __m128i v, size_t len)
{
    uint64_t x, y;

    static const uint8_t mask[32] = { 255, 255, 255, 255, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255, 255 };

    v = _mm_and_si128(v, api_json_load(mask + 16 - len));
    x = (uint64_t) _mm_cvtsi128_si64(v);
    y = (uint64_t) _mm_cvtsi128_si64(_mm_unpackhi_epi64(v, v));

    return api_json_hash_last(key, 0, x, y, len);
}


/* The first byte from p on that is not plain, or e. */

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


#endif /* API_JSON_SCAN_H */
