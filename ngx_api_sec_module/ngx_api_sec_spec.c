
/*
 * api_schema_spec NAME FILE [root=DIR] [base=/PATH] [strict]
 *                 [unsupported=error | warn]
 * api_schema_root DIR
 */

#include "ngx_api_sec_schema.h"


static char *ngx_api_sec_spec_dir(ngx_conf_t *cf, ngx_str_t *dir);


char *
ngx_api_sec_specs_init(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    mcf->specs = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_specs_t));

    if (mcf->specs == NULL
        || ngx_array_init(&mcf->specs->specs, cf->pool, 2, sizeof(void *))
           != NGX_OK
        || ngx_array_init(&mcf->specs->bare, cf->pool, 2, sizeof(void *))
           != NGX_OK
        || ngx_array_init(&mcf->specs->schemes, cf->pool, 4, sizeof(void *))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_api_sec_schema_spec(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_main_conf_t *mcf = conf;

    ngx_str_t            *value;
    ngx_api_sec_spec_t   *spec, **p;

    static const ngx_str_t  unsupported[] = {
        ngx_string("error"),
        ngx_string("warn"),
        ngx_null_string
    };

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("root"), NGX_API_OPT_STR,
          offsetof(ngx_api_sec_spec_t, root), NULL },
        { ngx_string("base"), NGX_API_OPT_STR,
          offsetof(ngx_api_sec_spec_t, base), NULL },
        { ngx_string("strict"), NGX_API_OPT_FLAG,
          offsetof(ngx_api_sec_spec_t, strict), NULL },
        { ngx_string("unsupported"), NGX_API_OPT_ENUM,
          offsetof(ngx_api_sec_spec_t, unsupported), unsupported },
        ngx_api_null_opt
    };

    value = cf->args->elts;

    if (ngx_api_sec_spec_find(mcf, &value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate api_schema_spec \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    spec = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_spec_t));
    p = ngx_array_push(&mcf->specs->specs);

    if (spec == NULL || p == NULL
        || ngx_array_init(&spec->schemes, cf->pool, 4, sizeof(void *))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    *p = spec;

    spec->name = value[1];
    spec->path = value[2];
    spec->file = cf->conf_file->file.name;
    spec->line = cf->conf_file->line;

    if (ngx_api_conf_opts(cf, 3, opts, spec) != NGX_CONF_OK
        || ngx_api_sec_spec_words(cf, mcf, spec) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_api_sec_spec_load(cf, mcf, spec);
}


char *
ngx_api_sec_spec_words(ngx_conf_t *cf, const ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_spec_t *spec)
{
    if (spec->base.len
        && (spec->base.data[0] != '/'
            || (spec->base.len > 1
                && spec->base.data[spec->base.len - 1] == '/')))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "base=\"%V\" is no path: it begins with / and "
                           "does not end with it, for example base=/v1",
                           &spec->base);
        return NGX_CONF_ERROR;
    }

    if (ngx_api_conf_path(cf, &spec->path) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (spec->root.len == 0) {
        spec->root = mcf->specs->root;
        return NGX_CONF_OK;
    }

    return ngx_api_sec_spec_dir(cf, &spec->root);
}


/* Symbolic links are followed once, here. */

static char *
ngx_api_sec_spec_dir(ngx_conf_t *cf, ngx_str_t *dir)
{
    char    *real;
    size_t   len;
    u_char  *p;

    if (ngx_api_conf_path(cf, dir) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    real = realpath((char *) dir->data, NULL);

    if (real == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "the folder \"%V\" of documents", dir);
        return NGX_CONF_ERROR;
    }

    len = ngx_strlen(real);
    p = ngx_pnalloc(cf->pool, len + 1);

    if (p) {
        ngx_memcpy(p, real, len + 1);
        dir->data = p;
        dir->len = len;
    }

    free(real);

    return p ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_api_sec_schema_root(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_main_conf_t *mcf = conf;

    ngx_str_t  *value;

    if (mcf->specs->root.len) {
        return "is duplicate";
    }

    if (mcf->specs->specs.nelts) {
        return "must stand before the first api_schema_spec";
    }

    value = cf->args->elts;
    mcf->specs->root = value[1];

    return ngx_api_sec_spec_dir(cf, &mcf->specs->root);
}


ngx_api_sec_spec_t *
ngx_api_sec_spec_find(const ngx_api_sec_main_conf_t *mcf,
    const ngx_str_t *name)
{
    ngx_uint_t            i;
    ngx_api_sec_spec_t  **spec;

    spec = mcf->specs->specs.elts;

    for (i = 0; i < mcf->specs->specs.nelts; i++) {
        if (spec[i]->name.len == name->len
            && ngx_strncmp(spec[i]->name.data, name->data, name->len) == 0)
        {
            return spec[i];
        }
    }

    return NULL;
}


void
ngx_api_sec_specs_status(const ngx_api_sec_main_conf_t *mcf, api_writer_t *w)
{
    ngx_uint_t                   i;
    ngx_api_sec_spec_t * const  *spec;

    if (mcf->specs->specs.nelts == 0) {
        return;
    }

    spec = mcf->specs->specs.elts;

    api_writer_name(w, API_SPAN("specs"));
    api_writer_array(w);

    for (i = 0; i < mcf->specs->specs.nelts; i++) {
        api_writer_object(w);
        api_writer_name(w, API_SPAN("name"));
        api_writer_string(w, ngx_api_span(&spec[i]->name));
        api_writer_name(w, API_SPAN("operations"));
        api_writer_uint(w, api_openapi_count(spec[i]->doc));
        api_writer_name(w, API_SPAN("bytes"));
        api_writer_uint(w, api_openapi_memory(spec[i]->doc));
        api_writer_end(w);
    }

    api_writer_end(w);
}
