#include "api_redact.h"


#define WORD_MAX 32
#define NAME_MAX 24
#define PRODUCTS 3

/* What a byte is in a word. */

enum {
    LOWER = 1,
    UPPER = 2,
    DIGIT = 4,
    JOIN = 8,  /* - _ . */
    INDEX = 16 /* of names: [ ] : $ */
};


static unsigned
kind_of(uint8_t c)
{
    if (c >= 'a' && c <= 'z') {
        return LOWER;
    }

    if (c >= 'A' && c <= 'Z') {
        return UPPER;
    }

    if (c >= '0' && c <= '9') {
        return DIGIT;
    }

    if (c == '-' || c == '_' || c == '.') {
        return JOIN;
    }

    return c == '[' || c == ']' || c == ':' || c == '$' ? INDEX : 0;
}


static bool
wordlike(api_span_t s, unsigned allowed, unsigned max_digits)
{
    size_t   i;
    unsigned k, before = 0, turns = 0, digits = 0;

    if (s.len == 0 || s.len > WORD_MAX) {
        return s.len == 0;
    }

    for (i = 0; i < s.len; i++) {
        k = kind_of(s.data[i]);

        if ((k & allowed) == 0) {
            return false;
        }

        turns += before == LOWER && k == UPPER;
        digits += k == DIGIT;
        before = k;
    }

    return turns <= 2 && digits <= max_digits;
}


/* v1, v12, v2.1, and a date as a version, which is public, is not one. */

static bool
version(api_span_t s)
{
    size_t   i;
    unsigned digits = 0;

    if (s.len < 2 || s.len > 6 || (s.data[0] | 0x20) != 'v') {
        return false;
    }

    for (i = 1; i < s.len; i++) {
        if (kind_of(s.data[i]) == DIGIT) {
            digits++;

        } else if (s.data[i] != '.' || i == 1) {
            return false;
        }
    }

    return digits <= 4;
}


bool
api_redact_word(api_span_t s)
{
    return wordlike(s, LOWER | UPPER | JOIN, 0) || version(s);
}


bool
api_redact_name(api_span_t s)
{
    return s.len
           && (wordlike(s, LOWER | UPPER | JOIN | INDEX, 0)
               || (s.len <= 15
                   && wordlike(s, LOWER | UPPER | DIGIT | JOIN | INDEX, 4)));
}


void
api_redact_pseudonym(
    api_sipkey_t key, api_span_t s, char out[API_REDACT_PSEUDONYM])
{
    int      i;
    uint64_t h = api_siphash24(key, s);

    out[0] = '~';

    for (i = 0; i < 16; i++) {
        out[1 + i] = "0123456789abcdef"[h >> (60 - 4 * i) & 15];
    }
}


typedef struct {
    char    *pos;
    char    *end;
    uint32_t masked;
    unsigned n; /* parts so far */
} out_t;


/* A part as it is, or its pseudonym; false when it does not fit. */

static bool
part(out_t *o, api_sipkey_t key, api_span_t s, bool keep)
{
    size_t len = keep ? s.len : API_REDACT_PSEUDONYM;

    if (len > (size_t) (o->end - o->pos)) {
        return false;
    }

    if (keep) {
        if (s.len) {
            memcpy(o->pos, s.data, s.len);
        }

    } else {
        api_redact_pseudonym(key, s, o->pos);
        o->masked |= (uint32_t) 1 << (o->n < 31 ? o->n : 31);
    }

    o->pos += len;
    o->n++;

    return true;
}


static bool
host_label(api_span_t s)
{
    return wordlike(s, LOWER | UPPER | JOIN, 0)
           || (s.len <= 12 && kind_of(s.data[0]) != DIGIT
               && wordlike(s, LOWER | UPPER | DIGIT | JOIN, 2));
}


/* An address is one of ours, or nobody's. */

static bool
address(api_span_t s)
{
    size_t i;

    for (i = 0; i < s.len; i++) {
        if (kind_of(s.data[i]) != DIGIT && s.data[i] != '.') {
            return false;
        }
    }

    return s.len && s.len <= 15;
}


/* The parts of s between separators, each by `keep`. */

static size_t
parts(api_sipkey_t key, api_span_t s, uint8_t separator,
    bool (*keep)(api_span_t), char *out, size_t size, uint32_t *masked)
{
    out_t          o = { .pos = out, .end = out + size };
    api_span_t     one;
    const uint8_t *p = s.data, *end = s.data + s.len, *stop;

    *masked = 0;

    while (p < end || o.n == 0) {
        stop = s.len ? memchr(p, separator, (size_t) (end - p)) : NULL;
        one = api_span(p, (size_t) ((stop ? stop : end) - p));

        if (!part(&o, key, one, keep(one))) {
            break;
        }

        if (stop == NULL || o.pos == o.end) {
            break;
        }

        *o.pos++ = (char) separator;
        p = stop + 1;
    }

    *masked = o.masked;

    return (size_t) (o.pos - out);
}


size_t
api_redact_path(api_sipkey_t key, api_span_t path, char *out, size_t size,
    uint32_t *masked)
{
    size_t n;

    if (path.len == 0 || path.data[0] != '/') {
        return parts(key, path, '/', api_redact_word, out, size, masked);
    }

    if (size == 0) {
        *masked = 0;
        return 0;
    }

    out[0] = '/';
    path = api_span(path.data + 1, path.len - 1);
    n = parts(key, path, '/', api_redact_word, out + 1, size - 1, masked);

    return n + 1;
}


size_t
api_redact_host(api_sipkey_t key, api_span_t host, char *out, size_t size,
    uint32_t *masked)
{
    if (address(host) && host.len <= size) {
        memcpy(out, host.data, host.len);
        *masked = 0;
        return host.len;
    }

    return parts(key, host, '.', host_label, out, size, masked);
}


size_t
api_redact_template(api_sipkey_t key, api_span_t tmpl,
    const api_span_t *values, uint32_t n, char *out, size_t size,
    uint32_t *masked)
{
    out_t          o = { .pos = out, .end = out + size };
    const uint8_t *p = tmpl.data, *end = tmpl.data + tmpl.len;
    const uint8_t *open, *stop;

    while (p < end) {
        open = memchr(p, '{', (size_t) (end - p));
        stop = open ? memchr(open, '}', (size_t) (end - open)) : NULL;

        if (stop == NULL || o.n == n) {
            open = end;
        }

        if ((size_t) (open - p) > (size_t) (o.end - o.pos)) {
            break;
        }

        memcpy(o.pos, p, (size_t) (open - p));
        o.pos += open - p;

        if (open == end || !part(&o, key, values[o.n], false)) {
            break;
        }

        p = stop + 1;
    }

    *masked = o.masked;

    return (size_t) (o.pos - out);
}


/* name/1.2.3.4, all of s. */

static bool
product(api_span_t s)
{
    size_t   i = 0;
    unsigned digits = 0, numbers = 0;

    while (i < s.len
           && (kind_of(s.data[i]) & (LOWER | UPPER) || s.data[i] == '-')) {
        i++;
    }

    if (i == 0 || i > NAME_MAX || i == s.len || s.data[i] != '/') {
        return false;
    }

    for (i++; i < s.len; i++) {
        if (kind_of(s.data[i]) == DIGIT) {
            numbers += digits == 0;
            digits++;

        } else if (s.data[i] == '.') {
            digits = 0;

        } else {
            return false;
        }

        if (digits > 4 || numbers > 4) {
            return false;
        }
    }

    return numbers > 0;
}


/* The next word, comments in parentheses passed over. */

static api_span_t
next_word(const uint8_t **p, const uint8_t *end)
{
    unsigned       depth = 0;
    const uint8_t *start;

    for (; *p < end && (depth || **p == ' ' || **p == '('); (*p)++) {
        if (**p == '(') {
            depth++;

        } else if (**p == ')') {
            depth--;
        }
    }

    start = *p;

    while (*p < end && **p != ' ') {
        (*p)++;
    }

    return api_span(start, (size_t) (*p - start));
}


size_t
api_redact_agent(api_span_t agent, char *out, size_t size, uint32_t *masked)
{
    char          *pos = out, *last = out + size;
    unsigned       n = 0;
    api_span_t     word;
    const uint8_t *p = agent.data, *end = agent.data + agent.len;

    *masked = 0;

    while (p < end) {
        word = next_word(&p, end);

        if (word.len == 0) {
            break;
        }

        if (n == PRODUCTS || !product(word)
            || word.len + 1 > (size_t) (last - pos)) {
            *masked = 1;
            continue;
        }

        if (n++) {
            *pos++ = ' ';
        }

        memcpy(pos, word.data, word.len);
        pos += word.len;
    }

    return (size_t) (pos - out);
}


static unsigned
digits_of(api_span_t s)
{
    size_t   i;
    unsigned n = 0;

    for (i = 0; i < s.len; i++) {
        n += kind_of(s.data[i]) == DIGIT;
    }

    return n;
}


/* A number of up to eight digits, or a name; or nothing with digits at all. */

static bool
open_piece(api_span_t s)
{
    size_t   i;
    unsigned digits = digits_of(s), others = 0;

    for (i = 0; i < s.len; i++) {
        others += kind_of(s.data[i]) != DIGIT && s.data[i] != '.'
                  && s.data[i] != '-';
    }

    return digits == 0 || (others == 0 && digits <= 8) || api_redact_name(s);
}


static bool
parts_pieces(uint8_t c)
{
    switch (c) {
    case '/':
    case '=':
    case ',':
    case ';':
    case '(':
    case ')':
    case '"':
    case '\'':
        return true;
    default:
        return false;
    }
}


static bool
open_pieces(api_span_t s)
{
    size_t i, start = 0;

    for (i = 0; i <= s.len; i++) {
        if (i == s.len || parts_pieces(s.data[i])) {
            if (!open_piece(api_span(s.data + start, i - start))) {
                return false;
            }

            start = i + 1;
        }
    }

    return true;
}


static bool
private_word(api_span_t s)
{
    size_t   i;
    unsigned digits = digits_of(s);

    for (i = 0; i < s.len; i++) {
        if (s.data[i] == '@' || s.data[i] == '%' || s.data[i] > '~') {
            return true;
        }
    }

    return digits >= 9 || (digits >= 3 && s.len > 24) || s.len > 64
           || !open_pieces(s);
}


/* Length of a run of digits at the beginning, with single blanks and dashes
   between them, that has nine of them or more; else 0. */

static size_t
number_run(api_span_t s)
{
    size_t   i, end = 0;
    unsigned digits = 0;

    for (i = 0; i < s.len; i++) {
        if (kind_of(s.data[i]) == DIGIT) {
            digits++;
            end = i + 1;

        } else if ((s.data[i] != ' ' && s.data[i] != '-') || end != i) {
            break;
        }
    }

    return digits >= 9 ? end : 0;
}


size_t
api_redact_line(api_span_t s, char *out, size_t size)
{
    char      *pos = out, *last = out + size;
    size_t     n;
    bool       hide;
    api_span_t word;

    while (s.len && pos < last) {
        for (n = 0; n < s.len && s.data[n] != ' '; n++) {
        }

        word = api_span(s.data, n);
        hide = private_word(word);

        if (number_run(s) > n) {
            n = number_run(s);
            hide = true;
        }

        if (hide) {
            *pos++ = '~';

        } else if (n > (size_t) (last - pos)) {
            break;

        } else if (n) {
            memcpy(pos, s.data, n);
            pos += n;
        }

        s = api_span(s.data + n, s.len - n);

        if (s.len && pos < last) {
            *pos++ = (char) s.data[0];
            s = api_span(s.data + 1, s.len - 1);
        }
    }

    return (size_t) (pos - out);
}
