/*
 * A gate in front of a scan: does a long text hold any literal that one of a few
 * patterns needs?  For texts of which few patterns want anything, as whole
 * bodies: the automaton of a prefilter reads each byte for the patterns of all.
 *
 * Of each literal the four bytes that should be rarest are looked for (less, of
 * one that has no more), sixteen places at a time: a table for each half of each
 * of the four bytes says in which of eight buckets it stands (Teddy, of
 * Hyperscan).  At places that are left the literal is compared.  Letters of ASCII
 * are alike in either case.
 *
 * The promise is the prefilter's: where one of the patterns matches the text, or
 * the text with any + as a blank, the gate is not closed.
 */

#ifndef API_PREFILTER_GATE_H
#define API_PREFILTER_GATE_H

#include "api_arena.h"
#include "api_prefilter.h"


#define API_PREFILTER_GATE_LEAST 64 /* bytes of a text that it is good for */

typedef struct api_prefilter_gate_s api_prefilter_gate_t;

/*
 * For the patterns of the mask `only`, from the arena.  *gate NULL: there is
 * none, for the machine lacks SSSE3, or a pattern needs no literal of two bytes
 * without a blank, or they need too many.  API_OK or API_NOMEM.
 */

int api_prefilter_gate_create(const api_prefilter_gate_t **gate,
    const api_prefilter_set_t *set, const uint64_t *only, api_arena_t *arena);

/* No pattern can match; the text has API_PREFILTER_GATE_LEAST bytes or more. */

bool
api_prefilter_gate_closed(const api_prefilter_gate_t *gate, api_span_t text);


#endif /* API_PREFILTER_GATE_H */
