#include "api_token.h"


bool
api_token_char(uint8_t c)
{
    if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')) {
        return true;
    }

    return c && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}


bool
api_token_is(api_span_t s)
{
    size_t i;

    for (i = 0; i < s.len && api_token_char(s.data[i]); i++) {
        /* void */
    }

    return s.len > 0 && i == s.len;
}


api_span_t
api_token_trim(api_span_t s)
{
    while (s.len && (*s.data == ' ' || *s.data == '\t')) {
        s.data++;
        s.len--;
    }

    while (s.len && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t')) {
        s.len--;
    }

    return s;
}
