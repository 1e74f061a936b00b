
/*
 * delay=: what a burst lets in goes by the rate.
 */

#include "ngx_api_ratelimit.h"


static uint64_t ngx_api_ratelimit_delay_of(
    const ngx_api_ratelimit_item_t *item);
static void ngx_api_ratelimit_waited(ngx_http_request_t *r);


/* Of what a burst lets in, so many go at once, and the others when their turn
   is. */

static uint64_t
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

    if (ngx_handle_read_event(r->connection->read, 0) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->waiting = 1;

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_api_ratelimit_waited;

    r->connection->write->delayed = 1;
    ngx_add_timer(r->connection->write,
                  (ngx_msec_t) ((longest + 999999) / 1000000));

    return NGX_AGAIN;
}


static void
ngx_api_ratelimit_waited(ngx_http_request_t *r)
{
    ngx_event_t  *wev;

    wev = r->connection->write;

    if (wev->delayed) {
        if (ngx_handle_write_event(wev, 0) != NGX_OK) {
            ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        }

        return;
    }

    if (ngx_handle_read_event(r->connection->read, 0) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    ngx_http_core_run_phases(r);
}
