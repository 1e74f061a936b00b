/*
 * Which server and which location nginx picks: the model of a configuration's
 * http block.
 *
 *     api_site_make(&site, conf, &arena, &err);
 *     server = api_site_server(site, address, port, host);
 *     api_site_locate(server, uri, &where);
 *     api_site_free(site);
 *
 * Follows ngx_http_find_virtual_server() and ngx_http_core_find_location() of
 * nginx 1.22: exact names before wildcards before regular expressions; exact
 * locations, the longest prefix, nested ones, ^~, regular expressions in their
 * order, and the redirect that a proxied "/x/" gives to "/x".  The URI is the
 * one nginx looks locations up with: decoded, without dots and query
 * (api_path.h).  Rewrites, error_page, try_files and index are no part of it:
 * they lead to another look-up.
 *
 * A host name in `listen` is compared as text.  Regular expressions are those
 * of PCRE2, with the options nginx gives.
 *
 * The site lives in the arena, but for its regular expressions, which
 * api_site_free gives back.  It may be asked by several threads.
 */

#ifndef API_SITE_H
#define API_SITE_H

#include "api_conf.h"


typedef enum {
    API_LOC_PREFIX,
    API_LOC_NOREGEX, /* ^~ */
    API_LOC_EXACT,   /* = */
    API_LOC_REGEX,   /* ~ */
    API_LOC_NOCASE,  /* ~* */
    API_LOC_NAMED    /* @ */
} api_loc_kind_t;

typedef struct api_loc_s    api_loc_t;
typedef struct api_server_s api_server_t;

struct api_loc_s {
    const api_conf_dir_t *dir;
    const api_server_t   *server;
    api_loc_t            *parent; /* NULL: the server's own */
    api_loc_t            *first;  /* nested ones */
    api_loc_t            *last;
    api_loc_t            *next;
    api_loc_kind_t        kind;
    api_span_t            name;
    void                 *regex;
    bool redirects; /* "/x/" that a handler serves: "/x" is sent there */
};

typedef struct {
    api_span_t            address; /* "*", "127.0.0.1", "[::1]", "unix:..." */
    unsigned              port;    /* 0: unix */
    bool                  is_default;
    bool                  ssl;
    const api_conf_dir_t *dir; /* NULL: there is no listen, the default */
} api_listen_t;

struct api_server_s {
    const api_conf_dir_t *dir;
    const api_listen_t   *listens;
    uint32_t              nlistens;
    const api_span_t     *names;   /* lower case; "" when there is none */
    void                **regexes; /* of names that begin with ~ */
    uint32_t              nnames;
    api_loc_t            *first;
    api_loc_t            *last;
    api_server_t         *next;
};

typedef struct {
    const api_conf_dir_t *http; /* NULL: the configuration has none */
    const api_conf_t     *conf;
    api_server_t         *first;
    api_server_t         *last;
    uint32_t              nservers;
    uint32_t              nlocations;
} api_site_t;


/* API_OK; API_SYNTAX for a regular expression or listen that nginx would not
   take, API_NOMEM.  What was made is given back then. */

int api_site_make(api_site_t **site, const api_conf_t *conf,
    api_arena_t *arena, api_err_t *err);

void api_site_free(api_site_t *site); /* NULL is fine */

/*
 * The server for a connection to address and port ("*" when the address does
 * not matter: then the first server that listens on the port says where), and
 * the host of the request, as it was sent, with or without port.  NULL when
 * nothing listens there.
 */

const api_server_t *api_site_server(const api_site_t *site, api_span_t address,
    unsigned port, api_span_t host);

typedef struct {
    const api_loc_t *loc;      /* NULL: the server itself */
    bool             redirect; /* 301 to the same URI with a slash */
} api_where_t;

void api_site_locate(
    const api_server_t *server, api_span_t uri, api_where_t *where);

/* A walk over all locations, each before those nested in it.  NULL: the end;
   loc NULL: the first one. */

const api_loc_t *api_site_next(const api_server_t *server, const api_loc_t *l);

/* The named location of a server; NULL when there is none. */

const api_loc_t *api_site_named(const api_server_t *server, api_span_t name);

/* "~* ", "= " and so on, as it stands before the name. */

const char *api_loc_kind_name(api_loc_kind_t kind);


#endif /* API_SITE_H */
