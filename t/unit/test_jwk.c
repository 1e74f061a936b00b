#include "jwk_expect.h"
#include "ut.h"


static sign_key_t rsa, p256, ed;


static const char *
set(const char *a, const char *b)
{
    return sign_text("{\"keys\":[%s%s%s]}", a, *b ? "," : "", b);
}


static void
test_documents(void)
{
    size_t      i;
    const char *k = sign_jwk(&rsa, "");
    const char *deep =
        "{\"keys\":[],\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]"
        "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}";

    static const struct {
        const char *json;
        int         rc;
        const char *says;
    } v[] = {
        { "", API_SYNTAX, "JSON" },
        { "  ", API_SYNTAX, "JSON" },
        { "{", API_SYNTAX, "JSON" },
        { "\xef\xbb\xbf{\"keys\":[]}", API_SYNTAX, "byte_order_mark" },
        { "[]", API_INVALID, "neither" },
        { "\"keys\"", API_INVALID, "neither" },
        { "null", API_INVALID, "neither" },
        { "{}", API_INVALID, "kty" },
        { "{\"keys\":[]}", API_INVALID, "no key" },
        { "{\"keys\":{}}", API_INVALID, "not an array" },
        { "{\"keys\":null}", API_INVALID, "not an array" },
        { "{\"keys\":[1]}", API_INVALID, "key 1: not an object" },
        { "{\"keys\":[{}]}", API_INVALID, "key 1: kty" },
        { "{\"keys\":[]} x", API_SYNTAX, "trailing" },
        { "{\"keys\":[],\"keys\":[]}", API_DUPLICATE, "duplicate" },
        { "{\"keys\":[],\"\\u006beys\":[]}", API_DUPLICATE, "duplicate" },
        { "{\"kty\":\"oct\\u0000\"}", API_SYNTAX, "nul" },
    };

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        refused(v[i].json, v[i].rc, v[i].says, v[i].json);
    }

    refused(deep, API_LIMIT, "depth", "depth");

    taken(k, 1, RSA_ALGS, "a single JWK");
    taken(set(k, ""), 1, RSA_ALGS, "a set of one");
    taken(sign_text("{\"more\":[1,{}],\"keys\":[%s],\"x\":null}", k), 1,
        RSA_ALGS, "a set with members of others");
    taken(sign_jwk(&rsa, ",\"x5t\":\"AAAA\",\"x5c\":[\"MII\"],\"issuer\":\"x\""
                         ",\"ext\":true"),
        1, RSA_ALGS, "a key with members of others");
    taken(sign_text("{\"keys\":[%s,%s,%s]}", sign_jwk(&rsa, ",\"kid\":\"1\""),
              sign_jwk(&p256, ",\"kid\":\"2\""),
              sign_jwk(&ed, ",\"kid\":\"3\"")),
        3, RSA_ALGS, "three types in one set");
}


static void
test_limits(void)
{
    size_t          i;
    char           *many;
    api_err_t       err;
    api_jwks_t     *jwks;
    const char     *k = sign_jwk(&ed, "");
    api_jwks_opts_t opts = { .max_bytes = strlen(k), .max_keys = 2 };

    ut_int(parse(&jwks, k, &opts, &err), API_OK, "as many bytes as allowed");
    api_jwks_free(jwks);
    opts.max_bytes--;
    ut_int(parse(&jwks, k, &opts, &err), API_LIMIT, "one byte over");

    opts.max_bytes = 0;
    ut_int(parse(&jwks, set(k, k), &opts, &err), API_OK, "two keys of two");
    api_jwks_free(jwks);
    ut_int(parse(&jwks, set(set(k, k), k), &opts, &err), API_INVALID,
        "a set in a set");
    ut_int(
        parse(&jwks, sign_text("{\"keys\":[%s,%s,%s]}", k, k, k), &opts, &err),
        API_LIMIT, "three keys of two");
    opts.lenient = 1;
    ut_int(
        parse(&jwks, sign_text("{\"keys\":[%s,%s,%s]}", k, k, k), &opts, &err),
        API_LIMIT, "... when lenient, too");

    many = sign_alloc(65 * (strlen(k) + 1) + 32);
    strcpy(many, "{\"keys\":[");

    for (i = 0; i < 64; i++) {
        strcat(strcat(many, i ? "," : ""), k);
    }

    taken(sign_text("%s]}", many), 64, API_JWS_BIT(API_JWS_EDDSA), "64 keys");
    refused(sign_text("%s,%s]}", many, k), API_LIMIT, "65 keys", "65 keys");

    many = sign_alloc(256 * 1024 + 2);
    memset(many, ' ', 256 * 1024 + 1);
    memcpy(many, k, strlen(k));
    refused(many, API_LIMIT, "262145 bytes", "over 256 KiB");
}


/* R6, and the types of the members. */

static void
test_members(void)
{
    size_t i;

    static const struct {
        const char *more;
        int         rc;
        const char *says; /* NULL: taken */
    } v[] = {
        { ",\"use\":\"sig\"", 0, NULL },
        { ",\"use\":\"s\\u0069g\"", 0, NULL },
        { ",\"use\":\"enc\"", API_INVALID, "use" },
        { ",\"use\":\"SIG\"", API_INVALID, "use" },
        { ",\"use\":\"\"", API_INVALID, "use" },
        { ",\"use\":null", API_INVALID, "use" },
        { ",\"use\":[\"sig\"]", API_INVALID, "use" },
        { ",\"key_ops\":[\"verify\"]", 0, NULL },
        { ",\"key_ops\":[\"sign\",\"verify\"]", 0, NULL },
        { ",\"key_ops\":[\"sign\"]", API_INVALID, "key_ops" },
        { ",\"key_ops\":[\"encrypt\",\"wrapKey\"]", API_INVALID, "key_ops" },
        { ",\"key_ops\":[]", API_INVALID, "key_ops" },
        { ",\"key_ops\":\"verify\"", API_INVALID, "key_ops" },
        { ",\"key_ops\":[\"verify\",1]", API_INVALID, "key_ops" },
        { ",\"key_ops\":null", API_INVALID, "key_ops" },
        { ",\"use\":\"enc\",\"key_ops\":[\"verify\"]", API_INVALID, "use" },
        { ",\"alg\":\"RS256\"", 0, NULL },
        { ",\"alg\":\"PS512\"", 0, NULL },
        { ",\"alg\":\"ES256\"", API_INVALID, "does not fit" },
        { ",\"alg\":\"HS256\"", API_INVALID, "does not fit" },
        { ",\"alg\":\"EdDSA\"", API_INVALID, "does not fit" },
        { ",\"alg\":\"none\"", API_UNSUPPORTED, "alg" },
        { ",\"alg\":\"rs256\"", API_UNSUPPORTED, "alg" },
        { ",\"alg\":\"\"", API_UNSUPPORTED, "alg" },
        { ",\"alg\":\"unknown\"", API_UNSUPPORTED, "alg" },
        { ",\"alg\":\"RSA-OAEP\"", API_UNSUPPORTED, "alg" },
        { ",\"alg\":256", API_UNSUPPORTED, "alg" },
        { ",\"alg\":null", API_UNSUPPORTED, "alg" },
        { ",\"kid\":\"a\"", 0, NULL },
        { ",\"kid\":\"\"", API_INVALID, "kid of 0" },
        { ",\"kid\":1", API_INVALID, "kid is not" },
        { ",\"kid\":null", API_INVALID, "kid is not" },
        { ",\"kid\":[\"a\"]", API_INVALID, "kid is not" },
        { ",\"kid\":\"a\\u0000b\"", API_SYNTAX, "nul" },
        { ",\"d\":\"AAAA\"", API_INVALID, "private" },
        { ",\"d\":null", API_INVALID, "private" },
        { ",\"p\":\"AAAA\"", API_INVALID, "private" },
        { ",\"q\":\"AAAA\"", API_INVALID, "private" },
        { ",\"dp\":\"AAAA\"", API_INVALID, "private" },
        { ",\"dq\":\"AAAA\"", API_INVALID, "private" },
        { ",\"qi\":\"AAAA\"", API_INVALID, "private" },
        { ",\"oth\":[]", API_INVALID, "private" },
        { ",\"k\":\"AAAA\"", API_INVALID, "secret" },
        { ",\"n\":\"AAAA\"", API_DUPLICATE, "duplicate" },
        { ",\"\\u006b\\u0074y\":\"oct\"", API_DUPLICATE, "duplicate" },
    };

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        if (v[i].says) {
            refused(sign_jwk(&rsa, v[i].more), v[i].rc, v[i].says, v[i].more);
        } else {
            taken(sign_jwk(&rsa, v[i].more), 1,
                strstr(v[i].more, "RS256")   ? API_JWS_BIT(API_JWS_RS256)
                : strstr(v[i].more, "PS512") ? API_JWS_BIT(API_JWS_PS512)
                                             : RSA_ALGS,
                v[i].more);
        }
    }

    refused("{\"kty\":\"XYZ\"}", API_UNSUPPORTED, "kty is not", "kty XYZ");
    refused("{\"kty\":\"rsa\"}", API_UNSUPPORTED, "kty is not", "kty rsa");
    refused("{\"kty\":1}", API_INVALID, "kty is missing", "kty 1");
    refused(sign_jwk(&rsa, sign_text(",\"kid\":\"%0257d\"", 1)), API_INVALID,
        "kid of 257", "a kid of 257 bytes");
    taken(sign_jwk(&rsa, sign_text(",\"kid\":\"%0256d\"", 1)), 1, RSA_ALGS,
        "a kid of 256 bytes");
}


static void
test_sets(void)
{
    const char *a = ",\"kid\":\"a\"", *b = ",\"kid\":\"b\"";

    refused(set(sign_jwk(&rsa, a), sign_jwk(&p256, a)), API_DUPLICATE,
        "key 2 (kid \"a\"): another key", "two keys of one kid");
    refused(set(sign_jwk(&rsa, a), sign_jwk(&p256, ",\"kid\":\"\\u0061\"")),
        API_DUPLICATE, "another key", "... spelt in two ways");
    taken(set(sign_jwk(&rsa, a), sign_jwk(&p256, b)), 2, RSA_ALGS, "two kids");
    taken(set(sign_jwk(&rsa, ""), sign_jwk(&p256, "")), 2, RSA_ALGS,
        "two keys without kid");

    refused(set(sign_jwk(&rsa, a), oct_of(64, b)), API_INVALID,
        "key 2 (kid \"b\"): an HMAC secret", "a secret behind a public key");
    refused(set(oct_of(64, b), sign_jwk(&rsa, a)), API_INVALID,
        "an HMAC secret", "a public key behind a secret");
    taken(set(oct_of(64, a), oct_of(64, b)), 2, HS_ALGS, "two secrets");

    refused(set(sign_jwk(&rsa, a), "{\"kty\":\"XYZ\",\"kid\":\"z\"}"),
        API_UNSUPPORTED, "key 2 (kid \"z\")", "an unknown type in a set");
    refused(set("{\"kty\":\"XYZ\",\"kid\":\"\\u001b[31m\"}", ""),
        API_UNSUPPORTED, "key 1: kty", "a kid that is not printable");
}


static void
test_lenient(void)
{
    int         rc;
    api_err_t   err;
    api_jwks_t *jwks;

    rc = parse(&jwks,
        sign_text("{\"keys\":[%s,1,{\"kty\":\"XYZ\"},%s,%s,%s,%s]}",
            oct_of(64, ""), rsa_of(ROCA, "AQAB"),
            sign_jwk(&rsa, ",\"kid\":\"a\""),
            sign_jwk(&p256, ",\"kid\":\"a\""),
            sign_jwk(&rsa, ",\"use\":\"enc\"")),
        &jwk_lenient, &err);

    ut_int(rc, API_OK, "lenient: one good key among six bad ones");
    ut_int(api_jwks_count(jwks), 1, "... is taken");
    ut_int(api_jwks_skipped(jwks), 6, "... the others are counted");
    ut_ok(strstr(err.text, "key 7: use is not") != NULL,
        "... and the last of them told about");
    ut_int(api_jwk_type(api_jwks_key(jwks, 0)), API_JWK_RSA, "... it is it");
    ut_span(api_jwk_kid(api_jwks_key(jwks, 0)), API_SPAN("a"), "... by name");
    ut_ok(api_jwks_key(jwks, 1) == NULL, "... and there is no second");
    api_jwks_free(jwks);

    ut_int(parse(&jwks, oct_of(64, ""), &jwk_lenient, &err), API_INVALID,
        "lenient: a secret");
    ut_ok(strstr(err.text, "key 1: a secret in a set fetched") != NULL,
        "... says why");
    ut_int(parse(&jwks, "{\"keys\":[]}", &jwk_lenient, &err), API_INVALID,
        "lenient: no key");
    ut_int(parse(&jwks, "{\"keys\":[{\"kty\":\"X\"}]}", &jwk_lenient, &err),
        API_INVALID, "lenient: an unknown type alone");
    ut_int(err.code, API_INVALID, "... its code is the one returned");
    ut_int(parse(&jwks, "{\"keys\":[{},{}]}", &jwk_lenient, &err), API_INVALID,
        "lenient: no usable key");
    ut_int(parse(&jwks, "{\"keys\":[", &jwk_lenient, &err), API_SYNTAX,
        "lenient: syntax is not forgiven");
}


/* Fail every allocation once; nothing leaks, nothing is half done. */

static void
test_oom(const api_jwks_opts_t *opts, const char *json, const char *name)
{
    int         rc;
    size_t      n, wrong = 0;
    api_err_t   err;
    ut_alloc_t  u;
    api_jwks_t *jwks;

    for (n = 1; n < 1000; n++) {
        ut_arm(&u, n);
        rc = api_jwks_parse(&jwks, sign_span(json), opts, &u.alloc, &err);
        api_jwks_free(jwks);
        wrong += u.live != 0;

        if (u.calls < n) {
            break;
        }

        wrong += rc != API_NOMEM || jwks != NULL;
    }

    ut_int(rc, API_OK, "%s: parsed at last", name);
    ut_ok(n > 4 && n < 1000, "... after %zu allocations", n);
    ut_int(wrong, 0, "... each of which could fail");
}


static void
test_prefixes(void)
{
    size_t      n, wrong = 0;
    api_err_t   err;
    api_jwks_t *jwks;
    api_span_t  json = sign_span(set(sign_jwk(&p256, ",\"kid\":\"1\""),
         sign_jwk(&ed, ",\"alg\":\"EdDSA\"")));

    for (n = 0; n < json.len; n++) {
        wrong += api_jwks_parse(&jwks, ut_guard(api_span(json.data, n)),
                     &jwk_lenient, &api_alloc_libc, &err)
                 == API_OK;
        ut_guard_reset();
    }

    ut_int(wrong, 0, "no prefix of a set is a set");
}


int
main(void)
{
    rsa = sign_new("RSA");
    p256 = sign_new("P-256");
    ed = sign_new("ED25519");

    test_documents();
    test_limits();
    test_members();
    test_sets();
    test_lenient();
    test_oom(&jwk_strict,
        set(sign_jwk(&rsa, ",\"kid\":\"\\u0061\",\"use\":\"sig\""),
            sign_jwk(&p256, ",\"kid\":\"b\"")),
        "a set");
    test_oom(&jwk_lenient,
        sign_text("{\"keys\":[%s,{},{},%s,%s,%s,%s]}", sign_jwk(&ed, ""),
            sign_jwk(&ed, ""), sign_jwk(&ed, ""), sign_jwk(&ed, ""),
            sign_jwk(&ed, "")),
        "a lenient set");
    test_oom(&jwk_strict, oct_of(64, ""), "a secret");
    test_prefixes();
    sign_reset();

    return ut_done();
}
