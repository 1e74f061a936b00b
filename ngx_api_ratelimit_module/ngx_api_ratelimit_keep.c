
/*
 * api_ratelimit_zone ... snapshot: what limits remember, over a restart.
 */

#include "ngx_api_ratelimit_keep.h"


static ngx_api_kept_t *ngx_api_ratelimit_keep_kept(void *data);
static uint64_t ngx_api_ratelimit_keep_changes(void *data);
static int ngx_api_ratelimit_keep_load(void *data, api_span_t file,
    uint64_t wall, api_err_t *err);
static ngx_int_t ngx_api_ratelimit_keep_save(ngx_api_saving_t *s,
    uint64_t wall);
static void ngx_api_ratelimit_keep_want(const ngx_api_ratelimit_zone_t *zone,
    api_snapshot_head_t *head);
static ngx_int_t ngx_api_ratelimit_keep_block(ngx_api_saving_t *s,
    const api_table_t *table, const api_now_t *now);
static bool ngx_api_ratelimit_keep_slot(void *ctx, api_slot_t slot);


#define NGX_API_RATELIMIT_KEEP_KIND    0x4b4c5a00
#define NGX_API_RATELIMIT_KEEP_PERIOD  5000
#define NGX_API_RATELIMIT_KEEP_LINES   (API_SNAPSHOT_RECORDS / 4)
#define NGX_API_RATELIMIT_KEEP_BLOCKS  16     /* at a time: 256 KiB */


typedef struct {
    uint32_t                    n;
    api_slot_t                  slots[API_SNAPSHOT_RECORDS];
} ngx_api_ratelimit_keep_t;


ngx_int_t
ngx_api_ratelimit_keeper(ngx_conf_t *cf,
    const ngx_api_ratelimit_main_conf_t *mcf, ngx_api_keeper_t *keeper,
    const ngx_str_t *name)
{
    ngx_int_t         rc;
    const ngx_str_t  *dir;

    static const ngx_str_t  state = ngx_string("/var/lib/nginx/api");

    dir = mcf->self.sec && mcf->self.sec->state ? mcf->self.sec->state
                                                : &state;
    keeper->owner = "api_ratelimit";
    rc = ngx_api_keeper_init(cf, keeper, dir, name);

    if (rc == NGX_DECLINED) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"snapshot\" needs the directory of api_state: run "
                      "install -d -o USER -m 0700 %V, with the user of the "
                      "workers", dir);
    }

    return rc == NGX_OK ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_api_ratelimit_keep_init(ngx_conf_t *cf,
    const ngx_api_ratelimit_main_conf_t *mcf)
{
    u_char                      *p;
    ngx_str_t                    name;
    ngx_uint_t                   i;
    ngx_api_ratelimit_zone_t   **zone, *z;

    zone = mcf->zones.elts;

    for (i = 0; i < mcf->zones.nelts; i++) {
        z = zone[i];

        if (!z->snapshot || z->kind == 0
            || z->kind == NGX_API_RATELIMIT_LANES)
        {
            continue;    /* requests that run now do not run after it */
        }

        if (ngx_strlchr(z->name.data, z->name.data + z->name.len, '/')) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "api_ratelimit_zone \"%V\": a name with a slash is "
                          "no name of a snapshot", &z->name);
            return NGX_ERROR;
        }

        z->keeper = ngx_pcalloc(cf->pool, sizeof(ngx_api_keeper_t));
        p = ngx_pnalloc(cf->pool, z->name.len + sizeof("api_ratelimit_zone."));

        if (z->keeper == NULL || p == NULL) {
            return NGX_ERROR;
        }

        name.data = p;
        name.len = ngx_sprintf(p, "api_ratelimit_zone.%V", &z->name) - p;

        z->keeper->data = z;
        z->keeper->max = z->shm->shm.size + z->shm->shm.size / 16 + 4096;
        z->keeper->period = NGX_API_RATELIMIT_KEEP_PERIOD;
        z->keeper->kept = ngx_api_ratelimit_keep_kept;
        z->keeper->changes = ngx_api_ratelimit_keep_changes;
        z->keeper->load = ngx_api_ratelimit_keep_load;
        z->keeper->save = ngx_api_ratelimit_keep_save;

        if (ngx_api_ratelimit_keeper(cf, mcf, z->keeper, &name) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_api_ratelimit_keep_start(ngx_cycle_t *cycle,
    const ngx_api_ratelimit_main_conf_t *mcf)
{
    ngx_uint_t                  i;
    ngx_api_ratelimit_zone_t  **zone;

    zone = mcf->zones.elts;

    for (i = 0; i < mcf->zones.nelts; i++) {
        if (zone[i]->keeper
            && ngx_api_keeper_start(cycle, zone[i]->keeper)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


void
ngx_api_ratelimit_keep_end(const ngx_api_ratelimit_main_conf_t *mcf)
{
    ngx_uint_t                  i;
    ngx_api_ratelimit_zone_t  **zone;

    zone = mcf->zones.elts;

    for (i = 0; i < mcf->zones.nelts; i++) {
        if (zone[i]->keeper) {
            ngx_api_keeper_end(zone[i]->keeper);
        }
    }
}


static ngx_api_kept_t *
ngx_api_ratelimit_keep_kept(void *data)
{
    ngx_api_ratelimit_zone_t *zone = data;

    return zone->kept;
}


/* Limits change all the time: each worker that ends writes, for the first
   cannot know what the last one still charges. */

static uint64_t
ngx_api_ratelimit_keep_changes(void *data)
{
    api_now_t  now;

    ngx_api_ratelimit_now(&now);

    return now.mono;
}


static void
ngx_api_ratelimit_keep_want(const ngx_api_ratelimit_zone_t *zone,
    api_snapshot_head_t *head)
{
    ngx_memzero(head, sizeof(api_snapshot_head_t));

    head->kind = NGX_API_RATELIMIT_KEEP_KIND + (uint32_t) zone->kind;
    head->layout = API_TABLE_ABI;
    head->record = sizeof(api_slot_t);
}


/*
 * Slots are known under the table's key.  While the zone is made nobody uses
 * the table: it is made anew with that of the file.  Later only a file under
 * the same key can be of use: that of another nginx that began from ours.
 */

static int
ngx_api_ratelimit_keep_load(void *data, api_span_t file, uint64_t wall,
    api_err_t *err)
{
    ngx_api_ratelimit_zone_t *zone = data;

    int                     rc;
    uint8_t                 random[16];
    api_now_t               now;
    api_slot_t              slot;
    api_table_t            *table;
    const uint8_t          *p;
    api_snapshot_head_t     want;
    api_snapshot_reader_t   reader;

    ngx_api_ratelimit_keep_want(zone, &want);

    rc = api_snapshot_open(&reader, file, &want, err);
    if (rc != API_OK) {
        return rc;
    }

    ngx_api_ratelimit_now(&now);
    table = zone->data;

    if (zone->fresh) {
        ngx_memcpy(random, &reader.head.seed.k0, 8);
        ngx_memcpy(random + 8, &reader.head.seed.k1, 8);

        ngx_memzero(table, zone->size);
        table = api_table_make(table, zone->size,
                               (api_table_kind_t) zone->kind, random, &now);

        if (table == NULL) {
            return api_fail(err, API_INTERNAL, 0, 0, "there is no room");
        }

    } else if (table->key.k0 != reader.head.seed.k0
               || table->key.k1 != reader.head.seed.k1)
    {
        return api_fail(err, API_INVALID, 0, 0,
                        "it is of a zone that began apart from this one");
    }

    while ((p = api_snapshot_next(&reader)) != NULL) {
        ngx_memcpy(&slot, p, sizeof(api_slot_t));

        if (zone->kind == API_TABLE_RATE) {
            slot.val = api_snapshot_time(&reader.head, slot.val, wall,
                                         now.mono, 1000000);
        }

        if (slot.tag
            && (zone->kind != API_TABLE_RATE || slot.val < (uint64_t) 1 << 63))
        {
            api_table_put(table, slot, &now);
        }
    }

    return API_OK;
}


static bool
ngx_api_ratelimit_keep_slot(void *ctx, api_slot_t slot)
{
    ngx_api_ratelimit_keep_t *keep = ctx;

    if (keep->n < API_SNAPSHOT_RECORDS) {
        keep->slots[keep->n++] = slot;
    }

    return true;
}


static ngx_int_t
ngx_api_ratelimit_keep_save(ngx_api_saving_t *s, uint64_t wall)
{
    uint8_t                          head[API_SNAPSHOT_HEAD];
    uint8_t                          end[API_SNAPSHOT_BLOCK];
    api_now_t                        now;
    ngx_uint_t                       i;
    const api_table_t               *table;
    api_snapshot_head_t              h;
    const ngx_api_ratelimit_zone_t  *zone;

    zone = s->keeper->data;
    table = zone->data;

    ngx_api_ratelimit_now(&now);

    if (!s->begun) {
        ngx_api_ratelimit_keep_want(zone, &h);

        h.wall = wall;
        h.clock = now.mono;
        h.seed = table->key;

        api_snapshot_begin(&s->writer, &h, head);
        s->begun = 1;

        if (!ngx_api_keeper_write(s, api_span(head, sizeof(head)))) {
            return NGX_ERROR;
        }
    }

    for (i = 0; i < NGX_API_RATELIMIT_KEEP_BLOCKS; i++) {
        if (s->at >= table->lines) {
            api_snapshot_block(&s->writer, 0, api_span(NULL, 0), end);

            return ngx_api_keeper_write(s,
                                             api_span(end, sizeof(end)))
                   ? NGX_OK : NGX_ERROR;
        }

        if (ngx_api_ratelimit_keep_block(s, table, &now) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_AGAIN;
}


static ngx_int_t
ngx_api_ratelimit_keep_block(ngx_api_saving_t *s,
    const api_table_t *table, const api_now_t *now)
{
    uint8_t                    block[API_SNAPSHOT_BLOCK];
    api_span_t                 records;
    ngx_api_ratelimit_keep_t   keep;

    keep.n = 0;

    s->at += api_table_walk(table, s->at, NGX_API_RATELIMIT_KEEP_LINES, now,
                            ngx_api_ratelimit_keep_slot, &keep);

    if (keep.n == 0) {
        return NGX_OK;
    }

    records = api_span(keep.slots, keep.n * sizeof(api_slot_t));
    api_snapshot_block(&s->writer, keep.n, records, block);

    return ngx_api_keeper_write(s, api_span(block, sizeof(block)))
           && ngx_api_keeper_write(s, records)
           ? NGX_OK : NGX_ERROR;
}
