#include "api_seclang_int.h"


typedef int (*api_seclang_action_pt)(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value);

typedef enum {
    API_SECLANG_V_NO = 0, /* no value */
    API_SECLANG_V_YES,
    API_SECLANG_V_MAY
} api_seclang_value_t;

typedef enum {
    API_SECLANG_CHAIN = 0,
    API_SECLANG_CAPTURE,
    API_SECLANG_MULTI
} api_seclang_flag_t;

#define API_SECLANG_META 1 /* not in SecDefaultAction */
#define API_SECLANG_IDLE 2 /* no effect here, worth a note */

typedef struct {
    const char           *name;
    api_seclang_action_pt take;
    api_seclang_value_t   value;
    unsigned              flags;
    int                   number; /* for its function, in a->number */
} api_seclang_action_info_t;


static int
api_seclang_add(
    api_seclang_t *s, api_seclang_actions_t *a, api_waf_do_t what, uint32_t n)
{
    api_waf_action_t *action;

    action = api_vec_push(&s->arena, &a->actions, sizeof(*action));

    if (action == NULL) {
        return api_seclang_nomem(s);
    }

    action->what = (uint8_t) what;
    action->number = n;

    return API_OK;
}


static int
api_seclang_take_id(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value)
{
    uint64_t id;

    if (!api_seclang_number(value, UINT32_MAX - 1, &id) || id == 0) {
        return api_seclang_fail(s, API_INVALID, API_SECLANG_E_ID,
            "id:%.*s is no number from 1 to 4294967294",
            API_SECLANG_SHOW(value));
    }

    if (a->place == API_SECLANG_IN_DEFAULT
        || a->place == API_SECLANG_IN_UPDATE) {
        return api_seclang_fail(s, API_INVALID, API_SECLANG_E_ID,
            "an id cannot stand here; leave it out");
    }

    a->rule->id = a->place == API_SECLANG_IN_LINK ? 0 : (uint32_t) id;

    return API_OK;
}


static int
api_seclang_take_phase(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value)
{
    size_t   i;
    uint64_t n;

    static const struct {
        const char *name;
        uint8_t     phase;
    } names[] = {
        { "request", 2 },
        { "response", 4 },
        { "logging", 5 },
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (api_seclang_is(value, names[i].name)) {
            n = names[i].phase;
            goto found;
        }
    }

    if (!api_seclang_number(value, 5, &n) || n == 0) {
        return api_seclang_fail(s, API_INVALID, API_SECLANG_E_PHASE,
            "phase:%.*s; write phase:1 to phase:5, request, response or "
            "logging",
            API_SECLANG_SHOW(value));
    }

found:

    a->phase = true;
    a->rule->phase = (uint8_t) n;

    return API_OK;
}


static int
api_seclang_take_severity(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value)
{
    uint8_t  i;
    uint64_t n;

    static const char *const names[] = { "emergency", "alert", "critical",
        "error", "warning", "notice", "info", "debug" };

    for (i = 0; i < 8; i++) {
        if (api_seclang_is(value, names[i])) {
            a->rule->severity = i;
            return API_OK;
        }
    }

    if (!api_seclang_number(value, 7, &n)) {
        return api_seclang_fail(s, API_INVALID, API_SECLANG_E_ACTION,
            "severity:%.*s; write EMERGENCY, ALERT, CRITICAL, ERROR, WARNING, "
            "NOTICE, INFO, DEBUG or 0 to 7",
            API_SECLANG_SHOW(value));
    }

    a->rule->severity = (uint8_t) n;

    return API_OK;
}


static int
api_seclang_take_msg(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value)
{
    return api_seclang_macro(s, value, &a->rule->msg);
}


static int
api_seclang_take_logdata(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value)
{
    return api_seclang_macro(s, value, &a->rule->logdata);
}


static int
api_seclang_take_tag(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value)
{
    api_waf_text_t *tag;

    tag = api_vec_push(&s->arena, &a->tags, sizeof(*tag));

    return tag ? api_seclang_macro(s, value, tag) : api_seclang_nomem(s);
}


static int
api_seclang_take_rev(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value)
{
    (void) s;
    a->rule->rev = value;

    return API_OK;
}


static int
api_seclang_take_nothing(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value)
{
    (void) s;
    (void) a;
    (void) value;

    return API_OK;
}


static int
api_seclang_take_transform(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value)
{
    int      id;
    uint8_t *item;

    id = api_transform_find(value);

    if (id < 0) {
        return api_seclang_fail(s, API_UNSUPPORTED, API_SECLANG_E_TRANSFORM,
            "there is no transformation t:%.*s; "
            "see docs/guide/waf-seclang.md for those there are",
            API_SECLANG_SHOW(value));
    }

    if (id == API_T_NONE) {
        a->chain.n = 0;
        a->rule->none = true;
        return API_OK;
    }

    item = api_vec_push(&s->arena, &a->chain, sizeof(*item));

    if (item == NULL) {
        return api_seclang_nomem(s);
    }

    *item = (uint8_t) id;

    return API_OK;
}


/* What needs no more than its name. */

static int
api_seclang_take_flag(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value)
{
    (void) s;
    (void) value;

    a->rule->has_next |= a->number == API_SECLANG_CHAIN;
    a->rule->capture |= a->number == API_SECLANG_CAPTURE;
    a->rule->multi |= a->number == API_SECLANG_MULTI;

    return API_OK;
}


static int
api_seclang_take_do(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value)
{
    (void) value;
    return api_seclang_add(s, a, (api_waf_do_t) a->number, 0);
}


static int
api_seclang_take_status(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value)
{
    uint64_t n;

    if (!api_seclang_number(value, 599, &n) || n < 100) {
        return api_seclang_fail(s, API_INVALID, API_SECLANG_E_ACTION,
            "status:%.*s is no HTTP status", API_SECLANG_SHOW(value));
    }

    return api_seclang_add(s, a, API_WAF_DO_STATUS, (uint32_t) n);
}


static int
api_seclang_take_skip(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value)
{
    uint64_t n;

    if (!api_seclang_number(value, 100000, &n)) {
        return api_seclang_fail(s, API_INVALID, API_SECLANG_E_ACTION,
            "skip:%.*s is no number of rules", API_SECLANG_SHOW(value));
    }

    return api_seclang_add(s, a, API_WAF_DO_SKIP, (uint32_t) n);
}


static int
api_seclang_named(api_seclang_t *s, api_seclang_actions_t *a,
    api_waf_do_t what, api_span_t name, api_span_t text)
{
    int               rc;
    api_waf_action_t *action;

    rc = api_seclang_add(s, a, what, 0);

    if (rc != API_OK) {
        return rc;
    }

    action = API_VEC(api_waf_action_t, a->actions, a->actions.n - 1);
    action->name.text = name;

    return api_seclang_macro(s, text, &action->text);
}


static int
api_seclang_take_skip_after(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value)
{
    return api_seclang_named(
        s, a, API_WAF_DO_SKIP_AFTER, value, (api_span_t){ NULL, 0 });
}


static int
api_seclang_take_setenv(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value)
{
    api_span_t name;

    if (!api_seclang_cut(&value, '=', &name)) {
        return api_seclang_fail(
            s, API_SYNTAX, API_SECLANG_E_ACTION, "write setenv:NAME=VALUE");
    }

    return api_seclang_named(s, a, API_WAF_DO_SETENV, name, value);
}


static int
api_seclang_take_text(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value)
{
    return api_seclang_named(
        s, a, (api_waf_do_t) a->number, (api_span_t){ NULL, 0 }, value);
}


static int
api_seclang_disrupt(
    api_seclang_t *s, api_seclang_actions_t *a, api_waf_disrupt_t how)
{
    if (a->place == API_SECLANG_IN_LINK) {
        return api_seclang_fail(s, API_INVALID, API_SECLANG_E_ACTION,
            "only the first rule of a chain may deny, block, pass, allow, "
            "drop or redirect; move the action there");
    }

    a->rule->disrupt = (uint8_t) how;

    return API_OK;
}


static int
api_seclang_take_disrupt(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value)
{
    (void) value;
    return api_seclang_disrupt(s, a, (api_waf_disrupt_t) a->number);
}


static int
api_seclang_take_redirect(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value)
{
    int rc;

    rc = api_seclang_disrupt(s, a, API_WAF_DIS_REDIRECT);

    return rc == API_OK ? api_seclang_macro(s, value, &a->rule->location) : rc;
}


static int
api_seclang_take_allow(
    api_seclang_t *s, api_seclang_actions_t *a, api_span_t value)
{
    if (value.len == 0) {
        return api_seclang_disrupt(s, a, API_WAF_DIS_ALLOW);
    }

    if (api_seclang_is(value, "phase")) {
        return api_seclang_disrupt(s, a, API_WAF_DIS_ALLOW_PHASE);
    }

    if (api_seclang_is(value, "request")) {
        return api_seclang_disrupt(s, a, API_WAF_DIS_ALLOW_REQUEST);
    }

    return api_seclang_fail(s, API_INVALID, API_SECLANG_E_ACTION,
        "allow:%.*s; write allow, allow:phase or allow:request",
        API_SECLANG_SHOW(value));
}


#define API_DO(name, take, value, flags)                                      \
    {                                                                         \
        name, api_seclang_take_##take, API_SECLANG_V_##value, flags, 0        \
    }
#define API_DO_N(name, take, value, flags, number)                            \
    {                                                                         \
        name, api_seclang_take_##take, API_SECLANG_V_##value, flags, number   \
    }
#define API_DO_OF(name, function)                                             \
    {                                                                         \
        name, function, API_SECLANG_V_YES, API_SECLANG_META, 0                \
    }

static const api_seclang_action_info_t api_seclang_action_infos[] = {
    API_DO("accuracy", nothing, YES, API_SECLANG_META),
    API_DO("allow", allow, MAY, 0),
    API_DO_N("auditlog", do, NO, 0, API_WAF_DO_LOG),
    API_DO_N("block", do, NO, 0, API_WAF_DO_BLOCK),
    API_DO_N("capture", flag, NO, API_SECLANG_META, API_SECLANG_CAPTURE),
    API_DO_N("chain", flag, NO, API_SECLANG_META, API_SECLANG_CHAIN),
    API_DO_OF("ctl", api_seclang_ctl),
    API_DO_N("deny", disrupt, NO, 0, API_WAF_DIS_DENY),
    API_DO("deprecatevar", nothing, YES, API_SECLANG_IDLE),
    API_DO_N("drop", disrupt, NO, 0, API_WAF_DIS_DROP),
    API_DO_OF("expirevar", api_seclang_expirevar),
    API_DO("id", id, YES, 0),
    API_DO_OF("initcol", api_seclang_initcol),
    API_DO_N("log", do, NO, 0, API_WAF_DO_LOG),
    API_DO("logdata", logdata, YES, API_SECLANG_META),
    API_DO("maturity", nothing, YES, API_SECLANG_META),
    API_DO("msg", msg, YES, API_SECLANG_META),
    API_DO_N("multiMatch", flag, NO, API_SECLANG_META, API_SECLANG_MULTI),
    API_DO_N("noauditlog", do, NO, 0, API_WAF_DO_NOLOG),
    API_DO_N("nolog", do, NO, 0, API_WAF_DO_NOLOG),
    API_DO_N("pass", disrupt, NO, 0, API_WAF_DIS_PASS),
    API_DO("pause", nothing, YES, API_SECLANG_IDLE),
    API_DO("phase", phase, YES, 0),
    API_DO("redirect", redirect, YES, 0),
    API_DO("rev", rev, YES, API_SECLANG_META),
    API_DO("sanitiseArg", nothing, YES, API_SECLANG_IDLE),
    API_DO("sanitiseMatched", nothing, NO, API_SECLANG_IDLE),
    API_DO("sanitiseMatchedBytes", nothing, MAY, API_SECLANG_IDLE),
    API_DO("sanitiseRequestHeader", nothing, YES, API_SECLANG_IDLE),
    API_DO("sanitiseResponseHeader", nothing, YES, API_SECLANG_IDLE),
    API_DO("setenv", setenv, YES, API_SECLANG_META),
    API_DO_N("setrsc", text, YES, API_SECLANG_META, API_WAF_DO_SETRSC),
    API_DO_N("setsid", text, YES, API_SECLANG_META, API_WAF_DO_SETSID),
    API_DO_N("setuid", text, YES, API_SECLANG_META, API_WAF_DO_SETUID),
    API_DO_OF("setvar", api_seclang_setvar),
    API_DO("severity", severity, YES, API_SECLANG_META),
    API_DO("skip", skip, YES, API_SECLANG_META),
    API_DO("skipAfter", skip_after, YES, API_SECLANG_META),
    API_DO("status", status, YES, 0),
    API_DO("t", transform, YES, 0),
    API_DO("tag", tag, YES, API_SECLANG_META),
    API_DO("ver", nothing, YES, API_SECLANG_META),
};


static int
api_seclang_do(api_seclang_t *s, api_seclang_actions_t *a, api_span_t name,
    api_span_t value, bool has)
{
    size_t                           i;
    const api_seclang_action_info_t *info;

    for (i = 0; i < sizeof(api_seclang_action_infos) / sizeof(*info); i++) {
        info = &api_seclang_action_infos[i];

        if (!api_seclang_is(name, info->name)) {
            continue;
        }

        if (has ? info->value == API_SECLANG_V_NO
                : info->value == API_SECLANG_V_YES) {
            return api_seclang_fail(s, API_SYNTAX, API_SECLANG_E_ACTION,
                has ? "%s takes no value; leave out what is behind the colon"
                    : "%s needs a value; write it behind a colon",
                info->name);
        }

        if ((info->flags & API_SECLANG_META)
            && a->place == API_SECLANG_IN_DEFAULT) {
            return api_seclang_fail(s, API_INVALID, API_SECLANG_E_ACTION,
                "%s cannot be in SecDefaultAction; write it in the rules",
                info->name);
        }

        if (info->flags & API_SECLANG_IDLE) {
            api_seclang_say(
                s, a->rule->id, "%s has no effect here", info->name);
        }

        a->number = info->number;

        return info->take(s, a, value);
    }

    return api_seclang_fail(s, API_UNSUPPORTED, API_SECLANG_E_ACTION,
        "there is no action \"%.*s\"; "
        "see docs/guide/waf-seclang.md for those there are",
        API_SECLANG_SHOW(name));
}


/* The value at the beginning of *rest: '...', or up to a comma. */

static int
api_seclang_value(api_seclang_t *s, api_span_t *rest, api_span_t *value)
{
    size_t i;
    bool   escaped;

    if (rest->len == 0 || rest->data[0] != '\'') {
        for (i = 0; i < rest->len && rest->data[i] != ','; i++) {
            /* void */
        }

        *value = api_seclang_trim(api_span(rest->data, i));
        *rest = api_span(rest->data + i, rest->len - i);

        return API_OK;
    }

    escaped = false;

    for (i = 1; i < rest->len; i++) {
        if (rest->data[i] == '\'' && !escaped) {
            *value = api_span(rest->data + 1, i - 1);
            *rest = api_seclang_trim(
                api_span(rest->data + i + 1, rest->len - i - 1));
            return API_OK;
        }

        escaped = rest->data[i] == '\\' && !escaped;
    }

    return api_seclang_fail(s, API_SYNTAX, API_SECLANG_E_QUOTE,
        "a value that begins with ' does not end with one: '%.*s",
        API_SECLANG_SHOW(*rest));
}


int
api_seclang_actions(
    api_seclang_t *s, api_span_t text, api_seclang_actions_t *out)
{
    int        rc;
    bool       has;
    size_t     i;
    api_span_t name, value;

    for (text = api_seclang_trim(text); text.len;
         text = api_seclang_trim(text)) {
        for (i = 0; i < text.len && text.data[i] != ':' && text.data[i] != ',';
             i++) {
            /* void */
        }

        name = api_seclang_trim(api_span(text.data, i));
        has = i < text.len && text.data[i] == ':';
        text = api_span(text.data + i + has, text.len - i - has);
        value = (api_span_t){ NULL, 0 };

        if (has) {
            rc = api_seclang_value(s, &text, &value);

            if (rc != API_OK) {
                return rc;
            }
        }

        rc = api_seclang_do(s, out, name, value, has);

        if (rc != API_OK) {
            return rc;
        }

        if (text.len == 0) {
            return API_OK;
        }

        if (text.data[0] != ',') {
            return api_seclang_fail(s, API_SYNTAX, API_SECLANG_E_ACTION,
                "a comma is missing behind the value of %.*s",
                API_SECLANG_SHOW(name));
        }

        text = api_span(text.data + 1, text.len - 1);
    }

    return API_OK;
}
