
/*
 * Where a bearer token stands in a request (RFC 6750 section 2): always in
 * Authorization, and in the places that the policy's issuers name.
 *
 * A request has one token.  Two that differ are refused, wherever they stand:
 * the one that was checked and the one that an upstream takes might be two.
 */

#include "ngx_api_sec.h"
#include "ngx_api_header.h"
#include "ngx_api_headers_in.h"


static void ngx_api_sec_token_authorization(ngx_http_request_t *r,
    ngx_api_sec_token_t *t);
static void ngx_api_sec_token_lines(ngx_http_request_t *r,
    const ngx_str_t *name, ngx_uint_t place, ngx_api_sec_token_t *t);
static void ngx_api_sec_token_cookie(ngx_http_request_t *r,
    const ngx_str_t *name, ngx_uint_t place, ngx_api_sec_token_t *t);
static ngx_int_t ngx_api_sec_token_query(ngx_http_request_t *r,
    const ngx_str_t *name, ngx_uint_t place, ngx_api_sec_token_t *t);
static void ngx_api_sec_token_found(ngx_api_sec_token_t *t,
    api_span_t token, ngx_uint_t place);
static ngx_uint_t ngx_api_sec_is_token(api_span_t s);


ngx_int_t
ngx_api_sec_token(ngx_http_request_t *r, const ngx_api_sec_auth_t *auth,
    ngx_api_sec_token_t *t)
{
    ngx_uint_t                   i;
    const ngx_api_sec_place_t   *place;

    ngx_memzero(t, sizeof(ngx_api_sec_token_t));

    ngx_api_sec_token_authorization(r, t);

    place = auth->places.elts;

    for (i = 0; i < auth->places.nelts; i++) {

        switch (place[i].kind) {

        case NGX_API_PLACE_HEADER:
            ngx_api_sec_token_lines(r, &place[i].name, i + 1, t);
            break;

        case NGX_API_PLACE_COOKIE:
            ngx_api_sec_token_cookie(r, &place[i].name, i + 1, t);
            break;

        default: /* NGX_API_PLACE_QUERY */
            if (ngx_api_sec_token_query(r, &place[i].name, i + 1, t)
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_api_sec_token_take(ngx_http_request_t *r, ngx_api_sec_ctx_t *ctx)
{
    if (ctx->taken) {
        return NGX_OK;
    }

    if (ngx_api_sec_token(r, ctx->auth, &ctx->token) != NGX_OK) {
        return NGX_ERROR;
    }

    ctx->taken = 1;

    return NGX_OK;
}


ngx_uint_t
ngx_api_sec_token_of(const ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_method_t *method)
{
    size_t      i;
    api_span_t  s;
    ngx_uint_t  dots, jwt;

    if (ngx_api_sec_auth_use(ctx->auth, &ngx_api_sec_method_jwt) == NULL
        || ngx_api_sec_auth_use(ctx->auth, &ngx_api_sec_method_introspect)
           == NULL)
    {
        return 1;
    }

    s = ctx->token.token;
    dots = 0;

    for (i = 0; i < s.len; i++) {
        dots += (s.data[i] == '.');
    }

    jwt = (dots == 2 || dots == 4);

    return jwt == (method == &ngx_api_sec_method_jwt);
}


ngx_uint_t
ngx_api_sec_token_allowed(const ngx_api_sec_token_t *t,
    const ngx_api_sec_auth_t *auth, const ngx_array_t *places)
{
    ngx_uint_t                  i, n;
    const ngx_api_sec_place_t  *place, *own;

    if (t->places & 1) {
        return 1;    /* Authorization */
    }

    place = auth->places.elts;
    own = places->elts;

    for (i = 0; i < auth->places.nelts; i++) {
        if (!(t->places & (2u << i))) {
            continue;
        }

        for (n = 0; n < places->nelts; n++) {
            if (own[n].kind == place[i].kind
                && own[n].name.len == place[i].name.len
                && ngx_memcmp(own[n].name.data, place[i].name.data,
                              own[n].name.len)
                   == 0)
            {
                return 1;
            }
        }
    }

    return 0;
}


/*
 * A request without an Authorization header, or with another scheme, has no
 * token there.  nginx itself refuses a second Authorization line.
 */

static void
ngx_api_sec_token_authorization(ngx_http_request_t *r, ngx_api_sec_token_t *t)
{
    api_span_t  s;

    if (r->headers_in.authorization == NULL) {
        return;
    }

    s = ngx_api_span(&r->headers_in.authorization->value);

    if (!ngx_api_sec_token_scheme("Bearer", &s)) {
        if (!ngx_api_sec_token_scheme("DPoP", &s)) {
            return;
        }

        t->dpop = 1;
    }

    t->authorization = 1;
    ngx_api_sec_token_found(t, s, 0);
}


ngx_uint_t
ngx_api_sec_token_is_dpop(ngx_http_request_t *r)
{
    api_span_t  s;

    if (r->headers_in.authorization == NULL) {
        return 0;
    }

    s = ngx_api_span(&r->headers_in.authorization->value);

    return ngx_api_sec_token_scheme("DPoP", &s);
}


/*
 * nginx takes spaces off the front of a value in HTTP/1 alone, and tabs never.
 * An upstream does, some with other control characters: for them it is the
 * scheme, so it is here too.  The same with what cannot be in its name.
 */

ngx_uint_t
ngx_api_sec_token_scheme(const char *scheme, api_span_t *s)
{
    size_t         len;
    const u_char  *p, *last;

    p = s->data;
    last = p + s->len;
    len = ngx_strlen(scheme);

    while (p < last && *p <= ' ') {
        p++;
    }

    if ((size_t) (last - p) < len
        || ngx_strncasecmp((u_char *) (uintptr_t) p,
                           (u_char *) (uintptr_t) scheme, len)
           != 0)
    {
        return 0;
    }

    p += len;

    if (p < last && *p > ' ' && *p != ',') {
        return 0;    /* a scheme with a longer name */
    }

    while (p < last && (*p == ' ' || *p == '\t')) {
        p++;
    }

    while (p < last && (last[-1] == ' ' || last[-1] == '\t')) {
        last--;
    }

    *s = api_span(p, last - p);

    return 1;
}


/* A header of its own has the token alone, or as Authorization would. */

static void
ngx_api_sec_token_lines(ngx_http_request_t *r, const ngx_str_t *name,
    ngx_uint_t place, ngx_api_sec_token_t *t)
{
    api_span_t              s;
    ngx_uint_t              i;
    ngx_table_elt_t        *h;
    const ngx_list_part_t  *part;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (!ngx_api_headers_alike(&h[i], name)) {
                continue;
            }

            s = ngx_api_span(&h[i].value);

            if (ngx_api_sec_token_scheme("Bearer", &s) || s.len) {
                ngx_api_sec_token_found(t, s, place);
            }
        }
    }
}


/* Blanks around a name are no part of it: others take them off, too. */

static void
ngx_api_sec_token_cookie(ngx_http_request_t *r, const ngx_str_t *name,
    ngx_uint_t place, ngx_api_sec_token_t *t)
{
    api_span_t              rest, value, key;
    ngx_uint_t              i;
    ngx_table_elt_t        *h;
    const ngx_list_part_t  *part;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len != 6
                || ngx_strncasecmp(h[i].key.data, (u_char *) "cookie", 6)
                   != 0)
            {
                continue;
            }

            rest = ngx_api_span(&h[i].value);

            while (rest.len) {
                value = ngx_api_header_word(&rest, ';');
                key = ngx_api_header_word(&value, '=');

                if (value.len && api_span_eq(key, ngx_api_span(name))) {
                    ngx_api_sec_token_found(t, value, place);
                }
            }
        }
    }
}


/* Names are compared as an upstream would read them: decoded. */

static ngx_int_t
ngx_api_sec_token_query(ngx_http_request_t *r, const ngx_str_t *name,
    ngx_uint_t place, ngx_api_sec_token_t *t)
{
    u_char      *p, *last, *end, *eq;
    api_span_t   key, value;

    p = r->args.data;
    last = p + r->args.len;

    for ( /* void */ ; p < last; p = end + 1) {
        end = ngx_strlchr(p, last, '&');
        end = end ? end : last;

        eq = ngx_strlchr(p, end, '=');

        if (eq == NULL || eq + 1 == end) {
            continue;
        }

        key = api_span(p, eq - p);
        value = api_span(eq + 1, end - eq - 1);

        if (ngx_api_sec_token_decode(r, &key) != NGX_OK) {
            return NGX_ERROR;
        }

        if (!api_span_eq(key, ngx_api_span(name))) {
            continue;
        }

        if (ngx_api_sec_token_decode(r, &value) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_api_sec_token_found(t, value, place);
    }

    return NGX_OK;
}


ngx_int_t
ngx_api_sec_token_decode(ngx_http_request_t *r, api_span_t *s)
{
    u_char  *src, *dst, *begin;

    src = (u_char *) (uintptr_t) s->data;

    if (ngx_strlchr(src, src + s->len, '%') == NULL) {
        return NGX_OK;
    }

    begin = ngx_pnalloc(r->pool, s->len);
    if (begin == NULL) {
        return NGX_ERROR;
    }

    dst = begin;
    ngx_unescape_uri(&dst, &src, s->len, 0);

    *s = api_span(begin, dst - begin);

    return NGX_OK;
}


static void
ngx_api_sec_token_found(ngx_api_sec_token_t *t, api_span_t token,
    ngx_uint_t place)
{
    t->places |= 1u << place;

    if (t->state == NGX_API_TOKEN_NONE) {
        t->token = token;
        t->state = ngx_api_sec_is_token(token) ? NGX_API_TOKEN_ONE
                                               : NGX_API_TOKEN_MALFORMED;
        return;
    }

    if (!api_span_eq(t->token, token)) {
        t->state = NGX_API_TOKEN_SEVERAL;
    }
}


/*
 * token68 of RFC 9110 11.2, which is what a bearer token may be made of.  Of a
 * token that is known this is half of the work, so it is a table.
 */

#define NGX_API_TOKEN_16  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1

static const u_char  ngx_api_sec_token_bad[256] = {
    NGX_API_TOKEN_16, NGX_API_TOKEN_16,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 0, 0,    /* + - . / */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1,    /* 0 to 9 */
    1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    /* A to O */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0,    /* P to Z, _ */
    1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    /* a to o */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 1,    /* p to z, ~ */
    NGX_API_TOKEN_16, NGX_API_TOKEN_16, NGX_API_TOKEN_16, NGX_API_TOKEN_16,
    NGX_API_TOKEN_16, NGX_API_TOKEN_16, NGX_API_TOKEN_16, NGX_API_TOKEN_16
};


static ngx_uint_t
ngx_api_sec_is_token(api_span_t s)
{
    size_t         i, n;
    ngx_uint_t     bad;
    const u_char  *p;

    n = s.len;

    while (n && s.data[n - 1] == '=') {
        n--;
    }

    if (n == 0) {
        return 0;
    }

    p = s.data;
    bad = 0;

    for (i = 0; i + 4 <= n; i += 4) {
        bad |= ngx_api_sec_token_bad[p[i]] | ngx_api_sec_token_bad[p[i + 1]]
               | ngx_api_sec_token_bad[p[i + 2]]
               | ngx_api_sec_token_bad[p[i + 3]];
    }

    for ( /* void */ ; i < n; i++) {
        bad |= ngx_api_sec_token_bad[p[i]];
    }

    return !bad;
}


char *
ngx_api_sec_place_add(ngx_conf_t *cf, ngx_array_t *places)
{
    ngx_str_t            *value;
    ngx_uint_t            i, kind;
    ngx_api_sec_place_t  *place;

    static const ngx_str_t  kinds[] = {
        ngx_string("header="),
        ngx_string("cookie="),
        ngx_string("query="),
        ngx_null_string
    };

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        for (kind = 0; kinds[kind].len; kind++) {
            if (value[i].len > kinds[kind].len
                && ngx_strncmp(value[i].data, kinds[kind].data,
                               kinds[kind].len)
                   == 0)
            {
                break;
            }
        }

        if (kinds[kind].len == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" is no place for a token: write "
                               "header=NAME, cookie=NAME or query=NAME",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        if (places->nelts == NGX_API_PLACE_MAX) {
            return "names too many places";
        }

        place = ngx_array_push(places);
        if (place == NULL) {
            return NGX_CONF_ERROR;
        }

        place->kind = kind;
        place->name.data = value[i].data + kinds[kind].len;
        place->name.len = value[i].len - kinds[kind].len;

        if (kind == NGX_API_PLACE_HEADER) {
            ngx_strlow(place->name.data, place->name.data, place->name.len);
        }

        if (kind == NGX_API_PLACE_QUERY) {
            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "tokens in the query stand in access logs, in "
                               "nginx's own error messages and in Referer: "
                               "see to it that nobody keeps them");
        }
    }

    return NGX_CONF_OK;
}


/* A policy looks where any of its issuers allows a token to be. */

ngx_int_t
ngx_api_sec_places_join(ngx_array_t *all, const ngx_array_t *places)
{
    ngx_uint_t                   i, n;
    ngx_api_sec_place_t         *had, *new;
    const ngx_api_sec_place_t   *place;

    place = places->elts;

    for (i = 0; i < places->nelts; i++) {
        had = all->elts;

        for (n = 0; n < all->nelts; n++) {
            if (had[n].kind == place[i].kind
                && had[n].name.len == place[i].name.len
                && ngx_memcmp(had[n].name.data, place[i].name.data,
                              had[n].name.len)
                   == 0)
            {
                break;
            }
        }

        if (n < all->nelts) {
            continue;
        }

        if (all->nelts == NGX_API_PLACE_MAX) {
            return NGX_DECLINED;
        }

        new = ngx_array_push(all);
        if (new == NULL) {
            return NGX_ERROR;
        }

        *new = place[i];
    }

    return NGX_OK;
}
