/*
 * Checks: how much, and by whom.
 */

#include "api_lint_int.h"


/* The policies in force in a block, one call each. */

typedef bool (*limit_pt)(const api_lint_t *lint, const api_conf_dir_t *policy);

static bool
any_limit(const api_lint_t *lint, const api_conf_dir_t *block, limit_pt is)
{
    size_t                   k;
    uint32_t                 i;
    const api_conf_dir_t    *level = block, *d = NULL, *policy;
    static const char *const kinds[] = { "api_ratelimit_policy",
        "api_ratelimit_quota", "api_ratelimit_concurrency" };

    while ((d = api_lint_sum(&level, d, "api_ratelimit")) != NULL) {
        for (i = 1; i < d->nargs; i++) {
            for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
                policy = api_lint_defined(lint, kinds[k], d->args[i]);

                if (policy && is(lint, policy)) {
                    return true;
                }
            }
        }
    }

    return false;
}


static bool
is_any(const api_lint_t *lint, const api_conf_dir_t *policy)
{
    (void) lint;

    return policy != NULL;
}


/* Each caller for himself. */

static bool
is_by_caller(const api_lint_t *lint, const api_conf_dir_t *policy)
{
    api_span_t key = api_conf_option(policy, 2, "key");

    (void) lint;

    return api_lint_contains(key, "$api_principal")
           || api_lint_contains(key, "$api_claim_");
}


/* A rate in minutes, hours or days, or of failures alone. */

static bool
is_strict(const api_lint_t *lint, const api_conf_dir_t *policy)
{
    api_span_t rate = api_conf_option(policy, 2, "rate");

    (void) lint;

    return api_conf_is(policy, "api_ratelimit_quota")
           || api_conf_option(policy, 2, "charge").data
           || !api_lint_ends(rate, "r/s");
}


static bool
is_login(api_span_t route)
{
    size_t                   i;
    static const char *const words[] = { "login", "signin", "token",
        "password", "reset", "otp", "2fa", "mfa", "verify" };

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (api_lint_contains_nocase(route, words[i])) {
            return true;
        }
    }

    return false;
}


static bool
stock_limit(const api_conf_dir_t *block)
{
    return api_lint_on(block, "limit_req") != NULL;
}


static void
limits_of(api_lint_t *lint, const api_lint_spec_t *spec,
    const api_operation_t *op, const api_lint_at_t *at)
{
    if (!any_limit(lint, at->block, is_any) && !stock_limit(at->block)) {
        api_lint_say_node(lint, spec, op->line, op->id,
            "operation %.*s has no limit: one caller may take all there is",
            S(op->id));

    } else if (op->method == API_METHOD_POST && is_login(op->route)
               && !any_limit(lint, at->block, is_strict))
    {
        api_lint_say_node(lint, spec, op->line, op->id,
            "operation %.*s is where secrets are guessed, and its limit is"
            " per second only",
            S(op->id));

    } else if (op->nrequirements && api_lint_on(at->block, "api_auth")
               && !any_limit(lint, at->block, is_by_caller))
    {
        api_lint_say_node(lint, spec, op->line, op->id,
            "operation %.*s knows its caller, and no limit counts by"
            " $api_principal",
            S(op->id));
    }
}


void
api_lint_no_limit(api_lint_t *lint)
{
    uint32_t               i;
    api_lint_at_t          at;
    const api_operation_t *op;
    const api_lint_spec_t *spec;

    for (spec = lint->specs; spec; spec = spec->next) {
        for (i = 0; spec->api && i < api_openapi_count(spec->api); i++) {
            op = api_openapi_at(spec->api, i);
            at.server = NULL;

            while (api_lint_route(lint, spec, op, &at)) {
                limits_of(lint, spec, op, &at);
            }
        }
    }
}


/* Whoever has no credential has no principal, and a limit with the default
   empty=skip does not see him. */

static bool
is_skipped(const api_lint_t *lint, const api_conf_dir_t *policy)
{
    return is_by_caller(lint, policy)
           && !api_span_eq(
               api_conf_option(policy, 2, "empty"), API_SPAN("deny"));
}


static bool
is_by_address(const api_lint_t *lint, const api_conf_dir_t *policy)
{
    return !is_by_caller(lint, policy);
}


static bool
lets_anonymous(const api_conf_dir_t *block)
{
    uint32_t              i;
    const api_conf_dir_t *auth = api_lint_on(block, "api_auth");

    for (i = 1; auth && i < auth->nargs; i++) {
        if (api_conf_arg_is(auth, i, "optional")) {
            return true;
        }
    }

    return auth == NULL;
}


void
api_lint_anonymous(api_lint_t *lint)
{
    const api_loc_t *l = NULL;

    while ((l = api_lint_each(lint, l)) != NULL) {
        if (lets_anonymous(l->dir) && any_limit(lint, l->dir, is_skipped)
            && !any_limit(lint, l->dir, is_by_address))
        {
            api_lint_say(lint, l->dir, l->name,
                "whoever brings no credential is under no limit here: the"
                " limit counts by caller and skips who has no name");
        }
    }
}


static bool
is_everyone(api_span_t s)
{
    return api_span_eq(s, API_SPAN("0.0.0.0/0"))
           || api_span_eq(s, API_SPAN("::/0"))
           || api_span_eq(s, API_SPAN("all"));
}


static void
trusts(api_lint_t *lint, const api_conf_dir_t *block)
{
    const api_conf_dir_t *d;

    for (d = api_conf_child(block, "set_real_ip_from"); d;
         d = api_conf_more(d)) {
        if (is_everyone(api_conf_arg(d, 1))) {
            api_lint_say(lint, d, api_conf_arg(d, 1),
                "anybody may say who he is: real_ip is taken from %.*s",
                S(api_conf_arg(d, 1)));
        }
    }
}


void
api_lint_realip(api_lint_t *lint)
{
    size_t                   i;
    const api_loc_t         *l = NULL;
    const api_conf_dir_t    *d;
    const api_server_t      *s;
    static const char *const kinds[] = { "api_ratelimit_policy",
        "api_ratelimit_quota", "api_ratelimit_concurrency", "limit_req_zone",
        "limit_conn_zone" };

    trusts(lint, lint->site->http);

    for (s = lint->site->first; s; s = s->next) {
        trusts(lint, s->dir);
    }

    while ((l = api_lint_each(lint, l)) != NULL) {
        trusts(lint, l->dir);
    }

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        for (d = api_conf_child(lint->site->http, kinds[i]); d;
             d = api_conf_more(d)) {
            if (api_lint_contains(
                    api_conf_option(d, 1, "key"), "$http_x_forwarded_for")
                || api_lint_contains(
                    api_conf_arg(d, 1), "$http_x_forwarded_for"))
            {
                api_lint_say(lint, d, api_conf_arg(d, 1),
                    "the key is what the client writes into X-Forwarded-For");
            }
        }
    }
}


static uint64_t
size_of(api_span_t s)
{
    size_t   i;
    uint64_t n = 0;

    for (i = 0; i < s.len && s.data[i] >= '0' && s.data[i] <= '9'; i++) {
        n = n < UINT32_MAX ? n * 10 + (uint64_t) (s.data[i] - '0') : n;
    }

    if (i < s.len) {
        n <<= (s.data[i] | 0x20) == 'k'   ? 10
              : (s.data[i] | 0x20) == 'm' ? 20
              : (s.data[i] | 0x20) == 'g' ? 30
                                          : 0;
    }

    return n;
}


/* 32 bytes a key (docs/directives/ratelimit.md); fewer keys than these are
   gone through by a scan of a small network. */

#define KEYS_MIN 30000
#define KEY_BYTES 32

void
api_lint_zone(api_lint_t *lint)
{
    uint32_t               ops = 0;
    api_inv_totals_t       t;
    const api_conf_dir_t  *d;
    const api_lint_spec_t *spec;

    for (d = api_conf_child(lint->site->http, "api_ratelimit_zone"); d;
         d = api_conf_more(d))
    {
        if (size_of(api_conf_arg(d, 2)) < KEYS_MIN * KEY_BYTES) {
            api_lint_say(lint, d, api_conf_arg(d, 1),
                "zone %.*s has room for %llu callers; when it is full, old"
                " ones are forgotten",
                S(api_conf_arg(d, 1)),
                (unsigned long long) (size_of(api_conf_arg(d, 2))
                                      / KEY_BYTES));
        }
    }

    for (spec = lint->specs; spec; spec = spec->next) {
        ops += spec->api ? api_openapi_count(spec->api) : 0;
    }

    if (lint->inventory == NULL) {
        return;
    }

    api_inventory_totals(lint->inventory, &t);
    d = api_conf_child(lint->site->http, "api_zone");

    if (d && (t.overflow || ops > t.max_ops)) {
        api_lint_say(lint, d, api_conf_arg(d, 1),
            "the inventory has room for %u operations: %u are described,"
            " %llu found no room",
            (unsigned) t.max_ops, (unsigned) ops,
            (unsigned long long) t.overflow);
    }
}
