/*
 * Checks: which way requests take, and whether there is one around.
 */

#include "api_lint_int.h"


/* What stands between a location and whoever calls. */

static const char *const guards[] = { "api_auth", "api_schema", "api_waf",
    "api_require", "api_bind", "api_ratelimit", "auth_request", "auth_basic",
    "auth_jwt" };

#define NGUARDS (sizeof(guards) / sizeof(guards[0]))


static const char *
place(const api_loc_t *l)
{
    return api_loc_kind_name(l->kind);
}


void
api_lint_no_contract(api_lint_t *lint)
{
    const api_loc_t *l = NULL;

    while ((l = api_lint_each(lint, l)) != NULL) {
        if (api_lint_upstream(l->dir) && !api_lint_on(l->dir, "api_schema")
            && !api_conf_child(l->dir, "api_schema_body")
            && !api_conf_child(l->dir, "api_graphql")
            && api_lint_is_public(l->server) && !api_lint_is_guarded(l->dir)
            && l->kind != API_LOC_NAMED)
        {
            api_lint_say(lint, l->dir, l->name,
                "location %s%.*s hands on whatever comes: no document says"
                " what may",
                place(l), S(l->name));
        }
    }
}


void
api_lint_shadowed(api_lint_t *lint)
{
    uint32_t               i;
    api_lint_at_t          at;
    const api_operation_t *op;
    const api_lint_spec_t *spec;

    for (spec = lint->specs; spec; spec = spec->next) {
        for (i = 0; spec->api && i < api_openapi_count(spec->api); i++) {
            op = api_openapi_at(spec->api, i);
            at.server = NULL;

            while (spec->dir && api_lint_route(lint, spec, op, &at)) {
                if (api_lint_spec_of(lint, at.block) != spec) {
                    api_lint_say(lint, at.block, op->id,
                        "%.*s of %.*s comes here, where %.*s is not enforced",
                        S(op->id), S(op->route), S(spec->name));
                }
            }
        }
    }
}


static bool
same(const api_conf_dir_t *a, const api_conf_dir_t *b, const char *name)
{
    uint32_t              i;
    const api_conf_dir_t *x = api_lint_on(a, name), *y = api_lint_on(b, name);

    if (x == y || x == NULL || y == NULL) {
        return x == y;
    }

    for (i = 0; i < x->nargs && i < y->nargs; i++) {
        if (!api_span_eq(x->args[i], y->args[i])) {
            return false;
        }
    }

    return x->nargs == y->nargs;
}


/* Scheme and host of a proxy_pass, without its path. */

static api_span_t
authority(api_span_t url)
{
    size_t   i;
    unsigned slashes = 0;

    for (i = 0; i < url.len; i++) {
        slashes += url.data[i] == '/';

        if (slashes == 3) {
            break;
        }
    }

    return api_span(url.data, i);
}


static void
compare_ways(api_lint_t *lint, const api_loc_t *a, const api_loc_t *b)
{
    size_t                i;
    const api_conf_dir_t *x = api_lint_upstream(a->dir);
    const api_conf_dir_t *y = api_lint_upstream(b->dir);

    if (x == NULL || y == NULL
        || !api_span_eq(
            authority(api_conf_arg(x, 1)), authority(api_conf_arg(y, 1)))
        || api_lint_is_guarded(b->dir) || api_lint_is_guarded(a->dir))
    {
        return;
    }

    for (i = 0; i < NGUARDS; i++) {
        if (!same(a->dir, b->dir, guards[i])
            && (api_lint_on(a->dir, guards[i]) == NULL
                || api_lint_on(b->dir, guards[i]) == NULL))
        {
            api_lint_say(lint, b->dir, b->name,
                "%.*s is reached from here and from line %u, and %s holds at"
                " one of them only",
                S(authority(api_conf_arg(y, 1))), (unsigned) a->dir->line,
                guards[i]);
            return;
        }
    }
}


void
api_lint_two_ways(api_lint_t *lint)
{
    const api_loc_t *a = NULL, *b;

    while ((a = api_lint_each(lint, a)) != NULL) {
        if (api_lint_upstream(a->dir) == NULL) {
            continue;
        }

        for (b = api_lint_each(lint, a); b; b = api_lint_each(lint, b)) {
            compare_ways(lint, a, b);
        }
    }
}


void
api_lint_normalised(api_lint_t *lint)
{
    api_span_t            name, to;
    const api_loc_t      *l = NULL;
    const api_conf_dir_t *d;

    while ((l = api_lint_each(lint, l)) != NULL) {
        name = l->name;
        d = api_conf_child(l->dir, "alias");
        to = api_conf_arg(d, 1);

        if (d && l->kind < API_LOC_EXACT && to.len && name.len
            && to.data[to.len - 1] == '/' && name.data[name.len - 1] != '/')
        {
            api_lint_say(lint, d, name,
                "%.*s../ leads out of the alias: end the location in a slash",
                S(name));
        }

        d = api_conf_inherit(l->dir, "merge_slashes");

        if (api_conf_arg_is(d, 1, "off") && api_lint_upstream(l->dir)) {
            api_lint_say(lint, d, name,
                "merge_slashes off: //%.*s is another location here, and the"
                " same resource for the upstream",
                S(name));
        }

        d = api_conf_child(l->dir, "proxy_pass");
        to = api_conf_arg(d, 1);

        if (d && authority(to).len < to.len && l->kind < API_LOC_EXACT
            && name.len && name.data[name.len - 1] != '/'
            && to.data[to.len - 1] == '/')
        {
            api_lint_say(lint, d, name,
                "%.*s../ becomes ../ of the upstream: end the location in a"
                " slash",
                S(name));
        }
    }
}


/* return and rewrite come before any check; api_* directives beside them
   promise what does not happen. */

static void
early_return(api_lint_t *lint, const api_loc_t *l)
{
    size_t                i;
    const api_conf_dir_t *d = api_conf_child(l->dir, "return");

    for (i = 0; d && i < NGUARDS; i++) {
        if (api_conf_child(l->dir, guards[i])
            && !api_conf_arg_is(api_conf_child(l->dir, guards[i]), 1, "off"))
        {
            api_lint_say(lint, d, l->name,
                "return answers before %s looks at the request", guards[i]);
            return;
        }
    }
}


void
api_lint_satisfy(api_lint_t *lint)
{
    const api_loc_t      *l = NULL;
    const api_conf_dir_t *d;

    while ((l = api_lint_each(lint, l)) != NULL) {
        d = api_conf_inherit(l->dir, "satisfy");

        if (api_conf_arg_is(d, 1, "any") && api_lint_on(l->dir, "api_auth")
            && (api_conf_inherit(l->dir, "allow")
                || api_lint_on(l->dir, "auth_basic")
                || api_lint_on(l->dir, "auth_request")))
        {
            api_lint_say(lint, d, l->name,
                "satisfy any: whoever passes the other check needs no token"
                " at %s%.*s",
                place(l), S(l->name));
        }

        early_return(lint, l);
    }
}


/* A nested location or a lower level that turns off what the one around asks
   for. */

void
api_lint_nested(api_lint_t *lint)
{
    size_t                i;
    const api_loc_t      *l = NULL;
    const api_conf_dir_t *d;

    while ((l = api_lint_each(lint, l)) != NULL) {
        for (i = 0; l->parent && i < NGUARDS; i++) {
            d = api_conf_child(l->dir, guards[i]);

            if (api_conf_arg_is(d, 1, "off")
                && api_lint_on(l->parent->dir, guards[i])) {
                api_lint_say(lint, d, l->name,
                    "%s holds around this location (line %u), and not in it",
                    guards[i], (unsigned) l->parent->dir->line);
            }
        }
    }
}


/* A key that knows who asks, or a location where nobody is asked. */

void
api_lint_cache(api_lint_t *lint)
{
    uint32_t              i;
    bool                  knows;
    const api_loc_t      *l = NULL;
    const api_conf_dir_t *d, *key;

    while ((l = api_lint_each(lint, l)) != NULL) {
        d = api_lint_on(l->dir, "proxy_cache");
        key = api_conf_inherit(l->dir, "proxy_cache_key");
        knows = false;

        for (i = 1; key && i < key->nargs; i++) {
            knows |= api_lint_contains(key->args[i], "$api_principal")
                     || api_lint_contains(key->args[i], "$api_claim_")
                     || api_lint_contains(key->args[i], "$http_authorization");
        }

        if (d && api_lint_on(l->dir, "api_auth") && !knows
            && api_lint_upstream(l->dir))
        {
            api_lint_say(lint, d, l->name,
                "what one caller is answered is kept for all: proxy_cache_key"
                " does not have $api_principal");
        }
    }
}
