
/*
 * What was verified, as variables.  Nothing of a token that did not verify
 * is ever shown, in monitor mode neither.
 */

#include "ngx_api_sec.h"


static ngx_int_t ngx_api_sec_var(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_api_sec_var_claim(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_api_sec_var_header(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_api_sec_var_path(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_api_sec_ctx_t *ngx_api_sec_seen(ngx_http_request_t *r);
static ngx_int_t ngx_api_sec_var_member(ngx_http_request_t *r,
    ngx_api_sec_ctx_t *ctx, const api_json_t *doc, const ngx_str_t *name,
    ngx_http_variable_value_t *v);
static ngx_int_t ngx_api_sec_var_text(ngx_http_request_t *r,
    ngx_api_sec_ctx_t *ctx, const api_json_t *doc, uint32_t tok,
    ngx_http_variable_value_t *v);
static ngx_uint_t ngx_api_sec_var_shown(ngx_http_request_t *r,
    const ngx_str_t *value);


typedef enum {
    NGX_API_SEC_VAR_PRINCIPAL = 0,
    NGX_API_SEC_VAR_METHOD,
    NGX_API_SEC_VAR_RESULT,
    NGX_API_SEC_VAR_ERROR,
    NGX_API_SEC_VAR_CACHE
} ngx_api_sec_var_e;


static ngx_str_t  ngx_api_sec_vars[] = {
    ngx_string("api_principal"),
    ngx_string("api_auth_method"),
    ngx_string("api_auth_result"),
    ngx_string("api_auth_error"),
    ngx_string("api_token_cache"),
    ngx_null_string
};


static ngx_str_t  ngx_api_claim_prefix = ngx_string("api_claim_");
static ngx_str_t  ngx_api_header_prefix = ngx_string("api_jwt_header_");


/* by ngx_api_auth_e */

static const ngx_str_t  ngx_api_sec_results[] = {
    ngx_string("none"),
    ngx_string("ok"),
    ngx_string("missing"),
    ngx_string("invalid"),
    ngx_string("unavailable")
};


/* by ngx_api_seen_e */

static const ngx_str_t  ngx_api_sec_seen_names[] = {
    ngx_null_string,
    ngx_string("miss"),
    ngx_string("hit"),
    ngx_string("memo")
};


ngx_int_t
ngx_api_sec_add_variables(ngx_conf_t *cf)
{
    ngx_uint_t  i;

    for (i = 0; ngx_api_sec_vars[i].len; i++) {
        if (ngx_api_add_variable(cf, &ngx_api_sec_vars[i], ngx_api_sec_var, i,
                                 0)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (ngx_api_add_variable(cf, &ngx_api_claim_prefix, ngx_api_sec_var_claim,
                             0, NGX_HTTP_VAR_PREFIX)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_api_add_variable(cf, &ngx_api_header_prefix,
                             ngx_api_sec_var_header, 0, NGX_HTTP_VAR_PREFIX)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_api_sec_key_variables(cf);
}


char *
ngx_api_sec_claim_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    api_err_t          err;
    ngx_str_t         *value;
    api_alloc_t        alloc;
    api_arena_t        arena;
    api_claim_path_t  *path;

    value = cf->args->elts;

    if (value[1].len < 2 || value[1].data[0] != '$') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no variable: write \"api_claim_set "
                           "$name claim;\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    value[1].data++;
    value[1].len--;

    path = ngx_pcalloc(cf->pool, sizeof(api_claim_path_t));
    if (path == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_api_pool_alloc(&alloc, cf->pool);
    api_arena_init(&arena, &alloc, 256, 0);

    if (api_claim_path_parse(path, ngx_api_span(&value[2]), &arena, &err)
        != API_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\": %s", &value[2],
                           err.text);
        return NGX_CONF_ERROR;
    }

    return ngx_api_add_variable(cf, &value[1], ngx_api_sec_var_path,
                                (uintptr_t) path, 0)
           == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static ngx_api_sec_ctx_t *
ngx_api_sec_seen(ngx_http_request_t *r)
{
    ngx_api_record_t               *rec;
    const ngx_api_sec_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    rec = ngx_api_record_peek(r, mcf->self.record);

    return rec ? rec->own[NGX_API_SEC] : NULL;
}


static ngx_int_t
ngx_api_sec_var(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    const ngx_str_t               *value;
    ngx_api_sec_ctx_t             *ctx;
    const ngx_api_sec_identity_t  *id;

    value = NULL;
    ctx = ngx_api_sec_seen(r);
    id = ngx_api_sec_identity(ctx);

    if (ctx && ctx->auth) {
        switch (data) {

        case NGX_API_SEC_VAR_PRINCIPAL:
            value = id && ngx_api_sec_var_shown(r, &id->principal)
                    ? &id->principal : NULL;
            break;

        case NGX_API_SEC_VAR_METHOD:
            value = id ? &id->method->name : NULL;
            break;

        case NGX_API_SEC_VAR_RESULT:
            value = &ngx_api_sec_results[ctx->result];
            break;

        case NGX_API_SEC_VAR_CACHE:
            value = &ngx_api_sec_seen_names[ctx->seen];
            break;

        default: /* NGX_API_SEC_VAR_ERROR */
            value = id ? NULL : &ctx->fault.reason;
        }
    }

    if (value && value->len == 0) {
        value = NULL;
    }

    ngx_api_set_variable(v, value);

    return NGX_OK;
}


static ngx_int_t
ngx_api_sec_var_claim(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t           name;
    const api_json_t   *claims;
    ngx_api_sec_ctx_t  *ctx;

    ctx = ngx_api_sec_seen(r);
    claims = ngx_api_sec_claims(ctx);

    if (claims == NULL) {
        ngx_api_set_variable(v, NULL);
        return NGX_OK;
    }

    name = *(ngx_str_t *) data;
    name.data += ngx_api_claim_prefix.len;
    name.len -= ngx_api_claim_prefix.len;

    return ngx_api_sec_var_member(r, ctx, claims, &name, v);
}


static ngx_int_t
ngx_api_sec_var_header(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t           name;
    const api_json_t   *header;
    ngx_api_sec_ctx_t  *ctx;

    ctx = ngx_api_sec_seen(r);
    header = ngx_api_sec_token_header(ctx);

    if (header == NULL) {
        ngx_api_set_variable(v, NULL);
        return NGX_OK;
    }

    name = *(ngx_str_t *) data;
    name.data += ngx_api_header_prefix.len;
    name.len -= ngx_api_header_prefix.len;

    return ngx_api_sec_var_member(r, ctx, header, &name, v);
}


/* api_claim_set: exact names, paths */

static ngx_int_t
ngx_api_sec_var_path(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    const api_claim_path_t *path = (const api_claim_path_t *) data;

    const api_json_t   *claims;
    ngx_api_sec_ctx_t  *ctx;

    ctx = ngx_api_sec_seen(r);
    claims = ngx_api_sec_claims(ctx);

    if (claims == NULL) {
        ngx_api_set_variable(v, NULL);
        return NGX_OK;
    }

    return ngx_api_sec_var_text(r, ctx, claims,
                                api_claim_find(claims, 0, path), v);
}


/*
 * nginx lower-cases names of variables, so a member is looked for without
 * case; two that differ in case alone are not told apart, and neither is
 * shown.
 */

static ngx_int_t
ngx_api_sec_var_member(ngx_http_request_t *r, ngx_api_sec_ctx_t *ctx,
    const api_json_t *doc, const ngx_str_t *name,
    ngx_http_variable_value_t *v)
{
    uint32_t    i, found;
    api_span_t  member;

    found = API_JSON_NONE;

    for (i = 1; i < doc->tok[0].u.next; i = api_json_next(doc, i)) {
        if (api_json_string(doc, i, &ctx->arena, &member) != API_OK) {
            return NGX_ERROR;
        }

        if (!api_span_eq_nocase(member, ngx_api_span(name))) {
            continue;
        }

        if (found != API_JSON_NONE) {
            ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                          "two names differ from \"%V\" in case alone, "
                          "neither is shown: use api_claim_set", name);
            found = API_JSON_NONE;
            break;
        }

        found = i + 1;
    }

    return ngx_api_sec_var_text(r, ctx, doc, found, v);
}


static ngx_int_t
ngx_api_sec_var_text(ngx_http_request_t *r, ngx_api_sec_ctx_t *ctx,
    const api_json_t *doc, uint32_t tok, ngx_http_variable_value_t *v)
{
    ngx_str_t   value;
    api_span_t  text;

    if (tok == API_JSON_NONE) {
        ngx_api_set_variable(v, NULL);
        return NGX_OK;
    }

    if (api_claim_text(doc, tok, &ctx->arena, &text) != API_OK) {
        return NGX_ERROR;
    }

    value = ngx_api_str(text);
    ngx_api_set_variable(v, ngx_api_sec_var_shown(r, &value) ? &value : NULL);

    return NGX_OK;
}


/*
 * Variables are put into headers, where nginx does not look for an end of
 * line: what could bring one, and with it a header of its own, is not shown.
 */

static ngx_uint_t
ngx_api_sec_var_shown(ngx_http_request_t *r, const ngx_str_t *value)
{
    size_t  i;

    for (i = 0; i < value->len; i++) {
        if (value->data[i] < ' ' || value->data[i] == 0x7f) {
            ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                          "a claim has control characters in it and is not "
                          "shown in a variable");
            return 0;
        }
    }

    return 1;
}
