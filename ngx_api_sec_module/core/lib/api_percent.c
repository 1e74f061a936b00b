#include "api_percent.h"

#include "api_utf8.h"


unsigned
api_percent_hex(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return c >= 'a' && c <= 'f' ? c - 'a' + 10u : 16;
}


bool
api_percent_has(api_span_t s, unsigned how)
{
    if (s.len == 0) {
        return false;
    }

    return memchr(s.data, '%', s.len) != NULL
           || ((how & API_PERCENT_PLUS) && memchr(s.data, '+', s.len) != NULL);
}


static unsigned
api_percent_class(uint8_t c)
{
    if (c == 0) {
        return API_PERCENT_F_NUL;
    }

    return c < 0x20 || c == 0x7f ? API_PERCENT_F_CONTROL : 0;
}


size_t
api_percent_decode(api_span_t s, unsigned how, uint8_t *out, unsigned *flags)
{
    size_t   i, n;
    uint8_t  c, any;
    unsigned hi, lo;

    any = 0;

    for (i = 0, n = 0; i < s.len; i++, n++) {
        c = s.data[i];

        if (c == '+' && (how & API_PERCENT_PLUS)) {
            c = ' ';
            *flags |= API_PERCENT_F_ESCAPED;

        } else if (c == '%') {
            hi = s.len - i > 2 ? api_percent_hex(s.data[i + 1]) : 16;
            lo = s.len - i > 2 ? api_percent_hex(s.data[i + 2]) : 16;

            if (hi < 16 && lo < 16) {
                c = (uint8_t) (hi << 4 | lo);
                i += 2;
                *flags |= API_PERCENT_F_ESCAPED;

            } else {
                *flags |= API_PERCENT_F_BAD;
            }
        }

        *flags |= api_percent_class(c);
        any |= c;
        out[n] = c;
    }

    if (any >= 0x80 && api_utf8_valid(api_span(out, n)) != n) {
        *flags |= API_PERCENT_F_UTF8;
    }

    return n;
}
