#include "apisec_parts.h"

#include "apisec_sample.h"

#include <stdlib.h>


cJSON *
apisec_sure(cJSON *value)
{
    if (value == NULL) {
        exit(apisec_fail(APISEC_FAILED, "no memory"));
    }

    return value;
}


api_span_t
apisec_span(const char *name)
{
    return api_span(name, strlen(name));
}


const char *
apisec_span_text(api_span_t s)
{
    return apisec_text("%.*s", (int) s.len, (const char *) s.data);
}


api_node_t
apisec_deref(api_docs_t *docs, api_node_t node)
{
    unsigned   n;
    api_err_t  err;
    api_node_t ref;

    for (n = 0; n < 50; n++) {
        ref = api_node_get(node, API_SPAN("$ref"));

        if (!api_node_is(ref, API_JSON_STRING)) {
            return node;
        }

        if (api_docs_resolve(docs, ref, api_node_string(ref), &node, &err)
            != API_OK) {
            break;
        }
    }

    return API_NODE_NONE;
}


static void
add_part(apisec_parts_t *parts, api_node_t schema, unsigned depth)
{
    api_node_t      list, part;
    api_node_iter_t it;

    schema = apisec_deref(parts->docs, schema);

    if (!api_node_ok(schema) || parts->n == APISEC_PARTS_MAX
        || depth > APISEC_PARTS_DEPTH)
    {
        return;
    }

    parts->at[parts->n++] = schema;
    list = api_node_get(schema, API_SPAN("allOf"));

    for (it = api_node_iter(list); api_node_next(&it, NULL, &part);) {
        add_part(parts, part, depth + 1);
    }

    list = api_node_get(schema, API_SPAN("oneOf"));
    add_part(parts, api_node_at(list, 0), depth + 1);
    list = api_node_get(schema, API_SPAN("anyOf"));
    add_part(parts, api_node_at(list, 0), depth + 1);
}


void
apisec_parts(apisec_parts_t *parts, api_docs_t *docs, api_node_t schema)
{
    parts->docs = docs;
    parts->n = 0;
    add_part(parts, schema, 0);
}


api_node_t
apisec_facet(const apisec_parts_t *parts, const char *keyword)
{
    size_t     i;
    api_node_t node;

    for (i = 0; i < parts->n; i++) {
        node = api_node_get(parts->at[i], apisec_span(keyword));

        if (api_node_ok(node)) {
            return node;
        }
    }

    return API_NODE_NONE;
}


bool
apisec_bound(const apisec_parts_t *parts, const char *keyword, int64_t *v)
{
    return api_node_int64(apisec_facet(parts, keyword), v);
}


bool
apisec_is_type(const apisec_parts_t *parts, const char *type)
{
    api_node_t node = apisec_facet(parts, "type");

    if (api_node_is(node, API_JSON_ARRAY)) {
        node = api_node_at(node, 0);
    }

    if (api_node_ok(node)) {
        return api_span_eq(api_node_string(node), apisec_span(type));
    }

    if (api_node_ok(apisec_facet(parts, "properties"))) {
        return strcmp(type, "object") == 0;
    }

    return strcmp(type,
               api_node_ok(apisec_facet(parts, "items")) ? "array" : "string")
           == 0;
}


api_node_t
apisec_property(const apisec_parts_t *parts, api_span_t name)
{
    size_t     i;
    api_node_t node;

    for (i = 0; i < parts->n; i++) {
        node = api_node_get(
            api_node_get(parts->at[i], API_SPAN("properties")), name);

        if (api_node_ok(node)) {
            return node;
        }
    }

    return API_NODE_NONE;
}


static bool
holds(api_span_t s)
{
    return s.len == 0 || memchr(s.data, '\0', s.len) == NULL;
}


static cJSON *
leaf(api_node_t n)
{
    bool b = false;

    if (api_node_is_number(n)) {
        return apisec_sure(
            cJSON_CreateRaw(apisec_span_text(api_node_number(n))));
    }

    if (api_node_is(n, API_JSON_STRING)) {
        return holds(api_node_string(n)) ? apisec_sure(
                   cJSON_CreateString(apisec_span_text(api_node_string(n))))
                                         : NULL;
    }

    return apisec_sure(
        api_node_bool(n, &b) ? cJSON_CreateBool(b) : cJSON_CreateNull());
}


cJSON *
apisec_tree(api_node_t n)
{
    bool            is_object = api_node_is(n, API_JSON_OBJECT);
    cJSON          *made, *item;
    api_span_t      name;
    api_node_t      value;
    api_node_iter_t it;

    if (!is_object && !api_node_is(n, API_JSON_ARRAY)) {
        return leaf(n);
    }

    made = apisec_sure(is_object ? cJSON_CreateObject() : cJSON_CreateArray());

    for (it = api_node_iter(n); api_node_next(&it, &name, &value);) {
        item = !is_object || holds(name) ? apisec_tree(value) : NULL;

        if (item == NULL) {
            cJSON_Delete(made);
            return NULL;
        }

        if (is_object) {
            cJSON_AddItemToObject(made, apisec_span_text(name), item);
        } else {
            cJSON_AddItemToArray(made, item);
        }
    }

    return made;
}
