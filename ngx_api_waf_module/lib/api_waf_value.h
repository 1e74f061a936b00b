/*
 * What rules look at: the variables of one request, in collections.
 *
 * Who reads the request (api_values.h) stores each name and value once, in
 * one of the stored collections below; collections that are views of others
 * (ARGS, *_NAMES) or that the engine keeps itself (TX, MATCHED_VAR) are not
 * stored and cost nothing.  A scalar is a collection of at most one value
 * with an empty name; numbers are stored as decimal text.
 *
 *     api_waf_values_init(&v, &arena, 1000);
 *     api_waf_values_set(&v, API_WAF_REQUEST_METHOD, API_SPAN("POST"));
 *     api_waf_values_add(&v, API_WAF_ARGS_GET, name, value);
 *
 * Names and values are spans of memory that outlives the request's
 * inspection (the request itself, or the arena); nothing is copied here.
 * Order within a collection is order of appearance.  Names of headers are in
 * the case the client wrote; look-ups by name ignore case, as ModSecurity's.
 *
 * One owner at a time; not thread-safe.
 */

#ifndef API_WAF_VALUE_H
#define API_WAF_VALUE_H

#include "api_arena.h"


/*
 * Every variable of SecLang that may be named as a target or in a macro.
 * The table in api_waf_value.c gives names and kinds.
 */

typedef enum {
    /* Stored, with named members: filled by api_values */

    API_WAF_ARGS_GET = 0,
    API_WAF_ARGS_POST, /* form, multipart, JSON ("json.a.b"), GraphQL */
    API_WAF_REQUEST_HEADERS,
    API_WAF_REQUEST_COOKIES,
    API_WAF_RESPONSE_HEADERS,
    API_WAF_FILES,             /* part name: file name as sent */
    API_WAF_FILES_NAMES,       /* part name: part name */
    API_WAF_FILES_SIZES,       /* part name: bytes */
    API_WAF_FILES_TMPNAMES,    /* always empty: nothing is written to disk */
    API_WAF_FILES_TMP_CONTENT, /* part name: content */
    API_WAF_MULTIPART_FILENAME,
    API_WAF_MULTIPART_NAME,
    API_WAF_MULTIPART_PART_HEADERS, /* part name: "Name: value" */
    API_WAF_XML, /* name: API_WAF_XML_TEXT or API_WAF_XML_ATTRIBUTE */
    API_WAF_ARGS_UNPACKED, /* what is inside other values, and raw text */

    /* Stored, scalar: filled by api_values */

    API_WAF_SCALARS,
    API_WAF_ARGS_COMBINED_SIZE = API_WAF_SCALARS,
    API_WAF_AUTH_TYPE,
    API_WAF_FILES_COMBINED_SIZE,
    API_WAF_FULL_REQUEST,
    API_WAF_FULL_REQUEST_LENGTH,
    API_WAF_INBOUND_DATA_ERROR,
    API_WAF_MULTIPART_BOUNDARY_QUOTED,
    API_WAF_MULTIPART_BOUNDARY_WHITESPACE,
    API_WAF_MULTIPART_CRLF_LF_LINES,
    API_WAF_MULTIPART_DATA_AFTER,
    API_WAF_MULTIPART_DATA_BEFORE,
    API_WAF_MULTIPART_FILE_LIMIT_EXCEEDED,
    API_WAF_MULTIPART_HEADER_FOLDING,
    API_WAF_MULTIPART_INVALID_HEADER_FOLDING,
    API_WAF_MULTIPART_INVALID_PART,
    API_WAF_MULTIPART_INVALID_QUOTING,
    API_WAF_MULTIPART_LF_LINE,
    API_WAF_MULTIPART_MISSING_SEMICOLON,
    API_WAF_MULTIPART_STRICT_ERROR,
    API_WAF_MULTIPART_UNMATCHED_BOUNDARY,
    API_WAF_OUTBOUND_DATA_ERROR,
    API_WAF_PATH_INFO,
    API_WAF_QUERY_STRING,
    API_WAF_REMOTE_ADDR,
    API_WAF_REMOTE_HOST,
    API_WAF_REMOTE_PORT,
    API_WAF_REMOTE_USER,
    API_WAF_REQBODY_ERROR,
    API_WAF_REQBODY_ERROR_MSG,
    API_WAF_REQBODY_PROCESSOR,
    API_WAF_REQBODY_PROCESSOR_ERROR,
    API_WAF_REQBODY_PROCESSOR_ERROR_MSG,
    API_WAF_REQUEST_BASENAME,
    API_WAF_REQUEST_BODY,
    API_WAF_REQUEST_BODY_LENGTH,
    API_WAF_REQUEST_FILENAME,
    API_WAF_REQUEST_LINE,
    API_WAF_REQUEST_METHOD,
    API_WAF_REQUEST_PROTOCOL,
    API_WAF_REQUEST_URI,
    API_WAF_REQUEST_URI_RAW,
    API_WAF_RESPONSE_BODY,
    API_WAF_RESPONSE_CONTENT_LENGTH,
    API_WAF_RESPONSE_CONTENT_TYPE,
    API_WAF_RESPONSE_PROTOCOL,
    API_WAF_RESPONSE_STATUS,
    API_WAF_SERVER_ADDR,
    API_WAF_SERVER_NAME,
    API_WAF_SERVER_PORT,
    API_WAF_STATUS_LINE,
    API_WAF_UNIQUE_ID,
    API_WAF_URLENCODED_ERROR,

    API_WAF_NSTORED,

    /* Views of stored ones */

    API_WAF_ARGS = API_WAF_NSTORED, /* ARGS_GET, then ARGS_POST */
    API_WAF_ARGS_NAMES,
    API_WAF_ARGS_GET_NAMES,
    API_WAF_ARGS_POST_NAMES,
    API_WAF_ARGS_UNPACKED_NAMES,
    API_WAF_REQUEST_HEADERS_NAMES,
    API_WAF_REQUEST_COOKIES_NAMES,
    API_WAF_RESPONSE_HEADERS_NAMES,

    /* Of the engine */

    API_WAF_MATCHED_VAR,
    API_WAF_MATCHED_VAR_NAME,
    API_WAF_MATCHED_VARS,
    API_WAF_MATCHED_VARS_NAMES,
    API_WAF_TX,
    API_WAF_IP,
    API_WAF_GLOBAL,
    API_WAF_RESOURCE,
    API_WAF_SESSION,
    API_WAF_USER,
    API_WAF_SESSIONID,
    API_WAF_USERID,
    API_WAF_RULE,
    API_WAF_ENV, /* what setenv set */
    API_WAF_GEO, /* always empty */
    API_WAF_DURATION,
    API_WAF_HIGHEST_SEVERITY,
    API_WAF_MODSEC_BUILD,
    API_WAF_TIME,
    API_WAF_TIME_DAY,
    API_WAF_TIME_EPOCH,
    API_WAF_TIME_HOUR,
    API_WAF_TIME_MIN,
    API_WAF_TIME_MON,
    API_WAF_TIME_SEC,
    API_WAF_TIME_WDAY,
    API_WAF_TIME_YEAR,
    API_WAF_WEBAPPID,

    API_WAF_NVARS
} api_waf_var_t;

/*
 * Names of members of XML.  All text of the document, in order and without
 * markup, is one value, as with XPath of that name in ModSecurity; each
 * attribute is a value.
 */

#define API_WAF_XML_TEXT "/*"
#define API_WAF_XML_ATTRIBUTE "//@*"

typedef enum {
    API_WAF_K_SCALAR = 0, /* REQUEST_METHOD */
    API_WAF_K_DICT,       /* ARGS, ARGS:name, ARGS:/regex/ */
    API_WAF_K_STORE       /* TX, IP, ...: a dict that rules write */
} api_waf_kind_t;

/* "ARGS_GET"; what kind it is. */

api_span_t     api_waf_var_name(api_waf_var_t var);
api_waf_kind_t api_waf_var_kind(api_waf_var_t var);

/* By name, any case; API_WAF_NVARS when there is none. */

api_waf_var_t api_waf_var_find(api_span_t name);


typedef struct {
    api_span_t name;
    api_span_t value;

    /* Triggers of name and value (api_transform.h); 0 until the engine has
       asked for them. */

    uint64_t name_bits;
    uint64_t value_bits;

    uint32_t seq; /* 0, 1, 2, ... over all collections, as they come */
} api_waf_value_t;

typedef struct {
    api_waf_value_t *items;
    uint32_t         count;
    uint32_t         room;
} api_waf_set_t;

typedef struct {
    api_arena_t  *arena;
    uint32_t      seq;     /* of the next one */
    uint32_t      max;     /* values that still may be added */
    bool          over;    /* one was not: the caller turned it to an error */
    size_t        longest; /* name or value, of them all */
    api_waf_set_t set[API_WAF_NSTORED];
} api_waf_values_t;


/* max: of all collections together; 0: 65 536. */

void
api_waf_values_init(api_waf_values_t *v, api_arena_t *arena, uint32_t max);

/* Append to a stored collection.  API_OK, API_NOMEM, or API_LIMIT. */

int api_waf_values_add(
    api_waf_values_t *v, api_waf_var_t var, api_span_t name, api_span_t value);

/* Room for n more, which are likely to come.  API_OK or API_NOMEM. */

int api_waf_values_reserve(api_waf_values_t *v, api_waf_var_t var, uint32_t n);

/* Append to a collection that has room, under the maximum: of those that add
   many. */

static inline void
api_waf_values_put(
    api_waf_values_t *v, api_waf_set_t *set, api_span_t name, api_span_t value)
{
    size_t           len = name.len > value.len ? name.len : value.len;
    api_waf_value_t *item = &set->items[set->count++];

    v->longest = len > v->longest ? len : v->longest;
    item->name = name;
    item->value = value;
    item->name_bits = 0;
    item->value_bits = 0;
    item->seq = v->seq++;
    v->max--;
}

/* Set a stored scalar, in place of what it was.  API_OK or API_NOMEM. */

int
api_waf_values_set(api_waf_values_t *v, api_waf_var_t var, api_span_t value);

/* A number as decimal text, of the arena; data NULL: no memory. */

api_span_t api_waf_decimal(api_arena_t *arena, int64_t value);

/* api_waf_values_set with such a text. */

int
api_waf_values_set_int(api_waf_values_t *v, api_waf_var_t var, int64_t value);

/* A stored scalar, or the first of a collection; data NULL: not there. */

api_span_t api_waf_values_get(const api_waf_values_t *v, api_waf_var_t var);

/* The first member of a stored collection by name, any case. */

api_span_t api_waf_values_find(
    const api_waf_values_t *v, api_waf_var_t var, api_span_t name);


#endif /* API_WAF_VALUE_H */
