
/*
 * The only place that knows versions of nginx.
 */

#ifndef _NGX_API_COMPAT_H_INCLUDED_
#define _NGX_API_COMPAT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* Headers with one name are a linked list since 1.23.0. */

#if (nginx_version >= 1023000)
#define ngx_api_header_single(h)  ((h)->next = NULL)
#else
#define ngx_api_header_single(h)
#endif


#endif /* _NGX_API_COMPAT_H_INCLUDED_ */
