/* Input: a time zone file.  Of one that is taken, the parts of time follow
   each other, and so do the periods of quotas. */

#include "api_quota.h"
#include "fuzz.h"


static const int64_t moments[] = { -5000000000, -1, 0, 951782400, 1700000000,
    2147483648, 4102444800, 7258118400 };

static const api_quota_t quotas[] = { { API_QUOTA_HOUR, 1 },
    { API_QUOTA_DAYS, 1 }, { API_QUOTA_DAYS, 30 }, { API_QUOTA_WEEK, 1 },
    { API_QUOTA_MONTH, 1 } };


static void
check_parts(const api_tz_t *tz, int64_t t)
{
    int           i;
    api_tz_part_t part, next;

    api_tz_at(tz, t, &part);
    MUST(part.begin <= t && t < part.end);

    for (i = 0; i < 6 && part.end != INT64_MAX; i++) {
        api_tz_at(tz, part.end, &next);
        MUST(next.begin <= part.end && part.end < next.end);
        part = next;
    }
}


static void
check_periods(const api_tz_t *tz, const api_quota_t *quota, int64_t t)
{
    int          i;
    api_period_t p, next;

    p = api_quota_period(quota, tz, t);
    MUST(p.begin < p.end && t < p.end);

    for (i = 0; i < 4; i++) {
        next = api_quota_period(quota, tz, p.end);
        MUST(next.begin < next.end && p.end < next.end);
        p = next;
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t    i, j;
    api_tz_t *tz;
    api_err_t err;

    err.text[0] = '\0';

    if (api_tz_parse(api_span(data, size), &api_alloc_libc, &tz, &err)
        != API_OK) {
        MUST(err.text[0] != '\0');
        return 0;
    }

    for (i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        check_parts(tz, moments[i]);

        for (j = 0; j < sizeof(quotas) / sizeof(quotas[0]); j++) {
            check_periods(tz, &quotas[j], moments[i]);
        }
    }

    api_tz_free(tz, &api_alloc_libc);

    return 0;
}
