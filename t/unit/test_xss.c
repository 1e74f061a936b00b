/* @detectXSS: corpora, what is said about a value, both ends of the value
   guarded, time in proportion to length. */

#include "api_xss_int.h"
#include "corpus.h"


static bool
detect(api_span_t value)
{
    return api_xss_detect(value, NULL);
}


static const struct {
    const char *value;
    const char *form;
    int         context;
    int         pos;
} said[] = {
    { "<script>", "element", API_XSS_TEXT, 0 },
    { "hello <SCRIPT >x", "element", API_XSS_TEXT, 6 },
    { "<img src=x onerror=alert(1)>", "handler", API_XSS_TEXT, 11 },
    { "<a href=javascript:x>", "address", API_XSS_TEXT, 3 },
    { "<p style='x:expression(1)'>", "style", API_XSS_TEXT, 3 },
    { "x\" onclick=y", "handler", API_XSS_UNQUOTED, 3 },
    { "\"onclick=y", "handler", API_XSS_DOUBLE, 1 },
    { "'onclick=y", "handler", API_XSS_SINGLE, 1 },
    { "`onclick=y", "handler", API_XSS_BACKQUOTE, 1 },
    { "javascript:alert(1)", "address", API_XSS_UNQUOTED, 0 },
    { "<!doctype x>", "declaration", API_XSS_TEXT, 0 },
    { "<!--[if x]>", "comment", API_XSS_TEXT, 0 },
    { "<iframe srcdoc=x>", "element", API_XSS_TEXT, 0 },
    { "<x srcdoc=x>", "attribute", API_XSS_TEXT, 3 },
    { "<set attributeName=onclick>", "attribute", API_XSS_TEXT, 5 },
};


static void
test_said(void)
{
    size_t    i;
    api_xss_t how;

    for (i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        api_span_t value = api_span(said[i].value, strlen(said[i].value));

        memset(&how, 0, sizeof(how));

        if (!ut_ok(api_xss_detect(value, &how), "%s", said[i].value)) {
            continue;
        }

        ut_int(how.context, said[i].context, "its context");
        ut_int(how.pos, said[i].pos, "its place");
        ut_ok(strcmp(said[i].form, how.form) == 0, "its form: %s", how.form);
    }
}


/* In parts the verdict is the same, of whatever size they are. */

static bool
in_parts(api_span_t value)
{
    int            rc;
    size_t         bytes;
    api_arena_t    arena;
    api_xss_job_t *job;

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    bytes = 1 + value.len % 5;
    job = api_xss_job(value, &arena);

    do {
        rc = api_xss_job_more(job, bytes);
    } while (rc == API_XSS_MORE);

    api_arena_free(&arena);

    return rc == 1;
}


static void
test_parts(void)
{
    size_t         n;
    api_arena_t    arena;
    api_xss_job_t *job;
    static char    text[65536];

    for (n = 0; n < sizeof(text); n += 16) {
        memcpy(
            text + n, n % 128 ? "a=\"b\" alt='c' d" : "<b x><i></i></b>", 16);
    }

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    job = api_xss_job(api_span(text, sizeof(text)), &arena);

    for (n = 0; api_xss_job_more(job, 1024) == API_XSS_MORE; n++) {
        /* void */
    }

    ut_ok(n >= 64, "64 KB in %zu parts", n);
    api_arena_free(&arena);
}


static void
test_random(void)
{
    int         i, blind;
    size_t      n, k, len;
    uint8_t     value[120];
    unsigned    found;
    ut_rand_t   rand = { 9 };
    api_span_t  back, front;
    const char *pieces[] = { "<", ">", "/", "<a", "<img ", "<svg", "<!--",
        "-->", "--!>", "<!", "<?", "</", "</script", "on", "onclick", "href",
        "style", "src", "=", "\"", "'", "`", "javascript", ":",
        "data:", "image/", "svg", "&#", "&#x", "&colon;", "106;", "6a;", "(",
        "\\", "[if", " ", "\t", "\n", "x", "attributename", "content" };

    for (i = 0, found = 0, blind = 0; i < 20000; i++) {
        for (n = 0; n < sizeof(value) - 16; n += len) {
            k = ut_below(&rand, sizeof(pieces) / sizeof(pieces[0]) + 3);

            if (k >= sizeof(pieces) / sizeof(pieces[0])) {
                break;
            }

            len = strlen(pieces[k]);
            memcpy(value + n, pieces[k], len);

            if (k == 0 && ut_below(&rand, 3) == 0) {
                value[n + len++] = 0;
            }
        }

        back = ut_guard(api_span(value, n));
        front = ut_guard_front(api_span(value, n));

        if (detect(back) != detect(front) || in_parts(back) != detect(front)) {
            ut_ok(false, "the place in memory does not count, nor do parts");
        }

        if (detect(back)) {
            found++;
            blind += !(api_transform_triggers(back) & API_XSS_TRIGGERS);
        }

        ut_guard_reset();
    }

    ut_ok(found > 0 && found < 20000, "%u of 20000 random values", found);
    ut_int(blind, 0, "all of them with a trigger");
}


static void
test_linear(void)
{
    size_t                   i;
    double                   small, large;
    static const char *const pieces[] = { "a", "<", "<a", "<a ", "<a>", "<a b",
        "<a b=", "<a b='", "<!--", "<!", "</", "</a", "<?", "'", "\"", "`",
        "a=b ", "a= ", "href=&", "href=&#", "href=&#x", "href=&#0",
        "href= ", "<a href=j", "<a href==", "<a href=;",
        "<a style=", "style=x ", "on", "onclick ", "<\n", "-->", "--!>", ":",
        "data:", "=;,", "content=;" };

    for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        small = corpus_cost(pieces[i], 8 * 1024, detect);
        large = corpus_cost(pieces[i], 64 * 1024, detect);

        ut_ok(large < small * 32 + 0.05, "piece %zu: %.2f and %.2f ms", i,
            small * 1e3, large * 1e3);
    }
}


int
main(void)
{
    corpus_count_t count;

    count = corpus_ask("t/waf/corpus/xss.txt", detect, true);
    ut_int(count.no, 0, "of %u attacks none is missed", count.yes);
    ut_ok(count.yes > 95, "the corpus is there");

    /* <Style id=...> is an element of KML, and one of HTML */

    count = corpus_ask("t/waf/corpus/xss-benign.txt", detect, false);
    ut_ok(count.yes <= 1, "of %u benign values one is detected", count.no);
    ut_ok(count.no > 100, "the corpus is there");

    ut_ok(api_xss_words_ok(), "names are where their letter says");

    ut_ok(!detect((api_span_t){ NULL, 0 }) && !in_parts(api_span("", 0)),
        "nothing is none");

    test_parts();
    test_said();
    test_random();
    test_linear();

    return ut_done();
}
