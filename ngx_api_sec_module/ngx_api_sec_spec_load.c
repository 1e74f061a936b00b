
/*
 * A document on the disk to a compiled description.  Files it refers to are
 * read from below the root, which no link and no ".." leaves; nothing is ever
 * fetched.
 */

#include "ngx_api_sec_schema.h"


#define NGX_API_SEC_SPEC_MAX       (64 * 1024 * 1024)
#define NGX_API_SEC_SPEC_PROBLEMS  50


typedef struct {
    ngx_conf_t                 *cf;
    const ngx_api_sec_spec_t   *spec;
    ngx_pool_t                 *pool;         /* gone when it is compiled */
    api_docs_t                 *docs;
    api_problems_t              problems;
    api_alloc_t                 alloc;
    api_arena_t                 arena;
    uint32_t                    revision;     /* of the files so far */
} ngx_api_sec_load_t;


static char *ngx_api_sec_load_compile(ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_load_t *load, ngx_api_sec_spec_t *spec);
static const api_doc_t *ngx_api_sec_load_document(
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_load_t *load);
static char *ngx_api_sec_load_name(ngx_api_sec_load_t *load,
    api_span_t *name);
static int ngx_api_sec_load_file(void *ctx, api_span_t name,
    api_span_t *text, api_err_t *err);
static int ngx_api_sec_load_below(const ngx_api_sec_load_t *load,
    api_span_t name, ngx_str_t *path, api_err_t *err);
static void ngx_api_sec_load_report(ngx_api_sec_load_t *load);
static void ngx_api_sec_spec_free(void *data);


char *
ngx_api_sec_spec_load(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_spec_t *spec)
{
    char                *rv;
    ngx_api_sec_load_t   load;

    ngx_memzero(&load, sizeof(ngx_api_sec_load_t));

    load.cf = cf;
    load.spec = spec;
    load.pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE, cf->log);
    if (load.pool == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_api_pool_alloc(&load.alloc, load.pool);
    api_arena_init(&load.arena, &load.alloc, 0, 0);
    api_problems_init(&load.problems, &load.arena, NGX_API_SEC_SPEC_PROBLEMS);

    rv = ngx_api_sec_load_compile(mcf, &load, spec);

    if (load.docs) {
        api_docs_free(load.docs);
    }

    ngx_destroy_pool(load.pool);

    return rv;
}


static char *
ngx_api_sec_load_compile(ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_load_t *load, ngx_api_sec_spec_t *spec)
{
    int                  rc;
    const api_doc_t     *doc;
    api_openapi_opts_t   opts;
    ngx_pool_cleanup_t  *cln;

    doc = ngx_api_sec_load_document(mcf, load);
    cln = ngx_pool_cleanup_add(load->cf->pool, 0);

    if (doc == NULL || cln == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&opts, sizeof(api_openapi_opts_t));
    opts.strict = spec->strict;
    opts.lenient = spec->unsupported == NGX_API_SEC_SPEC_WARN;

    if (spec->base.len) {
        opts.base = ngx_api_span(&spec->base);
        opts.base.len = spec->base.len > 1 ? spec->base.len : 0;
    }

    rc = spec->bare
         ? api_openapi_bare(&spec->doc, load->docs, doc,
                            (api_schema_dialect_t) spec->draft, &opts,
                            &load->problems, &api_alloc_libc)
         : api_openapi_compile(&spec->doc, load->docs, doc, &opts,
                               &load->problems, &api_alloc_libc);

    if (rc == API_OK) {
        spec->revision = load->revision;
        cln->handler = ngx_api_sec_spec_free;
        cln->data = spec->doc;
    }

    ngx_api_sec_load_report(load);

    if (rc != API_OK && load->problems.errors == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, load->cf, 0,
                           rc == API_NOMEM
                           ? "no memory for \"%V\""
                           : "\"%V\" is larger than any description may be",
                           &spec->path);
    }

    return rc == API_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static const api_doc_t *
ngx_api_sec_load_document(const ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_load_t *load)
{
    api_err_t                  err;
    ngx_str_t                  text, path;
    ngx_conf_t                 cf;
    api_span_t                 name;
    api_docs_opts_t            docs;
    const api_doc_t           *doc;
    api_doc_loader_t           loader;

    cf = *load->cf;
    cf.pool = load->pool;
    path = load->spec->path;

    if (ngx_api_sec_load_name(load, &name) != NGX_CONF_OK
        || ngx_api_conf_file(&cf, &path, NGX_API_SEC_SPEC_MAX, &text)
           != NGX_CONF_OK)
    {
        return NULL;
    }

    loader.load = ngx_api_sec_load_file;
    loader.release = NULL;
    loader.ctx = load;

    ngx_memzero(&docs, sizeof(api_docs_opts_t));
    docs.loader = load->spec->root.len ? &loader : NULL;
    docs.seed = mcf->seed;

    if (api_docs_create(&load->docs, &docs, &api_alloc_libc) != API_OK) {
        return NULL;
    }

    load->revision ^= ngx_crc32_long(text.data, text.len);

    if (api_docs_add(load->docs, name, ngx_api_span(&text), &doc, &err)
        != API_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, load->cf, 0, "\"%V\": %s", &path,
                           err.text);
        return NULL;
    }

    return doc;
}


/* The name of the document below its root, from which references start. */

static char *
ngx_api_sec_load_name(ngx_api_sec_load_t *load, api_span_t *name)
{
    char              *real;
    size_t             len;
    u_char            *p;
    ngx_str_t          path;
    const ngx_str_t   *root;

    root = &load->spec->root;
    real = realpath((char *) load->spec->path.data, NULL);

    if (real == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, load->cf, ngx_errno,
                           "the document \"%V\"", &load->spec->path);
        return NGX_CONF_ERROR;
    }

    path.len = ngx_strlen(real);
    path.data = ngx_pnalloc(load->pool, path.len + 1);

    if (path.data == NULL) {
        free(real);
        return NGX_CONF_ERROR;
    }

    ngx_memcpy(path.data, real, path.len + 1);
    free(real);

    if (root->len == 0) {
        for (p = path.data + path.len; p[-1] != '/'; p--) { /* void */ }

        *name = api_span(p, path.data + path.len - p);
        return NGX_CONF_OK;
    }

    len = root->len > 1 ? root->len : 0;

    if (path.len <= len + 1 || ngx_strncmp(path.data, root->data, len) != 0
        || path.data[len] != '/')
    {
        ngx_conf_log_error(NGX_LOG_EMERG, load->cf, 0,
                           "\"%V\" is not below the root of its references, "
                           "\"%V\": move it there, or say root=DIR",
                           &load->spec->path, root);
        return NGX_CONF_ERROR;
    }

    *name = api_span(path.data + len + 1, path.len - len - 1);

    return NGX_CONF_OK;
}


static int
ngx_api_sec_load_file(void *ctx, api_span_t name, api_span_t *text,
    api_err_t *err)
{
    ngx_api_sec_load_t *load = ctx;

    int         rc;
    ngx_str_t   path, data;
    ngx_conf_t  cf;

    rc = ngx_api_sec_load_below(load, name, &path, err);

    if (rc != API_OK) {
        return rc;
    }

    cf = *load->cf;
    cf.pool = load->pool;

    if (ngx_api_conf_file(&cf, &path, NGX_API_SEC_SPEC_MAX, &data)
        != NGX_CONF_OK)
    {
        return api_fail(err, API_INVALID, API_DOC_E_LOAD, 0,
                        "cannot be read");
    }

    *text = ngx_api_span(&data);
    load->revision ^= ngx_crc32_long(data.data, data.len);

    return API_OK;
}


/* Where a link leads counts, not where it stands. */

static int
ngx_api_sec_load_below(const ngx_api_sec_load_t *load, api_span_t name,
    ngx_str_t *path, api_err_t *err)
{
    char             *real;
    size_t            len;
    u_char           *p;
    const ngx_str_t  *root;

    root = &load->spec->root;
    len = root->len > 1 ? root->len : 0;

    p = ngx_pnalloc(load->pool, root->len + name.len + 2);
    if (p == NULL) {
        return API_NOMEM;
    }

    path->data = p;
    p = ngx_cpymem(p, root->data, len);
    *p++ = '/';
    p = ngx_cpymem(p, name.data, name.len);
    *p = '\0';

    real = realpath((char *) path->data, NULL);

    if (real == NULL) {
        return api_fail(err, API_INVALID, API_DOC_E_LOAD, 0, "no such file");
    }

    path->len = ngx_strlen(real);
    path->data = ngx_pnalloc(load->pool, path->len + 1);

    if (path->data) {
        ngx_memcpy(path->data, real, path->len + 1);
    }

    free(real);

    if (path->data == NULL) {
        return API_NOMEM;
    }

    if (path->len <= len || ngx_strncmp(path->data, root->data, len) != 0
        || path->data[len] != '/')
    {
        return api_fail(err, API_INVALID, API_DOC_E_OUTSIDE, 0,
                        "a link leads out of the root");
    }

    return API_OK;
}


static void
ngx_api_sec_load_report(ngx_api_sec_load_t *load)
{
    char                  line[1024];
    uint32_t              kept;
    const char           *directive;
    const api_problem_t  *p;

    kept = 0;
    directive = load->spec->bare ? "api_schema_body" : "api_schema_spec";

    for (p = load->problems.first; p; p = p->next) {
        (void) api_problem_print(p, line, sizeof(line));
        ngx_conf_log_error(p->warning ? NGX_LOG_WARN : NGX_LOG_EMERG,
                           load->cf, 0, "%s \"%V\": %s", directive,
                           &load->spec->name, line);
        kept++;
    }

    if (load->problems.errors + load->problems.warnings > kept) {
        ngx_conf_log_error(load->problems.errors ? NGX_LOG_EMERG
                                                 : NGX_LOG_WARN,
                           load->cf, 0,
                           "%s \"%V\": and %uD more", directive,
                           &load->spec->name,
                           load->problems.errors + load->problems.warnings
                           - kept);
    }
}


static void
ngx_api_sec_spec_free(void *data)
{
    api_openapi_free(data);
}
