#include "api_jwk.h"
#include "sign.h"
#include "ut.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdio.h>


static const api_span_t INPUT = { (const uint8_t *) "header.payload", 14 };


/* A set of one key: PEM, or the secret. */

static api_jwks_t *
set_of(const sign_key_t *key, api_jws_alg_t alg)
{
    int         rc;
    api_err_t   err;
    api_jwks_t *jwks;
    api_span_t  none = { NULL, 0 };

    if (api_jwks_create(&jwks, &api_alloc_libc) != API_OK) {
        return NULL;
    }

    rc = key->pkey ? api_jwks_add_pem(
             jwks, sign_span(sign_pem(key)), none, alg, &err)
                   : api_jwks_add_secret(jwks, key->secret, none, alg, &err);

    if (rc != API_OK) {
        printf("# %s\n", err.text);
    }

    return jwks;
}


static int
verify(const api_jwks_t *jwks, api_jws_alg_t alg, const void *sig, size_t len)
{
    return api_jws_verify(
        api_jwks_key(jwks, 0), alg, INPUT, ut_guard(api_span(sig, len)));
}


static void
test_names(void)
{
    size_t   i;
    unsigned alg;

    static const char *const none[] = { "", "none", "None", "NONE", "NoNe",
        "unknown", "rs256", "Rs256", "RS256 ", " RS256", "RS25", "RS2566",
        "eddsa", "EDDSA", "ES256k", "HS1", "RSA-OAEP", "dir", "Ed25519" };

    for (alg = 1; alg < API_JWS_NALGS; alg++) {
        ut_int(api_jws_alg(
                   ut_guard(sign_span(api_jws_alg_name((api_jws_alg_t) alg)))),
            alg, "%s", api_jws_alg_name((api_jws_alg_t) alg));
    }

    for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        ut_int(api_jws_alg(ut_guard(sign_span(none[i]))), API_JWS_UNKNOWN,
            "\"%s\" is no algorithm", none[i]);
    }

    ut_int(api_jws_alg(api_span("RS256\0", 6)), API_JWS_UNKNOWN,
        "nor is RS256 with a NUL");
    ut_span(sign_span(api_jws_alg_name(API_JWS_UNKNOWN)), API_SPAN("unknown"),
        "a name for none");
    ut_span(sign_span(api_jws_alg_name(API_JWS_NALGS)), API_SPAN("unknown"),
        "a name for a number out of range");
}


static void
test_split(void)
{
    size_t    i;
    api_jws_t jws;
    api_err_t err;

    static const struct {
        const char *token;
        int         rc;
        size_t      pos;
    } v[] = {
        { "", API_SYNTAX, 0 },
        { "a", API_SYNTAX, 1 },
        { "a.b", API_SYNTAX, 3 },
        { ".", API_SYNTAX, 1 },
        { "..", API_SYNTAX, 0 },
        { ".b.c", API_SYNTAX, 0 },
        { "a..c", API_SYNTAX, 2 },
        { "a.b.", API_SYNTAX, 2 },
        { "a..", API_SYNTAX, 2 },
        { "a.b.c.d", API_SYNTAX, 5 },
        { "a.b.c.", API_SYNTAX, 5 },
        { "...", API_SYNTAX, 2 },
        { "a.b.c.d.e", API_UNSUPPORTED, 5 },
        { "a..c.d.e", API_UNSUPPORTED, 4 },
        { "....", API_UNSUPPORTED, 2 },
        { "a.b.c.d.e.f", API_SYNTAX, 5 },
        { ".....", API_SYNTAX, 2 },
    };

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        ut_int(api_jws_split(&jws, ut_guard(sign_span(v[i].token)), &err),
            v[i].rc, "split \"%s\"", v[i].token);
        ut_int(err.code, v[i].rc, "... code");
        ut_int(err.pos, v[i].pos, "... offset");
    }

    ut_int(api_jws_split(&jws, api_span(NULL, 0), NULL), API_SYNTAX,
        "nothing at all");

    ut_int(api_jws_split(&jws, API_SPAN("ab.cde.f"), NULL), API_OK,
        "three segments");
    ut_span(jws.header, API_SPAN("ab"), "... header");
    ut_span(jws.payload, API_SPAN("cde"), "... payload");
    ut_span(jws.signature, API_SPAN("f"), "... signature");
    ut_span(jws.input, API_SPAN("ab.cde"), "... what is signed");
}


/* Sign, verify; lengths around the right one; under every other algorithm;
   every bit of the signature.  The key must still work after all that. */

static void
test_key(const sign_key_t *key, api_jws_alg_t alg, const char *name)
{
    size_t      len, i, passed, odd;
    uint8_t     sig[SIGN_MAX + 1];
    unsigned    other;
    api_jwks_t *jwks;

    jwks = set_of(key, alg);
    memset(sig, 0, sizeof(sig));
    len = sign_raw(key, alg, INPUT, sig);

    ut_int(verify(jwks, alg, sig, len), API_OK, "%s verifies", name);

    passed = odd = 0;

    for (i = 0; i < len * 8; i++) {
        sig[i / 8] ^= (uint8_t) (1 << i % 8);

        switch (verify(jwks, alg, sig, len)) {
        case API_OK:
            passed++;
            break;
        case API_DENIED:
            break;
        default:
            odd++;
        }

        sig[i / 8] ^= (uint8_t) (1 << i % 8);
        ut_guard_reset();
    }

    ut_int(passed, 0, "%s: no signature with a bit changed", name);
    ut_int(odd, 0, "%s: each is denied, not a failure of ours", name);

    ut_int(verify(jwks, alg, sig, len - 1), API_DENIED, "... a byte short");
    ut_int(verify(jwks, alg, sig, len + 1), API_DENIED, "... a byte long");
    ut_int(verify(jwks, alg, sig, 0), API_DENIED, "... none");

    for (other = 0; other <= API_JWS_NALGS; other++) {
        if (other != (unsigned) alg) {
            passed +=
                verify(jwks, (api_jws_alg_t) other, sig, len) != API_DENIED;
        }
    }

    ut_int(passed, 0, "%s: not as any other algorithm", name);

    ut_int(api_jws_verify(api_jwks_key(jwks, 0), alg,
               API_SPAN("header.Payload"), api_span(sig, len)),
        API_DENIED, "%s: not for another input", name);

    memset(sig, 0, sizeof(sig));
    ut_int(verify(jwks, alg, sig, len), API_DENIED, "%s: zeros", name);
    memset(sig, 0xff, sizeof(sig));
    ut_int(verify(jwks, alg, sig, len), API_DENIED, "%s: ones", name);

    sign_raw(key, alg, INPUT, sig);
    ut_int(verify(jwks, alg, sig, len), API_OK, "%s: still verifies", name);
    ut_int(ERR_peek_error(), 0, "%s: nothing in OpenSSL's queue", name);

    api_jwks_free(jwks);
}


static void
test_all_keys(void)
{
    unsigned   alg;
    sign_key_t key;

    for (alg = 1; alg < API_JWS_NALGS; alg++) {
        key = sign_new_for((api_jws_alg_t) alg);
        test_key(
            &key, (api_jws_alg_t) alg, api_jws_alg_name((api_jws_alg_t) alg));
    }

    key = sign_new("ED448");
    test_key(&key, API_JWS_EDDSA, "EdDSA with Ed448");

    key = sign_new("RSA3072");
    test_key(&key, API_JWS_PS512, "PS512 with 3072 bits");
}


/* A key without "alg" serves its type and no other: what RS256 signs is not
   PS256, an RSA key makes no HMAC secret, a curve has one hash. */

static void
test_algs(void)
{
    size_t      i, len;
    uint8_t     sig[SIGN_MAX];
    unsigned    a, b, wrong;
    sign_key_t  rsa, hmac;
    api_jwks_t *jwks;

    static const struct {
        const char   *type;
        api_jws_alg_t alg;
    } curves[] = {
        { "P-256", API_JWS_ES256 },
        { "P-384", API_JWS_ES384 },
        { "P-521", API_JWS_ES512 },
        { "secp256k1", API_JWS_ES256K },
        { "ED25519", API_JWS_EDDSA },
        { "ED448", API_JWS_EDDSA },
    };

    rsa = sign_new("RSA");
    jwks = set_of(&rsa, API_JWS_UNKNOWN);
    wrong = 0;

    for (a = API_JWS_RS256; a <= API_JWS_PS512; a++) {
        len = sign_raw(&rsa, (api_jws_alg_t) a, INPUT, sig);

        for (b = 0; b < API_JWS_NALGS; b++) {
            wrong += verify(jwks, (api_jws_alg_t) b, sig, len)
                     != (a == b ? API_OK : API_DENIED);
        }
    }

    ut_int(wrong, 0, "an RSA key keeps its six algorithms apart");
    ut_int(api_jwk_algs(api_jwks_key(jwks, 0)), 0x3f << API_JWS_RS256,
        "... and says so");
    api_jwks_free(jwks);

    hmac = sign_new_for(API_JWS_HS512);
    jwks = set_of(&hmac, API_JWS_UNKNOWN);
    wrong = 0;

    for (a = API_JWS_HS256; a <= API_JWS_HS512; a++) {
        len = sign_raw(&hmac, (api_jws_alg_t) a, INPUT, sig);

        for (b = 0; b < API_JWS_NALGS; b++) {
            wrong += verify(jwks, (api_jws_alg_t) b, sig, len)
                     != (a == b ? API_OK : API_DENIED);
        }
    }

    ut_int(wrong, 0, "a secret keeps its three algorithms apart");
    api_jwks_free(jwks);

    for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        rsa = sign_new(curves[i].type);
        jwks = set_of(&rsa, API_JWS_UNKNOWN);
        ut_int(api_jwk_algs(api_jwks_key(jwks, 0)), API_JWS_BIT(curves[i].alg),
            "%s is for %s", curves[i].type, api_jws_alg_name(curves[i].alg));
        api_jwks_free(jwks);
    }
}


/* PSS: the salt is as long as the hash, no other length is taken. */

static void
test_pss_salt(void)
{
    int           salt;
    size_t        len;
    uint8_t       sig[SIGN_MAX];
    EVP_MD_CTX   *ctx;
    sign_key_t    key;
    api_jwks_t   *jwks;
    EVP_PKEY_CTX *pctx;

    static const int salts[] = { 0, 20, 31, 32, 33, 48, 222 };

    key = sign_new("RSA");
    jwks = set_of(&key, API_JWS_UNKNOWN);

    for (salt = 0; salt < (int) (sizeof(salts) / sizeof(salts[0])); salt++) {
        len = sizeof(sig);
        ctx = EVP_MD_CTX_new();

        if (EVP_DigestSignInit(ctx, &pctx, EVP_sha256(), NULL, key.pkey) != 1
            || EVP_PKEY_CTX_ctrl_str(pctx, "rsa_padding_mode", "pss") != 1
            || EVP_PKEY_CTX_ctrl_str(
                   pctx, "rsa_pss_saltlen", sign_text("%d", salts[salt]))
                   != 1
            || EVP_DigestSign(ctx, sig, &len, INPUT.data, INPUT.len) != 1)
        {
            ut_ok(false, "cannot sign with a salt of %d", salts[salt]);
        }

        EVP_MD_CTX_free(ctx);

        ut_int(verify(jwks, API_JWS_PS256, sig, len),
            salts[salt] == 32 ? API_OK : API_DENIED,
            "PS256 with a salt of %d bytes", salts[salt]);
    }

    api_jwks_free(jwks);
}


/* ECDSA's r and s out of range (CVE-2022-21449), and DER in place of r||s. */

static void
test_ecdsa_range(void)
{
    size_t      i, k, len;
    uint8_t     sig[SIGN_MAX], *p;
    EVP_MD_CTX *ctx;
    sign_key_t  key;
    api_jwks_t *jwks;
    api_span_t  part[2];

    static const char n[] =
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    static const char *const values[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000001", n,
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63255"
        "2",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    };

    key = sign_new("P-256");
    jwks = set_of(&key, API_JWS_UNKNOWN);

    for (i = 0; i < 5; i++) {
        for (k = 0; k < 5; k++) {
            part[0] = sign_hex(values[i]);
            part[1] = sign_hex(values[k]);
            memcpy(sig, part[0].data, 32);
            memcpy(sig + 32, part[1].data, 32);

            ut_int(verify(jwks, API_JWS_ES256, sig, 64), API_DENIED,
                "ES256: r and s of edge values %zu, %zu", i, k);
        }
    }

    sign_raw(&key, API_JWS_ES256, INPUT, sig);
    p = sign_alloc(64);
    memcpy(p, sig, 64);
    memset(p, 0, 32);
    ut_int(verify(jwks, API_JWS_ES256, p, 64), API_DENIED, "r is zero");
    memcpy(p, sig, 64);
    memset(p + 32, 0, 32);
    ut_int(verify(jwks, API_JWS_ES256, p, 64), API_DENIED, "s is zero");
    ut_int(verify(jwks, API_JWS_ES256, sig, 64), API_OK, "as signed");

    len = sizeof(sig);
    ctx = EVP_MD_CTX_new();
    EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key.pkey);
    EVP_DigestSign(ctx, sig, &len, INPUT.data, INPUT.len);
    EVP_MD_CTX_free(ctx);
    ut_int(verify(jwks, API_JWS_ES256, sig, len), API_DENIED, "DER");

    api_jwks_free(jwks);
}


/* The number's sign and length decide its DER: sign until r and s have had
   leading zeros and high bits in every mix. */

static void
test_ecdsa_shapes(void)
{
    size_t      i, wrong;
    uint8_t     sig[SIGN_MAX], text[8];
    unsigned    seen;
    sign_key_t  key;
    api_jwks_t *jwks;
    api_span_t  input;

    key = sign_new("P-256");
    jwks = set_of(&key, API_JWS_UNKNOWN);
    wrong = 0;
    seen = 0;

    for (i = 0; i < 1500; i++) {
        memcpy(text, &i, sizeof(text));
        input = api_span(text, sizeof(text));
        sign_raw(&key, API_JWS_ES256, input, sig);

        seen |= sig[0] == 0 ? 1 : sig[0] >> 7 ? 2 : 4;
        seen |= sig[32] == 0 ? 8 : sig[32] >> 7 ? 16 : 32;

        wrong += api_jws_verify(api_jwks_key(jwks, 0), API_JWS_ES256, input,
                     api_span(sig, 64))
                 != API_OK;
    }

    ut_int(wrong, 0, "1500 signatures");
    ut_ok((seen & 54) == 54, "... with the high bit and without");

    api_jwks_free(jwks);
}


/* R2, R3: nothing of a public key is an HMAC secret. */

static void
test_confusion(void)
{
    size_t      i, k, len;
    uint8_t     sig[SIGN_MAX], *der;
    sign_key_t  mac;
    api_jwks_t *jwks;
    const char *pem;

    static const char *const types[] = { "RSA", "P-256", "ED25519" };

    for (i = 0; i < 3; i++) {
        sign_key_t key = sign_new(types[i]);
        api_span_t secrets[6];

        jwks = set_of(&key, API_JWS_UNKNOWN);
        pem = sign_pem(&key);
        der = NULL;
        len = (size_t) i2d_PUBKEY(key.pkey, &der);

        secrets[0] = sign_span(pem);
        secrets[1] = api_span(pem, strlen(pem) - 1);
        secrets[2] = sign_span(sign_text("%s\n", pem));
        secrets[3] = api_span(der, len);
        secrets[4] = api_span("", 0);
        secrets[5] = api_span("", 1);

        for (k = 0; k < 6; k++) {
            mac = sign_secret(secrets[k].data, secrets[k].len);
            len = sign_raw(&mac, API_JWS_HS256, INPUT, sig);

            ut_int(verify(jwks, API_JWS_HS256, sig, len), API_DENIED,
                "%s: HS256 by its public form %zu", types[i], k);
        }

        OPENSSL_free(der);
        api_jwks_free(jwks);
    }
}


int
main(void)
{
    test_names();
    test_split();
    test_algs();
    test_all_keys();
    test_pss_salt();
    test_ecdsa_range();
    test_ecdsa_shapes();
    test_confusion();
    sign_reset();

    return ut_done();
}
