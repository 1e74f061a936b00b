/*
 * Many bytes at a time, where a text is nothing but words: what most of prose
 * and most names are.
 */

#ifndef API_WORDS_H
#define API_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* API_SCALAR does without SSE2, which each x86-64 has. */

#if defined(__SSE2__) && !defined(API_SCALAR)
#define API_WORDS_SSE2 1
#include <emmintrin.h>
#else
#define API_WORDS_SSE2 0
#endif


#define API_WORDS_SIZE 8

#define API_WORDS_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))
#define API_WORDS_TOPS API_WORDS_EACH(0x80)

/*
 * Are these eight all of a-z and 0x20, no two blanks side by side?  Then
 * *blanks has the top bit of each byte that is a blank, in the order of
 * memory as the machine loads it.  No byte carries into the next: those above
 * 0x7f are taken out first.
 */

static inline bool
api_words(const uint8_t *p, uint64_t *blanks)
{
    uint64_t w, letters, x;

    memcpy(&w, p, sizeof(w));

    if (w & API_WORDS_TOPS) {
        return false;
    }

    letters = (w + API_WORDS_EACH(0x80 - 'a'))
              & ~(w + API_WORDS_EACH(0x7f - 'z')) & API_WORDS_TOPS;
    x = w ^ API_WORDS_EACH(' ');
    *blanks = ~(x + API_WORDS_EACH(0x7f)) & API_WORDS_TOPS;

    return (letters | *blanks) == API_WORDS_TOPS
           && (*blanks & *blanks << 8) == 0;
}


#if API_WORDS_SSE2

#define API_WORDS_BLOCK 16

static inline __m128i
api_words_load(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *) (const void *) p);
}


/* n bytes from `first` on; added to, they are the most of what is signed. */

static inline __m128i
api_words_range(__m128i x, int first, int n)
{
    return _mm_cmpgt_epi8(
        _mm_add_epi8(x, _mm_set1_epi8((char) (0x80 - first - n))),
        _mm_set1_epi8((char) (0x7f - n)));
}


static inline __m128i
api_words_is(__m128i x, char c)
{
    return _mm_cmpeq_epi8(x, _mm_set1_epi8(c));
}


/* Those of sixteen that are no letter, digit or blank (0x20), a bit each. */

static inline unsigned
api_words_others(__m128i x)
{
    __m128i letters, plain;

    letters = api_words_range(_mm_or_si128(x, _mm_set1_epi8(0x20)), 'a', 26);
    plain = _mm_or_si128(api_words_range(x, '0', 10), api_words_is(x, ' '));

    return (unsigned) _mm_movemask_epi8(_mm_or_si128(letters, plain))
           ^ 0xffffU;
}


static inline __m128i
api_words_lower(__m128i x)
{
    return _mm_or_si128(
        x, _mm_and_si128(api_words_range(x, 'A', 26), _mm_set1_epi8(0x20)));
}


/* Copies the first n bytes of x, which may be taken from where they go. */

static inline void
api_words_store(uint8_t *out, __m128i x, size_t n)
{
    uint8_t part[API_WORDS_BLOCK];

    if (n == API_WORDS_BLOCK) {
        _mm_storeu_si128((__m128i *) (void *) out, x);
        return;
    }

    _mm_storeu_si128((__m128i *) (void *) part, x);
    memcpy(out, part, n);
}

#endif


/* Copies from `in`, which is not before out, up to the first byte that is a or
   b; how many. */

static inline size_t
api_words_copy(const uint8_t *in, size_t n, char a, char b, uint8_t *out)
{
    size_t i;

    i = 0;

#if API_WORDS_SSE2
    for (; n - i >= API_WORDS_BLOCK; i += API_WORDS_BLOCK) {
        __m128i  x;
        unsigned found;

        x = api_words_load(in + i);
        found = (unsigned) _mm_movemask_epi8(
            _mm_or_si128(api_words_is(x, a), api_words_is(x, b)));

        if (found != 0) {
            n = i + (unsigned) __builtin_ctz(found);
            api_words_store(out + i, x, n - i);
            return n;
        }

        api_words_store(out + i, x, API_WORDS_BLOCK);
    }
#endif

    for (; i < n && in[i] != (uint8_t) a && in[i] != (uint8_t) b; i++) {
        out[i] = in[i];
    }

    return i;
}


/* As the machine loads them, wherever they stand. */

static inline uint32_t
api_words_four(const uint8_t *p)
{
    uint32_t x;

    memcpy(&x, p, sizeof(x));

    return x;
}


static inline uint64_t
api_words_eight(const uint8_t *p)
{
    uint64_t x;

    memcpy(&x, p, sizeof(x));

    return x;
}


/* isspace in the C locale. */

static inline bool
api_is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}


static inline uint8_t
api_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t) (c | 0x20) : c;
}


/* Are n bytes the same but for the case of ASCII letters? */

static inline bool
api_words_alike(const uint8_t *a, const uint8_t *b, size_t n)
{
    size_t i;

    i = 0;

#if API_WORDS_SSE2
    for (; n - i >= API_WORDS_BLOCK; i += API_WORDS_BLOCK) {
        if (_mm_movemask_epi8(
                _mm_cmpeq_epi8(api_words_lower(api_words_load(a + i)),
                    api_words_lower(api_words_load(b + i))))
            != 0xffff)
        {
            return false;
        }
    }
#endif

    while (i < n && api_lower(a[i]) == api_lower(b[i])) {
        i++;
    }

    return i == n;
}


/* The next of the bytes from p on that is in a table; end: there is none.  No
   letter, digit or blank is in it. */

static inline const uint8_t *
api_words_find(const uint8_t *p, const uint8_t *end, const uint8_t *table)
{
#if API_WORDS_SSE2
    uint64_t others; /* of two blocks */

    for (; end - p >= 2 * API_WORDS_BLOCK; p += 2 * API_WORDS_BLOCK) {
        others = api_words_others(api_words_load(p))
                 | api_words_others(api_words_load(p + API_WORDS_BLOCK))
                       << API_WORDS_BLOCK;

        for (; others != 0; others &= others - 1) {
            if (table[p[__builtin_ctzll(others)]] != 0) {
                return p + __builtin_ctzll(others);
            }
        }
    }
#endif

    while (p < end && table[*p] == 0) {
        p++;
    }

    return p;
}


#endif /* API_WORDS_H */
