
/*
 * ngx_api_waf_module: rules of SecLang, run by an engine of our own.
 *
 *   PREACCESS   headers as they came
 *   PRECONTENT  behind the contract: phases 1 and 2
 *   filters     phases 3 and 4; the answer to what was refused
 *   LOG         phase 5, counters
 */

#include "ngx_api_waf.h"


static ngx_int_t ngx_api_waf_log_handler(ngx_http_request_t *r);
static ngx_int_t ngx_api_waf_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_api_waf_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_api_waf_body_swap(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_api_waf_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_api_waf_postconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_api_waf_hook(ngx_conf_t *cf,
    const ngx_api_waf_main_conf_t *mcf);
static uint64_t ngx_api_waf_clock(void);
static ngx_int_t ngx_api_waf_init_process(ngx_cycle_t *cycle);
static void ngx_api_waf_exit_process(ngx_cycle_t *cycle);


typedef struct {
    ngx_uint_t                  phase;
    ngx_uint_t                  front;
    ngx_http_handler_pt         handler;
} ngx_api_waf_hook_t;


static ngx_http_module_t  ngx_api_waf_module_ctx = {
    ngx_api_waf_preconfiguration,
    ngx_api_waf_postconfiguration,

    ngx_api_waf_create_main_conf,
    ngx_api_waf_init_main_conf,

    NULL,
    NULL,

    ngx_api_waf_create_loc_conf,
    ngx_api_waf_merge_loc_conf
};


ngx_module_t  ngx_api_waf_module = {
    NGX_MODULE_V1,
    &ngx_api_waf_module_ctx,
    ngx_api_waf_commands,
    NGX_HTTP_MODULE,
    NULL,                       /* init master */
    NULL,                       /* init module */
    ngx_api_waf_init_process,
    NULL,                       /* init thread */
    NULL,                       /* exit thread */
    ngx_api_waf_exit_process,
    NULL,                       /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


/* At the end of an array is first in the phase, but for the modules that are
   configured behind us: sec and ratelimit run before, on purpose. */

static const ngx_api_waf_hook_t  ngx_api_waf_hooks[] = {
    { NGX_HTTP_PREACCESS_PHASE, 0, ngx_api_waf_early_handler },
    { NGX_HTTP_PRECONTENT_PHASE, 0, ngx_api_waf_handler },
    { NGX_HTTP_PRECONTENT_PHASE, 1, ngx_api_waf_release_handler },
    { 0, 0, NULL }
};


static ngx_int_t
ngx_api_waf_log_handler(ngx_http_request_t *r)
{
    ngx_api_record_t               *rec;
    const ngx_api_waf_main_conf_t  *mcf;

    if (r != r->main) {
        return NGX_OK;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_api_waf_module);
    rec = ngx_api_record_peek(r, mcf->self.record);

    ngx_api_waf_log_request(r, mcf, rec);
    ngx_api_tally(&mcf->tenant, rec);

    return NGX_OK;
}


static ngx_int_t
ngx_api_waf_header_filter(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_buf_t                      *body;
    ngx_api_record_t               *rec;
    const ngx_api_waf_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_waf_module);
    rec = r == r->main ? ngx_api_record_peek(r, mcf->self.record) : NULL;

    if (ngx_api_waf_ctx_of(rec) == NULL) {
        return ngx_http_next_header_filter(r);
    }

    ngx_api_body_release(r, &mcf->self);

    body = NULL;

    if (rec->refusal.status
        && ngx_api_refuse_header(r, &mcf->self, &body) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (body) {
        ngx_http_set_ctx(r, body, ngx_api_waf_module);
    }

    rc = ngx_api_waf_response_header(r, mcf, rec);

    if (rc != NGX_DECLINED) {
        return rc == NGX_DONE ? NGX_OK : rc;
    }

    return ngx_http_next_header_filter(r);
}


/* The module's ctx is a flag: the body of a refusal is still to be sent. */

static ngx_int_t
ngx_api_waf_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_int_t                       rc;
    ngx_chain_t                    *out;
    const ngx_api_waf_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_waf_module);

    if (r != r->main) {
        return in && ngx_api_waf_response_in_pieces(r, mcf)
               ? NGX_ERROR : ngx_http_next_body_filter(r, in);
    }

    if (in && ngx_http_get_module_ctx(r, ngx_api_waf_module)) {
        return ngx_api_waf_body_swap(r, in);
    }

    rc = ngx_api_waf_response_body(r, mcf, in, &out);

    if (rc == NGX_DECLINED) {
        return ngx_http_next_body_filter(r, in);
    }

    if (rc == NGX_DONE) {
        return r->header_only
               || ngx_http_get_module_ctx(r, ngx_api_waf_module) == NULL
               ? NGX_OK : ngx_api_waf_body_swap(r, in);
    }

    if (rc != NGX_AGAIN) {
        return rc;
    }

    rc = ngx_http_next_header_filter(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_next_body_filter(r, out);
}


static ngx_int_t
ngx_api_waf_body_swap(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_buf_t    *b;
    ngx_chain_t   out;

    b = ngx_http_get_module_ctx(r, ngx_api_waf_module);
    ngx_http_set_ctx(r, NULL, ngx_api_waf_module);

    for ( /* void */ ; in; in = in->next) {
        in->buf->pos = in->buf->last;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_next_body_filter(r, &out);
}


static ngx_int_t
ngx_api_waf_preconfiguration(ngx_conf_t *cf)
{
    if (ngx_api_record_variables(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_api_waf_add_variables(cf);
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

    if (mcf->zone
        && ngx_api_zone_tenant(cf, mcf->zone, &mcf->tenant) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_api_waf_store_init(cf, mcf) != NGX_OK
        || ngx_api_waf_scan_init(cf, mcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_api_waf_hook(cf, mcf);
}


static ngx_int_t
ngx_api_waf_hook(ngx_conf_t *cf, const ngx_api_waf_main_conf_t *mcf)
{
    const ngx_api_waf_hook_t  *hook;

    if ((mcf->zone || mcf->uses)
        && ngx_api_phase_handler(cf, NGX_HTTP_LOG_PHASE,
                                 ngx_api_waf_log_handler, 1)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (mcf->uses == 0) {
        return NGX_OK;    /* nothing is refused */
    }

    for (hook = ngx_api_waf_hooks; hook->handler; hook++) {
        if (ngx_api_phase_handler(cf, hook->phase, hook->handler, hook->front)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_api_waf_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_api_waf_body_filter;

    return NGX_OK;
}


/* What a worker has run, for rules that take long: other processes of a busy
   machine are no reason to refuse a request. */

static uint64_t
ngx_api_waf_clock(void)
{
    struct timespec  t;

    (void) clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);

    return (uint64_t) t.tv_sec * 1000000000 + (uint64_t) t.tv_nsec;
}


static ngx_int_t
ngx_api_waf_init_process(ngx_cycle_t *cycle)
{
    ngx_api_waf_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_api_waf_module);

    if (mcf == NULL || mcf->uses == 0) {
        return NGX_OK;
    }

    mcf->worker->scratch = api_scratch_create(&api_alloc_libc);

    if (mcf->worker->scratch == NULL
        || ngx_api_waf_scan_start(cycle, mcf) != NGX_OK
        || ngx_api_waf_patch_start(cycle, mcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    api_scratch_clock(mcf->worker->scratch, ngx_api_waf_clock);

    ngx_api_door_watched(cycle, &mcf->watches);

    return ngx_api_watch_start(cycle, &mcf->watches);
}


static void
ngx_api_waf_exit_process(ngx_cycle_t *cycle)
{
    ngx_api_waf_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_api_waf_module);

    if (mcf) {
        ngx_api_waf_scan_stop(mcf);
        api_scratch_free(mcf->worker->scratch);
    }
}
