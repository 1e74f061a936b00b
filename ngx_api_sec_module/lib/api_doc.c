#include "api_doc_int.h"
#include "api_uri.h"


const api_doc_limits_t api_doc_limits_default = { .text = 64 << 20,
    .memory = 0,
    .documents = 4096,
    .depth = 200,
    .tokens = 1 << 24 };


const char *
api_doc_error_name(int code)
{
    static const char *const names[] = { "none", "json", "yaml", "duplicate",
        "limit", "remote", "outside", "load", "pointer", "nomem" };

    return code >= 0 && code < API_DOC_NERRORS ? names[code] : "unknown";
}


int
api_doc_nomem(api_err_t *err)
{
    return api_fail(err, API_NOMEM, API_DOC_E_NOMEM, 0, "out of memory");
}


int
api_docs_create(
    api_docs_t **docs, const api_docs_opts_t *opts, const api_alloc_t *alloc)
{
    api_docs_t *d;

    d = alloc->alloc(alloc->ctx, sizeof(*d));
    if (d == NULL) {
        return API_NOMEM;
    }

    memset(d, 0, sizeof(*d));

    d->alloc = alloc;
    d->limits = opts->limits ? *opts->limits : api_doc_limits_default;
    d->seed = opts->seed;
    d->remote = opts->remote;
    d->last = &d->first;

    if (opts->loader) {
        d->loader = *opts->loader;
        d->loads = true;
    }

    api_arena_init(&d->arena, alloc, 65536, d->limits.memory);

    *docs = d;

    return API_OK;
}


void
api_docs_free(api_docs_t *docs)
{
    api_doc_t *doc;

    if (docs == NULL) {
        return;
    }

    for (doc = docs->first; doc; doc = doc->next) {
        if (doc->loaded.data && docs->loader.release) {
            docs->loader.release(docs->loader.ctx, doc->loaded);
        }
    }

    api_arena_free(&docs->arena);

    if (docs->alloc->free) {
        docs->alloc->free(docs->alloc->ctx, docs);
    }
}


static api_doc_t *
doc_find(const api_docs_t *docs, api_span_t name)
{
    api_doc_t *doc;

    for (doc = docs->first; doc; doc = doc->next) {
        if (api_span_eq(doc->name, name)) {
            return doc;
        }
    }

    return NULL;
}


static int
doc_new(api_docs_t *docs, api_span_t name, api_span_t text, api_doc_t **out,
    api_err_t *err)
{
    api_doc_t *doc;

    if (docs->count >= docs->limits.documents) {
        return api_fail(err, API_LIMIT, API_DOC_E_LIMIT, 0,
            "more than %u documents", docs->limits.documents);
    }

    if (text.len > docs->limits.text || text.len > UINT32_MAX) {
        return api_fail(err, API_LIMIT, API_DOC_E_LIMIT, 0,
            "the document has %zu bytes, %zu are allowed", text.len,
            docs->limits.text);
    }

    doc = api_arena_calloc(&docs->arena, 1, sizeof(*doc));
    if (doc == NULL) {
        return api_doc_nomem(err);
    }

    doc->docs = docs;
    doc->name = api_arena_dup(&docs->arena, name);

    if (doc->name.data == NULL) {
        return api_doc_nomem(err);
    }

    *out = doc;

    return API_OK;
}


static int
doc_add(api_docs_t *docs, api_span_t name, api_span_t text, api_doc_t **out,
    api_err_t *err)
{
    int              rc;
    api_doc_t       *doc;
    api_arena_mark_t mark;

    doc = NULL;
    mark = api_arena_mark(&docs->arena);

    rc = doc_new(docs, name, text, &doc, err);

    if (rc == API_OK) {
        rc = api_doc_read(doc, text, err);
    }

    if (rc != API_OK) {
        api_arena_rewind(&docs->arena, mark);
        return rc;
    }

    *docs->last = doc;
    docs->last = &doc->next;
    docs->count++;
    *out = doc;

    return API_OK;
}


int
api_docs_add(api_docs_t *docs, api_span_t name, api_span_t text,
    const api_doc_t **doc, api_err_t *err)
{
    int        rc;
    api_doc_t *d;

    if (doc_find(docs, name)) {
        return api_fail(err, API_INVALID, API_DOC_E_LOAD, 0,
            "the set has a document of that name");
    }

    rc = doc_add(docs, name, text, &d, err);

    if (rc == API_OK) {
        *doc = d;
    }

    return rc;
}


static int
doc_by_loader(
    api_docs_t *docs, api_span_t name, api_doc_t **doc, api_err_t *err)
{
    int        rc;
    api_err_t  cause;
    api_span_t text;

    cause.text[0] = '\0';
    rc = docs->loader.load(docs->loader.ctx, name, &text, &cause);

    if (rc != API_OK) {
        return api_fail(err, rc, API_DOC_E_LOAD, 0, "cannot read it: %s",
            cause.text[0] ? cause.text : "no reason given");
    }

    rc = doc_add(docs, name, text, doc, err);

    if (rc == API_OK && !(*doc)->yaml) {
        (*doc)->loaded = text;

    } else if (docs->loader.release) {
        docs->loader.release(docs->loader.ctx, text);
    }

    return rc;
}


/* A name that may go to the loader as a file: below the root, and a file. */

static int
doc_check_path(api_span_t name, api_err_t *err)
{
    api_uri_t u;

    u = api_uri_split(name);

    if (u.scheme.data || u.authority.data) {
        return api_fail(err, API_INVALID, API_DOC_E_REMOTE, 0,
            "a reference to another host or scheme is never followed; put a "
            "copy beside the document");
    }

    if (name.len == 0 || name.data[0] == '/' || u.query.data
        || memchr(name.data, '\0', name.len)
        || memchr(name.data, '\\', name.len)
        || (name.len >= 2 && memcmp(name.data, "..", 2) == 0
            && (name.len == 2 || name.data[2] == '/')))
    {
        return api_fail(err, API_INVALID, API_DOC_E_OUTSIDE, 0,
            "a reference may lead to a file below the root only");
    }

    return API_OK;
}


/* A decoded "%2e%2e/" climbs as well as "../". */

static int
doc_decode_path(api_docs_t *docs, api_span_t *name, api_err_t *err)
{
    int        rc;
    api_span_t plain;

    rc = api_uri_decode(*name, &docs->arena, &plain);
    if (rc == API_NOMEM) {
        return api_doc_nomem(err);
    }

    if (rc != API_OK) {
        return api_fail(err, API_INVALID, API_DOC_E_OUTSIDE, 0,
            "%% in a reference stands before two hexadecimal digits");
    }

    if (plain.data != name->data
        && api_uri_resolve(API_SPAN(""), plain, &docs->arena, name) != API_OK)
    {
        return api_doc_nomem(err);
    }

    return doc_check_path(*name, err);
}


int
api_docs_load(
    api_docs_t *docs, api_span_t name, const api_doc_t **doc, api_err_t *err)
{
    int        rc;
    api_doc_t *d;

    d = doc_find(docs, name);

    if (d == NULL && !docs->remote) {
        rc = doc_check_path(name, err);

        if (rc == API_OK) {
            rc = doc_decode_path(docs, &name, err);
        }

        if (rc != API_OK) {
            return rc;
        }

        d = doc_find(docs, name);
    }

    if (d == NULL) {
        if (!docs->loads) {
            return api_fail(err, API_INVALID, API_DOC_E_LOAD, 0,
                "references to other files are not allowed here");
        }

        rc = doc_by_loader(docs, name, &d, err);
        if (rc != API_OK) {
            return rc;
        }
    }

    *doc = d;

    return API_OK;
}


static int
doc_fragment(api_docs_t *docs, const api_doc_t *doc, api_span_t fragment,
    api_node_t *out, api_err_t *err)
{
    int        rc;
    api_span_t pointer;

    rc = api_uri_decode(fragment, &docs->arena, &pointer);
    if (rc == API_NOMEM) {
        return api_doc_nomem(err);
    }

    if (rc == API_OK) {
        *out = api_node_find(api_doc_root(doc), pointer);
    }

    if (rc != API_OK || !api_node_ok(*out)) {
        return api_fail(err, API_INVALID, API_DOC_E_POINTER, 0,
            "the reference leads nowhere: no value at #%.*s",
            (int) (fragment.len < 100 ? fragment.len : 100),
            (const char *) fragment.data);
    }

    return API_OK;
}


int
api_docs_resolve(api_docs_t *docs, api_node_t from, api_span_t ref,
    api_node_t *out, api_err_t *err)
{
    int              rc;
    api_span_t       name, fragment, rest;
    const api_doc_t *doc;

    doc = from.doc;
    rest = api_uri_defragment(ref, &fragment);

    if (rest.len) {
        rc = api_uri_resolve(doc->name, rest, &docs->arena, &name);
        if (rc != API_OK) {
            return api_doc_nomem(err);
        }

        rc = api_docs_load(docs, name, &doc, err);
        if (rc != API_OK) {
            return rc;
        }
    }

    if (fragment.len == 0) {
        *out = api_doc_root(doc);
        return API_OK;
    }

    return doc_fragment(docs, doc, fragment, out, err);
}


const api_doc_t *
api_docs_at(const api_docs_t *docs, uint32_t n)
{
    const api_doc_t *doc;

    for (doc = docs->first; doc && n; doc = doc->next) {
        n--;
    }

    return doc;
}


size_t
api_docs_memory(const api_docs_t *docs)
{
    return sizeof(*docs) + docs->arena.held;
}


api_sipkey_t
api_docs_seed(const api_docs_t *docs)
{
    return docs->seed;
}
