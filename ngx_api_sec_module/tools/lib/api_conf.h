/*
 * An nginx configuration as `nginx -T` prints it, as a tree.
 *
 *     rc = api_conf_parse(&conf, text, name, NULL, &arena, &err);
 *     for (d = conf->root.first; d; d = d->next)   user, events, http, ...
 *     http = api_conf_child(&conf->root, "http");
 *
 * The words are those nginx would see: quotes and escapes are gone, as
 * ngx_conf_read_token() of nginx 1.22 takes them away.  `include` is followed
 * among the files that the text has: nginx -T prints each file once, under
 * "# configuration file NAME:".  A text without such a mark is one file.
 * What a directive means, and whether nginx knows it, is not looked at: that
 * nginx accepts the configuration is taken for granted (nginx -T says so).
 *
 * Two things nginx does are not done.  Blocks whose content is no
 * configuration (content_by_lua_block and its like) are skipped up to the
 * brace that closes them.  A comment that looks like a mark is taken for one.
 *
 * The tree and all names live in the arena; spans may point into the text,
 * which must outlive it.  Read-only once made.
 */

#ifndef API_CONF_H
#define API_CONF_H

#include "api_arena.h"


typedef struct {
    size_t   text;       /* bytes of all files; 0: 64 MiB */
    uint32_t files;      /* 0: 10 000 */
    uint32_t directives; /* with includes followed; 0: 1 000 000 */
    uint32_t depth;      /* blocks in blocks; 0: 64 */
    uint32_t includes;   /* files in files; 0: 32 */
} api_conf_limits_t;

typedef enum {
    API_CONF_E_NONE = 0,
    API_CONF_E_UNEXPECTED, /* a character that may not stand there */
    API_CONF_E_END,        /* of the file, in a directive or block */
    API_CONF_E_CLOSE,      /* } without its { */
    API_CONF_E_INCLUDE,    /* a file that the text does not have */
    API_CONF_E_LIMIT,
    API_CONF_E_NOMEM
} api_conf_error_t;

typedef struct {
    api_span_t name; /* as nginx says it: an absolute path */
    api_span_t text;
    uint32_t   first_line; /* of the text in what was given to parse; from 1 */
} api_conf_file_t;

typedef struct api_conf_dir_s api_conf_dir_t;

struct api_conf_dir_s {
    const api_conf_file_t *file;
    uint32_t               line;  /* of its name, from 1 */
    uint32_t               nargs; /* with the name */
    const api_span_t      *args;  /* args[0]: the name */
    bool                   block;
    api_conf_dir_t        *parent; /* NULL: the root */
    api_conf_dir_t        *first;  /* of a block */
    api_conf_dir_t        *last;
    api_conf_dir_t        *next;
};

typedef struct {
    api_conf_dir_t         root; /* no name, no file */
    const api_conf_file_t *files;
    uint32_t               nfiles;
    uint32_t               ndirs;
} api_conf_t;


/*
 * `name` is that of the file when the text has no marks.  limits may be NULL.
 * API_OK; API_SYNTAX, API_INVALID (a file is missing), API_LIMIT, API_NOMEM.
 * err->text begins with "FILE:LINE: ".
 */

int api_conf_parse(api_conf_t **conf, api_span_t text, api_span_t name,
    const api_conf_limits_t *limits, api_arena_t *arena, api_err_t *err);


/* Is this its name; is argument n (0: the name) this word. */

bool api_conf_is(const api_conf_dir_t *d, const char *name);
bool api_conf_arg_is(const api_conf_dir_t *d, uint32_t n, const char *word);

/* Argument n; empty when there is none. */

api_span_t api_conf_arg(const api_conf_dir_t *d, uint32_t n);

/* What follows "NAME=" in the first argument that begins so, from argument
   `from` on; data NULL when there is none. */

api_span_t
api_conf_option(const api_conf_dir_t *d, uint32_t from, const char *name);

/* The first directive of that name in a block, and the next one after d. */

const api_conf_dir_t *
api_conf_child(const api_conf_dir_t *block, const char *name);
const api_conf_dir_t *api_conf_more(const api_conf_dir_t *d);

/*
 * The directive that holds in a block when what stands inside replaces what
 * stands outside: the first one of the innermost block, from this one up to
 * http, that has any.  NULL: none, the default holds.
 */

const api_conf_dir_t *
api_conf_inherit(const api_conf_dir_t *block, const char *name);

/* Does a shell pattern (* ? [a-z] [!a]) match a path; * and ? match no "/",
   and no dot at the beginning of a name.  Time is O(pattern x path). */

bool api_conf_glob(api_span_t pattern, api_span_t path);


#endif /* API_CONF_H */
