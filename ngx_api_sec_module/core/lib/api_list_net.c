#include "api_list_int.h"

#include <stdlib.h>


/* By address, then the larger network first, then as written. */

static int
api_list_net_cmp(const void *a, const void *b)
{
    int                      rc;
    const api_list_rawnet_t *x = a, *y = b;

    rc = api_addr_cmp(&x->net.addr, &y->net.addr);

    if (rc) {
        return rc;
    }

    if (x->net.bits != y->net.bits) {
        return x->net.bits < y->net.bits ? -1 : 1;
    }

    return x->off < y->off ? -1 : x->off > y->off;
}


static bool
api_list_is_sorted(const api_list_rawnet_t *nets, uint32_t n)
{
    uint32_t i;

    for (i = 1; i < n; i++) {
        if (api_list_net_cmp(&nets[i - 1], &nets[i]) > 0) {
            return false;
        }
    }

    return true;
}


/* Drop repeated entries of the sorted array. */

static int
api_list_unique(api_list_load_t *load)
{
    uint32_t           i, n;
    api_list_rawnet_t *x, *y;

    n = 0;

    for (i = 0; i < load->nnets; i++) {
        y = &load->nets[i];
        x = n ? &load->nets[n - 1] : NULL;

        if (x == NULL || x->net.bits != y->net.bits
            || api_addr_cmp(&x->net.addr, &y->net.addr) != 0)
        {
            load->nets[n++] = *y;
            continue;
        }

        if (x->value != y->value) {
            char text[API_NET_TEXT];

            api_net_print(&x->net, text);

            return api_list_fail(load, API_DUPLICATE, API_LIST_E_DUPLICATE,
                y->off, "%s has another value above; keep one", text);
        }
    }

    load->nnets = n;

    return API_OK;
}


/* Ranges of one family as they come about. */

typedef struct {
    api_list_u128_t *start;
    uint32_t        *value;
    uint32_t         n;
} api_list_flat_t;

/* From start on the answer is value. */

static void
api_list_emit(api_list_flat_t *f, api_list_u128_t start, uint32_t value)
{
    if (f->n && f->start[f->n - 1].hi == start.hi
        && f->start[f->n - 1].lo == start.lo)
    {
        f->n--;
    }

    if (f->n && f->value[f->n - 1] == value) {
        return;
    }

    f->start[f->n] = start;
    f->value[f->n++] = value;
}


/* Networks that are open at one place: one a prefix length at most. */

typedef struct {
    struct {
        api_addr_t last;
        uint32_t   value;
    } open[129];
    uint32_t n;
} api_list_nest_t;

/* Close the innermost network: behind it the one around it goes on. */

static void
api_list_close(api_list_nest_t *nest, api_list_flat_t *f)
{
    api_addr_t      last;
    api_list_u128_t next;

    last = nest->open[--nest->n].last;

    next.lo = last.lo + 1;
    next.hi = last.hi + (next.lo == 0);

    if (last.v6 ? (next.hi | next.lo) == 0 : next.lo > UINT32_MAX) {
        return; /* the end of all addresses */
    }

    api_list_emit(
        f, next, nest->n ? nest->open[nest->n - 1].value : API_LIST_NOT);
}


static void
api_list_flatten(api_list_flat_t *f, const api_list_rawnet_t *nets, uint32_t n)
{
    uint32_t        i;
    api_list_nest_t nest;

    nest.n = 0;
    api_list_emit(f, (api_list_u128_t){ 0, 0 }, API_LIST_NOT);

    for (i = 0; i < n; i++) {

        while (nest.n
               && api_addr_cmp(&nest.open[nest.n - 1].last, &nets[i].net.addr)
                      < 0)
        {
            api_list_close(&nest, f);
        }

        nest.open[nest.n].last = api_net_last(&nets[i].net);
        nest.open[nest.n++].value = nets[i].value;

        api_list_emit(f,
            (api_list_u128_t){ nets[i].net.addr.hi, nets[i].net.addr.lo },
            nets[i].value);
    }

    while (nest.n) {
        api_list_close(&nest, f);
    }
}


/* A family's networks to its ranges in f, which dies with load->tmp. */

static int
api_list_ranges(api_list_load_t *load, const api_list_rawnet_t *nets,
    uint32_t n, api_list_flat_t *f)
{
    size_t max;

    max = 2 * (size_t) n + 1; /* each begins one and ends one */

    f->n = 0;
    f->start = api_arena_calloc(&load->tmp, max, sizeof(*f->start));
    f->value = api_arena_calloc(&load->tmp, max, sizeof(*f->value));

    if (f->start == NULL || f->value == NULL) {
        return api_list_nomem(load);
    }

    api_list_flatten(f, nets, n);

    return API_OK;
}


static int
api_list_build4(api_list_load_t *load, uint32_t n)
{
    int                 rc;
    uint32_t            i;
    api_list_flat_t     f;
    api_list_ranges4_t *r;

    rc = api_list_ranges(load, load->nets, n, &f);

    if (rc != API_OK) {
        return rc;
    }

    r = &load->list->v4;
    r->start = api_arena_calloc(&load->list->arena, f.n, sizeof(*r->start));
    r->value = api_arena_calloc(&load->list->arena, f.n, sizeof(*r->value));

    if (r->start == NULL || r->value == NULL) {
        return api_list_nomem(load);
    }

    for (i = 0; i < f.n; i++) {
        r->start[i] = (uint32_t) f.start[i].lo;
        r->value[i] = f.value[i];
    }

    r->n = f.n;

    return API_OK;
}


static int
api_list_build6(api_list_load_t *load, uint32_t from, uint32_t n)
{
    int                 rc;
    api_list_flat_t     f;
    api_list_ranges6_t *r;

    rc = api_list_ranges(load, load->nets + from, n, &f);

    if (rc != API_OK) {
        return rc;
    }

    r = &load->list->v6;
    r->start = api_arena_calloc(&load->list->arena, f.n, sizeof(*r->start));
    r->value = api_arena_calloc(&load->list->arena, f.n, sizeof(*r->value));

    if (r->start == NULL || r->value == NULL) {
        return api_list_nomem(load);
    }

    memcpy(r->start, f.start, f.n * sizeof(*r->start));
    memcpy(r->value, f.value, f.n * sizeof(*r->value));
    r->n = f.n;

    return API_OK;
}


int
api_list_build_nets(api_list_load_t *load)
{
    int      rc;
    uint32_t n4, n6;

    if (load->nnets == 0) {
        return API_OK;
    }

    if (!api_list_is_sorted(load->nets, load->nnets)) {
        qsort(load->nets, load->nnets, sizeof(*load->nets), api_list_net_cmp);
    }

    rc = api_list_unique(load);

    if (rc != API_OK) {
        return rc;
    }

    for (n4 = 0; n4 < load->nnets && !load->nets[n4].net.addr.v6; n4++) {
        /* void */
    }

    n6 = load->nnets - n4;

    load->list->stat.nets4 = n4;
    load->list->stat.nets6 = n6;

    if (n4 && (rc = api_list_build4(load, n4)) != API_OK) {
        return rc;
    }

    return n6 ? api_list_build6(load, n4, n6) : API_OK;
}
