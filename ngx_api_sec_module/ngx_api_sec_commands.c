
/*
 * The directives of ngx_api_sec_module: where each may stand, and who reads
 * it.  What it means is said in docs/directives.
 */

#include "ngx_api_sec_audit.h"
#include "ngx_api_sec_govern.h"


#define NGX_API_SEC_HSL                                                       \
    NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF

#define NGX_API_SEC_HSLX                                                      \
    NGX_API_SEC_HSL|NGX_HTTP_LIF_CONF|NGX_HTTP_LMT_CONF

#define NGX_API_SEC_LOC(name, contexts, args, set)                            \
    { ngx_string(name), (contexts)|(args), set,                               \
      NGX_HTTP_LOC_CONF_OFFSET, 0, NULL }

#define NGX_API_SEC_MAIN(name, args, set)                                     \
    { ngx_string(name), NGX_HTTP_MAIN_CONF|(args), set,                       \
      NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL }


ngx_command_t  ngx_api_sec_commands[] = {

    /* common to the suite */

    NGX_API_SEC_MAIN("api_zone", NGX_CONF_2MORE, ngx_api_sec_zone),
    NGX_API_SEC_MAIN("api_state", NGX_CONF_TAKE1, ngx_api_sec_state),
    NGX_API_SEC_MAIN("api_secret_permissions", NGX_CONF_TAKE1,
                     ngx_api_sec_secret_permissions),
    NGX_API_SEC_MAIN("api_list", NGX_CONF_TAKE23, ngx_api_sec_list),
    NGX_API_SEC_LOC("api_mode", NGX_API_SEC_HSLX, NGX_CONF_TAKE1,
                    ngx_api_sec_api_mode),
    NGX_API_SEC_LOC("api_reject", NGX_API_SEC_HSLX, NGX_CONF_1MORE,
                    ngx_api_sec_reject),
    NGX_API_SEC_LOC("api_cors", NGX_API_SEC_HSL, NGX_CONF_1MORE,
                    ngx_api_sec_cors),
    NGX_API_SEC_LOC("api_origin", NGX_API_SEC_HSLX, NGX_CONF_1MORE,
                    ngx_api_sec_api_origin),
    NGX_API_SEC_LOC("api_health", NGX_HTTP_LOC_CONF, NGX_CONF_NOARGS
                    |NGX_CONF_TAKE1, ngx_api_sec_health),

    NGX_API_SEC_LOC("api_status", NGX_HTTP_LOC_CONF, NGX_CONF_ANY,
                    ngx_api_sec_status),

    /* the body reader */

    NGX_API_SEC_LOC("api_body", NGX_API_SEC_HSLX, NGX_CONF_1MORE,
                    ngx_api_sec_body),
    NGX_API_SEC_LOC("api_body_limit", NGX_API_SEC_HSLX, NGX_CONF_TAKE12,
                    ngx_api_sec_body_limit),
    NGX_API_SEC_LOC("api_body_decode", NGX_API_SEC_HSLX, NGX_CONF_1MORE,
                    ngx_api_sec_body_decode),
    NGX_API_SEC_MAIN("api_body_budget", NGX_CONF_TAKE1,
                     ngx_api_sec_body_budget),

    /* identity */

    NGX_API_SEC_MAIN("api_jwt_issuer", NGX_CONF_BLOCK|NGX_CONF_TAKE1,
                     ngx_api_sec_jwt_issuer),
    NGX_API_SEC_MAIN("api_key_store", NGX_CONF_2MORE, ngx_api_sec_key_store),
    NGX_API_SEC_MAIN("api_mtls", NGX_CONF_BLOCK|NGX_CONF_TAKE1,
                     ngx_api_sec_mtls),
    NGX_API_SEC_MAIN("api_introspect", NGX_CONF_BLOCK|NGX_CONF_TAKE1,
                     ngx_api_sec_introspect),
    NGX_API_SEC_MAIN("api_revocations", NGX_CONF_TAKE2,
                     ngx_api_sec_revocations),
    NGX_API_SEC_LOC("api_auth_budget", NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF,
                    NGX_CONF_TAKE12, ngx_api_sec_auth_budget),
    NGX_API_SEC_LOC("api_auth", NGX_API_SEC_HSLX, NGX_CONF_1MORE,
                    ngx_api_sec_auth),
    NGX_API_SEC_LOC("api_require", NGX_API_SEC_HSLX, NGX_CONF_1MORE,
                    ngx_api_sec_require),
    NGX_API_SEC_LOC("api_bind", NGX_API_SEC_HSLX, NGX_CONF_1MORE,
                    ngx_api_sec_bind),
    NGX_API_SEC_LOC("api_forward", NGX_API_SEC_HSLX, NGX_CONF_TAKE12,
                    ngx_api_sec_forward),
    NGX_API_SEC_LOC("api_forward_token", NGX_API_SEC_HSLX, NGX_CONF_TAKE1,
                    ngx_api_sec_forward_token),
    NGX_API_SEC_LOC("api_identity_token", NGX_API_SEC_HSLX, NGX_CONF_1MORE,
                    ngx_api_sec_identity_token),
    NGX_API_SEC_LOC("api_jwks", NGX_HTTP_LOC_CONF, NGX_CONF_NOARGS,
                    ngx_api_sec_jwks),
    NGX_API_SEC_MAIN("api_claim_set", NGX_CONF_TAKE2, ngx_api_sec_claim_set),

    /* the contract */

    NGX_API_SEC_MAIN("api_schema_root", NGX_CONF_TAKE1,
                     ngx_api_sec_schema_root),
    NGX_API_SEC_MAIN("api_schema_spec", NGX_CONF_2MORE,
                     ngx_api_sec_schema_spec),
    NGX_API_SEC_MAIN("api_schema_security", NGX_CONF_TAKE3,
                     ngx_api_sec_schema_security),
    NGX_API_SEC_LOC("api_schema", NGX_API_SEC_HSLX, NGX_CONF_1MORE,
                    ngx_api_sec_schema),
    NGX_API_SEC_LOC("api_schema_operation", NGX_API_SEC_HSL, NGX_CONF_1MORE,
                    ngx_api_sec_schema_operation),
    NGX_API_SEC_LOC("api_schema_unknown", NGX_API_SEC_HSL, NGX_CONF_1MORE,
                    ngx_api_sec_schema_unknown),
    NGX_API_SEC_LOC("api_schema_methods", NGX_API_SEC_HSL, NGX_CONF_1MORE,
                    ngx_api_sec_schema_methods),
    NGX_API_SEC_LOC("api_schema_limit", NGX_API_SEC_HSL, NGX_CONF_1MORE,
                    ngx_api_sec_schema_limit),
    NGX_API_SEC_LOC("api_schema_body", NGX_HTTP_LOC_CONF|NGX_HTTP_LIF_CONF
                    |NGX_HTTP_LMT_CONF, NGX_CONF_1MORE,
                    ngx_api_sec_schema_body),
    NGX_API_SEC_LOC("api_schema_response", NGX_API_SEC_HSL, NGX_CONF_TAKE12,
                    ngx_api_sec_schema_response),
    NGX_API_SEC_LOC("api_exposure", NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF,
                    NGX_CONF_TAKE1, ngx_api_sec_exposure),

    NGX_API_SEC_LOC("api_graphql", NGX_HTTP_LOC_CONF, NGX_CONF_ANY,
                    ngx_api_sec_graphql),

    /* the record */

    NGX_API_SEC_LOC("api_inventory", NGX_API_SEC_HSLX, NGX_CONF_ANY,
                    ngx_api_sec_inventory),
    NGX_API_SEC_LOC("api_behavior", NGX_API_SEC_HSLX, NGX_CONF_1MORE,
                    ngx_api_sec_behavior),
    NGX_API_SEC_MAIN("api_alert_spool", NGX_CONF_TAKE1,
                     ngx_api_sec_alert_spool),
    NGX_API_SEC_LOC("api_leak", NGX_API_SEC_HSLX, NGX_CONF_1MORE,
                    ngx_api_sec_leak),
    NGX_API_SEC_LOC("api_policy", NGX_API_SEC_HSLX, NGX_CONF_1MORE,
                    ngx_api_sec_api_policy),
    NGX_API_SEC_LOC("api_exception", NGX_API_SEC_HSLX, NGX_CONF_1MORE,
                    ngx_api_sec_api_exception),
    NGX_API_SEC_LOC("api_audit", NGX_API_SEC_HSLX, NGX_CONF_1MORE,
                    ngx_api_sec_audit),
    NGX_API_SEC_LOC("api_audit_redact", NGX_API_SEC_HSLX, NGX_CONF_1MORE,
                    ngx_api_sec_audit_redact),
    NGX_API_SEC_MAIN("api_audit_seal", NGX_CONF_TAKE12,
                     ngx_api_sec_audit_seal),
    NGX_API_SEC_MAIN("api_audit_encrypt", NGX_CONF_2MORE,
                     ngx_api_sec_audit_encrypt),
    NGX_API_SEC_MAIN("api_audit_key", NGX_CONF_TAKE1, ngx_api_sec_audit_key),

    ngx_null_command
};
