
/*
 * What a refusal of the contract says: to the client which rule of the
 * document, never what was sent; to the operator a line.
 */

#include "ngx_api_sec_schema.h"
#include "ngx_api_sec_monitor.h"
#include "api_redact.h"


static void ngx_api_sec_schema_count(const ngx_api_sec_call_t *call,
    const api_verdict_t *verdict);
static ngx_int_t ngx_api_sec_schema_detail(ngx_pool_t *pool,
    const api_fault_t *fault, ngx_str_t *detail);
static void ngx_api_sec_schema_errors(api_writer_t *w,
    const api_verdict_t *verdict);
static void ngx_api_sec_schema_error(api_writer_t *w,
    const api_fault_t *fault);
static ngx_int_t ngx_api_sec_schema_copy(ngx_pool_t *pool, const char *text,
    size_t len, ngx_str_t *out);


#define NGX_API_SEC_ERRORS_MAX  6144


/* by ngx_api_sec_no_e */

static const ngx_api_why_t  ngx_api_sec_schema_nos[] = {

    { NGX_API_CHECK_SCHEMA, NGX_HTTP_NOT_FOUND,
      ngx_string("path"), ngx_null_string,
      ngx_string("unknown_path"),
      ngx_string("The API has no such path"), ngx_null_string },

    { NGX_API_CHECK_SCHEMA, NGX_HTTP_NOT_ALLOWED,
      ngx_string("method"), ngx_null_string,
      ngx_string("method_not_allowed"),
      ngx_string("The path does not have this method"), ngx_null_string },

    { NGX_API_CHECK_SCHEMA, NGX_HTTP_BAD_REQUEST,
      ngx_string("path_syntax"), ngx_null_string,
      ngx_string("invalid_path"),
      ngx_string("The path of the request is not well-formed"),
      ngx_null_string },

    { NGX_API_CHECK_SCHEMA, NGX_HTTP_BAD_REQUEST,
      ngx_string("two_readings"), ngx_null_string,
      ngx_string("ambiguous_path"),
      ngx_string("The path of the request can be read in two ways"),
      ngx_null_string },

    { NGX_API_CHECK_SCHEMA, NGX_HTTP_BAD_REQUEST,
      ngx_string("method_override"), ngx_null_string,
      ngx_string("method_override"),
      ngx_string("A header must not change the method"), ngx_null_string },

    { NGX_API_CHECK_SCHEMA, NGX_HTTP_NOT_FOUND,
      ngx_string("internal"), ngx_null_string,
      ngx_string("unknown_path"),
      ngx_string("The API has no such path"), ngx_null_string },

    { NGX_API_CHECK_SCHEMA, 410,
      ngx_string("sunset"), ngx_null_string,
      ngx_string("operation_gone"),
      ngx_string("The operation is no longer served"), ngx_null_string },

    { NGX_API_CHECK_SCHEMA, NGX_HTTP_UNSUPPORTED_MEDIA_TYPE,
      ngx_string("grpc"),
      ngx_string("where gRPC belongs, api_body takes skip=grpc"),
      ngx_string("unsupported_media_type"),
      ngx_string("gRPC is not served here"), ngx_null_string },

    { NGX_API_CHECK_SCHEMA, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
      ngx_string("too_large"),
      ngx_string("a part of a body cannot be checked: over=partial is no "
                 "help here"),
      ngx_string("body_too_large"),
      ngx_string("The request body is too large"), ngx_null_string }
};


typedef struct {
    const char                 *name;
    ngx_str_t                   reason;
    ngx_str_t                   code;
    ngx_str_t                   title;
} ngx_api_sec_schema_code_t;


/* by api_verdict_t.code; the last one for what is none of these */

static const ngx_api_sec_schema_code_t  ngx_api_sec_schema_codes[] = {

    { "parameter", ngx_string("parameter"), ngx_string("invalid_parameter"),
      ngx_string("A parameter of the request is not as described") },

    { "media_type", ngx_string("media_type"),
      ngx_string("unsupported_media_type"),
      ngx_string("The media type of the request is not as described") },

    { "body", ngx_string("body"), ngx_string("invalid_body"),
      ngx_string("The request body is not as described") },

    { "body_syntax", ngx_string("body_syntax"), ngx_string("malformed_body"),
      ngx_string("The request body is not well-formed") },

    { "body_limit", ngx_string("body_limit"), ngx_string("body_too_large"),
      ngx_string("The request body is too large") },

    { NULL, ngx_string("internal_error"), ngx_string("internal_error"),
      ngx_string("The request could not be checked") }
};


ngx_int_t
ngx_api_sec_schema_passed(ngx_api_sec_call_t *call)
{
    static const ngx_str_t  reason = ngx_string("as_described");

    call->checked->result = NGX_API_SEC_SCHEMA_PASSED;
    ngx_str_null(&call->checked->error);

    ngx_api_record_decide(call->rec, NGX_API_CHECK_SCHEMA, NGX_API_ALLOW, 0,
                          &reason, NULL);

    return NGX_DECLINED;
}


ngx_int_t
ngx_api_sec_schema_note(ngx_api_sec_call_t *call, ngx_int_t rc,
    const ngx_str_t *reason)
{
    call->checked->result = rc == NGX_DECLINED
                            ? NGX_API_SEC_SCHEMA_MONITORED
                            : NGX_API_SEC_SCHEMA_REFUSED;
    call->checked->error = *reason;

    if (rc != NGX_DECLINED) {
        call->checked->refused = call->rules;
    }

    return rc;
}


ngx_int_t
ngx_api_sec_schema_no(ngx_api_sec_call_t *call, ngx_uint_t no)
{
    ngx_int_t            rc;
    ngx_str_t            allow;
    const api_route_t   *route;
    const ngx_api_why_t *why;

    why = &ngx_api_sec_schema_nos[no];
    rc = ngx_api_refuse(call->r, &call->mcf->self, call->rec, why,
                        call->mode);

    route = &call->routed->route;

    if (rc == NGX_HTTP_NOT_ALLOWED && route->allow_len) {

        if (ngx_api_sec_schema_copy(call->r->pool, route->allow,
                                    route->allow_len, &allow)
            != NGX_OK
            || ngx_api_add_header(call->r, "Allow", &allow) == NULL)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    return ngx_api_sec_schema_note(call, rc, &why->reason);
}


ngx_int_t
ngx_api_sec_schema_verdict(ngx_api_sec_call_t *call,
    const api_verdict_t *verdict)
{
    char                              text[NGX_API_SEC_ERRORS_MAX];
    ngx_int_t                         rc;
    ngx_str_t                         value;
    api_span_t                        json;
    ngx_pool_t                       *pool;
    api_writer_t                      w;
    ngx_api_why_t                     why;
    const ngx_api_sec_schema_code_t  *code;

    static const ngx_str_t  none = ngx_null_string;
    static const ngx_str_t  member = ngx_string("errors");

    code = ngx_api_sec_schema_codes;

    while (code->name && ngx_strcmp(code->name, verdict->code) != 0) {
        code++;
    }

    ngx_memzero(&why, sizeof(ngx_api_why_t));

    why.check = NGX_API_CHECK_SCHEMA;
    why.status = verdict->status;
    why.reason = code->reason;
    why.code = code->code;
    why.title = code->title;

    /* all that is kept has to outlive the arena of the check */

    pool = call->r->main->pool;

    if (verdict->nfaults
        && ngx_api_sec_schema_detail(pool, &verdict->faults[0], &why.detail)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_api_sec_schema_count(call, verdict);

    rc = ngx_api_refuse(call->r, &call->mcf->self, call->rec, &why,
                        call->mode);

    if (rc != NGX_DECLINED && verdict->nfaults) {
        api_writer_init(&w, text, sizeof(text));
        ngx_api_sec_schema_errors(&w, verdict);

        if (api_writer_done(&w, &json) != API_OK
            || ngx_api_sec_schema_copy(pool, (const char *) json.data,
                                       json.len, &value)
               != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ngx_api_refuse_problem_type(call->rec, &none, &member, &value);
    }

    return ngx_api_sec_schema_note(call, rc, why.detail.len ? &why.detail
                                                            : &why.reason);
}


/* For metrics: words of ours alone. */

static void
ngx_api_sec_schema_count(const ngx_api_sec_call_t *call,
    const api_verdict_t *verdict)
{
    uint32_t    i;
    ngx_str_t   in, keyword;
    api_span_t  s;

    for (i = 0; i < verdict->nfaults; i++) {
        s = api_span(api_in_name(verdict->faults[i].in),
                     ngx_strlen(api_in_name(verdict->faults[i].in)));
        in = ngx_api_str(s);

        s = api_span(verdict->faults[i].keyword,
                     ngx_strlen(verdict->faults[i].keyword));
        keyword = ngx_api_str(s);

        ngx_api_sec_count(&call->mcf->door, NGX_API_FAMILY_SCHEMA, &in,
                          &keyword);
    }
}


/* For logs, where names that may be the client's do not stand. */

static ngx_int_t
ngx_api_sec_schema_detail(ngx_pool_t *pool, const api_fault_t *fault,
    ngx_str_t *detail)
{
    char    line[512], clean[512];
    size_t  len;

    len = api_fault_print(fault, line, sizeof(line));
    len = api_redact_line(api_span(line, len), clean, sizeof(clean));

    return ngx_api_sec_schema_copy(pool, clean, len, detail);
}


/* What does not fit is left out. */

static void
ngx_api_sec_schema_errors(api_writer_t *w, const api_verdict_t *verdict)
{
    uint32_t           i;
    api_writer_mark_t  mark;

    api_writer_array(w);

    for (i = 0; i < verdict->nfaults; i++) {
        mark = api_writer_mark(w);
        ngx_api_sec_schema_error(w, &verdict->faults[i]);

        if (api_writer_full(w)) {
            api_writer_rewind(w, mark);
            break;
        }
    }

    api_writer_end(w);
}


static void
ngx_api_sec_schema_error(api_writer_t *w, const api_fault_t *fault)
{
    const char  *s;

    api_writer_object(w);

    if (fault->in != API_IN_BODY) {
        s = api_in_name(fault->in);
        api_writer_name(w, API_SPAN("parameter"));
        api_writer_string(w, fault->name);
        api_writer_name(w, API_SPAN("in"));
        api_writer_string(w, api_span(s, ngx_strlen(s)));
    }

    if (fault->in == API_IN_BODY || fault->pointer.len) {
        api_writer_name(w, API_SPAN("pointer"));
        api_writer_string(w, fault->pointer);
    }

    api_writer_name(w, API_SPAN("keyword"));
    api_writer_string(w, api_span(fault->keyword,
                                  ngx_strlen(fault->keyword)));
    api_writer_name(w, API_SPAN("detail"));
    api_writer_string(w, fault->detail);
    api_writer_end(w);
}


static ngx_int_t
ngx_api_sec_schema_copy(ngx_pool_t *pool, const char *text, size_t len,
    ngx_str_t *out)
{
    out->data = ngx_pnalloc(pool, len + 1);
    if (out->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(out->data, text, len);
    out->data[len] = '\0';
    out->len = len;

    return NGX_OK;
}
