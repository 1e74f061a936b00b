
/*
 * api_health: is the process alive; with `ready`, may requests come?
 */

#include "ngx_api_sec_status.h"


static ngx_int_t ngx_api_sec_health_live(ngx_http_request_t *r);
static ngx_int_t ngx_api_sec_health_ready(ngx_http_request_t *r);
static ngx_uint_t ngx_api_sec_health_all_ready(ngx_http_request_t *r);
static ngx_int_t ngx_api_sec_health_send(ngx_http_request_t *r,
    ngx_uint_t status, api_span_t text);


#define NGX_API_SEC_HEALTH_SIZE    16384
#define NGX_API_SEC_HEALTH_ISSUER  512


ngx_int_t
ngx_api_sec_ready(const ngx_api_door_t *door, ngx_str_t *why)
{
    ngx_uint_t                        i;
    ngx_api_sec_issuer_t * const     *issuer;
    const ngx_api_sec_main_conf_t    *mcf;

    mcf = (const ngx_api_sec_main_conf_t *) door;
    issuer = mcf->issuers.elts;

    for (i = 0; i < mcf->issuers.nelts; i++) {
        if (api_jwks_count(issuer[i]->keys->set) == 0) {
            ngx_str_set(why, "an issuer has no key");
            return NGX_AGAIN;
        }

        if (!ngx_api_sec_remote_fresh(mcf, issuer[i])) {
            ngx_str_set(why, "keys of an issuer are too old to be used");
            return NGX_AGAIN;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_api_sec_health_live(ngx_http_request_t *r)
{
    return ngx_api_sec_health_send(r, NGX_HTTP_OK,
                                   API_SPAN("{\"status\":\"pass\"}\n"));
}


static ngx_int_t
ngx_api_sec_health_ready(ngx_http_request_t *r)
{
    char                            *buf;
    size_t                           size;
    ngx_uint_t                       ready;
    api_span_t                       text;
    api_writer_t                     w;
    const ngx_api_sec_main_conf_t   *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    /* where traffic waits for this answer, nobody else asks for keys */

    ngx_api_sec_remote_prepare(r, mcf);

    size = NGX_API_SEC_HEALTH_SIZE
           + mcf->issuers.nelts * NGX_API_SEC_HEALTH_ISSUER;

    buf = ngx_pnalloc(r->pool, size + 1);
    if (buf == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ready = ngx_api_sec_health_all_ready(r);

    api_writer_init(&w, buf, size);
    api_writer_object(&w);
    api_writer_name(&w, API_SPAN("status"));
    api_writer_string(&w, ready ? API_SPAN("pass") : API_SPAN("fail"));

    ngx_api_sec_report_modules(r, &w);
    ngx_api_sec_report_zone(mcf, &w);
    ngx_api_sec_report_issuers(mcf, &w);

    api_writer_end(&w);

    if (api_writer_done(&w, &text) != API_OK) {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      "the answer of api_health does not fit");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    buf[text.len] = '\n';
    text.len++;

    return ngx_api_sec_health_send(r, ready ? NGX_HTTP_OK
                                            : NGX_HTTP_SERVICE_UNAVAILABLE,
                                   text);
}


static ngx_uint_t
ngx_api_sec_health_all_ready(ngx_http_request_t *r)
{
    ngx_str_t              why;
    ngx_uint_t             id;
    const ngx_api_door_t  *door;

    for (id = 0; id < NGX_API_NMODULES; id++) {
        door = ngx_api_door(r, id);

        if (door && door->ready && door->ready(door, &why) != NGX_OK) {
            return 0;
        }
    }

    return 1;
}


static ngx_int_t
ngx_api_sec_health_send(ngx_http_request_t *r, ngx_uint_t status,
    api_span_t text)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    static const ngx_str_t  no_store = ngx_string("no-store");

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    r->headers_out.status = status;
    r->headers_out.content_length_n = text.len;

    ngx_str_set(&r->headers_out.content_type, "application/health+json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    if (ngx_api_add_header(r, "Cache-Control", &no_store) == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->pos = (u_char *) (uintptr_t) text.data;
    b->last = b->pos + text.len;
    b->memory = 1;
    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


char *
ngx_api_sec_health(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                 *value;
    ngx_http_handler_pt        handler;
    ngx_http_core_loc_conf_t  *clcf;

    value = cf->args->elts;
    handler = ngx_api_sec_health_live;

    if (cf->args->nelts == 2) {

        if (value[1].len != 5 || ngx_strncmp(value[1].data, "ready", 5) != 0)
        {
            return "takes ready or nothing";
        }

        handler = ngx_api_sec_health_ready;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler) {
        return "stands where another directive answers already";
    }

    clcf->handler = handler;

    return NGX_CONF_OK;
}
