#include "api_graphql.h"

#include "api_percent.h"
#include "api_utf8.h"


static uint32_t
api_graphql_hex(const uint8_t *p)
{
    return api_percent_hex(p[0]) << 12 | api_percent_hex(p[1]) << 8
           | api_percent_hex(p[2]) << 4 | api_percent_hex(p[3]);
}


/* The escape at p, which the parser has checked; returns its length. */

static size_t
api_graphql_escape(const uint8_t *p, uint8_t *out, size_t *n)
{
    uint32_t    cp;
    const char *at;

    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";

    if (p[1] != 'u') {
        at = strchr(from, p[1]);
        out[(*n)++] = (uint8_t) to[at - from];
        return 2;
    }

    cp = api_graphql_hex(p + 2);

    if (cp < 0xd800 || cp > 0xdfff) {
        *n += api_utf8_encode(cp, out + *n);
        return 6;
    }

    cp = 0x10000 + ((cp - 0xd800) << 10) + (api_graphql_hex(p + 8) - 0xdc00);
    *n += api_utf8_encode(cp, out + *n);

    return 12;
}


static size_t
api_graphql_unescape(api_span_t s, uint8_t *out)
{
    size_t i, n;

    for (i = 0, n = 0; i < s.len;) {
        if (s.data[i] == '\\') {
            i += api_graphql_escape(s.data + i, out, &n);

        } else {
            out[n++] = s.data[i++];
        }
    }

    return n;
}


/* The line of a block at `from`: its length, and in *next the one behind. */

static size_t
api_graphql_line(api_span_t s, size_t from, size_t *next)
{
    size_t n;

    for (n = from; n < s.len && s.data[n] != '\n' && s.data[n] != '\r'; n++) {
        /* void */
    }

    *next = n + 1;

    if (n + 1 < s.len && s.data[n] == '\r' && s.data[n + 1] == '\n') {
        (*next)++;
    }

    return n - from;
}


static size_t
api_graphql_indent(const uint8_t *p, size_t len)
{
    size_t n;

    for (n = 0; n < len && (p[n] == ' ' || p[n] == '\t'); n++) {
        /* void */
    }

    return n;
}


/*
 * BlockStringValue() of the specification: the indentation common to all
 * lines but the first is taken away, and blank lines at both ends.
 */

static size_t
api_graphql_block(api_span_t s, uint8_t *out)
{
    bool   first, begun;
    size_t n, keep, from, next, len, in, common;

    common = SIZE_MAX;

    for (from = 0, first = true; from <= s.len; from = next, first = false) {
        len = api_graphql_line(s, from, &next);
        in = api_graphql_indent(s.data + from, len);

        if (!first && in < len && in < common) {
            common = in;
        }
    }

    n = keep = 0;
    begun = false;

    for (from = 0, first = true; from <= s.len; from = next, first = false) {
        len = api_graphql_line(s, from, &next);
        in = api_graphql_indent(s.data + from, len);

        if (in == len && !begun) {
            continue;
        }

        if (begun) {
            out[n++] = '\n';
        }

        begun = true;

        if (!first && common != SIZE_MAX) {
            in = common < len ? common : len;
        } else {
            in = 0;
        }

        memcpy(out + n, s.data + from + in, len - in);
        n += len - in;

        if (api_graphql_indent(s.data + from, len) < len) {
            keep = n;
        }
    }

    return keep;
}


/* \""" in a block is the only escape it has. */

static size_t
api_graphql_quotes(uint8_t *p, size_t len)
{
    size_t i, n;

    for (i = 0, n = 0; i < len; i++) {
        if (p[i] == '\\' && len - i >= 4
            && memcmp(p + i + 1, "\"\"\"", 3) == 0) {
            i++;
        }

        p[n++] = p[i];
    }

    return n;
}


int
api_graphql_string(
    const api_graphql_node_t *node, api_arena_t *arena, api_span_t *out)
{
    uint8_t *p;

    if (node->type == API_GRAPHQL_STRING
        && (node->text.len == 0
            || memchr(node->text.data, '\\', node->text.len) == NULL))
    {
        *out = node->text;
        return API_OK;
    }

    p = api_arena_alloc(arena, node->text.len + 1);

    if (p == NULL) {
        return API_NOMEM;
    }

    *out = api_span(p, 0);

    if (node->type == API_GRAPHQL_STRING) {
        out->len = api_graphql_unescape(node->text, p);

    } else {
        out->len = api_graphql_quotes(p, api_graphql_block(node->text, p));
    }

    return API_OK;
}
