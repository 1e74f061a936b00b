/*
 * The configuration of an nginx, for commands that look at one.
 */

#ifndef APISEC_NGINX_H
#define APISEC_NGINX_H

#include "apisec.h"

#include "api_site.h"


typedef struct {
    const char *conf;   /* what nginx -T printed; "-": standard input */
    const char *nginx;  /* else the program to ask; NULL: nginx */
    const char *file;   /* its -c; NULL: its own */
    const char *prefix; /* its -p */
} apisec_nginx_t;

/* The options that fill an apisec_nginx_t at `base` of a struct. */

#define APISEC_NGINX_OPTIONS(type, base)                                      \
    { "conf", APISEC_TEXT, offsetof(type, base.conf), "FILE",                 \
        "what nginx -T printed, - for standard input; without it nginx -T is" \
        " run" },                                                             \
        { "nginx", APISEC_TEXT, offsetof(type, base.nginx), "PROGRAM",        \
            "the nginx that is run; by default nginx" },                      \
        { "nginx-conf", APISEC_TEXT, offsetof(type, base.file), "FILE",       \
            "its -c" },                                                       \
    {                                                                         \
        "nginx-prefix", APISEC_TEXT, offsetof(type, base.prefix), "DIR",      \
            "its -p"                                                          \
    }

/* APISEC_OK, APISEC_NO (nginx would not take it either), APISEC_FAILED; what
   fails is said. */

int apisec_nginx(const apisec_nginx_t *how, api_site_t **site);


#endif /* APISEC_NGINX_H */
