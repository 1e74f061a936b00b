
/*
 * delay=: what a burst lets in goes by the rate.
 */

#include "ngx_api_ratelimit.h"
#include "ngx_api_wait.h"


/* Of what a burst lets in, so many go at once, and the others when their turn
   is. */

uint64_t
ngx_api_ratelimit_delay_of(const ngx_api_ratelimit_item_t *item)
{
    uint64_t           debt, free;
    const api_gcra_t  *g;

    if (item->policy->delay == NGX_API_RATELIMIT_NODELAY || !item->charged
        || item->monitor)
    {
        return 0;
    }

    g = item->gcra;
    debt = item->state > item->now.mono ? item->state - item->now.mono : 0;
    free = item->policy->delay < g->burst
           ? api_rate_ns(&g->rate, (item->policy->delay + 1) * g->rate.step)
           : debt;

    return debt > free ? debt - free : 0;
}


ngx_int_t
ngx_api_ratelimit_wait(ngx_http_request_t *r, ngx_api_ratelimit_ctx_t *ctx)
{
    uint64_t                         delay, longest;
    ngx_int_t                        rc;
    const ngx_api_ratelimit_item_t  *item;

    longest = 0;

    for (item = ctx->items; item; item = item->next) {
        delay = ngx_api_ratelimit_delay_of(item);
        longest = ngx_max(longest, delay);
    }

    if (longest <= ctx->delay) {
        return NGX_DECLINED;    /* nothing, or it has waited for that */
    }

    longest -= ctx->delay;
    ctx->delay += longest;

    rc = ngx_api_wait(r, (ngx_msec_t) ((longest + 999999) / 1000000));
    ctx->waiting = rc == NGX_AGAIN;

    return rc;
}
