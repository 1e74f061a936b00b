/*
 * The choice among locations, and among servers.
 */

#include "api_site_int.h"


typedef enum {
    NONE,     /* nothing at this level */
    FINAL,    /* an exact one */
    PREFIX,   /* a prefix: nested ones and expressions come next */
    REDIRECT, /* the prefix less its slash */
} found_t;


static bool
is_static(const api_loc_t *l)
{
    return l->kind == API_LOC_PREFIX || l->kind == API_LOC_NOREGEX
           || l->kind == API_LOC_EXACT;
}


static bool
begins(api_span_t s, api_span_t with)
{
    return s.len >= with.len
           && (with.len == 0 || memcmp(s.data, with.data, with.len) == 0);
}


/* An equal name comes before the one with a slash more, which comes before
   the longest prefix. */

static found_t
find_static(const api_loc_t *list, api_span_t uri, const api_loc_t **loc)
{
    const api_loc_t *l, *prefix = NULL, *redirect = NULL;

    for (l = list; l; l = l->next) {
        if (!is_static(l)) {
            continue;
        }

        if (l->kind == API_LOC_EXACT && api_span_eq(l->name, uri)) {
            *loc = l;
            return FINAL;
        }

        if (l->redirects && l->name.len == uri.len + 1 && begins(l->name, uri))
        {
            redirect =
                redirect && redirect->kind == API_LOC_EXACT ? redirect : l;
        }

        if (l->kind != API_LOC_EXACT && begins(uri, l->name)
            && (prefix == NULL || l->name.len > prefix->name.len))
        {
            prefix = l;
        }
    }

    if (redirect && (prefix == NULL || prefix->name.len < uri.len)) {
        *loc = redirect;
        return REDIRECT;
    }

    *loc = prefix ? prefix : *loc;

    return prefix ? PREFIX : NONE;
}


/* As in nginx, ^~ keeps the expressions of its own level away and no others:
   those of the block around are asked in any case. */

static found_t
find(const api_loc_t *list, api_span_t uri, const api_loc_t **loc)
{
    bool             noregex = false;
    found_t          rc;
    const api_loc_t *l;

    rc = find_static(list, uri, loc);

    if (rc == PREFIX) {
        noregex = (*loc)->kind == API_LOC_NOREGEX;
        rc = find((*loc)->first, uri, loc);
    }

    if (rc == FINAL || rc == REDIRECT || noregex) {
        return rc;
    }

    for (l = list; l; l = l->next) {
        if (l->regex && api_site_match(l->regex, uri)) {
            *loc = l;
            rc = find(l->first, uri, loc);
            return rc == REDIRECT ? REDIRECT : FINAL;
        }
    }

    return rc;
}


void
api_site_locate(const api_server_t *server, api_span_t uri, api_where_t *where)
{
    where->loc = NULL;
    where->redirect = find(server->first, uri, &where->loc) == REDIRECT;
}


static bool
listens(const api_server_t *s, api_span_t address, unsigned port,
    const api_listen_t **which)
{
    uint32_t            i;
    const api_listen_t *l;

    for (i = 0; i < s->nlistens; i++) {
        l = &s->listens[i];

        if (l->port == port && api_span_eq(l->address, address)) {
            *which = l;
            return true;
        }
    }

    return false;
}


static bool
anyone(const api_site_t *site, api_span_t address, unsigned port)
{
    const api_server_t *s;
    const api_listen_t *l;

    for (s = site->first; s; s = s->next) {
        if (listens(s, address, port, &l)) {
            return true;
        }
    }

    return false;
}


/* A socket of its own for the address, or the one for all. */

static bool
socket_of(const api_site_t *site, api_span_t *address, unsigned port)
{
    uint32_t            i;
    const api_server_t *s;

    if (anyone(site, *address, port)) {
        return true;
    }

    if (!api_span_eq(*address, API_SPAN("*"))) {
        *address = API_SPAN("*");
        return anyone(site, *address, port);
    }

    for (s = site->first; s; s = s->next) {
        for (i = 0; i < s->nlistens; i++) {
            if (s->listens[i].port == port && port) {
                *address = s->listens[i].address;
                return true;
            }
        }
    }

    return false;
}


/* How a name is written, and what is left without its star or dot. */

typedef enum { EXACT, DOT, HEAD, TAIL, REGEX } name_kind_t;

static name_kind_t
name_kind(const api_server_t *s, uint32_t i, api_span_t *base)
{
    const api_span_t name = s->names[i];

    *base = name;

    if (s->regexes[i]) {
        return REGEX;
    }

    if (name.len > 1 && name.data[0] == '.') {
        *base = api_span(name.data + 1, name.len - 1);
        return DOT;
    }

    if (name.len > 2 && name.data[0] == '*' && name.data[1] == '.') {
        *base = api_span(name.data + 2, name.len - 2);
        return HEAD;
    }

    if (name.len > 2 && name.data[name.len - 1] == '*') {
        base->len--;
        return TAIL;
    }

    return EXACT;
}


/*
 * Of names that clash nginx warns, and keeps the first.  ".x" clashes with "x"
 * and with "*.x", and is dropped as a whole then; having clashed with "*.x" it
 * still keeps a later "x" away.
 */

typedef struct {
    bool exact;
    bool head;
} taken_t;

static bool
add_name(taken_t *taken, name_kind_t kind)
{
    bool clash;

    if (kind == EXACT) {
        clash = taken->exact;
        taken->exact = true;
        return !clash;
    }

    if (kind == DOT) {
        if (taken->exact) {
            return false;
        }

        taken->exact = true;
    }

    clash = taken->head;
    taken->head = true;

    return !clash;
}


typedef struct {
    const api_site_t *site;
    api_span_t        address;
    unsigned          port;
    api_span_t        host;
} request_t;

static bool
is_kept(const request_t *r, const api_server_t *server, uint32_t n)
{
    bool                kept;
    taken_t             taken = { false, false };
    uint32_t            i;
    api_span_t          base, other;
    name_kind_t         kind;
    const api_server_t *s;
    const api_listen_t *l;

    name_kind(server, n, &base);

    for (s = r->site->first; s; s = s->next) {
        if (!listens(s, r->address, r->port, &l)) {
            continue;
        }

        for (i = 0; i < s->nnames; i++) {
            kind = name_kind(s, i, &other);

            if (kind > HEAD || !api_span_eq(base, other)) {
                continue;
            }

            kept = add_name(&taken, kind);

            if (s == server && i == n) {
                return kept;
            }
        }
    }

    return false;
}


/* How well a name fits: an equal one, the longest wildcard at its front, the
   longest at its end, expressions in their order. */

enum { RANK_NONE, RANK_REGEX, RANK_TAIL, RANK_HEAD, RANK_EXACT };

static unsigned
fits(const request_t *r, const api_server_t *s, uint32_t i, size_t *length)
{
    unsigned          rank;
    api_span_t        base;
    const api_span_t  host = r->host;
    const name_kind_t kind = name_kind(s, i, &base);

    *length = base.len;

    if (kind == REGEX) {
        return api_site_match(s->regexes[i], host) ? RANK_REGEX : RANK_NONE;
    }

    if (kind == TAIL) {
        return host.len > base.len && begins(host, base) ? RANK_TAIL
                                                         : RANK_NONE;
    }

    if (kind != HEAD && api_span_eq(base, host)) {
        rank = RANK_EXACT;

    } else if (kind != EXACT && host.len > base.len
               && host.data[host.len - base.len - 1] == '.'
               && memcmp(host.data + host.len - base.len, base.data, base.len)
                      == 0)
    {
        rank = RANK_HEAD;

    } else {
        return RANK_NONE;
    }

    return is_kept(r, s, i) ? rank : RANK_NONE;
}


typedef struct {
    unsigned            rank;
    size_t              length;
    const api_server_t *server;
} best_t;

static void
consider(best_t *best, const api_server_t *s, const request_t *r)
{
    size_t   length;
    uint32_t i;
    unsigned rank;

    for (i = 0; i < s->nnames; i++) {
        rank = fits(r, s, i, &length);

        if (rank > best->rank
            || (rank == best->rank && rank > RANK_REGEX && rank < RANK_EXACT
                && length > best->length))
        {
            *best = (best_t){ rank, length, s };
        }
    }
}


/* The name without port and final dot, in lower case; in buf. */

static api_span_t
host_name(api_span_t host, uint8_t *buf, size_t size)
{
    size_t  i;
    uint8_t ch;
    bool    literal = false;

    for (i = 0; i < host.len && i < size; i++) {
        ch = host.data[i];
        literal = ch == '[' || (literal && ch != ']');

        if (ch == ':' && !literal) {
            break;
        }

        buf[i] = ch >= 'A' && ch <= 'Z' ? (uint8_t) (ch | 0x20) : ch;
    }

    i -= i && buf[i - 1] == '.';

    return api_span(buf, i);
}


const api_server_t *
api_site_server(
    const api_site_t *site, api_span_t address, unsigned port, api_span_t host)
{
    best_t              best = { RANK_NONE, 0, NULL };
    uint8_t             buf[256];
    request_t           r = { site, address, port, host };
    const api_server_t *s, *first = NULL, *chosen = NULL;
    const api_listen_t *l;

    if (!socket_of(site, &r.address, port)) {
        return NULL;
    }

    r.host = host_name(host, buf, sizeof(buf));

    for (s = site->first; s; s = s->next) {
        if (!listens(s, r.address, port, &l)) {
            continue;
        }

        first = first ? first : s;
        chosen = chosen == NULL && l->is_default ? s : chosen;

        if (r.host.len) {
            consider(&best, s, &r);
        }
    }

    return best.server ? best.server : chosen ? chosen : first;
}
