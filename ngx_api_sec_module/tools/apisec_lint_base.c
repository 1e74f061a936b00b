/*
 * What was found before: fingerprints of findings, and files that hold them.
 */

#include "apisec_lint.h"

#include "api_doc.h"
#include "api_siphash.h"

#include <inttypes.h>


#define BASELINE_MAX (64 * 1024 * 1024)
#define MARK "apisec/v1"


/* Of what stays when lines and folders move: the check, the name of the file,
   and whom it is about. */

void
apisec_lint_fingerprint(const api_lint_finding_t *f, char out[17])
{
    char        *text;
    size_t       i, name = 0;
    api_sipkey_t key;

    memset(&key, 0, sizeof(key));

    for (i = 0; i < f->file.len; i++) {
        name = f->file.data[i] == '/' ? i + 1 : name;
    }

    text = apisec_text("%s\n%.*s\n%.*s", f->check->id,
        (int) (f->file.len - name), (const char *) f->file.data + name,
        (int) f->subject.len, (const char *) f->subject.data);

    snprintf(out, 17, "%016" PRIx64, api_siphash24(key, apisec_span(text)));
}


static void
mark(api_lint_t *lint, api_span_t print)
{
    char                own[17];
    api_lint_finding_t *f;

    for (f = lint->first; f; f = f->next) {
        apisec_lint_fingerprint(f, own);
        f->old |= api_span_eq(print, api_span(own, 16));
    }
}


int
apisec_lint_baseline(const char *path, api_lint_t *lint)
{
    int              rc;
    api_err_t        err;
    api_docs_t      *docs;
    api_node_t       runs, result;
    api_span_t       text;
    api_docs_opts_t  opts = { 0 };
    api_node_iter_t  it;
    const api_doc_t *doc;

    rc = apisec_read(path, BASELINE_MAX, &text);
    if (rc != APISEC_OK) {
        return rc;
    }

    apisec_random(&opts.seed, sizeof(opts.seed));

    if (api_docs_create(&docs, &opts, &api_alloc_libc) != API_OK) {
        return apisec_fail(APISEC_FAILED, "no memory");
    }

    if (api_docs_add(docs, API_SPAN("baseline.json"), text, &doc, &err)
        != API_OK) {
        api_docs_free(docs);
        return apisec_fail(APISEC_FAILED, "%s: %s", path, err.text);
    }

    runs = api_node_get(api_doc_root(doc), API_SPAN("runs"));

    if (!api_node_is(runs, API_JSON_ARRAY)) {
        api_docs_free(docs);
        return apisec_fail(APISEC_FAILED,
            "%s: not SARIF: a baseline is what --format sarif has written",
            path);
    }

    it =
        api_node_iter(api_node_get(api_node_at(runs, 0), API_SPAN("results")));

    while (api_node_next(&it, NULL, &result)) {
        mark(lint, api_node_string(api_node_get(
                       api_node_get(result, API_SPAN("partialFingerprints")),
                       API_SPAN(MARK))));
    }

    api_docs_free(docs);

    return APISEC_OK;
}
