/*
 * Input: '0' and a proof, or '1' and a payload, which is then signed with a
 * key that does not change, under a header with it.  What passes is held
 * against a second look at the same proof.
 */

#include "api_base64.h"
#include "api_dpop.h"
#include "fuzz.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#define NOW 1700000000


/* RFC 8037 A.1 */

static const uint8_t private[32] = { 0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a,
    0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5,
    0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f,
    0x60 };

static const char header[] =
    "{\"typ\":\"dpop+jwt\",\"alg\":\"EdDSA\",\"jwk\":{\"kty\":\"OKP\","
    "\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""
    "}}";

static const api_dpop_policy_t policy = { API_DPOP_ALGS, 60, 5 };


/* The token is "token". */

static api_dpop_request_t
the_request(void)
{
    return (api_dpop_request_t){
        .method = API_SPAN("GET"),
        .uri = { API_SPAN("https"), API_SPAN("a.b"), API_SPAN("/v1") },
        .token = API_SPAN("token"),
        .jkt = API_SPAN("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
    };
}


static char *
sign(api_span_t payload, size_t *len)
{
    char       *text = malloc(2 * (sizeof(header) + payload.len) + 200);
    size_t      n, sig_len = 64;
    uint8_t     sig[64];
    EVP_PKEY   *key;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    key = EVP_PKEY_new_raw_private_key(
        EVP_PKEY_ED25519, NULL, private, sizeof(private));
    MUST(text && key && ctx);

    n = api_base64url_encode(api_span(header, sizeof(header) - 1), text);
    text[n++] = '.';
    n += api_base64url_encode(payload, text + n);

    MUST(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1);
    MUST(EVP_DigestSign(ctx, sig, &sig_len, (uint8_t *) text, n) == 1);

    text[n++] = '.';
    n += api_base64url_encode(api_span(sig, sig_len), text + n);
    *len = n;

    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);

    return text;
}


static bool
has(const api_json_t *doc, const char *name, const char *value)
{
    uint32_t tok = api_json_get(doc, 0, api_span(name, strlen(name)));

    return tok != API_JSON_NONE
           && api_json_string_eq(doc, tok, api_span(value, strlen(value)));
}


static void
check_parsed(const api_dpop_t *dpop, api_span_t proof)
{
    MUST(proof.len <= API_DPOP_MAX_PROOF);
    MUST(dpop->jws.input.data == proof.data);
    MUST(dpop->jti.len > 0 && dpop->jti.len <= API_DPOP_MAX_JTI);
    MUST(dpop->htm.data && dpop->htu.data);
    MUST(dpop->header.tok[dpop->jwk].type == API_JSON_OBJECT);
    MUST(api_json_get(&dpop->header, 0, API_SPAN("crit")) == API_JSON_NONE);
}


static void
check_accepted(const api_dpop_t *dpop)
{
    MUST(dpop->alg == API_JWS_EDDSA);
    MUST(has(&dpop->claims, "htm", "GET"));
    MUST(has(
        &dpop->claims, "ath", "PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A"));
    MUST(dpop->iat >= NOW - 65 && dpop->iat <= NOW + 5);
    MUST(dpop->htu.len >= 8 && memchr(dpop->htu.data, ':', dpop->htu.len));
}


static void
look(api_span_t proof)
{
    int                     code;
    size_t                  i;
    api_err_t               err = { 0, 0, "" };
    api_dpop_t              dpop;
    api_arena_t             arena;
    api_dpop_request_t      request = the_request();
    const api_sipkey_t      seed = { 1, 2 };
    static api_dpop_keys_t *keys;

    MUST(keys || api_dpop_keys_create(&keys, seed, &api_alloc_libc) == API_OK);
    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    code = api_dpop_parse(&dpop, proof, seed, &arena, &err);

    if (code == API_DPOP_OK) {
        check_parsed(&dpop, proof);
        code =
            api_dpop_check(&dpop, keys, &policy, &request, NOW, &arena, &err);

        MUST(code != API_DPOP_OK
             || api_json_get(&dpop.header, dpop.jwk, API_SPAN("kty"))
                    != API_JSON_NONE);

        /* whoever gets here without the key has made any key at all */

        if (code != API_DPOP_OK) {
            (void) api_dpop_verify(&dpop, keys, NULL);
        }
    }

    if (code == API_DPOP_OK) {
        code = api_dpop_verify(&dpop, keys, &err);
    }

    if (code == API_DPOP_OK) {
        check_accepted(&dpop);

    } else {
        MUST(code > 0 && code < API_DPOP_NCODES && err.code == code);
        MUST(code != API_DPOP_NOMEM && code != API_DPOP_INTERNAL);
        MUST(err.text[0] != '\0');

        for (i = 0; err.text[i]; i++) {
            MUST(err.text[i] >= 0x20 && err.text[i] < 0x7f);
        }
    }

    MUST(ERR_peek_error() == 0);
    api_arena_free(&arena);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char  *proof;
    size_t len;

    if (size == 0) {
        return 0;
    }

    if (data[0] == '0') {
        look(api_span(data + 1, size - 1));

    } else if (data[0] == '1') {
        proof = sign(api_span(data + 1, size - 1), &len);
        look(api_span(proof, len));
        free(proof);
    }

    return 0;
}
