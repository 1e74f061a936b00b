#include "api_format_int.h"
#include "api_addr.h"
#include "api_utf8.h"


#define NET_LABEL 63
#define NET_NAME 253
#define NET_LOCAL 64


bool
api_format_ipv4(api_span_t s)
{
    api_addr_t addr;

    return s.len && memchr(s.data, ':', s.len) == NULL
           && api_addr_parse(s, &addr);
}


bool
api_format_ipv6(api_span_t s)
{
    api_addr_t addr;

    return s.len && memchr(s.data, ':', s.len) && api_addr_parse(s, &addr);
}


static bool
net_label(api_span_t s)
{
    size_t i;

    if (s.len == 0 || s.len > NET_LABEL || s.data[0] == '-'
        || s.data[s.len - 1] == '-')
    {
        return false;
    }

    for (i = 0; i < s.len; i++) {
        if (!api_is_alnum(s.data[i]) && s.data[i] != '-') {
            return false;
        }
    }

    return true;
}


/* Length of the label at the start of s, up to a dot. */

static size_t
net_dot(api_span_t s)
{
    const uint8_t *dot;

    dot = s.len ? memchr(s.data, '.', s.len) : NULL;

    return dot ? (size_t) (dot - s.data) : s.len;
}


bool
api_format_hostname(api_span_t s)
{
    size_t n;

    if (s.len == 0 || s.len > NET_NAME) {
        return false;
    }

    for (;;) {
        n = net_dot(s);

        if (!net_label(api_span(s.data, n))) {
            return false;
        }

        if (n == s.len) {
            return true;
        }

        s = api_span(s.data + n + 1, s.len - n - 1);
    }
}


static bool
net_is_atext(uint8_t c, bool unicode)
{
    return api_is_alnum(c) || api_is_one_of(c, "!#$%&'*+-/=?^_`{|}~")
           || (unicode && c >= 0x80);
}


static bool
net_dot_string(api_span_t s, bool unicode)
{
    size_t i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] == '.') {
            if (i == 0 || i + 1 == s.len || s.data[i - 1] == '.') {
                return false;
            }

        } else if (!net_is_atext(s.data[i], unicode)) {
            return false;
        }
    }

    return s.len > 0;
}


static bool
net_quoted_string(api_span_t s, bool unicode)
{
    size_t i;

    if (s.len < 2 || s.data[s.len - 1] != '"') {
        return false;
    }

    for (i = 1; i < s.len - 1; i++) {
        if (s.data[i] == '\\') {
            i++;
        }

        if (i == s.len - 1 || s.data[i] < 0x20 || s.data[i] == 0x7f
            || (s.data[i] >= 0x80 && !unicode)
            || (s.data[i] == '"' && s.data[i - 1] != '\\'))
        {
            return false;
        }
    }

    return true;
}


/* [192.0.2.1] or [IPv6:2001:db8::1]. */

static bool
net_literal(api_span_t s)
{
    static const char v6[] = "IPv6:";

    if (s.len < 3 || s.data[s.len - 1] != ']') {
        return false;
    }

    s = api_span(s.data + 1, s.len - 2);

    if (s.len > 5 && api_span_eq_nocase(api_span(s.data, 5), API_SPAN(v6))) {
        return api_format_ipv6(api_span(s.data + 5, s.len - 5));
    }

    return api_format_ipv4(s);
}


static bool
net_email(api_span_t s, bool unicode)
{
    size_t     at;
    api_span_t local, domain;

    for (at = s.len; at && s.data[at - 1] != '@'; at--) {
        /* void */
    }

    if (at < 2 || at == s.len || at - 1 > NET_LOCAL) {
        return false;
    }

    local = api_span(s.data, at - 1);
    domain = api_span(s.data + at, s.len - at);

    if (local.data[0] == '"' ? !net_quoted_string(local, unicode)
                             : !net_dot_string(local, unicode))
    {
        return false;
    }

    if (domain.data[0] == '[') {
        return net_literal(domain);
    }

    return unicode ? api_format_idn_hostname(domain)
                   : api_format_hostname(domain);
}


bool
api_format_email(api_span_t s)
{
    return net_email(s, false);
}


bool
api_format_idn_email(api_span_t s)
{
    return net_email(s, true);
}
