#include "api_transform_int.h"


static const char api_transform_base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";


API_TRANSFORM_KERNEL(api_transform_base64_encode)
{
    size_t   i, k, left;
    uint8_t *d;
    uint32_t group;

    (void) env;

    d = out;

    for (i = 0; i < n; i += 3) {
        left = n - i;

        group = (uint32_t) in[i] << 16;
        group |= left > 1 ? (uint32_t) in[i + 1] << 8 : 0;
        group |= left > 2 ? in[i + 2] : 0;

        for (k = 0; k < 4; k++) {
            *d++ = left < k
                       ? '='
                       : (uint8_t)
                           api_transform_base64_digits[group >> (18 - 6 * k)
                                                       & 0x3f];
        }
    }

    return (size_t) (d - out);
}


/* 0-63, or 64 for what is no digit. */

static unsigned
api_transform_base64_digit(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return (unsigned) (c - 'A');
    }

    if (c >= 'a' && c <= 'z') {
        return (unsigned) (c - 'a') + 26;
    }

    if (c >= '0' && c <= '9') {
        return (unsigned) (c - '0') + 52;
    }

    return c == '+' ? 62 : c == '/' ? 63 : 64;
}


/*
 * Blanks may stand before an end of line, which may be LF or CR LF, and at
 * the end of the value: *i is moved over those, which may leave it at n.
 * False: blanks inside a line.
 */

static bool
api_transform_base64_skip(const uint8_t *in, size_t n, size_t *i)
{
    size_t from;

    from = *i;

    while (*i < n && in[*i] == ' ') {
        (*i)++;
    }

    if (*i == n) {
        return true;
    }

    if (in[*i] == '\r' && n - *i > 1 && in[*i + 1] == '\n') {
        (*i)++;
    }

    return *i == from || in[*i] == '\n';
}


/*
 * Strict: a value that is not base64 as a whole becomes empty.  Digits that
 * make no group of four are dropped; what a padded group has is kept.  A NUL
 * ends the value.
 */

API_TRANSFORM_KERNEL(api_transform_base64_decode)
{
    size_t         i, digits, pads;
    uint8_t       *d;
    uint32_t       group;
    unsigned       digit;
    const uint8_t *nul;

    (void) env;

    nul = n ? memchr(in, 0, n) : NULL;
    n = nul ? (size_t) (nul - in) : n;

    d = out;
    group = 0;
    digits = 0;
    pads = 0;

    for (i = 0; i < n; i++) {
        if (!api_transform_base64_skip(in, n, &i)) {
            return 0;
        }

        if (i == n || in[i] == '\n') {
            continue;
        }

        digit = api_transform_base64_digit(in[i]);

        if (in[i] == '=') {
            digit = 0;
            pads++;

        } else if (digit == 64 || pads) {
            return 0;
        }

        if (pads > 2) {
            return 0;
        }

        group = group << 6 | digit;

        if (++digits % 4 == 0) {
            *d++ = (uint8_t) (group >> 16);
            *d = (uint8_t) (group >> 8);
            d += pads < 2;
            *d = (uint8_t) group;
            d += pads < 1;
        }
    }

    return (size_t) (d - out);
}


/*
 * Forgiving: what is no digit is skipped, incomplete groups give what they
 * have.  A group of one digit makes it all empty, where a = stands behind it
 * that no other = follows, or where the value ends with = or 9 (which the
 * original takes for one another there).
 */

API_TRANSFORM_KERNEL(api_transform_base64_decode_ext)
{
    bool     padded;
    size_t   i, digits;
    uint8_t *d;
    unsigned digit;
    uint32_t group;

    (void) env;

    d = out;
    group = 0;
    digits = 0;
    padded = false;

    for (i = 0; i < n; i++) {
        digit = api_transform_base64_digit(in[i]);
        padded = in[i] == '=' || in[i] == '9';

        if (in[i] == '=' && digits % 4 == 1
            && (i + 1 == n || in[i + 1] != '=')) {
            return 0;
        }

        if (digit == 64) {
            continue;
        }

        group = group << 6 | digit;
        digits++;

        if (digits % 4 != 1) {
            *d++ = (uint8_t) (group >> (6 - 2 * ((digits + 3) % 4)));
        }
    }

    return padded && digits % 4 == 1 ? 0 : (size_t) (d - out);
}
