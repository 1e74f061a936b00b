/* Each error of the JSON parser with its offset. */

#include "json/verdict.h"


static const struct {
    int         rc;
    int         code;
    int         pos;
    const char *text;
} refused[] = {
    { API_SYNTAX, API_JSON_E_EMPTY, 0, "" },
    { API_SYNTAX, API_JSON_E_EMPTY, 3, " \n\t" },
    { API_SYNTAX, API_JSON_E_BOM, 0, "\xef\xbb\xbf{}" },
    { API_SYNTAX, API_JSON_E_VALUE, 1, " \xef\xbb\xbf{}" },
    { API_SYNTAX, API_JSON_E_VALUE, 0, "'a'" },
    { API_SYNTAX, API_JSON_E_VALUE, 0, "+1" },
    { API_SYNTAX, API_JSON_E_VALUE, 0, ".5" },
    { API_SYNTAX, API_JSON_E_VALUE, 0, "]" },
    { API_SYNTAX, API_JSON_E_VALUE, 0, "\xff" },
    { API_SYNTAX, API_JSON_E_VALUE, 0, "\f1" },
    { API_SYNTAX, API_JSON_E_VALUE, 3, "[1,]" },
    { API_SYNTAX, API_JSON_E_VALUE, 1, "[,1]" },
    { API_SYNTAX, API_JSON_E_VALUE, 5, "{\"a\":}" },
    { API_SYNTAX, API_JSON_E_VALUE, 0, "True" },
    { API_SYNTAX, API_JSON_E_NAME, 1, "{1:2}" },
    { API_SYNTAX, API_JSON_E_NAME, 7, "{\"a\":1,}" },
    { API_SYNTAX, API_JSON_E_NAME, 1, "{,}" },
    { API_SYNTAX, API_JSON_E_NAME, 1, "{]" },
    { API_SYNTAX, API_JSON_E_COLON, 4, "{\"a\"}" },
    { API_SYNTAX, API_JSON_E_COLON, 5, "{\"a\" 1}" },
    { API_SYNTAX, API_JSON_E_COLON, 4, "{\"a\",1}" },
    { API_SYNTAX, API_JSON_E_COMMA, 3, "[1 2]" },
    { API_SYNTAX, API_JSON_E_COMMA, 2, "[1}" },
    { API_SYNTAX, API_JSON_E_COMMA, 6, "{\"a\":1]" },
    { API_SYNTAX, API_JSON_E_COMMA, 6, "{\"a\":1:2}" },
    { API_SYNTAX, API_JSON_E_COMMA, 2, "[1\f]" },
    { API_SYNTAX, API_JSON_E_COMMA, 2, "[1\xc2\xa0]" },
    { API_SYNTAX, API_JSON_E_COMMA, 5, "[true1]" },
    { API_SYNTAX, API_JSON_E_LITERAL, 1, "tRUE" },
    { API_SYNTAX, API_JSON_E_LITERAL, 4, "[nul]" },
    { API_SYNTAX, API_JSON_E_LITERAL, 5, " fals " },
    { API_SYNTAX, API_JSON_E_NUMBER, 2, "[01                   ]" },
    { API_SYNTAX, API_JSON_E_NUMBER, 3, "[-01                  ]" },
    { API_SYNTAX, API_JSON_E_NUMBER, 3, "[1.                   ]" },
    { API_SYNTAX, API_JSON_E_NUMBER, 2, "[-                    ]" },
    { API_SYNTAX, API_JSON_E_NUMBER, 5, "[1.5e                 ]" },
    { API_SYNTAX, API_JSON_E_NUMBER, 1, "-a" },
    { API_SYNTAX, API_JSON_E_NUMBER, 1, "--1" },
    { API_SYNTAX, API_JSON_E_NUMBER, 1, "01" },
    { API_SYNTAX, API_JSON_E_NUMBER, 2, "-01" },
    { API_SYNTAX, API_JSON_E_NUMBER, 1, "00.5" },
    { API_SYNTAX, API_JSON_E_NUMBER, 3, "[1.]" },
    { API_SYNTAX, API_JSON_E_NUMBER, 2, "1.e1" },
    { API_SYNTAX, API_JSON_E_NUMBER, 3, "[1e]" },
    { API_SYNTAX, API_JSON_E_NUMBER, 4, "[1e+]" },
    { API_SYNTAX, API_JSON_E_NUMBER, 3, "1e-+1" },
    { API_SYNTAX, API_JSON_E_COMMA, 5, "[1e+1.5]" },
    { API_SYNTAX, API_JSON_E_COMMA, 4, "[1.2.3]" },
    { API_SYNTAX, API_JSON_E_COMMA, 2, "[0x10]" },
    { API_SYNTAX, API_JSON_E_CONTROL, 2, "\"a\nb\"" },
    { API_SYNTAX, API_JSON_E_CONTROL, 1, "\"\x1f\"" },
    { API_SYNTAX, API_JSON_E_CONTROL, 21,
        "\"12345678901234567890\t1234567\"" },
    { API_SYNTAX, API_JSON_E_ESCAPE, 2, "\"\\a\"" },
    { API_SYNTAX, API_JSON_E_ESCAPE, 2, "\"\\'\"" },
    { API_SYNTAX, API_JSON_E_ESCAPE, 2, "\"\\U0041\"" },
    { API_SYNTAX, API_JSON_E_ESCAPE, 5, "\"\\u00g0\"" },
    { API_SYNTAX, API_JSON_E_ESCAPE, 3, "\"\\u\"" },
    { API_SYNTAX, API_JSON_E_ESCAPE, 6, "\"\\u004\"" },
    { API_SYNTAX, API_JSON_E_ESCAPE, 12, "\"\\ud800\\udc0\"" },
    { API_SYNTAX, API_JSON_E_SURROGATE, 2, "\"a\\udc00\"" },
    { API_SYNTAX, API_JSON_E_SURROGATE, 1, "\"\\udfff\"" },
    { API_SYNTAX, API_JSON_E_SURROGATE, 1, "\"\\ud800\\ue000\"" },
    { API_SYNTAX, API_JSON_E_SURROGATE, 1, "\"\\ud800\"" },
    { API_SYNTAX, API_JSON_E_SURROGATE, 1, "\"\\ud800a\"" },
    { API_SYNTAX, API_JSON_E_SURROGATE, 1, "\"\\ud800\\n\"" },
    { API_SYNTAX, API_JSON_E_SURROGATE, 1, "\"\\udbff\\ud800\"" },
    { API_SYNTAX, API_JSON_E_SURROGATE, 1, "\"\\ud800\\u0041\"" },
    { API_SYNTAX, API_JSON_E_SURROGATE, 13, "\"\\ud83d\\ude00\\ude00\"" },
    { API_SYNTAX, API_JSON_E_UTF8, 1, "\"\x80\"" },
    { API_SYNTAX, API_JSON_E_UTF8, 1, "\"\xc0\xaf\"" },
    { API_SYNTAX, API_JSON_E_UTF8, 1, "\"\xc2\"" },
    { API_SYNTAX, API_JSON_E_UTF8, 3, "\"\xc3\xa9\xc3(\"" },
    { API_SYNTAX, API_JSON_E_UTF8, 2, "\"a\xe0\x80\x80\"" },
    { API_SYNTAX, API_JSON_E_UTF8, 1, "\"\xed\xa0\x80\"" },
    { API_SYNTAX, API_JSON_E_UTF8, 1, "\"\xf4\x90\x80\x80\"" },
    { API_SYNTAX, API_JSON_E_UTF8, 1, "\"\xf8\x88\x80\x80\x80\"" },
    { API_SYNTAX, API_JSON_E_UTF8, 1, "\"\xff" },
    { API_SYNTAX, API_JSON_E_UTF8, 1, "\"\xed\xa0" },
    { API_SYNTAX, API_JSON_E_UTF8, 1, "\"\xf0\x8f" },
    { API_SYNTAX, API_JSON_E_UTF8, 2, "{\"\xfe\":1}" },
    { API_SYNTAX, API_JSON_E_END, 3, "\"\xf0\x90" },
    { API_SYNTAX, API_JSON_E_END, 4, "\"\xf4\x8f\xbf" },
    { API_SYNTAX, API_JSON_E_END, 2, "\"\xe0" },
    { API_SYNTAX, API_JSON_E_NUL, 1, "\"\\u0000\"" },
    { API_SYNTAX, API_JSON_E_NUL, 4, "{\"ab\\u0000\":1}" },
    { API_SYNTAX, API_JSON_E_END, 1, "[" },
    { API_SYNTAX, API_JSON_E_END, 2, "[ " },
    { API_SYNTAX, API_JSON_E_END, 2, "[1" },
    { API_SYNTAX, API_JSON_E_END, 3, "[1," },
    { API_SYNTAX, API_JSON_E_END, 1, "{" },
    { API_SYNTAX, API_JSON_E_END, 4, "{\"a\"" },
    { API_SYNTAX, API_JSON_E_END, 5, "{\"a\":" },
    { API_SYNTAX, API_JSON_E_END, 7, "{\"a\":1," },
    { API_SYNTAX, API_JSON_E_END, 1, "\"" },
    { API_SYNTAX, API_JSON_E_END, 2, "\"\\" },
    { API_SYNTAX, API_JSON_E_END, 3, "\"\\u" },
    { API_SYNTAX, API_JSON_E_END, 7, "\"\\ud800" },
    { API_SYNTAX, API_JSON_E_END, 8, "\"\\ud800\\" },
    { API_SYNTAX, API_JSON_E_END, 11, "\"\\ud800\\udc" },
    { API_SYNTAX, API_JSON_E_END, 1, "-" },
    { API_SYNTAX, API_JSON_E_END, 2, "1." },
    { API_SYNTAX, API_JSON_E_END, 2, "1e" },
    { API_SYNTAX, API_JSON_E_END, 3, "1e+" },
    { API_SYNTAX, API_JSON_E_END, 3, "tru" },
    { API_SYNTAX, API_JSON_E_TRAILING, 1, "1,2                   " },
    { API_SYNTAX, API_JSON_E_TRAILING, 2, "{},{}                 " },
    { API_SYNTAX, API_JSON_E_TRAILING, 2, "1 2" },
    { API_SYNTAX, API_JSON_E_TRAILING, 2, "{}{}" },
    { API_SYNTAX, API_JSON_E_TRAILING, 3, "[1]]" },
    { API_SYNTAX, API_JSON_E_TRAILING, 1, "1,2" },
    { API_SYNTAX, API_JSON_E_TRAILING, 4, "nulll" },
    { API_DUPLICATE, API_JSON_E_DUPLICATE, 7, "{\"a\":1,\"a\":2}" },
    { API_DUPLICATE, API_JSON_E_DUPLICATE, 7, "{\"a\":1,\"\\u0061\":2}" },
    { API_DUPLICATE, API_JSON_E_DUPLICATE, 9, "{\"sub\":1,\"su\\u0062\":2}" },
    { API_DUPLICATE, API_JSON_E_DUPLICATE, 10, "{\"\":[1,2],\"\":{" },
    { API_DUPLICATE, API_JSON_E_DUPLICATE, 14, "{\"a\":{\"a\":{}},\"a\":1}" },
};


static void
test_refused(void)
{
    size_t    i;
    verdict_t v;

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        v = parse_as(
            api_span(refused[i].text, strlen(refused[i].text)), NULL, 0);

        ut_ok(v.rc == refused[i].rc && v.code == refused[i].code
                  && v.pos == refused[i].pos,
            "refused %zu: got %d %s at %d, want %d %s at %d", i, v.rc,
            api_json_error_name(v.code), v.pos, refused[i].rc,
            api_json_error_name(refused[i].code), refused[i].pos);
    }
}


static void
test_policy(void)
{
    api_err_t  err;
    verdict_t  v;
    api_json_t doc;

    ut_int(parse_as(API_SPAN("\"\\u0000\""), NULL, API_JSON_ALLOW_NUL).rc,
        API_OK, "U+0000 where allowed");
    ut_int(parse_as(API_SPAN("{\"\\u0000\":1}"), NULL, API_JSON_ALLOW_NUL).rc,
        API_OK, "and in names");

    v = parse_as(API_SPAN("\"\0\""), NULL, API_JSON_ALLOW_NUL);
    ut_ok(v.code == API_JSON_E_CONTROL && v.pos == 1, "never a raw NUL");

    v = parse_as(API_SPAN("1\0"), NULL, 0);
    ut_ok(v.code == API_JSON_E_TRAILING && v.pos == 1, "nor behind a value");

    v = parse_as(API_SPAN("{\"a\":1,\"a\\u0000\":2,\"\\u0061\\u0000\":3}"),
        NULL, API_JSON_ALLOW_NUL);
    ut_ok(v.code == API_JSON_E_DUPLICATE && v.pos == 19,
        "names with a NUL are compared to their end");

    ut_int(api_json_parse(&doc, api_span("", (size_t) UINT32_MAX + 1), NULL, 0,
               seed, &arena, &err),
        API_LIMIT, "4 GiB");
    ut_ok(err.code == API_JSON_E_TEXT_LEN && err.pos == UINT32_MAX,
        "and where they end");

    ut_int(api_json_parse(&doc, API_SPAN("["), NULL, 0, seed, &arena, NULL),
        API_SYNTAX, "without an error to fill");
    ut_int(
        api_json_parse(&doc, api_span(NULL, 0), NULL, 0, seed, &arena, &err),
        API_SYNTAX, "no text at all");
    ut_int(err.code, API_JSON_E_EMPTY, "is empty");

    api_json_parse(&doc, API_SPAN("[1,]"), NULL, 0, seed, &arena, &err);
    ut_ok(strcmp(err.text, "a JSON value is expected at byte 3") == 0,
        "the text says what and where: %s", err.text);
}


static void
test_names(void)
{
    int i, k, same;

    same = 0;

    for (i = 0; i < API_JSON_NERRORS; i++) {
        for (k = 0; k < i; k++) {
            same +=
                strcmp(api_json_error_name(i), api_json_error_name(k)) == 0;
        }

        same += api_json_error_name(i)[0] == '\0';
    }

    ut_int(same, 0, "each error has a name of its own");
    ut_ok(strcmp(api_json_error_name(API_JSON_E_DUPLICATE), "duplicate_name")
              == 0,
        "duplicate_name");
    ut_ok(strcmp(api_json_error_name(-1), "unknown") == 0
              && strcmp(api_json_error_name(API_JSON_NERRORS), "unknown") == 0,
        "no other code has one");
    ut_ok(strcmp(api_json_type_name(API_JSON_OBJECT), "object") == 0
              && strcmp(api_json_type_name(API_JSON_NTYPES), "unknown") == 0
              && strcmp(api_json_type_name(-1), "unknown") == 0,
        "types too");
}


int
main(void)
{
    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    test_refused();
    test_policy();
    test_names();

    api_arena_free(&arena);

    return ut_done();
}
