#include "api_transform_int.h"

#include <openssl/err.h>
#include <openssl/evp.h>


/*
 * Digests as rules ask for them: a name for a value, no protection of one.
 * Where OpenSSL has not got it (MD5 under FIPS) the value is empty.
 */

static size_t
api_transform_digest(
    const EVP_MD *md, const uint8_t *in, size_t n, uint8_t *out)
{
    unsigned len;
    uint8_t  digest[EVP_MAX_MD_SIZE];

    ERR_clear_error();
    len = 0;

    if (EVP_Digest(in, n, digest, &len, md, NULL) != 1) {
        len = 0;
    }

    ERR_clear_error();

    if (len) {
        memcpy(out, digest, len);
    }

    return len;
}


API_TRANSFORM_KERNEL(api_transform_md5)
{
    (void) env;

    return api_transform_digest(EVP_md5(), in, n, out);
}


API_TRANSFORM_KERNEL(api_transform_sha1)
{
    (void) env;

    return api_transform_digest(EVP_sha1(), in, n, out);
}
