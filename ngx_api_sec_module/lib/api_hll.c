#include "api_hll.h"


#define API_HLL_BITS 6
#define API_HLL_MOST 59 /* 64 - 6 + 1 */


void
api_hll_add(api_hll_t *h, uint64_t hash)
{
    uint8_t  rank, old;
    uint64_t rest;
    unsigned i;

    i = (unsigned) (hash >> (64 - API_HLL_BITS));
    rest = hash << API_HLL_BITS;
    rank = rest ? (uint8_t) (__builtin_clzll(rest) + 1) : API_HLL_MOST;

    old = __atomic_load_n(&h->reg[i], __ATOMIC_RELAXED);

    if (rank > old) {
        __atomic_store_n(&h->reg[i], rank, __ATOMIC_RELAXED);
    }
}


void
api_hll_merge(api_hll_t *h, const api_hll_t *other)
{
    unsigned i;

    for (i = 0; i < API_HLL_REGISTERS; i++) {
        if (other->reg[i] > h->reg[i]) {
            h->reg[i] = other->reg[i];
        }
    }
}


/* 64 ln(64 / n), rounded: what n empty registers say of a small set. */

static const uint16_t api_hll_small[API_HLL_REGISTERS + 1] = { 0, 266, 222,
    196, 177, 163, 151, 142, 133, 126, 119, 113, 107, 102, 97, 93, 89, 85, 81,
    78, 74, 71, 68, 65, 63, 60, 58, 55, 53, 51, 48, 46, 44, 42, 40, 39, 37, 35,
    33, 32, 30, 28, 27, 25, 24, 23, 21, 20, 18, 17, 16, 15, 13, 12, 11, 10, 9,
    7, 6, 5, 4, 3, 2, 1, 0 };


uint32_t
api_hll_count(const api_hll_t *h)
{
    double   sum, n;
    unsigned i, zeros, rank;

    for (sum = 0, zeros = 0, i = 0; i < API_HLL_REGISTERS; i++) {
        rank = h->reg[i] > API_HLL_MOST ? API_HLL_MOST : h->reg[i];
        zeros += rank == 0;
        sum += 1.0 / (double) (UINT64_C(1) << rank);
    }

    /* alpha of 64 registers */

    n = 0.709 * API_HLL_REGISTERS * API_HLL_REGISTERS / sum;

    if (zeros && n <= 2.5 * API_HLL_REGISTERS) {
        return api_hll_small[zeros];
    }

    return n < (double) UINT32_MAX ? (uint32_t) (n + 0.5) : UINT32_MAX;
}
