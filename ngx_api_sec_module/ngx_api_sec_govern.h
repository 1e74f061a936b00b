
/*
 * api_policy and api_exception: whose the rules of a location are, and what
 * does not hold there until a day.
 *
 * An exception is looked at when something would be refused, so it ends at
 * its second, without a reload.  What it lets pass is noted, as monitor does,
 * with the exception's name.
 */

#ifndef _NGX_API_SEC_GOVERN_H_INCLUDED_
#define _NGX_API_SEC_GOVERN_H_INCLUDED_


#include "ngx_api_sec.h"
#include "api_addr.h"


typedef struct {
    ngx_str_t                   id;
    ngx_str_t                   owner;
    ngx_str_t                   review;       /* as it is written; or empty */
    int64_t                     review_by;    /* its end; 0: none */
    int64_t                     review_first; /* of all of that name */
    unsigned                    again:1;      /* one before has the name */
} ngx_api_sec_policy_t;


typedef struct {
    ngx_str_t                   id;
    ngx_str_t                   rule;         /* as it is written */
    ngx_str_t                   owner;
    ngx_str_t                   ticket;
    ngx_str_t                   expires;
    int64_t                     until;

    ngx_uint_t                  check;        /* of rule */
    ngx_str_t                   reason;       /* empty: each of the check */
    uint32_t                    waf;          /* a rule's id; 0: none */

    ngx_str_t                   operation;    /* scope, empty: any; an id */
    ngx_str_t                   contract;     /* empty: there is one with it */
    ngx_str_t                   principal;
    ngx_str_t                   issuer;       /* name of its method */
    ngx_str_t                   path;         /* its beginning */
    api_net_t                   net;
    unsigned                    has_net:1;

    ngx_str_t                   file;         /* of the directive */
    ngx_uint_t                  line;
    uint32_t                    slot;         /* of its use in the zone */
    uint64_t                    key;          /* of its name */
} ngx_api_sec_exception_t;


/* How often an exception has been in a request's way, and when last.  Kept in
   the zone, over reloads; zeros without one. */

typedef struct {
    uint64_t                    requests;
    int64_t                     last;         /* Unix time */
} ngx_api_sec_used_t;


/* Of a location. */

struct ngx_api_sec_govern_s {
    const ngx_api_sec_policy_t *policy;       /* NULL: none */
    unsigned                    off:1;        /* api_policy off */
    ngx_api_conf_list_t         exceptions;   /* ngx_api_sec_exception_t */
};


/* Of a request: the policy it began under, what was excepted. */

#define NGX_API_SEC_EXCEPTED_MAX  8

struct ngx_api_sec_governed_s {
    const ngx_api_sec_policy_t *policy;
    const ngx_api_sec_exception_t
                               *excepted[NGX_API_SEC_EXCEPTED_MAX];
    ngx_uint_t                  n;
};


/* ngx_api_sec_govern_conf.c */

ngx_int_t ngx_api_sec_govern_create(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf);
char *ngx_api_sec_api_policy(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_api_sec_api_exception(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_api_sec_govern_merge(ngx_conf_t *cf, ngx_api_sec_loc_conf_t *conf,
    const ngx_api_sec_loc_conf_t *prev);

/* ngx_api_sec_govern_scope.c: a scope as it is written; what it names, once
   all is known. */

char *ngx_api_sec_exception_scope(ngx_conf_t *cf, ngx_api_sec_exception_t *e,
    const ngx_str_t *scope);
char *ngx_api_sec_govern_resolve(ngx_conf_t *cf,
    const ngx_api_sec_main_conf_t *mcf);

/* ngx_api_sec_govern_used.c: in postconfiguration; in init_module; for a
   request; for metrics and api_status. */

ngx_int_t ngx_api_sec_govern_zone(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf);
void ngx_api_sec_govern_slots(const ngx_api_sec_main_conf_t *mcf);
void ngx_api_sec_govern_use(const ngx_api_sec_main_conf_t *mcf,
    const ngx_api_sec_exception_t *e);
ngx_api_sec_used_t ngx_api_sec_govern_used(const ngx_api_sec_main_conf_t *mcf,
    const ngx_api_sec_exception_t *e);

/* A context was made for r, which is in the location its client asked for. */

void ngx_api_sec_govern_begin(ngx_http_request_t *r, ngx_api_sec_ctx_t *ctx);

/* For the doors: does it not hold for r?  Then it is noted. */

ngx_uint_t ngx_api_sec_except(ngx_http_request_t *r, ngx_uint_t check,
    const ngx_str_t *reason);

/* The ids of rules of the WAF that do not hold for r, at most max. */

ngx_uint_t ngx_api_sec_except_rules(ngx_http_request_t *r, uint32_t *ids,
    ngx_uint_t max);

/* The policy of a request; NULL: none. */

const ngx_api_sec_policy_t *ngx_api_sec_govern_policy(
    const ngx_api_sec_ctx_t *ctx, const ngx_api_sec_loc_conf_t *lcf);

/* Members of an event; families of metrics; section "governance". */

void ngx_api_sec_govern_event(const ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_loc_conf_t *lcf, api_writer_t *w);
void ngx_api_sec_govern_metrics(const ngx_api_sec_main_conf_t *mcf,
    api_metrics_t *m);
ngx_uint_t ngx_api_sec_govern_section(const ngx_api_door_t *door,
    ngx_api_admin_t *a);


#endif /* _NGX_API_SEC_GOVERN_H_INCLUDED_ */
