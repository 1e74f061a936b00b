/*
 * A set of bytes, 256 bits.  Plain values: nothing is owned, nothing fails.
 */

#ifndef API_BYTESET_H
#define API_BYTESET_H

#include "api_base.h"


typedef struct {
    uint64_t w[4];
} api_byteset_t;

static inline bool
api_byteset_has(const api_byteset_t *s, unsigned c)
{
    return s->w[c >> 6] >> (c & 63) & 1;
}

static inline void
api_byteset_add(api_byteset_t *s, unsigned c)
{
    s->w[c >> 6] |= UINT64_C(1) << (c & 63);
}

static inline void
api_byteset_remove(api_byteset_t *s, unsigned c)
{
    s->w[c >> 6] &= ~(UINT64_C(1) << (c & 63));
}

/* from .. to, both within; nothing when from is above to. */

static inline void
api_byteset_range(api_byteset_t *s, unsigned from, unsigned to)
{
    unsigned c;

    for (c = from; c <= to && c < 256; c++) {
        api_byteset_add(s, c);
    }
}

static inline void
api_byteset_join(api_byteset_t *s, const api_byteset_t *other)
{
    int i;

    for (i = 0; i < 4; i++) {
        s->w[i] |= other->w[i];
    }
}

static inline void
api_byteset_invert(api_byteset_t *s)
{
    int i;

    for (i = 0; i < 4; i++) {
        s->w[i] = ~s->w[i];
    }
}

static inline unsigned
api_byteset_count(const api_byteset_t *s)
{
    unsigned c, n;

    for (c = 0, n = 0; c < 256; c++) {
        n += api_byteset_has(s, c);
    }

    return n;
}

/* Both cases of each ASCII letter in it. */

static inline void
api_byteset_caseless(api_byteset_t *s)
{
    unsigned c;

    for (c = 'a'; c <= 'z'; c++) {
        if (api_byteset_has(s, c) || api_byteset_has(s, c - 32)) {
            api_byteset_add(s, c);
            api_byteset_add(s, c - 32);
        }
    }
}


#endif /* API_BYTESET_H */
