/*
 * A compiled description, as the check of a request reads it; and what the
 * files of the compiler share.
 */

#ifndef API_OPENAPI_INT_H
#define API_OPENAPI_INT_H

#include "api_media.h"
#include "api_openapi.h"


typedef enum {
    API_STYLE_SIMPLE = 0,
    API_STYLE_LABEL,
    API_STYLE_MATRIX,
    API_STYLE_FORM,
    API_STYLE_SPACE,
    API_STYLE_PIPE,
    API_STYLE_DEEP,
    API_STYLE_JSON, /* content: a JSON text */
    API_STYLE_TEXT, /* content: a plain text */
    API_NSTYLES
} api_style_t;

/* A parameter, a header, or a field of a form. */

typedef struct {
    api_span_t name;
    api_in_t   in;
    uint8_t    style;
    bool       explode;
    bool       required;
    bool       reserved; /* allowReserved */
    bool       empty;    /* allowEmptyValue */
    uint32_t   schema;   /* entry of the program, API_SCHEMA_NONE: anything */
    unsigned   types;    /* of it */
    uint32_t   line;
} api_param_t;

/* What a form's or multipart body's schema says of one of its fields. */

typedef struct {
    api_param_t         param;
    bool                binary;   /* bytes, not text */
    bool                measured; /* ... that its schema looks at */
    bool                many;     /* an array: the field may repeat */
    bool                styled;   /* encoding: style, not content */
    const api_media_t  *types;    /* encoding.contentType; n 0: any */
    uint32_t            ntypes;
    const api_param_t **headers;
    uint32_t            nheaders;
} api_field_rule_t;

typedef struct {
    api_media_t             range;
    uint32_t                schema; /* API_SCHEMA_NONE: anything */
    unsigned                types;
    bool                    binary;   /* a string of format binary */
    bool                    measured; /* ... that its schema looks at */
    bool                    shaped;   /* its schema is no mere string */
    const api_field_rule_t *fields;
    uint32_t                nfields;
} api_media_rule_t;

typedef struct {
    bool                     required;
    const api_media_rule_t **media;
    uint32_t                 nmedia;
} api_body_rule_t;

typedef struct {
    unsigned                 from, to; /* statuses; default: 0 to 999 */
    const api_media_rule_t **media;
    uint32_t                 nmedia;
    const api_param_t      **headers;
    uint32_t                 nheaders;
} api_response_rule_t;

struct api_op_rules_s {
    const api_param_t         **params; /* sorted by in */
    const uint8_t              *slot;   /* of each in path: its value */
    uint32_t                    first[API_IN_BODY + 1]; /* of each in */
    const api_body_rule_t      *body;                   /* NULL: none */
    const api_response_rule_t **responses;
    uint32_t                    nresponses;
};

/* All operations of one full template.  Names of parameters may differ by
   method (real descriptions have that), the paths taken do not. */

typedef struct {
    api_span_t       tmpl; /* the first */
    api_span_t       named[API_NMETHODS];
    api_operation_t *op[API_NMETHODS];
} api_openapi_route_t;

struct api_openapi_s {
    api_arena_t           arena;
    const api_alloc_t    *alloc;
    api_sipkey_t          seed;
    api_router_t         *router;
    api_schema_t         *schema;
    api_openapi_route_t **routes;
    uint32_t              nroutes;
    api_operation_t     **ops;
    api_operation_t     **served; /* ops by route, method, number; or NULL */
    uint32_t              nops;
    api_scheme_t         *schemes;
    uint32_t              nschemes;
    api_span_t            title;
    api_span_t            version;
};


/* From here on: the compiler. */

/* The table of api_openapi_served: all operations are there. */

int api_openapi_index(api_openapi_t *spec);

#define API_OPENAPI_MAX_BASES 64
#define API_OPENAPI_MAX_REFS 100

typedef enum {
    API_MEMO_PARAM = 1,
    API_MEMO_HEADER,
    API_MEMO_MEDIA,
    API_MEMO_BODY,
    API_MEMO_RESPONSE,
    API_MEMO_SHAPE
} api_memo_kind_t;

typedef struct {
    const api_doc_t *doc;
    uint32_t         at;
    uint32_t         kind;
    void            *made;
} api_openapi_memo_t;

typedef struct {
    api_openapi_t       *spec;
    api_docs_t          *docs;
    api_problems_t      *problems;
    api_openapi_opts_t   opts;
    api_schema_build_t  *build;
    api_schema_dialect_t dialect;
    api_node_t           root;
    api_arena_t          tmp;  /* of the time of compiling */
    api_openapi_memo_t  *memo; /* what was made of a node already */
    uint32_t             nmemo, memo_mask;
    uint32_t             routes_room, ops_room;
    api_span_t          *bases;
    uint32_t             nbases;
    struct api_check_s  *checks; /* when the program is there, latest first */
    const api_requirement_t *security; /* of the root */
    uint32_t                 nsecurity;
    int                      rc; /* API_NOMEM or API_LIMIT once it happened */
} api_openapi_load_t;

/* A media type whose schema has to fit it. */

typedef struct api_check_s {
    struct api_check_s *next;
    api_media_rule_t   *media;
    api_param_t        *param;
    api_node_t          node;
} api_check_t;

/* What cannot be enforced: an error, with `lenient` a warning. */

#define api_openapi_cannot(load, node, ...)                                   \
    ((load)->opts.lenient                                                     \
            ? api_problem_warning((load)->problems, (node), __VA_ARGS__)      \
            : api_problem_error((load)->problems, (node), __VA_ARGS__))

/* Zeroed, of the description's own arena; NULL and load->rc set on failure. */

void *api_openapi_new(api_openapi_load_t *load, size_t n, size_t size);

/* A copy; data NULL on failure. */

api_span_t api_openapi_copy(api_openapi_load_t *load, api_span_t s);

/* What was made of the node, NULL: nothing yet; and remembering it. */

void *api_openapi_made(
    const api_openapi_load_t *load, api_node_t n, api_memo_kind_t kind);
void api_openapi_remember(
    api_openapi_load_t *load, api_node_t n, api_memo_kind_t kind, void *made);

/* The node that n refers to by $ref, through any number of them; none, with a
   problem noted, when it leads nowhere. */

api_node_t api_openapi_deref(api_openapi_load_t *load, api_node_t n);

/* Members.  What is there and not of that type is a problem. */

api_span_t
api_openapi_text(api_openapi_load_t *load, api_node_t n, const char *name);
bool api_openapi_flag(
    api_openapi_load_t *load, api_node_t n, const char *name, bool absent);
api_node_t
api_openapi_object(api_openapi_load_t *load, api_node_t n, const char *name);
api_node_t
api_openapi_array(api_openapi_load_t *load, api_node_t n, const char *name);

/* Warn of members that are neither in the list (names between blanks, one at
   both ends) nor begin with x-. */

void
api_openapi_known(api_openapi_load_t *load, api_node_t n, const char *names);

/* The entry of a schema, API_SCHEMA_NONE for no node. */

uint32_t api_openapi_schema(api_openapi_load_t *load, api_node_t n);

/* Paths of the servers at n; those of `above` when it has none. */

bool api_openapi_servers(api_openapi_load_t *load, api_node_t n,
    const api_span_t *above, uint32_t nabove, api_span_t **bases,
    uint32_t *nbases);

/* components/securitySchemes; requirements at n ("security"). */

void api_openapi_schemes(api_openapi_load_t *load);
void api_openapi_security(api_openapi_load_t *load, api_node_t n,
    const api_requirement_t **list, uint32_t *count);

const api_param_t *api_openapi_param(api_openapi_load_t *load, api_node_t n);
const api_param_t *
api_openapi_header(api_openapi_load_t *load, api_node_t n, api_span_t name);

/* style and explode at n, for a parameter or an encoding. */

void
api_openapi_style(api_openapi_load_t *load, api_node_t n, api_param_t *param);

/* The members of `headers` of n, but Content-Type. */

void api_openapi_headers(api_openapi_load_t *load, api_node_t n,
    const api_param_t ***list, uint32_t *count);

const api_body_rule_t *
api_openapi_body(api_openapi_load_t *load, api_node_t n);
const api_response_rule_t *api_openapi_response(
    api_openapi_load_t *load, api_node_t n, api_span_t status);
void api_openapi_content(api_openapi_load_t *load, api_node_t n,
    const api_media_rule_t ***list, uint32_t *count);

/* Fields of the schema of a form or multipart body. */

void api_openapi_fields(api_openapi_load_t *load, api_node_t media,
    api_media_rule_t *rule, bool multipart);

/* What the schema at n is as a string of bytes. */

void api_openapi_bytes(
    api_openapi_load_t *load, api_node_t n, bool *binary, bool *measured);

/* What the operations of one path have in common. */

typedef struct {
    api_openapi_load_t *load;
    api_span_t          path;
    api_node_t          item;
    api_span_t         *bases;
    uint32_t            nbases;
    bool                internal;
    api_span_t          owner;
} api_item_t;

void api_openapi_paths(api_openapi_load_t *load);

/* deprecated, x-sunset, x-internal, x-streaming, x-owner. */

void api_openapi_lifecycle(
    const api_item_t *item, api_node_t n, api_operation_t *op);

/* The x-owner of n, or what is said above it. */

api_span_t
api_openapi_owner(api_openapi_load_t *load, api_node_t n, api_span_t above);

/* Is one of the media types a stream that has no end to wait for? */

bool api_openapi_streams(const api_media_rule_t **media, uint32_t n);

/* With the program: types of all, and what does not fit them. */

void api_openapi_fit(api_openapi_load_t *load);


#endif /* API_OPENAPI_INT_H */
