/*
 * The making of a stage.
 */

#ifndef API_STAGE_INT_H
#define API_STAGE_INT_H

#include "api_stage.h"


typedef struct {
    api_stage_t            *stage;
    const api_site_t       *site;
    const api_stage_opts_t *opts;
    api_arena_t            *arena;
    api_err_t              *err;
    uint8_t                *text;
    size_t                  len;
    size_t                  size;
    uint32_t                line;
    uint32_t                size_notes;
    uint32_t                size_lines;
    bool                    tls;   /* a server needs a certificate */
    bool                    nomem; /* what is written from then on is lost */
} api_stager_t;


/* Text as it is; what stands between quotes; a word in quotes, with a blank
   before it; the name of a file below the stage's folder. */

void api_stage_put(api_stager_t *s, const char *text);
void api_stage_inside(api_stager_t *s, api_span_t word);
void api_stage_word(api_stager_t *s, api_span_t word);
void api_stage_file(api_stager_t *s, const char *before, const char *name);

/* A directive begins: its line is noted (dir may be NULL). */

void
api_stage_begin(api_stager_t *s, const api_conf_dir_t *dir, const char *name);
void api_stage_end(api_stager_t *s); /* ; */

/* Its words and {, or ;.  As it stands, with all that is in it. */

void api_stage_open(api_stager_t *s, const api_conf_dir_t *d);
void api_stage_same(api_stager_t *s, const api_conf_dir_t *d);

void
api_stage_note(api_stager_t *s, const api_conf_dir_t *d, const char *text);

/* api_stage_place.c: listen, *_pass, upstream */

void api_stage_listens(api_stager_t *s, const api_conf_dir_t *server);
void api_stage_pass(api_stager_t *s, const api_conf_dir_t *d);
void api_stage_upstream(api_stager_t *s, const api_conf_dir_t *d);

/* api_stage_secret.c: whatever has a key in it */

void api_stage_issuer(api_stager_t *s, const api_conf_dir_t *d);
void api_stage_store(api_stager_t *s, const api_conf_dir_t *d);
void api_stage_introspect(api_stager_t *s, const api_conf_dir_t *d);
void api_stage_identity(api_stager_t *s, const api_conf_dir_t *d);
void api_stage_policy(api_stager_t *s, const api_conf_dir_t *d);
void api_stage_client_ca(api_stager_t *s, const api_conf_dir_t *d);
bool api_stage_asks(const api_site_t *site, const api_conf_dir_t *pass);


#endif /* API_STAGE_INT_H */
