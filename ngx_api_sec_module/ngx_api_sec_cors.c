
/*
 * api_cors: which pages of other origins may read the answers (the CORS
 * protocol of the Fetch standard).
 *
 * Preflights are answered here and never reach an upstream.  What browsers
 * enforce is no protection of the server, so api_mode does not switch it off:
 * in monitor a preflight that would be refused is recorded as that and gets
 * an answer that allows nothing.
 */

#include "ngx_api_sec_cors.h"
#include "ngx_api_header.h"


typedef struct {
    const ngx_str_t            *origin;
    const ngx_str_t            *method;     /* Access-Control-Request-Method */
    const ngx_str_t            *headers;
    ngx_uint_t                  malformed;  /* one of them stands twice */
} ngx_api_sec_cors_request_t;


static ngx_int_t ngx_api_sec_cors_preflight(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf,
    const ngx_api_sec_cors_request_t *req);
static ngx_int_t ngx_api_sec_cors_answer(ngx_http_request_t *r,
    const ngx_api_sec_cors_t *cors, const ngx_str_t *origin);
static void ngx_api_sec_cors_request(ngx_http_request_t *r,
    ngx_api_sec_cors_request_t *req);
static ngx_uint_t ngx_api_sec_cors_under(const ngx_api_sec_origin_t *wild,
    const ngx_str_t *origin);
static ngx_uint_t ngx_api_sec_cors_method(const ngx_api_sec_cors_t *cors,
    const ngx_str_t *method);
static ngx_uint_t ngx_api_sec_cors_headers_in(const ngx_api_sec_cors_t *cors,
    const ngx_str_t *headers);
static ngx_uint_t ngx_api_sec_cors_name(const ngx_api_sec_cors_t *cors,
    api_span_t name);
static ngx_int_t ngx_api_sec_cors_allow_origin(ngx_http_request_t *r,
    const ngx_api_sec_cors_t *cors, const ngx_str_t *origin);
static void ngx_api_sec_cors_clear(ngx_http_request_t *r,
    ngx_uint_t *varies);
static ngx_uint_t ngx_api_sec_cors_varies(const ngx_str_t *value);


typedef enum {
    NGX_API_SEC_CORS_ORIGIN = 0,
    NGX_API_SEC_CORS_METHOD,
    NGX_API_SEC_CORS_HEADER,
    NGX_API_SEC_CORS_MALFORMED
} ngx_api_sec_cors_fault_e;


static const ngx_api_why_t  ngx_api_sec_cors_faults[] = {

    { NGX_API_CHECK_CORS, NGX_HTTP_FORBIDDEN,
      ngx_string("origin"), ngx_null_string,
      ngx_string("cors_origin"),
      ngx_string("This origin is not allowed"), ngx_null_string },

    { NGX_API_CHECK_CORS, NGX_HTTP_FORBIDDEN,
      ngx_string("method"), ngx_null_string,
      ngx_string("cors_method"),
      ngx_string("This method is not allowed to other origins"),
      ngx_null_string },

    { NGX_API_CHECK_CORS, NGX_HTTP_FORBIDDEN,
      ngx_string("header"), ngx_null_string,
      ngx_string("cors_header"),
      ngx_string("A request header is not allowed to other origins"),
      ngx_null_string },

    { NGX_API_CHECK_CORS, NGX_HTTP_BAD_REQUEST,
      ngx_string("malformed"),
      ngx_string("a header of the preflight stands twice"),
      ngx_string("cors_malformed"),
      ngx_string("The preflight request is malformed"), ngx_null_string }
};


static const ngx_str_t  ngx_api_sec_cors_allowed = ngx_string("allowed");
static const ngx_str_t  ngx_api_sec_cors_foreign = ngx_string("not_allowed");


ngx_int_t
ngx_api_sec_cors_handler(ngx_http_request_t *r)
{
    ngx_uint_t                       known;
    ngx_api_record_t                *rec;
    ngx_api_sec_cors_request_t       req;
    const ngx_api_sec_loc_conf_t    *lcf;
    const ngx_api_sec_main_conf_t   *mcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);

    if (lcf->cors == NULL || r != r->main) {
        return NGX_DECLINED;
    }

    ngx_api_sec_cors_request(r, &req);

    if (req.origin == NULL) {
        return NGX_DECLINED;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);

    if (r->method == NGX_HTTP_OPTIONS && req.method) {
        return ngx_api_sec_cors_preflight(r, mcf, lcf, &req);
    }

    rec = ngx_api_record(r, mcf->self.record);
    if (rec == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* the browser, not we, keeps the answer from a page of another origin */

    known = !req.malformed && ngx_api_sec_cors_origin(lcf->cors, req.origin);

    ngx_api_record_decide(rec, NGX_API_CHECK_CORS, NGX_API_ALLOW, 0,
                          known ? &ngx_api_sec_cors_allowed
                                : &ngx_api_sec_cors_foreign, NULL);

    return NGX_DECLINED;
}


static ngx_int_t
ngx_api_sec_cors_preflight(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf,
    const ngx_api_sec_cors_request_t *req)
{
    ngx_int_t                   rc;
    ngx_uint_t                  fault, mode;
    ngx_api_why_t               why;
    ngx_api_record_t           *rec;
    ngx_api_sec_ctx_t          *ctx;
    const ngx_api_sec_cors_t   *cors;

    ctx = ngx_api_sec_ctx(r, mcf, &rec);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cors = lcf->cors;

    if (req->malformed) {
        fault = NGX_API_SEC_CORS_MALFORMED;

    } else if (!ngx_api_sec_cors_origin(cors, req->origin)) {
        fault = NGX_API_SEC_CORS_ORIGIN;

    } else if (!ngx_api_sec_cors_method(cors, req->method)) {
        fault = NGX_API_SEC_CORS_METHOD;

    } else if (!ngx_api_sec_cors_headers_in(cors, req->headers)) {
        fault = NGX_API_SEC_CORS_HEADER;

    } else {
        ngx_api_record_decide(rec, NGX_API_CHECK_CORS, NGX_API_ALLOW,
                              NGX_HTTP_NO_CONTENT, &ngx_api_sec_cors_allowed,
                              NULL);

        ctx->cors_done = 1;

        return ngx_api_sec_cors_answer(r, cors, req->origin);
    }

    why = ngx_api_sec_cors_faults[fault];

    if (fault == NGX_API_SEC_CORS_ORIGIN) {
        why.detail = *req->origin;

    } else if (fault == NGX_API_SEC_CORS_METHOD) {
        why.detail = *req->method;

    } else if (fault == NGX_API_SEC_CORS_HEADER) {
        why.detail = *req->headers;
    }

    mode = ngx_api_mode(r, &lcf->shared.mode);

    if (mode == NGX_API_MODE_OFF) {
        return NGX_HTTP_NO_CONTENT;
    }

    rc = ngx_api_refuse(r, &mcf->self, rec, &why, mode);

    return rc == NGX_DECLINED ? NGX_HTTP_NO_CONTENT : rc;
}


static ngx_int_t
ngx_api_sec_cors_answer(ngx_http_request_t *r, const ngx_api_sec_cors_t *cors,
    const ngx_str_t *origin)
{
    static ngx_str_t  vary = ngx_string("Origin, "
                                        "Access-Control-Request-Method, "
                                        "Access-Control-Request-Headers");

    if (ngx_api_sec_cors_allow_origin(r, cors, origin) != NGX_OK
        || ngx_api_add_header(r, "Access-Control-Allow-Methods",
                              &cors->allow_methods) == NULL
        || (cors->allow_headers.len
            && ngx_api_add_header(r, "Access-Control-Allow-Headers",
                                  &cors->allow_headers) == NULL)
        || (cors->max_age_text.len
            && ngx_api_add_header(r, "Access-Control-Max-Age",
                                  &cors->max_age_text) == NULL)
        || ngx_api_add_header(r, "Vary", &vary) == NULL)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_HTTP_NO_CONTENT;
}


static void
ngx_api_sec_cors_request(ngx_http_request_t *r,
    ngx_api_sec_cors_request_t *req)
{
    req->malformed = 0;

    if (ngx_api_header_in(r, "origin", &req->origin) != NGX_OK) {
        req->malformed = 1;
    }

    req->method = NULL;
    req->headers = NULL;

    if (req->origin == NULL || r->method != NGX_HTTP_OPTIONS) {
        return;
    }

    if (ngx_api_header_in(r, "access-control-request-method", &req->method)
        != NGX_OK
        || ngx_api_header_in(r, "access-control-request-headers",
                               &req->headers)
           != NGX_OK)
    {
        req->malformed = 1;
    }
}


ngx_uint_t
ngx_api_sec_cors_origin(const ngx_api_sec_cors_t *cors,
    const ngx_str_t *origin)
{
    ngx_uint_t                   i;
    const ngx_api_sec_origin_t  *allowed;

    allowed = cors->origins.elts;

    for (i = 0; i < cors->origins.nelts; i++) {

        if (allowed[i].host.len) {
            if (ngx_api_sec_cors_under(&allowed[i], origin)) {
                return 1;
            }

        } else if (allowed[i].text.len == origin->len
                   && ngx_memcmp(allowed[i].text.data, origin->data,
                                 origin->len)
                      == 0)
        {
            return 1;
        }
    }

    return cors->any_origin;
}


/* One label stands for the asterisk. */

static ngx_uint_t
ngx_api_sec_cors_under(const ngx_api_sec_origin_t *wild,
    const ngx_str_t *origin)
{
    u_char  c;
    size_t  i, end;

    if (origin->len <= wild->text.len + wild->host.len
        || ngx_memcmp(origin->data, wild->text.data, wild->text.len) != 0)
    {
        return 0;
    }

    end = origin->len - wild->host.len;

    if (ngx_memcmp(origin->data + end, wild->host.data, wild->host.len) != 0) {
        return 0;
    }

    for (i = wild->text.len; i < end; i++) {
        c = origin->data[i];

        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-'
            && c != '_')
        {
            return 0;
        }
    }

    return 1;
}


static ngx_uint_t
ngx_api_sec_cors_method(const ngx_api_sec_cors_t *cors,
    const ngx_str_t *method)
{
    ngx_str_t   *allowed;
    ngx_uint_t   i;

    allowed = cors->methods->elts;

    for (i = 0; i < cors->methods->nelts; i++) {
        if (allowed[i].len == method->len
            && ngx_memcmp(allowed[i].data, method->data, method->len) == 0)
        {
            return 1;
        }
    }

    return cors->any_method;
}


static ngx_uint_t
ngx_api_sec_cors_headers_in(const ngx_api_sec_cors_t *cors,
    const ngx_str_t *headers)
{
    api_span_t  rest, name;

    if (headers == NULL) {
        return 1;
    }

    rest = ngx_api_span(headers);

    while (rest.len) {
        name = ngx_api_header_word(&rest, ',');

        if (name.len && !ngx_api_sec_cors_name(cors, name)) {
            return 0;
        }
    }

    return 1;
}


/* Authorization is not among "all": Fetch wants it to be named. */

static ngx_uint_t
ngx_api_sec_cors_name(const ngx_api_sec_cors_t *cors, api_span_t name)
{
    ngx_str_t   *allowed;
    ngx_uint_t   i;

    if (cors->headers) {
        allowed = cors->headers->elts;

        for (i = 0; i < cors->headers->nelts; i++) {
            if (api_span_eq_nocase(ngx_api_span(&allowed[i]), name)) {
                return 1;
            }
        }
    }

    return cors->any_header
           && !api_span_eq_nocase(name, API_SPAN("authorization"));
}


/*
 * One policy on what leaves: the upstream's own is removed.  Vary stands also
 * where the origin is missing or another one, for a cache may keep that.
 */

ngx_int_t
ngx_api_sec_cors_headers(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf)
{
    ngx_uint_t                  varies;
    ngx_api_record_t           *rec;
    const ngx_str_t            *origin;
    const ngx_api_sec_ctx_t    *ctx;
    const ngx_api_sec_cors_t   *cors;

    static ngx_str_t  vary = ngx_string("Origin");

    rec = ngx_api_record_peek(r, mcf->self.record);
    ctx = rec ? rec->own[NGX_API_SEC] : NULL;

    if (ctx && ctx->cors_done) {
        return NGX_OK;
    }

    cors = lcf->cors;

    ngx_api_sec_cors_clear(r, &varies);

    if (!varies && !cors->any_origin
        && ngx_api_add_header(r, "Vary", &vary) == NULL)
    {
        return NGX_ERROR;
    }

    if (ngx_api_header_in(r, "origin", &origin) != NGX_OK) {
        return NGX_OK;
    }

    if (origin == NULL ? !cors->any_origin
                       : !ngx_api_sec_cors_origin(cors, origin))
    {
        return NGX_OK;
    }

    if (ngx_api_sec_cors_allow_origin(r, cors, origin) != NGX_OK) {
        return NGX_ERROR;
    }

    return cors->expose_headers.len == 0
           || ngx_api_add_header(r, "Access-Control-Expose-Headers",
                                 &cors->expose_headers)
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_api_sec_cors_allow_origin(ngx_http_request_t *r,
    const ngx_api_sec_cors_t *cors, const ngx_str_t *origin)
{
    static ngx_str_t  any = ngx_string("*");
    static ngx_str_t  yes = ngx_string("true");

    if (ngx_api_add_header(r, "Access-Control-Allow-Origin",
                           cors->any_origin ? &any : origin)
        == NULL)
    {
        return NGX_ERROR;
    }

    return !cors->credentials
           || ngx_api_add_header(r, "Access-Control-Allow-Credentials", &yes)
           ? NGX_OK : NGX_ERROR;
}


static void
ngx_api_sec_cors_clear(ngx_http_request_t *r, ngx_uint_t *varies)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    static const char  prefix[] = "access-control-";

    *varies = 0;

    for (part = &r->headers_out.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].hash == 0) {
                continue;
            }

            if (h[i].key.len > sizeof(prefix) - 1
                && ngx_strncasecmp(h[i].key.data, (u_char *) prefix,
                                   sizeof(prefix) - 1)
                   == 0)
            {
                h[i].hash = 0;

            } else if (h[i].key.len == sizeof("Vary") - 1
                       && ngx_strncasecmp(h[i].key.data, (u_char *) "vary",
                                          sizeof("Vary") - 1)
                          == 0)
            {
                *varies |= ngx_api_sec_cors_varies(&h[i].value);
            }
        }
    }
}


static ngx_uint_t
ngx_api_sec_cors_varies(const ngx_str_t *value)
{
    api_span_t  rest, name;

    rest = ngx_api_span(value);

    while (rest.len) {
        name = ngx_api_header_word(&rest, ',');

        if (api_span_eq_nocase(name, API_SPAN("origin"))
            || api_span_eq(name, API_SPAN("*")))
        {
            return 1;
        }
    }

    return 0;
}
