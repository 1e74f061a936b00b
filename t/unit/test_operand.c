/* Values that rules compare: equality by type, lists, text, readings. */

#include "api_operand.h"
#include "ut.h"


static const api_sipkey_t seed = { 51, 52 };

static api_arena_t arena;
static api_json_t  doc;


#define DOC                                                                   \
    "{\"sub\":\"alice\",\"esc\":\"\\u0061lice\",\"n\":5,\"big\":"             \
    "12345678901234567890123,\"neg\":-5,\"real\":5.0,\"exp\":5e0,"            \
    "\"five\":\"5\",\"true\":true,\"text\":\"true\",\"null\":null,"           \
    "\"empty\":\"\",\"list\":[\"bob\",\"\\u0061lice\",5,5.5,true,null,"       \
    "[\"deep\"],\"\"],\"none\":[],\"obj\":{\"a\":1},\"again\":5,"             \
    "\"umlaut\":\"m\\u00fcller\"}"


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


/* "text", or ":name" for a claim */

static api_operand_t
operand(const char *s)
{
    return s[0] == ':'
               ? api_operand_claim(&doc, api_json_get(&doc, 0, str(s + 1)))
               : api_operand_text(ut_guard(str(s)));
}


static const struct {
    const char *a;
    const char *b;
    bool        equal;
} equals[] = {
    { "alice", "alice", true },
    { "alice", "Alice", false },
    { "alice", "alice ", false },
    { "alice", "alic", false },
    { "", "", false },
    { ":sub", "alice", true },
    { ":sub", "ALICE", false },
    { ":sub", "alicex", false },
    { ":sub", "alic", false },
    { ":sub", "", false },
    { ":esc", "alice", true },
    { ":esc", ":sub", true },
    { ":esc", "\\u0061lice", false },
    { ":umlaut", "m\xc3\xbcller", true },
    { ":umlaut", "mu\xcc\x88ller", false }, /* another spelling of it */
    { ":n", "5", true },
    { ":n", "05", false },
    { ":n", "+5", false },
    { ":n", "5.0", false },
    { ":n", "5e0", false },
    { ":n", " 5", false },
    { ":n", "55", false },
    { ":n", ":five", false },
    { ":n", ":again", true },
    { ":n", ":neg", false },
    { ":five", "5", true },
    { ":big", "12345678901234567890123", true },
    { ":big", "12345678901234567890124", false },
    { ":neg", "-5", true },
    { ":real", "5.0", false },
    { ":real", "5", false },
    { ":real", ":real", false },
    { ":exp", "5e0", false },
    { ":true", "true", false },
    { ":true", ":true", false },
    { ":true", ":text", false },
    { ":text", "true", true },
    { ":null", "null", false },
    { ":null", "", false },
    { ":null", ":null", false },
    { ":empty", "", false },
    { ":empty", ":empty", false },
    { ":absent", "", false },
    { ":absent", ":absent", false },
    { ":list", "bob", false },
    { ":none", "", false },
    { ":obj", "{\"a\":1}", false },
};

static const struct {
    const char *v;
    const char *list;
    bool        in;
} lists[] = {
    { "bob", ":list", true },
    { "alice", ":list", true },
    { ":sub", ":list", true },
    { "5", ":list", true },
    { ":n", ":list", true },
    { "Bob", ":list", false },
    { "5.5", ":list", false },
    { "true", ":list", false },
    { "null", ":list", false },
    { "deep", ":list", false },
    { "", ":list", false },
    { ":empty", ":list", false },
    { ":real", ":list", false },
    { ":absent", ":list", false },
    { "bob,alice", ":list", false },
    { "bob", ":none", false },
    { "alice", ":sub", false },
    { "1", ":obj", false },
    { "a", ":obj", false },
    { "alice", ":absent", false },
    { "alice", "alice", false },
};


static void
test_equal(void)
{
    size_t        i;
    api_operand_t a, b;

    for (i = 0; i < sizeof(equals) / sizeof(equals[0]); i++) {
        a = operand(equals[i].a);
        b = operand(equals[i].b);

        ut_int(api_operand_equal(&a, &b), equals[i].equal, "%s = %s",
            equals[i].a, equals[i].b);
        ut_int(api_operand_equal(&b, &a), equals[i].equal, "... and back");
    }

    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        a = operand(lists[i].v);
        b = operand(lists[i].list);

        ut_int(api_operand_in(&a, &b), lists[i].in, "%s in %s", lists[i].v,
            lists[i].list);
    }

    ut_guard_reset();
}


static void
test_exists(void)
{
    size_t        i;
    api_operand_t v;

    static const char *const yes[] = { "x", " ", ":sub", ":n", ":true",
        ":list", ":none", ":obj" };
    static const char *const no[] = { "", ":empty", ":null", ":absent" };

    for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        v = operand(yes[i]);
        ut_ok(api_operand_exists(&v), "\"%s\" is there", yes[i]);
    }

    for (i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        v = operand(no[i]);
        ut_ok(!api_operand_exists(&v), "\"%s\" is not", no[i]);
    }
}


static const struct {
    const char *text;
    const char *op;
    const char *values[3];
    bool        pass;
} texts[] = {
    { "a", "eq", { "a" }, true },
    { "a", "eq", { "A" }, false },
    { "a", "eq", { "ab" }, false },
    { "a", "ne", { "b" }, true },
    { "a", "ne", { "b", "a" }, false },
    { "a", "in", { "b", "a" }, true },
    { "a", "in", { "b", "c" }, false },
    { "a  b c", "any", { "x", "c" }, true },
    { "a  b c", "any", { "x", "" }, false },
    { "ab c", "any", { "a" }, false },
    { "a b c", "any", { "b c" }, false },
    { "a b c", "contains", { "c", "a" }, true },
    { "a b c", "contains", { "c", "x" }, false },
    { "abc", "prefix", { "x", "ab" }, true },
    { "abc", "prefix", { "abcd" }, false },
    { "abc", "prefix", { "" }, false },
    { "abc", "~", { "abc" }, false },
    { "abc", "exists", { NULL }, true },
    { "5", "gt", { "4.9" }, true },
    { "5", "gt", { "5" }, false },
    { "5.0", "ge", { "5" }, true },
    { "-1", "lt", { "0" }, true },
    { "1e3", "le", { "1000" }, true },
    { "1001", "le", { "1000" }, false },
    { "05", "gt", { "0" }, false },
    { "0x5", "gt", { "0" }, false },
    { "5 ", "gt", { "0" }, false },
    { "NaN", "lt", { "0" }, false },
    { "5", "gt", { "4", "3" }, false },
    { "5", "gt", { "four" }, false },
    { "a", "eq", { NULL }, false },
    { "a", "ne", { NULL }, false },
    { "a", "contains", { NULL }, false },
};


static void
test_text(void)
{
    int           op;
    size_t        i, n;
    api_span_t    values[3];
    api_operand_t v;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        v = operand(texts[i].text);

        for (n = 0; n < 3 && texts[i].values[n]; n++) {
            values[n] = str(texts[i].values[n]);
        }

        ut_int(api_operand_test(&v, api_claim_op(str(texts[i].op)), values, n),
            texts[i].pass, "\"%s\" %s %s", texts[i].text, texts[i].op,
            n ? texts[i].values[0] : "");
    }

    v = operand("");
    values[0] = str("");

    for (op = 0; op <= API_CLAIM_NOPS; op++) {
        ut_ok(!api_operand_test(&v, (api_claim_op_t) op, values, 1)
                  && !api_operand_test(&v, (api_claim_op_t) op, values, 0),
            "nothing passes %d", op);
    }

    v = operand(":sub");
    values[0] = str("alice");
    ut_ok(api_operand_test(&v, API_CLAIM_EQ, values, 1), "a claim is tested");
}


static void
test_readings(void)
{
    size_t i;

    static const char *const plain[] = { "", "alice", "a/b", "100%", "%4",
        "%zz", "50%off", "a+b", "m\xc3\xbcller", "%u12", "a;b" };
    static const char *const two[] = { "%41", "a%2fb", "%2F", "%00", "a\tb",
        "a\x7f", "\xff", "a\xc3", "%u0041", "%U00e9x", "\n" };

    static const char *const alike[] = { "customer_id", "Customer_Id",
        "customer-id", "customer.id", "customer id", " customer_id",
        "customer_id[]", "customer_id[0]", "customer_id ",
        "CUSTOMER_ID[x][y]" };
    static const char *const others[] = { "", "customer", "customer_id2",
        "xcustomer_id", "customerid", "customer__id", "customer_id]", " " };

    for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        ut_ok(!api_operand_ambiguous(ut_guard(str(plain[i]))), "plain: %s",
            plain[i]);
    }

    for (i = 0; i < sizeof(two) / sizeof(two[0]); i++) {
        ut_ok(api_operand_ambiguous(ut_guard(str(two[i]))),
            "may be read in another way: %d", (int) i);
    }

    ut_ok(api_operand_ambiguous(API_SPAN("a\0b")), "NUL");

    for (i = 0; i < sizeof(alike) / sizeof(alike[0]); i++) {
        ut_ok(api_operand_alike(ut_guard(str(alike[i])), str("customer_id")),
            "taken for customer_id: \"%s\"", alike[i]);
    }

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        ut_ok(!api_operand_alike(ut_guard(str(others[i])), str("customer_id")),
            "another name: \"%s\"", others[i]);
    }

    ut_ok(api_operand_alike(API_SPAN("id\0x"), str("id")), "cut at a NUL");
    ut_guard_reset();
}


int
main(void)
{
    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    ut_int(api_json_parse(&doc, str(DOC), NULL, 0, seed, &arena, NULL), API_OK,
        "the claims");

    test_equal();
    test_exists();
    test_text();
    test_readings();

    api_arena_free(&arena);

    return ut_done();
}
