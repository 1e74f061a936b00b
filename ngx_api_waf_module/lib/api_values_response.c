/* What is known of a response: its head, then its body. */

#include "api_values_int.h"


int
api_values_response(api_values_t *b, unsigned status, api_span_t protocol,
    const api_values_field_t *field, uint32_t nfields)
{
    uint32_t i;

    api_values_set_int(b, API_WAF_RESPONSE_STATUS, status);
    api_values_set(b, API_WAF_RESPONSE_PROTOCOL, protocol);

    for (i = 0; i < nfields; i++) {
        api_values_add(
            b, API_WAF_RESPONSE_HEADERS, field[i].name, field[i].value);

        if (api_span_eq_nocase(field[i].name, API_SPAN("content-type"))) {
            api_values_set(b, API_WAF_RESPONSE_CONTENT_TYPE, field[i].value);
        }
    }

    return b->nomem ? API_NOMEM : API_OK;
}


int
api_values_response_body(api_values_t *b, api_span_t body, bool truncated)
{
    api_values_set_int(b, API_WAF_OUTBOUND_DATA_ERROR, truncated);
    api_values_set(b, API_WAF_RESPONSE_BODY, body);
    api_values_set_int(b, API_WAF_RESPONSE_CONTENT_LENGTH, (int64_t) body.len);

    return b->nomem ? API_NOMEM : API_OK;
}
