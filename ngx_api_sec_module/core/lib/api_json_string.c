#include "api_json_scan.h"
#include "api_utf8.h"


/* The code unit of four hexadecimal digits at p, or -1 with the fault. */

static int
api_json_unit(api_json_parser_t *s, const uint8_t *p)
{
    int d, i, unit;

    unit = 0;

    for (i = 0; i < 4; i++, p++) {

        if (p == s->end) {
            api_json_fault(s, API_JSON_E_END, p);
            return -1;
        }

        d = api_json_hex(*p);

        if (d < 0) {
            api_json_fault(s, API_JSON_E_ESCAPE, p);
            return -1;
        }

        unit = unit << 4 | d;
    }

    return unit;
}


/* Behind the low surrogate at p that has to follow the high one at `high`. */

static const uint8_t *
api_json_low(api_json_parser_t *s, const uint8_t *high, const uint8_t *p)
{
    int unit, i;

    for (i = 0; i < 2; i++, p++) {

        if (p == s->end) {
            return api_json_fault(s, API_JSON_E_END, p);
        }

        if (*p != "\\u"[i]) {
            return api_json_fault(s, API_JSON_E_SURROGATE, high);
        }
    }

    unit = api_json_unit(s, p);

    if (unit < 0) {
        return NULL;
    }

    if (unit < 0xdc00 || unit > 0xdfff) {
        return api_json_fault(s, API_JSON_E_SURROGATE, high);
    }

    return p + 4;
}


/* Behind the escape whose backslash is at p. */

static const uint8_t *
api_json_escape(api_json_parser_t *s, const uint8_t *p, unsigned *flags)
{
    int unit;

    *flags |= API_JSON_F_ESCAPED;

    if (s->end - p < 2) {
        return api_json_fault(s, API_JSON_E_END, s->end);
    }

    switch (p[1]) {

    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return p + 2;

    case 'u':
        break;

    default:
        return api_json_fault(s, API_JSON_E_ESCAPE, p + 1);
    }

    unit = api_json_unit(s, p + 2);

    if (unit < 0) {
        return NULL;
    }

    if (unit == 0) {
        *flags |= API_JSON_F_NUL;

        if (!s->keep_nul) {
            return api_json_fault(s, API_JSON_E_NUL, p);
        }
    }

    if (unit < 0xd800 || unit > 0xdfff) {
        return p + 6;
    }

    if (unit >= 0xdc00) {
        return api_json_fault(s, API_JSON_E_SURROGATE, p);
    }

    return api_json_low(s, p, p + 6);
}


/*
 * No sequence at p: broken, or cut off by the end?  It is cut off if some
 * continuation would make it whole.
 */

static const uint8_t *
api_json_not_utf8(api_json_parser_t *s, const uint8_t *p)
{
    size_t         i, n;
    uint8_t        b[4];
    const uint8_t *c;

    static const uint8_t next[] = { 0x80, 0x90, 0xa0 };

    n = (size_t) (s->end - p);

    if (n < 4) {
        for (c = next; c < next + sizeof(next); c++) {
            memset(b, 0x80, sizeof(b));
            b[1] = *c;

            for (i = 0; i < n; i++) {
                b[i] = p[i];
            }

            if (api_utf8_seq(b, b + 4) > n) {
                return api_json_fault(s, API_JSON_E_END, s->end);
            }
        }
    }

    return api_json_fault(s, API_JSON_E_UTF8, p);
}


static const uint8_t *
api_json_quote_any(api_json_parser_t *s, const uint8_t *p, unsigned *flags)
{
    size_t n;

    for (;;) {
        p = api_json_plain(p, s->end);

        if (p == s->end) {
            return api_json_fault(s, API_JSON_E_END, p);
        }

        if (*p == '"') {
            return p;
        }

        if (*p == '\\') {
            p = api_json_escape(s, p, flags);

            if (p == NULL) {
                return NULL;
            }

            continue;
        }

        if (*p < 0x20) {
            return api_json_fault(s, API_JSON_E_CONTROL, p);
        }

        do {
            n = api_utf8_seq(p, s->end);

            if (n == 0) {
                return api_json_not_utf8(s, p);
            }

            p += n;
        } while (p < s->end && *p >= 0x80);
    }
}


const uint8_t *
api_json_quote(api_json_parser_t *s, const uint8_t *start, const uint8_t *p,
    bool name, unsigned *flags)
{
    size_t         limit;
    const uint8_t *stop;

    p = api_json_quote_any(s, p, flags);
    stop = p ? p : s->at;
    limit = name ? s->limits.name : s->limits.string;

    /* the first fault counts, and what lies past the limit is behind it */

    if ((size_t) (stop - start) > limit) {
        return api_json_fault(s,
            name ? API_JSON_E_NAME_LEN : API_JSON_E_STRING_LEN, start + limit);
    }

    return p;
}


/* The code point of the checked escape at p; returns what is behind it. */

static const uint8_t *
api_json_unescape(const uint8_t *p, uint32_t *cp)
{
    unsigned    i;
    uint32_t    low;
    const char *c;

    static const char letters[] = "bfnrt", controls[] = "\b\f\n\r\t";

    if (p[1] != 'u') {
        c = strchr(letters, p[1]);
        *cp = c ? (uint8_t) controls[c - letters] : p[1];
        return p + 2;
    }

    *cp = 0;
    low = 0;

    for (i = 2; i < 6; i++) {
        *cp = *cp << 4 | (uint32_t) api_json_hex(p[i]);
    }

    if (*cp < 0xd800 || *cp > 0xdfff) {
        return p + 6;
    }

    for (i = 8; i < 12; i++) {
        low = low << 4 | (uint32_t) api_json_hex(p[i]);
    }

    *cp = 0x10000 + ((*cp - 0xd800) << 10) + (low - 0xdc00);

    return p + 12;
}


bool
api_json_piece(api_json_text_t *t, api_span_t *piece)
{
    uint32_t       cp;
    const uint8_t *p;

    if (t->p == t->end) {
        return false;
    }

    if (*t->p == '\\') {
        t->p = api_json_unescape(t->p, &cp);
        *piece = api_span(t->utf8, api_utf8_encode(cp, t->utf8));
        return true;
    }

    p = memchr(t->p, '\\', (size_t) (t->end - t->p));
    if (p == NULL) {
        p = t->end;
    }

    *piece = api_span(t->p, (size_t) (p - t->p));
    t->p = p;

    return true;
}


int
api_json_text_cmp(api_json_text_t a, api_json_text_t b)
{
    int        diff;
    bool       more_a, more_b;
    size_t     n;
    api_span_t pa, pb;

    pa.len = 0;
    pb.len = 0;

    for (;;) {
        more_a = pa.len || api_json_piece(&a, &pa);
        more_b = pb.len || api_json_piece(&b, &pb);

        if (!more_a || !more_b) {
            return more_a - more_b;
        }

        n = pa.len < pb.len ? pa.len : pb.len;
        diff = memcmp(pa.data, pb.data, n);

        if (diff) {
            return diff;
        }

        pa = api_span(pa.data + n, pa.len - n);
        pb = api_span(pb.data + n, pb.len - n);
    }
}


/*
 * The pieces are gathered in blocks of 16.  A full block is only hashed when
 * more follows: the last one is hashed with the length.
 */

uint32_t
api_json_text_hash(api_sipkey_t key, api_json_text_t t)
{
    size_t     n, fill, len;
    uint64_t   acc, w[2];
    api_span_t piece;

    w[0] = 0;
    w[1] = 0;
    acc = 0;
    len = 0;
    fill = 0;

    while (api_json_piece(&t, &piece)) {
        len += piece.len;

        while (piece.len) {

            if (fill == 16) {
                acc = api_json_hash_block(key, acc, w[0], w[1]);
                w[0] = 0;
                w[1] = 0;
                fill = 0;
            }

            n = piece.len < 16 - fill ? piece.len : 16 - fill;
            memcpy((uint8_t *) w + fill, piece.data, n);
            fill += n;
            piece = api_span(piece.data + n, piece.len - n);
        }
    }

    return api_json_hash_last(key, acc, w[0], w[1], len);
}
