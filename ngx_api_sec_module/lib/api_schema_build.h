/* What the files of the schema compiler share; nobody else includes this. */

#ifndef API_SCHEMA_BUILD_H
#define API_SCHEMA_BUILD_H

#include "api_schema_prog.h"
#include "api_tape.h"


#define API_BUILD_NONE UINT32_MAX

/* Schemas and resources that a program may have. */

#define API_BUILD_MAX UINT32_C(0x1000000)


/* Keywords that mean something to the compiler. */

typedef enum {
    KW_REF = 0,
    KW_ID,
    KW_ID4,
    KW_ANCHOR,
    KW_DYNAMIC_REF,
    KW_DYNAMIC_ANCHOR,
    KW_RECURSIVE_REF,
    KW_RECURSIVE_ANCHOR,
    KW_SCHEMA,
    KW_DEFS,
    KW_DEFINITIONS,
    KW_TYPE,
    KW_ENUM,
    KW_CONST,
    KW_MULTIPLE_OF,
    KW_MAXIMUM,
    KW_EXCLUSIVE_MAXIMUM,
    KW_MINIMUM,
    KW_EXCLUSIVE_MINIMUM,
    KW_MAX_LENGTH,
    KW_MIN_LENGTH,
    KW_PATTERN,
    KW_FORMAT,
    KW_ITEMS,
    KW_ADDITIONAL_ITEMS,
    KW_PREFIX_ITEMS,
    KW_MAX_ITEMS,
    KW_MIN_ITEMS,
    KW_UNIQUE_ITEMS,
    KW_CONTAINS,
    KW_MAX_CONTAINS,
    KW_MIN_CONTAINS,
    KW_MAX_PROPERTIES,
    KW_MIN_PROPERTIES,
    KW_REQUIRED,
    KW_PROPERTIES,
    KW_PATTERN_PROPERTIES,
    KW_ADDITIONAL_PROPERTIES,
    KW_PROPERTY_NAMES,
    KW_DEPENDENCIES,
    KW_DEPENDENT_REQUIRED,
    KW_DEPENDENT_SCHEMAS,
    KW_ALL_OF,
    KW_ANY_OF,
    KW_ONE_OF,
    KW_NOT,
    KW_IF,
    KW_THEN,
    KW_ELSE,
    KW_UNEVALUATED_ITEMS,
    KW_UNEVALUATED_PROPERTIES,
    KW_CONTENT_SCHEMA,
    KW_NULLABLE,
    KW_READ_ONLY,
    KW_WRITE_ONLY,
    KW_DISCRIMINATOR,
    KW_N
} api_kw_t;

/* Where schemas stand in a keyword's value. */

typedef enum {
    KW_PLAIN = 0,
    KW_SUB,   /* a schema */
    KW_LIST,  /* an array of schemas */
    KW_MAP,   /* an object of schemas */
    KW_EITHER /* a schema or an array of them; a map of schemas or arrays */
} api_kw_shape_t;


/* A dialect as it is in force for a resource. */

#define API_VOCAB_APPLICATOR 0x01
#define API_VOCAB_VALIDATION 0x02
#define API_VOCAB_UNEVALUATED 0x04
#define API_VOCAB_FORMAT_ASSERTION 0x08
#define API_VOCAB_ALL 0x07

typedef struct {
    api_schema_dialect_t dialect;
    unsigned             vocab; /* API_VOCAB_* */
} api_dialect_t;

static inline bool
api_dialect_in(const api_dialect_t *d, unsigned first, unsigned last)
{
    return (unsigned) d->dialect >= first && (unsigned) d->dialect <= last;
}

/* Up to draft 7, and in OpenAPI 3.0, $ref stands alone. */

static inline bool
api_dialect_ref_alone(const api_dialect_t *d)
{
    return d->dialect <= API_SCHEMA_DRAFT7 || d->dialect == API_SCHEMA_OAS30;
}

static inline bool
api_dialect_is_openapi(const api_dialect_t *d)
{
    return d->dialect >= API_SCHEMA_OAS30;
}


/* A schema with an identifier of its own, or the root of a document. */

typedef struct {
    api_span_t    uri; /* without fragment */
    api_node_t    root;
    api_dialect_t dialect;
    bool          recursive; /* $recursiveAnchor */
} api_resource_t;

typedef struct {
    uint32_t   resource;
    api_span_t name;
    api_node_t node;
    bool       dynamic;
} api_named_t;

/* A schema being compiled: where it stands. */

typedef struct {
    api_node_t node;
    uint32_t   resource;
} api_source_t;

/* A growing array. */

typedef struct {
    uint8_t *p;
    uint32_t n, cap;
    uint32_t size;
} api_vec_t;

typedef struct {
    const api_doc_t *doc;
    uint32_t         at;
    uint32_t         node; /* + 1; 0: free */
} api_map_slot_t;


struct api_schema_build_s {
    const api_alloc_t *alloc;
    api_docs_t        *docs;
    api_problems_t    *problems;
    api_schema_opts_t  opts;
    api_arena_t        arena; /* of the builder */
    int                rc;

    api_vec_t sources; /* api_source_t, by node */
    uint32_t  done;    /* of them compiled */

    api_map_slot_t *map;
    uint32_t        map_mask;

    api_vec_t resources; /* api_resource_t */
    api_vec_t named;     /* api_named_t */
    api_vec_t scanned;   /* const api_doc_t *: documents looked through */

    api_vec_t nodes, ops, list, names, props, slots, patterns, needs, words,
        objects, arrays, numbers, divisors, regexes, texts, anchors,
        discriminators, cases, consts;

    api_tape_t values;
    bool       dynamic;  /* there is an API_OP_DYNAMIC */
    uint32_t   anything; /* node of the schema true; NONE */

    uint16_t kw_slots[128]; /* keyword + 1 by hash of its name */
};


/* A keyword's value, or none. */

typedef struct {
    api_node_t v[KW_N];
} api_kws_t;


/* Add a copy of *item; its index, or 0 with b->rc set. */

uint32_t
api_build_push(api_schema_build_t *b, api_vec_t *vec, const void *item);

/* n zeroed items more; the index of the first. */

uint32_t api_build_extend(api_schema_build_t *b, api_vec_t *vec, uint32_t n);

#define API_VEC(vec, type, i) (&((type *) (void *) (vec).p)[i])

/* The node of the schema at n, which stands in `resource`, to be compiled
   sooner or later. */

uint32_t
api_build_node(api_schema_build_t *b, api_node_t n, uint32_t resource);

/* A copy of s in `names`; its index. */

uint32_t api_build_name(api_schema_build_t *b, api_span_t s);

void api_build_op(api_schema_build_t *b, uint32_t node, const api_op_t *op);


/* api_schema_keyword.c */

void           api_kw_init(api_schema_build_t *b);
const char    *api_kw_name(api_kw_t kw);
api_kw_shape_t api_kw_shape(api_kw_t kw);
void           api_kw_collect(
              api_schema_build_t *b, api_node_t n, const api_dialect_t *d, api_kws_t *k);

/* Keyword of a name in a dialect; KW_N. */

api_kw_t api_kw_find(
    const api_schema_build_t *b, api_span_t name, const api_dialect_t *d);

/* The dialect of a $schema; false when it is none of ours. */

bool api_dialect_by_uri(api_span_t uri, api_dialect_t *d);

/* Tell of what the compiler does not look at and the author may have meant. */

void api_kw_warn(api_schema_build_t *b, api_node_t n, const api_dialect_t *d);


/* api_schema_scan.c */

/* The resource that the node stands in; its document is looked through. */

uint32_t api_scan_resource(
    api_schema_build_t *b, api_node_t n, api_schema_dialect_t dialect);

/* Identifiers in the schema at n. */

void api_scan(api_schema_build_t *b, api_node_t n, uint32_t resource);

/* The innermost known resource around n; API_BUILD_NONE. */

uint32_t api_scan_innermost(const api_schema_build_t *b, api_node_t n);

/* The resource whose root is n, or `around`. */

uint32_t
api_scan_own(const api_schema_build_t *b, api_node_t n, uint32_t around);


/* api_schema_ref.c */

/* The node that `ref` means in `resource`; false with a problem of `at`.
   *named is the anchor it went through, or NULL. */

bool api_ref_resolve(api_schema_build_t *b, uint32_t resource, api_node_t at,
    api_span_t ref, uint32_t *node, const api_named_t **named);

/* $schema of a dialect that somebody else made. */

bool api_ref_dialect(api_schema_build_t *b, uint32_t resource, api_node_t at,
    api_span_t uri, api_dialect_t *d);


/* api_schema_compile*.c: operations of one node. */

void api_compile_node(api_schema_build_t *b, uint32_t node);

typedef struct {
    uint32_t             node;
    uint32_t             resource;
    const api_dialect_t *dialect;
    const api_kws_t     *k;
} api_compile_t;

void api_compile_scalars(api_schema_build_t *b, const api_compile_t *c);
void api_compile_enum(api_schema_build_t *b, const api_compile_t *c);
void api_compile_object(api_schema_build_t *b, const api_compile_t *c);
void api_compile_array(api_schema_build_t *b, const api_compile_t *c);
void api_compile_apply(api_schema_build_t *b, const api_compile_t *c);
bool api_compile_discriminator(api_schema_build_t *b, const api_compile_t *c);

/* A limit: a whole number from 0; `otherwise` when the keyword is not there. */

uint32_t api_compile_count(api_schema_build_t *b, const api_compile_t *c,
    api_kw_t kw, uint32_t otherwise);

/* The regex, compiled once; API_BUILD_NONE with a problem. */

uint32_t
api_compile_regex(api_schema_build_t *b, api_node_t at, api_span_t source);

/* A problem of the value of a keyword. */

void api_compile_bad(api_schema_build_t *b, const api_compile_t *c,
    api_kw_t kw, const char *what);

/* The node of keyword kw's one schema; API_BUILD_NONE when it is not there. */

uint32_t
api_compile_sub(api_schema_build_t *b, const api_compile_t *c, api_kw_t kw);

/* Its array of schemas, in `list`; *n may be 0. */

uint32_t api_compile_subs(
    api_schema_build_t *b, const api_compile_t *c, api_kw_t kw, uint32_t *n);


/* api_schema_link.c: what can be known only when all is compiled. */

void api_link(api_schema_build_t *b);

/* Let those who name a mere reference name its target. */

void api_link_aliases(api_schema_build_t *b);

/* Compile what is waiting. */

void api_build_work(api_schema_build_t *b);

/* Nodes that an operation applies to the same value: the n-th, or NONE. */

uint32_t
api_link_edge(const api_schema_build_t *b, const api_op_t *op, uint32_t n);


#endif /* API_SCHEMA_BUILD_H */
