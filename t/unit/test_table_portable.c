/* The same without the processor's 128-bit compare-and-swap: the table is
   compiled a second time, with the locks of api_cas128.h. */

#define _DEFAULT_SOURCE
#define API_CAS_PORTABLE 1

#include "../../ngx_api_ratelimit_module/lib/api_table.c"
#include "../../ngx_api_ratelimit_module/lib/api_table_rate.c"
#include "../../ngx_api_ratelimit_module/lib/api_table_count.c"
#include "race.h"
#include "ut.h"


static void
test_broken_lock(void)
{
    uint32_t   locks[API_CAS_LOCKS];
    api_slot_t slot = { 1, 2 }, old = { 1, 2 }, next = { 3, 4 };

    memset(locks, 1, sizeof(locks));

    ut_ok(
        api_cas128(&slot, &old, next, locks) && slot.tag == 3 && slot.val == 4,
        "the lock of a process that was killed is broken");
    ut_ok(
        !api_cas128(&slot, &old, next, locks) && old.tag == 3 && old.val == 4,
        "a failed compare says what is there");
}


int
main(void)
{
    test_broken_lock();
    race_all();

    return ut_done();
}
