/*
 * apisec schema: an OpenAPI document, looked at by the code that nginx runs.
 */

#include "apisec_upgrade.h"
#include "api_text.h"

#include <stdlib.h>


#define REQUEST_MAX (64 * 1024 * 1024)

typedef struct {
    apisec_spec_t how;
    const char   *request;
    bool          ignore_query;
    const char   *to;
} values_t;

static int run(int argc, char **argv);


static const apisec_option_t options[] = {
    { "root", APISEC_TEXT, offsetof(values_t, how.root), "DIR",
        "where files that it refers to may be" },
    { "base", APISEC_TEXT, offsetof(values_t, how.base), "/PATH",
        "in place of the paths of its servers" },
    { "strict", APISEC_FLAG, offsetof(values_t, how.strict), NULL,
        "objects of bodies are closed" },
    { "lenient", APISEC_FLAG, offsetof(values_t, how.lenient), NULL,
        "what cannot be enforced is a warning" },
    { "request", APISEC_TEXT, offsetof(values_t, request), "FILE",
        "of validate: a request as HTTP/1.1 has it" },
    { "unknown-query", APISEC_FLAG, offsetof(values_t, ignore_query), NULL,
        "of validate: as api_schema_unknown query=ignore" },
    { "to", APISEC_TEXT, offsetof(values_t, to), "3.0|3.1",
        "of upgrade: the version to write, 3.0 unless said otherwise" },
    { 0 }
};

const apisec_command_t apisec_schema = { "schema",
    "check|routes|validate|upgrade FILE [OPTIONS]",
    "check an OpenAPI document, list its operations, validate a request",
    "check     every mistake of the document, as nginx -t tells it\n"
    "routes    its operations: method, path, operationId, what they ask for\n"
    "validate  is the request of --request as the document says?\n"
    "upgrade   writes an OpenAPI 2.0 document as 3.0 or 3.1, in JSON; what\n"
    "          cannot be carried over is noted, and the exit code 1\n"
    "Options are those of api_schema_spec.  Exit code 1: it is not.\n",
    options, run };


static void
print_span(const char *before, api_span_t s, int width)
{
    char   out[API_TEXT_LOG_MAX(256)];
    size_t len;

    len = api_text_log(s, out, sizeof(out), NULL);
    printf("%s%-*.*s", before, width, (int) len, out);
}


static int
check(const api_openapi_t *spec)
{
    uint32_t n, deprecated = 0, internal = 0, secured = 0;

    for (n = 0; n < api_openapi_count(spec); n++) {
        deprecated += api_openapi_at(spec, n)->deprecated;
        internal += api_openapi_at(spec, n)->internal;
        secured += api_openapi_at(spec, n)->nrequirements != 0;
    }

    print_span("", api_openapi_title(spec), 0);
    print_span(" ", api_openapi_version(spec), 0);
    printf(": %u operations, %u with security, %u deprecated, %u internal; "
           "%zu KB compiled\n",
        n, secured, deprecated, internal, api_openapi_memory(spec) / 1024);

    return APISEC_OK;
}


static void
print_needs(const api_operation_t *op)
{
    uint32_t                 i, n, k;
    const api_requirement_t *r;

    for (i = 0; i < op->nrequirements; i++) {
        r = &op->requirements[i];
        printf("%s", i ? " or " : "  [");

        for (n = 0; n < r->nneeds; n++) {
            print_span(n ? " and " : "", r->needs[n].scheme->name, 0);

            for (k = 0; k < r->needs[n].nscopes; k++) {
                print_span(k ? " " : ": ", r->needs[n].scopes[k], 0);
            }
        }

        if (r->nneeds == 0) {
            printf("nobody");
        }
    }

    printf("%s", op->nrequirements ? "]" : "");
}


static int
routes(const api_openapi_t *spec)
{
    uint32_t               n;
    const api_operation_t *op;

    for (n = 0; n < api_openapi_count(spec); n++) {
        op = api_openapi_at(spec, n);
        print_span("", api_method_name(op->method), 7);
        print_span(" ", op->route, 40);

        if (op->has_id) {
            print_span(" ", op->id, 0);
        }

        print_needs(op);
        printf("%s%s%s\n", op->deprecated ? "  deprecated" : "",
            op->internal ? "  internal" : "",
            op->streams_request ? "  streams" : "");
    }

    return APISEC_OK;
}


static int
verdict(const api_verdict_t *v)
{
    char     line[1024];
    uint32_t i;

    if (v->status == 0) {
        print_span("passes: ", v->op->id, 0);
        printf("\n");
        return APISEC_OK;
    }

    printf("refused: %u %s", v->status, v->code);

    if (v->route.allow_len) {
        printf(" (Allow: %.*s)", (int) v->route.allow_len, v->route.allow);
    }

    printf("\n");

    for (i = 0; i < v->nfaults; i++) {
        api_fault_print(&v->faults[i], line, sizeof(line));
        printf("    %s\n", line);
    }

    return APISEC_NO;
}


static int
validate(const api_openapi_t *spec, const values_t *values)
{
    int                 rc;
    api_err_t           err;
    api_path_t          path;
    api_span_t          text;
    api_verdict_t       v;
    api_request_t       r = { 0 };
    apisec_request_t    request;
    api_contract_opts_t opts = { .route_flags = API_ROUTE_HEAD_AS_GET,
        .deny_body = true,
        .deny_override = true };

    if (values->request == NULL) {
        return apisec_fail(APISEC_USAGE, "validate needs --request FILE");
    }

    rc = apisec_read(values->request, REQUEST_MAX, &text);

    if (rc == APISEC_OK) {
        rc = apisec_request(values->request, text, &request);
    }

    if (rc != APISEC_OK) {
        return rc;
    }

    if (api_path_parse(&path, request.target, true, NULL, apisec_arena(), &err)
        != API_OK)
    {
        printf("refused: 400 path_syntax: %s\n", err.text);
        return APISEC_NO;
    }

    if (path.flags & (API_PATH_TWO_READINGS | API_PATH_F_SLASH)) {
        printf("refused: 400 two_readings\n");
        return APISEC_NO;
    }

    opts.deny_query = !values->ignore_query;
    r.method = request.method;
    r.path = &path;
    r.fields = request.fields;
    r.nfields = request.nfields;
    r.has_body = request.has_body;
    r.body = request.body;

    (void) api_contract_request(spec, &r, &opts, apisec_arena(), &v);

    return verdict(&v);
}


static int
upgrade(const char *path, const char *to)
{
    if (to && strcmp(to, "3.0") != 0 && strcmp(to, "3.1") != 0) {
        return apisec_fail(APISEC_USAGE, "--to takes 3.0 or 3.1");
    }

    return apisec_upgrade(path, to && strcmp(to, "3.1") == 0);
}


static int
run(int argc, char **argv)
{
    int            rc;
    const char    *what = argc ? argv[0] : "";
    values_t       values = { 0 };
    apisec_list_t  args;
    api_openapi_t *spec;

    if (strcmp(what, "check") != 0 && strcmp(what, "routes") != 0
        && strcmp(what, "validate") != 0 && strcmp(what, "upgrade") != 0)
    {
        return apisec_fail(APISEC_USAGE,
            "schema takes check, routes, validate or upgrade first: run  "
            "apisec help schema");
    }

    rc = apisec_options(&apisec_schema, argc - 1, argv + 1, &values, &args);
    if (rc != APISEC_OK) {
        return rc;
    }

    if (args.n != 1) {
        return apisec_fail(APISEC_USAGE, "schema %s takes one FILE", what);
    }

    if (what[0] == 'u') {
        return upgrade(args.item[0], values.to);
    }

    rc = apisec_spec(args.item[0], &values.how, &spec);
    if (rc != APISEC_OK) {
        return rc;
    }

    rc = what[0] == 'c'   ? check(spec)
         : what[0] == 'r' ? routes(spec)
                          : validate(spec, &values);
    api_openapi_free(spec);

    return rc;
}
