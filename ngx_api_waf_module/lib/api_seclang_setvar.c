#include "api_seclang_int.h"


/* A member of a collection that rules may write: "tx.name", "ip:name". */

static int
api_seclang_store(
    api_seclang_t *s, api_span_t text, api_waf_var_t *var, api_span_t *name)
{
    int rc;

    rc = api_seclang_member(s, text, var, name);

    if (rc != API_OK) {
        return rc;
    }

    if (api_waf_var_kind(*var) != API_WAF_K_STORE || name->len == 0) {
        return api_seclang_fail(s, API_INVALID, API_SECLANG_E_ACTION,
            "\"%.*s\" cannot be set; write tx.NAME, ip.NAME, global.NAME, "
            "resource.NAME, session.NAME or user.NAME",
            API_SECLANG_SHOW(text));
    }

    return API_OK;
}


/* The first = that is in no macro. */

static size_t
api_seclang_equals(api_span_t text)
{
    size_t i;
    bool   macro;

    macro = false;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] == '{' && i && text.data[i - 1] == '%') {
            macro = true;

        } else if (text.data[i] == '}') {
            macro = false;

        } else if (text.data[i] == '=' && !macro) {
            break;
        }
    }

    return i;
}


static int
api_seclang_setvar_value(
    api_seclang_t *s, api_waf_setvar_t *set, api_span_t value)
{
    int rc;

    set->op = API_WAF_SET;

    if (value.len && (value.data[0] == '+' || value.data[0] == '-')) {
        set->op = value.data[0] == '+' ? API_WAF_SET_ADD : API_WAF_SET_SUB;
        value = api_span(value.data + 1, value.len - 1);
    }

    rc = api_seclang_macro(s, value, &set->value);

    if (rc == API_OK && set->value.n == 0) {
        set->number = api_waf_stoi(value);
    }

    return rc;
}


int
api_seclang_setvar(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value)
{
    int               rc;
    bool              unset;
    size_t            eq;
    api_span_t        name;
    api_waf_setvar_t *set;

    set = api_vec_push(&s->arena, &a->sets, sizeof(*set));

    if (set == NULL) {
        return api_seclang_nomem(s);
    }

    unset = value.len && value.data[0] == '!';

    if (unset) {
        value = api_span(value.data + 1, value.len - 1);
    }

    eq = api_seclang_equals(value);
    rc = api_seclang_store(s, api_span(value.data, eq), &set->var, &name);

    if (rc != API_OK) {
        return rc;
    }

    rc = api_seclang_macro(s, name, &set->name);
    set->slot = API_WAF_NONE;

    if (rc == API_OK && set->var == API_WAF_TX && set->name.n == 0) {
        rc = api_seclang_slot(s, name, &set->slot);
    }

    if (rc != API_OK) {
        return rc;
    }

    if (unset) {
        set->op = API_WAF_SET_UNSET;
        return API_OK;
    }

    return api_seclang_setvar_value(s, set,
        eq == value.len ? API_SPAN("1")
                        : api_span(value.data + eq + 1, value.len - eq - 1));
}


int
api_seclang_expirevar(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value)
{
    int               rc;
    size_t            eq;
    api_waf_var_t     var;
    api_span_t        name;
    api_waf_action_t *action;

    eq = api_seclang_equals(value);

    if (eq == value.len) {
        return api_seclang_fail(s, API_SYNTAX, API_SECLANG_E_ACTION,
            "write expirevar:ip.NAME=SECONDS");
    }

    rc = api_seclang_store(s, api_span(value.data, eq), &var, &name);

    if (rc != API_OK) {
        return rc;
    }

    if (var == API_WAF_TX) {
        return api_seclang_fail(s, API_INVALID, API_SECLANG_E_ACTION,
            "tx lives as long as its request and cannot expire; "
            "leave expirevar:%.*s out",
            API_SECLANG_SHOW(value));
    }

    action = api_vec_push(&s->arena, &a->actions, sizeof(*action));

    if (action == NULL) {
        return api_seclang_nomem(s);
    }

    action->what = API_WAF_DO_EXPIREVAR;
    action->var = (uint16_t) var;
    rc = api_seclang_macro(s, name, &action->name);

    return rc == API_OK ? api_seclang_macro(s,
               api_span(value.data + eq + 1, value.len - eq - 1),
               &action->text)
                        : rc;
}


int
api_seclang_initcol(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value)
{
    size_t            eq;
    api_waf_var_t     var;
    api_span_t        name;
    api_waf_action_t *action;

    eq = api_seclang_equals(value);
    name = api_seclang_trim(api_span(value.data, eq));
    var = api_waf_var_find(name);

    if (eq == value.len
        || (var != API_WAF_IP && var != API_WAF_GLOBAL
            && var != API_WAF_RESOURCE))
    {
        return api_seclang_fail(s, API_INVALID, API_SECLANG_E_ACTION,
            "initcol:%.*s; write initcol:ip=KEY, initcol:global=KEY or "
            "initcol:resource=KEY",
            API_SECLANG_SHOW(value));
    }

    action = api_vec_push(&s->arena, &a->actions, sizeof(*action));

    if (action == NULL) {
        return api_seclang_nomem(s);
    }

    action->what = API_WAF_DO_INITCOL;
    action->var = (uint16_t) var;

    return api_seclang_macro(
        s, api_span(value.data + eq + 1, value.len - eq - 1), &action->text);
}
