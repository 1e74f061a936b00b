
/*
 * Lanes: who owns which.  An owner is a process that serves requests; what
 * one leaves behind, whether it went or was killed, is taken by another.
 */

#include "ngx_api_sec_audit.h"


#define NGX_API_SEC_LANES_MAX   192

/* Address space, of which the system gives what is used: so many lanes that
   reloads and killed workers find one while nothing can be written; and as
   many for any number of workers, for a zone of another size is another
   zone. */

#define NGX_API_SEC_LANES_ROOM  (64 * 1024 * 1024)

/* Whoever wants more than the usual buffer is told when that leaves lanes for
   so few configurations. */

#define NGX_API_SEC_LANES_FEW   6


static ngx_int_t ngx_api_sec_lanes_init(ngx_shm_zone_t *zone, void *data);
static ngx_uint_t ngx_api_sec_lanes_torn(const ngx_api_sec_sink_t *sink);
static ngx_uint_t ngx_api_sec_lanes_workers(ngx_conf_t *cf);
static ngx_uint_t ngx_api_sec_lanes_count(ngx_conf_t *cf,
    const ngx_api_sec_sink_t *sink, size_t size);
static uint64_t ngx_api_sec_lanes_born(ngx_pid_t pid);
static uint64_t ngx_api_sec_lanes_self(void);
static ngx_uint_t ngx_api_sec_lanes_dead(uint64_t owner, ngx_uint_t closely);
static ngx_uint_t ngx_api_sec_lanes_left(const api_spool_t *lane);
static ngx_uint_t ngx_api_sec_lanes_other(const api_spool_t *lane);
static void ngx_api_sec_lanes_take(ngx_api_sec_writer_t *w, api_spool_t *lane,
    uint64_t owner, ngx_cycle_t *cycle);
static ngx_int_t ngx_api_sec_lanes_private(ngx_api_sec_writer_t *w,
    ngx_cycle_t *cycle);
static ngx_int_t ngx_api_sec_lanes_chain(ngx_api_sec_writer_t *w,
    api_spool_t *lane);


/* equal over every reload, and not that of api_zone */

#define NGX_API_SEC_LANES_TAG  ((void *) &ngx_http_module)


/* Processes of a configuration. */

static ngx_uint_t
ngx_api_sec_lanes_workers(ngx_conf_t *cf)
{
    ngx_uint_t              n;
    const ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cf->cycle->conf_ctx,
                                           ngx_core_module);
    n = ngx_ncpu > 2 ? ngx_ncpu : 2;

    if (ccf->worker_processes != NGX_CONF_UNSET
        && (ngx_uint_t) ccf->worker_processes > n)
    {
        n = ccf->worker_processes;
    }

    return n;
}


/*
 * Processes of three configurations at least: a reload while those of the one
 * before still have connections.
 */

static ngx_uint_t
ngx_api_sec_lanes_count(ngx_conf_t *cf, const ngx_api_sec_sink_t *sink,
    size_t size)
{
    ngx_uint_t  n, lanes;

    n = ngx_api_sec_lanes_workers(cf);
    lanes = ngx_max(3 * n, NGX_API_SEC_LANES_ROOM / size);
    lanes = ngx_min(lanes, NGX_API_SEC_LANES_MAX);

    if (sink->buffer > NGX_API_SEC_AUDIT_BUFFER
        && lanes < NGX_API_SEC_LANES_FEW * n)
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "api_audit \"%V\": buffer=%uzk has lanes for %ui "
                           "processes, and %ui are of one configuration: "
                           "after some reloads with long connections, events "
                           "of a worker that is killed are lost; a smaller "
                           "buffer= has more", &sink->name,
                           sink->buffer / 1024, lanes, n);
    }

    return lanes;
}


ngx_int_t
ngx_api_sec_lanes_zone(ngx_conf_t *cf, ngx_api_sec_sink_t *sink)
{
    size_t      size, n;
    ngx_str_t   name;
    ngx_uint_t  lanes;

    size = ngx_align(api_spool_bytes(sink->buffer), 64);
    lanes = ngx_api_sec_lanes_count(cf, sink, size);
    size = sizeof(ngx_api_sec_lanes_t) + lanes * size;

    name.len = sizeof("api_audit ") - 1 + sink->name.len;
    name.data = ngx_pnalloc(cf->pool, name.len);
    if (name.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(ngx_cpymem(name.data, "api_audit ", 10), sink->name.data,
               sink->name.len);

    /* what the allocator of nginx takes: a header, 24 bytes a page */

    n = size + size / 64 + 16 * ngx_pagesize;

    sink->zone = ngx_shared_memory_add(cf, &name, n, NGX_API_SEC_LANES_TAG);
    if (sink->zone == NULL) {
        return NGX_ERROR;
    }

    sink->zone->init = ngx_api_sec_lanes_init;
    sink->zone->data = sink;

    return NGX_OK;
}


/* Everything was killed, and half a line is the last of the file: who writes
   first begins a new one. */

static ngx_uint_t
ngx_api_sec_lanes_torn(const ngx_api_sec_sink_t *sink)
{
    u_char      last;
    off_t       end;
    ngx_fd_t    fd;
    ngx_uint_t  torn;

    if (sink->kind != NGX_API_SEC_SINK_FILE) {
        return 0;
    }

    fd = ngx_open_file(sink->file->name.data,
                       NGX_FILE_RDONLY|NGX_FILE_NONBLOCK, NGX_FILE_OPEN, 0);
    if (fd == NGX_INVALID_FILE) {
        return 0;
    }

    end = lseek(fd, 0, SEEK_END);
    torn = (end > 0 && pread(fd, &last, 1, end - 1) == 1 && last != LF);

    (void) ngx_close_file(fd);

    return torn;
}


static ngx_int_t
ngx_api_sec_lanes_init(ngx_shm_zone_t *zone, void *data)
{
    size_t                     size;
    ngx_uint_t                 i;
    ngx_slab_pool_t           *shpool;
    ngx_api_sec_lanes_t       *lanes;
    const ngx_api_sec_sink_t  *sink;

    sink = zone->data;
    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (data || zone->shm.exists) {

        /* that of the configuration before */

        return ngx_api_sec_seal_zone(shpool->data, sink->audits, sink);
    }

    size = ngx_align(api_spool_bytes(sink->buffer), 64);

    for (i = NGX_API_SEC_LANES_MAX; i; i--) {
        lanes = NULL;

        if (i * size < zone->shm.size) {
            shpool->log_nomem = 0;
            lanes = ngx_slab_alloc(shpool,
                                   sizeof(ngx_api_sec_lanes_t) + i * size);
        }

        if (lanes) {
            break;
        }
    }

    if (i == 0) {
        return NGX_ERROR;
    }

    ngx_memzero(lanes, sizeof(ngx_api_sec_lanes_t));
    lanes->writing = ngx_api_sec_lanes_torn(sink);
    lanes->size = size;
    lanes->nlanes = i;
    shpool->data = lanes;

    while (i--) {
        api_spool_init(ngx_api_sec_lanes_at(lanes, i), sink->buffer);
    }

    return ngx_api_sec_seal_zone(lanes, sink->audits, sink);
}


api_spool_t *
ngx_api_sec_lanes_at(const ngx_api_sec_lanes_t *lanes, ngx_uint_t n)
{
    return (api_spool_t *) ((u_char *) (uintptr_t) (lanes + 1)
                            + n * lanes->size);
}


/* When a process began, in ticks since the machine did; 0: not known. */

static uint64_t
ngx_api_sec_lanes_born(ngx_pid_t pid)
{
    u_char      buf[1024], *p, *last;
    ssize_t     n;
    ngx_fd_t    fd;
    uint64_t    born;
    ngx_uint_t  field;

    last = ngx_snprintf(buf, sizeof(buf) - 1, "/proc/%P/stat", pid);
    *last = '\0';

    fd = ngx_open_file(buf, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);
    if (fd == NGX_INVALID_FILE) {
        return 0;
    }

    n = ngx_read_fd(fd, buf, sizeof(buf));
    (void) ngx_close_file(fd);

    if (n <= 0) {
        return 0;
    }

    /* the name of the program, in parentheses, may hold anything */

    last = buf + n;
    p = memrchr(buf, ')', n);
    born = 0;

    for (field = 2; p && p < last && field < 22; p++) {
        field += (*p == ' ');
    }

    for ( /* void */ ; p && p < last && *p >= '0' && *p <= '9'; p++) {
        born = born * 10 + (*p - '0');
    }

    return born;
}


/* This process, as an owner. */

static uint64_t
ngx_api_sec_lanes_self(void)
{
    static uint64_t   self;
    static ngx_pid_t  pid;    /* of whom that was said: a fork is another */

    if (pid != ngx_pid) {
        pid = ngx_pid;
        self = api_spool_process(pid, ngx_api_sec_lanes_born(pid));
    }

    return self;
}


/* closely: does another process bear its number now?  That opens a file. */

static ngx_uint_t
ngx_api_sec_lanes_dead(uint64_t owner, ngx_uint_t closely)
{
    uint64_t   born;
    ngx_pid_t  pid;

    pid = (ngx_pid_t) api_spool_pid(owner);

    if (pid == ngx_pid) {
        return owner != ngx_api_sec_lanes_self();
    }

    if (kill(pid, 0) == -1 && ngx_errno == NGX_ESRCH) {
        return 1;
    }

    if (!closely || api_spool_born(owner) == 0) {
        return 0;
    }

    born = ngx_api_sec_lanes_born(pid);

    return born && born != api_spool_born(owner);
}


/* Has somebody left something in it? */

static ngx_uint_t
ngx_api_sec_lanes_left(const api_spool_t *lane)
{
    return api_spool_pending(lane) || api_spool_untold(lane)
           || api_spool_place(lane)->seq;
}


ngx_int_t
ngx_api_sec_lanes_claim(ngx_api_sec_writer_t *w, ngx_cycle_t *cycle)
{
    ngx_uint_t    i;
    api_spool_t  *lane;

    for (i = 0; i < w->lanes->nlanes; i++) {
        lane = ngx_api_sec_lanes_at(w->lanes, i);

        if (api_spool_owner(lane) != 0
            || !api_spool_claim(lane, 0, ngx_api_sec_lanes_self()))
        {
            continue;
        }

        if (ngx_api_sec_lanes_left(lane)) {
            api_spool_release(lane);    /* left full: it will be adopted */
            continue;
        }

        api_spool_reset(lane);
        w->own = lane;

        return ngx_api_sec_lanes_chain(w, lane);
    }

    return ngx_api_sec_lanes_private(w, cycle);
}


static ngx_int_t
ngx_api_sec_lanes_private(ngx_api_sec_writer_t *w, ngx_cycle_t *cycle)
{
    ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                  "api_audit \"%V\": all %uL lanes are taken by processes of "
                  "configurations before: events of this process are lost if "
                  "it is killed; a smaller \"buffer=\" has more lanes",
                  &w->sink->name, w->lanes->nlanes);

    w->own = ngx_memalign(64, w->lanes->size, cycle->log);
    if (w->own == NULL) {
        return NGX_ERROR;
    }

    api_spool_init(w->own, w->sink->buffer);
    (void) api_spool_claim(w->own, 0, ngx_api_sec_lanes_self());
    w->private = 1;

    return ngx_api_sec_lanes_chain(w, w->own);
}


/* Each owner has a chain of its own: a reload never continues one. */

static ngx_int_t
ngx_api_sec_lanes_chain(ngx_api_sec_writer_t *w, api_spool_t *lane)
{
    u_char   bytes[API_SEAL_CHAIN / 2];

    api_spool_place_t  place;

    if (ngx_api_random(bytes, sizeof(bytes)) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memzero(&place, sizeof(api_spool_place_t));
    (void) ngx_hex_dump(place.chain, bytes, sizeof(bytes));

    if (w->seal
        && api_seal_first(w->seal, api_span(place.chain, API_SEAL_CHAIN),
                          place.head)
           != API_OK)
    {
        return NGX_ERROR;
    }

    lane->sealed = 0;
    api_spool_begins(lane, &place);

    return NGX_OK;
}


/*
 * Takes what nobody writes any more.  A number that another process bears now
 * is looked for once a minute: it is rare, and costs each process a file of
 * each other one.
 */

ngx_uint_t
ngx_api_sec_lanes_adopt(ngx_api_sec_writer_t *w, ngx_cycle_t *cycle)
{
    uint64_t      owner;
    ngx_uint_t    i, n, closely;
    api_spool_t  *lane;

    n = w->nadopted;
    closely = (w->looked == 0 || ngx_time() - w->looked >= 60);

    if (closely) {
        w->looked = ngx_time();
    }

    for (i = 0; i < w->lanes->nlanes && w->nadopted < NGX_API_SEC_LANES; i++) {
        lane = ngx_api_sec_lanes_at(w->lanes, i);
        owner = api_spool_owner(lane);

        if (owner ? !ngx_api_sec_lanes_dead(owner, closely)
                  : !ngx_api_sec_lanes_left(lane))
        {
            continue;
        }

        if (api_spool_claim(lane, owner, ngx_api_sec_lanes_self())) {
            ngx_api_sec_lanes_take(w, lane, owner, cycle);
        }
    }

    return w->nadopted - n;
}


static void
ngx_api_sec_lanes_take(ngx_api_sec_writer_t *w, api_spool_t *lane,
    uint64_t owner, ngx_cycle_t *cycle)
{
    if (owner) {
        lane->leaving = 0;
        api_spool_bury(lane);

        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "api_audit \"%V\": process %L is gone: its last "
                      "%uz bytes of events are written, %uL events it had "
                      "begun are lost", &w->sink->name, api_spool_pid(owner),
                      api_spool_pending(lane), lane->lost[API_SPOOL_CRASH]);
    }

    w->adopted[w->nadopted++] = lane;
}


/* Has another process, which is there, that lane? */

static ngx_uint_t
ngx_api_sec_lanes_other(const api_spool_t *lane)
{
    uint64_t  owner;

    owner = api_spool_owner(lane);

    return owner && owner != ngx_api_sec_lanes_self()
           && !ngx_api_sec_lanes_dead(owner, 1);
}


ngx_uint_t
ngx_api_sec_lanes_others(const ngx_api_sec_writer_t *w)
{
    ngx_uint_t  i;

    for (i = 0; i < w->lanes->nlanes; i++) {
        if (ngx_api_sec_lanes_other(ngx_api_sec_lanes_at(w->lanes, i))) {
            return 1;
        }
    }

    return 0;
}


/* Of processes that end at the same time one is the last, and has to know. */

ngx_uint_t
ngx_api_sec_lanes_last(ngx_api_sec_writer_t *w)
{
    ngx_uint_t          i, last;
    ngx_slab_pool_t    *shpool;
    const api_spool_t  *lane;

    shpool = (ngx_slab_pool_t *) w->sink->zone->shm.addr;

    ngx_shmtx_lock(&shpool->mutex);

    while (w->nadopted) {
        api_spool_release(w->adopted[--w->nadopted]);
    }

    w->own->leaving = 1;
    last = 1;

    for (i = 0; last && i < w->lanes->nlanes; i++) {
        lane = ngx_api_sec_lanes_at(w->lanes, i);
        last = lane->leaving || !ngx_api_sec_lanes_other(lane);
    }

    ngx_shmtx_unlock(&shpool->mutex);

    return last;
}


/* Has a process that is no more left something behind? */

ngx_uint_t
ngx_api_sec_lanes_orphaned(const ngx_api_sec_lanes_t *lanes)
{
    uint64_t            owner;
    ngx_uint_t          i;
    const api_spool_t  *lane;

    for (i = 0; i < lanes->nlanes; i++) {
        lane = ngx_api_sec_lanes_at(lanes, i);
        owner = api_spool_owner(lane);

        if (owner ? ngx_api_sec_lanes_dead(owner, 1)
                  : ngx_api_sec_lanes_left(lane))
        {
            return 1;
        }
    }

    return 0;
}


/* Its counters to those of all. */

void
ngx_api_sec_lanes_count_in(ngx_api_sec_lanes_t *lanes, const api_spool_t *lane)
{
    ngx_uint_t  i;

    (void) ngx_atomic_fetch_add(&lanes->kept, api_spool_kept(lane));

    for (i = 0; i < API_SPOOL_NCAUSES; i++) {
        (void) ngx_atomic_fetch_add(&lanes->lost[i], lane->lost[i]);
    }
}


/* Empty, it is free for others; false: where its chain ends cannot be noted
   before the next seal. */

ngx_uint_t
ngx_api_sec_lanes_leave(ngx_api_sec_writer_t *w, api_spool_t *lane)
{
    api_spool_place_t  place;

    if (!ngx_api_sec_seal_part(w, lane)) {
        return 0;
    }

    ngx_api_sec_lanes_count_in(w->lanes, lane);

    ngx_memzero(&place, sizeof(api_spool_place_t));
    api_spool_begins(lane, &place);
    lane->sealed = 0;

    api_spool_reset(lane);
    api_spool_release(lane);

    return 1;
}
