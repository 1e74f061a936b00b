/* Counts of requests under way: by one process, by many at once, by processes
   that are killed. */

#define _DEFAULT_SOURCE

#include "api_lanes.h"
#include "ut.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>


#define SIZE (256 * 1024)
#define WORKERS 6

static const uint8_t random16[16] = "a key of 16 byte";

typedef struct {
    uint64_t now; /* held by all of us, by our own count */
    uint64_t most;
    uint64_t held;
    uint64_t over;
    uint64_t stop;
} shared_t;


static void *
map(size_t size)
{
    return mmap(
        NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}


static bool
alive(void *ctx, uint64_t name)
{
    (void) ctx;

    return kill((pid_t) name, 0) == 0;
}


static bool
nobody(void *ctx, uint64_t name)
{
    (void) ctx;
    (void) name;

    return false;
}


static bool
everybody(void *ctx, uint64_t name)
{
    (void) ctx;
    (void) name;

    return true;
}


static void
test_one(void)
{
    int          lane, other;
    void        *mem, *holds[9], *hold;
    uint64_t     used, tag, i;
    api_lanes_t *t;

    mem = map(SIZE);
    t = api_lanes_make(mem, SIZE, 8, random16);

    ut_ok(api_lanes_is(mem, SIZE) && !api_lanes_is(mem, SIZE - 64),
        "known again, by its size");
    ut_ok(api_lanes_make(map(8192), 4096, 8, random16) == NULL
              && api_lanes_make(map(8192), 8192, 505, random16) == NULL,
        "too small, too many lanes");

    lane = api_lanes_join(t, 100, everybody, NULL);
    other = api_lanes_join(t, 101, everybody, NULL);
    ut_ok(lane >= 0 && other >= 0 && lane != other, "lanes of their own");

    tag = api_lanes_tag(t, 1, API_SPAN("alice"));

    for (i = 0; i < 5; i++) {
        ut_int(
            api_lanes_take(t, i % 2 ? lane : other, tag, 5, &used, &holds[i]),
            API_LANES_HELD, "one of five");
        ut_int(used, i + 1, "counted");
    }

    ut_int(api_lanes_take(t, lane, tag, 5, &used, &hold), API_LANES_OVER,
        "a sixth is one too many");
    ut_int(used, 5, "five there are");
    ut_int(api_lanes_take(
               t, lane, api_lanes_tag(t, 1, API_SPAN("bob")), 5, &used, &hold),
        API_LANES_HELD, "another key");
    ut_int(api_lanes_live(t), 2, "two keys");

    api_lanes_drop(t, lane, holds[1]);
    ut_int(api_lanes_take(t, other, tag, 5, &used, &hold), API_LANES_HELD,
        "one has left");

    api_lanes_leave(t, other);
    ut_int(api_lanes_used(t, tag), 1, "a process leaves with all it held");
    ut_int(api_lanes_reap(t, 7, nobody, NULL), 1, "one is dead");
    ut_int(api_lanes_live(t), 0, "and holds nothing any more");
    ut_int(api_lanes_join(t, 8, everybody, NULL), lane < other ? lane : other,
        "its lane is free again");
}


static void
test_full(void)
{
    int          lane;
    void        *mem, *holds[64];
    size_t       i, held, wide;
    uint64_t     used, n;
    api_lanes_t *t;

    mem = map(SIZE);
    t = api_lanes_make(mem, 8192, 8, random16);
    lane = api_lanes_join(t, 1, everybody, NULL);

    for (i = 0, held = 0, n = 0; n < 2000 && held < 64; n++) {
        held += api_lanes_take(t, lane,
                    api_lanes_tag(t, 1, api_span(&n, sizeof(n))), 1, &used,
                    &holds[held])
                == API_LANES_HELD;
    }

    ut_ok(t->full > 0, "keys without room are refused: %zu of %zu lines", held,
        (size_t) t->lines);

    for (i = 0; i < held; i++) {
        api_lanes_drop(t, lane, holds[i]);
    }

    ut_int(api_lanes_live(t), 0, "all given back");
    ut_int(api_lanes_take(t, lane, api_lanes_tag(t, 1, API_SPAN("new")), 1,
               &used, &holds[0]),
        API_LANES_HELD, "there is room again");

    t = api_lanes_make(map(SIZE), SIZE, 200, random16);

    for (i = 0, wide = 0; i < 200; i++) {
        lane = api_lanes_join(t, i + 1, everybody, NULL);
        wide += lane == (int) i
                && api_lanes_take(t, lane, 5, 1000, &used, &holds[0])
                       == API_LANES_HELD
                && used == i + 1;
    }

    ut_int(wide, 200, "200 processes share a line");

    while (api_lanes_join(t, 9999, everybody, NULL) >= 0) {
        /* void */
    }

    ut_ok(api_lanes_join(t, 9999, everybody, NULL) == -1,
        "no lane is left: %u", t->lanes);
}


/* Take, hold a little, give back; never are there more than the limit. */

static void
work(api_lanes_t *t, shared_t *sh, uint64_t limit, uint64_t keys)
{
    int       lane;
    void     *holds[4];
    uint64_t  used, n, key, sum;
    ut_rand_t r = { (uint64_t) getpid() };

    lane = api_lanes_join(t, (uint64_t) getpid(), alive, NULL);

    while (__atomic_load_n(&sh->stop, __ATOMIC_SEQ_CST) == 0) {
        key = 1 + ut_below(&r, keys);

        for (n = 0; n < 4
                    && api_lanes_take(t, lane, key, limit, &used, &holds[n])
                           == API_LANES_HELD;
             n++)
        {
            if (keys > 1) {
                continue;
            }

            sum = __atomic_add_fetch(&sh->now, 1, __ATOMIC_SEQ_CST);

            if (sum > __atomic_load_n(&sh->most, __ATOMIC_SEQ_CST)) {
                __atomic_store_n(&sh->most, sum, __ATOMIC_SEQ_CST);
            }
        }

        __atomic_add_fetch(&sh->held, n, __ATOMIC_RELAXED);
        __atomic_add_fetch(&sh->over, n < 4, __ATOMIC_RELAXED);
        sched_yield();

        while (n-- > 0) {
            if (keys == 1) {
                __atomic_sub_fetch(&sh->now, 1, __ATOMIC_SEQ_CST);
            }

            api_lanes_drop(t, lane, holds[n]);
        }
    }

    api_lanes_leave(t, lane);
}


static void
test_many(uint64_t keys)
{
    int          i;
    pid_t        pid[WORKERS];
    shared_t    *sh;
    api_lanes_t *t;

    sh = map(sizeof(*sh));
    t = api_lanes_make(map(SIZE), keys > 1 ? 5120 : SIZE, 16, random16);

    for (i = 0; i < WORKERS; i++) {
        pid[i] = fork();

        if (pid[i] == 0) {
            work(t, sh, 5, keys);
            _exit(0);
        }
    }

    while (__atomic_load_n(&sh->held, __ATOMIC_RELAXED) < 100000) {
        usleep(1000);
    }

    __atomic_store_n(&sh->stop, 1, __ATOMIC_SEQ_CST);

    for (i = 0; i < WORKERS; i++) {
        waitpid(pid[i], NULL, 0);
    }

    ut_ok(sh->most <= 5 && sh->over > 0,
        "%d processes, %llu keys: never more than 5 (%llu)", WORKERS,
        (unsigned long long) keys, (unsigned long long) sh->most);
    ut_int(api_lanes_live(t), 0, "and nothing is left behind");
}


static void
test_killed(void)
{
    int          i, kills, lane;
    pid_t        pid[WORKERS];
    void        *holds[5];
    uint64_t     used;
    shared_t    *sh;
    api_lanes_t *t;

    sh = map(sizeof(*sh));
    t = api_lanes_make(map(SIZE), SIZE, 16, random16);

    for (i = 0; i < WORKERS; i++) {
        pid[i] = -1;
    }

    for (kills = 0; kills < 400; kills++) {
        i = kills % WORKERS;

        if (pid[i] > 0) {
            kill(pid[i], SIGKILL);
            waitpid(pid[i], NULL, 0);
        }

        pid[i] = fork();

        if (pid[i] == 0) {
            work(t, sh, 5, 3);
            _exit(0);
        }

        usleep(300);
    }

    for (i = 0; i < WORKERS; i++) {
        kill(pid[i], SIGKILL);
        waitpid(pid[i], NULL, 0);
    }

    lane = api_lanes_join(t, (uint64_t) getpid(), alive, NULL);
    ut_ok(lane >= 0, "400 processes were killed, there is a lane");
    ut_int(api_lanes_live(t), 0, "nobody holds anything");

    for (i = 0; i < 5; i++) {
        ut_int(api_lanes_take(t, lane, 1, 5, &used, &holds[i]), API_LANES_HELD,
            "one of five");
    }

    ut_int(api_lanes_take(t, lane, 1, 5, &used, &holds[0]), API_LANES_OVER,
        "and no more");
}


int
main(void)
{
    test_one();
    test_full();
    test_many(1);
    test_many(40);
    test_killed();

    return ut_done();
}
