
#include "ngx_api_sec_inventory.h"


#define NGX_API_SEC_INVENTORY_LEAST   (64 * 1024)
#define NGX_API_SEC_INVENTORY_FORGET  (90 * 86400)


static void ngx_api_sec_inventory_keep(ngx_api_sec_inventories_t *inv,
    const ngx_api_sec_inventory_t *line);
static void ngx_api_sec_inventory_init(void *data, size_t size);
static void ngx_api_sec_inventory_migrate(void *data, size_t size,
    const void *old, size_t old_size);


char *
ngx_api_sec_inventory(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ngx_str_t                  *value;
    ngx_api_sec_inventory_t    *line;
    ngx_api_sec_main_conf_t    *mcf;

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("nodes"), NGX_API_OPT_NUM,
          offsetof(ngx_api_sec_inventory_t, nodes), NULL },
        { ngx_string("min_hits"), NGX_API_OPT_NUM,
          offsetof(ngx_api_sec_inventory_t, min_hits), NULL },
        { ngx_string("group"), NGX_API_OPT_NUM,
          offsetof(ngx_api_sec_inventory_t, group), NULL },
        { ngx_string("forget"), NGX_API_OPT_SEC,
          offsetof(ngx_api_sec_inventory_t, forget), NULL },
        { ngx_string("scan"), NGX_API_OPT_SIZE,
          offsetof(ngx_api_sec_inventory_t, scan), NULL },
        ngx_api_null_opt
    };

    if (lcf->inventory != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    lcf->inventory = NULL;
    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_api_sec_module);
    line = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_inventory_t));

    if (line == NULL) {
        return NGX_CONF_ERROR;
    }

    line->min_hits = 20;
    line->group = 12;
    line->forget = NGX_API_SEC_INVENTORY_FORGET;

    if (ngx_api_conf_opts(cf, 1, opts, line) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (line->min_hits < 1 || line->min_hits > 1000000 || line->group < 4
        || line->group > 1000 || line->nodes > 1000000
        || line->scan > 1024 * 1024)
    {
        return "takes min_hits= of 1 to 1000000, group= of 4 to 1000, nodes= "
               "of 1000000 at most, scan= of 1m at most";
    }

    line->rules.min_hits = (uint32_t) line->min_hits;
    line->rules.group = (uint32_t) line->group;
    line->rules.min_span = 600;

    ngx_api_sec_inventory_keep(mcf->inventories, line);

    mcf->inventories->used = 1;
    mcf->inventories->nodes = ngx_max(mcf->inventories->nodes, line->nodes);

    lcf->inventory = line;
    ngx_api_sec_uses(cf, NGX_API_SEC_USES_INVENTORY
                         |(line->scan ? NGX_API_SEC_USES_LEAK : 0));

    return NGX_CONF_OK;
}


/* The inventory is one: the line that wants to remember longest has its way;
   0: for ever. */

static void
ngx_api_sec_inventory_keep(ngx_api_sec_inventories_t *inv,
    const ngx_api_sec_inventory_t *line)
{
    if (!inv->used) {
        inv->forget = line->forget;

    } else if (line->forget == 0 || inv->forget == 0) {
        inv->forget = 0;

    } else {
        inv->forget = ngx_max(inv->forget, line->forget);
    }
}


ngx_int_t
ngx_api_sec_inventory_create(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    ngx_api_sec_inventories_t  *inv;

    inv = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_inventories_t));
    if (inv == NULL) {
        return NGX_ERROR;
    }

    ngx_str_set(&inv->tenant.name, "inventory");
    inv->tenant.abi = 1;
    inv->tenant.init = ngx_api_sec_inventory_init;
    inv->tenant.migrate = ngx_api_sec_inventory_migrate;

    mcf->inventories = inv;

    return NGX_OK;
}


ngx_int_t
ngx_api_sec_inventory_zone(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    size_t                      size;
    ngx_api_sec_inventories_t  *inv;

    inv = mcf->inventories;

    if (!inv->used) {
        return NGX_OK;
    }

    if (mcf->zone == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"api_inventory\" needs shared memory: write "
                      "\"api_zone main 8m;\" in http");
        return NGX_ERROR;
    }

    size = mcf->shares.inventory ? mcf->shares.inventory
                                 : mcf->zone->shm.size / 4;
    size = ngx_align(size, ngx_pagesize);

    if (size < NGX_API_SEC_INVENTORY_LEAST
        || size - sizeof(ngx_api_sec_inventory_zone_t)
           < api_inventory_size(16, ngx_max(inv->nodes, 64)))
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "the share of \"api_inventory\" in api_zone \"%V\" is "
                      "too small: give it \"inventory=%uz\" or more",
                      &mcf->zone->shm.name,
                      ngx_max((size_t) NGX_API_SEC_INVENTORY_LEAST,
                              ngx_align(api_inventory_size(100,
                                                 ngx_max(inv->nodes, 500)),
                                        ngx_pagesize)));
        return NGX_ERROR;
    }

    inv->tenant.size = size;
    inv->zone = mcf->zone;

    if (ngx_api_sec_inventory_path(cf, mcf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_api_zone_tenant(cf, mcf->zone, &inv->tenant);
}


/* Called for new memory, while the configuration is loaded; nodes= is seen to
   by the first process (ngx_api_sec_inventory_start). */

static void
ngx_api_sec_inventory_init(void *data, size_t size)
{
    uint8_t  key[16];
    u_char  *mem;

    mem = (u_char *) data + sizeof(ngx_api_sec_inventory_zone_t);
    size -= sizeof(ngx_api_sec_inventory_zone_t);

    if (ngx_api_random(key, sizeof(key)) == NGX_OK) {
        (void) api_inventory_init(mem, size, 0, key, ngx_time());
    }
}


static void
ngx_api_sec_inventory_migrate(void *data, size_t size, const void *old,
    size_t old_size)
{
    size_t                         head;
    api_inventory_t               *to, *from;
    ngx_api_sec_inventory_zone_t  *zone;

    head = sizeof(ngx_api_sec_inventory_zone_t);

    to = api_inventory_at((u_char *) data + head, size - head);
    from = api_inventory_at((u_char *) (uintptr_t) old + head,
                            old_size - head);

    if (to && from) {
        api_inventory_merge(to, from);

        zone = data;
        zone->restored = 1;
    }
}


ngx_api_sec_inventory_zone_t *
ngx_api_sec_inventory_head(const ngx_api_sec_inventories_t *inv)
{
    return inv->tenant.data;
}


api_inventory_t *
ngx_api_sec_inventory_at(const ngx_api_sec_inventories_t *inv)
{
    size_t   head;
    u_char  *data;

    data = inv->tenant.data;
    head = sizeof(ngx_api_sec_inventory_zone_t);

    return data ? api_inventory_at(data + head, inv->tenant.size - head)
                : NULL;
}


/* That of the zone: nginx opens it when a worker is killed. */

void
ngx_api_sec_inventory_lock(const ngx_api_sec_inventories_t *inv)
{
    ngx_slab_pool_t  *shpool;

    shpool = (ngx_slab_pool_t *) inv->zone->shm.addr;
    ngx_shmtx_lock(&shpool->mutex);
}


void
ngx_api_sec_inventory_unlock(const ngx_api_sec_inventories_t *inv)
{
    ngx_slab_pool_t  *shpool;

    shpool = (ngx_slab_pool_t *) inv->zone->shm.addr;
    ngx_shmtx_unlock(&shpool->mutex);
}
