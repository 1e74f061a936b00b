/*
 * The table of checks.
 */

#include "api_lint_int.h"


#define H API_LINT_HIGH
#define M API_LINT_MEDIUM
#define L API_LINT_LOW

const api_lint_check_t api_lint_checks[] = {
    { "C01", "auth-missing", H, "API2:2023",
        "An operation asks for credentials that nobody checks",
        "Write api_auth in its location, or api_schema_security for its"
        " scheme.",
        api_lint_auth_missing },
    { "C02", "operation-open", M, "API2:2023",
        "An operation asks nobody for credentials",
        "Give it security in the document; where it is meant to be open, say"
        " x-public: true.",
        api_lint_op_open },
    { "C03", "no-contract", M, "API9:2023",
        "A location hands on requests that no document describes",
        "Write api_schema with the document, or api_schema_body.",
        api_lint_no_contract },
    { "C04", "operation-shadowed", H, "API5:2023",
        "Requests of an operation go to a location that does not enforce its"
        " document",
        "Write api_schema there too, or let another location take the path:"
        " apisec where shows which one does.",
        api_lint_shadowed },
    { "C05", "two-ways", H, "API5:2023",
        "One upstream is reached by two ways, and one of them is less"
        " guarded",
        "Write the same checks in both, or take one away.",
        api_lint_two_ways },
    { "C06", "path-disagreement", H, "API8:2023",
        "nginx and the upstream may mean different resources by one path",
        "End the location and the replacement in a slash; leave merge_slashes"
        " on.",
        api_lint_normalised },
    { "C07", "object-unbound", M, "API1:2023",
        "Any caller may name any object",
        "Write api_bind path:ID = claim:..., or an api_require on the path's"
        " parameter.",
        api_lint_no_bind },
    { "C08", "admin-scope", H, "API5:2023",
        "An operation for administrators asks for no more than others",
        "Give it a scope of its own in the document, or api_require in its"
        " location.",
        api_lint_admin_scope },
    { "C09", "additional-properties", M, "API3:2023",
        "A request may bring properties that the document does not have",
        "Write additionalProperties: false, or strict on api_schema_spec.",
        api_lint_additional },
    { "C10", "response-open", M, "API3:2023",
        "A response may say more than it should",
        "Describe the response, mark secrets writeOnly, and write"
        " api_schema_response.",
        api_lint_response_schema },
    { "C11", "unbounded", L, "API4:2023", "A value or body has no bound",
        "Write maxLength, maxItems, a format or an enum; set"
        " client_max_body_size.",
        api_lint_unbounded },
    { "C12", "no-limit", M, "API4:2023",
        "An operation has no limit, or not the one it needs",
        "Write api_ratelimit with a policy by $api_principal; where secrets"
        " are guessed, one per minute or by charge=401.",
        api_lint_no_limit },
    { "C13", "business-flow", M, "API6:2023",
        "A business flow can be run through as often as one likes",
        "Write api_ratelimit with a quota by $api_principal, or"
        " api_behavior.",
        api_lint_flow },
    { "C14", "address-from-client", H, "API7:2023",
        "A client says where the API goes",
        "Bound the address by pattern or enum; take the variable out of"
        " proxy_pass, or through a map.",
        api_lint_ssrf },
    { "C15", "tls", M, "API8:2023",
        "A public server is reached without TLS,"
        " or by an old one",
        "listen ... ssl, ssl_protocols TLSv1.2 TLSv1.3, and"
        " Strict-Transport-Security; redirect what comes without.",
        api_lint_tls },
    { "C16", "cors", H, "API8:2023",
        "Pages of every origin may use a caller's credentials",
        "Name the origins: api_cors origins=https://app.example.com.",
        api_lint_cors },
    { "C17", "token-rules", M, "API2:2023",
        "An issuer's tokens are taken too easily",
        "Set max_lifetime, keep leeway at two minutes or less, take HS tokens"
        " by a key of their own, fetch keys over TLS.",
        api_lint_jwt },
    { "C18", "weak-credentials", M, "API2:2023",
        "A credential is weak, or lies where others see it",
        "Take keys from a header; use tokens in place of Basic; chmod 0640;"
        " name secrets by file:, cred: or env:.",
        api_lint_credentials },
    { "C19", "weakened", M, "API8:2023",
        "A check only watches, or a refusal"
        " is hidden",
        "Enforce when the log shows no false refusals; let error_page keep the"
        " status.",
        api_lint_weakened },
    { "C20", "no-record", M, "API8:2023",
        "Requests are not recorded, or secrets are",
        "Write api_audit at http level; take secrets out of log_format.",
        api_lint_no_audit },
    { "C21", "admin-open", H, "API8:2023", "Anybody may ask how it stands",
        "allow the addresses that may, deny all; or a server of its own on a"
        " loopback address.",
        api_lint_admin_open },
    { "C22", "inventory", M, "API9:2023",
        "What is served is not what is described",
        "Describe the operation, or end it; docs/directives/inventory.md says"
        " what each state means.",
        api_lint_inventory },
    { "C23", "document-unowned", L, "API9:2023",
        "A document has no owner or version, is overdue, or is not the one in"
        " force",
        "Write api_policy or info.x-owner; review it; reload nginx.",
        api_lint_spec_owner },
    { "C24", "overdue", M, "API8:2023",
        "An exception, a patch or a policy is overdue or too broad",
        "Take it away, or have it granted once more; give it a ticket and a"
        " scope.",
        api_lint_exceptions },
    { "C25", "forged-address", H, "API4:2023",
        "A client may say which address it has",
        "set_real_ip_from only for your own proxies, and $api_client_net as"
        " the key.",
        api_lint_realip },
    { "C26", "rule-off", L, "API8:2023", "A rule is off for all operations",
        "Write api_waf_exclude in the location that needs it, with target=.",
        api_lint_waf_global },
    { "C27", "zone-small", L, "API4:2023", "Shared memory is too small",
        "32 bytes for each caller and policy; for the inventory see"
        " docs/directives/common.md.",
        api_lint_zone },
    { "C28", "errors", L, "API8:2023",
        "Strangers are told too much, or clients too little",
        "server_tokens off; describe 401, 4XX or default.", api_lint_errors },
    { "C29", "egress", M, "API10:2023",
        "Answers of somebody else's API are not looked at",
        "Describe them, and write api_schema and api_schema_response in the"
        " location that goes there.",
        api_lint_egress },
    { "C30", "old-version", H, "API8:2023",
        "A program has a hole that a newer release mends",
        "Upgrade it; see whether your distribution has mended its own.",
        api_lint_versions },
    { "C31", "shared-cache", H, "API1:2023",
        "What one caller is answered may be given to another",
        "proxy_cache_key with $api_principal in it.", api_lint_cache },
    { "C32", "check-skipped", H, "API2:2023",
        "A check stands there and is not made",
        "satisfy all; return from a location of its own.", api_lint_satisfy },
    { "C33", "restriction-lost", M, "API5:2023",
        "A location inside another takes back what that one asks for",
        "Take off away, or move the location out.", api_lint_nested },
    { "C34", "anonymous-unlimited", M, "API4:2023",
        "Who brings no credential is under no limit",
        "A policy by address too, or empty=deny.", api_lint_anonymous },
    { "C35", "token-in-query", M, "API2:2023",
        "Credentials are taken from the query", "Take them from a header.",
        api_lint_query_token },
    { "C36", "key-old", M, "API2:2023", "A key is older than it should be",
        "Rotate it: docs/guide/key-rotation.md.", api_lint_key_age },
    { "C37", "upstream-tls", H, "API8:2023",
        "Anybody may be the upstream, or read on the way",
        "https://, proxy_ssl_verify on and proxy_ssl_trusted_certificate.",
        api_lint_upstream_tls },
    { NULL, NULL, L, NULL, NULL, NULL, NULL },
};
