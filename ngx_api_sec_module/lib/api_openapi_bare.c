#include "api_openapi_int.h"

#include <string.h>


/* Bodies of JSON and nothing else: all of these lead to the one schema. */

static const api_span_t bare_types[] = {
    { (const uint8_t *) "application/json", 16 },
    { (const uint8_t *) "text/json", 9 },
    { (const uint8_t *) "application/*+json", 18 },
};

#define BARE_TYPES (sizeof(bare_types) / sizeof(bare_types[0]))


typedef struct {
    api_operation_t         op;
    api_op_rules_t          rules;
    api_body_rule_t         body;
    api_media_rule_t        media[BARE_TYPES];
    const api_media_rule_t *list[BARE_TYPES];
} api_bare_t;


static api_operation_t *
api_bare_operation(api_openapi_t *spec, uint32_t entry, bool required)
{
    size_t      i;
    api_bare_t *b;

    b = api_arena_calloc(&spec->arena, 1, sizeof(*b));

    if (b == NULL) {
        return NULL;
    }

    for (i = 0; i < BARE_TYPES; i++) {
        (void) api_media_parse(&b->media[i].range, bare_types[i]);
        b->media[i].schema = entry;
        b->media[i].types = API_SCHEMA_T_ANY;
        b->list[i] = &b->media[i];
    }

    b->body.required = required;
    b->body.media = b->list;
    b->body.nmedia = BARE_TYPES;
    b->rules.body = &b->body;
    b->op.id = required ? API_SPAN("with a body") : API_SPAN("any");
    b->op.index = required;
    b->op.has_body = true;
    b->op.rules = &b->rules;

    return &b->op;
}


static int
api_bare_load(api_openapi_t *spec, api_docs_t *docs, const api_doc_t *doc,
    api_schema_dialect_t dialect, const api_openapi_opts_t *opts,
    api_problems_t *problems)
{
    int                 rc;
    uint32_t            entry;
    api_schema_opts_t   how = { .strict = opts && opts->strict };
    api_schema_build_t *build;

    rc = api_schema_build(&build, docs, &how, problems, spec->alloc);

    if (rc != API_OK) {
        return rc;
    }

    rc = api_schema_add(build, api_doc_root(doc), dialect, &entry);

    if (rc != API_OK) {
        api_schema_drop(build);
        return rc;
    }

    rc = api_schema_finish(build, &spec->schema);

    if (rc != API_OK) {
        return rc;
    }

    spec->ops = api_arena_calloc(&spec->arena, 2, sizeof(void *));

    if (spec->ops == NULL) {
        return API_NOMEM;
    }

    spec->ops[0] = api_bare_operation(spec, entry, false);
    spec->ops[1] = api_bare_operation(spec, entry, true);
    spec->nops = 2;

    return spec->ops[0] == NULL || spec->ops[1] == NULL ? API_NOMEM
           : problems->nomem                            ? API_NOMEM
                                                        : API_OK;
}


int
api_openapi_bare(api_openapi_t **out, api_docs_t *docs, const api_doc_t *doc,
    api_schema_dialect_t dialect, const api_openapi_opts_t *opts,
    api_problems_t *problems, const api_alloc_t *alloc)
{
    int            rc;
    api_openapi_t *spec;

    spec = alloc->alloc(alloc->ctx, sizeof(*spec));

    if (spec == NULL) {
        return API_NOMEM;
    }

    memset(spec, 0, sizeof(*spec));
    spec->alloc = alloc;
    spec->seed = api_docs_seed(docs);
    spec->title = API_SPAN("");
    spec->version = API_SPAN("");
    api_arena_init(&spec->arena, alloc, 0, 0);

    rc = api_router_create(&spec->router, alloc);
    rc = rc == API_OK ? api_bare_load(spec, docs, doc, dialect, opts, problems)
                      : rc;

    if (rc != API_OK) {
        api_openapi_free(spec);
        return rc;
    }

    *out = spec;

    return API_OK;
}
