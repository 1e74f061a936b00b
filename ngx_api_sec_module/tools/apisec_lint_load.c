/*
 * What a configuration names: documents, secrets, keys; and the inventory.
 */

#include "apisec_lint.h"

#include "apisec_advisories.h"
#include "apisec_inventory.h"
#include "apisec_schema.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>


#define SPEC_MAX (64 * 1024 * 1024)
#define ADVISORIES_MAX 1000


static char *
text_of(api_span_t s)
{
    return apisec_text("%.*s", (int) s.len, (const char *) s.data);
}


/* A path of a configuration stands below the folder of its first file. */

static const char *
full_path(const api_lint_t *lint, api_span_t path)
{
    size_t     n;
    api_span_t main = lint->site->conf->files[0].name;

    if (path.len && path.data[0] == '/') {
        return text_of(path);
    }

    for (n = main.len; n && main.data[n - 1] != '/'; n--) {
    }

    return apisec_text("%.*s%.*s", (int) n, (const char *) main.data,
        (int) path.len, (const char *) path.data);
}


static bool
has_word(const api_conf_dir_t *d, const char *word)
{
    uint32_t i;

    for (i = 1; i < d->nargs; i++) {
        if (api_conf_arg_is(d, i, word)) {
            return true;
        }
    }

    return false;
}


static void
open_spec(api_lint_spec_t *spec, const char *path, const apisec_spec_t *how)
{
    const api_doc_t *doc;

    spec->file = apisec_span(path);

    if (apisec_spec_open(path, how, &spec->docs, &doc) != APISEC_OK) {
        return;
    }

    spec->root = api_doc_root(doc);

    if (apisec_spec_compile(spec->docs, doc, how, &spec->api) != APISEC_OK) {
        spec->api = NULL;
    }
}


/* The file of --spec NAME=FILE; NULL: none. */

static const char *
replaced(const apisec_lint_t *o, api_span_t name)
{
    size_t i, n;

    for (i = 0; i < o->specs.n; i++) {
        n = strcspn(o->specs.item[i], "=");

        if (o->specs.item[i][n] == '='
            && api_span_eq(name, api_span(o->specs.item[i], n)))
        {
            return o->specs.item[i] + n + 1;
        }
    }

    return NULL;
}


static bool
differ(const char *a, const char *b)
{
    api_span_t x, y;

    return apisec_read(a, SPEC_MAX, &x) == APISEC_OK
           && apisec_read(b, SPEC_MAX, &y) == APISEC_OK && !api_span_eq(x, y);
}


static api_lint_spec_t *
conf_spec(
    const apisec_lint_t *o, const api_lint_t *lint, const api_conf_dir_t *d)
{
    struct stat      st;
    api_span_t       option;
    const char      *path, *other;
    apisec_spec_t    how = { 0 };
    api_lint_spec_t *spec = apisec_alloc(sizeof(*spec));

    spec->name = api_conf_arg(d, 1);
    spec->dir = d;

    path = full_path(lint, api_conf_arg(d, 2));
    other = replaced(o, spec->name);

    option = api_conf_option(d, 3, "root");
    if (option.data == NULL) {
        option = api_conf_arg(
            api_conf_child(lint->site->http, "api_schema_root"), 1);
    }

    how.root = option.len && other == NULL ? full_path(lint, option) : NULL;
    option = api_conf_option(d, 3, "base");
    how.base = option.data ? text_of(option) : NULL;
    how.strict = has_word(d, "strict");
    how.lenient = has_word(d, "unsupported=warn");

    open_spec(spec, other ? other : path, &how);
    spec->differs = other && stat(path, &st) == 0 && differ(path, other);

    return spec;
}


static void
load_specs(const apisec_lint_t *o, api_lint_t *lint)
{
    size_t                i;
    apisec_spec_t         how = { 0 };
    api_lint_spec_t      *spec, **last;
    const api_conf_dir_t *d;

    last = (api_lint_spec_t **) (uintptr_t) &lint->specs;

    for (d = api_conf_child(lint->site->http, "api_schema_spec"); d;
         d = api_conf_more(d))
    {
        spec = conf_spec(o, lint, d);
        *last = spec;
        last = &spec->next;
    }

    for (i = 0; i < o->specs.n; i++) {
        if (strchr(o->specs.item[i], '=')) {
            continue;
        }

        spec = apisec_alloc(sizeof(*spec));
        spec->name = apisec_span(o->specs.item[i]);
        open_spec(spec, o->specs.item[i], &how);
        *last = spec;
        last = &spec->next;
    }
}


static api_lint_file_t *
look_at(const api_lint_t *lint, const api_conf_dir_t *d, api_span_t path,
    bool secret)
{
    struct stat      st;
    api_lint_file_t *f = apisec_alloc(sizeof(*f));

    f->dir = d;
    f->path = path;
    f->secret = secret;
    f->missing = stat(full_path(lint, path), &st) != 0;

    if (!f->missing) {
        f->mode = st.st_mode;
        f->changed = st.st_mtime;
    }

    return f;
}


/* "file:PATH", also behind a NAME=. */

static api_span_t
file_source(api_span_t s)
{
    size_t i;

    for (i = 0; i + 5 < s.len; i++) {
        if ((i == 0 || s.data[i - 1] == '=')
            && memcmp(s.data + i, "file:", 5) == 0) {
            return api_span(s.data + i + 5, s.len - i - 5);
        }
    }

    return api_span(NULL, 0);
}


/* Directives whose first or second argument is a bare path. */

static const struct {
    const char *name;
    uint32_t    arg;
    bool        secret;
} paths[] = {
    { "api_key_store", 2, true },
    { "ssl_certificate_key", 1, true },
    { "jwks", 1, false },
};


static void
files_of(api_lint_t *lint, const api_conf_dir_t *d, api_lint_file_t ***last)
{
    size_t     k;
    uint32_t   i;
    api_span_t path;

    for (i = 1; i < d->nargs; i++) {
        path = file_source(d->args[i]);

        for (k = 0; path.data == NULL && k < sizeof(paths) / sizeof(paths[0]);
             k++) {
            if (paths[k].arg == i && api_conf_is(d, paths[k].name)
                && memchr(d->args[i].data, ':', d->args[i].len) == NULL)
            {
                path = d->args[i];
                break;
            }
        }

        if (path.data) {
            **last = look_at(lint, d, path,
                k == sizeof(paths) / sizeof(paths[0]) || paths[k].secret
                    || path.data != d->args[i].data);
            *last = &(**last)->next;
        }
    }
}


static void
load_files(api_lint_t *lint)
{
    api_lint_file_t     **last;
    const api_conf_dir_t *d = lint->site->conf->root.first;

    last = (api_lint_file_t **) (uintptr_t) &lint->files;

    while (d) {
        files_of(lint, d, &last);

        if (d->first) {
            d = d->first;
            continue;
        }

        while (d && d->next == NULL) {
            d = d->parent;
        }

        d = d ? d->next : NULL;
    }
}


static int
load_versions(const apisec_lint_t *o, api_lint_t *lint)
{
    size_t              i, n;
    api_lint_version_t *v = apisec_alloc(sizeof(*v) * (o->versions.n + 1));

    for (i = 0; i < o->versions.n; i++) {
        n = strcspn(o->versions.item[i], "=");

        if (o->versions.item[i][n] != '=') {
            return apisec_fail(APISEC_USAGE,
                "--version %s: write PROGRAM=VERSION, as nginx=1.22.1",
                o->versions.item[i]);
        }

        v[i].program = apisec_text("%.*s", (int) n, o->versions.item[i]);
        v[i].version = apisec_span(o->versions.item[i] + n + 1);
    }

    lint->versions = v;
    lint->nversions = o->versions.n;

    return APISEC_OK;
}


static const char *
ids_of(const cJSON *fix)
{
    const char  *text = "";
    const cJSON *id;

    cJSON_ArrayForEach(id, cJSON_GetObjectItemCaseSensitive(fix, "ids"))
    {
        if (cJSON_IsString(id)) {
            text = apisec_text(
                "%s%s%s", text, *text ? ", " : "", id->valuestring);
        }
    }

    return text;
}


/* Releases of the projects, of the table that apisec doctor has too. */

static int
load_advisories(const apisec_lint_t *o, api_lint_t *lint)
{
    size_t               i;
    cJSON               *root;
    const char          *why;
    const cJSON         *fix, *fixes;
    api_lint_advisory_t *a;

    if (lint->nversions == 0) {
        return APISEC_OK;
    }

    root = apisec_advisories(
        o->advisories ? o->advisories : apisec_advisories_file(), &why);

    if (root == NULL) {
        return apisec_fail(APISEC_FAILED, "%s: give one by --advisories", why);
    }

    a = apisec_alloc(ADVISORIES_MAX * sizeof(*a));
    lint->advisories = a;

    for (i = 0; i < lint->nversions; i++) {
        fixes =
            cJSON_GetObjectItemCaseSensitive(root, lint->versions[i].program);

        cJSON_ArrayForEach(fix, fixes)
        {
            if (lint->nadvisories < ADVISORIES_MAX) {
                a[lint->nadvisories++] = (api_lint_advisory_t){
                    lint->versions[i].program,
                    apisec_text("%s", apisec_advisories_text(fix, "version")),
                    ids_of(fix)
                };
            }
        }
    }

    cJSON_Delete(root);

    return APISEC_OK;
}


static int
load_today(const apisec_lint_t *o, api_lint_t *lint)
{
    struct tm   tm = { 0 };
    const char *end;

    lint->now = (int64_t) time(NULL);

    if (o->today) {
        end = strptime(o->today, "%Y-%m-%d", &tm);

        if (end == NULL || *end != '\0') {
            return apisec_fail(
                APISEC_USAGE, "--today %s: write YEAR-MONTH-DAY", o->today);
        }

        lint->now = (int64_t) timegm(&tm);
    }

    if (o->key_age && !apisec_seconds(o->key_age, &lint->key_age)) {
        return apisec_fail(
            APISEC_USAGE, "--key-age %s: write a time, as 180d", o->key_age);
    }

    return APISEC_OK;
}


int
apisec_lint_load(const apisec_lint_t *o, api_lint_t *lint)
{
    int              rc;
    api_inventory_t *inventory;

    rc = load_today(o, lint);
    rc = rc == APISEC_OK ? load_versions(o, lint) : rc;
    rc = rc == APISEC_OK ? load_advisories(o, lint) : rc;

    if (rc == APISEC_OK && o->inventory) {
        rc = apisec_inventory_load(o->inventory, &inventory);
        lint->inventory = rc == APISEC_OK ? inventory : NULL;
    }

    if (rc == APISEC_OK) {
        load_specs(o, lint);
        load_files(lint);
    }

    return rc;
}
