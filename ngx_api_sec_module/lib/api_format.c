#include "api_format_int.h"


static const struct {
    const char *name;
    bool (*check)(api_span_t s);
} formats[] = {
    { "date-time", api_format_date_time },
    { "date", api_format_date },
    { "time", api_format_time },
    { "duration", api_format_duration },
    { "email", api_format_email },
    { "idn-email", api_format_idn_email },
    { "hostname", api_format_hostname },
    { "host-name", api_format_hostname },
    { "idn-hostname", api_format_idn_hostname },
    { "ipv4", api_format_ipv4 },
    { "ip-address", api_format_ipv4 },
    { "ipv6", api_format_ipv6 },
    { "uri", api_format_uri },
    { "uri-reference", api_format_uri_reference },
    { "iri", api_format_iri },
    { "iri-reference", api_format_iri_reference },
    { "uri-template", api_format_uri_template },
    { "uuid", api_format_uuid },
    { "json-pointer", api_format_json_pointer },
    { "relative-json-pointer", api_format_relative_json_pointer },
    { "regex", api_format_regex },
    { "byte", api_format_base64 },
    { "base64", api_format_base64 },
    { "base64url", api_format_base64url },
};

static const char *const nothing[] = { "password", "binary", "color", "html",
    "markdown", "commonmark", "media-range", "char", "utc-millisec", "phone",
    "style", "unknown" };


int
api_format_find(api_span_t name)
{
    size_t i;

    for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (api_span_eq(
                name, api_span(formats[i].name, strlen(formats[i].name)))) {
            return (int) i;
        }
    }

    return -1;
}


const char *
api_format_name(int format)
{
    return format >= 0
                   && (size_t) format < sizeof(formats) / sizeof(formats[0])
               ? formats[format].name
               : "unknown";
}


bool
api_format_check(int format, api_span_t s)
{
    static const uint8_t empty[1];

    if (s.len == 0) {
        s = api_span(empty, 0);
    }

    return formats[format].check(s);
}


bool
api_format_is_free(api_span_t name)
{
    size_t i;

    for (i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
        if (api_span_eq(name, api_span(nothing[i], strlen(nothing[i])))) {
            return true;
        }
    }

    return false;
}
