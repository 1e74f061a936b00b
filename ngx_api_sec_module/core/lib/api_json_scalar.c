#include "api_json_scan.h"


/* Behind the digits, at least one, at p. */

static inline const uint8_t *
api_json_digits(api_json_parser_t *s, const uint8_t *p)
{
    const uint8_t *q;

    for (q = p; q < s->end && api_json_is_digit(*q); q++) {
        /* void */
    }

    if (q > p) {
        return q;
    }

    return api_json_fault(
        s, p == s->end ? API_JSON_E_END : API_JSON_E_NUMBER, p);
}


/* Does the integer of n digits at p fit in int64_t? */

static inline bool
api_json_fits(const uint8_t *p, size_t n, unsigned flags)
{
    if (n != 19) {
        return n < 19;
    }

    return memcmp(p,
               flags & API_JSON_F_NEG ? "9223372036854775808"
                                      : "9223372036854775807",
               19)
           <= 0;
}


/* Behind the fraction and the exponent, one of which begins at p. */

static const uint8_t *
api_json_real(api_json_parser_t *s, const uint8_t *p)
{
    if (*p == '.') {
        p = api_json_digits(s, p + 1);

        if (p == NULL || p == s->end) {
            return p;
        }
    }

    if ((*p | 0x20) == 'e') {
        p++;

        if (p < s->end && (*p == '+' || *p == '-')) {
            p++;
        }

        p = api_json_digits(s, p);
    }

    return p;
}


/* Behind the number at p; *type and *flags say which kind it is. */

static inline const uint8_t *
api_json_number_end(api_json_parser_t *s, const uint8_t *p,
    api_json_type_t *type, unsigned *flags)
{
    const uint8_t *digits;

    *type = API_JSON_INT;
    *flags = 0;

    if (*p == '-') {
        *flags = API_JSON_F_NEG;
        p++;
    }

    digits = p;
    p = api_json_digits(s, p);

    if (p == NULL) {
        return NULL;
    }

    if (*digits == '0' && p - digits > 1) {
        return api_json_fault(s, API_JSON_E_NUMBER, digits + 1);
    }

    if (p < s->end && (*p == '.' || (*p | 0x20) == 'e')) {
        *type = API_JSON_REAL;
        return api_json_real(s, p);
    }

    if (api_json_fits(digits, (size_t) (p - digits), *flags)) {
        *flags |= API_JSON_F_INT64;
    }

    return p;
}


const uint8_t *
api_json_number(api_json_parser_t *s, const uint8_t *p)
{
    unsigned        flags;
    const uint8_t  *e, *stop;
    api_json_type_t type;

    e = api_json_number_end(s, p, &type, &flags);
    stop = e ? e : s->at;

    /* the first fault counts, and what lies past the limit is behind it */

    if ((size_t) (stop - p) > s->limits.number) {
        return api_json_fault(s, API_JSON_E_NUMBER_LEN, p + s->limits.number);
    }

    if (e) {
        api_json_put(s, p, (size_t) (e - p), type, flags, 0);
    }

    return e;
}


const uint8_t *
api_json_literal(api_json_parser_t *s, const uint8_t *p, const char *word,
    size_t len, api_json_type_t type)
{
    size_t i;

    for (i = 1; i < len; i++) {

        if (p + i == s->end) {
            return api_json_fault(s, API_JSON_E_END, s->end);
        }

        if (p[i] != (uint8_t) word[i]) {
            return api_json_fault(s, API_JSON_E_LITERAL, p + i);
        }
    }

    api_json_put(s, p, len, type, 0, 0);

    return p + len;
}
