
/*
 * The inventory survives a restart: a file in api_state.
 *
 * One worker a minute writes it, and each that ends, when something has been
 * counted since: to a new file that then takes the name.  It is read once,
 * when the memory is new.  Nothing in it is trusted: it has to belong to root
 * or the worker's user and be writable for nobody else, and what does not hold
 * together is left alone.
 */

#include "ngx_api_sec_inventory.h"


#define NGX_API_SEC_KEEP_PERIOD  60000    /* ms */
#define NGX_API_SEC_KEEP_MAX     (64 * 1024 * 1024)


typedef struct {
    ngx_connection_t            dummy;
    ngx_event_t                 event;
} ngx_api_sec_keep_timer_t;


static void ngx_api_sec_inventory_restore(ngx_cycle_t *cycle,
    ngx_api_sec_inventories_t *inv);
static void ngx_api_sec_inventory_read(ngx_api_sec_inventories_t *inv,
    ngx_fd_t fd, ngx_log_t *log);
static void ngx_api_sec_inventory_aside(const ngx_api_sec_inventories_t *inv);
static ngx_int_t ngx_api_sec_inventory_owned(ngx_cycle_t *cycle,
    ngx_api_sec_inventories_t *inv);
static void ngx_api_sec_inventory_timer(ngx_event_t *ev);
static void ngx_api_sec_inventory_forget(ngx_api_sec_inventories_t *inv);
static void ngx_api_sec_inventory_save(ngx_api_sec_inventories_t *inv,
    ngx_log_t *log);
static ngx_int_t ngx_api_sec_inventory_write(
    const ngx_api_sec_inventories_t *inv, u_char *image, size_t size);


/* A directory that is not there: nothing is kept. */

ngx_int_t
ngx_api_sec_inventory_path(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    u_char                     *p;
    ngx_file_info_t             fi;
    ngx_api_sec_inventories_t  *inv;

    inv = mcf->inventories;

    p = ngx_pnalloc(cf->pool, mcf->state.len + sizeof("/inventory.snap"));
    inv->tmp = ngx_pnalloc(cf->pool, mcf->state.len + NGX_INT64_LEN
                                     + sizeof("/inventory.snap..tmp"));

    if (p == NULL || inv->tmp == NULL) {
        return NGX_ERROR;
    }

    inv->path.data = p;

    p = ngx_cpymem(p, mcf->state.data, mcf->state.len);
    *p = '\0';

    if (ngx_file_info(inv->path.data, &fi) == NGX_FILE_ERROR
        || !ngx_is_dir(&fi))
    {
        return NGX_OK;
    }

    p = ngx_cpymem(p, "/inventory.snap", sizeof("/inventory.snap"));
    inv->path.len = p - inv->path.data - 1;

    return NGX_OK;
}


ngx_int_t
ngx_api_sec_inventory_start(ngx_cycle_t *cycle, ngx_api_sec_main_conf_t *mcf)
{
    ngx_event_t                *ev;
    ngx_api_sec_inventories_t  *inv;
    ngx_api_sec_keep_timer_t   *timer;

    inv = mcf->inventories;

    if (ngx_api_sec_inventory_at(inv) == NULL
        || ngx_process == NGX_PROCESS_HELPER)
    {
        return NGX_OK;
    }

    ngx_api_sec_inventory_lock(inv);
    ngx_api_sec_inventory_restore(cycle, inv);
    ngx_api_sec_inventory_unlock(inv);

    ngx_api_sec_inventory_forget(inv);

    if (ngx_api_sec_inventory_owned(cycle, inv) != NGX_OK) {
        return NGX_ERROR;
    }

    timer = ngx_pcalloc(cycle->pool, sizeof(ngx_api_sec_keep_timer_t));
    if (timer == NULL) {
        return NGX_ERROR;
    }

    ev = &timer->event;
    timer->dummy.fd = (ngx_socket_t) -1;

    ev->handler = ngx_api_sec_inventory_timer;
    ev->data = timer;
    ev->log = cycle->log;
    ev->cancelable = 1;

    inv->timer = ev;
    timer->dummy.data = inv;

    ngx_add_timer(ev, 1000);

    return NGX_OK;
}


static ngx_int_t
ngx_api_sec_inventory_owned(ngx_cycle_t *cycle,
    ngx_api_sec_inventories_t *inv)
{
    api_inv_totals_t  totals;

    api_inventory_totals(ngx_api_sec_inventory_at(inv), &totals);

    inv->nowned = totals.max_ops + 1;
    inv->owned = ngx_pcalloc(cycle->pool, inv->nowned / 8 + 1);

    return inv->owned ? NGX_OK : NGX_ERROR;
}


/* Under the lock; the first process alone. */

static void
ngx_api_sec_inventory_restore(ngx_cycle_t *cycle,
    ngx_api_sec_inventories_t *inv)
{
    size_t                         head;
    uint8_t                        key[16];
    ngx_fd_t                       fd;
    api_inv_totals_t               totals;
    ngx_api_sec_inventory_zone_t  *zone;

    zone = ngx_api_sec_inventory_head(inv);

    if (zone->restored) {
        return;
    }

    zone->restored = 1;
    head = sizeof(ngx_api_sec_inventory_zone_t);

    api_inventory_totals(ngx_api_sec_inventory_at(inv), &totals);

    if (inv->nodes && totals.max_nodes != inv->nodes
        && ngx_api_random(key, sizeof(key)) == NGX_OK)
    {
        (void) api_inventory_init((u_char *) zone + head,
                                  inv->tenant.size - head,
                                  (uint32_t) inv->nodes, key, ngx_time());
    }

    if (inv->path.len == 0) {
        return;
    }

    fd = open((char *) inv->path.data,
              O_RDONLY|O_NOFOLLOW|O_NONBLOCK|O_CLOEXEC);

    if (fd == NGX_INVALID_FILE) {
        if (ngx_errno != NGX_ENOENT) {
            ngx_log_error(NGX_LOG_ERR, cycle->log, ngx_errno,
                          "api_inventory: \"%V\" cannot be opened",
                          &inv->path);
        }

        return;
    }

    ngx_api_sec_inventory_read(inv, fd, cycle->log);
    (void) ngx_close_file(fd);
}


static void
ngx_api_sec_inventory_read(ngx_api_sec_inventories_t *inv, ngx_fd_t fd,
    ngx_log_t *log)
{
    size_t            size;
    u_char           *image;
    api_inventory_t  *from;
    ngx_file_info_t   fi;

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR || !ngx_is_file(&fi)
        || (fi.st_uid != 0 && fi.st_uid != geteuid()) || (fi.st_mode & 022)
        || ngx_file_size(&fi) > NGX_API_SEC_KEEP_MAX)
    {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "api_inventory: \"%V\" is not read: it has to be a file "
                      "of root or the workers' user that nobody else may "
                      "write, of 64m at most", &inv->path);
        return;
    }

    size = ngx_file_size(&fi);
    image = ngx_alloc(size + 1, log);

    if (image == NULL) {
        return;
    }

    from = read(fd, image, size) == (ssize_t) size
           ? api_inventory_load(image, size) : NULL;

    if (from) {
        api_inventory_merge(ngx_api_sec_inventory_at(inv), from);

    } else {
        ngx_api_sec_inventory_aside(inv);
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "api_inventory: \"%V\" is broken or of another release, "
                      "is not read, and stands beside as inventory.snap.bad",
                      &inv->path);
    }

    ngx_free(image);
}


/* The next that is written does not take its name: it may be all there is of
   a year, read by an older nginx. */

static void
ngx_api_sec_inventory_aside(const ngx_api_sec_inventories_t *inv)
{
    *ngx_sprintf(inv->tmp, "%V.bad", &inv->path) = '\0';
    (void) ngx_rename_file(inv->path.data, inv->tmp);
}


static void
ngx_api_sec_inventory_timer(ngx_event_t *ev)
{
    ngx_atomic_uint_t              next;
    ngx_connection_t              *c;
    ngx_api_sec_inventories_t     *inv;
    ngx_api_sec_inventory_zone_t  *zone;

    c = ev->data;
    inv = c->data;
    zone = ngx_api_sec_inventory_head(inv);

    next = zone->next;

    /* whoever sets the next time does it now */

    if ((ngx_atomic_int_t) (ngx_current_msec - next) >= 0
        && ngx_atomic_cmp_set(&zone->next, next,
                              ngx_current_msec + NGX_API_SEC_KEEP_PERIOD)
        && next != 0)
    {
        ngx_api_sec_inventory_forget(inv);
        ngx_api_sec_inventory_save(inv, ev->log);
    }

    if (!ngx_exiting && !ngx_terminate) {
        ngx_add_timer(ev, 1000);
    }
}


void
ngx_api_sec_inventory_stop(ngx_cycle_t *cycle, ngx_api_sec_main_conf_t *mcf)
{
    if (mcf->inventories->timer) {
        ngx_api_sec_inventory_save(mcf->inventories, cycle->log);
    }
}


/* What has gone goes from the file too. */

static void
ngx_api_sec_inventory_forget(ngx_api_sec_inventories_t *inv)
{
    uint32_t                       n;
    api_inventory_t               *at;
    ngx_api_sec_inventory_zone_t  *zone;

    at = ngx_api_sec_inventory_at(inv);

    if (at == NULL || inv->forget == 0) {
        return;
    }

    ngx_api_sec_inventory_lock(inv);
    n = api_inventory_forget(at, ngx_time() - inv->forget);
    ngx_api_sec_inventory_unlock(inv);

    if (n) {
        zone = ngx_api_sec_inventory_head(inv);
        zone->saved = zone->seen - 1;
    }
}


/* Counters may go on while it is copied: they are then a little more than of
   one moment. */

static void
ngx_api_sec_inventory_save(ngx_api_sec_inventories_t *inv, ngx_log_t *log)
{
    size_t                         size;
    u_char                        *image;
    ngx_atomic_uint_t              seen;
    const api_inventory_t         *from;
    ngx_api_sec_inventory_zone_t  *zone;

    zone = ngx_api_sec_inventory_head(inv);
    from = ngx_api_sec_inventory_at(inv);
    seen = zone->seen;

    if (from == NULL || inv->path.len == 0 || seen == zone->saved) {
        return;
    }

    size = api_inventory_saved_size(from);
    image = ngx_alloc(size, log);

    if (image == NULL) {
        return;
    }

    ngx_api_sec_inventory_lock(inv);
    api_inventory_save(from, image);
    ngx_api_sec_inventory_unlock(inv);

    if (ngx_api_sec_inventory_write(inv, image, size) == NGX_OK) {
        zone->saved = seen;
        (void) ngx_atomic_fetch_add(&zone->saves, 1);

    } else if (ngx_atomic_fetch_add(&zone->failures, 1) % 60 == 0) {
        ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                      "api_inventory: \"%V\" cannot be written: run  install "
                      "-d -o USER -m 0700 DIRECTORY, with the user of the "
                      "workers", &inv->path);
    }

    ngx_free(image);
}


static ngx_int_t
ngx_api_sec_inventory_write(const ngx_api_sec_inventories_t *inv,
    u_char *image, size_t size)
{
    ngx_fd_t   fd;
    ngx_err_t  err;
    ssize_t    n;

    *ngx_sprintf(inv->tmp, "%V.%P.tmp", &inv->path, ngx_pid) = '\0';

    (void) unlink((char *) inv->tmp);
    fd = open((char *) inv->tmp, O_WRONLY|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC,
              0600);

    if (fd == NGX_INVALID_FILE) {
        return NGX_ERROR;
    }

    n = ngx_write_fd(fd, image, size);
    err = n == -1 ? ngx_errno : NGX_ENOSPC;

    if (ngx_close_file(fd) == NGX_FILE_ERROR || n != (ssize_t) size
        || ngx_rename_file(inv->tmp, inv->path.data) == NGX_FILE_ERROR)
    {
        (void) unlink((char *) inv->tmp);
        ngx_set_errno(err);
        return NGX_ERROR;
    }

    return NGX_OK;
}
