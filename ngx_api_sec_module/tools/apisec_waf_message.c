/* A request or an answer in a file, as HTTP/1.1 has it. */

#include "apisec_waf.h"


#define MESSAGE_MAX (64 * 1024 * 1024)


static bool
line_of(api_span_t *rest, api_span_t *line)
{
    const uint8_t *end;

    if (rest->len == 0) {
        return false;
    }

    end = memchr(rest->data, '\n', rest->len);
    line->data = rest->data;
    line->len = end ? (size_t) (end - rest->data) : rest->len;
    rest->data += line->len + (end != NULL);
    rest->len -= line->len + (end != NULL);

    if (line->len && line->data[line->len - 1] == '\r') {
        line->len--;
    }

    return true;
}


static api_span_t
trim(api_span_t s)
{
    while (s.len && (s.data[0] == ' ' || s.data[0] == '\t')) {
        s.data++;
        s.len--;
    }

    while (s.len && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t')) {
        s.len--;
    }

    return s;
}


/* METHOD TARGET PROTOCOL, where the target may have blanks; the last word is
   what begins with HTTP/. */

static void
first_line(api_span_t line, apisec_waf_message_t *m)
{
    size_t     i;
    api_span_t rest;

    for (i = 0; i < line.len && line.data[i] != ' '; i++) {
        /* void */
    }

    m->word[0] = api_span(line.data, i);
    i += i < line.len;
    rest = api_span(line.data + i, line.len - i);
    m->word[1] = rest;
    m->word[2] = API_SPAN("HTTP/1.1");

    for (i = rest.len; i > 0 && rest.data[i - 1] != ' '; i--) {
        /* void */
    }

    if (i > 1 && rest.len - i > 5 && memcmp(rest.data + i, "HTTP/", 5) == 0) {
        m->word[1] = api_span(rest.data, i - 1);
        m->word[2] = api_span(rest.data + i, rest.len - i);
    }
}


int
apisec_waf_message(const char *path, apisec_waf_message_t *m)
{
    int                 rc;
    api_span_t          text, line;
    const uint8_t      *colon;
    api_values_field_t *field;

    memset(m, 0, sizeof(*m));

    rc = apisec_read(
        strcmp(path, "-") == 0 ? "/dev/stdin" : path, MESSAGE_MAX, &text);

    if (rc != APISEC_OK) {
        return rc;
    }

    if (!line_of(&text, &line) || line.len == 0) {
        return apisec_fail(APISEC_USAGE,
            "%s: the first line is METHOD TARGET, such as  GET /orders", path);
    }

    first_line(line, m);

    while (line_of(&text, &line) && line.len) {
        colon = memchr(line.data, ':', line.len);

        if (m->nfields == APISEC_WAF_FIELDS || colon == NULL) {
            return apisec_fail(APISEC_USAGE,
                "%s: headers are lines NAME: VALUE, at most %d", path,
                APISEC_WAF_FIELDS);
        }

        field = &m->field[m->nfields++];
        field->name = api_span(line.data, (size_t) (colon - line.data));
        field->value =
            trim(api_span(colon + 1, line.len - field->name.len - 1));
    }

    m->body = text;

    return APISEC_OK;
}
