/*
 * A token through parse, check and verify, for the tests of api_jwt.h.
 */

#ifndef JWT_EXPECT_H
#define JWT_EXPECT_H

#include "api_jwt.h"
#include "sign.h"


#define JWT_NOW 1700000000

/* The policy of most tests: issuer https://idp.example, audience orders, every
   algorithm, no leeway. */

api_jwt_policy_t jwt_policy(void);

/* The claims that satisfy it, with `more` (",\"a\":1") behind them. */

const char *jwt_claims(const char *more);

/* A key set of one key (kid "1") and the secret that signs for it. */

sign_key_t  jwt_secret(void);
api_jwks_t *jwt_set(const sign_key_t *key);

/* The verdict on a token that the secret signed over these segments: of
   parse, then check, then verify, with err->text in jwt_text(). */

int jwt_verdict(
    const char *token, const api_jwt_policy_t *policy, const api_jwks_t *keys);
int         jwt_parse(const char *token, const api_jwt_limits_t *limits);
const char *jwt_text(void);

/* One TAP line each: the verdict on header and payload signed as HS256. */

void jwt_expect(
    const char *header, const char *payload, int code, const char *name);
void jwt_expect_policy(const api_jwt_policy_t *policy, const char *header,
    const char *payload, int code, const char *name);


#endif /* JWT_EXPECT_H */
