#include "api_seclang_int.h"


typedef struct {
    const char *name;
    int         number;
} api_seclang_word_t;

static const api_seclang_word_t api_seclang_on_off[] = {
    { "On", 1 },
    { "Off", 0 },
    { NULL, 0 },
};

static const api_seclang_word_t api_seclang_engines[] = {
    { "On", API_WAF_ENGINE_ON },
    { "Off", API_WAF_ENGINE_OFF },
    { "DetectionOnly", API_WAF_ENGINE_DETECT },
    { NULL, 0 },
};

static const api_seclang_word_t api_seclang_audits[] = {
    { "On", 1 },
    { "Off", 0 },
    { "RelevantOnly", 1 },
    { NULL, 0 },
};

static const api_seclang_word_t api_seclang_bodies[] = {
    { "JSON", API_WAF_BODY_JSON },
    { "XML", API_WAF_BODY_XML },
    { "URLENCODED", API_WAF_BODY_URLENCODED },
    { "MULTIPART", API_WAF_BODY_MULTIPART },
    { NULL, 0 },
};

/* Those that give a word a number. */

static const struct {
    const char               *name;
    const api_seclang_word_t *words;
    api_waf_do_t              what;
    const char               *remedy;
} api_seclang_ctl_words[] = {
    { "ruleEngine", api_seclang_engines, API_WAF_DO_ENGINE,
        "On, Off or DetectionOnly" },
    { "auditEngine", api_seclang_audits, API_WAF_DO_AUDIT,
        "On, Off or RelevantOnly" },
    { "requestBodyAccess", api_seclang_on_off, API_WAF_DO_BODY_ACCESS,
        "On or Off" },
    { "forceRequestBodyVariable", api_seclang_on_off, API_WAF_DO_BODY_FORCE,
        "On or Off" },
    { "requestBodyProcessor", api_seclang_bodies, API_WAF_DO_BODY_PROCESSOR,
        "JSON, XML, URLENCODED or MULTIPART" },
};

/* Those that take rules out, or a target of theirs. */

static const struct {
    const char  *name;
    api_waf_do_t what;
    api_waf_by_t by;
} api_seclang_ctl_removes[] = {
    { "ruleRemoveById", API_WAF_DO_REMOVE, API_WAF_BY_ID },
    { "ruleRemoveByTag", API_WAF_DO_REMOVE, API_WAF_BY_TAG },
    { "ruleRemoveByMsg", API_WAF_DO_REMOVE, API_WAF_BY_MSG },
    { "ruleRemoveTargetById", API_WAF_DO_REMOVE_TARGET, API_WAF_BY_ID },
    { "ruleRemoveTargetByTag", API_WAF_DO_REMOVE_TARGET, API_WAF_BY_TAG },
    { "ruleRemoveTargetByMsg", API_WAF_DO_REMOVE_TARGET, API_WAF_BY_MSG },
};

/* Taken, without effect. */

static const char *const api_seclang_ctl_idle[] = { "auditLogParts",
    "debugLogLevel", "hashEngine", "hashEnforcement", "responseBodyAccess",
    "responseBodyLimit", "requestBodyLimit" };

#define API_N(array) (sizeof(array) / sizeof((array)[0]))


static int
api_seclang_ctl_word(
    api_seclang_t *s, api_seclang_actions_t *a, size_t i, api_span_t value)
{
    api_waf_action_t         *action;
    const api_seclang_word_t *word;

    for (word = api_seclang_ctl_words[i].words; word->name; word++) {
        if (!api_seclang_is(value, word->name)) {
            continue;
        }

        action = api_vec_push(&s->arena, &a->actions, sizeof(*action));

        if (action == NULL) {
            return api_seclang_nomem(s);
        }

        action->what = (uint8_t) api_seclang_ctl_words[i].what;
        action->number = (uint32_t) word->number;

        return API_OK;
    }

    return api_seclang_fail(s, API_INVALID, API_SECLANG_E_ACTION,
        "ctl:%s=%.*s; write %s", api_seclang_ctl_words[i].name,
        API_SECLANG_SHOW(value), api_seclang_ctl_words[i].remedy);
}


/* Which rules are meant is settled when all are known: name has it. */

static int
api_seclang_ctl_remove(
    api_seclang_t *s, api_seclang_actions_t *a, size_t i, api_span_t value)
{
    int               rc;
    uint32_t          pick;
    api_span_t        what;
    api_waf_action_t *action;

    action = api_vec_push(&s->arena, &a->actions, sizeof(*action));

    if (action == NULL) {
        return api_seclang_nomem(s);
    }

    action->what = (uint8_t) api_seclang_ctl_removes[i].what;
    action->by = api_seclang_ctl_removes[i].by;
    action->name.text = value;

    if (action->what == API_WAF_DO_REMOVE) {
        return API_OK;
    }

    if (!api_seclang_cut(&value, ';', &what) || value.len == 0) {
        return api_seclang_fail(s, API_SYNTAX, API_SECLANG_E_ACTION,
            "write ctl:%s=%s;ARGS:NAME", api_seclang_ctl_removes[i].name,
            action->by == API_WAF_BY_ID ? "ID" : "NAME");
    }

    action->name.text = what;
    rc = api_seclang_pick(s, value, &pick);
    action->number = pick;

    return rc;
}


int
api_seclang_ctl(api_seclang_t *s, api_seclang_actions_t *a, api_span_t value)
{
    size_t     i;
    api_span_t name;

    if (!api_seclang_cut(&value, '=', &name)) {
        return api_seclang_fail(
            s, API_SYNTAX, API_SECLANG_E_ACTION, "write ctl:NAME=VALUE");
    }

    for (i = 0; i < API_N(api_seclang_ctl_words); i++) {
        if (api_seclang_is(name, api_seclang_ctl_words[i].name)) {
            return api_seclang_ctl_word(s, a, i, value);
        }
    }

    for (i = 0; i < API_N(api_seclang_ctl_removes); i++) {
        if (api_seclang_is(name, api_seclang_ctl_removes[i].name)) {
            return api_seclang_ctl_remove(s, a, i, value);
        }
    }

    for (i = 0; i < API_N(api_seclang_ctl_idle); i++) {
        if (api_seclang_is(name, api_seclang_ctl_idle[i])) {
            api_seclang_say(s, a->rule->id, "ctl:%s has no effect here",
                api_seclang_ctl_idle[i]);
            return API_OK;
        }
    }

    return api_seclang_fail(s, API_UNSUPPORTED, API_SECLANG_E_ACTION,
        "there is no ctl:%.*s; "
        "see docs/guide/waf-seclang.md for those there are",
        API_SECLANG_SHOW(name));
}
