#include "api_decimal.h"


#define DECIMAL_EXP_MAX INT32_MAX

/* Digits, and a point, that fit in 64 bits. */

#define DECIMAL_SMALL 18


/*
 * A number as its significant digits d1 ... dn without zeros at either end,
 * n = 0 for zero, and the power of ten of dn.  The digits stand in the text,
 * perhaps with the decimal point among them.
 */

typedef struct {
    const uint8_t *p;
    const uint8_t *end;
    int64_t        exp; /* of the last digit */
    bool           negative;
} decimal_t;


static bool
decimal_digit(uint8_t c)
{
    return (uint8_t) (c - '0') < 10;
}


static int64_t
decimal_exponent(const uint8_t *p, const uint8_t *e)
{
    bool    negative;
    int64_t v;

    negative = p < e && *p == '-';
    p += p < e && !decimal_digit(*p);

    for (v = 0; p < e && v < DECIMAL_EXP_MAX; p++) {
        v = v * 10 + (*p - '0');
    }

    v = v < DECIMAL_EXP_MAX ? v : DECIMAL_EXP_MAX;

    return negative ? -v : v;
}


static decimal_t
decimal_read(api_span_t s)
{
    decimal_t      d;
    const uint8_t *p, *e, *point, *last;

    p = s.data;
    e = p + s.len;

    d.negative = s.len && *p == '-';
    d.p = NULL;
    d.exp = 0;

    p += d.negative;
    point = NULL;
    last = p;

    for (/* void */; p < e && (*p | 0x20) != 'e'; p++) {
        if (*p == '.') {
            point = p;

        } else if (*p != '0') {
            d.p = d.p ? d.p : p;
            last = p + 1;
        }
    }

    d.p = d.p ? d.p : last;
    d.end = last;

    if (d.p == d.end) {
        return d;
    }

    if (p < e) {
        d.exp = decimal_exponent(p + 1, e);
    }

    /* from the last significant digit to the decimal point */

    point = point ? point : p;
    d.exp += last <= point ? point - last : point + 1 - last;

    return d;
}


bool
api_decimal_is_integer(api_span_t number)
{
    decimal_t d;

    d = decimal_read(number);

    return d.p == d.end || d.exp >= 0;
}


int
api_decimal_divisor(api_span_t number, api_decimal_divisor_t *divisor)
{
    unsigned  n;
    decimal_t d;

    d = decimal_read(number);

    if (d.p == d.end || d.negative) {
        return API_INVALID;
    }

    divisor->digits = 0;
    divisor->exp = d.exp;

    for (n = 0; d.p < d.end; d.p++) {
        if (*d.p == '.') {
            continue;
        }

        if (n++ == API_DECIMAL_DIVISOR) {
            return API_LIMIT;
        }

        divisor->digits = divisor->digits * 10 + (uint64_t) (*d.p - '0');
    }

    return API_OK;
}


/* a * b mod m, for m < 10^18. */

static uint64_t
decimal_mulmod(uint64_t a, uint64_t b, uint64_t m)
{
#if defined(__SIZEOF_INT128__)
    __extension__ typedef unsigned __int128 u128;

    return (uint64_t) ((u128) a * b % m);
#else
    uint64_t r;

    for (r = 0; b; b >>= 1) {
        if (b & 1) {
            r = (r + a) % m;
        }

        a = (a + a) % m;
    }

    return r;
#endif
}


static uint64_t
decimal_pow10mod(uint64_t n, uint64_t m)
{
    uint64_t r, base;

    r = 1 % m;
    base = 10 % m;

    for (/* void */; n; n >>= 1) {
        if (n & 1) {
            r = decimal_mulmod(r, base, m);
        }

        base = decimal_mulmod(base, base, m);
    }

    return r;
}


/*
 * A * 10^a over B * 10^b, A and B without zeros at their ends, is whole when
 * a >= b and B divides A * 10^(a - b).  When a < b it never is: A would have
 * to be divisible by ten.
 */

bool
api_decimal_is_multiple(
    api_span_t number, const api_decimal_divisor_t *divisor)
{
    uint64_t  m, r;
    decimal_t d;

    d = decimal_read(number);

    if (d.p == d.end) {
        return true;
    }

    if (d.exp < divisor->exp) {
        return false;
    }

    m = divisor->digits;

    for (r = 0; d.p < d.end; d.p++) {
        if (*d.p != '.') {
            r = (decimal_mulmod(r, 10, m) + (uint64_t) (*d.p - '0')) % m;
        }
    }

    return decimal_mulmod(
               r, decimal_pow10mod((uint64_t) (d.exp - divisor->exp), m), m)
           == 0;
}


bool
api_decimal_small(api_span_t number, int64_t *v, uint8_t *scale)
{
    bool           negative;
    int64_t        n;
    const uint8_t *p, *e, *point;

    p = number.data;
    e = p + number.len;
    negative = p < e && *p == '-';
    p += negative;
    point = NULL;

    if (e - p > DECIMAL_SMALL) {
        return false;
    }

    for (n = 0; p < e; p++) {
        if ((uint8_t) (*p - '0') < 10) {
            n = n * 10 + (*p - '0');

        } else if (*p == '.') {
            point = p + 1;

        } else {
            return false;
        }
    }

    *v = negative ? -n : n;
    *scale = point ? (uint8_t) (e - point) : 0;

    return true;
}


int
api_decimal_cmp(int64_t a, unsigned a_scale, int64_t b, unsigned b_scale)
{
    int64_t hi, lo;

    /* whole parts first, then what is behind the point, each brought to the
       larger scale: no product is ever larger than 10^18 */

    static const int64_t ten[] = { 1, 10, 100, 1000, 10000, 100000, 1000000,
        10000000, 100000000, 1000000000, 10000000000, 100000000000,
        1000000000000, 10000000000000, 100000000000000, 1000000000000000,
        10000000000000000, 100000000000000000, 1000000000000000000 };

    if (a_scale == b_scale) {
        return (a > b) - (a < b);
    }

    hi = a / ten[a_scale];
    lo = b / ten[b_scale];

    if (hi != lo) {
        return hi < lo ? -1 : 1;
    }

    hi = a % ten[a_scale];
    lo = b % ten[b_scale];

    if (a_scale < b_scale) {
        hi *= ten[b_scale - a_scale];

    } else {
        lo *= ten[a_scale - b_scale];
    }

    return (hi > lo) - (hi < lo);
}


static uint64_t
decimal_mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * UINT64_C(0xff51afd7ed558ccd);

    return h ^ h >> 32;
}


uint64_t
api_decimal_hash(api_span_t number, uint64_t key)
{
    uint64_t  h;
    decimal_t d;

    d = decimal_read(number);

    if (d.p == d.end) {
        return decimal_mix(key, 0);
    }

    h = decimal_mix(key, (uint64_t) d.exp * 2 + d.negative + 1);

    for (/* void */; d.p < d.end; d.p++) {
        if (*d.p != '.') {
            h = decimal_mix(h, *d.p);
        }
    }

    return h;
}


bool
api_decimal_count(api_span_t number, uint32_t *v)
{
    int64_t   exp;
    uint64_t  n;
    decimal_t d;

    d = decimal_read(number);

    if (d.p == d.end) {
        *v = 0;
        return true;
    }

    if (d.negative || d.exp < 0) {
        return false;
    }

    for (n = 0; d.p < d.end && n <= UINT32_MAX; d.p++) {
        n = *d.p == '.' ? n : n * 10 + (uint64_t) (*d.p - '0');
    }

    for (exp = d.exp; exp && n <= UINT32_MAX; exp--) {
        n *= 10;
    }

    *v = n < UINT32_MAX ? (uint32_t) n : UINT32_MAX;

    return true;
}
