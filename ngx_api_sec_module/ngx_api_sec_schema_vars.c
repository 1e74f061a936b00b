
/*
 * What the contract knows of a request, for others: variables, and operands
 * path:NAME of rules.
 */

#include "ngx_api_sec_schema.h"


static ngx_int_t ngx_api_sec_schema_var(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_api_sec_schema_var_path(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static const ngx_api_sec_routed_t *ngx_api_sec_routed(
    ngx_http_request_t *r, ngx_api_sec_ctx_t **ctx);
static ngx_uint_t ngx_api_sec_schema_shown(api_span_t value);
static ngx_uint_t ngx_api_sec_paths_known(const ngx_api_sec_main_conf_t *mcf,
    const ngx_str_t *name);
static ngx_int_t ngx_api_sec_paths_value(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_str_t *name,
    ngx_str_t *value);
static ngx_int_t ngx_api_sec_paths_get(const ngx_api_sec_routed_t *routed,
    const ngx_str_t *name, ngx_uint_t nocase, api_arena_t *arena,
    api_span_t *value);


typedef enum {
    NGX_API_SEC_VAR_OPERATION = 0,
    NGX_API_SEC_VAR_ROUTE,
    NGX_API_SEC_VAR_SCHEMA_RESULT,
    NGX_API_SEC_VAR_SCHEMA_ERROR
} ngx_api_sec_schema_var_e;


static ngx_str_t  ngx_api_sec_schema_names[] = {
    ngx_string("api_operation"),
    ngx_string("api_route"),
    ngx_string("api_schema_result"),
    ngx_string("api_schema_error"),
    ngx_null_string
};


static ngx_str_t  ngx_api_path_prefix = ngx_string("api_path_");


/* by ngx_api_sec_schema_e */

static const ngx_str_t  ngx_api_sec_schema_results[] = {
    ngx_null_string,
    ngx_string("passed"),
    ngx_string("monitored"),
    ngx_string("refused"),
    ngx_string("off")
};


static const ngx_api_sec_paths_t  ngx_api_sec_schema_operands = {
    ngx_api_sec_paths_known,
    ngx_api_sec_paths_value
};


ngx_int_t
ngx_api_sec_schema_variables(ngx_conf_t *cf)
{
    ngx_uint_t  i;

    for (i = 0; ngx_api_sec_schema_names[i].len; i++) {
        if (ngx_api_add_variable(cf, &ngx_api_sec_schema_names[i],
                                 ngx_api_sec_schema_var, i, 0)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return ngx_api_add_variable(cf, &ngx_api_path_prefix,
                                ngx_api_sec_schema_var_path, 0,
                                NGX_HTTP_VAR_PREFIX);
}


void
ngx_api_sec_schema_paths(ngx_conf_t *cf)
{
    ngx_api_sec_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_api_sec_module);
    mcf->paths = &ngx_api_sec_schema_operands;
}


/* The route of the request; of a subrequest that of its main one. */

static const ngx_api_sec_routed_t *
ngx_api_sec_routed(ngx_http_request_t *r, ngx_api_sec_ctx_t **ctx)
{
    ngx_api_record_t               *rec;
    const ngx_api_sec_loc_conf_t   *lcf;
    const ngx_api_sec_main_conf_t  *mcf;

    *ctx = NULL;
    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);

    if (r != r->main || lcf->schema->rules == NULL) {
        rec = ngx_api_record_peek(r, mcf->self.record);
        *ctx = rec ? rec->own[NGX_API_SEC] : NULL;

        return *ctx ? (*ctx)->routed : NULL;
    }

    *ctx = ngx_api_sec_ctx(r, mcf, &rec);

    return *ctx ? ngx_api_sec_route(r, lcf->schema->rules, *ctx) : NULL;
}


static ngx_int_t
ngx_api_sec_schema_var(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t                    value;
    ngx_api_sec_ctx_t           *ctx;
    const ngx_api_sec_routed_t  *routed;

    routed = ngx_api_sec_routed(r, &ctx);
    ngx_str_null(&value);

    switch (data) {

    case NGX_API_SEC_VAR_OPERATION:
        if (routed && routed->route.op
            && ngx_api_sec_schema_shown(routed->route.op->id))
        {
            value = ngx_api_str(routed->route.op->id);
        }
        break;

    case NGX_API_SEC_VAR_ROUTE:
        if (routed && ngx_api_sec_schema_shown(routed->route.route)) {
            value = ngx_api_str(routed->route.route);
        }
        break;

    case NGX_API_SEC_VAR_SCHEMA_RESULT:
        if (ctx && ctx->checked) {
            value = ngx_api_sec_schema_results[ctx->checked->result];
        }
        break;

    default: /* NGX_API_SEC_VAR_SCHEMA_ERROR */
        if (ctx && ctx->checked) {
            value = ctx->checked->error;
        }
    }

    ngx_api_set_variable(v, value.len ? &value : NULL);

    return NGX_OK;
}


/* nginx lower-cases the name; within a template names differ without case. */

static ngx_int_t
ngx_api_sec_schema_var_path(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                    name, value;
    api_span_t                   text;
    ngx_api_sec_ctx_t           *ctx;
    const ngx_api_sec_routed_t  *routed;

    routed = ngx_api_sec_routed(r, &ctx);

    name = *(ngx_str_t *) data;
    name.data += ngx_api_path_prefix.len;
    name.len -= ngx_api_path_prefix.len;

    if (routed == NULL
        || ngx_api_sec_paths_get(routed, &name, 1, ngx_api_sec_arena(r, ctx),
                                 &text)
           != NGX_OK
        || !ngx_api_sec_schema_shown(text))
    {
        ngx_api_set_variable(v, NULL);
        return NGX_OK;
    }

    value = ngx_api_str(text);
    ngx_api_set_variable(v, &value);

    return NGX_OK;
}


/* What could end a line of a header is not shown. */

static ngx_uint_t
ngx_api_sec_schema_shown(api_span_t value)
{
    size_t  i;

    for (i = 0; i < value.len; i++) {
        if (value.data[i] < ' ' || value.data[i] == 0x7f) {
            return 0;
        }
    }

    return 1;
}


static ngx_uint_t
ngx_api_sec_paths_known(const ngx_api_sec_main_conf_t *mcf,
    const ngx_str_t *name)
{
    ngx_uint_t                   i;
    ngx_api_sec_spec_t * const  *spec;

    spec = mcf->specs->specs.elts;

    for (i = 0; i < mcf->specs->specs.nelts; i++) {
        if (api_openapi_has_path_param(spec[i]->doc, ngx_api_span(name))) {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_api_sec_paths_value(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_str_t *name,
    ngx_str_t *value)
{
    ngx_int_t                      rc;
    api_span_t                     text;
    ngx_api_record_t              *rec;
    ngx_api_sec_ctx_t             *ctx;
    const ngx_api_sec_routed_t    *routed;
    const ngx_api_sec_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);

    if (lcf->schema->rules == NULL) {
        return NGX_ABORT;    /* no contract holds here */
    }

    ctx = ngx_api_sec_ctx(r, mcf, &rec);
    routed = ctx ? ngx_api_sec_route(r, lcf->schema->rules, ctx) : NULL;

    if (routed == NULL) {
        return NGX_ERROR;
    }

    if (routed->route.op == NULL) {
        return NGX_ABORT;
    }

    rc = ngx_api_sec_paths_get(routed, name, 0, ngx_api_sec_arena(r, ctx),
                               &text);

    if (rc == NGX_OK) {
        *value = ngx_api_str(text);
    }

    return rc;
}


static ngx_int_t
ngx_api_sec_paths_get(const ngx_api_sec_routed_t *routed,
    const ngx_str_t *name, ngx_uint_t nocase, api_arena_t *arena,
    api_span_t *value)
{
    int         rc;
    uint32_t    n;
    api_span_t  found, wanted;

    if (routed->route.op == NULL) {
        return NGX_DECLINED;
    }

    wanted = ngx_api_span(name);

    for (n = 0; n < routed->route.match.nvalues; n++) {

        if (api_openapi_path_value(&routed->route, n, 1, arena, &found,
                                   value)
            != API_OK)
        {
            return NGX_ERROR;
        }

        if (nocase ? !api_span_eq_nocase(found, wanted)
                   : !api_span_eq(found, wanted))
        {
            continue;
        }

        rc = api_openapi_path_value(&routed->route, n,
                                    routed->path.flags & API_PATH_F_DECODED,
                                    arena, &found, value);

        return rc == API_OK ? NGX_OK : NGX_ERROR;
    }

    return NGX_DECLINED;
}
