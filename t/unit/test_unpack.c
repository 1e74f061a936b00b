/* ARGS_UNPACKED: what stands inside other values, and bodies of text. */

#include "api_values.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>


#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"
#define XML "application/xml"
#define YAML "application/yaml"

static const api_sipkey_t seed = { 5, 6 };


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


/* "NAME=VALUE|NAME=VALUE"; "-": there is none. */

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


typedef struct {
    const char *what;
    const char *uri;
    const char *header; /* "Name: value"; NULL: none */
    const char *type;   /* NULL: none */
    const char *body;
    const char *want;
} unpack_case_t;

static const unpack_case_t cases[] = {

    /* base64 */

    { "base64", "/?q=aGVsbG8gd29ybGQ=", NULL, NULL, "", "q=hello world" },
    { "... without padding", "/?q=aGVsbG8gd29ybGQ", NULL, NULL, "",
        "q=hello world" },
    { "... in the other alphabet", "/?q=Pz8_Pj4-Pz8_", NULL, NULL, "",
        "q=?\?\?>>>?\?\?" },
    { "... of UTF-8", "/?q=w6TDtsO8w6TDtsO8", NULL, NULL, "",
        "q=\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc" },
    { "... of UTF-16", "/?q=aABlAGwAbABvACAAdwBvAHIAbABkAA==", NULL, NULL, "",
        "q=hello world" },
    { "... the other end first", "/?q=AGgAZQBsAGwAbwAgAHcAbwByAGwAZA==", NULL,
        NULL, "", "q=hello world" },
    { "... with a mark, and more than ASCII",
        "/?q=//5oAOkAbABsAG8AIAAWTiAAdwA92ADecgBsAGQA", NULL, NULL, "",
        "q=h\xc3\xa9llo \xe4\xb8\x96 w?"
        "?rld" },
    { "... of UTF-16 that is hardly ASCII",
        "/?q=Fk5MdRZOTHUWTkx1YQBiAA==", NULL, NULL, "", "-" },
    { "... with + that became blanks", "/?q=fn5%20fn4gfn5+", NULL, NULL, "",
        "q=~~~~~ ~~~" },
    { "... folded", "/", NULL, JSON, "{\"q\":\"aGVsbG8g\\r\\n d29ybGQ=\"}",
        "json.q=hello world" },
    { "... behind data:", "/", NULL, JSON,
        "{\"q\":\"data:text/plain;base64,aGVsbG8gd29ybGQ=\"}",
        "json.q=hello world" },
    { "... in a cookie, encoded", "/", "Cookie: a=aGVsbG8gd29ybA%3D%3D", NULL,
        "", "a=hello worl" },
    { "... in a part of multipart", "/", NULL,
        "multipart/form-data; boundary=b",
        "--b\r\nContent-Disposition: form-data; name=q\r\n\r\n"
        "aGVsbG8gd29ybGQ=\r\n--b--\r\n",
        "q=hello world" },
    { "a word", "/?q=customers&r=ABCDEFGHIJKL&s=12345678901234567890", NULL,
        NULL, "", "-" },
    { "a UUID, a digest",
        "/?q=550e8400-e29b-41d4-a716-446655440000"
        "&r=d41d8cd98f00b204e9800998ecf8427e",
        NULL, NULL, "", "-" },
    { "an image", "/?q=iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ", NULL,
        NULL, "", "-" },
    { "a digit too many", "/?q=aGVsbG8gd29ybGQhI", NULL, NULL, "", "-" },
    { "something behind the padding", "/?q=aGVsbG8gd29ybA==x", NULL, NULL, "",
        "-" },
    { "too short for anything", "/?q=aGVsbG8", NULL, NULL, "", "-" },

    /* JSON in a value, and layers */

    { "JSON", "/?q={%22a%22:[1,{%22b%22:%22x%22}]}", NULL, NULL, "",
        "q.a.array_0=1|q.a.array_1.b=x" },
    { "... as a string of JSON", "/?q=%22{\\%22a\\%22:1}%22", NULL, NULL, "",
        "q={\"a\":1}|q.a=1" },
    { "... in a cookie, encoded", "/", "Cookie: a=%7B%22b%22%3A1%7D", NULL, "",
        "a.b=1" },
    { "... in an attribute", "/", NULL, XML, "<a b='{\"c\":\"d\"}'/>",
        "//@*.c=d" },
    { "nearly JSON", "/?q={'a':'b\\u0027c'}", NULL, NULL, "", "q=a|q=b'c" },
    { "JSON in base64", "/?q=eyJhIjoiYiJ9", NULL, NULL, "",
        "q={\"a\":\"b\"}|q.a=b" },
    { "base64 in JSON in base64", "/?q=eyJhIjoiYUdWc2JHOGdkMjl5YkdRPSJ9", NULL,
        NULL, "",
        "q={\"a\":\"aGVsbG8gd29ybGQ=\"}|q.a=aGVsbG8gd29ybGQ=|q.a=hello "
        "world" },
    { "the fourth layer stays closed",
        "/?q=V1ZWa1YyTXlTa2hQUjJSclRXcHNOVmxyWkZKUVVUMDk=", NULL, NULL, "",
        "q=WVVkV2MySkhPR2RrTWpsNVlrZFJQUT09|q=YUdWc2JHOGdkMjl5YkdRPQ==|q="
        "aGVsbG8gd29ybGQ=" },
    { "padding in the middle", "/?q=aGVsbG8=d29ybGQ=aGVsbG8=", NULL, NULL, "",
        "-" },

    /* GraphQL, under the names that rules may leave out */

    { "a query", "/?query={u(a:%22x%22,b:1)}", NULL, NULL, "",
        "graphql.a=x|graphql.b=1" },
    { "... by a name in another case", "/?Query={u(a:%22x%22)}", NULL, NULL,
        "", "graphql.a=x" },
    { "... that is none", "/?query=a+search", NULL, NULL, "",
        "query=a search" },
    { "... in JSON", "/", NULL, JSON, "{\"query\":\"x y\"}",
        "json.query=x y" },

    /* tokens */

    { "the header of a token", "/",
        "Authorization: Bearer eyJhbGciOiJub25lIn0.e30.", NULL, "",
        "jwt={\"alg\":\"none\"}|jwt.alg=none" },
    { "... in a value", "/?t=eyJhbGciOiJub25lIn0.e30.", NULL, NULL, "",
        "jwt={\"alg\":\"none\"}|jwt.alg=none" },
    { "... under another name", "/", "X-Token: eyJhbGciOiJub25lIn0.e30.", NULL,
        "", "jwt={\"alg\":\"none\"}|jwt.alg=none" },
    { "no token", "/?t=eyJhbGciOiJub25lIn0", NULL, NULL, "",
        "t={\"alg\":\"none\"}|t.alg=none" },

    /* XML */

    { "texts of XML", "/", NULL, XML,
        "<a>x<b>1 or</b> <c><![CDATA[2]]>&lt;<!-- -->3</c>\ny</a>",
        "b=x|b=1 or|c=2<3|a=\ny|a=x1 or 2<3\ny|/*=x1 or 2<3\ny" },
    { "an instruction in XML", "/", NULL, XML, "<a><?php x() ?></a>",
        "?=<?php x() " },
    { "base64 in XML", "/", NULL, XML,
        "<a><b>7</b><c>aGVsbG8gd29ybGQ=</c></a>",
        "b=7|c=aGVsbG8gd29ybGQ=|c=hello world" },

    /* text */

    { "text", "/", NULL, "text/plain", "it's fine", "body=it's fine" },
    { "... of lines", "/", NULL, "text/markdown", " a line\r\n\r\nb line\n",
        "body=a line\r\n\r\nb line|body=a line|body=b line" },
    { "... without a type", "/", NULL, NULL, "hello", "body=hello" },
    { "... of another one", "/", NULL, "application/octet-stream", "hello",
        "body=hello" },
    { "a form as text", "/", NULL, "text/plain", "a=1&b=x%20y+z",
        "body=a=1&b=x%20y+z|a=1|b=x y z" },
    { "no form", "/", NULL, "text/plain", "a=1 b=2", "body=a=1 b=2" },
    { "no text", "/", NULL, "application/octet-stream", "a\001b", "-" },
    { "... but that it is said to be", "/", NULL, "text/x", "a\001b",
        "body=a\001b" },
    { "a table", "/", NULL, "text/csv", "id,n\n1,\"a \"\"b\"\", c\nd\"\n",
        "body=id|body=a \"b\", c\nd" },
    { "... of semicolons", "/", NULL, "text/csv", "id;n\n17;x y\n",
        "body=id|body=17|body=x y" },
    { "... of tabs", "/", NULL, "text/tab-separated-values", "id\t1,2\n",
        "body=id|body=1,2" },
    { "JSON as text is arguments", "/", NULL, "text/plain", "{\"a\":\"b\"}",
        "-" },
    { "nearly JSON as a form", "/", NULL, FORM, "{'a':'b c'}",
        "body=a|body=b c" },
    { "blanks", "/", NULL, "text/plain", " \n ", "-" },

    /* YAML */

    { "YAML", "/", NULL, YAML,
        "a: 1\nb:\n- x\n- {c: \"d\\x27\", '': e}\nf: |\n  g\n  h\n",
        "yaml.a=1|yaml.b.array_0=x|yaml.b.array_1.c=d'|yaml.b.array_1.empty-"
        "key=e|yaml.f=g\nh\n" },
    { "... one value", "/", NULL, "text/yaml", "just text", "yaml=just text" },
    { "... two documents", "/", NULL, "application/x-yaml", "--- 12\n--- 34\n",
        "yaml=12|yaml=34" },
    { "... anchors are not followed", "/", NULL, "application/x+yaml",
        "a: &x yy\nb: *x\nc: zz\n*x : 1\n",
        "yaml.a=yy|yaml.c=zz|yaml.alias=1" },
    { "... names that are none", "/", NULL, YAML, "? {a: b}\n: c\nd: e\n",
        "yaml.a=b|yaml=c|yaml.d=e" },
    { "... tags", "/", NULL, YAML, "a: !!python/name:x y\nb: !z [c]\n",
        "yaml.a=!!python/name:x|yaml.a=y|yaml.b=!z|yaml.b.array_0=c" },
    { "base64 in YAML", "/", NULL, YAML, "a: aGVsbG8gd29ybGQ=\n",
        "yaml.a=aGVsbG8gd29ybGQ=|yaml.a=hello world" },
    { "what is no YAML", "/", NULL, YAML, "a: [b\n",
        "yaml.a.array_0=b|body=a: [b\n" },
};


typedef struct {
    api_arena_t          arena;
    api_waf_values_t     values;
    api_values_t         b;
    api_values_conf_t    conf;
    api_values_request_t request;
    api_values_field_t   field[2];
} run_t;


static void
run_init(run_t *run, const unpack_case_t *c, const api_alloc_t *alloc)
{
    const char         *colon;
    api_values_field_t *f = run->field;

    memset(run, 0, sizeof(*run));
    run->conf = api_values_conf_default;
    run->conf.unpacked = 100;
    api_arena_init(&run->arena, alloc, 256, 0);
    api_waf_values_init(&run->values, &run->arena, 0);
    api_values_init(&run->b, &run->values, &run->conf, seed, &run->arena);

    run->request.method = API_SPAN("POST");
    run->request.protocol = API_SPAN("HTTP/1.1");
    run->request.field = run->field;
    run->request.uri = str(c->uri);

    if (c->header) {
        colon = strchr(c->header, ':');
        f->name = api_span(c->header, (size_t) (colon - c->header));
        f->value = str(colon + 2);
        f++;
    }

    if (c->type) {
        f->name = API_SPAN("Content-Type");
        f->value = str(c->type);
        f++;
    }

    run->request.nfields = (uint32_t) (f - run->field);
}


static int
run_body(run_t *run, const char *body)
{
    int rc = api_values_request(&run->b, &run->request);

    return rc == API_OK
               ? api_values_body(&run->b, ut_guard(str(body)), 0, false)
               : rc;
}


static void
test_cases(void)
{
    run_t  run;
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        run_init(&run, &cases[i], &api_alloc_libc);
        ut_int(run_body(&run, cases[i].body), API_OK, "%s", cases[i].what);
        ut_span(str(dump(&run.values, API_WAF_ARGS_UNPACKED)),
            str(cases[i].want), "%s", cases[i].what);
        api_arena_free(&run.arena);
        ut_guard_reset();
    }
}


/* Where no rule looks at it, nothing is unpacked, and YAML is no fault. */

static void
test_unasked(void)
{
    run_t  run;
    size_t i, n = 0;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        run_init(&run, &cases[i], &api_alloc_libc);
        run.conf.unpacked = 0;
        run_body(&run, cases[i].body);
        n += run.values.set[API_WAF_ARGS_UNPACKED].count;
        n += strcmp(dump(&run.values, API_WAF_REQBODY_ERROR), "=0") != 0;
        api_arena_free(&run.arena);
        ut_guard_reset();
    }

    ut_int((long long) n, 0, "nothing is unpacked that no rule asks for");
}


static void
faulty(const char *type, const char *body, const char *why)
{
    run_t               run;
    const unpack_case_t c = { NULL, "/", NULL, type, NULL, NULL };

    run_init(&run, &c, &api_alloc_libc);
    run.conf.unpacked = 5;
    ut_int(run_body(&run, body), API_OK, "%s", why);
    ut_span(str(dump(&run.values, API_WAF_REQBODY_ERROR_MSG)), str(why),
        "is a fault");
    ut_ok(run.values.set[API_WAF_ARGS_UNPACKED].count <= 5, "no more than 5");
    api_arena_free(&run.arena);
    ut_guard_reset();
}


static void
test_faults(void)
{
    size_t i;
    char   text[4096];

    faulty(YAML, "a: [b\n", "=YAML parsing error: not a document");
    faulty(YAML, "a: \"\\q\"\n", "=YAML parsing error: not a document");
    faulty(YAML, "[1, 2, 3, 4, 5, 6]\n",
        "=Request parsing error: more arguments than allowed");
    faulty("text/csv", "10,20,30,40,50,60\n",
        "=Request parsing error: more arguments than allowed");
    faulty(XML, "<a><b>1</b><b>2</b><b>3</b><b>4</b><b>5</b><b>6</b></a>",
        "=Request parsing error: more arguments than allowed");
    faulty(JSON, "{\"q\":\"[1,2,3,4,5,6]\"}",
        "=Request parsing error: more arguments than allowed");

    memset(text, '[', 100);
    memcpy(text + 100, "1", 2);
    faulty(YAML, text, "=YAML parsing error: deeper than allowed");

    for (i = 0; i < 40; i++) {
        memcpy(text + i * 10, "%TAG !x! y\n", 11);
    }

    text[400] = '\0';
    faulty(YAML, text, "=YAML parsing error: more directives than allowed");
}


/* Of YAML so many bytes are read, and one more are none. */

static void
yaml_long(size_t len, const char *fault, const char *name, size_t from)
{
    run_t                run;
    static char          text[512 * 1024 + 2];
    const api_waf_set_t *set = &run.values.set[API_WAF_ARGS_UNPACKED];
    const unpack_case_t  c = { NULL, "/", NULL, YAML, NULL, NULL };

    memset(text, '.', len);
    memcpy(text, "a: ", 3);
    text[len] = '\0';

    run_init(&run, &c, &api_alloc_libc);
    ut_int(run_body(&run, text), API_OK, "%zu bytes of YAML", len);
    ut_span(api_waf_values_get(&run.values, API_WAF_REQBODY_ERROR_MSG),
        str(fault), "\"%s\"", fault);
    ut_int(set->count, 1, "are one value");
    ut_span(set->count ? set->items[0].name : str(""), str(name), "%s", name);
    ut_span(set->count ? set->items[0].value : str(""),
        api_span(text + from, len - from), "all of it");
    api_arena_free(&run.arena);
    ut_guard_reset();
}


static void
test_yaml_long(void)
{
    yaml_long(512 * 1024, "", "yaml.a", 3);
    yaml_long(
        512 * 1024 + 1, "YAML parsing error: longer than 512 KB", "body", 0);
}


/* A prose of many lines is looked at as one, of a long table the rest is. */

static void
test_long(void)
{
    run_t               run;
    size_t              i;
    static char         text[40000];
    const unpack_case_t prose = { NULL, "/", NULL, "text/plain", NULL, NULL };
    const unpack_case_t table = { NULL, "/", NULL, "text/csv", NULL, NULL };

    for (i = 0; i < 40; i++) {
        memcpy(text + i * 9, "it's so,\n", 10);
    }

    run_init(&run, &prose, &api_alloc_libc);
    run_body(&run, text);
    ut_int(run.values.set[API_WAF_ARGS_UNPACKED].count, 1, "prose");
    api_arena_free(&run.arena);
    ut_guard_reset();

    for (i = 0; i < 3000; i++) {
        memcpy(text + i * 9, "ab,\"c,d\"\n", 10);
    }

    run_init(&run, &table, &api_alloc_libc);
    run.conf.unpacked = 40000;
    run_body(&run, text);
    ut_int(run.values.set[API_WAF_ARGS_UNPACKED].count, 2001, "a long table");
    ut_span(str(dump(&run.values, API_WAF_REQBODY_ERROR)), str("=0"),
        "is no fault");
    api_arena_free(&run.arena);
    ut_guard_reset();
}


/* Without memory at each call: API_NOMEM, and nothing lost. */

static void
test_memory(void)
{
    int        rc;
    run_t      run;
    size_t     i, n, bad = 0;
    ut_alloc_t u;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (n = 1;; n++) {
            ut_arm(&u, n);
            run_init(&run, &cases[i], &u.alloc);
            rc = run_body(&run, cases[i].body);
            api_arena_free(&run.arena);
            ut_guard_reset();
            bad += u.live != 0 || (u.calls >= n && rc != API_NOMEM);

            if (u.calls < n) {
                break;
            }
        }
    }

    ut_int((long long) bad, 0, "no memory at any call of any case");
}


int
main(void)
{
    test_cases();
    test_unasked();
    test_faults();
    test_yaml_long();
    test_long();
    test_memory();

    return ut_done();
}
