/*
 * Answers remembered: texts under a digest, each with an end, in memory of
 * fixed size that several processes share.
 *
 * There is no lock.  A slot carries a keyed sum over all of it; what was
 * written in part, or by two at once, has none that fits and is nobody's.
 * Slots stand in groups of four, chosen by the digest; a full group gives up
 * what has ended, else what ends first.
 */

#ifndef API_ANSWERS_H
#define API_ANSWERS_H

#include "api_base.h"


#define API_ANSWERS_MAX 2000 /* bytes of a text */
#define API_ANSWERS_MIN_SIZE 16384

typedef struct api_answers_s api_answers_t;

typedef struct {
    uint64_t entries; /* slots there are */
    uint64_t hits;
    uint64_t misses;
    uint64_t added;
    uint64_t too_large;
    uint64_t evicted; /* that had not ended */
} api_answers_stats_t;

/* Zeroed memory, aligned to 8; NULL when too small, or not of that layout. */

api_answers_t *api_answers_init(void *mem, size_t size);
api_answers_t *api_answers_at(void *mem, size_t size);

/* Copies the text to buf, of API_ANSWERS_MAX bytes. */

bool api_answers_find(api_answers_t *a, const uint8_t digest[32], int64_t now,
    uint8_t *buf, size_t *len);

/* A text that is too large is counted, and not kept. */

void api_answers_add(api_answers_t *a, const uint8_t digest[32],
    api_span_t text, int64_t until, int64_t now);

void api_answers_stats(const api_answers_t *a, api_answers_stats_t *stats);


#endif /* API_ANSWERS_H */
