/*
 * The Cookie field (RFC 6265 section 4.2), of one or several lines.
 *
 * A cookie ends at `;`, its name at the first `=`; blanks around name and
 * value are not theirs.  Nothing is decoded, quotes are part of the value (RFC
 * 6265 section 4.1.1), names are case-sensitive, and a name that stands
 * several times stays several pairs in the order sent.
 *
 * Browsers write exactly "a=b; c=d".  Whatever else servers are known to
 * read differently is flagged, or refused with API_COOKIE_STRICT: a pair
 * without = (some take it as a name, some as a value), a name that is no
 * token, bytes in a value that the grammar has not (blank, comma, quote in
 * the middle, backslash, controls), and $Version, $Path, $Domain, $Port, by
 * which an RFC 2965 parser starts to read quotes and commas (and so other
 * cookies) differently.  ModSecurity 3 splits at `;` too and trims leading
 * blanks only.
 */

#ifndef API_COOKIE_H
#define API_COOKIE_H

#include "api_arena.h"
#include "api_pair.h"


typedef struct {
    uint32_t pairs;
    uint32_t name;
    uint32_t value;
} api_cookie_limits_t;

/* 100 cookies, names of 256 and values of 4096 bytes. */

extern const api_cookie_limits_t api_cookie_limits_default;

#define API_COOKIE_STRICT 0x01

typedef enum {
    API_COOKIE_E_NONE = 0,
    API_COOKIE_E_PAIRS,
    API_COOKIE_E_NAME_LEN,
    API_COOKIE_E_VALUE_LEN,
    API_COOKIE_E_BARE,
    API_COOKIE_E_NAME,
    API_COOKIE_E_OCTET,
    API_COOKIE_E_DOLLAR,
    API_COOKIE_E_NOMEM,
    API_COOKIE_NERRORS
} api_cookie_error_t;

const char *api_cookie_error_name(int code);

/*
 * Cookies of nlines field values.  One allocation.  `limits` NULL: default.
 * Returns API_OK, API_LIMIT, API_SYNTAX (strict only) or API_NOMEM; err->pos
 * is the number of the cookie, from 0.
 */

int api_cookie_parse(api_pairs_t *pairs, const api_span_t *lines,
    size_t nlines, unsigned how, const api_cookie_limits_t *limits,
    api_arena_t *arena, api_err_t *err);


#endif /* API_COOKIE_H */
