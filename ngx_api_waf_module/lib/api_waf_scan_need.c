#include "api_waf_scan_int.h"


/* Who looks at what: of each variable, and of each name that rules spell out,
   the chains and patterns of the rules that a scan can rule out. */

typedef struct {
    api_waf_scan_t       *scan;
    api_waf_rule_t       *rules;
    uint32_t              n;
    const uint64_t       *chains; /* of a pattern */
    api_arena_t          *arena;
    api_waf_scan_named_t *named;
    uint32_t              nnamed;
    uint32_t              room;
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


/* Who looks is added to: a chain, and the pattern of the rule. */

static int
scan_want(
    scan_need_t *m, api_waf_scan_need_t *need, uint64_t chains, uint32_t bit)
{
    if (need->only == NULL) {
        need->only = api_arena_calloc(
            m->arena, m->scan->set.npatterns / 64 + 1, sizeof(uint64_t));

        if (need->only == NULL) {
            return API_NOMEM;
        }
    }

    need->chains |= chains;
    need->only[bit / 64] |= UINT64_C(1) << (bit % 64);

    return API_OK;
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

    m->named[m->nnamed] = (api_waf_scan_named_t){ var, name, { 0, NULL } };

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


/* By variable, so that those of one stand together; with those who look at
   all values of the variable. */

static int
scan_sort(scan_need_t *m, api_waf_scan_named_t **out)
{
    uint32_t              i, k, n, var;
    api_waf_scan_need_t  *all;
    api_waf_scan_named_t *sorted;

    sorted = api_arena_calloc(m->arena, m->nnamed, sizeof(*sorted));

    if (sorted == NULL) {
        return API_NOMEM;
    }

    for (var = 0, n = 0; var < API_WAF_NSTORED; var++) {
        m->scan->first[var] = n;
        all = &m->scan->need[var][0];

        for (i = 0; i < m->nnamed; i++) {
            if (m->named[i].var != var) {
                continue;
            }

            sorted[n] = m->named[i];
            sorted[n].need.chains |= all->chains;

            for (k = 0; all->only != NULL && k <= m->scan->set.npatterns / 64;
                 k++) {
                sorted[n].need.only[k] |= all->only[k];
            }

            n++;
        }
    }

    m->scan->first[var] = n;
    m->scan->named = sorted;
    *out = sorted;

    return API_OK;
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
        }
    }

    for (i = 0; i < m->nnamed; i++) {
        named[i].need.chains = scan_ranks(scan, named[i].need.chains);
    }
}


/*
 * What is to be looked at for rules that a scan can rule out.  The others are
 * evaluated anyway, and lose their bits.
 */

static int
scan_needs(scan_need_t *m)
{
    int                   rc;
    uint32_t              i, k;
    api_waf_rule_t       *rule;
    api_waf_scan_named_t *sorted;

    for (i = 0, rc = API_OK; i < m->n && rc == API_OK; i++) {
        rule = &m->rules[i];

        if (rule->bit == API_WAF_NONE) {
            continue;
        }

        if (api_prefilter_always(m->scan->pf, rule->bit)) {
            rule->bit = API_WAF_NONE;
            continue;
        }

        for (k = 0; k < rule->ntargets && rc == API_OK; k++) {
            rc = scan_need(
                m, &rule->target[k].pick, m->chains[rule->bit], rule->bit);
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


int
api_waf_scan_needs(api_waf_scan_t *scan, api_waf_rule_t *rules, uint32_t n,
    const uint64_t *chains, api_arena_t *arena)
{
    int         rc;
    scan_need_t m = { scan, rules, n, chains, arena, NULL, 0, 0 };

    rc = scan_needs(&m);

    return rc == API_OK ? scan_sees(&m) : rc;
}
