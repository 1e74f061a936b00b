/*
 * The nginx.conf of a starter.
 */

#ifndef APISEC_CONF_H
#define APISEC_CONF_H

#include "apisec_starter.h"


typedef struct {
    const char             *modules; /* folder of the .so files */
    const apisec_starter_t *starter;
    unsigned                port; /* and port + 1, of the sample */
} apisec_conf_t;

/* The folder of the modules: the one given, or where they usually are; NULL
   when sec is not there. */

const char *apisec_conf_modules(const char *given);

api_span_t apisec_conf(const apisec_conf_t *conf);


#endif /* APISEC_CONF_H */
