/*
 * The JSON parser: what it accepts, its limits, the shape of the tape, memory.
 * What it refuses is in test_json_errors.c, names in test_json_dup.c, values
 * in test_json_value.c.
 */

#define _POSIX_C_SOURCE 200809L

#include "json/check.h"
#include "json/verdict.h"

#include <stdio.h>
#include <stdlib.h>


/* Documents that must be accepted; each of their prefixes is refused. */

static const char *const accepted[] = {
    "{}",
    "[]",
    "\"\"",
    " \t\r\n[ \t\r\n] \t\r\n",
    "{\"\":\"\"}",
    "[null,true,false]",
    "{\"a\":{\"a\":{\"a\":[]}},\"b\":[{\"a\":1},{\"a\":2}]}",
    "{\"a\" : 1 , \"A\"\n:\t2 }",
    "[0,-0,1,-1,10,0.0,-0.5,1e5,1E+5,1e-05,123.456e78]",
    "[9223372036854775807,9223372036854775808,-9223372036854775808,"
    "-9223372036854775809,1000000000000000000,123456789012345,1234567890123456"
    ",12345678901234567,-123456789012345,-1234567890123456,0.12345678901234,"
    "0.123456789012345,123456789012345.1]",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC\\ud83d\\ude00\"",
    "[\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\",\"\x7f\"]",
    "{\"su\\u0062\":1,\"su\\u0063\":2,\"suc\\u0000\":3}",
    "[\"a string of more than thirty-two bytes, with \\\"quotes\\\" in it\"]",
    "{\"a name of 32 bytes or somewhat more\":1,\"32 bytes and \\u0061\":2}",
    "{\"0123456789abcdef\":0,\"0123456789abcde\":1,\"0123456789abcdefg\":2}",
    "[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]",
    "[{},{},[],[[]],[{}],{\"a\":[]},{\"a\":{}},1,[2,[3,[4]]]]",
};


static void
test_accepted(void)
{
    size_t           i, n, wrong;
    verdict_t        v;
    api_err_t        err;
    api_span_t       s;
    api_json_t       doc;
    const char      *bad;
    api_arena_mark_t mark;

    for (i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
        mark = api_arena_mark(&arena);
        s = ut_guard(api_span(accepted[i], strlen(accepted[i])));
        bad = "parse";

        if (api_json_parse(
                &doc, s, NULL, API_JSON_ALLOW_NUL, seed, &arena, &err)
            == API_OK)
        {
            bad = json_check(
                &doc, &api_json_limits_default, API_JSON_ALLOW_NUL, &arena);
        }

        ut_ok(bad == NULL, "accepted %zu: %s", i, bad ? bad : "all holds");

        /* but for white space at the end, the document is a whole */

        while (s.data[s.len - 1] <= ' ') {
            s.len--;
        }

        wrong = 0;

        for (n = 0; n < s.len; n++) {
            v = parse_as(api_span(s.data, n), NULL, API_JSON_ALLOW_NUL);

            wrong +=
                v.rc != API_SYNTAX || v.pos != (int) n
                || (v.code != API_JSON_E_END && v.code != API_JSON_E_EMPTY);
        }

        ut_int(wrong, 0, "prefixes of %zu that do not end too early", i);

        api_arena_rewind(&arena, mark);
        ut_guard_reset();
    }
}


/* A short token at every distance from the end of the text, where reading 16
   bytes at once has to stop. */

static void
test_tail(void)
{
    char        text[64];
    size_t      t, pad, wrong;
    api_err_t   err;
    api_json_t  doc;
    const char *bad;

    static const char *const tails[] = { "\"ab\"", "1", "-12", "1.5", "-0.25",
        "12e3", "1234567890123456789", "true", "false", "null", "{\"ab\":1}",
        "{\"abcdefghijklmno\":{}}", "[1,2]", "\"\xc3\xa9\"", "\"\\n\"" };

    wrong = 0;

    for (t = 0; t < sizeof(tails) / sizeof(tails[0]); t++) {
        for (pad = 0; pad < 24; pad++) {
            snprintf(text, sizeof(text), "[%s%*s]", tails[t], (int) pad, "");

            bad = "parse";

            if (api_json_parse(&doc, ut_guard(api_span(text, strlen(text))),
                    NULL, 0, seed, &arena, &err)
                == API_OK)
            {
                bad = json_check(&doc, &api_json_limits_default, 0, &arena);
            }

            wrong += bad != NULL;
            api_arena_free(&arena);
        }
    }

    ut_int(wrong, 0, "tokens near the end");
}


static const struct {
    api_json_limits_t limits;
    int               code;
    int               pos;
    const char       *edge, *over;
} limited[] = {
    { { 0, 9, 9, 9, 9, 9 }, API_JSON_E_DEPTH, 1, " 1", " []" },
    { { 2, 9, 9, 9, 9, 9 }, API_JSON_E_DEPTH, 2, "[[1]]", "[[[" },
    { { 2, 9, 9, 9, 9, 9 }, API_JSON_E_DEPTH, 6, "[[],{}]", "[{\"a\":{}}]" },
    { { 9, 3, 9, 9, 9, 9 }, API_JSON_E_TOKENS, 5, "[1,2]", "[1,2,\"x" },
    { { 9, 3, 9, 9, 9, 9 }, API_JSON_E_TOKENS, 7, "{\"a\":1}", "{\"a\":1,\"" },
    { { 9, 1, 9, 9, 9, 9 }, API_JSON_E_TOKENS, 1, "7", "[[" },
    { { 9, 0, 9, 9, 9, 9 }, API_JSON_E_TOKENS, 0, NULL, "1" },
    { { 9, 9, 2, 9, 9, 9 }, API_JSON_E_MEMBERS, 6, "[1, 2]", "[1, 2,3" },
    { { 9, 9, 2, 9, 9, 9 }, API_JSON_E_MEMBERS, 13, "{\"a\":1,\"b\":2}",
        "{\"a\":1,\"b\":2,\"b\"" },
    { { 9, 9, 0, 9, 9, 9 }, API_JSON_E_MEMBERS, 1, "{}", "[1" },
    { { 9, 9, 9, 3, 9, 9 }, API_JSON_E_NAME_LEN, 5, "{\"abc\":1}",
        "{\"abcd\":1}" },
    { { 9, 9, 9, 6, 9, 9 }, API_JSON_E_NAME_LEN, 8, "{\"\\u0061\":1}",
        "{\"\\u0061b\":1}" },
    { { 9, 9, 9, 20, 9, 9 }, API_JSON_E_NAME_LEN, 22,
        "{\"12345678901234567890\":1}", "{\"12345678901234567890a\xff" },
    { { 9, 9, 9, 0, 9, 9 }, API_JSON_E_NAME_LEN, 2, "{\"\":1}", "{\"a\":1}" },
    { { 9, 9, 9, 9, 3, 9 }, API_JSON_E_STRING_LEN, 5, "[\"abc\"]",
        "[\"abcd\"]" },
    { { 9, 9, 9, 9, 3, 9 }, API_JSON_E_STRING_LEN, 4, "\"abc\"", "\"abcde" },
    { { 9, 9, 9, 9, 20, 9 }, API_JSON_E_STRING_LEN, 21,
        "\"123456789012345678\\n\"", "\"12345678901234567890a\n\"" },
    { { 9, 9, 9, 9, 9, 3 }, API_JSON_E_NUMBER_LEN, 4, "[100]", "[1000]" },
    { { 9, 9, 9, 9, 9, 3 }, API_JSON_E_NUMBER_LEN, 3, "-10", "-100" },
    { { 9, 9, 9, 9, 9, 5 }, API_JSON_E_NUMBER_LEN, 6, "[1.5e1,1.5e2        ]",
        "[1.5e10              ]" },
    { { 9, 9, 9, 9, 9, 17 }, API_JSON_E_NUMBER_LEN, 18,
        "[-1234567890123456                    ]",
        "[-12345678901234567x                   ]" },
    { { 9, 9, 9, 9, 9, 5 }, API_JSON_E_NUMBER_LEN, 6,
        "[-1234                 ]", "[-12345                ]" },
    { { 9, 9, 9, 3, 9, 9 }, API_JSON_E_NAME_LEN, 5,
        "{\"abc\":1                 }", "{\"abcd\":1                }" },
    { { 9, 9, 9, 9, 9, 4 }, API_JSON_E_NUMBER_LEN, 4, "0.12",
        "0.123                           " },
};


static void
test_limits(void)
{
    size_t    i;
    verdict_t v;

    for (i = 0; i < sizeof(limited) / sizeof(limited[0]); i++) {

        if (limited[i].edge) {
            v = parse_as(api_span(limited[i].edge, strlen(limited[i].edge)),
                &limited[i].limits, 0);
            ut_int(v.rc, API_OK, "limit %zu reached", i);
        }

        v = parse_as(api_span(limited[i].over, strlen(limited[i].over)),
            &limited[i].limits, 0);

        ut_ok(v.rc == API_LIMIT && v.code == limited[i].code
                  && v.pos == limited[i].pos,
            "limit %zu passed: got %d %s at %d, want %s at %d", i, v.rc,
            api_json_error_name(v.code), v.pos,
            api_json_error_name(limited[i].code), limited[i].pos);
    }
}


/* n times `open`, once `inner`, n times `close`; the caller frees it. */

static api_span_t
nested(size_t n, const char *open, const char *inner, const char *close)
{
    char  *p, *start;
    size_t i;

    start = malloc(n * (strlen(open) + strlen(close)) + strlen(inner) + 1);
    p = start;

    for (i = 0; i < n; i++) {
        p = stpcpy(p, open);
    }

    p = stpcpy(p, inner);

    for (i = 0; i < n; i++) {
        p = stpcpy(p, close);
    }

    return api_span(start, (size_t) (p - start));
}


static void
test_deep(void)
{
    size_t            n;
    verdict_t         v;
    api_json_t        doc;
    api_span_t        s;
    const char       *bad;
    api_json_limits_t limits;

    limits = api_json_limits_default;

    for (n = 64; n <= 65; n++) {
        s = nested(n, "[", "", "]");
        v = parse_as(s, NULL, 0);
        ut_ok(n == 64 ? v.rc == API_OK
                      : v.code == API_JSON_E_DEPTH && v.pos == 64,
            "%zu levels by default", n);
        free((void *) s.data);
    }

    limits.depth = UINT32_MAX;
    limits.tokens = UINT32_MAX;

    for (n = 65535; n <= 65536; n++) {
        s = nested(n, "[", "", "]");
        v = parse_as(s, &limits, 0);
        ut_ok(n == 65535 ? v.rc == API_OK
                         : v.code == API_JSON_E_DEPTH && v.pos == 65535,
            "%zu levels without limit: %d", n, v.rc);
        free((void *) s.data);
    }

    /* names of many levels at once, more than fit without memory */

    s = nested(500, "{\"a\":1,\"b\":[],\"c\":", "0", ",\"d\":2}");
    bad = "parse";

    if (api_json_parse(&doc, s, &limits, 0, seed, &arena, NULL) == API_OK) {
        bad = json_check(&doc, &limits, 0, &arena);
    }

    ut_ok(bad == NULL, "objects in objects: %s", bad ? bad : "all holds");
    free((void *) s.data);

    s = nested(500, "{\"a\":1,\"b\":[],\"c\":", "0", ",\"b\":2}");
    v = parse_as(s, &limits, 0);
    ut_ok(v.code == API_JSON_E_DUPLICATE && v.pos == 500 * 18 + 2,
        "the innermost has a name twice: %d at %d", v.code, v.pos);
    free((void *) s.data);
}


/* Every allocation fails once. */

static void
test_no_memory(void)
{
    int         rc;
    char        text[8192], *p;
    size_t      n, i, k, wrong;
    ut_alloc_t  u;
    api_err_t   err;
    api_json_t  doc;
    api_span_t  s;
    api_arena_t a;

    /* many short tokens, an object with many names, objects in objects */

    p = text;
    p += sprintf(p, "[{");

    for (i = 0; i < 100; i++) {
        p += sprintf(p, "\"%zu\":[0,0],", i);
    }

    for (i = 0; i < 12; i++) {
        p += sprintf(p, "\"m\":{");

        for (k = 0; k < 20; k++) {
            p += sprintf(p, "\"%zu\":0,", k);
        }
    }

    p += sprintf(p, "\"end\":0}}}}}}}}}}}}},[]]");
    s = api_span(text, (size_t) (p - text));
    wrong = 0;

    for (n = 1;; n++) {
        ut_arm(&u, n);
        api_arena_init(&a, &u.alloc, 64, 0);
        rc = api_json_parse(&doc, s, NULL, 0, seed, &a, &err);

        wrong += rc != API_OK && u.live != 0;
        api_arena_free(&a);
        wrong += u.live != 0;

        if (u.calls < n) {
            break;
        }

        wrong += rc != API_NOMEM || err.code != API_JSON_E_NOMEM;
    }

    ut_int(rc, API_OK, "parses with memory: %s", rc ? err.text : "");
    ut_ok(n > 5, "%zu allocations", n - 1);
    ut_int(wrong, 0, "each may fail, and all is given back");

    api_arena_init(&a, &api_alloc_libc, 0, 2048);
    ut_int(api_json_parse(&doc, s, NULL, 0, seed, &a, &err), API_NOMEM,
        "the arena's cap holds");
    api_arena_free(&a);
}


/* The tape of a document, token by token. */

static void
test_tape(void)
{
    size_t     i, wrong;
    api_json_t doc;

    static const api_json_tok_t want[] = {
        { 1, 3, { 11 }, API_JSON_OBJECT, 0, 0 },
        { 3, 1, { 0 }, API_JSON_NAME, 0, 1 },
        { 8, 4, { 7 }, API_JSON_ARRAY, 0, 1 },
        { 9, 2, { 0 }, API_JSON_INT, API_JSON_F_INT64 | API_JSON_F_NEG, 2 },
        { 14, 4, { 0 }, API_JSON_STRING, API_JSON_F_ESCAPED, 2 },
        { 21, 0, { 6 }, API_JSON_OBJECT, 0, 2 },
        { 25, 3, { 0 }, API_JSON_REAL, 0, 2 },
        { 31, 1, { 0 }, API_JSON_NAME, 0, 1 },
        { 34, 4, { 0 }, API_JSON_TRUE, 0, 1 },
        { 40, 7, { 0 }, API_JSON_NAME, API_JSON_F_ESCAPED, 1 },
        { 49, 4, { 0 }, API_JSON_NULL, 0, 1 },
    };

    ut_int(api_json_parse(&doc,
               API_SPAN(" {\"a\" : [-1, \"x\\ny\", {}, 1e3],"
                        "\"b\":true,\"\\u0063d\":null}"),
               NULL, 0, seed, &arena, NULL),
        API_OK, "a document");
    ut_int(doc.ntok, sizeof(want) / sizeof(want[0]), "its tokens");

    wrong = 0;

    for (i = 0; i < doc.ntok; i++) {
        const api_json_tok_t *t = &doc.tok[i], *w = &want[i];

        if (t->off != w->off || t->len != w->len || t->type != w->type
            || t->flags != w->flags || t->depth != w->depth
            || (t->type != API_JSON_NAME && t->u.next != w->u.next))
        {
            printf("# token %zu: off %u len %u next %u type %u flags %u "
                   "depth %u\n",
                i, t->off, t->len, t->u.next, t->type, t->flags, t->depth);
            wrong++;
        }
    }

    ut_int(wrong, 0, "tokens as they should be");
    ut_ok(doc.tok[9].u.hash == api_json_hash(seed, API_SPAN("cd")),
        "the hash is that of the decoded name");
}


int
main(void)
{
    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    test_accepted();
    test_tail();
    test_limits();
    test_deep();
    test_no_memory();
    test_tape();

    api_arena_free(&arena);

    return ut_done();
}
