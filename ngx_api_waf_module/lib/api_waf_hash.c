#include "api_waf_hash.h"

#include "api_words.h"


/* API_SCALAR does without. */

#if defined(__x86_64__) && defined(__GNUC__) && !defined(API_SCALAR)

#include <wmmintrin.h>

#define HASH_AES __attribute__((target("aes,sse2")))

#define HASH_FIRST 12 /* bytes of the value in the first block */

/* Of a round key the next one, with what aeskeygenassist says of it. */

static inline HASH_AES __m128i
hash_expand(__m128i key, __m128i assist)
{
    assist = _mm_shuffle_epi32(assist, 0xff);
    key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
    key = _mm_xor_si128(key, _mm_slli_si128(key, 8));

    return _mm_xor_si128(key, assist);
}


#define HASH_KEY(n, rcon)                                                     \
    key = hash_expand(key, _mm_aeskeygenassist_si128(key, rcon));             \
    _mm_storeu_si128((__m128i *) (void *) hash->round[n], key);

static HASH_AES void
hash_keys(api_waf_hash_t *hash, api_sipkey_t k)
{
    __m128i key;

    key = _mm_set_epi64x((int64_t) k.k1, (int64_t) k.k0);
    _mm_storeu_si128((__m128i *) (void *) hash->round[0], key);

    HASH_KEY(1, 0x01)
    HASH_KEY(2, 0x02)
    HASH_KEY(3, 0x04)
    HASH_KEY(4, 0x08)
    HASH_KEY(5, 0x10)
    HASH_KEY(6, 0x20)
    HASH_KEY(7, 0x40)
    HASH_KEY(8, 0x80)
    HASH_KEY(9, 0x1b)
    HASH_KEY(10, 0x36)
}

#undef HASH_KEY


static inline HASH_AES __m128i
hash_load(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *) (const void *) p);
}


/* Written out: compilers keep the loop. */

#define HASH_ROUND(n) x = _mm_aesenc_si128(x, hash_load(hash->round[n]));

static inline HASH_AES __m128i
hash_block(const api_waf_hash_t *hash, __m128i x)
{
    x = _mm_xor_si128(x, hash_load(hash->round[0]));

    HASH_ROUND(1)
    HASH_ROUND(2)
    HASH_ROUND(3)
    HASH_ROUND(4)
    HASH_ROUND(5)
    HASH_ROUND(6)
    HASH_ROUND(7)
    HASH_ROUND(8)
    HASH_ROUND(9)

    return _mm_aesenclast_si128(x, hash_load(hash->round[10]));
}

#undef HASH_ROUND


/* The first block: of the value all bytes, where it has twelve or less, some of
   them twice; the length says how it is to be read. */

static inline HASH_AES __m128i
hash_first(api_span_t s, uint32_t who)
{
    uint32_t       head;
    uint64_t       low, high;
    const uint8_t *p;

    p = s.data;
    head = (uint32_t) s.len | who << 16;
    high = 0;

    if (s.len >= HASH_FIRST) {
        low = api_words_eight(p);
        high = api_words_four(p + 8);

    } else if (s.len >= 8) {
        low = api_words_eight(p);
        high = api_words_four(p + s.len - 4);

    } else if (s.len >= 4) {
        low =
            api_words_four(p) | (uint64_t) api_words_four(p + s.len - 4) << 32;

    } else if (s.len > 0) {
        low = p[0] | (uint64_t) p[s.len / 2] << 8
              | (uint64_t) p[s.len - 1] << 16;

    } else {
        low = 0;
    }

    return _mm_set_epi64x((int64_t) (high << 32 | head), (int64_t) low);
}


/* The last blocks of a long value stand over each other, as do the two of one of
   thirteen to fifteen bytes. */

static HASH_AES api_sip128_t
hash_aes(const api_waf_hash_t *hash, api_span_t s, uint32_t who)
{
    __m128i        x;
    api_sip128_t   out;
    const uint8_t *p, *end;

    x = hash_block(hash, hash_first(s, who));

    if (s.len > HASH_FIRST) {
        end = s.data + s.len;

        if (s.len < 16) {
            x = _mm_xor_si128(
                x, _mm_set_epi64x(0, (int64_t) api_words_eight(end - 8)));

        } else {
            for (p = s.data + HASH_FIRST; end - p > 16; p += 16) {
                x = hash_block(hash, _mm_xor_si128(x, hash_load(p)));
            }

            x = _mm_xor_si128(x, hash_load(end - 16));
        }

        x = hash_block(hash, x);
    }

    _mm_storeu_si128((__m128i *) (void *) &out, x);

    return out;
}


static bool
hash_has_aes(void)
{
    return __builtin_cpu_supports("aes");
}

#else

static void
hash_keys(api_waf_hash_t *hash, api_sipkey_t key)
{
    (void) hash;
    (void) key;
}


static api_sip128_t
hash_aes(const api_waf_hash_t *hash, api_span_t s, uint32_t who)
{
    (void) who;

    return api_siphash24_128(hash->sip, s);
}


static bool
hash_has_aes(void)
{
    return false;
}

#endif


void
api_waf_hash_init(api_waf_hash_t *hash, api_sipkey_t key)
{
    memset(hash, 0, sizeof(*hash));
    hash->sip = key;
    hash->aes = hash_has_aes();

    if (hash->aes) {
        hash_keys(hash, key);
    }
}


api_sip128_t
api_waf_hash(const api_waf_hash_t *hash, api_span_t value, uint32_t who)
{
    api_sip128_t out;

    if (hash->aes) {
        return hash_aes(hash, value, who);
    }

    out = api_siphash24_128(hash->sip, value);
    out.hi ^= who;

    return out;
}
