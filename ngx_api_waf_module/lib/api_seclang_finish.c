#include "api_seclang_int.h"

#include <stdlib.h>


/* t: of SecDefaultAction comes first, unless the rule says t:none. */

static int
api_seclang_default_chain(api_seclang_t *s, api_waf_rule_t *rule)
{
    uint8_t                ids[64];
    const api_waf_chain_t *first, *own;

    if (!s->defaults[rule->phase].set || rule->none || rule->op == NULL) {
        return API_OK;
    }

    first = API_VEC(
        api_waf_chain_t, s->chains, s->defaults[rule->phase].rule.chain);
    own = API_VEC(api_waf_chain_t, s->chains, rule->chain);

    if (first->n == 0) {
        return API_OK;
    }

    if (first->n + own->n > sizeof(ids)) {
        s->file = rule->file;
        s->line = rule->line;
        return api_seclang_fail(s, API_LIMIT, API_SECLANG_E_TRANSFORM,
            "more than 64 transformations, with those of SecDefaultAction");
    }

    memcpy(ids, first->ids, first->n);

    if (own->n) {
        memcpy(ids + first->n, own->ids, own->n);
    }

    return api_seclang_chain(s, ids, first->n + own->n, &rule->chain);
}


/* Slots whose names the pattern of a TX:/.../ target fits. */

static int
api_seclang_slots_of(
    api_seclang_t *s, api_waf_pick_t *pick, api_scratch_t *scratch)
{
    uint32_t     i, *item;
    api_vec_t    found = { NULL, 0, 0 };
    api_budget_t budget;

    if (pick->var != API_WAF_TX || pick->sel != API_WAF_SEL_RX) {
        return API_OK;
    }

    for (i = 0; i < s->slots.n; i++) {
        budget.left = UINT64_MAX / 2;

        if (api_operator_match(pick->rx,
                API_VEC(api_waf_slot_t, s->slots, i)->name,
                (api_span_t){ NULL, 0 }, NULL, &budget, scratch)
            == 0)
        {
            continue;
        }

        item = api_vec_push(&s->arena, &found, sizeof(*item));

        if (item == NULL) {
            return api_seclang_nomem(s);
        }

        *item = i;
    }

    pick->slots = found.items;
    pick->nslots = found.n;

    return API_OK;
}


static int
api_seclang_all_slots(api_seclang_t *s)
{
    int               rc;
    uint32_t          i, k;
    api_scratch_t    *scratch;
    api_waf_rule_t   *rule;
    api_waf_target_t *copy;

    scratch = api_scratch_create(s->alloc);

    if (scratch == NULL) {
        return api_seclang_nomem(s);
    }

    rc = API_OK;

    for (i = 0; i < s->rules.n && rc == API_OK; i++) {
        rule = API_VEC(api_waf_rule_t, s->rules, i);

        if (rule->ntargets == 0) {
            continue;
        }

        /* Targets that SecRuleUpdateTarget* added are shared by rules. */

        copy = api_arena_alloc(&s->arena, rule->ntargets * sizeof(*copy));

        if (copy == NULL) {
            rc = api_seclang_nomem(s);
            break;
        }

        memcpy(copy, rule->target, rule->ntargets * sizeof(*copy));
        rule->target = copy;

        for (k = 0; k < rule->ntargets && rc == API_OK; k++) {
            rc = api_seclang_slots_of(s, &copy[k].pick, scratch);
        }
    }

    api_scratch_free(scratch);

    return rc;
}


static bool
api_seclang_step(
    api_seclang_t *s, api_vec_t *steps, uint32_t rule, api_span_t marker)
{
    api_waf_step_t *step;

    step = api_vec_push(&s->arena, steps, sizeof(*step));

    if (step == NULL) {
        (void) api_seclang_nomem(s);
        return false;
    }

    step->rule = rule;
    step->marker = marker;

    return true;
}


/* The steps of a phase: its rules in order, and every marker among them. */

static int
api_seclang_phase(api_seclang_t *s, uint8_t phase)
{
    uint32_t              i, m;
    api_vec_t             steps = { NULL, 0, 0 };
    api_waf_rule_t       *rule;
    api_waf_phase_prog_t *prog;
    api_seclang_marker_t *marker;

    prog = &s->program.phase[phase];
    m = 0;

    for (i = 0; i <= s->rules.n; i++) {
        for (; m < s->markers.n; m++) {
            marker = API_VEC(api_seclang_marker_t, s->markers, m);

            if (marker->before > i) {
                break;
            }

            if (!api_seclang_step(s, &steps, API_WAF_NONE, marker->name)) {
                return API_NOMEM;
            }
        }

        if (i == s->rules.n) {
            break;
        }

        rule = API_VEC(api_waf_rule_t, s->rules, i);

        if (rule->id == 0 || rule->phase != phase) {
            continue;
        }

        if (!api_seclang_step(s, &steps, i, (api_span_t){ NULL, 0 })) {
            return API_NOMEM;
        }

        if (!rule->removed) {
            s->program.phases |= 1u << phase;
        }
    }

    prog->step = steps.items;
    prog->n = steps.n;

    if (s->defaults[phase].set) {
        rule = &s->defaults[phase].rule;
        prog->action = rule->action;
        prog->nactions = rule->nactions;
        prog->disrupt = rule->disrupt;
        prog->location = rule->location;
    }

    return API_OK;
}


static int
api_seclang_heads(api_seclang_t *s)
{
    uint32_t              i, *item;
    api_vec_t             heads = { NULL, 0, 0 };
    const api_waf_rule_t *rule;

    for (i = 0; i < s->rules.n; i++) {
        rule = API_VEC(api_waf_rule_t, s->rules, i);

        if (rule->id == 0) {
            continue;
        }

        item = api_vec_push(&s->arena, &heads, sizeof(*item));

        if (item == NULL) {
            return api_seclang_nomem(s);
        }

        *item = i;
    }

    s->program.head = heads.items;
    s->program.nheads = heads.n;

    return API_OK;
}


static bool
api_seclang_has_marker(const api_seclang_t *s, api_span_t name, uint32_t rule)
{
    uint32_t                    i;
    const api_seclang_marker_t *marker;

    for (i = 0; i < s->markers.n; i++) {
        marker = API_VEC(api_seclang_marker_t, s->markers, i);

        if (marker->before > rule && api_span_eq(marker->name, name)) {
            return true;
        }
    }

    return false;
}


static int
api_seclang_markers(api_seclang_t *s)
{
    uint32_t                i, k;
    const api_waf_rule_t   *rule;
    const api_waf_action_t *action;

    for (i = 0; i < s->rules.n; i++) {
        rule = API_VEC(api_waf_rule_t, s->rules, i);

        for (k = 0; k < rule->nactions; k++) {
            action = &rule->action[k];

            if (action->what == API_WAF_DO_SKIP_AFTER
                && !api_seclang_has_marker(s, action->name.text, i))
            {
                s->file = rule->file;
                s->line = rule->line;
                return api_seclang_fail(s, API_INVALID, API_SECLANG_E_MARKER,
                    "skipAfter:%.*s, but there is no such SecMarker below; "
                    "add SecMarker %.*s behind the rules to skip",
                    API_SECLANG_SHOW(action->name.text),
                    API_SECLANG_SHOW(action->name.text));
            }
        }
    }

    return API_OK;
}


/* Where skipAfter goes on: the first such marker behind the rule. */

static void
api_seclang_jumps(api_seclang_t *s, const api_waf_phase_prog_t *prog)
{
    uint32_t          at, i, k, m, rule;
    api_waf_rule_t   *r;
    api_waf_action_t *action;

    for (at = 0; at < prog->n; at++) {
        rule = prog->step[at].rule;

        for (i = rule; rule != API_WAF_NONE && i < s->rules.n; i++) {
            r = API_VEC(api_waf_rule_t, s->rules, i);

            if (r->head != rule) {
                break;
            }

            for (k = 0; k < r->nactions; k++) {
                action = &r->action[k];

                if (action->what != API_WAF_DO_SKIP_AFTER) {
                    continue;
                }

                for (m = at; m < prog->n; m++) {
                    if (prog->step[m].rule == API_WAF_NONE
                        && api_span_eq(
                            prog->step[m].marker, action->name.text))
                    {
                        break;
                    }
                }

                action->number = m;
            }
        }
    }
}


static int
api_seclang_link(api_seclang_t *s)
{
    int      rc;
    uint8_t  phase;
    uint32_t i;

    rc = api_seclang_markers(s);
    rc = rc == API_OK ? api_seclang_late(s) : rc;

    for (i = 0; i < s->rules.n && rc == API_OK; i++) {
        rc =
            api_seclang_default_chain(s, API_VEC(api_waf_rule_t, s->rules, i));
    }

    rc = rc == API_OK ? api_seclang_all_slots(s) : rc;
    rc = rc == API_OK ? api_seclang_heads(s) : rc;

    for (phase = 1; phase < API_WAF_NPHASES && rc == API_OK; phase++) {
        rc = api_seclang_phase(s, phase);

        if (rc == API_OK) {
            api_seclang_jumps(s, &s->program.phase[phase]);
        }
    }

    if (rc == API_OK) {
        api_seclang_level(s);
    }

    return rc;
}


int
api_seclang_finish(
    api_seclang_t *s, const api_waf_program_t **program, api_err_t *err)
{
    int                   rc;
    api_waf_program_t    *p;
    const api_waf_rule_t *head;

    s->err = err;
    s->file = NULL;

    if (s->failed || s->finished) {
        return api_seclang_fail(
            s, API_INTERNAL, API_SECLANG_E_NONE, "loading is over");
    }

    if (s->open != API_WAF_NONE) {
        head = API_VEC(api_waf_rule_t, s->rules, s->open);
        s->file = head->file;
        s->line = head->line;
        return api_seclang_fail(s, API_SYNTAX, API_SECLANG_E_CHAIN,
            "the chain of rule %u has no last link; "
            "take \"chain\" from its last rule",
            (unsigned) head->id);
    }

    rc = s->slots.n ? API_OK : api_seclang_known_slots(s);
    rc = rc == API_OK ? api_seclang_link(s) : rc;

    if (rc != API_OK) {
        return rc;
    }

    p = &s->program;
    p->rule = s->rules.items;
    p->nrules = s->rules.n;
    p->chain = s->chains.items;
    p->nchains = s->chains.n;
    p->pick = s->picks.items;
    p->npicks = s->picks.n;
    p->slot = s->slots.items;
    p->nslots = s->slots.n;
    p->table = s->slot_table;
    p->mask = s->slot_mask;
    p->settings = s->settings;
    p->webappid = s->webappid;
    p->transform.unicode = s->settings.unicode_map;
    api_transform_env_open(&p->transform);

    rc = api_waf_scan_make(&s->scan, s->rules.items, s->rules.n, p->chain,
        p->most, s->alloc, &s->arena);

    if (rc != API_OK) {
        return api_seclang_nomem(s);
    }

    p->scan = s->scan;
    s->finished = true;
    *program = p;

    return API_OK;
}
