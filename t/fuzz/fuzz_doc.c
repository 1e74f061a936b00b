/* Input: a document, JSON or YAML.  Every node of one that was read has a line
   in the text and is found again by its pointer. */

#include "api_doc.h"
#include "fuzz.h"


static const api_doc_limits_t limits = { 1 << 20, 1 << 26, 4, 50, 2000 };


static void
check_node(const api_doc_t *doc, api_node_t n, uint32_t lines)
{
    char            buf[900];
    size_t          len;
    api_node_t      again, v;
    api_span_t      name;
    api_node_iter_t it;
    uint32_t        count;

    MUST(api_node_line(n) >= 1 && api_node_line(n) <= lines);

    len = api_node_pointer(n, buf, sizeof(buf));

    if (len < sizeof(buf) - 4) {
        again = api_node_find(api_doc_root(doc), api_span(buf, len));
        MUST(again.doc == n.doc && again.at == n.at);
    }

    count = 0;

    for (it = api_node_iter(n); api_node_next(&it, &name, &v);) {
        MUST(v.at > n.at);
        MUST(api_span_eq(name, api_node_name(v)));
        count++;
    }

    MUST(count == api_node_count(n));
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t           i;
    uint32_t         n, lines;
    api_err_t        err;
    api_docs_t      *docs;
    const api_doc_t *doc;
    api_docs_opts_t  opts = { &limits, NULL, { 5, 6 }, false };

    MUST(api_docs_create(&docs, &opts, &api_alloc_libc) == API_OK);
    memset(&err, 0, sizeof(err));

    /* YAML has more ways to end a line */

    for (i = 0, lines = 2; i < size; i++) {
        lines += data[i] == '\n' || data[i] == '\r' || data[i] >= 0x80;
    }

    if (api_docs_add(docs, API_SPAN("d"), api_span(data, size), &doc, &err)
        == API_OK)
    {
        for (n = 0; n < api_doc_json(doc)->ntok; n++) {
            if (api_doc_json(doc)->tok[n].type != API_JSON_NAME) {
                check_node(doc, (api_node_t){ doc, n }, lines);
            }
        }

    } else {
        MUST(err.code > API_DOC_E_NONE && err.code < API_DOC_NERRORS);
        MUST(err.text[0]);
    }

    api_docs_free(docs);

    return 0;
}
