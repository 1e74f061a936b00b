/* @detectSQLi: corpora, what is said about a value, both ends of the value
   guarded, words, time in proportion to length. */

#include "api_sqli_int.h"
#include "corpus.h"

#include <stdio.h>


static bool
detect(api_span_t value)
{
    return api_sqli_detect(value, NULL);
}


static const struct {
    const char *value;
    const char *form;
    const char *fingerprint;
    int         context;
} said[] = {
    { "1 or 1=1", "boolean", "1&1=1", API_SQLI_BARE },
    { "' or 'a'='a", "boolean", "s&s=s", API_SQLI_SINGLE },
    { "\" or \"a\"=\"a", "boolean", "s&s=s", API_SQLI_DOUBLE },
    { "1 union select password from users", "union", "1UE", API_SQLI_BARE },
    { "-1 union all select 1", "union", "1UE", API_SQLI_BARE },
    { "1; drop table x", "stacked", NULL, API_SQLI_BARE },
    { "admin'--", "cut", "sc", API_SQLI_SINGLE },
    { "'='", "chain", "s=s", API_SQLI_SINGLE },
    { "1 and sleep(5)", NULL, NULL, API_SQLI_BARE },
    { "x' and json_keys(a)", NULL, NULL, API_SQLI_SINGLE },
    { "a from information_schema.tables", "catalog", NULL, API_SQLI_BARE },
    { "1 into outfile 'x'", "file", NULL, API_SQLI_BARE },
    { "]/1e5$$/limitinto outfile$$waitfor delay/", NULL, NULL, API_SQLI_BARE },
    { "1$a$b$a$or 1=1", NULL, NULL, API_SQLI_BARE },
};


static void
test_said(void)
{
    size_t     i;
    api_sqli_t how;

    for (i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        api_span_t value = api_span(said[i].value, strlen(said[i].value));

        memset(&how, 0, sizeof(how));

        if (!ut_ok(api_sqli_detect(value, &how), "%s", said[i].value)) {
            continue;
        }

        ut_int(how.context, said[i].context, "its context");
        ut_ok(said[i].form == NULL || strcmp(said[i].form, how.form) == 0,
            "its form: %s", how.form);

        if (said[i].fingerprint) {
            ut_span(api_span(how.fingerprint, strlen(how.fingerprint)),
                api_span(said[i].fingerprint, strlen(said[i].fingerprint)),
                "its fingerprint");
        }
    }
}


static void
test_tables(void)
{
    int         c, bad;
    static char text[32768];

    if (!ut_ok(api_sqli_slots_ok(text, sizeof(text)),
            "the slots are those of the words"))
    {
        printf("%s\n", text);
    }

    ut_ok(api_sqli_pairs_ok(), "the pairs of each letter are where they are");

    for (c = 0, bad = 0; c < 256; c++) {
        bad += api_sqli_word_byte((uint8_t) c)
               != (api_sqli_gate_kind[c] == API_SQLI_GATE_WORD);
    }

    ut_int(bad, 0, "the gate has the same bytes of words");
}


static void
test_index(void)
{
    static char text[16384];

    if (!ut_ok(api_sqli_form_index_ok(text, sizeof(text)),
            "the index is that of the forms"))
    {
        printf("%s", text);
    }
}


/* Without the triggers there is nothing to find. */

static void
test_triggers(void)
{
    int         i, bad;
    size_t      k, n;
    uint8_t     value[64];
    ut_rand_t   rand = { 3 };
    const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFXYZ0123456789._";

    for (i = 0, bad = 0; i < 20000; i++) {
        n = ut_below(&rand, sizeof(value));

        for (k = 0; k < n; k++) {
            value[k] = (uint8_t) plain[ut_below(&rand, strlen(plain))];
        }

        bad += api_transform_triggers(api_span(value, n)) & API_SQLI_TRIGGERS
                       || api_sqli_detect(api_span(value, n), NULL)
                   ? 1
                   : 0;
    }

    ut_int(bad, 0, "letters, digits, dots and underscores are never one");
}


/* Every word of the table is found by its own look-up. */

static void
test_words(void)
{
    static const struct {
        const char *word;
        int         type;
    } words[] = {
        { "abs", SQ_W_FUNCTION },
        { "AND", SQ_LOGIC },
        { "zeroblob", SQ_W_FUNCTION },
        { "xor", SQ_LOGIC },
        { "Union", SQ_UNION },
        { "select", SQ_SELECT },
        { "between", SQ_COMPARE },
        { "collate", SQ_CAST },
        { "year", SQ_NAME },
        { "", SQ_NAME },
        { "an", SQ_NAME },
        { "android", SQ_NAME },
        { "_x", SQ_NAME },
        { "sleep", SQ_W_DANGER },
        { "xp_cmdshell", SQ_CATALOG },
        { "json_keys", SQ_W_FUNCTION },
        { "null", SQ_VARIABLE },
        { "having", SQ_WHERE },
        { "utc_date", SQ_W_FUNCTION },
        { "distinct", SQ_FILLER },
        { "outer", SQ_NAME },
    };
    size_t      i, bad;
    const char *word;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        ut_int(api_sqli_word(api_span(words[i].word, strlen(words[i].word))),
            words[i].type, "\"%s\"", words[i].word);
    }

    for (i = 0, bad = 0; (word = api_sqli_entry(i)) != NULL; i++) {
        bad += api_sqli_word(api_span(word, strlen(word))) == SQ_NAME;
    }

    ut_ok(i > 400 && bad == 0, "all %zu words of the table are found", i);

    ut_int(api_sqli_words(API_SPAN("Order"), API_SPAN("BY")), SQ_ORDER,
        "two words");
    ut_int(api_sqli_words(API_SPAN("order"), API_SPAN("bye")), SQ_NAME,
        "... or not");
}


/* Where dull tokens are left out the verdict is that of all tokens folded:
   texts of words and punctuation with something in them now and then. */

static void
test_dull(void)
{
    bool                     found, same;
    char                     text[2048];
    size_t                   len, n, i, hits;
    ut_rand_t                r = { 7 };
    const char              *word;
    static const char *const dull[] = { "the ", "order ", "order by ", "and ",
        "or ", "is ", "like ", ", ", ". ", "; ", "= ", "+ ", "- ", "not ",
        "all ", "as ", "from ", "where ", "limit ", "set ", "count ", "sleep ",
        "a+", "b-", "! ", "x", "|| ", "late_", "* " };
    static const char *const sharp[] = { "1 ", "'a' ", "\"b\" ", "union ",
        "select ", "sleep(", "count(", ") ", "(", "-- ", "# ", "/*", "*/",
        "drop table ", "update ", "true ", "null ", "@@version ",
        "information_schema.tables ", "case when ", "waitfor delay ", "exec ",
        "into outfile ", "/*!50000 ", "[x] ", "`y` ", "::int ", "~1 ", "!0 ",
        "table ", "collate z ", "top 5 ", "n'q' ", "a.b ", "\n" };

    for (n = 0, hits = 0, same = true; n < 60000 && same; n++) {
        for (i = ut_below(&r, 90), len = 0; i > 0; i--) {
            word = ut_below(&r, 12)
                       ? dull[ut_below(&r, sizeof(dull) / sizeof(dull[0]))]
                       : sharp[ut_below(&r, sizeof(sharp) / sizeof(sharp[0]))];
            memcpy(text + len, word, strlen(word));
            len += strlen(word);
        }

        found = api_sqli_detect_all(api_span(text, len), NULL);
        hits += found;
        same = detect(api_span(text, len)) == found;

        if (!same) {
            fprintf(stderr, "# %.*s\n", (int) len, text);
        }
    }

    ut_ok(same, "dull tokens left out, the same for %zu texts", n);
    ut_ok(hits > n / 20 && hits < n - n / 20, "%zu of them injections", hits);
}


/* In parts the verdict is the same, of whatever size they are. */

static bool
in_parts(api_span_t value)
{
    int             rc;
    size_t          bytes;
    api_arena_t     arena;
    api_sqli_job_t *job;

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    bytes = 1 + value.len % 5;
    job = api_sqli_job(value, &arena);

    do {
        rc = api_sqli_job_more(job, bytes);
    } while (rc == API_SQLI_MORE);

    api_arena_free(&arena);

    return rc == 1;
}


static void
test_parts(void)
{
    size_t          n;
    api_arena_t     arena;
    api_sqli_job_t *job;
    static char     text[65536];

    for (n = 0; n < sizeof(text); n += 8) {
        memcpy(text + n, "it's 1, ", 8);
    }

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    job = api_sqli_job(api_span(text, sizeof(text)), &arena);

    for (n = 0; api_sqli_job_more(job, 1024) == API_SQLI_MORE; n++) {
        /* void */
    }

    ut_ok(n >= 64, "64 KB in %zu parts", n);
    api_arena_free(&arena);
}


/* Eight times the bytes take about eight times the time, whatever they are:
   what is quadratic takes 64 times. */

static void
test_linear(void)
{
    size_t                   i;
    double                   small, large;
    static const char *const pieces[] = { "a", "a ", "'", "\"", "''", "' ",
        "/*", "/* */", "--\n", "$a$", "$$ ", "q'[", "q'[a", "order ",
        "order/*", "(", ")", "f(", "(select ", "1 ", "1,", "[a", "`", "@",
        "@@a ", "a.", "0x", "1e", "#\n", "\\", "\\'", "::a", "union ", "case ",
        "collate ", ";", "{", "or ", "=", "+", "1+", "into/**/" };

    for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        small = corpus_cost(pieces[i], 8 * 1024, detect);
        large = corpus_cost(pieces[i], 64 * 1024, detect);

        ut_ok(large < small * 32 + 0.05, "piece %zu: %.2f and %.2f ms", i,
            small * 1e3, large * 1e3);
    }
}


static void
test_random(void)
{
    int         i;
    size_t      n, k, len;
    uint8_t     value[96];
    unsigned    found;
    ut_rand_t   rand = { 9 };
    api_span_t  back, front;
    const char *pieces[] = { "'", "\"", "`", "[", "]", "(", ")", "--", "#",
        "/*", "*/", "/*!", "$a$", "$", "q'", "@", "@@", ".", "::", "0x", "1",
        "1e", "or", "and", "union", "select", "order", "by", "into", "outfile",
        " ", "\n", "\\", "=", "|", "&", ";", ",", "sleep(", "n'", "top",
        "collate", "-", "\xff" };

    for (i = 0, found = 0; i < 20000; i++) {
        for (n = 0; n < sizeof(value) - 10; n += len) {
            k = ut_below(&rand, sizeof(pieces) / sizeof(pieces[0]) + 3);

            if (k >= sizeof(pieces) / sizeof(pieces[0])) {
                break;
            }

            len = strlen(pieces[k]);
            memcpy(value + n, pieces[k], len);
        }

        back = ut_guard(api_span(value, n));
        front = ut_guard_front(api_span(value, n));

        if (api_sqli_detect(back, NULL) != api_sqli_detect(front, NULL)) {
            ut_ok(false, "the place in memory does not count");
        }

        found += api_sqli_detect(back, NULL);
        ut_guard_reset();
    }

    ut_ok(found > 0 && found < 20000, "%u of 20000 random values", found);
}


int
main(void)
{
    corpus_count_t count;

    count = corpus_ask("t/waf/corpus/sqli.txt", detect, true);
    ut_int(count.no, 0, "of %u injections none is missed", count.yes);
    ut_ok(count.yes > 200, "the corpus is there");

    count = corpus_ask("t/waf/corpus/sqli-benign.txt", detect, false);
    ut_int(count.yes, 0, "of %u benign values none is detected", count.no);
    ut_ok(count.no > 300, "the corpus is there");

    count = corpus_ask("t/waf/corpus/sqli.txt", in_parts, true);
    ut_int(count.no, 0, "in parts none either");

    ut_ok(!detect((api_span_t){ NULL, 0 }) && !in_parts(api_span("", 0)),
        "nothing is none");

    test_tables();
    test_index();
    test_dull();
    test_said();
    test_triggers();
    test_words();
    test_random();
    test_parts();
    test_linear();

    return ut_done();
}
