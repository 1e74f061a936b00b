/*
 * Over what cannot begin anything.  Most bytes of a text stand within words, or
 * begin words that no pattern begins with: the first two bytes say so.
 */

#include "api_sensitive_int.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif


/* Two bytes that a credential or a message begins with: behind the beginning
   of a word. */

static bool
api_sensitive_pair(uint8_t a, uint8_t b)
{
    switch (a) {

    case 'T':
        return b == 'r';

    case 'S':
        return b == 't';

    case 'F':
        return b == 'i' || b == 'a';

    case 'd':
    case 'x':
        return b == 'o';

    case 'e':
    case 'p':
        return b == 'y';

    case 'g':
        return b == 'h' || b == 'i' || b == 'l' || b == 'o';

    case 'h':
        return b == 'v';

    case 'n':
        return b == 'p';

    case 'r':
        return b == 'k';

    case 's':
        return b == 'k' || b == 'h';

    case 'y':
        return b == 'a';

    default:
        return false;
    }
}


/* Bytes of a number: cards and numbers of persons have eight digits and more,
   with a blank or dash between them at most. */

#define API_SENSITIVE_LEAST 8

static bool
api_sensitive_run(const uint8_t *p)
{
    unsigned i;

    for (i = 1; i < API_SENSITIVE_LEAST; i++) {
        if (!api_sensitive_digit(p[i]) && p[i] != ' ' && p[i] != '-') {
            return false;
        }
    }

    return true;
}


/* May anything begin at `at`? */

static bool
api_sensitive_may_begin(api_span_t text, size_t at)
{
    uint8_t a, b;

    a = text.data[at];

    if (a == '@') {
        return true;
    }

    if (at + 1 >= text.len) {
        return false;
    }

    b = text.data[at + 1];

    if (a == ':' || a == '-' || a == 'a') {
        return b == (a == ':' ? '/' : a == '-' ? '-' : 't');
    }

    if (api_sensitive_digit(a)) {
        return text.len - at >= API_SENSITIVE_LEAST
               && api_sensitive_run(text.data + at)
               && api_sensitive_starts(text, at);
    }

    return ((a >= 'A' && a <= 'Z' && b >= 'A' && b <= 'Z')
               || api_sensitive_pair(a, b))
           && api_sensitive_starts(text, at);
}


size_t
api_sensitive_plain(api_span_t text, size_t at)
{
    while (at < text.len && !api_sensitive_may_begin(text, at)) {
        at++;
    }

    return at;
}


#if defined(__SSE2__)

#define API_SENSITIVE_BLOCK 16
#define API_SENSITIVE_ESCAPE 6 /* bytes, the longest: \u003d */


static unsigned
api_sensitive_is(__m128i block, char c)
{
    return (unsigned) _mm_movemask_epi8(
        _mm_cmpeq_epi8(block, _mm_set1_epi8(c)));
}


static unsigned
api_sensitive_alnums(__m128i block)
{
    __m128i letter, digit;

    letter = _mm_or_si128(block, _mm_set1_epi8(0x20));
    letter = _mm_cmpgt_epi8(_mm_add_epi8(letter, _mm_set1_epi8(127 - 'z')),
        _mm_set1_epi8(127 - 26));
    digit = _mm_cmpgt_epi8(_mm_add_epi8(block, _mm_set1_epi8(127 - '9')),
        _mm_set1_epi8(127 - 10));

    return (unsigned) _mm_movemask_epi8(_mm_or_si128(letter, digit));
}


/* Does an escape stand so near before that a word may begin behind it? */

static bool
api_sensitive_near(api_span_t text, size_t at)
{
    size_t n;

    n = at < API_SENSITIVE_ESCAPE ? at : API_SENSITIVE_ESCAPE;

    return n
           && (memchr(text.data + at - n, '\\', n)
               || memchr(text.data + at - n, '%', n));
}


/* Beginnings of words, and signs with what has to follow them; of what follows
   the last byte nothing is known here. */

static unsigned
api_sensitive_marks(__m128i block, unsigned alnum, bool within, bool escaped)
{
    unsigned marks;

    marks = escaped || api_sensitive_is(block, '\\')
                    || api_sensitive_is(block, '%')
                ? alnum
                : alnum & ~(alnum << 1 | within);

    marks |= api_sensitive_is(block, '@');
    marks |= api_sensitive_is(block, ':')
             & (api_sensitive_is(block, '/') >> 1 | 0x8000);
    marks |= api_sensitive_is(block, '-')
             & (api_sensitive_is(block, '-') >> 1 | 0x8000);
    marks |= api_sensitive_is(block, 'a')
             & (api_sensitive_is(block, 't') >> 1 | 0x8000);

    return marks;
}


size_t
api_sensitive_skip(api_span_t text, size_t at)
{
    bool     within, escaped;
    __m128i  block;
    unsigned marks, alnum;

    within = at && api_sensitive_alnum(text.data[at - 1]);
    escaped = api_sensitive_near(text, at);

    for (; text.len - at >= API_SENSITIVE_BLOCK; at += API_SENSITIVE_BLOCK) {
        block = _mm_loadu_si128((const __m128i *) (text.data + at));
        alnum = api_sensitive_alnums(block);
        marks = api_sensitive_marks(block, alnum, within, escaped) & 0xffff;

        for (; marks; marks &= marks - 1) {
            if (api_sensitive_may_begin(
                    text, at + (unsigned) __builtin_ctz(marks))) {
                return at + (unsigned) __builtin_ctz(marks);
            }
        }

        within = alnum >> (API_SENSITIVE_BLOCK - 1);
        escaped =
            (api_sensitive_is(block, '\\') | api_sensitive_is(block, '%'))
            >> (API_SENSITIVE_BLOCK - API_SENSITIVE_ESCAPE);
    }

    return api_sensitive_plain(text, at);
}

#else

size_t
api_sensitive_skip(api_span_t text, size_t at)
{
    return api_sensitive_plain(text, at);
}

#endif
