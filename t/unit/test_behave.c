/* Who does what: windows, things, marks, a table that is full, processes that
   add at once; and what tells those who probe from those who work. */

#include "api_behave.h"
#include "ut.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>


static ut_rand_t rand_state = { 21 };


static api_behave_t *
make(uint32_t subjects)
{
    size_t size;
    void  *mem;

    size = (api_behave_size(subjects) + 63) / 64 * 64;
    mem = aligned_alloc(64, size);
    if (mem == NULL || api_behave_init(mem, size) != API_OK) {
        abort();
    }

    return api_behave_at(mem);
}


static api_behave_state_t
note(api_behave_t *t, uint64_t who, uint64_t thing, bool bad, int64_t now)
{
    api_behave_act_t   act = { who, thing, bad, now, 60 };
    api_behave_state_t s;

    api_behave_note(t, &act, &s);

    return s;
}


static void
test_windows(void)
{
    api_behave_t      *t;
    api_behave_state_t s;

    t = make(64);

    s = note(t, 5, 0, false, 600);
    ut_int(s.acts, 1, "one act");
    s = note(t, 5, 0, true, 610);
    ut_ok(s.acts == 2 && s.bad == 1, "another, a bad one");
    s = note(t, 5, 0, false, 661);
    ut_ok(s.acts == 3 && s.bad == 1, "the window before counts");
    s = note(t, 5, 0, false, 721);
    ut_ok(s.acts == 2 && s.bad == 0, "the one before that does not");
    s = note(t, 5, 0, false, 2000);
    ut_int(s.acts, 1, "and nothing of long ago");
    s = note(t, 6, 0, false, 2000);
    ut_int(s.acts, 1, "others are others");

    free(t);
}


static void
test_marks(void)
{
    api_behave_t *t;

    t = make(64);

    ut_int(api_behave_marked(t, 9, 100), 0, "nobody is marked");
    ut_ok(api_behave_mark(t, 9, 100, 200), "marked, and known by that");
    ut_ok(!api_behave_mark(t, 9, 150, 250), "it is no news again");
    ut_int(api_behave_marked(t, 9, 199), 200, "until then");
    ut_int(api_behave_marked(t, 9, 200), 0, "and no longer");
    ut_ok(api_behave_mark(t, 9, 200, 300), "then it is news");

    free(t);
}


/* A flood of subjects neither loses those that are marked, nor crashes. */

static void
test_full(void)
{
    uint64_t      i, kept;
    api_behave_t *t;

    t = make(512);

    for (i = 1; i <= 64; i++) {
        (void) note(t, i << 8, 0, false, 1000);
        (void) api_behave_mark(t, i << 8, 1000, 5000);
    }

    for (i = 0; i < 100000; i++) {
        (void) note(t, ut_rand(&rand_state) | 1, 0, false, 1001);
    }

    for (kept = 0, i = 1; i <= 64; i++) {
        kept += api_behave_marked(t, i << 8, 1002) != 0;
    }

    ut_int(kept, 64, "who is marked stays");
    ut_ok(api_behave_evicted(t) > 90000, "others went");
    ut_int(api_behave_init(t, 100), API_LIMIT, "no room");

    free(t);
}


/* An hour of callers who look at their own objects, and of one who goes
   through those of others: 30 different in a minute tell them apart. */

static void
test_enumeration(void)
{
    int                minute, k, found;
    uint64_t           who;
    unsigned           alarms;
    api_behave_t      *t;
    api_behave_state_t s;

    t = make(4096);

    for (alarms = 0, minute = 0; minute < 60; minute++) {
        for (who = 1; who <= 200; who++) {
            for (k = (int) ut_below(&rand_state, 20); k > 0; k--) {
                s = note(t, who * 0x9e3779b97f4a7c15u,
                    (who * 100 + ut_below(&rand_state, 8))
                        * 0xbf58476d1ce4e5b9u,
                    false, minute * 60 + k);
                alarms += s.things > 30;
            }
        }
    }

    ut_int(alarms, 0, "nobody who works is suspected");

    for (found = 0, k = 1; k <= 60; k++) {
        s = note(t, 77, ut_rand(&rand_state), false, 7200 + k / 2);

        if (s.things > 30) {
            found = k;
            break;
        }
    }

    ut_ok(found > 20 && found < 45, "who probes is, after %d objects", found);
    free(t);
}


#define THREADS 4

static api_behave_t *shared;


static void *
work(void *arg)
{
    int i;

    for (i = 0; i < 10000; i++) {
        (void) note(
            shared, 1000 + (uint64_t) (i % 50) * 256, (uint64_t) i, false, 60);
    }

    return arg;
}


static void
test_threads(void)
{
    int       i;
    uint64_t  sum;
    pthread_t id[THREADS];

    shared = make(1024);

    for (i = 0; i < THREADS; i++) {
        if (pthread_create(&id[i], NULL, work, NULL) != 0) {
            abort();
        }
    }

    for (i = 0; i < THREADS; i++) {
        (void) pthread_join(id[i], NULL);
    }

    for (sum = 0, i = 0; i < 50; i++) {
        sum += note(shared, 1000 + (uint64_t) i * 256, 0, false, 60).acts - 1;
    }

    ut_ok(sum <= THREADS * 10000 && sum > THREADS * 9900,
        "%llu of %d acts are counted", (unsigned long long) sum,
        THREADS * 10000);
    free(shared);
}


int
main(void)
{
    test_windows();
    test_marks();
    test_full();
    test_enumeration();
    test_threads();

    return ut_done();
}
