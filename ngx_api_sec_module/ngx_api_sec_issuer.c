
/*
 * api_jwt_issuer: whose tokens are taken, and what they must be.
 */

#include "ngx_api_sec.h"


typedef struct {
    ngx_str_t     name;
    ngx_uint_t    min;
    ngx_uint_t    max;
    char       *(*set)(ngx_conf_t *cf, ngx_api_sec_issuer_t *issuer);
} ngx_api_sec_issuer_line_t;


static char *ngx_api_sec_issuer_finish(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf, ngx_api_sec_issuer_t *issuer);
static char *ngx_api_sec_issuer_issuer(ngx_conf_t *cf,
    ngx_api_sec_issuer_t *issuer);
static char *ngx_api_sec_issuer_audience(ngx_conf_t *cf,
    ngx_api_sec_issuer_t *issuer);
static char *ngx_api_sec_issuer_algorithms(ngx_conf_t *cf,
    ngx_api_sec_issuer_t *issuer);
static char *ngx_api_sec_issuer_typ(ngx_conf_t *cf,
    ngx_api_sec_issuer_t *issuer);
static char *ngx_api_sec_issuer_require(ngx_conf_t *cf,
    ngx_api_sec_issuer_t *issuer);
static char *ngx_api_sec_issuer_token(ngx_conf_t *cf,
    ngx_api_sec_issuer_t *issuer);
static char *ngx_api_sec_issuer_cache(ngx_conf_t *cf,
    ngx_api_sec_issuer_t *issuer);
static char *ngx_api_sec_issuer_bind(ngx_conf_t *cf,
    ngx_api_sec_issuer_t *issuer);
static char *ngx_api_sec_issuer_leeway(ngx_conf_t *cf,
    ngx_api_sec_issuer_t *issuer);
static char *ngx_api_sec_issuer_max_age(ngx_conf_t *cf,
    ngx_api_sec_issuer_t *issuer);
static char *ngx_api_sec_issuer_max_lifetime(ngx_conf_t *cf,
    ngx_api_sec_issuer_t *issuer);
static char *ngx_api_sec_issuer_words(ngx_conf_t *cf, ngx_array_t *words);
static char *ngx_api_sec_issuer_time(ngx_conf_t *cf, int64_t *seconds);


static const ngx_api_sec_issuer_line_t  ngx_api_sec_issuer_lines[] = {
    { ngx_string("issuer"), 1, 1, ngx_api_sec_issuer_issuer },
    { ngx_string("audience"), 1, 32, ngx_api_sec_issuer_audience },
    { ngx_string("algorithms"), 1, 16, ngx_api_sec_issuer_algorithms },
    { ngx_string("jwks"), 1, 6, ngx_api_sec_keys_jwks },
    { ngx_string("key"), 1, 3, ngx_api_sec_keys_key },
    { ngx_string("leeway"), 1, 1, ngx_api_sec_issuer_leeway },
    { ngx_string("max_age"), 1, 1, ngx_api_sec_issuer_max_age },
    { ngx_string("max_lifetime"), 1, 1, ngx_api_sec_issuer_max_lifetime },
    { ngx_string("typ"), 1, 8, ngx_api_sec_issuer_typ },
    { ngx_string("require"), 1, 32, ngx_api_sec_issuer_require },
    { ngx_string("token"), 1, 8, ngx_api_sec_issuer_token },
    { ngx_string("cache"), 1, 1, ngx_api_sec_issuer_cache },
    { ngx_string("bind"), 1, 7, ngx_api_sec_issuer_bind },
    { ngx_null_string, 0, 0, NULL }
};

#define NGX_API_SEC_MAX_LEEWAY  600
#define NGX_API_SEC_CACHE       300
#define NGX_API_SEC_MAX_CACHE   3600

#define NGX_API_SEC_LINE_JWKS  3
#define NGX_API_SEC_LINE_KEY   4
#define NGX_API_SEC_LINE_BIND  12


char *
ngx_api_sec_jwt_issuer(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_main_conf_t *mcf = conf;

    char                   *rv;
    ngx_str_t              *value;
    ngx_conf_t              save;
    ngx_api_sec_issuer_t   *issuer, **p;

    value = cf->args->elts;

    if (ngx_api_sec_issuer_find(mcf, &value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate api_jwt_issuer \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    issuer = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_issuer_t));
    p = ngx_array_push(&mcf->issuers);

    if (issuer == NULL || p == NULL
        || ngx_array_init(&issuer->audience, cf->pool, 2, sizeof(api_span_t))
           != NGX_OK
        || ngx_array_init(&issuer->typ, cf->pool, 2, sizeof(api_span_t))
           != NGX_OK
        || ngx_array_init(&issuer->require, cf->pool, 2, sizeof(api_span_t))
           != NGX_OK
        || ngx_array_init(&issuer->places, cf->pool, 2,
                          sizeof(ngx_api_sec_place_t))
           != NGX_OK
        || ngx_api_sec_keys_create(cf, mcf, issuer) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    *p = issuer;

    issuer->name = value[1];
    issuer->cache = NGX_API_SEC_CACHE;

    save = *cf;
    cf->handler = ngx_api_sec_issuer_line;
    cf->handler_conf = (void *) issuer;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    return rv == NGX_CONF_OK ? ngx_api_sec_issuer_finish(cf, mcf, issuer)
                             : rv;
}


char *
ngx_api_sec_issuer_line(ngx_conf_t *cf, ngx_command_t *dummy, void *conf)
{
    ngx_api_sec_issuer_t *issuer = conf;

    u_char                            list[256], *p;
    ngx_str_t                        *value;
    ngx_uint_t                        i;
    const ngx_api_sec_issuer_line_t  *line;

    value = cf->args->elts;

    if (value[0].len == 7 && ngx_strncmp(value[0].data, "include", 7) == 0) {
        return ngx_conf_include(cf, dummy, conf);
    }

    p = list;

    for (i = 0; ngx_api_sec_issuer_lines[i].name.len; i++) {
        line = &ngx_api_sec_issuer_lines[i];

        if (line->name.len != value[0].len
            || ngx_strncmp(line->name.data, value[0].data, value[0].len) != 0)
        {
            p = ngx_slprintf(p, list + sizeof(list), " %V", &line->name);
            continue;
        }

        if (cf->args->nelts - 1 < line->min || cf->args->nelts - 1 > line->max)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid number of arguments in \"%V\"",
                               &value[0]);
            return NGX_CONF_ERROR;
        }

        if ((issuer->set & (1u << i)) && i != NGX_API_SEC_LINE_KEY
            && i != NGX_API_SEC_LINE_BIND)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" stands twice in api_jwt_issuer \"%V\"",
                               &value[0], &issuer->name);
            return NGX_CONF_ERROR;
        }

        issuer->set |= 1u << i;

        return line->set(cf, issuer);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown line \"%V\" in api_jwt_issuer, which takes:"
                       "%*s", &value[0], (size_t) (p - list), list);

    return NGX_CONF_ERROR;
}


static char *
ngx_api_sec_issuer_finish(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_issuer_t *issuer)
{
    ngx_uint_t           i;
    api_jwt_policy_t    *policy;

    /* issuer, audience, algorithms */

    for (i = 0; i < NGX_API_SEC_LINE_JWKS; i++) {
        if (!(issuer->set & (1u << i))) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "api_jwt_issuer \"%V\" needs a line \"%V\"",
                               &issuer->name,
                               &ngx_api_sec_issuer_lines[i].name);
            return NGX_CONF_ERROR;
        }
    }

    policy = &issuer->policy;

    policy->audience = issuer->audience.elts;
    policy->naudience = issuer->audience.nelts;
    policy->typ = issuer->typ.elts;
    policy->ntyp = issuer->typ.nelts;
    policy->require = issuer->require.elts;
    policy->nrequire = issuer->require.nelts;

    /* last: keys have to fit the algorithms */

    return ngx_api_sec_keys_open(cf, mcf, issuer);
}


static char *
ngx_api_sec_issuer_words(ngx_conf_t *cf, ngx_array_t *words)
{
    ngx_str_t   *value;
    ngx_uint_t   i;
    api_span_t  *word;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (value[i].len == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "empty value in \"%V\"", &value[0]);
            return NGX_CONF_ERROR;
        }

        word = ngx_array_push(words);
        if (word == NULL) {
            return NGX_CONF_ERROR;
        }

        *word = ngx_api_span(&value[i]);
    }

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_issuer_time(ngx_conf_t *cf, int64_t *seconds)
{
    ngx_int_t   n;
    ngx_str_t  *value;

    value = cf->args->elts;
    n = ngx_parse_time(&value[1], 1);

    if (n == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no time: write \"%V 30s;\"", &value[1],
                           &value[0]);
        return NGX_CONF_ERROR;
    }

    *seconds = n;

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_issuer_issuer(ngx_conf_t *cf, ngx_api_sec_issuer_t *issuer)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (value[1].len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "empty \"issuer\"");
        return NGX_CONF_ERROR;
    }

    issuer->policy.issuer = ngx_api_span(&value[1]);

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_issuer_audience(ngx_conf_t *cf, ngx_api_sec_issuer_t *issuer)
{
    return ngx_api_sec_issuer_words(cf, &issuer->audience);
}


static char *
ngx_api_sec_issuer_algorithms(ngx_conf_t *cf, ngx_api_sec_issuer_t *issuer)
{
    u_char          names[128], *p;
    ngx_str_t      *value;
    ngx_uint_t      i;
    api_jws_alg_t   alg;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        alg = api_jws_alg(ngx_api_span(&value[i]));

        if (alg != API_JWS_UNKNOWN) {
            issuer->policy.algorithms |= API_JWS_BIT(alg);
            continue;
        }

        p = names;

        for (alg = API_JWS_UNKNOWN + 1; alg < API_JWS_NALGS; alg++) {
            p = ngx_slprintf(p, names + sizeof(names), " %s",
                             api_jws_alg_name(alg));
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown algorithm \"%V\"; there are:%*s",
                           &value[i], (size_t) (p - names), names);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_issuer_typ(ngx_conf_t *cf, ngx_api_sec_issuer_t *issuer)
{
    return ngx_api_sec_issuer_words(cf, &issuer->typ);
}


static char *
ngx_api_sec_issuer_require(ngx_conf_t *cf, ngx_api_sec_issuer_t *issuer)
{
    return ngx_api_sec_issuer_words(cf, &issuer->require);
}


static char *
ngx_api_sec_issuer_token(ngx_conf_t *cf, ngx_api_sec_issuer_t *issuer)
{
    return ngx_api_sec_place_add(cf, &issuer->places);
}


static char *
ngx_api_sec_issuer_cache(ngx_conf_t *cf, ngx_api_sec_issuer_t *issuer)
{
    int64_t     seconds;
    ngx_str_t  *value;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        issuer->cache = 0;
        return NGX_CONF_OK;
    }

    if (ngx_api_sec_issuer_time(cf, &seconds) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (seconds < 1 || seconds > NGX_API_SEC_MAX_CACHE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"cache\" takes off or a time from 1s to 1h");
        return NGX_CONF_ERROR;
    }

    issuer->cache = (time_t) seconds;

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_issuer_bind(ngx_conf_t *cf, ngx_api_sec_issuer_t *issuer)
{
    return ngx_api_sec_bound_line(cf, &issuer->bind);
}


static char *
ngx_api_sec_issuer_leeway(ngx_conf_t *cf, ngx_api_sec_issuer_t *issuer)
{
    if (ngx_api_sec_issuer_time(cf, &issuer->policy.leeway) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (issuer->policy.leeway > NGX_API_SEC_MAX_LEEWAY) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "a leeway makes up for clocks that differ, not for "
                           "tokens that live too short: write 10m at most");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_issuer_max_age(ngx_conf_t *cf, ngx_api_sec_issuer_t *issuer)
{
    return ngx_api_sec_issuer_time(cf, &issuer->policy.max_age);
}


static char *
ngx_api_sec_issuer_max_lifetime(ngx_conf_t *cf, ngx_api_sec_issuer_t *issuer)
{
    return ngx_api_sec_issuer_time(cf, &issuer->policy.max_lifetime);
}


ngx_api_sec_issuer_t *
ngx_api_sec_issuer_find(const ngx_api_sec_main_conf_t *mcf,
    const ngx_str_t *name)
{
    ngx_uint_t              i;
    ngx_api_sec_issuer_t  **issuer;

    issuer = mcf->issuers.elts;

    for (i = 0; i < mcf->issuers.nelts; i++) {
        if (issuer[i]->name.len == name->len
            && ngx_strncmp(issuer[i]->name.data, name->data, name->len) == 0)
        {
            return issuer[i];
        }
    }

    return NULL;
}
