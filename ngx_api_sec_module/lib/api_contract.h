/*
 * One request, or one response, against a compiled description
 * (api_openapi.h): parameters of all places and styles, content type, body.
 *
 *     rc = api_contract_request(spec, &request, &opts, arena, &verdict);
 *     if (verdict.status) refuse with verdict.status
 *
 * The same function answers nginx and the command line.
 *
 * Parameters are decoded once, typed by their schema, and validated with the
 * program that validates bodies.  A scalar that stands twice is refused.
 * Bodies: JSON (also +json), application/x-www-form-urlencoded,
 * multipart/form-data, text, and binary; each by the media type that the
 * request declares, which has to be one that the operation declares.
 *
 * status is 0 for a request that may pass, else
 *   400  a parameter is missing, unknown, not well-formed or not valid; a body
 *        is missing, unexpected or not well-formed
 *   404  no such path            405  not that method (verdict.allow)
 *   413  the body, or something countable in it, is over a limit
 *   415  a media type, charset or encoding that the operation does not take
 *   422  a body that is well-formed and not valid
 *   500  our own failure: no memory
 */

#ifndef API_CONTRACT_H
#define API_CONTRACT_H

#include "api_multipart.h"
#include "api_openapi.h"
#include "api_urlencoded.h"


/* A header field, name in any case. */

typedef struct {
    api_span_t name;
    api_span_t value;
} api_field_t;

typedef struct {
    api_span_t         method;
    const api_path_t  *path;  /* with the query in it */
    const api_route_t *route; /* found already, or NULL */
    const api_field_t *fields;
    size_t             nfields;

    /* The body, decoded of its content coding.  json: its tape when somebody
       has parsed it, with the seed of the description; else NULL. */

    bool              has_body; /* also an empty one with a length */
    api_span_t        body;
    const api_json_t *json;

    bool skip_body; /* headers and parameters only: it is not there yet, or
                       is not to be inspected */
} api_request_t;

typedef struct {
    const api_operation_t *op;
    bool                   head; /* of HEAD: no body is expected */
    unsigned               status;
    const api_field_t     *fields;
    size_t                 nfields;
    bool                   has_body;
    api_span_t             body;
    const api_json_t      *json;
    bool skip_body; /* status, headers and media type only: the body is not
                       there yet, or is not to be inspected */
} api_response_t;

typedef struct {
    unsigned route_flags; /* API_ROUTE_... */

    /* What the description does not name is refused: */

    bool deny_query;
    bool deny_headers; /* but those every client sends, and its security
                          schemes */
    bool deny_cookies;
    bool deny_override; /* "_method" in a query or form, by which frameworks
                           take another method, where it is not described */
    bool deny_body;     /* fields of forms and parts, where their schema is
                       silent; a body where none is described, always */

    uint32_t                       max_errors; /* 0: 8; at most 64 */
    const api_json_limits_t       *json;       /* NULL: defaults of each */
    const api_schema_limits_t     *schema;
    const api_urlencoded_limits_t *form;
    const api_multipart_limits_t  *multipart;
} api_contract_opts_t;

typedef struct {
    api_in_t    in;
    api_span_t  name;    /* of the parameter; empty for a body */
    api_span_t  pointer; /* JSON pointer into the body or the value */
    const char *keyword; /* of JSON Schema, or "required", "unknown",
                            "duplicate", "style", "encoding", "syntax",
                            "limit", "mediaType", "body" */
    api_span_t  detail;  /* one printable line, nothing of the value in it */
} api_fault_t;

typedef struct {
    unsigned    status;
    const char *code;          /* "path", "method", "parameter", "media_type",
                                    "body", "body_syntax", "body_limit",
                                    "memory", "status"; "" when status is 0 */
    const api_operation_t *op; /* also of a request that is refused */
    api_route_t            route;
    const api_fault_t     *faults;
    uint32_t               nfaults;
    bool                   more; /* there may be others */
} api_verdict_t;

/*
 * API_OK: look at verdict->status.  API_NOMEM: status is 500.  All memory is
 * of the arena, and is bounded by the limits and the size of the request; no
 * more work is done than the limits allow.  opts may be NULL.  Faults are in
 * the order: path, query, header, cookie, body.
 */

int api_contract_request(const api_openapi_t *spec,
    const api_request_t *request, const api_contract_opts_t *opts,
    api_arena_t *arena, api_verdict_t *verdict);

/* The same of a response: status (502 stands for "not as described"), fields
   and body; readOnly is allowed, writeOnly not. */

int api_contract_response(const api_openapi_t *spec,
    const api_response_t *response, const api_contract_opts_t *opts,
    api_arena_t *arena, api_verdict_t *verdict);

/*
 * Does the body of such a response have to be seen?  Not where there is
 * nothing to ask of it: streams, and bytes that no schema looks at.  Of a
 * response with fields, and a status, and no body yet.
 */

bool api_contract_reads_response(const api_response_t *response);

/* Can a request to this operation have a body that is to be read, and of what
   kind?  For whoever has to decide before the body is there. */

bool api_contract_reads_body(const api_operation_t *op);

/*
 * A fault as a line for a log: "query limit: maximum: at most 100"; NUL
 * behind it; returns its length, less than size.
 */

size_t api_fault_print(const api_fault_t *fault, char *buf, size_t size);


#endif /* API_CONTRACT_H */
