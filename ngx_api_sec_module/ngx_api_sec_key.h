
/*
 * api_key_store, and the method key of api_auth.
 *
 *   ngx_api_sec_key.c        a request: where a key stands, whose it is
 *   ngx_api_sec_key_store.c  the directive, the watched file
 */

#ifndef _NGX_API_SEC_KEY_H_INCLUDED_
#define _NGX_API_SEC_KEY_H_INCLUDED_


#include "ngx_api_sec.h"
#include "api_keystore.h"


/* State of a process, not configuration: the file may change. */

typedef struct {
    api_keystore_t             *keys;        /* swapped as a whole */
    u_char                     *pepper;      /* from malloc */
    size_t                      len;
} ngx_api_sec_key_state_t;


typedef struct {
    ngx_str_t                   name;
    ngx_str_t                   header;      /* as written; empty: none */
    ngx_str_t                   field;       /* header in lower case */
    ngx_str_t                   query;       /* empty: none */
    ngx_str_t                   pepper;      /* its source, while read */

    ngx_api_sec_key_state_t    *state;
    api_sipkey_t                seed;
} ngx_api_sec_key_store_t;


#endif /* _NGX_API_SEC_KEY_H_INCLUDED_ */
