#include "api_schema_build.h"
#include "api_uri.h"


static const api_resource_t *
ref_at(const api_schema_build_t *b, uint32_t i)
{
    return API_VEC(b->resources, api_resource_t, i);
}


static void
ref_problem(api_schema_build_t *b, api_node_t at, const api_err_t *err)
{
    api_problem_error(b->problems, at, "%s", err->text);
}


/* The resource of that uri: one that is known, or the root of a document. */

static bool
ref_resource(api_schema_build_t *b, uint32_t from, api_node_t at,
    api_span_t uri, uint32_t *resource)
{
    int              rc;
    uint32_t         i;
    api_err_t        err;
    const api_doc_t *doc;

    for (i = 0; i < b->resources.n; i++) {
        if (api_span_eq(ref_at(b, i)->uri, uri)) {
            *resource = i;
            return true;
        }
    }

    rc = api_docs_load(b->docs, uri, &doc, &err);

    if (rc == API_NOMEM) {
        b->rc = API_NOMEM;
        return false;
    }

    if (rc != API_OK) {
        ref_problem(b, at, &err);
        return false;
    }

    *resource = api_scan_resource(
        b, api_doc_root(doc), ref_at(b, from)->dialect.dialect);

    return b->rc == API_OK;
}


static const api_named_t *
ref_named(const api_schema_build_t *b, uint32_t resource, api_span_t name)
{
    uint32_t           i;
    const api_named_t *n, *found;

    found = NULL;

    for (i = 0; i < b->named.n; i++) {
        n = API_VEC(b->named, api_named_t, i);

        if (n->resource == resource && api_span_eq(n->name, name)
            && (found == NULL || n->dynamic))
        {
            found = n;
        }
    }

    return found;
}


/* The fragment in the resource: nothing, a pointer, or a name. */

static bool
ref_fragment(api_schema_build_t *b, uint32_t resource, api_node_t at,
    api_span_t fragment, api_node_t *n, const api_named_t **named)
{
    int rc;

    *n = ref_at(b, resource)->root;
    *named = NULL;

    if (fragment.len == 0) {
        return true;
    }

    rc = api_uri_decode(fragment, &b->arena, &fragment);

    if (rc == API_NOMEM) {
        b->rc = API_NOMEM;
        return false;
    }

    if (rc == API_OK && fragment.len && fragment.data[0] == '/') {
        *n = api_node_find(*n, fragment);

    } else {
        *named = rc == API_OK ? ref_named(b, resource, fragment) : NULL;
        *n = *named ? (*named)->node : API_NODE_NONE;
    }

    if (!api_node_ok(*n)) {
        api_problem_error(b->problems, at,
            "the reference leads nowhere: there is no such schema");
        return false;
    }

    return true;
}


bool
api_ref_resolve(api_schema_build_t *b, uint32_t resource, api_node_t at,
    api_span_t ref, uint32_t *node, const api_named_t **named)
{
    uint32_t   target, inner;
    api_node_t n;
    api_span_t uri, rest, fragment;

    rest = api_uri_defragment(ref, &fragment);
    target = resource;

    if (rest.len) {
        if (api_uri_resolve(ref_at(b, resource)->uri, rest, &b->arena, &uri)
            != API_OK) {
            b->rc = API_NOMEM;
            return false;
        }

        if (!ref_resource(b, resource, at, uri, &target)) {
            return false;
        }
    }

    if (!ref_fragment(b, target, at, fragment, &n, named)) {
        return false;
    }

    /* a pointer may lead into another resource, or to where no schema was
       looked for */

    inner = api_scan_innermost(b, n);
    target = inner == API_BUILD_NONE ? target : inner;

    if (fragment.len && *named == NULL && ref_at(b, target)->root.at != n.at) {
        api_scan(b, n, target);
        inner = api_scan_innermost(b, n);
        target = inner == API_BUILD_NONE ? target : inner;
    }

    *node = api_build_node(b, n, target);

    return b->rc == API_OK;
}


static const struct {
    const char *uri;
    unsigned    vocab;
} vocabularies[] = {
    { "core", 0 },
    { "applicator", API_VOCAB_APPLICATOR },
    { "unevaluated", API_VOCAB_UNEVALUATED },
    { "validation", API_VOCAB_VALIDATION },
    { "meta-data", 0 },
    { "format", 0 },
    { "format-annotation", 0 },
    { "format-assertion", API_VOCAB_FORMAT_ASSERTION },
    { "content", 0 },
};


/* One of ours, by its URI; *dialect is the draft it belongs to. */

static bool
ref_vocabulary(api_span_t uri, unsigned *vocab, api_schema_dialect_t *dialect)
{
    size_t     i;
    api_span_t name;

    static const char draft19[] =
        "https://json-schema.org/draft/2019-09/vocab/";
    static const char draft20[] =
        "https://json-schema.org/draft/2020-12/vocab/";

    if (uri.len < sizeof(draft19)) {
        return false;
    }

    if (memcmp(uri.data, draft19, sizeof(draft19) - 1) == 0) {
        *dialect = API_SCHEMA_2019_09;

    } else if (memcmp(uri.data, draft20, sizeof(draft20) - 1) == 0) {
        *dialect = API_SCHEMA_2020_12;

    } else {
        return false;
    }

    name = api_span(
        uri.data + sizeof(draft20) - 1, uri.len - sizeof(draft20) + 1);

    for (i = 0; i < sizeof(vocabularies) / sizeof(vocabularies[0]); i++) {
        if (api_span_eq(name,
                api_span(vocabularies[i].uri, strlen(vocabularies[i].uri))))
        {
            *vocab |= vocabularies[i].vocab;

            /* the applicators of 2019-09 have the unevaluated ones too */

            if (*dialect == API_SCHEMA_2019_09
                && (*vocab & API_VOCAB_APPLICATOR)) {
                *vocab |= API_VOCAB_UNEVALUATED;
            }

            return true;
        }
    }

    return false;
}


static bool
ref_vocabularies(api_schema_build_t *b, api_node_t list, api_dialect_t *d)
{
    bool            needed, ok;
    char            buf[API_PROBLEM_QUOTE];
    api_node_t      v;
    api_span_t      uri;
    api_node_iter_t it;

    ok = true;
    d->vocab = 0;

    for (it = api_node_iter(list); api_node_next(&it, &uri, &v);) {
        if (!ref_vocabulary(uri, &d->vocab, &d->dialect)
            && (!api_node_bool(v, &needed) || needed))
        {
            api_problem_error(b->problems, v,
                "the vocabulary %s is not known and cannot be enforced",
                api_problem_quote(uri, buf));
            ok = false;
        }
    }

    return ok;
}


bool
api_ref_dialect(api_schema_build_t *b, uint32_t resource, api_node_t at,
    api_span_t uri, api_dialect_t *d)
{
    char             buf[API_PROBLEM_QUOTE];
    api_err_t        err;
    api_node_t       list, base;
    const api_doc_t *doc;

    if (api_dialect_by_uri(uri, d)) {
        return true;
    }

    (void) resource;

    if (api_docs_load(b->docs, uri, &doc, &err) != API_OK) {
        api_problem_error(b->problems, at,
            "the dialect %s is not known, and its own schema not here: %s",
            api_problem_quote(uri, buf), err.text);
        return false;
    }

    list = api_node_get(api_doc_root(doc), API_SPAN("$vocabulary"));

    if (api_node_is(list, API_JSON_OBJECT)) {
        return ref_vocabularies(b, list, d);
    }

    /* without a word on vocabularies it is as its own dialect is */

    base = api_node_get(api_doc_root(doc), API_SPAN("$schema"));

    if (!api_dialect_by_uri(api_node_string(base), d)) {
        api_problem_error(b->problems, at,
            "the dialect %s is built on one that is not known",
            api_problem_quote(uri, buf));
        return false;
    }

    return true;
}
