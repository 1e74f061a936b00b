#include "api_openapi_int.h"

#include "api_day.h"


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
            api_day_parse(api_node_string(sunset), false, &op->sunset);

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
