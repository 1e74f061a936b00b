/*
 * What an authorization server answers when it is asked about a token
 * (RFC 7662 section 2.2).
 *
 * The answer comes over a connection that nginx has made, and still is read
 * as strictly as a token: it says who somebody is.
 */

#ifndef API_JWT_INTROSPECT_H
#define API_JWT_INTROSPECT_H

#include "api_jwt.h"


typedef struct {
    api_json_t claims;                          /* the whole answer */
    api_span_t iss, sub, jti, client, username; /* data NULL: absent */
    uint32_t   aud;           /* token of claims, API_JSON_NONE: absent */
    int64_t    exp, nbf, iat; /* floored seconds */
    unsigned   active : 1;
    unsigned   has_exp : 1;
    unsigned   has_nbf : 1;
    unsigned   has_iat : 1;
} api_introspection_t;

/*
 * Memory from arena; the answer points into text.  API_OK; API_SYNTAX,
 * API_DUPLICATE, API_LIMIT or API_NOMEM of the JSON; API_INVALID when it is no
 * object, has no boolean "active", or a registered member of a wrong type.
 * Of one that is not active nothing else is looked at.
 */

int api_introspect_parse(api_introspection_t *in, api_span_t text,
    api_sipkey_t seed, api_arena_t *arena, api_err_t *err);

/*
 * An active one by the policy: issuer (data NULL: any), audience, require,
 * leeway on exp and nbf; the rest of the policy does not apply.  An
 * api_jwt_code_t.
 */

int api_introspect_check(const api_introspection_t *in,
    const api_jwt_policy_t *policy, int64_t now, api_err_t *err);


#endif /* API_JWT_INTROSPECT_H */
