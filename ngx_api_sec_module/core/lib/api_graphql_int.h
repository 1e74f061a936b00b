/* Between the files of the GraphQL parser. */

#ifndef API_GRAPHQL_INT_H
#define API_GRAPHQL_INT_H

#include "api_graphql.h"


/* A punctuator is its own character; ... is a dot. */

#define API_GRAPHQL_T_END 0
#define API_GRAPHQL_T_NAME 'n'
#define API_GRAPHQL_T_INT 'i'
#define API_GRAPHQL_T_FLOAT 'f'
#define API_GRAPHQL_T_STRING 's'
#define API_GRAPHQL_T_BLOCK 'b'

/* Selection sets in each other, those of fragments in place too. */

#define API_GRAPHQL_MAX_SETS 256

typedef struct {
    const uint8_t              *start, *end;
    const uint8_t              *p;    /* behind the token at hand */
    const uint8_t              *at;   /* where it begins */
    const uint8_t              *last; /* end of the one before it */
    api_span_t                  text; /* of a string without its quotes */
    int                         token;
    const api_graphql_limits_t *limits;
    api_graphql_t              *doc;
    api_arena_t                *arena;
    api_err_t                  *err;
    uint32_t                    room;
    uint32_t                    def;
    uint32_t                    sets;  /* open selection sets */
    uint32_t                    depth; /* those of them that a field opened */
    bool                        fixed; /* no variable may be used here */
    bool                        by_field[API_GRAPHQL_MAX_SETS];
} api_graphql_run_t;

int api_graphql_bad(
    const api_graphql_run_t *run, int rc, int code, const char *what);

/* Read the next token. */

int api_graphql_next(api_graphql_run_t *run);

/* What is at hand is not what may stand here. */

int api_graphql_unexpected(const api_graphql_run_t *run, const char *wanted);

int api_graphql_add(api_graphql_run_t *run, api_graphql_type_t type,
    api_span_t name, api_span_t text, uint32_t depth);

/* ( name: value ... ) and @name( ... ), if they are there. */

int api_graphql_arguments(api_graphql_run_t *run);
int api_graphql_directives(api_graphql_run_t *run);
int api_graphql_value(api_graphql_run_t *run);

/*
 * The node added last gets its place behind *prev, the name before it in its
 * list, and becomes *prev.  Refuses a name that stands there already, and one
 * too many: both within the limit on names of one list.
 */

int api_graphql_chain(api_graphql_run_t *run, uint32_t *prev);

#define API_GRAPHQL_FIRST UINT32_MAX

/* Names, fragments, costs, limits; after the last definition. */

int api_graphql_measure(api_graphql_run_t *run);


#endif /* API_GRAPHQL_INT_H */
