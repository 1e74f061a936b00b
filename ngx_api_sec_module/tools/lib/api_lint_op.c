/*
 * Checks: what an operation lets in and out.
 */

#include "api_lint_int.h"


typedef void (*op_pt)(
    api_lint_t *lint, const api_lint_spec_t *spec, const api_operation_t *op);

static void
each_op(api_lint_t *lint, op_pt visit)
{
    uint32_t               i;
    const api_lint_spec_t *spec;

    for (spec = lint->specs; spec; spec = spec->next) {
        for (i = 0; spec->api && i < api_openapi_count(spec->api); i++) {
            visit(lint, spec, api_openapi_at(spec->api, i));
        }
    }
}


static bool
writes(const api_operation_t *op)
{
    return op->method == API_METHOD_POST || op->method == API_METHOD_PUT
           || op->method == API_METHOD_PATCH
           || op->method == API_METHOD_DELETE;
}


/* The last {parameter} of a template; len 0: none. */

static api_span_t
last_param(api_span_t route)
{
    size_t     i, from = 0;
    api_span_t name = api_span("", 0);

    for (i = 0; i < route.len; i++) {
        if (route.data[i] == '{') {
            from = i + 1;

        } else if (route.data[i] == '}' && from) {
            name = api_span(route.data + from, i - from);
        }
    }

    return name;
}


static bool
has_param(api_span_t route, api_span_t name)
{
    size_t i;

    for (i = 0; i + name.len + 1 < route.len; i++) {
        if (route.data[i] == '{'
            && memcmp(route.data + i + 1, name.data, name.len) == 0
            && route.data[i + 1 + name.len] == '}')
        {
            return true;
        }
    }

    return false;
}


/* An api_bind or api_require that looks at a parameter of this path. */

static bool
is_bound(const api_conf_dir_t *block, api_span_t route, const char *name)
{
    uint32_t              i;
    api_span_t            s;
    const api_conf_dir_t *level = block, *d = NULL;

    while ((d = api_lint_sum(&level, d, name)) != NULL) {
        for (i = 1; i < d->nargs; i++) {
            s = d->args[i];

            if (s.len > 5 && memcmp(s.data, "path:", 5) == 0
                && has_param(route, api_span(s.data + 5, s.len - 5)))
            {
                return true;
            }
        }
    }

    return false;
}


static void
no_bind(
    api_lint_t *lint, const api_lint_spec_t *spec, const api_operation_t *op)
{
    api_span_t    name = last_param(op->route);
    api_lint_at_t at = { NULL, NULL, NULL };

    if (name.len == 0 || op->nrequirements == 0) {
        return;
    }

    while (api_lint_route(lint, spec, op, &at)) {
        if (api_lint_spec_of(lint, at.block) == spec
            && !is_bound(at.block, op->route, "api_bind")
            && !is_bound(at.block, op->route, "api_require"))
        {
            api_lint_say_node(lint, spec, op->line, op->id,
                "operation %.*s takes any {%.*s} from any caller: nothing"
                " binds it to who calls",
                S(op->id), S(name));
        }
    }
}


void
api_lint_no_bind(api_lint_t *lint)
{
    each_op(lint, no_bind);
}


static bool
is_admin(api_span_t route)
{
    return api_lint_contains_nocase(route, "/admin")
           || api_lint_contains_nocase(route, "/internal/")
           || api_lint_contains_nocase(route, "/manage")
           || api_lint_contains_nocase(route, "/debug");
}


static bool
has_scope(const api_operation_t *op)
{
    uint32_t i, k;

    for (i = 0; i < op->nrequirements; i++) {
        for (k = 0; k < op->requirements[i].nneeds; k++) {
            if (op->requirements[i].needs[k].nscopes) {
                return true;
            }
        }
    }

    return false;
}


/* Do two operations ask for the same scopes, in their first requirement. */

static bool
same_scopes(const api_operation_t *a, const api_operation_t *b)
{
    uint32_t          i;
    const api_need_t *x, *y;

    if (a->nrequirements == 0 || b->nrequirements == 0
        || a->requirements[0].nneeds == 0 || b->requirements[0].nneeds == 0)
    {
        return false;
    }

    x = &a->requirements[0].needs[0];
    y = &b->requirements[0].needs[0];

    if (x->nscopes != y->nscopes) {
        return false;
    }

    for (i = 0; i < x->nscopes; i++) {
        if (!api_span_eq(x->scopes[i], y->scopes[i])) {
            return false;
        }
    }

    return true;
}


static bool
has_require(const api_lint_t *lint, const api_lint_spec_t *spec,
    const api_operation_t *op)
{
    api_lint_at_t         at = { NULL, NULL, NULL };
    const api_conf_dir_t *level;

    while (api_lint_route(lint, spec, op, &at)) {
        level = at.block;

        if (at.loc && is_admin(at.loc->name)
            && api_lint_sum(&level, NULL, "api_require"))
        {
            return true;
        }
    }

    return false;
}


static void
admin_scope(
    api_lint_t *lint, const api_lint_spec_t *spec, const api_operation_t *op)
{
    uint32_t               i;
    const api_operation_t *other;

    if (!is_admin(op->route) || op->internal || has_require(lint, spec, op)) {
        return;
    }

    if (!has_scope(op)) {
        api_lint_say_node(lint, spec, op->line, op->id,
            "operation %.*s is for administrators by its path, and asks for"
            " no scope",
            S(op->id));
        return;
    }

    for (i = 0; i < api_openapi_count(spec->api); i++) {
        other = api_openapi_at(spec->api, i);

        if (!is_admin(other->route) && same_scopes(op, other)) {
            api_lint_say_node(lint, spec, op->line, op->id,
                "operation %.*s is for administrators by its path, and asks"
                " for the scopes of %.*s",
                S(op->id), S(other->id));
            return;
        }
    }
}


void
api_lint_admin_scope(api_lint_t *lint)
{
    each_op(lint, admin_scope);
}


static bool
is_strict(const api_lint_spec_t *spec)
{
    uint32_t i;

    for (i = 3; spec->dir && i < spec->dir->nargs; i++) {
        if (api_conf_arg_is(spec->dir, i, "strict")) {
            return true;
        }
    }

    return false;
}


static bool
is_true(api_node_t n)
{
    bool v = false;

    return api_node_bool(n, &v) && v;
}


static bool
is_false(api_node_t n)
{
    bool v = true;

    return api_node_bool(n, &v) && !v;
}


static void
additional_visit(api_lint_t *lint, const api_lint_spec_t *spec,
    const api_operation_t *op, api_node_t schema, api_span_t name, void *data)
{
    api_node_t more = api_node_get(schema, API_SPAN("additionalProperties"));
    api_node_t uneval =
        api_node_get(schema, API_SPAN("unevaluatedProperties"));

    (void) data;

    if (api_node_ok(api_node_get(schema, API_SPAN("properties")))
        && (is_true(more)
            || (!api_node_ok(more) && !is_false(uneval) && !is_strict(spec))))
    {
        api_lint_say_node(lint, spec, api_node_line(schema), op->id,
            "operation %.*s takes properties that %s%.*s does not have: say"
            " additionalProperties: false, or strict",
            S(op->id), name.len ? "" : "its body", S(name));
    }
}


static void
additional(
    api_lint_t *lint, const api_lint_spec_t *spec, const api_operation_t *op)
{
    if (writes(op)) {
        api_lint_request(lint, spec, op, additional_visit, NULL);
    }
}


void
api_lint_additional(api_lint_t *lint)
{
    each_op(lint, additional);
}


static const char *const secret_words[] = { "password", "passwd", "secret",
    "ssn", "api_key", "apikey", "private_key", "cvv", "card_number", "pin" };


static bool
is_secret(api_span_t name)
{
    size_t     i;
    api_span_t word;

    for (i = 0; i < sizeof(secret_words) / sizeof(secret_words[0]); i++) {
        word = api_span(secret_words[i], strlen(secret_words[i]));

        if (api_span_eq_nocase(name, word)
            || (word.len > 3
                && api_lint_contains_nocase(name, secret_words[i])))
        {
            return true;
        }
    }

    return false;
}


static void
response_visit(api_lint_t *lint, const api_lint_spec_t *spec,
    const api_operation_t *op, api_node_t schema, api_span_t name, void *data)
{
    (*(unsigned *) data)++;

    if (name.len && is_secret(name)
        && !is_true(api_node_get(schema, API_SPAN("writeOnly"))))
    {
        api_lint_say_node(lint, spec, api_node_line(schema), op->id,
            "operation %.*s answers with %.*s: a secret is writeOnly",
            S(op->id), S(name));
    }
}


static void
response_schema(
    api_lint_t *lint, const api_lint_spec_t *spec, const api_operation_t *op)
{
    unsigned n = 0;

    api_lint_response(lint, spec, op, response_visit, &n);

    if (n == 0 && op->method == API_METHOD_GET && !op->streams_response) {
        api_lint_say_node(lint, spec, op->line, op->id,
            "operation %.*s answers with anything: no schema says what may"
            " leave",
            S(op->id));
    }
}


void
api_lint_response_schema(api_lint_t *lint)
{
    each_op(lint, response_schema);
}


static bool
has_type(api_node_t schema, const char *type)
{
    return api_span_eq(api_node_string(api_node_get(schema, API_SPAN("type"))),
        api_span(type, strlen(type)));
}


static bool
has_any(api_node_t schema, const char *const *names)
{
    for (; *names; names++) {
        if (api_node_ok(
                api_node_get(schema, api_span(*names, strlen(*names))))) {
            return true;
        }
    }

    return false;
}


static const char *const string_bounds[] = { "maxLength", "enum", "const",
    "format", "pattern", NULL };
static const char *const array_bounds[] = { "maxItems", "enum", "const",
    NULL };


static void
unbounded_visit(api_lint_t *lint, const api_lint_spec_t *spec,
    const api_operation_t *op, api_node_t schema, api_span_t name, void *data)
{
    const char *what = NULL;

    (void) data;

    if (has_type(schema, "array") && !has_any(schema, array_bounds)) {
        what = "maxItems";

    } else if (has_type(schema, "string") && !has_any(schema, string_bounds)) {
        what = "maxLength";
    }

    if (what) {
        api_lint_say_node(lint, spec, api_node_line(schema), op->id,
            "operation %.*s: %s%.*s has no %s", S(op->id),
            name.len ? "" : "the body", S(name), what);
    }
}


static void
unbounded(
    api_lint_t *lint, const api_lint_spec_t *spec, const api_operation_t *op)
{
    api_lint_request(lint, spec, op, unbounded_visit, NULL);
}


void
api_lint_unbounded(api_lint_t *lint)
{
    const api_loc_t      *l = NULL;
    const api_conf_dir_t *d, *last = NULL;

    each_op(lint, unbounded);

    while ((l = api_lint_each(lint, l)) != NULL) {
        d = api_conf_inherit(l->dir, "client_max_body_size");

        if (api_conf_arg_is(d, 1, "0") && d != last
            && api_lint_upstream(l->dir)) {
            api_lint_say(lint, d, l->name,
                "client_max_body_size 0: bodies of any size are taken");
            last = d;
        }
    }
}


static bool
has_limit(const api_conf_dir_t *block, const char *more)
{
    uint32_t              i;
    const api_conf_dir_t *level = block, *d = NULL;

    while ((d = api_lint_sum(&level, d, "api_ratelimit")) != NULL) {
        for (i = 1; more == NULL && i < d->nargs; i++) {
            return true;
        }
    }

    return more && api_lint_on(block, more);
}


static bool
is_flow(const api_lint_spec_t *spec, const api_operation_t *op)
{
    api_node_t n =
        api_node_get(api_lint_op_node(spec, op), API_SPAN("x-business-flow"));

    return api_node_ok(n) && !is_false(n);
}


static void
flow(api_lint_t *lint, const api_lint_spec_t *spec, const api_operation_t *op)
{
    api_lint_at_t at = { NULL, NULL, NULL };

    while (is_flow(spec, op) && api_lint_route(lint, spec, op, &at)) {
        if (!has_limit(at.block, NULL) && !has_limit(at.block, "api_behavior"))
        {
            api_lint_say_node(lint, spec, op->line, op->id,
                "operation %.*s is a business flow (x-business-flow), and"
                " nothing counts how often one caller goes through it",
                S(op->id));
        }
    }
}


void
api_lint_flow(api_lint_t *lint)
{
    each_op(lint, flow);
}


static bool
is_url_name(api_span_t name)
{
    size_t                   i;
    static const char *const words[] = { "url", "uri", "callback", "webhook",
        "redirect", "target" };

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (api_lint_contains_nocase(name, words[i])) {
            return true;
        }
    }

    return false;
}


static void
url_visit(api_lint_t *lint, const api_lint_spec_t *spec,
    const api_operation_t *op, api_node_t schema, api_span_t name, void *data)
{
    static const char *const bounds[] = { "pattern", "enum", "const", NULL };

    (void) data;

    if (name.len && is_url_name(name) && has_type(schema, "string")
        && !has_any(schema, bounds))
    {
        api_lint_say_node(lint, spec, api_node_line(schema), op->id,
            "operation %.*s takes an address in %.*s, and no pattern or enum"
            " says which",
            S(op->id), S(name));
    }
}


static void
ssrf(api_lint_t *lint, const api_lint_spec_t *spec, const api_operation_t *op)
{
    api_span_t      name;
    api_node_t      param;
    api_node_iter_t it = api_node_iter(
        api_node_get(api_lint_op_node(spec, op), API_SPAN("parameters")));

    while (api_node_next(&it, &name, &param)) {
        param = api_lint_deref(spec, param);
        url_visit(lint, spec, op,
            api_lint_deref(spec, api_node_get(param, API_SPAN("schema"))),
            api_node_string(api_node_get(param, API_SPAN("name"))), NULL);
    }

    api_lint_request(lint, spec, op, url_visit, NULL);
}


void
api_lint_ssrf(api_lint_t *lint)
{
    size_t                   i;
    const api_loc_t         *l = NULL;
    const api_conf_dir_t    *d;
    static const char *const from_client[] = { "$arg_", "$http_", "$cookie_",
        "$args", "$query_string" };

    each_op(lint, ssrf);

    while ((l = api_lint_each(lint, l)) != NULL) {
        d = api_lint_upstream(l->dir);

        for (i = 0; d && i < sizeof(from_client) / sizeof(from_client[0]); i++)
        {
            if (api_lint_contains(api_conf_arg(d, 1), from_client[i])) {
                api_lint_say(lint, d, l->name,
                    "the client says where this goes: %s is in the upstream's"
                    " address",
                    from_client[i]);
                break;
            }
        }
    }
}
