/*
 * A token as apisec token and apisec init make one.
 */

#ifndef APISEC_TOKEN_H
#define APISEC_TOKEN_H

#include "apisec_key.h"


/* Two lists of options, and those that have an option of their own. */

#define APISEC_CLAIMS_MAX (2 * APISEC_LIST_MAX + 8)

typedef struct {
    const char *name;
    const char *json; /* the value, as JSON text */
} apisec_claim_t;

typedef struct {
    const char    *alg; /* NULL: as is usual for the key */
    const char    *kid; /* NULL: the thumbprint; "": none */
    const char    *typ; /* NULL: JWT */
    const char    *jwk; /* JSON for the header; NULL: none. Not with typ JWT */
    apisec_claim_t claims[APISEC_CLAIMS_MAX];
    size_t         n;
} apisec_token_t;

/* A string, integer or JSON text as the value of a claim, in place of the one
   that was there.  The last is checked; the others cannot fail. */

void apisec_claim(apisec_token_t *t, const char *name, const char *text);
void apisec_claim_int(apisec_token_t *t, const char *name, int64_t n);
int  apisec_claim_json(apisec_token_t *t, const char *name, const char *json);

/* 128 bits at random, in hex. */

const char *apisec_token_id(void);

/* iat, exp and jti.  A ttl below 0 makes a token that was good until then. */

void apisec_claim_times(apisec_token_t *t, int64_t now, int64_t ttl);

/*
 * Sign with the key in the file `path`: PEM, or the bytes of a secret for
 * HS256, HS384, HS512.
 */

int apisec_mint(const apisec_token_t *t, const char *path, char **token);


#endif /* APISEC_TOKEN_H */
