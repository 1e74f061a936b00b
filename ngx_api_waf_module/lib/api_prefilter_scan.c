#include "api_prefilter_int.h"


/* What evaluating a pattern costs, a value and a byte of it, and what a scan
   of the library does besides its bytes, in nanoseconds. */

#define SCAN_PAIR 100
#define SCAN_PAIR_BYTE 4
#define SCAN_LIBRARY 1000

/* Room that a scratch keeps between scans. */

#define SCAN_KEPT 65536

#define SCAN_EPOCHS (UINT32_C(1) << 30)

void
api_prefilter_text_init(api_prefilter_text_t *text, api_arena_t *arena)
{
    memset(text, 0, sizeof(*text));
    text->arena = arena;
}


int
api_prefilter_text_reserve(api_prefilter_text_t *text, uint32_t n)
{
    api_prefilter_value_t *values;

    if (n <= text->room) {
        return API_OK;
    }

    if (n > API_PREFILTER_VALUES) {
        return API_LIMIT;
    }

    values = api_arena_grow(text->arena, text->values,
        text->room * sizeof(*values), n * sizeof(*values));

    if (values == NULL) {
        return API_NOMEM;
    }

    text->values = values;
    text->room = n;

    return API_OK;
}


int
api_prefilter_text_add(
    api_prefilter_text_t *text, api_span_t value, const uint64_t *only)
{
    int rc;

    if (value.len > API_PREFILTER_TEXT - text->len) {
        return API_LIMIT;
    }

    if (text->n == text->room) {
        rc = api_prefilter_text_reserve(text, text->room * 2 + 16);

        if (rc != API_OK) {
            return rc;
        }
    }

    text->values[text->n++] = (api_prefilter_value_t){ value, only };
    text->len += value.len;

    return API_OK;
}


static int
scan_pair(api_prefilter_scratch_t *scratch, uint32_t pattern, uint32_t value)
{
    uint32_t              room;
    const api_alloc_t    *alloc;
    api_prefilter_pair_t *pairs;

    if (scratch->npairs + 1 == scratch->room) { /* one more for the end */
        alloc = scratch->alloc;
        room = scratch->room * 2;
        pairs = alloc->alloc(alloc->ctx, room * sizeof(*pairs));

        if (pairs == NULL) {
            return API_NOMEM;
        }

        memcpy(pairs, scratch->pairs, scratch->npairs * sizeof(*pairs));

        if (alloc->free != NULL) {
            alloc->free(alloc->ctx, scratch->pairs);
        }

        scratch->pairs = pairs;
        scratch->room = room;
    }

    pairs = &scratch->pairs[scratch->npairs++];
    pairs->pattern = pattern;
    pairs->value = value;
    pairs->found = true;

    return API_OK;
}


/* One value, and which patterns look at it. */

typedef struct {
    const api_prefilter_t   *pf;
    const uint64_t          *members; /* of the group */
    const uint64_t          *only;
    api_span_t               text;
    uint32_t                 number;
    api_prefilter_scratch_t *scratch;
} scan_value_t;


/* A literal is in the text: of pattern id / SETS, in the set that is left. */

static inline int
scan_met(const scan_value_t *v, uint32_t id)
{
    int                         rc;
    uint32_t                    pattern, seen;
    api_prefilter_scratch_t    *scratch;
    const api_prefilter_info_t *info;

    scratch = v->scratch;
    pattern = id / API_LITERALS_SETS;

    if (((v->members[pattern / 64] & v->only[pattern / 64]) >> (pattern % 64)
            & 1)
        == 0)
    {
        return API_OK;
    }

    info = &v->pf->info[pattern];
    seen = scratch->seen[pattern];

    if (seen >> 2 != scratch->epoch) {
        seen = scratch->epoch << 2;
    }

    if ((seen & 3) == info->needs) {
        return API_OK;
    }

    seen |= 1U << id % API_LITERALS_SETS;
    scratch->seen[pattern] = seen;

    if ((seen & 3) != info->needs) {
        return API_OK;
    }

    rc = scan_pair(scratch, pattern, v->number);

    if (rc == API_OK && info->scanned) {
        scratch->price += SCAN_PAIR + v->text.len * SCAN_PAIR_BYTE;
    }

    return rc;
}


/* The automaton is in a state that has found something, for the first time. */

static int
scan_note(const scan_value_t *v, uint32_t output)
{
    int                    rc;
    uint32_t               i;
    const api_automaton_t *a;

    a = &v->pf->automaton;
    v->scratch->stamps[output] = v->scratch->epoch;

    for (i = a->starts[output], rc = API_OK;
         i < a->starts[output + 1] && rc == API_OK; i++)
    {
        rc = scan_met(v, a->ids[i]);
    }

    return rc;
}


/* What a mask asks for: most texts of a scan have one of few. */

static api_prefilter_mask_t *
scan_mask(const scan_value_t *v)
{
    uint32_t              i, p;
    uint64_t              any;
    api_prefilter_mask_t *m;

    m = &v->scratch->masks[(uintptr_t) v->only / 8 % API_PREFILTER_MASKS];

    if (m->only == v->only) {
        return m;
    }

    for (i = 0, any = 0; i < v->pf->pwords; i++) {
        any |= v->members[i] & v->only[i];
    }

    m->only = v->only;
    m->none = any == 0;
    m->common = 0;

    for (i = 0; i < v->pf->ncommon; i++) {
        p = v->pf->common[i].id / API_LITERALS_SETS;
        m->common |=
            (uint32_t) ((v->members[p / 64] & v->only[p / 64]) >> (p % 64) & 1)
            << i;
    }

    return m;
}


static bool
scan_has(api_span_t text, uint8_t byte)
{
    return memchr(text.data, byte, text.len) != NULL
           || (byte >= 'a' && byte <= 'z'
               && memchr(text.data, byte - 32, text.len) != NULL);
}


static int
scan_common(const scan_value_t *v, uint32_t wanted)
{
    int                           rc;
    const api_prefilter_common_t *c;

    for (rc = API_OK; wanted != 0 && rc == API_OK; wanted &= wanted - 1) {
        c = &v->pf->common[__builtin_ctz(wanted)];
        rc = scan_has(v->text, c->byte) ? scan_met(v, c->id) : API_OK;
    }

    return rc;
}


/* From *at on, up to the byte behind which the automaton is in a state that has
   found something that was not yet noted of the value: the state.  0: there is
   nothing more. */

#define SCAN_STEP                                                             \
    s = next[s << API_AUTOMATON_SHIFT | classes[*p++]];                       \
                                                                              \
    if (s >= outputs && stamps[s - outputs] != epoch) {                       \
        *at = p;                                                              \
        return (uint32_t) s;                                                  \
    }

static inline uint32_t
scan_find(const scan_value_t *v, uint32_t state, const uint8_t **at)
{
    size_t          s, outputs;
    uint32_t        epoch;
    const uint8_t  *p, *end, *classes;
    const uint16_t *next;
    const uint32_t *stamps;

    next = v->pf->automaton.next;
    classes = v->pf->automaton.classes;
    outputs = v->pf->automaton.outputs;
    stamps = v->scratch->stamps;
    epoch = v->scratch->epoch;
    end = v->text.data + v->text.len;
    p = *at;
    s = state;

    while (end - p >= 8) {
        SCAN_STEP
        SCAN_STEP
        SCAN_STEP
        SCAN_STEP
        SCAN_STEP
        SCAN_STEP
        SCAN_STEP
        SCAN_STEP
    }

    while (p < end) {
        SCAN_STEP
    }

    return 0;
}

#undef SCAN_STEP


static int
scan_value(const scan_value_t *v)
{
    int                         rc;
    uint32_t                    state;
    const uint8_t              *p;
    const api_automaton_t      *a;
    const api_prefilter_mask_t *mask;
    api_prefilter_scratch_t    *scratch;

    a = &v->pf->automaton;
    scratch = v->scratch;
    mask = scan_mask(v);

    if (mask->none) {
        return API_OK;
    }

    if (++scratch->epoch == SCAN_EPOCHS) {
        memset(scratch->stamps, 0, (a->states - a->outputs) * 4);
        memset(scratch->seen, 0, v->pf->npatterns * sizeof(uint32_t));
        scratch->epoch = 1;
    }

    p = v->text.data;
    state = 0;
    rc = scan_common(v, mask->common);

    while (rc == API_OK && (state = scan_find(v, state, &p)) != 0) {
        rc = scan_note(v, state - a->outputs);
    }

    return rc;
}


/* Pairs that are left, as masks. */

static int
scan_hits(const api_prefilter_t *pf, const api_prefilter_text_t *text,
    const api_prefilter_scratch_t *scratch, api_prefilter_hits_t *hits)
{
    size_t                      size;
    uint32_t                    i, n, bit, row;
    uint64_t                    mask;
    const api_prefilter_pair_t *pair;

    hits->bits = api_arena_calloc(text->arena, pf->words + 1U, 8);
    hits->rank = api_arena_calloc(text->arena, pf->words + 1U, 4);

    if (hits->bits == NULL || hits->rank == NULL) {
        return API_NOMEM;
    }

    for (i = 0; i < scratch->npairs; i++) {
        if (scratch->pairs[i].found) {
            bit = pf->info[scratch->pairs[i].pattern].bit;
            hits->bits[bit / 64] |= UINT64_C(1) << (bit % 64);
            hits->pairs++;
        }
    }

    for (i = 0, n = 0; i < pf->words; i++) {
        hits->rank[i] = n;
        n += (uint32_t) __builtin_popcountll(hits->bits[i]);
    }

    size = (size_t) n * hits->words;
    hits->rows = api_arena_calloc(text->arena, size, sizeof(uint64_t));

    if (hits->rows == NULL) {
        return API_NOMEM;
    }

    for (i = 0; i < scratch->npairs; i++) {
        pair = &scratch->pairs[i];

        if (pair->found) {
            bit = pf->info[pair->pattern].bit;
            mask = (UINT64_C(1) << (bit % 64)) - 1;
            row =
                hits->rank[bit / 64]
                + (uint32_t) __builtin_popcountll(hits->bits[bit / 64] & mask);
            hits->rows[(size_t) row * hits->words + pair->value / 64] |=
                UINT64_C(1) << (pair->value % 64);
        }
    }

    return API_OK;
}


/* A request that was large leaves no large memory behind. */

static void
scan_shrink(api_prefilter_scratch_t *scratch)
{
    const api_alloc_t    *alloc;
    api_prefilter_pair_t *pairs;

    alloc = scratch->alloc;

    if (scratch->room > SCAN_KEPT && alloc->free != NULL) {
        pairs = alloc->alloc(alloc->ctx, SCAN_KEPT * sizeof(*pairs));

        if (pairs != NULL) {
            alloc->free(alloc->ctx, scratch->pairs);
            scratch->pairs = pairs;
            scratch->room = SCAN_KEPT;
        }
    }
}


/* Does evaluating what is left cost more than one more scan? */

static bool
scan_worth(const api_prefilter_t *pf, const api_prefilter_text_t *text,
    const api_prefilter_scratch_t *scratch)
{
    return pf->db != NULL && scratch->npairs > 0
           && (pf->eager
               || scratch->price
                      > SCAN_LIBRARY + pf->price * text->len / 1024);
}


int
api_prefilter_scan(const api_prefilter_t *pf, uint32_t group,
    const api_prefilter_text_t *text, api_prefilter_scratch_t *scratch,
    api_prefilter_hits_t *hits)
{
    int          rc;
    uint32_t     i;
    scan_value_t v;

    memset(hits, 0, sizeof(*hits));
    hits->words = (text->n + 63) / 64;
    hits->always = pf->always + (size_t) group * pf->words;
    v.pf = pf;
    v.members = pf->members + (size_t) group * pf->pwords;
    v.scratch = scratch;

    scratch->npairs = 0;
    scratch->price = 0;
    memset(scratch->masks, 0, sizeof(scratch->masks));

    for (i = 0, rc = API_OK; i < text->n && rc == API_OK; i++) {
        if (text->values[i].text.len == 0) {
            continue;
        }

        v.text = text->values[i].text;
        v.only = text->values[i].only ? text->values[i].only : v.members;
        v.number = i;
        rc = scan_value(&v);
    }

    if (rc == API_OK && scan_worth(pf, text, scratch)) {
        api_prefilter_refine(pf, text, scratch);
    }

    if (rc == API_OK) {
        rc = scan_hits(pf, text, scratch, hits);
    }

    if (rc != API_OK) {
        hits->bits = NULL;
    }

    scan_shrink(scratch);

    return rc;
}


const uint64_t *
api_prefilter_find(const api_prefilter_hits_t *hits, uint32_t bit)
{
    uint32_t n;
    uint64_t mask;

    mask = UINT64_C(1) << (bit % 64);

    if (hits->bits == NULL || (hits->bits[bit / 64] & mask) == 0) {
        return NULL;
    }

    n = hits->rank[bit / 64]
        + (uint32_t) __builtin_popcountll(hits->bits[bit / 64] & (mask - 1));

    return hits->rows + (size_t) n * hits->words;
}
