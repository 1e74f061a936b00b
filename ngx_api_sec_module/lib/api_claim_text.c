#include "api_claim.h"
#include "api_claim_chars.h"
#include "api_utf8.h"


/* Four hex digits that the parser has seen. */

static uint32_t
api_claim_hex4(const uint8_t *p)
{
    size_t   i;
    uint32_t v;

    v = 0;

    for (i = 0; i < 4; i++) {
        v = v << 4
            | (uint32_t) (p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
    }

    return v;
}


int
api_claim_unescape(api_claim_chars_t *c)
{
    uint8_t  ch;
    uint32_t cp;

    ch = *c->p++;

    switch (ch) {
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
    case 'u':
        break;
    default: /* " \ / */
        return ch;
    }

    cp = api_claim_hex4(c->p);
    c->p += 4;

    if (cp >= 0xd800 && cp <= 0xdbff) {
        cp = 0x10000 + ((cp - 0xd800) << 10)
             + (api_claim_hex4(c->p + 2) - 0xdc00);
        c->p += 6;
    }

    c->n = (uint8_t) api_utf8_encode(cp, c->buf);
    c->i = 1;

    return c->buf[0];
}


/* Append the scalar at i; false when it is none, or has a comma in it. */

static bool
api_claim_append(const api_json_t *doc, uint32_t i, uint8_t **d)
{
    int               ch;
    api_span_t        raw;
    api_claim_chars_t c;

    if (doc->tok[i].type == API_JSON_NULL) {
        return true;
    }

    if (doc->tok[i].type < API_JSON_STRING) {
        raw = api_json_raw(doc, i);
        memcpy(*d, raw.data, raw.len);
        *d += raw.len;

        return true;
    }

    if (doc->tok[i].type != API_JSON_STRING) {
        return false;
    }

    c = api_claim_chars(doc, i);

    while ((ch = api_claim_next(&c)) != -1) {
        if (ch == ',') {
            return false;
        }

        *(*d)++ = (uint8_t) ch;
    }

    return true;
}


/* Decoded text is no longer than it is written, commas are there already. */

static int
api_claim_join(
    const api_json_t *doc, uint32_t tok, api_arena_t *arena, api_span_t *out)
{
    uint8_t         *d, *from;
    uint32_t         i, end;
    api_arena_mark_t mark;

    mark = api_arena_mark(arena);

    from = api_arena_alloc(arena, api_json_raw(doc, tok).len);
    if (from == NULL) {
        return API_NOMEM;
    }

    d = from;
    end = api_json_next(doc, tok);

    for (i = tok + 1; i < end; i = api_json_next(doc, i)) {
        if (i > tok + 1) {
            *d++ = ',';
        }

        if (!api_claim_append(doc, i, &d)) {
            api_arena_rewind(arena, mark);
            *out = api_json_raw(doc, tok);
            return API_OK;
        }
    }

    *out = api_span(from, (size_t) (d - from));

    return API_OK;
}


int
api_claim_text(
    const api_json_t *doc, uint32_t tok, api_arena_t *arena, api_span_t *out)
{
    if (tok == API_JSON_NONE) {
        *out = API_SPAN("");
        return API_OK;
    }

    switch (doc->tok[tok].type) {

    case API_JSON_NULL:
        *out = API_SPAN("");
        return API_OK;

    case API_JSON_STRING:
        return api_json_string(doc, tok, arena, out);

    case API_JSON_ARRAY:
        return api_claim_join(doc, tok, arena, out);

    default:
        *out = api_json_raw(doc, tok);
        return API_OK;
    }
}
