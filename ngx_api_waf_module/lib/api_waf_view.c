#include "api_seclang_int.h"
#include "api_waf_plan.h"

#include <stdio.h>
#include <stdlib.h>


const api_waf_settings_t *
api_waf_program_settings(const api_waf_program_t *p)
{
    return &p->settings;
}


unsigned
api_waf_program_phases(const api_waf_program_t *p)
{
    return p->phases;
}


uint32_t
api_waf_program_level(const api_waf_program_t *p)
{
    return p->level;
}


uint32_t
api_waf_program_rules(const api_waf_program_t *p)
{
    return p->nheads;
}


void
api_waf_program_rule(
    const api_waf_program_t *p, uint32_t i, api_waf_rule_info_t *info)
{
    const api_waf_rule_t *rule;

    rule = &p->rule[p->head[i]];
    memset(info, 0, sizeof(*info));

    info->id = rule->id;
    info->line = rule->line;
    info->file = rule->file;
    info->phase = rule->phase;
    info->severity = rule->severity;
    info->links = rule->links;
    info->level = rule->level;
    info->removed = rule->removed;
    info->msg = rule->msg.text;
    info->ntags = rule->ntags;
}


api_span_t
api_waf_program_tag(const api_waf_program_t *p, uint32_t i, uint32_t tag)
{
    return p->rule[p->head[i]].tag[tag].text;
}


bool
api_waf_program_find(const api_waf_program_t *p, uint32_t id, uint32_t *i)
{
    uint32_t k;

    for (k = 0; k < p->nheads; k++) {
        if (p->rule[p->head[k]].id == id) {
            *i = k;
            return true;
        }
    }

    return false;
}


/* A view while it is made.  Targets are read by the functions of a loader: one
   that has no files. */

typedef struct {
    api_waf_view_t *view;
    api_seclang_t   s;
    api_vec_t       drops;    /* api_waf_view_drop_t */
    api_vec_t       sets;     /* api_waf_view_tx_t */
    api_vec_t       patterns; /* api_operator_t * */
    uint64_t       *removed;
} api_waf_make_t;


static int
api_waf_make_remove(api_waf_make_t *m, const uint32_t *rules, uint32_t n)
{
    uint32_t i;

    if (m->removed == NULL) {
        m->removed = api_arena_calloc(&m->s.arena,
            m->view->program->nrules / 64 + 1, sizeof(*m->removed));

        if (m->removed == NULL) {
            return API_NOMEM;
        }

        m->view->removed = m->removed;
    }

    for (i = 0; i < n; i++) {
        m->removed[rules[i] / 64] |= UINT64_C(1) << (rules[i] % 64);
    }

    return API_OK;
}


static int
api_waf_make_drop(api_waf_make_t *m, const api_waf_exclude_t *exclude,
    const uint32_t *rules, uint32_t n)
{
    int                  rc;
    uint32_t             i;
    api_span_t           target;
    api_waf_pick_t       pick;
    api_operator_t     **pattern;
    api_waf_view_drop_t *drop;

    target = api_arena_dup(&m->s.arena, exclude->target);
    pattern =
        api_vec_push(&m->s.arena, &m->patterns, sizeof(api_operator_t *));

    if (target.data == NULL || pattern == NULL) {
        return API_NOMEM;
    }

    rc = api_seclang_pick_make(&m->s, target, &pick);
    *pattern = pick.rx;

    if (rc != API_OK) {
        return rc;
    }

    for (i = 0; i < n; i++) {
        drop = api_vec_push(&m->s.arena, &m->drops, sizeof(*drop));

        if (drop == NULL) {
            return API_NOMEM;
        }

        drop->rule = rules[i];
        drop->pick = pick;
    }

    return API_OK;
}


static int
api_waf_make_exclude(api_waf_make_t *m, const api_waf_exclude_t *exclude)
{
    int             rc;
    uint32_t        n;
    const uint32_t *rules;

    rc = api_waf_select(m->view->program->rule, m->view->program->nrules,
        exclude->by, exclude->what, &m->s.arena, &rules, &n);

    if (rc == API_INVALID) {
        return api_fail(m->s.err, API_INVALID, API_SECLANG_E_EXCLUSION, 0,
            "\"%.*s\" is no id; write NUMBER or NUMBER-NUMBER",
            API_SECLANG_SHOW(exclude->what));
    }

    if (rc == API_OK && n == 0) {
        return api_fail(m->s.err, API_INVALID, API_SECLANG_E_EXCLUSION, 0,
            "no rule of the set is meant by \"%.*s\"",
            API_SECLANG_SHOW(exclude->what));
    }

    if (rc != API_OK) {
        return rc;
    }

    return exclude->target.len ? api_waf_make_drop(m, exclude, rules, n)
                               : api_waf_make_remove(m, rules, n);
}


static int
api_waf_make_set(api_waf_make_t *m, const char *name, uint32_t number)
{
    char               buf[16];
    api_waf_view_tx_t *set;

    set = api_vec_push(&m->s.arena, &m->sets, sizeof(*set));

    if (set == NULL) {
        return API_NOMEM;
    }

    set->slot =
        api_waf_slot_find(m->view->program, api_span(name, strlen(name)));
    set->value = api_arena_dup(&m->s.arena,
        api_span(buf,
            (size_t) snprintf(buf, sizeof(buf), "%u", (unsigned) number)));

    return set->value.data && set->slot != API_WAF_NONE ? API_OK : API_NOMEM;
}


static int
api_waf_make_levels(api_waf_make_t *m, const api_waf_view_conf_t *conf)
{
    int    rc;
    size_t i;

    static const char *const names[] = { "paranoia_level",
        "executing_paranoia_level", "blocking_paranoia_level",
        "detection_paranoia_level" };

    if (conf->paranoia > 4) {
        return api_fail(m->s.err, API_INVALID, API_SECLANG_E_VALUE, 0,
            "paranoia level %u; write 1, 2, 3 or 4",
            (unsigned) conf->paranoia);
    }

    rc = API_OK;

    for (i = 0; conf->paranoia && i < 4 && rc == API_OK; i++) {
        rc = api_waf_make_set(m, names[i], conf->paranoia);
    }

    if (conf->in && rc == API_OK) {
        rc = api_waf_make_set(m, "inbound_anomaly_score_threshold", conf->in);
    }

    if (conf->out && rc == API_OK) {
        rc =
            api_waf_make_set(m, "outbound_anomaly_score_threshold", conf->out);
    }

    m->view->tx = m->sets.items;
    m->view->ntx = m->sets.n;

    return rc;
}


static int
api_waf_drop_order(const void *a, const void *b)
{
    const api_waf_view_drop_t *x, *y;

    x = a;
    y = b;

    return x->rule < y->rule ? -1 : x->rule > y->rule;
}


static int
api_waf_make(api_waf_make_t *m, const api_waf_view_conf_t *conf)
{
    int    rc;
    size_t i;

    rc = api_waf_make_levels(m, conf);

    for (i = 0; i < conf->nexclude && rc == API_OK; i++) {
        rc = api_waf_make_exclude(m, &conf->exclude[i]);
    }

    if (m->drops.n) {
        qsort(m->drops.items, m->drops.n, sizeof(api_waf_view_drop_t),
            api_waf_drop_order);
    }

    m->view->pattern = m->patterns.items;
    m->view->npatterns = m->patterns.n;
    m->view->drop = m->drops.items;
    m->view->ndrops = m->drops.n;

    return rc;
}


int
api_waf_view_create(const api_waf_view_t **out,
    const api_waf_program_t *program, const api_waf_view_conf_t *conf,
    const api_alloc_t *alloc, api_err_t *err)
{
    int             rc;
    api_waf_make_t  m;
    api_waf_view_t *view;

    view = alloc->alloc(alloc->ctx, sizeof(*view));

    if (view == NULL) {
        return api_fail(err, API_NOMEM, API_SECLANG_E_NOMEM, 0, "no memory");
    }

    memset(view, 0, sizeof(*view));
    view->program = program;
    view->alloc = alloc;
    view->self = view;
    api_arena_init(&view->arena, alloc, 4096, 0);

    memset(&m, 0, sizeof(m));
    m.view = view;
    rc = API_OK;

    if (conf) {
        m.s.err = err;
        m.s.alloc = alloc;
        m.s.arena = view->arena;
        rc = api_waf_make(&m, conf);
        view->arena = m.s.arena;
    }

    if (rc == API_OK) {
        rc = api_waf_plan_make(view, &view->arena);
    }

    if (rc != API_OK) {
        api_waf_view_free(view);
        return rc == API_NOMEM
                   ? api_fail(err, rc, API_SECLANG_E_NOMEM, 0, "no memory")
                   : rc;
    }

    *out = view;

    return API_OK;
}


void
api_waf_view_free(const api_waf_view_t *view)
{
    uint32_t           i;
    api_arena_t        arena;
    const api_alloc_t *alloc;

    if (view == NULL || view->alloc->free == NULL) {
        return;
    }

    /* The picks of one exclusion share one pattern. */

    for (i = 0; i < view->npatterns; i++) {
        api_operator_free(view->pattern[i]);
    }

    alloc = view->alloc;
    arena = view->arena;
    api_arena_free(&arena);
    alloc->free(alloc->ctx, view->self);
}


const api_waf_program_t *
api_waf_view_program(const api_waf_view_t *view)
{
    return view->program;
}
