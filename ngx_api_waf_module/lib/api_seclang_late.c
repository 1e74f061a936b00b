#include "api_seclang_int.h"


/* "942100", "942100-942199"; blanks and quotes around are no matter. */

static bool
api_seclang_range(api_span_t what, uint64_t *from, uint64_t *to)
{
    api_span_t first;

    what = api_seclang_trim(what);

    if (!api_seclang_cut(&what, '-', &first)
        || !api_seclang_number(api_seclang_trim(first), UINT32_MAX, from))
    {
        return false;
    }

    *to = *from;

    return what.len == 0
           || (api_seclang_number(api_seclang_trim(what), UINT32_MAX, to)
               && *from <= *to);
}


static bool
api_seclang_has_tag(const api_waf_rule_t *rule, api_span_t tag)
{
    uint32_t i;

    for (i = 0; i < rule->ntags; i++) {
        if (api_span_eq(rule->tag[i].text, tag)) {
            return true;
        }
    }

    return false;
}


static bool
api_waf_selects(const api_waf_rule_t *rule, api_waf_by_t by, api_span_t what,
    uint64_t from, uint64_t to)
{
    switch (by) {
    case API_WAF_BY_ID:
        return rule->id && rule->id >= from && rule->id <= to;

    case API_WAF_BY_TAG:
        return api_seclang_has_tag(rule, what);

    default:
        return rule->msg.text.len && api_span_eq(rule->msg.text, what);
    }
}


int
api_waf_select(const api_waf_rule_t *rule, uint32_t nrules, api_waf_by_t by,
    api_span_t what, api_arena_t *arena, const uint32_t **rules, uint32_t *n)
{
    uint32_t  i, *item;
    uint64_t  from, to;
    api_vec_t found = { NULL, 0, 0 };

    from = 1;
    to = 0;

    if (by == API_WAF_BY_ID && !api_seclang_range(what, &from, &to)) {
        return API_INVALID;
    }

    for (i = 0; i < nrules; i++) {
        if (!api_waf_selects(&rule[i], by, what, from, to)) {
            continue;
        }

        item = api_vec_push(arena, &found, sizeof(*item));

        if (item == NULL) {
            return API_NOMEM;
        }

        *item = i;
    }

    *rules = found.items;
    *n = found.n;

    return API_OK;
}


/* The n items and those of more, in one array; NULL: no memory. */

static void *
api_seclang_append(api_seclang_t *s, const void *items, uint32_t *n,
    size_t size, const api_vec_t *more)
{
    char *out;

    out = api_arena_alloc(&s->arena, (size_t) (*n + more->n) * size);

    if (out == NULL) {
        api_seclang_nomem(s);
        return NULL;
    }

    if (*n) {
        memcpy(out, items, *n * size);
    }

    if (more->n) {
        memcpy(out + *n * size, more->items, more->n * size);
    }

    *n += more->n;

    return out;
}


static int
api_seclang_retarget(
    api_seclang_t *s, api_waf_rule_t *rule, const api_seclang_targets_t *t)
{
    rule->target = api_seclang_append(
        s, rule->target, &rule->ntargets, sizeof(*rule->target), &t->add);
    rule->drop = api_seclang_append(
        s, rule->drop, &rule->ndrops, sizeof(*rule->drop), &t->drop);

    return rule->target && rule->drop ? API_OK : API_NOMEM;
}


/* What stands in the update comes behind what stands in the rule; of msg,
   logdata, severity and the disruptive action the later one counts. */

static int
api_seclang_react(
    api_seclang_t *s, api_waf_rule_t *rule, const api_seclang_actions_t *a)
{
    uint8_t                ids[64];
    uint32_t               n;
    const api_waf_rule_t  *u;
    const api_waf_chain_t *chain;

    u = a->rule;
    rule->msg = u->msg.text.data ? u->msg : rule->msg;
    rule->logdata = u->logdata.text.data ? u->logdata : rule->logdata;
    rule->severity = u->severity != 255 ? u->severity : rule->severity;
    rule->capture |= u->capture;
    rule->multi |= u->multi;

    if (u->disrupt != API_WAF_DIS_NONE) {
        rule->disrupt = u->disrupt;
        rule->location = u->location;
    }

    rule->set = api_seclang_append(
        s, rule->set, &rule->nsets, sizeof(*rule->set), &a->sets);
    rule->action = api_seclang_append(
        s, rule->action, &rule->nactions, sizeof(*rule->action), &a->actions);
    rule->tag = api_seclang_append(
        s, rule->tag, &rule->ntags, sizeof(*rule->tag), &a->tags);

    if (!rule->set || !rule->action || !rule->tag) {
        return API_NOMEM;
    }

    if (a->chain.n == 0 && !u->none) {
        return API_OK;
    }

    chain = API_VEC(api_waf_chain_t, s->chains, rule->chain);
    n = u->none ? 0 : chain->n;
    rule->none |= u->none;

    if (n + a->chain.n > sizeof(ids)) {
        return api_seclang_fail(s, API_LIMIT, API_SECLANG_E_TRANSFORM,
            "more than 64 transformations");
    }

    memcpy(ids, chain->ids, n);

    if (a->chain.n) {
        memcpy(ids + n, a->chain.items, a->chain.n);
    }

    return api_seclang_chain(s, ids, n + a->chain.n, &rule->chain);
}


static int
api_seclang_update(api_seclang_t *s, const api_seclang_late_t *late,
    const uint32_t *rules, uint32_t n)
{
    int                   rc;
    uint32_t              i;
    api_waf_rule_t        rule, *one;
    api_seclang_targets_t t;
    api_seclang_actions_t a;

    memset(&a, 0, sizeof(a));
    memset(&rule, 0, sizeof(rule));
    rule.severity = 255;
    a.rule = &rule;
    a.place = API_SECLANG_IN_UPDATE;

    rc = late->kind == API_SECLANG_TARGET
             ? api_seclang_targets(s, late->text, &t)
             : api_seclang_actions(s, late->text, &a);

    for (i = 0; i < n && rc == API_OK; i++) {
        one = API_VEC(api_waf_rule_t, s->rules, rules[i]);

        if (one->op == NULL && late->kind == API_SECLANG_TARGET) {
            continue; /* SecAction looks at nothing */
        }

        rc = late->kind == API_SECLANG_TARGET
                 ? api_seclang_retarget(s, one, &t)
                 : api_seclang_react(s, one, &a);
    }

    return rc;
}


static int
api_seclang_late_one(api_seclang_t *s, const api_seclang_late_t *late)
{
    int             rc;
    uint32_t        i, n;
    const uint32_t *rules;

    s->file = late->file;
    s->line = late->line;
    rc = api_waf_select(s->rules.items, s->rules.n, late->by, late->what,
        &s->arena, &rules, &n);

    if (rc == API_NOMEM) {
        return api_seclang_nomem(s);
    }

    if (rc != API_OK) {
        return api_seclang_fail(s, rc, API_SECLANG_E_EXCLUSION,
            "\"%.*s\" is no id; write NUMBER or NUMBER-NUMBER",
            API_SECLANG_SHOW(late->what));
    }

    if (n == 0) {
        api_seclang_say(s, 0, "no rule is meant by \"%.*s\"",
            API_SECLANG_SHOW(late->what));
    }

    if (late->kind != API_SECLANG_REMOVE) {
        return api_seclang_update(s, late, rules, n);
    }

    for (i = 0; i < n; i++) {
        API_VEC(api_waf_rule_t, s->rules, rules[i])->removed = true;
    }

    return API_OK;
}


/* Which rules a ctl means. */

static int
api_seclang_late_ctl(api_seclang_t *s, api_waf_rule_t *rule)
{
    int               rc;
    uint32_t          i;
    api_waf_action_t *action;

    for (i = 0; i < rule->nactions; i++) {
        action = &rule->action[i];

        if (action->what != API_WAF_DO_REMOVE
            && action->what != API_WAF_DO_REMOVE_TARGET)
        {
            continue;
        }

        s->file = rule->file;
        s->line = rule->line;
        rc = api_waf_select(s->rules.items, s->rules.n,
            (api_waf_by_t) action->by, action->name.text, &s->arena,
            &action->rules, &action->nrules);

        if (rc == API_NOMEM) {
            return api_seclang_nomem(s);
        }

        if (rc != API_OK) {
            return api_seclang_fail(s, rc, API_SECLANG_E_ACTION,
                "ctl: \"%.*s\" is no id; write NUMBER or NUMBER-NUMBER",
                API_SECLANG_SHOW(action->name.text));
        }
    }

    return API_OK;
}


int
api_seclang_late(api_seclang_t *s)
{
    int      rc;
    uint32_t i;

    rc = API_OK;

    for (i = 0; i < s->late.n && rc == API_OK; i++) {
        rc = api_seclang_late_one(s, API_VEC(api_seclang_late_t, s->late, i));
    }

    for (i = 0; i < s->rules.n && rc == API_OK; i++) {
        rc = api_seclang_late_ctl(s, API_VEC(api_waf_rule_t, s->rules, i));
    }

    return rc;
}
