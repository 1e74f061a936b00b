
/*
 * api_auth METHOD=NAME[,NAME ...] ... [any | all] [optional] [mode=] | off
 */

#include "ngx_api_sec.h"


static char *ngx_api_sec_auth_sense(const ngx_api_sec_auth_t *auth);
static char *ngx_api_sec_auth_uses(ngx_conf_t *cf, ngx_api_sec_auth_t *auth);
static char *ngx_api_sec_auth_things(ngx_conf_t *cf,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_auth_t *auth,
    ngx_api_sec_use_t *use);


const ngx_api_sec_method_t *const  ngx_api_sec_methods[] = {
    &ngx_api_sec_method_jwt,
    &ngx_api_sec_method_key,
    &ngx_api_sec_method_mtls,
    &ngx_api_sec_method_introspect,
    NULL
};


char *
ngx_api_sec_auth(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    char                      *rv;
    ngx_str_t                 *value;
    ngx_api_sec_auth_t        *auth, **p;
    ngx_api_sec_main_conf_t   *mcf;
    ngx_http_core_srv_conf_t  *cscf;

    /* methods first, in the order of ngx_api_sec_methods */

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("jwt"), NGX_API_OPT_WORDS,
          offsetof(ngx_api_sec_auth_t, names[0]), NULL },
        { ngx_string("key"), NGX_API_OPT_WORDS,
          offsetof(ngx_api_sec_auth_t, names[1]), NULL },
        { ngx_string("mtls"), NGX_API_OPT_WORDS,
          offsetof(ngx_api_sec_auth_t, names[2]), NULL },
        { ngx_string("introspect"), NGX_API_OPT_WORDS,
          offsetof(ngx_api_sec_auth_t, names[3]), NULL },
        { ngx_string("any"), NGX_API_OPT_FLAG,
          offsetof(ngx_api_sec_auth_t, any), NULL },
        { ngx_string("all"), NGX_API_OPT_FLAG,
          offsetof(ngx_api_sec_auth_t, all), NULL },
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
    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
    auth->server = cscf->ctx;

    if (ngx_api_conf_opts(cf, 1, opts, auth) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_api_sec_auth_uses(cf, auth) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    rv = ngx_api_sec_auth_sense(auth);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    lcf->auth = auth;
    ngx_api_sec_uses(cf, NGX_API_SEC_USES_AUTH);

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_auth_sense(const ngx_api_sec_auth_t *auth)
{
    if (auth->any && auth->all) {
        return "takes any or all: one credential is enough, or each is asked "
               "for";
    }

    if (auth->uses.nelts == 0) {
        return "needs a method: write \"api_auth jwt=NAME;\" with the name of "
               "an api_jwt_issuer, or \"api_auth off;\"";
    }

    if (auth->all && ngx_api_sec_auth_use(auth, &ngx_api_sec_method_jwt)
        && ngx_api_sec_auth_use(auth, &ngx_api_sec_method_introspect))
    {
        return "asks for all of jwt and introspect, and no request can have "
               "both: there is one token, with two dots or without. Write any";
    }

    return NGX_CONF_OK;
}


/* The order of the line is that in which the methods are asked. */

static char *
ngx_api_sec_auth_uses(ngx_conf_t *cf, ngx_api_sec_auth_t *auth)
{
    ngx_str_t                   *arg;
    ngx_uint_t                   i, n;
    ngx_api_sec_use_t           *use;
    const ngx_api_sec_method_t  *method;

    if (ngx_array_init(&auth->uses, cf->pool, NGX_API_SEC_NMETHODS,
                       sizeof(ngx_api_sec_use_t))
        != NGX_OK
        || ngx_array_init(&auth->places, cf->pool, 2,
                          sizeof(ngx_api_sec_place_t))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    arg = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        for (n = 0; ngx_api_sec_methods[n]; n++) {
            method = ngx_api_sec_methods[n];

            if (arg[i].len <= method->name.len
                || arg[i].data[method->name.len] != '='
                || ngx_strncmp(arg[i].data, method->name.data,
                               method->name.len)
                   != 0)
            {
                continue;
            }

            use = ngx_array_push(&auth->uses);
            if (use == NULL) {
                return NGX_CONF_ERROR;
            }

            use->method = method;
            use->names = auth->names[n];
        }
    }

    return NGX_CONF_OK;
}


/* Names may stand before what they name: found when all has been read. */

char *
ngx_api_sec_auth_resolve(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    ngx_uint_t            i, n;
    ngx_api_sec_use_t    *use;
    ngx_api_sec_auth_t  **auth;

    auth = mcf->auths.elts;

    for (i = 0; i < mcf->auths.nelts; i++) {
        use = auth[i]->uses.elts;

        for (n = 0; n < auth[i]->uses.nelts; n++) {
            if (ngx_api_sec_auth_things(cf, mcf, auth[i], &use[n])
                != NGX_CONF_OK)
            {
                return NGX_CONF_ERROR;
            }
        }

        if (auth[i]->uses.nelts) {
            auth[i]->realm = *(ngx_str_t *) use[0].names->elts;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_auth_things(ngx_conf_t *cf, const ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_auth_t *auth, ngx_api_sec_use_t *use)
{
    void        **thing;
    ngx_str_t    *name;
    ngx_uint_t    i, n;

    if (ngx_array_init(&use->things, cf->pool, use->names->nelts,
                       sizeof(void *))
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    name = use->names->elts;

    for (i = 0; i < use->names->nelts; i++) {
        thing = ngx_array_push(&use->things);
        *thing = use->method->find(mcf, &name[i]);

        if (*thing == NULL) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "no %V \"%V\" for \"api_auth\" in %V:%ui",
                          &use->method->directive, &name[i], &auth->file,
                          auth->line);
            return NGX_CONF_ERROR;
        }

        for (n = 0; n < i; n++) {
            if (((void **) use->things.elts)[n] == *thing) {
                ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                              "\"%V\" stands twice in \"api_auth\" in %V:%ui",
                              &name[i], &auth->file, auth->line);
                return NGX_CONF_ERROR;
            }
        }
    }

    return use->method->fits ? use->method->fits(cf, auth, use)
                             : NGX_CONF_OK;
}


const ngx_api_sec_use_t *
ngx_api_sec_auth_use(const ngx_api_sec_auth_t *auth,
    const ngx_api_sec_method_t *method)
{
    ngx_uint_t                i;
    const ngx_api_sec_use_t  *use;

    use = auth->uses.elts;

    for (i = 0; i < auth->uses.nelts; i++) {
        if (use[i].method == method) {
            return &use[i];
        }
    }

    return NULL;
}
