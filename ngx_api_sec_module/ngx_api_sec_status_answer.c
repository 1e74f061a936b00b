
/*
 * Answers of api_status.
 */

#include "ngx_api_sec_status.h"


typedef struct {
    ngx_uint_t                  method;
    ngx_str_t                   name;
} ngx_api_sec_verb_t;


static const ngx_api_sec_verb_t  ngx_api_sec_verbs[] = {
    { NGX_HTTP_GET, ngx_string("GET, HEAD") },
    { NGX_HTTP_POST, ngx_string("POST") },
    { NGX_HTTP_PUT, ngx_string("PUT") },
    { NGX_HTTP_PATCH, ngx_string("PATCH") },
    { NGX_HTTP_DELETE, ngx_string("DELETE") },
    { 0, ngx_null_string }
};


ngx_int_t
ngx_api_sec_status_not_allowed(ngx_http_request_t *r,
    const ngx_api_section_t *section)
{
    u_char                      *p, *last;
    ngx_str_t                    allow;
    const ngx_api_sec_verb_t  *m;

    static const ngx_str_t  title = ngx_string("Not with this method");

    p = ngx_pnalloc(r->pool, 64);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    allow.data = p;
    last = p + 64;

    for (m = ngx_api_sec_verbs; m->method; m++) {
        if (section->methods & m->method) {
            p = ngx_slprintf(p, last, "%s%V", p == allow.data ? "" : ", ",
                             &m->name);
        }
    }

    allow.len = p - allow.data;

    if (ngx_api_add_header(r, "Allow", &allow) == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_api_sec_status_problem(r, NGX_HTTP_NOT_ALLOWED, &title);
}


ngx_int_t
ngx_api_sec_status_problem(ngx_http_request_t *r, ngx_uint_t status,
    const ngx_str_t *title)
{
    char                           *buf;
    ngx_int_t                       rc;
    api_span_t                      text;
    api_writer_t                    w;
    ngx_api_record_t               *rec;
    const ngx_api_sec_main_conf_t  *mcf;

    static const ngx_str_t  json = ngx_string("application/problem+json");

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);

    rec = ngx_api_record(r, mcf->self.record);
    buf = ngx_pnalloc(r->pool, 1024);

    if (rec == NULL || buf == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    api_writer_init(&w, buf, 1023);
    api_writer_object(&w);
    api_writer_name(&w, API_SPAN("type"));
    api_writer_string(&w, API_SPAN("about:blank"));
    api_writer_name(&w, API_SPAN("title"));
    (void) api_writer_cut(&w, title->len ? ngx_api_span(title)
                                         : API_SPAN("Refused"), 200);
    api_writer_name(&w, API_SPAN("status"));
    api_writer_uint(&w, status);
    api_writer_name(&w, API_SPAN("support_id"));
    api_writer_string(&w, ngx_api_span(ngx_api_support_id(r, rec,
                                                    mcf->self.request_id)));
    api_writer_end(&w);

    if (api_writer_done(&w, &text) != API_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    buf[text.len] = '\n';
    text.len++;

    return ngx_api_sec_status_send(r, status,
                                   &json, text);
}


ngx_int_t
ngx_api_sec_status_send(ngx_http_request_t *r, ngx_uint_t status,
    const ngx_str_t *type, api_span_t text)
{
    static const ngx_str_t  no_store = ngx_string("no-store");

    return ngx_api_sec_send(r, status, type, &no_store, text);
}


ngx_int_t
ngx_api_sec_send(ngx_http_request_t *r, ngx_uint_t status,
    const ngx_str_t *type, const ngx_str_t *cache, api_span_t text)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    rc = ngx_api_sec_send_head(r, status, type, cache, text.len);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = (u_char *) (uintptr_t) text.data;
    b->last = b->pos + text.len;
    b->memory = text.len ? 1 : 0;
    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


ngx_int_t
ngx_api_sec_send_head(ngx_http_request_t *r, ngx_uint_t status,
    const ngx_str_t *type, const ngx_str_t *cache, off_t len)
{
    static const ngx_str_t  nosniff = ngx_string("nosniff");

    r->headers_out.status = status;
    r->headers_out.content_length_n = len;

    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = type->len;
    r->headers_out.content_type_lowcase = NULL;

    if (status == NGX_HTTP_NO_CONTENT) {
        r->headers_out.content_length_n = -1;
        r->header_only = 1;
    }

    if (ngx_api_add_header(r, "Cache-Control", cache) == NULL
        || ngx_api_add_header(r, "X-Content-Type-Options", &nosniff) == NULL)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_send_header(r);
}
