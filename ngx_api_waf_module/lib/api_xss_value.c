#include "api_xss_int.h"


/*
 * One character of a value of an attribute: entities are decoded, and what
 * browsers drop from addresses (controls, blanks, and in some encodings bytes
 * past ASCII) is passed over.  0: the end.
 */

static size_t
api_xss_entity_end(const uint8_t *p, const uint8_t *end, const char *name)
{
    size_t i;

    for (i = 0; name[i]; i++) {
        if (p + i == end || api_lower(p[i]) != (uint8_t) name[i]) {
            return 0;
        }
    }

    return i;
}


static uint32_t
api_xss_number(const uint8_t **p, const uint8_t *end, unsigned base)
{
    uint32_t code;

    for (code = 0; *p < end && api_percent_hex(**p) < base; (*p)++) {
        if (code < 0x110000) {
            code = code * base + api_percent_hex(**p);
        }
    }

    if (*p < end && **p == ';') {
        (*p)++;
    }

    return code;
}


static uint32_t
api_xss_entity(const uint8_t **p, const uint8_t *end)
{
    size_t         i, len;
    const uint8_t *q;

    static const struct {
        const char *name;
        uint8_t     c;
    } names[] = {
        { "tab;", '\t' },
        { "newline;", '\n' },
        { "colon;", ':' },
        { "lpar;", '(' },
        { "sol;", '/' },
        { "nbsp;", ' ' },
    };

    q = *p + 1;

    if (end - q > 1 && *q == '#' && api_lower(q[1]) == 'x') {
        *p = q + 2;
        return api_xss_number(p, end, 16);
    }

    if (q < end && *q == '#') {
        *p = q + 1;
        return api_xss_number(p, end, 10);
    }

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        len = api_xss_entity_end(q, end, names[i].name);

        if (len) {
            *p = q + len;
            return names[i].c;
        }
    }

    *p = q;

    return '&';
}


static uint32_t
api_xss_char(const uint8_t **p, const uint8_t *end)
{
    uint32_t c;

    while (*p < end) {
        if (**p == '&') {
            c = api_xss_entity(p, end);

        } else {
            c = *(*p)++;
        }

        if (c > ' ' && c < 0x7f) {
            return api_lower((uint8_t) c);
        }
    }

    return 0;
}


/* Behind text in the value, else NULL. */

static const uint8_t *
api_xss_starts(const uint8_t *p, const uint8_t *end, const char *text)
{
    for (; *text; text++) {
        if (api_xss_char(&p, end) != (uint8_t) *text) {
            return NULL;
        }
    }

    return p;
}


/* A picture that is no document of its own is what data: is for. */

static bool
api_xss_data(const uint8_t *p, const uint8_t *end)
{
    return api_xss_starts(p, end, "image/") == NULL
           || api_xss_starts(p, end, "image/svg") != NULL;
}


bool
api_xss_address(api_span_t value)
{
    size_t         i;
    const uint8_t *end, *p;

    static const char *const schemes[] = { "javascript:", "vbscript:",
        "livescript:", "mocha:", "jar:", "view-source:", "java\\script:",
        "feed:javascript:" };

    if (value.len && value.data[0] == '`') { /* a quote, once */
        value = api_span(value.data + 1, value.len - 1);
    }

    end = value.data + value.len;

    for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (api_xss_starts(value.data, end, schemes[i])) {
            return true;
        }
    }

    p = api_xss_starts(value.data, end, "data:");

    if (p) {
        return api_xss_data(p, end);
    }

    /* <meta content="0;url=javascript:..."> and lists of addresses */

    for (p = value.data; p < end; p++) {
        if ((*p == '=' || *p == ';' || *p == ',')
            && (api_xss_starts(p + 1, end, "javascript:")
                || api_xss_starts(p + 1, end, "vbscript:")
                || api_xss_starts(p + 1, end, "data:text/html")))
        {
            return true;
        }
    }

    return false;
}


/* Style that calls, loads, or hides what it does. */

bool
api_xss_style(api_span_t value)
{
    size_t i;

    for (i = 0; i < value.len; i++) {
        if (value.data[i] == '\\' || value.data[i] == '@'
            || value.data[i] == '<' || value.data[i] == '&')
        {
            return true;
        }

        if (value.data[i] == '(' && i >= 3
            && !api_span_eq_nocase(
                api_span(value.data + i - 3, 3), API_SPAN("rgb"))
            && !api_span_eq_nocase(
                api_span(value.data + i - 3, 3), API_SPAN("gba"))
            && !api_span_eq_nocase(
                api_span(value.data + i - 3, 3), API_SPAN("alc")))
        {
            return true;
        }

        if (value.len - i >= 7
            && (api_span_eq_nocase(
                    api_span(value.data + i, 7), API_SPAN("binding"))
                || api_span_eq_nocase(
                    api_span(value.data + i, 7), API_SPAN("behavio"))))
        {
            return true;
        }
    }

    return false;
}
