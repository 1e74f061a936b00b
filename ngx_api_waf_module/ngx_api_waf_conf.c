
/*
 * The switch api_waf and what tunes it in a location.
 *
 * A location without a word of its own shares the policy of what is around it,
 * so that a request which is led from one to the other is inspected once.
 */

#include "ngx_api_waf.h"


static char *ngx_api_waf_switch_options(ngx_conf_t *cf,
    ngx_api_waf_loc_conf_t *lcf, ngx_uint_t *names);
static char *ngx_api_waf_exclude_word(ngx_conf_t *cf,
    api_waf_exclude_t *exclude, ngx_str_t *word);
static char *ngx_api_waf_gauge(ngx_api_waf_policy_t *policy,
    ngx_uint_t level);
static char *ngx_api_waf_make_policy(ngx_conf_t *cf,
    ngx_api_waf_loc_conf_t *lcf);


void *
ngx_api_waf_create_main_conf(ngx_conf_t *cf)
{
    ngx_api_waf_main_conf_t  *mcf;

    mcf = ngx_pcalloc(cf->pool, sizeof(ngx_api_waf_main_conf_t));
    if (mcf == NULL) {
        return NULL;
    }

    mcf->worker = ngx_pcalloc(cf->pool, sizeof(ngx_api_waf_worker_t));

    if (mcf->worker == NULL
        || ngx_array_init(&mcf->rulesets, cf->pool, 4, sizeof(void *))
           != NGX_OK
        || ngx_array_init(&mcf->sets, cf->pool, 4, sizeof(void *)) != NGX_OK
        || ngx_array_init(&mcf->patches, cf->pool, 4, sizeof(void *)) != NGX_OK
        || ngx_array_init(&mcf->watches.files, cf->pool, 2, sizeof(void *))
           != NGX_OK
        || ngx_api_random(&mcf->worker->seed, sizeof(api_sipkey_t)) != NGX_OK)
    {
        return NULL;
    }

    ngx_api_door_init(&mcf->door, NGX_API_WAF);
    mcf->door.status = ngx_api_waf_report;
    mcf->door.metrics = ngx_api_waf_metrics;
    mcf->door.tally = &mcf->tenant;

    ngx_api_tally_init(&mcf->tenant, "waf");

    return mcf;
}


char *
ngx_api_waf_init_main_conf(ngx_conf_t *cf, void *conf)
{
    return ngx_api_waf_compile(cf, conf);
}


char *
ngx_api_waf_switch(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_waf_loc_conf_t *lcf = conf;

    ngx_str_t                *value;
    ngx_uint_t                names;
    ngx_api_waf_main_conf_t  *mcf;

    if (lcf->set != NGX_CONF_UNSET_PTR) {
        return "is duplicate: write all names in one \"api_waf NAME...;\"";
    }

    value = cf->args->elts;
    lcf->own = 1;

    if (value[1].len == 3 && ngx_strncmp(value[1].data, "off", 3) == 0) {
        lcf->set = NULL;
        return cf->args->nelts == 2 ? NGX_CONF_OK : "off takes nothing more";
    }

    lcf->mode.fixed = NGX_API_MODE_ENFORCE;
    lcf->mode.cv = NULL;
    lcf->grpc = 0;

    if (ngx_api_waf_switch_options(cf, lcf, &names) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (names == 0) {
        return "needs the name of a rule set: write \"api_waf core;\", "
               "\"api_waf NAME;\" with that of an api_waf_ruleset, or "
               "\"api_waf off;\"";
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_api_waf_module);

    lcf->set = ngx_api_waf_set(cf, mcf, &value[1], names);

    return lcf->set ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* What stands behind the names. */

static char *
ngx_api_waf_switch_options(ngx_conf_t *cf, ngx_api_waf_loc_conf_t *lcf,
    ngx_uint_t *names)
{
    ngx_str_t   *value;
    ngx_uint_t   i;

    typedef struct {
        ngx_api_mode_t          mode;
        ngx_uint_t              skip;
    } ngx_api_waf_switch_opts_t;

    ngx_api_waf_switch_opts_t  opts;

    static const ngx_str_t  skips[] = {
        ngx_string("none"),
        ngx_string("grpc"),
        ngx_null_string
    };

    static const ngx_api_opt_t  params[] = {
        { ngx_string("mode"), NGX_API_OPT_MODE,
          offsetof(ngx_api_waf_switch_opts_t, mode), NULL },
        { ngx_string("skip"), NGX_API_OPT_ENUM,
          offsetof(ngx_api_waf_switch_opts_t, skip), skips },
        ngx_api_null_opt
    };

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_strlchr(value[i].data, value[i].data + value[i].len, '=')) {
            break;
        }
    }

    *names = i - 1;
    opts.mode = lcf->mode;
    opts.skip = 0;

    if (ngx_api_conf_opts(cf, i, params, &opts) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    lcf->mode = opts.mode;
    lcf->grpc = opts.skip;

    return NGX_CONF_OK;
}


char *
ngx_api_waf_paranoia(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_waf_loc_conf_t *lcf = conf;

    ngx_int_t                 n;
    ngx_str_t                *value;
    ngx_api_waf_main_conf_t  *mcf;

    if (lcf->paranoia != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    n = ngx_atoi(value[1].data, value[1].len);

    if (n < 1 || n > 4) {
        return "takes a level from 1 to 4, such as \"api_waf_paranoia 1;\"";
    }

    lcf->paranoia = (ngx_uint_t) n;
    lcf->own = 1;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_api_waf_module);
    mcf->paranoia = ngx_max(mcf->paranoia, lcf->paranoia);

    return NGX_CONF_OK;
}


char *
ngx_api_waf_threshold(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_waf_loc_conf_t *lcf = conf;

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("in"), NGX_API_OPT_NUM,
          offsetof(ngx_api_waf_loc_conf_t, in), NULL },
        { ngx_string("out"), NGX_API_OPT_NUM,
          offsetof(ngx_api_waf_loc_conf_t, out), NULL },
        ngx_api_null_opt
    };

    if (lcf->in != NGX_CONF_UNSET_UINT || lcf->out != NGX_CONF_UNSET_UINT) {
        return "is duplicate: write \"api_waf_threshold in=N out=N;\"";
    }

    if (ngx_api_conf_opts(cf, 1, opts, lcf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (lcf->in == 0 || lcf->out == 0) {
        return "takes scores from 1 on: in=5 refuses at one critical match";
    }

    lcf->own = 1;

    return NGX_CONF_OK;
}


char *
ngx_api_waf_budget(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_waf_loc_conf_t *lcf = conf;

    ngx_int_t   n;
    ngx_str_t  *value;

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("base"), NGX_API_OPT_NUM,
          offsetof(ngx_api_waf_loc_conf_t, base), NULL },
        ngx_api_null_opt
    };

    if (lcf->factor != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    n = ngx_atoi(value[1].data, value[1].len);

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        n = 0;

    } else if (n < 1 || n > 1000) {
        return "takes a factor from 1 to 1000, such as \"api_waf_budget 5;\", "
               "or off";
    }

    lcf->factor = (ngx_uint_t) n;

    if (ngx_api_conf_opts(cf, 2, opts, lcf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    return lcf->base ? NGX_CONF_OK
                     : "takes work units from 1 on, such as \"base=5000000\"";
}


char *
ngx_api_waf_exclude(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_waf_loc_conf_t *lcf = conf;

    ngx_str_t          *value;
    api_waf_exclude_t  *exclude;

    value = cf->args->elts;
    lcf->own = 1;

    if (value[1].len == 3 && ngx_strncmp(value[1].data, "off", 3) == 0) {
        lcf->exclude.off = 1;
        return cf->args->nelts == 2 ? NGX_CONF_OK : "off takes nothing more";
    }

    exclude = ngx_pcalloc(cf->pool, sizeof(api_waf_exclude_t));
    if (exclude == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_api_waf_exclude_word(cf, exclude, &value[1]) != NGX_CONF_OK) {
        return "takes id=, tag= or msg= first, such as "
               "\"api_waf_exclude id=942100 target=ARGS:q;\"";
    }

    if (cf->args->nelts == 3) {

        if (value[2].len <= 7 || ngx_strncmp(value[2].data, "target=", 7) != 0)
        {
            return "takes target= second, such as \"target=ARGS:q\"";
        }

        exclude->target = api_span(value[2].data + 7, value[2].len - 7);
    }

    return ngx_api_conf_list_add(cf, &lcf->exclude, exclude);
}


static char *
ngx_api_waf_exclude_word(ngx_conf_t *cf, api_waf_exclude_t *exclude,
    ngx_str_t *word)
{
    ngx_uint_t  i;

    static const ngx_str_t  words[] = {
        ngx_string("id="),
        ngx_string("tag="),
        ngx_string("msg="),
        ngx_null_string
    };

    for (i = 0; words[i].len; i++) {

        if (word->len > words[i].len
            && ngx_strncmp(word->data, words[i].data, words[i].len) == 0)
        {
            exclude->by = (api_waf_by_t) i;    /* in the same order */
            exclude->what = api_span(word->data + words[i].len,
                                     word->len - words[i].len);
            return NGX_CONF_OK;
        }
    }

    return NGX_CONF_ERROR;
}


void *
ngx_api_waf_create_loc_conf(ngx_conf_t *cf)
{
    ngx_api_waf_loc_conf_t  *lcf;

    lcf = ngx_pcalloc(cf->pool, sizeof(ngx_api_waf_loc_conf_t));
    if (lcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     lcf->grpc = 0;
     *     lcf->exclude = { NULL, 0 };
     *     lcf->own = 0;
     *     lcf->policy = NULL;
     */

    lcf->set = NGX_CONF_UNSET_PTR;
    lcf->mode.fixed = NGX_CONF_UNSET_UINT;
    lcf->paranoia = NGX_CONF_UNSET_UINT;
    lcf->in = NGX_CONF_UNSET_UINT;
    lcf->out = NGX_CONF_UNSET_UINT;
    lcf->factor = NGX_CONF_UNSET_UINT;
    lcf->base = NGX_CONF_UNSET_UINT;

    return lcf;
}


char *
ngx_api_waf_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_api_waf_loc_conf_t *prev = parent;
    ngx_api_waf_loc_conf_t *conf = child;

    /* that of http is merged with nothing, and may be shared by servers */

    if (ngx_api_waf_make_policy(cf, prev) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (conf->set == NGX_CONF_UNSET_PTR) {
        conf->set = prev->set;
        conf->mode = prev->mode;
        conf->grpc = prev->grpc;
    }

    ngx_conf_merge_uint_value(conf->paranoia, prev->paranoia, 0);
    ngx_conf_merge_uint_value(conf->in, prev->in, 0);
    ngx_conf_merge_uint_value(conf->out, prev->out, 0);
    ngx_conf_merge_uint_value(conf->base, prev->base, NGX_API_WAF_BASE);
    ngx_conf_merge_uint_value(conf->factor, prev->factor, NGX_API_WAF_FACTOR);

    if (ngx_api_conf_list_join(cf, &conf->exclude, &prev->exclude)
        != NGX_CONF_OK
        || ngx_api_conf_list_join(cf, &conf->patches, &prev->patches)
           != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (!conf->own) {
        conf->policy = prev->policy;
        return NGX_CONF_OK;
    }

    return ngx_api_waf_make_policy(cf, conf);
}


static char *
ngx_api_waf_make_policy(ngx_conf_t *cf, ngx_api_waf_loc_conf_t *lcf)
{
    ngx_uint_t             i;
    api_err_t              err;
    api_alloc_t           *alloc;
    api_waf_exclude_t     *excludes, **e;
    api_waf_view_conf_t    conf;
    ngx_api_waf_policy_t  *policy;

    ngx_conf_init_ptr_value(lcf->set, NULL);

    if (lcf->set == NULL || lcf->policy) {
        return NGX_CONF_OK;
    }

    ngx_memzero(&conf, sizeof(api_waf_view_conf_t));

    conf.paranoia = lcf->paranoia == NGX_CONF_UNSET_UINT
                    ? 0 : (uint32_t) lcf->paranoia;
    conf.in = lcf->in == NGX_CONF_UNSET_UINT ? 0 : (uint32_t) lcf->in;
    conf.out = lcf->out == NGX_CONF_UNSET_UINT ? 0 : (uint32_t) lcf->out;
    conf.nexclude = lcf->exclude.items ? lcf->exclude.items->nelts : 0;

    policy = ngx_pcalloc(cf->pool, sizeof(ngx_api_waf_policy_t));
    alloc = ngx_palloc(cf->pool, sizeof(api_alloc_t));
    excludes = ngx_palloc(cf->pool, (conf.nexclude + 1)
                                    * sizeof(api_waf_exclude_t));

    if (policy == NULL || alloc == NULL || excludes == NULL) {
        return NGX_CONF_ERROR;
    }

    e = conf.nexclude ? lcf->exclude.items->elts : NULL;

    for (i = 0; i < conf.nexclude; i++) {
        excludes[i] = *e[i];
    }

    conf.exclude = excludes;

    ngx_api_pool_alloc(alloc, cf->pool);

    if (api_waf_view_create(&policy->view, lcf->set->program, &conf, alloc,
                            &err)
        != API_OK)
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"api_waf %V\" in %V:%ui: %s", &lcf->set->text,
                      &lcf->set->file, lcf->set->line, err.text);
        return NGX_CONF_ERROR;
    }

    policy->set = lcf->set;
    lcf->policy = policy;

    return ngx_api_waf_gauge(policy, conf.paranoia);
}


/* Exclusions make little difference: once for each set and level. */

static char *
ngx_api_waf_gauge(ngx_api_waf_policy_t *policy, ngx_uint_t level)
{
    uint64_t  *units;

    units = &policy->set->units[level];

    if (*units == 0
        && api_waf_view_gauge(policy->view, &api_alloc_libc, units) != API_OK)
    {
        return NGX_CONF_ERROR;
    }

    policy->units = *units;

    return NGX_CONF_OK;
}
