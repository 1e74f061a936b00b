#include "api_baseline.h"

#include <math.h>


#define API_BASELINE_CLIP 3.0
#define API_BASELINE_LEAST 0.05 /* deviation, as a part of the mean */

const api_baseline_rules_t api_baseline_default = { 0.1F, 4.0F, 10.0F, 3.0F,
    1.0F, 60, 2, 5 };


static double
api_baseline_deviation(
    const api_baseline_t *b, const api_baseline_rules_t *rules)
{
    double least, var;

    var = (double) b->var;
    least = (double) b->mean * API_BASELINE_LEAST;
    least *= least;

    if (rules->noise > 0 && (double) b->mean > least) {
        least = (double) b->mean * (double) rules->noise;
    }

    return sqrt(var > least ? var : least) + 1e-6;
}


/* The first buckets weigh as in a plain mean. */

static void
api_baseline_learn(
    api_baseline_t *b, const api_baseline_rules_t *rules, double value)
{
    double alpha, delta;

    alpha = 1.0 / (1.0 + (double) b->seen);
    alpha = alpha > (double) rules->alpha ? alpha : (double) rules->alpha;

    delta = value - (double) b->mean;

    b->mean = (float) ((double) b->mean + alpha * delta);
    b->var = (float) ((1 - alpha) * ((double) b->var + alpha * delta * delta));

    if (b->seen < rules->warmup) {
        b->seen++;
    }
}


static api_baseline_change_t
api_baseline_judge(
    api_baseline_t *b, const api_baseline_rules_t *rules, bool over)
{
    if (over) {
        b->low = 0;

        if (b->high < UINT8_MAX) {
            b->high++;
        }

        if (b->unusual) {
            return API_BASELINE_STILL;
        }

        if (b->high < rules->consecutive) {
            return API_BASELINE_NONE;
        }

        b->unusual = 1;

        return API_BASELINE_RAISED;
    }

    b->high = 0;

    if (!b->unusual) {
        return API_BASELINE_NONE;
    }

    if (++b->low < rules->calm) {
        return API_BASELINE_STILL;
    }

    b->unusual = 0;
    b->low = 0;

    return API_BASELINE_RESOLVED;
}


api_baseline_change_t
api_baseline_next(
    api_baseline_t *b, const api_baseline_rules_t *rules, double value)
{
    bool   warm, high;
    double deviation, most;

    if (!isfinite(value) || value < 0) {
        value = 0;
    }

    deviation = api_baseline_deviation(b, rules);
    warm = b->seen >= rules->warmup;

    high = value >= (double) rules->floor
           && value >= (double) rules->factor * (double) b->mean;

    b->z = warm ? (float) ((value - (double) b->mean) / deviation) : 0;

    most = (double) b->mean + API_BASELINE_CLIP * deviation;
    api_baseline_learn(b, rules, warm && value > most ? most : value);

    return api_baseline_judge(b, rules, high && b->z > rules->threshold);
}
