#include "api_transform_int.h"

#include <stdio.h>


API_TRANSFORM_KERNEL(api_transform_lowercase)
{
    size_t i;

    (void) env;

    i = 0;

#if API_WORDS_SSE2
    for (; n - i >= API_WORDS_BLOCK; i += API_WORDS_BLOCK) {
        api_words_store(
            out + i, api_words_lower(api_words_load(in + i)), API_WORDS_BLOCK);
    }
#endif

    for (; i < n; i++) {
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


/* Copies letters, made small, digits and single blanks, as far as there are
   many of them; how many.  Does a blank stand before them? */

static inline size_t
api_transform_cmd_words(const uint8_t *in, size_t n, bool blank, uint8_t *out)
{
    size_t i;

    i = 0;

#if API_WORDS_SSE2
    for (; n - i >= API_WORDS_BLOCK; i += API_WORDS_BLOCK) {
        size_t   k;
        __m128i  x;
        unsigned stop, blanks;

        x = api_words_load(in + i);
        blanks = (unsigned) _mm_movemask_epi8(api_words_is(x, ' '));
        stop = api_words_others(x) | (blanks & (blanks << 1 | blank));
        k = stop ? (unsigned) __builtin_ctz(stop) : API_WORDS_BLOCK;
        api_words_store(out + i, api_words_lower(x), k);

        if (stop != 0) {
            return i + k;
        }

        blank = blanks >> (API_WORDS_BLOCK - 1);
    }
#else
    uint64_t blanks;

    while (n - i > API_WORDS_SIZE && (!blank || in[i] != ' ')
           && api_words(&in[i], &blanks))
    {
        memmove(out + i, in + i, API_WORDS_SIZE);
        i += API_WORDS_SIZE;
        blank = out[i - 1] == ' ';
    }
#endif

    return i;
}


/* What a shell drops or takes for a blank; blanks in a row, and those before
   a / or ( go. */

API_TRANSFORM_KERNEL(api_transform_cmd_line)
{
    bool     blank;
    size_t   i, words;
    uint8_t *d;

    (void) env;

    d = out;
    blank = false;

    for (i = 0; i < n; i++) {
        words = api_transform_cmd_words(&in[i], n - i, blank, d);
        i += words;
        d += words;
        blank = words > 0 ? d[-1] == ' ' : blank;

        if (i == n) {
            break;
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
