#include "api_schema_prog.h"
#include "api_format.h"
#include "api_text.h"

#include <stdio.h>


/* What the number in an error is, and how it is said. */

typedef enum {
    SAY_PLAIN = 0, /* nothing of it */
    SAY_COUNT,     /* the number itself */
    SAY_NAME,      /* index of a name */
    SAY_NUMBER,    /* index of an op with a number */
    SAY_FORMAT,    /* index of an op with a format, or a number's range */
    SAY_TYPE       /* a mask */
} say_t;

static const struct {
    const char *keyword;
    say_t       say;
    const char *text; /* what stands before it */
} texts[] = {
    [API_SCHEMA_K_FALSE] = { "false", SAY_PLAIN, "no value is allowed here" },
    [API_SCHEMA_K_LIMIT] = { "limit", SAY_PLAIN,
        "checking it takes more work than is allowed" },
    [API_SCHEMA_K_TYPE] = { "type", SAY_TYPE, "must be of type " },
    [API_SCHEMA_K_ENUM] = { "enum", SAY_PLAIN,
        "must be one of the values that are listed" },
    [API_SCHEMA_K_CONST] = { "const", SAY_PLAIN,
        "must be the one value that is allowed" },
    [API_SCHEMA_K_MULTIPLE_OF] = { "multipleOf", SAY_PLAIN,
        "must be a multiple of the number given" },
    [API_SCHEMA_K_MAXIMUM] = { "maximum", SAY_NUMBER, "must be at most " },
    [API_SCHEMA_K_EXCLUSIVE_MAXIMUM] = { "exclusiveMaximum", SAY_NUMBER,
        "must be less than " },
    [API_SCHEMA_K_MINIMUM] = { "minimum", SAY_NUMBER, "must be at least " },
    [API_SCHEMA_K_EXCLUSIVE_MINIMUM] = { "exclusiveMinimum", SAY_NUMBER,
        "must be more than " },
    [API_SCHEMA_K_MAX_LENGTH] = { "maxLength", SAY_COUNT,
        "characters allowed: at most " },
    [API_SCHEMA_K_MIN_LENGTH] = { "minLength", SAY_COUNT,
        "characters needed: at least " },
    [API_SCHEMA_K_PATTERN] = { "pattern", SAY_PLAIN,
        "must match the pattern" },
    [API_SCHEMA_K_FORMAT] = { "format", SAY_FORMAT, "must be a valid " },
    [API_SCHEMA_K_ITEMS] = { "items", SAY_PLAIN,
        "the element is one too many" },
    [API_SCHEMA_K_MAX_ITEMS] = { "maxItems", SAY_COUNT,
        "elements allowed: at most " },
    [API_SCHEMA_K_MIN_ITEMS] = { "minItems", SAY_COUNT,
        "elements needed: at least " },
    [API_SCHEMA_K_UNIQUE_ITEMS] = { "uniqueItems", SAY_PLAIN,
        "is equal to an element before it" },
    [API_SCHEMA_K_CONTAINS] = { "contains", SAY_PLAIN,
        "must contain an element of the kind asked for" },
    [API_SCHEMA_K_MAX_CONTAINS] = { "maxContains", SAY_COUNT,
        "elements of that kind allowed: at most " },
    [API_SCHEMA_K_MIN_CONTAINS] = { "minContains", SAY_COUNT,
        "elements of that kind needed: at least " },
    [API_SCHEMA_K_MAX_PROPERTIES] = { "maxProperties", SAY_COUNT,
        "members allowed: at most " },
    [API_SCHEMA_K_MIN_PROPERTIES] = { "minProperties", SAY_COUNT,
        "members needed: at least " },
    [API_SCHEMA_K_REQUIRED] = { "required", SAY_NAME,
        "a member is missing: " },
    [API_SCHEMA_K_DEPENDENT_REQUIRED] = { "dependentRequired", SAY_NAME,
        "a member that others need is missing: " },
    [API_SCHEMA_K_ADDITIONAL_PROPERTIES] = { "additionalProperties", SAY_PLAIN,
        "is not a member that is known here" },
    [API_SCHEMA_K_UNEVALUATED_PROPERTIES] = { "unevaluatedProperties",
        SAY_PLAIN, "is not a member that is known here" },
    [API_SCHEMA_K_UNEVALUATED_ITEMS] = { "unevaluatedItems", SAY_PLAIN,
        "the element is one too many" },
    [API_SCHEMA_K_ANY_OF] = { "anyOf", SAY_PLAIN,
        "must satisfy one of the schemas allowed" },
    [API_SCHEMA_K_ONE_OF] = { "oneOf", SAY_PLAIN,
        "must satisfy exactly one of the schemas allowed" },
    [API_SCHEMA_K_NOT] = { "not", SAY_PLAIN, "is of a kind that is excluded" },
    [API_SCHEMA_K_READ_ONLY] = { "readOnly", SAY_PLAIN,
        "must not be sent in a request" },
    [API_SCHEMA_K_WRITE_ONLY] = { "writeOnly", SAY_PLAIN,
        "must not be sent in a response" },
    [API_SCHEMA_K_DISCRIMINATOR] = { "discriminator", SAY_NAME,
        "must name a known schema in the member " },
};


const char *
api_schema_keyword_name(unsigned keyword)
{
    return keyword < API_SCHEMA_NKEYWORDS ? texts[keyword].keyword : "unknown";
}


static size_t
say_put(char *buf, size_t size, size_t at, api_span_t s)
{
    size_t n;

    n = s.len < size - 1 - at ? s.len : size - 1 - at;
    memcpy(buf + at, s.data, n);

    return at + n;
}


static size_t
say_put_text(char *buf, size_t size, size_t at, const char *s)
{
    return say_put(buf, size, at, api_span(s, strlen(s)));
}


static size_t
say_types(char *buf, size_t size, size_t at, uint32_t mask)
{
    size_t i;
    bool   first;

    static const struct {
        uint32_t    mask;
        const char *name;
    } types[] = {
        { API_SCHEMA_T_NULL, "null" },
        { API_SCHEMA_T_BOOLEAN, "boolean" },
        { API_SCHEMA_T_NUMBER, "number" },
        { API_SCHEMA_T_INTEGER, "integer" },
        { API_SCHEMA_T_STRING, "string" },
        { API_SCHEMA_T_ARRAY, "array" },
        { API_SCHEMA_T_OBJECT, "object" },
    };

    if (mask == 0) {
        return say_put_text(buf, size, at, "that no value has");
    }

    for (i = 0, first = true; i < sizeof(types) / sizeof(types[0]); i++) {
        if ((mask & types[i].mask) != types[i].mask) {
            continue;
        }

        at = say_put_text(buf, size, at, first ? "" : " or ");
        at = say_put_text(buf, size, at, types[i].name);
        mask &= ~types[i].mask;
        first = false;
    }

    return at;
}


static size_t
say_op(const api_schema_t *s, char *buf, size_t size, size_t at, uint32_t op)
{
    if (op >= s->nops) {
        return at;
    }

    if (s->ops[op].code == API_OP_FORMAT) {
        return say_put_text(
            buf, size, at, api_format_name((int) s->ops[op].a));
    }

    return say_put(buf, size, at, s->numbers[s->ops[op].a].text);
}


/* A range that a format of numbers stands for. */

static size_t
say_format(
    const api_schema_t *s, char *buf, size_t size, size_t at, uint32_t op)
{
    if (op < s->nops && s->ops[op].code == API_OP_BOUND) {
        at = say_put_text(buf, size, at,
            s->ops[op].c == API_SCHEMA_K_MAXIMUM ? "number up to "
                                                 : "number from ");
    }

    return say_op(s, buf, size, at, op);
}


size_t
api_schema_error_text(const api_schema_t *schema,
    const api_schema_error_t *error, char *buf, size_t size)
{
    char   number[16];
    size_t n;

    if (error->keyword >= API_SCHEMA_NKEYWORDS || size == 0) {
        return 0;
    }

    n = say_put_text(buf, size, 0, texts[error->keyword].text);

    switch (texts[error->keyword].say) {
    case SAY_COUNT:
        snprintf(number, sizeof(number), "%u", (unsigned) error->detail);
        n = say_put_text(buf, size, n, number);
        break;
    case SAY_NAME:
        n += api_text_log(
            schema->names[error->detail], buf + n, size - 1 - n, NULL);
        break;
    case SAY_NUMBER:
        n = say_op(schema, buf, size, n, error->detail);
        break;
    case SAY_FORMAT:
        n = say_format(schema, buf, size, n, error->detail);
        break;
    case SAY_TYPE:
        n = say_types(buf, size, n, error->detail);
        break;
    default:
        break;
    }

    buf[n] = '\0';

    return n;
}
