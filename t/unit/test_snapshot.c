/* Snapshots: bans there and back, every bit changed, every length, two files
   spliced, clocks. */

#include "api_ban_snapshot.h"
#include "api_snapfile.h"
#include "ut.h"

#include <stdlib.h>


#define SIZE 65536

static _Alignas(64) uint8_t memory[2][SIZE];

static const api_sipkey_t seeds[2] = { { 1, 2 }, { 3, 4 } };

typedef struct {
    uint8_t *data;
    size_t   len;
    size_t   room;
    size_t   fail; /* the sink says no from this call on; 0: never */
    size_t   calls;
} file_t;


static bool
sink(void *ctx, api_span_t bytes)
{
    file_t *f;

    f = ctx;

    if (++f->calls == f->fail) {
        return false;
    }

    if (f->len + bytes.len > f->room) {
        f->room = 2 * (f->len + bytes.len);
        f->data = realloc(f->data, f->room);
    }

    memcpy(f->data + f->len, bytes.data, bytes.len);
    f->len += bytes.len;

    return true;
}


static api_ban_t *
table(size_t n)
{
    memset(memory[n], 0, SIZE);

    return api_ban_init(memory[n], SIZE, seeds[n]);
}


static uint64_t
key_of(const api_ban_t *t, uint32_t n)
{
    return api_ban_key(t, 1, api_span(&n, sizeof(n)));
}


/* n bans that end 1000, 1001, ... ms after now. */

static void
fill(api_ban_t *t, uint32_t n, uint64_t now)
{
    uint32_t        i;
    api_ban_entry_t e;

    for (i = 0; i < n; i++) {
        memset(&e, 0, sizeof(e));
        e.key = key_of(t, i);
        e.since = now;
        e.until = now + 1000 + i;
        e.forget = now + 10000;
        e.level = 2;
        e.text_len = 2;
        e.text[0] = e.text[1] = 'x';

        if (api_ban_put(t, &e, now) != API_OK) {
            abort();
        }
    }
}


static void
test_round_trip(void)
{
    file_t             f = { NULL, 0, 0, 0, 0 };
    size_t             i, bad;
    api_ban_t         *a, *b;
    api_err_t          err;
    api_ban_restored_t done;

    a = table(0);
    b = table(1);
    fill(a, 100, 50000);

    ut_int(api_ban_save(a, 1000000, 50100, sink, &f), API_OK, "saved");

    /* 400 ms later by the wall; the clock has begun anew */

    ut_int(api_ban_restore(b, ut_guard(api_span(f.data, f.len)), 1000400, 7000,
               &done, &err),
        API_OK, "restored");
    ut_int(done.taken, 100, "all of them");
    ut_int(done.lost + done.unsound, 0, "none lost");

    for (i = 0, bad = 0; i < 100; i++) {
        bad += api_ban_find(b, key_of(b, (uint32_t) i), 7000)
               != 1000 + i - 100 - 400;
    }

    ut_int(bad, 0, "each ends when it would have ended");

    ut_int(api_ban_restore(
               b, api_span(f.data, f.len), 1000400, 7000, &done, &err),
        API_OK, "twice");
    ut_int(api_ban_find(b, key_of(b, 5), 7000), 505, "is once");

    b = table(1);
    fill(b, 1, 7000);
    ut_int(api_ban_restore(
               b, api_span(f.data, f.len), 1000400, 7000, &done, &err),
        API_INVALID, "a table of its own takes no other's file");
    ut_int(api_ban_find(b, key_of(b, 0), 7000), 1000, "and is as before");

    free(f.data);
    ut_guard_reset();
}


/* Every byte with every bit, every length: refused, and nothing is taken. */

static void
test_damage(void)
{
    int                rc;
    file_t             f = { NULL, 0, 0, 0, 0 };
    size_t             i, taken, wrong;
    uint8_t            bit;
    api_ban_t         *a, *b;
    api_err_t          err;
    api_span_t         g;
    api_ban_restored_t done;

    a = table(0);
    fill(a, 40, 50000);
    (void) api_ban_save(a, 1000000, 50000, sink, &f);

    for (i = 0, taken = 0, wrong = 0; i < f.len; i++) {
        for (bit = 1; bit; bit = (uint8_t) (bit << 1)) {
            b = table(1);
            f.data[i] ^= bit;
            err.text[0] = '\0';
            rc = api_ban_restore(
                b, api_span(f.data, f.len), 1000000, 7000, &done, &err);
            f.data[i] ^= bit;
            taken += rc == API_OK || api_ban_changes(b) != 0;
            wrong += err.text[0] == '\0';
        }
    }

    ut_int(taken, 0, "no flipped bit of %zu is taken", f.len * 8);
    ut_int(wrong, 0, "and each is told");

    b = table(1);

    for (i = 0, taken = 0; i < f.len; i++) {
        g = ut_guard(api_span(f.data, i));
        taken += api_ban_restore(b, g, 1000000, 7000, &done, &err) == API_OK;
        ut_guard_reset();
    }

    ut_int(taken, 0, "no part of it is taken");

    (void) sink(&f, API_SPAN("x"));
    ut_int(api_ban_restore(
               b, api_span(f.data, f.len), 1000000, 7000, &done, &err),
        API_SYNTAX, "nor one that goes on");
    ut_int(err.code, API_SNAPSHOT_E_TAIL, "behind its end");
    ut_int(api_ban_changes(b), 0, "nothing has changed");

    free(f.data);
}


/* The head of one file with the blocks of another, and swapped blocks. */

static void
test_splice(void)
{
    file_t             f = { NULL, 0, 0, 0, 0 }, g = { NULL, 0, 0, 0, 0 };
    api_ban_t         *a, *b;
    api_err_t          err;
    api_ban_restored_t done;

    a = table(0);
    fill(a, 64, 50000);
    (void) api_ban_save(a, 1000000, 50000, sink, &f);
    (void) api_ban_save(a, 1000001, 50000, sink, &g);

    memcpy(g.data, f.data, API_SNAPSHOT_HEAD);
    b = table(1);
    ut_int(
        api_ban_restore(b, api_span(f.data, f.len), 1000000, 9, &done, &err),
        API_OK, "the whole");
    b = table(1);
    ut_int(
        api_ban_restore(b, api_span(g.data, g.len), 1000000, 9, &done, &err),
        API_SYNTAX, "spliced");

    free(f.data);
    free(g.data);
}


/* A file that is sound, of values that are not. */

static void
test_unsound(void)
{
    uint8_t               out[64];
    file_t                f = { NULL, 0, 0, 0, 0 };
    api_ban_t            *b;
    api_err_t             err;
    api_ban_entry_t       e;
    api_ban_restored_t    done;
    api_snapshot_head_t   head;
    api_snapshot_writer_t w;

    memset(&head, 0, sizeof(head));
    head.kind = UINT32_C(0x534e4142);
    head.layout = 1;
    head.record = sizeof(e);
    head.clock = 1000;
    head.wall = 1000;

    memset(&e, 0, sizeof(e));
    e.key = 1;
    e.until = 5000;
    e.forget = UINT64_MAX;
    e.text_len = 1000000;

    api_snapshot_begin(&w, &head, out);
    (void) sink(&f, api_span(out, API_SNAPSHOT_HEAD));
    api_snapshot_block(&w, 1, api_span(&e, sizeof(e)), out);
    (void) sink(&f, api_span(out, API_SNAPSHOT_BLOCK));
    (void) sink(&f, api_span(&e, sizeof(e)));
    api_snapshot_block(&w, 0, api_span(NULL, 0), out);
    (void) sink(&f, api_span(out, API_SNAPSHOT_BLOCK));

    b = table(1);
    ut_int(
        api_ban_restore(b, api_span(f.data, f.len), 1000, 1000, &done, &err),
        API_OK, "a sound file");
    ut_int(done.unsound, 1, "with an unsound ban");
    ut_int(done.taken, 0, "that is not taken");

    free(f.data);
}


static void
test_sink(void)
{
    size_t     n;
    api_ban_t *a;

    a = table(0);
    fill(a, 40, 50000);

    for (n = 1; n <= 6; n++) {
        file_t f = { NULL, 0, 0, n, 0 };

        ut_int(api_ban_save(a, 1, 50000, sink, &f), API_INTERNAL,
            "a disk that is full at write %zu", n);
        free(f.data);
    }
}


static const struct {
    uint64_t    t, wall, clock, per_ms, want;
    const char *what;
} times[] = {
    /* the file: wall 1 000 000, clock 5 000 */
    { 6000, 1000000, 5000, 1, 6000, "at once" },
    { 6000, 1000300, 200, 1, 900, "another clock, 300 ms later" },
    { 6000, 1002000, 20000, 1, 19000, "over by now" },
    { 6000, 900000, 200, 1, 1200, "the wall went back: nothing has passed" },
    { 4000, 1000000, 5000, 1, 4000, "of the past" },
    { 4000, 1000100, 5000, 1, 3900, "of the past, later" },
    { 4000, 1000000, 100, 1, 0, "before this clock began" },
    { 6000, 9999999999999, 100, 1, 0, "years later" },
    { 6000, UINT64_MAX, 100, 1000000, 0, "a wall from nowhere" },
    { UINT64_MAX, 1000000, 6000, 1, UINT64_MAX, "for ever stays for ever" },
    { 6000, 1000001, 7000000, 1000, 7000000, "in microseconds" },
};


static void
test_time(void)
{
    size_t              i;
    api_snapshot_head_t head;

    memset(&head, 0, sizeof(head));
    head.wall = 1000000;
    head.clock = 5000;

    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        ut_ok(api_snapshot_time(&head, times[i].t, times[i].wall,
                  times[i].clock, times[i].per_ms)
                  == times[i].want,
            "%s", times[i].what);
    }
}


int
main(void)
{
    test_round_trip();
    test_damage();
    test_splice();
    test_unsound();
    test_sink();
    test_time();

    return ut_done();
}
