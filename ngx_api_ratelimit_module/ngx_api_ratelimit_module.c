
/*
 * ngx_api_ratelimit_module: its room and doors.  It takes part in the record,
 * the zone and the status of the suite; it has no directives yet.
 */

#include "ngx_api_refuse.h"
#include "ngx_api_zone.h"


typedef struct {
    ngx_api_door_t              door;         /* must be first */
    ngx_api_self_t              self;
    ngx_shm_zone_t             *zone;
    ngx_api_tenant_t            tenant;
} ngx_api_ratelimit_main_conf_t;


/* What it keeps in the suite's zone. */

typedef struct {
    ngx_atomic_t                requests;     /* with a decision of any */
} ngx_api_ratelimit_counters_t;


static ngx_int_t ngx_api_ratelimit_log_handler(ngx_http_request_t *r);
static void ngx_api_ratelimit_status(const ngx_api_door_t *door,
    api_writer_t *w);
static void ngx_api_ratelimit_migrate(void *data, size_t size, const void *old,
    size_t old_size);
static void *ngx_api_ratelimit_create_main_conf(ngx_conf_t *cf);
static ngx_int_t ngx_api_ratelimit_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_api_ratelimit_postconfiguration(ngx_conf_t *cf);


static ngx_http_module_t  ngx_api_ratelimit_module_ctx = {
    ngx_api_ratelimit_preconfiguration,
    ngx_api_ratelimit_postconfiguration,

    ngx_api_ratelimit_create_main_conf,
    NULL,

    NULL,
    NULL,

    NULL,
    NULL
};


ngx_module_t  ngx_api_ratelimit_module = {
    NGX_MODULE_V1,
    &ngx_api_ratelimit_module_ctx,
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
ngx_api_ratelimit_log_handler(ngx_http_request_t *r)
{
    ngx_api_record_t                 *rec;
    ngx_api_ratelimit_counters_t    *counters;
    const ngx_api_ratelimit_main_conf_t *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_ratelimit_module);
    counters = mcf->tenant.data;

    if (counters == NULL || r != r->main) {
        return NGX_OK;
    }

    rec = ngx_api_record_peek(r, mcf->self.record);

    if (rec && rec->ndecisions) {
        (void) ngx_atomic_fetch_add(&counters->requests, 1);
    }

    return NGX_OK;
}


static void
ngx_api_ratelimit_status(const ngx_api_door_t *door, api_writer_t *w)
{
    const ngx_api_ratelimit_counters_t   *counters;
    const ngx_api_ratelimit_main_conf_t  *mcf;

    mcf = (const ngx_api_ratelimit_main_conf_t *) door;
    counters = mcf->tenant.data;

    if (counters) {
        api_writer_name(w, API_SPAN("requests"));
        api_writer_uint(w, counters->requests);
    }
}


static void
ngx_api_ratelimit_migrate(void *data, size_t size, const void *old,
    size_t old_size)
{
    ngx_memcpy(data, old, ngx_min(size, old_size));
}


static void *
ngx_api_ratelimit_create_main_conf(ngx_conf_t *cf)
{
    ngx_api_ratelimit_main_conf_t  *mcf;

    mcf = ngx_pcalloc(cf->pool, sizeof(ngx_api_ratelimit_main_conf_t));
    if (mcf == NULL) {
        return NULL;
    }

    ngx_api_door_init(&mcf->door, NGX_API_RATELIMIT);
    mcf->door.status = ngx_api_ratelimit_status;

    ngx_str_set(&mcf->tenant.name, "ratelimit");
    mcf->tenant.abi = 1;
    mcf->tenant.size = sizeof(ngx_api_ratelimit_counters_t);
    mcf->tenant.migrate = ngx_api_ratelimit_migrate;

    return mcf;
}


static ngx_int_t
ngx_api_ratelimit_preconfiguration(ngx_conf_t *cf)
{
    return ngx_api_record_variables(cf);
}


static ngx_int_t
ngx_api_ratelimit_postconfiguration(ngx_conf_t *cf)
{
    ngx_api_ratelimit_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_api_ratelimit_module);

    if (ngx_api_self_init(cf, &mcf->self, NGX_API_RATELIMIT) != NGX_OK) {
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
                                 ngx_api_ratelimit_log_handler, 1);
}
