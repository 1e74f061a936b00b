/* What processes have to tell, emptied by others of them: nothing is told
   twice, nothing is lost but by who is killed; and whose turn it is. */

#define _DEFAULT_SOURCE

#include "api_tell.h"
#include "ut.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>


#define KEYS 300
#define WORKERS 5

typedef struct {
    int64_t  noted[KEYS]; /* before it is in a lane */
    int64_t  told[KEYS];
    uint64_t drained;
    uint64_t wrong;
    uint64_t stop;
} shared_t;


static void *
map(size_t size)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
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
name_of(uint64_t key, uint8_t *name)
{
    memset(name, (int) (key % 251), API_MERGE_NAME);
}


static bool
note(api_tell_t *t, int lane, uint64_t policy, uint64_t key, int64_t now,
    int64_t cost)
{
    api_tell_note_t    open;
    api_merge_entry_t *e;

    e = api_tell_open(t, lane, policy, key, &open);

    if (e) {
        if (open.made) {
            e->cap = (int64_t) key + 7;
            e->limit = -1;
            name_of(key, e->name);
        }

        api_merge_admit(&e->m, now, cost);
    }

    api_tell_close(&open);

    return e != NULL;
}


/* The order of what two noted is between the two that are possible. */

static void
test_beside(void)
{
    size_t      i, j, under, above, alone;
    int64_t     now, cost, least;
    ut_rand_t   r = { 5 };
    api_merge_t all, one[2], both;

    under = above = alone = 0;

    for (i = 0; i < 50000; i++) {
        all = one[0] = one[1] = API_MERGE_NONE;
        now = 0;

        for (j = ut_below(&r, 12); j > 0; j--) {
            api_merge_t *m = &one[ut_below(&r, 2)];

            now += (int64_t) ut_below(&r, 200);
            cost = (int64_t) ut_below(&r, 100);
            api_merge_admit(m, now, cost);
            api_merge_admit(&all, now, cost);
        }

        both = one[0];
        api_merge_beside(&both, &one[1]);
        least = one[0].n < one[1].n ? one[0].n : one[1].n;

        under += both.n != all.n || both.d < all.d;
        above += both.d > all.d && both.d - all.d > least;
        alone += one[1].d == INT64_MIN && both.d != all.d;
    }

    ut_ok(under == 0, "two together are never less than in their order");
    ut_ok(above == 0, "and more by the lesser at most");
    ut_ok(alone == 0, "one alone is itself");
}


static const api_tell_who_t me = { 100, everybody, NULL };


static void
test_lanes(void)
{
    int            a, b, i;
    void          *mem;
    api_tell_t    *t;
    api_tell_who_t who = me;

    mem = map(api_tell_size(4));
    ut_ok(!api_tell_is(mem, api_tell_size(4)), "no table yet");
    ut_ok(api_tell_make(mem, 0) == NULL && api_tell_make(mem, 513) == NULL,
        "no lanes, too many");

    t = api_tell_make(mem, 4);
    ut_ok(api_tell_is(mem, api_tell_size(4))
              && !api_tell_is(mem, api_tell_size(4) - 1)
              && !api_tell_is(mem, 8),
        "a table, known by its size");

    t->abi++;
    ut_ok(!api_tell_is(mem, api_tell_size(4)), "not one of another layout");
    t->abi--;

    a = api_tell_join(t, &who);
    who.name = 101;
    b = api_tell_join(t, &who);
    ut_ok(a >= 0 && b >= 0 && a != b, "lanes of their own");

    for (i = 0; i < 2; i++) {
        who.name++;
        ut_ok(api_tell_join(t, &who) >= 0, "a third, a fourth");
    }

    ut_int(api_tell_join(t, &who), -1, "and no fifth");
    api_tell_leave(t, b);
    ut_int(api_tell_join(t, &who), b, "who leaves makes room");

    t->lane[a].busy = 1;
    who.alive = nobody;
    who.name = 200;
    ut_int(api_tell_join(t, &who), 0, "who is dead, too");
    ut_ok(t->lane[a].busy == 0 && t->lane[0].owner == 200
              && t->lane[1].owner == 0 && t->lane[3].owner == 0,
        "and nobody is inside");
}


static void
test_bags(void)
{
    int                lane, other;
    api_tell_t        *t;
    api_tell_note_t    open;
    api_merge_table_t  to;
    api_merge_entry_t *e;

    t = api_tell_make(map(api_tell_size(2)), 2);
    lane = api_tell_join(t, &me);
    other = api_tell_join(t, &me);
    (void) api_merge_table_init(&to, 8192, &api_alloc_libc);

    ut_int(api_tell_drain(t, &me, -1, &to), 0, "nothing waits");

    (void) note(t, lane, 1, 5, 1000, 10);
    (void) note(t, lane, 1, 5, 1000, 10);
    (void) note(t, lane, 2, 5, 1000, 10);
    (void) note(t, other, 1, 5, 1000, 10);
    ut_int(api_tell_waiting(t, lane), 2, "two keys");
    ut_int(api_tell_waiting_all(t), 3, "and one");

    (void) api_tell_open(t, other, 1, 9, &open);
    ut_int(api_tell_drain(t, &me, -1, &to), 2, "one is inside: it waits");
    ut_int(api_tell_waiting_all(t), 1, "as it was");
    api_tell_close(&open);
    (void) note(t, other, 1, 8, 1000, 10);
    ut_int(api_tell_drain(t, &me, -1, &to), 2, "outside again: it does not");
    ut_int(api_tell_drain(t, &me, -1, &to), 1, "what came since is next");

    e = api_merge_find(&to, 1, 5);
    ut_ok(e && e->m.n == 30 && e->m.d == 1030 && e->cap == 12 && e->limit == -1
              && e->name[0] == 5,
        "one entry a key");
    ut_ok(api_merge_find(&to, 2, 5)->m.n == 10, "and a policy");

    free(to.entries);
    free(to.heads);
}


static void
test_room(void)
{
    int               lane;
    size_t            i, bad;
    api_tell_t       *t;
    api_merge_table_t to, small;

    t = api_tell_make(map(api_tell_size(1)), 1);
    lane = api_tell_join(t, &me);
    (void) api_merge_table_init(&to, 8192, &api_alloc_libc);
    (void) api_merge_table_init(&small, 16, &api_alloc_libc);

    for (i = 0, bad = 0; i < API_TELL_ROOM; i++) {
        bad += !note(t, lane, 1, i * 77, 5, 1);
    }

    ut_int(bad, 0, "a lane has room");
    ut_ok(!note(t, lane, 1, 1, 5, 1) && note(t, lane, 1, 77, 5, 1),
        "and then for those only that are there");

    ut_int(api_tell_drain(t, &me, lane, &small), 0, "too many for a table");
    ut_int(api_tell_waiting(t, lane), API_TELL_ROOM, "nothing is lost by it");

    t->drainer = 77;
    ut_int(api_tell_drain(t, &me, lane, &to), 0, "somebody else is at it");
    t->drainer = me.name;
    ut_int(api_tell_drain(t, &me, lane, &to), API_TELL_ROOM, "all of them");
    ut_int(t->drainer, 0, "nobody is at it any more");
    ut_int(to.n, API_TELL_ROOM, "each once");

    /* what heads say of an emptied bag is nothing */

    for (i = 0, bad = 0; i < 3000; i++) {
        bad += !note(t, lane, 1, i * 78 + i % 2, 5, 1);
        bad += !note(t, lane, 1, i * 78 + i % 2, 5, 1);
    }

    ut_int(bad, 0, "a bag is used again");
    ut_int(api_tell_waiting(t, lane), 3000, "its keys are found again");

    free(to.entries);
    free(to.heads);
    free(small.entries);
    free(small.heads);
}


static void
test_turn(void)
{
    uint64_t    wait;
    api_tell_t *t;

    t = api_tell_make(map(api_tell_size(4)), 4);

    ut_ok(api_tell_turn_free(t, 1, 1000, 20, &wait), "nobody's");
    ut_ok(api_tell_turn(t, 1, 1000, 100, 20, &wait), "the first's");
    ut_ok(!api_tell_turn(t, 2, 1050, 100, 20, &wait) && wait == 70,
        "not another's");
    ut_ok(api_tell_turn(t, 1, 1100, 100, 20, &wait), "his as long as he will");
    ut_ok(!api_tell_turn(t, 2, 1219, 100, 20, &wait) && wait == 1,
        "and a grace longer");
    ut_ok(api_tell_turn_free(t, 2, 1220, 20, &wait)
              && api_tell_turn(t, 2, 1220, 100, 20, &wait),
        "then another's");
    ut_ok(!api_tell_turn(t, 1, 1221, 100, 20, &wait), "and no more his");
    api_tell_turn_take(t, 0, 1222, 100);
    ut_ok(!api_tell_turn_free(t, 2, 1223, 20, &wait)
              && api_tell_turn_free(t, 0, 1223, 20, &wait),
        "who has no time takes it");
    ut_ok(api_tell_turn(t, 3, 5, 100, 20, &wait) == false,
        "a clock may be a little behind");
    api_tell_turn_take(t, 0, API_TELL_PERIOD_MAX + 2000, 100);
    ut_ok(api_tell_turn(t, 3, 1000, 100, 20, &wait),
        "a word of another boot binds nobody");
}


/* Notes into its lane, and now and then empties all. */

static void
work(api_tell_t *t, shared_t *sh, bool drains)
{
    int               lane;
    uint32_t          k, n;
    uint64_t          key, i;
    uint8_t           name[API_MERGE_NAME];
    ut_rand_t         r = { (uint64_t) getpid() };
    api_tell_who_t    who = { (uint64_t) getpid(), alive, NULL };
    api_merge_table_t to;
    api_merge_entry_t out[64];

    (void) api_merge_table_init(&to, 8192, &api_alloc_libc);
    lane = api_tell_join(t, &who);

    for (i = 0; __atomic_load_n(&sh->stop, __ATOMIC_SEQ_CST) == 0; i++) {
        key = ut_below(&r, KEYS);

        __atomic_add_fetch(&sh->noted[key], 3, __ATOMIC_SEQ_CST);
        (void) note(t, lane, key % 3, key, 5, 3);

        if (!drains || i % 1000) {
            continue;
        }

        __atomic_add_fetch(&sh->drained, api_tell_drain(t, &who, -1, &to) > 0,
            __ATOMIC_SEQ_CST);

        while ((n = api_merge_take(&to, out, 64)) > 0) {
            for (k = 0; k < n; k++) {
                name_of(out[k].key, name);
                sh->wrong += out[k].key >= KEYS
                             || out[k].policy != out[k].key % 3
                             || memcmp(name, out[k].name, sizeof(name)) != 0;
                __atomic_add_fetch(
                    &sh->told[out[k].key], out[k].m.n, __ATOMIC_SEQ_CST);
            }
        }

        sched_yield();
    }

    api_tell_leave(t, lane);
}


static void
rest(api_tell_t *t, shared_t *sh)
{
    uint32_t          k, n;
    api_merge_table_t to;
    api_merge_entry_t out[64];

    (void) api_merge_table_init(&to, 8192, &api_alloc_libc);

    while (api_tell_drain(t, &me, -1, &to) > 0) {
        while ((n = api_merge_take(&to, out, 64)) > 0) {
            for (k = 0; k < n; k++) {
                sh->told[out[k].key] += out[k].m.n;
            }
        }
    }

    free(to.entries);
    free(to.heads);
}


static void
test_many(void)
{
    int         i;
    size_t      k, bad;
    pid_t       pid[WORKERS];
    shared_t   *sh;
    api_tell_t *t;

    sh = map(sizeof(*sh));
    t = api_tell_make(map(api_tell_size(8)), 8);

    for (i = 0; i < WORKERS; i++) {
        pid[i] = fork();

        if (pid[i] == 0) {
            work(t, sh, i < 3);
            _exit(0);
        }
    }

    while (__atomic_load_n(&sh->drained, __ATOMIC_SEQ_CST) < 300) {
        usleep(1000);
    }

    __atomic_store_n(&sh->stop, 1, __ATOMIC_SEQ_CST);

    for (i = 0; i < WORKERS; i++) {
        waitpid(pid[i], NULL, 0);
    }

    rest(t, sh);

    for (k = 0, bad = 0; k < KEYS; k++) {
        bad += sh->told[k] != sh->noted[k] || sh->told[k] == 0;
    }

    ut_int(bad, 0, "%d note, 3 of them empty: what was noted was told, once",
        WORKERS);
    ut_int(sh->wrong, 0, "and of whom it was");
}


static void
test_killed(void)
{
    int         i, kills;
    pid_t       pid[WORKERS];
    size_t      k, twice;
    int64_t     noted, told;
    shared_t   *sh;
    api_tell_t *t;

    sh = map(sizeof(*sh));
    t = api_tell_make(map(api_tell_size(8)), 8);
    memset(pid, 0, sizeof(pid));

    for (kills = 0; kills < 250; kills++) {
        i = kills % WORKERS;

        if (pid[i] > 0) {
            kill(pid[i], SIGKILL);
            waitpid(pid[i], NULL, 0);
        }

        pid[i] = fork();

        if (pid[i] == 0) {
            work(t, sh, i < 3);
            _exit(0);
        }

        usleep(1000);
    }

    for (i = 0; i < WORKERS; i++) {
        kill(pid[i], SIGKILL);
        waitpid(pid[i], NULL, 0);
    }

    i = api_tell_join(t, &(api_tell_who_t){ 1, nobody, NULL });
    t->drainer = 0;
    rest(t, sh);

    noted = told = 0;

    for (k = 0, twice = 0; k < KEYS; k++) {
        twice += sh->told[k] > sh->noted[k];
        noted += sh->noted[k];
        told += sh->told[k];
    }

    ut_ok(i >= 0, "250 were killed: there is a lane");
    ut_int(twice, 0, "nothing was told twice");
    ut_int(api_tell_waiting_all(t), 0, "nothing waits any more");
    ut_ok(told * 2 > noted, "%lld of %lld were told", (long long) told,
        (long long) noted);
    ut_int(sh->wrong, 0, "and of whom it was");
}


int
main(void)
{
    test_beside();
    test_lanes();
    test_bags();
    test_room();
    test_turn();
    test_many();
    test_killed();

    return ut_done();
}
