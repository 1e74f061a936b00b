/* Requests made to cost: each has its verdict, and a bound on memory and CPU
   beside a plain request of the same size. */

#include "api_contract.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const api_sipkey_t seed = { 11, 12 };

static const char description[] =
    "openapi: 3.1.0\n"
    "info: {title: t, version: v}\n"
    "paths:\n"
    " /q:\n"
    "  get:\n"
    "   parameters:\n"
    "   - {name: list, in: query, schema: {type: array, items: {type:"
    " integer}}}\n"
    "   - {name: csv, in: query, explode: false, schema: {type: array, items:"
    " {type: integer}}}\n"
    "   - {name: deep, in: query, style: deepObject, schema: {type: object}}\n"
    "   - {name: 'deep[of]', in: query, schema: {type: array, items: {type:"
    " integer}}}\n"
    "   - {name: 'own[of]', in: query, schema: {type: array, items: {type:"
    " integer}}}\n"
    "   - {name: own, in: query, style: deepObject, schema: {type: object}}\n"
    "   - {name: open, in: query, schema: {type: object,"
    " additionalProperties: {type: integer}}}\n"
    "   - {name: X-List, in: header, schema: {type: array, items: {type:"
    " integer}}}\n"
    " /p/{a}:\n"
    "  get:\n"
    "   parameters:\n"
    "   - {name: a, in: path, required: true, style: label, explode: true,"
    " schema: {type: array, items: {type: integer}}}\n"
    " /f:\n"
    "  post:\n"
    "   requestBody:\n"
    "    content:\n"
    "     application/x-www-form-urlencoded: {schema: {type: object,"
    " properties: {a: {type: integer}}, patternProperties:"
    " {'^(a+)+$': {type: integer}}}}\n"
    "     multipart/form-data: {schema: {type: object, properties: {a: {type:"
    " array, items: {type: integer}}}}}\n"
    "     application/json: {schema: {type: object, properties: {a: {type:"
    " integer}}, additionalProperties: false}}\n";

#define SIZE (1 << 20)

static api_openapi_t *spec;
static char           text[SIZE + 64];


static void
compile(void)
{
    api_err_t        err;
    api_docs_t      *docs;
    api_arena_t      a;
    const api_doc_t *doc;
    api_docs_opts_t  opts = { .seed = seed };
    api_problems_t   problems;

    api_arena_init(&a, &api_alloc_libc, 0, 0);
    api_problems_init(&problems, &a, 10);
    api_docs_create(&docs, &opts, &api_alloc_libc);
    api_docs_add(docs, API_SPAN("x.yaml"),
        api_span(description, sizeof(description) - 1), &doc, &err);
    ut_int(api_openapi_compile(
               &spec, docs, doc, NULL, &problems, &api_alloc_libc),
        API_OK, "the description");
    api_docs_free(docs);
    api_arena_free(&a);
}


/* `unit` with a number for each #, again and again, up to size bytes. */

static size_t
repeat(char *out, size_t size, const char *unit)
{
    size_t      n;
    unsigned    i;
    const char *u;

    for (n = 0, i = 0; n + 128 < size; i++) {
        for (u = unit; *u; u++) {
            if (*u == '#') {
                n += (size_t) sprintf(out + n, "%u", i);

            } else {
                out[n++] = *u;
            }
        }
    }

    return n;
}


typedef struct {
    const char *what;
    const char *type; /* of a body; NULL: the unit makes a query */
    const char *head;
    const char *unit;
    const char *tail;
    size_t      size;
    unsigned    status;
    const char *keyword;
} hostile_t;

#define PART "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n#\r\n"
#define FORM "application/x-www-form-urlencoded"
#define MULTI "multipart/form-data; boundary=B"

static const hostile_t cases[] = {
    { "1e5 parameters", NULL, "", "a#=1&", "", SIZE, 400, "limit" },
    { "1e5 times one", NULL, "", "list=#&", "", SIZE, 400, "limit" },
    { "990 elements", NULL, "", "list=#&", "", 8000, 0, NULL },
    { "4000 elements", NULL, "csv=", "#,", "0", 20000, 0, NULL },
    { "empty elements", NULL, "csv=", ",", "", 9000, 400, "type" },
    { "1e6 empty elements", NULL, "csv=", ",", "", SIZE, 400, "limit" },
    { "990 members", NULL, "", "deep[k#]=#&", "", 12000, 0, NULL },
    { "deep members", NULL, "", "deep[a][b][c][d][k#]=#&", "", 20000, 0,
        NULL },
    { "one member", NULL, "", "deep[k]=#&", "", 9000, 400, "duplicate" },
    { "members, one by one of another parameter", NULL, "own[a]=1&",
        "own[of]=#&", "own[b]=1", 9000, 0, NULL },
    { "members of an object that another parameter has too", NULL, "",
        "deep[of]=#&", "", 9000, 400, "duplicate" },
    { "a gap", NULL, "", "deep[#][]=#&", "deep[]=1", 9000, 400, "style" },
    { "990 open members", NULL, "", "k#=#&", "", 8000, 0, NULL },
    { "brackets", NULL, "deep", "[a]", "=1", 9000, 400, "style" },
    { "open brackets", NULL, "deep", "[", "=1", 9000, 400, "style" },
    { "1e5 fields", FORM, "", "b#=1&", "", SIZE, 413, "limit" },
    { "900 unknown fields", FORM, "", "b#=1&", "", 6000, 422, "unknown" },
    { "a pattern that backtracks", FORM, "",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaa#=1&", "", 30000, 422, "unknown" },
    { "1e4 parts", MULTI, "", PART, "--B--", SIZE / 2, 413, "limit" },
    { "900 parts", MULTI, "", PART, "--B--", 50000, 0, NULL },
    { "lines", MULTI, "--B\r\n", "\r\n", "--B--", SIZE, 400, "syntax" },
    { "unknown members", "application/json", "{", "\"k#\":1,", "\"k\":1}",
        60000, 422, "additionalProperties" },
    { "depth", "application/json", "", "[", "", SIZE, 413, "limit" },
};


static double
cpu(void)
{
    return (double) clock() / CLOCKS_PER_SEC;
}


static void
check(const hostile_t *h)
{
    size_t                  n;
    double                  start, took;
    api_path_t              path;
    api_field_t             field;
    api_arena_t             a;
    api_request_t           r;
    api_verdict_t           v;
    static char             target[SIZE + 128];
    api_path_limits_t       limits = { 1 << 22, 64 };
    api_urlencoded_limits_t large = { 1 << 22, 1000, 1 << 20, 1 << 20 };
    api_contract_opts_t     opts = {
            .deny_query = true, .deny_body = true, .form = &large
    };

    n = (size_t) sprintf(text, "%s", h->head);
    n += repeat(text + n, h->size - n, h->unit);
    n += (size_t) sprintf(text + n, "%s", h->tail);

    memset(&r, 0, sizeof(r));
    api_arena_init(&a, &api_alloc_libc, 0, 0);
    sprintf(target, h->type ? "/f" : "/q?%s", text);
    api_path_parse(
        &path, api_span(target, strlen(target)), true, &limits, &a, NULL);
    r.method = h->type ? API_SPAN("POST") : API_SPAN("GET");
    r.path = &path;
    r.fields = &field;

    if (h->type) {
        field.name = API_SPAN("content-type");
        field.value = api_span(h->type, strlen(h->type));
        r.nfields = 1;
        r.has_body = true;
        r.body = api_span(text, n);
    }

    start = cpu();
    ut_int(api_contract_request(spec, &r, &opts, &a, &v), API_OK, "%s, %zu KB",
        h->what, n / 1024);
    took = cpu() - start;
    ut_int(v.status, h->status, "its verdict");
    ut_ok((v.nfaults == 0) == (h->keyword == NULL)
              && (v.nfaults == 0
                  || strcmp(v.faults[0].keyword, h->keyword) == 0),
        "because of %s", v.nfaults ? v.faults[0].keyword : "nothing");
    ut_ok(v.nfaults <= 8, "with few faults");

    /* generous, for sanitizers and a busy machine: what is quadratic in a
       megabyte takes minutes */

    ut_ok(took < 2, "%.0f ms", took * 1e3);
    ut_ok(a.held < 96 * n + 65536, "%zu KB held", a.held / 1024);
    api_arena_free(&a);
}


/* The same of a path and of a header. */

static void
test_places(void)
{
    size_t            n;
    api_path_t        path;
    api_field_t       field;
    api_arena_t       a;
    api_request_t     r;
    api_verdict_t     v;
    api_path_limits_t limits = { 1 << 20, 64 };

    memset(&r, 0, sizeof(r));
    api_arena_init(&a, &api_alloc_libc, 0, 0);
    n = (size_t) sprintf(text, "/p/");
    n += repeat(text + n, 20000, ".#");
    api_path_parse(&path, api_span(text, n), true, &limits, &a, NULL);
    r.method = API_SPAN("GET");
    r.path = &path;
    api_contract_request(spec, &r, NULL, &a, &v);
    ut_int(v.status, 0, "a path of 4000 elements");

    api_path_parse(&path, API_SPAN("/q"), true, &limits, &a, NULL);
    n = repeat(text, 20000, "#, ");
    field.name = API_SPAN("X-List");
    field.value = api_span(text, n);
    r.fields = &field;
    r.nfields = 1;
    api_contract_request(spec, &r, NULL, &a, &v);
    ut_int(v.status, 400, "a header that ends in a comma");
    field.value.len -= 2;
    api_contract_request(spec, &r, NULL, &a, &v);
    ut_int(v.status, 0, "and one that does not");
    api_arena_free(&a);
}


int
main(void)
{
    size_t i;

    compile();

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check(&cases[i]);
    }

    test_places();
    api_openapi_free(spec);

    return ut_done();
}
