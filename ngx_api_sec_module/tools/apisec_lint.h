/*
 * Parts of apisec lint.
 */

#ifndef APISEC_LINT_H
#define APISEC_LINT_H

#include "apisec_nginx.h"
#include "apisec_put.h"

#include "api_lint_int.h"


/* The page of a check, in the documentation that comes with apisec. */

#define APISEC_PAGES "docs/checks/%s.md"

typedef struct {
    apisec_nginx_t nginx;
    apisec_list_t  specs;    /* NAME=FILE, or FILE */
    apisec_list_t  versions; /* PROGRAM=VERSION */
    apisec_list_t  checks;   /* ids; none: all */
    const char    *inventory;
    const char    *advisories;
    const char    *format;
    const char    *output;
    const char    *fail_on;
    const char    *baseline;
    const char    *today;
    const char    *key_age;
    bool           list;
} apisec_lint_t;

/* apisec_lint_load.c: what the configuration names, into lint. */

int apisec_lint_load(const apisec_lint_t *o, api_lint_t *lint);

/* apisec_lint_base.c: marks what a SARIF file of before has; and the mark
   itself, 16 digits. */

int  apisec_lint_baseline(const char *path, api_lint_t *lint);
void apisec_lint_fingerprint(const api_lint_finding_t *f, char out[17]);

/* Writers, by name of the format. */

typedef void (*apisec_lint_write_pt)(FILE *out, const api_lint_t *lint);

void apisec_lint_text(FILE *out, const api_lint_t *lint);
void apisec_lint_json(FILE *out, const api_lint_t *lint);
void apisec_lint_sarif(FILE *out, const api_lint_t *lint);
void apisec_lint_junit(FILE *out, const api_lint_t *lint);
void apisec_lint_markdown(FILE *out, const api_lint_t *lint);


static inline api_span_t
apisec_span(const char *s)
{
    return api_span(s, strlen(s));
}


#endif /* APISEC_LINT_H */
