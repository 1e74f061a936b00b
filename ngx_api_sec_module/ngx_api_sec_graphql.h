
/*
 * api_graphql: documents of GraphQL are read, measured and bounded before an
 * upstream has to.
 */

#ifndef _NGX_API_SEC_GRAPHQL_H_INCLUDED_
#define _NGX_API_SEC_GRAPHQL_H_INCLUDED_


#include "ngx_api_sec.h"
#include "api_graphql.h"


struct ngx_api_sec_graphql_s {
    ngx_api_mode_t              mode;
    ngx_uint_t                  depth;
    ngx_uint_t                  aliases;
    ngx_uint_t                  batch;        /* documents of a request */
    ngx_uint_t                  nodes;        /* fields, through fragments */
    ngx_uint_t                  introspection;  /* 1: allowed */
    size_t                      size;         /* bytes of a document */
    api_graphql_limits_t        limits;
};


#endif /* _NGX_API_SEC_GRAPHQL_H_INCLUDED_ */
