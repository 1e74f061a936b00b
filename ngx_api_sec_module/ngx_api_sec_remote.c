
#include "ngx_api_sec.h"


#define NGX_API_REMOTE_LEASE  15         /* seconds */
#define NGX_API_REMOTE_WAIT   10000      /* milliseconds, of a request */
#define NGX_API_REMOTE_POLL   20


typedef enum {
    NGX_API_REMOTE_FINE = 0,
    NGX_API_REMOTE_STATUS,
    NGX_API_REMOTE_LARGE,
    NGX_API_REMOTE_BAD,
    NGX_API_REMOTE_ABORTED
} ngx_api_sec_remote_e;

static const ngx_str_t  ngx_api_sec_remote_reasons[] = {
    ngx_string("none"),
    ngx_string("status"),
    ngx_string("too_large"),
    ngx_string("no_keys"),
    ngx_string("aborted")
};


/* One fetch, from its lease to its end. */

typedef struct {
    ngx_api_sec_fetch_t             fetch;
    const ngx_api_sec_main_conf_t  *mcf;
    const ngx_api_sec_issuer_t     *issuer;
    uint64_t                        lease;
} ngx_api_sec_remote_fetch_t;


static api_bulletin_t *ngx_api_sec_remote_bulletin(
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_issuer_t *issuer);
static bool ngx_api_sec_remote_alive(uint32_t pid);
static void ngx_api_sec_remote_sync(const ngx_api_sec_main_conf_t *mcf,
    const ngx_api_sec_issuer_t *issuer, ngx_log_t *log);
static ngx_uint_t ngx_api_sec_remote_asks(const ngx_api_sec_ctx_t *ctx);
static ngx_int_t ngx_api_sec_remote_wait(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_issuer_t *issuer);
static ngx_int_t ngx_api_sec_remote_fetch(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_issuer_t *issuer, const ngx_api_sec_goal_t *goal);
static void ngx_api_sec_remote_finish(ngx_http_request_t *r,
    ngx_api_sec_fetch_t *f);
static ngx_uint_t ngx_api_sec_remote_check(ngx_http_request_t *r,
    ngx_api_sec_remote_fetch_t *rf, api_err_t *err);
static void ngx_api_sec_remote_failed(ngx_http_request_t *r,
    ngx_api_sec_remote_fetch_t *rf, ngx_uint_t reason, const api_err_t *err);
static void ngx_api_sec_remote_cleanup(void *data);


static api_bulletin_t *
ngx_api_sec_remote_bulletin(const ngx_api_sec_main_conf_t *mcf,
    const ngx_api_sec_issuer_t *issuer)
{
    u_char  *p;

    p = mcf->remotes.tenant.data;
    p += issuer->remote->index * api_bulletin_size(NGX_API_REMOTE_MAX);

    return (api_bulletin_t *) (void *) p;
}


static bool
ngx_api_sec_remote_alive(uint32_t pid)
{
    return kill((pid_t) pid, 0) == 0 || ngx_errno != NGX_ESRCH;
}


/* Has another set been published?  Then make its keys. */

static void
ngx_api_sec_remote_sync(const ngx_api_sec_main_conf_t *mcf,
    const ngx_api_sec_issuer_t *issuer, ngx_log_t *log)
{
    size_t           len;
    u_char          *buf;
    uint64_t         number;
    api_err_t        err;
    api_bulletin_t  *b;

    b = ngx_api_sec_remote_bulletin(mcf, issuer);
    number = api_bulletin_number(b);

    if (number == issuer->keys->number || number % 2) {
        return;
    }

    buf = ngx_alloc(NGX_API_REMOTE_MAX, log);
    if (buf == NULL) {
        return;
    }

    if (api_bulletin_read(b, buf, &len, &number)) {

        /* what was published was checked: this fails without memory only */

        if (ngx_api_sec_keys_load(issuer, api_span(buf, len), &err) == API_OK)
        {
            issuer->keys->number = number;

        } else {
            ngx_log_error(NGX_LOG_ERR, log, 0,
                          "api_jwt_issuer \"%V\": the keys that were fetched "
                          "cannot be taken up: %s", &issuer->name, err.text);
        }
    }

    ngx_free(buf);
}


ngx_int_t
ngx_api_sec_remote_keys(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_issuer_t *issuer)
{
    time_t                       age;
    ngx_int_t                    rc;
    api_bulletin_t              *b;
    api_bulletin_state_t         state;
    const ngx_api_sec_remote_t  *remote;

    remote = issuer->remote;

    if (remote == NULL) {
        return NGX_OK;
    }

    ngx_api_sec_remote_sync(mcf, issuer, r->connection->log);

    b = ngx_api_sec_remote_bulletin(mcf, issuer);
    api_bulletin_state(b, &state);

    age = ngx_time() - (time_t) state.fetched;

    if (issuer->keys->set && age < remote->refresh + remote->stale) {

        if (age >= remote->refresh && ngx_time() >= state.next) {
            (void) ngx_api_sec_remote_fetch(r, mcf, ctx, issuer,
                                            &remote->target);
        }

        return NGX_OK;
    }

    rc = ngx_api_sec_remote_wait(r, mcf, ctx, issuer);

    if (rc == NGX_OK) {
        ngx_api_sec_remote_sync(mcf, issuer, r->connection->log);
        return issuer->keys->set ? NGX_OK : NGX_DECLINED;
    }

    return rc;
}


ngx_int_t
ngx_api_sec_remote_unknown(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_issuer_t *issuer)
{
    ngx_int_t  rc;
    uint64_t   number;

    if (issuer->remote == NULL || ctx->remote.tried) {
        return NGX_DECLINED;
    }

    number = issuer->keys->number;
    rc = ngx_api_sec_remote_wait(r, mcf, ctx, issuer);

    if (rc == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    ctx->remote.tried = 1;

    ngx_api_sec_remote_sync(mcf, issuer, r->connection->log);

    return issuer->keys->number != number ? NGX_OK : NGX_DECLINED;
}


void
ngx_api_sec_remote_prepare(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf)
{
    ngx_uint_t                       i;
    ngx_api_record_t                *rec;
    ngx_api_sec_ctx_t               *ctx;
    api_bulletin_state_t             state;
    ngx_api_sec_issuer_t * const    *issuer;
    const ngx_api_sec_remote_t      *remote;

    issuer = mcf->issuers.elts;

    for (i = 0; i < mcf->issuers.nelts; i++) {
        remote = issuer[i]->remote;

        if (remote == NULL) {
            continue;
        }

        ngx_api_sec_remote_sync(mcf, issuer[i], r->connection->log);

        api_bulletin_state(ngx_api_sec_remote_bulletin(mcf, issuer[i]),
                           &state);

        if ((issuer[i]->keys->set
             && ngx_time() - (time_t) state.fetched < remote->refresh)
            || ngx_time() < state.next)
        {
            continue;
        }

        ctx = ngx_api_sec_ctx(r, mcf, &rec);
        if (ctx == NULL) {
            return;
        }

        (void) ngx_api_sec_remote_fetch(r, mcf, ctx, issuer[i],
                                        &remote->home);
    }
}


/* Is it this request that asks for keys? */

static ngx_uint_t
ngx_api_sec_remote_asks(const ngx_api_sec_ctx_t *ctx)
{
    const ngx_api_sec_fetch_t  *f;

    for (f = ctx->fetches; f; f = f->next) {
        if (f->finish == ngx_api_sec_remote_finish && !f->done) {
            return 1;
        }
    }

    return 0;
}


/* NGX_OK: an attempt has ended well; what came of it is with sync. */

static ngx_int_t
ngx_api_sec_remote_wait(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_issuer_t *issuer)
{
    ngx_uint_t                  aborted;
    api_bulletin_t             *b;
    api_bulletin_state_t        state;
    ngx_api_sec_remote_wait_t  *w;

    w = &ctx->remote;
    b = ngx_api_sec_remote_bulletin(mcf, issuer);
    api_bulletin_state(b, &state);

    /* a client that leaves must not decide for those who wait */

    aborted = state.failures && state.reason == NGX_API_REMOTE_ABORTED;

    if (w->issuer != issuer) {
        w->issuer = issuer;
        w->attempts = state.attempts;
        w->until = ngx_current_msec + NGX_API_REMOTE_WAIT;

    } else if (state.attempts != w->attempts && !aborted) {
        w->issuer = NULL;
        return state.failures == 0 ? NGX_OK : NGX_DECLINED;
    }

    if (!api_bulletin_leased(b, ngx_time(), ngx_api_sec_remote_alive)
        && (ngx_time() < state.next
            ? !aborted
            : ngx_api_sec_remote_fetch(r, mcf, ctx, issuer,
                                       &issuer->remote->target)
              == NGX_ERROR))
    {
        w->issuer = NULL;
        return NGX_DECLINED;
    }

    if ((ngx_msec_int_t) (w->until - ngx_current_msec) <= 0
        || ngx_api_sec_wait(r, ctx, NGX_API_REMOTE_POLL,
                            ngx_api_sec_remote_asks(ctx))
           != NGX_OK)
    {
        w->issuer = NULL;
        return NGX_DECLINED;
    }

    return NGX_AGAIN;
}


/* NGX_DECLINED: another one does it. */

static ngx_int_t
ngx_api_sec_remote_fetch(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_issuer_t *issuer, const ngx_api_sec_goal_t *goal)
{
    uint64_t                     lease;
    api_bulletin_t              *b;
    ngx_pool_cleanup_t          *cln;
    ngx_api_sec_remote_fetch_t  *rf;

    b = ngx_api_sec_remote_bulletin(mcf, issuer);

    lease = api_bulletin_lease(b, (uint32_t) ngx_pid, ngx_time(),
                               NGX_API_REMOTE_LEASE,
                               ngx_api_sec_remote_alive);
    if (lease == 0) {
        return NGX_DECLINED;
    }

    cln = ngx_pool_cleanup_add(r->main->pool,
                               sizeof(ngx_api_sec_remote_fetch_t));
    if (cln == NULL) {
        (void) api_bulletin_give_up(b, lease);
        return NGX_ERROR;
    }

    rf = cln->data;
    ngx_memzero(rf, sizeof(ngx_api_sec_remote_fetch_t));

    rf->fetch.target = goal;
    rf->fetch.max = NGX_API_REMOTE_MAX;
    rf->fetch.finish = ngx_api_sec_remote_finish;
    rf->fetch.data = rf;
    rf->mcf = mcf;
    rf->issuer = issuer;
    rf->lease = lease;

    cln->handler = ngx_api_sec_remote_cleanup;

    if (ngx_api_sec_fetch(r, ctx, &rf->fetch) != NGX_OK) {
        (void) api_bulletin_give_up(b, lease);
        rf->lease = 0;
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_api_sec_remote_finish(ngx_http_request_t *r, ngx_api_sec_fetch_t *f)
{
    ngx_api_sec_remote_fetch_t *rf = f->data;

    bool                   fine;
    int64_t                next;
    api_err_t              err;
    api_span_t             text;
    ngx_uint_t             reason;
    api_bulletin_t        *b;
    api_bulletin_state_t   state;

    b = ngx_api_sec_remote_bulletin(rf->mcf, rf->issuer);
    reason = ngx_api_sec_remote_check(r, rf, &err);

    if (reason != NGX_API_REMOTE_FINE) {
        ngx_api_sec_remote_failed(r, rf, reason, &err);
        rf->lease = 0;
        return;
    }

    api_bulletin_state(b, &state);

    text = api_span(f->text, f->len);
    next = ngx_time() + rf->issuer->remote->min_interval;

    if (ngx_api_sec_keys_same(rf->issuer, text)
        && rf->issuer->keys->number == api_bulletin_number(b))
    {
        fine = api_bulletin_confirm(b, rf->lease, ngx_time(), next);

    } else {
        fine = api_bulletin_publish(b, rf->lease, text, ngx_time(), next);

        ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                      "api_jwt_issuer \"%V\": keys have been fetched from "
                      "\"%V\"", &rf->issuer->name,
                      &rf->issuer->remote->target.uri);
    }

    if (!fine) {
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "api_jwt_issuer \"%V\": keys from \"%V\" came too late",
                      &rf->issuer->name, &rf->issuer->remote->target.uri);

    } else if (state.failures) {
        ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                      "api_jwt_issuer \"%V\": keys can be fetched again",
                      &rf->issuer->name);
    }

    rf->lease = 0;
}


/* Is it a set with a key in it that can be used? */

static ngx_uint_t
ngx_api_sec_remote_check(ngx_http_request_t *r,
    ngx_api_sec_remote_fetch_t *rf, api_err_t *err)
{
    size_t                skipped;
    ngx_api_sec_fetch_t  *f;

    f = &rf->fetch;

    /* what came is perhaps not all: the connection is that of the client */

    if (r->connection->error && !f->whole) {
        return NGX_API_REMOTE_ABORTED;
    }

    if (f->too_large) {
        (void) api_fail(err, API_LIMIT, 0, 0, "it has more than %d bytes",
                        NGX_API_REMOTE_MAX);
        return NGX_API_REMOTE_LARGE;
    }

    if (f->status != NGX_HTTP_OK) {
        (void) api_fail(err, API_INVALID, 0, 0, "status %d",
                        (int) f->status);
        return NGX_API_REMOTE_STATUS;
    }

    if (ngx_api_sec_keys_try(rf->issuer, api_span(f->text, f->len), &skipped,
                             err)
        != API_OK)
    {
        return NGX_API_REMOTE_BAD;
    }

    if (skipped && !ngx_api_sec_keys_same(rf->issuer,
                                          api_span(f->text, f->len)))
    {
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "api_jwt_issuer \"%V\": %uz keys from \"%V\" are "
                      "skipped, the last: %s", &rf->issuer->name, skipped,
                      &rf->issuer->remote->target.uri, err->text);
    }

    return NGX_API_REMOTE_FINE;
}


/* Logged once, until it is well again; tried less and less often. */

static void
ngx_api_sec_remote_failed(ngx_http_request_t *r,
    ngx_api_sec_remote_fetch_t *rf, ngx_uint_t reason, const api_err_t *err)
{
    time_t                 pause;
    ngx_uint_t             known;
    api_bulletin_t        *b;
    ngx_api_sec_keys_t    *keys;
    api_bulletin_state_t   state;

    keys = rf->issuer->keys;
    b = ngx_api_sec_remote_bulletin(rf->mcf, rf->issuer);
    api_bulletin_state(b, &state);

    if (reason == NGX_API_REMOTE_ABORTED) {
        (void) api_bulletin_fail(b, rf->lease, (uint32_t) reason,
                                 ngx_time() + 1);
        return;
    }

    pause = state.failures < 10 ? (time_t) 1 << state.failures : 1024;
    pause = ngx_min(pause, rf->issuer->remote->min_interval);

    /* a client that left before says nothing of the provider */

    known = state.failures
            && (state.reason != NGX_API_REMOTE_ABORTED
                || ngx_time() - keys->logged < 60);

    if (!api_bulletin_fail(b, rf->lease, (uint32_t) reason,
                           ngx_time() + pause)
        || known)
    {
        return;
    }

    keys->logged = ngx_time();

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "api_jwt_issuer \"%V\": no keys from \"%V\": %s; %s",
                  &rf->issuer->name, &rf->issuer->remote->target.uri,
                  err->text, keys->set
                             ? "those from before stay in use"
                             : "there are none");
}


/* The client's request ended, and took the fetch along. */

static void
ngx_api_sec_remote_cleanup(void *data)
{
    ngx_api_sec_remote_fetch_t *rf = data;

    if (rf->lease) {
        (void) api_bulletin_fail(ngx_api_sec_remote_bulletin(rf->mcf,
                                                             rf->issuer),
                                 rf->lease, NGX_API_REMOTE_ABORTED,
                                 ngx_time() + 1);
    }
}


/* Keys in this worker do not tell how old they are. */

ngx_uint_t
ngx_api_sec_remote_fresh(const ngx_api_sec_main_conf_t *mcf,
    const ngx_api_sec_issuer_t *issuer)
{
    api_bulletin_state_t  state;

    if (issuer->remote == NULL) {
        return 1;
    }

    api_bulletin_state(ngx_api_sec_remote_bulletin(mcf, issuer), &state);

    return ngx_time() - (time_t) state.fetched
           < issuer->remote->refresh + issuer->remote->stale;
}


void
ngx_api_sec_remote_status(const ngx_api_sec_main_conf_t *mcf,
    const ngx_api_sec_issuer_t *issuer, api_writer_t *w)
{
    api_bulletin_state_t  state;

    if (issuer->remote == NULL) {
        return;
    }

    api_bulletin_state(ngx_api_sec_remote_bulletin(mcf, issuer), &state);

    api_writer_name(w, API_SPAN("fetched"));
    api_writer_int(w, state.fetched);
    api_writer_name(w, API_SPAN("attempts"));
    api_writer_uint(w, state.attempts);
    api_writer_name(w, API_SPAN("failures"));
    api_writer_uint(w, state.failures);
    api_writer_name(w, API_SPAN("reason"));
    api_writer_string(w, ngx_api_span(
        &ngx_api_sec_remote_reasons[state.reason
                                    % (NGX_API_REMOTE_ABORTED + 1)]));
}


ngx_int_t
ngx_api_sec_remote_state(const ngx_api_sec_main_conf_t *mcf,
    const ngx_api_sec_issuer_t *issuer, api_bulletin_state_t *state)
{
    if (issuer->remote == NULL) {
        return NGX_DECLINED;
    }

    api_bulletin_state(ngx_api_sec_remote_bulletin(mcf, issuer), state);

    return NGX_OK;
}
