#include "api_format_int.h"
#include "api_addr.h"
#include "api_uri.h"
#include "api_utf8.h"


#define URI_SUB "!$&'()*+,;="

/* RFC 3987: ucschar, and iprivate in a query. */

static bool
uri_is_ucs(uint32_t cp, bool query)
{
    if (query
        && ((cp >= 0xe000 && cp <= 0xf8ff) || (cp >= 0xf0000 && cp <= 0xffffd)
            || (cp >= 0x100000 && cp <= 0x10fffd)))
    {
        return true;
    }

    return (cp >= 0xa0 && cp <= 0xd7ff) || (cp >= 0xf900 && cp <= 0xfdcf)
           || (cp >= 0xfdf0 && cp <= 0xffef)
           || (cp >= 0x10000 && cp <= 0xefffd && (cp & 0xffff) < 0xfffe);
}


/* Unreserved, sub-delims, `more`, %XX, and other characters of an IRI. */

static bool
uri_chars(api_span_t s, const char *more, bool iri, bool query)
{
    size_t   i, n;
    uint32_t cp;
    uint8_t  c;

    for (i = 0; i < s.len; i += n) {
        c = s.data[i];
        n = 1;

        if (c == '%') {
            if (s.len - i < 3 || !api_is_hex(s.data[i + 1])
                || !api_is_hex(s.data[i + 2])) {
                return false;
            }

            n = 3;

        } else if (c >= 0x80) {
            n = api_utf8_decode(s.data + i, &cp);

            if (!iri || !uri_is_ucs(cp, query)) {
                return false;
            }

        } else if (!api_is_alnum(c) && !api_is_one_of(c, "-._~" URI_SUB)
                   && !api_is_one_of(c, more))
        {
            return false;
        }
    }

    return true;
}


/* IP-literal: [IPv6] or [vX.anything]. */

static bool
uri_literal(api_span_t s)
{
    size_t n;

    s = api_span(s.data + 1, s.len - 2);

    if (s.len < 4 || (s.data[0] | 0x20) != 'v') {
        return api_format_ipv6(s);
    }

    for (n = 1; n < s.len && api_is_hex(s.data[n]); n++) {
        /* void */
    }

    return n > 1 && n + 1 < s.len && s.data[n] == '.'
           && memchr(s.data + n, '%', s.len - n) == NULL
           && uri_chars(
               api_span(s.data + n + 1, s.len - n - 1), ":", false, false);
}


static bool
uri_authority(api_span_t s, bool iri)
{
    size_t         n;
    const uint8_t *at, *close;

    at = memchr(s.data, '@', s.len);

    if (at) {
        n = (size_t) (at - s.data);

        if (!uri_chars(api_span(s.data, n), ":", iri, false)) {
            return false;
        }

        s = api_span(at + 1, s.len - n - 1);
    }

    if (s.len && s.data[0] == '[') {
        close = memchr(s.data, ']', s.len);
        n = close ? (size_t) (close - s.data) + 1 : 0;

        if (n == 0 || !uri_literal(api_span(s.data, n))) {
            return false;
        }

    } else {
        for (n = 0; n < s.len && s.data[n] != ':'; n++) {
            /* void */
        }

        if (!uri_chars(api_span(s.data, n), "", iri, false)) {
            return false;
        }
    }

    if (n < s.len && s.data[n++] != ':') {
        return false;
    }

    while (n < s.len && api_is_digit(s.data[n])) {
        n++;
    }

    return n == s.len;
}


static bool
uri_check(api_span_t s, bool iri, bool absolute)
{
    size_t    slash, colon;
    api_uri_t u;

    u = api_uri_split(s);

    if (u.scheme.data == NULL) {
        if (absolute) {
            return false;
        }

        /* a first segment with a colon would be read as a scheme */

        for (slash = 0; slash < u.path.len && u.path.data[slash] != '/';
             slash++) {
            /* void */
        }

        for (colon = 0; colon < slash && u.path.data[colon] != ':'; colon++) {
            /* void */
        }

        if (colon < slash && u.authority.data == NULL) {
            return false;
        }
    }

    return (u.authority.data == NULL || uri_authority(u.authority, iri))
           && uri_chars(u.path, ":@/", iri, false)
           && uri_chars(u.query, ":@/?", iri, true)
           && uri_chars(u.fragment, ":@/?", iri, false);
}


bool
api_format_uri(api_span_t s)
{
    return uri_check(s, false, true);
}


bool
api_format_uri_reference(api_span_t s)
{
    return uri_check(s, false, false);
}


bool
api_format_iri(api_span_t s)
{
    return uri_check(s, true, true);
}


bool
api_format_iri_reference(api_span_t s)
{
    return uri_check(s, true, false);
}


/* varname: letters, digits, _ and %XX, with single dots between. */

static bool
uri_varname(const uint8_t **p, const uint8_t *e)
{
    bool dot;

    for (dot = true; *p < e; ++*p) {
        if (**p == '.') {
            if (dot) {
                return false;
            }

            dot = true;
            continue;
        }

        if (**p == '%') {
            if (e - *p < 3 || !api_is_hex((*p)[1]) || !api_is_hex((*p)[2])) {
                return false;
            }

            *p += 2;

        } else if (!api_is_alnum(**p) && **p != '_') {
            break;
        }

        dot = false;
    }

    return !dot;
}


/* :n up to 9999, or *. */

static bool
uri_modifier(const uint8_t **p, const uint8_t *e)
{
    const uint8_t *start;

    if (*p < e && **p == '*') {
        ++*p;
        return true;
    }

    if (*p == e || **p != ':') {
        return true;
    }

    start = ++*p;

    while (*p < e && api_is_digit(**p)) {
        ++*p;
    }

    return *p > start && *p - start <= 4 && *start != '0';
}


static bool
uri_expression(const uint8_t **p, const uint8_t *e)
{
    *p += *p < e && api_is_one_of(**p, "+#./;?&=,!@|");

    for (;;) {
        if (!uri_varname(p, e) || !uri_modifier(p, e) || *p == e) {
            return false;
        }

        if (**p == '}') {
            ++*p;
            return true;
        }

        if (*(*p)++ != ',') {
            return false;
        }
    }
}


bool
api_format_uri_template(api_span_t s)
{
    uint32_t       cp;
    const uint8_t *p, *e;

    p = s.data;
    e = p + s.len;

    while (p < e) {
        if (*p == '{') {
            p++;

            if (!uri_expression(&p, e)) {
                return false;
            }

        } else if (*p == '%') {
            if (e - p < 3 || !api_is_hex(p[1]) || !api_is_hex(p[2])) {
                return false;
            }

            p += 3;

        } else if (*p >= 0x80) {
            p += api_utf8_decode(p, &cp);

            if (!uri_is_ucs(cp, true)) {
                return false;
            }

        } else if (*p <= ' ' || *p == 0x7f || api_is_one_of(*p, "\"'<>\\^`|}"))
        {
            return false;

        } else {
            p++;
        }
    }

    return true;
}
