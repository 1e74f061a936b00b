/*
 * Rates as exact fractions: 3r/s is three a second and not one in 333333333
 * nanoseconds.
 *
 * Time is kept in nanoseconds everywhere, and where a rate asks for a finer
 * grid it brings its own: a unit is period / (count * step) nanoseconds, at
 * least one, chosen such that a request costs exactly `step` units.  A point
 * of this grid, rounded up to a nanosecond, can be read back as the same
 * point, so that what is stored is comparable between rates and nothing is
 * lost between requests.
 *
 * Pure and stateless.
 */

#ifndef API_RATE_H
#define API_RATE_H

#include "api_base.h"


#define API_NS UINT64_C(1000000000)

/* The longest period: 366 days. */

#define API_RATE_PERIOD_MAX (UINT64_C(366) * 86400 * API_NS)

__extension__ typedef unsigned __int128 api_u128_t;

typedef struct {
    uint64_t count;  /* of requests, or bytes, in lowest terms with ... */
    uint64_t period; /* ... so many nanoseconds */
    uint64_t step;   /* units that one costs */
    uint64_t scale;  /* count * step; equals period when a unit is a ns */
    bool     bytes;
} api_rate_t;

typedef enum {
    API_RATE_E_NONE = 0,
    API_RATE_E_COUNT,  /* no number from 1 on where it must stand */
    API_RATE_E_UNIT,   /* neither r nor b, k, m, g behind it */
    API_RATE_E_PERIOD, /* neither s, m, h, d nor a time, or over 366 days */
    API_RATE_E_FAST    /* more than one in a nanosecond */
} api_rate_code_t;

/*
 * "100r/s", "10r/m", "1r/h", "1r/d", "5r/10m", "3r/1h30m"; bytes as
 * "512k/s", "4096b/s".  API_OK, API_SYNTAX or API_LIMIT.
 */

int api_rate_parse(api_span_t text, api_rate_t *rate, api_err_t *err);

/* count in period nanoseconds; API_LIMIT when that is none, too many or too
   long. */

int api_rate_make(uint64_t count, uint64_t period, api_rate_t *rate);


/* The last unit at or before ns, and the first nanosecond at which `units`
   have gone by.  ns below 2^63; results fit. */

static inline uint64_t
api_rate_units(const api_rate_t *rate, uint64_t ns)
{
    if (rate->scale == rate->period) {
        return ns;
    }

    return (uint64_t) ((api_u128_t) ns * rate->scale / rate->period);
}

static inline uint64_t
api_rate_ns(const api_rate_t *rate, uint64_t units)
{
    if (rate->scale == rate->period) {
        return units;
    }

    return (uint64_t) (((api_u128_t) units * rate->period + rate->scale - 1)
                       / rate->scale);
}


#endif /* API_RATE_H */
