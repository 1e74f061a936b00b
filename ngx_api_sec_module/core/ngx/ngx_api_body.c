
#include "ngx_api_body.h"
#include "ngx_api_body_view.h"


/* The size of a block stands before it, in what malloc aligns to. */

typedef union {
    size_t                      size;
    u_char                      align[API_ARENA_ALIGN];
} ngx_api_body_block_t;


static ngx_api_body_t *ngx_api_body_create(ngx_http_request_t *r,
    const ngx_api_self_t *self);
static void ngx_api_body_cleanup(void *data);
static void ngx_api_body_reading(void *data);
static ngx_int_t ngx_api_body_start(ngx_http_request_t *r,
    ngx_api_body_t *body);
static void ngx_api_body_ready(ngx_http_request_t *r);
static void ngx_api_body_gone(ngx_http_request_t *r, ngx_api_body_t *body);
static ngx_uint_t ngx_api_body_discarded(ngx_http_request_t *r);
static void *ngx_api_body_take(void *ctx, size_t size);
static void ngx_api_body_give(void *ctx, void *p);


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

    ngx_api_body_budget(self, &body->alloc);
    body->worker = body->alloc.ctx;

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
    ngx_int_t            rc;
    ngx_pool_cleanup_t  *cln;

    /* for ngx_api_body_ready, which nginx tells no more than the request */

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_api_body_reading;
    cln->data = body;

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


/*
 * Marks the body that this module reads.  The one that made it may be another
 * module, whose copy of ngx_api_body_cleanup has another address.
 */

static void
ngx_api_body_reading(void *data)
{
    /* void */
}


static void
ngx_api_body_ready(ngx_http_request_t *r)
{
    ngx_api_body_t      *body;
    ngx_pool_cleanup_t  *cln;

    for (cln = r->pool->cleanup; cln; cln = cln->next) {

        if (cln->handler == ngx_api_body_reading) {
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

    r->keepalive = 0;
    r->headers_in.content_length_n = 0;

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


void
ngx_api_body_release(ngx_http_request_t *r, const ngx_api_self_t *self)
{
    ngx_api_body_t    *body;
    ngx_api_record_t  *rec;

    rec = ngx_api_record_peek(r, self->record);

    if (rec == NULL || rec->body == NULL || !rec->body->viewed) {
        return;
    }

    body = rec->body;

    api_arena_free(&body->arena);

    body->raw = api_span(NULL, 0);
    body->text = body->raw;
    body->held = body->raw;

    body->viewed = 0;
    body->parsed = 0;
}


void
ngx_api_body_budget(const ngx_api_self_t *self, api_alloc_t *alloc)
{
    alloc->alloc = ngx_api_body_take;
    alloc->free = ngx_api_body_give;
    alloc->ctx = self->sec ? self->sec->worker : &ngx_api_body_worker;
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
