/* @pm: many phrases at once (A. Aho, M. Corasick, 1975), ASCII letters of
   either case alike. */

#include "api_operator_int.h"

#include <stdlib.h>


#define PM_PHRASES 100000
#define PM_NODES 4000000

/* Phrases while they are read; `raw` are views of the argument or file. */

typedef struct {
    api_operator_t            *op;
    const api_operator_make_t *m;
    api_pm_t                  *pm;
    uint32_t                   room;
    size_t                     bytes;
} pm_load_t;

/* Of a node while its children are made: phrases lo to hi - 1 go on in it. */

typedef struct {
    uint32_t lo, hi;
    uint32_t depth;
} pm_range_t;


static inline uint8_t
pm_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t) (c | 0x20) : c;
}


static int
pm_nomem(const api_operator_make_t *m)
{
    return api_fail(m->err, API_NOMEM, API_OPERATOR_E_NOMEM, 0, "no memory");
}


static int
pm_cmp(const void *pa, const void *pb)
{
    int               d;
    size_t            i;
    const api_span_t *a = pa, *b = pb;

    for (i = 0; i < a->len && i < b->len; i++) {
        d = pm_lower(a->data[i]) - pm_lower(b->data[i]);
        if (d) {
            return d;
        }
    }

    return (a->len > b->len) - (a->len < b->len);
}


static int
pm_add(pm_load_t *l, api_span_t phrase)
{
    size_t    size = sizeof(api_span_t);
    api_pm_t *pm = l->pm;
    uint32_t  room;

    if (phrase.len == 0) {
        return API_OK;
    }

    if (pm->nphrase >= PM_PHRASES || l->bytes + phrase.len > PM_NODES) {
        return api_fail(l->m->err, API_LIMIT, API_OPERATOR_E_SIZE, 0,
            "more than %u phrases or %u bytes of them", PM_PHRASES, PM_NODES);
    }

    if (pm->nphrase == l->room) {
        room = l->room ? l->room * 2 : 64;
        pm->phrase = api_arena_grow(
            l->m->arena, pm->phrase, l->room * size, room * size);
        if (pm->phrase == NULL) {
            return pm_nomem(l->m);
        }
        l->room = room;
    }

    pm->phrase[pm->nphrase++] = phrase;
    l->bytes += phrase.len;

    return API_OK;
}


static void
pm_unique(api_pm_t *pm)
{
    uint32_t i, n = 0;

    for (i = 0; i < pm->nphrase; i++) {
        if (n == 0 || pm_cmp(&pm->phrase[n - 1], &pm->phrase[i]) != 0) {
            pm->phrase[n++] = pm->phrase[i];
        }
    }

    pm->nphrase = n;
}


/* The children of node i: one for each byte that phrases of its range have at
   its depth.  A phrase that ends here stands first. */

static void
pm_children(api_pm_t *pm, pm_range_t *range, uint32_t i)
{
    uint8_t    c;
    uint32_t   j;
    pm_range_t r = range[i];

    j = r.lo;

    if (r.hi > r.lo && pm->phrase[j].len == r.depth) {
        pm->node[i].phrase = j + 1;
        j++;
    }

    pm->node[i].child = pm->nnode;

    while (j < r.hi) {
        c = pm_lower(pm->phrase[j].data[r.depth]);
        range[pm->nnode] = (pm_range_t){ j, j, r.depth + 1 };
        pm->node[pm->nnode] = (api_pm_node_t){ 0, 0, 0, 0, c };

        while (j < r.hi && pm_lower(pm->phrase[j].data[r.depth]) == c) {
            j++;
        }

        range[pm->nnode++].hi = j;
        pm->node[i].nchild++;
    }
}


/* The child of node i by byte c; 0: none. */

static uint32_t
pm_child(const api_pm_t *pm, uint32_t i, uint8_t c)
{
    uint32_t             lo, hi, mid;
    const api_pm_node_t *n = &pm->node[i];

    if (i == 0) {
        return pm->root[c];
    }

    lo = n->child;
    hi = lo + n->nchild;

    while (lo < hi) {
        mid = lo + (hi - lo) / 2;

        if (pm->node[mid].ch < c) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }

    return lo < n->child + n->nchild && pm->node[lo].ch == c ? lo : 0;
}


static uint32_t
pm_step(const api_pm_t *pm, uint32_t i, uint8_t c)
{
    uint32_t next;

    for (;;) {
        next = pm_child(pm, i, c);

        if (next != 0 || i == 0) {
            return next;
        }

        i = pm->node[i].fail;
    }
}


/* Failure links, in breadth-first order; what ends in a suffix ends here. */

static void
pm_links(api_pm_t *pm)
{
    uint32_t       i, j;
    api_pm_node_t *n, *child;

    for (j = 0; j < pm->node[0].nchild; j++) {
        pm->root[pm->node[pm->node[0].child + j].ch] = pm->node[0].child + j;
    }

    for (i = 0; i < pm->nnode; i++) {
        n = &pm->node[i];

        for (j = 0; j < n->nchild; j++) {
            child = &pm->node[n->child + j];
            child->fail = i ? pm_step(pm, n->fail, child->ch) : 0;

            if (child->phrase == 0) {
                child->phrase = pm->node[child->fail].phrase;
            }
        }
    }
}


static int
pm_build(pm_load_t *l)
{
    uint32_t           i;
    api_pm_t          *pm = l->pm;
    pm_range_t        *range;
    api_arena_t        tmp;
    const api_alloc_t *alloc = l->m->arena->alloc;

    if (pm->nphrase == 0) {
        return api_fail(l->m->err, API_INVALID, API_OPERATOR_E_PHRASE, 0,
            "no phrase to look for");
    }

    qsort(pm->phrase, pm->nphrase, sizeof(api_span_t), pm_cmp);
    pm_unique(pm);

    api_arena_init(&tmp, alloc, 0, 0);
    range = api_arena_alloc(&tmp, (l->bytes + 1) * sizeof(*range));
    pm->node =
        api_arena_alloc(l->m->arena, (l->bytes + 1) * sizeof(api_pm_node_t));

    if (range == NULL || pm->node == NULL) {
        api_arena_free(&tmp);
        return pm_nomem(l->m);
    }

    range[0] = (pm_range_t){ 0, pm->nphrase, 0 };
    pm->node[0] = (api_pm_node_t){ 0, 0, 0, 0, 0 };
    pm->nnode = 1;

    for (i = 0; i < pm->nnode; i++) {
        pm_children(pm, range, i);
    }

    api_arena_free(&tmp);
    pm_links(pm);

    return API_OK;
}


static int
pm_load_init(pm_load_t *l, api_operator_t *op, const api_operator_make_t *m)
{
    memset(l, 0, sizeof(*l));
    l->op = op;
    l->m = m;
    l->pm = api_arena_calloc(m->arena, 1, sizeof(api_pm_t));
    op->pm = l->pm;

    return l->pm ? API_OK : pm_nomem(m);
}


static unsigned
pm_hex(uint8_t c)
{
    return c >= '0' && c <= '9' ? (unsigned) (c - '0')
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f'
               ? (unsigned) ((c | 0x20) - 'a' + 10)
               : 16;
}


/* Bytes in hexadecimal between two |, from the one at *pos on. */

static int
pm_binary(api_span_t in, size_t *pos, uint8_t *out, size_t *n,
    const api_operator_make_t *m)
{
    size_t i = *pos + 1;

    while (i < in.len && in.data[i] != '|') {
        if (in.data[i] == ' ') {
            i++;
            continue;
        }

        if (i + 1 >= in.len || pm_hex(in.data[i]) > 15
            || pm_hex(in.data[i + 1]) > 15) {
            break;
        }

        out[(*n)++] =
            (uint8_t) (pm_hex(in.data[i]) << 4 | pm_hex(in.data[i + 1]));
        i += 2;
    }

    if (i >= in.len || in.data[i] != '|') {
        return api_fail(m->err, API_SYNTAX, API_OPERATOR_E_PHRASE, i,
            "between two | stand bytes as two hexadecimal digits each");
    }

    *pos = i + 1;

    return API_OK;
}


/* Snort's form: |41 42| are bytes, a backslash stands before : ; \ " and |. */

static int
pm_decode(api_span_t in, api_span_t *out, const api_operator_make_t *m)
{
    int               rc;
    size_t            i, n = 0;
    uint8_t          *p;
    static const char escaped[5] = { ':', ';', '\\', '"', '|' };

    p = api_arena_alloc(m->arena, in.len + 1);
    if (p == NULL) {
        return pm_nomem(m);
    }

    for (i = 0; i < in.len;) {
        if (in.data[i] == '|') {
            rc = pm_binary(in, &i, p, &n, m);
            if (rc != API_OK) {
                return rc;
            }
            continue;
        }

        if (in.data[i] == '\\' && i + 1 < in.len
            && memchr(escaped, in.data[i + 1], sizeof(escaped)) != NULL)
        {
            i++;
        }

        p[n++] = in.data[i++];
    }

    *out = api_span(p, n);

    return API_OK;
}


int
api_operator_make_pm(api_operator_t *op, const api_operator_make_t *m)
{
    int        rc;
    size_t     i, from;
    pm_load_t  l;
    api_span_t s = api_operator_trim(op->arg);

    rc = pm_load_init(&l, op, m);

    if (rc == API_OK && s.len >= 2 && s.data[0] == '"'
        && s.data[s.len - 1] == '"') {
        s = api_span(s.data + 1, s.len - 2);
    }

    if (rc == API_OK) {
        rc = pm_decode(s, &s, m);
    }

    for (i = 0, from = 0; rc == API_OK && i <= s.len; i++) {
        if (i == s.len || s.data[i] == ' '
            || (s.data[i] >= 9 && s.data[i] <= 13)) {
            rc = pm_add(&l, api_span(s.data + from, i - from));
            from = i + 1;
        }
    }

    return rc == API_OK ? pm_build(&l) : rc;
}


/* A phrase a line; blanks within and around are its own, as in ModSecurity,
   but a CR at the end is not.  # begins a comment in an empty line only. */

int
api_operator_make_pm_file(api_operator_t *op, const api_operator_make_t *m)
{
    int        rc;
    size_t     i, from;
    pm_load_t  l;
    api_span_t text, line, bare;

    rc = api_operator_read(op, m, &text);

    if (rc == API_OK) {
        rc = pm_load_init(&l, op, m);
    }

    if (rc != API_OK) {
        return rc;
    }

    for (i = 0, from = 0; rc == API_OK && i <= text.len; i++) {
        if (i < text.len && text.data[i] != '\n') {
            continue;
        }

        line = api_span(text.data + from, i - from);
        from = i + 1;

        if (line.len && line.data[line.len - 1] == '\r') {
            line.len--;
        }

        bare = api_operator_trim(line);

        if (bare.len && bare.data[0] != '#') {
            rc = pm_add(&l, line);
        }
    }

    return rc == API_OK ? pm_build(&l) : rc;
}


int
api_operator_pm_walk(const api_operator_t *op, api_span_t text, uint32_t *node)
{
    size_t          i;
    uint32_t        at = *node;
    const api_pm_t *pm = op->pm;

    for (i = 0; i < text.len && pm->node[at].phrase == 0; i++) {
        at = pm_step(pm, at, pm_lower(text.data[i]));
    }

    *node = at;

    return pm->node[at].phrase != 0;
}


api_span_t
api_operator_pm_phrase(const api_operator_t *op, uint32_t node)
{
    return op->pm->phrase[op->pm->node[node].phrase - 1];
}


int
api_operator_run_pm(const api_operator_run_t *run)
{
    uint32_t at = 0;

    if (!api_operator_pm_walk(run->op, run->value, &at)) {
        return 0;
    }

    api_operator_capture(run->captures, api_operator_pm_phrase(run->op, at));

    return 1;
}
