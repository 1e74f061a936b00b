
#include "ngx_api_ratelimit_store.h"


static ngx_int_t ngx_api_ratelimit_store_zone_init(ngx_shm_zone_t *shm,
    void *data);
static ngx_int_t ngx_api_ratelimit_link_create(ngx_cycle_t *cycle,
    const ngx_api_ratelimit_main_conf_t *mcf,
    ngx_api_ratelimit_store_t *store);


ngx_int_t
ngx_api_ratelimit_store_zone(ngx_conf_t *cf, ngx_api_ratelimit_store_t *store)
{
    u_char     *p;
    ngx_str_t   name;

    name.len = sizeof("api_ratelimit_store:") - 1 + store->name.len;
    name.data = ngx_pnalloc(cf->pool, name.len);
    if (name.data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(name.data, "api_ratelimit_store:",
                   sizeof("api_ratelimit_store:") - 1);
    ngx_memcpy(p, store->name.data, store->name.len);

    store->shm = ngx_shared_memory_add(cf, &name, 8 * ngx_pagesize,
                                       &ngx_api_ratelimit_module);
    if (store->shm == NULL) {
        return NGX_ERROR;
    }

    store->shm->init = ngx_api_ratelimit_store_zone_init;
    store->shm->data = store;

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

    store->link = link;

    return NGX_OK;
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
            store[i]->link = NULL;
        }
    }
}
