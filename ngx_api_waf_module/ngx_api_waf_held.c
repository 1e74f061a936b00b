
/* The body of a response that waits for rules of phase 4. */

#include "ngx_api_waf.h"


static ngx_uint_t ngx_api_waf_held_cut(const ngx_http_request_t *r,
    const ngx_buf_t *b);
static ngx_int_t ngx_api_waf_held_keep(ngx_api_waf_run_t *run,
    const ngx_buf_t *b, size_t *taken);


#define NGX_API_WAF_HELD_FIRST  4096


/*
 * NGX_ABORT: there is more than is looked at, from what is left of *in on.
 * What stands before is empty then, and nginx takes no empty buffer.
 * NGX_DECLINED: no more will come, and it is not the end.
 */

ngx_int_t
ngx_api_waf_held_take(ngx_http_request_t *r, ngx_api_waf_run_t *run,
    ngx_chain_t **in, ngx_uint_t *last)
{
    size_t      taken;
    ngx_int_t   rc;
    ngx_buf_t  *b;

    *last = 0;

    for ( /* void */ ; *in; *in = (*in)->next) {
        b = (*in)->buf;

        if (ngx_api_waf_held_cut(r, b)) {
            return NGX_DECLINED;
        }

        rc = ngx_api_waf_held_keep(run, b, &taken);

        if (taken && run->answer == NGX_API_WAF_ANSWER_HOLDING) {
            b->pos += taken;
            b->file_pos += b->in_file ? (off_t) taken : 0;
        }

        if (rc != NGX_OK) {
            return rc;
        }

        *last |= b->last_buf;
    }

    return NGX_OK;
}


/* nginx ends so when an upstream has gone within its body: a flush, and no
   last buffer. */

static ngx_uint_t
ngx_api_waf_held_cut(const ngx_http_request_t *r, const ngx_buf_t *b)
{
    return b->flush && !b->last_buf && ngx_buf_size(b) == 0
           && r->upstream && r->upstream->cleanup == NULL
           && r->upstream->peer.connection == NULL;
}


static ngx_int_t
ngx_api_waf_held_keep(ngx_api_waf_run_t *run, const ngx_buf_t *b,
    size_t *taken)
{
    off_t    size;
    size_t   limit, room, n;
    u_char  *data;

    *taken = 0;
    limit = ngx_api_waf_answer_limit(run);
    size = ngx_buf_size(b);

    if (size <= 0) {
        return NGX_OK;
    }

    if (!ngx_buf_in_memory(b)) {
        return NGX_ABORT;
    }

    n = (size_t) ngx_min(size, (off_t) (limit - run->held_len));

    if (n > run->held_room - run->held_len) {
        room = ngx_max(run->held_len + n, 2 * run->held_room);
        room = ngx_max(room, NGX_API_WAF_HELD_FIRST);

        data = api_arena_grow(&run->arena, run->held, run->held_room, room);
        if (data == NULL) {
            return NGX_ERROR;
        }

        run->held = data;
        run->held_room = room;
    }

    if (n) {
        ngx_memcpy(run->held + run->held_len, b->pos, n);
        run->held_len += n;
        *taken = n;
    }

    return (off_t) n < size ? NGX_ABORT : NGX_OK;
}


/* What was held, then what is left of in. */

ngx_int_t
ngx_api_waf_held_give(ngx_http_request_t *r, ngx_api_waf_run_t *run,
    ngx_chain_t *in, ngx_uint_t last, ngx_chain_t **out)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    cl = ngx_alloc_chain_link(r->pool);
    b = ngx_calloc_buf(r->pool);

    if (cl == NULL || b == NULL) {
        return NGX_ERROR;
    }

    /* the arena lives until the log */

    b->pos = run->held;
    b->last = run->held + run->held_len;
    b->memory = run->held_len != 0;
    b->last_buf = last;
    b->last_in_chain = last;
    b->sync = run->held_len == 0 && !last;

    cl->buf = b;
    cl->next = last ? NULL : in;
    *out = cl;

    return NGX_AGAIN;
}


void
ngx_api_waf_held_drop(ngx_chain_t *in)
{
    for ( /* void */ ; in; in = in->next) {
        in->buf->pos = in->buf->last;
    }
}
