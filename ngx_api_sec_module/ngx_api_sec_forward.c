
#include "ngx_api_sec_forward.h"
#include "ngx_api_sec_assert.h"


static ngx_uint_t ngx_api_sec_forward_claimed(const ngx_table_elt_t *h,
    void *data);
static ngx_uint_t ngx_api_sec_forward_scan(ngx_http_request_t *r,
    const ngx_api_sec_srv_conf_t *scf);
static ngx_int_t ngx_api_sec_forward_apply(
    const ngx_api_sec_caller_t *caller, ngx_api_sec_forwarded_t *forwarded);
static ngx_uint_t ngx_api_sec_forward_authorization(const ngx_table_elt_t *h,
    void *data);
static ngx_int_t ngx_api_sec_forward_lines(
    const ngx_api_sec_caller_t *caller, ngx_str_t *values);


/* POST_READ, main request, before any location is known */

ngx_int_t
ngx_api_sec_forward_clean_handler(ngx_http_request_t *r)
{
    const ngx_api_sec_srv_conf_t  *scf;

    scf = ngx_http_get_module_srv_conf(r, ngx_api_sec_module);

    if (scf->forward_names.nelts == 0 || !ngx_api_sec_forward_scan(r, scf)) {
        return NGX_DECLINED;
    }

    if (ngx_api_headers_rebuild(r, ngx_api_sec_forward_claimed,
                                (void *) &scf->forward_names)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DECLINED;
}


static ngx_uint_t
ngx_api_sec_forward_scan(ngx_http_request_t *r,
    const ngx_api_sec_srv_conf_t *scf)
{
    ngx_uint_t              i, found;
    ngx_table_elt_t        *h;
    const ngx_list_part_t  *part;

    found = 0;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if ((scf->forward_bits & ngx_api_sec_forward_bit(&h[i].key))
                && ngx_api_sec_forward_claimed(&h[i],
                                               (void *) &scf->forward_names))
            {
                ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                              "the client sent a header \"%V\" of its own, "
                              "which is taken out", &h[i].key);
                found = 1;
            }
        }
    }

    return found;
}


static ngx_uint_t
ngx_api_sec_forward_claimed(const ngx_table_elt_t *h, void *data)
{
    const ngx_array_t *names = data;

    ngx_uint_t        i;
    const ngx_str_t  *name;

    name = names->elts;

    for (i = 0; i < names->nelts; i++) {
        if (ngx_api_headers_alike(h, &name[i])) {
            return 1;
        }
    }

    return 0;
}


/*
 * Another location may ask for a credential that was taken out, and may have
 * other headers set.
 */

ngx_int_t
ngx_api_sec_forward_restore_handler(ngx_http_request_t *r)
{
    ngx_api_record_t               *rec;
    ngx_api_sec_ctx_t              *ctx;
    ngx_api_sec_forwarded_t        *forwarded;
    const ngx_api_sec_main_conf_t  *mcf;

    if (r != r->main) {
        return NGX_DECLINED;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    rec = ngx_api_record_peek(r, mcf->self.record);
    ctx = rec ? rec->own[NGX_API_SEC] : NULL;
    forwarded = ctx ? ctx->forwarded : NULL;

    if (forwarded == NULL || !forwarded->applied) {
        return NGX_DECLINED;
    }

    if (ngx_api_headers_restore(r, &forwarded->headers) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* unless the redirect has brought a query of its own */

    if (forwarded->query && r->args.data == forwarded->stripped.data) {
        r->args = forwarded->args;
    }

    if (forwarded->query) {
        r->unparsed_uri = forwarded->unparsed_uri;
    }

    forwarded->applied = 0;
    forwarded->query = 0;

    return NGX_DECLINED;
}


ngx_int_t
ngx_api_sec_forward_handler(ngx_http_request_t *r)
{
    ngx_api_sec_caller_t            caller;
    ngx_api_sec_forwarded_t        *forwarded;
    const ngx_api_sec_loc_conf_t   *lcf;
    const ngx_api_sec_main_conf_t  *mcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);

    if (r != r->main
        || (lcf->forward.items == NULL && !lcf->strip && lcf->assert == NULL))
    {
        return NGX_DECLINED;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);

    if (ngx_api_sec_caller(r, mcf, lcf, &caller) == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    forwarded = caller.ctx->forwarded;

    if (forwarded == NULL) {
        forwarded = ngx_pcalloc(r->pool, sizeof(ngx_api_sec_forwarded_t));
        if (forwarded == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        caller.ctx->forwarded = forwarded;
    }

    /* nobody has come by REWRITE since: it is done */

    if (forwarded->applied) {
        return NGX_DECLINED;
    }

    return ngx_api_sec_forward_apply(&caller, forwarded) == NGX_OK
           ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* All that is looked at in the client's headers is looked at first. */

static ngx_int_t
ngx_api_sec_forward_apply(const ngx_api_sec_caller_t *caller,
    ngx_api_sec_forwarded_t *forwarded)
{
    ngx_str_t                        token, *values;
    ngx_uint_t                       i, n;
    ngx_http_request_t              *r;
    ngx_api_sec_forward_t * const   *line;
    const ngx_api_sec_loc_conf_t    *lcf;

    r = caller->r;
    lcf = caller->lcf;

    n = lcf->forward.items ? lcf->forward.items->nelts : 0;
    line = n ? lcf->forward.items->elts : NULL;

    values = ngx_pcalloc(r->pool, (n + 1) * sizeof(ngx_str_t));

    ngx_str_null(&token);

    if (values == NULL
        || ngx_api_sec_forward_lines(caller, values) != NGX_OK
        || (lcf->assert && ngx_api_sec_assert(caller, &token) != NGX_OK))
    {
        return NGX_ERROR;
    }

    ngx_api_headers_save(r, &forwarded->headers);
    forwarded->applied = 1;

    /* ours in place of the client's, also when there is none of ours */

    if (ngx_api_headers_rebuild(r, lcf->assert && lcf->assert->bearer
                                   ? ngx_api_sec_forward_authorization : NULL,
                                NULL)
        != NGX_OK
        || (lcf->strip && ngx_api_sec_strip(r, lcf->auth, forwarded)
                          != NGX_OK))
    {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (values[i].len
            && ngx_api_headers_push(r, &line[i]->name, &line[i]->lowcase,
                                    &values[i])
               == NULL)
        {
            return NGX_ERROR;
        }
    }

    if (token.len
        && ngx_api_headers_push(r, &lcf->assert->name, &lcf->assert->lowcase,
                                &token)
           == NULL)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_api_sec_forward_authorization(const ngx_table_elt_t *h, void *data)
{
    return h->key.len == 13
           && ngx_strncmp(h->lowcase_key, "authorization", 13) == 0;
}


/* What there is, and may stand in a header; the others stay empty. */

static ngx_int_t
ngx_api_sec_forward_lines(const ngx_api_sec_caller_t *caller,
    ngx_str_t *values)
{
    api_span_t                       text;
    ngx_uint_t                       i;
    ngx_api_sec_forward_t * const   *line;

    if (caller->lcf->forward.items == NULL) {
        return NGX_OK;
    }

    line = caller->lcf->forward.items->elts;

    for (i = 0; i < caller->lcf->forward.items->nelts; i++) {

        switch (ngx_api_sec_operand_text(caller, &line[i]->operand, &text)) {

        case NGX_API_SEC_VALUE:
            if (ngx_api_sec_forward_fits(caller->r, &line[i]->name, text)) {
                values[i] = ngx_api_str(text);
            }

            break;

        case NGX_API_SEC_FAILED:
            return NGX_ERROR;

        default:
            break;
        }
    }

    return NGX_OK;
}


ngx_uint_t
ngx_api_sec_forward_fits(ngx_http_request_t *r, const ngx_str_t *name,
    api_span_t value)
{
    size_t  i;

    for (i = 0; i < value.len; i++) {
        if (value.data[i] < ' ' || value.data[i] == 0x7f) {
            ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                          "the value for the header \"%V\" has control "
                          "characters in it and is not sent", name);
            return 0;
        }
    }

    return 1;
}
