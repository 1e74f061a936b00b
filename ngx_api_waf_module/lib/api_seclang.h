/*
 * SecLang: files of rules in, one read-only program out (api_waf.h runs it).
 *
 * The language is that of ModSecurity v3 as the OWASP Core Rule Set uses it:
 * docs/guide/waf-seclang.md lists every directive, variable, operator,
 * transformation, action and ctl.  What is not known is an error with file,
 * line and remedy; what is known but has no effect here is noted
 * (api_seclang_note).
 *
 * Nothing here touches a file: texts come through api_seclang_io_t, so that
 * the tool, the module and a fuzzer load the same way.
 *
 * Loading is not thread-safe, takes memory freely within the limits, and is
 * done once; the program is const afterwards and may be read from anywhere.
 */

#ifndef API_SECLANG_H
#define API_SECLANG_H

#include "api_waf.h"


/*
 * Files.  `path` is as written after it was joined to the folder of the file
 * that names it (absolute ones are left alone).
 *
 * read: the whole text, which must live until api_seclang_free (or, for data
 * files of @pmFromFile and the like, as well).  API_OK, API_INVALID when it
 * cannot be read (say why in err->text), API_NOMEM.
 *
 * glob: the paths that match, sorted as strcmp does, call by call: `index`
 * 0, 1, ...; API_OK and *path, API_INVALID after the last one.  *path lives
 * until api_seclang_free.
 */

typedef struct {
    int (*read)(void *ctx, const char *path, api_span_t *text, api_err_t *err);
    int (*glob)(
        void *ctx, const char *pattern, size_t index, const char **path);
    void *ctx;
} api_seclang_io_t;

typedef struct {
    uint32_t depth; /* of Include; 0: 16 */
    uint32_t files; /* 0: 1000 */
    uint32_t rules; /* 0: 20 000, chain links counted */
    size_t   text;  /* of one file; 0: 16 MiB */
} api_seclang_limits_t;

typedef enum {
    API_SECLANG_E_NONE = 0,
    API_SECLANG_E_FILE,      /* cannot be read, or no file matches */
    API_SECLANG_E_DEPTH,     /* Include too deep, or in a circle */
    API_SECLANG_E_LIMIT,     /* more rules, files, bytes than allowed */
    API_SECLANG_E_QUOTE,     /* not closed */
    API_SECLANG_E_WORDS,     /* too few or too many arguments */
    API_SECLANG_E_DIRECTIVE, /* unknown */
    API_SECLANG_E_VALUE,     /* of a directive */
    API_SECLANG_E_VARIABLE,  /* unknown, or wrong selector */
    API_SECLANG_E_OPERATOR,  /* unknown, or its argument is wrong */
    API_SECLANG_E_TRANSFORM, /* unknown */
    API_SECLANG_E_ACTION,    /* unknown, wrong argument, wrong place */
    API_SECLANG_E_ID,        /* missing, twice, out of range */
    API_SECLANG_E_PHASE,     /* of a chain link, of an unknown number */
    API_SECLANG_E_CHAIN,     /* ends without its last link */
    API_SECLANG_E_MACRO,     /* %{...} names nothing, or is not closed */
    API_SECLANG_E_MARKER,    /* skipAfter without such a SecMarker below */
    API_SECLANG_E_EXCLUSION, /* SecRuleUpdate* that cannot be */
    API_SECLANG_E_UNSUPPORTED,
    API_SECLANG_E_NOMEM,
    API_SECLANG_NERRORS
} api_seclang_error_t;

/* "file", "depth", ...: stable. */

const char *api_seclang_error_name(int code);


typedef struct api_seclang_s api_seclang_t;

/*
 * A loader.  Everything it and the program hold comes from alloc.
 * `limits` NULL: the defaults.  NULL when there is no memory.
 */

api_seclang_t *api_seclang_create(const api_alloc_t *alloc,
    const api_seclang_io_t *io, const api_seclang_limits_t *limits);

/*
 * Take in a file, or every file that matches when path is a pattern; or a
 * text (`name` stands for the file name in messages).  May be called again
 * and again: what comes later sees what came before, as with Include.
 * Returns API_OK, API_SYNTAX, API_INVALID, API_UNSUPPORTED, API_LIMIT,
 * API_DUPLICATE or API_NOMEM; err->text begins with "FILE:LINE: " and ends
 * with what to write instead.  After an error the loader can only be freed.
 */

int api_seclang_file(api_seclang_t *s, const char *path, api_err_t *err);
int api_seclang_text(
    api_seclang_t *s, const char *name, api_span_t text, api_err_t *err);

/*
 * The highest paranoia level that views will ask for, when it is above that
 * of the files: rules of higher levels are left out of the prefilter.  They
 * run as well, when something asks for them, but slower.  Before
 * api_seclang_finish.
 */

void api_seclang_paranoia(api_seclang_t *s, uint32_t level);

/*
 * Apply SecRuleRemove*, SecRuleUpdate* and SecDefaultAction, resolve markers
 * and make the program.  It lives as long as the loader; api_seclang_file may
 * not be called any more.
 */

int api_seclang_finish(
    api_seclang_t *s, const api_waf_program_t **program, api_err_t *err);

/* NULL is fine.  The program is gone too. */

void api_seclang_free(api_seclang_t *s);


/*
 * What was taken but does nothing here or cannot match: for `apisec waf
 * check` and the log.  In the order of the text.  `what` is one sentence.
 */

typedef struct {
    const char *file;
    uint32_t    line;
    uint32_t    id; /* of the rule; 0: none */
    const char *what;
} api_seclang_note_t;

size_t                    api_seclang_notes(const api_seclang_t *s);
const api_seclang_note_t *api_seclang_note(const api_seclang_t *s, size_t i);


#endif /* API_SECLANG_H */
