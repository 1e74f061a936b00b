#include "api_utf8.h"

#if defined(__SSE2__) && !defined(API_SCALAR)
#include <emmintrin.h>
#endif


static inline bool
api_utf8_cont(uint8_t c)
{
    return (c & 0xc0) == 0x80;
}


/*
 * Table 3-7 of the Unicode standard: after some lead bytes the second byte
 * has a narrower range, which keeps out long forms, surrogates and what lies
 * past U+10FFFF.
 */

size_t
api_utf8_seq(const uint8_t *p, const uint8_t *e)
{
    uint8_t lead, lo, hi;

    if (p >= e) {
        return 0;
    }

    lead = *p;

    if (lead < 0x80) {
        return 1;
    }

    if (lead < 0xc2 || lead > 0xf4) {
        return 0;
    }

    if (lead < 0xe0) {
        return e - p >= 2 && api_utf8_cont(p[1]) ? 2 : 0;
    }

    lo = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    hi = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;

    if (e - p < 3 || p[1] < lo || p[1] > hi || !api_utf8_cont(p[2])) {
        return 0;
    }

    if (lead < 0xf0) {
        return 3;
    }

    return e - p >= 4 && api_utf8_cont(p[3]) ? 4 : 0;
}


/* The first byte from p on that is not ASCII, or e. */

static inline const uint8_t *
api_utf8_ascii(const uint8_t *p, const uint8_t *e)
{
#if defined(__SSE2__) && !defined(API_SCALAR)
    int m;

    for (; e - p >= 16; p += 16) {
        m = _mm_movemask_epi8(_mm_loadu_si128((const __m128i *) p));
        if (m) {
            return p + __builtin_ctz((unsigned) m);
        }
    }
#else
    uint64_t v;

    for (; e - p >= 8; p += 8) {
        memcpy(&v, p, 8);
        if (v & 0x8080808080808080u) {
            break;
        }
    }
#endif

    while (p < e && *p < 0x80) {
        p++;
    }

    return p;
}


size_t
api_utf8_valid(api_span_t s)
{
    size_t         n;
    const uint8_t *p, *e;

    if (s.len == 0) {
        return 0;
    }

    p = s.data;
    e = p + s.len;

    for (;;) {
        p = api_utf8_ascii(p, e);

        /* text that is not ASCII seldom goes back to it for long */

        while (p < e && *p >= 0x80) {
            n = api_utf8_seq(p, e);
            if (n == 0) {
                return (size_t) (p - s.data);
            }

            p += n;
        }

        if (p == e) {
            return s.len;
        }
    }
}


size_t
api_utf8_decode(const uint8_t *p, uint32_t *cp)
{
    if (p[0] < 0x80) {
        *cp = p[0];
        return 1;
    }

    if (p[0] < 0xe0) {
        *cp = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
        return 2;
    }

    if (p[0] < 0xf0) {
        *cp = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
        return 3;
    }

    *cp = (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6
          | (p[3] & 0x3fu);

    return 4;
}


size_t
api_utf8_encode(uint32_t cp, uint8_t *out)
{
    if (cp < 0x80) {
        out[0] = (uint8_t) cp;
        return 1;
    }

    if (cp < 0x800) {
        out[0] = (uint8_t) (0xc0 | cp >> 6);
        out[1] = (uint8_t) (0x80 | (cp & 0x3f));
        return 2;
    }

    if (cp < 0x10000) {
        if (cp >= 0xd800 && cp < 0xe000) {
            return 0;
        }

        out[0] = (uint8_t) (0xe0 | cp >> 12);
        out[1] = (uint8_t) (0x80 | (cp >> 6 & 0x3f));
        out[2] = (uint8_t) (0x80 | (cp & 0x3f));
        return 3;
    }

    if (cp > 0x10ffff) {
        return 0;
    }

    out[0] = (uint8_t) (0xf0 | cp >> 18);
    out[1] = (uint8_t) (0x80 | (cp >> 12 & 0x3f));
    out[2] = (uint8_t) (0x80 | (cp >> 6 & 0x3f));
    out[3] = (uint8_t) (0x80 | (cp & 0x3f));

    return 4;
}


/*
 * Step back over at most three continuation bytes to the lead before the
 * cut.  In bytes that are not UTF-8 nothing is worth keeping whole, so the
 * cut stays at max.
 */

api_span_t
api_utf8_cut(api_span_t s, size_t max)
{
    size_t n;

    if (s.len <= max) {
        return s;
    }

    for (n = max; n > 0 && max - n < 3 && api_utf8_cont(s.data[n]); n--) {
        /* void */
    }

    if (api_utf8_cont(s.data[n])) {
        n = max;
    }

    return api_span(s.data, n);
}
