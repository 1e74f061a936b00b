
/*
 * What api_status has revoked, over a restart and an upgrade of the binary:
 * revocations.snap in api_state (ngx_api_keeper.h).
 *
 * A revocation that is lost lets somebody in again.  So where the file is
 * there and cannot be taken as a whole, nginx does not start.
 */

#include "ngx_api_sec_revoke.h"
#include "ngx_api_sec_status.h"
#include "api_revoked_pack.h"


#define NGX_API_REVOKE_PERIOD   1000     /* ms */
#define NGX_API_REVOKE_RECORDS  32       /* in a block: 11 KiB */
#define NGX_API_REVOKE_BLOCKS   32       /* at a time */


static ngx_uint_t ngx_api_sec_revoke_written(
    const ngx_api_sec_main_conf_t *mcf);
static ngx_api_kept_t *ngx_api_sec_revoke_kept(void *data);
static uint64_t ngx_api_sec_revoke_changes(void *data);
static int ngx_api_sec_revoke_merge(void *data, api_span_t file,
    uint64_t wall, api_err_t *err);
static ngx_int_t ngx_api_sec_revoke_save(ngx_api_saving_t *s, uint64_t wall);
static ngx_int_t ngx_api_sec_revoke_block(ngx_api_saving_t *s,
    const ngx_api_sec_main_conf_t *mcf);


/* Without api_status ... write nobody can put anything into the table. */

static ngx_uint_t
ngx_api_sec_revoke_written(const ngx_api_sec_main_conf_t *mcf)
{
    ngx_uint_t                      i;
    ngx_api_sec_status_t * const   *status;

    static const ngx_str_t  name = ngx_string("revocations");

    status = mcf->statuses.elts;

    for (i = 0; i < mcf->statuses.nelts; i++) {
        if (status[i]->write && ngx_api_sec_status_shown(status[i], &name)) {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_api_sec_revoke_keep(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    ngx_int_t          rc;
    ngx_api_keeper_t  *keeper;

    static const ngx_str_t  name = ngx_string("revocations");

    if (!ngx_api_sec_revoke_written(mcf)) {
        return NGX_OK;
    }

    keeper = ngx_pcalloc(cf->pool, sizeof(ngx_api_keeper_t));
    if (keeper == NULL) {
        return NGX_ERROR;
    }

    keeper->owner = "api_status";
    keeper->data = mcf;
    keeper->max = 2 * mcf->revoked.size + 4096;
    keeper->period = NGX_API_REVOKE_PERIOD;
    keeper->kept = ngx_api_sec_revoke_kept;
    keeper->changes = ngx_api_sec_revoke_changes;
    keeper->load = ngx_api_sec_revoke_merge;
    keeper->save = ngx_api_sec_revoke_save;

    rc = ngx_api_keeper_init(cf, keeper, &mcf->state, &name);

    if (rc == NGX_OK) {
        mcf->keeper = keeper;
        return NGX_OK;
    }

    if (rc == NGX_DECLINED) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "what \"api_status write\" revokes is forgotten at a "
                      "restart: the directory of api_state is missing, run "
                      "install -d -o USER -m 0700 %V, with the user of the "
                      "workers", &mcf->state);
        return NGX_OK;
    }

    return NGX_ERROR;
}


static ngx_api_kept_t *
ngx_api_sec_revoke_kept(void *data)
{
    ngx_api_sec_main_conf_t *mcf = data;

    ngx_api_sec_revoke_zone_t  *z;

    z = mcf->revoked.data;

    return &z->kept;
}


static uint64_t
ngx_api_sec_revoke_changes(void *data)
{
    ngx_api_sec_main_conf_t *mcf = data;

    ngx_api_sec_revoke_zone_t  *z;

    z = mcf->revoked.data;

    return z->changes;
}


static int
ngx_api_sec_revoke_merge(void *data, api_span_t file, uint64_t wall,
    api_err_t *err)
{
    ngx_api_sec_main_conf_t *mcf = data;

    int                         rc;
    ngx_slab_pool_t            *shpool;
    api_revoked_merged_t        done;
    ngx_api_sec_revoke_zone_t  *z;

    z = mcf->revoked.data;
    shpool = (ngx_slab_pool_t *) mcf->zone->shm.addr;

    ngx_shmtx_lock(&shpool->mutex);

    rc = api_revoked_merge(ngx_api_sec_revoked_table(mcf), file, &done, err);

    ngx_shmtx_unlock(&shpool->mutex);

    (void) ngx_atomic_fetch_add(&z->changes, 1);

    if (rc != API_OK || done.lost + done.unsound == 0) {
        return rc;
    }

    return api_fail(err, API_LIMIT, 0, 0, "of its %zu entries %zu have no "
                    "room, which revocations= of api_zone gives them, and %zu "
                    "make no sense", done.taken + done.lost + done.unsound,
                    done.lost, done.unsound);
}


/* A reload that fails here would end the master: only a start may. */

ngx_int_t
ngx_api_sec_revoke_restore(ngx_cycle_t *cycle,
    const ngx_api_sec_main_conf_t *mcf)
{
    ngx_api_sec_revoke_zone_t  *z;

    z = mcf->revoked.data;

    if (mcf->keeper == NULL || z == NULL || z->loaded) {
        return NGX_OK;
    }

    z->loaded = 1;

    if (ngx_api_keeper_load(mcf->keeper, cycle->log) == NGX_OK) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                  "what was revoked before is not known: see the line above; "
                  "put \"%V\" right, or away if nothing in it matters",
                  &mcf->keeper->path);

    return ngx_is_init_cycle(ngx_cycle) ? NGX_ERROR : NGX_OK;
}


ngx_int_t
ngx_api_sec_revoke_start(ngx_cycle_t *cycle,
    const ngx_api_sec_main_conf_t *mcf)
{
    return mcf->keeper && mcf->revoked.data
           ? ngx_api_keeper_start(cycle, mcf->keeper) : NGX_OK;
}


void
ngx_api_sec_revoke_end(const ngx_api_sec_main_conf_t *mcf)
{
    if (mcf->keeper && mcf->revoked.data) {
        ngx_api_keeper_end(mcf->keeper);
    }
}


static ngx_int_t
ngx_api_sec_revoke_save(ngx_api_saving_t *s, uint64_t wall)
{
    uint8_t                         head[API_SNAPSHOT_HEAD];
    ngx_int_t                       rc;
    ngx_uint_t                      i;
    api_snapshot_head_t             h;
    const ngx_api_sec_main_conf_t  *mcf;

    mcf = s->keeper->data;

    if (!s->begun) {
        api_revoked_head(&h);
        h.wall = wall;

        api_snapshot_begin(&s->writer, &h, head);
        s->begun = 1;

        if (!ngx_api_keeper_write(s, api_span(head, sizeof(head)))) {
            return NGX_ERROR;
        }
    }

    for (i = 0; i < NGX_API_REVOKE_BLOCKS; i++) {
        rc = ngx_api_sec_revoke_block(s, mcf);

        if (rc != NGX_AGAIN) {
            return rc;
        }
    }

    return NGX_AGAIN;
}


/* An empty block is the end of the file. */

static ngx_int_t
ngx_api_sec_revoke_block(ngx_api_saving_t *s,
    const ngx_api_sec_main_conf_t *mcf)
{
    size_t                 at;
    uint8_t                block[API_SNAPSHOT_BLOCK];
    uint32_t               n;
    api_span_t             bytes;
    ngx_slab_pool_t       *shpool;
    api_revoked_record_t   records[NGX_API_REVOKE_RECORDS];

    at = (size_t) s->at;
    shpool = (ngx_slab_pool_t *) mcf->zone->shm.addr;

    ngx_shmtx_lock(&shpool->mutex);

    n = api_revoked_pack(ngx_api_sec_revoked_table(mcf), &at, records,
                         NGX_API_REVOKE_RECORDS);

    ngx_shmtx_unlock(&shpool->mutex);

    s->at = at;

    bytes = api_span(n ? records : NULL, n * sizeof(api_revoked_record_t));
    api_snapshot_block(&s->writer, n, bytes, block);

    if (!ngx_api_keeper_write(s, api_span(block, sizeof(block)))
        || !ngx_api_keeper_write(s, bytes))
    {
        return NGX_ERROR;
    }

    return n ? NGX_AGAIN : NGX_OK;
}
