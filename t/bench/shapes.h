/* What bench_shapes.c and shapes_run.c share: requests, rules, and what a run of
   the rules costs. */

#ifndef SHAPES_H
#define SHAPES_H

#include "api_pattern.h"
#include "api_seclang.h"
#include "api_values.h"
#include "api_waf_scan.h"


typedef struct {
    uint8_t *data;
    size_t   len;
    size_t   room;
} text_t;

void put(text_t *t, const void *data, size_t len);
void say(text_t *t, const char *s);

/* As a JSON string has them, those beyond ASCII as characters; as a form. */

void put_json(text_t *t, const uint8_t *p, size_t len);
void put_form(text_t *t, const uint8_t *p, size_t len);

#define FIELDS 600

typedef struct {
    text_t             body;
    text_t             answer;
    text_t             uri;
    text_t             lines;
    const char        *type;
    api_values_field_t field[FIELDS];
    uint32_t           nfields;
    size_t             at[FIELDS];
} sent_t;

typedef struct {
    uint64_t     spent;
    uint64_t     work;
    uint64_t     matched;
    api_waf_rc_t rc;
    const char  *failure;
} cost_t;

typedef struct {
    const api_waf_view_t    *view;
    const api_waf_program_t *program;
    api_values_conf_t        conf;
    api_waf_env_t            env;
    uint64_t                 units;   /* of a benign kilobyte */
    uint32_t                 without; /* id of a rule */
    bool                     free;    /* as much work as it takes */
} bench_t;

/* A benign JSON document of 686 leaves. */

void leaves(text_t *t);

/* A header line, without what nginx does not let through. */

void add_field(sent_t *s, const char *name, const uint8_t *p, size_t len);

extern bench_t bench;

/* The rules of files; level 0: as they say. */

void load(int argc, char **argv, uint32_t level);

/* The least of some runs; bytes are those that a client sends. */

size_t measure(sent_t *s, unsigned times, cost_t *best);

void drop(sent_t *s);


#endif /* SHAPES_H */
