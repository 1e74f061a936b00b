#include "api_schema_build.h"
#include "api_format.h"
#include "api_value.h"

#include <stdlib.h>


/* Enough work for the values of any enum that a document can hold. */

#define SCALAR_WORK UINT64_C(0x100000000)


/* A number of the schema as the runner compares with it. */

static uint32_t
scalar_number(api_schema_build_t *b, api_span_t text)
{
    api_number_t n;

    memset(&n, 0, sizeof(n));
    n.text = text;
    n.small = api_decimal_small(text, &n.v, &n.scale);

    return api_build_push(b, &b->numbers, &n);
}


static void
scalar_bound(api_schema_build_t *b, const api_compile_t *c, api_span_t text,
    api_schema_keyword_t relation, api_schema_keyword_t keyword)
{
    api_op_t op;

    memset(&op, 0, sizeof(op));
    op.code = API_OP_BOUND;
    op.types = API_SCHEMA_T_NUMBER;
    op.keyword = (uint16_t) keyword;
    op.a = scalar_number(b, text);
    op.c = (uint32_t) relation;

    api_build_op(b, c->node, &op);
}


/* maximum, which may be made exclusive by a boolean beside it, and
   exclusiveMaximum as a number of its own; the same with minimum. */

static void
scalar_bounds(api_schema_build_t *b, const api_compile_t *c, api_kw_t kw,
    api_kw_t exclusive, api_schema_keyword_t open)
{
    bool                 boolean, v;
    api_node_t           n, e;
    api_schema_keyword_t keyword;

    n = c->k->v[kw];
    e = c->k->v[exclusive];
    keyword = open;

    boolean = c->dialect->dialect == API_SCHEMA_DRAFT4
              || c->dialect->dialect == API_SCHEMA_OAS30;

    if (api_node_ok(e) && boolean != api_node_bool(e, &v)) {
        api_compile_bad(
            b, c, exclusive, boolean ? "true or false" : "a number");
        return;
    }

    if (api_node_ok(e) && boolean && v) {
        keyword = open == API_SCHEMA_K_MAXIMUM
                      ? API_SCHEMA_K_EXCLUSIVE_MAXIMUM
                      : API_SCHEMA_K_EXCLUSIVE_MINIMUM;
    }

    if (api_node_is_number(n)) {
        scalar_bound(b, c, api_node_number(n), keyword, keyword);

    } else if (api_node_ok(n)) {
        api_compile_bad(b, c, kw, "a number");
    }

    if (!boolean && api_node_is_number(e)) {
        keyword = open == API_SCHEMA_K_MAXIMUM
                      ? API_SCHEMA_K_EXCLUSIVE_MAXIMUM
                      : API_SCHEMA_K_EXCLUSIVE_MINIMUM;
        scalar_bound(b, c, api_node_number(e), keyword, keyword);

    } else if (!boolean && api_node_ok(e)) {
        api_compile_bad(b, c, exclusive, "a number");
    }
}


static void
scalar_multiple(api_schema_build_t *b, const api_compile_t *c)
{
    int                   rc;
    api_op_t              op;
    api_node_t            n;
    api_decimal_divisor_t d;

    n = c->k->v[KW_MULTIPLE_OF];

    if (!api_node_ok(n)) {
        return;
    }

    rc = api_node_is_number(n) ? api_decimal_divisor(api_node_number(n), &d)
                               : API_INVALID;

    if (rc != API_OK) {
        api_compile_bad(b, c, KW_MULTIPLE_OF,
            rc == API_LIMIT ? "a number of at most 18 digits"
                            : "a number above 0");
        return;
    }

    memset(&op, 0, sizeof(op));
    op.code = API_OP_MULTIPLE;
    op.types = API_SCHEMA_T_NUMBER;
    op.keyword = API_SCHEMA_K_MULTIPLE_OF;
    op.a = api_build_push(b, &b->divisors, &d);

    api_build_op(b, c->node, &op);
}


static void
scalar_length(api_schema_build_t *b, const api_compile_t *c)
{
    api_op_t op;

    memset(&op, 0, sizeof(op));
    op.code = API_OP_LENGTH;
    op.types = API_SCHEMA_T_STRING;
    op.a = api_compile_count(b, c, KW_MIN_LENGTH, 0);
    op.b = api_compile_count(b, c, KW_MAX_LENGTH, UINT32_MAX);

    if (op.a || op.b != UINT32_MAX) {
        api_build_op(b, c->node, &op);
    }
}


static void
scalar_pattern(api_schema_build_t *b, const api_compile_t *c)
{
    api_op_t   op;
    api_node_t n;

    n = c->k->v[KW_PATTERN];

    if (!api_node_ok(n)) {
        return;
    }

    if (!api_node_is(n, API_JSON_STRING)) {
        api_compile_bad(b, c, KW_PATTERN, "a string");
        return;
    }

    memset(&op, 0, sizeof(op));
    op.code = API_OP_PATTERN;
    op.types = API_SCHEMA_T_STRING;
    op.keyword = API_SCHEMA_K_PATTERN;
    op.a = api_compile_regex(b, n, api_node_string(n));

    if (op.a != API_BUILD_NONE) {
        api_build_op(b, c->node, &op);
    }
}


/* Formats of numbers are bounds. */

static const struct {
    const char *name;
    const char *min;
    const char *max;

} ranges[] = {
    { "int8", "-128", "127" },
    { "int16", "-32768", "32767" },
    { "int32", "-2147483648", "2147483647" },
    { "int64", "-9223372036854775808", "9223372036854775807" },
    { "uint8", "0", "255" },
    { "uint16", "0", "65535" },
    { "uint32", "0", "4294967295" },
    { "uint64", "0", "18446744073709551615" },
    { "float", "-3.40282346638528859811704183484516925440e38",
        "3.40282346638528859811704183484516925440e38" },
    { "double", "-1.7976931348623157e308", "1.7976931348623157e308" },
};


static bool
scalar_range(api_schema_build_t *b, const api_compile_t *c, api_span_t name)
{
    size_t i;

    for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (!api_span_eq(
                name, api_span(ranges[i].name, strlen(ranges[i].name)))) {
            continue;
        }

        scalar_bound(b, c, api_span(ranges[i].min, strlen(ranges[i].min)),
            API_SCHEMA_K_MINIMUM, API_SCHEMA_K_FORMAT);
        scalar_bound(b, c, api_span(ranges[i].max, strlen(ranges[i].max)),
            API_SCHEMA_K_MAXIMUM, API_SCHEMA_K_FORMAT);
        return true;
    }

    return false;
}


static void
scalar_format(api_schema_build_t *b, const api_compile_t *c)
{
    int        format;
    char       buf[API_PROBLEM_QUOTE];
    api_op_t   op;
    api_node_t n;
    api_span_t name;

    n = c->k->v[KW_FORMAT];

    if (!api_node_ok(n)
        || (b->opts.no_formats
            && !(c->dialect->vocab & API_VOCAB_FORMAT_ASSERTION)))
    {
        return;
    }

    name = api_node_string(n);
    format = api_format_find(name);

    if (format >= 0) {
        memset(&op, 0, sizeof(op));
        op.code = API_OP_FORMAT;
        op.types = API_SCHEMA_T_STRING;
        op.keyword = API_SCHEMA_K_FORMAT;
        op.a = (uint32_t) format;
        api_build_op(b, c->node, &op);

    } else if (!scalar_range(b, c, name) && !api_format_is_free(name)) {
        api_problem_warning(b->problems, n,
            "the format %s is not known and has no effect",
            api_problem_quote(name, buf));
    }
}


void
api_compile_scalars(api_schema_build_t *b, const api_compile_t *c)
{
    scalar_bounds(
        b, c, KW_MAXIMUM, KW_EXCLUSIVE_MAXIMUM, API_SCHEMA_K_MAXIMUM);
    scalar_bounds(
        b, c, KW_MINIMUM, KW_EXCLUSIVE_MINIMUM, API_SCHEMA_K_MINIMUM);
    scalar_multiple(b, c);
    scalar_length(b, c);
    scalar_format(b, c);
    scalar_pattern(b, c);
}


/* The type of a value of an enum, so that others are turned down at once. */

static unsigned
scalar_type(const api_compile_t *c, api_node_t n)
{
    static const uint8_t masks[] = {
        [API_JSON_NULL] = API_SCHEMA_T_NULL,
        [API_JSON_FALSE] = API_SCHEMA_T_BOOLEAN,
        [API_JSON_TRUE] = API_SCHEMA_T_BOOLEAN,
        [API_JSON_INT] = API_SCHEMA_T_INTEGER,
        [API_JSON_REAL] = API_SCHEMA_T_REAL,
        [API_JSON_STRING] = API_SCHEMA_T_STRING,
        [API_JSON_ARRAY] = API_SCHEMA_T_ARRAY,
        [API_JSON_OBJECT] = API_SCHEMA_T_OBJECT,
    };

    if (api_node_is_number(n)
        && (c->dialect->dialect == API_SCHEMA_DRAFT4
            || api_decimal_is_integer(api_node_number(n))))
    {
        return c->dialect->dialect == API_SCHEMA_DRAFT4 ? API_SCHEMA_T_NUMBER
                                                        : API_SCHEMA_T_INTEGER;
    }

    return masks[api_node_type(n)];
}


static int
scalar_const_cmp(const void *a, const void *b)
{
    uint64_t x, y;

    x = ((const api_const_t *) a)->hash;
    y = ((const api_const_t *) b)->hash;

    return (x > y) - (x < y);
}


/* A value of the document, in the program's own tape. */

static void
scalar_const(api_schema_build_t *b, api_node_t n, uint32_t i)
{
    int              rc;
    api_const_t     *k;
    api_sipkey_t     seed;
    api_value_work_t w;

    seed = api_docs_seed(b->docs);
    w.key = seed.k0 ^ (seed.k1 << 1 | 1);
    w.left = SCALAR_WORK;
    w.arena = &b->arena;

    k = API_VEC(b->consts, api_const_t, i);
    k->tok = api_tape_copy(&b->values, api_doc_json(n.doc), n.at);
    rc = api_value_hash(&w, api_doc_json(n.doc), n.at, &k->hash);

    if (rc != API_OK || b->values.rc != API_OK) {
        b->rc = rc != API_OK ? rc : b->values.rc;
    }
}


static void
scalar_consts(
    api_schema_build_t *b, const api_compile_t *c, api_op_t *op, unsigned mask)
{
    op->code = API_OP_ENUM;
    op->types = API_SCHEMA_T_ANY;

    API_VEC(b->nodes, api_node_prog_t, c->node)->types &= (uint8_t) mask;

    if (b->rc == API_OK) {
        qsort(API_VEC(b->consts, api_const_t, op->a), op->b,
            sizeof(api_const_t), scalar_const_cmp);
        api_build_op(b, c->node, op);
    }
}


static void
scalar_enum(api_schema_build_t *b, const api_compile_t *c)
{
    uint32_t        i;
    unsigned        mask;
    api_op_t        op;
    api_node_t      n, v;
    api_node_iter_t it;

    n = c->k->v[KW_ENUM];

    if (!api_node_ok(n)) {
        return;
    }

    if (!api_node_is(n, API_JSON_ARRAY)) {
        api_compile_bad(b, c, KW_ENUM, "a list of values");
        return;
    }

    memset(&op, 0, sizeof(op));
    op.keyword = API_SCHEMA_K_ENUM;
    op.b = api_node_count(n);
    op.a = api_build_extend(b, &b->consts, op.b);
    i = op.a;
    mask = 0;

    for (it = api_node_iter(n);
         b->rc == API_OK && api_node_next(&it, NULL, &v);) {
        mask |= scalar_type(c, v);
        scalar_const(b, v, i++);
    }

    scalar_consts(b, c, &op, mask);
}


void
api_compile_enum(api_schema_build_t *b, const api_compile_t *c)
{
    api_op_t   op;
    api_node_t n;

    scalar_enum(b, c);
    n = c->k->v[KW_CONST];

    if (!api_node_ok(n)) {
        return;
    }

    memset(&op, 0, sizeof(op));
    op.keyword = API_SCHEMA_K_CONST;
    op.b = 1;
    op.a = api_build_extend(b, &b->consts, 1);

    if (b->rc == API_OK) {
        scalar_const(b, n, op.a);
        scalar_consts(b, c, &op, scalar_type(c, n));
    }
}
