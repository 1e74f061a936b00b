/* Values of the JSON parser: members, elements, strings, raw text. */

#include "json/check.h"
#include "json/verdict.h"

#include <stdio.h>


static api_json_t doc;


/* The document of a literal; what it points to lives to the end. */

static void
load(api_span_t text, unsigned flags)
{
    api_err_t err;

    if (api_json_parse(&doc, ut_guard(text), NULL, flags, seed, &arena, &err)
        != API_OK)
    {
        ut_ok(false, "%s", err.text);
        exit(ut_done());
    }
}


static void
test_get(void)
{
    uint32_t i;

    load(API_SPAN("{\"a\":1,\"b\":{\"a\":2,\"c\":[{},[]]},\"\":3,"
                  "\"\\u0063\\n\":[4],\"d\\u0000\":5,\"e\":{}}"),
        API_JSON_ALLOW_NUL);

    ut_int(api_json_get(&doc, 0, API_SPAN("a")), 2, "a");
    ut_int(api_json_get(&doc, 0, API_SPAN("b")), 4, "b");
    ut_int(api_json_get(&doc, 4, API_SPAN("a")), 6, "the inner a");

    i = api_json_get(&doc, 4, API_SPAN("c"));
    ut_span(api_json_raw(&doc, i), API_SPAN("[{},[]]"), "c");

    i = api_json_get(&doc, 0, API_SPAN(""));
    ut_span(api_json_raw(&doc, i), API_SPAN("3"), "the empty name");

    i = api_json_get(&doc, 0, API_SPAN("c\n"));
    ut_span(api_json_raw(&doc, i), API_SPAN("[4]"), "a name with escapes");

    i = api_json_get(&doc, 0, API_SPAN("d\0"));
    ut_span(api_json_raw(&doc, i), API_SPAN("5"), "a name with a NUL");

    ut_int(api_json_get(&doc, 0, API_SPAN("d")), API_JSON_NONE, "no d");
    ut_int(api_json_get(&doc, 0, API_SPAN("A")), API_JSON_NONE, "no A");
    ut_int(api_json_get(&doc, 0, API_SPAN("c")), API_JSON_NONE,
        "no c in the root");
    ut_int(api_json_get(&doc, 2, API_SPAN("a")), API_JSON_NONE,
        "nothing in a number");
    ut_int(api_json_get(
               &doc, api_json_get(&doc, 0, API_SPAN("c\n")), API_SPAN("a")),
        API_JSON_NONE, "nothing in an array");
    ut_int(api_json_get(
               &doc, api_json_get(&doc, 0, API_SPAN("e")), API_SPAN("a")),
        API_JSON_NONE, "nothing in an empty object");
}


static void
test_at(void)
{
    uint32_t n;
    char     want[16];

    load(API_SPAN("[0,[1,[]],{\"a\":[2]},3,[],4]"), 0);

    ut_span(api_json_raw(&doc, api_json_at(&doc, 0, 0)), API_SPAN("0"), "0");
    ut_span(
        api_json_raw(&doc, api_json_at(&doc, 0, 1)), API_SPAN("[1,[]]"), "1");
    ut_span(api_json_raw(&doc, api_json_at(&doc, 0, 2)),
        API_SPAN("{\"a\":[2]}"), "2");
    ut_span(api_json_raw(&doc, api_json_at(&doc, 0, 3)), API_SPAN("3"), "3");
    ut_span(api_json_raw(&doc, api_json_at(&doc, 0, 4)), API_SPAN("[]"), "4");
    ut_span(api_json_raw(&doc, api_json_at(&doc, 0, 5)), API_SPAN("4"), "5");
    ut_int(api_json_at(&doc, 0, 6), API_JSON_NONE, "no more");
    ut_int(api_json_at(&doc, 0, UINT32_MAX), API_JSON_NONE, "nor that one");
    ut_int(api_json_at(&doc, 1, 0), API_JSON_NONE, "no element of a number");
    ut_int(api_json_at(&doc, api_json_at(&doc, 0, 2), 0), API_JSON_NONE,
        "nor of an object");
    ut_int(api_json_at(&doc, api_json_at(&doc, 0, 4), 0), API_JSON_NONE,
        "nor of an empty array");

    load(API_SPAN("[10,11,12,13]"), 0);

    for (n = 0; n < 4; n++) {
        snprintf(want, sizeof(want), "1%u", n);
        ut_span(api_json_raw(&doc, api_json_at(&doc, 0, n)), api_span(want, 2),
            "flat %u", n);
    }

    ut_int(api_json_at(&doc, 0, 4), API_JSON_NONE, "flat, no more");

    /* as many tokens as if it were flat, but it is not */

    load(API_SPAN("[[1],2]"), 0);
    ut_span(api_json_raw(&doc, api_json_at(&doc, 0, 1)), API_SPAN("2"),
        "behind an array");
}


static const struct {
    const char *text;
    api_span_t  want;
} strings[] = {
    { "\"\"", { (const uint8_t *) "", 0 } },
    { "\"abc\"", { (const uint8_t *) "abc", 3 } },
    { "\"\\\"\\\\\\/\"", { (const uint8_t *) "\"\\/", 3 } },
    { "\"\\b\\f\\n\\r\\t\"", { (const uint8_t *) "\b\f\n\r\t", 5 } },
    { "\"a\\u0041b\"", { (const uint8_t *) "aAb", 3 } },
    { "\"\\u00e9\\u00E9\"", { (const uint8_t *) "\xc3\xa9\xc3\xa9", 4 } },
    { "\"\\u007f\\u0080\"", { (const uint8_t *) "\x7f\xc2\x80", 3 } },
    { "\"\\u07ff\\u0800\"", { (const uint8_t *) "\xdf\xbf\xe0\xa0\x80", 5 } },
    { "\"\\ud7ff\\ue000\\uffff\"",
        { (const uint8_t *) "\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf", 9 } },
    { "\"\\ud800\\udc00\"", { (const uint8_t *) "\xf0\x90\x80\x80", 4 } },
    { "\"\\udbff\\udfff\"", { (const uint8_t *) "\xf4\x8f\xbf\xbf", 4 } },
    { "\"x\\ud83d\\ude00y\"", { (const uint8_t *) "x\xf0\x9f\x98\x80y", 6 } },
    { "\"a\\u0000b\"", { (const uint8_t *) "a\0b", 3 } },
    { "\"\\u0000\"", { (const uint8_t *) "\0", 1 } },
    { "\"\xe2\x82\xac\"", { (const uint8_t *) "\xe2\x82\xac", 3 } },
    { "\"plain text, then \\\"quotes\\\", then plain text again\"",
        { (const uint8_t *) "plain text, then \"quotes\", then plain text "
                            "again",
            48 } },
};


static void
test_strings(void)
{
    size_t      i;
    uint8_t     other[64];
    ut_alloc_t  u;
    api_span_t  s, w;
    api_arena_t a;

    for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        w = strings[i].want;
        load(api_span(strings[i].text, strlen(strings[i].text)),
            API_JSON_ALLOW_NUL);

        ut_int(api_json_string(&doc, 0, &arena, &s), API_OK, "string %zu", i);
        ut_span(s, w, "string %zu", i);
        ut_ok(api_json_string_eq(&doc, 0, ut_guard(w)), "is what it is");

        if (w.len) {
            ut_ok(!api_json_string_eq(
                      &doc, 0, ut_guard(api_span(w.data, w.len - 1))),
                "and no less");
        }

        memcpy(other, w.data, w.len);
        other[w.len] = 'x';
        ut_ok(
            !api_json_string_eq(&doc, 0, ut_guard(api_span(other, w.len + 1))),
            "and no more");

        other[0] ^= 1;
        ut_ok(!w.len
                  || !api_json_string_eq(
                      &doc, 0, ut_guard(api_span(other, w.len))),
            "and nothing else");

        ut_span(api_json_raw(&doc, 0),
            api_span(strings[i].text, strlen(strings[i].text)), "raw");
    }

    load(API_SPAN("[\"a\",\"\\n\",1]"), 0);

    ut_arm(&u, 1);
    api_arena_init(&a, &u.alloc, 0, 0);

    ut_int(api_json_string(&doc, 1, &a, &s), API_OK, "a view needs no memory");
    ut_ok(s.data == doc.text + doc.tok[1].off, "it is the text");
    ut_int(api_json_string(&doc, 2, &a, &s), API_NOMEM, "a copy does");
    ut_int(api_json_string(&doc, 3, &a, &s), API_INVALID, "1 is no string");
    ut_int(api_json_string(&doc, 0, &a, &s), API_INVALID, "nor is an array");
    ut_ok(!api_json_string_eq(&doc, 3, API_SPAN("1")), "nor equal to one");

    api_arena_free(&a);
}


static void
test_raw(void)
{
    uint32_t i;

    static const char *const raw[] = {
        "{ \"a\" : [ 1 , [ ] , { } ] , \"b\" : { \"c\" : { \"d\" : 2 } } }",
        "\"a\"", "[ 1 , [ ] , { } ]", "1", "[ ]", "{ }", "\"b\"",
        "{ \"c\" : { \"d\" : 2 } }", "\"c\"", "{ \"d\" : 2 }", "\"d\"", "2"
    };

    load(api_span(raw[0], strlen(raw[0])), 0);
    ut_int(doc.ntok, sizeof(raw) / sizeof(raw[0]), "tokens");

    for (i = 0; i < doc.ntok; i++) {
        ut_span(api_json_raw(&doc, i), api_span(raw[i], strlen(raw[i])),
            "raw %u", i);
    }

    ut_int(api_json_next(&doc, 0), doc.ntok, "behind the root");
    ut_int(api_json_next(&doc, 1), 6, "behind a member");
    ut_int(api_json_next(&doc, 2), 6, "behind an array");
    ut_int(api_json_next(&doc, 3), 4, "behind a number");
    ut_int(api_json_next(&doc, 4), 5, "behind an empty array");
}


int
main(void)
{
    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    test_get();
    test_at();
    test_strings();
    test_raw();

    api_arena_free(&arena);

    return ut_done();
}
