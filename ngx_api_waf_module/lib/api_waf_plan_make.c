#include "api_waf_plan_int.h"


static void
plan_join(const api_waf_plan_make_t *m, api_span_t *to, const api_span_t *from)
{
    uint32_t i;

    for (i = 0; i < m->p->nslots; i++) {
        if (!api_waf_plan_same(to[i], from[i])) {
            to[i] = api_span(api_waf_plan_unknown, 0);
        }
    }
}


static void
plan_jump(api_waf_plan_make_t *m, uint32_t to)
{
    size_t size;

    if (m->later[to] != NULL) {
        plan_join(m, m->later[to], m->now);
        return;
    }

    size = (m->p->nslots + 1) * sizeof(api_span_t);
    m->later[to] = api_arena_alloc(&m->work, size);

    if (m->later[to] == NULL) {
        m->nomem = true;
        return;
    }

    memcpy(m->later[to], m->now, size);
}


/* A rule that depends on the request: it may match, or a part of its chain. */

static void
plan_run(api_waf_plan_make_t *m, uint32_t at, const api_waf_rule_t *rule)
{
    uint32_t              i, k;
    const api_waf_rule_t *link;

    m->step[at].next = at;

    for (i = 0; i <= rule->links; i++) {
        link = &rule[i];

        for (k = 0; k < link->nsets; k++) {
            api_waf_plan_forget_set(m, &link->set[k]);
        }

        for (k = 0; link->capture && k < API_OPERATOR_CAPTURES; k++) {
            api_waf_plan_forget(m, k);
        }
    }

    api_waf_plan_forget(m, m->limits);

    for (i = 0; i <= rule->links; i++) {
        link = &rule[i];

        for (k = 0; k < link->nactions; k++) {
            if (link->action[k].what == API_WAF_DO_SKIP_AFTER) {
                plan_jump(m, link->action[k].number);
            }

            m->lost |= link->action[k].what == API_WAF_DO_SKIP;
        }
    }
}


static api_span_t
plan_keep(api_waf_plan_make_t *m, api_span_t s)
{
    if (s.data == NULL) {
        return s;
    }

    s = api_arena_dup(m->arena, s);
    m->nomem |= s.data == NULL;

    return s;
}


/* What the engine has written since m->now. */

static void
plan_writes(api_waf_plan_make_t *m, api_waf_fold_t *fold)
{
    uint32_t         i, n;
    api_waf_known_t *write;

    for (i = 0, n = 0; i < m->p->nslots; i++) {
        n += !api_waf_plan_same(m->now[i], m->tx->slot[i].value);
    }

    if (n == 0) {
        return;
    }

    write = api_arena_calloc(m->arena, n, sizeof(*write));

    if (write == NULL) {
        m->nomem = true;
        return;
    }

    fold->write = write;
    fold->nwrites = n;

    for (i = 0; i < m->p->nslots; i++) {
        if (!api_waf_plan_same(m->now[i], m->tx->slot[i].value)) {
            write->slot = i;
            write->value = plan_keep(m, m->tx->slot[i].value);
            m->now[i] = write->value;
            write++;
        }
    }
}


static void
plan_items(api_waf_plan_make_t *m, api_waf_fold_t *fold)
{
    uint32_t        i;
    api_waf_item_t *item;

    fold->nitems = m->tx->matches.n;
    fold->item = item =
        api_arena_calloc(m->arena, fold->nitems, sizeof(*item));

    if (item == NULL) {
        m->nomem = true;
        return;
    }

    for (i = 0; i < fold->nitems; i++) {
        item[i] = *API_WAF_AT(api_waf_item_t, m->tx->matches, i);
        item[i].name = plan_keep(m, item[i].name);
        item[i].value = plan_keep(m, item[i].value);
    }
}


static void
plan_matched(
    api_waf_plan_make_t *m, api_waf_fold_t *fold, const api_waf_rule_t *rule)
{
    uint32_t         i;
    api_waf_match_t *match;

    match = api_arena_calloc(m->arena, 1, sizeof(*match));

    if (match == NULL) {
        m->nomem = true;
        return;
    }

    *match = *api_waf_tx_match(m->tx, 0);
    match->msg = plan_keep(m, match->msg);
    match->logdata = plan_keep(m, match->logdata);
    match->var_name = plan_keep(m, match->var_name);
    match->value = plan_keep(m, match->value);

    fold->match = match;
    fold->severity = m->tx->highest;

    for (i = 0; i <= rule->links; i++) {
        fold->pass |= rule[i].disrupt == API_WAF_DIS_PASS;
    }

    plan_items(m, fold);
}


/* The engine as it stands before a step. */

static void
plan_engine(api_waf_plan_make_t *m, uint32_t at)
{
    uint32_t      i;
    api_waf_tx_t *tx;

    tx = m->tx;
    tx->phase = m->phase;
    tx->pos = at + 1;
    tx->highest = 255;
    tx->nmatched = 0;
    tx->kept.n = 0;
    tx->matches.n = 0;
    tx->matched.value = (api_span_t){ NULL, 0 };
    tx->budget.left = API_WAF_BUDGET;

    for (i = 0; i < m->p->nslots; i++) {
        tx->slot[i].name = m->p->slot[i].name;
        tx->slot[i].value = m->now[i];
    }
}


static api_waf_fold_t *
plan_new_fold(api_waf_plan_make_t *m, uint32_t at)
{
    api_waf_fold_t *fold;

    fold = api_vec_push(&m->work, &m->folds, sizeof(*fold));

    if (fold == NULL) {
        m->nomem = true;
        return NULL;
    }

    fold->severity = 255;
    m->step[at].fold = m->folds.n - 1;

    return fold;
}


/* Known not to match; links before the one that fails may have set things. */

static void
plan_misses(api_waf_plan_make_t *m, uint32_t at, uint32_t link)
{
    api_waf_fold_t *fold;

    m->step[at].next = at + 1;
    m->step[at].reset = true;

    if (link > 0) {
        fold = plan_new_fold(m, at);

        if (fold != NULL) {
            plan_writes(m, fold);
        }
    }
}


static void
plan_hits(api_waf_plan_make_t *m, uint32_t at, const api_waf_rule_t *rule)
{
    api_waf_fold_t *fold;

    plan_engine(m, at);

    if (!api_waf_eval(m->tx, rule) || m->tx->kept.n != 1) {
        plan_run(m, at, rule);
        return;
    }

    fold = plan_new_fold(m, at);

    if (fold == NULL) {
        return;
    }

    plan_writes(m, fold);
    plan_matched(m, fold, rule);
    m->step[at].next = m->tx->pos;

    if (m->tx->pos != at + 1) {
        plan_jump(m, m->tx->pos);
        m->reached = false;
    }
}


static void
plan_rule(api_waf_plan_make_t *m, uint32_t at, const api_waf_rule_t *rule)
{
    bool     effects;
    uint32_t i;

    effects = api_waf_plan_effects_known(m, rule);
    plan_engine(m, at);

    for (i = 0; i <= rule->links; i++) {
        if (!api_waf_plan_test_known(m, &rule[i]) || (i > 0 && !effects)) {
            plan_run(m, at, rule);
            return;
        }

        if (!api_waf_link(m->tx, &rule[i])) {
            if (m->tx->failure) {
                m->lost = true;
            }

            plan_misses(m, at, i);
            return;
        }
    }

    if (effects) {
        plan_hits(m, at, rule);
    } else {
        plan_run(m, at, rule);
    }
}


static void
plan_step(api_waf_plan_make_t *m, uint32_t at)
{
    uint32_t              rule;
    const api_waf_view_t *view;

    m->step[at] = (api_waf_plan_step_t){ at, API_WAF_NONE, false };

    if (m->later[at] != NULL) {
        if (m->reached) {
            plan_join(m, m->now, m->later[at]);
        } else {
            memcpy(m->now, m->later[at], m->p->nslots * sizeof(api_span_t));
        }

        m->reached = true;
    }

    if (!m->reached) {
        return;
    }

    rule = m->p->phase[m->phase].step[at].rule;
    view = m->view;

    if (rule == API_WAF_NONE || m->p->rule[rule].removed
        || (view->removed && (view->removed[rule / 64] >> (rule % 64) & 1)))
    {
        m->step[at].next = at + 1;
        return;
    }

    plan_rule(m, at, &m->p->rule[rule]);
}


/* Steps at which nothing is done are passed with the one before. */

static void
plan_shorten(api_waf_plan_make_t *m, uint32_t n)
{
    uint32_t             i;
    api_waf_fold_t      *fold;
    api_waf_plan_step_t *step, *next;

    for (i = n; i-- > 0;) {
        step = &m->step[i];
        next = step->next < n ? &m->step[step->next] : NULL;

        if (step->next == i) {
            continue;
        }

        if (next != NULL && next->fold == API_WAF_NONE
            && next->next != step->next) {
            step->reset |= next->reset;
            step->next = next->next;
        }

        fold = step->fold == API_WAF_NONE
                   ? NULL
                   : API_VEC(api_waf_fold_t, m->folds, step->fold);

        if (fold != NULL && step->reset) {
            fold->nitems = 0;
        }
    }
}


/* What known rules have read, as it is when the phase begins. */

static void
plan_assume(api_waf_plan_make_t *m, api_waf_plan_t *plan)
{
    uint32_t         i, n;
    api_waf_known_t *a;

    for (i = 0, n = 0; i < m->p->nslots; i++) {
        n += m->reads[i / 64] >> (i % 64) & 1;
    }

    a = api_arena_calloc(m->arena, n, sizeof(*a));

    if (a == NULL) {
        m->nomem = true;
        return;
    }

    plan->assume = a;

    for (i = 0; i < m->p->nslots; i++) {
        if ((m->reads[i / 64] >> (i % 64) & 1)
            && m->entry[i].data != api_waf_plan_unknown)
        {
            a->slot = i;
            a->value = plan_keep(m, m->entry[i]);
            a++;
            plan->nassume++;
        }
    }
}


static void
plan_phase(api_waf_plan_make_t *m, api_waf_plan_t *plan)
{
    uint32_t        i, n;
    api_waf_fold_t *folds;

    n = m->p->phase[m->phase].n;
    m->step = api_arena_calloc(m->arena, n + 1, sizeof(*m->step));
    m->later = api_arena_calloc(&m->work, n + 1, sizeof(void *));
    m->folds = (api_vec_t){ NULL, 0, 0 };
    m->reached = true;

    if (m->step == NULL || m->later == NULL) {
        m->nomem = true;
        return;
    }

    memset(m->reads, 0, (m->p->nslots / 64 + 1) * sizeof(uint64_t));
    memcpy(m->entry, m->now, m->p->nslots * sizeof(api_span_t));

    for (i = 0; i <= n && !m->nomem && !m->lost; i++) {
        if (i < n) {
            plan_step(m, i);

        } else if (m->later[n] != NULL && m->reached) {
            plan_join(m, m->now, m->later[n]);

        } else if (m->later[n] != NULL) {
            memcpy(m->now, m->later[n], m->p->nslots * sizeof(api_span_t));
        }
    }

    if (m->lost) {
        return; /* the phase goes rule by rule, as all behind it do */
    }

    folds = api_arena_calloc(m->arena, m->folds.n, sizeof(*folds));

    if (folds == NULL || m->nomem) {
        m->nomem = true;
        return;
    }

    plan_shorten(m, n);

    if (m->folds.n) {
        memcpy(folds, m->folds.items, m->folds.n * sizeof(*folds));
    }

    plan_assume(m, plan);
    plan->fold = folds;
    plan->step = m->step;
}


static bool
plan_start(api_waf_plan_make_t *m)
{
    uint32_t i;

    api_waf_values_init(&m->values, &m->work, 0);
    m->env.engine = API_WAF_ENGINE_DETECT;
    m->env.scratch = api_scratch_create(m->p->scan->alloc);
    m->tx = m->env.scratch == NULL
                ? NULL
                : api_waf_tx_create(m->view, &m->values, &m->env, &m->work);
    m->now = api_arena_calloc(&m->work, m->p->nslots + 1, sizeof(*m->now));
    m->entry = api_arena_calloc(&m->work, m->p->nslots + 1, sizeof(*m->now));
    m->reads =
        api_arena_calloc(&m->work, m->p->nslots / 64 + 1, sizeof(uint64_t));

    if (m->tx == NULL || m->now == NULL || m->entry == NULL
        || m->reads == NULL) {
        return false;
    }

    for (i = 0; i < m->p->nslots; i++) {
        m->now[i] = m->tx->slot[i].value;
    }

    m->limits = api_waf_slot_find(m->p, API_SPAN("MSC_PCRE_LIMITS_EXCEEDED"));

    return true;
}


int
api_waf_plan_make(api_waf_view_t *view, api_arena_t *arena)
{
    api_waf_plan_make_t m;
    api_waf_plan_t     *plan;

    memset(&m, 0, sizeof(m));
    m.view = view;
    m.p = view->program;
    m.arena = arena;
    api_arena_init(&m.work, m.p->scan->alloc, 65536, 0);

    plan = api_arena_calloc(arena, API_WAF_NPHASES, sizeof(*plan));
    m.nomem = plan == NULL || !plan_start(&m);

    for (m.phase = 1; m.phase < API_WAF_NPHASES && !m.nomem && !m.lost;
         m.phase++) {
        plan_phase(&m, &plan[m.phase]);
    }

    api_scratch_free(m.env.scratch);
    api_arena_free(&m.work);
    view->plan = plan;

    return m.nomem ? API_NOMEM : API_OK;
}
