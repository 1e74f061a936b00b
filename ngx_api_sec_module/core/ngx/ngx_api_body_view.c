
#include "ngx_api_body_view.h"
#include "ngx_api_header.h"
#include "api_gzip.h"


static ngx_int_t ngx_api_body_gather(ngx_http_request_t *r,
    ngx_api_body_t *body, size_t size);
static ngx_int_t ngx_api_body_copy(ngx_http_request_t *r, ngx_chain_t *in,
    uint8_t *to, size_t size);
static off_t ngx_api_body_length(const ngx_http_request_t *r);
static ngx_int_t ngx_api_body_decode(ngx_api_body_t *body);


/* In the order of ngx_api_body_fault_e. */

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


ngx_uint_t
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


void
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


ngx_int_t
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


void
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


ngx_int_t
ngx_api_body_fail(ngx_api_body_t *body, ngx_uint_t fault)
{
    body->failed = 1;
    body->why = ngx_api_body_faults[fault];

    return NGX_DECLINED;
}
