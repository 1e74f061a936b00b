#include "api_json_int.h"

#include <errno.h>
#include <float.h>
#include <stdlib.h>


/* Bounds for exponents; sums of a few of them stay far inside int64_t. */

#define API_JSON_EXP_MAX INT32_MAX
#define API_JSON_EXP_MIN INT32_MIN

/* No double needs more significant digits to be told from its neighbour than
   this many and the knowledge that others follow. */

#define API_JSON_DIGITS 768


/*
 * A number as significant digits d1 d2 ... dn without zeros at either end,
 * and the power of ten of d1; n = 0 for zero.  The digits stand in the text,
 * possibly with the decimal point among them.
 */

typedef struct {
    const uint8_t *p;   /* first significant digit */
    const uint8_t *end; /* behind the last */
    int64_t        exp; /* value = 0.d1d2...dn * 10^exp */
    bool           negative;
} api_json_decimal_t;


/* The exponent at p, behind the e. */

static int64_t
api_json_exponent(const uint8_t *p, const uint8_t *e)
{
    bool    negative;
    int64_t v;

    v = 0;
    negative = *p == '-';

    if (*p == '-' || *p == '+') {
        p++;
    }

    for (/* void */; p < e && v <= API_JSON_EXP_MAX; p++) {
        v = v * 10 + (*p - '0');
    }

    v = negative ? -v : v;

    return v > API_JSON_EXP_MAX   ? API_JSON_EXP_MAX
           : v < API_JSON_EXP_MIN ? API_JSON_EXP_MIN
                                  : v;
}


static api_json_decimal_t
api_json_decimal(api_span_t s)
{
    const uint8_t     *p, *e, *point, *last;
    api_json_decimal_t d;

    p = s.data;
    e = p + s.len;

    d.negative = *p == '-';
    d.exp = 0;
    d.p = NULL;

    p += d.negative;
    point = NULL;
    last = p;

    for (/* void */; p < e && (*p | 0x20) != 'e'; p++) {

        if (*p == '.') {
            point = p;
            continue;
        }

        if (*p != '0') {
            d.p = d.p ? d.p : p;
            last = p + 1;
        }
    }

    if (d.p == NULL) {
        d.p = p;
        d.end = p;
        return d;
    }

    d.end = last;

    if (p < e) {
        d.exp = api_json_exponent(p + 1, e);
    }

    /* from the first significant digit to the decimal point */

    point = point ? point : p;
    d.exp += point > d.p ? point - d.p : point + 1 - d.p;

    return d;
}


/* The next digit, 0 for ever behind the last. */

static inline int
api_json_digit(api_json_decimal_t *d)
{
    if (d->p < d->end && *d->p == '.') {
        d->p++;
    }

    return d->p < d->end ? *d->p++ - '0' : 0;
}


static int
api_json_magnitude_cmp(api_json_decimal_t a, api_json_decimal_t b)
{
    int da, db;

    if (a.p == a.end || b.p == b.end) {
        return (a.p < a.end) - (b.p < b.end);
    }

    if (a.exp != b.exp) {
        return a.exp < b.exp ? -1 : 1;
    }

    while (a.p < a.end || b.p < b.end) {
        da = api_json_digit(&a);
        db = api_json_digit(&b);

        if (da != db) {
            return da < db ? -1 : 1;
        }
    }

    return 0;
}


int
api_json_number_cmp(api_span_t a, api_span_t b)
{
    api_json_decimal_t da, db;

    da = api_json_decimal(a);
    db = api_json_decimal(b);

    /* there is one zero, and it has no sign */

    da.negative &= da.p < da.end;
    db.negative &= db.p < db.end;

    if (da.negative != db.negative) {
        return da.negative ? -1 : 1;
    }

    return da.negative ? api_json_magnitude_cmp(db, da)
                       : api_json_magnitude_cmp(da, db);
}


bool
api_json_int64(const api_json_t *doc, uint32_t i, int64_t *v)
{
    uint64_t              u;
    const uint8_t        *p, *e;
    const api_json_tok_t *t;

    t = &doc->tok[i];

    if (t->type != API_JSON_INT || !(t->flags & API_JSON_F_INT64)) {
        return false;
    }

    p = doc->text + t->off;
    e = p + t->len;
    p += (t->flags & API_JSON_F_NEG) != 0;

    for (u = 0; p < e; p++) {
        u = u * 10 + (uint64_t) (*p - '0');
    }

    if (!(t->flags & API_JSON_F_NEG)) {
        *v = (int64_t) u;

    } else {
        /* without ever forming 2^63 as a signed value */

        *v = u ? -(int64_t) (u - 1) - 1 : 0;
    }

    return true;
}


/*
 * A mantissa up to 2^53 and a power of ten up to 10^22 are both exact, so
 * that one operation rounds once (Clinger 1990).
 */

static bool
api_json_double_short(uint64_t mantissa, int64_t exp, double *v)
{
#if FLT_EVAL_METHOD == 0

    static const double ten[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8,
        1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
        1e21, 1e22 };

    if (mantissa > UINT64_C(1) << 53 || exp < -22 || exp > 22) {
        return false;
    }

    *v =
        exp < 0 ? (double) mantissa / ten[-exp] : (double) mantissa * ten[exp];

    return true;

#else

    (void) mantissa;
    (void) exp;
    (void) v;

    return false;

#endif
}


/* Append the decimal form of n < 10^10. */

static char *
api_json_put_int(char *out, int64_t n)
{
    char     buf[20], *p;
    uint64_t u;

    p = buf;
    u = (uint64_t) (n < 0 ? -n : n);

    if (n < 0) {
        *out++ = '-';
    }

    do {
        *p++ = (char) ('0' + u % 10);
        u /= 10;
    } while (u);

    while (p > buf) {
        *out++ = *--p;
    }

    return out;
}


/*
 * The general case is strtod's, which glibc and musl round correctly.  It is
 * given an integer and an exponent: without a decimal point there is nothing
 * that the locale could change.
 */

static double
api_json_double_long(api_json_decimal_t d)
{
    int     saved;
    char    buf[API_JSON_DIGITS + 32], *p;
    double  v;
    int64_t exp;
    size_t  n;

    p = buf;
    exp = d.exp;

    for (n = 0; n < API_JSON_DIGITS && d.p < d.end; n++, exp--) {
        *p++ = (char) ('0' + api_json_digit(&d));
    }

    if (d.p < d.end) {
        /* the last digit is not 0, so whatever is left out is more than 0 */

        *p++ = '1';
        exp--;
    }

    *p++ = 'e';
    p = api_json_put_int(p, exp);
    *p = '\0';

    saved = errno;
    v = strtod(buf, NULL);
    errno = saved;

    return v;
}


bool
api_json_double(const api_json_t *doc, uint32_t i, double *v)
{
    double                x;
    int64_t               exp;
    uint64_t              mantissa;
    api_json_decimal_t    d, rest;
    const api_json_tok_t *t;

    t = &doc->tok[i];

    if (t->type != API_JSON_INT && t->type != API_JSON_REAL) {
        return false;
    }

    d = api_json_decimal(api_span(doc->text + t->off, t->len));

    rest = d;
    exp = d.exp;
    mantissa = 0;

    while (rest.p < rest.end && d.exp - exp < 18) {
        mantissa = mantissa * 10 + (uint64_t) api_json_digit(&rest);
        exp--;
    }

    if (d.p == d.end) {
        x = 0;

    } else if (rest.p < rest.end || !api_json_double_short(mantissa, exp, &x))
    {
        x = api_json_double_long(d);
    }

    if (x > DBL_MAX) {
        return false;
    }

    *v = d.negative ? -x : x;

    return true;
}
