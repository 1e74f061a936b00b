/* What can be said of a response before its body is there; and a schema that
   stands alone. */

#include "api_contract.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>

static const api_sipkey_t seed = { 11, 12 };


static api_span_t
str(const char *s)
{
    return s ? api_span(s, strlen(s)) : api_span(NULL, 0);
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


/* What can be said of a response before its body is there. */

static const char *const headers_spec =
    "openapi: 3.0.3\n"
    "info: {title: t, version: '1'}\n"
    "paths:\n"
    "  /a:\n"
    "    get:\n"
    "      operationId: a\n"
    "      responses:\n"
    "        '200':\n"
    "          description: ok\n"
    "          content:\n"
    "            application/json: {schema: {type: object}}\n"
    "            application/*: {}\n"
    "            image/png: {schema: {type: string, format: binary}}\n"
    "            text/event-stream: {schema: {type: string}}\n"
    "            text/plain: {schema: {type: string, maxLength: 9}}\n"
    "        '202': {description: none}\n"
    "  /s:\n"
    "    get:\n"
    "      operationId: s\n"
    "      x-streaming: true\n"
    "      responses:\n"
    "        '200': {description: ok, content: {application/json: {}}}\n";

static const struct {
    const char *op;
    unsigned    status;
    const char *type;
    bool        head;
    bool        reads;
    const char *fault;
} heads[] = {
    { "a", 200, "application/json", false, true, "" },
    { "a", 200, "application/json", true, false, "" },
    { "a", 200, "application/other+json", false, true, "" },
    { "a", 200, "application/pdf", false, false, "" },
    { "a", 200, "image/png", false, false, "" },
    { "a", 200, "text/event-stream", false, false, "" },
    { "a", 200, "text/plain", false, true, "" },
    { "a", 200, "text/html", false, false, "body mediaType" },
    { "a", 200, "text/html", true, false, "" },
    { "a", 200, "?", false, false, "body mediaType" },
    { "a", 202, "text/html", false, true, "" },
    { "a", 500, "application/json", false, false, "body status" },
    { "a", 500, "application/json", true, false, "body status" },
    { "s", 200, "application/json", false, false, "" },
    { "s", 200, "text/html", false, false, "body mediaType" },
};


static void
test_response_heads(void)
{
    char           got[600];
    size_t         i;
    api_arena_t    a;
    api_field_t    field;
    api_openapi_t *doc = NULL;
    api_problems_t problems;
    api_verdict_t  v;
    api_response_t r;

    api_arena_init(&a, &api_alloc_libc, 0, 0);
    api_problems_init(&problems, &a, 10);
    ut_int(compile("heads.yaml", str(headers_spec), NULL, &api_alloc_libc,
               &problems, &doc),
        API_OK, "heads of responses");
    api_arena_free(&a);

    for (i = 0; doc && i < sizeof(heads) / sizeof(heads[0]); i++) {
        memset(&r, 0, sizeof(r));
        field.name = str("Content-Type");
        field.value = str(heads[i].type);
        r.op = api_openapi_find(doc, str(heads[i].op));
        r.status = heads[i].status;
        r.head = heads[i].head;
        r.fields = &field;
        r.nfields = 1;
        r.has_body = true;
        r.skip_body = true;
        api_arena_init(&a, &api_alloc_libc, 0, 0);
        ut_int(api_contract_response(doc, &r, NULL, &a, &v), API_OK,
            "head of a response %zu", i);
        describe(&v, got);
        ut_span(str(got), str(heads[i].fault), "its fault");
        ut_int(api_contract_reads_response(&r), heads[i].reads,
            "is its body to be seen");
        r.has_body = false;
        ut_int(api_contract_response(doc, &r, NULL, &a, &v), API_OK,
            "without a body");
        ut_ok(v.status
                  == (heads[i].head && !*heads[i].fault ? 0
                      : heads[i].status == 202          ? 0
                                                        : 502),
            "it is missing where it is described");
        api_arena_free(&a);
    }

    api_openapi_free(doc);
}


/* A schema alone, whatever allocation fails. */

static int
bare(const api_alloc_t *alloc, api_openapi_t **out)
{
    int              rc;
    api_err_t        err;
    api_docs_t      *docs;
    api_arena_t      a;
    api_problems_t   problems;
    const api_doc_t *doc;
    api_docs_opts_t  docs_opts = { .seed = seed };

    rc = api_docs_create(&docs, &docs_opts, alloc);

    if (rc != API_OK) {
        return rc;
    }

    api_arena_init(&a, alloc, 0, 0);
    api_problems_init(&problems, &a, 10);
    rc = api_docs_add(docs, str("s.json"),
        str("{\"exclusiveMinimum\":true,\"minimum\":1}"), &doc, &err);

    if (rc == API_OK) {
        rc = api_openapi_bare(
            out, docs, doc, API_SCHEMA_DRAFT4, NULL, &problems, alloc);
    }

    api_arena_free(&a);
    api_docs_free(docs);

    return rc;
}


static void
test_bare(void)
{
    int            rc;
    char           got[600];
    size_t         n;
    ut_alloc_t     u;
    api_path_t     path = { 0 };
    api_arena_t    a;
    api_field_t    field = { str("content-type"), str("application/x+json") };
    api_route_t    route = { 0 };
    api_openapi_t *doc;
    api_verdict_t  v;
    api_request_t  r = { 0 };

    static const struct {
        uint32_t    op;
        const char *body;
        const char *fault;
    } bodies[] = {
        { 0, "", "" },
        { 1, "", "body required" },
        { 1, "2", "" },
        { 0, "1", "body exclusiveMinimum" },
        { 0, "[", "body syntax" },
    };

    for (n = 1, rc = API_NOMEM; rc == API_NOMEM; n++) {
        ut_arm(&u, n);
        rc = bare(&u.alloc, &doc);

        if (rc == API_NOMEM && u.live) {
            break;
        }
    }

    ut_int(rc, API_OK, "a schema alone, when allocation %zu fails", n);

    for (n = 0; rc == API_OK && n < sizeof(bodies) / sizeof(bodies[0]); n++) {
        route.op = api_openapi_at(doc, bodies[n].op);
        r.method = str("POST");
        r.path = &path;
        r.route = &route;
        r.fields = &field;
        r.nfields = 1;
        r.body = str(bodies[n].body);
        r.has_body = r.body.len != 0;
        api_arena_init(&a, &api_alloc_libc, 0, 0);
        ut_int(api_contract_request(doc, &r, NULL, &a, &v), API_OK,
            "body %zu of a schema alone", n);
        describe(&v, got);
        ut_span(str(got), str(bodies[n].fault), "its fault");
        api_arena_free(&a);
    }

    if (rc == API_OK) {
        api_openapi_free(doc);
    }
}


int
main(void)
{
    test_response_heads();
    test_bare();

    return ut_done();
}
