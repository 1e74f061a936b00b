
#include "ngx_api_ratelimit_store.h"


#if (NGX_SSL)

static void ngx_api_ratelimit_link_shaken(ngx_connection_t *c);
static ngx_int_t ngx_api_ratelimit_link_verify(ngx_connection_t *c,
    const ngx_api_ratelimit_store_t *store);


void
ngx_api_ratelimit_link_shake(ngx_api_ratelimit_link_t *link)
{
    ngx_int_t          rc;
    ngx_connection_t  *c;

    c = link->c;
    link->phase = NGX_API_RATELIMIT_SHAKING;

    ERR_clear_error();

    if (ngx_ssl_create_connection(link->store->ssl, c,
                                  NGX_SSL_BUFFER|NGX_SSL_CLIENT)
        != NGX_OK)
    {
        ngx_api_ratelimit_link_fault(link, "TLS cannot be begun", "");
        return;
    }

    if (link->store->named) {

        /* the host is NUL-terminated */

        (void) SSL_set_tlsext_host_name(c->ssl->connection,
                                        (char *) link->store->host.data);
    }

    rc = ngx_ssl_handshake(c);

    if (rc == NGX_AGAIN) {
        c->ssl->handler = ngx_api_ratelimit_link_shaken;
        return;
    }

    ngx_api_ratelimit_link_shaken(c);
}


static void
ngx_api_ratelimit_link_shaken(ngx_connection_t *c)
{
    ngx_api_ratelimit_link_t  *link;

    link = c->data;

    if (!c->ssl->handshaked) {
        ngx_api_ratelimit_link_fault(link, "TLS failed", "");
        return;
    }

    if (ngx_api_ratelimit_link_verify(c, link->store) != NGX_OK) {
        return;
    }

    c->read->handler = ngx_api_ratelimit_link_read_handler;
    c->write->handler = ngx_api_ratelimit_link_write_handler;

    link->phase = NGX_API_RATELIMIT_GREETING;
    ngx_api_ratelimit_talk_greet(link);
}


static ngx_int_t
ngx_api_ratelimit_link_verify(ngx_connection_t *c,
    const ngx_api_ratelimit_store_t *store)
{
    int                        same;
    long                       rc;
    X509                      *cert;
    ngx_str_t                  name;
    ngx_api_ratelimit_link_t  *link;

    link = c->data;

    rc = SSL_get_verify_result(c->ssl->connection);

    if (rc != X509_V_OK) {
        ngx_api_ratelimit_link_fault(link, "its certificate is not trusted",
                                     X509_verify_cert_error_string(rc));
        return NGX_ERROR;
    }

    name = store->host;

    if (store->named) {
        same = ngx_ssl_check_host(c, &name) == NGX_OK;

    } else {
        cert = SSL_get_peer_certificate(c->ssl->connection);
        same = cert && X509_check_ip_asc(cert, (char *) name.data, 0) == 1;
        X509_free(cert);
    }

    ERR_clear_error();

    if (!same) {
        ngx_api_ratelimit_link_fault(link, "its certificate is not its own",
                                     (char *) name.data);
        return NGX_ERROR;
    }

    return NGX_OK;
}

#endif
