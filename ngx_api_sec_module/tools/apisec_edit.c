/*
 * Changing a store of API keys: one at a time, all of it or nothing.
 *
 * The lock is on the file itself.  Whoever waited for it looks whether the
 * name still leads to that file: the one before may have put another there.
 */

#include "apisec_store.h"
#include "api_keystore.h"
#include "apisec_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>


static int
failed(const char *path)
{
    return apisec_fail(APISEC_FAILED, "%s: %s", path, strerror(errno));
}


/* As nginx reads it: what is refused there is not written, and not read. */

static int
check(const char *path, api_span_t text)
{
    int                 rc;
    api_err_t           err;
    api_keystore_t     *store;
    api_keystore_opts_t opts = { .max_bytes = APISEC_STORE_MAX };
    static const char   pepper[API_KEYSTORE_MIN_PEPPER];

    apisec_random(&opts.seed, sizeof(opts.seed));

    rc = api_keystore_parse(&store, text, api_span(pepper, sizeof(pepper)),
        &opts, &api_alloc_libc, &err);

    if (rc != API_OK) {
        return apisec_fail(APISEC_NO, "%s: %s", path, err.text);
    }

    api_keystore_free(store);

    return APISEC_OK;
}


static int
parse(apisec_edit_t *edit)
{
    int        rc;
    api_span_t text;

    rc = apisec_read(edit->path, APISEC_STORE_MAX, &text);

    if (rc == APISEC_OK) {
        rc = check(edit->path, text);
    }

    if (rc != APISEC_OK) {
        return rc;
    }

    edit->root = cJSON_ParseWithLength((const char *) text.data, text.len);
    edit->keys = cJSON_GetObjectItemCaseSensitive(edit->root, "keys");

    return edit->keys
               ? APISEC_OK
               : apisec_fail(APISEC_FAILED, "%s: no memory", edit->path);
}


static int
resolve(apisec_edit_t *edit, const char *path)
{
    char *real = realpath(path, NULL);

    memset(edit, 0, sizeof(*edit));
    edit->fd = edit->dir = -1;

    if (real == NULL) {
        return failed(path);
    }

    edit->path = apisec_text("%s", real);
    free(real);

    return APISEC_OK;
}


int
apisec_edit_read(apisec_edit_t *edit, const char *path)
{
    int rc = resolve(edit, path);

    return rc == APISEC_OK ? parse(edit) : rc;
}


static int
lock(apisec_edit_t *edit)
{
    bool        same;
    struct stat here, there;

    for (;;) {
        edit->fd = open(edit->path, O_RDWR | O_CLOEXEC);

        if (edit->fd < 0 || flock(edit->fd, LOCK_EX) != 0
            || fstat(edit->fd, &here) != 0)
        {
            return failed(edit->path);
        }

        if (!S_ISREG(here.st_mode)) {
            return apisec_fail(
                APISEC_FAILED, "%s: is no regular file", edit->path);
        }

        same = stat(edit->path, &there) == 0 && here.st_ino == there.st_ino
               && here.st_dev == there.st_dev;

        if (same) {
            return APISEC_OK;
        }

        close(edit->fd);
    }
}


int
apisec_edit_open(apisec_edit_t *edit, const char *path)
{
    int rc;

    rc = resolve(edit, path);
    if (rc != APISEC_OK) {
        return rc;
    }

    rc = lock(edit);

    if (rc == APISEC_OK) {
        edit->dir = open(
            apisec_text("%.*s",
                (int) (strrchr(edit->path, '/') - edit->path + 1), edit->path),
            O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        rc = edit->dir < 0 ? failed(edit->path) : parse(edit);
    }

    if (rc != APISEC_OK) {
        apisec_edit_close(edit);
    }

    return rc;
}


void
apisec_edit_close(apisec_edit_t *edit)
{
    if (edit->dir >= 0) {
        close(edit->dir);
    }

    if (edit->fd >= 0) {
        close(edit->fd);
    }

    cJSON_Delete(edit->root);
    memset(edit, 0, sizeof(*edit));
    edit->fd = edit->dir = -1;
}


/* Owner and mode of the old file, on the disk before it has the name. */

static bool
finish(const apisec_edit_t *edit, const char *name)
{
    int         fd;
    bool        ok;
    struct stat old;

    fd = openat(edit->dir, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);

    ok = fd >= 0 && fstat(edit->fd, &old) == 0
         && (fchown(fd, old.st_uid, old.st_gid) == 0
             || (old.st_uid == geteuid() && old.st_gid == getegid()))
         && fchmod(fd, old.st_mode & 07777) == 0 && fsync(fd) == 0;

    if (fd >= 0) {
        close(fd);
    }

    return ok;
}


static int
replace(apisec_edit_t *edit, api_span_t text)
{
    int         rc;
    char       *name;
    uint32_t    random;
    const char *base = strrchr(edit->path, '/') + 1;

    apisec_random(&random, sizeof(random));
    name = apisec_text(".%s.%08x", base, (unsigned) random);

    rc = apisec_write(edit->dir, name, 0600, text);
    if (rc != APISEC_OK) {
        return rc;
    }

    if (!finish(edit, name) || renameat(edit->dir, name, edit->dir, base) != 0)
    {
        rc = failed(edit->path);
        unlinkat(edit->dir, name, 0);
        return rc;
    }

    return fsync(edit->dir) == 0 ? APISEC_OK : failed(edit->path);
}


int
apisec_edit_save(apisec_edit_t *edit)
{
    int        rc;
    api_span_t text = apisec_json(edit->root);

    edit->root = NULL;
    rc = check(edit->path, text);

    if (rc == APISEC_OK) {
        rc = replace(edit, text);
    }

    apisec_edit_close(edit);

    return rc;
}
