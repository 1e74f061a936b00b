/*
 * Bodies of text that are none of the others.  ARGS_UNPACKED:body is all of
 * it, then its pairs where it is written as a form, or its lines where they are
 * few.  Of a table (text/csv) it is each cell: the text between them is nobody's.
 */

#include "api_values_int.h"

#include "api_media.h"
#include "api_percent.h"
#include "api_urlencoded.h"


/* Cells: behind so many the rest is looked at as one, for a long table is no
   fault.  Lines: what has more of them is prose, whose lines end anywhere, also
   in the middle of quotes; what is within it is found in the whole. */

#define TEXT_PIECES 2000
#define TEXT_LINES 32


static api_span_t
text_trim(api_span_t s)
{
    while (s.len && s.data[0] <= ' ') {
        s = api_span(s.data + 1, s.len - 1);
    }

    while (s.len && s.data[s.len - 1] <= ' ') {
        s.len--;
    }

    return s;
}


/* a=1&b=%20: words without blanks, the first one with a =. */

static bool
text_is_form(api_span_t s)
{
    size_t         i;
    const uint8_t *eq = memchr(s.data, '=', s.len);
    const uint8_t *amp = memchr(s.data, '&', s.len);

    if (eq == NULL || eq == s.data || (amp != NULL && amp < eq)) {
        return false;
    }

    for (i = 0; i < s.len; i++) {
        if (s.data[i] <= ' ' || s.data[i] == '<' || s.data[i] == '"') {
            return false;
        }
    }

    return true;
}


static void
text_form(api_values_t *b, api_span_t s)
{
    int         rc;
    uint32_t    i;
    api_pairs_t pairs;

    static const api_urlencoded_limits_t limits = { SIZE_MAX, TEXT_PIECES,
        UINT32_MAX, SIZE_MAX };

    rc = api_urlencoded_parse(&pairs, s, 0, &limits, b->arena, NULL);

    if (rc != API_OK) {
        b->nomem |=
            rc == API_NOMEM; /* over the limit: it is looked at as one */
        return;
    }

    for (i = 0; i < pairs.n; i++) {
        api_values_arg(
            b, API_WAF_ARGS_UNPACKED, pairs.pair[i].name, pairs.pair[i].value);
    }
}


/* The end of a cell: its separator, or the end of the line.  In quotes, which
   are doubled within, both are text. */

static size_t
text_cell_end(api_span_t s, uint8_t separator)
{
    size_t i = 0;

    if (separator && s.data[0] == '"') {
        for (i = 1; i < s.len; i++) {
            if (s.data[i] == '"' && (i + 1 == s.len || s.data[++i] != '"')) {
                break;
            }
        }
    }

    for (/* void */; i < s.len; i++) {
        if (s.data[i] == '\n' || (separator && s.data[i] == separator)) {
            break;
        }
    }

    return i;
}


/* "x ""y""" is x "y". */

static api_span_t
text_unquote(api_values_t *b, api_span_t s)
{
    size_t   i, n = 0;
    uint8_t *p;

    if (s.len < 2 || s.data[0] != '"' || s.data[s.len - 1] != '"') {
        return s;
    }

    s = api_span(s.data + 1, s.len - 2);

    if (s.len == 0 || memchr(s.data, '"', s.len) == NULL) {
        return s;
    }

    p = api_arena_alloc(b->arena, s.len);

    if (p == NULL) {
        b->nomem = true;
        return s;
    }

    for (i = 0; i < s.len; i++) {
        p[n++] = s.data[i];
        i += s.data[i] == '"' && i + 1 < s.len && s.data[i + 1] == '"';
    }

    return api_span(p, n);
}


static void
text_pieces(api_values_t *b, api_span_t s, uint8_t separator)
{
    size_t     end;
    uint32_t   n = 0;
    api_span_t piece;

    while (s.len && n < TEXT_PIECES && !b->nomem && !b->over) {
        end = text_cell_end(s, separator);
        piece = text_trim(api_span(s.data, end));
        piece = separator ? text_unquote(b, piece) : piece;

        if (piece.len > 1) {
            api_values_arg(b, API_WAF_ARGS_UNPACKED, API_SPAN("body"), piece);
            n++;
        }

        end += end < s.len;
        s = api_span(s.data + end, s.len - end);
    }

    if (separator && s.len) {
        api_values_arg(b, API_WAF_ARGS_UNPACKED, API_SPAN("body"), s);
    }
}


/* Cells are those of tables that say what they are. */

static uint8_t
text_separator(const api_media_t *m, api_span_t s)
{
    const uint8_t *end = memchr(s.data, '\n', s.len);
    size_t         n = end ? (size_t) (end - s.data) : s.len;

    if (api_span_eq_nocase(m->subtype, API_SPAN("tab-separated-values"))) {
        return '\t';
    }

    if (!api_span_eq_nocase(m->subtype, API_SPAN("csv"))) {
        return 0;
    }

    return memchr(s.data, ';', n) && !memchr(s.data, ',', n) ? ';' : ',';
}


static bool
text_is_list(api_span_t s)
{
    size_t   i;
    uint32_t n = 1;

    for (i = 0; i < s.len && n <= TEXT_LINES; i++) {
        n += s.data[i] == '\n';
    }

    return n > 1 && n <= TEXT_LINES;
}


/* Text by its type; or it has no type, or another one, and no controls. */

static bool
text_is_text(const api_media_t *m, bool typed, api_span_t s)
{
    size_t i;

    if (typed && api_span_eq_nocase(m->type, API_SPAN("text"))) {
        return true;
    }

    for (i = 0; i < s.len; i++) {
        if (s.data[i] < 0x09 || (s.data[i] > 0x0d && s.data[i] < 0x20)) {
            return false;
        }
    }

    return true;
}


void
api_values_text(api_values_t *b, api_span_t body)
{
    bool        typed;
    uint8_t     separator;
    api_span_t  text;
    api_media_t m;

    typed = b->type.len && api_media_parse(&m, b->type) == API_OK;

    if (!typed) {
        memset(&m, 0, sizeof(m));
    }

    text = text_trim(body);

    if (text.len == 0 || !text_is_text(&m, typed, text)) {
        return;
    }

    separator = text_separator(&m, text);

    if (separator) {
        text_pieces(b, text, separator);
        return;
    }

    api_values_arg(b, API_WAF_ARGS_UNPACKED, API_SPAN("body"), text);

    if (text_is_form(text)) {
        text_form(b, text);

    } else if (text_is_list(text)) {
        text_pieces(b, text, 0);
    }
}
