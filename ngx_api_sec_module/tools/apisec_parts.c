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
