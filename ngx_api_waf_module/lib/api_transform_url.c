#include "api_transform_int.h"


API_TRANSFORM_KERNEL(api_transform_url_decode)
{
    size_t  i, same;
    uint8_t c, *d;

    (void) env;

    d = out;

    for (i = 0; i < n; /* void */) {
        same = api_words_copy(in + i, n - i, '%', '+', d);
        i += same;
        d += same;

        if (i == n) {
            break;
        }

        c = in[i];

        if (c == '%' && n - i > 2 && api_is_hex(in[i + 1])
            && api_is_hex(in[i + 2])) {
            *d++ = api_hex_byte(in + i + 1);
            i += 3;
            continue;
        }

        *d++ = c == '+' ? ' ' : c;
        i++;
    }

    return (size_t) (d - out);
}


/* %uHHHH: by the code page where one is given, else its lower byte. */

static uint8_t
api_transform_percent_u(const api_transform_env_t *env, const uint8_t *digits)
{
    int16_t mapped;
    uint8_t high, low;

    high = api_hex_byte(digits);
    low = api_hex_byte(digits + 2);

    if (env && env->unicode) {
        mapped = env->unicode->best[high << 8 | low];
        if (mapped != -1) {
            return (uint8_t) mapped;
        }
    }

    return api_full_width(high, low);
}


static bool
api_transform_is_hex4(const uint8_t *p)
{
    return api_is_hex(p[0]) && api_is_hex(p[1]) && api_is_hex(p[2])
           && api_is_hex(p[3]);
}


API_TRANSFORM_KERNEL(api_transform_url_decode_uni)
{
    size_t  i, same;
    uint8_t c, *d;

    d = out;

    for (i = 0; i < n; /* void */) {
        same = api_words_copy(in + i, n - i, '%', '+', d);
        i += same;
        d += same;

        if (i == n) {
            break;
        }

        c = in[i];

        if (c == '+') {
            *d++ = ' ';
            i++;

        } else if (n - i > 5 && api_lower(in[i + 1]) == 'u'
                   && api_transform_is_hex4(in + i + 2))
        {
            *d++ = api_transform_percent_u(env, in + i + 2);
            i += 6;

        } else if (n - i > 2 && api_is_hex(in[i + 1]) && api_is_hex(in[i + 2]))
        {
            *d++ = api_hex_byte(in + i + 1);
            i += 3;

        } else {
            *d++ = c;
            i++;
        }
    }

    return (size_t) (d - out);
}


static bool
api_transform_is_plain(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
           || (c >= 'a' && c <= 'z') || c == '*';
}


size_t
api_transform_url_encode_room(const uint8_t *in, size_t n)
{
    size_t i, room;

    room = n;

    for (i = 0; i < n; i++) {
        room += api_transform_is_plain(in[i]) || in[i] == ' ' ? 0 : 2;
    }

    return room;
}


static const char api_transform_digits[] = "0123456789abcdef";


API_TRANSFORM_KERNEL(api_transform_url_encode)
{
    size_t   i;
    uint8_t *d;

    (void) env;

    d = out;

    for (i = 0; i < n; i++) {
        if (api_transform_is_plain(in[i])) {
            *d++ = in[i];

        } else if (in[i] == ' ') {
            *d++ = '+';

        } else {
            *d++ = '%';
            *d++ = (uint8_t) api_transform_digits[in[i] >> 4];
            *d++ = (uint8_t) api_transform_digits[in[i] & 0x0f];
        }
    }

    return (size_t) (d - out);
}


API_TRANSFORM_KERNEL(api_transform_hex_encode)
{
    size_t   i;
    uint8_t *d;

    (void) env;

    d = out;

    for (i = 0; i < n; i++) {
        *d++ = (uint8_t) api_transform_digits[in[i] >> 4];
        *d++ = (uint8_t) api_transform_digits[in[i] & 0x0f];
    }

    return (size_t) (d - out);
}


/* What is no hex digit counts by its distance from one, as it does there. */

static unsigned
api_transform_any_digit(uint8_t c)
{
    return c >= 'A' ? (c & 0xdfU) - 'A' + 10 : (unsigned) c - '0';
}


API_TRANSFORM_KERNEL(api_transform_hex_decode)
{
    size_t i;

    (void) env;

    for (i = 0; i < n / 2; i++) {
        out[i] = (uint8_t) (api_transform_any_digit(in[2 * i]) * 16
                            + api_transform_any_digit(in[2 * i + 1]));
    }

    return n / 2;
}


/*
 * UTF-8 to %uHHHH.  Three bytes of %uHHHH and one of a lead byte that is
 * repeated are at most added to every lead byte.
 */

size_t
api_transform_utf8_room(const uint8_t *in, size_t n)
{
    size_t i, room;

    room = n;

    for (i = 0; i < n; i++) {
        room += in[i] >= 0xc0 ? 5 : 0;
    }

    return room;
}


static uint8_t *
api_transform_write_u(uint8_t *d, uint32_t code)
{
    int shift;

    *d++ = '%';
    *d++ = 'u';

    for (shift = 20; shift >= 0; shift -= 4) {
        if (shift < 16 || code >> shift) {
            *d++ = (uint8_t) api_transform_digits[code >> shift & 0x0f];
        }
    }

    return d;
}


/* How many bytes the lead byte c asks for; 0: it is none. */

static size_t
api_transform_utf8_len(uint8_t c)
{
    return (c & 0xe0) == 0xc0   ? 2
           : (c & 0xf0) == 0xe0 ? 3
           : (c & 0xf8) == 0xf0 ? 4
                                : 0;
}


static bool
api_transform_utf8_follows(const uint8_t *in, size_t left, size_t len)
{
    size_t i;

    if (left < len) {
        return false;
    }

    for (i = 1; i < len; i++) {
        if ((in[i] & 0xc0) != 0x80) {
            return false;
        }
    }

    return true;
}


/*
 * Quirks kept: a lead byte without what should follow is dropped, one of an
 * overlong form or a surrogate stands again behind its %u, one past F4 before
 * it, and NULs are dropped.
 */

API_TRANSFORM_KERNEL(api_transform_utf8_to_unicode)
{
    size_t                i, k, len;
    uint8_t               c, *d;
    uint32_t              code;
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

    (void) env;

    d = out;

    for (i = 0; i < n; i += len ? len : 1) {
        c = in[i];
        len = api_transform_utf8_len(c);

        if (len == 0) {
            if (c != 0) {
                *d++ = c;
            }

            continue;
        }

        if (c >= 0xf5) {
            *d++ = c;
        }

        if (!api_transform_utf8_follows(in + i, n - i, len)) {
            len = 0;
            continue;
        }

        code = c & (0xffU >> (len + 1));

        for (k = 1; k < len; k++) {
            code = code << 6 | (in[i + k] & 0x3f);
        }

        d = api_transform_write_u(d, code);

        if (code >= 0xd800 && code <= 0xdfff) {
            *d++ = c;
        }

        if (code < least[len]) {
            *d++ = c;
        }
    }

    return (size_t) (d - out);
}
