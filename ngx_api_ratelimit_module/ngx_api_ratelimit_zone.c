
/*
 * api_ratelimit_zone: memory for the tables of limits.  One zone, one table.
 *
 * A zone of the same name, size and kind is kept over a reload.  When the size
 * has changed, a new one takes over what lives in the old, which is only
 * read: the reload may still fail, and the old workers go on with it.
 */

#include "ngx_api_ratelimit_keep.h"

#include <time.h>


#define NGX_API_RATELIMIT_ZONE_MAGIC  0x314c5a52


/* In shared memory, at shpool->data. */

typedef struct {
    uint32_t                    magic;
    uint32_t                    kind;
    void                       *data;
    size_t                      size;
    ngx_api_kept_t    kept;         /* of the snapshot */
} ngx_api_ratelimit_root_t;


static ngx_int_t ngx_api_ratelimit_zone_init(ngx_shm_zone_t *shm, void *data);
static ngx_int_t ngx_api_ratelimit_zone_fresh(ngx_api_ratelimit_zone_t *zone);
static ngx_int_t ngx_api_ratelimit_zone_make(ngx_api_ratelimit_zone_t *zone,
    ngx_api_ratelimit_root_t *root);
static const ngx_api_ratelimit_root_t *ngx_api_ratelimit_zone_old(
    const ngx_api_ratelimit_zone_t *zone);
static ngx_api_ratelimit_root_t *ngx_api_ratelimit_zone_root(
    const ngx_shm_zone_t *shm);


void
ngx_api_ratelimit_now(api_now_t *now)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    now->mono = (uint64_t) ts.tv_sec * API_NS + (uint64_t) ts.tv_nsec + 1;
    now->wall = (uint64_t) ngx_time();
}


char *
ngx_api_ratelimit_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_ratelimit_main_conf_t *mcf = conf;

    ssize_t                    size;
    ngx_str_t                 *value;
    ngx_api_ratelimit_zone_t  *zone, **p;

    static const ngx_str_t  fulls[] = {
        ngx_string("evict"),
        ngx_string("share"),
        ngx_string("deny"),
        ngx_null_string
    };

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("on_full"), NGX_API_OPT_ENUM,
          offsetof(ngx_api_ratelimit_zone_t, full), fulls },
        { ngx_string("snapshot"), NGX_API_OPT_FLAG,
          offsetof(ngx_api_ratelimit_zone_t, snapshot), NULL },
        ngx_api_null_opt
    };

    value = cf->args->elts;
    size = ngx_parse_size(&value[2]);

    if (size == NGX_ERROR || size < (ssize_t) (8 * ngx_pagesize)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no size for a zone of limits: write "
                           "%uzk or more, for example 10m", &value[2],
                           8 * ngx_pagesize / 1024);
        return NGX_CONF_ERROR;
    }

    if (ngx_api_ratelimit_zone_find(mcf, &value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate api_ratelimit_zone \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    zone = ngx_pcalloc(cf->pool, sizeof(ngx_api_ratelimit_zone_t));
    p = ngx_array_push(&mcf->zones);

    if (zone == NULL || p == NULL) {
        return NGX_CONF_ERROR;
    }

    *p = zone;

    zone->name = value[1];
    zone->full = NGX_CONF_UNSET_UINT;

    if (ngx_api_conf_opts(cf, 3, opts, zone) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    zone->shm = ngx_shared_memory_add(cf, &zone->name, size,
                                      &ngx_api_ratelimit_module);
    if (zone->shm == NULL) {
        return NGX_CONF_ERROR;
    }

    zone->shm->init = ngx_api_ratelimit_zone_init;
    zone->shm->data = zone;

    ngx_api_zone_before(zone->shm, 0);

    return NGX_CONF_OK;
}


ngx_api_ratelimit_zone_t *
ngx_api_ratelimit_zone_find(const ngx_api_ratelimit_main_conf_t *mcf,
    const ngx_str_t *name)
{
    ngx_uint_t                  i;
    ngx_api_ratelimit_zone_t  **zone;

    zone = mcf->zones.elts;

    for (i = 0; i < mcf->zones.nelts; i++) {
        if (zone[i]->name.len == name->len
            && ngx_strncmp(zone[i]->name.data, name->data, name->len) == 0)
        {
            return zone[i];
        }
    }

    return NULL;
}


/* Another kind of things than in the running configuration: a new zone. */

void
ngx_api_ratelimit_zone_check(ngx_api_ratelimit_zone_t *zone)
{
    const ngx_api_ratelimit_root_t  *old;

    old = ngx_api_ratelimit_zone_old(zone);

    if (old && old->kind != zone->kind) {
        zone->shm->noreuse = 1;
    }
}


/*
 *  data                          the zone is
 *  of the old configuration      the same memory as before the reload
 *  NULL                          new: first start, another size or kind
 */

static ngx_int_t
ngx_api_ratelimit_zone_init(ngx_shm_zone_t *shm, void *data)
{
    ngx_api_ratelimit_zone_t *zone = shm->data;

    ngx_api_ratelimit_root_t  *root;

    if (data == NULL && !shm->shm.exists) {
        ngx_api_zone_before(shm, shm->noreuse);

        return ngx_api_ratelimit_zone_fresh(zone);
    }

    root = ngx_api_ratelimit_zone_root(shm);

    if (root == NULL || root->kind != zone->kind) {
        ngx_log_error(NGX_LOG_EMERG, shm->shm.log, 0,
                      "api_ratelimit_zone \"%V\" holds something else: give "
                      "it another name, or restart nginx", &zone->name);
        return NGX_ERROR;
    }

    zone->data = root->data;
    zone->size = root->size;
    zone->kept = &root->kept;

    return NGX_OK;
}


static ngx_int_t
ngx_api_ratelimit_zone_fresh(ngx_api_ratelimit_zone_t *zone)
{
    ngx_slab_pool_t           *shpool;
    ngx_api_ratelimit_root_t  *root;

    shpool = (ngx_slab_pool_t *) zone->shm->shm.addr;
    shpool->log_nomem = 0;

    root = ngx_slab_calloc(shpool, sizeof(ngx_api_ratelimit_root_t));
    if (root == NULL) {
        return NGX_ERROR;
    }

    /* all that is left, in one piece */

    root->size = shpool->pfree * ngx_pagesize;
    root->data = ngx_slab_alloc(shpool, root->size);

#ifdef NGX_DEBUG_MALLOC
    if (root->data) {
        ngx_memzero(root->data, root->size);    /* else it is zeroed */
    }
#endif

    root->kind = (uint32_t) zone->kind;

    if (root->data == NULL
        || ngx_api_ratelimit_zone_make(zone, root) != NGX_OK)
    {
        ngx_log_error(NGX_LOG_EMERG, zone->shm->shm.log, 0,
                      "api_ratelimit_zone \"%V\" of %uz bytes has no room "
                      "for a table: make it larger", &zone->name,
                      zone->shm->shm.size);
        return NGX_ERROR;
    }

    zone->data = root->data;
    zone->size = root->size;
    zone->kept = &root->kept;

    if (zone->keeper && ngx_api_ratelimit_zone_old(zone) == NULL) {
        zone->fresh = 1;
        (void) ngx_api_keeper_load(zone->keeper, zone->shm->shm.log);
        zone->fresh = 0;
    }

    root->magic = NGX_API_RATELIMIT_ZONE_MAGIC;
    shpool->data = root;

    return NGX_OK;
}


static ngx_int_t
ngx_api_ratelimit_zone_make(ngx_api_ratelimit_zone_t *zone,
    ngx_api_ratelimit_root_t *root)
{
    uint8_t                          random[16];
    api_now_t                        now;
    api_table_t                     *table;
    const ngx_api_ratelimit_root_t  *old;

    if (zone->kind == 0) {
        return NGX_OK;    /* nobody uses it */
    }

    ngx_api_ratelimit_now(&now);

    if (ngx_api_random(random, sizeof(random)) != NGX_OK) {
        return NGX_ERROR;
    }

    if (zone->kind == NGX_API_RATELIMIT_LANES) {
        return api_lanes_make(root->data, root->size, zone->lanes, random)
               ? NGX_OK : NGX_ERROR;
    }

    table = api_table_make(root->data, root->size,
                           (api_table_kind_t) zone->kind, random, &now);
    if (table == NULL) {
        return NGX_ERROR;
    }

    old = ngx_api_ratelimit_zone_old(zone);

    if (old && old->kind == zone->kind
        && api_table_is(old->data, old->size, (api_table_kind_t) old->kind))
    {
        api_table_migrate(table, old->data, &now);
        ngx_log_error(NGX_LOG_NOTICE, zone->shm->shm.log, 0,
                      "api_ratelimit_zone \"%V\": %uL limits taken over",
                      &zone->name, api_table_live(table, 0, &now));
    }

    return NGX_OK;
}


/* That of the running configuration; NULL when this is the first. */

static const ngx_api_ratelimit_root_t *
ngx_api_ratelimit_zone_old(const ngx_api_ratelimit_zone_t *zone)
{
    ngx_uint_t              i;
    const ngx_cycle_t      *cycle;
    const ngx_shm_zone_t   *shm;
    const ngx_list_part_t  *part;

    cycle = (const ngx_cycle_t *) ngx_cycle;

    for (part = &cycle->shared_memory.part; part; part = part->next) {
        shm = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (shm[i].tag == &ngx_api_ratelimit_module
                && shm[i].shm.name.len == zone->name.len
                && ngx_strncmp(shm[i].shm.name.data, zone->name.data,
                               zone->name.len)
                   == 0
                && shm[i].shm.addr
                && shm[i].shm.addr != zone->shm->shm.addr)
            {
                return ngx_api_ratelimit_zone_root(&shm[i]);
            }
        }
    }

    return NULL;
}


static ngx_api_ratelimit_root_t *
ngx_api_ratelimit_zone_root(const ngx_shm_zone_t *shm)
{
    ngx_slab_pool_t           *shpool;
    ngx_api_ratelimit_root_t  *root;

    shpool = (ngx_slab_pool_t *) shm->shm.addr;
    root = shpool->data;

    return root && root->magic == NGX_API_RATELIMIT_ZONE_MAGIC ? root : NULL;
}
