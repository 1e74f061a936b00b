#include "api_transform_int.h"
#include "api_words.h"

#include <stdio.h>


API_TRANSFORM_KERNEL(api_transform_lowercase)
{
    size_t i;

    (void) env;

    for (i = 0; i < n; i++) {
        out[i] = api_lower(in[i]);
    }

    return n;
}


API_TRANSFORM_KERNEL(api_transform_uppercase)
{
    size_t i;

    (void) env;

    for (i = 0; i < n; i++) {
        out[i] =
            in[i] >= 'a' && in[i] <= 'z' ? (uint8_t) (in[i] - 0x20) : in[i];
    }

    return n;
}


API_TRANSFORM_KERNEL(api_transform_length)
{
    int  len;
    char text[24];

    (void) env;
    (void) in;

    len = snprintf(text, sizeof(text), "%zu", n);
    memcpy(out, text, (size_t) len);

    return (size_t) len;
}


API_TRANSFORM_KERNEL(api_transform_remove_nulls)
{
    size_t   i;
    uint8_t *d;

    (void) env;

    d = out;

    for (i = 0; i < n; i++) {
        if (in[i]) {
            *d++ = in[i];
        }
    }

    return (size_t) (d - out);
}


API_TRANSFORM_KERNEL(api_transform_replace_nulls)
{
    size_t i;

    (void) env;

    for (i = 0; i < n; i++) {
        out[i] = in[i] ? in[i] : ' ';
    }

    return n;
}


/* C2 A0 is a no-break space in UTF-8; either of its bytes goes. */

API_TRANSFORM_KERNEL(api_transform_remove_whitespace)
{
    size_t   i;
    uint8_t *d;

    (void) env;

    d = out;

    for (i = 0; i < n; i++) {
        if (!api_is_blank(in[i]) && in[i] != 0xa0 && in[i] != 0xc2) {
            *d++ = in[i];
        }
    }

    return (size_t) (d - out);
}


API_TRANSFORM_KERNEL(api_transform_compress_whitespace)
{
    bool     blank;
    size_t   i;
    uint8_t *d;

    (void) env;

    d = out;
    blank = false;

    for (i = 0; i < n; i++) {
        if (!api_is_blank(in[i])) {
            *d++ = in[i];
            blank = false;

        } else if (!blank) {
            *d++ = ' ';
            blank = true;
        }
    }

    return (size_t) (d - out);
}


static size_t
api_transform_cut(const uint8_t *in, size_t from, size_t to, uint8_t *out)
{
    if (to > from) {
        memmove(out, in + from, to - from);
    }

    return to - from;
}


static size_t
api_transform_blanks_left(const uint8_t *in, size_t n)
{
    size_t i;

    for (i = 0; i < n && api_is_blank(in[i]); i++) {
        /* void */
    }

    return i;
}


static size_t
api_transform_blanks_right(const uint8_t *in, size_t from, size_t n)
{
    while (n > from && api_is_blank(in[n - 1])) {
        n--;
    }

    return n;
}


API_TRANSFORM_KERNEL(api_transform_trim)
{
    size_t from;

    (void) env;

    from = api_transform_blanks_left(in, n);

    return api_transform_cut(
        in, from, api_transform_blanks_right(in, from, n), out);
}


API_TRANSFORM_KERNEL(api_transform_trim_left)
{
    (void) env;

    return api_transform_cut(in, api_transform_blanks_left(in, n), n, out);
}


API_TRANSFORM_KERNEL(api_transform_trim_right)
{
    (void) env;

    return api_transform_cut(in, 0, api_transform_blanks_right(in, 0, n), out);
}


/* What a shell drops or takes for a blank; blanks in a row, and those before
   a / or ( go. */

API_TRANSFORM_KERNEL(api_transform_cmd_line)
{
    bool     blank;
    size_t   i;
    uint8_t *d;
    uint64_t blanks;

    (void) env;

    d = out;
    blank = false;

    for (i = 0; i < n; i++) {
        while (n - i > API_WORDS_SIZE && (!blank || in[i] != ' ')
               && api_words(&in[i], &blanks))
        {
            memmove(d, &in[i], API_WORDS_SIZE); /* as they are */
            d += API_WORDS_SIZE;
            i += API_WORDS_SIZE;
            blank = in[i - 1] == ' ';
        }

        switch (in[i]) {
        case '"':
        case '\'':
        case '\\':
        case '^':
            break;

        case ' ':
        case ',':
        case ';':
        case '\t':
        case '\r':
        case '\n':
            if (!blank) {
                *d++ = ' ';
                blank = true;
            }

            break;

        default:
            if (blank && (in[i] == '/' || in[i] == '(')) {
                d--;
            }

            *d++ = api_lower(in[i]);
            blank = false;
        }
    }

    return (size_t) (d - out);
}


static bool
api_transform_is_odd(uint8_t c)
{
    c ^= c >> 4;

    return 0x6996U >> (c & 0x0f) & 1;
}


API_TRANSFORM_KERNEL(api_transform_parity_even)
{
    size_t i;

    (void) env;

    for (i = 0; i < n; i++) {
        out[i] = api_transform_is_odd(in[i]) ? in[i] | 0x80 : in[i] & 0x7f;
    }

    return n;
}


API_TRANSFORM_KERNEL(api_transform_parity_odd)
{
    size_t i;

    (void) env;

    for (i = 0; i < n; i++) {
        out[i] = api_transform_is_odd(in[i]) ? in[i] & 0x7f : in[i] | 0x80;
    }

    return n;
}


API_TRANSFORM_KERNEL(api_transform_parity_zero)
{
    size_t i;

    (void) env;

    for (i = 0; i < n; i++) {
        out[i] = in[i] & 0x7f;
    }

    return n;
}
