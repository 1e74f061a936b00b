#include "api_multipart_int.h"

#include "api_media.h"
#include "api_token.h"
#include "api_utf8.h"


static bool
api_multipart_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}


bool
api_multipart_header(api_span_t *headers, api_span_t *name, api_span_t *value)
{
    const uint8_t *p, *next, *text, *end, *colon;

    if (headers->len == 0) {
        return false;
    }

    p = headers->data;
    end = p + headers->len;
    next = api_multipart_line(p, end, &text);

    while (next < end && api_multipart_blank(*next)) {
        next = api_multipart_line(next, end, &text);
    }

    *headers = api_span(next, (size_t) (end - next));
    colon = memchr(p, ':', (size_t) (text - p));

    if (colon == NULL) {
        *name = api_span(p, 0);
        *value = api_token_trim(api_span(p, (size_t) (text - p)));
        return true;
    }

    *name = api_span(p, (size_t) (colon - p));
    *value = api_token_trim(api_span(colon + 1, (size_t) (text - colon - 1)));

    return true;
}


static void
api_multipart_chars(api_multipart_run_t *run, api_span_t headers)
{
    bool    alone; /* a CR without its LF */
    size_t  i;
    uint8_t c;

    for (i = 0; i < headers.len; i++) {
        c = headers.data[i];

        alone =
            c == '\r' && (i + 1 == headers.len || headers.data[i + 1] != '\n');

        if (c == 0) {
            api_multipart_note(run, API_MULTIPART_F_NUL, headers.data + i);

        } else if (alone || c == 0x7f || (c < 0x20 && !strchr("\t\r\n", c))) {
            api_multipart_note(run, API_MULTIPART_F_CONTROL, headers.data + i);
        }
    }
}


/* A parameter without its backslashes. */

static int
api_multipart_unescape(api_multipart_run_t *run, api_span_t *s)
{
    size_t   i, n;
    uint8_t *out;

    out = api_arena_alloc(run->arena, s->len);

    if (out == NULL) {
        return api_fail(
            run->err, API_NOMEM, API_MULTIPART_E_NOMEM, 0, "no memory");
    }

    for (i = 0, n = 0; i < s->len; i++) {
        if (s->data[i] == '\\' && i + 1 < s->len
            && (s->data[i + 1] == '"' || s->data[i + 1] == '\\'))
        {
            i++;
        }

        out[n++] = s->data[i];
    }

    *s = api_span(out, n);

    return API_OK;
}


static int
api_multipart_take(
    api_multipart_run_t *run, const api_media_param_t *param, api_span_t *to)
{
    size_t pos;

    pos = (size_t) (param->name.data - run->start);

    if (to->data != NULL) {
        api_multipart_note(
            run, API_MULTIPART_F_INVALID_PART, param->name.data);
        return API_OK;
    }

    if (param->value.len > run->limits->name) {
        return api_fail(run->err, API_LIMIT, API_MULTIPART_E_NAME_LEN, pos,
            "a name is longer than %u bytes", run->limits->name);
    }

    *to = param->value;

    if (api_utf8_valid(*to) != to->len) {
        api_multipart_note(run, API_MULTIPART_F_UTF8, param->value.data);
    }

    if (param->flags & API_MEDIA_F_ESCAPED) {
        api_multipart_note(run, API_MULTIPART_F_ESCAPE, param->value.data);
        return api_multipart_unescape(run, to);
    }

    return API_OK;
}


static int
api_multipart_param(api_multipart_run_t *run, api_multipart_part_t *part,
    const api_media_param_t *param)
{
    const uint8_t *at;

    at = param->name.data;

    if (param->flags & API_MEDIA_F_SEMICOLON) {
        api_multipart_note(run, API_MULTIPART_F_MISSING_SEMICOLON, at);
    }

    if (param->flags & (API_MEDIA_F_BAD | API_MEDIA_F_SPACE)) {
        api_multipart_note(run, API_MULTIPART_F_INVALID_QUOTING, at);
    }

    if (param->name.len && memchr(at, '*', param->name.len)) {
        api_multipart_note(run, API_MULTIPART_F_EXTENDED, at);
        return API_OK;
    }

    if (param->value.len && *param->value.data == '\'') {
        api_multipart_note(run, API_MULTIPART_F_INVALID_QUOTING, at);
    }

    if (api_span_eq_nocase(param->name, API_SPAN("name"))) {
        return api_multipart_take(run, param, &part->name);
    }

    if (api_span_eq_nocase(param->name, API_SPAN("filename"))) {
        return api_multipart_take(run, param, &part->filename);
    }

    return API_OK;
}


static int
api_multipart_disposition(
    api_multipart_run_t *run, api_multipart_part_t *part, api_span_t value)
{
    int               rc;
    size_t            n;
    api_span_t        rest;
    api_media_param_t param;

    for (n = 0; n < value.len && api_token_char(value.data[n]); n++) {
        /* void */
    }

    if (!api_span_eq_nocase(api_span(value.data, n), API_SPAN("form-data"))) {
        api_multipart_note(run, API_MULTIPART_F_INVALID_PART, value.data);
    }

    rest = api_span(value.data + n, value.len - n);

    while (api_media_param(&rest, &param)) {
        rc = api_multipart_param(run, part, &param);

        if (rc != API_OK) {
            return rc;
        }
    }

    return API_OK;
}


/* Those that leave the bytes as they are (RFC 2045 section 6). */

static bool
api_multipart_identity(api_span_t v)
{
    return api_span_eq_nocase(v, API_SPAN("7bit"))
           || api_span_eq_nocase(v, API_SPAN("8bit"))
           || api_span_eq_nocase(v, API_SPAN("binary"));
}


static void
api_multipart_type(
    api_multipart_run_t *run, api_multipart_part_t *part, api_span_t value)
{
    if (part->type.data) {
        api_multipart_note(run, API_MULTIPART_F_INVALID_PART, value.data);
        return;
    }

    part->type = value;

    if (value.len >= 10
        && api_span_eq_nocase(
            api_span(value.data, 10), API_SPAN("multipart/")))
    {
        api_multipart_note(run, API_MULTIPART_F_NESTED, value.data);
    }
}


int
api_multipart_read_part(api_multipart_run_t *run, api_multipart_part_t *part)
{
    int        rc;
    bool       disposition;
    api_span_t rest, name, value;

    disposition = false;
    rest = part->headers;
    api_multipart_chars(run, rest);

    if (rest.len && api_multipart_blank(*rest.data)) {
        api_multipart_note(run, API_MULTIPART_F_INVALID_FOLDING, rest.data);
    }

    while (api_multipart_header(&rest, &name, &value)) {

        if (!api_token_is(name)) {
            api_multipart_note(run, API_MULTIPART_F_INVALID_PART, name.data);
        }

        if (value.len && memchr(value.data, '\n', value.len)) {
            api_multipart_note(
                run, API_MULTIPART_F_HEADER_FOLDING, value.data);
        }

        if (api_span_eq_nocase(name, API_SPAN("content-disposition"))) {
            if (disposition) {
                api_multipart_note(
                    run, API_MULTIPART_F_INVALID_PART, name.data);
                continue;
            }

            disposition = true;
            rc = api_multipart_disposition(run, part, value);

            if (rc != API_OK) {
                return rc;
            }

        } else if (api_span_eq_nocase(name, API_SPAN("content-type"))) {
            api_multipart_type(run, part, value);

        } else if (api_span_eq_nocase(
                       name, API_SPAN("content-transfer-encoding"))
                   && !api_multipart_identity(value))
        {
            api_multipart_note(run, API_MULTIPART_F_ENCODING, value.data);
        }
    }

    if (part->name.data == NULL) {
        api_multipart_note(
            run, API_MULTIPART_F_INVALID_PART, part->headers.data);
    }

    return API_OK;
}
