
/*
 * The decision record: one per main request, shared by the modules that are
 * loaded, whichever they are.
 *
 * It hangs on an indexed variable whose name no configuration can write, so
 * it survives error_page, named locations, X-Accel-Redirect and subrequests
 * (which r->ctx does not), and modules that share no symbol find it.  The
 * number in the name is the ABI of ngx_api_record_t: a module built for
 * another layout looks for another name and sees nothing.
 */

#ifndef _NGX_API_RECORD_H_INCLUDED_
#define _NGX_API_RECORD_H_INCLUDED_


#include "ngx_api_compat.h"


#define NGX_API_RECORD_NAME   "api record/1"
#define NGX_API_RECORD_MAGIC  0x31524543

#define NGX_API_MAX_DECISIONS  16


/* The modules of the suite; index of ngx_api_record_t.own. */

typedef enum {
    NGX_API_SEC = 0,
    NGX_API_RATELIMIT,
    NGX_API_WAF,
    NGX_API_NMODULES
} ngx_api_module_e;


typedef enum {
    NGX_API_CHECK_CORS = 0,
    NGX_API_CHECK_AUTH,
    NGX_API_CHECK_REQUIRE,
    NGX_API_CHECK_BIND,
    NGX_API_CHECK_BODY,
    NGX_API_CHECK_SCHEMA,
    NGX_API_CHECK_LIMIT,
    NGX_API_CHECK_BAN,
    NGX_API_CHECK_WAF,
    NGX_API_CHECK_AUDIT,
    NGX_API_CHECK_LEAK,
    NGX_API_CHECK_BEHAVIOR,
    NGX_API_NCHECKS
} ngx_api_check_e;


typedef enum {
    NGX_API_ALLOW = 0,
    NGX_API_MONITOR,    /* would have been refused; let pass */
    NGX_API_DENY,
    NGX_API_NVERDICTS
} ngx_api_verdict_e;


typedef struct {
    uint8_t                     check;
    uint8_t                     verdict;
    uint16_t                    status;    /* that was or would be answered */
    ngx_str_t                   reason;    /* stable name: "expired" */
    ngx_str_t                   detail;    /* a line for the operator */
} ngx_api_decision_t;


/*
 * A refusal is noted before its status is returned; the module that noted it
 * (owner) writes the answer when the response that is sent still is this one:
 * same status, no internal redirect since.  With satisfy any a later module
 * may overrule it.
 */

typedef struct {
    ngx_uint_t                  status;    /* 0: nothing refused */
    ngx_uint_t                  uri_changes;
    void                       *upstream;  /* done with before, or NULL */
    ngx_uint_t                  owner;
    ngx_uint_t                  check;
    ngx_str_t                   code;      /* public name of the error */
    ngx_str_t                   title;     /* public line */
    ngx_str_t                   detail;    /* for detail=full */
    ngx_str_t                   type;      /* of the problem, or empty */
    ngx_str_t                   member;    /* one more member, or empty ... */
    ngx_str_t                   value;     /* ... and its value, as JSON */
} ngx_api_refusal_t;


typedef struct ngx_api_body_s  ngx_api_body_t;


typedef struct {
    uint32_t                    magic;
    uint32_t                    ndecisions;
    ngx_api_decision_t          decisions[NGX_API_MAX_DECISIONS];
    ngx_api_refusal_t           refusal;
    ngx_api_body_t             *body;      /* once it has been read */
    ngx_str_t                   support_id;
    void                       *own[NGX_API_NMODULES];
} ngx_api_record_t;


/* postconfiguration: the index to hand to the functions below. */

ngx_int_t ngx_api_record_index(ngx_conf_t *cf);

/*
 * NULL when there is none yet.  Inline, for every handler and filter of every
 * request may ask.
 */

static ngx_inline ngx_api_record_t *
ngx_api_record_peek(const ngx_http_request_t *r, ngx_int_t index)
{
    ngx_api_record_t                 *rec;
    const ngx_http_variable_value_t  *v;

    v = &r->main->variables[index];

    if (!v->valid || v->len != sizeof(ngx_api_record_t)) {
        return NULL;
    }

    rec = (ngx_api_record_t *) v->data;

    return rec->magic == NGX_API_RECORD_MAGIC ? rec : NULL;
}


/* Made at first use; NULL without memory. */

ngx_api_record_t *ngx_api_record(ngx_http_request_t *r, ngx_int_t index);

/*
 * The same, with own[id]: the context of the module that asks, of that size,
 * zeroed when it is made.  Both are made in one piece when both are missing.
 */

ngx_api_record_t *ngx_api_record_own(ngx_http_request_t *r, ngx_int_t index,
    ngx_uint_t id, size_t size);

/*
 * Note what a check decided.  One entry a check: a later one replaces it,
 * unless the earlier is harsher.
 */

void ngx_api_record_decide(ngx_api_record_t *rec, ngx_uint_t check,
    ngx_uint_t verdict, ngx_uint_t status, const ngx_str_t *reason,
    const ngx_str_t *detail);

/* The harshest verdict so far, and the decision behind it (or NULL). */

ngx_uint_t ngx_api_record_verdict(const ngx_api_record_t *rec,
    const ngx_api_decision_t **why);

extern const ngx_str_t  ngx_api_check_names[NGX_API_NCHECKS];
extern const ngx_str_t  ngx_api_verdict_names[NGX_API_NVERDICTS];

/*
 * The id that ties an answer to the log: the request's $request_id, so that
 * logs which already carry that one can be joined.
 */

const ngx_str_t *ngx_api_support_id(ngx_http_request_t *r,
    ngx_api_record_t *rec, ngx_int_t request_id);

/* postconfiguration: the index of $request_id, for the above. */

ngx_int_t ngx_api_support_id_index(ngx_conf_t *cf);

/*
 * preconfiguration: $api_support_id, $api_decision, $api_reason.  Whichever
 * module of the suite comes first defines them; the record is the same.
 */

ngx_int_t ngx_api_record_variables(ngx_conf_t *cf);

/*
 * A read-only variable whose value may change while a request runs; and its
 * value: NULL for none.
 */

ngx_int_t ngx_api_add_variable(ngx_conf_t *cf, ngx_str_t *name,
    ngx_http_get_variable_pt get, uintptr_t data, ngx_uint_t flags);
void ngx_api_set_variable(ngx_http_variable_value_t *v,
    const ngx_str_t *value);


#endif /* _NGX_API_RECORD_H_INCLUDED_ */
