/*
 * Sealed logs that are changed in every way somebody might think of.
 */

#include "api_seal_check.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>


#define LINES 4096
#define EPOCHS 6
#define PER_EPOCH 10
#define START 29000000u

static api_seal_t        *sha;
static api_seal_signer_t *signer;
static uint8_t            first_key[API_SEAL_LEN];

/* A log: two chains, a statement each epoch in the first of them. */

typedef struct {
    char    *line[LINES];
    size_t   n;
    uint64_t seq[2];
    uint8_t  head[2][API_SEAL_LEN];
    char     chain[2][17];

    api_seal_tree_t tree;
    uint8_t         key[API_SEAL_LEN];
} book_t;


static char *
copy(const char *s)
{
    char *p = malloc(strlen(s) + 1);

    return strcpy(p, s);
}


/* An event of chain c at that second. */

static void
add(book_t *b, int c, const char *kind, const char *body, uint64_t at)
{
    char   text[8192], seal[API_SEAL_TEXT];
    size_t n, day = (size_t) (at / 86400), secs = (size_t) (at % 86400);

    /* days since 1970 to a date, the slow and plain way */

    unsigned y = 1970, m = 0;

    static const unsigned len[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
        30, 31 };

    for (;; y++) {
        size_t all = 365 + (y % 4 == 0 && (y % 100 || y % 400 == 0));

        if (day < all) {
            break;
        }

        day -= all;
    }

    for (;; m++) {
        size_t all = len[m] + (m == 1 && y % 4 == 0);

        if (day < all) {
            break;
        }

        day -= all;
    }

    n = (size_t) snprintf(text, sizeof(text),
        "{\"v\":1,\"kind\":\"%s\",\"time\":\"%04u-%02u-%02uT%02zu:%02zu:"
        "%02zu.000Z\",%s,\"chain\":\"%s\",\"seq\":%llu",
        kind, y, m + 1, (unsigned) day + 1, secs / 3600, secs / 60 % 60,
        secs % 60, body, b->chain[c], (unsigned long long) ++b->seq[c]);

    (void) api_seal_next(sha, b->head[c], api_span(text, n));
    api_seal_text(b->head[c], seal);
    snprintf(text + n, sizeof(text) - n, ",\"seal\":\"%.43s\"}", seal);
    b->line[b->n++] = copy(text);
}


static void
statement(book_t *b, uint64_t epoch, bool stop, const uint8_t *key)
{
    char   text[1024], note[API_SEAL_NOTE_MAX], mac[API_SEAL_TEXT], body[4096];
    char   nodes[2048] = "", h[2][API_SEAL_TEXT], esc[1024];
    size_t len, i, n = 0;
    uint8_t               sum[API_SEAL_LEN];
    api_seal_head_t       heads[2];
    api_seal_checkpoint_t point = { .origin = API_SPAN(
                                        "gw/apisec/aaaaaaaaaaaaaaaa") };
    api_seal_span_t       span = {
              .from = epoch, .epoch = epoch, .length = 60, .stop = stop
    };

    memset(span.log, 'a', API_SEAL_CHAIN);
    memset(span.after, '0', API_SEAL_CHAIN);

    for (i = 0; i < 2; i++) {
        memcpy(heads[i].chain, b->chain[i], API_SEAL_CHAIN);
        heads[i].seq = b->seq[i];
        memcpy(heads[i].head, b->head[i], API_SEAL_LEN);
        api_seal_text(heads[i].head, h[i]);
    }

    for (i = 0; i < api_seal_tree_nodes(&b->tree); i++) {
        char one[API_SEAL_TEXT];

        api_seal_text(b->tree.node[i], one);
        n += (size_t) snprintf(
            nodes + n, sizeof(nodes) - n, "%s\"%.43s\"", i ? "," : "", one);
    }

    len = api_seal_statement(&span, heads, 2, text);
    (void) api_seal_mac(key, api_span(text, len), sum);
    api_seal_text(sum, mac);
    (void) api_seal_tree_add(sha, &b->tree, api_span(text, len));

    point.size = b->tree.size;
    (void) api_seal_tree_root(sha, &b->tree, point.root);
    (void) api_seal_note_sign(signer, &point, note, &len);

    for (i = 0, n = 0; i < len; i++) {
        n += (size_t) snprintf(
            esc + n, sizeof(esc) - n, note[i] == '\n' ? "\\n" : "%c", note[i]);
    }

    snprintf(body, sizeof(body),
        "\"checkpoint\":{\"log\":\"aaaaaaaaaaaaaaaa\",\"after\":"
        "\"0000000000000000\",\"from\":%llu,\"epoch\":%llu,\"length\":60,"
        "\"part\":1,\"parts\":1,%s\"heads\":[[\"%s\",%llu,\"%.43s\"],[\"%s\","
        "%llu,\"%.43s\"]],\"size\":%llu,\"nodes\":[%s],\"mac\":\"%.43s\","
        "\"note\":\"%s\"}",
        (unsigned long long) epoch, (unsigned long long) epoch,
        stop ? "\"stop\":true," : "", b->chain[0],
        (unsigned long long) b->seq[0], h[0], b->chain[1],
        (unsigned long long) b->seq[1], h[1],
        (unsigned long long) b->tree.size, nodes, mac, esc);

    add(b, 0, "seal", body, (epoch + 1) * 60);
}


static void
make(book_t *b)
{
    int      c, i;
    char     body[64];
    uint64_t e;

    memset(b, 0, sizeof(*b));
    strcpy(b->chain[0], "1111111111111111");
    strcpy(b->chain[1], "2222222222222222");
    memcpy(b->key, first_key, sizeof(b->key));

    for (c = 0; c < 2; c++) {
        (void) api_seal_first(
            sha, api_span(b->chain[c], API_SEAL_CHAIN), b->head[c]);
    }

    for (e = START; e < START + EPOCHS; e++) {
        for (i = 0; i < PER_EPOCH; i++) {
            snprintf(body, sizeof(body), "\"x\":%d", i);
            add(b, i & 1, "request", body, e * 60 + (uint64_t) i);
        }

        statement(b, e, e == START + EPOCHS - 1, b->key);
        (void) api_seal_evolve(sha, b->key);
    }
}


static void
drop(book_t *b)
{
    while (b->n) {
        free(b->line[--b->n]);
    }
}


static char told[512];

static void
report(void *ctx, api_seal_verdict_t verdict, uint64_t place, const char *text)
{
    (void) ctx;
    (void) verdict;
    (void) place;

    if (told[0] == '\0') {
        snprintf(told, sizeof(told), "%s", text);
    }
}


static api_seal_verdict_t
judge(const book_t *b, api_seal_opts_t opts, api_seal_sum_t *sum)
{
    size_t             i;
    api_seal_check_t  *check;
    api_seal_verdict_t v;

    told[0] = '\0';
    opts.report = report;
    opts.now = (int64_t) (START + EPOCHS) * 60 + 3600;

    if (api_seal_check_create(&check, &opts, &api_alloc_libc) != API_OK) {
        abort();
    }

    for (i = 0; i < b->n; i++) {
        (void) api_seal_check_line(
            check, api_span(b->line[i], strlen(b->line[i])), i + 1);
    }

    v = api_seal_check_end(check, sum);
    api_seal_check_free(check);

    return v;
}


static api_seal_opts_t
all(void)
{
    api_seal_opts_t opts = {
        .signer = signer, .has_key = true, .epoch = START
    };

    memcpy(opts.key, first_key, sizeof(opts.key));

    return opts;
}


static api_seal_verdict_t
verdict(const book_t *b)
{
    api_seal_sum_t sum;

    return judge(b, all(), &sum);
}


static char *
take(book_t *b, size_t at)
{
    char *line = b->line[at];

    b->n--;
    memmove(b->line + at, b->line + at + 1, (b->n - at) * sizeof(char *));

    return line;
}


static void
put(book_t *b, size_t at, char *line)
{
    memmove(b->line + at + 1, b->line + at, (b->n - at) * sizeof(char *));
    b->line[at] = line;
    b->n++;
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
    size_t    i;
    uint8_t   seed[32] = { 7 };
    api_err_t err;

    sha = api_seal_create(&api_alloc_libc);

    if (sha == NULL
        || api_seal_signer_make(
               &signer, API_SPAN("gw"), seed, &api_alloc_libc, &err)
               != API_OK)
    {
        abort();
    }

    for (i = 0; i < sizeof(first_key); i++) {
        first_key[i] = (uint8_t) i;
    }

    test_whole();
    test_lines();
    test_strange();
    test_bytes();
    test_memory();

    api_seal_signer_free(signer);
    api_seal_free(sha);

    return ut_done();
}
