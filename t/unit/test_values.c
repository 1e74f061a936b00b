/* Requests as rules see them: each body, each oddity, limits, memory. */

#include "api_values.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>


static const api_sipkey_t seed = { 5, 6 };


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


/* "NAME=VALUE|NAME=VALUE" of a variable; "-": it has none. */

static const char *
dump(const api_waf_values_t *v, api_waf_var_t var)
{
    size_t                 n = 0;
    uint32_t               i;
    static char            out[65536];
    const api_waf_value_t *item;

    strcpy(out, "-");

    for (i = 0; i < v->set[var].count; i++) {
        item = &v->set[var].items[i];
        n += (size_t) snprintf(out + n, sizeof(out) - n, "%s%.*s=%.*s",
            i ? "|" : "", (int) item->name.len,
            item->name.len ? (const char *) item->name.data : "",
            (int) item->value.len,
            item->value.len ? (const char *) item->value.data : "");
    }

    return out;
}


/* One request, from its lines: the type, then the body. */

typedef struct {
    const char    *uri;
    const char    *type; /* NULL: none */
    api_span_t     body;
    api_waf_body_t how;
    api_waf_var_t  var;
    const char    *want;
} body_case_t;

#define B(literal)                                                            \
    {                                                                         \
        (const uint8_t *) (literal), sizeof(literal) - 1                      \
    }

#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"
#define MULTI "multipart/form-data; boundary=b"
#define PART(h, body)                                                         \
    "--b\r\nContent-Disposition: form-data; " h "\r\n\r\n" body "\r\n"
#define END "--b--\r\n"

static const body_case_t bodies[] = {

    /* query and form */

    { "/a?x=1&y=%41+b&z", NULL, B(""), 0, API_WAF_ARGS_GET, "x=1|y=A b|z=" },
    { "/a?", NULL, B(""), 0, API_WAF_QUERY_STRING, "=" },
    { "/a", NULL, B(""), 0, API_WAF_QUERY_STRING, "=" },
    { "/a?a=1&&b=2", NULL, B(""), 0, API_WAF_ARGS_GET, "a=1|b=2" },
    { "/a?a=%zz", NULL, B(""), 0, API_WAF_ARGS_GET, "a=%zz" },
    { "/a?a=%zz", NULL, B(""), 0, API_WAF_URLENCODED_ERROR, "=1" },
    { "/a?a=%41", NULL, B(""), 0, API_WAF_URLENCODED_ERROR, "=0" },
    { "/a?x=1", FORM, B("x=2&y=%3d"), 0, API_WAF_ARGS_POST, "x=2|y==" },
    { "/a?x=1", FORM "; charset=utf-8", B("x=2"), 0, API_WAF_ARGS_POST,
        "x=2" },
    { "/a?xyz=12", FORM, B("b=345"), 0, API_WAF_ARGS_COMBINED_SIZE, "=9" },
    { "/a", "text/plain", B("x=2"), 0, API_WAF_ARGS_POST, "-" },
    { "/a", "text/plain", B("x=2"), API_WAF_BODY_URLENCODED, API_WAF_ARGS_POST,
        "x=2" },
    { "/a", "text/plain", B("x=2"), 0, API_WAF_REQUEST_BODY, "=x=2" },
    { "/a", "text/plain", B("x=2"), 0, API_WAF_REQUEST_BODY_LENGTH, "=3" },
    { "/a", "text/plain", B(""), 0, API_WAF_REQUEST_BODY, "=" },
    { "/a", FORM, B("x"), 0, API_WAF_REQBODY_ERROR, "=0" },
    { "/a", FORM, B("x"), 0, API_WAF_REQBODY_PROCESSOR, "=URLENCODED" },

    /* JSON: names as ModSecurity 3 has them */

    { "/a", JSON,
        B("{\"a\":[{\"b\":1},[2,3]],\"c\":{\"d\":null,\"\":\"e\"},\"f\":"
          "\"\"}"),
        0, API_WAF_ARGS_POST,
        "json.a.array_0.b=1|json.a.array_1.array_0=2|json.a.array_1.array_1=3"
        "|json.c.d=|json.c.empty-key=e|json.f=" },
    { "/a", JSON, B("[1,\"x\",[true]]"), 0, API_WAF_ARGS_POST,
        "json.array_0=1|json.array_1=x|json.array_2.array_0=true" },
    { "/a", JSON, B("\"s\\u0041\\n\""), 0, API_WAF_ARGS_POST, "json=sA\n" },
    { "/a", JSON, B("{}"), 0, API_WAF_ARGS_POST, "-" },
    { "/a", JSON, B(""), 0, API_WAF_REQBODY_ERROR, "=0" },
    { "/a", JSON, B("{\"a\":1e3}"), 0, API_WAF_ARGS_POST, "json.a=1e3" },
    { "/a", "application/problem+json; charset=utf-8", B("{\"a\":1}"), 0,
        API_WAF_ARGS_POST, "json.a=1" },
    { "/a", "text/plain", B(" {\"a\":1}"), 0, API_WAF_ARGS_POST, "json.a=1" },
    { "/a", NULL, B("[\"x\"]"), 0, API_WAF_ARGS_POST, "json.array_0=x" },
    { "/a", "text/plain", B("{not json}"), 0, API_WAF_ARGS_POST, "-" },
    { "/a", JSON, B("{\"a\":1}x"), 0, API_WAF_REQBODY_ERROR, "=1" },
    { "/a", JSON, B("{\"a\":1,\"a\":2}"), 0, API_WAF_REQBODY_ERROR, "=1" },
    { "/a", JSON, B("{\"a\":1,\"a\":2}"), 0, API_WAF_REQBODY_ERROR_MSG,
        "=JSON parsing error: duplicate_name at byte 7" },
    { "/a", JSON, B("{a:'it\\'s \\x', \"b\\u0063\":\"\\u00e4"), 0,
        API_WAF_ARGS_POST,
        "json={a:'it\\'s \\x', \"b\\u0063\":\"\\u00e4|json=it's x|json=bc"
        "|json=\xc3\xa4" },
    { "/a", "text/plain", B("{\"a\":1}"), API_WAF_BODY_JSON, API_WAF_ARGS_POST,
        "json.a=1" },
    { "/a", JSON, B("{\"a\":\"x\\u0000y\"}"), 0, API_WAF_REQBODY_ERROR, "=0" },

    /* GraphQL */

    { "/a", JSON, B("{\"query\":\"{u(id:\\\"1' or\\\",n:[2,A]){x}}\"}"), 0,
        API_WAF_ARGS_POST,
        "json.query={u(id:\"1' or\",n:[2,A]){x}}|graphql.id=1' or|graphql.n=2"
        "|graphql.n=A" },
    { "/a", JSON, B("[{\"query\":\"{u(a:1)}\"}]"), 0, API_WAF_ARGS_POST,
        "json.array_0.query={u(a:1)}|graphql.a=1" },
    { "/a", JSON, B("{\"v\":{\"query\":\"{u(a:1)}\"}}"), 0, API_WAF_ARGS_POST,
        "json.v.query={u(a:1)}" },
    { "/a", JSON, B("{\"query\":\"a search\"}"), 0, API_WAF_ARGS_POST,
        "json.query=a search" },
    { "/a?query={u(a:%22x%22)}", NULL, B(""), 0, API_WAF_ARGS_GET,
        "query={u(a:\"x\")}|graphql.a=x" },
    { "/a", "application/graphql", B("{u(a:\"x\")}"), 0, API_WAF_ARGS_POST,
        "graphql={u(a:\"x\")}|graphql.a=x" },
    { "/a", "application/graphql", B("{u("), 0, API_WAF_REQBODY_ERROR, "=1" },

    /* lines of JSON, and JSON that says that it is something else */

    { "/a", "application/x-ndjson", B("{\"a\":1}\n\r\n{\"a\":\"x\"}\n"), 0,
        API_WAF_ARGS_POST, "json.a=1|json.a=x" },
    { "/a", "application/x-ndjson", B("{\"a\":1}\n{\"a\":\n"), 0,
        API_WAF_REQBODY_ERROR, "=1" },
    { "/a", "application/x-ndjson", B("{\"a\":1}\n{\"b\":'x y'\n"), 0,
        API_WAF_ARGS_POST, "json.a=1|json={\"b\":'x y'|json=b|json=x y" },
    { "/a", "application/json-seq", B("\x1e{\"a\":\n1}\n\x1e[2]\n"), 0,
        API_WAF_ARGS_POST, "json.a=1|json.array_0=2" },
    { "/a", "application/jsonl", B("[]\n{}\n[{}]\n\"x\"\n"), 0,
        API_WAF_ARGS_POST, "json=x" },
    { "/a", "application/x-ndjson", B("{\"a\":1}\n"), 0,
        API_WAF_REQBODY_PROCESSOR, "=JSON" },
    { "/a", "x/y", B("{\"a\":1}\n{\"a\":2}"), 0, API_WAF_ARGS_POST,
        "json.a=1|json.a=2" },
    { "/a", "x/y", B("{\"a\":1}\n{\"a\":2}"), 0, API_WAF_REQBODY_ERROR, "=0" },
    { "/a", "x/y", B("{a}\n{b}"), 0, API_WAF_ARGS_POST, "-" },
    { "/a", "text/plain", B("[1]\nsays it's \"so\""), 0, API_WAF_REQBODY_ERROR,
        "=0" },
    { "/a", "text/plain", B("[1]\nsays \"so\""), 0, API_WAF_ARGS_POST,
        "json.array_0=1|json=says \"so\"|json=so" },
    { "/a", FORM, B("{\"a\":\"b=c&d\"}"), 0, API_WAF_ARGS_POST,
        "{\"a\":\"b=c|d\"}=|json.a=b=c&d" },
    { "/a", FORM, B("{a}=b"), 0, API_WAF_ARGS_POST, "{a}=b" },

    /* multipart */

    { "/a", MULTI,
        B(PART("name=\"x\"", "1") PART("name=f; filename=\"a.txt\"", "body")
                END),
        0, API_WAF_ARGS_POST, "x=1" },
    { "/a", MULTI, B(PART("name=f; filename=\"a.txt\"", "body") END), 0,
        API_WAF_FILES, "f=a.txt" },
    { "/a", MULTI, B(PART("name=f; filename=\"a.txt\"", "body") END), 0,
        API_WAF_FILES_NAMES, "f=f" },
    { "/a", MULTI, B(PART("name=f; filename=\"a.txt\"", "body") END), 0,
        API_WAF_FILES_SIZES, "f=4" },
    { "/a", MULTI, B(PART("name=f; filename=\"a.txt\"", "body") END), 0,
        API_WAF_FILES_COMBINED_SIZE, "=4" },
    { "/a", MULTI, B(PART("name=f; filename=\"a.txt\"", "body") END), 0,
        API_WAF_FILES_TMP_CONTENT, "f=body" },
    { "/a", MULTI,
        B(PART("name=f; filename=a\r\nContent-Type:text/x", "body") END), 0,
        API_WAF_MULTIPART_PART_HEADERS,
        "f=Content-Disposition: form-data; name=f; filename=a"
        "|f=Content-Type:text/x" },
    { "/a", MULTI, B(PART("name=f; filename=\"\"", "body") END), 0,
        API_WAF_ARGS_POST, "f=body" },
    { "/a", MULTI, B(PART("name=x", "1") END), 0,
        API_WAF_MULTIPART_STRICT_ERROR, "=0" },
    { "/a", MULTI, B(PART("name=x", "1") END), 0,
        API_WAF_MULTIPART_UNMATCHED_BOUNDARY, "=2" },
    { "/a", MULTI, B(PART("name=x", "1") END), 0, API_WAF_REQBODY_ERROR,
        "=0" },
    { "/a", "multipart/form-data; boundary=\"b\"", B(PART("name=x", "1") END),
        0, API_WAF_MULTIPART_BOUNDARY_QUOTED, "=1" },
    { "/a", "multipart/form-data; boundary=\"b\"", B(PART("name=x", "1") END),
        0, API_WAF_MULTIPART_STRICT_ERROR, "=1" },
    { "/a", MULTI, B("x\r\n" PART("name=x", "1") END), 0,
        API_WAF_MULTIPART_DATA_BEFORE, "=1" },
    { "/a", MULTI, B("x\r\n" PART("name=x", "1") END "tail"), 0,
        API_WAF_MULTIPART_DATA_AFTER, "=1" },
    { "/a", MULTI, B(PART("name='x'", "1") END), 0,
        API_WAF_MULTIPART_INVALID_QUOTING, "=1" },
    { "/a", MULTI, B(PART("name=x", "1")), 0, API_WAF_REQBODY_ERROR, "=1" },
    { "/a", MULTI, B(PART("name=x", "1")), 0, API_WAF_ARGS_POST, "x=1\r\n" },
    { "/a", MULTI, B("no parts"), 0, API_WAF_REQBODY_ERROR, "=1" },
    { "/a", MULTI, B("no parts"), 0, API_WAF_ARGS_POST, "multipart=no parts" },
    { "/a", "multipart/form-data", B("--b\r\n"), 0,
        API_WAF_MULTIPART_STRICT_ERROR, "=1" },
    { "/a", JSON, B("{}"), 0, API_WAF_MULTIPART_STRICT_ERROR, "-" },

    { "/a", "multipart/mixed; boundary=b", B("--b\r\n\r\nx\r\n--b--\r\n"), 0,
        API_WAF_ARGS_POST, "=x" },
    { "/a", "multipart/mixed; boundary=b", B("--b\r\n\r\nx\r\n--b--\r\n"), 0,
        API_WAF_REQBODY_ERROR, "=0" },
    { "/a", "multipart/related", B("test"), 0, API_WAF_ARGS_POST,
        "multipart=test" },

    /* XML */

    { "/a", "text/xml",
        B("<?xml version='1.0'?><a x='1'>t&lt;<b y=\"&#65;2\"><![CDATA[<u>]]>"
          "</b><!-- c -->e</a>"),
        0, API_WAF_XML, "//@*=1|//@*=A2|/*=t<<u>e" },
    { "/a", "application/soap+xml", B("<a/>"), 0, API_WAF_XML, "/*=" },
    { "/a", "text/xml", B("<a>x</a>"), 0, API_WAF_REQBODY_ERROR, "=0" },
    { "/a", "text/xml", B("<a>x</b>"), 0, API_WAF_REQBODY_ERROR, "=1" },
    { "/a", "text/xml", B("<a>x</b>"), 0, API_WAF_XML, "/*=x" },
    { "/a", "text/xml", B("<!DOCTYPE a [<!ENTITY e 'evil'>]><a>&e;</a>"), 0,
        API_WAF_REQBODY_ERROR_MSG,
        "=XML parsing error: it declares an entity" },
    { "/a", "text/xml",
        B("<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>"
          "<a>&e;</a>"),
        0, API_WAF_REQBODY_ERROR, "=1" },
    { "/a", "text/xml", B("<!DOCTYPE a SYSTEM \"http://x/y.dtd\"><a/>"), 0,
        API_WAF_REQBODY_ERROR, "=1" },
    { "/a", "text/xml", B("<!DOCTYPE a><a>x</a>"), 0, API_WAF_REQBODY_ERROR,
        "=0" },
    { "/a", "text/xml", B("<a>&nope;</a>"), 0, API_WAF_REQBODY_ERROR, "=1" },
    { "/a", "text/plain", B("<a>x</a>"), API_WAF_BODY_XML, API_WAF_XML,
        "/*=x" },
    { "/a", "text/xml", B("<a xmlns:n='u' n:x='1'/>"), 0, API_WAF_XML,
        "//@*=1|/*=" },

    { "/a", "text/xml", B(""), 0, API_WAF_REQBODY_ERROR, "=0" },
    { "/a", "text/xml", B(""), API_WAF_BODY_XML, API_WAF_REQBODY_ERROR, "=1" },

    /* lines and addresses */

    { "/a/b.php?q=1", NULL, B(""), 0, API_WAF_REQUEST_LINE,
        "=POST /a/b.php?q=1 HTTP/1.1" },
    { "/a%2fb/%2e?q=%41", NULL, B(""), 0, API_WAF_REQUEST_URI, "=/a/b/.?q=A" },
    { "/a%2fb?q=%41", NULL, B(""), 0, API_WAF_REQUEST_URI_RAW,
        "=/a%2fb?q=%41" },
    { "/a%2fb.php?q=%41", NULL, B(""), 0, API_WAF_REQUEST_FILENAME,
        "=/a/b.php" },
    { "/a/b.php?q=/x", NULL, B(""), 0, API_WAF_REQUEST_BASENAME, "=b.php" },
    { "/a/", NULL, B(""), 0, API_WAF_REQUEST_BASENAME, "=" },
    { "/a%5cb", NULL, B(""), 0, API_WAF_REQUEST_BASENAME, "=b" },
    { "/a%3fb?c=1", NULL, B(""), 0, API_WAF_REQUEST_FILENAME, "=/a" },
    { "http://h/x?y", NULL, B(""), 0, API_WAF_REQUEST_URI, "=/x?y" },
    { "/%", NULL, B(""), 0, API_WAF_REQUEST_URI, "=/%" },
};


typedef struct {
    api_arena_t          arena;
    api_waf_values_t     values;
    api_values_t         b;
    api_values_conf_t    conf;
    api_values_request_t request;
    api_values_field_t   field[8];
} run_t;


static void
run_init(run_t *run, const api_alloc_t *alloc)
{
    memset(run, 0, sizeof(*run));
    run->conf = api_values_conf_default;
    api_arena_init(&run->arena, alloc, 256, 0);
    api_waf_values_init(&run->values, &run->arena, 0);
    api_values_init(&run->b, &run->values, &run->conf, seed, &run->arena);

    run->request.method = API_SPAN("POST");
    run->request.protocol = API_SPAN("HTTP/1.1");
    run->request.remote_addr = API_SPAN("192.0.2.1");
    run->request.remote_port = 4711;
    run->request.server_addr = API_SPAN("127.0.0.1");
    run->request.server_port = 80;
    run->request.unique_id = API_SPAN("id");
    run->request.field = run->field;
}


static void
run_field(run_t *run, const char *name, api_span_t value)
{
    run->field[run->request.nfields++] =
        (api_values_field_t){ str(name), value };
}


/* In one go, and in as many slices as there can be. */

static void
test_body(const body_case_t *c, size_t slice, size_t number)
{
    run_t run;

    run_init(&run, &api_alloc_libc);
    run.b.slice = slice;
    run.request.uri = ut_guard(str(c->uri));

    if (c->type) {
        run_field(&run, "Content-Type", ut_guard(str(c->type)));
    }

    ut_int(api_values_request(&run.b, &run.request), API_OK, "%s", c->uri);
    ut_int(api_values_body(&run.b, ut_guard(c->body), c->how, false), API_OK,
        "case %zu", number);
    ut_span(str(dump(&run.values, c->var)), str(c->want), "case %zu: %.*s",
        number, (int) api_waf_var_name(c->var).len,
        (const char *) api_waf_var_name(c->var).data);

    api_arena_free(&run.arena);
    ut_guard_reset();
}


static void
test_bodies(void)
{
    size_t i;

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        test_body(&bodies[i], API_VALUES_SLICE, i);
        test_body(&bodies[i], 1, i);
    }
}


static void
test_headers(void)
{
    run_t run;

    run_init(&run, &api_alloc_libc);
    run.request.uri = str("/");
    run_field(&run, "Host", str("api.example:8080"));
    run_field(&run, "Cookie", str("a=1;  b=x=y ; c; =d; e=\"q\" "));
    run_field(&run, "AUTHORIZATION", str("Basic Zm9v"));
    run_field(&run, "X-Empty", str(""));

    ut_int(api_values_request(&run.b, &run.request), API_OK, "headers");
    ut_span(str(dump(&run.values, API_WAF_REQUEST_COOKIES)),
        str("a=1|b=x=y|c=|=d|e=\"q\""), "cookies");
    ut_span(str(dump(&run.values, API_WAF_SERVER_NAME)), str("=api.example"),
        "the name of the server");
    ut_span(str(dump(&run.values, API_WAF_AUTH_TYPE)), str("=Basic"),
        "the scheme of Authorization");
    ut_int(run.values.set[API_WAF_REQUEST_HEADERS].count, 4,
        "each line of the header");
    ut_span(str(dump(&run.values, API_WAF_REMOTE_ADDR)), str("=192.0.2.1"),
        "the address");
    ut_span(
        str(dump(&run.values, API_WAF_REMOTE_PORT)), str("=4711"), "its port");
    ut_span(str(dump(&run.values, API_WAF_REMOTE_USER)), str("="),
        "nobody's name");
    api_arena_free(&run.arena);
}


static void
test_types(void)
{
    run_t run;

    run_init(&run, &api_alloc_libc);
    run.request.uri = str("/");
    run_field(&run, "Content-Type", str("text/plain"));
    run_field(&run, "content-type", str(JSON));
    api_values_request(&run.b, &run.request);
    api_values_body(&run.b, API_SPAN("{\"a\":1}"), 0, false);

    ut_span(str(dump(&run.values, API_WAF_REQBODY_ERROR)), str("=1"),
        "two types of one body are an error");
    ut_span(str(dump(&run.values, API_WAF_ARGS_POST)), str("json.a=1"),
        "the last is taken, as by ModSecurity");
    api_arena_free(&run.arena);

    run_init(&run, &api_alloc_libc);
    run.conf.by_type = false;
    run.request.uri = str("/");
    run_field(&run, "Content-Type", str(JSON));
    api_values_request(&run.b, &run.request);
    api_values_body(&run.b, API_SPAN("{\"a\":1}"), 0, true);
    ut_span(str(dump(&run.values, API_WAF_ARGS_POST)), str("-"),
        "by_type off: as ModSecurity, a rule has to ask for JSON");
    ut_span(str(dump(&run.values, API_WAF_INBOUND_DATA_ERROR)), str("=1"),
        "a part of a body");
    api_arena_free(&run.arena);
}


static void
limit(const char *what, const char *type, const char *body)
{
    run_t run;

    run_init(&run, &api_alloc_libc);
    run.conf.args = 3;
    run.conf.json_depth = 3;
    run.conf.xml_depth = 3;
    run.conf.xml_nodes = 5;
    run.conf.parts = 2;
    run.request.uri = str("/");
    run_field(&run, "Content-Type", str(type));
    api_values_request(&run.b, &run.request);
    ut_int(api_values_body(&run.b, str(body), 0, false), API_OK, "%s", what);
    ut_span(str(dump(&run.values, API_WAF_REQBODY_ERROR)), str("=1"),
        "is REQBODY_ERROR");
    ut_ok(run.values.set[API_WAF_ARGS_POST].count <= 3, "no more than 3");
    api_arena_free(&run.arena);
}


static void
test_limits(void)
{
    run_t run;

    limit("four arguments", FORM, "a=1&b=2&c=3&d=4");
    limit("four JSON values", JSON, "[1,2,3,4]");
    limit("deep JSON", JSON, "[[[[1]]]]");
    limit("deep XML", "text/xml", "<a><b><c><d/></c></b></a>");
    limit("much XML", "text/xml", "<a><b/><b/><b x='1' y='2'/></a>");
    limit("many parts", MULTI,
        PART("name=a", "1") PART("name=b", "2") PART("name=c", "3") END);

    run_init(&run, &api_alloc_libc);
    run.conf.args = 2;
    run.request.uri = str("/?a=1&b=2&c=3");
    api_values_request(&run.b, &run.request);
    ut_span(str(dump(&run.values, API_WAF_ARGS_GET)), str("a=1|b=2"),
        "the first arguments");
    ut_ok(run.b.over, "and a note that there were more");
    api_arena_free(&run.arena);

    run_init(&run, &api_alloc_libc);
    run.conf.args = 2;
    run.request.uri = str("/?a=1&b=2");
    api_values_request(&run.b, &run.request);
    ut_ok(!run.b.over, "as many as allowed are not too many");
    api_arena_free(&run.arena);
}


static void
test_response(void)
{
    run_t              run;
    api_values_field_t field = { API_SPAN("Content-Type"),
        API_SPAN("text/html") };

    run_init(&run, &api_alloc_libc);
    run.request.uri = str("/");
    api_values_request(&run.b, &run.request);
    ut_int(api_values_response(&run.b, 500, str("HTTP/1.1"), &field, 1),
        API_OK, "a response");
    ut_int(api_values_response_body(&run.b, str("boom"), false), API_OK,
        "its body");
    ut_span(str(dump(&run.values, API_WAF_RESPONSE_STATUS)), str("=500"),
        "status");
    ut_span(str(dump(&run.values, API_WAF_RESPONSE_HEADERS)),
        str("Content-Type=text/html"), "header");
    ut_span(str(dump(&run.values, API_WAF_RESPONSE_CONTENT_TYPE)),
        str("=text/html"), "type");
    ut_span(
        str(dump(&run.values, API_WAF_RESPONSE_BODY)), str("=boom"), "text");
    api_arena_free(&run.arena);
}


static void
test_full(void)
{
    run_t run;

    run_init(&run, &api_alloc_libc);
    run.conf.full_request = true;
    run.request.uri = str("/");
    run_field(&run, "A", str("b"));
    api_values_request(&run.b, &run.request);
    api_values_body(&run.b, str("body"), 0, false);
    ut_span(str(dump(&run.values, API_WAF_FULL_REQUEST)),
        str("=A: b\n\n\nbody"), "the whole request");
    ut_span(str(dump(&run.values, API_WAF_FULL_REQUEST_LENGTH)), str("=11"),
        "its length");
    api_arena_free(&run.arena);
}


/* Every body without memory at each call: API_NOMEM, and nothing lost. */

static void
test_memory(void)
{
    int                rc;
    run_t              run;
    size_t             i, n, bad = 0;
    ut_alloc_t         u;
    const body_case_t *c;

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        for (n = 1;; n++) {
            c = &bodies[i];
            ut_arm(&u, n);
            run_init(&run, &u.alloc);
            run.request.uri = str(c->uri);

            if (c->type) {
                run_field(&run, "Content-Type", str(c->type));
            }

            rc = api_values_request(&run.b, &run.request);

            if (rc == API_OK) {
                rc = api_values_body(&run.b, c->body, c->how, false);
            }

            api_arena_free(&run.arena);
            bad += u.live != 0 || (u.calls >= n && rc != API_NOMEM);

            if (u.calls < n) {
                break;
            }
        }
    }

    ut_int((long long) bad, 0, "no memory at any call of any body");
}


int
main(void)
{
    test_bodies();
    test_headers();
    test_types();
    test_limits();
    test_response();
    test_full();
    test_memory();

    return ut_done();
}
