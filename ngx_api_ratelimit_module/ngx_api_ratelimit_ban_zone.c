
#include "ngx_api_ratelimit_ban.h"
#include "api_ban_snapshot.h"


static ngx_int_t ngx_api_ratelimit_ban_zone_init(ngx_shm_zone_t *zone,
    void *data);
static api_ban_t *ngx_api_ratelimit_ban_zone_make(ngx_shm_zone_t *zone,
    const ngx_api_ratelimit_bans_t *bans);
static const api_ban_t *ngx_api_ratelimit_ban_zone_old(
    const ngx_shm_zone_t *zone);
static ngx_api_kept_t *ngx_api_ratelimit_ban_kept(void *data);
static uint64_t ngx_api_ratelimit_ban_changes(void *data);
static int ngx_api_ratelimit_ban_load(void *data, api_span_t file,
    uint64_t wall, api_err_t *err);
static ngx_int_t ngx_api_ratelimit_ban_save(ngx_api_saving_t *s,
    uint64_t wall);


/* Lies in front of the table. */

typedef struct {
    uint64_t                    size;         /* of the table */
    ngx_atomic_t                told;         /* when a loss was logged, s */
    ngx_api_kept_t    kept;
    u_char                      pad[128 - 2 * sizeof(ngx_atomic_t)
                                    - sizeof(ngx_api_kept_t)];
} ngx_api_ratelimit_ban_head_t;


static ngx_str_t  ngx_api_ratelimit_ban_zone_name =
    ngx_string("api_ratelimit_ban");


uint64_t
ngx_api_ratelimit_ban_now(void)
{
    return ngx_current_msec;
}


ngx_int_t
ngx_api_ratelimit_ban_init(ngx_conf_t *cf, ngx_api_ratelimit_main_conf_t *mcf)
{
    ngx_api_ratelimit_bans_t  *bans;

    bans = mcf->bans;

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

    if (!bans->snapshot) {
        return NGX_OK;
    }

    bans->keeper.data = bans;
    bans->keeper.max = 2 * bans->size;
    bans->keeper.period = 1000;
    bans->keeper.kept = ngx_api_ratelimit_ban_kept;
    bans->keeper.changes = ngx_api_ratelimit_ban_changes;
    bans->keeper.load = ngx_api_ratelimit_ban_load;
    bans->keeper.save = ngx_api_ratelimit_ban_save;

    return ngx_api_ratelimit_keeper(cf, mcf, &bans->keeper,
                                    &ngx_api_ratelimit_ban_zone_name);
}


static ngx_api_kept_t *
ngx_api_ratelimit_ban_kept(void *data)
{
    ngx_api_ratelimit_bans_t *bans = data;

    ngx_api_ratelimit_ban_head_t  *head;

    head = bans->shpool->data;

    return &head->kept;
}


static uint64_t
ngx_api_ratelimit_ban_changes(void *data)
{
    ngx_api_ratelimit_bans_t *bans = data;

    return api_ban_changes(bans->table);
}


static int
ngx_api_ratelimit_ban_load(void *data, api_span_t file, uint64_t wall,
    api_err_t *err)
{
    ngx_api_ratelimit_bans_t *bans = data;

    int                 rc;
    api_ban_restored_t  done;

    ngx_shmtx_lock(&bans->shpool->mutex);

    rc = api_ban_restore(bans->table, file, wall, ngx_api_ratelimit_ban_now(),
                         &done, err);

    ngx_shmtx_unlock(&bans->shpool->mutex);

    if (rc == API_OK && done.lost + done.unsound) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "api_ratelimit: of the bans in the snapshot %uz had no "
                      "room and %uz made no sense", done.lost, done.unsound);
    }

    return rc;
}


/* Without the lock: a ban that is made meanwhile counts as another change,
   and is written the next time. */

static ngx_int_t
ngx_api_ratelimit_ban_save(ngx_api_saving_t *s, uint64_t wall)
{
    ngx_api_ratelimit_bans_t  *bans;

    bans = s->keeper->data;

    return api_ban_save(bans->table, wall, ngx_api_ratelimit_ban_now(),
                        ngx_api_keeper_write, s)
           == API_OK
           ? NGX_OK : NGX_ERROR;
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

    } else if (bans->snapshot) {
        (void) ngx_api_keeper_load(&bans->keeper, zone->shm.log);
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
    ngx_atomic_uint_t              told, now;
    ngx_api_ratelimit_ban_head_t  *head;

    head = bans->shpool->data;
    told = head->told;

    /* not the time of day, which may be set back */

    now = ngx_current_msec / 1000 + 1;

    if ((told == 0 || now >= told + 60)
        && ngx_atomic_cmp_set(&head->told, told, now))
    {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "api_ratelimit: all places for bans are taken, new ones "
                      "are lost: make api_ratelimit_ban_zone larger");
    }
}


ngx_int_t
ngx_api_ratelimit_ban_start(ngx_cycle_t *cycle,
    ngx_api_ratelimit_bans_t *bans)
{
    return bans && bans->snapshot
           ? ngx_api_keeper_start(cycle, &bans->keeper) : NGX_OK;
}


void
ngx_api_ratelimit_ban_end(ngx_api_ratelimit_bans_t *bans)
{
    if (bans && bans->snapshot) {
        ngx_api_keeper_end(&bans->keeper);
    }
}
