
/*
 * Private to ngx_api_sec_module.  One file a feature: each has its part of
 * the configuration, its directives' setters, its create and merge, and what
 * runs at a request.
 */

#ifndef _NGX_API_SEC_H_INCLUDED_
#define _NGX_API_SEC_H_INCLUDED_


#include "ngx_api_body.h"
#include "ngx_api_refuse.h"
#include "ngx_api_tally.h"
#include "ngx_api_watch.h"
#include "ngx_api_sec_auth.h"
#include "ngx_api_sec_token.h"
#include "ngx_api_sec_remote.h"
#include "ngx_api_sec_proof.h"

#include "api_claim.h"
#include "api_jwt.h"
#include "api_list.h"
#include "api_spend.h"


/* ngx_api_sec_issuer.c, ngx_api_sec_keys.c: api_jwt_issuer */

/* State of a process, not configuration: watched files change it. */

typedef struct {
    api_jwks_t                 *set;         /* swapped as a whole */
    uint64_t                    epoch;       /* how often */
    uint64_t                    number;      /* of the bulletin it is from */
    uint8_t                     print[API_JWS_SHA_LEN];  /* of what is in it */
    time_t                      logged;      /* that none could be fetched */
    ngx_array_t                 lines;       /* `key`: ngx_api_sec_key_t * */
} ngx_api_sec_keys_t;

struct ngx_api_sec_issuer_s {
    ngx_str_t                   name;
    api_jwt_policy_t            policy;
    ngx_array_t                 audience;    /* of api_span_t, as the next */
    ngx_array_t                 typ;
    ngx_array_t                 require;
    ngx_array_t                 places;      /* ngx_api_sec_place_t */
    ngx_api_sec_bound_t         bind;
    time_t                      cache;       /* seconds, 0: off */
    ngx_uint_t                  set;         /* mask: lines given */

    ngx_str_t                   jwks;        /* path, or empty */
    ngx_api_sec_remote_t       *remote;      /* jwks uri:, or NULL */
    ngx_api_sec_keys_t         *keys;
    api_sipkey_t                seed;
    api_jws_sha_t              *hash;
};


typedef struct ngx_api_sec_loc_conf_s  ngx_api_sec_loc_conf_t;


/* ngx_api_sec_budget.c: api_auth_budget */

#define NGX_API_BUDGET_ADDRESS  0
#define NGX_API_BUDGET_WORKER   1

typedef struct {
    ngx_uint_t                  count;
    ngx_msec_t                  period;       /* 0: off */
    ngx_uint_t                  per;
} ngx_api_sec_budget_t;


/* ngx_api_sec_introspect.h: api_introspect */

typedef struct ngx_api_sec_introspect_s  ngx_api_sec_introspect_t;
typedef struct ngx_api_sec_asked_s       ngx_api_sec_asked_t;


/* ngx_api_sec_operand.h: what rules compare */

typedef struct ngx_api_sec_query_s  ngx_api_sec_query_t;
typedef struct ngx_api_sec_paths_s  ngx_api_sec_paths_t;


/* ngx_api_sec_forward.h: headers for the upstream */

typedef struct ngx_api_sec_forwarded_s  ngx_api_sec_forwarded_t;


/* ngx_api_sec_schema.h: the contract */

typedef struct ngx_api_sec_specs_s        ngx_api_sec_specs_t;
typedef struct ngx_api_sec_schema_conf_s  ngx_api_sec_schema_conf_t;
typedef struct ngx_api_sec_rules_s        ngx_api_sec_rules_t;
typedef struct ngx_api_sec_routed_s       ngx_api_sec_routed_t;
typedef struct ngx_api_sec_checked_s      ngx_api_sec_checked_t;


/* ngx_api_sec_graphql.h */

typedef struct ngx_api_sec_graphql_s  ngx_api_sec_graphql_t;


/* ngx_api_sec_inventory.h: what is noted of a body */

typedef struct ngx_api_sec_noted_s  ngx_api_sec_noted_t;


/* ngx_api_sec_leak.h */

typedef struct ngx_api_sec_leak_s  ngx_api_sec_leak_t;
typedef struct ngx_api_sec_scan_s  ngx_api_sec_scan_t;


/* What sec knows of a request; hangs in the record. */

struct ngx_api_sec_ctx_s {
    /* the last authentication; auth tells which policy it was for */
    const ngx_api_sec_auth_t   *auth;
    ngx_uint_t                  result;       /* ngx_api_auth_e */
    ngx_uint_t                  mode;
    ngx_api_sec_fault_t         fault;        /* when it is not OK */
    ngx_api_sec_identity_t      ids[NGX_API_SEC_NMETHODS + 1];
    ngx_uint_t                  nids;         /* verified; the last is spare */
    ngx_uint_t                  step;         /* methods asked so far */
    api_jwt_t                   jwt;          /* what ids point into */
    ngx_uint_t                  seen;         /* ngx_api_seen_e */
    ngx_api_sec_token_t         token;        /* while a method waits */
    const api_memo_entry_t     *memo;
    ngx_api_sec_remote_wait_t   remote;
    ngx_api_sec_asked_t        *asked;        /* api_introspect */
    int64_t                     answer_exp;
    ngx_api_sec_wait_t         *wait;
    ngx_api_sec_fetch_t        *fetches;      /* all of this request */

    const ngx_api_sec_loc_conf_t *body;       /* whose api_body refused */
    ngx_api_sec_query_t        *query;        /* once a rule has asked */
    ngx_api_sec_forwarded_t    *forwarded;    /* headers for the upstream */
    const ngx_api_sec_routed_t *routed;       /* once somebody has asked */
    ngx_api_sec_checked_t      *checked;      /* by the contract */
    const ngx_api_sec_graphql_t *graphql;     /* that refused */
    ngx_api_sec_noted_t        *noted;        /* members of the body */
    ngx_api_sec_scan_t         *scan;         /* of the response */
    const ngx_api_sec_loc_conf_t *entered;    /* where it came in */
    uint64_t                    operation;    /* its id in the inventory */
    unsigned                    threat;       /* bits: api_behavior */
    struct ngx_api_sec_governed_s *governed;  /* its policy, exceptions */

    api_alloc_t                 alloc;
    api_arena_t                 arena;
    unsigned                    arena_ready:1;
    unsigned                    waiting:1;    /* a method said AGAIN */
    unsigned                    taken:1;      /* token has been looked for */
    unsigned                    parsed:1;     /* jwt is this token's */
    unsigned                    cors_done:1;
    unsigned                    proof_used:1;   /* its jti is remembered */
    unsigned                    proof_nonce:1;  /* one was handed out */
};


/* ngx_api_sec_require.c: api_require; ngx_api_sec_assert.h */

typedef struct ngx_api_sec_require_s  ngx_api_sec_require_t;
typedef struct ngx_api_sec_assert_s   ngx_api_sec_assert_t;


/* ngx_api_sec_audit.h: the record */

typedef struct ngx_api_sec_audit_s   ngx_api_sec_audit_t;
typedef struct ngx_api_sec_audits_s  ngx_api_sec_audits_t;


/* ngx_api_sec_cors.c, ngx_api_sec_origin.c: api_cors, api_origin */

typedef struct ngx_api_sec_cors_s     ngx_api_sec_cors_t;
typedef struct ngx_api_sec_origins_s  ngx_api_sec_origins_t;


/* ngx_api_sec_govern.h: api_policy, api_exception */

typedef struct ngx_api_sec_govern_s    ngx_api_sec_govern_t;
typedef struct ngx_api_sec_governed_s  ngx_api_sec_governed_t;


/* ngx_api_sec_status.h: api_status; ngx_api_sec_monitor.h: what is counted */

typedef struct ngx_api_sec_status_s   ngx_api_sec_status_t;
typedef struct ngx_api_sec_monitor_s  ngx_api_sec_monitor_t;


/* ngx_api_sec_inventory.h: api_inventory */

typedef struct ngx_api_sec_inventory_s    ngx_api_sec_inventory_t;
typedef struct ngx_api_sec_inventories_s  ngx_api_sec_inventories_t;


/* ngx_api_sec_behavior.h: api_behavior */

typedef struct ngx_api_sec_behavior_s   ngx_api_sec_behavior_t;
typedef struct ngx_api_sec_behaviors_s  ngx_api_sec_behaviors_t;


/* ngx_api_sec_body.c: api_body and the directives of the reader */

#define NGX_API_SEC_BODY_OFF   0
#define NGX_API_SEC_BODY_ANY   1    /* read, limit, decode */
#define NGX_API_SEC_BODY_JSON  2    /* and be strict JSON */
#define NGX_API_SEC_BODY_GRPC  8    /* with one of them: pass gRPC by */


/* Shares of the zone, as api_zone has them; 0: not said. */

typedef struct {
    size_t                      tokens;
    size_t                      proofs;
    size_t                      answers;
    size_t                      revocations;
    size_t                      metrics;
    size_t                      inventory;
    size_t                      behavior;
} ngx_api_sec_shares_t;


struct ngx_api_sec_main_conf_s {
    ngx_api_door_t              door;         /* must be first */
    ngx_api_self_t              self;
    api_sipkey_t                seed;

    ngx_array_t                 issuers;      /* of ngx_api_sec_issuer_t * */
    ngx_array_t                 key_stores;   /* ngx_api_sec_key_store_t * */
    ngx_array_t                 mtls;         /* of ngx_api_sec_mtls_t * */
    ngx_array_t                 auths;        /* of ngx_api_sec_auth_t * */
    ngx_array_t                 lists;
    ngx_array_t                 signers;      /* of ngx_api_sec_signer_t * */
    ngx_str_t                   jwks_file;    /* of the first api_jwks */
    ngx_uint_t                  jwks_line;
    ngx_array_t                 path_operands;
    const ngx_api_sec_paths_t  *paths;        /* set by api_schema, or NULL */
    ngx_array_t                 statuses;     /* of ngx_api_sec_status_t * */
    ngx_str_t                   page_policy;  /* CSP of the page of one */
    ngx_api_sec_specs_t        *specs;
    ngx_api_sec_audits_t       *audits;
    time_t                      loaded;       /* this configuration */
    ngx_api_sec_tokens_t       *tokens;
    ngx_api_sec_remotes_t       remotes;
    ngx_api_sec_proofs_t       *proofs;
    ngx_array_t                 introspects;  /* ngx_api_sec_introspect_t * */
    ngx_api_tenant_t            answers;
    api_spend_t                *spend;        /* state of a process */
    ngx_array_t                 revocations;  /* ngx_api_sec_revocations_t * */
    ngx_api_tenant_t            revoked;
    struct ngx_api_keeper_s    *keeper;       /* of it; NULL: not kept */
    ngx_api_watches_t           watches;

    ngx_shm_zone_t             *zone;
    ngx_api_sec_shares_t        shares;
    ngx_api_tenant_t            tenant;
    ngx_api_sec_monitor_t      *monitor;
    ngx_api_sec_inventories_t  *inventories;
    ngx_api_sec_behaviors_t    *behaviors;
    ngx_array_t                 policies;     /* ngx_api_sec_policy_t * */
    ngx_array_t                 exceptions;   /* ngx_api_sec_exception_t * */
    ngx_api_tenant_t            excepted;     /* how often */
    struct ngx_api_sec_lately_s *lately;      /* ngx_api_sec_recent.h */

    ngx_str_t                   state;        /* api_state */
    ngx_uint_t                  permissions;  /* api_secret_permissions */
    size_t                      body_budget;

    ngx_uint_t                  uses;         /* mask: NGX_API_SEC_USES_* */
    unsigned                    secrets:1;    /* some have been read */
};


/* Of a server. */

typedef struct {
    ngx_array_t                 forward_names;  /* of ngx_str_t */
    uint64_t                    forward_bits;   /* of their lengths and ends */
} ngx_api_sec_srv_conf_t;


struct ngx_api_sec_loc_conf_s {
    ngx_api_shared_t            shared;
    ngx_uint_t                  uses;         /* mask, made at merge */

    const ngx_api_sec_auth_t   *auth;         /* UNSET_PTR, NULL: off */
    ngx_api_sec_budget_t        budget;
    ngx_api_conf_list_t         require;      /* ngx_api_sec_require_t */
    ngx_api_conf_list_t         bind;         /* ngx_api_sec_bind_t */
    ngx_api_conf_list_t         forward;      /* ngx_api_sec_forward_t */
    ngx_uint_t                  strip;        /* api_forward_token */
    const ngx_api_sec_assert_t *assert;       /* api_identity_token */
    const ngx_api_sec_cors_t   *cors;
    const ngx_api_sec_origins_t *origins;
    ngx_api_sec_status_t       *status;
    ngx_api_sec_schema_conf_t  *schema;
    ngx_api_sec_govern_t       *govern;       /* NULL: nothing of it */
    const ngx_api_sec_inventory_t *inventory;
    const ngx_api_sec_leak_t   *leak;
    ngx_api_conf_list_t         behavior;     /* ngx_api_sec_behavior_t */
    const ngx_api_sec_graphql_t *graphql;
    const ngx_api_sec_audit_t  *audit;        /* UNSET_PTR, NULL: off */
    ngx_uint_t                  audit_redact;
    ngx_uint_t                  body;         /* NGX_API_SEC_BODY_* */
    ngx_api_mode_t              body_mode;
};


/* What no directive asks for is not hooked into nginx, and costs nothing. */

#define NGX_API_SEC_USES_CORS     0x01
#define NGX_API_SEC_USES_AUTH     0x02
#define NGX_API_SEC_USES_REQUIRE  0x04
#define NGX_API_SEC_USES_BODY     0x08
#define NGX_API_SEC_USES_AUDIT    0x10
#define NGX_API_SEC_USES_STATUS   0x20
#define NGX_API_SEC_USES_FORWARD  0x40
#define NGX_API_SEC_USES_ORIGIN   0x80
#define NGX_API_SEC_USES_SCHEMA   0x100
#define NGX_API_SEC_USES_GRAPHQL  0x200
#define NGX_API_SEC_USES_RESPONSE 0x400
#define NGX_API_SEC_USES_BARE     0x800
#define NGX_API_SEC_USES_AUDIT_DENY  0x1000
#define NGX_API_SEC_USES_INVENTORY   0x2000
#define NGX_API_SEC_USES_LEAK        0x4000    /* or responses are scanned */
#define NGX_API_SEC_USES_BEHAVIOR    0x8000

void ngx_api_sec_uses(ngx_conf_t *cf, ngx_uint_t feature);

/*
 * Does the location of r ask for one of these?  A location that does not is
 * to pay nothing for others that do: gates of the handlers ask this first.
 */

#define ngx_api_sec_here(r, features)                                         \
    (((const ngx_api_sec_loc_conf_t *)                                        \
      ngx_http_get_module_loc_conf(r, ngx_api_sec_module))->uses & (features))


extern ngx_module_t   ngx_api_sec_module;
extern ngx_command_t  ngx_api_sec_commands[];    /* ngx_api_sec_commands.c */


/* ngx_api_sec_phases.c: postconfiguration, handlers of what is used */

ngx_int_t ngx_api_sec_phases(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf);

/* The context of the main request, made at first use. */

ngx_api_sec_ctx_t *ngx_api_sec_ctx(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t **rec);

/* Its arena, on the pool of the main request. */

api_arena_t *ngx_api_sec_arena(ngx_http_request_t *r,
    ngx_api_sec_ctx_t *ctx);

/* The mode of a switch under the ceiling of api_mode. */

ngx_uint_t ngx_api_sec_mode(ngx_http_request_t *r,
    const ngx_api_sec_loc_conf_t *lcf, const ngx_api_mode_t *mode);


/* ngx_api_sec_conf.c */

void *ngx_api_sec_create_main_conf(ngx_conf_t *cf);
char *ngx_api_sec_init_main_conf(ngx_conf_t *cf, void *conf);
void *ngx_api_sec_create_srv_conf(ngx_conf_t *cf);
void *ngx_api_sec_create_loc_conf(ngx_conf_t *cf);
char *ngx_api_sec_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child);

char *ngx_api_sec_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_api_sec_state(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_api_sec_secret_permissions(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_api_sec_api_mode(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_api_sec_reject(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* ngx_api_sec_issuer.c: the block and its lines */

char *ngx_api_sec_jwt_issuer(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_api_sec_issuer_line(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf);
ngx_api_sec_issuer_t *ngx_api_sec_issuer_find(
    const ngx_api_sec_main_conf_t *mcf, const ngx_str_t *name);

/* ngx_api_sec_keys.c: the lines `jwks` and `key` */

ngx_int_t ngx_api_sec_keys_create(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf, ngx_api_sec_issuer_t *issuer);
char *ngx_api_sec_keys_jwks(ngx_conf_t *cf, ngx_api_sec_issuer_t *issuer);
char *ngx_api_sec_keys_key(ngx_conf_t *cf, ngx_api_sec_issuer_t *issuer);
/* A set from elsewhere: try it, take it, is it the one in use? */

int ngx_api_sec_keys_try(const ngx_api_sec_issuer_t *issuer, api_span_t text,
    size_t *skipped, api_err_t *err);
int ngx_api_sec_keys_load(const ngx_api_sec_issuer_t *issuer, api_span_t text,
    api_err_t *err);
ngx_uint_t ngx_api_sec_keys_same(const ngx_api_sec_issuer_t *issuer,
    api_span_t text);
char *ngx_api_sec_keys_open(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_issuer_t *issuer);

/* From the first secret on api_secret_permissions would come too late. */

ngx_uint_t ngx_api_sec_permissions(ngx_api_sec_main_conf_t *mcf);

/* ngx_api_sec_key_store.c, ngx_api_sec_key.c */

char *ngx_api_sec_key_store(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_api_sec_key_variables(ngx_conf_t *cf);

/* ngx_api_sec_mtls_conf.c; merged: warns of what can never be */

char *ngx_api_sec_mtls(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
void ngx_api_sec_mtls_merged(ngx_conf_t *cf, const ngx_api_sec_auth_t *auth);

/* ngx_api_sec_require.c, ngx_api_sec_require_conf.c */

char *ngx_api_sec_require(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_api_sec_require_check(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf);

/* ngx_api_sec_bind.c, ngx_api_sec_bind_conf.c */

char *ngx_api_sec_bind(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_api_sec_bind_check(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf);

/* ngx_api_sec_forward_conf.c, ngx_api_sec_assert_conf.c, ngx_api_sec_jwks.c */

char *ngx_api_sec_forward(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_api_sec_forward_token(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_api_sec_identity_token(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_api_sec_jwks(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_api_sec_jwks_check(ngx_conf_t *cf,
    const ngx_api_sec_main_conf_t *mcf);

/* ngx_api_sec_introspect_conf.c */

char *ngx_api_sec_introspect(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_api_sec_introspect_zone(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf);

/* ngx_api_sec_spec.c, ngx_api_sec_schema*.c: the contract */

char *ngx_api_sec_specs_init(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf);
char *ngx_api_sec_schemes_resolve(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf);
void ngx_api_sec_specs_status(const ngx_api_sec_main_conf_t *mcf,
    api_writer_t *w);
char *ngx_api_sec_schema_spec(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_api_sec_schema_root(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_api_sec_schema_security(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_api_sec_schema(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_api_sec_schema_operation(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_api_sec_schema_unknown(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_api_sec_schema_methods(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_api_sec_schema_limit(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_api_sec_schema_body(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_api_sec_bare_handler(ngx_http_request_t *r);
char *ngx_api_sec_schema_response(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_api_sec_exposure(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_api_sec_schema_create(ngx_conf_t *cf,
    ngx_api_sec_loc_conf_t *lcf);
char *ngx_api_sec_schema_merge(ngx_conf_t *cf, ngx_api_sec_loc_conf_t *lcf,
    const ngx_api_sec_loc_conf_t *above);
ngx_int_t ngx_api_sec_schema_variables(ngx_conf_t *cf);
void ngx_api_sec_schema_paths(ngx_conf_t *cf);
ngx_int_t ngx_api_sec_schema_admit(ngx_http_request_t *r);
ngx_int_t ngx_api_sec_schema_authorize(ngx_http_request_t *r);
ngx_int_t ngx_api_sec_schema_handler(ngx_http_request_t *r);
ngx_int_t ngx_api_sec_schema_headers(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf);

/* ngx_api_sec_budget.c */

char *ngx_api_sec_auth_budget(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
void ngx_api_sec_merge_budget(ngx_api_sec_budget_t *conf,
    const ngx_api_sec_budget_t *prev);
ngx_int_t ngx_api_sec_budget_create(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf);

/* Before a dear check: NGX_DECLINED when the budget is spent.  Give it back
   when the credential was good. */

ngx_int_t ngx_api_sec_budget_take(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf);
void ngx_api_sec_budget_give(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf);
ngx_uint_t ngx_api_sec_budget_fault(ngx_api_sec_fault_t *fault);

/* ngx_api_sec_revoke.c, ngx_api_sec_revoke_admin.c */

char *ngx_api_sec_revocations(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_api_sec_revoke_zone(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf);
ngx_int_t ngx_api_sec_revoke_restore(ngx_cycle_t *cycle,
    const ngx_api_sec_main_conf_t *mcf);    /* before there are workers */
ngx_int_t ngx_api_sec_revoke_start(ngx_cycle_t *cycle,
    const ngx_api_sec_main_conf_t *mcf);
void ngx_api_sec_revoke_end(const ngx_api_sec_main_conf_t *mcf);
ngx_uint_t ngx_api_sec_revoke_section(const ngx_api_door_t *door,
    ngx_api_admin_t *a);

/* Is what was verified revoked?  Then *fault is filled. */

ngx_uint_t ngx_api_sec_revoked(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_identity_t *id, ngx_api_sec_fault_t *fault);

/* ngx_api_sec_graphql_conf.c, ngx_api_sec_graphql.c */

char *ngx_api_sec_graphql(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_api_sec_graphql_handler(ngx_http_request_t *r);

/* ngx_api_sec_vars.c */

ngx_int_t ngx_api_sec_add_variables(ngx_conf_t *cf);
char *ngx_api_sec_claim_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* ngx_api_sec_audit_conf.c, ngx_api_sec_audit.c */

char *ngx_api_sec_audit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_api_sec_audit_key(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_api_sec_audit_seal(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_api_sec_audit_redact(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_api_sec_audit_deny_handler(ngx_http_request_t *r);
ngx_int_t ngx_api_sec_log_handler(ngx_http_request_t *r);

/* At the 101: an event of its own, for the next may be hours away. */

void ngx_api_sec_audit_upgrade(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf);

/* ngx_api_sec_inventory_conf.c */

char *ngx_api_sec_inventory(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* ngx_api_sec_behavior_conf.c */

char *ngx_api_sec_behavior(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_api_sec_alert_spool(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* ngx_api_sec_leak_conf.c */

char *ngx_api_sec_leak(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* ngx_api_sec_cors.c: PREACCESS handler, and headers for the header filter */

char *ngx_api_sec_cors(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_api_sec_cors_handler(ngx_http_request_t *r);
ngx_int_t ngx_api_sec_cors_headers(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf);

/* ngx_api_sec_origin.c */

char *ngx_api_sec_api_origin(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_api_sec_origin_handler(ngx_http_request_t *r);

/* ngx_api_sec_list.c */

char *ngx_api_sec_list(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* ngx_api_sec_health.c */

char *ngx_api_sec_health(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_api_sec_ready(const ngx_api_door_t *door, ngx_str_t *why);

/* ngx_api_sec_status_conf.c, ngx_api_sec_report.c */

char *ngx_api_sec_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
void ngx_api_sec_status_merge(ngx_conf_t *cf, ngx_api_sec_loc_conf_t *conf,
    const ngx_api_sec_loc_conf_t *prev);
char *ngx_api_sec_status_check(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf);
void ngx_api_sec_metrics(const ngx_api_door_t *door, api_metrics_t *m);

/* ngx_api_sec_body.c */

char *ngx_api_sec_body(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_api_sec_body_limit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_api_sec_body_decode(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_api_sec_body_budget(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_api_sec_body_check(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf);


#endif /* _NGX_API_SEC_H_INCLUDED_ */
