#include "api_jwt_int.h"


/* Digits of the largest date; a value with more before its point is none. */

#define API_JWT_DATE_DIGITS 12

/* Exponents saturate here; no number in a token has that many digits. */

#define API_JWT_MAX_EXPONENT 100000000

/* A number as digits without leading zeros, and where its point is. */

typedef struct {
    const uint8_t *p, *end; /* digits, perhaps with a '.' among them */
    int64_t        point;   /* digits before the point; may be negative */
    bool           negative;
} api_jwt_decimal_t;


static inline bool
api_jwt_is_digit(uint8_t c)
{
    return (uint8_t) (c - '0') < 10;
}


static int64_t
api_jwt_exponent(const uint8_t *p, const uint8_t *end)
{
    bool    negative;
    int64_t v;

    v = 0;
    negative = p < end && *p == '-';

    if (p < end && !api_jwt_is_digit(*p)) {
        p++;
    }

    for (/* void */; p < end && v < API_JWT_MAX_EXPONENT; p++) {
        v = v * 10 + (*p - '0');
    }

    return negative ? -v : v;
}


static api_jwt_decimal_t
api_jwt_decimal(api_span_t text)
{
    const uint8_t    *p, *end;
    api_jwt_decimal_t d;

    p = text.data;
    end = p + text.len;

    d.negative = p < end && *p == '-';
    p += d.negative;

    d.p = p;
    d.point = 0;

    while (p < end && api_jwt_is_digit(*p)) {
        p++;
        d.point++;
    }

    while (p < end && (*p == '.' || api_jwt_is_digit(*p))) {
        p++;
    }

    d.end = p;

    if (p < end) {
        d.point += api_jwt_exponent(p + 1, end); /* behind the 'e' */
    }

    while (d.p < d.end && (*d.p == '0' || *d.p == '.')) {
        d.point -= *d.p == '0';
        d.p++;
    }

    return d;
}


bool
api_jwt_date(api_span_t text, int64_t *date)
{
    int64_t           v;
    api_jwt_decimal_t d;

    d = api_jwt_decimal(text);
    v = 0;

    if (d.p < d.end && d.point > API_JWT_DATE_DIGITS) {
        return false;
    }

    for (/* void */; d.point > 0 && d.p < d.end; d.p++) {
        if (*d.p != '.') {
            v = v * 10 + (*d.p - '0');
            d.point--;
        }
    }

    while (d.p < d.end && (*d.p == '0' || *d.p == '.')) {
        d.p++;
    }

    for (/* void */; v && d.point > 0; d.point--) {
        v *= 10; /* 12e3 */
    }

    if (d.negative) {
        v = -v - (d.p < d.end);
    }

    *date = v;

    return v >= API_JWT_DATE_MIN && v <= API_JWT_DATE_MAX;
}
