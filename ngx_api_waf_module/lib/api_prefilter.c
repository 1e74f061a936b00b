#include "api_prefilter_int.h"


static const char *const api_prefilter_errors[API_PREFILTER_NERRORS] = {
    [API_PREFILTER_E_NONE] = "none",
    [API_PREFILTER_E_SET] = "set",
    [API_PREFILTER_E_FILE] = "file",
    [API_PREFILTER_E_OTHER] = "other",
    [API_PREFILTER_E_LIBRARY] = "library",
    [API_PREFILTER_E_PATTERN] = "pattern",
    [API_PREFILTER_E_NOMEM] = "no_memory",
};

/* A byte with this chance is common: it is one of 64. */

#define PREFILTER_COMMON 0.0156

/* Hits for each byte that make a set of literals useless. */

#define PREFILTER_COST 0.2

/* With a best set rarer than this, no second one is looked for. */

#define PREFILTER_RARE 1e-6

/* Bytes beyond that make a literal no rarer. */

#define PREFILTER_LONG 1e-9

#define PREFILTER_WORDS 1000000


typedef struct {
    api_prefilter_t           *pf;
    const api_prefilter_set_t *set;
    api_arena_t                words;  /* literals that stay for a while */
    api_arena_t                pieces; /* what finding them takes */
    api_automaton_word_t      *items;
    uint32_t                   n;
    uint32_t                   room;
} api_prefilter_make_t;


const char *
api_prefilter_error_name(int code)
{
    return code >= 0 && code < API_PREFILTER_NERRORS
               ? api_prefilter_errors[code]
               : "unknown";
}


static int
prefilter_nomem(api_err_t *err)
{
    return api_fail(
        err, API_NOMEM, API_PREFILTER_E_NOMEM, 0, "no memory for a prefilter");
}


static int
make_word(api_prefilter_make_t *m, api_span_t text, uint32_t id)
{
    uint32_t                room;
    api_automaton_word_t   *items;
    api_prefilter_common_t *common;

    if (text.len == 1 && m->pf->ncommon < API_PREFILTER_COMMON
        && api_literals_chance(text) >= PREFILTER_COMMON)
    {
        common = &m->pf->common[m->pf->ncommon++];
        common->byte = text.data[0];
        common->id = id;

        return API_OK;
    }

    if (m->n == m->room) {
        room = m->room * 2 + 256;
        items = api_arena_grow(&m->words, m->items,
            m->room * sizeof(m->items[0]), room * sizeof(m->items[0]));

        if (items == NULL || m->n == PREFILTER_WORDS) {
            return API_NOMEM;
        }

        m->items = items;
        m->room = room;
    }

    text = api_arena_dup(&m->words, text);

    if (text.data == NULL) {
        return API_NOMEM;
    }

    m->items[m->n].text = text;
    m->items[m->n++].id = id;

    return API_OK;
}


/* The part of a phrase that the automaton looks for, in lower case. */

static int
make_phrase(api_prefilter_make_t *m, api_span_t phrase, uint32_t id)
{
    size_t  i;
    uint8_t buf[API_LITERALS_LEN];

    phrase = api_literals_rarest(phrase, sizeof(buf));

    for (i = 0; i < phrase.len; i++) {
        buf[i] = phrase.data[i];

        if (buf[i] >= 'A' && buf[i] <= 'Z') {
            buf[i] = (uint8_t) (buf[i] + 32);
        }
    }

    return make_word(m, api_span(buf, phrase.len), id);
}


static int
make_phrases(api_prefilter_make_t *m, uint32_t pattern)
{
    int                            rc;
    uint32_t                       i;
    api_prefilter_info_t          *info;
    const api_prefilter_pattern_t *p;

    p = &m->set->patterns[pattern];
    info = &m->pf->info[pattern];
    info->phrases = true;
    info->needs = 1;

    for (i = 0; i < p->nphrases; i++) {
        info->always |= p->phrases[i].len == 0;
    }

    for (i = 0; i < p->nphrases && !info->always; i++) {
        rc = make_phrase(m, p->phrases[i], pattern * API_LITERALS_SETS);

        if (rc != API_OK) {
            return rc;
        }
    }

    return API_OK;
}


int
api_prefilter_tree(const api_prefilter_pattern_t *pattern, unsigned flags,
    api_arena_t *arena, api_pattern_t **tree)
{
    int rc;

    if (pattern->flags & API_PREFILTER_CASELESS) {
        flags |= API_PATTERN_CASELESS;
    }

    if (pattern->flags & API_PREFILTER_LOWERCASE) {
        flags |= API_PATTERN_LOWERCASE;
    }

    rc = api_pattern_parse(tree, pattern->text, flags, arena, NULL);

    if (rc != API_OK) {
        *tree = NULL;
    }

    return rc == API_NOMEM ? API_NOMEM : API_OK;
}


static int
make_rx(api_prefilter_make_t *m, uint32_t pattern)
{
    int                   rc;
    uint32_t              i, j, n;
    api_pattern_t        *tree;
    api_literals_t        sets[API_LITERALS_SETS];
    api_prefilter_info_t *info;

    info = &m->pf->info[pattern];
    rc = api_prefilter_tree(&m->set->patterns[pattern], 0, &m->pieces, &tree);

    if (rc != API_OK) {
        return rc;
    }

    if (tree == NULL) {
        info->always = true;
        return API_OK;
    }

    if (api_pattern_never(tree)) {
        return API_OK;
    }

    rc = api_literals_find(tree, PREFILTER_COST, &m->pieces, sets, &n);

    if (n > 1 && sets[0].cost < PREFILTER_RARE) {
        n = 1;
    }

    for (i = 0; i < n && rc == API_OK; i++) {
        info->needs |= (uint8_t) (1U << i);

        for (j = 0; j < sets[i].n && rc == API_OK; j++) {
            rc = make_word(
                m, sets[i].items[j], pattern * API_LITERALS_SETS + i);
        }
    }

    info->always = n == 0;

    return rc;
}


/* As few bytes of a literal as make it rare, `most` at most. */

static api_span_t
make_window(api_span_t text, size_t most)
{
    size_t     len;
    api_span_t part;

    for (len = 3;; len++) {
        part = api_literals_rarest(text, len < most ? len : most);

        if (part.len == text.len || len >= most
            || api_literals_chance(part) < PREFILTER_LONG)
        {
            return part;
        }
    }
}


/* Shorter literals until the states are few enough: three bytes always are. */

static int
make_automaton(api_prefilter_make_t *m)
{
    int                   rc;
    size_t                most;
    uint32_t              i;
    api_automaton_word_t *cut;

    cut = api_arena_calloc(&m->words, m->n, sizeof(*cut));

    if (cut == NULL) {
        return API_NOMEM;
    }

    for (most = 10, rc = API_LIMIT; most > 0 && rc == API_LIMIT; most--) {
        for (i = 0; i < m->n; i++) {
            cut[i].text = make_window(m->items[i].text, most);
            cut[i].id = m->items[i].id;
        }

        rc = api_automaton_create(&m->pf->automaton, cut, m->n, m->pf->alloc);
    }

    return rc;
}


static void
make_masks(api_prefilter_make_t *m)
{
    uint32_t                     i, j, p, bit;
    uint64_t                    *members, *always;
    api_prefilter_t             *pf;
    const api_prefilter_group_t *group;

    pf = m->pf;

    for (i = 0; i < pf->ngroups; i++) {
        group = &m->set->groups[i];
        members = pf->members + (size_t) i * pf->pwords;
        always = pf->always + (size_t) i * pf->words;

        for (j = 0; j < group->n; j++) {
            p = group->patterns[j];
            bit = pf->info[p].bit;
            members[p / 64] |= UINT64_C(1) << (p % 64);

            if (pf->info[p].always) {
                always[bit / 64] |= UINT64_C(1) << (bit % 64);
            }
        }
    }

    for (p = 0; p < pf->npatterns; p++) {
        bit = pf->info[p].bit;

        if (pf->info[p].always) {
            pf->anywhere[bit / 64] |= UINT64_C(1) << (bit % 64);
            pf->stat.always++;
        }
    }
}


static int
make_room(api_prefilter_make_t *m)
{
    uint32_t         i;
    api_prefilter_t *pf;

    pf = m->pf;
    pf->npatterns = m->set->npatterns;
    pf->ngroups = m->set->ngroups;
    pf->words = (m->set->bits + 63) / 64;
    pf->pwords = (m->set->npatterns + 63) / 64;

    pf->info =
        api_arena_calloc(&pf->arena, pf->npatterns, sizeof(pf->info[0]));
    pf->members = api_arena_calloc(
        &pf->arena, (size_t) pf->ngroups * pf->pwords, sizeof(uint64_t));
    pf->always = api_arena_calloc(
        &pf->arena, (size_t) pf->ngroups * pf->words, sizeof(uint64_t));
    pf->anywhere = api_arena_calloc(&pf->arena, pf->words, sizeof(uint64_t));

    if (pf->info == NULL || pf->members == NULL || pf->always == NULL
        || pf->anywhere == NULL)
    {
        return API_NOMEM;
    }

    for (i = 0; i < pf->npatterns; i++) {
        pf->info[i].bit = m->set->patterns[i].bit;
    }

    return API_OK;
}


static int
make_all(api_prefilter_make_t *m)
{
    int              rc;
    uint32_t         i;
    api_arena_mark_t mark;

    rc = make_room(m);

    for (i = 0; i < m->set->npatterns && rc == API_OK; i++) {
        mark = api_arena_mark(&m->pieces);
        rc = m->set->patterns[i].kind == API_PREFILTER_RX ? make_rx(m, i)
                                                          : make_phrases(m, i);
        api_arena_rewind(&m->pieces, mark);
    }

    if (rc == API_OK) {
        rc = make_automaton(m);
    }

    if (rc == API_OK) {
        make_masks(m);
        rc = api_prefilter_key(m->set, m->pf->alloc, m->pf->key);
    }

    return rc;
}


int
api_prefilter_create(api_prefilter_t **pf, const api_prefilter_set_t *set,
    const api_alloc_t *alloc, api_err_t *err)
{
    int                  rc;
    api_prefilter_make_t m;

    rc = api_prefilter_check(set, err);

    if (rc != API_OK) {
        return rc;
    }

    memset(&m, 0, sizeof(m));
    m.set = set;
    m.pf = alloc->alloc(alloc->ctx, sizeof(*m.pf));

    if (m.pf == NULL) {
        return prefilter_nomem(err);
    }

    memset(m.pf, 0, sizeof(*m.pf));
    m.pf->alloc = alloc;
    api_arena_init(&m.pf->arena, alloc, 4096, 0);
    api_arena_init(&m.words, alloc, 65536, 0);
    api_arena_init(&m.pieces, alloc, 65536, 0);

    rc = make_all(&m);

    api_arena_free(&m.words);
    api_arena_free(&m.pieces);

    if (rc != API_OK) {
        api_prefilter_free(m.pf);
        return prefilter_nomem(err);
    }

    *pf = m.pf;

    return API_OK;
}


void
api_prefilter_free(api_prefilter_t *pf)
{
    const api_alloc_t *alloc;

    if (pf == NULL) {
        return;
    }

    if (pf->db != NULL) {
        pf->hs->free_database(pf->db);
    }

    alloc = pf->alloc;
    api_automaton_free(&pf->automaton, alloc);
    api_arena_free(&pf->arena);

    if (alloc->free != NULL) {
        alloc->free(alloc->ctx, pf);
    }
}


bool
api_prefilter_always(const api_prefilter_t *pf, uint32_t bit)
{
    return pf->anywhere[bit / 64] >> (bit % 64) & 1;
}


bool
api_prefilter_caseless(const api_prefilter_t *pf)
{
    return pf->db == NULL;
}


api_prefilter_stat_t
api_prefilter_stat(const api_prefilter_t *pf)
{
    api_prefilter_stat_t stat;

    stat = pf->stat;
    stat.engine = pf->db != NULL ? pf->version : "literals";
    stat.patterns = pf->npatterns;
    stat.states = pf->automaton.states;
    stat.literals = pf->automaton.bytes + pf->arena.held;
    stat.database = pf->db_size;

    return stat;
}
