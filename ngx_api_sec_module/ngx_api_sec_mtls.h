
/*
 * api_mtls, and the method mtls of api_auth: a client certificate that nginx
 * has verified (ssl_verify_client), and whose name tells who calls.
 *
 *   ngx_api_sec_mtls.c       a request
 *   ngx_api_sec_mtls_conf.c  the block, the watched list
 */

#ifndef _NGX_API_SEC_MTLS_H_INCLUDED_
#define _NGX_API_SEC_MTLS_H_INCLUDED_


#include "ngx_api_sec_cert.h"


/* State of a process, not configuration: the file may change. */

typedef struct {
    api_list_t                 *list;        /* swapped as a whole */
} ngx_api_sec_mtls_state_t;


typedef struct {
    ngx_str_t                   name;
    api_cert_name_t             principal;
    ngx_str_t                   allow;       /* path, or empty */
    ngx_api_sec_mtls_state_t   *state;
    api_sipkey_t                seed;
    unsigned                    set:1;       /* the line principal stands */
} ngx_api_sec_mtls_t;


#endif /* _NGX_API_SEC_MTLS_H_INCLUDED_ */
