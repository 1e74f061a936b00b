/* What known rules do, put together from one rule that is run to the next. */

#include "api_waf_plan_int.h"


static bool
plan_names_matched(uint32_t var)
{
    return var == API_WAF_MATCHED_VARS || var == API_WAF_MATCHED_VARS_NAMES;
}


static bool
plan_text_asks(const api_waf_text_t *text)
{
    uint32_t i;

    for (i = 0; i < text->n; i++) {
        if (plan_names_matched(text->piece[i].var)) {
            return true;
        }
    }

    return false;
}


static bool
plan_link_asks(const api_waf_rule_t *link)
{
    bool     asks;
    uint32_t i;

    asks = plan_text_asks(&link->arg) || plan_text_asks(&link->msg)
           || plan_text_asks(&link->logdata)
           || plan_text_asks(&link->location);

    for (i = 0; i < link->ntargets; i++) {
        asks |= plan_names_matched(link->target[i].pick.var);
    }

    for (i = 0; i < link->nsets; i++) {
        asks |= plan_text_asks(&link->set[i].name)
                || plan_text_asks(&link->set[i].value);
    }

    for (i = 0; i < link->nactions; i++) {
        asks |= plan_text_asks(&link->action[i].text)
                || plan_text_asks(&link->action[i].name);
    }

    return asks;
}


void
api_waf_plan_asks(api_waf_plan_make_t *m)
{
    uint32_t                i, j, k, n;
    const api_waf_rule_t   *rule;
    const api_waf_action_t *a;

    n = m->p->nrules;
    m->asks = api_arena_calloc(&m->work, n + 1, sizeof(bool));
    m->loose = api_arena_calloc(&m->work, n + 1, sizeof(bool));
    m->put = api_arena_calloc(&m->work, m->p->nslots + 1, sizeof(*m->put));

    if (m->asks == NULL || m->loose == NULL || m->put == NULL) {
        m->nomem = true;
        return;
    }

    for (i = 0; i < n; i++) {
        rule = &m->p->rule[i];
        m->asks[rule->head] |= plan_link_asks(rule);

        for (j = 0; j < rule->nactions; j++) {
            a = &rule->action[j];

            for (k = 0; k < a->nrules; k++) {
                m->loose[a->rules[k]] = true;
            }
        }
    }
}


/* In a phase behind this one; which of its rules are run is not known here. */

static bool
plan_later_asks(const api_waf_plan_make_t *m)
{
    uint32_t                    i, phase;
    const api_waf_phase_prog_t *prog;

    for (phase = m->phase + 1U; phase < API_WAF_NPHASES; phase++) {
        prog = &m->p->phase[phase];

        for (i = 0; i < prog->n; i++) {
            if (prog->step[i].rule != API_WAF_NONE
                && m->asks[prog->step[i].rule]) {
                return true;
            }
        }
    }

    return false;
}


/*
 * May somebody ask at a step for what matched before it?  A rule that is run
 * may match, refuse or jump, and who hopes goes on then by the other plan.
 */

static bool
plan_asked(const api_waf_plan_make_t *m, uint32_t at, bool last)
{
    bool                   asked;
    uint32_t               i, k, to, rule;
    const bool            *plain;
    const api_waf_rule_t  *link;
    const api_waf_found_t *step;

    step = &m->found->step[at];
    rule = m->p->phase[m->phase].step[at].rule;

    if (step->next != at) {
        return (!step->reset || m->loose[rule]) && m->found->asked[step->next];
    }

    plain = m->phases[0][m->phase].asked;
    asked = last || m->asks[rule] || m->found->asked[at + 1] || plain[at + 1];

    for (i = 0; i <= m->p->rule[rule].links; i++) {
        link = &m->p->rule[rule + i];

        for (k = 0; k < link->nactions; k++) {
            if (link->action[k].what == API_WAF_DO_SKIP_AFTER) {
                to = link->action[k].number;
                asked |= m->found->asked[to] || plain[to];
            }
        }
    }

    return asked;
}


/* Steps that the walk did not get to are rules to be run, or markers. */

static bool
plan_all_asked(api_waf_plan_make_t *m, uint32_t n)
{
    bool     last;
    uint32_t i;

    m->found->asked = api_arena_calloc(&m->work, n + 1, sizeof(bool));

    if (m->found->asked == NULL) {
        return false;
    }

    last = plan_later_asks(m);
    m->found->asked[n] = last;

    for (i = n; i-- > 0;) {
        m->found->asked[i] = m->p->phase[m->phase].step[i].rule == API_WAF_NONE
                                     && m->found->step[i].next == i
                                 ? m->found->asked[i + 1]
                                 : plan_asked(m, i, last);
    }

    return true;
}


static const api_waf_fold_t *
plan_fold_of(const api_waf_plan_make_t *m, uint32_t at)
{
    uint32_t fold;

    fold = m->found->step[at].fold;

    return fold == API_WAF_NONE
               ? NULL
               : API_VEC(api_waf_fold_t, m->found->folds, fold);
}


/* Where the way from a step ends: at a rule that is run, at the end, or where
   ways of others begin, so that all together are as long as the phase. */

static uint32_t
plan_way_end(const api_waf_plan_make_t *m, uint32_t at, uint32_t n)
{
    uint32_t               to;
    const api_waf_found_t *step;

    step = m->found->step;

    for (to = step[at].next;
         step[at].head && to < n && step[to].next != to && !step[to].head;
         to = step[to].next)
    {
        /* void */
    }

    return to;
}


/* The last write to a member is the one that counts. */

static void
plan_way_writes(api_waf_plan_make_t *m, const api_waf_fold_t *fold,
    api_waf_known_t *write, uint32_t *n)
{
    uint32_t  i;
    uint32_t *put;

    for (i = 0; i < fold->nwrites; i++) {
        put = &m->put[fold->write[i].slot];

        if (*put == 0) {
            *put = ++*n;
        }

        write[*put - 1] = fold->write[i];
    }
}


static void
plan_way_add(api_waf_plan_make_t *m, api_waf_way_t *way,
    const api_waf_match_t **match, const api_waf_fold_t *fold, bool asked)
{
    uint32_t        i;
    api_waf_item_t *item;

    if (fold->match != NULL) {
        match[way->nmatches++] = fold->match;
        way->pass |= fold->pass;
        way->severity =
            fold->severity < way->severity ? fold->severity : way->severity;
    }

    if (fold->nitems == 0) {
        return;
    }

    way->matched = &fold->item[fold->nitems - 1];

    if (!asked) {
        return;
    }

    item =
        api_arena_calloc(&m->work, way->nitems + fold->nitems, sizeof(*item));

    if (item == NULL) {
        m->nomem = true;
        return;
    }

    for (i = 0; i < way->nitems; i++) {
        item[i] = way->item[i];
    }

    for (i = 0; i < fold->nitems; i++) {
        item[way->nitems + i] = fold->item[i];
    }

    way->item = item;
    way->nitems += fold->nitems;
}


/* A copy in the memory of the view. */

static const api_waf_item_t *
plan_way_items(api_waf_plan_make_t *m, const api_waf_item_t *from, uint32_t n)
{
    uint32_t        i;
    api_waf_item_t *item;

    item = n ? api_arena_calloc(m->arena, n, sizeof(*item)) : NULL;

    if (item == NULL) {
        m->nomem |= n > 0;
        return NULL;
    }

    for (i = 0; i < n; i++) {
        item[i] = from[i];
        item[i].name = api_waf_plan_keep(m, from[i].name);
        item[i].value = api_waf_plan_keep(m, from[i].value);
        item[i].of = item[i].value;
        item[i].chain = API_WAF_NONE;
    }

    return item;
}


/* Room for all writes and matches from a step to another. */

static bool
plan_way_room(api_waf_plan_make_t *m, uint32_t at, uint32_t to,
    api_waf_known_t **write, const api_waf_match_t ***match)
{
    uint32_t              nwrites, nmatches;
    const api_waf_fold_t *fold;

    for (nwrites = 0, nmatches = 0; at != to; at = m->found->step[at].next) {
        fold = plan_fold_of(m, at);

        if (fold != NULL) {
            nwrites += fold->nwrites;
            nmatches += fold->match != NULL;
        }
    }

    *write = NULL;
    *match = NULL;

    if (nwrites) {
        *write = api_arena_calloc(m->arena, nwrites, sizeof(**write));
        m->nomem |= *write == NULL;
    }

    if (nmatches) {
        *match = api_arena_calloc(m->arena, nmatches, sizeof(void *));
        m->nomem |= *match == NULL;
    }

    return !m->nomem;
}


static void
plan_way_make(
    api_waf_plan_make_t *m, api_waf_way_t *way, uint32_t at, uint32_t to)
{
    uint32_t                i, next;
    api_waf_known_t        *write;
    const api_waf_fold_t   *fold;
    const api_waf_match_t **match;

    *way = (api_waf_way_t){ .severity = 255 };

    if (!plan_way_room(m, at, to, &write, &match)) {
        return;
    }

    way->write = write;
    way->match = match;

    for (; at != to; at = next) {
        next = m->found->step[at].next;
        fold = plan_fold_of(m, at);

        if (fold != NULL) {
            plan_way_writes(m, fold, write, &way->nwrites);
            plan_way_add(m, way, match, fold, m->found->asked[next]);
        }

        if (m->found->step[at].reset) {
            way->reset = true;
            way->matched = NULL;
            way->nitems = 0;
        }
    }

    for (i = 0; write != NULL && i < way->nwrites; i++) {
        m->put[write[i].slot] = 0;
    }

    way->matched = plan_way_items(m, way->matched, way->matched != NULL);
    way->item = plan_way_items(m, way->item, way->nitems);
}


static uint32_t
plan_bit(const api_waf_plan_make_t *m, uint32_t at)
{
    uint32_t rule;

    rule = m->p->phase[m->phase].step[at].rule;

    return rule != API_WAF_NONE ? m->p->scan->without[rule] : API_WAF_NONE;
}


static void
plan_rows(api_waf_plan_step_t *step, uint32_t n)
{
    uint32_t i;

    for (i = n; i-- > 0;) {
        if (step[i].next != i || step[i].bit == API_WAF_NONE) {
            continue;
        }

        step[i].idle = 1;

        if (i + 1 < n && step[i + 1].idle > 0
            && step[i + 1].bit == step[i].bit + 1) {
            step[i].idle += step[i + 1].idle;
        }
    }
}


void
api_waf_plan_ways(api_waf_plan_make_t *m, api_waf_plan_t *plan)
{
    uint32_t             i, n, nways;
    api_waf_way_t       *way, *kept;
    api_waf_plan_step_t *step;

    n = m->p->phase[m->phase].n;
    step = api_arena_calloc(m->arena, n + 1, sizeof(*step));
    way = api_arena_calloc(&m->work, n + 1, sizeof(*way));

    if (step == NULL || way == NULL || !plan_all_asked(m, n)) {
        m->nomem = true;
        return;
    }

    for (i = 0, nways = 0; i < n && !m->nomem; i++) {
        step[i] = (api_waf_plan_step_t){ i, API_WAF_NONE, plan_bit(m, i), 0 };

        if (m->found->step[i].next == i) {
            continue;
        }

        plan->known += m->p->phase[m->phase].step[i].rule != API_WAF_NONE;

        if (!m->found->step[i].head) {
            continue; /* passed with one before; run if nobody does */
        }

        step[i].next = plan_way_end(m, i, n);
        plan_way_make(m, &way[nways], i, step[i].next);

        if (way[nways].nwrites || way[nways].nmatches || way[nways].reset) {
            step[i].way = nways++;
        }
    }

    kept = api_arena_calloc(m->arena, nways + 1, sizeof(*kept));

    if (kept == NULL) {
        m->nomem = true;
        return;
    }

    for (i = 0; i < nways; i++) {
        kept[i] = way[i];
    }

    plan_rows(step, n);

    plan->way = kept;
    plan->step = step;
}
