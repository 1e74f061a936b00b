/* The schema engine beyond the test suite: OpenAPI's dialects, strict, the two
   directions, discriminators, where errors are, memory. */

#include "schema_ut.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


/* The pointer to a token, "name" of a name. */

static void
pointer(const api_json_t *json, uint32_t tok, char *buf, size_t size)
{
    size_t   n;
    uint32_t at, i, k;

    buf[0] = '\0';

    for (at = 0; at != tok;) {
        n = strlen(buf);

        for (i = at + 1, k = 0; api_json_next(json, i) <= tok; k++) {
            i = api_json_next(json, i);
        }

        if (json->tok[at].type == API_JSON_ARRAY) {
            snprintf(buf + n, size - n, "/%u", k);
            at = i;
            continue;
        }

        snprintf(buf + n, size - n, "/%.*s", (int) json->tok[i].len,
            (const char *) json->text + json->tok[i].off);
        at = i == tok ? tok : i + 1;
    }
}


/* "pointer keyword, ..." of all errors, or "ok". */

static void
run(const schema_ut_t *p, const char *value, api_schema_direction_t direction,
    char *out, size_t size)
{
    int                   rc;
    char                  at[256];
    size_t                i, n;
    api_json_t            json;
    api_arena_t           arena;
    api_schema_result_t   result;
    api_schema_run_opts_t opts = { direction, NULL };

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    out[0] = '\0';

    rc = api_json_parse(
        &json, ut_guard(str(value)), NULL, 0, schema_seed, &arena, NULL);

    if (ut_int(rc, API_OK, "%s", value)) {
        rc = api_schema_run(
            p->schema, p->entry, &json, 0, &opts, &arena, &result);
        snprintf(out, size, "%s", rc == API_OK ? "ok" : "");

        for (i = 0; i < result.nerrors; i++) {
            pointer(&json, result.errors[i].tok, at, sizeof(at));
            n = strlen(out);
            snprintf(out + n, size - n, "%s%s %s", i ? ", " : "", at,
                api_schema_keyword_name(result.errors[i].keyword));
        }
    }

    api_arena_free(&arena);
    ut_guard_reset();
}


#define D20 API_SCHEMA_2020_12
#define O30 API_SCHEMA_OAS30
#define O31 API_SCHEMA_OAS31
#define WAY API_SCHEMA_ANY_WAY
#define REQ API_SCHEMA_REQUEST
#define RES API_SCHEMA_RESPONSE
#define CLOSED true
#define OPEN false

#define PET                                                                   \
    "{openapi: 3.0.3, components: {schemas: {"                                \
    "Pet: {type: object, required: [kind], properties: {kind: {type: "        \
    "string}}, discriminator: {propertyName: kind, mapping: {kitty: Cat}}},"  \
    "Cat: {allOf: [{$ref: '#/components/schemas/Pet'}, {type: object, "       \
    "properties: {lives: {type: integer}}, required: [lives]}]},"             \
    "Tom: {allOf: [{$ref: '#/components/schemas/Cat'}, {properties: {"        \
    "fights: {type: integer}}}]},"                                            \
    "Dog: {allOf: [{$ref: '#/components/schemas/Pet'}, {properties: {bark: "  \
    "{type: boolean}}}]},"                                                    \
    "A: {type: object, properties: {k: {type: string}, a: {type: integer}}}," \
    "B: {type: object, properties: {k: {type: string}, b: {type: integer}}}," \
    "U: {oneOf: [{$ref: '#/components/schemas/A'}, {$ref: "                   \
    "'#/components/schemas/B'}], discriminator: {propertyName: k, mapping: "  \
    "{first: '#/components/schemas/A'}}}}}}"

static const struct {
    const char            *schema;
    const char            *pointer;
    api_schema_dialect_t   dialect;
    bool                   strict;
    api_schema_direction_t direction;
    const char            *value;
    const char            *want;
} cases[] = {
    /* OpenAPI 3.0 */
    { "{type: string, nullable: true}", "", O30, OPEN, WAY, "null", "ok" },
    { "{type: string, nullable: false}", "", O30, OPEN, WAY, "null", " type" },
    { "{nullable: true, anyOf: [{type: string}]}", "", O30, OPEN, WAY, "null",
        " type" },
    { "{type: string, nullable: true, enum: [a]}", "", O30, OPEN, WAY, "null",
        " type" },
    { "{type: string, nullable: true, enum: [a, null]}", "", O30, OPEN, WAY,
        "null", "ok" },
    { "{type: string, nullable: true}", "", O31, OPEN, WAY, "null", " type" },
    { "{type: [string, 'null']}", "", O31, OPEN, WAY, "null", "ok" },
    { "{maximum: 5, exclusiveMaximum: true}", "", O30, OPEN, WAY, "5",
        " exclusiveMaximum" },
    { "{maximum: 5, exclusiveMaximum: false}", "", O30, OPEN, WAY, "5", "ok" },
    { "{minimum: 5, exclusiveMinimum: true}", "", O30, OPEN, WAY, "5.0",
        " exclusiveMinimum" },
    { "{exclusiveMinimum: 5}", "", O31, OPEN, WAY, "5", " exclusiveMinimum" },
    { "{type: integer, format: int32}", "", O30, OPEN, WAY, "2147483648",
        " format" },
    { "{type: integer, format: int32}", "", O30, OPEN, WAY, "-2147483648",
        "ok" },
    { "{type: integer, format: int64}", "", O30, OPEN, WAY,
        "9223372036854775808", " format" },
    { "{type: integer, format: uint64}", "", O30, OPEN, WAY,
        "18446744073709551615", "ok" },
    { "{type: number, format: float}", "", O30, OPEN, WAY, "1e39", " format" },
    { "{type: string, format: byte}", "", O30, OPEN, WAY, "\"YQ=\"",
        " format" },
    { "{type: integer}", "", O30, OPEN, WAY, "1.0", "ok" },
    { "{type: integer}", "", API_SCHEMA_DRAFT4, OPEN, WAY, "1.0", " type" },
    { "{type: integer}", "", D20, OPEN, WAY, "1e400", "ok" },
    { "{type: integer}", "", D20, OPEN, WAY, "1e-400", " type" },
    { "{$ref: '#/x', type: string, x: {type: integer}}", "", O30, OPEN, WAY,
        "1", "ok" },
    { "{$ref: '#/x', type: string, x: {type: integer}}", "", O31, OPEN, WAY,
        "1", " type" },
    { "{type: object, properties: {a: {type: string, example: {$ref: no}}}}",
        "", O30, OPEN, WAY, "{\"a\":\"\"}", "ok" },

    /* directions */
    { "{properties: {id: {type: integer, readOnly: true}}, required: [id]}",
        "", O30, OPEN, REQ, "{}", "ok" },
    { "{properties: {id: {type: integer, readOnly: true}}, required: [id]}",
        "", O30, OPEN, REQ, "{\"id\":1}", "/id readOnly" },
    { "{properties: {id: {type: integer, readOnly: true}}, required: [id]}",
        "", O30, OPEN, RES, "{}", " required" },
    { "{properties: {id: {type: integer, readOnly: true}}, required: [id]}",
        "", O30, OPEN, WAY, "{\"id\":1}", "ok" },
    { "{properties: {p: {writeOnly: true}}, required: [p]}", "", O31, OPEN,
        RES, "{\"p\":1}", "/p writeOnly" },
    { "{properties: {p: {writeOnly: true}}, required: [p]}", "", O31, OPEN,
        REQ, "{}", " required" },
    { "{properties: {id: {$ref: '#/x'}}, x: {allOf: [{readOnly: true}]}}", "",
        O30, OPEN, REQ, "{\"id\":1}", "/id readOnly" },

    /* strict */
    { "{properties: {a: {}}}", "", D20, CLOSED, WAY, "{\"a\":1,\"b\":2}",
        "/b additionalProperties" },
    { "{properties: {a: {}}}", "", D20, OPEN, WAY, "{\"a\":1,\"b\":2}", "ok" },
    { "{properties: {a: {}}, additionalProperties: true}", "", D20, CLOSED,
        WAY, "{\"b\":2}", "ok" },
    { "{properties: {a: {}}, additionalProperties: {type: string}}", "", D20,
        CLOSED, WAY, "{\"b\":2}", "/b type" },
    { "{properties: {a: {}}, unevaluatedProperties: true}", "", D20, CLOSED,
        WAY, "{\"b\":2}", "ok" },
    { "{type: object}", "", D20, CLOSED, WAY, "{\"b\":2}", "ok" },
    { "{allOf: [{properties: {a: {}}}, {properties: {b: {}}}]}", "", D20,
        CLOSED, WAY, "{\"a\":1,\"b\":2}", "ok" },
    { "{allOf: [{properties: {a: {}}}, {properties: {b: {}}}]}", "", D20,
        CLOSED, WAY, "{\"a\":1,\"c\":2}", "/c additionalProperties" },
    { "{allOf: [{$ref: '#/x'}], properties: {b: {}}, x: {properties: {a: "
      "{properties: {n: {}}}}}}",
        "", O30, CLOSED, WAY, "{\"a\":{\"n\":1},\"b\":2}", "ok" },
    { "{allOf: [{$ref: '#/x'}], properties: {b: {}}, x: {properties: {a: "
      "{properties: {n: {}}}}}}",
        "", O30, CLOSED, WAY, "{\"a\":{\"n\":1,\"role\":0},\"b\":2}",
        "/a/role additionalProperties" },
    { "{allOf: [{additionalProperties: true}, {properties: {b: {}}}]}", "",
        D20, CLOSED, WAY, "{\"c\":2}", "ok" },
    { "{anyOf: [{properties: {a: {type: integer}}, required: [a]}, "
      "{properties: {b: {}}}]}",
        "", D20, CLOSED, WAY, "{\"a\":\"x\",\"b\":1}",
        "/a additionalProperties" },
    { "{anyOf: [{properties: {a: {type: integer}}, required: [a]}, "
      "{properties: {b: {}}}]}",
        "", D20, CLOSED, WAY, "{\"a\":1,\"b\":1}", "ok" },
    { "{if: {properties: {a: {const: 1}}, required: [a]}, then: {properties: "
      "{b: {}}}, else: {properties: {c: {}}}}",
        "", D20, CLOSED, WAY, "{\"a\":1,\"b\":1}", "ok" },
    { "{if: {properties: {a: {const: 1}}, required: [a]}, then: {properties: "
      "{b: {}}}, else: {properties: {c: {}}}}",
        "", D20, CLOSED, WAY, "{\"a\":2,\"c\":1}", "/a additionalProperties" },
    { "{items: {properties: {a: {}}}}", "", D20, CLOSED, WAY,
        "[{\"a\":1},{\"is_admin\":1}]", "/1/is_admin additionalProperties" },
    { "{$ref: '#/x', x: {properties: {a: {}}}}", "", D20, CLOSED, WAY,
        "{\"b\":1}", "/b additionalProperties" },
    { "{not: {properties: {a: {properties: {x: {}}}}, required: [a]}}", "",
        D20, CLOSED, WAY, "{\"a\":{\"y\":1}}", " not" },
    { "{patternProperties: {'^x-': {}}}", "", D20, CLOSED, WAY,
        "{\"x-a\":1,\"y\":1}", "/y additionalProperties" },
    { "{properties: {__proto__: {type: integer}}}", "", D20, CLOSED, WAY,
        "{\"__proto__\":1,\"constructor\":1}",
        "/constructor additionalProperties" },

    /* discriminators */
    { PET, "/components/schemas/U", O30, OPEN, WAY, "{\"k\":\"A\",\"a\":1}",
        "ok" },
    { PET, "/components/schemas/U", O30, OPEN, WAY,
        "{\"k\":\"first\",\"a\":\"x\"}", "/a type" },
    { PET, "/components/schemas/U", O30, OPEN, WAY, "{\"k\":\"C\"}",
        "/k discriminator" },
    { PET, "/components/schemas/U", O30, OPEN, WAY, "{\"a\":1}",
        " discriminator" },
    { PET, "/components/schemas/U", O30, OPEN, WAY, "{\"k\":1}",
        "/k discriminator" },
    { PET, "/components/schemas/U", O30, CLOSED, WAY, "{\"k\":\"B\",\"a\":1}",
        "/a additionalProperties" },
    { PET, "/components/schemas/Pet", O30, OPEN, WAY, "{\"kind\":\"Cat\"}",
        " required" },
    { PET, "/components/schemas/Pet", O30, CLOSED, WAY,
        "{\"kind\":\"kitty\",\"lives\":9}", "ok" },
    { PET, "/components/schemas/Pet", O30, CLOSED, WAY,
        "{\"kind\":\"Tom\",\"lives\":9,\"fights\":1}", "ok" },
    { PET, "/components/schemas/Pet", O30, CLOSED, WAY,
        "{\"kind\":\"Dog\",\"lives\":9}", "/lives additionalProperties" },
    { PET, "/components/schemas/Pet", O30, OPEN, WAY, "{\"kind\":\"Cow\"}",
        "/kind discriminator" },
    { PET, "/components/schemas/Pet", O30, CLOSED, WAY, "{\"kind\":\"Pet\"}",
        "ok" },
    { PET, "/components/schemas/Cat", O30, CLOSED, WAY,
        "{\"kind\":\"Cat\",\"lives\":9}", "ok" },

    /* errors: all of them, and where */
    { "{type: object, required: [a, b], properties: {c: {type: string}, d: "
      "{minimum: 3}}, additionalProperties: false}",
        "", D20, OPEN, WAY, "{\"c\":1,\"d\":2,\"e\":3}",
        "/c type, /d minimum, /e additionalProperties,  required,  required" },
    { "{anyOf: [{type: string}, {properties: {a: {type: integer}}, type: "
      "object}]}",
        "", D20, OPEN, WAY, "{\"a\":\"x\"}", "/a type" },
    { "{oneOf: [{minimum: 1}, {minimum: 2}]}", "", D20, OPEN, WAY, "3",
        " oneOf" },
    { "{anyOf: [{minimum: 10}, {multipleOf: 7}]}", "", D20, OPEN, WAY, "3",
        " anyOf" },
    { "{properties: {a: false}}", "", D20, OPEN, WAY, "{\"a\":1}",
        "/a false" },
    { "{propertyNames: {maxLength: 2}}", "", D20, OPEN, WAY, "{\"abc\":1}",
        "/abc maxLength" },
    { "{propertyNames: {enum: [a, b, c, d, e, f, g, h, i, j]}}", "", D20, OPEN,
        WAY, "{\"j\":1,\"\\u0061\":2}", "ok" },
    { "{propertyNames: {enum: [a, b, c, d, e, f, g, h, i, j]}}", "", D20, OPEN,
        WAY, "{\"a\":1,\"k\":\"a\"}", "/k enum" },
    { "{propertyNames: {const: ab}}", "", D20, OPEN, WAY, "{\"\\u0061b\":[1]}",
        "ok" },
    { "{uniqueItems: true}", "", D20, OPEN, WAY, "[1,\"1\",true,1.0]",
        "/3 uniqueItems" },
    { "{uniqueItems: true}", "", D20, OPEN, WAY,
        "[{\"a\":1,\"b\":[2]},{\"b\":[2.0],\"\\u0061\":1e0}]",
        "/1 uniqueItems" },
    { "{enum: [[1, {a: 2}]]}", "", D20, OPEN, WAY, "[1.0,{\"a\":20e-1}]",
        "ok" },
    { "{enum: [\"caf\\u00e9\"]}", "", D20, OPEN, WAY, "\"caf\\u00e9\"", "ok" },
    { "{const: \"a\"}", "", D20, OPEN, WAY, "\"\\u0061\"", "ok" },
    { "{multipleOf: 0.0001}", "", D20, OPEN, WAY, "0.0075", "ok" },
    { "{multipleOf: 0.1}", "", D20, OPEN, WAY, "0.30000000000000004",
        " multipleOf" },
    { "{maximum: 9007199254740992}", "", D20, OPEN, WAY, "9007199254740993",
        " maximum" },
    { "{minimum: 0.1}", "", D20, OPEN, WAY, "0.09999999999999999999",
        " minimum" },
    { "{maxLength: 2}", "", D20, OPEN, WAY,
        "\"\\ud83d\\ude00\xf0\x9f\x98\x80\"", "ok" },
    { "{maxLength: 1}", "", D20, OPEN, WAY, "\"\\ud83d\\ude00x\"",
        " maxLength" },
    { "{pattern: '^a$'}", "", D20, OPEN, WAY, "\"a\\n\"", " pattern" },
    { "{pattern: '^(a|b)$'}", "", D20, OPEN, WAY, "\"a\\n\"", " pattern" },
    { "{pattern: '^\\d+$'}", "", D20, OPEN, WAY, "\"\xd9\xa1\"", " pattern" },
};


static void
test_cases(void)
{
    char                 out[1024];
    size_t               i;
    schema_ut_t          p;
    const api_problem_t *q;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (ut_int(schema_compile(&p, cases[i].schema, cases[i].pointer,
                       cases[i].dialect, cases[i].strict, &api_alloc_libc),
                API_OK, "case %zu is compiled", i))
        {
            run(&p, cases[i].value, cases[i].direction, out, sizeof(out));
            ut_span(str(out), str(cases[i].want), "%.90s: %s", cases[i].schema,
                cases[i].value);
        }

        for (q = p.problems.first; q && p.schema == NULL; q = q->next) {
            api_problem_print(q, out, sizeof(out));
            printf("# %s\n", out);
        }

        schema_destroy(&p);
    }
}


static void
test_query(void)
{
    uint32_t    a, e;
    schema_ut_t p;

    schema_compile(&p,
        "{allOf: [{$ref: '#/x'}], x: {type: object, properties: {n: {type: "
        "integer}, l: {type: array, items: {enum: [true]}}}}}",
        "", D20, false, &api_alloc_libc);

    ut_int(api_schema_types(p.schema, p.entry), API_SCHEMA_T_OBJECT, "object");
    a = api_schema_member(p.schema, p.entry, API_SPAN("n"));
    ut_int(api_schema_types(p.schema, a), API_SCHEMA_T_INTEGER, "n");
    a = api_schema_member(p.schema, p.entry, API_SPAN("l"));
    e = api_schema_element(p.schema, a, 3);
    ut_int(api_schema_types(p.schema, e), API_SCHEMA_T_BOOLEAN, "of l");
    ut_int(api_schema_member(p.schema, p.entry, API_SPAN("o")),
        API_SCHEMA_NONE, "none");
    schema_destroy(&p);

    schema_compile(&p,
        "{anyOf: [{type: integer}, {type: 'null'}, {const: x}]}", "", D20,
        false, &api_alloc_libc);
    ut_int(api_schema_types(p.schema, p.entry),
        API_SCHEMA_T_INTEGER | API_SCHEMA_T_NULL | API_SCHEMA_T_STRING,
        "the union");
    schema_destroy(&p);
}


/* An allocator that keeps what was freed, filled, and sees who writes there:
   PCRE2 has no sanitizer. */

typedef struct block_s block_t;

struct block_s {
    block_t *next;
    size_t   size;
    bool     freed;
    uint64_t bytes[];
};

static block_t *blocks;


static void *
keep_alloc(void *ctx, size_t size)
{
    block_t *b;

    (void) ctx;
    b = calloc(1, sizeof(*b) + size + 8);
    b->size = size;
    b->next = blocks;
    blocks = b;

    return b->bytes;
}


static void
keep_free(void *ctx, void *p)
{
    block_t *b;

    (void) ctx;

    for (b = blocks; b && (void *) b->bytes != p; b = b->next) {
        /* void */
    }

    if (b) {
        b->freed = true;
        memset(b->bytes, 0xaa, b->size);
    }
}


/* Bytes that were written after they were freed; all blocks go. */

static size_t
keep_check(void)
{
    size_t         i, n;
    block_t       *b;
    const uint8_t *p;

    for (n = 0; (b = blocks) != NULL; free(b)) {
        blocks = b->next;
        p = (const uint8_t *) b->bytes;

        for (i = 0; b->freed && i < b->size; i++) {
            n += p[i] != 0xaa;
        }
    }

    return n;
}


/*
 * Escaped texts are decoded into the arena and given back, while what patterns
 * need stays: in an arena whose every block is a chunk of its own.
 */

static void
test_escapes(void)
{
    int                 i;
    size_t              held;
    schema_ut_t         p;
    api_json_t          json;
    api_arena_t         arena, small;
    api_schema_result_t r;
    const api_alloc_t   keep = { keep_alloc, keep_free, NULL };

    ut_int(schema_compile(&p,
               "{items: {anyOf: [{type: integer}, {pattern: '^(a|b)+$'}, "
               "{patternProperties: {'^(x|y)+$': {pattern: '(b|c)$'}}, "
               "additionalProperties: false}]}}",
               "", D20, false, &api_alloc_libc),
        API_OK, "patterns");
    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    api_json_parse(&json,
        API_SPAN("[\"\\u0061b\",\"ab\",{\"\\u0078y\":\"\\u0062\"},\"b"
                 "\\u0062\",{\"x\":\"c\",\"\\u0079\":\"\\u0063\"},1]"),
        NULL, 0, schema_seed, &arena, NULL);

    api_arena_init(&small, &keep, 1, 0);

    for (i = 0; i < 3; i++) {
        held = small.held;
        ut_int(api_schema_run(p.schema, p.entry, &json, 0, NULL, &small, &r),
            API_OK, "escaped and plain");
        ut_ok(i == 0 || small.held - held < 8192, "%zu bytes more",
            small.held - held);
    }

    api_arena_free(&small);
    api_arena_free(&arena);
    schema_destroy(&p);
    ut_int(keep_check(), 0, "nothing is written where it was given back");
}


static int
everything(const api_alloc_t *alloc)
{
    int                 rc;
    schema_ut_t         p;
    api_json_t          json;
    api_arena_t         arena;
    api_schema_result_t r;

    api_arena_init(&arena, alloc, 64, 0);

    rc = schema_compile(&p,
        "{properties: {a: {pattern: '^(a|b)+c$'}, b: {uniqueItems: true}, c: "
        "{enum: [1, [2], x]}}, unevaluatedProperties: false, anyOf: "
        "[{required: [a]}, {properties: {d: {}}}], $defs: {x: {$anchor: y}}}",
        "", D20, true, alloc);

    if (rc == API_OK) {
        rc = api_json_parse(&json,
            API_SPAN("{\"a\":\"abc\",\"b\":[1,{\"x\":1},{\"y\":2}],\"c\":"
                     "[2],\"z\":1}"),
            NULL, 0, schema_seed, &arena, NULL);
    }

    if (rc == API_OK) {
        rc = api_schema_run(p.schema, p.entry, &json, 0, NULL, &arena, &r);
    }

    schema_destroy(&p);
    api_arena_free(&arena);

    return rc;
}


static void
test_oom(void)
{
    int        rc;
    size_t     n;
    ut_alloc_t u;

    for (n = 1;; n++) {
        ut_arm(&u, n);
        rc = everything(&u.alloc);

        if (u.live || u.calls < n || rc != API_NOMEM) {
            break;
        }
    }

    ut_int(u.live, 0, "nothing is left");
    ut_int(rc, API_DENIED, "at last it is refused for what it is");
    ut_ok(n > 10, "after %zu failures", n - 1);
}


int
main(void)
{
    test_cases();
    test_query();
    test_escapes();
    test_oom();

    return ut_done();
}
