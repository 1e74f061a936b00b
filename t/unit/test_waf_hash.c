/* The hash of values that are remembered: AES as OpenSSL has it, in the chain
   that the header tells of; SipHash where there is none; no two inputs alike. */

#include "api_waf_hash.h"
#include "ut.h"

#include <openssl/evp.h>


#define LEN_MOST 300
#define SHORT_MOST 40

static const api_sipkey_t key = { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u };


/* Bytes n of what is hashed, over and over. */

static void
fill(uint8_t *p, size_t n, unsigned seed)
{
    size_t i;

    for (i = 0; i < n; i++) {
        p[i] = (uint8_t) (i * 7 + i / 16 + seed);
    }
}


/* The blocks of a value as api_waf_hash.h and .c tell, written another way. */

static size_t
blocks_of(const uint8_t *p, size_t len, uint32_t who, uint8_t (*block)[16])
{
    size_t  n, at;
    uint8_t first[12] = { 0 };

    if (len >= 12) {
        memcpy(first, p, 12);

    } else if (len >= 8) {
        memcpy(first, p, 8);
        memcpy(first + 8, p + len - 4, 4);

    } else if (len >= 4) {
        memcpy(first, p, 4);
        memcpy(first + 4, p + len - 4, 4);

    } else if (len > 0) {
        first[0] = p[0];
        first[1] = p[len / 2];
        first[2] = p[len - 1];
    }

    memcpy(block[0], first, 8);
    block[0][8] = (uint8_t) len;
    block[0][9] = (uint8_t) (len >> 8);
    block[0][10] = (uint8_t) who;
    block[0][11] = (uint8_t) (who >> 8);
    memcpy(block[0] + 12, first + 8, 4);

    for (n = 1, at = 12; at < len; n++, at += 16) {
        memset(block[n], 0, 16);

        if (len < 16) {
            memcpy(block[n], p + len - 8, 8);

        } else {
            memcpy(block[n], len - at > 16 ? p + at : p + len - 16, 16);
        }
    }

    return n;
}


static bool
openssl_says(const uint8_t *p, size_t len, uint32_t who, api_sip128_t *out)
{
    int             n;
    bool            ok;
    size_t          i, k, blocks;
    uint8_t         x[16], y[16], block[LEN_MOST / 16 + 2][16];
    EVP_CIPHER_CTX *ctx;

    ctx = EVP_CIPHER_CTX_new();
    ok = ctx != NULL
         && EVP_EncryptInit_ex(
                ctx, EVP_aes_128_ecb(), NULL, (const uint8_t *) &key, NULL)
                == 1;
    blocks = blocks_of(p, len, who, block);
    memset(x, 0, sizeof(x));

    for (i = 0; ok && i < blocks; i++) {
        for (k = 0; k < 16; k++) {
            y[k] = x[k] ^ block[i][k];
        }

        ok = EVP_EncryptUpdate(ctx, x, &n, y, 16) == 1 && n == 16;
    }

    EVP_CIPHER_CTX_free(ctx);
    memcpy(out, x, sizeof(x));

    return ok;
}


static void
test_aes(const api_waf_hash_t *h)
{
    size_t       n;
    uint8_t      bytes[LEN_MOST];
    unsigned     bad;
    api_sip128_t got, want;

    bad = 0;

    for (n = 0; n <= LEN_MOST; n++) {
        fill(bytes, n, (unsigned) n);
        got = api_waf_hash(h, ut_guard(api_span(bytes, n)), 77 * (uint32_t) n);
        bad += !openssl_says(bytes, n, 77 * (uint32_t) n, &want)
               || got.lo != want.lo || got.hi != want.hi;
        got = api_waf_hash(
            h, ut_guard_front(api_span(bytes, n)), 77 * (uint32_t) n);
        bad += got.lo != want.lo || got.hi != want.hi;
        ut_guard_reset();
    }

    ut_int(bad, 0, "of each length what OpenSSL says, and no byte beside it");
}


static void
test_siphash(const api_waf_hash_t *h)
{
    size_t       n;
    uint8_t      bytes[LEN_MOST];
    unsigned     bad;
    api_sip128_t got, want;

    bad = 0;
    fill(bytes, sizeof(bytes), 1);

    for (n = 0; n <= LEN_MOST; n++) {
        got = api_waf_hash(h, api_span(bytes, n), 5);
        want = api_siphash24_128(key, api_span(bytes, n));
        bad += got.lo != want.lo || got.hi != (want.hi ^ 5);
    }

    ut_int(bad, 0, "without AES it is SipHash, and who looks");
}


/* A bit of any byte, the length and who looks: each makes another hash. */

static void
test_apart(const api_waf_hash_t *h, const char *how)
{
    size_t       n, i, k, seen;
    uint8_t      bytes[SHORT_MOST];
    unsigned     bad;
    api_sip128_t all[SHORT_MOST * SHORT_MOST + 3 * SHORT_MOST];

    for (n = 0, seen = 0; n < SHORT_MOST; n++) {
        memset(bytes, 0, sizeof(bytes));
        all[seen++] = api_waf_hash(h, api_span(bytes, n), 0);
        all[seen++] = api_waf_hash(h, api_span(bytes, n), 1);
        all[seen++] = api_waf_hash(h, api_span(bytes, n), 0x8000);

        for (i = 0; i < n; i++) {
            bytes[i] = 1;
            all[seen++] = api_waf_hash(h, api_span(bytes, n), 0);
            bytes[i] = 0;
        }
    }

    for (i = 0, bad = 0; i < seen; i++) {
        for (k = 0; k < i; k++) {
            bad += all[i].lo == all[k].lo && all[i].hi == all[k].hi;
        }
    }

    ut_int(bad, 0, "%s: of %zu inputs no two are alike", how, seen);
}


int
main(void)
{
    api_waf_hash_t h, other;

    api_waf_hash_init(&h, key);

    if (h.aes) {
        test_aes(&h);
        test_apart(&h, "AES");
        api_waf_hash_init(&other, (api_sipkey_t){ key.k0, key.k1 ^ 1 });
        ut_ok(api_waf_hash(&h, API_SPAN("a"), 0).lo
                  != api_waf_hash(&other, API_SPAN("a"), 0).lo,
            "another key, another hash");
    }

    h.aes = false;
    test_siphash(&h);
    test_apart(&h, "SipHash");

    return ut_done();
}
