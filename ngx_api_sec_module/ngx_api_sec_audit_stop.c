
/*
 * The end of a process that writes events: what it has is written, for a
 * second; the last one writes what others left too, and seals.
 */

#include "ngx_api_sec_audit.h"

#include <poll.h>


#define NGX_API_SEC_WRITER_END     1000    /* msec */
#define NGX_API_SEC_WRITER_OTHERS  200     /* ... of it, for those that go */


static void ngx_api_sec_writer_halt(ngx_api_sec_writer_t *w);
static void ngx_api_sec_writer_last(ngx_api_sec_writer_t *w,
    ngx_cycle_t *cycle);
static void ngx_api_sec_writer_leave(ngx_api_sec_writer_t *w);


/* One deadline for all of it: nginx kills who takes more than some 1.5 s. */

void
ngx_api_sec_writer_stop(const ngx_api_sec_sink_t *sink, ngx_cycle_t *cycle)
{
    size_t                 pending;
    ngx_uint_t             last, i;
    ngx_api_sec_writer_t  *w;

    w = sink->writer;

    if (w->own == NULL) {
        return;
    }

    ngx_time_update();
    w->deadline = ngx_current_msec + NGX_API_SEC_WRITER_END;

    ngx_api_sec_writer_halt(w);
    ngx_api_sec_seal_tick(w, 0);    /* others may not have begun to */
    ngx_api_sec_writer_drain(w);
    ngx_api_sec_writer_mourn(w);

    last = !w->private && ngx_api_sec_lanes_last(w);

    if (last) {
        ngx_api_sec_writer_last(w, cycle);
    }

    /* behind a worker comes the master */

    last = last && ngx_process != NGX_PROCESS_WORKER;
    pending = w->private || last ? api_spool_pending(w->own) : 0;

    for (i = 0; last && i < w->nadopted; i++) {
        pending += api_spool_pending(w->adopted[i]);
    }

    if (pending) {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, w->err,
                      "api_audit \"%V\": %uz bytes of events could not be "
                      "written and are lost", &sink->name, pending);
    }

    while (w->nadopted) {
        api_spool_release(w->adopted[--w->nadopted]);
    }

    ngx_api_sec_writer_leave(w);

    api_seal_free(w->seal);
    w->seal = NULL;
    w->own = NULL;
}


/* What others could not write and have left is ours: nobody comes behind us.
   Those that are leaving need a moment to say so. */

static void
ngx_api_sec_writer_last(ngx_api_sec_writer_t *w, ngx_cycle_t *cycle)
{
    ngx_uint_t  wait;

    for (wait = NGX_API_SEC_WRITER_OTHERS / 5; wait; wait--) {
        if (!ngx_api_sec_lanes_others(w)) {
            break;
        }

        ngx_msleep(5);
    }

    while (ngx_api_sec_lanes_adopt(w, cycle)) {
        ngx_api_sec_writer_drain(w);
    }

    ngx_api_sec_seal_tick(w, 1);
    ngx_api_sec_writer_drain(w);
}


static void
ngx_api_sec_writer_leave(ngx_api_sec_writer_t *w)
{
    if (w->private) {
        (void) ngx_api_sec_seal_part(w, w->own);
        ngx_api_sec_lanes_count_in(w->lanes, w->own);
        ngx_free(w->own);
        return;
    }

    if (api_spool_pending(w->own) || api_spool_untold(w->own)
        || !ngx_api_sec_lanes_leave(w, w->own))
    {
        api_spool_release(w->own);    /* for others to finish */
    }
}


/* No timer and no thread any more, and none again. */

static void
ngx_api_sec_writer_halt(ngx_api_sec_writer_t *w)
{
#if (NGX_THREADS)
    const ngx_api_sec_writer_task_t  *task;
#endif

    w->ending = 1;

    if (w->tick.timer_set) {
        ngx_del_timer(&w->tick);
    }

    if (w->flush.timer_set) {
        ngx_del_timer(&w->flush);
    }

    if (w->flush.posted) {
        ngx_delete_posted_event(&w->flush);
    }

#if (NGX_THREADS)
    if (w->busy) {

        /* threads have ended before us; what this one did was not told yet */

        task = w->task->ctx;

        if (task->done) {
            api_spool_wrote(w->writing, task->put.n);
        }

        w->busy = 0;
    }

    w->task = NULL;
#endif
}


void
ngx_api_sec_writer_drain(ngx_api_sec_writer_t *w)
{
    struct pollfd      pfd;
    ngx_api_sec_put_t  p;

    while ((ngx_msec_int_t) (w->deadline - ngx_current_msec) > 0) {

        if (!ngx_api_sec_writer_next(w, &p)) {
            return;
        }

        ngx_api_sec_writer_put(w, &p);
        api_spool_wrote(w->writing, p.n);
        w->err = p.err;

        ngx_time_update();

        if (p.err == 0) {
            continue;
        }

        if (p.err != NGX_EAGAIN && p.err != ENOBUFS) {
            return;
        }

        pfd.fd = p.fd;
        pfd.events = POLLOUT;

        /* a file that another process writes is ready at once */

        if (p.kind == NGX_API_SEC_SINK_FILE || poll(&pfd, 1, 20) == 1) {
            ngx_msleep(1);
        }

        ngx_time_update();
    }
}
