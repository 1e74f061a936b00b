/* Documents: YAML as the JSON it stands for, refusals with their lines,
   nodes, pointers, references, memory. */

#include "api_doc.h"
#include "api_problem.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>


static const api_sipkey_t seed = { 3, 4 };


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


static api_docs_t *
new_docs(const api_doc_limits_t *limits, const api_doc_loader_t *loader)
{
    api_docs_t     *docs;
    api_docs_opts_t opts = { limits, loader, seed, false };

    return api_docs_create(&docs, &opts, &api_alloc_libc) == API_OK ? docs
                                                                    : NULL;
}


/* The document, written back from its nodes. */

static void
dump(api_node_t n, char *out, size_t size)
{
    char            esc[512];
    size_t          len;
    bool            first;
    api_node_t      v;
    api_span_t      name;
    api_node_iter_t it;

#define PUT(...) snprintf(out + strlen(out), size - strlen(out), __VA_ARGS__)

    switch (api_node_type(n)) {
    case API_JSON_NULL:
        PUT("null");
        return;
    case API_JSON_TRUE:
    case API_JSON_FALSE:
        PUT("%s", api_node_is(n, API_JSON_TRUE) ? "true" : "false");
        return;
    case API_JSON_INT:
    case API_JSON_REAL:
        PUT("%.*s", (int) api_node_number(n).len,
            (const char *) api_node_number(n).data);
        return;
    case API_JSON_STRING:
        len = api_node_string(n).len;
        memcpy(esc, api_node_string(n).data, len < 500 ? len : 500);
        PUT("'%.*s'", (int) len, esc);
        return;
    default:
        break;
    }

    PUT("%s", api_node_is(n, API_JSON_OBJECT) ? "{" : "[");
    first = true;

    for (it = api_node_iter(n); api_node_next(&it, &name, &v);) {
        PUT("%s", first ? "" : ",");
        first = false;

        if (api_node_is(n, API_JSON_OBJECT)) {
            PUT("%.*s:", (int) name.len, (const char *) name.data);
        }

        dump(v, out, size);
    }

    PUT("%s", api_node_is(n, API_JSON_OBJECT) ? "}" : "]");
}


static const struct {
    const char *text;
    const char *want;
} reads[] = {
    { "{\"a\":[1,2.50,\"x\\u0041\\n\"]}", "{a:[1,2.50,'xA\n']}" },
    { "\xef\xbb\xbf{\"a\":1}", "{a:1}" },
    { "a: 1\nb: [x, y]\n", "{a:1,b:['x','y']}" },
    { "- no\n- on\n- y\n- Yes\n- 1_000\n- 12:30\n- 2020-01-01\n",
        "['no','on','y','Yes','1_000','12:30','2020-01-01']" },
    { "- true\n- False\n- TRUE\n- tRue\n", "[true,false,true,'tRue']" },
    { "- null\n- ~\n-\n- Null\n- nuLL\n", "[null,null,null,null,'nuLL']" },
    { "- 012\n- 0o17\n- 0x1F\n- +7\n- -0\n- 0o8\n- 0x\n",
        "[12,15,31,7,-0,'0o8','0x']" },
    { "- .5\n- 1.\n- -1.5e+3\n- 1e3\n- 1e\n- .\n- 1.2.3\n- e3\n",
        "[0.5,1.0,-1.5e+3,1e3,'1e','.','1.2.3','e3']" },
    { "- 12345678901234567890123\n- 0xffffffffffffffffff\n",
        "[12345678901234567890123,'0xffffffffffffffffff']" },
    { "200: ok\non: x\n1.0: y\nnull: z\n",
        "{200:'ok',on:'x',1.0:'y',null:'z'}" },
    { "'<<': a\n\"1\": '2'\n", "{<<:'a',1:'2'}" },
    { "- !!str 12\n- ! 13\n- '14'\n- \"a\\tb\"\n", "['12','13','14','a\tb']" },
    { "a: |\n  x\n  \"y\\\n", "{a:'x\n\"y\\\n'}" },
    { "a: &x [1, {b: 2}]\nc: *x\nd: [*x, *x]\n",
        "{a:[1,{b:2}],c:[1,{b:2}],d:[[1,{b:2}],[1,{b:2}]]}" },
    { "a: &x 5\nb: &x 6\nc: *x\n", "{a:5,b:6,c:6}" },
    { "&r a: 1\nb: 2\n", "{a:1,b:2}" },
    { "# only\n--- \nx\n", "'x'" },
    { "%YAML 1.1\n---\n{a: b, c: {}}\n", "{a:'b',c:{}}" },
    { "a: {}\nb: []\nc: ''\n", "{a:{},b:[],c:''}" },
    { "\"\\u263a\": \"\\x41\\U0001F600\"\n",
        "{\xe2\x98\xba:'A\xf0\x9f\x98\x80'}" },
};


static void
test_reads(void)
{
    char             out[4096];
    size_t           i;
    api_err_t        err;
    api_docs_t      *docs;
    const api_doc_t *doc;

    for (i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
        docs = new_docs(NULL, NULL);
        err.text[0] = '\0';

        if (ut_int(api_docs_add(docs, API_SPAN("d"),
                       ut_guard(str(reads[i].text)), &doc, &err),
                API_OK, "document %zu %s", i, err.text))
        {
            out[0] = '\0';
            dump(api_doc_root(doc), out, sizeof(out));
            ut_span(str(out), str(reads[i].want), "is what it says");
        }

        api_docs_free(docs);
        ut_guard_reset();
    }
}


static const struct {
    const char *text;
    int         rc;
    int         code;
    const char *says;
} bad[] = {
    { "{\"a\":1,\n\"a\":2}", API_DUPLICATE, API_DOC_E_DUPLICATE, "line 2: " },
    { "{\"a\":1,\n\n\"\\u0061\":2}", API_DUPLICATE, API_DOC_E_DUPLICATE,
        "line 3: " },
    { "{\"a\":\n1,}", API_SYNTAX, API_DOC_E_JSON, "line 2: " },
    { "{\"a\":1} x", API_SYNTAX, API_DOC_E_JSON, "line 1: " },
    { "a: 1\nb: 2\na: 3\n", API_DUPLICATE, API_DOC_E_DUPLICATE, "line 3: " },
    { "a: 1\n\"a\": 3\n", API_DUPLICATE, API_DOC_E_DUPLICATE, "line 2: " },
    { "x:\n  b: {c: [{}, {}]}\n  d: {e: 1,\n   e: 2}\n", API_DUPLICATE,
        API_DOC_E_DUPLICATE, "line 4: " },
    { "a: 1\n---\nb: 1\n", API_UNSUPPORTED, API_DOC_E_YAML,
        "line 2: a second document" },
    { "", API_SYNTAX, API_DOC_E_YAML, "empty" },
    { "a:\n  <<: {b: 1}\n", API_UNSUPPORTED, API_DOC_E_YAML,
        "line 2: merge keys" },
    { "a: !!python/object:os.system x\n", API_UNSUPPORTED, API_DOC_E_YAML,
        "tags" },
    { "a: !!int '1'\n", API_UNSUPPORTED, API_DOC_E_YAML, "tags" },
    { "a: !x {}\n", API_UNSUPPORTED, API_DOC_E_YAML, "tags" },
    { "a: &a [*a]\n", API_UNSUPPORTED, API_DOC_E_YAML, "stands in" },
    { "a: *b\n", API_SYNTAX, API_DOC_E_YAML, "without an anchor" },
    { "a: &b x\n*b : y\n", API_UNSUPPORTED, API_DOC_E_YAML,
        "alias cannot be a name" },
    { "? [a]\n: b\n", API_UNSUPPORTED, API_DOC_E_YAML, "has to be a scalar" },
    { "a: .inf\n", API_UNSUPPORTED, API_DOC_E_YAML, "infinity" },
    { "a: b\n\tc: d\n", API_SYNTAX, API_DOC_E_YAML, "line 2: " },
    { "a: [b\n", API_SYNTAX, API_DOC_E_YAML, "line 2: " },
    { "a: \xff\n", API_SYNTAX, API_DOC_E_YAML, "UTF-8" },
    { "a: \"\\uD800\"\n", API_SYNTAX, API_DOC_E_YAML, "line 1: " },
};


static void
test_bad(void)
{
    size_t           i;
    api_err_t        err;
    api_docs_t      *docs;
    const api_doc_t *doc;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        docs = new_docs(NULL, NULL);
        memset(&err, 0, sizeof(err));

        ut_int(api_docs_add(docs, API_SPAN("d"), ut_guard(str(bad[i].text)),
                   &doc, &err),
            bad[i].rc, "bad document %zu", i);
        ut_int(err.code, bad[i].code, "its code");
        ut_ok(strstr(err.text, bad[i].says), "\"%s\" says \"%s\"", err.text,
            bad[i].says);

        api_docs_free(docs);
        ut_guard_reset();
    }
}


/* Nine levels of ten aliases each: 1.6 KB that mean 10^9 strings. */

static void
test_laughs(void)
{
    int              i, k, n;
    char             text[4096];
    api_err_t        err;
    api_docs_t      *docs;
    const api_doc_t *doc;

    n = snprintf(text, sizeof(text), "a0: &a0 lol\n");

    for (i = 1; i < 10; i++) {
        n +=
            snprintf(text + n, sizeof(text) - (size_t) n, "a%d: &a%d [", i, i);

        for (k = 0; k < 10; k++) {
            n += snprintf(text + n, sizeof(text) - (size_t) n, "%s*a%d",
                k ? "," : "", i - 1);
        }

        n += snprintf(text + n, sizeof(text) - (size_t) n, "]\n");
    }

    docs = new_docs(NULL, NULL);
    ut_int(api_docs_add(docs, API_SPAN("d"), str(text), &doc, &err), API_LIMIT,
        "a billion laughs are over the limit");
    ut_ok(strstr(err.text, "aliases"), "%s", err.text);
    ut_ok(api_docs_memory(docs) < 200000, "and leave nothing behind");
    api_docs_free(docs);
}


/* libyaml is quadratic in the depth of what it is in: 200 levels bound it. */

static void
test_deep(void)
{
    size_t           n;
    char            *text;
    api_err_t        err;
    api_docs_t      *docs;
    const api_doc_t *doc;

    n = 200000;
    text = malloc(n + 3);
    memcpy(text, "a: ", 3);
    memset(text + 3, '[', n);

    docs = new_docs(NULL, NULL);
    ut_int(
        api_docs_add(docs, API_SPAN("d"), api_span(text, n + 3), &doc, &err),
        API_LIMIT, "200 000 brackets in YAML");
    ut_int(
        api_docs_add(docs, API_SPAN("d"), api_span(text + 3, n), &doc, &err),
        API_LIMIT, "and in JSON");
    api_docs_free(docs);
    free(text);
}


static void
test_nodes(void)
{
    bool             b;
    char             buf[128];
    size_t           n;
    int64_t          v;
    api_err_t        err;
    api_node_t       root, x;
    api_docs_t      *docs;
    const api_doc_t *doc;

    docs = new_docs(NULL, NULL);
    api_docs_add(docs, API_SPAN("d"),
        API_SPAN("a/b:\n  - 1\n  - {m~n: true, '': [x]}\nc: \"q\\u0041\"\n"),
        &doc, &err);
    root = api_doc_root(doc);

    x = api_node_find(root, API_SPAN("/a~1b/1/m~0n"));
    ut_ok(api_node_bool(x, &b) && b, "found by pointer");
    n = api_node_pointer(x, buf, sizeof(buf));
    ut_span(api_span(buf, n), API_SPAN("/a~1b/1/m~0n"), "its own pointer");
    n = api_node_pointer(x, buf, 8);
    ut_span(api_span(buf, n), API_SPAN("/a~1b..."), "cut");
    ut_int(api_node_line(x), 3, "its line");
    ut_span(api_node_name(x), API_SPAN("m~n"), "its name");
    ut_ok(!api_node_int64(x, &v), "true is no number");

    x = api_node_find(root, API_SPAN("/a~1b/1//0"));
    ut_span(api_node_string(x), API_SPAN("x"), "an empty name");
    x = api_node_find(root, API_SPAN("/a~1b/0"));
    ut_ok(api_node_int64(x, &v) && v == 1, "a number");
    ut_span(api_node_name(x), API_SPAN(""), "elements have no name");
    ut_int(api_node_pointer(root, buf, sizeof(buf)), 0, "the root");

    ut_ok(!api_node_ok(api_node_find(root, API_SPAN("/a~1b/01"))), "/01");
    ut_ok(!api_node_ok(api_node_find(root, API_SPAN("/a~1b/2"))), "/2");
    ut_ok(!api_node_ok(api_node_find(root, API_SPAN("/a~1b/-"))), "/-");
    ut_ok(!api_node_ok(api_node_find(root, API_SPAN("c"))), "no slash");
    ut_ok(!api_node_ok(api_node_find(root, API_SPAN("/m~2"))), "~2");
    ut_ok(!api_node_ok(api_node_find(root, API_SPAN("/c/d"))), "in a string");
    ut_int(api_node_type(API_NODE_NONE), API_JSON_NTYPES, "none");
    ut_int(api_node_count(API_NODE_NONE), 0, "none has no members");

    api_docs_free(docs);
}


/* A large object, with escaped names among the others. */

static void
test_large(void)
{
    int              i;
    char             buf[128];
    size_t           n;
    int64_t          v;
    api_err_t        err;
    api_node_t       x;
    api_docs_t      *docs;
    const api_doc_t *doc;
    static char      big[40000];

    docs = new_docs(NULL, NULL);

    n = (size_t) snprintf(big, sizeof(big), "{");

    for (i = 0; i < 1000; i++) {
        n += (size_t) snprintf(big + n, sizeof(big) - n,
            i % 3 ? "%s\n\"k%d\":%d" : "%s\n\"\\u006b%d\":%d", i ? "," : "", i,
            i);
    }

    n += (size_t) snprintf(big + n, sizeof(big) - n, "}");
    ut_int(api_docs_add(docs, API_SPAN("big"), api_span(big, n), &doc, &err),
        API_OK, "1000 members");

    for (i = 0; i < 1000; i++) {
        n = (size_t) snprintf(buf, sizeof(buf), "k%d", i);
        x = api_node_get(api_doc_root(doc), api_span(buf, n));

        if (!api_node_int64(x, &v) || v != i
            || api_node_line(x) != (uint32_t) i + 2) {
            break;
        }
    }

    ut_int(i, 1000, "each is found, in its line");
    ut_ok(!api_node_ok(api_node_get(api_doc_root(doc), API_SPAN("k1000"))),
        "and no other");
    ut_int(api_docs_add(docs, API_SPAN("big"), API_SPAN("1"), &doc, &err),
        API_INVALID, "the name is taken");

    api_docs_free(docs);
}


/* Files in memory. */

static const struct {
    const char *name;
    const char *text;
} files[] = {
    { "orders.yaml", "a: {$ref: 'x'}\nb c: [1]\n" },
    { "dir/one.json", "{\"here\": 1, \"a/b\": 2}" },
    { "two words.yaml", "w: 3\n" },
    { "bad.yaml", "a: [\n" },
};

static int released;


static int
load_file(void *ctx, api_span_t name, api_span_t *text, api_err_t *err)
{
    size_t i;
    char  *copy;

    (void) ctx;

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (api_span_eq(name, str(files[i].name))) {
            copy = malloc(strlen(files[i].text));
            memcpy(copy, files[i].text, strlen(files[i].text));
            *text = api_span(copy, strlen(files[i].text));
            return API_OK;
        }
    }

    return api_fail(err, API_INVALID, 0, 0, "no such file");
}


static void
release_file(void *ctx, api_span_t text)
{
    (void) ctx;
    released++;
    free((void *) (uintptr_t) text.data);
}


static const struct {
    const char *from;
    const char *ref;
    int         code;
    const char *want;
} refs[] = {
    { "orders.yaml", "#", 0, "" },
    { "orders.yaml", "", 0, "" },
    { "orders.yaml", "#/a", 0, "/a" },
    { "orders.yaml", "#/b%20c/0", 0, "/b c/0" },
    { "orders.yaml", "dir/one.json#/here", 0, "/here" },
    { "orders.yaml", "./dir/../dir/one.json#/a~1b", 0, "/a~1b" },
    { "orders.yaml", "two%20words.yaml#/w", 0, "/w" },
    { "orders.yaml", "dir%2Fone.json#/here", 0, "/here" },
    { "dir/one.json", "../orders.yaml#/a", 0, "/a" },
    { "dir/one.json", "one.json#/here", 0, "/here" },
    { "orders.yaml", "#/nothing", API_DOC_E_POINTER, NULL },
    { "orders.yaml", "#nothing", API_DOC_E_POINTER, NULL },
    { "orders.yaml", "#/a%2", API_DOC_E_POINTER, NULL },
    { "orders.yaml", "missing.yaml", API_DOC_E_LOAD, NULL },
    { "orders.yaml", "bad.yaml", API_DOC_E_YAML, NULL },
    { "orders.yaml", "../orders.yaml", API_DOC_E_OUTSIDE, NULL },
    { "dir/one.json", "../../orders.yaml", API_DOC_E_OUTSIDE, NULL },
    { "orders.yaml", "dir/../../x", API_DOC_E_OUTSIDE, NULL },
    { "orders.yaml", "%2e%2e/orders.yaml", API_DOC_E_OUTSIDE, NULL },
    { "orders.yaml", "dir/%2e%2e/%2e./x", API_DOC_E_OUTSIDE, NULL },
    { "orders.yaml", "..%5corders.yaml", API_DOC_E_OUTSIDE, NULL },
    { "orders.yaml", "/etc/passwd", API_DOC_E_OUTSIDE, NULL },
    { "orders.yaml", "dir/one.json%00.yaml", API_DOC_E_OUTSIDE, NULL },
    { "orders.yaml", "%2fetc/passwd", API_DOC_E_OUTSIDE, NULL },
    { "orders.yaml", "file:///etc/passwd", API_DOC_E_REMOTE, NULL },
    { "orders.yaml", "http://example.com/x.json", API_DOC_E_REMOTE, NULL },
    { "orders.yaml", "//example.com/x.json", API_DOC_E_REMOTE, NULL },
};


static void
test_refs(void)
{
    int                    rc;
    char                   buf[128];
    size_t                 i, n;
    api_err_t              err;
    api_node_t             out;
    api_docs_t            *docs;
    const api_doc_t       *doc;
    const api_doc_loader_t loader = { load_file, release_file, NULL };

    docs = new_docs(NULL, &loader);

    for (i = 0; i < sizeof(refs) / sizeof(refs[0]); i++) {
        memset(&err, 0, sizeof(err));

        if (!ut_int(api_docs_load(docs, str(refs[i].from), &doc, &err), API_OK,
                "%s %s", refs[i].from, err.text))
        {
            continue;
        }

        rc = api_docs_resolve(
            docs, api_doc_root(doc), str(refs[i].ref), &out, &err);
        ut_int(rc == API_OK ? 0 : err.code, refs[i].code, "%s in %s: %s",
            refs[i].ref, refs[i].from, err.text);

        if (rc == API_OK && refs[i].want) {
            n = api_node_pointer(out, buf, sizeof(buf));
            ut_span(api_span(buf, n), str(refs[i].want), "is there");
        }
    }

    ut_int(released, 3, "texts of YAML are released once read");
    api_docs_free(docs);
    ut_int(released, 4, "those of JSON with the set");

    docs = new_docs(NULL, NULL);
    api_docs_add(docs, API_SPAN("a"), API_SPAN("{}"), &doc, &err);
    ut_int(api_docs_resolve(
               docs, api_doc_root(doc), API_SPAN("b#/c"), &out, &err),
        API_INVALID, "without a loader there are no other files");
    api_docs_free(docs);
}


static void
test_problems(void)
{
    char                 buf[512], quote[API_PROBLEM_QUOTE];
    size_t               n;
    api_err_t            err;
    api_docs_t          *docs;
    api_arena_t          arena;
    api_problems_t       list;
    const api_doc_t     *doc;
    const api_problem_t *p;

    docs = new_docs(NULL, NULL);
    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    api_problems_init(&list, &arena, 2);
    api_docs_add(docs, API_SPAN("o.yaml"),
        API_SPAN("paths:\n  /x:\n    get: \"\\e[2J\"\n"), &doc, &err);

    api_problem_error(&list,
        api_node_find(api_doc_root(doc), API_SPAN("/paths/~1x/get")),
        "%s is no operation",
        api_problem_quote(api_node_string(api_node_find(
                              api_doc_root(doc), API_SPAN("/paths/~1x/get"))),
            quote));
    api_problem_warning(&list, api_doc_root(doc), "as a whole");
    api_problem_error(&list, api_doc_root(doc), "one too many");

    ut_int(list.errors, 2, "errors");
    ut_int(list.warnings, 1, "warnings");
    p = list.first;
    n = api_problem_print(p, buf, sizeof(buf));
    ut_span(api_span(buf, n),
        API_SPAN("o.yaml:3: /paths/~1x/get: \\x1b[2J is no operation"),
        "printed");
    n = api_problem_print(p->next, buf, sizeof(buf));
    ut_span(api_span(buf, n), API_SPAN("o.yaml:1: as a whole"), "the root");
    ut_ok(p->next->warning && p->next->next == NULL, "two are kept");

    api_arena_free(&arena);
    api_docs_free(docs);
}


static void
test_oom(void)
{
    int              rc;
    size_t           i, n;
    ut_alloc_t       u;
    api_err_t        err;
    api_docs_t      *docs;
    const api_doc_t *doc;
    api_docs_opts_t  opts = { NULL, NULL, seed, false };

    static const char *const texts[] = {
        "a: &x [1, \"\\n\"]\nb: *x\n",
        "{\"a\": [1, \"\\n\", {}]}",
    };

    for (i = 0; i < 2; i++) {
        for (n = 1;; n++) {
            ut_arm(&u, n);
            rc = api_docs_create(&docs, &opts, &u.alloc);

            if (rc == API_OK) {
                rc = api_docs_add(
                    docs, API_SPAN("d"), str(texts[i]), &doc, &err);
                api_docs_free(docs);
            }

            if (u.live != 0 || u.calls < n || rc != API_NOMEM) {
                break;
            }
        }

        ut_int(u.live, 0, "nothing is left");
        ut_int(rc, API_OK, "at last it is read");
        ut_ok(n > 2, "after %zu failures", n - 1);
    }
}


int
main(void)
{
    test_reads();
    test_bad();
    test_laughs();
    test_deep();
    test_nodes();
    test_large();
    test_refs();
    test_problems();
    test_oom();

    return ut_done();
}
