/*
 * Files: read with a bound, written new or not at all.
 */

#include "apisec.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>


static int
read_all(int fd, const char *path, size_t max, api_span_t *out)
{
    char   *buf = apisec_alloc(max + 1);
    size_t  len = 0;
    ssize_t n;

    do {
        n = read(fd, buf + len, max + 1 - len);

        if (n < 0 && errno != EINTR) {
            return apisec_fail(APISEC_FAILED, "%s: %s", path, strerror(errno));
        }

        len += n > 0 ? (size_t) n : 0;
    } while (n != 0 && len <= max);

    if (len > max) {
        return apisec_fail(APISEC_FAILED,
            "%s: larger than %zu bytes, which is the most for such a file",
            path, max);
    }

    buf[len] = '\0';
    *out = api_span(buf, len);

    return APISEC_OK;
}


int
apisec_read(const char *path, size_t max, api_span_t *out)
{
    int fd, rc;

    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return apisec_fail(APISEC_FAILED, "%s: %s", path, strerror(errno));
    }

    rc = read_all(fd, path, max, out);
    close(fd);

    return rc;
}


static bool
write_all(int fd, api_span_t text)
{
    ssize_t n;

    while (text.len) {
        n = write(fd, text.data, text.len);

        if (n < 0 && errno != EINTR) {
            return false;
        }

        if (n > 0) {
            text.data += n;
            text.len -= (size_t) n;
        }
    }

    return true;
}


/* The mode is set again once the file is there: a umask is for those who have
   no opinion. */

int
apisec_write(int dir, const char *name, mode_t mode, api_span_t text)
{
    int  fd;
    bool ok;

    fd = openat(
        dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    ok = fd >= 0 && fchmod(fd, mode) == 0 && write_all(fd, text);

    if (fd >= 0 && close(fd) != 0) {
        ok = false;
    }

    return ok ? APISEC_OK
              : apisec_fail(APISEC_FAILED, "%s: %s", name, strerror(errno));
}
