
/*
 * One way to refuse.  A handler notes the refusal here and returns the
 * status; the filters of its module then write the answer (RFC 9457
 * problem+json, grpc-status for gRPC) in place of nginx's built-in page, so
 * that satisfy, error_page and auth_delay keep working.
 */

#ifndef _NGX_API_REFUSE_H_INCLUDED_
#define _NGX_API_REFUSE_H_INCLUDED_


#include "ngx_api_door.h"


/* What a module needs to decide; kept in its main conf. */

typedef struct {
    ngx_uint_t                  id;           /* ngx_api_module_e */
    ngx_int_t                   record;       /* ngx_api_record_index */
    ngx_int_t                   request_id;   /* ngx_api_support_id_index */
    const ngx_api_door_t       *sec;
} ngx_api_self_t;

/* preconfiguration and postconfiguration of every module. */

ngx_int_t ngx_api_self_init(ngx_conf_t *cf, ngx_api_self_t *self,
    ngx_uint_t id);


typedef struct {
    ngx_uint_t                  check;
    ngx_uint_t                  status;
    ngx_str_t                   reason;       /* for us: "expired" */
    ngx_str_t                   detail;       /* for us, a line; or empty */
    ngx_str_t                   code;         /* for the client */
    ngx_str_t                   title;        /* for the client */
    ngx_str_t                   challenge;    /* WWW-Authenticate or empty */
} ngx_api_why_t;

/*
 * A check said no.  In enforce: notes it, logs one line at level info, adds
 * the challenge, and returns why->status for the handler to return.  In
 * monitor, and where an api_exception lets it pass: notes and logs what would
 * have been, and returns NGX_DECLINED.
 * Strings of why are kept by reference, not copied.
 */

ngx_int_t ngx_api_refuse(ngx_http_request_t *r, const ngx_api_self_t *self,
    ngx_api_record_t *rec, const ngx_api_why_t *why, ngx_uint_t mode);

/* The same without the line in the log, for a caller that logs itself. */

ngx_int_t ngx_api_refuse_quietly(ngx_http_request_t *r,
    const ngx_api_self_t *self, ngx_api_record_t *rec,
    const ngx_api_why_t *why, ngx_uint_t mode);

/*
 * What mode holds for a rule: the one given, but in place of enforce monitor
 * where an api_exception says so, which is noted then.  ngx_api_refuse asks it
 * itself; ask it before where enforce has other effects.
 */

static ngx_inline ngx_uint_t
ngx_api_excepted_mode(ngx_http_request_t *r, const ngx_api_self_t *self,
    ngx_uint_t check, const ngx_str_t *reason, ngx_uint_t mode)
{
    return mode == NGX_API_MODE_ENFORCE && self->sec && self->sec->except
           && self->sec->except(r, check, reason)
           ? NGX_API_MODE_MONITOR : mode;
}


/*
 * After one of these has refused: a type of problem that is registered for
 * this case (a type_base of api_reject goes before it), and one more member
 * with its value in JSON.  Not copied.
 */

void ngx_api_refuse_problem_type(ngx_api_record_t *rec, const ngx_str_t *type,
    const ngx_str_t *member, const ngx_str_t *value);

/*
 * A later phase began, so a refusal from ACCESS was overruled (satisfy any):
 * it no longer stands.
 */

void ngx_api_refuse_overruled(ngx_http_request_t *r, ngx_api_record_t *rec);

/*
 * The header filter of a module: turns the response into our answer when it
 * is our refusal; *body is what the body filter has to send instead, or NULL.
 */

ngx_int_t ngx_api_refuse_header(ngx_http_request_t *r,
    const ngx_api_self_t *self, ngx_buf_t **body);

/* Does the client say that this is gRPC?  In HTTP/1 it cannot be. */

ngx_uint_t ngx_api_is_grpc(const ngx_http_request_t *r);

/* Add a response header; value is not copied. */

ngx_table_elt_t *ngx_api_add_header(ngx_http_request_t *r, const char *name,
    const ngx_str_t *value);


#endif /* _NGX_API_REFUSE_H_INCLUDED_ */
