#include "api_schema_build.h"
#include "api_format.h"
#include "api_value.h"


static api_node_prog_t *
compile_prog(api_schema_build_t *b, uint32_t node)
{
    return API_VEC(b->nodes, api_node_prog_t, node);
}


static api_node_t
compile_source(const api_schema_build_t *b, uint32_t node)
{
    return API_VEC(b->sources, api_source_t, node)->node;
}


void
api_compile_bad(api_schema_build_t *b, const api_compile_t *c, api_kw_t kw,
    const char *what)
{
    api_problem_error(
        b->problems, c->k->v[kw], "%s has to be %s", api_kw_name(kw), what);
}


static const struct {
    const char *name;
    uint8_t     types;
} types[] = {
    { "null", API_SCHEMA_T_NULL },
    { "boolean", API_SCHEMA_T_BOOLEAN },
    { "integer", API_SCHEMA_T_INTEGER },
    { "number", API_SCHEMA_T_NUMBER },
    { "string", API_SCHEMA_T_STRING },
    { "array", API_SCHEMA_T_ARRAY },
    { "object", API_SCHEMA_T_OBJECT },
};


static unsigned
compile_type(api_schema_build_t *b, const api_compile_t *c, api_node_t v)
{
    size_t     i;
    api_span_t name;

    name = api_node_string(v);

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (api_span_eq(name, api_span(types[i].name, strlen(types[i].name))))
        {
            return types[i].types;
        }
    }

    /* OpenAPI 3.0 documents made from 2.0 ones */

    if (api_dialect_is_openapi(c->dialect)
        && api_span_eq(name, API_SPAN("file"))) {
        return API_SCHEMA_T_STRING;
    }

    api_problem_error(b->problems, v,
        "a type is one of null, boolean, integer, number, string, array and "
        "object");

    return API_SCHEMA_T_ANY;
}


static unsigned
compile_types(api_schema_build_t *b, const api_compile_t *c)
{
    unsigned        mask;
    api_node_t      v, type;
    api_node_iter_t it;

    type = c->k->v[KW_TYPE];

    if (!api_node_ok(type)) {
        return API_SCHEMA_T_ANY;
    }

    if (!api_node_is(type, API_JSON_ARRAY)) {
        return compile_type(b, c, type);
    }

    mask = 0;

    for (it = api_node_iter(type); api_node_next(&it, NULL, &v);) {
        mask |= compile_type(b, c, v);
    }

    if (mask == 0) {
        api_compile_bad(b, c, KW_TYPE, "a type or a list of some");
    }

    return mask;
}


/* nullable of OpenAPI 3.0.3: it widens the type of its own schema. */

static unsigned
compile_nullable(api_schema_build_t *b, const api_compile_t *c, unsigned mask)
{
    bool v;

    if (!api_node_ok(c->k->v[KW_NULLABLE])) {
        return mask;
    }

    if (!api_node_bool(c->k->v[KW_NULLABLE], &v)) {
        api_compile_bad(b, c, KW_NULLABLE, "true or false");
        return mask;
    }

    if (v && !api_node_ok(c->k->v[KW_TYPE])) {
        api_problem_warning(b->problems, c->k->v[KW_NULLABLE],
            "nullable without type beside it has no effect");
    }

    return v ? mask | API_SCHEMA_T_NULL : mask;
}


uint32_t
api_compile_count(api_schema_build_t *b, const api_compile_t *c, api_kw_t kw,
    uint32_t otherwise)
{
    uint32_t v;

    if (!api_node_ok(c->k->v[kw])) {
        return otherwise;
    }

    if (!api_node_is_number(c->k->v[kw])
        || !api_decimal_count(api_node_number(c->k->v[kw]), &v))
    {
        api_compile_bad(b, c, kw, "a whole number from 0");
        return otherwise;
    }

    return v;
}


uint32_t
api_compile_regex(api_schema_build_t *b, api_node_t at, api_span_t source)
{
    int          rc;
    char         buf[API_PROBLEM_QUOTE];
    uint32_t     i;
    api_err_t    err;
    api_regex_t *re;

    for (i = 0; i < b->texts.n; i++) {
        if (api_span_eq(*API_VEC(b->texts, api_span_t, i), source)) {
            return i;
        }
    }

    rc = api_regex_compile(&re, source, b->alloc, &err);

    if (rc == API_NOMEM) {
        b->rc = API_NOMEM;
        return API_BUILD_NONE;
    }

    if (rc != API_OK) {
        api_problem_error(b->problems, at, "the pattern %s, byte %zu: %s",
            api_problem_quote(source, buf), err.pos, err.text);
        return API_BUILD_NONE;
    }

    if (api_regex_warnings(re) & API_REGEX_W_NESTED) {
        api_problem_warning(b->problems, at,
            "the pattern %s repeats a repetition: it may take very long, and "
            "is given up when it does; write it without",
            api_problem_quote(source, buf));
    }

    if (api_regex_warnings(re) & API_REGEX_W_SLASHES) {
        api_problem_warning(b->problems, at,
            "the slashes around the pattern %s are part of it; leave them "
            "away if a literal of JavaScript is meant",
            api_problem_quote(source, buf));
    }

    i = api_build_push(b, &b->regexes, &re);

    if (b->rc != API_OK) {
        api_regex_free(re);
        return API_BUILD_NONE;
    }

    api_build_push(b, &b->texts, &source);

    return i;
}


uint32_t
api_compile_sub(api_schema_build_t *b, const api_compile_t *c, api_kw_t kw)
{
    return api_node_ok(c->k->v[kw])
               ? api_build_node(b, c->k->v[kw], c->resource)
               : API_BUILD_NONE;
}


uint32_t
api_compile_subs(
    api_schema_build_t *b, const api_compile_t *c, api_kw_t kw, uint32_t *n)
{
    uint32_t        first, node, i;
    api_node_t      v;
    api_node_iter_t it;

    *n = 0;

    if (!api_node_ok(c->k->v[kw])) {
        return 0;
    }

    if (!api_node_is(c->k->v[kw], API_JSON_ARRAY)
        || api_node_count(c->k->v[kw]) == 0)
    {
        api_compile_bad(b, c, kw, "a list of schemas");
        return 0;
    }

    /* their room first: what compiling them adds comes behind it */

    *n = api_node_count(c->k->v[kw]);
    first = api_build_extend(b, &b->list, *n);
    i = first;

    for (it = api_node_iter(c->k->v[kw]); api_node_next(&it, NULL, &v);) {
        node = api_build_node(b, v, c->resource);

        if (b->rc == API_OK) {
            *API_VEC(b->list, uint32_t, i++) = node;
        }
    }

    return first;
}


static void
compile_flags(api_schema_build_t *b, const api_compile_t *c)
{
    bool v;

    if (api_node_bool(c->k->v[KW_READ_ONLY], &v) && v) {
        compile_prog(b, c->node)->flags |= API_NODE_F_READ;
    }

    if (api_node_bool(c->k->v[KW_WRITE_ONLY], &v) && v) {
        compile_prog(b, c->node)->flags |= API_NODE_F_WRITE;
    }
}


static void
compile_ref(api_schema_build_t *b, const api_compile_t *c)
{
    api_op_t           op;
    const api_named_t *named;

    if (!api_node_ok(c->k->v[KW_REF])) {
        return;
    }

    if (!api_node_is(c->k->v[KW_REF], API_JSON_STRING)) {
        api_compile_bad(b, c, KW_REF, "a string");
        return;
    }

    memset(&op, 0, sizeof(op));
    op.code = API_OP_REF;
    op.types = API_SCHEMA_T_ANY;

    if (api_ref_resolve(b, c->resource, c->k->v[KW_REF],
            api_node_string(c->k->v[KW_REF]), &op.a, &named))
    {
        api_build_op(b, c->node, &op);
    }
}


/* true, false, or something that is no schema.  What has no types and no
   operations is false. */

static void
compile_boolean(api_schema_build_t *b, uint32_t node, api_node_t n)
{
    bool v;

    if (!api_node_bool(n, &v)) {
        api_problem_error(
            b->problems, n, "a schema has to be an object, true or false");
        return;
    }

    compile_prog(b, node)->types = v ? API_SCHEMA_T_ANY : 0;
}


/* Operations go from cheap to dear; what needs to know what others have seen
   comes last. */

static void
compile_object(api_schema_build_t *b, const api_compile_t *c)
{
    unsigned mask;

    if (api_node_ok(c->k->v[KW_REF]) && api_dialect_ref_alone(c->dialect)) {
        compile_prog(b, c->node)->types = API_SCHEMA_T_ANY;
        compile_ref(b, c);
        return;
    }

    mask = compile_nullable(b, c, compile_types(b, c));
    compile_prog(b, c->node)->types = (uint8_t) mask;

    if (c->dialect->dialect == API_SCHEMA_DRAFT4) {
        compile_prog(b, c->node)->flags |= API_NODE_F_LEXICAL;
    }

    compile_flags(b, c);
    api_compile_enum(b, c);
    api_compile_scalars(b, c);
    api_compile_object(b, c);
    api_compile_array(b, c);
    compile_ref(b, c);
    api_compile_apply(b, c);
}


void
api_compile_node(api_schema_build_t *b, uint32_t node)
{
    api_node_t    n;
    api_kws_t     k;
    api_dialect_t d;
    api_compile_t c;

    n = compile_source(b, node);

    c.node = node;
    c.resource = API_VEC(b->sources, api_source_t, node)->resource;
    d = API_VEC(b->resources, api_resource_t, c.resource)->dialect;
    compile_prog(b, node)->resource = c.resource;

    if (!api_node_is(n, API_JSON_OBJECT)) {
        compile_boolean(b, node, n);
        return;
    }

    api_kw_collect(b, n, &d, &k);
    api_kw_warn(b, n, &d);

    c.dialect = &d;
    c.k = &k;
    compile_object(b, &c);
}
