/*
 * mint: makes the raw JWS signature (RFC 7515, 7518, 8037, 8812) of what
 * comes on standard input, for the tests.
 *
 *     mint ALG KEYFILE [SALT] < signing-input > raw-signature
 *
 * KEYFILE is a PEM private key, or the raw secret for HS256/384/512. The
 * digest comes from ALG, all else from the key: a test may well want a
 * signature that nobody should accept. SALT overrides the salt length of
 * PS256/384/512, which is that of the digest.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>


typedef enum {
    FAMILY_HS,
    FAMILY_RS,
    FAMILY_PS,
    FAMILY_ES,
    FAMILY_ED
} family_t;

typedef struct {
    const char *name;
    family_t    family;
    const char *digest; /* NULL: the key does its own hashing */
} alg_t;

typedef struct {
    unsigned char *data;
    size_t         len;
} bytes_t;

static const alg_t algs[] = {
    { "HS256", FAMILY_HS, "SHA256" },
    { "HS384", FAMILY_HS, "SHA384" },
    { "HS512", FAMILY_HS, "SHA512" },
    { "RS256", FAMILY_RS, "SHA256" },
    { "RS384", FAMILY_RS, "SHA384" },
    { "RS512", FAMILY_RS, "SHA512" },
    { "PS256", FAMILY_PS, "SHA256" },
    { "PS384", FAMILY_PS, "SHA384" },
    { "PS512", FAMILY_PS, "SHA512" },
    { "ES256", FAMILY_ES, "SHA256" },
    { "ES384", FAMILY_ES, "SHA384" },
    { "ES512", FAMILY_ES, "SHA512" },
    { "ES256K", FAMILY_ES, "SHA256" },
    { "EdDSA", FAMILY_ED, NULL },
    { "Ed25519", FAMILY_ED, NULL },
    { "Ed448", FAMILY_ED, NULL },
};


static _Noreturn void
die(const char *what, const char *why)
{
    fprintf(stderr, "mint: %s: %s\n", what, why);
    ERR_print_errors_fp(stderr);
    exit(EXIT_FAILURE);
}


static void
require(bool ok, const char *what)
{
    if (!ok) {
        die(what, "OpenSSL refused");
    }
}


static bytes_t
make_bytes(size_t len)
{
    bytes_t out = { malloc(len > 0 ? len : 1), len };

    if (out.data == NULL) {
        die("memory", "exhausted");
    }

    return out;
}


static bytes_t
read_all(FILE *file, const char *name)
{
    size_t  room = 4096;
    bytes_t in = make_bytes(room);

    in.len = 0;

    for (;;) {
        size_t got = fread(in.data + in.len, 1, room - in.len, file);

        in.len += got;
        if (in.len < room) {
            break;
        }

        room *= 2;
        in.data = realloc(in.data, room);
        if (in.data == NULL) {
            die("memory", "exhausted");
        }
    }

    if (ferror(file)) {
        die(name, strerror(errno));
    }

    return in;
}


static FILE *
open_key(const char *path)
{
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        die(path, strerror(errno));
    }

    return file;
}


static bytes_t
mac(const alg_t *alg, const char *path, bytes_t in)
{
    FILE        *file = open_key(path);
    bytes_t      secret = read_all(file, path);
    bytes_t      out = make_bytes(EVP_MAX_MD_SIZE);
    unsigned int len = 0;

    fclose(file);
    require(HMAC(EVP_get_digestbyname(alg->digest), secret.data,
                (int) secret.len, in.data, in.len, out.data, &len)
                != NULL,
        "HMAC");

    out.len = len;
    free(secret.data);
    return out;
}


static bytes_t
sign(const alg_t *alg, EVP_PKEY *key, int salt, bytes_t in)
{
    bytes_t       out;
    EVP_MD_CTX   *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL; /* belongs to ctx */
    const EVP_MD *md = NULL;

    if (alg->digest != NULL) {
        md = EVP_get_digestbyname(alg->digest);
    }

    require(ctx != NULL && EVP_DigestSignInit(ctx, &pctx, md, NULL, key) == 1,
        "key");

    if (alg->family == FAMILY_PS) {
        require(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1
                    && EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt) == 1,
            "PSS");
    }

    out = make_bytes(0);
    require(
        EVP_DigestSign(ctx, NULL, &out.len, in.data, in.len) == 1, "length");

    free(out.data);
    out = make_bytes(out.len);
    require(
        EVP_DigestSign(ctx, out.data, &out.len, in.data, in.len) == 1, "sign");

    EVP_MD_CTX_free(ctx);
    return out;
}


/* JWS has r and s side by side, each as wide as the order of the curve. */

static bytes_t
raw_ecdsa(bytes_t der, EVP_PKEY *key)
{
    int                  width = (EVP_PKEY_bits(key) + 7) / 8;
    const unsigned char *at = der.data;
    bytes_t              out = make_bytes(2 * (size_t) width);
    ECDSA_SIG           *sig = d2i_ECDSA_SIG(NULL, &at, (long) der.len);

    require(
        sig != NULL
            && BN_bn2binpad(ECDSA_SIG_get0_r(sig), out.data, width) == width
            && BN_bn2binpad(ECDSA_SIG_get0_s(sig), out.data + width, width)
                   == width,
        "ECDSA");

    ECDSA_SIG_free(sig);
    free(der.data);
    return out;
}


static bytes_t
sign_with_file(const alg_t *alg, const char *path, int salt, bytes_t in)
{
    bytes_t   out;
    FILE     *file = open_key(path);
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);

    fclose(file);
    require(key != NULL, path);

    out = sign(alg, key, salt, in);
    if (alg->family == FAMILY_ES) {
        out = raw_ecdsa(out, key);
    }

    EVP_PKEY_free(key);
    return out;
}


static const alg_t *
find_alg(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
        if (strcmp(algs[i].name, name) == 0) {
            return &algs[i];
        }
    }

    die(name, "no such algorithm");
}


int
main(int argc, char **argv)
{
    bytes_t      in, out;
    const alg_t *alg;

    if (argc != 3 && argc != 4) {
        die("usage", "mint ALG KEYFILE [SALT] < input > signature");
    }

    alg = find_alg(argv[1]);
    in = read_all(stdin, "standard input");

    out = alg->family == FAMILY_HS
              ? mac(alg, argv[2], in)
              : sign_with_file(alg, argv[2],
                  argc == 4 ? atoi(argv[3]) : RSA_PSS_SALTLEN_DIGEST, in);

    if (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout) != 0)
    {
        die("standard output", strerror(errno));
    }

    free(in.data);
    free(out.data);
    return EXIT_SUCCESS;
}
