/*
 * Exact arithmetic on numbers as JSON writes them, of any size: no value is
 * ever rounded to a double.  Texts must be valid JSON numbers.  Time is
 * linear in the length of the text; exponents out of int32_t saturate.
 *
 * Order is api_json_number_cmp's.
 */

#ifndef API_DECIMAL_H
#define API_DECIMAL_H

#include "api_base.h"


/* Significant digits that a divisor may have. */

#define API_DECIMAL_DIVISOR 18

typedef struct {
    uint64_t digits; /* without zeros at the end; not 0 */
    int64_t  exp;    /* value = digits * 10^exp */
} api_decimal_divisor_t;


/* No digit behind the decimal point but zeros: 1.0 and 1e2 too. */

bool api_decimal_is_integer(api_span_t number);

/* API_OK; API_LIMIT when it has too many digits; API_INVALID for zero and
   below. */

int api_decimal_divisor(api_span_t number, api_decimal_divisor_t *divisor);

/* Is number an integral multiple of the divisor? */

bool api_decimal_is_multiple(
    api_span_t number, const api_decimal_divisor_t *divisor);

/*
 * A number of at most 18 digits without an exponent as v / 10^scale: false
 * when it is none.  Two of them are compared exactly by api_decimal_cmp.
 */

bool api_decimal_small(api_span_t number, int64_t *v, uint8_t *scale);

int api_decimal_cmp(int64_t a, unsigned a_scale, int64_t b, unsigned b_scale);

/* Equal for numbers of equal value (1, 1.0, 10e-1), whatever their form. */

uint64_t api_decimal_hash(api_span_t number, uint64_t key);

/*
 * The value of a small one: true when number is an integer from 0 to
 * UINT32_MAX, in any form; of a larger one *v is UINT32_MAX and the answer
 * true as well, as limits on lengths go.
 */

bool api_decimal_count(api_span_t number, uint32_t *v);


#endif /* API_DECIMAL_H */
