
/*
 * The limits of a request, in the two phases where they are decided.
 *
 * Those of a phase are charged all or none: with more than one, all are asked
 * first, and when one says no between the question and the charge, the others
 * are given back.  A policy counts once a request, whichever locations it is
 * led through; what it decided is kept, for another location may enforce what
 * the first only watched.  Policies in monitor mode are charged on their own
 * and change nothing for the others.
 */

#include "ngx_api_ratelimit.h"
#include "ngx_api_ratelimit_kind.h"


static ngx_int_t ngx_api_ratelimit_timed(ngx_http_request_t *r,
    ngx_uint_t at, ngx_http_handler_pt handler);
static ngx_int_t ngx_api_ratelimit_by_address(ngx_http_request_t *r);
static ngx_int_t ngx_api_ratelimit_by_identity(ngx_http_request_t *r);
static ngx_int_t ngx_api_ratelimit_handle(ngx_http_request_t *r,
    ngx_uint_t at);
static ngx_int_t ngx_api_ratelimit_check(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_ratelimit_ctx_t *ctx, const ngx_array_t *uses, ngx_uint_t at);
static ngx_uint_t ngx_api_ratelimit_hardened(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf,
    const ngx_api_ratelimit_item_t *item, ngx_uint_t mode);
static ngx_int_t ngx_api_ratelimit_late(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_ratelimit_ctx_t *ctx, ngx_api_ratelimit_item_t *late);
static ngx_int_t ngx_api_ratelimit_single(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_ratelimit_ctx_t *ctx, ngx_api_ratelimit_item_t *item);
static ngx_int_t ngx_api_ratelimit_verdict(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_ratelimit_ctx_t *ctx, ngx_api_ratelimit_item_t *first,
    ngx_uint_t n);
static ngx_int_t ngx_api_ratelimit_collect(ngx_http_request_t *r,
    ngx_api_ratelimit_ctx_t *ctx, const ngx_api_ratelimit_policy_t *policy,
    ngx_uint_t mode, ngx_api_ratelimit_item_t **found);
static ngx_int_t ngx_api_ratelimit_item(ngx_http_request_t *r,
    const ngx_api_ratelimit_policy_t *policy, ngx_api_ratelimit_item_t *item);
static ngx_uint_t ngx_api_ratelimit_false(ngx_http_request_t *r,
    const ngx_http_complex_value_t *when);
static ngx_api_ratelimit_item_t *ngx_api_ratelimit_decide(
    ngx_http_request_t *r, ngx_api_ratelimit_ctx_t *ctx,
    ngx_api_ratelimit_item_t *items, ngx_uint_t n);
static ngx_api_ratelimit_item_t *ngx_api_ratelimit_ask(
    ngx_api_ratelimit_item_t *items);
static ngx_api_ratelimit_item_t *ngx_api_ratelimit_charge(
    ngx_http_request_t *r, ngx_api_ratelimit_ctx_t *ctx,
    ngx_api_ratelimit_item_t *items);
static void ngx_api_ratelimit_charge_item(ngx_http_request_t *r,
    ngx_api_ratelimit_ctx_t *ctx, ngx_api_ratelimit_item_t *item);


static const ngx_str_t  ngx_api_ratelimit_under = ngx_string("under");


ngx_int_t
ngx_api_ratelimit_address_handler(ngx_http_request_t *r)
{
    return ngx_api_ratelimit_here(r, NGX_API_RATELIMIT_USES_LIMIT)
           ? ngx_api_ratelimit_timed(r, NGX_API_RATELIMIT_ADDRESS,
                                     ngx_api_ratelimit_by_address)
           : NGX_DECLINED;
}


ngx_int_t
ngx_api_ratelimit_identity_handler(ngx_http_request_t *r)
{
    return ngx_api_ratelimit_here(r, NGX_API_RATELIMIT_USES_IDENTITY)
           ? ngx_api_ratelimit_timed(r, NGX_API_RATELIMIT_IDENTITY,
                                     ngx_api_ratelimit_by_identity)
           : NGX_DECLINED;
}


static ngx_int_t
ngx_api_ratelimit_timed(ngx_http_request_t *r, ngx_uint_t at,
    ngx_http_handler_pt handler)
{
    const ngx_api_ratelimit_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_ratelimit_module);

    if (mcf->self.sec == NULL || mcf->self.sec->observe == NULL) {
        return ngx_api_ratelimit_handle(r, at);
    }

    return ngx_api_timed(r, mcf->self.sec, NGX_API_PHASE_LIMIT, handler);
}


static ngx_int_t
ngx_api_ratelimit_by_address(ngx_http_request_t *r)
{
    return ngx_api_ratelimit_handle(r, NGX_API_RATELIMIT_ADDRESS);
}


static ngx_int_t
ngx_api_ratelimit_by_identity(ngx_http_request_t *r)
{
    return ngx_api_ratelimit_handle(r, NGX_API_RATELIMIT_IDENTITY);
}


static ngx_int_t
ngx_api_ratelimit_handle(ngx_http_request_t *r, ngx_uint_t at)
{
    ngx_int_t                              rc;
    ngx_api_record_t                      *rec;
    ngx_api_ratelimit_ctx_t               *ctx;
    const ngx_api_ratelimit_loc_conf_t    *lcf;
    const ngx_api_ratelimit_main_conf_t   *mcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_ratelimit_module);

    if (r != r->main) {
        return NGX_DECLINED;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_api_ratelimit_module);

    ctx = ngx_api_ratelimit_ctx(r, mcf, &rec);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->waiting) {
        ctx->waiting = 0;    /* this phase has decided */
        return NGX_DECLINED;
    }

    rc = ngx_api_ratelimit_check(r, mcf, rec, ctx, lcf->uses.items, at);

    if (rc != NGX_OK) {
        return rc;
    }

    return ctx->delays ? ngx_api_ratelimit_wait(r, ctx) : NGX_DECLINED;
}


/* NGX_OK: it may go on, NGX_DECLINED: no limit here, NGX_AGAIN: it waits for
   the store, or a status. */

static ngx_int_t
ngx_api_ratelimit_check(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_ratelimit_ctx_t *ctx, const ngx_array_t *uses, ngx_uint_t at)
{
    ngx_int_t                         rc;
    ngx_uint_t                        i, n, mode, sync;
    ngx_api_ratelimit_use_t * const  *use;
    ngx_api_ratelimit_item_t         *item, *first;

    use = uses->elts;
    first = NULL;

    for (i = 0, n = 0, sync = 0; i < uses->nelts; i++) {
        if (use[i]->policy->at != at) {
            continue;
        }

        mode = ngx_api_ratelimit_mode(r, mcf, &use[i]->mode);

        if (mode == NGX_API_MODE_OFF) {
            continue;
        }

        rc = ngx_api_ratelimit_collect(r, ctx, use[i]->policy, mode, &item);

        if (rc == NGX_ERROR) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        if (rc == NGX_DECLINED) {
            continue;
        }

        if (ngx_api_ratelimit_hardened(r, mcf, item, mode)) {
            item->monitor = 0;
            return ngx_api_ratelimit_late(r, mcf, rec, ctx, item);
        }

        if (item->fresh) {
            first = first ? first : item;
            n += !item->monitor;
            sync |= use[i]->policy->sync;
        }
    }

    if (first == NULL) {
        return NGX_DECLINED;
    }

    rc = sync ? ngx_api_ratelimit_ask_all(r, ctx, first) : NGX_OK;

    if (rc != NGX_OK) {
        return rc == NGX_AGAIN ? rc : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (first->next || first->monitor || first->fault) {
        return ngx_api_ratelimit_verdict(r, mcf, rec, ctx, first, n);
    }

    return ngx_api_ratelimit_single(r, mcf, rec, ctx, first);
}


/* The location before only watched this one, or had an exception. */

static ngx_uint_t
ngx_api_ratelimit_hardened(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf,
    const ngx_api_ratelimit_item_t *item, ngx_uint_t mode)
{
    return item->over && item->monitor
           && ngx_api_excepted_mode(r, &mcf->self, NGX_API_CHECK_LIMIT,
                                    &item->policy->name, mode)
              == NGX_API_MODE_ENFORCE;
}


/* Refused by what was decided before: nothing more is decided. */

static ngx_int_t
ngx_api_ratelimit_late(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_ratelimit_ctx_t *ctx, ngx_api_ratelimit_item_t *late)
{
    ngx_api_ratelimit_item_t  *item;

    for (item = ctx->items; item; item = item->next) {
        item->fresh = 0;
    }

    return ngx_api_ratelimit_refuse(r, mcf, rec, ctx, late,
                                    NGX_API_MODE_ENFORCE);
}


/* One alone, as most are. */

static ngx_int_t
ngx_api_ratelimit_single(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_ratelimit_ctx_t *ctx, ngx_api_ratelimit_item_t *item)
{
    item->fresh = 0;
    ngx_api_ratelimit_charge_item(r, ctx, item);

    if (item->over) {
        return ngx_api_ratelimit_refuse(r, mcf, rec, ctx, item,
                                        NGX_API_MODE_ENFORCE);
    }

    ngx_api_record_decide(rec, NGX_API_CHECK_LIMIT, NGX_API_ALLOW, 0,
                          &ngx_api_ratelimit_under, NULL);

    return NGX_OK;
}


/* n of the fresh items from first on are enforced. */

static ngx_int_t
ngx_api_ratelimit_verdict(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_ratelimit_ctx_t *ctx, ngx_api_ratelimit_item_t *first,
    ngx_uint_t n)
{
    ngx_api_ratelimit_item_t  *item, *over;

    over = ngx_api_ratelimit_decide(r, ctx, first, n);

    for (item = first; item; item = item->next) {
        item->fresh = 0;

        if (item->over && item->monitor) {
            ctx->monitor = 1;
            (void) ngx_api_ratelimit_refuse(r, mcf, rec, ctx, item,
                                            NGX_API_MODE_MONITOR);
        }
    }

    if (over) {
        return ngx_api_ratelimit_refuse(r, mcf, rec, ctx, over,
                                        NGX_API_MODE_ENFORCE);
    }

    ngx_api_record_decide(rec, NGX_API_CHECK_LIMIT, NGX_API_ALLOW, 0,
                          &ngx_api_ratelimit_under, NULL);

    return NGX_OK;
}


/* The item of a policy: that of before, or a fresh one.  NGX_DECLINED: the
   policy does not hold for this request. */

static ngx_int_t
ngx_api_ratelimit_collect(ngx_http_request_t *r, ngx_api_ratelimit_ctx_t *ctx,
    const ngx_api_ratelimit_policy_t *policy, ngx_uint_t mode,
    ngx_api_ratelimit_item_t **found)
{
    ngx_int_t                              rc;
    ngx_api_ratelimit_item_t              *item;
    const ngx_api_ratelimit_main_conf_t   *mcf;

    for (item = ctx->items; item; item = item->next) {
        if (item->policy == policy) {
            *found = item;
            return NGX_OK;
        }
    }

    if (policy->when && ngx_api_ratelimit_false(r, policy->when)) {
        return NGX_DECLINED;
    }

    item = ctx->first.policy ? ngx_pcalloc(r->pool,
                                           sizeof(ngx_api_ratelimit_item_t))
                             : &ctx->first;
    if (item == NULL) {
        return NGX_ERROR;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_api_ratelimit_module);
    mode = ngx_api_excepted_mode(r, &mcf->self, NGX_API_CHECK_LIMIT,
                                 &policy->name, mode);

    item->policy = policy;
    item->monitor = (mode == NGX_API_MODE_MONITOR);
    item->fresh = 1;

    rc = ngx_api_ratelimit_item(r, policy, item);

    if (rc == NGX_DECLINED) {
        item->policy = NULL;
        return NGX_DECLINED;
    }

    if (rc == NGX_ERROR) {
        item->fault = 1;
        item->over = 1;
    }

    if (ctx->last) {
        ctx->last->next = item;

    } else {
        ctx->items = item;
    }

    ctx->last = item;
    *found = item;

    return NGX_OK;
}


static ngx_int_t
ngx_api_ratelimit_item(ngx_http_request_t *r,
    const ngx_api_ratelimit_policy_t *policy, ngx_api_ratelimit_item_t *item)
{
    ngx_str_t                   key;
    ngx_http_variable_value_t  *v;

    if (policy->variable != NGX_ERROR) {
        v = ngx_http_get_flushed_variable(r, policy->variable);

        if (v == NULL) {
            return NGX_ERROR;
        }

        key.len = v->not_found ? 0 : v->len;
        key.data = v->data;

    } else if (ngx_http_complex_value(r,
                                      (ngx_http_complex_value_t *)
                                      &policy->key, &key)
               != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (key.len == 0) {
        return policy->empty == NGX_API_RATELIMIT_SKIP ? NGX_DECLINED
                                                       : NGX_ERROR;
    }

    item->cost = policy->cost;

    if (policy->cost_value
        && ngx_api_ratelimit_value(r, policy->cost_value, 0, &item->cost)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    item->key = key;
    item->tag = policy->zone->kind == NGX_API_RATELIMIT_LANES
                ? api_lanes_tag(policy->zone->data, policy->id,
                                ngx_api_span(&key))
                : api_table_tag(policy->zone->data, policy->id,
                                ngx_api_span(&key));

    ngx_api_ratelimit_now(&item->now);

    if (policy->fixed) {
        item->gcra = &policy->gcra;
        return NGX_OK;
    }

    return policy->kind->prepare(r, item);
}


/* As in the if= of nginx: empty and 0 are false. */

static ngx_uint_t
ngx_api_ratelimit_false(ngx_http_request_t *r,
    const ngx_http_complex_value_t *when)
{
    ngx_str_t  value;

    if (ngx_http_complex_value(r, (ngx_http_complex_value_t *) when, &value)
        != NGX_OK)
    {
        return 0;    /* then it holds */
    }

    return value.len == 0 || (value.len == 1 && value.data[0] == '0');
}


/* NULL, or the item for which the request has to wait longest. */

static ngx_api_ratelimit_item_t *
ngx_api_ratelimit_decide(ngx_http_request_t *r, ngx_api_ratelimit_ctx_t *ctx,
    ngx_api_ratelimit_item_t *items, ngx_uint_t n)
{
    ngx_api_ratelimit_item_t  *item;

    for (item = items; item; item = item->next) {
        if (item->fresh && item->monitor && !item->fault) {
            ngx_api_ratelimit_charge_item(r, ctx, item);
        }
    }

    if (n > 1) {
        item = ngx_api_ratelimit_ask(items);

        if (item) {
            return item;
        }
    }

    return ngx_api_ratelimit_charge(r, ctx, items);
}


static ngx_api_ratelimit_item_t *
ngx_api_ratelimit_ask(ngx_api_ratelimit_item_t *items)
{
    ngx_api_ratelimit_item_t    *item, *worst;
    ngx_api_ratelimit_report_t   report, most;

    worst = NULL;
    most.wait = 0;

    for (item = items; item; item = item->next) {
        if (!item->fresh || item->monitor) {
            continue;
        }

        if (!item->fault) {
            item->rc = (uint8_t) item->policy->kind->peek(item);
            item->over = (item->rc != API_LIMIT_PASS);
        }

        if (!item->over) {
            continue;
        }

        report.wait = UINT64_MAX;

        if (!item->fault) {
            item->policy->kind->report(item, &report);
        }

        if (worst == NULL || report.wait > most.wait) {
            worst = item;
            most = report;
        }
    }

    return worst;
}


static ngx_api_ratelimit_item_t *
ngx_api_ratelimit_charge(ngx_http_request_t *r, ngx_api_ratelimit_ctx_t *ctx,
    ngx_api_ratelimit_item_t *items)
{
    ngx_api_ratelimit_item_t  *item, *over;

    over = NULL;

    for (item = items; item; item = item->next) {
        if (!item->fresh || item->monitor) {
            continue;
        }

        if (!item->fault) {
            ngx_api_ratelimit_charge_item(r, ctx, item);
        }

        if (item->over) {
            over = item;
            break;
        }
    }

    if (over == NULL) {
        return NULL;
    }

    /* somebody else was faster: all or none */

    for (item = items; item != over; item = item->next) {
        if (item->fresh && !item->monitor && item->charged) {
            item->policy->kind->refund(item, item->cost);
            item->rc = (uint8_t) item->policy->kind->peek(item);
            item->charged = 0;
        }
    }

    return over;
}


static void
ngx_api_ratelimit_charge_item(ngx_http_request_t *r,
    ngx_api_ratelimit_ctx_t *ctx, ngx_api_ratelimit_item_t *item)
{
    int                                rc;
    const ngx_api_ratelimit_policy_t  *policy;

    policy = item->policy;
    rc = policy->kind->charge(r, item);

    item->rc = (uint8_t) rc;
    item->over = (rc != API_LIMIT_PASS);
    item->charged = (rc == API_LIMIT_PASS);

    ctx->settle |= policy->settle;
    ctx->delays |= (policy->delay != NGX_API_RATELIMIT_NODELAY);
}
