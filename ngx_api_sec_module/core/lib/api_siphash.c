#include "api_siphash.h"


typedef struct {
    uint64_t v0, v1, v2, v3;
} api_sip_t;


#define API_SIP_INLINE __attribute__((always_inline)) static inline


API_SIP_INLINE uint64_t
api_sip_le64(const uint8_t *p, size_t n)
{
    size_t   i;
    uint64_t v;

    v = 0;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint32_t low, high;

    if (n == 8) {
        memcpy(&v, p, 8);
        return v;
    }

    if (n >= 4) { /* the two may overlap */
        memcpy(&low, p, 4);
        memcpy(&high, p + n - 4, 4);
        return low | (uint64_t) high << (8 * (n - 4));
    }
#endif

    for (i = 0; i < n; i++) {
        v |= (uint64_t) p[i] << (8 * i);
    }

    return v;
}


API_SIP_INLINE uint64_t
api_sip_rotl(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}


API_SIP_INLINE void
api_sip_round(api_sip_t *s)
{
    s->v0 += s->v1;
    s->v1 = api_sip_rotl(s->v1, 13) ^ s->v0;
    s->v0 = api_sip_rotl(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = api_sip_rotl(s->v3, 16) ^ s->v2;

    s->v0 += s->v3;
    s->v3 = api_sip_rotl(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = api_sip_rotl(s->v1, 17) ^ s->v2;
    s->v2 = api_sip_rotl(s->v2, 32);
}


/* 1 to 4 of them, written out: compilers keep the loop. */

API_SIP_INLINE void
api_sip_rounds(api_sip_t *s, unsigned n)
{
    api_sip_round(s);

    if (n > 1) {
        api_sip_round(s);
    }

    if (n > 2) {
        api_sip_round(s);
    }

    if (n > 3) {
        api_sip_round(s);
    }
}


/* The state behind all bytes of s. */

API_SIP_INLINE void
api_sip_absorb(api_sip_t *v, api_sipkey_t key, api_span_t s, unsigned c)
{
    size_t         n;
    uint64_t       m;
    const uint8_t *p;

    /* "somepseudorandomlygeneratedbytes" */

    v->v0 = key.k0 ^ 0x736f6d6570736575u;
    v->v1 ^= key.k1 ^ 0x646f72616e646f6du;
    v->v2 = key.k0 ^ 0x6c7967656e657261u;
    v->v3 = key.k1 ^ 0x7465646279746573u;

    p = s.data;

    for (n = s.len; n >= 8; n -= 8, p += 8) {
        m = api_sip_le64(p, 8);
        v->v3 ^= m;
        api_sip_rounds(v, c);
        v->v0 ^= m;
    }

    /* the rest: of a long input, the last 8 bytes without those before it */

    if (n && s.len >= 8) {
        m = api_sip_le64(p + n - 8, 8) >> (64 - 8 * n);

    } else {
        m = api_sip_le64(p, n);
    }

    m |= (uint64_t) s.len << 56;
    v->v3 ^= m;
    api_sip_rounds(v, c);
    v->v0 ^= m;
}


API_SIP_INLINE uint64_t
api_sip_squeeze(api_sip_t *v, unsigned d)
{
    api_sip_rounds(v, d);

    return v->v0 ^ v->v1 ^ v->v2 ^ v->v3;
}


API_SIP_INLINE uint64_t
api_siphash(api_sipkey_t key, api_span_t s, unsigned c, unsigned d)
{
    api_sip_t v;

    v.v1 = 0;
    api_sip_absorb(&v, key, s, c);
    v.v2 ^= 0xff;

    return api_sip_squeeze(&v, d);
}


api_sipkey_t
api_sipkey(const uint8_t bytes[16])
{
    return (
        api_sipkey_t){ api_sip_le64(bytes, 8), api_sip_le64(bytes + 8, 8) };
}


uint64_t
api_siphash24(api_sipkey_t key, api_span_t s)
{
    return api_siphash(key, s, 2, 4);
}


uint64_t
api_siphash13(api_sipkey_t key, api_span_t s)
{
    return api_siphash(key, s, 1, 3);
}


api_sip128_t
api_siphash24_128(api_sipkey_t key, api_span_t s)
{
    api_sip_t    v;
    api_sip128_t h;

    v.v1 = 0xee;
    api_sip_absorb(&v, key, s, 2);
    v.v2 ^= 0xee;
    h.lo = api_sip_squeeze(&v, 4);
    v.v1 ^= 0xdd;
    h.hi = api_sip_squeeze(&v, 4);

    return h;
}
