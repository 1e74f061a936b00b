
/*
 * api_body: the request has a body of the right size, coding and kind, or
 * none.  What the headers tell is checked before a byte is read.
 */

#include "ngx_api_sec.h"
#include "ngx_api_header.h"


static ngx_uint_t ngx_api_sec_body_settled(ngx_http_request_t *r,
    const ngx_api_sec_loc_conf_t *lcf, const ngx_api_record_t *rec);
static ngx_int_t ngx_api_sec_body_look(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf,
    ngx_api_record_t *rec, ngx_uint_t mode);
static ngx_int_t ngx_api_sec_body_refuse(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_uint_t fault, const ngx_str_t *detail, ngx_uint_t mode);
static ngx_int_t ngx_api_sec_body_allow(ngx_api_record_t *rec,
    const ngx_str_t *reason);
static ngx_int_t ngx_api_sec_body_invalid(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t *rec,
    const ngx_api_body_t *body, ngx_uint_t mode);
static ngx_int_t ngx_api_sec_body_json(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_body_t *body, ngx_uint_t mode);
static ngx_uint_t ngx_api_sec_body_says_json(ngx_http_request_t *r);
static ngx_uint_t ngx_api_sec_body_json_type(api_span_t type);
static ngx_uint_t ngx_api_sec_body_charset(api_span_t param);


typedef struct {
    ngx_api_mode_t              mode;
    ngx_uint_t                  skip;
} ngx_api_sec_body_opts_t;


typedef enum {
    NGX_API_SEC_BODY_MEDIA_TYPE = 0,
    NGX_API_SEC_BODY_IS_GRPC,
    NGX_API_SEC_BODY_EMPTY,
    NGX_API_SEC_BODY_PART,
    NGX_API_SEC_BODY_BAD_JSON
} ngx_api_sec_body_fault_e;


static const ngx_api_why_t  ngx_api_sec_body_faults[] = {

    { NGX_API_CHECK_BODY, NGX_HTTP_UNSUPPORTED_MEDIA_TYPE,
      ngx_string("media_type"), ngx_null_string,
      ngx_string("unsupported_media_type"),
      ngx_string("The request body must be application/json"),
      ngx_null_string },

    { NGX_API_CHECK_BODY, NGX_HTTP_UNSUPPORTED_MEDIA_TYPE,
      ngx_string("grpc"),
      ngx_string("where gRPC belongs, api_body takes skip=grpc"),
      ngx_string("unsupported_media_type"),
      ngx_string("gRPC is not served here"), ngx_null_string },

    { NGX_API_CHECK_BODY, NGX_HTTP_BAD_REQUEST,
      ngx_string("json_empty"), ngx_null_string,
      ngx_string("invalid_json"),
      ngx_string("The request body is empty, not JSON"), ngx_null_string },

    { NGX_API_CHECK_BODY, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
      ngx_string("too_large"),
      ngx_string("a part of a text is no JSON: over=partial is no help here"),
      ngx_string("body_too_large"),
      ngx_string("The request body is too large"), ngx_null_string },

    { NGX_API_CHECK_BODY, NGX_HTTP_BAD_REQUEST,
      ngx_string("json"), ngx_null_string,
      ngx_string("invalid_json"),
      ngx_string("The request body is not valid JSON"), ngx_null_string }
};


static const ngx_str_t  ngx_api_sec_body_accepted = ngx_string("accepted");
static const ngx_str_t  ngx_api_sec_body_none = ngx_string("no_body");
static const ngx_str_t  ngx_api_sec_body_grpc = ngx_string("grpc");


ngx_int_t
ngx_api_sec_body_check(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf)
{
    ngx_int_t           rc;
    ngx_uint_t          mode;
    ngx_api_record_t   *rec;
    ngx_api_sec_ctx_t  *ctx;

    mode = ngx_api_sec_mode(r, lcf, &lcf->body_mode);

    if (mode == NGX_API_MODE_OFF) {
        return NGX_DECLINED;
    }

    rec = ngx_api_record(r, mcf->self.record);
    if (rec == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_api_sec_body_settled(r, lcf, rec)) {
        return NGX_DECLINED;
    }

    rc = ngx_api_sec_body_look(r, mcf, lcf, rec, mode);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        ctx = ngx_api_sec_ctx(r, mcf, &rec);

        if (ctx) {
            ctx->body = lcf;
        }
    }

    return rc;
}


/*
 * A refusal that led here by an error_page ends the inspection if it was of
 * an api_body with the same settings, or if what stands here is a page, which
 * no body gets to.  Anywhere else the client could choose to be refused, and
 * have an upstream read what nobody has seen.
 */

static ngx_uint_t
ngx_api_sec_body_settled(ngx_http_request_t *r,
    const ngx_api_sec_loc_conf_t *lcf, const ngx_api_record_t *rec)
{
    const ngx_api_sec_ctx_t       *ctx;
    const ngx_api_sec_loc_conf_t  *old;

    if (rec->refusal.status == 0
        || rec->refusal.uri_changes == r->uri_changes)
    {
        return 0;
    }

    if (rec->refusal.check != NGX_API_CHECK_BODY) {
        return r->content_handler == NULL
               && (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD));
    }

    ctx = rec->own[NGX_API_SEC];
    old = ctx ? ctx->body : NULL;

    return old && old->body == lcf->body
           && old->shared.body_limit == lcf->shared.body_limit
           && old->shared.body_over == lcf->shared.body_over
           && old->shared.decode_max == lcf->shared.decode_max
           && old->shared.decode_ratio == lcf->shared.decode_ratio;
}


static ngx_int_t
ngx_api_sec_body_look(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf,
    ngx_api_record_t *rec, ngx_uint_t mode)
{
    ngx_int_t        rc;
    ngx_uint_t       json, grpc;
    ngx_api_body_t  *body;

    json = (lcf->body & NGX_API_SEC_BODY_JSON) != 0;
    grpc = (lcf->body & NGX_API_SEC_BODY_GRPC) && ngx_api_is_grpc(r);

    if (json && !grpc
        && (r->headers_in.content_length_n > 0 || r->headers_in.chunked)
        && !ngx_api_sec_body_says_json(r))
    {
        return ngx_api_sec_body_refuse(r, mcf, rec,
                                       NGX_API_SEC_BODY_MEDIA_TYPE, NULL,
                                       mode);
    }

    rc = ngx_api_body_read(r, &mcf->self, rec, &body);

    if (rc != NGX_OK || body->state == NGX_API_BODY_GONE) {
        return rc == NGX_OK ? NGX_DECLINED : rc;
    }

    if (body->skipped) {
        return grpc ? ngx_api_sec_body_allow(rec, &ngx_api_sec_body_grpc)
                    : ngx_api_sec_body_refuse(r, mcf, rec,
                                              NGX_API_SEC_BODY_IS_GRPC, NULL,
                                              mode);
    }

    if (body->failed) {
        return ngx_api_body_refuse(r, &mcf->self, rec, body, mode);
    }

    return json ? ngx_api_sec_body_json(r, mcf, rec, body, mode)
                : ngx_api_sec_body_allow(rec, body->length
                                              ? &ngx_api_sec_body_accepted
                                              : &ngx_api_sec_body_none);
}


static ngx_int_t
ngx_api_sec_body_refuse(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_uint_t fault, const ngx_str_t *detail, ngx_uint_t mode)
{
    ngx_api_why_t  why;

    why = ngx_api_sec_body_faults[fault];

    if (detail) {
        why.detail = *detail;
    }

    return ngx_api_refuse(r, &mcf->self, rec, &why, mode);
}


static ngx_int_t
ngx_api_sec_body_allow(ngx_api_record_t *rec, const ngx_str_t *reason)
{
    ngx_api_record_decide(rec, NGX_API_CHECK_BODY, NGX_API_ALLOW, 0, reason,
                          NULL);

    return NGX_DECLINED;
}


static ngx_int_t
ngx_api_sec_body_json(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_body_t *body, ngx_uint_t mode)
{
    if (body->length == 0) {

        /* who says JSON where a body is expected means to send one */

        if ((r->method & (NGX_HTTP_POST|NGX_HTTP_PUT|NGX_HTTP_PATCH))
            && ngx_api_sec_body_says_json(r))
        {
            return ngx_api_sec_body_refuse(r, mcf, rec,
                                           NGX_API_SEC_BODY_EMPTY, NULL,
                                           mode);
        }

        return ngx_api_sec_body_allow(rec, &ngx_api_sec_body_none);
    }

    if (body->partial) {
        return ngx_api_sec_body_refuse(r, mcf, rec, NGX_API_SEC_BODY_PART,
                                       NULL, mode);
    }

    if (ngx_api_body_json(body, NULL, mcf->seed) == API_OK) {
        return ngx_api_sec_body_allow(rec, &ngx_api_sec_body_accepted);
    }

    return body->failed ? ngx_api_body_refuse(r, &mcf->self, rec, body, mode)
                        : ngx_api_sec_body_invalid(r, mcf, rec, body, mode);
}


static ngx_int_t
ngx_api_sec_body_invalid(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t *rec,
    const ngx_api_body_t *body, ngx_uint_t mode)
{
    ngx_str_t  detail, text;

    /* the body may be parsed anew, after a redirect */

    text.data = (u_char *) (uintptr_t) body->json_err.text;
    text.len = ngx_strlen(text.data);

    detail.len = text.len;
    detail.data = ngx_pstrdup(r->pool, &text);

    if (detail.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_api_sec_body_refuse(r, mcf, rec, NGX_API_SEC_BODY_BAD_JSON,
                                   &detail, mode);
}


/*
 * application/json or a type with the suffix +json (RFC 6839), as the only
 * Content-Type, and in no other charset than the one JSON has.
 */

static ngx_uint_t
ngx_api_sec_body_says_json(ngx_http_request_t *r)
{
    api_span_t        rest;
    const ngx_str_t  *value;

    if (ngx_api_header_in(r, "content-type", &value) != NGX_OK
        || value == NULL)
    {
        return 0;
    }

    rest = ngx_api_span(value);

    if (!ngx_api_sec_body_json_type(ngx_api_header_word(&rest, ';'))) {
        return 0;
    }

    while (rest.len) {
        if (!ngx_api_sec_body_charset(ngx_api_header_word(&rest, ';'))) {
            return 0;
        }
    }

    return 1;
}


static ngx_uint_t
ngx_api_sec_body_json_type(api_span_t type)
{
    size_t      i;
    api_span_t  top, suffix;

    if (api_span_eq_nocase(type, API_SPAN("application/json"))) {
        return 1;
    }

    for (i = 0; i < type.len; i++) {
        if (type.data[i] <= ' ' || type.data[i] >= 0x7f
            || type.data[i] == ',' || type.data[i] == '"')
        {
            return 0;
        }
    }

    top = ngx_api_header_word(&type, '/');

    if (top.len == 0 || type.len <= sizeof("+json") - 1) {
        return 0;
    }

    suffix = api_span(type.data + type.len - (sizeof("+json") - 1),
                      sizeof("+json") - 1);

    return api_span_eq_nocase(suffix, API_SPAN("+json"));
}


/* A parameter of the type: anything but a charset that is not UTF-8. */

static ngx_uint_t
ngx_api_sec_body_charset(api_span_t param)
{
    api_span_t  name;

    name = ngx_api_header_word(&param, '=');

    if (!api_span_eq_nocase(name, API_SPAN("charset"))) {
        return 1;
    }

    if (param.len > 1 && param.data[0] == '"'
        && param.data[param.len - 1] == '"')
    {
        param = api_span(param.data + 1, param.len - 2);
    }

    return api_span_eq_nocase(param, API_SPAN("utf-8"))
           || api_span_eq_nocase(param, API_SPAN("utf8"))
           || api_span_eq_nocase(param, API_SPAN("us-ascii"));
}


char *
ngx_api_sec_body(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ngx_int_t                 kind;
    ngx_str_t                *value;
    ngx_api_sec_body_opts_t   opts;

    /* in the order of NGX_API_SEC_BODY_* */

    static const ngx_str_t  kinds[] = {
        ngx_string("off"),
        ngx_string("any"),
        ngx_string("json"),
        ngx_null_string
    };

    static const ngx_str_t  skips[] = {
        ngx_string("none"),
        ngx_string("grpc"),
        ngx_null_string
    };

    static const ngx_api_opt_t  params[] = {
        { ngx_string("mode"), NGX_API_OPT_MODE,
          offsetof(ngx_api_sec_body_opts_t, mode), NULL },
        { ngx_string("skip"), NGX_API_OPT_ENUM,
          offsetof(ngx_api_sec_body_opts_t, skip), skips },
        ngx_api_null_opt
    };

    if (lcf->body != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    kind = ngx_api_conf_enum(&value[1], kinds);

    if (kind == NGX_ERROR) {
        return "takes json, any or off first";
    }

    if (kind == NGX_API_SEC_BODY_OFF && cf->args->nelts > 2) {
        return "off takes nothing more";
    }

    opts.mode.fixed = NGX_API_MODE_ENFORCE;
    opts.mode.cv = NULL;
    opts.skip = 0;

    if (ngx_api_conf_opts(cf, 2, params, &opts) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (kind != NGX_API_SEC_BODY_OFF) {
        ngx_api_sec_uses(cf, NGX_API_SEC_USES_BODY);
    }

    lcf->body = (ngx_uint_t) kind | (opts.skip ? NGX_API_SEC_BODY_GRPC : 0);
    lcf->body_mode = opts.mode;

    return NGX_CONF_OK;
}


char *
ngx_api_sec_body_limit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ssize_t     size;
    ngx_str_t  *value;

    static const ngx_str_t  overs[] = {
        ngx_string("deny"),
        ngx_string("partial"),
        ngx_null_string
    };

    static const ngx_api_opt_t  params[] = {
        { ngx_string("over"), NGX_API_OPT_ENUM,
          offsetof(ngx_api_shared_t, body_over), overs },
        ngx_api_null_opt
    };

    if (lcf->shared.body_limit != NGX_CONF_UNSET_SIZE) {
        return "is duplicate";
    }

    value = cf->args->elts;
    size = ngx_parse_size(&value[1]);

    if (size == NGX_ERROR || size == 0) {
        return "takes a size above 0 first, for example 1m";
    }

    lcf->shared.body_limit = size;
    lcf->shared.body_over = NGX_API_BODY_OVER_DENY;

    return ngx_api_conf_opts(cf, 2, params, &lcf->shared);
}


char *
ngx_api_sec_body_decode(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ngx_str_t  *value;

    static const ngx_api_opt_t  params[] = {
        { ngx_string("max"), NGX_API_OPT_SIZE,
          offsetof(ngx_api_shared_t, decode_max), NULL },
        { ngx_string("ratio"), NGX_API_OPT_NUM,
          offsetof(ngx_api_shared_t, decode_ratio), NULL },
        ngx_api_null_opt
    };

    if (lcf->shared.decode_max != NGX_CONF_UNSET_SIZE) {
        return "is duplicate";
    }

    value = cf->args->elts;
    lcf->shared.decode_max = 0;
    lcf->shared.decode_ratio = 0;

    if (value[1].len == 3 && ngx_strncmp(value[1].data, "off", 3) == 0) {
        return cf->args->nelts == 2 ? NGX_CONF_OK : "off takes nothing more";
    }

    if (value[1].len != 4 || ngx_strncmp(value[1].data, "gzip", 4) != 0) {
        return "takes gzip or off first";
    }

    if (ngx_api_conf_opts(cf, 2, params, &lcf->shared) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (lcf->shared.decode_max == 0) {
        return "needs max=SIZE: what a body may decode to, for example "
               "max=1m";
    }

    if (lcf->shared.decode_ratio == 0 || lcf->shared.decode_ratio > 100000) {
        return "needs ratio=N, from 1 to 100000: how many times its own size "
               "a body may decode to, for example ratio=20";
    }

    return NGX_CONF_OK;
}


char *
ngx_api_sec_body_budget(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_main_conf_t *mcf = conf;

    ssize_t     size;
    ngx_str_t  *value;

    if (mcf->body_budget != NGX_CONF_UNSET_SIZE) {
        return "is duplicate";
    }

    value = cf->args->elts;
    size = ngx_parse_size(&value[1]);

    if (size == NGX_ERROR || size == 0) {
        return "takes a size above 0, for example 64m";
    }

    mcf->body_budget = size;

    return NGX_CONF_OK;
}
