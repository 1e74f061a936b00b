/*
 * A configuration from its files.  nginx -T would have to open keys and logs
 * first, which not everybody who may test a configuration can.
 */

#include "apisec_stage.h"

#include "api_conf_int.h"

#include <glob.h>
#include <stdlib.h>


#define FILES_MAX 1000
#define FILE_MAX (16 * 1024 * 1024)

typedef struct {
    const char *folder; /* of the main file, with its slash */
    const char *names[FILES_MAX];
    api_span_t  texts[FILES_MAX];
    size_t      n;
} files_t;


static int add(files_t *f, const char *name);


static int
add_all(files_t *f, api_span_t pattern)
{
    int         rc = APISEC_OK;
    glob_t      found;
    size_t      i;
    const char *path;

    path = apisec_text("%s%.*s",
        pattern.len && pattern.data[0] == '/' ? "" : f->folder,
        (int) pattern.len, (const char *) pattern.data);

    if (strpbrk(path, "*?[") == NULL) {
        return add(f, path);
    }

    if (glob(path, 0, NULL, &found) != 0) {
        return APISEC_OK; /* none is no mistake */
    }

    for (i = 0; i < found.gl_pathc && rc == APISEC_OK; i++) {
        rc = add(f, apisec_text("%s", found.gl_pathv[i]));
    }

    globfree(&found);

    return rc;
}


/* A mistake is found, and told, by who parses all of it. */

static int
includes(files_t *f, const char *name, api_span_t text)
{
    int               rc = APISEC_OK;
    api_conf_file_t   file = { .name = apisec_span(name), .text = text };
    api_conf_words_t  w = { .arena = apisec_arena() };
    api_conf_token_t  token;
    api_conf_cursor_t at = { .file = &file, .line = 1 };

    do {
        token = api_conf_lex(&at, &w);

        if (token == API_CONF_T_DIRECTIVE && w.n == 2
            && api_span_eq(w.words[0], API_SPAN("include")))
        {
            rc = add_all(f, w.words[1]);
        }
    } while (
        rc == APISEC_OK && token != API_CONF_T_END && token != API_CONF_T_BAD);

    return rc;
}


static int
add(files_t *f, const char *name)
{
    int    rc;
    size_t i;

    for (i = 0; i < f->n; i++) {
        if (strcmp(f->names[i], name) == 0) {
            return APISEC_OK;
        }
    }

    if (f->n == FILES_MAX) {
        return apisec_fail(
            APISEC_NO, "%s: more than %d files", name, FILES_MAX);
    }

    rc = apisec_read(name, FILE_MAX, &f->texts[f->n]);
    f->names[f->n++] = name;

    return rc == APISEC_OK ? includes(f, name, f->texts[f->n - 1]) : rc;
}


int
apisec_nginx_files(const char *file, api_span_t *text)
{
    int      rc;
    char    *real = realpath(file, NULL), *to;
    size_t   i, len = 0;
    files_t *f = apisec_alloc(sizeof(*f));

    if (real == NULL) {
        return apisec_fail(APISEC_FAILED, "%s: no such file", file);
    }

    f->folder =
        apisec_text("%.*s", (int) (strrchr(real, '/') - real) + 1, real);
    rc = add(f, apisec_text("%s", real));
    free(real);

    for (i = 0; rc == APISEC_OK && i < f->n; i++) {
        len += f->texts[i].len + strlen(f->names[i]) + 32;
    }

    to = apisec_alloc(len + 1);
    *text = api_span(to, 0);

    for (i = 0; rc == APISEC_OK && i < f->n; i++) {
        to += sprintf(to, "# configuration file %s:\n", f->names[i]);
        memcpy(to, f->texts[i].data, f->texts[i].len);
        to += f->texts[i].len;
        *to++ = '\n';
    }

    text->len = (size_t) (to - (const char *) text->data);

    return rc;
}
