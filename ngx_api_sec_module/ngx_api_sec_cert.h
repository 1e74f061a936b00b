
/*
 * The client certificate of a connection: what TLS itself has seen, never a
 * header.  Read once a connection and kept with it.
 */

#ifndef _NGX_API_SEC_CERT_H_INCLUDED_
#define _NGX_API_SEC_CERT_H_INCLUDED_


#include "ngx_api_sec.h"
#include "api_cert.h"


typedef struct {
    ngx_str_t                   verify;      /* $ssl_client_verify */
    api_span_t                  der;
    uint8_t                     digest[API_JWS_SHA256_LEN];

    /* by api_cert_name_t: API_OK, or why there are no names; 1: not read */
    int                         rc[API_CERT_SUBJECT + 1];
    const api_span_t           *names[API_CERT_SUBJECT + 1];
    size_t                      n[API_CERT_SUBJECT + 1];
    api_alloc_t                 alloc;
    api_arena_t                 arena;
} ngx_api_sec_cert_t;


/* NGX_OK: *cert is its certificate; NGX_DECLINED: it has none; NGX_ERROR. */

ngx_int_t ngx_api_sec_cert(ngx_http_request_t *r, ngx_api_sec_cert_t **cert);

/* Its names of that kind, as api_cert_names. */

int ngx_api_sec_cert_names(ngx_api_sec_cert_t *cert, api_cert_name_t kind,
    const api_span_t **names, size_t *n);


#endif /* _NGX_API_SEC_CERT_H_INCLUDED_ */
