
/*
 * Variables: what rules made of the request.  Of several policies, the one
 * that ran last.
 */

#include "ngx_api_waf.h"


typedef enum {
    NGX_API_WAF_VAR_ACTION = 0,
    NGX_API_WAF_VAR_SCORE,
    NGX_API_WAF_VAR_RULES,
    NGX_API_WAF_VAR_MATCHED
} ngx_api_waf_var_e;


static ngx_int_t ngx_api_waf_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_api_waf_score(ngx_http_request_t *r,
    const ngx_api_waf_run_t *run, ngx_str_t *value);


static ngx_str_t  ngx_api_waf_vars[] = {
    ngx_string("api_waf_action"),
    ngx_string("api_waf_score"),
    ngx_string("api_waf_rules"),
    ngx_string("api_waf_matched"),
    ngx_null_string
};


/* by ngx_api_waf_action_e */

static const ngx_str_t  ngx_api_waf_actions[] = {
    ngx_null_string,
    ngx_string("passed"),
    ngx_string("monitor"),
    ngx_string("refused"),
    ngx_string("failed")
};


ngx_int_t
ngx_api_waf_add_variables(ngx_conf_t *cf)
{
    ngx_uint_t  i;

    for (i = 0; ngx_api_waf_vars[i].len; i++) {
        if (ngx_api_add_variable(cf, &ngx_api_waf_vars[i],
                                 ngx_api_waf_variable, i, 0)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_api_waf_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t                       score;
    ngx_api_waf_ctx_t              *ctx;
    const ngx_str_t                *value;
    const ngx_api_waf_run_t        *run;
    const ngx_api_waf_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_waf_module);
    ctx = ngx_api_waf_ctx_of(ngx_api_record_peek(r, mcf->self.record));
    run = ctx ? ctx->runs : NULL;

    if (run == NULL) {
        ngx_api_set_variable(v, NULL);
        return NGX_OK;
    }

    switch (data) {

    case NGX_API_WAF_VAR_ACTION:
        value = &ngx_api_waf_actions[run->action];
        break;

    case NGX_API_WAF_VAR_RULES:
        value = &run->rules;
        break;

    case NGX_API_WAF_VAR_MATCHED:
        value = &run->matched;
        break;

    default:
        if (ngx_api_waf_score(r, run, &score) != NGX_OK) {
            return NGX_ERROR;
        }

        value = &score;
    }

    ngx_api_set_variable(v, value->len ? value : NULL);

    return NGX_OK;
}


static ngx_int_t
ngx_api_waf_score(ngx_http_request_t *r, const ngx_api_waf_run_t *run,
    ngx_str_t *value)
{
    value->data = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    value->len = ngx_sprintf(value->data, "%L", run->score) - value->data;

    return NGX_OK;
}
