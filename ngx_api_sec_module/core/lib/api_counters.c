#include "api_counters.h"


#define API_COUNTERS_MAGIC 0x72746e43
#define API_COUNTERS_LINE 64


/* Padded, so that no lane shares a cache line with another. */

struct api_counters_s {
    uint32_t magic;
    uint32_t n;
    uint32_t lanes;
    uint32_t stride;                    /* bytes from lane to lane */
    uint32_t owner[API_COUNTERS_LANES]; /* pid; 0: free; of lane 0 unused */
};


static uint32_t
api_counters_stride(uint32_t n)
{
    uint32_t bytes;

    bytes = n * (uint32_t) sizeof(uint64_t);

    return (bytes + API_COUNTERS_LINE - 1) / API_COUNTERS_LINE
           * API_COUNTERS_LINE;
}


static size_t
api_counters_head(void)
{
    return (sizeof(api_counters_t) + API_COUNTERS_LINE - 1) / API_COUNTERS_LINE
           * API_COUNTERS_LINE;
}


static uint64_t *
api_counters_lane(const api_counters_t *c, uint32_t lane)
{
    return (uint64_t *) ((uintptr_t) c + api_counters_head()
                         + (size_t) lane * c->stride);
}


size_t
api_counters_size(uint32_t n, uint32_t lanes)
{
    return api_counters_head() + (size_t) lanes * api_counters_stride(n);
}


int
api_counters_init(void *mem, size_t size, uint32_t n)
{
    size_t          lanes;
    api_counters_t *c = mem;

    if (n == 0 || n > API_COUNTERS_MAX) {
        return API_INVALID;
    }

    if (size < api_counters_size(n, 1)) {
        return API_LIMIT;
    }

    lanes = (size - api_counters_head()) / api_counters_stride(n);

    memset(mem, 0, api_counters_head());

    c->n = n;
    c->stride = api_counters_stride(n);
    c->lanes =
        lanes > API_COUNTERS_LANES ? API_COUNTERS_LANES : (uint32_t) lanes;

    memset(api_counters_lane(c, 0), 0, (size_t) c->lanes * c->stride);

    __atomic_store_n(&c->magic, API_COUNTERS_MAGIC, __ATOMIC_RELEASE);

    return API_OK;
}


api_counters_t *
api_counters_at(void *mem, uint32_t n)
{
    api_counters_t *c = mem;

    return c && c->magic == API_COUNTERS_MAGIC && c->n == n ? c : NULL;
}


uint32_t
api_counters_lanes(const api_counters_t *c)
{
    return c->lanes;
}


static bool
api_counters_grab(uint32_t *owner, uint32_t was, uint32_t pid)
{
    return __atomic_compare_exchange_n(
        owner, &was, pid, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}


void
api_counters_claim(
    api_counters_t *c, uint32_t pid, bool (*alive)(uint32_t), api_lane_t *lane)
{
    uint32_t i, was;

    lane->v = api_counters_lane(c, 0);
    lane->owner = NULL;

    for (i = 1; i < c->lanes; i++) {
        was = __atomic_load_n(&c->owner[i], __ATOMIC_ACQUIRE);

        /* a pid that comes again: its former bearer is gone */

        if (was != 0 && was != pid && alive(was)) {
            continue;
        }

        if (api_counters_grab(&c->owner[i], was, pid)) {
            lane->v = api_counters_lane(c, i);
            lane->owner = &c->owner[i];
            return;
        }
    }
}


void
api_counters_release(api_lane_t *lane)
{
    if (lane->owner) {
        __atomic_store_n(lane->owner, 0, __ATOMIC_RELEASE);
    }

    lane->v = NULL;
    lane->owner = NULL;
}


uint64_t
api_counters_sum(const api_counters_t *c, uint32_t i)
{
    uint32_t k;
    uint64_t sum;

    if (i >= c->n) {
        return 0;
    }

    for (sum = 0, k = 0; k < c->lanes; k++) {
        sum += __atomic_load_n(&api_counters_lane(c, k)[i], __ATOMIC_RELAXED);
    }

    return sum;
}


void
api_counters_take(api_counters_t *c, const api_counters_t *from)
{
    uint32_t  i;
    uint64_t *lane;

    if (from->magic != API_COUNTERS_MAGIC) {
        return;
    }

    lane = api_counters_lane(c, 0);

    for (i = 0; i < c->n && i < from->n; i++) {
        (void) __atomic_fetch_add(
            &lane[i], api_counters_sum(from, i), __ATOMIC_RELAXED);
    }
}
