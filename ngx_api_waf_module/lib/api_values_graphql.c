/* Arguments and strings of a GraphQL document. */

#include "api_values_int.h"

#include "api_graphql.h"


static void
graphql_value(api_values_t *b, api_waf_var_t var,
    const api_graphql_node_t *node, api_span_t name)
{
    uint8_t         *p;
    api_span_t       value = node->text;
    const api_span_t prefix = API_SPAN("graphql.");

    if (node->type == API_GRAPHQL_STRING || node->type == API_GRAPHQL_BLOCK) {
        if (api_graphql_string(node, b->arena, &value) != API_OK) {
            b->nomem = true;
            return;
        }
    }

    p = api_arena_alloc(b->arena, name.len + 8);
    if (p == NULL) {
        b->nomem = true;
        return;
    }

    memcpy(p, prefix.data, prefix.len);
    if (name.len) {
        memcpy(p + 8, name.data, name.len);
    }

    api_values_arg(b, var, api_span(p, name.len + 8), value);
}


bool
api_values_graphql(api_values_t *b, api_waf_var_t var, api_span_t text)
{
    int           rc;
    uint32_t      i;
    api_err_t     err;
    api_span_t    name = { NULL, 0 };
    api_graphql_t doc;

    rc = api_graphql_parse(&doc, text, NULL, b->arena, &err);

    if (rc != API_OK) {
        b->nomem |= rc == API_NOMEM;
        return false;
    }

    for (i = 0; i < doc.n && !b->over && !b->nomem; i++) {
        switch (doc.node[i].type) {

        case API_GRAPHQL_VARIABLE:
        case API_GRAPHQL_ARGUMENT:
        case API_GRAPHQL_MEMBER:
            name = doc.node[i].name;
            break;

        case API_GRAPHQL_INT:
        case API_GRAPHQL_FLOAT:
        case API_GRAPHQL_STRING:
        case API_GRAPHQL_BLOCK:
        case API_GRAPHQL_ENUM:
            graphql_value(b, var, &doc.node[i], name);
            break;

        default:
            break;
        }
    }

    return true;
}
