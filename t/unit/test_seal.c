/*
 * Sealed logs that are changed in every way somebody might think of.
 */

#include "seal_book.h"


static void
make(book_t *b)
{
    int      i;
    char     body[64];
    uint64_t e;

    begin(b, 2);

    for (e = START; e < START + EPOCHS; e++) {
        for (i = 0; i < PER_EPOCH; i++) {
            snprintf(body, sizeof(body), "\"x\":%d", i);
            add(b, i & 1, "request", body, e * 60 + (uint64_t) i);
        }

        statement(b,
            (seal_t){ .from = e, .epoch = e, .stop = e == START + EPOCHS - 1 },
            b->key);
        (void) api_seal_evolve(sha, b->key);
    }
}


static void
test_bytes(void)
{
    size_t i, j, missed = 0, tried = 0;
    book_t b;

    make(&b);

    for (i = 0; i < b.n; i++) {
        for (j = 0; j < strlen(b.line[i]); j += 3 + (i % 7)) {
            char was = b.line[i][j];

            b.line[i][j] = was == 'x' ? 'y' : 'x';
            tried++;
            if (verdict(&b) == API_SEAL_FINE) {
                missed++;
                printf("# line %zu byte %zu: %s\n", i, j, told);
            }

            b.line[i][j] = was;
        }
    }

    ut_ok(tried > 1000, "%zu bytes were changed", tried);
    ut_int(missed, 0, "each is found");
    drop(&b);
}


/* Is the line that was moved two places down to i + 2 behind one of its own
   chain now?  Between chains there is no order. */

static bool
same(const book_t *b, size_t i)
{
    api_seal_line_t one, two;

    (void) api_seal_line(
        api_span(b->line[i + 2], strlen(b->line[i + 2])), &one);
    (void) api_seal_line(api_span(b->line[i], strlen(b->line[i])), &two);

    if (api_span_eq(one.chain, two.chain)) {
        return true;
    }

    (void) api_seal_line(
        api_span(b->line[i + 1], strlen(b->line[i + 1])), &two);

    return api_span_eq(one.chain, two.chain);
}


static void
test_lines(void)
{
    size_t i, gone = 0, swapped = 0, twice = 0, cut = 0;
    book_t b;
    char  *line;

    make(&b);

    for (i = 0; i < b.n; i++) {
        line = take(&b, i);

        if (i + 1 < b.n || verdict(&b) == API_SEAL_FINE) {
            gone += verdict(&b) == API_SEAL_FINE;
        }

        put(&b, i, line);
    }

    ut_int(gone, 0, "every line that is taken away is missed");

    for (i = 0; i + 2 < b.n; i++) {
        line = take(&b, i);
        put(&b, i + 2, line);
        swapped += same(&b, i) && verdict(&b) == API_SEAL_FINE;
        take(&b, i + 2);
        put(&b, i, line);
    }

    ut_int(swapped, 0, "every line that stands elsewhere is found");

    for (i = 0; i < b.n; i++) {
        put(&b, i + 1, copy(b.line[i]));
        twice += verdict(&b) != API_SEAL_FINE;
        free(take(&b, i + 1));
    }

    ut_int(twice, 0, "a line twice is folded: a writer was killed");

    for (i = 0; i + 1 < b.n; i++) {
        size_t n = b.n;

        b.n = i + 1;
        cut += verdict(&b) == API_SEAL_FINE;
        b.n = n;
    }

    ut_int(cut, 0, "wherever the end is cut off, it is missed");

    drop(&b);
}


static void
test_strange(void)
{
    book_t b;
    char  *line;

    make(&b);

    line = copy(b.line[3]);
    line[strlen(line) - 5] ^= 1;
    put(&b, b.n, line);
    ut_int(verdict(&b), API_SEAL_CHANGED, "a line that is brought back");
    free(take(&b, b.n - 1));

    line = copy("{\"v\":1,\"kind\":\"request\",");
    put(&b, 5, line);
    ut_int(verdict(&b), API_SEAL_FINE, "half a line before: %s", told);
    free(take(&b, 5));

    line = copy("something else");
    put(&b, 5, line);
    ut_int(verdict(&b), API_SEAL_CHANGED, "something that is no line");
    free(take(&b, 5));
    drop(&b);
}


static void
test_whole(void)
{
    book_t          b, other;
    uint8_t         key[API_SEAL_LEN];
    size_t          i;
    api_seal_sum_t  sum;
    api_seal_opts_t opts = all();

    make(&b);
    ut_int(
        judge(&b, opts, &sum), API_SEAL_FINE, "as it was written: %s", told);
    ut_int(sum.events, EPOCHS * (PER_EPOCH + 1), "all are counted");
    ut_int(sum.requests, EPOCHS * PER_EPOCH, "... the requests");
    ut_int(sum.seals, EPOCHS, "... the seals");
    ut_ok(sum.stopped, "and it has its end");

    opts.key[0] ^= 1;
    ut_int(judge(&b, opts, &sum), API_SEAL_CHANGED, "another first key");
    ut_ok(strstr(told, "key of epoch") != NULL, "... says so");
    opts.has_key = false;
    ut_int(judge(&b, opts, &sum), API_SEAL_FINE, "without a key it is fine");
    drop(&b);

    /* all of it made anew by somebody who has the key of a later epoch */

    make(&b);
    memcpy(key, b.key, sizeof(key));
    memcpy(first_key, key, sizeof(key));
    make(&other);
    memcpy(first_key, all().key, sizeof(key));

    opts = all();
    for (i = 0; i < sizeof(key); i++) {
        opts.key[i] = (uint8_t) i;
    }
    memcpy(first_key, opts.key, sizeof(key));

    ut_int(judge(&other, opts, &sum), API_SEAL_CHANGED,
        "made anew with a later key");
    drop(&other);
    drop(&b);

    /* two halves, the wrong way round and one alone */

    make(&b);
    for (i = 0; i < 33; i++) {
        put(&b, b.n - 0, take(&b, 0));
    }
    ut_int(judge(&b, all(), &sum), API_SEAL_CHANGED, "files in wrong order");
    b.n -= 33;
    ut_int(judge(&b, all(), &sum), API_SEAL_MISSING, "the second file alone");
    opts = all();
    opts.part = true;
    ut_int(judge(&b, opts, &sum), API_SEAL_FINE, "... as a part: %s", told);
    b.n += 33;
    drop(&b);
}


static void
test_memory(void)
{
    size_t            i, n;
    int               rc;
    book_t            b;
    ut_alloc_t        u;
    api_seal_opts_t   opts = all();
    api_seal_check_t *check;

    make(&b);

    for (n = 1;; n++) {
        ut_arm(&u, n);
        check = NULL;
        rc = api_seal_check_create(&check, &opts, &u.alloc);

        for (i = 0; rc == API_OK && i < b.n; i++) {
            rc = api_seal_check_line(
                check, api_span(b.line[i], strlen(b.line[i])), i + 1);
        }

        if (check) {
            api_seal_check_free(check);
        }

        if (u.live || (rc != API_OK && rc != API_NOMEM)) {
            break;
        }

        if (rc == API_OK && u.calls < n) {
            break;
        }
    }

    ut_int(u.live, 0, "nothing is kept, whichever allocation fails");
    ut_int(rc, API_OK, "until none does (%zu)", n);
    drop(&b);
}


int
main(void)
{
    open_book();

    test_whole();
    test_lines();
    test_strange();
    test_bytes();
    test_memory();

    close_book();

    return ut_done();
}
