#include "api_openapi_int.h"

#include "api_day.h"


#define API_OPENAPI_OWNER 64 /* bytes of a name */


api_span_t
api_openapi_owner(api_openapi_load_t *load, api_node_t n, api_span_t above)
{
    api_node_t owner;
    api_span_t s;

    owner = api_node_get(n, API_SPAN("x-owner"));

    if (!api_node_ok(owner)) {
        return above;
    }

    s = api_node_string(owner);

    if (s.len == 0 || s.len > API_OPENAPI_OWNER) {
        api_problem_error(load->problems, owner,
            "\"x-owner\" is a name: a string of 1 to %d bytes",
            API_OPENAPI_OWNER);
        return above;
    }

    return api_openapi_copy(load, s);
}


void
api_openapi_lifecycle(
    const api_item_t *item, api_node_t n, api_operation_t *op)
{
    api_node_t          sunset;
    api_openapi_load_t *load;

    load = item->load;

    op->owner = api_openapi_owner(load, n, item->owner);
    op->deprecated = api_openapi_flag(load, n, "deprecated", false);
    op->internal = api_openapi_flag(load, n, "x-internal", item->internal);
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
