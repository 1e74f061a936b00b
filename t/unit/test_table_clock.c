/* The table of limits when the time of day is set. */

#include "api_table.h"
#include "ut.h"

#include <stdlib.h>


#define KEYS 500

static const api_now_t now = { 1000 * API_NS, 1800000000 };


static api_table_t *
table(void **mem, api_table_kind_t kind)
{
    size_t size = sizeof(api_table_t) + 64 * KEYS;

    *mem = aligned_alloc(64, (size + 63) / 64 * 64);

    return *mem == NULL ? NULL
                        : api_table_make(memset(*mem, 0, size), size, kind,
                            (const uint8_t *) "a key of 16 byte", &now);
}


static uint64_t
tag(const api_table_t *t, uint64_t n)
{
    return api_table_tag(t, 7, api_span(&n, sizeof(n)));
}


/* Of hours, one of which ends at `end`. */

static int
quota(api_table_t *t, uint64_t end, uint64_t limit, uint64_t cost)
{
    uint64_t   used;
    api_now_t  at = { now.mono, end - 1 };
    api_term_t term = { end, end + 3600 };

    return api_table_quota(
        t, tag(t, 1), &term, limit, cost, &at, API_FULL_EVICT, &used);
}


static void
test_quota(void)
{
    void        *mem;
    uint64_t     used, end = now.wall + 3600, far = end + 366 * 86400;
    api_term_t   term = { end, end + 3600 };
    api_table_t *t;

    t = table(&mem, API_TABLE_COUNT);

    ut_int(quota(t, end, 10, 10), API_LIMIT_PASS, "a quota is used up");
    ut_int(quota(t, end - 3600, 10, 1), API_LIMIT_OVER,
        "and does not come again when the clock is set back");
    ut_int(quota(t, end, 10, 1), API_LIMIT_OVER, "nor forth");

    ut_int(quota(t, far, 10, 10), API_LIMIT_PASS,
        "it comes by a clock that is a year ahead");
    (void) api_table_quota_peek(t, tag(t, 1), &term, 10, 10, &used);
    ut_int(used, 0, "which holds nobody for a year, to look at it");
    ut_int(quota(t, end, 10, 10), API_LIMIT_PASS, "nor to count");
    ut_int(quota(t, end, 10, 1), API_LIMIT_OVER,
        "and what is counted then is of this period");
    free(mem);
}


/* Windows go by a clock that nobody sets: their slots have to as well, or none
   would ever be free again when the other one is set back. */

static void
test_window(void)
{
    void               *mem;
    size_t              i, full, lost;
    api_now_t           at = now;
    api_table_t        *t;
    api_window_t        win = { .length = 10, .limit = 3 };
    api_window_report_t report;

    t = table(&mem, API_TABLE_WINDOW);

    for (i = 0; i < 16 * KEYS; i++) {
        (void) api_table_window(
            t, tag(t, i), &win, 1, &at, API_FULL_DENY, &report);
    }

    ut_ok(api_table_live(t, 0, &at) > 3 * KEYS, "a table is full");

    at.wall += 366 * 86400;

    for (i = 0, lost = 0; i < 16 * KEYS; i++) {
        lost += api_table_window(t, tag(t, 100000 + i), &win, 1, &at,
                    API_FULL_DENY, &report)
                == API_LIMIT_PASS;
    }

    ut_ok(lost < KEYS, "a year ahead: %zu of %d found room", lost, 16 * KEYS);

    at.wall -= 2 * 366 * 86400;
    at.mono += 2 * win.length * API_NS;

    for (i = 0, full = 0; i < KEYS; i++) {
        full += api_table_window(t, tag(t, 200000 + i), &win, 1, &at,
                    API_FULL_DENY, &report)
                == API_LIMIT_FULL;
    }

    ut_int(full, 0, "a year back, two windows later: all of it is free");
    free(mem);
}


int
main(void)
{
    test_quota();
    test_window();

    return ut_done();
}
