/*
 * Input: a value.  Each transformation alone, and two chains of all of them:
 * naive ones agree, the same span comes back exactly when nothing changed, a
 * value without the triggers of a transformation is not changed by it, and
 * nothing grows beyond what is promised.
 */

#include "transform_ref.h"
#include "fuzz.h"

#define SIZE_MAXIMUM 1000


static bool
same(api_span_t a, api_span_t b)
{
    return a.data == b.data && a.len == b.len;
}


static void
check_one(api_transform_t id, api_span_t in, api_arena_t *arena)
{
    api_span_t        out;
    static ref_text_t ref;

    MUST(api_transform_run(id, NULL, in, arena, &out) == API_OK);
    MUST(same(in, out) == api_span_eq(in, out));
    MUST(out.len <= in.len * API_TRANSFORM_GROWTH + API_TRANSFORM_FIXED);

    if (!(api_transform_triggers(in) & api_transform_mask(id))) {
        MUST(same(in, out));
    }

    if (ref_transform(id, in, &ref)) {
        MUST(api_span_eq(out, api_span(ref.data, ref.len)));
    }
}


/* Every id in the order that the first byte says, but those that grow. */

static void
check_chain(unsigned order, api_span_t in, api_arena_t *arena)
{
    size_t     n;
    uint8_t    ids[API_T_COUNT];
    unsigned   i;
    api_span_t out, step;

    for (i = 0, n = 0; i < API_T_COUNT; i++) {
        unsigned id = (i * 7 + order) % API_T_COUNT;

        if (id != API_T_URL_ENCODE && id != API_T_UTF8_TO_UNICODE) {
            ids[n++] = (uint8_t) id;
        }
    }

    n = n < order % 9 + 2U ? n : order % 9 + 2U;
    MUST(api_transform_chain(ids, n, NULL, in, arena, &out) == API_OK);

    for (i = 0, step = in; i < n; i++) {
        MUST(api_transform_run(
                 (api_transform_t) ids[i], NULL, step, arena, &step)
             == API_OK);
    }

    MUST(api_span_eq(out, step));
    MUST(same(in, out) == api_span_eq(in, out));

    if (!(api_transform_triggers(in) & api_transform_chain_mask(ids, n))) {
        MUST(same(in, out));
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int         id;
    api_arena_t arena;

    if (size > SIZE_MAXIMUM) {
        return 0;
    }

    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    for (id = 0; id < API_T_COUNT; id++) {
        check_one((api_transform_t) id, api_span(data, size), &arena);
    }

    if (size) {
        check_chain(data[0], api_span(data + 1, size - 1), &arena);
    }

    api_arena_free(&arena);

    return 0;
}
