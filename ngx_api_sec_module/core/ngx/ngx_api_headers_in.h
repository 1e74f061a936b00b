
/*
 * Another list of request headers, for what is sent upstream.
 *
 * A header that is to be gone has to be gone from the list: proxy, grpc,
 * fastcgi, uwsgi and scgi send all that stands in it and look at no flag.  The
 * elements themselves stay where they are, because headers_in points to many
 * of them: the new list is made of parts that leave some of the old out.
 */

#ifndef _NGX_API_HEADERS_IN_H_INCLUDED_
#define _NGX_API_HEADERS_IN_H_INCLUDED_


#include "ngx_api_compat.h"


/* What a list and what is derived from it look like at a moment. */

typedef struct {
    ngx_list_t                  headers;
    ngx_table_elt_t            *authorization;
} ngx_api_headers_t;

void ngx_api_headers_save(ngx_http_request_t *r, ngx_api_headers_t *saved);

/* Only when the list was rebuilt meanwhile: the saved parts are as before. */

ngx_int_t ngx_api_headers_restore(ngx_http_request_t *r,
    const ngx_api_headers_t *saved);


/* Is it to go? */

typedef ngx_uint_t (*ngx_api_headers_drop_pt)(const ngx_table_elt_t *h,
    void *data);

/*
 * Leave out what drop says (NULL: nothing), never touching the old parts.
 * Of pointers in headers_in only that to Authorization is cleared with it, and
 * ngx_api_headers_cookies has to be called when cookies may have gone.
 */

ngx_int_t ngx_api_headers_rebuild(ngx_http_request_t *r,
    ngx_api_headers_drop_pt drop, void *data);

/* To a list that was rebuilt; name as written and in lower case. */

ngx_table_elt_t *ngx_api_headers_push(ngx_http_request_t *r,
    const ngx_str_t *name, const ngx_str_t *lowcase, const ngx_str_t *value);

/* Find the lines of Cookie anew. */

ngx_int_t ngx_api_headers_cookies(ngx_http_request_t *r);

/*
 * Is it the header of that name (in lower case), or one that CGI and its
 * descendants take for it, with "_" for "-"?
 */

ngx_uint_t ngx_api_headers_alike(const ngx_table_elt_t *h,
    const ngx_str_t *name);


#endif /* _NGX_API_HEADERS_IN_H_INCLUDED_ */
