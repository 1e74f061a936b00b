/*
 * What large values cost: memory, and the longest turn.
 *
 *     bench_long [-w] FILE TYPE RULES...
 *
 * FILE is a whole body, of the type TYPE.  It is read and looked at as nginx
 * does, in slices of about a millisecond of work; -w: in one go.  Printed are
 * the turns, the longest of them in milliseconds of CPU (the least of five
 * runs) of readers and of rules, the memory held after reading and at the end,
 * and the rules that match.
 */

#define _POSIX_C_SOURCE 200809L

#include "shapes.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>


#define SLICE 1000000
#define RUNS 5

typedef struct {
    unsigned    turns;
    double      read; /* ms, the longest */
    double      rules;
    double      whole;  /* ms, all of them */
    size_t      values; /* bytes held when it is read */
    size_t      held;
    uint64_t    work;
    const char *failure;
    char        ids[4096];
} long_t;


static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);

    return (double) t.tv_sec * 1e3 + (double) t.tv_nsec / 1e6;
}


static void
longest(double *most, double *start, double *whole)
{
    double spent;

    spent = now() - *start;
    *whole += spent;
    *most = spent > *most ? spent : *most;
    *start = now();
}


static void
read_body(api_values_t *values, const api_waf_settings_t *set, api_span_t body,
    long_t *l)
{
    int    rc;
    bool   more;
    double start;

    start = now();

    if (api_values_body_start(values, body, set->body, false) != API_OK) {
        exit(2);
    }

    do {
        more = api_values_body_more(values, &rc);
        longest(&l->read, &start, &l->whole);
    } while (more);

    api_values_body_end(values);

    if (rc != API_OK) {
        l->failure = "the values take too much memory";
    }
}


static void
run_rules(api_waf_tx_t *tx, uint64_t slice, long_t *l)
{
    double            start;
    size_t            i, n;
    api_waf_rc_t      rc;
    api_waf_verdict_t v;

    start = now();

    do {
        rc = api_waf_tx_run(tx, API_WAF_REQUEST_BODY_PHASE, slice);
        longest(&l->rules, &start, &l->whole);
        l->turns++;
    } while (rc == API_WAF_AGAIN);

    api_waf_tx_verdict(tx, &v);
    l->failure = v.failure;
    l->work = api_waf_tx_work(tx);

    for (i = 0, n = 0; i < api_waf_tx_matches(tx) && n < 4000; i++) {
        n += (size_t) snprintf(l->ids + n, sizeof(l->ids) - n, " %u",
            (unsigned) api_waf_tx_match(tx, i)->id);
    }
}


static void
run(const api_values_request_t *q, api_span_t body, uint64_t slice, long_t *l)
{
    api_arena_t      arena;
    api_values_t     values;
    api_waf_tx_t    *tx;
    api_waf_values_t store;

    memset(l, 0, sizeof(*l));
    api_arena_init(&arena, &api_alloc_libc, 16384, API_VALUES_MEMORY);
    api_waf_values_init(&store, &arena, 0);
    api_values_init(&values, &store, &bench.conf, bench.env.seed, &arena);
    tx = api_waf_tx_create(bench.view, &store, &bench.env, &arena);

    if (tx == NULL || api_values_request(&values, q) != API_OK) {
        exit(2);
    }

    api_waf_tx_grant(tx, (uint64_t) body.len * 5 * bench.units / 1024);
    (void) api_waf_tx_run(tx, API_WAF_REQUEST_HEADERS_PHASE, 0);
    read_body(&values, api_waf_tx_settings(tx), body, l);
    l->values = arena.held;

    if (l->failure == NULL) {
        run_rules(tx, slice, l);
    }

    l->held = arena.held;
    api_arena_free(&arena);
}


static api_span_t
whole_file(const char *path)
{
    FILE  *in;
    char   buf[65536];
    size_t n;
    text_t t = { NULL, 0, 0 };

    in = fopen(path, "re");

    if (in == NULL) {
        perror(path);
        exit(2);
    }

    while ((n = fread(buf, 1, sizeof(buf), in)) > 0) {
        put(&t, buf, n);
    }

    fclose(in);

    return api_span(t.data, t.len);
}


int
main(int argc, char **argv)
{
    int                  i;
    bool                 whole;
    long_t               l, best;
    api_span_t           body;
    api_values_field_t   field[4];
    api_values_request_t q;

    whole = argc > 1 && strcmp(argv[1], "-w") == 0;
    argc -= whole;
    argv += whole;

    if (argc < 4) {
        fprintf(stderr, "bench_long [-w] FILE TYPE RULES...\n");
        return 2;
    }

    load(argc - 3, argv + 3, 0);
    body = whole_file(argv[1]);
    memset(&q, 0, sizeof(q));
    field[0] =
        (api_values_field_t){ API_SPAN("Host"), API_SPAN("api.example.com") };
    field[1] = (api_values_field_t){ API_SPAN("User-Agent"), API_SPAN("t/1") };
    field[2] = (api_values_field_t){ API_SPAN("Accept"), API_SPAN("*/*") };
    field[3] = (api_values_field_t){ API_SPAN("Content-Type"),
        api_span(argv[2], strlen(argv[2])) };
    q.method = API_SPAN("POST");
    q.uri = API_SPAN("/orders");
    q.protocol = API_SPAN("HTTP/1.1");
    q.field = field;
    q.nfields = 4;
    q.remote_addr = API_SPAN("192.0.2.1");
    q.server_addr = API_SPAN("192.0.2.2");

    for (i = 0; i < RUNS; i++) {
        run(&q, body, whole ? 0 : SLICE, &l);

        if (i == 0) {
            best = l;
        }

        best.read = l.read < best.read ? l.read : best.read;
        best.rules = l.rules < best.rules ? l.rules : best.rules;
        best.whole = l.whole < best.whole ? l.whole : best.whole;
    }

    printf("%u turns, the longest %.1f ms, of readers %.1f ms, all %.0f ms, "
           "%.1f M units\n",
        best.turns, best.rules, best.read, best.whole,
        (double) best.work / 1e6);
    printf("held: %.1f MB when it is read, %.1f MB at the end%s%s\n",
        (double) best.values / 1048576, (double) best.held / 1048576,
        best.failure ? ": " : "", best.failure ? best.failure : "");
    printf("rules:%s\n", best.ids);

    return best.failure != NULL;
}
