
/*
 * Headers of the request: how often they stand, and the words in them.
 */

#ifndef _NGX_API_HEADER_H_INCLUDED_
#define _NGX_API_HEADER_H_INCLUDED_


#include "ngx_api_conf.h"


/*
 * The value of the request header of that name (in lower case), NULL if there
 * is none.  NGX_DECLINED when it stands twice; *value is the first one then.
 */

ngx_int_t ngx_api_header_in(ngx_http_request_t *r, const char *name,
    const ngx_str_t **value);

/*
 * The same, where "_" is taken for "-": with underscores_in_headers on, an
 * upstream that reads HTTP_X_API_KEY would take X_API_Key for X-API-Key.
 */

ngx_int_t ngx_api_header_alike(ngx_http_request_t *r, const ngx_str_t *name,
    const ngx_str_t **value);

/* What stands before the next `end` or the end of *rest, which is left behind
   it; without the white space around. */

api_span_t ngx_api_header_word(api_span_t *rest, u_char end);


#endif /* _NGX_API_HEADER_H_INCLUDED_ */
