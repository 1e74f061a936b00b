/*
 * Sealed logs whose lanes were written as somebody came round to them: behind
 * a full disk lines of a chain are in their order, chains and seals are not.
 */

#include "seal_book.h"


#define ORDERS 40

static uint32_t drawn;

static uint32_t
any(uint32_t n)
{
    drawn = drawn * 1664525u + 1013904223u;

    return (drawn >> 8) % n;
}


/* Statements in all chains, of one line or more; one of them was made twice,
   for its writer was killed. */

static void
make_lanes(book_t *b, uint64_t epochs, bool killed)
{
    int             i;
    char            body[64];
    uint64_t        e;
    api_seal_tree_t before;

    begin(b, CHAINS);

    for (e = START; e < START + epochs; e++) {
        seal_t s = { .from = e,
            .epoch = e,
            .stop = e == START + epochs - 1,
            .chain = (int) any(CHAINS),
            .per = any(2) ? 2 : 0 };

        for (i = 0; i < 8; i++) {
            snprintf(body, sizeof(body), "\"x\":%d", i);
            add(b, (int) any(CHAINS), "request", body,
                e * 60 + (uint64_t) i * 7);
        }

        for (i = 0; i < CHAINS; i++) {
            if (b->seq[i] == 0) {
                add(b, i, "request", "\"x\":9", e * 60 + 59);
            }
        }

        if (killed && e == START + 1) {
            before = b->tree;
            statement(b, s, b->key);
            b->tree = before;
            s.chain = (s.chain + 1) % CHAINS;
        }

        statement(b, s, b->key);
        (void) api_seal_evolve(sha, b->key);
    }
}


/* Chains in runs of up to `run` lines, the order within each kept. */

static void
mix(book_t *b, uint32_t run)
{
    int      c;
    size_t   i, n = 0, at[CHAINS] = { 0 };
    uint32_t left;
    book_t   to = *b;

    while (n < b->n) {
        c = (int) any(CHAINS);

        for (left = 1 + any(run); left && at[c] < b->n; at[c]++) {
            api_seal_line_t l;

            i = at[c];
            (void) api_seal_line(api_span(b->line[i], strlen(b->line[i])), &l);

            if (memcmp(l.chain.data, b->chain[c], API_SEAL_CHAIN) == 0) {
                to.line[n++] = b->line[i];
                left--;
            }
        }
    }

    memcpy(b->line, to.line, sizeof(to.line));
}


static void
make_mixed(book_t *b, uint32_t n)
{
    drawn = n;
    make_lanes(b, EPOCHS, n % 2 != 0);
    mix(b, 1 + n);
}


static void
test_order(void)
{
    size_t   i, j, missed = 0, tried = 0, fine = 0;
    char     was, *line, *at;
    book_t  *b = malloc(sizeof(book_t));
    uint32_t n;

    for (n = 0; n < ORDERS; n++) {
        make_mixed(b, n);

        if (verdict(b) == API_SEAL_FINE) {
            fine++;

        } else {
            printf("# order %u: %s\n", n, told);
        }

        /* ... and any line that is gone or changed is found */

        for (i = 0; i < 5; i++) {
            j = any((uint32_t) b->n);
            line = take(b, j);
            tried++;
            missed += verdict(b) == API_SEAL_FINE;
            put(b, j, line);

            at = line + 40 + any((uint32_t) strlen(line) - 60);
            was = *at;
            *at = was == 'x' ? 'y' : 'x';
            tried++;
            missed += verdict(b) == API_SEAL_FINE;
            *at = was;
        }

        drop(b);
    }

    ut_int(fine, ORDERS, "lanes are written as somebody comes round to them");
    ut_int(missed, 0, "%zu lines gone or changed: each is found", tried);
    free(b);
}


/* A disk that was full for hours; a seal that is gone all the same. */

static void
test_late(void)
{
    size_t          i, at = 0;
    char           *line;
    book_t         *b = malloc(sizeof(book_t));
    api_seal_sum_t  sum;
    api_seal_opts_t opts = all();

    drawn = 7;
    make_lanes(b, 300, true);
    mix(b, 10000);
    later = 300 * 60;
    ut_int(judge(b, opts, &sum), API_SEAL_FINE,
        "300 epochs, one lane behind the other: %s", told);
    ut_int(sum.seals, 301, "... all of them");

    for (i = 0; i < b->n; i++) {
        at = strstr(b->line[i], "\"note\"") && !strstr(b->line[i], "\"stop\"")
                 ? i
                 : at;
    }

    line = take(b, at);
    ut_int(judge(b, opts, &sum), API_SEAL_CHANGED, "but for one: %s", told);
    put(b, at, line);

    drop(b);

    /* the second file of two: what was sealed before is elsewhere */

    drawn = 8;
    make_lanes(b, 300, true);
    mix(b, 40);
    opts.part = true;
    at = b->n / 2;

    for (i = 0; i < at; i++) {
        free(take(b, 0));
    }

    ut_ok(judge(b, opts, &sum) != API_SEAL_CHANGED,
        "the second half, as a part: %s", told);
    later = 0;
    drop(b);
    free(b);
}


int
main(void)
{
    open_book();

    test_order();
    test_late();

    close_book();

    return ut_done();
}
