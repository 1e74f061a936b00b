
/*
 * What a request looked like: credentials, content types, parameters.  Names
 * and kinds, never a value.
 */

#include "ngx_api_sec_leak.h"
#include "ngx_api_sec_monitor.h"
#include "ngx_api_header.h"
#include "api_percent.h"


#define NGX_API_SEC_INVENTORY_PAIRS  64    /* of a query that are looked at */


static ngx_uint_t ngx_api_sec_inventory_auth(ngx_http_request_t *r,
    const ngx_api_sec_ctx_t *ctx);
static u_char ngx_api_sec_inventory_type(const api_json_t *json, uint32_t at);
static void ngx_api_sec_inventory_classes(const api_json_t *json, uint32_t at,
    ngx_api_sec_noted_t *noted, size_t max);
static void ngx_api_sec_inventory_pair(api_inventory_t *inv, api_inv_op_t op,
    api_span_t pair);


/* Has an upstream answered, and with success?  A refusal of ours has not. */

ngx_uint_t
ngx_api_sec_inventory_served(ngx_http_request_t *r,
    const ngx_api_record_t *rec)
{
    ngx_uint_t  status;

    if (r->upstream == NULL || (rec && rec->refusal.status)) {
        return 0;
    }

    /* a page that stands for an error is no success, whatever it says */

    if (r->error_page) {
        return 0;
    }

    status = r->headers_out.status;

    return (status >= 200 && status < 300) || status == NGX_HTTP_NOT_MODIFIED;
}


void
ngx_api_sec_inventory_look(ngx_http_request_t *r, const ngx_api_record_t *rec,
    const api_inventory_t *inv, api_inv_seen_t *seen)
{
    u_char                         *query;
    api_span_t                      path;
    api_sipkey_t                    key;
    const ngx_api_sec_ctx_t        *ctx;
    const ngx_api_sec_identity_t   *id;

    ctx = rec ? rec->own[NGX_API_SEC] : NULL;
    id = ngx_api_sec_identity(ctx);
    key = api_inventory_key(inv);

    ngx_memzero(seen, sizeof(api_inv_seen_t));

    seen->now = ngx_time();
    seen->status = ngx_api_sec_answered(r, rec);
    seen->auth = ngx_api_sec_inventory_auth(r, ctx);
    seen->ms = ngx_api_sec_took(r);
    seen->bytes_in = r->headers_in.content_length_n > 0
                     ? (uint64_t) r->headers_in.content_length_n : 0;
    seen->bytes_out = r->connection->sent > 0
                      ? (uint64_t) r->connection->sent : 0;

    if (r->headers_in.content_type) {
        seen->type_in = api_inv_type_of(
                            ngx_api_span(&r->headers_in.content_type->value));
    }

    seen->type_out = api_inv_type_of(
                               ngx_api_span(&r->headers_out.content_type));

    if (id && id->principal.len) {
        seen->principal = api_siphash13(key, ngx_api_span(&id->principal));
    }

    path = ngx_api_span(&r->unparsed_uri);
    query = ngx_strlchr((u_char *) (uintptr_t) path.data,
                        (u_char *) (uintptr_t) path.data + path.len, '?');

    if (query) {
        path.len = query - path.data;
    }

    seen->object = api_siphash13(key, path);

    if (ctx && ctx->noted) {
        seen->classes_in = ctx->noted->classes;
    }

    if (ctx && ctx->scan) {
        seen->classes_out = ctx->scan->found;
    }
}


/* What was verified; else what a request has that could be one. */

static ngx_uint_t
ngx_api_sec_inventory_auth(ngx_http_request_t *r,
    const ngx_api_sec_ctx_t *ctx)
{
    ngx_uint_t                     i;
    api_span_t                     scheme, rest;
    const ngx_str_t               *value;
    const ngx_api_sec_identity_t  *id;

    id = ngx_api_sec_identity(ctx);

    if (id) {
        for (i = API_INV_AUTH_JWT; i <= API_INV_AUTH_INTROSPECT; i++) {
            if (ngx_strcmp(id->method->name.data, api_inv_auth_name(i)) == 0) {
                return i;
            }
        }
    }

    if (r->headers_in.authorization) {
        rest = ngx_api_span(&r->headers_in.authorization->value);
        scheme = ngx_api_header_word(&rest, ' ');

        return api_span_eq_nocase(scheme, API_SPAN("basic"))
               ? API_INV_AUTH_BASIC : API_INV_AUTH_BEARER;
    }

    (void) ngx_api_header_in(r, "x-api-key", &value);

    if (value) {
        return API_INV_AUTH_KEY;
    }

    (void) ngx_api_header_in(r, "cookie", &value);

    return value ? API_INV_AUTH_COOKIE : API_INV_AUTH_NONE;
}


void
ngx_api_sec_inventory_params(ngx_http_request_t *r,
    const ngx_api_sec_ctx_t *ctx, api_inventory_t *inv, api_inv_op_t op)
{
    size_t                       len;
    u_char                      *amp;
    api_span_t                   rest;
    ngx_uint_t                   i;
    const ngx_api_sec_scan_t    *scan;
    const ngx_api_sec_noted_t   *noted;

    if (op == API_INV_OTHER) {
        return;
    }

    rest = ngx_api_span(&r->args);

    for (i = 0; rest.len && i < NGX_API_SEC_INVENTORY_PAIRS; i++) {
        amp = ngx_strlchr((u_char *) (uintptr_t) rest.data,
                          (u_char *) (uintptr_t) rest.data + rest.len, '&');
        len = amp ? (size_t) (amp - rest.data) : rest.len;

        ngx_api_sec_inventory_pair(inv, op, api_span(rest.data, len));

        len = ngx_min(len + 1, rest.len);
        rest = api_span(rest.data + len, rest.len - len);
    }

    noted = ctx ? ctx->noted : NULL;

    for (i = 0; noted && i < noted->n; i++) {
        api_inventory_param(inv, op, API_INV_BODY,
                            api_span(noted->field[i].name,
                                     noted->field[i].len),
                            noted->field[i].type, noted->field[i].classes);
    }

    scan = ctx ? ctx->scan : NULL;

    for (i = 0; scan && i < scan->nfields; i++) {
        api_inventory_param(inv, op, API_INV_RESPONSE,
                            api_span(scan->field[i].name,
                                     scan->field[i].len),
                            API_SEGMENT_WORD, scan->field[i].classes);
    }
}


static void
ngx_api_sec_inventory_pair(api_inventory_t *inv, api_inv_op_t op,
    api_span_t pair)
{
    size_t      n;
    u_char     *eq;
    uint8_t     buf[API_INV_PARAM_NAME * 3];
    unsigned    flags;
    api_span_t  name, value;

    eq = ngx_strlchr((u_char *) (uintptr_t) pair.data,
                     (u_char *) (uintptr_t) pair.data + pair.len, '=');

    name = api_span(pair.data, eq ? (size_t) (eq - pair.data) : pair.len);
    value = eq ? api_span(eq + 1, pair.len - name.len - 1)
               : api_span(NULL, 0);

    if (name.len <= sizeof(buf)
        && api_percent_has(name, API_PERCENT_PLUS))
    {
        flags = 0;
        n = api_percent_decode(name, API_PERCENT_PLUS, buf, &flags);

        if (flags & (API_PERCENT_F_NUL|API_PERCENT_F_CONTROL
                     |API_PERCENT_F_UTF8))
        {
            return;
        }

        name = api_span(buf, n);
    }

    api_inventory_param(inv, op, API_INV_QUERY, name,
                        api_segment_of_value(value), 0);
}


/* A string may be anything; its kind is told when it is one of those that
   have a form. */

static u_char
ngx_api_sec_inventory_type(const api_json_t *json, uint32_t at)
{
    const api_json_tok_t  *t;

    t = &json->tok[at];

    switch (t->type) {

    case API_JSON_INT:
        return API_SEGMENT_INT;

    case API_JSON_REAL:
        return API_SEGMENT_NUMBER;

    case API_JSON_TRUE:
    case API_JSON_FALSE:
        return API_SEGMENT_BOOL;

    default:
        return API_SEGMENT_WORD;
    }
}


/* What is sensitive in a member, also in what is below it. */

static void
ngx_api_sec_inventory_classes(const api_json_t *json, uint32_t at,
    ngx_api_sec_noted_t *noted, size_t max)
{
    unsigned    kinds;
    api_span_t  text;

    text = api_json_raw(json, at);
    text.len = ngx_min(text.len, max);

    kinds = api_sensitive_kinds(text, (1U << API_NSENSITIVE) - 1);

    noted->field[noted->n].classes = kinds;
    noted->classes |= kinds;
}


/*
 * End of PRECONTENT: the body has been parsed, if somebody needed that.  Its
 * members are noted now, for later it is gone.
 */

void
ngx_api_sec_inventory_note(ngx_http_request_t *r, const ngx_api_record_t *rec)
{
    uint32_t                       i, n, value;
    api_span_t                     text;
    const api_json_t              *json;
    ngx_api_sec_ctx_t             *ctx;
    ngx_api_sec_noted_t           *noted;
    const ngx_api_sec_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);
    ctx = rec->own[NGX_API_SEC];

    if (lcf->inventory == NULL || ctx == NULL || ctx->noted
        || !rec->body->parsed || rec->body->json_rc != API_OK)
    {
        return;
    }

    json = &rec->body->json;

    if (json->tok[0].type != API_JSON_OBJECT) {
        return;
    }

    noted = ngx_pcalloc(r->main->pool, sizeof(ngx_api_sec_noted_t));
    if (noted == NULL) {
        return;
    }

    ctx->noted = noted;

    for (n = json->tok[0].len, i = 1; n && noted->n < API_INV_PARAMS; n--) {
        text = api_span(json->text + json->tok[i].off, json->tok[i].len);
        value = i + 1;

        if (text.len && text.len <= API_INV_PARAM_NAME
            && !(json->tok[i].flags & API_JSON_F_ESCAPED))
        {
            ngx_memcpy(noted->field[noted->n].name, text.data, text.len);
            noted->field[noted->n].len = (u_char) text.len;
            noted->field[noted->n].type = ngx_api_sec_inventory_type(json,
                                                                     value);

            if (lcf->inventory->scan) {
                ngx_api_sec_inventory_classes(json, value, noted,
                                              lcf->inventory->scan);
            }

            noted->n++;
        }

        i = api_json_next(json, i);
    }
}
