
/*
 * api_graphql [depth=] [aliases=] [batch=] [nodes=] [size=]
 *             [introspection=deny | allow] [mode=] | off
 */

#include "ngx_api_sec_graphql.h"


static char *ngx_api_sec_graphql_bounds(ngx_conf_t *cf,
    ngx_api_sec_graphql_t *g);


char *
ngx_api_sec_graphql(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ngx_str_t              *value;
    ngx_api_sec_graphql_t  *g;

    static const ngx_str_t  policies[] = {
        ngx_string("deny"),
        ngx_string("allow"),
        ngx_null_string
    };

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("depth"), NGX_API_OPT_NUM,
          offsetof(ngx_api_sec_graphql_t, depth), NULL },
        { ngx_string("aliases"), NGX_API_OPT_NUM,
          offsetof(ngx_api_sec_graphql_t, aliases), NULL },
        { ngx_string("batch"), NGX_API_OPT_NUM,
          offsetof(ngx_api_sec_graphql_t, batch), NULL },
        { ngx_string("nodes"), NGX_API_OPT_NUM,
          offsetof(ngx_api_sec_graphql_t, nodes), NULL },
        { ngx_string("size"), NGX_API_OPT_SIZE,
          offsetof(ngx_api_sec_graphql_t, size), NULL },
        { ngx_string("introspection"), NGX_API_OPT_ENUM,
          offsetof(ngx_api_sec_graphql_t, introspection), policies },
        { ngx_string("mode"), NGX_API_OPT_MODE,
          offsetof(ngx_api_sec_graphql_t, mode), NULL },
        ngx_api_null_opt
    };

    if (lcf->graphql != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        lcf->graphql = NULL;
        return NGX_CONF_OK;
    }

    g = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_graphql_t));
    if (g == NULL) {
        return NGX_CONF_ERROR;
    }

    g->mode.fixed = NGX_API_MODE_ENFORCE;
    g->limits = api_graphql_limits_default;
    g->depth = g->limits.depth;
    g->aliases = g->limits.aliases;
    g->nodes = g->limits.fields;
    g->size = g->limits.size;
    g->batch = 1;

    if (ngx_api_conf_opts(cf, 1, opts, g) != NGX_CONF_OK
        || ngx_api_sec_graphql_bounds(cf, g) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    lcf->graphql = g;
    ngx_api_sec_uses(cf, NGX_API_SEC_USES_GRAPHQL);

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_graphql_bounds(ngx_conf_t *cf, ngx_api_sec_graphql_t *g)
{
    if (g->depth == 0 || g->depth > 1000 || g->nodes == 0
        || g->nodes > 1000000 || g->aliases > 1000000 || g->batch == 0
        || g->batch > 1000 || g->size == 0 || g->size > 16 * 1024 * 1024)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "api_graphql takes depth and batch from 1 to 1000, "
                           "nodes from 1 and aliases from 0 to 1000000, size "
                           "up to 16m");
        return NGX_CONF_ERROR;
    }

    g->limits.depth = (uint32_t) g->depth;
    g->limits.aliases = (uint32_t) g->aliases;
    g->limits.fields = (uint32_t) g->nodes;
    g->limits.size = (uint32_t) g->size;

    /* what a document may have written down, not only what it spreads to */

    g->limits.nodes = ngx_max(g->limits.nodes, 10 * g->limits.fields);

    return NGX_CONF_OK;
}
