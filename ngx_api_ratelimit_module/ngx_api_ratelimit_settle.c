
/*
 * LOG: what the response says about charges.  A policy that counts only some
 * responses has been charged before there was one, so that requests in
 * parallel cannot slip through, and is given back here.  What is not known,
 * because the client went away or nothing was sent, stays charged.
 */

#include "ngx_api_ratelimit.h"


static void ngx_api_ratelimit_settle_item(ngx_http_request_t *r,
    ngx_api_ratelimit_item_t *item, ngx_uint_t status);
static ngx_uint_t ngx_api_ratelimit_matches(const ngx_array_t *ranges,
    ngx_uint_t status);


void
ngx_api_ratelimit_settle(ngx_http_request_t *r, ngx_api_ratelimit_ctx_t *ctx)
{
    ngx_uint_t                 status;
    ngx_api_ratelimit_item_t  *item;

    status = r->err_status ? r->err_status : r->headers_out.status;

    if (!r->header_sent || status == NGX_HTTP_CLIENT_CLOSED_REQUEST) {
        status = 0;
    }

    for (item = ctx->items; item; item = item->next) {
        if (item->charged) {
            ngx_api_ratelimit_settle_item(r, item, status);
        }
    }
}


static void
ngx_api_ratelimit_settle_item(ngx_http_request_t *r,
    ngx_api_ratelimit_item_t *item, ngx_uint_t status)
{
    uint64_t                           sent;
    const ngx_api_ratelimit_policy_t  *policy;

    policy = item->policy;

    if (policy->bytes) {
        sent = r->connection->sent > 0 ? (uint64_t) r->connection->sent : 0;

        if (sent > item->cost) {
            policy->kind->more(item, sent - item->cost);

        } else if (status && sent < item->cost) {
            policy->kind->refund(item, item->cost - sent);
        }

        return;
    }

    if (status == 0) {
        return;
    }

    if ((policy->charge && !ngx_api_ratelimit_matches(policy->charge, status))
        || (policy->refund
            && ngx_api_ratelimit_matches(policy->refund, status)))
    {
        policy->kind->refund(item, item->cost);
        item->charged = 0;
    }
}


static ngx_uint_t
ngx_api_ratelimit_matches(const ngx_array_t *ranges, ngx_uint_t status)
{
    ngx_uint_t                        i;
    const ngx_api_ratelimit_range_t  *range;

    range = ranges->elts;

    for (i = 0; i < ranges->nelts; i++) {
        if (status >= range[i].from && status <= range[i].to) {
            return 1;
        }
    }

    return 0;
}
