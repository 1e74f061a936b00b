#include "api_waf_scan_int.h"


typedef struct {
    api_waf_scan_t          *scan;
    api_waf_rule_t          *rules;
    uint32_t                 n;
    const api_waf_chain_t   *chains;
    api_arena_t             *arena;
    api_prefilter_pattern_t *pattern;
    uint32_t                 npatterns;
    uint64_t                *group; /* of a pattern: its chains */
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


static bool
scan_takes(const api_waf_rule_t *rule)
{
    uint32_t          i;
    api_operator_id_t id;

    if (rule->op == NULL || rule->removed || rule->negate || rule->arg.n > 0
        || api_operator_macro(rule->op))
    {
        return false;
    }

    id = api_operator_id(rule->op);

    if (id != API_OPERATOR_RX && id != API_OPERATOR_PM && !scan_is_text(id)) {
        return false;
    }

    for (i = 0; i < rule->ntargets; i++) {
        if (api_waf_scan_stored(&rule->target[i].pick)) {
            return true;
        }
    }

    return false;
}


/*
 * t:lowercase may as well come later than these: they take bytes out, or put
 * blanks in, without regard to letters.
 */

static bool
scan_is_caseless(uint8_t id)
{
    switch (id) {
    case API_T_REMOVE_WHITESPACE:
    case API_T_COMPRESS_WHITESPACE:
    case API_T_REMOVE_NULLS:
    case API_T_REPLACE_NULLS:
    case API_T_TRIM:
    case API_T_TRIM_LEFT:
    case API_T_TRIM_RIGHT:
    case API_T_REPLACE_COMMENTS:
        return true;
    default:
        return false;
    }
}


/* A chain without the t:lowercase that could come last as well. */

static uint32_t
scan_shorten(const api_waf_chain_t *chain, uint8_t *ids, bool *lower)
{
    uint32_t i, n;

    *lower = false;

    for (i = chain->n, n = 0; i > 0; i--) {
        if (chain->ids[i - 1] == API_T_LOWERCASE) {
            *lower = true;
            break;
        }

        if (!scan_is_caseless(chain->ids[i - 1])) {
            break;
        }
    }

    for (i = *lower ? i - 1 : chain->n; n < i; n++) {
        ids[n] = chain->ids[n];
    }

    for (i += *lower; i < chain->n; i++) {
        ids[n++] = chain->ids[i];
    }

    return n;
}


/* The bit of a chain of transformations in *chains; 0: there are too many. */

static void
scan_number(
    api_waf_scan_t *scan, const uint8_t *ids, uint32_t n, uint64_t *chains)
{
    uint32_t              i;
    api_waf_scan_chain_t *c;

    for (i = 0; i < scan->nchains; i++) {
        c = &scan->chain[i];

        if (c->n == n && (n == 0 || memcmp(c->ids, ids, n) == 0)) {
            break;
        }
    }

    if (i == API_WAF_SCAN_CHAINS) {
        *chains = 0;
        return;
    }

    if (i == scan->nchains) {
        c = &scan->chain[scan->nchains++];
        c->ids = ids;
        c->n = n;
        c->mask = api_transform_chain_mask(ids, n);
    }

    *chains |= UINT64_C(1) << i;
}


/* Chains behind which a rule looks at values; 0: it is better left alone. */

static int
scan_chains(
    scan_make_t *m, const api_waf_rule_t *rule, uint64_t *chains, bool *lower)
{
    uint8_t               *ids;
    uint32_t               i, n;
    const api_waf_chain_t *chain;

    chain = &m->chains[rule->chain];
    ids = api_arena_alloc(m->arena, chain->n);

    if (ids == NULL) {
        return API_NOMEM;
    }

    *chains = 0;

    if (!rule->multi) {
        n = scan_shorten(chain, ids, lower);
        scan_number(m->scan, ids, n, chains);
        return API_OK;
    }

    *lower = false;
    *chains = 1; /* as it came */

    for (i = 0; i < chain->n && *chains != 0; i++) {
        ids[i] = chain->ids[i];
        scan_number(m->scan, ids, i + 1, chains);
    }

    return API_OK;
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
scan_pattern(scan_make_t *m, api_waf_rule_t *rule, uint64_t chains, bool lower)
{
    api_span_t              *phrase;
    api_operator_id_t        id;
    api_prefilter_pattern_t *p;

    id = api_operator_id(rule->op);
    p = &m->pattern[m->npatterns];
    p->bit = m->npatterns;
    p->flags = lower ? API_PREFILTER_LOWERCASE : 0;
    m->group[m->npatterns] = chains;
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
    int             rc;
    bool            lower;
    uint64_t        chains;
    api_waf_rule_t *rule;

    rule = &m->rules[index];

    if (m->npatterns == API_PREFILTER_PATTERNS || !scan_takes(rule)) {
        return API_OK;
    }

    rc = scan_chains(m, rule, &chains, &lower);

    if (rc != API_OK || chains == 0) {
        return rc;
    }

    return scan_pattern(m, rule, chains, lower);
}


static int
scan_group(scan_make_t *m)
{
    uint32_t              *list;
    uint32_t               i;
    api_prefilter_group_t *group;

    list = api_arena_alloc(m->arena, (m->npatterns + 1) * sizeof(*list));
    group = api_arena_calloc(m->arena, 1, sizeof(*group));

    if (list == NULL || group == NULL) {
        return API_NOMEM;
    }

    for (i = 0; i < m->npatterns; i++) {
        list[i] = i;
    }

    group->patterns = list;
    group->n = m->npatterns;

    m->scan->set.patterns = m->pattern;
    m->scan->set.npatterns = m->npatterns;
    m->scan->set.groups = group;
    m->scan->set.ngroups = 1;
    m->scan->set.bits = m->npatterns;

    return API_OK;
}


int
api_waf_scan_make(api_waf_scan_t **scan, api_waf_rule_t *rules, uint32_t n,
    const api_waf_chain_t *chains, uint32_t most, const api_alloc_t *alloc,
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
    for (i = 0, rc = API_OK; i < n && rc == API_OK; i++) {
        rules[i].bit = API_WAF_NONE;
        rc = rules[i].level > most ? API_OK : scan_rule(&m, i);
    }

    if (rc == API_OK) {
        rc = scan_group(&m);
    }

    if (rc == API_OK) {
        rc = api_prefilter_create(&m.scan->pf, &m.scan->set, alloc, NULL);
    }

    if (rc == API_OK) {
        *scan = m.scan;
        rc =
            api_waf_scan_needs(m.scan, rules, n, chains, m.group, most, arena);
    }

    return rc;
}
