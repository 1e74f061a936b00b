
#include "ngx_api_headers_in.h"


static ngx_int_t ngx_api_headers_part(ngx_http_request_t *r, ngx_list_t *list,
    ngx_table_elt_t *elts, ngx_uint_t n);


void
ngx_api_headers_save(ngx_http_request_t *r, ngx_api_headers_t *saved)
{
    saved->headers = r->headers_in.headers;
    saved->authorization = r->headers_in.authorization;
}


ngx_int_t
ngx_api_headers_restore(ngx_http_request_t *r, const ngx_api_headers_t *saved)
{
    ngx_table_elt_t  *authorization;

    authorization = r->headers_in.authorization;

    r->headers_in.headers = saved->headers;
    r->headers_in.authorization = saved->authorization;

    if (authorization != saved->authorization) {
        ngx_str_null(&r->headers_in.user);
        ngx_str_null(&r->headers_in.passwd);
    }

    return ngx_api_headers_cookies(r);
}


/*
 * The first part lies in the list itself; others are never empty, because the
 * usual loop over a list does not look for that.  The last one is full, so
 * that a push takes a new one.
 */

ngx_int_t
ngx_api_headers_rebuild(ngx_http_request_t *r, ngx_api_headers_drop_pt drop,
    void *data)
{
    ngx_uint_t              i, from;
    ngx_list_t              list;
    ngx_table_elt_t        *h;
    const ngx_list_part_t  *part;

    list = r->headers_in.headers;
    list.part.elts = NULL;
    list.part.nelts = 0;
    list.part.next = NULL;
    list.last = &r->headers_in.headers.part;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;
        from = 0;

        for (i = 0; i < part->nelts; i++) {

            if (drop == NULL || !drop(&h[i], data)) {
                continue;
            }

            if (&h[i] == r->headers_in.authorization) {
                r->headers_in.authorization = NULL;
                ngx_str_null(&r->headers_in.user);
                ngx_str_null(&r->headers_in.passwd);
            }

            if (ngx_api_headers_part(r, &list, &h[from], i - from) != NGX_OK) {
                return NGX_ERROR;
            }

            from = i + 1;
        }

        if (ngx_api_headers_part(r, &list, &h[from], i - from) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (list.part.elts == NULL) {
        list.nalloc = 1;
        list.part.elts = ngx_palloc(r->pool, list.size);

        if (list.part.elts == NULL) {
            return NGX_ERROR;
        }

    } else {
        list.nalloc = list.last == &r->headers_in.headers.part
                      ? list.part.nelts : list.last->nelts;
    }

    r->headers_in.headers = list;

    return NGX_OK;
}


static ngx_int_t
ngx_api_headers_part(ngx_http_request_t *r, ngx_list_t *list,
    ngx_table_elt_t *elts, ngx_uint_t n)
{
    ngx_list_part_t  *part, *last;

    if (n == 0) {
        return NGX_OK;
    }

    if (list->part.elts == NULL) {
        list->part.elts = elts;
        list->part.nelts = n;
        return NGX_OK;
    }

    part = ngx_palloc(r->pool, sizeof(ngx_list_part_t));
    if (part == NULL) {
        return NGX_ERROR;
    }

    part->elts = elts;
    part->nelts = n;
    part->next = NULL;

    last = list->last == &r->headers_in.headers.part ? &list->part
                                                     : list->last;
    last->next = part;
    list->last = part;

    return NGX_OK;
}


ngx_table_elt_t *
ngx_api_headers_push(ngx_http_request_t *r, const ngx_str_t *name,
    const ngx_str_t *lowcase, const ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_in.headers);
    if (h == NULL) {
        return NULL;
    }

    h->hash = ngx_hash_key(lowcase->data, lowcase->len);
    h->key = *name;
    h->value = *value;
    h->lowcase_key = lowcase->data;
    ngx_api_header_single(h);

    return h;
}


ngx_int_t
ngx_api_headers_cookies(ngx_http_request_t *r)
{
    ngx_uint_t         i;
    ngx_list_part_t   *part;
    ngx_table_elt_t   *h;
#if (nginx_version >= 1023000)
    ngx_table_elt_t  **last;

    last = &r->headers_in.cookie;
#else
    ngx_table_elt_t  **p;

    if (ngx_array_init(&r->headers_in.cookies, r->pool, 1,
                       sizeof(ngx_table_elt_t *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }
#endif

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].key.len != 6
                || ngx_strncmp(h[i].lowcase_key, "cookie", 6) != 0)
            {
                continue;
            }

#if (nginx_version >= 1023000)
            *last = &h[i];
            last = &h[i].next;
#else
            p = ngx_array_push(&r->headers_in.cookies);
            if (p == NULL) {
                return NGX_ERROR;
            }

            *p = &h[i];
#endif
        }
    }

#if (nginx_version >= 1023000)
    *last = NULL;
#endif

    return NGX_OK;
}


ngx_uint_t
ngx_api_headers_alike(const ngx_table_elt_t *h, const ngx_str_t *name)
{
    size_t  i;
    u_char  a, b;

    if (h->key.len != name->len) {
        return 0;
    }

    for (i = 0; i < name->len; i++) {
        a = h->lowcase_key[i];
        b = name->data[i];

        if (a != b && !((a == '_' || a == '-') && (b == '_' || b == '-'))) {
            return 0;
        }
    }

    return 1;
}
