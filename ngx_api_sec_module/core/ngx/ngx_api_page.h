
/*
 * Resources below api_status that come in pages: ?after=&limit=, and "next".
 */

#ifndef _NGX_API_PAGE_H_INCLUDED_
#define _NGX_API_PAGE_H_INCLUDED_


#include "ngx_api_door.h"


/* A number of the query; dflt when it is not there, is none or beyond max. */

ngx_uint_t ngx_api_admin_number(const ngx_api_admin_t *a, const char *name,
    ngx_uint_t dflt, ngx_uint_t max);

/* The last member of a page: where the next one goes on; 0: nowhere, null. */

void ngx_api_admin_next(const ngx_api_admin_t *a, ngx_uint_t next);


#endif /* _NGX_API_PAGE_H_INCLUDED_ */
