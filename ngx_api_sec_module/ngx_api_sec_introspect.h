
/*
 * api_introspect: an authorization server that is asked about tokens
 * (RFC 7662), through an internal location.
 */

#ifndef _NGX_API_SEC_INTROSPECT_H_INCLUDED_
#define _NGX_API_SEC_INTROSPECT_H_INCLUDED_


#include "ngx_api_sec.h"
#include "api_answers.h"
#include "api_jwt_introspect.h"


/* State of a process: the secret's file may change. */

typedef struct {
    u_char                     *basic;        /* from malloc: Basic ... */
    size_t                      len;
    time_t                      logged;       /* that there was no answer */
    time_t                      lost;         /* when there was none; 0 */
} ngx_api_sec_introspect_login_t;


struct ngx_api_sec_introspect_s {
    ngx_str_t                   name;
    ngx_api_sec_goal_t          goal;
    ngx_str_t                   client;
    ngx_str_t                   secret;       /* its source */
    ngx_api_sec_introspect_login_t *login;
    time_t                      cache;        /* seconds, 0: off */
    api_jwt_policy_t            policy;
    ngx_array_t                 audience;     /* of api_span_t, as the next */
    ngx_array_t                 require;
    ngx_array_t                 places;       /* ngx_api_sec_place_t */
    ngx_api_sec_bound_t         bind;
    ngx_uint_t                  set;          /* mask: lines given */
};


/* One question, for the record. */

struct ngx_api_sec_asked_s {
    ngx_api_sec_fetch_t         fetch;
    ngx_msec_t                  until;
    api_introspection_t         in;
};


ngx_api_sec_introspect_t *ngx_api_sec_introspect_find(
    const ngx_api_sec_main_conf_t *mcf, const ngx_str_t *name);

/* The part of the zone, or NULL. */

api_answers_t *ngx_api_sec_answers(const ngx_api_sec_main_conf_t *mcf);
void ngx_api_sec_answers_status(const ngx_api_sec_main_conf_t *mcf,
    api_writer_t *w);


#endif /* _NGX_API_SEC_INTROSPECT_H_INCLUDED_ */
