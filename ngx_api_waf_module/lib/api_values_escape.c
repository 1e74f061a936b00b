/* Escapes of strings that the parser of JSON has let pass.  api_json_string does
   the same in pieces, at three times the cost where there are many. */

#include "api_values_int.h"

#include "api_utf8.h"


static uint32_t
escape_unit(const uint8_t *p)
{
    size_t   i;
    uint32_t c, unit = 0;

    for (i = 0; i < 4; i++) {
        c = p[i];
        unit = unit << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }

    return unit;
}


/* What the escape at p stands for, which the parser has found to be one. */

static const uint8_t *
escape_one(const uint8_t *p, uint8_t **out)
{
    uint32_t c, low;

    switch (p[1]) {

    case 'u':
        c = escape_unit(p + 2);
        p += 6;

        if (c >= 0xd800 && c < 0xdc00) {
            low = escape_unit(p + 2);
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
            p += 6;
        }

        *out += api_utf8_encode(c, *out);
        return p;

    case 'b':
        *(*out)++ = '\b';
        break;

    case 'f':
        *(*out)++ = '\f';
        break;

    case 'n':
        *(*out)++ = '\n';
        break;

    case 'r':
        *(*out)++ = '\r';
        break;

    case 't':
        *(*out)++ = '\t';
        break;

    default:
        *(*out)++ = p[1];
    }

    return p + 2;
}


bool
api_values_unescape(api_values_t *b, api_span_t text, api_span_t *s)
{
    size_t         n;
    uint8_t       *out, *to;
    const uint8_t *p = text.data, *end = p + text.len, *at;

    /* no escape is shorter than what it stands for */

    out = to = api_arena_alloc(b->arena, text.len);

    if (out == NULL) {
        b->nomem = true;
        return false;
    }

    while (p < end) {
        if (*p == '\\') {
            p = escape_one(p, &to);
            continue;
        }

        at = memchr(p, '\\', (size_t) (end - p));
        n = (size_t) ((at ? at : end) - p);
        memcpy(to, p, n);
        to += n;
        p += n;
    }

    *s = api_span(out, (size_t) (to - out));

    return true;
}
