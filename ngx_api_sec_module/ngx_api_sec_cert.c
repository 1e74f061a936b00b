
#include "ngx_api_sec_cert.h"


#if (NGX_HTTP_SSL)

static ngx_api_sec_cert_t *ngx_api_sec_cert_kept(ngx_connection_t *c);
static ngx_int_t ngx_api_sec_cert_read(ngx_connection_t *c, X509 *x509,
    ngx_api_sec_cert_t *cert);
static void ngx_api_sec_cert_cleanup(void *data);


ngx_int_t
ngx_api_sec_cert(ngx_http_request_t *r, ngx_api_sec_cert_t **cert)
{
    X509                *x509;
    ngx_int_t            rc;
    ngx_connection_t    *c;
    ngx_pool_cleanup_t  *cln;

    if (r->connection->ssl == NULL) {
        return NGX_DECLINED;
    }

    /* the connection itself: with HTTP/2 the one of r is that of a stream */

    c = ngx_ssl_get_connection(r->connection->ssl->connection);

    *cert = ngx_api_sec_cert_kept(c);

    if (*cert) {
        return NGX_OK;
    }

    x509 = SSL_get_peer_certificate(c->ssl->connection);

    if (x509 == NULL) {
        return NGX_DECLINED;
    }

    rc = NGX_ERROR;
    cln = ngx_pool_cleanup_add(c->pool, sizeof(ngx_api_sec_cert_t));

    if (cln) {
        *cert = cln->data;
        ngx_memzero(*cert, sizeof(ngx_api_sec_cert_t));

        rc = ngx_api_sec_cert_read(c, x509, *cert);

        if (rc == NGX_OK) {
            cln->handler = ngx_api_sec_cert_cleanup;
        }
    }

    X509_free(x509);

    return rc;
}


static ngx_api_sec_cert_t *
ngx_api_sec_cert_kept(ngx_connection_t *c)
{
    ngx_pool_cleanup_t  *cln;

    for (cln = c->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_api_sec_cert_cleanup) {
            return cln->data;
        }
    }

    return NULL;
}


static ngx_int_t
ngx_api_sec_cert_read(ngx_connection_t *c, X509 *x509,
    ngx_api_sec_cert_t *cert)
{
    int          len;
    u_char      *p;
    ngx_uint_t   i;

    if (ngx_ssl_get_client_verify(c, c->pool, &cert->verify) != NGX_OK) {
        return NGX_ERROR;
    }

    len = i2d_X509(x509, NULL);
    p = len > 0 ? ngx_pnalloc(c->pool, len) : NULL;

    if (p == NULL) {
        return NGX_ERROR;
    }

    cert->der = api_span(p, len);
    (void) i2d_X509(x509, &p);

    api_jws_sha256(cert->der, cert->digest);

    for (i = 0; i <= API_CERT_SUBJECT; i++) {
        cert->rc[i] = 1;
    }

    ngx_api_pool_alloc(&cert->alloc, c->pool);
    api_arena_init(&cert->arena, &cert->alloc, 512, 0);

    return NGX_OK;
}


/* There is nothing to clean up: the handler marks what is ours. */

static void
ngx_api_sec_cert_cleanup(void *data)
{
}


#else /* !(NGX_HTTP_SSL) */

ngx_int_t
ngx_api_sec_cert(ngx_http_request_t *r, ngx_api_sec_cert_t **cert)
{
    return NGX_DECLINED;
}

#endif


int
ngx_api_sec_cert_names(ngx_api_sec_cert_t *cert, api_cert_name_t kind,
    const api_span_t **names, size_t *n)
{
    if (cert->rc[kind] == 1) {
        cert->rc[kind] = api_cert_names(cert->der, kind, &cert->arena,
                                        &cert->names[kind], &cert->n[kind],
                                        NULL);
    }

    *names = cert->names[kind];
    *n = cert->n[kind];

    return cert->rc[kind];
}
