/* Gzip bodies: made by zlib, cut into pieces, bent, limited. */

#include "api_gzip.h"
#include "ut.h"

#include <stdlib.h>
#include <zlib.h>


static const api_gzip_limits_t wide = { 1 << 24, 0, 0 };

static uint8_t packed[1 << 20];


/* A member at packed + at; returns its end. */

static size_t
pack(size_t at, api_span_t s, int level)
{
    size_t    n;
    z_stream  z;
    gz_header h;

    memset(&z, 0, sizeof(z));
    memset(&h, 0, sizeof(h));

    if (deflateInit2(
            &z, level, Z_DEFLATED, MAX_WBITS + 16, 9, Z_DEFAULT_STRATEGY)
        != Z_OK)
    {
        abort();
    }

    h.name = (Bytef *) (uintptr_t) "name";
    h.hcrc = 1;

    if (level == 1) { /* with a longer header */
        deflateSetHeader(&z, &h);
    }

    z.next_in = (Bytef *) (uintptr_t) s.data;
    z.avail_in = (uInt) s.len;
    z.next_out = packed + at;
    z.avail_out = (uInt) (sizeof(packed) - at);

    if (deflate(&z, Z_FINISH) != Z_STREAM_END) {
        abort();
    }

    n = at + z.total_out;
    deflateEnd(&z);

    return n;
}


/* Decode in pieces of at most `piece` bytes, some of them empty. */

static int
decode(api_span_t s, size_t piece, const api_gzip_limits_t *limits,
    api_arena_t *arena, api_span_t *out, api_err_t *err)
{
    int         rc;
    size_t      n, i, len;
    api_span_t *in;

    n = 0;
    in = malloc((s.len / piece + 1) * 2 * sizeof(*in));

    if (in == NULL) {
        abort();
    }

    for (i = 0; i < s.len; i += len) {
        len = s.len - i < piece ? s.len - i : piece;
        in[n++] = api_span(s.data + i, len);

        if (i % 3 == 0) {
            in[n++] = api_span(NULL, 0);
        }
    }

    rc = api_gzip_decode(in, n, limits, arena, out, err);
    free(in);

    return rc;
}


static int
verdict(api_span_t s, const api_gzip_limits_t *limits, size_t *held)
{
    int         rc;
    api_err_t   err = { 0 };
    ut_alloc_t  u;
    api_span_t  out;
    api_arena_t arena;

    ut_arm(&u, 0);
    api_arena_init(&arena, &u.alloc, 0, 0);
    rc = decode(ut_guard(s), 7, limits, &arena, &out, &err);

    if (rc != API_OK && arena.held) {
        err.code = -1; /* a failure keeps nothing */
    }

    if (held) {
        *held = arena.held;
    }

    api_arena_free(&arena);

    return u.live ? -2 : err.code;
}


static void
test_round_trip(void)
{
    bool        ok;
    size_t      i, j, n, at, members;
    uint8_t    *data;
    ut_rand_t   r = { 5 };
    api_span_t  out;
    api_arena_t arena;

    data = malloc(200000);

    if (data == NULL) {
        return;
    }

    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    for (ok = true, i = 0; i < 300 && ok; i++) {
        n = ut_below(&r, i % 20 ? 2000 : 200000);

        for (j = 0; j < n; j++) {
            data[j] = (uint8_t) (ut_rand(&r) & (i % 3 ? 3 : 255));
        }

        members = 1 + ut_below(&r, 3);
        at = 0;

        for (j = 0; j < members; j++) {
            at = pack(at,
                api_span(data + n * j / members,
                    n * (j + 1) / members - n * j / members),
                (int) ut_below(&r, 10));
        }

        ok = decode(api_span(packed, at), 1 + ut_below(&r, 5000), &wide,
                 &arena, &out, NULL)
                 == API_OK
             && api_span_eq(out, api_span(data, n)) && out.data[n] == '\0';

        api_arena_rewind(&arena, (api_arena_mark_t){ NULL, NULL });
    }

    ut_ok(ok, "random data, levels, members and pieces");

    api_arena_free(&arena);
    free(data);
}


/* Every prefix is too short, every changed byte of the essential parts is
   noticed. */

static void
test_damage(void)
{
    int        code;
    bool       cut, bent;
    size_t     n, i;
    uint8_t    was;
    api_span_t text = API_SPAN("{\"name\": \"value\", \"name2\": \"value\"}");

    n = pack(0, text, 9);
    cut = bent = true;

    for (i = 0; i < n; i++) {
        cut = cut
              && verdict(api_span(packed, i), &wide, NULL)
                     == API_GZIP_E_TRUNCATED;

        if (i < 4 || i >= 10) { /* not time, flags of deflate and system */
            was = packed[i];
            packed[i] ^= 0x80;
            code = verdict(api_span(packed, n), &wide, NULL);
            packed[i] = was;

            bent = bent && code != API_GZIP_E_NONE
                   && (i < 4) == (code == API_GZIP_E_HEADER);
        }
    }

    ut_ok(cut, "every prefix ends too early");
    ut_ok(bent, "every byte that counts is checked");
    ut_int(verdict(api_span(packed, n), &wide, NULL), API_GZIP_E_NONE,
        "the whole is fine");
}


static void
test_trailing(void)
{
    size_t n, m, i;

    static const struct {
        const char *tail;
        size_t      len;
        int         code;
    } cases[] = {
        { "\0", 1, API_GZIP_E_TRAILING },
        { "\n", 1, API_GZIP_E_TRAILING },
        { "\x1f", 1, API_GZIP_E_TRUNCATED },
        { "\x1f\x8c", 2, API_GZIP_E_TRAILING },
        { "\x1f\x8b", 2, API_GZIP_E_TRUNCATED },
        { "\x1f\x8b\x07\0", 4, API_GZIP_E_HEADER },
        { "{}", 2, API_GZIP_E_TRAILING },
    };

    n = pack(0, API_SPAN("{}"), 6);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memcpy(packed + n, cases[i].tail, cases[i].len);
        ut_int(verdict(api_span(packed, n + cases[i].len), &wide, NULL),
            cases[i].code, "tail %zu", i);
    }

    ut_int(verdict(API_SPAN("{\"a\": 1}"), &wide, NULL), API_GZIP_E_HEADER,
        "no gzip at all");
    ut_int(verdict(API_SPAN("\x78\x9c\x03\0\0\0\0\x01"), &wide, NULL),
        API_GZIP_E_HEADER, "zlib format");

    for (m = 0, i = 0; i < 16; i++) {
        m = pack(m, API_SPAN(""), 6);
    }

    ut_int(verdict(api_span(packed, m), &wide, NULL), API_GZIP_E_NONE,
        "16 members");
    m = pack(m, API_SPAN(""), 6);
    ut_int(verdict(api_span(packed, m), &wide, NULL), API_GZIP_E_MEMBERS,
        "17 members");
}


static void
test_limits(void)
{
    size_t            n, held;
    uint8_t          *zeros;
    api_gzip_limits_t l = { 0, 0, 0 };

    n = pack(0, API_SPAN(""), 6);
    ut_int(verdict(api_span(packed, n), &l, NULL), API_GZIP_E_NONE,
        "nothing in nothing");

    n = pack(0, API_SPAN("x"), 6);
    ut_int(verdict(api_span(packed, n), &l, NULL), API_GZIP_E_SIZE,
        "one byte in nothing");

    l.size = 1;
    ut_int(verdict(api_span(packed, n), &l, NULL), API_GZIP_E_NONE,
        "one byte in one");

    zeros = calloc(1, 1 << 23);

    if (zeros == NULL) {
        return;
    }

    n = pack(0, api_span(zeros, API_GZIP_SMALL), 9);
    l.size = 1 << 23;
    l.ratio = 10;
    ut_int(verdict(api_span(packed, n), &l, NULL), API_GZIP_E_NONE,
        "what is small may be well compressed");

    n = pack(0, api_span(zeros, API_GZIP_SMALL + 1), 9);
    ut_int(verdict(api_span(packed, n), &l, NULL), API_GZIP_E_RATIO,
        "and a byte more may not");

    n = pack(0, api_span(zeros, 1 << 23), 9);
    ut_int(verdict(api_span(packed, n), &l, NULL), API_GZIP_E_RATIO, "bomb");

    l.ratio = 1100;
    ut_int(verdict(api_span(packed, n), &l, &held), API_GZIP_E_NONE,
        "deflate's own ratio");
    ut_ok(held < (1 << 23) + 100, "in one piece of the right size");

    l.size--;
    ut_int(verdict(api_span(packed, n), &l, NULL), API_GZIP_E_SIZE,
        "one byte too much");

    /* a length field that lies does not make us take what it says */

    n = pack(0, API_SPAN("small"), 6);
    memset(packed + n - 4, 0x7f, 4);
    ut_int(verdict(api_span(packed, n), &wide, NULL), API_GZIP_E_DATA,
        "a false length");

    free(zeros);
}


/* What comes out by a limit or an early end, and no more. */

static void
test_some(void)
{
    int               rc;
    bool              cut;
    size_t            n, i;
    uint8_t           data[5000];
    api_err_t         err;
    api_span_t        out, in;
    api_arena_t       arena;
    api_gzip_limits_t l = { 1000, 0, 0 };

    for (i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t) (i * i >> 3);
    }

    n = pack(0, api_span(data, sizeof(data)), 6);
    in = api_span(packed, n);
    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    rc = api_gzip_decode_some(&in, 1, &l, &arena, &out, &cut, &err);
    ut_ok(rc == API_OK && cut && out.len == 1000
              && memcmp(out.data, data, 1000) == 0,
        "as much as may come out");

    l.size = sizeof(data);
    rc = api_gzip_decode_some(&in, 1, &l, &arena, &out, &cut, &err);
    ut_ok(rc == API_OK && !cut && out.len == sizeof(data), "all of it");

    in.len = n / 2;
    rc = api_gzip_decode_some(&in, 1, &l, &arena, &out, &cut, &err);
    ut_ok(rc == API_OK && cut && out.len > 0 && out.len < sizeof(data)
              && memcmp(out.data, data, out.len) == 0,
        "as much as is there");

    packed[n / 3] ^= 0x55;
    packed[n / 3 + 1] ^= 0x55;
    in.len = n;
    rc = api_gzip_decode_some(&in, 1, &l, &arena, &out, &cut, &err);
    ut_ok(rc == API_SYNTAX && !cut, "what is changed is not taken");

    in = api_span("no gzip", 7);
    rc = api_gzip_decode_some(&in, 1, &l, &arena, &out, &cut, &err);
    ut_ok(rc == API_SYNTAX && !cut && err.code == API_GZIP_E_HEADER,
        "nor what is none");

    api_arena_free(&arena);
}


static void
test_memory(void)
{
    int         rc;
    bool        ok;
    size_t      n, len, i;
    uint8_t     data[30000];
    api_err_t   err;
    ut_rand_t   r = { 6 };
    ut_alloc_t  u;
    api_span_t  out;
    api_arena_t arena;

    for (i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t) ut_below(&r, 5);
    }

    /* the last length is small, so that the output must grow */

    len = pack(pack(0, api_span(data, sizeof(data)), 6), API_SPAN("x"), 6);

    for (ok = true, n = 1;; n++) {
        ut_arm(&u, n);
        api_arena_init(&arena, &u.alloc, 0, 0);
        rc = decode(api_span(packed, len), 100, &wide, &arena, &out, &err);
        api_arena_free(&arena);

        ok = ok && u.live == 0;

        if (u.calls < n) {
            break;
        }

        ok = ok && rc == API_NOMEM && err.code == API_GZIP_E_NOMEM;
    }

    ut_ok(ok && rc == API_OK && n > 4, "each of %zu allocations fails once",
        n - 1);

    api_arena_init(&arena, &api_alloc_libc, 0, 8192);
    rc = decode(api_span(packed, len), 100, &wide, &arena, &out, &err);
    ut_int(rc, API_NOMEM, "the arena's cap holds");
    ut_int((int) arena.held, 0, "and nothing is kept");
    api_arena_free(&arena);
}


int
main(void)
{
    int code;

    for (code = 0; code < API_GZIP_NERRORS; code++) {
        ut_ok(strcmp(api_gzip_error_name(code), "unknown") != 0,
            "code %d is %s", code, api_gzip_error_name(code));
    }

    test_round_trip();
    test_damage();
    test_trailing();
    test_limits();
    test_some();
    test_memory();

    return ut_done();
}
