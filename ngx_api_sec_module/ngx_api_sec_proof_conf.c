
/*
 * bind mtls [required];
 * bind dpop [required] [nonce] [max_age=TIME] [leeway=TIME]
 *           [algorithms=NAME,...] [origin=URL,...];
 * bind off;
 */

#include "ngx_api_sec.h"


#define NGX_API_DPOP_MAX_AGE     60
#define NGX_API_DPOP_MAX_WINDOW  600
#define NGX_API_DPOP_LEEWAY      5
#define NGX_API_DPOP_MAX_LEEWAY  60


typedef struct {
    ngx_flag_t                  required;
    ngx_flag_t                  nonce;
    time_t                      max_age;
    time_t                      leeway;
    ngx_array_t                *algorithms;
    ngx_array_t                *origins;
} ngx_api_sec_bound_opts_t;


static char *ngx_api_sec_bound_mtls(ngx_conf_t *cf, ngx_api_sec_bound_t *bind);
static char *ngx_api_sec_bound_dpop(ngx_conf_t *cf, ngx_api_sec_bound_t *bind);
static char *ngx_api_sec_bound_algorithms(ngx_conf_t *cf,
    const ngx_array_t *names, ngx_api_sec_bound_t *bind);
static char *ngx_api_sec_bound_origins(ngx_conf_t *cf,
    const ngx_array_t *urls, ngx_api_sec_bound_t *bind);


static const ngx_api_opt_t  ngx_api_sec_bound_mtls_opts[] = {
    { ngx_string("required"), NGX_API_OPT_FLAG,
      offsetof(ngx_api_sec_bound_opts_t, required), NULL },
    ngx_api_null_opt
};

static const ngx_api_opt_t  ngx_api_sec_bound_dpop_opts[] = {
    { ngx_string("required"), NGX_API_OPT_FLAG,
      offsetof(ngx_api_sec_bound_opts_t, required), NULL },
    { ngx_string("nonce"), NGX_API_OPT_FLAG,
      offsetof(ngx_api_sec_bound_opts_t, nonce), NULL },
    { ngx_string("max_age"), NGX_API_OPT_SEC,
      offsetof(ngx_api_sec_bound_opts_t, max_age), NULL },
    { ngx_string("leeway"), NGX_API_OPT_SEC,
      offsetof(ngx_api_sec_bound_opts_t, leeway), NULL },
    { ngx_string("algorithms"), NGX_API_OPT_WORDS,
      offsetof(ngx_api_sec_bound_opts_t, algorithms), NULL },
    { ngx_string("origin"), NGX_API_OPT_WORDS,
      offsetof(ngx_api_sec_bound_opts_t, origins), NULL },
    ngx_api_null_opt
};


char *
ngx_api_sec_bound_line(ngx_conf_t *cf, ngx_api_sec_bound_t *bind)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "mtls") == 0) {
        return ngx_api_sec_bound_mtls(cf, bind);
    }

    if (ngx_strcmp(value[1].data, "dpop") == 0) {
        return ngx_api_sec_bound_dpop(cf, bind);
    }

    if (ngx_strcmp(value[1].data, "off") == 0 && cf->args->nelts == 2) {
        if (bind->mtls || bind->dpop || bind->off) {
            return "\"bind off\" stands besides other lines: write "
                   "\"bind off;\" alone, or not at all";
        }

        bind->off = 1;
        return NGX_CONF_OK;
    }

    return "\"bind\" takes mtls, dpop or off first";
}


static char *
ngx_api_sec_bound_mtls(ngx_conf_t *cf, ngx_api_sec_bound_t *bind)
{
    ngx_api_sec_bound_opts_t  opts;

    if (bind->mtls || bind->off) {
        return "this line \"bind\" stands twice, or besides \"bind off;\"";
    }

    ngx_memzero(&opts, sizeof(ngx_api_sec_bound_opts_t));

    bind->mtls = 1;

    if (ngx_api_conf_opts(cf, 2, ngx_api_sec_bound_mtls_opts, &opts)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    bind->mtls_required = opts.required;

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_bound_dpop(ngx_conf_t *cf, ngx_api_sec_bound_t *bind)
{
    ngx_api_sec_bound_opts_t  opts;

    if (bind->dpop || bind->off) {
        return "this line \"bind\" stands twice, or besides \"bind off;\"";
    }

    ngx_memzero(&opts, sizeof(ngx_api_sec_bound_opts_t));

    opts.max_age = NGX_API_DPOP_MAX_AGE;
    opts.leeway = NGX_API_DPOP_LEEWAY;

    bind->dpop = 1;

    if (ngx_api_conf_opts(cf, 2, ngx_api_sec_bound_dpop_opts, &opts)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (opts.max_age < 1 || opts.max_age > NGX_API_DPOP_MAX_WINDOW
        || opts.leeway > NGX_API_DPOP_MAX_LEEWAY)
    {
        return "\"bind dpop\" takes a max_age of 1s to 10m and a leeway of "
               "1m at most: a proof is made for one request, and kept until "
               "it is over";
    }

    bind->dpop_required = opts.required;
    bind->nonce = opts.nonce;
    bind->policy.max_age = opts.max_age;
    bind->policy.leeway = opts.leeway;

    if (ngx_api_sec_bound_algorithms(cf, opts.algorithms, bind)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return opts.origins ? ngx_api_sec_bound_origins(cf, opts.origins, bind)
                        : NGX_CONF_OK;
}


/* The mask, and the names as a challenge has them. */

static char *
ngx_api_sec_bound_algorithms(ngx_conf_t *cf, const ngx_array_t *names,
    ngx_api_sec_bound_t *bind)
{
    u_char          list[256], *p;
    uint32_t        mask;
    ngx_str_t      *name;
    ngx_uint_t      i;
    api_jws_alg_t   alg;

    mask = names ? 0 : API_DPOP_ALGS;
    name = names ? names->elts : NULL;

    for (i = 0; names && i < names->nelts; i++) {
        alg = api_jws_alg(ngx_api_span(&name[i]));

        if (!(API_DPOP_ALGS & API_JWS_BIT(alg))) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" is no algorithm for a DPoP proof: "
                               "write those of RS, PS, ES or EdDSA",
                               &name[i]);
            return NGX_CONF_ERROR;
        }

        mask |= API_JWS_BIT(alg);
    }

    p = list;

    for (alg = API_JWS_UNKNOWN + 1; alg < API_JWS_NALGS; alg++) {
        if (mask & API_JWS_BIT(alg)) {
            p = ngx_slprintf(p, list + sizeof(list), "%s%s",
                             p == list ? "" : " ", api_jws_alg_name(alg));
        }
    }

    bind->policy.algorithms = mask;
    bind->algs.len = p - list;
    bind->algs.data = ngx_pnalloc(cf->pool, bind->algs.len);

    if (bind->algs.data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memcpy(bind->algs.data, list, bind->algs.len);

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_bound_origins(ngx_conf_t *cf, const ngx_array_t *urls,
    ngx_api_sec_bound_t *bind)
{
    ngx_str_t   *url;
    api_htu_t   *origin;
    ngx_uint_t   i;

    bind->origins = ngx_array_create(cf->pool, urls->nelts,
                                     sizeof(api_htu_t));
    if (bind->origins == NULL) {
        return NGX_CONF_ERROR;
    }

    url = urls->elts;

    for (i = 0; i < urls->nelts; i++) {
        origin = ngx_array_push(bind->origins);

        if (origin == NULL) {
            return NGX_CONF_ERROR;
        }

        if (api_htu_split(ngx_api_span(&url[i]), origin) != API_OK
            || origin->path.len
            || !api_htu_same_origin(origin, origin))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" is no origin: write "
                               "https://api.example.com, without a path",
                               &url[i]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}
