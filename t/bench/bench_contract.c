/*
 * Cost of the check of a request: time of the processor for the route alone,
 * a query, a form and a JSON body, against t/unit/contract/shop.json, all in
 * one run with the bare JSON parser as the baseline.
 */

#define _POSIX_C_SOURCE 200809L

#include "api_contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 15
#define TIMES 2000

static const api_sipkey_t seed = { 11, 12 };

static api_openapi_t *spec;
static char           order[4096];

static const char login[] = "user=maria&code=123456&device[name]=phone";


static double
now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);

    return (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
}


static int
compare_double(const void *a, const void *b)
{
    double x, y;

    x = *(const double *) a;
    y = *(const double *) b;

    return (x > y) - (x < y);
}


static void
compile(const char *path)
{
    FILE            *f;
    size_t           n;
    api_err_t        err;
    api_docs_t      *docs;
    api_arena_t      a;
    const api_doc_t *doc;
    api_docs_opts_t  opts = { .seed = seed };
    api_problems_t   problems;
    static char      text[65536];

    f = fopen(path, "rb");
    n = f ? fread(text, 1, sizeof(text), f) : 0;
    api_arena_init(&a, &api_alloc_libc, 0, 0);
    api_problems_init(&problems, &a, 10);
    api_docs_create(&docs, &opts, &api_alloc_libc);

    if (api_docs_add(
            docs, API_SPAN("shop.json"), api_span(text, n), &doc, &err)
            != API_OK
        || api_openapi_compile(
               &spec, docs, doc, NULL, &problems, &api_alloc_libc)
               != API_OK)
    {
        printf("cannot compile %s\n", path);
        exit(2);
    }

    api_docs_free(docs);
    api_arena_free(&a);
}


/* An order of about 1 KB. */

static void
make_order(void)
{
    int    i;
    size_t n;

    n = (size_t) sprintf(order,
        "{\"customer\":{\"name\":\"Maria Muster\",\"born\":\"1990-02-28\"},"
        "\"currency\":\"EUR\",\"discount\":0.1,\"gift\":false,\"lines\":[");

    for (i = 0; i < 27; i++) {
        n += (size_t) sprintf(order + n,
            "%s{\"sku\":\"abcd%04d\",\"count\":%d}", i ? "," : "", i, i + 1);
    }

    sprintf(order + n, "]}");
}


typedef struct {
    const char *what;
    const char *method;
    const char *target;
    const char *header;
    const char *value;
    const char *body;
} bench_t;

static const bench_t benches[] = {
    { "path parameter", "GET", "/v1/orders/17", "x", "y", NULL },
    { "query, header, cookie", "GET",
        "/v1/orders?limit=10&status=open&sort=name,date&filter%5Bfrom%5D="
        "2024-02-29T12:00:00Z",
        "X-Trace", "123e4567-e89b-12d3-a456-426614174000", NULL },
    { "form", "POST", "/v1/login", "Content-Type",
        "application/x-www-form-urlencoded", login },
    { "JSON body", "POST", "/v1/orders", "Content-Type", "application/json",
        order },
};


static void
once(const bench_t *b, api_arena_t *arena)
{
    api_path_t       path;
    api_field_t      fields[2];
    api_request_t    r;
    api_verdict_t    v;
    api_arena_mark_t mark;

    mark = api_arena_mark(arena);
    memset(&r, 0, sizeof(r));
    api_path_parse(&path, api_span(b->target, strlen(b->target)), true, NULL,
        arena, NULL);
    fields[0].name = api_span(b->header, strlen(b->header));
    fields[0].value = api_span(b->value, strlen(b->value));
    fields[1].name = API_SPAN("Cookie");
    fields[1].value = API_SPAN("view=2; other=abc");
    r.method = api_span(b->method, strlen(b->method));
    r.path = &path;
    r.fields = fields;
    r.nfields = 2;
    r.has_body = b->body != NULL;
    r.body = api_span(b->body, b->body ? strlen(b->body) : 0);

    if (api_contract_request(spec, &r, NULL, arena, &v) != API_OK || v.status)
    {
        printf("%s: %u %s\n", b->what, v.status,
            v.nfaults ? v.faults[0].keyword : "");
        exit(2);
    }

    api_arena_rewind(arena, mark);
}


static void
parse(api_arena_t *arena)
{
    api_json_t       json;
    api_arena_mark_t mark;

    mark = api_arena_mark(arena);
    api_json_parse(
        &json, api_span(order, strlen(order)), NULL, 0, seed, arena, NULL);
    api_arena_rewind(arena, mark);
}


static double
measure(const bench_t *b, api_arena_t *arena)
{
    int    i, round;
    double start, ns[ROUNDS];

    for (round = 0; round < ROUNDS; round++) {
        start = now_ns();

        for (i = 0; i < TIMES; i++) {
            if (b) {
                once(b, arena);

            } else {
                parse(arena);
            }
        }

        ns[round] = (now_ns() - start) / TIMES;
    }

    qsort(ns, ROUNDS, sizeof(double), compare_double);

    return ns[ROUNDS / 2];
}


int
main(void)
{
    size_t      i;
    double      ns, bare;
    api_arena_t arena;

    compile("t/unit/contract/shop.json");
    make_order();
    api_arena_init(&arena, &api_alloc_libc, 65536, 0);

    bare = measure(NULL, &arena);
    printf("%-24s %8.0f ns   (%zu bytes)\n", "JSON parser alone", bare,
        strlen(order));

    for (i = 0; i < sizeof(benches) / sizeof(benches[0]); i++) {
        ns = measure(&benches[i], &arena);
        printf("%-24s %8.0f ns\n", benches[i].what, ns);
    }

    /* the last one: a body of 1 KB with 28 objects, all else with it */

    printf("\nJSON body: %.2f x the parser alone; at most 6\n", ns / bare);

    api_arena_free(&arena);
    api_openapi_free(spec);

    return ns > 6 * bare;
}
