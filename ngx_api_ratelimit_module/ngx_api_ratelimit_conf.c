
/*
 * The switch api_ratelimit, and the settings beside it.
 */

#include "ngx_api_ratelimit.h"
#include "ngx_api_ratelimit_report.h"


static char *ngx_api_ratelimit_use(ngx_conf_t *cf,
    ngx_api_ratelimit_main_conf_t *mcf, ngx_api_ratelimit_loc_conf_t *lcf,
    ngx_str_t *name, const ngx_api_mode_t *mode);
static char *ngx_api_ratelimit_use_find(ngx_conf_t *cf,
    ngx_api_ratelimit_main_conf_t *mcf, ngx_api_ratelimit_use_t *use);
static char *ngx_api_ratelimit_merge_uses(ngx_conf_t *cf,
    ngx_api_ratelimit_loc_conf_t *prev, ngx_api_ratelimit_loc_conf_t *conf);
static ngx_uint_t ngx_api_ratelimit_used(
    const ngx_api_ratelimit_loc_conf_t *conf);


void *
ngx_api_ratelimit_create_main_conf(ngx_conf_t *cf)
{
    ngx_api_ratelimit_main_conf_t  *mcf;

    mcf = ngx_pcalloc(cf->pool, sizeof(ngx_api_ratelimit_main_conf_t));
    if (mcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     mcf->used = 0;
     *     mcf->bans = NULL;
     *     mcf->watches.timer = NULL;
     */

    ngx_api_door_init(&mcf->door, NGX_API_RATELIMIT);
    mcf->door.status = ngx_api_ratelimit_report;
    mcf->door.metrics = ngx_api_ratelimit_metrics;
    mcf->door.sections = ngx_api_ratelimit_sections;
    mcf->door.tally = &mcf->tenant;

    if (ngx_array_init(&mcf->stores, cf->pool, 1, sizeof(void *)) != NGX_OK
        || ngx_array_init(&mcf->zones, cf->pool, 4, sizeof(void *)) != NGX_OK
        || ngx_array_init(&mcf->policies, cf->pool, 4, sizeof(void *))
           != NGX_OK
        || ngx_array_init(&mcf->uses, cf->pool, 4, sizeof(void *)) != NGX_OK
        || ngx_array_init(&mcf->watches.files, cf->pool, 2, sizeof(void *))
           != NGX_OK)
    {
        return NULL;
    }

    mcf->ipv4 = NGX_CONF_UNSET_UINT;
    mcf->ipv6 = NGX_CONF_UNSET_UINT;

    ngx_api_tally_init(&mcf->tenant, "ratelimit");

    return mcf;
}


char *
ngx_api_ratelimit_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_api_ratelimit_main_conf_t *mcf = conf;

    ngx_uint_t                 i;
    ngx_api_ratelimit_use_t  **use;

    ngx_conf_init_uint_value(mcf->ipv4, 32);
    ngx_conf_init_uint_value(mcf->ipv6, 64);

    use = mcf->uses.elts;

    for (i = 0; i < mcf->uses.nelts; i++) {
        if (ngx_api_ratelimit_use_find(cf, mcf, use[i]) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return ngx_api_ratelimit_resolve(cf, mcf);
}


static char *
ngx_api_ratelimit_use_find(ngx_conf_t *cf,
    ngx_api_ratelimit_main_conf_t *mcf, ngx_api_ratelimit_use_t *use)
{
    ngx_uint_t                    i;
    ngx_api_ratelimit_policy_t  **policy;

    policy = mcf->policies.elts;

    for (i = 0; i < mcf->policies.nelts; i++) {
        if (policy[i]->name.len == use->name.len
            && ngx_strncmp(policy[i]->name.data, use->name.data,
                           use->name.len)
               == 0)
        {
            use->policy = policy[i];
            mcf->used |= policy[i]->at == NGX_API_RATELIMIT_ADDRESS
                         ? NGX_API_RATELIMIT_USES_LIMIT
                         : NGX_API_RATELIMIT_USES_IDENTITY;
            return NGX_CONF_OK;
        }
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "there is no limit \"%V\": define it with "
                  "\"api_ratelimit_policy %V zone= key= rate=;\", "
                  "api_ratelimit_quota or api_ratelimit_concurrency in %V:%ui",
                  &use->name, &use->name, &use->file, use->line);

    return NGX_CONF_ERROR;
}


char *
ngx_api_ratelimit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_ratelimit_loc_conf_t *lcf = conf;

    ngx_str_t                      *value, mode;
    ngx_uint_t                      i, names;
    ngx_api_mode_t                  m;
    ngx_api_ratelimit_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_api_ratelimit_module);
    value = cf->args->elts;

    if (value[1].len == 3 && ngx_strncmp(value[1].data, "off", 3) == 0) {
        lcf->uses.off = 1;
        return cf->args->nelts == 2 ? NGX_CONF_OK : "off takes nothing more";
    }

    m.fixed = NGX_API_MODE_ENFORCE;
    m.cv = NULL;
    names = 0;

    for (i = 1; i < cf->args->nelts; i++) {
        if (value[i].len <= 5
            || ngx_strncmp(value[i].data, "mode=", 5) != 0)
        {
            names++;
            continue;
        }

        mode.data = value[i].data + 5;
        mode.len = value[i].len - 5;

        if (i + 1 != cf->args->nelts) {
            return "takes mode= at its end: it holds for all names before it";
        }

        if (ngx_api_conf_mode(cf, &mode, &m) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (names == 0) {
        return "needs the name of a limit: write \"api_ratelimit NAME;\" "
               "with that of an api_ratelimit_policy, or \"api_ratelimit "
               "off;\"";
    }

    for (i = 1; i <= names; i++) {
        if (ngx_api_ratelimit_use(cf, mcf, lcf, &value[i], &m)
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_api_ratelimit_use(ngx_conf_t *cf, ngx_api_ratelimit_main_conf_t *mcf,
    ngx_api_ratelimit_loc_conf_t *lcf, ngx_str_t *name,
    const ngx_api_mode_t *mode)
{
    ngx_uint_t                 i;
    ngx_api_ratelimit_use_t   *use, **p;

    p = lcf->uses.items ? lcf->uses.items->elts : NULL;

    for (i = 0; p && i < lcf->uses.items->nelts; i++) {
        if (p[i]->name.len == name->len
            && ngx_strncmp(p[i]->name.data, name->data, name->len) == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" stands twice: write it once", name);
            return NGX_CONF_ERROR;
        }
    }

    use = ngx_pcalloc(cf->pool, sizeof(ngx_api_ratelimit_use_t));
    p = ngx_array_push(&mcf->uses);

    if (use == NULL || p == NULL) {
        return NGX_CONF_ERROR;
    }

    *p = use;

    use->name = *name;
    use->mode = *mode;
    use->file = cf->conf_file->file.name;
    use->line = cf->conf_file->line;

    return ngx_api_conf_list_add(cf, &lcf->uses, use);
}


char *
ngx_api_ratelimit_set_headers(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_ratelimit_loc_conf_t *lcf = conf;

    ngx_int_t   n;
    time_t      jitter;
    ngx_str_t  *value;

    static const ngx_str_t  names[] = {
        ngx_string("off"),
        ngx_string("draft"),
        ngx_string("legacy"),
        ngx_string("both"),
        ngx_null_string
    };

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("jitter"), NGX_API_OPT_SEC, 0, NULL },
        ngx_api_null_opt
    };

    if (lcf->headers != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    n = ngx_api_conf_enum(&value[1], names);

    if (n == NGX_ERROR) {
        return "takes draft, legacy, both or off first";
    }

    jitter = 0;

    if (ngx_api_conf_opts(cf, 2, opts, &jitter) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    lcf->headers = (ngx_uint_t) n;    /* DRAFT, LEGACY or both of them */
    lcf->jitter = (ngx_uint_t) jitter;

    return NGX_CONF_OK;
}


char *
ngx_api_ratelimit_net(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_ratelimit_main_conf_t *mcf = conf;

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("ipv4"), NGX_API_OPT_NUM,
          offsetof(ngx_api_ratelimit_main_conf_t, ipv4), NULL },
        { ngx_string("ipv6"), NGX_API_OPT_NUM,
          offsetof(ngx_api_ratelimit_main_conf_t, ipv6), NULL },
        ngx_api_null_opt
    };

    if (mcf->ipv4 != NGX_CONF_UNSET_UINT || mcf->ipv6 != NGX_CONF_UNSET_UINT)
    {
        return "is duplicate";
    }

    if (ngx_api_conf_opts(cf, 1, opts, mcf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if ((mcf->ipv4 != NGX_CONF_UNSET_UINT
         && (mcf->ipv4 < 8 || mcf->ipv4 > 32))
        || (mcf->ipv6 != NGX_CONF_UNSET_UINT
            && (mcf->ipv6 < 16 || mcf->ipv6 > 128)))
    {
        return "takes ipv4= from 8 to 32 and ipv6= from 16 to 128: how many "
               "bits of an address are one client";
    }

    return NGX_CONF_OK;
}


void *
ngx_api_ratelimit_create_loc_conf(ngx_conf_t *cf)
{
    ngx_api_ratelimit_loc_conf_t  *lcf;

    lcf = ngx_pcalloc(cf->pool, sizeof(ngx_api_ratelimit_loc_conf_t));
    if (lcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     lcf->uses = { NULL, 0 };
     *     lcf->used = 0;
     *     lcf->jitter = 0;
     *     lcf->bans = { NULL, 0 };
     */

    lcf->headers = NGX_CONF_UNSET_UINT;

    return lcf;
}


char *
ngx_api_ratelimit_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_api_ratelimit_loc_conf_t *prev = parent;
    ngx_api_ratelimit_loc_conf_t *conf = child;

    if (conf->headers == NGX_CONF_UNSET_UINT) {
        conf->headers = prev->headers;
        conf->jitter = prev->jitter;
    }

    ngx_conf_init_uint_value(conf->headers, NGX_API_RATELIMIT_DRAFT);

    if (ngx_api_ratelimit_merge_uses(cf, prev, conf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_api_conf_list_join(cf, &conf->bans, &prev->bans)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (conf->bans.items
        && conf->bans.items->nelts > NGX_API_RATELIMIT_BANS)
    {
        return "has more than 8 lines of api_ratelimit_ban in one place: "
               "merge some, or drop those from above by off";
    }

    conf->used = ngx_api_ratelimit_used(conf);

    return NGX_CONF_OK;
}


/* Those from above and our own; a limit that is named again has our mode. */

static char *
ngx_api_ratelimit_merge_uses(ngx_conf_t *cf,
    ngx_api_ratelimit_loc_conf_t *prev, ngx_api_ratelimit_loc_conf_t *conf)
{
    ngx_uint_t                 i, n, nown;
    ngx_api_conf_list_t        above;
    ngx_api_ratelimit_use_t  **theirs, **own;

    ngx_memzero(&above, sizeof(ngx_api_conf_list_t));

    theirs = prev->uses.items ? prev->uses.items->elts : NULL;
    own = conf->uses.items ? conf->uses.items->elts : NULL;
    nown = own ? conf->uses.items->nelts : 0;

    for (i = 0; theirs && i < prev->uses.items->nelts; i++) {
        for (n = 0; n < nown; n++) {
            if (own[n]->policy == theirs[i]->policy) {
                break;
            }
        }

        if (n == nown
            && ngx_api_conf_list_add(cf, &above, theirs[i]) != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    return ngx_api_conf_list_join(cf, &conf->uses, &above);
}


/* A ban of whichever kind is noted in the first phase: the request may end
   before the second. */

static ngx_uint_t
ngx_api_ratelimit_used(const ngx_api_ratelimit_loc_conf_t *conf)
{
    ngx_uint_t                       i, used;
    ngx_api_ratelimit_use_t * const *use;

    used = conf->bans.items ? NGX_API_RATELIMIT_USES_BAN
                              |NGX_API_RATELIMIT_USES_BAN_IDENTITY : 0;

    if (conf->uses.items == NULL) {
        return used;
    }

    use = conf->uses.items->elts;

    for (i = 0; i < conf->uses.items->nelts; i++) {
        used |= use[i]->policy->at == NGX_API_RATELIMIT_ADDRESS
                ? NGX_API_RATELIMIT_USES_LIMIT
                : NGX_API_RATELIMIT_USES_IDENTITY;
    }

    return used;
}
