
#include "ngx_api_body.h"
#include "ngx_api_header.h"
#include "api_gzip.h"


typedef enum {
    NGX_API_BODY_PLAIN = 0,
    NGX_API_BODY_GZIP,
    NGX_API_BODY_OTHER
} ngx_api_body_coding_e;


typedef enum {
    NGX_API_BODY_TOO_LARGE = 0,
    NGX_API_BODY_CODING,
    NGX_API_BODY_NOT_GZIP,
    NGX_API_BODY_DECODED_TOO_LARGE,
    NGX_API_BODY_BUDGET,
    NGX_API_BODY_INCOMPLETE,
    NGX_API_BODY_UNREADABLE
} ngx_api_body_fault_e;


/* The size of a block stands before it, in what malloc aligns to. */

typedef union {
    size_t                      size;
    u_char                      align[API_ARENA_ALIGN];
} ngx_api_body_block_t;


static ngx_api_body_t *ngx_api_body_create(ngx_http_request_t *r,
    const ngx_api_self_t *self);
static void ngx_api_body_cleanup(void *data);
static ngx_int_t ngx_api_body_start(ngx_http_request_t *r,
    ngx_api_body_t *body);
static void ngx_api_body_ready(ngx_http_request_t *r);
static void ngx_api_body_gone(ngx_http_request_t *r, ngx_api_body_t *body);
static ngx_uint_t ngx_api_body_discarded(ngx_http_request_t *r);
static ngx_uint_t ngx_api_body_coding(ngx_http_request_t *r);
static void ngx_api_body_settings(ngx_api_body_t *body,
    const ngx_api_shared_t *shared);
static ngx_int_t ngx_api_body_allowed(ngx_api_body_t *body, off_t length);
static void ngx_api_body_view(ngx_http_request_t *r, ngx_api_body_t *body);
static ngx_int_t ngx_api_body_gather(ngx_http_request_t *r,
    ngx_api_body_t *body, size_t size);
static ngx_int_t ngx_api_body_copy(ngx_http_request_t *r, ngx_chain_t *in,
    uint8_t *to, size_t size);
static off_t ngx_api_body_length(const ngx_http_request_t *r);
static ngx_int_t ngx_api_body_decode(ngx_api_body_t *body);
static ngx_int_t ngx_api_body_fail(ngx_api_body_t *body, ngx_uint_t fault);
static void *ngx_api_body_take(void *ctx, size_t size);
static void ngx_api_body_give(void *ctx, void *p);


static const ngx_api_why_t  ngx_api_body_faults[] = {

    { NGX_API_CHECK_BODY, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
      ngx_string("too_large"), ngx_null_string,
      ngx_string("body_too_large"),
      ngx_string("The request body is too large"), ngx_null_string },

    { NGX_API_CHECK_BODY, NGX_HTTP_UNSUPPORTED_MEDIA_TYPE,
      ngx_string("content_coding"), ngx_null_string,
      ngx_string("unsupported_coding"),
      ngx_string("The content coding of the request body is not accepted"),
      ngx_null_string },

    { NGX_API_CHECK_BODY, NGX_HTTP_BAD_REQUEST,
      ngx_string("bad_gzip"), ngx_null_string,
      ngx_string("invalid_coding"),
      ngx_string("The request body cannot be decoded"), ngx_null_string },

    { NGX_API_CHECK_BODY, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
      ngx_string("decoded_too_large"), ngx_null_string,
      ngx_string("body_too_large"),
      ngx_string("The decoded request body is too large"), ngx_null_string },

    { NGX_API_CHECK_BODY, NGX_HTTP_SERVICE_UNAVAILABLE,
      ngx_string("body_budget"), ngx_null_string,
      ngx_string("overloaded"),
      ngx_string("The server cannot take more request bodies right now"),
      ngx_null_string },

    { NGX_API_CHECK_BODY, NGX_HTTP_INTERNAL_SERVER_ERROR,
      ngx_string("body_incomplete"),
      ngx_string("it has been sent upstream unbuffered before"),
      ngx_string("internal_error"),
      ngx_string("The request could not be checked"), ngx_null_string },

    { NGX_API_CHECK_BODY, NGX_HTTP_INTERNAL_SERVER_ERROR,
      ngx_string("body_unreadable"), ngx_null_string,
      ngx_string("internal_error"),
      ngx_string("The request could not be checked"), ngx_null_string }
};


/* For a module that is loaded without ngx_api_sec_module. */

static ngx_api_worker_t  ngx_api_body_worker = { 64 * 1024 * 1024, 0 };


ngx_int_t
ngx_api_body_read(ngx_http_request_t *r, const ngx_api_self_t *self,
    ngx_api_record_t *rec, ngx_api_body_t **out)
{
    ngx_api_body_t  *body;

    body = rec->body;

    if (body == NULL) {
        body = ngx_api_body_create(r, self);
        if (body == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        rec->body = body;
    }

    *out = body;

    if (body->skipped) {
        return NGX_OK;
    }

    ngx_api_body_settings(body, ngx_api_shared(r, self->sec));

    if (body->state == NGX_API_BODY_READING) {
        if (body->uri_changes == r->uri_changes) {
            return NGX_DONE;
        }

        ngx_api_body_gone(r, body);
    }

    if (body->state == NGX_API_BODY_NONE) {

        if (ngx_api_body_allowed(body, r->headers_in.content_length_n)
            != NGX_OK)
        {
            return NGX_OK;
        }

        return ngx_api_body_start(r, body);
    }

    if (!body->viewed) {
        ngx_api_body_view(r, body);
    }

    return NGX_OK;
}


static ngx_api_body_t *
ngx_api_body_create(ngx_http_request_t *r, const ngx_api_self_t *self)
{
    ngx_api_body_t      *body;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_api_body_t));
    if (cln == NULL) {
        return NULL;
    }

    body = cln->data;

    ngx_memzero(body, sizeof(ngx_api_body_t));

    cln->handler = ngx_api_body_cleanup;

    body->worker = self->sec ? self->sec->worker : &ngx_api_body_worker;

    body->alloc.alloc = ngx_api_body_take;
    body->alloc.free = ngx_api_body_give;
    body->alloc.ctx = body->worker;

    api_arena_init(&body->arena, &body->alloc, 0, 0);

    if (ngx_api_body_discarded(r)) {
        body->state = NGX_API_BODY_GONE;

    } else if (r->headers_in.content_length_n <= 0 && !r->headers_in.chunked) {
        body->state = NGX_API_BODY_DONE;

    } else if (ngx_api_is_grpc(r)) {
        body->skipped = 1;

    } else {
        body->coding = ngx_api_body_coding(r);
    }

    return body;
}


static void
ngx_api_body_cleanup(void *data)
{
    ngx_api_body_t *body = data;

    api_arena_free(&body->arena);
}


static ngx_int_t
ngx_api_body_start(ngx_http_request_t *r, ngx_api_body_t *body)
{
    ngx_int_t  rc;

    body->state = NGX_API_BODY_READING;
    body->uri_changes = r->uri_changes;

    rc = ngx_http_read_client_request_body(r, ngx_api_body_ready);

    /*
     * With the body at hand ngx_api_body_ready has run, and perhaps all of the
     * request, which is kept alive by the reference that the reader took and
     * that is given back here.
     */

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        ngx_api_body_gone(r, body);
        return rc;
    }

    ngx_http_finalize_request(r, NGX_DONE);

    return NGX_DONE;
}


/* nginx tells us no more than the request: ours is the one cleanup there. */

static void
ngx_api_body_ready(ngx_http_request_t *r)
{
    ngx_api_body_t      *body;
    ngx_pool_cleanup_t  *cln;

    for (cln = r->pool->cleanup; cln; cln = cln->next) {

        if (cln->handler == ngx_api_body_cleanup) {
            body = cln->data;
            body->state = NGX_API_BODY_DONE;
            break;
        }
    }

    r->preserve_body = 1;

    r->write_event_handler = ngx_http_core_run_phases;
    ngx_http_core_run_phases(r);
}


/* What there is of it has not been seen by anybody: no upstream gets it. */

static void
ngx_api_body_gone(ngx_http_request_t *r, ngx_api_body_t *body)
{
    body->state = NGX_API_BODY_GONE;

    if (r->request_body) {
        r->request_body->bufs = NULL;
        r->request_body->temp_file = NULL;
    }
}


static ngx_uint_t
ngx_api_body_discarded(ngx_http_request_t *r)
{
#if (NGX_HTTP_V2)
    if (r->stream && r->stream->skip_data) {
        return 1;
    }
#endif

    return r->discard_body;
}


static ngx_uint_t
ngx_api_body_coding(ngx_http_request_t *r)
{
    api_span_t        coding;
    const ngx_str_t  *value;

    if (ngx_api_header_in(r, "content-encoding", &value) != NGX_OK) {
        return NGX_API_BODY_OTHER;
    }

    if (value == NULL || value->len == 0) {
        return NGX_API_BODY_PLAIN;
    }

    coding = ngx_api_span(value);

    /* RFC 9110 section 8.4.1.3: x-gzip is the same */

    if (api_span_eq_nocase(coding, API_SPAN("gzip"))
        || api_span_eq_nocase(coding, API_SPAN("x-gzip")))
    {
        return NGX_API_BODY_GZIP;
    }

    return api_span_eq_nocase(coding, API_SPAN("identity"))
           ? NGX_API_BODY_PLAIN : NGX_API_BODY_OTHER;
}


static void
ngx_api_body_settings(ngx_api_body_t *body, const ngx_api_shared_t *shared)
{
    if (body->viewed
        && body->limit == shared->body_limit
        && body->over == shared->body_over
        && body->decode_max == shared->decode_max
        && body->decode_ratio == shared->decode_ratio)
    {
        return;
    }

    body->limit = shared->body_limit;
    body->over = shared->body_over;
    body->decode_max = shared->decode_max;
    body->decode_ratio = shared->decode_ratio;

    body->viewed = 0;
    body->failed = 0;
}


/* As far as is known from the headers; length -1: not known yet. */

static ngx_int_t
ngx_api_body_allowed(ngx_api_body_t *body, off_t length)
{
    if (length > 0 && (size_t) length > body->limit
        && (body->over == NGX_API_BODY_OVER_DENY
            || body->coding != NGX_API_BODY_PLAIN))
    {
        return ngx_api_body_fail(body, NGX_API_BODY_TOO_LARGE);
    }

    if (length == 0 || body->coding == NGX_API_BODY_PLAIN) {
        return NGX_OK;
    }

    if (body->decode_max == 0) {
        ngx_str_set(&body->accept, "identity");
        return ngx_api_body_fail(body, NGX_API_BODY_CODING);
    }

    if (body->coding != NGX_API_BODY_GZIP) {
        ngx_str_set(&body->accept, "gzip");
        return ngx_api_body_fail(body, NGX_API_BODY_CODING);
    }

    return NGX_OK;
}


static void
ngx_api_body_view(ngx_http_request_t *r, ngx_api_body_t *body)
{
    size_t      size;
    api_span_t  before;

    body->viewed = 1;

    before = body->text;

    body->partial = 0;
    body->decoded = 0;
    body->raw = api_span(NULL, 0);
    body->text = body->raw;
    body->length = ngx_api_body_length(r);

    if (body->state == NGX_API_BODY_DONE
        && (r->reading_body
            || body->length != ngx_max(r->headers_in.content_length_n, 0)))
    {
        ngx_api_body_fail(body, NGX_API_BODY_INCOMPLETE);
        return;
    }

    if (ngx_api_body_allowed(body, body->length) != NGX_OK) {
        return;
    }

    size = (size_t) body->length;

    if (size > body->limit) {
        size = body->limit;
        body->partial = 1;
    }

    if (size == 0 || ngx_api_body_gather(r, body, size) != NGX_OK) {
        return;
    }

    body->text = body->raw;

    if (body->coding == NGX_API_BODY_GZIP
        && ngx_api_body_decode(body) != NGX_OK)
    {
        return;
    }

    if (body->text.data != before.data || body->text.len != before.len) {
        body->parsed = 0;
    }
}


/* body->raw is the first size bytes, which are there. */

static ngx_int_t
ngx_api_body_gather(ngx_http_request_t *r, ngx_api_body_t *body, size_t size)
{
    size_t        len;
    uint8_t      *p;
    ngx_buf_t    *b;
    ngx_int_t     rc;
    ngx_chain_t  *cl;

    if (body->held.len >= size) {
        body->raw = api_span(body->held.data, size);
        return NGX_OK;
    }

    /* nginx's own buffers, if they lie one behind the other */

    len = 0;
    p = NULL;

    for (cl = r->request_body->bufs; cl && len < size; cl = cl->next) {
        b = cl->buf;

        if (ngx_buf_size(b) == 0) {
            continue;
        }

        if (!ngx_buf_in_memory(b) || (p && b->pos != p + len)) {
            break;
        }

        if (p == NULL) {
            p = b->pos;
        }

        len += b->last - b->pos;
    }

    if (len < size) {
        p = api_arena_alloc(&body->arena, size);
        if (p == NULL) {
            return ngx_api_body_fail(body, NGX_API_BODY_BUDGET);
        }

        rc = ngx_api_body_copy(r, r->request_body->bufs, p, size);
        if (rc != NGX_OK) {
            return ngx_api_body_fail(body, NGX_API_BODY_UNREADABLE);
        }
    }

    body->raw = api_span(p, size);
    body->held = body->raw;

    return NGX_OK;
}


static ngx_int_t
ngx_api_body_copy(ngx_http_request_t *r, ngx_chain_t *in, uint8_t *to,
    size_t size)
{
    size_t      len;
    ssize_t     n;
    ngx_buf_t  *b;

    for ( /* void */ ; in && size; in = in->next) {
        b = in->buf;

        len = (size_t) ngx_min(ngx_buf_size(b), (off_t) size);

        if (len == 0) {
            continue;
        }

        if (ngx_buf_in_memory(b)) {
            ngx_memcpy(to, b->pos, len);

        } else {
            n = ngx_read_file(b->file, to, len, b->file_pos);

            if (n != (ssize_t) len) {
                ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                              "read %z of %uz bytes of a request body from "
                              "\"%V\"", n, len, &b->file->name);
                return NGX_ERROR;
            }
        }

        to += len;
        size -= len;
    }

    return size ? NGX_ERROR : NGX_OK;
}


static off_t
ngx_api_body_length(const ngx_http_request_t *r)
{
    off_t         length;
    ngx_chain_t  *cl;

    length = 0;

    if (r->request_body) {
        for (cl = r->request_body->bufs; cl; cl = cl->next) {
            length += ngx_buf_size(cl->buf);
        }
    }

    return length;
}


static ngx_int_t
ngx_api_body_decode(ngx_api_body_t *body)
{
    int                 rc;
    api_err_t           err;
    api_gzip_limits_t   limits;

    limits.size = body->decode_max;
    limits.ratio = (uint32_t) body->decode_ratio;
    limits.members = 0;

    rc = api_gzip_decode(&body->raw, 1, &limits, &body->arena, &body->text,
                         &err);

    if (rc == API_OK) {
        body->decoded = 1;
        return NGX_OK;
    }

    switch (rc) {

    case API_SYNTAX:
        rc = ngx_api_body_fail(body, NGX_API_BODY_NOT_GZIP);
        break;

    case API_LIMIT:
        rc = ngx_api_body_fail(body, NGX_API_BODY_DECODED_TOO_LARGE);
        break;

    case API_NOMEM:
        return ngx_api_body_fail(body, NGX_API_BODY_BUDGET);

    default:
        rc = ngx_api_body_fail(body, NGX_API_BODY_UNREADABLE);
    }

    body->why.detail.data = (u_char *) (uintptr_t)
                            api_gzip_error_name(err.code);
    body->why.detail.len = ngx_strlen(body->why.detail.data);

    return rc;
}


static ngx_int_t
ngx_api_body_fail(ngx_api_body_t *body, ngx_uint_t fault)
{
    body->failed = 1;
    body->why = ngx_api_body_faults[fault];

    return NGX_DECLINED;
}


ngx_int_t
ngx_api_body_refuse(ngx_http_request_t *r, const ngx_api_self_t *self,
    ngx_api_record_t *rec, ngx_api_body_t *body, ngx_uint_t mode)
{
    ngx_int_t  rc;

    rc = ngx_api_refuse(r, self, rec, &body->why, mode);

    if (rc == NGX_HTTP_UNSUPPORTED_MEDIA_TYPE
        && ngx_api_add_header(r, "Accept-Encoding", &body->accept) == NULL)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return rc;
}


int
ngx_api_body_json(ngx_api_body_t *body, const api_json_limits_t *limits,
    api_sipkey_t seed)
{
    if (!body->parsed) {
        body->json_rc = api_json_parse(&body->json, body->text, limits, 0,
                                       seed, &body->arena, &body->json_err);
        body->parsed = 1;

        if (body->json_rc == API_NOMEM) {
            ngx_api_body_fail(body, NGX_API_BODY_BUDGET);
        }
    }

    return body->json_rc;
}


/* Memory under the budget of the worker. */

static void *
ngx_api_body_take(void *ctx, size_t size)
{
    ngx_api_worker_t *worker = ctx;

    ngx_api_body_block_t  *block;

    if (size > worker->body_budget
        || worker->body_held > worker->body_budget - size)
    {
        return NULL;
    }

    block = ngx_alloc(sizeof(ngx_api_body_block_t) + size, ngx_cycle->log);
    if (block == NULL) {
        return NULL;
    }

    block->size = size;
    worker->body_held += size;

    return block + 1;
}


static void
ngx_api_body_give(void *ctx, void *p)
{
    ngx_api_worker_t *worker = ctx;

    ngx_api_body_block_t  *block;

    block = (ngx_api_body_block_t *) p - 1;
    worker->body_held -= block->size;

    ngx_free(block);
}
