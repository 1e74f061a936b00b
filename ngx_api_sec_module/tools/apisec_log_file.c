#include "apisec_log.h"

#include <errno.h>
#include <zlib.h>


/* Of a damaged archive, what stands before the piece with the damage is read.
   */

#define PIECE (64 * 1024)

/* A piece is read behind less than a line: a longer one is handed out first. */

#define BUF (APISEC_LOG_LINE + PIECE)

int
apisec_log_open(apisec_log_file_t *f, const char *path)
{
    char *buf = f->buf;

    memset(f, 0, sizeof(*f));
    f->buf = buf ? buf : apisec_alloc(BUF);
    f->path = path;

    errno = 0;
    f->gz = gzopen(path, "rb");

    if (f->gz == NULL) {
        return apisec_fail(APISEC_FAILED, "%s: %s", path, strerror(errno));
    }

    (void) gzbuffer(f->gz, 256 * 1024);

    return APISEC_OK;
}


int
apisec_log_close(apisec_log_file_t *f)
{
    /* Z_BUF_ERROR: what gzip has packed has no end */

    if (gzclose(f->gz) == Z_OK && !f->failed) {
        return APISEC_OK;
    }

    return apisec_fail(APISEC_FAILED,
        "%s: cannot be read to its end: cut, damaged, or no file; %llu lines"
        " could",
        f->path, (unsigned long long) f->line);
}


bool
apisec_log_next(apisec_log_file_t *f, api_span_t *line)
{
    int    n;
    char  *start, *end;
    size_t len;

    for (;;) {
        start = f->buf + f->pos;
        len = f->len - f->pos;
        end = len ? memchr(start, '\n', len) : NULL;

        if (end || len >= APISEC_LOG_LINE || (f->end && len)) {
            len = end ? (size_t) (end - start) : len;
            len = len > APISEC_LOG_LINE ? APISEC_LOG_LINE : len;
            *line = api_span(start, len);
            f->pos += len + (end && start + len == end);
            f->line++;
            return true;
        }

        if (f->end) {
            return false;
        }

        memmove(f->buf, start, len);
        f->len = len;
        f->pos = 0;

        n = gzread(f->gz, f->buf + len, PIECE);
        f->len += n > 0 ? (size_t) n : 0;
        f->end = n <= 0;
        f->failed = n < 0;
    }
}
