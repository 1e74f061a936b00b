/* The numbers of keys: what makes one forgeable is refused. */

#include "jwk_expect.h"
#include "ut.h"

#include <stdio.h>


static sign_key_t rsa;


/* n of the good key, in base64url, changed by hand. */

static const char *
modulus(size_t skip, int zeros, uint8_t first, uint8_t last)
{
    size_t     len;
    uint8_t   *p;
    api_span_t n;
    char       text[400];

    sscanf(strstr(sign_jwk(&rsa, ""), "\"n\":\"") + 5, "%399[^\"]", text);
    n = sign_unb64(text);
    len = (size_t) zeros + n.len - skip;
    p = sign_alloc(len + 1);
    memcpy(p + zeros, n.data + skip, n.len - skip);
    p[0] |= first;
    p[len - 1] = last ? last : p[len - 1];

    return sign_b64(api_span(p, len));
}


static void
test_rsa(void)
{
    size_t      i;
    sign_key_t  small;
    const char *n = modulus(0, 0, 0, 0);
    uint8_t    *three;

    static const struct {
        const char *e;
        bool        good;
    } es[] = {
        { "AQAB", true },
        { "Aw", true },
        { "AAEAAQ", true }, /* 00 01 00 01: written by some, harmless */
        { "Ew", true },
        { "_____w", true },
        { "AQ", false },
        { "AA", false },
        { "Ag", false },
        { "AQAA", false },
        { "AQAAAAE", false },
        { "AQAAAAA", false },
        { "__________8", false },
        { "AAAAAAAAAAAD", true },
        { "AQAAAAAAAAAB", false },
    };

    for (i = 0; i < sizeof(es) / sizeof(es[0]); i++) {
        if (es[i].good) {
            taken(rsa_of(n, es[i].e), 1, RSA_ALGS, es[i].e);
        } else {
            refused(rsa_of(n, es[i].e), API_INVALID, "exponent", es[i].e);
        }
    }

    taken(rsa_of(modulus(0, 3, 0, 0), "AQAB"), 1, RSA_ALGS,
        "a modulus with leading zeros");
    refused(rsa_of(modulus(1, 0, 0x80, 0), "AQAB"), API_INVALID, "2040 bits",
        "2040 bits");
    refused(rsa_of(modulus(1, 1, 0x7f, 0), "AQAB"), API_INVALID, "2047 bits",
        "2047 bits");
    refused(rsa_of(modulus(0, 0, 0, 0x42), "AQAB"), API_INVALID, "even",
        "an even modulus");
    refused(rsa_of("AA", "AQAB"), API_INVALID, "0 bits", "a modulus of zero");

    small = sign_new("RSA1024");
    refused(sign_jwk(&small, ""), API_INVALID, "1024 bits", "1024 bits");

    refused(rsa_of(ROCA, "AQAB"), API_INVALID, "ROCA", "ROCA");

    three = sign_alloc(256);
    memset(three, 0xff, 256); /* 2^2048 - 1 is divisible by 3 */
    refused(rsa_of(sign_b64(api_span(three, 256)), "AQAB"), API_INVALID,
        "divisible by 3", "a modulus with a factor of 3");

    three = sign_alloc(2049);
    memset(three, 0xfd, 2049);
    refused(rsa_of(sign_b64(api_span(three, 2049)), "AQAB"), API_INVALID,
        "16392 bits", "over 16384 bits");

    refused(rsa_of("", "AQAB"), API_INVALID, "n is empty", "no modulus");
    refused(rsa_of(n, ""), API_INVALID, "e is empty", "no exponent");
    refused(rsa_of(n, "AQAB="), API_INVALID, "base64url", "padding");
    refused(rsa_of(n, "AQ+B"), API_INVALID, "base64url", "plain base64");
    refused(rsa_of(n, "AQA\\u0042"), API_INVALID, "base64url", "an escape");
    refused(rsa_of(n, " AQAB"), API_INVALID, "base64url", "a space");
    refused(sign_text("{\"kty\":\"RSA\",\"n\":\"%s\"}", n), API_INVALID,
        "e is missing", "no e");
    refused("{\"kty\":\"RSA\",\"e\":\"AQAB\"}", API_INVALID, "n is missing",
        "no n");
    refused(sign_text("{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":65537}", n),
        API_INVALID, "e is missing or not", "e as a number");
}


static const char *
ec_of(const char *crv, const char *x, const char *y)
{
    return sign_text(
        "{\"kty\":\"EC\",\"crv\":\"%s\",\"x\":\"%s\",\"y\":\"%s\"}", crv, x,
        y);
}


#define X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define Z "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" /* 32 zeros */


static void
test_ec(void)
{
    size_t     i;
    sign_key_t key;

    static const char *const curves[] = { "P-256", "P-384", "P-521",
        "secp256k1" };

    taken(ec_of("P-256", X, Y), 1, API_JWS_BIT(API_JWS_ES256), "P-256");
    refused(ec_of("P-256", Y, X), API_INVALID, "not on the curve",
        "x and y exchanged");
    refused(ec_of("P-256", X, X), API_INVALID, "not on the curve", "x twice");
    refused(ec_of("P-256", Z, Z), API_INVALID, "not on the curve", "zeros");
    refused(ec_of("secp256k1", X, Y), API_INVALID, "not on the curve",
        "the point of another curve");
    refused(ec_of("P-384", X, Y), API_INVALID, "32 and 32 bytes",
        "coordinates of another curve");
    refused(ec_of("P-256", "AA", Y), API_INVALID, "1 and 32", "a short x");
    refused(ec_of("P-256", X "A", Y), API_INVALID, "33 and 32", "a long x");
    refused(ec_of("P-256", X, ""), API_INVALID, "y is empty", "no y");
    refused("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\"}", API_INVALID,
        "y is missing", "x alone");
    refused("{\"kty\":\"EC\",\"x\":\"" X "\",\"y\":\"" Y "\"}", API_INVALID,
        "crv is missing", "no crv");
    refused(ec_of("P-192", X, Y), API_UNSUPPORTED, "crv", "P-192");
    refused(ec_of("p-256", X, Y), API_UNSUPPORTED, "crv", "p-256");
    refused(ec_of("Ed25519", X, Y), API_UNSUPPORTED, "crv",
        "a curve of another kty");
    refused(
        ec_of("brainpoolP256r1", X, Y), API_UNSUPPORTED, "crv", "brainpool");

    for (i = 0; i < 4; i++) {
        key = sign_new(curves[i]);
        taken(
            sign_jwk(&key, ""), 1, API_JWS_BIT(API_JWS_ES256 + i), curves[i]);
        refused(sign_jwk(&key, ",\"alg\":\"EdDSA\""), API_INVALID,
            "does not fit", "EC with EdDSA");
        refused(sign_jwk(&key,
                    i == 1 ? ",\"alg\":\"ES256\"" : ",\"alg\":\"ES384\""),
            API_INVALID, "does not fit", "the algorithm of another curve");
    }
}


static void
okp_refused(const char *crv, const char *hex, const char *says)
{
    refused(sign_text("{\"kty\":\"OKP\",\"crv\":\"%s\",\"x\":\"%s\"}", crv,
                sign_b64(sign_hex(hex))),
        API_INVALID, says, hex);
}


#define ZEROS "000000000000000000000000000000000000000000000000000000000000"
#define ONES "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"


/* The points of small order of edwards25519 and edwards448, in every
   spelling, and numbers that are no point. */

static void
test_okp(void)
{
    okp_refused("Ed25519", "01" ZEROS "00", "small order");
    okp_refused("Ed25519", "01" ZEROS "80", "small order");
    okp_refused("Ed25519", "00" ZEROS "00", "small order");
    okp_refused("Ed25519", "00" ZEROS "80", "small order");
    okp_refused("Ed25519", "ec" ONES "7f", "small order");
    okp_refused("Ed25519", "ec" ONES "ff", "small order");
    okp_refused("Ed25519", "ed" ONES "7f", "spelling");
    okp_refused("Ed25519", "ed" ONES "ff", "spelling");
    okp_refused("Ed25519", "ee" ONES "7f", "spelling");
    okp_refused("Ed25519", "ff" ONES "ff", "spelling");
    okp_refused("Ed25519",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "small order");
    okp_refused("Ed25519",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "small order");
    okp_refused("Ed25519",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "small order");
    okp_refused("Ed25519",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "small order");
    okp_refused("Ed25519", "02" ZEROS "00", "not a point");

    okp_refused("Ed448", "01" ZEROS ZEROS "00", "bytes");
    okp_refused("Ed448",
        "01" ZEROS "0000000000000000000000000000000000000000000000000000",
        "small order");
    okp_refused("Ed448",
        "00" ZEROS "0000000000000000000000000000000000000000000000000000",
        "small order");
    okp_refused("Ed448",
        "fe"
        "ffffffffffffffffffffffffffffffffffffffffffffff"
        "ffffffff"
        "fe"
        "ffffffffffffffffffffffffffffffffffffffffffffffffffff"
        "ff"
        "00",
        "small order");
    okp_refused("Ed448",
        ONES "ffffffffffffffffffffffffffffffffffffffffffffffffffff"
             "00",
        "spelling");
    okp_refused("Ed448",
        "01" ZEROS "000000000000000000000000000000000000000000000000000"
        "1",
        "spelling");
}


static void
test_okp_members(void)
{
    int        i;
    sign_key_t key;

    key = sign_new("ED448");
    taken(sign_jwk(&key, ""), 1, API_JWS_BIT(API_JWS_EDDSA), "Ed448");

    for (i = 0; i < 20; i++) {
        key = sign_new(i % 2 ? "ED25519" : "ED448");
        taken(sign_jwk(&key, ""), 1, API_JWS_BIT(API_JWS_EDDSA),
            "any sound key");
    }

    refused("{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" X "\"}",
        API_UNSUPPORTED, "crv", "X25519");
    refused("{\"kty\":\"OKP\",\"crv\":\"P-256\",\"x\":\"" X "\"}",
        API_UNSUPPORTED, "crv", "OKP on P-256");
    refused("{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}", API_INVALID,
        "x is missing", "OKP without x");
    okp_refused("Ed25519", "01" ZEROS, "31 bytes");
}


static void
test_oct(void)
{
    refused(oct_of(31, ""), API_INVALID, "31 bytes", "31 bytes");
    refused(oct_of(1, ""), API_INVALID, "1 bytes", "one byte");
    refused("{\"kty\":\"oct\",\"k\":\"\"}", API_INVALID, "k is empty", "none");
    refused("{\"kty\":\"oct\"}", API_INVALID, "k is missing", "no k");
    taken(oct_of(32, ""), 1, API_JWS_BIT(API_JWS_HS256), "32 bytes");
    taken(oct_of(47, ""), 1, API_JWS_BIT(API_JWS_HS256), "47 bytes");
    taken(oct_of(48, ""), 1, 3u << API_JWS_HS256, "48 bytes");
    taken(oct_of(63, ""), 1, 3u << API_JWS_HS256, "63 bytes");
    taken(oct_of(64, ""), 1, HS_ALGS, "64 bytes");
    taken(oct_of(200, ""), 1, HS_ALGS, "200 bytes");
    taken(oct_of(64, ",\"alg\":\"HS384\""), 1, API_JWS_BIT(API_JWS_HS384),
        "64 bytes for HS384");
    refused(oct_of(32, ",\"alg\":\"HS384\""), API_INVALID, "at least 48",
        "32 bytes for HS384");
    refused(oct_of(63, ",\"alg\":\"HS512\""), API_INVALID, "at least 64",
        "63 bytes for HS512");
    refused(oct_of(64, ",\"alg\":\"RS256\""), API_INVALID, "does not fit",
        "a secret for RS256");
    refused(oct_of(64, ",\"use\":\"enc\""), API_INVALID, "use", "use enc");
}


int
main(void)
{
    rsa = sign_new("RSA");

    test_rsa();
    test_ec();
    test_okp();
    test_okp_members();
    test_oct();
    sign_reset();

    return ut_done();
}
