
/*
 * Looks at request bodies behind ngx_api_sec_module, with a copy of the core
 * of its own, and tells what it found: "read_body on;" in a location.
 */

#include "ngx_api_body.h"


typedef struct {
    ngx_api_self_t              self;
} ngx_api_reader_main_conf_t;


typedef struct {
    ngx_flag_t                  on;
} ngx_api_reader_loc_conf_t;


static ngx_int_t ngx_api_reader_handler(ngx_http_request_t *r);
static ngx_int_t ngx_api_reader_release_handler(ngx_http_request_t *r);
static void *ngx_api_reader_create_main_conf(ngx_conf_t *cf);
static void *ngx_api_reader_create_loc_conf(ngx_conf_t *cf);
static char *ngx_api_reader_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static ngx_int_t ngx_api_reader_postconfiguration(ngx_conf_t *cf);


static ngx_command_t  ngx_api_reader_commands[] = {

    { ngx_string("read_body"),
      NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_api_reader_loc_conf_t, on),
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_api_reader_module_ctx = {
    NULL,
    ngx_api_reader_postconfiguration,

    ngx_api_reader_create_main_conf,
    NULL,

    NULL,
    NULL,

    ngx_api_reader_create_loc_conf,
    ngx_api_reader_merge_loc_conf
};


ngx_module_t  ngx_api_reader_module = {
    NGX_MODULE_V1,
    &ngx_api_reader_module_ctx,
    ngx_api_reader_commands,
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
ngx_api_reader_handler(ngx_http_request_t *r)
{
    int                                rc;
    size_t                             held;
    ngx_int_t                          status;
    ngx_uint_t                         parsed;
    ngx_api_body_t                    *body;
    ngx_api_record_t                  *rec;
    const ngx_api_reader_loc_conf_t   *lcf;
    const ngx_api_reader_main_conf_t  *mcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_reader_module);

    if (r != r->main || !lcf->on) {
        return NGX_DECLINED;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_api_reader_module);

    rec = ngx_api_record(r, mcf->self.record);
    if (rec == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    status = ngx_api_body_read(r, &mcf->self, rec, &body);
    if (status != NGX_OK) {
        return status;
    }

    parsed = body->parsed;
    held = body->arena.held;
    rc = ngx_api_body_json(body, NULL, (api_sipkey_t) { 1, 2 });

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "reader: %uz bytes, %s, held %s, json %d",
                  body->text.len, parsed ? "parsed before" : "parsed now",
                  held ? "before" : "now", rc);

    return NGX_DECLINED;
}


static ngx_int_t
ngx_api_reader_release_handler(ngx_http_request_t *r)
{
    const ngx_api_record_t            *rec;
    const ngx_api_reader_main_conf_t  *mcf;

    if (r != r->main) {
        return NGX_DECLINED;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_api_reader_module);
    ngx_api_body_release(r, &mcf->self);

    rec = ngx_api_record_peek(r, mcf->self.record);

    if (rec && rec->body) {
        ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                      "reader: %uz bytes are left", rec->body->arena.held);
    }

    return NGX_DECLINED;
}


static void *
ngx_api_reader_create_main_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_api_reader_main_conf_t));
}


static void *
ngx_api_reader_create_loc_conf(ngx_conf_t *cf)
{
    ngx_api_reader_loc_conf_t  *lcf;

    lcf = ngx_palloc(cf->pool, sizeof(ngx_api_reader_loc_conf_t));
    if (lcf) {
        lcf->on = NGX_CONF_UNSET;
    }

    return lcf;
}


static char *
ngx_api_reader_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_api_reader_loc_conf_t *prev = parent;
    ngx_api_reader_loc_conf_t *conf = child;

    ngx_conf_merge_value(conf->on, prev->on, 0);

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_api_reader_postconfiguration(ngx_conf_t *cf)
{
    ngx_api_reader_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_api_reader_module);

    if (ngx_api_self_init(cf, &mcf->self, NGX_API_WAF) != NGX_OK
        || ngx_api_phase_handler(cf, NGX_HTTP_PRECONTENT_PHASE,
                                 ngx_api_reader_handler, 0)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_api_phase_handler(cf, NGX_HTTP_PRECONTENT_PHASE,
                                 ngx_api_reader_release_handler, 1);
}
