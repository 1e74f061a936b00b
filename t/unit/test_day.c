/* Days, their ends, and those that there are not. */

#include "api_day.h"
#include "ut.h"


typedef struct {
    const char *text;
    int64_t     at; /* -1: none */
    int64_t     end;
} row_t;

/* GNU date -u -d ... +%s */

static const row_t rows[] = {
    { "1970-01-01", 0, 86400 },
    { "2000-02-29", 951782400, 951868800 },
    { "2024-02-29", 1709164800, 1709251200 },
    { "2026-12-31", 1798675200, 1798761600 },
    { "2026-12-31T23:59:59Z", 1798761599, 1798761599 },
    { "9999-12-31", INT64_C(253402214400), INT64_C(253402300800) },
    { "2026-02-29", -1, 0 },
    { "2100-02-29", -1, 0 },
    { "2026-04-31", -1, 0 },
    { "2026-13-01", -1, 0 },
    { "2026-00-01", -1, 0 },
    { "2026-01-00", -1, 0 },
    { "1969-12-31", -1, 0 },
    { "2026-1-01", -1, 0 },
    { "2026-12-31T24:00:00Z", -1, 0 },
    { "2026-12-31T23:60:00Z", -1, 0 },
    { "2026-12-31 23:59:59Z", -1, 0 },
    { "2026-12-31T23:59:59", -1, 0 },
    { "2026-12-31x", -1, 0 },
    { "friday", -1, 0 },
    { "", -1, 0 },
};


int
main(void)
{
    char       buf[API_DAY_TEXT];
    size_t     i;
    int64_t    t, back;
    api_span_t s;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        s = ut_guard(api_span(rows[i].text, strlen(rows[i].text)));
        t = -7;
        ut_ok(api_day_parse(s, false, &t) == (rows[i].at >= 0), "%s: %s",
            rows[i].text, rows[i].at >= 0 ? "a day" : "none");
        ut_int(t, rows[i].at >= 0 ? rows[i].at : -7, "... its beginning");
        t = -7;
        api_day_parse(s, true, &t);
        ut_int(t, rows[i].at >= 0 ? rows[i].end : -7, "... its end");
        ut_guard_reset();
    }

    for (t = 0; t < INT64_C(253402300800); t += INT64_C(40000003)) {
        api_day_print(t, buf);

        if (!api_day_parse(api_span(buf, strlen(buf)), false, &back)
            || back != t) {
            ut_ok(false, "%lld is %s", (long long) t, buf);
        }
    }

    ut_ok(true, "times and texts, there and back");

    return ut_done();
}
