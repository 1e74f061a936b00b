#include "api_openapi_int.h"

#include "api_token.h"


static const char *const api_in_names[] = { "path", "query", "header",
    "cookie", "body" };

static const char *const api_style_names[API_NSTYLES] = { "simple", "label",
    "matrix", "form", "spaceDelimited", "pipeDelimited", "deepObject", "",
    "" };

/* Styles that each place may have (OpenAPI 3.1 section 4.8.12.3). */

static const uint8_t api_style_in[] = {
    [API_IN_PATH] =
        1 << API_STYLE_SIMPLE | 1 << API_STYLE_LABEL | 1 << API_STYLE_MATRIX,
    [API_IN_QUERY] = 1 << API_STYLE_FORM | 1 << API_STYLE_SPACE
                     | 1 << API_STYLE_PIPE | 1 << API_STYLE_DEEP,
    [API_IN_HEADER] = 1 << API_STYLE_SIMPLE,
    [API_IN_COOKIE] = 1 << API_STYLE_FORM,
};


const char *
api_in_name(unsigned in)
{
    return in <= API_IN_BODY ? api_in_names[in] : "unknown";
}


static bool
api_openapi_same(api_span_t s, const char *word)
{
    return s.len == strlen(word) && memcmp(s.data, word, s.len) == 0;
}


void
api_openapi_style(api_openapi_load_t *load, api_node_t n, api_param_t *param)
{
    bool       form;
    unsigned   style;
    api_span_t text;

    form = param->in == API_IN_QUERY || param->in == API_IN_COOKIE;
    param->style = form ? API_STYLE_FORM : API_STYLE_SIMPLE;
    text = api_openapi_text(load, n, "style");

    if (text.len) {
        for (style = 0; style <= API_STYLE_DEEP; style++) {
            if (api_openapi_same(text, api_style_names[style])) {
                break;
            }
        }

        if (style > API_STYLE_DEEP || !(api_style_in[param->in] & 1u << style))
        {
            api_problem_error(load->problems, n,
                "no such \"style\" in a %s; leave it out for \"%s\"",
                api_in_name(param->in), api_style_names[param->style]);

        } else {
            param->style = (uint8_t) style;
        }
    }

    param->explode = api_openapi_flag(load, n, "explode",
        param->style == API_STYLE_FORM || param->style == API_STYLE_DEEP);
    param->reserved = api_openapi_flag(load, n, "allowReserved", false);
}


static void
api_openapi_later(api_openapi_load_t *load, api_param_t *param, api_node_t n)
{
    api_check_t *check;

    check = api_arena_calloc(&load->tmp, 1, sizeof(*check));

    if (check == NULL) {
        load->rc = API_NOMEM;
        return;
    }

    check->param = param;
    check->node = n;
    check->next = load->checks;
    load->checks = check;
}


/* The one media type of `content`. */

static void
api_openapi_param_content(
    api_openapi_load_t *load, api_node_t content, api_param_t *param)
{
    api_span_t      name;
    api_node_t      value;
    api_media_t     media;
    api_node_iter_t it;

    it = api_node_iter(content);

    if (api_node_count(content) != 1 || !api_node_next(&it, &name, &value)) {
        api_problem_error(load->problems, content,
            "the \"content\" of a parameter has exactly one media type");
        return;
    }

    value = api_openapi_deref(load, value);
    param->schema =
        api_openapi_schema(load, api_node_get(value, API_SPAN("schema")));

    if (api_media_parse(&media, name) != API_OK) {
        api_problem_error(load->problems, value, "no media type");

    } else if (api_media_is_json(&media)) {
        param->style = API_STYLE_JSON;

    } else if (api_span_eq_nocase(media.type, API_SPAN("text"))) {
        param->style = API_STYLE_TEXT;

    } else {
        param->style = API_STYLE_TEXT;
        param->schema = API_SCHEMA_NONE;
        api_openapi_cannot(load, value,
            "a parameter of this media type cannot be checked; JSON and "
            "text can");
    }
}


/* schema and style, or content. */

static void
api_openapi_param_value(
    api_openapi_load_t *load, api_node_t n, api_param_t *param)
{
    api_node_t schema, content;

    schema = api_node_get(n, API_SPAN("schema"));
    content = api_openapi_object(load, n, "content");
    param->schema = API_SCHEMA_NONE;

    if (api_node_ok(content)) {
        if (api_node_ok(schema)) {
            api_problem_error(load->problems, n,
                "a parameter has \"schema\" or \"content\", not both");
        }

        api_openapi_param_content(load, content, param);

    } else {
        api_openapi_style(load, n, param);

        if (!api_node_ok(schema)) {
            api_openapi_cannot(load, n,
                "neither \"schema\" nor \"content\": nothing says what the "
                "value may be; write \"schema\": {} if that is meant");
        }

        param->schema = api_openapi_schema(load, schema);
    }

    api_openapi_later(load, param, n);
}


static bool
api_openapi_param_in(
    api_openapi_load_t *load, api_node_t n, api_param_t *param)
{
    unsigned   in;
    api_span_t text;

    text = api_openapi_text(load, n, "in");

    for (in = API_IN_PATH; in <= API_IN_COOKIE; in++) {
        if (api_openapi_same(text, api_in_names[in])) {
            param->in = (api_in_t) in;
            return true;
        }
    }

    api_problem_error(load->problems, n,
        "the \"in\" of a parameter is path, query, header or cookie");

    return false;
}


static void
api_openapi_param_name(
    api_openapi_load_t *load, api_node_t n, api_param_t *param)
{
    param->name = api_openapi_copy(load, api_openapi_text(load, n, "name"));

    if (param->name.len == 0) {
        api_problem_error(load->problems, n, "a parameter has a \"name\"");

    } else if ((param->in == API_IN_HEADER || param->in == API_IN_COOKIE)
               && !api_token_is(param->name))
    {
        api_problem_error(load->problems, n,
            "the name of a %s is made of the letters, digits and signs of a "
            "token",
            api_in_name(param->in));
    }
}


const api_param_t *
api_openapi_param(api_openapi_load_t *load, api_node_t n)
{
    api_param_t *param;

    n = api_openapi_deref(load, n);

    if (!api_node_ok(n)) {
        return NULL;
    }

    param = api_openapi_made(load, n, API_MEMO_PARAM);

    if (param) {
        return param;
    }

    param = api_openapi_new(load, 1, sizeof(*param));

    if (param == NULL || !api_openapi_param_in(load, n, param)) {
        return NULL;
    }

    api_openapi_known(load, n,
        " name in description required deprecated allowEmptyValue style "
        "explode allowReserved schema example examples content ");
    api_openapi_param_name(load, n, param);
    param->line = api_node_line(n);
    param->required = api_openapi_flag(load, n, "required", false);
    param->empty = param->in == API_IN_QUERY
                   && api_openapi_flag(load, n, "allowEmptyValue", false);

    if (param->in == API_IN_PATH && !param->required) {
        api_openapi_cannot(load, n,
            "a path parameter is always there; write \"required\": true");
        param->required = true;
    }

    api_openapi_param_value(load, n, param);
    api_openapi_remember(load, n, API_MEMO_PARAM, param);

    return param;
}


const api_param_t *
api_openapi_header(api_openapi_load_t *load, api_node_t n, api_span_t name)
{
    api_node_t   from;
    api_param_t *param;

    from = n;
    param = api_openapi_made(load, from, API_MEMO_HEADER);

    if (param) {
        return param;
    }

    n = api_openapi_deref(load, n);
    param = api_node_ok(n) ? api_openapi_new(load, 1, sizeof(*param)) : NULL;

    if (param == NULL) {
        return NULL;
    }

    api_openapi_known(load, n,
        " description required deprecated allowEmptyValue style explode "
        "allowReserved schema example examples content ");
    param->in = API_IN_HEADER;
    param->name = api_openapi_copy(load, name);
    param->line = api_node_line(n);
    param->required = api_openapi_flag(load, n, "required", false);
    api_openapi_param_value(load, n, param);
    api_openapi_remember(load, from, API_MEMO_HEADER, param);

    return param;
}


void
api_openapi_headers(api_openapi_load_t *load, api_node_t n,
    const api_param_t ***list, uint32_t *count)
{
    api_node_t          headers, value;
    api_span_t          name;
    api_node_iter_t     it;
    const api_param_t **made, *param;

    *list = NULL;
    *count = 0;
    headers = api_openapi_object(load, n, "headers");

    if (api_node_count(headers) == 0) {
        return;
    }

    made = api_openapi_new(load, api_node_count(headers), sizeof(void *));

    for (it = api_node_iter(headers);
         made && api_node_next(&it, &name, &value);) {
        /* the specification has it ignored: `content` says it */

        if (api_span_eq_nocase(name, API_SPAN("content-type"))) {
            continue;
        }

        param = api_openapi_header(load, value, name);

        if (param) {
            made[(*count)++] = param;
        }
    }

    *list = made;
}
