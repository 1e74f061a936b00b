/*
 * Regular expressions of locations and names, for the model's files.
 */

#ifndef API_SITE_INT_H
#define API_SITE_INT_H

#include "api_site.h"


/* API_OK, API_SYNTAX with err, API_NOMEM. */

int
api_site_regex(void **regex, api_span_t pattern, bool nocase, api_err_t *err);

bool api_site_match(const void *regex, api_span_t subject);
void api_site_regex_free(void *regex); /* NULL is fine */

/* The listen directives and names of one server. */

int api_site_listens(api_server_t *s, api_arena_t *arena, api_err_t *err);
int api_site_names(api_server_t *s, api_arena_t *arena, api_err_t *err);

/* "FILE:LINE: text", as errors of the parser have it. */

int api_site_fail(
    api_err_t *err, int rc, const api_conf_dir_t *d, const char *text);


#endif /* API_SITE_INT_H */
