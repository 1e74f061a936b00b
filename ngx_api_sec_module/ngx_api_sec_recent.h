
/*
 * What happened lately, for the page of api_status: kept where there is an
 * api_zone of 1m or more, and an api_status to show it.
 */

#ifndef _NGX_API_SEC_RECENT_H_INCLUDED_
#define _NGX_API_SEC_RECENT_H_INCLUDED_


#include "ngx_api_sec.h"
#include "api_recent.h"
#include "api_series.h"


typedef struct ngx_api_sec_lately_s {
    ngx_api_tenant_t            tenant;
    ngx_int_t                   rules;    /* variable; NGX_ERROR: no WAF */
} ngx_api_sec_lately_t;


/* create_main_conf, postconfiguration */

ngx_int_t ngx_api_sec_recent_create(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf);
ngx_int_t ngx_api_sec_recent_zone(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf);

/* LOG, behind the inventory */

ngx_int_t ngx_api_sec_recent_handler(ngx_http_request_t *r);

ngx_uint_t ngx_api_sec_history_section(const ngx_api_door_t *door,
    ngx_api_admin_t *a);
ngx_uint_t ngx_api_sec_recent_section(const ngx_api_door_t *door,
    ngx_api_admin_t *a);


#endif /* _NGX_API_SEC_RECENT_H_INCLUDED_ */
