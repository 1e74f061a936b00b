/*
 * Events of the record, as the schema in docs has them.
 */

#include "apisec_log.h"
#include "apisec_stage.h"


static const struct {
    const char *path;
    size_t      offset;
} members[] = {
    { "kind", offsetof(apisec_event_t, kind) },
    { "support_id", offsetof(apisec_event_t, support) },
    { "verdict", offsetof(apisec_event_t, verdict) },
    { "by", offsetof(apisec_event_t, by) },
    { "reason", offsetof(apisec_event_t, reason) },
    { "http.method", offsetof(apisec_event_t, method) },
    { "http.host", offsetof(apisec_event_t, host) },
    { "http.server", offsetof(apisec_event_t, server) },
    { "http.path", offsetof(apisec_event_t, path) },
    { "client.ip", offsetof(apisec_event_t, client) },
    { "api.spec", offsetof(apisec_event_t, spec) },
    { "api.operation", offsetof(apisec_event_t, operation) },
    { "api.template", offsetof(apisec_event_t, template) },
    { "principal.id", offsetof(apisec_event_t, who) },
    { "principal.type", offsetof(apisec_event_t, type) },
    { "principal.issuer", offsetof(apisec_event_t, issuer) },
    { "governance.policy", offsetof(apisec_event_t, policy) },
    { "governance.owner", offsetof(apisec_event_t, owner) },
    { "policy", offsetof(apisec_event_t, revision) },
    { "tls.version", offsetof(apisec_event_t, tls) },
};


static uint32_t
member(const api_json_t *doc, uint32_t at, const char *name)
{
    if (at == API_JSON_NONE || doc->tok[at].type != API_JSON_OBJECT) {
        return API_JSON_NONE;
    }

    return api_json_get(doc, at, api_span(name, strlen(name)));
}


static api_span_t
text_at(const api_json_t *doc, uint32_t at)
{
    api_span_t s;

    if (at == API_JSON_NONE || doc->tok[at].type != API_JSON_STRING
        || api_json_string(doc, at, apisec_arena(), &s) != API_OK)
    {
        return api_span(NULL, 0);
    }

    return s;
}


static int64_t
number_at(const api_json_t *doc, uint32_t at)
{
    int64_t n = 0;

    if (at != API_JSON_NONE) {
        (void) api_json_int64(doc, at, &n);
    }

    return n;
}


/* Strings of an array, as many as there is room for; how many there are. */

static size_t
texts(const api_json_t *doc, uint32_t at, api_span_t *to, size_t max)
{
    size_t   n = 0;
    uint32_t i, end;

    if (at == API_JSON_NONE || doc->tok[at].type != API_JSON_ARRAY) {
        return 0;
    }

    end = api_json_next(doc, at);

    for (i = at + 1; i < end && n < max; i = api_json_next(doc, i)) {
        to[n++] = text_at(doc, i);
    }

    return n;
}


static void
decisions(const api_json_t *doc, uint32_t at, apisec_event_t *e)
{
    uint32_t          i, end;
    apisec_decided_t *d;

    if (at == API_JSON_NONE || doc->tok[at].type != API_JSON_ARRAY) {
        return;
    }

    end = api_json_next(doc, at);

    for (i = at + 1; i < end && e->ndecided < APISEC_DECIDED_MAX;
         i = api_json_next(doc, i))
    {
        d = &e->decided[e->ndecided++];
        d->check = text_at(doc, member(doc, i, "check"));
        d->verdict = text_at(doc, member(doc, i, "verdict"));
        d->reason = text_at(doc, member(doc, i, "reason"));
        d->detail = text_at(doc, member(doc, i, "detail"));
    }
}


static void
redactions(const api_json_t *doc, uint32_t at, apisec_event_t *e)
{
    size_t     i, k, n;
    api_span_t names[8];

    static const struct {
        const char *name;
        unsigned    bit;
    } fields[] = {
        { "client.ip", APISEC_REDACTED_CLIENT },
        { "principal.id", APISEC_REDACTED_WHO },
        { "http.path", APISEC_REDACTED_PATH },
        { "http.host", APISEC_REDACTED_HOST },
    };

    n = texts(doc, at, names, 8);

    for (i = 0; i < n; i++) {
        for (k = 0; k < sizeof(fields) / sizeof(fields[0]); k++) {
            if (api_span_eq(names[i], apisec_span(fields[k].name))) {
                e->redacted |= fields[k].bit;
            }
        }
    }
}


bool
apisec_event(api_span_t line, apisec_event_t *e)
{
    size_t             i;
    uint32_t           http;
    api_json_t         doc;
    const apisec_log_t any = { .key = NULL };

    memset(e, 0, sizeof(*e));

    if (!apisec_log_match(&any, line, &doc)
        || doc.tok[0].type != API_JSON_OBJECT) {
        return false;
    }

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        *(api_span_t *) (void *) ((char *) e + members[i].offset) =
            apisec_log_value(&doc, members[i].path);
    }

    http = member(&doc, 0, "http");
    e->status = number_at(&doc, member(&doc, http, "status"));
    e->bytes_in = number_at(&doc, member(&doc, http, "bytes_in"));
    e->queries =
        (unsigned) texts(&doc, member(&doc, http, "query"), e->query, 16);
    decisions(&doc, member(&doc, 0, "decisions"), e);
    redactions(&doc, member(&doc, 0, "redacted"), e);
    e->nexcepted =
        texts(&doc, member(&doc, member(&doc, 0, "governance"), "exceptions"),
            e->excepted, APISEC_EXCEPTED_MAX);
    e->truncated = member(&doc, 0, "truncated") != API_JSON_NONE;
    e->boxed = member(&doc, 0, "box") != API_JSON_NONE;

    return e->kind.len != 0;
}


const apisec_decided_t *
apisec_decided(const apisec_event_t *e, const char *check)
{
    size_t i;

    for (i = 0; i < e->ndecided; i++) {
        if (api_span_eq(e->decided[i].check, apisec_span(check))) {
            return &e->decided[i];
        }
    }

    return NULL;
}
