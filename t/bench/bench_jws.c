/*
 * What our part of verifying a token costs: parse, check and verify of a
 * whole token against the bare public-key operation of OpenSSL on a digest
 * that is already there, same key, same process, interleaved rounds.
 *
 *     bench_jws              a table of medians of process CPU time; status 1
 *                            when RS256 or ES256 is over its budget
 *     bench_jws parse N      parse and check N times, for callgrind
 */

#define _POSIX_C_SOURCE 200809L

#include "api_jwt.h"
#include "sign.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>


#define ROUNDS 41
#define ROUND_NS 4e6
#define NOW 1700000000

/* A token, our way to verify it and the bare one. */

typedef struct {
    api_jws_alg_t alg;
    sign_key_t    key;
    api_span_t    token;

    api_jwks_t   *keys;
    api_arena_t   arena;
    api_err_t     err;
    EVP_PKEY_CTX *verify;
    EVP_MD_CTX   *md;
    EVP_MAC_CTX  *mac;
    api_span_t    input;
    uint8_t       hash[EVP_MAX_MD_SIZE];
    uint8_t       sig[SIGN_MAX];
    size_t        sig_len;
} bench_t;

typedef bool (*bench_pt)(bench_t *b);


static const char claims[] =
    "{\"iss\":\"https://idp.example.com/realms/main\",\"sub\":\"f3b0c2d4-"
    "9a51-4f6e-8d27-0c1b2a394857\",\"aud\":[\"orders\",\"billing\"],\"exp\":"
    "1700003600,\"iat\":1699999990,\"nbf\":1699999990,\"jti\":\"6f1d8c9a-"
    "42e7-4b13-9c58-7ae0d5f1b264\",\"scope\":\"orders:read orders:write "
    "billing:read\",\"client_id\":\"web-frontend\",\"roles\":[\"user\","
    "\"editor\"],\"realm_access\":{\"roles\":[\"offline_access\"]},\"email\""
    ":\"jane.doe@example.com\",\"email_verified\":true}";

static const char *const audience = "orders";


static double
now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);

    return (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
}


static bool
run(bench_t *b, bool verify)
{
    bool                   ok;
    api_jwt_t              jwt;
    api_arena_mark_t       mark = api_arena_mark(&b->arena);
    const api_span_t       aud = sign_span(audience);
    const api_sipkey_t     seed = { 1, 2 };
    const api_jwt_policy_t policy = {
        .issuer = API_SPAN("https://idp.example.com/realms/main"),
        .audience = &aud,
        .naudience = 1,
        .algorithms = ~0u,
        .leeway = 5,
        .max_lifetime = 7200,
    };

    ok = api_jwt_parse(&jwt, b->token, NULL, seed, &b->arena, &b->err)
             == API_JWT_OK
         && api_jwt_check(&jwt, &policy, NOW, &b->err) == API_JWT_OK
         && (!verify || api_jwt_verify(&jwt, b->keys, &b->err) == API_JWT_OK);

    api_arena_rewind(&b->arena, mark);

    return ok;
}


static bool
ours(bench_t *b)
{
    return run(b, true);
}


static bool
parse_only(bench_t *b)
{
    return run(b, false);
}


static bool
bare(bench_t *b)
{
    size_t  len;
    uint8_t out[EVP_MAX_MD_SIZE];

    if (b->verify) {
        return EVP_PKEY_verify(b->verify, b->sig, b->sig_len, b->hash,
                   EVP_MD_CTX_get_size(b->md))
               == 1;
    }

    if (b->mac) {
        return EVP_MAC_init(b->mac, NULL, 0, NULL) == 1
               && EVP_MAC_update(b->mac, b->input.data, b->input.len) == 1
               && EVP_MAC_final(b->mac, out, &len, sizeof(out)) == 1
               && memcmp(out, b->sig, len) == 0;
    }

    /* again with the key it has */

    return EVP_DigestVerifyInit(b->md, NULL, NULL, NULL, NULL) == 1
           && EVP_DigestVerify(
                  b->md, b->sig, b->sig_len, b->input.data, b->input.len)
                  == 1;
}


/* OpenSSL's form of the signature, and a context kept for it. */

static void
prepare_bare(bench_t *b, api_span_t sig)
{
    uint8_t   *der = b->sig;
    ECDSA_SIG *ec;

    memcpy(b->sig, sig.data, sig.len);
    b->sig_len = sig.len;
    b->md = EVP_MD_CTX_new();

    if (b->key.pkey == NULL) {
        char       hash[] = "SHA2-256";
        OSSL_PARAM params[2] = { OSSL_PARAM_construct_utf8_string(
                                     OSSL_MAC_PARAM_DIGEST, hash, 0),
            OSSL_PARAM_construct_end() };

        b->mac = EVP_MAC_CTX_new(EVP_MAC_fetch(NULL, "HMAC", NULL));
        EVP_MAC_init(b->mac, b->key.secret.data, b->key.secret.len, params);
        return;
    }

    if (b->alg == API_JWS_EDDSA) {
        EVP_DigestVerifyInit(b->md, NULL, NULL, NULL, b->key.pkey);
        return;
    }

    EVP_DigestInit_ex(b->md, EVP_sha256(), NULL);
    EVP_DigestUpdate(b->md, b->input.data, b->input.len);
    EVP_DigestFinal_ex(b->md, b->hash, NULL);

    b->verify = EVP_PKEY_CTX_new(b->key.pkey, NULL);
    EVP_PKEY_verify_init(b->verify);
    EVP_PKEY_CTX_set_signature_md(b->verify, EVP_sha256());

    if (b->alg == API_JWS_PS256) {
        EVP_PKEY_CTX_set_rsa_padding(b->verify, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(b->verify, RSA_PSS_SALTLEN_DIGEST);
    }

    if (b->alg == API_JWS_ES256) {
        ec = ECDSA_SIG_new();
        ECDSA_SIG_set0(ec, BN_bin2bn(sig.data, 32, NULL),
            BN_bin2bn(sig.data + 32, 32, NULL));
        b->sig_len = (size_t) i2d_ECDSA_SIG(ec, &der);
        ECDSA_SIG_free(ec);
    }
}


static void
prepare(bench_t *b, api_jws_alg_t alg)
{
    const char           *token;
    const api_jwks_opts_t opts = { 0 };

    memset(b, 0, sizeof(*b));
    b->alg = alg;
    b->key = sign_new_for(alg);

    token = sign_token(&b->key, alg,
        sign_text("{\"alg\":\"%s\",\"typ\":\"at+jwt\",\"kid\":\"2026-01\"}",
            api_jws_alg_name(alg)),
        claims);

    b->token = sign_span(token);
    b->input = api_span(token, (size_t) (strrchr(token, '.') - token));

    if (api_jwks_parse(&b->keys,
            sign_span(sign_jwk(&b->key, ",\"kid\":\"2026-01\"")), &opts,
            &api_alloc_libc, &b->err)
        != API_OK)
    {
        fprintf(stderr, "%s\n", b->err.text);
        exit(2);
    }

    /* one chunk that stays, as a request's pool would */

    api_arena_init(&b->arena, &api_alloc_libc, 16384, 0);
    api_arena_alloc(&b->arena, 1);

    prepare_bare(b, sign_unb64(strrchr(token, '.') + 1));
}


static double
round_of(bench_t *b, bench_pt f, size_t n)
{
    size_t i;
    double start = now_ns();

    for (i = 0; i < n; i++) {
        if (!f(b)) {
            fprintf(stderr, "%s: refused: %s\n", api_jws_alg_name(b->alg),
                b->err.text);
            exit(2);
        }
    }

    return (now_ns() - start) / (double) n;
}


static int
by_value(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}


static double
median(double *v)
{
    qsort(v, ROUNDS, sizeof(double), by_value);

    return v[ROUNDS / 2];
}


/* One line of the table; false when over a budget that counts. */

static bool
measure(api_jws_alg_t alg, bool gate)
{
    bool    ok;
    double  raw, all, parse, budget, t[3][ROUNDS];
    size_t  i, n, m;
    bench_t b;

    prepare(&b, alg);
    round_of(&b, ours, 50);
    n = (size_t) (ROUND_NS / round_of(&b, ours, 50)) + 1;
    m = (size_t) (ROUND_NS / 4 / round_of(&b, parse_only, 50)) + 1;

    for (i = 0; i < ROUNDS; i++) {
        t[0][i] = round_of(&b, bare, n);
        t[1][i] = round_of(&b, ours, n);
        t[2][i] = round_of(&b, parse_only, m);
    }

    raw = median(t[0]) / 1e3;
    all = median(t[1]) / 1e3;
    parse = median(t[2]) / 1e3;
    budget = raw * 1.15 + 3;
    ok = all <= budget;

    printf("%-6s %6zu %9.2f %9.2f %7.3f %9.2f %9.2f  %s\n",
        api_jws_alg_name(alg), b.token.len, raw, all, all / raw, parse, budget,
        !gate ? "-"
        : ok  ? "pass"
              : "FAIL");

    api_arena_free(&b.arena);
    api_jwks_free(b.keys);

    return ok || !gate;
}


int
main(int argc, char **argv)
{
    bool    ok;
    long    i;
    bench_t b;

    if (argc == 3 && strcmp(argv[1], "parse") == 0) {
        prepare(&b, API_JWS_HS256);

        for (i = atol(argv[2]); i > 0; i--) {
            if (!parse_only(&b)) {
                return 2;
            }
        }

        return 0;
    }

    printf("us of CPU per token, medians of %d interleaved rounds; budget: "
           "bare * 1.15 + 3\n",
        ROUNDS);
    printf("%-6s %6s %9s %9s %7s %9s %9s\n", "alg", "bytes", "bare", "ours",
        "ratio", "parse", "budget");

    ok = measure(API_JWS_RS256, true);
    ok = measure(API_JWS_PS256, false) && ok;
    ok = measure(API_JWS_ES256, true) && ok;
    ok = measure(API_JWS_EDDSA, false) && ok;
    ok = measure(API_JWS_HS256, false) && ok;

    sign_reset();

    return ok ? 0 : 1;
}
