#include "api_openapi_int.h"

#include "api_value.h"


static bool
api_openapi_is_xml(const api_media_t *media)
{
    return api_span_eq_nocase(media->subtype, API_SPAN("xml"))
           || api_span_eq_nocase(media->suffix, API_SPAN("xml"));
}


static bool
api_openapi_is_type(const api_media_t *media, const char *essence)
{
    return api_span_eq_nocase(
        media->essence, api_span(essence, strlen(essence)));
}


static void
api_openapi_fit_later(
    api_openapi_load_t *load, api_media_rule_t *rule, api_node_t n)
{
    api_check_t *check;

    check = api_arena_calloc(&load->tmp, 1, sizeof(*check));

    if (check == NULL) {
        load->rc = API_NOMEM;
        return;
    }

    check->media = rule;
    check->node = n;
    check->next = load->checks;
    load->checks = check;
}


static const api_media_rule_t *
api_openapi_media(api_openapi_load_t *load, api_node_t n, api_span_t name)
{
    api_node_t        schema;
    api_media_rule_t *rule;

    rule = api_openapi_made(load, n, API_MEMO_MEDIA);

    if (rule) {
        return rule;
    }

    rule = api_openapi_new(load, 1, sizeof(*rule));
    name = api_openapi_copy(load, name);

    if (rule == NULL || name.data == NULL) {
        return NULL;
    }

    if (api_media_parse(&rule->range, name) != API_OK) {
        api_problem_error(load->problems, n,
            "no media type or range; write \"application/json\"");
        return NULL;
    }

    api_openapi_known(load, n, " schema example examples encoding ");
    schema = api_node_get(n, API_SPAN("schema"));

    if (api_openapi_is_xml(&rule->range) && api_node_count(schema)) {
        api_openapi_cannot(load, n,
            "XML is not checked against a schema; leave the media type or "
            "its schema out");
        schema = API_NODE_NONE;
    }

    rule->schema = api_openapi_schema(load, schema);
    api_openapi_bytes(load, schema, &rule->binary, &rule->measured);

    if (api_openapi_is_type(&rule->range, "application/x-www-form-urlencoded"))
    {
        api_openapi_fields(load, n, rule, false);

    } else if (api_span_eq_nocase(rule->range.type, API_SPAN("multipart"))) {
        api_openapi_fields(load, n, rule, true);

    } else if (api_node_count(api_node_get(n, API_SPAN("encoding")))) {
        api_problem_warning(load->problems, n,
            "\"encoding\" means something in forms and multipart bodies only");
    }

    api_openapi_fit_later(load, rule, n);
    api_openapi_remember(load, n, API_MEMO_MEDIA, rule);

    return rule;
}


/* The one before it with the same type; NULL: none. */

static const api_media_rule_t *
api_openapi_is_there(const api_media_rule_t *const *list, uint32_t n,
    const api_media_rule_t *rule)
{
    uint32_t i;

    for (i = 0; i < n; i++) {
        if (api_span_eq_nocase(list[i]->range.essence, rule->range.essence)) {
            return list[i];
        }
    }

    return NULL;
}


/* application/json and application/json;stream=watch, of which the document
   says the same. */

static bool
api_openapi_says_same(api_openapi_load_t *load, api_node_t content,
    const api_media_rule_t *rule, api_node_t n)
{
    bool             same = false;
    api_span_t       name;
    api_node_t       first;
    api_media_t      media;
    api_node_iter_t  it;
    api_value_work_t work = { 1, UINT32_MAX, &load->tmp };

    for (it = api_node_iter(content); api_node_next(&it, &name, &first);) {
        if (api_media_parse(&media, name) == API_OK
            && api_span_eq_nocase(media.essence, rule->range.essence))
        {
            break;
        }
    }

    if (api_value_equal(&work, api_doc_json(first.doc), first.at,
            api_doc_json(n.doc), n.at, &same)
        == API_NOMEM)
    {
        load->rc = API_NOMEM;
    }

    return same;
}


void
api_openapi_content(api_openapi_load_t *load, api_node_t n,
    const api_media_rule_t ***list, uint32_t *count)
{
    api_node_t               content, value;
    api_span_t               name;
    api_node_iter_t          it;
    const api_media_rule_t **made, *rule, *first;

    *list = NULL;
    *count = 0;
    content = api_openapi_object(load, n, "content");

    if (api_node_count(content) == 0) {
        return;
    }

    made = api_openapi_new(load, api_node_count(content), sizeof(void *));

    for (it = api_node_iter(content);
         made && api_node_next(&it, &name, &value);) {
        rule = api_openapi_media(load, value, name);

        if (rule == NULL) {
            continue;
        }

        first = api_openapi_is_there(made, *count, rule);

        if (first && api_openapi_says_same(load, content, first, value)) {
            continue;
        }

        if (first) {
            api_openapi_cannot(load, value,
                "this media type stands there already: parameters and case "
                "are no difference");
        }

        made[(*count)++] = rule;
    }

    *list = made;
}


const api_body_rule_t *
api_openapi_body(api_openapi_load_t *load, api_node_t n)
{
    api_body_rule_t *body;

    n = api_openapi_deref(load, n);

    if (!api_node_ok(n)) {
        return NULL;
    }

    body = api_openapi_made(load, n, API_MEMO_BODY);

    if (body) {
        return body;
    }

    body = api_openapi_new(load, 1, sizeof(*body));

    if (body == NULL) {
        return NULL;
    }

    api_openapi_known(load, n, " description content required ");
    body->required = api_openapi_flag(load, n, "required", false);
    api_openapi_content(load, n, &body->media, &body->nmedia);

    if (body->nmedia == 0) {
        api_problem_error(load->problems, n,
            "a requestBody has \"content\" with at least one media type");
    }

    api_openapi_remember(load, n, API_MEMO_BODY, body);

    return body;
}


/* "200", "2XX", "default" */

static bool
api_openapi_status(api_span_t s, unsigned *from, unsigned *to)
{
    const uint8_t *p;

    *from = 0;
    *to = 999;

    if (api_span_eq(s, API_SPAN("default"))) {
        return true;
    }

    p = s.data;

    if (s.len != 3 || p[0] < '1' || p[0] > '5') {
        return false;
    }

    *from = (p[0] - '0') * 100u;

    if (p[1] == 'X' && p[2] == 'X') {
        *to = *from + 99;
        return true;
    }

    if (p[1] < '0' || p[1] > '9' || p[2] < '0' || p[2] > '9') {
        return false;
    }

    *from += (p[1] - '0') * 10u + (p[2] - '0');
    *to = *from;

    return true;
}


/* Responses are shared; a status is not, so the rule is copied for each. */

const api_response_rule_t *
api_openapi_response(api_openapi_load_t *load, api_node_t n, api_span_t status)
{
    char                 quoted[API_PROBLEM_QUOTE];
    api_node_t           from;
    api_response_rule_t *made, *rule;

    from = n;
    n = api_openapi_deref(load, n);

    if (!api_node_ok(n)) {
        return NULL;
    }

    rule = api_openapi_new(load, 1, sizeof(*rule));
    made = api_openapi_made(load, n, API_MEMO_RESPONSE);

    if (rule == NULL) {
        return NULL;
    }

    if (made) {
        *rule = *made;

    } else {
        api_openapi_known(load, n, " description headers content links ");
        api_openapi_content(load, n, &rule->media, &rule->nmedia);
        api_openapi_headers(load, n, &rule->headers, &rule->nheaders);
        api_openapi_remember(load, n, API_MEMO_RESPONSE, rule);
    }

    if (!api_openapi_status(status, &rule->from, &rule->to)) {
        api_problem_error(load->problems, from,
            "\"%s\" is no status; write \"200\", \"2XX\" or \"default\"",
            api_problem_quote(status, quoted));
    }

    return rule;
}


/* Has the schema more to say of a string of bytes than what it is called? */

static bool
api_openapi_measures(api_node_t n)
{
    api_span_t      name;
    api_node_t      value;
    api_node_iter_t it;

    static const char quiet[] =
        " type format title description example examples nullable "
        "contentMediaType contentEncoding deprecated readOnly writeOnly "
        "default externalDocs xml ";

    for (it = api_node_iter(n); api_node_next(&it, &name, &value);) {
        char   word[32];
        size_t len;

        if (name.len >= 2 && memcmp(name.data, "x-", 2) == 0) {
            continue;
        }

        if (name.len > sizeof(word) - 3) {
            return true;
        }

        len = name.len;
        word[0] = ' ';
        memcpy(word + 1, name.data, len);
        word[len + 1] = ' ';
        word[len + 2] = '\0';

        if (strstr(quiet, word) == NULL) {
            return true;
        }
    }

    return false;
}


void
api_openapi_bytes(
    api_openapi_load_t *load, api_node_t n, bool *binary, bool *measured)
{
    api_span_t format;

    *binary = false;
    *measured = false;
    n = api_node_ok(n) ? api_openapi_deref(load, n) : n;
    format = api_node_string(api_node_get(n, API_SPAN("format")));

    /* 3.1: no type, or contentMediaType without contentEncoding */

    if (api_span_eq(format, API_SPAN("binary"))
        || (api_node_ok(api_node_get(n, API_SPAN("contentMediaType")))
            && !api_node_ok(api_node_get(n, API_SPAN("contentEncoding")))))
    {
        *binary = true;
        *measured = api_openapi_measures(n);
    }
}
