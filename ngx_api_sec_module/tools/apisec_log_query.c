/* apisec log query and tail */

#include "apisec_log.h"
#include "apisec_why.h"
#include "api_text.h"

#include <time.h>
#include <unistd.h>


#define TAIL 10
#define SHOWN 120

static const api_json_limits_t limits = { .depth = 12,
    .tokens = 4096,
    .members = 1024,
    .name = 256,
    .string = APISEC_LOG_LINE,
    .number = 100 };


/* The name up to the first point; *path is what stands behind it. */

static uint32_t
step(const api_json_t *event, uint32_t object, const char **path)
{
    const char *point = strchr(*path, '.');
    size_t      len = point ? (size_t) (point - *path) : strlen(*path);
    uint32_t    at;

    if (event->tok[object].type != API_JSON_OBJECT) {
        return API_JSON_NONE;
    }

    at = api_json_get(event, object, api_span(*path, len));
    *path = point ? point + 1 : NULL;

    return at;
}


api_span_t
apisec_log_value(const api_json_t *event, const char *path)
{
    uint32_t   at = 0;
    api_span_t s = { NULL, 0 };

    while (path && at != API_JSON_NONE) {
        at = step(event, at, &path);
    }

    if (at == API_JSON_NONE) {
        return s;
    }

    if (event->tok[at].type == API_JSON_STRING) {
        if (api_json_string(event, at, apisec_arena(), &s) != API_OK) {
            return api_span(NULL, 0);
        }

        return s;
    }

    return event->tok[at].type == API_JSON_INT ? api_json_raw(event, at) : s;
}


static bool
is(const api_json_t *event, const char *path, const char *want)
{
    return want == NULL
           || api_span_eq(
               apisec_log_value(event, path), api_span(want, strlen(want)));
}


/* 403, or 4xx */

static bool
status_is(const api_json_t *event, const char *want)
{
    size_t     i;
    api_span_t s;

    if (want == NULL) {
        return true;
    }

    s = apisec_log_value(event, "http.status");

    for (i = 0; i < s.len && want[i]; i++) {
        if (want[i] != 'x' && want[i] != (char) s.data[i]) {
            return false;
        }
    }

    return i == s.len && want[i] == '\0';
}


/* Text of times is in the order of times, as far as both go. */

static int
compare(api_span_t time, const char *to)
{
    size_t len = strlen(to);

    return memcmp(time.data, to, len < time.len ? len : time.len);
}


static bool
path_is(const api_json_t *event, const char *want)
{
    api_span_t s;

    if (want == NULL) {
        return true;
    }

    s = apisec_log_value(event, "http.path");

    return s.len >= strlen(want) && memcmp(s.data, want, strlen(want)) == 0;
}


bool
apisec_log_match(const apisec_log_t *v, api_span_t line, api_json_t *event)
{
    api_span_t          time;
    static bool         seeded;
    static api_sipkey_t seed;

    if (!seeded) {
        apisec_random(&seed, sizeof(seed));
        seeded = true;
    }

    if (line.len == 0
        || api_json_parse(event, line, &limits, 0, seed, apisec_arena(), NULL)
               != API_OK)
    {
        return false;
    }

    time = apisec_log_value(event, "time");

    return (v->since == NULL || (time.len && compare(time, v->since) >= 0))
           && (v->until == NULL || (time.len && compare(time, v->until) < 0))
           && is(event, "kind", v->kind) && is(event, "support_id", v->id)
           && is(event, "principal.id", v->principal)
           && is(event, "api.operation", v->operation)
           && is(event, "verdict", v->verdict) && status_is(event, v->status)
           && path_is(event, v->path);
}


int
apisec_log_query(const apisec_log_t *v, const apisec_list_t *files)
{
    int               rc;
    size_t            i, found = 0;
    api_json_t        event;
    api_span_t        line;
    api_arena_mark_t  mark;
    apisec_log_file_t f = { .buf = NULL };

    for (i = 0; i < files->n; i++) {
        rc = apisec_log_open(&f, files->item[i]);
        if (rc != APISEC_OK) {
            return rc;
        }

        while (apisec_log_next(&f, &line)) {
            mark = api_arena_mark(apisec_arena());

            if (apisec_log_match(v, line, &event)) {
                found++;
                fwrite(line.data, 1, line.len, stdout);
                putchar('\n');
            }

            api_arena_rewind(apisec_arena(), mark);
        }

        rc = apisec_log_close(&f);
        if (rc != APISEC_OK) {
            return rc;
        }
    }

    return found ? APISEC_OK : APISEC_NO;
}


static const char *
shown(const api_json_t *event, const char *path)
{
    char       out[SHOWN];
    size_t     len;
    api_span_t s = apisec_log_value(event, path);

    len = api_text_log(s, out, sizeof(out), NULL);

    return len ? apisec_text("%.*s", (int) len, out) : "-";
}


static const char *
brief(const api_json_t *event)
{
    if (!is(event, "kind", "request")) {
        return apisec_text(
            "%.19s  %s", shown(event, "time"), shown(event, "kind"));
    }

    return apisec_text("%.19s  %-7s %s  %-6s %s  %s  %s%s%s  %s",
        shown(event, "time"), shown(event, "verdict"),
        shown(event, "http.status"), shown(event, "http.method"),
        shown(event, "http.path"), shown(event, "principal.id"),
        shown(event, "by"), apisec_log_value(event, "reason").len ? ":" : "",
        apisec_log_value(event, "reason").len ? shown(event, "reason") : "",
        shown(event, "support_id"));
}


/* The last lines that fit; with --follow what is written from then on. */

int
apisec_log_tail(const apisec_log_t *v, const apisec_list_t *files)
{
    int            rc;
    size_t         n = 0, i;
    bool           live = false;
    api_json_t     event;
    api_span_t     line;
    const char    *last[TAIL];
    apisec_lines_t lines = { .buf = NULL };

    if (files->n != 1) {
        return apisec_fail(APISEC_USAGE, "log: tail of one file");
    }

    rc = apisec_lines_open(&lines, files->item[0]);
    if (rc != APISEC_OK) {
        return apisec_fail(rc, "%s: cannot be read", files->item[0]);
    }

    for (;;) {
        while (apisec_lines_next(&lines, &line)) {
            if (!apisec_log_match(v, line, &event)) {
                continue;
            }

            if (live) {
                printf("%s\n", brief(&event));
            } else {
                last[n++ % TAIL] = brief(&event);
            }
        }

        for (i = n > TAIL ? n - TAIL : 0; !live && i < n; i++) {
            printf("%s\n", last[i % TAIL]);
        }

        if (!v->follow) {
            break;
        }

        live = true;
        lines.end = 0;
        fflush(stdout);
        usleep(200000);
    }

    apisec_lines_close(&lines);

    return APISEC_OK;
}
