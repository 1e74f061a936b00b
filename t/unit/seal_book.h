/*
 * A sealed log in memory, written and judged: for tests that change it.
 */

#ifndef SEAL_BOOK_H
#define SEAL_BOOK_H

#include "api_seal_check.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>


#define LINES 4096
#define EPOCHS 6
#define PER_EPOCH 10
#define START 29000000u
#define CHAINS 4

static api_seal_t        *sha;
static api_seal_signer_t *signer;
static uint8_t            first_key[API_SEAL_LEN];

/* A log of some chains, and a statement each epoch. */

typedef struct {
    char    *line[LINES];
    size_t   n;
    int      chains;
    uint64_t seq[CHAINS];
    uint8_t  head[CHAINS][API_SEAL_LEN];
    char     chain[CHAINS][17];
    uint64_t due[CHAINS]; /* events that the log does not have yet */
    uint64_t lie;         /* ... as written, of chain 1, not as sealed */
    char     log, after;  /* sixteen times that */

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
        size_t all = 365 + (size_t) (y % 4 == 0 && (y % 100 || y % 400 == 0));

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


/* A statement about all chains, in chain c; more than two parts of heads make
   more lines of it. */

typedef struct {
    uint64_t from;
    uint64_t epoch;
    bool     stop;
    int      chain;
    int      per; /* heads in a line */
} seal_t;

static api_seal_head_t *
heads_of(const book_t *b)
{
    int                    i;
    static api_seal_head_t heads[CHAINS];

    for (i = 0; i < b->chains; i++) {
        memcpy(heads[i].chain, b->chain[i], API_SEAL_CHAIN);
        heads[i].seq = b->seq[i];
        heads[i].due = b->due[i];
        memcpy(heads[i].head, b->head[i], API_SEAL_LEN);
    }

    return heads;
}


/* What the last line of a statement has: size, nodes, MAC and note. */

static size_t
end_of(book_t *b, const api_seal_span_t *span, const uint8_t *key,
    const api_seal_head_t *heads, char *out, size_t size)
{
    char    text[1024], note[API_SEAL_NOTE_MAX], one[API_SEAL_TEXT];
    char    esc[1024], nodes[2048] = "";
    size_t  i, len, n = 0;
    uint8_t mac[API_SEAL_LEN];

    char                  origin[] = "gw/apisec/aaaaaaaaaaaaaaaa";
    api_seal_checkpoint_t point = { .origin = API_SPAN(origin) };

    memset(origin + 10, b->log, API_SEAL_CHAIN);

    for (i = 0; i < api_seal_tree_nodes(&b->tree); i++) {
        api_seal_text(b->tree.node[i], one);
        n += (size_t) snprintf(
            nodes + n, sizeof(nodes) - n, "%s\"%.43s\"", i ? "," : "", one);
    }

    len = api_seal_statement(span, heads, (size_t) b->chains, text);
    (void) api_seal_mac(key, api_span(text, len), mac);
    api_seal_text(mac, one);
    (void) api_seal_tree_add(sha, &b->tree, api_span(text, len));

    point.size = b->tree.size;
    (void) api_seal_tree_root(sha, &b->tree, point.root);
    (void) api_seal_note_sign(signer, &point, note, &len);

    for (i = 0, n = 0; i < len; i++) {
        n += (size_t) snprintf(
            esc + n, sizeof(esc) - n, note[i] == '\n' ? "\\n" : "%c", note[i]);
    }

    return (size_t) snprintf(out, size,
        ",\"size\":%llu,\"nodes\":[%s],\"mac\":\"%.43s\",\"note\":\"%s\"",
        (unsigned long long) b->tree.size, nodes, one, esc);
}


static void
statement(book_t *b, seal_t s, const uint8_t *key)
{
    int             i, part, parts, per = s.per ? s.per : b->chains;
    char            body[8192], h[API_SEAL_TEXT], late[24];
    size_t          n;
    uint64_t        due;
    api_seal_head_t heads[CHAINS];
    api_seal_span_t span = {
        .from = s.from, .epoch = s.epoch, .length = 60, .stop = s.stop
    };

    memset(span.log, b->log, API_SEAL_CHAIN);
    memset(span.after, b->after, API_SEAL_CHAIN);
    memcpy(heads, heads_of(b), sizeof(heads));
    parts = (b->chains + per - 1) / per;

    for (part = 1; part <= parts; part++) {
        n = (size_t) snprintf(body, sizeof(body),
            "\"checkpoint\":{\"log\":\"%.16s\",\"after\":"
            "\"%.16s\",\"from\":%llu,\"epoch\":%llu,\"length\":60,"
            "\"part\":%d,\"parts\":%d,%s\"heads\":[",
            (const char *) span.log, (const char *) span.after,
            (unsigned long long) s.from, (unsigned long long) s.epoch, part,
            parts, s.stop ? "\"stop\":true," : "");

        for (i = (part - 1) * per; i < part * per && i < b->chains; i++) {
            due = i == 1 && b->lie ? b->lie : heads[i].due;
            late[0] = '\0';

            if (due) {
                snprintf(
                    late, sizeof(late), ",%llu", (unsigned long long) due);
            }

            api_seal_text(heads[i].head, h);
            n += (size_t) snprintf(body + n, sizeof(body) - n,
                "%s[\"%.16s\",%llu,\"%.43s\"%s]", i % per ? "," : "",
                (const char *) heads[i].chain,
                (unsigned long long) heads[i].seq, h, late);
        }

        n += (size_t) snprintf(body + n, sizeof(body) - n, "]");

        if (part == parts) {
            n += end_of(b, &span, key, heads, body + n, sizeof(body) - n);
        }

        (void) snprintf(body + n, sizeof(body) - n, "}");
        add(b, s.chain, "seal", body, (s.epoch + 1) * 60);
    }
}


static void
begin(book_t *b, int chains)
{
    int c;

    memset(b, 0, sizeof(*b));
    b->chains = chains;
    b->log = 'a';
    b->after = '0';
    memcpy(b->key, first_key, sizeof(b->key));

    for (c = 0; c < chains; c++) {
        memset(b->chain[c], '1' + c, API_SEAL_CHAIN);
        (void) api_seal_first(
            sha, api_span(b->chain[c], API_SEAL_CHAIN), b->head[c]);
    }
}


static void
drop(book_t *b)
{
    while (b->n) {
        free(b->line[--b->n]);
    }
}


static char    told[512];
static int64_t later; /* than some minutes behind START */

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
    opts.now = (int64_t) (START + EPOCHS) * 60 + 3600 + later;

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


static inline api_seal_verdict_t
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
open_book(void)
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
}


static void
close_book(void)
{
    api_seal_signer_free(signer);
    api_seal_free(sha);
}


#endif /* SEAL_BOOK_H */
