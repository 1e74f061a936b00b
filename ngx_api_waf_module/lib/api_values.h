/*
 * From a request to the variables that rules look at (api_waf_value.h).
 *
 *     api_values_init(&b, &values, &conf, seed, &arena);
 *     api_values_request(&b, &request);       before phase 1
 *     api_values_body(&b, body, ...);         before phase 2
 *     api_values_response(&b, ...);           before phase 3
 *     api_values_response_body(&b, ...);      before phase 4
 *
 * Everything is parsed once, by the parsers of core/lib that the contract
 * uses too, so that the two cannot read one request differently.  Memory
 * comes from the arena; values point into it and into what was given, which
 * must stay.  One owner at a time; not thread-safe.
 *
 * What is odd in a request is never an error of these functions but a value
 * that rules see: they return API_OK, or API_NOMEM.
 *
 * Names and values are those of ModSecurity 3.0.9.  Where they differ:
 * - a=1&&b=2: the empty pair between && is no argument (api_urlencoded.h);
 * - cookies: blanks around names and values are not theirs, and one without a
 *   name is one (api_cookie.h);
 * - JSON is read strictly: what yajl accepts beyond the RFC, and a name that
 *   stands twice, are REQBODY_ERROR 1.  Of a document that cannot be read, its
 *   text is inspected as one argument "json", for a lenient reader behind may
 *   make something of it; ModSecurity inspects what stood before the error;
 * - JSON and form fields are in ARGS_POST and ARGS_NAMES too;
 * - a body that is JSON, or lines of it, is read as such also when it says that
 *   it is a form, or nothing that is known; lines by their types, too;
 * - XML: entities are not expanded.  A document that declares one is
 *   REQBODY_ERROR 1, and what it declares is inspected as text;
 * - a line end within a field of a multipart body is part of its value, which
 *   ModSecurity 3.0.9 loses;
 * - a multipart body that ModSecurity's reader gives up is read to its end;
 *   flags are set in every case in which ModSecurity sets them and in some
 *   more (api_multipart.h), each as MULTIPART_STRICT_ERROR;
 * - ARGS_UNPACKED, which ModSecurity has not, is what stands inside other
 *   values (base64, JSON as text), each text of a document of XML or YAML, and
 *   bodies of text; it is filled where a rule looks at it;
 * - over a limit of arguments, cookies, names, depth (JSON 512, YAML 64), parts
 *   (1 000 of multipart/form-data) or directives of YAML (32) REQBODY_ERROR is
 *   1; ModSecurity leaves out the rest of the arguments in silence, and has no
 *   limit of cookies and names.
 */

#ifndef API_VALUES_H
#define API_VALUES_H

#include "api_siphash.h"
#include "api_waf.h"


/* What one inspection may hold, values and all: names within deep or long ones
   are many times what was sent.  The max of its arena. */

#define API_VALUES_MEMORY (32 * 1024 * 1024)


typedef struct {
    api_span_t name;
    api_span_t value;
} api_values_field_t;

/* What the caller knows of a request; spans may be empty. */

typedef struct {
    api_span_t                method;
    api_span_t                uri;      /* as on the request line */
    api_span_t                protocol; /* HTTP/1.1 */
    const api_values_field_t *field;    /* header lines in their order */
    uint32_t                  nfields;
    api_span_t                remote_addr;
    uint16_t                  remote_port;
    api_span_t                remote_user;
    api_span_t                server_addr;
    uint16_t                  server_port;
    api_span_t                unique_id;
} api_values_request_t;

typedef struct {
    /* SecArgumentsLimit.  It sets limits of cookies and names, too: a
       quarter as many cookies, 250 or more; 36 bytes of names each, 36 KB or
       more, and 11 times what was sent. */

    uint32_t args;
    uint32_t json_depth; /* SecRequestBodyJsonDepthLimit */
    uint32_t xml_depth;
    uint32_t xml_nodes; /* elements and attributes */
    uint32_t parts;     /* of a multipart body */
    uint8_t  separator; /* SecArgumentSeparator: & or ; */

    /* Read a body by its declared type when no rule named a processor: any
       JSON (+json), XML (+xml), application/graphql.  ModSecurity reads but
       forms and multipart then. */

    bool by_type;

    /* The member "query" of a JSON object at the root, and the argument
       "query", are taken apart as documents of GraphQL if they are such:
       argument "graphql.NAME" for each of its arguments and strings. */

    bool graphql;

    /* Some rule looks at FULL_REQUEST, which is a copy of everything. */

    bool full_request;

    /* Some rule looks at ARGS_UNPACKED (api_values_unpack.c): so many values
       at most; 0: none does. */

    uint32_t unpacked;
} api_values_conf_t;

/* 1 000 arguments, JSON 512 deep, XML 64 deep of 20 000 nodes, 1 000 parts,
   &, by_type and graphql, nothing unpacked. */

extern const api_values_conf_t api_values_conf_default;

/* The same, but for what the files of a rule set say. */

void api_values_conf(api_values_conf_t *conf, const api_waf_settings_t *s);

#define API_VALUES_SLICE 32768

/* A body that is being read. */

typedef struct api_values_reader_s api_values_reader_t;

typedef struct {
    api_waf_values_t           *values;
    const api_values_conf_t    *conf;
    const api_values_request_t *request;
    api_arena_t                *arena;
    api_sipkey_t                seed;
    api_span_t                  type;      /* the last Content-Type, trimmed */
    uint32_t                    types;     /* lines of it */
    uint32_t                    args;      /* so far */
    uint32_t                    unpacked;  /* so far */
    uint64_t                    args_size; /* ARGS_COMBINED_SIZE */
    uint64_t                    names;     /* bytes of names of arguments */
    uint64_t                    names_max;
    api_values_reader_t        *reader; /* NULL: none */
    size_t slice; /* bytes that are read in one go: API_VALUES_SLICE */
    bool   over;  /* of args, cookies, names, values: some were left out */
    bool   nomem;
} api_values_t;

/* seed: as api_json_parse wants it. */

void api_values_init(api_values_t *b, api_waf_values_t *values,
    const api_values_conf_t *conf, api_sipkey_t seed, api_arena_t *arena);

/* Request line, headers, cookies, query.  request must stay. */

int api_values_request(api_values_t *b, const api_values_request_t *request);

/*
 * The body, after a Content-Encoding was taken off.  how: what a rule said
 * (api_waf_tx_settings), NONE: by type.  truncated: not all of it is here.
 * To be called for a request without a body too: it sets REQBODY_ERROR.
 */

int api_values_body(
    api_values_t *b, api_span_t body, api_waf_body_t how, bool truncated);

/*
 * The same in slices of a millisecond or so: a body of a megabyte may take 40.
 * What cannot be left in the middle is a document of JSON, a form, parts, and
 * what is inside one value, each less than ten milliseconds a megabyte.
 *
 *     rc = api_values_body_start(&b, body, how, truncated);
 *     while (rc == API_OK && api_values_body_more(&b, &rc)) { ... others ... }
 *
 * more: false: it is read, or rc says why not.  After false, or when nobody
 * goes on with it, api_values_body_end (which may be called at any time).
 */

int api_values_body_start(
    api_values_t *b, api_span_t body, api_waf_body_t how, bool truncated);
bool api_values_body_more(api_values_t *b, int *rc);
void api_values_body_end(api_values_t *b);

int api_values_response(api_values_t *b, unsigned status, api_span_t protocol,
    const api_values_field_t *field, uint32_t nfields);

int api_values_response_body(api_values_t *b, api_span_t body, bool truncated);


#endif /* API_VALUES_H */
