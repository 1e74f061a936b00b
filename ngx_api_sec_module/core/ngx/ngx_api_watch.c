
#include "ngx_api_watch.h"
#include <openssl/sha.h>


#define NGX_API_WATCH_PERIOD   1000
#define NGX_API_WATCH_MOMENT   100     /* when something is MOVING */
#define NGX_API_WATCH_RETRIES  3       /* while the configuration is read */


/* What the timer knows; nginx's debug log takes its start for a connection. */

typedef struct {
    ngx_connection_t            dummy;
    ngx_event_t                 event;
    ngx_api_watches_t          *watches;
} ngx_api_watch_timer_t;


static void ngx_api_watch_timer(ngx_event_t *ev);
static void ngx_api_watch_cleanup(void *data);
static ngx_uint_t ngx_api_watch_check(ngx_api_watch_t *w, ngx_log_t *log);
static ngx_int_t ngx_api_watch_read(ngx_api_watch_t *w, ngx_log_t *log,
    api_err_t *err);
static ngx_int_t ngx_api_watch_fd(ngx_api_watch_t *w, ngx_fd_t fd,
    ngx_log_t *log, api_err_t *err);
static ngx_int_t ngx_api_watch_load(ngx_api_watch_t *w, ngx_fd_t fd,
    size_t size, ngx_log_t *log, api_err_t *err);
static void ngx_api_watch_tell(ngx_api_watch_t *w, const ngx_file_info_t *fi,
    api_span_t text, ngx_uint_t holds);
static void ngx_api_watch_warn(const ngx_api_watch_t *w, ngx_log_t *log);
static ngx_int_t ngx_api_watch_failed(api_err_t *err, ngx_err_t code,
    const char *what);
static void ngx_api_watch_look(const ngx_file_info_t *fi,
    ngx_api_watch_look_t *look);
static ngx_uint_t ngx_api_watch_same(const ngx_api_watch_look_t *a,
    const ngx_api_watch_look_t *b);


char *
ngx_api_watch_add(ngx_conf_t *cf, ngx_api_watches_t *watches,
    ngx_str_t *path, size_t max, ngx_api_watch_load_pt load, void *data)
{
    api_err_t          err;
    ngx_int_t          rc;
    ngx_uint_t         tries;
    ngx_file_info_t    fi;
    ngx_api_watch_t   *w, **p;

    w = ngx_pcalloc(cf->pool, sizeof(ngx_api_watch_t));
    if (w == NULL) {
        return NGX_CONF_ERROR;
    }

    w->path = *path;
    w->max = max;
    w->load = load;
    w->data = data;

    if (ngx_api_conf_path(cf, &w->path) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    w->all = watches;
    rc = NGX_AGAIN;

    for (tries = 0; rc == NGX_AGAIN && tries < NGX_API_WATCH_RETRIES; tries++)
    {
        if (ngx_file_info(w->path.data, &fi) == NGX_FILE_ERROR) {
            rc = ngx_api_watch_failed(&err, ngx_errno, "stat()");
            break;
        }

        ngx_api_watch_look(&fi, &w->look);

        rc = ngx_api_watch_read(w, cf->log, &err);
    }

    if (rc != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\": %s", &w->path,
                           rc == NGX_AGAIN ? "is being written right now"
                                           : err.text);
        return NGX_CONF_ERROR;
    }

    p = ngx_array_push(&watches->files);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    *p = w;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_api_watch_start(ngx_cycle_t *cycle, ngx_api_watches_t *watches)
{
    ngx_uint_t               i;
    ngx_api_watch_t        **w;
    ngx_pool_cleanup_t      *cln;
    ngx_api_watch_timer_t   *timer;

    if (watches->files.nelts == 0
        || (ngx_process != NGX_PROCESS_WORKER
            && ngx_process != NGX_PROCESS_SINGLE))
    {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(cycle->pool, sizeof(ngx_api_watch_timer_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    timer = cln->data;

    ngx_memzero(timer, sizeof(ngx_api_watch_timer_t));

    timer->dummy.fd = (ngx_socket_t) -1;
    timer->watches = watches;

    timer->event.handler = ngx_api_watch_timer;
    timer->event.data = timer;
    timer->event.log = cycle->log;
    timer->event.cancelable = 1;

    watches->timer = &timer->event;

    /* a single process may outlive the pool of its first configuration */

    cln->handler = ngx_api_watch_cleanup;

    w = watches->files.elts;

    for (i = 0; i < watches->files.nelts; i++) {
        ngx_api_watch_warn(w[i], cycle->log);
    }

    ngx_add_timer(watches->timer, NGX_API_WATCH_PERIOD);

    return NGX_OK;
}


static void
ngx_api_watch_cleanup(void *data)
{
    ngx_api_watch_timer_t *timer = data;

    if (timer->event.timer_set) {
        ngx_del_timer(&timer->event);
    }
}


static void
ngx_api_watch_timer(ngx_event_t *ev)
{
    ngx_uint_t               i, moving;
    ngx_api_watch_t        **w;
    ngx_api_watch_timer_t   *timer;

    if (ngx_exiting || ngx_terminate) {
        return;
    }

    timer = ev->data;
    moving = 0;

    w = timer->watches->files.elts;

    for (i = 0; i < timer->watches->files.nelts; i++) {
        moving |= ngx_api_watch_check(w[i], ev->log);
    }

    ngx_add_timer(ev, moving ? NGX_API_WATCH_MOMENT : NGX_API_WATCH_PERIOD);
}


/* Is it still moving? */

static ngx_uint_t
ngx_api_watch_check(ngx_api_watch_t *w, ngx_log_t *log)
{
    api_err_t              err;
    ngx_int_t              rc;
    ngx_file_info_t        fi;
    ngx_api_watch_look_t   look;

    if (ngx_file_info(w->path.data, &fi) == NGX_FILE_ERROR) {
        ngx_memzero(&look, sizeof(ngx_api_watch_look_t));

    } else {
        ngx_api_watch_look(&fi, &look);
    }

    if (!ngx_api_watch_same(&look, &w->look)) {
        w->look = look;
        w->moving = 1;
        return 1;
    }

    if (!w->moving) {
        return 0;
    }

    rc = ngx_api_watch_read(w, log, &err);

    if (rc == NGX_AGAIN) {
        return 1;
    }

    w->moving = 0;
    w->stale = (rc != NGX_OK);

    if (w->stale) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "\"%V\": %s; what it held before stays in use",
                      &w->path, err.text);

    } else {
        ngx_log_error(NGX_LOG_NOTICE, log, 0, "\"%V\" has been read again",
                      &w->path);
    }

    return 0;
}


/* NGX_AGAIN: it is not, or no longer, what was looked at. */

static ngx_int_t
ngx_api_watch_read(ngx_api_watch_t *w, ngx_log_t *log, api_err_t *err)
{
    ngx_fd_t   fd;
    ngx_int_t  rc;

    /* non-blocking: a FIFO must not hold up the worker */

    fd = ngx_open_file(w->path.data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        return ngx_api_watch_failed(err, ngx_errno, "open()");
    }

    rc = ngx_api_watch_fd(w, fd, log, err);

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      ngx_close_file_n " \"%V\" failed", &w->path);
    }

    return rc;
}


static ngx_int_t
ngx_api_watch_fd(ngx_api_watch_t *w, ngx_fd_t fd, ngx_log_t *log,
    api_err_t *err)
{
    ngx_file_info_t        fi;
    ngx_api_watch_look_t   look;

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        return ngx_api_watch_failed(err, ngx_errno, "fstat()");
    }

    if (!ngx_is_file(&fi)) {
        (void) api_fail(err, API_INVALID, 0, 0, "is no regular file");
        return NGX_ERROR;
    }

    ngx_api_watch_look(&fi, &look);

    if (!ngx_api_watch_same(&look, &w->look)) {
        return NGX_AGAIN;
    }

    if (ngx_file_size(&fi) > (off_t) w->max) {
        (void) api_fail(err, API_LIMIT, 0, 0,
                        "has %lld bytes, more than the %zu that are allowed "
                        "here", (long long) ngx_file_size(&fi), w->max);
        return NGX_ERROR;
    }

    return ngx_api_watch_load(w, fd, (size_t) ngx_file_size(&fi), log, err);
}


static ngx_int_t
ngx_api_watch_load(ngx_api_watch_t *w, ngx_fd_t fd, size_t size,
    ngx_log_t *log, api_err_t *err)
{
    u_char                *text;
    ssize_t                n;
    ngx_int_t              rc;
    ngx_file_info_t        fi;
    ngx_api_watch_look_t   look;

    /* one byte more, so that a file that grew is noticed */

    text = ngx_alloc(size + 1, log);
    if (text == NULL) {
        (void) api_fail(err, API_NOMEM, 0, 0, "no memory to read it");
        return NGX_ERROR;
    }

    n = ngx_read_fd(fd, text, size + 1);

    if (n == -1) {
        rc = ngx_api_watch_failed(err, ngx_errno, "read()");
        goto done;
    }

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        rc = ngx_api_watch_failed(err, ngx_errno, "fstat()");
        goto done;
    }

    ngx_api_watch_look(&fi, &look);

    if ((size_t) n != size || !ngx_api_watch_same(&look, &w->look)) {
        rc = NGX_AGAIN;
        goto done;
    }

    err->text[0] = '\0';

    rc = w->load(w->data, api_span(text, size), err) == API_OK ? NGX_OK
                                                               : NGX_ERROR;

    ngx_api_watch_tell(w, &fi, api_span(text, size), rc == NGX_OK);

    if (rc == NGX_ERROR && err->text[0] == '\0') {
        (void) api_fail(err, API_INTERNAL, 0, 0, "was refused");
    }

done:

    /* it may have held secrets */

    ngx_explicit_memzero(text, size + 1);
    ngx_free(text);

    return rc;
}


static void
ngx_api_watch_tell(ngx_api_watch_t *w, const ngx_file_info_t *fi,
    api_span_t text, ngx_uint_t holds)
{
    u_char                   now[NGX_API_WATCH_PRINT];
    ngx_api_watch_change_t   change;

    (void) SHA256(text.data, text.len, now);

    if (w->all->told) {
        change.path = &w->path;
        change.fi = fi;
        change.old = w->print;
        change.now = now;
        change.holds = holds;

        w->all->told(&change);
    }

    if (holds) {
        ngx_memcpy(w->print, now, NGX_API_WATCH_PRINT);
    }
}


/* The master reads as root what the workers may not. */

static void
ngx_api_watch_warn(const ngx_api_watch_t *w, ngx_log_t *log)
{
    if (ngx_worker != 0 || access((char *) w->path.data, R_OK) == 0) {
        return;
    }

    ngx_log_error(NGX_LOG_WARN, log, ngx_errno,
                  "\"%V\" is not readable for the user of the workers: a "
                  "change of it needs a reload", &w->path);
}


static ngx_int_t
ngx_api_watch_failed(api_err_t *err, ngx_err_t code, const char *what)
{
    u_char  *p, text[API_ERR_TEXT / 2];

    p = ngx_strerror(code, text, sizeof(text) - 1);
    *p = '\0';

    (void) api_fail(err, API_INTERNAL, 0, 0, "%s failed (%d: %s)", what,
                    (int) code, text);

    return NGX_ERROR;
}


static void
ngx_api_watch_look(const ngx_file_info_t *fi, ngx_api_watch_look_t *look)
{
    ngx_memzero(look, sizeof(ngx_api_watch_look_t));

    look->dev = fi->st_dev;
    look->ino = fi->st_ino;
    look->size = fi->st_size;
    look->mtime = fi->st_mtim;
    look->ctime = fi->st_ctim;
}


static ngx_uint_t
ngx_api_watch_same(const ngx_api_watch_look_t *a,
    const ngx_api_watch_look_t *b)
{
    return a->dev == b->dev && a->ino == b->ino && a->size == b->size
           && a->mtime.tv_sec == b->mtime.tv_sec
           && a->mtime.tv_nsec == b->mtime.tv_nsec
           && a->ctime.tv_sec == b->ctime.tv_sec
           && a->ctime.tv_nsec == b->ctime.tv_nsec;
}
