
/*
 * ngx_api_sec_module: who calls, what they may, and the record of it.
 *
 *   POST_READ   headers out that only we may set
 *   PREACCESS   CORS preflight, before the limits of ngx_api_ratelimit_module
 *   ACCESS      api_auth, behind the stock access modules
 *   PRECONTENT  api_require, api_bind, api_body, api_schema,
 *               api_forward
 *   filters     the answer to what was refused, CORS headers
 *   LOG         api_audit, counters
 */

#include "ngx_api_sec_forward.h"
#include "ngx_api_sec_monitor.h"
#include "ngx_api_sec_schema_response.h"


typedef struct {
    ngx_uint_t           uses;
    ngx_uint_t           phase;
    ngx_uint_t           front;
    ngx_http_handler_pt  handler;
} ngx_api_sec_hook_t;


static ngx_int_t ngx_api_sec_hook(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf);
static ngx_int_t ngx_api_sec_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_api_sec_postconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_api_sec_init_process(ngx_cycle_t *cycle);
static void ngx_api_sec_exit_process(ngx_cycle_t *cycle);
static ngx_int_t ngx_api_sec_require_handler(ngx_http_request_t *r);
static ngx_int_t ngx_api_sec_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_api_sec_release_handler(ngx_http_request_t *r);
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
    const ngx_api_sec_main_conf_t *mcf, ngx_chain_t *in);


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
    NULL,                       /* init module */
    ngx_api_sec_init_process,
    NULL,                       /* init thread */
    NULL,                       /* exit thread */
    ngx_api_sec_exit_process,
    NULL,                       /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


/*
 * Is there such an operation, what do rules of the location say of the caller,
 * and what does the operation ask of it?
 */

static ngx_int_t
ngx_api_sec_require_handler(ngx_http_request_t *r)
{
    ngx_int_t                        rc;
    ngx_uint_t                       contract;
    ngx_api_record_t                *rec;
    const ngx_api_sec_loc_conf_t    *lcf;
    const ngx_api_sec_main_conf_t   *mcf;

    if (r != r->main) {
        return NGX_DECLINED;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);

    rec = ngx_api_record_peek(r, mcf->self.record);

    if (rec && rec->refusal.status
        && rec->refusal.check == NGX_API_CHECK_AUTH
        && rec->refusal.uri_changes == r->uri_changes)
    {
        /*
         * ACCESS has let the request pass after all: satisfy any.  In another
         * location it is the page of an error_page, and the refusal stands.
         */
        ngx_api_refuse_overruled(r, rec);
    }

    contract = (lcf->schema->rules != NULL);

    rc = contract ? ngx_api_sec_schema_admit(r) : NGX_DECLINED;

    if (rc == NGX_DECLINED && lcf->require.items) {
        rc = ngx_api_sec_require_check(r, mcf, lcf);
    }

    if (rc == NGX_DECLINED && contract) {
        rc = ngx_api_sec_schema_authorize(r);
    }

    if (rc == NGX_DECLINED && lcf->bind.items) {
        rc = ngx_api_sec_bind_check(r, mcf, lcf);
    }

    return rc;
}


static ngx_int_t
ngx_api_sec_body_handler(ngx_http_request_t *r)
{
    const ngx_api_sec_loc_conf_t    *lcf;
    const ngx_api_sec_main_conf_t   *mcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);

    if (r != r->main || lcf->body == NGX_API_SEC_BODY_OFF) {
        return NGX_DECLINED;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);

    return ngx_api_sec_body_check(r, mcf, lcf);
}


/* The end of PRECONTENT: nobody looks at the body any more. */

static ngx_int_t
ngx_api_sec_release_handler(ngx_http_request_t *r)
{
    const ngx_api_record_t         *rec;
    const ngx_api_sec_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    rec = ngx_api_record_peek(r, mcf->self.record);

    if (rec && rec->body && r == r->main) {
        ngx_api_body_release(r, &mcf->self);
    }

    return NGX_DECLINED;
}


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
    ngx_uint_t  swap;

    if (rec && rec->body) {
        ngx_api_body_release(r, &mcf->self);
    }

    swap = 0;

    if (rec && rec->refusal.status
        && ngx_api_refuse_header(r, &mcf->self, &swap) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (swap) {
        ngx_http_set_ctx(r, (void *) &ngx_api_sec_module, ngx_api_sec_module);
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

    if (rec && (mcf->uses & NGX_API_SEC_USES_SCHEMA)
        && ngx_api_sec_schema_headers(r, mcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return lcf->cors ? ngx_api_sec_cors_headers(r, mcf, lcf) : NGX_OK;
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
        return ngx_api_sec_body_swap(r, mcf, in);
    }

    return (mcf->uses & NGX_API_SEC_USES_RESPONSE)
           && ngx_api_record_peek(r, mcf->self.record)
           ? ngx_api_sec_body_look_at(r, mcf, in)
           : ngx_http_next_body_filter(r, in);
}


static ngx_int_t
ngx_api_sec_body_swap(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_chain_t *in)
{
    ngx_buf_t    *b;
    ngx_chain_t   out;

    ngx_http_set_ctx(r, NULL, ngx_api_sec_module);

    for ( /* void */ ; in; in = in->next) {
        in->buf->pos = in->buf->last;
    }

    b = ngx_api_refuse_body(r, &mcf->self);
    if (b == NULL) {
        return NGX_ERROR;
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
        || ngx_api_sec_budget_create(cf, mcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_api_sec_hook(cf, mcf);
}


/* Handlers, and the phase their time is counted under. */

static ngx_int_t
ngx_api_sec_timed_access(ngx_http_request_t *r)
{
    return ngx_api_sec_timed(r, NGX_API_SEC_PHASE_AUTH,
                             ngx_api_sec_access_handler);
}


static ngx_int_t
ngx_api_sec_timed_require(ngx_http_request_t *r)
{
    return ngx_api_sec_timed(r, NGX_API_SEC_PHASE_AUTHORIZE,
                             ngx_api_sec_require_handler);
}


static ngx_int_t
ngx_api_sec_timed_body(ngx_http_request_t *r)
{
    return ngx_api_sec_timed(r, NGX_API_SEC_PHASE_BODY,
                             ngx_api_sec_body_handler);
}


static ngx_int_t
ngx_api_sec_timed_schema(ngx_http_request_t *r)
{
    return ngx_api_sec_timed(r, NGX_API_SEC_PHASE_SCHEMA,
                             ngx_api_sec_schema_handler);
}


static ngx_int_t
ngx_api_sec_timed_graphql(ngx_http_request_t *r)
{
    return ngx_api_sec_timed(r, NGX_API_SEC_PHASE_GRAPHQL,
                             ngx_api_sec_graphql_handler);
}


static ngx_int_t
ngx_api_sec_timed_log(ngx_http_request_t *r)
{
    return ngx_api_sec_timed(r, NGX_API_SEC_PHASE_RECORD,
                             ngx_api_sec_log_handler);
}


/* PREACCESS: a preflight is answered before its origin is judged. */

static ngx_int_t
ngx_api_sec_page_handler(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    rc = ngx_api_sec_cors_handler(r);

    return rc == NGX_DECLINED ? ngx_api_sec_origin_handler(r) : rc;
}


/*
 * The gates: a phase runs every handler for every location, and one that does
 * not ask for a feature is to pay next to nothing for it.  What a request
 * brings along from a location where it was before is no matter of theirs:
 * handlers that look after that (restore, release, log) have none.
 */

#define ngx_api_sec_gate(name, features, handler)                             \
                                                                              \
    static ngx_int_t                                                          \
    name(ngx_http_request_t *r)                                               \
    {                                                                         \
        return ngx_api_sec_here(r, features) ? handler(r) : NGX_DECLINED;     \
    }

ngx_api_sec_gate(ngx_api_sec_page_gate,
                 NGX_API_SEC_USES_CORS|NGX_API_SEC_USES_ORIGIN,
                 ngx_api_sec_page_handler)
ngx_api_sec_gate(ngx_api_sec_access_gate, NGX_API_SEC_USES_AUTH,
                 ngx_api_sec_timed_access)
ngx_api_sec_gate(ngx_api_sec_require_gate,
                 NGX_API_SEC_USES_AUTH|NGX_API_SEC_USES_REQUIRE
                 |NGX_API_SEC_USES_SCHEMA,
                 ngx_api_sec_timed_require)
ngx_api_sec_gate(ngx_api_sec_body_gate, NGX_API_SEC_USES_BODY,
                 ngx_api_sec_timed_body)
ngx_api_sec_gate(ngx_api_sec_schema_gate, NGX_API_SEC_USES_SCHEMA,
                 ngx_api_sec_timed_schema)
ngx_api_sec_gate(ngx_api_sec_graphql_gate, NGX_API_SEC_USES_GRAPHQL,
                 ngx_api_sec_timed_graphql)
ngx_api_sec_gate(ngx_api_sec_forward_gate, NGX_API_SEC_USES_FORWARD,
                 ngx_api_sec_forward_handler)


/*
 * At the front of a phase's array is last in the phase: behind realip and the
 * stock access modules, and before ngx_api_ratelimit_module, which comes to
 * the front after us.
 */

static const ngx_api_sec_hook_t  ngx_api_sec_hooks[] = {
    { NGX_API_SEC_USES_CORS|NGX_API_SEC_USES_ORIGIN,
      NGX_HTTP_PREACCESS_PHASE, 1, ngx_api_sec_page_gate },
    { NGX_API_SEC_USES_AUTH, NGX_HTTP_ACCESS_PHASE, 1,
      ngx_api_sec_access_gate },
    { NGX_API_SEC_USES_FORWARD, NGX_HTTP_POST_READ_PHASE, 0,
      ngx_api_sec_forward_clean_handler },
    { NGX_API_SEC_USES_FORWARD, NGX_HTTP_REWRITE_PHASE, 0,
      ngx_api_sec_forward_restore_handler },
    { NGX_API_SEC_USES_FORWARD, NGX_HTTP_PRECONTENT_PHASE, 0,
      ngx_api_sec_forward_gate },       /* behind those below */
    { NGX_API_SEC_USES_GRAPHQL, NGX_HTTP_PRECONTENT_PHASE, 0,
      ngx_api_sec_graphql_gate },
    { NGX_API_SEC_USES_SCHEMA, NGX_HTTP_PRECONTENT_PHASE, 0,
      ngx_api_sec_schema_gate },
    { NGX_API_SEC_USES_BODY, NGX_HTTP_PRECONTENT_PHASE, 0,
      ngx_api_sec_body_gate },
    { NGX_API_SEC_USES_BODY|NGX_API_SEC_USES_SCHEMA|NGX_API_SEC_USES_GRAPHQL,
      NGX_HTTP_PRECONTENT_PHASE, 1, ngx_api_sec_release_handler },
    { NGX_API_SEC_USES_AUTH|NGX_API_SEC_USES_REQUIRE|NGX_API_SEC_USES_SCHEMA,
      NGX_HTTP_PRECONTENT_PHASE, 0, ngx_api_sec_require_gate },
    { NGX_API_SEC_USES_AUDIT, NGX_HTTP_LOG_PHASE, 0,
      ngx_api_sec_timed_log },
    { NGX_API_SEC_USES_AUDIT, NGX_HTTP_LOG_PHASE, 0,
      ngx_api_sec_monitor_handler },
    { 0, 0, 0, NULL }
};


/* Limits by identity follow the last handler of authorization, which is the
   first of them in the table. */

static ngx_int_t
ngx_api_sec_hook(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    const ngx_api_sec_hook_t  *hook;

    for (hook = ngx_api_sec_hooks; hook->handler; hook++) {
        if ((mcf->uses & hook->uses)
            && ngx_api_phase_handler(cf, hook->phase, hook->handler,
                                     hook->front)
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        if ((mcf->uses & hook->uses)
            && hook->handler == ngx_api_sec_require_gate)
        {
            mcf->door.authorized = hook->handler;
        }
    }

    if (mcf->uses == 0) {
        return NGX_OK;    /* nothing is refused or recorded */
    }

    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_api_sec_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_api_sec_body_filter;

    return NGX_OK;
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

    return ngx_api_watch_start(cycle, &mcf->watches);
}


static void
ngx_api_sec_exit_process(ngx_cycle_t *cycle)
{
    ngx_api_sec_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_api_sec_module);

    if (mcf) {
        ngx_api_sec_monitor_stop(mcf);
    }
}
