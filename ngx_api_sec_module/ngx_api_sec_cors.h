
/*
 * Private to ngx_api_sec_cors.c and ngx_api_sec_cors_conf.c: api_cors.
 */

#ifndef _NGX_API_SEC_CORS_H_INCLUDED_
#define _NGX_API_SEC_CORS_H_INCLUDED_


#include "ngx_api_sec.h"


/* An origin as browsers write it; with a host, the text is what stands before
   the asterisk and the host what stands behind it. */

typedef struct {
    ngx_str_t                   text;
    ngx_str_t                   host;
} ngx_api_sec_origin_t;


struct ngx_api_sec_cors_s {
    ngx_array_t                *names;        /* origins= as given */
    ngx_array_t                *methods;      /* of ngx_str_t */
    ngx_array_t                *headers;      /* or NULL */
    ngx_array_t                *expose;       /* or NULL */
    ngx_flag_t                  credentials;
    time_t                      max_age;      /* -1: not said */

    ngx_array_t                 origins;      /* of ngx_api_sec_origin_t */
    unsigned                    any_origin:1;
    unsigned                    any_method:1;
    unsigned                    any_header:1;

    ngx_str_t                   allow_methods;    /* as answered */
    ngx_str_t                   allow_headers;
    ngx_str_t                   expose_headers;
    ngx_str_t                   max_age_text;
};


/* ngx_api_sec_cors_conf.c: an origin, checked, for the list of cors. */

char *ngx_api_sec_cors_add(ngx_conf_t *cf, ngx_api_sec_cors_t *cors,
    ngx_str_t *name);

/* ngx_api_sec_cors.c: is it one of them? */

ngx_uint_t ngx_api_sec_cors_origin(const ngx_api_sec_cors_t *cors,
    const ngx_str_t *origin);


#endif /* _NGX_API_SEC_CORS_H_INCLUDED_ */
