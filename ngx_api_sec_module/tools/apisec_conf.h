/*
 * The nginx.conf of a starter, and the OpenAPI document that it enforces.
 */

#ifndef APISEC_CONF_H
#define APISEC_CONF_H

#include "apisec_starter.h"


typedef struct {
    const char             *modules; /* folder of the .so files */
    const apisec_starter_t *starter;
    const char             *user; /* of the workers; NULL: who starts it */
    unsigned                port; /* and port + 1, of the sample */
} apisec_conf_t;

/* The folder of the modules: the one given, or where they usually are; NULL
   when sec is not there. */

const char *apisec_conf_modules(const char *given);

api_span_t apisec_conf(const apisec_conf_t *conf);
api_span_t apisec_conf_document(void);


#endif /* APISEC_CONF_H */
