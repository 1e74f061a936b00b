
#include "ngx_api_header.h"
#include "ngx_api_headers_in.h"


ngx_int_t
ngx_api_header_in(ngx_http_request_t *r, const char *name,
    const ngx_str_t **value)
{
    size_t            len;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    *value = NULL;
    len = ngx_strlen(name);

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].key.len != len
                || ngx_memcmp(h[i].lowcase_key, name, len) != 0)
            {
                continue;
            }

            if (*value) {
                return NGX_DECLINED;
            }

            *value = &h[i].value;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_api_header_alike(ngx_http_request_t *r, const ngx_str_t *name,
    const ngx_str_t **value)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    *value = NULL;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (!ngx_api_headers_alike(&h[i], name)) {
                continue;
            }

            if (*value) {
                return NGX_DECLINED;
            }

            *value = &h[i].value;
        }
    }

    return NGX_OK;
}


api_span_t
ngx_api_header_word(api_span_t *rest, u_char end)
{
    size_t      i;
    api_span_t  s;

    for (i = 0; i < rest->len && rest->data[i] != end; i++) { /* void */ }

    s = api_span(rest->data, i);

    if (i < rest->len) {
        i++;
    }

    *rest = api_span(rest->data + i, rest->len - i);

    while (s.len && (s.data[0] == ' ' || s.data[0] == '\t')) {
        s = api_span(s.data + 1, s.len - 1);
    }

    while (s.len
           && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
    {
        s.len--;
    }

    return s;
}
