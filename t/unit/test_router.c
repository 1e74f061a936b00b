/* Routes: precedence, ways back, mixed segments, refusals, and the whole
   against a plain matcher on random templates and paths. */

#include "api_router.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


static const char *const templates[] = {
    "/",                           /* 0 */
    "/orders",                     /* 1 */
    "/orders/",                    /* 2 */
    "/orders/{id}",                /* 3 */
    "/orders/mine",                /* 4 */
    "/orders/{id}/lines",          /* 5 */
    "/orders/mine/lines/{n}",      /* 6 */
    "/orders/{id}.json",           /* 7 */
    "/orders/{id}/lines/{n}:void", /* 8 */
    "/compare/{base}...{head}",    /* 9 */
    "/compare/{base}..{head}.zip", /* 10 */
    "/a b/{x}",                    /* 11 */
    "/caf%C3%A9",                  /* 12 */
    "/{any}/x",                    /* 13 */
    "/v{major}.{minor}/p{z}",      /* 14 */
    "/a%2Fb",                      /* 15 */
};

#define NTEMPLATES (sizeof(templates) / sizeof(templates[0]))

static const struct {
    const char *path;
    int         route; /* -1: none */
    const char *values;
} cases[] = {
    { "/", 0, "" },
    { "/orders", 1, "" },
    { "/orders/", 2, "" },
    { "/orders/7", 3, "7|" },
    { "/orders/mine", 4, "" },
    { "/orders/Mine", 3, "Mine|" },
    { "/orders/7/lines", 5, "7|" },
    { "/orders/mine/lines", 5, "mine|" },
    { "/orders/mine/lines/2", 6, "2|" },
    { "/orders/mine/lines/2:void", 6, "2:void|" },
    { "/orders/7/lines/2:void", 8, "7|2|" },
    { "/orders/7/lines/2%3Avoid", -1, "" },
    { "/orders/7/lines/:void", -1, "" },
    { "/orders/7/lines/2", -1, "" },
    { "/orders/7.json", 7, "7|" },
    { "/orders/.json", 3, ".json|" },
    { "/orders/7.json.json", 7, "7.json|" },
    { "/orders//7", -1, "" },
    { "/orders/7/", -1, "" },
    { "/orders/a%2Fb", 3, "a%2Fb|" },
    { "/%6frders/7", 3, "7|" },
    { "/orders/%6dine", 4, "" },
    { "/orders/mine%00", 3, "mine%00|" },
    { "/compare/a...b", 9, "a|b|" },
    { "/compare/a....b", 9, "a|.b|" },
    { "/compare/...b", -1, "" },
    { "/compare/a...", -1, "" },
    { "/compare/a..b.zip", 10, "a|b|" },
    { "/compare/a...b.zip", 10, "a|.b|" },
    { "/a%20b/1", 11, "1|" },
    { "/a b/1", 11, "1|" },
    { "/caf\xc3\xa9", 12, "" },
    { "/caf%c3%a9", 12, "" },
    { "/cafe", -1, "" },
    { "/q/x", 13, "q|" },
    { "/orders/x", 3, "x|" },
    { "/v1.2/p3", 14, "1|2|3|" },
    { "/v1.2/x", 13, "v1.2|" },
    { "/v1.2/p", -1, "" },
    { "/v.2/p3", -1, "" },
    { "/a%2Fb", 15, "" },
    { "/a%2fb", 15, "" },
    { "/a/b", -1, "" },
    { "/unknown", -1, "" },
};


/* Only cut at slashes: the paths of the table are raw, and stay so. */

static void
cut(api_path_t *path, api_span_t raw, api_arena_t *a)
{
    api_path_split(path, raw, NULL, a, NULL);
    path->flags = 0;
}


static void
test_table(void)
{
    size_t             i, n;
    uint8_t            got[128];
    uint32_t           k, clash;
    api_err_t          err;
    api_path_t         path;
    api_arena_t        a;
    api_router_t      *r;
    api_router_match_t m;

    ut_int(api_router_create(&r, &api_alloc_libc), API_OK, "a router");
    api_arena_init(&a, &api_alloc_libc, 0, 0);

    for (i = 0; i < NTEMPLATES; i++) {
        ut_int(
            api_router_add(r, str(templates[i]), (uint32_t) i, &clash, &err),
            API_OK, "%s", templates[i]);
    }

    ut_int(api_router_finish(r, &clash, &err), API_OK, "finished");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cut(&path, ut_guard(str(cases[i].path)), &a);
        ut_int(api_router_match(r, &path, &m), cases[i].route >= 0, "%s",
            cases[i].path);

        if (cases[i].route >= 0) {
            ut_int(m.route, cases[i].route, "its route");
        }

        for (k = 0, n = 0; m.route != API_ROUTER_NONE && k < m.nvalues; k++) {
            memcpy(got + n, m.value[k].data, m.value[k].len);
            n += m.value[k].len;
            got[n++] = '|';
        }

        ut_span(api_span(got, n), str(cases[i].values), "its values");
    }

    api_arena_free(&a);
    api_router_free(r);
    api_router_free(NULL);
}


static const struct {
    const char *first; /* NULL: nothing before */
    const char *tmpl;
    int         rc;
    int         code;
} bad[] = {
    { NULL, "", API_SYNTAX, API_ROUTER_E_SLASH },
    { NULL, "orders", API_SYNTAX, API_ROUTER_E_SLASH },
    { NULL, "/{", API_SYNTAX, API_ROUTER_E_BRACE },
    { NULL, "/}", API_SYNTAX, API_ROUTER_E_BRACE },
    { NULL, "/{}", API_SYNTAX, API_ROUTER_E_BRACE },
    { NULL, "/{a", API_SYNTAX, API_ROUTER_E_BRACE },
    { NULL, "/{a/b}", API_SYNTAX, API_ROUTER_E_BRACE },
    { NULL, "/{{a}}", API_SYNTAX, API_ROUTER_E_BRACE },
    { NULL, "/a}", API_SYNTAX, API_ROUTER_E_BRACE },
    { NULL, "/{a}{b}", API_SYNTAX, API_ROUTER_E_ADJACENT },
    { NULL, "/{a}/{a}", API_SYNTAX, API_ROUTER_E_NAME },
    { NULL, "/{id}/{ID}", API_SYNTAX, API_ROUTER_E_NAME },
    { NULL, "/a?b={c}", API_SYNTAX, API_ROUTER_E_QUERY },
    { NULL, "/a#b", API_SYNTAX, API_ROUTER_E_QUERY },
    { NULL, "/a%zz", API_SYNTAX, API_ROUTER_E_PERCENT },
    { NULL, "/a%00", API_SYNTAX, API_ROUTER_E_PERCENT },
    { NULL, "/a/../b", API_SYNTAX, API_ROUTER_E_DOTS },
    { NULL, "/a/%2e", API_SYNTAX, API_ROUTER_E_DOTS },
    { "/a/{b}", "/a/{c}", API_DUPLICATE, API_ROUTER_E_CLASH },
    { "/a/{b}", "/a/{b}", API_DUPLICATE, API_ROUTER_E_CLASH },
    { "/a/{b}.x", "/a/{c}.x", API_DUPLICATE, API_ROUTER_E_CLASH },
    { "/abc", "/%61bc", API_DUPLICATE, API_ROUTER_E_CLASH },
    { "/{a}.x/1", "/y.{a}/1", API_DUPLICATE, API_ROUTER_E_AMBIGUOUS },
    { "/{a}-{b}", "/{a}.{b}", API_DUPLICATE, API_ROUTER_E_AMBIGUOUS },
    { "/{a}.json", "/{a}.yaml", API_OK, 0 },
    { "/{a}-{b}", "/{a}.b", API_OK, 0 },
    { "/a/{b}", "/a/{b}/", API_OK, 0 },
};


static void
test_bad(void)
{
    int           rc;
    size_t        i;
    uint32_t      clash;
    api_err_t     err;
    api_router_t *r;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        err.code = 0;
        clash = 99;
        api_router_create(&r, &api_alloc_libc);

        if (bad[i].first) {
            api_router_add(r, str(bad[i].first), 5, &clash, &err);
        }

        rc = api_router_add(r, ut_guard(str(bad[i].tmpl)), 6, &clash, &err);

        if (rc == API_OK) {
            rc = api_router_finish(r, &clash, &err);
        }

        ut_int(rc, bad[i].rc, "%s%s%s", bad[i].first ? bad[i].first : "",
            bad[i].first ? " and " : "", bad[i].tmpl);
        ut_int(err.code, bad[i].code, "for its %s",
            api_router_error_name(bad[i].code));

        if (bad[i].rc == API_DUPLICATE) {
            ut_ok(clash == 5 || clash == 6, "the other one is named");
        }

        api_router_free(r);
    }
}


static void
test_limits(void)
{
    char          t[2048];
    size_t        i, n;
    uint32_t      clash;
    api_err_t     err;
    api_router_t *r;

    api_router_create(&r, &api_alloc_libc);

    for (i = 0, n = 0; i < API_ROUTER_MAX_PARAMS; i++) {
        n += (size_t) sprintf(t + n, "/{p%zu}", i);
    }

    ut_int(api_router_add(r, api_span(t, n), 0, &clash, &err), API_OK,
        "32 parameters");
    n += (size_t) sprintf(t + n, "/{x}");
    ut_int(api_router_add(r, api_span(t, n), 0, &clash, &err), API_LIMIT,
        "not 33");
    memset(t, 'a', 300);
    t[0] = '/';
    ut_int(api_router_add(r, api_span(t, 256), 1, &clash, &err), API_OK,
        "a segment of 255 bytes");
    ut_int(api_router_add(r, api_span(t, 257), 2, &clash, &err), API_LIMIT,
        "not of 256");
    memset(t, '/', 65);
    ut_int(api_router_add(r, api_span(t, 64), 1, &clash, &err), API_OK,
        "64 segments");
    ut_int(api_router_add(r, api_span(t, 65), 2, &clash, &err), API_LIMIT,
        "not 65");
    ut_int(api_router_finish(r, &clash, &err), API_OK, "still of use");
    api_router_free(r);
}


/* A matcher by another idea: each template in turn, as a pattern over the
   whole path; the best is the one that is concrete first, from the left ('l' < 'p'). */

#define RANDOM_TEMPLATES 24

static bool
plain_match(const char *t, const char *p, char *rank)
{
    while (*t && *p) {
        if (*t == '{') {
            *rank++ = 'p';

            if (*p == '/') {
                return false;
            }

            while (*p && *p != '/') {
                p++;
            }

            t = strchr(t, '}') + 1;

        } else {
            *rank++ = '/' == *t ? '/' : 'l';

            if (*t++ != *p++) {
                return false;
            }
        }
    }

    *rank = '\0';

    return *t == *p;
}


static void
random_template(ut_rand_t *rand, char *t)
{
    uint64_t i, n;

    n = 1 + ut_below(rand, 4);

    for (i = 0; i < n; i++) {
        if (ut_below(rand, 2)) {
            t += sprintf(t, "/{p%u}", (unsigned) i);

        } else {
            t += sprintf(t, "/%c", (char) ('a' + ut_below(rand, 3)));
        }
    }
}


typedef struct {
    char          tmpl[RANDOM_TEMPLATES][64];
    api_router_t *router;
    size_t        hits, wrong;
} random_t;


/* One random path: the same route as by trying all of them? */

static void
random_path(random_t *all, ut_rand_t *rand, api_arena_t *a)
{
    char               p[64], rank[64], best[64];
    bool               found;
    size_t             i;
    api_path_t         path;
    api_router_match_t m;

    random_template(rand, p);

    for (i = 0; p[i]; i++) {
        p[i] = p[i] == '{' || p[i] == '}' ? 'c' : p[i];
    }

    best[0] = '\0';
    found = false;

    for (i = 0; i < RANDOM_TEMPLATES; i++) {
        if (all->tmpl[i][0] && plain_match(all->tmpl[i], p, rank)
            && (!found || strcmp(rank, best) < 0))
        {
            strcpy(best, rank);
            found = true;
        }
    }

    cut(&path, str(p), a);
    all->hits += found;

    if (api_router_match(all->router, &path, &m) != found
        || (found
            && (!plain_match(all->tmpl[m.route], p, rank)
                || strcmp(rank, best) != 0)))
    {
        all->wrong++;
    }
}


static void
test_random(void)
{
    size_t      i, k, round;
    uint32_t    clash;
    random_t    all;
    api_err_t   err;
    ut_rand_t   rand = { 7 };
    api_arena_t a;

    all.wrong = all.hits = 0;
    api_arena_init(&a, &api_alloc_libc, 0, 0);

    for (round = 0; round < 300; round++) {
        api_router_create(&all.router, &api_alloc_libc);

        for (i = 0; i < RANDOM_TEMPLATES; i++) {
            random_template(&rand, all.tmpl[i]);

            if (api_router_add(
                    all.router, str(all.tmpl[i]), (uint32_t) i, &clash, &err)
                != API_OK)
            {
                all.tmpl[i][0] = '\0'; /* clashes with another one */
            }
        }

        api_router_finish(all.router, &clash, &err);

        for (k = 0; k < 60; k++) {
            random_path(&all, &rand, &a);
        }

        api_router_free(all.router);
        api_arena_free(&a);
    }

    ut_int(all.wrong, 0, "18 000 paths: the same as by trying them all");
    ut_ok(all.hits > 3000, "many of them have a route");
}


static void
test_memory(void)
{
    int           rc;
    size_t        n, i;
    uint32_t      clash;
    api_err_t     err;
    ut_alloc_t    u;
    api_router_t *r;

    for (n = 1;; n++) {
        ut_arm(&u, n);
        rc = api_router_create(&r, &u.alloc);

        if (rc == API_OK) {
            for (i = 0; i < NTEMPLATES && rc == API_OK; i++) {
                rc = api_router_add(
                    r, str(templates[i]), (uint32_t) i, &clash, &err);
            }

            rc = rc == API_OK ? api_router_finish(r, &clash, &err) : rc;
            api_router_free(r);
        }

        if (u.calls < n) {
            break;
        }

        ut_int(rc, API_NOMEM, "allocation %zu fails", n);
        ut_int(u.live, 0, "nothing is left");
    }
}


int
main(void)
{
    test_table();
    test_bad();
    test_limits();
    test_random();
    test_memory();

    return ut_done();
}
