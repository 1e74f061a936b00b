#include "api_openapi_int.h"


/* Days of the civil calendar since 1970 (Hinnant 2013, "days from civil"). */

static int64_t
api_openapi_days(int64_t y, unsigned m, unsigned d)
{
    int64_t  era;
    unsigned yoe, doy;

    y -= m <= 2;
    era = y / 400;
    yoe = (unsigned) (y - era * 400);
    doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;

    return era * 146097 + (int64_t) (yoe * 365 + yoe / 4 - yoe / 100 + doy)
           - 719468;
}


/* The n digits at p. */

static bool
api_openapi_digits(const uint8_t *p, size_t n, unsigned *v)
{
    size_t i;

    for (i = 0, *v = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9') {
            return false;
        }

        *v = *v * 10 + (p[i] - '0');
    }

    return true;
}


/* Does s have the form, digits where it has 0? */

static bool
api_openapi_form(api_span_t s, const char *form)
{
    size_t i;

    for (i = 0; form[i]; i++) {
        if (form[i] == '0' ? s.data[i] < '0' || s.data[i] > '9'
                           : s.data[i] != (uint8_t) form[i])
        {
            return false;
        }
    }

    return true;
}


/* 2026-12-31, or with a time behind it, T23:59:59Z. */

static bool
api_openapi_date(api_span_t s, int64_t *t)
{
    size_t   i;
    unsigned v[6] = { 0 };

    static const struct {
        uint8_t  at, n;
        unsigned min, max;
    } parts[] = { { 0, 4, 1970, 9999 }, { 5, 2, 1, 12 }, { 8, 2, 1, 31 },
        { 11, 2, 0, 23 }, { 14, 2, 0, 59 }, { 17, 2, 0, 60 } };

    if ((s.len != 10 && s.len != 20)
        || !api_openapi_form(
            s, s.len == 10 ? "0000-00-00" : "0000-00-00T00:00:00Z"))
    {
        return false;
    }

    for (i = 0; i < (s.len == 10 ? 3 : 6); i++) {
        if (!api_openapi_digits(s.data + parts[i].at, parts[i].n, &v[i])
            || v[i] < parts[i].min || v[i] > parts[i].max)
        {
            return false;
        }
    }

    *t = api_openapi_days(v[0], v[1], v[2]) * 86400 + v[3] * 3600 + v[4] * 60
         + v[5];

    return true;
}


void
api_openapi_lifecycle(
    api_openapi_load_t *load, api_node_t n, bool internal, api_operation_t *op)
{
    api_node_t sunset;

    op->deprecated = api_openapi_flag(load, n, "deprecated", false);
    op->internal = api_openapi_flag(load, n, "x-internal", internal);
    op->streams = api_openapi_flag(load, n, "x-streaming", false);
    op->streams_request = op->streams;
    op->streams_response = op->streams;
    sunset = api_node_get(n, API_SPAN("x-sunset"));

    if (api_node_ok(sunset)) {
        op->has_sunset =
            api_openapi_date(api_node_string(sunset), &op->sunset);

        if (!op->has_sunset) {
            api_problem_error(load->problems, sunset,
                "\"x-sunset\" is a date: \"2026-12-31\" or "
                "\"2026-12-31T23:59:59Z\"");
        }
    }
}


bool
api_openapi_streams(const api_media_rule_t **media, uint32_t n)
{
    uint32_t i, k;

    static const char *const types[] = { "application/grpc",
        "application/grpc+proto", "text/event-stream", "application/x-ndjson",
        "application/json-seq" };

    for (i = 0; i < n; i++) {
        for (k = 0; k < sizeof(types) / sizeof(types[0]); k++) {
            if (api_span_eq_nocase(media[i]->range.essence,
                    api_span(types[k], strlen(types[k]))))
            {
                return true;
            }
        }
    }

    return false;
}
