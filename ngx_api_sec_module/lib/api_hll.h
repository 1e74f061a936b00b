/*
 * HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007) of 64 registers: how
 * many different things were there, in 64 bytes, within some 13 % (1.04 /
 * sqrt(64), one standard deviation); exact to about one below ten.
 *
 * Registers are bytes that only grow, so several processes may add at once: at
 * worst a register is written back to what another has raised it from, which
 * the next of the same things mends.
 */

#ifndef API_HLL_H
#define API_HLL_H

#include "api_base.h"


#define API_HLL_REGISTERS 64

typedef struct {
    uint8_t reg[API_HLL_REGISTERS];
} api_hll_t;

/* hash: 64 bits that a stranger can neither choose nor guess. */

void api_hll_add(api_hll_t *h, uint64_t hash);

void     api_hll_merge(api_hll_t *h, const api_hll_t *other);
uint32_t api_hll_count(const api_hll_t *h);


#endif /* API_HLL_H */
