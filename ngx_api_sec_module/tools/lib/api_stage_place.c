/*
 * Where requests come in, and where they go.
 */

#include "api_stage_int.h"


static const api_server_t *
server_of(const api_site_t *site, const api_conf_dir_t *d)
{
    const api_server_t *server;

    for (server = site->first; server; server = server->next) {
        if (server->dir == d) {
            return server;
        }
    }

    return NULL;
}


/* nginx takes these for one address. */

static api_span_t
canonical(api_span_t address)
{
    return api_span_eq(address, API_SPAN("0.0.0.0")) ? API_SPAN("*") : address;
}


/* The number of a listener; UINT32_MAX: no memory. */

static uint32_t
number_of(api_stager_t *s, const api_listen_t *l)
{
    uint32_t            i;
    api_stage_t        *stage = s->stage;
    api_stage_listen_t *at;
    const api_span_t    address = canonical(l->address);

    for (i = 0; i < stage->nlistens; i++) {
        at = &stage->listens[i];

        if (at->port == l->port && api_span_eq(at->address, address)) {
            at->ssl = at->ssl || l->ssl;
            return i;
        }
    }

    at = api_arena_grow(s->arena, stage->listens,
        stage->nlistens * sizeof(api_stage_listen_t),
        (stage->nlistens + 1) * sizeof(api_stage_listen_t));

    if (at == NULL) {
        s->nomem = true;
        return UINT32_MAX;
    }

    at[i] = (api_stage_listen_t){ address, l->port, l->ssl };
    stage->listens = at;
    stage->nlistens++;

    return i;
}


static void
digits(api_stager_t *s, uint32_t n)
{
    char  text[11];
    char *p = text + sizeof(text) - 1;

    *p = '\0';

    do {
        *--p = (char) ('0' + n % 10);
        n /= 10;
    } while (n);

    api_stage_put(s, p);
}


static bool
is_quic(const api_listen_t *l)
{
    uint32_t i;

    for (i = 2; l->dir && i < l->dir->nargs; i++) {
        if (api_conf_arg_is(l->dir, i, "quic")) {
            return true;
        }
    }

    return false;
}


void
api_stage_listens(api_stager_t *s, const api_conf_dir_t *d)
{
    uint32_t            i, n;
    const api_listen_t *l;
    const api_server_t *server = server_of(s->site, d);

    for (i = 0; server && i < server->nlistens; i++) {
        l = &server->listens[i];
        n = is_quic(l) ? UINT32_MAX : number_of(s, l);

        if (n == UINT32_MAX) {
            continue;
        }

        api_stage_begin(s, l->dir ? l->dir : d, "listen");
        api_stage_file(s, "unix:", "s");
        digits(s, n);
        api_stage_put(s, ".sock proxy_protocol");
        api_stage_put(s, l->ssl ? " ssl" : "");
        api_stage_put(s, l->is_default ? " default_server" : "");
        api_stage_end(s);
        s->tls = s->tls || l->ssl;
    }
}


/* Servers of an upstream are whoever answers here; how one is chosen among
   them decides nothing. */

void
api_stage_upstream(api_stager_t *s, const api_conf_dir_t *d)
{
    api_stage_begin(s, d, "upstream");
    api_stage_word(s, api_conf_arg(d, 1));
    api_stage_put(s, " {\n    server");
    api_stage_file(s, "unix:", "up.sock");
    api_stage_put(s, " max_fails=0;\n}\n");
}


static size_t
find(api_span_t text, const char *set, size_t from)
{
    while (from < text.len && strchr(set, text.data[from]) == NULL) {
        from++;
    }

    return from;
}


/*
 * What of http://HOST/PATH comes behind the host; data NULL: nothing, or
 * nobody knows before a variable has a value.
 */

static api_span_t
path_of(api_span_t url)
{
    size_t     i, start;
    api_span_t none = { NULL, 0 };

    for (i = 0; i + 3 <= url.len && memcmp(url.data + i, "://", 3) != 0; i++) {
    }

    if (i + 3 > url.len) {
        return none;
    }

    start = i + 3;

    if (url.len - start > 5 && memcmp(url.data + start, "unix:", 5) == 0) {
        i = find(url, ":", start + 5);
        i += i < url.len;

    } else {
        i = find(url, "/?$", start);
    }

    return i < url.len && url.data[i] != '$'
               ? api_span(url.data + i, url.len - i)
               : none;
}


/* The location that api_introspect asks, in whichever server it stands. */

bool
api_stage_asks(const api_site_t *site, const api_conf_dir_t *pass)
{
    api_span_t            uri;
    api_where_t           where;
    const api_server_t   *server;
    const api_conf_dir_t *d, *line;

    for (d = api_conf_child(site->http, "api_introspect"); d;
         d = api_conf_more(d)) {
        line = api_conf_child(d, "uri");
        uri = line ? api_conf_arg(line, 1) : api_span(NULL, 0);

        for (server = site->first; uri.len && server; server = server->next) {
            api_site_locate(server, uri, &where);

            if (where.loc && where.loc->dir == pass->parent) {
                return true;
            }
        }
    }

    return false;
}


/* FastCGI and its like too: a request has been decided when it gets there. */

void
api_stage_pass(api_stager_t *s, const api_conf_dir_t *d)
{
    bool       asks = api_stage_asks(s->site, d);
    api_span_t path = api_conf_is(d, "proxy_pass")
                          ? path_of(api_conf_arg(d, 1))
                          : api_span(NULL, 0);

    api_stage_begin(s, d, "proxy_pass \"http://unix:");
    api_stage_put(s, s->opts->dir);
    api_stage_put(s, asks ? "/idp.sock" : "/up.sock");

    if (path.len) {
        api_stage_put(s, ":");
        api_stage_inside(s, path);
    }

    api_stage_put(s, "\"");
    api_stage_end(s);
}
