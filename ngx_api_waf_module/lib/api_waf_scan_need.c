#include "api_waf_scan_int.h"


/* Who looks at what: of each variable, and of each name that rules spell out,
   the chains and patterns of the rules that a scan can rule out. */

typedef struct {
    api_waf_scan_t        *scan;
    api_waf_rule_t        *rules;
    uint32_t               n;
    const api_waf_chain_t *chain;
    const uint64_t        *chains; /* of a pattern */
    uint32_t               most;
    api_arena_t           *arena;
    api_waf_scan_named_t  *named;
    uint32_t               nnamed;
    uint32_t               room;
} scan_need_t;


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
    { API_WAF_ARGS_UNPACKED_NAMES, API_WAF_ARGS_UNPACKED, true },
    { API_WAF_REQUEST_HEADERS_NAMES, API_WAF_REQUEST_HEADERS, true },
    { API_WAF_REQUEST_COOKIES_NAMES, API_WAF_REQUEST_COOKIES, true },
    { API_WAF_RESPONSE_HEADERS_NAMES, API_WAF_RESPONSE_HEADERS, true },
};

#define SCAN_VIEWS (sizeof(scan_views) / sizeof(scan_views[0]))


/* Is it stored, itself or as a view? */

bool
api_waf_scan_stored(const api_waf_pick_t *pick)
{
    size_t i;

    if (pick->count) {
        return false;
    }

    for (i = 0; i < SCAN_VIEWS; i++) {
        if (scan_views[i].view == (api_waf_var_t) pick->var) {
            return true;
        }
    }

    return pick->var < API_WAF_NSTORED;
}


/* A bit of a mask that is made when it is first needed. */

static int
scan_mark(api_arena_t *arena, uint64_t **mask, uint32_t bits, uint32_t bit)
{
    if (*mask == NULL) {
        *mask = api_arena_calloc(arena, bits / 64 + 1, sizeof(uint64_t));

        if (*mask == NULL) {
            return API_NOMEM;
        }
    }

    (*mask)[bit / 64] |= UINT64_C(1) << (bit % 64);

    return API_OK;
}


/* Who looks is added to: a chain, and the pattern of the rule; or the rule. */

static int
scan_want(
    scan_need_t *m, api_waf_scan_need_t *need, uint64_t chains, uint32_t bit)
{
    uint32_t n;

    n = m->scan->set.bits;
    need->chains |= chains;

    return bit < n ? scan_mark(m->arena, &need->only, n, bit)
                   : scan_mark(m->arena, &need->tries, m->n, bit - n);
}


/* A target of a name alone, in variable `var`. */

static int
scan_named(
    scan_need_t *m, uint32_t var, api_span_t name, uint64_t mask, uint32_t bit)
{
    uint32_t              i, room;
    api_waf_scan_named_t *named;

    for (i = 0; i < m->nnamed; i++) {
        if (m->named[i].var == var
            && api_span_eq_nocase(m->named[i].name, name)) {
            return scan_want(m, &m->named[i].need, mask, bit);
        }
    }

    if (m->nnamed == m->room) {
        room = m->room * 2 + 16;
        named = api_arena_grow(m->arena, m->named, m->room * sizeof(*named),
            room * sizeof(*named));

        if (named == NULL) {
            return API_NOMEM;
        }

        m->named = named;
        m->room = room;
    }

    m->named[m->nnamed] = (api_waf_scan_named_t){ var, name, { 0 } };

    return scan_want(m, &m->named[m->nnamed++].need, mask, bit);
}


static int
scan_look(scan_need_t *m, const api_waf_pick_t *pick, uint32_t var, bool names,
    uint64_t mask, uint32_t bit)
{
    m->scan->any[var][names] = true;

    return pick->sel == API_WAF_SEL_NAME && !names
               ? scan_named(m, var, pick->name, mask, bit)
               : scan_want(m, &m->scan->need[var][names], mask, bit);
}


/* What a target looks at is wanted behind chains. */

static int
scan_need(
    scan_need_t *m, const api_waf_pick_t *pick, uint64_t mask, uint32_t bit)
{
    int    rc;
    size_t i;

    if (!api_waf_scan_stored(pick)) {
        return API_OK;
    }

    if (pick->var < API_WAF_NSTORED) {
        return scan_look(m, pick, pick->var, false, mask, bit);
    }

    for (i = 0, rc = API_OK; i < SCAN_VIEWS && rc == API_OK; i++) {
        if (scan_views[i].view == (api_waf_var_t) pick->var) {
            rc = scan_look(
                m, pick, scan_views[i].of, scan_views[i].names, mask, bit);
        }
    }

    return rc;
}


/* Those who look at all values look at this one. */

static int
scan_merge(
    scan_need_t *m, api_waf_scan_need_t *need, const api_waf_scan_need_t *all)
{
    int      rc;
    uint32_t i;

    need->chains |= all->chains;

    for (i = 0, rc = API_OK; i < m->scan->bits && rc == API_OK; i++) {
        if (i < m->scan->set.bits) {
            rc = all->only && all->only[i / 64] >> (i % 64) & 1
                     ? scan_want(m, need, 0, i)
                     : API_OK;
        } else if (all->tries) {
            rc = all->tries[(i - m->scan->set.bits) / 64]
                             >> ((i - m->scan->set.bits) % 64)
                         & 1
                     ? scan_want(m, need, 0, i)
                     : API_OK;
        }
    }

    return rc;
}


/* By variable, so that those of one stand together; with those who look at
   all values of the variable. */

static int
scan_sort(scan_need_t *m, api_waf_scan_named_t **out)
{
    int                   rc;
    uint32_t              i, n, var;
    api_waf_scan_named_t *sorted;

    sorted = api_arena_calloc(m->arena, m->nnamed, sizeof(*sorted));

    if (sorted == NULL) {
        return API_NOMEM;
    }

    for (var = 0, n = 0, rc = API_OK; var < API_WAF_NSTORED; var++) {
        m->scan->first[var] = n;

        for (i = 0; i < m->nnamed && rc == API_OK; i++) {
            if (m->named[i].var != var) {
                continue;
            }

            sorted[n] = m->named[i];
            m->scan->lens[var] |= UINT64_C(1) << (sorted[n].name.len % 64);
            rc = scan_merge(m, &sorted[n++].need, &m->scan->need[var][0]);
        }
    }

    m->scan->first[var] = n;
    m->scan->named = sorted;
    *out = sorted;

    return rc;
}


/* Chains in order of length: what a short one leaves a longer goes on from. */

static void
scan_rank(api_waf_scan_t *scan)
{
    uint32_t                    i, k, t;
    const api_waf_scan_chain_t *c;

    for (i = 0; i < scan->nchains; i++) {
        for (k = i;
             k > 0 && scan->chain[scan->ranked[k - 1]].n > scan->chain[i].n;
             k--)
        {
            scan->ranked[k] = scan->ranked[k - 1];
        }

        scan->ranked[k] = (uint8_t) i;
    }

    for (i = 0; i < scan->nchains; i++) {
        c = &scan->chain[scan->ranked[i]];
        scan->triggers |= c->mask;

        for (t = 0; t < 64; t++) {
            scan->by_trigger[t] |= (c->mask >> t & 1) << i;
        }
    }
}


static uint64_t
scan_ranks(const api_waf_scan_t *scan, uint64_t chains)
{
    uint32_t i;
    uint64_t ranks;

    for (i = 0, ranks = 0; i < scan->nchains; i++) {
        ranks |= (chains >> scan->ranked[i] & 1) << i;
    }

    return ranks;
}


static void
scan_rank_needs(scan_need_t *m, api_waf_scan_named_t *named)
{
    uint32_t        i, var;
    api_waf_scan_t *scan;

    scan = m->scan;
    scan_rank(scan);

    for (var = 0; var < API_WAF_NSTORED; var++) {
        for (i = 0; i < 2; i++) {
            scan->need[var][i].chains =
                scan_ranks(scan, scan->need[var][i].chains);
            scan->need[var][i].who = var * 2 + i;
        }
    }

    for (i = 0; i < m->nnamed; i++) {
        named[i].need.chains = scan_ranks(scan, named[i].need.chains);
        named[i].need.who = API_WAF_NSTORED * 2 + i;
    }
}


/*
 * Does what a rule without a pattern says of a value follow from the value?
 * A negated one that captures leaves something behind where it does not match.
 * Comparing numbers is as quick as knowing.
 */

static bool
scan_tries(const api_waf_rule_t *rule)
{
    api_operator_id_t id;

    if (rule->op == NULL || rule->removed || rule->arg.n > 0
        || api_operator_macro(rule->op) || (rule->negate && rule->capture))
    {
        return false;
    }

    id = api_operator_id(rule->op);

    return id <= API_OPERATOR_WITHIN
           || (id >= API_OPERATOR_IP_MATCH && id <= API_OPERATOR_VERIFY_CC);
}


/* A bit for a rule without a pattern; its triggers are kept. */

static void
scan_try(scan_need_t *m, api_waf_rule_t *rule)
{
    uint32_t n;
    bool     stored;

    for (n = 0, stored = false; n < rule->ntargets; n++) {
        stored |= api_waf_scan_stored(&rule->target[n].pick);
    }

    if (!stored || rule->level > m->most || !scan_tries(rule)
        || m->scan->bits > UINT16_MAX)
    {
        return;
    }

    m->scan->tries[m->scan->bits - m->scan->set.bits] =
        m->chain[rule->chain].mask | rule->triggers;
    rule->bit = m->scan->bits++;
}


/* Bits of a rule: a pattern that any value may match is none. */

static int
scan_needs_rule(scan_need_t *m, api_waf_rule_t *rule)
{
    int      rc;
    bool     alone;
    uint32_t k;

    if (rule->bit != API_WAF_NONE
        && api_prefilter_always(m->scan->pf, rule->bit)) {
        rule->bit = API_WAF_NONE;
    }

    if (rule->bit == API_WAF_NONE) {
        scan_try(m, rule);
    }

    if (rule->bit == API_WAF_NONE) {
        return API_OK;
    }

    for (k = 0, rc = API_OK, alone = true; k < rule->ntargets && rc == API_OK;
         k++) {
        alone &= api_waf_scan_stored(&rule->target[k].pick);
        rc = scan_need(m, &rule->target[k].pick,
            rule->bit < m->scan->set.bits ? m->chains[rule->bit] : 0,
            rule->bit);
    }

    m->scan->without[rule - m->rules] = alone ? rule->bit : API_WAF_NONE;

    return rc;
}


/* What is to be looked at, and for whom. */

static int
scan_needs(scan_need_t *m)
{
    int                   rc;
    uint32_t              i;
    api_waf_scan_named_t *sorted;

    m->scan->bits = m->scan->set.bits;
    m->scan->tries = api_arena_calloc(m->arena, m->n, sizeof(*m->scan->tries));
    m->scan->without =
        api_arena_alloc(m->arena, m->n * sizeof(*m->scan->without));

    if (m->scan->tries == NULL || m->scan->without == NULL) {
        return API_NOMEM;
    }

    for (i = 0, rc = API_OK; i < m->n && rc == API_OK; i++) {
        m->scan->without[i] = API_WAF_NONE;
        rc = scan_needs_rule(m, &m->rules[i]);
    }

    for (i = 0; i < API_WAF_NSTORED; i++) {
        if (m->scan->any[i][0] || m->scan->any[i][1]) {
            m->scan->look[m->scan->nlook++] = (uint8_t) i;
        }
    }

    rc = rc == API_OK ? scan_sort(m, &sorted) : rc;

    if (rc == API_OK) {
        scan_rank_needs(m, sorted);
    }

    return rc;
}


/* Patterns by rank, of all that rules look for. */

static int
scan_sees(scan_need_t *m)
{
    uint32_t        i, r, words;
    uint64_t        ranks;
    api_waf_scan_t *scan;

    scan = m->scan;
    words = scan->set.npatterns / 64 + 1;

    for (r = 0; r < scan->nchains; r++) {
        scan->sees[r] = api_arena_calloc(m->arena, words, sizeof(uint64_t));
        scan->only[r] = api_arena_calloc(m->arena, words, sizeof(uint64_t));

        if (scan->sees[r] == NULL || scan->only[r] == NULL) {
            return API_NOMEM;
        }

        for (i = 0; i < scan->set.npatterns; i++) {
            ranks = scan_ranks(scan, m->chains[i]);
            scan->sees[r][i / 64] |= (ranks >> r & 1) << (i % 64);
            scan->only[r][i / 64] |= (uint64_t) (ranks == UINT64_C(1) << r)
                                     << (i % 64);
        }
    }

    return API_OK;
}


/* Do its chains leave a text as it is, but for letters and + that is a blank, if
   it has neither % nor NUL? */

static bool
scan_plain(const api_waf_scan_t *scan, uint64_t ranks)
{
    uint32_t                    i;
    const api_waf_scan_chain_t *c;

    for (; ranks != 0; ranks &= ranks - 1) {
        c = &scan->chain[scan->ranked[__builtin_ctzll(ranks)]];

        for (i = 0; i < c->n; i++) {
            switch (c->ids[i]) {
            case API_T_LOWERCASE:
            case API_T_REMOVE_NULLS:
            case API_T_URL_DECODE:
            case API_T_URL_DECODE_UNI:
                break;
            default:
                return false;
            }
        }
    }

    return true;
}


/* Gates for who looks at all values of a variable. */

static int
scan_gates(scan_need_t *m)
{
    int                  rc;
    uint32_t             var;
    api_waf_scan_need_t *need;

    for (var = 0, rc = API_OK; var < API_WAF_NSTORED && rc == API_OK; var++) {
        need = &m->scan->need[var][0];

        if (need->only != NULL && need->tries == NULL
            && scan_plain(m->scan, need->chains))
        {
            rc = api_prefilter_gate_create(
                &need->gate, &m->scan->set, need->only, m->arena);
        }
    }

    return rc;
}


int
api_waf_scan_needs(api_waf_scan_t *scan, api_waf_rule_t *rules, uint32_t n,
    const api_waf_chain_t *chain, const uint64_t *chains, uint32_t most,
    api_arena_t *arena)
{
    int         rc;
    scan_need_t m = { scan, rules, n, chain, chains, most, arena, NULL, 0, 0 };

    rc = scan_needs(&m);
    rc = rc == API_OK ? scan_sees(&m) : rc;

    return rc == API_OK ? scan_gates(&m) : rc;
}
