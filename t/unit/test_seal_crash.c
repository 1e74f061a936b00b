/*
 * Everything was killed: what a log is then, and what somebody who changes it
 * cannot hide behind that.
 */

#include "seal_book.h"


#define LOST 3 /* events of chain 1 that were on their way */


/* An epoch of ten events of two chains, and its statement in chain `in`. */

static void
epoch(book_t *b, uint64_t e, int in, bool stop)
{
    int  i;
    char body[32];

    for (i = 0; i < PER_EPOCH; i++) {
        snprintf(body, sizeof(body), "\"x\":%d", i);
        add(b, i & 1, "request", body, e * 60 + (uint64_t) i);
    }

    statement(b, (seal_t){ .from = e, .epoch = e, .stop = stop, .chain = in },
        b->key);
    (void) api_seal_evolve(sha, b->key);
}


/* Another start: a log and chains of their own. */

static void
start(book_t *b, char log)
{
    int c;

    b->after = b->log;
    b->log = log;
    b->tree.size = 0;
    b->lie = 0;

    for (c = 0; c < b->chains; c++) {
        b->seq[c] = 0;
        b->due[c] = 0;
        memset(b->chain[c], log + 1 + c, API_SEAL_CHAIN);
        (void) api_seal_first(
            sha, api_span(b->chain[c], API_SEAL_CHAIN), b->head[c]);
    }
}


/* The last n lines of chain c are not in the log any more. */

static void
lose(book_t *b, int c, size_t n)
{
    size_t          i;
    api_seal_line_t l;

    for (i = b->n; i && n; i--) {
        (void) api_seal_line(
            api_span(b->line[i - 1], strlen(b->line[i - 1])), &l);

        if (memcmp(l.chain.data, b->chain[c], API_SEAL_CHAIN) == 0) {
            free(take(b, i - 1));
            n--;
        }
    }
}


/* Two epochs; the second statement says that LOST events are on their way. */

static void
killed(book_t *b)
{
    begin(b, 2);
    epoch(b, START, 0, false);
    b->due[1] = LOST;
    epoch(b, START + 1, 0, false);
}


/* nginx was started again, and ended as it should, hours later. */

static void
resume(book_t *b)
{
    uint64_t e, again = START + 10;

    for (e = START + 2; e < again; e++) {
        (void) api_seal_evolve(sha, b->key);
    }

    start(b, 'c');

    for (; e < again + 9; e++) {
        epoch(b, e, 1, e == again + 8);
    }
}


static void
check(
    book_t *b, api_seal_verdict_t expect, uint64_t unproven, const char *what)
{
    api_seal_sum_t sum;

    ut_int(judge(b, all(), &sum), expect, "%s: %s", what, told);

    if (expect == API_SEAL_MISSING) {
        ut_int(sum.unproven, unproven, "... so many are unproven");
    }
}


static void
test_lost(void)
{
    size_t n;
    book_t b;

    /* without the last one of an epoch nothing vouches for the others */

    for (n = 0; n <= LOST; n++) {
        killed(&b);
        lose(&b, 1, n);
        check(&b, API_SEAL_MISSING, n ? PER_EPOCH / 2 : 0,
            "killed, events on their way");
        resume(&b);
        check(&b, API_SEAL_MISSING, n ? PER_EPOCH / 2 : 0,
            "... and started again");
        drop(&b);
    }

    killed(&b);
    lose(&b, 1, LOST + 1);
    check(&b, API_SEAL_CHANGED, 0, "one more than were on their way");
    resume(&b);
    check(&b, API_SEAL_CHANGED, 0, "... and started again");
    drop(&b);

    killed(&b);
    free(take(&b, b.n - 3));
    check(&b, API_SEAL_CHANGED, 0, "... of the other chain");
    drop(&b);

    /* the number is under the key of the epoch, like all of a statement */

    begin(&b, 2);
    epoch(&b, START, 0, false);
    b.due[1] = LOST;
    b.lie = LOST + 1;
    epoch(&b, START + 1, 0, false);
    lose(&b, 1, LOST + 1);
    check(&b, API_SEAL_CHANGED, 1 + LOST, "who changes that number");
    drop(&b);
}


/* It was not killed: the events came. */

static void
test_alive(void)
{
    book_t b;

    killed(&b);
    b.due[1] = 0;
    epoch(&b, START + 2, 0, false);
    lose(&b, 1, PER_EPOCH / 2 + LOST);
    check(&b, API_SEAL_CHANGED, 0, "a later statement of the log");
    drop(&b);

    begin(&b, 2);
    epoch(&b, START, 0, false);
    b.due[1] = LOST;
    epoch(&b, START + 1, 0, true);
    lose(&b, 1, LOST);
    check(&b, API_SEAL_CHANGED, 0, "a log that has its end");
    drop(&b);

    /* a chain with nothing new is named again as long as it is on its way */

    killed(&b);
    epoch(&b, START + 2, 0, false);
    lose(&b, 1, LOST);
    check(&b, API_SEAL_MISSING, LOST + 2, "still on their way an epoch later");
    drop(&b);
}


/* A statement is an event too, and may be lost with its chain. */

static void
test_statement(void)
{
    book_t b;

    begin(&b, 2);
    epoch(&b, START, 0, false);
    epoch(&b, START + 1, 1, false);
    b.due[1] = LOST + PER_EPOCH / 2;
    epoch(&b, START + 2, 0, false);
    lose(&b, 1, 1 + PER_EPOCH / 2);
    check(&b, API_SEAL_MISSING, 1 + PER_EPOCH, "a statement on its way");
    drop(&b);

    begin(&b, 2);
    epoch(&b, START, 0, false);
    epoch(&b, START + 1, 1, false);
    b.due[1] = PER_EPOCH / 2;
    epoch(&b, START + 2, 0, false);
    lose(&b, 1, 1 + PER_EPOCH / 2);
    check(&b, API_SEAL_CHANGED, 0, "... that was there");
    drop(&b);
}


/* Events behind the last statement have no seal, and never get one; nor has
   that statement. */

static void
test_unsealed(void)
{
    int      i;
    uint64_t e = START + 2;
    book_t   b;

    killed(&b);
    for (i = 0; i < 4; i++) {
        add(&b, i & 1, "request", "\"x\":1", e * 60 + (uint64_t) i);
    }
    resume(&b);
    check(&b, API_SEAL_MISSING, 1 + 4, "written after the last seal");
    drop(&b);

    /* nobody had sealed anything yet */

    begin(&b, 2);
    for (i = 0; i < 4; i++) {
        add(&b, i & 1, "request", "\"x\":1", e * 60 + (uint64_t) i);
    }
    b.log = '0';
    for (e = START; e < START + 2; e++) {
        (void) api_seal_evolve(sha, b.key);
    }
    resume(&b);
    check(&b, API_SEAL_MISSING, 4, "killed before the first seal");
    drop(&b);

    /* while there was a log it would have sealed that chain */

    killed(&b);
    resume(&b);
    start(&b, 'm');
    add(&b, 0, "request", "\"x\":1", (START + 12) * 60);
    check(&b, API_SEAL_CHANGED, 0, "put in where a log was");
    free(take(&b, b.n - 1));
    start(&b, 'm');
    add(&b, 0, "request", "\"x\":1", (START + 11) * 60 - 1);
    add(&b, 0, "request", "\"x\":1", (START + 12) * 60);
    check(&b, API_SEAL_CHANGED, 0, "... or that reaches there");
    drop(&b);
}


static void
test_half(void)
{
    book_t b;

    killed(&b);
    put(&b, b.n, copy("{\"v\":1,\"kind\":\"request\",\"time\":\"2026-"));
    check(&b, API_SEAL_MISSING, 0, "half a line at the end");
    resume(&b);
    check(&b, API_SEAL_MISSING, 0, "... before the next start");
    put(&b, 5, copy("{\"v\":1,\"kind\":\"requests\""));
    check(&b, API_SEAL_CHANGED, 0, "... and among others");
    free(take(&b, 5));
    drop(&b);

    killed(&b);
    put(&b, b.n, copy("something else"));
    check(&b, API_SEAL_CHANGED, 0, "no half of a line");
    drop(&b);
}


int
main(void)
{
    open_book();

    test_lost();
    test_alive();
    test_statement();
    test_unsealed();
    test_half();

    close_book();

    return ut_done();
}
