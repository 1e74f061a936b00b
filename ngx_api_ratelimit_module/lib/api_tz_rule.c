#include "api_tz_int.h"


typedef struct {
    const uint8_t *p;
    const uint8_t *last;
} api_tz_text_t;

#define API_DAY 86400


static bool
api_tz_is(api_tz_text_t *t, char c)
{
    if (t->p < t->last && *t->p == (uint8_t) c) {
        t->p++;
        return true;
    }

    return false;
}


static bool
api_tz_number(api_tz_text_t *t, int max, int *n)
{
    const uint8_t *start;

    *n = 0;

    for (start = t->p; t->p < t->last && *t->p >= '0' && *t->p <= '9'; t->p++)
    {
        *n = *n * 10 + (*t->p - '0');

        if (*n > max) {
            return false;
        }
    }

    return t->p > start;
}


static bool
api_tz_name(api_tz_text_t *t)
{
    uint8_t        c;
    const uint8_t *start;

    if (api_tz_is(t, '<')) {
        while (t->p < t->last && *t->p != '>') {
            t->p++;
        }

        return api_tz_is(t, '>');
    }

    for (start = t->p; t->p < t->last; t->p++) {
        c = *t->p | 0x20;

        if (c < 'a' || c > 'z') {
            break;
        }
    }

    return t->p - start >= 3;
}


/* [+-]hh[:mm[:ss]] */

static bool
api_tz_hms(api_tz_text_t *t, int max, int32_t *seconds)
{
    int h, m, s, sign;

    m = s = 0;
    sign = api_tz_is(t, '-') ? -1 : 1;

    if (sign == 1) {
        (void) api_tz_is(t, '+');
    }

    if (!api_tz_number(t, max, &h)
        || (api_tz_is(t, ':')
            && (!api_tz_number(t, 59, &m)
                || (api_tz_is(t, ':') && !api_tz_number(t, 59, &s)))))
    {
        return false;
    }

    *seconds = sign * (h * 3600 + m * 60 + s);

    return true;
}


static bool
api_tz_day(api_tz_text_t *t, api_tz_day_t *day)
{
    bool ok;

    day->time = 2 * 3600;

    if (api_tz_is(t, 'M')) {
        day->kind = 'M';
        ok = api_tz_number(t, 12, &day->month) && day->month > 0
             && api_tz_is(t, '.') && api_tz_number(t, 5, &day->week)
             && day->week > 0 && api_tz_is(t, '.')
             && api_tz_number(t, 6, &day->day);

    } else if (api_tz_is(t, 'J')) {
        day->kind = 'J';
        ok = api_tz_number(t, 365, &day->day) && day->day > 0;

    } else {
        day->kind = 'N';
        ok = api_tz_number(t, 365, &day->day);
    }

    return ok && (!api_tz_is(t, '/') || api_tz_hms(t, 167, &day->time));
}


bool
api_tz_rule_parse(api_span_t text, api_tz_rule_t *rule)
{
    int32_t       west;
    api_tz_text_t t;

    t.p = text.data;
    t.last = text.data + text.len;

    if (!api_tz_name(&t) || !api_tz_hms(&t, 24, &west)) {
        return false;
    }

    rule->has = true;
    rule->std_offset = -west;

    if (t.p == t.last) {
        return true;
    }

    rule->dst = true;
    rule->dst_offset = rule->std_offset + 3600;

    if (!api_tz_name(&t)) {
        return false;
    }

    if (t.p < t.last && *t.p != ',') {
        if (!api_tz_hms(&t, 24, &west)) {
            return false;
        }

        rule->dst_offset = -west;
    }

    return api_tz_is(&t, ',') && api_tz_day(&t, &rule->start)
           && api_tz_is(&t, ',') && api_tz_day(&t, &rule->end)
           && t.p == t.last;
}


/* Local seconds since 1970 at which it happens in this year. */

static int64_t
api_tz_day_at(const api_tz_day_t *day, int64_t year)
{
    bool    leap;
    int     weekday;
    int64_t first, d, next;

    if (day->kind != 'M') {
        first = api_date_days(year, 1, 1);
        leap = api_date_days(year + 1, 1, 1) - first == 366;
        d = first + day->day;

        if (day->kind == 'J') {
            d -= 1 - (leap && day->day >= 60);
        }

        return d * API_DAY + day->time;
    }

    first = api_date_days(year, day->month, 1);
    next = day->month == 12 ? api_date_days(year + 1, 1, 1)
                            : api_date_days(year, day->month + 1, 1);

    /* 1970-01-01 was a Thursday; 0 is Sunday */

    weekday = (int) (((first + 4) % 7 + 7) % 7);
    d = first + (day->day - weekday + 7) % 7 + 7 * (day->week - 1);

    while (d >= next) {
        d -= 7;
    }

    return d * API_DAY + day->time;
}


typedef struct {
    int64_t at;
    int32_t offset; /* from then on */
} api_tz_change_t;


/* The changes of three years around t, in their order. */

static void
api_tz_changes(
    const api_tz_rule_t *rule, int64_t year, api_tz_change_t changes[6])
{
    int             i, j;
    api_tz_change_t c;

    for (i = 0; i < 3; i++) {
        changes[2 * i].at =
            api_tz_day_at(&rule->start, year - 1 + i) - rule->std_offset;
        changes[2 * i].offset = rule->dst_offset;
        changes[2 * i + 1].at =
            api_tz_day_at(&rule->end, year - 1 + i) - rule->dst_offset;
        changes[2 * i + 1].offset = rule->std_offset;
    }

    for (i = 1; i < 6; i++) {
        c = changes[i];

        for (j = i; j > 0 && changes[j - 1].at > c.at; j--) {
            changes[j] = changes[j - 1];
        }

        changes[j] = c;
    }
}


void
api_tz_rule_at(const api_tz_rule_t *rule, int64_t t, api_tz_part_t *part)
{
    int             i;
    api_date_t      date;
    api_tz_change_t changes[6];

    part->offset = rule->std_offset;

    if (!rule->dst) {
        return;
    }

    date = api_date(api_floor_div(t, API_DAY));
    api_tz_changes(rule, date.year, changes);

    /* t is behind the first of them and before the last */

    for (i = 0; i < 6; i++) {
        if (changes[i].at > t) {
            part->end = changes[i].at;
            break;
        }

        part->begin = changes[i].at;
        part->offset = changes[i].offset;
    }
}
