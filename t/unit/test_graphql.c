/* GraphQL: documents, costs through fragments, each refusal, strings. */

#include "api_graphql.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


static const struct {
    const char        *text;
    api_graphql_cost_t cost; /* depth, fields, aliases, root, directives */
    bool               introspection;
} good[] = {
    { "{a}", { 1, 1, 0, 1, 0 }, false },
    { "query { a b , c }", { 1, 3, 0, 3, 0 }, false },
    { "query Q($a: Int! = 1, $b: [[S!]!]! @d) @x { a(x: $a, y: [1, {b: c}]) }",
        { 1, 1, 0, 1, 2 }, false },
    { "mutation M { x: a { y: b { c } } d }", { 3, 4, 2, 2, 0 }, false },
    { "subscription { a @skip(if: true) @b }", { 1, 1, 0, 1, 2 }, false },
    { "{ ... { a ... on T { b { c } } } d }", { 2, 4, 0, 3, 0 }, false },
    { "{ ... @include(if: $x) { a } }", { 1, 1, 0, 1, 1 }, false },
    { "{ a { ...F } ...F } fragment F on T { x { y } z: w }",
        { 3, 7, 2, 3, 0 }, false },
    { "fragment A on T { ...B } { ...A ...A } fragment B on T { b: b @d }",
        { 1, 2, 2, 2, 2 }, false },
    { "query A { a } query B { b { c } d }", { 2, 3, 0, 2, 0 }, false },
    { "{ __schema { types { name } } }", { 3, 3, 0, 1, 0 }, true },
    { "{ a { ...F } } fragment F on Query { x: __type(name: \"T\") { name } }",
        { 3, 3, 1, 1, 0 }, true },
    { "{ __typename }", { 1, 1, 0, 1, 0 }, false },
    { "{ query mutation on: fragment type }", { 1, 4, 1, 4, 0 }, false },
    { "# comment\r\xef\xbb\xbf{,a,,#x\nb}", { 1, 2, 0, 2, 0 }, false },
    { "{ a(b: -0, c: 1.5e-3, d: \"x\\u0041\\n\", e: \"\"\"b \\\"\"\" \"\"\", "
      "f: null, g: [], h: {}, i: E) }",
        { 1, 1, 0, 1, 0 }, false },
    { "fragment unused on T { a } { b }", { 1, 1, 0, 1, 0 }, false },
    { "{ a(x: {a: 1, b: {a: 2}}, y: {a: 1}) @d(x: 1) }", { 1, 1, 0, 1, 1 },
        false },
};


static void
check_good(size_t i)
{
    api_err_t     err = { 0 };
    api_arena_t   a;
    api_graphql_t doc;

    api_arena_init(&a, &api_alloc_libc, 0, 0);

    if (ut_int(api_graphql_parse(
                   &doc, ut_guard(str(good[i].text)), NULL, &a, &err),
            API_OK, "good %zu (%s at %zu)", i, err.text, err.pos))
    {
        ut_int(doc.cost.depth, good[i].cost.depth, "depth");
        ut_int(doc.cost.fields, good[i].cost.fields, "fields");
        ut_int(doc.cost.aliases, good[i].cost.aliases, "aliases");
        ut_int(doc.cost.root, good[i].cost.root, "root fields");
        ut_int(doc.cost.directives, good[i].cost.directives, "directives");
        ut_int(doc.introspection, good[i].introspection, "introspection");
    }

    api_arena_free(&a);
}


static const api_graphql_limits_t small = { 200, 40, 3, 6, 2, 4, 2, 2, 2, 3,
    3 };

#define E(name) API_GRAPHQL_E_##name

static const struct {
    const char *text;
    int         rc;
    int         code;
    int         pos;
} bad[] = {
    { "", API_SYNTAX, E(EMPTY), 0 },
    { " #x", API_SYNTAX, E(EMPTY), 3 },
    { "fragment F on T { a }", API_SYNTAX, E(EMPTY), 21 },
    { "{", API_SYNTAX, E(TOKEN), 1 },
    { "{}", API_SYNTAX, E(TOKEN), 1 },
    { "{a", API_SYNTAX, E(TOKEN), 2 },
    { "{a{}}", API_SYNTAX, E(TOKEN), 3 },
    { "{a}}", API_SYNTAX, E(TOKEN), 3 },
    { "{{a}}", API_SYNTAX, E(TOKEN), 1 },
    { "{a{b}{c}}", API_SYNTAX, E(TOKEN), 5 },
    { "{...F{a}} fragment F on T {a}", API_SYNTAX, E(TOKEN), 5 },
    { "{...}", API_SYNTAX, E(TOKEN), 4 },
    { "{... on}", API_SYNTAX, E(TOKEN), 7 },
    { "{... on T}", API_SYNTAX, E(TOKEN), 9 },
    { "{a:}", API_SYNTAX, E(TOKEN), 3 },
    { "{a:b:c}", API_SYNTAX, E(TOKEN), 4 },
    { "{a()}", API_SYNTAX, E(TOKEN), 3 },
    { "{a(b)}", API_SYNTAX, E(TOKEN), 4 },
    { "{a(b:)}", API_SYNTAX, E(TOKEN), 5 },
    { "{a(b:$)}", API_SYNTAX, E(TOKEN), 6 },
    { "{a(b:[1)}", API_SYNTAX, E(TOKEN), 7 },
    { "{a(b:[1}])}", API_SYNTAX, E(TOKEN), 7 },
    { "{a(b:{1:2})}", API_SYNTAX, E(TOKEN), 6 },
    { "{a(b:{c})}", API_SYNTAX, E(TOKEN), 7 },
    { "{a(b:{c:})}", API_SYNTAX, E(TOKEN), 8 },
    { "{a @}", API_SYNTAX, E(TOKEN), 4 },
    { "query(){a}", API_SYNTAX, E(TOKEN), 6 },
    { "query($a){a}", API_SYNTAX, E(TOKEN), 8 },
    { "query($a:[A){a}", API_SYNTAX, E(TOKEN), 11 },
    { "query($a:A]){a}", API_SYNTAX, E(TOKEN), 10 },
    { "query($a:A!!){a}", API_SYNTAX, E(TOKEN), 11 },
    { "query($a:A=[1,{b:2}] @c(d:3),$b:B){a(b:[$a])}", API_OK, 0, 0 },
    { "query($a:A=$b){a}", API_SYNTAX, E(TOKEN), 11 },
    { "query($a:A=[1,{b:$a}]){a}", API_SYNTAX, E(TOKEN), 17 },
    { "query($a:A @b(c:$a)){a}", API_SYNTAX, E(TOKEN), 16 },
    { "query A B {a}", API_SYNTAX, E(TOKEN), 8 },
    { "fragment on on T {a} {b}", API_SYNTAX, E(TOKEN), 9 },
    { "fragment F {a} {b}", API_SYNTAX, E(TOKEN), 11 },
    { "x {a}", API_SYNTAX, E(TOKEN), 0 },
    { "type T { a: Int }", API_UNSUPPORTED, E(DEFINITION), 0 },
    { "{a} extend type T @x", API_UNSUPPORTED, E(DEFINITION), 4 },
    { "{a} \"\"\"doc\"\"\" scalar S", API_UNSUPPORTED, E(DEFINITION), 4 },
    { "{a;b}", API_SYNTAX, E(CHARACTER), 2 },
    { "{a\x01}", API_SYNTAX, E(CHARACTER), 2 },
    { "{a..b}", API_SYNTAX, E(CHARACTER), 2 },
    { "{\xc3\xa9}", API_SYNTAX, E(CHARACTER), 1 },
    { "{a(b:\"\xff\")}", API_SYNTAX, E(UTF8), 6 },
    { "{a(b:01)}", API_SYNTAX, E(NUMBER), 5 },
    { "{a(b:-)}", API_SYNTAX, E(NUMBER), 5 },
    { "{a(b:1.)}", API_SYNTAX, E(NUMBER), 5 },
    { "{a(b:1e)}", API_SYNTAX, E(NUMBER), 5 },
    { "{a(b:1x)}", API_SYNTAX, E(NUMBER), 5 },
    { "{a(b:1.2.3)}", API_SYNTAX, E(NUMBER), 5 },
    { "{a(b:\"x)}", API_SYNTAX, E(STRING), 9 },
    { "{a(b:\"x\ny\")}", API_SYNTAX, E(STRING), 7 },
    { "{a(b:\"\\x\")}", API_SYNTAX, E(STRING), 6 },
    { "{a(b:\"\\u12g4\")}", API_SYNTAX, E(STRING), 6 },
    { "{a(b:\"\\ud800\")}", API_SYNTAX, E(STRING), 6 },
    { "{a(b:\"\\udc00\\ud800\")}", API_SYNTAX, E(STRING), 6 },
    { "{a(b:\"\\", API_SYNTAX, E(STRING), 6 },
    { "{a(b:\"\"\"x\")}", API_SYNTAX, E(STRING), 10 },
    { "{a(b:1,b:2)}", API_DUPLICATE, E(DUPLICATE), 7 },
    { "{a(b:{c:1,c:2})}", API_DUPLICATE, E(DUPLICATE), 10 },
    { "query($a:A,$a:B){a}", API_DUPLICATE, E(DUPLICATE), 14 },
    { "query A{a} query A{b}", API_DUPLICATE, E(DUPLICATE), 17 },
    { "{a} fragment F on T{a} fragment F on T{b}", API_DUPLICATE, E(DUPLICATE),
        32 },
    { "{a} query A{b}", API_INVALID, E(ANONYMOUS), 0 },
    { "{...F}", API_INVALID, E(UNKNOWN), 4 },
    { "{...F} fragment F on T{...F}", API_INVALID, E(CYCLE), 0 },
    { "{a} fragment F on T{...G} fragment G on T{a{...F}}", API_INVALID,
        E(CYCLE), 0 },

    /* limits, of small */
    { "{a{b{c}}}", API_OK, 0, 0 },
    { "{a{b{c{d}}}}", API_LIMIT, E(DEPTH), 0 },
    { "{a{b{c{d{e}}}}}", API_LIMIT, E(DEPTH), 0 },
    { "{a{b{...F}}} fragment F on T{c}", API_OK, 0, 0 },
    { "{a{b{c{...F}}}} fragment F on T{c}", API_LIMIT, E(DEPTH), 0 },
    { "{a{...{b{...{c}}}}}", API_OK, 0, 0 },
    { "{a b c d}", API_OK, 0, 0 },
    { "{a b c d e}", API_LIMIT, E(ROOT), 0 },
    { "{a{b c d e f}}", API_OK, 0, 0 },
    { "{a{b c d e f g}}", API_LIMIT, E(FIELDS), 0 },
    { "{a{...F ...F}} fragment F on T{a b c}", API_LIMIT, E(FIELDS), 0 },
    { "{a:a b:a}", API_OK, 0, 0 },
    { "{a:a b:a c:a}", API_LIMIT, E(ALIASES), 0 },
    { "{a @a @b}", API_OK, 0, 0 },
    { "{a @a @b @c}", API_LIMIT, E(DIRECTIVES), 0 },
    { "query A{a} query B{a} query C{a}", API_LIMIT, E(OPERATIONS), 29 },
    { "{a} fragment A on T{a} fragment B on T{a} fragment C on T{a}",
        API_LIMIT, E(FRAGMENTS), 57 },
    { "{a(b:[[[1]]])}", API_OK, 0, 0 },
    { "{a(b:[[[[1]]]])}", API_LIMIT, E(VALUES), 8 },
    { "{a(a:1,b:1,c:1)}", API_OK, 0, 0 },
    { "{a(a:1,b:1,c:1,d:1)}", API_LIMIT, E(NAMES), 15 },
    { "{a(b:[1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
      "1 "
      "1 1 1 1 1 1])}",
        API_LIMIT, E(NODES), 78 },
};


static void
check_bad(size_t i)
{
    api_err_t     err = { 0 };
    api_arena_t   a;
    api_graphql_t doc;

    api_arena_init(&a, &api_alloc_libc, 0, 0);
    ut_int(
        api_graphql_parse(&doc, ut_guard(str(bad[i].text)), &small, &a, &err),
        bad[i].rc, "bad %zu: %.60s", i,
        strchr(bad[i].text, '\n') ? "" : bad[i].text);

    if (bad[i].rc != API_OK) {
        ut_int(err.code, bad[i].code, "for its %s",
            api_graphql_error_name(bad[i].code));
        ut_int(err.pos, bad[i].pos, "there");
    }

    api_arena_free(&a);
}


static const struct {
    const char *text;
    const char *value;
} strings[] = {
    { "\"\"", "" },
    { "\"a b\"", "a b" },
    { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
    { "\"\\u00e9\\uD83D\\udc32x\"", "\xc3\xa9\xf0\x9f\x90\xb2x" },
    { "\"\"\"\"\"\"", "" },
    { "\"\"\"a\"\"\"", "a" },
    { "\"\"\" a \\n \\\"\"\" \"\"\"", " a \\n \"\"\" " },
    { "\"\"\"\n    a\n      b\n\n    c\n  \"\"\"", "a\n  b\n\nc" },
    { "\"\"\"a\r\n  b\r  c\"\"\"", "a\nb\nc" },
    { "\"\"\"\n\n\"\"\"", "" },
    { "\"\"\"  first\n    x\n   y\"\"\"", "  first\n x\ny" },
};


static void
check_string(size_t i)
{
    char          text[128];
    api_err_t     err = { 0 };
    api_span_t    v;
    api_arena_t   a;
    api_graphql_t doc;

    api_arena_init(&a, &api_alloc_libc, 0, 0);
    snprintf(text, sizeof(text), "{a(b:%s)}", strings[i].text);

    if (ut_int(api_graphql_parse(&doc, ut_guard(str(text)), NULL, &a, &err),
            API_OK, "string %zu", i))
    {
        ut_int(doc.node[3].depth, 0, "a value");
        ut_int(api_graphql_string(&doc.node[3], &a, &v), API_OK, "decoded");
        ut_span(v, str(strings[i].value), "its value");
    }

    api_arena_free(&a);
}


/* 40 fragments, each spreads the next one twice: 2^40 fields. */

static void
test_bomb(void)
{
    char                 text[4096];
    size_t               n, i;
    api_err_t            err = { 0 };
    api_arena_t          a;
    api_graphql_t        doc;
    api_graphql_limits_t limits = api_graphql_limits_default;

    limits.depth = limits.fields = limits.root = UINT32_MAX;
    api_arena_init(&a, &api_alloc_libc, 0, 0);
    n = (size_t) sprintf(text, "{...f0}");

    for (i = 0; i < 40; i++) {
        n += (size_t) sprintf(
            text + n, "fragment f%zu on T{...f%zu ...f%zu}", i, i + 1, i + 1);
    }

    n += (size_t) sprintf(text + n, "fragment f40 on T{a}");

    ut_int(api_graphql_parse(&doc, api_span(text, n), &limits, &a, &err),
        API_OK, "2^40 fields are counted");
    ut_ok(doc.cost.fields == UINT32_MAX, "as far as counts go");
    ut_int(api_graphql_parse(&doc, api_span(text, n), NULL, &a, &err),
        API_LIMIT, "and refused by default");
    api_arena_free(&a);
}


/* Brackets without an end of each kind: no recursion, no square. */

static void
test_deep(void)
{
    size_t        i, k, n;
    uint8_t      *text;
    api_err_t     err = { 0 };
    api_arena_t   a;
    api_graphql_t doc;

    static const char *const unit[] = { "{a", "{...", "{a(b:[", "[",
        "{a(b:{c:", "{a@b(c:", "query($a:[" };

    api_graphql_limits_t limits = api_graphql_limits_default;

    limits.size = 1 << 20;
    text = malloc(1 << 20);

    for (i = 0; i < sizeof(unit) / sizeof(unit[0]); i++) {
        k = strlen(unit[i]);

        for (n = 0; n + k <= 1 << 20; n += k) {
            memcpy(text + n, unit[i], k);

            if (n == 0 && i == 2) {
                n = 4; /* {a(b: then [[[ */
            }
        }

        api_arena_init(&a, &api_alloc_libc, 0, 0);
        ut_ok(api_graphql_parse(&doc, api_span(text, n), &limits, &a, &err)
                  != API_OK,
            "deep %zu: %s", i, api_graphql_error_name(err.code));
        api_arena_free(&a);
    }

    free(text);
}


static void
test_memory(void)
{
    int           rc;
    size_t        n;
    api_err_t     err = { 0 };
    api_span_t    v;
    ut_alloc_t    u;
    api_arena_t   a;
    api_graphql_t doc;

    for (n = 1;; n++) {
        ut_arm(&u, n);
        api_arena_init(&a, &u.alloc, 16, 0);
        rc = api_graphql_parse(&doc,
            str("query($a:A=1){b(c:\"\\n\" d:{e:1}) ...F}"
                "fragment F on T{a b c d e f g h i j k l m n o p q r s}"),
            NULL, &a, &err);

        if (rc == API_OK) {
            rc = api_graphql_string(&doc.node[5], &a, &v);
        }

        api_arena_free(&a);

        if (u.calls < n) {
            break;
        }

        ut_int(rc, API_NOMEM, "allocation %zu fails", n);
        ut_int(u.live, 0, "nothing is left");
    }
}


int
main(void)
{
    size_t i;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        check_good(i);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        check_bad(i);
    }

    for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        check_string(i);
    }

    test_bomb();
    test_deep();
    test_memory();

    return ut_done();
}
