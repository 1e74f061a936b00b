/* Virtual patches: the file, what is refused in it, what is found, days. */

#include "api_patch.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


#define ONE "a path=/x param=ARGS:q match=b expires=2030-03-01 owner=me\n"

static const struct {
    const char *text;
    int         rc;
    int         code;
    const char *says;
} bad[] = {
    { "a", API_INVALID, API_PATCH_E_MISSING, "line 1: the patch has no" },
    { "\n\na=b", API_SYNTAX, API_PATCH_E_ID, "line 3: begins with the id" },
    { "a b", API_SYNTAX, API_PATCH_E_KEY, "takes path= param=" },
    { "a path=/x path=/y", API_DUPLICATE, API_PATCH_E_KEY, "stands twice" },
    { "a path=", API_INVALID, API_PATCH_E_MISSING, "is empty" },
    { "a path=x", API_INVALID, API_PATCH_E_WORD, "begins with a slash" },
    { "a param=BODY", API_INVALID, API_PATCH_E_PARAM, "ARGS:NAME" },
    { "a param=ARGS:", API_INVALID, API_PATCH_E_PARAM, "ARGS:NAME" },
    { "a param=ARGSX", API_INVALID, API_PATCH_E_PARAM, "ARGS:NAME" },
    { "a match=(", API_SYNTAX, API_PATCH_E_MATCH, "PCRE2" },
    { "a match=%{tx.a}", API_INVALID, API_PATCH_E_MATCH, "macro" },
    { "a expires=2026-13-01", API_INVALID, API_PATCH_E_EXPIRES, "a day" },
    { "a expires=2026-1-1", API_INVALID, API_PATCH_E_EXPIRES, "a day" },
    { "a expires=soon", API_INVALID, API_PATCH_E_EXPIRES, "a day" },
    { "a expires=2026-12-01T24:00:00Z", API_INVALID, API_PATCH_E_EXPIRES,
        "or an instant" },
    { "a expires=2026-12-01T10:00:00", API_INVALID, API_PATCH_E_EXPIRES,
        "or an instant" },
    { "a match=\"b", API_SYNTAX, API_PATCH_E_WORD, "quote" },
    { ONE "# c\n" ONE, API_DUPLICATE, API_PATCH_E_ID, "line 3: there is" },
    { ONE "b path=/x \\\n param=NO", API_INVALID, API_PATCH_E_PARAM,
        "line 2: " },
    { "a path=/x \\\n param=ARGS match=b \\\n expires=2030-01-01 owner=m\nb",
        API_INVALID, API_PATCH_E_MISSING, "line 4: " },
};


static void
test_bad(void)
{
    int            rc;
    size_t         i;
    api_err_t      err;
    api_patches_t *list;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        memset(&err, 0, sizeof(err));
        rc = api_patches_parse(
            &list, ut_guard(str(bad[i].text)), &api_alloc_libc, &err);
        ut_int(rc, bad[i].rc, "file %zu is refused", i);
        ut_int(
            err.code, bad[i].code, "as %s", api_patch_error_name(bad[i].code));
        ut_ok(strstr(err.text, bad[i].says) != NULL, "file %zu says why", i);
        ut_guard_reset();
    }
}


typedef struct {
    api_arena_t      arena;
    api_waf_values_t values;
    api_scratch_t   *scratch;
} world_t;


static const char *
ask(world_t *w, const char *file, const char *path, int64_t now)
{
    int                rc;
    static char        id[80];
    api_err_t          err;
    api_span_t         paths[2];
    api_budget_t       budget = { 100000 };
    api_patches_t     *list;
    const api_patch_t *patch;

    if (api_patches_parse(&list, str(file), &api_alloc_libc, &err) != API_OK) {
        return err.text[0] ? "a mistake" : "?";
    }

    paths[0] = str(path);
    paths[1] = str("/other");
    rc = api_patches_find(
        list, paths, 2, &w->values, now, &budget, w->scratch, &patch);
    snprintf(id, sizeof(id), "%s%.*s", rc == API_OK ? "" : "limit ",
        patch ? (int) patch->id.len : 1,
        patch ? (const char *) patch->id.data : "-");
    api_patches_free(list);

    return id;
}


static void
test_find(void)
{
    world_t w;

    w.scratch = api_scratch_create(&api_alloc_libc);
    api_arena_init(&w.arena, &api_alloc_libc, 0, 0);
    api_waf_values_init(&w.values, &w.arena, 0);
    api_waf_values_add(&w.values, API_WAF_ARGS_POST, str("q"), str("abc"));
    api_waf_values_add(
        &w.values, API_WAF_REQUEST_HEADERS, str("X-Mode"), str("d"));
    api_waf_values_add(&w.values, API_WAF_REQUEST_COOKIES, str("c"), str("v"));

#define TAIL " expires=2030-03-01 owner=me"
    ut_span(str(ask(&w, ONE, "/x", 0)), str("a"), "found");
    ut_span(str(ask(&w, ONE, "/y", 0)), str("-"), "not on another path");
    ut_span(str(ask(&w, ONE, "/xx", 0)), str("-"), "nor on a longer one");
    ut_span(str(ask(&w, ONE, "/x", 1898639999)), str("a"),
        "in the last second of its day");
    ut_span(str(ask(&w, ONE, "/x", 1898640000)), str("-"), "and not after");
    ut_span(str(ask(&w, "p path=/ot* param=ARGS match=c" TAIL, "/z", 0)),
        str("p"), "a prefix, by either path, any argument");
    ut_span(
        str(ask(&w, "p path=/x param=HEADERS:x-mode match=^d$" TAIL, "/x", 0)),
        str("p"), "a header in any case");
    ut_span(str(ask(&w, "p path=/x param=ARGS:Q match=b" TAIL, "/x", 0)),
        str("-"), "an argument not so");
    ut_span(
        str(ask(&w, "p path=/x param=COOKIES:c match=\"v\"" TAIL, "/x", 0)),
        str("p"), "a cookie");
    ut_span(
        str(ask(&w, "p path=/x param=ARGS match=zz" TAIL "\n" ONE, "/x", 0)),
        str("a"), "the second of two");
    ut_span(str(ask(&w, "# nothing\n\n", "/x", 0)), str("-"), "of none");

    api_arena_free(&w.arena);
    api_scratch_free(w.scratch);
}


/* To the second, where it says so. */

static void
test_instant(void)
{
    world_t     w;
    const char *file = "a path=/x param=ARGS:q match=b "
                       "expires=2030-03-01T00:00:05Z owner=me\n";

    w.scratch = api_scratch_create(&api_alloc_libc);
    api_arena_init(&w.arena, &api_alloc_libc, 0, 0);
    api_waf_values_init(&w.values, &w.arena, 0);
    api_waf_values_add(&w.values, API_WAF_ARGS_POST, str("q"), str("abc"));

    ut_ok(strcmp(ask(&w, file, "/x", 1898553604), "a") == 0,
        "it holds to its second");
    ut_ok(strcmp(ask(&w, file, "/x", 1898553605), "-") == 0, "and no longer");

    api_arena_free(&w.arena);
    api_scratch_free(w.scratch);
}


static void
test_memory(void)
{
    int            rc;
    size_t         n;
    api_err_t      err;
    ut_alloc_t     u;
    api_patches_t *list;

    for (n = 1;; n++) {
        ut_arm(&u, n);
        rc = api_patches_parse(&list, str(ONE), &u.alloc, &err);

        if (rc == API_OK) {
            api_patches_free(list);
        }

        ut_ok(u.live == 0 && (u.calls < n || rc == API_NOMEM),
            "without memory at call %zu", n);

        if (u.calls < n) {
            break;
        }
    }
}


int
main(void)
{
    test_bad();
    test_find();
    test_instant();
    test_memory();

    return ut_done();
}
