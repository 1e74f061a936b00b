/*
 * What HTTP calls a token (RFC 9110 section 5.6.2): names of fields, methods,
 * types, parameters, cookies.
 */

#ifndef API_TOKEN_H
#define API_TOKEN_H

#include "api_base.h"


bool api_token_char(uint8_t c);

/* At least one byte, and only those of a token. */

bool api_token_is(api_span_t s);

/* s without the blanks (space, tab) at both ends. */

api_span_t api_token_trim(api_span_t s);


#endif /* API_TOKEN_H */
