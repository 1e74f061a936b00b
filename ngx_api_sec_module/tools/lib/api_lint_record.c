/*
 * Checks: what is watched, reviewed, and written down.
 */

#include "api_lint_int.h"


static const char *const switches[] = { "api_auth", "api_schema", "api_waf",
    "api_ratelimit", "api_body", "api_schema_response", "api_graphql" };


static void
watches(api_lint_t *lint, const api_conf_dir_t *block)
{
    size_t                i;
    const api_conf_dir_t *d;

    for (i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
        for (d = api_conf_child(block, switches[i]); d; d = api_conf_more(d)) {
            if (api_span_eq(
                    api_conf_option(d, 1, "mode"), API_SPAN("monitor"))) {
                api_lint_say(lint, d, api_conf_arg(d, 1),
                    "%s only watches here: mode=monitor", switches[i]);
            }
        }
    }

    d = api_conf_child(block, "api_mode");

    if (d && !api_conf_arg_is(d, 1, "enforce")) {
        api_lint_say(lint, d, api_conf_arg(d, 1),
            "nothing is refused below here: api_mode %.*s",
            S(api_conf_arg(d, 1)));
    }
}


static bool
is_refusal(api_span_t code)
{
    return api_span_eq(code, API_SPAN("401"))
           || api_span_eq(code, API_SPAN("403"))
           || api_span_eq(code, API_SPAN("429"));
}


static void
error_pages(api_lint_t *lint, const api_conf_dir_t *block)
{
    bool                  refusal, ok;
    uint32_t              i;
    const api_conf_dir_t *d;

    for (d = api_conf_child(block, "error_page"); d; d = api_conf_more(d)) {
        refusal = false;
        ok = false;

        for (i = 1; i < d->nargs; i++) {
            refusal |= is_refusal(d->args[i]);
            ok |= d->args[i].len > 1 && d->args[i].data[0] == '='
                  && d->args[i].data[1] == '2';
        }

        if (refusal && ok) {
            api_lint_say(lint, d, api_conf_arg(d, 1),
                "a refusal is answered as a success: clients and monitors"
                " cannot see it");
        }
    }
}


static void
weakened(api_lint_t *lint, const api_conf_dir_t *block)
{
    watches(lint, block);
    error_pages(lint, block);
}


void
api_lint_weakened(api_lint_t *lint)
{
    const api_loc_t    *l = NULL;
    const api_server_t *s;

    if (lint->site->http) {
        weakened(lint, lint->site->http);
    }

    for (s = lint->site->first; s; s = s->next) {
        weakened(lint, s->dir);
    }

    while ((l = api_lint_each(lint, l)) != NULL) {
        weakened(lint, l->dir);
    }
}


static void
log_formats(api_lint_t *lint)
{
    size_t                   k;
    uint32_t                 i;
    const api_conf_dir_t    *d;
    static const char *const secrets[] = { "$http_authorization",
        "$http_cookie", "$http_x_api_key", "$cookie_", "$request_body" };

    for (d = api_conf_child(lint->site->http, "log_format"); d;
         d = api_conf_more(d))
    {
        for (i = 2; i < d->nargs; i++) {
            for (k = 0; k < sizeof(secrets) / sizeof(secrets[0]); k++) {
                if (api_lint_contains(d->args[i], secrets[k])) {
                    api_lint_say(lint, d, api_conf_arg(d, 1),
                        "log_format %.*s writes secrets: %s",
                        S(api_conf_arg(d, 1)), secrets[k]);
                }
            }
        }
    }
}


void
api_lint_no_audit(api_lint_t *lint)
{
    const api_loc_t      *l = NULL;
    const api_conf_dir_t *d;

    log_formats(lint);

    while ((l = api_lint_each(lint, l)) != NULL) {
        if (!api_lint_upstream(l->dir) || !api_lint_is_public(l->server)) {
            continue;
        }

        d = api_lint_on(l->dir, "api_audit");

        if (d == NULL) {
            api_lint_say(lint, l->dir, l->name,
                "nobody will know what happened at %s%.*s: api_audit is off",
                api_loc_kind_name(l->kind), S(l->name));

        } else if (api_lint_contains(api_conf_arg(d, 1), "syslog:")
                   && d->parent == l->dir)
        {
            api_lint_say(lint, d, l->name,
                "events over syslog are lost when its reader is slow: write a"
                " file, and ship that");
        }
    }
}


static const api_operation_t *
described(const api_lint_t *lint, const api_inv_view_t *v)
{
    uint32_t               i;
    const api_operation_t *op;
    const api_lint_spec_t *spec;

    for (spec = lint->specs; spec; spec = spec->next) {
        for (i = 0; spec->api && i < api_openapi_count(spec->api); i++) {
            op = api_openapi_at(spec->api, i);

            if (op->method == v->method && api_span_eq(op->route, v->template))
            {
                return op;
            }
        }
    }

    return NULL;
}


static void
seen(api_lint_t *lint, const api_inv_view_t *v)
{
    unsigned               i;
    api_span_t             method = api_method_name(v->method);
    api_span_t             what = api_arena_dup(lint->arena, v->template);
    api_inv_verdict_t      verdict;
    const api_operation_t *op = described(lint, v);
    const api_conf_dir_t  *http = lint->site->http;

    verdict = api_inventory_judge(v, op, lint->specs == NULL, lint->now);

    if (http == NULL || what.data == NULL || api_inv_requests(v) == 0) {
        return;
    }

    if (verdict.state == API_INV_SHADOW || verdict.state == API_INV_ZOMBIE) {
        api_lint_say(lint, http, what, "%.*s %.*s is served, and is a %s",
            S(method), S(what), api_inv_state_name(verdict.state));
    }

    for (i = 0; i < API_INV_NFINDINGS; i++) {
        if (verdict.findings >> i & 1) {
            api_lint_say(lint, http, what, "%.*s %.*s: %s", S(method), S(what),
                api_inv_finding_name(i));
        }
    }
}


void
api_lint_inventory(api_lint_t *lint)
{
    api_inv_op_t   i;
    api_inv_view_t v;

    for (i = 1; lint->inventory && i <= api_inventory_top(lint->inventory);
         i++) {
        if (api_inventory_view(lint->inventory, i, &v)) {
            seen(lint, &v);
        }
    }
}


static bool
has_owner(const api_lint_t *lint, const api_lint_spec_t *spec)
{
    const api_loc_t *l = NULL;

    if (api_node_ok(api_node_get(spec->root, API_SPAN("x-owner")))
        || api_node_ok(api_node_find(spec->root, API_SPAN("/info/x-owner")))
        || api_node_ok(api_node_find(spec->root, API_SPAN("/info/contact"))))
    {
        return true;
    }

    while ((l = api_lint_each(lint, l)) != NULL) {
        if (api_lint_spec_of(lint, l->dir) == spec
            && api_lint_on(l->dir, "api_policy"))
        {
            return true;
        }
    }

    return false;
}


void
api_lint_spec_owner(api_lint_t *lint)
{
    int64_t                due;
    api_node_t             review;
    const api_lint_spec_t *s;

    for (s = lint->specs; s; s = s->next) {
        review = api_node_find(s->root, API_SPAN("/info/x-review-by"));

        if (s->api == NULL) {
            api_lint_say_node(lint, s, 1, s->name,
                "document %.*s cannot be enforced: run  apisec schema check",
                S(s->name));
            continue;
        }

        if (api_openapi_version(s->api).len == 0) {
            api_lint_say_node(lint, s, 1, s->name,
                "document %.*s has no version", S(s->name));
        }

        if (!has_owner(lint, s)) {
            api_lint_say_node(lint, s, 1, s->name,
                "nobody owns %.*s: neither api_policy nor info.x-owner or"
                " info.contact",
                S(s->name));
        }

        if (api_lint_date(api_node_string(review), &due) && due <= lint->now) {
            api_lint_say_node(lint, s, api_node_line(review), s->name,
                "document %.*s was to be reviewed by %.*s", S(s->name),
                S(api_node_string(review)));
        }

        if (s->differs) {
            api_lint_say_node(lint, s, 1, s->name,
                "document %.*s is not what the configuration loads (%.*s)",
                S(s->name), S(api_conf_arg(s->dir, 2)));
        }
    }
}


/* How long an exception may be granted. */

#define EXCEPTION_MAX (92 * (int64_t) 86400)

static void
exception(api_lint_t *lint, const api_conf_dir_t *d)
{
    int64_t    until;
    api_span_t id = api_conf_arg(d, 1), scope = api_conf_option(d, 2, "scope");

    if (api_lint_date(api_conf_option(d, 2, "expires"), &until)) {
        if (until <= lint->now) {
            api_lint_say(lint, d, id,
                "exception %.*s has expired: it excepts nothing any more",
                S(id));

        } else if (until - lint->now > EXCEPTION_MAX) {
            api_lint_say(lint, d, id,
                "exception %.*s is granted for more than three months", S(id));
        }
    }

    if (api_conf_option(d, 2, "ticket").len == 0) {
        api_lint_say(lint, d, id, "exception %.*s has no ticket", S(id));
    }

    if (scope.len == 0 && !api_conf_is(d->parent, "location")) {
        api_lint_say(lint, d, id,
            "exception %.*s holds for more than one operation", S(id));
    }
}


static void
governance(api_lint_t *lint, const api_conf_dir_t *block)
{
    int64_t               due;
    const api_conf_dir_t *d;

    for (d = api_conf_child(block, "api_exception"); d; d = api_conf_more(d)) {
        if (!api_conf_arg_is(d, 1, "off")) {
            exception(lint, d);
        }
    }

    for (d = api_conf_child(block, "api_policy"); d; d = api_conf_more(d)) {
        if (api_lint_date(api_conf_option(d, 2, "review_by"), &due)
            && due <= lint->now)
        {
            api_lint_say(lint, d, api_conf_arg(d, 1),
                "policy %.*s was to be reviewed by %.*s",
                S(api_conf_arg(d, 1)), S(api_conf_option(d, 2, "review_by")));
        }
    }

    for (d = api_conf_child(block, "api_waf_patch"); d; d = api_conf_more(d)) {
        if (api_lint_date(api_conf_option(d, 2, "expires"), &due)
            && due <= lint->now) {
            api_lint_say(lint, d, api_conf_arg(d, 1),
                "patch %.*s has expired: the hole is open unless it was "
                "mended",
                S(api_conf_arg(d, 1)));
        }
    }
}


void
api_lint_exceptions(api_lint_t *lint)
{
    const api_loc_t    *l = NULL;
    const api_server_t *s;

    if (lint->site->http) {
        governance(lint, lint->site->http);
    }

    for (s = lint->site->first; s; s = s->next) {
        governance(lint, s->dir);
    }

    while ((l = api_lint_each(lint, l)) != NULL) {
        governance(lint, l->dir);
    }
}


static void
excludes(api_lint_t *lint, const api_conf_dir_t *block)
{
    const api_conf_dir_t *d;

    for (d = api_conf_child(block, "api_waf_exclude"); d; d = api_conf_more(d))
    {
        if (!api_conf_arg_is(d, 1, "off")
            && api_conf_option(d, 1, "target").data == NULL)
        {
            api_lint_say(lint, d, api_conf_arg(d, 1),
                "%.*s is taken out for all that stands below",
                S(api_conf_arg(d, 1)));
        }
    }
}


void
api_lint_waf_global(api_lint_t *lint)
{
    const api_server_t *s;

    if (lint->site->http) {
        excludes(lint, lint->site->http);
    }

    for (s = lint->site->first; s; s = s->next) {
        excludes(lint, s->dir);
    }
}


/* What a distribution has mended under an old number is not seen from here;
   its own list is. */

static uint64_t
release(api_span_t s)
{
    size_t   i;
    uint64_t out = 0, n = 0;
    unsigned parts = 0;

    for (i = 0; i <= s.len && parts < 4; i++) {
        if (i < s.len && s.data[i] >= '0' && s.data[i] <= '9') {
            n = n < 60000 ? n * 10 + (uint64_t) (s.data[i] - '0') : n;
            continue;
        }

        out = out << 16 | n;
        n = 0;
        parts++;

        if (i == s.len || s.data[i] != '.') {
            break;
        }
    }

    return out << 16 * (4 - parts);
}


void
api_lint_versions(api_lint_t *lint)
{
    size_t                     i, k;
    const api_lint_version_t  *v;
    const api_lint_advisory_t *a;

    for (i = 0; i < lint->nversions; i++) {
        v = &lint->versions[i];

        for (k = 0; k < lint->nadvisories; k++) {
            a = &lint->advisories[k];

            if (strcmp(a->program, v->program) == 0
                && release(v->version)
                       < release(api_span(a->before, strlen(a->before))))
            {
                api_lint_say(lint, &lint->site->conf->root,
                    api_span(a->what, strlen(a->what)),
                    "%s %.*s: %s is mended in %s", v->program, S(v->version),
                    a->what, a->before);
            }
        }
    }
}
