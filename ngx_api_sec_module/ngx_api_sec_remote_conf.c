
/*
 * jwks uri:/LOCATION: the line, and the place of the sets in the zone.
 */

#include "ngx_api_sec.h"


static void ngx_api_sec_remote_init(void *data, size_t size);
static void ngx_api_sec_remote_migrate(void *data, size_t size,
    const void *old, size_t old_size);


char *
ngx_api_sec_remote_line(ngx_conf_t *cf, ngx_api_sec_issuer_t *issuer)
{
    ngx_str_t             *value;
    ngx_api_sec_remote_t  *remote;

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("refresh"), NGX_API_OPT_SEC,
          offsetof(ngx_api_sec_remote_t, refresh), NULL },
        { ngx_string("min_interval"), NGX_API_OPT_SEC,
          offsetof(ngx_api_sec_remote_t, min_interval), NULL },
        { ngx_string("stale"), NGX_API_OPT_SEC,
          offsetof(ngx_api_sec_remote_t, stale), NULL },
        { ngx_string("max_keys"), NGX_API_OPT_NUM,
          offsetof(ngx_api_sec_remote_t, max_keys), NULL },
        { ngx_string("server"), NGX_API_OPT_STR,
          offsetof(ngx_api_sec_remote_t, target.server), NULL },
        ngx_api_null_opt
    };

    value = cf->args->elts;

    remote = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_remote_t));
    if (remote == NULL) {
        return NGX_CONF_ERROR;
    }

    remote->target.uri.data = value[1].data + 4;
    remote->target.uri.len = value[1].len - 4;
    remote->refresh = 300;
    remote->min_interval = 30;
    remote->stale = 3600;
    remote->max_keys = 64;

    if (remote->target.uri.len == 0 || remote->target.uri.data[0] != '/') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no location: write uri:/NAME and a "
                           "\"location = /NAME { internal; proxy_pass "
                           "...; }\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (ngx_api_conf_opts(cf, 2, opts, remote) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (remote->refresh < 1 || remote->min_interval < 1
        || remote->max_keys < 1 || remote->max_keys > 1024)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "refresh= and min_interval= are 1s at least, "
                           "max_keys= is 1 to 1024");
        return NGX_CONF_ERROR;
    }

    remote->home = remote->target;
    issuer->remote = remote;

    return NGX_CONF_OK;
}


void
ngx_api_sec_remote_used(const ngx_api_sec_issuer_t *issuer,
    const ngx_http_conf_ctx_t *server)
{
    if (issuer->remote && issuer->remote->home.conf == NULL) {
        issuer->remote->home.conf = server;
    }
}


/*
 * Bulletins stand in the order of the configuration, so another set of
 * issuers is another layout, and starts empty.
 */

ngx_int_t
ngx_api_sec_remote_zone(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    uint32_t                 abi;
    ngx_uint_t               i;
    ngx_api_sec_issuer_t   **issuer;
    ngx_api_sec_remote_t    *remote;

    abi = 1;
    issuer = mcf->issuers.elts;

    for (i = 0; i < mcf->issuers.nelts; i++) {
        remote = issuer[i]->remote;

        if (remote == NULL) {
            continue;
        }

        if (mcf->zone == NULL) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "\"jwks uri:\" of api_jwt_issuer \"%V\" needs a "
                          "zone in which the workers share the keys: write "
                          "\"api_zone main 1m;\"", &issuer[i]->name);
            return NGX_ERROR;
        }

        if (ngx_api_sec_goal_resolve(cf, &remote->target, "\"jwks uri:\"")
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (remote->target.conf) {
            remote->home.conf = remote->target.conf;
        }

        remote->index = mcf->remotes.n++;

        abi = abi * 31 + ngx_crc32_long(issuer[i]->name.data,
                                        issuer[i]->name.len);
        abi = abi * 31 + ngx_crc32_long(remote->target.uri.data,
                                        remote->target.uri.len);
        abi = abi * 31 + ngx_crc32_long(remote->target.server.data,
                                        remote->target.server.len);
    }

    if (mcf->remotes.n == 0) {
        return NGX_OK;
    }

    ngx_str_set(&mcf->remotes.tenant.name, "keysets");
    mcf->remotes.tenant.abi = abi;
    mcf->remotes.tenant.size = mcf->remotes.n
                               * api_bulletin_size(NGX_API_REMOTE_MAX);
    mcf->remotes.tenant.init = ngx_api_sec_remote_init;
    mcf->remotes.tenant.migrate = ngx_api_sec_remote_migrate;

    return ngx_api_zone_tenant(cf, mcf->zone, &mcf->remotes.tenant);
}


static void
ngx_api_sec_remote_init(void *data, size_t size)
{
    size_t   one;
    u_char  *p;

    one = api_bulletin_size(NGX_API_REMOTE_MAX);

    for (p = data; size >= one; p += one, size -= one) {
        api_bulletin_init((api_bulletin_t *) (void *) p, NGX_API_REMOTE_MAX);
    }
}


static void
ngx_api_sec_remote_migrate(void *data, size_t size, const void *old,
    size_t old_size)
{
    size_t         one;
    u_char        *p;
    const u_char  *q;

    one = api_bulletin_size(NGX_API_REMOTE_MAX);
    size = ngx_min(size, old_size);

    for (p = data, q = old; size >= one; p += one, q += one, size -= one) {
        api_bulletin_copy((api_bulletin_t *) (void *) p,
                          (const api_bulletin_t *) (const void *) q);
    }
}
