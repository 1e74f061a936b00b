
/*
 * Where events go: opened while the configuration is read, by the master.
 */

#include "ngx_api_sec_audit.h"


static char *ngx_api_sec_sink_open(ngx_conf_t *cf, ngx_api_sec_sink_t *sink);
static char *ngx_api_sec_sink_file(ngx_conf_t *cf, ngx_api_sec_sink_t *sink);
static char *ngx_api_sec_sink_fifo(ngx_conf_t *cf, ngx_api_sec_sink_t *sink);
static char *ngx_api_sec_sink_stdout(ngx_conf_t *cf,
    ngx_api_sec_sink_t *sink);
static char *ngx_api_sec_sink_syslog(ngx_conf_t *cf,
    ngx_api_sec_sink_t *sink);
static char *ngx_api_sec_sink_threads(ngx_conf_t *cf,
    const ngx_api_sec_audit_t *audit, ngx_api_sec_sink_t *sink);
static char *ngx_api_sec_sink_keep(ngx_conf_t *cf, ngx_api_sec_sink_t *sink);
static void ngx_api_sec_sink_close(void *data);
static void ngx_api_sec_sink_stop(void *data);


ngx_api_sec_sink_t *
ngx_api_sec_sink_find(const ngx_api_sec_audits_t *audits,
    const ngx_str_t *name)
{
    ngx_uint_t             i;
    ngx_api_sec_sink_t   **sink;

    sink = audits->sinks.elts;

    for (i = 0; i < audits->sinks.nelts; i++) {
        if (sink[i]->name.len == name->len
            && ngx_strncmp(sink[i]->name.data, name->data, name->len) == 0)
        {
            return sink[i];
        }
    }

    return NULL;
}


ngx_api_sec_sink_t *
ngx_api_sec_sink_add(ngx_conf_t *cf, ngx_api_sec_audits_t *audits,
    const ngx_str_t *name, const ngx_api_sec_audit_t *audit)
{
    ngx_api_sec_sink_t  *sink, **p;

    sink = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_sink_t));
    p = ngx_array_push(&audits->sinks);

    if (sink == NULL || p == NULL) {
        return NULL;
    }

    *p = sink;

    sink->name = *name;
    sink->audits = audits;
    sink->fd = NGX_INVALID_FILE;
    sink->buffer = audit->buffer ? audit->buffer : NGX_API_SEC_AUDIT_BUFFER;

    if (ngx_api_sec_sink_open(cf, sink) != NGX_CONF_OK
        || ngx_api_sec_sink_threads(cf, audit, sink) != NGX_CONF_OK
        || ngx_api_sec_sink_keep(cf, sink) != NGX_CONF_OK
        || ngx_api_sec_lanes_zone(cf, sink) != NGX_OK)
    {
        return NULL;
    }

    return sink;
}


static char *
ngx_api_sec_sink_open(ngx_conf_t *cf, ngx_api_sec_sink_t *sink)
{
    ngx_file_info_t  fi;

    if (ngx_strcmp(sink->name.data, "stdout") == 0) {
        return ngx_api_sec_sink_stdout(cf, sink);
    }

    if (ngx_strncmp(sink->name.data, "syslog:", 7) == 0) {
        return ngx_api_sec_sink_syslog(cf, sink);
    }

    if (ngx_file_info(sink->name.data, &fi) == NGX_FILE_ERROR
        || S_ISREG(fi.st_mode))
    {
        return ngx_api_sec_sink_file(cf, sink);
    }

    if (S_ISFIFO(fi.st_mode)) {
        return ngx_api_sec_sink_fifo(cf, sink);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"%V\" is neither a file nor a FIFO: name one of "
                       "them, or write stdout or syslog:server=...",
                       &sink->name);
    return NGX_CONF_ERROR;
}


static char *
ngx_api_sec_sink_file(ngx_conf_t *cf, ngx_api_sec_sink_t *sink)
{
    sink->kind = NGX_API_SEC_SINK_FILE;
    sink->file = ngx_conf_open_file(cf->cycle, &sink->name);

    return sink->file ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/*
 * Open for reading too: the FIFO then stays, and keeps what is in it, when
 * its reader goes and comes again.
 */

static char *
ngx_api_sec_sink_fifo(ngx_conf_t *cf, ngx_api_sec_sink_t *sink)
{
    sink->kind = NGX_API_SEC_SINK_PIPE;
    sink->fd = open((char *) sink->name.data, O_RDWR|O_NONBLOCK|O_CLOEXEC);

    if (sink->fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", &sink->name);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/*
 * Opened anew where the system can, so that not to wait is a matter of our
 * own descriptor and not of all who share the standard output.  It cannot
 * when that is a socket, or the pipe of another user (a container without
 * root): then nobody who shares the pipe waits.
 */

static char *
ngx_api_sec_sink_stdout(ngx_conf_t *cf, ngx_api_sec_sink_t *sink)
{
    ngx_uint_t              shared;
    ngx_file_info_t         fi;
    const ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cf->cycle->conf_ctx,
                                           ngx_core_module);

    if (ccf->daemon != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "api_audit to stdout needs \"daemon off;\" above "
                           "http: a daemon has no standard output");
        return NGX_CONF_ERROR;
    }

    sink->fd = open("/proc/self/fd/1", O_WRONLY|O_APPEND|O_NONBLOCK|O_CLOEXEC);

    shared = (sink->fd == NGX_INVALID_FILE);

    if (shared) {
        sink->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    }

    if (sink->fd == NGX_INVALID_FILE
        || ngx_fd_info(sink->fd, &fi) == NGX_FILE_ERROR
        || (shared && S_ISFIFO(fi.st_mode) && ngx_nonblocking(sink->fd) == -1))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "the standard output cannot be opened");
        return NGX_CONF_ERROR;
    }

    sink->kind = S_ISREG(fi.st_mode) ? NGX_API_SEC_SINK_FILE
                 : S_ISSOCK(fi.st_mode) ? NGX_API_SEC_SINK_SOCKET
                 : NGX_API_SEC_SINK_PIPE;
    return NGX_CONF_OK;
}


static char *
ngx_api_sec_sink_syslog(ngx_conf_t *cf, ngx_api_sec_sink_t *sink)
{
    sink->kind = NGX_API_SEC_SINK_SYSLOG;
    sink->syslog = ngx_pcalloc(cf->pool, sizeof(ngx_syslog_peer_t));

    return sink->syslog ? ngx_syslog_process_conf(cf, sink->syslog)
                        : NGX_CONF_ERROR;
}


static char *
ngx_api_sec_sink_threads(ngx_conf_t *cf, const ngx_api_sec_audit_t *audit,
    ngx_api_sec_sink_t *sink)
{
    if (audit->pool.len == 0) {
        return NGX_CONF_OK;
    }

    if (sink->kind != NGX_API_SEC_SINK_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "threads=%V is for files: pipes and syslog never "
                           "wait; leave it out", &audit->pool);
        return NGX_CONF_ERROR;
    }

    sink->pool = audit->pool;

#if (NGX_THREADS)
    sink->threads = ngx_thread_pool_get(cf->cycle, &sink->pool);
#endif

    if (sink->threads == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "there is no thread pool \"%V\" yet: write  "
                           "thread_pool %V threads=1;  above http",
                           &sink->pool, &sink->pool);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* What ends with the configuration. */

static char *
ngx_api_sec_sink_keep(ngx_conf_t *cf, ngx_api_sec_sink_t *sink)
{
    ngx_pool_cleanup_t  *close, *stop;

    sink->writer = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_writer_t));
    close = ngx_pool_cleanup_add(cf->pool, 0);
    stop = ngx_pool_cleanup_add(cf->pool, 0);    /* runs before close */

    if (sink->writer == NULL || close == NULL || stop == NULL) {
        return NGX_CONF_ERROR;
    }

    stop->handler = ngx_api_sec_sink_stop;
    stop->data = sink;
    close->handler = ngx_api_sec_sink_close;
    close->data = sink;

    return NGX_CONF_OK;
}


static void
ngx_api_sec_sink_close(void *data)
{
    ngx_api_sec_sink_t *sink = data;

    if (sink->fd != NGX_INVALID_FILE) {
        (void) ngx_close_file(sink->fd);
    }
}


/* Of master_process off behind a reload: the end of its process comes
   later. */

static void
ngx_api_sec_sink_stop(void *data)
{
    if (ngx_process == NGX_PROCESS_SINGLE) {
        ngx_api_sec_writer_stop(data, (ngx_cycle_t *) ngx_cycle);
    }
}
