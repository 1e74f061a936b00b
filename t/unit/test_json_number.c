/* Numbers of the JSON parser: int64_t, double, exact order. */

#define _POSIX_C_SOURCE 200809L

#include "json/verdict.h"

#include <errno.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>


static api_json_t doc;


static void
test_int64(void)
{
    size_t  i;
    int64_t v;

    static const struct {
        const char *text;
        bool        ok;
        int64_t     want;
    } ints[] = {
        { "0", true, 0 },
        { "-0", true, 0 },
        { "-1", true, -1 },
        { "9007199254740993", true, 9007199254740993 },
        { "999999999999999999", true, 999999999999999999 },
        { "1000000000000000000", true, 1000000000000000000 },
        { "9223372036854775807", true, INT64_MAX },
        { "-9223372036854775807", true, -INT64_MAX },
        { "-9223372036854775808", true, INT64_MIN },
        { "9223372036854775808", false, 0 },
        { "-9223372036854775809", false, 0 },
        { "9999999999999999999", false, 0 },
        { "10000000000000000000", false, 0 },
        { "18446744073709551617", false, 0 },
        { "1.0", false, 0 },
        { "1e0", false, 0 },
        { "\"1\"", false, 0 },
        { "[1]", false, 0 },
        { "null", false, 0 },
    };

    for (i = 0; i < sizeof(ints) / sizeof(ints[0]); i++) {
        api_json_parse(&doc, api_span(ints[i].text, strlen(ints[i].text)),
            NULL, 0, seed, &arena, NULL);
        v = 0;
        ut_ok(api_json_int64(&doc, 0, &v) == ints[i].ok, "%s is%s an int64",
            ints[i].text, ints[i].ok ? "" : " not");
        ut_int(v, ints[i].want, "%s", ints[i].text);
    }
}


static bool
double_of(const char *text, double *v)
{
    bool ok;

    static const api_json_limits_t limits = { 9, 9, 9, 9, 9, UINT32_MAX };

    ok = api_json_parse(&doc, api_span(text, strlen(text)), &limits, 0, seed,
             &arena, NULL)
             == API_OK
         && api_json_double(&doc, 0, v);
    api_arena_free(&arena);

    return ok;
}


/*
 * m * 2^-1075 in full, halfway between two of the smallest doubles if m is
 * odd: m * 5^1075, shifted by the power of ten, by long multiplication.
 */

static void
halfway(char *out, uint8_t m, const char *tail)
{
    int            n, i, k, carry;
    static uint8_t d[1200];

    memset(d, 0, sizeof(d));
    d[0] = m;
    n = 1;

    for (k = 0; k < 1075; k++) {
        carry = 0;

        for (i = 0; i < n; i++) {
            carry += d[i] * 5;
            d[i] = (uint8_t) (carry % 10);
            carry /= 10;
        }

        if (carry) {
            d[n++] = (uint8_t) carry;
        }
    }

    for (i = n; i > 0; i--) {
        *out++ = (char) ('0' + d[i - 1]);
    }

    /* a tail of more digits moves the point */

    sprintf(out, "%se-%zu", tail, 1075 + strlen(tail));
}


static void
test_double(void)
{
    size_t i;
    char   text[2048];
    double v;

    static const struct {
        const char *text;
        double      want;
    } doubles[] = {
        { "0", 0 },
        { "-0", -0.0 },
        { "-0.0e99999999999", -0.0 },
        { "0e-99999999999", 0 },
        { "1", 1 },
        { "-1.5", -1.5 },
        { "0.1", 0.1 },
        { "1e22", 1e22 },
        { "1e23", 1e23 },
        { "123456789012345678", 123456789012345678.0 },
        { "9007199254740993", 9007199254740992.0 },
        { "9007199254740993.00000000000000000000001", 9007199254740994.0 },
        { "9007199254740992.99999999999999999999999", 9007199254740992.0 },
        { "100000000000000000000000000000000000000", 1e38 },
        { "0.000000000000000000000000000000000000001", 1e-39 },
        { "1.7976931348623157e308", DBL_MAX },
        { "1.79769313486231580793e308", DBL_MAX },
        { "2.2250738585072014e-308", DBL_MIN },
        { "2.2250738585072011e-308", 2.2250738585072011e-308 },
        { "4.9406564584124654e-324", 4.9406564584124654e-324 },
        { "2e-324", 0 },
        { "1e-99999999999", 0 },
        { "-1e-400", -0.0 },
        { "179769313486231570000000000000000000000000e267", DBL_MAX },
        { "3.0000000000000000000000000000000000000000000000000000", 3 },
    };

    static const char *const infinite[] = { "1e309", "-1e309",
        "1.7976931348623159e308", "1e99999999999", "-1e2147483648", "[1]",
        "\"1\"", "true", "null" };

    for (i = 0; i < sizeof(doubles) / sizeof(doubles[0]); i++) {
        v = 99;
        ut_ok(double_of(doubles[i].text, &v) && v == doubles[i].want
                  && !signbit(v) == !signbit(doubles[i].want),
            "%s is %.17g", doubles[i].text, v);
    }

    for (i = 0; i < sizeof(infinite) / sizeof(infinite[0]); i++) {
        v = 99;
        ut_ok(!double_of(infinite[i], &v) && v == 99, "%s is no double",
            infinite[i]);
    }

    halfway(text, 3, "");
    ut_ok(double_of(text, &v) && v == 0x1p-1073, "halfway up to even");
    text[strspn(text, "0123456789") - 1]--;
    ut_ok(double_of(text, &v) && v == 0x1p-1074, "a little less goes down");

    halfway(text, 1, "");
    ut_ok(double_of(text, &v) && v == 0, "halfway down to even");
    halfway(text, 1, "0000000000000000000000000000000000000001");
    ut_ok(double_of(text, &v) && v == 0x1p-1074, "a little more goes up");

    errno = 7;
    double_of("1e999", &v);
    ut_int(errno, 7, "errno is left alone");
}


static void
test_double_random(void)
{
    size_t    i, wrong;
    char      text[2048];
    double    v, want;
    uint64_t  bits;
    ut_rand_t r;

    /* random bits printed with 17 digits come back, and as strtod says with
       any number of digits */

    r.s = 1;
    wrong = 0;

    for (i = 0; i < 40000; i++) {
        bits = ut_rand(&r);
        memcpy(&want, &bits, sizeof(want));

        if (isfinite(want)) {
            sprintf(text, "%.*e", 16, want);
            wrong += !double_of(text, &v) || memcmp(&v, &want, sizeof(v)) != 0;

            sprintf(text, "%.*e", (int) ut_below(&r, 40), want);
            want = strtod(text, NULL);
            wrong += double_of(text, &v) != isfinite(want)
                     || (isfinite(want) && memcmp(&v, &want, sizeof(v)) != 0);
        }

        want = (double) ut_below(&r, 1 << 30) / 1000;
        sprintf(text, "%.*f", (int) ut_below(&r, 9), want);
        want = strtod(text, NULL);
        wrong += !double_of(text, &v) || v != want;
    }

    ut_int(wrong, 0, "doubles that come out otherwise");
}


static void
test_locale(void)
{
    double v;
    size_t i;

    static const char *const commas[] = { "de_DE.UTF-8", "de_DE.utf8", "de_DE",
        "fr_FR.UTF-8", "fr_FR.utf8", "pl_PL.UTF-8" };

    for (i = 0; i < sizeof(commas) / sizeof(commas[0]); i++) {
        if (setlocale(LC_ALL, commas[i])
            && localeconv()->decimal_point[0] == ',') {
            ut_ok(double_of("1234567.123456789012345678901", &v)
                      && v == 1234567.123456789012345678901,
                "a decimal point is a point in %s", commas[i]);
            setlocale(LC_ALL, "C");
            return;
        }
    }

    ut_ok(true, "no locale with a comma here # SKIP");
}


static const char *const ascending[] = { "-1e2147483647", "-1e400", "-1e19",
    "-9223372036854775809", "-9223372036854775808", "-10", "-9.5", "-1",
    "-0.5", "-1e-400", "0", "1e-400", "0.001", "0.01",
    "0.0100000000000000000001", "0.5", "0.99", "1",
    "1.000000000000000000000000000001", "1.5", "2", "9.999", "10", "10.01",
    "99", "100", "101", "9007199254740992", "9007199254740993",
    "9007199254740993.5", "1e19", "12345678901234567890",
    "12345678901234567891", "1.1e400", "1e2147483646", "1e2147483647" };

static const char *const equal[][2] = { { "0", "-0" }, { "0", "0.000" },
    { "0", "-0e-5" }, { "0e9", "0e-9" }, { "1", "1.0" }, { "1", "1e0" },
    { "1", "1000e-3" }, { "1", "0.001e3" }, { "1e2", "100" },
    { "1E+2", "100.00" }, { "-12.5", "-125e-1" }, { "-12.5", "-0.125E2" },
    { "1e1000", "10e999" }, { "0.00012", "1.2e-4" }, { "120", "1.2e2" },
    { "123456789.0", "123456789" }, { "10.10", "1.01e1" },
    { "1e99999999999", "1e99999999998" } };


static int
cmp(const char *a, const char *b)
{
    return api_json_number_cmp(
        ut_guard(api_span(a, strlen(a))), ut_guard(api_span(b, strlen(b))));
}


/* m * 10^e, e >= -9, in one of many spellings. */

static void
spell(char *out, ut_rand_t *r, int64_t m, int e)
{
    int      point, n;
    char     digits[32];
    uint64_t a;

    a = (uint64_t) (m < 0 ? -m : m);
    n = sprintf(digits, "%llu", (unsigned long long) a);

    /* more zeros behind */

    while (a && ut_below(r, 3) == 0 && n < 30) {
        digits[n++] = '0';
        e--;
    }

    digits[n] = '\0';
    point = (int) ut_below(r, (uint64_t) n + 1);
    out += sprintf(out, "%s", m < 0 ? "-" : "");

    if (point == 0) {
        sprintf(out, "0.%se%d", digits, e + n);

    } else if (point == n) {
        sprintf(out, "%sE%+d", digits, e);

    } else if (digits[0] == '0') {
        sprintf(out, "0");

    } else {
        sprintf(
            out, "%.*s.%se%d", point, digits, digits + point, e + n - point);
    }
}


static void
test_cmp(void)
{
    int       want, ea, eb;
    size_t    i, k, wrong;
    char      a[80], b[80];
    int64_t   ma, mb, ten, x, y;
    ut_rand_t r;

    wrong = 0;

    for (i = 0; i < sizeof(ascending) / sizeof(ascending[0]); i++) {
        for (k = 0; k < sizeof(ascending) / sizeof(ascending[0]); k++) {
            want = i < k ? -1 : i > k;

            if (cmp(ascending[i], ascending[k]) != want) {
                printf("# %s and %s: %d\n", ascending[i], ascending[k],
                    cmp(ascending[i], ascending[k]));
                wrong++;
            }
        }
    }

    ut_int(wrong, 0, "pairs of an ascending row in wrong order");

    for (i = 0; i < sizeof(equal) / sizeof(equal[0]); i++) {
        ut_int(cmp(equal[i][0], equal[i][1]), 0, "%s is %s", equal[i][0],
            equal[i][1]);
        ut_int(cmp(equal[i][1], equal[i][0]), 0, "and the other way");
    }

    r.s = 2;
    wrong = 0;

    for (i = 0; i < 60000; i++) {
        ma = (int64_t) ut_below(&r, 2001) - 1000;
        mb = ut_below(&r, 2) ? ma * 10 : (int64_t) ut_below(&r, 2001) - 1000;
        ea = (int) ut_below(&r, 9) - 4;
        eb = ut_below(&r, 2) ? ea - 1 : (int) ut_below(&r, 9) - 4;

        spell(a, &r, ma, ea);
        spell(b, &r, mb, eb);

        x = ma;
        y = mb;

        for (ten = -5; ten < ea; ten++) {
            x *= 10;
        }

        for (ten = -5; ten < eb; ten++) {
            y *= 10;
        }

        if (api_json_number_cmp(api_span(a, strlen(a)), api_span(b, strlen(b)))
            != (x > y) - (x < y))
        {
            printf("# %s and %s\n", a, b);
            wrong++;
        }
    }

    ut_int(wrong, 0, "random pairs in wrong order");
}


int
main(void)
{
    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    test_int64();
    api_arena_free(&arena);

    test_double();
    test_double_random();
    test_locale();
    test_cmp();

    api_arena_free(&arena);

    return ut_done();
}
