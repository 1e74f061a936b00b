
#include "ngx_api_keeper.h"


typedef struct {
    ngx_connection_t            dummy;
    ngx_event_t                 event;
} ngx_api_keeper_timer_t;


static void ngx_api_keeper_timer(ngx_event_t *ev);
static ngx_int_t ngx_api_keeper_begin(
    ngx_api_keeper_t *keeper);
static ngx_int_t ngx_api_keeper_step(
    ngx_api_keeper_t *keeper, ngx_uint_t sync);
static ngx_int_t ngx_api_keeper_done(
    ngx_api_keeper_t *keeper, ngx_uint_t sync);
static void ngx_api_keeper_failed(
    ngx_api_keeper_t *keeper, const char *what);
static ngx_int_t ngx_api_keeper_read(
    ngx_api_keeper_t *keeper, ngx_log_t *log);
static ngx_int_t ngx_api_keeper_take(
    ngx_api_keeper_t *keeper, ngx_fd_t fd,
    const ngx_file_info_t *fi, ngx_log_t *log);
static uint64_t ngx_api_keeper_wall(void);
static ngx_atomic_uint_t ngx_api_keeper_file_id(const ngx_file_info_t *fi);


#define NGX_API_KEEPER_MOMENT  20    /* ms between pieces */


ngx_int_t
ngx_api_keeper_init(ngx_conf_t *cf, ngx_api_keeper_t *keeper,
    const ngx_str_t *dir, const ngx_str_t *name)
{
    u_char           *p;
    ngx_file_info_t   fi;

    keeper->saving.fd = NGX_INVALID_FILE;

    keeper->path.len = dir->len + 1 + name->len + sizeof(".snap") - 1;
    keeper->path.data = ngx_pnalloc(cf->pool, keeper->path.len + 1);
    keeper->saving.tmp = ngx_pnalloc(cf->pool, keeper->path.len
                                     + NGX_INT64_LEN + sizeof("..tmp"));

    if (keeper->path.data == NULL || keeper->saving.tmp == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(keeper->path.data, "%V/%V.snap", dir, name);
    *p = '\0';

    keeper->path.data[dir->len] = '\0';

    if (ngx_file_info(keeper->path.data, &fi) == NGX_FILE_ERROR
        || !ngx_is_dir(&fi))
    {
        return NGX_DECLINED;
    }

    keeper->path.data[dir->len] = '/';

    /* "user" may stand behind http: it is read when it is needed */

    keeper->ccf = (ngx_core_conf_t *) ngx_get_conf(cf->cycle->conf_ctx,
                                                   ngx_core_module);

    return NGX_OK;
}


static uint64_t
ngx_api_keeper_wall(void)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (uint64_t) tp->sec * 1000 + tp->msec;
}


/* Inodes are used again at once. */

static ngx_atomic_uint_t
ngx_api_keeper_file_id(const ngx_file_info_t *fi)
{
    return (ngx_atomic_uint_t) (fi->st_ino * UINT64_C(0x9e3779b97f4a7c15))
           ^ (ngx_atomic_uint_t) (fi->st_mtim.tv_sec * 1000000000
                                  + fi->st_mtim.tv_nsec);
}


ngx_int_t
ngx_api_keeper_load(ngx_api_keeper_t *keeper, ngx_log_t *log)
{
    ngx_int_t        rc;
    ngx_api_kept_t  *kept;

    rc = ngx_api_keeper_read(keeper, log);

    kept = keeper->kept(keeper->data);

    /* to be written: changes may be counted or be time, both only grow */

    kept->saved = keeper->changes(keeper->data) - 1;

    return rc;
}


/* NGX_OK also when there is none.  One that is not taken is known from now on,
   too. */

static ngx_int_t
ngx_api_keeper_read(ngx_api_keeper_t *keeper,
    ngx_log_t *log)
{
    ngx_fd_t         fd;
    ngx_int_t        rc;
    ngx_file_info_t  fi;

    fd = open((char *) keeper->path.data,
              O_RDONLY|O_NOFOLLOW|O_NONBLOCK|O_CLOEXEC);

    if (fd == NGX_INVALID_FILE) {
        if (ngx_errno != NGX_ENOENT) {
            ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                          "%s: snapshot \"%V\" cannot be opened",
                          keeper->owner, &keeper->path);
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    rc = NGX_ERROR;

    if (ngx_fd_info(fd, &fi) != NGX_FILE_ERROR) {
        keeper->kept(keeper->data)->file = ngx_api_keeper_file_id(&fi);
        rc = ngx_api_keeper_take(keeper, fd, &fi, log);
    }

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      ngx_close_file_n " \"%V\" failed", &keeper->path);
    }

    return rc;
}


static ngx_int_t
ngx_api_keeper_take(ngx_api_keeper_t *keeper, ngx_fd_t fd,
    const ngx_file_info_t *fi, ngx_log_t *log)
{
    int         rc;
    u_char     *p;
    size_t      size;
    ssize_t     n;
    api_err_t   err;
    ngx_file_t  file;

    size = (size_t) fi->st_size;

    if (!S_ISREG(fi->st_mode) || (fi->st_mode & 022)
        || (fi->st_uid != 0 && fi->st_uid != keeper->ccf->user
            && fi->st_uid != geteuid())
        || size > keeper->max)
    {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "%s: snapshot \"%V\" is not used: it is no file of the "
                      "workers that nobody else may write, or too large",
                      keeper->owner, &keeper->path);
        return NGX_ERROR;
    }

    p = ngx_alloc(size ? size : 1, log);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&file, sizeof(ngx_file_t));

    file.fd = fd;
    file.name = keeper->path;
    file.log = log;

    n = ngx_read_file(&file, p, size, 0);

    err.text[0] = '\0';
    rc = n == (ssize_t) size
         ? keeper->load(keeper->data, api_span(p, size),
                        ngx_api_keeper_wall(), &err)
         : api_fail(&err, API_SYNTAX, 0, 0, "it cannot be read");

    ngx_free(p);

    if (rc != API_OK) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "%s: snapshot \"%V\" is not used: %s",
                      keeper->owner, &keeper->path, err.text);
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_api_keeper_start(ngx_cycle_t *cycle,
    ngx_api_keeper_t *keeper)
{
    ngx_api_keeper_timer_t  *t;

    if (ngx_process != NGX_PROCESS_WORKER
        && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    t = ngx_pcalloc(cycle->pool, sizeof(ngx_api_keeper_timer_t));
    if (t == NULL) {
        return NGX_ERROR;
    }

    /* nginx's debug log takes the data of an event for a connection */

    t->dummy.fd = (ngx_socket_t) -1;
    t->dummy.data = keeper;
    t->event.data = &t->dummy;
    t->event.handler = ngx_api_keeper_timer;
    t->event.log = cycle->log;
    t->event.cancelable = 1;

    keeper->timer = &t->event;

    ngx_add_timer(keeper->timer, keeper->period);

    return NGX_OK;
}


static void
ngx_api_keeper_timer(ngx_event_t *ev)
{
    ngx_int_t                    rc;
    ngx_connection_t            *c;
    ngx_file_info_t              fi;
    ngx_atomic_uint_t            next, now;
    ngx_api_kept_t    *kept;
    ngx_api_keeper_t  *keeper;

    c = ev->data;
    keeper = c->data;
    kept = keeper->kept(keeper->data);

    if (keeper->saving.fd != NGX_INVALID_FILE) {
        rc = ngx_api_keeper_step(keeper, 0);
        ngx_add_timer(ev, rc == NGX_AGAIN ? NGX_API_KEEPER_MOMENT
                                          : keeper->period);
        return;
    }

    ngx_add_timer(ev, keeper->period);

    now = ngx_current_msec;
    next = kept->next;

    if (now < next
        || !ngx_atomic_cmp_set(&kept->next, next, now + keeper->period))
    {
        return;
    }

    if (ngx_file_info(keeper->path.data, &fi) != NGX_FILE_ERROR
        && ngx_api_keeper_file_id(&fi) != kept->file)
    {
        (void) ngx_api_keeper_read(keeper, ev->log);
    }

    if (keeper->changes(keeper->data) != kept->saved
        && ngx_api_keeper_begin(keeper) == NGX_OK
        && ngx_api_keeper_step(keeper, 0) == NGX_AGAIN)
    {
        /* the others wait until this one has had time to be written */

        kept->next = now + 60000;
        ngx_add_timer(ev, NGX_API_KEEPER_MOMENT);
    }
}


static ngx_int_t
ngx_api_keeper_begin(ngx_api_keeper_t *keeper)
{
    u_char                      *p;
    ngx_api_saving_t  *s;

    s = &keeper->saving;

    p = ngx_sprintf(s->tmp, "%V.%P.tmp", &keeper->path, ngx_pid);
    *p = '\0';

    s->keeper = keeper;
    s->changes = keeper->changes(keeper->data);
    s->at = 0;
    s->begun = 0;

    (void) ngx_delete_file(s->tmp);

    s->fd = open((char *) s->tmp,
                 O_WRONLY|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, 0600);

    if (s->fd == NGX_INVALID_FILE) {
        ngx_api_keeper_failed(keeper, "open()");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_api_keeper_step(ngx_api_keeper_t *keeper,
    ngx_uint_t sync)
{
    ngx_int_t  rc;

    do {
        rc = keeper->save(&keeper->saving, ngx_api_keeper_wall());
    } while (rc == NGX_AGAIN && sync);

    if (rc == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    if (rc == NGX_ERROR) {
        ngx_api_keeper_failed(keeper, "write()");
        return NGX_ERROR;
    }

    return ngx_api_keeper_done(keeper, sync);
}


static ngx_int_t
ngx_api_keeper_done(ngx_api_keeper_t *keeper,
    ngx_uint_t sync)
{
    ngx_file_info_t    fi;
    ngx_api_kept_t    *kept;
    ngx_api_saving_t  *s;

    s = &keeper->saving;
    kept = keeper->kept(keeper->data);

    if ((int64_t) (kept->saved - s->changes) > 0) {

        /* who began later knows more, and is there already */

        (void) ngx_close_file(s->fd);
        (void) ngx_delete_file(s->tmp);
        s->fd = NGX_INVALID_FILE;

        return NGX_OK;
    }

    if ((sync && fsync(s->fd) == -1)
        || ngx_fd_info(s->fd, &fi) == NGX_FILE_ERROR
        || ngx_rename_file(s->tmp, keeper->path.data) == NGX_FILE_ERROR)
    {
        ngx_api_keeper_failed(keeper, "rename()");
        return NGX_ERROR;
    }

    (void) ngx_close_file(s->fd);
    s->fd = NGX_INVALID_FILE;

    kept->file = ngx_api_keeper_file_id(&fi);
    kept->saved = s->changes;
    kept->next = ngx_current_msec + keeper->period;

    (void) ngx_atomic_fetch_add(&kept->saves, 1);

    return NGX_OK;
}


/* Said once a minute at most. */

static void
ngx_api_keeper_failed(ngx_api_keeper_t *keeper,
    const char *what)
{
    ngx_err_t                    err;
    ngx_api_kept_t    *kept;
    ngx_api_saving_t  *s;

    err = ngx_errno;
    s = &keeper->saving;
    kept = keeper->kept(keeper->data);

    if (s->fd != NGX_INVALID_FILE) {
        (void) ngx_close_file(s->fd);
        (void) ngx_delete_file(s->tmp);
        s->fd = NGX_INVALID_FILE;
    }

    if (ngx_atomic_fetch_add(&kept->failures, 1) % 60 == 0) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, err,
                      "%s: snapshot \"%V\" is not written: %s failed; the "
                      "directory has to belong to the user of the workers",
                      keeper->owner, &keeper->path, what);
    }
}


bool
ngx_api_keeper_write(void *saving, api_span_t bytes)
{
    ngx_api_saving_t *s = saving;

    ssize_t  n;

    while (bytes.len) {
        n = write(s->fd, bytes.data, bytes.len);

        if (n == -1 && ngx_errno == NGX_EINTR) {
            continue;
        }

        if (n <= 0) {
            return false;
        }

        bytes.data += n;
        bytes.len -= (size_t) n;
    }

    return true;
}


void
ngx_api_keeper_end(ngx_api_keeper_t *keeper)
{
    ngx_file_info_t            fi;
    ngx_api_kept_t  *kept;

    if (keeper->timer == NULL) {
        return;
    }

    if (keeper->timer->timer_set) {
        ngx_del_timer(keeper->timer);
    }

    kept = keeper->kept(keeper->data);

    if (keeper->saving.fd != NGX_INVALID_FILE) {
        (void) ngx_close_file(keeper->saving.fd);
        (void) ngx_delete_file(keeper->saving.tmp);
        keeper->saving.fd = NGX_INVALID_FILE;

    } else if (keeper->changes(keeper->data) == kept->saved) {
        return;
    }

    /* an nginx that was started meanwhile has written what it holds */

    if (ngx_file_info(keeper->path.data, &fi) != NGX_FILE_ERROR
        && ngx_api_keeper_file_id(&fi) != kept->file)
    {
        (void) ngx_api_keeper_read(keeper, ngx_cycle->log);
    }

    if (ngx_api_keeper_begin(keeper) == NGX_OK) {
        (void) ngx_api_keeper_step(keeper, 1);
    }
}
