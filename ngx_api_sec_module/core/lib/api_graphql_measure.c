#include "api_graphql_int.h"

/*
 * Costs through fragments.  A definition is done when all fragments it
 * spreads are; those that never get done are a cycle, or lead into one.
 * (Kahn 1962, with the edges turned round.)
 */

typedef struct {
    api_graphql_cost_t  cost;
    api_graphql_node_t *node; /* of the definition */
    uint32_t            open; /* spreads not yet added */
    uint32_t            in;   /* first edge to it, + 1 */
} api_graphql_def_t;

typedef struct {
    uint32_t from;  /* definition that spreads */
    uint32_t depth; /* sets around the spread */
    uint32_t next;  /* edge to the same fragment, + 1 */
} api_graphql_edge_t;

typedef struct {
    api_graphql_run_t  *run;
    api_graphql_def_t  *def;
    api_graphql_edge_t *edge;
    uint32_t           *todo;
    uint32_t            ndef;
    uint32_t            nedge;
    uint32_t            ntodo;
} api_graphql_graph_t;


static uint32_t
api_graphql_sum(uint32_t a, uint32_t b)
{
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}


static uint32_t
api_graphql_max(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}


/* Two operations of one name, two fragments of one name, an anonymous one
   that is not alone. */

static int
api_graphql_names(api_graphql_graph_t *g)
{
    uint32_t            i, k;
    api_graphql_node_t *a, *b;

    for (i = 0; i < g->ndef; i++) {
        a = g->def[i].node;
        g->run->at = a->name.data;

        if (a->type == API_GRAPHQL_OPERATION && a->name.len == 0
            && g->run->doc->operations > 1)
        {
            return api_graphql_bad(g->run, API_INVALID,
                API_GRAPHQL_E_ANONYMOUS,
                "an operation without a name is not alone");
        }

        for (k = 0; k < i; k++) {
            b = g->def[k].node;

            if (a->type == b->type && api_span_eq(a->name, b->name)) {
                return api_graphql_bad(g->run, API_DUPLICATE,
                    API_GRAPHQL_E_DUPLICATE,
                    "two operations or fragments of one name");
            }
        }
    }

    return API_OK;
}


static int
api_graphql_spread(api_graphql_graph_t *g, const api_graphql_node_t *node)
{
    uint32_t            i;
    api_graphql_edge_t *edge;

    for (i = 0; i < g->ndef; i++) {
        if (g->def[i].node->type == API_GRAPHQL_FRAGMENT
            && api_span_eq(g->def[i].node->name, node->name))
        {
            edge = &g->edge[g->nedge++];
            edge->from = node->def;
            edge->depth = node->depth;
            edge->next = g->def[i].in;
            g->def[i].in = g->nedge;
            g->def[node->def].open++;
            return API_OK;
        }
    }

    g->run->at = node->name.data;

    return api_graphql_bad(g->run, API_INVALID, API_GRAPHQL_E_UNKNOWN,
        "a fragment that is not defined");
}


static bool
api_graphql_asks_schema(api_span_t name)
{
    return api_span_eq(name, API_SPAN("__schema"))
           || api_span_eq(name, API_SPAN("__type"));
}


static void
api_graphql_own(
    api_graphql_graph_t *g, api_graphql_def_t *def, api_graphql_node_t *node)
{
    api_graphql_cost_t *cost;

    cost = &def->cost;

    switch (node->type) {

    case API_GRAPHQL_OPERATION:
    case API_GRAPHQL_FRAGMENT:
        def->node = node;
        break;

    case API_GRAPHQL_DIRECTIVE:
        cost->directives++;
        break;

    case API_GRAPHQL_FIELD:
        cost->fields++;
        cost->depth = api_graphql_max(cost->depth, node->depth + 1u);
        cost->aliases += node->text.len > 0;
        cost->root += node->depth == 0;
        g->run->doc->introspection |= api_graphql_asks_schema(node->name);
        break;

    default:
        break;
    }
}


static int
api_graphql_collect(api_graphql_graph_t *g)
{
    int                 rc;
    uint32_t            i;
    api_graphql_t      *doc;
    api_graphql_node_t *node;

    doc = g->run->doc;

    for (i = 0; i < doc->n; i++) {
        node = &doc->node[i];
        api_graphql_own(g, &g->def[node->def], node);
    }

    rc = api_graphql_names(g);

    for (i = 0; i < doc->n && rc == API_OK; i++) {
        node = &doc->node[i];

        if (node->type == API_GRAPHQL_SPREAD) {
            rc = api_graphql_spread(g, node);
        }
    }

    return rc;
}


/* What the fragment costs is added to where it is spread. */

static void
api_graphql_merge(
    api_graphql_cost_t *to, const api_graphql_cost_t *from, uint32_t depth)
{
    to->depth = api_graphql_max(
        to->depth, from->depth ? api_graphql_sum(from->depth, depth) : 0);
    to->fields = api_graphql_sum(to->fields, from->fields);
    to->aliases = api_graphql_sum(to->aliases, from->aliases);
    to->directives = api_graphql_sum(to->directives, from->directives);

    if (depth == 0) {
        to->root = api_graphql_sum(to->root, from->root);
    }
}


static int
api_graphql_resolve(api_graphql_graph_t *g)
{
    uint32_t            i, done, e;
    api_graphql_def_t  *def, *user;
    api_graphql_cost_t *cost;

    for (i = 0; i < g->ndef; i++) {
        if (g->def[i].open == 0) {
            g->todo[g->ntodo++] = i;
        }
    }

    cost = &g->run->doc->cost;

    for (done = 0; done < g->ntodo; done++) {
        def = &g->def[g->todo[done]];

        for (e = def->in; e; e = g->edge[e - 1].next) {
            user = &g->def[g->edge[e - 1].from];
            api_graphql_merge(&user->cost, &def->cost, g->edge[e - 1].depth);

            if (--user->open == 0) {
                g->todo[g->ntodo++] = g->edge[e - 1].from;
            }
        }

        if (def->node->type == API_GRAPHQL_OPERATION) {
            cost->depth = api_graphql_max(cost->depth, def->cost.depth);
            cost->fields = api_graphql_max(cost->fields, def->cost.fields);
            cost->aliases = api_graphql_max(cost->aliases, def->cost.aliases);
            cost->root = api_graphql_max(cost->root, def->cost.root);
            cost->directives =
                api_graphql_max(cost->directives, def->cost.directives);
        }
    }

    g->run->at = g->run->start;

    return done == g->ndef
               ? API_OK
               : api_graphql_bad(g->run, API_INVALID, API_GRAPHQL_E_CYCLE,
                   "fragments spread each other in a circle");
}


static int
api_graphql_limits(const api_graphql_run_t *run)
{
    size_t                      i;
    const api_graphql_cost_t   *c = &run->doc->cost;
    const api_graphql_limits_t *l = run->limits;

    const struct {
        uint32_t    is, may;
        int         code;
        const char *what;
    } table[] = {
        { c->depth, l->depth, API_GRAPHQL_E_DEPTH,
            "fields are nested too deep" },
        { c->fields, l->fields, API_GRAPHQL_E_FIELDS, "too many fields" },
        { c->aliases, l->aliases, API_GRAPHQL_E_ALIASES, "too many aliases" },
        { c->root, l->root, API_GRAPHQL_E_ROOT,
            "too many fields at the root" },
        { c->directives, l->directives, API_GRAPHQL_E_DIRECTIVES,
            "too many directives" },
    };

    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].is > table[i].may) {
            return api_graphql_bad(
                run, API_LIMIT, table[i].code, table[i].what);
        }
    }

    return API_OK;
}


int
api_graphql_measure(api_graphql_run_t *run)
{
    int                 rc;
    uint32_t            i, spreads;
    api_graphql_graph_t g;

    memset(&g, 0, sizeof(g));
    g.run = run;
    g.ndef = run->def;

    for (i = 0, spreads = 0; i < run->doc->n; i++) {
        spreads += run->doc->node[i].type == API_GRAPHQL_SPREAD;
    }

    g.def = api_arena_calloc(run->arena, g.ndef, sizeof(*g.def));
    g.edge = api_arena_calloc(run->arena, spreads, sizeof(*g.edge));
    g.todo = api_arena_calloc(run->arena, g.ndef, sizeof(*g.todo));

    if (g.def == NULL || g.edge == NULL || g.todo == NULL) {
        return api_graphql_bad(
            run, API_NOMEM, API_GRAPHQL_E_NOMEM, "no memory");
    }

    rc = api_graphql_collect(&g);
    rc = rc == API_OK ? api_graphql_resolve(&g) : rc;

    return rc == API_OK ? api_graphql_limits(run) : rc;
}
