/*
 * Templates of paths (/orders/{id}/lines/{line}.json) to numbers.
 *
 *     api_router_create(&router, &api_alloc_libc);
 *     rc = api_router_add(router, API_SPAN("/orders/{id}"), 7, &clash, &err);
 *     rc = api_router_finish(router, &clash, &err);
 *     if (api_router_match(router, &path, &match)) match.route is 7
 *
 * A tree over segments: for each a table of literal ones, then the mixed ones
 * ({id}.json, {a}...{b}, {id}:cancel) by falling length of their literals,
 * then a single {parameter}.  That is OpenAPI's "concrete before templated" at
 * every segment, with a way back when a concrete branch leads nowhere.  A
 * match looks at no node twice: its cost is that of the segments, plus at
 * worst the number of nodes, whatever the path is.
 *
 * Matching is on the raw segments of api_path.h: %2F in a value is no slash.
 * A literal segment is compared decoded (/%6frders is /orders); what stands in
 * a mixed one is compared as sent.  A parameter takes at least one byte.
 * Within a mixed segment each literal is taken at its first place.
 *
 * A router is read-only once finished, and may be used by many threads.
 */

#ifndef API_ROUTER_H
#define API_ROUTER_H

#include "api_arena.h"
#include "api_path.h"


#define API_ROUTER_MAX_PARAMS 32   /* of one template */
#define API_ROUTER_MAX_SEGMENTS 64 /* ... */
#define API_ROUTER_MAX_LITERAL 255 /* bytes, decoded, of a literal */
#define API_ROUTER_NONE UINT32_MAX

typedef struct api_router_s api_router_t;

typedef struct {
    uint32_t   route;
    uint32_t   nvalues;
    api_span_t value[API_ROUTER_MAX_PARAMS]; /* raw, in template order */
} api_router_match_t;

typedef enum {
    API_ROUTER_E_NONE = 0,
    API_ROUTER_E_SLASH,     /* does not begin with / */
    API_ROUTER_E_BRACE,     /* { and } do not pair, or nothing is between */
    API_ROUTER_E_ADJACENT,  /* {a}{b} */
    API_ROUTER_E_NAME,      /* a name twice, also when case differs */
    API_ROUTER_E_QUERY,     /* ? or # in a template */
    API_ROUTER_E_PERCENT,   /* % without two hex digits */
    API_ROUTER_E_DOTS,      /* a segment . or .. that no request ever has */
    API_ROUTER_E_LIMIT,     /* segments, parameters, length */
    API_ROUTER_E_CLASH,     /* another template takes the same paths */
    API_ROUTER_E_AMBIGUOUS, /* two mixed segments may take the same text */
    API_ROUTER_E_NOMEM,
    API_ROUTER_NERRORS
} api_router_error_t;

const char *api_router_error_name(int code);


int  api_router_create(api_router_t **router, const api_alloc_t *alloc);
void api_router_free(api_router_t *router);

/*
 * Add a template, which is copied.  The same template with the same names may
 * come again with the same route.  API_SYNTAX, API_LIMIT, API_NOMEM, or
 * API_DUPLICATE with *clash the route that takes the same paths.
 */

int api_router_add(api_router_t *router, api_span_t tmpl, uint32_t route,
    uint32_t *clash, api_err_t *err);

/* Lays the tree out; nothing may be added behind it.  API_NOMEM, or
   API_DUPLICATE for two mixed segments, *clash a route below one of them and
   err->pos one below the other. */

int api_router_finish(api_router_t *router, uint32_t *clash, api_err_t *err);

bool api_router_match(const api_router_t *router, const api_path_t *path,
    api_router_match_t *match);

/*
 * The first route, in order of precedence, that `accept` says yes to; it is
 * asked about each that the path fits, until then.  False when there is none:
 * match is then the first that it said no to, or its route API_ROUTER_NONE.
 */

typedef bool (*api_router_accept_t)(void *ctx, uint32_t route);

bool api_router_choose(const api_router_t *router, const api_path_t *path,
    api_router_accept_t accept, void *ctx, api_router_match_t *match);

/* The names of a template that was accepted, in its order; they point into
   tmpl.  Returns their number. */

uint32_t
api_router_names(api_span_t tmpl, api_span_t names[API_ROUTER_MAX_PARAMS]);

typedef struct {
    uint32_t nodes;
    size_t   bytes;
} api_router_stat_t;

api_router_stat_t api_router_stat(const api_router_t *router);


#endif /* API_ROUTER_H */
