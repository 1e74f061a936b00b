/* Exact decimals, and values compared: against a naive reading of both. */

#include "api_decimal.h"
#include "api_value.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>


static const api_sipkey_t seed = { 1, 2 };


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


static const struct {
    const char *number;
    bool        integer;
} integers[] = {
    { "0", true },
    { "-0.0", true },
    { "1.0", true },
    { "1.50", false },
    { "15e-1", false },
    { "150e-1", true },
    { "1e-1", false },
    { "1.5e1", true },
    { "1e400", true },
    { "1e-400", false },
    { "0e-5", true },
    { "100", true },
    { "123456789012345678901234567890.000", true },
    { "123456789012345678901234567890.001", false },
    { "1e99999999999999999999", true },
    { "1e-99999999999999999999", false },
};

static const struct {
    const char *number;
    const char *divisor;
    bool        multiple;
} multiples[] = {
    { "0", "7", true },
    { "14", "7", true },
    { "15", "7", false },
    { "-14.0", "7", true },
    { "0.0075", "0.0001", true },
    { "0.00751", "0.0001", false },
    { "4.5", "1.5", true },
    { "0.3", "0.1", true },
    { "0.30000000000000004", "0.1", false },
    { "19.99", "0.01", true },
    { "1e308", "0.5", true },
    { "1e308", "3", false },
    { "3e308", "3", true },
    { "1e-7", "1e-8", true },
    { "1e-8", "1e-7", false },
    { "12391239123", "1e-8", true },
    { "999999999999999999", "999999999999999999", true },
    { "1999999999999999998", "999999999999999999", true },
    { "1e2147483647", "7", false },
    { "7e2147483647", "7", true },
    { "100", "1e2", true },
    { "150", "1e2", false },
};


static void
test_decimals(void)
{
    int                   rc;
    size_t                i;
    api_decimal_divisor_t d;

    for (i = 0; i < sizeof(integers) / sizeof(integers[0]); i++) {
        ut_int(api_decimal_is_integer(ut_guard(str(integers[i].number))),
            integers[i].integer, "%s", integers[i].number);
        ut_guard_reset();
    }

    for (i = 0; i < sizeof(multiples) / sizeof(multiples[0]); i++) {
        rc = api_decimal_divisor(ut_guard(str(multiples[i].divisor)), &d);
        ut_int(rc, API_OK, "%s", multiples[i].divisor);
        ut_int(api_decimal_is_multiple(ut_guard(str(multiples[i].number)), &d),
            multiples[i].multiple, "%s of %s", multiples[i].number,
            multiples[i].divisor);
        ut_guard_reset();
    }

    ut_int(api_decimal_divisor(API_SPAN("0"), &d), API_INVALID, "0");
    ut_int(api_decimal_divisor(API_SPAN("-1"), &d), API_INVALID, "-1");
    ut_int(api_decimal_divisor(API_SPAN("1234567890123456789"), &d), API_LIMIT,
        "19 digits");
}


/* Multiples of integers, against the machine's own division. */

static void
test_multiples(void)
{
    int                   i;
    char                  a[40], b[40];
    int64_t               x, y;
    ut_rand_t             r = { 9 };
    api_decimal_divisor_t d;

    for (i = 0; i < 20000; i++) {
        y = (int64_t) ut_below(&r, i % 2 ? 50 : 1000000000) + 1;
        x = (int64_t) ut_below(&r, UINT64_C(1) << 62);
        x = i % 3 ? x : x / y * y;
        snprintf(a, sizeof(a), "%lld%s", (long long) x, i % 5 ? "" : ".00");
        snprintf(b, sizeof(b), "%llde0", (long long) y);

        if (api_decimal_divisor(str(b), &d) != API_OK
            || api_decimal_is_multiple(str(a), &d) != (x % y == 0))
        {
            break;
        }
    }

    ut_int(i, 20000, "as the machine divides; the last was %s of %s", a, b);
}


/* Small numbers are ordered as api_json_number_cmp orders them. */

static void
random_number(ut_rand_t *r, char *s)
{
    int i, n;

    n = sprintf(s, "%s%d", ut_below(r, 2) ? "-" : "", (int) ut_below(r, 20));

    if (ut_below(r, 2)) {
        n += sprintf(s + n, ".");

        for (i = 1 + (int) ut_below(r, 8); i; i--) {
            n += sprintf(s + n, "%d", (int) ut_below(r, 3) * 4);
        }
    }
}


static void
test_small(void)
{
    int       i, want;
    char      a[40], b[40];
    int64_t   x, y;
    uint8_t   sx, sy;
    ut_rand_t r = { 11 };

    for (i = 0; i < 20000; i++) {
        random_number(&r, a);
        random_number(&r, b);
        want = api_json_number_cmp(str(a), str(b));

        if (!api_decimal_small(str(a), &x, &sx)
            || !api_decimal_small(str(b), &y, &sy)
            || api_decimal_cmp(x, sx, y, sy) != want
            || (want == 0)
                   != (api_decimal_hash(str(a), 5)
                       == api_decimal_hash(str(b), 5)))
        {
            break;
        }
    }

    ut_int(i, 20000, "ordered and hashed alike; the last was %s and %s", a, b);
    ut_ok(!api_decimal_small(API_SPAN("1e2"), &x, &sx), "no exponents");
    ut_ok(!api_decimal_small(API_SPAN("1234567890123456789"), &x, &sx),
        "19 digits");
    ut_ok(api_decimal_small(API_SPAN("-99999999999999999"), &x, &sx)
              && x == -99999999999999999,
        "17 digits and a sign");
}


static const struct {
    const char *a, *b;
    bool        equal;
} pairs[] = {
    { "1", "1.0", true },
    { "100", "1e2", true },
    { "0", "-0", true },
    { "1", "\"1\"", false },
    { "1", "true", false },
    { "null", "false", false },
    { "\"a\"", "\"\\u0061\"", true },
    { "\"a\"", "\"A\"", false },
    { "[]", "{}", false },
    { "[1,2]", "[2,1]", false },
    { "[1,[2,{}]]", "[1.0,[2,{}]]", true },
    { "{\"a\":1,\"b\":2}", "{\"b\":2,\"\\u0061\":1}", true },
    { "{\"a\":1,\"b\":2}", "{\"a\":2,\"b\":1}", false },
    { "{\"a\":1}", "{\"a\":1,\"b\":2}", false },
    { "{\"a\":{\"x\":[1,{\"y\":null}]}}", "{\"a\":{\"x\":[1,{\"y\":null}]}}",
        true },
    { "9007199254740993", "9007199254740992", false },
    { "1e400", "1e401", false },
};


static void
test_pairs(void)
{
    bool             equal;
    size_t           i;
    uint64_t         ha, hb;
    api_json_t       a, b;
    api_arena_t      arena;
    api_value_work_t w;

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        api_arena_init(&arena, &api_alloc_libc, 0, 0);
        w = (api_value_work_t){ 77, 1000, &arena };
        api_json_parse(
            &a, ut_guard(str(pairs[i].a)), NULL, 0, seed, &arena, NULL);
        api_json_parse(
            &b, ut_guard(str(pairs[i].b)), NULL, 0, seed, &arena, NULL);

        ut_int(api_value_equal(&w, &a, 0, &b, 0, &equal), API_OK, "compared");
        ut_int(equal, pairs[i].equal, "%s and %s", pairs[i].a, pairs[i].b);
        api_value_hash(&w, &a, 0, &ha);
        api_value_hash(&w, &b, 0, &hb);
        ut_int(ha == hb, pairs[i].equal, "their hashes");

        w.left = 0;
        ut_int(api_value_hash(&w, &a, 0, &ha), API_LIMIT, "no work left");
        api_arena_free(&arena);
        ut_guard_reset();
    }
}


static int
unique(const api_alloc_t *alloc, uint32_t *first)
{
    int              rc;
    api_json_t       json;
    api_arena_t      arena;
    api_value_work_t w;

    api_arena_init(&arena, alloc, 64, 0);
    w = (api_value_work_t){ 77, 100000, &arena };
    rc = api_json_parse(&json,
        API_SPAN("[{\"a\":[1,\"\\n\"],\"b\":2},3,[3],\"3\",{\"b\":2.0,\"a\":"
                 "[1,\"\\u000a\"]},3]"),
        NULL, 0, seed, &arena, NULL);

    if (rc == API_OK) {
        rc = api_value_unique(&w, &json, 0, first);
    }

    api_arena_free(&arena);

    return rc;
}


static void
test_unique(void)
{
    int        rc;
    size_t     n;
    uint32_t   first;
    ut_alloc_t u;

    ut_int(unique(&api_alloc_libc, &first), API_OK, "looked through");
    ut_int(first, 12, "the first that is equal to one before it");

    for (n = 1;; n++) {
        ut_arm(&u, n);
        rc = unique(&u.alloc, &first);

        if (u.live || u.calls < n || rc != API_NOMEM) {
            break;
        }
    }

    ut_int(u.live, 0, "nothing is left");
    ut_int(rc, API_OK, "at last");
}


int
main(void)
{
    test_decimals();
    test_multiples();
    test_small();
    test_pairs();
    test_unique();

    return ut_done();
}
