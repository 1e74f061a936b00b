
#include "ngx_api_ratelimit_store.h"


static ngx_int_t ngx_api_ratelimit_store_zone_init(ngx_shm_zone_t *shm,
    void *data);
static ngx_shm_zone_t *ngx_api_ratelimit_store_memory(ngx_conf_t *cf,
    ngx_api_ratelimit_store_t *store, const char *kind, size_t size);
static ngx_int_t ngx_api_ratelimit_store_lanes_init(ngx_shm_zone_t *shm,
    void *data);
static ngx_int_t ngx_api_ratelimit_link_create(ngx_cycle_t *cycle,
    const ngx_api_ratelimit_main_conf_t *mcf,
    ngx_api_ratelimit_store_t *store);
static void ngx_api_ratelimit_link_join(ngx_api_ratelimit_link_t *link);


#define NGX_API_RATELIMIT_LANES_MIN  8


static ngx_shm_zone_t *
ngx_api_ratelimit_store_memory(ngx_conf_t *cf,
    ngx_api_ratelimit_store_t *store, const char *kind, size_t size)
{
    ngx_str_t        name;
    ngx_shm_zone_t  *shm;

    name.data = ngx_pnalloc(cf->pool, ngx_strlen(kind) + store->name.len);
    if (name.data == NULL) {
        return NULL;
    }

    name.len = ngx_sprintf(name.data, "%s%V", kind, &store->name) - name.data;

    shm = ngx_shared_memory_add(cf, &name, size, &ngx_api_ratelimit_module);

    if (shm) {
        shm->data = store;
    }

    return shm;
}


/*
 * The lanes are in memory of their own, for another number of workers may want
 * another number of them.  Reloads leave old workers behind for a while.
 */

ngx_int_t
ngx_api_ratelimit_store_zone(ngx_conf_t *cf, ngx_api_ratelimit_store_t *store)
{
    size_t            size;
    ngx_int_t         workers;
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cf->cycle->conf_ctx,
                                           ngx_core_module);
    workers = ngx_max(ccf->worker_processes, ngx_ncpu);

    for (store->nlanes = NGX_API_RATELIMIT_LANES_MIN;
         store->nlanes < 2 * workers + 2
         && store->nlanes < API_TELL_LANES_MAX;
         store->nlanes *= 2)
    {
        /* void */
    }

    /* and what nginx needs to keep pages */

    size = api_tell_size(store->nlanes);
    size = ngx_align(size + size / 64 + 16 * ngx_pagesize, ngx_pagesize);

    store->shm = ngx_api_ratelimit_store_memory(cf, store,
                                                "api_ratelimit_store:",
                                                8 * ngx_pagesize);
    store->lanes = ngx_api_ratelimit_store_memory(cf, store,
                                                  "api_ratelimit_tell:", size);

    if (store->shm == NULL || store->lanes == NULL) {
        return NGX_ERROR;
    }

    store->shm->init = ngx_api_ratelimit_store_zone_init;
    store->lanes->init = ngx_api_ratelimit_store_lanes_init;

    return NGX_OK;
}


static ngx_int_t
ngx_api_ratelimit_store_lanes_init(ngx_shm_zone_t *shm, void *data)
{
    ngx_api_ratelimit_store_t *store = shm->data;

    size_t            size;
    ngx_slab_pool_t  *shpool;

    shpool = (ngx_slab_pool_t *) shm->shm.addr;

    if (data == NULL && !shm->shm.exists) {
        size = api_tell_size(store->nlanes);
        shpool->data = ngx_slab_alloc(shpool, size);

        if (shpool->data == NULL) {
            return NGX_ERROR;
        }

#ifdef NGX_DEBUG_MALLOC
        ngx_memzero(shpool->data, size);    /* else it is zeroed */
#endif

        (void) api_tell_make(shpool->data, store->nlanes);
    }

    store->tell = shpool->data;

    if (!api_tell_is(store->tell, api_tell_size(store->nlanes))) {
        ngx_log_error(NGX_LOG_EMERG, shm->shm.log, 0,
                      "the shared memory of api_ratelimit_store \"%V\" is "
                      "that of another version: restart nginx", &store->name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_api_ratelimit_store_zone_init(ngx_shm_zone_t *shm, void *data)
{
    ngx_api_ratelimit_store_t *store = shm->data;

    uint8_t           random[16];
    ngx_slab_pool_t  *shpool;

    shpool = (ngx_slab_pool_t *) shm->shm.addr;

    if (data == NULL && !shm->shm.exists) {
        shpool->data = ngx_slab_calloc(shpool,
                                   sizeof(ngx_api_ratelimit_store_state_t));

        if (shpool->data == NULL
            || ngx_api_random(random, sizeof(random)) != NGX_OK)
        {
            return NGX_ERROR;
        }

        store->state = shpool->data;
        (void) ngx_hex_dump(store->state->node, random, sizeof(random));
    }

    store->state = shpool->data;

    return NGX_OK;
}


ngx_uint_t
ngx_api_ratelimit_store_up(const ngx_api_ratelimit_store_t *store)
{
    return store->state->faults < NGX_API_RATELIMIT_FAULTS;
}


ngx_int_t
ngx_api_ratelimit_store_start(ngx_cycle_t *cycle,
    const ngx_api_ratelimit_main_conf_t *mcf)
{
    ngx_uint_t                   i;
    ngx_api_ratelimit_store_t  **store;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    store = mcf->stores.elts;

    for (i = 0; i < mcf->stores.nelts; i++) {
        if (ngx_api_ratelimit_link_create(cycle, mcf, store[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_api_ratelimit_link_create(ngx_cycle_t *cycle,
    const ngx_api_ratelimit_main_conf_t *mcf,
    ngx_api_ratelimit_store_t *store)
{
    ngx_uint_t                  i;
    ngx_event_t                *ev[4];
    api_alloc_t                 alloc;
    ngx_api_ratelimit_link_t   *link;

    link = ngx_pcalloc(cycle->pool, sizeof(ngx_api_ratelimit_link_t));
    if (link == NULL) {
        return NGX_ERROR;
    }

    link->out = ngx_pnalloc(cycle->pool, NGX_API_RATELIMIT_OUT);

    ngx_api_pool_alloc(&alloc, cycle->pool);

    if (link->out == NULL
        || api_merge_table_init(&link->waiting, NGX_API_RATELIMIT_WAITING,
                                &alloc)
           != API_OK)
    {
        return NGX_ERROR;
    }

    ngx_queue_init(&link->asks);

    link->store = store;
    link->policies = &mcf->policies;

    /* nginx's debug log takes the data of an event for a connection */

    link->dummy.fd = (ngx_socket_t) -1;
    link->dummy.data = link;

    ev[0] = &link->flush;
    ev[1] = &link->timeout;
    ev[2] = &link->retry;
    ev[3] = &link->asker;

    link->flush.handler = ngx_api_ratelimit_talk_flush;
    link->timeout.handler = ngx_api_ratelimit_link_timeout;
    link->retry.handler = ngx_api_ratelimit_link_retry;

    link->asker.handler = ngx_api_ratelimit_ask_flush;

    for (i = 0; i < 4; i++) {
        ev[i]->data = &link->dummy;
        ev[i]->log = cycle->log;
        ev[i]->cancelable = 1;
    }

    ngx_api_ratelimit_link_join(link);

    store->link = link;

    return NGX_OK;
}


/* What a worker noted that is gone is told with the first of our own, or at
   the end of a period. */

static void
ngx_api_ratelimit_link_join(ngx_api_ratelimit_link_t *link)
{
    api_tell_t  *tell;

    tell = link->store->tell;

    link->who.name = ngx_api_ratelimit_process(ngx_pid);
    link->who.alive = ngx_api_ratelimit_alive;
    link->lane = api_tell_join(tell, &link->who);

    if (api_tell_waiting_all(tell)) {
        ngx_add_timer(&link->flush, link->store->flush);
    }
}


void
ngx_api_ratelimit_store_end(const ngx_api_ratelimit_main_conf_t *mcf)
{
    ngx_uint_t                   i;
    ngx_api_ratelimit_store_t  **store;

    store = mcf->stores.elts;

    for (i = 0; i < mcf->stores.nelts; i++) {
        if (store[i]->link) {
            ngx_api_ratelimit_talk_last(store[i]->link);
            ngx_api_ratelimit_link_close(store[i]->link);

            if (store[i]->link->lane >= 0) {
                api_tell_leave(store[i]->tell, store[i]->link->lane);
            }

            store[i]->link = NULL;
        }
    }
}
