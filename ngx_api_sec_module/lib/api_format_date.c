#include "api_format_int.h"


/* The number of n digits at p, -1 when they are not all there. */

static int
date_number(const uint8_t *p, const uint8_t *e, int n)
{
    int v;

    if (e - p < n) {
        return -1;
    }

    for (v = 0; n--; p++) {
        if (!api_is_digit(*p)) {
            return -1;
        }

        v = v * 10 + (*p - '0');
    }

    return v;
}


bool
api_format_date(api_span_t s)
{
    int            y, m, d, days;
    const uint8_t *p, *e;

    static const uint8_t lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
        30, 31 };

    p = s.data;
    e = p + s.len;

    if (s.len != 10 || p[4] != '-' || p[7] != '-') {
        return false;
    }

    y = date_number(p, e, 4);
    m = date_number(p + 5, e, 2);
    d = date_number(p + 8, e, 2);

    if (y < 0 || m < 1 || m > 12 || d < 1) {
        return false;
    }

    days = lengths[m - 1]
           + (m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0));

    return d <= days;
}


/* Minutes east of Greenwich; false when there is no offset, and all of it. */

static bool
date_offset(const uint8_t *p, const uint8_t *e, int *minutes)
{
    int h, m;

    *minutes = 0;

    if (e - p == 1) {
        return *p == 'Z' || *p == 'z';
    }

    if (e - p != 6 || (*p != '+' && *p != '-') || p[3] != ':') {
        return false;
    }

    h = date_number(p + 1, e, 2);
    m = date_number(p + 4, e, 2);

    if (h < 0 || h > 23 || m < 0 || m > 59) {
        return false;
    }

    *minutes = (*p == '-' ? -1 : 1) * (h * 60 + m);

    return true;
}


bool
api_format_time(api_span_t s)
{
    int            h, m, sec, offset;
    const uint8_t *p, *e;

    p = s.data;
    e = p + s.len;

    if (s.len < 9 || p[2] != ':' || p[5] != ':') {
        return false;
    }

    h = date_number(p, e, 2);
    m = date_number(p + 3, e, 2);
    sec = date_number(p + 6, e, 2);
    p += 8;

    if (*p == '.') {
        if (++p == e || !api_is_digit(*p)) {
            return false;
        }

        while (p < e && api_is_digit(*p)) {
            p++;
        }
    }

    if (h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec > 60
        || !date_offset(p, e, &offset))
    {
        return false;
    }

    /* a leap second is the last of a day in UTC */

    return sec < 60 || (h * 60 + m - offset + 1440) % 1440 == 23 * 60 + 59;
}


bool
api_format_date_time(api_span_t s)
{
    return s.len > 11 && (s.data[10] | 0x20) == 't'
           && api_format_date(api_span(s.data, 10))
           && api_format_time(api_span(s.data + 11, s.len - 11));
}


/* Units in their order; RFC 3339's grammar lets none between two be left
   out. */

static bool
duration_units(const uint8_t **p, const uint8_t *e, const char *units)
{
    const char    *at, *last;
    const uint8_t *start;

    last = NULL;

    while (*p < e && api_is_digit(**p)) {
        start = *p;

        while (*p < e && api_is_digit(**p)) {
            ++*p;
        }

        at = *p < e && **p ? strchr(units, **p) : NULL;

        if (at == NULL || *p == start || (last && at != last + 1)) {
            return false;
        }

        last = at;
        ++*p;
    }

    return last != NULL;
}


bool
api_format_duration(api_span_t s)
{
    const uint8_t *p, *e;

    p = s.data;
    e = p + s.len;

    if (s.len < 3 || *p++ != 'P') {
        return false;
    }

    if (s.data[s.len - 1] == 'W') {
        return duration_units(&p, e, "W") && p == e;
    }

    if (*p != 'T' && !duration_units(&p, e, "YMD")) {
        return false;
    }

    if (p == e) {
        return true;
    }

    return *p++ == 'T' && duration_units(&p, e, "HMS") && p == e;
}
