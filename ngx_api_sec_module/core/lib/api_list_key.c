#include "api_list_int.h"
#include "api_text.h"


static bool
api_list_only(api_span_t s, const char *set)
{
    size_t i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] == '\0' || strchr(set, s.data[i]) == NULL) {
            return false;
        }
    }

    return s.len != 0;
}


static size_t
api_list_count(api_span_t s, uint8_t c)
{
    size_t i, n;

    n = 0;

    for (i = 0; i < s.len; i++) {
        n += s.data[i] == c;
    }

    return n;
}


/* s cut at the first c; tail is empty and false returned when it has none. */

static bool
api_list_split(api_span_t s, int c, api_span_t *head, api_span_t *tail)
{
    const uint8_t *p;

    p = memchr(s.data, c, s.len);

    if (p == NULL) {
        *head = s;
        *tail = api_span(NULL, 0);
        return false;
    }

    *head = api_span(s.data, (size_t) (p - s.data));
    *tail = api_span(p + 1, s.len - head->len - 1);

    return true;
}


#define API_LIST_DIGITS "0123456789"
#define API_LIST_HEX API_LIST_DIGITS "abcdefABCDEF"

static bool
api_list_is_quad(api_span_t s)
{
    return api_list_only(s, API_LIST_DIGITS ".")
           && api_list_count(s, '.') == 3;
}


static bool
api_list_is_short_net(api_span_t s)
{
    api_span_t head, tail;

    return api_list_split(s, '/', &head, &tail)
           && api_list_only(tail, API_LIST_DIGITS ".")
           && api_list_only(head, API_LIST_DIGITS ".")
           && api_list_count(head, '.') != 0;
}


static bool
api_list_is_colons(api_span_t s)
{
    size_t     i;
    api_span_t head, tail;

    if (api_list_split(s, '/', &head, &tail)) {
        return api_list_only(tail, API_LIST_DIGITS)
               && api_list_only(head, API_LIST_HEX ":.")
               && api_list_count(head, ':') >= 2;
    }

    for (i = 0; i + 1 < s.len; i++) {
        if (s.data[i] == ':' && s.data[i + 1] == ':') {
            return api_list_only(s, API_LIST_HEX ":.");
        }
    }

    return false;
}


static bool
api_list_is_zoned(api_span_t s)
{
    api_addr_t addr;
    api_span_t head, tail;

    return api_list_split(s, '%', &head, &tail) && api_addr_parse(head, &addr);
}


static bool
api_list_is_range(api_span_t s)
{
    api_addr_t addr;
    api_span_t head, tail;

    return api_list_split(s, '-', &head, &tail) && api_addr_parse(head, &addr)
           && api_list_only(tail, API_LIST_HEX ":.");
}


static bool
api_list_is_wildcard(api_span_t s)
{
    return api_list_only(s, API_LIST_DIGITS ".*") && api_list_count(s, '*')
           && api_list_count(s, '.') && s.data[0] != '*';
}


static bool
api_list_is_bracketed(api_span_t s)
{
    const uint8_t *p;
    api_addr_t     addr;

    p = s.data[0] == '[' ? memchr(s.data, ']', s.len) : NULL;

    return p
           && api_addr_parse(
               api_span(s.data + 1, (size_t) (p - s.data - 1)), &addr);
}


static bool
api_list_is_port(api_span_t s)
{
    api_addr_t addr;
    api_span_t head, tail;

    return api_list_split(s, ':', &head, &tail)
           && api_list_only(tail, API_LIST_DIGITS)
           && api_addr_parse(head, &addr);
}


/* An entry that was meant as an address and is kept as a word would never
   match, and nobody would know. */

static const struct {
    bool (*looks)(api_span_t s);
    const char *hint;
} api_list_hints[] = {
    { api_list_is_quad,
        "an IPv4 address is four numbers from 0 to 255 without leading "
        "zeros" },
    { api_list_is_short_net, "write a network in full, such as 10.0.0.0/8" },
    { api_list_is_colons,
        "an IPv6 address has eight groups of up to four hex digits, or one "
        "::" },
    { api_list_is_zoned, "write the address without its zone" },
    { api_list_is_range, "write a range as networks, such as 10.0.0.0/8" },
    { api_list_is_wildcard, "write a network such as 10.0.0.0/8 for a *" },
    { api_list_is_bracketed, "write the address without brackets and port" },
    { api_list_is_port, "write the address without its port" },
};


static int
api_list_bad_address(
    const api_list_load_t *load, api_span_t key, size_t off, const char *hint)
{
    char   text[64];
    size_t n;

    n = api_text_log(key, text, sizeof(text), NULL);

    return api_list_fail(load, API_INVALID, API_LIST_E_ADDRESS, off,
        "%.*s is no address; %s", (int) n, text, hint);
}


int
api_list_key(const api_list_load_t *load, api_span_t key, size_t off,
    api_net_t *net, bool *is_net)
{
    char           meant[API_NET_TEXT];
    size_t         i;
    api_net_code_t code;

    code = api_net_parse(key, net);
    *is_net = code == API_NET_OK;

    switch (code) {

    case API_NET_OK:
        return API_OK;

    case API_NET_BITS:
        return api_list_bad_address(load, key, off,
            "a prefix length from 0 to 32 follows the / (IPv6: to 128)");

    case API_NET_HOST_BITS:
        api_net_print(net, meant);

        return api_list_fail(load, API_INVALID, API_LIST_E_HOST_BITS, off,
            "bits behind the prefix are set; write %s, or the address alone",
            meant);

    case API_NET_ADDRESS:
        break;
    }

    for (i = 0; i < sizeof(api_list_hints) / sizeof(api_list_hints[0]); i++) {
        if (api_list_hints[i].looks(key)) {
            return api_list_bad_address(
                load, key, off, api_list_hints[i].hint);
        }
    }

    return API_OK;
}
