/* Versions in the order of dpkg.  With a file of lines "A SIGN B", these are
   looked at: t/suite/doctor.t has dpkg write them. */

#include "api_debver.h"
#include "ut.h"

#include <stdio.h>
#include <string.h>


typedef struct {
    const char *a;
    int         sign;
    const char *b;
} row_t;

static const row_t rows[] = {
    { "1.22.1-9+deb12u11", 1, "1.22.1-9+deb12u10" },
    { "1.22.1-9+deb12u9", -1, "1.22.1-9+deb12u10" },
    { "1.22.1-9", -1, "1.22.1-9+deb12u1" },
    { "3.0.19-1~deb12u2", -1, "3.0.19-1" },
    { "3.0.19-1~deb12u2", 1, "3.0.19-1~deb12u1" },
    { "1:1.2.13.dfsg-1", 1, "1.3.1-1" },
    { "1.0", 0, "1.0-0" },
    { "1.0", 0, "0:1.0" },
    { "1.0", 0, "1.00" },
    { "1.10", 1, "1.9" },
    { "1.0~rc1", -1, "1.0" },
    { "1.0~~", -1, "1.0~" },
    { "1.0a", 1, "1.0" },
    { "1.0+", 1, "1.0a" },
    { "1.0.", 1, "1.0a" },
    { "2-1", 1, "1-2" },
    { "1-1-1", 1, "1-1" },
    { "99999999999999999999999999999", 1, "9999999999999999999999999999" },
    { "99999999999999999999999999998", -1, "99999999999999999999999999999" },
    { "", -1, "1" },
    { "", 0, "0" },
    { "", 0, "" },
};


static int
sign(int n)
{
    return (n > 0) - (n < 0);
}


static int
compare(const char *a, const char *b)
{
    int        rc;
    api_span_t x = ut_guard(api_span(a, strlen(a)));
    api_span_t y = ut_guard(api_span(b, strlen(b)));

    rc = sign(api_debver_compare(x, y));
    ut_guard_reset();

    return rc;
}


static void
compare_file(const char *path)
{
    int   want;
    char  a[256], b[256];
    FILE *in = fopen(path, "r");

    ut_ok(in != NULL, "%s", path);

    while (in && fscanf(in, "%255s %d %255s", a, &want, b) == 3) {
        ut_int(compare(a, b), want, "%s, %s", a, b);
    }

    if (in) {
        fclose(in);
    }
}


int
main(int argc, char **argv)
{
    size_t i;

    if (argc > 1) {
        compare_file(argv[1]);
        return ut_done();
    }

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ut_int(compare(rows[i].a, rows[i].b), rows[i].sign, "%s, %s",
            rows[i].a, rows[i].b);
        ut_int(compare(rows[i].b, rows[i].a), -rows[i].sign,
            "... the other way round");
    }

    ut_span(api_debver_upstream(API_SPAN("1:1.2.13.dfsg-1")),
        API_SPAN("1.2.13.dfsg"), "upstream");

    return ut_done();
}
