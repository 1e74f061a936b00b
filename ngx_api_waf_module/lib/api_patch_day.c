#include "api_patch_day.h"


static bool
digits(api_span_t s, size_t at, size_t n, int *v)
{
    size_t i;

    for (i = at, *v = 0; i < at + n; i++) {
        if (s.data[i] < '0' || s.data[i] > '9') {
            return false;
        }

        *v = *v * 10 + (s.data[i] - '0');
    }

    return true;
}


/* Days since 1970 of a day of the Gregorian calendar (H. Hinnant,
   chrono-compatible low-level date algorithms, days_from_civil). */

static int64_t
days(int y, int m, int d)
{
    int64_t era, yoe, doy, doe;

    y -= m <= 2;
    era = y / 400;
    yoe = y - era * 400;
    doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

    return era * 146097 + doe - 719468;
}


/* THH:MM:SSZ behind a day, as seconds of it; -1: it is not that. */

static int
clock_of(api_span_t value)
{
    int h, m, s;

    if (value.len != 20 || value.data[10] != 'T' || value.data[13] != ':'
        || value.data[16] != ':' || value.data[19] != 'Z'
        || !digits(value, 11, 2, &h) || !digits(value, 14, 2, &m)
        || !digits(value, 17, 2, &s) || h > 23 || m > 59 || s > 59)
    {
        return -1;
    }

    return h * 3600 + m * 60 + s;
}


bool
api_patch_instant(api_span_t text, int64_t *second)
{
    int y, m, d, clock;

    static const int last[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30,
        31 };

    clock = text.len == 10 ? 86400 : clock_of(text);

    if (clock < 0 || text.data[4] != '-' || text.data[7] != '-'
        || !digits(text, 0, 4, &y) || !digits(text, 5, 2, &m)
        || !digits(text, 8, 2, &d) || y < 1970 || m < 1 || m > 12 || d < 1
        || d > last[m - 1])
    {
        return false;
    }

    *second = days(y, m, d) * 86400 + clock;

    return true;
}
