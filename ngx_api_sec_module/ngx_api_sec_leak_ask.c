
/*
 * What can be read.
 *
 * A response is looked at as it comes, so an upstream is not asked for one
 * that cannot be read: Accept-Encoding and Range are taken out of what it
 * gets.  The pointers in headers_in stay: gzip and ranges of nginx itself come
 * behind us.
 */

#include "ngx_api_sec_leak.h"
#include "ngx_api_headers_in.h"


static ngx_uint_t ngx_api_sec_leak_begins(api_span_t s, api_span_t with);
static ngx_uint_t ngx_api_sec_leak_drop(const ngx_table_elt_t *h, void *data);


static const ngx_str_t  ngx_api_sec_leak_asks[] = {
    ngx_string("accept-encoding"),
    ngx_string("range"),
    ngx_string("if-range"),
    ngx_null_string
};


ngx_int_t
ngx_api_sec_leak_ask(ngx_http_request_t *r)
{
    ngx_uint_t                     i;
    ngx_table_elt_t               *h;
    ngx_list_part_t               *part;
    const ngx_api_sec_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);

    if (r != r->main || lcf->leak == NULL) {
        return NGX_DECLINED;
    }

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (ngx_api_sec_leak_drop(&h[i], NULL)) {
                return ngx_api_headers_rebuild(r, ngx_api_sec_leak_drop, NULL)
                       == NGX_OK
                       ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;
            }
        }
    }

    return NGX_DECLINED;
}


static ngx_uint_t
ngx_api_sec_leak_drop(const ngx_table_elt_t *h, void *data)
{
    const ngx_str_t  *name;

    for (name = ngx_api_sec_leak_asks; name->len; name++) {
        if (ngx_api_headers_alike(h, name)) {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_api_sec_leak_encoded(const ngx_http_request_t *r)
{
    const ngx_table_elt_t  *h;

    h = r->headers_out.content_encoding;

    return h && h->hash && h->value.len
           && !api_span_eq_nocase(ngx_api_span(&h->value),
                                  API_SPAN("identity"));
}


/* Pictures and the like have nothing to read in them.  A file of keys comes as
   application/octet-stream, or as a type nobody has heard of. */

ngx_uint_t
ngx_api_sec_leak_text(const ngx_http_request_t *r,
    const ngx_api_sec_leak_t *leak)
{
    size_t       i;
    api_span_t   type;

    static const api_span_t  media[] = {
        { (const uint8_t *) "image/", 6 },
        { (const uint8_t *) "audio/", 6 },
        { (const uint8_t *) "video/", 6 },
        { (const uint8_t *) "font/", 5 },
        { (const uint8_t *) "application/grpc", 16 },
        { (const uint8_t *) "application/gzip", 16 },
        { (const uint8_t *) "application/zip", 15 },
        { (const uint8_t *) "application/zstd", 16 },
        { (const uint8_t *) "application/pdf", 15 },
        { (const uint8_t *) "application/wasm", 16 }
    };

    static const api_span_t  svg = { (const uint8_t *) "image/svg", 9 };

    if (r->header_only || r->method == NGX_HTTP_HEAD
        || r->headers_out.status < 200
        || r->headers_out.status == NGX_HTTP_NO_CONTENT
        || r->headers_out.status == NGX_HTTP_NOT_MODIFIED)
    {
        return 0;
    }

    type = ngx_api_span(&r->headers_out.content_type);

    for (i = 0; i < sizeof(media) / sizeof(media[0]); i++) {
        if (ngx_api_sec_leak_begins(type, media[i])) {
            return ngx_api_sec_leak_begins(type, svg);
        }
    }

    return leak || api_inv_type_of(type) != API_INV_TYPE_BINARY;
}


static ngx_uint_t
ngx_api_sec_leak_begins(api_span_t s, api_span_t with)
{
    return s.len >= with.len
           && api_span_eq_nocase(api_span(s.data, with.len), with);
}
