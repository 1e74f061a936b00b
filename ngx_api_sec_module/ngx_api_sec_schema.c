
/*
 * The contract at a request, in PRECONTENT:
 *
 *   admit      is there such an operation, and is it served here?
 *   authorize  (ngx_api_sec_schema_auth.c) may this caller call it?
 *   check      are parameters and body what it describes?
 *
 * Cheapest first: a body that is large, or that the client waits to send, is
 * not read for a request whose headers are wrong.
 */

#include "ngx_api_sec_schema.h"
#include "ngx_api_header.h"


static ngx_uint_t ngx_api_sec_own_path(const ngx_http_request_t *r);
static ngx_int_t ngx_api_sec_check_body(ngx_api_sec_call_t *call,
    api_request_t *request);
static ngx_int_t ngx_api_sec_check_stream(ngx_api_sec_call_t *call,
    api_request_t *request);
static ngx_int_t ngx_api_sec_check_read(ngx_api_sec_call_t *call,
    api_request_t *request, ngx_api_body_t *body);
static ngx_uint_t ngx_api_sec_body_is_json(ngx_http_request_t *r);
static ngx_uint_t ngx_api_sec_body_waits(const ngx_api_sec_call_t *call);
static ngx_int_t ngx_api_sec_check_run(ngx_api_sec_call_t *call,
    const api_request_t *request);
static ngx_int_t ngx_api_sec_fields(ngx_http_request_t *r,
    api_request_t *request);


/* A body up to this size nearly always comes with the headers. */

#define NGX_API_SEC_BODY_SMALL  4096


ngx_int_t
ngx_api_sec_call(ngx_http_request_t *r, ngx_api_sec_call_t *call)
{
    const ngx_api_sec_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);

    if (r != r->main || lcf->schema->rules == NULL) {
        return NGX_DECLINED;
    }

    if (ngx_api_sec_call_begin(r, lcf, lcf->schema->rules, call) != NGX_OK) {
        return NGX_ERROR;
    }

    call->routed = ngx_api_sec_route(r, call->rules, call->ctx);

    if (call->routed == NULL) {
        return NGX_ERROR;
    }

    call->op = call->routed->route.op;
    call->mode = ngx_api_sec_schema_mode(r, lcf, call->rules, call->op);

    if (call->mode == NGX_API_MODE_OFF) {
        call->checked->result = NGX_API_SEC_SCHEMA_OFF;
        return NGX_DECLINED;
    }

    return ngx_api_sec_call_settled(call) ? NGX_DECLINED : NGX_OK;
}


ngx_int_t
ngx_api_sec_call_begin(ngx_http_request_t *r,
    const ngx_api_sec_loc_conf_t *lcf, const ngx_api_sec_rules_t *rules,
    ngx_api_sec_call_t *call)
{
    call->r = r;
    call->lcf = lcf;
    call->rules = rules;
    call->mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    call->ctx = ngx_api_sec_ctx(r, call->mcf, &call->rec);

    if (call->ctx == NULL) {
        return NGX_ERROR;
    }

    if (call->ctx->checked == NULL) {
        call->ctx->checked = ngx_pcalloc(r->main->pool,
                                         sizeof(ngx_api_sec_checked_t));
        if (call->ctx->checked == NULL) {
            return NGX_ERROR;
        }
    }

    call->checked = call->ctx->checked;

    return NGX_OK;
}


/*
 * An error_page brought a refused request here.  What stands here may be a
 * page, which no part of the request gets to, and under the rules that refused
 * it also an upstream that is asked for the page alone.  Anywhere else the
 * client could choose to be refused, and have an upstream read what nobody has
 * seen: error_page 404 = @app takes method, path and body along.
 */

ngx_uint_t
ngx_api_sec_call_settled(const ngx_api_sec_call_t *call)
{
    ngx_uint_t                 page;
    const ngx_http_request_t  *r;
    const ngx_api_refusal_t   *refusal;

    r = call->r;
    refusal = &call->rec->refusal;

    if (refusal->status == 0 || refusal->uri_changes == r->uri_changes) {
        return 0;
    }

    page = (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)) != 0;

    if (refusal->check == NGX_API_CHECK_SCHEMA
        && call->checked->refused == call->rules)
    {
        return r->content_handler == NULL
               || (page && !ngx_api_sec_own_path(r));
    }

    return r->content_handler == NULL && page;
}


/* In a named location, and in an "if" of it, the path is the client's. */

static ngx_uint_t
ngx_api_sec_own_path(const ngx_http_request_t *r)
{
    const ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    return clcf->named || r->valid_unparsed_uri;
}


ngx_int_t
ngx_api_sec_schema_handler(ngx_http_request_t *r)
{
    ngx_int_t            rc;
    ngx_api_sec_call_t   call;

    rc = ngx_api_sec_call(r, &call);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_DECLINED
                                  : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_api_sec_response_arm(&call) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (call.op == NULL
        || (call.checked->passed == call.rules
            && call.checked->routed == call.routed))
    {
        return NGX_DECLINED;
    }

    return ngx_api_sec_check(&call);
}


ngx_int_t
ngx_api_sec_check(ngx_api_sec_call_t *call)
{
    ngx_int_t            rc;
    api_request_t        request;
    ngx_http_request_t  *r;

    r = call->r;

    ngx_memzero(&request, sizeof(api_request_t));

    request.method = ngx_api_span(&call->routed->method);
    request.path = &call->routed->path;
    request.route = &call->routed->route;

    if (ngx_api_sec_fields(r, &request) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (r->headers_in.content_length_n <= 0 && !r->headers_in.chunked) {
        return ngx_api_sec_check_run(call, &request);
    }

    if (ngx_api_sec_body_waits(call)) {
        request.has_body = r->headers_in.content_length_n > 0;
        request.skip_body = 1;

        rc = ngx_api_sec_check_run(call, &request);

        if (rc != NGX_DECLINED || call->checked->params != call->rules) {
            return rc;
        }
    }

    return ngx_api_sec_check_body(call, &request);
}


static ngx_uint_t
ngx_api_sec_body_waits(const ngx_api_sec_call_t *call)
{
    const ngx_api_body_t      *body;
    const ngx_http_request_t  *r;

    r = call->r;
    body = call->rec->body;

    return (body == NULL || body->state == NGX_API_BODY_NONE)
           && (r->headers_in.chunked || r->headers_in.expect
               || r->headers_in.content_length_n > NGX_API_SEC_BODY_SMALL);
}


static ngx_int_t
ngx_api_sec_check_body(ngx_api_sec_call_t *call, api_request_t *request)
{
    ngx_int_t        rc;
    ngx_api_body_t  *body;

    static const ngx_str_t  reason = ngx_string("body");

    rc = ngx_api_body_read(call->r, &call->mcf->self, call->rec, &body);

    if (rc != NGX_OK) {
        return rc;
    }

    if (body->skipped) {
        return ngx_api_sec_check_stream(call, request);
    }

    if (body->failed) {
        rc = ngx_api_body_refuse(call->r, &call->mcf->self, call->rec, body,
                                 call->mode);
        return ngx_api_sec_schema_note(call, rc, &reason);
    }

    return ngx_api_sec_check_read(call, request, body);
}


/*
 * gRPC: unread where api_body says so and the operation is a stream.  Any
 * other operation could be had unread by the name of a media type.
 */

static ngx_int_t
ngx_api_sec_check_stream(ngx_api_sec_call_t *call, api_request_t *request)
{
    if (!(call->lcf->body & NGX_API_SEC_BODY_GRPC)
        || !call->op->streams_request)
    {
        return ngx_api_sec_schema_no(call, NGX_API_SEC_STREAM);
    }

    if (call->checked->params == call->rules) {
        return NGX_DECLINED;
    }

    request->has_body = 1;
    request->skip_body = 1;

    return ngx_api_sec_check_run(call, request);
}


static ngx_int_t
ngx_api_sec_check_read(ngx_api_sec_call_t *call, api_request_t *request,
    ngx_api_body_t *body)
{
    ngx_int_t                   rc;
    ngx_uint_t                  usable;
    const ngx_api_sec_rules_t  *by;

    static const ngx_str_t  reason = ngx_string("body");

    if (body->partial) {
        return ngx_api_sec_schema_no(call, NGX_API_SEC_PARTIAL);
    }

    request->skip_body = 0;
    request->has_body = body->state == NGX_API_BODY_DONE && body->length > 0;
    request->body = body->text;

    if (body->text.len == 0 || !ngx_api_sec_body_is_json(call->r)) {
        return ngx_api_sec_check_run(call, request);
    }

    /*
     * A tape of somebody else may have other limits or another seed; a text
     * that is none is parsed again for what is to be told of it.
     */

    by = call->checked->parsed;
    usable = !body->parsed
             || (!call->rules->own_json && (by == NULL || !by->own_json));

    if (!body->parsed) {
        call->checked->parsed = call->rules;
        (void) ngx_api_body_json(body, &call->rules->json, call->mcf->seed);
    }

    if (body->failed) {
        rc = ngx_api_body_refuse(call->r, &call->mcf->self, call->rec, body,
                                 call->mode);
        return ngx_api_sec_schema_note(call, rc, &reason);
    }

    if (usable && body->json_rc == API_OK
        && ngx_memcmp(&body->json.seed, &call->mcf->seed,
                      sizeof(api_sipkey_t))
           == 0)
    {
        request->json = &body->json;
    }

    return ngx_api_sec_check_run(call, request);
}


static ngx_uint_t
ngx_api_sec_body_is_json(ngx_http_request_t *r)
{
    api_media_t       type;
    const ngx_str_t  *value;

    return ngx_api_header_in(r, "content-type", &value) == NGX_OK && value
           && api_media_parse(&type, ngx_api_span(value)) == API_OK
           && api_media_is_json(&type);
}


/* What a run takes besides a body counts under api_body_budget with it. */

static ngx_int_t
ngx_api_sec_check_run(ngx_api_sec_call_t *call, const api_request_t *request)
{
    ngx_int_t           rc;
    api_arena_t         arena;
    api_verdict_t       verdict;
    const api_alloc_t  *alloc;

    alloc = call->rec->body ? &call->rec->body->alloc : &api_alloc_libc;
    api_arena_init(&arena, alloc, 0, 0);

    (void) api_contract_request(call->rules->contract->spec->doc, request,
                                &call->rules->opts, &arena, &verdict);

    if (verdict.status == 0) {
        if (request->skip_body) {
            call->checked->params = call->rules;

        } else {
            call->checked->passed = call->rules;
            call->checked->routed = call->routed;
        }

        rc = request->skip_body ? NGX_DECLINED
                                : ngx_api_sec_schema_passed(call);

    } else {
        rc = ngx_api_sec_schema_verdict(call, &verdict);
    }

    api_arena_free(&arena);

    return rc;
}


static ngx_int_t
ngx_api_sec_fields(ngx_http_request_t *r, api_request_t *request)
{
    size_t                  n;
    ngx_uint_t              i;
    api_field_t            *field;
    const ngx_list_part_t  *part;
    const ngx_table_elt_t  *h;

    n = 0;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        n += part->nelts;
    }

    field = ngx_palloc(r->pool, n * sizeof(api_field_t));
    if (field == NULL) {
        return NGX_ERROR;
    }

    request->fields = field;
    request->nfields = n;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            field->name = ngx_api_span(&h[i].key);
            field->value = ngx_api_span(&h[i].value);
            field++;
        }
    }

    return NGX_OK;
}


/* RFC 8594, and the header of operations that are on their way out. */

ngx_int_t
ngx_api_sec_schema_headers(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf)
{
    ngx_str_t                value;
    ngx_api_record_t        *rec;
    ngx_api_sec_ctx_t       *ctx;
    const api_operation_t   *op;

    static const ngx_str_t  yes = ngx_string("true");

    rec = ngx_api_record_peek(r, mcf->self.record);
    ctx = rec ? rec->own[NGX_API_SEC] : NULL;
    op = ctx && ctx->checked && ctx->routed ? ctx->routed->route.op : NULL;

    if (op == NULL || !op->deprecated) {
        return NGX_OK;
    }

    if (ngx_api_add_header(r, "Deprecation", &yes) == NULL) {
        return NGX_ERROR;
    }

    if (!op->has_sunset) {
        return NGX_OK;
    }

    value.data = ngx_pnalloc(r->pool, sizeof("Mon, 28 Sep 1970 06:00:00 GMT"));
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = ngx_http_time(value.data, (time_t) op->sunset) - value.data;

    return ngx_api_add_header(r, "Sunset", &value) ? NGX_OK : NGX_ERROR;
}
