
/*
 * Collections that outlive a request (IP, GLOBAL, ...), in the zone of the
 * suite: all workers count together, and reloads keep them.
 *
 * The lock is that of the zone, which nginx takes from a worker that dies; it
 * is held for one member at a time.
 */

#include "ngx_api_waf.h"
#include "api_collections.h"


static void ngx_api_waf_store_make(void *data, size_t size);
static int ngx_api_waf_store_get(void *ctx, api_waf_var_t var,
    api_span_t key, api_span_t name, char *buf, size_t *len);
static int ngx_api_waf_store_set(void *ctx, api_waf_var_t var,
    api_span_t key, api_span_t name, api_span_t value);
static int ngx_api_waf_store_add(void *ctx, api_waf_var_t var,
    api_span_t key, api_span_t name, int64_t delta, int64_t *sum);
static int ngx_api_waf_store_touch(void *ctx, api_waf_var_t var,
    api_span_t key, api_span_t name, int64_t expires);
static int64_t ngx_api_waf_store_timeout(
    const ngx_api_waf_collections_t *c);
static ngx_slab_pool_t *ngx_api_waf_store_lock(
    const ngx_api_waf_main_conf_t *mcf);


/* Where no rule set says SecCollectionTimeout: that of ModSecurity. */

#define NGX_API_WAF_STORE_TIMEOUT  3600


char *
ngx_api_waf_collections(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_waf_main_conf_t *mcf = conf;

    ssize_t     size;
    ngx_str_t  *value;

    if (mcf->collections.size) {
        return "is duplicate";
    }

    value = cf->args->elts;
    size = ngx_parse_size(&value[1]);

    if (size < API_COLLECTIONS_MIN) {
        return "takes a size from 8k on, such as \"api_waf_collections 1m;\"";
    }

    ngx_str_set(&mcf->collections.name, "collections");
    mcf->collections.abi = 1;
    mcf->collections.size = (size_t) size;
    mcf->collections.init = ngx_api_waf_store_make;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_api_waf_store_init(ngx_conf_t *cf, ngx_api_waf_main_conf_t *mcf)
{
    if (mcf->collections.size == 0) {
        return NGX_OK;
    }

    if (mcf->zone == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"api_waf_collections\" needs an \"api_zone NAME "
                      "SIZE;\" of ngx_api_sec_module to be in");
        return NGX_ERROR;
    }

    mcf->store.get = ngx_api_waf_store_get;
    mcf->store.set = ngx_api_waf_store_set;
    mcf->store.add = ngx_api_waf_store_add;
    mcf->store.touch = ngx_api_waf_store_touch;

    return ngx_api_zone_tenant(cf, mcf->zone, &mcf->collections);
}


static void
ngx_api_waf_store_make(void *data, size_t size)
{
    api_sipkey_t  seed;

    if (ngx_api_random(&seed, sizeof(api_sipkey_t)) == NGX_OK) {
        (void) api_collections_make(data, size, seed);
    }
}


static int64_t
ngx_api_waf_store_timeout(const ngx_api_waf_collections_t *c)
{
    return c->timeout ? c->timeout : NGX_API_WAF_STORE_TIMEOUT;
}


static ngx_slab_pool_t *
ngx_api_waf_store_lock(const ngx_api_waf_main_conf_t *mcf)
{
    ngx_slab_pool_t  *pool;

    pool = (ngx_slab_pool_t *) mcf->zone->shm.addr;
    ngx_shmtx_lock(&pool->mutex);

    return pool;
}


static int
ngx_api_waf_store_get(void *ctx, api_waf_var_t var, api_span_t key,
    api_span_t name, char *buf, size_t *len)
{
    const ngx_api_waf_collections_t *c = ctx;

    int                             rc;
    ngx_slab_pool_t                *pool;
    const ngx_api_waf_main_conf_t  *mcf;

    mcf = c->mcf;
    pool = ngx_api_waf_store_lock(mcf);
    rc = api_collections_get(mcf->collections.data, ngx_time(), var, key,
                             name, buf, len);
    ngx_shmtx_unlock(&pool->mutex);

    return rc;
}


static int
ngx_api_waf_store_set(void *ctx, api_waf_var_t var, api_span_t key,
    api_span_t name, api_span_t value)
{
    const ngx_api_waf_collections_t *c = ctx;

    int                             rc;
    ngx_slab_pool_t                *pool;
    const ngx_api_waf_main_conf_t  *mcf;

    mcf = c->mcf;
    pool = ngx_api_waf_store_lock(mcf);
    rc = api_collections_set(mcf->collections.data, ngx_time(),
                             ngx_api_waf_store_timeout(c), var, key, name,
                             value);
    ngx_shmtx_unlock(&pool->mutex);

    return rc;
}


static int
ngx_api_waf_store_add(void *ctx, api_waf_var_t var, api_span_t key,
    api_span_t name, int64_t delta, int64_t *sum)
{
    const ngx_api_waf_collections_t *c = ctx;

    int                             rc;
    ngx_slab_pool_t                *pool;
    const ngx_api_waf_main_conf_t  *mcf;

    mcf = c->mcf;
    pool = ngx_api_waf_store_lock(mcf);
    rc = api_collections_add(mcf->collections.data, ngx_time(),
                             ngx_api_waf_store_timeout(c), var, key, name,
                             delta, sum);
    ngx_shmtx_unlock(&pool->mutex);

    return rc;
}


static int
ngx_api_waf_store_touch(void *ctx, api_waf_var_t var, api_span_t key,
    api_span_t name, int64_t expires)
{
    const ngx_api_waf_collections_t *c = ctx;

    int                             rc;
    ngx_slab_pool_t                *pool;
    const ngx_api_waf_main_conf_t  *mcf;

    mcf = c->mcf;
    pool = ngx_api_waf_store_lock(mcf);
    rc = api_collections_touch(mcf->collections.data, ngx_time(), var, key,
                               name, expires);
    ngx_shmtx_unlock(&pool->mutex);

    return rc;
}
