
/*
 * api_schema NAME [mode=] [path=client | rewritten]
 *            [encoded_slash=deny | allow] | off
 * api_schema_operation ID [mode=] [internal]
 * api_schema_unknown [query=] [headers=] [cookies=] [body=]
 * api_schema_methods [head=] [options=] [override=]
 * api_schema_limit [depth=] [tokens=] [members=] [string=] [number=] [steps=]
 *                  [regex=] [errors=]
 * api_schema_response SIZE [mode=] | off
 * api_exposure public | partner | internal
 */

#include "ngx_api_sec_schema_response.h"


static const ngx_str_t  ngx_api_sec_deny[] = {
    ngx_string("deny"),
    ngx_string("ignore"),
    ngx_null_string
};


ngx_int_t
ngx_api_sec_schema_create(ngx_conf_t *cf, ngx_api_sec_loc_conf_t *lcf)
{
    ngx_api_sec_schema_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_schema_conf_t));
    if (conf == NULL) {
        return NGX_ERROR;
    }

    conf->contract = NGX_CONF_UNSET_PTR;
    conf->exposure = NGX_CONF_UNSET_UINT;
    conf->response = NGX_CONF_UNSET_PTR;
    conf->bare = NGX_CONF_UNSET_PTR;
    lcf->schema = conf;

    return NGX_OK;
}


char *
ngx_api_sec_schema(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ngx_str_t               *value;
    ngx_api_sec_contract_t  *contract;

    static const ngx_str_t  paths[] = {
        ngx_string("client"),
        ngx_string("rewritten"),
        ngx_null_string
    };

    static const ngx_str_t  slashes[] = {
        ngx_string("deny"),
        ngx_string("allow"),
        ngx_null_string
    };

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("mode"), NGX_API_OPT_MODE,
          offsetof(ngx_api_sec_contract_t, mode), NULL },
        { ngx_string("path"), NGX_API_OPT_ENUM,
          offsetof(ngx_api_sec_contract_t, path), paths },
        { ngx_string("encoded_slash"), NGX_API_OPT_ENUM,
          offsetof(ngx_api_sec_contract_t, slash), slashes },
        ngx_api_null_opt
    };

    if (lcf->schema->contract != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        lcf->schema->contract = NULL;
        return cf->args->nelts == 2 ? NGX_CONF_OK : "off takes nothing more";
    }

    contract = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_contract_t));
    if (contract == NULL) {
        return NGX_CONF_ERROR;
    }

    contract->name = value[1];
    contract->mode.fixed = NGX_API_MODE_ENFORCE;
    contract->file = cf->conf_file->file.name;
    contract->line = cf->conf_file->line;

    if (ngx_api_conf_opts(cf, 2, opts, contract) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    lcf->schema->contract = contract;
    ngx_api_sec_uses(cf, NGX_API_SEC_USES_SCHEMA);
    ngx_api_sec_schema_paths(cf);

    return NGX_CONF_OK;
}


char *
ngx_api_sec_schema_operation(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ngx_str_t                *value;
    ngx_api_sec_operation_t  *op;

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("mode"), NGX_API_OPT_MODE,
          offsetof(ngx_api_sec_operation_t, mode), NULL },
        { ngx_string("internal"), NGX_API_OPT_FLAG,
          offsetof(ngx_api_sec_operation_t, internal), NULL },
        ngx_api_null_opt
    };

    value = cf->args->elts;

    op = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_operation_t));
    if (op == NULL) {
        return NGX_CONF_ERROR;
    }

    op->id = value[1];
    op->mode.fixed = NGX_API_MODE_ENFORCE;
    op->file = cf->conf_file->file.name;
    op->line = cf->conf_file->line;

    if (ngx_api_conf_opts(cf, 2, opts, op) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 2) {
        return "needs mode= or internal behind the operation";
    }

    return ngx_api_conf_list_add(cf, &lcf->schema->operations, op);
}


char *
ngx_api_sec_schema_unknown(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("query"), NGX_API_OPT_ENUM,
          offsetof(ngx_api_sec_unknown_t, query), ngx_api_sec_deny },
        { ngx_string("headers"), NGX_API_OPT_ENUM,
          offsetof(ngx_api_sec_unknown_t, headers), ngx_api_sec_deny },
        { ngx_string("cookies"), NGX_API_OPT_ENUM,
          offsetof(ngx_api_sec_unknown_t, cookies), ngx_api_sec_deny },
        { ngx_string("body"), NGX_API_OPT_ENUM,
          offsetof(ngx_api_sec_unknown_t, body), ngx_api_sec_deny },
        ngx_api_null_opt
    };

    if (lcf->schema->has_unknown) {
        return "is duplicate";
    }

    lcf->schema->has_unknown = 1;
    lcf->schema->unknown.headers = NGX_API_SEC_IGNORE;
    lcf->schema->unknown.cookies = NGX_API_SEC_IGNORE;

    return ngx_api_conf_opts(cf, 1, opts, &lcf->schema->unknown);
}


char *
ngx_api_sec_schema_methods(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    static const ngx_str_t  heads[] = {
        ngx_string("as_get"),
        ngx_string("described"),
        ngx_null_string
    };

    static const ngx_str_t  options[] = {
        ngx_string("cors"),
        ngx_string("pass"),
        ngx_null_string
    };

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("head"), NGX_API_OPT_ENUM,
          offsetof(ngx_api_sec_verbs_t, head), heads },
        { ngx_string("options"), NGX_API_OPT_ENUM,
          offsetof(ngx_api_sec_verbs_t, options), options },
        { ngx_string("override"), NGX_API_OPT_ENUM,
          offsetof(ngx_api_sec_verbs_t, override), ngx_api_sec_deny },
        ngx_api_null_opt
    };

    if (lcf->schema->has_verbs) {
        return "is duplicate";
    }

    lcf->schema->has_verbs = 1;

    return ngx_api_conf_opts(cf, 1, opts, &lcf->schema->verbs);
}


char *
ngx_api_sec_schema_limit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ngx_uint_t  i, *n;

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("depth"), NGX_API_OPT_NUM,
          offsetof(ngx_api_sec_bounds_t, depth), NULL },
        { ngx_string("tokens"), NGX_API_OPT_NUM,
          offsetof(ngx_api_sec_bounds_t, tokens), NULL },
        { ngx_string("members"), NGX_API_OPT_NUM,
          offsetof(ngx_api_sec_bounds_t, members), NULL },
        { ngx_string("string"), NGX_API_OPT_SIZE,
          offsetof(ngx_api_sec_bounds_t, string), NULL },
        { ngx_string("number"), NGX_API_OPT_NUM,
          offsetof(ngx_api_sec_bounds_t, number), NULL },
        { ngx_string("steps"), NGX_API_OPT_NUM,
          offsetof(ngx_api_sec_bounds_t, steps), NULL },
        { ngx_string("regex"), NGX_API_OPT_NUM,
          offsetof(ngx_api_sec_bounds_t, regex), NULL },
        { ngx_string("errors"), NGX_API_OPT_NUM,
          offsetof(ngx_api_sec_bounds_t, errors), NULL },
        ngx_api_null_opt
    };

    if (lcf->schema->has_bounds) {
        return "is duplicate";
    }

    lcf->schema->has_bounds = 1;

    for (i = 0; opts[i].name.len; i++) {
        n = (ngx_uint_t *) ((u_char *) &lcf->schema->bounds + opts[i].offset);
        *n = NGX_CONF_UNSET_UINT;
    }

    if (ngx_api_conf_opts(cf, 1, opts, &lcf->schema->bounds) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; opts[i].name.len; i++) {
        n = (ngx_uint_t *) ((u_char *) &lcf->schema->bounds + opts[i].offset);

        if (*n != NGX_CONF_UNSET_UINT && (*n == 0 || *n > NGX_MAX_INT32_VALUE))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" takes a number from 1 to 2147483647",
                               &opts[i].name);
            return NGX_CONF_ERROR;
        }
    }

    if (lcf->schema->bounds.errors != NGX_CONF_UNSET_UINT
        && lcf->schema->bounds.errors > API_SCHEMA_MAX_ERRORS)
    {
        return "takes errors=64 at most";
    }

    return NGX_CONF_OK;
}


char *
ngx_api_sec_schema_response(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ssize_t                  size;
    ngx_str_t               *value;
    ngx_api_sec_response_t  *response;

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("mode"), NGX_API_OPT_MODE,
          offsetof(ngx_api_sec_response_t, mode), NULL },
        ngx_api_null_opt
    };

    if (lcf->schema->response != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        lcf->schema->response = NULL;
        return cf->args->nelts == 2 ? NGX_CONF_OK : "off takes nothing more";
    }

    size = ngx_parse_size(&value[1]);

    if (size == NGX_ERROR || size == 0 || size > NGX_MAX_INT32_VALUE) {
        return "takes a size above 0 first, for example 256k, or off";
    }

    response = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_response_t));
    if (response == NULL) {
        return NGX_CONF_ERROR;
    }

    response->size = size;
    response->mode.fixed = NGX_API_MODE_ENFORCE;

    if (ngx_api_conf_opts(cf, 2, opts, response) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    lcf->schema->response = response;
    ngx_api_sec_uses(cf, NGX_API_SEC_USES_RESPONSE);

    return NGX_CONF_OK;
}


char *
ngx_api_sec_exposure(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ngx_int_t   n;
    ngx_str_t  *value;

    static const ngx_str_t  names[] = {
        ngx_string("public"),
        ngx_string("partner"),
        ngx_string("internal"),
        ngx_null_string
    };

    if (lcf->schema->exposure != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    n = ngx_api_conf_enum(&value[1], names);

    if (n == NGX_ERROR) {
        return "takes public, partner or internal";
    }

    lcf->schema->exposure = n;

    return NGX_CONF_OK;
}
