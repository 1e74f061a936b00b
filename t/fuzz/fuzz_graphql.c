/* Input: a document.  What is taken keeps its limits, and every string in it
   decodes to UTF-8. */

#include "api_graphql.h"
#include "api_utf8.h"
#include "fuzz.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                         rc;
    size_t                      i;
    api_err_t                   err = { 0 };
    api_span_t                  v;
    api_arena_t                 a;
    api_graphql_t               doc;
    const api_graphql_node_t   *n;
    const api_graphql_limits_t *l = &api_graphql_limits_default;

    api_arena_init(&a, &api_alloc_libc, 0, 1 << 23);
    rc = api_graphql_parse(&doc, api_span(data, size), NULL, &a, &err);

    if (rc != API_OK) {
        MUST(err.code > 0 && err.code < API_GRAPHQL_E_NOMEM);
        MUST(err.pos <= size);
        api_arena_free(&a);
        return 0;
    }

    MUST(doc.n <= l->nodes && doc.operations <= l->operations);
    MUST(doc.cost.fields <= l->fields && doc.cost.depth <= l->depth);
    MUST(doc.cost.root >= 1 && doc.cost.root <= doc.cost.fields);

    for (i = 0; i < doc.n; i++) {
        n = &doc.node[i];

        if (n->type == API_GRAPHQL_STRING || n->type == API_GRAPHQL_BLOCK) {
            MUST(api_graphql_string(n, &a, &v) == API_OK);
            MUST(v.len <= n->text.len);
            MUST(api_utf8_valid(v) == v.len);
        }

        if (n->type == API_GRAPHQL_ARGUMENT) {
            MUST(i + 1 < doc.n && doc.node[i + 1].type >= API_GRAPHQL_LIST);
        }
    }

    api_arena_free(&a);

    return 0;
}
