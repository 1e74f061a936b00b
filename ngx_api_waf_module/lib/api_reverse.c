#include "api_reverse_int.h"


/* A pass over a text. */

typedef struct {
    const api_reverse_t  *r;
    api_reverse_cache_t  *cache;
    api_reverse_states_t *states;
    uint64_t             *left;
} reverse_pass_t;


static bool
pass_states(reverse_pass_t *p)
{
    uint32_t               at;
    api_reverse_states_t **place;
    api_reverse_cache_t   *c;

    c = p->cache;
    place = api_reverse_place(c, p->r);

    if (*place == NULL) {
        at = c->nstates < API_REVERSE_KNOWN / 2
                 ? api_reverse_take(c, sizeof(api_reverse_states_t) / 4)
                 : 0;

        if (at == 0) {
            return false;
        }

        *place = (api_reverse_states_t *) (void *) &c->word[at];
        memset(*place, 0, sizeof(**place));
        (*place)->of = p->r;
        (*place)->mark = p->r->mark;
        c->nstates++;
    }

    p->states = *place;

    return true;
}


/* All states of all programs are forgotten, and room is made for this one. */

static void
pass_forget(reverse_pass_t *p)
{
    p->cache->used = 2;
    p->cache->nstates = 0;
    memset(p->cache->states, 0, sizeof(p->cache->states));
    (void) pass_states(p);
}


static uint32_t
state_hash(const uint16_t *node, uint32_t n, uint32_t behind)
{
    uint32_t i, h;

    for (i = 0, h = behind + 1; i < n; i++) {
        h = (h ^ node[i]) * UINT32_C(0x9e3779b1);
    }

    return (h >> 16) % API_REVERSE_BUCKETS;
}


/* The nodes of a state stand behind its row, two in a word. */

static const uint16_t *
state_nodes(const reverse_pass_t *p, uint32_t state)
{
    return (const uint16_t *) (const void *) &p->cache
        ->word[state + p->r->nclasses + 1];
}


static bool
pass_pay(const reverse_pass_t *p, uint64_t cost)
{
    if (*p->left <= cost) {
        *p->left = 0;
        return false;
    }

    *p->left -= cost;

    return true;
}


/* The state of cache->next; 0: there is no room. */

static uint32_t
pass_state(reverse_pass_t *p, uint32_t n, uint32_t behind)
{
    uint32_t             at, row, *bucket;
    api_reverse_cache_t *c;

    c = p->cache;

    if (n == 0 && p->r->ahead) {
        return API_REVERSE_DEAD;
    }

    bucket = &p->states->bucket[state_hash(c->next, n, behind)];

    for (at = *bucket; at != 0; at = c->word[at - API_REVERSE_HEAD]) {
        if (c->word[at - API_REVERSE_HEAD + 1] == n
            && c->word[at - API_REVERSE_HEAD + 2] == behind
            && (n == 0
                || memcmp(state_nodes(p, at), c->next, n * sizeof(uint16_t))
                       == 0))
        {
            return at;
        }
    }

    row = p->r->nclasses + 1U;
    at = api_reverse_take(c, API_REVERSE_HEAD + row + (n + 1) / 2);

    if (at == 0) {
        return 0;
    }

    c->word[at] = *bucket;
    c->word[at + 1] = n;
    c->word[at + 2] = behind;
    at += API_REVERSE_HEAD;
    *bucket = at;
    memset(&c->word[at], 0xff, row * sizeof(uint32_t));

    if (n) {
        memcpy(&c->word[at + row], c->next, n * sizeof(uint16_t));
    }

    return at;
}


/* Does what stands before a place, and behind it, let one pass? */

static bool
node_holds(uint32_t kind, uint32_t before, uint32_t behind)
{
    bool edge;

    switch (kind) {
    case API_REVERSE_BOL:
        return before == API_REVERSE_END || before == API_REVERSE_LINE;

    case API_REVERSE_EOL:
        return behind == API_REVERSE_END || behind == API_REVERSE_LINE;

    default:
        edge =
            (before == API_REVERSE_LETTER) != (behind == API_REVERSE_LETTER);
        return edge == (kind == API_REVERSE_WORD);
    }
}


static void
step_push(api_reverse_cache_t *c, uint32_t *n, uint16_t node)
{
    uint64_t bit;

    bit = UINT64_C(1) << (node % 64);

    if ((c->met[node / 64] & bit) == 0) {
        c->met[node / 64] |= bit;
        c->stack[(*n)++] = node;
    }
}


/* All nodes that can be met at a place, and those behind a byte of class cl;
   what that cost. */

static uint64_t
step_walk(const reverse_pass_t *p, uint32_t state, uint32_t cl, bool *accept)
{
    uint32_t                  n, i, before, behind;
    uint64_t                  cost;
    const uint16_t           *nodes;
    api_reverse_cache_t      *c;
    const api_reverse_node_t *node;

    c = p->cache;
    behind = c->word[state - API_REVERSE_HEAD + 2];
    before = cl == p->r->nclasses ? API_REVERSE_END : p->r->behind[cl];

    if (p->r->ahead) {
        i = behind;
        behind = before;
        before = i;
    }

    memset(c->met, 0, (p->r->nnodes + 63) / 64 * sizeof(uint64_t));
    memset(c->behind, 0, (p->r->nnodes + 63) / 64 * sizeof(uint64_t));
    nodes = state_nodes(p, state);
    n = 0;
    cost = 100;

    for (i = 0; i < c->word[state - API_REVERSE_HEAD + 1]; i++) {
        step_push(c, &n, nodes[i]);
    }

    if (!p->r->ahead) {
        step_push(c, &n, p->r->start);
    }

    while (n > 0) {
        node = &p->r->node[c->stack[--n]];
        cost += 4;

        switch (node->kind) {
        case API_REVERSE_SET:
            if (cl < p->r->nclasses
                && api_byteset_has(&p->r->set[node->arg], cl)) {
                c->behind[node->next / 64] |= UINT64_C(1) << (node->next % 64);
            }

            break;

        case API_REVERSE_SPLIT:
            step_push(c, &n, node->next);
            step_push(c, &n, node->arg);
            break;

        case API_REVERSE_DONE:
            *accept = true;
            break;

        default:
            if (node_holds(node->kind, before, behind)) {
                step_push(c, &n, node->next);
            }
        }
    }

    return cost;
}


/* The step from a state over a class, which nobody has made yet; *from is
   where its state stands then.  False: nothing is left. */

static bool
pass_step(reverse_pass_t *p, uint32_t *from, uint32_t cl, uint32_t *step)
{
    bool                 accept;
    uint32_t             i, n, state, behind;
    uint64_t             cost, bits;
    api_reverse_cache_t *c;

    c = p->cache;
    accept = false;
    cost = step_walk(p, *from, cl, &accept);

    for (i = 0, n = 0; i < (p->r->nnodes + 63) / 64; i++) {
        for (bits = c->behind[i]; bits != 0; bits &= bits - 1) {
            c->next[n++] =
                (uint16_t) (i * 64 + (uint32_t) __builtin_ctzll(bits));
        }
    }

    behind = p->r->asks && cl < p->r->nclasses ? p->r->behind[cl] : 0;
    cost += p->r->nnodes / 16 + n + p->r->nclasses / 4;

    if (!pass_pay(p, cost)) {
        return false;
    }

    state = pass_state(p, n, behind);

    if (state == 0) {
        pass_forget(p);
        state = pass_state(p, n, behind);
        *from = 0; /* it is no more */
    }

    *step = state | (accept ? API_REVERSE_ACCEPT : 0);

    if (*from != 0) {
        c->word[*from + cl] = *step;
    }

    return true;
}


/* The first state, where `behind` stands behind the place: it is made once.
   0: there is no room. */

static uint32_t
pass_begin(reverse_pass_t *p, uint32_t behind)
{
    uint32_t *start;

    if (p->states == NULL) {
        return 0;
    }

    behind = p->r->asks ? behind : 0;
    start = &p->states->start[behind];

    if (*start == 0) {
        p->cache->next[0] = p->r->start;
        *start = pass_state(p, p->r->ahead ? 1 : 0, behind);
    }

    return *start;
}


static uint32_t
pass_start(reverse_pass_t *p, uint32_t behind)
{
    uint32_t state;

    state = pass_begin(p, behind);

    if (state == 0) {
        pass_forget(p);
        state = pass_begin(p, behind);
    }

    return state;
}


/* Places in the order they are met, the last `room` of them; what is met in a
   text with many places is the first of it in the end. */

typedef struct {
    size_t *at;
    size_t  room;
    size_t  n;
} reverse_found_t;


/* As far as no match begins and all steps are known; *i is where it stops. */

static uint32_t
pass_skip(const reverse_pass_t *p, api_span_t text, uint32_t state,
    size_t from, size_t *i)
{
    uint32_t        step;
    const uint8_t  *s, *end, *classes;
    const uint32_t *word;

    s = text.data + *i;
    end = text.data + from;
    classes = p->r->classes;
    word = p->cache->word;

    while (s > end) {
        step = word[state + classes[s[-1]]];

        if (step & API_REVERSE_ACCEPT) {
            break;
        }

        state = step;
        s--;
    }

    *i = (size_t) (s - text.data);

    return state;
}


static bool
pass_run(reverse_pass_t *p, api_span_t text, size_t from, reverse_found_t *f)
{
    size_t   i;
    uint32_t state, step, cl;

    state = pass_start(p, API_REVERSE_END);

    if (state == 0) {
        return false;
    }

    for (i = text.len;; i--) {
        state = text.len ? pass_skip(p, text, state, from, &i) : state;
        cl = i > 0 ? p->r->classes[text.data[i - 1]] : p->r->nclasses;
        step = p->cache->word[state + cl];

        if (step == API_REVERSE_UNKNOWN && !pass_step(p, &state, cl, &step)) {
            return false;
        }

        if (step & API_REVERSE_ACCEPT) {
            f->at[f->n++ % f->room] = i;
        }

        if (i == from) {
            return true;
        }

        state = step & ~API_REVERSE_ACCEPT;
    }
}


size_t
api_reverse_find(const api_reverse_t *r, api_reverse_cache_t *cache,
    api_span_t text, size_t from, size_t *at, size_t room, uint64_t *left)
{
    size_t          i, n, swap;
    reverse_pass_t  p = { r, cache, NULL, left };
    reverse_found_t f = { at, room, 0 };

    if (!pass_states(&p)) {
        pass_forget(&p);
    }

    if (!pass_run(&p, text, from, &f)) {
        return SIZE_MAX;
    }

    /* ascending: those that were met last come first */

    n = f.n < room ? f.n : room;

    if (f.n > room) {
        size_t turn = f.n % room, k;

        for (; turn > 0; turn--) {
            swap = at[0];

            for (k = 0; k + 1 < room; k++) {
                at[k] = at[k + 1];
            }

            at[room - 1] = swap;
        }
    }

    for (i = 0; i < n / 2; i++) {
        swap = at[i];
        at[i] = at[n - 1 - i];
        at[n - 1 - i] = swap;
    }

    return n;
}


/* As far as all steps are known and none tells the answer; *i is where it
   stops.  Those that are accepted, or not known, are negative. */

#define PASS_STEP                                                             \
    step = (int32_t) word[state + classes[*s]];                               \
                                                                              \
    if (step <= (int32_t) API_REVERSE_DEAD) {                                 \
        break;                                                                \
    }                                                                         \
                                                                              \
    state = (uint32_t) step;                                                  \
    s++;

static uint32_t
pass_follow(const reverse_pass_t *p, api_span_t text, uint32_t from, size_t *i)
{
    size_t          state;
    int32_t         step;
    const uint8_t  *s, *end, *classes;
    const uint32_t *word;

    s = text.data + *i;
    end = text.data + text.len;
    classes = p->r->classes;
    word = p->cache->word;
    state = from;

    while (s < end) {
        PASS_STEP

        if (end - s < 4) {
            continue;
        }

        PASS_STEP
        PASS_STEP
        PASS_STEP
    }

    *i = (size_t) (s - text.data);

    return (uint32_t) state;
}

#undef PASS_STEP


api_reverse_answer_t
api_reverse_ahead(const api_reverse_t *r, api_reverse_cache_t *cache,
    api_span_t text, size_t at, uint64_t *left)
{
    size_t         i;
    uint32_t       state, step, cl;
    reverse_pass_t p = { r, cache, NULL, left };

    if (!pass_states(&p)) {
        pass_forget(&p);
    }

    state = pass_start(&p,
        at > 0 ? r->behind[r->classes[text.data[at - 1]]] : API_REVERSE_END);

    if (state == 0) {
        return API_REVERSE_SPENT;
    }

    for (i = at;; i++) {
        state = pass_follow(&p, text, state, &i);
        cl = i < text.len ? r->classes[text.data[i]] : r->nclasses;
        step = cache->word[state + cl];

        if (step == API_REVERSE_UNKNOWN && !pass_step(&p, &state, cl, &step)) {
            return API_REVERSE_SPENT;
        }

        if ((step & API_REVERSE_ACCEPT) || step == API_REVERSE_DEAD
            || i == text.len) {
            break;
        }

        state = step;
    }

    if (!pass_pay(&p, 2 * (i - at) + 1)) {
        return API_REVERSE_SPENT;
    }

    return step & API_REVERSE_ACCEPT ? API_REVERSE_MAYBE : API_REVERSE_NO;
}
