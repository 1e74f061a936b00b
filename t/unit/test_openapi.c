/* Descriptions that cannot be enforced: each with its problem, its place and,
   where a warning will do, that it is one. */

#include "api_openapi.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>

static const api_sipkey_t seed = { 11, 12 };


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


#define H "openapi: 3.0.3\ninfo: {title: t, version: v}\npaths:\n"
#define G "  get:\n   parameters:\n"
#define B "  post:\n   requestBody:\n    content:\n"

static const struct {
    const char *text;
    const char *pointer; /* NULL: no problem at all */
    const char *says;    /* what the first problem has in it */
    bool        warning; /* it is a warning, and no error is beside it */
} cases[] = {
    { H " /a: {get: {}}", NULL, NULL, false },
    { "openapi: '2.9'", "", "3.0 or 3.1", false },
    { "openapi: 3.2.0\npaths: {}", "", "3.0 or 3.1", false },
    { "swagger: '2.0'\npaths: {}", "", "upgrade", false },
    { "[]", "", "3.0 or 3.1", false },
    { "openapi: 3\n", "/openapi", "string", false },
    { "openapi: 3.1.0\n", "", "no operation", true },
    { H " /a:\n" B "     a/b: {schema: {}}\n     A/b;c=d: {schema: {}}", NULL,
        NULL, false },
    { H " /a:\n" B "     a/b: {}\n     A/b;c=d: {schema: {type: object}}",
        "/paths/~1a/post/requestBody/content/A~1b;c=d", "already", false },
    { H " /a: {get: {}, gte: {}}", "/paths/~1a/gte", "means nothing", true },
    { H " /a: {get: {parametres: []}}", "/paths/~1a/get/parametres",
        "means nothing", true },
    { H " /a: {get: {x-anything: 1}}", NULL, NULL, false },
    { H " /a: []", "/paths/~1a", "object", false },
    { H " /a: {get: 1}", "/paths/~1a/get", "object", false },

    /* routes */
    { H " a: {get: {}}", "/paths/a/get", "begins with", false },
    { H " /a//b: {get: {}}", "/paths/~1a~1~1b", "merge_slashes", true },
    { H " /{: {get: {}}", "/paths/~1{/get", "enclose", false },
    { H " /a?b: {get: {}}", "/paths/~1a?b/get", "query", false },
    { H " '/{a}':\n" G "   - {name: a, in: path, required: true, schema: {}}\n"
        " '/{b}':\n" G "   - {name: b, in: path, required: true, schema: {}}",
        "/paths/~1{b}/get", "same requests", false },
    { H " '/{a}':\n" G "   - {name: a, in: path, required: true, schema: {}}\n"
        " '/{b}':\n  put:\n   parameters:\n"
        "   - {name: b, in: path, required: true, schema: {}}",
        "/paths/~1{b}/put", "only the method", true },
    { H " '/{a}.x/1':\n" G
        "   - {name: a, in: path, required: true, schema: {}}\n"
        " '/y.{a}/1':\n" G
        "   - {name: a, in: path, required: true, schema: {}}",
        "", "more concrete", false },
    { H " '/{a}/{A}': {get: {}}", "/paths/~1{a}~1{A}/get", NULL, false },
    { H " '/{a}': {get: {}}", "/paths/~1{a}/get", "is missing", false },
    { H " /a:\n" G "   - {name: a, in: path, required: true, schema: {}}",
        "/paths/~1a/get", "no {a}", false },
    { H " /a: {get: {operationId: x}, put: {operationId: x}}", "",
        "two operations", false },

    /* servers */
    { "servers: [{url: v1}]\n" H " /a: {get: {}}", "/servers/0",
        "base=", false },
    { "servers: [{url: 'https://x/{v}'}]\n" H " /a: {get: {}}", "/servers/0",
        "default", false },
    { "servers: [{url: 'https://x/a?b'}]\n" H " /a: {get: {}}", "/servers/0",
        "query", false },
    { "servers: [{url: 'https://{h}/v1'}]\n" H " /a: {get: {}}", NULL, NULL,
        false },

    /* parameters */
    { H " /a:\n" G "   - {name: a, in: body, schema: {}}",
        "/paths/~1a/get/parameters/0", "path, query, header", false },
    { H " /a:\n" G "   - {in: query, schema: {}}",
        "/paths/~1a/get/parameters/0", "name", false },
    { H " /a:\n" G "   - {name: 'a b', in: header, schema: {}}",
        "/paths/~1a/get/parameters/0", "token", false },
    { H " /a:\n" G "   - {name: a, in: query}", "/paths/~1a/get/parameters/0",
        "neither", false },
    { H " /a:\n" G "   - {name: a, in: query, schema: {}, content: {a/b: {}}}",
        "/paths/~1a/get/parameters/0", "not both", false },
    { H " /a:\n" G "   - {name: a, in: query, content: {a/b: {}, c/d: {}}}",
        "/paths/~1a/get/parameters/0/content", "exactly one", false },
    { H " /a:\n" G "   - {name: a, in: query, content: {image/png: {}}}",
        "/paths/~1a/get/parameters/0/content/image~1png", "JSON and text",
        false },
    { H " /a:\n" G "   - {name: a, in: query, style: simple, schema: {}}",
        "/paths/~1a/get/parameters/0", "form", false },
    { H " /a:\n" G "   - {name: a, in: path, required: true, schema: {}}\n"
        "   - {name: a, in: path, required: true, schema: {}}",
        "/paths/~1a/get/parameters/1", "twice", false },
    { H " /a:\n" G "   - {name: A, in: header, schema: {}}\n"
        "   - {name: a, in: header, schema: {}}",
        "/paths/~1a/get/parameters/1", "twice", false },
    { H " /a:\n" G "   - {name: a, in: query, required: yes, schema: {}}",
        "/paths/~1a/get/parameters/0/required", "true or false", false },
    { H " '/{a}':\n" G "   - {name: a, in: path, schema: {}}",
        "/paths/~1{a}/get/parameters/0", "required", false },
    { H " /a:\n" G
        "   - {name: a, in: query, style: deepObject, schema: {type: string}}",
        "/paths/~1a/get/parameters/0", "deepObject", true },
    { H " /a:\n" G "   - {name: a, in: query, style: pipeDelimited, explode: "
        "false, schema: {type: string}}",
        "/paths/~1a/get/parameters/0", "arrays", false },
    { H " /a:\n" G "   - {$ref: '#/components/parameters/x'}",
        "/paths/~1a/get/parameters/0/$ref", "", false },
    { H " /a:\n" G "   - {$ref: '#/paths/~1a/get/parameters/0'}",
        "/paths/~1a/get/parameters/0", "without an end", false },
    { H " /a:\n" G "   - {name: a, in: query, requird: true, schema: {}}",
        "/paths/~1a/get/parameters/0/requird", "means nothing", true },

    /* bodies */
    { H " /a: {post: {requestBody: {}}}", "/paths/~1a/post/requestBody",
        "content", false },
    { H " /a:\n" B "     json: {}", "/paths/~1a/post/requestBody/content/json",
        "media type", false },
    { H " /a:\n" B "     application/xml: {schema: {type: object}}",
        "/paths/~1a/post/requestBody/content/application~1xml", "XML", false },
    { H " /a:\n" B "     application/xml: {}", NULL, NULL, false },
    { H " /a:\n" B "     text/csv: {schema: {type: object}}",
        "/paths/~1a/post/requestBody/content/text~1csv", "string", false },
    { H " /a:\n" B "     multipart/mixed: {schema: {type: object}}",
        "/paths/~1a/post/requestBody/content/multipart~1mixed", "form-data",
        false },
    { H " /a:\n" B "     text/csv: {schema: {type: string}}", NULL, NULL,
        false },
    { H " /a:\n" B "     application/json: {encoding: {a: {}}}",
        "/paths/~1a/post/requestBody/content/application~1json", "forms",
        true },
    { H " /a:\n" B "     multipart/form-data:\n"
        "      encoding: {b: {contentType: a/b}}\n"
        "      schema: {type: object, properties: {a: {type: string}}}",
        "/paths/~1a/post/requestBody/content/multipart~1form-data/encoding/b",
        "no property", true },
    { H " /a:\n" B "     multipart/form-data:\n"
        "      encoding: {a: {contentType: ab}}\n"
        "      schema: {type: object, properties: {a: {type: string}}}",
        "/paths/~1a/post/requestBody/content/multipart~1form-data/encoding/a",
        "media type", false },
    { H " /a: {get: {responses: {'20': {description: x}}}}",
        "/paths/~1a/get/responses/20", "status", false },

    /* security */
    { H " /a: {get: {security: [{none: []}]}}",
        "/paths/~1a/get/security/0/none", "no \"none\"", false },
    { H " /a: {get: {security: {}}}", "/paths/~1a/get/security", "array",
        false },
    { H " /a: {get: {}}\n"
        "components: {securitySchemes: {a: {type: basic}}}",
        "/components/securitySchemes/a", "apiKey", false },
    { H " /a: {get: {}}\n"
        "components: {securitySchemes: {a: {type: apiKey, in: path}}}",
        "/components/securitySchemes/a", "query, header or cookie", false },
    { H " /a: {get: {}}\n"
        "components: {securitySchemes: {a: {type: http}}}",
        "/components/securitySchemes/a", "bearer", false },
    { H " /a: {get: {x-sunset: soon}}", "/paths/~1a/get/x-sunset", "date",
        false },
    { H " /a: {get: {x-owner: [a]}}", "/paths/~1a/get/x-owner", "a name",
        false },
    { H " /a: {x-owner: '', get: {}}", "/paths/~1a/x-owner", "a name", false },
};


static int
compile(const char *text, const api_openapi_opts_t *opts,
    api_problems_t *problems, api_openapi_t **spec)
{
    int              rc;
    api_err_t        err;
    api_docs_t      *docs;
    const api_doc_t *doc;
    api_docs_opts_t  docs_opts = { .seed = seed };

    api_docs_create(&docs, &docs_opts, &api_alloc_libc);
    rc = api_docs_add(docs, str("x.yaml"), str(text), &doc, &err);

    if (rc != API_OK) {
        printf("# %s\n", err.text);

    } else {
        rc = api_openapi_compile(
            spec, docs, doc, opts, problems, &api_alloc_libc);
    }

    api_docs_free(docs);

    return rc;
}


static void
check(size_t i)
{
    int            rc;
    char           text[400];
    api_span_t     pointer;
    api_arena_t    a;
    api_openapi_t *spec;
    api_problems_t problems;

    api_arena_init(&a, &api_alloc_libc, 0, 0);
    api_problems_init(&problems, &a, 10);
    rc = compile(cases[i].text, NULL, &problems, &spec);

    ut_int(rc, cases[i].pointer && !cases[i].warning ? API_INVALID : API_OK,
        "description %zu", i);

    if (cases[i].pointer == NULL) {
        ut_ok(problems.first == NULL, "has no problem");

    } else if (ut_ok(problems.first != NULL, "has a problem")) {
        pointer = problems.first->pointer;
        ut_span(pointer, str(cases[i].pointer), "its place");
        snprintf(text, sizeof(text), "%.*s", (int) problems.first->text.len,
            (const char *) problems.first->text.data);
        ut_ok(
            cases[i].says == NULL || strstr(text, cases[i].says), "%s", text);
        ut_int(problems.first->warning, cases[i].warning, "a warning?");
        ut_ok(problems.first->line > 0, "it has a line");
    }

    if (rc == API_OK) {
        api_openapi_free(spec);
    }

    api_arena_free(&a);
}


static void
test_options(void)
{
    api_arena_t        a;
    api_path_t         path;
    api_route_t        route;
    api_openapi_t     *spec;
    api_problems_t     problems;
    api_openapi_opts_t opts = { 0 };

    api_arena_init(&a, &api_alloc_libc, 0, 0);
    api_problems_init(&problems, &a, 10);
    opts.lenient = true;
    ut_int(compile(H " /a:\n" B "     text/csv: {schema: {type: object}}",
               &opts, &problems, &spec),
        API_OK, "lenient");
    ut_int(problems.warnings, 1, "makes it a warning");
    api_openapi_free(spec);

    opts.base = str("/base/");
    ut_int(compile("servers: [{url: nowhere}]\n" H " /a: {get: {}}", &opts,
               &problems, &spec),
        API_OK, "a base in place of the servers");
    api_path_parse(&path, str("/base/a"), true, NULL, &a, NULL);
    ut_int(api_openapi_route(spec, str("GET"), &path, 0, &route), API_OK,
        "is where the operations are");
    ut_span(route.op->id, str("GET /a"), "an operation without an id");
    api_path_parse(&path, str("/a"), true, NULL, &a, NULL);
    ut_int(api_openapi_route(spec, str("GET"), &path, 0, &route), API_INVALID,
        "and nowhere else");
    api_openapi_free(spec);

    opts.base = str("/{tenant}");
    ut_int(compile(H " /a: {get: {}}", &opts, &problems, &spec), API_INVALID,
        "a base with a parameter");
    opts.base = str("base");
    ut_int(compile(H " /a: {get: {}}", &opts, &problems, &spec), API_INVALID,
        "a base that is no path");
    api_arena_free(&a);
}


/* A parameter, a body and a path that stand in files of their own. */

static int
load_file(void *ctx, api_span_t name, api_span_t *text, api_err_t *err)
{
    (void) ctx;

    if (api_span_eq(name, str("parts.yaml"))) {
        *text = str("id: {name: id, in: path, required: true, schema:"
                    " {$ref: 'types/id.json'}}\n"
                    "item:\n get:\n  parameters: [{$ref: '#/id'}]\n");
        return API_OK;
    }

    if (api_span_eq(name, str("types/id.json"))) {
        *text = str("{\"type\": \"integer\", \"maximum\": 9}");
        return API_OK;
    }

    return api_fail(err, API_INVALID, 0, 0, "no such file");
}


static void
test_files(const char *text, int want, const char *pointer)
{
    int              rc;
    api_err_t        err;
    api_docs_t      *docs;
    api_arena_t      a;
    const api_doc_t *doc;
    api_openapi_t   *spec;
    api_problems_t   problems;
    api_doc_loader_t loader = { load_file, NULL, NULL };
    api_docs_opts_t  opts = { .loader = &loader, .seed = seed };

    api_arena_init(&a, &api_alloc_libc, 0, 0);
    api_problems_init(&problems, &a, 10);
    api_docs_create(&docs, &opts, &api_alloc_libc);
    api_docs_add(docs, str("x.yaml"), str(text), &doc, &err);
    rc = api_openapi_compile(
        &spec, docs, doc, NULL, &problems, &api_alloc_libc);
    api_docs_free(docs);

    ut_int(rc, want, "files: %s", pointer ? pointer : "all are there");

    if (pointer && problems.first) {
        ut_span(problems.first->pointer, str(pointer), "its place");
        ut_span(problems.first->doc, str("x.yaml"), "its file");
    }

    if (rc == API_OK) {
        ut_int(api_openapi_count(spec), 1, "an operation from another file");
        api_openapi_free(spec);
    }

    api_arena_free(&a);
}


/* By what they serve: the template with its base, and the method. */

static void
test_served(void)
{
    unsigned               i;
    char                   text[4096], route[32];
    size_t                 n;
    api_err_t              err;
    api_docs_t            *docs;
    api_arena_t            a;
    const api_doc_t       *doc;
    api_openapi_t         *spec = NULL;
    api_problems_t         problems;
    api_docs_opts_t        opts = { .seed = seed };
    api_openapi_opts_t     how = { .base = API_SPAN("/v1") };
    const api_operation_t *op;

    n = (size_t) snprintf(text, sizeof(text),
        "openapi: 3.1.0\ninfo: {title: x, version: '1'}\npaths:\n");

    for (i = 0; i < 20; i++) {
        n += (size_t) snprintf(text + n, sizeof(text) - n,
            " /p%u: {get: {responses: {'200': {description: ok}}},"
            " post: {responses: {'200': {description: ok}}}}\n",
            i * 7 % 20);
    }

    api_arena_init(&a, &api_alloc_libc, 0, 0);
    api_problems_init(&problems, &a, 10);
    api_docs_create(&docs, &opts, &api_alloc_libc);
    api_docs_add(docs, str("x.yaml"), str(text), &doc, &err);
    ut_int(api_openapi_compile(
               &spec, docs, doc, &how, &problems, &api_alloc_libc),
        API_OK, "twenty paths");
    api_docs_free(docs);

    for (i = 0; spec && i < 20; i++) {
        (void) snprintf(route, sizeof(route), "/v1/p%u", i);

        op = api_openapi_served(spec, str(route), API_METHOD_POST);
        ut_ok(op && op->method == API_METHOD_POST
                  && api_span_eq(op->route, str(route)),
            "%s", route);
        ut_ok(api_openapi_served(spec, str(route), API_METHOD_PUT) == NULL,
            "... has no such method");
        ut_ok(api_openapi_served(spec, str(route + 3), API_METHOD_GET) == NULL,
            "... and nothing without its base");
    }

    ut_ok(api_openapi_served(spec, str("/zzz"), API_METHOD_GET) == NULL
              && api_openapi_served(spec, str(""), API_METHOD_GET) == NULL,
        "before the first and behind the last");

    api_openapi_free(spec);
    api_arena_free(&a);
}


int
main(void)
{
    size_t i;

    test_served();

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check(i);
    }

    test_options();
    test_files(H " '/{id}': {$ref: 'parts.yaml#/item'}", API_OK, NULL);
    test_files(H " '/{id}': {$ref: 'none.yaml#/item'}", API_INVALID,
        "/paths/~1{id}/$ref");
    test_files(H " '/{id}': {$ref: '../parts.yaml#/item'}", API_INVALID,
        "/paths/~1{id}/$ref");
    test_files(H " '/{id}': {$ref: 'http://x/parts.yaml#/item'}", API_INVALID,
        "/paths/~1{id}/$ref");

    return ut_done();
}
