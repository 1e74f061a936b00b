
/*
 * api_auth: who calls?  A policy is a line `api_auth METHOD=NAME...`; each
 * METHOD is a row of a table, and each NAME a thing that a directive of that
 * method has defined (an issuer, a key store, ...).
 *
 * A method looks for its credential in the request, checks it, and tells who
 * was verified in a form that all methods share, the identity.  How verdicts
 * make one is the business of the policy:
 *
 *   any   one good credential is enough, the first in the order of the line
 *         names the principal; a credential that is presented and not good
 *         refuses, whatever the others are
 *   all   each method has to be satisfied
 *
 * A verdict belongs to the policy it was reached under and is kept in the
 * record; see ngx_api_sec_auth.c.
 */

#ifndef _NGX_API_SEC_AUTH_H_INCLUDED_
#define _NGX_API_SEC_AUTH_H_INCLUDED_


#include "ngx_api_conf.h"
#include "api_json.h"


typedef struct ngx_api_sec_main_conf_s   ngx_api_sec_main_conf_t;
typedef struct ngx_api_sec_ctx_s         ngx_api_sec_ctx_t;
typedef struct ngx_api_sec_method_s      ngx_api_sec_method_t;
typedef struct ngx_api_sec_auth_s        ngx_api_sec_auth_t;


#define NGX_API_SEC_NMETHODS  4


typedef enum {
    NGX_API_AUTH_NONE = 0,      /* not asked for, or not yet */
    NGX_API_AUTH_OK,            /* a verified credential */
    NGX_API_AUTH_MISSING,       /* none presented */
    NGX_API_AUTH_INVALID,
    NGX_API_AUTH_UNAVAILABLE,   /* what the check needs cannot be had now */
    NGX_API_AUTH_AGAIN          /* of a method only: call it again later */
} ngx_api_auth_e;


/* What a method works with: one METHOD=NAME,NAME of a policy. */

typedef struct {
    const ngx_api_sec_method_t *method;
    ngx_array_t                *names;       /* of ngx_str_t */
    ngx_array_t                 things;      /* of void *: what they name */
} ngx_api_sec_use_t;


struct ngx_api_sec_auth_s {
    ngx_array_t                 uses;        /* of ngx_api_sec_use_t */
    ngx_array_t                *names[NGX_API_SEC_NMETHODS];
    ngx_array_t                 places;      /* where tokens may stand */
    ngx_str_t                   realm;       /* the first name */
    ngx_api_mode_t              mode;
    ngx_flag_t                  any;
    ngx_flag_t                  all;
    ngx_flag_t                  optional;
    ngx_uint_t                  warned;
    const ngx_http_conf_ctx_t  *server;      /* it is in; NULL: in none */

    ngx_str_t                   file;
    ngx_uint_t                  line;
};


/*
 * Who was verified.  Everything in it lives as long as the main request: what
 * may be swapped meanwhile (a watched file) has to be copied.
 */

typedef struct {
    const ngx_api_sec_method_t *method;
    const ngx_str_t            *name;        /* of the issuer, store, ... */
    ngx_str_t                   principal;   /* may be empty */

    const api_json_t           *claims;      /* NULL: it has none */
    const api_json_t           *header;      /* of a JWT, or NULL */
    int64_t                     iat;         /* seconds, 0: not said */

    const api_span_t           *scopes;      /* when claims is NULL */
    ngx_uint_t                  nscopes;

    api_span_t                  key;         /* key:id, :owner, :plan; data */
    api_span_t                  owner;       /* NULL: none */
    api_span_t                  plan;
} ngx_api_sec_identity_t;


/* Why not.  Strings are kept by reference. */

typedef struct {
    ngx_uint_t                  status;      /* 401, 400, 429, 500, 503 */
    ngx_str_t                   reason;      /* for us: "expired" */
    ngx_str_t                   detail;      /* for us, a line; or empty */
    ngx_str_t                   code;        /* for the client */
    ngx_str_t                   title;       /* for the client */
    const char                 *error;       /* in the challenge, or NULL */
    ngx_uint_t                  retry;       /* Retry-After, seconds; 0 */
    const ngx_api_sec_method_t *method;
} ngx_api_sec_fault_t;


/* What a challenge says besides the realm; error NULL: nothing was sent. */

typedef struct {
    const char                 *error;
    const char                 *description;
    const ngx_str_t            *scope;       /* or NULL */
} ngx_api_sec_challenge_t;


struct ngx_api_sec_method_s {
    ngx_str_t                   name;        /* "jwt" */
    ngx_str_t                   directive;   /* that defines its NAMEs */

    ngx_str_t                   missing;     /* to the client: code of a 401 */
    ngx_str_t                   wanted;      /* its title */

    /* configuration: what a name means, or NULL */

    void                     *(*find)(const ngx_api_sec_main_conf_t *mcf,
                                  const ngx_str_t *name);

    /* configuration, once all names are found: may they be in one line?  What
       the policy has to know of them is put there.  Logs and returns
       NGX_CONF_ERROR; may be NULL */

    char                     *(*fits)(ngx_conf_t *cf,
                                  ngx_api_sec_auth_t *auth,
                                  const ngx_api_sec_use_t *use);

    /*
     * OK        *id is filled
     * MISSING   none of its credentials is in the request
     * INVALID, UNAVAILABLE  *fault is filled
     * AGAIN     it waits (a subrequest, a timer); when the phases run again,
     *           it is called again.  What it has to remember is its own part
     *           of the ctx.
     *
     * id and fault come zeroed but for method and name.
     */

    ngx_uint_t                (*check)(ngx_http_request_t *r,
                                  const ngx_api_sec_main_conf_t *mcf,
                                  ngx_api_sec_ctx_t *ctx,
                                  const ngx_api_sec_use_t *use,
                                  ngx_api_sec_identity_t *id,
                                  ngx_api_sec_fault_t *fault);

    /*
     * Writes its challenge ("Bearer realm=...") to p and returns the end.
     * Methods with the same function share one.  NULL: none (a certificate
     * cannot be asked for here).
     */

    u_char                   *(*challenge)(ngx_http_request_t *r,
                                  const ngx_api_sec_auth_t *auth,
                                  const ngx_api_sec_challenge_t *what,
                                  u_char *p, u_char *last);
};


/*
 * ngx_api_sec_auth_conf.c: the table, a NULL at its end.  A new method: its
 * row here, its file, and its word in the opts of ngx_api_sec_auth().
 */

extern const ngx_api_sec_method_t *const  ngx_api_sec_methods[];

char *ngx_api_sec_auth(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_api_sec_auth_resolve(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf);

/* Does the policy ask for that method? */

const ngx_api_sec_use_t *ngx_api_sec_auth_use(const ngx_api_sec_auth_t *auth,
    const ngx_api_sec_method_t *method);


/* ngx_api_sec_auth.c */

ngx_int_t ngx_api_sec_access_handler(ngx_http_request_t *r);

/* One line with the challenges of all methods of the policy. */

ngx_int_t ngx_api_sec_challenge(ngx_http_request_t *r,
    const ngx_api_sec_auth_t *auth, const char *error,
    const char *description, const ngx_str_t *scope, ngx_str_t *out);

/*
 * Parts of a challenge: ` realm="..."` (the first one), then error, its
 * description and scope.
 */

u_char *ngx_api_sec_challenge_realm(const ngx_api_sec_auth_t *auth,
    u_char *p);
u_char *ngx_api_sec_challenge_error(ngx_http_request_t *r,
    const ngx_api_sec_challenge_t *what, u_char *p, u_char *last);

/* A detail that outlives the caller; empty without memory. */

void ngx_api_sec_fault_detail(ngx_http_request_t *r,
    ngx_api_sec_fault_t *fault, const char *text);


/*
 * Who was verified under the last policy of this request, NULL for nobody:
 * the one that names the principal.  With `all`, claims, key attributes and
 * scopes may belong to another one: these look through all of them.
 */

const ngx_api_sec_identity_t *ngx_api_sec_identity(
    const ngx_api_sec_ctx_t *ctx);
const api_json_t *ngx_api_sec_claims(const ngx_api_sec_ctx_t *ctx);
const api_json_t *ngx_api_sec_token_header(const ngx_api_sec_ctx_t *ctx);

/* The identity of an API key, NULL if no key was verified. */

const ngx_api_sec_identity_t *ngx_api_sec_key_identity(
    const ngx_api_sec_ctx_t *ctx);

/* Are these scopes granted, all of them or one?  See api_claim_scopes. */

ngx_uint_t ngx_api_sec_granted(const ngx_api_sec_ctx_t *ctx,
    const api_span_t *wanted, ngx_uint_t n, ngx_uint_t all);


/* ngx_api_sec_jwt.c */

extern const ngx_api_sec_method_t  ngx_api_sec_method_jwt;

/* The fault of a token that is not good: an api_jwt_code_t. */

void ngx_api_sec_jwt_fault(ngx_http_request_t *r, int code,
    const api_err_t *err, ngx_api_sec_fault_t *fault);

/* ngx_api_sec_introspect.c */

extern const ngx_api_sec_method_t  ngx_api_sec_method_introspect;

u_char *ngx_api_sec_bearer_challenge(ngx_http_request_t *r,
    const ngx_api_sec_auth_t *auth, const ngx_api_sec_challenge_t *what,
    u_char *p, u_char *last);

/* ngx_api_sec_key.c */

extern const ngx_api_sec_method_t  ngx_api_sec_method_key;

/* ngx_api_sec_mtls.c */

extern const ngx_api_sec_method_t  ngx_api_sec_method_mtls;


#endif /* _NGX_API_SEC_AUTH_H_INCLUDED_ */
