/* Input: a log, also one that gzip has packed, as apisec replay and the other
   readers of the record take it.  Whatever it is, lines are no longer than is
   said, together they are the file, and what is made of an event to be asked
   anew, or shown, has nothing in it that would mean something there. */

#include "apisec_log.h"
#include "apisec_put.h"
#include "apisec_replay.h"

#include "fuzz.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>


static void
look_at(const apisec_event_t *e)
{
    size_t      i, n;
    const char *path;

    MUST(e->kind.len != 0);
    MUST(e->ndecided <= APISEC_DECIDED_MAX);
    MUST(e->nexcepted <= APISEC_EXCEPTED_MAX && e->queries <= 16);

    path = apisec_replay_path(e->path, "1000001");
    n = strlen(path);
    MUST(path[0] == '/');

    for (i = 0; i < n; i++) {
        MUST(path[i] > ' ' && path[i] < 0x7f && path[i] != '#'
             && path[i] != '?');
    }

    MUST(!apisec_replay_masked(apisec_span(path))
         || apisec_replay_masked(e->path));
}


/* On a screen, or as a field of a line: no control character. */

static void
show(FILE *out, const apisec_event_t *e)
{
    long   i, n;
    size_t k;
    char  *text;

    rewind(out);
    apisec_put_line(out, e->path);
    apisec_put_line(out, e->who);
    apisec_put_line(out, e->support);

    for (k = 0; k < e->ndecided; k++) {
        apisec_put_line(out, e->decided[k].reason);
    }

    n = ftell(out);
    MUST(n >= 0);
    rewind(out);
    text = apisec_alloc((size_t) n + 1);
    MUST(fread(text, 1, (size_t) n, out) == (size_t) n);

    for (i = 0; i < n; i++) {
        MUST((unsigned char) text[i] >= 0x20 && text[i] != 0x7f);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int               fd;
    char              name[32];
    FILE             *out;
    size_t            sum = 0;
    api_span_t        line;
    apisec_event_t    event;
    api_arena_mark_t  mark;
    apisec_log_file_t f = { .buf = NULL };
    static char      *buf;

    fd = memfd_create("log", 0);
    out = tmpfile();
    MUST(fd >= 0 && out && write(fd, data, size) == (ssize_t) size);
    snprintf(name, sizeof(name), "/dev/fd/%d", fd);

    f.buf = buf;
    MUST(apisec_log_open(&f, name) == APISEC_OK);
    buf = f.buf;
    mark = api_arena_mark(apisec_arena());

    while (apisec_log_next(&f, &line)) {
        MUST(line.len <= APISEC_LOG_LINE);
        MUST(line.len == 0 || !memchr(line.data, '\n', line.len));
        sum += line.len;

        if (apisec_event(line, &event)) {
            look_at(&event);
            show(out, &event);
        }

        api_arena_rewind(apisec_arena(), mark);
    }

    /* what is not packed is read whole */

    MUST(size == 0 || data[0] == 0x1f || (sum <= size && !f.failed));
    MUST(gzclose(f.gz) == Z_OK || data[0] == 0x1f);

    fclose(out);
    close(fd);

    return 0;
}
