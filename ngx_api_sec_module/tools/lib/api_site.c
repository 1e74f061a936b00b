#include "api_site_int.h"


int
api_site_fail(
    api_err_t *err, int rc, const api_conf_dir_t *d, const char *text)
{
    const size_t max = 96;
    size_t       cut = d->file->name.len > max ? d->file->name.len - max : 0;

    return api_fail(err, rc, API_CONF_E_UNEXPECTED, d->line, "%s%.*s:%u: %s",
        cut ? "..." : "", (int) (d->file->name.len - cut),
        (const char *) d->file->name.data + cut, (unsigned) d->line, text);
}


const char *
api_loc_kind_name(api_loc_kind_t kind)
{
    static const char *const names[] = { "", "^~ ", "= ", "~ ", "~* ", "" };

    return (unsigned) kind < sizeof(names) / sizeof(names[0]) ? names[kind]
                                                              : "";
}


/* "location MOD NAME", or the two in one word. */

static const struct {
    const char    *mark;
    api_loc_kind_t kind;
} marks[] = {
    { "=", API_LOC_EXACT },
    { "^~", API_LOC_NOREGEX },
    { "~*", API_LOC_NOCASE },
    { "~", API_LOC_REGEX },
};


static bool
read_location(api_loc_t *l)
{
    size_t     i, n;
    api_span_t word = api_conf_arg(l->dir, 1);

    for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        n = strlen(marks[i].mark);

        if (word.len < n || memcmp(word.data, marks[i].mark, n) != 0) {
            continue;
        }

        l->kind = marks[i].kind;
        l->name = l->dir->nargs == 3 ? l->dir->args[2]
                                     : api_span(word.data + n, word.len - n);

        return l->dir->nargs == 2 || word.len == n;
    }

    l->kind = word.len && word.data[0] == '@' ? API_LOC_NAMED : API_LOC_PREFIX;
    l->name = word;

    return l->dir->nargs == 2;
}


/* Handlers that send "/x" to "/x/". */

static bool
serves_folder(const api_loc_t *l)
{
    size_t                   i;
    static const char *const names[] = { "proxy_pass", "fastcgi_pass",
        "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass" };

    if (l->name.len == 0 || l->name.data[l->name.len - 1] != '/') {
        return false;
    }

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (api_conf_child(l->dir, names[i])) {
            return true;
        }
    }

    return false;
}


static int
make_location(api_loc_t **loc, const api_server_t *s, api_loc_t *parent,
    const api_conf_dir_t *d, api_arena_t *arena, api_err_t *err)
{
    int        rc = API_OK;
    api_loc_t *l = api_arena_calloc(arena, 1, sizeof(*l));

    if (l == NULL) {
        return API_NOMEM;
    }

    l->dir = d;
    l->server = s;
    l->parent = parent;

    if (!read_location(l)) {
        return api_site_fail(
            err, API_SYNTAX, d, "location: not =, ^~, ~ or ~* and a name");
    }

    l->redirects = serves_folder(l);

    if (l->kind == API_LOC_REGEX || l->kind == API_LOC_NOCASE) {
        rc =
            api_site_regex(&l->regex, l->name, l->kind == API_LOC_NOCASE, err);
    }

    if (rc == API_SYNTAX) {
        rc = api_site_fail(err, rc, d, "location: not a regular expression");
    }

    if (rc == API_OK) {
        *loc = l;
    }

    return rc;
}


static void
hang(api_server_t *s, api_loc_t *l)
{
    api_loc_t **first = l->parent ? &l->parent->first : &s->first;
    api_loc_t **last = l->parent ? &l->parent->last : &s->last;

    if (*last) {
        (*last)->next = l;

    } else {
        *first = l;
    }

    *last = l;
}


/* The location that follows in document order: first inside, then behind. */

static api_loc_t *
after(api_loc_t *l, bool inside)
{
    if (inside && l->first) {
        return l->first;
    }

    for (; l; l = l->parent) {
        if (l->next) {
            return l->next;
        }
    }

    return NULL;
}


static int
locations(api_site_t *site, api_server_t *s, api_loc_t *parent,
    const api_conf_dir_t *block, api_arena_t *arena, api_err_t *err)
{
    int                   rc;
    api_loc_t            *l = NULL;
    const api_conf_dir_t *d;

    for (d = api_conf_child(block, "location"); d; d = api_conf_more(d)) {
        rc = make_location(&l, s, parent, d, arena, err);

        if (rc != API_OK) {
            return rc;
        }

        hang(s, l);
        site->nlocations++;
    }

    return API_OK;
}


static int
make_server(api_site_t *site, const api_conf_dir_t *d, api_arena_t *arena,
    api_err_t *err)
{
    int           rc;
    api_loc_t    *l;
    api_server_t *s = api_arena_calloc(arena, 1, sizeof(*s));

    if (s == NULL) {
        return API_NOMEM;
    }

    s->dir = d;

    if (site->last) {
        site->last->next = s;

    } else {
        site->first = s;
    }

    site->last = s;
    site->nservers++;

    rc = api_site_listens(s, arena, err);
    rc = rc == API_OK ? api_site_names(s, arena, err) : rc;
    rc = rc == API_OK ? locations(site, s, NULL, d, arena, err) : rc;

    for (l = s->first; rc == API_OK && l; l = after(l, true)) {
        rc = locations(site, s, l, l->dir, arena, err);
    }

    return rc;
}


int
api_site_make(api_site_t **out, const api_conf_t *conf, api_arena_t *arena,
    api_err_t *err)
{
    int                   rc = API_OK;
    api_site_t           *site = api_arena_calloc(arena, 1, sizeof(*site));
    const api_conf_dir_t *d;

    if (site == NULL) {
        return api_fail(err, API_NOMEM, API_CONF_E_NOMEM, 0, "no memory");
    }

    site->conf = conf;
    site->http = api_conf_child(&conf->root, "http");

    for (d = api_conf_child(site->http, "server"); d && rc == API_OK;
         d = api_conf_more(d))
    {
        rc = make_server(site, d, arena, err);
    }

    if (rc != API_OK) {
        api_site_free(site);
        return rc == API_NOMEM
                   ? api_fail(err, API_NOMEM, API_CONF_E_NOMEM, 0, "no memory")
                   : rc;
    }

    *out = site;

    return API_OK;
}


void
api_site_free(api_site_t *site)
{
    uint32_t      i;
    api_loc_t    *l;
    api_server_t *s;

    for (s = site ? site->first : NULL; s; s = s->next) {
        for (i = 0; s->regexes && i < s->nnames; i++) {
            api_site_regex_free(s->regexes[i]);
        }

        for (l = s->first; l; l = after(l, true)) {
            api_site_regex_free(l->regex);
        }
    }
}


const api_loc_t *
api_site_next(const api_server_t *server, const api_loc_t *l)
{
    const api_loc_t *up;

    if (l == NULL) {
        return server->first;
    }

    if (l->first) {
        return l->first;
    }

    for (up = l; up; up = up->parent) {
        if (up->next) {
            return up->next;
        }
    }

    return NULL;
}


const api_loc_t *
api_site_named(const api_server_t *server, api_span_t name)
{
    const api_loc_t *l;

    for (l = server->first; l; l = l->next) {
        if (l->kind == API_LOC_NAMED && api_span_eq(l->name, name)) {
            return l;
        }
    }

    return NULL;
}
