/*
 * ARGS_UNPACKED: what stands inside other values.  Arguments, cookies,
 * attributes of XML and what was unpacked already are looked into, three
 * layers deep: base64 of text (UTF-16 too), in either alphabet, also behind
 * "data:...,"; JSON, and what is nearly JSON; the header of a token.  No layer is longer than
 * the one around it, so that the work is in proportion to the request.
 */

#include "api_values_int.h"

#include "api_percent.h"
#include "api_utf8.h"


#define UNPACK_LAYERS 3
#define UNPACK_LEAST 6 /* bytes that something may be in, or come of */

#define UNPACK_SKIP 64
#define UNPACK_NONE 65


static uint8_t
unpack_digit(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return (uint8_t) (c - 'A');
    }

    if (c >= 'a' && c <= 'z') {
        return (uint8_t) (c - 'a' + 26);
    }

    if (c >= '0' && c <= '9') {
        return (uint8_t) (c - '0' + 52);
    }

    switch (c) {

    case '+':
    case '-':
    case ' ': /* a + that was decoded once too often */
        return 62;

    case '/':
    case '_':
        return 63;

    case '\r':
    case '\n':
    case '\t':
        return UNPACK_SKIP;

    default:
        return UNPACK_NONE;
    }
}


/*
 * Text, and not what base64 makes of a word or of an image: UTF-8, or mostly
 * ASCII, with few controls.  Bytes that were drawn have a control in eight and
 * something else than ASCII in two.
 */

static bool
unpack_is_text(api_span_t s)
{
    size_t i, controls = 0, high = 0;

    for (i = 0; i < s.len; i++) {
        controls += s.data[i] < 0x20 || s.data[i] == 0x7f;
        controls -= s.data[i] >= 0x09 && s.data[i] <= 0x0d;
        high += s.data[i] >= 0x80;
    }

    return controls * 16 <= s.len
           && (high * 8 <= s.len || api_utf8_valid(s) == s.len);
}


/* s decoded to out, which has room for s.len bytes; 0: it is no base64. */

static size_t
unpack_decode(api_span_t s, uint8_t *out)
{
    size_t   i, n = 0, digits = 0;
    uint8_t  d;
    bool     folded = true;
    uint32_t bits = 0;

    for (i = 0; i < s.len && s.data[i] != '='; i++) {
        d = unpack_digit(s.data[i]);

        /* blanks in front of a line are none that were a + */

        folded = d == UNPACK_SKIP || (folded && s.data[i] == ' ');

        if (folded) {
            continue;
        }

        if (d == UNPACK_NONE) {
            return 0;
        }

        bits = bits << 6 | d;
        digits++;

        if (digits % 4 != 1) {
            out[n++] = (uint8_t) (bits >> (6 - 2 * ((digits - 1) % 4)));
        }
    }

    for (/* void */; i < s.len; i++) {
        if (s.data[i] != '=' && unpack_digit(s.data[i]) != UNPACK_SKIP) {
            return 0;
        }
    }

    return digits % 4 == 1 || n < UNPACK_LEAST ? 0 : n;
}


/*
 * UTF-16, of which half or more is ASCII, as UTF-8: PowerShell and Windows have
 * it in base64.  The mark in front may be absent.  out has room for n bytes: a
 * half of the characters takes one each, the other three at most.  0: it is none.
 */

static size_t
unpack_wide(const uint8_t *p, size_t n, uint8_t *out)
{
    size_t   i, big = 0, little = 0, len = 0;
    uint32_t c;

    n -= n % 2;

    for (i = 0; i < n; i += 2) {
        big += p[i] == 0 && p[i + 1] != 0;
        little += p[i] != 0 && p[i + 1] == 0;
    }

    if (n < 2 * UNPACK_LEAST || (big > little ? big : little) * 4 < n) {
        return 0;
    }

    for (i = 0; i < n; i += 2) {
        c = big > little ? (uint32_t) p[i] << 8 | p[i + 1]
                         : (uint32_t) p[i + 1] << 8 | p[i];

        if (c < 0x80) {
            out[len++] = (uint8_t) c;

        } else if (c < 0x800) {
            out[len++] = (uint8_t) (0xc0 | c >> 6);
            out[len++] = (uint8_t) (0x80 | (c & 0x3f));

        } else if (c >= 0xd800 && c < 0xe000) {
            out[len++] = '?'; /* half of a character beyond */

        } else if (c != 0xfeff) {
            out[len++] = (uint8_t) (0xe0 | c >> 12);
            out[len++] = (uint8_t) (0x80 | (c >> 6 & 0x3f));
            out[len++] = (uint8_t) (0x80 | (c & 0x3f));
        }
    }

    return len;
}


static void
unpack_base64(api_values_t *b, api_span_t name, api_span_t s)
{
    size_t           n, len;
    uint8_t         *p, *wide;
    api_arena_mark_t mark = api_arena_mark(b->arena);

    p = api_arena_alloc(b->arena, s.len);

    if (p == NULL) {
        b->nomem = true;
        return;
    }

    n = unpack_decode(s, p);

    if (n >= 2 * UNPACK_LEAST && memchr(p, 0, n) != NULL) {
        wide = api_arena_alloc(b->arena, n);

        if (wide == NULL) {
            b->nomem = true;
            return;
        }

        len = unpack_wide(p, n, wide);
        p = len ? wide : p;
        n = len ? len : n;
    }

    if (n == 0 || !unpack_is_text(api_span(p, n))) {
        api_arena_rewind(b->arena, mark);
        return;
    }

    api_values_arg(b, API_WAF_ARGS_UNPACKED, name, api_span(p, n));
}


/* data:text/plain;base64,AAAA: what is behind the comma. */

static api_span_t
unpack_data(api_span_t s)
{
    const uint8_t *comma;

    if (s.len < 5
        || !api_span_eq_nocase(api_span(s.data, 5), API_SPAN("data:"))) {
        return s;
    }

    comma = memchr(s.data, ',', s.len);

    return comma ? api_span(comma + 1, s.len - (size_t) (comma + 1 - s.data))
                 : s;
}


/* Of cookies nobody has taken the percent-encoding off yet. */

static api_span_t
unpack_percent(api_values_t *b, api_span_t s)
{
    uint8_t *p;
    unsigned flags = 0;

    if (memchr(s.data, '%', s.len) == NULL || !api_percent_has(s, 0)) {
        return s;
    }

    p = api_arena_alloc(b->arena, s.len);

    if (p == NULL) {
        b->nomem = true;
        return api_span("", 0);
    }

    return api_span(p, api_percent_decode(s, 0, p, &flags));
}


/* The header of a token (RFC 7519), of which rules look at alg, kid and what
   else it has. */

static bool
unpack_token(api_values_t *b, api_span_t s)
{
    uint32_t         n = b->unpacked;
    const uint8_t   *dot;
    const api_span_t name = API_SPAN("jwt");

    if (s.len < 12 || memcmp(s.data, "eyJ", 3) != 0) {
        return false;
    }

    dot = memchr(s.data, '.', s.len);

    if (dot == NULL) {
        return false;
    }

    unpack_base64(b, name, api_span(s.data, (size_t) (dot - s.data)));

    return b->unpacked != n;
}


/* "Bearer TOKEN", under whatever name. */

static void
unpack_header(api_values_t *b, api_span_t s)
{
    const uint8_t *blank = s.len ? memchr(s.data, ' ', s.len) : NULL;

    if (blank != NULL) {
        s = api_span(blank + 1, s.len - (size_t) (blank + 1 - s.data));
    }

    while (s.len && s.data[0] == ' ') {
        s = api_span(s.data + 1, s.len - 1);
    }

    (void) unpack_token(b, s);
}


static void
unpack_value(api_values_t *b, api_span_t name, api_span_t s)
{
    if (s.len < UNPACK_LEAST) {
        return;
    }

    s = unpack_percent(b, s);

    while (s.len && s.data[0] <= ' ') {
        s = api_span(s.data + 1, s.len - 1);
    }

    if (s.len < UNPACK_LEAST) {
        return;
    }

    switch (s.data[0]) {

    case '{':
    case '[':
        if (!api_values_json_inner(b, name, s) && !b->nomem) {
            api_values_lenient(b, API_WAF_ARGS_UNPACKED, name, s);
        }
        break;

    case '"':
        (void) api_values_json_inner(b, name, s);
        break;

    default:
        if (!unpack_token(b, s)) {
            unpack_base64(b, name, unpack_data(s));
        }
    }
}


/*
 * Rules may leave out arguments of these names as a whole, for a document of
 * GraphQL in them is full of quotes: here are its strings and arguments, or
 * the value where it is no document.
 */

static bool
unpack_query(api_values_t *b, const api_waf_value_t *v)
{
    if (!api_span_eq_nocase(v->name, API_SPAN("query"))
        && !api_span_eq_nocase(v->name, API_SPAN("json.query")))
    {
        return false;
    }

    if (!api_values_graphql(b, API_WAF_ARGS_UNPACKED, v->value)) {
        api_values_arg(b, API_WAF_ARGS_UNPACKED, v->name, v->value);
    }

    return true;
}


/* The set may move while it grows. */

static void
unpack_set(api_values_t *b, api_waf_var_t var, uint32_t from, uint32_t to)
{
    uint32_t        i;
    api_waf_value_t v;

    for (i = from; i < to && !b->over && !b->nomem; i++) {
        v = b->values->set[var].items[i];

        if ((var != API_WAF_ARGS_GET && var != API_WAF_ARGS_POST)
            || !unpack_query(b, &v))
        {
            unpack_value(b, v.name, v.value);
        }
    }
}


void
api_values_unpack(api_values_t *b)
{
    size_t               i;
    uint32_t             layer, from, to;
    const api_waf_set_t *unpacked;

    static const api_waf_var_t vars[] = { API_WAF_ARGS_GET, API_WAF_ARGS_POST,
        API_WAF_REQUEST_COOKIES, API_WAF_XML };

    if (b->conf->unpacked == 0) {
        return;
    }

    unpacked = &b->values->set[API_WAF_ARGS_UNPACKED];
    from = 0;
    to = unpacked->count; /* what a body of text left there */

    for (i = 0; i < b->values->set[API_WAF_REQUEST_HEADERS].count; i++) {
        unpack_header(
            b, b->values->set[API_WAF_REQUEST_HEADERS].items[i].value);
    }

    for (i = 0; i < sizeof(vars) / sizeof(vars[0]); i++) {
        unpack_set(b, vars[i], 0, b->values->set[vars[i]].count);
    }

    unpack_set(b, API_WAF_ARGS_UNPACKED, from, to);

    for (layer = 1; layer < UNPACK_LAYERS; layer++) {
        from = to;
        to = unpacked->count;
        unpack_set(b, API_WAF_ARGS_UNPACKED, from, to);
    }
}
