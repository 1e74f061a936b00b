/*
 * Speed of parsing and checking a body against a schema.
 *
 *     bench_schema SCHEMA DOC N    parse and check DOC N times, for callgrind
 *     bench_schema SCHEMA DOC      nanoseconds of CPU time, medians of rounds:
 *                                  "BYTES PARSE CHECK BOTH"
 *     bench_schema                 the cost of a byte as bodies grow, and of
 *                                  hostile bodies beside benign ones
 */

#define _POSIX_C_SOURCE 200809L

#include "api_schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 15
#define ROUND_NS 10000000


static const api_sipkey_t seed = { 0x243f6a8885a308d3u, 0x13198a2e03707344u };

static const api_json_limits_t limits = { 64, 4000000, 1000000, 1024, 4 << 20,
    100 };

typedef struct {
    api_docs_t   *docs;
    api_schema_t *schema;
    uint32_t      entry;
    api_arena_t   arena;
} bench_t;

typedef enum { PARSE = 1, CHECK = 2, BOTH = 3 } work_t;


static void
die(const char *what, const char *why)
{
    fprintf(stderr, "bench_schema: %s: %s\n", what, why);
    exit(1);
}


static api_span_t
read_file(const char *path)
{
    long     n;
    FILE    *f;
    uint8_t *p;

    f = fopen(path, "rb");

    if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (n = ftell(f)) < 0) {
        die(path, "cannot be read");
        return api_span(NULL, 0);
    }

    rewind(f);
    p = malloc((size_t) n + 1);

    if (p == NULL || fread(p, 1, (size_t) n, f) != (size_t) n) {
        die(path, "cannot be read");
    }

    fclose(f);

    return api_span(p, (size_t) n);
}


static void
compile(bench_t *b, const char *name, api_span_t text)
{
    char                buf[800];
    api_err_t           err;
    api_arena_t         arena;
    api_problems_t      problems;
    const api_doc_t    *doc;
    api_docs_opts_t     opts = { NULL, NULL, seed, false };
    api_schema_build_t *build;

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    api_problems_init(&problems, &arena, 1);

    if (api_docs_create(&b->docs, &opts, &api_alloc_libc) != API_OK
        || api_docs_add(
               b->docs, api_span(name, strlen(name)), text, &doc, &err)
               != API_OK
        || api_schema_build(&build, b->docs, NULL, &problems, &api_alloc_libc)
               != API_OK
        || api_schema_add(
               build, api_doc_root(doc), API_SCHEMA_2020_12, &b->entry)
               != API_OK
        || api_schema_finish(build, &b->schema) != API_OK)
    {
        if (problems.first) {
            api_problem_print(problems.first, buf, sizeof(buf));
            die(name, buf);
        }

        die(name, "cannot be compiled");
    }

    api_arena_free(&arena);

    /* one chunk that stays, as a pool's would */

    api_arena_init(&b->arena, &api_alloc_libc, 256 << 20, 0);
    (void) api_arena_alloc(&b->arena, 1);
}


static int
work(bench_t *b, api_span_t text, work_t what, api_json_t *json)
{
    int                 rc;
    api_arena_mark_t    mark;
    api_schema_result_t result;

    mark = api_arena_mark(&b->arena);
    rc = API_OK;

    if (what & PARSE) {
        rc = api_json_parse(json, text, &limits, 0, seed, &b->arena, NULL);
    }

    if (rc == API_OK && (what & CHECK)) {
        rc = api_schema_run(
            b->schema, b->entry, json, 0, NULL, &b->arena, &result);
    }

    api_arena_rewind(&b->arena, mark);

    return rc;
}


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


static double
measure(bench_t *b, api_span_t text, work_t what)
{
    int        i, n, batch;
    double     ns[ROUNDS], start;
    api_json_t json;

    /* what is only checked has to stay parsed */

    if (what == CHECK
        && api_json_parse(&json, text, &limits, 0, seed, &b->arena, NULL)
               != API_OK)
    {
        die("text", "is not JSON");
    }

    batch = text.len > 100000 ? 1 : 64;

    for (i = 0; i < ROUNDS; i++) {
        n = 0;
        start = now_ns();

        do {
            for (int k = 0; k < batch; k++) {
                (void) work(b, text, what, &json);
            }

            n += batch;
            ns[i] = now_ns() - start;
        } while (ns[i] < ROUND_NS);

        ns[i] /= n;
    }

    qsort(ns, ROUNDS, sizeof(double), compare_double);

    return ns[ROUNDS / 2];
}


/* A body put together from a beginning, a piece n times, and an end. */

static api_span_t
repeat(const char *first, const char *piece, const char *last, size_t size)
{
    char  *p;
    size_t n, len;

    len = strlen(piece);
    p = malloc(size + len + strlen(first) + strlen(last) + 1);
    strcpy(p, first);
    n = strlen(first);

    while (n < size) {
        memcpy(p + n, piece, len);
        n += len;
    }

    n -= p[n - 1] == ',';
    strcpy(p + n, last);

    return api_span(p, n + strlen(last));
}


static double
byte_cost(const char *schema, api_span_t text, int want)
{
    double     ns;
    bench_t    b;
    api_json_t json;

    compile(&b, "inline.yaml", api_span(schema, strlen(schema)));

    if (work(&b, text, BOTH, &json) != want) {
        die(schema, "is not the verdict that was expected");
    }

    ns = measure(&b, text, BOTH);
    api_schema_free(b.schema);
    api_docs_free(b.docs);
    api_arena_free(&b.arena);
    free((void *) (uintptr_t) text.data);

    return ns / (double) text.len;
}


#define ITEM                                                                  \
    "{type: object, required: [id, name], additionalProperties: false, "      \
    "properties: {id: {type: integer, minimum: 1}, name: {type: string, "     \
    "maxLength: 40}, tags: {type: array, items: {enum: [a, b, c]}}}}"
#define GOOD "{\"id\":123456,\"name\":\"Chess set\",\"tags\":[\"a\",\"b\"]},"

static const struct {
    const char *name;
    const char *schema;
    const char *first, *piece, *last;
    int         want;
} hostile[] = {
    { "the last element is wrong", "{items: " ITEM "}", "[", GOOD,
        ",{\"id\":0}]", API_DENIED },
    { "every element is wrong", "{items: " ITEM "}", "[",
        "{\"id\":0,\"name\":5,\"x\":1},", "]", API_DENIED },
    { "anyOf, the last branch holds",
        "{items: {anyOf: [{type: object, required: [a]}, {type: object, "
        "required: [b]}, " ITEM "]}}",
        "[", GOOD, "]", API_OK },
    { "empty objects against required", "{items: " ITEM "}", "[", "{},", "]",
        API_DENIED },
    { "unique objects", "{uniqueItems: true}", "[", GOOD, ",1,2]",
        API_DENIED },
    { "deep empty arrays",
        "{$ref: '#/$defs/a', $defs: {a: {items: {$ref: "
        "'#/$defs/a'}}}}",
        "[", "[[[[[[[[[[]]]]]]]]]],", "]", API_OK },
    { "strings of escapes", "{items: {maxLength: 1000, minLength: 5}}", "[",
        "\"\\u0041\\u0042\\u0043\\ud83d\\ude00\\n\\t\",", "]", API_OK },
    { "long numbers", "{items: {minimum: 0.5, multipleOf: 0.01}}", "[",
        "123456789012345678901234567890.12,", "]", API_OK },
    { "patterns", "{items: {pattern: '^([a-z]+[0-9]*)+$'}}", "[",
        "\"abcdefghijklmnop0123456789\",", "]", API_OK },
    { "unevaluated members",
        "{items: {allOf: [{properties: {id: {}}}, {properties: {name: {}}}], "
        "properties: {tags: {}}, unevaluatedProperties: false}}",
        "[", GOOD, "]", API_OK },
};


static int
compare_bytes(void)
{
    int    bad;
    size_t i, size;
    double benign, small, ns;

    bad = 0;
    small =
        byte_cost("{items: " ITEM "}", repeat("[", GOOD, "]", 16384), API_OK);
    printf("a benign array of 16 KB     %6.2f ns a byte\n", small);

    for (size = 1 << 18; size <= 1 << 20; size *= 4) {
        ns = byte_cost(
            "{items: " ITEM "}", repeat("[", GOOD, "]", size), API_OK);
        printf("of %4zu KB                  %6.2f ns a byte   %.2f x\n",
            size >> 10, ns, ns / small);
        bad |= ns > 1.5 * small;
    }

    benign = small;

    for (i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
        ns = byte_cost(hostile[i].schema,
            repeat(hostile[i].first, hostile[i].piece, hostile[i].last, 65536),
            hostile[i].want);
        printf("%-30s %6.2f ns a byte   %.2f x (budget 3)%s\n",
            hostile[i].name, ns, ns / benign,
            ns > 3 * benign ? "   MISSED" : "");
        bad |= ns > 3 * benign;
    }

    return bad;
}


int
main(int argc, char **argv)
{
    long       n;
    bench_t    b;
    api_span_t text;
    api_json_t json;

    if (argc == 1) {
        return compare_bytes();
    }

    if (argc < 3) {
        fprintf(stderr, "usage: bench_schema [SCHEMA DOC [N]]\n");
        return 2;
    }

    compile(&b, argv[1], read_file(argv[1]));
    text = read_file(argv[2]);

    if (work(&b, text, BOTH, &json) != API_OK) {
        die(argv[2], "does not satisfy the schema");
    }

    if (argc > 3) {
        for (n = strtol(argv[3], NULL, 10); n > 0; n--) {
            (void) work(&b, text, BOTH, &json);
        }

        return 0;
    }

    printf("%zu %.0f %.0f %.0f\n", text.len, measure(&b, text, PARSE),
        measure(&b, text, CHECK), measure(&b, text, BOTH));

    return 0;
}
