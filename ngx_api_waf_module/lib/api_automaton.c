#include "api_automaton.h"
#include "api_literals.h"


typedef struct {
    const api_automaton_word_t *words;
    uint32_t                    n;
    uint8_t                     classes[256];
    uint32_t                    room; /* for states */
    uint32_t                    states;
    uint32_t                   *next;  /* a row a state; 0: none, at first */
    uint32_t                   *fail;  /* the state of the longest suffix */
    uint32_t                   *queue; /* states, by depth */
    uint32_t                   *first; /* word + 1 that ends here; 0: none */
    uint32_t                   *same;  /* of a word: another one, as first */
    uint32_t                   *index; /* of a state: its number in the end */
    uint32_t                   *mark;  /* of an id: state + 1 that has it */
    uint32_t                    nids;
    api_arena_t                 arena;
} api_automaton_build_t;


/*
 * Class 0 is every byte that no word has, the last one all of 0x80 and above,
 * the one before those for which nothing is left: the rarest in a text.
 */

static void
automaton_classes(api_automaton_build_t *b)
{
    double   chance, most;
    size_t   j;
    uint8_t  used[256], c8;
    unsigned c, common, classes, shared;
    uint32_t i;

    memset(used, 0, sizeof(used));

    for (i = 0; i < b->n; i++) {
        for (j = 0; j < b->words[i].text.len; j++) {
            used[b->words[i].text.data[j]] = 1;
        }
    }

    for (classes = 1;;) {
        for (c = 0, common = 0, most = 0; c < 256; c++) {
            c8 = (uint8_t) c;
            chance = used[c] ? api_literals_chance(api_span(&c8, 1)) : 0;

            if (chance > most) {
                most = chance;
                common = c;
            }
        }

        if (most <= 0) {
            break;
        }

        shared = common < 128 ? API_AUTOMATON_CLASSES - 2
                              : API_AUTOMATON_CLASSES - 1;
        b->classes[common] =
            (uint8_t) (common < 128 && classes < shared ? classes++ : shared);
        used[common] = 0;
    }

    for (c = 'A'; c <= 'Z'; c++) {
        b->classes[c] = b->classes[c + 32];
    }
}


static int
automaton_alloc(api_automaton_build_t *b)
{
    uint32_t i;
    uint64_t room, nids;

    for (i = 0, room = 1, nids = 0; i < b->n; i++) {
        room += b->words[i].text.len;
        nids = b->words[i].id >= nids ? b->words[i].id + UINT64_C(1) : nids;
    }

    b->nids = (uint32_t) nids;
    b->room =
        room > API_AUTOMATON_STATES ? API_AUTOMATON_STATES : (uint32_t) room;

    b->next = api_arena_calloc(
        &b->arena, (size_t) b->room << API_AUTOMATON_SHIFT, sizeof(uint32_t));
    b->fail = api_arena_calloc(&b->arena, b->room, sizeof(uint32_t));
    b->queue = api_arena_calloc(&b->arena, b->room, sizeof(uint32_t));
    b->first = api_arena_calloc(&b->arena, b->room, sizeof(uint32_t));
    b->index = api_arena_calloc(&b->arena, b->room, sizeof(uint32_t));
    b->same = api_arena_calloc(&b->arena, b->n, sizeof(uint32_t));
    b->mark = api_arena_calloc(&b->arena, b->nids, sizeof(uint32_t));

    return b->next == NULL || b->fail == NULL || b->queue == NULL
                   || b->first == NULL || b->index == NULL || b->same == NULL
                   || b->mark == NULL
               ? API_NOMEM
               : API_OK;
}


static int
automaton_insert(api_automaton_build_t *b, uint32_t word)
{
    size_t     i;
    uint32_t   s, *cell;
    api_span_t text;

    text = b->words[word].text;

    for (i = 0, s = 0; i < text.len; i++) {
        cell = &b->next[(size_t) s << API_AUTOMATON_SHIFT
                        | b->classes[text.data[i]]];

        if (*cell == 0) {
            if (b->states == b->room) {
                return API_LIMIT;
            }

            *cell = b->states++;
        }

        s = *cell;
    }

    b->same[word] = b->first[s];
    b->first[s] = word + 1;

    return API_OK;
}


/* By depth: a missing edge goes where the longest suffix goes. */

static void
automaton_resolve(api_automaton_build_t *b)
{
    uint32_t i, n, s, c, *row, *via;

    for (i = 0, n = 1, b->queue[0] = 0; i < n; i++) {
        s = b->queue[i];
        row = &b->next[(size_t) s << API_AUTOMATON_SHIFT];
        via = &b->next[(size_t) b->fail[s] << API_AUTOMATON_SHIFT];

        for (c = 0; c < 1U << API_AUTOMATON_SHIFT; c++) {
            if (row[c] != 0) {
                b->fail[row[c]] = s == 0 ? 0 : via[c];
                b->queue[n++] = row[c];

            } else if (s != 0) {
                row[c] = via[c];
            }
        }
    }
}


/* Ids of all words that end at a state, each once; counted, or listed. */

static uint32_t
automaton_ids(api_automaton_build_t *b, uint32_t state, uint32_t *ids)
{
    uint32_t s, w, id, n;

    for (n = 0, s = state; s != 0; s = b->fail[s]) {
        for (w = b->first[s]; w != 0; w = b->same[w - 1]) {
            id = b->words[w - 1].id;

            if (b->mark[id] == state + 1) {
                continue;
            }

            b->mark[id] = state + 1;

            if (ids != NULL) {
                ids[n] = id;
            }

            n++;
        }
    }

    return n;
}


/* The root is 0, states with outputs come last; the number of the latter. */

static uint32_t
automaton_number(api_automaton_build_t *b, uint64_t *total)
{
    uint32_t i, n, s, outputs;

    for (i = 0, outputs = 0, *total = 0; i < b->states; i++) {
        n = automaton_ids(b, i, NULL);
        *total += n;
        outputs += n > 0;
        b->index[i] = n > 0;
    }

    /* by depth, so that those near the root share cache lines */

    for (i = 0, n = 0, s = b->states - outputs; i < b->states; i++) {
        if (b->index[b->queue[i]]) {
            b->index[b->queue[i]] = s++;
        } else {
            b->index[b->queue[i]] = n++;
        }
    }

    return outputs;
}


static void
automaton_fill(api_automaton_build_t *b, api_automaton_t *a, uint16_t *next,
    uint32_t *starts, uint32_t *ids)
{
    uint32_t i, s, c, at, n;

    for (s = 0; s < b->states; s++) {
        for (c = 0; c < 1U << API_AUTOMATON_SHIFT; c++) {
            next[(size_t) b->index[s] << API_AUTOMATON_SHIFT | c] =
                (uint16_t)
                    b->index[b->next[(size_t) s << API_AUTOMATON_SHIFT | c]];
        }
    }

    memset(b->mark, 0, b->nids * sizeof(uint32_t));

    for (i = 0, at = 0, n = 0; i < b->states; i++) {
        s = b->queue[i];

        if (b->index[s] < a->outputs) {
            continue;
        }

        starts[n++] = at;
        at += automaton_ids(b, s, ids + at);
    }

    starts[n] = at;
}


/* One block: rows, then starts, then ids. */

static int
automaton_finish(
    api_automaton_build_t *b, api_automaton_t *a, const api_alloc_t *alloc)
{
    size_t    rows;
    uint8_t  *memory;
    uint32_t  outputs;
    uint64_t  total;
    uint32_t *starts;

    outputs = automaton_number(b, &total);
    rows = ((size_t) b->states << API_AUTOMATON_SHIFT) * sizeof(uint16_t);
    rows = (rows + 7) & ~(size_t) 7;

    if (total > UINT32_MAX / 8) {
        return API_LIMIT;
    }

    a->bytes = rows + (outputs + 1 + (size_t) total) * sizeof(uint32_t);
    memory = alloc->alloc(alloc->ctx, a->bytes);

    if (memory == NULL) {
        return API_NOMEM;
    }

    starts = (uint32_t *) (void *) (memory + rows);

    memcpy(a->classes, b->classes, sizeof(a->classes));
    a->next = (uint16_t *) (void *) memory;
    a->states = b->states;
    a->outputs = b->states - outputs;
    a->starts = starts;
    a->ids = starts + outputs + 1;
    a->memory = memory;

    automaton_fill(
        b, a, (uint16_t *) (void *) memory, starts, starts + outputs + 1);

    return API_OK;
}


int
api_automaton_create(api_automaton_t *a, const api_automaton_word_t *words,
    uint32_t n, const api_alloc_t *alloc)
{
    int                   rc;
    uint32_t              i;
    api_automaton_build_t b;

    memset(a, 0, sizeof(*a));
    memset(&b, 0, sizeof(b));
    b.words = words;
    b.n = n;
    b.states = 1;
    api_arena_init(&b.arena, alloc, 65536, 0);

    automaton_classes(&b);
    rc = automaton_alloc(&b);

    for (i = 0; i < n && rc == API_OK; i++) {
        rc = automaton_insert(&b, i);
    }

    if (rc == API_OK) {
        automaton_resolve(&b);
        rc = automaton_finish(&b, a, alloc);
    }

    api_arena_free(&b.arena);

    return rc;
}


void
api_automaton_free(api_automaton_t *a, const api_alloc_t *alloc)
{
    if (a->memory != NULL && alloc->free != NULL) {
        alloc->free(alloc->ctx, a->memory);
    }

    memset(a, 0, sizeof(*a));
}
