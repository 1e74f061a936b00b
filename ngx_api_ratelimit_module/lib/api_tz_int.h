/* The rule of a footer; private to api_tz*.c. */

#ifndef API_TZ_INT_H
#define API_TZ_INT_H

#include "api_tz.h"


/* The day of a change: POSIX TZ, with the times of RFC 9636. */

typedef struct {
    char    kind; /* 'J': 1-365 without February 29, 'N': 0-365, 'M' */
    int     month, week, day;
    int32_t time; /* local, seconds after midnight; may be negative */
} api_tz_day_t;

typedef struct {
    bool         has; /* a footer with a rule */
    bool         dst;
    int32_t      std_offset;
    int32_t      dst_offset;
    api_tz_day_t start; /* of daylight saving time */
    api_tz_day_t end;
} api_tz_rule_t;

struct api_tz_s {
    size_t        n;
    int64_t      *at;     /* of transitions, rising */
    int32_t      *offset; /* n + 1: before the first, and after each */
    api_tz_rule_t rule;
};

bool api_tz_rule_parse(api_span_t text, api_tz_rule_t *rule);

/* The part of the rule that t is in. */

void api_tz_rule_at(const api_tz_rule_t *rule, int64_t t, api_tz_part_t *part);

static inline int64_t
api_floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}


#endif /* API_TZ_INT_H */
