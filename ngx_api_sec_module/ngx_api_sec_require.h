
/*
 * api_require, compiled.  A line is a list of alternatives; lines add up.
 */

#ifndef _NGX_API_SEC_REQUIRE_H_INCLUDED_
#define _NGX_API_SEC_REQUIRE_H_INCLUDED_


#include "ngx_api_sec.h"


typedef enum {
    NGX_API_SEC_TEST_SCOPE = 0,
    NGX_API_SEC_TEST_CLAIM,
    NGX_API_SEC_TEST_VARIABLE
} ngx_api_sec_test_e;


typedef struct {
    ngx_uint_t                  kind;
    ngx_uint_t                  any;       /* scope any ... */
    api_claim_path_t            path;
    ngx_http_complex_value_t    cv;
    api_claim_op_t              op;
    ngx_array_t                 values;    /* of api_span_t */
#if (NGX_PCRE)
    ngx_regex_t                *regex;
#endif
} ngx_api_sec_test_t;


struct ngx_api_sec_require_s {
    ngx_array_t                 tests;     /* of ngx_api_sec_test_t */
    ngx_str_t                   text;      /* the line, for the operator */
    ngx_str_t                   scope;     /* for the challenge, or empty */
    unsigned                    claims:1;  /* some test needs a credential */
};


#endif /* _NGX_API_SEC_REQUIRE_H_INCLUDED_ */
