#include "api_media.h"

#include "api_token.h"


/* The line ends of a folded header are blanks too. */

static size_t
api_media_blanks(api_span_t *s)
{
    size_t n;

    for (n = 0; n < s->len && s->data[n] && strchr(" \t\r\n", s->data[n]); n++)
    {
        /* void */
    }

    s->data += n;
    s->len -= n;

    return n;
}


/* The token at the start of *s, which may be empty. */

static api_span_t
api_media_token(api_span_t *s)
{
    size_t     n;
    api_span_t t;

    for (n = 0; n < s->len && api_token_char(s->data[n]); n++) {
        /* void */
    }

    t = api_span(s->data, n);
    s->data += n;
    s->len -= n;

    return t;
}


int
api_media_parse(api_media_t *media, api_span_t s)
{
    size_t i;

    memset(media, 0, sizeof(*media));
    s = api_token_trim(s);
    media->essence = s;
    media->type = api_media_token(&s);

    if (media->type.len == 0 || s.len == 0 || *s.data != '/') {
        return API_SYNTAX;
    }

    s.data++;
    s.len--;
    media->subtype = api_media_token(&s);

    if (media->subtype.len == 0) {
        return API_SYNTAX;
    }

    media->essence.len = media->type.len + 1 + media->subtype.len;

    for (i = media->subtype.len; i > 0; i--) {
        if (media->subtype.data[i - 1] == '+') {
            media->suffix =
                api_span(media->subtype.data + i, media->subtype.len - i);
            break;
        }
    }

    api_media_blanks(&s);
    media->params = s;

    return s.len == 0 || *s.data == ';' ? API_OK : API_SYNTAX;
}


static void
api_media_quoted(api_span_t *s, api_media_param_t *param)
{
    size_t n;

    param->flags |= API_MEDIA_F_QUOTED;

    for (n = 1; n < s->len && s->data[n] != '"'; n++) {
        if (s->data[n] == '\\') {
            param->flags |= API_MEDIA_F_ESCAPED;
            n++;
        }
    }

    if (n >= s->len) {
        param->flags |= API_MEDIA_F_BAD;
        param->value = api_span(s->data + 1, s->len - 1);
        s->data += s->len;
        s->len = 0;
        return;
    }

    param->value = api_span(s->data + 1, n - 1);
    s->data += n + 1;
    s->len -= n + 1;
}


/* Over what cannot be read, to the next semicolon. */

static void
api_media_skip(api_span_t *s, api_media_param_t *param)
{
    const uint8_t *p;

    param->flags |= API_MEDIA_F_BAD;
    p = s->len ? memchr(s->data, ';', s->len) : NULL;

    if (p == NULL) {
        p = s->data + s->len;
    }

    s->len -= (size_t) (p - s->data);
    s->data = p;
}


bool
api_media_param(api_span_t *s, api_media_param_t *param)
{
    bool semicolon;

    memset(param, 0, sizeof(*param));
    semicolon = false;

    for (;;) {
        api_media_blanks(s);

        if (s->len == 0) {
            return false;
        }

        if (*s->data != ';') {
            break;
        }

        semicolon = true;
        s->data++;
        s->len--;
    }

    param->flags |= semicolon ? 0 : API_MEDIA_F_SEMICOLON;
    param->name = api_media_token(s);
    param->flags |= api_media_blanks(s) ? API_MEDIA_F_SPACE : 0;

    if (param->name.len == 0 || s->len == 0 || *s->data != '=') {
        api_media_skip(s, param);
        return true;
    }

    s->data++;
    s->len--;
    param->flags |= api_media_blanks(s) ? API_MEDIA_F_SPACE : 0;

    if (s->len && *s->data == '"') {
        api_media_quoted(s, param);

    } else {
        param->value = api_media_token(s);
    }

    if (param->value.len == 0 && !(param->flags & API_MEDIA_F_QUOTED)) {
        api_media_skip(s, param);
    }

    return true;
}


int
api_media_get(
    const api_media_t *media, api_span_t name, api_media_param_t *param)
{
    bool              found;
    api_span_t        rest;
    api_media_param_t p;

    found = false;
    rest = media->params;

    while (api_media_param(&rest, &p)) {
        if (p.flags & (API_MEDIA_F_BAD | API_MEDIA_F_SEMICOLON)) {
            return API_SYNTAX;
        }

        if (!api_span_eq_nocase(p.name, name)) {
            continue;
        }

        if (found) {
            return API_DUPLICATE;
        }

        found = true;
        *param = p;
    }

    return found ? API_OK : API_INVALID;
}


static bool
api_media_star(api_span_t s)
{
    return s.len == 1 && *s.data == '*';
}


unsigned
api_media_match(const api_media_t *range, const api_media_t *media)
{
    if (api_media_star(range->type)) {
        return api_media_star(range->subtype) ? 1 : 0;
    }

    if (!api_span_eq_nocase(range->type, media->type)) {
        return 0;
    }

    if (api_media_star(range->subtype)) {
        return 2;
    }

    if (range->subtype.len > 2 && range->subtype.data[0] == '*'
        && range->subtype.data[1] == '+')
    {
        return api_span_eq_nocase(range->suffix, media->suffix) ? 3 : 0;
    }

    return api_span_eq_nocase(range->subtype, media->subtype) ? 4 : 0;
}


bool
api_media_is_json(const api_media_t *media)
{
    if (api_span_eq_nocase(media->suffix, API_SPAN("json"))) {
        return true;
    }

    return api_span_eq_nocase(media->subtype, API_SPAN("json"))
           && (api_span_eq_nocase(media->type, API_SPAN("application"))
               || api_span_eq_nocase(media->type, API_SPAN("text")));
}
