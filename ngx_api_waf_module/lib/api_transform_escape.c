#include "api_transform_int.h"


/* \a \b \f \n \r \t \v, or 0. */

static uint8_t
api_escape_letter(uint8_t c)
{
    switch (c) {
    case 'a':
        return '\a';
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'v':
        return '\v';
    default:
        return 0;
    }
}


/* Up to three octal digits of the n bytes at p: how many there are, and their
   value in *value. */

static size_t
api_escape_octal(const uint8_t *p, size_t n, unsigned *value)
{
    size_t i;

    *value = 0;

    for (i = 0; i < n && i < 3 && p[i] >= '0' && p[i] <= '7'; i++) {
        *value = *value * 8 + (unsigned) (p[i] - '0');
    }

    return i;
}


/*
 * One escape of JavaScript at p, n bytes from the end: its byte in *c, its
 * length as result.  0: the rest is too short to be one.
 */

static size_t
api_escape_js(const uint8_t *p, size_t n, uint8_t *c)
{
    size_t   len;
    unsigned value;

    if (n > 5 && p[1] == 'u' && api_is_hex(p[2]) && api_is_hex(p[3])
        && api_is_hex(p[4]) && api_is_hex(p[5]))
    {
        *c = api_full_width(api_hex_byte(p + 2), api_hex_byte(p + 4));
        return 6;
    }

    if (n > 3 && p[1] == 'x' && api_is_hex(p[2]) && api_is_hex(p[3])) {
        *c = api_hex_byte(p + 2);
        return 4;
    }

    if (n < 2) {
        return 0;
    }

    len = api_escape_octal(p + 1, n - 1, &value);

    if (len == 3 && p[1] > '3') { /* \400 is more than a byte */
        len = 2;
        value /= 8;
    }

    if (len) {
        *c = (uint8_t) value;
        return 1 + len;
    }

    *c = api_escape_letter(p[1]);
    if (*c == 0) {
        *c = p[1];
    }

    return 2;
}


API_TRANSFORM_KERNEL(api_transform_js_decode)
{
    size_t  i, len;
    uint8_t c, *d;

    (void) env;

    d = out;

    for (i = 0; i < n; i += len) {
        len = api_words_copy(in + i, n - i, '\\', '\\', d);
        i += len;
        d += len;

        if (i == n) {
            break;
        }

        len = api_escape_js(in + i, n - i, &c);

        if (len == 0) {
            c = in[i];
            len = 1;
        }

        *d++ = c;
    }

    return (size_t) (d - out);
}


/* One escape of ANSI C, which is at least two bytes long. */

static size_t
api_escape_ansi(const uint8_t *p, size_t n, uint8_t *c)
{
    size_t   len;
    unsigned value;

    *c = api_escape_letter(p[1]);

    if (*c) {
        return 2;
    }

    if (api_lower(p[1]) == 'x' && n > 3 && api_is_hex(p[2])
        && api_is_hex(p[3])) {
        *c = api_hex_byte(p + 2);
        return 4;
    }

    len = api_escape_octal(p + 1, n - 1, &value);

    if (len) {
        *c = (uint8_t) value;
        return 1 + len;
    }

    *c = p[1];

    return 2;
}


API_TRANSFORM_KERNEL(api_transform_escape_seq_decode)
{
    size_t  i, same;
    uint8_t c, *d;

    (void) env;

    d = out;

    for (i = 0; i < n; /* void */) {
        same = api_words_copy(in + i, n - i, '\\', '\\', d);
        i += same;
        d += same;

        if (i == n) {
            break;
        }

        c = in[i];

        if (n - i > 1) {
            i += api_escape_ansi(in + i, n - i, &c);

        } else {
            i++;
        }

        *d++ = c;
    }

    return (size_t) (d - out);
}


/*
 * The byte of 1 to 6 hex digits of CSS: the last two, plus 0x20 where the
 * number is a full-width form.
 */

static uint8_t
api_escape_css_byte(const uint8_t *digits, size_t n)
{
    size_t  i;
    uint8_t low;

    if (n == 1) {
        return (uint8_t) api_percent_hex(digits[0]);
    }

    low = api_hex_byte(digits + n - 2);

    if (n < 4) {
        return low;
    }

    for (i = 0; i < n - 4; i++) {
        if (digits[i] != '0') {
            return low;
        }
    }

    return api_full_width(api_hex_byte(digits + n - 4), low);
}


API_TRANSFORM_KERNEL(api_transform_css_decode)
{
    size_t   i, len;
    uint8_t *d;

    (void) env;

    d = out;

    for (i = 0; i < n; /* void */) {
        len = api_words_copy(in + i, n - i, '\\', '\\', d);
        i += len;
        d += len;

        if (i == n) {
            break;
        }

        i++;

        for (len = 0; len < 6 && i + len < n && api_is_hex(in[i + len]); len++)
        {
            /* void */
        }

        if (len) {
            *d++ = api_escape_css_byte(in + i, len);
            i += len;
            i += i < n && api_is_blank(in[i]); /* one blank belongs to it */

        } else if (i < n && in[i] == '\n') {
            i++;

        } else if (i < n) {
            *d++ = in[i++];
        }
    }

    return (size_t) (d - out);
}


/*
 * Runs of 0xHH... to bytes.  Quirks kept: the last byte goes where no run
 * ends the value, what stands behind a run is copied unseen, and a NUL ends
 * it all.
 */

API_TRANSFORM_KERNEL(api_transform_sql_hex_decode)
{
    size_t   i;
    uint8_t *d, *nul;

    (void) env;

    d = out;

    for (i = 0; i + 1 < n && in[i]; i++) {
        if (n - i > 3 && in[i] == '0' && api_lower(in[i + 1]) == 'x'
            && api_is_hex(in[i + 2]) && api_is_hex(in[i + 3]))
        {
            for (i += 2;
                 n - i > 1 && api_is_hex(in[i]) && api_is_hex(in[i + 1]);
                 i += 2) {
                *d++ = api_hex_byte(in + i);
            }

            if (i == n) {
                break;
            }
        }

        *d++ = in[i];
    }

    nul = d == out ? NULL : memchr(out, 0, (size_t) (d - out));

    return (size_t) ((nul ? nul : d) - out);
}


/* The number of an entity of which digits were read; what is past 63 bits
   becomes all ones. */

static uint8_t
api_entity_number(const uint8_t *digits, size_t n, unsigned base)
{
    size_t   i;
    uint64_t value;

    value = 0;

    for (i = 0; i < n; i++) {
        if (value > ((uint64_t) INT64_MAX - api_percent_hex(digits[i])) / base)
        {
            return 0xff;
        }

        value = value * base + api_percent_hex(digits[i]);
    }

    return (uint8_t) value;
}


static bool
api_entity_digit(uint8_t c, unsigned base)
{
    return api_percent_hex(c) < base;
}


/* &#NNN and &#xHH at p: the length without ;, or 0. */

static size_t
api_entity_numeric(const uint8_t *p, size_t n, uint8_t *c)
{
    size_t   i, from;
    unsigned base;

    from = 2;
    base = 10;

    if (n > 2 && api_lower(p[2]) == 'x') {
        from = 3;
        base = 16;
    }

    for (i = from; i < n && api_entity_digit(p[i], base); i++) {
        /* void */
    }

    if (i == from) {
        return 0;
    }

    *c = api_entity_number(p + from, i - from, base);

    return i;
}


static bool
api_is_alnum(uint8_t c)
{
    return (c >= '0' && c <= '9')
           || (api_lower(c) >= 'a' && api_lower(c) <= 'z');
}


static size_t
api_entity_named(const uint8_t *p, size_t n, uint8_t *c)
{
    size_t i, k;

    static const struct {
        api_span_t name;
        uint8_t    byte;
    } names[] = {
        { { (const uint8_t *) "amp", 3 }, '&' },
        { { (const uint8_t *) "gt", 2 }, '>' },
        { { (const uint8_t *) "lt", 2 }, '<' },
        { { (const uint8_t *) "nbsp", 4 }, 0xa0 },
        { { (const uint8_t *) "quot", 4 }, '"' },
    };

    for (i = 1; i < n && i < 6 && api_is_alnum(p[i]); i++) {
        /* void */
    }

    for (k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
        if (api_span_eq_nocase(api_span(p + 1, i - 1), names[k].name)) {
            *c = names[k].byte;
            return i;
        }
    }

    return 0;
}


API_TRANSFORM_KERNEL(api_transform_html_entity_decode)
{
    size_t  i, len;
    uint8_t c, *d;

    (void) env;

    d = out;

    for (i = 0; i < n; /* void */) {
        len = api_words_copy(in + i, n - i, '&', '&', d);
        i += len;
        d += len;

        if (i == n) {
            break;
        }

        c = in[i];
        len = 0;

        if (n - i > 1) {
            len = in[i + 1] == '#' ? api_entity_numeric(in + i, n - i, &c)
                                   : api_entity_named(in + i, n - i, &c);
        }

        if (len) {
            i += len;
            i += i < n && in[i] == ';';

        } else {
            i++;
        }

        *d++ = c;
    }

    return (size_t) (d - out);
}
