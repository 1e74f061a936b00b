/*
 * What of a document would take libxml2 the square of its length: a tag with
 * many attributes, each of which it compares with all others, and what a DTD
 * declares.  It is looked for beforehand, in one pass.
 */

#include "api_values_int.h"


/* Of one tag; their names are compared with each other. */

#define SCAN_ATTRIBUTES 1000

/* Of a document that is in an encoding of which this pass knows nothing, or
   that has a DTD, of which it does not know where it ends. */

#define SCAN_SHORT (32 * 1024)


static size_t
scan_behind(api_span_t s, size_t at, const char *end)
{
    size_t         n = strlen(end);
    const uint8_t *p;

    while (s.len - at >= n) {
        p = memchr(s.data + at, end[0], s.len - at - n + 1);

        if (p == NULL) {
            break;
        }

        at = (size_t) (p - s.data);

        if (memcmp(p, end, n) == 0) {
            return at + n;
        }

        at++;
    }

    return s.len;
}


static bool
scan_is(api_span_t s, size_t at, const char *what)
{
    size_t n = strlen(what);

    return s.len - at >= n && memcmp(s.data + at, what, n) == 0;
}


/* Names of encodings in which bytes below 128 are ASCII, and nothing else. */

static bool
scan_ascii(api_span_t name)
{
    size_t                   i, n;
    static const char *const known[] = { "utf-8", "utf8", "us-ascii", "ascii",
        "iso-8859-", "windows-125" };

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        n = strlen(known[i]);

        if (name.len >= n && name.len <= n + 2
            && api_span_eq_nocase(
                api_span(name.data, n), api_span(known[i], n)))
        {
            return true;
        }
    }

    return false;
}


/* <?xml version="1.0" encoding="NAME"?>: whoever declares anything twice, or
   is not known, is not believed. */

static bool
scan_declared(api_span_t s)
{
    size_t  at, from, end;
    uint8_t quote;

    end = scan_behind(s, 0, "?>");
    s.len = end;
    at = scan_behind(s, 0, "encoding");

    if (at == s.len) {
        return end > 5 && s.data[end - 1] == '>';
    }

    if (scan_behind(s, at, "encoding") != s.len) {
        return false;
    }

    while (at < s.len && (s.data[at] <= ' ' || s.data[at] == '=')) {
        at++;
    }

    if (at == s.len || (s.data[at] != '"' && s.data[at] != '\'')) {
        return false;
    }

    quote = s.data[at];
    from = ++at;

    while (at < s.len && s.data[at] != quote) {
        at++;
    }

    return scan_ascii(api_span(s.data + from, at - from));
}


/* As libxml2 finds it: two or four bytes a character by their marks or zeros,
   EBCDIC by its <; else it is UTF-8, or what the document says. */

static bool
scan_known(api_span_t s)
{
    if (s.len < 4 || memchr(s.data, 0, 4) != NULL || s.data[0] >= 0xfe
        || s.data[0] == 0x4c)
    {
        return false;
    }

    if (scan_is(s, 0, "\xef\xbb\xbf")) {
        s = api_span(s.data + 3, s.len - 3);
    }

    return !scan_is(s, 0, "<?xml") || scan_declared(s);
}


/* Attributes of the tag whose < is at `at`; *end is behind it.  No < stands in
   one. */

static uint32_t
scan_tag(api_span_t s, size_t at, size_t *end)
{
    uint8_t  quote = 0;
    uint32_t n = 0;

    for (at++; at < s.len && s.data[at] != '<'; at++) {
        if (quote) {
            quote = s.data[at] == quote ? 0 : quote;

        } else if (s.data[at] == '"' || s.data[at] == '\'') {
            quote = s.data[at];
            n++;

        } else if (s.data[at] == '>') {
            break;
        }
    }

    *end = at;

    return n;
}


/* Behind what is no tag; the same place: it is one, or has to be looked at as
   if it were. */

static size_t
scan_other(api_span_t s, size_t at)
{
    if (scan_is(s, at, "<!--")) {
        return scan_behind(s, at + 4, "-->");
    }

    if (scan_is(s, at, "<![CDATA[")) {
        return scan_behind(s, at + 9, "]]>");
    }

    if (scan_is(s, at, "<?")) {
        return scan_behind(s, at + 2, "?>");
    }

    return at;
}


const char *
api_values_xml_scan(api_span_t s)
{
    size_t         at, end;
    const bool     few = s.len <= SCAN_SHORT;
    const uint8_t *p;

    if (!scan_known(s)) {
        return few ? NULL : "too long for its encoding";
    }

    for (at = 0; at < s.len; at = end) {
        p = memchr(s.data + at, '<', s.len - at);

        if (p == NULL) {
            return NULL;
        }

        at = (size_t) (p - s.data);
        end = scan_other(s, at);

        if (scan_is(s, at, "<!DOCTYPE")) {
            return few ? NULL : "too long for one with a DTD";
        }

        if (end == at && scan_tag(s, at, &end) > SCAN_ATTRIBUTES) {
            return "more attributes than allowed";
        }
    }

    return NULL;
}
