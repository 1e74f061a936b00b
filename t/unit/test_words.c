/* What reads many bytes at a time where SSE2 is, and what reads without it, say
   the same of each value. */

#define API_SCALAR 1
#define api_transform_triggers words_triggers
#define api_transform_triggers_left words_triggers_left
#include "api_trigger.c"
#undef api_transform_triggers
#undef api_transform_triggers_left

#include "ut.h"

api_trigger_t api_transform_triggers(api_span_t value);

#define ROUNDS 20000
#define LONGEST 90


/* Of all bytes, of few that are next to one another, of words. */

static size_t
make(ut_rand_t *rand, uint8_t *value)
{
    size_t   i, len;
    uint32_t kind;

    static const char few[] = "  //**..--((\t\n";
    static const char words[] = "in the end, 42 of them; Then ";

    len = ut_below(rand, LONGEST);
    kind = ut_below(rand, 3);

    for (i = 0; i < len; i++) {
        value[i] = kind == 0 ? (uint8_t) ut_below(rand, 256)
                   : kind == 1
                       ? (uint8_t) few[ut_below(rand, sizeof(few) - 1)]
                       : (uint8_t) words[(i + len) % (sizeof(words) - 1)];
    }

    return len;
}


int
main(void)
{
    int        i;
    uint8_t    value[LONGEST];
    unsigned   same;
    ut_rand_t  rand = { 11 };
    api_span_t back, front;

    for (i = 0, same = 0; i < ROUNDS; i++) {
        back = ut_guard(api_span(value, make(&rand, value)));
        front = ut_guard_front(back);
        same += api_transform_triggers(back) == words_triggers(back)
                && api_transform_triggers(front) == words_triggers(front);
        ut_guard_reset();
    }

    ut_int(same, ROUNDS, "triggers of values");

    return ut_done();
}
