#include "api_style.h"


bool
api_names_init(
    api_names_t *names, uint32_t n, api_sipkey_t seed, api_arena_t *arena)
{
    uint32_t size;

    for (size = 4; size / 2 < n; size *= 2) {
        /* void */
    }

    names->mask = size - 1;
    names->seed = seed;
    names->slot = api_arena_calloc(arena, size, sizeof(*names->slot));
    names->index = api_arena_calloc(arena, size, sizeof(*names->index));

    return names->slot && names->index;
}


uint32_t
api_names_put(api_names_t *names, api_span_t name, uint32_t index)
{
    uint32_t i;

    /* a free slot has no data: the empty name has */

    if (name.data == NULL) {
        name = API_SPAN("");
    }

    for (i = (uint32_t) api_siphash13(names->seed, name) & names->mask;
         names->slot[i].data != NULL; i = (i + 1) & names->mask)
    {
        if (api_span_eq(names->slot[i], name)) {
            return names->index[i];
        }
    }

    names->slot[i] = name;
    names->index[i] = index;

    return index;
}
