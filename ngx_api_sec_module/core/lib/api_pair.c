#include "api_pair.h"


uint32_t
api_pairs_find(const api_pairs_t *pairs, api_span_t name, uint32_t start)
{
    uint32_t i;

    for (i = start; i < pairs->n; i++) {
        if (api_span_eq(pairs->pair[i].name, name)) {
            return i;
        }
    }

    return API_PAIR_NONE;
}


int
api_pairs_once(const api_pairs_t *pairs, api_span_t name, api_span_t *value)
{
    uint32_t i;

    i = api_pairs_find(pairs, name, 0);

    if (i == API_PAIR_NONE) {
        return API_INVALID;
    }

    if (api_pairs_find(pairs, name, i + 1) != API_PAIR_NONE) {
        return API_DUPLICATE;
    }

    *value = pairs->pair[i].value;

    return API_OK;
}
