#include "api_openapi_int.h"

/*
 * What is known of the fields of a form is in its schema, through references
 * and allOf, anyOf, oneOf; and in `encoding`.
 */

#define API_OPENAPI_MAX_SHAPES 200

typedef struct {
    api_openapi_load_t *load;
    api_node_t          schema[API_OPENAPI_MAX_SHAPES];
    uint32_t            nschemas;
    api_field_rule_t   *fields;
    uint32_t            n, room;
} api_fields_t;


/* Schemas that are tried on the same value, worked off in order. */

static void
api_openapi_push(api_fields_t *f, api_node_t n)
{
    uint32_t i;

    n = api_openapi_deref(f->load, n);

    for (i = 0; i < f->nschemas; i++) {
        if (f->schema[i].doc == n.doc && f->schema[i].at == n.at) {
            return;
        }
    }

    if (!api_node_ok(n)) {
        return;
    }

    if (f->nschemas == API_OPENAPI_MAX_SHAPES) {
        api_openapi_cannot(f->load, n,
            "the schema of a form is made of more than %d others",
            API_OPENAPI_MAX_SHAPES);
        return;
    }

    f->schema[f->nschemas++] = n;
}


static void
api_openapi_push_all(api_fields_t *f, api_node_t schema)
{
    size_t   i;
    uint32_t k;

    static const char *const lists[] = { "allOf", "anyOf", "oneOf" };
    api_node_t               list;

    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        list = api_node_get(schema, api_span(lists[i], strlen(lists[i])));

        for (k = 0; k < api_node_count(list); k++) {
            api_openapi_push(f, api_node_at(list, k));
        }
    }
}


static api_field_rule_t *
api_openapi_field(api_fields_t *f, api_span_t name)
{
    uint32_t          i, room;
    api_field_rule_t *fields;

    for (i = 0; i < f->n; i++) {
        if (api_span_eq(f->fields[i].param.name, name)) {
            return &f->fields[i];
        }
    }

    if (f->n == f->room) {
        room = f->room ? f->room * 2 : 8;
        fields = api_arena_grow(&f->load->tmp, f->fields,
            f->room * sizeof(*fields), room * sizeof(*fields));

        if (fields == NULL) {
            f->load->rc = API_NOMEM;
            return NULL;
        }

        f->fields = fields;
        f->room = room;
    }

    fields = &f->fields[f->n++];
    memset(fields, 0, sizeof(*fields));
    fields->param.name = api_openapi_copy(f->load, name);
    fields->param.in = API_IN_QUERY;
    fields->param.style = API_STYLE_FORM;
    fields->param.explode = true;
    fields->param.schema = API_SCHEMA_NONE;

    return fields;
}


/* Bytes of a field, or of the elements of one that is an array. */

static void
api_openapi_property(api_fields_t *f, api_span_t name, api_node_t n)
{
    bool              known;
    api_node_t        schema, items;
    api_field_rule_t *field;

    field = api_openapi_field(f, name);

    if (field == NULL) {
        return;
    }

    known = field->param.line != 0;
    schema = api_openapi_deref(f->load, n);
    items = api_node_get(schema, API_SPAN("items"));

    if (!known) {
        field->param.line = api_node_line(n);
        field->many = api_node_ok(items);
        api_openapi_bytes(f->load, field->many ? items : schema,
            &field->binary, &field->measured);
    }
}


/* A name that is required is one that the schema has, also where nothing says
   what it may be. */

static void
api_openapi_required(api_fields_t *f, api_node_t list)
{
    uint32_t   i;
    api_node_t name;

    for (i = 0; i < api_node_count(list); i++) {
        name = api_node_at(list, i);

        if (api_node_is(name, API_JSON_STRING)) {
            api_openapi_field(f, api_node_string(name));
        }
    }
}


static void
api_openapi_content_types(
    api_openapi_load_t *load, api_node_t n, api_field_rule_t *field)
{
    uint32_t       count;
    api_span_t     text, one;
    api_media_t   *types;
    const uint8_t *comma;

    text = api_openapi_copy(load, api_openapi_text(load, n, "contentType"));
    types = api_openapi_new(load, text.len / 2 + 1, sizeof(*types));
    count = 0;

    while (types && text.len) {
        comma = memchr(text.data, ',', text.len);
        one = api_span(
            text.data, comma ? (size_t) (comma - text.data) : text.len);

        if (api_media_parse(&types[count++], one) != API_OK) {
            api_problem_error(load->problems, n,
                "\"contentType\" is a media type, or several with commas");
            return;
        }

        text.data += one.len + (comma != NULL);
        text.len -= one.len + (comma != NULL);
    }

    field->types = types;
    field->ntypes = count;
}


static void
api_openapi_encoding(
    api_fields_t *f, api_node_t n, api_field_rule_t *field, bool multipart)
{
    bool styled;

    api_openapi_known(
        f->load, n, " contentType headers style explode allowReserved ");
    styled = api_node_ok(api_node_get(n, API_SPAN("style")))
             || api_node_ok(api_node_get(n, API_SPAN("explode")))
             || api_node_ok(api_node_get(n, API_SPAN("allowReserved")));

    if (api_node_ok(api_node_get(n, API_SPAN("contentType")))) {
        api_openapi_content_types(f->load, n, field);
    }

    if (styled && !(multipart && f->load->dialect == API_SCHEMA_OAS30)) {
        field->styled = true;
        api_openapi_style(f->load, n, &field->param);
    }

    if (multipart) {
        api_openapi_headers(f->load, n, &field->headers, &field->nheaders);
    }

    /* in a form a content type counts where no style does */

    if (!multipart && !styled && field->ntypes
        && api_media_is_json(&field->types[0]))
    {
        field->param.style = API_STYLE_JSON;
    }
}


void
api_openapi_fields(api_openapi_load_t *load, api_node_t media,
    api_media_rule_t *rule, bool multipart)
{
    char              quoted[API_PROBLEM_QUOTE];
    uint32_t          i, before;
    api_span_t        name;
    api_node_t        value, encoding;
    api_fields_t     *f;
    api_node_iter_t   it;
    api_field_rule_t *made;

    f = api_arena_calloc(&load->tmp, 1, sizeof(*f));

    if (f == NULL) {
        load->rc = API_NOMEM;
        return;
    }

    f->load = load;
    api_openapi_push(f, api_node_get(media, API_SPAN("schema")));

    for (i = 0; i < f->nschemas; i++) {
        api_openapi_push_all(f, f->schema[i]);
        it = api_node_iter(api_node_get(f->schema[i], API_SPAN("properties")));

        while (api_node_next(&it, &name, &value)) {
            api_openapi_property(f, name, value);
        }

        api_openapi_required(
            f, api_node_get(f->schema[i], API_SPAN("required")));
    }

    encoding = api_openapi_object(load, media, "encoding");

    for (it = api_node_iter(encoding); api_node_next(&it, &name, &value);) {
        before = f->n;
        made = api_openapi_field(f, name);

        if (f->n != before) {
            api_problem_warning(load->problems, value,
                "the schema has no property \"%s\"",
                api_problem_quote(name, quoted));
        }

        if (made) {
            api_openapi_encoding(f, value, made, multipart);
        }
    }

    made = api_openapi_new(load, f->n, sizeof(*made));

    if (made && f->n) {
        memcpy(made, f->fields, f->n * sizeof(*made));
    }

    rule->fields = made;
    rule->nfields = made ? f->n : 0;
}
