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


/* What it may write is not known behind it. */

static void
plan_forget(api_waf_plan_make_t *m, const api_waf_rule_t *rule)
{
    uint32_t              i, k;
    const api_waf_rule_t *link;

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
}


/* A rule that depends on the request: it may match, or a part of its chain.
   Who hopes that it does not is told when it has written or jumped. */

static void
plan_run(api_waf_plan_make_t *m, uint32_t at, const api_waf_rule_t *rule)
{
    bool                  hope;
    uint32_t              i, k, to;
    const api_waf_rule_t *link;

    hope = m->hope && rule->op != NULL;
    m->found->step[at].next = at;
    m->found->step[at + 1].head = true;

    if (!hope) {
        plan_forget(m, rule);
    }

    for (i = 0; i <= rule->links; i++) {
        link = &rule[i];

        for (k = 0; k < link->nactions; k++) {
            m->lost |= link->action[k].what == API_WAF_DO_SKIP;

            if (link->action[k].what != API_WAF_DO_SKIP_AFTER) {
                continue;
            }

            to = link->action[k].number;
            m->found->step[to].head = true;

            if (!hope) {
                plan_jump(m, to);
            }
        }
    }
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
    tx->extra.n = 0;
    tx->extra_table = NULL;
    tx->matched.value = (api_span_t){ NULL, 0 };
    tx->budget.left = API_WAF_BUDGET;
    memset(tx->wrote, 0, (m->p->nslots / 64 + 1) * sizeof(*tx->wrote));

    for (i = 0; i < m->p->nslots; i++) {
        tx->slot[i].name = m->p->slot[i].name;
        tx->slot[i].value = m->now[i];
    }
}


static api_waf_fold_t *
plan_new_fold(api_waf_plan_make_t *m, uint32_t at)
{
    api_waf_fold_t *fold;

    fold = api_vec_push(&m->work, &m->found->folds, sizeof(*fold));

    if (fold == NULL) {
        m->nomem = true;
        return NULL;
    }

    fold->severity = 255;
    m->found->step[at].fold = m->found->folds.n - 1;

    return fold;
}


/* Known not to match; links before the one that fails may have set things, and
   what an operator captures or gives up is kept though the rule denies it. */

static void
plan_misses(api_waf_plan_make_t *m, uint32_t at)
{
    api_waf_fold_t  done = { 0 };
    api_waf_fold_t *fold;

    m->found->step[at].next = at + 1;
    m->found->step[at].reset = true;
    api_waf_plan_writes(m, &done);

    fold = done.nwrites ? plan_new_fold(m, at) : NULL;

    if (fold != NULL) {
        fold->write = done.write;
        fold->nwrites = done.nwrites;
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

    api_waf_plan_writes(m, fold);
    api_waf_plan_matched(m, fold, rule);
    m->found->step[at].next = m->tx->pos;

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

            plan_misses(m, at);
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

    m->found->step[at].next = at;
    m->found->step[at].fold = API_WAF_NONE;

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
        m->found->step[at].next = at + 1;
        return;
    }

    plan_rule(m, at, &m->p->rule[rule]);
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
            a->value = api_waf_plan_keep(m, m->entry[i]);
            a++;
            plan->nassume++;
        }
    }
}


static void
plan_apart(api_waf_plan_make_t *m, api_waf_plan_t *plan)
{
    uint32_t    i;
    api_span_t *apart;

    if (m->apart.n == 0) {
        return;
    }

    apart = api_arena_calloc(m->arena, m->apart.n, sizeof(*apart));

    if (apart == NULL) {
        m->nomem = true;
        return;
    }

    for (i = 0; i < m->apart.n; i++) {
        apart[i] = *API_VEC(api_span_t, m->apart, i); /* of the program */
    }

    plan->apart = apart;
    plan->napart = m->apart.n;
}


static bool
plan_phase_start(api_waf_plan_make_t *m, uint32_t n)
{
    /* who hopes must have another plan to go on with */

    m->lost = m->hope && m->phases[0][m->phase].step == NULL;
    m->found = &m->phases[m->hope][m->phase];
    m->found->step =
        api_arena_calloc(&m->work, n + 1, sizeof(*m->found->step));
    m->later = api_arena_calloc(&m->work, n + 1, sizeof(void *));
    m->reads =
        api_arena_calloc(m->arena, m->p->nslots / 64 + 1, sizeof(*m->reads));
    m->reached = true;
    m->apart.n = 0;

    if (m->found->step == NULL || m->later == NULL || m->reads == NULL) {
        return false;
    }

    m->found->step[0].head = true;
    memcpy(m->entry, m->now, m->p->nslots * sizeof(api_span_t));

    return true;
}


static void
plan_phase(api_waf_plan_make_t *m, api_waf_plan_t *plan)
{
    uint32_t i, n;

    n = m->p->phase[m->phase].n;

    if (!plan_phase_start(m, n)) {
        m->nomem = true;
        return;
    }

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
        m->found->step = NULL; /* it goes rule by rule, as all behind it do */
        return;
    }

    plan->reads = m->reads;
    plan_assume(m, plan);
    plan_apart(m, plan);

    if (!m->nomem) {
        api_waf_plan_ways(m, plan);
    }
}


static bool
plan_start(api_waf_plan_make_t *m)
{
    uint32_t i;

    api_waf_values_init(&m->values, &m->work, 0);
    m->tx = api_waf_tx_create(m->view, &m->values, &m->env, &m->work);
    m->now = api_arena_calloc(&m->work, m->p->nslots + 1, sizeof(*m->now));
    m->entry = api_arena_calloc(&m->work, m->p->nslots + 1, sizeof(*m->now));
    m->lost = false;

    if (m->tx == NULL || m->now == NULL || m->entry == NULL) {
        return false;
    }

    m->tx->wrote = api_arena_calloc(
        &m->work, m->p->nslots / 64 + 1, sizeof(*m->tx->wrote));

    if (m->tx->wrote == NULL) {
        return false;
    }

    for (i = 0; i < m->p->nslots; i++) {
        m->now[i] = m->tx->slot[i].value;
    }

    return true;
}


/* Does who hopes assume all that the other plan does? */

static bool
plan_covers(const api_waf_plan_t *hope, const api_waf_plan_t *plan)
{
    uint32_t               i, k;
    const api_waf_known_t *a, *b;

    a = plan->assume;
    b = hope->assume;

    for (i = 0; i < plan->nassume; i++) {
        for (k = 0; k < hope->nassume && b[k].slot != a[i].slot; k++) {
            /* void */
        }

        if (k == hope->nassume || !api_waf_plan_same(a[i].value, b[k].value)) {
            return false;
        }
    }

    return true;
}


/* The plans of all phases; those that hope when the others are there. */

static const api_waf_plan_t *
plan_phases(api_waf_plan_make_t *m, const api_waf_plan_t *than)
{
    api_waf_plan_t *plan;

    plan = api_arena_calloc(m->arena, API_WAF_NPHASES, sizeof(*plan));
    m->hope = than != NULL;

    if (m->nomem || plan == NULL || !plan_start(m)) {
        m->nomem = true;
        return NULL;
    }

    for (m->phase = 1; m->phase < API_WAF_NPHASES && !m->nomem && !m->lost;
         m->phase++)
    {
        plan_phase(m, &plan[m->phase]);
        plan[m->phase].alone =
            than != NULL && plan_covers(&plan[m->phase], &than[m->phase]);
    }

    return plan;
}


int
api_waf_plan_make(api_waf_view_t *view, api_arena_t *arena)
{
    api_waf_plan_make_t   m;
    const api_waf_plan_t *plan, *hope;

    memset(&m, 0, sizeof(m));
    m.view = view;
    m.p = view->program;
    m.arena = arena;
    m.env.engine = API_WAF_ENGINE_DETECT;
    m.limits = api_waf_slot_find(m.p, API_SPAN("MSC_PCRE_LIMITS_EXCEEDED"));
    api_arena_init(&m.work, m.p->scan->alloc, 65536, 0);

    m.env.scratch = api_scratch_create(m.p->scan->alloc);
    m.nomem = m.env.scratch == NULL;
    api_waf_plan_asks(&m);

    plan = plan_phases(&m, NULL);
    hope = plan ? plan_phases(&m, plan) : NULL;

    api_scratch_free(m.env.scratch);
    api_arena_free(&m.work);

    if (m.nomem) {
        return API_NOMEM;
    }

    view->plan = plan;
    view->hope = hope;

    return API_OK;
}
