/*
 * Checks: who calls, and with what.
 */

#include "api_lint_int.h"


static bool
asks_for_something(const api_operation_t *op)
{
    uint32_t i;

    for (i = 0; i < op->nrequirements; i++) {
        if (op->requirements[i].nneeds == 0) {
            return false;
        }
    }

    return op->nrequirements > 0;
}


/* A security scheme of the document that a credential was named for. */

static bool
has_scheme(const api_lint_t *lint, const api_lint_spec_t *spec)
{
    return api_lint_defined(lint, "api_schema_security", spec->name) != NULL;
}


void
api_lint_auth_missing(api_lint_t *lint)
{
    uint32_t               i;
    api_lint_at_t          at;
    const api_operation_t *op;
    const api_lint_spec_t *spec;

    for (spec = lint->specs; spec; spec = spec->next) {
        for (i = 0; spec->api && i < api_openapi_count(spec->api); i++) {
            op = api_openapi_at(spec->api, i);

            if (!asks_for_something(op)) {
                continue;
            }

            at.server = NULL;

            while (api_lint_route(lint, spec, op, &at)) {
                if (!api_lint_on(at.block, "api_auth")
                    && !(has_scheme(lint, spec)
                         && api_lint_spec_of(lint, at.block) == spec)
                    && (at.loc == NULL || api_lint_upstream(at.block)))
                {
                    api_lint_say(lint, at.block, op->id,
                        "operation %.*s asks for credentials, and nobody"
                        " looks at them here",
                        S(op->id));
                }
            }
        }
    }
}


/* x-public: true says that it is meant. */

static bool
is_meant(const api_lint_spec_t *spec, const api_operation_t *op)
{
    bool yes = false;

    return api_node_bool(
               api_node_get(api_lint_op_node(spec, op), API_SPAN("x-public")),
               &yes)
           && yes;
}


void
api_lint_op_open(api_lint_t *lint)
{
    uint32_t               i;
    const api_operation_t *op;
    const api_lint_spec_t *spec;

    for (spec = lint->specs; spec; spec = spec->next) {
        for (i = 0; spec->api && i < api_openapi_count(spec->api); i++) {
            op = api_openapi_at(spec->api, i);

            if (!asks_for_something(op) && !op->internal
                && !is_meant(spec, op)) {
                api_lint_say_node(lint, spec, op->line, op->id,
                    "operation %.*s asks nobody for credentials", S(op->id));
            }
        }
    }
}


static int64_t
seconds(api_span_t s)
{
    size_t  i;
    int64_t n = 0;

    for (i = 0; i < s.len && s.data[i] >= '0' && s.data[i] <= '9'; i++) {
        n = n < INT32_MAX ? n * 10 + (s.data[i] - '0') : n;
    }

    if (i < s.len) {
        n *= s.data[i] == 'm'   ? 60
             : s.data[i] == 'h' ? 3600
             : s.data[i] == 'd' ? 86400
                                : 1;
    }

    return n;
}


static bool
has_word(const api_conf_dir_t *d, const char *word)
{
    uint32_t i;

    for (i = 1; d && i < d->nargs; i++) {
        if (api_conf_arg_is(d, i, word)) {
            return true;
        }
    }

    return false;
}


static bool
is_symmetric(const api_conf_dir_t *algorithms)
{
    return has_word(algorithms, "HS256") || has_word(algorithms, "HS384")
           || has_word(algorithms, "HS512");
}


/* The modules refuse what is missing altogether; this is about what they let
   an operator say. */

static void
issuer(api_lint_t *lint, const api_conf_dir_t *d)
{
    api_span_t            name = api_conf_arg(d, 1);
    const api_conf_dir_t *jwks = api_conf_child(d, "jwks"), *leeway;

    leeway = api_conf_child(d, "leeway");

    if (leeway && seconds(api_conf_arg(leeway, 1)) > 120) {
        api_lint_say(lint, leeway, name,
            "issuer %.*s takes tokens that expired more than two minutes ago",
            S(name));
    }

    if (is_symmetric(api_conf_child(d, "algorithms")) && jwks) {
        api_lint_say(lint, d, name,
            "issuer %.*s takes HS tokens beside a set of public keys",
            S(name));
    }

    if (!api_conf_child(d, "max_lifetime") && !api_conf_child(d, "max_age")) {
        api_lint_say(lint, d, name,
            "issuer %.*s takes tokens of any lifetime: max_lifetime is not"
            " set",
            S(name));
    }
}


/* An internal location from which keys come. */

static void
jwks_source(api_lint_t *lint, const api_conf_dir_t *d)
{
    api_span_t            source = api_conf_arg(d, 1), url;
    api_where_t           where;
    const api_server_t   *s;
    const api_conf_dir_t *pass;

    if (source.len < 5 || memcmp(source.data, "uri:", 4) != 0) {
        return;
    }

    for (s = lint->site->first; s; s = s->next) {
        api_site_locate(s, api_span(source.data + 4, source.len - 4), &where);
        pass = where.loc ? api_conf_child(where.loc->dir, "proxy_pass") : NULL;
        url = api_conf_arg(pass, 1);

        if (url.len > 7 && memcmp(url.data, "http://", 7) == 0
            && !api_lint_is_private(api_span(url.data + 7, url.len - 7)))
        {
            api_lint_say(
                lint, pass, source, "keys for tokens are fetched without TLS");
        }
    }
}


void
api_lint_jwt(api_lint_t *lint)
{
    const api_conf_dir_t *d;

    for (d = api_conf_child(lint->site->http, "api_jwt_issuer"); d;
         d = api_conf_more(d))
    {
        issuer(lint, d);

        if (api_conf_child(d, "jwks")) {
            jwks_source(lint, api_conf_child(d, "jwks"));
        }
    }
}


static void
weak_schemes(api_lint_t *lint, const api_lint_spec_t *spec)
{
    uint32_t            i;
    const api_scheme_t *s;

    for (i = 0; spec->api && (s = api_openapi_scheme(spec->api, i)); i++) {
        if (s->type == API_SCHEME_API_KEY && s->in == API_IN_QUERY) {
            api_lint_say_node(lint, spec, s->line, s->name,
                "scheme %.*s has its key in the query, which is logged",
                S(s->name));

        } else if (s->type == API_SCHEME_BASIC) {
            api_lint_say_node(lint, spec, s->line, s->name,
                "scheme %.*s is Basic: a password in every request",
                S(s->name));
        }
    }
}


void
api_lint_credentials(api_lint_t *lint)
{
    const api_loc_t       *l = NULL;
    const api_conf_dir_t  *d;
    const api_lint_file_t *f;
    const api_lint_spec_t *spec;

    for (spec = lint->specs; spec; spec = spec->next) {
        weak_schemes(lint, spec);
    }

    for (f = lint->files; f; f = f->next) {
        if (f->secret && !f->missing && (f->mode & 07)) {
            api_lint_say(lint, f->dir, f->path,
                "everybody may read or write the secret %.*s (mode %04o)",
                S(f->path), (unsigned) f->mode & 07777);
        }
    }

    while ((l = api_lint_each(lint, l)) != NULL) {
        d = api_lint_on(l->dir, "auth_basic");

        if (d && d->parent == l->dir) {
            api_lint_say(lint, d, l->name,
                "Basic authentication: a password in every request");
        }

        for (d = api_conf_child(l->dir, "proxy_set_header"); d;
             d = api_conf_more(d)) {
            if (api_span_eq_nocase(
                    api_conf_arg(d, 1), API_SPAN("Authorization"))
                && api_conf_arg(d, 2).len > 8
                && !api_lint_contains(api_conf_arg(d, 2), "$"))
            {
                api_lint_say(lint, d, l->name,
                    "a credential is written into the configuration");
            }
        }
    }
}


/* token query=NAME of an issuer, query=NAME of a key store. */

void
api_lint_query_token(api_lint_t *lint)
{
    const api_conf_dir_t *d, *t;

    for (d = api_conf_child(lint->site->http, "api_jwt_issuer"); d;
         d = api_conf_more(d))
    {
        for (t = api_conf_child(d, "token"); t; t = api_conf_more(t)) {
            if (api_conf_option(t, 1, "query").data) {
                api_lint_say(lint, t, api_conf_arg(d, 1),
                    "tokens of %.*s are taken from the query, which stands in"
                    " logs, histories and Referer",
                    S(api_conf_arg(d, 1)));
            }
        }
    }

    for (d = api_conf_child(lint->site->http, "api_key_store"); d;
         d = api_conf_more(d))
    {
        if (api_conf_option(d, 3, "query").data) {
            api_lint_say(lint, d, api_conf_arg(d, 1),
                "keys of %.*s are taken from the query, which stands in logs,"
                " histories and Referer",
                S(api_conf_arg(d, 1)));
        }
    }
}


void
api_lint_key_age(api_lint_t *lint)
{
    int64_t                most = lint->key_age, age;
    const api_lint_file_t *f;

    most = most ? most : 365 * (int64_t) 86400;

    for (f = lint->files; f; f = f->next) {
        age = lint->now - f->changed;

        if (!f->missing && age > most) {
            api_lint_say(lint, f->dir, f->path,
                "%.*s has not changed for %lld days, %lld may be", S(f->path),
                (long long) (age / 86400), (long long) (most / 86400));
        }
    }
}
