/*
 * Values for the schemas of an OpenAPI document: one that is meant to be
 * valid, and others with one thing wrong in them.
 *
 * These are guesses by the common keywords.  Whoever uses them asks the
 * compiled document (api_contract.h), which knows all of them.
 */

#ifndef APISEC_SAMPLE_H
#define APISEC_SAMPLE_H

#include "apisec.h"

#include "api_doc.h"

#include <cjson/cJSON.h>


/* What node refers to, or node itself; none when a reference leads nowhere. */

api_node_t apisec_deref(api_docs_t *docs, api_node_t node);

/* A value; NULL when none was found.  cJSON_Delete is the caller's. */

cJSON *apisec_sample(api_docs_t *docs, api_node_t schema);


/* A string of n letters. */

cJSON *apisec_repeated(int64_t n);


typedef enum {
    APISEC_WRONG_TYPE = 0,
    APISEC_WRONG_BOUND,  /* longer, larger, more than allowed */
    APISEC_WRONG_ABSENT, /* without a member it must have */
    APISEC_WRONG_EXTRA   /* with a member nobody named */
} apisec_wrong_t;

/* `where` is a JSON pointer into the value.  False: no more of them. */

typedef bool (*apisec_mutant_pt)(
    void *ctx, apisec_wrong_t wrong, const char *where, const cJSON *value);

/* Calls `take` with value as it is but for one thing, for each such thing;
   value is as before when it returns. */

void apisec_mutants(api_docs_t *docs, api_node_t schema, cJSON *value,
    apisec_mutant_pt take, void *ctx);


#endif /* APISEC_SAMPLE_H */
