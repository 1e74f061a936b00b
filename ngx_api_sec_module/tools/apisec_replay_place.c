/*
 * Where a request came to in a configuration, and what stands there: for each
 * check a print of all that it does, so that two configurations can be
 * compared.
 */

#include "apisec_replay.h"

#include "api_path.h"
#include "api_siphash.h"

#include <stdlib.h>
#include <sys/stat.h>


#define FILE_MAX (64 * 1024 * 1024)
#define DEPTH_MAX 24

/* Directives of each check: all that stand at a place and above count. */

static const char *const names[APISEC_NCHECKS] = {
    "satisfy auth_basic auth_basic_user_file auth_request return rewrite if"
    " set limit_except try_files error_page internal root alias",
    "allow deny",
    "api_cors api_origin",
    "api_ratelimit_ban api_ratelimit_ban_allow api_ratelimit_net",
    "api_auth api_revocations",
    "api_schema api_schema_methods api_schema_operation api_exposure",
    "api_require",
    "api_bind",
    "api_ratelimit api_ratelimit_net limit_req limit_conn",
    "api_body api_body_limit api_body_decode client_max_body_size",
    "api_schema api_schema_body api_schema_unknown api_schema_limit"
    " api_schema_methods api_schema_operation api_schema_response api_graphql"
    " api_schema_security",
    "api_waf api_waf_exclude api_waf_paranoia api_waf_threshold api_waf_patch",
    "api_behavior",
    "api_leak",
};

/* The switch whose mode= is that of the check. */

static const char *const switches[APISEC_NCHECKS] = { NULL, NULL, NULL,
    "api_ratelimit_ban", "api_auth", "api_schema", "api_auth", "api_auth",
    "api_ratelimit", "api_body", "api_schema", "api_waf", NULL, NULL };

/* As rule= of api_exception has them. */

static const char *const checks[APISEC_NCHECKS] = { NULL, NULL, NULL, NULL,
    "auth", "schema", "require", "bind", "limit", NULL, "schema", "waf",
    "behavior", "leak" };

/* Definitions: looked at when their name is used. */

static const char *const definitions[] = { "api_jwt_issuer", "api_key_store",
    "api_mtls", "api_introspect", "api_schema_spec", "api_ratelimit_policy",
    "api_ratelimit_quota", "api_ratelimit_concurrency", "api_waf_ruleset",
    "limit_req_zone", "limit_conn_zone" };

/* ... when there is a variable in what is used. */

static const char *const sources[] = { "map", "geo", "split_clients",
    "api_list", "api_claim_set" };


typedef struct {
    apisec_side_t *side;
    char          *text; /* what a print is of */
    size_t         len;
    size_t         size;
} collect_t;


static void
add(collect_t *c, const void *data, size_t len)
{
    if (c->len + len > c->size) {
        c->size = (c->len + len) * 2 + 4096;
        c->text = realloc(c->text, c->size);

        if (c->text == NULL) {
            exit(apisec_fail(APISEC_FAILED, "no memory"));
        }
    }

    if (len) {
        memcpy(c->text + c->len, data, len);
    }

    c->len += len;
}


static bool
has_name(const char *list, api_span_t name)
{
    size_t n;

    for (/* void */; *list; list += n + (list[n] == ' ')) {
        n = strcspn(list, " ");

        if (api_span_eq(name, api_span(list, n))) {
            return true;
        }
    }

    return false;
}


/* What is in a file that a word names counts, not how the file is called. */

static bool
add_file(collect_t *c, api_span_t word)
{
    struct stat st;
    api_span_t  text;
    const char *path;

    path = apisec_text("%s%s%.*s",
        word.len && word.data[0] == '/' ? "" : c->side->stage.folder,
        word.len && word.data[0] == '/' ? "" : "/", (int) word.len,
        (const char *) word.data);

    if (word.len == 0 || memchr(word.data, '.', word.len) == NULL
        || stat(path, &st) != 0 || !S_ISREG(st.st_mode)
        || apisec_read(path, FILE_MAX, &text) != APISEC_OK)
    {
        return false;
    }

    add(c, text.data, text.len);

    return true;
}


/* A directive and all in it, without the mode. */

static void
add_tree(collect_t *c, const api_conf_dir_t *d, unsigned depth)
{
    uint32_t              i;
    const api_conf_dir_t *child;

    for (i = 0; i < d->nargs; i++) {
        if (i && d->args[i].len > 5
            && memcmp(d->args[i].data, "mode=", 5) == 0) {
            continue;
        }

        if (i == 0 || !add_file(c, d->args[i])) {
            add(c, d->args[i].data, d->args[i].len);
        }

        add(c, "", 1);
    }

    for (child = d->first; child && depth; child = child->next) {
        add_tree(c, child, depth - 1);
    }

    add(c, "\1", 1);
}


/* Is a word of what was collected this name, alone or behind = or , ? */

static bool
uses(const collect_t *c, size_t len, api_span_t name)
{
    size_t i;

    for (i = 0; name.len && i + name.len <= len; i++) {
        if (memcmp(c->text + i, name.data, name.len) == 0
            && (i == 0 || strchr("=,", c->text[i - 1]) || !c->text[i - 1])
            && (i + name.len == len || !c->text[i + name.len]
                || c->text[i + name.len] == ','))
        {
            return true;
        }
    }

    return false;
}


static void
add_definitions(collect_t *c)
{
    size_t                i, len = c->len;
    const api_conf_dir_t *d, *http = c->side->stage.site->http;

    for (i = 0; i < sizeof(definitions) / sizeof(definitions[0]); i++) {
        for (d = api_conf_child(http, definitions[i]); d; d = api_conf_more(d))
        {
            if (uses(c, len, api_conf_arg(d, 1))
                || memmem(c->text, len, "zone=", 5)) {
                add_tree(c, d, DEPTH_MAX);
            }
        }
    }

    for (i = 0; memchr(c->text, '$', c->len)
                && i < sizeof(sources) / sizeof(sources[0]);
         i++)
    {
        for (d = api_conf_child(http, sources[i]); d; d = api_conf_more(d)) {
            add_tree(c, d, DEPTH_MAX);
        }
    }
}


/* Those of the check: rule=CHECK or CHECK.REASON. */

static void
add_exceptions(collect_t *c, const api_conf_dir_t *block, apisec_check_t check)
{
    api_span_t            rule;
    const api_conf_dir_t *d;

    for (/* void */; block; block = block->parent) {
        for (d = api_conf_child(block, "api_exception"); d;
             d = api_conf_more(d)) {
            rule = api_conf_option(d, 2, "rule");

            if (checks[check] && rule.len >= strlen(checks[check])
                && memcmp(rule.data, checks[check], strlen(checks[check]))
                       == 0)
            {
                add_tree(c, d, 0);
            }
        }
    }
}


/* From the place up to http. */

static void
print_check(apisec_place_t *p, apisec_check_t check, collect_t *c)
{
    api_sipkey_t          key;
    const api_conf_dir_t *block, *d;

    memset(&key, 0, sizeof(key));
    c->len = 0;

    for (block = p->dir; block; block = block->parent) {
        for (d = block->first; d; d = d->next) {
            if (has_name(names[check], d->args[0])
                && !(d->block && api_conf_is(d, "location")))
            {
                add_tree(c, d, DEPTH_MAX);
            }
        }
    }

    p->there[check] = c->len != 0;

    if (c->len == 0) {
        p->print[check] = 0;
        return;
    }

    add_definitions(c);

    add_exceptions(c, p->dir, check);
    p->print[check] = api_siphash13(key, api_span(c->text, c->len));
}


static apisec_mode_t
mode_of(api_span_t word)
{
    if (api_span_eq(word, API_SPAN("off"))) {
        return APISEC_MODE_OFF;
    }

    if (api_span_eq(word, API_SPAN("monitor"))) {
        return APISEC_MODE_MONITOR;
    }

    return word.len && word.data[0] == '$' ? APISEC_MODE_VARIABLE
                                           : APISEC_MODE_ENFORCE;
}


static void
modes(apisec_place_t *p)
{
    size_t                i;
    api_span_t            word;
    apisec_mode_t         mode, ceiling;
    const api_conf_dir_t *d = api_conf_inherit(p->dir, "api_mode");

    ceiling = d ? mode_of(api_conf_arg(d, 1)) : APISEC_MODE_ENFORCE;

    for (i = 0; i < APISEC_NCHECKS; i++) {
        mode = APISEC_MODE_ENFORCE;
        d = switches[i] ? api_conf_inherit(p->dir, switches[i]) : NULL;

        if (d) {
            word = api_conf_option(d, 1, "mode");
            mode = word.data                      ? mode_of(word)
                   : api_conf_arg_is(d, 1, "off") ? APISEC_MODE_OFF
                                                  : APISEC_MODE_ENFORCE;
        }

        p->mode[i] =
            ceiling == APISEC_MODE_VARIABLE || mode == APISEC_MODE_VARIABLE
                ? APISEC_MODE_VARIABLE
            : ceiling < mode ? ceiling
                             : mode;
    }
}


/* Of the caller a bind may look at `sub` alone, which is recorded. */

static void
bind_words(apisec_place_t *p)
{
    uint32_t              i;
    api_span_t            w;
    const api_conf_dir_t *block, *d;

    for (block = p->dir; block; block = block->parent) {
        for (d = api_conf_child(block, "api_bind"); d; d = api_conf_more(d)) {
            for (i = 1; i < d->nargs; i++) {
                w = d->args[i];
                p->by_claims =
                    p->by_claims || api_span_eq(w, API_SPAN("scope"))
                    || (memchr(w.data, ':', w.len)
                        && !api_span_eq(w, API_SPAN("claim:sub"))
                        && !(w.len > 5 && memcmp(w.data, "path:", 5) == 0));
            }
        }
    }
}


static const apisec_place_t *
place_of(apisec_side_t *side, const api_conf_dir_t *dir)
{
    size_t           i;
    collect_t        c = { .side = side };
    apisec_place_t  *p;
    apisec_check_t   check;
    api_arena_mark_t mark;

    for (i = 0; i < side->nplaces; i++) {
        if (side->places[i].dir == dir) {
            return &side->places[i];
        }
    }

    if (side->places == NULL) {
        side->places = calloc(APISEC_PLACES_MAX, sizeof(apisec_place_t));
    }

    if (side->places == NULL || side->nplaces == APISEC_PLACES_MAX) {
        exit(apisec_fail(APISEC_FAILED, "%s: more than %d places", side->name,
            APISEC_PLACES_MAX));
    }

    p = &side->places[side->nplaces++];
    p->dir = dir;
    mark = api_arena_mark(apisec_arena());

    for (check = 0; check < APISEC_NCHECKS; check++) {
        print_check(p, check, &c);
    }

    modes(p);
    bind_words(p);
    api_arena_rewind(apisec_arena(), mark);
    free(c.text);

    return p;
}


static const api_conf_dir_t *
locate(const api_server_t *server, const char *path)
{
    api_path_t  parsed;
    api_span_t  uri;
    api_where_t where;

    if (api_path_parse(
            &parsed, apisec_span(path), true, NULL, apisec_arena(), NULL)
        != API_OK)
    {
        return server->dir;
    }

    uri = parsed.uri;
    api_site_locate(server, uri, &where);

    return where.loc ? where.loc->dir : server->dir;
}


/* The record has no port: what listens with TLS, or without, as it says. */

static const api_server_t *
server_of(apisec_side_t *side, const apisec_event_t *e, uint32_t *listen,
    const char **doubt)
{
    uint32_t                  i;
    const api_server_t       *found = NULL, *s;
    const api_stage_listen_t *l;

    for (i = 0; i < side->stage.plan.nlistens; i++) {
        l = &side->stage.plan.listens[i];

        if (l->ssl != (e->tls.len != 0)) {
            continue;
        }

        s = api_site_server(side->stage.site, l->address, l->port, e->host);

        if (s == NULL || s == found) {
            continue;
        }

        /* the one that the record names, when there are several */

        if (found && s->nnames && api_span_eq(s->names[0], e->server)
            && !(found->nnames && api_span_eq(found->names[0], e->server)))
        {
            found = NULL;
        }

        if (found) {
            *doubt = "which port it came to is not recorded, and several"
                     " servers fit";
            continue;
        }

        found = s;
        *listen = i;
    }

    return found;
}


const apisec_place_t *
apisec_replay_place(apisec_side_t *side, const apisec_event_t *e,
    uint32_t *listen, const char **doubt)
{
    const api_conf_dir_t *at;
    const api_server_t   *server = server_of(side, e, listen, doubt);

    if (server == NULL) {
        return NULL;
    }

    at = locate(server, apisec_replay_path(e->path, "1000001"));

    if (at != locate(server, apisec_replay_path(e->path, "aB3-xyz"))) {
        *doubt =
            "the path has a pseudonym where a location looks at the value";
    }

    return place_of(side, at);
}


/* Scopes, so that what stands behind api_require is reached in a trial. */

static void
scopes(apisec_side_t *side, const api_conf_dir_t *d)
{
    uint32_t i;
    bool     on = false;

    for (i = 1; i < d->nargs && strlen(side->scopes) < 4000; i++) {
        if (api_conf_arg_is(d, i, "scope") || api_conf_arg_is(d, i, "or")) {
            on = api_conf_arg_is(d, i, "scope");

        } else if (on && !api_conf_arg_is(d, i, "any")) {
            side->scopes =
                apisec_text("%s%s%s", side->scopes, *side->scopes ? " " : "",
                    apisec_span_text(api_conf_arg(d, i)));
        }
    }
}


/* Does any of it look at where a request came from, or at who it is? */

void
apisec_replay_cares(apisec_side_t *side)
{
    uint32_t              i;
    api_span_t            w;
    const api_conf_dir_t *d = side->stage.site->http->first;

    side->scopes = "";

    while (d) {
        side->by_client = side->by_client || api_conf_is(d, "allow")
                          || api_conf_is(d, "deny") || api_conf_is(d, "geo");
        side->by_who = side->by_who || api_conf_is(d, "api_bind");

        if (api_conf_is(d, "api_require")) {
            scopes(side, d);
        }

        for (i = 1; i < d->nargs; i++) {
            w = d->args[i];
            side->by_client = side->by_client
                              || memmem(w.data, w.len, "remote_addr", 11)
                              || memmem(w.data, w.len, "address:", 8);
            side->by_who = side->by_who || memmem(w.data, w.len, "sub", 3)
                           || memmem(w.data, w.len, "principal", 9);
        }

        if (d->first) {
            d = d->first;
            continue;
        }

        while (d && d->next == NULL) {
            d = d->parent == side->stage.site->http ? NULL : d->parent;
        }

        d = d ? d->next : NULL;
    }
}
