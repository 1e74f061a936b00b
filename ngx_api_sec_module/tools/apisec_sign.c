#include "apisec_sign.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>


static const apisec_alg_t algs[] = {
    { "HS256", APISEC_HS, "SHA256", 32, true },
    { "HS384", APISEC_HS, "SHA384", 48, true },
    { "HS512", APISEC_HS, "SHA512", 64, true },
    { "RS256", APISEC_RS, "SHA256", 0, true },
    { "RS384", APISEC_RS, "SHA384", 0, true },
    { "RS512", APISEC_RS, "SHA512", 0, true },
    { "PS256", APISEC_PS, "SHA256", 0, false },
    { "PS384", APISEC_PS, "SHA384", 0, false },
    { "PS512", APISEC_PS, "SHA512", 0, false },
    { "ES256", APISEC_ES, "SHA256", 0, true },
    { "ES384", APISEC_ES, "SHA384", 0, true },
    { "ES512", APISEC_ES, "SHA512", 0, true },
    { "ES256K", APISEC_ES, "SHA256", 0, false },
    { "EdDSA", APISEC_ED, NULL, 0, false },
};


const apisec_alg_t *
apisec_alg(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
        if (strcmp(algs[i].name, name) == 0) {
            return &algs[i];
        }
    }

    return NULL;
}


static bool
mac(const apisec_signer_t *s, api_span_t input, api_span_t *out)
{
    uint8_t *bytes = apisec_alloc(EVP_MAX_MD_SIZE);
    unsigned len = 0;

    if (HMAC(EVP_get_digestbyname(s->alg->digest), s->text.data,
            (int) s->text.len, input.data, input.len, bytes, &len)
        == NULL)
    {
        return false;
    }

    *out = api_span(bytes, len);

    return true;
}


/* JWS has r and s side by side, each as wide as the order of the curve. */

static bool
raw_ecdsa(EVP_PKEY *key, api_span_t *signature)
{
    int            width = (EVP_PKEY_get_bits(key) + 7) / 8;
    bool           ok;
    uint8_t       *bytes = apisec_alloc(2 * (size_t) width);
    ECDSA_SIG     *sig;
    const uint8_t *p = signature->data;

    sig = d2i_ECDSA_SIG(NULL, &p, (long) signature->len);

    ok = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), bytes, width) == width
         && BN_bn2binpad(ECDSA_SIG_get0_s(sig), bytes + width, width) == width;

    ECDSA_SIG_free(sig);
    *signature = api_span(bytes, 2 * (size_t) width);

    return ok;
}


/* A salt as long as the digest, RFC 7518 3.5. */

static bool
set_pss(EVP_PKEY_CTX *ctx)
{
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1
           && EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST)
                  == 1;
}


static bool
digest_sign(EVP_MD_CTX *ctx, const apisec_signer_t *s, api_span_t input,
    api_span_t *out)
{
    size_t        len;
    uint8_t      *bytes;
    EVP_PKEY_CTX *pctx = NULL; /* belongs to ctx */

    if (EVP_DigestSignInit_ex(
            ctx, &pctx, s->alg->digest, NULL, NULL, s->key, NULL)
            != 1
        || (s->alg->family == APISEC_PS && !set_pss(pctx))
        || EVP_DigestSign(ctx, NULL, &len, input.data, input.len) != 1)
    {
        return false;
    }

    bytes = apisec_alloc(len);

    if (EVP_DigestSign(ctx, bytes, &len, input.data, input.len) != 1) {
        return false;
    }

    *out = api_span(bytes, len);

    return true;
}


bool
apisec_sign(const apisec_signer_t *s, api_span_t input, api_span_t *signature)
{
    bool        ok;
    EVP_MD_CTX *ctx;

    if (s->alg->family == APISEC_HS) {
        return mac(s, input, signature);
    }

    ctx = EVP_MD_CTX_new();
    ok = ctx && digest_sign(ctx, s, input, signature);
    EVP_MD_CTX_free(ctx);

    if (ok && s->alg->family == APISEC_ES) {
        ok = raw_ecdsa(s->key, signature);
    }

    ERR_clear_error();

    return ok;
}
