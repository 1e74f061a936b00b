
/*
 * api_mtls NAME { principal san_uri | san_dns | subject; allow FILE; }
 */

#include "ngx_api_sec_mtls.h"


#define NGX_API_SEC_MTLS_MAX  (16 * 1024 * 1024)


static char *ngx_api_sec_mtls_line(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf);
static char *ngx_api_sec_mtls_finish(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf, ngx_api_sec_mtls_t *mtls);
static int ngx_api_sec_mtls_load(void *data, api_span_t text,
    api_err_t *err);
static void ngx_api_sec_mtls_cleanup(void *data);


/* by api_cert_name_t */

static const ngx_str_t  ngx_api_sec_mtls_names[] = {
    ngx_string("san_uri"),
    ngx_string("san_dns"),
    ngx_string("subject"),
    ngx_null_string
};


char *
ngx_api_sec_mtls(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_main_conf_t *mcf = conf;

    char                 *rv;
    ngx_str_t            *value;
    ngx_conf_t            save;
    ngx_pool_cleanup_t   *cln;
    ngx_api_sec_mtls_t   *mtls, **p;

    value = cf->args->elts;

    if (ngx_api_sec_method_mtls.find(mcf, &value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate api_mtls \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    mtls = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_mtls_t));
    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_api_sec_mtls_state_t));
    p = ngx_array_push(&mcf->mtls);

    if (mtls == NULL || cln == NULL || p == NULL) {
        return NGX_CONF_ERROR;
    }

    *p = mtls;

    mtls->name = value[1];
    mtls->seed = mcf->seed;
    mtls->state = cln->data;

    ngx_memzero(mtls->state, sizeof(ngx_api_sec_mtls_state_t));
    cln->handler = ngx_api_sec_mtls_cleanup;

    save = *cf;
    cf->handler = ngx_api_sec_mtls_line;
    cf->handler_conf = (void *) mtls;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    return rv == NGX_CONF_OK ? ngx_api_sec_mtls_finish(cf, mcf, mtls) : rv;
}


static char *
ngx_api_sec_mtls_line(ngx_conf_t *cf, ngx_command_t *dummy, void *conf)
{
    ngx_api_sec_mtls_t *mtls = (ngx_api_sec_mtls_t *) conf;

    ngx_int_t   n;
    ngx_str_t  *value;

    value = cf->args->elts;

    if (ngx_strcmp(value[0].data, "include") == 0) {
        return ngx_conf_include(cf, dummy, conf);
    }

    if (cf->args->nelts != 2) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number of arguments in \"%V\"",
                           &value[0]);
        return NGX_CONF_ERROR;
    }

    if (ngx_strcmp(value[0].data, "principal") == 0) {
        n = ngx_api_conf_enum(&value[1], ngx_api_sec_mtls_names);

        if (mtls->set || n == NGX_ERROR) {
            return "\"principal\" takes san_uri, san_dns or subject, once";
        }

        mtls->set = 1;
        mtls->principal = n;

        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[0].data, "allow") == 0) {
        if (mtls->allow.len || value[1].len == 0) {
            return "\"allow\" takes the path of a file, once";
        }

        mtls->allow = value[1];

        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown line \"%V\" in api_mtls, which takes: "
                       "principal allow", &value[0]);

    return NGX_CONF_ERROR;
}


static char *
ngx_api_sec_mtls_finish(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_mtls_t *mtls)
{
#if !(NGX_HTTP_SSL)
    return "needs an nginx that is built with TLS (--with-http_ssl_module)";
#endif

    if (!mtls->set) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "api_mtls \"%V\" needs a line \"principal\": "
                           "san_uri, san_dns or subject", &mtls->name);
        return NGX_CONF_ERROR;
    }

    if (mtls->allow.len == 0) {
        return NGX_CONF_OK;
    }

    return ngx_api_watch_add(cf, &mcf->watches, &mtls->allow,
                             NGX_API_SEC_MTLS_MAX, ngx_api_sec_mtls_load,
                             mtls);
}


static int
ngx_api_sec_mtls_load(void *data, api_span_t text, api_err_t *err)
{
    ngx_api_sec_mtls_t *mtls = data;

    int           rc;
    api_list_t   *list;

    static const api_list_limits_t  limits = { 0, 0, API_CERT_MAX_NAME, 0 };

    rc = api_list_parse(&list, text, &limits, mtls->seed, &api_alloc_libc,
                        err);
    if (rc != API_OK) {
        return rc;
    }

    api_list_free(mtls->state->list);
    mtls->state->list = list;

    return API_OK;
}


static void
ngx_api_sec_mtls_cleanup(void *data)
{
    ngx_api_sec_mtls_state_t *state = data;

    api_list_free(state->list);
}


/*
 * A server that never asks for a certificate has none to verify.  Where
 * another method may do, that is no mistake.
 */

void
ngx_api_sec_mtls_merged(ngx_conf_t *cf, const ngx_api_sec_auth_t *auth)
{
#if (NGX_HTTP_SSL)
    const ngx_http_ssl_srv_conf_t  *sscf;

    if (auth == NULL || auth->warned
        || ngx_api_sec_auth_use(auth, &ngx_api_sec_method_mtls) == NULL
        || (auth->uses.nelts > 1 && !auth->all) || auth->optional)
    {
        return;
    }

    sscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_ssl_module);

    if (sscf->verify == 0) {
        ((ngx_api_sec_auth_t *) auth)->warned = 1;    /* once is enough */

        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "\"api_auth\" in %V:%ui wants a client certificate, and "
                      "a server it holds for never asks for one: write "
                      "\"ssl_verify_client optional;\" there", &auth->file,
                      auth->line);
    }
#endif
}
