#include "api_jws_sha.h"

#include <openssl/err.h>
#include <openssl/evp.h>


struct api_jws_sha_s {
    const api_alloc_t *alloc;
    EVP_MD            *md; /* fetched once: a fetch costs as much as a token */
    EVP_MD_CTX        *ctx;
};


api_jws_sha_t *
api_jws_sha_create(const api_alloc_t *alloc)
{
    api_jws_sha_t *hash;

    hash = alloc->alloc(alloc->ctx, sizeof(api_jws_sha_t));
    if (hash == NULL) {
        return NULL;
    }

    ERR_clear_error();

    hash->alloc = alloc;
    hash->md = EVP_MD_fetch(NULL, "SHA256", NULL);
    hash->ctx = EVP_MD_CTX_new();

    if (hash->md == NULL || hash->ctx == NULL
        || EVP_DigestInit_ex2(hash->ctx, hash->md, NULL) != 1)
    {
        ERR_clear_error();
        api_jws_sha_free(hash);
        return NULL;
    }

    return hash;
}


void
api_jws_sha_free(api_jws_sha_t *hash)
{
    if (hash == NULL) {
        return;
    }

    EVP_MD_CTX_free(hash->ctx);
    EVP_MD_free(hash->md);

    if (hash->alloc->free) {
        hash->alloc->free(hash->alloc->ctx, hash);
    }
}


int
api_jws_sha(api_jws_sha_t *hash, const api_span_t *pieces, size_t n,
    uint8_t out[API_JWS_SHA_LEN])
{
    size_t i;

    if (EVP_DigestInit_ex2(hash->ctx, NULL, NULL) != 1) {
        ERR_clear_error();
        return API_INTERNAL;
    }

    for (i = 0; i < n; i++) {
        if (EVP_DigestUpdate(hash->ctx, pieces[i].data, pieces[i].len) != 1) {
            ERR_clear_error();
            return API_INTERNAL;
        }
    }

    if (EVP_DigestFinal_ex(hash->ctx, out, NULL) != 1) {
        ERR_clear_error();
        return API_INTERNAL;
    }

    return API_OK;
}
