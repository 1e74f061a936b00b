
/*
 * ngx_api_sec_module: who calls, what they may, and the record of it.
 *
 *   POST_READ   headers out that only we may set
 *   PREACCESS   api_audit on_error=deny; CORS preflight, before the limits of
 *               ngx_api_ratelimit_module
 *   ACCESS      api_auth, behind the stock access modules
 *   PRECONTENT  api_require, api_bind, api_body, api_schema,
 *               api_forward
 *   filters     the answer to what was refused, CORS headers
 *   LOG         api_audit, counters
 */

#include "ngx_api_sec_forward.h"
#include "ngx_api_sec_govern.h"
#include "ngx_api_sec_audit.h"
#include "ngx_api_sec_monitor.h"
#include "ngx_api_sec_leak.h"
#include "ngx_api_sec_behavior.h"
#include "ngx_api_sec_schema_response.h"
#include "ngx_api_sec_recent.h"


static ngx_int_t ngx_api_sec_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_api_sec_postconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_api_sec_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_api_sec_init_process(ngx_cycle_t *cycle);
static void ngx_api_sec_exit_process(ngx_cycle_t *cycle);
static void ngx_api_sec_exit_master(ngx_cycle_t *cycle);
static ngx_int_t ngx_api_sec_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_api_sec_header(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t *rec);
static ngx_int_t ngx_api_sec_header_send(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf);
static ngx_int_t ngx_api_sec_body_look_at(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_chain_t *in);
static ngx_api_sec_fetch_t *ngx_api_sec_fetching(ngx_http_request_t *r);
static ngx_int_t ngx_api_sec_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_api_sec_body_swap(ngx_http_request_t *r,
    ngx_chain_t *in);


static ngx_http_module_t  ngx_api_sec_module_ctx = {
    ngx_api_sec_preconfiguration,
    ngx_api_sec_postconfiguration,

    ngx_api_sec_create_main_conf,
    ngx_api_sec_init_main_conf,

    ngx_api_sec_create_srv_conf,
    NULL,

    ngx_api_sec_create_loc_conf,
    ngx_api_sec_merge_loc_conf
};


ngx_module_t  ngx_api_sec_module = {
    NGX_MODULE_V1,
    &ngx_api_sec_module_ctx,
    ngx_api_sec_commands,
    NGX_HTTP_MODULE,
    NULL,                       /* init master */
    ngx_api_sec_init_module,
    ngx_api_sec_init_process,
    NULL,                       /* init thread */
    NULL,                       /* exit thread */
    ngx_api_sec_exit_process,
    ngx_api_sec_exit_master,
    NGX_MODULE_V1_PADDING
};


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


ngx_api_sec_ctx_t *
ngx_api_sec_ctx(ngx_http_request_t *r, const ngx_api_sec_main_conf_t *mcf,
    ngx_api_record_t **rec)
{
    ngx_api_sec_ctx_t  *ctx;

    *rec = ngx_api_record(r, mcf->self.record);
    if (*rec == NULL) {
        return NULL;
    }

    ctx = (*rec)->own[NGX_API_SEC];

    if (ctx == NULL) {
        ctx = ngx_pcalloc(r->main->pool, sizeof(ngx_api_sec_ctx_t));
        (*rec)->own[NGX_API_SEC] = ctx;

        if (ctx) {
            ngx_api_sec_govern_begin(r, ctx);
        }
    }

    return ctx;
}


api_arena_t *
ngx_api_sec_arena(ngx_http_request_t *r, ngx_api_sec_ctx_t *ctx)
{
    if (!ctx->arena_ready) {
        ngx_api_pool_alloc(&ctx->alloc, r->main->pool);
        api_arena_init(&ctx->arena, &ctx->alloc, 2048, 0);
        ctx->arena_ready = 1;
    }

    return &ctx->arena;
}


ngx_uint_t
ngx_api_sec_mode(ngx_http_request_t *r, const ngx_api_sec_loc_conf_t *lcf,
    const ngx_api_mode_t *mode)
{
    ngx_uint_t  own, ceiling;

    own = ngx_api_mode(r, mode);
    ceiling = ngx_api_mode(r, &lcf->shared.mode);

    return ngx_min(own, ceiling);
}


/* Without a record nothing was decided, by whatever location came before. */

static ngx_int_t
ngx_api_sec_header_filter(ngx_http_request_t *r)
{
    ngx_api_record_t               *rec;
    const ngx_api_sec_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    rec = ngx_api_record_peek(r, mcf->self.record);

    if (r != r->main
        || (rec == NULL && !ngx_api_sec_here(r, NGX_API_SEC_USES_CORS
                                                |NGX_API_SEC_USES_AUDIT)))
    {
        return ngx_http_next_header_filter(r);
    }

    return ngx_api_sec_header(r, mcf, rec);
}


static ngx_int_t
ngx_api_sec_header(ngx_http_request_t *r, const ngx_api_sec_main_conf_t *mcf,
    ngx_api_record_t *rec)
{
    ngx_int_t   rc;
    ngx_buf_t  *body;

    if (rec && rec->body) {
        ngx_api_body_release(r, &mcf->self);
    }

    body = NULL;

    if (rec && rec->refusal.status
        && ngx_api_refuse_header(r, &mcf->self, &body) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (body) {
        ngx_http_set_ctx(r, body, ngx_api_sec_module);
    }

    if (rec && (mcf->uses & NGX_API_SEC_USES_RESPONSE)) {
        rc = ngx_api_sec_response_header(r, mcf);

        if (rc != NGX_DECLINED) {
            return rc == NGX_DONE ? NGX_OK : rc;
        }
    }

    return ngx_api_sec_header_send(r, mcf);
}


static ngx_int_t
ngx_api_sec_header_send(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf)
{
    const ngx_api_sec_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);

    if (r->headers_out.status == NGX_HTTP_SWITCHING_PROTOCOLS) {
        ngx_api_sec_audit_upgrade(r, mcf, lcf);
    }

    if ((mcf->uses & NGX_API_SEC_USES_SCHEMA)
        && ngx_api_sec_schema_headers(r, mcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (lcf->cors
        && ngx_api_sec_cors_headers(r, mcf, lcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


static ngx_api_sec_fetch_t *
ngx_api_sec_fetching(ngx_http_request_t *r)
{
    ngx_api_record_t               *rec;
    const ngx_api_sec_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    rec = ngx_api_record_peek(r, mcf->self.record);

    return rec ? ngx_api_sec_fetch_of(r, rec->own[NGX_API_SEC]) : NULL;
}


/* The module's ctx is a flag: the body of a refusal is still to be sent. */

static ngx_int_t
ngx_api_sec_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_api_sec_fetch_t            *f;
    const ngx_api_sec_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);

    if (r != r->main) {
        f = ngx_api_sec_fetching(r);

        if (f) {
            return ngx_api_sec_fetch_take(f, in);
        }

        return ngx_api_sec_response_in_pieces(r, mcf)
               ? NGX_ERROR : ngx_http_next_body_filter(r, in);
    }

    if (in && ngx_http_get_module_ctx(r, ngx_api_sec_module)) {
        return ngx_api_sec_body_swap(r, in);
    }

    return (mcf->uses & NGX_API_SEC_USES_RESPONSE)
           && ngx_api_record_peek(r, mcf->self.record)
           ? ngx_api_sec_body_look_at(r, mcf, in)
           : ngx_http_next_body_filter(r, in);
}


static ngx_int_t
ngx_api_sec_body_swap(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_buf_t    *b;
    ngx_chain_t   out;

    b = ngx_http_get_module_ctx(r, ngx_api_sec_module);
    ngx_http_set_ctx(r, NULL, ngx_api_sec_module);

    for ( /* void */ ; in; in = in->next) {
        in->buf->pos = in->buf->last;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_next_body_filter(r, &out);
}


static ngx_int_t
ngx_api_sec_body_look_at(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_chain_t *in)
{
    ngx_int_t    rc;
    ngx_chain_t  out;

    rc = ngx_api_sec_response_body(r, mcf, in, &out);

    if (rc == NGX_DECLINED) {
        return ngx_http_next_body_filter(r, in);
    }

    if (rc == NGX_ABORT) {
        return r->header_only ? NGX_OK : ngx_api_sec_body_filter(r, in);
    }

    if (rc != NGX_DONE) {
        return rc;
    }

    rc = ngx_api_sec_header_send(r, mcf);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_next_body_filter(r, &out);
}


static ngx_int_t
ngx_api_sec_preconfiguration(ngx_conf_t *cf)
{
    if (ngx_api_record_variables(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_api_sec_behavior_variable(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_api_sec_schema_variables(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_api_sec_add_variables(cf);
}


static ngx_int_t
ngx_api_sec_postconfiguration(ngx_conf_t *cf)
{
    ngx_api_sec_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_api_sec_module);

    if (ngx_api_self_init(cf, &mcf->self, NGX_API_SEC) != NGX_OK) {
        return NGX_ERROR;
    }

    if (mcf->zone
        && ngx_api_zone_tenant(cf, mcf->zone, &mcf->tenant) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_api_sec_operand_check(cf, mcf) != NGX_CONF_OK
        || ngx_api_sec_jwks_check(cf, mcf) != NGX_CONF_OK
        || ngx_api_sec_status_check(cf, mcf) != NGX_CONF_OK
        || ngx_api_sec_tokens_zone(cf, mcf) != NGX_OK
        || ngx_api_sec_remote_zone(cf, mcf) != NGX_OK
        || ngx_api_sec_proofs_zone(cf, mcf) != NGX_OK
        || ngx_api_sec_introspect_zone(cf, mcf) != NGX_OK
        || ngx_api_sec_revoke_zone(cf, mcf) != NGX_OK
        || ngx_api_sec_monitor_zone(cf, mcf) != NGX_OK
        || ngx_api_sec_inventory_zone(cf, mcf) != NGX_OK
        || ngx_api_sec_behavior_zone(cf, mcf) != NGX_OK
        || ngx_api_sec_recent_zone(cf, mcf) != NGX_OK
        || ngx_api_sec_govern_resolve(cf, mcf) != NGX_CONF_OK
        || ngx_api_sec_govern_zone(cf, mcf) != NGX_OK
        || ngx_api_sec_budget_create(cf, mcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_api_sec_phases(cf, mcf) != NGX_OK) {
        return NGX_ERROR;
    }

    if (mcf->uses == 0) {
        return NGX_OK;    /* nothing is refused or recorded */
    }

    if (mcf->uses & NGX_API_SEC_USES_LEAK) {
        ngx_api_sec_leak_filters();
    }

    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_api_sec_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_api_sec_body_filter;

    return NGX_OK;
}


/* In the master, once zones are there. */

static ngx_int_t
ngx_api_sec_init_module(ngx_cycle_t *cycle)
{
    ngx_api_sec_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_api_sec_module);

    if (mcf == NULL) {
        return NGX_OK;    /* no http block */
    }

    ngx_api_sec_seal_wipe(mcf);
    ngx_api_sec_govern_slots(mcf);

    if (ngx_api_sec_audit_config(cycle, mcf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_api_sec_revoke_restore(cycle, mcf);
}


static ngx_int_t
ngx_api_sec_init_process(ngx_cycle_t *cycle)
{
    ngx_api_sec_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_api_sec_module);

    if (mcf == NULL) {
        return NGX_OK;    /* no http block */
    }

    ngx_api_sec_monitor_start(mcf);

    if (ngx_api_sec_inventory_start(cycle, mcf) != NGX_OK
        || ngx_api_sec_usual_start(cycle, mcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_api_sec_audit_start(mcf, cycle) != NGX_OK
        || ngx_api_sec_revoke_start(cycle, mcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    mcf->watches.told = mcf->door.watched;

    return ngx_api_watch_start(cycle, &mcf->watches);
}


static void
ngx_api_sec_exit_process(ngx_cycle_t *cycle)
{
    ngx_api_sec_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_api_sec_module);

    if (mcf) {
        ngx_api_sec_monitor_stop(mcf);
        ngx_api_sec_inventory_stop(cycle, mcf);
        ngx_api_sec_audit_stop(mcf, cycle);
        ngx_api_sec_revoke_end(mcf);
    }
}


static void
ngx_api_sec_exit_master(ngx_cycle_t *cycle)
{
    ngx_api_sec_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_api_sec_module);

    if (mcf) {
        ngx_api_sec_audit_sweep(mcf, cycle);
    }
}
