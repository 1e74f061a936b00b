
/*
 * api_graphql at a request, in PRECONTENT.  Documents come as
 *
 *   POST, application/json (also +json)  {"query": TEXT, ...} or a list of
 *                                        such, up to batch=
 *   POST, application/graphql            the text itself
 *   GET                                  the parameter query, which stands
 *                                        once; no mutation
 *
 * Anything else is refused: what is not found here could be found by the
 * upstream.
 */

#include "ngx_api_sec_graphql.h"
#include "ngx_api_header.h"
#include "api_media.h"
#include "api_urlencoded.h"


typedef struct {
    ngx_http_request_t             *r;
    const ngx_api_sec_main_conf_t  *mcf;
    const ngx_api_sec_graphql_t    *conf;
    ngx_api_record_t               *rec;
    ngx_api_sec_ctx_t              *ctx;
    ngx_uint_t                      mode;
    api_arena_t                     arena;    /* of this look alone */
} ngx_api_sec_graphql_call_t;


static ngx_uint_t ngx_api_sec_graphql_settled(
    const ngx_api_sec_graphql_call_t *call);
static ngx_int_t ngx_api_sec_graphql_look(ngx_api_sec_graphql_call_t *call);
static ngx_int_t ngx_api_sec_graphql_get(ngx_api_sec_graphql_call_t *call);
static ngx_int_t ngx_api_sec_graphql_post(ngx_api_sec_graphql_call_t *call);
static ngx_int_t ngx_api_sec_graphql_json(ngx_api_sec_graphql_call_t *call,
    ngx_api_body_t *body);
static ngx_int_t ngx_api_sec_graphql_member(ngx_api_sec_graphql_call_t *call,
    const api_json_t *json, uint32_t at);
static ngx_int_t ngx_api_sec_graphql_text(ngx_api_sec_graphql_call_t *call,
    api_span_t text, ngx_uint_t get);
static ngx_int_t ngx_api_sec_graphql_refuse(ngx_api_sec_graphql_call_t *call,
    ngx_uint_t fault, const char *detail);


typedef enum {
    NGX_API_SEC_GRAPHQL_METHOD = 0,
    NGX_API_SEC_GRAPHQL_MEDIA,
    NGX_API_SEC_GRAPHQL_REQUEST,
    NGX_API_SEC_GRAPHQL_BATCH,
    NGX_API_SEC_GRAPHQL_SYNTAX,
    NGX_API_SEC_GRAPHQL_LIMIT,
    NGX_API_SEC_GRAPHQL_INTROSPECTION,
    NGX_API_SEC_GRAPHQL_MUTATION,
    NGX_API_SEC_GRAPHQL_PART
} ngx_api_sec_graphql_fault_e;


static const ngx_api_why_t  ngx_api_sec_graphql_faults[] = {

    { NGX_API_CHECK_SCHEMA, NGX_HTTP_NOT_ALLOWED,
      ngx_string("graphql_method"), ngx_null_string,
      ngx_string("method_not_allowed"),
      ngx_string("GraphQL is asked by GET or POST"), ngx_null_string },

    { NGX_API_CHECK_SCHEMA, NGX_HTTP_UNSUPPORTED_MEDIA_TYPE,
      ngx_string("graphql_media_type"), ngx_null_string,
      ngx_string("unsupported_media_type"),
      ngx_string("The request body must be application/json"),
      ngx_null_string },

    { NGX_API_CHECK_SCHEMA, NGX_HTTP_BAD_REQUEST,
      ngx_string("graphql_request"), ngx_null_string,
      ngx_string("invalid_graphql"),
      ngx_string("The request is no GraphQL request"), ngx_null_string },

    { NGX_API_CHECK_SCHEMA, NGX_HTTP_BAD_REQUEST,
      ngx_string("graphql_batch"), ngx_null_string,
      ngx_string("graphql_limit"),
      ngx_string("The request has too many documents"), ngx_null_string },

    { NGX_API_CHECK_SCHEMA, NGX_HTTP_BAD_REQUEST,
      ngx_string("graphql_syntax"), ngx_null_string,
      ngx_string("invalid_graphql"),
      ngx_string("The document is no valid GraphQL"), ngx_null_string },

    { NGX_API_CHECK_SCHEMA, NGX_HTTP_BAD_REQUEST,
      ngx_string("graphql_limit"), ngx_null_string,
      ngx_string("graphql_limit"),
      ngx_string("The document asks for too much"), ngx_null_string },

    { NGX_API_CHECK_SCHEMA, NGX_HTTP_FORBIDDEN,
      ngx_string("introspection"), ngx_null_string,
      ngx_string("introspection"),
      ngx_string("The schema is not told here"), ngx_null_string },

    { NGX_API_CHECK_SCHEMA, NGX_HTTP_NOT_ALLOWED,
      ngx_string("graphql_mutation"), ngx_null_string,
      ngx_string("method_not_allowed"),
      ngx_string("Only queries may be sent by GET"), ngx_null_string },

    { NGX_API_CHECK_SCHEMA, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
      ngx_string("too_large"),
      ngx_string("a part of a body cannot be checked: over=partial is no "
                 "help here"),
      ngx_string("body_too_large"),
      ngx_string("The request body is too large"), ngx_null_string }
};


ngx_int_t
ngx_api_sec_graphql_handler(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    const ngx_api_sec_loc_conf_t   *lcf;
    ngx_api_sec_graphql_call_t      call;

    static const ngx_str_t  fine = ngx_string("graphql");

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);

    if (r != r->main || lcf->graphql == NULL) {
        return NGX_DECLINED;
    }

    call.r = r;
    call.conf = lcf->graphql;
    call.mode = ngx_api_sec_mode(r, lcf, &call.conf->mode);
    call.mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);

    if (call.mode == NGX_API_MODE_OFF) {
        return NGX_DECLINED;
    }

    call.ctx = ngx_api_sec_ctx(r, call.mcf, &call.rec);

    if (call.ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_api_sec_graphql_settled(&call)) {
        return NGX_DECLINED;
    }

    api_arena_init(&call.arena, &api_alloc_libc, 0, 0);
    rc = ngx_api_sec_graphql_look(&call);
    api_arena_free(&call.arena);

    if (rc == NGX_OK) {
        ngx_api_record_decide(call.rec, NGX_API_CHECK_SCHEMA, NGX_API_ALLOW,
                              0, &fine, NULL);
        return NGX_DECLINED;
    }

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        call.ctx->graphql = call.conf;
    }

    return rc;
}


/* As for api_body: what refused it, or a page, is the end of it. */

static ngx_uint_t
ngx_api_sec_graphql_settled(const ngx_api_sec_graphql_call_t *call)
{
    const ngx_http_request_t  *r;
    const ngx_api_refusal_t   *refusal;

    r = call->r;
    refusal = &call->rec->refusal;

    if (refusal->status == 0 || refusal->uri_changes == r->uri_changes) {
        return 0;
    }

    return call->ctx->graphql == call->conf
           || (r->content_handler == NULL
               && (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)));
}


static ngx_int_t
ngx_api_sec_graphql_look(ngx_api_sec_graphql_call_t *call)
{
    static const ngx_str_t  allow = ngx_string("GET, HEAD, POST");

    if (call->r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)) {
        return ngx_api_sec_graphql_get(call);
    }

    if (call->r->method == NGX_HTTP_POST) {
        return ngx_api_sec_graphql_post(call);
    }

    if (call->mode == NGX_API_MODE_ENFORCE
        && ngx_api_add_header(call->r, "Allow", &allow) == NULL)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_api_sec_graphql_refuse(call, NGX_API_SEC_GRAPHQL_METHOD, NULL);
}


static ngx_int_t
ngx_api_sec_graphql_get(ngx_api_sec_graphql_call_t *call)
{
    int                  rc;
    uint32_t             i;
    api_err_t            err;
    api_pairs_t          pairs;
    const api_pair_t    *found;
    ngx_http_request_t  *r;

    r = call->r;

    if (r->headers_in.content_length_n > 0 || r->headers_in.chunked) {
        return ngx_api_sec_graphql_refuse(call, NGX_API_SEC_GRAPHQL_REQUEST,
                                          "a GET with a body");
    }

    rc = api_urlencoded_parse(&pairs, ngx_api_span(&r->args),
                              API_URLENCODED_STRICT, NULL, &call->arena,
                              &err);

    if (rc == API_NOMEM) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc != API_OK) {
        return ngx_api_sec_graphql_refuse(call, NGX_API_SEC_GRAPHQL_REQUEST,
                                          err.text);
    }

    found = NULL;

    for (i = 0; i < pairs.n; i++) {
        if (!api_span_eq_nocase(pairs.pair[i].name, API_SPAN("query"))) {
            continue;
        }

        if (found) {
            return ngx_api_sec_graphql_refuse(call,
                                              NGX_API_SEC_GRAPHQL_REQUEST,
                                              "query stands twice");
        }

        found = &pairs.pair[i];
    }

    if (found == NULL) {
        return ngx_api_sec_graphql_refuse(call, NGX_API_SEC_GRAPHQL_REQUEST,
                                          "no query");
    }

    return ngx_api_sec_graphql_text(call, found->value, 1);
}


static ngx_int_t
ngx_api_sec_graphql_post(ngx_api_sec_graphql_call_t *call)
{
    ngx_int_t         rc;
    api_media_t       type;
    ngx_api_body_t   *body;
    const ngx_str_t  *value;

    if (ngx_api_header_in(call->r, "content-type", &value) != NGX_OK
        || value == NULL
        || api_media_parse(&type, ngx_api_span(value)) != API_OK
        || (!api_media_is_json(&type)
            && !api_span_eq_nocase(type.essence,
                                   API_SPAN("application/graphql"))))
    {
        return ngx_api_sec_graphql_refuse(call, NGX_API_SEC_GRAPHQL_MEDIA,
                                          NULL);
    }

    rc = ngx_api_body_read(call->r, &call->mcf->self, call->rec, &body);

    if (rc != NGX_OK) {
        return rc;
    }

    if (body->failed) {
        return ngx_api_body_refuse(call->r, &call->mcf->self, call->rec, body,
                                   call->mode);
    }

    if (body->skipped || body->length == 0) {
        return ngx_api_sec_graphql_refuse(call, NGX_API_SEC_GRAPHQL_REQUEST,
                                          "no body");
    }

    if (body->partial) {
        return ngx_api_sec_graphql_refuse(call, NGX_API_SEC_GRAPHQL_PART,
                                          NULL);
    }

    return api_media_is_json(&type)
           ? ngx_api_sec_graphql_json(call, body)
           : ngx_api_sec_graphql_text(call, body->text, 0);
}


static ngx_int_t
ngx_api_sec_graphql_json(ngx_api_sec_graphql_call_t *call,
    ngx_api_body_t *body)
{
    uint32_t           at;
    ngx_int_t          rc;
    const api_json_t  *json;

    (void) ngx_api_body_json(body, NULL, call->mcf->seed);

    if (body->failed) {
        return ngx_api_body_refuse(call->r, &call->mcf->self, call->rec, body,
                                   call->mode);
    }

    if (body->json_rc != API_OK) {
        return ngx_api_sec_graphql_refuse(call, NGX_API_SEC_GRAPHQL_REQUEST,
                                          body->json_err.text);
    }

    json = &body->json;

    if (json->tok[0].type == API_JSON_OBJECT) {
        return ngx_api_sec_graphql_member(call, json, 0);
    }

    if (json->tok[0].type != API_JSON_ARRAY || json->tok[0].len == 0) {
        return ngx_api_sec_graphql_refuse(call, NGX_API_SEC_GRAPHQL_REQUEST,
                                          "neither an object nor a list");
    }

    /* batch=1 takes a list of one: the upstream may still not */

    if (json->tok[0].len > call->conf->batch) {
        return ngx_api_sec_graphql_refuse(call, NGX_API_SEC_GRAPHQL_BATCH,
                                          NULL);
    }

    for (at = 1; at < json->tok[0].u.next; at = api_json_next(json, at)) {
        rc = ngx_api_sec_graphql_member(call, json, at);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_api_sec_graphql_member(ngx_api_sec_graphql_call_t *call,
    const api_json_t *json, uint32_t at)
{
    uint32_t    i, found;
    api_span_t  name, text;

    found = API_JSON_NONE;

    if (json->tok[at].type != API_JSON_OBJECT) {
        return ngx_api_sec_graphql_refuse(call, NGX_API_SEC_GRAPHQL_REQUEST,
                                          "an element is no object");
    }

    for (i = at + 1; i < json->tok[at].u.next; i = api_json_next(json, i)) {

        if (api_json_string(json, i, &call->arena, &name) != API_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        if (!api_span_eq_nocase(name, API_SPAN("query"))) {
            continue;
        }

        /* some readers take "Query" too */

        if (found != API_JSON_NONE || !api_span_eq(name, API_SPAN("query"))) {
            return ngx_api_sec_graphql_refuse(call,
                                              NGX_API_SEC_GRAPHQL_REQUEST,
                                              "query in two ways");
        }

        found = i + 1;
    }

    if (found == API_JSON_NONE || json->tok[found].type != API_JSON_STRING) {
        return ngx_api_sec_graphql_refuse(call, NGX_API_SEC_GRAPHQL_REQUEST,
                                          "no query that is a string");
    }

    if (api_json_string(json, found, &call->arena, &text) != API_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_api_sec_graphql_text(call, text, 0);
}


static ngx_int_t
ngx_api_sec_graphql_text(ngx_api_sec_graphql_call_t *call, api_span_t text,
    ngx_uint_t get)
{
    int            rc;
    api_err_t      err;
    api_graphql_t  doc;

    rc = api_graphql_parse(&doc, text, &call->conf->limits, &call->arena,
                           &err);

    if (rc == API_NOMEM) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc != API_OK) {
        return ngx_api_sec_graphql_refuse(call, rc == API_LIMIT
                                          ? NGX_API_SEC_GRAPHQL_LIMIT
                                          : NGX_API_SEC_GRAPHQL_SYNTAX,
                                          err.text);
    }

    if (doc.introspection && !call->conf->introspection) {
        return ngx_api_sec_graphql_refuse(call,
                                          NGX_API_SEC_GRAPHQL_INTROSPECTION,
                                          NULL);
    }

    if (get && (doc.mutation || doc.subscription)) {
        return ngx_api_sec_graphql_refuse(call, NGX_API_SEC_GRAPHQL_MUTATION,
                                          NULL);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_api_sec_graphql_refuse(ngx_api_sec_graphql_call_t *call,
    ngx_uint_t fault, const char *detail)
{
    size_t         len;
    ngx_api_why_t  why;

    why = ngx_api_sec_graphql_faults[fault];

    if (detail) {
        len = ngx_strlen(detail);

        why.detail.data = ngx_pnalloc(call->r->main->pool, len + 1);
        if (why.detail.data == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ngx_memcpy(why.detail.data, detail, len + 1);
        why.detail.len = len;
    }

    return ngx_api_refuse(call->r, &call->mcf->self, call->rec, &why,
                          call->mode);
}
