/* Requests and responses against t/unit/contract/styles.yaml: for each kind
   of parameter and body what passes, beside what does not and why. */

#include "api_contract.h"
#include "contract_cases.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>

static const api_sipkey_t seed = { 11, 12 };

static api_openapi_t *spec;


static api_span_t
str(const char *s)
{
    return s ? api_span(s, strlen(s)) : api_span(NULL, 0);
}


static void
print_problems(const api_problems_t *problems)
{
    char                 line[1024];
    const api_problem_t *p;

    for (p = problems->first; p; p = p->next) {
        api_problem_print(p, line, sizeof(line));
        printf("# %s%s\n", p->warning ? "warning: " : "", line);
    }
}


static int
compile(const char *name, api_span_t text, const api_openapi_opts_t *opts,
    const api_alloc_t *alloc, api_problems_t *problems, api_openapi_t **out)
{
    int              rc;
    api_err_t        err;
    api_docs_t      *docs;
    const api_doc_t *doc;
    api_docs_opts_t  docs_opts = { .seed = seed };

    rc = api_docs_create(&docs, &docs_opts, alloc);

    if (rc != API_OK) {
        return rc;
    }

    rc = api_docs_add(docs, str(name), text, &doc, &err);

    if (rc == API_OK) {
        rc = api_openapi_compile(out, docs, doc, opts, problems, alloc);
    }

    api_docs_free(docs);

    return rc;
}


static api_span_t
styles(void)
{
    return ut_file("t/unit/contract/styles.yaml");
}


/* "GET /path", "Name: value" lines, then a body behind an empty line. */

#define MAX_FIELDS 16

typedef struct {
    api_request_t request;
    api_path_t    path;
    api_field_t   fields[MAX_FIELDS];
} message_t;


static void
read_message(message_t *m, const char *text, api_arena_t *a)
{
    const char *p, *e, *colon;

    memset(m, 0, sizeof(*m));
    e = strchr(text, ' ');
    m->request.method = api_span(text, (size_t) (e - text));
    p = e + 1;
    e = p + strcspn(p, "\n");
    api_path_parse(
        &m->path, api_span(p, (size_t) (e - p)), true, NULL, a, NULL);
    m->request.path = &m->path;
    m->request.fields = m->fields;

    for (p = *e ? e + 1 : e; *p && *p != '\n'; p = *e ? e + 1 : e) {
        e = p + strcspn(p, "\n");
        colon = strchr(p, ':');
        m->fields[m->request.nfields].name = api_span(p, (size_t) (colon - p));
        m->fields[m->request.nfields++].value =
            api_span(colon + 2, (size_t) (e - colon) - 2);
    }

    if (*p == '\n') {
        m->request.has_body = true;
        m->request.body = ut_guard(str(p + 1));
    }
}


static const api_contract_opts_t deny = { .deny_query = true,
    .deny_body = true };


/* The first fault as the tables have it. */

static void
describe(const api_verdict_t *v, char *out)
{
    const api_fault_t *f;

    *out = '\0';

    if (v->nfaults == 0) {
        return;
    }

    f = &v->faults[0];
    sprintf(out, "%s%s%.*s%s%.*s %s", api_in_name(f->in),
        f->name.len ? " " : "", (int) f->name.len, (const char *) f->name.data,
        f->pointer.len ? " " : "", (int) f->pointer.len,
        (const char *) f->pointer.data, f->keyword);
}


static void
check(size_t i)
{
    char          got[600], line[600], title[40];
    message_t     m;
    api_arena_t   a;
    api_verdict_t v;

    api_arena_init(&a, &api_alloc_libc, 0, 0);
    read_message(&m, cases[i].request, &a);
    snprintf(title, sizeof(title), "%.*s",
        (int) strcspn(cases[i].request, "\n"), cases[i].request);

    ut_int(api_contract_request(spec, &m.request, &deny, &a, &v), API_OK,
        "%zu: %s", i, title);
    describe(&v, got);
    ut_int(v.status, cases[i].status, "its status");
    ut_span(str(got), str(cases[i].fault ? cases[i].fault : ""), "its fault");

    if (v.nfaults) {
        ut_ok(v.faults[0].detail.len > 0, "said in words");
        ut_ok(api_fault_print(&v.faults[0], line, sizeof(line)) < sizeof(line),
            "%s", line);
    }

    api_arena_free(&a);
}


static void
test_operation(void)
{
    api_arena_t            a;
    api_path_t             path;
    api_route_t            route;
    api_span_t             name, value;
    const api_operation_t *op;

    ut_span(api_openapi_title(spec), str("Styles"), "the title");
    ut_span(api_openapi_version(spec), str("1.2"), "the version");
    op = api_openapi_find(spec, str("old"));
    ut_ok(op && op->deprecated && op->internal && op->has_sunset, "old");
    ut_int(op->sunset, 1798675200, "its sunset");
    ut_int(op->nrequirements, 2, "its requirements");
    ut_int(op->requirements[0].nneeds, 0, "none is enough");
    ut_span(op->requirements[1].needs[0].scheme->param, str("api_key"),
        "or a key");
    op = api_openapi_find(spec, str("simple"));
    ut_ok(op && !op->deprecated && !op->internal, "simple");
    ut_span(op->route, str("/v1/simple/{id}"), "its route");
    ut_int(op->nrequirements, 1, "what the document asks of all");
    ut_span(op->requirements[0].needs[0].scopes[0], str("read"), "its scope");
    ut_ok(api_openapi_find(spec, str("none")) == NULL, "no other");
    ut_ok(api_openapi_has_path_param(spec, str("id")), "a name of a path");
    ut_ok(!api_openapi_has_path_param(spec, str("x")), "no name of one");
    ut_int(api_openapi_scheme(spec, 2)->type, API_SCHEME_BEARER, "a scheme");
    ut_ok(api_openapi_scheme(spec, 3) == NULL, "no more");

    api_arena_init(&a, &api_alloc_libc, 0, 0);
    api_path_parse(&path, str("/v1/simple/a%2Fb"), true, NULL, &a, NULL);
    ut_int(api_openapi_route(spec, str("HEAD"), &path, 0, &route), API_DENIED,
        "HEAD is no method of it");
    ut_span(api_span(route.allow, route.allow_len), str("GET"), "but GET is");
    ut_int(api_openapi_route(
               spec, str("HEAD"), &path, API_ROUTE_HEAD_AS_GET, &route),
        API_OK, "HEAD as GET");
    ut_ok(route.head, "is said");
    ut_int(api_openapi_path_value(&route, 0, false, &a, &name, &value), API_OK,
        "its parameter");
    ut_span(name, str("id"), "by name");
    ut_span(value, str("a/b"), "decoded");
    ut_int(api_openapi_path_value(&route, 1, false, &a, &name, &value),
        API_INVALID, "no other");
    api_path_parse(&path, str("/v1/simple/special"), true, NULL, &a, NULL);
    ut_int(api_openapi_route(
               spec, str("DELETE"), &path, API_ROUTE_HEAD_AS_GET, &route),
        API_DENIED, "a concrete path and a template, both without it");
    ut_span(api_span(route.allow, route.allow_len), str("GET, PUT, HEAD"),
        "what both have is allowed");
    ut_int(api_openapi_route(
               spec, str("HEAD"), &path, API_ROUTE_HEAD_AS_GET, &route),
        API_OK, "HEAD finds the GET behind the concrete path");
    ut_span(route.op->id, str("simple"), "that of the template");
    api_path_parse(&path, str("/v1/json"), true, NULL, &a, NULL);
    api_openapi_route(spec, str("GET"), &path, 0, &route);
    ut_span(api_span(route.allow, route.allow_len), str("PUT, POST"),
        "methods that are allowed");
    api_arena_free(&a);
}


static const struct {
    unsigned    status;
    const char *total;
    const char *type;
    const char *body;
    const char *fault;
} responses[] = {
    { 200, "7", "application/json", "{\"item\":\"ab\",\"id\":7}", "" },
    { 200, "x", "application/json", "{\"item\":\"ab\"}",
        "header X-Total type" },
    { 200, NULL, "application/json", "{\"item\":\"ab\"}",
        "header X-Total required" },
    { 200, "7", "application/json", "{\"item\":\"ab\",\"secret\":\"x\"}",
        "body /secret writeOnly" },
    { 200, "7", "application/json", "{\"id\":7}", "body required" },
    { 200, "7", "application/json", "{", "body syntax" },
    { 200, "7", "text/html", "<h1>", "body mediaType" },
    { 200, "7", "application/json", "", "body required" },
    { 404, NULL, "text/plain", "", "" },
    { 404, NULL, "text/plain", "no", "body body" },
    { 500, NULL, "text/plain", "no", "body status" },
};


static void
test_responses(void)
{
    char           got[600];
    size_t         i;
    api_arena_t    a;
    api_field_t    fields[2];
    api_verdict_t  v;
    api_response_t r;

    for (i = 0; i < sizeof(responses) / sizeof(responses[0]); i++) {
        memset(&r, 0, sizeof(r));
        r.op = api_openapi_find(spec, str("old"));
        r.status = responses[i].status;
        r.fields = fields;
        fields[r.nfields++] =
            (api_field_t){ str("content-type"), str(responses[i].type) };

        if (responses[i].total) {
            fields[r.nfields++] =
                (api_field_t){ str("x-total"), str(responses[i].total) };
        }

        r.has_body = true;
        r.body = ut_guard(str(responses[i].body));
        api_arena_init(&a, &api_alloc_libc, 0, 0);
        ut_int(api_contract_response(spec, &r, NULL, &a, &v), API_OK,
            "response %zu", i);
        describe(&v, got);
        ut_span(str(got), str(responses[i].fault), "its fault");
        ut_int(v.status, *responses[i].fault ? 502 : 0, "its status");
        api_arena_free(&a);
    }
}


/* Every allocation of a request fails once; and of the whole compilation. */

static void
test_memory(void)
{
    int           rc, i;
    size_t        n;
    message_t     m;
    ut_alloc_t    u;
    api_arena_t   a, b;
    api_verdict_t v;

    static const char *const requests[] = {
        "GET /v1/query?n=7&where[in][]=1&csv=1,%32&json=%7B%22x%22:1%7D",
        "POST /v1/form\n" FORM "name=a&deep[a]=1&x-k=1&tags=b",
        "POST /v1/upload\n" MULTI TITLE FILE_("image/png", "x")
            PART("doc", "") "{\"x\":1}\r\n" END,
        "POST /v1/json\n" JSON "{\"item\":1}",
        "GET /v1/headers\nX-N: 7\nX-List: 1\nX-List: 2",
        "GET /v1/cookies\nCookie: sid=0123abcd; n=7",
    };

    api_arena_init(&b, &api_alloc_libc, 0, 0);

    for (i = 0; i < 6; i++) {
        read_message(&m, requests[i], &b);

        for (n = 1;; n++) {
            ut_arm(&u, n);
            api_arena_init(&a, &u.alloc, 64, 0);
            rc = api_contract_request(spec, &m.request, NULL, &a, &v);
            api_arena_free(&a);

            if (u.calls < n) {
                break;
            }

            if (rc != API_NOMEM || v.status != 500 || u.live) {
                ut_ok(false, "request %d, allocation %zu", i, n);
                break;
            }
        }

        ut_ok(u.calls < n, "request %d: every allocation failed once", i);
    }

    api_arena_free(&b);
}


static void
test_compile_memory(void)
{
    int            rc;
    size_t         n;
    ut_alloc_t     u;
    api_span_t     text;
    api_arena_t    b;
    api_openapi_t *s;
    api_problems_t problems;

    api_arena_init(&b, &api_alloc_libc, 0, 0);
    text = styles();

    for (n = 1;; n++) {
        ut_arm(&u, n);
        api_problems_init(&problems, &b, 10);
        rc = compile("styles.yaml", text, NULL, &u.alloc, &problems, &s);

        if (u.calls < n) {
            api_openapi_free(s);
            break;
        }

        if (rc == API_OK || u.live) {
            ut_ok(false, "compilation, allocation %zu: rc %d, %zu left", n, rc,
                u.live);

            if (rc == API_OK) {
                api_openapi_free(s);
            }

            break;
        }
    }

    ut_ok(u.calls < n, "compilation: every allocation failed once");
    ut_int(u.live, 0, "nothing is left");
    free((void *) (uintptr_t) text.data);
    api_arena_free(&b);
}


int
main(void)
{
    int            rc;
    size_t         i;
    api_span_t     text;
    api_arena_t    a;
    api_problems_t problems;

    api_arena_init(&a, &api_alloc_libc, 0, 0);
    api_problems_init(&problems, &a, 100);
    text = styles();
    rc = compile("styles.yaml", text, NULL, &api_alloc_libc, &problems, &spec);
    free((void *) (uintptr_t) text.data);
    print_problems(&problems);

    if (!ut_int(rc, API_OK, "the description compiles")) {
        return ut_done();
    }

    ut_int(problems.warnings, 0, "without a warning");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check(i);
        ut_guard_reset();
    }

    test_operation();
    test_responses();
    test_memory();
    test_compile_memory();
    api_openapi_free(spec);
    api_openapi_free(NULL);
    api_arena_free(&a);

    return ut_done();
}
