#include "api_doc_int.h"


static bool
yaml_in(api_span_t s, const char *const *words)
{
    for (/* void */; *words; words++) {
        if (api_span_eq(s, api_span(*words, strlen(*words)))) {
            return true;
        }
    }

    return false;
}


static size_t
yaml_digits(api_span_t s, size_t at)
{
    size_t n;

    for (n = 0; at + n < s.len && (uint8_t) (s.data[at + n] - '0') < 10; n++) {
        /* void */
    }

    return n;
}


/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */

typedef struct {
    bool       negative;
    bool       point;
    api_span_t whole;
    api_span_t fraction;
    api_span_t exponent; /* with its sign */
} yaml_number_t;


static bool
yaml_number(api_span_t s, yaml_number_t *n)
{
    size_t at, d, sign;

    at = s.len && (s.data[0] == '-' || s.data[0] == '+');
    memset(n, 0, sizeof(*n));
    n->negative = at && s.data[0] == '-';

    d = yaml_digits(s, at);
    n->whole = api_span(s.data + at, d);
    at += d;

    if (at < s.len && s.data[at] == '.') {
        n->point = true;
        d = yaml_digits(s, at + 1);
        n->fraction = api_span(s.data + at + 1, d);
        at += 1 + d;
    }

    if (n->whole.len + n->fraction.len == 0) {
        return false;
    }

    if (at < s.len && (s.data[at] | 0x20) == 'e') {
        sign =
            at + 1 < s.len && (s.data[at + 1] == '-' || s.data[at + 1] == '+');
        d = yaml_digits(s, at + 1 + sign);
        n->exponent = api_span(s.data + at + 1, sign + d);
        at += 1 + sign + d;

        if (d == 0) {
            return false;
        }
    }

    return at == s.len;
}


static void
yaml_part(api_doc_plain_t *out, api_span_t part)
{
    out->part[out->nparts++] = part;
}


static void
yaml_number_parts(const yaml_number_t *n, api_doc_plain_t *out)
{
    api_span_t whole;

    whole = n->whole;

    while (whole.len > 1 && whole.data[0] == '0') {
        whole = api_span(whole.data + 1, whole.len - 1);
    }

    if (n->negative) {
        yaml_part(out, API_SPAN("-"));
    }

    yaml_part(out, whole.len ? whole : API_SPAN("0"));

    if (n->point) {
        yaml_part(out, API_SPAN("."));
        yaml_part(out, n->fraction.len ? n->fraction : API_SPAN("0"));
    }

    if (n->exponent.len) {
        yaml_part(out, API_SPAN("e"));
        yaml_part(out, n->exponent);
    }
}


/* 0o17 and 0x1f, without a sign; more than 64 bits are no number here. */

static bool
yaml_radix(api_span_t s, char out[24])
{
    char     digits[24];
    size_t   i, n;
    uint64_t v, d, base;

    if (s.len < 3 || s.data[0] != '0'
        || (s.data[1] != 'o' && s.data[1] != 'x')) {
        return false;
    }

    base = s.data[1] == 'o' ? 8 : 16;

    for (i = 2, v = 0; i < s.len; i++) {
        d = (uint8_t) (s.data[i] - '0') < 10 ? (uint64_t) (s.data[i] - '0')
            : (uint8_t) ((s.data[i] | 0x20) - 'a') < 6
                ? (uint64_t) ((s.data[i] | 0x20) - 'a') + 10
                : 16;

        if (d >= base || v > (UINT64_MAX - d) / base) {
            return false;
        }

        v = v * base + d;
    }

    n = 0;

    do {
        digits[n++] = (char) ('0' + v % 10);
        v /= 10;
    } while (v);

    for (i = 0; i < n; i++) {
        out[i] = digits[n - 1 - i];
    }

    out[n] = '\0';

    return true;
}


void
api_doc_plain(api_span_t s, api_doc_plain_t *out)
{
    yaml_number_t n;

    static const char *const nulls[] = { "", "~", "null", "Null", "NULL",
        NULL };
    static const char *const trues[] = { "true", "True", "TRUE", NULL };
    static const char *const falses[] = { "false", "False", "FALSE", NULL };
    static const char *const never[] = { ".inf", ".Inf", ".INF", "+.inf",
        "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", ".nan", ".NaN", ".NAN",
        NULL };

    out->nparts = 0;
    out->type = API_DOC_PLAIN_WORD;

    if (yaml_in(s, nulls)) {
        memcpy(out->word, "null", 5);

    } else if (yaml_in(s, trues)) {
        memcpy(out->word, "true", 5);

    } else if (yaml_in(s, falses)) {
        memcpy(out->word, "false", 6);

    } else if (yaml_in(s, never)) {
        out->type = API_DOC_PLAIN_NEVER;

    } else if (yaml_radix(s, out->word)) {
        out->type = API_DOC_PLAIN_WORD;

    } else if (yaml_number(s, &n)) {
        out->type = API_DOC_PLAIN_NUMBER;
        yaml_number_parts(&n, out);

    } else {
        out->type = API_DOC_PLAIN_STRING;
    }
}
