/* Input: a byte for the size of pieces, one for the limits, a gzip body.  How
   it is cut makes no difference; limits hold; nothing stays. */

#include "api_gzip.h"
#include "fuzz.h"


#define MAX_PIECES 4096


static api_span_t pieces[MAX_PIECES];


static size_t
cut(api_span_t s, size_t len)
{
    size_t n;

    for (n = 0; s.len && n < MAX_PIECES - 1; n++) {
        len = len < s.len ? len : s.len;
        pieces[n] = api_span(s.data, len);
        s = api_span(s.data + len, s.len - len);
    }

    pieces[n++] = s;

    return n;
}


/* What is decoded as far as it goes: the whole where there is a whole. */

static void
some(
    api_span_t body, const api_gzip_limits_t *limits, int rc, api_span_t whole)
{
    int         got;
    bool        more;
    api_err_t   err;
    api_span_t  out;
    api_arena_t arena;

    memset(&err, 0, sizeof(err));
    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    got = api_gzip_decode_some(&body, 1, limits, &arena, &out, &more, &err);

    MUST(got == API_OK || arena.held == 0);
    MUST(got == API_OK || !more);
    MUST((rc == API_OK) == (got == API_OK && !more));
    MUST(got != API_OK || out.len <= limits->size);
    MUST(rc != API_OK || api_span_eq(out, whole));

    api_arena_free(&arena);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int               rc[2];
    size_t            i, n;
    api_err_t         err[2];
    api_span_t        body, out[2];
    api_arena_t       arena[2];
    api_gzip_limits_t limits;

    if (size < 2) {
        return 0;
    }

    limits.size = (size_t) 1 << (data[1] & 15) << 4;
    limits.ratio = data[1] >> 6;
    limits.members = data[1] >> 4 & 3;
    body = api_span(data + 2, size - 2);

    for (i = 0; i < 2; i++) {
        memset(&err[i], 0, sizeof(err[i]));
        api_arena_init(&arena[i], &api_alloc_libc, 0, 0);
        n = cut(body, i ? (size_t) data[0] + 1 : SIZE_MAX);
        rc[i] =
            api_gzip_decode(pieces, n, &limits, &arena[i], &out[i], &err[i]);

        MUST(err[i].pos <= body.len);
        MUST(rc[i] == API_OK || arena[i].held == 0);
        MUST(err[i].code != API_GZIP_E_ZLIB);
    }

    MUST(rc[0] == rc[1]);
    MUST(err[0].code == err[1].code);

    if (rc[0] == API_OK) {
        MUST(out[0].len <= limits.size);
        MUST(limits.ratio == 0 || out[0].len <= API_GZIP_SMALL
             || out[0].len <= body.len * limits.ratio);
        MUST(api_span_eq(out[0], out[1]));
        MUST(out[0].data[out[0].len] == '\0');
    }

    some(body, &limits, rc[0], out[0]);

    api_arena_free(&arena[0]);
    api_arena_free(&arena[1]);

    return 0;
}
