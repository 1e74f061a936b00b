/* Claim paths and tests on claims. */

#include "api_claim.h"
#include "ut.h"


static const api_sipkey_t seed = { 21, 22 };

static api_arena_t arena;
static api_json_t  doc;


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


#define DOC                                                                   \
    "{\"sub\":\"u1\",\"n\":5,\"r\":1.50e1,\"big\":9007199254740993,"          \
    "\"t\":true,\"f\":false,\"null\":null,\"neg\":-0,"                        \
    "\"roles\":[\"admin\",\"dev ops\",7,true,null,[\"in\"],{\"x\":1}],"       \
    "\"a\":{\"b\":[{\"c\":\"deep\"},[10,[20]]],\"\":\"empty\"},"              \
    "\"a.b\":\"dotted\",\"x[0]\":\"bracketed\","                              \
    "\"https://x.example/roles\":[\"one\"],"                                  \
    "\"q\\\"\\\\\":\"quoted\",\"words\":\"read  write:all admin\","           \
    "\"esc\":\"re\\u0061d \\u00fc\\ud83d\\ude00\\n x\\/y\",\"empty\":\"\","   \
    "\"space\":\" "                                                           \
    "\",\"five\":\"5\",\"yes\":\"true\",\"csv\":[\"a,b\",\"c\"],"             \
    "\"list\":[\"a\",1.0,false,null,\"\\u00fc\"],\"none\":[],\"obj\":{}}"

static const struct {
    const char *path;
    const char *raw; /* NULL: absent */
} paths[] = {
    { "sub", "\"u1\"" },
    { "Sub", NULL },
    { "su", NULL },
    { "a.b", "\"dotted\"" }, /* the whole name wins */
    { "[\"a\"].b[0].c", "\"deep\"" },
    { "a[\"b\"][0].c", "\"deep\"" },
    { "a.b[0].c", "\"deep\"" },
    { "a.b[0][\"c\"]", "\"deep\"" },
    { "a.b[1][0]", "10" },
    { "a.b[1][1][0]", "20" },
    { "a.b[1][1][1]", NULL },
    { "a.b[2]", NULL },
    { "a.b.c", NULL },
    { "a[0]", NULL },
    { "a[\"\"]", "\"empty\"" },
    { "x[0]", "\"bracketed\"" },
    { "https://x.example/roles", "[\"one\"]" },
    { "[\"https://x.example/roles\"][0]", "\"one\"" },
    { "[\"q\\\"\\\\\"]", "\"quoted\"" },
    { "sub.x", NULL },
    { "sub[0]", NULL },
    { "null", "null" },
    { "null.x", NULL },
    { "roles[6].x", "1" },
    { "roles[4294967289]", NULL },
};

static const struct {
    const char *path;
    int         code;
    int         pos;
} bad_paths[] = {
    { "", API_CLAIM_E_EMPTY, 0 },
    { ".", API_CLAIM_E_EMPTY, 0 },
    { "a.", API_CLAIM_E_EMPTY, 2 },
    { "a..b", API_CLAIM_E_EMPTY, 2 },
    { "a.[0]", API_CLAIM_E_EMPTY, 2 },
    { "a b", API_CLAIM_E_CHARACTER, 1 },
    { "a\n", API_CLAIM_E_CHARACTER, 1 },
    { "a]", API_CLAIM_E_CHARACTER, 1 },
    { "a\"b", API_CLAIM_E_CHARACTER, 1 },
    { "a[0]b", API_CLAIM_E_CHARACTER, 4 },
    { "[0]", API_CLAIM_E_INDEX, 1 },
    { "[", API_CLAIM_E_INDEX, 1 },
    { "a[", API_CLAIM_E_INDEX, 2 },
    { "a[]", API_CLAIM_E_INDEX, 2 },
    { "a[x]", API_CLAIM_E_INDEX, 2 },
    { "a[-1]", API_CLAIM_E_INDEX, 2 },
    { "a[00]", API_CLAIM_E_INDEX, 3 },
    { "a[1", API_CLAIM_E_INDEX, 3 },
    { "a[4294967296]", API_CLAIM_E_INDEX, 11 },
    { "a[\"", API_CLAIM_E_QUOTE, 3 },
    { "a[\"b\"", API_CLAIM_E_QUOTE, 4 },
    { "a[\"b\"x]", API_CLAIM_E_QUOTE, 4 },
    { "a[\"b\\", API_CLAIM_E_ESCAPE, 5 },
    { "a[\"\\n\"]", API_CLAIM_E_ESCAPE, 4 },
    { "a\xff", API_CLAIM_E_UTF8, 1 },
    { "a[\"\xc3\"]", API_CLAIM_E_UTF8, 3 },
    { "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a", API_CLAIM_E_STEPS, 31 },
};


static uint32_t
find(const char *text)
{
    api_claim_path_t path;

    if (api_claim_path_parse(&path, str(text), &arena, NULL) != API_OK) {
        return API_JSON_NONE;
    }

    return api_claim_find(&doc, 0, &path);
}


static void
test_paths(void)
{
    size_t           i;
    uint32_t         tok;
    api_err_t        err;
    api_claim_path_t path;

    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        ut_int(api_claim_path_parse(
                   &path, ut_guard(str(paths[i].path)), &arena, &err),
            API_OK, "path %s", paths[i].path);
        ut_guard_reset(); /* the text was copied */

        tok = api_claim_find(&doc, 0, &path);
        ut_int(tok != API_JSON_NONE, paths[i].raw != NULL, "is there");

        if (tok != API_JSON_NONE && paths[i].raw) {
            ut_span(api_json_raw(&doc, tok), str(paths[i].raw), "is this");
        }
    }

    for (i = 0; i < sizeof(bad_paths) / sizeof(bad_paths[0]); i++) {
        memset(&err, 0, sizeof(err));
        api_claim_path_parse(
            &path, ut_guard(str(bad_paths[i].path)), &arena, &err);
        ut_int(err.code, bad_paths[i].code, "bad path %s", bad_paths[i].path);
        ut_int((int) err.pos, bad_paths[i].pos, "at");
    }
}


/* V: values, space-separated here; "-" is no value, "_" an empty one. */

static const struct {
    const char *claim;
    const char *op;
    const char *values;
    bool        pass;
} tests[] = {
    { "sub", "eq", "u1", true },
    { "sub", "eq", "U1", false },
    { "sub", "eq", "u2 u1", true },
    { "sub", "eq", "-", false },
    { "sub", "ne", "u2", true },
    { "sub", "ne", "u1", false },
    { "sub", "ne", "u2 u1", false },
    { "sub", "ne", "-", false },
    { "sub", "in", "u3 u1", true },
    { "sub", "in", "u3 u2", false },
    { "absent", "eq", "x", false },
    { "absent", "ne", "x", false },
    { "absent", "exists", "-", false },
    { "null", "exists", "-", false },
    { "null", "eq", "null", false },
    { "null", "ne", "x", false },
    { "empty", "exists", "-", true },
    { "empty", "eq", "_", true },
    { "obj", "exists", "-", true },
    { "f", "exists", "-", true },

    { "n", "eq", "5", true },
    { "n", "eq", "5.0", true },
    { "n", "eq", "50e-1", true },
    { "n", "eq", "05", false },
    { "n", "eq", "+5", false },
    { "n", "eq", "5.", false },
    { "n", "eq", "5e", false },
    { "n", "eq", ".5e1", false },
    { "n", "eq", "five", false },
    { "n", "ne", "five", true },
    { "n", "eq", "_", false },
    { "n", "eq", "-", false },
    { "neg", "eq", "0", true },
    { "r", "eq", "15", true },
    { "big", "eq", "9007199254740993", true },
    { "big", "eq", "9007199254740992", false },
    { "big", "gt", "9007199254740992", true },
    { "five", "eq", "5", true },
    { "five", "eq", "5.0", false },
    { "yes", "eq", "true", true },
    { "t", "eq", "true", true },
    { "t", "eq", "1", false },
    { "f", "eq", "false", true },
    { "f", "ne", "true", true },
    { "t", "ne", "true", false },

    { "n", "gt", "4", true },
    { "n", "gt", "5", false },
    { "n", "ge", "5", true },
    { "n", "lt", "5", false },
    { "n", "le", "5", true },
    { "n", "lt", "5.000000000000000000001", true },
    { "n", "gt", "x", false },
    { "n", "gt", "1 2", false },
    { "n", "gt", "-", false },
    { "five", "gt", "4", false },
    { "roles", "gt", "0", false },
    { "t", "ge", "0", false },

    { "roles", "eq", "admin", false },
    { "roles", "ne", "admin", false },
    { "roles", "ne", "other", false },
    { "obj", "ne", "other", false },
    { "roles", "in", "admin", false },
    { "roles", "any", "admin", true },
    { "roles", "any", "x admin", true },
    { "roles", "any", "adm", false },
    { "roles", "any", "dev", false },
    { "roles", "any", "7", true },
    { "roles", "any", "7.0", true },
    { "roles", "any", "true", true },
    { "roles", "any", "null", false },
    { "roles", "any", "in", false },
    { "roles", "any", "-", false },
    { "roles", "contains", "admin 7", true },
    { "roles", "contains", "admin 8", false },
    { "roles", "contains", "-", false },
    { "none", "any", "x", false },
    { "none", "contains", "-", false },
    { "words", "any", "read", true },
    { "words", "any", "admin", true },
    { "words", "any", "write", false },
    { "words", "any", "_", false },
    { "words", "contains", "admin read write:all", true },
    { "words", "contains", "admin read x", false },
    { "words", "eq", "read", false },
    { "words", "prefix", "read", true },
    { "space", "any", "_", false },
    { "empty", "any", "_", false },
    { "esc", "any", "read", true },
    { "esc", "any", "x/y", true },
    { "esc", "any", "\xc3\xbc\xf0\x9f\x98\x80\n", true },
    { "esc", "any", "\xc3", false },
    { "esc", "prefix", "rea", true },
    { "esc", "prefix", "reb", false },
    { "n", "any", "5", false },
    { "t", "contains", "true", false },
    { "obj", "any", "x", false },

    { "sub", "prefix", "u", true },
    { "sub", "prefix", "u1", true },
    { "sub", "prefix", "u1x", false },
    { "sub", "prefix", "x u", true },
    { "sub", "prefix", "_", false },
    { "sub", "prefix", "-", false },
    { "n", "prefix", "5", false },
    { "sub", "~", "u1", false },
};


static size_t
split(const char *s, api_span_t *values)
{
    size_t n, len;

    for (n = 0; *s; s += len + (s[len] == ' ')) {
        len = strcspn(s, " ");
        values[n] = api_span(s, len);

        if (len == 1 && *s == '-') {
            return 0;
        }

        values[n].len = len == 1 && *s == '_' ? 0 : len;
        n++;
    }

    return n;
}


static void
test_tests(void)
{
    size_t         i, n;
    api_span_t     values[8];
    api_claim_op_t op;

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        n = split(tests[i].values, values);
        op = api_claim_op(str(tests[i].op));

        ut_int(api_claim_test(&doc, find(tests[i].claim), op, values, n),
            tests[i].pass, "%s %s %s", tests[i].claim, tests[i].op,
            tests[i].values);

        /* what passes is never refused at configuration time, but for
           several values of eq and ne */

        if (tests[i].pass && n <= 1 && !api_claim_values_ok(op, values, n)) {
            ut_ok(
                false, "%s %s would be refused", tests[i].op, tests[i].values);
        }
    }

    values[0] = API_SPAN("read write:all");
    ut_ok(!api_claim_test(&doc, find("words"), API_CLAIM_ANY, values, 1),
        "a value with a space is no word");
    values[0] = API_SPAN("dev ops");
    ut_ok(api_claim_test(&doc, find("roles"), API_CLAIM_ANY, values, 1),
        "but may be an element");

    for (i = 0; i < API_CLAIM_NOPS; i++) {
        ut_int(api_claim_op(str(api_claim_op_name((api_claim_op_t) i))),
            (int) i, "operator %s", api_claim_op_name((api_claim_op_t) i));
    }

    ut_int(api_claim_op(API_SPAN("EQ")), API_CLAIM_NOPS, "case counts");
    ut_int(api_claim_op(API_SPAN("")), API_CLAIM_NOPS, "no operator");
    ut_ok(api_claim_op_name(API_CLAIM_NOPS) == NULL, "no name");
}


static void
test_values(void)
{
    api_span_t v[2] = { API_SPAN("1"), API_SPAN("x") };
    api_span_t none = API_SPAN("");

    ut_ok(api_claim_values_ok(API_CLAIM_EXISTS, NULL, 0), "exists");
    ut_ok(!api_claim_values_ok(API_CLAIM_EXISTS, v, 1), "exists x");
    ut_ok(api_claim_values_ok(API_CLAIM_GT, v, 1), "gt 1");
    ut_ok(!api_claim_values_ok(API_CLAIM_GT, v + 1, 1), "gt x");
    ut_ok(!api_claim_values_ok(API_CLAIM_GT, v, 2), "gt 1 x");
    ut_ok(!api_claim_values_ok(API_CLAIM_EQ, v, 2), "eq 1 x");
    ut_ok(!api_claim_values_ok(API_CLAIM_EQ, v, 0), "eq");
    ut_ok(api_claim_values_ok(API_CLAIM_EQ, &none, 1), "eq \"\"");
    ut_ok(!api_claim_values_ok(API_CLAIM_PREFIX, &none, 1), "prefix \"\"");
    ut_ok(api_claim_values_ok(API_CLAIM_ANY, v, 2), "any 1 x");
    ut_ok(!api_claim_values_ok(API_CLAIM_NOPS, v, 1), "no operator");
}


static const struct {
    const char *claim;
    const char *text;
} texts[] = {
    { "absent", "" },
    { "null", "" },
    { "sub", "u1" },
    { "esc", "read \xc3\xbc\xf0\x9f\x98\x80\n x/y" },
    { "n", "5" },
    { "r", "1.50e1" },
    { "t", "true" },
    { "list", "a,1.0,false,,\xc3\xbc" },
    { "csv", "[\"a,b\",\"c\"]" },
    { "none", "" },
    { "obj", "{}" },
    { "a.b[1]", "[10,[20]]" },
    { "roles[6]", "{\"x\":1}" },
};


static void
test_texts(void)
{
    size_t      i;
    api_span_t  out;
    ut_alloc_t  u;
    api_arena_t a;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ut_int(api_claim_text(&doc, find(texts[i].claim), &arena, &out),
            API_OK, "text of %s", texts[i].claim);
        ut_span(out, str(texts[i].text), "is this");
    }

    ut_arm(&u, 1);
    api_arena_init(&a, &u.alloc, 0, 0);
    ut_int(api_claim_text(&doc, find("list"), &a, &out), API_NOMEM,
        "no memory for an array");
    ut_arm(&u, 1);
    ut_int(api_claim_text(&doc, find("esc"), &a, &out), API_NOMEM,
        "nor for a string");
    api_arena_free(&a);
}


static const struct {
    const char *claims;
    const char *wanted;
    bool        any;
    bool        all;
} scopes[] = {
    { "{\"scope\":\"a b\"}", "a b", true, true },
    { "{\"scope\":\"a b\"}", "a c", true, false },
    { "{\"scope\":\"a b\"}", "c", false, false },
    { "{\"scope\":\"a b\"}", "A", false, false },
    { "{\"scope\":\"ab\"}", "a", false, false },
    { "{\"scope\":\"a b\"}", "-", false, false },
    { "{\"scope\":\"a b\"}", "_", false, false },
    { "{\"scope\":\"\"}", "a", false, false },
    { "{\"scope\":\"\\u0061 b\"}", "a", true, true },
    { "{\"scope\":\"a\\tb\"}", "a", false, false },
    { "{\"scp\":\"a b\"}", "b a", true, true },
    { "{\"scp\":[\"a\",\"b\"]}", "b a", true, true },
    { "{\"scp\":[\"a b\"]}", "a", false, false },
    { "{\"scp\":[7,true,\"\"]}", "7 true", false, false },
    { "{\"scp\":[\"\"]}", "_", false, false },
    { "{\"scope\":[\"a\"]}", "a", true, true },
    { "{\"scope\":\"x\",\"scp\":[\"a\"]}", "a", false, false },
    { "{\"scope\":null,\"scp\":[\"a\"]}", "a", true, true },
    { "{\"scope\":7,\"scp\":[\"a\"]}", "a", false, false },
    { "{\"scope\":{\"a\":1}}", "a", false, false },
    { "{\"scp\":null}", "a", false, false },
    { "{}", "a", false, false },
    { "[\"a\"]", "a", false, false },
};


static void
test_scopes(void)
{
    size_t     i, n;
    api_span_t wanted[8];
    api_json_t d;

    for (i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
        n = split(scopes[i].wanted, wanted);
        api_json_parse(
            &d, ut_guard(str(scopes[i].claims)), NULL, 0, seed, &arena, NULL);

        ut_int(api_claim_scopes(&d, 0, wanted, n, false), scopes[i].any,
            "%s has one of %s", scopes[i].claims, scopes[i].wanted);
        ut_int(api_claim_scopes(&d, 0, wanted, n, true), scopes[i].all,
            "%s has all of %s", scopes[i].claims, scopes[i].wanted);
    }
}


static void
test_memory(void)
{
    int              rc;
    bool             ok;
    size_t           n;
    ut_alloc_t       u;
    api_arena_t      a;
    api_claim_path_t path;

    for (ok = true, n = 1;; n++) {
        ut_arm(&u, n);
        api_arena_init(&a, &u.alloc, 16, 0);
        rc = api_claim_path_parse(&path,
            API_SPAN("a[\"b\"][\"a long name in quotes\"].c"), &a, NULL);
        api_arena_free(&a);
        ok = ok && u.live == 0;

        if (u.calls < n) {
            break;
        }

        ok = ok && rc == API_NOMEM;
    }

    ut_ok(ok && rc == API_OK && n > 3, "each of %zu allocations fails once",
        n - 1);
}


int
main(void)
{
    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    ut_int(api_json_parse(
               &doc, ut_guard(API_SPAN(DOC)), NULL, 0, seed, &arena, NULL),
        API_OK, "the claims");

    /* test_paths gives guards back: the document stays in its own memory */

    api_json_parse(&doc, API_SPAN(DOC), NULL, 0, seed, &arena, NULL);

    test_paths();
    test_tests();
    test_values();
    test_texts();
    test_scopes();
    test_memory();

    api_arena_free(&arena);

    return ut_done();
}
