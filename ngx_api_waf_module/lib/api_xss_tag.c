#include "api_xss_int.h"


static bool
api_xss_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}


static bool
api_xss_letter(uint8_t c)
{
    c = api_lower(c);

    return c >= 'a' && c <= 'z';
}


static bool
api_xss_at(const api_xss_reader_t *r, const char *text)
{
    size_t len;

    len = strlen(text);

    return (size_t) (r->end - r->p) >= len
           && api_span_eq_nocase(api_span(r->p, len), api_span(text, len));
}


/* Up to a byte that ends a name. */

static api_span_t
api_xss_name(api_xss_reader_t *r, bool attribute)
{
    const uint8_t *from;

    from = r->p;

    /* a = at the beginning is part of the name */

    for (; r->p < r->end; r->p++) {
        if (api_xss_blank(*r->p) || *r->p == '/' || *r->p == '>'
            || (attribute && *r->p == '=' && r->p > from))
        {
            break;
        }
    }

    return api_span(from, (size_t) (r->p - from));
}


static void
api_xss_skip_blanks(api_xss_reader_t *r)
{
    while (r->p < r->end && (api_xss_blank(*r->p) || *r->p == 0)) {
        r->p++;
    }
}


/* The value of an attribute, whose = was read. */

static api_span_t
api_xss_value(api_xss_reader_t *r)
{
    uint8_t        quote;
    api_span_t     value;
    const uint8_t *from, *close;

    api_xss_skip_blanks(r);
    from = r->p;

    if (r->p < r->end && (*r->p == '"' || *r->p == '\'')) {
        quote = *r->p++;
        close = memchr(r->p, quote, (size_t) (r->end - r->p));
        close = close ? close : r->end;
        value = api_span(r->p, (size_t) (close - r->p));
        r->p = close < r->end ? close + 1 : close;

        return value;
    }

    while (r->p < r->end && !api_xss_blank(*r->p) && *r->p != '>') {
        r->p++;
    }

    return api_span(from, (size_t) (r->p - from));
}


/* An attribute with its value is dangerous: how, or NULL. */

static const char *
api_xss_judge(const api_xss_reader_t *r, api_span_t name, api_span_t value)
{
    switch (api_xss_attribute(name, r->inside)) {
    case API_XSS_A_HANDLER:
        return "handler";

    case API_XSS_A_STYLE:
        return api_xss_style(value) ? "style" : NULL;

    case API_XSS_A_ADDRESS:
        return api_xss_address(value) ? "address" : NULL;

    case API_XSS_A_DANGER:
        return "attribute";

    case API_XSS_A_NAMING:
        return api_xss_attribute(value, false) != API_XSS_A_PLAIN ? "attribute"
                                                                  : NULL;

    default:
        return NULL;
    }
}


/* The next attribute, or the end of the tag. */

static const char *
api_xss_in_tag(api_xss_reader_t *r)
{
    api_span_t name, value;

    while (r->p < r->end
           && (api_xss_blank(*r->p) || *r->p == '/' || *r->p == 0)) {
        r->p++;
    }

    if (r->p == r->end || *r->p == '>') {
        r->p += r->p < r->end;
        r->tag = false;

        if (r->loads && r->any) {
            r->at = r->from;
            return "element";
        }

        return NULL;
    }

    r->at = r->p;
    r->any = true;
    name = api_xss_name(r, true);
    api_xss_skip_blanks(r);

    if (r->p == r->end || *r->p != '=') {
        return NULL;
    }

    r->p++;
    value = api_xss_value(r);

    return api_xss_judge(r, name, value);
}


static const char *
api_xss_start_tag(api_xss_reader_t *r)
{
    api_xss_element_t element;

    r->from = r->p - 1;
    element = api_xss_element(api_xss_name(r, false));

    if (element == API_XSS_T_DANGER) {
        r->at = r->from;
        return "element";
    }

    r->tag = true;
    r->inside = false;
    r->any = false;
    r->loads = element == API_XSS_T_LOADS;

    return NULL;
}


/* Behind the next > (or, of a comment, -->). */

static void
api_xss_skip_to_end(api_xss_reader_t *r)
{
    const uint8_t *close;

    close = r->p < r->end ? memchr(r->p, '>', (size_t) (r->end - r->p)) : NULL;
    r->p = close ? close + 1 : r->end;
}


static const char *
api_xss_comment(api_xss_reader_t *r)
{
    const uint8_t *from;

    if (api_xss_at(r, "[if") || api_xss_at(r, "xml")) {
        return "comment"; /* what Internet Explorer acts on */
    }

    if (api_xss_at(r, ">") || api_xss_at(r, "->")) {
        api_xss_skip_to_end(r); /* a comment that ends where it begins */
        return NULL;
    }

    for (from = r->p; r->p < r->end; r->p++) {
        if (*r->p == '`') {
            return "comment"; /* a quote to Internet Explorer */
        }

        if (*r->p == '>' && r->p - from >= 2
            && ((r->p[-1] == '-' && r->p[-2] == '-')
                || (r->p[-1] == '!' && r->p - from >= 3 && r->p[-2] == '-'
                    && r->p[-3] == '-')))
        {
            r->p++;
            return NULL;
        }
    }

    return NULL;
}


/* <! <? */

static const char *
api_xss_declaration(api_xss_reader_t *r)
{
    static const char *const marks[] = { "!doctype", "!entity", "![if",
        "![cdata[", "![endif", "?import", "?xml-stylesheet", "?xml:" };
    size_t                   i;

    r->at = r->p - 1;

    if (api_xss_at(r, "!--")) {
        r->p += 3;
        return api_xss_comment(r);
    }

    for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (api_xss_at(r, marks[i])) {
            return "declaration";
        }
    }

    api_xss_skip_to_end(r);

    return NULL;
}


static const char *
api_xss_end_tag(api_xss_reader_t *r)
{
    api_span_t name;

    r->at = r->p - 1;
    r->p++;

    if (r->p == r->end || !api_xss_letter(*r->p)) {
        api_xss_skip_to_end(r);
        return NULL;
    }

    /* out of a script that the value was written into */

    name = api_xss_name(r, false);

    if (api_xss_name_is(name, "script")) {
        return "element";
    }

    api_xss_skip_to_end(r);

    return NULL;
}


/* Up to the next tag, and into it. */

static const char *
api_xss_text(api_xss_reader_t *r)
{
    const uint8_t *p;

    p = memchr(r->p, '<', (size_t) (r->end - r->p));

    for (p = p ? p + 1 : r->end; p < r->end && *p == 0; p++) {
        /* void */
    }

    r->p = p;

    if (p == r->end) {
        return NULL;
    }

    if (api_xss_letter(*p)) {
        return api_xss_start_tag(r);
    }

    if (*p == '!' || *p == '?') {
        return api_xss_declaration(r);
    }

    return *p == '/' ? api_xss_end_tag(r) : NULL;
}


void
api_xss_enter(
    api_xss_reader_t *r, const uint8_t *p, const uint8_t *end, bool inside)
{
    r->p = p;
    r->end = end;
    r->at = p;
    r->from = p;
    r->tag = inside;
    r->inside = inside;
    r->loads = false;
    r->any = false;
}


const char *
api_xss_read(api_xss_reader_t *r, const uint8_t *pause)
{
    const char *what;

    while (r->tag || r->p < r->end) {
        if (r->p >= pause && r->p < r->end) {
            return NULL;
        }

        what = r->tag ? api_xss_in_tag(r) : api_xss_text(r);

        if (what) {
            return what;
        }
    }

    return NULL;
}
