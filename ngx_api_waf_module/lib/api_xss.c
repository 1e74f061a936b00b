#include "api_xss_int.h"


/* Where the value of the attribute, in which the whole value stands, ends:
   there the reading goes on.  NULL: it does not end. */

static const uint8_t *
api_xss_leave(api_span_t value, api_xss_context_t context)
{
    size_t                   i;
    const uint8_t           *p;
    static const char *const quotes = "  '\"`";

    if (value.len == 0 || value.data == NULL) {
        return NULL;
    }

    if (context == API_XSS_TEXT) {
        return value.data;
    }

    if (context != API_XSS_UNQUOTED) {
        p = memchr(value.data, quotes[context], value.len);
        return p ? p + 1 : NULL;
    }

    for (i = 0; i < value.len; i++) {
        if (api_is_blank(value.data[i]) || value.data[i] == '>') {
            return value.data + i;
        }
    }

    return NULL;
}


/* The value as a whole is an address that runs script: no blank behind the
   colon, and something that script needs. */

static bool
api_xss_is_script(api_span_t value)
{
    size_t         i, head;
    const uint8_t *colon;

    colon = value.len ? memchr(value.data, ':', value.len) : NULL;

    if (colon == NULL || colon + 1 == value.data + value.len
        || colon[1] == ' ') {
        return false;
    }

    /* the scheme, and of data: the type, for pictures run nothing */

    head = (size_t) (colon - value.data) + sizeof(":image/svg") - 1;
    head = head < value.len ? head : value.len;

    if (!api_xss_address(api_span(value.data, head))) {
        return false;
    }

    for (i = (size_t) (colon - value.data); i < value.len; i++) {
        if (value.data[i] && strchr("(=`[.%", value.data[i])) {
            return true;
        }
    }

    return false;
}


static void
api_xss_say(
    api_xss_t *how, api_xss_context_t context, const char *form, size_t pos)
{
    if (how) {
        *how = (api_xss_t){ context, form, pos };
    }
}


bool
api_xss_detect(api_span_t value, api_xss_t *how)
{
    unsigned       context;
    const char    *what;
    const uint8_t *p, *at;

    for (context = API_XSS_TEXT; context <= API_XSS_BACKQUOTE; context++) {
        p = api_xss_leave(value, (api_xss_context_t) context);

        if (p == NULL) {
            continue;
        }

        what = api_xss_read(
            p, value.data + value.len, context != API_XSS_TEXT, &at);

        if (what) {
            api_xss_say(how, (api_xss_context_t) context, what,
                (size_t) (at - value.data));
            return true;
        }
    }

    if (api_xss_is_script(value)) {
        api_xss_say(how, API_XSS_UNQUOTED, "address", 0);
        return true;
    }

    return false;
}
