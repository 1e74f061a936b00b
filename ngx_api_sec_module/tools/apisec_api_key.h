/*
 * What the halves of apisec key share: apisec_api_key.c makes and changes,
 * apisec_key_look.c looks.
 */

#ifndef APISEC_API_KEY_H
#define APISEC_API_KEY_H

#include "apisec_store.h"


typedef struct {
    const char *dir;
    const char *store;
    const char *pepper;
    const char *principal;
    const char *plan;
    const char *owner;
    const char *scope;
    const char *ttl;
    const char *nbf;
    const char *overlap;
    bool        force;
} apisec_key_values_t;

/* The file of the store, and the pepper without the newline behind it. */

const char *apisec_key_store(const apisec_key_values_t *v);
int apisec_key_pepper(const apisec_key_values_t *v, api_span_t *pepper);

/* Members of an entry; NULL and none when it has none. */

const char *apisec_key_text(const cJSON *entry, const char *name);
int64_t apisec_key_time(const cJSON *entry, const char *name, int64_t none);
const char *apisec_key_scopes(const cJSON *entry); /* with spaces between */

/* "active", "revoked", "expired", "to come" */

const char *apisec_key_state(const cJSON *entry, int64_t now);

int apisec_key_list(const apisec_key_values_t *v, const char *id);
int apisec_key_check(const apisec_key_values_t *v, const char *id);


#endif /* APISEC_API_KEY_H */
