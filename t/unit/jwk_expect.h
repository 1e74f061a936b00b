/*
 * Expectations of key sets, for the tests of api_jwk.h.
 */

#ifndef JWK_EXPECT_H
#define JWK_EXPECT_H

#include "api_jwk.h"
#include "sign.h"


extern const api_jwks_opts_t jwk_strict, jwk_lenient;

#define RSA_ALGS (0x3fu << API_JWS_RS256)
#define HS_ALGS (7u << API_JWS_HS256)

/* The product of two primes of RSALib's form, made for this test. */

#define ROCA                                                                  \
    "uTRtAarGMQmUGei8lmFwOray1TdKgLjsOPP-dWCfUN-eM67NYVNEvXhQPfAwoKAUqngbXo"  \
    "iqP1-rpr5eLQPdaAWTLTQcsr2t6xawcZw-8kqgqP9uokruaWEX5kegviqZC5Zp1DWl_z0s"  \
    "HWbuAlHYybhnHWuqb-QQTt6-AJ89Luad_qZ0UklY2hdwq1jXDkAMaDsgPqbAZt2tJsnrRU"  \
    "WGLdmTFBBGLJ4e097EFEbPVE2kcKa8RGQF1fCBHkmcfi3B3S3dzNxWzwUuDwDqt1Se2UyD"  \
    "w6BrKsg2-3Z2uVF6afwQtQGs6dkceFtPpwDuf3qr6rxPtRoX7Jf_mKPwiS9Pqw"


int parse(api_jwks_t **jwks, const char *json, const api_jwks_opts_t *opts,
    api_err_t *err);

/* Refused by rc with a text that has `says` in it. */

void refused(const char *json, int rc, const char *says, const char *name);

/* Taken: that many keys, the first for these algorithms. */

void taken(const char *json, size_t count, uint32_t algs, const char *name);

/* An RSA key of these base64url numbers; a secret of len bytes. */

const char *rsa_of(const char *n, const char *e);
const char *oct_of(size_t len, const char *more);


#endif /* JWK_EXPECT_H */
