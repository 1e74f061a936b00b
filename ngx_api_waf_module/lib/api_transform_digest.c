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


/* To look a digest up in OpenSSL costs more than to compute it. */

void
api_transform_env_open(api_transform_env_t *env)
{
    ERR_clear_error();
    env->md5 = EVP_MD_fetch(NULL, "MD5", NULL);
    env->sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    ERR_clear_error();
}


void
api_transform_env_close(api_transform_env_t *env)
{
    EVP_MD_free(env->md5);
    EVP_MD_free(env->sha1);
    env->md5 = NULL;
    env->sha1 = NULL;
}


API_TRANSFORM_KERNEL(api_transform_md5)
{
    return api_transform_digest(
        env && env->md5 ? env->md5 : EVP_md5(), in, n, out);
}


API_TRANSFORM_KERNEL(api_transform_sha1)
{
    return api_transform_digest(
        env && env->sha1 ? env->sha1 : EVP_sha1(), in, n, out);
}
