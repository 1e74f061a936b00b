/*
 * apisec log convert: events in forms that others read.
 *
 *   ecs    Elastic Common Schema 8; what it has no name for is apisec.*
 *   ocsf   Open Cybersecurity Schema Framework 1.3: API Activity (6003) where
 *          an operation is known, else HTTP Activity (4002), with the profile
 *          security_control; other events are Base Events (0)
 *
 * The line as it was sealed goes along (event.original, raw_data): who has it
 * can still verify it.
 */

#include "apisec_log.h"
#include "api_seal.h"
#include "api_writer.h"

#include <stdlib.h>


#define OUT (16 * APISEC_LOG_LINE)

typedef struct {
    const char *from; /* member of the event */
    const char *name; /* of the last object it is in */
    bool        number;
} field_t;


static void
name(api_writer_t *w, const char *s)
{
    api_writer_name(w, api_span(s, strlen(s)));
}


static void
text(api_writer_t *w, const char *as, const char *value)
{
    name(w, as);
    api_writer_string(w, api_span(value, strlen(value)));
}


static void
number(api_writer_t *w, const char *as, int64_t value)
{
    name(w, as);
    api_writer_int(w, value);
}


static int64_t
int_of(const api_json_t *e, const char *path)
{
    api_span_t s = apisec_log_value(e, path);

    return s.len && s.len < 20 ? strtoll(
               apisec_text("%.*s", (int) s.len, (const char *) s.data), NULL,
               10)
                               : 0;
}


static bool
is(const api_json_t *e, const char *path, const char *want)
{
    return api_span_eq(
        apisec_log_value(e, path), api_span(want, strlen(want)));
}


/* Those members of an object that the event has. */

static void
fields(api_writer_t *w, const api_json_t *e, const field_t *f)
{
    api_span_t s;

    for (; f->from; f++) {
        s = apisec_log_value(e, f->from);

        if (s.data == NULL) {
            continue;
        }

        name(w, f->name);

        if (f->number) {
            api_writer_raw(w, s);
        } else {
            api_writer_string(w, s);
        }
    }
}


static void
object(api_writer_t *w, const char *as, const api_json_t *e, const field_t *f)
{
    name(w, as);
    api_writer_object(w);
    fields(w, e, f);
    api_writer_end(w);
}


/* What both say of the whole. */

static bool
denied(const api_json_t *e)
{
    return is(e, "verdict", "deny");
}


static void
ecs_event(api_writer_t *w, const api_json_t *e, api_span_t line)
{
    static const field_t event[] = { { "support_id", "id", 0 },
        { "reason", "reason", 0 }, { "by", "action", 0 },
        { "seq", "sequence", 1 }, { NULL, NULL, 0 } };

    name(w, "event");
    api_writer_object(w);
    text(w, "kind", is(e, "kind", "alert") ? "alert" : "event");
    text(w, "dataset", "apisec.audit");
    text(w, "module", "apisec");
    name(w, "category");
    api_writer_array(w);
    api_writer_string(w,
        is(e, "kind", "config") ? API_SPAN("configuration") : API_SPAN("web"));
    api_writer_end(w);
    name(w, "type");
    api_writer_array(w);
    api_writer_string(w, denied(e)                 ? API_SPAN("denied")
                         : is(e, "kind", "config") ? API_SPAN("change")
                                                   : API_SPAN("access"));
    api_writer_end(w);

    if (is(e, "kind", "request")) {
        text(w, "outcome",
            denied(e) || int_of(e, "http.status") >= 400 ? "failure"
                                                         : "success");
        number(w, "duration", int_of(e, "ms.total") * 1000000);
    }

    fields(w, e, event);
    name(w, "original");
    api_writer_string(w, line);
    api_writer_end(w);
}


static void
ecs_http(api_writer_t *w, const api_json_t *e)
{
    static const field_t request[] = { { "http.method", "method", 0 },
        { "support_id", "id", 0 }, { "http.bytes_in", "bytes", 1 },
        { NULL, NULL, 0 } };
    static const field_t response[] = { { "http.status", "status_code", 1 },
        { "http.bytes_out", "bytes", 1 }, { NULL, NULL, 0 } };
    static const field_t url[] = { { "http.path", "path", 0 },
        { "http.host", "domain", 0 }, { NULL, NULL, 0 } };
    static const field_t client[] = { { "client.ip", "ip", 0 },
        { "client.port", "port", 1 }, { NULL, NULL, 0 } };
    static const field_t user[] = { { "principal.id", "id", 0 },
        { NULL, NULL, 0 } };
    static const field_t agent[] = { { "http.agent", "original", 0 },
        { NULL, NULL, 0 } };

    name(w, "http");
    api_writer_object(w);
    object(w, "request", e, request);
    object(w, "response", e, response);
    api_writer_end(w);
    object(w, "url", e, url);

    /* a pseudonym is no address */

    if (apisec_log_value(e, "client.port").data) {
        object(w, "client", e, client);
        object(w, "source", e, client);
    }

    if (apisec_log_value(e, "principal.id").data) {
        object(w, "user", e, user);
    }

    if (apisec_log_value(e, "http.agent").data) {
        object(w, "user_agent", e, agent);
    }
}


static void
ecs(api_writer_t *w, const api_json_t *e, api_span_t line)
{
    static const field_t first[] = { { "time", "@timestamp", 0 },
        { NULL, NULL, 0 } };
    static const field_t host[] = { { "node.host", "name", 0 },
        { NULL, NULL, 0 } };
    static const field_t own[] = { { "kind", "kind", 0 },
        { "verdict", "verdict", 0 }, { "api.spec", "spec", 0 },
        { "api.operation", "operation", 0 }, { "api.template", "template", 0 },
        { "principal.type", "auth_method", 0 },
        { "principal.issuer", "issuer", 0 }, { "policy", "policy", 0 },
        { "chain", "chain", 0 }, { NULL, NULL, 0 } };
    static const field_t version[] = { { NULL, NULL, 0 } };

    fields(w, e, first);
    name(w, "ecs");
    api_writer_object(w);
    text(w, "version", "8.11.0");
    fields(w, e, version);
    api_writer_end(w);
    ecs_event(w, e, line);

    if (is(e, "kind", "request")) {
        ecs_http(w, e);
    }

    object(w, "host", e, host);
    object(w, "apisec", e, own);
}


/* activity_id of the class, by method. */

static int64_t
activity(const api_json_t *e, bool api)
{
    size_t i;

    static const struct {
        const char *method;
        int         http, crud;
    } table[] = { { "CONNECT", 1, 99 }, { "DELETE", 2, 4 }, { "GET", 3, 2 },
        { "HEAD", 4, 2 }, { "OPTIONS", 5, 2 }, { "POST", 6, 1 },
        { "PUT", 7, 3 }, { "TRACE", 8, 99 }, { "PATCH", 9, 3 } };

    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (is(e, "http.method", table[i].method)) {
            return api ? table[i].crud : table[i].http;
        }
    }

    return 99;
}


static void
ocsf_class(api_writer_t *w, const api_json_t *e, bool api)
{
    int64_t class_uid = api ? 6003 : 4002, id = activity(e, api);

    if (!is(e, "kind", "request")) {
        class_uid = 0;
        id = 99;
    }

    number(w, "class_uid", class_uid);
    number(w, "category_uid", class_uid / 1000);
    number(w, "activity_id", id);
    number(w, "type_uid", class_uid * 100 + id);
    number(w, "severity_id",
        denied(e)                     ? 3
        : is(e, "kind", "alert")      ? 4
        : is(e, "verdict", "monitor") ? 2
                                      : 1);
}


static void
ocsf_verdict(api_writer_t *w, const api_json_t *e)
{
    static const field_t detail[] = { { "reason", "status_detail", 0 },
        { NULL, NULL, 0 } };
    bool                 monitor = is(e, "verdict", "monitor");

    number(w, "action_id", denied(e) ? 2 : monitor ? 3 : 1);
    number(w, "disposition_id", denied(e) ? 2 : monitor ? 15 : 1);
    number(
        w, "status_id", denied(e) || int_of(e, "http.status") >= 400 ? 2 : 1);
    fields(w, e, detail);
}


static void
ocsf_metadata(api_writer_t *w, const api_json_t *e)
{
    static const field_t uid[] = { { "support_id", "uid", 0 },
        { "seq", "sequence", 1 }, { NULL, NULL, 0 } };

    name(w, "metadata");
    api_writer_object(w);
    text(w, "version", "1.3.0");
    name(w, "product");
    api_writer_object(w);
    text(w, "name", "apisec");
    text(w, "vendor_name", "ngx_api");
    api_writer_end(w);
    name(w, "profiles");
    api_writer_array(w);
    api_writer_string(w, API_SPAN("security_control"));
    api_writer_end(w);
    fields(w, e, uid);
    api_writer_end(w);
}


static void
ocsf_http(api_writer_t *w, const api_json_t *e)
{
    static const field_t url[] = { { "http.path", "path", 0 },
        { "http.host", "hostname", 0 }, { NULL, NULL, 0 } };
    static const field_t request[] = { { "http.method", "http_method", 0 },
        { "support_id", "uid", 0 }, { "http.bytes_in", "length", 1 },
        { "http.agent", "user_agent", 0 }, { NULL, NULL, 0 } };
    static const field_t response[] = { { "http.status", "code", 1 },
        { "http.bytes_out", "length", 1 }, { "ms.total", "latency", 1 },
        { NULL, NULL, 0 } };
    static const field_t source[] = { { "client.ip", "ip", 0 },
        { "client.port", "port", 1 }, { NULL, NULL, 0 } };
    static const field_t destination[] = { { "node.host", "hostname", 0 },
        { NULL, NULL, 0 } };

    name(w, "http_request");
    api_writer_object(w);
    fields(w, e, request);
    object(w, "url", e, url);
    api_writer_end(w);
    object(w, "http_response", e, response);

    if (apisec_log_value(e, "client.port").data) {
        object(w, "src_endpoint", e, source);
    } else {
        static const field_t uid[] = { { "client.ip", "uid", 0 },
            { NULL, NULL, 0 } };
        object(w, "src_endpoint", e, uid);
    }

    object(w, "dst_endpoint", e, destination);
}


static void
ocsf(api_writer_t *w, const api_json_t *e, api_span_t line)
{
    static const field_t user[] = { { "principal.id", "uid", 0 },
        { "principal.issuer", "domain", 0 }, { NULL, NULL, 0 } };
    static const field_t group[] = { { "api.spec", "name", 0 },
        { NULL, NULL, 0 } };
    static const field_t api[] = { { "api.operation", "operation", 0 },
        { NULL, NULL, 0 } };
    api_span_t           time = apisec_log_value(e, "time");
    bool known = apisec_log_value(e, "api.operation").data != NULL;

    ocsf_class(w, e, known);

    number(w, "time",
        api_seal_time(time) * 1000
            + (time.len == 24
                    ? (time.data[20] - '0') * 100 + (time.data[21] - '0') * 10
                          + (time.data[22] - '0')
                    : 0));
    ocsf_metadata(w, e);

    if (is(e, "kind", "request")) {
        ocsf_verdict(w, e);
        ocsf_http(w, e);
        name(w, "actor");
        api_writer_object(w);

        if (apisec_log_value(e, "principal.id").data) {
            object(w, "user", e, user);

        } else {
            name(w, "user"); /* an actor is somebody */
            api_writer_object(w);
            text(w, "name", "anonymous");
            api_writer_end(w);
        }

        api_writer_end(w);
    }

    if (known) {
        name(w, "api");
        api_writer_object(w);
        fields(w, e, api);
        object(w, "service", e, group);
        api_writer_end(w);
    }

    name(w, "raw_data");
    api_writer_string(w, line);
}


typedef void (*form_t)(api_writer_t *w, const api_json_t *e, api_span_t line);

static int
convert(const apisec_log_t *v, const char *path, form_t form,
    apisec_log_file_t *f, char *out)
{
    int              rc;
    api_json_t       event;
    api_span_t       line, json;
    api_writer_t     w;
    api_arena_mark_t mark;

    rc = apisec_log_open(f, path);
    if (rc != APISEC_OK) {
        return rc;
    }

    while (apisec_log_next(f, &line)) {
        mark = api_arena_mark(apisec_arena());

        if (apisec_log_match(v, line, &event)) {
            api_writer_init(&w, out, OUT);
            api_writer_object(&w);
            form(&w, &event, line);
            api_writer_end(&w);

            if (api_writer_done(&w, &json) != API_OK) {
                return apisec_fail(APISEC_FAILED, "%s:%llu: not converted",
                    path, (unsigned long long) f->line);
            }

            fwrite(json.data, 1, json.len, stdout);
            putchar('\n');

        } else if (line.len && line.data[0] != (uint8_t) 0x7b) {
            (void) apisec_fail(0, "%s:%llu: no event, left out", path,
                (unsigned long long) f->line);
        }

        api_arena_rewind(apisec_arena(), mark);
    }

    return apisec_log_close(f);
}


int
apisec_log_convert(const apisec_log_t *v, const apisec_list_t *files)
{
    int               rc = APISEC_OK;
    char             *out;
    size_t            i;
    form_t            form;
    apisec_log_file_t f = { .buf = NULL };

    form = v->to == NULL                ? NULL
           : strcmp(v->to, "ecs") == 0  ? ecs
           : strcmp(v->to, "ocsf") == 0 ? ocsf
                                        : NULL;

    if (form == NULL) {
        return apisec_fail(
            APISEC_USAGE, "log: convert --to ecs, or --to ocsf?");
    }

    out = apisec_alloc(OUT);

    for (i = 0; rc == APISEC_OK && i < files->n; i++) {
        rc = convert(v, files->item[i], form, &f, out);
    }

    return rc;
}
