/*
 * Speed of the router: templates like those of large APIs, 10 to 10 000, and
 * the paths of a description when one is named.
 *
 *     bench_router             templates made here
 *     bench_router FILE        a template a line
 *
 * Budget: 0.2 us a look-up at 811 templates, and no more than twice the time
 * of 10 at 10 000.
 */

#define _POSIX_C_SOURCE 200809L

#include "api_router.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 15
#define PATHS 512


static char        paths[PATHS][512];
static api_path_t  parsed[PATHS];
static api_arena_t arena;


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


/* /resource17/{id}/sub17/{sub_id} and its like: as deep and as mixed as the
   paths of GitHub's description. */

static void
template_of(unsigned i, char *out)
{
    unsigned r = i / 5;

    switch (i % 5) {
    case 0:
        sprintf(out, "/resource%u", r);
        break;
    case 1:
        sprintf(out, "/resource%u/{owner}/{repo}", r);
        break;
    case 2:
        sprintf(out, "/resource%u/{owner}/{repo}/actions/runs/{run_id}", r);
        break;
    case 3:
        sprintf(out, "/resource%u/{owner}/{repo}/actions/latest", r);
        break;
    default:
        sprintf(out, "/resource%u/{owner}/{repo}/compare/{base}...{head}", r);
        break;
    }
}


/* A path that the template takes. */

static void
path_of(const char *tmpl, char *out)
{
    for (; *tmpl; tmpl++) {
        if (*tmpl == '{') {
            out += sprintf(out, "value-17");
            tmpl = strchr(tmpl, '}');

        } else {
            *out++ = *tmpl;
        }
    }

    *out = '\0';
}


static double
measure(const api_router_t *router, unsigned n)
{
    int                i, round, times;
    double             start, ns[ROUNDS];
    unsigned           k, found;
    api_router_match_t m;

    for (round = 0; round < ROUNDS; round++) {
        start = now_ns();
        found = 0;
        times = 200;

        for (i = 0; i < times; i++) {
            for (k = 0; k < n; k++) {
                found += api_router_match(router, &parsed[k], &m);
            }
        }

        ns[round] = (now_ns() - start) / times / n;

        if (found != n * (unsigned) times) {
            printf("not every path has its route\n");
            exit(2);
        }
    }

    qsort(ns, ROUNDS, sizeof(double), compare_double);

    return ns[ROUNDS / 2];
}


static double
run(char *(*next)(unsigned i, char *buf), unsigned n, const char *what)
{
    char              buf[512], *t;
    double            ns;
    unsigned          i, npaths, step;
    uint32_t          clash;
    api_err_t         err;
    api_router_t     *router;
    api_router_stat_t stat;

    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    if (api_router_create(&router, &api_alloc_libc) != API_OK) {
        exit(2);
    }

    step = n / PATHS + 1;
    step += step % 5 == 0; /* of all five shapes */
    npaths = 0;

    for (i = 0; i < n && (t = next(i, buf)); i++) {
        if (api_router_add(router, api_span(t, strlen(t)), i, &clash, &err)
            != API_OK) {
            printf("%s: %s\n", t, err.text);
            exit(2);
        }

        if (i % step == 0 && npaths < PATHS) {
            path_of(t, paths[npaths]);
            api_path_parse(&parsed[npaths],
                api_span(paths[npaths], strlen(paths[npaths])), true, NULL,
                &arena, &err);
            npaths++;
        }
    }

    if (api_router_finish(router, &clash, &err) != API_OK) {
        exit(2);
    }

    ns = measure(router, npaths);
    stat = api_router_stat(router);
    printf("%-24s %6u templates %8.1f ns   %6u nodes, %zu KB\n", what, i, ns,
        stat.nodes, stat.bytes / 1024);
    api_router_free(router);
    api_arena_free(&arena);

    return ns;
}


static char *
made(unsigned i, char *buf)
{
    template_of(i, buf);

    return buf;
}


static FILE *file;

static char *
line(unsigned i, char *buf)
{
    (void) i;

    if (fgets(buf, 512, file) == NULL) {
        return NULL;
    }

    buf[strcspn(buf, "\n")] = '\0';

    return buf;
}


int
main(int argc, char **argv)
{
    double few, large, many;

    few = run(made, 10, "made");
    run(made, 100, "made");
    large = run(made, 811, "made");
    many = run(made, 10000, "made");

    if (argc > 1 && (file = fopen(argv[1], "r"))) {
        large = run(line, 100000, argv[1]);
        fclose(file);
    }

    printf("\nbudget 200 ns: %.0f ns; 10 000 to 10: %.2f, budget 2\n", large,
        many / few);

    return large > 200 || many / few > 2;
}
