
/*
 * api_require, compiled.  A line is a list of alternatives; lines add up.
 */

#ifndef _NGX_API_SEC_REQUIRE_H_INCLUDED_
#define _NGX_API_SEC_REQUIRE_H_INCLUDED_


#include "ngx_api_sec_operand.h"


/* `A B` or `any A B` behind the word scope; also of api_bind. */

typedef struct {
    ngx_array_t                 names;     /* of api_span_t; none: no scope */
    ngx_str_t                   text;      /* "A B", for the challenge */
    ngx_uint_t                  any;
} ngx_api_sec_scopes_t;


typedef struct {
    ngx_api_sec_scopes_t        scopes;
    ngx_api_sec_operand_t       operand;   /* when there is no scope */
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


char *ngx_api_sec_scopes_conf(ngx_conf_t *cf, ngx_str_t *words, ngx_uint_t n,
    ngx_api_sec_scopes_t *scopes);

/* Does the caller have them?  Never without a verified credential. */

ngx_uint_t ngx_api_sec_scopes_pass(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_scopes_t *scopes);

/* n words with a blank between them, as somebody has written them. */

char *ngx_api_sec_words(ngx_conf_t *cf, const ngx_str_t *words, ngx_uint_t n,
    ngx_str_t *out);

/*
 * api_require and api_bind say no: 401 when a credential is missing that
 * could help (claims), else 403, with the scope that is asked for, if any.
 * why has reason, code, title and detail of a 403 that has no scope.
 */

ngx_int_t ngx_api_sec_not_granted(const ngx_api_sec_caller_t *caller,
    ngx_api_why_t *why, ngx_uint_t claims, const ngx_str_t *scope);


#endif /* _NGX_API_SEC_REQUIRE_H_INCLUDED_ */
