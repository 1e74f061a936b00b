#include "api_day.h"

#include <stdio.h>


#define DAY 86400


/* Days of the civil calendar since 1970, and back (Hinnant 2013, "days from
   civil", "civil from days"); years from 0 on. */

static int64_t
days_of(int64_t y, unsigned m, unsigned d)
{
    int64_t  era;
    unsigned yoe, doy;

    y -= m <= 2;
    era = y / 400;
    yoe = (unsigned) (y - era * 400);
    doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;

    return era * 146097 + (int64_t) (yoe * 365 + yoe / 4 - yoe / 100 + doy)
           - 719468;
}


static void
date_of(int64_t days, unsigned *y, unsigned *m, unsigned *d)
{
    unsigned doe, yoe, doy, mp;

    days += 719468;
    doe = (unsigned) (days % 146097);
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    mp = (5 * doy + 2) / 153;

    *d = doy - (153 * mp + 2) / 5 + 1;
    *m = mp < 10 ? mp + 3 : mp - 9;
    *y = (unsigned) (days / 146097) * 400 + yoe + (*m <= 2);
}


/* Does s have the form, digits where it has 0? */

static bool
has_form(api_span_t s, const char *form)
{
    size_t i;

    for (i = 0; i < s.len; i++) {
        if (form[i] == '0' ? s.data[i] < '0' || s.data[i] > '9'
                           : s.data[i] != (uint8_t) form[i])
        {
            return false;
        }
    }

    return true;
}


bool
api_day_parse(api_span_t s, bool end, int64_t *t)
{
    size_t   i, k;
    int64_t  days;
    unsigned v[6] = { 0 }, y, m, d;

    static const struct {
        uint8_t  at, n;
        unsigned min, max;
    } parts[] = { { 0, 4, 1970, 9999 }, { 5, 2, 1, 12 }, { 8, 2, 1, 31 },
        { 11, 2, 0, 23 }, { 14, 2, 0, 59 }, { 17, 2, 0, 60 } };

    if ((s.len != 10 && s.len != 20) || !has_form(s, "0000-00-00T00:00:00Z")) {
        return false;
    }

    for (i = 0; i < (s.len == 10 ? 3 : 6); i++) {
        for (k = 0; k < parts[i].n; k++) {
            v[i] = v[i] * 10 + (s.data[parts[i].at + k] - (unsigned) '0');
        }

        if (v[i] < parts[i].min || v[i] > parts[i].max) {
            return false;
        }
    }

    days = days_of(v[0], v[1], v[2]);
    date_of(days, &y, &m, &d);

    if (d != v[2]) {
        return false;
    }

    *t = days * DAY + (int64_t) (v[3] * 3600 + v[4] * 60 + v[5])
         + (end && s.len == 10 ? DAY : 0);

    return true;
}


void
api_day_print(int64_t t, char out[API_DAY_TEXT])
{
    unsigned y, m, d, s;

    t = t < 0 ? 0 : t > INT64_C(253402300799) ? INT64_C(253402300799) : t;
    date_of(t / DAY, &y, &m, &d);
    s = (unsigned) (t % DAY);

    snprintf(out, API_DAY_TEXT, "%04u-%02u-%02uT%02u:%02u:%02uZ", y % 10000,
        m % 100, d % 100, s / 3600 % 100, s / 60 % 60, s % 60);
}
