/*
 * From a request to the collections that rules look at: ARGS,
 * REQUEST_HEADERS, FILES, XML, ...
 *
 * One object a transaction, filled in steps: api_values_request before phase
 * 1, api_values_body before phase 2 (which processor reads the body may be
 * decided by a rule of phase 1), api_values_response and
 * api_values_response_body before phases 3 and 4.  Everything is parsed once,
 * by the parsers of core/lib that the contract uses too, so that the two
 * cannot read one request differently.  All memory comes from the arena of
 * api_values_init; values point into it and into what was given, which must
 * stay.  Not thread-safe.
 *
 * Names and values are those of ModSecurity 3.0.9.  Where they differ:
 * - a=1&&b=2: the empty pair between && is no argument (urlencoded.h);
 * - cookies: blanks at the end of a name are not its own (cookie.h);
 * - JSON is read strictly: what yajl accepts beyond the RFC and duplicate
 *   names are REQBODY_ERROR 1 here (values up to there are inspected);
 * - XML: entities are not expanded.  A document that declares any is
 *   REQBODY_ERROR 1, and their text is inspected as part of XML:/star;
 * - multipart: flags are set by core/lib's reader, which sets them in every
 *   case in which ModSecurity does and some more (multipart.h);
 * - over a limit (arguments, depth) REQBODY_ERROR is 1 as well; ModSecurity
 *   leaves out the rest in silence.
 */

#ifndef API_VALUES_H
#define API_VALUES_H

#include "api_transform.h"
#include "api_siphash.h"


typedef enum {
    /* one value each */
    API_VAR_REQUEST_METHOD = 0,
    API_VAR_REQUEST_PROTOCOL, /* HTTP/1.1 */
    API_VAR_REQUEST_LINE,
    API_VAR_REQUEST_URI,     /* decoded, with query, without scheme and host */
    API_VAR_REQUEST_URI_RAW, /* as sent */
    API_VAR_REQUEST_FILENAME, /* decoded, without query; PATH_INFO too */
    API_VAR_REQUEST_BASENAME,
    API_VAR_QUERY_STRING, /* as sent; none: no value */
    API_VAR_REQUEST_BODY, /* none: no value */
    API_VAR_REQUEST_BODY_LENGTH,
    API_VAR_FULL_REQUEST,
    API_VAR_FULL_REQUEST_LENGTH,
    API_VAR_REQBODY_PROCESSOR, /* URLENCODED MULTIPART JSON XML */
    API_VAR_REQBODY_ERROR,     /* 0, 1 */
    API_VAR_REQBODY_ERROR_MSG,
    API_VAR_REQBODY_PROCESSOR_ERROR,
    API_VAR_REQBODY_PROCESSOR_ERROR_MSG,
    API_VAR_URLENCODED_ERROR, /* 0, 1 */
    API_VAR_INBOUND_DATA_ERROR,
    API_VAR_OUTBOUND_DATA_ERROR,
    API_VAR_ARGS_COMBINED_SIZE,
    API_VAR_FILES_COMBINED_SIZE,
    API_VAR_AUTH_TYPE,
    API_VAR_REMOTE_ADDR, /* REMOTE_HOST too */
    API_VAR_REMOTE_PORT,
    API_VAR_REMOTE_USER,
    API_VAR_SERVER_ADDR,
    API_VAR_SERVER_PORT,
    API_VAR_SERVER_NAME,
    API_VAR_UNIQUE_ID,
    API_VAR_MULTIPART_STRICT_ERROR,
    API_VAR_MULTIPART_UNMATCHED_BOUNDARY,
    API_VAR_MULTIPART_BOUNDARY_QUOTED,
    API_VAR_MULTIPART_BOUNDARY_WHITESPACE,
    API_VAR_MULTIPART_DATA_BEFORE,
    API_VAR_MULTIPART_DATA_AFTER,
    API_VAR_MULTIPART_HEADER_FOLDING,
    API_VAR_MULTIPART_INVALID_HEADER_FOLDING,
    API_VAR_MULTIPART_LF_LINE,
    API_VAR_MULTIPART_CRLF_LF_LINES,
    API_VAR_MULTIPART_MISSING_SEMICOLON,
    API_VAR_MULTIPART_INVALID_QUOTING,
    API_VAR_MULTIPART_INVALID_PART,
    API_VAR_MULTIPART_FILE_LIMIT_EXCEEDED,
    API_VAR_RESPONSE_STATUS,
    API_VAR_RESPONSE_PROTOCOL,
    API_VAR_RESPONSE_CONTENT_TYPE,
    API_VAR_RESPONSE_CONTENT_LENGTH,
    API_VAR_RESPONSE_BODY,

    /* any number of named values; a NAME collection has its names as values */
    API_VAR_ARGS, /* of query, then form or JSON or GraphQL */
    API_VAR_ARGS_NAMES,
    API_VAR_ARGS_GET,
    API_VAR_ARGS_GET_NAMES,
    API_VAR_ARGS_POST, /* forms only, as in ModSecurity */
    API_VAR_ARGS_POST_NAMES,
    API_VAR_REQUEST_HEADERS, /* names as sent; compare without case */
    API_VAR_REQUEST_HEADERS_NAMES,
    API_VAR_REQUEST_COOKIES,
    API_VAR_REQUEST_COOKIES_NAMES,
    API_VAR_FILES,       /* name: of the field; value: the filename */
    API_VAR_FILES_NAMES, /* value: name of the field */
    API_VAR_FILES_SIZES,
    API_VAR_FILES_TMP_CONTENT,
    API_VAR_MULTIPART_FILENAME,
    API_VAR_MULTIPART_NAME,
    API_VAR_MULTIPART_PART_HEADERS, /* name: of the field; value: a line */
    API_VAR_XML,      /* XML:/star: the text of the document, one value */
    API_VAR_XML_ATTR, /* XML://@star: each attribute's value */
    API_VAR_RESPONSE_HEADERS,
    API_VAR_RESPONSE_HEADERS_NAMES,
    API_VAR_NREQUEST
} api_var_t;

#define API_VAR_FIRST_LIST API_VAR_ARGS

/* "REQUEST_METHOD", ...; "XML" for both of XML. */

const char *api_var_name(api_var_t var);

/* The variable of that name, without case, aliases too (PATH_INFO,
   REMOTE_HOST, REQUEST_BODY_PROCESSOR...); API_VAR_NREQUEST: none here. */

api_var_t api_var_find(api_span_t name);

typedef struct {
    api_span_t name; /* within the collection; a single value has none */
    api_span_t value;
    uint32_t   triggers; /* api_transform_triggers(value) */
    uint32_t   var;      /* the collection it was made for */
} api_waf_value_t;

typedef struct {
    const api_waf_value_t *v; /* NULL: none */
    uint32_t               n;
} api_values_list_t;

typedef enum {
    API_PROCESSOR_NONE = 0,
    API_PROCESSOR_URLENCODED,
    API_PROCESSOR_MULTIPART,
    API_PROCESSOR_JSON,
    API_PROCESSOR_XML,
    API_PROCESSOR_GRAPHQL, /* application/graphql: the body is a document */
    API_PROCESSOR_NONES
} api_processor_t;

/* "URLENCODED", ...; "" for none. */

const char     *api_processor_name(api_processor_t p);
api_processor_t api_processor_find(api_span_t name); /* NONES: unknown */

typedef struct {
    api_span_t name;
    api_span_t value;
} api_field_t;

/* What the caller knows of a request. Spans may be empty. */

typedef struct {
    api_span_t         method;
    api_span_t         uri;      /* as on the request line */
    api_span_t         protocol; /* HTTP/1.1 */
    const api_field_t *field;    /* header lines in their order */
    uint32_t           nfields;
    api_span_t         remote_addr;
    uint16_t           remote_port;
    api_span_t         remote_user;
    api_span_t         server_addr;
    uint16_t           server_port;
    api_span_t         unique_id;
} api_request_t;

typedef struct {
    uint32_t args;       /* SecArgumentsLimit */
    uint32_t json_depth; /* SecRequestBodyJsonDepthLimit */
    uint32_t xml_depth;
    uint32_t xml_nodes; /* elements, attributes */
    uint32_t parts;     /* of a multipart body */
    uint8_t  separator; /* SecArgumentSeparator; & or ; */

    /* Take the processor from any declared JSON (+json), XML (+xml) or
       GraphQL type when no rule named one; ModSecurity does not. */

    bool by_type;

    /* Take GraphQL documents apart in JSON bodies too (the member "query"
       of an object that looks like a request of GraphQL). */

    bool graphql;
} api_values_conf_t;

/* 1 000 arguments, 512 deep JSON, 64 deep XML of 20 000 nodes, 1 000 parts,
   &, both on. */

extern const api_values_conf_t api_values_conf_default;

typedef struct api_values_s api_values_t;

struct api_values_s {
    api_values_list_t list[API_VAR_NREQUEST];
    api_processor_t processor;  /* by type, or set by a rule before the body */
    bool            body_error; /* REQBODY_ERROR is 1 */
    bool            args_limited; /* arguments were left out */

    /* the rest is api_values' own */
    const api_values_conf_t *conf;
    const api_request_t     *request;
    api_arena_t             *arena;
    api_sipkey_t             seed;
    api_waf_value_t         *args; /* ARGS, growing */
    api_waf_value_t         *arg_names;
    uint32_t                 nargs;
    uint32_t                 aargs;
    uint64_t                 args_size;
};

/* seed: as api_json_parse wants it. */

void api_values_init(api_values_t *v, const api_values_conf_t *conf,
    api_sipkey_t seed, api_arena_t *arena);

/*
 * Request line, headers, cookies, query; processor is set.  Returns API_OK or
 * API_NOMEM; what is odd in a request is never an error of these functions
 * but a value that rules see.
 */

int api_values_request(api_values_t *v, const api_request_t *request);

/*
 * The body by v->processor, decoded if it had a Content-Encoding that the
 * caller decodes.  truncated: not all of it is here (INBOUND_DATA_ERROR).
 * To be called without a body too: it sets REQBODY_ERROR.
 * API_OK or API_NOMEM.
 */

int api_values_body(api_values_t *v, api_span_t body, bool truncated);

int api_values_response(api_values_t *v, unsigned status, api_span_t protocol,
    const api_field_t *field, uint32_t nfields);

int api_values_response_body(api_values_t *v, api_span_t body, bool truncated);


#endif /* API_VALUES_H */
