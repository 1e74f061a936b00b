
/*
 * api_forward_token strip: the upstream does not get the credential.
 */

#include "ngx_api_sec_forward.h"
#include "ngx_api_sec_key.h"
#include "ngx_api_header.h"
#include "api_percent.h"


static ngx_uint_t ngx_api_sec_strip_looks(const ngx_api_sec_auth_t *auth,
    ngx_uint_t kind, api_span_t name);
static ngx_uint_t ngx_api_sec_strip_is(ngx_uint_t kind,
    const ngx_str_t *place, api_span_t name);
static ngx_uint_t ngx_api_sec_strip_drop(const ngx_table_elt_t *h,
    void *data);
static ngx_uint_t ngx_api_sec_strip_scheme(const ngx_str_t *value);
static ngx_uint_t ngx_api_sec_strip_is_cookie(const ngx_table_elt_t *h);
static ngx_uint_t ngx_api_sec_strip_in_cookie(const ngx_table_elt_t *h,
    const ngx_api_sec_auth_t *auth);
static ngx_int_t ngx_api_sec_strip_cookies(ngx_http_request_t *r,
    const ngx_api_sec_auth_t *auth, const ngx_list_t *headers);
static ngx_int_t ngx_api_sec_strip_cookie(ngx_http_request_t *r,
    const ngx_api_sec_auth_t *auth, const ngx_table_elt_t *h);
static ngx_int_t ngx_api_sec_strip_query(ngx_http_request_t *r,
    const ngx_api_sec_auth_t *auth, ngx_api_sec_forwarded_t *forwarded);
static ngx_int_t ngx_api_sec_strip_uri(ngx_http_request_t *r,
    const ngx_str_t *args);


ngx_int_t
ngx_api_sec_strip(ngx_http_request_t *r, const ngx_api_sec_auth_t *auth,
    ngx_api_sec_forwarded_t *forwarded)
{
    if (ngx_api_headers_rebuild(r, ngx_api_sec_strip_drop, (void *) auth)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (auth == NULL) {
        return NGX_OK;
    }

    if (ngx_api_sec_strip_cookies(r, auth, &forwarded->headers.headers)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return r->args.len ? ngx_api_sec_strip_query(r, auth, forwarded)
                       : NGX_OK;
}


static ngx_uint_t
ngx_api_sec_strip_looks(const ngx_api_sec_auth_t *auth, ngx_uint_t kind,
    api_span_t name)
{
    ngx_uint_t                        i, n;
    const ngx_api_sec_use_t          *use;
    const ngx_api_sec_place_t        *place;
    ngx_api_sec_key_store_t * const  *store;

    place = auth->places.elts;

    for (i = 0; i < auth->places.nelts; i++) {
        if (place[i].kind == kind
            && ngx_api_sec_strip_is(kind, &place[i].name, name))
        {
            return 1;
        }
    }

    use = auth->uses.elts;

    for (i = 0; i < auth->uses.nelts; i++) {

        if (use[i].method != &ngx_api_sec_method_key) {
            continue;
        }

        store = use[i].things.elts;

        for (n = 0; n < use[i].things.nelts; n++) {
            if ((kind == NGX_API_PLACE_HEADER
                 && ngx_api_sec_strip_is(kind, &store[n]->header, name))
                || (kind == NGX_API_PLACE_QUERY
                    && ngx_api_sec_strip_is(kind, &store[n]->query, name)))
            {
                return 1;
            }
        }
    }

    return 0;
}


/* Headers without case; parameters also as others may read their names. */

static ngx_uint_t
ngx_api_sec_strip_is(ngx_uint_t kind, const ngx_str_t *place,
    api_span_t name)
{
    if (place->len == 0) {
        return 0;
    }

    switch (kind) {

    case NGX_API_PLACE_HEADER:
        return api_span_eq_nocase(ngx_api_span(place), name);

    case NGX_API_PLACE_COOKIE:
        return api_span_eq(ngx_api_span(place), name);

    default: /* NGX_API_PLACE_QUERY */
        return api_operand_alike(name, ngx_api_span(place));
    }
}


static ngx_uint_t
ngx_api_sec_strip_drop(const ngx_table_elt_t *h, void *data)
{
    const ngx_api_sec_auth_t *auth = data;

    static const ngx_str_t  dpop = ngx_string("dpop");

    if (ngx_api_headers_alike(h, &dpop)) {
        return 1;
    }

    if (h->key.len == 13
        && ngx_strncmp(h->lowcase_key, "authorization", 13) == 0)
    {
        return ngx_api_sec_strip_scheme(&h->value);
    }

    if (auth == NULL) {
        return 0;
    }

    return ngx_api_sec_strip_looks(auth, NGX_API_PLACE_HEADER,
                                   ngx_api_span(&h->key))
           || (ngx_api_sec_strip_is_cookie(h)
               && ngx_api_sec_strip_in_cookie(h, auth));
}


static ngx_uint_t
ngx_api_sec_strip_scheme(const ngx_str_t *value)
{
    api_span_t  s;

    s = ngx_api_span(value);

    return ngx_api_sec_token_scheme("Bearer", &s)
           || ngx_api_sec_token_scheme("DPoP", &s);
}


static ngx_uint_t
ngx_api_sec_strip_is_cookie(const ngx_table_elt_t *h)
{
    return h->key.len == 6 && ngx_strncmp(h->lowcase_key, "cookie", 6) == 0;
}


static ngx_uint_t
ngx_api_sec_strip_in_cookie(const ngx_table_elt_t *h,
    const ngx_api_sec_auth_t *auth)
{
    api_span_t  rest, word;

    rest = ngx_api_span(&h->value);

    while (rest.len) {
        word = ngx_api_header_word(&rest, ';');

        if (ngx_api_sec_strip_looks(auth, NGX_API_PLACE_COOKIE,
                                    ngx_api_header_word(&word, '=')))
        {
            return 1;
        }
    }

    return 0;
}


/* Lines that had one were left out; they come back without it. */

static ngx_int_t
ngx_api_sec_strip_cookies(ngx_http_request_t *r,
    const ngx_api_sec_auth_t *auth, const ngx_list_t *headers)
{
    ngx_uint_t              i, found;
    ngx_table_elt_t        *h;
    const ngx_list_part_t  *part;

    found = 0;

    for (part = &headers->part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (!ngx_api_sec_strip_is_cookie(&h[i])
                || !ngx_api_sec_strip_in_cookie(&h[i], auth))
            {
                continue;
            }

            found = 1;

            if (ngx_api_sec_strip_cookie(r, auth, &h[i]) != NGX_OK) {
                return NGX_ERROR;
            }
        }
    }

    return found ? ngx_api_headers_cookies(r) : NGX_OK;
}


static ngx_int_t
ngx_api_sec_strip_cookie(ngx_http_request_t *r,
    const ngx_api_sec_auth_t *auth, const ngx_table_elt_t *h)
{
    u_char      *p;
    ngx_str_t    name, lowcase, value;
    api_span_t   rest, word, pair;

    value.data = ngx_pnalloc(r->pool, 2 * h->value.len);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    p = value.data;
    rest = ngx_api_span(&h->value);

    while (rest.len) {
        pair = ngx_api_header_word(&rest, ';');
        word = pair;

        if (pair.len == 0
            || ngx_api_sec_strip_looks(auth, NGX_API_PLACE_COOKIE,
                                       ngx_api_header_word(&word, '=')))
        {
            continue;
        }

        if (p != value.data) {
            *p++ = ';';
            *p++ = ' ';
        }

        p = ngx_cpymem(p, pair.data, pair.len);
    }

    value.len = p - value.data;

    if (value.len == 0) {
        return NGX_OK;
    }

    name = h->key;
    lowcase.data = h->lowcase_key;
    lowcase.len = h->key.len;

    return ngx_api_headers_push(r, &name, &lowcase, &value) ? NGX_OK
                                                            : NGX_ERROR;
}


static ngx_int_t
ngx_api_sec_strip_query(ngx_http_request_t *r,
    const ngx_api_sec_auth_t *auth, ngx_api_sec_forwarded_t *forwarded)
{
    u_char      *p, *buf;
    size_t       n;
    unsigned     flags;
    ngx_str_t    args;
    api_span_t   rest, pair, name;

    buf = ngx_pnalloc(r->pool, 2 * r->args.len);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    args.data = buf + r->args.len;
    p = args.data;
    rest = ngx_api_span(&r->args);

    while (rest.len) {
        for (n = 0; n < rest.len && rest.data[n] != '&'; n++) { /* void */ }

        pair = api_span(rest.data, n);
        n += (n < rest.len);
        rest = api_span(rest.data + n, rest.len - n);

        for (n = 0; n < pair.len && pair.data[n] != '='; n++) { /* void */ }

        flags = 0;
        n = api_percent_decode(api_span(pair.data, n), API_PERCENT_PLUS, buf,
                               &flags);
        name = api_span(buf, n);

        if (ngx_api_sec_strip_looks(auth, NGX_API_PLACE_QUERY, name)) {
            continue;
        }

        if (p != args.data) {
            *p++ = '&';
        }

        p = ngx_cpymem(p, pair.data, pair.len);
    }

    args.len = p - args.data;

    if (args.len == r->args.len) {
        return NGX_OK;
    }

    forwarded->query = 1;
    forwarded->args = r->args;
    forwarded->unparsed_uri = r->unparsed_uri;
    forwarded->stripped = args;

    r->args = args;

    return ngx_api_sec_strip_uri(r, &args);
}


/* The path as it was sent, with another query. */

static ngx_int_t
ngx_api_sec_strip_uri(ngx_http_request_t *r, const ngx_str_t *args)
{
    u_char  *p, *last, *uri;

    p = r->unparsed_uri.data;
    last = ngx_strlchr(p, p + r->unparsed_uri.len, '?');

    if (last == NULL) {
        return NGX_OK;
    }

    uri = ngx_pnalloc(r->pool, last - p + 1 + args->len);
    if (uri == NULL) {
        return NGX_ERROR;
    }

    r->unparsed_uri.data = uri;

    uri = ngx_cpymem(uri, p, last - p);

    if (args->len) {
        *uri++ = '?';
        uri = ngx_cpymem(uri, args->data, args->len);
    }

    r->unparsed_uri.len = uri - r->unparsed_uri.data;

    return NGX_OK;
}
