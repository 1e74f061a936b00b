/* What an operator matches has one of its triggers: for patterns of rules as
   they are, and random values of the bytes that they are about. */

#include "api_operator.h"
#include "ut.h"


typedef struct {
    const char *name;
    const char *arg;
    const char *bytes;   /* that values are made of */
    const char *without; /* a value that need not be looked at; NULL */
} case_t;

static const case_t cases[] = {
    { "rx", "(?:;|\\||&)\\s*(?:ls|id)\\b", ";|& lsid", "ls -l" },
    { "rx", "(?i)<script[^>]*>", "<>scripT ", "script" },
    { "rx", "^[a-z]+$", "abZ0\n", NULL },
    { "rx", "^$", "a\n", NULL },
    { "rx", "(?:a|;)?b{0,3}", "ab;", NULL },
    { "rx", "(?=;)a|b\\$", "ab;$", NULL },
    { "rx", "\\$+(?:[a-zA-Z_]\\w*|\\s*\\{.+})(?:\\s|\\[.+\\])*\\(.*\\)",
        "$a{}[]() ", "a b c" },
    { "rx", "[^\\x00-\\x7f]{2}",
        "\xc3\xa4"
        "a",
        "abc" },
    { "rx", "\\.\\./|\\bor\\b\\s*=", "./or= ", "abc def" },
    { "rx", "(?i:(?:v|&#x?0*(?:86|56);?)(?:\\t|&tab;)*b)", "v&#x086;\tbVB",
        NULL },
    { "rx", "a(?#comment;)(?:\\Q;|\\E|'{2,})", "a;|'", "aaa" },
    { "validateByteRange", "1-255", "a;\1\xff", "abc\x01\xff" },
    { "validateByteRange", "9,10,13,32-126", "a\x01\x80\t", "abc ~" },
    { "validateUrlEncoding", "", "%4aG", "abc" },
    { "detectSQLi", "", "' or1=-#", "abc" },
    { "detectXSS", "", "<script>=on", "abc(d)" },
    { "contains", "abc", "abc", NULL },
};

static api_scratch_t *scratch;


static bool
matches(const api_operator_t *op, api_span_t value)
{
    api_budget_t budget = { 1 << 30 };

    return api_operator_match(
               op, value, (api_span_t){ NULL, 0 }, NULL, &budget, scratch)
           == 1;
}


static void
test_case(const case_t *c, api_arena_t *arena, ut_rand_t *r)
{
    char               buf[12];
    size_t             i, k, len, n, hits, skipped;
    api_err_t          err;
    api_span_t         value;
    api_trigger_t      mask;
    api_operator_t    *op;
    api_operator_env_t env = { NULL, NULL, 0, 0 };

    if (api_operator_compile(&op, api_span(c->name, strlen(c->name)),
            api_span(c->arg, strlen(c->arg)), &env, arena, &err)
        != API_OK)
    {
        ut_ok(false, "@%s %s: %s", c->name, c->arg, err.text);
        return;
    }

    mask = api_operator_triggers(op, arena);
    n = strlen(c->bytes);
    hits = 0;
    skipped = 0;

    for (i = 0; i < 20000; i++) {
        len = ut_below(r, sizeof(buf));

        for (k = 0; k < len; k++) {
            buf[k] = c->bytes[ut_below(r, n)];
        }

        value = api_span(buf, len);

        if (api_transform_triggers(value) & mask) {
            hits += matches(op, value);
            continue;
        }

        skipped++;

        if (matches(op, value)) {
            ut_ok(false, "@%s %s matches \"%.*s\"", c->name, c->arg, (int) len,
                buf);
            break;
        }
    }

    ut_ok(i == 20000, "@%s %s: %zu matches, %zu need no look", c->name, c->arg,
        hits, skipped);

    if (c->without) {
        value = api_span(c->without, strlen(c->without));
        ut_ok(!(api_transform_triggers(value) & mask),
            "nor does a %zu-byte value", value.len);
    }

    api_operator_free(op);
}


int
main(void)
{
    size_t      i;
    ut_rand_t   r = { 7 };
    api_arena_t arena;

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    scratch = api_scratch_create(&api_alloc_libc);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        test_case(&cases[i], &arena, &r);
    }

    api_scratch_free(scratch);
    api_arena_free(&arena);

    return ut_done();
}
