/*
 * Checks: transports, origins, and what is told to strangers.
 */

#include "api_lint_int.h"


static bool
has_upstream(const api_server_t *s)
{
    const api_loc_t *l;

    for (l = api_site_next(s, NULL); l; l = api_site_next(s, l)) {
        if (api_lint_upstream(l->dir)) {
            return true;
        }
    }

    return false;
}


static bool
has_arg(const api_conf_dir_t *d, const char *word)
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
has_header(const api_conf_dir_t *block, const char *name)
{
    const api_conf_dir_t *d = api_conf_inherit(block, "add_header");

    for (; d; d = api_conf_more(d)) {
        if (api_span_eq_nocase(
                api_conf_arg(d, 1), api_span(name, strlen(name)))) {
            return true;
        }
    }

    return false;
}


static void
old_protocols(api_lint_t *lint, const api_server_t *s, api_span_t name)
{
    size_t                   i;
    const api_conf_dir_t    *d = api_conf_inherit(s->dir, "ssl_protocols");
    static const char *const old[] = { "SSLv2", "SSLv3", "TLSv1", "TLSv1.1" };

    for (i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
        if (has_arg(d, old[i])) {
            api_lint_say(lint, d, name, "%s is taken", old[i]);
            break;
        }
    }
}


void
api_lint_tls(api_lint_t *lint)
{
    bool                ssl;
    uint32_t            i;
    api_span_t          name;
    const api_server_t *s;

    for (s = lint->site->first; s; s = s->next) {
        name = s->names[0];
        ssl = false;

        for (i = 0; i < s->nlistens; i++) {
            ssl |= s->listens[i].ssl;

            if (!s->listens[i].ssl && has_upstream(s) && api_lint_is_public(s)
                && !api_lint_is_private(s->listens[i].address))
            {
                api_lint_say(lint,
                    s->listens[i].dir ? s->listens[i].dir : s->dir, name,
                    "requests and tokens come here without TLS");
            }
        }

        if (ssl) {
            old_protocols(lint, s, name);
        }

        if (ssl && has_upstream(s) && api_lint_is_public(s)
            && !has_header(s->dir, "Strict-Transport-Security"))
        {
            api_lint_say(lint, s->dir, name,
                "no Strict-Transport-Security: a first request may still go"
                " without TLS");
        }
    }
}


static void
cors_header(api_lint_t *lint, const api_loc_t *l)
{
    api_span_t            value;
    const api_conf_dir_t *d = api_conf_inherit(l->dir, "add_header");

    for (; d; d = api_conf_more(d)) {
        value = api_conf_arg(d, 2);

        if (!api_span_eq_nocase(
                api_conf_arg(d, 1), API_SPAN("Access-Control-Allow-Origin")))
        {
            continue;
        }

        if (api_lint_contains(value, "$http_origin")) {
            api_lint_say(lint, d, l->name,
                "every origin is allowed: the one that asks is sent back");

        } else if (api_span_eq(value, API_SPAN("*"))
                   && has_header(l->dir, "Access-Control-Allow-Credentials"))
        {
            api_lint_say(lint, d, l->name, "every origin, with credentials");
        }
    }
}


void
api_lint_cors(api_lint_t *lint)
{
    const api_loc_t      *l = NULL;
    const api_conf_dir_t *d, *last = NULL;

    while ((l = api_lint_each(lint, l)) != NULL) {
        d = api_lint_on(l->dir, "api_cors");

        if (d && d != last
            && api_span_eq(api_conf_option(d, 1, "origins"), API_SPAN("*")))
        {
            last = d;

            if (has_arg(d, "credentials") || api_lint_on(l->dir, "api_auth")) {
                api_lint_say(lint, d, l->name,
                    "pages of every origin may read what callers with"
                    " credentials are answered");
            }
        }

        cors_header(lint, l);
    }
}


static const char *const admin[] = { "api_status", "stub_status" };


void
api_lint_admin_open(api_lint_t *lint)
{
    size_t                i;
    const api_loc_t      *l = NULL;
    const api_conf_dir_t *d;

    while ((l = api_lint_each(lint, l)) != NULL) {
        for (i = 0; i < sizeof(admin) / sizeof(admin[0]); i++) {
            d = api_conf_child(l->dir, admin[i]);

            if (d && api_lint_is_public(l->server)
                && !api_lint_is_guarded(l->dir)
                && !api_lint_on(l->dir, "api_auth"))
            {
                api_lint_say(lint, d, l->name,
                    "%s answers everybody who reaches this server", admin[i]);
            }
        }
    }
}


static bool
has_response(
    const api_lint_spec_t *spec, const api_operation_t *op, const char *status)
{
    return api_node_ok(api_node_get(
        api_node_get(api_lint_op_node(spec, op), API_SPAN("responses")),
        api_span(status, strlen(status))));
}


static void
undescribed(api_lint_t *lint, const api_lint_spec_t *spec)
{
    uint32_t               i;
    const api_operation_t *op;

    for (i = 0; spec->api && i < api_openapi_count(spec->api); i++) {
        op = api_openapi_at(spec->api, i);

        if (op->nrequirements && !has_response(spec, op, "401")
            && !has_response(spec, op, "4XX")
            && !has_response(spec, op, "default"))
        {
            api_lint_say_node(lint, spec, op->line, op->id,
                "operation %.*s can be refused, and does not say how (401,"
                " 4XX or default)",
                S(op->id));
        }
    }
}


void
api_lint_errors(api_lint_t *lint)
{
    const api_server_t    *s;
    const api_conf_dir_t  *d;
    const api_lint_spec_t *spec;

    for (s = lint->site->first; s; s = s->next) {
        d = api_conf_inherit(s->dir, "server_tokens");

        if (api_lint_is_public(s) && has_upstream(s)
            && !api_conf_arg_is(d, 1, "off")) {
            api_lint_say(lint, d ? d : s->dir, s->names[0],
                "nginx tells its version: server_tokens is not off");
        }
    }

    for (spec = lint->specs; spec; spec = spec->next) {
        undescribed(lint, spec);
    }
}


/* The host of a proxy_pass that is no name of an upstream block and no
   address of our own net. */

static bool
is_far(const api_lint_t *lint, api_span_t url, bool *tls)
{
    size_t                i, n = 0;
    api_span_t            host;
    const api_conf_dir_t *d;

    *tls = url.len > 8 && memcmp(url.data, "https://", 8) == 0;

    if (!*tls && !(url.len > 7 && memcmp(url.data, "http://", 7) == 0)) {
        return false;
    }

    i = *tls ? 8 : 7;

    while (i + n < url.len && url.data[i + n] != '/' && url.data[i + n] != ':')
    {
        n++;
    }

    host = api_span(url.data + i, n);

    for (d = api_conf_child(lint->site->http, "upstream"); d;
         d = api_conf_more(d)) {
        if (api_span_eq(api_conf_arg(d, 1), host)) {
            return false;
        }
    }

    return n > 0 && !api_lint_is_private(host) && host.data[0] != '$'
           && api_lint_contains(host, ".");
}


void
api_lint_egress(api_lint_t *lint)
{
    bool                  tls;
    const api_loc_t      *l = NULL;
    const api_conf_dir_t *d;

    while ((l = api_lint_each(lint, l)) != NULL) {
        d = api_conf_child(l->dir, "proxy_pass");

        if (d && is_far(lint, api_conf_arg(d, 1), &tls)
            && (api_lint_is_guarded(l->dir) || !api_lint_is_public(l->server))
            && !api_lint_on(l->dir, "api_schema_response"))
        {
            api_lint_say(lint, d, l->name,
                "what somebody else's API answers is taken as it comes:"
                " api_schema_response is not on");
        }
    }
}


/* Certificates are looked at where the name of an upstream block hides who it
   is, too. */

void
api_lint_upstream_tls(api_lint_t *lint)
{
    bool                  tls;
    api_span_t            url;
    const api_loc_t      *l = NULL;
    const api_conf_dir_t *d;

    while ((l = api_lint_each(lint, l)) != NULL) {
        d = api_conf_child(l->dir, "proxy_pass");
        url = api_conf_arg(d, 1);

        if (is_far(lint, url, &tls) && !tls) {
            api_lint_say(lint, d, l->name,
                "requests leave for %.*s without TLS", S(url));

        } else if (url.len > 8 && memcmp(url.data, "https://", 8) == 0
                   && !api_conf_arg_is(
                       api_conf_inherit(l->dir, "proxy_ssl_verify"), 1, "on"))
        {
            api_lint_say(lint, d, l->name,
                "anybody may be %.*s: proxy_ssl_verify is not on", S(url));
        }
    }
}
