#include "api_rate.h"


typedef struct {
    const uint8_t *p;
    const uint8_t *last;
} api_rate_text_t;

static const struct {
    char     name;
    uint64_t seconds;
} api_rate_periods[] = {
    { 's', 1 },
    { 'm', 60 },
    { 'h', 3600 },
    { 'd', 86400 },
};

static const struct {
    char     name;
    uint64_t size;
} api_rate_sizes[] = {
    { 'b', 1 },
    { 'k', 1024 },
    { 'm', 1024 * 1024 },
    { 'g', 1024 * 1024 * 1024 },
};

/* More digits than any limit here needs; no sum of them wraps. */

#define API_RATE_NUMBER_MAX UINT64_C(1000000000000)


static bool
api_rate_number(api_rate_text_t *t, uint64_t *n)
{
    const uint8_t *start;

    *n = 0;

    for (start = t->p; t->p < t->last && *t->p >= '0' && *t->p <= '9'; t->p++)
    {
        *n = *n * 10 + (uint64_t) (*t->p - '0');

        if (*n > API_RATE_NUMBER_MAX) {
            return false;
        }
    }

    return t->p > start && *n > 0;
}


static bool
api_rate_period_unit(uint8_t c, uint64_t *seconds)
{
    size_t i;

    for (i = 0; i < sizeof(api_rate_periods) / sizeof(api_rate_periods[0]);
         i++) {
        if (c == (uint8_t) api_rate_periods[i].name) {
            *seconds = api_rate_periods[i].seconds;
            return true;
        }
    }

    return false;
}


/* s, m, h, d, or numbers before them: 10m, 1h30m. */

static bool
api_rate_period(api_rate_text_t *t, uint64_t *ns)
{
    uint64_t n, unit, sum;

    if (t->last - t->p == 1 && api_rate_period_unit(*t->p, &unit)) {
        *ns = unit * API_NS;
        return true;
    }

    sum = 0;

    while (t->p < t->last) {
        if (!api_rate_number(t, &n) || t->p == t->last
            || !api_rate_period_unit(*t->p++, &unit)
            || n > API_RATE_PERIOD_MAX / API_NS / unit)
        {
            return false;
        }

        sum += n * unit * API_NS;

        if (sum > API_RATE_PERIOD_MAX) {
            return false;
        }
    }

    *ns = sum;

    return sum > 0;
}


static bool
api_rate_size(uint8_t c, uint64_t *size)
{
    size_t i;

    for (i = 0; i < sizeof(api_rate_sizes) / sizeof(api_rate_sizes[0]); i++) {
        if (c == (uint8_t) api_rate_sizes[i].name) {
            *size = api_rate_sizes[i].size;
            return true;
        }
    }

    return false;
}


int
api_rate_parse(api_span_t text, api_rate_t *rate, api_err_t *err)
{
    bool            bytes;
    size_t          pos;
    uint64_t        count, size, period;
    api_rate_text_t t;

    t.p = text.data;
    t.last = text.data + text.len;

    if (!api_rate_number(&t, &count)) {
        return api_fail(err, API_SYNTAX, API_RATE_E_COUNT, 0,
            "a rate begins with how many, from 1 on: 100r/s");
    }

    pos = (size_t) (t.p - text.data);
    size = 1;
    bytes = t.p < t.last && *t.p != 'r';

    if (t.last - t.p < 2 || t.p[1] != '/'
        || (bytes && !api_rate_size(*t.p, &size)))
    {
        return api_fail(err, API_SYNTAX, API_RATE_E_UNIT, pos,
            "what is counted must follow the number: r/ for requests, b/, "
            "k/, m/ or g/ for bytes, as in 100r/s or 512k/s");
    }

    t.p += 2;

    if (!api_rate_period(&t, &period)) {
        return api_fail(err, API_SYNTAX, API_RATE_E_PERIOD, pos + 2,
            "the period must be s, m, h, d, or a time up to 366d: 100r/s, "
            "5r/10m");
    }

    if (api_rate_make(count * size, period, rate) != API_OK) {
        return api_fail(err, API_LIMIT, API_RATE_E_FAST, 0,
            "more than one in a nanosecond");
    }

    rate->bytes = bytes;

    return API_OK;
}


int
api_rate_make(uint64_t count, uint64_t period, api_rate_t *rate)
{
    uint64_t a, b, rest;

    if (count == 0 || count > period || period > API_RATE_PERIOD_MAX) {
        return API_LIMIT;
    }

    for (a = period, b = count; b != 0; a = b, b = rest) {
        rest = a % b;
    }

    rate->count = count / a;
    rate->period = period / a;
    rate->step = rate->period / rate->count;
    rate->scale = rate->count * rate->step;
    rate->bytes = false;

    return API_OK;
}
