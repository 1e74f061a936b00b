
/*
 * api_origin: which pages may open a connection, as a browser tells.
 *
 * A browser sends cookies with a WebSocket handshake of any page and lets the
 * page read what comes back: CORS does not hold there, and the server has to
 * look at Origin itself (RFC 6455 section 10.2).  The same for event streams,
 * and for whatever changes something on the word of a cookie.
 */

#include "ngx_api_sec_cors.h"
#include "ngx_api_header.h"


struct ngx_api_sec_origins_s {
    ngx_api_sec_cors_t          list;         /* only its origins */
    ngx_flag_t                  same;         /* the page's own host */
    ngx_flag_t                  cors;         /* those of api_cors */
    ngx_uint_t                  on;
    ngx_uint_t                  absent;
    ngx_api_mode_t              mode;
};


#define NGX_API_SEC_ON_STREAM    0
#define NGX_API_SEC_ON_WRITE     1
#define NGX_API_SEC_ON_ALL       2

#define NGX_API_SEC_ORIGIN_PASS  0
#define NGX_API_SEC_ORIGIN_DENY  1


static char *ngx_api_sec_origin_list(ngx_conf_t *cf,
    ngx_api_sec_origins_t *origins, ngx_uint_t n);
static ngx_uint_t ngx_api_sec_origin_concerns(ngx_http_request_t *r,
    const ngx_api_sec_origins_t *origins);
static ngx_uint_t ngx_api_sec_origin_is_stream(ngx_http_request_t *r);
static ngx_uint_t ngx_api_sec_origin_word(ngx_http_request_t *r,
    const char *name, u_char end, api_span_t word);
static ngx_uint_t ngx_api_sec_origin_known(ngx_http_request_t *r,
    const ngx_api_sec_loc_conf_t *lcf, const ngx_str_t *origin);
static ngx_uint_t ngx_api_sec_origin_same(ngx_http_request_t *r,
    const ngx_str_t *origin);


ngx_int_t
ngx_api_sec_origin_handler(ngx_http_request_t *r)
{
    ngx_int_t                        rc;
    ngx_uint_t                       mode;
    ngx_api_why_t                    why;
    const ngx_str_t                 *origin;
    ngx_api_record_t                *rec;
    const ngx_api_sec_loc_conf_t    *lcf;
    const ngx_api_sec_main_conf_t   *mcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);

    if (lcf->origins == NULL || r != r->main
        || !ngx_api_sec_origin_concerns(r, lcf->origins))
    {
        return NGX_DECLINED;
    }

    mode = ngx_api_sec_mode(r, lcf, &lcf->origins->mode);

    if (mode == NGX_API_MODE_OFF) {
        return NGX_DECLINED;
    }

    rc = ngx_api_header_in(r, "origin", &origin);

    if (rc == NGX_OK && origin == NULL
        ? lcf->origins->absent == NGX_API_SEC_ORIGIN_PASS
        : rc == NGX_OK && ngx_api_sec_origin_known(r, lcf, origin))
    {
        return NGX_DECLINED;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);

    rec = ngx_api_record(r, mcf->self.record);
    if (rec == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(&why, sizeof(ngx_api_why_t));

    why.check = NGX_API_CHECK_CORS;
    why.status = NGX_HTTP_FORBIDDEN;
    ngx_str_set(&why.reason, "foreign_page");
    ngx_str_set(&why.code, "origin");
    ngx_str_set(&why.title, "Pages of this origin may not do this");

    if (origin) {
        why.detail = *origin;
    }

    return ngx_api_refuse(r, &mcf->self, rec, &why, mode);
}


static ngx_uint_t
ngx_api_sec_origin_concerns(ngx_http_request_t *r,
    const ngx_api_sec_origins_t *origins)
{
    switch (origins->on) {

    case NGX_API_SEC_ON_ALL:
        return 1;

    case NGX_API_SEC_ON_WRITE:
        return !(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD|NGX_HTTP_OPTIONS))
               || ngx_api_sec_origin_is_stream(r);

    default: /* NGX_API_SEC_ON_STREAM */
        return ngx_api_sec_origin_is_stream(r);
    }
}


static ngx_uint_t
ngx_api_sec_origin_is_stream(ngx_http_request_t *r)
{
    return ngx_api_sec_origin_word(r, "upgrade", ',', API_SPAN("websocket"))
           || ngx_api_sec_origin_word(r, "accept", ',',
                                      API_SPAN("text/event-stream"));
}


/* Does a line of that header have the word, with or without parameters? */

static ngx_uint_t
ngx_api_sec_origin_word(ngx_http_request_t *r, const char *name, u_char end,
    api_span_t word)
{
    size_t                  len;
    api_span_t              list, item;
    ngx_uint_t              i;
    ngx_table_elt_t        *h;
    const ngx_list_part_t  *part;

    len = ngx_strlen(name);

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].key.len != len
                || ngx_memcmp(h[i].lowcase_key, name, len) != 0)
            {
                continue;
            }

            list = ngx_api_span(&h[i].value);

            while (list.len) {
                item = ngx_api_header_word(&list, end);

                if (api_span_eq_nocase(ngx_api_header_word(&item, ';'), word))
                {
                    return 1;
                }
            }
        }
    }

    return 0;
}


static ngx_uint_t
ngx_api_sec_origin_known(ngx_http_request_t *r,
    const ngx_api_sec_loc_conf_t *lcf, const ngx_str_t *origin)
{
    const ngx_api_sec_origins_t  *origins;

    origins = lcf->origins;

    return (origins->same && ngx_api_sec_origin_same(r, origin))
           || ngx_api_sec_cors_origin(&origins->list, origin)
           || (origins->cors && lcf->cors
               && ngx_api_sec_cors_origin(lcf->cors, origin));
}


/*
 * The host and port that the browser has put into Host.  Whether it is http or
 * https we may not see behind a proxy that ends TLS.
 */

static ngx_uint_t
ngx_api_sec_origin_same(ngx_http_request_t *r, const ngx_str_t *origin)
{
    api_span_t        rest, host;
    const ngx_str_t  *value;

    if (ngx_api_header_in(r, "host", &value) != NGX_OK) {
        return 0;
    }

    host = value ? ngx_api_span(value) : ngx_api_span(&r->headers_in.server);

    if (origin->len > 8 && ngx_strncmp(origin->data, "https://", 8) == 0) {
        rest = api_span(origin->data + 8, origin->len - 8);

    } else if (origin->len > 7
               && ngx_strncmp(origin->data, "http://", 7) == 0)
    {
        rest = api_span(origin->data + 7, origin->len - 7);

    } else {
        return 0;
    }

    return host.len && api_span_eq_nocase(rest, host);
}


/* api_origin ORIGIN|same|cors ... [on=] [absent=] [mode=] | off */

char *
ngx_api_sec_api_origin(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    char                   *rv;
    ngx_str_t              *value;
    ngx_uint_t              n;
    ngx_api_sec_origins_t  *origins;

    static const ngx_str_t  on[] = {
        ngx_string("stream"),
        ngx_string("write"),
        ngx_string("all"),
        ngx_null_string
    };

    static const ngx_str_t  absent[] = {
        ngx_string("pass"),
        ngx_string("deny"),
        ngx_null_string
    };

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("on"), NGX_API_OPT_ENUM,
          offsetof(ngx_api_sec_origins_t, on), on },
        { ngx_string("absent"), NGX_API_OPT_ENUM,
          offsetof(ngx_api_sec_origins_t, absent), absent },
        { ngx_string("mode"), NGX_API_OPT_MODE,
          offsetof(ngx_api_sec_origins_t, mode), NULL },
        ngx_api_null_opt
    };

    if (lcf->origins != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        lcf->origins = NULL;
        return NGX_CONF_OK;
    }

    origins = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_origins_t));
    if (origins == NULL) {
        return NGX_CONF_ERROR;
    }

    origins->mode.fixed = NGX_API_MODE_ENFORCE;

    for (n = 1; n < cf->args->nelts; n++) {
        if (ngx_strlchr(value[n].data, value[n].data + value[n].len, '=')) {
            break;
        }
    }

    rv = ngx_api_sec_origin_list(cf, origins, n);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (ngx_api_conf_opts(cf, n, opts, origins) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    lcf->origins = origins;
    ngx_api_sec_uses(cf, NGX_API_SEC_USES_ORIGIN);

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_origin_list(ngx_conf_t *cf, ngx_api_sec_origins_t *origins,
    ngx_uint_t n)
{
    ngx_str_t   *value;
    ngx_uint_t   i;

    if (n == 1) {
        return "needs origins, for example https://app.example.com; or same, "
               "or cors for those of api_cors";
    }

    if (ngx_array_init(&origins->list.origins, cf->pool, n,
                       sizeof(ngx_api_sec_origin_t))
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < n; i++) {

        if (ngx_strcmp(value[i].data, "same") == 0) {
            origins->same = 1;
            continue;
        }

        if (ngx_strcmp(value[i].data, "cors") == 0) {
            origins->cors = 1;
            continue;
        }

        if (value[i].len == 1 && value[i].data[0] == '*') {
            return "takes no \"*\": pages of every origin may do this "
                   "without it";
        }

        if (ngx_api_sec_cors_add(cf, &origins->list, &value[i])
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}
