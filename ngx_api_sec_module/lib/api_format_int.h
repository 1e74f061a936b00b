/* The checks behind api_format; nobody else includes this. */

#ifndef API_FORMAT_INT_H
#define API_FORMAT_INT_H

#include "api_format.h"


bool api_format_date_time(api_span_t s);
bool api_format_date(api_span_t s);
bool api_format_time(api_span_t s);
bool api_format_duration(api_span_t s);
bool api_format_email(api_span_t s);
bool api_format_idn_email(api_span_t s);
bool api_format_hostname(api_span_t s);
bool api_format_idn_hostname(api_span_t s);
bool api_format_ipv4(api_span_t s);
bool api_format_ipv6(api_span_t s);
bool api_format_uri(api_span_t s);
bool api_format_uri_reference(api_span_t s);
bool api_format_iri(api_span_t s);
bool api_format_iri_reference(api_span_t s);
bool api_format_uri_template(api_span_t s);
bool api_format_uuid(api_span_t s);
bool api_format_json_pointer(api_span_t s);
bool api_format_relative_json_pointer(api_span_t s);
bool api_format_regex(api_span_t s);
bool api_format_base64(api_span_t s);
bool api_format_base64url(api_span_t s);


static inline bool
api_is_digit(uint8_t c)
{
    return (uint8_t) (c - '0') < 10;
}

static inline bool
api_is_alpha(uint8_t c)
{
    return (uint8_t) ((c | 0x20) - 'a') < 26;
}

static inline bool
api_is_alnum(uint8_t c)
{
    return api_is_digit(c) || api_is_alpha(c);
}

static inline bool
api_is_hex(uint8_t c)
{
    return api_is_digit(c) || (uint8_t) ((c | 0x20) - 'a') < 6;
}

static inline bool
api_is_one_of(uint8_t c, const char *chars)
{
    return c && strchr(chars, c);
}


#endif /* API_FORMAT_INT_H */
