
/*
 * api_schema_body FILE [draft=4 | 6 | 7 | 2019-09 | 2020-12] [root=DIR]
 *                 [strict] [mode=] | off
 *
 * A JSON Schema for the bodies of a location, without a document about its
 * operations.  It is compiled into a description of two operations, one that
 * asks for a body (POST, PUT, PATCH) and one that does not, and checked as
 * such.
 */

#include "ngx_api_sec_schema.h"


static ngx_api_sec_spec_t *ngx_api_sec_bare_spec(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_spec_t *wanted);
static ngx_uint_t ngx_api_sec_bare_same(const ngx_api_sec_spec_t *a,
    const ngx_api_sec_spec_t *b);


typedef struct {
    ngx_api_sec_spec_t          spec;
    ngx_api_mode_t              mode;
} ngx_api_sec_bare_t;


char *
ngx_api_sec_schema_body(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ngx_str_t                *value;
    ngx_api_sec_bare_t        bare;
    ngx_api_sec_contract_t   *contract;
    ngx_api_sec_main_conf_t  *mcf;

    /* in the order of api_schema_dialect_t */

    static const ngx_str_t  drafts[] = {
        ngx_string("4"),
        ngx_string("6"),
        ngx_string("7"),
        ngx_string("2019-09"),
        ngx_string("2020-12"),
        ngx_null_string
    };

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("draft"), NGX_API_OPT_ENUM,
          offsetof(ngx_api_sec_bare_t, spec.draft), drafts },
        { ngx_string("root"), NGX_API_OPT_STR,
          offsetof(ngx_api_sec_bare_t, spec.root), NULL },
        { ngx_string("strict"), NGX_API_OPT_FLAG,
          offsetof(ngx_api_sec_bare_t, spec.strict), NULL },
        { ngx_string("mode"), NGX_API_OPT_MODE,
          offsetof(ngx_api_sec_bare_t, mode), NULL },
        ngx_api_null_opt
    };

    if (lcf->schema->bare != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        lcf->schema->bare = NULL;
        return cf->args->nelts == 2 ? NGX_CONF_OK : "off takes nothing more";
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_api_sec_module);
    contract = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_contract_t));
    if (contract == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&bare, sizeof(ngx_api_sec_bare_t));

    bare.mode.fixed = NGX_API_MODE_ENFORCE;
    bare.spec.name = value[1];
    bare.spec.path = value[1];
    bare.spec.bare = 1;
    bare.spec.draft = API_SCHEMA_2020_12;
    bare.spec.file = cf->conf_file->file.name;
    bare.spec.line = cf->conf_file->line;

    if (ngx_api_conf_opts(cf, 2, opts, &bare) != NGX_CONF_OK
        || ngx_api_sec_spec_words(cf, mcf, &bare.spec) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    contract->name = bare.spec.name;
    contract->file = bare.spec.file;
    contract->line = bare.spec.line;
    contract->mode = bare.mode;
    contract->spec = ngx_api_sec_bare_spec(cf, mcf, &bare.spec);

    if (contract->spec == NULL) {
        return NGX_CONF_ERROR;
    }

    lcf->schema->bare = contract;
    ngx_api_sec_uses(cf, NGX_API_SEC_USES_BARE);

    return NGX_CONF_OK;
}


/* A file is compiled once, however many locations name it. */

static ngx_api_sec_spec_t *
ngx_api_sec_bare_spec(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf,
    const ngx_api_sec_spec_t *wanted)
{
    ngx_uint_t            i;
    ngx_api_sec_spec_t   *spec, **p;

    p = mcf->specs->bare.elts;

    for (i = 0; i < mcf->specs->bare.nelts; i++) {
        if (ngx_api_sec_bare_same(p[i], wanted)) {
            return p[i];
        }
    }

    spec = ngx_palloc(cf->pool, sizeof(ngx_api_sec_spec_t));
    p = ngx_array_push(&mcf->specs->bare);

    if (spec == NULL || p == NULL) {
        return NULL;
    }

    *spec = *wanted;
    *p = spec;

    return ngx_api_sec_spec_load(cf, mcf, spec) == NGX_CONF_OK ? spec : NULL;
}


static ngx_uint_t
ngx_api_sec_bare_same(const ngx_api_sec_spec_t *a, const ngx_api_sec_spec_t *b)
{
    return a->draft == b->draft && a->strict == b->strict
           && a->path.len == b->path.len && a->root.len == b->root.len
           && ngx_strncmp(a->path.data, b->path.data, a->path.len) == 0
           && ngx_strncmp(a->root.data, b->root.data, a->root.len) == 0;
}


char *
ngx_api_sec_bare_merge(ngx_conf_t *cf, ngx_api_sec_schema_conf_t *conf,
    const ngx_api_sec_schema_conf_t *prev, ngx_uint_t own)
{
    uint32_t               i;
    ngx_api_sec_rules_t   *rules;
    ngx_api_sec_routed_t  *routed;

    own |= conf->bare != NGX_CONF_UNSET_PTR;

    ngx_conf_merge_ptr_value(conf->bare, prev->bare, NULL);

    if (conf->bare == NULL || conf->bare == NGX_CONF_UNSET_PTR) {
        return NGX_CONF_OK;
    }

    if (!own) {
        conf->bare_rules = prev->bare_rules;
        return NGX_CONF_OK;
    }

    rules = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_rules_t));
    routed = ngx_pcalloc(cf->pool, 2 * sizeof(ngx_api_sec_routed_t));

    if (rules == NULL || routed == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < 2; i++) {
        routed[i].contract = conf->bare;
        routed[i].route.op = api_openapi_at(conf->bare->spec->doc, i);
        routed[i].route.route = API_SPAN("");
        routed[i].path.query = API_SPAN("");
    }

    rules->contract = conf->bare;
    rules->routed = routed;
    rules->json = api_json_limits_default;
    rules->opts.json = &rules->json;
    rules->opts.schema = &rules->schema;

    if (conf->has_bounds) {
        ngx_api_sec_rules_bounds(&conf->bounds, rules);
    }

    conf->bare_rules = rules;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_api_sec_bare_handler(ngx_http_request_t *r)
{
    ngx_uint_t                     asks;
    ngx_api_sec_call_t             call;
    const ngx_api_sec_rules_t     *rules;
    const ngx_api_sec_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);
    rules = lcf->schema->bare_rules;

    if (r != r->main || rules == NULL) {
        return NGX_DECLINED;
    }

    if (ngx_api_sec_call_begin(r, lcf, rules, &call) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    call.mode = ngx_api_sec_mode(r, lcf, &rules->contract->mode);

    if (call.mode == NGX_API_MODE_OFF || ngx_api_sec_call_settled(&call)) {
        return NGX_DECLINED;
    }

    asks = (r->method & (NGX_HTTP_POST|NGX_HTTP_PUT|NGX_HTTP_PATCH)) != 0;

    call.routed = &rules->routed[asks];
    call.op = call.routed->route.op;

    if (call.checked->passed == rules && call.checked->routed == call.routed) {
        return NGX_DECLINED;
    }

    return ngx_api_sec_check(&call);
}
