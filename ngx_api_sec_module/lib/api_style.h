/*
 * Values of parameters, in every style of OpenAPI, written to a tape as the
 * JSON values they stand for, so that one program validates all of them.
 *
 *              array                  object
 *   simple     a,b                    k,v,k,v       exploded: k=v,k=v
 *   label      .a,b   .a.b            .k,v          .k=v.k=v
 *   matrix     ;n=a,b ;n=a;n=b        ;n=k,v        ;k=v;k=v
 *   form       n=a,b  n=a&n=b         n=k,v         k=v&k=v
 *   space, pipe n=a%20b, n=a|b        n=k|v
 *   deepObject                        n[k]=v&n[k][l]=v, also n[]=a, n[0]=a
 *
 * Delimiters are looked for before anything is decoded: an escaped one is
 * data.  Each piece is decoded once, where its place is percent-encoded, has
 * to be UTF-8, and is typed by the schema of its place (api_tape_text).
 *
 * What a client may do beside the styles, and must not: a scalar twice, a
 * member twice, members without a value, brackets that do not close, gaps in
 * n[0], n[2].  None is repaired; each is an error.
 *
 * Memory is of the arena, linear in the text.
 */

#ifndef API_STYLE_H
#define API_STYLE_H

#include "api_openapi_int.h"
#include "api_pair.h"
#include "api_tape.h"


#define API_STYLE_MAX_DEPTH 16    /* brackets behind each other */
#define API_STYLE_MAX_ITEMS 10000 /* elements of one value in one piece */

typedef struct {
    const api_schema_t *schema;
    api_arena_t        *arena;
    api_tape_t         *tape;
    api_sipkey_t        seed;
    bool                decode; /* %XX */
    bool                plus;   /* ... and + is a space */
    const char         *what;   /* after a failure: one line why */
    const char         *keyword;
} api_style_run_t;

/* The types of an entry, and of API_SCHEMA_NONE: a string. */

unsigned api_style_types(const api_schema_t *schema, uint32_t entry);

/* A value that stands in one piece, as sent: all styles but deepObject and
   exploded form.  API_OK, API_SYNTAX, API_DUPLICATE, API_LIMIT or
   API_NOMEM. */

int api_style_value(
    api_style_run_t *run, const api_param_t *param, api_span_t raw);

/*
 * The value of a parameter among pairs (form, space, pipe, deepObject).  The
 * pairs it is made of are marked in used.  *found false: it is not there.
 */

int api_style_pairs(api_style_run_t *run, const api_param_t *param,
    const api_pairs_t *pairs, bool *used, bool *found);

/* One decoded text as a value of the entry. */

void api_style_text(api_style_run_t *run, api_span_t text, uint32_t entry);


/* Between its files: note a failure; one piece, decoded and typed; style
   deepObject. */

int api_style_bad(
    api_style_run_t *run, int rc, const char *keyword, const char *what);
int api_style_scalar(api_style_run_t *run, api_span_t raw, uint32_t entry);
int api_style_deep(api_style_run_t *run, const api_param_t *param,
    const api_pairs_t *pairs, bool *used, bool *found);


/* Names of one object, to see one that comes twice. */

typedef struct {
    api_span_t  *slot;
    uint32_t    *index;
    uint32_t     mask;
    api_sipkey_t seed;
} api_names_t;

/* Room for n names.  API_NOMEM. */

bool api_names_init(
    api_names_t *names, uint32_t n, api_sipkey_t seed, api_arena_t *arena);

/* The number under which the name was put first: `index` when that is now. */

uint32_t api_names_put(api_names_t *names, api_span_t name, uint32_t index);


#endif /* API_STYLE_H */
