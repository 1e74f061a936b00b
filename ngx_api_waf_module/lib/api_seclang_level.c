#include "api_seclang_int.h"


/*
 * Paranoia levels.  A set like the Core Rule Set keeps its rules of level N
 * behind a gate, in each phase and file:
 *
 *     SecRule TX:DETECTION_PARANOIA_LEVEL "@lt 2" "...,skipAfter:END-X"
 *
 * What stands between the gate and its marker runs at level 2 and above.  The
 * level only says which patterns are worth to be in the prefilter: a rule that
 * runs though nobody expected it is evaluated without, with the same verdict.
 */

static const char *const api_seclang_levels[] = { "paranoia_level",
    "executing_paranoia_level", "blocking_paranoia_level",
    "detection_paranoia_level" };


static bool
api_seclang_is_level(api_span_t name)
{
    size_t i;

    for (i = 0; i < sizeof(api_seclang_levels) / sizeof(api_seclang_levels[0]);
         i++)
    {
        if (api_seclang_is(name, api_seclang_levels[i])) {
            return true;
        }
    }

    return false;
}


/* The level that is asked for behind this rule, and up to where; 0: it is no
   gate. */

static uint8_t
api_seclang_gate(const api_waf_rule_t *rule, uint32_t *end)
{
    int64_t  n;
    uint32_t i;

    if (rule->op == NULL || rule->negate || rule->arg.n || rule->links
        || api_operator_id(rule->op) != API_OPERATOR_LT || rule->ntargets != 1
        || rule->target[0].pick.var != API_WAF_TX || rule->target[0].pick.count
        || rule->target[0].pick.sel != API_WAF_SEL_NAME
        || !api_seclang_is_level(rule->target[0].pick.name))
    {
        return 0;
    }

    n = api_waf_stoi(rule->arg.text);

    for (i = 0; i < rule->nactions; i++) {
        if (rule->action[i].what == API_WAF_DO_SKIP_AFTER && n > 0 && n < 10) {
            *end = rule->action[i].number;
            return (uint8_t) n;
        }
    }

    return 0;
}


static void
api_seclang_gates(api_seclang_t *s, const api_waf_phase_prog_t *prog)
{
    uint8_t         level;
    uint32_t        at, i, k, end;
    api_waf_rule_t *rule;

    for (at = 0; at < prog->n; at++) {
        if (prog->step[at].rule == API_WAF_NONE) {
            continue;
        }

        rule = API_VEC(api_waf_rule_t, s->rules, prog->step[at].rule);
        level = rule->removed ? 0 : api_seclang_gate(rule, &end);

        for (i = at + 1; level && i < end && i < prog->n; i++) {
            if (prog->step[i].rule == API_WAF_NONE) {
                continue;
            }

            rule = API_VEC(api_waf_rule_t, s->rules, prog->step[i].rule);

            for (k = 0; k <= rule->links; k++) {
                rule[k].level = rule[k].level > level ? rule[k].level : level;
            }
        }
    }
}


/* The highest level that any rule may set by a number. */

static uint8_t
api_seclang_level_said(const api_seclang_t *s)
{
    uint8_t                 most;
    uint32_t                i, k;
    const api_waf_rule_t   *rule;
    const api_waf_setvar_t *set;

    most = 1;

    for (i = 0; i < s->rules.n; i++) {
        rule = API_VEC(api_waf_rule_t, s->rules, i);

        for (k = 0; k < rule->nsets; k++) {
            set = &rule->set[k];

            if (set->var == API_WAF_TX && set->op == API_WAF_SET
                && set->name.n == 0 && set->value.n == 0
                && api_seclang_is_level(set->name.text) && set->number > most
                && set->number < 10)
            {
                most = (uint8_t) set->number;
            }
        }
    }

    return most;
}


void
api_seclang_level(api_seclang_t *s)
{
    uint32_t phase;

    for (phase = 1; phase < API_WAF_NPHASES; phase++) {
        api_seclang_gates(s, &s->program.phase[phase]);
    }

    s->program.level = api_seclang_level_said(s);
    s->program.most =
        s->paranoia > s->program.level ? s->paranoia : s->program.level;
}


void
api_seclang_paranoia(api_seclang_t *s, uint32_t level)
{
    s->paranoia = level < 10 ? (uint8_t) level : 9;
}
