
/*
 * Key sets from elsewhere: `jwks uri:/LOCATION` of api_jwt_issuer.
 *
 *   first need        the request waits, as with auth_request
 *   past `refresh`    the set is fetched in the background, and serves on
 *   past that and `stale`   it serves no more: 503
 *   a kid not in it   it is fetched, not sooner than `min_interval` after the
 *                     last time
 *
 *   api_health ready        starts a fetch where there are no keys yet or the
 *                           set is due, and waits for nothing
 *
 * One worker fetches (a lease in the zone); the checked set is published
 * there under a number, and each worker builds its keys once.
 */

#ifndef _NGX_API_SEC_REMOTE_H_INCLUDED_
#define _NGX_API_SEC_REMOTE_H_INCLUDED_


#include "ngx_api_sec_fetch.h"
#include "ngx_api_zone.h"
#include "api_bulletin.h"
#include "api_writer.h"


#define NGX_API_REMOTE_MAX  (128 * 1024)    /* bytes of a set */


typedef struct ngx_api_sec_issuer_s  ngx_api_sec_issuer_t;


typedef struct {
    ngx_api_sec_goal_t        target;
    ngx_api_sec_goal_t        home;         /* who asks without a token */
    time_t                      refresh;
    time_t                      min_interval;
    time_t                      stale;
    ngx_uint_t                  max_keys;
    ngx_uint_t                  index;        /* of its bulletin */
} ngx_api_sec_remote_t;


/* All of them: their part of the zone.  State of a process. */

typedef struct {
    ngx_api_tenant_t            tenant;
    ngx_uint_t                  n;
} ngx_api_sec_remotes_t;


/* What a request that waits for keys has seen; in the ctx. */

typedef struct {
    const ngx_api_sec_issuer_t *issuer;       /* NULL: does not wait */
    uint64_t                    attempts;
    ngx_msec_t                  until;
    unsigned                    tried:1;      /* for an unknown kid, once */
} ngx_api_sec_remote_wait_t;


/* The line `jwks uri:...`, and postconfiguration. */

char *ngx_api_sec_remote_line(ngx_conf_t *cf, ngx_api_sec_issuer_t *issuer);
ngx_int_t ngx_api_sec_remote_zone(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf);

/* An api_auth in that server (NULL: in none) takes tokens of the issuer. */

void ngx_api_sec_remote_used(const ngx_api_sec_issuer_t *issuer,
    const ngx_http_conf_ctx_t *server);

/*
 * Before keys of an issuer are used: NGX_OK when there are some, NGX_AGAIN
 * when they are waited for, NGX_DECLINED when none can be had.
 */

ngx_int_t ngx_api_sec_remote_keys(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_issuer_t *issuer);

/* A kid is not among them: NGX_OK when others have come, else as above. */

ngx_int_t ngx_api_sec_remote_unknown(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_issuer_t *issuer);

/*
 * For who needs no key itself: take up what another worker has published, and
 * start a fetch when it is time for one.  Its location is that of server=, or
 * of the first server with an api_auth that names the issuer.
 */

void ngx_api_sec_remote_prepare(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf);

/* How fetches went, over all workers; NGX_DECLINED: it has no remote set. */

ngx_int_t ngx_api_sec_remote_state(const ngx_api_sec_main_conf_t *mcf,
    const ngx_api_sec_issuer_t *issuer, api_bulletin_state_t *state);

/* Members of an object. */

/* Not past refresh and stale; one without a remote set always is. */

ngx_uint_t ngx_api_sec_remote_fresh(const ngx_api_sec_main_conf_t *mcf,
    const ngx_api_sec_issuer_t *issuer);
void ngx_api_sec_remote_status(const ngx_api_sec_main_conf_t *mcf,
    const ngx_api_sec_issuer_t *issuer, api_writer_t *w);


#endif /* _NGX_API_SEC_REMOTE_H_INCLUDED_ */
