/*
 * What it costs to take up a set of 64 keys (half RSA 2048, half P-256): the
 * document parsed, every key checked and made, against making the same keys
 * by EVP alone from numbers that are decoded already.  Medians of interleaved
 * rounds of process CPU time; status 1 when over 1.5 times.
 */

#define _POSIX_C_SOURCE 200809L

#include "api_jwk.h"
#include "sign.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>


#define KEYS 64
#define ROUNDS 31
#define BUDGET 1.5

static OSSL_PARAM *params[KEYS];
static char        document[KEYS * 1024];
static size_t      length;


static double
now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);

    return (double) t.tv_sec * 1e6 + (double) t.tv_nsec / 1e3;
}


static void
fail(const char *what)
{
    fprintf(stderr, "bench_jwks: %s\n", what);
    exit(2);
}


static void
append(const char *text)
{
    size_t len = strlen(text);

    if (length + len >= sizeof(document)) {
        fail("the document is too large");
    }

    memcpy(document + length, text, len);
    length += len;
}


/* The numbers of a key, as EVP_PKEY_fromdata wants them. */

static OSSL_PARAM *
numbers(const EVP_PKEY *key)
{
    OSSL_PARAM *p;

    if (EVP_PKEY_todata(key, EVP_PKEY_PUBLIC_KEY, &p) != 1) {
        fail("EVP_PKEY_todata");
    }

    return p;
}


static void
prepare(void)
{
    int        i;
    sign_key_t key;

    append("{\"keys\":[");

    for (i = 0; i < KEYS; i++) {
        key = sign_new(i % 2 ? "P-256" : "RSA");
        params[i] = numbers(key.pkey);

        append(i ? "," : "");
        append(sign_jwk(&key, sign_text(",\"kid\":\"key-%d\"", i)));
    }

    append("]}");
}


static void
bare(void)
{
    int           i;
    EVP_PKEY     *key;
    EVP_PKEY_CTX *ctx;

    for (i = 0; i < KEYS; i++) {
        key = NULL;
        ctx = EVP_PKEY_CTX_new_from_name(NULL, i % 2 ? "EC" : "RSA", NULL);

        if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1
            || EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params[i])
                   != 1)
        {
            fail("EVP_PKEY_fromdata");
        }

        EVP_PKEY_CTX_free(ctx);
        EVP_PKEY_free(key);
    }
}


static void
ours(void)
{
    api_err_t             err;
    api_jwks_t           *set;
    const api_jwks_opts_t opts = { .lenient = 1, .seed = { 1, 2 } };

    if (api_jwks_parse(
            &set, api_span(document, length), &opts, &api_alloc_libc, &err)
            != API_OK
        || api_jwks_count(set) != KEYS)
    {
        fail("the set is not taken");
    }

    api_jwks_free(set);
}


static int
by_value(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}


static double
timed(void (*what)(void))
{
    double begin = now_us();

    what();

    return now_us() - begin;
}


int
main(void)
{
    int    i;
    double t[2][ROUNDS], ratio;

    prepare();
    bare();
    ours();

    for (i = 0; i < ROUNDS; i++) {
        t[0][i] = timed(bare);
        t[1][i] = timed(ours);
    }

    qsort(t[0], ROUNDS, sizeof(double), by_value);
    qsort(t[1], ROUNDS, sizeof(double), by_value);
    ratio = t[1][ROUNDS / 2] / t[0][ROUNDS / 2];

    printf(
        "64 keys, EVP alone %.0f us, ours %.0f us, ratio %.3f  <= %.1f %s\n",
        t[0][ROUNDS / 2], t[1][ROUNDS / 2], ratio, BUDGET,
        ratio <= BUDGET ? "met" : "MISSED");

    for (i = 0; i < KEYS; i++) {
        OSSL_PARAM_free(params[i]);
    }

    sign_reset();

    return ratio <= BUDGET ? 0 : 1;
}
