/*
 * What apisec init leaves in a folder for the commands that come later.
 */

#ifndef APISEC_STARTER_H
#define APISEC_STARTER_H

#include "apisec.h"


#define APISEC_STARTER_FILE "apisec.json"
#define APISEC_STARTER_KEY "keys/private.pem"
#define APISEC_STARTER_SPEC "openapi.yaml"
#define APISEC_STARTER_AUDIT "logs/api-audit.jsonl"
#define APISEC_STARTER_ERRORS "logs/error.log"

typedef struct {
    const char *issuer;
    const char *audience;
    const char *scope;
    const char *subject;
} apisec_starter_t;

/* From dir's file; APISEC_FAILED when it has none. */

int apisec_starter(const char *dir, apisec_starter_t *starter);

/* The text of that file. */

api_span_t apisec_starter_text(const apisec_starter_t *starter);


#endif /* APISEC_STARTER_H */
