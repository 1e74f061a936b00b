/*
 * The JSON Schema Test Suite: every test of the five drafts, remote schemas
 * included, as Debian's libtest-json-schema-acceptance-perl has it.
 *
 *     test_schema_suite          TAP, with the table as comments
 *     test_schema_suite DIR      the suite of another checkout
 *
 * What is known to fail stands in t/unit/schema_suite.known with its reason;
 * a test there that passes is a failure too.
 */

#define _DEFAULT_SOURCE

#include "api_json.h"
#include "api_schema.h"
#include "ut.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>


#define SUITE "/usr/share/perl5/auto/share/dist/Test-JSON-Schema-Acceptance"
#define META "t/node/node_modules"
#define KNOWN "t/unit/schema_suite.known"


static const api_sipkey_t seed = { 0x5eed, 0x5eed5eed };

static const char *suite = SUITE;
static api_span_t  known;
static unsigned    known_seen;

/* Counted for a line of the table. */

typedef struct {
    unsigned tests, passed, known;
} tally_t;

static const struct {
    const char          *name;
    api_schema_dialect_t dialect;
} drafts[] = {
    { "draft4", API_SCHEMA_DRAFT4 },
    { "draft6", API_SCHEMA_DRAFT6 },
    { "draft7", API_SCHEMA_DRAFT7 },
    { "draft2019-09", API_SCHEMA_2019_09 },
    { "draft2020-12", API_SCHEMA_2020_12 },
};

/* Where the schemas of schemas are. */

static const struct {
    const char *uri;
    const char *path;
} metas[] = {
    { "http://json-schema.org/draft-04/",
        META "/ajv-draft-04/dist/refs/json-schema-draft-04.json" },
    { "http://json-schema.org/draft-06/",
        META "/ajv/dist/refs/json-schema-draft-06.json" },
    { "http://json-schema.org/draft-07/",
        META "/ajv/dist/refs/json-schema-draft-07.json" },
    { "https://json-schema.org/draft/2019-09/", "2019-09" },
    { "https://json-schema.org/draft/2020-12/", "2020-12" },
};


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


/* The file that a URI of the suite stands for. */

static bool
remote_path(api_span_t uri, char *path, size_t size)
{
    size_t      i, n;
    const char *local = "http://localhost:1234/";

    n = strlen(local);

    if (uri.len > n && memcmp(uri.data, local, n) == 0) {
        snprintf(path, size, "%s/remotes/%.*s", suite, (int) (uri.len - n),
            (const char *) uri.data + n);
        return true;
    }

    for (i = 0; i < sizeof(metas) / sizeof(metas[0]); i++) {
        n = strlen(metas[i].uri);

        if (uri.len < n || memcmp(uri.data, metas[i].uri, n) != 0) {
            continue;
        }

        if (metas[i].path[0] == 't') {
            snprintf(path, size, "%s", metas[i].path);

        } else {
            snprintf(path, size,
                META "/ajv/dist/refs/json-schema-%s/%.*s.json", metas[i].path,
                (int) (uri.len - n), (const char *) uri.data + n);
        }

        return true;
    }

    return false;
}


static int
remote_load(void *ctx, api_span_t name, api_span_t *text, api_err_t *err)
{
    char path[1024];

    (void) ctx;

    if (!remote_path(name, path, sizeof(path))) {
        return api_fail(err, API_INVALID, 0, 0, "not of the suite");
    }

    *text = ut_file(path);

    return text->data ? API_OK
                      : api_fail(err, API_INVALID, 0, 0, "no file %s", path);
}


static void
remote_release(void *ctx, api_span_t text)
{
    (void) ctx;
    free((void *) (uintptr_t) text.data);
}


static const api_doc_loader_t loader = { remote_load, remote_release, NULL };


/* Does the file of known failures name the test, "file | case | test |"? */

static bool
is_known(const char *test)
{
    size_t       n;
    char        *at;
    static char *text;

    if (known.data == NULL) {
        return false;
    }

    if (text == NULL) {
        text = calloc(known.len + 2, 1);
        text[0] = '\n';
        memcpy(text + 1, known.data, known.len);
    }

    n = strlen(test);

    for (at = text; (at = strstr(at, test)); at++) {
        if (at[-1] == '\n' && strncmp(at + n, " | ", 3) == 0) {
            return true;
        }
    }

    return false;
}


/* A case: its schema compiled, its tests run. */

typedef struct {
    const char    *file;
    api_json_t     json;
    api_arena_t    arena;
    api_span_t     title;
    bool           formats;
    bool           draft;
    api_problems_t problems;
    api_docs_t    *docs;
    api_schema_t  *schema;
    uint32_t       entry;
    tally_t       *tally;
} case_t;


static void
case_compile(case_t *c, uint32_t schema, api_schema_dialect_t dialect)
{
    api_err_t           err;
    const api_doc_t    *doc;
    api_docs_opts_t     docs_opts = { NULL, &loader, seed, true };
    api_schema_opts_t   opts = { !c->formats, false };
    api_schema_build_t *build;

    c->schema = NULL;
    c->docs = NULL;
    api_problems_init(&c->problems, &c->arena, 5);

    if (api_docs_create(&c->docs, &docs_opts, &api_alloc_libc) != API_OK
        || api_docs_add(c->docs, API_SPAN("suite.json"),
               api_json_raw(&c->json, schema), &doc, &err)
               != API_OK
        || api_schema_build(
               &build, c->docs, &opts, &c->problems, &api_alloc_libc)
               != API_OK)
    {
        return;
    }

    (void) api_schema_add(build, api_doc_root(doc), dialect, &c->entry);
    (void) api_schema_finish(build, &c->schema);
}


static bool
case_verdict(case_t *c, uint32_t data)
{
    int                 rc;
    api_json_t          json;
    api_arena_t         arena;
    api_json_limits_t   limits;
    api_schema_result_t result;

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    limits = api_json_limits_default;
    limits.number = 1000;

    rc = api_json_parse(&json, api_json_raw(&c->json, data), &limits,
        API_JSON_ALLOW_NUL, seed, &arena, NULL);

    if (rc == API_OK) {
        rc = api_schema_run(
            c->schema, c->entry, &json, 0, NULL, &arena, &result);
        ut_check(rc == API_OK || (result.nerrors > 0), __FILE__, __LINE__,
            "a refusal has a reason");
    }

    api_arena_free(&arena);

    return rc == API_OK;
}


static api_span_t
case_text(case_t *c, uint32_t object, const char *name)
{
    api_span_t s;

    s = API_SPAN("");
    api_json_string(
        &c->json, api_json_get(&c->json, object, str(name)), &c->arena, &s);

    return s;
}


static void
case_test(case_t *c, uint32_t test)
{
    bool       want, pass, is;
    char       name[512], line[512];
    api_span_t title;

    title = case_text(c, test, "description");
    snprintf(name, sizeof(name), "%s | %.*s | %.*s", c->file,
        (int) c->title.len, (const char *) c->title.data, (int) title.len,
        (const char *) title.data);

    want = c->json.tok[api_json_get(&c->json, test, API_SPAN("valid"))].type
           == API_JSON_TRUE;
    pass = c->schema
           && case_verdict(c, api_json_get(&c->json, test, API_SPAN("data")))
                  == want;
    is = is_known(name);
    known_seen += is;

    c->tally->tests++;
    c->tally->passed += pass;
    c->tally->known += is;

    /* a name of the suite may have a # in it, which TAP reads */

    snprintf(line, sizeof(line), "%s", name);

    for (char *p = line; *p; p++) {
        *p = *p == '#' ? '_' : *p;
    }

    ut_check(pass != is, __FILE__, __LINE__, "%s%s", line,
        pass && is ? " (passes, and is in the list of those that do not)"
                   : "");

    if (!pass && !is && !c->schema && c->problems.first) {
        printf("# %.*s: %.*s\n", (int) c->problems.first->pointer.len,
            (const char *) c->problems.first->pointer.data,
            (int) c->problems.first->text.len,
            (const char *) c->problems.first->text.data);
    }
}


static void
case_run(case_t *c, uint32_t at, api_schema_dialect_t dialect)
{
    uint32_t i, n, tests;

    c->title = case_text(c, at, "description");
    case_compile(c, api_json_get(&c->json, at, API_SPAN("schema")), dialect);

    tests = api_json_get(&c->json, at, API_SPAN("tests"));
    n = c->json.tok[tests].len;

    for (i = tests + 1; n--; i = api_json_next(&c->json, i)) {
        case_test(c, i);
    }

    api_schema_free(c->schema);
    api_docs_free(c->docs);
}


static void
run_file(const char *path, const char *name, api_schema_dialect_t dialect,
    bool formats, tally_t *tally)
{
    case_t            c;
    uint32_t          i, n;
    api_span_t        text;
    api_json_limits_t limits = { 200, 1000000, 100000, 10000, 1000000, 1000 };

    memset(&c, 0, sizeof(c));
    c.file = name;
    c.formats = formats;
    c.tally = tally;
    api_arena_init(&c.arena, &api_alloc_libc, 65536, 0);

    text = ut_file(path);

    if (ut_ok(text.data
                  && api_json_parse(&c.json, text, &limits, API_JSON_ALLOW_NUL,
                         seed, &c.arena, NULL)
                         == API_OK,
            "%s is read", name))
    {
        n = c.json.tok[0].len;

        for (i = 1; n--; i = api_json_next(&c.json, i)) {
            case_run(&c, i, dialect);
        }
    }

    api_arena_free(&c.arena);
    free((void *) (uintptr_t) text.data);
}


static int
by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}


/* What an optional file leans on the assertion of formats for. */

static bool
wants_formats(const char *name)
{
    return strcmp(name, "format-assertion.json") == 0
           || strcmp(name, "ecmascript-regex.json") == 0;
}


static void
run_dir(const char *dir, api_schema_dialect_t dialect, bool formats,
    tally_t *tally)
{
    char           path[1024], *names[256];
    DIR           *d;
    size_t         i, n;
    struct dirent *e;

    snprintf(path, sizeof(path), "%s/tests/%s", suite, dir);
    d = opendir(path);

    if (!ut_ok(d != NULL, "%s is there", path)) {
        return;
    }

    for (n = 0; n < 256 && (e = readdir(d));) {
        if (strlen(e->d_name) > 5
            && strcmp(e->d_name + strlen(e->d_name) - 5, ".json") == 0)
        {
            names[n++] = strdup(e->d_name);
        }
    }

    closedir(d);
    qsort(names, n, sizeof(names[0]), by_name);

    for (i = 0; i < n; i++) {
        char name[512];

        snprintf(path, sizeof(path), "%s/tests/%s/%s", suite, dir, names[i]);
        snprintf(name, sizeof(name), "%s/%s", dir, names[i]);
        run_file(
            path, name, dialect, formats || wants_formats(names[i]), tally);
        free(names[i]);
    }
}


static void
print_tally(const char *draft, const char *kind, const tally_t *t)
{
    printf("# %-14s %-10s %5u of %5u %7.2f %%%s", draft, kind, t->passed,
        t->tests, t->tests ? 100.0 * t->passed / t->tests : 100.0,
        t->known ? "" : "\n");

    if (t->known) {
        printf("   %u known\n", t->known);
    }
}


static unsigned
count_known(void)
{
    size_t   i;
    unsigned n;

    for (i = 0, n = 0; i + 5 < known.len; i++) {
        n += known.data[i] == '\n'
             && memcmp(known.data + i + 1, "draft", 5) == 0;
    }

    return n;
}


int
main(int argc, char **argv)
{
    char    dir[256];
    size_t  i;
    tally_t required, optional, format;

    suite = argc > 1 ? argv[1] : SUITE;
    known = ut_file(KNOWN);

    for (i = 0; i < sizeof(drafts) / sizeof(drafts[0]); i++) {
        memset(&required, 0, sizeof(required));
        memset(&optional, 0, sizeof(optional));
        memset(&format, 0, sizeof(format));

        run_dir(drafts[i].name, drafts[i].dialect, false, &required);
        snprintf(dir, sizeof(dir), "%s/optional", drafts[i].name);
        run_dir(dir, drafts[i].dialect, false, &optional);
        snprintf(dir, sizeof(dir), "%s/optional/format", drafts[i].name);
        run_dir(dir, drafts[i].dialect, true, &format);

        print_tally(drafts[i].name, "required", &required);
        print_tally(drafts[i].name, "optional", &optional);
        print_tally(drafts[i].name, "format", &format);
        ut_int(required.passed, required.tests, "%s: all that is required",
            drafts[i].name);
    }

    ut_int(known_seen, count_known(), "each test in the list is there");
    free((void *) (uintptr_t) known.data);

    return ut_done();
}
