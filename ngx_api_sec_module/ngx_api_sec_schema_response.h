
/*
 * api_schema_response: what an upstream answers is as described.
 *
 *   arm     PRECONTENT, when the operation is known
 *   header  status, headers and media type; is the body to be seen?
 *   body    the whole of it, up to SIZE
 *
 *   ARMED --header--> HOLDING   enforce: neither header nor body go out before
 *                               all is seen
 *                     WATCHING  monitor: they go out as they come, a copy is
 *                               looked at when the last byte is gone
 *   each of them --> DONE
 *
 * Judged is what the location under the contract answers, whoever makes it.
 * The pages of nginx, our own refusals and a 304, which has nothing in it,
 * are not.
 */

#ifndef _NGX_API_SEC_SCHEMA_RESPONSE_H_INCLUDED_
#define _NGX_API_SEC_SCHEMA_RESPONSE_H_INCLUDED_


#include "ngx_api_sec_schema.h"


/* A line api_schema_response. */

struct ngx_api_sec_response_s {
    size_t                      size;
    ngx_api_mode_t              mode;
};


typedef enum {
    NGX_API_SEC_ANSWER_ARMED = 0,
    NGX_API_SEC_ANSWER_HOLDING,
    NGX_API_SEC_ANSWER_WATCHING,
    NGX_API_SEC_ANSWER_DONE
} ngx_api_sec_answer_e;

struct ngx_api_sec_answer_s {
    const ngx_api_sec_response_t *conf;
    const ngx_api_sec_rules_t  *rules;
    ngx_uint_t                  mode;
    ngx_uint_t                  uri_changes;   /* when it was armed */
    ngx_uint_t                  err_status;
    ngx_uint_t                  state;         /* ngx_api_sec_answer_e */
    unsigned                    refused:1;
    unsigned                    gzip:1;
    api_response_t              response;
    api_alloc_t                 alloc;         /* under api_body_budget */
    u_char                     *data;
    size_t                      len;
    size_t                      room;
};


/* From the header filter, the main request: NGX_DECLINED, the header goes on
   its way; NGX_OK, it is held; NGX_DONE, that of a problem has gone out;
   anything else is returned. */

ngx_int_t ngx_api_sec_response_header(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf);

/*
 * From the body filter, the main request: NGX_DECLINED, what came in goes on;
 * NGX_OK, it is held, or dropped; NGX_DONE, header and *out go out;
 * NGX_ABORT, the header of a problem has gone out, its body follows; anything
 * else is returned.
 */

ngx_int_t ngx_api_sec_response_body(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_chain_t *in, ngx_chain_t *out);

/* From the body filter, a subrequest: may it send while its main request is
   held? */

ngx_uint_t ngx_api_sec_response_in_pieces(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf);


/* ngx_api_sec_response_judge.c */

typedef enum {
    NGX_API_SEC_ANSWER_FITS = 0,
    NGX_API_SEC_ANSWER_STATUS,
    NGX_API_SEC_ANSWER_HEADER,
    NGX_API_SEC_ANSWER_TYPE,
    NGX_API_SEC_ANSWER_BODY,
    NGX_API_SEC_ANSWER_SYNTAX,
    NGX_API_SEC_ANSWER_LIMIT,
    NGX_API_SEC_ANSWER_CODING,
    NGX_API_SEC_ANSWER_CUT,
    NGX_API_SEC_ANSWER_BUDGET
} ngx_api_sec_answer_no_e;

/* The fields of the response as they will be sent; NGX_ERROR without
   memory. */

ngx_int_t ngx_api_sec_answer_fields(ngx_http_request_t *r,
    api_response_t *response);

/*
 * What is known of it, and the whole with its body.  NGX_OK: as described;
 * else what ngx_api_sec_answer_no() has returned.
 */

ngx_int_t ngx_api_sec_answer_run(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_sec_answer_t *answer, api_arena_t *arena);
ngx_int_t ngx_api_sec_answer_judge(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_sec_answer_t *answer);

/*
 * NGX_DECLINED in monitor.  In enforce NGX_DONE: the header of the problem has
 * gone out; or an error, or a status to return from the header filter.  What
 * was wrong is for the operator alone.
 */

ngx_int_t ngx_api_sec_answer_no(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_sec_answer_t *answer, ngx_uint_t no, const ngx_str_t *detail);


#endif /* _NGX_API_SEC_SCHEMA_RESPONSE_H_INCLUDED_ */
