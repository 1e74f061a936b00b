
/*
 * Private to the reader: a body that nginx has read, seen through the settings
 * of a location.
 */

#ifndef _NGX_API_BODY_VIEW_H_INCLUDED_
#define _NGX_API_BODY_VIEW_H_INCLUDED_


#include "ngx_api_body.h"


/* Content-Encoding */

typedef enum {
    NGX_API_BODY_PLAIN = 0,
    NGX_API_BODY_GZIP,
    NGX_API_BODY_OTHER
} ngx_api_body_coding_e;


typedef enum {
    NGX_API_BODY_TOO_LARGE = 0,
    NGX_API_BODY_CODING,
    NGX_API_BODY_NOT_GZIP,
    NGX_API_BODY_DECODED_TOO_LARGE,
    NGX_API_BODY_BUDGET,
    NGX_API_BODY_INCOMPLETE,
    NGX_API_BODY_UNREADABLE
} ngx_api_body_fault_e;


ngx_uint_t ngx_api_body_coding(ngx_http_request_t *r);

/* Settings other than those of the view call for another one. */

void ngx_api_body_settings(ngx_api_body_t *body,
    const ngx_api_shared_t *shared);

/* May a body of that length (-1: not known yet) be?  NGX_DECLINED: failed. */

ngx_int_t ngx_api_body_allowed(ngx_api_body_t *body, off_t length);

void ngx_api_body_view(ngx_http_request_t *r, ngx_api_body_t *body);

/* Returns NGX_DECLINED. */

ngx_int_t ngx_api_body_fail(ngx_api_body_t *body, ngx_uint_t fault);


#endif /* _NGX_API_BODY_VIEW_H_INCLUDED_ */
