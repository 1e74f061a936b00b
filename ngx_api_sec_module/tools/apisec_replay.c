/*
 * apisec replay
 */

#include "apisec_log.h"
#include "apisec_replay.h"

#include "api_siphash.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>


#define CONF_MAX (64 * 1024 * 1024)

typedef struct {
    apisec_list_t config;
    const char   *nginx;
    const char   *prefix;
    const char   *format;
    const char   *output;
    const char   *sample;
    const char   *max;
} replay_options_t;

static const apisec_option_t options[] = {
    { "config", APISEC_LIST, offsetof(replay_options_t, config), "FILE",
        "an nginx.conf, or what nginx -T printed: first the one the log was"
        " written under; a second one is compared with it" },
    { "nginx", APISEC_TEXT, offsetof(replay_options_t, nginx), "PROGRAM",
        "the nginx that is run; by default nginx" },
    { "nginx-prefix", APISEC_TEXT, offsetof(replay_options_t, prefix), "DIR",
        "its -p" },
    { "sample", APISEC_TEXT, offsetof(replay_options_t, sample), "N",
        "one request in N" },
    { "max", APISEC_TEXT, offsetof(replay_options_t, max), "N",
        "no more than N requests" },
    { "format", APISEC_TEXT, offsetof(replay_options_t, format), "FORMAT",
        "text, json, or tsv: a line for each request, as they come" },
    { "output", APISEC_TEXT, offsetof(replay_options_t, output), "FILE",
        "in place of standard output" },
    { NULL, APISEC_FLAG, 0, NULL, NULL },
};

static int run(int argc, char **argv);

const apisec_command_t apisec_replay = { "replay", "LOG ... --config A",
    "which recorded requests a changed configuration decides otherwise",
    "LOG is what api_audit wrote, also packed by gzip.\n"
    "Exit code 1: something would be decided otherwise.\n"
    "What can be told and what not: docs/guide/policy-replay.md",
    options, run };


/* Requests that are alike get one verdict.  Bounded: when it is full it is
   begun anew. */

#define CACHE_SLOTS 65536

typedef struct {
    uint64_t        key; /* 0: free */
    apisec_result_t result;
    char           *operation;
    char           *what;
} cached_t;

typedef struct {
    apisec_replay_t  replay;
    replay_options_t o;
    api_sipkey_t     seed;
    cached_t        *cache;
    size_t           ncached;
    int64_t          sample;
    int64_t          max;
    uint64_t         seen;
    FILE            *each; /* a line for each; or NULL */
} run_t;


static void
forget(run_t *r)
{
    size_t i;

    for (i = 0; i < CACHE_SLOTS; i++) {
        free(r->cache[i].operation);
        free(r->cache[i].what);
    }

    memset(r->cache, 0, CACHE_SLOTS * sizeof(cached_t));
    r->ncached = 0;
}


static cached_t *
slot(run_t *r, uint64_t key)
{
    size_t i = key % CACHE_SLOTS;

    while (r->cache[i].key && r->cache[i].key != key) {
        i = (i + 1) % CACHE_SLOTS;
    }

    return &r->cache[i];
}


/* All that a verdict can depend on. */

static uint64_t
key_of(const run_t *r, const apisec_event_t *e)
{
    size_t               i;
    const char          *text;
    const apisec_side_t *a = r->replay.a, *b = r->replay.b;
    const bool           client = a->by_client || (b && b->by_client);
    const bool           who = a->by_who || (b && b->by_who);

    text = apisec_text("%s\n%s\n%s\n%s\n%s\n%s\n%s\n%s\n%s\n%s %d %u %u %d %d",
        apisec_span_text(e->method), apisec_span_text(e->host),
        apisec_replay_path(e->path, "~"), apisec_span_text(e->tls),
        apisec_span_text(e->type), apisec_span_text(e->issuer),
        who ? apisec_span_text(e->who) : "", apisec_span_text(e->verdict),
        apisec_span_text(e->operation),
        client ? apisec_span_text(e->client) : "", (int) e->status,
        e->redacted, (unsigned) e->nexcepted, e->truncated, e->boxed);

    text = apisec_text("%s %d %s %s", text, apisec_replay_masked(e->path),
        apisec_span_text(e->spec), apisec_span_text(e->server));

    for (i = 0; i < e->ndecided; i++) {
        text = apisec_text("%s\n%s %s %s", text,
            apisec_span_text(e->decided[i].check),
            apisec_span_text(e->decided[i].verdict),
            apisec_span_text(e->decided[i].reason));
    }

    return api_siphash13(r->seed, apisec_span(text)) | 1;
}


static void
count(run_t *r, const apisec_change_t *c, const apisec_event_t *e)
{
    apisec_replay_count(&r->replay, c, e->support);

    if (r->each) {
        fprintf(r->each, "%s\t", apisec_replay_results[c->result]);
        apisec_put_line(r->each, e->support);
        fputc('\t', r->each);
        apisec_put_line(r->each, apisec_span(c->operation));
        fputc('\t', r->each);
        apisec_put_line(r->each, apisec_span(c->what));
        fputc('\n', r->each);
    }
}


static int
one(run_t *r, const apisec_event_t *e)
{
    int             rc;
    const uint64_t  key = key_of(r, e);
    cached_t       *c = slot(r, key);
    apisec_change_t change = { APISEC_UNKNOWN, "", "" };

    if (c->key == key) {
        change = (apisec_change_t){ c->result, c->operation, c->what };
        count(r, &change, e);
        return APISEC_OK;
    }

    rc = apisec_replay_judge(&r->replay, e, &change);

    if (rc != APISEC_OK) {
        return rc;
    }

    count(r, &change, e);

    if (r->ncached > CACHE_SLOTS / 4 * 3) {
        forget(r);
        c = slot(r, key);
    }

    *c = (cached_t){ key, change.result, strdup(change.operation),
        strdup(change.what) };
    r->ncached++;

    return c->operation && c->what ? APISEC_OK
                                   : apisec_fail(APISEC_FAILED, "no memory");
}


static int
line_of(run_t *r, api_span_t line)
{
    apisec_event_t e;

    if (!apisec_event(line, &e)) {
        r->replay.broken += line.len != 0;
        return APISEC_OK;
    }

    if (!api_span_eq(e.kind, API_SPAN("request"))) {
        r->replay.others++;
        return APISEC_OK;
    }

    if (r->seen++ % (uint64_t) r->sample
        || r->replay.events >= (uint64_t) r->max) {
        r->replay.left++;
        return APISEC_OK;
    }

    return one(r, &e);
}


static int
read_log(run_t *r, const char *path)
{
    int               rc;
    api_span_t        line;
    api_arena_mark_t  mark;
    apisec_log_file_t f = { .buf = NULL };

    rc = apisec_log_open(&f, path);
    mark = api_arena_mark(apisec_arena());

    while (rc == APISEC_OK && apisec_log_next(&f, &line)) {
        rc = line_of(r, line);
        api_arena_rewind(apisec_arena(), mark);
    }

    if (f.gz && apisec_log_close(&f) != APISEC_OK) {
        return APISEC_FAILED;
    }

    return rc;
}


/* A dump begins with the mark of its first file. */

static int
open_side(apisec_side_t *side, const char *file, const replay_options_t *o)
{
    int            rc;
    api_span_t     text;
    apisec_nginx_t how = { .nginx = o->nginx, .prefix = o->prefix };

    rc = apisec_read(file, CONF_MAX, &text);
    if (rc != APISEC_OK) {
        return rc;
    }

    if (text.len > 21 && memcmp(text.data, "# configuration file ", 21) == 0) {
        how.conf = file;
    } else {
        how.file = file;
    }

    side->name = file;
    side->keys = apisec_sure(cJSON_CreateObject());
    rc = apisec_stage_open(&side->stage, &how);
    apisec_policy_guard(side->stage.dir);

    if (rc == APISEC_OK) {
        side->stage.answers =
            "    ~token=apisec-(?<api_stage_sub>[\\w.-]+)"
            " '{\"active\":true,\"sub\":\"$api_stage_sub\"}';\n";
        apisec_replay_cares(side);
    }

    return rc;
}


static void
close_side(apisec_side_t *side)
{
    apisec_stage_close(&side->stage);
    cJSON_Delete(side->keys);
    free(side->places);
}


static FILE *
open_output(const replay_options_t *o)
{
    FILE *out = o->output ? fopen(o->output, "w") : stdout;

    if (out == NULL) {
        apisec_fail(APISEC_FAILED, "%s: %s", o->output, strerror(errno));
    }

    return out;
}


static int
report(run_t *r, FILE *out)
{
    bool ok;

    if (strcmp(r->o.format, "json") == 0) {
        apisec_replay_json(out, &r->replay);

    } else if (r->each == NULL) {
        apisec_replay_text(out, &r->replay);
    }

    ok = fflush(out) == 0;
    ok = (out == stdout || fclose(out) == 0) && ok;

    if (!ok) {
        return apisec_fail(APISEC_FAILED, "not all could be written");
    }

    return r->replay.n[APISEC_DIFFERENT] ? APISEC_NO : APISEC_OK;
}


static int
number(const char *option, const char *text, int64_t *n)
{
    char *end;

    if (text == NULL) {
        return APISEC_OK;
    }

    errno = 0;
    *n = strtoll(text, &end, 10);

    return *end || end == text || errno || *n < 1 ? apisec_fail(
               APISEC_USAGE, "--%s takes a number from 1 on: %s", option, text)
                                                  : APISEC_OK;
}


static int
check(const run_t *r, const apisec_list_t *logs)
{
    if (logs->n == 0 || r->o.config.n < 1 || r->o.config.n > 2) {
        return apisec_fail(APISEC_USAGE,
            "write  apisec replay LOG ... --config OLD [--config NEW]");
    }

    return strcmp(r->o.format, "text") == 0 || strcmp(r->o.format, "json") == 0
                   || strcmp(r->o.format, "tsv") == 0
               ? APISEC_OK
               : apisec_fail(APISEC_USAGE,
                   "--format is text, json or tsv, not %s", r->o.format);
}


static int
replay(run_t *r, apisec_side_t sides[2], const apisec_list_t *logs)
{
    int    rc = APISEC_OK;
    FILE  *out = open_output(&r->o);
    size_t i;

    if (out == NULL) {
        return APISEC_FAILED;
    }

    r->each = strcmp(r->o.format, "tsv") == 0 ? out : NULL;

    for (i = 0; rc == APISEC_OK && i < r->o.config.n; i++) {
        rc = open_side(&sides[i], r->o.config.item[i], &r->o);
    }

    for (i = 0; rc == APISEC_OK && i < logs->n; i++) {
        rc = read_log(r, logs->item[i]);
    }

    return rc == APISEC_OK ? report(r, out) : rc;
}


static int
run(int argc, char **argv)
{
    int           rc;
    run_t         r = { .sample = 1, .max = INT64_MAX, .o.format = "text" };
    apisec_list_t logs;
    apisec_side_t sides[2] = { { .name = NULL }, { .name = NULL } };

    rc = apisec_options(&apisec_replay, argc, argv, &r.o, &logs);
    rc = rc == APISEC_OK ? check(&r, &logs) : rc;
    rc = rc == APISEC_OK ? number("sample", r.o.sample, &r.sample) : rc;
    rc = rc == APISEC_OK ? number("max", r.o.max, &r.max) : rc;

    if (rc != APISEC_OK) {
        return rc;
    }

    apisec_random(&r.seed, sizeof(r.seed));
    r.cache = calloc(CACHE_SLOTS, sizeof(cached_t));
    r.replay.a = &sides[0];
    r.replay.b = r.o.config.n == 2 ? &sides[1] : NULL;

    rc = r.cache ? replay(&r, sides, &logs)
                 : apisec_fail(APISEC_FAILED, "no memory");
    close_side(&sides[0]);
    close_side(&sides[1]);

    if (r.cache) {
        forget(&r);
        free(r.cache);
    }

    return rc;
}
