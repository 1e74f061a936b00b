/*
 * What the audit log has of alerts, of refusals, and of the configurations
 * that held: beside the virtual patches that answer them.
 *
 * Paths are compared as the record has them.  Where it has a pseudonym, nobody
 * can say what it stands for, and nothing is guessed.
 */

#include "apisec_report.h"

#include "api_day.h"
#include "api_text.h"


typedef struct {
    const api_lint_t *lint;
    apisec_answers_t *a;
    const api_json_t *event;
    int64_t           at;
} look_t;


/* "2026-11-26T06:30:00.123Z", with or without the fraction; 0: it is none. */

static int64_t
instant(api_span_t s)
{
    int64_t t;
    char    text[API_DAY_TEXT];

    if (s.len < 20) {
        return 0;
    }

    memcpy(text, s.data, 19);
    text[19] = 'Z';

    return api_day_parse(api_span(text, 20), false, &t) ? t : 0;
}


static void
first(int64_t *to, int64_t t)
{
    if (t && (*to == 0 || t < *to)) {
        *to = t;
    }
}


static bool
covers(const api_patch_t *patch, api_span_t path)
{
    if (patch->prefix) {
        return path.len >= patch->path.len
               && memcmp(path.data, patch->path.data, patch->path.len) == 0;
    }

    return path.len && api_span_eq(path, patch->path);
}


/* Something happened at one of these paths: whose patch is about it? */

static bool
concerns(const look_t *l, const api_span_t *paths, size_t n, int64_t at)
{
    bool            any = false;
    size_t          i, k;
    apisec_patch_t *p;

    for (i = 0; i < l->a->n; i++) {
        p = &l->a->patches[i];

        for (k = 0; k < n && !covers(p->patch, paths[k]); k++) {
        }

        if (k < n) {
            any = true;
            p->alerts++;
            first(&p->alert, at);
        }
    }

    return any;
}


static void
copy(char out[APISEC_ALARM_TEXT], api_span_t s)
{
    size_t len = api_text_log(s, out, APISEC_ALARM_TEXT - 1, NULL);

    out[len] = '\0';
}


/* One more of those that no patch is about. */

static void
alarm_at(apisec_answers_t *a, api_span_t name, api_span_t place, int64_t t)
{
    size_t         i;
    apisec_alarm_t n = { .n = 0 };

    copy(n.name, name);
    copy(n.at, place);

    for (i = 0; i < a->nalarms; i++) {
        if (strcmp(a->alarms[i].name, n.name) == 0
            && strcmp(a->alarms[i].at, n.at) == 0)
        {
            break;
        }
    }

    if (i == APISEC_ALARMS) {
        a->more++;
        return;
    }

    if (i == a->nalarms) {
        a->alarms[a->nalarms++] = n;
    }

    a->alarms[i].n++;
    first(&a->alarms[i].first, t);
    a->alarms[i].last = t > a->alarms[i].last ? t : a->alarms[i].last;
}


/* Where requests of the operation with that id go; one for each document that
   has it. */

#define ROUTES 8

static size_t
routes(const api_lint_t *lint, api_span_t id, api_span_t out[ROUTES])
{
    size_t                 n = 0;
    uint32_t               i;
    const api_operation_t *op;
    const api_lint_spec_t *spec;

    for (spec = lint->specs; id.len && spec; spec = spec->next) {
        for (i = 0; spec->api && i < api_openapi_count(spec->api); i++) {
            op = api_openapi_at(spec->api, i);

            if (n < ROUTES && api_span_eq(op->id, id)) {
                out[n++] = op->route;
            }
        }
    }

    return n;
}


/* It is told when it begins and when it ends, of the same beginning. */

static void
alert(look_t *l)
{
    bool       ended;
    size_t     n;
    int64_t    at;
    api_span_t id, paths[ROUTES];

    id = apisec_log_value(l->event, "alert.labels.operation");
    at = instant(apisec_log_value(l->event, "alert.startsAt"));
    ended = apisec_log_value(l->event, "alert.endsAt").len != 0;
    at = at ? at : l->at;
    n = routes(l->lint, id, paths);

    if (ended) {
        return;
    }

    if (!concerns(l, paths, n, at)) {
        alarm_at(l->a, apisec_log_value(l->event, "alert.labels.alertname"),
            id.len ? id : apisec_log_value(l->event, "alert.labels.host"), at);
    }
}


static void
patched(look_t *l, api_span_t id)
{
    size_t          i;
    apisec_patch_t *p;

    for (i = 0; i < l->a->n; i++) {
        p = &l->a->patches[i];

        if (api_span_eq(p->patch->id, id)) {
            p->refusals++;
            first(&p->refused, l->at);
        }
    }
}


static api_span_t
member(const api_json_t *j, uint32_t object, const char *name)
{
    uint32_t   at = api_json_get(j, object, apisec_span(name));
    api_span_t s;

    return at != API_JSON_NONE
                   && api_json_string(j, at, apisec_arena(), &s) == API_OK
               ? s
               : api_span(NULL, 0);
}


/* A decision of the rules or of what is learnt, which a patch may answer. */

static void
decision(look_t *l, uint32_t d)
{
    bool       watched;
    api_span_t check = member(l->event, d, "check"), paths[2], verdict;

    if (!api_span_eq(check, API_SPAN("waf"))
        && !api_span_eq(check, API_SPAN("behavior")))
    {
        return;
    }

    verdict = member(l->event, d, "verdict");
    watched = api_span_eq(verdict, API_SPAN("monitor"));

    if (!watched && !api_span_eq(verdict, API_SPAN("deny"))) {
        return;
    }

    if (api_span_eq(member(l->event, d, "reason"), API_SPAN("patch"))) {
        patched(l, member(l->event, d, "detail"));
        return;
    }

    paths[0] = apisec_log_value(l->event, "http.path");
    paths[1] = apisec_log_value(l->event, "api.template");

    if (!concerns(l, paths, 2, l->at) && watched) {
        alarm_at(l->a,
            apisec_span(apisec_text("%.*s, only watched", (int) check.len,
                (const char *) check.data)),
            paths[1].len ? paths[1] : paths[0], l->at);
    }
}


static void
request(look_t *l)
{
    uint32_t          i, k, list;
    const api_json_t *j = l->event;

    list = api_json_get(j, 0, API_SPAN("decisions"));

    if (list == API_JSON_NONE || j->tok[list].type != API_JSON_ARRAY) {
        return;
    }

    for (i = list + 1, k = 0; k < j->tok[list].len; k++) {
        if (j->tok[i].type == API_JSON_OBJECT) {
            decision(l, i);
        }

        i = api_json_next(j, i);
    }
}


static bool
is_sum(const uint8_t sum[API_JWS_SHA256_LEN], api_span_t hex)
{
    size_t i;
    char   text[2 * API_JWS_SHA256_LEN + 1];

    for (i = 0; i < API_JWS_SHA256_LEN; i++) {
        snprintf(text + 2 * i, 3, "%02x", sum[i]);
    }

    return api_span_eq(hex, api_span(text, 2 * API_JWS_SHA256_LEN));
}


/* A file of a configuration that holds from now on. */

static void
file(look_t *l, api_span_t sum)
{
    size_t          i, k;
    apisec_patch_t *p;

    for (i = 0; i < l->a->n; i++) {
        p = &l->a->patches[i];

        for (k = 0; !p->own_file && k < 3; k++) {
            if (is_sum(p->sum[k], sum)) {
                first(&p->loaded, l->at);
                break;
            }
        }
    }
}


static void
config(look_t *l)
{
    uint32_t          at, i, k, list;
    const api_json_t *j = l->event;

    at = api_json_get(j, 0, API_SPAN("config"));
    list = at == API_JSON_NONE ? at : api_json_get(j, at, API_SPAN("files"));

    if (list == API_JSON_NONE || j->tok[list].type != API_JSON_ARRAY) {
        return;
    }

    for (i = list + 1, k = 0; k < j->tok[list].len; k++) {
        if (j->tok[i].type == API_JSON_OBJECT) {
            file(l, member(j, i, "sha256"));
        }

        i = api_json_next(j, i);
    }
}


static const struct {
    const char *kind;
    void (*look)(look_t *l);
} kinds[] = {
    { "request", request },
    { "alert", alert },
    { "config", config },
};


static void
look_at(look_t *l)
{
    size_t     i;
    api_span_t kind = apisec_log_value(l->event, "kind");

    l->at = instant(apisec_log_value(l->event, "time"));
    first(&l->a->from, l->at);

    for (i = 0; l->at && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (api_span_eq(kind, apisec_span(kinds[i].kind))) {
            kinds[i].look(l);
        }
    }
}


int
apisec_answers_read(
    const api_lint_t *lint, const apisec_list_t *logs, apisec_answers_t *a)
{
    int                rc;
    size_t             i;
    look_t             l = { .lint = lint, .a = a };
    api_json_t         event;
    api_span_t         line;
    api_arena_mark_t   mark;
    apisec_log_file_t  f = { .buf = NULL };
    const apisec_log_t all = { .key = NULL };

    for (i = 0; i < logs->n; i++) {
        rc = apisec_log_open(&f, logs->item[i]);
        if (rc != APISEC_OK) {
            return rc;
        }

        while (apisec_log_next(&f, &line)) {
            mark = api_arena_mark(apisec_arena());

            if (apisec_log_match(&all, line, &event)) {
                l.event = &event;
                look_at(&l);
            }

            api_arena_rewind(apisec_arena(), mark);
        }

        rc = apisec_log_close(&f);
        if (rc != APISEC_OK) {
            return rc;
        }

        a->read = true;
    }

    return APISEC_OK;
}
