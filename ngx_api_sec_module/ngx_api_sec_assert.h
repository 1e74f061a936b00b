
/*
 * api_identity_token: a short-lived token about the verified caller, signed by
 * us, for the upstream; api_jwks: the keys it is verified with.
 *
 *   ngx_api_sec_assert_conf.c  the directive
 *   ngx_api_sec_assert.c       the token of a request
 *   ngx_api_sec_signer.c       keys that sign, and how they change
 *   ngx_api_sec_jwks.c         api_jwks
 */

#ifndef _NGX_API_SEC_ASSERT_H_INCLUDED_
#define _NGX_API_SEC_ASSERT_H_INCLUDED_


#include "ngx_api_sec_operand.h"
#include "api_jws_mint.h"


/*
 * State of a process, not configuration.  A new key is published at once, by
 * every worker within a second, and signs NGX_API_SEC_SIGNER_DELAY later, so
 * that who meets its name can find it; the old one stays published.
 */

#define NGX_API_SEC_SIGNER_DELAY  5

typedef struct {
    api_minter_t                   *minter;
    api_minter_t                   *next;     /* from `since` on */
    api_minter_t                   *previous;
    time_t                          since;
    ngx_uint_t                      generation;
} ngx_api_sec_signer_t;


/* Tokens that were made, for callers who come again. */

#define NGX_API_SEC_ASSERTED      2048
#define NGX_API_SEC_ASSERT_WAYS   4       /* places one may have of these */
#define NGX_API_SEC_CLAIMS_MAX    4096    /* bytes of the claims */
#define NGX_API_SEC_ASSERT_MAX    8192    /* bytes of a token */

typedef struct {
    u_char                         *text;     /* claims, then the token; from
                                                 malloc; NULL: free */
    size_t                          nclaims;
    size_t                          ntoken;
    time_t                          iat;
    time_t                          exp;
    ngx_uint_t                      generation;
} ngx_api_sec_asserted_t;


typedef struct {
    ngx_str_t                       name;
    api_claim_path_t                path;
} ngx_api_sec_assert_claim_t;


struct ngx_api_sec_assert_s {
    ngx_str_t                       name;     /* header */
    ngx_str_t                       lowcase;
    unsigned                        bearer:1; /* Authorization */

    ngx_str_t                       key;      /* as written */
    ngx_str_t                       iss;
    ngx_str_t                       aud;      /* or empty */
    time_t                          ttl;
    ngx_array_t                    *names;    /* of ngx_str_t */
    ngx_array_t                     claims;

    ngx_api_sec_signer_t           *signer;
    ngx_api_sec_asserted_t         *asserted; /* NGX_API_SEC_ASSERTED */
};


/* NGX_OK: *header is the value, or empty when there is no caller. */

ngx_int_t ngx_api_sec_assert(const ngx_api_sec_caller_t *caller,
    ngx_str_t *header);

/* ngx_api_sec_signer.c */

ngx_api_sec_signer_t *ngx_api_sec_signer_open(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf, ngx_str_t *source);
const api_minter_t *ngx_api_sec_signer(ngx_api_sec_signer_t *signer,
    time_t now);

/* Members of the array "keys". */

void ngx_api_sec_signers_jwks(const ngx_api_sec_main_conf_t *mcf,
    api_writer_t *w);


#endif /* _NGX_API_SEC_ASSERT_H_INCLUDED_ */
