
/*
 * What the directives that define a limit have in common: a name, a zone, a
 * key, when it counts, and which responses it counts.
 */

#include "ngx_api_ratelimit.h"
#include "ngx_api_ratelimit_kind.h"


static ngx_uint_t ngx_api_ratelimit_name(const ngx_str_t *name);
static ngx_int_t ngx_api_ratelimit_variable_alone(ngx_conf_t *cf,
    const ngx_str_t *key);
static char *ngx_api_ratelimit_ranges(ngx_conf_t *cf,
    const ngx_array_t *words, ngx_array_t **ranges);
static ngx_uint_t ngx_api_ratelimit_range(const ngx_str_t *word,
    ngx_api_ratelimit_range_t *range);


ngx_api_ratelimit_policy_t *
ngx_api_ratelimit_define(ngx_conf_t *cf, ngx_api_ratelimit_main_conf_t *mcf,
    ngx_api_ratelimit_words_t *words, const ngx_api_opt_t *opts)
{
    ngx_str_t                    *value;
    ngx_uint_t                    i;
    ngx_api_ratelimit_policy_t  **p, *policy;

    value = cf->args->elts;

    if (!ngx_api_ratelimit_name(&value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no name for a limit, which clients "
                           "read: write up to %d of a-z, A-Z, 0-9, _, - and "
                           ".", &value[1], NGX_API_RATELIMIT_NAME_MAX);
        return NULL;
    }

    p = mcf->policies.elts;

    for (i = 0; i < mcf->policies.nelts; i++) {
        if (p[i]->name.len == value[1].len
            && ngx_strncmp(p[i]->name.data, value[1].data, value[1].len) == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "there is a limit \"%V\" already, in %V:%ui",
                               &value[1], &p[i]->file, p[i]->line);
            return NULL;
        }
    }

    policy = ngx_pcalloc(cf->pool, sizeof(ngx_api_ratelimit_policy_t));
    p = ngx_array_push(&mcf->policies);

    if (policy == NULL || p == NULL) {
        return NULL;
    }

    *p = policy;

    policy->name = value[1];
    policy->file = cf->conf_file->file.name;
    policy->line = cf->conf_file->line;

    ngx_memzero(words, sizeof(ngx_api_ratelimit_words_t));

    words->at = NGX_API_RATELIMIT_IDENTITY;
    words->empty = NGX_API_RATELIMIT_SKIP;
    words->status = NGX_HTTP_TOO_MANY_REQUESTS;
    words->delay = NGX_CONF_UNSET_UINT;

    return ngx_api_conf_opts(cf, 2, opts, words) == NGX_CONF_OK ? policy
                                                                : NULL;
}


/* It stands in header fields and log lines as it is. */

static ngx_uint_t
ngx_api_ratelimit_name(const ngx_str_t *name)
{
    u_char      c;
    ngx_uint_t  i;

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
            && (c < '0' || c > '9') && c != '_' && c != '-' && c != '.')
        {
            return 0;
        }
    }

    return name->len > 0 && name->len <= NGX_API_RATELIMIT_NAME_MAX;
}


char *
ngx_api_ratelimit_common(ngx_conf_t *cf, ngx_api_ratelimit_policy_t *policy,
    const ngx_api_ratelimit_words_t *words)
{
    if (words->zone.len == 0 || words->key.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the limit \"%V\" needs zone=NAME and key=VALUE, "
                           "for example zone=users key=$api_principal",
                           &policy->name);
        return NGX_CONF_ERROR;
    }

    if (words->status < 400 || words->status > 599) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"status=%ui\" refuses nobody: write one from "
                           "400 to 599", words->status);
        return NGX_CONF_ERROR;
    }

    policy->zone_name = words->zone;
    policy->at = words->at;
    policy->empty = words->empty;
    policy->status = words->status;
    policy->cost = 1;
    policy->delay = NGX_API_RATELIMIT_NODELAY;
    policy->id = api_table_policy(ngx_api_span(&policy->name),
                                  (uint64_t) words->window);

    policy->sample = ngx_pcalloc(cf->pool, sizeof(ngx_api_ratelimit_sample_t));

    if (policy->sample == NULL
        || ngx_api_conf_value(cf, (ngx_str_t *) &words->key, &policy->key)
           != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    policy->variable = ngx_api_ratelimit_variable_alone(cf, &words->key);

    if (words->when.len == 0) {
        return NGX_CONF_OK;
    }

    policy->when = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));

    return policy->when ? ngx_api_conf_value(cf, (ngx_str_t *) &words->when,
                                             policy->when)
                        : NGX_CONF_ERROR;
}


/* "$name": its index, to be read without a script; else NGX_ERROR. */

static ngx_int_t
ngx_api_ratelimit_variable_alone(ngx_conf_t *cf, const ngx_str_t *key)
{
    u_char      c;
    ngx_str_t   name;
    ngx_uint_t  i;

    name.data = key->data + 1;
    name.len = key->len - 1;

    if (key->data[0] != '$' || name.len == 0
        || (name.data[0] >= '0' && name.data[0] <= '9'))
    {
        return NGX_ERROR;
    }

    for (i = 0; i < name.len; i++) {
        c = name.data[i];

        if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
            && (c < '0' || c > '9') && c != '_')
        {
            return NGX_ERROR;
        }
    }

    return ngx_http_get_variable_index(cf, &name);
}


/* cost=, charge=, refund= */

char *
ngx_api_ratelimit_charges(ngx_conf_t *cf, ngx_api_ratelimit_policy_t *policy,
    const ngx_api_ratelimit_words_t *words)
{
    const ngx_str_t  *word;

    if (words->cost.len) {
        if (ngx_api_ratelimit_compile(cf, &words->cost, &policy->cost_value)
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }

        if (policy->cost_value == NULL
            && ngx_api_ratelimit_number(&words->cost, 0, &policy->cost)
               != NGX_OK)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"cost=%V\" is no number", &words->cost);
            return NGX_CONF_ERROR;
        }
    }

    if (words->charge && words->charge->nelts == 1) {
        word = words->charge->elts;

        if (word->len == 5 && ngx_strncmp(word->data, "bytes", 5) == 0) {
            policy->bytes = 1;
            return words->refund
                   ? "takes refund= without charge=bytes" : NGX_CONF_OK;
        }
    }

    if (words->charge && words->refund) {
        return "takes charge= or refund=: what is counted, or what is not";
    }

    if (ngx_api_ratelimit_ranges(cf, words->charge, &policy->charge)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_api_ratelimit_ranges(cf, words->refund, &policy->refund);
}


static char *
ngx_api_ratelimit_ranges(ngx_conf_t *cf, const ngx_array_t *words,
    ngx_array_t **ranges)
{
    ngx_uint_t                  i;
    const ngx_str_t            *word;
    ngx_api_ratelimit_range_t  *range;

    if (words == NULL) {
        return NGX_CONF_OK;
    }

    *ranges = ngx_array_create(cf->pool, words->nelts,
                               sizeof(ngx_api_ratelimit_range_t));
    if (*ranges == NULL) {
        return NGX_CONF_ERROR;
    }

    word = words->elts;

    for (i = 0; i < words->nelts; i++) {
        range = ngx_array_push(*ranges);
        if (range == NULL) {
            return NGX_CONF_ERROR;
        }

        if (!ngx_api_ratelimit_range(&word[i], range)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" is no status of a response: write 401, "
                               "or 4xx for all from 400 to 499", &word[i]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_api_ratelimit_range(const ngx_str_t *word,
    ngx_api_ratelimit_range_t *range)
{
    ngx_int_t  n;

    if (word->len != 3 || word->data[0] < '1' || word->data[0] > '5') {
        return 0;
    }

    if (ngx_strncmp(&word->data[1], "xx", 2) == 0) {
        range->from = (uint16_t) (100 * (word->data[0] - '0'));
        range->to = (uint16_t) (range->from + 99);
        return 1;
    }

    n = ngx_atoi(word->data, word->len);

    range->from = (uint16_t) n;
    range->to = (uint16_t) n;

    return n != NGX_ERROR;
}
