#include "api_seclang_int.h"


typedef int (*api_seclang_directive_pt)(
    api_seclang_t *s, const api_span_t *word, uint32_t n);

/* What a directive does with one word. */

typedef enum {
    API_SECLANG_D_FUNCTION = 0, /* take */
    API_SECLANG_D_FLAG,         /* On or Off, into a bool of the settings */
    API_SECLANG_D_ACTION,       /* Reject or ProcessPartial, into a bool */
    API_SECLANG_D_SIZE,         /* bytes, into a size_t */
    API_SECLANG_D_NUMBER,       /* into an uint32_t */
    API_SECLANG_D_LATE,         /* number: kind * 4 + by */
    API_SECLANG_D_IDLE,         /* no effect, worth a note */
    API_SECLANG_D_REFUSED       /* remedy says what instead */
} api_seclang_directive_kind_t;

typedef struct {
    const char                  *name;
    api_seclang_directive_kind_t kind;
    api_seclang_directive_pt     take;
    size_t                       number; /* offset in the settings, ... */
    const char                  *remedy; /* or why it has no effect */
} api_seclang_directive_info_t;


static int
api_seclang_take_include(api_seclang_t *s, const api_span_t *word, uint32_t n)
{
    if (n != 2) {
        return api_seclang_fail(
            s, API_SYNTAX, API_SECLANG_E_WORDS, "write Include FILE");
    }

    return api_seclang_include(
        s, word[1], api_seclang_is(word[0], "IncludeOptional"));
}


static int
api_seclang_take_engine(api_seclang_t *s, const api_span_t *word, uint32_t n)
{
    if (n == 2 && api_seclang_is(word[1], "On")) {
        s->settings.engine = API_WAF_ENGINE_ON;

    } else if (n == 2 && api_seclang_is(word[1], "Off")) {
        s->settings.engine = API_WAF_ENGINE_OFF;

    } else if (n == 2 && api_seclang_is(word[1], "DetectionOnly")) {
        s->settings.engine = API_WAF_ENGINE_DETECT;

    } else {
        return api_seclang_fail(s, API_INVALID, API_SECLANG_E_VALUE,
            "write SecRuleEngine On, Off or DetectionOnly");
    }

    s->settings.engine_said = true;

    return API_OK;
}


static int
api_seclang_take_separator(
    api_seclang_t *s, const api_span_t *word, uint32_t n)
{
    if (n != 2 || word[1].len != 1
        || (word[1].data[0] != '&' && word[1].data[0] != ';'))
    {
        return api_seclang_fail(s, API_INVALID, API_SECLANG_E_VALUE,
            "write SecArgumentSeparator & or ;");
    }

    s->settings.separator = word[1].data[0];

    return API_OK;
}


/* More types are added to those before, in lower case. */

static int
api_seclang_take_types(api_seclang_t *s, const api_span_t *word, uint32_t n)
{
    size_t     len;
    uint8_t   *out;
    uint32_t   i, k;
    api_span_t old;

    old = s->settings.response_types;
    len = old.len;

    for (i = 1; i < n; i++) {
        len += word[i].len + 1;
    }

    out = api_arena_alloc(&s->arena, len + 1);

    if (out == NULL) {
        return api_seclang_nomem(s);
    }

    len = old.len;

    if (len) {
        memcpy(out, old.data, len);
    }

    for (i = 1; i < n; i++) {
        if (len) {
            out[len++] = ' ';
        }

        for (k = 0; k < word[i].len; k++) {
            out[len++] = word[i].data[k] >= 'A' && word[i].data[k] <= 'Z'
                             ? (uint8_t) (word[i].data[k] | 0x20)
                             : word[i].data[k];
        }
    }

    s->settings.response_types = api_span(out, len);

    return API_OK;
}


static int
api_seclang_take_no_types(api_seclang_t *s, const api_span_t *word, uint32_t n)
{
    (void) word;
    (void) n;
    s->settings.response_types.len = 0;

    return API_OK;
}


static int
api_seclang_take_map(api_seclang_t *s, const api_span_t *word, uint32_t n)
{
    int                rc;
    uint64_t           page;
    api_err_t          err;
    api_span_t         text;
    api_unicode_map_t *map;

    if (n != 3 || !api_seclang_number(word[2], 100000, &page)) {
        return api_seclang_fail(s, API_SYNTAX, API_SECLANG_E_WORDS,
            "write SecUnicodeMapFile FILE CODEPAGE");
    }

    err.text[0] = '\0';
    rc = api_seclang_read(s, word[1], &text, &err);
    map = rc == API_OK ? api_arena_alloc(&s->arena, sizeof(*map)) : NULL;

    if (rc == API_OK && map == NULL) {
        return api_seclang_nomem(s);
    }

    if (rc == API_OK) {
        rc = api_unicode_map_read(map, text, (unsigned) page, &err);
    }

    if (rc != API_OK) {
        return api_seclang_fail(s, rc, API_SECLANG_E_FILE, "%.*s: %s",
            API_SECLANG_SHOW(word[1]), err.text);
    }

    s->settings.unicode_map = map;

    return API_OK;
}


static int
api_seclang_take_timeout(api_seclang_t *s, const api_span_t *word, uint32_t n)
{
    uint64_t seconds;

    if (n != 2 || !api_seclang_number(word[1], 30 * 86400, &seconds)
        || seconds == 0)
    {
        return api_seclang_fail(s, API_INVALID, API_SECLANG_E_VALUE,
            "write SecCollectionTimeout SECONDS, at most 30 days");
    }

    s->settings.collection_timeout = (uint32_t) seconds;

    return API_OK;
}


static int
api_seclang_take_webappid(api_seclang_t *s, const api_span_t *word, uint32_t n)
{
    if (n != 2) {
        return api_seclang_fail(
            s, API_SYNTAX, API_SECLANG_E_WORDS, "write SecWebAppId NAME");
    }

    s->webappid = word[1];

    return API_OK;
}


/* Where only one value is what we do. */

static int
api_seclang_take_only(api_seclang_t *s, const api_span_t *word, uint32_t n)
{
    bool cookies;

    cookies = api_seclang_is(word[0], "SecCookieFormat");

    if (n == 2 && api_seclang_is(word[1], cookies ? "0" : "Off")) {
        return API_OK;
    }

    return api_seclang_fail(s, API_UNSUPPORTED, API_SECLANG_E_UNSUPPORTED,
        cookies ? "only SecCookieFormat 0 is supported"
                : "external entities are never loaded; "
                  "write SecXmlExternalEntity Off");
}


#define API_D(name, take)                                                     \
    {                                                                         \
        name, API_SECLANG_D_FUNCTION, api_seclang_##take, 0, NULL             \
    }
#define API_D_SET(name, kind, field)                                          \
    {                                                                         \
        name, API_SECLANG_D_##kind, NULL,                                     \
            offsetof(api_waf_settings_t, field), NULL                         \
    }
#define API_D_LATE(name, kind, by)                                            \
    {                                                                         \
        name, API_SECLANG_D_LATE, NULL,                                       \
            API_SECLANG_##kind * 4 + API_WAF_BY_##by, NULL                    \
    }
#define API_D_IDLE(name, why)                                                 \
    {                                                                         \
        name, API_SECLANG_D_IDLE, NULL, 0, why                                \
    }
#define API_D_REFUSED(name, remedy)                                           \
    {                                                                         \
        name, API_SECLANG_D_REFUSED, NULL, 0, remedy                          \
    }

#define API_WHY_LIMIT "api_body_limit holds for all modules"
#define API_WHY_AUDIT "api_audit records every event"
#define API_WHY_FILES "nothing is written to files here"
#define API_WHY_NGINX "nginx itself decides this"
#define API_WHY_WORK "the work of a request is bounded as a whole"
#define API_WHY_NONE "there is no such thing here"

static const api_seclang_directive_info_t api_seclang_directives[] = {
    API_D("Include", take_include),
    API_D("IncludeOptional", take_include),
    API_D("SecAction", action),
    API_D("SecArgumentSeparator", take_separator),
    API_D("SecCollectionTimeout", take_timeout),
    API_D("SecCookieFormat", take_only),
    API_D("SecDefaultAction", default),
    API_D("SecMarker", marker),
    API_D("SecResponseBodyMimeType", take_types),
    API_D("SecResponseBodyMimeTypesClear", take_no_types),
    API_D("SecRule", rule),
    API_D("SecRuleEngine", take_engine),
    API_D("SecUnicodeMapFile", take_map),
    API_D("SecWebAppId", take_webappid),
    API_D("SecXmlExternalEntity", take_only),
    API_D_SET("SecArgumentsLimit", NUMBER, args),
    API_D_SET("SecRequestBodyAccess", FLAG, request_body),
    API_D_SET("SecRequestBodyJsonDepthLimit", NUMBER, json_depth),
    API_D_SET("SecResponseBodyAccess", FLAG, response_body),
    API_D_SET("SecResponseBodyLimit", SIZE, response_body_limit),
    API_D_SET("SecResponseBodyLimitAction", ACTION, response_body_reject),
    API_D_LATE("SecRuleRemoveById", REMOVE, ID),
    API_D_LATE("SecRuleRemoveByMsg", REMOVE, MSG),
    API_D_LATE("SecRuleRemoveByTag", REMOVE, TAG),
    API_D_LATE("SecRuleUpdateActionById", ACTION, ID),
    API_D_LATE("SecRuleUpdateTargetById", TARGET, ID),
    API_D_LATE("SecRuleUpdateTargetByMsg", TARGET, MSG),
    API_D_LATE("SecRuleUpdateTargetByTag", TARGET, TAG),
    API_D_IDLE("SecAuditEngine", API_WHY_AUDIT),
    API_D_IDLE("SecAuditLog", API_WHY_AUDIT),
    API_D_IDLE("SecAuditLog2", API_WHY_AUDIT),
    API_D_IDLE("SecAuditLogDirMode", API_WHY_AUDIT),
    API_D_IDLE("SecAuditLogFileMode", API_WHY_AUDIT),
    API_D_IDLE("SecAuditLogFormat", API_WHY_AUDIT),
    API_D_IDLE("SecAuditLogParts", API_WHY_AUDIT),
    API_D_IDLE("SecAuditLogRelevantStatus", API_WHY_AUDIT),
    API_D_IDLE("SecAuditLogStorageDir", API_WHY_AUDIT),
    API_D_IDLE("SecAuditLogType", API_WHY_AUDIT),
    API_D_IDLE("SecCacheTransformations", API_WHY_NONE),
    API_D_IDLE("SecChrootDir", API_WHY_NGINX),
    API_D_IDLE("SecComponentSignature", API_WHY_AUDIT),
    API_D_IDLE("SecConnEngine", API_WHY_NGINX),
    API_D_IDLE("SecConnReadStateLimit", API_WHY_NGINX),
    API_D_IDLE("SecConnWriteStateLimit", API_WHY_NGINX),
    API_D_IDLE("SecContentInjection", API_WHY_NONE),
    API_D_IDLE("SecDataDir", API_WHY_FILES),
    API_D_IDLE("SecDebugLog", "apisec waf explain shows what a rule does"),
    API_D_IDLE(
        "SecDebugLogLevel", "apisec waf explain shows what a rule does"),
    API_D_IDLE("SecDisableBackendCompression", API_WHY_NGINX),
    API_D_IDLE("SecGeoLookupDb", "@geoLookup never matches here"),
    API_D_IDLE("SecGsbLookupDb", "@gsbLookup never matches here"),
    API_D_IDLE("SecGuardianLog", API_WHY_AUDIT),
    API_D_IDLE("SecHashEngine", API_WHY_NONE),
    API_D_IDLE("SecHashKey", API_WHY_NONE),
    API_D_IDLE("SecHashMethodPm", API_WHY_NONE),
    API_D_IDLE("SecHashMethodRx", API_WHY_NONE),
    API_D_IDLE("SecHashParam", API_WHY_NONE),
    API_D_IDLE("SecHttpBlKey", "@rbl never matches here"),
    API_D_IDLE("SecInterceptOnError", API_WHY_NGINX),
    API_D_IDLE("SecPcreMatchLimit", API_WHY_WORK),
    API_D_IDLE("SecPcreMatchLimitRecursion", API_WHY_WORK),
    API_D_IDLE("SecRequestBodyInMemoryLimit", API_WHY_NGINX),
    API_D_IDLE("SecRequestBodyLimit", API_WHY_LIMIT),
    API_D_IDLE("SecRequestBodyLimitAction", API_WHY_LIMIT),
    API_D_IDLE("SecRequestBodyNoFilesLimit", API_WHY_LIMIT),
    API_D_IDLE("SecRuleInheritance", API_WHY_NGINX),
    API_D_IDLE("SecRulePerfTime", "apisec waf bench tells what rules cost"),
    API_D_IDLE("SecSensorId", API_WHY_AUDIT),
    API_D_IDLE("SecServerSignature", API_WHY_NGINX),
    API_D_IDLE("SecStatusEngine", "nothing is sent to anybody"),
    API_D_IDLE("SecStreamInBodyInspection", API_WHY_NONE),
    API_D_IDLE("SecStreamOutBodyInspection", API_WHY_NONE),
    API_D_IDLE("SecTmpDir", API_WHY_FILES),
    API_D_IDLE("SecTmpSaveUploadedFiles", API_WHY_FILES),
    API_D_IDLE("SecUploadDir", API_WHY_FILES),
    API_D_IDLE("SecUploadFileLimit", API_WHY_FILES),
    API_D_IDLE("SecUploadFileMode", API_WHY_FILES),
    API_D_IDLE("SecUploadKeepFiles", API_WHY_FILES),
    API_D_REFUSED("SecCookieV0Separator", "leave it out"),
    API_D_REFUSED("SecRemoteRules", "load the rules from a file"),
    API_D_REFUSED("SecRemoteRulesFailAction", "load the rules from a file"),
    API_D_REFUSED("SecRuleScript", "write the rule in SecLang"),
};


static int
api_seclang_wrong(api_seclang_t *s, const api_seclang_directive_info_t *info,
    const char *what)
{
    return api_seclang_fail(
        s, API_INVALID, API_SECLANG_E_VALUE, "write %s %s", info->name, what);
}


static int
api_seclang_set(api_seclang_t *s, const api_seclang_directive_info_t *info,
    const api_span_t *word, uint32_t n)
{
    void    *field;
    bool     on;
    uint64_t number;

    field = (char *) &s->settings + info->number;

    switch (info->kind) {
    case API_SECLANG_D_FLAG:
    case API_SECLANG_D_ACTION:
        on = n == 2
             && api_seclang_is(
                 word[1], info->kind == API_SECLANG_D_FLAG ? "On" : "Reject");

        if (!on
            && (n != 2
                || !api_seclang_is(word[1], info->kind == API_SECLANG_D_FLAG
                                                ? "Off"
                                                : "ProcessPartial")))
        {
            return api_seclang_wrong(s, info,
                info->kind == API_SECLANG_D_FLAG ? "On or Off"
                                                 : "Reject or ProcessPartial");
        }

        *(bool *) field = on;
        return API_OK;

    case API_SECLANG_D_SIZE:
        if (n != 2 || !api_seclang_number(word[1], 1 << 30, &number)) {
            return api_seclang_wrong(s, info, "BYTES, at most 1073741824");
        }

        *(size_t *) field = (size_t) number;
        return API_OK;

    default:
        if (n != 2 || !api_seclang_number(word[1], 1000000, &number)) {
            return api_seclang_wrong(s, info, "NUMBER, at most 1000000");
        }

        *(uint32_t *) field = (uint32_t) number;
        return API_OK;
    }
}


/* Words behind the first, as one text again: ids may be many. */

static int
api_seclang_put_off(api_seclang_t *s, const api_seclang_directive_info_t *info,
    const api_span_t *word, uint32_t n)
{
    uint32_t                i;
    api_seclang_late_t     *late;
    api_seclang_late_kind_t kind;

    kind = (api_seclang_late_kind_t) (info->number / 4);

    if (kind == API_SECLANG_REMOVE ? n < 2 : n != 3) {
        return api_seclang_wrong(s, info,
            kind == API_SECLANG_REMOVE   ? "ID or NAME"
            : kind == API_SECLANG_TARGET ? "ID or NAME, and \"!ARGS:x\""
                                         : "ID \"ACTIONS\"");
    }

    for (i = 1; i < (kind == API_SECLANG_REMOVE ? n : 2); i++) {
        late = api_vec_push(&s->arena, &s->late, sizeof(*late));

        if (late == NULL) {
            return api_seclang_nomem(s);
        }

        late->kind = kind;
        late->by = (api_waf_by_t) (info->number % 4);
        late->what = word[i];
        late->text = n == 3 ? word[2] : (api_span_t){ NULL, 0 };
        late->file = s->file;
        late->line = s->line;
    }

    return API_OK;
}


int
api_seclang_directive(api_seclang_t *s, const api_span_t *word, uint32_t n)
{
    size_t                              i;
    const api_seclang_directive_info_t *info;

    for (i = 0; i < sizeof(api_seclang_directives) / sizeof(*info); i++) {
        info = &api_seclang_directives[i];

        if (!api_seclang_is(word[0], info->name)) {
            continue;
        }

        switch (info->kind) {
        case API_SECLANG_D_FUNCTION:
            return info->take(s, word, n);

        case API_SECLANG_D_LATE:
            return api_seclang_put_off(s, info, word, n);

        case API_SECLANG_D_IDLE:
            api_seclang_say(
                s, 0, "%s has no effect: %s", info->name, info->remedy);
            return API_OK;

        case API_SECLANG_D_REFUSED:
            return api_seclang_fail(s, API_UNSUPPORTED,
                API_SECLANG_E_UNSUPPORTED, "%s is not supported; %s",
                info->name, info->remedy);

        default:
            return api_seclang_set(s, info, word, n);
        }
    }

    return api_seclang_fail(s, API_UNSUPPORTED, API_SECLANG_E_DIRECTIVE,
        "there is no directive \"%.*s\"; "
        "see docs/guide/waf-seclang.md for those there are",
        API_SECLANG_SHOW(word[0]));
}
