#include "apisec_why.h"
#include "api_json.h"
#include "api_text.h"


#define STORY_VALUE 240 /* characters of a value that are shown */
#define STORY_LINE 800

static const api_json_limits_t story_limits = { .depth = 8,
    .tokens = 4096,
    .members = 256,
    .name = 256,
    .string = APISEC_LINE_MAX,
    .number = 100 };

typedef struct {
    api_json_t doc;
    api_span_t id;
} event_t;


/* Foreign bytes, made safe and cut. */

static const char *
safe(api_span_t s, size_t max)
{
    char   out[STORY_LINE];
    size_t len, taken;

    len = api_text_log(s, out, max, &taken);

    return apisec_text("%.*s%s", (int) len, out, taken < s.len ? "..." : "");
}


/* The value of a member as text; data NULL: there is none, or it is neither
   text nor a number. */

static api_span_t
value(const event_t *e, uint32_t object, const char *name)
{
    uint32_t   tok;
    api_span_t s = { NULL, 0 };

    if (object == API_JSON_NONE) {
        return s;
    }

    tok = api_json_get(&e->doc, object, api_span(name, strlen(name)));

    if (tok == API_JSON_NONE) {
        return s;
    }

    switch (e->doc.tok[tok].type) {
    case API_JSON_STRING:
        if (api_json_string(&e->doc, tok, apisec_arena(), &s) != API_OK) {
            s = api_span(NULL, 0);
        }

        return s;

    case API_JSON_INT:
    case API_JSON_REAL:
        return api_json_raw(&e->doc, tok);

    default:
        return s;
    }
}


static const char *
text(const event_t *e, uint32_t object, const char *name)
{
    api_span_t s = value(e, object, name);

    return s.len ? safe(s, STORY_VALUE) : "-";
}


static bool
is(api_span_t s, const char *word)
{
    return api_span_eq(s, api_span(word, strlen(word)));
}


static void
tell_check(const event_t *e, uint32_t at)
{
    api_span_t             check = value(e, at, "check");
    api_span_t             reason = value(e, at, "reason");
    api_span_t             verdict = value(e, at, "verdict");
    const apisec_reason_t *known;

    printf("    %-8s %s", text(e, at, "check"),
        is(verdict, "deny")      ? "refused"
        : is(verdict, "monitor") ? "would have refused (monitor mode)"
        : is(verdict, "allow")   ? "passed"
                                 : safe(verdict, STORY_VALUE));

    if (is(verdict, "allow")) {
        printf("\n");
        return;
    }

    printf(" with %s: %s\n", text(e, at, "status"), text(e, at, "reason"));

    if (value(e, at, "detail").len) {
        printf("             noted     %s\n", text(e, at, "detail"));
    }

    known = apisec_reason(check, reason);
    printf("             it means  %s\n", known->means);
    printf("             to do     %s\n", known->remedy);
}


static void
tell_checks(const event_t *e)
{
    uint32_t i, at, list;

    list = api_json_get(&e->doc, 0, API_SPAN("decisions"));

    if (list == API_JSON_NONE || e->doc.tok[list].type != API_JSON_ARRAY
        || e->doc.tok[list].len == 0)
    {
        printf("\n    No check was asked for here: no api_ directive stands"
               " for this location.\n");
        return;
    }

    printf("\n");

    for (i = 0; i < e->doc.tok[list].len; i++) {
        at = api_json_at(&e->doc, list, i);

        if (e->doc.tok[at].type == API_JSON_OBJECT) {
            tell_check(e, at);
        }
    }
}


/* An object in the event, or one that has no members. */

static uint32_t
part(const event_t *e, const char *name)
{
    uint32_t tok = api_json_get(&e->doc, 0, api_span(name, strlen(name)));

    return tok != API_JSON_NONE && e->doc.tok[tok].type == API_JSON_OBJECT
               ? tok
               : API_JSON_NONE;
}


static void
tell(const char *path, const event_t *e)
{
    api_span_t verdict = value(e, 0, "verdict");
    uint32_t   http = part(e, "http"), who = part(e, "principal");

    printf("%s: %s %s, answered %s\n\n",
        is(verdict, "deny")      ? "Refused"
        : is(verdict, "monitor") ? "Let pass, but not if it were enforced"
                                 : "Not refused",
        text(e, http, "method"), text(e, http, "path"),
        text(e, http, "status"));

    printf("    when     %s, in %s ms\n", text(e, 0, "time"),
        text(e, part(e, "ms"), "total"));
    printf("    from     %s\n", text(e, part(e, "client"), "ip"));

    if (value(e, who, "id").data) {
        printf("    who      %s, by a token of issuer %s\n",
            text(e, who, "id"), text(e, who, "issuer"));
    } else {
        printf("    who      nobody that was verified\n");
    }

    printf("    to       %s (server %s)\n", text(e, http, "host"),
        text(e, http, "server"));
    printf("    log      %s\n", path);

    tell_checks(e);
}


bool
apisec_story(const char *path, api_span_t line, api_span_t id)
{
    event_t             e;
    api_arena_mark_t    mark;
    bool                found;
    static bool         seeded;
    static api_sipkey_t seed;

    if (!seeded) {
        apisec_random(&seed, sizeof(seed));
        seeded = true;
    }

    mark = api_arena_mark(apisec_arena());

    found = api_json_parse(
                &e.doc, line, &story_limits, 0, seed, apisec_arena(), NULL)
                == API_OK
            && api_span_eq_nocase(value(&e, 0, "support_id"), id);

    if (found) {
        tell(path, &e);
    }

    api_arena_rewind(apisec_arena(), mark);

    return found;
}


static const uint8_t *
find(api_span_t s, const char *what)
{
    return s.len ? memmem(s.data, s.len, what, strlen(what)) : NULL;
}


/*
 * "...: refused 401 auth expired: ..., support id ID, client: ...".  What the
 * client sent stands behind ", client: " only, or in the detail, which has no
 * comma followed by words of ours: the last "support id" before it counts.
 */

bool
apisec_story_error(const char *path, api_span_t line, api_span_t id)
{
    const uint8_t *p;
    api_span_t     ours = line, rest;

    static const char name[] = ", support id ";

    p = find(line, ", client: ");
    if (p) {
        ours.len = (size_t) (p - line.data);
    }

    if (ours.len < id.len + sizeof(name) - 1) {
        return false;
    }

    rest = api_span(ours.data + ours.len - id.len, id.len);

    if (!api_span_eq_nocase(rest, id)
        || memcmp(rest.data - sizeof(name) + 1, name, sizeof(name) - 1) != 0)
    {
        return false;
    }

    printf("%s:\n    %s\n", path, safe(line, STORY_LINE));

    return true;
}
