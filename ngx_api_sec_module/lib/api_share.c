#include "api_share.h"


#define SHARE_ROWS 2
#define SHARE_SLICES 4

struct api_share_s {
    int64_t  ends;  /* the slice that is counted in */
    uint64_t slice; /* which that is */
    size_t   cells; /* of a row */
    uint32_t counts[];
};


size_t
api_share_size(size_t cells)
{
    return sizeof(api_share_t)
           + SHARE_SLICES * SHARE_ROWS * cells * sizeof(uint32_t);
}


api_share_t *
api_share_init(void *mem, size_t cells)
{
    api_share_t *share = mem;

    share->cells = cells;

    return share;
}


/* age 0: the slice that is counted in. */

static size_t
slice_of(const api_share_t *share, size_t age)
{
    return ((size_t) share->slice + SHARE_SLICES - age) % SHARE_SLICES
           * SHARE_ROWS * share->cells;
}


static size_t
cell_of(const api_share_t *share, uint64_t who, unsigned row)
{
    return row * share->cells
           + ((size_t) (who >> (32 * row)) & (share->cells - 1));
}


/* A clock that was set back does not make a slice last. */

void
api_share_turn(api_share_t *share, int64_t life, int64_t now)
{
    int64_t  step, passed;
    unsigned n;

    step = life < 3 ? 1 : (life + 2) / 3;
    passed = now - share->ends;

    if (passed < 0 && passed >= -step) {
        return;
    }

    for (n = 0; n < SHARE_SLICES && (n == 0 || passed >= 0); n++) {
        memset(&share->counts[slice_of(share, SHARE_SLICES - 1)], 0,
            SHARE_ROWS * share->cells * sizeof(uint32_t));
        share->slice++;
        passed -= step;
    }

    /* slices follow each other, unless all of them are over */

    share->ends = now + (passed < 0 && passed >= -step ? -passed : step);
}


uint64_t
api_share_of(const api_share_t *share, uint64_t who)
{
    size_t   age, cell;
    uint64_t sum, least = UINT64_MAX;
    unsigned row;

    for (row = 0; row < SHARE_ROWS; row++) {
        cell = cell_of(share, who, row);

        for (age = 0, sum = 0; age < SHARE_SLICES; age++) {
            sum += share->counts[slice_of(share, age) + cell];
        }

        least = sum < least ? sum : least;
    }

    return least;
}


void
api_share_add(api_share_t *share, uint64_t who)
{
    unsigned  row;
    uint32_t *count;

    for (row = 0; row < SHARE_ROWS; row++) {
        count = &share->counts[slice_of(share, 0) + cell_of(share, who, row)];
        *count += *count < UINT32_MAX;
    }
}


/* Cells are told by the last bits of a hash: rows of other lengths fold. */

static void
merge_row(uint32_t *to, size_t nto, const uint32_t *from, size_t nfrom)
{
    size_t   i;
    uint64_t sum;

    for (i = 0; i < nto || i < nfrom; i++) {
        sum = (uint64_t) to[i & (nto - 1)] + from[i & (nfrom - 1)];
        to[i & (nto - 1)] = sum > UINT32_MAX ? UINT32_MAX : (uint32_t) sum;
    }
}


void
api_share_merge(api_share_t *share, const api_share_t *from)
{
    size_t   age;
    unsigned row;

    share->ends = from->ends;

    for (age = 0; age < SHARE_SLICES; age++) {
        for (row = 0; row < SHARE_ROWS; row++) {
            merge_row(
                &share->counts[slice_of(share, age) + row * share->cells],
                share->cells,
                &from->counts[slice_of(from, age) + row * from->cells],
                from->cells);
        }
    }
}
