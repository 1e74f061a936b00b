/* One fetches, all read: leases, lost and dead holders, torn texts. */

#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "api_bulletin.h"
#include "ut.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>


#define MAX 4001

static bool all_alive = true;


static bool
alive(uint32_t pid)
{
    return all_alive && pid != 666;
}


static api_bulletin_t *
make(void)
{
    void *mem;

    mem = mmap(NULL, api_bulletin_size(MAX), PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    api_bulletin_init(mem, MAX);

    return mem;
}


static bool
reads(const api_bulletin_t *b, const char *text)
{
    size_t   len;
    uint8_t  buf[MAX];
    uint64_t number;

    return api_bulletin_read(b, buf, &len, &number)
           && api_span_eq(api_span(buf, len), api_span(text, strlen(text)));
}


static void
test_lease(void)
{
    uint64_t             lease, other;
    api_bulletin_t      *b = make();
    api_bulletin_state_t state;

    ut_int((int) api_bulletin_number(b), 0, "nothing yet");
    ut_ok(!reads(b, ""), "... to read");
    ut_ok(!api_bulletin_leased(b, 100, alive), "... nor leased");

    lease = api_bulletin_lease(b, 7, 100, 10, alive);
    ut_ok(lease != 0, "a lease");
    ut_ok(api_bulletin_leased(b, 109, alive), "... is held");
    ut_ok(api_bulletin_lease(b, 8, 109, 10, alive) == 0, "... by one");
    ut_ok(!api_bulletin_leased(b, 110, alive), "... until it ends");

    other = api_bulletin_lease(b, 8, 110, 10, alive);
    ut_ok(other != 0, "then another one has it");
    ut_ok(!api_bulletin_publish(b, lease, API_SPAN("old"), 111, 120)
              && !api_bulletin_confirm(b, lease, 111, 120)
              && !api_bulletin_fail(b, lease, 1, 120)
              && !api_bulletin_give_up(b, lease),
        "and the first comes too late with anything");
    ut_int((int) api_bulletin_number(b), 0, "... which changes nothing");

    ut_ok(api_bulletin_fail(b, other, 5, 130), "the other one fails");
    api_bulletin_state(b, &state);
    ut_ok(state.next == 130 && state.failures == 1 && state.reason == 5
              && state.attempts == 1 && state.fetched == 0,
        "... which is told");

    lease = api_bulletin_lease(b, 666, 130, 10, alive);
    ut_ok(lease != 0 && !api_bulletin_leased(b, 131, alive),
        "the lease of a dead process is none");

    lease = api_bulletin_lease(b, 9, 131, 10, alive);
    ut_ok(api_bulletin_give_up(b, lease), "given up");
    api_bulletin_state(b, &state);
    ut_int((int) state.attempts, 1, "... is as if not tried");
    ut_ok(api_bulletin_lease(b, 9, 131, 10, alive) != 0, "... and free");
}


static void
test_publish(void)
{
    char                *big;
    uint64_t             lease, number;
    api_bulletin_t      *b = make(), *copy = make();
    api_bulletin_state_t state;

    lease = api_bulletin_lease(b, 1, 100, 10, alive);
    ut_ok(api_bulletin_publish(b, lease, API_SPAN("text one"), 101, 131),
        "published");
    ut_ok(reads(b, "text one"), "... and read");
    number = api_bulletin_number(b);

    lease = api_bulletin_lease(b, 1, 140, 10, alive);
    ut_ok(api_bulletin_confirm(b, lease, 141, 171), "confirmed");
    api_bulletin_state(b, &state);
    ut_ok(api_bulletin_number(b) == number && state.fetched == 141
              && state.next == 171,
        "... the number stays, the time does not");

    lease = api_bulletin_lease(b, 1, 180, 10, alive);
    ut_ok(api_bulletin_publish(b, lease, API_SPAN("x"), 181, 199), "again");
    ut_ok(reads(b, "x") && api_bulletin_number(b) > number, "... a new one");

    api_bulletin_copy(copy, b);
    ut_ok(reads(copy, "x"), "copied to another zone");

    big = calloc(1, MAX + 2);
    memset(big, 'b', MAX + 1);
    lease = api_bulletin_lease(b, 1, 200, 10, alive);
    ut_ok(!api_bulletin_publish(b, lease, api_span(big, MAX + 1), 201, 209),
        "too large");
    ut_ok(reads(b, "x"), "... leaves what was there");
    big[MAX] = '\0';
    ut_ok(api_bulletin_publish(b, lease, api_span(big, MAX), 201, 209),
        "as large as may be");
    ut_ok(reads(b, big), "... is whole");
    free(big);
}


/* Readers never see a mixture, also when publishers are killed. */

static void
test_race(void)
{
    int             i, got, status, bad, round;
    char            text[MAX + 1];
    size_t          len, k;
    pid_t           pid;
    uint8_t         buf[MAX];
    uint64_t        lease, number;
    api_bulletin_t *b = make();

    bad = 0;
    all_alive = false; /* any lease can be taken: the worst there is */

    for (round = 0; round < 20; round++) {
        pid = fork();

        if (pid == 0) {
            for (i = 0;; i++) {
                memset(text, 'a' + i % 26, sizeof(text));
                lease = api_bulletin_lease(b, 3, 100, 10, alive);
                (void) api_bulletin_publish(b, lease,
                    api_span(text, (size_t) (1000 + i % 26 * 100)), 100, 100);
            }
        }

        for (i = 0, got = 0; i < 10000000 && got < 300; i++) {
            if (!api_bulletin_read(b, buf, &len, &number)) {
                continue;
            }

            got++;
            bad += len != 1000 + (size_t) (buf[0] - 'a') * 100;

            for (k = 0; k < len; k++) {
                bad += buf[k] != buf[0];
            }
        }

        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
    }

    ut_int(bad, 0, "what is read is what was published");

    lease = api_bulletin_lease(b, 3, 100, 10, alive);
    ut_ok(api_bulletin_publish(b, lease, API_SPAN("well"), 100, 100)
              && reads(b, "well"),
        "and a text half-written is repaired by the next");
}


int
main(void)
{
    test_lease();
    test_publish();
    test_race();

    return ut_done();
}
