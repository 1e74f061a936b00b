/*
 * Requests of t/unit/contract/requests.mjs against a description: what each
 * was expected to be, and what it is.
 *
 *     diff_contract FILE [bench] < requests
 *
 * Prints a tally and up to 20 differences; with `bench` only the time and the
 * memory that the description takes.  Status 1 when something differs, or a
 * budget is missed.
 */

#define _GNU_SOURCE

#include "api_contract.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MAX_FIELDS 64

static const api_sipkey_t seed = { 11, 12 };


static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);

    return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}


static api_span_t
unhex(char *s)
{
    size_t   n;
    unsigned byte;

    if (strcmp(s, "-") == 0) {
        return api_span(s, 0);
    }

    for (n = 0; s[2 * n] && s[2 * n + 1]; n++) {
        sscanf(s + 2 * n, "%2x", &byte);
        s[n] = (char) byte;
    }

    return api_span(s, n);
}


/* Bytes that the compiler holds, and had at most, for the budget. */

typedef struct {
    size_t live, peak;
} count_t;


static void *
count_alloc(void *ctx, size_t size)
{
    size_t  *p;
    count_t *c = ctx;

    p = malloc(size + 16);

    if (p == NULL) {
        return NULL;
    }

    *p = size;
    c->live += size;
    c->peak = c->live > c->peak ? c->live : c->peak;

    return (uint8_t *) p + 16;
}


static void
count_free(void *ctx, void *p)
{
    size_t  *head;
    count_t *c = ctx;

    if (p) {
        head = (size_t *) (void *) ((uint8_t *) p - 16);
        c->live -= *head;
        free(head);
    }
}


/* Errors, or, where there are none, warnings. */

static void
print_problems(const api_problems_t *problems, unsigned max)
{
    char                 line[1024];
    unsigned             n;
    const api_problem_t *p;

    for (p = problems->first, n = 0; p && n < max; p = p->next) {
        if (p->warning && problems->errors) {
            continue;
        }

        n++;
        api_problem_print(p, line, sizeof(line));
        printf("%s: %.200s\n", p->warning ? "warning" : "error", line);
    }
}


static api_openapi_t *
load(const char *path, const api_alloc_t *alloc, count_t *count, bool bench)
{
    int                rc;
    double             start, took;
    api_err_t          err;
    api_docs_t        *docs;
    api_span_t         text;
    api_arena_t        a;
    const api_doc_t   *doc;
    api_openapi_t     *spec;
    api_docs_opts_t    opts = { .seed = seed };
    api_openapi_opts_t lenient = { .lenient = true };
    api_problems_t     problems;

    text = ut_file(path);
    api_arena_init(&a, &api_alloc_libc, 0, 0);
    api_problems_init(&problems, &a, 1000);
    start = now();
    api_docs_create(&docs, &opts, alloc);
    rc = api_docs_add(docs, api_span(path, strlen(path)), text, &doc, &err);

    if (rc != API_OK) {
        printf("%s\n", err.text);
        exit(2);
    }

    rc = api_openapi_compile(&spec, docs, doc, &lenient, &problems, alloc);
    took = now() - start;

    print_problems(&problems, bench ? 0 : 10);
    printf("%.1f MB: %u errors, %u warnings; %.2f s, %.2f x its size at most, "
           "%.2f x kept\n",
        (double) text.len / 1e6, problems.errors, problems.warnings, took,
        ((double) count->peak + (double) text.len) / (double) text.len,
        rc == API_OK ? (double) api_openapi_memory(spec) / (double) text.len
                     : 0);

    if (rc != API_OK) {
        exit(2);
    }

    api_docs_free(docs);
    api_arena_free(&a);
    free((void *) (uintptr_t) text.data);

    if (bench) {
        api_openapi_free(spec);
        exit(text.len > 1000000
             && (took > 1.5 || count->peak + text.len > 3 * text.len));
    }

    return spec;
}


static size_t
read_fields(api_span_t text, api_field_t *fields)
{
    size_t      n;
    const char *p, *e, *end, *colon;

    p = (const char *) text.data;
    end = p + text.len;

    for (n = 0; p < end && n < MAX_FIELDS; p = e + 1) {
        e = memchr(p, '\n', (size_t) (end - p));
        e = e ? e : end;
        colon = memchr(p, ':', (size_t) (e - p));
        fields[n].name = api_span(p, (size_t) (colon - p));
        fields[n++].value = api_span(colon + 2, (size_t) (e - colon) - 2);
    }

    return n;
}


/* "ok", "404 -", "400 type" */

static void
say(const api_verdict_t *v, char *out, size_t size)
{
    if (v->status == 0) {
        snprintf(out, size, "ok");
        return;
    }

    snprintf(out, size, "%u %s", v->status,
        v->nfaults ? v->faults[0].keyword : "-");
}


/* Is the keyword expected among the faults?  A wrong value may break several
   rules at once. */

static bool
has(const api_verdict_t *v, const char *expected)
{
    char     one[64];
    uint32_t i;

    for (i = 0; i < v->nfaults; i++) {
        snprintf(one, sizeof(one), "%u %s", v->status, v->faults[i].keyword);

        if (strcmp(one, expected) == 0) {
            return true;
        }
    }

    return false;
}


static bool
one(const api_openapi_t *spec, char *line, unsigned *printed)
{
    char          got[64], fault[600], *part[6];
    size_t        i;
    bool          same;
    api_err_t     err;
    api_path_t    path;
    api_field_t   fields[MAX_FIELDS];
    api_arena_t   a;
    api_request_t r;
    api_verdict_t v;

    static const api_contract_opts_t deny = { .deny_query = true,
        .deny_body = true };

    for (i = 0; i < 6; i++) {
        part[i] = strsep(&line, "\t");

        if (part[i] == NULL) {
            printf("a broken line\n");
            exit(2);
        }
    }

    api_arena_init(&a, &api_alloc_libc, 0, 0);
    memset(&r, 0, sizeof(r));
    r.has_body = strcmp(part[4], "-") != 0;
    r.method = api_span(part[1], strlen(part[1]));
    r.body = unhex(part[4]);
    r.fields = fields;
    r.nfields = read_fields(unhex(part[3]), fields);
    r.path = &path;

    if (api_path_parse(&path, unhex(part[2]), true, NULL, &a, &err) != API_OK)
    {
        printf("%s\n", err.text);
        exit(2);
    }

    api_contract_request(spec, &r, &deny, &a, &v);
    say(&v, got, sizeof(got));
    same = strcmp(got, part[0]) == 0 || has(&v, part[0]);

    if (!same && (*printed)++ < 20) {
        fault[0] = '\0';

        if (v.nfaults) {
            api_fault_print(&v.faults[0], fault, sizeof(fault));
        }

        printf("%s: expected %s, got %s (%s)\n  %.*s\n  %.300s\n", part[5],
            part[0], got, fault, (int) path.uri.len, path.uri.data,
            (const char *) r.body.data);
    }

    api_arena_free(&a);

    return same;
}


int
main(int argc, char **argv)
{
    char          *line;
    size_t         room;
    ssize_t        len;
    unsigned       n, wrong, printed;
    count_t        count = { 0, 0 };
    api_alloc_t    alloc = { count_alloc, count_free, &count };
    api_openapi_t *spec;

    if (argc < 2) {
        return 2;
    }

    spec = load(argv[1], &alloc, &count, argc > 2);
    line = NULL;
    room = 0;
    n = wrong = printed = 0;

    while ((len = getline(&line, &room, stdin)) > 0) {
        line[strcspn(line, "\n")] = '\0';
        n++;
        wrong += !one(spec, line, &printed);
    }

    printf("%u requests, %u not as expected\n", n, wrong);
    free(line);
    api_openapi_free(spec);

    return wrong > 0 || n == 0 || count.live > 0;
}
