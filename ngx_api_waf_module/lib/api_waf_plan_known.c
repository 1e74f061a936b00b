#include "api_waf_plan_int.h"


const uint8_t api_waf_plan_unknown[1] = { 0 };


bool
api_waf_plan_same(api_span_t a, api_span_t b)
{
    if (a.data == NULL || b.data == NULL || a.data == api_waf_plan_unknown
        || b.data == api_waf_plan_unknown)
    {
        return a.data == b.data;
    }

    return api_span_eq(a, b);
}


static bool
plan_reads(api_waf_plan_make_t *m, uint32_t slot)
{
    if (slot == API_WAF_NONE || m->now[slot].data == api_waf_plan_unknown) {
        return false;
    }

    m->reads[slot / 64] |= UINT64_C(1) << (slot % 64);

    return true;
}


/* own: MATCHED_VAR is what the rule itself has found. */

static bool
plan_text_known(api_waf_plan_make_t *m, const api_waf_text_t *text, bool own)
{
    uint32_t               i;
    const api_waf_piece_t *p;

    for (i = 0; i < text->n; i++) {
        p = &text->piece[i];

        switch (p->var) {
        case API_WAF_NVARS:
        case API_WAF_RULE:
            break;

        case API_WAF_TX:
            if (!plan_reads(m, p->slot)) {
                return false;
            }
            break;

        case API_WAF_MATCHED_VAR:
        case API_WAF_MATCHED_VAR_NAME:
            if (!own) {
                return false;
            }
            break;

        default:
            return false;
        }
    }

    return true;
}


/* What each name that a pattern fits has in it: the letters it begins with. */

static api_span_t
plan_within(api_span_t pattern)
{
    size_t  i, n;
    uint8_t c;

    if (pattern.len && pattern.data[0] == '^') {
        pattern = api_span(pattern.data + 1, pattern.len - 1);
    }

    for (n = 0; n < pattern.len; n++) {
        c = pattern.data[n];

        if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
            && (c < '0' || c > '9') && c != '_')
        {
            break;
        }
    }

    if (n < pattern.len
        && (pattern.data[n] == '*' || pattern.data[n] == '?'
            || pattern.data[n] == '{'))
    {
        n -= n > 0;
    }

    for (i = n; i < pattern.len; i++) {
        if (pattern.data[i] == '|' || pattern.data[i] == '?') {
            return api_span(NULL, 0);
        }
    }

    return api_span(pattern.data, n);
}


/* All members that a pattern fits, for who hopes that rules make up no name
   that it may fit: plan->apart has that looked after. */

static bool
plan_reads_fitting(api_waf_plan_make_t *m, const api_waf_pick_t *pick)
{
    uint32_t    i;
    api_span_t  within;
    api_span_t *apart;

    within = plan_within(pick->name);

    if (!m->hope || within.len < 3) {
        return false;
    }

    for (i = 0; i < pick->nslots; i++) {
        if (!plan_reads(m, pick->slots[i])) {
            return false;
        }
    }

    for (i = 0; i < m->apart.n; i++) {
        if (api_span_eq(*API_VEC(api_span_t, m->apart, i), within)) {
            return true;
        }
    }

    apart = api_vec_push(&m->work, &m->apart, sizeof(*apart));

    if (apart == NULL) {
        m->nomem = true;
        return false;
    }

    *apart = within;

    return true;
}


bool
api_waf_plan_test_known(api_waf_plan_make_t *m, const api_waf_rule_t *link)
{
    bool                  known;
    uint32_t              i;
    const api_waf_pick_t *pick;

    for (i = 0; link->op != NULL && i < link->ntargets; i++) {
        pick = &link->target[i].pick;
        known = false;

        if (pick->var == API_WAF_TX && pick->sel == API_WAF_SEL_NAME) {
            known = plan_reads(m, pick->slot);

        } else if (pick->var == API_WAF_TX && pick->sel == API_WAF_SEL_RX) {
            known = plan_reads_fitting(m, pick);
        }

        if (!known) {
            return false;
        }
    }

    return plan_text_known(m, &link->arg, false);
}


static bool
plan_set_known(api_waf_plan_make_t *m, const api_waf_setvar_t *set, bool own)
{
    if (set->var != API_WAF_TX || set->slot == API_WAF_NONE) {
        return false;
    }

    if (set->op != API_WAF_SET && set->op != API_WAF_SET_UNSET
        && !plan_reads(m, set->slot))
    {
        return false;
    }

    return plan_text_known(m, &set->value, own);
}


static bool
plan_actions_known(const api_waf_action_t *action, uint32_t n)
{
    uint32_t i;

    for (i = 0; i < n; i++) {
        if (action[i].what != API_WAF_DO_LOG
            && action[i].what != API_WAF_DO_NOLOG
            && action[i].what != API_WAF_DO_SKIP_AFTER)
        {
            return false;
        }
    }

    return true;
}


/* All that a rule does when it matches is known, chain and all. */

bool
api_waf_plan_effects_known(api_waf_plan_make_t *m, const api_waf_rule_t *rule)
{
    bool                        own;
    uint32_t                    i, k;
    const api_waf_rule_t       *link;
    const api_waf_phase_prog_t *prog;

    prog = &m->p->phase[m->phase];
    own = rule->op != NULL;

    for (i = 0; i < prog->nactions; i++) {
        if (prog->action[i].what != API_WAF_DO_BLOCK
            && !plan_actions_known(&prog->action[i], 1))
        {
            return false;
        }
    }

    for (i = 0; i <= rule->links; i++) {
        link = &rule[i];

        if (link->disrupt > API_WAF_DIS_PASS
            || !plan_actions_known(link->action, link->nactions)
            || !plan_text_known(m, &link->msg, own)
            || !plan_text_known(m, &link->logdata, own))
        {
            return false;
        }

        for (k = 0; k < link->nsets; k++) {
            if (!plan_set_known(m, &link->set[k], own)) {
                return false;
            }
        }
    }

    return true;
}


static bool
plan_fixed(const api_waf_plan_make_t *m, uint32_t slot)
{
    return m->tx->slot_fixed != NULL
           && (m->tx->slot_fixed[slot / 64] >> (slot % 64) & 1);
}


void
api_waf_plan_forget(api_waf_plan_make_t *m, uint32_t slot)
{
    if (slot != API_WAF_NONE && !plan_fixed(m, slot)) {
        m->now[slot] = api_span(api_waf_plan_unknown, 0);
    }
}


/* Could a name with macros become this one? */

static bool
plan_fits(const api_waf_text_t *text, api_span_t name)
{
    const api_waf_piece_t *first, *last;

    first = &text->piece[0];
    last = &text->piece[text->n - 1];

    if (first->var == API_WAF_NVARS
        && (name.len < first->text.len
            || !api_span_eq_nocase(
                api_span(name.data, first->text.len), first->text)))
    {
        return false;
    }

    return last->var != API_WAF_NVARS
           || (name.len >= last->text.len
               && api_span_eq_nocase(
                   api_span(
                       name.data + name.len - last->text.len, last->text.len),
                   last->text));
}


void
api_waf_plan_forget_set(api_waf_plan_make_t *m, const api_waf_setvar_t *set)
{
    uint32_t i;

    if (set->var != API_WAF_TX) {
        return;
    }

    if (set->slot != API_WAF_NONE || set->name.n == 0) {
        api_waf_plan_forget(m, set->slot);
        return;
    }

    for (i = 0; i < m->p->nslots; i++) {
        if (plan_fits(&set->name, m->p->slot[i].name)) {
            api_waf_plan_forget(m, i);
        }
    }
}
