
/*
 * The location where a request came in.  An error_page, X-Accel-Redirect or
 * try_files leads to another one, and what is counted of the request when it
 * ends belongs to the first: its lines of api_inventory and api_behavior, and
 * what it answered, whatever page was sent in the end.
 */

#include "ngx_api_sec_inventory.h"
#include "ngx_api_sec_monitor.h"


ngx_int_t
ngx_api_sec_enter(ngx_http_request_t *r)
{
    ngx_api_record_t               *rec;
    ngx_api_sec_ctx_t              *ctx;
    const ngx_api_sec_main_conf_t  *mcf;

    if (r != r->main) {
        return NGX_DECLINED;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    ctx = ngx_api_sec_ctx(r, mcf, &rec);

    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->entered == NULL) {
        ctx->entered = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);
    }

    return NGX_DECLINED;
}


const ngx_api_sec_loc_conf_t *
ngx_api_sec_entered(ngx_http_request_t *r, const ngx_api_record_t *rec)
{
    const ngx_api_sec_ctx_t  *ctx;

    ctx = rec ? rec->own[NGX_API_SEC] : NULL;

    return ctx && ctx->entered
           ? ctx->entered
           : ngx_http_get_module_loc_conf(r, ngx_api_sec_module);
}


/* A refusal of ours, or of the upstream, that error_page has made another
   status of, is still one. */

ngx_uint_t
ngx_api_sec_answered(const ngx_http_request_t *r, const ngx_api_record_t *rec)
{
    ngx_uint_t                        status;
    const ngx_http_upstream_state_t  *state;

    if (rec && rec->refusal.status) {
        return rec->refusal.status;
    }

    status = ngx_api_sec_status_of(r);

    if (status >= NGX_HTTP_BAD_REQUEST || !r->error_page
        || r->upstream_states == NULL || r->upstream_states->nelts == 0)
    {
        return status;
    }

    state = r->upstream_states->elts;

    return ngx_max(state[0].status, status);
}
