
/*
 * The contract: what an OpenAPI document says of a request is enforced.
 *
 *   ngx_api_sec_spec.c             api_schema_spec, api_schema_root
 *   ngx_api_sec_spec_load.c        the document, read and compiled at load
 *   ngx_api_sec_schema_auth.c      api_schema_security; who may call it
 *   ngx_api_sec_schema_conf.c      api_schema and what refines it
 *   ngx_api_sec_schema_bare.c      api_schema_body
 *   ngx_api_sec_schema_merge.c     ... by level, and what it asks of it
 *   ngx_api_sec_schema_route.c     the operation of a request
 *   ngx_api_sec_schema_vars.c      ... as variables, and operands path:NAME
 *   ngx_api_sec_schema_admit.c     is there such an operation, and served?
 *   ngx_api_sec_schema.c           the check
 *   ngx_api_sec_schema_answer.c    what a refusal says
 *   ngx_api_sec_schema_response.c  api_schema_response
 *   ngx_api_sec_response_judge.c   ... and what it finds
 *
 * A description is compiled in the master and read-only from then on: the
 * workers share it.
 */

#ifndef _NGX_API_SEC_SCHEMA_H_INCLUDED_
#define _NGX_API_SEC_SCHEMA_H_INCLUDED_


#include "ngx_api_sec_require.h"
#include "api_contract.h"
#include "api_media.h"


/* api_schema_security: the scheme of a document is this method. */

typedef struct {
    ngx_str_t                   spec;
    ngx_str_t                   scheme;
    ngx_str_t                   file;
    ngx_uint_t                  line;
    const ngx_api_sec_method_t *method;
    ngx_array_t                *names;        /* of ngx_str_t */
} ngx_api_sec_scheme_t;


typedef struct {
    ngx_str_t                   name;
    ngx_str_t                   path;         /* of the document */
    ngx_str_t                   file;         /* of the directive */
    ngx_uint_t                  line;
    ngx_str_t                   root;
    ngx_str_t                   base;
    ngx_flag_t                  strict;
    ngx_uint_t                  unsupported;  /* NGX_API_SEC_SPEC_* */
    ngx_flag_t                  bare;         /* of api_schema_body */
    ngx_uint_t                  draft;        /* ... NGX_API_SEC_DRAFT_* */
    api_openapi_t              *doc;
    uint32_t                    revision;     /* of all its files */
    ngx_array_t                 schemes;      /* ngx_api_sec_scheme_t * */
} ngx_api_sec_spec_t;

#define NGX_API_SEC_SPEC_ERROR  0
#define NGX_API_SEC_SPEC_WARN   1


/* Of the module as a whole. */

struct ngx_api_sec_specs_s {
    ngx_array_t                 specs;        /* of ngx_api_sec_spec_t * */
    ngx_array_t                 schemes;      /* ngx_api_sec_scheme_t * */
    ngx_array_t                 bare;         /* of ngx_api_sec_spec_t * */
    ngx_str_t                   root;         /* api_schema_root */
};


/* A line api_schema. */

typedef struct {
    ngx_str_t                   name;
    ngx_str_t                   file;
    ngx_uint_t                  line;
    ngx_api_mode_t              mode;
    ngx_uint_t                  path;         /* NGX_API_SEC_PATH_* */
    ngx_uint_t                  slash;        /* NGX_API_SEC_IGNORE: allow */
    const ngx_api_sec_spec_t   *spec;
} ngx_api_sec_contract_t;

#define NGX_API_SEC_PATH_CLIENT     0
#define NGX_API_SEC_PATH_REWRITTEN  1


/* A line api_schema_operation. */

typedef struct {
    ngx_str_t                   id;
    ngx_str_t                   file;
    ngx_uint_t                  line;
    ngx_api_mode_t              mode;
    ngx_flag_t                  internal;
} ngx_api_sec_operation_t;


#define NGX_API_SEC_DENY    0
#define NGX_API_SEC_IGNORE  1

typedef struct {
    ngx_uint_t                  query;        /* NGX_API_SEC_DENY, _IGNORE */
    ngx_uint_t                  headers;
    ngx_uint_t                  cookies;
    ngx_uint_t                  body;
} ngx_api_sec_unknown_t;

typedef struct {
    ngx_uint_t                  head;
    ngx_uint_t                  options;
    ngx_uint_t                  override;     /* NGX_API_SEC_DENY, _IGNORE */
} ngx_api_sec_verbs_t;

#define NGX_API_SEC_HEAD_AS_GET     0
#define NGX_API_SEC_HEAD_DESCRIBED  1

#define NGX_API_SEC_OPTIONS_CORS    0    /* preflights alone, by api_cors */
#define NGX_API_SEC_OPTIONS_PASS    1

typedef struct {
    ngx_uint_t                  depth;        /* UNSET: the default */
    ngx_uint_t                  tokens;
    ngx_uint_t                  members;
    ngx_uint_t                  string;
    ngx_uint_t                  number;
    ngx_uint_t                  steps;
    ngx_uint_t                  regex;
    ngx_uint_t                  errors;
} ngx_api_sec_bounds_t;


#define NGX_API_SEC_PUBLIC    0
#define NGX_API_SEC_PARTNER   1
#define NGX_API_SEC_INTERNAL  2


/*
 * All that holds for a request of a location, made when levels are merged.
 * Levels that change nothing share the one of the level above: a request that
 * was checked under it is not checked again there.
 */

struct ngx_api_sec_rules_s {
    const ngx_api_sec_contract_t      *contract;
    const ngx_api_sec_operation_t    **operations;  /* by index, or NULL */
    ngx_uint_t                         options;
    ngx_uint_t                         override;
    ngx_uint_t                         exposure;
    ngx_uint_t                         own_json;    /* limits of our own */
    const ngx_api_sec_routed_t        *routed;      /* of api_schema_body */
    api_contract_opts_t                opts;
    api_json_limits_t                  json;
    api_schema_limits_t                schema;
};


/* ngx_api_sec_schema_response.h */

typedef struct ngx_api_sec_response_s  ngx_api_sec_response_t;
typedef struct ngx_api_sec_answer_s    ngx_api_sec_answer_t;


struct ngx_api_sec_schema_conf_s {
    const ngx_api_sec_contract_t      *contract;    /* UNSET_PTR; NULL: off */
    ngx_api_conf_list_t                operations;
    ngx_api_sec_unknown_t              unknown;
    ngx_api_sec_verbs_t                verbs;
    ngx_api_sec_bounds_t               bounds;
    ngx_uint_t                         exposure;
    const ngx_api_sec_response_t      *response;    /* UNSET_PTR; NULL: off */
    unsigned                           has_unknown:1;
    unsigned                           has_verbs:1;
    unsigned                           has_bounds:1;
    const ngx_api_sec_rules_t         *rules;       /* merged; NULL: off */
    ngx_api_sec_contract_t            *bare;        /* UNSET_PTR; NULL: off */
    const ngx_api_sec_rules_t         *bare_rules;  /* merged; NULL: off */
};


/* The operation of a request, found when somebody first asks. */

typedef enum {
    NGX_API_SEC_ROUTE_FOUND = 0,
    NGX_API_SEC_ROUTE_PATH,        /* 404 */
    NGX_API_SEC_ROUTE_METHOD,      /* 405 */
    NGX_API_SEC_ROUTE_SYNTAX,      /* 400: no path of a request */
    NGX_API_SEC_ROUTE_READINGS     /* 400: somebody may read another path */
} ngx_api_sec_route_e;

struct ngx_api_sec_routed_s {
    const ngx_api_sec_contract_t      *contract;
    unsigned                           head_as_get:1;
    unsigned                           client:1;    /* agreed with uri */
    ngx_str_t                          uri;
    ngx_str_t                          args;
    ngx_str_t                          method;
    ngx_uint_t                         result;      /* ngx_api_sec_route_e */
    api_path_t                         path;
    api_route_t                        route;
};


/* What the check has found; hangs in the ctx. */

struct ngx_api_sec_checked_s {
    const ngx_api_sec_rules_t         *refused;     /* that ended it */
    const ngx_api_sec_rules_t         *params;      /* headers were fine */
    const ngx_api_sec_rules_t         *passed;
    const ngx_api_sec_rules_t         *parsed;      /* the tape's limits */
    const ngx_api_sec_routed_t        *routed;      /* by this route */
    ngx_uint_t                         result;      /* of $api_schema_result */
    ngx_str_t                          error;
    ngx_api_sec_answer_t              *answer;      /* NULL: not looked at */
};

typedef enum {
    NGX_API_SEC_SCHEMA_NONE = 0,
    NGX_API_SEC_SCHEMA_PASSED,
    NGX_API_SEC_SCHEMA_MONITORED,
    NGX_API_SEC_SCHEMA_REFUSED,
    NGX_API_SEC_SCHEMA_OFF
} ngx_api_sec_schema_e;


/* A request under the rules of its location. */

typedef struct {
    ngx_http_request_t                *r;
    const ngx_api_sec_main_conf_t     *mcf;
    const ngx_api_sec_loc_conf_t      *lcf;
    const ngx_api_sec_rules_t         *rules;
    ngx_api_record_t                  *rec;
    ngx_api_sec_ctx_t                 *ctx;
    ngx_api_sec_checked_t             *checked;
    const ngx_api_sec_routed_t        *routed;
    const api_operation_t             *op;          /* or NULL */
    ngx_uint_t                         mode;
} ngx_api_sec_call_t;


/* ngx_api_sec_spec_load.c */

char *ngx_api_sec_spec_load(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_spec_t *spec);

/* ngx_api_sec_schema_auth.c: can a caller of a location with that policy meet
   what the operation asks for? */

ngx_uint_t ngx_api_sec_needs_can_be_met(const ngx_api_sec_spec_t *spec,
    const api_operation_t *op, const ngx_api_sec_auth_t *auth,
    const api_need_t **unmet);

/* ngx_api_sec_spec.c */

char *ngx_api_sec_spec_words(ngx_conf_t *cf,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_spec_t *spec);
ngx_api_sec_spec_t *ngx_api_sec_spec_find(
    const ngx_api_sec_main_conf_t *mcf, const ngx_str_t *name);

/* ngx_api_sec_schema_route.c: NULL without memory. */

const ngx_api_sec_routed_t *ngx_api_sec_route(ngx_http_request_t *r,
    const ngx_api_sec_rules_t *rules, ngx_api_sec_ctx_t *ctx);

/* The mode for an operation, or for what is none (op NULL). */

ngx_uint_t ngx_api_sec_schema_mode(ngx_http_request_t *r,
    const ngx_api_sec_loc_conf_t *lcf, const ngx_api_sec_rules_t *rules,
    const api_operation_t *op);

/* ngx_api_sec_schema_merge.c */

void ngx_api_sec_rules_bounds(const ngx_api_sec_bounds_t *bounds,
    ngx_api_sec_rules_t *rules);

/* ngx_api_sec_schema_bare.c */

char *ngx_api_sec_bare_merge(ngx_conf_t *cf, ngx_api_sec_schema_conf_t *conf,
    const ngx_api_sec_schema_conf_t *prev, ngx_uint_t own);

/* ngx_api_sec_schema.c: a call under rules; NGX_ERROR without memory. */

ngx_int_t ngx_api_sec_call_begin(ngx_http_request_t *r,
    const ngx_api_sec_loc_conf_t *lcf, const ngx_api_sec_rules_t *rules,
    ngx_api_sec_call_t *call);
ngx_uint_t ngx_api_sec_call_settled(const ngx_api_sec_call_t *call);

/* Parameters and body. */

ngx_int_t ngx_api_sec_check(ngx_api_sec_call_t *call);

/* NGX_OK; NGX_DECLINED: nothing is to be checked; NGX_ERROR. */

ngx_int_t ngx_api_sec_call(ngx_http_request_t *r, ngx_api_sec_call_t *call);

/* ngx_api_sec_schema_response.c: the response of this location is looked at,
   if api_schema_response says so.  NGX_ERROR without memory. */

ngx_int_t ngx_api_sec_response_arm(ngx_api_sec_call_t *call);

/* ngx_api_sec_schema_answer.c: refusals of the contract. */

typedef enum {
    NGX_API_SEC_NO_PATH = 0,
    NGX_API_SEC_NO_METHOD,
    NGX_API_SEC_BAD_PATH,
    NGX_API_SEC_TWO_PATHS,
    NGX_API_SEC_OVERRIDE,
    NGX_API_SEC_HIDDEN,
    NGX_API_SEC_GONE,
    NGX_API_SEC_STREAM,
    NGX_API_SEC_PARTIAL
} ngx_api_sec_no_e;

ngx_int_t ngx_api_sec_schema_passed(ngx_api_sec_call_t *call);
ngx_int_t ngx_api_sec_schema_no(ngx_api_sec_call_t *call, ngx_uint_t no);
ngx_int_t ngx_api_sec_schema_verdict(ngx_api_sec_call_t *call,
    const api_verdict_t *verdict);

/* A refusal by other means is noted too. */

ngx_int_t ngx_api_sec_schema_note(ngx_api_sec_call_t *call, ngx_int_t rc,
    const ngx_str_t *reason);


#endif /* _NGX_API_SEC_SCHEMA_H_INCLUDED_ */
