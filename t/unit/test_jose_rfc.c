/*
 * The published examples: RFC 7515 appendix A, RFC 7520 section 4, RFC 8037
 * appendix A, RFC 8032 section 7.4.
 */

#include "api_jwk.h"
#include "sign.h"
#include "ut.h"

#include <stdio.h>


#define OCT_7515                                                              \
    "{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_"    \
    "T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow\"}"

#define RSA_7515                                                              \
    "{\"kty\":\"RSA\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9" \
    "k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMs"  \
    "D1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexM"  \
    "dbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9k"  \
    "G4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW"  \
    "9gb54h4FRWyuXpoQ\",\"e\":\"AQAB\"}"

#define P256_7515                                                             \
    "{\"kty\":\"EC\",\"crv\":\"P-256\","                                      \
    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","                  \
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"

#define P521_7515                                                             \
    "{\"kty\":\"EC\",\"crv\":\"P-521\","                                      \
    "\"x\":\"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6O"  \
    "vLFV1jSfS9tsz4qUxcWceqwQGk\","                                           \
    "\"y\":\"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL"  \
    "4Kkd0AZMaZmh9ubmf63e3kyMj2\"}"

#define RSA_7520                                                              \
    "{\"kty\":\"RSA\",\"kid\":\"bilbo.baggins@hobbiton.example\","            \
    "\"use\":\"sig\",\"n\":\"n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHL"  \
    "d4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_Ns"  \
    "YOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVf"  \
    "Hd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3"  \
    "-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5ia"  \
    "iQkqgc5gHdrNP5zw\",\"e\":\"AQAB\"}"

#define P521_7520                                                             \
    "{\"kty\":\"EC\",\"kid\":\"bilbo.baggins@hobbiton.example\","             \
    "\"use\":\"sig\",\"crv\":\"P-521\","                                      \
    "\"x\":\"AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqj"  \
    "qvjyekWF-7ytDyRXYgCF5cj0Kt\","                                           \
    "\"y\":\"AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkA"  \
    "gDPrwQrJmbnX9cwlGfP-HqHZR1\"}"

#define OCT_7520                                                              \
    "{\"kty\":\"oct\",\"kid\":\"018c0ae5-4d9b-471b-bfd6-eef314bc7037\","      \
    "\"use\":\"sig\",\"alg\":\"HS256\","                                      \
    "\"k\":\"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg\"}"

#define ED25519_8037                                                          \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","                                   \
    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"

#define CLAIMS_7515                                                           \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLm"  \
    "NvbS9pc19yb290Ijp0cnVlfQ"

#define PAYLOAD_7520                                                          \
    "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG"  \
    "9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlv"  \
    "dXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZX"  \
    "B0IG9mZiB0by4"


static const struct {
    const char   *name;
    api_jws_alg_t alg;
    const char   *jwk;
    const char   *header;
    const char   *payload;
    const char   *signature;
} vectors[] = {
    { "RFC 7515 A.1", API_JWS_HS256, OCT_7515,
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9", CLAIMS_7515,
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" },
    { "RFC 7515 A.2", API_JWS_RS256, RSA_7515, "eyJhbGciOiJSUzI1NiJ9",
        CLAIMS_7515,
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuH"
        "Im4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdi"
        "uB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN"
        "9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2"
        "w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77"
        "Rw" },
    { "RFC 7515 A.3", API_JWS_ES256, P256_7515, "eyJhbGciOiJFUzI1NiJ9",
        CLAIMS_7515,
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQ"
        "xfKTUJqPP3-Kg6NU1Q" },
    { "RFC 7515 A.4", API_JWS_ES512, P521_7515, "eyJhbGciOiJFUzUxMiJ9",
        "UGF5bG9hZA",
        "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2"
        "SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqO"
        "gzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn" },
    { "RFC 7520 4.1", API_JWS_RS256, RSA_7520,
        "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBs"
        "ZSJ9",
        PAYLOAD_7520,
        "MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM"
        "1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWR"
        "a-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnH"
        "XFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KL"
        "UQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDqu"
        "Dg" },
    { "RFC 7520 4.2", API_JWS_PS384, RSA_7520,
        "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBs"
        "ZSJ9",
        PAYLOAD_7520,
        "cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tP"
        "id6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8b"
        "iiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrx"
        "UeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlq"
        "RHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72E"
        "aw" },
    { "RFC 7520 4.3", API_JWS_ES512, P521_7520,
        "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBs"
        "ZSJ9",
        PAYLOAD_7520,
        "AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon"
        "7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDyYjnAMDxXPn7XrT0lw-kvAD890jl8e2pu"
        "Qens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2" },
    { "RFC 7520 4.4", API_JWS_HS256, OCT_7520,
        "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMx"
        "NGJjNzAzNyJ9",
        PAYLOAD_7520, "s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0" },
    { "RFC 8037 A.4", API_JWS_EDDSA, ED25519_8037, "eyJhbGciOiJFZERTQSJ9",
        "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsP"
        "t9g7sVvpAr_MuM0KAg" },
};


static api_jwks_t *
jwks_of(const char *json)
{
    api_err_t             err;
    api_jwks_t           *jwks;
    const api_jwks_opts_t opts = { 0 };

    if (!ut_ok(api_jwks_parse(
                   &jwks, sign_span(json), &opts, &api_alloc_libc, &err)
                   == API_OK,
            "... its key is taken"))
    {
        printf("#   %s\n", err.text);
        return NULL;
    }

    return jwks;
}


static void
test_vector(size_t i)
{
    api_jws_t   jws;
    api_jwk_t  *key;
    api_jwks_t *jwks;
    api_span_t  token, sig;
    uint8_t    *forged;

    token = sign_span(sign_text("%s.%s.%s", vectors[i].header,
        vectors[i].payload, vectors[i].signature));

    ut_int(api_jws_split(&jws, token, NULL), API_OK, "%s", vectors[i].name);

    jwks = jwks_of(vectors[i].jwk);
    if (jwks == NULL) {
        return;
    }

    key = api_jwks_key(jwks, 0);
    sig = sign_unb64(vectors[i].signature);

    ut_int(api_jws_verify(key, vectors[i].alg, jws.input, sig), API_OK,
        "... verifies as %s", api_jws_alg_name(vectors[i].alg));

    forged = sign_alloc(sig.len);
    memcpy(forged, sig.data, sig.len);
    forged[sig.len / 3] ^= 0x10;

    ut_int(api_jws_verify(
               key, vectors[i].alg, jws.input, api_span(forged, sig.len)),
        API_DENIED, "... and not with a bit changed");

    api_jwks_free(jwks);
}


/* Ed448 over the empty message, which no JWS has. */

static void
test_ed448(void)
{
    api_span_t  x, sig;
    api_jwks_t *jwks;

    x = sign_hex("5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e9"
                 "6778edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180");
    sig = sign_hex("533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d4"
                   "1a591f2b233f034f628281f2fd7a22ddd47d7828c59bd0a21bfd3980ff"
                   "0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7"
                   "cdda8530a113a0f4dbb61149f05a7363268c71d95808ff2e652600");

    ut_ok(true, "RFC 8032 7.4, blank");

    jwks = jwks_of(sign_text("{\"kty\":\"OKP\",\"crv\":\"Ed448\","
                             "\"x\":\"%s\"}",
        sign_b64(x)));

    if (jwks) {
        ut_int(api_jws_verify(
                   api_jwks_key(jwks, 0), API_JWS_EDDSA, api_span("", 0), sig),
            API_OK, "... verifies");
        ut_int(api_jws_verify(
                   api_jwks_key(jwks, 0), API_JWS_EDDSA, api_span("", 1), sig),
            API_DENIED, "... and not for another message");

        api_jwks_free(jwks);
    }
}


int
main(void)
{
    size_t i;

    for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        test_vector(i);
    }

    test_ed448();
    sign_reset();

    return ut_done();
}
