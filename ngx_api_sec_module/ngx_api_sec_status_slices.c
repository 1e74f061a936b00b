
/*
 * An answer of api_status that takes long is made in slices: between two of
 * them the worker turns to its other connections, as between two requests.
 *
 *     handler -> slice -> (event loop) -> slice -> ... -> sent
 *                  |
 *                  +-- the client goes: the request ends, with its pool
 *
 * The answer is sent when it is whole, so that its length is known and a fault
 * on the way is an error and not half an answer.  What it was begun with does
 * not change under it: on a reload the request keeps the worker and its
 * configuration alive, by a timer that is also the limit of it all.
 */

#include "ngx_api_sec_status.h"


#define NGX_API_SEC_SLICES_TIME  60000    /* ms, of all slices together */


typedef struct {
    ngx_api_admin_t             a;
    api_writer_t                w;
    ngx_uint_t                  status;
    ngx_str_t                   section;
    ngx_event_t                 next;
    ngx_event_t                 limit;
    ngx_connection_t            dummy;
    ngx_chain_t                *out;
    ngx_chain_t               **last;
} ngx_api_sec_slices_t;


/* State of a process: what it has made, for api_status. */

typedef struct {
    ngx_uint_t                  answers;
    ngx_uint_t                  slices;
    ngx_uint_t                  dropped;      /* their clients went */
} ngx_api_sec_sliced_t;

static ngx_api_sec_sliced_t  ngx_api_sec_sliced;


static void ngx_api_sec_slices_init(ngx_api_sec_slices_t *s,
    ngx_http_request_t *r);
static void ngx_api_sec_slices_next(ngx_event_t *ev);
static void ngx_api_sec_slices_limit(ngx_event_t *ev);
static void ngx_api_sec_slices_stop(void *data);
static ngx_int_t ngx_api_sec_slices_take(ngx_api_sec_slices_t *s,
    ngx_uint_t done);
static ngx_int_t ngx_api_sec_slices_piece(ngx_api_sec_slices_t *s,
    api_span_t piece);
static ngx_int_t ngx_api_sec_slices_onward(ngx_api_sec_slices_t *s);
static ngx_int_t ngx_api_sec_slices_send(ngx_api_sec_slices_t *s);


ngx_int_t
ngx_api_sec_status_slices(const ngx_api_admin_t *a, ngx_uint_t status,
    const ngx_str_t *section)
{
    ngx_http_request_t    *r;
    ngx_http_cleanup_t    *cln;
    ngx_api_sec_slices_t  *s;

    r = a->r;

    s = ngx_pcalloc(r->pool, sizeof(ngx_api_sec_slices_t));
    cln = s ? ngx_http_cleanup_add(r, 0) : NULL;

    if (cln == NULL) {
        return NGX_ERROR;
    }

    s->a = *a;
    s->w = *a->w;
    s->a.w = &s->w;
    s->status = status;
    s->section = *section;
    s->last = &s->out;

    ngx_api_sec_slices_init(s, r);

    cln->handler = ngx_api_sec_slices_stop;
    cln->data = s;

    ngx_api_sec_sliced.answers++;
    ngx_post_event(&s->next, &ngx_posted_next_events);
    ngx_add_timer(&s->limit, NGX_API_SEC_SLICES_TIME);

    r->read_event_handler = ngx_http_test_reading;

    if (ngx_handle_read_event(r->connection->read, 0) != NGX_OK) {
        ngx_api_sec_slices_stop(s);
        return NGX_ERROR;
    }

    r->main->count++;

    return NGX_DONE;
}


static void
ngx_api_sec_slices_init(ngx_api_sec_slices_t *s, ngx_http_request_t *r)
{
    s->dummy.fd = (ngx_socket_t) -1;
    s->dummy.data = s;

    s->next.handler = ngx_api_sec_slices_next;
    s->next.data = &s->dummy;
    s->next.log = r->connection->log;

    s->limit.handler = ngx_api_sec_slices_limit;
    s->limit.data = &s->dummy;
    s->limit.log = r->connection->log;
}


/* The request ends, whoever ends it; more than once does no harm. */

static void
ngx_api_sec_slices_stop(void *data)
{
    ngx_api_sec_slices_t *s = data;

    if (s->next.posted) {
        ngx_delete_posted_event(&s->next);
        ngx_api_sec_sliced.dropped++;
    }

    if (s->limit.timer_set) {
        ngx_del_timer(&s->limit);
    }
}


static void
ngx_api_sec_slices_next(ngx_event_t *ev)
{
    ngx_int_t              rc;
    ngx_connection_t      *c;
    ngx_http_request_t    *r;
    ngx_api_sec_slices_t  *s;

    c = ev->data;
    s = c->data;
    r = s->a.r;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    /* that it goes may have come with what it asked: no event tells of it */

    if (c->read->pending_eof || c->error) {
        ngx_api_sec_sliced.dropped++;
        ngx_api_sec_slices_stop(s);
        ngx_http_finalize_request(r, NGX_HTTP_CLIENT_CLOSED_REQUEST);
        ngx_http_run_posted_requests(c);
        return;
    }

    rc = s->a.slice(&s->a);
    ngx_api_sec_sliced.slices++;

    if (rc == NGX_OK || rc == NGX_AGAIN) {
        rc = ngx_api_sec_slices_take(s, rc == NGX_OK);
    }

    if (rc == NGX_AGAIN) {
        ngx_post_event(&s->next, &ngx_posted_next_events);
        return;
    }

    if (rc == NGX_OK) {
        ngx_api_sec_slices_stop(s);
        rc = ngx_api_sec_slices_send(s);

    } else {
        ngx_api_sec_slices_stop(s);
        ngx_log_error(NGX_LOG_ALERT, c->log, 0,
                      "api_status: the answer of section \"%V\" %s",
                      &s->section, rc == NGX_ABORT ? "does not fit"
                                                   : "cannot be made");
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}


static void
ngx_api_sec_slices_limit(ngx_event_t *ev)
{
    ngx_connection_t      *c;
    ngx_http_request_t    *r;
    ngx_api_sec_slices_t  *s;

    c = ev->data;
    s = c->data;
    r = s->a.r;
    c = r->connection;

    ngx_log_error(NGX_LOG_ERR, c->log, 0,
                  "api_status: the answer of section \"%V\" took longer than "
                  "a minute, and is given up", &s->section);

    ngx_api_sec_slices_stop(s);
    ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
    ngx_http_run_posted_requests(c);
}


/* What a slice has written: NGX_AGAIN, or NGX_OK when it was the last. */

static ngx_int_t
ngx_api_sec_slices_take(ngx_api_sec_slices_t *s, ngx_uint_t done)
{
    ngx_int_t    rc;
    api_span_t   text;

    rc = NGX_OK;

    if (s->a.type.len) {
        rc = ngx_api_sec_slices_piece(s, ngx_api_span(&s->a.raw));
        ngx_str_null(&s->a.raw);

    } else if (done) {
        if (api_writer_done(&s->w, &text) != API_OK) {
            return NGX_ERROR;
        }

        rc = ngx_api_sec_slices_piece(s, text);
        rc = rc == NGX_OK ? ngx_api_sec_slices_piece(s, API_SPAN("\n")) : rc;

    } else if (s->a.again || api_writer_room(&s->w) < NGX_API_ADMIN_ITEM) {
        rc = ngx_api_sec_slices_onward(s);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    return done ? NGX_OK : NGX_AGAIN;
}


static ngx_int_t
ngx_api_sec_slices_onward(ngx_api_sec_slices_t *s)
{
    char        *buf;
    api_span_t   piece;

    if (api_writer_full(&s->w)) {
        return NGX_ERROR;
    }

    buf = ngx_palloc(s->a.r->pool, NGX_API_ADMIN_SLICE);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    piece = api_writer_onward(&s->w, buf, NGX_API_ADMIN_SLICE);

    /* a value that does not fit into all there is */

    if (s->a.again && piece.len == 0) {
        return NGX_ABORT;
    }

    s->a.again = 0;

    return ngx_api_sec_slices_piece(s, piece);
}


static ngx_int_t
ngx_api_sec_slices_piece(ngx_api_sec_slices_t *s, api_span_t piece)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    if (piece.len == 0) {
        return NGX_OK;
    }

    if (piece.len > NGX_API_ADMIN_WHOLE - s->a.sent) {
        return NGX_ABORT;
    }

    b = ngx_calloc_buf(s->a.r->pool);
    cl = b ? ngx_alloc_chain_link(s->a.r->pool) : NULL;

    if (cl == NULL) {
        return NGX_ERROR;
    }

    b->pos = (u_char *) (uintptr_t) piece.data;
    b->last = b->pos + piece.len;
    b->memory = 1;

    cl->buf = b;
    cl->next = NULL;

    *s->last = cl;
    s->last = &cl->next;
    s->a.sent += piece.len;

    return NGX_OK;
}


static ngx_int_t
ngx_api_sec_slices_send(ngx_api_sec_slices_t *s)
{
    ngx_int_t            rc;
    ngx_chain_t         *cl;
    ngx_http_request_t  *r;

    static const ngx_str_t  json = ngx_string("application/json");
    static const ngx_str_t  no_store = ngx_string("no-store");

    r = s->a.r;

    rc = ngx_api_sec_send_head(r, s->status, s->a.type.len ? &s->a.type
                                                           : &json,
                               &no_store, s->a.sent);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    if (s->out == NULL) {
        return ngx_http_send_special(r, NGX_HTTP_LAST);
    }

    for (cl = s->out; cl->next; cl = cl->next) {
        /* the last */
    }

    cl->buf->last_buf = (r == r->main);
    cl->buf->last_in_chain = 1;

    return ngx_http_output_filter(r, s->out);
}


void
ngx_api_sec_status_sliced(api_writer_t *w)
{
    api_writer_name(w, API_SPAN("slices"));
    api_writer_object(w);
    api_writer_name(w, API_SPAN("answers"));
    api_writer_uint(w, ngx_api_sec_sliced.answers);
    api_writer_name(w, API_SPAN("made"));
    api_writer_uint(w, ngx_api_sec_sliced.slices);
    api_writer_name(w, API_SPAN("dropped"));
    api_writer_uint(w, ngx_api_sec_sliced.dropped);
    api_writer_end(w);
}
