
/*
 * One write to a sink.  Runs in the loop of events or in a thread of a pool:
 * nothing here logs, allocates or touches what belongs to nginx.
 */

#include "ngx_api_sec_audit.h"


static void ngx_api_sec_put_file(ngx_api_sec_put_t *p);
static void ngx_api_sec_put_locked(ngx_api_sec_put_t *p);
static void ngx_api_sec_put_cut(ngx_api_sec_put_t *p);
static void ngx_api_sec_put_pipe(ngx_api_sec_put_t *p);
static size_t ngx_api_sec_put_lines(const uint8_t *data, size_t len,
    size_t max);


void
ngx_api_sec_put(ngx_api_sec_put_t *p)
{
    p->n = 0;
    p->err = 0;

    if (p->kind == NGX_API_SEC_SINK_PIPE
        || p->kind == NGX_API_SEC_SINK_SOCKET)
    {
        ngx_api_sec_put_pipe(p);
        return;
    }

    ngx_api_sec_put_file(p);
}


/*
 * The file is locked while one writes: who got less than he wanted takes his
 * half line away again, and nobody may have written behind it meanwhile.  A
 * record lock belongs to a process: the system lifts it when that one dies.
 */

static void
ngx_api_sec_put_file(ngx_api_sec_put_t *p)
{
    ngx_err_t     err;
    struct flock  lock;

    ngx_memzero(&lock, sizeof(struct flock));
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;

    if (fcntl(p->fd, p->wait ? F_SETLKW : F_SETLK, &lock) == -1) {
        err = ngx_errno;

        if (err == NGX_EAGAIN || err == NGX_EACCES || err == NGX_EINTR) {
            p->err = NGX_EAGAIN;
            return;
        }

        /* a file system that has no locks */
    }

    ngx_api_sec_put_locked(p);

    lock.l_type = F_UNLCK;
    (void) fcntl(p->fd, F_SETLK, &lock);
}


static void
ngx_api_sec_put_locked(ngx_api_sec_put_t *p)
{
    ssize_t     n;
    ngx_uint_t  torn;

    torn = (*p->writing != 0);    /* somebody died here, or could not cut */
    *p->writing = (ngx_atomic_uint_t) p->pid;

    while (p->n < p->bytes.len) {
        n = torn ? write(p->fd, "\n", 1)
                 : write(p->fd, p->bytes.data + p->n, p->bytes.len - p->n);

        if (n == -1 && ngx_errno == NGX_EINTR) {
            continue;
        }

        if (n <= 0) {
            p->err = n ? ngx_errno : NGX_ENOSPC;
            break;
        }

        p->n += torn ? 0 : n;
        torn = 0;
    }

    if (torn) {
        return;    /* still */
    }

    if (p->n < p->bytes.len) {
        ngx_api_sec_put_cut(p);
        return;
    }

    *p->writing = 0;
}


/* Takes the half line away that stands at the end of the file. */

static void
ngx_api_sec_put_cut(ngx_api_sec_put_t *p)
{
    off_t            cut;
    size_t           whole;
    ngx_file_info_t  fi;

    whole = ngx_api_sec_put_lines(p->bytes.data, p->n, p->n);
    cut = (off_t) (p->n - whole);
    p->n = whole;

    if (cut == 0
        || (ngx_fd_info(p->fd, &fi) == 0
            && lseek(p->fd, 0, SEEK_CUR) == ngx_file_size(&fi)
            && ftruncate(p->fd, ngx_file_size(&fi) - cut) == 0))
    {
        *p->writing = 0;
    }
}


/*
 * A pipe takes up to PIPE_BUF bytes as a whole or not at all, and so does a
 * socket of this machine (the standard output of a service of systemd).
 */

static void
ngx_api_sec_put_pipe(ngx_api_sec_put_t *p)
{
    size_t   len;
    ssize_t  n;

    while (p->n < p->bytes.len) {
        len = ngx_api_sec_put_lines(p->bytes.data + p->n,
                                    p->bytes.len - p->n, PIPE_BUF);

        n = p->kind == NGX_API_SEC_SINK_SOCKET
            ? send(p->fd, p->bytes.data + p->n, len, MSG_DONTWAIT|MSG_NOSIGNAL)
            : write(p->fd, p->bytes.data + p->n, len);

        if (n == -1 && ngx_errno == NGX_EINTR) {
            continue;
        }

        if (n <= 0) {
            p->err = n ? ngx_errno : NGX_EAGAIN;
            return;
        }

        p->n += n;
    }
}


/* Bytes of the whole lines among the first max; a line is never longer. */

static size_t
ngx_api_sec_put_lines(const uint8_t *data, size_t len, size_t max)
{
    const uint8_t  *p;

    len = ngx_min(len, max);
    p = len ? memrchr(data, LF, len) : NULL;

    return p ? (size_t) (p + 1 - data) : 0;
}


void
ngx_api_sec_put_syslog(ngx_api_sec_put_t *p, const u_char *head, size_t len)
{
    size_t          n;
    ssize_t         sent;
    u_char          buf[512 + API_SPOOL_EVENT];
    const uint8_t  *start, *end;

    p->n = 0;
    p->err = 0;

    ngx_memcpy(buf, head, len);

    while (p->n < p->bytes.len) {
        start = p->bytes.data + p->n;
        end = memchr(start, LF, p->bytes.len - p->n);
        n = end - start;

        ngx_memcpy(buf + len, start, n);

        sent = send(p->fd, buf, len + n, MSG_DONTWAIT|MSG_NOSIGNAL);

        if (sent == -1 && ngx_errno == NGX_EINTR) {
            continue;
        }

        if (sent == -1) {
            p->err = ngx_errno;
            return;
        }

        p->n += n + 1;
    }
}


/* Of a syslog server; -1, with the reason in errno. */

ngx_socket_t
ngx_api_sec_put_connect(const ngx_addr_t *server)
{
    ngx_err_t     err;
    ngx_socket_t  s;

    s = ngx_socket(server->sockaddr->sa_family, SOCK_DGRAM|SOCK_CLOEXEC, 0);

    if (s != (ngx_socket_t) -1
        && connect(s, server->sockaddr, server->socklen) == -1)
    {
        err = ngx_socket_errno;
        (void) ngx_close_socket(s);
        ngx_set_socket_errno(err);
        s = (ngx_socket_t) -1;
    }

    return s;
}
