/* Operators of rules: verdicts, captures, refusals at load, @pm against a
   naive search, limits, memory. */

#include "api_operator.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>


static api_scratch_t *scratch;


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


/* Files by name, for @pmFromFile and the like. */

static int
read_file(void *ctx, api_span_t name, api_span_t *text, api_err_t *err)
{
    (void) ctx;

    if (api_span_eq(name, API_SPAN("phrases.data"))) {
        *text =
            API_SPAN("# head\n/etc/passwd\r\n\n  # not # a phrase\nwin ini\n"
                     "#x\nlast");
        return API_OK;
    }

    if (api_span_eq(name, API_SPAN("nets.txt"))) {
        *text =
            API_SPAN("# ours\n10.0.0.0/8\n\n2001:db8::/32 # doc\n192.0.2.1");
        return API_OK;
    }

    if (api_span_eq(name, API_SPAN("bad.txt"))) {
        *text = API_SPAN("10.0.0.0/8\n10.0.0.300\n");
        return API_OK;
    }

    return api_fail(err, API_INVALID, API_OPERATOR_E_FILE, 0, "no such file");
}


static const api_operator_env_t env = { read_file, NULL, 0, 0 };


#define S(literal)                                                            \
    {                                                                         \
        (const uint8_t *) (literal), sizeof(literal) - 1                      \
    }

static const struct {
    const char *name;
    const char *arg;
    api_span_t  value;
    int         match;
    const char *capture; /* of 0; NULL: not looked at */
} cases[] = {
    { "rx", "^a.c$", S("abc"), 1, "abc" },
    { "rx", "^a.c$", S("a\nc"), 1, NULL },  /* DOTALL */
    { "rx", "^b$", S("a\nb\nc"), 1, "b" },  /* MULTILINE */
    { "rx", "^b$", S("a\nB\nc"), 0, NULL }, /* case counts */
    { "rx", "(?i)B$", S("ab"), 1, "b" },
    { "rx", "a\\x00b", S("xa\0b"), 1, NULL },
    { "rx", "", S("any"), 1, "" },
    { "rx", "", S(""), 1, "" },
    { "rx", "^$", S(""), 1, "" },
    { "rx", "\xff", S("a\xff"), 1, "\xff" }, /* bytes, not UTF-8 */
    { "rx", "(x)|b", S("abc"), 1, "b" },
    { "RX", "b", S("abc"), 1, "b" },
    { "rxGlobal", "b", S("abc"), 1, "b" },
    { "pm", "foo bar", S("a BAR b"), 1, "bar" },
    { "pm", "foo bar", S("fo ba"), 0, NULL },
    { "pm", "abcd bc", S("xabcx"), 1, "bc" }, /* inner part of another */
    { "pm", "abcde cdx bc", S("abcdx"), 1, "bc" },
    { "pm", "abcdef cdeg", S("abcdeg"), 1, "cdeg" },
    { "pm", "\xc3\xa4x y", S("a\xc3\xa4X"), 1, NULL },
    { "pm", "A|42 43|d", S("aBCD"), 1, NULL },
    { "pm", "a\\|b", S("a|b"), 1, "a|b" },
    { "pm", "\"q r\"", S("r"), 1, "r" },
    { "pm", "a", S(""), 0, NULL },
    { "pmFromFile", "phrases.data", S("x/ETC/passwd"), 1, "/etc/passwd" },
    { "pmf", "phrases.data", S("win ini"), 1, NULL },
    { "pmf", "phrases.data", S("win  ini"), 0, NULL },
    { "pmf", "phrases.data", S("# head"), 0, NULL },
    { "pmf", "phrases.data", S("last"), 1, NULL },
    { "contains", "bc", S("abcd"), 1, NULL },
    { "contains", "", S("abcd"), 1, NULL },
    { "contains", "BC", S("abcd"), 0, NULL },
    { "contains", "abcd", S("abc"), 0, NULL },
    { "strmatch", "bc", S("abcd"), 1, NULL },
    { "containsWord", "select", S("select"), 1, NULL },
    { "containsWord", "select", S("a select b"), 1, NULL },
    { "containsWord", "select", S("selects"), 0, NULL },
    { "containsWord", "select", S("select1"), 1, NULL },
    { "containsWord", "select", S("1select"), 1, NULL },
    { "containsWord", "select", S("xselect select"), 1, NULL },
    { "containsWord", "select", S("xselect"), 0, NULL },
    { "containsWord", "", S("x"), 1, NULL },
    { "containsWord", "x", S(""), 0, NULL },
    { "beginsWith", "ab", S("abc"), 1, NULL },
    { "beginsWith", "ab", S("a"), 0, NULL },
    { "beginsWith", "", S(""), 1, NULL },
    { "endsWith", "bc", S("abc"), 1, NULL },
    { "endsWith", "abc", S("bc"), 0, NULL },
    { "endsWith", "", S("bc"), 1, NULL },
    { "streq", "abc", S("abc"), 1, NULL },
    { "streq", "abc", S("abcd"), 0, NULL },
    { "streq", "", S(""), 1, NULL },
    { "within", "GET POST", S("POST"), 1, NULL },
    { "within", "GET POST", S("T P"), 1, NULL },
    { "within", "GET POST", S("PUT"), 0, NULL },
    { "within", "GET POST", S(""), 1, NULL },
    { "within", "", S("x"), 0, NULL },
    { "eq", "5", S("5"), 1, NULL },
    { "eq", "5", S(" +5x"), 1, NULL },
    { "eq", "0", S("abc"), 1, NULL },
    { "eq", "0", S("99999999999"), 1, NULL }, /* std::stoi gives up: 0 */
    { "eq", "0", S("4294967296"), 1, NULL },
    { "eq", "-7", S("-7"), 1, NULL },
    { "ge", "5", S("5"), 1, NULL },
    { "ge", "5", S("4"), 0, NULL },
    { "gt", "5", S("6"), 1, NULL },
    { "gt", "5", S("5"), 0, NULL },
    { "gt", "5", S("99999999999999999999"), 1, NULL }, /* the largest */
    { "lt", "0", S("-99999999999999999999"), 1, NULL },
    { "lt", "1", S(""), 1, NULL },
    { "lt", "5", S("5"), 0, NULL },
    { "le", "5", S("5"), 1, NULL },
    { "le", "5", S("6"), 0, NULL },
    { "ge", "9223372036854775807", S("9223372036854775807"), 1, NULL },
    { "ge", "-9223372036854775808", S("-9223372036854775808"), 1, NULL },
    { "ipMatch", "10.0.0.0/8,192.0.2.7, ::1", S("10.9.8.7"), 1, NULL },
    { "ipMatch", "10.0.0.0/8,192.0.2.7, ::1", S("192.0.2.7"), 1, NULL },
    { "ipMatch", "10.0.0.0/8,192.0.2.7, ::1", S("192.0.2.8"), 0, NULL },
    { "ipMatch", "10.0.0.0/8,192.0.2.7, ::1", S("::1"), 1, NULL },
    { "ipMatch", "10.0.0.0/8", S("::ffff:10.1.1.1"), 1, NULL },
    { "ipMatch", "10.0.0.0/8", S("ten"), 0, NULL },
    { "ipMatch", "10.0.0.0/8,10.1.0.0/16,10.0.0.1", S("10.2.0.0"), 1, NULL },
    { "ipMatch", "10.1.2.3/8", S("10.0.0.1"), 1, NULL },
    { "ipMatchFromFile", "nets.txt", S("2001:db8::1"), 1, NULL },
    { "ipMatchF", "nets.txt", S("192.0.2.1"), 1, NULL },
    { "ipMatchF", "nets.txt", S("192.0.2.2"), 0, NULL },
    { "validateByteRange", "32-126, 9", S("a\tb"), 0, NULL },
    { "validateByteRange", "32-126, 9", S("a\nb"), 1, NULL },
    { "validateByteRange", "0-255", S("\0\xff"), 0, NULL },
    { "validateByteRange", "1-255", S("\0"), 1, NULL },
    { "validateByteRange", "1", S(""), 0, NULL },
    { "validateUrlEncoding", "", S("a%41%2f"), 0, NULL },
    { "validateUrlEncoding", "", S("a%4"), 1, NULL },
    { "validateUrlEncoding", "", S("a%"), 1, NULL },
    { "validateUrlEncoding", "", S("%zz"), 1, NULL },
    { "validateUrlEncoding", "", S("%%41"), 1, NULL },
    { "validateUrlEncoding", "", S(""), 0, NULL },
    { "validateUtf8Encoding", "", S("gr\xc3\xbc"), 0, NULL },
    { "validateUtf8Encoding", "", S("\xc0\xaf"), 1, NULL },
    { "validateUtf8Encoding", "", S("\xed\xa0\x80"), 1, NULL },
    { "validateUtf8Encoding", "", S("\xe2\x82"), 1, NULL },
    { "validateUtf8Encoding", "", S("\xf5\x80\x80\x80"), 1, NULL },
    { "verifyCC", "\\d{13,16}", S("card 4111111111111111."), 1,
        "4111111111111111" },
    { "verifyCC", "\\b\\d{16}\\b", S("card 4111111111111112."), 0, NULL },
    { "verifyCC", "\\d{13,16}", S("94111111111111111"), 1,
        "4111111111111111" }, /* begins within the first that is found */
    { "noMatch", "", S("x"), 0, NULL },
    { "unconditionalMatch", "", S(""), 1, NULL },
    { "geoLookup", "", S("8.8.8.8"), 0, NULL },
    { "rbl", "dnsbl.example", S("8.8.8.8"), 0, NULL },
    { "detectSQLi", "", S("1' or '1'='1"), 1, NULL },
    { "detectSQLi", "", S("O'Brien"), 0, NULL },
    { "detectXSS", "", S("<script>alert(1)</script>"), 1, NULL },
    { "detectXSS", "", S("a < b"), 0, NULL },
};


static void
test_cases(void)
{
    int             rc;
    size_t          i;
    api_err_t       err;
    api_arena_t     arena;
    api_budget_t    budget = { 1000000 };
    api_captures_t  cap;
    api_operator_t *op;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        api_arena_init(&arena, &api_alloc_libc, 0, 0);
        rc = api_operator_compile(
            &op, str(cases[i].name), str(cases[i].arg), &env, &arena, &err);

        if (!ut_ok(rc == API_OK, "@%s %s loads", cases[i].name, cases[i].arg))
        {
            api_arena_free(&arena);
            continue;
        }

        rc = api_operator_match(
            op, ut_guard(cases[i].value), str("?"), &cap, &budget, scratch);
        ut_int(rc, cases[i].match, "@%s %s, value %zu", cases[i].name,
            cases[i].arg, i);

        rc = api_operator_match(op, ut_guard_front(cases[i].value), str("?"),
            NULL, &budget, scratch);
        ut_int(rc, cases[i].match, "the same from the front");

        if (cases[i].capture) {
            ut_int(cap.n >= 1, 1, "with a capture");
            ut_span(cap.text[0], str(cases[i].capture), "which is right");
        }

        api_operator_free(op);
        api_arena_free(&arena);
        ut_guard_reset();
    }
}


static const struct {
    const char *name;
    const char *arg;
    int         rc;
    int         code;
    const char *text;
} refused[] = {
    { "nope", "x", API_UNSUPPORTED, API_OPERATOR_E_NAME, "no operator @nope" },
    { "pm", "", API_INVALID, API_OPERATOR_E_ARGUMENT, "needs an argument" },
    { "pm", " ", API_INVALID, API_OPERATOR_E_PHRASE, "no phrase" },
    { "pm", "a|4", API_SYNTAX, API_OPERATOR_E_PHRASE, "hexadecimal" },
    { "pm", "a|41", API_SYNTAX, API_OPERATOR_E_PHRASE, "hexadecimal" },
    { "pm", "%{tx.x}", API_INVALID, API_OPERATOR_E_MACRO, "no macro" },
    { "rx", "a(b", API_SYNTAX, API_OPERATOR_E_PATTERN, "byte 3" },
    { "rx", "[z-a]", API_SYNTAX, API_OPERATOR_E_PATTERN,
        "range out of order" },
    { "pmf", "gone.data", API_INVALID, API_OPERATOR_E_FILE, "no such file" },
    { "ipMatch", "10.0.0.300", API_INVALID, API_OPERATOR_E_ADDRESS,
        "10.0.0.300" },
    { "ipMatch", ",", API_INVALID, API_OPERATOR_E_ADDRESS, "no address" },
    { "ipMatchF", "bad.txt", API_INVALID, API_OPERATOR_E_ADDRESS, "line 2" },
    { "validateByteRange", "32-", API_SYNTAX, API_OPERATOR_E_RANGE, "32-" },
    { "validateByteRange", "9-3", API_SYNTAX, API_OPERATOR_E_RANGE, "9-3" },
    { "validateByteRange", "256", API_SYNTAX, API_OPERATOR_E_RANGE, "256" },
    { "validateByteRange", "1,,2", API_SYNTAX, API_OPERATOR_E_RANGE,
        "no byte" },
    { "validateByteRange", "a", API_SYNTAX, API_OPERATOR_E_RANGE, "\"a\"" },
};


static void
test_refused(void)
{
    int             rc;
    size_t          i;
    api_err_t       err;
    api_arena_t     arena;
    api_operator_t *op;

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        api_arena_init(&arena, &api_alloc_libc, 0, 0);
        rc = api_operator_compile(&op, str(refused[i].name),
            str(refused[i].arg), &env, &arena, &err);

        ut_int(rc, refused[i].rc, "@%s %s is refused", refused[i].name,
            refused[i].arg);
        ut_int(err.code, refused[i].code, "as %s",
            api_operator_error_name(refused[i].code));
        ut_ok(strstr(err.text, refused[i].text) != NULL, "and says why: %s",
            err.text);
        api_arena_free(&arena);
    }
}


static api_operator_t *
make(api_arena_t *arena, const char *name, const char *arg,
    const api_operator_env_t *e)
{
    api_err_t       err;
    api_operator_t *op;

    if (api_operator_compile(&op, str(name), str(arg), e, arena, &err)
        != API_OK) {
        printf("# %s\n", err.text);
        exit(1);
    }

    return op;
}


static void
test_groups(void)
{
    api_arena_t     arena;
    api_budget_t    budget = { 1000000 };
    api_captures_t  cap;
    api_operator_t *op;

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    op = make(&arena, "rx", "(a)(x)?(b)", &env);

    ut_int(api_operator_match(op, str("-ab"), str(""), &cap, &budget, scratch),
        1, "groups");
    ut_int(cap.n, 4, "four with the whole");
    ut_span(cap.text[1], str("a"), "the first");
    ut_ok(cap.text[2].data == NULL, "one that took no part is none");
    ut_span(cap.text[3], str("b"), "the third");
    api_operator_free(op);

    op = make(&arena, "rx", "(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)(l)", &env);
    ut_int(api_operator_match(
               op, str("abcdefghijkl"), str(""), &cap, &budget, scratch),
        1, "more groups than TX has numbers");
    ut_int(cap.n, API_OPERATOR_CAPTURES, "ten are kept");
    ut_span(cap.text[9], str("i"), "the tenth is TX.9");
    api_operator_free(op);
    api_arena_free(&arena);
}


static void
test_macro(void)
{
    int             i;
    char            long_text[600] = { 'a' };
    api_arena_t     arena;
    api_budget_t    budget = { 1000000 };
    api_operator_t *op;

    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    op = make(&arena, "streq", "%{tx.a}", &env);
    ut_ok(api_operator_macro(op), "a macro is seen");
    ut_int(api_operator_match(op, str("v"), str("v"), NULL, &budget, scratch),
        1, "and its text counts");

    op = make(&arena, "ge", "%{tx.limit}", &env);
    ut_int(api_operator_match(op, str("5"), str("5"), NULL, &budget, scratch),
        1, "5 >= 5");
    ut_int(api_operator_match(op, str("4"), str("5"), NULL, &budget, scratch),
        0, "not 4 >= 5");

    op = make(&arena, "eq", "%{tx.limit}", &env);
    ut_int(api_operator_match(op, str("5"), str("5"), NULL, &budget, scratch),
        1, "5 == 5");

    op = make(&arena, "rx", "^%{tx.a}$", &env);
    ut_ok(api_operator_macro(op), "in a pattern too");
    ut_int(
        api_operator_match(op, str("b"), str("^a|b$"), NULL, &budget, scratch),
        1, "which is compiled as it is then");
    ut_int(
        api_operator_match(op, str("c"), str("^a|b$"), NULL, &budget, scratch),
        0, "and matches no more than that");
    ut_int(
        api_operator_match(op, str("c"), str("^c(d$"), NULL, &budget, scratch),
        0, "one that is no pattern matches nothing");
    ut_int(api_operator_match(
               op, str("x"), api_span(long_text, 600), NULL, &budget, scratch),
        API_LIMIT, "one that is too long is not compiled");

    for (i = 0; i < 20; i++) {
        long_text[0] = (char) ('a' + i);
        ut_int(api_operator_match(op, api_span(long_text, 1),
                   api_span(long_text, 1), NULL, &budget, scratch),
            1, "pattern %d, more than are kept", i);
    }

    op = make(&arena, "streq", "100%", &env);
    ut_ok(!api_operator_macro(op), "a %% is none");

    api_arena_free(&arena);
}


static void
test_inert(void)
{
    uint32_t        n;
    api_span_t      phrase;
    api_arena_t     arena;
    api_operator_t *op;

    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    op = make(&arena, "rbl", "dnsbl.example", &env);
    ut_ok(api_operator_inert(op) != NULL, "@rbl says that it never matches");
    ut_int(api_operator_id(op), API_OPERATOR_INERT, "its kind");

    op = make(&arena, "pm", "b a B", &env);
    ut_ok(api_operator_inert(op) == NULL, "@pm can match");

    for (n = 0; api_operator_phrase(op, n, &phrase); n++) {
        /* void */
    }

    ut_int(n, 2, "the same phrase twice is one");
    api_arena_free(&arena);
}


/* Limits: what would take for ever ends, and says so. */

static void
test_limits(void)
{
    int                rc;
    char               text[3000];
    api_arena_t        arena;
    api_budget_t       budget = { 100000000 };
    api_operator_t    *op;
    api_operator_env_t small = { read_file, NULL, 1000, 1000 };

    memset(text, 'a', sizeof(text));
    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    op = make(&arena, "rx", "^(a+)+$", &small);
    text[sizeof(text) - 1] = '!';
    rc = api_operator_match(
        op, api_span(text, sizeof(text)), str(""), NULL, &budget, scratch);
    ut_int(rc, 0, "where no match can begin nothing explodes");
    api_operator_free(op);

    /* that no b follows is PCRE2's to find */

    op = make(&arena, "rx", "^(a+)+(?=b)!", &small);
    rc = api_operator_match(
        op, api_span(text, sizeof(text)), str(""), NULL, &budget, scratch);
    ut_int(rc, API_LIMIT, "a match limit ends a pattern that explodes");
    text[sizeof(text) - 1] = 'a';
    api_operator_free(op);

    op = make(&arena, "rx", "^(a+)+(?=b)!", &env);
    text[40] = '!';
    rc = api_operator_match(
        op, api_span(text, 41), str(""), NULL, &budget, scratch);
    ut_int(rc, API_LIMIT, "one that nobody set does so too");
    text[40] = 'a';
    api_operator_free(op);

    op = make(&arena, "rx", "b", &env);
    budget.left = 100;
    rc = api_operator_match(
        op, api_span(text, sizeof(text)), str(""), NULL, &budget, scratch);
    ut_int(rc, API_LIMIT, "over the budget nothing is run");
    ut_int((long long) budget.left, 0, "and the rest of it is gone");
    api_operator_free(op);

    op = make(&arena, "rx", "(?:a|b)*c|((?R)a)", &env);
    budget.left = 1000000000;
    rc = api_operator_match(
        op, api_span(text, sizeof(text)), str(""), NULL, &budget, scratch);
    ut_ok(rc == API_LIMIT || rc == 0, "recursion in a pattern ends: %d", rc);
    api_operator_free(op);

    api_arena_free(&arena);
}


static void
test_memory(void)
{
    int             rc;
    size_t          i, n;
    api_err_t       err;
    ut_alloc_t      u;
    api_arena_t     arena;
    api_operator_t *op;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (n = 1;; n++) {
            ut_arm(&u, n);
            api_arena_init(&arena, &u.alloc, 64, 0);
            rc = api_operator_compile(&op, str(cases[i].name),
                str(cases[i].arg), &env, &arena, &err);

            if (rc == API_OK) {
                api_operator_free(op);
            }

            api_arena_free(&arena);

            if (u.live != 0 || (u.calls >= n && rc != API_NOMEM)) {
                ut_ok(false, "@%s without memory at call %zu: %d",
                    cases[i].name, n, rc);
                break;
            }

            if (u.calls < n) {
                break;
            }
        }
    }

    ut_ok(true, "each operator without memory, at each call");
}


int
main(void)
{
    scratch = api_scratch_create(&api_alloc_libc);

    test_cases();
    test_refused();
    test_groups();
    test_macro();
    test_inert();
    test_limits();
    test_memory();

    api_scratch_free(scratch);

    return ut_done();
}
