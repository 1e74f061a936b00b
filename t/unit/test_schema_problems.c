/* What is refused, or warned of, when a schema is read; and what the errors of
   a run say. */

#include "schema_ut.h"
#include "ut.h"


#define D20 API_SCHEMA_2020_12
#define O30 API_SCHEMA_OAS30
#define O31 API_SCHEMA_OAS31


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


static const struct {
    const char          *schema;
    api_schema_dialect_t dialect;
    bool                 warning;
    const char          *says;
} problems[] = {
    { "{type: strin}", D20, false, "d.yaml:1: /type: a type is one of" },
    { "{type: 1}", D20, false, "/type" },
    { "{type: []}", D20, false, "/type: type has to be" },
    { "{minLength: -1}", D20, false, "minLength has to be a whole number" },
    { "{minLength: 1.5}", D20, false, "minLength" },
    { "{minLength: x}", D20, false, "minLength" },
    { "{multipleOf: 0}", D20, false, "a number above 0" },
    { "{multipleOf: 1.23456789012345678901}", D20, false, "18 digits" },
    { "{enum: x}", D20, false, "enum has to be a list" },
    { "{required: x}", D20, false, "required has to be a list of names" },
    { "{required: [1]}", D20, false, "/required/0" },
    { "{allOf: {}}", D20, false, "allOf has to be a list" },
    { "{anyOf: []}", D20, false, "anyOf has to be a list" },
    { "{properties: []}", D20, false, "properties has to be an object" },
    { "{properties: {a: 1}}", D20, false, "/properties/a: a schema has to" },
    { "{not: x}", D20, false, "/not: a schema has to be" },
    { "{uniqueItems: 1}", D20, false, "uniqueItems has to be true or" },
    { "{exclusiveMaximum: 5}", O30, false, "exclusiveMaximum has to be true" },
    { "{exclusiveMaximum: true}", O31, false, "exclusiveMaximum has to be a" },
    { "{pattern: '('}", D20, false, "a ( without its )" },
    { "{pattern: 'a++'}", D20, false, "nothing to repeat" },
    { "{pattern: '(?i)a'}", D20, false, "ECMA-262 does not have" },
    { "{pattern: '\\Aa\\Z'}", D20, false, "an escape that ECMA-262" },
    { "{patternProperties: {'[': {}}}", D20, false, "a [ without its ]" },
    { "{$ref: '#/nothing'}", D20, false, "the reference leads nowhere" },
    { "{$ref: '#nothing'}", D20, false, "the reference leads nowhere" },
    { "{$ref: 'other.json'}", D20, false, "not allowed here" },
    { "{$ref: 'http://example.com/x'}", D20, false, "never followed" },
    { "{$ref: 'file:///etc/passwd'}", D20, false, "never followed" },
    { "{$ref: '#'}", D20, false, "refers to itself" },
    { "{allOf: [{$ref: '#/x'}], x: {anyOf: [{not: {$ref: '#'}}]}}", D20, false,
        "refers to itself" },
    { "{$schema: 'http://example.com/d', type: string}", D20, false,
        "is not known" },
    { "{discriminator: kind}", O30, false, "a propertyName" },
    { "{discriminator: {propertyName: k, mapping: {a: nothing}}}", O30, false,
        "the reference leads nowhere" },
    { "{format: nonsense}", D20, true, "the format nonsense is not known" },
    { "{maxlength: 5}", D20, true,
        "maxlength has no effect; write maxLength" },
    { "{const: 5}", O30, true, "const is no keyword of openapi-3.0" },
    { "{prefixItems: []}", API_SCHEMA_DRAFT7, true, "no keyword of draft7" },
    { "{nullable: true}", O30, true, "without type beside it" },
    { "{pattern: '(a+)+$'}", D20, true, "repeats a repetition" },
    { "{pattern: '/^a$/'}", D20, true, "slashes" },
    { "{type: object, properties: {a: {required: true}}}", O30, true,
        "required as a boolean" },
};


static void
test_problems(void)
{
    char                 out[1024];
    size_t               i;
    schema_ut_t          p;
    const api_problem_t *q;

    for (i = 0; i < sizeof(problems) / sizeof(problems[0]); i++) {
        ut_int(schema_compile(&p, problems[i].schema, "", problems[i].dialect,
                   false, &api_alloc_libc),
            problems[i].warning ? API_OK : API_INVALID, "%s",
            problems[i].schema);

        for (q = p.problems.first; q; q = q->next) {
            api_problem_print(q, out, sizeof(out));

            if (q->warning == problems[i].warning
                && strstr(out, problems[i].says)) {
                break;
            }
        }

        ut_ok(q != NULL, "is told: %s", problems[i].says);
        schema_destroy(&p);
    }
}


static const struct {
    const char *schema;
    const char *value;
    const char *text;
} texts[] = {
    { "{type: [string, integer]}", "null",
        "must be of type integer or string" },
    { "{type: [number, 'null']}", "\"\"", "must be of type null or number" },
    { "{minLength: 3}", "\"a\"", "characters needed: at least 3" },
    { "{maximum: 1.50}", "2", "must be at most 1.50" },
    { "{type: object, required: [\"a\\u001b\"]}", "{}",
        "a member is missing: a\\x1b" },
    { "{dependentRequired: {a: [b]}}", "{\"a\":1}",
        "a member that others need is missing: b" },
    { "{format: date-time}", "\"x\"", "must be a valid date-time" },
    { "{format: int32}", "2147483648",
        "must be a valid number up to 2147483647" },
    { "{properties: {a: {}}, additionalProperties: false}", "{\"secret\":1}",
        "is not a member that is known here" },
};


static void
test_texts(void)
{
    char                out[256];
    size_t              i, n;
    schema_ut_t         p;
    api_json_t          json;
    api_arena_t         arena;
    api_schema_result_t r;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (!ut_int(schema_compile(
                        &p, texts[i].schema, "", D20, false, &api_alloc_libc),
                API_OK, "%s", texts[i].schema))
        {
            schema_destroy(&p);
            continue;
        }

        api_arena_init(&arena, &api_alloc_libc, 0, 0);
        api_json_parse(
            &json, str(texts[i].value), NULL, 0, schema_seed, &arena, NULL);

        ut_int(api_schema_run(p.schema, p.entry, &json, 0, NULL, &arena, &r),
            API_DENIED, "%s", texts[i].value);
        n = api_schema_error_text(p.schema, &r.errors[0], out, sizeof(out));
        ut_span(api_span(out, n), str(texts[i].text), "says what is asked");
        ut_int(out[n], 0, "with a NUL");
        n = api_schema_error_text(p.schema, &r.errors[0], out, 8);
        ut_int(n, 7, "cut");

        api_arena_free(&arena);
        schema_destroy(&p);
    }
}


int
main(void)
{
    test_problems();
    test_texts();

    return ut_done();
}
