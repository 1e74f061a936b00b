#include "api_literals.h"

#include <stdlib.h>


/*
 * What is known about a part: the strings it can be, if they are few; else
 * the best sets that any string it can be must contain.
 */

typedef struct {
    bool           exact;
    api_literals_t strings; /* exact: all of them, "" among them maybe */
    api_literals_t sets[API_LITERALS_SETS];
    uint32_t       nsets;
} api_literals_info_t;

#define LITERALS_EXACT 4096 /* strings of a part, at most */
#define LITERALS_BYTES 16   /* of one set that stays exact */


static uint8_t
literals_lower(unsigned c)
{
    return (uint8_t) (c >= 'A' && c <= 'Z' ? c + 32 : c);
}


static void
literals_cost(api_literals_t *set)
{
    uint32_t i;

    set->cost = 0;

    for (i = 0; i < set->n; i++) {
        set->cost +=
            set->items[i].len == 0 ? 1.0 : api_literals_chance(set->items[i]);
    }
}


static int
literals_order(const void *a, const void *b)
{
    int               rc;
    size_t            len;
    const api_span_t *x, *y;

    x = a;
    y = b;
    len = x->len < y->len ? x->len : y->len;
    rc = len == 0 ? 0 : memcmp(x->data, y->data, len);

    return rc != 0 ? rc : (x->len > y->len) - (x->len < y->len);
}


/* Sorted, each once; with `prefix` set, none that begins with another one. */

static void
literals_tidy(api_literals_t *set, bool prefix)
{
    uint32_t   i, n;
    api_span_t last, item;

    if (set->n > 1) {
        qsort(set->items, set->n, sizeof(set->items[0]), literals_order);
    }

    for (i = 0, n = 0; i < set->n; i++) {
        item = set->items[i];

        if (n > 0) {
            last = set->items[n - 1];

            if (api_span_eq(last, item)
                || (prefix && last.len > 0 && last.len <= item.len
                    && memcmp(last.data, item.data, last.len) == 0))
            {
                continue;
            }
        }

        set->items[n++] = item;
    }

    set->n = n;
    literals_cost(set);
}


/* Takes a set in among the best of a part. */

static void
literals_offer(api_literals_info_t *info, api_literals_t set)
{
    uint32_t i, j;

    literals_tidy(&set, true);

    if (set.n == 0 || set.n > API_LITERALS_SET || set.items[0].len == 0) {
        return;
    }

    for (i = 0; i < info->nsets && info->sets[i].cost <= set.cost; i++) {
        /* void */
    }

    if (i == API_LITERALS_SETS) {
        return;
    }

    if (info->nsets < API_LITERALS_SETS) {
        info->nsets++;
    }

    for (j = info->nsets - 1; j > i; j--) {
        info->sets[j] = info->sets[j - 1];
    }

    info->sets[i] = set;
}


static int literals_of(
    const api_pattern_t *node, api_arena_t *arena, api_literals_info_t *info);


static int
literals_set(
    const api_pattern_t *node, api_arena_t *arena, api_literals_info_t *info)
{
    uint8_t      *bytes;
    unsigned      c, n;
    api_byteset_t folded;

    memset(&folded, 0, sizeof(folded));

    for (c = 0; c < 256; c++) {
        if (api_byteset_has(&node->set, c)) {
            api_byteset_add(&folded, literals_lower(c));
        }
    }

    n = api_byteset_count(&folded);

    if (n > 128) {
        return API_OK;
    }

    bytes = api_arena_alloc(arena, n);
    info->strings.items = api_arena_calloc(arena, n, sizeof(api_span_t));

    if (bytes == NULL || info->strings.items == NULL) {
        return API_NOMEM;
    }

    for (c = 0; c < 256; c++) {
        if (api_byteset_has(&folded, c)) {
            *bytes = (uint8_t) c;
            info->strings.items[info->strings.n++] = api_span(bytes++, 1);
        }
    }

    literals_tidy(&info->strings, false);

    if (n <= LITERALS_BYTES) {
        info->exact = true;
    } else {
        literals_offer(info, info->strings);
    }

    return API_OK;
}


/* a x b; API_LIMIT: too many or too long. */

static int
literals_product(const api_literals_t *a, const api_literals_t *b,
    api_arena_t *arena, api_literals_t *out)
{
    uint8_t   *p;
    uint32_t   i, j;
    api_span_t x, y;

    if ((uint64_t) a->n * b->n > LITERALS_EXACT) {
        return API_LIMIT;
    }

    memset(out, 0, sizeof(*out));
    out->items = api_arena_calloc(arena, a->n * b->n, sizeof(api_span_t));

    if (out->items == NULL) {
        return API_NOMEM;
    }

    for (i = 0; i < a->n; i++) {
        for (j = 0; j < b->n; j++) {
            x = a->items[i];
            y = b->items[j];

            if (x.len + y.len > API_LITERALS_LEN) {
                return API_LIMIT;
            }

            p = api_arena_alloc(arena, x.len + y.len);

            if (p == NULL) {
                return API_NOMEM;
            }

            if (x.len > 0) {
                memcpy(p, x.data, x.len);
            }

            if (y.len > 0) {
                memcpy(p + x.len, y.data, y.len);
            }

            out->items[out->n++] = api_span(p, x.len + y.len);
        }
    }

    literals_tidy(out, false);

    return API_OK;
}


static int
literals_empty(api_arena_t *arena, api_literals_t *set)
{
    memset(set, 0, sizeof(*set));
    set->items = api_arena_calloc(arena, 1, sizeof(api_span_t));

    if (set->items == NULL) {
        return API_NOMEM;
    }

    set->items[0] = API_SPAN("");
    set->n = 1;
    set->cost = 1.0;

    return API_OK;
}


/* Puts `more` behind what is in a set; tidied later. */

static int
literals_append(
    api_literals_t *set, const api_literals_t *more, api_arena_t *arena)
{
    api_span_t *items;

    if (more->n == 0) {
        return API_OK;
    }

    items = api_arena_grow(arena, set->items, set->n * sizeof(api_span_t),
        (set->n + more->n) * sizeof(api_span_t));

    if (items == NULL) {
        return API_NOMEM;
    }

    memcpy(items + set->n, more->items, more->n * sizeof(api_span_t));
    set->items = items;
    set->n += more->n;

    return API_OK;
}


/* Everything a child says about what stands in it, taken in by its parent. */

static void
literals_offer_all(api_literals_info_t *info, const api_literals_info_t *child)
{
    uint32_t i;

    if (child->exact) {
        literals_offer(info, child->strings);
        return;
    }

    for (i = 0; i < child->nsets; i++) {
        literals_offer(info, child->sets[i]);
    }
}


/*
 * One more part behind the strings so far (`run`).  What ends a run is
 * offered; a new one begins with what is known to stand before.
 */

static int
literals_join(api_literals_info_t *info, api_literals_t *run,
    const api_literals_info_t *part, bool whole, api_arena_t *arena)
{
    int            rc;
    api_literals_t next;

    if (!part->exact) {
        literals_offer(info, *run);
        literals_offer_all(info, part);
        info->exact = false;
        return literals_empty(arena, run);
    }

    rc = literals_product(run, &part->strings, arena, &next);

    if (rc == API_NOMEM) {
        return rc;
    }

    if (rc == API_LIMIT) {
        literals_offer(info, *run);
        info->exact = false;
        *run = part->strings;

    } else {
        *run = next;
    }

    if (!whole) { /* more of the same may follow */
        literals_offer(info, *run);
        info->exact = false;
        *run = part->strings;
    }

    return API_OK;
}


static int
literals_cat(
    const api_pattern_t *node, api_arena_t *arena, api_literals_info_t *info)
{
    int                  rc;
    bool                 whole;
    api_literals_t       run;
    const api_pattern_t *child, *part;
    api_literals_info_t  of;

    info->exact = true;
    rc = literals_empty(arena, &run);

    for (child = node->first; child != NULL && rc == API_OK;
         child = child->next) {
        /* x+ is an x, then maybe more of them */

        whole = child->kind != API_PATTERN_REP || child->min == 0
                || child->max == 1;
        part = whole ? child : child->first;

        rc = literals_of(part, arena, &of);

        if (rc == API_OK) {
            rc = literals_join(info, &run, &of, whole, arena);
        }
    }

    if (rc != API_OK) {
        return rc;
    }

    if (info->exact) {
        info->strings = run;
    } else {
        literals_offer(info, run);
    }

    return API_OK;
}


/* The best set of a part, or all its strings; NULL: nothing is required. */

static const api_literals_t *
literals_best(const api_literals_info_t *of)
{
    if (of->exact) {
        return &of->strings;
    }

    return of->nsets > 0 ? &of->sets[0] : NULL;
}


static int
literals_alt(
    const api_pattern_t *node, api_arena_t *arena, api_literals_info_t *info)
{
    int                   rc;
    bool                  exact, required;
    api_literals_t        all;
    const api_pattern_t  *child;
    const api_literals_t *best;
    api_literals_info_t   of;

    memset(&all, 0, sizeof(all));
    exact = true;
    required = true;

    for (child = node->first; child != NULL; child = child->next) {
        if (api_pattern_never(child)) {
            continue;
        }

        rc = literals_of(child, arena, &of);

        if (rc != API_OK) {
            return rc;
        }

        exact = exact && of.exact;
        best = literals_best(&of);
        required = required && best != NULL;

        if (!required || all.n + best->n > API_LITERALS_SET) {
            return API_OK;
        }

        if (literals_append(&all, best, arena) != API_OK) {
            return API_NOMEM;
        }
    }

    literals_tidy(&all, false);

    if (exact && all.n <= LITERALS_EXACT) {
        info->exact = true;
        info->strings = all;
        return API_OK;
    }

    literals_offer(info, all);

    return API_OK;
}


static int
literals_rep(
    const api_pattern_t *node, api_arena_t *arena, api_literals_info_t *info)
{
    int                 rc;
    api_literals_info_t of;

    if (node->max == 0) {
        info->exact = true;
        return literals_empty(arena, &info->strings);
    }

    if (node->min == 0 && node->max != 1) {
        return API_OK;
    }

    rc = literals_of(node->first, arena, &of);

    if (rc != API_OK) {
        return rc;
    }

    if (node->max != 1) {
        literals_offer_all(info, &of);
        return API_OK;
    }

    if (node->min == 1) {
        *info = of;
        return API_OK;
    }

    if (!of.exact) {
        return API_OK;
    }

    info->exact = true;
    rc = literals_empty(arena, &info->strings);

    if (rc == API_OK) {
        rc = literals_append(&info->strings, &of.strings, arena);
        literals_tidy(&info->strings, false);
    }

    return rc;
}


static int
literals_of(
    const api_pattern_t *node, api_arena_t *arena, api_literals_info_t *info)
{
    memset(info, 0, sizeof(*info));

    switch (node->kind) {
    case API_PATTERN_SET:
        return literals_set(node, arena, info);
    case API_PATTERN_CAT:
        return literals_cat(node, arena, info);
    case API_PATTERN_ALT:
        return literals_alt(node, arena, info);
    case API_PATTERN_REP:
        return literals_rep(node, arena, info);
    default:
        info->exact = true;
        return literals_empty(arena, &info->strings);
    }
}


int
api_literals_find(const api_pattern_t *tree, double most, api_arena_t *arena,
    api_literals_t sets[API_LITERALS_SETS], uint32_t *nsets)
{
    int                 rc;
    uint32_t            i;
    api_literals_info_t of, best;

    *nsets = 0;
    rc = literals_of(tree, arena, &of);

    if (rc != API_OK) {
        return rc;
    }

    memset(&best, 0, sizeof(best));
    literals_offer_all(&best, &of);

    for (i = 0; i < best.nsets && best.sets[i].cost < most; i++) {
        sets[(*nsets)++] = best.sets[i];
    }

    return API_OK;
}
