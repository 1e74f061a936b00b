#include "schema_ut.h"


const api_sipkey_t schema_seed = { 31, 32 };


int
schema_compile(schema_ut_t *p, const char *text, const char *pointer,
    api_schema_dialect_t dialect, bool strict, const api_alloc_t *alloc)
{
    int                 rc;
    api_err_t           err;
    const api_doc_t    *doc;
    api_docs_opts_t     docs_opts = { NULL, NULL, schema_seed, false };
    api_schema_opts_t   opts = { false, strict };
    api_schema_build_t *build;

    memset(p, 0, sizeof(*p));
    api_arena_init(&p->arena, alloc, 0, 0);
    api_problems_init(&p->problems, &p->arena, 10);

    rc = api_docs_create(&p->docs, &docs_opts, alloc);

    if (rc == API_OK) {
        rc = api_docs_add(p->docs, API_SPAN("d.yaml"),
            api_span(text, strlen(text)), &doc, &err);
    }

    if (rc == API_OK) {
        rc = api_schema_build(&build, p->docs, &opts, &p->problems, alloc);
    }

    if (rc != API_OK) {
        return rc;
    }

    rc = api_schema_add(build,
        api_node_find(api_doc_root(doc), api_span(pointer, strlen(pointer))),
        dialect, &p->entry);

    if (rc != API_OK) {
        api_schema_drop(build);
        return rc;
    }

    return api_schema_finish(build, &p->schema);
}


void
schema_destroy(schema_ut_t *p)
{
    api_schema_free(p->schema);
    api_docs_free(p->docs);
    api_arena_free(&p->arena);
}
