/*
 * Lanes of events: what goes in comes out, whole and in order; nothing is
 * lost uncounted, also when the owner dies between any two instructions.
 */

#define _GNU_SOURCE

#include "api_spool.h"
#include "ut.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>


#define HALF API_SPOOL_MIN

static api_spool_t *
make(void)
{
    api_spool_t *s = mmap(NULL, api_spool_bytes(HALF), PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (s == MAP_FAILED) {
        abort();
    }

    api_spool_init(s, HALF);

    return s;
}


static size_t
line(char *room, uint64_t n, size_t pad)
{
    return (size_t) snprintf(room, API_SPOOL_EVENT, "%08llu%0*d\n",
        (unsigned long long) n, (int) pad, 0);
}


static bool
put(api_spool_t *s, uint64_t n, size_t pad)
{
    char *room = api_spool_begin(s, API_SPOOL_COUNT, API_SPOOL_EVENT);

    if (room == NULL) {
        api_spool_lose(s, API_SPOOL_OVERFLOW);
        return false;
    }

    api_spool_commit(s, API_SPOOL_COUNT, line(room, n, pad));

    return true;
}


/* Takes at most max bytes out and looks whether numbers grow. */

typedef struct {
    char     rest[2 * API_SPOOL_EVENT];
    size_t   len;
    uint64_t lines;
    uint64_t last;
    bool     wrong;
} reader_t;

static void
take(reader_t *r, api_span_t bytes)
{
    size_t   i;
    uint64_t n;

    for (i = 0; i < bytes.len; i++) {
        r->rest[r->len++] = (char) bytes.data[i];

        if (bytes.data[i] != '\n') {
            continue;
        }

        r->rest[8] = '\0';
        n = strtoull(r->rest, NULL, 10);

        r->wrong |= n <= r->last || r->len < 10;
        r->last = n;
        r->lines++;
        r->len = 0;
    }
}


static bool
drain(api_spool_t *s, reader_t *r, size_t max)
{
    api_span_t bytes;

    if (!api_spool_next(s, &bytes)) {
        return false;
    }

    if (bytes.len > max) {
        bytes.len = max;
    }

    take(r, bytes);
    api_spool_wrote(s, bytes.len);

    return true;
}


static void
test_order(void)
{
    int          i;
    uint64_t     n = 0, kept = 0;
    reader_t     r = { .len = 0 };
    ut_rand_t    rnd = { 11 };
    api_spool_t *s = make();

    ut_ok(api_spool_claim(s, 0, 42), "a free lane is claimed");
    ut_ok(!api_spool_claim(s, 0, 43), "... by one");
    ut_int(api_spool_owner(s), 42, "... who owns it");

    for (i = 0; i < 200000; i++) {
        if (ut_below(&rnd, 3)) {
            n++;
            kept += put(s, n, ut_below(&rnd, 900) + 1);
        } else {
            (void) drain(s, &r, ut_below(&rnd, 1500) + 1);
        }
    }

    while (drain(s, &r, HALF)) {
    }

    ut_ok(!r.wrong, "all come out whole, in order, none twice");
    ut_int(r.lines, kept, "as many as were kept");
    ut_int(api_spool_kept(s), kept, "... and counted");
    ut_int(s->begun, n, "all that were begun are counted");
    ut_int(api_spool_lost(s), n - kept, "... the lost too");
    ut_ok(n - kept > 1000 && kept > 1000, "both came to pass");
    ut_int(api_spool_pending(s), 0, "nothing is left");
}


/* How far the sink has the chain is never said too soon, and comes true. */

static void
test_out(void)
{
    int               i;
    uint64_t          n = 0, soon = 0;
    reader_t          r = { .len = 0 };
    ut_rand_t         rnd = { 12 };
    api_spool_t      *s = make();
    api_spool_place_t at = { .chain = "0123456789abcde" }, other = at;

    other.chain[0] = 'x';
    api_spool_begins(s, &at);

    for (i = 0; i < 100000; i++) {
        if (ut_below(&rnd, 3) && put(s, n + 1, ut_below(&rnd, 900) + 1)) {
            at.seq = ++n;
            api_spool_move(s, &at);
        } else {
            (void) drain(s, &r, ut_below(&rnd, 1500) + 1);
        }

        soon += api_spool_out(s, &at) > r.lines;
    }

    ut_int(soon, 0, "what is not with the sink is not said to be");
    ut_ok(api_spool_out(s, &at) > 0 && api_spool_out(s, &at) < n,
        "%d of %d are, at least", (int) api_spool_out(s, &at), (int) n);

    while (drain(s, &r, HALF)) {
    }

    ut_int(api_spool_out(s, &at), n, "in the end all of them");
    ut_int(api_spool_out(s, &other), 0, "of another chain none");
    api_spool_begins(s, &other);
    ut_int(api_spool_out(s, &other), 0, "nor of one that begins");
}


static void
test_full(void)
{
    char        *room;
    uint64_t     n = 0;
    reader_t     r = { .len = 0 };
    api_span_t   bytes;
    api_spool_t *s = make();

    while (put(s, n + 1, 1000)) {
        n++;
    }

    ut_ok(n * 1009 > 2 * (HALF - 3 * API_SPOOL_EVENT), "both halves fill");
    ut_ok(api_spool_pressed(s), "it is pressed");

    room = api_spool_begin(s, API_SPOOL_ASIDE, API_SPOOL_EVENT);
    ut_ok(room != NULL, "there is room for the event that tells of it");
    api_spool_commit(s, API_SPOOL_ASIDE, line(room, n + 1, 10));

    ut_ok(api_spool_next(s, &bytes), "something is to be written");
    api_spool_wrote(s, 0);
    ut_ok(!put(s, n + 2, 10), "a sink that took nothing makes no room");

    while (drain(s, &r, 777)) {
    }

    ut_ok(!r.wrong && r.lines == n + 1, "all of it comes out");
    ut_int(api_spool_kept(s), n, "what is aside is not counted");
    ut_ok(put(s, n + 3, 10), "and it goes on");

    room = api_spool_begin(s, API_SPOOL_COUNT, API_SPOOL_EVENT);
    ut_ok(room != NULL, "one is begun");
    api_spool_bury(s);
    ut_int(s->lost[API_SPOOL_CRASH], 1, "and lost with its owner");
    api_spool_bury(s);
    ut_int(s->lost[API_SPOOL_CRASH], 1, "... once");
    ut_int(s->begun, api_spool_kept(s) + api_spool_lost(s), "sums agree");
}


/* A child fills and drains until it is killed. */

static void
child(api_spool_t *s, int fd)
{
    uint64_t   n;
    api_span_t bytes;

    for (n = 1;; n++) {
        (void) put(s, n, n % 700 + 1);

        if (n % 5 == 0 && api_spool_next(s, &bytes)) {
            ssize_t wrote = write(fd, bytes.data, bytes.len);
            api_spool_wrote(s, wrote > 0 ? (size_t) wrote : 0);
        }
    }
}


static void
test_killed(void)
{
    int          i, fd, status, torn = 0, wrong = 0, again = 0;
    pid_t        pid;
    api_span_t   bytes;
    api_spool_t *s;
    char         path[] = "/tmp/spoolXXXXXX";

    fd = mkstemp(path);
    unlink(path);

    for (i = 0; i < 300; i++) {
        s = make();

        if (ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET)) {
            abort();
        }

        pid = fork();

        if (pid == 0) {
            child(s, fd);
        }

        usleep((useconds_t) (i % 50) * 40);
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);

        api_spool_bury(s);
        wrong += s->begun != api_spool_kept(s) + api_spool_lost(s);
        again += api_spool_lost(s) > s->begun;

        while (api_spool_next(s, &bytes)) {
            torn += bytes.data[bytes.len - 1] != '\n';
            api_spool_wrote(s, bytes.len);
        }

        munmap(s, api_spool_bytes(HALF));
    }

    close(fd);

    ut_int(wrong, 0, "killed anywhere: begun is kept and lost");
    ut_int(torn, 0, "... what is left are whole events");
    ut_int(again, 0, "... and no more than there were");
}


/* An empty lane begins anew, instruction by instruction: wherever its owner
   dies there is nothing to tell, and no loss that never was. */

static bool
is_clean(const api_spool_t *s)
{
    api_spool_t copy = *s;
    uint64_t    crash = copy.lost[API_SPOOL_CRASH];

    api_spool_bury(&copy);

    return copy.lost[API_SPOOL_CRASH] == crash && !api_spool_untold(&copy)
           && api_spool_pending(&copy) == 0;
}


static void
fill(api_spool_t *s)
{
    uint64_t   n;
    api_span_t bytes;

    for (n = 1; n < 500; n++) {
        (void) put(s, n, n % 700 + 1);

        if (n % 3 == 0) {
            (void) api_spool_begin(s, API_SPOOL_COUNT, API_SPOOL_EVENT);
            api_spool_lose(s, (api_spool_cause_t) (n % API_SPOOL_NCAUSES));
        }
    }

    s->told = api_spool_lost(s);

    while (api_spool_next(s, &bytes)) {
        api_spool_wrote(s, bytes.len);
    }
}


static void
test_reset(void)
{
    int          status, steps = 0, wrong = 0;
    pid_t        pid;
    api_spool_t *s = make();

    fill(s);
    pid = fork();

    if (pid == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1) {
            _exit(1);
        }

        (void) raise(SIGSTOP);
        api_spool_reset(s);
        (void) raise(SIGSTOP);
        _exit(0);
    }

    (void) waitpid(pid, &status, 0);

    if (WIFEXITED(status)) {
        ut_ok(true, "# SKIP no ptrace here");
        return;
    }

    do {
        wrong += !is_clean(s);
        steps++;

        if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == -1) {
            abort();
        }

        (void) waitpid(pid, &status, 0);

    } while (WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);

    kill(pid, SIGKILL);
    (void) waitpid(pid, &status, 0);

    ut_int(wrong, 0, "a lane begins anew in %d steps: at none is there a lie",
        steps);
    ut_ok(steps > 50 && s->begun == 0 && api_spool_lost(s) == 0
              && api_spool_kept(s) == 0,
        "... and it is empty then");
}


/*
 * Heirs: processes that take a lane from a dead owner, die as owners do, and
 * come again under a number that was another's.  One at a time has it.
 */

#define HEIRS 4
#define DEATHS 20000

typedef struct {
    api_spool_t *s;
    uint64_t     born[HEIRS]; /* of who bears that number now; 0: nobody */
    uint64_t     holders;
    uint64_t     taken;
    uint64_t     wrong;
} estate_t;

static bool
is_dead(estate_t *e, uint64_t owner)
{
    uint64_t born;

    born = __atomic_load_n(
        &e->born[api_spool_pid(owner) % HEIRS], __ATOMIC_SEQ_CST);

    return born != api_spool_born(owner);
}


static void
heir(estate_t *e, int me)
{
    uint64_t owner, self, born = 1;

    while (__atomic_load_n(&e->taken, __ATOMIC_RELAXED) < DEATHS) {
        __atomic_store_n(&e->born[me], born, __ATOMIC_SEQ_CST);
        self = api_spool_process(me, born);
        owner = api_spool_owner(e->s);

        if (owner && !is_dead(e, owner)) {
            continue;
        }

        if (!api_spool_claim(e->s, owner, self)) {
            continue;
        }

        __atomic_add_fetch(&e->taken, 1, __ATOMIC_RELAXED);

        if (__atomic_add_fetch(&e->holders, 1, __ATOMIC_SEQ_CST) != 1) {
            __atomic_add_fetch(&e->wrong, 1, __ATOMIC_RELAXED);
        }

        if (api_spool_owner(e->s) != self) {
            __atomic_add_fetch(&e->wrong, 1, __ATOMIC_RELAXED);
        }

        __atomic_sub_fetch(&e->holders, 1, __ATOMIC_SEQ_CST);

        if (born % 3 == 0) {
            api_spool_release(e->s);
        }

        born++; /* dies, and is another one */
    }

    _exit(0);
}


static void
test_heirs(void)
{
    int       i;
    estate_t *e = mmap(NULL, sizeof(*e), PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (e == MAP_FAILED) {
        abort();
    }

    ut_int(api_spool_pid(api_spool_process(4194303, 77)), 4194303, "a pid");
    ut_int(api_spool_born(api_spool_process(4194303, 77)), 77, "... since");

    e->s = make();

    for (i = 0; i < HEIRS; i++) {
        if (fork() == 0) {
            heir(e, i);
        }
    }

    for (i = 0; i < HEIRS; i++) {
        wait(NULL);
    }

    ut_ok(e->taken >= DEATHS, "lanes of the dead are taken");
    ut_int(e->wrong, 0, "... by one at a time");
}


int
main(void)
{
    test_order();
    test_out();
    test_full();
    test_killed();
    test_reset();
    test_heirs();

    return ut_done();
}
