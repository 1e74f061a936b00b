
/*
 * From the lanes of a process to the sink.  Nothing here waits; the end of
 * the process does, for a second (ngx_api_sec_audit_stop.c).
 */

#include "ngx_api_sec_audit.h"


#define NGX_API_SEC_WRITER_PAUSE   100     /* msec between two writes */
#define NGX_API_SEC_WRITER_FULL    2       /* ... until a pipe has room */
#define NGX_API_SEC_WRITER_BROKEN  1000    /* ... after another failure */
#define NGX_API_SEC_WRITER_TICK    1000
#define NGX_API_SEC_WRITER_SEAL    200     /* an epoch may be one second */


static void ngx_api_sec_writer_prepare(ngx_api_sec_writer_t *w,
    const ngx_api_sec_main_conf_t *mcf, ngx_cycle_t *cycle);
static void ngx_api_sec_writer_flush(ngx_event_t *ev);
static void ngx_api_sec_writer_tick(ngx_event_t *ev);
static void ngx_api_sec_writer_pump(ngx_api_sec_writer_t *w);
static void ngx_api_sec_writer_settle(ngx_api_sec_writer_t *w);
static ngx_uint_t ngx_api_sec_writer_after(ngx_api_sec_writer_t *w,
    const ngx_api_sec_put_t *p);
static void ngx_api_sec_writer_failed(ngx_api_sec_writer_t *w,
    ngx_err_t err);
static void ngx_api_sec_writer_reopen(ngx_open_file_t *file, ngx_log_t *log);
#if (NGX_THREADS)
static ngx_int_t ngx_api_sec_writer_post(ngx_api_sec_writer_t *w,
    const ngx_api_sec_put_t *p);
static void ngx_api_sec_writer_thread(void *data, ngx_log_t *log);
static void ngx_api_sec_writer_posted(ngx_event_t *ev);
#endif


ngx_int_t
ngx_api_sec_writer_open(const ngx_api_sec_sink_t *sink, ngx_cycle_t *cycle)
{
    ngx_slab_pool_t                *shpool;
    ngx_api_sec_writer_t           *w;
    const ngx_api_sec_main_conf_t  *mcf;

    w = sink->writer;
    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_api_sec_module);
    shpool = (ngx_slab_pool_t *) sink->zone->shm.addr;

    w->sink = sink;
    w->lanes = shpool->data;
    w->sock = (ngx_socket_t) -1;
    w->ending = (ngx_process == NGX_PROCESS_MASTER);

    if (ngx_api_sec_seal_start(w, cycle) != NGX_OK
        || ngx_api_sec_lanes_claim(w, cycle) != NGX_OK)
    {
        return NGX_ERROR;
    }

    w->fresh = 0;

    ngx_api_sec_writer_prepare(w, mcf, cycle);

    return NGX_OK;
}


ngx_int_t
ngx_api_sec_writer_start(const ngx_api_sec_sink_t *sink, ngx_cycle_t *cycle)
{
    ngx_api_sec_writer_t  *w;

    if (ngx_api_sec_writer_open(sink, cycle) != NGX_OK) {
        return NGX_ERROR;
    }

    w = sink->writer;

    if (sink->file && sink->file->flush == NULL) {
        sink->file->flush = ngx_api_sec_writer_reopen;
        sink->file->data = w;
    }

#if (NGX_THREADS)
    if (sink->threads) {
        w->task = ngx_thread_task_alloc(cycle->pool,
                                        sizeof(ngx_api_sec_writer_task_t));
        if (w->task == NULL) {
            return NGX_ERROR;
        }

        ((ngx_api_sec_writer_task_t *) w->task->ctx)->w = w;
        w->task->handler = ngx_api_sec_writer_thread;
        w->task->event.handler = ngx_api_sec_writer_posted;
        w->task->event.data = w;
        w->task->event.log = cycle->log;
    }
#endif

    (void) ngx_api_sec_lanes_adopt(w, cycle);
    ngx_add_timer(&w->tick, w->seal ? NGX_API_SEC_WRITER_SEAL
                                    : NGX_API_SEC_WRITER_TICK);

    return NGX_OK;
}


/* What ends each event, and the two timers. */

static void
ngx_api_sec_writer_prepare(ngx_api_sec_writer_t *w,
    const ngx_api_sec_main_conf_t *mcf, ngx_cycle_t *cycle)
{
    u_char  *p;

    p = ngx_snprintf((u_char *) w->tail, sizeof(w->tail),
                     ",\"node\":{\"host\":\"%V\",\"pid\":%P,\"key\":\"%*s\"},"
                     "\"chain\":\"%*s\",\"seq\":",
                     &mcf->audits->host, ngx_pid,
                     sizeof(mcf->audits->key_id), mcf->audits->key_id,
                     (size_t) API_SEAL_CHAIN, api_spool_place(w->own)->chain);
    w->tail_len = p - (u_char *) w->tail;

    w->flush.handler = ngx_api_sec_writer_flush;
    w->flush.data = w;
    w->flush.log = cycle->log;
    w->flush.cancelable = 1;

    w->tick.handler = ngx_api_sec_writer_tick;
    w->tick.data = w;
    w->tick.log = cycle->log;
    w->tick.cancelable = 1;
}


void
ngx_api_sec_writer_wake(ngx_api_sec_writer_t *w)
{
    ngx_msec_t  since;

    if (w->busy || w->flush.posted || w->ending) {
        return;
    }

    since = ngx_current_msec - w->last;

    if (w->err == 0
        && (since >= NGX_API_SEC_WRITER_PAUSE
            || api_spool_pending(w->own) > w->own->size / 2))
    {
        if (w->flush.timer_set) {
            ngx_del_timer(&w->flush);
        }

        ngx_post_event(&w->flush, &ngx_posted_events);
        return;
    }

    if (!w->flush.timer_set) {
        ngx_add_timer(&w->flush, since < NGX_API_SEC_WRITER_PAUSE
                                 ? NGX_API_SEC_WRITER_PAUSE - since : 1);
    }
}


ngx_uint_t
ngx_api_sec_writer_down(const ngx_api_sec_writer_t *w)
{
    return w->own == NULL || (w->err && w->err != NGX_EAGAIN)
           || api_spool_pressed(w->own);
}


static void
ngx_api_sec_writer_flush(ngx_event_t *ev)
{
    ngx_api_sec_writer_pump(ev->data);
}


static void
ngx_api_sec_writer_tick(ngx_event_t *ev)
{
    ngx_api_sec_writer_t *w = ev->data;

    (void) ngx_api_sec_lanes_adopt(w, (ngx_cycle_t *) ngx_cycle);
    ngx_api_sec_audit_gap(w, w->own);
    ngx_api_sec_writer_mourn(w);
    ngx_api_sec_seal_tick(w, 0);

    if (w->nadopted || api_spool_pending(w->own)) {
        ngx_api_sec_writer_wake(w);
    }

    if (!ngx_exiting) {
        ngx_add_timer(&w->tick, w->seal ? NGX_API_SEC_WRITER_SEAL
                                        : NGX_API_SEC_WRITER_TICK);
    }
}


/* Events that were lost, once a minute: a target that takes nothing is told of
   nowhere else. */

void
ngx_api_sec_writer_mourn(ngx_api_sec_writer_t *w)
{
    uint64_t  lost;

    lost = api_spool_lost(w->own);

    if (lost == w->lost
        || (w->mourned && ngx_time() - w->mourned < 60 && !ngx_exiting))
    {
        return;
    }

    ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                  "api_audit \"%V\": %uL events of this process are lost%s",
                  &w->sink->name, lost - w->lost,
                  w->err == NGX_EAGAIN ? ": the target is too slow, or nobody "
                                         "reads it" : "");

    w->mourned = ngx_time();
    w->lost = lost;
}


static void
ngx_api_sec_writer_pump(ngx_api_sec_writer_t *w)
{
    ngx_api_sec_put_t  p;

    w->last = ngx_current_msec;

    while (!w->busy && ngx_api_sec_writer_next(w, &p)) {

#if (NGX_THREADS)
        if (w->task && ngx_api_sec_writer_post(w, &p) == NGX_OK) {
            return;
        }
#endif

        ngx_api_sec_writer_put(w, &p);

        if (!ngx_api_sec_writer_after(w, &p)) {
            return;
        }
    }
}


/* What to write: what others left first, for it is older. */

ngx_uint_t
ngx_api_sec_writer_next(ngx_api_sec_writer_t *w, ngx_api_sec_put_t *p)
{
    ngx_uint_t  i;

    ngx_memzero(p, sizeof(ngx_api_sec_put_t));

    p->kind = w->sink->kind;
    p->writing = &w->lanes->writing;
    p->pid = ngx_pid;
    p->fd = w->sink->file ? w->sink->file->fd : w->sink->fd;

    ngx_api_sec_writer_settle(w);

    for (i = 0; i < w->nadopted; i++) {
        if (api_spool_next(w->adopted[i], &p->bytes)) {
            w->writing = w->adopted[i];
            return 1;
        }
    }

    w->writing = w->own;

    return api_spool_next(w->own, &p->bytes);
}


/* Lanes that were adopted and are empty are given back, once an event has
   told what their owners lost; so are our own losses. */

static void
ngx_api_sec_writer_settle(ngx_api_sec_writer_t *w)
{
    ngx_uint_t    i;
    api_spool_t  *lane;

    for (i = 0; i < w->nadopted; i++) {
        lane = w->adopted[i];

        if (api_spool_pending(lane)) {
            continue;
        }

        ngx_api_sec_audit_gap(w, lane);

        if (!api_spool_untold(lane)
            && ngx_api_sec_lanes_leave(w, lane))
        {
            w->adopted[i--] = w->adopted[--w->nadopted];
        }
    }

    if (!api_spool_pressed(w->own)) {
        ngx_api_sec_audit_gap(w, w->own);
    }
}


void
ngx_api_sec_writer_put(ngx_api_sec_writer_t *w, ngx_api_sec_put_t *p)
{
    u_char  head[512], *last;

    if (p->kind != NGX_API_SEC_SINK_SYSLOG) {
        ngx_api_sec_put(p);
        return;
    }

    if (w->sock == (ngx_socket_t) -1) {
        w->sock = ngx_api_sec_put_connect(&w->sink->syslog->server);
    }

    if (w->sock == (ngx_socket_t) -1) {
        p->err = ngx_socket_errno;
        return;
    }

    p->fd = w->sock;
    last = ngx_syslog_add_header(w->sink->syslog, head);
    ngx_api_sec_put_syslog(p, head, last - head);

    if (p->err && p->err != NGX_EAGAIN && p->err != ENOBUFS) {
        (void) ngx_close_socket(w->sock);    /* the server may be a new one */
        w->sock = (ngx_socket_t) -1;
    }
}


/* Notes what came of a write; false: no other one now. */

static ngx_uint_t
ngx_api_sec_writer_after(ngx_api_sec_writer_t *w, const ngx_api_sec_put_t *p)
{
    api_spool_wrote(w->writing, p->n);

    if (p->n) {
        (void) ngx_atomic_fetch_add(&w->lanes->bytes, p->n);
        w->lanes->wrote = ngx_time();
    }

    if (p->err) {
        ngx_api_sec_writer_failed(w, p->err);
        return 0;
    }

    if (w->err && w->err != NGX_EAGAIN) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "api_audit \"%V\" can be written again",
                      &w->sink->name);
    }

    w->err = 0;

    return 1;
}


static void
ngx_api_sec_writer_failed(ngx_api_sec_writer_t *w, ngx_err_t err)
{
    ngx_msec_t  pause;

    if (err == ENOBUFS) {
        err = NGX_EAGAIN;    /* a queue on this machine is full */
    }

    w->err = err;
    pause = NGX_API_SEC_WRITER_FULL;

    if (err != NGX_EAGAIN) {
        pause = NGX_API_SEC_WRITER_BROKEN;

        (void) ngx_atomic_fetch_add(&w->lanes->errors, 1);
        w->lanes->error = err;

        if (ngx_time() - w->logged >= 60) {
            w->logged = ngx_time();

            ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, err,
                          "api_audit \"%V\" cannot be written: events wait, "
                          "and are counted as lost when there is no room",
                          &w->sink->name);
        }
    }

    if (w->flush.timer_set) {
        ngx_del_timer(&w->flush);
    }

    ngx_add_timer(&w->flush, pause);
}


#if (NGX_THREADS)

/* One task a sink is under way; it has a descriptor of its own, for nginx may
   close that of the file when it opens it anew. */

static ngx_int_t
ngx_api_sec_writer_post(ngx_api_sec_writer_t *w, const ngx_api_sec_put_t *p)
{
    ngx_api_sec_writer_task_t  *task = w->task->ctx;

    task->put = *p;
    task->put.wait = 1;
    task->put.fd = dup(p->fd);
    task->done = 0;

    if (task->put.fd == -1) {
        return NGX_ERROR;
    }

    if (ngx_thread_task_post(w->sink->threads, w->task) != NGX_OK) {
        (void) ngx_close_file(task->put.fd);
        return NGX_ERROR;
    }

    w->busy = 1;

    return NGX_OK;
}


static void
ngx_api_sec_writer_thread(void *data, ngx_log_t *log)
{
    ngx_api_sec_writer_task_t *task = data;

    ngx_api_sec_put(&task->put);
    (void) close(task->put.fd);

    ngx_memory_barrier();
    task->done = 1;
}


static void
ngx_api_sec_writer_posted(ngx_event_t *ev)
{
    ngx_api_sec_writer_t *w = ev->data;

    ngx_api_sec_writer_task_t  *task = w->task->ctx;

    w->busy = 0;

    if (ngx_api_sec_writer_after(w, &task->put)
        && (w->nadopted || api_spool_pending(w->own)))
    {
        ngx_api_sec_writer_wake(w);
    }
}

#endif


/* USR1: what was before goes to the old file. */

static void
ngx_api_sec_writer_reopen(ngx_open_file_t *file, ngx_log_t *log)
{
    ngx_api_sec_writer_t *w = file->data;

    if (w->own == NULL) {
        return;    /* the master */
    }

    ngx_api_sec_writer_pump(w);
    w->fresh = 1;
}
