/*
 * JSON Schema: compiled when the configuration is read, run over the tape of
 * a body or of parameters at a request.
 *
 *     api_schema_build(&build, docs, &opts, &problems, &api_alloc_libc);
 *     api_schema_add(build, node, API_SCHEMA_OAS31, &entry);    any number
 *     api_schema_finish(build, &schema);
 *     ...
 *     rc = api_schema_run(schema, entry, &json, 0, NULL, arena, &result);
 *     api_schema_free(schema);
 *
 * Every keyword of draft 4, 6, 7, 2019-09 and 2020-12 is enforced, and the
 * two dialects of OpenAPI: 3.0 (nullable, boolean exclusiveMinimum, no
 * siblings of $ref) and 3.1 (2020-12), with readOnly, writeOnly and
 * discriminator.  `format` is asserted (api_format.h); contentEncoding,
 * contentMediaType, title, examples and their like say nothing about a value.
 * A dialect that a schema names itself ($schema) comes before the one given.
 *
 * A schema is compiled once however often it is referred to, and entries of
 * one build share what they have in common.  References are resolved as the
 * dialect says ($id, $anchor, $dynamicRef, ...), to documents of the set or by
 * its loader.  What cannot be enforced is a problem, never skipped: a
 * reference that leads nowhere or back to itself without a step into the
 * value, a pattern that is not ECMA-262, an unknown format (a warning) or
 * vocabulary, a keyword with a value it may not have.
 *
 * A program is read-only: one may be run by many threads and, being made
 * before fork, by all workers.  Runs take what they need from an arena; only
 * bounded work is done whatever the value is (api_schema_limits_t), without
 * recursion.
 */

#ifndef API_SCHEMA_H
#define API_SCHEMA_H

#include "api_problem.h"
#include "api_regex.h"


typedef enum {
    API_SCHEMA_DRAFT4 = 0,
    API_SCHEMA_DRAFT6,
    API_SCHEMA_DRAFT7,
    API_SCHEMA_2019_09,
    API_SCHEMA_2020_12,
    API_SCHEMA_OAS30,
    API_SCHEMA_OAS31,
    API_SCHEMA_NDIALECTS
} api_schema_dialect_t;

/* "2020-12", "draft7", "openapi-3.0": false when there is none of the name. */

bool api_schema_dialect(api_span_t name, api_schema_dialect_t *dialect);


typedef struct api_schema_build_s api_schema_build_t;
typedef struct api_schema_s       api_schema_t;

typedef struct {
    bool no_formats; /* `format` is an annotation */

    /* Objects are closed unless the document says otherwise: where a schema
       names properties (itself, or through allOf, $ref, anyOf, ...) and
       nothing of it says additionalProperties or unevaluatedProperties,
       others are refused.  A schema that names none is an open map. */

    bool strict;
} api_schema_opts_t;

/* opts may be NULL.  docs, problems and alloc stay until _finish; alloc as
   long as the program.  API_NOMEM. */

int api_schema_build(api_schema_build_t **build, api_docs_t *docs,
    const api_schema_opts_t *opts, api_problems_t *problems,
    const api_alloc_t *alloc);

/*
 * The schema at `node` as an entry of the program.  Problems of it, and of all
 * it refers to, are in the list after _finish at the latest.  The same node
 * gives the same entry.  API_NOMEM, API_LIMIT.
 */

int api_schema_add(api_schema_build_t *build, api_node_t node,
    api_schema_dialect_t dialect, uint32_t *entry);

/*
 * The program; the builder is gone in any case.  API_INVALID when the list of
 * problems has errors: then there is none.  The set of documents is not
 * needed any more by it.
 */

int  api_schema_finish(api_schema_build_t *build, api_schema_t **schema);
void api_schema_drop(api_schema_build_t *build);
void api_schema_free(api_schema_t *schema);

/* Bytes that the program holds, patterns not counted. */

size_t api_schema_memory(const api_schema_t *schema);


/* Types of values, as a mask. */

#define API_SCHEMA_T_NULL 0x01
#define API_SCHEMA_T_BOOLEAN 0x02
#define API_SCHEMA_T_INTEGER 0x04 /* a number without a fraction, 1.0 too */
#define API_SCHEMA_T_REAL 0x08    /* a number with one; `number` is both */
#define API_SCHEMA_T_NUMBER 0x0c
#define API_SCHEMA_T_STRING 0x10
#define API_SCHEMA_T_ARRAY 0x20
#define API_SCHEMA_T_OBJECT 0x40
#define API_SCHEMA_T_ANY 0x7f

/*
 * For values that come as text (parameters, forms): which types may a value
 * at this entry have at all, and what are its members and elements?  Looked
 * for through $ref and allOf, anyOf, oneOf; of several the union of types, the
 * first schema.  API_SCHEMA_NONE: nothing is said of that member or element.
 */

#define API_SCHEMA_NONE UINT32_MAX

unsigned api_schema_types(const api_schema_t *schema, uint32_t entry);
uint32_t
api_schema_member(const api_schema_t *schema, uint32_t entry, api_span_t name);

/* api_schema_member, for names of strangers: patternProperties are looked at
   too, within the budget of work. */

uint32_t api_schema_named(const api_schema_t *schema, uint32_t entry,
    api_span_t name, api_regex_work_t *work);

uint32_t
api_schema_element(const api_schema_t *schema, uint32_t entry, uint32_t n);


typedef enum {
    API_SCHEMA_ANY_WAY = 0, /* readOnly and writeOnly say nothing */
    API_SCHEMA_REQUEST,     /* readOnly members are refused, not required */
    API_SCHEMA_RESPONSE     /* writeOnly members are */
} api_schema_direction_t;

/* 0 in a field: the default. */

typedef struct {
    uint32_t depth;  /* schemas in schemas being looked at; 4096 */
    uint64_t steps;  /* 10 000 + 50 for each token of the value's tape */
    uint64_t regex;  /* units of pattern matching: 200 000 + 4 a byte of the
                        tape's text.  One for a match, one for every 16 bytes
                        of the subject, 20 000 for a match that was given up */
    uint32_t errors; /* collected; 8, at most API_SCHEMA_MAX_ERRORS */
} api_schema_limits_t;

#define API_SCHEMA_MAX_ERRORS 64

typedef struct {
    api_schema_direction_t     direction;
    const api_schema_limits_t *limits;
} api_schema_run_opts_t;

typedef struct {
    uint32_t tok;     /* of the value at fault, API_JSON_NAME when the name
                         itself is; of a missing member its object */
    uint16_t keyword; /* api_schema_keyword_name */
    uint32_t detail;  /* for api_schema_error_text */
} api_schema_error_t;

typedef struct {
    const api_schema_error_t *errors;
    uint32_t                  nerrors;
    bool                      more;  /* there may be others */
    uint64_t                  steps; /* used, both rounds together */
} api_schema_result_t;

/*
 * Does the value at token `at` satisfy the entry?  API_OK; API_DENIED with at
 * least one error; API_LIMIT, also with one, when a limit was reached first;
 * API_NOMEM.  In all cases but API_OK the value is to be refused.
 *
 * The tape has to have the seed of the set of documents.  Strings may hold
 * any UTF-8.  opts may be NULL.  Nothing stays allocated but the errors.
 */

int api_schema_run(const api_schema_t *schema, uint32_t entry,
    const api_json_t *json, uint32_t at, const api_schema_run_opts_t *opts,
    api_arena_t *arena, api_schema_result_t *result);

/* "minLength", "required", "false" (a schema that nothing satisfies), "limit",
   ...: stable, for logs, variables and problem details. */

const char *api_schema_keyword_name(unsigned keyword);

/*
 * What is asked of the value, in words, from the schema alone: "at least 3
 * characters", "the member \"id\" is missing"; never anything of the value.
 * Printable, cut to size, NUL behind it; returns its length.
 */

size_t api_schema_error_text(const api_schema_t *schema,
    const api_schema_error_t *error, char *buf, size_t size);


#endif /* API_SCHEMA_H */
