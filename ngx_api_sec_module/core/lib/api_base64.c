#include "api_base64.h"


/* Value of a letter, or XX, whose top bit no value has: the bad ones of a
   group are seen in one test of the letters or-ed together. */

#define XX 0x80

/* clang-format off */

static const uint8_t api_base64url_values[256] = {
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, 62, XX, XX,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, XX, XX, XX, XX, XX, XX,
    XX,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, XX, XX, XX, XX, 63,
    XX, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX
};

/* clang-format on */

static const char api_base64url_letters[64] = { 'A', 'B', 'C', 'D', 'E', 'F',
    'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U',
    'V', 'W', 'X', 'Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j',
    'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y',
    'z', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '-', '_' };


/* Offset of the first character at or behind p that is no letter. */

static int
api_base64url_bad(api_span_t s, const uint8_t *p, size_t *len)
{
    size_t i;

    for (i = (size_t) (p - s.data); i < s.len; i++) {
        if (api_base64url_values[s.data[i]] == XX) {
            break;
        }
    }

    *len = i;

    return API_SYNTAX;
}


/* The last two or three letters: the bits that no byte uses must be zero. */

static int
api_base64url_tail(api_span_t s, size_t rest, uint8_t *out, size_t *len)
{
    uint32_t       v;
    const uint8_t *p, *t = api_base64url_values;

    p = s.data + s.len - rest;

    if (rest == 1) {
        /* four letters and one: no length of bytes gives that */
        *len = s.len - 1;
        return API_SYNTAX;
    }

    if ((t[p[0]] | t[p[1]] | (rest == 3 ? t[p[2]] : 0)) & XX) {
        return api_base64url_bad(s, p, len);
    }

    v = (uint32_t) t[p[0]] << 18 | (uint32_t) t[p[1]] << 12;

    if (rest == 3) {
        v |= (uint32_t) t[p[2]] << 6;
    }

    if (v & (rest == 3 ? 0xffu : 0xffffu)) {
        *len = s.len - 1;
        return API_SYNTAX;
    }

    out[0] = (uint8_t) (v >> 16);

    if (rest == 3) {
        out[1] = (uint8_t) (v >> 8);
    }

    *len += rest - 1;

    return API_OK;
}


int
api_base64url_decode(api_span_t s, uint8_t *out, size_t *len)
{
    size_t         rest;
    uint32_t       v;
    uint8_t        a, b, c, d, *o;
    const uint8_t *p, *end, *t = api_base64url_values;

    if (s.len == 0) {
        *len = 0;
        return API_OK;
    }

    o = out;
    p = s.data;
    rest = s.len % 4;
    end = p + (s.len - rest);

    for (/* void */; p < end; p += 4, o += 3) {
        a = t[p[0]];
        b = t[p[1]];
        c = t[p[2]];
        d = t[p[3]];

        if ((a | b | c | d) & XX) {
            return api_base64url_bad(s, p, len);
        }

        v = (uint32_t) a << 18 | (uint32_t) b << 12 | (uint32_t) c << 6 | d;

        o[0] = (uint8_t) (v >> 16);
        o[1] = (uint8_t) (v >> 8);
        o[2] = (uint8_t) v;
    }

    *len = (size_t) (o - out);

    return rest ? api_base64url_tail(s, rest, o, len) : API_OK;
}


size_t
api_base64url_encode(api_span_t s, char *out)
{
    char          *o;
    uint32_t       v;
    const uint8_t *p, *end;
    const char    *t = api_base64url_letters;

    if (s.len == 0) {
        return 0;
    }

    o = out;
    p = s.data;
    end = p + s.len;

    for (/* void */; end - p >= 3; p += 3) {
        v = (uint32_t) p[0] << 16 | (uint32_t) p[1] << 8 | p[2];

        *o++ = t[v >> 18];
        *o++ = t[v >> 12 & 63];
        *o++ = t[v >> 6 & 63];
        *o++ = t[v & 63];
    }

    if (p < end) {
        v = (uint32_t) p[0] << 16;

        if (end - p == 2) {
            v |= (uint32_t) p[1] << 8;
        }

        *o++ = t[v >> 18];
        *o++ = t[v >> 12 & 63];

        if (end - p == 2) {
            *o++ = t[v >> 6 & 63];
        }
    }

    return (size_t) (o - out);
}
