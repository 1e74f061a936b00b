/*
 * Days as operators write them: until when an exception, a policy or an
 * operation holds.
 */

#ifndef API_DAY_H
#define API_DAY_H

#include "api_base.h"


/*
 * "2026-12-31", or "2026-12-31T23:59:59Z" (RFC 3339 in UTC, without
 * fractions), of the years 1970 to 9999.  *t is Unix time; of a day alone its
 * beginning, or with `end` that of the next one: a thing that holds until that
 * day holds on it.  False, and *t untouched, for anything else, also for a day
 * that its month does not have.
 */

bool api_day_parse(api_span_t s, bool end, int64_t *t);

#define API_DAY_TEXT 21 /* with the NUL */

/* The other way round, with the time. */

void api_day_print(int64_t t, char out[API_DAY_TEXT]);


#endif /* API_DAY_H */
