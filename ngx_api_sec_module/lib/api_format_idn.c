#include "api_format_int.h"
#include "api_utf8.h"


#define IDN_LABEL 63
#define IDN_NAME 253

/* RFC 3492. */

#define PUNY_BASE 36u
#define PUNY_TMIN 1u
#define PUNY_TMAX 26u
#define PUNY_SKEW 38u
#define PUNY_DAMP 700u
#define PUNY_BIAS 72u
#define PUNY_N 128u


typedef struct {
    uint32_t cp[IDN_LABEL + 1];
    size_t   n;
} idn_label_t;

typedef struct {
    uint32_t from, to;
} idn_range_t;


/*
 * Not in a label: white space, controls, symbols, punctuation, private use,
 * compatibility forms, upper case outside ASCII where it is a block of its
 * own.  The blocks, not the derived table of RFC 5892.
 */

static const idn_range_t disallowed[] = {
    { 0x80, 0xb6 },
    { 0xb8, 0xde },
    { 0xf7, 0xf7 },
    { 0x2c2, 0x2c5 },
    { 0x37e, 0x37e },
    { 0x387, 0x387 },
    { 0x640, 0x640 },
    { 0x7fa, 0x7fa },
    { 0x1680, 0x1680 },
    { 0x2000, 0x200b },
    { 0x200e, 0x209f },
    { 0x20a0, 0x214d },
    { 0x2150, 0x2183 },
    { 0x2190, 0x2bff },
    { 0x2e00, 0x2e2e },
    { 0x2e30, 0x3004 },
    { 0x3008, 0x3029 },
    { 0x302e, 0x303b },
    { 0x303d, 0x3040 },
    { 0x309b, 0x309c },
    { 0x3130, 0x318f },
    { 0x3200, 0x33ff },
    { 0xd800, 0xfa0d },
    { 0xfb00, 0xfe1f },
    { 0xfe30, 0xfe72 },
    { 0xfe74, 0xffff },
    { 0x1d100, 0x1d7ff },
    { 0x1f000, 0x1faff },
    { 0xe0000, 0x10ffff },
};

/* Combining marks, which may not come first: the blocks of the scripts most
   in use. */

static const idn_range_t marks[] = {
    { 0x300, 0x36f },
    { 0x483, 0x489 },
    { 0x591, 0x5bd },
    { 0x610, 0x61a },
    { 0x64b, 0x65f },
    { 0x900, 0x903 },
    { 0x93a, 0x93c },
    { 0x93e, 0x94f },
    { 0x981, 0x983 },
    { 0x9bc, 0x9cd },
    { 0xa01, 0xa03 },
    { 0xa3c, 0xa51 },
    { 0xe31, 0xe31 },
    { 0xe34, 0xe3a },
    { 0x1ab0, 0x1aff },
    { 0x1dc0, 0x1dff },
    { 0x302a, 0x302d },
    { 0x3099, 0x309a },
    { 0xfe20, 0xfe2f },
};

static const idn_range_t viramas[] = {
    { 0x94d, 0x94d },
    { 0x9cd, 0x9cd },
    { 0xa4d, 0xa4d },
    { 0xacd, 0xacd },
    { 0xb4d, 0xb4d },
    { 0xbcd, 0xbcd },
    { 0xc4d, 0xc4d },
    { 0xccd, 0xccd },
    { 0xd4d, 0xd4d },
    { 0xdca, 0xdca },
    { 0xe3a, 0xe3a },
    { 0xf84, 0xf84 },
    { 0x1039, 0x103a },
};


static bool
idn_in(uint32_t cp, const idn_range_t *r, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (cp >= r[i].from && cp <= r[i].to) {
            return true;
        }
    }

    return false;
}


#define IDN_IN(cp, table)                                                     \
    idn_in((cp), (table), sizeof(table) / sizeof((table)[0]))


static bool
idn_between(uint32_t cp, uint32_t from, uint32_t to)
{
    return cp >= from && cp <= to;
}


static bool
idn_is_japanese(uint32_t cp)
{
    return (idn_between(cp, 0x3041, 0x30ff) && cp != 0x30fb)
           || idn_between(cp, 0x4e00, 0x9fff)
           || idn_between(cp, 0x3400, 0x4dbf) || cp == 0x3005;
}


static bool
idn_is_arabic(uint32_t cp)
{
    return idn_between(cp, 0x620, 0x6ff) && !idn_between(cp, 0x660, 0x669)
           && !idn_between(cp, 0x6f0, 0x6f9);
}


static bool
idn_has(const idn_label_t *l, uint32_t from, uint32_t to)
{
    size_t i;

    for (i = 0; i < l->n; i++) {
        if (idn_between(l->cp[i], from, to)) {
            return true;
        }
    }

    return false;
}


static bool
idn_has_japanese(const idn_label_t *l)
{
    size_t i;

    for (i = 0; i < l->n; i++) {
        if (idn_is_japanese(l->cp[i])) {
            return true;
        }
    }

    return false;
}


/* The contextual rules of RFC 5892 appendix A for the character at i. */

static bool
idn_context(const idn_label_t *l, size_t i)
{
    uint32_t cp, before, after;

    cp = l->cp[i];
    before = i ? l->cp[i - 1] : 0;
    after = i + 1 < l->n ? l->cp[i + 1] : 0;

    switch (cp) {
    case 0x200c: /* zero width non-joiner */
        return IDN_IN(before, viramas)
               || (idn_is_arabic(before) && idn_is_arabic(after));
    case 0x200d: /* zero width joiner */
        return IDN_IN(before, viramas);
    case 0xb7: /* middle dot */
        return before == 'l' && after == 'l';
    case 0x375: /* keraia */
        return idn_between(after, 0x370, 0x3ff)
               || idn_between(after, 0x1f00, 0x1fff);
    case 0x5f3: /* geresh and gershayim */
    case 0x5f4:
        return idn_between(before, 0x591, 0x5f2);
    case 0x30fb: /* katakana middle dot */
        return idn_has_japanese(l);
    default:
        break;
    }

    if (idn_between(cp, 0x660, 0x669)) {
        return !idn_has(l, 0x6f0, 0x6f9);
    }

    return true;
}


static uint32_t
puny_adapt(uint32_t delta, uint32_t n, bool first)
{
    uint32_t k;

    delta = first ? delta / PUNY_DAMP : delta / 2;
    delta += delta / n;

    for (k = 0; delta > (PUNY_BASE - PUNY_TMIN) * PUNY_TMAX / 2;
         k += PUNY_BASE) {
        delta /= PUNY_BASE - PUNY_TMIN;
    }

    return k + (PUNY_BASE - PUNY_TMIN + 1) * delta / (delta + PUNY_SKEW);
}


static uint32_t
puny_threshold(uint32_t k, uint32_t bias)
{
    return k <= bias               ? PUNY_TMIN
           : k >= bias + PUNY_TMAX ? PUNY_TMAX
                                   : k - bias;
}


/* Length of the code for one delta. */

static size_t
puny_digits(uint32_t q, uint32_t bias)
{
    size_t   n;
    uint32_t k, t;

    for (n = 1, k = PUNY_BASE;; k += PUNY_BASE, n++) {
        t = puny_threshold(k, bias);

        if (q < t) {
            return n;
        }

        q = (q - t) / (PUNY_BASE - t);
    }
}


/* The smallest character from n on. */

static uint32_t
puny_next(const idn_label_t *l, uint32_t n)
{
    size_t   i;
    uint32_t m;

    for (i = 0, m = UINT32_MAX; i < l->n; i++) {
        if (l->cp[i] >= n && l->cp[i] < m) {
            m = l->cp[i];
        }
    }

    return m;
}


/* Length of the label as it goes over the wire, with xn--. */

static size_t
puny_length(const idn_label_t *l)
{
    size_t   i, len;
    uint32_t n, m, delta, bias, h, basic;

    for (i = 0, basic = 0; i < l->n; i++) {
        basic += l->cp[i] < 0x80;
    }

    if (basic == l->n) {
        return l->n;
    }

    len = 4 + basic + (basic > 0);
    n = PUNY_N;
    delta = 0;
    bias = PUNY_BIAS;

    for (h = basic; h < l->n; delta++, n++) {
        m = puny_next(l, n);
        delta += (m - n) * (h + 1);
        n = m;

        for (i = 0; i < l->n; i++) {
            delta += l->cp[i] < n;

            if (l->cp[i] == n) {
                len += puny_digits(delta, bias);
                bias = puny_adapt(delta, h + 1, h == basic);
                delta = 0;
                h++;
            }
        }
    }

    return len;
}


static int
puny_digit(uint8_t c)
{
    if (api_is_digit(c)) {
        return c - '0' + 26;
    }

    return api_is_alpha(c) ? (c | 0x20) - 'a' : -1;
}


/* One delta at p; false when it is broken or too large. */

static bool
puny_delta(const uint8_t **p, const uint8_t *e, uint32_t bias, uint32_t *delta)
{
    int      d;
    uint32_t k, t;
    uint64_t w, sum;

    for (sum = 0, w = 1, k = PUNY_BASE;; k += PUNY_BASE) {
        d = *p < e ? puny_digit(*(*p)++) : -1;

        if (d < 0) {
            return false;
        }

        sum += (uint64_t) d * w;
        t = puny_threshold(k, bias);

        if (sum > UINT32_MAX / 2) {
            return false;
        }

        if ((uint32_t) d < t) {
            *delta = (uint32_t) sum;
            return true;
        }

        w *= PUNY_BASE - t;

        if (w > UINT32_MAX) {
            return false;
        }
    }
}


/* The label behind xn--. */

static bool
puny_decode(api_span_t s, idn_label_t *l)
{
    size_t         i;
    uint32_t       n, at, bias, delta;
    const uint8_t *p, *e;

    for (i = s.len; i && s.data[i - 1] != '-'; i--) {
        /* void */
    }

    l->n = 0;

    for (p = s.data, e = p + s.len; i > 1 && p < s.data + i - 1; p++) {
        l->cp[l->n++] = *p;
    }

    p = s.data + i;
    n = PUNY_N;
    at = 0;
    bias = PUNY_BIAS;

    while (p < e) {
        if (l->n == IDN_LABEL || !puny_delta(&p, e, bias, &delta)) {
            return false;
        }

        at += delta;
        bias = puny_adapt(delta, (uint32_t) l->n + 1, at == delta);
        n += at / ((uint32_t) l->n + 1);
        at %= (uint32_t) l->n + 1;

        if (n > 0x10ffff) {
            return false;
        }

        memmove(&l->cp[at + 1], &l->cp[at], (l->n - at) * sizeof(uint32_t));
        l->cp[at++] = n;
        l->n++;
    }

    return l->n > 0;
}


static bool
idn_valid(const idn_label_t *l)
{
    size_t i;

    if (l->n == 0 || l->cp[0] == '-' || l->cp[l->n - 1] == '-'
        || (l->n >= 4 && l->cp[2] == '-' && l->cp[3] == '-')
        || IDN_IN(l->cp[0], marks))
    {
        return false;
    }

    for (i = 0; i < l->n; i++) {
        if (l->cp[i] < 0x80
                ? !api_is_alnum((uint8_t) l->cp[i]) && l->cp[i] != '-'
                : IDN_IN(l->cp[i], disallowed))
        {
            return false;
        }

        if (!idn_context(l, i)) {
            return false;
        }
    }

    return puny_length(l) <= IDN_LABEL;
}


static bool
idn_label(api_span_t s)
{
    size_t      i;
    idn_label_t l;

    if (s.len >= 4 && (s.data[0] | 0x20) == 'x' && (s.data[1] | 0x20) == 'n'
        && s.data[2] == '-' && s.data[3] == '-')
    {
        return s.len <= IDN_LABEL
               && puny_decode(api_span(s.data + 4, s.len - 4), &l)
               && puny_length(&l) > l.n && idn_valid(&l);
    }

    for (i = 0, l.n = 0; i < s.len; l.n++) {
        if (l.n == IDN_LABEL) {
            return false;
        }

        i += api_utf8_decode(s.data + i, &l.cp[l.n]);
    }

    return idn_valid(&l);
}


/* Length of the full stop at s: of ASCII, or one of those of IDNA2003. */

static size_t
idn_dot(api_span_t s)
{
    uint32_t cp;
    size_t   n;

    n = api_utf8_decode(s.data, &cp);

    return cp == '.' || cp == 0x3002 || cp == 0xff0e || cp == 0xff61 ? n : 0;
}


bool
api_format_idn_hostname(api_span_t s)
{
    size_t   i, n, from;
    uint32_t cp;

    if (s.len == 0 || s.len > 4 * IDN_NAME) {
        return false;
    }

    for (i = 0, from = 0; i < s.len; /* void */) {
        n = idn_dot(api_span(s.data + i, s.len - i));

        if (n == 0) {
            i += api_utf8_decode(s.data + i, &cp);
            continue;
        }

        if (!idn_label(api_span(s.data + from, i - from))) {
            return false;
        }

        i += n;
        from = i;
    }

    return idn_label(api_span(s.data + from, s.len - from));
}
