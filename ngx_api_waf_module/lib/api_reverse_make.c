/* From a tree to a program that reads it from its end to its beginning. */

#include "api_reverse_int.h"
#include "api_siphash.h"


#define SETS 4096 /* of a program */
#define COUNT 8   /* repeats that are counted in a program that is too large */

typedef struct {
    api_arena_t        *arena;
    api_reverse_node_t *node;
    api_byteset_t      *set; /* of bytes */
    uint32_t            n;
    uint32_t            nsets;
    bool                wide;  /* repeats are not all counted */
    bool                ahead; /* as in the program */
    bool                full;
    bool                lines; /* something asks for line ends, for words */
    bool                words;
    bool                asks;
} reverse_make_t;


static uint16_t
make_node(reverse_make_t *m, uint32_t kind, uint32_t arg, uint32_t next)
{
    if (m->n == API_REVERSE_NODES) {
        m->full = true;
        return 0;
    }

    m->node[m->n] = (api_reverse_node_t){ (uint16_t) kind, (uint16_t) arg,
        (uint16_t) next };

    return (uint16_t) m->n++;
}


static uint16_t
make_set(reverse_make_t *m, const api_byteset_t *set, uint16_t next)
{
    uint32_t i;

    for (i = 0; i < m->nsets; i++) {
        if (memcmp(&m->set[i], set, sizeof(*set)) == 0) {
            break;
        }
    }

    if (i == m->nsets) {
        if (i == SETS) {
            m->full = true;
            return 0;
        }

        m->set[m->nsets++] = *set;
    }

    return make_node(m, API_REVERSE_SET, i, next);
}


static uint16_t
make_tree(reverse_make_t *m, const api_pattern_t *tree, uint16_t next);


static uint16_t
make_repeat(reverse_make_t *m, const api_pattern_t *tree, uint16_t next)
{
    uint16_t entry, body;
    uint32_t i, min, max;

    min = tree->min;
    max = tree->max;

    if (m->wide && max > COUNT) {
        max = API_PATTERN_INF;
        min = min < COUNT ? min : COUNT;
    }

    entry = next;

    if (max == API_PATTERN_INF) {
        entry = make_node(m, API_REVERSE_SPLIT, next, 0);
        body = make_tree(m, tree->first, entry);
        m->node[entry].next = body;

    } else {
        for (i = min; i < max && !m->full; i++) {
            body = make_tree(m, tree->first, entry);
            entry = make_node(m, API_REVERSE_SPLIT, next, body);
        }
    }

    for (i = 0; i < min && !m->full; i++) {
        entry = make_tree(m, tree->first, entry);
    }

    return entry;
}


/* Children one behind the other: what is read last is made first. */

static uint16_t
make_row(reverse_make_t *m, const api_pattern_t *child, uint16_t next)
{
    uint32_t             i, n;
    const api_pattern_t *c;

    if (!m->ahead) {
        for (c = child; c != NULL; c = c->next) {
            next = make_tree(m, c, next);
        }

        return next;
    }

    for (c = child, n = 0; c != NULL; c = c->next) {
        n++;
    }

    for (; n > 0 && !m->full; n--) {
        for (c = child, i = 1; i < n; i++) {
            c = c->next;
        }

        next = make_tree(m, c, next);
    }

    return next;
}


/* The node at which reading `tree` begins; next is what stands before it in
   the text.  A tree is at most API_PATTERN_DEPTH deep. */

static uint16_t
make_tree(reverse_make_t *m, const api_pattern_t *tree, uint16_t next)
{
    uint16_t             entry;
    const api_pattern_t *child;

    if (m->full) {
        return 0;
    }

    switch (tree->kind) {
    case API_PATTERN_SET:
        return make_set(m, &tree->set, next);

    case API_PATTERN_CAT:
        return make_row(m, tree->first, next);

    case API_PATTERN_ALT:
        entry = make_tree(m, tree->first, next);

        for (child = tree->first->next; child != NULL; child = child->next) {
            entry = make_node(
                m, API_REVERSE_SPLIT, entry, make_tree(m, child, next));
        }

        return entry;

    case API_PATTERN_REP:
        return make_repeat(m, tree, next);

    case API_PATTERN_BOL:
        m->lines = true;
        m->asks |= m->ahead;
        return make_node(m, API_REVERSE_BOL, 0, next);

    case API_PATTERN_EOL:
        m->lines = true;
        m->asks |= !m->ahead;
        return make_node(m, API_REVERSE_EOL, 0, next);

    default:
        m->words = true;
        m->asks = true;
        return make_node(m,
            tree->kind == API_PATTERN_WORD ? API_REVERSE_WORD
                                           : API_REVERSE_INNER,
            0, next);
    }
}


/* The start of the text is class nclasses. */

static uint8_t
make_behind(const reverse_make_t *m, unsigned c)
{
    if (m->lines && c == '\n') {
        return API_REVERSE_LINE;
    }

    return m->words
                   && ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
                       || (c >= 'A' && c <= 'Z') || c == '_')
               ? API_REVERSE_LETTER
               : API_REVERSE_OTHER;
}


static bool
make_alike(const reverse_make_t *m, unsigned a, unsigned b)
{
    uint32_t i;

    for (i = 0; i < m->nsets; i++) {
        if (api_byteset_has(&m->set[i], a) != api_byteset_has(&m->set[i], b)) {
            return false;
        }
    }

    return make_behind(m, a) == make_behind(m, b);
}


static int
make_classes(const reverse_make_t *m, api_reverse_t *r)
{
    uint8_t        first[256];
    unsigned       c, k, n;
    uint32_t       i;
    api_byteset_t *set;

    for (c = 0, n = 0; c < 256; c++) {
        for (k = 0; k < n && !make_alike(m, first[k], c); k++) {
            /* void */
        }

        if (k == n) {
            first[n++] = (uint8_t) c;
        }

        r->classes[c] = (uint8_t) k;
        r->behind[k] = make_behind(m, c);
    }

    set = api_arena_calloc(m->arena, m->nsets + 1, sizeof(*set));

    if (set == NULL) {
        return API_NOMEM;
    }

    for (i = 0; i < m->nsets; i++) {
        for (k = 0; k < n; k++) {
            if (api_byteset_has(&m->set[i], first[k])) {
                api_byteset_add(&set[i], k);
            }
        }
    }

    r->nclasses = (uint16_t) n;
    r->set = set;
    r->nsets = m->nsets;

    return API_OK;
}


static void
make_program(reverse_make_t *m, const api_pattern_t *tree, uint16_t *start)
{
    m->n = 0;
    m->nsets = 0;
    m->full = false;
    *start = make_tree(m, tree, make_node(m, API_REVERSE_DONE, 0, 0));
}


/* What was read stands in `work` and goes; what stays is of m->arena. */

static int
make_all(reverse_make_t *m, api_span_t pattern, api_arena_t *work,
    const api_reverse_t **out)
{
    int                 rc;
    uint16_t            start;
    api_pattern_t      *tree;
    api_reverse_t      *r;
    api_reverse_node_t *node;

    m->node = api_arena_alloc(work, API_REVERSE_NODES * sizeof(*m->node));
    m->set = api_arena_alloc(work, SETS * sizeof(*m->set));

    if (m->node == NULL || m->set == NULL) {
        return API_NOMEM;
    }

    rc = api_pattern_parse(&tree, pattern, 0, work, NULL);

    if (rc != API_OK) {
        return rc == API_NOMEM ? API_NOMEM : API_OK;
    }

    make_program(m, tree, &start);

    if (m->full) {
        m->wide = true;
        make_program(m, tree, &start);
    }

    if (m->full) {
        return API_OK;
    }

    r = api_arena_calloc(m->arena, 1, sizeof(*r));
    node = api_arena_alloc(m->arena, m->n * sizeof(*node));

    if (r == NULL || node == NULL) {
        return API_NOMEM;
    }

    memcpy(node, m->node, m->n * sizeof(*node));
    r->mark = api_siphash13((api_sipkey_t){ m->ahead, 0 }, pattern);
    r->node = node;
    r->nnodes = m->n;
    r->start = start;
    r->asks = m->asks;
    r->ahead = m->ahead;
    *out = r;

    return make_classes(m, r);
}


static int
make_way(const api_reverse_t **r, api_span_t pattern, bool ahead,
    api_arena_t *arena)
{
    int            rc;
    api_arena_t    work;
    reverse_make_t m;

    *r = NULL;
    memset(&m, 0, sizeof(m));
    m.arena = arena;
    m.ahead = ahead;
    api_arena_init(&work, arena->alloc, 65536, 0);
    rc = make_all(&m, pattern, &work, r);
    api_arena_free(&work);

    return rc;
}


int
api_reverse_make(
    const api_reverse_t **r, api_span_t pattern, api_arena_t *arena)
{
    return make_way(r, pattern, false, arena);
}


int
api_reverse_make_ahead(
    const api_reverse_t **r, api_span_t pattern, api_arena_t *arena)
{
    return make_way(r, pattern, true, arena);
}
