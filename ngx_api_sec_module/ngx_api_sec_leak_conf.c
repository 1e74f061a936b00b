
#include "ngx_api_sec_leak.h"


#define NGX_API_SEC_LEAK_MAX    (64 * 1024)
#define NGX_API_SEC_LEAK_LIMIT  (16 * 1024 * 1024)


static char *ngx_api_sec_leak_kinds(ngx_conf_t *cf, ngx_api_sec_leak_t *leak);


char *
ngx_api_sec_leak(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ngx_int_t            n;
    ngx_str_t           *value;
    ngx_api_sec_leak_t  *leak;

    static const ngx_str_t  actions[] = {
        ngx_string("log"),
        ngx_string("mask"),
        ngx_string("block"),
        ngx_null_string
    };

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("max"), NGX_API_OPT_SIZE,
          offsetof(ngx_api_sec_leak_t, max), NULL },
        { ngx_string("kinds"), NGX_API_OPT_WORDS,
          offsetof(ngx_api_sec_leak_t, names), NULL },
        ngx_api_null_opt
    };

    if (lcf->leak != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    lcf->leak = NULL;
    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    n = ngx_api_conf_enum(&value[1], actions);

    if (n == NGX_ERROR) {
        return "takes log, mask, block or off first";
    }

    leak = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_leak_t));
    if (leak == NULL) {
        return NGX_CONF_ERROR;
    }

    leak->action = n;
    leak->kinds = API_SENSITIVE_SECRETS;
    leak->max = NGX_API_SEC_LEAK_MAX;

    if (ngx_api_conf_opts(cf, 2, opts, leak) != NGX_CONF_OK
        || ngx_api_sec_leak_kinds(cf, leak) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (leak->max < 1024 || leak->max > NGX_API_SEC_LEAK_LIMIT) {
        return "takes max= of 1k to 16m";
    }

    lcf->leak = leak;
    ngx_api_sec_uses(cf, NGX_API_SEC_USES_LEAK);

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_leak_kinds(ngx_conf_t *cf, ngx_api_sec_leak_t *leak)
{
    unsigned      kind;
    ngx_str_t    *name;
    ngx_uint_t    i;

    if (leak->names == NULL) {
        return NGX_CONF_OK;
    }

    leak->kinds = 0;
    name = leak->names->elts;

    for (i = 0; i < leak->names->nelts; i++) {
        kind = api_sensitive_of(ngx_api_span(&name[i]));

        if (kind == API_NSENSITIVE) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "unknown kind \"%V\" of \"api_leak\"; there "
                               "are: card iban email national_id jwt "
                               "cloud_key private_key stack_trace password",
                               &name[i]);
            return NGX_CONF_ERROR;
        }

        leak->kinds |= 1U << kind;
    }

    return NGX_CONF_OK;
}
