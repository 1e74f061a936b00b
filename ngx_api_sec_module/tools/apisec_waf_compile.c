/*
 * apisec waf compile: the database of the patterns of rules, for the
 * prefilter, as a file in the cache that nginx looks into.
 */

#include "apisec_waf.h"
#include "api_hs.h"
#include "api_waf_scan.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>


static uint64_t
nanoseconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);

    return (uint64_t) t.tv_sec * UINT64_C(1000000000) + (uint64_t) t.tv_nsec;
}


static void *
symbol(void *lib, const char *name)
{
    return dlsym(lib, name);
}


/* The library is never closed: databases and scratches are of it. */

static int
library(api_hs_t *hs, bool compiler)
{
    void       *lib;
    api_err_t   err;
    const char *name;

    name = compiler ? API_HS_COMPILER : API_HS_RUNTIME;
    lib = dlopen(name, RTLD_NOW | RTLD_LOCAL);

    if (lib == NULL) {
        return apisec_fail(APISEC_FAILED,
            "%s is not here; install libvectorscan5 or libhyperscan5", name);
    }

    if (api_hs_load(hs, compiler, symbol, lib, &err) != API_OK) {
        return apisec_fail(APISEC_FAILED, "%s: %s", name, err.text);
    }

    hs->clock = nanoseconds;

    return APISEC_OK;
}


/* A folder that only its owner, who we are, can write and read. */

static int
open_folder(const char *path, int *dir)
{
    struct stat st;

    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return apisec_fail(
            APISEC_FAILED, "%s cannot be made: %s", path, strerror(errno));
    }

    *dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (*dir < 0 || fstat(*dir, &st) != 0) {
        return apisec_fail(
            APISEC_FAILED, "%s cannot be opened: %s", path, strerror(errno));
    }

    if (st.st_uid != geteuid() || (st.st_mode & 077) != 0) {
        close(*dir);
        return apisec_fail(APISEC_FAILED,
            "%s is not yours alone; chown it to the user that starts nginx, "
            "and chmod 0700",
            path);
    }

    return APISEC_OK;
}


/* Under another name first: nobody sees half of it. */

static int
write_whole(int dir, const char *name, api_span_t file)
{
    int     fd;
    char   *tmp;
    size_t  done;
    ssize_t n;

    tmp = apisec_text("%s.%ld", name, (long) getpid());
    fd = openat(
        dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    for (done = 0, n = 0; fd >= 0 && done < file.len; done += (size_t) n) {
        n = write(fd, file.data + done, file.len - done);

        if (n <= 0) {
            break;
        }
    }

    if (fd < 0 || done < file.len || fsync(fd) != 0 || close(fd) != 0
        || renameat(dir, tmp, dir, name) != 0)
    {
        n = errno;
        unlinkat(dir, tmp, 0);
        return apisec_fail(APISEC_FAILED, "%s cannot be written: %s", name,
            strerror((int) n));
    }

    return APISEC_OK;
}


int
apisec_waf_compile(
    const api_waf_program_t *program, const apisec_waf_values_t *values)
{
    int                        rc, dir = -1;
    char                       key[API_PREFILTER_KEY];
    api_hs_t                   hs;
    api_err_t                  err;
    api_span_t                 file;
    const char                *name;
    const api_prefilter_set_t *set;

    if (values->cache == NULL) {
        return apisec_fail(APISEC_USAGE,
            "compile needs --cache DIR, the folder waf below that of "
            "api_state");
    }

    rc = library(&hs, true);

    if (rc == APISEC_OK) {
        rc = open_folder(values->cache, &dir);
    }

    if (rc != APISEC_OK) {
        return rc;
    }

    set = api_waf_program_patterns(program);

    if (api_prefilter_key(set, &api_alloc_libc, key) != API_OK
        || api_prefilter_compile(set, &hs, &api_alloc_libc, &file, &err)
               != API_OK)
    {
        close(dir);
        return apisec_fail(APISEC_FAILED, "%s", err.text);
    }

    name = apisec_text("%s.hs", key);
    rc = write_whole(dir, name, file);
    close(dir);

    if (rc == APISEC_OK) {
        printf("%s/%s: %zu KB, %u patterns, by %s\n", values->cache, name,
            file.len / 1024, (unsigned) set->npatterns, hs.version());
    }

    return rc;
}


/* A file that only we could have written. */

static int
read_own(const char *path, api_span_t *file)
{
    int         fd;
    bool        ok;
    struct stat st;

    fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st) != 0) {
        return apisec_fail(APISEC_FAILED, "%s: %s", path, strerror(errno));
    }

    ok = S_ISREG(st.st_mode) && st.st_uid == geteuid()
         && (st.st_mode & 077) == 0;
    close(fd);

    if (!ok) {
        return apisec_fail(APISEC_FAILED,
            "%s is refused: not a file of yours with mode 0600", path);
    }

    return apisec_read(path, 1024 * 1024 * 1024, file);
}


int
apisec_waf_attach(
    const api_waf_program_t *program, const apisec_waf_values_t *values)
{
    int         rc;
    char        key[API_PREFILTER_KEY];
    double      start;
    api_hs_t   *hs;
    api_err_t   err;
    api_span_t  file;
    const char *path;

    hs = apisec_alloc(sizeof(*hs));
    rc = library(hs, false);

    if (rc != APISEC_OK) {
        return rc;
    }

    if (api_prefilter_key(
            api_waf_program_patterns(program), &api_alloc_libc, key)
        != API_OK)
    {
        return apisec_fail(APISEC_FAILED, "no memory");
    }

    path = apisec_text("%s/%s.hs", values->cache, key);
    rc = read_own(path, &file);

    if (rc != APISEC_OK) {
        return rc;
    }

    start = (double) clock() / CLOCKS_PER_SEC;

    if (api_prefilter_attach(
            api_waf_program_prefilter(program), hs, file, &err)
        != API_OK)
    {
        return apisec_fail(APISEC_FAILED, "%s: %s", path, err.text);
    }

    printf("%s read in %.1f ms\n", path,
        ((double) clock() / CLOCKS_PER_SEC - start) * 1e3);

    return APISEC_OK;
}
