/* Input: "METHOD target", lines of headers, an empty line, a body; checked
   against a description with every style and kind of body.  A verdict is
   whole: a status has a code, faults have words, and none of them a control
   character. */

#include "api_contract.h"
#include "fuzz.h"


#define MAX_FIELDS 16


static const char description[] =
    "openapi: 3.1.0\n"
    "info: {title: t, version: v}\n"
    "paths:\n"
    " /p/{a}/{b}/{c}.{d}:\n"
    "  get:\n"
    "   parameters:\n"
    "   - {name: a, in: path, required: true, style: label, explode: true,"
    " schema: {$ref: '#/components/schemas/ints'}}\n"
    "   - {name: b, in: path, required: true, style: matrix,"
    " schema: {$ref: '#/components/schemas/point'}}\n"
    "   - {name: c, in: path, required: true, schema: {type: string}}\n"
    "   - {name: d, in: path, required: true, explode: true,"
    " schema: {$ref: '#/components/schemas/point'}}\n"
    " /q:\n"
    "  get:\n"
    "   parameters:\n"
    "   - {name: n, in: query, schema: {type: integer}}\n"
    "   - {name: list, in: query, schema: {$ref: "
    "'#/components/schemas/ints'}}\n"
    "   - {name: sp, in: query, style: spaceDelimited, explode: false,"
    " schema: {$ref: '#/components/schemas/ints'}}\n"
    "   - {name: pipe, in: query, style: pipeDelimited, explode: false,"
    " schema: {$ref: '#/components/schemas/point'}}\n"
    "   - {name: deep, in: query, style: deepObject,"
    " schema: {$ref: '#/components/schemas/tree'}}\n"
    "   - {name: json, in: query, content: {application/json: {schema: {}}}}\n"
    "   - {name: o, in: query, schema: {$ref: '#/components/schemas/point'}}\n"
    "   - {name: X-H, in: header, explode: true,"
    " schema: {$ref: '#/components/schemas/point'}}\n"
    "   - {name: c, in: cookie, schema: {type: string, maxLength: 5}}\n"
    " /b:\n"
    "  post:\n"
    "   requestBody:\n"
    "    content:\n"
    "     application/json: {schema: {$ref: '#/components/schemas/tree'}}\n"
    "     text/plain: {schema: {type: string, maxLength: 10}}\n"
    "     application/octet-stream: {schema: {type: string, format: binary,"
    " maxLength: 10}}\n"
    "     application/x-www-form-urlencoded:\n"
    "      schema: {$ref: '#/components/schemas/form'}\n"
    "      encoding: {t: {style: deepObject}}\n"
    "     multipart/form-data:\n"
    "      schema: {$ref: '#/components/schemas/form'}\n"
    "      encoding: {f: {contentType: image/png}}\n"
    "components:\n"
    " schemas:\n"
    "  ints: {type: array, items: {type: integer}}\n"
    "  point: {type: object, properties: {x: {type: integer}, y: {type:"
    " string}}}\n"
    "  tree: {type: object, properties: {v: {type: integer}, kids: {type:"
    " array, items: {$ref: '#/components/schemas/tree'}}, sub: {$ref:"
    " '#/components/schemas/tree'}}, additionalProperties: false}\n"
    "  form: {type: object, properties: {n: {type: integer}, f: {type: string,"
    " format: binary, maxLength: 5}, list: {$ref:"
    " '#/components/schemas/ints'}, t: {$ref: '#/components/schemas/tree'},"
    " p: {$ref: '#/components/schemas/point'}}, patternProperties: {'^x-':"
    " {type: integer}}}\n";


static api_openapi_t *
compile(void)
{
    api_err_t        err;
    api_docs_t      *docs;
    api_arena_t      a;
    api_openapi_t   *spec;
    const api_doc_t *doc;
    api_docs_opts_t  opts = { .seed = { 1, 2 } };
    api_problems_t   problems;

    api_arena_init(&a, &api_alloc_libc, 0, 0);
    api_problems_init(&problems, &a, 10);
    MUST(api_docs_create(&docs, &opts, &api_alloc_libc) == API_OK);
    MUST(api_docs_add(docs, API_SPAN("x.yaml"),
             api_span(description, sizeof(description) - 1), &doc, &err)
         == API_OK);
    MUST(
        api_openapi_compile(&spec, docs, doc, NULL, &problems, &api_alloc_libc)
        == API_OK);
    api_docs_free(docs);
    api_arena_free(&a);

    return spec;
}


static const uint8_t *
line_end(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *lf;

    lf = p < end ? memchr(p, '\n', (size_t) (end - p)) : NULL;

    return lf ? lf : end;
}


static void
check_verdict(const api_verdict_t *v)
{
    size_t   k;
    uint32_t i;

    MUST((v->status == 0) == (*v->code == '\0'));
    MUST(v->status == 0 || v->status == 404 || v->status == 405
         || v->nfaults > 0);

    for (i = 0; i < v->nfaults; i++) {
        MUST(v->faults[i].keyword != NULL && *v->faults[i].keyword);
        MUST(v->faults[i].detail.len > 0);

        for (k = 0; k < v->faults[i].detail.len; k++) {
            MUST(v->faults[i].detail.data[k] >= 0x20);
        }
    }
}


/* What passes where all that is unknown is refused, passes anywhere. */

static void
check_looser(const api_openapi_t *spec, const api_request_t *r,
    unsigned status, api_arena_t *a)
{
    int           rc;
    api_verdict_t v;

    static const api_contract_opts_t loose = { .deny_override = true };

    rc = api_contract_request(spec, r, &loose, a, &v);
    MUST(rc == API_OK || v.status == 500);
    check_verdict(&v);
    MUST(status != 0 || v.status == 0 || v.status == 500);
}


/* The same as a response: what its header alone is refused for, it is refused
   for as a whole. */

static void
check_response(const api_openapi_t *spec, const api_operation_t *op,
    const api_request_t *r, api_arena_t *a)
{
    int            rc;
    bool           reads;
    api_verdict_t  head, v;
    api_response_t s = { 0 };

    if (op == NULL) {
        return;
    }

    s.op = op;
    s.status = r->nfields % 2 ? 200 : 404;
    s.fields = r->fields;
    s.nfields = r->nfields;
    s.has_body = r->has_body;
    s.body = r->body;
    s.skip_body = true;
    rc = api_contract_response(spec, &s, NULL, a, &head);
    reads = api_contract_reads_response(&s);
    MUST(rc == API_OK || head.status == 500);
    check_verdict(&head);

    s.skip_body = false;
    rc = api_contract_response(spec, &s, NULL, a, &v);
    MUST(rc == API_OK || v.status == 500);
    check_verdict(&v);
    MUST(head.status == 0 || v.status != 0);
    MUST(reads || head.status != 0 || v.status == 0 || v.status == 500
         || !r->has_body || r->body.len == 0);
}


static const uint8_t *
read_fields(
    const uint8_t *p, const uint8_t *end, api_field_t *fields, size_t *n)
{
    const uint8_t *e, *at;

    for (; p < end && *p != '\n' && *n < MAX_FIELDS; p = e + 1) {
        e = line_end(p, end);
        at = memchr(p, ':', (size_t) (e - p));
        at = at ? at : e;
        fields[*n].name = api_span(p, (size_t) (at - p));
        at += at < e;
        fields[(*n)++].value = api_span(at, (size_t) (e - at));
    }

    return p;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int            rc;
    api_err_t      err;
    api_path_t     path;
    api_field_t    fields[MAX_FIELDS];
    api_arena_t    a;
    api_request_t  r;
    api_verdict_t  v;
    const uint8_t *p, *e, *end, *at;

    static api_openapi_t            *spec;
    static const api_contract_opts_t opts = { .deny_query = true,
        .deny_cookies = true,
        .deny_headers = true,
        .deny_body = true };

    if (spec == NULL) {
        spec = compile();
    }

    memset(&r, 0, sizeof(r));
    end = data + size;
    e = line_end(data, end);
    at = e > data ? memchr(data, ' ', (size_t) (e - data)) : NULL;

    if (at == NULL) {
        return 0;
    }

    api_arena_init(&a, &api_alloc_libc, 0, 1 << 24);
    r.method = api_span(data, (size_t) (at - data));

    if (api_path_parse(&path, api_span(at + 1, (size_t) (e - at) - 1), true,
            NULL, &a, &err)
        != API_OK)
    {
        api_arena_free(&a);
        return 0;
    }

    r.path = &path;
    r.fields = fields;

    p = read_fields(e + 1, end, fields, &r.nfields);

    if (p < end && *p == '\n') {
        r.has_body = true;
        r.body = api_span(p + 1, (size_t) (end - p) - 1);
    }

    rc = api_contract_request(spec, &r, &opts, &a, &v);
    MUST(rc == API_OK || v.status == 500);
    check_verdict(&v);
    check_looser(spec, &r, v.status, &a);
    check_response(spec, v.op, &r, &a);
    api_arena_free(&a);

    return 0;
}
