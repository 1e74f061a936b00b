#include "api_waf_scan_int.h"


typedef struct {
    api_waf_scan_t          *scan;
    api_waf_rule_t          *rules;
    uint32_t                 n;
    const api_waf_chain_t   *chains;
    api_arena_t             *arena;
    api_prefilter_pattern_t *pattern;
    uint32_t                 npatterns;
    uint32_t                *all;   /* patterns of group 0 */
    uint32_t                *group; /* of a pattern: its chain */
} scan_make_t;


/* Which operators say what a value must contain. */

static bool
scan_is_text(api_operator_id_t id)
{
    switch (id) {
    case API_OPERATOR_CONTAINS:
    case API_OPERATOR_CONTAINS_WORD:
    case API_OPERATOR_BEGINS_WITH:
    case API_OPERATOR_ENDS_WITH:
    case API_OPERATOR_STREQ:
    case API_OPERATOR_STRMATCH:
        return true;
    default:
        return false;
    }
}


static const struct {
    api_waf_var_t view;
    api_waf_var_t of;
    bool          names;
} scan_views[] = {
    { API_WAF_ARGS, API_WAF_ARGS_GET, false },
    { API_WAF_ARGS, API_WAF_ARGS_POST, false },
    { API_WAF_ARGS_NAMES, API_WAF_ARGS_GET, true },
    { API_WAF_ARGS_NAMES, API_WAF_ARGS_POST, true },
    { API_WAF_ARGS_GET_NAMES, API_WAF_ARGS_GET, true },
    { API_WAF_ARGS_POST_NAMES, API_WAF_ARGS_POST, true },
    { API_WAF_REQUEST_HEADERS_NAMES, API_WAF_REQUEST_HEADERS, true },
    { API_WAF_REQUEST_COOKIES_NAMES, API_WAF_REQUEST_COOKIES, true },
    { API_WAF_RESPONSE_HEADERS_NAMES, API_WAF_RESPONSE_HEADERS, true },
};

#define SCAN_VIEWS (sizeof(scan_views) / sizeof(scan_views[0]))


/* Is it stored, itself or as a view?  With chain, it is needed there. */

static bool
scan_stored(api_waf_scan_t *scan, const api_waf_pick_t *pick, int chain)
{
    bool     stored;
    size_t   i;
    uint64_t mask;

    if (pick->count) {
        return false;
    }

    mask = chain < 0 ? 0 : UINT64_C(1) << chain;

    if (pick->var < API_WAF_NSTORED) {
        scan->need[pick->var][0] |= mask;
        return true;
    }

    for (i = 0, stored = false; i < SCAN_VIEWS; i++) {
        if (scan_views[i].view == (api_waf_var_t) pick->var) {
            scan->need[scan_views[i].of][scan_views[i].names] |= mask;
            stored = true;
        }
    }

    return stored;
}


static bool
scan_takes(scan_make_t *m, const api_waf_rule_t *rule)
{
    uint32_t          i;
    api_operator_id_t id;

    if (rule->op == NULL || rule->removed || rule->negate || rule->multi
        || rule->arg.n > 0 || api_operator_macro(rule->op))
    {
        return false;
    }

    id = api_operator_id(rule->op);

    if (id != API_OPERATOR_RX && id != API_OPERATOR_PM && !scan_is_text(id)) {
        return false;
    }

    for (i = 0; i < rule->ntargets; i++) {
        if (scan_stored(m->scan, &rule->target[i].pick, -1)) {
            return true;
        }
    }

    return false;
}


/* The number of a chain of transformations; NONE: there are too many. */

static uint32_t
scan_chain(api_waf_scan_t *scan, const api_waf_chain_t *chain, bool *lower)
{
    uint32_t              i, n;
    api_waf_scan_chain_t *c;

    n = chain->n;
    *lower = false;

    while (n > 0 && chain->ids[n - 1] == API_T_LOWERCASE) {
        *lower = true;
        n--;
    }

    for (i = 0; i < scan->nchains; i++) {
        c = &scan->chain[i];

        if (c->n == n && (n == 0 || memcmp(c->ids, chain->ids, n) == 0)) {
            return i;
        }
    }

    if (i == API_WAF_SCAN_CHAINS) {
        return API_WAF_NONE;
    }

    c = &scan->chain[scan->nchains++];
    c->ids = chain->ids;
    c->n = n;
    c->mask = api_transform_chain_mask(chain->ids, n);

    return i;
}


static int
scan_phrases(
    scan_make_t *m, const api_waf_rule_t *rule, api_prefilter_pattern_t *p)
{
    uint32_t    n;
    api_span_t *phrases, phrase;

    for (n = 0; api_operator_phrase(rule->op, n, &phrase); n++) {
        /* void */
    }

    phrases = api_arena_alloc(m->arena, (n + 1) * sizeof(*phrases));

    if (phrases == NULL) {
        return API_NOMEM;
    }

    for (n = 0; api_operator_phrase(rule->op, n, &phrases[n]); n++) {
        /* void */
    }

    p->phrases = phrases;
    p->nphrases = n;

    return API_OK;
}


static int
scan_pattern(scan_make_t *m, api_waf_rule_t *rule, uint32_t chain, bool lower)
{
    api_span_t              *phrase;
    api_operator_id_t        id;
    api_prefilter_pattern_t *p;

    id = api_operator_id(rule->op);
    p = &m->pattern[m->npatterns];
    p->bit = m->npatterns;
    p->flags = lower ? API_PREFILTER_LOWERCASE : 0;
    m->group[m->npatterns] = chain;
    rule->bit = m->npatterns++;

    if (id == API_OPERATOR_RX) {
        p->text = api_operator_arg(rule->op);
        return API_OK;
    }

    p->kind = API_PREFILTER_PHRASES;

    if (id == API_OPERATOR_PM) {
        return scan_phrases(m, rule, p);
    }

    phrase = api_arena_alloc(m->arena, sizeof(*phrase));

    if (phrase == NULL) {
        return API_NOMEM;
    }

    *phrase = api_operator_arg(rule->op);
    p->phrases = phrase;
    p->nphrases = 1;

    return API_OK;
}


static int
scan_rule(scan_make_t *m, uint32_t index)
{
    bool            lower, alone;
    uint32_t        i, chain;
    api_waf_rule_t *rule;

    rule = &m->rules[index];
    rule->bit = API_WAF_NONE;

    if (m->npatterns == API_PREFILTER_PATTERNS || !scan_takes(m, rule)) {
        return API_OK;
    }

    chain = scan_chain(m->scan, &m->chains[rule->chain], &lower);

    if (chain == API_WAF_NONE) {
        return API_OK;
    }

    for (i = 0, alone = true; i < rule->ntargets; i++) {
        alone &= scan_stored(m->scan, &rule->target[i].pick, (int) chain);
    }

    m->scan->chain_of[index] = (uint8_t) chain;
    m->scan->alone[index] = alone;

    return scan_pattern(m, rule, chain, lower);
}


static int
scan_groups(scan_make_t *m)
{
    uint32_t              *list;
    uint32_t               i, g, n;
    api_prefilter_group_t *groups;

    list = api_arena_alloc(
        m->arena, (size_t) (2 * m->npatterns + 1) * sizeof(*list));
    groups = api_arena_calloc(m->arena, m->scan->nchains, sizeof(*groups));

    if (list == NULL || groups == NULL) {
        return API_NOMEM;
    }

    for (g = 0; g < m->scan->nchains; g++) {
        groups[g].patterns = list;

        for (i = 0, n = 0; i < m->npatterns; i++) {
            if (g == 0 || m->group[i] == g) {
                list[n++] = i;
            }
        }

        groups[g].n = n;
        list += n;
    }

    m->scan->set.patterns = m->pattern;
    m->scan->set.npatterns = m->npatterns;
    m->scan->set.groups = groups;
    m->scan->set.ngroups = m->scan->nchains;
    m->scan->set.bits = m->npatterns;

    return API_OK;
}


int
api_waf_scan_make(api_waf_scan_t **scan, api_waf_rule_t *rules, uint32_t n,
    const api_waf_chain_t *chains, const api_alloc_t *alloc,
    api_arena_t *arena)
{
    int         rc;
    uint32_t    i;
    scan_make_t m;

    memset(&m, 0, sizeof(m));
    m.rules = rules;
    m.n = n;
    m.chains = chains;
    m.arena = arena;
    m.scan = api_arena_calloc(arena, 1, sizeof(*m.scan));
    m.pattern = api_arena_calloc(arena, n, sizeof(*m.pattern));
    m.group = api_arena_calloc(arena, n, sizeof(*m.group));

    if (m.scan == NULL || m.pattern == NULL || m.group == NULL) {
        return API_NOMEM;
    }

    m.scan->alloc = alloc;
    m.scan->nchains = 1; /* nothing is done to a value */
    m.scan->chain_of = api_arena_calloc(arena, n, sizeof(uint8_t));
    m.scan->alone = api_arena_calloc(arena, n, sizeof(bool));

    if (m.scan->chain_of == NULL || m.scan->alone == NULL) {
        return API_NOMEM;
    }

    for (i = 0, rc = API_OK; i < n && rc == API_OK; i++) {
        rc = scan_rule(&m, i);
    }

    if (rc == API_OK) {
        rc = scan_groups(&m);
    }

    if (rc == API_OK) {
        rc = api_prefilter_create(&m.scan->pf, &m.scan->set, alloc, NULL);
    }

    *scan = rc == API_OK ? m.scan : NULL;

    return rc;
}


void
api_waf_scan_free(api_waf_scan_t *scan)
{
    if (scan != NULL) {
        api_prefilter_free(scan->pf);
    }
}


api_prefilter_t *
api_waf_program_prefilter(const api_waf_program_t *p)
{
    return p->scan->pf;
}


const api_prefilter_set_t *
api_waf_program_patterns(const api_waf_program_t *p)
{
    return &p->scan->set;
}


int
api_waf_scan_scratch_create(api_waf_scan_scratch_t **scratch,
    const api_waf_program_t *p, const api_alloc_t *alloc)
{
    int                     rc;
    api_waf_scan_scratch_t *s;

    s = alloc->alloc(alloc->ctx, sizeof(*s));

    if (s == NULL) {
        return API_NOMEM;
    }

    s->alloc = alloc;
    rc = api_prefilter_scratch_create(&s->pf, p->scan->pf, alloc);

    if (rc != API_OK) {
        s->pf = NULL;
        api_waf_scan_scratch_free(s);
        return rc;
    }

    *scratch = s;

    return API_OK;
}


void
api_waf_scan_scratch_free(api_waf_scan_scratch_t *scratch)
{
    if (scratch != NULL) {
        api_prefilter_scratch_free(scratch->pf);

        if (scratch->alloc->free != NULL) {
            scratch->alloc->free(scratch->alloc->ctx, scratch);
        }
    }
}
