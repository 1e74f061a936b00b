
/*
 * Files and secrets named by a configuration.
 */

#include "ngx_api_conf.h"

#include <sys/random.h>


#define NGX_API_SECRET_MAX  65536
#define NGX_API_ALIGNMENT   16


static char *ngx_api_source_read(ngx_conf_t *cf, ngx_str_t *path, ngx_fd_t fd,
    size_t max, ngx_str_t *text);
static void *ngx_api_pool_take(void *ctx, size_t size);


char *
ngx_api_conf_path(ngx_conf_t *cf, ngx_str_t *path)
{
    return ngx_conf_full_name(cf->cycle, path, 1) == NGX_OK ? NGX_CONF_OK
                                                            : NGX_CONF_ERROR;
}


char *
ngx_api_conf_file(ngx_conf_t *cf, ngx_str_t *path, size_t max,
    ngx_str_t *text)
{
    char      *rv;
    ngx_fd_t   fd;

    /* non-blocking: a FIFO must not hold up the reload */

    fd = ngx_open_file(path->data, NGX_FILE_RDONLY | NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", path);
        return NGX_CONF_ERROR;
    }

    rv = ngx_api_source_read(cf, path, fd, max, text);

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, cf, ngx_errno,
                           ngx_close_file_n " \"%V\" failed", path);
    }

    return rv;
}


static char *
ngx_api_source_read(ngx_conf_t *cf, ngx_str_t *path, ngx_fd_t fd, size_t max,
    ngx_str_t *text)
{
    ssize_t           n;
    ngx_file_info_t   fi;

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_fd_info_n " \"%V\" failed", path);
        return NGX_CONF_ERROR;
    }

    if (!ngx_is_file(&fi)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no regular file", path);
        return NGX_CONF_ERROR;
    }

    if (ngx_file_size(&fi) > (off_t) max) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has %O bytes, more than the %uz that are "
                           "allowed here", path, ngx_file_size(&fi), max);
        return NGX_CONF_ERROR;
    }

    text->len = (size_t) ngx_file_size(&fi);
    text->data = ngx_pnalloc(cf->pool, text->len + 1);
    if (text->data == NULL) {
        return NGX_CONF_ERROR;
    }

    n = text->len ? ngx_read_fd(fd, text->data, text->len) : 0;

    if (n != (ssize_t) text->len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, n < 0 ? ngx_errno : 0,
                           "could not read all of \"%V\"", path);
        return NGX_CONF_ERROR;
    }

    text->data[text->len] = '\0';

    return NGX_CONF_OK;
}


static char *
ngx_api_secret_env(ngx_conf_t *cf, ngx_str_t *name, ngx_str_t *text)
{
    char  *value;

    value = getenv((char *) name->data);

    if (value == NULL || *value == '\0') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the environment has no \"%V\"", name);
        return NGX_CONF_ERROR;
    }

    text->len = ngx_strlen(value);
    text->data = ngx_pnalloc(cf->pool, text->len);
    if (text->data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memcpy(text->data, value, text->len);

    return NGX_CONF_OK;
}


static char *
ngx_api_secret_cred(ngx_conf_t *cf, ngx_str_t *name, ngx_str_t *path)
{
    char  *dir;

    dir = getenv("CREDENTIALS_DIRECTORY");

    if (dir == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"cred:%V\" needs systemd's LoadCredential= in "
                           "the unit of nginx: $CREDENTIALS_DIRECTORY is not "
                           "set", name);
        return NGX_CONF_ERROR;
    }

    if (ngx_strlchr(name->data, name->data + name->len, '/')) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"cred:%V\": the name of a credential has no "
                           "slash", name);
        return NGX_CONF_ERROR;
    }

    path->len = ngx_strlen(dir) + 1 + name->len;
    path->data = ngx_pnalloc(cf->pool, path->len + 1);
    if (path->data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_sprintf(path->data, "%s/%V%Z", dir, name);

    return NGX_CONF_OK;
}


char *
ngx_api_conf_secret(ngx_conf_t *cf, ngx_str_t *value, ngx_uint_t permissions,
    ngx_api_source_t *source)
{
    ngx_str_t  rest;

    ngx_memzero(source, sizeof(ngx_api_source_t));

    rest.data = value->data + 4;
    rest.len = value->len - 4;

    if (value->len > 4 && ngx_strncmp(value->data, "env:", 4) == 0) {
        return ngx_api_secret_env(cf, &rest, &source->text);
    }

    if (value->len > 5 && ngx_strncmp(value->data, "cred:", 5) == 0) {
        rest.data++;
        rest.len--;

        if (ngx_api_secret_cred(cf, &rest, &source->path) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }

    } else if (value->len > 5 && ngx_strncmp(value->data, "file:", 5) == 0) {
        source->path.data = rest.data + 1;
        source->path.len = rest.len - 1;

        if (ngx_api_conf_path(cf, &source->path) != NGX_CONF_OK
            || ngx_api_conf_permissions(cf, &source->path, permissions)
               != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }

    } else {
        /* not printed: it may be the secret itself */

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "a secret is not written here but named: "
                           "file:PATH, cred:NAME or env:NAME");
        return NGX_CONF_ERROR;
    }

    return ngx_api_conf_file(cf, &source->path, NGX_API_SECRET_MAX,
                             &source->text);
}


/*
 * Who may read a secret: its owner, and the group that the workers run in
 * (they read it again when it changes).  A symbolic link is followed, and
 * what it leads to is checked.
 */

char *
ngx_api_conf_permissions(ngx_conf_t *cf, ngx_str_t *path,
    ngx_uint_t permissions)
{
    ngx_uint_t        level;
    ngx_file_info_t   fi;
    ngx_core_conf_t  *ccf;

    if (ngx_file_info(path->data, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_file_info_n " \"%V\" failed", path);
        return NGX_CONF_ERROR;
    }

    level = permissions == NGX_API_SECRET_WARN ? NGX_LOG_WARN : NGX_LOG_EMERG;

    if (fi.st_mode & 07) {
        ngx_conf_log_error(level, cf, 0,
                           "the secret \"%V\" is open to everybody: run  "
                           "chmod o= %V", path, path);
        return level == NGX_LOG_WARN ? NGX_CONF_OK : NGX_CONF_ERROR;
    }

    ccf = (ngx_core_conf_t *) ngx_get_conf(cf->cycle->conf_ctx,
                                           ngx_core_module);

    if (permissions == NGX_API_SECRET_STRICT && (fi.st_mode & 070)
        && fi.st_gid != 0 && fi.st_gid != getegid()
        && fi.st_gid != ccf->group)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the secret \"%V\" is open to group %ui, which is "
                           "not that of the workers: run  chmod g= %V , or "
                           "set  api_secret_permissions group;", path,
                           (ngx_uint_t) fi.st_gid, path);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static void *
ngx_api_pool_take(void *ctx, size_t size)
{
    u_char  *p;

    /* a pool aligns to a word; the contract is for any type */

    p = ngx_palloc(ctx, size + NGX_API_ALIGNMENT);

    return p ? ngx_align_ptr(p, NGX_API_ALIGNMENT) : NULL;
}


void
ngx_api_pool_alloc(api_alloc_t *alloc, ngx_pool_t *pool)
{
    alloc->alloc = ngx_api_pool_take;
    alloc->free = NULL;
    alloc->ctx = pool;
}


ngx_int_t
ngx_api_random(void *buf, size_t len)
{
    return getrandom(buf, len, 0) == (ssize_t) len ? NGX_OK : NGX_ERROR;
}
