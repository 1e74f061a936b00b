/*
 * What is usual, and what is not: a signal in buckets of one length (a
 * minute), its mean and variance as exponentially weighted moving averages.
 *
 *     z = (value - mean) / deviation
 *
 * A signal is unusual when z is over `threshold` in `consecutive` buckets one
 * after the other, and the value is no less than the floor and than `factor`
 * times the mean: what doubles for a while is still usual.  What it learns
 * from is clipped at three deviations: an attack must not become what is usual.
 * It is calm again after `calm` buckets below.
 *
 * The deviation is never taken for less than the square root of the mean (as
 * many events by chance vary), nor than a twentieth of the mean.
 *
 * State is 24 bytes a signal, without pointers.  Time is the caller's: one call
 * a bucket.
 */

#ifndef API_BASELINE_H
#define API_BASELINE_H

#include "api_base.h"


typedef struct {
    float    mean;
    float    var;
    float    z;    /* of the last bucket */
    uint16_t seen; /* buckets, up to the warm-up */
    uint8_t  high; /* one after the other, over the threshold */
    uint8_t  low;  /* one after the other, below, while unusual */
    uint8_t  unusual;
    uint8_t  spare[3];
} api_baseline_t;

typedef struct {
    float    alpha;       /* weight of a bucket: 0.1 */
    float    threshold;   /* 4 */
    float    floor;       /* of the value: 10 for events */
    float    factor;      /* of the mean: 3 */
    float    noise;       /* 1: counts, whose variance is at least the mean;
                           0: ratios and sizes */
    unsigned warmup;      /* buckets before it says anything: 60 */
    unsigned consecutive; /* 2 */
    unsigned calm;        /* 5 */
} api_baseline_rules_t;

extern const api_baseline_rules_t api_baseline_default;

typedef enum {
    API_BASELINE_NONE = 0,
    API_BASELINE_RAISED, /* unusual from this bucket on */
    API_BASELINE_STILL,
    API_BASELINE_RESOLVED
} api_baseline_change_t;

/* The value of a bucket that is over. */

api_baseline_change_t api_baseline_next(
    api_baseline_t *b, const api_baseline_rules_t *rules, double value);


#endif /* API_BASELINE_H */
