/* What stays of a request in the log, and what becomes a pseudonym. */

#include "api_redact.h"
#include "ut.h"

#include <stdio.h>


static const api_sipkey_t key = { 1, 2 };


static bool
word(const char *s)
{
    return api_redact_word(ut_guard(api_span(s, strlen(s))));
}


static void
test_words(void)
{
    size_t i;

    static const char *const keep[] = { "orders", "list-items", "createOrder",
        "index.html", "v1", "v2.1", "V3", "etc", "passwd", "..", "WEB-INF",
        "well_known", "getOrderLines" };
    static const char *const mask[] = { "17", "550e8400-e29b-41d4-a716", "a1",
        "alice@example.com", "a%40b", "eyJhbGciOiJIUzI1NiJ9", "123-45-6789",
        "AKIAIOSFODNN7EXAMPLE", "DE89370400440532013000", "v123456", "a b",
        "aGVsbG8gV29ybGQgSGVsbG8", "\xc3\xa9", "k=v", "a;b", "hunter2",
        "abcdefghijklmnopqrstuvwxyzabcdefg", "AbCdEfGhIj" };

    for (i = 0; i < sizeof(keep) / sizeof(*keep); i++) {
        ut_ok(word(keep[i]), "%s stays", keep[i]);
    }

    for (i = 0; i < sizeof(mask) / sizeof(*mask); i++) {
        ut_ok(!word(mask[i]), "%s goes", mask[i]);
    }

    ut_ok(api_redact_name(API_SPAN("filter[name]")), "a name of a parameter");
    ut_ok(api_redact_name(API_SPAN("page2")), "... with a digit");
    ut_ok(!api_redact_name(API_SPAN("4111111111111111")), "a card is none");
    ut_ok(!api_redact_name(api_span(NULL, 0)), "nothing is none");
}


static void
path_is(const char *in, const char *want, uint32_t bits)
{
    char     out[256];
    size_t   n, i, j;
    uint32_t masked;

    n = api_redact_path(
        key, ut_guard(api_span(in, strlen(in))), out, sizeof(out), &masked);

    /* a ~ in what is wanted stands for any pseudonym */

    for (i = 0, j = 0; i < n && want[j]; j++) {
        i += want[j] == '~' && out[i] == '~' ? API_REDACT_PSEUDONYM
             : want[j] == out[i]             ? 1
                                             : n + 1;
    }

    ut_ok(i == n && want[j] == '\0', "%s: %s is %.*s", in, want, (int) n, out);
    ut_int(masked, bits, "... and said to be");
    ut_guard_reset();
}


static void
test_paths(void)
{
    char       out[64], again[64];
    size_t     n;
    uint32_t   masked;
    api_span_t values[2] = { API_SPAN("17"), API_SPAN("word") };

    path_is("/", "/", 0);
    path_is("", "", 0);
    path_is("/v1/orders", "/v1/orders", 0);
    path_is("/v1/orders/17", "/v1/orders/~", 4);
    path_is("/17/orders/18/", "/~/orders/~/", 5);
    path_is("//a//", "//a//", 0);
    path_is("*", "~", 1);
    path_is("/../../etc/passwd", "/../../etc/passwd", 0);
    path_is("/a/%2e%2e/b", "/a/~/b", 2);

    n = api_redact_template(key, API_SPAN("/v2/{a}/s3/{b}.json"), values, 2,
        out, sizeof(out), &masked);
    ut_int(n, 4 + 17 + 4 + 17 + 5, "a template with its values");
    ut_int(masked, 3, "both are replaced, words too");
    ut_ok(memcmp(out, "/v2/~", 5) == 0 && memcmp(out + n - 5, ".json", 5) == 0,
        "what the template says stays");

    n = api_redact_template(
        key, API_SPAN("/{a}/{b}"), values, 2, out, 30, &masked);
    ut_ok(n <= 30, "never more than there is room for");

    api_redact_pseudonym(key, API_SPAN("17"), out);
    api_redact_pseudonym(key, API_SPAN("17"), again);
    ut_ok(memcmp(out, again, API_REDACT_PSEUDONYM) == 0, "the same, the same");
    api_redact_pseudonym((api_sipkey_t){ 1, 3 }, API_SPAN("17"), again);
    ut_ok(memcmp(out, again, API_REDACT_PSEUDONYM) != 0, "... under one key");
}


static void
agent_is(const char *in, const char *want, uint32_t left)
{
    char     out[64];
    size_t   n;
    uint32_t masked;

    n = api_redact_agent(
        ut_guard(api_span(in, strlen(in))), out, sizeof(out), &masked);

    ut_span(api_span(out, n), api_span(want, strlen(want)), "%s", in);
    ut_int(masked, left, "... and whether something is left out");
    ut_guard_reset();
}


static void
test_agents(void)
{
    char     out[256];
    size_t   n;
    uint32_t masked;

    agent_is("curl/7.88.1", "curl/7.88.1", 0);
    agent_is("Mozilla/5.0 (X11; Linux x86_64) Gecko/2010 Firefox/115.0",
        "Mozilla/5.0 Gecko/2010 Firefox/115.0", 0);
    agent_is("app/4111111111111111", "", 1);
    agent_is("alice@example.com", "", 1);
    agent_is("curl/7.1 eyJhbGciOiJI", "curl/7.1", 1);
    agent_is("((((", "", 0);
    agent_is(") a/1", "a/1", 1);
    agent_is("", "", 0);
    agent_is("a/1 b/2 c/3 d/4", "a/1 b/2 c/3", 1);

    n = api_redact_host(
        key, API_SPAN("api2.example.com"), out, sizeof(out), &masked);
    ut_span(api_span(out, n), API_SPAN("api2.example.com"), "a host");
    n = api_redact_host(key, API_SPAN("4111111111111111.example.com"), out,
        sizeof(out), &masked);
    ut_ok(n == 17 + 12 && masked == 1, "a number in a host");
}


static void
line_is(const char *in, const char *want)
{
    char   out[80];
    size_t n;

    n = api_redact_line(ut_guard(api_span(in, strlen(in))), out, sizeof(out));
    ut_span(api_span(out, n), api_span(want, strlen(want)), "%s", in);
    ut_guard_reset();
}


static void
test_lines(void)
{
    line_is(
        "api_require scope orders:write", "api_require scope orders:write");
    line_is("body /quantity: maximum: must be at most 9",
        "body /quantity: maximum: must be at most 9");
    line_is("card 4111 1111 1111 1111 is none", "card ~ is none");
    line_is("ssn 123-45-6789", "ssn ~");
    line_is("of alice@example.com here", "of ~ here");
    line_is("AKIAIOSFODNN7EXAMPLE12345 x", "~ x");
    line_is("in 3 of 4 lines", "in 3 of 4 lines");
    line_is("query P4ssw0rd-2026: unknown", "query ~ unknown");
    line_is("query Hunter2!Hunter2!: unknown", "query ~ unknown");
    line_is("header AKIAIOSFODNN7EXAMPLE: unknown", "header ~ unknown");
    line_is("query address2: unknown", "query address2: unknown");
    line_is("body /items/12/sku2: type: (at=401)",
        "body /items/12/sku2: type: (at=401)");
    line_is("body /passport-X1234567/a: unknown", "body ~ unknown");
    line_is("rule 949110, score 18, by 920350, 942100, 949110",
        "rule 949110, score 18, by 920350, 942100, 949110");
    line_is("", "");
    line_is("  a  ", "  a  ");
}


int
main(void)
{
    test_lines();
    test_words();
    test_paths();
    test_agents();

    return ut_done();
}
