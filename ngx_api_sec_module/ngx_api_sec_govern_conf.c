
#include "ngx_api_sec_govern.h"
#include "api_day.h"


typedef struct {
    ngx_str_t                   rule;
    ngx_str_t                   scope;
    ngx_str_t                   expires;
    ngx_str_t                   owner;
    ngx_str_t                   ticket;
} ngx_api_sec_exception_args_t;


static ngx_api_sec_govern_t *ngx_api_sec_govern_of(ngx_conf_t *cf,
    ngx_api_sec_loc_conf_t *lcf);
static char *ngx_api_sec_policy_review(ngx_conf_t *cf,
    ngx_api_sec_policy_t *policy);
static void ngx_api_sec_policy_again(const ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_policy_t *policy);
static char *ngx_api_sec_exception_rule(ngx_conf_t *cf,
    ngx_api_sec_exception_t *e);
static char *ngx_api_sec_exception_add(ngx_conf_t *cf,
    ngx_api_sec_govern_t *govern, ngx_api_sec_exception_t *e);


/*
 * What may be excepted.  Not bodies: what nobody has read cannot be handed
 * on, api_body_limit is what to change; not bans and CORS, which have lists
 * of their own; not the record.
 */

static const ngx_uint_t  ngx_api_sec_exceptable[] = {
    NGX_API_CHECK_AUTH,
    NGX_API_CHECK_REQUIRE,
    NGX_API_CHECK_BIND,
    NGX_API_CHECK_SCHEMA,
    NGX_API_CHECK_LIMIT,
    NGX_API_CHECK_WAF,
    NGX_API_CHECK_LEAK,
    NGX_API_CHECK_BEHAVIOR
};


ngx_int_t
ngx_api_sec_govern_create(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    if (ngx_array_init(&mcf->policies, cf->pool, 4, sizeof(void *)) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_array_init(&mcf->exceptions, cf->pool, 4, sizeof(void *));
}


char *
ngx_api_sec_api_policy(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                *value;
    ngx_api_sec_govern_t     *govern;
    ngx_api_sec_policy_t     *policy, **all;
    ngx_api_sec_main_conf_t  *mcf;

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("owner"), NGX_API_OPT_STR,
          offsetof(ngx_api_sec_policy_t, owner), NULL },
        { ngx_string("review_by"), NGX_API_OPT_STR,
          offsetof(ngx_api_sec_policy_t, review), NULL },
        ngx_api_null_opt
    };

    govern = ngx_api_sec_govern_of(cf, conf);
    if (govern == NULL) {
        return NGX_CONF_ERROR;
    }

    if (govern->policy || govern->off) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        govern->off = 1;
        return NGX_CONF_OK;
    }

    policy = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_policy_t));
    if (policy == NULL) {
        return NGX_CONF_ERROR;
    }

    policy->id = value[1];

    if (ngx_api_conf_opts(cf, 2, opts, policy) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (policy->owner.len == 0) {
        return "needs owner=NAME: who answers for it";
    }

    if (ngx_api_sec_policy_review(cf, policy) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    govern->policy = policy;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_api_sec_module);

    ngx_api_sec_policy_again(mcf, policy);

    all = ngx_array_push(&mcf->policies);
    if (all == NULL) {
        return NGX_CONF_ERROR;
    }

    *all = policy;

    return NGX_CONF_OK;
}


/* A policy may stand in several locations; a metric of it stands once, and
   tells the first day of them. */

static void
ngx_api_sec_policy_again(const ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_policy_t *policy)
{
    ngx_uint_t               i;
    ngx_api_sec_policy_t   **p;

    policy->review_first = policy->review_by;
    p = mcf->policies.elts;

    for (i = 0; i < mcf->policies.nelts; i++) {
        if (p[i]->again
            || !api_span_eq(ngx_api_span(&p[i]->id),
                            ngx_api_span(&policy->id))
            || !api_span_eq(ngx_api_span(&p[i]->owner),
                            ngx_api_span(&policy->owner)))
        {
            continue;
        }

        policy->again = 1;

        if (policy->review_by
            && (p[i]->review_first == 0
                || policy->review_by < p[i]->review_first))
        {
            p[i]->review_first = policy->review_by;
        }

        return;
    }
}


static char *
ngx_api_sec_policy_review(ngx_conf_t *cf, ngx_api_sec_policy_t *policy)
{
    if (policy->review.len
        && !api_day_parse(ngx_api_span(&policy->review), true,
                          &policy->review_by))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "api_policy: review_by= takes a day such as "
                           "2027-06-30: \"%V\"", &policy->review);
        return NGX_CONF_ERROR;
    }

    if (policy->review_by && policy->review_by <= ngx_time()) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "policy \"%V\" of %V was to be reviewed by %V",
                           &policy->id, &policy->owner, &policy->review);
    }

    return NGX_CONF_OK;
}


static ngx_api_sec_govern_t *
ngx_api_sec_govern_of(ngx_conf_t *cf, ngx_api_sec_loc_conf_t *lcf)
{
    if (lcf->govern == NULL) {
        lcf->govern = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_govern_t));
    }

    return lcf->govern;
}


char *
ngx_api_sec_api_exception(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                     *value;
    ngx_api_sec_govern_t          *govern;
    ngx_api_sec_exception_t       *e;
    ngx_api_sec_exception_args_t   args;

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("rule"), NGX_API_OPT_STR,
          offsetof(ngx_api_sec_exception_args_t, rule), NULL },
        { ngx_string("scope"), NGX_API_OPT_STR,
          offsetof(ngx_api_sec_exception_args_t, scope), NULL },
        { ngx_string("expires"), NGX_API_OPT_STR,
          offsetof(ngx_api_sec_exception_args_t, expires), NULL },
        { ngx_string("owner"), NGX_API_OPT_STR,
          offsetof(ngx_api_sec_exception_args_t, owner), NULL },
        { ngx_string("ticket"), NGX_API_OPT_STR,
          offsetof(ngx_api_sec_exception_args_t, ticket), NULL },
        ngx_api_null_opt
    };

    govern = ngx_api_sec_govern_of(cf, conf);
    e = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_exception_t));

    if (govern == NULL || e == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        govern->exceptions.off = 1;
        return NGX_CONF_OK;
    }

    ngx_memzero(&args, sizeof(ngx_api_sec_exception_args_t));

    if (ngx_api_conf_opts(cf, 2, opts, &args) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    e->id = value[1];
    e->file = cf->conf_file->file.name;
    e->line = cf->conf_file->line;
    e->rule = args.rule;
    e->expires = args.expires;
    e->owner = args.owner;
    e->ticket = args.ticket;

    if (e->rule.len == 0 || e->expires.len == 0 || e->owner.len == 0) {
        return "needs rule=, expires= and owner=: an exception ends, and is "
               "somebody's";
    }

    if (!api_day_parse(ngx_api_span(&e->expires), true, &e->until)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "api_exception: expires= takes a day such as "
                           "2027-01-31, or 2027-01-31T12:00:00Z: \"%V\"",
                           &e->expires);
        return NGX_CONF_ERROR;
    }

    if (ngx_api_sec_exception_rule(cf, e) != NGX_CONF_OK
        || ngx_api_sec_exception_scope(cf, e, &args.scope) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_api_sec_exception_add(cf, govern, e);
}


static char *
ngx_api_sec_exception_add(ngx_conf_t *cf, ngx_api_sec_govern_t *govern,
    ngx_api_sec_exception_t *e)
{
    ngx_uint_t                 i;
    ngx_api_sec_exception_t  **other;
    ngx_api_sec_main_conf_t   *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_api_sec_module);
    other = mcf->exceptions.elts;

    for (i = 0; i < mcf->exceptions.nelts; i++) {
        if (other[i]->id.len == e->id.len
            && ngx_strncmp(other[i]->id.data, e->id.data, e->id.len) == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "api_exception: there are two of the name "
                               "\"%V\"", &e->id);
            return NGX_CONF_ERROR;
        }
    }

    if (e->until <= ngx_time()) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "exception \"%V\" of %V has expired (%V): it "
                           "excepts nothing", &e->id, &e->owner, &e->expires);
    }

    other = ngx_array_push(&mcf->exceptions);
    if (other == NULL) {
        return NGX_CONF_ERROR;
    }

    *other = e;

    /* nobody asks where there is none */

    mcf->door.except = ngx_api_sec_except;
    mcf->door.except_rules = ngx_api_sec_except_rules;

    return ngx_api_conf_list_add(cf, &govern->exceptions, e);
}


/* CHECK, CHECK.REASON, waf.ID */

static char *
ngx_api_sec_exception_rule(ngx_conf_t *cf, ngx_api_sec_exception_t *e)
{
    u_char           *dot, *end;
    ngx_int_t         id;
    ngx_uint_t        i;
    ngx_str_t         check;
    const ngx_str_t  *name;

    end = e->rule.data + e->rule.len;
    dot = ngx_strlchr(e->rule.data, end, '.');
    check.data = e->rule.data;
    check.len = (dot ? dot : end) - e->rule.data;

    if (dot) {
        e->reason.data = dot + 1;
        e->reason.len = end - dot - 1;
    }

    for (i = 0; i < sizeof(ngx_api_sec_exceptable) / sizeof(ngx_uint_t); i++) {
        name = &ngx_api_check_names[ngx_api_sec_exceptable[i]];

        if (name->len == check.len
            && ngx_strncmp(name->data, check.data, check.len) == 0)
        {
            break;
        }
    }

    if (i == sizeof(ngx_api_sec_exceptable) / sizeof(ngx_uint_t)
        || (dot && e->reason.len == 0))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "api_exception: rule= takes auth, require, bind, "
                           "schema, limit, waf, leak or behavior, with a "
                           "reason behind a dot or none: \"%V\"", &e->rule);
        return NGX_CONF_ERROR;
    }

    e->check = ngx_api_sec_exceptable[i];

    if (e->check == NGX_API_CHECK_WAF && dot) {
        id = ngx_atoi(e->reason.data, e->reason.len);

        if (id < 1 || id > NGX_MAX_INT32_VALUE) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "api_exception: behind \"waf.\" stands the id "
                               "of a rule, as in waf.942100: \"%V\"",
                               &e->rule);
            return NGX_CONF_ERROR;
        }

        e->waf = (uint32_t) id;
    }

    return NGX_CONF_OK;
}


/* A policy replaces, exceptions add up. */

char *
ngx_api_sec_govern_merge(ngx_conf_t *cf, ngx_api_sec_loc_conf_t *conf,
    const ngx_api_sec_loc_conf_t *prev)
{
    if (prev->govern == NULL || conf->govern == NULL) {
        conf->govern = conf->govern ? conf->govern : prev->govern;
        return NGX_CONF_OK;
    }

    if (conf->govern->policy == NULL && !conf->govern->off) {
        conf->govern->policy = prev->govern->policy;
    }

    return ngx_api_conf_list_join(cf, &conf->govern->exceptions,
                                  &prev->govern->exceptions);
}
