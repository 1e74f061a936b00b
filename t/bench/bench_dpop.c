/*
 * What a DPoP proof costs beside the bare public-key operation of OpenSSL on a
 * digest that is already there: parse, check, verify and the table of proofs
 * that were used; the same key as the request before, and a key that is new.
 * And an API key beside the bare HMAC.  Same process, interleaved rounds.
 *
 *     bench_dpop      a table of medians of process CPU time; status 1 when
 *                     over a budget
 */

#define _POSIX_C_SOURCE 200809L

#include "api_dpop.h"
#include "api_keystore.h"
#include "api_replay.h"
#include "sign.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <zlib.h>


#define ROUNDS 41
#define ROUND_NS 4e6
#define NOW 1700000000
#define MORE_US 5 /* budget: more than the bare operation */

typedef struct {
    api_jws_alg_t      alg;
    sign_key_t         key;
    api_span_t         proof;
    api_dpop_request_t request;
    api_dpop_keys_t   *keys;
    api_replay_t      *table;
    uint64_t           n;
    api_arena_t        arena;
    api_err_t          err;

    EVP_PKEY_CTX *verify;
    EVP_MD_CTX   *md;
    api_span_t    input;
    uint8_t       hash[32];
    uint8_t       sig[SIGN_MAX];
    size_t        sig_len;

    api_keystore_t *store;
    char            api_key[64];
    EVP_MAC_CTX    *mac;
} bench_t;

typedef bool (*bench_pt)(bench_t *b);

static const api_sipkey_t seed = { 1, 2 };
static const char         token[] = "eyJ0eXAiOiJhdCtqd3QifQ.e30.c2lnbmF0dXJl";
static const char         pepper[] =
    "0123456789abcdef0123456789abcdef0123456789abcdef";


static double
now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);

    return (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
}


static int
bench_use(bench_t *b, const api_dpop_t *dpop)
{
    int64_t          now = NOW + (int64_t) b->n / 1000;
    api_replay_use_t use = {
        .owner = api_span(dpop->jkt, sizeof(dpop->jkt)),
        .id = api_span(&b->n, sizeof(b->n)),
        .realm = API_SPAN("corp"),
        .principal = api_span(&b->n, sizeof(b->n)),
        .made = now,
        .until = now + 60,
    };

    return api_replay_use(b->table, &use, 70, now);
}


/* A jti of the table's own: the proof stays the same. */

static bool
ours_with(bench_t *b, api_dpop_keys_t *keys)
{
    bool                           ok;
    api_dpop_t                     dpop;
    api_arena_mark_t               mark = api_arena_mark(&b->arena);
    static const api_dpop_policy_t policy = { API_DPOP_ALGS, 60, 5 };

    b->n++;

    ok = api_dpop_parse(&dpop, b->proof, seed, &b->arena, &b->err)
             == API_DPOP_OK
         && api_dpop_check(
                &dpop, keys, &policy, &b->request, NOW, &b->arena, &b->err)
                == API_DPOP_OK
         && api_dpop_verify(&dpop, keys, &b->err) == API_DPOP_OK
         && bench_use(b, &dpop) == API_OK;

    api_arena_rewind(&b->arena, mark);

    return ok;
}


static bool
known_key(bench_t *b)
{
    return ours_with(b, b->keys);
}


static bool
new_key(bench_t *b)
{
    bool             ok;
    api_dpop_keys_t *keys;

    ok = api_dpop_keys_create(&keys, seed, &api_alloc_libc) == API_OK
         && ours_with(b, keys);
    api_dpop_keys_free(keys);

    return ok;
}


static bool
bare(bench_t *b)
{
    if (b->verify) {
        return EVP_PKEY_verify(
                   b->verify, b->sig, b->sig_len, b->hash, sizeof(b->hash))
               == 1;
    }

    /* again with the key it has */

    return EVP_DigestVerifyInit(b->md, NULL, NULL, NULL, NULL) == 1
           && EVP_DigestVerify(
                  b->md, b->sig, b->sig_len, b->input.data, b->input.len)
                  == 1;
}


static void
prepare_bare(bench_t *b, api_span_t sig)
{
    uint8_t   *der = b->sig;
    ECDSA_SIG *ec;

    memcpy(b->sig, sig.data, sig.len);
    b->sig_len = sig.len;
    b->md = EVP_MD_CTX_new();

    if (b->alg == API_JWS_EDDSA) {
        EVP_DigestVerifyInit(b->md, NULL, NULL, NULL, b->key.pkey);
        return;
    }

    api_jws_sha256(b->input, b->hash);
    b->verify = EVP_PKEY_CTX_new(b->key.pkey, NULL);
    EVP_PKEY_verify_init(b->verify);
    EVP_PKEY_CTX_set_signature_md(b->verify, EVP_sha256());

    if (b->alg == API_JWS_ES256) {
        ec = ECDSA_SIG_new();
        ECDSA_SIG_set0(ec, BN_bin2bn(sig.data, 32, NULL),
            BN_bin2bn(sig.data + 32, 32, NULL));
        b->sig_len = (size_t) i2d_ECDSA_SIG(ec, &der);
        ECDSA_SIG_free(ec);
    }
}


static const char *
digest_text(api_span_t s)
{
    uint8_t digest[API_JWS_SHA256_LEN];

    api_jws_sha256(s, digest);

    return sign_b64(api_span(digest, sizeof(digest)));
}


static const char *
jkt_of(bench_t *b, const char *jwk)
{
    uint8_t    digest[API_JWS_SHA256_LEN];
    api_json_t doc;

    if (api_json_parse(&doc, sign_span(jwk), NULL, 0, seed, &b->arena, &b->err)
            != API_OK
        || api_jwk_thumbprint(&doc, 0, &b->arena, digest) != API_OK)
    {
        exit(2);
    }

    return sign_b64(api_span(digest, sizeof(digest)));
}


static void
prepare(bench_t *b, api_jws_alg_t alg)
{
    const char *jwk, *proof;

    memset(b, 0, sizeof(*b));
    b->alg = alg;
    b->key = sign_new_for(alg);

    api_arena_init(&b->arena, &api_alloc_libc, 16384, 0);
    api_arena_alloc(&b->arena, 1);

    jwk = sign_jwk(&b->key, "");
    proof = sign_token(&b->key, alg,
        sign_text("{\"typ\":\"dpop+jwt\",\"alg\":\"%s\",\"jwk\":%s}",
            api_jws_alg_name(alg), jwk),
        sign_text("{\"jti\":\"3b1cf7f2-2c8e-4a57-8a52-6d6b7f0a9f11\","
                  "\"htm\":\"GET\",\"htu\":\"https://api.example.com/v1/"
                  "orders/4711\",\"iat\":%d,\"ath\":\"%s\"}",
            NOW, digest_text(sign_span(token))));

    b->proof = sign_span(proof);
    b->input = api_span(proof, (size_t) (strrchr(proof, '.') - proof));
    b->request = (api_dpop_request_t){
        .method = API_SPAN("GET"),
        .uri = { API_SPAN("https"), API_SPAN("api.example.com"),
            API_SPAN("/v1/orders/4711?x=1") },
        .token = sign_span(token),
        .jkt = sign_span(jkt_of(b, jwk)),
    };

    b->table = api_replay_init(calloc(1, 1 << 20), 1 << 20, seed, NOW);

    if (api_dpop_keys_create(&b->keys, seed, &api_alloc_libc) != API_OK) {
        exit(2);
    }

    prepare_bare(b, sign_unb64(strrchr(proof, '.') + 1));
}


static bool
check_key(bench_t *b)
{
    const api_keystore_entry_t *entry;

    return api_keystore_check(b->store, api_span(b->api_key, 53), NOW, &entry)
           == API_KEYSTORE_OK;
}


static bool
bare_mac(bench_t *b)
{
    size_t  len;
    uint8_t out[EVP_MAX_MD_SIZE];

    return EVP_MAC_init(b->mac, NULL, 0, NULL) == 1
           && EVP_MAC_update(b->mac, (const uint8_t *) b->api_key, 53) == 1
           && EVP_MAC_final(b->mac, out, &len, sizeof(out)) == 1;
}


static void
prepare_key(bench_t *b)
{
    char                      hash[65], name[] = "SHA2-256", body[64];
    uint8_t                   mac[EVP_MAX_MD_SIZE];
    unsigned                  i, len;
    OSSL_PARAM                params[2] = { OSSL_PARAM_construct_utf8_string(
                                                OSSL_MAC_PARAM_DIGEST, name, 0),
                       OSSL_PARAM_construct_end() };
    const api_keystore_opts_t opts = { 0, 0, { 1, 2 } };

    memset(b, 0, sizeof(*b));

    snprintf(body, sizeof(body), "ak_AAAAAAAA_%032d", 7);
    snprintf(b->api_key, sizeof(b->api_key), "%.44s_%08x", body,
        (unsigned) crc32(0, (const uint8_t *) body, 44));
    HMAC(EVP_sha256(), pepper, sizeof(pepper) - 1,
        (const uint8_t *) b->api_key, 53, mac, &len);

    for (i = 0; i < 32; i++) {
        snprintf(hash + 2 * i, 3, "%02x", mac[i]);
    }

    if (api_keystore_parse(&b->store,
            sign_span(sign_text("{\"keys\":[{\"id\":\"AAAAAAAA\",\"hash\":"
                                "\"hmac-sha256:%s\",\"principal\":\"p\"}]}",
                hash)),
            api_span(pepper, sizeof(pepper) - 1), &opts, &api_alloc_libc,
            &b->err)
        != API_OK)
    {
        exit(2);
    }

    b->mac = EVP_MAC_CTX_new(EVP_MAC_fetch(NULL, "HMAC", NULL));
    EVP_MAC_init(b->mac, (const uint8_t *) pepper, sizeof(pepper) - 1, params);
}


static double
round_of(bench_t *b, bench_pt f, size_t n)
{
    size_t i;
    double start = now_ns();

    for (i = 0; i < n; i++) {
        if (!f(b)) {
            fprintf(stderr, "refused: %s\n", b->err.text);
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

    return v[ROUNDS / 2] / 1e3;
}


/*
 * Rounds of two, which of them begins alternates; us is the median of each, and
 * the lower quartile of what the second takes more than the first beside it:
 * whatever else runs on the machine hits both, and only ever adds.
 */

static void
measure(bench_t *b, const bench_pt f[2], double us[3])
{
    size_t i, k, n, which;
    double t[3][ROUNDS];

    round_of(b, f[1], 50);
    n = (size_t) (ROUND_NS / round_of(b, f[1], 50)) + 1;

    for (i = 0; i < ROUNDS; i++) {
        for (k = 0; k < 2; k++) {
            which = (i + k) % 2;
            t[which][i] = round_of(b, f[which], n);
        }

        t[2][i] = t[1][i] - t[0][i];
    }

    for (k = 0; k < 2; k++) {
        us[k] = median(t[k]);
    }

    median(t[2]);
    us[2] = t[2][ROUNDS / 4] / 1e3; /* sorted now */
}


/* One line of the table; false when over a budget that counts. */

static bool
measure_proof(api_jws_alg_t alg, bool gate)
{
    bool                  ok;
    double                us[3], first[3];
    bench_t               b;
    static const bench_pt f[2] = { bare, known_key };
    static const bench_pt g[2] = { bare, new_key };

    prepare(&b, alg);
    measure(&b, f, us);
    measure(&b, g, first);
    ok = us[2] <= MORE_US;

    printf("%-8s %6zu %9.2f %9.2f %9.2f %9d %9.2f  %s\n",
        api_jws_alg_name(alg), b.proof.len, us[0], us[1], us[2], MORE_US,
        first[1],
        !gate ? "-"
        : ok  ? "pass"
              : "FAIL");

    api_dpop_keys_free(b.keys);
    api_arena_free(&b.arena);
    free(b.table);

    return ok || !gate;
}


static void
measure_key(void)
{
    double                us[3];
    bench_t               b;
    static const bench_pt f[2] = { bare_mac, check_key };

    prepare_key(&b);
    measure(&b, f, us);

    printf(
        "\n%-8s %6d %9.2f %9.2f %9.2f\n", "API key", 53, us[0], us[1], us[2]);

    api_keystore_free(b.store);
}


int
main(void)
{
    bool ok;

    printf("us of CPU per proof, medians of %d interleaved rounds; budget: "
           "bare + 5\n",
        ROUNDS);
    printf("%-8s %6s %9s %9s %9s %9s %9s\n", "alg", "bytes", "bare", "ours",
        "more", "budget", "new key");

    ok = measure_proof(API_JWS_ES256, true);
    ok = measure_proof(API_JWS_RS256, true) && ok;
    ok = measure_proof(API_JWS_EDDSA, false) && ok;
    measure_key();

    sign_reset();

    return ok ? 0 : 1;
}
