
#include "ngx_api_sec_assert.h"
#include "ngx_api_sec_forward.h"


static char *ngx_api_sec_assert_header(ngx_conf_t *cf,
    ngx_api_sec_assert_t *assert);
static char *ngx_api_sec_assert_claims(ngx_conf_t *cf,
    ngx_api_sec_assert_t *assert);
static char *ngx_api_sec_assert_claim(ngx_conf_t *cf,
    ngx_api_sec_assert_t *assert, const ngx_str_t *name);
static void ngx_api_sec_assert_cleanup(void *data);


#define NGX_API_SEC_TTL_MAX  3600


/* api_identity_token HEADER key=SRC iss=URL [aud=] [ttl=] [claims=] | off */

char *
ngx_api_sec_identity_token(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ngx_str_t                *value;
    ngx_api_sec_assert_t     *assert;
    ngx_api_sec_main_conf_t  *mcf;

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("key"), NGX_API_OPT_STR,
          offsetof(ngx_api_sec_assert_t, key), NULL },
        { ngx_string("iss"), NGX_API_OPT_STR,
          offsetof(ngx_api_sec_assert_t, iss), NULL },
        { ngx_string("aud"), NGX_API_OPT_STR,
          offsetof(ngx_api_sec_assert_t, aud), NULL },
        { ngx_string("ttl"), NGX_API_OPT_SEC,
          offsetof(ngx_api_sec_assert_t, ttl), NULL },
        { ngx_string("claims"), NGX_API_OPT_WORDS,
          offsetof(ngx_api_sec_assert_t, names), NULL },
        ngx_api_null_opt
    };

    if (lcf->assert != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        lcf->assert = NULL;
        return NGX_CONF_OK;
    }

    assert = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_assert_t));
    if (assert == NULL) {
        return NGX_CONF_ERROR;
    }

    assert->name = value[1];
    assert->ttl = 60;

    if (ngx_api_conf_opts(cf, 2, opts, assert) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (assert->key.len == 0 || assert->iss.len == 0) {
        return "needs HEADER, key=SOURCE and iss=URL, for example: X-Identity "
               "key=file:/etc/nginx/identity.pem iss=https://gateway.example";
    }

    if (assert->ttl < 10 || assert->ttl > NGX_API_SEC_TTL_MAX) {
        return "takes a ttl of 10s to 1h: the token says who calls now";
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_api_sec_module);

    if (ngx_api_sec_assert_header(cf, assert) != NGX_CONF_OK
        || ngx_api_sec_assert_claims(cf, assert) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    assert->signer = ngx_api_sec_signer_open(cf, mcf, &assert->key);

    if (assert->signer == NULL) {
        return NGX_CONF_ERROR;
    }

    lcf->assert = assert;
    ngx_api_sec_uses(cf, NGX_API_SEC_USES_FORWARD);

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_assert_header(ngx_conf_t *cf, ngx_api_sec_assert_t *assert)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(cf->pool, NGX_API_SEC_ASSERTED
                                         * sizeof(ngx_api_sec_asserted_t));
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    assert->asserted = cln->data;
    ngx_memzero(assert->asserted, NGX_API_SEC_ASSERTED
                                  * sizeof(ngx_api_sec_asserted_t));
    cln->handler = ngx_api_sec_assert_cleanup;

    if (assert->name.len == 13
        && ngx_strncasecmp(assert->name.data, (u_char *) "Authorization", 13)
           == 0)
    {
        ngx_str_set(&assert->lowcase, "authorization");
        assert->bearer = 1;
        return NGX_CONF_OK;
    }

    return ngx_api_sec_forward_name(cf, &assert->name, &assert->lowcase)
           == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static void
ngx_api_sec_assert_cleanup(void *data)
{
    ngx_api_sec_asserted_t *asserted = data;

    ngx_uint_t  i;

    for (i = 0; i < NGX_API_SEC_ASSERTED; i++) {
        free(asserted[i].text);
    }
}


static char *
ngx_api_sec_assert_claims(ngx_conf_t *cf, ngx_api_sec_assert_t *assert)
{
    ngx_str_t   *name;
    ngx_uint_t   i;

    if (ngx_array_init(&assert->claims, cf->pool, 4,
                       sizeof(ngx_api_sec_assert_claim_t))
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (assert->names == NULL) {
        return NGX_CONF_OK;
    }

    name = assert->names->elts;

    for (i = 0; i < assert->names->nelts; i++) {
        if (ngx_api_sec_assert_claim(cf, assert, &name[i]) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_assert_claim(ngx_conf_t *cf, ngx_api_sec_assert_t *assert,
    const ngx_str_t *name)
{
    api_err_t                    err;
    ngx_uint_t                   i;
    api_alloc_t                  alloc;
    api_arena_t                  arena;
    ngx_api_sec_assert_claim_t  *claim;

    static const ngx_str_t  own[] = {
        ngx_string("iss"),
        ngx_string("sub"),
        ngx_string("aud"),
        ngx_string("exp"),
        ngx_string("iat"),
        ngx_string("auth_method"),
        ngx_null_string
    };

    if (ngx_api_conf_enum(name, own) != NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the claim \"%V\" of the token is set already, "
                           "leave it out of claims=", name);
        return NGX_CONF_ERROR;
    }

    claim = assert->claims.elts;

    for (i = 0; i < assert->claims.nelts; i++) {
        if (api_span_eq(ngx_api_span(&claim[i].name), ngx_api_span(name))) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "the claim \"%V\" stands twice in claims=",
                               name);
            return NGX_CONF_ERROR;
        }
    }

    claim = ngx_array_push(&assert->claims);
    if (claim == NULL) {
        return NGX_CONF_ERROR;
    }

    claim->name = *name;

    ngx_api_pool_alloc(&alloc, cf->pool);
    api_arena_init(&arena, &alloc, 256, 0);

    if (api_claim_path_parse(&claim->path, ngx_api_span(name), &arena, &err)
        != API_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\": %s", name,
                           err.text);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}
