
/*
 * Rule sets: files of SecLang, read and compiled when the configuration is,
 * once for each combination that an api_waf names.
 */

#include "ngx_api_waf.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <dlfcn.h>

#define PCRE2_CODE_UNIT_WIDTH  8
#include <pcre2.h>


/* What reading files needs; lives as long as the configuration. */

typedef struct {
    ngx_conf_t                 *cf;           /* while it is read */
    ngx_pool_t                 *pool;
    ngx_array_t                 matches;      /* of char *: the last pattern */
    const char                 *pattern;
} ngx_api_waf_io_t;


static ngx_api_waf_ruleset_t *ngx_api_waf_find(
    const ngx_api_waf_main_conf_t *mcf, const ngx_str_t *name);
static char *ngx_api_waf_predefine(ngx_conf_t *cf,
    ngx_api_waf_main_conf_t *mcf);
static char *ngx_api_waf_load(ngx_conf_t *cf, ngx_api_waf_main_conf_t *mcf,
    ngx_api_waf_set_t *set);
static char *ngx_api_waf_load_names(ngx_conf_t *cf,
    ngx_api_waf_main_conf_t *mcf, ngx_api_waf_set_t *set);
static char *ngx_api_waf_load_failed(ngx_conf_t *cf,
    const ngx_api_waf_set_t *set, const api_err_t *err);
static void ngx_api_waf_unload(void *data);
static void ngx_api_waf_trim(void);
static int ngx_api_waf_read(void *ctx, const char *path, api_span_t *text,
    api_err_t *err);
static int ngx_api_waf_glob(void *ctx, const char *pattern, size_t index,
    const char **path);
static int ngx_api_waf_glob_read(ngx_api_waf_io_t *io, const char *pattern);
static int ngx_libc_cdecl ngx_api_waf_cmp(const void *a, const void *b);


#define NGX_API_WAF_CORE      "core"
#define NGX_API_WAF_CORE_DIR  "ngx_api_waf_rules"


char *
ngx_api_waf_ruleset(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_waf_main_conf_t *mcf = conf;

    ngx_str_t               *value, *file;
    ngx_uint_t               i;
    ngx_api_waf_ruleset_t   *rs, **p;

    value = cf->args->elts;

    if (ngx_api_waf_find(mcf, &value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "there is a rule set \"%V\" already: one "
                           "\"api_waf_ruleset %V FILE...;\" takes several "
                           "files", &value[1], &value[1]);
        return NGX_CONF_ERROR;
    }

    if ((value[1].len == 3 && ngx_strncmp(value[1].data, "off", 3) == 0)
        || ngx_strlchr(value[1].data, value[1].data + value[1].len, '='))
    {
        return "takes a name other than \"off\", without \"=\"";
    }

    rs = ngx_palloc(cf->pool, sizeof(ngx_api_waf_ruleset_t));
    p = ngx_array_push(&mcf->rulesets);

    if (rs == NULL || p == NULL
        || ngx_array_init(&rs->files, cf->pool, cf->args->nelts - 2,
                          sizeof(ngx_str_t))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    *p = rs;
    rs->name = value[1];

    for (i = 2; i < cf->args->nelts; i++) {
        file = ngx_array_push(&rs->files);
        if (file == NULL) {
            return NGX_CONF_ERROR;
        }

        *file = value[i];

        if (ngx_api_conf_path(cf, file) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static ngx_api_waf_ruleset_t *
ngx_api_waf_find(const ngx_api_waf_main_conf_t *mcf, const ngx_str_t *name)
{
    ngx_uint_t              i;
    ngx_api_waf_ruleset_t  **rs;

    rs = mcf->rulesets.elts;

    for (i = 0; i < mcf->rulesets.nelts; i++) {
        if (rs[i]->name.len == name->len
            && ngx_strncmp(rs[i]->name.data, name->data, name->len) == 0)
        {
            return rs[i];
        }
    }

    return NULL;
}


ngx_api_waf_set_t *
ngx_api_waf_set(ngx_conf_t *cf, ngx_api_waf_main_conf_t *mcf,
    const ngx_str_t *names, ngx_uint_t n)
{
    u_char              *p;
    size_t               len;
    ngx_str_t            text, *name;
    ngx_uint_t           i;
    ngx_api_waf_set_t  **sets, *set;

    for (i = 0, len = 0; i < n; i++) {
        len += names[i].len + 1;
    }

    text.data = ngx_pnalloc(cf->pool, len);
    if (text.data == NULL) {
        return NULL;
    }

    for (i = 0, p = text.data; i < n; i++) {
        p = ngx_cpymem(p, names[i].data, names[i].len);
        *p++ = ' ';
    }

    text.len = len - 1;
    sets = mcf->sets.elts;

    for (i = 0; i < mcf->sets.nelts; i++) {
        if (sets[i]->text.len == text.len
            && ngx_strncmp(sets[i]->text.data, text.data, text.len) == 0)
        {
            return sets[i];
        }
    }

    set = ngx_pcalloc(cf->pool, sizeof(ngx_api_waf_set_t));
    sets = ngx_array_push(&mcf->sets);

    if (set == NULL || sets == NULL
        || ngx_array_init(&set->names, cf->pool, n, sizeof(ngx_str_t))
           != NGX_OK
        || ngx_array_init(&set->files, cf->pool, n, sizeof(ngx_str_t))
           != NGX_OK)
    {
        return NULL;
    }

    *sets = set;
    set->index = mcf->sets.nelts - 1;
    set->text = text;
    set->file = cf->conf_file->file.name;
    set->line = cf->conf_file->line;

    for (i = 0; i < n; i++) {
        name = ngx_array_push(&set->names);
        *name = names[i];
    }

    return set;
}


char *
ngx_api_waf_compile(ngx_conf_t *cf, ngx_api_waf_main_conf_t *mcf)
{
    ngx_uint_t           i;
    ngx_api_waf_set_t  **set;

    if (mcf->sets.nelts == 0) {
        return NGX_CONF_OK;
    }

    mcf->uses = 1;
    set = mcf->sets.elts;

    mcf->worker->scan = ngx_pcalloc(cf->pool,
                                    mcf->sets.nelts * sizeof(void *));
    if (mcf->worker->scan == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_api_waf_predefine(cf, mcf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < mcf->sets.nelts; i++) {
        if (ngx_api_waf_load(cf, mcf, set[i]) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* Our own rules stand beside the module. */

static char *
ngx_api_waf_predefine(ngx_conf_t *cf, ngx_api_waf_main_conf_t *mcf)
{
    u_char                  *p;
    size_t                   len;
    Dl_info                  info;
    ngx_str_t               *file;
    const char              *slash;
    ngx_api_waf_ruleset_t   *rs, **q;

    static ngx_str_t  core = ngx_string(NGX_API_WAF_CORE);

    if (ngx_api_waf_find(mcf, &core)
        || dladdr(&ngx_api_waf_module, &info) == 0 || info.dli_fname == NULL)
    {
        return NGX_CONF_OK;
    }

    slash = strrchr(info.dli_fname, '/');
    len = slash ? (size_t) (slash + 1 - info.dli_fname) : 0;

    rs = ngx_palloc(cf->pool, sizeof(ngx_api_waf_ruleset_t));
    q = ngx_array_push(&mcf->rulesets);
    p = ngx_pnalloc(cf->pool, len + sizeof(NGX_API_WAF_CORE_DIR "/*.conf"));

    if (rs == NULL || p == NULL || q == NULL
        || ngx_array_init(&rs->files, cf->pool, 1, sizeof(ngx_str_t))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    *q = rs;
    rs->name = core;

    file = ngx_array_push(&rs->files);
    file->data = p;
    p = ngx_cpymem(p, info.dli_fname, len);
    p = ngx_cpymem(p, NGX_API_WAF_CORE_DIR "/*.conf",
                   sizeof(NGX_API_WAF_CORE_DIR "/*.conf"));
    file->len = p - file->data - 1;

    return NGX_CONF_OK;
}


static char *
ngx_api_waf_load(ngx_conf_t *cf, ngx_api_waf_main_conf_t *mcf,
    ngx_api_waf_set_t *set)
{
    api_err_t            err;
    ngx_api_waf_io_t    *io;
    api_seclang_io_t    *sio;
    ngx_pool_cleanup_t  *cln;

    io = ngx_pcalloc(cf->pool, sizeof(ngx_api_waf_io_t));
    sio = ngx_palloc(cf->pool, sizeof(api_seclang_io_t));
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (io == NULL || sio == NULL || cln == NULL
        || ngx_array_init(&io->matches, cf->pool, 64, sizeof(char *))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    io->cf = cf;
    io->pool = cf->pool;
    sio->read = ngx_api_waf_read;
    sio->glob = ngx_api_waf_glob;
    sio->ctx = io;

    set->loader = api_seclang_create(&api_alloc_libc, sio, NULL);
    if (set->loader == NULL) {
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_api_waf_unload;
    cln->data = set;

    if (ngx_api_waf_load_names(cf, mcf, set) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    api_seclang_paranoia(set->loader, (uint32_t) mcf->paranoia);

    if (api_seclang_finish(set->loader, &set->program, &err) != API_OK) {
        return ngx_api_waf_load_failed(cf, set, &err);
    }

    ngx_api_waf_trim();
    set->phases = api_waf_program_phases(set->program);

    ngx_log_error(NGX_LOG_INFO, cf->log, 0,
                  "%V: %uD rules in \"%V\", %uz notes: \"apisec waf check\" "
                  "shows them", &ngx_api_module_names[NGX_API_WAF],
                  api_waf_program_rules(set->program), &set->text,
                  api_seclang_notes(set->loader));

    return NGX_CONF_OK;
}


static char *
ngx_api_waf_load_names(ngx_conf_t *cf, ngx_api_waf_main_conf_t *mcf,
    ngx_api_waf_set_t *set)
{
    api_err_t               err;
    ngx_str_t              *name, *file, *p;
    ngx_uint_t              i, k;
    ngx_api_waf_ruleset_t  *rs;

    name = set->names.elts;

    for (i = 0; i < set->names.nelts; i++) {
        rs = ngx_api_waf_find(mcf, &name[i]);

        if (rs == NULL) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "there is no rule set \"%V\": define it with "
                          "\"api_waf_ruleset %V FILE...;\" in %V:%ui",
                          &name[i], &name[i], &set->file, set->line);
            return NGX_CONF_ERROR;
        }

        file = rs->files.elts;

        for (k = 0; k < rs->files.nelts; k++) {
            p = ngx_array_push(&set->files);
            if (p == NULL) {
                return NGX_CONF_ERROR;
            }

            *p = file[k];

            if (api_seclang_file(set->loader, (char *) file[k].data, &err)
                != API_OK)
            {
                return ngx_api_waf_load_failed(cf, set, &err);
            }
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_api_waf_load_failed(ngx_conf_t *cf, const ngx_api_waf_set_t *set,
    const api_err_t *err)
{
    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"api_waf %V\" in %V:%ui: %s", &set->text, &set->file,
                  set->line, err->text);

    return NGX_CONF_ERROR;
}


static void
ngx_api_waf_unload(void *data)
{
    ngx_api_waf_set_t *set = data;

    api_seclang_free(set->loader);
    ngx_api_waf_trim();
}


/*
 * Loading takes far more memory than it leaves in use.  What is free goes back
 * to the system at once: else the master, and all workers forked from it, keep
 * it, and the next configuration is put behind it.  PCRE2 has a heap of its
 * own for what its JIT compiles, and keeps half as much again as is in use.
 */

static void
ngx_api_waf_trim(void)
{
#ifdef __GLIBC__
    (void) malloc_trim(0);
#endif

    pcre2_jit_free_unused_memory(NULL);
}


static int
ngx_api_waf_read(void *ctx, const char *path, api_span_t *text,
    api_err_t *err)
{
    ngx_api_waf_io_t *io = ctx;

    ngx_fd_t         fd;
    ngx_str_t        name;
    ssize_t          n;
    u_char          *buf;
    ngx_file_info_t  fi;

    name.len = ngx_strlen(path);
    name.data = (u_char *) (uintptr_t) path;

    fd = ngx_open_file(name.data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        return api_fail(err, API_INVALID, API_SECLANG_E_FILE, 0,
                        "cannot open \"%s\": %s", path, strerror(ngx_errno));
    }

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR || !ngx_is_file(&fi)
        || ngx_file_size(&fi) > NGX_API_WAF_FILE_MAX)
    {
        ngx_close_file(fd);
        return api_fail(err, API_INVALID, API_SECLANG_E_FILE, 0,
                        "\"%s\" is no regular file of at most 16 MiB", path);
    }

    buf = ngx_pnalloc(io->pool, (size_t) ngx_file_size(&fi) + 1);
    n = buf ? ngx_read_fd(fd, buf, (size_t) ngx_file_size(&fi)) : -1;
    ngx_close_file(fd);

    if (n < 0) {
        return api_fail(err, API_INVALID, API_SECLANG_E_FILE, 0,
                        "cannot read \"%s\"", path);
    }

    *text = api_span(buf, (size_t) n);

    return API_OK;
}


static int
ngx_api_waf_glob(void *ctx, const char *pattern, size_t index,
    const char **path)
{
    ngx_api_waf_io_t *io = ctx;

    int     rc;
    char  **match;

    if (index == 0 || io->pattern == NULL
        || ngx_strcmp(io->pattern, pattern) != 0)
    {
        rc = ngx_api_waf_glob_read(io, pattern);

        if (rc != API_OK) {
            return rc;
        }
    }

    if (index >= io->matches.nelts) {
        return API_INVALID;
    }

    match = io->matches.elts;
    *path = match[index];

    return API_OK;
}


static int
ngx_api_waf_glob_read(ngx_api_waf_io_t *io, const char *pattern)
{
    u_char      *p, **match;
    size_t       len;
    ngx_int_t    rc;
    ngx_str_t    name;
    ngx_glob_t   gl;

    len = ngx_strlen(pattern) + 1;
    p = ngx_pnalloc(io->pool, len);
    if (p == NULL) {
        return API_NOMEM;
    }

    ngx_memcpy(p, pattern, len);

    /* paths that were handed out stay where they are */

    io->pattern = (char *) p;
    io->matches.nelts = 0;

    ngx_memzero(&gl, sizeof(ngx_glob_t));
    gl.pattern = p;
    gl.log = io->cf->log;
    gl.test = 0;

    if (ngx_open_glob(&gl) != NGX_OK) {
        return API_OK;
    }

    rc = API_OK;

    while (ngx_read_glob(&gl, &name) == NGX_OK) {
        match = ngx_array_push(&io->matches);
        p = ngx_pnalloc(io->pool, name.len + 1);

        if (match == NULL || p == NULL) {
            rc = API_NOMEM;
            break;
        }

        ngx_memcpy(p, name.data, name.len);
        p[name.len] = '\0';
        *match = p;
    }

    ngx_close_glob(&gl);
    ngx_qsort(io->matches.elts, io->matches.nelts, sizeof(char *),
              ngx_api_waf_cmp);

    return (int) rc;
}


static int ngx_libc_cdecl
ngx_api_waf_cmp(const void *a, const void *b)
{
    return strcmp(*(char * const *) a, *(char * const *) b);
}
