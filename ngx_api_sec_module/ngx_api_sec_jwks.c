
/*
 * api_jwks: the public keys that api_identity_token signs with.
 */

#include "ngx_api_sec_assert.h"
#include "ngx_api_sec_status.h"


static ngx_int_t ngx_api_sec_jwks_handler(ngx_http_request_t *r);


char *
ngx_api_sec_jwks(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_main_conf_t   *mcf;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler) {
        return "stands where another directive answers already";
    }

    clcf->handler = ngx_api_sec_jwks_handler;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_api_sec_module);

    if (mcf->jwks_file.len == 0) {
        mcf->jwks_file = cf->conf_file->file.name;
        mcf->jwks_line = cf->conf_file->line;
    }

    return NGX_CONF_OK;
}


char *
ngx_api_sec_jwks_check(ngx_conf_t *cf, const ngx_api_sec_main_conf_t *mcf)
{
    if (mcf->jwks_file.len && mcf->signers.nelts == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"api_jwks\" in %V:%ui has no key to serve: they are "
                      "those of api_identity_token", &mcf->jwks_file,
                      mcf->jwks_line);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_api_sec_jwks_handler(ngx_http_request_t *r)
{
    char                            *buf;
    size_t                           size;
    ngx_int_t                        rc;
    api_span_t                       text;
    api_writer_t                     w;
    const ngx_api_sec_main_conf_t   *mcf;

    static const ngx_str_t  type = ngx_string("application/jwk-set+json");
    static const ngx_str_t  cache = ngx_string("public, max-age=60");

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);

    size = 64 + 3 * mcf->signers.nelts * (API_JWS_MINT_JWK + 1);

    buf = ngx_pnalloc(r->pool, size);
    if (buf == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    api_writer_init(&w, buf, size);
    api_writer_object(&w);
    api_writer_name(&w, API_SPAN("keys"));
    api_writer_array(&w);
    ngx_api_sec_signers_jwks(mcf, &w);
    api_writer_end(&w);
    api_writer_end(&w);

    if (api_writer_done(&w, &text) != API_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_api_sec_send(r, NGX_HTTP_OK, &type, &cache, text);
}
