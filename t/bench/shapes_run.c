/* Rules, requests, and what a run of the rules costs: for bench_shapes.c. */

#define _POSIX_C_SOURCE 200809L

#include "shapes.h"

#include "api_operator.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>


bench_t bench;


static uint64_t
cpu(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);

    return (uint64_t) t.tv_sec * 1000000000 + (uint64_t) t.tv_nsec;
}


void
put(text_t *t, const void *data, size_t len)
{
    if (t->len + len > t->room) {
        t->room = (t->len + len) * 2;
        t->data = realloc(t->data, t->room);

        if (t->data == NULL) {
            exit(2);
        }
    }

    if (len) {
        memcpy(t->data + t->len, data, len);
    }

    t->len += len;
}


void
say(text_t *t, const char *s)
{
    put(t, s, strlen(s));
}


/* Bytes as a JSON string has them; those beyond ASCII as characters. */

void
put_json(text_t *t, const uint8_t *p, size_t len)
{
    char   buf[8];
    size_t i;

    for (i = 0; i < len; i++) {
        if (p[i] == '"' || p[i] == '\\') {
            buf[0] = '\\';
            buf[1] = (char) p[i];
            put(t, buf, 2);

        } else if (p[i] < 0x20) {
            snprintf(buf, sizeof(buf), "\\u%04x", p[i]);
            put(t, buf, 6);

        } else if (p[i] < 0x80) {
            put(t, &p[i], 1);

        } else {
            buf[0] = (char) (0xc0 | p[i] >> 6);
            buf[1] = (char) (0x80 | (p[i] & 0x3f));
            put(t, buf, 2);
        }
    }
}


void
put_form(text_t *t, const uint8_t *p, size_t len)
{
    char   buf[4];
    size_t i;

    for (i = 0; i < len; i++) {
        if (p[i] == ' ') {
            put(t, "+", 1);

        } else if (p[i] > 0x20 && p[i] < 0x7f
                   && strchr("&=+%#;", p[i]) == NULL) {
            put(t, &p[i], 1);

        } else {
            snprintf(buf, sizeof(buf), "%%%02x", p[i]);
            put(t, buf, 3);
        }
    }
}


/* A header or cookie: what nginx lets through. */

static void
put_line(text_t *t, const uint8_t *p, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (p[i] != 0 && p[i] != '\n' && p[i] != '\r') {
            put(t, &p[i], 1);
        }
    }
}


void
add_field(sent_t *s, const char *name, const uint8_t *p, size_t len)
{
    api_values_field_t *f;

    if (s->nfields == FIELDS) {
        return;
    }

    s->at[s->nfields] = s->lines.len;
    f = &s->field[s->nfields++];
    f->name = api_span(name, strlen(name));
    put_line(&s->lines, p, len);
    f->value.len = s->lines.len - s->at[s->nfields - 1];
}


static void
head(sent_t *s)
{
    uint32_t i;

    static const char *const field[][2] = { { "Host", "api.example.com" },
        { "User-Agent", "curl/8.4.0" }, { "Accept", "*/*" } };

    for (i = 0; i < 3; i++) {
        add_field(s, field[i][0], (const uint8_t *) field[i][1],
            strlen(field[i][1]));
    }

    if (s->type) {
        add_field(
            s, "Content-Type", (const uint8_t *) s->type, strlen(s->type));
    }

    for (i = 0; i < s->nfields; i++) {
        s->field[i].value.data = s->lines.data + s->at[i];
    }
}


/* As nginx does: api_waf_budget 5. */

static void
grant(api_waf_tx_t *tx, size_t bytes)
{
    if (!bench.free) {
        api_waf_tx_grant(tx, (uint64_t) bytes * 5 * bench.units / 1024);
    }
}


static void
respond(api_values_t *values, api_waf_tx_t *tx, api_span_t answer)
{
    static const api_values_field_t field = {
        { (const uint8_t *) "Content-Type", 12 },
        { (const uint8_t *) "text/plain", 10 }
    };

    if (api_values_response(values, 200, API_SPAN("HTTP/1.1"), &field, 1)
        != API_OK)
    {
        exit(2);
    }

    (void) api_waf_tx_run(tx, API_WAF_RESPONSE_HEADERS_PHASE, 0);
    grant(tx, answer.len);

    if (api_values_response_body(values, answer, false) != API_OK) {
        exit(2);
    }

    (void) api_waf_tx_run(tx, API_WAF_RESPONSE_BODY_PHASE, 0);
}


static void
run(const api_values_request_t *q, size_t head, api_span_t body,
    api_span_t answer, cost_t *c)
{
    uint64_t                  start;
    api_arena_t               arena;
    api_values_t              values;
    api_waf_tx_t             *tx;
    api_waf_values_t          store;
    api_waf_verdict_t         v;
    const api_waf_settings_t *set;

    start = cpu();
    api_arena_init(&arena, &api_alloc_libc, 65536, 64 << 20);
    api_waf_values_init(&store, &arena, 0);
    api_values_init(&values, &store, &bench.conf, bench.env.seed, &arena);
    tx = api_waf_tx_create(bench.view, &store, &bench.env, &arena);

    if (tx == NULL || api_values_request(&values, q) != API_OK) {
        exit(2);
    }

    grant(tx, head);

    if (bench.without) {
        (void) api_waf_tx_remove(tx, bench.without);
    }

    if (api_waf_tx_run(tx, API_WAF_REQUEST_HEADERS_PHASE, 0) == API_WAF_PASS) {
        set = api_waf_tx_settings(tx);
        grant(tx, body.len);

        if (api_values_body(&values, body, set->body, false) == API_OK) {
            (void) api_waf_tx_run(tx, API_WAF_REQUEST_BODY_PHASE, 0);
        }
    }

    if (answer.len) {
        respond(&values, tx, answer);
    }

    api_waf_tx_verdict(tx, &v);
    c->rc = v.rc;
    c->failure = v.failure;
    c->work = api_waf_tx_work(tx);
    c->matched = api_waf_tx_matched(tx);
    api_arena_free(&arena);
    c->spent = cpu() - start;
}


size_t
measure(sent_t *s, unsigned times, cost_t *best)
{
    size_t               bytes, lines;
    cost_t               c;
    uint32_t             i, fields;
    api_values_request_t q;

    lines = s->lines.len;
    fields = s->nfields;
    head(s);
    memset(&q, 0, sizeof(q));
    q.method = API_SPAN("POST");
    q.uri = api_span(s->uri.data, s->uri.len);
    q.protocol = API_SPAN("HTTP/1.1");
    q.field = s->field;
    q.nfields = s->nfields;
    q.remote_addr = API_SPAN("192.0.2.1");
    q.server_addr = API_SPAN("192.0.2.2");

    best->spent = UINT64_MAX;
    bytes = s->uri.len + s->body.len + s->answer.len;

    for (i = 0; i < s->nfields; i++) {
        bytes += s->field[i].name.len + s->field[i].value.len + 4;
    }

    for (i = 0; i < times; i++) {
        run(&q, bytes - s->body.len - s->answer.len,
            api_span(s->body.data, s->body.len),
            api_span(s->answer.data, s->answer.len), &c);

        if (c.spent < best->spent) {
            *best = c;
        }
    }

    s->lines.len = lines; /* without the head, it may be measured again */
    s->nfields = fields;

    return bytes;
}


void
drop(sent_t *s)
{
    free(s->body.data);
    free(s->answer.data);
    free(s->uri.data);
    free(s->lines.data);
    memset(s, 0, sizeof(*s));
}


void
leaves(text_t *t)
{
    char buf[128];
    int  i;

    say(t, "{\"items\":[");

    for (i = 1; i <= 171; i++) {
        snprintf(buf, sizeof(buf),
            "%s{\"name\":\"green tea no %d\",\"price\":%.2f,\"quantity\":%d,"
            "\"sku\":\"AB-%d\"}",
            i > 1 ? "," : "", i, i * 1.25, i % 20, 1000 + i * 37 % 9000);
        say(t, buf);
    }

    say(t, "],\"n\":686}");
}


static int
read_file(void *ctx, const char *path, api_span_t *text, api_err_t *err)
{
    FILE  *in;
    char   buf[65536];
    size_t n;
    text_t t = { NULL, 0, 0 };

    (void) ctx;
    in = fopen(path, "re");

    if (in == NULL) {
        return api_fail(err, API_INVALID, 0, 0, "cannot be read");
    }

    while ((n = fread(buf, 1, sizeof(buf), in)) > 0) {
        put(&t, buf, n);
    }

    fclose(in);
    *text = api_span(t.data, t.len);

    return API_OK;
}


static int
glob_file(void *ctx, const char *pattern, size_t index, const char **path)
{
    int    rc;
    glob_t g;

    (void) ctx;
    rc = glob(pattern, 0, NULL, &g);

    if (rc != 0 || index >= g.gl_pathc) {
        globfree(&g);
        return API_INVALID;
    }

    *path = strdup(g.gl_pathv[index]);
    globfree(&g);

    return API_OK;
}


void
load(int argc, char **argv, uint32_t level)
{
    int                     i, rc;
    api_err_t               err;
    api_seclang_t          *loader;
    api_seclang_io_t        io = { read_file, glob_file, NULL };
    api_waf_view_conf_t     conf = { 0 };
    api_waf_scan_scratch_t *scan;

    loader = api_seclang_create(&api_alloc_libc, &io, NULL);

    for (i = 0, rc = API_OK; i < argc && rc == API_OK; i++) {
        rc = api_seclang_file(loader, argv[i], &err);
    }

    if (level) {
        api_seclang_paranoia(loader, level);
    }

    if (rc != API_OK
        || api_seclang_finish(loader, &bench.program, &err) != API_OK) {
        fprintf(stderr, "%s\n", err.text);
        exit(2);
    }

    conf.paranoia = level;
    api_values_conf(&bench.conf, api_waf_program_settings(bench.program));
    bench.env.engine = API_WAF_ENGINE_DETECT;
    bench.env.now = 1700000000;
    bench.env.scratch = api_scratch_create(&api_alloc_libc);

    if (api_waf_view_create(
            &bench.view, bench.program, &conf, &api_alloc_libc, &err)
            != API_OK
        || api_waf_scan_scratch_create(&scan, bench.program, &api_alloc_libc)
               != API_OK)
    {
        exit(2);
    }

    bench.env.scan = scan;
    api_scratch_clock(bench.env.scratch, cpu);

    if (api_waf_view_gauge(bench.view, &api_alloc_libc, &bench.units)
        != API_OK) {
        exit(2);
    }

    bench.env.budget = bench.free ? UINT64_C(1) << 50 : 5000000;
}
