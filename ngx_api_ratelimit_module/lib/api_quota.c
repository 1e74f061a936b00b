#include "api_quota.h"
#include "api_tz_int.h"


#define API_DAY 86400

static const struct {
    api_span_t       name;
    api_quota_kind_t kind;
} api_quota_names[] = {
    { { (const uint8_t *) "hour", 4 }, API_QUOTA_HOUR },
    { { (const uint8_t *) "day", 3 }, API_QUOTA_DAYS },
    { { (const uint8_t *) "week", 4 }, API_QUOTA_WEEK },
    { { (const uint8_t *) "month", 5 }, API_QUOTA_MONTH },
};


bool
api_quota_parse(api_span_t text, api_quota_t *quota)
{
    size_t i;

    quota->days = 1;

    for (i = 0; i < sizeof(api_quota_names) / sizeof(api_quota_names[0]); i++)
    {
        if (api_span_eq(text, api_quota_names[i].name)) {
            quota->kind = api_quota_names[i].kind;
            return true;
        }
    }

    if (text.len < 2 || text.len > 4 || text.data[text.len - 1] != 'd') {
        return false;
    }

    quota->kind = API_QUOTA_DAYS;
    quota->days = 0;

    for (i = 0; i < text.len - 1; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }

        quota->days = quota->days * 10 + (text.data[i] - '0');
    }

    return quota->days >= 1 && quota->days <= 366;
}


/* The day on which the period begins that this day belongs to. */

static int64_t
api_quota_first(const api_quota_t *quota, int64_t day)
{
    api_date_t date;

    switch (quota->kind) {

    case API_QUOTA_WEEK:
        return api_floor_div(day + 3, 7) * 7 - 3;

    case API_QUOTA_MONTH:
        date = api_date(day);
        return api_date_days(date.year, date.month, 1);

    default:
        return api_floor_div(day, quota->days) * quota->days;
    }
}


static int64_t
api_quota_next(const api_quota_t *quota, int64_t first)
{
    switch (quota->kind) {

    case API_QUOTA_WEEK:
        return first + 7;

    case API_QUOTA_MONTH:
        return api_quota_first(quota, first + 31);

    default:
        return first + quota->days;
    }
}


static api_period_t
api_quota_hour(const api_tz_t *tz, int64_t t)
{
    api_period_t  p;
    api_tz_part_t part;

    api_tz_at(tz, t, &part);

    p.begin = api_floor_div(t + part.offset, 3600) * 3600 - part.offset;
    p.end = p.begin + 3600;

    p.begin = p.begin < part.begin ? part.begin : p.begin;
    p.end = p.end > part.end ? part.end : p.end;

    return p;
}


api_period_t
api_quota_period(const api_quota_t *quota, const api_tz_t *tz, int64_t t)
{
    int64_t       first;
    api_period_t  p;
    api_tz_part_t part;

    if (quota->kind == API_QUOTA_HOUR) {
        return api_quota_hour(tz, t);
    }

    api_tz_at(tz, t, &part);

    first = api_quota_first(quota, api_floor_div(t + part.offset, API_DAY));

    /* a clock that is set back over midnight shows a date that is over */

    do {
        p.begin = api_tz_first(tz, first * API_DAY);
        first = api_quota_next(quota, first);
        p.end = api_tz_first(tz, first * API_DAY);
    } while (p.end <= t);

    return p;
}
