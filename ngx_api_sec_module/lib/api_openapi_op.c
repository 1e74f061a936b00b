#include "api_openapi_int.h"

#include <stdlib.h>


static const char *const api_methods[API_NMETHODS] = { "GET", "PUT", "POST",
    "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE" };

static const char *const api_method_keys[API_NMETHODS] = { "get", "put",
    "post", "delete", "options", "head", "patch", "trace" };

api_span_t
api_method_name(unsigned method)
{
    return method < API_NMETHODS
               ? api_span(api_methods[method], strlen(api_methods[method]))
               : API_SPAN("");
}


/* Those of the list, an item's or an operation's, to the end of `to`. */

static uint32_t
api_openapi_params_of(api_openapi_load_t *load, api_node_t list,
    const api_param_t **to, uint32_t n, bool over)
{
    uint32_t           i, k, before;
    const api_param_t *p;

    before = n;

    for (i = 0; i < api_node_count(list); i++) {
        p = api_openapi_param(load, api_node_at(list, i));

        if (p == NULL) {
            continue;
        }

        for (k = 0; k < n; k++) {
            if (to[k]->in == p->in
                && (p->in == API_IN_HEADER
                        ? api_span_eq_nocase(to[k]->name, p->name)
                        : api_span_eq(to[k]->name, p->name)))
            {
                break;
            }
        }

        if (k < n && (k >= before || !over)) {
            api_problem_error(load->problems, api_node_at(list, i),
                "this parameter stands there twice");
            continue;
        }

        to[k] = p;
        n += k == n;
    }

    return n;
}


static int
api_openapi_param_order(const void *a, const void *b)
{
    const api_param_t *p = *(const api_param_t *const *) a;
    const api_param_t *q = *(const api_param_t *const *) b;

    return p->in != q->in ? (int) p->in - (int) q->in
                          : (p->line > q->line) - (p->line < q->line);
}


/* Headers that the specification has described elsewhere: content, security
   and the media types of responses. */

static bool
api_openapi_param_ignored(const api_param_t *p)
{
    return p->in == API_IN_HEADER
           && (api_span_eq_nocase(p->name, API_SPAN("accept"))
               || api_span_eq_nocase(p->name, API_SPAN("content-type"))
               || api_span_eq_nocase(p->name, API_SPAN("authorization")));
}


/* Each {name} of the path has its parameter, and the other way round. */

static void
api_openapi_slots(const api_item_t *item, api_node_t op,
    const api_op_rules_t *rules, uint8_t *slot)
{
    bool                used[API_ROUTER_MAX_PARAMS] = { false };
    char                quoted[API_PROBLEM_QUOTE];
    uint32_t            i, k, n;
    api_span_t          names[API_ROUTER_MAX_PARAMS];
    api_openapi_load_t *load;

    load = item->load;
    n = api_router_names(item->path, names);

    for (i = 0; i < rules->first[API_IN_QUERY]; i++) {
        for (k = 0; k < n; k++) {
            if (api_span_eq(names[k], rules->params[i]->name)) {
                break;
            }
        }

        if (k == n) {
            api_problem_error(load->problems, op,
                "the path has no {%s}, and there is a path parameter of "
                "that name",
                api_problem_quote(rules->params[i]->name, quoted));
            continue;
        }

        used[k] = true;
        slot[i] = (uint8_t) k;
    }

    for (k = 0; k < n; k++) {
        if (!used[k]) {
            api_openapi_cannot(load, op,
                "nothing says what {%s} of the path may be: a path parameter "
                "of that name is missing",
                api_problem_quote(names[k], quoted));
        }
    }
}


static void
api_openapi_op_params(
    const api_item_t *item, api_node_t op, api_op_rules_t *rules)
{
    uint8_t            *slot;
    uint32_t            i, n, count, in;
    api_node_t          above, own;
    const api_param_t **params;

    above = api_openapi_array(item->load, item->item, "parameters");
    own = api_openapi_array(item->load, op, "parameters");
    n = api_node_count(above) + api_node_count(own);
    params = api_openapi_new(item->load, n, sizeof(void *));
    slot = api_openapi_new(item->load, n, 1);

    if (params == NULL || slot == NULL) {
        return;
    }

    n = api_openapi_params_of(item->load, above, params, 0, false);
    n = api_openapi_params_of(item->load, own, params, n, true);

    for (i = 0, count = 0; i < n; i++) {
        if (!api_openapi_param_ignored(params[i])) {
            params[count++] = params[i];
        }
    }

    if (count) {
        qsort(params, count, sizeof(void *), api_openapi_param_order);
    }

    for (in = API_IN_PATH, i = 0; in <= API_IN_BODY; in++) {
        while (i < count && params[i]->in < in) {
            i++;
        }

        rules->first[in] = i;
    }

    rules->params = params;
    rules->slot = slot;
    api_openapi_slots(item, op, rules, slot);
}


static void
api_openapi_op_bodies(const api_item_t *item, api_node_t n,
    api_operation_t *op, api_op_rules_t *rules)
{
    api_node_t                  list, value;
    api_span_t                  status;
    api_node_iter_t             it;
    const api_response_rule_t **made, *rule;

    value = api_node_get(n, API_SPAN("requestBody"));

    if (api_node_ok(value)) {
        rules->body = api_openapi_body(item->load, value);
        op->has_body = rules->body != NULL;
        op->streams_request |=
            rules->body
            && api_openapi_streams(rules->body->media, rules->body->nmedia);
    }

    list = api_openapi_object(item->load, n, "responses");
    made = api_openapi_new(item->load, api_node_count(list), sizeof(void *));

    for (it = api_node_iter(list);
         made && api_node_next(&it, &status, &value);) {
        if (status.len >= 2 && memcmp(status.data, "x-", 2) == 0) {
            continue;
        }

        rule = api_openapi_response(item->load, value, status);

        if (rule) {
            made[rules->nresponses++] = rule;
            op->streams_response |=
                api_openapi_streams(rule->media, rule->nmedia);
        }
    }

    rules->responses = made;
}


/* operationId, or "GET /path". */

static void
api_openapi_op_id(const api_item_t *item, api_node_t n, api_operation_t *op)
{
    size_t     len;
    uint8_t   *p;
    api_span_t id, name;

    id = api_openapi_text(item->load, n, "operationId");

    if (id.len) {
        op->has_id = true;
        op->id = api_openapi_copy(item->load, id);
        return;
    }

    name = api_method_name(op->method);
    len = name.len + 1 + item->path.len;
    p = api_openapi_new(item->load, 1, len + 1);

    if (p) {
        memcpy(p, name.data, name.len);
        p[name.len] = ' ';
        memcpy(p + name.len + 1, item->path.data, item->path.len);
        op->id = api_span(p, len);
    }
}


static bool
api_openapi_more(
    api_openapi_load_t *load, void **list, uint32_t n, uint32_t *room)
{
    void    *p;
    uint32_t more;

    if (n < *room) {
        return true;
    }

    more = *room ? *room * 2 : 64;
    p = api_arena_grow(&load->spec->arena, *list, *room * sizeof(void *),
        more * sizeof(void *));

    if (p == NULL) {
        load->rc = API_NOMEM;
        return false;
    }

    *list = p;
    *room = more;

    return true;
}


/* The route of the full template, a new one when there is none. */

static api_openapi_route_t *
api_openapi_route_of(const api_item_t *item, api_span_t tmpl, api_node_t op)
{
    int                  rc;
    uint32_t             clash;
    api_err_t            err;
    api_openapi_t       *spec;
    api_openapi_load_t  *load;
    api_openapi_route_t *route;

    load = item->load;
    spec = load->spec;

    if (!api_openapi_more(
            load, (void **) &spec->routes, spec->nroutes, &load->routes_room))
    {
        return NULL;
    }

    rc = api_router_add(spec->router, tmpl, spec->nroutes, &clash, &err);

    if (rc == API_DUPLICATE) {
        return spec->routes[clash];
    }

    if (rc != API_OK) {
        if (rc == API_NOMEM) {
            load->rc = rc;
        }

        api_problem_error(load->problems, op, "%s", err.text);
        return NULL;
    }

    route = api_openapi_new(load, 1, sizeof(*route));

    if (route) {
        route->tmpl = tmpl;
        spec->routes[spec->nroutes++] = route;
    }

    return route;
}


/* Two paths that differ in the names of their parameters take the same
   requests: only the method can tell them apart. */

static void
api_openapi_op_put(const api_item_t *item, api_node_t n, api_operation_t *op,
    api_openapi_route_t *route, api_span_t tmpl)
{
    if (route->op[op->method]) {
        api_problem_error(item->load->problems, n,
            "\"%.200s\" takes the same requests by the same method; give one "
            "of them another path",
            (const char *) route->named[op->method].data);
        return;
    }

    if (!api_span_eq(route->tmpl, tmpl)) {
        api_problem_warning(item->load->problems, n,
            "\"%.200s\" takes the same requests: only the method tells them "
            "apart",
            (const char *) route->tmpl.data);
    }

    route->op[op->method] = op;
    route->named[op->method] = tmpl;
}


/* Under each base; op->route is the first. */

static void
api_openapi_op_routes(
    const api_item_t *item, api_node_t n, api_operation_t *op)
{
    uint8_t             *p;
    uint32_t             i, nbases;
    api_span_t          *bases, tmpl;
    api_openapi_route_t *route;

    if (!api_openapi_servers(
            item->load, n, item->bases, item->nbases, &bases, &nbases))
    {
        return;
    }

    for (i = 0; i < nbases; i++) {
        p = api_openapi_new(item->load, 1, bases[i].len + item->path.len + 1);

        if (p == NULL) {
            return;
        }

        if (bases[i].len) {
            memcpy(p, bases[i].data, bases[i].len);
        }

        memcpy(p + bases[i].len, item->path.data, item->path.len);
        tmpl = api_span(p, bases[i].len + item->path.len);
        route = api_openapi_route_of(item, tmpl, n);

        if (route == NULL) {
            return;
        }

        op->route = i ? op->route : tmpl;
        api_openapi_op_put(item, n, op, route, tmpl);
    }
}


static void
api_openapi_operation(const api_item_t *item, api_node_t n, unsigned method)
{
    api_operation_t    *op;
    api_op_rules_t     *rules;
    api_openapi_load_t *load;

    load = item->load;

    if (!api_node_is(n, API_JSON_OBJECT)) {
        api_problem_error(load->problems, n, "an operation is an object");
        return;
    }

    api_openapi_known(load, n,
        " tags summary description externalDocs operationId parameters "
        "requestBody responses callbacks deprecated security servers ");
    op = api_openapi_new(load, 1, sizeof(*op));
    rules = api_openapi_new(load, 1, sizeof(*rules));

    if (op == NULL || rules == NULL
        || !api_openapi_more(load, (void **) &load->spec->ops,
            load->spec->nops, &load->ops_room))
    {
        return;
    }

    op->method = (api_method_t) method;
    op->path = item->path;
    op->line = api_node_line(n);
    op->index = load->spec->nops;
    op->rules = rules;
    op->requirements = load->security;
    op->nrequirements = load->nsecurity;
    load->spec->ops[load->spec->nops++] = op;

    api_openapi_op_id(item, n, op);
    api_openapi_lifecycle(item, n, op);
    api_openapi_security(load, n, &op->requirements, &op->nrequirements);
    api_openapi_op_params(item, n, rules);
    api_openapi_op_bodies(item, n, op, rules);
    api_openapi_op_routes(item, n, op);
}


static bool
api_openapi_double_slash(api_span_t path)
{
    size_t i;

    for (i = 1; i < path.len; i++) {
        if (path.data[i] == '/' && path.data[i - 1] == '/') {
            return true;
        }
    }

    return false;
}


static void
api_openapi_item(api_openapi_load_t *load, api_span_t path, api_node_t n)
{
    unsigned   m;
    api_item_t item;
    api_node_t op;

    item.load = load;
    item.path = api_openapi_copy(load, path);
    item.item = api_openapi_deref(load, n);

    if (item.path.data == NULL || !api_node_ok(item.item)) {
        return;
    }

    if (item.item.at != n.at || item.item.doc != n.doc) {
        api_openapi_known(load, n, " $ref summary description ");
    }

    if (!api_node_is(item.item, API_JSON_OBJECT)) {
        api_problem_error(load->problems, n, "a path is an object");
        return;
    }

    api_openapi_known(load, item.item,
        " $ref summary description get put post delete options head patch "
        "trace servers parameters ");
    item.internal = api_openapi_flag(load, item.item, "x-internal", false);
    item.owner = api_openapi_owner(load, item.item,
        api_openapi_owner(load, load->root, api_span(NULL, 0)));

    if (api_openapi_double_slash(item.path)) {
        api_problem_warning(load->problems, n,
            "\"//\" in a path: no request has it unless merge_slashes is "
            "off");
    }

    if (!api_openapi_servers(load, item.item, load->bases, load->nbases,
            &item.bases, &item.nbases))
    {
        return;
    }

    for (m = 0; m < API_NMETHODS && load->rc == API_OK; m++) {
        op = api_node_get(item.item,
            api_span(api_method_keys[m], strlen(api_method_keys[m])));

        if (api_node_ok(op)) {
            api_openapi_operation(&item, op, m);
        }
    }
}


void
api_openapi_paths(api_openapi_load_t *load)
{
    api_span_t      path;
    api_node_t      paths, value;
    api_node_iter_t it;

    paths = api_openapi_object(load, load->root, "paths");

    for (it = api_node_iter(paths);
         load->rc == API_OK && api_node_next(&it, &path, &value);)
    {
        if (path.len < 2 || memcmp(path.data, "x-", 2) != 0) {
            api_openapi_item(load, path, value);
        }
    }
}
