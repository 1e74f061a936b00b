
/*
 * The filters.  They run behind those of the module itself, and look at what
 * is sent in the end.
 *
 *   WATCHING   the response goes on while it is looked at: api_leak log,
 *              monitor mode, api_inventory scan=
 *   HOLDING    header and body wait until `max` bytes are there, or all of
 *              them, and have been looked at: api_leak mask and block
 *   REFUSED    a problem is sent in place of it, nothing more of it follows
 *
 * What is encoded cannot be looked at, and is not sent where a leak would not
 * be: upstreams are not told that it might be (ngx_api_sec_leak_ask.c).  Of
 * pictures, sound and archives nothing is looked at.
 */

#include "ngx_api_sec_leak.h"


#define NGX_API_SEC_LEAK_FIRST  4096


static ngx_int_t ngx_api_sec_leak_header(ngx_http_request_t *r);
static ngx_int_t ngx_api_sec_leak_body(ngx_http_request_t *r, ngx_chain_t *in);
static ngx_api_sec_scan_t *ngx_api_sec_leak_scan(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf);
static ngx_api_sec_scan_t *ngx_api_sec_leak_arm(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf);
static void ngx_api_sec_leak_want(const ngx_http_request_t *r,
    const ngx_api_sec_loc_conf_t *lcf, ngx_uint_t mode,
    ngx_api_sec_scan_t *scan);
static void ngx_api_sec_leak_watched(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_scan_t *scan);
static void ngx_api_sec_leak_watch(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_scan_t *scan,
    ngx_chain_t *in);
static ngx_int_t ngx_api_sec_leak_hold(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_scan_t *scan,
    ngx_chain_t *in);
static ngx_int_t ngx_api_sec_leak_keep(ngx_api_sec_scan_t *scan,
    ngx_buf_t *b);
static ngx_int_t ngx_api_sec_leak_decide(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_scan_t *scan,
    ngx_chain_t *in);
static ngx_int_t ngx_api_sec_leak_give(ngx_http_request_t *r,
    const ngx_api_sec_scan_t *scan, ngx_chain_t *in);
static ngx_int_t ngx_api_sec_leak_replace(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_api_sec_leak_note(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_scan_t *scan,
    const ngx_str_t *reason);
static void ngx_api_sec_leak_free(void *data);


static const ngx_str_t  ngx_api_sec_leak_unseen = ngx_string("encoded");

static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


void
ngx_api_sec_leak_filters(void)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_api_sec_leak_header;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_api_sec_leak_body;
}


static ngx_int_t
ngx_api_sec_leak_header(ngx_http_request_t *r)
{
    ngx_api_sec_scan_t             *scan;
    const ngx_api_sec_loc_conf_t   *lcf;
    const ngx_api_sec_main_conf_t  *mcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);

    if (r != r->main
        || (lcf->leak == NULL
            && (lcf->inventory == NULL || lcf->inventory->scan == 0)))
    {
        return ngx_http_next_header_filter(r);
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    scan = ngx_api_sec_leak_arm(r, mcf, lcf);

    if (scan == NULL) {
        return ngx_http_next_header_filter(r);
    }

    r->main_filter_need_in_memory = 1;

    if (scan->state == NGX_API_SEC_SCAN_HOLDING) {

        /* a range of it would be cut out before we see it */

        ngx_http_clear_accept_ranges(r);
        return NGX_OK;
    }

    return ngx_http_next_header_filter(r);
}


/* Text as it is, of an answer that is not ours: what is to be done with it. */

static ngx_api_sec_scan_t *
ngx_api_sec_leak_arm(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf)
{
    ngx_uint_t            mode;
    ngx_api_record_t     *rec;
    ngx_api_sec_ctx_t    *ctx;
    ngx_pool_cleanup_t   *cln;
    ngx_api_sec_scan_t   *scan;

    ctx = ngx_api_sec_ctx(r, mcf, &rec);
    mode = ngx_api_mode(r, &lcf->shared.mode);

    if (ctx == NULL || ctx->scan || rec->refusal.status
        || mode == NGX_API_MODE_OFF || !ngx_api_sec_leak_text(r, lcf->leak))
    {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_api_sec_scan_t));
    if (cln == NULL) {
        return NULL;
    }

    scan = cln->data;
    ngx_memzero(scan, sizeof(ngx_api_sec_scan_t));
    cln->handler = ngx_api_sec_leak_free;

    ctx->scan = scan;
    ngx_api_sec_leak_want(r, lcf, mode, scan);

    if (scan->state == NGX_API_SEC_SCAN_HOLDING) {
        ngx_api_body_budget(&mcf->self, &scan->alloc);
        return scan;
    }

    if (scan->encoded && scan->leak) {
        (void) ngx_api_sec_leak_note(r, mcf, scan, &ngx_api_sec_leak_unseen);
    }

    return scan->encoded ? NULL : scan;
}


static void
ngx_api_sec_leak_want(const ngx_http_request_t *r,
    const ngx_api_sec_loc_conf_t *lcf, ngx_uint_t mode,
    ngx_api_sec_scan_t *scan)
{
    size_t      budget;
    unsigned    kinds;
    ngx_uint_t  type;

    type = api_inv_type_of(ngx_api_span(&r->headers_out.content_type));

    scan->leak = lcf->leak;
    scan->state = NGX_API_SEC_SCAN_WATCHING;
    scan->encoded = ngx_api_sec_leak_encoded(r);

    budget = 0;
    kinds = 0;

    if (lcf->inventory && lcf->inventory->scan
        && type != API_INV_TYPE_BINARY)
    {
        kinds = (1U << API_NSENSITIVE) - 1;
        budget = lcf->inventory->scan;
    }

    if (lcf->leak) {
        budget = ngx_max(budget, lcf->leak->max);
        kinds |= lcf->leak->kinds;
        scan->action = mode == NGX_API_MODE_ENFORCE ? lcf->leak->action
                                                    : NGX_API_SEC_LEAK_LOG;
    }

    api_sensitive_begin(&scan->scan, kinds, budget);

    if (scan->action != NGX_API_SEC_LEAK_LOG
        && type != API_INV_TYPE_EVENTS)
    {
        scan->state = NGX_API_SEC_SCAN_HOLDING;
    }
}


static ngx_api_sec_scan_t *
ngx_api_sec_leak_scan(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf)
{
    ngx_api_sec_ctx_t       *ctx;
    const ngx_api_record_t  *rec;

    rec = ngx_api_record_peek(r->main, mcf->self.record);
    ctx = rec ? rec->own[NGX_API_SEC] : NULL;

    return ctx ? ctx->scan : NULL;
}


static ngx_int_t
ngx_api_sec_leak_body(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_api_sec_scan_t             *scan;
    const ngx_api_sec_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    scan = in ? ngx_api_sec_leak_scan(r, mcf) : NULL;

    if (scan == NULL || scan->state == NGX_API_SEC_SCAN_DONE) {
        return ngx_http_next_body_filter(r, in);
    }

    if (r != r->main) {
        if (scan->state != NGX_API_SEC_SCAN_HOLDING || r->background
            || r->subrequest_in_memory)
        {
            return ngx_http_next_body_filter(r, in);
        }

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "ngx_api_sec_module: a response that is put together of "
                      "subrequests (SSI, slice) cannot be held by api_leak");
        return NGX_ERROR;
    }

    switch (scan->state) {

    case NGX_API_SEC_SCAN_WATCHING:
        ngx_api_sec_leak_watch(r, mcf, scan, in);
        return ngx_http_next_body_filter(r, in);

    case NGX_API_SEC_SCAN_HOLDING:
        return ngx_api_sec_leak_hold(r, mcf, scan, in);

    default:    /* NGX_API_SEC_SCAN_REFUSED */
        for ( /* void */ ; in; in = in->next) {
            in->buf->pos = in->buf->last;
        }

        return NGX_OK;
    }
}


static void
ngx_api_sec_leak_watch(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_scan_t *scan,
    ngx_chain_t *in)
{
    ngx_buf_t   *b;
    api_span_t   piece;
    unsigned     kinds;
    ngx_uint_t   last;

    for (last = 0; in; in = in->next) {
        b = in->buf;
        last |= b->last_buf;

        if (!ngx_buf_in_memory(b) || b->last == b->pos
            || scan->scan.budget == 0)
        {
            continue;
        }

        piece = api_span(b->pos, ngx_min((size_t) (b->last - b->pos),
                                         scan->scan.budget));
        kinds = scan->scan.found;
        api_sensitive_feed(&scan->scan, piece);

        if (scan->scan.found != kinds) {
            ngx_api_sec_leak_fields(scan, piece, scan->scan.kinds);
        }
    }

    if (last) {
        ngx_api_sec_leak_watched(r, mcf, scan);
    }
}


static void
ngx_api_sec_leak_watched(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_scan_t *scan)
{
    unsigned  kinds;

    api_sensitive_end(&scan->scan);
    scan->found = scan->scan.found;
    scan->state = NGX_API_SEC_SCAN_DONE;

    kinds = scan->leak ? scan->found & scan->leak->kinds : 0;
    kinds = ngx_api_sec_leak_excepted(r, kinds);

    if (kinds) {
        (void) ngx_api_sec_leak_note(r, mcf, scan,
                                     ngx_api_sec_leak_reason(kinds));
    }
}


/* LOG, before the audit: who has what he wanted may go before it ends. */

ngx_int_t
ngx_api_sec_leak_end(ngx_http_request_t *r)
{
    ngx_api_sec_scan_t             *scan;
    const ngx_api_sec_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    scan = r == r->main ? ngx_api_sec_leak_scan(r, mcf) : NULL;

    if (scan && scan->state == NGX_API_SEC_SCAN_WATCHING && !scan->encoded) {
        ngx_api_sec_leak_watched(r, mcf, scan);
    }

    return NGX_OK;
}


/* All of it, or max bytes, and then it is decided. */

static ngx_int_t
ngx_api_sec_leak_hold(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_scan_t *scan,
    ngx_chain_t *in)
{
    ngx_int_t     rc;
    ngx_uint_t    last;
    ngx_chain_t  *cl;

    if (scan->encoded) {
        return ngx_api_sec_leak_decide(r, mcf, scan, in);
    }

    for (last = 0, cl = in; cl; cl = cl->next) {
        rc = ngx_api_sec_leak_keep(scan, cl->buf);

        if (rc == NGX_ERROR) {
            ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                          "ngx_api_sec_module: api_leak has no memory to hold "
                          "the response: api_body_budget is spent");
            return NGX_ERROR;
        }

        last |= cl->buf->last_buf;

        if (rc == NGX_DECLINED || last) {
            last = 1;
            break;
        }
    }

    if (!last) {
        return NGX_OK;
    }

    return ngx_api_sec_leak_decide(r, mcf, scan, cl ? cl : in);
}


/* NGX_DECLINED: max bytes are there, the rest stays in the buffer. */

static ngx_int_t
ngx_api_sec_leak_keep(ngx_api_sec_scan_t *scan, ngx_buf_t *b)
{
    size_t   size, room;
    u_char  *data;

    if (!ngx_buf_in_memory(b)) {
        return ngx_buf_size(b) == 0 ? NGX_OK : NGX_DECLINED;
    }

    size = ngx_min((size_t) (b->last - b->pos), scan->leak->max - scan->len);

    if (size > scan->room - scan->len) {
        room = ngx_max(scan->len + size,
                       ngx_max(2 * scan->room, NGX_API_SEC_LEAK_FIRST));
        room = ngx_min(room, scan->leak->max);

        data = scan->alloc.alloc(scan->alloc.ctx, room);
        if (data == NULL) {
            return NGX_ERROR;
        }

        if (scan->data) {
            ngx_memcpy(data, scan->data, scan->len);
            scan->alloc.free(scan->alloc.ctx, scan->data);
        }

        scan->data = data;
        scan->room = room;
    }

    if (size) {
        ngx_memcpy(scan->data + scan->len, b->pos, size);
        scan->len += size;
        b->pos += size;
    }

    return scan->len == scan->leak->max ? NGX_DECLINED : NGX_OK;
}


/* in: from the buffer on in which it was decided. */

static ngx_int_t
ngx_api_sec_leak_decide(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_scan_t *scan,
    ngx_chain_t *in)
{
    unsigned          kinds;
    ngx_int_t         rc;
    api_span_t        text;
    const ngx_str_t  *reason;

    text = api_span(scan->data, scan->len);

    scan->found = api_sensitive_kinds(text, scan->scan.kinds);
    kinds = scan->found & scan->leak->kinds;

    if (scan->found) {
        ngx_api_sec_leak_fields(scan, text, scan->scan.kinds);
    }

    kinds = ngx_api_sec_leak_excepted(r, kinds);

    reason = scan->encoded ? &ngx_api_sec_leak_unseen
             : kinds ? ngx_api_sec_leak_reason(kinds) : NULL;

    if (reason) {
        rc = ngx_api_sec_leak_note(r, mcf, scan, reason);

        if (rc != NGX_DECLINED) {
            scan->state = NGX_API_SEC_SCAN_DONE;
            rc = ngx_api_sec_leak_replace(r, in);
            scan->state = NGX_API_SEC_SCAN_REFUSED;
            return rc;
        }

        ngx_api_sec_leak_mask(scan->data, scan->len, kinds);
    }

    scan->state = NGX_API_SEC_SCAN_DONE;

    rc = ngx_http_next_header_filter(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    if (scan->len == 0) {
        return ngx_http_next_body_filter(r, in);
    }

    return ngx_api_sec_leak_give(r, scan, in);
}


static ngx_int_t
ngx_api_sec_leak_give(ngx_http_request_t *r, const ngx_api_sec_scan_t *scan,
    ngx_chain_t *in)
{
    ngx_buf_t    *b;
    ngx_chain_t   out;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = scan->data;
    b->last = scan->data + scan->len;
    b->temporary = 1;

    /* nginx takes no empty buffer: what it said goes over */

    if (ngx_buf_in_memory(in->buf) && in->buf->pos == in->buf->last) {
        b->flush = in->buf->flush;
        b->last_buf = in->buf->last_buf;
        b->last_in_chain = in->buf->last_in_chain;
        in = in->next;
    }

    out.buf = b;
    out.next = in;

    return ngx_http_next_body_filter(r, &out);
}


/* Once more from the top, with nothing of the upstream in it: the problem. */

static ngx_int_t
ngx_api_sec_leak_replace(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t  *cl, out;

    for (cl = in; cl; cl = cl->next) {
        cl->buf->pos = cl->buf->last;
    }

    ngx_http_clean_header(r);

    r->err_status = NGX_HTTP_BAD_GATEWAY;
    r->headers_out.status = NGX_HTTP_BAD_GATEWAY;

    rc = ngx_http_top_header_filter(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_top_body_filter(r, &out);
}


/* NGX_DECLINED: it goes on, as it is or masked. */

static ngx_int_t
ngx_api_sec_leak_note(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_scan_t *scan,
    const ngx_str_t *reason)
{
    ngx_uint_t         mode;
    ngx_api_why_t      why;
    ngx_api_record_t  *rec;

    static const ngx_str_t  masked = ngx_string("masked");

    rec = ngx_api_record(r, mcf->self.record);
    if (rec == NULL) {
        return scan->action == NGX_API_SEC_LEAK_BLOCK ? NGX_ERROR
                                                      : NGX_DECLINED;
    }

    ngx_memzero(&why, sizeof(ngx_api_why_t));

    why.check = NGX_API_CHECK_LEAK;
    why.status = NGX_HTTP_BAD_GATEWAY;
    why.reason = *reason;
    ngx_str_set(&why.code, "leak");
    ngx_str_set(&why.title, "The answer is withheld");

    /* what is encoded cannot be masked */

    mode = scan->action == NGX_API_SEC_LEAK_BLOCK
           || (scan->action == NGX_API_SEC_LEAK_MASK && scan->encoded)
           ? NGX_API_MODE_ENFORCE : NGX_API_MODE_MONITOR;

    if (scan->action == NGX_API_SEC_LEAK_MASK && !scan->encoded) {
        why.detail = masked;
    }

    return ngx_api_refuse(r, &mcf->self, rec, &why, mode);
}


static void
ngx_api_sec_leak_free(void *data)
{
    ngx_api_sec_scan_t *scan = data;

    if (scan->data) {
        scan->alloc.free(scan->alloc.ctx, scan->data);
        scan->data = NULL;
    }
}
