#include "apisec_schema.h"

#include <stdlib.h>


#define SPEC_MAX (64 * 1024 * 1024)
#define SPEC_PROBLEMS 100


/* Where a link leads counts, as for nginx. */

static int
load(void *ctx, api_span_t name, api_span_t *text, api_err_t *err)
{
    char       *path;
    size_t      len;
    const char *root = ctx;

    path = realpath(
        apisec_text("%s/%.*s", root, (int) name.len, (const char *) name.data),
        NULL);

    if (path == NULL) {
        return api_fail(err, API_INVALID, API_DOC_E_LOAD, 0, "no such file");
    }

    len = strlen(root);

    if (strncmp(path, root, len) != 0 || path[len] != '/') {
        free(path);
        return api_fail(err, API_INVALID, API_DOC_E_OUTSIDE, 0,
            "a link leads out of the root");
    }

    if (apisec_read(path, SPEC_MAX, text) != APISEC_OK) {
        free(path);
        return api_fail(err, API_INVALID, API_DOC_E_LOAD, 0, "cannot be read");
    }

    free(path);

    return API_OK;
}


/* The document's name below the root. */

static int
name_of(const char *path, const char *root, const char **name)
{
    char  *real = realpath(path, NULL);
    size_t len;

    if (real == NULL) {
        return apisec_fail(APISEC_FAILED, "%s: no such file", path);
    }

    if (root == NULL) {
        *name = apisec_text("%s", strrchr(real, '/') + 1);
        free(real);
        return APISEC_OK;
    }

    len = strlen(root);

    if (strncmp(real, root, len) != 0 || real[len] != '/') {
        free(real);
        return apisec_fail(
            APISEC_USAGE, "%s: not below the root %s", path, root);
    }

    *name = apisec_text("%s", real + len + 1);
    free(real);

    return APISEC_OK;
}


static void
report(const api_problems_t *problems)
{
    char                 line[1024];
    const api_problem_t *p;

    for (p = problems->first; p; p = p->next) {
        api_problem_print(p, line, sizeof(line));
        fprintf(stderr, "%s: %s\n", p->warning ? "warning" : "error", line);
    }
}


static int
compile(api_docs_t *docs, const api_doc_t *doc, const apisec_spec_t *how,
    api_openapi_t **spec)
{
    int                rc;
    api_problems_t     problems;
    api_openapi_opts_t opts = { 0 };

    opts.strict = how->strict;
    opts.lenient = how->lenient;

    if (how->base) {
        opts.base = api_span(how->base, strlen(how->base));
        opts.base.len = opts.base.len > 1 ? opts.base.len : 0;
    }

    api_problems_init(&problems, apisec_arena(), SPEC_PROBLEMS);
    rc = api_openapi_compile(
        spec, docs, doc, &opts, &problems, &api_alloc_libc);
    report(&problems);

    if (rc == API_OK) {
        return APISEC_OK;
    }

    return problems.errors
               ? apisec_fail(APISEC_NO, "%u errors, %u warnings",
                   problems.errors, problems.warnings)
               : apisec_fail(APISEC_FAILED, "too large, or no memory");
}


int
apisec_spec(const char *path, const apisec_spec_t *how, api_openapi_t **spec)
{
    int              rc;
    api_docs_t      *docs = NULL;
    const api_doc_t *doc;

    rc = apisec_spec_open(path, how, &docs, &doc);

    if (rc == APISEC_OK) {
        rc = compile(docs, doc, how, spec);
    }

    api_docs_free(docs);

    return rc;
}


int
apisec_spec_compile(api_docs_t *docs, const api_doc_t *doc,
    const apisec_spec_t *how, api_openapi_t **spec)
{
    return compile(docs, doc, how, spec);
}


int
apisec_spec_open(const char *path, const apisec_spec_t *how, api_docs_t **out,
    const api_doc_t **doc)
{
    int              rc;
    char            *root = NULL;
    api_err_t        err;
    api_span_t       text;
    const char      *name = NULL;
    api_docs_t      *docs;
    api_docs_opts_t  opts = { 0 };
    api_doc_loader_t loader = { .load = load };

    *out = NULL;

    if (how->root) {
        root = realpath(how->root, NULL);

        if (root == NULL) {
            return apisec_fail(APISEC_FAILED, "%s: no such folder", how->root);
        }

        loader.ctx = apisec_text("%s", root);
        opts.loader = &loader;
    }

    apisec_random(&opts.seed, sizeof(opts.seed));

    rc = name_of(path, root, &name);

    if (rc == APISEC_OK) {
        rc = apisec_read(path, SPEC_MAX, &text);
    }

    if (rc != APISEC_OK
        || api_docs_create(&docs, &opts, &api_alloc_libc) != API_OK)
    {
        free(root);
        return rc == APISEC_OK ? apisec_fail(APISEC_FAILED, "no memory") : rc;
    }

    if (api_docs_add(docs, api_span(name, strlen(name)), text, doc, &err)
        == API_OK)
    {
        *out = docs;

    } else {
        rc = apisec_fail(APISEC_NO, "%s: %s", path, err.text);
        api_docs_free(docs);
    }

    free(root);

    return rc;
}
