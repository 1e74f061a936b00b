#include "apisec_why.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>


int
apisec_lines_open(apisec_lines_t *l, const char *path)
{
    char       *buf = l->buf;
    struct stat st;

    memset(l, 0, sizeof(*l));
    l->buf = buf ? buf : apisec_alloc(2 * APISEC_LINE_MAX);

    l->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (l->fd < 0) {
        return APISEC_FAILED;
    }

    if (fstat(l->fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        close(l->fd);
        errno = EISDIR;
        return APISEC_FAILED;
    }

    return APISEC_OK;
}


void
apisec_lines_close(apisec_lines_t *l)
{
    close(l->fd);
}


static void
fill(apisec_lines_t *l)
{
    ssize_t n;

    memmove(l->buf, l->buf + l->pos, l->len - l->pos);
    l->len -= l->pos;
    l->pos = 0;

    do {
        n = read(l->fd, l->buf + l->len, 2 * APISEC_LINE_MAX - l->len);
    } while (n < 0 && errno == EINTR);

    l->len += n > 0 ? (size_t) n : 0;
    l->end = n <= 0;
}


/* A line without its end, or all that is left; false: there is no whole line
   among what was read. */

static bool
take(apisec_lines_t *l, api_span_t *line)
{
    char  *start = l->buf + l->pos;
    char  *end = memchr(start, '\n', l->len - l->pos);
    size_t len = end ? (size_t) (end - start) : l->len - l->pos;

    if (end == NULL && !l->end && len < APISEC_LINE_MAX) {
        return false;
    }

    *line = api_span(start, len);
    l->pos += len + (end != NULL);

    if (len >= APISEC_LINE_MAX || l->cut) {
        l->skipped += !l->cut;
        l->cut = end == NULL;
        line->len = 0;
    }

    return true;
}


bool
apisec_lines_next(apisec_lines_t *l, api_span_t *line)
{
    while (!take(l, line)) {
        fill(l);
    }

    return l->pos < l->len || !l->end || line->len;
}
