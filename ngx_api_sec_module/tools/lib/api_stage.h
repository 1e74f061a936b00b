/*
 * A configuration on a stage: as it would run by itself, without whom it
 * serves and whom it asks.
 *
 *     api_stage_make(&stage, site, &opts, &arena, &err);
 *     write stage.text to DIR/stage.conf, and run nginx on it
 *
 * What decides about requests stays as it is.  Replaced, or left out:
 *
 *   listen                   unix:DIR/sN.sock, with the PROXY protocol in
 *                            front, so that a client may have any address
 *   proxy_pass, grpc_pass,   unix:DIR/up.sock, where a server of the stage
 *   every other *_pass,      answers 200; or DIR/idp.sock, when api_introspect
 *   upstream                 asks there
 *   keys, secrets            test keys in DIR/keys: of issuers, key stores,
 *                            introspection, identity tokens, TLS
 *   set_real_ip_from, ...    the stage's own: a client is who a test says
 *   logs, temporary files,   below DIR; api_audit is one file with all events
 *   api_state
 *   stores of limits         counted by the stage alone
 *   caches, WebDAV, stream,  left out
 *   mail, resolvers
 *
 * Notes say what of it a test cannot speak about.  A directive that cannot
 * stand on a stage is an error.  The text has one directive a line, and a
 * table says where each came from.
 *
 * All of it lives in the arena.
 */

#ifndef API_STAGE_H
#define API_STAGE_H

#include "api_site.h"


typedef struct {
    const char *dir;    /* without characters that need a quote */
    const char *user;   /* arguments of `user`; NULL: no such line */
    bool        realip; /* nginx has that module */
    bool        fastcgi;
    bool        uwsgi;
    bool        scgi;
} api_stage_opts_t;

typedef struct {
    api_span_t address; /* "*", as in api_listen_t */
    unsigned   port;
    bool       ssl;
} api_stage_listen_t;

typedef struct {
    const api_conf_dir_t *dir; /* NULL: of all */
    const char           *text;
} api_stage_note_t;

typedef struct {
    uint32_t              line; /* of the text, from 1 */
    const api_conf_dir_t *dir;  /* NULL: the stage's own */
} api_stage_line_t;

typedef struct {
    api_span_t          text;
    api_stage_listen_t *listens; /* number N: DIR/sN.sock */
    uint32_t            nlistens;
    api_stage_note_t   *notes;
    uint32_t            nnotes;
    api_stage_line_t   *lines; /* in order */
    uint32_t            nlines;
    uint32_t            nstores; /* api_key_store N: DIR/keys/storeN.json */
    unsigned            keys;    /* bits: api_stage_key_t that are needed */
} api_stage_t;


/* API_OK; API_UNSUPPORTED with err->text "FILE:LINE: ..."; API_NOMEM. */

int api_stage_make(api_stage_t *stage, const api_site_t *site,
    const api_stage_opts_t *opts, api_arena_t *arena, api_err_t *err);

/* The directive a line of the text came from; NULL: none. */

const api_conf_dir_t *
api_stage_origin(const api_stage_t *stage, uint32_t line);


/* Test keys: DIR/keys/NAME.pem and, private, NAME.key. */

typedef enum {
    API_STAGE_SECRET = 0, /* bytes for HS256, HS384, HS512 */
    API_STAGE_RSA,
    API_STAGE_P256,
    API_STAGE_P384,
    API_STAGE_P521,
    API_STAGE_SECP256K1,
    API_STAGE_ED25519,
    API_STAGE_NKEYS
} api_stage_key_t;

const char *api_stage_key_name(api_stage_key_t key);

/* The one that signs by an algorithm; API_STAGE_NKEYS: there is none. */

api_stage_key_t api_stage_key_of(api_span_t alg);

/* The algorithm in which tokens of an api_jwt_issuer are signed here: the
   first it takes. */

api_span_t api_stage_alg(const api_conf_dir_t *issuer);


#endif /* API_STAGE_H */
