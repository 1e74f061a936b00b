/*
 * How long reading a body takes, before any rule runs, and what of it is done in
 * one go, so that others wait.  A megabyte of each kind, in shapes made to be
 * hard.
 *
 *     bench_readers [-n KB] [TEXT]
 *
 * Printed are milliseconds of CPU, the least of five: the longest turn, and the
 * whole.  TEXT: the shapes with it in their name.  Exit status 1: a turn takes
 * more than LONGEST a megabyte.
 */

#define _POSIX_C_SOURCE 200809L

#include "api_values.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>


#define LONGEST 15.0 /* 10, with a half for a busy machine */

#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"
#define LINES "application/x-ndjson"
#define XML "text/xml"
#define YAML "application/yaml"
#define TEXT "text/plain"
#define CSV "text/csv"
#define GRAPHQL "application/graphql"
#define PARTS "multipart/form-data; boundary=b"

/* before, unit over and over, after; %: a number that counts. */

typedef struct {
    const char *type;
    const char *before;
    const char *unit;
    const char *after;
} shape_t;

/* clang-format off */

static const shape_t shapes[] = {
    { JSON, "[0", ",1", "]" },
    { JSON, "[0", ",[]", "]" },
    { JSON, "[0", ",{}", "]" },
    { JSON, "[0", ",{\"a\":1}", "]" },
    { JSON, "[0", ",\"\"", "]" },
    { JSON, "[0", ",\"QUJDREVGR0hJSktM\"", "]" },
    { JSON, "[0", ",\"{\\\"a\\\":[1,2,3]}\"", "]" },
    { JSON, "[0", ",\"[1,[2,[3]]]\"", "]" },
    { JSON, "[\"", "QUJD", "\"]" },
    { JSON, "[\"", "W1tb", "\"]" },
    { JSON, "[\"", "\xc3\xa9", "\"]" },
    { JSON, "[\"", "\\u0041", "\"]" },
    { JSON, "[\"", "\\\"", "\"]" },
    { JSON, "[\"", "\\\\", "\"]" },
    { JSON, "[\"", "a ", "\"]" },
    { JSON, "[\"[", "1,", "1]\"]" },
    { JSON, "[\"{", "'a':'b',", "}\"]" },
    { JSON, "[\"{", "'", "}\"]" },
    { JSON, "[\"[", "[],", "1]\"]" },
    { JSON, "[\"", "[", "\"]" },
    { JSON, "{\"a\":0", ",\"%\":1", "}" },
    { JSON, "{\"a\":0", ",\"%\":[]", "}" },
    { JSON, "{\"a\":0", ",\"\\u0061%\":[]", "}" },
    { JSON, "{\"query\":\"{a(b:\\\"", "a ", "\\\")}\"}" },
    { JSON, "{\"query\":\"{", "a(b:1) ", "}\"}" },
    { JSON, "", "[", "" },
    { JSON, "", "{\"a\":", "" },
    { JSON, "{", "'a':'b',", "}" },
    { JSON, "", "'", "" },
    { JSON, "", "\"a\" ", "" },
    { JSON, "", "\"\\u0061\"", "" },
    { JSON, "", " ", "1" },
    { LINES, "", "1\n", "" },
    { LINES, "", "{\"a\":1}\n", "" },
    { LINES, "", "[]\n", "" },
    { LINES, "", "{}\n", "" },
    { LINES, "", "{\n", "" },
    { LINES, "", "\n", "" },
    { LINES, "", "'\n", "" },
    { FORM, "", "a=b&", "" },
    { FORM, "", "&", "" },
    { FORM, "", "=&", "" },
    { FORM, "a=", "%41", "" },
    { FORM, "a=", "+", "" },
    { FORM, "a=", "QUJD", "" },
    { FORM, "a=[", "1,", "1]" },
    { FORM, "[", "1,", "1]" },
    { FORM, "[", "'a',", "]" },
    { FORM, "{", "\"a\":1,", "" },
    { FORM, "query={", "a(b:1) ", "}" },
    { XML, "<a>", "<b/>", "</a>" },
    { XML, "<a>", "<b c='d'/>", "</a>" },
    { XML, "<a>", "<b>c</b>", "</a>" },
    { XML, "<a>", "b<c/>", "</a>" },
    { XML, "<a>", "b", "</a>" },
    { XML, "<a>", "&lt;", "</a>" },
    { XML, "<a>", "&#65;", "</a>" },
    { XML, "<a>", "<!---->", "</a>" },
    { XML, "<a>", "<![CDATA[b]]>", "</a>" },
    { XML, "<a>", "<?b c?>", "</a>" },
    { XML, "<a ", "b%='c' ", "/>" },
    { XML, "<a b='", "c", "'/>" },
    { XML, "<a b='", "&lt;", "'/>" },
    { XML, "<a>", "<b%/>", "</a>" },
    { XML, "<a>", "QUJD", "</a>" },
    { XML, "", "<a>", "" },
    { YAML, "", "- a\n", "" },
    { YAML, "", "a%: b\n", "" },
    { YAML, "[", "a, ", "]" },
    { YAML, "a: '", "b ", "'" },
    { YAML, "a: |\n", " b\n", "" },
    { YAML, "", "[", "" },
    { YAML, "", "? ", "" },
    { YAML, "", "- ", "" },
    { YAML, "", "# a\n", "" },
    { YAML, "", "---\n", "" },
    { YAML, "", "&a *a ", "" },
    { YAML, "", "!a ", "" },
    { YAML, "a: \"", "\\x41", "\"" },
    { YAML, "a: \"", "\n", "\"" },
    { TEXT, "", "a ", "" },
    { TEXT, "", "QUJD", "" },
    { TEXT, "", "a=b&", "" },
    { TEXT, "", "\n", "" },
    { TEXT, "[", "1,", "1]" },
    { TEXT, "[", "[],", "1" },
    { TEXT, "{}\n", "{\"a\":1}\n", "" },
    { TEXT, "{", "'a',", "" },
    { CSV, "", "a,", "" },
    { CSV, "", "\"a\"\"b\",", "" },
    { CSV, "", "\"", "" },
    { CSV, "", ",\n", "" },
    { GRAPHQL, "{", "a ", "}" },
    { GRAPHQL, "{", "a(b:1) ", "}" },
    { GRAPHQL, "{", "a(b:\"c\") ", "}" },
    { GRAPHQL, "{", "a(b:{c:1}) ", "}" },
    { GRAPHQL, "{a(b:[", "1 ", "])}" },
    { GRAPHQL, "", "{a", "" },
    { GRAPHQL, "{a(b:\"", "\\u0041", "\")}" },
    { PARTS, "", "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nc\r\n",
        "--b--\r\n" },
    { PARTS, "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n", "a",
        "\r\n--b--\r\n" },
    { PARTS, "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n", "\r\n",
        "\r\n--b--\r\n" },
    { PARTS, "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n", "--",
        "\r\n--b--\r\n" },
    { PARTS, "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n", "\n--b",
        "\r\n--b--\r\n" },
    { PARTS, "--b\r\n", "a: b\r\n", "\r\n--b--\r\n" },
    { PARTS, "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n", "QUJD",
        "\r\n--b--\r\n" },
    { PARTS, "", "--b\r\n", "--b--\r\n" }
};

/* clang-format on */

#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))


static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);

    return (double) t.tv_sec * 1e3 + (double) t.tv_nsec / 1e6;
}


static size_t
add(char *to, const char *s, size_t number)
{
    size_t n = 0;

    for (; *s; s++) {
        if (*s == '%' && s[1] != '4') {
            n += (size_t) sprintf(to + n, "%zx", number);
        } else {
            to[n++] = *s;
        }
    }

    return n;
}


static api_span_t
make(const shape_t *s, size_t size)
{
    char  *p = malloc(size + 512);
    size_t n, i;

    if (p == NULL) {
        exit(2);
    }

    n = add(p, s->before, 0);

    for (i = 1; n < size; i++) {
        n += add(p + n, s->unit, i);
    }

    n += add(p + n, s->after, 0);

    return api_span(p, n);
}


typedef struct {
    double   turn;
    double   whole;
    uint32_t values;
} cost_t;


/* The parts of one run. */

static cost_t
run(api_values_t *b, api_span_t body)
{
    int    rc;
    bool   more;
    double start, took;
    cost_t c = { 0, 0, 0 };

    start = now();
    rc = api_values_body_start(b, body, API_WAF_BODY_NONE, false);
    more = rc == API_OK;

    while (more) {
        more = api_values_body_more(b, &rc);
        took = now() - start;
        start += took;
        c.whole += took;
        c.turn = took > c.turn ? took : c.turn;
    }

    api_values_body_end(b);
    c.values = b->values->seq;

    return c;
}


static cost_t
measure(const shape_t *s, api_span_t body)
{
    int                  i;
    cost_t               c, best = { 1e9, 1e9, 0 };
    api_arena_t          arena;
    api_values_t         b;
    api_waf_values_t     store;
    api_values_conf_t    conf = api_values_conf_default;
    api_values_field_t   field = { API_SPAN("Content-Type"), { NULL, 0 } };
    api_values_request_t q;

    memset(&q, 0, sizeof(q));
    q.method = API_SPAN("POST");
    q.uri = API_SPAN("/");
    q.protocol = API_SPAN("HTTP/1.1");
    q.field = &field;
    q.nfields = 1;
    field.value = api_span(s->type, strlen(s->type));
    conf.unpacked = 40000;

    for (i = 0; i < 5; i++) {
        api_arena_init(&arena, &api_alloc_libc, 16384, API_VALUES_MEMORY);
        api_waf_values_init(&store, &arena, 0);
        api_values_init(&b, &store, &conf, (api_sipkey_t){ 1, 2 }, &arena);
        (void) api_values_request(&b, &q);

        c = run(&b, body);
        best.turn = c.turn < best.turn ? c.turn : best.turn;
        best.whole = c.whole < best.whole ? c.whole : best.whole;
        best.values = c.values;
        api_arena_free(&arena);
    }

    return best;
}


static void
show(const char *name, const cost_t *c)
{
    printf("%6.2f %7.1f ms %6u values  ", c->turn, c->whole, c->values);

    for (/* void */; *name; name++) {
        putchar((uint8_t) *name < 0x20 ? '.' : *name);
    }

    putchar('\n');
}


int
main(int argc, char **argv)
{
    int        opt;
    char       name[128];
    cost_t     c;
    size_t     i, n = 0, size = 1024;
    double     most = 0;
    api_span_t body;

    while ((opt = getopt(argc, argv, "n:")) != -1) {
        size = opt == 'n' ? strtoul(optarg, NULL, 10) : size;
    }

    for (i = 0; i < SHAPES; i++) {
        snprintf(name, sizeof(name), "%s: %s%s%s", shapes[i].type,
            shapes[i].before, shapes[i].unit, shapes[i].after);

        if (optind < argc && strstr(name, argv[optind]) == NULL) {
            continue;
        }

        n++;
        body = make(&shapes[i], size * 1024);
        c = measure(&shapes[i], body);
        most = c.turn > most ? c.turn : most;
        show(name, &c);
        free((void *) (uintptr_t) body.data);
    }

    if (n == 0) {
        fprintf(stderr, "no shape has \"%s\" in its name\n", argv[optind]);
        return 2;
    }

    printf("%zu shapes of %zu KB: the longest turn takes %.1f ms\n", n, size,
        most);

    return most > LONGEST * (double) size / 1024;
}
