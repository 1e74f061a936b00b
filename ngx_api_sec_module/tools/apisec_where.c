/*
 * apisec where: which server and location a request goes to, and what of this
 * suite holds there.
 */

#include "apisec_nginx.h"

#include "api_path.h"

#include <stdlib.h>


typedef struct {
    apisec_nginx_t nginx;
    const char    *address;
    bool           tsv;
} options_t;

static const apisec_option_t options[] = {
    APISEC_NGINX_OPTIONS(options_t, nginx),
    { "address", APISEC_TEXT, offsetof(options_t, address), "ADDRESS",
        "the local address of the connection, where several listen on one"
        " port" },
    { "tsv", APISEC_FLAG, offsetof(options_t, tsv), NULL,
        "one line a URL: URL, server, location, redirect; with tabs" },
    { NULL, APISEC_FLAG, 0, NULL, NULL },
};


typedef struct {
    unsigned   port;
    api_span_t host;
    api_span_t target;
} url_t;


static int
bad_url(const char *text)
{
    return apisec_fail(
        APISEC_USAGE, "%s: write http://HOST[:PORT]/PATH", text);
}


static int
read_url(const char *text, url_t *url)
{
    size_t      n;
    char       *end;
    long        port;
    const char *host, *colon;

    if (strncmp(text, "http://", 7) == 0) {
        host = text + 7;
        url->port = 80;

    } else if (strncmp(text, "https://", 8) == 0) {
        host = text + 8;
        url->port = 443;

    } else {
        return bad_url(text);
    }

    n = strcspn(host, "/?#");
    url->host = api_span(host, n);
    url->target =
        host[n] == '/' ? api_span(host + n, strlen(host + n)) : API_SPAN("/");

    colon = memrchr(host, ':', n);

    if (colon && memchr(colon, ']', n - (size_t) (colon - host)) == NULL) {
        port = strtol(colon + 1, &end, 10);

        if (end != host + n || port < 1 || port > 65535) {
            return bad_url(text);
        }

        url->port = (unsigned) port;
    }

    return APISEC_OK;
}


static const char *
place(const api_conf_dir_t *d)
{
    return apisec_text("%.*s:%u", (int) d->file->name.len,
        (const char *) d->file->name.data, (unsigned) d->line);
}


static const char *
words(const api_conf_dir_t *d)
{
    uint32_t    i;
    const char *text = "";

    for (i = 1; i < d->nargs; i++) {
        text = apisec_text("%s%s%.*s", text, i > 1 ? " " : "",
            (int) d->args[i].len, (const char *) d->args[i].data);
    }

    return text;
}


/* What this suite is told for a block, from the inside out; an outer one of
   the same name is shown too, for some add up. */

static void
show_directives(const api_conf_dir_t *block)
{
    const api_conf_dir_t *d;

    for (; block && block->parent; block = block->parent) {
        for (d = block->first; d; d = d->next) {
            if (!d->block && d->args[0].len > 4
                && memcmp(d->args[0].data, "api_", 4) == 0
                && !api_conf_is(block, "http"))
            {
                printf("    %-20.*s %s  (%s)\n", (int) d->args[0].len,
                    (const char *) d->args[0].data, words(d), place(d));
            }
        }
    }
}


static void
show(const char *text, const api_server_t *s, const api_where_t *where)
{
    const api_loc_t *l = where->loc;

    printf("%s\n    server    %s  %.*s\n", text, place(s->dir),
        (int) s->names[0].len, (const char *) s->names[0].data);

    if (l) {
        printf("    location  %s  %s%.*s%s\n", place(l->dir),
            api_loc_kind_name(l->kind), (int) l->name.len,
            (const char *) l->name.data,
            where->redirect ? "  (301: the URI with a slash)" : "");

    } else {
        printf("    location  none: the server itself answers\n");
    }

    show_directives(l ? l->dir : s->dir);
}


static int
where(const api_site_t *site, const options_t *o, const char *text)
{
    int                   rc;
    bool                  merge;
    url_t                 url = { 0 };
    api_err_t             err;
    api_path_t            path;
    api_where_t           found;
    const api_server_t   *s;
    const api_conf_dir_t *d;

    rc = read_url(text, &url);
    if (rc != APISEC_OK) {
        return rc;
    }

    s = api_site_server(site,
        o->address ? api_span(o->address, strlen(o->address)) : API_SPAN("*"),
        url.port, url.host);

    if (s == NULL) {
        return apisec_fail(
            APISEC_NO, "%s: nothing listens on port %u", text, url.port);
    }

    d = api_conf_inherit(s->dir, "merge_slashes");
    merge = d == NULL || !api_conf_arg_is(d, 1, "off");

    if (api_path_parse(&path, url.target, merge, NULL, apisec_arena(), &err)
        != API_OK)
    {
        return apisec_fail(APISEC_NO, "%s: %s", text, err.text);
    }

    api_site_locate(s, path.uri, &found);

    if (o->tsv) {
        printf("%s\t%s\t%s\t%s\n", text, place(s->dir),
            found.loc ? place(found.loc->dir) : "-",
            found.redirect ? "redirect" : "-");

    } else {
        show(text, s, &found);
    }

    return APISEC_OK;
}


static int
from_input(const api_site_t *site, const options_t *o)
{
    int    rc, worst = APISEC_OK;
    char  *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, stdin) > 0) {
        line[strcspn(line, "\n")] = '\0';
        rc = where(site, o, apisec_text("%s", line));
        worst = worst > rc ? worst : rc;
    }

    free(line);

    return worst;
}


static int
run(int argc, char **argv)
{
    int           rc, one;
    size_t        i;
    options_t     o = { 0 };
    api_site_t   *site;
    apisec_list_t args;

    rc = apisec_options(&apisec_where, argc, argv, &o, &args);
    if (rc != APISEC_OK) {
        return rc;
    }

    if (args.n == 0 && o.nginx.conf && strcmp(o.nginx.conf, "-") == 0) {
        return apisec_fail(APISEC_USAGE,
            "where: configuration and URLs cannot both come from standard"
            " input");
    }

    rc = apisec_nginx(&o.nginx, &site);
    if (rc != APISEC_OK) {
        return rc;
    }

    if (args.n == 0) {
        rc = from_input(site, &o);
    }

    for (i = 0; i < args.n; i++) {
        one = where(site, &o, args.item[i]);
        rc = rc > one ? rc : one;
    }

    api_site_free(site);

    return rc;
}


const apisec_command_t apisec_where = {
    .name = "where",
    .args = "[URL ...] [OPTIONS]",
    .summary = "Tells which server and location of a configuration a request"
               " goes to,\nand what this suite is told there.",
    .more = "Without a URL, they are read from standard input, one a line.\n"
            "Rewrites, error_page, try_files and index are not followed.\n",
    .options = options,
    .run = run,
};
