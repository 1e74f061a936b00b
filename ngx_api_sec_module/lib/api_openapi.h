/*
 * OpenAPI 3.0 and 3.1: a description read when the configuration is, and laid
 * out for requests.
 *
 *     rc = api_openapi_compile(&spec, docs, doc, &opts, &problems, &alloc);
 *     api_openapi_route(spec, method, &path, flags, &found);
 *     api_contract_check(...)                             api_contract.h
 *     api_openapi_free(spec);
 *
 * Everything the description asks of a request is enforced, or is a problem
 * with document, JSON pointer and line: an error, or with `lenient` a warning,
 * after which the part is left out.  Nothing is skipped in silence.
 *
 * A compiled description holds copies of all it needs, is read-only, and may
 * be used by many threads and, made before fork, by all workers.
 */

#ifndef API_OPENAPI_H
#define API_OPENAPI_H

#include "api_problem.h"
#include "api_router.h"
#include "api_schema.h"


typedef enum {
    API_METHOD_GET = 0,
    API_METHOD_PUT,
    API_METHOD_POST,
    API_METHOD_DELETE,
    API_METHOD_OPTIONS,
    API_METHOD_HEAD,
    API_METHOD_PATCH,
    API_METHOD_TRACE,
    API_NMETHODS
} api_method_t;

/* "GET"; methods are case-sensitive. */

api_span_t api_method_name(unsigned method);


typedef enum {
    API_SCHEME_API_KEY = 0,
    API_SCHEME_BASIC,  /* http, scheme basic */
    API_SCHEME_BEARER, /* http, scheme bearer */
    API_SCHEME_HTTP,   /* http, another scheme */
    API_SCHEME_OAUTH2,
    API_SCHEME_OPENID,
    API_SCHEME_MTLS
} api_scheme_type_t;

typedef enum {
    API_IN_PATH = 0,
    API_IN_QUERY,
    API_IN_HEADER,
    API_IN_COOKIE,
    API_IN_BODY /* of errors only */
} api_in_t;

const char *api_in_name(unsigned in);

typedef struct {
    api_span_t        name; /* under components/securitySchemes */
    api_scheme_type_t type;
    api_in_t          in;    /* API_SCHEME_API_KEY */
    api_span_t        param; /* its parameter; or the name of an http scheme */
    uint32_t          line;
} api_scheme_t;

/* One scheme that has to be satisfied, with scopes (or roles). */

typedef struct {
    const api_scheme_t *scheme;
    const api_span_t   *scopes;
    uint32_t            nscopes;
} api_need_t;

/* All of these; of several requirements any one.  No needs: {}, which asks
   for nothing. */

typedef struct {
    const api_need_t *needs;
    uint32_t          nneeds;
} api_requirement_t;


typedef struct api_openapi_s   api_openapi_t;
typedef struct api_operation_s api_operation_t;
typedef struct api_op_rules_s  api_op_rules_t; /* parameters, bodies */

struct api_operation_s {
    api_span_t   id;    /* operationId, else "GET /orders/{id}" */
    api_span_t   route; /* the template as requests have it, with the base */
    api_span_t   path;  /* as the document has it */
    api_method_t method;
    uint32_t     index; /* 0 .. api_openapi_count - 1, in document order */
    uint32_t     line;
    bool         has_id;
    bool         deprecated;
    bool         internal; /* x-internal: true, here or at the path */
    api_span_t   owner;    /* x-owner: here, at the path, of the document */
    bool         has_sunset;
    int64_t      sunset; /* x-sunset, a date or date-time: Unix time */

    /* A request or response that cannot be inspected as it is declared: of
       type application/grpc or text/event-stream, or x-streaming: true. */

    bool streams; /* x-streaming: in both directions */
    bool streams_request;
    bool streams_response;
    bool has_body; /* a requestBody is described */

    /* Any one of these; none at all: no authentication is asked for. */

    const api_requirement_t *requirements;
    uint32_t                 nrequirements;

    const api_op_rules_t *rules;
};


typedef struct {
    bool       strict;  /* as api_schema_opts_t.strict, for request bodies,
                           form fields and responses */
    bool       lenient; /* what cannot be enforced is a warning */
    api_span_t base;    /* in place of the paths of all servers; data NULL:
                           those of the document */
} api_openapi_opts_t;

/*
 * API_OK; API_INVALID when `problems` has errors (they say which), API_NOMEM,
 * API_LIMIT.  *spec is set on success only.  docs and doc may go afterwards.
 * opts may be NULL.
 */

int api_openapi_compile(api_openapi_t **spec, api_docs_t *docs,
    const api_doc_t *doc, const api_openapi_opts_t *opts,
    api_problems_t *problems, const api_alloc_t *alloc);

/*
 * A JSON Schema alone, as a description with two operations and no path:
 * number 0 takes a JSON body that satisfies it, or none, number 1 asks for
 * one.  A dialect that the schema names comes before the one given.  Of the
 * options strict counts.
 */

int
api_openapi_bare(api_openapi_t **spec, api_docs_t *docs, const api_doc_t *doc,
    api_schema_dialect_t dialect, const api_openapi_opts_t *opts,
    api_problems_t *problems, const api_alloc_t *alloc);

void api_openapi_free(api_openapi_t *spec); /* NULL is fine */

api_span_t api_openapi_title(const api_openapi_t *spec);
api_span_t api_openapi_version(const api_openapi_t *spec); /* of the API */
size_t     api_openapi_memory(const api_openapi_t *spec);

/* Operations, by number and by operationId. */

uint32_t               api_openapi_count(const api_openapi_t *spec);
const api_operation_t *api_openapi_at(const api_openapi_t *spec, uint32_t n);
const api_operation_t *
api_openapi_find(const api_openapi_t *spec, api_span_t id);

/* That of a template, as requests have it, and method; the first of several. */

const api_operation_t *api_openapi_served(
    const api_openapi_t *spec, api_span_t route, unsigned method);

/* Security schemes, by number; NULL behind the last. */

const api_scheme_t *api_openapi_scheme(const api_openapi_t *spec, uint32_t n);

/* Does any template have a parameter of that name? */

bool api_openapi_has_path_param(const api_openapi_t *spec, api_span_t name);


#define API_ROUTE_HEAD_AS_GET                                                 \
    0x01 /* HEAD is GET where HEAD is not described */

#define API_ROUTE_MAX_ALLOW 64 /* "GET, PUT, ..." of all methods fits */

typedef struct {
    const api_operation_t *op;    /* NULL: no such path, or not that method */
    api_span_t             route; /* the template; len 0: no such path */
    char                   allow[API_ROUTE_MAX_ALLOW]; /* for 405 */
    size_t                 allow_len;
    bool                   head; /* HEAD taken as GET */
    api_router_match_t     match;
} api_route_t;

/*
 * The operation of a request: that of the most concrete path that has the
 * method.  API_OK; API_INVALID (404: no such path, or one the two readings of
 * which disagree); API_DENIED (405, with allow).  No memory is taken.
 */

int api_openapi_route(const api_openapi_t *spec, api_span_t method,
    const api_path_t *path, unsigned flags, api_route_t *route);

/* The path parameters of a route that was found: name number n, and its
   decoded value (in the arena when it has escapes).  API_OK, API_INVALID when
   there are not so many, API_SYNTAX when it is not UTF-8, API_NOMEM. */

int api_openapi_path_value(const api_route_t *route, uint32_t n, bool decoded,
    api_arena_t *arena, api_span_t *name, api_span_t *value);


#endif /* API_OPENAPI_H */
