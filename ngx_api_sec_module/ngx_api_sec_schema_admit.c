
/*
 * Is there such an operation, and is it served here?
 */

#include "ngx_api_sec_schema.h"


static ngx_int_t ngx_api_sec_admit(ngx_api_sec_call_t *call);
static ngx_uint_t ngx_api_sec_overridden(const ngx_http_request_t *r);
static ngx_uint_t ngx_api_sec_is_override(const ngx_str_t *name);
static ngx_uint_t ngx_api_sec_hidden(const ngx_api_sec_call_t *call);
static ngx_uint_t ngx_api_sec_options_pass(const ngx_api_sec_call_t *call);


ngx_int_t
ngx_api_sec_schema_admit(ngx_http_request_t *r)
{
    ngx_int_t            rc;
    ngx_api_sec_call_t   call;

    rc = ngx_api_sec_call(r, &call);

    if (rc == NGX_OK) {
        return ngx_api_sec_admit(&call);
    }

    return rc == NGX_DECLINED ? NGX_DECLINED
                              : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static ngx_int_t
ngx_api_sec_admit(ngx_api_sec_call_t *call)
{
    const api_operation_t  *op;

    static const ngx_uint_t  nos[] = {
        0,
        NGX_API_SEC_NO_PATH,
        NGX_API_SEC_NO_METHOD,
        NGX_API_SEC_BAD_PATH,
        NGX_API_SEC_TWO_PATHS
    };

    op = call->op;

    if (op == NULL && !ngx_api_sec_options_pass(call)) {
        return ngx_api_sec_schema_no(call, nos[call->routed->result]);
    }

    if (call->rules->override == NGX_API_SEC_DENY
        && ngx_api_sec_overridden(call->r))
    {
        return ngx_api_sec_schema_no(call, NGX_API_SEC_OVERRIDE);
    }

    if (op && ngx_api_sec_hidden(call)) {
        return ngx_api_sec_schema_no(call, NGX_API_SEC_HIDDEN);
    }

    if (op && op->has_sunset && ngx_time() >= (time_t) op->sunset) {
        return ngx_api_sec_schema_no(call, NGX_API_SEC_GONE);
    }

    return NGX_DECLINED;
}


static ngx_uint_t
ngx_api_sec_options_pass(const ngx_api_sec_call_t *call)
{
    return call->rules->options == NGX_API_SEC_OPTIONS_PASS
           && call->r->method == NGX_HTTP_OPTIONS
           && call->routed->result == NGX_API_SEC_ROUTE_METHOD;
}


static ngx_uint_t
ngx_api_sec_hidden(const ngx_api_sec_call_t *call)
{
    const ngx_api_sec_operation_t  *line;

    if (call->rules->exposure == NGX_API_SEC_INTERNAL) {
        return 0;
    }

    line = call->rules->operations
           ? call->rules->operations[call->op->index] : NULL;

    return call->op->internal || (line && line->internal);
}


/* A framework behind us would take the method of such a header. */

static ngx_uint_t
ngx_api_sec_overridden(const ngx_http_request_t *r)
{
    ngx_uint_t              i;
    const ngx_list_part_t  *part;
    const ngx_table_elt_t  *h;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (ngx_api_sec_is_override(&h[i].key)) {
                return 1;
            }
        }
    }

    return 0;
}


static ngx_uint_t
ngx_api_sec_is_override(const ngx_str_t *name)
{
    size_t      k;
    u_char      c;
    ngx_uint_t  i;

    static const ngx_str_t  names[] = {
        ngx_string("x-http-method-override"),
        ngx_string("x-http-method"),
        ngx_string("x-method-override"),
        ngx_null_string
    };

    for (i = 0; names[i].len; i++) {

        if (name->len != names[i].len) {
            continue;
        }

        for (k = 0; k < name->len; k++) {
            c = ngx_tolower(name->data[k]);

            if ((c == '_' ? '-' : c) != names[i].data[k]) {
                break;
            }
        }

        if (k == name->len) {
            return 1;
        }
    }

    return 0;
}
