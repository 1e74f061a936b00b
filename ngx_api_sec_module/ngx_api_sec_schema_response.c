
#include "ngx_api_sec_schema_response.h"


static ngx_api_sec_answer_t *ngx_api_sec_answer(const ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t **rec);
static ngx_uint_t ngx_api_sec_answer_ours(const ngx_http_request_t *r,
    const ngx_api_sec_answer_t *answer, const ngx_api_record_t *rec);
static ngx_int_t ngx_api_sec_answer_coding(ngx_http_request_t *r,
    ngx_api_sec_answer_t *answer);
static ngx_int_t ngx_api_sec_answer_begin(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_sec_answer_t *answer);
static ngx_int_t ngx_api_sec_answer_take(ngx_http_request_t *r,
    ngx_api_sec_answer_t *answer, ngx_chain_t *in, ngx_uint_t *last);
static ngx_int_t ngx_api_sec_answer_keep(ngx_api_sec_answer_t *answer,
    const ngx_buf_t *b);
static void ngx_api_sec_answer_drop(ngx_chain_t *in);
static ngx_int_t ngx_api_sec_answer_give(ngx_http_request_t *r,
    ngx_api_sec_answer_t *answer, ngx_chain_t *out);
static ngx_uint_t ngx_api_sec_answer_cut(const ngx_http_request_t *r,
    const ngx_buf_t *b);
static void ngx_api_sec_answer_free(void *data);


#define NGX_API_SEC_ANSWER_FIRST  4096


ngx_int_t
ngx_api_sec_response_arm(ngx_api_sec_call_t *call)
{
    ngx_uint_t                     mode;
    ngx_http_request_t            *r;
    ngx_pool_cleanup_t            *cln;
    ngx_api_sec_answer_t          *answer;
    const ngx_api_sec_response_t  *conf;

    r = call->r;
    conf = call->lcf->schema->response;
    answer = call->checked->answer;

    if (answer && (answer->refused || answer->uri_changes == r->uri_changes)) {
        return NGX_OK;    /* what follows a refusal is its page */
    }

    call->checked->answer = NULL;

    if (conf == NULL || call->op == NULL
        || (r->err_status && r->content_handler == NULL))
    {
        return NGX_OK;
    }

    mode = ngx_min(call->mode, ngx_api_mode(r, &conf->mode));

    if (mode == NGX_API_MODE_OFF) {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_api_sec_answer_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_api_sec_answer_free;

    answer = cln->data;
    ngx_memzero(answer, sizeof(ngx_api_sec_answer_t));

    answer->conf = conf;
    answer->rules = call->rules;
    answer->mode = mode;
    answer->uri_changes = r->uri_changes;
    answer->err_status = r->err_status;
    answer->response.op = call->op;

    ngx_api_body_budget(&call->mcf->self, &answer->alloc);
    call->checked->answer = answer;

    return NGX_OK;
}


static ngx_api_sec_answer_t *
ngx_api_sec_answer(const ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t **rec)
{
    ngx_api_sec_ctx_t  *ctx;

    *rec = ngx_api_record_peek(r->main, mcf->self.record);
    ctx = *rec ? (*rec)->own[NGX_API_SEC] : NULL;

    return ctx && ctx->checked ? ctx->checked->answer : NULL;
}


/*
 * Not the page that nginx makes of an error, for which it has changed
 * err_status since.
 */

static ngx_uint_t
ngx_api_sec_answer_ours(const ngx_http_request_t *r,
    const ngx_api_sec_answer_t *answer, const ngx_api_record_t *rec)
{
    const ngx_api_refusal_t  *refusal;

    refusal = &rec->refusal;

    return answer->state == NGX_API_SEC_ANSWER_ARMED
           && answer->uri_changes == r->uri_changes
           && answer->err_status == r->err_status
           && !(refusal->status == r->headers_out.status
                && refusal->uri_changes == r->uri_changes
                && refusal->upstream == r->upstream)
           && r->headers_out.status != NGX_HTTP_NOT_MODIFIED;
}


ngx_int_t
ngx_api_sec_response_header(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf)
{
    ngx_int_t              rc;
    api_arena_t            arena;
    api_response_t        *response;
    ngx_api_record_t      *rec;
    ngx_api_sec_answer_t  *answer;

    answer = ngx_api_sec_answer(r, mcf, &rec);

    if (answer == NULL || !ngx_api_sec_answer_ours(r, answer, rec)) {
        return NGX_DECLINED;
    }

    response = &answer->response;
    response->status = (unsigned) r->headers_out.status;
    response->head = (r->method == NGX_HTTP_HEAD);
    response->has_body = r->headers_out.content_length_n != 0;
    response->skip_body = 1;

    if (ngx_api_sec_answer_fields(r, response) != NGX_OK) {
        return NGX_ERROR;
    }

    answer->state = NGX_API_SEC_ANSWER_DONE;

    api_arena_init(&arena, &answer->alloc, 0, 0);
    rc = ngx_api_sec_answer_run(r, mcf, rec, answer, &arena);
    api_arena_free(&arena);

    if (rc == NGX_OK && api_contract_reads_response(response)) {
        return ngx_api_sec_answer_begin(r, mcf, rec, answer);
    }

    return rc == NGX_OK ? NGX_DECLINED : rc;
}


static ngx_int_t
ngx_api_sec_answer_coding(ngx_http_request_t *r, ngx_api_sec_answer_t *answer)
{
    api_span_t              coding;
    const ngx_table_elt_t  *h;

    h = r->headers_out.content_encoding;

    if (h == NULL || h->hash == 0 || h->value.len == 0) {
        return NGX_OK;
    }

    coding = ngx_api_span(&h->value);
    answer->gzip = api_span_eq_nocase(coding, API_SPAN("gzip"))
                   || api_span_eq_nocase(coding, API_SPAN("x-gzip"));

    return answer->gzip || api_span_eq_nocase(coding, API_SPAN("identity"))
           ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_api_sec_answer_begin(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_sec_answer_t *answer)
{
    ngx_uint_t  no;

    no = NGX_API_SEC_ANSWER_FITS;

    if (r->headers_out.content_length_n > (off_t) answer->conf->size) {
        no = NGX_API_SEC_ANSWER_LIMIT;

    } else if (ngx_api_sec_answer_coding(r, answer) != NGX_OK) {
        no = NGX_API_SEC_ANSWER_CODING;
    }

    if (no) {
        return ngx_api_sec_answer_no(r, mcf, rec, answer, no, NULL);
    }

    answer->room = r->headers_out.content_length_n > 0
                   ? (size_t) r->headers_out.content_length_n
                   : ngx_min(NGX_API_SEC_ANSWER_FIRST, answer->conf->size);

    answer->data = answer->alloc.alloc(answer->alloc.ctx, answer->room);

    if (answer->data == NULL) {
        return ngx_api_sec_answer_no(r, mcf, rec, answer,
                                     NGX_API_SEC_ANSWER_BUDGET, NULL);
    }

    /* a range of it would be cut out before we see it */

    ngx_http_clear_accept_ranges(r);
    r->main_filter_need_in_memory = 1;

    if (answer->mode == NGX_API_MODE_ENFORCE) {
        answer->state = NGX_API_SEC_ANSWER_HOLDING;
        return NGX_OK;
    }

    answer->state = NGX_API_SEC_ANSWER_WATCHING;

    return NGX_DECLINED;
}


ngx_int_t
ngx_api_sec_response_body(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_chain_t *in, ngx_chain_t *out)
{
    ngx_int_t              rc;
    ngx_uint_t             last, state;
    ngx_api_record_t      *rec;
    ngx_api_sec_answer_t  *answer;

    answer = ngx_api_sec_answer(r, mcf, &rec);

    if (answer && answer->refused && answer->uri_changes == r->uri_changes) {
        ngx_api_sec_answer_drop(in);
        return NGX_OK;
    }

    if (answer == NULL
        || (answer->state != NGX_API_SEC_ANSWER_HOLDING
            && answer->state != NGX_API_SEC_ANSWER_WATCHING))
    {
        return NGX_DECLINED;
    }

    state = answer->state;
    rc = ngx_api_sec_answer_take(r, answer, in, &last);

    if (rc != NGX_API_SEC_ANSWER_FITS) {
        rc = ngx_api_sec_answer_no(r, mcf, rec, answer, rc, NULL);

    } else if (last) {
        rc = ngx_api_sec_answer_judge(r, mcf, rec, answer);

    } else {
        return state == NGX_API_SEC_ANSWER_HOLDING ? NGX_OK : NGX_DECLINED;
    }

    answer->state = NGX_API_SEC_ANSWER_DONE;

    if (state == NGX_API_SEC_ANSWER_WATCHING) {
        ngx_api_sec_answer_free(answer);
        return NGX_DECLINED;
    }

    if (rc != NGX_OK) {
        ngx_api_sec_answer_free(answer);
        return rc == NGX_DONE ? NGX_ABORT : rc;
    }

    return ngx_api_sec_answer_give(r, answer, out);
}


/* The upstream is not at its end: nothing of it follows the problem. */

static void
ngx_api_sec_answer_drop(ngx_chain_t *in)
{
    for ( /* void */ ; in; in = in->next) {
        in->buf->pos = in->buf->last;
    }
}


static ngx_int_t
ngx_api_sec_answer_give(ngx_http_request_t *r, ngx_api_sec_answer_t *answer,
    ngx_chain_t *out)
{
    ngx_buf_t  *b;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = answer->data;
    b->last = answer->data + answer->len;
    b->memory = answer->len != 0;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out->buf = b;
    out->next = NULL;

    return NGX_DONE;
}


static ngx_int_t
ngx_api_sec_answer_take(ngx_http_request_t *r, ngx_api_sec_answer_t *answer,
    ngx_chain_t *in, ngx_uint_t *last)
{
    ngx_int_t   rc;
    ngx_buf_t  *b;

    *last = 0;

    for ( /* void */ ; in; in = in->next) {
        b = in->buf;

        if (ngx_api_sec_answer_cut(r, b)) {
            return NGX_API_SEC_ANSWER_CUT;
        }

        rc = ngx_api_sec_answer_keep(answer, b);

        if (rc != NGX_API_SEC_ANSWER_FITS) {
            return rc;
        }

        if (answer->state == NGX_API_SEC_ANSWER_HOLDING) {
            b->pos = b->last;
        }

        if (b->last_buf) {
            *last = 1;
        }
    }

    return NGX_API_SEC_ANSWER_FITS;
}


static ngx_int_t
ngx_api_sec_answer_keep(ngx_api_sec_answer_t *answer, const ngx_buf_t *b)
{
    off_t    size;
    size_t   room;
    u_char  *data;

    size = ngx_buf_size(b);

    if (size == 0) {
        return NGX_API_SEC_ANSWER_FITS;
    }

    if (size < 0 || !ngx_buf_in_memory(b)
        || size > (off_t) (answer->conf->size - answer->len))
    {
        return NGX_API_SEC_ANSWER_LIMIT;
    }

    if ((size_t) size > answer->room - answer->len) {
        room = ngx_max(answer->len + (size_t) size, 2 * answer->room);
        room = ngx_min(room, answer->conf->size);

        data = answer->alloc.alloc(answer->alloc.ctx, room);
        if (data == NULL) {
            return NGX_API_SEC_ANSWER_BUDGET;
        }

        ngx_memcpy(data, answer->data, answer->len);
        answer->alloc.free(answer->alloc.ctx, answer->data);

        answer->data = data;
        answer->room = room;
    }

    ngx_memcpy(answer->data + answer->len, b->pos, (size_t) size);
    answer->len += (size_t) size;

    return NGX_API_SEC_ANSWER_FITS;
}


/* nginx ends so when an upstream has gone within its body: a flush, and no
   last buffer. */

static ngx_uint_t
ngx_api_sec_answer_cut(const ngx_http_request_t *r, const ngx_buf_t *b)
{
    return b->flush && !b->last_buf && ngx_buf_size(b) == 0
           && r->upstream && r->upstream->cleanup == NULL
           && r->upstream->peer.connection == NULL;
}


static void
ngx_api_sec_answer_free(void *data)
{
    ngx_api_sec_answer_t *answer = data;

    if (answer->data) {
        answer->alloc.free(answer->alloc.ctx, answer->data);
        answer->data = NULL;
    }
}


ngx_uint_t
ngx_api_sec_response_in_pieces(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf)
{
    ngx_api_record_t      *rec;
    ngx_api_sec_answer_t  *answer;

    answer = ngx_api_sec_answer(r, mcf, &rec);

    if (answer == NULL || answer->state != NGX_API_SEC_ANSWER_HOLDING
        || r->background || r->subrequest_in_memory)
    {
        return 0;
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "%V: a response that is put together of subrequests "
                  "(slice) cannot be held by api_schema_response",
                  &ngx_api_module_names[mcf->self.id]);

    return 1;
}
