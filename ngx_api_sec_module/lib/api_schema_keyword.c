#include "api_schema_build.h"


/* Dialects as a mask: bit d of api_schema_dialect_t d. */

#define D4 0x01
#define D6 0x02
#define D7 0x04
#define D19 0x08
#define D20 0x10
#define O30 0x20
#define O31 0x40

#define ALL 0x7f
#define JSON (ALL & ~O30)   /* all but OpenAPI 3.0 */
#define FROM6 (JSON & ~D4)  /* draft 6 and later */
#define FROM7 (FROM6 & ~D6) /* draft 7 and later */
#define FROM19 (D19 | D20 | O31)
#define FROM20 (D20 | O31)
#define OPENAPI (O30 | O31)

#define CORE 0
#define APPL API_VOCAB_APPLICATOR
#define VALID API_VOCAB_VALIDATION
#define UNEV API_VOCAB_UNEVALUATED


static const struct {
    const char    *name;
    api_kw_shape_t shape;
    uint8_t        dialects;
    uint8_t        vocab; /* without it the keyword says nothing */
} keywords[] = {
    [KW_REF] = { "$ref", KW_PLAIN, ALL, CORE },
    [KW_ID] = { "$id", KW_PLAIN, FROM6, CORE },
    [KW_ID4] = { "id", KW_PLAIN, D4, CORE },
    [KW_ANCHOR] = { "$anchor", KW_PLAIN, FROM19, CORE },
    [KW_DYNAMIC_REF] = { "$dynamicRef", KW_PLAIN, FROM20, CORE },
    [KW_DYNAMIC_ANCHOR] = { "$dynamicAnchor", KW_PLAIN, FROM20, CORE },
    [KW_RECURSIVE_REF] = { "$recursiveRef", KW_PLAIN, D19, CORE },
    [KW_RECURSIVE_ANCHOR] = { "$recursiveAnchor", KW_PLAIN, D19, CORE },
    [KW_SCHEMA] = { "$schema", KW_PLAIN, JSON, CORE },
    [KW_DEFS] = { "$defs", KW_MAP, FROM19, CORE },
    [KW_DEFINITIONS] = { "definitions", KW_MAP, JSON, CORE },
    [KW_TYPE] = { "type", KW_PLAIN, ALL, VALID },
    [KW_ENUM] = { "enum", KW_PLAIN, ALL, VALID },
    [KW_CONST] = { "const", KW_PLAIN, FROM6, VALID },
    [KW_MULTIPLE_OF] = { "multipleOf", KW_PLAIN, ALL, VALID },
    [KW_MAXIMUM] = { "maximum", KW_PLAIN, ALL, VALID },
    [KW_EXCLUSIVE_MAXIMUM] = { "exclusiveMaximum", KW_PLAIN, ALL, VALID },
    [KW_MINIMUM] = { "minimum", KW_PLAIN, ALL, VALID },
    [KW_EXCLUSIVE_MINIMUM] = { "exclusiveMinimum", KW_PLAIN, ALL, VALID },
    [KW_MAX_LENGTH] = { "maxLength", KW_PLAIN, ALL, VALID },
    [KW_MIN_LENGTH] = { "minLength", KW_PLAIN, ALL, VALID },
    [KW_PATTERN] = { "pattern", KW_PLAIN, ALL, VALID },
    [KW_FORMAT] = { "format", KW_PLAIN, ALL, CORE },
    [KW_ITEMS] = { "items", KW_EITHER, ALL, APPL },
    [KW_ADDITIONAL_ITEMS] = { "additionalItems", KW_SUB, D4 | D6 | D7 | D19,
        APPL },
    [KW_PREFIX_ITEMS] = { "prefixItems", KW_LIST, FROM20, APPL },
    [KW_MAX_ITEMS] = { "maxItems", KW_PLAIN, ALL, VALID },
    [KW_MIN_ITEMS] = { "minItems", KW_PLAIN, ALL, VALID },
    [KW_UNIQUE_ITEMS] = { "uniqueItems", KW_PLAIN, ALL, VALID },
    [KW_CONTAINS] = { "contains", KW_SUB, FROM6, APPL },
    [KW_MAX_CONTAINS] = { "maxContains", KW_PLAIN, FROM19, VALID },
    [KW_MIN_CONTAINS] = { "minContains", KW_PLAIN, FROM19, VALID },
    [KW_MAX_PROPERTIES] = { "maxProperties", KW_PLAIN, ALL, VALID },
    [KW_MIN_PROPERTIES] = { "minProperties", KW_PLAIN, ALL, VALID },
    [KW_REQUIRED] = { "required", KW_PLAIN, ALL, VALID },
    [KW_PROPERTIES] = { "properties", KW_MAP, ALL, APPL },
    [KW_PATTERN_PROPERTIES] = { "patternProperties", KW_MAP, JSON, APPL },
    [KW_ADDITIONAL_PROPERTIES] = { "additionalProperties", KW_SUB, ALL, APPL },
    [KW_PROPERTY_NAMES] = { "propertyNames", KW_SUB, FROM6, APPL },
    [KW_DEPENDENCIES] = { "dependencies", KW_EITHER, JSON, APPL },
    [KW_DEPENDENT_REQUIRED] = { "dependentRequired", KW_PLAIN, FROM19, VALID },
    [KW_DEPENDENT_SCHEMAS] = { "dependentSchemas", KW_MAP, FROM19, APPL },
    [KW_ALL_OF] = { "allOf", KW_LIST, ALL, APPL },
    [KW_ANY_OF] = { "anyOf", KW_LIST, ALL, APPL },
    [KW_ONE_OF] = { "oneOf", KW_LIST, ALL, APPL },
    [KW_NOT] = { "not", KW_SUB, ALL, APPL },
    [KW_IF] = { "if", KW_SUB, FROM7, APPL },
    [KW_THEN] = { "then", KW_SUB, FROM7, APPL },
    [KW_ELSE] = { "else", KW_SUB, FROM7, APPL },
    [KW_UNEVALUATED_ITEMS] = { "unevaluatedItems", KW_SUB, FROM19, UNEV },
    [KW_UNEVALUATED_PROPERTIES] = { "unevaluatedProperties", KW_SUB, FROM19,
        UNEV },
    [KW_CONTENT_SCHEMA] = { "contentSchema", KW_SUB, FROM19, CORE },
    [KW_NULLABLE] = { "nullable", KW_PLAIN, O30, CORE },
    [KW_READ_ONLY] = { "readOnly", KW_PLAIN, FROM7 | O30, CORE },
    [KW_WRITE_ONLY] = { "writeOnly", KW_PLAIN, FROM7 | O30, CORE },
    [KW_DISCRIMINATOR] = { "discriminator", KW_PLAIN, OPENAPI, CORE },
};


static const struct {
    const char          *uri;
    api_schema_dialect_t dialect;
} dialects[] = {
    { "http://json-schema.org/draft-04/schema", API_SCHEMA_DRAFT4 },
    { "http://json-schema.org/draft-06/schema", API_SCHEMA_DRAFT6 },
    { "http://json-schema.org/draft-07/schema", API_SCHEMA_DRAFT7 },
    { "https://json-schema.org/draft/2019-09/schema", API_SCHEMA_2019_09 },
    { "https://json-schema.org/draft/2020-12/schema", API_SCHEMA_2020_12 },
    { "https://spec.openapis.org/oas/3.1/dialect/base", API_SCHEMA_OAS31 },
};

static const struct {
    const char          *name;
    api_schema_dialect_t dialect;
} names[] = {
    { "draft4", API_SCHEMA_DRAFT4 },
    { "draft6", API_SCHEMA_DRAFT6 },
    { "draft7", API_SCHEMA_DRAFT7 },
    { "2019-09", API_SCHEMA_2019_09 },
    { "2020-12", API_SCHEMA_2020_12 },
    { "openapi-3.0", API_SCHEMA_OAS30 },
    { "openapi-3.1", API_SCHEMA_OAS31 },
};


bool
api_schema_dialect(api_span_t name, api_schema_dialect_t *dialect)
{
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (api_span_eq(name, api_span(names[i].name, strlen(names[i].name))))
        {
            *dialect = names[i].dialect;
            return true;
        }
    }

    return false;
}


bool
api_dialect_by_uri(api_span_t uri, api_dialect_t *d)
{
    size_t i;

    if (uri.len && uri.data[uri.len - 1] == '#') {
        uri.len--;
    }

    for (i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++) {
        if (api_span_eq(
                uri, api_span(dialects[i].uri, strlen(dialects[i].uri)))) {
            d->dialect = dialects[i].dialect;
            d->vocab = API_VOCAB_ALL;
            return true;
        }
    }

    return false;
}


const char *
api_kw_name(api_kw_t kw)
{
    return keywords[kw].name;
}


api_kw_shape_t
api_kw_shape(api_kw_t kw)
{
    return keywords[kw].shape;
}


static api_span_t
kw_span(unsigned kw)
{
    return api_span(keywords[kw].name, strlen(keywords[kw].name));
}


void
api_kw_init(api_schema_build_t *b)
{
    uint32_t h;
    unsigned kw;

    for (kw = 0; kw < KW_N; kw++) {
        h = api_json_hash(api_docs_seed(b->docs), kw_span(kw));

        while (b->kw_slots[h & 127]) {
            h++;
        }

        b->kw_slots[h & 127] = (uint16_t) (kw + 1);
    }
}


/* The keyword of that name, whatever the dialect. */

static unsigned
kw_any(const api_schema_build_t *b, api_span_t name)
{
    uint32_t h;
    unsigned kw;

    for (h = api_json_hash(api_docs_seed(b->docs), name); b->kw_slots[h & 127];
         h++)
    {
        kw = b->kw_slots[h & 127] - 1u;

        if (api_span_eq(name, kw_span(kw))) {
            return kw;
        }
    }

    return KW_N;
}


api_kw_t
api_kw_find(
    const api_schema_build_t *b, api_span_t name, const api_dialect_t *d)
{
    unsigned kw;

    kw = kw_any(b, name);

    if (kw == KW_N || !(keywords[kw].dialects >> d->dialect & 1)
        || (keywords[kw].vocab & ~d->vocab))
    {
        return KW_N;
    }

    return (api_kw_t) kw;
}


void
api_kw_collect(
    api_schema_build_t *b, api_node_t n, const api_dialect_t *d, api_kws_t *k)
{
    unsigned        kw;
    api_node_t      v;
    api_span_t      name;
    api_node_iter_t it;

    memset(k, 0, sizeof(*k));

    for (it = api_node_iter(n); api_node_next(&it, &name, &v);) {
        kw = api_kw_find(b, name, d);

        if (kw != KW_N) {
            k->v[kw] = v;
        }
    }
}


void
api_kw_warn(api_schema_build_t *b, api_node_t n, const api_dialect_t *d)
{
    char            buf[API_PROBLEM_QUOTE];
    unsigned        kw;
    api_node_t      v;
    api_span_t      name;
    api_node_iter_t it;

    for (it = api_node_iter(n); api_node_next(&it, &name, &v);) {
        kw = kw_any(b, name);

        if (kw != KW_N && !(keywords[kw].dialects >> d->dialect & 1)
            && kw != KW_ID4) {
            api_problem_warning(b->problems, v,
                "%s is no keyword of %s and has no effect", keywords[kw].name,
                names[d->dialect].name);
        }

        if (kw != KW_N) {
            continue;
        }

        for (kw = 0; kw < KW_N; kw++) {
            if (api_span_eq_nocase(name, kw_span(kw))) {
                api_problem_warning(b->problems, v,
                    "%s has no effect; write %s", api_problem_quote(name, buf),
                    keywords[kw].name);
            }
        }
    }
}
