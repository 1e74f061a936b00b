
/*
 * api_bind, compiled: object-level authorization.  Lines add up.
 */

#ifndef _NGX_API_SEC_BIND_H_INCLUDED_
#define _NGX_API_SEC_BIND_H_INCLUDED_


#include "ngx_api_sec_require.h"


typedef struct {
    ngx_api_sec_operand_t       left;      /* what the client names */
    ngx_api_sec_operand_t       right;     /* what it has to be */
    ngx_uint_t                  in;        /* right is a list */
    ngx_uint_t                  skip;      /* absent=skip */
    ngx_api_sec_scopes_t        scopes;    /* or scope ... */
    ngx_str_t                   text;      /* the line, for the operator */
    unsigned                    claims:1;  /* needs a credential */
    unsigned                    path:1;    /* may come from the path */
} ngx_api_sec_bind_t;


#endif /* _NGX_API_SEC_BIND_H_INCLUDED_ */
