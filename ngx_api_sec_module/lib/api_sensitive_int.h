/* Private to api_sensitive*.c: what may stand at a position. */

#ifndef API_SENSITIVE_INT_H
#define API_SENSITIVE_INT_H

#include "api_sensitive.h"


/* Each looks at text from `at` on and returns the length of what it is, 0 for
   none; *kind tells which, of those wanted. */

typedef struct {
    api_span_t text;
    unsigned   kinds;
    bool       more;  /* text follows that is not there yet */
    bool       plain; /* byte by byte, for tests */
} api_sensitive_text_t;

static inline bool
api_sensitive_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static inline bool
api_sensitive_alnum(uint8_t c)
{
    return api_sensitive_digit(c) || (uint8_t) ((c | 0x20) - 'a') < 26;
}

/* base64url */

static inline bool
api_sensitive_token(uint8_t c)
{
    return api_sensitive_alnum(c) || c == '-' || c == '_';
}

static inline bool
api_sensitive_hex(uint8_t c)
{
    return api_sensitive_digit(c) || (uint8_t) ((c | 0x20) - 'a') < 6;
}

/* Letters and digits before `at` that stand for another character: \n, \u003d
   and their like in JSON, %3D in a URL. */

static inline bool
api_sensitive_escaped(api_span_t text, size_t at)
{
    const uint8_t *p;

    static const char letters[5] = "nrtbf";

    p = text.data + at;

    if (at >= 2 && p[-2] == '\\') {
        return memchr(letters, p[-1], sizeof(letters)) != NULL;
    }

    if (at >= 3 && p[-3] == '%') {
        return api_sensitive_hex(p[-1]) && api_sensitive_hex(p[-2]);
    }

    return at >= 6 && p[-6] == '\\' && p[-5] == 'u' && api_sensitive_hex(p[-1])
           && api_sensitive_hex(p[-2]) && api_sensitive_hex(p[-3])
           && api_sensitive_hex(p[-4]);
}

/* Nothing of a word stands before. */

static inline bool
api_sensitive_starts(api_span_t text, size_t at)
{
    return at == 0 || !api_sensitive_alnum(text.data[at - 1])
           || api_sensitive_escaped(text, at);
}

/* ... or behind. */

static inline bool
api_sensitive_ends(api_span_t text, size_t at)
{
    return at >= text.len || !api_sensitive_alnum(text.data[at]);
}

/* api_sensitive_skip.c: the next position at or behind `at` where something may
   begin (or an @ is), the length of the text when there is none.  Sixteen bytes
   at a time where the processor can, and byte by byte: the same. */

size_t api_sensitive_skip(api_span_t text, size_t at);
size_t api_sensitive_plain(api_span_t text, size_t at);

/* api_sensitive_next, byte by byte: what tests compare with. */

bool api_sensitive_next_plain(
    api_span_t text, size_t from, unsigned kinds, api_sensitive_find_t *find);

/* api_sensitive_number.c */

size_t
api_sensitive_number(const api_sensitive_text_t *t, size_t at, unsigned *kind);
size_t api_sensitive_letters(
    const api_sensitive_text_t *t, size_t at, unsigned *kind);

/* api_sensitive_secret.c */

size_t
api_sensitive_secret(const api_sensitive_text_t *t, size_t at, unsigned *kind);
size_t
api_sensitive_phrase(const api_sensitive_text_t *t, size_t at, unsigned *kind);


#endif /* API_SENSITIVE_INT_H */
