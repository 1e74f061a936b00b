/*
 * Hostile bodies and hostile schemas: each has its verdict, and a bound on the
 * steps that it takes, on memory, and generously on time.  A budget that runs
 * out is a refusal, never a pass.
 */

#define _POSIX_C_SOURCE 200809L

#include "schema_ut.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>


/* A machine with ten other things to do is given this long. */

#define SECONDS 20


/* A text of pieces: first, then `piece` n times, then last. */

static char *
repeat(const char *first, const char *piece, size_t n, const char *last)
{
    char  *text, *p;
    size_t len;

    len = strlen(piece);
    text = malloc(strlen(first) + n * len + strlen(last) + 1);
    strcpy(text, first);

    for (p = text + strlen(first); n--; p += len) {
        memcpy(p, piece, len);
    }

    /* the last comma is one too many */

    p -= p > text && p[-1] == ',' && last[0] != ',';
    strcpy(p, last);

    return text;
}


/* [[[...]]] around a value, or {"a":{"a":...}}. */

static char *
nest(const char *open, size_t n, const char *value, const char *close)
{
    char *a, *b, *text;

    a = repeat("", open, n, value);
    b = repeat("", close, n, "");
    text = malloc(strlen(a) + strlen(b) + 1);
    strcpy(text, a);
    strcat(text, b);
    free(a);
    free(b);

    return text;
}


/* Members k0 ... kn, or numbers 0 ... n, written by a format. */

static char *
count(const char *first, const char *format, int n, const char *last)
{
    int    i;
    char  *text;
    size_t len;

    text = malloc(strlen(first) + strlen(last) + (size_t) n * 40 + 1);
    strcpy(text, first);
    len = strlen(first);

    for (i = 0; i < n; i++) {
        len += (size_t) sprintf(text + len, i ? "," : "");
        len += (size_t) snprintf(text + len, 40, "%.*s%d%s",
            (int) (strchr(format, '#') - format), format, i,
            strchr(format, '#') + 1);
    }

    strcpy(text + len, last);

    return text;
}


/* Runs `text` (freed) over the schema.  The tape may be as large as it wants:
   what is tested is the runner.  *keyword is the first error's. */

static int
run(const char *schema, char *text, uint64_t steps, const char **keyword,
    const char *what)
{
    int                   rc;
    size_t                held;
    double                seconds;
    schema_ut_t           p;
    api_json_t            json;
    api_arena_t           arena;
    struct timespec       a, b;
    api_json_limits_t     limits;
    api_schema_result_t   r;
    api_schema_limits_t   budget = { 0, steps, 0, 0 };
    api_schema_run_opts_t opts = { API_SCHEMA_ANY_WAY, &budget };

    *keyword = "";
    limits = (api_json_limits_t){ 5000, 4000000, 4000000, 1 << 20, 8 << 20,
        1 << 20 };
    rc = schema_compile(
        &p, schema, "", API_SCHEMA_2020_12, false, &api_alloc_libc);
    ut_int(rc, API_OK, "%s: compiled", what);
    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    if (rc == API_OK) {
        rc = api_json_parse(&json, api_span(text, strlen(text)), &limits, 0,
            schema_seed, &arena, NULL);
        ut_int(rc, API_OK, "%s: is JSON", what);
    }

    if (rc == API_OK) {
        held = arena.held;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
        rc = api_schema_run(p.schema, p.entry, &json, 0, &opts, &arena, &r);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);

        seconds = (double) (b.tv_sec - a.tv_sec)
                  + (double) (b.tv_nsec - a.tv_nsec) / 1e9;
        ut_ok(seconds < SECONDS, "%s: %.3f s, %llu steps", what, seconds,
            (unsigned long long) r.steps);
        ut_ok(arena.held - held < (64 << 20), "%s: %zu KB", what,
            (arena.held - held) >> 10);
        ut_ok(rc == API_OK || r.nerrors > 0, "%s: a reason", what);
        *keyword =
            r.nerrors ? api_schema_keyword_name(r.errors[0].keyword) : "";
    }

    api_arena_free(&arena);
    schema_destroy(&p);
    free(text);

    return rc;
}


static void
check(const char *what, const char *schema, char *text, int want,
    const char *keyword)
{
    const char *got;

    ut_int(run(schema, text, 0, &got, what), want, "%s: verdict", what);
    ut_span(api_span(got, strlen(got)), api_span(keyword, strlen(keyword)),
        "%s: why", what);
}


#define TREE                                                                  \
    "{$ref: '#/$defs/t', $defs: {t: {type: array, items: {$ref: "             \
    "'#/$defs/t'}}}}"
#define LIST                                                                  \
    "{$ref: '#/$defs/t', $defs: {t: {properties: {a: {$ref: "                 \
    "'#/$defs/t'}}, additionalProperties: false}}}"

/* Each level tries its member twice: 2^n in the depth. */

#define DOUBLE                                                                \
    "{$ref: '#/$defs/t', $defs: {t: {anyOf: [{properties: {a: {$ref: "        \
    "'#/$defs/t'}}, required: [z]}, {properties: {a: {$ref: '#/$defs/t'}}, "  \
    "required: [z]}]}}}"


static void
test_depth(void)
{
    check("2000 arrays", TREE, nest("[", 2000, "", "]"), API_OK, "");
    check("2000 arrays around a string", TREE, nest("[", 2000, "\"x\"", "]"),
        API_DENIED, "type");
    check("2000 objects", LIST, nest("{\"a\":", 2000, "{}", "}"), API_OK, "");
    check("a member at the bottom of 2000 objects", LIST,
        nest("{\"a\":", 2000, "{\"is_admin\":1}", "}"), API_DENIED,
        "additionalProperties");
    check("deeper than frames may go", TREE, nest("[", 4900, "", "]"),
        API_LIMIT, "limit");
    check("a doubling schema", DOUBLE, nest("{\"a\":", 60, "1", "}"),
        API_LIMIT, "limit");
}


static void
test_width(void)
{
    check("100 000 unknown members of a closed object",
        "{additionalProperties: false, properties: {a: {}}}",
        count("{", "\"k#\":1", 100000, "}"), API_DENIED,
        "additionalProperties");
    check("100 000 members beside patterns",
        "{patternProperties: {'^(x|y)+$': false, '[0-9]z': false}}",
        count("{", "\"k#\":1", 100000, "}"), API_OK, "");
    check("unique numbers", "{uniqueItems: true}",
        count("[", "#", 100000, "]"), API_OK, "");
    check("unique objects", "{uniqueItems: true}",
        count("[", "{\"a\":#}", 100000, "]"), API_OK, "");
    check("one of them twice", "{uniqueItems: true}",
        count("[", "{\"a\":#}", 100000, ",{\"a\":77.0}]"), API_DENIED,
        "uniqueItems");
    check("objects alike but for their order", "{uniqueItems: true}",
        count("[{\"z\":0,", "\"k#\":1", 50000, "},{\"k0\":1}]"), API_OK, "");
    check("contains", "{contains: {const: -1}}", count("[", "#", 100000, "]"),
        API_DENIED, "contains");
    check("a million empty objects", "{items: {maxProperties: 0}}",
        repeat("[", "{},", 1000000, "]"), API_OK, "");
    check("unevaluated members under oneOf",
        "{oneOf: [{patternProperties: {'^k[0-9]': {}}}, {required: [z]}], "
        "unevaluatedProperties: false}",
        count("{", "\"k#\":1", 100000, "}"), API_OK, "");
    check("the names of data are data",
        "{properties: {$ref: {type: integer}}, additionalProperties: false}",
        count("{\"$ref\":1,\"__proto__\":", "#", 1, "}"), API_DENIED,
        "additionalProperties");
}


/* uniqueItems at every level hashes what is below: the budget ends it. */

static void
test_levels(void)
{
    check("uniqueItems at each of 2000 levels",
        "{$ref: '#/$defs/t', $defs: {t: {uniqueItems: true, items: {$ref: "
        "'#/$defs/t'}}}}",
        nest("[1,", 2000, "2", "]"), API_LIMIT, "limit");
    check("and at 50",
        "{$ref: '#/$defs/t', $defs: {t: {uniqueItems: true, items: {$ref: "
        "'#/$defs/t'}}}}",
        nest("[1,", 50, "2", "]"), API_OK, "");
}


static void
test_numbers(void)
{
    check("a million digits", "{maximum: 5}", repeat("", "9", 1000000, ""),
        API_DENIED, "maximum");
    check("a million digits, a multiple", "{multipleOf: 0.7}",
        repeat("", "7", 1000000, ""), API_OK, "");
    check("1e999999999", "{type: integer, minimum: 1, multipleOf: 3}",
        repeat("", "1e999999999", 1, ""), API_DENIED, "multipleOf");
    check("1e-999999999", "{type: integer}", repeat("", "1e-999999999", 1, ""),
        API_DENIED, "type");
    check("an exponent of twenty digits", "{exclusiveMinimum: 0}",
        repeat("", "1e-99999999999999999999", 1, ""), API_OK, "");
    check("0e99999999999", "{const: 0}", repeat("", "0e99999999999", 1, ""),
        API_OK, "");
    check("-0", "{enum: [0]}", repeat("", "-0", 1, ""), API_OK, "");
    check("-0.0 and 0 are one", "{uniqueItems: true}",
        repeat("", "[0,-0.0]", 1, ""), API_DENIED, "uniqueItems");
    check("2^53 + 1 is not 2^53", "{const: 9007199254740992}",
        repeat("", "9007199254740993", 1, ""), API_DENIED, "const");
}


static void
test_patterns(void)
{
    check("(a+)+$ against 5000 a", "{pattern: '^(a+)+$'}",
        repeat("\"", "a", 5000, "!\""), API_LIMIT, "limit");
    check("(a|a)*$", "{pattern: '^(a|a)*$'}", repeat("\"", "a", 3000, "!\""),
        API_LIMIT, "limit");
    check(".*.*.*x", "{pattern: '.*.*.*[xy]'}", repeat("\"", "a", 8000, "\""),
        API_LIMIT, "limit");
    check("a back reference", "{pattern: '(.*)\\1[by]'}",
        repeat("\"", "a", 16000, "\""), API_LIMIT, "limit");
    check("10 000 bombs share one budget", "{items: {pattern: '^(a+)+$'}}",
        repeat(
            "[", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\",", 10000, "]"),
        API_LIMIT, "limit");
    check("10 000 harmless ones", "{items: {pattern: '^(a|b)+c?$'}}",
        repeat("[", "\"abab\",", 10000, "]"), API_OK, "");
    check("a megabyte for a row of classes", "{pattern: '^[a-z]+$'}",
        repeat("\"", "a", 1 << 20, "\""), API_OK, "");
    check("an end of line at the end", "{pattern: '^[a-z]+$'}",
        repeat("\"", "a", 10, "\\n\""), API_DENIED, "pattern");
}


static void
test_schemas(void)
{
    char       *text;
    schema_ut_t p;
    size_t      n;
    int         rc;

    /* a chain of references is no recursion of ours, and no loop */

    text = malloc(10 << 20);
    n = (size_t) sprintf(text, "{\"$ref\":\"#/$defs/r0\",\"$defs\":{");

    for (int i = 0; i < 100000; i++) {
        n += (size_t) sprintf(
            text + n, "\"r%d\":{\"$ref\":\"#/$defs/r%d\"},", i, i + 1);
    }

    sprintf(text + n, "\"r100000\":{\"type\":\"integer\"}}}");
    rc = schema_compile(
        &p, text, "", API_SCHEMA_2020_12, false, &api_alloc_libc);
    ut_int(rc, API_OK, "a chain of 100 000 references");
    schema_destroy(&p);

    n = (size_t) sprintf(text, "{\"allOf\":[");

    for (int i = 0; i < 10000; i++) {
        n += (size_t) sprintf(text + n, "{\"minimum\":%d},", i);
    }

    sprintf(text + n, "{}]}");
    rc = schema_compile(
        &p, text, "", API_SCHEMA_2020_12, false, &api_alloc_libc);
    ut_int(rc, API_OK, "allOf of 10 000");
    schema_destroy(&p);

    n = (size_t) sprintf(text, "{\"enum\":[");

    for (int i = 0; i < 200000; i++) {
        n += (size_t) sprintf(text + n, "\"v%d\",", i);
    }

    sprintf(text + n, "1]}");
    rc = schema_compile(
        &p, text, "", API_SCHEMA_2020_12, false, &api_alloc_libc);
    ut_int(rc, API_OK, "an enum of 200 000");
    schema_destroy(&p);
    free(text);
}


int
main(void)
{
    test_depth();
    test_width();
    test_levels();
    test_numbers();
    test_patterns();
    test_schemas();

    return ut_done();
}
