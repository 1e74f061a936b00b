
#include "ngx_api_zone.h"


static ngx_shm_zone_t *ngx_api_zone_lookup(const ngx_cycle_t *cycle,
    const ngx_str_t *name);
static ngx_int_t ngx_api_zone_init(ngx_shm_zone_t *zone, void *data);
static ngx_int_t ngx_api_zone_settle(ngx_shm_zone_t *zone,
    ngx_api_tenant_t *t, const ngx_api_zone_root_t *old);
static ngx_int_t ngx_api_zone_carry(const ngx_shm_zone_t *zone,
    const ngx_api_tenant_t *t, void *data, const ngx_api_zone_slot_t *old);
static ngx_api_zone_slot_t *ngx_api_zone_slot(
    const ngx_api_zone_root_t *root, const ngx_api_tenant_t *t);
static ngx_api_zone_root_t *ngx_api_zone_root(const ngx_shm_zone_t *zone);


/* equal in every .so and over every reload */

#define NGX_API_ZONE_TAG  ((void *) &ngx_http_core_module)


ngx_shm_zone_t *
ngx_api_zone_add(ngx_conf_t *cf, ngx_str_t *name, size_t size)
{
    ngx_api_zone_t  *z;
    ngx_shm_zone_t  *zone;

    zone = ngx_shared_memory_add(cf, name, size, NGX_API_ZONE_TAG);
    if (zone == NULL) {
        return NULL;
    }

    z = ngx_palloc(cf->pool, sizeof(ngx_api_zone_t));
    if (z == NULL
        || ngx_array_init(&z->tenants, cf->pool, 4,
                          sizeof(ngx_api_tenant_t *))
           != NGX_OK)
    {
        return NULL;
    }

    z->magic = NGX_API_ZONE_MAGIC;

    zone->init = ngx_api_zone_init;
    zone->data = z;

    ngx_api_zone_before(zone, 0);

    return zone;
}


ngx_shm_zone_t *
ngx_api_zone_find(ngx_conf_t *cf)
{
    return ngx_api_zone_lookup(cf->cycle, NULL);
}


static ngx_shm_zone_t *
ngx_api_zone_lookup(const ngx_cycle_t *cycle, const ngx_str_t *name)
{
    ngx_uint_t              i;
    ngx_shm_zone_t         *zone;
    const ngx_list_part_t  *part;

    for (part = &cycle->shared_memory.part; part; part = part->next) {
        zone = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (zone[i].tag == NGX_API_ZONE_TAG && zone[i].data
                && (name == NULL
                    || (zone[i].shm.name.len == name->len
                        && ngx_strncmp(zone[i].shm.name.data, name->data,
                                       name->len)
                           == 0)))
            {
                return &zone[i];
            }
        }
    }

    return NULL;
}


void
ngx_api_zone_before(const ngx_shm_zone_t *zone, ngx_uint_t noreuse)
{
    ngx_uint_t        i;
    ngx_shm_zone_t   *old;
    ngx_list_part_t  *part;

    for (part = (ngx_list_part_t *) &ngx_cycle->shared_memory.part;
         part;
         part = part->next)
    {
        old = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (&old[i] != zone && old[i].tag == zone->tag
                && old[i].shm.name.len == zone->shm.name.len
                && ngx_strncmp(old[i].shm.name.data, zone->shm.name.data,
                               zone->shm.name.len)
                   == 0)
            {
                old[i].noreuse = noreuse ? 1 : 0;
            }
        }
    }
}


ngx_int_t
ngx_api_zone_tenant(ngx_conf_t *cf, ngx_shm_zone_t *zone,
    ngx_api_tenant_t *tenant)
{
    ngx_api_zone_t        *z;
    ngx_shm_zone_t        *old;
    ngx_api_tenant_t     **p;
    ngx_api_zone_root_t   *root;
    ngx_api_zone_slot_t   *slot;

    z = zone->data;

    if (z->magic != NGX_API_ZONE_MAGIC
        || tenant->name.len >= sizeof(slot->name)
        || z->tenants.nelts == NGX_API_ZONE_TENANTS)
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "api_zone \"%V\" cannot take \"%V\": the api modules "
                      "are of different releases", &zone->shm.name,
                      &tenant->name);
        return NGX_ERROR;
    }

    p = ngx_array_push(&z->tenants);
    if (p == NULL) {
        return NGX_ERROR;
    }

    *p = tenant;

    /* another layout than that of the running configuration: a new zone */

    old = ngx_api_zone_lookup((const ngx_cycle_t *) ngx_cycle,
                              &zone->shm.name);

    if (old && old->shm.addr && (root = ngx_api_zone_root(old)) != NULL) {
        slot = ngx_api_zone_slot(root, tenant);

        if (slot && (slot->abi != tenant->abi || slot->size != tenant->size))
        {
            zone->noreuse = 1;
        }
    }

    return NGX_OK;
}


/*
 *  data                          the zone is
 *  of the old configuration      the same memory as before the reload
 *  NULL, shm.exists              inherited (Windows; not met here)
 *  NULL                          new: first start, another size, noreuse
 */

static ngx_int_t
ngx_api_zone_init(ngx_shm_zone_t *zone, void *data)
{
    ngx_uint_t             i;
    ngx_api_zone_t        *z;
    ngx_shm_zone_t        *old;
    ngx_slab_pool_t       *shpool;
    ngx_api_tenant_t     **t;
    ngx_api_zone_root_t   *root, *from;

    z = zone->data;
    from = NULL;
    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (data == NULL && !zone->shm.exists) {
        root = ngx_slab_calloc(shpool, sizeof(ngx_api_zone_root_t));
        if (root == NULL) {
            return NGX_ERROR;
        }

        root->magic = NGX_API_ZONE_MAGIC;
        shpool->data = root;
        shpool->log_nomem = 0;

        ngx_api_zone_before(zone, zone->noreuse);

        old = ngx_api_zone_lookup((const ngx_cycle_t *) ngx_cycle,
                                  &zone->shm.name);

        if (old && old->shm.addr && old->shm.addr != zone->shm.addr) {
            from = ngx_api_zone_root(old);
        }
    }

    root = ngx_api_zone_root(zone);

    if (root == NULL) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "api_zone \"%V\" holds something else: restart nginx",
                      &zone->shm.name);
        return NGX_ERROR;
    }

    t = z->tenants.elts;

    for (i = 0; i < z->tenants.nelts; i++) {
        if (ngx_api_zone_settle(zone, t[i], from) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/*
 * Old workers may be using a reused zone now; they never read slots that
 * were not there when they started, and those that were do not change.
 */

static ngx_int_t
ngx_api_zone_settle(ngx_shm_zone_t *zone, ngx_api_tenant_t *t,
    const ngx_api_zone_root_t *from)
{
    void                       *data;
    ngx_slab_pool_t            *shpool;
    ngx_api_zone_root_t        *root;
    ngx_api_zone_slot_t        *slot;
    const ngx_api_zone_slot_t  *old;

    root = ngx_api_zone_root(zone);
    slot = ngx_api_zone_slot(root, t);

    if (slot) {
        t->data = slot->data;
        return slot->abi == t->abi && slot->size == t->size ? NGX_OK
                                                            : NGX_ERROR;
    }

    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    data = root->n < NGX_API_ZONE_TENANTS ? ngx_slab_calloc(shpool, t->size)
                                          : NULL;
    if (data == NULL) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "api_zone \"%V\" of %uz bytes has no room for the %uz "
                      "of \"%V\": make it larger", &zone->shm.name,
                      zone->shm.size, t->size, &t->name);
        return NGX_ERROR;
    }

    if (t->init) {
        t->init(data, t->size);
    }

    old = from ? ngx_api_zone_slot(from, t) : NULL;

    if (old && old->abi == t->abi
        && ngx_api_zone_carry(zone, t, data, old) != NGX_OK)
    {
        return NGX_ERROR;
    }

    slot = &root->slots[root->n];

    ngx_memcpy(slot->name, t->name.data, t->name.len);
    slot->name[t->name.len] = '\0';
    slot->abi = t->abi;
    slot->size = t->size;
    slot->data = data;

    ngx_memory_barrier();

    root->n++;
    t->data = data;

    return NGX_OK;
}


static ngx_int_t
ngx_api_zone_carry(const ngx_shm_zone_t *zone, const ngx_api_tenant_t *t,
    void *data, const ngx_api_zone_slot_t *old)
{
    if (t->migrate) {
        t->migrate(data, t->size, old->data, old->size);
    }

    if (t->carry == NULL
        || t->carry(data, t->size, old->data, old->size) == NGX_OK)
    {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                  "api_zone \"%V\": what is kept in \"%V\" does not fit into "
                  "%uz bytes, and none of it may be lost: make its share "
                  "larger, or take some of it back first",
                  &zone->shm.name, &t->name, t->size);

    return NGX_ERROR;
}


static ngx_api_zone_slot_t *
ngx_api_zone_slot(const ngx_api_zone_root_t *root, const ngx_api_tenant_t *t)
{
    uint32_t                    i;
    const ngx_api_zone_slot_t  *slot;

    for (i = 0; i < root->n; i++) {
        slot = &root->slots[i];

        if (ngx_strncmp(slot->name, t->name.data, t->name.len) == 0
            && slot->name[t->name.len] == '\0')
        {
            return (ngx_api_zone_slot_t *) (uintptr_t) slot;
        }
    }

    return NULL;
}


static ngx_api_zone_root_t *
ngx_api_zone_root(const ngx_shm_zone_t *zone)
{
    ngx_slab_pool_t      *shpool;
    ngx_api_zone_root_t  *root;

    shpool = (ngx_slab_pool_t *) zone->shm.addr;
    root = shpool->data;

    return root && root->magic == NGX_API_ZONE_MAGIC ? root : NULL;
}
