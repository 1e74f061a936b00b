/*
 * The periods of quotas, as a calendar has them: an hour, a day, a week from
 * Monday on, a month, or so many days, in a time zone.
 *
 * Periods follow each other without a gap and never overlap, also where a day
 * has 23 or 25 hours, no midnight, or two.  A day begins at the first moment
 * at which the wall shows its date.  Blocks of N days are counted from
 * 1970-01-01.  An hour ends where the zone's offset changes within it.
 */

#ifndef API_QUOTA_H
#define API_QUOTA_H

#include "api_tz.h"


typedef enum {
    API_QUOTA_HOUR = 0,
    API_QUOTA_DAYS,
    API_QUOTA_WEEK,
    API_QUOTA_MONTH
} api_quota_kind_t;

typedef struct {
    api_quota_kind_t kind;
    int64_t          days; /* of API_QUOTA_DAYS: 1 to 366 */
} api_quota_t;

/* "hour", "day", "week", "month", "30d". */

bool api_quota_parse(api_span_t text, api_quota_t *quota);

typedef struct {
    int64_t begin; /* begin <= t < end, seconds since 1970 */
    int64_t end;
} api_period_t;

api_period_t
api_quota_period(const api_quota_t *quota, const api_tz_t *tz, int64_t t);


#endif /* API_QUOTA_H */
