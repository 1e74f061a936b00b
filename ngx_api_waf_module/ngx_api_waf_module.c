
/*
 * ngx_api_waf_module: its room and doors.  It takes part in the record, the
 * zone and the status of the suite; it has no directives yet.
 */

#include "ngx_api_refuse.h"
#include "ngx_api_tally.h"


typedef struct {
    ngx_api_door_t              door;         /* must be first */
    ngx_api_self_t              self;
    ngx_shm_zone_t             *zone;
    ngx_api_tenant_t            tenant;
} ngx_api_waf_main_conf_t;


static ngx_int_t ngx_api_waf_log_handler(ngx_http_request_t *r);
static void ngx_api_waf_status(const ngx_api_door_t *door,
    api_writer_t *w);
static void *ngx_api_waf_create_main_conf(ngx_conf_t *cf);
static ngx_int_t ngx_api_waf_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_api_waf_postconfiguration(ngx_conf_t *cf);


static ngx_http_module_t  ngx_api_waf_module_ctx = {
    ngx_api_waf_preconfiguration,
    ngx_api_waf_postconfiguration,

    ngx_api_waf_create_main_conf,
    NULL,

    NULL,
    NULL,

    NULL,
    NULL
};


ngx_module_t  ngx_api_waf_module = {
    NGX_MODULE_V1,
    &ngx_api_waf_module_ctx,
    NULL,                       /* no directives yet */
    NGX_HTTP_MODULE,
    NULL,                       /* init master */
    NULL,                       /* init module */
    NULL,                       /* init process */
    NULL,                       /* init thread */
    NULL,                       /* exit thread */
    NULL,                       /* exit process */
    NULL,                       /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_api_waf_log_handler(ngx_http_request_t *r)
{
    const ngx_api_waf_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_waf_module);

    if (r == r->main) {
        ngx_api_tally(&mcf->tenant, ngx_api_record_peek(r, mcf->self.record));
    }

    return NGX_OK;
}


static void
ngx_api_waf_status(const ngx_api_door_t *door, api_writer_t *w)
{
    const ngx_api_waf_main_conf_t  *mcf;

    mcf = (const ngx_api_waf_main_conf_t *) door;

    ngx_api_tally_status(&mcf->tenant, w);
}


static void *
ngx_api_waf_create_main_conf(ngx_conf_t *cf)
{
    ngx_api_waf_main_conf_t  *mcf;

    mcf = ngx_pcalloc(cf->pool, sizeof(ngx_api_waf_main_conf_t));
    if (mcf == NULL) {
        return NULL;
    }

    ngx_api_door_init(&mcf->door, NGX_API_WAF);
    mcf->door.status = ngx_api_waf_status;
    mcf->door.tally = &mcf->tenant;

    ngx_api_tally_init(&mcf->tenant, "waf");

    return mcf;
}


static ngx_int_t
ngx_api_waf_preconfiguration(ngx_conf_t *cf)
{
    return ngx_api_record_variables(cf);
}


static ngx_int_t
ngx_api_waf_postconfiguration(ngx_conf_t *cf)
{
    ngx_api_waf_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_api_waf_module);

    if (ngx_api_self_init(cf, &mcf->self, NGX_API_WAF) != NGX_OK) {
        return NGX_ERROR;
    }

    mcf->zone = ngx_api_zone_find(cf);

    if (mcf->zone == NULL) {
        return NGX_OK;    /* nothing to count in */
    }

    if (ngx_api_zone_tenant(cf, mcf->zone, &mcf->tenant) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_api_phase_handler(cf, NGX_HTTP_LOG_PHASE,
                                 ngx_api_waf_log_handler, 1);
}
