
/*
 * api_ratelimit_policy: what is counted.  All that can be known when nginx
 * starts is checked here, and each policy is bound to its zone.
 */

#include "ngx_api_ratelimit.h"
#include "ngx_api_ratelimit_kind.h"
#include "ngx_api_ratelimit_store.h"


static char *ngx_api_ratelimit_rate_limit(ngx_conf_t *cf,
    ngx_api_ratelimit_policy_t *policy,
    const ngx_api_ratelimit_words_t *words);
static char *ngx_api_ratelimit_rate_burst(ngx_conf_t *cf,
    ngx_api_ratelimit_policy_t *policy,
    const ngx_api_ratelimit_words_t *words, const api_rate_t *rate);
static char *ngx_api_ratelimit_rate_window(ngx_conf_t *cf,
    ngx_api_ratelimit_policy_t *policy,
    const ngx_api_ratelimit_words_t *words, const api_rate_t *rate);
static char *ngx_api_ratelimit_rate_delay(ngx_conf_t *cf,
    ngx_api_ratelimit_policy_t *policy,
    const ngx_api_ratelimit_words_t *words);
static char *ngx_api_ratelimit_header_make(ngx_conf_t *cf,
    ngx_api_ratelimit_policy_t *policy);
static char *ngx_api_ratelimit_bind(ngx_conf_t *cf,
    ngx_api_ratelimit_main_conf_t *mcf, ngx_api_ratelimit_policy_t *policy);
static char *ngx_api_ratelimit_zone_share(ngx_conf_t *cf,
    const ngx_api_ratelimit_main_conf_t *mcf,
    const ngx_api_ratelimit_policy_t *policy);
static char *ngx_api_ratelimit_zone_kind(ngx_conf_t *cf,
    ngx_api_ratelimit_zone_t *zone);


const ngx_str_t  ngx_api_ratelimit_ats[] = {
    ngx_string("address"),
    ngx_string("identity"),
    ngx_null_string
};


const ngx_str_t  ngx_api_ratelimit_empties[] = {
    ngx_string("skip"),
    ngx_string("deny"),
    ngx_null_string
};


static const ngx_str_t  ngx_api_ratelimit_syncs[] = {
    ngx_string("off"),
    ngx_string("always"),
    ngx_null_string
};


static const ngx_str_t  ngx_api_ratelimit_kind_names[] = {
    ngx_string("nothing"),
    ngx_string("rates"),
    ngx_string("quotas"),
    ngx_string("windows"),
    ngx_string("concurrency")
};


char *
ngx_api_ratelimit_policy(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                        *rv;
    ngx_api_ratelimit_policy_t  *policy;
    ngx_api_ratelimit_words_t    words;

    static const ngx_api_opt_t  opts[] = {
        NGX_API_RATELIMIT_COMMON_WORDS,
        NGX_API_RATELIMIT_CHARGE_WORDS,
        NGX_API_RATELIMIT_WORD("rate", NGX_API_OPT_STR, rate, NULL),
        NGX_API_RATELIMIT_WORD("burst", NGX_API_OPT_STR, burst, NULL),
        NGX_API_RATELIMIT_WORD("delay", NGX_API_OPT_NUM, delay, NULL),
        NGX_API_RATELIMIT_WORD("window", NGX_API_OPT_SEC, window, NULL),
        NGX_API_RATELIMIT_WORD("store", NGX_API_OPT_STR, store, NULL),
        NGX_API_RATELIMIT_WORD("sync", NGX_API_OPT_ENUM, sync,
                               ngx_api_ratelimit_syncs),
        ngx_api_null_opt
    };

    policy = ngx_api_ratelimit_define(cf, conf, &words, opts);

    if (policy == NULL
        || ngx_api_ratelimit_common(cf, policy, &words) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    rv = ngx_api_ratelimit_charges(cf, policy, &words);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (words.rate.len == 0) {
        return "needs a rate, for example rate=100r/s";
    }

    if (words.window && words.store.len) {
        return "takes store= without window=: what machines count together "
               "is a rate";
    }

    if (words.sync && words.store.len == 0) {
        return "takes sync= with store=: it is the store that decides";
    }

    policy->store_name = words.store;
    policy->sync = (uint8_t) words.sync;
    policy->kind = words.window ? &ngx_api_ratelimit_window
                                : words.store.len ? &ngx_api_ratelimit_stored
                                                  : &ngx_api_ratelimit_rate;

    return ngx_api_ratelimit_rate_limit(cf, policy, &words);
}


/* A value without variables is kept as a number, else as a value. */

char *
ngx_api_ratelimit_compile(ngx_conf_t *cf, const ngx_str_t *text,
    ngx_http_complex_value_t **cv)
{
    *cv = NULL;

    if (ngx_http_script_variables_count((ngx_str_t *) text) == 0) {
        return NGX_CONF_OK;
    }

    *cv = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));

    return *cv ? ngx_api_conf_value(cf, (ngx_str_t *) text, *cv)
               : NGX_CONF_ERROR;
}


static char *
ngx_api_ratelimit_rate_limit(ngx_conf_t *cf,
    ngx_api_ratelimit_policy_t *policy, const ngx_api_ratelimit_words_t *words)
{
    char       *rv;
    api_err_t   err;
    api_rate_t  rate;

    if (ngx_api_ratelimit_compile(cf, &words->rate, &policy->rate)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    (void) api_rate_make(1, API_NS, &rate);
    rate.bytes = policy->bytes;

    if (policy->rate == NULL
        && api_rate_parse(ngx_api_span(&words->rate), &rate, &err) != API_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"rate=%V\" is no rate: %s",
                           &words->rate, err.text);
        return NGX_CONF_ERROR;
    }

    if (policy->sync && policy->rate == NULL
        && rate.count > NGX_API_RATELIMIT_SYNC_MAX * (rate.period / API_NS))
    {
        return "takes sync=always up to 10000r/s: each request is a question "
               "to the store; leave it out, and requests do not wait";
    }

    if (rate.bytes != policy->bytes) {
        return "counts bytes with charge=bytes and a rate in b, k, m or g "
               "(rate=512k/s charge=bytes), and requests otherwise";
    }

    rv = words->window ? ngx_api_ratelimit_rate_window(cf, policy, words,
                                                       &rate)
                       : ngx_api_ratelimit_rate_burst(cf, policy, words,
                                                      &rate);

    return rv == NGX_CONF_OK ? ngx_api_ratelimit_header_make(cf, policy) : rv;
}


static char *
ngx_api_ratelimit_rate_burst(ngx_conf_t *cf,
    ngx_api_ratelimit_policy_t *policy, const ngx_api_ratelimit_words_t *words,
    const api_rate_t *rate)
{
    uint64_t  burst;

    burst = 1;

    if (words->burst.len) {
        if (ngx_api_ratelimit_compile(cf, &words->burst, &policy->burst)
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }

        if (policy->burst == NULL
            && (ngx_api_ratelimit_number(&words->burst, policy->bytes, &burst)
                != NGX_OK
                || burst == 0))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"burst=%V\" is none: write how much may come "
                               "at once, from 1 on", &words->burst);
            return NGX_CONF_ERROR;
        }

    } else if (policy->bytes) {
        return "needs a burst with charge=bytes: how much may be sent at "
               "once, for example burst=10m";
    }

    if (api_gcra_init(&policy->gcra, rate, burst) != API_OK) {
        return "has a burst that at this rate takes more than 73 years: "
               "lower one of them";
    }

    if (policy->bytes) {
        api_gcra_overdraft(&policy->gcra, NGX_API_RATELIMIT_OVERDRAFT);
    }

    if (policy->cost_value == NULL && policy->burst == NULL
        && policy->cost > burst)
    {
        return "has a cost that is larger than the burst, so that no request "
               "would ever pass";
    }

    return ngx_api_ratelimit_rate_delay(cf, policy, words);
}


static char *
ngx_api_ratelimit_rate_window(ngx_conf_t *cf,
    ngx_api_ratelimit_policy_t *policy, const ngx_api_ratelimit_words_t *words,
    const api_rate_t *rate)
{
    if (words->burst.len || words->delay != NGX_CONF_UNSET_UINT) {
        return "takes burst= and delay= without window=: a window has neither";
    }

    if (policy->bytes) {
        return "counts bytes without window=";
    }

    policy->window.length = (uint64_t) words->window;
    policy->window.limit = 1;
    policy->term = policy->window.length;

    if (policy->window.length > API_WINDOW_LENGTH_MAX) {
        return "takes a window of 366 days at most";
    }

    if (policy->rate == NULL
        && (ngx_api_ratelimit_window_limit(rate, policy->window.length,
                                           &policy->window.limit)
            != NGX_OK
            || (api_u128_t) policy->window.limit * rate->period
               != (api_u128_t) rate->count * policy->window.length * API_NS))
    {
        return "needs a rate and a window that make a whole number of "
               "requests together, from 1 to 16777215: rate=100r/m window=1m "
               "are 100 in any minute";
    }

    if (policy->rate == NULL && policy->cost_value == NULL
        && policy->cost > policy->window.limit)
    {
        return "has a cost that is larger than the limit, so that no request "
               "would ever pass";
    }

    return NGX_CONF_OK;
}


static char *
ngx_api_ratelimit_rate_delay(ngx_conf_t *cf,
    ngx_api_ratelimit_policy_t *policy, const ngx_api_ratelimit_words_t *words)
{
    policy->delay = NGX_API_RATELIMIT_NODELAY;

    if (words->delay == NGX_CONF_UNSET_UINT) {
        return NGX_CONF_OK;
    }

    if (policy->bytes) {
        return "takes no delay= with charge=bytes";
    }

    if (policy->burst == NULL && words->delay + 1 >= policy->gcra.burst) {
        return "has a delay= that is never reached: with burst=N, requests "
               "wait from delay=0 to delay=N-2 on";
    }

    policy->delay = words->delay;

    return NGX_CONF_OK;
}


static char *
ngx_api_ratelimit_header_make(ngx_conf_t *cf,
    ngx_api_ratelimit_policy_t *policy)
{
    if (policy->rate || policy->burst || policy->limit_value) {
        return NGX_CONF_OK;    /* made for each request */
    }

    policy->header.data = ngx_pnalloc(cf->pool, NGX_API_RATELIMIT_HEADER_MAX);
    if (policy->header.data == NULL) {
        return NGX_CONF_ERROR;
    }

    policy->header.len = ngx_api_ratelimit_header_policy(
                             policy->header.data, policy, &policy->gcra,
                             policy->window.length ? policy->window.limit
                                                   : policy->limit)
                         - policy->header.data;

    return NGX_CONF_OK;
}


/* All has been read: names become pointers. */

char *
ngx_api_ratelimit_resolve(ngx_conf_t *cf, ngx_api_ratelimit_main_conf_t *mcf)
{
    ngx_uint_t                    i;
    ngx_api_ratelimit_zone_t    **zone;
    ngx_api_ratelimit_policy_t  **policy;

    policy = mcf->policies.elts;

    for (i = 0; i < mcf->policies.nelts; i++) {
        if (ngx_api_ratelimit_bind(cf, mcf, policy[i]) != NGX_CONF_OK
            || ngx_api_ratelimit_zone_share(cf, mcf, policy[i])
               != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    zone = mcf->zones.elts;

    for (i = 0; i < mcf->zones.nelts; i++) {
        if (ngx_api_ratelimit_zone_kind(cf, zone[i]) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_api_ratelimit_bind(ngx_conf_t *cf, ngx_api_ratelimit_main_conf_t *mcf,
    ngx_api_ratelimit_policy_t *policy)
{
    ngx_api_ratelimit_zone_t  *zone;

    zone = ngx_api_ratelimit_zone_find(mcf, &policy->zone_name);

    if (zone == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "there is no zone \"%V\": add \"api_ratelimit_zone %V "
                      "10m;\" in %V:%ui", &policy->zone_name,
                      &policy->zone_name, &policy->file, policy->line);
        return NGX_CONF_ERROR;
    }

    if (zone->kind && zone->kind != policy->kind->table) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "api_ratelimit_zone \"%V\" holds %V already, and %V "
                      "need one of their own in %V:%ui", &zone->name,
                      &ngx_api_ratelimit_kind_names[zone->kind],
                      &ngx_api_ratelimit_kind_names[policy->kind->table],
                      &policy->file, policy->line);
        return NGX_CONF_ERROR;
    }

    zone->kind = policy->kind->table;
    policy->zone = zone;
    policy->settle = policy->bytes || policy->charge || policy->refund;
    policy->fixed = policy->kind == &ngx_api_ratelimit_rate
                    && policy->rate == NULL && policy->burst == NULL;

    return policy->store_name.len
           ? ngx_api_ratelimit_store_bind(cf, mcf, policy) : NGX_CONF_OK;
}


/* Keys without a slot share one count, which has one end and one unit. */

static char *
ngx_api_ratelimit_zone_share(ngx_conf_t *cf,
    const ngx_api_ratelimit_main_conf_t *mcf,
    const ngx_api_ratelimit_policy_t *policy)
{
    ngx_uint_t                           i;
    ngx_api_ratelimit_policy_t * const  *other;

    other = mcf->policies.elts;

    for (i = 0; policy->zone->full == API_FULL_SHARE; i++) {

        if (other[i] == policy) {
            break;
        }

        if (other[i]->zone == policy->zone
            && other[i]->term != policy->term)
        {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "api_ratelimit_zone \"%V\" has on_full=share, and "
                          "\"%V\" counts in another period or unit than "
                          "\"%V\": give it a zone of its own in %V:%ui",
                          &policy->zone->name, &policy->name,
                          &other[i]->name, &policy->file, policy->line);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_api_ratelimit_zone_kind(ngx_conf_t *cf, ngx_api_ratelimit_zone_t *zone)
{
    ngx_int_t         workers;
    ngx_core_conf_t  *ccf;

    if (zone->kind == NGX_API_RATELIMIT_LANES) {
        if (zone->full != NGX_CONF_UNSET_UINT && zone->full != API_FULL_DENY)
        {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "api_ratelimit_zone \"%V\" holds concurrency: "
                          "nobody who is there can be forgotten, so it takes "
                          "on_full=deny alone", &zone->name);
            return NGX_CONF_ERROR;
        }

        /* reloads leave old workers behind for a while */

        ccf = (ngx_core_conf_t *) ngx_get_conf(cf->cycle->conf_ctx,
                                               ngx_core_module);
        workers = ngx_max(ccf->worker_processes, ngx_ncpu);
        zone->lanes = (uint32_t) ngx_min(4 * workers, API_LANES_MAX);

        zone->lane = ngx_pcalloc(cf->pool, sizeof(ngx_api_ratelimit_lane_t));
        if (zone->lane == NULL) {
            return NGX_CONF_ERROR;
        }

        zone->lane->n = -1;
    }

    ngx_conf_init_uint_value(zone->full, API_FULL_EVICT);

    ngx_api_ratelimit_zone_check(zone);

    return NGX_CONF_OK;
}
