/*
 * Baselines on days that are simulated: how often they cry for nothing, how
 * soon they see what is there.  The seeds were not used to set the rules.
 */

#include "api_baseline.h"
#include "ut.h"

#include <math.h>
#include <stdio.h>


#define DAY 1440 /* buckets of a minute */


/* Events of a minute: Poisson, by inversion below 500 and else normal. */

static double
poisson(ut_rand_t *r, double mean)
{
    double p, u, sum;
    int    k;

    u = (double) (ut_rand(r) >> 11) / 9007199254740992.0;

    if (mean > 500) {
        double v = (double) (ut_rand(r) >> 11) / 9007199254740992.0;

        return floor(
            mean
            + sqrt(mean) * sqrt(-2 * log(u + 1e-12)) * cos(6.283185307 * v));
    }

    for (k = 0, p = exp(-mean), sum = p; u > sum && k < 5000; k++) {
        p *= mean / (k + 1);
        sum += p;
    }

    return k;
}


/* Twice as much for ten minutes, twice a day, and up and down by 80 % with the
   hour: what is usual. */

static double
usual(double rate, int minute, int burst)
{
    double day;

    day = 1 + 0.8 * sin(6.283185307 * minute / DAY);

    return rate * day
           * (minute % 720 >= burst && minute % 720 < burst + 10 ? 2 : 1);
}


static void
test_false_alerts(void)
{
    int            minute, days, i;
    double         rate, all;
    unsigned       alerts, k;
    ut_rand_t      r;
    api_baseline_t b;

    static const double rates[] = { 2, 20, 200, 2000 };

    for (all = 0, k = 0; k < 4; k++) {
        rate = rates[k];
        days = 20;

        for (alerts = 0, i = 0; i < 10; i++) {
            memset(&b, 0, sizeof(b));
            r.s = 7000 + k * 100 + (unsigned) i;

            for (minute = 0; minute < days * DAY; minute++) {
                alerts += api_baseline_next(&b, &api_baseline_default,
                              poisson(&r, usual(rate, minute, 60 * i)))
                          == API_BASELINE_RAISED;
            }
        }

        printf("# %.0f a minute: %.3f false alerts a day\n", rate,
            alerts / (10.0 * days));
        ut_ok(alerts / (10.0 * days) <= 0.1,
            "at %.0f a minute at most 0.1 false alerts a day", rate);
        all += alerts / (10.0 * days);
    }

    ut_ok(all / 4 <= 0.1, "and over all");
}


static void
test_surge(void)
{
    int            minute, i, at, found, worst;
    double         value;
    unsigned       k;
    ut_rand_t      r;
    api_baseline_t b;

    static const double rates[] = { 20, 200, 2000 };

    for (k = 0; k < 3; k++) {
        for (found = 0, worst = 0, i = 0; i < 24; i++) {
            memset(&b, 0, sizeof(b));
            r.s = 9000 + k * 100 + (unsigned) i;
            at = DAY + i * 30 + 17; /* by day: 20 a minute and more */

            for (minute = 0; minute < at + 10; minute++) {
                value = poisson(
                    &r, usual(rates[k], minute, 700) * (minute >= at ? 5 : 1));

                if (api_baseline_next(&b, &api_baseline_default, value)
                        == API_BASELINE_RAISED
                    && minute >= at)
                {
                    found++;
                    worst = minute - at + 1 > worst ? minute - at + 1 : worst;
                    break;
                }
            }
        }

        printf("# %.0f a minute: %d of 24 surges found, after %d minutes at "
               "most\n",
            rates[k], found, worst);
        ut_int(found, 24, "five times as much at %.0f a minute", rates[k]);
        ut_ok(worst <= 2, "... within two minutes");
    }
}


static void
test_states(void)
{
    int            i;
    api_baseline_t b;

    memset(&b, 0, sizeof(b));

    for (i = 0; i < 59; i++) {
        (void) api_baseline_next(&b, &api_baseline_default, 100);
    }

    ut_int(api_baseline_next(&b, &api_baseline_default, 100000),
        API_BASELINE_NONE, "nothing while it is warming up");

    memset(&b, 0, sizeof(b));

    for (i = 0; i < 100; i++) {
        (void) api_baseline_next(&b, &api_baseline_default, 100);
    }

    ut_int(api_baseline_next(&b, &api_baseline_default, 500),
        API_BASELINE_NONE, "one bucket is chance");
    ut_int(api_baseline_next(&b, &api_baseline_default, 500),
        API_BASELINE_RAISED, "two are not");

    for (i = 0; i < 30; i++) {
        ut_ok(api_baseline_next(&b, &api_baseline_default, 500)
                  != API_BASELINE_RAISED,
            "it is said once");
        if (!b.unusual) {
            break;
        }
    }

    ut_ok(b.mean < 400, "and is slow to become usual: %.0f", (double) b.mean);

    for (i = 0; i < 4; i++) {
        ut_int(api_baseline_next(&b, &api_baseline_default, 90),
            b.unusual ? API_BASELINE_STILL : API_BASELINE_NONE, "calm");
    }

    memset(&b, 0, sizeof(b));

    for (i = 0; i < 200; i++) {
        (void) api_baseline_next(&b, &api_baseline_default, 0);
    }

    ut_int(api_baseline_next(&b, &api_baseline_default, 9), API_BASELINE_NONE,
        "below the floor");
    (void) api_baseline_next(&b, &api_baseline_default, 9);
    ut_ok(!b.unusual, "... for ever");
    (void) api_baseline_next(&b, &api_baseline_default, (double) NAN);
    (void) api_baseline_next(&b, &api_baseline_default, -1);
    ut_ok(isfinite(b.mean) && isfinite(b.var), "no number is none");
}


int
main(void)
{
    test_states();
    test_false_alerts();
    test_surge();

    return ut_done();
}
