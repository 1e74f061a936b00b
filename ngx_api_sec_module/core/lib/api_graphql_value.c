#include "api_graphql_int.h"

#define API_GRAPHQL_MAX_VALUES 64


int
api_graphql_chain(api_graphql_run_t *run, uint32_t *prev)
{
    uint32_t            i, n;
    api_graphql_node_t *node;

    node = &run->doc->node[run->doc->n - 1];
    node->prev = *prev;

    for (i = *prev, n = 1; i != API_GRAPHQL_FIRST; i = run->doc->node[i].prev)
    {
        if (api_span_eq(run->doc->node[i].name, node->name)) {
            return api_graphql_bad(run, API_DUPLICATE, API_GRAPHQL_E_DUPLICATE,
                "a name that stands there already");
        }

        n++;
    }

    if (n > run->limits->names) {
        return api_graphql_bad(run, API_LIMIT, API_GRAPHQL_E_NAMES,
            "too many arguments, variables or members");
    }

    *prev = run->doc->n - 1;

    return API_OK;
}


/* The name and the colon of an argument or of a member. */

static int
api_graphql_named(api_graphql_run_t *run, api_graphql_type_t type,
    uint32_t *prev, uint32_t depth)
{
    int        rc;
    api_span_t name;

    if (run->token != API_GRAPHQL_T_NAME) {
        return api_graphql_unexpected(run, "a name");
    }

    name = run->text;
    rc = api_graphql_add(run, type, name, API_SPAN(""), depth);

    if (rc != API_OK || (rc = api_graphql_chain(run, prev)) != API_OK) {
        return rc;
    }

    rc = api_graphql_next(run);

    if (rc == API_OK && run->token != ':') {
        return api_graphql_unexpected(run, "\":\"");
    }

    return rc == API_OK ? api_graphql_next(run) : rc;
}


static int
api_graphql_use(api_graphql_run_t *run, uint32_t depth)
{
    int rc;

    if (run->fixed) {
        return api_graphql_unexpected(run, "a value that uses no variable");
    }

    rc = api_graphql_next(run);

    if (rc == API_OK && run->token != API_GRAPHQL_T_NAME) {
        return api_graphql_unexpected(run, "the name of a variable");
    }

    return rc == API_OK ? api_graphql_add(
               run, API_GRAPHQL_USE, run->text, API_SPAN(""), depth)
                        : rc;
}


static int
api_graphql_scalar(api_graphql_run_t *run, uint32_t depth)
{
    api_graphql_type_t type;

    switch (run->token) {

    case '$':
        return api_graphql_use(run, depth);
    case API_GRAPHQL_T_NAME:
        type = API_GRAPHQL_ENUM;
        break;
    case API_GRAPHQL_T_INT:
        type = API_GRAPHQL_INT;
        break;
    case API_GRAPHQL_T_FLOAT:
        type = API_GRAPHQL_FLOAT;
        break;
    case API_GRAPHQL_T_STRING:
        type = API_GRAPHQL_STRING;
        break;
    case API_GRAPHQL_T_BLOCK:
        type = API_GRAPHQL_BLOCK;
        break;
    default:
        return api_graphql_unexpected(run, "a value");
    }

    return api_graphql_add(run, type, API_SPAN(""), run->text, depth);
}


static int
api_graphql_open(api_graphql_run_t *run, uint32_t depth, uint32_t max)
{
    api_graphql_type_t type;

    if (depth == max) {
        return api_graphql_bad(run, API_LIMIT, API_GRAPHQL_E_VALUES,
            "lists and objects are nested too deep");
    }

    type = run->token == '[' ? API_GRAPHQL_LIST : API_GRAPHQL_OBJECT;

    return api_graphql_add(run, type, API_SPAN(""), API_SPAN(""), depth);
}


/*
 * One value, iteratively: close[d] is the bracket that ends the container at
 * depth d.  Leaves the token behind the value at hand.
 */

int
api_graphql_value(api_graphql_run_t *run)
{
    int      rc;
    bool     named; /* a name stands before, its value must follow */
    char     close[API_GRAPHQL_MAX_VALUES + 1];
    uint32_t depth, max, prev[API_GRAPHQL_MAX_VALUES + 1];

    depth = 0;
    named = false;
    max = run->limits->values < API_GRAPHQL_MAX_VALUES
              ? run->limits->values
              : API_GRAPHQL_MAX_VALUES;

    for (;;) {
        if (depth && !named && run->token == close[depth - 1]) {
            depth--;

        } else if (run->token == '[' || run->token == '{') {
            close[depth] = run->token == '[' ? ']' : '}';
            prev[depth] = API_GRAPHQL_FIRST;
            rc = api_graphql_open(run, depth, max);

            if (rc != API_OK) {
                return rc;
            }

            depth++;

        } else {
            rc = api_graphql_scalar(run, depth);

            if (rc != API_OK) {
                return rc;
            }
        }

        rc = api_graphql_next(run);

        if (rc != API_OK || depth == 0) {
            return rc;
        }

        named = close[depth - 1] == '}' && run->token != '}';

        if (named) {
            rc = api_graphql_named(
                run, API_GRAPHQL_MEMBER, &prev[depth - 1], depth);

            if (rc != API_OK) {
                return rc;
            }
        }
    }
}


int
api_graphql_arguments(api_graphql_run_t *run)
{
    int      rc;
    uint32_t prev;

    if (run->token != '(') {
        return API_OK;
    }

    prev = API_GRAPHQL_FIRST;
    rc = api_graphql_next(run);

    if (rc == API_OK && run->token == ')') {
        return api_graphql_unexpected(run, "an argument");
    }

    while (rc == API_OK && run->token != ')') {
        rc = api_graphql_named(run, API_GRAPHQL_ARGUMENT, &prev, 0);

        if (rc == API_OK) {
            rc = api_graphql_value(run);
        }
    }

    return rc == API_OK ? api_graphql_next(run) : rc;
}


int
api_graphql_directives(api_graphql_run_t *run)
{
    int rc;

    while (run->token == '@') {
        rc = api_graphql_next(run);

        if (rc != API_OK) {
            return rc;
        }

        if (run->token != API_GRAPHQL_T_NAME) {
            return api_graphql_unexpected(run, "the name of a directive");
        }

        rc = api_graphql_add(
            run, API_GRAPHQL_DIRECTIVE, run->text, API_SPAN(""), run->depth);

        if (rc == API_OK) {
            rc = api_graphql_next(run);
        }

        if (rc == API_OK) {
            rc = api_graphql_arguments(run);
        }

        if (rc != API_OK) {
            return rc;
        }
    }

    return API_OK;
}
