/* Files of rules, for the loader. */

#include "apisec_conf.h"
#include "apisec_waf.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>


#define FILE_MAX (16 * 1024 * 1024)

typedef struct {
    char  *pattern; /* that paths are of */
    char **path;
    size_t n;
} found_t;


static int
read_file(void *ctx, const char *path, api_span_t *text, api_err_t *err)
{
    FILE  *in;
    char  *buf;
    size_t len;

    (void) ctx;

    in = fopen(path, "re");
    if (in == NULL) {
        return api_fail(err, API_INVALID, 0, 0, "%s", strerror(errno));
    }

    buf = apisec_alloc(4096);
    len = 0;

    for (size_t room = 4096, n; (n = fread(buf + len, 1, room - len, in));) {
        len += n;

        if (len == room && room < FILE_MAX) {
            char *more = apisec_alloc(room * 4);

            memcpy(more, buf, len);
            buf = more;
            room *= 4;
        }
    }

    if (ferror(in) || !feof(in)) {
        fclose(in);
        return api_fail(err, API_INVALID, 0, 0, "cannot be read to its end");
    }

    fclose(in);
    *text = api_span(buf, len);

    return API_OK;
}


static int
find_files(found_t *f, const char *pattern)
{
    int    rc;
    glob_t g;

    rc = glob(pattern, 0, NULL, &g);

    if (rc == GLOB_NOSPACE) {
        return API_NOMEM;
    }

    f->pattern = apisec_text("%s", pattern);
    f->n = rc == 0 ? g.gl_pathc : 0;
    f->path = apisec_alloc((f->n + 1) * sizeof(*f->path));

    for (size_t i = 0; i < f->n; i++) {
        f->path[i] = apisec_text("%s", g.gl_pathv[i]);
    }

    globfree(&g);

    return API_OK;
}


static int
glob_file(void *ctx, const char *pattern, size_t index, const char **path)
{
    int      rc;
    found_t *f;

    /* Include within Include: the outer list is asked for again. */

    f = ctx;

    if (f->pattern == NULL || strcmp(f->pattern, pattern) != 0) {
        rc = find_files(f, pattern);

        if (rc != API_OK) {
            return rc;
        }
    }

    if (index >= f->n) {
        return API_INVALID;
    }

    *path = f->path[index];

    return API_OK;
}


/* The rules of core are where the modules are. */

static int
load_core(api_seclang_t *loader, api_err_t *err)
{
    const char *modules = apisec_conf_modules(NULL);

    if (modules == NULL) {
        return api_fail(err, API_INVALID, 0, 0,
            "the rules of core are beside the modules, which are not found: "
            "name their files");
    }

    return api_seclang_file(
        loader, apisec_text("%s/ngx_api_waf_rules/*.conf", modules), err);
}


int
apisec_waf_load(const apisec_list_t *files, const apisec_waf_values_t *values,
    api_seclang_t **loader, const api_waf_program_t **program)
{
    int              rc;
    size_t           i;
    found_t         *found = apisec_alloc(sizeof(*found));
    api_err_t        err;
    api_seclang_io_t io = { read_file, glob_file, found };

    *loader = api_seclang_create(&api_alloc_libc, &io, NULL);
    if (*loader == NULL) {
        return apisec_fail(APISEC_FAILED, "no memory");
    }

    rc = API_OK;

    for (i = 0; i < files->n && rc == API_OK; i++) {
        rc = strcmp(files->item[i], "core") == 0
                 ? load_core(*loader, &err)
                 : api_seclang_file(*loader, files->item[i], &err);
    }

    if (values->paranoia) {
        api_seclang_paranoia(
            *loader, (uint32_t) strtoul(values->paranoia, NULL, 10));
    }

    if (rc == API_OK) {
        rc = api_seclang_finish(*loader, program, &err);
    }

    if (rc != API_OK) {
        api_seclang_free(*loader);
        return apisec_fail(APISEC_NO, "%s", err.text);
    }

    return APISEC_OK;
}
