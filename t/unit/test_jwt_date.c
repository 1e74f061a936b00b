/* NumericDate: the floor of any JSON number, exactly. */

#include "api_jwt_int.h"
#include "sign.h"
#include "ut.h"

#include <inttypes.h>
#include <stdio.h>


static void
test_table(void)
{
    bool    ok;
    size_t  i;
    int64_t got;

    static const struct {
        const char *text;
        bool        ok;
        int64_t     date;
    } v[] = {
        { "0", true, 0 },
        { "-0", true, 0 },
        { "0.0", true, 0 },
        { "-0.0", true, 0 },
        { "0e0", true, 0 },
        { "0e99999999999999999999", true, 0 },
        { "0.000e-99999999999999999999", true, 0 },
        { "1", true, 1 },
        { "-1", true, -1 },
        { "1700000000", true, 1700000000 },
        { "1700000000.0", true, 1700000000 },
        { "1700000000.999999999", true, 1700000000 },
        { "-1700000000.000000001", true, -1700000001 },
        { "-1700000000.000", true, -1700000000 },
        { "1.7e9", true, 1700000000 },
        { "1.7E+9", true, 1700000000 },
        { "17e8", true, 1700000000 },
        { "17000000005e-1", true, 1700000000 },
        { "1700000000000e-3", true, 1700000000 },
        { "0.0000000017e18", true, 1700000000 },
        { "0.5", true, 0 },
        { "-0.5", true, -1 },
        { "0.00000001", true, 0 },
        { "-0.00000001", true, -1 },
        { "1e-1", true, 0 },
        { "-1e-1", true, -1 },
        { "1e-400", true, 0 },
        { "-1e-400", true, -1 },
        { "9.99e0", true, 9 },
        { "9.99e1", true, 99 },
        { "9.99e2", true, 999 },
        { "-9.99e1", true, -100 },
        { "100e-2", true, 1 },
        { "-100e-2", true, -1 },
        { "-101e-2", true, -2 },
        { "253402300799", true, 253402300799 },
        { "253402300799.999999999999999999999", true, 253402300799 },
        { "253402300800", false, 0 },
        { "-62167219200", true, -62167219200 },
        { "-62167219200.0000000001", false, 0 },
        { "-62167219201", false, 0 },
        { "999999999999", false, 0 },
        { "1000000000000", false, 0 },
        { "1e11", true, 100000000000 },
        { "1e12", false, 0 },
        { "-1e12", false, 0 },
        { "1e400", false, 0 },
        { "-1e400", false, 0 },
        { "1e18446744073709551616", false, 0 },
        { "1e-18446744073709551616", true, 0 },
        { "9223372036854775807", false, 0 },
        { "9223372036854775808", false, 0 },
        { "18446744073709551617", false, 0 },
        { "0.00000000000000000000000000000000000000017e40", true, 1 },
    };

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        ok = api_jwt_date(ut_guard(sign_span(v[i].text)), &got);

        if (v[i].ok) {
            ut_ok(ok && got == v[i].date, "%s is %" PRId64, v[i].text,
                v[i].date);
        } else {
            ut_ok(!ok, "%s is no date", v[i].text);
        }
    }
}


/* Random digits with the point moved about: against integer division. */

static void
test_random(void)
{
    int       i, k, e, n;
    char      text[64], digits[32];
    size_t    wrong = 0;
    int64_t   m, want, p, got;
    ut_rand_t r = { 7 };

    for (i = 0; i < 200000; i++) {
        m = (int64_t) ut_below(&r, 1000000000000000000u);
        m >>= ut_below(&r, 50);
        k = (int) ut_below(&r, 18); /* digits behind the point */
        e = (int) ut_below(&r, 37) - 18;
        p = 1;

        /* m * 10^(e - k) */

        for (n = e - k; n < 0 && p < 1000000000000000000; n++) {
            p *= 10;
        }

        if (n < 0) {
            continue;
        }

        want = m / p;

        for (n = e - k; n > 0 && want < 1000000000000; n--) {
            want *= 10;
        }

        snprintf(digits, sizeof(digits), "%0*" PRId64, k + 1, m);
        n = (int) strlen(digits);
        snprintf(text, sizeof(text), "%.*s%s%se%d", n - k, digits,
            k ? "." : "", digits + n - k, e);

        if (want > API_JWT_DATE_MAX) {
            wrong += api_jwt_date(sign_span(text), &got);
        } else {
            wrong += !api_jwt_date(sign_span(text), &got) || got != want;
        }

        memmove(text + 1, text, strlen(text) + 1);
        text[0] = '-';
        want = -want - (e - k < 0 && m % p != 0);

        if (want < API_JWT_DATE_MIN) {
            wrong += api_jwt_date(sign_span(text), &got);
        } else {
            wrong += !api_jwt_date(sign_span(text), &got) || got != want;
        }
    }

    ut_int(wrong, 0, "200000 numbers and their negatives");
}


int
main(void)
{
    test_table();
    test_random();

    return ut_done();
}
