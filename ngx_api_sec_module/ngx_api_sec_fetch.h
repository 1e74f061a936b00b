
/*
 * A request of our own to an internal location, so that nginx's proxy, TLS
 * and resolver serve it: key sets, introspection.
 *
 * It is a background subrequest: the client's request may wait for it, go on
 * without it, or end before it.  Nothing of the client's goes along: no
 * header, no body; and nothing of the answer comes to the client.
 */

#ifndef _NGX_API_SEC_FETCH_H_INCLUDED_
#define _NGX_API_SEC_FETCH_H_INCLUDED_


#include "ngx_api_sec_auth.h"


typedef struct ngx_api_sec_fetch_s  ngx_api_sec_fetch_t;
typedef struct ngx_api_sec_wait_s   ngx_api_sec_wait_t;


/* Where to. */

typedef struct {
    ngx_str_t                   uri;          /* of the location */
    ngx_str_t                   server;       /* server=, or empty */
    const ngx_http_conf_ctx_t  *conf;         /* of it; NULL: the request's */
} ngx_api_sec_goal_t;


struct ngx_api_sec_fetch_s {
    const ngx_api_sec_goal_t *target;
    size_t                      max;          /* bytes of the answer */
    ngx_str_t                   body;         /* empty: GET, else POST */
    ngx_str_t                   authorization;
    ngx_msec_t                  timeout;      /* for who waits */

    /* Called once, when the answer is there. */

    void                      (*finish)(ngx_http_request_t *r,
                                  ngx_api_sec_fetch_t *f);
    void                       *data;

    /* the answer */

    ngx_uint_t                  status;       /* 0: it broke off */
    u_char                     *text;
    size_t                      len;
    unsigned                    too_large:1;
    unsigned                    whole:1;      /* its end has come */
    unsigned                    done:1;

    /* of ngx_api_sec_fetch.c alone */

    size_t                      room;
    ngx_http_request_t         *sr;
    ngx_api_sec_fetch_t        *next;
};


/* postconfiguration: the server that is named; logs. */

ngx_int_t ngx_api_sec_goal_resolve(ngx_conf_t *cf,
    ngx_api_sec_goal_t *target, const char *what);

/* f lives as long as the main request.  NGX_ERROR: finish is not called. */

ngx_int_t ngx_api_sec_fetch(ngx_http_request_t *r, ngx_api_sec_ctx_t *ctx,
    ngx_api_sec_fetch_t *f);

/* The fetch that r, a subrequest, is or belongs to; NULL: none. */

ngx_api_sec_fetch_t *ngx_api_sec_fetch_of(const ngx_http_request_t *r,
    const ngx_api_sec_ctx_t *ctx);

/* Body filter: take what is in the chain, and mark it as sent. */

ngx_int_t ngx_api_sec_fetch_take(ngx_api_sec_fetch_t *f, ngx_chain_t *in);


/*
 * The phases of r run again after msec at the latest; earlier also, perhaps
 * for no reason, and ngx_api_sec_waited comes first.  The handler returns
 * NGX_AGAIN meanwhile.  A client that leaves ends his request, but one that
 * stays: others wait for what he asked for.
 */

ngx_int_t ngx_api_sec_wait(ngx_http_request_t *r, ngx_api_sec_ctx_t *ctx,
    ngx_msec_t msec, ngx_uint_t stays);
void ngx_api_sec_waited(ngx_http_request_t *r);


#endif /* _NGX_API_SEC_FETCH_H_INCLUDED_ */
