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
#define UNPACK_EACH 64  /* what looking at a value takes, in bytes of it */
#define UNPACK_LEAST 6  /* bytes that something may be in, or come of */
#define UNPACK_DIGITS 8 /* of base64, for as many */

/*
 * What a byte is worth: in both alphabets; a blank is a + that was decoded once
 * too often; line ends and tabs are skipped, and = only ends it.
 */

#define SK 64
#define NO 128

/* clang-format off */

static const uint8_t unpack_worth[256] = {
    NO, NO, NO, NO, NO, NO, NO, NO, NO, SK, SK, NO, NO, SK, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    62, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62, NO, 62, NO, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, SK, NO, NO,
    NO, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, 63,
    NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO
};

/* clang-format on */


/*
 * Text, and not what base64 makes of a word or of an image: UTF-8, or mostly
 * ASCII, with few controls.  Bytes that were drawn have a control in eight and
 * something else than ASCII in two.
 */

static bool
unpack_is_text(api_span_t s)
{
    uint8_t c;
    size_t  i, controls = 0, high = 0;

    /* most that is none says so early */

    for (i = 0; i < s.len; i++) {
        c = s.data[i];

        if (c >= 0x80) {
            if (++high * 8 > s.len && (high - 1) * 8 <= s.len
                && api_utf8_valid(s) != s.len)
            {
                return false;
            }

        } else if ((c < 0x20 && (c < 0x09 || c > 0x0d)) || c == 0x7f) {
            if (++controls * 16 > s.len) {
                return false;
            }
        }
    }

    return true;
}


/* Up to the first that is no digit, nor what may stand between them. */

static size_t
unpack_digits(api_span_t s, unsigned *all)
{
    size_t         i;
    unsigned       some;
    const uint8_t *p = s.data;

    *all = 0;

    for (i = 0; i + 4 <= s.len; i += 4) {
        some = unpack_worth[p[i]] | unpack_worth[p[i + 1]]
               | unpack_worth[p[i + 2]] | unpack_worth[p[i + 3]];

        if (some >= NO) {
            break;
        }

        *all |= some;
    }

    for (/* void */; i < s.len && unpack_worth[p[i]] < NO; i++) {
        *all |= unpack_worth[p[i]];
    }

    return i;
}


static size_t
unpack_plain(api_span_t s, uint8_t *out)
{
    size_t         i, n = 0;
    uint32_t       bits = 0;
    const uint8_t *p = s.data;

    for (i = 0; i + 4 <= s.len; i += 4) {
        bits = (uint32_t) unpack_worth[p[i]] << 18
               | (uint32_t) unpack_worth[p[i + 1]] << 12
               | (uint32_t) unpack_worth[p[i + 2]] << 6
               | unpack_worth[p[i + 3]];

        out[n++] = (uint8_t) (bits >> 16);
        out[n++] = (uint8_t) (bits >> 8);
        out[n++] = (uint8_t) bits;
    }

    if (s.len - i >= 2) {
        bits = (uint32_t) unpack_worth[p[i]] << 6 | unpack_worth[p[i + 1]];
        out[n++] = (uint8_t) (bits >> 4);
    }

    if (s.len - i == 3) {
        bits = bits << 6 | unpack_worth[p[i + 2]];
        out[n++] = (uint8_t) (bits >> 2);
    }

    return n;
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
        d = unpack_worth[s.data[i]];

        /* blanks in front of a line are none that were a + */

        folded = d == SK || (folded && s.data[i] == ' ');

        if (folded) {
            continue;
        }

        bits = bits << 6 | d;
        digits++;

        if (digits % 4 != 1) {
            out[n++] = (uint8_t) (bits >> (6 - 2 * ((digits - 1) % 4)));
        }
    }

    for (/* void */; i < s.len; i++) {
        if (unpack_worth[s.data[i]] != SK) {
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
    bool             plain;
    size_t           n, len;
    uint8_t         *p, *wide;
    unsigned         all;
    api_arena_mark_t mark;

    if (s.len < UNPACK_DIGITS || unpack_digits(s, &all) < s.len) {
        return;
    }

    plain = all < SK && s.data[0] != ' ';

    if (plain && s.len % 4 == 1) {
        return;
    }

    mark = api_arena_mark(b->arena);
    p = api_arena_alloc(b->arena, s.len);

    if (p == NULL) {
        b->nomem = true;
        return;
    }

    n = plain ? unpack_plain(s, p) : unpack_decode(s, p);

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

    if (s.len < 5 || (s.data[0] | 0x20) != 'd'
        || !api_span_eq_nocase(api_span(s.data, 5), API_SPAN("data:")))
    {
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


/* Of most values a look tells that there is nothing in them: no digits of
   base64, the percent-encoding of some, or the beginning of something else. */

static inline bool
unpack_may(api_span_t s)
{
    size_t   i;
    unsigned all;

    switch (s.data[0]) {

    case '{':
    case '[':
    case '"':
    case '%':
    case 'D': /* data: */
    case 'd':
    case 'e': /* a token */
        return true;

    default:
        if (s.data[0] <= ' ') {
            return true;
        }
    }

    if (s.len < UNPACK_DIGITS) {
        return false;
    }

    i = unpack_digits(s, &all);

    return i == s.len ? all >= SK || i % 4 != 1 : s.data[i] == '%';
}


static void
unpack_value(api_values_t *b, api_span_t name, api_span_t s)
{
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
unpack_query(api_values_t *b, api_span_t name, api_span_t s)
{
    switch (name.len) {

    case 5:
        if (!api_span_eq_nocase(name, API_SPAN("query"))) {
            return false;
        }
        break;

    case 10:
        if (!api_span_eq_nocase(name, API_SPAN("json.query"))) {
            return false;
        }
        break;

    default:
        return false;
    }

    if (!api_values_graphql(b, API_WAF_ARGS_UNPACKED, s)) {
        api_values_arg(b, API_WAF_ARGS_UNPACKED, name, s);
    }

    return true;
}


typedef struct {
    uint32_t pass; /* of unpack_vars, then layers */
    uint32_t at;
    uint32_t to;
    uint32_t from; /* of ARGS_UNPACKED: what the next pass there looks at */
} unpack_t;

/* What a body of text left in ARGS_UNPACKED is looked at with the arguments. */

static const api_waf_var_t unpack_vars[] = { API_WAF_ARGS_GET,
    API_WAF_ARGS_POST, API_WAF_REQUEST_COOKIES, API_WAF_XML,
    API_WAF_ARGS_UNPACKED };

#define UNPACK_VARS (sizeof(unpack_vars) / sizeof(unpack_vars[0]))


/* A slice of a set, which may move while it grows.  False: it was enough. */

static bool
unpack_set(api_values_t *b, unpack_t *u, api_waf_var_t var, size_t *left)
{
    bool       args = var == API_WAF_ARGS_GET || var == API_WAF_ARGS_POST;
    api_span_t name, s;

    while (u->at < u->to && !b->over && !b->nomem) {
        name = b->values->set[var].items[u->at].name;
        s = b->values->set[var].items[u->at].value;
        u->at++;

        if ((!args || !unpack_query(b, name, s)) && s.len >= UNPACK_LEAST
            && unpack_may(s))
        {
            unpack_value(b, name, s);
        }

        if (s.len + UNPACK_EACH >= *left) {
            return false;
        }

        *left -= s.len + UNPACK_EACH;
    }

    return true;
}


/* The set that comes next, or what was found in the last layer. */

static bool
unpack_next(api_values_t *b, unpack_t *u)
{
    const api_waf_set_t *unpacked = &b->values->set[API_WAF_ARGS_UNPACKED];

    u->pass++;

    if (u->pass < UNPACK_VARS - 1) {
        u->at = 0;
        u->to = b->values->set[unpack_vars[u->pass]].count;
        return true;
    }

    u->at = u->pass < UNPACK_VARS ? 0 : u->from;
    u->to = u->pass < UNPACK_VARS ? u->from : unpacked->count;
    u->from = u->to;

    return u->pass < UNPACK_VARS + UNPACK_LAYERS - 1;
}


static bool
unpack_more(api_values_t *b, void *work)
{
    size_t    left = b->slice;
    unpack_t *u = work;

    do {
        if (!unpack_set(b, u,
                u->pass < UNPACK_VARS ? unpack_vars[u->pass]
                                      : API_WAF_ARGS_UNPACKED,
                &left))
        {
            return true;
        }
    } while (!b->over && !b->nomem && unpack_next(b, u));

    return false;
}


void
api_values_unpack(api_values_t *b)
{
    size_t    i;
    unpack_t *u;

    static const api_values_part_t part = { unpack_more, NULL };

    if (b->conf->unpacked == 0) {
        return;
    }

    u = api_arena_calloc(b->arena, 1, sizeof(unpack_t));

    if (u == NULL) {
        b->nomem = true;
        return;
    }

    u->to = b->values->set[unpack_vars[0]].count;
    u->from = b->values->set[API_WAF_ARGS_UNPACKED].count;

    for (i = 0; i < b->values->set[API_WAF_REQUEST_HEADERS].count; i++) {
        unpack_header(
            b, b->values->set[API_WAF_REQUEST_HEADERS].items[i].value);
    }

    api_values_part(b, &part, u);
}
