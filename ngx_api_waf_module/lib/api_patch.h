/*
 * Virtual patches: what a hole in an application would need, refused in front
 * of it until the application is mended.
 *
 *     # ID          what
 *     cve-2026-1    path=/v1/export param=ARGS:file match="\.\./" \
 *                   expires=2026-12-31 owner=orders-team
 *
 * A line a patch; # begins a comment line, a backslash at the end goes on with
 * the next line, a value with blanks stands in quotes (\" is a quote).
 *
 *   path     the whole path, decoded; with * at its end any that begins so
 *   param    ARGS:NAME, HEADERS:NAME, COOKIES:NAME, or one of these alone for
 *            any name; names of headers in any case
 *   match    a regular expression (PCRE2), found anywhere in the value
 *   expires  a day, YYYY-MM-DD: it holds to the end of it, in UTC; or an
 *            instant, YYYY-MM-DDTHH:MM:SSZ
 *   owner    who knows when it can go
 *
 * All of them are needed.  A list is const once it is made; matching needs a
 * scratch (api_operator.h), takes no memory, and is bounded by the budget.
 */

#ifndef API_PATCH_H
#define API_PATCH_H

#include "api_operator.h"
#include "api_waf_value.h"


typedef struct {
    api_span_t      id;
    api_span_t      path;
    bool            prefix;
    api_waf_var_t   var;  /* ARGS: API_WAF_ARGS */
    api_span_t      name; /* empty: any */
    api_span_t      match;
    int64_t         expires; /* the first second when it does not hold */
    api_span_t      owner;
    api_operator_t *op;
} api_patch_t;

typedef struct api_patches_s api_patches_t;

#define API_PATCHES_MAX 1000

typedef enum {
    API_PATCH_E_NONE = 0,
    API_PATCH_E_WORD,    /* not KEY=VALUE, an open quote */
    API_PATCH_E_KEY,     /* unknown, or twice */
    API_PATCH_E_MISSING, /* one of the five */
    API_PATCH_E_PARAM,
    API_PATCH_E_MATCH,
    API_PATCH_E_EXPIRES,
    API_PATCH_E_ID, /* none, or twice */
    API_PATCH_E_SIZE,
    API_PATCH_E_NOMEM,
    API_PATCH_NERRORS
} api_patch_error_t;

const char *api_patch_error_name(int code);

/* text is not needed afterwards.  API_OK, or API_SYNTAX, API_INVALID,
   API_DUPLICATE, API_LIMIT, API_NOMEM with "line N: ..." in err. */

int  api_patches_parse(api_patches_t **list, api_span_t text,
     const api_alloc_t *alloc, api_err_t *err);
void api_patches_free(api_patches_t *list); /* NULL is fine */

uint32_t           api_patches_count(const api_patches_t *list);
const api_patch_t *api_patches_at(const api_patches_t *list, uint32_t i);

/*
 * The first patch that holds at `now` and whose match is found in a value, for
 * a request of one of these paths.  *patch is NULL when there is none.
 * API_OK, or API_LIMIT when budget or regular expression ran out.
 */

int api_patches_find(const api_patches_t *list, const api_span_t *paths,
    size_t npaths, const api_waf_values_t *values, int64_t now,
    api_budget_t *budget, api_scratch_t *scratch, const api_patch_t **patch);


#endif /* API_PATCH_H */
