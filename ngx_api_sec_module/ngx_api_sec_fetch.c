
#include "ngx_api_sec.h"


static void ngx_api_sec_fetch_drop(ngx_http_request_t *sr);
static ngx_int_t ngx_api_sec_fetch_apart(ngx_http_request_t *sr);
static ngx_int_t ngx_api_sec_fetch_headers(ngx_http_request_t *sr,
    const ngx_api_sec_fetch_t *f);
static ngx_table_elt_t *ngx_api_sec_fetch_header(ngx_http_request_t *sr,
    const char *name, const char *lower, const ngx_str_t *value);
static ngx_int_t ngx_api_sec_fetch_post(ngx_http_request_t *sr,
    const ngx_api_sec_fetch_t *f);
static ngx_http_request_body_t *ngx_api_sec_fetch_body(
    ngx_http_request_t *sr, const ngx_api_sec_fetch_t *f);
static ngx_int_t ngx_api_sec_fetch_done(ngx_http_request_t *sr, void *data,
    ngx_int_t rc);
static ngx_int_t ngx_api_sec_fetch_grow(ngx_api_sec_fetch_t *f, size_t more);
static void ngx_api_sec_wait_handler(ngx_event_t *ev);
static void ngx_api_sec_wait_cleanup(void *data);


/* What waits: nginx's debug log takes an event's data for a connection. */

struct ngx_api_sec_wait_s {
    ngx_event_t                 event;
    ngx_http_request_t         *request;
};


ngx_int_t
ngx_api_sec_goal_resolve(ngx_conf_t *cf, ngx_api_sec_goal_t *target,
    const char *what)
{
    ngx_uint_t                   i, n;
    ngx_http_server_name_t      *name;
    ngx_http_core_srv_conf_t   **server;
    ngx_http_core_main_conf_t   *cmcf;

    if (target->server.len == 0) {
        return NGX_OK;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    server = cmcf->servers.elts;

    for (i = 0; i < cmcf->servers.nelts; i++) {
        name = server[i]->server_names.elts;

        for (n = 0; n < server[i]->server_names.nelts; n++) {
            if (name[n].name.len == target->server.len
                && ngx_strncasecmp(name[n].name.data, target->server.data,
                                   target->server.len)
                   == 0)
            {
                target->conf = server[i]->ctx;
                return NGX_OK;
            }
        }
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "no server has the server_name \"%V\" that %s names with "
                  "server=", &target->server, what);

    return NGX_ERROR;
}


ngx_int_t
ngx_api_sec_fetch(ngx_http_request_t *r, ngx_api_sec_ctx_t *ctx,
    ngx_api_sec_fetch_t *f)
{
    ngx_str_t                    uri;
    ngx_http_request_t          *sr;
    ngx_http_post_subrequest_t  *ps;

    ps = ngx_palloc(r->main->pool, sizeof(ngx_http_post_subrequest_t));
    if (ps == NULL) {
        return NGX_ERROR;
    }

    ps->handler = ngx_api_sec_fetch_done;
    ps->data = f;

    uri = f->target->uri;

    if (ngx_http_subrequest(r->main, &uri, NULL, &sr, ps,
                            NGX_HTTP_SUBREQUEST_BACKGROUND)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    f->sr = sr;
    f->next = ctx->fetches;
    ctx->fetches = f;

    if (f->target->conf) {
        sr->srv_conf = f->target->conf->srv_conf;
        sr->loc_conf = f->target->conf->loc_conf;
    }

    sr->filter_need_in_memory = 1;

    if (ngx_api_sec_fetch_apart(sr) != NGX_OK
        || ngx_api_sec_fetch_headers(sr, f) != NGX_OK
        || ngx_api_sec_fetch_post(sr, f) != NGX_OK)
    {
        /* it is on its way: let it end where it begins */

        f->done = 1;
        sr->write_event_handler = ngx_api_sec_fetch_drop;
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_api_sec_fetch_drop(ngx_http_request_t *sr)
{
    ngx_http_finalize_request(sr, NGX_OK);
}


/*
 * Variables that were read for the client's request, $http_authorization for
 * one, would be remembered for this one.
 */

static ngx_int_t
ngx_api_sec_fetch_apart(ngx_http_request_t *sr)
{
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(sr, ngx_http_core_module);

    sr->variables = ngx_pcalloc(sr->pool, cmcf->variables.nelts
                                          * sizeof(ngx_http_variable_value_t));
    if (sr->variables == NULL) {
        return NGX_ERROR;
    }

    sr->unparsed_uri = sr->uri;
    sr->request_line = sr->uri;

    return NGX_OK;
}


/* Host and Accept, and what a POST needs. */

static ngx_int_t
ngx_api_sec_fetch_headers(ngx_http_request_t *sr,
    const ngx_api_sec_fetch_t *f)
{
    ngx_str_t                  host;
    ngx_http_headers_in_t     *in;
    ngx_http_core_srv_conf_t  *cscf;

    static const ngx_str_t  json = ngx_string("application/json");

    cscf = ngx_http_get_module_srv_conf(sr, ngx_http_core_module);
    host = f->target->server.len ? f->target->server : cscf->server_name;

    if (host.len == 0) {
        ngx_str_set(&host, "localhost");
    }

    in = &sr->headers_in;

    ngx_memzero(in, sizeof(ngx_http_headers_in_t));

    if (ngx_list_init(&in->headers, sr->pool, 5, sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    in->content_length_n = -1;
    in->keep_alive_n = -1;
    in->server = host;

    in->host = ngx_api_sec_fetch_header(sr, "Host", "host", &host);

    if (in->host == NULL
        || ngx_api_sec_fetch_header(sr, "Accept", "accept", &json) == NULL)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_table_elt_t *
ngx_api_sec_fetch_header(ngx_http_request_t *sr, const char *name,
    const char *lower, const ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&sr->headers_in.headers);
    if (h == NULL) {
        return NULL;
    }

    h->key.data = (u_char *) (uintptr_t) name;
    h->key.len = ngx_strlen(name);
    h->lowcase_key = (u_char *) (uintptr_t) lower;
    h->hash = ngx_hash_key(h->lowcase_key, h->key.len);
    h->value = *value;
    ngx_api_header_single(h);

    return h;
}


static ngx_int_t
ngx_api_sec_fetch_post(ngx_http_request_t *sr, const ngx_api_sec_fetch_t *f)
{
    u_char                 *p;
    ngx_str_t               length;
    ngx_http_headers_in_t  *in;

    static const ngx_str_t  form =
        ngx_string("application/x-www-form-urlencoded");

    in = &sr->headers_in;

    sr->request_body = NULL;

    if (f->authorization.len) {
        in->authorization = ngx_api_sec_fetch_header(sr, "Authorization",
                                                     "authorization",
                                                     &f->authorization);
        if (in->authorization == NULL) {
            return NGX_ERROR;
        }
    }

    if (f->body.len == 0) {
        return NGX_OK;
    }

    p = ngx_pnalloc(sr->pool, NGX_SIZE_T_LEN);
    sr->request_body = ngx_api_sec_fetch_body(sr, f);

    if (p == NULL || sr->request_body == NULL) {
        return NGX_ERROR;
    }

    length.data = p;
    length.len = ngx_sprintf(p, "%uz", f->body.len) - p;

    sr->method = NGX_HTTP_POST;
    ngx_str_set(&sr->method_name, "POST");

    in->content_length_n = f->body.len;
    in->content_length = ngx_api_sec_fetch_header(sr, "Content-Length",
                                                  "content-length", &length);
    in->content_type = ngx_api_sec_fetch_header(sr, "Content-Type",
                                                "content-type", &form);

    return in->content_length && in->content_type ? NGX_OK : NGX_ERROR;
}


static ngx_http_request_body_t *
ngx_api_sec_fetch_body(ngx_http_request_t *sr, const ngx_api_sec_fetch_t *f)
{
    ngx_buf_t                *b;
    ngx_http_request_body_t  *body;

    body = ngx_pcalloc(sr->pool, sizeof(ngx_http_request_body_t));
    b = ngx_calloc_buf(sr->pool);

    if (body == NULL || b == NULL) {
        return NULL;
    }

    b->pos = f->body.data;
    b->last = f->body.data + f->body.len;
    b->memory = 1;
    b->last_buf = 1;

    body->bufs = ngx_alloc_chain_link(sr->pool);
    if (body->bufs == NULL) {
        return NULL;
    }

    body->bufs->buf = b;
    body->bufs->next = NULL;
    body->buf = b;

    return body;
}


/* An error here is none of the client's request, and needs no page. */

static ngx_int_t
ngx_api_sec_fetch_done(ngx_http_request_t *sr, void *data, ngx_int_t rc)
{
    ngx_api_sec_fetch_t *f = data;

    ngx_api_record_t               *rec;
    ngx_api_sec_ctx_t              *ctx;
    const ngx_api_sec_main_conf_t  *mcf;

    if (f->done) {
        return sr->connection->error ? rc : NGX_OK;
    }

    f->done = 1;
    f->status = rc >= NGX_HTTP_SPECIAL_RESPONSE ? (ngx_uint_t) rc
                                                : sr->headers_out.status;

    /* a client that has left ends its own request, not what has come whole */

    if (rc == NGX_ERROR || (sr->connection->error && !f->whole)) {
        f->status = 0;
    }

    if (f->status == NGX_HTTP_OK && sr->headers_out.content_length_n >= 0
        && !f->too_large
        && (size_t) sr->headers_out.content_length_n != f->len)
    {
        f->status = 0;
    }

    f->finish(sr->main, f);

    mcf = ngx_http_get_module_main_conf(sr, ngx_api_sec_module);
    rec = ngx_api_record_peek(sr, mcf->self.record);
    ctx = rec ? rec->own[NGX_API_SEC] : NULL;

    if (ctx && ctx->waiting
        && ngx_http_post_request(sr->main, NULL) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return sr->connection->error ? rc : NGX_OK;
}


ngx_api_sec_fetch_t *
ngx_api_sec_fetch_of(const ngx_http_request_t *r,
    const ngx_api_sec_ctx_t *ctx)
{
    ngx_api_sec_fetch_t  *f;

    if (ctx == NULL) {
        return NULL;
    }

    for ( /* void */ ; r != r->main; r = r->parent) {
        for (f = ctx->fetches; f; f = f->next) {
            if (f->sr == r) {
                return f;
            }
        }
    }

    return NULL;
}


ngx_int_t
ngx_api_sec_fetch_take(ngx_api_sec_fetch_t *f, ngx_chain_t *in)
{
    size_t      size;
    ngx_buf_t  *b;

    for ( /* void */ ; in; in = in->next) {
        b = in->buf;

        if (ngx_buf_in_memory(b)) {
            size = b->last - b->pos;

            if (size && !f->done && !f->too_large) {

                if (size > f->max - f->len) {
                    f->too_large = 1;

                } else {
                    if (ngx_api_sec_fetch_grow(f, size) != NGX_OK) {
                        return NGX_ERROR;
                    }

                    ngx_memcpy(f->text + f->len, b->pos, size);
                    f->len += size;
                }
            }

            b->pos = b->last;
        }

        b->file_pos = b->file_last;

        if (b->last_buf || b->last_in_chain) {
            f->whole = 1;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_api_sec_fetch_grow(ngx_api_sec_fetch_t *f, size_t more)
{
    size_t   room;
    u_char  *text;

    if (f->len + more <= f->room) {
        return NGX_OK;
    }

    room = ngx_max(f->room * 2, 4096);
    room = ngx_min(ngx_max(room, f->len + more), f->max);

    text = ngx_palloc(f->sr->pool, room);
    if (text == NULL) {
        return NGX_ERROR;
    }

    if (f->len) {
        ngx_memcpy(text, f->text, f->len);
        ngx_pfree(f->sr->pool, f->text);
    }

    f->text = text;
    f->room = room;

    return NGX_OK;
}


ngx_int_t
ngx_api_sec_wait(ngx_http_request_t *r, ngx_api_sec_ctx_t *ctx,
    ngx_msec_t msec, ngx_uint_t stays)
{
    ngx_api_sec_wait_t  *wait;
    ngx_pool_cleanup_t  *cln;

    if (ctx->wait == NULL) {
        cln = ngx_pool_cleanup_add(r->main->pool, sizeof(ngx_api_sec_wait_t));
        if (cln == NULL) {
            return NGX_ERROR;
        }

        wait = cln->data;
        ngx_memzero(wait, sizeof(ngx_api_sec_wait_t));

        cln->handler = ngx_api_sec_wait_cleanup;

        wait->request = r;
        wait->event.handler = ngx_api_sec_wait_handler;
        wait->event.data = r->connection;
        wait->event.log = r->connection->log;

        ctx->wait = wait;
    }

    if (!stays && !r->main->blocked) {

        /* streams that are reset are no longer counted by nginx */

        if (ngx_handle_read_event(r->connection->read, 0) != NGX_OK) {
            return NGX_ERROR;
        }

        r->main->read_event_handler = ngx_http_test_reading;
    }

    ngx_add_timer(&ctx->wait->event, msec);

    return NGX_OK;
}


void
ngx_api_sec_waited(ngx_http_request_t *r)
{
    if (r->main->read_event_handler == ngx_http_test_reading) {
        r->main->read_event_handler = ngx_http_block_reading;
    }
}


static void
ngx_api_sec_wait_handler(ngx_event_t *ev)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;
    ngx_api_sec_wait_t  *wait;

    wait = (ngx_api_sec_wait_t *) ((u_char *) ev
                                   - offsetof(ngx_api_sec_wait_t, event));
    r = wait->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    if (ngx_http_post_request(r, NULL) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_ERROR);
        return;
    }

    ngx_http_run_posted_requests(c);
}


static void
ngx_api_sec_wait_cleanup(void *data)
{
    ngx_api_sec_wait_t *wait = data;

    if (wait->event.timer_set) {
        ngx_del_timer(&wait->event);
    }
}
