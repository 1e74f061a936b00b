
/*
 * The bearer token of a request, and what is known of tokens that were
 * verified before.
 */

#ifndef _NGX_API_SEC_TOKEN_H_INCLUDED_
#define _NGX_API_SEC_TOKEN_H_INCLUDED_


#include "ngx_api_sec_auth.h"
#include "ngx_api_zone.h"

#include "api_jws_sha.h"
#include "api_memo.h"
#include "api_seen.h"


/* `token header=|cookie=|query=`, besides Authorization */

#define NGX_API_PLACE_HEADER  0
#define NGX_API_PLACE_COOKIE  1
#define NGX_API_PLACE_QUERY   2

#define NGX_API_PLACE_MAX     16    /* of a policy */

typedef struct {
    ngx_uint_t                  kind;
    ngx_str_t                   name;
} ngx_api_sec_place_t;

/* The words behind `token`. */

char *ngx_api_sec_place_add(ngx_conf_t *cf, ngx_array_t *places);

/* NGX_DECLINED: too many. */

ngx_int_t ngx_api_sec_places_join(ngx_array_t *all,
    const ngx_array_t *places);


typedef enum {
    NGX_API_TOKEN_NONE = 0,
    NGX_API_TOKEN_ONE,
    NGX_API_TOKEN_MALFORMED,    /* the request, not the token: 400 */
    NGX_API_TOKEN_SEVERAL       /* that differ: 400 */
} ngx_api_token_e;

typedef struct {
    ngx_uint_t                  state;
    api_span_t                  token;        /* the first one found */
    ngx_uint_t                  places;       /* 1: Authorization; 2 << i */
    unsigned                    authorization:1;
    unsigned                    dpop:1;       /* the scheme there is DPoP */
} ngx_api_sec_token_t;

/* NGX_ERROR: no memory. */

ngx_int_t ngx_api_sec_token(ngx_http_request_t *r,
    const ngx_api_sec_auth_t *auth, ngx_api_sec_token_t *t);

/* Does Authorization speak of DPoP? */

ngx_uint_t ngx_api_sec_token_is_dpop(ngx_http_request_t *r);

/* Is a value of Authorization of that scheme, as anybody behind us may read
   it?  Then *s becomes what follows, without the blanks around. */

ngx_uint_t ngx_api_sec_token_scheme(const char *scheme, api_span_t *s);

/* A name or a value in a query, decoded in the pool if it has to be;
   NGX_ERROR: no memory. */

ngx_int_t ngx_api_sec_token_decode(ngx_http_request_t *r, api_span_t *s);

/*
 * The token of the request, looked for once a policy.  NGX_ERROR: no memory.
 */

ngx_int_t ngx_api_sec_token_take(ngx_http_request_t *r,
    ngx_api_sec_ctx_t *ctx);

/*
 * Whose is it?  Where the policy has both jwt and introspect, what has the
 * dots of a JWT or a JWE is the first's, anything else the second's.
 */

ngx_uint_t ngx_api_sec_token_of(const ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_method_t *method);

/* Why a state that is neither NONE nor ONE refuses. */

void ngx_api_sec_bearer_fault(const ngx_api_sec_token_t *token,
    ngx_api_sec_fault_t *fault);

/* Does it stand in Authorization, or in one of these places? */

ngx_uint_t ngx_api_sec_token_allowed(const ngx_api_sec_token_t *t,
    const ngx_api_sec_auth_t *auth, const ngx_array_t *places);


/*
 * ngx_api_sec_tokens.c: tokens seen before.  What is remembered is that a
 * token's signature was good under one set of keys, never that a request was
 * let in: rules of the issuer, times and revocations are looked at each time.
 *
 * The zone has digests, so what one worker has verified another need not.
 * Each worker keeps those it meets often, parsed.
 */

typedef enum {
    NGX_API_SEEN_NONE = 0,      /* no token, or not that far */
    NGX_API_SEEN_MISS,
    NGX_API_SEEN_ZONE,
    NGX_API_SEEN_MEMO
} ngx_api_seen_e;

/* State of a process, behind a pointer in the main configuration. */

typedef struct {
    ngx_api_tenant_t            tenant;
    api_jws_sha_t              *hash;
    api_memo_t                 *memo;         /* NULL: no memory for it */
    api_sipkey_t                seed;
} ngx_api_sec_tokens_t;

ngx_api_sec_tokens_t *ngx_api_sec_tokens_create(ngx_conf_t *cf);

/* postconfiguration: its part of the zone, when something caches. */

ngx_int_t ngx_api_sec_tokens_zone(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf);

/* The digest of a token under the keys with that fingerprint. */

ngx_int_t ngx_api_sec_tokens_digest(const ngx_api_sec_main_conf_t *mcf,
    const uint8_t print[API_JWS_SHA_LEN], api_span_t token,
    uint8_t digest[API_JWS_SHA_LEN]);

ngx_uint_t ngx_api_sec_tokens_find(const ngx_api_sec_main_conf_t *mcf,
    const uint8_t digest[API_JWS_SHA_LEN]);
void ngx_api_sec_tokens_add(const ngx_api_sec_main_conf_t *mcf,
    const uint8_t digest[API_JWS_SHA_LEN], api_span_t subject,
    int64_t until);

/* An entry is held until the main request ends.  NULL: none. */

const api_memo_entry_t *ngx_api_sec_tokens_memo(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, api_span_t token);

/* Members of an object. */

void ngx_api_sec_tokens_status(const ngx_api_sec_main_conf_t *mcf,
    api_writer_t *w);


#endif /* _NGX_API_SEC_TOKEN_H_INCLUDED_ */
