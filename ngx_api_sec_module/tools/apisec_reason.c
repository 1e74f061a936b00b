/*
 * What each reason means, and what to do about it.  The names are those of
 * api_jwt_code_name, api_json_error_name and of the handlers; t/suite/apisec.t
 * asks for the first two sets to be complete.
 */

#include "apisec_why.h"


static const apisec_reason_t reasons[] = {

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

    /* api_cors */

    { "cors", "origin", "A web page of an origin that is not allowed asked.",
        "Add it to origins in api_cors if it is yours." },

    /* the body */

    { "body", "body_too_large", "The body is over api_body_limit.",
        "Send less at once, or raise api_body_limit for this location." },
    { "body", "too_large", "The body is over api_body_limit.",
        "Send less at once, or raise api_body_limit for this location." },
    { "body", "budget",
        "The bodies that are held at this moment have used up"
        " api_body_budget.",
        "Try again later; raise api_body_budget if it happens often." },
    { "body", "encoding",
        "The body has a Content-Encoding that is not"
        " decoded here.",
        "The client sends it as it is; or write api_body_decode gzip"
        " max=SIZE." },
    { "body", "media_type", "The body is not of a type that is taken here.",
        "The client sends Content-Type: application/json." },

    /* what makes a text not JSON, or not of the strict kind */

    { NULL, "empty", "There is nothing where JSON should be.",
        "The client sends a JSON value." },
    { NULL, "duplicate_name",
        "A name stands twice in one object: programs"
        " differ in which one they believe.",
        "The client sends each name once." },
    { NULL, "utf8", "The text is not UTF-8.",
        "The client encodes JSON as UTF-8." },

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
