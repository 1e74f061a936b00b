/*
 * What each reason means, and what to do about it.  The names are those of
 * api_jwt_code_name and of the handlers; t/suite/apisec.t looks into their
 * sources whether one is missing here.
 */

#include "apisec_why.h"


static const apisec_reason_t reasons[] = {

    /* api_audit on_error=deny */

    { "audit", "unwritable",
        "The audit log cannot be written now, and here no request goes"
        " without its event.",
        "See the line api_audit in the error log: a full disk, a pipe that"
        " nobody reads." },

    /* api_auth */

    { "auth", "missing", "No bearer token came with the request.",
        "The client sends \"Authorization: Bearer TOKEN\"; if callers without"
        " one are welcome here, write api_auth ... optional." },
    { "auth", "invalid_request",
        "The Authorization header is no \"Bearer TOKEN\", or stands twice.",
        "The client sends one header, one space, one token." },
    { "auth", "malformed",
        "What was sent is no JWT: three parts of base64url with JSON in them.",
        "Look at what the client cuts, wraps or quotes on the way; an opaque"
        " token of the provider cannot be checked here." },
    { "auth", "too_large", "The token is over the limit of 16 KiB.",
        "Have the provider put fewer claims in it, often groups or roles." },
    { "auth", "encrypted",
        "The token is encrypted (a JWE); only signed ones"
        " are taken.",
        "Have the provider issue signed access tokens for this audience." },
    { "auth", "header_invalid",
        "A parameter of the token's header has a wrong type, or the header"
        " brings its own key (jwk, jku, x5u, x5c).",
        "Keys come from the configuration alone. Use tokens of the provider,"
        " unchanged." },
    { "auth", "claim_invalid",
        "A registered claim (iss, aud, exp, nbf, iat ...) has a wrong type or"
        " is out of range.",
        "See what was noted, and correct it where the token is made." },
    { "auth", "crit",
        "The header asks for an extension (crit, b64) that is"
        " not implemented.",
        "Have the provider issue tokens without it." },
    { "auth", "alg_not_allowed",
        "The token's alg is not among the issuer's algorithms.",
        "If the provider does sign with it, add it to algorithms in"
        " api_jwt_issuer; otherwise this token was forged or is for somebody"
        " else." },
    { "auth", "typ", "The token's typ says that it is of another kind.",
        "Send an access token, not an ID token; or name the type with typ in"
        " api_jwt_issuer." },
    { "auth", "issuer",
        "The token's iss is none of the issuers asked for"
        " here.",
        "Compare it with issuer in api_jwt_issuer: they must be equal to the"
        " last slash." },
    { "auth", "audience", "The token is meant for another audience.",
        "The client asks the provider for a token for this API; or add the"
        " name to audience in api_jwt_issuer." },
    { "auth", "claim_missing",
        "A claim that is required, or exp, is not in the token.",
        "See what was noted; have the provider add it, or change require in"
        " api_jwt_issuer." },
    { "auth", "expired", "The token's exp has passed, leeway included.",
        "The client gets a new token. If it is new: compare the clocks of the"
        " provider and of this machine." },
    { "auth", "not_yet_valid", "The token's nbf is still to come.",
        "Compare the clocks of the provider and of this machine; leeway in"
        " api_jwt_issuer forgives seconds." },
    { "auth", "issued_in_future", "The token's iat is still to come.",
        "Compare the clocks of the provider and of this machine; leeway in"
        " api_jwt_issuer forgives seconds." },
    { "auth", "too_old", "The token was issued longer ago than max_age.",
        "The client logs in again, or raise max_age in api_jwt_issuer." },
    { "auth", "lifetime", "The token lives longer than max_lifetime.",
        "Have the provider issue shorter ones, or raise max_lifetime in"
        " api_jwt_issuer." },
    { "auth", "key_unknown",
        "No key of the issuer has the token's kid and fits its alg.",
        "Has the provider changed keys? Fetch its JWK set anew, and look at it"
        " with  apisec jwks FILE" },
    { "auth", "signature",
        "The signature is not that of any key it could be"
        " of.",
        "The token was changed on the way, made with another key, or is for"
        " another system; compare the JWK set with the provider's." },
    { "auth", "nomem",
        "There was not memory enough to check it, so it was"
        " refused.",
        "Look at the memory of the machine and at limits of the service." },
    { "auth", "internal",
        "The cryptographic library failed, so it was"
        " refused.",
        "See the error log at level error." },

    /* api_auth key= */

    { "auth", "several_keys",
        "The request has API keys that differ, or its header twice.",
        "The client sends one key, in one place." },
    { "auth", "key_malformed", "What was sent has not the form of an API key.",
        "The client sends the whole of ak_..., without quotes or blanks." },
    { "auth", "key_checksum", "The API key is mistyped or cut.",
        "The client copies it again; nobody has to look for an attack." },
    { "auth", "unknown_key",
        "The API key has an id that is in no store, or not the secret of it.",
        "Was it made for another store, or another pepper? See the ids with"
        "  apisec key list" },
    { "auth", "key_revoked", "The API key was revoked.",
        "The client uses its newer one; see  apisec key list" },
    { "auth", "key_not_yet_valid", "The API key's nbf is still to come.",
        "See  apisec key list , and the clock of this machine." },
    { "auth", "key_expired", "The API key's exp has passed.",
        "Make another for the client:  apisec key rotate" },

    /* api_auth mtls= */

    { "auth", "certificate_unverified",
        "nginx could not verify the client certificate.",
        "See what was noted; is its CA in ssl_client_certificate?" },
    { "auth", "certificate_name",
        "The client certificate has no name of the kind that is asked for, or"
        " one that is no name.",
        "See principal in api_mtls, and  openssl x509 -text  of the"
        " certificate." },
    { "auth", "certificate_names",
        "The client certificate has several names, each of which could be"
        " meant.",
        "Name those that count with allow in api_mtls, or have the CA issue"
        " certificates with one." },
    { "auth", "certificate_not_allowed",
        "No name of the client certificate is in the list of allow.",
        "Add it to that file; nginx takes it up within a second." },

    /* bind */

    { "auth", "cnf",
        "The token's cnf, what it is bound to, is not understood.",
        "Have the provider bind by jkt (DPoP) or x5t#S256 (mTLS); or write"
        " bind off; in api_jwt_issuer to take bound tokens from anybody." },
    { "auth", "unbound", "The token is not bound to a key, and has to be.",
        "Have the provider bind it for this client; or take required away"
        " from bind in api_jwt_issuer." },
    { "auth", "certificate_missing",
        "The token is bound to a client certificate, and the connection has"
        " none.",
        "The client uses its certificate; the server asks for it with"
        " ssl_verify_client. Does a proxy in front end TLS?" },
    { "auth", "certificate_other",
        "The token is bound to another client certificate.",
        "It was stolen, or the client has a new certificate and has to get a"
        " new token." },
    { "auth", "dpop_off",
        "The token is bound to a key of DPoP, which the issuer does not take.",
        "Write bind dpop; in api_jwt_issuer." },
    { "auth", "dpop_unbound",
        "The scheme is DPoP, but the token is not bound to a key of DPoP.",
        "The client sends it as a bearer token, or gets one that is bound." },
    { "auth", "dpop_scheme",
        "The token is bound to a key of DPoP and was sent like any other.",
        "It was stolen, or the client has to send  Authorization: DPoP TOKEN"
        "  and a proof." },
    { "auth", "dpop_missing", "There is no DPoP proof.",
        "The client sends one in the header DPoP." },
    { "auth", "dpop_several", "There are several DPoP proofs.",
        "The client sends one." },
    { "auth", "dpop_malformed", "What is in the header DPoP is no proof.",
        "See what was noted; RFC 9449 4.2 says what a proof has." },
    { "auth", "dpop_too_large", "The DPoP proof is over the limit of 8 KiB.",
        "The client uses a smaller key and a short jti." },
    { "auth", "dpop_typ", "The typ of the proof is not dpop+jwt.",
        "The client sends a proof, no token." },
    { "auth", "dpop_crit", "The proof asks for an extension (crit, b64).",
        "The client leaves it away." },
    { "auth", "dpop_alg_not_allowed", "The alg of the proof is not allowed.",
        "The client uses one of algs in the challenge; or add it to"
        " algorithms= of bind dpop." },
    { "auth", "dpop_key",
        "The jwk of the proof is missing, private, weak or of a kind that is"
        " not known.",
        "See what was noted; the client makes another key." },
    { "auth", "dpop_claim_missing", "A claim is missing in the proof.",
        "See which one was noted; the client puts it in." },
    { "auth", "dpop_binding",
        "The proof is of another key than the token is bound to.",
        "The token was stolen, or the client has lost its key and has to get"
        " a new token." },
    { "auth", "dpop_method", "The proof was made for another method.",
        "The client makes one proof for each request." },
    { "auth", "dpop_uri", "The proof was made for another URI.",
        "Compare htu with the URL of the request. Does a proxy in front end"
        " TLS or change the host? Then write origin= on bind dpop." },
    { "auth", "dpop_token", "The proof was made for another token (ath).",
        "The client makes one proof for each request." },
    { "auth", "dpop_too_old", "The proof was made too long ago.",
        "The client makes one proof for each request, and has its clock"
        " set." },
    { "auth", "dpop_in_future", "The proof is of the future.",
        "The client sets its clock; leeway= on bind dpop forgives seconds." },
    { "auth", "dpop_nonce",
        "The proof has no nonce of this gateway, or an old one.",
        "The client repeats the request with the one in DPoP-Nonce; that is"
        " how it is meant to be." },
    { "auth", "dpop_signature", "The signature of the proof is wrong.",
        "It was forged, or changed on the way." },
    { "auth", "dpop_replayed", "The proof was used before.",
        "Somebody repeats a request: the client, a proxy, or a thief. A client"
        " that tries again makes a new proof." },
    { "auth", "dpop_replay_unknown",
        "Whether the proof was used before cannot be told.",
        "nginx was started since it was made, or the table is full: then raise"
        " proofs= of api_zone. The client makes a new proof." },
    { "auth", "dpop_share",
        "One principal has a quarter of the places for used proofs.",
        "It floods the gateway, and is held back so that others are not; or it"
        " is the one big client there is: then raise proofs= of api_zone." },

    /* api_require */

    { "require", "no_credential",
        "The rule looks at a token, and there is none that was verified.",
        "Write api_auth without optional here, or have the client send one." },
    { "require", "insufficient_scope",
        "The token is good but lacks a scope that is required here.",
        "The client asks the provider for it; what is required was noted"
        " above." },
    { "require", "not_granted",
        "The token is good but its claims do not meet"
        " a rule of api_require.",
        "Compare the rule that was noted with the claims that the provider"
        " puts into the token." },

    /* api_status */

    { "require", "foreign_host",
        "The Host of a request for api_status is no name of that server.",
        "Add the name to server_name if it is yours; a page may have tried to"
        " get in by DNS rebinding." },
    { "require", "read_only", "Something was to be changed by api_status.",
        "Write api_status write, with api_auth and api_require, where changes"
        " are welcome." },
    { "require", "no_admin_header",
        "A change by api_status came without the header X-Api-Admin: 1.",
        "The tool that makes changes sends it; a browser cannot by itself." },

    /* api_bind */

    { "bind", "no_credential",
        "The rule looks at a credential, and there is none that was verified.",
        "Write api_auth without optional here, or have the client send one." },
    { "bind", "other_owner",
        "The object that was asked for is not the caller's.",
        "Either the caller tries others' ids, or the rule that was noted is"
        " too narrow: give those who may see all a scope, and add  or scope"
        " NAME." },
    { "bind", "object_missing",
        "The request does not name the object that the rule looks at.",
        "The client names it; or write absent=skip where the upstream then"
        " answers with the caller's own." },
    { "bind", "owner_missing",
        "The credential has nothing to compare the object with.",
        "Have the provider put the claim into its tokens." },
    { "bind", "two_readings",
        "The request can be read in two ways: a parameter or header twice, an"
        " escape within an escape, a path with %2F or dots.",
        "Clients do not send this; scanners do. See Two readings in the page"
        " of api_bind." },
    { "bind", "internal_error",
        "There was not memory enough to check it, so it was"
        " refused.",
        "Look at the memory of the machine and at limits of the service." },

    /* api_origin */

    { "cors", "foreign_page",
        "A page of an origin that is not named opened a WebSocket or a"
        " stream, or tried to change something.",
        "Add the origin to api_origin if it is yours." },

    /* api_cors, of a preflight */

    { "cors", "origin", "A page of an origin that is not allowed asked.",
        "Add the origin to origins in api_cors if it is yours." },
    { "cors", "method",
        "A page of another origin asked for a method that it may not use.",
        "Add the method to methods in api_cors if pages need it." },
    { "cors", "header",
        "A page of another origin asked for a header that it may not send.",
        "Add the header to headers in api_cors if pages need it." },
    { "cors", "malformed", "A header of the preflight stands twice.",
        "No browser does that: look at proxies in between." },

    /* api_body and the reader of bodies */

    { "body", "too_large", "The body is over api_body_limit.",
        "Send less at once, or raise api_body_limit for this location." },
    { "body", "decoded_too_large",
        "Decoded, the body is over the size or ratio of api_body_decode.",
        "It may be a bomb; raise max or ratio in api_body_decode if not." },
    { "body", "content_coding",
        "The body has a Content-Encoding that is not decoded here.",
        "The client sends it as it is; or write api_body_decode gzip"
        " max=SIZE." },
    { "body", "bad_gzip", "The body is called gzip and is not, or is cut.",
        "See what the client or a proxy makes of it." },
    { "body", "body_budget",
        "The bodies held at this moment have used up api_body_budget.",
        "The client tries again; raise api_body_budget if it happens often." },
    { "body", "body_incomplete",
        "The body has gone upstream before it could be looked at.",
        "Take proxy_request_buffering off away from this location." },
    { "body", "body_unreadable", "The body could not be read back.",
        "See the error log; is the disk of client_body_temp_path full?" },
    { "body", "media_type", "The body is not application/json.",
        "The client sends Content-Type: application/json." },
    { "body", "grpc", "gRPC came to a location that looks at bodies.",
        "Where gRPC belongs, write api_body json skip=grpc." },
    { "body", "json_empty", "There is no body where JSON should be.",
        "The client sends a JSON value." },
    { "body", "json",
        "The body is not JSON of the strict kind: RFC 8259, each name once,"
        " UTF-8, within the limits.",
        "What is wrong at which byte was noted above; the client corrects"
        " it." },

    /* api_schema */

    { "schema", "path", "The document has no such path.",
        "A shadow path: add it to the document, or leave it refused." },
    { "schema", "method", "The document has the path, not with that method.",
        "Add the operation to the document, or see the Allow of the answer." },
    { "schema", "path_syntax", "The path is none: a bad %, above the root.",
        "The client encodes its path as RFC 3986 says." },
    { "schema", "two_readings",
        "An upstream could take the path for another one: dot segments, //,"
        " a backslash, %2F.",
        "The client sends the plain path; where values do have slashes, write"
        " api_schema NAME encoded_slash=allow." },
    { "schema", "method_override", "A header asks for another method.",
        "The client sends the method itself; or write api_schema_methods"
        " override=ignore where the upstream does not look at it." },
    { "schema", "internal",
        "The operation is internal, and this server is not"
        " (api_exposure).",
        "Call it on the internal server, or take x-internal away." },
    { "schema", "sunset", "The x-sunset of the operation has passed.",
        "The client moves to the operation that took its place." },
    { "schema", "security",
        "The credential is of another scheme than the operation asks for.",
        "See security in the document, and api_schema_security." },
    { "schema", "insufficient_scope", "The credential lacks a scope.",
        "Grant it, or see security of the operation in the document." },
    { "schema", "no_credential",
        "The operation asks for a credential, and none was verified.",
        "The client sends one; or give the operation security: []." },
    { "schema", "parameter", "A parameter is not as the document says.",
        "What was noted names it and the keyword." },
    { "schema", "media_type",
        "The operation does not take a body of this media type or charset.",
        "The client sends one of those under requestBody.content." },
    { "schema", "body", "The body is not as the document says.",
        "What was noted names the place and the keyword." },
    { "schema", "body_syntax", "The body is not well-formed.",
        "What is wrong at which byte was noted above." },
    { "schema", "body_limit", "The body is over a limit of api_schema_limit.",
        "Send less at once, or raise that limit." },
    { "schema", "too_large",
        "Only a part of the body was read (over=partial), which cannot be"
        " checked.",
        "Raise api_body_limit for this location." },
    { "schema", "grpc", "gRPC came to a location under a contract.",
        "Where gRPC belongs, write api_body any skip=grpc." },
    { "schema", "internal_error", "There was no memory to check it.",
        "See api_body_budget, and the error log." },

    { "schema", "graphql_method", "GraphQL is asked by GET or POST.",
        "The client uses one of them." },
    { "schema", "graphql_media_type",
        "A GraphQL request is application/json or application/graphql.",
        "The client sends Content-Type: application/json." },
    { "schema", "graphql_request",
        "There is no document: no \"query\", or in two ways.",
        "The client sends {\"query\": TEXT}." },
    { "schema", "graphql_batch", "A list of more documents than batch= takes.",
        "Send them one by one, or raise batch in api_graphql." },
    { "schema", "graphql_syntax", "The document is no GraphQL.",
        "What is wrong was noted above." },
    { "schema", "graphql_limit", "The document is over a limit.",
        "It was noted which; raise it in api_graphql if the query is "
        "honest." },
    { "schema", "introspection", "The document asks for the schema.",
        "Where that is wanted, write api_graphql introspection=allow." },
    { "schema", "graphql_mutation", "A mutation came by GET.",
        "The client sends it by POST." },

    /* limits and bans */

    { "limit", "rate", "The caller comes more often than the rate.",
        "It waits as Retry-After says; if it is honest, raise rate or burst of"
        " the policy that was noted." },
    { "limit", "quota", "The caller has used up its quota.",
        "It waits for the next period, or gets a larger quota." },
    { "limit", "concurrency", "The caller has too many requests at a time.",
        "It asks one after the other, or raise limit of the policy." },
    { "limit", "cost", "One request costs more than the limit ever allows.",
        "Look at cost= of the policy: burst has to be as large." },
    { "limit", "value", "The key or cost of a limit could not be had.",
        "See the error log; a variable of the policy failed." },
    { "limit", "store_down",
        "The store of the limits does not answer, and"
        " on_error=deny.",
        "See to the store, or write on_error=local." },
    { "limit", "zone_full",
        "The table of the limit is full, and on_full=deny"
        " or share.",
        "Give api_ratelimit_zone more room: 32 bytes a key." },
    { "ban", "banned", "The caller broke rules too often, and is banned.",
        "See the strikes in the log; lift it by DELETE below bans of"
        " api_status, or name who is never banned in"
        " api_ratelimit_ban_allow." },

    /* the WAF */

    { "waf", "rule", "A rule of the WAF refused the request.",
        "The ids of the rules were noted:  apisec waf explain  shows what"
        " they saw. If it is a false alarm, api_waf_exclude with target=." },
    { "waf", "patch", "A virtual patch stopped it; its id was noted.",
        "Its owner knows whether the application is mended: see "
        "api_waf_patch." },
    { "waf", "failed", "The inspection failed for want of memory.",
        "See the error log, and api_body_budget." },
    { "waf", "work", "The rules have more work with it than its size allows.",
        "If it is honest, raise api_waf_budget;  apisec waf check  lists slow"
        " rules." },
    { "waf", "arguments", "There are more arguments than are inspected.",
        "Raise SecArgumentsLimit if such requests are honest." },
    { "waf", "grpc", "gRPC came where the WAF is to look at bodies.",
        "Where gRPC belongs, write skip=grpc on api_waf." },
    { "waf", "response_coding",
        "The response is compressed, so the rules cannot look at it.",
        "Have the upstream send it as it is:"
        " proxy_set_header Accept-Encoding \"\"; compress in nginx." },
    { "waf", "response_too_large",
        "The response is longer than is inspected, and the rules say Reject.",
        "Raise SecResponseBodyLimit, or SecResponseBodyLimitAction"
        " ProcessPartial." },

    /* responses */

    { "leak", "encoded",
        "The response is compressed, so nobody has looked at it.",
        "Have the upstream send it as it is:"
        " proxy_set_header Accept-Encoding \"\"; compress in nginx." },
    { "leak", "private_key", "The response has a private key in it.",
        "Find out why; that key is to be replaced." },
    { "leak", "cloud_key", "The response has a credential of a cloud in it.",
        "Find out why; that credential is to be replaced." },
    { "leak", "password", "The response has a password in it.",
        "Take the field out of what the API answers." },
    { "leak", "jwt", "The response has a token in it.",
        "Where tokens are issued, write api_leak off in that location." },
    { "leak", "card", "The response has the number of a payment card in it.",
        "Have the API answer its last four digits." },
    { "leak", "national_id", "The response has a national id in it.",
        "Have the API leave it out." },
    { "leak", "iban", "The response has an account number in it.",
        "Have the API leave it out, or take iban out of kinds=." },
    { "leak", "stack_trace", "The response has a stack trace in it.",
        "Have the API answer errors without one." },
    { "leak", "email", "The response has an e-mail address in it.",
        "Take email out of kinds= where addresses belong." },

    /* api_behavior */

    { "behavior", "enumeration",
        "The caller asks for one object after the"
        " other.",
        "See which in the inventory; if it is honest, raise over=." },
    { "behavior", "stuffing",
        "Many names, few successes: passwords are"
        " tried.",
        "Look at the address; add a limit with charge=401." },
    { "behavior", "scanner", "The caller looks for what is not there.",
        "Nothing, unless it is your own scanner: then an exception by"
        " address." },
    { "behavior", "sharing", "One credential comes from many places.",
        "Ask its owner; revoke it if it was stolen." },
    { "behavior", "errors", "The caller causes one error after the other.",
        "Look at what it sends:  apisec log query" },
    { "behavior", "anomaly", "The operation is used unlike before.",
        "Look at who asks, and what changed; warmup= and over= say how"
        " unlike." },

    { NULL, NULL, "This reason is newer than this program.",
        "See what was noted, and the page of the directive in"
        " docs/directives." },
};


static bool
is(api_span_t s, const char *word)
{
    return word == NULL || api_span_eq(s, api_span(word, strlen(word)));
}


const apisec_reason_t *
apisec_reason_at(size_t i)
{
    return i < sizeof(reasons) / sizeof(reasons[0]) - 1 ? &reasons[i] : NULL;
}


const apisec_reason_t *
apisec_reason(api_span_t check, api_span_t reason)
{
    size_t i, n = sizeof(reasons) / sizeof(reasons[0]);

    for (i = 0; i < n - 1; i++) {
        if (is(check, reasons[i].check) && is(reason, reasons[i].reason)) {
            break;
        }
    }

    return &reasons[i];
}
