/*
 * A schema of an OpenAPI document as its keywords are found: with those of
 * allOf, and of the first of oneOf or anyOf.  References are followed.
 */

#ifndef APISEC_PARTS_H
#define APISEC_PARTS_H

#include "apisec.h"

#include "api_doc.h"

#include <cjson/cJSON.h>


#define APISEC_PARTS_MAX 24
#define APISEC_PARTS_DEPTH 10

typedef struct {
    api_docs_t *docs;
    api_node_t  at[APISEC_PARTS_MAX];
    size_t      n;
} apisec_parts_t;

void apisec_parts(apisec_parts_t *parts, api_docs_t *docs, api_node_t schema);

/* A keyword; none when no part has it. */

api_node_t apisec_facet(const apisec_parts_t *parts, const char *keyword);

/* An integer keyword. */

bool
apisec_bound(const apisec_parts_t *parts, const char *keyword, int64_t *v);

/* Is that the type, the first of several, or what the keywords suggest? */

bool apisec_is_type(const apisec_parts_t *parts, const char *type);

/* The schema of a member. */

api_node_t apisec_property(const apisec_parts_t *parts, api_span_t name);


/* A C string as a span, and back; a span's bytes live in apisec_arena(). */

api_span_t  apisec_span(const char *s);
const char *apisec_span_text(api_span_t s);

/* A value as cJSON has it; numbers keep their digits, what is not there is
   null.  NULL: a text or name has \u0000 in it, which cJSON cannot hold. */

cJSON *apisec_tree(api_node_t node);

/* What cJSON made; no memory ends the program. */

cJSON *apisec_sure(cJSON *value);


#endif /* APISEC_PARTS_H */
