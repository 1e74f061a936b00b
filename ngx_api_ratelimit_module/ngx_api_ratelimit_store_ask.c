
/*
 * sync=always: the store decides, and the request waits for it.
 *
 * What this machine knows to be over is refused without a question; the rest
 * is asked, all that comes in one turn of the event loop in one command.  A
 * request that has no answer in time, or that finds the store away, is decided
 * by on_error=.
 */

#include "ngx_api_ratelimit_store.h"
#include "ngx_api_ratelimit_kind.h"
#include "ngx_api_wait.h"


static ngx_uint_t ngx_api_ratelimit_ask_wanted(
    ngx_api_ratelimit_item_t *item);
static ngx_int_t ngx_api_ratelimit_ask(ngx_http_request_t *r,
    ngx_api_ratelimit_ctx_t *ctx, ngx_api_ratelimit_item_t *item);
static void ngx_api_ratelimit_ask_detach(ngx_api_ratelimit_ask_t *ask);
static void ngx_api_ratelimit_ask_gone(void *data);
static void ngx_api_ratelimit_ask_done(ngx_api_ratelimit_ask_t *ask,
    ngx_uint_t answer);
static ngx_int_t ngx_api_ratelimit_ask_park(ngx_http_request_t *r,
    ngx_msec_t timeout);
static void ngx_api_ratelimit_ask_resume(ngx_http_request_t *r);
static void ngx_api_ratelimit_ask_entry(const ngx_api_ratelimit_ask_t *ask,
    api_merge_entry_t *e, int64_t now);


/*
 * Ask about the fresh items from first on.  NGX_AGAIN: the request waits, and
 * its phase is run again; NGX_OK: all is known.
 */

ngx_int_t
ngx_api_ratelimit_ask_all(ngx_http_request_t *r, ngx_api_ratelimit_ctx_t *ctx,
    ngx_api_ratelimit_item_t *first)
{
    ngx_int_t                  rc;
    ngx_msec_t                 timeout;
    ngx_api_ratelimit_item_t  *item;

    /* one that is over already decides: the others need not be charged */

    for (item = first; item; item = item->next) {
        if (item->fresh && !item->monitor
            && (item->fault
                || (item->ask == NGX_API_RATELIMIT_UNASKED
                    && item->policy->kind->peek(item) != API_LIMIT_PASS)))
        {
            return NGX_OK;
        }
    }

    timeout = 0;

    for (item = first; item; item = item->next) {
        if (!item->fresh || !ngx_api_ratelimit_ask_wanted(item)) {
            continue;
        }

        rc = ngx_api_ratelimit_ask(r, ctx, item);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_OK) {
            timeout = ngx_max(timeout, item->policy->store->timeout);
        }
    }

    return timeout ? ngx_api_ratelimit_ask_park(r, timeout) : NGX_OK;
}


static ngx_uint_t
ngx_api_ratelimit_ask_wanted(ngx_api_ratelimit_item_t *item)
{
    return item->policy->sync
           && item->ask == NGX_API_RATELIMIT_UNASKED
           && !item->fault
           && item->cost != 0
           && ngx_api_ratelimit_store_up(item->policy->store)
           && item->policy->kind->peek(item) == API_LIMIT_PASS;
}


/* NGX_DECLINED: there is nobody to ask. */

static ngx_int_t
ngx_api_ratelimit_ask(ngx_http_request_t *r, ngx_api_ratelimit_ctx_t *ctx,
    ngx_api_ratelimit_item_t *item)
{
    ngx_pool_cleanup_t        *cln;
    ngx_api_ratelimit_ask_t   *ask;
    ngx_api_ratelimit_link_t  *link;

    link = item->policy->store->link;

    if (link == NULL) {
        item->ask = NGX_API_RATELIMIT_UNSENT;
        return NGX_DECLINED;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_api_ratelimit_ask_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    ask = cln->data;
    cln->handler = ngx_api_ratelimit_ask_gone;

    ngx_memzero(ask, sizeof(ngx_api_ratelimit_ask_t));

    ask->request = r;
    ask->ctx = ctx;
    ask->item = item;
    ask->next = ctx->asks;
    ctx->asks = ask;
    ctx->asking++;

    item->ask = NGX_API_RATELIMIT_ASKED;

    ngx_queue_insert_tail(&link->asks, &ask->queue);
    ask->waits = 1;

    /* with what else comes in this turn */
    ngx_post_event(&link->asker, &ngx_posted_events);

    return NGX_OK;
}


static void
ngx_api_ratelimit_ask_detach(ngx_api_ratelimit_ask_t *ask)
{
    if (ask->waits) {
        ngx_queue_remove(&ask->queue);
        ask->waits = 0;
    }

    if (ask->place) {
        *ask->place = NULL;
        ask->place = NULL;
    }
}


/* The request is no more: its answer is nobody's. */

static void
ngx_api_ratelimit_ask_gone(void *data)
{
    ngx_api_ratelimit_ask_detach(data);
}


/* The request goes on at the end of this turn, not below its caller. */

static void
ngx_api_ratelimit_ask_done(ngx_api_ratelimit_ask_t *ask, ngx_uint_t answer)
{
    ngx_api_ratelimit_ask_detach(ask);

    ask->item->ask = (uint8_t) answer;

    if (--ask->ctx->asking == 0) {
        ngx_post_event(ask->request->connection->write, &ngx_posted_events);
    }
}


static ngx_int_t
ngx_api_ratelimit_ask_park(ngx_http_request_t *r, ngx_msec_t timeout)
{
    if (ngx_handle_read_event(r->connection->read, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_api_ratelimit_ask_resume;

    /* also while there is no connection yet; and a worker that ends waits
       for this timer */

    ngx_add_timer(r->connection->write, timeout);

    return NGX_AGAIN;
}


static void
ngx_api_ratelimit_ask_resume(ngx_http_request_t *r)
{
    ngx_event_t                          *wev;
    ngx_api_ratelimit_ask_t              *ask;
    ngx_api_ratelimit_ctx_t              *ctx;
    const ngx_api_ratelimit_main_conf_t  *mcf;

    wev = r->connection->write;
    mcf = ngx_http_get_module_main_conf(r, ngx_api_ratelimit_module);
    ctx = ngx_api_ratelimit_peek_ctx(r, mcf);

    if (ctx->asking && !wev->timedout) {
        if (ngx_handle_write_event(wev, 0) != NGX_OK) {
            ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        }

        return;
    }

    wev->timedout = 0;

    for (ask = ctx->asks; ask; ask = ask->next) {
        if (ask->item->ask == NGX_API_RATELIMIT_ASKED) {
            ask->item->ask = ask->waits ? NGX_API_RATELIMIT_UNSENT
                                        : NGX_API_RATELIMIT_UNKNOWN;
            ngx_api_ratelimit_ask_detach(ask);
        }

        ngx_api_ratelimit_now(&ask->item->now);
    }

    ctx->asks = NULL;
    ctx->asking = 0;

    if (wev->timer_set) {
        ngx_del_timer(wev);
    }

    ngx_api_wait_end(r);
}


/* The end of the turn in which somebody asked. */

void
ngx_api_ratelimit_ask_flush(ngx_event_t *ev)
{
    ngx_connection_t          *c;
    ngx_api_ratelimit_link_t  *link;

    c = ev->data;
    link = c->data;

    if (ngx_queue_empty(&link->asks) && !link->urgent) {
        return;
    }

    if (link->phase == NGX_API_RATELIMIT_IDLE) {
        ngx_api_ratelimit_link_open(link);

        if (link->phase == NGX_API_RATELIMIT_IDLE) {
            ngx_api_ratelimit_ask_fail(link);
        }

        return;    /* they go when it is ready */
    }

    if (link->phase == NGX_API_RATELIMIT_READY && !link->loading) {
        ngx_api_ratelimit_ask_write(link);
    }
}


void
ngx_api_ratelimit_ask_write(ngx_api_ratelimit_link_t *link)
{
    ngx_uint_t  n;

    n = 0;

    if (link->urgent) {
        link->urgent = 0;

        while (ngx_api_ratelimit_merge_send(link) == NGX_OK) {
            n++;
        }
    }

    while (ngx_api_ratelimit_ask_send(link) == NGX_OK) {
        n++;
    }

    if (n == 0) {
        return;    /* no room: when answers have come */
    }

    ngx_api_ratelimit_link_write(link);

    if (link->phase == NGX_API_RATELIMIT_READY) {
        ngx_api_ratelimit_talk_clock(link);
    }
}


/* One command with those of one policy, for their keys have one hash tag. */

ngx_int_t
ngx_api_ratelimit_ask_send(ngx_api_ratelimit_link_t *link)
{
    uint32_t                     i, n;
    api_now_t                    now;
    ngx_queue_t                 *q, *next;
    ngx_api_ratelimit_ask_t     *ask, *asks[NGX_API_RATELIMIT_BATCH];
    ngx_api_ratelimit_flight_t  *flight;

    flight = ngx_api_ratelimit_merge_flight(link);

    if (flight == NULL || ngx_queue_empty(&link->asks)) {
        return NGX_DECLINED;
    }

    ngx_api_ratelimit_now(&now);

    for (q = ngx_queue_head(&link->asks), n = 0;
         q != ngx_queue_sentinel(&link->asks) && n < NGX_API_RATELIMIT_BATCH;
         q = next)
    {
        next = ngx_queue_next(q);
        ask = ngx_queue_data(q, ngx_api_ratelimit_ask_t, queue);

        if (n == 0 || ask->item->policy == asks[0]->item->policy) {
            ngx_api_ratelimit_ask_entry(ask, &flight->entries[n],
                                        (int64_t) now.mono);
            asks[n++] = ask;
        }
    }

    if (ngx_api_ratelimit_merge_say(link, NGX_API_RATELIMIT_R_ASK, flight, n)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    for (i = 0; i < n; i++) {
        ngx_queue_remove(&asks[i]->queue);
        asks[i]->waits = 0;
        asks[i]->place = &flight->asks[i];
        flight->asks[i] = asks[i];
    }

    (void) ngx_atomic_fetch_add(&link->store->state->asks, n);

    return NGX_OK;
}


/* Admit the cost now, if the debt is not over the burst then. */

static void
ngx_api_ratelimit_ask_entry(const ngx_api_ratelimit_ask_t *ask,
    api_merge_entry_t *e, int64_t now)
{
    uint64_t           cost, limit, slack;
    const api_gcra_t  *g;

    g = ask->item->gcra;

    cost = api_rate_ns(&g->rate, ask->item->cost * g->rate.step);
    limit = api_rate_ns(&g->rate, g->tau);

    /* what rounding to the store's microseconds may add to a burst */
    slack = ngx_min(cost / 2, NGX_API_RATELIMIT_SLACK);

    ngx_memzero(e, sizeof(api_merge_entry_t));

    e->m.n = (int64_t) ngx_min(cost, (uint64_t) API_MERGE_MAX);
    e->m.d = now + e->m.n;
    e->cap = (int64_t) ngx_min(api_rate_ns(&g->rate, g->cap),
                               (uint64_t) API_MERGE_MAX);
    e->limit = (int64_t) ngx_min(limit + slack, (uint64_t) API_MERGE_MAX);
    e->policy = ask->item->policy->id;
    e->key = ask->item->tag;

    ngx_api_ratelimit_store_name(ask->item, e);
}


/* Each number is how far the TAT is ahead, or -1 less than that if refused. */

void
ngx_api_ratelimit_ask_answer(ngx_api_ratelimit_link_t *link,
    ngx_api_ratelimit_flight_t *flight, const api_resp_reply_t *reply)
{
    int64_t                          ahead, us;
    uint32_t                         i;
    api_now_t                        now;
    ngx_api_ratelimit_ask_t         *ask;
    const ngx_api_ratelimit_zone_t  *zone;

    if (reply->type != API_RESP_ARRAY || reply->nitems != flight->n) {
        (void) ngx_atomic_fetch_add(&link->store->state->errors, 1);
        ngx_api_ratelimit_ask_lost(flight, NGX_API_RATELIMIT_UNKNOWN);
        return;
    }

    ngx_api_ratelimit_now(&now);

    for (i = 0; i < flight->n; i++) {
        us = reply->items[i];

        ahead = us < 0 ? -1 - us : us;
        ahead = ahead > API_MERGE_MAX / 1000 ? API_MERGE_MAX : ahead * 1000;
        ahead = ngx_min(ahead, flight->entries[i].cap);

        ask = flight->asks[i];

        if (ask == NULL) {
            continue;
        }

        zone = ask->item->policy->zone;
        ask->item->state = now.mono + (uint64_t) ahead;

        if (ahead > 0) {
            api_table_rate_raise(zone->data, ask->item->tag, ask->item->state,
                                 &now, (api_full_t) zone->full);
        }

        ngx_api_ratelimit_ask_done(ask, us < 0 ? NGX_API_RATELIMIT_REFUSED
                                               : NGX_API_RATELIMIT_GRANTED);
    }
}


/* A command that was not done is asked again, before the others. */

void
ngx_api_ratelimit_ask_back(ngx_api_ratelimit_link_t *link,
    ngx_api_ratelimit_flight_t *flight)
{
    uint32_t                  i;
    ngx_api_ratelimit_ask_t  *ask;

    for (i = flight->n; i > 0; i--) {
        ask = flight->asks[i - 1];

        if (ask) {
            ngx_api_ratelimit_ask_detach(ask);
            ngx_queue_insert_head(&link->asks, &ask->queue);
            ask->waits = 1;
        }
    }
}


void
ngx_api_ratelimit_ask_lost(ngx_api_ratelimit_flight_t *flight,
    ngx_uint_t answer)
{
    uint32_t  i;

    for (i = 0; i < flight->n; i++) {
        if (flight->asks[i]) {
            ngx_api_ratelimit_ask_done(flight->asks[i], answer);
        }
    }
}


ngx_uint_t
ngx_api_ratelimit_ask_any(const ngx_api_ratelimit_link_t *link)
{
    uint32_t                           k;
    ngx_uint_t                         i;
    const ngx_api_ratelimit_flight_t  *flight;

    for (i = 0; i < link->nflights; i++) {
        flight = &link->flights[(link->first + i) % NGX_API_RATELIMIT_FLYING];

        if (flight->kind != NGX_API_RATELIMIT_R_ASK) {
            continue;
        }

        for (k = 0; k < flight->n; k++) {
            if (flight->asks[k]) {
                return 1;
            }
        }
    }

    return !ngx_queue_empty(&link->asks);
}


/* There is no connection: those that were not sent yet wait no longer. */

void
ngx_api_ratelimit_ask_fail(ngx_api_ratelimit_link_t *link)
{
    ngx_api_ratelimit_ask_t  *ask;

    while (!ngx_queue_empty(&link->asks)) {
        ask = ngx_queue_data(ngx_queue_head(&link->asks),
                             ngx_api_ratelimit_ask_t, queue);
        ngx_api_ratelimit_ask_done(ask, NGX_API_RATELIMIT_UNSENT);
    }
}
