
#include "ngx_api_ratelimit_ban.h"


static ngx_int_t ngx_api_ratelimit_ban_zone_init(ngx_shm_zone_t *zone,
    void *data);
static api_ban_t *ngx_api_ratelimit_ban_zone_make(ngx_shm_zone_t *zone,
    const ngx_api_ratelimit_bans_t *bans);
static const api_ban_t *ngx_api_ratelimit_ban_zone_old(
    const ngx_shm_zone_t *zone);


/* Lies in front of the table. */

typedef struct {
    uint64_t                    size;         /* of the table */
    ngx_atomic_t                told;         /* when a loss was logged, s */
    u_char                      pad[48];
} ngx_api_ratelimit_ban_head_t;


static ngx_str_t  ngx_api_ratelimit_ban_zone_name =
    ngx_string("api_ratelimit_ban");


uint64_t
ngx_api_ratelimit_ban_now(void)
{
    return ngx_current_msec;
}


ngx_int_t
ngx_api_ratelimit_ban_zone_add(ngx_conf_t *cf, ngx_api_ratelimit_bans_t *bans)
{
    if (bans->size == 0) {
        bans->size = NGX_API_RATELIMIT_BAN_SIZE;
    }

    bans->zone = ngx_shared_memory_add(cf, &ngx_api_ratelimit_ban_zone_name,
                                       bans->size, &ngx_api_ratelimit_module);
    if (bans->zone == NULL) {
        return NGX_ERROR;
    }

    bans->zone->init = ngx_api_ratelimit_ban_zone_init;
    bans->zone->data = bans;

    return NGX_OK;
}


/*
 *  data    of the old configuration: the same memory as before the reload
 *  NULL    new: the first start, or another size, and then what the old zone
 *          holds is copied; the old one is not touched, the reload may fail
 */

static ngx_int_t
ngx_api_ratelimit_ban_zone_init(ngx_shm_zone_t *zone, void *data)
{
    ngx_slab_pool_t               *shpool;
    const api_ban_t               *old;
    ngx_api_ratelimit_bans_t      *bans;
    ngx_api_ratelimit_ban_head_t  *head;

    bans = zone->data;
    shpool = (ngx_slab_pool_t *) zone->shm.addr;
    bans->shpool = shpool;

    if (data || zone->shm.exists) {
        head = shpool->data;
        bans->table = head ? api_ban_open(head + 1, head->size) : NULL;

        if (bans->table == NULL) {
            ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                          "the zone of api_ratelimit_ban is of another "
                          "release: restart nginx");
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    shpool->log_nomem = 0;

    bans->table = ngx_api_ratelimit_ban_zone_make(zone, bans);

    if (bans->table == NULL) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "api_ratelimit_ban_zone of %uz bytes has no room for "
                      "bans: make it larger", zone->shm.size);
        return NGX_ERROR;
    }

    old = ngx_api_ratelimit_ban_zone_old(zone);

    if (old) {
        api_ban_migrate(bans->table, old, ngx_api_ratelimit_ban_now());
    }

    return NGX_OK;
}


/* All of the zone's free pages, which are in one piece in a new one. */

static api_ban_t *
ngx_api_ratelimit_ban_zone_make(ngx_shm_zone_t *zone,
    const ngx_api_ratelimit_bans_t *bans)
{
    size_t                         size;
    ngx_slab_pool_t               *shpool;
    ngx_api_ratelimit_ban_head_t  *head;

    shpool = (ngx_slab_pool_t *) zone->shm.addr;
    size = shpool->pfree * ngx_pagesize;

    if (size < sizeof(ngx_api_ratelimit_ban_head_t) + API_BAN_SIZE_MIN) {
        return NULL;
    }

    head = ngx_slab_calloc(shpool, size);
    if (head == NULL) {
        return NULL;
    }

    shpool->data = head;
    head->size = size - sizeof(ngx_api_ratelimit_ban_head_t);

    return api_ban_init(head + 1, head->size, bans->seed);
}


static const api_ban_t *
ngx_api_ratelimit_ban_zone_old(const ngx_shm_zone_t *zone)
{
    ngx_uint_t                       i;
    ngx_shm_zone_t                  *old;
    ngx_slab_pool_t                 *shpool;
    const ngx_list_part_t           *part;
    ngx_api_ratelimit_ban_head_t    *head;

    for (part = (const ngx_list_part_t *) &ngx_cycle->shared_memory.part;
         part;
         part = part->next)
    {
        old = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (old[i].tag == zone->tag && old[i].data && old[i].shm.addr
                && old[i].shm.addr != zone->shm.addr
                && old[i].shm.name.len == zone->shm.name.len
                && ngx_strncmp(old[i].shm.name.data, zone->shm.name.data,
                               zone->shm.name.len)
                   == 0)
            {
                shpool = (ngx_slab_pool_t *) old[i].shm.addr;
                head = shpool->data;

                return head ? api_ban_open(head + 1, head->size) : NULL;
            }
        }
    }

    return NULL;
}


void
ngx_api_ratelimit_ban_lost(const ngx_api_ratelimit_bans_t *bans,
    ngx_log_t *log)
{
    ngx_atomic_uint_t              told;
    ngx_api_ratelimit_ban_head_t  *head;

    head = bans->shpool->data;
    told = head->told;

    if ((told == 0 || (ngx_atomic_uint_t) ngx_time() >= told + 60)
        && ngx_atomic_cmp_set(&head->told, told, ngx_time()))
    {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "api_ratelimit: all places for bans are taken, new ones "
                      "are lost: make api_ratelimit_ban_zone larger");
    }
}
