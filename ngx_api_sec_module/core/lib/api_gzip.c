#include "api_gzip.h"

#define ZLIB_CONST
#include <zlib.h>


#define API_GZIP_MAX_RATIO 1032 /* of deflate: 258 bytes for two bits */
#define API_GZIP_ROOM 1024      /* to begin with, at least */

static const char *const api_gzip_errors[API_GZIP_NERRORS] = {
    [API_GZIP_E_NONE] = "none",
    [API_GZIP_E_HEADER] = "header",
    [API_GZIP_E_DATA] = "data",
    [API_GZIP_E_TRUNCATED] = "truncated",
    [API_GZIP_E_TRAILING] = "trailing",
    [API_GZIP_E_SIZE] = "size",
    [API_GZIP_E_RATIO] = "ratio",
    [API_GZIP_E_MEMBERS] = "members",
    [API_GZIP_E_NOMEM] = "no_memory",
    [API_GZIP_E_ZLIB] = "zlib",
};


const char *
api_gzip_error_name(int code)
{
    return code >= 0 && code < API_GZIP_NERRORS ? api_gzip_errors[code]
                                                : "unknown";
}


typedef struct {
    z_stream          strm;
    gz_header         head; /* of the member; only `done` is of interest */
    api_arena_t      *arena;
    api_arena_t       zlib; /* its state */
    const api_span_t *in;
    size_t            n;
    size_t            total;  /* of in */
    size_t            loaded; /* of in, given to zlib so far */
    size_t            cur;    /* next span */
    size_t            off;    /* in it */
    uint8_t          *out;
    size_t            len;
    size_t            room; /* of out */
    size_t            cap;  /* of len */
    int               over; /* why it is that */
    uint32_t          members;
    api_err_t        *err;
} api_gzip_t;


static void *
api_gzip_zalloc(void *opaque, uInt items, uInt size)
{
    return api_arena_calloc(opaque, items, size);
}


static void
api_gzip_zfree(void *opaque, void *p)
{
    (void) opaque; /* the arena goes as a whole */
    (void) p;
}


static size_t
api_gzip_pos(const api_gzip_t *g)
{
    return g->loaded - g->strm.avail_in;
}


static int
api_gzip_fail(const api_gzip_t *g, int rc, int code, const char *what)
{
    return api_fail(g->err, rc, code, api_gzip_pos(g), "gzip: %s", what);
}


static int
api_gzip_nomem(const api_gzip_t *g)
{
    return api_gzip_fail(g, API_NOMEM, API_GZIP_E_NOMEM, "no memory");
}


/* The byte at pos, which is below g->total. */

static uint8_t
api_gzip_byte(const api_gzip_t *g, size_t pos)
{
    size_t i;

    for (i = 0; pos >= g->in[i].len; i++) {
        pos -= g->in[i].len;
    }

    return g->in[i].data[pos];
}


/* Hand the next piece to zlib; its counters have 32 bits. */

static void
api_gzip_feed(api_gzip_t *g)
{
    size_t n;

    while (g->cur < g->n && g->off == g->in[g->cur].len) {
        g->cur++;
        g->off = 0;
    }

    if (g->cur == g->n) {
        return;
    }

    n = g->in[g->cur].len - g->off;
    n = n < UINT32_MAX / 2 ? n : UINT32_MAX / 2;

    g->strm.next_in = g->in[g->cur].data + g->off;
    g->strm.avail_in = (uInt) n;

    g->off += n;
    g->loaded += n;
}


static void
api_gzip_caps(api_gzip_t *g, const api_gzip_limits_t *limits)
{
    size_t most;

    g->cap = limits->size < SIZE_MAX / 4 ? limits->size : SIZE_MAX / 4;
    g->over = API_GZIP_E_SIZE;

    if (limits->ratio && g->total < SIZE_MAX / 4 / limits->ratio) {
        most = g->total * limits->ratio;
        most = most > API_GZIP_SMALL ? most : API_GZIP_SMALL;

        if (most < g->cap) {
            g->cap = most;
            g->over = API_GZIP_E_RATIO;
        }
    }
}


/*
 * The length field of the last member, when it can be true: exact for the
 * usual body of one member, which then never grows.
 */

static size_t
api_gzip_guess(const api_gzip_t *g)
{
    size_t   i, most;
    uint32_t v;

    v = 0;

    for (i = 1; i <= 4 && i <= g->total; i++) {
        v = v << 8 | api_gzip_byte(g, g->total - i);
    }

    most = g->total < SIZE_MAX / 2048 ? g->total * API_GZIP_MAX_RATIO
                                      : SIZE_MAX / 4;
    most = most < g->cap ? most : g->cap;

    return v < most ? v : most;
}


/* Room for one byte more than may come out, so that too much is noticed, and
   for the NUL behind all. */

static int
api_gzip_room(api_gzip_t *g)
{
    size_t   to;
    uint8_t *p;

    if (g->len < g->room) {
        return API_OK;
    }

    to = g->room ? g->room * 2 : api_gzip_guess(g) + 1;
    to = to > API_GZIP_ROOM ? to : API_GZIP_ROOM;
    to = to < g->cap + 1 ? to : g->cap + 1;

    p = api_arena_grow(g->arena, g->out, g->out ? g->room + 1 : 0, to + 1);
    if (p == NULL) {
        return api_gzip_nomem(g);
    }

    g->out = p;
    g->room = to;

    return API_OK;
}


/* A member has ended.  API_OK: so has the body. */

static int
api_gzip_member(api_gzip_t *g, bool *more)
{
    size_t pos;

    pos = api_gzip_pos(g);
    *more = pos < g->total;

    if (!*more) {
        return API_OK;
    }

    if (api_gzip_byte(g, pos) != 0x1f
        || (pos + 1 < g->total && api_gzip_byte(g, pos + 1) != 0x8b))
    {
        return api_gzip_fail(g, API_SYNTAX, API_GZIP_E_TRAILING,
            "something that is not gzip follows the end");
    }

    if (--g->members == 0) {
        return api_gzip_fail(
            g, API_LIMIT, API_GZIP_E_MEMBERS, "too many members");
    }

    if (inflateReset(&g->strm) != Z_OK
        || inflateGetHeader(&g->strm, &g->head) != Z_OK)
    {
        return api_gzip_fail(g, API_INTERNAL, API_GZIP_E_ZLIB, "reset");
    }

    return API_OK;
}


/* What zlib's answer means when it is neither Z_OK nor Z_STREAM_END. */

static int
api_gzip_bad(const api_gzip_t *g, int rc)
{
    const char *what;

    what = g->strm.msg ? g->strm.msg : "corrupt";

    switch (rc) {

    case Z_DATA_ERROR:
        return api_gzip_fail(g, API_SYNTAX,
            g->head.done == 1 ? API_GZIP_E_DATA : API_GZIP_E_HEADER, what);

    case Z_MEM_ERROR:
        return api_gzip_nomem(g);

    case Z_NEED_DICT: /* not in gzip */
    default:
        return api_gzip_fail(g, API_INTERNAL, API_GZIP_E_ZLIB, what);
    }
}


/* Inflate what is there into the room that is there. */

static int
api_gzip_step(api_gzip_t *g)
{
    int    rc;
    size_t n;

    n = g->room - g->len;
    n = n < UINT32_MAX / 2 ? n : UINT32_MAX / 2;

    g->strm.next_out = g->out + g->len;
    g->strm.avail_out = (uInt) n;

    rc = inflate(&g->strm, Z_NO_FLUSH);
    g->len += n - g->strm.avail_out;

    return rc;
}


static int
api_gzip_run(api_gzip_t *g)
{
    int  rc;
    bool more;

    for (more = true; more;) {

        if (g->strm.avail_in == 0) {
            api_gzip_feed(g);
        }

        rc = api_gzip_room(g);
        if (rc != API_OK) {
            return rc;
        }

        rc = api_gzip_step(g);

        if (g->len > g->cap) {
            return api_gzip_fail(g, API_LIMIT, g->over,
                g->over == API_GZIP_E_SIZE ? "decodes to too much"
                                           : "compressed too well");
        }

        if (rc == Z_STREAM_END) {
            rc = api_gzip_member(g, &more);
            if (rc != API_OK) {
                return rc;
            }

        } else if (rc == Z_OK || rc == Z_BUF_ERROR) {

            /* zlib says the latter when it could do nothing */

            if (g->strm.avail_in == 0 && g->loaded == g->total
                && g->len < g->room) {
                return api_gzip_fail(g, API_SYNTAX, API_GZIP_E_TRUNCATED,
                    "the body ends too early");
            }

        } else {
            return api_gzip_bad(g, rc);
        }
    }

    return API_OK;
}


/* What has come out is all right, as far as it goes. */

static bool
api_gzip_is_cut(const api_gzip_t *g, int rc)
{
    return rc != API_OK && g->out
           && (g->err->code == API_GZIP_E_SIZE
               || g->err->code == API_GZIP_E_RATIO
               || g->err->code == API_GZIP_E_TRUNCATED);
}


int
api_gzip_decode(const api_span_t *in, size_t n,
    const api_gzip_limits_t *limits, api_arena_t *arena, api_span_t *out,
    api_err_t *err)
{
    return api_gzip_decode_some(in, n, limits, arena, out, NULL, err);
}


int
api_gzip_decode_some(const api_span_t *in, size_t n,
    const api_gzip_limits_t *limits, api_arena_t *arena, api_span_t *out,
    bool *cut, api_err_t *err)
{
    int              rc;
    size_t           i;
    api_gzip_t       g;
    api_arena_mark_t mark;

    memset(&g, 0, sizeof(g));

    g.arena = arena;
    g.in = in;
    g.n = n;
    g.err = err;
    g.members = limits->members ? limits->members : 16;

    for (i = 0; i < n; i++) {
        g.total += in[i].len;
    }

    api_gzip_caps(&g, limits);

    mark = api_arena_mark(arena);
    api_arena_init(&g.zlib, arena->alloc, 0, 0);

    g.strm.zalloc = api_gzip_zalloc;
    g.strm.zfree = api_gzip_zfree;
    g.strm.opaque = &g.zlib;

    /* 16: gzip and nothing else */

    rc = inflateInit2(&g.strm, MAX_WBITS + 16);

    if (rc == Z_OK) {
        rc = inflateGetHeader(&g.strm, &g.head);
    }

    if (rc == Z_OK) {
        rc = api_gzip_run(&g);

    } else {
        rc = rc == Z_MEM_ERROR
                 ? api_gzip_nomem(&g)
                 : api_gzip_fail(&g, API_INTERNAL, API_GZIP_E_ZLIB, "version");
    }

    api_arena_free(&g.zlib);

    if (cut) {
        *cut = api_gzip_is_cut(&g, rc);
        rc = *cut ? API_OK : rc;
        g.len = g.len < g.cap ? g.len : g.cap;
    }

    if (rc != API_OK) {
        api_arena_rewind(arena, mark);
        return rc;
    }

    g.out[g.len] = '\0';
    *out = api_span(g.out, g.len);

    return API_OK;
}
