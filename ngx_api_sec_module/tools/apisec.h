/*
 * What the commands of apisec share: how a command is declared, how its
 * options are read, how it fails, files.
 *
 * A command lives for one run: what it takes from apisec_arena() is given
 * back by exit.
 */

#ifndef APISEC_H
#define APISEC_H

/* POSIX and memmem beside C11; before the first header of the system. */

#define _GNU_SOURCE

#include <stdio.h>
#include <sys/types.h>

#include "api_arena.h"


/* Exit codes; docs/guide/apisec.md has them too. */

enum {
    APISEC_OK = 0,
    APISEC_NO = 1,        /* the answer is no: not found, not a valid set */
    APISEC_USAGE = 2,     /* the command line makes no sense */
    APISEC_FAILED = 3,    /* a file, a key or the system stood in the way */
    APISEC_INCOMPLETE = 4 /* of log verify: nothing changed, not all there */
};


/* Options: --name VALUE, --name=VALUE, or --name for a flag. */

typedef enum {
    APISEC_FLAG, /* bool */
    APISEC_TEXT, /* const char *, the last one counts */
    APISEC_LIST  /* apisec_list_t */
} apisec_kind_t;

/* Of an option there are APISEC_LIST_MAX at most, of arguments any number. */

#define APISEC_LIST_MAX 32

typedef struct {
    const char **item;
    size_t       n;
    size_t       room;
} apisec_list_t; /* all zeros: empty */

void apisec_push(apisec_list_t *list, const char *item);

typedef struct {
    const char   *name;
    apisec_kind_t kind;
    size_t        offset; /* into the struct that takes the values */
    const char   *value;  /* how help calls the value */
    const char   *help;
} apisec_option_t;

typedef struct {
    const char            *name;
    const char            *args; /* as help shows them, before the options */
    const char            *summary;
    const char            *more;    /* below the options; may be NULL */
    const apisec_option_t *options; /* up to one without a name; or NULL */
    int (*run)(int argc, char **argv);
} apisec_command_t;

extern const apisec_command_t apisec_init, apisec_token, apisec_key,
    apisec_why, apisec_jwks, apisec_schema, apisec_waf, apisec_log,
    apisec_inventory, apisec_alert, apisec_where, apisec_attack, apisec_lint,
    apisec_report;

extern const apisec_command_t apisec_doctor, apisec_policy, apisec_replay;

/* Reads argv (without the command's name) into *values and *args.  APISEC_OK
   or APISEC_USAGE, and then it has said what is wrong. */

int apisec_options(const apisec_command_t *cmd, int argc, char **argv,
    void *values, apisec_list_t *args);

void apisec_usage(const apisec_command_t *cmd, FILE *out);

/*
 * Seconds of "90s", "15m", "1h", "7d", or a bare number of seconds; a minus
 * sign may stand before it.  False when it is none of these.
 */

bool apisec_seconds(const char *text, int64_t *seconds);


/* One line on standard error; returns code, for `return apisec_fail(...)`. */

int apisec_fail(int code, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));


api_arena_t *apisec_arena(void);

/* printf into the arena.  No memory ends the program, here and below. */

char *apisec_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void *apisec_alloc(size_t size);

void apisec_random(void *buf, size_t len);


/* apisec_file.c.  What fails is said before they return. */

/* The whole file, with a NUL behind it; APISEC_OK or APISEC_FAILED. */

int apisec_read(const char *path, size_t max, api_span_t *out);

/* A new file in the folder dir (a descriptor) with exactly this mode. */

int apisec_write(int dir, const char *name, mode_t mode, api_span_t text);


#endif /* APISEC_H */
