
#include "ngx_api_ratelimit_store.h"


static void ngx_api_ratelimit_link_resolve(ngx_api_ratelimit_link_t *link);
static void ngx_api_ratelimit_link_resolved(ngx_resolver_ctx_t *ctx);
static void ngx_api_ratelimit_link_connect(ngx_api_ratelimit_link_t *link,
    struct sockaddr *sockaddr, socklen_t socklen);
static ngx_int_t ngx_api_ratelimit_link_test(ngx_connection_t *c);
static void ngx_api_ratelimit_link_connected(ngx_api_ratelimit_link_t *link);
static void ngx_api_ratelimit_link_back(ngx_api_ratelimit_link_t *link);


#define NGX_API_RATELIMIT_RETRY      200      /* ms, as long as it is up */
#define NGX_API_RATELIMIT_RETRY_MAX  30000


void
ngx_api_ratelimit_link_open(ngx_api_ratelimit_link_t *link)
{
    ngx_url_t                  *url;
    ngx_api_ratelimit_store_t  *store;

    store = link->store;

    if (link->phase != NGX_API_RATELIMIT_IDLE || link->retry.timer_set
        || ngx_terminate || (ngx_exiting && ngx_queue_empty(&link->asks)))
    {
        return;
    }

    ngx_add_timer(&link->timeout, store->timeout);

    if (store->named && store->clcf->resolver
        && store->clcf->resolver->connections.nelts)
    {
        ngx_api_ratelimit_link_resolve(link);
        return;
    }

    url = &store->url;

    ngx_api_ratelimit_link_connect(link,
                                   url->naddrs ? url->addrs[0].sockaddr
                                               : &url->sockaddr.sockaddr,
                                   url->naddrs ? url->addrs[0].socklen
                                               : url->socklen);
}


static void
ngx_api_ratelimit_link_resolve(ngx_api_ratelimit_link_t *link)
{
    ngx_resolver_ctx_t         *ctx, temp;
    ngx_api_ratelimit_store_t  *store;

    store = link->store;

    ngx_memzero(&temp, sizeof(ngx_resolver_ctx_t));
    temp.name = store->host;

    ctx = ngx_resolve_start(store->clcf->resolver, &temp);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        ngx_api_ratelimit_link_fault(link, "cannot be resolved", "");
        return;
    }

    ctx->name = store->host;
    ctx->handler = ngx_api_ratelimit_link_resolved;
    ctx->data = link;
    ctx->timeout = store->clcf->resolver_timeout;
    ctx->cancelable = 1;

    link->phase = NGX_API_RATELIMIT_RESOLVING;
    link->resolving = ctx;

    if (ngx_resolve_name(ctx) != NGX_OK) {
        link->resolving = NULL;
        ngx_api_ratelimit_link_fault(link, "cannot be resolved", "");
    }
}


static void
ngx_api_ratelimit_link_resolved(ngx_resolver_ctx_t *ctx)
{
    char                       *why;
    ngx_uint_t                  i;
    ngx_api_ratelimit_link_t   *link;

    link = ctx->data;
    link->resolving = NULL;

    if (ctx->state || ctx->naddrs == 0) {
        why = ctx->state ? ngx_resolver_strerror(ctx->state) : "no address";
        ngx_resolve_name_done(ctx);
        ngx_api_ratelimit_link_fault(link, "cannot be resolved", why);
        return;
    }

    i = ngx_random() % ctx->naddrs;

    ngx_memcpy(&link->sockaddr, ctx->addrs[i].sockaddr,
               ctx->addrs[i].socklen);
    link->peer.socklen = ctx->addrs[i].socklen;

    ngx_resolve_name_done(ctx);

    ngx_inet_set_port(&link->sockaddr.sockaddr, link->store->url.port);

    ngx_api_ratelimit_link_connect(link, &link->sockaddr.sockaddr,
                                   link->peer.socklen);
}


static void
ngx_api_ratelimit_link_connect(ngx_api_ratelimit_link_t *link,
    struct sockaddr *sockaddr, socklen_t socklen)
{
    ngx_int_t               rc;
    ngx_connection_t       *c;
    ngx_peer_connection_t  *peer;

    peer = &link->peer;

    ngx_memzero(peer, sizeof(ngx_peer_connection_t));

    peer->sockaddr = sockaddr;
    peer->socklen = socklen;
    peer->name = &link->store->url.url;
    peer->get = ngx_event_get_peer;
    peer->log = ngx_cycle->log;
    peer->log_error = NGX_ERROR_INFO;    /* we say it ourselves */

    link->resp = api_resp_create();
    link->pool = ngx_create_pool(1024, ngx_cycle->log);

    if (link->resp == NULL || link->pool == NULL) {
        ngx_api_ratelimit_link_fault(link, "no memory", "");
        return;
    }

    (void) ngx_atomic_fetch_add(&link->store->state->connects, 1);

    rc = ngx_event_connect_peer(peer);

    if (rc == NGX_ERROR || rc == NGX_BUSY || rc == NGX_DECLINED) {
        link->c = NULL;

        if (peer->connection) {
            ngx_close_connection(peer->connection);
            peer->connection = NULL;
        }

        ngx_api_ratelimit_link_fault(link, "cannot be connected", "");
        return;
    }

    c = peer->connection;

    c->data = link;
    c->pool = link->pool;
    c->log = ngx_cycle->log;
    c->read->log = c->log;
    c->write->log = c->log;
    c->read->handler = ngx_api_ratelimit_link_read_handler;
    c->write->handler = ngx_api_ratelimit_link_write_handler;

    /* a worker that shuts down closes it, and does not wait for it */
    c->idle = 1;

    link->c = c;
    link->phase = NGX_API_RATELIMIT_CONNECTING;

    if (rc == NGX_OK) {
        ngx_api_ratelimit_link_connected(link);
    }
}


static ngx_int_t
ngx_api_ratelimit_link_test(ngx_connection_t *c)
{
    int        err;
    socklen_t  len;

    err = 0;
    len = sizeof(int);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len) == -1) {
        err = ngx_socket_errno;
    }

    return err ? NGX_ERROR : NGX_OK;
}


static void
ngx_api_ratelimit_link_connected(ngx_api_ratelimit_link_t *link)
{
    if (ngx_handle_read_event(link->c->read, 0) != NGX_OK) {
        ngx_api_ratelimit_link_fault(link, "cannot be read", "");
        return;
    }

#if (NGX_SSL)

    if (link->store->tls && link->c->ssl == NULL) {
        ngx_api_ratelimit_link_shake(link);
        return;
    }

#endif

    link->phase = NGX_API_RATELIMIT_GREETING;
    ngx_api_ratelimit_talk_greet(link);
}


void
ngx_api_ratelimit_link_read_handler(ngx_event_t *rev)
{
    ssize_t                    n;
    ngx_connection_t          *c;
    ngx_api_ratelimit_link_t  *link;
    u_char                     buf[16384];

    c = rev->data;
    link = c->data;

    if (c->close) {
        ngx_api_ratelimit_talk_last(link);

        if (!ngx_api_ratelimit_ask_any(link)) {
            ngx_api_ratelimit_link_close(link);
            return;
        }

        /* a request that waits is answered first; the worker's end closes */
        c->close = 0;
    }

    if (link->phase == NGX_API_RATELIMIT_CONNECTING) {
        ngx_api_ratelimit_link_write_handler(c->write);
        return;
    }

    for ( ;; ) {
        n = c->recv(c, buf, sizeof(buf));

        if (n == NGX_AGAIN) {
            break;
        }

        if (n == NGX_ERROR || n == 0) {
            ngx_api_ratelimit_link_fault(link, "has closed the connection",
                                         "");
            return;
        }

        if (ngx_api_ratelimit_talk_read(link, api_span(buf, (size_t) n))
            != NGX_OK)
        {
            return;    /* closed */
        }
    }

    if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_api_ratelimit_link_fault(link, "cannot be read", "");
    }
}


void
ngx_api_ratelimit_link_write_handler(ngx_event_t *wev)
{
    ngx_connection_t          *c;
    ngx_api_ratelimit_link_t  *link;

    c = wev->data;
    link = c->data;

    if (link->phase == NGX_API_RATELIMIT_CONNECTING) {
        if (ngx_api_ratelimit_link_test(c) != NGX_OK) {
            ngx_api_ratelimit_link_fault(link, "cannot be connected", "");
            return;
        }

        ngx_api_ratelimit_link_connected(link);
        return;
    }

    ngx_api_ratelimit_link_write(link);
}


void
ngx_api_ratelimit_link_write(ngx_api_ratelimit_link_t *link)
{
    ssize_t            n;
    ngx_connection_t  *c;

    c = link->c;

    while (link->out_pos < link->out_len) {
        n = c->send(c, link->out + link->out_pos,
                    link->out_len - link->out_pos);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n == NGX_ERROR || n == 0) {
            ngx_api_ratelimit_link_fault(link, "cannot be written", "");
            return;
        }

        link->out_pos += n;
        link->sent += n;
    }

    if (link->out_pos == link->out_len) {
        link->out_pos = 0;
        link->out_len = 0;
    }

    if (ngx_handle_write_event(c->write, 0) != NGX_OK) {
        ngx_api_ratelimit_link_fault(link, "cannot be written", "");
    }
}


void
ngx_api_ratelimit_link_close(ngx_api_ratelimit_link_t *link)
{
    ngx_connection_t  *c;

    if (link->timeout.timer_set) {
        ngx_del_timer(&link->timeout);
    }

    if (link->resolving) {
        ngx_resolve_name_done(link->resolving);
        link->resolving = NULL;
    }

    c = link->c;

    if (c) {

#if (NGX_SSL)

        if (c->ssl) {
            c->ssl->no_wait_shutdown = 1;
            c->ssl->no_send_shutdown = 1;
            (void) ngx_ssl_shutdown(c);
        }

#endif

        ngx_close_connection(c);
        link->c = NULL;
    }

    if (link->pool) {
        ngx_destroy_pool(link->pool);
        link->pool = NULL;
    }

    api_resp_free(link->resp);
    link->resp = NULL;

    ngx_api_ratelimit_link_back(link);

    link->out_pos = 0;
    link->out_len = 0;
    link->queued = 0;
    link->sent = 0;
    link->loading = 0;
    link->phase = NGX_API_RATELIMIT_IDLE;
}


/* What the store cannot have read is told later; the rest is lost. */

static void
ngx_api_ratelimit_link_back(ngx_api_ratelimit_link_t *link)
{
    ngx_uint_t                   i;
    ngx_api_ratelimit_flight_t  *flight;

    for (i = 0; i < link->nflights; i++) {
        flight = &link->flights[(link->first + i) % NGX_API_RATELIMIT_FLYING];

        if (flight->kind == NGX_API_RATELIMIT_R_ASK) {
            ngx_api_ratelimit_ask_lost(flight,
                                       flight->offset >= link->sent
                                       ? NGX_API_RATELIMIT_UNSENT
                                       : NGX_API_RATELIMIT_UNKNOWN);
            continue;
        }

        if (flight->kind != NGX_API_RATELIMIT_R_MERGE) {
            continue;
        }

        if (flight->offset >= link->sent) {
            api_merge_back(&link->waiting, flight->entries, flight->n);

        } else {
            (void) ngx_atomic_fetch_add(&link->store->state->lost, flight->n);
        }
    }

    link->first = 0;
    link->nflights = 0;

    ngx_api_ratelimit_ask_fail(link);
}


void
ngx_api_ratelimit_link_log(ngx_api_ratelimit_link_t *link, ngx_uint_t level,
    const char *what, const char *detail)
{
    ngx_atomic_uint_t                 logged, now;
    ngx_api_ratelimit_store_state_t  *state;

    state = link->store->state;
    logged = state->logged;

    /* not the time of day, which may be set back */

    now = ngx_current_msec / 1000 + 1;

    if ((logged && now < logged + 10)
        || !ngx_atomic_cmp_set(&state->logged, logged, now))
    {
        return;
    }

    ngx_log_error(level, ngx_cycle->log, 0,
                  "api_ratelimit_store \"%V\": %s%s%s", &link->store->name,
                  what, *detail ? ": " : "", detail);
}


void
ngx_api_ratelimit_link_fault(ngx_api_ratelimit_link_t *link, const char *what,
    const char *detail)
{
    ngx_msec_t                        wait;
    ngx_atomic_uint_t                 faults;
    ngx_api_ratelimit_store_state_t  *state;

    ngx_api_ratelimit_link_log(link, NGX_LOG_ERR, what, detail);
    ngx_api_ratelimit_link_close(link);

    state = link->store->state;

    (void) ngx_atomic_fetch_add(&state->failures, 1);
    faults = ngx_atomic_fetch_add(&state->faults, 1) + 1;

    wait = NGX_API_RATELIMIT_RETRY;

    if (faults >= NGX_API_RATELIMIT_FAULTS) {
        wait = (ngx_msec_t) 1000
               << ngx_min(faults - NGX_API_RATELIMIT_FAULTS, 5);
        wait = ngx_min(wait, NGX_API_RATELIMIT_RETRY_MAX);
        wait += ngx_random() % (wait / 2);

        state->retry = ngx_current_msec + wait;

        /* looked at more often: another worker may have succeeded */
        wait = NGX_API_RATELIMIT_RETRY;
    }

    if (!ngx_exiting && !link->retry.timer_set) {
        ngx_add_timer(&link->retry, wait + ngx_random() % wait);
    }
}


/* While it is down, one of all workers tries at a time. */

void
ngx_api_ratelimit_link_retry(ngx_event_t *ev)
{
    ngx_connection_t                 *c;
    ngx_atomic_uint_t                 retry, now;
    ngx_api_ratelimit_link_t         *link;
    ngx_api_ratelimit_store_state_t  *state;

    c = ev->data;
    link = c->data;
    state = link->store->state;
    now = ngx_current_msec;

    if (state->faults >= NGX_API_RATELIMIT_FAULTS) {
        retry = state->retry;

        if (now < retry
            || !ngx_atomic_cmp_set(&state->retry, retry,
                                   now + 2 * link->store->timeout + 1000))
        {
            ngx_add_timer(&link->retry, NGX_API_RATELIMIT_RETRY);
            return;
        }
    }

    ngx_api_ratelimit_link_open(link);
}


void
ngx_api_ratelimit_link_timeout(ngx_event_t *ev)
{
    ngx_connection_t          *c;
    ngx_api_ratelimit_link_t  *link;

    c = ev->data;
    link = c->data;

    ngx_api_ratelimit_link_fault(link, "does not answer in time", "");
}
