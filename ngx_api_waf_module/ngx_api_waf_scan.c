
/*
 * The prefilter in nginx: databases of Vectorscan or Hyperscan, made by
 * "apisec waf compile" and kept under api_state; what scanning works in.
 *
 * A database is taken only from a folder and a file that nobody but the user
 * that starts nginx could have written: the library trusts what it is given.
 * Without one, or without the library, the prefilter built in does the work.
 */

#include "ngx_api_waf.h"
#include "api_hs.h"
#include <dlfcn.h>
#include <sys/wait.h>


static ngx_int_t ngx_api_waf_scan_set(ngx_conf_t *cf,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_waf_set_t *set,
    const ngx_str_t *dir);
static ngx_int_t ngx_api_waf_scan_file(ngx_conf_t *cf,
    ngx_api_waf_set_t *set, const char *path);
static ngx_int_t ngx_api_waf_scan_open(ngx_conf_t *cf, const char *path,
    ngx_fd_t *fd, off_t *size);
static ngx_int_t ngx_api_waf_scan_own(const char *path,
    const struct stat *st, const char *mode, ngx_log_t *log);
static ngx_int_t ngx_api_waf_scan_attach(ngx_conf_t *cf,
    ngx_api_waf_set_t *set, const char *path, ngx_fd_t fd, off_t size);
static const api_hs_t *ngx_api_waf_scan_library(ngx_log_t *log);
static void *ngx_api_waf_scan_symbol(void *lib, const char *name);
static void ngx_api_waf_scan_compile(ngx_conf_t *cf,
    const ngx_api_waf_main_conf_t *mcf, const ngx_api_waf_set_t *set,
    const char *dir);
static char **ngx_api_waf_scan_command(ngx_conf_t *cf,
    const ngx_api_waf_main_conf_t *mcf, const ngx_api_waf_set_t *set,
    const char *dir);


#define NGX_API_WAF_DATABASE_MAX  (256 * 1024 * 1024)


ngx_int_t
ngx_api_waf_scan_init(ngx_conf_t *cf, ngx_api_waf_main_conf_t *mcf)
{
    u_char               *p;
    ngx_str_t             dir;
    ngx_uint_t            i;
    const ngx_str_t      *state;
    ngx_api_waf_set_t   **set;

    static const ngx_str_t  dflt = ngx_string("/var/lib/nginx/api");

    state = mcf->self.sec && mcf->self.sec->state ? mcf->self.sec->state
                                                  : &dflt;

    p = ngx_pnalloc(cf->pool, state->len + sizeof("/waf"));
    if (p == NULL) {
        return NGX_ERROR;
    }

    dir.data = p;
    p = ngx_cpymem(p, state->data, state->len);
    p = ngx_cpymem(p, "/waf", sizeof("/waf"));
    dir.len = p - dir.data - 1;

    set = mcf->sets.elts;

    for (i = 0; i < mcf->sets.nelts; i++) {
        if (ngx_api_waf_scan_set(cf, mcf, set[i], &dir) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_api_waf_scan_set(ngx_conf_t *cf, const ngx_api_waf_main_conf_t *mcf,
    ngx_api_waf_set_t *set, const ngx_str_t *dir)
{
    char       key[API_PREFILTER_KEY], *path;
    size_t     len;
    ngx_int_t  rc;

    if (api_prefilter_key(api_waf_program_patterns(set->program),
                          &api_alloc_libc, key)
        != API_OK)
    {
        return NGX_ERROR;
    }

    len = dir->len + sizeof("/.hs") + API_PREFILTER_KEY;
    path = ngx_pnalloc(cf->pool, len);
    if (path == NULL) {
        return NGX_ERROR;
    }

    *ngx_snprintf((u_char *) path, len - 1, "%V/%s.hs", dir, key) = '\0';

    rc = ngx_api_waf_scan_file(cf, set, path);

    if (rc == NGX_DECLINED && mcf->compiler.len) {
        ngx_api_waf_scan_compile(cf, mcf, set, (char *) dir->data);
        rc = ngx_api_waf_scan_file(cf, set, path);
    }

    return rc == NGX_ERROR ? NGX_ERROR : NGX_OK;
}


/* NGX_DECLINED: there is none, or one that was changed, or is of another
   library or processor, and one made here and now would do; NGX_ABORT: it
   would not be trusted, either. */

static ngx_int_t
ngx_api_waf_scan_file(ngx_conf_t *cf, ngx_api_waf_set_t *set,
    const char *path)
{
    off_t      size;
    ngx_fd_t   fd;
    ngx_int_t  rc;

    rc = ngx_api_waf_scan_open(cf, path, &fd, &size);

    if (rc == NGX_OK) {
        rc = ngx_api_waf_scan_attach(cf, set, path, fd, size);
        ngx_close_file(fd);
    }

    return rc;
}


/* NGX_DECLINED: there is none, or none that can be trusted (which is said). */

static ngx_int_t
ngx_api_waf_scan_open(ngx_conf_t *cf, const char *path, ngx_fd_t *fd,
    off_t *size)
{
    u_char       *dir, *slash;
    struct stat   st;

    dir = ngx_pnalloc(cf->pool, ngx_strlen(path) + 1);
    if (dir == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(dir, path, ngx_strlen(path) + 1);
    slash = (u_char *) strrchr((char *) dir, '/');
    *slash = '\0';

    if (lstat((char *) dir, &st) != 0) {
        return NGX_DECLINED;
    }

    if (!S_ISDIR(st.st_mode)
        || ngx_api_waf_scan_own((char *) dir, &st, "0700", cf->log) != NGX_OK)
    {
        return NGX_ABORT;
    }

    *fd = open(path, O_RDONLY|O_NOFOLLOW|O_CLOEXEC);

    if (*fd == NGX_INVALID_FILE) {
        return ngx_errno == NGX_ENOENT ? NGX_DECLINED : NGX_ABORT;
    }

    if (fstat(*fd, &st) != 0 || !S_ISREG(st.st_mode)
        || ngx_api_waf_scan_own(path, &st, "0600", cf->log) != NGX_OK
        || st.st_size > NGX_API_WAF_DATABASE_MAX)
    {
        ngx_close_file(*fd);
        return NGX_ABORT;
    }

    *size = st.st_size;

    return NGX_OK;
}


static ngx_int_t
ngx_api_waf_scan_own(const char *path, const struct stat *st, const char *mode,
    ngx_log_t *log)
{
    if (st->st_uid == geteuid() && (st->st_mode & 077) == 0) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_WARN, log, 0,
                  "%V: \"%s\" is not used: others than the user that starts "
                  "nginx may have written it; chown it to that user, and "
                  "chmod %s", &ngx_api_module_names[NGX_API_WAF], path,
                  mode);

    return NGX_ERROR;
}


static ngx_int_t
ngx_api_waf_scan_attach(ngx_conf_t *cf, ngx_api_waf_set_t *set,
    const char *path, ngx_fd_t fd, off_t size)
{
    u_char          *buf;
    ssize_t          n;
    api_err_t        err;
    ngx_int_t        rc;
    const api_hs_t  *hs;

    hs = ngx_api_waf_scan_library(cf->log);
    if (hs == NULL) {
        return NGX_OK;
    }

    rc = NGX_OK;

    buf = ngx_alloc((size_t) size + 1, cf->log);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    n = ngx_read_fd(fd, buf, (size_t) size);

    if (n != (ssize_t) size
        || api_prefilter_attach(api_waf_program_prefilter(set->program), hs,
                                api_span(buf, (size_t) size), &err)
           != API_OK)
    {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "%V: \"%s\" is not used: %s",
                      &ngx_api_module_names[NGX_API_WAF], path,
                      n == (ssize_t) size ? err.text : "it cannot be read");
        rc = NGX_DECLINED;
    }

    ngx_free(buf);

    return rc;
}


/* Opened once and never closed: databases live as long as configurations. */

static const api_hs_t *
ngx_api_waf_scan_library(ngx_log_t *log)
{
    void       *lib;
    api_err_t   err;

    static api_hs_t    hs;
    static ngx_uint_t  loaded;

    if (loaded) {
        return &hs;
    }

    lib = dlopen(API_HS_RUNTIME, RTLD_NOW|RTLD_LOCAL);

    if (lib == NULL
        || api_hs_load(&hs, false, ngx_api_waf_scan_symbol, lib, &err)
           != API_OK)
    {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "%V: there is a database of patterns, but no %s to use "
                      "it: install libvectorscan5",
                      &ngx_api_module_names[NGX_API_WAF], API_HS_RUNTIME);
        return NULL;
    }

    loaded = 1;

    return &hs;
}


static void *
ngx_api_waf_scan_symbol(void *lib, const char *name)
{
    return dlsym(lib, name);
}


/*
 * A child of the master: compiling takes seconds and memory that nginx would
 * never give back.  If it fails, the prefilter built in stays.
 */

static void
ngx_api_waf_scan_compile(ngx_conf_t *cf, const ngx_api_waf_main_conf_t *mcf,
    const ngx_api_waf_set_t *set, const char *dir)
{
    int      status;
    char   **argv;
    pid_t    pid;

    argv = ngx_api_waf_scan_command(cf, mcf, set, dir);
    if (argv == NULL) {
        return;
    }

    pid = fork();

    if (pid == 0) {
        (void) dup2(open("/dev/null", O_RDWR), STDOUT_FILENO);
        execv(argv[0], argv);
        _exit(127);
    }

    status = -1;

    while (pid > 0 && waitpid(pid, &status, 0) < 0 && ngx_errno == NGX_EINTR) {
        /* void */
    }

    if (status != 0) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "%V: \"%V waf compile\" made no database for \"%V\": "
                      "the prefilter built in is used",
                      &ngx_api_module_names[NGX_API_WAF], &mcf->compiler,
                      &set->text);
    }
}


static char **
ngx_api_waf_scan_command(ngx_conf_t *cf, const ngx_api_waf_main_conf_t *mcf,
    const ngx_api_waf_set_t *set, const char *dir)
{
    char       **argv, **p;
    ngx_str_t   *file;
    ngx_uint_t   i;

    static char *const  level[] = { "1", "2", "3", "4" };

    argv = ngx_palloc(cf->pool, (set->files.nelts + 8) * sizeof(char *));
    if (argv == NULL) {
        return NULL;
    }

    p = argv;
    *p++ = (char *) mcf->compiler.data;
    *p++ = "waf";
    *p++ = "compile";

    file = set->files.elts;

    for (i = 0; i < set->files.nelts; i++) {
        *p++ = (char *) file[i].data;
    }

    *p++ = "--cache";
    *p++ = (char *) (uintptr_t) dir;

    if (mcf->paranoia) {
        *p++ = "--paranoia";
        *p++ = level[mcf->paranoia - 1];
    }

    *p = NULL;

    return argv;
}


ngx_int_t
ngx_api_waf_scan_start(ngx_cycle_t *cycle, ngx_api_waf_main_conf_t *mcf)
{
    ngx_uint_t            i;
    ngx_api_waf_set_t   **set;

    set = mcf->sets.elts;

    for (i = 0; i < mcf->sets.nelts; i++) {
        if (api_waf_scan_scratch_create(&mcf->worker->scan[i],
                                        set[i]->program, &api_alloc_libc)
            != API_OK
            || api_waf_scan_remember(mcf->worker->scan[i],
                                     API_WAF_MEMO_ENTRIES, mcf->worker->seed)
               != API_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


void
ngx_api_waf_scan_stop(ngx_api_waf_main_conf_t *mcf)
{
    ngx_uint_t  i;

    for (i = 0; mcf->worker->scan && i < mcf->sets.nelts; i++) {
        api_waf_scan_scratch_free(mcf->worker->scan[i]);
        mcf->worker->scan[i] = NULL;
    }
}


char *
ngx_api_waf_compiler(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_waf_main_conf_t *mcf = conf;

    ngx_str_t  *value;

    if (mcf->compiler.len) {
        return "is duplicate";
    }

    value = cf->args->elts;
    mcf->compiler = value[1];

    if (ngx_api_conf_path(cf, &mcf->compiler) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (access((char *) mcf->compiler.data, X_OK) != 0) {
        return "needs the path of apisec, such as /usr/local/bin/apisec: "
               "there is no such program";
    }

    return NGX_CONF_OK;
}
