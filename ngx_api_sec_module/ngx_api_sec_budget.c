
/*
 * api_auth_budget: how many bad credentials that are dear to check one
 * address, or all of them, can make a worker check.
 *
 * One is spent before the check, and given back when the credential was good.
 */

#include "ngx_api_sec.h"


#define NGX_API_BUDGET_ENTRIES  4096


static ngx_int_t ngx_api_sec_budget_rate(ngx_str_t *value,
    ngx_api_sec_budget_t *budget);
static uint64_t ngx_api_sec_budget_who(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_budget_t *budget);
static void ngx_api_sec_budget_cleanup(void *data);


static const ngx_str_t  ngx_api_sec_budget_pers[] = {
    ngx_string("address"),
    ngx_string("worker"),
    ngx_null_string
};


char *
ngx_api_sec_auth_budget(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ngx_str_t             *value;
    ngx_api_sec_budget_t  *budget;

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("per"), NGX_API_OPT_ENUM,
          offsetof(ngx_api_sec_budget_t, per), ngx_api_sec_budget_pers },
        ngx_api_null_opt
    };

    budget = &lcf->budget;

    if (budget->period != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        budget->period = 0;
        return NGX_CONF_OK;
    }

    if (ngx_api_sec_budget_rate(&value[1], budget) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no rate: write 50r/s, 600r/m, 10r/5m or "
                           "off", &value[1]);
        return NGX_CONF_ERROR;
    }

    budget->per = NGX_API_BUDGET_ADDRESS;

    return ngx_api_conf_opts(cf, 2, opts, budget);
}


/* Nr/s, Nr/m, Nr/h, Nr/d, Nr/TIME */

static ngx_int_t
ngx_api_sec_budget_rate(ngx_str_t *value, ngx_api_sec_budget_t *budget)
{
    u_char     *p;
    ngx_int_t   count, period;
    ngx_str_t   time;

    p = ngx_strlchr(value->data, value->data + value->len, '/');

    if (p == NULL || p - value->data < 2 || p[-1] != 'r') {
        return NGX_ERROR;
    }

    count = ngx_atoi(value->data, p - 1 - value->data);

    time.data = p + 1;
    time.len = value->data + value->len - time.data;

    if (time.len == 1 && (*time.data < '0' || *time.data > '9')) {

        period = *time.data == 's' ? 1000
                 : *time.data == 'm' ? 60 * 1000
                 : *time.data == 'h' ? 3600 * 1000
                 : *time.data == 'd' ? 86400 * 1000 : NGX_ERROR;

    } else {
        period = ngx_parse_time(&time, 0);
    }

    if (count < 1 || count > 1000000 || period < 1
        || period > 86400 * 1000 * (ngx_int_t) 31)
    {
        return NGX_ERROR;
    }

    budget->count = count;
    budget->period = period;

    return NGX_OK;
}


void
ngx_api_sec_merge_budget(ngx_api_sec_budget_t *conf,
    const ngx_api_sec_budget_t *prev)
{
    if (conf->period != NGX_CONF_UNSET_MSEC) {
        return;
    }

    *conf = *prev;

    if (conf->period == NGX_CONF_UNSET_MSEC) {
        conf->count = 50;
        conf->period = 1000;
        conf->per = NGX_API_BUDGET_ADDRESS;
    }
}


/* postconfiguration: what each worker keeps of who has spent what. */

ngx_int_t
ngx_api_sec_budget_create(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    ngx_pool_cleanup_t  *cln;

    if (mcf->auths.nelts == 0) {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    mcf->spend = api_spend_create(&api_alloc_libc, NGX_API_BUDGET_ENTRIES);

    cln->handler = ngx_api_sec_budget_cleanup;
    cln->data = mcf->spend;

    return mcf->spend ? NGX_OK : NGX_ERROR;
}


static void
ngx_api_sec_budget_cleanup(void *data)
{
    api_spend_free(data);
}


ngx_int_t
ngx_api_sec_budget_take(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf)
{
    const ngx_api_sec_budget_t    *budget;
    const ngx_api_sec_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);
    budget = &lcf->budget;

    if (budget->period == 0) {
        return NGX_OK;
    }

    return api_spend_take(mcf->spend, ngx_api_sec_budget_who(r, mcf, budget),
                          budget->count, budget->period, ngx_current_msec)
           ? NGX_OK : NGX_DECLINED;
}


void
ngx_api_sec_budget_give(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf)
{
    const ngx_api_sec_budget_t    *budget;
    const ngx_api_sec_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);
    budget = &lcf->budget;

    if (budget->period) {
        api_spend_give(mcf->spend, ngx_api_sec_budget_who(r, mcf, budget),
                       budget->count, budget->period, ngx_current_msec);
    }
}


ngx_uint_t
ngx_api_sec_budget_fault(ngx_api_sec_fault_t *fault)
{
    fault->status = NGX_HTTP_TOO_MANY_REQUESTS;
    fault->retry = 1;
    ngx_str_set(&fault->reason, "budget");
    ngx_str_set(&fault->code, "too_many_failures");
    ngx_str_set(&fault->title, "Too many bad credentials");

    return NGX_API_AUTH_INVALID;
}


/* IPv4 addresses, and networks of /64 of IPv6: those are one customer's. */

static uint64_t
ngx_api_sec_budget_who(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_budget_t *budget)
{
    api_span_t              address;
    const struct sockaddr  *sa;
#if (NGX_HAVE_INET6)
    const struct in6_addr  *in6;
#endif

    sa = r->connection->sockaddr;
    address = API_SPAN("worker");

    if (budget->per == NGX_API_BUDGET_ADDRESS) {

        switch (sa->sa_family) {

        case AF_INET:
            address = api_span(&((const struct sockaddr_in *) sa)->sin_addr,
                               4);
            break;

#if (NGX_HAVE_INET6)
        case AF_INET6:
            in6 = &((const struct sockaddr_in6 *) sa)->sin6_addr;

            /* all of IPv4 is in one /64 where one socket takes both */

            address = IN6_IS_ADDR_V4MAPPED(in6)
                      ? api_span(&in6->s6_addr[12], 4)
                      : api_span(&in6->s6_addr[0], 8);
            break;
#endif

        default: /* AF_UNIX */
            break;
        }
    }

    return api_siphash13(mcf->seed, address) | 1;
}
