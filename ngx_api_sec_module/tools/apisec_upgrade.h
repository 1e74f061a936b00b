/* apisec schema upgrade: OpenAPI 2.0 to 3. */

#ifndef APISEC_UPGRADE_H
#define APISEC_UPGRADE_H

#include "apisec_schema.h"

#include <cjson/cJSON.h>


/* What is carried over is changed in place; what cannot be is noted on
   standard error, with the operation it is of. */

typedef struct {
    bool        v31;
    cJSON      *root;
    const char *where; /* "GET /orders", "definitions" */
    unsigned    notes;
} apisec_upgrade_t;

/* FILE to standard output.  APISEC_OK; APISEC_NO when something was noted. */

int apisec_upgrade(const char *path, bool v31);

void apisec_upgrade_note(apisec_upgrade_t *up, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* apisec_upgrade_paths.c: servers, paths, operations, responses. */

void apisec_upgrade_servers(cJSON *to, const cJSON *from, const cJSON *base);
void apisec_upgrade_paths(apisec_upgrade_t *up, cJSON *paths);
void apisec_upgrade_response(
    apisec_upgrade_t *up, cJSON *response, const cJSON *produces);

/* apisec_upgrade_param.c: parameters in place; a list of body and form ones
   as a requestBody. */

void   apisec_upgrade_param(apisec_upgrade_t *up, cJSON *param);
cJSON *apisec_upgrade_body(apisec_upgrade_t *up, cJSON *const *params,
    size_t n, const cJSON *consumes);

/* apisec_upgrade_schema.c: a schema, a $ref, in place; the keywords of a
   parameter or header become a schema of its own. */

void   apisec_upgrade_schema(apisec_upgrade_t *up, cJSON *schema);
void   apisec_upgrade_ref(apisec_upgrade_t *up, cJSON *holder);
cJSON *apisec_upgrade_typed(apisec_upgrade_t *up, cJSON *param);

/* cJSON, where a name counts with its case, and no memory ends the program. */

cJSON      *apisec_get(const cJSON *o, const char *name);
const char *apisec_get_text(const cJSON *o, const char *name);
void        apisec_put(cJSON *o, const char *name, cJSON *value);
void        apisec_put_text(cJSON *o, const char *name, const char *text);
cJSON      *apisec_take(cJSON *o, const char *name);
bool        apisec_is_true(const cJSON *o, const char *name);


#endif /* APISEC_UPGRADE_H */
