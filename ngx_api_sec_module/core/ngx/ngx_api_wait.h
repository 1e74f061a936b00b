
/*
 * A request that stops in a phase and goes on there: after a time, as
 * limit_req delays, or when whoever held it lets it go.
 */

#ifndef _NGX_API_WAIT_H_INCLUDED_
#define _NGX_API_WAIT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/*
 * NGX_AGAIN, for the phase handler to return: after ms (1 at least, a timer
 * has no less) the phases run again, from that handler on.  A client that goes
 * ends the request meanwhile.  Or the status of an error.
 */

ngx_int_t ngx_api_wait(ngx_http_request_t *r, ngx_msec_t ms);

/* The phases run on now.  The request may be gone when it returns. */

void ngx_api_wait_end(ngx_http_request_t *r);


#endif /* _NGX_API_WAIT_H_INCLUDED_ */
