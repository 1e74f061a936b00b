#include "jwk_expect.h"
#include "ut.h"

#include <openssl/err.h>
#include <stdio.h>


const api_jwks_opts_t jwk_strict;
const api_jwks_opts_t jwk_lenient = { .lenient = 1 };


int
parse(api_jwks_t **jwks, const char *json, const api_jwks_opts_t *opts,
    api_err_t *err)
{
    memset(err, 0, sizeof(*err));

    return api_jwks_parse(
        jwks, ut_guard(sign_span(json)), opts, &api_alloc_libc, err);
}


void
refused(const char *json, int rc, const char *says, const char *name)
{
    api_err_t   err;
    api_jwks_t *jwks;

    ut_int(parse(&jwks, json, &jwk_strict, &err), rc, "refused: %s", name);

    if (!ut_ok(strstr(err.text, says) != NULL, "... and says why")) {
        printf("#   %s\n", err.text);
    }

    ut_ok(jwks == NULL, "... and leaves nothing");
    ut_int(ERR_peek_error(), 0, "... nor an error in OpenSSL's queue");
    api_jwks_free(jwks);
}


void
taken(const char *json, size_t count, uint32_t algs, const char *name)
{
    int         rc;
    api_err_t   err;
    api_jwks_t *jwks;

    rc = parse(&jwks, json, &jwk_strict, &err);

    if (!ut_ok(rc == API_OK, "taken: %s", name)) {
        printf("#   %s\n", err.text);
        return;
    }

    ut_int(api_jwks_count(jwks), count, "... keys");
    ut_int(api_jwk_algs(api_jwks_key(jwks, 0)), algs, "... algorithms");
    ut_int(api_jwks_skipped(jwks), 0, "... none skipped");
    api_jwks_free(jwks);
}


const char *
rsa_of(const char *n, const char *e)
{
    return sign_text("{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"}", n, e);
}


const char *
oct_of(size_t len, const char *more)
{
    sign_key_t key;

    static const uint8_t bytes[200] = { 1, 2, 3 };

    key = sign_secret(bytes, len);

    return sign_jwk(&key, more);
}
