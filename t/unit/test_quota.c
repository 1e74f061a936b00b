/* Time zones and the periods of quotas against libc, which reads the same
   files on its own: a million moments, every change of daylight saving time,
   ends of months, zones with odd habits. */

#define _DEFAULT_SOURCE

#include "api_quota.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>


static const char *const zones[] = { "UTC", "Europe/Berlin",
    "America/New_York", "Asia/Kolkata", "Asia/Kathmandu",
    "Australia/Lord_Howe", "America/Sao_Paulo", "America/Havana",
    "Asia/Beirut", "Africa/Casablanca", "Pacific/Apia", "America/Nuuk",
    "Asia/Tehran", "Europe/Dublin", "Antarctica/Troll", "Pacific/Chatham",
    "America/St_Johns", "Africa/Cairo" };

#define ZONES (sizeof(zones) / sizeof(zones[0]))


static api_tz_t *
zone(const char *name)
{
    char       path[128];
    api_tz_t  *tz = NULL;
    api_err_t  err;
    api_span_t file;

    (void) snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
    file = ut_file(path);

    if (file.data == NULL
        || api_tz_parse(ut_guard(file), &api_alloc_libc, &tz, &err) != API_OK)
    {
        ut_ok(false, "%s: %s", name, file.data ? err.text : "no such file");
    }

    ut_guard_reset();
    free((void *) (uintptr_t) file.data);
    setenv("TZ", name, 1);
    tzset();

    return tz;
}


/* From 1902 to 2199. */

static int64_t
moment(ut_rand_t *r)
{
    return (int64_t) ut_below(r, UINT64_C(9400000000)) - 2140000000;
}


static void
test_offsets(void)
{
    size_t        i, n, wrong, edges;
    time_t        t;
    struct tm     tm;
    ut_rand_t     r = { 12 };
    api_tz_t     *tz;
    api_tz_part_t part;

    for (i = 0; i < ZONES; i++) {
        tz = zone(zones[i]);
        wrong = edges = 0;

        for (n = 0; n < 60000; n++) {
            t = (time_t) moment(&r);
            api_tz_at(tz, t, &part);
            localtime_r(&t, &tm);
            wrong +=
                part.offset != tm.tm_gmtoff || part.begin > t || part.end <= t;

            if (n % 8 == 0 && part.end < 7200000000) {
                t = (time_t) part.end;
                api_tz_at(tz, t, &part);
                localtime_r(&t, &tm);
                edges += part.offset != tm.tm_gmtoff || part.begin > t;
            }
        }

        ut_int(wrong, 0, "%s: 60000 moments", zones[i]);
        ut_int(edges, 0, "%s: and the changes after them", zones[i]);
        api_tz_free(tz, &api_alloc_libc);
    }
}


static void
test_dates(void)
{
    size_t     n, wrong;
    time_t     t;
    int64_t    days;
    struct tm  tm;
    ut_rand_t  r = { 13 };
    api_date_t d;

    for (n = 0, wrong = 0; n < 1000000; n++) {
        days = (int64_t) ut_below(&r, 4000000) - 1500000;
        t = (time_t) (days * 86400);
        gmtime_r(&t, &tm);
        d = api_date(days);
        wrong += d.year != tm.tm_year + 1900 || d.month != tm.tm_mon + 1
                 || d.day != tm.tm_mday
                 || api_date_days(d.year, d.month, d.day) != days;
    }

    ut_int(wrong, 0, "1000000 dates");
}


/* A period begins when the wall first shows its first date: a second before,
   it showed an earlier one. */

static bool
begins(const api_quota_t *q, int64_t begin)
{
    time_t    t;
    struct tm at, before;

    t = (time_t) begin;
    localtime_r(&t, &at);
    t--;
    localtime_r(&t, &before);

    if (q->kind == API_QUOTA_HOUR) {
        return at.tm_hour != before.tm_hour
               || at.tm_gmtoff != before.tm_gmtoff;
    }

    if (at.tm_mday == before.tm_mday
        || (at.tm_hour + at.tm_min + at.tm_sec != 0
            && at.tm_gmtoff == before.tm_gmtoff))
    {
        return false;
    }

    switch (q->kind) {
    case API_QUOTA_WEEK:
        return at.tm_wday == 1;
    case API_QUOTA_MONTH:
        return at.tm_mday == 1;
    default:
        return api_date_days(at.tm_year + 1900, at.tm_mon + 1, at.tm_mday)
                   % q->days
               == 0;
    }
}


static void
test_periods(void)
{
    size_t       i, j, n, wrong, gaps;
    int64_t      t;
    ut_rand_t    r = { 14 };
    api_tz_t    *tz;
    api_quota_t  q;
    api_period_t p, next;

    static const char *const texts[] = { "hour", "day", "week", "month",
        "30d" };

    for (i = 0; i < ZONES; i++) {
        tz = zone(zones[i]);
        wrong = gaps = 0;

        for (j = 0; j < 5; j++) {
            (void) api_quota_parse(api_span(texts[j], strlen(texts[j])), &q);

            /* 1980 to 2150, and periods that follow each other */

            t = (int64_t) ut_below(&r, UINT64_C(5400000000)) + 315532800;
            p = api_quota_period(&q, tz, t);

            for (n = 0; n < 12000; n++) {
                next = n % 4 ? api_quota_period(&q, tz, p.end)
                             : api_quota_period(&q, tz,
                                 (int64_t) ut_below(&r, UINT64_C(5400000000))
                                     + 315532800);
                gaps += n % 4 && next.begin != p.end;
                p = next;
                wrong += p.begin >= p.end || !begins(&q, p.begin);
                t = p.begin
                    + (int64_t) ut_below(&r, (uint64_t) (p.end - p.begin));
                next = api_quota_period(&q, tz, t);
                wrong += next.begin != p.begin || next.end != p.end;
            }
        }

        ut_int(gaps, 0, "%s: no gap between periods", zones[i]);
        ut_int(wrong, 0, "%s: they begin when the calendar says", zones[i]);
        api_tz_free(tz, &api_alloc_libc);
    }
}


static const struct {
    const char *zone, *period;
    int64_t     t, begin, end;
} known[] = {
    /* 2026-03-29: 23 hours in Berlin; 2026-10-25: 25 */
    { "Europe/Berlin", "day", 1774780000, 1774738800, 1774821600 },
    { "Europe/Berlin", "day", 1792900000, 1792879200, 1792969200 },
    /* February 2028 */
    { "UTC", "month", 1835400000, 1832976000, 1835481600 },
    { "UTC", "month", 1835481600, 1835481600, 1838160000 },
    /* the week of Monday 2026-11-23 */
    { "UTC", "week", 1795600000, 1795392000, 1795996800 },
    /* Samoa had no 2011-12-30 */
    { "Pacific/Apia", "day", 1325239199, 1325152800, 1325239200 },
    { "Pacific/Apia", "day", 1325239200, 1325239200, 1325325600 },
};


static void
test_known(void)
{
    size_t       i;
    api_tz_t    *tz;
    api_quota_t  q;
    api_period_t p;

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        tz = zone(known[i].zone);
        (void) api_quota_parse(
            api_span(known[i].period, strlen(known[i].period)), &q);
        p = api_quota_period(&q, tz, known[i].t);
        ut_ok(p.begin == known[i].begin && p.end == known[i].end,
            "%s %s at %lld: %lld to %lld", known[i].zone, known[i].period,
            (long long) known[i].t, (long long) p.begin, (long long) p.end);
        api_tz_free(tz, &api_alloc_libc);
    }

    ut_ok(!api_quota_parse(API_SPAN("0d"), &q)
              && !api_quota_parse(API_SPAN("367d"), &q)
              && !api_quota_parse(API_SPAN("d"), &q)
              && !api_quota_parse(API_SPAN("year"), &q)
              && !api_quota_parse(API_SPAN("1h"), &q),
        "what is no period");
}


static void
test_broken(void)
{
    size_t     i, taken;
    uint8_t   *copy;
    api_tz_t  *tz;
    api_err_t  err;
    api_span_t file;
    ut_alloc_t u;

    file = ut_file("/usr/share/zoneinfo/Europe/Berlin");
    copy = malloc(file.len);

    for (i = 0, taken = 0; i < file.len; i++) {
        taken += api_tz_parse(ut_guard(api_span(file.data, i)),
                     &api_alloc_libc, &tz, &err)
                 == API_OK;
        ut_guard_reset();
    }

    ut_int(taken, 0, "no file that ends too early is taken");

    for (i = 0; i < file.len; i++) {
        memcpy(copy, file.data, file.len);
        copy[i] ^= 0xff;

        if (api_tz_parse(
                ut_guard(api_span(copy, file.len)), &api_alloc_libc, &tz, &err)
            == API_OK)
        {
            api_tz_part_t part;
            api_tz_at(tz, 1700000000, &part);
            api_tz_at(tz, 7000000000, &part);
            api_tz_free(tz, &api_alloc_libc);
        }

        ut_guard_reset();
    }

    ut_ok(true, "no broken byte is read past");

    ut_arm(&u, 1);
    ut_int(api_tz_parse(file, &u.alloc, &tz, &err), API_NOMEM, "no memory");

    free(copy);
    free((void *) (uintptr_t) file.data);

    file = ut_file("/usr/share/zoneinfo/right/Europe/Berlin");

    if (file.data) {
        ut_int(api_tz_parse(file, &api_alloc_libc, &tz, &err), API_UNSUPPORTED,
            "%s", err.text);
        free((void *) (uintptr_t) file.data);
    }
}


int
main(void)
{
    test_offsets();
    test_dates();
    test_periods();
    test_known();
    test_broken();

    return ut_done();
}
