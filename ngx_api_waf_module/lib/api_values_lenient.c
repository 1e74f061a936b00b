/* What is nearly JSON: some reader behind us may make something of it. */

#include "api_values_int.h"

#include "api_utf8.h"


/* \uXXXX at s[i + 2], as UTF-8; returns the bytes taken, 0: it is none. */

static size_t
lenient_unicode(api_span_t s, size_t i, uint8_t *out, size_t *n)
{
    size_t   j, len;
    uint8_t  c;
    uint32_t cp = 0;

    if (s.len - i < 6) {
        return 0;
    }

    for (j = i + 2; j < i + 6; j++) {
        c = s.data[j];
        cp <<= 4;

        if (c >= '0' && c <= '9') {
            cp |= (uint32_t) (c - '0');
        } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
            cp |= (uint32_t) ((c | 0x20) - 'a' + 10);
        } else {
            return 0;
        }
    }

    len = api_utf8_encode(cp, out + *n);
    *n += len;

    return len ? 6 : 0;
}


/* The string behind the quote at *pos, its escapes decoded where they are
   such; *pos is behind its end. */

static api_span_t
lenient_string(api_values_t *b, api_span_t s, size_t *pos, uint8_t quote)
{
    size_t            i, n = 0, took;
    uint8_t          *p;
    const char       *at;
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";

    for (i = *pos; i < s.len && s.data[i] != quote; i++) {
        i += s.data[i] == '\\';
    }

    took = i < s.len ? i : s.len;
    p = api_arena_alloc(b->arena, took - *pos);

    if (p == NULL) {
        b->nomem = true;
        *pos = s.len;
        return api_span("", 0);
    }

    for (i = *pos; i < took; i++) {
        if (s.data[i] != '\\' || i + 1 >= took) {
            p[n++] = s.data[i];
            continue;
        }

        if (s.data[i + 1] == 'u') {
            size_t u = lenient_unicode(api_span(s.data, took), i, p, &n);
            if (u) {
                i += u - 1;
                continue;
            }
        }

        at = s.data[i + 1] ? strchr(from, s.data[i + 1]) : NULL;
        p[n++] = at ? (uint8_t) to[at - from] : s.data[i + 1];
        i++;
    }

    *pos = took + 1;

    return api_span(p, n);
}


void
api_values_lenient(
    api_values_t *b, api_waf_var_t var, api_span_t name, api_span_t text)
{
    uint8_t    quote;
    size_t     i = 0;
    api_span_t s;

    while (i < text.len && !b->nomem && !b->over) {
        quote = text.data[i++];

        if (quote == '"' || quote == '\'') {
            s = lenient_string(b, text, &i, quote);
            api_values_arg(b, var, name, s);
        }
    }
}
