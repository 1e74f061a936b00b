#include "api_seclang_int.h"

#include <stdio.h>


#define API_SECLANG_IDS_FIRST 1024
#define API_SECLANG_CHAIN_MAX 32  /* links */
#define API_SECLANG_TRANSFORMS 32 /* of a rule */


/* Where the id is, or belongs, in the table. */

static uint32_t *
api_seclang_id(api_seclang_t *s, uint32_t id)
{
    uint32_t        i;
    api_waf_rule_t *rule;

    for (i = (id * 2654435761u) & s->id_mask; s->id_table[i];
         i = (i + 1) & s->id_mask)
    {
        rule = API_VEC(api_waf_rule_t, s->rules, s->id_table[i] - 1);

        if (rule->id == id) {
            break;
        }
    }

    return &s->id_table[i];
}


api_waf_rule_t *
api_seclang_find(api_seclang_t *s, uint32_t id)
{
    uint32_t *at;

    if (s->id_table == NULL) {
        return NULL;
    }

    at = api_seclang_id(s, id);

    return *at ? API_VEC(api_waf_rule_t, s->rules, *at - 1) : NULL;
}


static int
api_seclang_ids_grow(api_seclang_t *s)
{
    uint32_t        i, mask;
    uint32_t       *table;
    api_waf_rule_t *rule;

    mask = s->id_table ? s->id_mask * 2 + 1 : API_SECLANG_IDS_FIRST - 1;
    table = api_arena_calloc(&s->arena, (size_t) mask + 1, sizeof(*table));

    if (table == NULL) {
        return api_seclang_nomem(s);
    }

    s->id_table = table;
    s->id_mask = mask;

    for (i = 0; i < s->rules.n; i++) {
        rule = API_VEC(api_waf_rule_t, s->rules, i);

        if (rule->id) {
            *api_seclang_id(s, rule->id) = i + 1;
        }
    }

    return API_OK;
}


/* Give rule `index` its place by id. */

static int
api_seclang_register(api_seclang_t *s, uint32_t index)
{
    uint32_t       *at;
    api_waf_rule_t *rule, *other;

    rule = API_VEC(api_waf_rule_t, s->rules, index);

    if (rule->id == 0) {
        return api_seclang_fail(s, API_INVALID, API_SECLANG_E_ID,
            "a rule without an id; write id:NUMBER among its actions");
    }

    other = api_seclang_find(s, rule->id);

    if (other && other != rule) {
        return api_seclang_fail(s, API_DUPLICATE, API_SECLANG_E_ID,
            "id %u is taken by %s:%u; write another", (unsigned) rule->id,
            other->file, (unsigned) other->line);
    }

    if ((s->id_table == NULL || s->nids * 2 > s->id_mask)
        && api_seclang_ids_grow(s) != API_OK)
    {
        return API_NOMEM;
    }

    at = api_seclang_id(s, rule->id);
    *at = index + 1;
    s->nids++;

    return API_OK;
}


int
api_seclang_chain(
    api_seclang_t *s, const uint8_t *ids, uint32_t n, uint32_t *chain)
{
    size_t           len;
    char            *name;
    uint32_t         i;
    api_span_t       copy;
    api_waf_chain_t *item;

    for (i = 0; i < s->chains.n; i++) {
        item = API_VEC(api_waf_chain_t, s->chains, i);

        if (item->n == n && (n == 0 || memcmp(item->ids, ids, n) == 0)) {
            *chain = i;
            return API_OK;
        }
    }

    if (n > API_SECLANG_TRANSFORMS) {
        return api_seclang_fail(s, API_LIMIT, API_SECLANG_E_TRANSFORM,
            "more than %u transformations", (unsigned) API_SECLANG_TRANSFORMS);
    }

    item = api_vec_push(&s->arena, &s->chains, sizeof(*item));
    copy = api_arena_dup(&s->arena, api_span(ids, n));
    name = api_arena_alloc(&s->arena, n * 32 + 1);

    if (item == NULL || copy.data == NULL || name == NULL) {
        return api_seclang_nomem(s);
    }

    len = 0;
    name[0] = '\0';

    for (i = 0; i < n; i++) {
        len += (size_t) snprintf(name + len, n * 32 + 1 - len, "%s%s",
            i ? "," : "", api_transform_name(ids[i]));
    }

    item->ids = copy.data;
    item->n = n;
    item->mask = api_transform_chain_mask(copy.data, n);
    item->name = api_span(name, len);
    *chain = s->chains.n - 1;

    return API_OK;
}


/* The operator: "!@name argument", or a pattern. */

static int
api_seclang_operator(api_seclang_t *s, api_waf_rule_t *rule, api_span_t text)
{
    int                rc;
    size_t             i;
    api_err_t          err = { 0 };
    api_span_t         name, arg;
    api_operator_env_t env = { api_seclang_read, s, s->match_limit,
        s->depth_limit };

    rule->op_name = text;

    if (text.len && text.data[0] == '!') {
        rule->negate = true;
        text = api_span(text.data + 1, text.len - 1);
    }

    name = API_SPAN("rx");
    arg = text;

    if (text.len && text.data[0] == '@') {
        for (i = 1;
             i < text.len && text.data[i] != ' ' && text.data[i] != '\t'; i++)
        {
            /* void */
        }

        name = api_span(text.data + 1, i - 1);
        i += i < text.len;
        arg = api_span(text.data + i, text.len - i);
    }

    rc = api_operator_compile(&rule->op, name, arg, &env, &s->arena, &err);

    if (rc == API_NOMEM) {
        return api_seclang_nomem(s);
    }

    if (rc != API_OK) {
        return api_seclang_fail(s, rc, API_SECLANG_E_OPERATOR, "@%.*s: %s",
            API_SECLANG_SHOW(name), err.text);
    }

    rule->op_name.len -= arg.len;
    rule->op_name = api_seclang_trim(rule->op_name);

    if (rule->op_name.len < 2) {
        rule->op_name = rule->negate ? API_SPAN("!@rx") : API_SPAN("@rx");
    }

    if (api_operator_inert(rule->op)) {
        api_seclang_say(
            s, rule->id, "never matches: %s", api_operator_inert(rule->op));
    }

    rule->arg.text = arg;
    rule->triggers = rule->negate ? API_TRIG_ALWAYS
                                  : api_operator_triggers(rule->op, &s->arena);

    return api_operator_macro(rule->op) ? api_seclang_macro(s, arg, &rule->arg)
                                        : API_OK;
}


/* !ARGS:x in a list takes members out of the targets of its collection, and
   takes out a target that is written like it. */

static int
api_seclang_set_targets(
    api_seclang_t *s, api_waf_rule_t *rule, api_seclang_targets_t *t)
{
    uint32_t          i, k, n;
    api_waf_pick_t   *drop;
    api_waf_target_t *target;
    api_vec_t         except;
    uint32_t         *item;

    n = 0;

    for (i = 0; i < t->add.n; i++) {
        target = API_VEC(api_waf_target_t, t->add, i);
        memset(&except, 0, sizeof(except));

        for (k = 0; k < t->drop.n; k++) {
            item = API_VEC(uint32_t, t->drop, k);
            drop = API_VEC(api_waf_pick_t, s->picks, *item);

            if (drop->var != target->pick.var) {
                continue;
            }

            if (api_span_eq_nocase(drop->full, target->pick.full)) {
                goto next;
            }

            if (target->pick.sel == API_WAF_SEL_NAME) {
                continue;
            }

            item = api_vec_push(&s->arena, &except, sizeof(*item));

            if (item == NULL) {
                return api_seclang_nomem(s);
            }

            *item = *API_VEC(uint32_t, t->drop, k);
        }

        target->except = except.items;
        target->nexcept = except.n;
        *API_VEC(api_waf_target_t, t->add, n++) = *target;

    next:

        continue;
    }

    rule->target = t->add.items;
    rule->ntargets = n;

    return API_OK;
}


/* A new rule with what its place in the file says. */

static api_waf_rule_t *
api_seclang_new(api_seclang_t *s)
{
    api_waf_rule_t *rule;

    if (s->rules.n == s->limits.rules) {
        api_seclang_fail(s, API_LIMIT, API_SECLANG_E_LIMIT,
            "more than %u rules", (unsigned) s->limits.rules);
        return NULL;
    }

    rule = api_vec_push(&s->arena, &s->rules, sizeof(*rule));

    if (rule == NULL) {
        api_seclang_nomem(s);
        return NULL;
    }

    rule->file = s->file;
    rule->line = s->line;
    rule->severity = 255;
    rule->bit = API_WAF_NONE;
    rule->head = s->open == API_WAF_NONE ? s->rules.n - 1 : s->open;

    return rule;
}


static int
api_seclang_set_actions(api_seclang_t *s, api_seclang_actions_t *a)
{
    api_waf_rule_t *rule;

    rule = a->rule;

    rule->set = a->sets.items;
    rule->nsets = a->sets.n;
    rule->action = a->actions.items;
    rule->nactions = a->actions.n;
    rule->tag = a->tags.items;
    rule->ntags = a->tags.n;

    return api_seclang_chain(s, a->chain.items, a->chain.n, &rule->chain);
}


/* The place of a rule that has its actions: alone, or in the open chain. */

static int
api_seclang_place(
    api_seclang_t *s, api_waf_rule_t *rule, const api_seclang_actions_t *a)
{
    uint32_t        index;
    api_waf_rule_t *head;

    index = s->rules.n - 1;

    if (rule->head == index) {
        if (!a->phase) {
            rule->phase = API_WAF_REQUEST_HEADERS_PHASE;
            api_seclang_say(
                s, rule->id, "no phase is written: it runs in phase 1");
        }

        if (rule->has_next) {
            s->open = index;
        }

        return api_seclang_register(s, index);
    }

    head = API_VEC(api_waf_rule_t, s->rules, rule->head);
    rule->phase = head->phase;

    if (head->links == API_SECLANG_CHAIN_MAX) {
        return api_seclang_fail(s, API_LIMIT, API_SECLANG_E_CHAIN,
            "a chain of more than %u rules", (unsigned) API_SECLANG_CHAIN_MAX);
    }

    head->links++;

    if (!rule->has_next) {
        s->open = API_WAF_NONE;
    }

    return API_OK;
}


static int
api_seclang_new_actions(api_seclang_t *s, api_waf_rule_t *rule,
    api_span_t text, api_seclang_actions_t *a)
{
    int rc;

    memset(a, 0, sizeof(*a));
    a->rule = rule;
    a->place =
        s->open == API_WAF_NONE ? API_SECLANG_IN_RULE : API_SECLANG_IN_LINK;

    rc = api_seclang_actions(s, text, a);

    return rc == API_OK ? api_seclang_set_actions(s, a) : rc;
}


int
api_seclang_rule(api_seclang_t *s, const api_span_t *word, uint32_t n)
{
    int                   rc;
    api_waf_rule_t       *rule;
    api_seclang_actions_t a;
    api_seclang_targets_t t;

    if (n != 3 && n != 4) {
        return api_seclang_fail(s, API_SYNTAX, API_SECLANG_E_WORDS,
            "write SecRule VARIABLES \"OPERATOR\" \"ACTIONS\"");
    }

    rule = api_seclang_new(s);

    if (rule == NULL) {
        return s->rules.n == s->limits.rules ? API_LIMIT : API_NOMEM;
    }

    rc = api_seclang_new_actions(
        s, rule, n == 4 ? word[3] : (api_span_t){ NULL, 0 }, &a);

    if (rc == API_OK) {
        rc = api_seclang_targets(s, word[1], &t);
    }

    if (rc == API_OK) {
        rc = api_seclang_set_targets(s, rule, &t);
    }

    if (rc == API_OK) {
        rc = api_seclang_operator(s, rule, word[2]);
    }

    return rc == API_OK ? api_seclang_place(s, rule, &a) : rc;
}


static int
api_seclang_no_chain(api_seclang_t *s, const char *what)
{
    api_waf_rule_t *head;

    if (s->open == API_WAF_NONE) {
        return API_OK;
    }

    head = API_VEC(api_waf_rule_t, s->rules, s->open);

    return api_seclang_fail(s, API_SYNTAX, API_SECLANG_E_CHAIN,
        "%s, but the chain of rule %u (%s:%u) has no last link; "
        "take \"chain\" from its last rule",
        what, (unsigned) head->id, head->file, (unsigned) head->line);
}


int
api_seclang_action(api_seclang_t *s, const api_span_t *word, uint32_t n)
{
    int                   rc;
    api_waf_rule_t       *rule;
    api_seclang_actions_t a;

    rc = api_seclang_no_chain(s, "SecAction stands here");

    if (rc != API_OK) {
        return rc;
    }

    if (n != 2) {
        return api_seclang_fail(
            s, API_SYNTAX, API_SECLANG_E_WORDS, "write SecAction \"ACTIONS\"");
    }

    rule = api_seclang_new(s);

    if (rule == NULL) {
        return s->rules.n == s->limits.rules ? API_LIMIT : API_NOMEM;
    }

    rc = api_seclang_new_actions(s, rule, word[1], &a);

    if (rc == API_OK && rule->has_next) {
        return api_seclang_fail(s, API_INVALID, API_SECLANG_E_CHAIN,
            "SecAction cannot begin a chain; write SecRule");
    }

    return rc == API_OK ? api_seclang_place(s, rule, &a) : rc;
}


int
api_seclang_marker(api_seclang_t *s, const api_span_t *word, uint32_t n)
{
    int                   rc;
    api_seclang_marker_t *marker;

    rc = api_seclang_no_chain(s, "SecMarker stands here");

    if (rc != API_OK) {
        return rc;
    }

    if (n != 2 || word[1].len == 0) {
        return api_seclang_fail(
            s, API_SYNTAX, API_SECLANG_E_WORDS, "write SecMarker NAME");
    }

    marker = api_vec_push(&s->arena, &s->markers, sizeof(*marker));

    if (marker == NULL) {
        return api_seclang_nomem(s);
    }

    marker->name = word[1];
    marker->before = s->rules.n;

    return API_OK;
}


int
api_seclang_default(api_seclang_t *s, const api_span_t *word, uint32_t n)
{
    int                    rc;
    api_seclang_default_t *d;
    api_seclang_actions_t  a;
    api_waf_rule_t         rule;

    if (n != 2) {
        return api_seclang_fail(s, API_SYNTAX, API_SECLANG_E_WORDS,
            "write SecDefaultAction \"phase:2,log,auditlog,pass\"");
    }

    memset(&rule, 0, sizeof(rule));
    memset(&a, 0, sizeof(a));
    rule.phase = API_WAF_REQUEST_HEADERS_PHASE;
    a.rule = &rule;
    a.place = API_SECLANG_IN_DEFAULT;

    rc = api_seclang_actions(s, word[1], &a);

    if (rc == API_OK) {
        rc = api_seclang_set_actions(s, &a);
    }

    if (rc != API_OK) {
        return rc;
    }

    if (rule.disrupt == API_WAF_DIS_NONE || rule.none) {
        return api_seclang_fail(s, API_INVALID, API_SECLANG_E_ACTION,
            "SecDefaultAction must say what block does and may not say "
            "t:none; write pass, deny, drop or redirect");
    }

    d = &s->defaults[rule.phase];

    if (d->set) {
        return api_seclang_fail(s, API_DUPLICATE, API_SECLANG_E_ACTION,
            "SecDefaultAction for phase %u stands in %s:%u already; "
            "leave one out",
            (unsigned) rule.phase, d->file, (unsigned) d->line);
    }

    d->set = true;
    d->file = s->file;
    d->line = s->line;
    d->rule = rule;

    return API_OK;
}
