#include "api_format_int.h"
#include "api_regex.h"


#define FORMAT_REGEX 4096


bool
api_format_uuid(api_span_t s)
{
    size_t i;

    if (s.len != 36) {
        return false;
    }

    for (i = 0; i < s.len; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23 ? s.data[i] != '-'
                                                    : !api_is_hex(s.data[i]))
        {
            return false;
        }
    }

    return true;
}


bool
api_format_json_pointer(api_span_t s)
{
    size_t i;

    if (s.len && s.data[0] != '/') {
        return false;
    }

    for (i = 0; i < s.len; i++) {
        if (s.data[i] == '~'
            && (i + 1 == s.len
                || (s.data[i + 1] != '0' && s.data[i + 1] != '1')))
        {
            return false;
        }
    }

    return true;
}


bool
api_format_relative_json_pointer(api_span_t s)
{
    size_t n;

    for (n = 0; n < s.len && api_is_digit(s.data[n]); n++) {
        /* void */
    }

    if (n == 0 || (n > 1 && s.data[0] == '0')) {
        return false;
    }

    s = api_span(s.data + n, s.len - n);

    return (s.len == 1 && s.data[0] == '#') || api_format_json_pointer(s);
}


/* By its grammar: to compile what a stranger sends would cost too much.  The
   one check that takes memory, and gives it back. */

bool
api_format_regex(api_span_t s)
{
    return s.len <= FORMAT_REGEX && api_regex_syntax(s, &api_alloc_libc);
}


bool
api_format_base64(api_span_t s)
{
    size_t i, pad;

    if (s.len % 4) {
        return false;
    }

    pad = s.len && s.data[s.len - 1] == '=';
    pad += pad && s.data[s.len - 2] == '=';

    for (i = 0; i < s.len - pad; i++) {
        if (!api_is_alnum(s.data[i]) && s.data[i] != '+' && s.data[i] != '/') {
            return false;
        }
    }

    return true;
}


bool
api_format_base64url(api_span_t s)
{
    size_t i, n;

    for (n = s.len; n && s.data[n - 1] == '=' && s.len - n < 2; n--) {
        /* void */
    }

    if (n % 4 == 1 || (n < s.len && s.len % 4)) {
        return false;
    }

    for (i = 0; i < n; i++) {
        if (!api_is_alnum(s.data[i]) && s.data[i] != '-' && s.data[i] != '_') {
            return false;
        }
    }

    return true;
}
