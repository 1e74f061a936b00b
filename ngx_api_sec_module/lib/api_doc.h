/*
 * Documents of an operator, read when the configuration is: OpenAPI
 * descriptions and JSON Schemas, as JSON (RFC 8259) or YAML 1.2, one or many
 * that refer to each other.
 *
 *     api_docs_create(&docs, &opts, &api_alloc_libc);
 *     rc = api_docs_add(docs, API_SPAN("orders.yaml"), text, &doc, &err);
 *     root = api_doc_root(doc);
 *     paths = api_node_get(root, API_SPAN("paths"));
 *     for (it = api_node_iter(paths); api_node_next(&it, &name, &value); )
 *     rc = api_docs_resolve(docs, value, API_SPAN("#/components/x"), ...);
 *     api_docs_free(docs);
 *
 * A document is a tape of api_json.h, also when it was YAML: what a value of
 * it is compared with at a request is a tape too.  Numbers keep their digits.
 * Names of one object differ, or the document is refused.
 *
 * YAML is read by the core schema of YAML 1.2: `no`, `on` and 1_000 are
 * strings, 0o17 and 0x1f numbers, 012 is twelve.  Every name is a string as
 * it is written (200: is "200").  Refused: more than one document, tags
 * outside the core schema, merge keys (a plain <<), aliases to what they
 * stand in, names that are not scalars, .inf and .nan.  Aliases are copies,
 * and may make a document at most API_DOC_ALIAS_FACTOR times as large as its
 * text.
 *
 * A set is used by one thread.  Nodes are values; they and every span handed
 * out live as long as the set, unless said otherwise.
 */

#ifndef API_DOC_H
#define API_DOC_H

#include "api_arena.h"
#include "api_json.h"


#define API_DOC_ALIAS_FACTOR 8

typedef struct api_docs_s api_docs_t;
typedef struct api_doc_s  api_doc_t;

/* A value in a document; doc == NULL: there is none.  Every function below
   takes such a node and answers "none", 0 or an empty span. */

typedef struct {
    const api_doc_t *doc;
    uint32_t         at; /* its token */
} api_node_t;

#define API_NODE_NONE ((api_node_t){ NULL, 0 })


typedef enum {
    API_DOC_E_NONE = 0,
    API_DOC_E_JSON, /* not JSON */
    API_DOC_E_YAML, /* not YAML, or YAML that is refused, see above */
    API_DOC_E_DUPLICATE,
    API_DOC_E_LIMIT,
    API_DOC_E_REMOTE,  /* a reference that would need a network */
    API_DOC_E_OUTSIDE, /* a reference that leaves the root */
    API_DOC_E_LOAD,    /* the loader could not read it */
    API_DOC_E_POINTER, /* no value there */
    API_DOC_E_NOMEM,
    API_DOC_NERRORS
} api_doc_error_t;


/*
 * Reads the document `name`, a relative path below the root without "..",
 * decoded; or, with `remote` set in the options, any URI.  API_OK with *text,
 * or an error in err->text ("no such file").  A text stays until `release` is
 * called with it, which for YAML is when it has been read, else when the set
 * is freed; release may be NULL.
 */

typedef struct {
    int (*load)(void *ctx, api_span_t name, api_span_t *text, api_err_t *err);
    void (*release)(void *ctx, api_span_t text);
    void *ctx;
} api_doc_loader_t;

typedef struct {
    size_t   text;      /* bytes of one document, also with its aliases */
    size_t   memory;    /* bytes of the whole set; 0: no cap */
    uint32_t documents; /* in the set */
    uint32_t depth;     /* containers in containers */
    uint32_t tokens;    /* values and names of one document */
} api_doc_limits_t;

/* 64 MiB, no cap, 4096 documents, 200 levels, 2^24 tokens. */

extern const api_doc_limits_t api_doc_limits_default;

typedef struct {
    const api_doc_limits_t *limits; /* NULL: the default */
    const api_doc_loader_t *loader; /* NULL: no reference to other files */
    api_sipkey_t            seed;   /* of the process, as for api_json_parse */
    bool                    remote; /* hand URIs with a scheme to the loader */
} api_docs_opts_t;


/* loader, limits and alloc are copied or, alloc, outlive the set. API_NOMEM. */

int api_docs_create(
    api_docs_t **docs, const api_docs_opts_t *opts, const api_alloc_t *alloc);

void api_docs_free(api_docs_t *docs);

/*
 * Read `text` as document `name` (copied): a path below the root or, for a
 * document that knows its own, a URI.  JSON when its first character is { or
 * [ (and it is no flow YAML in a file named .yaml or .yml), or its name ends in
 * .json; else YAML.  The text of a JSON document stays
 * in place until the set is freed; that of a YAML one is not needed behind
 * the call.  err->text says what is wrong in which line, err->pos is the byte
 * in JSON and the line in YAML.  API_SYNTAX, API_DUPLICATE, API_LIMIT,
 * API_UNSUPPORTED, API_NOMEM; API_INVALID when the set has that name.
 */

int api_docs_add(api_docs_t *docs, api_span_t name, api_span_t text,
    const api_doc_t **doc, api_err_t *err);

/* The document of that name: one of the set, or by the loader. */

int api_docs_load(
    api_docs_t *docs, api_span_t name, const api_doc_t **doc, api_err_t *err);

/*
 * What the reference `ref`, which stands in the document of `from`, means:
 * "#/a/b" in the same, "file.yaml#/a" in one beside it.  Fragments are JSON
 * pointers (RFC 6901) and may be percent-encoded.  API_INVALID when there is
 * nothing or a reference is refused, and the errors of api_docs_add.  A target
 * that is a reference itself is not followed.
 */

int api_docs_resolve(api_docs_t *docs, api_node_t from, api_span_t ref,
    api_node_t *out, api_err_t *err);

/* Documents in the set, in the order they came; bytes held by it, which do
   not include texts of the loader. */

const api_doc_t *api_docs_at(const api_docs_t *docs, uint32_t n);
size_t           api_docs_memory(const api_docs_t *docs);
api_sipkey_t     api_docs_seed(const api_docs_t *docs);

const char *api_doc_error_name(int code);


api_node_t        api_doc_root(const api_doc_t *doc);
api_span_t        api_doc_name(const api_doc_t *doc);
const api_json_t *api_doc_json(const api_doc_t *doc);

static inline bool
api_node_ok(api_node_t n)
{
    return n.doc != NULL;
}

/* API_JSON_NULL .. API_JSON_OBJECT; API_JSON_NTYPES for none. */

int api_node_type(api_node_t n);

static inline bool
api_node_is(api_node_t n, api_json_type_t type)
{
    return api_node_type(n) == (int) type;
}

bool api_node_is_number(api_node_t n);

/* Elements or members. */

uint32_t api_node_count(api_node_t n);

/* Member of an object, in constant time; element of an array. */

api_node_t api_node_get(api_node_t n, api_span_t name);
api_node_t api_node_at(api_node_t n, uint32_t i);

/* The name under which n stands in its object; empty when in none. */

api_span_t api_node_name(api_node_t n);

/* Decoded bytes of a string; empty for anything else. */

api_span_t api_node_string(api_node_t n);

/* The number as it is written in JSON; empty for anything else. */

api_span_t api_node_number(api_node_t n);

/* False, and *v untouched, when n is no such value. */

bool api_node_int64(api_node_t n, int64_t *v);
bool api_node_bool(api_node_t n, bool *v);

/* The line, from 1, in which the value or, of a member, its name begins. */

uint32_t api_node_line(api_node_t n);

/* The JSON pointer to n as a string, "/paths/~1orders/get", "" for the root.
   Cut to size bytes, then "..." stands at its end.  O(width x depth). */

size_t api_node_pointer(api_node_t n, char *buf, size_t size);

/* The node at the JSON pointer `p` (not percent-encoded) below n. */

api_node_t api_node_find(api_node_t n, api_span_t p);


/* Members of an object (with their names) or elements of an array (with an
   empty one); nothing for other values.  name may be NULL. */

typedef struct {
    const api_doc_t *doc;
    uint32_t         at;
    uint32_t         left;
} api_node_iter_t;

api_node_iter_t api_node_iter(api_node_t n);
bool api_node_next(api_node_iter_t *it, api_span_t *name, api_node_t *value);


#endif /* API_DOC_H */
