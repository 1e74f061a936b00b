/* Tapes without a text: what is put in comes out, text is typed by a mask,
   copies keep their structure, misuse and memory are told at the end. */

#include "api_schema.h"
#include "api_tape.h"
#include "ut.h"


static const api_sipkey_t seed = { 21, 22 };


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


static const struct {
    const char *text;
    unsigned    types;
    int         want;
} texts[] = {
    { "12", API_SCHEMA_T_INTEGER, API_JSON_INT },
    { "12", API_SCHEMA_T_STRING, API_JSON_STRING },
    { "12", API_SCHEMA_T_ANY, API_JSON_INT },
    { "-1.5e+3", API_SCHEMA_T_NUMBER, API_JSON_REAL },
    { "01", API_SCHEMA_T_INTEGER, API_JSON_STRING },
    { "+1", API_SCHEMA_T_INTEGER, API_JSON_STRING },
    { "1.", API_SCHEMA_T_NUMBER, API_JSON_STRING },
    { ".5", API_SCHEMA_T_NUMBER, API_JSON_STRING },
    { "1e", API_SCHEMA_T_NUMBER, API_JSON_STRING },
    { "1e+", API_SCHEMA_T_NUMBER, API_JSON_STRING },
    { "-", API_SCHEMA_T_NUMBER, API_JSON_STRING },
    { "", API_SCHEMA_T_NUMBER, API_JSON_STRING },
    { " 1", API_SCHEMA_T_NUMBER, API_JSON_STRING },
    { "0x1", API_SCHEMA_T_NUMBER, API_JSON_STRING },
    { "NaN", API_SCHEMA_T_NUMBER, API_JSON_STRING },
    { "true", API_SCHEMA_T_BOOLEAN, API_JSON_TRUE },
    { "false", API_SCHEMA_T_BOOLEAN, API_JSON_FALSE },
    { "True", API_SCHEMA_T_BOOLEAN, API_JSON_STRING },
    { "1", API_SCHEMA_T_BOOLEAN, API_JSON_STRING },
    { "null", API_SCHEMA_T_NULL, API_JSON_NULL },
    { "null", API_SCHEMA_T_STRING, API_JSON_STRING },
    { "", API_SCHEMA_T_NULL, API_JSON_STRING },
};


static void
test_text(api_arena_t *arena)
{
    size_t     i;
    api_json_t json;
    api_tape_t t;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        api_tape_init(&t, arena, seed);
        api_tape_text(&t, ut_guard(str(texts[i].text)), texts[i].types);
        ut_int(api_tape_done(&t, &json), API_OK, "a value");
        ut_int(json.tok[0].type, texts[i].want, "\"%s\"", texts[i].text);
        ut_guard_reset();
    }
}


static const struct {
    const char *text;
    bool        fits;
    int64_t     v;
} numbers[] = {
    { "9223372036854775807", true, INT64_MAX },
    { "9223372036854775808", false, 0 },
    { "-9223372036854775808", true, INT64_MIN },
    { "-9223372036854775809", false, 0 },
    { "-0", true, 0 },
};


static void
test_numbers(api_arena_t *arena)
{
    size_t     i;
    int64_t    v;
    api_json_t json;
    api_tape_t t;

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        api_tape_init(&t, arena, seed);
        ut_ok(api_tape_number(&t, str(numbers[i].text)), "a number");
        api_tape_done(&t, &json);
        ut_int(api_json_int64(&json, 0, &v), numbers[i].fits, "%s",
            numbers[i].text);
        ut_ok(!numbers[i].fits || v == numbers[i].v, "its value");
    }
}


/* The same tape as the parser makes of the same value. */

static void
test_same(api_arena_t *arena)
{
    uint32_t   i;
    api_json_t a, b, c;
    api_tape_t t;
    api_span_t text;

    text = API_SPAN("{\"a\\u0041\":[1,{},[]],\"b\":{\"c\":\"d\\n\"},\"e\":"
                    "[null,true,false,-1.5]}");
    ut_int(api_json_parse(&a, text, NULL, 0, seed, arena, NULL), API_OK,
        "parsed");

    api_tape_init(&t, arena, seed);
    api_tape_object(&t);
    api_tape_name(&t, API_SPAN("aA"));
    api_tape_array(&t);
    api_tape_number(&t, API_SPAN("1"));
    api_tape_object(&t);
    api_tape_end(&t);
    api_tape_array(&t);
    api_tape_end(&t);
    api_tape_end(&t);
    api_tape_name(&t, API_SPAN("b"));
    api_tape_copy(&t, &a, api_json_get(&a, 0, API_SPAN("b")));
    api_tape_name(&t, API_SPAN("e"));
    api_tape_array(&t);
    api_tape_null(&t);
    api_tape_bool(&t, true);
    api_tape_bool(&t, false);
    api_tape_number(&t, API_SPAN("-1.5"));
    api_tape_end(&t);
    api_tape_end(&t);
    ut_int(api_tape_done(&t, &b), API_OK, "built");

    api_tape_init(&t, arena, seed);
    ut_int(api_tape_copy(&t, &a, 0), 0, "copied to token 0");
    ut_int(api_tape_done(&t, &c), API_OK, "copied");

    ut_int(b.ntok, a.ntok, "as many tokens");
    ut_int(c.ntok, a.ntok, "in the copy too");

    for (i = 0; i < a.ntok && i < b.ntok; i++) {
        if (a.tok[i].type != b.tok[i].type || a.tok[i].depth != b.tok[i].depth
            || (a.tok[i].type >= API_JSON_NAME
                && a.tok[i].u.next != b.tok[i].u.next)
            || (a.tok[i].type >= API_JSON_ARRAY
                && a.tok[i].len != b.tok[i].len)
            || memcmp(&b.tok[i].u, &c.tok[i].u, 4) != 0
            || b.tok[i].depth != c.tok[i].depth
            || b.tok[i].len != c.tok[i].len)
        {
            break;
        }
    }

    ut_int(i, a.ntok, "and all alike");
    ut_ok(api_json_get(&b, 0, API_SPAN("aA")) != API_JSON_NONE, "aA");
    i = api_json_get(&c, 0, API_SPAN("b"));
    i = api_json_get(&c, i, API_SPAN("c"));
    ut_ok(api_json_string_eq(&c, i, API_SPAN("d\n")), "escapes are decoded");
}


static void
test_misuse(api_arena_t *arena)
{
    api_json_t json;
    api_tape_t t;

    api_tape_init(&t, arena, seed);
    ut_int(api_tape_done(&t, &json), API_INTERNAL, "nothing");
    api_tape_init(&t, arena, seed);
    api_tape_object(&t);
    ut_int(api_tape_done(&t, &json), API_INTERNAL, "open");
    api_tape_init(&t, arena, seed);
    api_tape_object(&t);
    api_tape_null(&t);
    api_tape_end(&t);
    ut_int(api_tape_done(&t, &json), API_INTERNAL, "a value without a name");
    api_tape_init(&t, arena, seed);
    api_tape_array(&t);
    api_tape_name(&t, API_SPAN("a"));
    api_tape_end(&t);
    ut_int(api_tape_done(&t, &json), API_INTERNAL, "a name in an array");
    api_tape_init(&t, arena, seed);
    api_tape_end(&t);
    ut_int(api_tape_done(&t, &json), API_INTERNAL, "an end too many");
}


static int
build(const api_alloc_t *alloc)
{
    int         i, rc;
    api_tape_t  t;
    api_json_t  json;
    api_arena_t arena;

    api_arena_init(&arena, alloc, 64, 0);
    api_tape_init(&t, &arena, seed);
    api_tape_array(&t);

    for (i = 0; i < 100; i++) {
        api_tape_string(&t, API_SPAN("some text of a parameter"));
    }

    api_tape_end(&t);
    rc = api_tape_done(&t, &json);
    ut_ok(rc != API_OK || json.tok[0].len == 100, "all are there");
    api_arena_free(&arena);

    return rc;
}


static void
test_oom(void)
{
    int        rc;
    size_t     n;
    ut_alloc_t u;

    for (n = 1;; n++) {
        ut_arm(&u, n);
        rc = build(&u.alloc);

        if (u.live || u.calls < n || rc != API_NOMEM) {
            break;
        }
    }

    ut_int(u.live, 0, "nothing is left");
    ut_int(rc, API_OK, "at last it is built");
}


int
main(void)
{
    api_arena_t arena;

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    test_text(&arena);
    test_numbers(&arena);
    test_same(&arena);
    test_misuse(&arena);
    test_oom();
    api_arena_free(&arena);

    return ut_done();
}
