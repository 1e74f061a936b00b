#include "apisec_schema.h"


/* The line at *rest without its end; *rest is left behind it. */

static bool
line_of(api_span_t *rest, api_span_t *line)
{
    const uint8_t *end;

    if (rest->len == 0) {
        return false;
    }

    end = memchr(rest->data, '\n', rest->len);
    *line = *rest;

    if (end) {
        line->len = (size_t) (end - rest->data);
        rest->len -= line->len + 1;
        rest->data = end + 1;

    } else {
        rest->len = 0;
    }

    if (line->len && line->data[line->len - 1] == '\r') {
        line->len--;
    }

    return true;
}


static api_span_t
word_of(api_span_t *rest, uint8_t end)
{
    api_span_t     word = *rest;
    const uint8_t *p = rest->len ? memchr(rest->data, end, rest->len) : NULL;

    if (p == NULL) {
        rest->len = 0;
        return word;
    }

    word.len = (size_t) (p - rest->data);
    rest->data += word.len + 1;
    rest->len -= word.len + 1;

    return word;
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


int
apisec_request(const char *path, api_span_t text, apisec_request_t *request)
{
    api_span_t   line, name;
    api_field_t *field;

    memset(request, 0, sizeof(*request));

    if (!line_of(&text, &line)) {
        return apisec_fail(APISEC_USAGE, "%s: there is no request", path);
    }

    request->method = word_of(&line, ' ');
    request->target = word_of(&line, ' ');

    if (request->target.len == 0) {
        return apisec_fail(APISEC_USAGE,
            "%s: the first line is METHOD TARGET, such as  GET /orders", path);
    }

    while (line_of(&text, &line) && line.len) {
        name = word_of(&line, ':');

        if (request->nfields == APISEC_REQUEST_FIELDS || line.data == NULL
            || name.len == 0)
        {
            return apisec_fail(APISEC_USAGE,
                "%s: headers are lines NAME: VALUE, at most %d", path,
                APISEC_REQUEST_FIELDS);
        }

        field = &request->fields[request->nfields++];
        field->name = name;
        field->value = trim(line);
    }

    request->body = text;
    request->has_body = text.len != 0;

    return APISEC_OK;
}
