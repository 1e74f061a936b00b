/* The JSON writer: texts, limits, marks, misuse. */

#include "api_json.h"
#include "api_writer.h"
#include "ut.h"


static char         buf[4096];
static api_writer_t w;


static api_span_t
done(void)
{
    api_span_t out;

    return api_writer_done(&w, &out) == API_OK ? out : API_SPAN("(none)");
}


static int
verdict(void)
{
    api_span_t out;

    return api_writer_done(&w, &out);
}


static void
start(size_t size)
{
    api_writer_init(&w, buf, size);
}


static void
write_all(void)
{
    api_writer_object(&w);
    api_writer_name(&w, API_SPAN("s\n"));
    api_writer_string(&w, API_SPAN("a\"b"));
    api_writer_name(&w, API_SPAN("list"));
    api_writer_array(&w);
    api_writer_int(&w, 0);
    api_writer_int(&w, INT64_MIN);
    api_writer_uint(&w, UINT64_MAX);
    api_writer_bool(&w, true);
    api_writer_bool(&w, false);
    api_writer_null(&w);
    api_writer_array(&w);
    api_writer_end(&w);
    api_writer_object(&w);
    api_writer_end(&w);
    api_writer_raw(&w, API_SPAN("{\"x\":1}"));
    api_writer_string(&w, api_span(NULL, 0));
    api_writer_end(&w);
    api_writer_name(&w, API_SPAN(""));
    api_writer_fixed(&w, -1500, 3);
    api_writer_end(&w);
}


#define ALL                                                                   \
    "{\"s\\n\":\"a\\\"b\",\"list\":[0,-9223372036854775808,"                  \
    "18446744073709551615,true,false,null,[],{},{\"x\":1},\"\"],"             \
    "\"\":-1.500}"

static void
test_text(void)
{
    size_t     size;
    bool       ok;
    api_span_t got;

    start(sizeof(buf));
    write_all();
    ut_span(done(), API_SPAN(ALL), "everything");

    for (ok = true, size = 0; size < sizeof(ALL) - 1; size++) {
        start(size);
        memset(buf + size, '#', 16);
        write_all();
        ok = ok && verdict() == API_LIMIT && memcmp(buf + size, "####", 4) == 0
             && api_writer_full(&w);
    }

    ut_ok(ok, "no smaller buffer will do, and none is overrun");

    start(sizeof(ALL) - 1);
    write_all();
    got = done();
    ut_span(got, API_SPAN(ALL), "a buffer without a byte to spare");
}


static void
test_numbers(void)
{
    size_t i;

    static const struct {
        int64_t     v;
        unsigned    decimals;
        const char *text;
    } cases[] = {
        { 0, 0, "0" },
        { 0, 3, "0.000" },
        { 5, 3, "0.005" },
        { -5, 1, "-0.5" },
        { 1234567, 6, "1.234567" },
        { INT64_MAX, 0, "9223372036854775807" },
        { INT64_MIN, 18, "-9.223372036854775808" },
        { 1, 18, "0.000000000000000001" },
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        start(sizeof(buf));
        api_writer_fixed(&w, cases[i].v, cases[i].decimals);
        ut_span(done(), api_span(cases[i].text, strlen(cases[i].text)),
            "number %s", cases[i].text);
    }
}


static void
test_cut(void)
{
    start(sizeof(buf));
    ut_ok(api_writer_cut(&w, API_SPAN("abc"), 3), "nothing to cut");
    ut_span(done(), API_SPAN("\"abc\""), "all of it");

    start(sizeof(buf));
    ut_ok(!api_writer_cut(&w, API_SPAN("ab\xc3\xbc"), 3), "cut by max");
    ut_span(done(), API_SPAN("\"ab\""), "before a character, not in it");

    start(10);
    ut_ok(!api_writer_cut(&w, API_SPAN("a\"bcd\nef"), 99), "cut by size");
    ut_span(done(), API_SPAN("\"a\\\"bcd\\n\""), "all that fits");

    start(9);
    ut_ok(!api_writer_cut(&w, API_SPAN("a\"bcd\nef"), 99), "cut by size");
    ut_span(done(), API_SPAN("\"a\\\"bcd\""), "before an escape, not in it");

    start(2);
    ut_ok(!api_writer_cut(&w, API_SPAN("x"), 99), "room for quotes");
    ut_span(done(), API_SPAN("\"\""), "only the quotes");

    start(1);
    ut_ok(!api_writer_cut(&w, API_SPAN(""), 99), "no room for quotes");
    ut_int(verdict(), API_LIMIT, "is full");
}


/* An event with what fits, always closed, always told when cut. */

static api_span_t
event(size_t size)
{
    size_t            i;
    api_writer_mark_t mark;

    static const char *const fields[] = { "method", "path", "agent", "rules" };

    start(size);
    api_writer_object(&w);
    api_writer_reserve(&w, sizeof(",\"truncated\":false") - 1);

    for (i = 0; i < 4; i++) {
        mark = api_writer_mark(&w);

        api_writer_name(&w, api_span(fields[i], strlen(fields[i])));
        api_writer_array(&w);
        api_writer_string(&w, API_SPAN("value"));
        api_writer_end(&w);

        if (api_writer_full(&w)) {
            api_writer_rewind(&w, mark);
            break;
        }
    }

    api_writer_release(&w, 1000); /* no more than is set aside */
    api_writer_name(&w, API_SPAN("truncated"));
    api_writer_bool(&w, i < 4);
    api_writer_end(&w);

    return done();
}


static void
test_marks(void)
{
    size_t      size, n;
    bool        ok;
    api_json_t  doc;
    api_span_t  text;
    api_arena_t arena;

    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    n = event(sizeof(buf)).len;
    ut_span(event(sizeof(buf)),
        API_SPAN("{\"method\":[\"value\"],\"path\":[\"value\"],\"agent\":"
                 "[\"value\"],\"rules\":[\"value\"],\"truncated\":false}"),
        "an event");
    ut_span(event(40), API_SPAN("{\"method\":[\"value\"],\"truncated\":true}"),
        "an event that is cut");

    for (ok = true, size = 20; size < n + 5; size++) {
        memset(buf + size, '#', 16);
        text = event(size);
        ok = ok && memcmp(buf + size, "####", 4) == 0
             && api_json_parse(
                    &doc, text, NULL, 0, (api_sipkey_t){ 1, 2 }, &arena, NULL)
                    == API_OK;
    }

    ut_ok(ok, "an event in every size of buffer is JSON");
    ut_span(event(19), API_SPAN("(none)"), "but not in none");

    api_arena_free(&arena);
}


static void
test_misuse(void)
{
    unsigned bad;

    for (bad = 0; bad < 10; bad++) {
        start(sizeof(buf));

        switch (bad) {
        case 0: /* nothing written */
            break;
        case 1:
            api_writer_end(&w);
            break;
        case 2:
            api_writer_object(&w);
            break;
        case 3:
            api_writer_object(&w);
            api_writer_int(&w, 1);
            break;
        case 4:
            api_writer_array(&w);
            api_writer_name(&w, API_SPAN("x"));
            break;
        case 5:
            api_writer_object(&w);
            api_writer_name(&w, API_SPAN("x"));
            api_writer_end(&w);
            break;
        case 6:
            api_writer_object(&w);
            api_writer_name(&w, API_SPAN("x"));
            api_writer_name(&w, API_SPAN("y"));
            break;
        case 7:
            api_writer_null(&w);
            api_writer_null(&w);
            break;
        case 8:
            api_writer_raw(&w, API_SPAN(""));
            break;
        case 9:
            api_writer_fixed(&w, 1, 19);
            break;
        }

        ut_int(verdict(), API_INTERNAL, "misuse %u", bad);
    }
}


static void
test_depth(void)
{
    int i;

    start(sizeof(buf));

    for (i = 0; i < API_WRITER_MAX_DEPTH; i++) {
        api_writer_array(&w);
    }

    for (i = 0; i < API_WRITER_MAX_DEPTH; i++) {
        api_writer_end(&w);
    }

    ut_int(verdict(), API_OK, "as deep as it goes");

    start(sizeof(buf));

    for (i = 0; i <= API_WRITER_MAX_DEPTH; i++) {
        api_writer_array(&w);
    }

    ut_int(verdict(), API_INTERNAL, "and no deeper");
}


/* A text in pieces: wherever it goes on, the same bytes. */

static void
test_onward(void)
{
    char         whole[256], part[512];
    size_t       cut, n, k;
    unsigned     i;
    api_span_t   s = { NULL, 0 }, piece;
    api_writer_t out;

    for (cut = 0; cut < 12; cut++) {
        api_writer_init(&out, cut ? part : whole, cut ? 64 : sizeof(whole));
        n = 0;
        api_writer_object(&out);
        api_writer_name(&out, API_SPAN("a"));
        api_writer_array(&out);

        for (i = 1; i < 12; i++) {
            api_writer_uint(&out, i);

            if (i == cut) {
                k = (size_t) (out.pos - out.start);
                piece = api_writer_onward(&out, out.pos, 64);
                n += piece.len;
                ut_ok(piece.len == k, "cut behind %u", i);
            }
        }

        api_writer_end(&out);
        api_writer_end(&out);
        ut_int(api_writer_done(&out, &piece), API_OK, "... it ends well");

        if (cut == 0) {
            s = piece;

        } else {
            ut_ok(n + piece.len == s.len && memcmp(part, whole, s.len) == 0,
                "... and is the same");
        }
    }

    api_writer_init(&out, part, 64);
    api_writer_array(&out);
    api_writer_array(&out);
    (void) api_writer_onward(&out, part + 2, 1);
    ut_ok(api_writer_full(&out), "no room for the brackets that are open");
}


int
main(void)
{
    test_onward();
    test_text();
    test_numbers();
    test_cut();
    test_marks();
    test_misuse();
    test_depth();

    return ut_done();
}
