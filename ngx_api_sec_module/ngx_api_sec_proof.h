
/*
 * Sender constraint: a token that is bound to a key is taken from who holds
 * that key alone.
 *
 *   cnf.x5t#S256   a TLS client certificate (RFC 8705 section 3)
 *   cnf.jkt        the key of a DPoP proof (RFC 9449)
 *
 * What a token says of itself is asked for, whether there is a `bind` line or
 * not: to take a bound token like any other would be to take it from a thief.
 *
 *   ngx_api_sec_proof.c       what a token is bound to, and the certificate
 *   ngx_api_sec_dpop.c        a proof
 *   ngx_api_sec_dpop_zone.c   jti and nonces, in the zone
 *   ngx_api_sec_proof_conf.c  the line `bind`
 *
 * A proof can be shown once.  Within a request it has been shown then: another
 * policy, after an internal redirect, checks all but that.
 */

#ifndef _NGX_API_SEC_PROOF_H_INCLUDED_
#define _NGX_API_SEC_PROOF_H_INCLUDED_


#include "ngx_api_sec_token.h"

#include "api_dpop.h"
#include "api_nonce.h"
#include "api_replay.h"


/* The lines `bind` of an issuer. */

typedef struct {
    ngx_flag_t                  mtls;
    ngx_flag_t                  mtls_required;
    ngx_flag_t                  dpop;
    ngx_flag_t                  dpop_required;
    ngx_flag_t                  nonce;
    ngx_flag_t                  off;
    api_dpop_policy_t           policy;
    ngx_str_t                   algs;        /* "ES256 EdDSA" */
    ngx_array_t                *origins;     /* of api_htu_t, or NULL */
} ngx_api_sec_bound_t;


/* State of a process, behind a pointer in the main configuration. */

typedef struct {
    ngx_api_tenant_t            tenant;
    api_dpop_keys_t            *keys;
    int64_t                     life;        /* of a proof, at the longest */
    time_t                      warned;
    time_t                      warned_share;
} ngx_api_sec_proofs_t;


/* postconfiguration: its part of the zone, when an issuer wants it; status. */

ngx_int_t ngx_api_sec_proofs_zone(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf);
void ngx_api_sec_proofs_status(const ngx_api_sec_main_conf_t *mcf,
    api_writer_t *w);

/* One line `bind` into *bind. */

char *ngx_api_sec_bound_line(ngx_conf_t *cf, ngx_api_sec_bound_t *bind);

/*
 * Does who sent the request hold the key that the verified token of this
 * identity is bound to?  OK, or INVALID and *fault.
 */

ngx_uint_t ngx_api_sec_proof(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_bound_t *bind, const ngx_api_sec_identity_t *id,
    ngx_api_sec_fault_t *fault);

/*
 * The algorithms of proofs that the issuers of a policy take, or NULL when
 * none takes one; *all: does each want one?
 */

typedef enum {
    NGX_API_PROOF_ONE = 0,
    NGX_API_PROOF_ALL
} ngx_api_proof_e;

const ngx_str_t *ngx_api_sec_proof_algs(const ngx_api_sec_auth_t *auth,
    ngx_uint_t *all);

u_char *ngx_api_sec_dpop_challenge(ngx_http_request_t *r,
    const ngx_api_sec_auth_t *auth, const ngx_api_sec_challenge_t *what,
    const ngx_str_t *algs, u_char *p, u_char *last);

/* The same for a proof: jkt is what the token is bound to. */

ngx_uint_t ngx_api_sec_dpop(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_bound_t *bind, const ngx_api_sec_identity_t *id,
    api_span_t jkt, ngx_api_sec_fault_t *fault);

/* INVALID, with a reason of ours. */

ngx_uint_t ngx_api_sec_proof_fault(ngx_api_sec_fault_t *fault,
    const char *reason, const char *error, const char *title,
    const char *detail);

/*
 * The jti of a proof that is good, of that identity: as api_replay_use, or
 * API_INTERNAL without a zone.
 */

int ngx_api_sec_proofs_use(const ngx_api_sec_main_conf_t *mcf,
    const api_dpop_t *dpop, const api_dpop_policy_t *policy,
    const ngx_api_sec_identity_t *id);

/* Nonces; NGX_ERROR without a zone. */

ngx_int_t ngx_api_sec_proofs_nonce(const ngx_api_sec_main_conf_t *mcf,
    char nonce[API_NONCE_LEN]);
ngx_int_t ngx_api_sec_proofs_check(const ngx_api_sec_main_conf_t *mcf,
    api_span_t nonce, bool *renew);


#endif /* _NGX_API_SEC_PROOF_H_INCLUDED_ */
