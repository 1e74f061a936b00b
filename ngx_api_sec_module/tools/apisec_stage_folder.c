/*
 * The folder of a stage.
 */

#include "apisec_stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>


#define DEPTH_MAX 64

const char *
apisec_folder_make(void)
{
    const char *tmp = getenv("TMPDIR");
    char       *dir;

    /* a name that needs no quotes, and is short: sockets are in it */

    if (tmp == NULL || tmp[0] != '/' || strlen(tmp) > 60
        || strspn(tmp, "/0123456789abcdefghijklmnopqrstuvwxyz"
                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ._-")
               != strlen(tmp))
    {
        tmp = "/tmp";
    }

    dir = apisec_text("%s/apisec-XXXXXX", tmp);

    if (mkdtemp(dir) == NULL) {
        apisec_fail(APISEC_FAILED, "%s: %s", dir, strerror(errno));
        return NULL;
    }

    return dir;
}


/* Not by paths: what a worker owns it may turn into a link meanwhile. */

static void
drop(int at, const char *name, unsigned depth)
{
    int                  fd;
    DIR                 *d;
    const struct dirent *e;

    fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    d = fd == -1 ? NULL : fdopendir(fd);

    while (d && (e = readdir(d)) != NULL) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0
            && unlinkat(fd, e->d_name, 0) != 0 && depth < DEPTH_MAX)
        {
            drop(fd, e->d_name, depth + 1);
        }
    }

    if (d) {
        closedir(d);
    } else if (fd != -1) {
        close(fd);
    }

    (void) unlinkat(at, name, AT_REMOVEDIR);
}


void
apisec_folder_drop(const char *dir)
{
    drop(AT_FDCWD, dir, 0);
}


/* What is relative in a configuration stays where it was. */

void
apisec_folder_mirror(const char *from, const char *to)
{
    int                  made = 0; /* one of ours may have the name */
    DIR                 *d = opendir(from);
    const struct dirent *e;

    while (d && (e = readdir(d)) != NULL) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            made = symlink(apisec_text("%s/%s", from, e->d_name),
                apisec_text("%s/%s", to, e->d_name));
        }
    }

    (void) made;

    if (d) {
        closedir(d);
    }
}


int
apisec_folder_put(const apisec_stage_t *stage, const char *name,
    api_span_t text, mode_t mode)
{
    int         fd;
    ssize_t     n = 0;
    const char *path = apisec_text("%s/%s", stage->dir, name);

    fd = open(
        path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);

    if (fd != -1) {
        n = write(fd, text.data, text.len);

        if (stage->uid && fchown(fd, stage->uid, stage->gid) != 0) {
            n = -1;
        }

        close(fd);
    }

    return fd != -1 && n == (ssize_t) text.len
               ? APISEC_OK
               : apisec_fail(APISEC_FAILED, "%s: %s", path, strerror(errno));
}


/*
 * As root, workers are another user, who is let in and owns nothing but the
 * state: where somebody else may put a link, root neither writes nor gives
 * anything away.
 */

void
apisec_folder_own(const apisec_stage_t *stage)
{
    bool   ok, state;
    size_t i;

    static const char *const folders[] = { "", "/conf", "/keys", "/tmp",
        "/state" };

    for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        const char *path = apisec_text("%s%s", stage->dir, folders[i]);

        ok = mkdir(path, 0700) == 0 || errno == EEXIST;
        state = folders[i][0] == '/' && folders[i][1] == 's';

        if (ok && stage->uid) {
            ok = chown(path, state ? stage->uid : 0, stage->gid) == 0
                 && (state || chmod(path, 0750) == 0);
        }

        if (!ok) {
            apisec_fail(APISEC_FAILED, "%s: %s", path, strerror(errno));
        }
    }
}
