/* When keys end: looked up, not gone through, for there may be many. */

#include "api_keystore_int.h"

#include <stdlib.h>


static int
order(const void *a, const void *b)
{
    int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;

    return x < y ? -1 : x > y;
}


int
api_keystore_sort(api_keystore_t *store)
{
    size_t i;

    store->ends =
        api_arena_calloc(&store->arena, store->nentries + 1, sizeof(int64_t));

    if (store->ends == NULL) {
        return API_NOMEM;
    }

    for (i = 0; i < store->nentries; i++) {
        if (!store->entries[i].revoked) {
            store->ends[store->nends++] = store->entries[i].exp;
        }
    }

    qsort(store->ends, store->nends, sizeof(int64_t), order);

    return API_OK;
}


void
api_keystore_ages(
    const api_keystore_t *store, int64_t now, api_keystore_ages_t *ages)
{
    size_t low, high, mid;

    for (low = 0, high = store->nends; low < high;) {
        mid = low + (high - low) / 2;

        if (store->ends[mid] <= now) {
            low = mid + 1;

        } else {
            high = mid;
        }
    }

    ages->expired = low;
    ages->valid = store->nends - low;
    ages->revoked = store->nentries - store->nends;
    ages->next = low < store->nends && store->ends[low] != INT64_MAX
                     ? store->ends[low]
                     : 0;
}
