/*
 * APIs that do not exist, made from a seed, and the traffic on them: for tests
 * of what learns from traffic.
 */

#ifndef APIS_H
#define APIS_H

#include "ut.h"


#define APIS_TEMPLATES 256
#define APIS_PATH 256

typedef struct {
    char     path[APIS_PATH]; /* with {} */
    unsigned kind[8];         /* of each {}: apis_kind_t */
    unsigned method;          /* of api_openapi.h */
    unsigned weight;
    unsigned hits;
} apis_template_t;

typedef enum {
    APIS_INT = 0,
    APIS_UUID,
    APIS_HEX,
    APIS_ULID,
    APIS_CODE, /* ord-1842 */
    APIS_DATE,
    APIS_EMAIL,
    APIS_SLUG, /* red-shoes: words, from many */
    APIS_USER, /* alice */
    APIS_TENANT,
    APIS_NKINDS
} apis_kind_t;

typedef struct {
    ut_rand_t       rand;
    apis_template_t t[APIS_TEMPLATES];
    unsigned        n;
    unsigned        sum; /* of weights */
} apis_t;

void apis_make(apis_t *a, uint64_t seed);

/* One request: a path of the template, and who sends it. */

apis_template_t *apis_request(apis_t *a, char path[APIS_PATH], uint64_t *who);

/* What scanners ask for. */

void apis_noise(apis_t *a, char path[APIS_PATH]);


#endif /* APIS_H */
