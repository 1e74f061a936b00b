
#include "ngx_api_sec.h"


static char *ngx_api_sec_auth_unique(ngx_conf_t *cf,
    const ngx_api_sec_auth_t *auth);


char *
ngx_api_sec_auth(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ngx_str_t                *value;
    ngx_api_sec_auth_t       *auth, **p;
    ngx_api_sec_main_conf_t  *mcf;

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("jwt"), NGX_API_OPT_WORDS,
          offsetof(ngx_api_sec_auth_t, names), NULL },
        { ngx_string("optional"), NGX_API_OPT_FLAG,
          offsetof(ngx_api_sec_auth_t, optional), NULL },
        { ngx_string("mode"), NGX_API_OPT_MODE,
          offsetof(ngx_api_sec_auth_t, mode), NULL },
        ngx_api_null_opt
    };

    if (lcf->auth != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        lcf->auth = NULL;
        return NGX_CONF_OK;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_api_sec_module);

    auth = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_auth_t));
    p = ngx_array_push(&mcf->auths);

    if (auth == NULL || p == NULL) {
        return NGX_CONF_ERROR;
    }

    *p = auth;

    auth->mode.fixed = NGX_API_MODE_ENFORCE;
    auth->file = cf->conf_file->file.name;
    auth->line = cf->conf_file->line;

    if (ngx_api_conf_opts(cf, 1, opts, auth) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (auth->names == NULL) {
        return "needs a method: write \"api_auth jwt=NAME;\" with the name of "
               "an api_jwt_issuer, or \"api_auth off;\"";
    }

    lcf->auth = auth;
    ngx_api_sec_uses(cf, NGX_API_SEC_USES_AUTH);

    return NGX_CONF_OK;
}


/* Names may stand before what they name: found when all has been read. */

char *
ngx_api_sec_auth_resolve(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    ngx_str_t              *name;
    ngx_uint_t              i, n;
    ngx_api_sec_auth_t    **auth;
    ngx_api_sec_issuer_t  **issuer;

    auth = mcf->auths.elts;

    for (i = 0; i < mcf->auths.nelts; i++) {
        name = auth[i]->names->elts;

        if (ngx_array_init(&auth[i]->issuers, cf->pool,
                           auth[i]->names->nelts, sizeof(void *))
            != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }

        for (n = 0; n < auth[i]->names->nelts; n++) {
            issuer = ngx_array_push(&auth[i]->issuers);
            *issuer = ngx_api_sec_issuer_find(mcf, &name[n]);

            if (*issuer == NULL) {
                ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                              "no api_jwt_issuer \"%V\" for \"api_auth\" in "
                              "%V:%ui", &name[n], &auth[i]->file,
                              auth[i]->line);
                return NGX_CONF_ERROR;
            }
        }

        auth[i]->realm = name[0];

        if (ngx_api_sec_auth_unique(cf, auth[i]) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* The claim iss has to tell which of them a token is for. */

static char *
ngx_api_sec_auth_unique(ngx_conf_t *cf, const ngx_api_sec_auth_t *auth)
{
    ngx_uint_t                     i, n;
    ngx_api_sec_issuer_t * const  *issuer;

    issuer = auth->issuers.elts;

    for (i = 1; i < auth->issuers.nelts; i++) {
        for (n = 0; n < i; n++) {

            if (!api_span_eq(issuer[i]->policy.issuer,
                             issuer[n]->policy.issuer))
            {
                continue;
            }

            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "api_jwt_issuer \"%V\" and \"%V\" have the same "
                          "\"issuer\": \"api_auth\" in %V:%ui takes one "
                          "of them", &issuer[n]->name, &issuer[i]->name,
                          &auth->file, auth->line);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}
