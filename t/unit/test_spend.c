/* Budgets: exact over time, given back, not to be had anew by a flood. */

#include "api_spend.h"
#include "ut.h"


static int
spend(api_spend_t *s, uint64_t who, uint64_t now, int tries)
{
    int n = 0;

    while (tries--) {
        n += api_spend_take(s, who, 50, 1000, now);
    }

    return n;
}


int
main(void)
{
    int          n;
    uint64_t     t, who;
    ut_alloc_t   u;
    ut_rand_t    r = { 5 };
    api_spend_t *s;

    s = api_spend_create(&api_alloc_libc, 64);

    ut_int(spend(s, 7, 5000, 1000), 50, "50 at once, and no more");
    ut_int(spend(s, 7, 5019, 10), 0, "none 19 ms later");
    ut_int(spend(s, 7, 5020, 10), 1, "one 20 ms later");
    ut_int(spend(s, 7, 5520, 100), 25, "25 half a second later");
    ut_int(spend(s, 7, 60000, 100), 50, "all of it much later");
    ut_int(spend(s, 8, 60000, 100), 50, "another one has his own");

    for (n = 0; n < 30; n++) {
        api_spend_give(s, 7, 50, 1000, 60000);
    }

    ut_int(spend(s, 7, 60000, 100), 30, "what was given back can be spent");

    for (n = 0; n < 1000; n++) {
        api_spend_give(s, 9, 50, 1000, 60000);
    }

    ut_int(spend(s, 9, 60000, 100), 50, "nobody saves up");

    for (t = 100000, n = 0; t < 110000; t++) {
        n += api_spend_take(s, 11, 50, 1000, t);
    }

    ut_ok(n >= 548 && n <= 550, "over ten seconds 50 each, and 50: %d", n);

    for (t = 200000, n = 0; t < 260000; t++) {
        n += api_spend_take(s, 13, 7, 60000, t);
    }

    ut_ok(n >= 13 && n <= 14, "7 a minute: %d", n);

    ut_int(spend(s, 15, 300000, 100), 50, "spent");

    for (n = 0; n < 2000; n++) {
        who = ut_rand(&r) | 1;
        (void) api_spend_take(s, who, 50, 1000, 300000);
    }

    ut_int(spend(s, 15, 300000, 100), 0,
        "a flood of others does not give it back");

    api_spend_free(s);
    api_spend_free(NULL);

    ut_arm(&u, 1);
    ut_ok(api_spend_create(&u.alloc, 8) == NULL, "no memory");

    return ut_done();
}
