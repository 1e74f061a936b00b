
/*
 * ngx_api_ratelimit_module: who has had enough.
 *
 *   PREACCESS   behind realip: bans of addresses, limits at=address
 *   PRECONTENT  bans of identities; behind authorization: limits at=identity
 *   filters     the answer to what was refused, RateLimit and its relatives
 *   LOG         charges that depend on the response, strikes, counters
 */

#include "ngx_api_ratelimit_ban.h"
#include "ngx_api_ratelimit_store.h"


typedef struct {
    ngx_uint_t           uses;
    ngx_uint_t           phase;
    ngx_uint_t           front;
    ngx_http_handler_pt  handler;
} ngx_api_ratelimit_hook_t;


static ngx_int_t ngx_api_ratelimit_log_handler(ngx_http_request_t *r);
static void ngx_api_ratelimit_count(const ngx_api_door_t *sec,
    const ngx_api_ratelimit_ctx_t *ctx);
static ngx_int_t ngx_api_ratelimit_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_api_ratelimit_header(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_ratelimit_ctx_t *ctx);
static ngx_int_t ngx_api_ratelimit_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_api_ratelimit_body_swap(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_api_ratelimit_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_api_ratelimit_postconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_api_ratelimit_hook(ngx_conf_t *cf,
    const ngx_api_ratelimit_main_conf_t *mcf);
static ngx_int_t ngx_api_ratelimit_hook_identity(ngx_conf_t *cf,
    const ngx_api_ratelimit_main_conf_t *mcf);
static ngx_int_t ngx_api_ratelimit_init_process(ngx_cycle_t *cycle);
static void ngx_api_ratelimit_exit_process(ngx_cycle_t *cycle);


static ngx_http_module_t  ngx_api_ratelimit_module_ctx = {
    ngx_api_ratelimit_preconfiguration,
    ngx_api_ratelimit_postconfiguration,

    ngx_api_ratelimit_create_main_conf,
    ngx_api_ratelimit_init_main_conf,

    NULL,
    NULL,

    ngx_api_ratelimit_create_loc_conf,
    ngx_api_ratelimit_merge_loc_conf
};


ngx_module_t  ngx_api_ratelimit_module = {
    NGX_MODULE_V1,
    &ngx_api_ratelimit_module_ctx,
    ngx_api_ratelimit_commands,
    NGX_HTTP_MODULE,
    NULL,                       /* init master */
    NULL,                       /* init module */
    ngx_api_ratelimit_init_process,
    NULL,                       /* init thread */
    NULL,                       /* exit thread */
    ngx_api_ratelimit_exit_process,
    NULL,                       /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


ngx_api_ratelimit_ctx_t *
ngx_api_ratelimit_ctx(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf, ngx_api_record_t **rec)
{
    *rec = ngx_api_record_own(r, mcf->self.record, NGX_API_RATELIMIT,
                              sizeof(ngx_api_ratelimit_ctx_t));

    return *rec ? (*rec)->own[NGX_API_RATELIMIT] : NULL;
}


ngx_api_ratelimit_ctx_t *
ngx_api_ratelimit_peek_ctx(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf)
{
    ngx_api_record_t  *rec;

    rec = ngx_api_record_peek(r, mcf->self.record);

    return rec ? rec->own[NGX_API_RATELIMIT] : NULL;
}


static ngx_int_t
ngx_api_ratelimit_log_handler(ngx_http_request_t *r)
{
    ngx_api_record_t                     *rec;
    ngx_api_ratelimit_ctx_t              *ctx;
    const ngx_api_ratelimit_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_ratelimit_module);
    rec = ngx_api_record_peek(r, mcf->self.record);

    if (r != r->main
        || (rec == NULL
            && !ngx_api_ratelimit_here(r, NGX_API_RATELIMIT_USES_BAN)))
    {
        return NGX_OK;
    }

    ctx = rec ? rec->own[NGX_API_RATELIMIT] : NULL;

    if (ctx && ctx->settle) {
        ngx_api_ratelimit_settle(r, ctx);
    }

    if (mcf->bans) {
        ngx_api_ratelimit_ban_log(r, mcf, rec);
    }

    if (mcf->tenant.data) {
        ngx_api_tally(&mcf->tenant, rec);
    }

    if (ctx && mcf->self.sec && mcf->self.sec->count) {
        ngx_api_ratelimit_count(mcf->self.sec, ctx);
    }

    return NGX_OK;
}


/* What each limit has said, for metrics. */

static void
ngx_api_ratelimit_count(const ngx_api_door_t *sec,
    const ngx_api_ratelimit_ctx_t *ctx)
{
    const ngx_str_t                 *result;
    const ngx_api_ratelimit_item_t  *item;

    static const ngx_str_t  passed = ngx_string("passed");
    static const ngx_str_t  delayed = ngx_string("delayed");
    static const ngx_str_t  rejected = ngx_string("rejected");
    static const ngx_str_t  would = ngx_string("would_reject");
    static const ngx_str_t  given_back = ngx_string("given_back");

    for (item = ctx->items; item; item = item->next) {
        if (item->over) {
            result = item->monitor ? &would : &rejected;

        } else if (!item->charged) {
            result = &given_back;    /* another has refused it */

        } else {
            result = ctx->delay && ngx_api_ratelimit_delay_of(item)
                     ? &delayed : &passed;
        }

        sec->count(sec, NGX_API_FAMILY_LIMIT, &item->policy->name, result);
    }
}


static ngx_int_t
ngx_api_ratelimit_header_filter(ngx_http_request_t *r)
{
    ngx_api_record_t                     *rec;
    ngx_api_ratelimit_ctx_t              *ctx;
    const ngx_api_ratelimit_loc_conf_t   *lcf;
    const ngx_api_ratelimit_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_ratelimit_module);
    rec = ngx_api_record_peek(r, mcf->self.record);

    if (rec == NULL || r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_ratelimit_module);
    ctx = rec->own[NGX_API_RATELIMIT];

    if (ctx && (lcf->headers || ctx->refused || rec->refusal.status)
        && ngx_api_ratelimit_header(r, mcf, rec, ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


static ngx_int_t
ngx_api_ratelimit_header(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_ratelimit_ctx_t *ctx)
{
    ngx_buf_t                           *body;
    const ngx_api_ratelimit_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_ratelimit_module);

    /* the fields first, by the status that was decided: gRPC changes it */

    if (ctx->items && (lcf->headers || ctx->refused)
        && ngx_api_ratelimit_headers(r, ctx, lcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    body = NULL;

    if (rec->refusal.status
        && ngx_api_refuse_header(r, &mcf->self, &body) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (body) {
        ngx_http_set_ctx(r, body, ngx_api_ratelimit_module);
    }

    return NGX_OK;
}


/* The module's ctx is a flag: the body of a refusal is still to be sent. */

static ngx_int_t
ngx_api_ratelimit_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    if (in == NULL
        || ngx_http_get_module_ctx(r, ngx_api_ratelimit_module) == NULL)
    {
        return ngx_http_next_body_filter(r, in);
    }

    return ngx_api_ratelimit_body_swap(r, in);
}


static ngx_int_t
ngx_api_ratelimit_body_swap(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_buf_t    *b;
    ngx_chain_t   out;

    b = ngx_http_get_module_ctx(r, ngx_api_ratelimit_module);
    ngx_http_set_ctx(r, NULL, ngx_api_ratelimit_module);

    for ( /* void */ ; in; in = in->next) {
        in->buf->pos = in->buf->last;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_next_body_filter(r, &out);
}


static ngx_int_t
ngx_api_ratelimit_preconfiguration(ngx_conf_t *cf)
{
    if (ngx_api_record_variables(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_api_ratelimit_add_variables(cf);
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

    if (mcf->zone
        && ngx_api_zone_tenant(cf, mcf->zone, &mcf->tenant) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_api_ratelimit_keep_init(cf, mcf) != NGX_OK) {
        return NGX_ERROR;
    }

    if (mcf->bans && ngx_api_ratelimit_ban_init(cf, mcf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_api_ratelimit_hook(cf, mcf);
}


/* At the front of a phase's array is last in the phase: behind realip.  Of
   two of ours there, the one that is put there first runs first. */

static const ngx_api_ratelimit_hook_t  ngx_api_ratelimit_hooks[] = {
    { NGX_API_RATELIMIT_USES_BAN, NGX_HTTP_PREACCESS_PHASE, 1,
      ngx_api_ratelimit_ban_address_handler },
    { NGX_API_RATELIMIT_USES_LIMIT, NGX_HTTP_PREACCESS_PHASE, 1,
      ngx_api_ratelimit_address_handler },
    { NGX_API_RATELIMIT_USES_BAN_IDENTITY, NGX_HTTP_PRECONTENT_PHASE, 0,
      ngx_api_ratelimit_ban_identity_handler },
    { 0, 0, 0, NULL }
};


static ngx_int_t
ngx_api_ratelimit_hook(ngx_conf_t *cf,
    const ngx_api_ratelimit_main_conf_t *mcf)
{
    const ngx_api_ratelimit_hook_t  *hook;

    if ((mcf->zone || mcf->used)
        && ngx_api_phase_handler(cf, NGX_HTTP_LOG_PHASE,
                                 ngx_api_ratelimit_log_handler, 1)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (hook = ngx_api_ratelimit_hooks; hook->handler; hook++) {
        if ((mcf->used & hook->uses)
            && ngx_api_phase_handler(cf, hook->phase, hook->handler,
                                     hook->front)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (mcf->used == 0) {
        return NGX_OK;    /* nothing is refused */
    }

    if ((mcf->used & NGX_API_RATELIMIT_USES_IDENTITY)
        && ngx_api_ratelimit_hook_identity(cf, mcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_api_ratelimit_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_api_ratelimit_body_filter;

    return NGX_OK;
}


/*
 * Limits by identity come right behind sec's authorization, and before a body
 * is read: who may not do it at all is told so, and costs nobody's limit.
 */

static ngx_int_t
ngx_api_ratelimit_hook_identity(ngx_conf_t *cf,
    const ngx_api_ratelimit_main_conf_t *mcf)
{
    ngx_uint_t                  i;
    ngx_array_t                *handlers;
    ngx_http_handler_pt        *h, behind;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    handlers = &cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers;
    behind = mcf->self.sec ? mcf->self.sec->authorized : NULL;

    if (ngx_api_phase_handler(cf, NGX_HTTP_PRECONTENT_PHASE,
                              ngx_api_ratelimit_identity_handler, 0)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* the array runs backwards: step down to below that one */

    h = handlers->elts;

    for (i = 0; behind && i < handlers->nelts - 1; i++) {
        if (h[i] == behind) {
            ngx_memmove(&h[i + 1], &h[i],
                        (handlers->nelts - 1 - i) * sizeof(*h));
            h[i] = ngx_api_ratelimit_identity_handler;
            break;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_api_ratelimit_init_process(ngx_cycle_t *cycle)
{
    ngx_api_ratelimit_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle,
                                              ngx_api_ratelimit_module);

    if (mcf == NULL) {
        return NGX_OK;    /* no http block */
    }

    if (ngx_api_ratelimit_ban_start(cycle, mcf->bans) != NGX_OK
        || ngx_api_ratelimit_keep_start(cycle, mcf) != NGX_OK
        || ngx_api_ratelimit_store_start(cycle, mcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_process == NGX_PROCESS_WORKER || ngx_process == NGX_PROCESS_SINGLE)
    {
        ngx_api_ratelimit_lanes_join(mcf, cycle->log);
    }

    ngx_api_door_watched(cycle, &mcf->watches);

    return ngx_api_watch_start(cycle, &mcf->watches);
}


static void
ngx_api_ratelimit_exit_process(ngx_cycle_t *cycle)
{
    ngx_api_ratelimit_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle,
                                              ngx_api_ratelimit_module);

    if (mcf) {
        ngx_api_ratelimit_ban_end(mcf->bans);
        ngx_api_ratelimit_keep_end(mcf);
        ngx_api_ratelimit_store_end(mcf);
        ngx_api_ratelimit_lanes_leave(mcf);
    }
}
