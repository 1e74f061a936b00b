/* Documents that would take libxml2 the square of their length, and twins. */

#include "api_values.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>


#define BEFORE "XML parsing error: "

/* What is wrong with a body; empty: nothing. */

static api_span_t
fault(api_span_t body, api_arena_t *arena)
{
    api_values_t         b;
    api_waf_values_t     values;
    const api_waf_set_t *set;
    api_values_field_t   field = { API_SPAN("Content-Type"),
          API_SPAN("text/xml") };
    api_values_request_t q = { .method = API_SPAN("POST"),
        .uri = API_SPAN("/"),
        .protocol = API_SPAN("HTTP/1.1"),
        .field = &field,
        .nfields = 1 };

    api_arena_init(arena, &api_alloc_libc, 0, 0);
    api_waf_values_init(&values, arena, 0);
    api_values_init(
        &b, &values, &api_values_conf_default, (api_sipkey_t){ 1, 2 }, arena);

    if (api_values_request(&b, &q) != API_OK
        || api_values_body(&b, body, API_WAF_BODY_NONE, false) != API_OK)
    {
        return API_SPAN("no memory");
    }

    set = &values.set[API_WAF_REQBODY_ERROR_MSG];

    return set->count ? set->items[0].value : api_span("", 0);
}


/* A document of `head`, `n` times `unit` with its number in it, and `tail`;
   twice as many bytes a character when it is wide.  What is said of it. */

static void
xml_says(const char *head, const char *unit, size_t n, const char *tail,
    bool wide, const char *expected)
{
    char       *text, *to;
    size_t      i, len;
    api_span_t  told;
    api_arena_t arena;

    len = strlen(head) + strlen(tail) + n * (8 * strlen(unit) + 8) + 1;
    text = calloc(2, len);

    if (text == NULL) {
        exit(1);
    }

    to = text + sprintf(text, "%s", head);

    for (i = 0; i < n; i++) {
        for (const char *u = unit; *u; u++) {
            to += *u == '#' ? sprintf(to, "%zx", i) : sprintf(to, "%c", *u);
        }
    }

    len = (size_t) (to - text) + (size_t) sprintf(to, "%s", tail);

    for (i = len; wide && i-- > 0;) {
        text[2 * i] = text[i];
        text[2 * i + 1] = 0;
    }

    told = fault(api_span(text, wide ? 2 * len : len), &arena);
    ut_ok(told.len == (expected ? sizeof(BEFORE) - 1 + strlen(expected) : 0)
              && (expected == NULL
                  || memcmp(told.data + sizeof(BEFORE) - 1, expected,
                         strlen(expected))
                         == 0),
        "%s%s%s, %zu times: %s", head, unit, tail, n,
        expected ? expected : "read");
    api_arena_free(&arena);
    free(text);
}


/* What takes libxml2 the square of its length is not given to it. */

static void
test_square(void)
{
    const char *many = "more attributes than allowed";
    const char *dtd = "too long for one with a DTD";
    const char *wide = "too long for its encoding";
    const char *prefixes = "more prefixes than allowed";

    xml_says("<a", " b#='1'", 1000, "/>", false, NULL);
    xml_says("<a", " b#='1'", 1001, "/>", false, many);
    xml_says("<a", " b#=\">\"", 1001, "/>", false, many);
    xml_says("<a><b/><c", " xmlns:b#='u'", 1001, "/></a>", false, many);
    xml_says("<a c='\"' d=\"'\"", " b#='1'", 999, "/>", false, many);
    xml_says("<!-- <b c=' --><a", " b#='1'", 1001, "/>", false, many);
    xml_says(
        "<a><![CDATA[<b \" ]]><c", " b#='1'", 1001, "/></a>", false, many);
    xml_says("<?p <![CDATA[ ?><a", " b#='1'", 1001, "/>", false, many);
    xml_says("<a>", "<b c#='1' d=''/>", 6000, "</a>", false, NULL);
    xml_says("<a>", "it's \"#\" ", 9000, "</a>", false, NULL);
    xml_says("<a><!-- i<n", " 'b#'", 9000, "--></a>", false, NULL);
    xml_says("<a><![CDATA[i<n", " 'b#'", 9000, "]]></a>", false, NULL);
    xml_says("<a", " xmlns:b#='u'", 600, "><b xmlns:c='u'/></a>", false, NULL);
    xml_says("",
        "<a xmlns:b#='u' xmlns:c#='u' xmlns:d#='u' xmlns:e#='u' "
        "xmlns:f#='u' xmlns:g#='u' xmlns:h#='u' xmlns:i#='u' "
        "xmlns:j#='u' xmlns:k#='u' xmlns:l#='u' xmlns:m#='u' "
        "xmlns:n#='u' xmlns:o#='u' xmlns:p#='u' xmlns:q#='u' "
        "xmlns:r#='u' xmlns:s#='u' xmlns:t#='u' xmlns:u#='u'>",
        60, "", false, prefixes);
    xml_says("<!DOCTYPE a [<!ATTLIST a", " b# CDATA 'x'", 9000, ">]><a/>",
        false, dtd);
    xml_says("<!DOCTYPE a []><a>", "<b/>", 900, "</a>", false, NULL);
    xml_says("\xff\xfe<a>", "<b/>", 9000, "</a>", false, wide);
    xml_says("<?xml version='1.0'?><a>", "<b/>", 9000, "</a>", true, wide);
    xml_says("<?xml version='1.0'?><a>", "<b/>", 9000, "</a>", false, NULL);
    xml_says("<?xml version='1.0' encoding=\"ISO-8859-1\"?><a>", "<b/>", 9000,
        "</a>", false, NULL);
    xml_says("\xef\xbb\xbf<?xml version='1.0' encoding='Utf-8' ?><a>", "<b/>",
        9000, "</a>", false, NULL);
    xml_says("<?xml version='1.0' encoding='UTF-7'?><a>", "<b/>", 9000, "</a>",
        false, wide);
    xml_says("<?xml version='1.0' encoding='utf-8' encoding='utf-7'?><a>",
        "<b/>", 9000, "</a>", false, wide);
    xml_says("Lo\xa7\x94", "<b/>", 9000, "", false, wide);
    xml_says("<\xc3\xa9>", "<b/>", 9000, "</\xc3\xa9>", false, NULL);
}


int
main(void)
{
    test_square();

    return ut_done();
}
