/* What happened lately: pieces of an hour, notes in their order, processes that
   write at once, and text of strangers. */

#include "api_recent.h"
#include "ut.h"

#include <pthread.h>
#include <stdlib.h>


static api_recent_t *
make(void)
{
    void *mem;

    mem = aligned_alloc(64, (api_recent_size() + 63) / 64 * 64);
    if (mem == NULL) {
        abort();
    }

    api_recent_init(mem);

    return api_recent_at(mem);
}


static void
test_pieces(void)
{
    uint32_t      c[API_RECENT_NCOUNTS];
    api_recent_t *r;

    r = make();

    api_recent_add(r, 1000000, API_RECENT_ALLOWED, 200);
    api_recent_add(r, 1000009, API_RECENT_DENIED, 403);
    api_recent_add(r, 1000010, API_RECENT_WATCHED, 502);

    ut_ok(api_recent_piece(r, 1000019, 0, c) && c[API_RECENT_WATCHED] == 1
              && c[API_RECENT_SERVER] == 1 && c[API_RECENT_ALLOWED] == 0,
        "the piece that goes on");
    ut_ok(api_recent_piece(r, 1000019, 1, c) && c[API_RECENT_ALLOWED] == 1
              && c[API_RECENT_DENIED] == 1 && c[API_RECENT_OK] == 1
              && c[API_RECENT_CLIENT] == 1,
        "the one before");
    ut_ok(!api_recent_piece(r, 1000019, 2, c), "nothing before that");
    ut_ok(!api_recent_piece(r, 1000019, API_RECENT_PIECES, c), "nor so far");
    ut_ok(!api_recent_piece(r, 5, 1, c), "nor before 1970");

    api_recent_add(r, 1003600, API_RECENT_ALLOWED, 200);
    ut_ok(api_recent_piece(r, 1003600, 0, c) && c[API_RECENT_ALLOWED] == 1
              && c[API_RECENT_DENIED] == 0,
        "an hour later it begins anew");
    ut_ok(!api_recent_piece(r, 1003600, 1, c)
              && api_recent_piece(r, 1003600, 359, c),
        "what is less than an hour ago stays");

    free(r);
}


static void
note(api_recent_t *r, uint64_t n)
{
    size_t            i;
    api_recent_note_t x;

    memset(&x, 0, sizeof(x));
    x.time = (int64_t) n;
    x.operation = n;
    x.status = 403;

    for (i = 0; i + 1 < sizeof(x.name); i++) {
        x.name[i] = (char) ('a' + n % 26);
        x.reason[i] = x.name[i];
    }

    api_recent_note(r, &x);
}


static bool
whole(const api_recent_note_t *x)
{
    size_t i;
    char   c;

    c = (char) ('a' + x->operation % 26);

    for (i = 0; i + 1 < sizeof(x->name); i++) {
        if (x->name[i] != c || x->reason[i] != c) {
            return false;
        }
    }

    return x->time == (int64_t) x->operation;
}


static void
test_notes(void)
{
    unsigned          i, right;
    api_recent_t     *r;
    api_recent_note_t x;

    r = make();
    ut_ok(!api_recent_get(r, 0, &x), "nothing yet");

    for (i = 0; i < 1000; i++) {
        note(r, i);
    }

    for (right = 0, i = 0; i < API_RECENT_NOTES; i++) {
        right +=
            api_recent_get(r, i, &x) && x.operation == 999 - i && whole(&x);
    }

    ut_int(right, API_RECENT_NOTES, "the newest first, all that fit");
    ut_ok(!api_recent_get(r, API_RECENT_NOTES, &x), "and no more");

    free(r);
}


static void *
writer(void *data)
{
    unsigned      i;
    api_recent_t *r = data;

    for (i = 0; i < 20000; i++) {
        note(r, i);
        api_recent_add(r, 1000000, API_RECENT_ALLOWED, 200);
    }

    return NULL;
}


static void
test_threads(void)
{
    unsigned          i, k, torn;
    uint32_t          c[API_RECENT_NCOUNTS];
    pthread_t         t[4];
    api_recent_t     *r;
    api_recent_note_t x;

    r = make();
    api_recent_add(r, 1000000, API_RECENT_DENIED, 403);

    for (i = 0; i < 4; i++) {
        (void) pthread_create(&t[i], NULL, writer, r);
    }

    for (torn = 0, k = 0; k < 2000; k++) {
        torn += api_recent_get(r, k % 64, &x) && !whole(&x);
    }

    for (i = 0; i < 4; i++) {
        (void) pthread_join(t[i], NULL);
    }

    ut_int(torn, 0, "no note is half of one and half of another");
    ut_ok(api_recent_piece(r, 1000000, 0, c), "a piece");
    ut_int(c[API_RECENT_ALLOWED], 80000, "all are counted");

    free(r);
}


static void
test_text(void)
{
    char to[8];

    api_recent_text(to, sizeof(to), API_SPAN("expired"));
    ut_ok(strcmp(to, "expired") == 0, "as it is");
    api_recent_text(to, sizeof(to), API_SPAN("expired_long_ago"));
    ut_ok(strcmp(to, "expired") == 0, "cut");
    api_recent_text(to, sizeof(to), API_SPAN("abcdef\xc3\xa4"));
    ut_ok(strcmp(to, "abcdef") == 0, "... between characters");
    api_recent_text(to, sizeof(to),
        API_SPAN("a\n\x1b[b\xff"
                 "c"));
    ut_ok(strcmp(to, "a[b") == 0, "no controls, nothing that is no text");
    api_recent_text(to, sizeof(to), api_span(NULL, 0));
    ut_ok(to[0] == '\0', "nothing");
}


int
main(void)
{
    char no[sizeof(uint64_t) * 2] = { 0 };

    ut_ok(api_recent_at(NULL) == NULL && api_recent_at(no) == NULL, "none");

    test_pieces();
    test_notes();
    test_threads();
    test_text();

    return ut_done();
}
