/* Operations by what they serve: a table in the order of their templates. */

#include "api_openapi_int.h"

#include <stdlib.h>


static int
api_openapi_order(api_span_t a, unsigned am, api_span_t b, unsigned bm)
{
    int    rc;
    size_t n;

    n = a.len < b.len ? a.len : b.len;
    rc = n ? memcmp(a.data, b.data, n) : 0;

    if (rc == 0 && a.len != b.len) {
        rc = a.len < b.len ? -1 : 1;
    }

    return rc ? rc : (int) am - (int) bm;
}


static int
api_openapi_compare(const void *a, const void *b)
{
    int                    rc;
    const api_operation_t *x = *(api_operation_t *const *) a;
    const api_operation_t *y = *(api_operation_t *const *) b;

    rc = api_openapi_order(x->route, x->method, y->route, y->method);

    return rc ? rc : (x->index < y->index ? -1 : 1);
}


int
api_openapi_index(api_openapi_t *spec)
{
    size_t size;

    if (spec->nops == 0) {
        return API_OK;
    }

    size = spec->nops * sizeof(api_operation_t *);
    spec->served = api_arena_alloc(&spec->arena, size);

    if (spec->served == NULL) {
        return API_NOMEM;
    }

    memcpy(spec->served, spec->ops, size);
    qsort(spec->served, spec->nops, sizeof(api_operation_t *),
        api_openapi_compare);

    return API_OK;
}


const api_operation_t *
api_openapi_served(
    const api_openapi_t *spec, api_span_t route, unsigned method)
{
    uint32_t               low, high, mid;
    const api_operation_t *op;

    if (spec->served == NULL) {
        return NULL;
    }

    for (low = 0, high = spec->nops; low < high;) {
        mid = low + (high - low) / 2;
        op = spec->served[mid];

        if (api_openapi_order(op->route, op->method, route, method) < 0) {
            low = mid + 1;

        } else {
            high = mid;
        }
    }

    if (low == spec->nops) {
        return NULL;
    }

    op = spec->served[low];

    return op->method == method && api_span_eq(op->route, route) ? op : NULL;
}
